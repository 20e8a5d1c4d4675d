"""The audit of the CUDA kernels: each of its rules against a doctored listing, and the built kernels.

tests/cuda/data holds normals as the compiler made them: two kernels for sm_90 (`cuobjdump -sass`) and
one in PTX. Needs no GPU; the built kernels are left out where there are none, or no cuobjdump.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

import fastinit
from tools import audit_cuda
from tools.cuda_audit import audit, expansions, listing, ptx, report, sass, slots, toolkit
from tools.cuda_audit.flow import Flow
from tools.cuda_audit.listing import Key, Usage

ROOT = Path(__file__).parents[2]
SASS = (ROOT / "tests/cuda/data/normals.sass").read_text()
PTX = (ROOT / "tests/cuda/data/normal.ptx").read_text()
FLOAT32, FLOAT64 = Key("Normal", "float32"), Key("Normal", "float64")
USAGE = {("sm_90", key): Usage(25, 0, 0) for key in (FLOAT32, FLOAT64)}


def dump_of(sass_text: str = SASS, ptx_text: str = PTX) -> toolkit.Dump:
    return toolkit.Dump(listing.read_ptx(ptx_text), listing.read_sass(sass_text), USAGE)


def sass_faults(text: str) -> list[str]:
    functions = listing.read_sass(text)
    return [fault for function in functions for fault in sass.faults(function, Flow(function))]


def ptx_faults(text: str) -> list[str]:
    return [fault for kernel in listing.read_ptx(text) for fault in ptx.faults(kernel)]


def counted(text: str = SASS, key: Key = FLOAT32) -> slots.Count:
    found = audit.audit(dump_of(text)).row(key)
    assert found is not None
    assert found.count is not None
    return found.count


def doctored(text: str, old: str, new: str) -> str:
    """The text with the first match of a pattern replaced."""
    changed, times = re.subn(old, new, text, count=1)
    assert times == 1
    return changed


TRUNCATED = Key("TruncatedNormal", "float32")
# A loop of one group a pass, all else left away: 4 products, 6 other instructions, a store.
TINY = """
        code for sm_90
                Function : _ZN8fastinit11fill_kernelINS_{method}ELNS_11ElementTypeE2EEEv
        /*0000*/ MOV R0, RZ ;
        /*0010*/ IMAD.WIDE.U32 R4, R0, -0x2daee0ad, RZ ;
        /*0020*/ IMAD.HI.U32 R6, R0, -0x2daee0ad, RZ ;
        /*0030*/ IMAD R7, R0, -0x2daee0ad, RZ ;
        /*0040*/ IMAD R7, R7, R0, R4 ;
        /*0050*/ IMAD.MOV.U32 R2, RZ, RZ, R0 ;
        /*0060*/ ISETP.GT.AND P1, PT, R7, RZ, PT ;
        /*0070*/ @P1 BRA 0x00a0 ;
        /*0080*/ FADD R4, R4, 1 ;
        /*0090*/ FADD R5, R5, 1 ;
        /*00a0*/ STG.E.128 desc[UR4][R2.64], R4 ;
        /*00b0*/ ISETP.GE.U32.AND P0, PT, R0, UR4, PT ;
        /*00c0*/ @!P0 BRA 0x0010 ;
        /*00d0*/ EXIT ;
"""


def test_sample_keeps_every_rule() -> None:
    assert ptx_faults(PTX) == []
    assert sass_faults(SASS) == []


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (r"mul\.rn\.f32", "mul.f32", "no rounding to nearest: mul.f32"),
        (r"add\.rn\.f32", "add.f32", "no rounding to nearest: add.f32"),
        (r"fma\.rn\.f32", "fma.rz.f32", "no rounding to nearest: fma.rz.f32"),
        (r"fma\.rn\.f32", "fma.rn.ftz.f32", ".ftz flushes"),
        (r"mul\.rn\.f32", "mul.rn.sat.f32", ".sat clamps"),
        (r"sqrt\.rn\.f32", "sqrt.approx.f32", ".approx is not correctly rounded"),
        (r"sqrt\.rn\.f32", "rsqrt.f32", "not one of the float instructions"),
        (r"fma\.rn\.f32", "mad.rn.f32", "not one of the float instructions"),
        (r"mul\.rn\.f32 .*", "lg2.approx.ftz.f32 %r1, %r2;", ".approx"),
        (r"cvt\.rn\.f32\.s32", "cvt.f32.s32", "no rounding: cvt.f32.s32"),
        (r"cvt\.rn\.f32\.s32", "cvt.rz.f32.s32", "no rounding: cvt.rz.f32.s32"),
        (r"cvt\.rn\.f32\.s32", "cvt.rn.satfinite.e4m3x2.f32", ".satfinite clamps"),
        (r"\.reg \.pred", ".local .align 16 .b8 __local_depot0[16];\n.reg .pred", "local memory"),
        (r"mov\.u32 %r21", "st.local.b32 [%rd1], %r1;\nmov.u32 %r21", "local memory: st.local"),
        (r"mov\.u32 %r21", "@%p1 ld.local.b32 %r1, [%rd1];\nmov.u32 %r21", "local memory"),
        (r"mov\.u32 %r21", "call.uni (%r1), helper;\nmov.u32 %r21", "a call"),
        (r"\.visible", ".func helper()\n{\nret;\n}\n.visible", "a function that was not inlined"),
        (r"st\.global\.v4\.b32", "st.global.v2.b32", "no 128-bit store"),
    ],
)
def test_ptx_that_breaks_a_rule_is_reported(old: str, new: str, fault: str) -> None:
    found = ptx_faults(doctored(PTX, old, new))
    assert any(fault in text for text in found), found


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (r"FFMA R", "FFMA.FTZ R", "FFMA.FTZ"),
        (r"FADD R", "FADD.RZ R", "FADD.RZ"),
        (r"FMUL R", "FMUL.SAT R", "FMUL.SAT"),
        (r"DFMA R", "DFMA.RP R", "DFMA.RP"),
        (r"FADD R", "MUFU.LG2 R", "MUFU.LG2"),
        (r"I2FP\.F32\.S32", "I2FP.F32.S32.RZ", "I2FP.F32.S32.RZ"),
        (r"FSEL R", "F2FP.SATFINITE.E4M3.F32.PACK_AB_MERGE_C R", "F2FP.SATFINITE"),
        (r"HFMA2\.MMA R(\d+), -RZ", r"HFMA2.MMA R\1, R2", "HFMA2.MMA"),
        (r"FADD R", "NEWFLOAT.FTZ R", "NEWFLOAT"),
        # the square root's own steps, in the wrong place or form
        (r"FMUL R", "FMUL.FTZ R", "FMUL.FTZ"),
        (r"FMUL\.FTZ (R\d+), (R\d+), 0\.5", r"FMUL.FTZ \1, \2, 0.25", "MUFU.RSQ"),
        (r"FADD R\d+, R\d+, R\d+", "MUFU.RSQ R90, R91", "MUFU.RSQ R90"),
        (r"FFMA (R\d+), -(R\d+), \2, ", r"FFMA \1, \2, \2, ", "MUFU.RSQ"),
        (r"0x727fffff", "0x7f7fffff", "checks of their range"),
        (r"0x7ca00000", "0x7fa00000", "checks of their range"),
        (r"DFMA (R\d+), (R\d+), (R\d+), 0\.5", r"DFMA \1, \2, \3, 0.25", "MUFU.RSQ64H"),
        (r"@P0 FMUL\.FTZ", "@P0 FADD.FTZ", "a subroutine at"),
        (r"DFMA\.RM", "DFMA.RZ", "a subroutine at"),
        # memory
        (r"FADD R", "STL [R1], R", "local memory: STL"),
        (r"FADD R", "LDL R", "local memory: LDL"),
        (r"STG\.E\.128", "STG.E.64", "no loop with 128-bit stores"),
        (r"FADD R\d+, R\d+, R\d+ ;", "STG.E desc[UR4][R2.64], R4 ;", "a narrow store"),
    ],
)
def test_machine_code_that_breaks_a_rule_is_reported(old: str, new: str, fault: str) -> None:
    found = sass_faults(doctored(SASS, old, new))
    assert any(fault in text for text in found), found


def test_a_register_changed_within_a_square_root_is_reported() -> None:
    code = [i for i in listing.read_sass(SASS)[1].code if i.address < 0xCA0]
    start = next(n for n, i in enumerate(code) if i.name == "MUFU.RSQ")
    spoilt = replace(code[start], name="MOV", operands=(code[start].operands[0], "R99"))
    _, faults = expansions.find([*code[: start + 1], spoilt, *code[start + 1 :]])
    assert any("not the start of an expansion" in fault for fault in faults)


def faults_of_spread_root(padding: str, times: int) -> list[str]:
    """What is wrong with a float64 square root that has others' instructions between its own."""
    name = "MUFU.RSQ64H"
    function = next(f for f in listing.read_sass(SASS) if any(i.name == name for i in f.code))
    flow = Flow(function)
    code = flow.code(flow.main - flow.slow)
    start = next(n for n, i in enumerate(code) if i.name == name)
    base, *operands = padding.split()
    other = replace(code[start], address=-1, guard="", name=base, operands=tuple(operands))
    spread = [i for step in code[start : start + 40] for i in (step, *[other] * times)]
    return expansions.find([*code[:start], *spread, *code[start + 40 :]])[1]


def test_nops_between_the_steps_of_a_square_root_are_no_steps() -> None:
    """sm_120 waits for float64 by NOPs, which spread a square root over hundreds of instructions."""
    assert faults_of_spread_root("NOP", 0) == []
    assert faults_of_spread_root("NOP", 20) == []
    assert any("not the start" in fault for fault in faults_of_spread_root("MOV R250 RZ", 20))


def test_quotients_are_known_in_their_whole_form_only() -> None:
    lines = [
        "I2F.U32.RP R0, R8",
        "IADD3 R5, RZ, -R8, RZ",
        "MUFU.RCP R0, R0",
        "IADD3 R2, R0, 0xffffffe, RZ",
        "F2I.FTZ.U32.TRUNC.NTZ R3, R2",
    ]

    def unknown(lines: list[str]) -> int:
        text = "\n".join(f"/*{n:04x}*/ {line} ;" for n, line in enumerate(lines))
        code = listing.read_sass(f"Function : x\n{text}")[0].code
        known, _ = expansions.find(code)
        return sum(expansions.is_float(i) and i.address not in known for i in code)

    assert unknown(lines) == 0
    assert unknown([*lines, "MUFU.RCP R9, R9"]) == 1
    assert unknown([line.replace("0xffffffe", "0x1") for line in lines]) == 3
    assert unknown(lines[:-1]) == 2


def test_spills_are_reported() -> None:
    text = """
        arch = sm_90
         Function _ZN8fastinit11fill_kernelINS_6NormalELNS_11ElementTypeE2EEEv:
          REG:31 STACK:16 SHARED:0 LOCAL:{local} CONSTANT[0]:720 TEXTURE:0 SURFACE:0 SAMPLER:0
    """
    ((arch, key, usage),) = listing.read_usage(text.format(local=8))
    assert (arch, key, usage) == ("sm_90", FLOAT32, Usage(31, 16, 8))
    assert list(sass.usage_faults(usage)) == ["spills: 16 bytes of stack, 8 of local memory"]
    assert list(sass.usage_faults(Usage(31, 0, 8)))
    assert list(sass.usage_faults(Usage(31, 16, 0)))
    assert list(sass.usage_faults(None))
    assert not list(sass.usage_faults(Usage(31, 0, 0)))


def test_products_count_twice_and_moves_once() -> None:
    count = counted(TINY.replace("{method}", "15TruncatedNormal"), TRUNCATED)
    assert count.elements == 4
    assert count.products == 4 / 4
    assert count.instructions == 10 / 4
    assert count.slots == 14 / 4


@pytest.mark.parametrize(
    ("text", "product"),
    [
        ("IMAD R7, R7, R0, R4", True),
        ("IMAD.WIDE.U32 R4, R0, -0x2daee0ad, RZ", True),
        ("IMAD.HI.U32 R6, R0, -0x2daee0ad, RZ", True),
        ("IMAD.MOV.U32 R2, RZ, RZ, R0", False),
        ("IMAD.SHL.U32 R2, R0, 0x4, RZ", False),
        ("IMAD.IADD R2, R0, 0x1, R5", False),
        ("IMAD.X R2, R0, 0x1, R5, P0", False),
        ("IMAD.U32 R2, RZ, RZ, UR4", False),
        ("IADD3 R2, R0, R1, RZ", False),
    ],
)
def test_what_is_a_product(text: str, product: bool) -> None:
    (function,) = listing.read_sass(f"Function : x\n/*0000*/ {text} ;")
    assert slots.is_product(function.code[0]) is product


def test_a_call_in_the_body_is_reported() -> None:
    """That of a quotient, which may stand anywhere else."""
    text = TINY.replace("{method}", "15TruncatedNormal")
    text = text.replace("FADD R5, R5, 1", "CALL.REL.NOINC 0x00e0")
    for n, line in enumerate(("I2F.U64.RP R8, R4", "MUFU.RCP R8, R8", "F2I.U64.TRUNC R8, R8", "RET")):
        text += f"        /*{0xE0 + 16 * n:04x}*/ {line} ;\n"
    assert sass_faults(text) == ["a call in the loop's body"]


def test_far_tails_are_counted_apart() -> None:
    count = counted(TINY.replace("{method}", "15TruncatedNormal"), TRUNCATED)
    assert count.slots_with_rare == (14 + 2) / 4


def test_a_fork_in_another_body_is_reported() -> None:
    assert sass_faults(TINY.replace("{method}", "15TruncatedNormal")) == []
    found = sass_faults(TINY.replace("{method}", "6Normal"))
    assert found == ["the loop's body forks, other than for a square root"]


def test_slow_square_roots_are_left_out_of_the_body() -> None:
    function = listing.read_sass(SASS)[1]
    flow = Flow(function)
    assert sum(i.base == "CALL" for i in function.code) == 2
    assert len(flow.subroutines) == 1
    ways = flow.hot()
    assert ways is not None
    path = [i.name for i in ways[0].code]
    assert "CALL.REL.NOINC" not in path
    assert path.count("MUFU.RSQ") == 2
    assert path.count("FMUL.FTZ") == 4
    assert path.count("STG.E.128") == 1


def test_body_is_the_loop_that_writes_most() -> None:
    lines = TINY.replace("{method}", "15TruncatedNormal").splitlines()
    copies = [re.sub(r"0x00([0-9a-f]0)", r"0x01\1", re.sub(r"/\*00", "/*01", x)) for x in lines[4:]]
    stores = [line for line in copies if "STG" in line]
    at = copies.index(stores[0])
    copies[at : at + 1] = [stores[0], stores[0].replace("01a0", "01a8")]
    both = "\n".join([*lines[:-1], *copies])
    assert counted(both, TRUNCATED).elements == 8


def test_a_jump_written_as_a_call_is_a_jump() -> None:
    """ptxas leaves the loop of sm_80 by a call that never returns."""
    text = TINY.replace("{method}", "15TruncatedNormal")
    text = text.replace("@!P0 BRA 0x0010", "@P0 CALL.REL.NOINC 0x00e0")
    text = text.replace("/*00d0*/ EXIT", "/*00d0*/ BRA 0x0010 ;\n        /*00e0*/ EXIT")
    assert sass_faults(text) == []
    assert counted(text, TRUNCATED).slots == 15 / 4


def test_one_more_instruction_is_reported() -> None:
    before = audit.audit(dump_of())
    recorded = json.loads(report.text_of(report.numbers(before)))
    assert recorded == report.numbers(before)
    assert report.grown(before, recorded) == []
    more = doctored(SASS, r"(FADD R\d+, R\d+, R\d+ ;)", r"\1\n        /*0541*/ FADD R90, R91, R92 ;")
    found = report.grown(audit.audit(dump_of(more)), recorded)
    now = f"{counted().slots:g} to {counted().slots + 0.25:g}"
    assert found == [
        f"sm_90, Normal float32: slots grew from {now}",
        f"sm_90, Normal float32: slots_with_rare grew from {now}",
    ]
    assert report.grown(audit.audit(dump_of(more)), {**recorded, "toolkit": "another"}) == []


def with_own_roots() -> str:
    """The float32 kernel with the core's own roots: nothing is flushed, and no range checked."""
    at = SASS.index("Function", SASS.index("Function") + 1)
    head, rest = SASS[:at], SASS[at:]
    for _ in range(4):
        rest = doctored(rest, r"FMUL\.FTZ", "FMUL")
    return head + rest.replace("0x727fffff", "0x1")


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (r"FMUL (R\d+), (R\d+), 0\.5", r"FMUL \1, \2, 0.25", "MUFU.RSQ"),
        (r"FFMA (R\d+), -(R\d+), \2, ", r"FFMA \1, \2, \2, ", "MUFU.RSQ"),
        (r"FFMA R16, R13, R0, R16", "FFMA R16, R13, R0, R17", "MUFU.RSQ"),
        (r"FMUL R16, R13, R12", "FMUL.FTZ R16, R13, R12", "MUFU.RSQ"),
        (r"FMUL R16, R13, R12", "FMUL R16, R13, R14", "MUFU.RSQ"),
    ],
)
def test_the_cores_own_roots_are_known_and_held_to_their_steps(old: str, new: str, fault: str) -> None:
    own = with_own_roots()
    assert sass_faults(own) == []
    at = own.index("MUFU.RSQ R12, R13")
    found = sass_faults(own[:at] + doctored(own[at:], old, new))
    assert any(fault in text for text in found), found


def test_a_reciprocal_root_counts_as_a_root_of_the_ptx() -> None:
    own = re.sub(r"sqrt\.rn\.f32", "rsqrt.approx.ftz.f32", PTX)
    assert ptx_faults(own) == []
    assert [ptx.square_roots(kernel) for kernel in listing.read_ptx(own) if kernel.key] == [2]
    assert ptx_faults(own.replace("rsqrt.approx.ftz", "rsqrt.approx")) != []


def test_missing_kernels_and_square_roots_are_reported() -> None:
    found = audit.audit(dump_of()).faults
    assert found == ["PTX: Normal float64 is missing"]
    other = SASS.replace("sm_90", "sm_120")
    both = audit.audit(dump_of(SASS + other.replace("6NormalELNS_11ElementTypeE1", "7Uniform", 1)))
    assert "sm_120: Normal float64 is missing" in both.faults
    one_less = doctored(PTX, r"sqrt\.rn\.f32", "neg.f32")
    wrong = audit.audit(dump_of(other, one_less)).faults
    assert "sm_120, Normal float32: 2 reciprocal roots for PTX's 1 square roots" in wrong
    assert "PTX: the library holds none" in audit.audit(dump_of(ptx_text="")).faults


def test_budgets_over_are_told() -> None:
    over = audit.over_budget(audit.audit(dump_of()))
    assert over == [f"Normal float32: {counted().slots:.2f} issue slots an element, 40 wanted"]
    count = counted()

    def with_bfloat16(share: float) -> list[str]:
        rows = [(FLOAT32, 30.0), (Key("Normal", "bfloat16"), 30.0 * share)]
        found = audit.Audit("", [audit.Row("sm_90", k, None, replace(count, slots=n)) for k, n in rows])
        return audit.over_budget(found)

    assert with_bfloat16(1.09) == []
    assert with_bfloat16(1.2) == ["Normal bfloat16: 20% more issue slots than float32, 10% allowed"]


def test_prediction_is_the_slowest_of_issue_and_pipes() -> None:
    count = slots.Count(4, 39.5, 39.5, 34.0, 5.5, {"float32": 20.0, "integer": 14.0})
    guess = slots.predict(count, FLOAT32)
    assert guess.bound == "issue"
    assert guess.arithmetic_bytes == pytest.approx(132 * 1.755e9 * 128 / 39.5 * 4)
    assert guess.bytes_written == slots.REACHABLE_BYTES
    special = slots.predict(replace(count, pipes={"special": 16.0}), FLOAT32)
    assert special.bound == "special"
    assert special.bytes_written == pytest.approx(132 * 1.755e9 * 4)


def test_page_is_put_between_its_marks() -> None:
    text = f"before\n{report.BEGIN}old\n{report.END}after\n"
    assert report.replaced(text, "new\n") == f"before\n{report.BEGIN}\nnew\n\n{report.END}after\n"
    with pytest.raises(ValueError, match="the page must hold the lines"):
        report.replaced("before\nafter\n", "new\n")


def test_page_tells_predictions_as_such() -> None:
    text = report.page(audit.audit(dump_of()))
    assert "benchmarks-cuda.md has what was measured" in text
    assert f"| Normal float32 | 25 | {counted().slots:.2f} |  | 40 |" in text


def test_command_writes_checks_and_refuses_growth(tmp_path, monkeypatch, capsys) -> None:
    (tmp_path / "cuda.md").write_text(f"# CUDA\n{report.BEGIN}{report.END}")
    ptx_text = PTX + PTX[PTX.index(".visible") :].replace("ElementTypeE2", "ElementTypeE1")

    def run(sass_text: str, *options: str) -> int:
        monkeypatch.setattr(audit_cuda, "dump", lambda _: dump_of(sass_text, ptx_text))
        library = ("--library", "x", "--docs", str(tmp_path))
        return audit_cuda.main([*library, *options])

    assert run(SASS, "--write") == 0
    stored = (tmp_path / "cuda.json").read_text()
    assert json.loads(stored)["kernels"]["Normal float32"]["sm_90"]["slots"] == counted().slots
    assert run(SASS, "--check") == 0
    (tmp_path / "cuda.md").write_text((tmp_path / "cuda.md").read_text().replace("| 25 |", "| 24 |"))
    assert run(SASS, "--check") == 1
    more = doctored(SASS, r"(FADD R\d+, R\d+, R\d+ ;)", r"\1\n        /*0541*/ FADD R90, R91, R92 ;")
    assert run(more) == 1
    assert run(more, "--write") == 1
    assert "grew from" in capsys.readouterr().err
    assert (tmp_path / "cuda.json").read_text() == stored
    assert run(more, "--write", "--allow-more") == 0
    assert (tmp_path / "cuda.json").read_text() != stored
    assert run(SASS.replace("FADD R", "FADD.FTZ R")) == 1
    assert "FADD.FTZ" in capsys.readouterr().err


def test_missing_tool_and_missing_code_are_told(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(toolkit, "find_cuobjdump", lambda: None)
    assert audit_cuda.main(["--library", str(tmp_path / "x")]) == 2
    assert "cuobjdump was not found" in capsys.readouterr().err


# The kernels of this very build.

HAVE_KERNELS = fastinit.build_info()["cuda"] != "off" and toolkit.find_cuobjdump() is not None

if HAVE_KERNELS:

    @pytest.fixture(scope="module")
    def built() -> audit.Audit:
        return audit.audit(toolkit.dump(audit_cuda.extension()))

    def test_built_kernels_break_no_rule(built) -> None:
        # Of another compiler than the recorded one the machine code is its own business: it may spill, or
        # expand a square root in a form that the audit has not seen.
        recorded = json.loads((ROOT / "docs/cuda.json").read_text())["toolkit"]
        is_same = recorded == built.toolkit
        assert [fault for fault in built.faults if is_same or fault.startswith("PTX")] == []

    def test_built_kernels_take_no_more_slots_than_recorded(built) -> None:
        recorded = json.loads((ROOT / "docs/cuda.json").read_text())
        assert report.grown(built, recorded) == []

    def test_page_is_that_of_the_built_kernels(built) -> None:
        """By the same compiler: another one's counts differ."""
        recorded, page = (ROOT / "docs/cuda.json").read_text(), (ROOT / "docs/cuda.md").read_text()
        if json.loads(recorded)["toolkit"] == built.toolkit:
            assert report.text_of(report.numbers(built)) == recorded
            assert report.replaced(page, report.page(built)) == page
