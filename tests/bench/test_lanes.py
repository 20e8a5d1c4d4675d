"""bench.lanes and what CI checks of paths and wheels: needs neither llvm-mca nor a compiler."""

from __future__ import annotations

import copy
import importlib.util
import json
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from bench import machine, report
from bench.lanes import assembly, compilers, mca
from bench.lanes import report as lanes
from bench.lanes.paths import CORE, PATHS, ZEN4

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

ROOT = CORE.parent
AVX2 = PATHS[0]

RESULT: dict[str, Any] = {
    "machine": machine.describe(),
    "llvm-mca": {"version": "19", "host": "znver4"},
    "compilers": ["g++ 12"],
    "measured": {"gigahertz": 4.0, "nanoseconds": {"avx2 normal": 1.0, "neon normal": 1.0}},
    "rows": [
        {
            "set": name,
            "fill": "normal",
            "processor": processor,
            "cpu": cpu,
            "words": cycles / 2,
            "values": cycles / 2,
            "cycles": cycles,
            "bound": 2.0,
        }
        for name, processor, cpu, cycles in [
            ("avx2", "Zen", "znver4", 3.0),
            ("avx512", "Zen", "znver4", 1.5),
            ("neon", "V2", "neoverse-v2", 2.5),
        ]
    ],
}


def ci(name: str) -> ModuleType:
    """A script of .ci, as a module."""
    spec = importlib.util.spec_from_file_location(name, ROOT / ".ci" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_flags_are_those_of_the_build() -> None:
    cmake = (ROOT / "CMakeLists.txt").read_text()
    for path in PATHS:
        assert not path.flags or f'"{";".join(path.flags)}"' in cmake
        assert f"csrc/cpu/{path.name}.cpp" in cmake
    assert "-ffp-contract=off" in cmake
    assert "-ffp-contract=off" in assembly.FLAGS


NESTED = """
outer:
.L1:
\tmovq\t%rax, %rbx
.L2:
\tvpmuludq\t%ymm0, %ymm1, %ymm2
\tje\t.L4
\tvmovntdq\t%ymm2, (%rax)
\tjne\t.L2
.L3:
\tcall\tmemcpy
\tjne\t.L3
\tjne\t.L1
\tret
.L4:
\tvmovdqu\t%ymm2, (%rax)
\tjmp\t.L2
other:
\tjmp\t.L2
""".strip()


def test_turns_follow_every_branch_and_leave_calls_out() -> None:
    found = [turn for lines in assembly.functions(NESTED) for turn in assembly.turns(lines)]
    multiply = (".L2:", "\tvpmuludq\t%ymm0, %ymm1, %ymm2", "\tje\t.L4")
    plain = (*multiply, ".L4:", "\tvmovdqu\t%ymm2, (%rax)", "\tjmp\t.L2")
    streaming = (*multiply, "\tvmovntdq\t%ymm2, (%rax)", "\tjne\t.L2")
    assert plain in found
    assert streaming in found
    assert all("\tcall\tmemcpy" not in turn for turn in found)
    found = [multiply]
    loop = assembly.Loop(found[0], 8)
    assert (loop.instructions, loop.count("vpmuludq"), loop.count("vpmul")) == (2, 1, 0)


def test_loop_that_does_not_do_the_work_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assembly, "compile_path", lambda *_: NESTED)
    with pytest.raises(SystemExit, match=r"avx2, normal: found 0 loops over words and 0 over value"):
        assembly.hot_loops(AVX2, "normal", "g++")


def test_instance_is_of_one_distribution_and_float32() -> None:
    enum = (CORE / "fill.h").read_text()
    assert "enum class ElementType { kUint32, kFloat64, kFloat32," in enum
    assert assembly.instance(AVX2, "normal") == "Avx2LanesENS_6NormalELNS_11ElementTypeE2E"


def test_elements_of_a_turn_follow_from_the_lanes() -> None:
    assert AVX2.word_elements == 4 * 4 * AVX2.constant("kWordVectors")
    with pytest.raises(SystemExit, match="must say kNothing"):
        AVX2.constant("kNothing")


def test_port_bound_counts_what_shares_units() -> None:
    """Two on unit 0 alone and six on either of 0 and 1: eight on two units, not six."""
    units = ["Zn4FP0", "Zn4FP1", "Zn4Load"]
    uses = [(0, 0, 2.0), (1, 0, 3.0), (1, 1, 3.0), (1, 2, 9.0), (2, 0, 99.0)]
    info = [{"InstructionIndex": i, "ResourceIndex": unit, "ResourceUsage": cycles} for i, unit, cycles in uses]
    region = {
        "Instructions": ["a", "b"],
        "ResourcePressureView": {"ResourcePressureInfo": info},
    }
    assert mca.port_bound(region, units, ZEN4) == 4.0


def test_missing_tool_is_named() -> None:
    with pytest.raises(SystemExit, match="no-such-mca is needed, and is not installed"):
        mca.about("no-such-mca")


def test_targets_are_judged() -> None:
    found = {target.what: target for target in lanes.targets(RESULT)}
    assert [target.met for target in found.values()] == [True, True]
    worse = copy.deepcopy(RESULT)
    worse["rows"][1]["cycles"] = 2.4
    worse["rows"][2]["cycles"] = 3.0
    assert [target.outcome for target in lanes.targets(worse)] == ["missed by 33%", "missed by 15%"]


def test_measured_stands_only_beside_this_processors_model() -> None:
    rows = RESULT["rows"]
    assert [lanes.measured_cycles(RESULT, row) for row in rows] == [4.0, None, None]
    text = lanes.section(RESULT)
    assert "These are predictions, not measurements" in text
    assert "-25%" in text


def test_page_is_made_from_the_results() -> None:
    docs = ROOT / "docs"
    result, predicted = (json.loads((docs / name).read_text()) for name in ("benchmarks.json", lanes.RESULT))
    assert (docs / "benchmarks.md").read_text() == report.page(result, lanes.section(predicted))


@pytest.mark.parametrize(("second", "status"), [(1.05, 0), (1.2, 1), (0.8, 1)])
def test_builds_apart_fail(
    second: float, status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    times = {"a": 1.0, "b": second}
    monkeypatch.setattr(
        compilers,
        "measure",
        lambda build, _: {"nanoseconds": {"avx2 normal": times[build.parent.name]}},
    )
    assert compilers.main(["a/core_speed", "b/core_speed"]) == status
    assert ("more than 1.1x apart: avx2 normal" in capsys.readouterr().err) == bool(status)


LOG = """
1: scalar: tested
1: avx2: tested
1: avx512: tested
1: neon: not built
1: checksum of all streams: 1234
1: neon: tested
1: checksum of all streams: 1234
"""


def test_paths_check_sees_what_did_not_run_and_what_differs() -> None:
    faults = ci("check_paths").faults
    assert faults(LOG, 2) == []
    assert faults(LOG, 3) == ["2 checksums, not 3"]
    assert faults(LOG.replace("1234", "1235", 1), 2) == ["different checksums: ['1235', '1234']"]
    unsupported = LOG.replace("avx512: tested", "avx512: NOT TESTED, unsupported")
    assert faults(unsupported, 2) == ["avx512 was not executed"]


@pytest.mark.parametrize(
    ("tag", "modules", "status"),
    [("manylinux_2_34_x86_64", 1, 0), ("linux_x86_64", 1, 1), ("manylinux_2_34_x86_64", 2, 1)],
)
def test_wheel_check_wants_manylinux_and_one_module(tag: str, modules: int, status: int, tmp_path: Path) -> None:
    wheel, audit = tmp_path / "w.whl", tmp_path / "audit.txt"
    audit.write_text(f'w.whl is consistent with the\nfollowing platform tag: "{tag}".\n')
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("fastinit_nn.libs/libgomp.so", "")
        for i in range(modules):
            archive.writestr(f"fastinit/_core{i}.so", "")
    assert ci("check_wheel").main(str(wheel), str(audit)) == status
