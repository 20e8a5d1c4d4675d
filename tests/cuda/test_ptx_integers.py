"""Integer and bit instructions of the PTX interpreter, against values worked out from the manual."""

from __future__ import annotations

import numpy as np
import pytest

from tests.cuda.ptx.errors import Undefined
from tests.cuda.ptx.single import run


def u32(*values: int) -> np.ndarray:
    return np.array([v % 2**32 for v in values], np.uint32)


def u64(*values: int) -> np.ndarray:
    return np.array([v % 2**64 for v in values], np.uint64)


def s32(*values: int) -> np.ndarray:
    return np.array(values, np.int32)


def s64(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


COUNTS = u32(0, 1, 31, 32, 33, 63, 64, 65, 2**31, 2**32 - 1)


def test_sums_wrap_around() -> None:
    assert run("add.s32 %d, %a, %b;", "u4", a=u32(2**32 - 1), b=u32(2)) == [1]
    assert run("sub.s64 %d, %a, %b;", "u8", a=u64(1), b=u64(2)) == [2**64 - 1]
    assert run("mul.lo.s32 %d, %a, %b;", "i4", a=s32(-(2**31)), b=s32(-1)) == [-(2**31)]
    assert run("mad.lo.u32 %d, %a, %a, %a;", "u4", a=u32(2**32 - 1)) == [0]


@pytest.mark.parametrize(
    ("opcode", "low", "high"),
    [("mul.wide.u32", 2**32 - 1, (2**32 - 1) ** 2), ("mul.wide.s32", -1, 1)],
)
def test_wide_products_read_factors_by_their_sign(opcode: str, low: int, high: int) -> None:
    got = run(f"{opcode} %d, %a, %b;", "u8", a=u32(2**32 - 1), b=u32(2**32 - 1, 1))
    assert got.tolist() == [high, low % 2**64]


def test_wide_multiply_adds_keep_the_whole_product() -> None:
    a, c = u32(2**32 - 1), u64(5)
    assert run("mad.wide.u32 %d, %a, %a, %c;", "u8", a=a, c=c) == [(2**32 - 1) ** 2 + 5]
    assert run("mad.wide.s32 %d, %a, %a, %c;", "u8", a=a, c=c) == [6]


HIGH_CASES = [0, 1, 2**31, 2**32 - 1, 2**32, 0xD2511F53, 2**63 - 1, 2**63, 2**64 - 2**32, 2**64 - 1]


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("width", [32, 64])
def test_high_halves_of_products(width: int, signed: bool) -> None:
    def number(bits: int) -> int:
        return bits - 2**width if signed and bits >= 2 ** (width - 1) else bits

    cases = [(a % 2**width, b % 2**width) for a in HIGH_CASES for b in HIGH_CASES]
    a, b = (np.array(column, f"u{width // 8}") for column in zip(*cases, strict=True))
    got = run(f"mul.hi.{'s' if signed else 'u'}{width} %d, %a, %b;", f"u{width // 8}", a=a, b=b)
    assert got.tolist() == [(number(x) * number(y) >> width) % 2**width for x, y in cases]


def test_quotients_are_cut_towards_zero_and_remainders_follow_the_dividend() -> None:
    a, b = s32(7, -7, 7, -7, -(2**31)), s32(2, 2, -2, -2, 2)
    assert run("div.s32 %d, %a, %b;", "i4", a=a, b=b).tolist() == [3, -3, -3, 3, -(2**30)]
    assert run("rem.s32 %d, %a, %b;", "i4", a=a, b=b).tolist() == [1, -1, 1, -1, 0]
    assert run("div.u64 %d, %a, %b;", "u8", a=u64(2**64 - 1), b=u64(2)) == [2**63 - 1]
    assert run("rem.u64 %d, %a, %b;", "u8", a=u64(2**64 - 1), b=u64(10)) == [5]


@pytest.mark.parametrize("opcode", ["div.u32", "rem.u32", "div.s32", "rem.s32"])
def test_division_by_zero_is_refused(opcode: str) -> None:
    with pytest.raises(Undefined, match="division by 0"):
        run(f"{opcode} %d, %a, %b;", "u4", a=u32(1, 1), b=u32(1, 0))


def test_least_integer_over_minus_one_is_refused() -> None:
    with pytest.raises(Undefined, match="does not fit"):
        run("div.s32 %d, %a, %b;", "i4", a=s32(-(2**31)), b=s32(-1))


def test_carries_pass_down_a_chain() -> None:
    add = "add.cc.u32 %s0, %a, %b;\naddc.u32 %d, %c, %c;"
    assert run(add, "u4", a=u32(2**32 - 1, 5), b=u32(1), c=u32(3)).tolist() == [7, 6]
    three = "add.cc.u32 %s0, %a, %b;\naddc.cc.u32 %s1, %c, 0;\naddc.u32 %d, 0, 0;"
    assert run(three, "u4", a=u32(2**32 - 1, 1), b=u32(1), c=u32(2**32 - 1)).tolist() == [1, 0]
    subtract = "sub.cc.u32 %s0, %a, %b;\nsubc.u32 %d, %c, 0;"
    assert run(subtract, "u4", a=u32(0, 5), b=u32(1), c=u32(9)).tolist() == [8, 9]
    both = "sub.cc.u32 %s0, %a, %b;\nsubc.cc.u32 %s1, 0, 0;\nsubc.u32 %d, 9, 0;"
    assert run(both, "u4", a=u32(0, 5), b=u32(1)).tolist() == [8, 9]


def test_signs_of_integers() -> None:
    assert run("neg.s32 %d, %a;", "i4", a=s32(5, -(2**31))).tolist() == [-5, -(2**31)]
    assert run("abs.s64 %d, %a;", "i8", a=s64(-5, -(2**63))).tolist() == [5, -(2**63)]


def test_order_depends_on_the_sign_of_the_type() -> None:
    a, b = u32(2**32 - 1), u32(1)
    assert run("min.u32 %d, %a, %b;", "u4", a=a, b=b) == [1]
    assert run("min.s32 %d, %a, %b;", "i4", a=a, b=b) == [-1]
    assert run("max.u32 %d, %a, %b;", "u4", a=a, b=b) == [2**32 - 1]
    assert run("max.s32 %d, %a, %b;", "i4", a=a, b=b) == [1]
    assert run("setp.lt.s32 %d, %a, %b;", "bool", a=a, b=b) == [True]
    assert run("setp.lt.u32 %d, %a, %b;", "bool", a=a, b=b) == [False]
    assert run("setp.lo.u32 %d, %a, %b;", "bool", a=a, b=b) == [False]
    assert run("setp.hs.u32 %d, %a, %b;", "bool", a=a, b=b) == [True]


@pytest.mark.parametrize("width", [16, 32, 64])
def test_left_shifts_by_the_width_or_more_give_zero(width: int) -> None:
    a = np.full(len(COUNTS), 2**width - 1, f"u{width // 8}")
    got = run(f"shl.b{width} %d, %a, %n;", f"u{width // 8}", a=a, n=COUNTS)
    expected = [(2**width - 1 << int(n)) % 2**width if n < width else 0 for n in COUNTS]
    assert got.tolist() == expected


@pytest.mark.parametrize("width", [16, 32, 64])
def test_right_shifts_by_the_width_or_more_give_zeros_or_the_sign(width: int) -> None:
    least = np.full(len(COUNTS), 1 << (width - 1), f"u{width // 8}")
    got = run(f"shr.u{width} %d, %a, %n;", f"u{width // 8}", a=least, n=COUNTS)
    assert got.tolist() == [2 ** (width - 1) >> int(n) if n < width else 0 for n in COUNTS]
    got = run(f"shr.s{width} %d, %a, %n;", f"i{width // 8}", a=least, n=COUNTS)
    assert got.tolist() == [-(2 ** (width - 1)) >> min(int(n), width) for n in COUNTS]
    positive = least - least.dtype.type(1)
    got = run(f"shr.s{width} %d, %a, %n;", f"i{width // 8}", a=positive, n=COUNTS)
    assert got.tolist() == [2 ** (width - 1) - 1 >> min(int(n), width) for n in COUNTS]


@pytest.mark.parametrize("mode", ["wrap", "clamp"])
@pytest.mark.parametrize("side", ["l", "r"])
def test_funnel_shifts_wrap_or_clamp_their_count(side: str, mode: str) -> None:
    low, high = 0x89ABCDEF, 0x01234567
    both = high << 32 | low
    expected = []
    for count in COUNTS.tolist():
        n = count % 32 if mode == "wrap" else min(count, 32)
        expected.append((both << n) >> 32 & 0xFFFFFFFF if side == "l" else both >> n & 0xFFFFFFFF)
    got = run(f"shf.{side}.{mode}.b32 %d, %a, %b, %n;", "u4", a=u32(low), b=u32(high), n=COUNTS)
    assert got.tolist() == expected


@pytest.mark.parametrize("table", [0x00, 0x80, 0x96, 0xCA, 0xF0, 0xFE, 0xFF])
def test_lop3_looks_bits_up_in_its_table(table: int) -> None:
    a, b, c = u32(0b1111_0000), u32(0b1100_1100), u32(0b1010_1010)  # bit k has row k of the table
    got = int(run(f"lop3.b32 %d, %a, %b, %c, {table};", "u4", a=a, b=b, c=c)[0])
    assert got & 0xFF == table
    assert got >> 8 == (0xFFFFFF if table & 1 else 0)


@pytest.mark.parametrize(
    ("mode", "selector", "expected"),
    [
        ("", 0x3210, 0x33221100),
        ("", 0x7654, 0xF7665544),
        ("", 0x0123, 0x00112233),
        ("", 0xFEDC, 0xFF000000),  # signs of the bytes F7, 66, 55, 44
        ("", 0x8F07, 0x00FF00F7),
        (".f4e", 1, 0x44332211),
        (".b4e", 1, 0x66F70011),
        (".rc8", 2, 0x22222222),
        (".ecl", 1, 0x33221111),
        (".ecr", 2, 0x22221100),
        (".rc16", 1, 0x33223322),
    ],
)
def test_prmt_picks_bytes(mode: str, selector: int, expected: int) -> None:
    got = run(f"prmt.b32{mode} %d, %a, %b, {selector};", "u4", a=u32(0x33221100), b=u32(0xF7665544))
    assert f"{int(got[0]):08x}" == f"{expected:08x}"


@pytest.mark.parametrize(
    ("position", "length", "unsigned", "signed"),
    [
        (4, 8, 0xDE, -0x22),
        (0, 0, 0, 0),
        (31, 0, 0, 0),
        (0, 32, 0x9ABCDDEF, 0x9ABCDDEF - 2**32),
        (24, 16, 0x9A, 0x9A - 256),  # past the top: the sign bit repeats
        (28, 200, 0x9, 0x9 - 16),
        (31, 1, 1, -1),
        (32, 4, 0, -1),
        (200, 4, 0, -1),
        (0, 4, 0xF, -1),
        (5, 3, 0x7, -1),
        (16, 3, 0x4, -4),
        (16, 4, 0xC, -4),
        (256 + 4, 256 + 8, 0xDE, -0x22),  # only the low eight bits count
    ],
)
def test_bfe_extracts_fields(position: int, length: int, unsigned: int, signed: int) -> None:
    a, p, n = u32(0x9ABCDDEF), u32(position), u32(length)
    assert run("bfe.u32 %d, %a, %p0, %n;", "u4", a=a, p0=p, n=n) == [unsigned]
    assert run("bfe.s32 %d, %a, %p0, %n;", "i4", a=a, p0=p, n=n) == [signed]


def test_bfe_of_64_bits() -> None:
    a = u64(0x8000_0001_0000_0000)
    assert run("bfe.u64 %d, %a, 32, 32;", "u8", a=a) == [0x80000001]
    assert run("bfe.s64 %d, %a, 63, 5;", "i8", a=a) == [-1]
    assert run("bfe.u64 %d, %a, 0, 64;", "u8", a=a) == [0x8000_0001_0000_0000]


@pytest.mark.parametrize(
    ("position", "length", "expected"),
    [
        (4, 8, 0xFFFFF00F | 0xAB << 4),
        (0, 0, 0xFFFFFFFF),
        (28, 8, 0xBFFFFFFF),  # what passes the top is lost
        (32, 8, 0xFFFFFFFF),
        (0, 32, 0x000000AB),
        (0, 255, 0x000000AB),
        (24, 8, 0xABFFFFFF),
    ],
)
def test_bfi_inserts_fields(position: int, length: int, expected: int) -> None:
    got = run(f"bfi.b32 %d, %a, %b, {position}, {length};", "u4", a=u32(0xAB), b=u32(0xFFFFFFFF))
    assert f"{int(got[0]):08x}" == f"{expected:08x}"


def test_clz_counts_from_the_top() -> None:
    assert run("clz.b32 %d, %a;", "u4", a=u32(0, 1, 2**31, 0x00FFFFFF)).tolist() == [32, 31, 0, 8]
    assert run("clz.b64 %d, %a;", "u4", a=u64(0, 1, 2**63, 2**32)).tolist() == [64, 63, 0, 31]


def test_logic_of_words_and_predicates() -> None:
    a, b = u32(0b1100), u32(0b1010)
    assert run("and.b32 %d, %a, %b;", "u4", a=a, b=b) == [0b1000]
    assert run("or.b32 %d, %a, %b;", "u4", a=a, b=b) == [0b1110]
    assert run("xor.b32 %d, %a, %b;", "u4", a=a, b=b) == [0b0110]
    assert run("not.b32 %d, %a;", "u4", a=a) == [2**32 - 1 - 0b1100]
    p, q = np.array([False, False, True, True]), np.array([False, True, False, True])
    assert run("and.pred %d, %a, %b;", "bool", a=p, b=q).tolist() == (p & q).tolist()
    assert run("xor.pred %d, %a, %b;", "bool", a=p, b=q).tolist() == (p ^ q).tolist()
    assert run("not.pred %d, %a;", "bool", a=p).tolist() == (~p).tolist()


def test_setp_joins_a_predicate_and_gives_the_complement() -> None:
    a, c = u32(1, 1, 2, 2), np.array([False, True, False, True])
    assert run("setp.eq.and.s32 %d, %a, 1, %c;", "bool", a=a, c=c).tolist() == [0, 1, 0, 0]
    assert run("setp.eq.or.s32 %d, %a, 1, !%c;", "bool", a=a, c=c).tolist() == [1, 1, 1, 0]
    # The second predicate joins the complement of the comparison, not of the whole.
    second = "setp.eq.and.s32 %p|%d, %a, 1, %c;"
    assert run(second, "bool", a=a, c=c).tolist() == [0, 0, 0, 1]


def test_set_gives_all_ones_or_one() -> None:
    a = u32(1, 2)
    assert run("set.eq.u32.u32 %d, %a, 1;", "u4", a=a).tolist() == [2**32 - 1, 0]
    assert run("set.eq.f32.u32 %d, %a, 1;", "f4", a=a).tolist() == [1.0, 0.0]


def test_selection_by_predicate_and_by_sign() -> None:
    a, b = u32(1), u32(2)
    chosen = run("selp.b32 %d, %a, %b, %c;", "u4", a=a, b=b, c=np.array([True, False]))
    assert chosen.tolist() == [1, 2]
    chosen = run("slct.u32.s32 %d, %a, %b, %c;", "u4", a=a, b=b, c=s32(0, -1, 7))
    assert chosen.tolist() == [1, 2, 1]
    sign = np.array([0.0, -0.0, -1.0, np.nan, np.inf], np.float32)
    got = run("slct.u32.f32 %d, %a, %b, %c;", "u4", a=a, b=b, c=sign)
    assert got.tolist() == [1, 1, 2, 2, 1]


def test_moves_pack_and_unpack_lowest_first() -> None:
    a, b = u32(0x89ABCDEF), u32(0x01234567)
    assert run("mov.b64 %d, {%a, %b};", "u8", a=a, b=b) == [0x0123456789ABCDEF]
    c = u64(0x0123456789ABCDEF)
    assert run("mov.b64 {%s0, %d}, %c;", "u4", c=c) == [0x01234567]
    assert run("mov.b64 {%d, _}, %c;", "u4", c=c) == [0x89ABCDEF]
    h = np.array([0x1234], np.uint16)
    assert run("mov.b32 %d, {%a, %b};", "u4", a=h, b=h) == [0x12341234]
