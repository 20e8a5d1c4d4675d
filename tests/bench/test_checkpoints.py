"""The benchmark of checkpoints: its measurements, its files and its page."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from bench.checkpoints import __main__ as bench
from bench.checkpoints import report
from bench.checkpoints.subjects import SUBJECTS
from bench.checkpoints.trillion import measure_plan
from bench.checkpoints.watch import watch
from bench.machine import describe
from fastinit.recipes import examples

if TYPE_CHECKING:
    from pathlib import Path

RECIPE = """
seed = 1
dtype = "bfloat16"
[tensors]
"a.norm" = [100]
"a.weight" = [1000, 100]
[[rule]]
match = "*norm"
init = "ones"
[[rule]]
match = "*"
init = "normal"
std = 0.02
"""
TENSOR_BYTES = 200_200


@pytest.fixture
def case(tmp_path: Path) -> bench.Case:
    recipe = tmp_path / "tiny.toml"
    recipe.write_text(RECIPE)
    return bench.Case("tiny", recipe, (bench.OURS, bench.DISK, bench.VALUES))


def test_targets_are_those_of_the_plan() -> None:
    assert bench.TARGETS == {
        "direct write of ready bytes": 0.9,
        "torch normal_ + safetensors save_file": 5.0,
        "transformers from_config + save_pretrained": 20.0,
    }
    assert bench.TARGETS.keys() < SUBJECTS.keys()
    assert bench.PEAK_TARGET == 400_000_000
    for case in bench.CASES:
        assert set(case.subjects) <= SUBJECTS.keys()
        assert case.recipe.is_file()
        assert not set(bench.LIBRARIES) & set(case.subjects) or case.recipe.with_suffix(".json").is_file()


def test_watch_sees_the_memory_of_the_process() -> None:
    program = "import time; x = bytearray(300_000_000); time.sleep(0.3); print('first'); print('last')"
    watched = watch([sys.executable, "-c", program])
    assert watched.last_line == "last"
    assert watched.seconds > 0.3
    assert 300e6 < watched.peak_bytes < 400e6
    assert max(size for _, size in watched.memory) > 300e6


def test_command_that_fails_is_an_error() -> None:
    with pytest.raises(RuntimeError, match=r"returned 3: why"):
        watch([sys.executable, "-c", "import sys; print('why', file=sys.stderr); sys.exit(3)"])


def test_subjects_write_the_whole_checkpoint_and_leave_nothing(case: bench.Case, tmp_path: Path) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    found = bench.measure(case, 2, folder)
    for name in case.subjects:
        about = found["subjects"][name]
        assert about["status"] == "measured"
        assert len(about["samples"]) == 2
        if name != bench.VALUES:
            assert TENSOR_BYTES <= about["bytes"] < TENSOR_BYTES + 20_000
        assert all(0 < s["seconds"] < s["process_seconds"] for s in about["samples"])
        assert all(s["peak_bytes"] > 10e6 for s in about["samples"])
        assert about["memory"]
    assert not list(folder.iterdir())


@pytest.mark.torch
@pytest.mark.parametrize("name", bench.LIBRARIES)
def test_libraries_write_the_same_amount(name: str, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    recipe = tmp_path / "tiny.toml"
    recipe.write_text(RECIPE)
    settings = {"model_type": "llama", "vocab_size": 100, "hidden_size": 32, "num_hidden_layers": 1}
    settings |= {"num_attention_heads": 2, "num_key_value_heads": 2, "intermediate_size": 32}
    recipe.with_suffix(".json").write_text(json.dumps(settings))
    (tmp_path / "here").mkdir()
    found = bench.measure(bench.Case("tiny", recipe, (name,)), 1, tmp_path / "here")
    assert found["subjects"][name]["status"] == "measured"
    assert found["subjects"][name]["bytes"] > 20_000


def stored(ours: float, disk: float, peak: int) -> dict:
    def subject(seconds: float) -> dict:
        sample = {"seconds": seconds, "process_seconds": seconds + 1, "peak_bytes": peak}
        return {"status": "measured", "bytes": 2e9, "samples": [sample], "memory": [(0.1, 5e7)]}

    subjects = {
        bench.OURS: subject(ours),
        bench.DISK: subject(disk),
        bench.VALUES: subject(0.5),
        bench.LIBRARIES[0]: {"status": "not installed", "samples": []},
    }
    return {
        "machine": {**describe(), "taken_by_others": 0.0},
        "rounds": 1,
        "targets": bench.TARGETS,
        "peak_target": bench.PEAK_TARGET,
        "cases": [{"name": "model", "subjects": subjects}],
        "trillion": {
            "recipe": "moe.toml",
            "recipe_bytes": 2000,
            "tensors": 70_000,
            "parameters": 10**12,
            "tensor_bytes": 2 * 10**12,
            "files": 400,
            "header_bytes": 10**7,
            "task_bytes": 20_000,
            "plan_seconds": 1.5,
        },
    }


def test_page_tells_met_missed_and_absent() -> None:
    met = report.page(stored(ours=1.0, disk=0.95, peak=150_000_000))
    assert "0.95x | at least 0.9x | met" in met
    assert "150 MB for 2.00 GB (target: under 400 MB, met)" in met
    assert "not installed" in met
    missed = report.page(stored(ours=1.0, disk=0.8, peak=500_000_000))
    assert " 0.8x | at least 0.9x | missed" in missed
    assert "500 MB for 2.00 GB (target: under 400 MB, missed)" in missed


def test_scaling_computes_from_what_was_measured() -> None:
    text = report.scaling(stored(ours=1.0, disk=0.95, peak=1))
    assert "| `fastinit init`, in all | 2.00 GB/s |" in text
    assert "| 8     | one NVMe disk each, or a parallel file system |      3.5 GB/s |" in text
    assert "71 s" in text  # 2 TB at 8 x 3.5 GB/s


def test_plan_of_the_trillion_example() -> None:
    found = measure_plan(examples.FOLDER / "moe-1t.toml")
    assert 1.0e12 < found["parameters"] < 1.1e12
    assert found["tensor_bytes"] == 2 * found["parameters"]
    assert found["files"] >= found["tensor_bytes"] / 5e9


def test_render_writes_page_plot_and_result(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    source = tmp_path / "result.json"
    source.write_text(json.dumps(stored(1.0, 1.0, 10**8)))
    (tmp_path / "docs").mkdir()
    assert bench.main(["--render", str(source), "--docs", str(tmp_path / "docs")]) == 0
    stem = tmp_path / "docs" / "benchmarks-checkpoints"
    assert stem.with_suffix(".json").read_text() == source.read_text()
    assert stem.with_suffix(".md").read_text().startswith("# Benchmarks: checkpoints")
    assert (tmp_path / "docs" / "scaling.md").read_text().startswith("# Scaling")
    assert ">fastinit init</text>" in stem.with_suffix(".svg").read_text()
