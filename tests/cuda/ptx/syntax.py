"""What a parsed PTX module consists of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

SIZES = {  # in bits; a predicate's is 1
    **{f"{kind}{bits}": bits for kind in "bus" for bits in (8, 16, 32, 64)},
    "f16": 16,
    "bf16": 16,
    "f16x2": 32,
    "bf16x2": 32,
    "f32": 32,
    "f64": 64,
    "pred": 1,
}


@dataclass(frozen=True)
class Register:
    name: str
    bits: int


@dataclass(frozen=True)
class Special:
    name: str  # "%tid.x"


@dataclass(frozen=True)
class Immediate:
    value: int  # of a float, its bits
    float_bits: int = 0  # 32 or 64 for a float, 0 for an integer


@dataclass(frozen=True)
class Symbol:
    name: str  # a parameter or a variable
    bits: int = 64  # the fewest that its address needs: 32 for shared memory


@dataclass(frozen=True)
class Sink:
    """`_`, which takes a result that nobody wants."""


@dataclass(frozen=True)
class Negated:
    register: Register  # a predicate, as `!%p1`


@dataclass(frozen=True)
class Vector:
    items: tuple[Operand, ...]


@dataclass(frozen=True)
class Address:
    base: Operand
    offset: int


Operand = Register | Special | Immediate | Symbol | Sink | Negated | Vector | Address


@dataclass(frozen=True, eq=False)
class Instruction:
    opcode: str
    operands: tuple[Operand, ...]
    guard: Register | None  # runs where this predicate is `guard_value`
    guard_value: bool
    label: str  # where a branch goes
    line: int
    text: str


@dataclass(frozen=True)
class Parameter:
    name: str
    offset: int
    size: int


@dataclass(frozen=True)
class Local:
    """Memory of a thread's own, or of a block's, with nothing in it at first."""

    name: str
    alignment: int
    size: int


@dataclass
class Variable:
    name: str
    space: str  # "const" or "global"
    data: np.ndarray


@dataclass
class Kernel:
    name: str
    parameters: list[Parameter] = field(default_factory=list)
    instructions: list[Instruction] = field(default_factory=list)
    labels: dict[str, int] = field(default_factory=dict)
    most_threads: int | None = None  # in a block, from .maxntid or .reqntid
    variables: dict[str, Variable] = field(default_factory=dict)  # the module's
    locals: list[Local] = field(default_factory=list)
    shared: list[Local] = field(default_factory=list)  # that it uses, the module's too

    @property
    def parameter_bytes(self) -> int:
        return max((p.offset + p.size for p in self.parameters), default=0)


@dataclass
class Module:
    version: str
    target: str
    kernels: dict[str, Kernel]
    variables: dict[str, Variable]
