"""Reads the disassembler's text as kernels and instructions.

PTX is NVIDIA's virtual instruction set, and SASS is the machine code that ptxas makes from it for
one architecture. `cuobjdump` prints both.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fastinit import _core, dtypes

if TYPE_CHECKING:
    from collections.abc import Iterator

DTYPES = _core.ELEMENT_TYPES  # in the order of ElementType
# Kernels with one template argument, an element type: the mangled name -> the name in a launch.
TYPED_KERNELS = {
    "16reflector_kernel": "reflectors",
    "17orthogonal_kernel": "orthogonal",
    "16transform_kernel": "transform",
}
ITEM_BYTES = {name: dtypes.element_type(name).itemsize for name in DTYPES}


@dataclass(frozen=True, order=True)
class Key:
    """Identifies a kernel by a distribution's C++ name and an element type, or as the pattern."""

    method: str
    dtype: str

    def __str__(self) -> str:
        return f"{self.method} {self.dtype}".strip()

    @property
    def item_bytes(self) -> int:
        return ITEM_BYTES.get(self.dtype, 4)  # the pattern is counted in words of 4 bytes


def key_of(mangled: str) -> Key:
    """Returns the kernel of a mangled name such as `...11fill_kernelINS_6NormalELNS_11ElementTypeE2EEE...`."""
    if "14pattern_kernel" in mangled:
        return Key("pattern", "")
    for kernel, method in TYPED_KERNELS.items():
        if one := re.search(rf"{kernel}ILNS_11ElementTypeE(\d)E", mangled):
            return Key(method, DTYPES[int(one[1])])
    found = re.search(r"11fill_kernelINS_(\d+)", mangled)
    if not found:
        return Key(mangled, "")
    length, rest = int(found[1]), mangled[found.end() :]
    number = re.match(r"ELNS_11ElementTypeE(\d)E", rest[length:])
    return Key(rest[:length], DTYPES[int(number[1])] if number else "")


@dataclass(frozen=True)
class Instruction:
    """An instruction of SASS: `@P0 FFMA R1, R2, -R3, 1` at an address, in bytes from the kernel's start."""

    address: int
    guard: str  # "", or a predicate such as "@!P0"
    name: str  # with its modifiers: FMUL.FTZ
    operands: tuple[str, ...]

    @property
    def base(self) -> str:
        return self.name.partition(".")[0]

    @property
    def modifiers(self) -> tuple[str, ...]:
        return tuple(self.name.split(".")[1:])

    @property
    def target(self) -> int | None:
        """The address to which a branch or a call goes."""
        if self.base not in ("BRA", "CALL") or not self.operands:
            return None
        found = re.search(r"0x([0-9a-f]+)$", self.operands[-1])
        return int(found[1], 16) if found else None

    def __str__(self) -> str:
        return f"{self.guard} {self.name} {', '.join(self.operands)}".strip()


@dataclass
class Function:
    """A kernel in one architecture's SASS."""

    key: Key
    arch: str
    code: list[Instruction] = field(default_factory=list)


@dataclass
class Virtual:
    """A kernel in PTX, one statement per line, or the statements outside of kernels (key None)."""

    key: Key | None
    statements: list[str] = field(default_factory=list)
    arch: str = ""


@dataclass(frozen=True)
class Usage:
    """The resources of a multiprocessor that a kernel needs, as cuobjdump reports them."""

    registers: int
    stack_bytes: int
    local_bytes: int


_LINE = re.compile(r"\s*/\*([0-9a-f]{4,})\*/\s+(?:(@!?U?P\w+)\s+)?([A-Z][\w.]*)\s*([^;]*?)\s*;")


def read_sass(text: str) -> list[Function]:
    functions: list[Function] = []
    arch = ""
    for line in text.splitlines():
        if found := re.search(r"code for (sm_\w+)", line):
            arch = found[1]
        elif found := re.search(r"Function : (\S+)", line):
            functions.append(Function(key_of(found[1]), arch))
        elif functions and (found := _LINE.match(line)):
            address, guard, name, operands = found.groups()
            parts = tuple(part.strip() for part in operands.split(",")) if operands else ()
            functions[-1].code.append(Instruction(int(address, 16), guard or "", name, parts))
    return functions


def read_ptx(text: str) -> list[Virtual]:
    """Returns the kernels in the order of the text, and last the statements outside of them."""
    outside = Virtual(None)
    found = [outside]
    inside, depth = False, 0
    arch = ""
    for line in map(str.strip, text.splitlines()):
        if target := re.match(r"\.target (sm_\w+)", line):
            arch = target[1]
        if entry := re.match(r"(?:\.visible )?\.entry (\w+)", line):
            found.append(Virtual(key_of(entry[1]), arch=arch))
            inside = True
        statement = line.partition("//")[0].strip()
        if statement:
            (found[-1] if inside else outside).statements.append(statement)
        depth += line.count("{") - line.count("}")
        if line == "}" and depth == 0:
            inside = False
    return [*found[1:], outside]


def read_usage(text: str) -> Iterator[tuple[str, Key, Usage]]:
    arch, key = "", None
    for line in text.splitlines():
        if found := re.match(r"\s*arch = (sm_\w+)", line):
            arch = found[1]
        elif found := re.match(r"\s*Function (\S+):", line):
            key = key_of(found[1])
        elif key and (found := re.match(r"\s*REG:(\d+) STACK:(\d+) .*?LOCAL:(\d+)", line)):
            yield arch, key, Usage(*map(int, found.groups()))
