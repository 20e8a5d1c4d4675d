"""The table of opcodes: what each does, exactly; whatever is not in it is refused.

Each rule reads its opcode's modifiers in the order the PTX manual gives and says which types go in
and come out. Left out on purpose: approximate forms but
itself corrects, `.ftz`, and `add`, `sub` and `mul` on floats
without `.rn`, which the assembler is free to contract into a fused multiply-add.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from tests.cuda.ptx import conversions, floats, integers
from tests.cuda.ptx.conversions import FORMATS
from tests.cuda.ptx.errors import UnknownInstruction
from tests.cuda.ptx.operations import (
    ALL_INTEGERS,
    BITS,
    DTYPES,
    FLOATS,
    INTEGERS,
    ROUNDINGS,
    SCALARS,
    SIGNED,
    UNSIGNED,
    Access,
    Barrier,
    Jump,
    Operation,
    rounded,
    rule,
    same,
)
from tests.cuda.ptx.shared import WINDOW
from tests.cuda.ptx.syntax import SIZES

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cuda.ptx.operations import Modifiers

# Arithmetic.

ARITHMETIC = {"add": (np.add, floats.add), "sub": (np.subtract, floats.subtract)}


@rule("add", "sub")
def _add(m: Modifiers) -> Operation:
    of_integers, of_floats = ARITHMETIC[m.name]
    if m.left[:1] == ["cc"]:
        return _carry_chain(m)
    if type_name := m.takes(*INTEGERS):
        return same(type_name, 2, of_integers)
    return same(rounded(m), 2, of_floats)


@rule("addc", "subc")
def _carry_chain(m: Modifiers) -> Operation:
    carry_in, carry_out = m.name.endswith("c"), bool(m.takes("cc"))
    type_name = m.take("s32", "u32", "s64", "u64")
    type_name = f"u{SIZES[type_name]}"
    step = integers.add_carry if m.name.startswith("add") else integers.subtract_borrow

    def compute(a: np.ndarray, b: np.ndarray, carry: np.ndarray | None = None) -> object:
        total, out = step(a, b, np.zeros(1, bool) if carry is None else carry)
        return (total, out) if carry_out else total

    return same(type_name, 2, compute, carry_in=carry_in, carry_out=carry_out)


@rule("mul")
def _mul(m: Modifiers) -> Operation:
    if m.takes("wide"):
        type_name = m.take("s16", "u16", "s32", "u32")
        return Operation((wider(type_name),), (type_name,) * 2, integers.multiply_wide)
    if half := m.takes("lo", "hi"):
        compute = np.multiply if half == "lo" else integers.multiply_high
        return same(m.take(*INTEGERS), 2, compute)
    return same(rounded(m), 2, floats.multiply)


@rule("mad")
def _mad(m: Modifiers) -> Operation:
    half = m.take("wide", "lo", "hi")
    if half == "wide":
        type_name = m.take("s16", "u16", "s32", "u32")
        wide = wider(type_name)
        sources = (type_name, type_name, wide)
        return Operation((wide,), sources, lambda a, b, c: integers.multiply_wide(a, b) + c)
    product = np.multiply if half == "lo" else integers.multiply_high
    return same(m.take(*INTEGERS), 3, lambda a, b, c: product(a, b) + c)


def wider(type_name: str) -> str:
    return f"{type_name[0]}{2 * SIZES[type_name]}"


@rule("div")
def _div(m: Modifiers) -> Operation:
    if type_name := m.takes(*INTEGERS):
        return same(type_name, 2, integers.divide)
    return same(rounded(m), 2, floats.divide)


@rule("rem")
def _rem(m: Modifiers) -> Operation:
    return same(m.take(*INTEGERS), 2, integers.remainder)


@rule("fma")
def _fma(m: Modifiers) -> Operation:
    return same(rounded(m), 3, floats.fma)


@rule("sqrt")
def _sqrt(m: Modifiers) -> Operation:
    return same(rounded(m), 1, floats.square_root)


@rule("rsqrt")
def _rsqrt(m: Modifiers) -> Operation:
    for word in ("approx", "ftz"):
        m.take(word)
    return same(m.take("f32"), 1, floats.reciprocal_root)


@rule("rcp")
def _rcp(m: Modifiers) -> Operation:
    return same(rounded(m), 1, lambda a: floats.divide(a.dtype.type(1), a))


@rule("neg", "abs")
def _sign(m: Modifiers) -> Operation:
    if type_name := m.takes(*SIGNED):
        return same(type_name, 1, np.negative if m.name == "neg" else np.abs)
    return same(m.take(*FLOATS), 1, floats.negate if m.name == "neg" else floats.absolute)


@rule("copysign")
def _copysign(m: Modifiers) -> Operation:
    # The sign is the first operand's.
    return same(m.take(*FLOATS), 2, lambda a, b: np.copysign(b, a))


@rule("min", "max")
def _min(m: Modifiers) -> Operation:
    is_min = m.name == "min"
    if type_name := m.takes(*INTEGERS):
        return same(type_name, 2, np.minimum if is_min else np.maximum)
    choose = floats.minimum if is_min else floats.maximum
    if m.takes("NaN"):
        return same(m.take("f32"), 2, floats.nan_wins(choose))
    return same(m.take(*FLOATS), 2, choose)


# Comparison and selection.

UNSIGNED_ORDERS = {"lo": "lt", "ls": "le", "hi": "gt", "hs": "ge"}


def comparison(m: Modifiers, name: str, type_name: str) -> Callable:
    """What `.name.type` compares; each kind of type knows its own orders."""
    if type_name in FLOATS and name in floats.COMPARISONS:
        return floats.COMPARISONS[name]
    if type_name in UNSIGNED:
        name = UNSIGNED_ORDERS.get(name, name)
    if name in (("eq", "ne") if type_name in BITS else floats.ORDERS):
        return floats.ORDERS[name]
    raise UnknownInstruction(f"`{m.name}`: .{name} does not compare .{type_name}")


COMPARING = tuple(floats.COMPARISONS | UNSIGNED_ORDERS)
JOINS = {"and": np.logical_and, "or": np.logical_or, "xor": np.logical_xor}


@rule("setp")
def _setp(m: Modifiers) -> Operation:
    name, join = m.take(*COMPARING), m.takes(*JOINS)
    type_name = m.take(*SCALARS)
    compare = comparison(m, name, type_name)

    def compute(a: np.ndarray, b: np.ndarray, c: np.ndarray | None = None) -> tuple:
        results = compare(a, b), ~compare(a, b)
        return results if c is None else tuple(JOINS[join](each, c) for each in results)

    sources = (type_name, type_name, "pred") if join else (type_name, type_name)
    return Operation(("pred", "pred"), sources, compute, spare=1)


@rule("set")
def _set(m: Modifiers) -> Operation:
    name, result = m.take(*COMPARING), m.take("s32", "u32", "f32")
    type_name = m.take(*SCALARS)
    compare, dtype = comparison(m, name, type_name), DTYPES[result]
    true = dtype.type(1) if result == "f32" else np.uint32(0xFFFFFFFF).view(dtype)
    return Operation((result,), (type_name,) * 2, lambda a, b: np.where(compare(a, b), true, dtype.type(0)))


@rule("selp")
def _selp(m: Modifiers) -> Operation:
    type_name = m.take(*SCALARS)
    sources = (type_name, type_name, "pred")
    return Operation((type_name,), sources, lambda a, b, c: np.where(c, a, b))


@rule("slct")
def _slct(m: Modifiers) -> Operation:
    type_name, by = m.take(*SCALARS), m.take("s32", "f32")
    sources = (type_name, type_name, by)
    return Operation((type_name,), sources, lambda a, b, c: np.where(c >= 0, a, b))


# Bits.

LOGIC = {"and": np.bitwise_and, "or": np.bitwise_or, "xor": np.bitwise_xor, "not": np.invert}


@rule(*LOGIC)
def _logic(m: Modifiers) -> Operation:
    return same(m.take("pred", *BITS), 1 if m.name == "not" else 2, LOGIC[m.name])


@rule("shl")
def _shl(m: Modifiers) -> Operation:
    type_name = m.take(*BITS)
    return Operation((type_name,), (type_name, "u32"), integers.shift_left)


@rule("shr")
def _shr(m: Modifiers) -> Operation:
    type_name = m.take(*BITS, *INTEGERS)
    return Operation((type_name,), (type_name, "u32"), integers.shift_right)


@rule("shf")
def _shf(m: Modifiers) -> Operation:
    shift = integers.funnel_left if m.take("l", "r") == "l" else integers.funnel_right
    count = integers.FUNNEL_COUNTS[m.take("wrap", "clamp")]
    return same(m.take("b32"), 3, lambda low, high, by: shift(low, high, count(by)))


@rule("lop3")
def _lop3(m: Modifiers) -> Operation:
    return Operation((m.take("b32"),), ("b32", "b32", "b32", "literal"), integers.look_up)


@rule("prmt")
def _prmt(m: Modifiers) -> Operation:
    type_name, mode = m.take("b32"), m.takes(*integers.PERMUTE_MODES)
    return same(type_name, 3, partial(integers.permute, mode=mode))


@rule("bfe")
def _bfe(m: Modifiers) -> Operation:
    type_name = m.take("s32", "u32", "s64", "u64")
    return Operation((type_name,), (type_name, "u32", "u32"), integers.extract_field)


@rule("bfi")
def _bfi(m: Modifiers) -> Operation:
    type_name = m.take("b32", "b64")
    return Operation((type_name,), (type_name, type_name, "u32", "u32"), integers.insert_field)


@rule("clz")
def _clz(m: Modifiers) -> Operation:
    return Operation(("u32",), (m.take("b32", "b64"),), integers.count_leading_zeros)


# Moves and conversions.


@rule("mov")
def _mov(m: Modifiers) -> Operation:
    return same(m.take("pred", *SCALARS), 1, lambda a: a, packs=True)


@rule("cvta")
def _cvta(m: Modifiers) -> Operation:
    is_back, space = m.takes("to"), m.take("global", "const", "param", "local", "shared")
    # All other addresses are generic ones as they are.
    start = np.uint64(WINDOW if space == "shared" else 0)
    return same(m.take("u64"), 1, lambda a: a - start if is_back else a + start)


@rule("cvt")
def _cvt(m: Modifiers) -> Operation:
    mode = m.takes(*ROUNDINGS, *conversions.WHOLE)
    saturates = bool(m.takes("sat"))
    target = m.take(*ALL_INTEGERS, *FORMATS, "f16x2", "bf16x2")
    source = m.take(*ALL_INTEGERS, *FORMATS)
    if target.endswith("x2"):
        return _cvt_pair(mode, saturates, target, source)
    convert = conversion(mode, target, source)
    if saturates and target in FLOATS:
        inner = convert
        convert = lambda a: conversions.clamp_to_unit(inner(a))
    elif saturates and target in FORMATS:
        raise UnknownInstruction(f"`cvt`: .sat to .{target}")
    elif saturates and source in ALL_INTEGERS:
        convert = partial(conversions.clamp_integer, dtype=DTYPES[target])
    return Operation((target,), (source,), convert, resizes=True)


def conversion(mode: str, target: str, source: str) -> Callable:
    """`cvt` with a rounding mode exactly where the manual wants one."""
    dtype = DTYPES[target]
    if source in ALL_INTEGERS and target in ALL_INTEGERS and not mode:
        return lambda a: a.astype(dtype)
    if source in ALL_INTEGERS and target in FORMATS and mode in ROUNDINGS:
        form = FORMATS[target]
        return lambda a: conversions.from_integer(a, form, mode).view(dtype)
    if source in FLOATS and target in ALL_INTEGERS and mode in conversions.WHOLE:
        return lambda a: conversions.to_integer(a, dtype, mode)
    if source in FLOATS and source == target and mode in conversions.WHOLE:
        return lambda a: floats.canonical(conversions.WHOLE[mode](a))
    if source in FORMATS and target in FORMATS and source != target:
        old, new = FORMATS[source], FORMATS[target]
        narrows = new.precision < old.precision or new.least > old.least
        if narrows == (mode in ROUNDINGS) and mode not in conversions.WHOLE:
            return lambda a: conversions.from_float(a.view(old.storage), old, new, mode or "rn").view(dtype)
    raise UnknownInstruction(f"`cvt`: rounding {mode or 'left out'} from .{source} to .{target}")


def _cvt_pair(mode: str, saturates: bool, target: str, source: str) -> Operation:
    """Two float32 into one register: the first operand into its upper half."""
    if source != "f32" or saturates or mode not in ("rn", "rz"):
        raise UnknownInstruction(f"`cvt`: to .{target} as written")
    half = conversion(mode, target.removesuffix("x2"), source)

    def compute(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return half(a).astype(np.uint32) << np.uint32(16) | half(b)

    return Operation((target,), (source, source), compute)


# Memory and control.

CACHE_HINTS = ("ca", "cg", "cs", "lu", "cv", "wb", "wt")


@rule("ld", "st")
def _access(m: Modifiers) -> Access:
    is_store = m.name == "st"
    spaces = ("global", "local", "shared", *(() if is_store else ("const", "param")))
    space = m.takes(*spaces) or "generic"
    if space == "global" and not is_store:
        m.takes("nc")
    m.takes(*CACHE_HINTS)
    count = int((m.takes("v2", "v4", "v8") or "v1")[1:])
    return Access(is_store, space, m.take("b8", *ALL_INTEGERS, *BITS, *FLOATS), count)


@rule("bar", "barrier")
def _bar(m: Modifiers) -> Barrier:
    m.takes("cta")
    m.take("sync")
    if m.name == "barrier":
        m.takes("aligned")
    return Barrier()


@rule("bra")
def _bra(m: Modifiers) -> Jump:
    m.takes("uni")
    return Jump(leaves=False)


@rule("ret", "exit")
def _ret(m: Modifiers) -> Jump:  # noqa: ARG001
    return Jump(leaves=True)
