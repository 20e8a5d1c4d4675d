"""The benchmark on GPUs, as far as it goes without one: its rows, its report, and how it says no.

The subjects are NumPy's in the GPU's place, and a clock that counts calls stands for the events.
"""

from __future__ import annotations

import json
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

import fastinit
from bench import __main__ as bench
from bench import machine
from bench.cases import Work
from bench.cuda import goals, predicted, report, run, subjects
from bench.cuda.cases import COPY, ROWS, SIZED, Row, Subject
from bench.runners import Prepared

OURS, PEER = Subject("fastinit", "normal"), Subject("torch", "normal_")
COPIES = Row("copy", Work("zeros", shape=(2**16,)), (COPY,))
NORMALS = Row("normal", Work("normal", shape=(2**16,)), (OURS, PEER))


def prepare(work: Work, subject: Subject) -> Prepared:
    """Right values from the CPU: zeros, fastinit's own, or NumPy's."""
    if subject.runner == "torch":
        values = np.random.default_rng(0).standard_normal(work.shape).astype(work.dtype)
    else:
        values = subjects.on_the_cpu(work)
    return Prepared(lambda: values)


def clock(seconds: float) -> run.Seconds:
    return lambda fill, calls: (fill(), seconds)[1] if calls == 1 else seconds


def measured(row: Row = NORMALS, seconds: float = 0.001, prepare: Any = prepare) -> dict[str, Any]:
    return run.measure(row, 3, prepare, clock(seconds))


def result(*rows: dict[str, Any]) -> dict[str, Any]:
    gpu = {
        "gpu": "H100",
        "compute_capability": "9.0",
        "multiprocessors": 132,
        "gpu_memory_gib": 80,
        "driver_and_runtime": "13000 / 13000",
    }
    return {
        "device": "cuda",
        "quick": False,
        "repeats": 3,
        "machine": {**machine.describe(), **gpu},
        "versions": {"fastinit": "1"},
        "rows": list(rows),
    }


def cupy_with(count: Any) -> ModuleType:
    """A CuPy whose CUDA sees so many GPUs, or raises."""

    class CUDARuntimeError(RuntimeError):
        pass

    def devices() -> int:
        if isinstance(count, str):
            raise CUDARuntimeError(count)
        return int(count)

    cupy = ModuleType("cupy")
    runtime = SimpleNamespace(getDeviceCount=devices, CUDARuntimeError=CUDARuntimeError)
    cupy.cuda = SimpleNamespace(runtime=runtime)
    return cupy


@pytest.mark.parametrize(
    ("cupy", "built", "reason"),
    [
        (None, "13.0", "CuPy cannot be imported"),
        (
            cupy_with("cudaErrorInsufficientDriver"),
            "13.0",
            "finds none (cudaErrorInsufficientDriver)",
        ),
        (cupy_with(0), "13.0", "CUDA finds none"),
        (cupy_with(1), "off", "this build of fastinit is without CUDA"),
    ],
)
def test_without_a_gpu_nothing_is_measured_and_said_so(cupy: Any, built: str, reason: str, monkeypatch, capsys) -> None:
    monkeypatch.setitem(sys.modules, "cupy", cupy)
    info = {**fastinit.build_info(), "cuda": built}
    monkeypatch.setattr(fastinit, "build_info", lambda: info)
    assert bench.main(["--device", "cuda"]) == 0
    said = capsys.readouterr().out
    assert said.count("\n") == 1
    assert said.startswith("`--device cuda` needs an NVIDIA GPU, and ")
    assert reason in said
    assert said.endswith("skipped, nothing was measured\n")
    assert bench.main(["--device", "cuda", "--require-peers"]) == 1


def test_a_gpu_and_a_build_for_it_are_no_absence(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "cupy", cupy_with(1))
    info = {**fastinit.build_info(), "cuda": "13.0"}
    monkeypatch.setattr(fastinit, "build_info", lambda: info)
    assert run.absence() is None


def test_unknown_row_is_named() -> None:
    with pytest.raises(SystemExit, match=r"`--rows` must name rows of .*, got \['nope'\]"):
        bench.main(["--device", "cuda", "--rows", "nope"])


def test_the_copy_is_measured_with_any_row() -> None:
    assert [row.name for row in run.chosen(["normal-float32"])] == ["copy", "normal-float32"]
    assert run.chosen(None) == [*ROWS, *SIZED]
    assert run.chosen(None, quick=True) == list(ROWS)


def test_every_subject_has_a_runner_and_labels_are_unique_within_a_row() -> None:
    for row in (*ROWS, *SIZED):
        labels = [subject.label for subject in row.subjects]
        assert len(set(labels)) == len(labels), row.name
        assert {subject.runner for subject in row.subjects} <= set(subjects.RUNNERS)
        if row.name != "copy":
            assert row.subjects[0].runner == "fastinit"


def test_right_values_are_right_and_samples_are_taken_in_turns() -> None:
    order: list[str] = []

    def noted(work: Work, subject: Subject) -> Prepared:
        prepared = prepare(work, subject)
        return Prepared(lambda: (order.append(subject.runner), prepared.run())[1])

    found = run.measure(NORMALS, 3, noted, lambda fill, _: (fill(), 0.1)[1])
    assert [s["faults"] for s in found["subjects"]] == [[], []]
    assert [len(s["samples"]) for s in found["subjects"]] == [3, 3]
    assert order[-6:] == ["fastinit", "torch"] * 3
    assert found["work"]["bytes"] == 2**18


def test_bits_unlike_the_cpus_are_a_fault() -> None:
    def nearly(work: Work, subject: Subject) -> Prepared:
        values = prepare(work, subject).run()
        values[7] = np.nextafter(values[7], np.float32(9))
        return Prepared(lambda: values)

    found = result(measured(prepare=nearly))
    ours, peer = found["rows"][0]["subjects"]
    assert ours["faults"] == ["the bits differ from the CPU's"]
    assert peer["faults"] == []
    assert run.problems(found, require_peers=False) == ["normal: fastinit normal: the bits differ from the CPU's"]


def test_wrong_values_of_a_peer_are_shown_and_no_error() -> None:
    def wrong(work: Work, subject: Subject) -> Prepared:
        prepared = prepare(work, subject)
        return prepared if subject is OURS else Prepared(lambda: prepared.run() + np.float32(1))

    found = result(measured(prepare=wrong))
    assert "mean is" in found["rows"][0]["subjects"][1]["faults"][0]
    assert run.problems(found, require_peers=True) == []


def test_absent_and_failing_subjects_are_lines_of_the_report() -> None:
    def partly(_: Work, subject: Subject) -> Prepared:
        if subject is PEER:
            raise ImportError("No module named 'torch'")
        raise MemoryError("too large")

    found = result(measured(prepare=partly))
    assert "not installed: No module named 'torch'" in report.page(found)
    assert "failed: MemoryError: too large" in report.page(found)
    assert run.problems(found, require_peers=False) == ["normal: fastinit normal: failed: MemoryError: too large"]
    assert len(run.problems(found, require_peers=True)) == 2


def test_rates_are_beside_the_copy_which_reads_and_writes() -> None:
    found = result(measured(COPIES, 2**18 * 2 / 3e12), measured(NORMALS, 2**18 / 1.5e12))
    assert report.copy_rate(found) == pytest.approx(3e12)
    lines = {line[1]: line for line in report.lines(found)}
    assert lines[COPY.label][5:8] == ("3,000", "", "100%")
    assert lines[OURS.label][5:8] == ("1,500", "", "50%")
    assert lines[PEER.label][8] == "right, 1.00x as long as fastinit"
    page = report.page(found)
    assert "**3,000 GB/s read and written**" in page
    assert "on **H100**" in page


def made_up(kind: str, dtype: str, size: int, **rates: float) -> dict[str, Any]:
    """A row as of a run, with a rate in bytes a second for each label; spaces and dots are `_` and `__`."""
    subjects = [
        {
            "runner": label.partition("_")[0],
            "label": label.replace("__", ".").replace("_", " ", 1),
            "status": "measured",
            "faults": [],
            "samples": [size / rate],
        }
        for label, rate in rates.items()
    ]
    work = {"kind": kind, "dtype": dtype, "shape": [size], "elements": size, "bytes": size}
    return {"name": f"{kind}-{dtype}", "work": work, "subjects": subjects}


def whole() -> dict[str, Any]:
    """A result with the write rate 3000 GB/s, one goal met exactly, one missed, one for each peer."""
    return result(
        made_up("zeros", "float32", 2**30, fastinit_zeros=3e12, machine_memset=2e12),
        made_up("zeros", "bfloat16", 2**20, fastinit_zeros=9e12),  # in the cache: no yardstick
        made_up("uniform", "float32", 2**30, fastinit_uniform=2.71e12),
        made_up("normal", "float32", 2**30, fastinit_normal=2.4e12),
        made_up("normal", "bfloat16", 2**30, fastinit_normal=1.5e12, torch_normal_=1.2e12),
        made_up(
            "truncated_normal",
            "float32",
            2**30,
            fastinit_truncated_normal=2e12,
            torch_nn__init__trunc_normal_=1e11,
        ),
    )


def test_goals_are_met_or_not_by_the_measured_rates() -> None:
    found = {line[:2]: line[2:] for line in goals.lines(whole())}
    assert found["uniform float32", "0.9x the write rate"] == ("0.90x", "met")
    assert found["normal float32", "0.9x the write rate"] == ("0.80x", "not met, by 11%")
    assert found["normal bfloat16", "1x torch normal_"] == ("1.25x", "met")
    trunc = "50x torch nn.init.trunc_normal_"
    assert found["truncated_normal float32", trunc] == ("20.00x", "not met, by 60%")
    assert found["truncated_normal bfloat16", trunc] == ("", "not measured")


def test_predictions_stand_next_to_what_was_measured() -> None:
    lines = {line[0]: line[1:] for line in predicted.lines(whole(), predicted.read())}
    _, guess, seen, share = lines["Normal float32"]
    assert seen == "2,400"
    assert share == f"{2400 / float(guess.replace(',', '')):.2f}x"
    assert lines["Normal float64"][2:] == ("not measured", "")
    assert lines["pattern"][2] == "3,000"
    other = whole()
    other["machine"]["compute_capability"] = "10.0"
    assert list(predicted.lines(other, predicted.read())) == []
    assert "compute capability 9.0 only" in report.page(other)


def test_sizes_have_a_column_each_and_calls_a_line_each() -> None:
    found = whole()
    for power, rate in ((20, 4e12), (33, 3e12)):
        row = made_up("zeros", "float32", 2**power, fastinit_zeros=rate, machine_memset=rate / 2)
        found["rows"].append({**row, "name": f"zeros-float32-2^{power}"})
    found["latency"] = [
        {"label": "ours", "status": "measured", "samples": [2e-6, 3e-6, 4e-6]},
        {"label": "theirs", "status": "measured", "samples": [6e-6]},
        {"label": "absent", "status": "failed", "reason": "no memory", "samples": []},
    ]
    page = " ".join(report.page(found).replace("|", " ").split())
    assert "fill by 2^20 2^33" in page
    assert "zeros-float32 machine memset 2,000 1,500" in page
    assert "ours 3 2 1.00x theirs 6 6 2.00x absent failed: no memory" in page
    assert "Not measured in this run." in page  # the model


def test_render_makes_the_page_of_a_gpu(tmp_path) -> None:
    source = tmp_path / "result.json"
    source.write_text(json.dumps(result(measured(COPIES), measured())))
    docs = tmp_path / "docs"
    assert bench.main(["--render", str(source), "--docs", str(docs)]) == 0
    assert sorted(path.name for path in docs.iterdir()) == [
        "benchmarks-cuda.json",
        "benchmarks-cuda.md",
    ]
    assert (docs / "benchmarks-cuda.md").read_text().startswith("# Benchmarks on a GPU")


@pytest.mark.cuda
def test_quick_run_on_a_gpu(tmp_path) -> None:
    """Every fill of fastinit right, to the bit."""
    if reason := run.absence():
        pytest.skip(f"needs an NVIDIA GPU: {reason}")
    path = tmp_path / "result.json"
    assert bench.main(["--device", "cuda", "--quick", "--json", str(path)]) == 0
    assert path.exists()
