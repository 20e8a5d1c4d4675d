"""PTX text -> modules, kernels and instructions. What it does not know it refuses.

Source: NVIDIA, "Parallel Thread Execution ISA", chapters 4 (syntax) and 5 (state spaces).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tests.cuda.ptx.errors import SyntaxNotKnown
from tests.cuda.ptx.syntax import (
    SIZES,
    Address,
    Immediate,
    Instruction,
    Kernel,
    Local,
    Module,
    Negated,
    Parameter,
    Register,
    Sink,
    Special,
    Symbol,
    Variable,
    Vector,
)

if TYPE_CHECKING:
    from tests.cuda.ptx.syntax import Operand

TOKEN = re.compile(
    r"""(?P<space>\s+|//[^\n]*|/\*.*?\*/)
      | (?P<string>"[^"\n]*")
      | (?P<float>0[fF][0-9a-fA-F]{8}(?![0-9a-fA-F])|0[dD][0-9a-fA-F]{16})
      | (?P<version>\d+\.\d+)
      | (?P<integer>-?(?:0[xX][0-9a-fA-F]+|\d+)U?)(?![\w.])
      | (?P<word>[.%$_a-zA-Z](?:[\w$.]|::)*)
      | (?P<mark>[][{}()<>,;:@!|+=-])""",
    re.VERBOSE | re.DOTALL,
)
LAUNCH_BOUNDS = {".maxntid": True, ".reqntid": True, ".minnctapersm": False, ".maxnreg": False}
LINKAGE = (".visible", ".weak", ".extern", ".common")
IGNORED = (".loc", ".pragma", ".file")  # for debuggers and the assembler's taste


@dataclass(frozen=True)
class Token:
    kind: str
    text: str
    line: int


def tokens_of(text: str) -> list[Token]:
    """Splits the text; comments and white space drop out."""
    result, position, line = [], 0, 1
    while position < len(text):
        match = TOKEN.match(text, position)
        if match is None:
            raise SyntaxNotKnown(f"line {line}: cannot read {text[position : position + 20]!r}")
        if match.lastgroup != "space":
            result.append(Token(str(match.lastgroup), match.group(), line))
        line += match.group().count("\n")
        position = match.end()
    return result


def parse(text: str) -> Module:
    """Reads one PTX module."""
    return _Parser(text).module()


class _Parser:
    def __init__(self, text: str) -> None:
        self.lines = text.splitlines()
        self.tokens = [*tokens_of(text), Token("end", "", len(self.lines))]
        self.at = 0
        self.variables: dict[str, Variable] = {}
        self.shared: dict[str, Local] = {}
        self.used: dict[str, Local] = {}  # of the shared ones, by the kernel at hand
        self.scopes: list[dict[str, Register]] = []
        self.declared = 0  # registers of inner scopes, which may share their names

    # Tokens.

    @property
    def next(self) -> Token:
        return self.tokens[self.at]

    def take(self, *texts: str) -> Token:
        token = self.next
        if texts and token.text not in texts:
            raise self.error(f"expected {' or '.join(texts)}")
        self.at += 1
        return token

    def takes(self, text: str) -> bool:
        found = self.next.text == text
        self.at += found
        return found

    def integer(self) -> int:
        token = self.take()
        if token.kind != "integer":
            raise self.error(f"expected an integer, not {token.text}")
        return int(token.text.rstrip("U"), 0)

    def error(self, what: str) -> SyntaxNotKnown:
        line = self.next.line
        source = self.lines[line - 1].strip() if line <= len(self.lines) else ""
        return SyntaxNotKnown(f"line {line}: {what}, at {self.next.text!r} in: {source}")

    # Modules.

    def module(self) -> Module:
        version = target = ""
        kernels: dict[str, Kernel] = {}
        while self.next.kind != "end":
            token = self.take()
            if token.text == ".version":
                version = self.rest_of_line(token.line)
            elif token.text == ".target":
                target = self.rest_of_line(token.line)
            elif token.text == ".address_size":
                if self.integer() != 64:
                    raise self.error("only 64-bit addresses are known")
            elif token.text == ".file":
                self.rest_of_line(token.line)
            elif token.text == ".entry":
                kernel = self.kernel()
                kernels[kernel.name] = kernel
            elif token.text in (".const", ".global"):
                self.variable(token.text[1:])
            elif token.text == ".shared":
                self.shared_variable()
            elif token.text not in LINKAGE:
                self.at -= 1
                raise self.error("unknown directive")
        return Module(version, target, kernels, self.variables)

    def rest_of_line(self, line: int) -> str:
        texts = []
        while self.next.line == line and self.next.kind != "end":
            texts.append(self.take().text)
        return "".join(texts)

    def variable(self, space: str) -> None:
        """`.const .align 4 .b8 name[8] = {0, 0, 128, 63};` after its state space."""
        alignment, bits, name, count = self.declaration()
        values: list[int] = []
        if self.takes("="):
            values = self.initial_values()
        self.take(";")
        unsigned = np.dtype(f"u{bits // 8}")
        content = np.zeros(count, unsigned)
        content[: len(values)] = np.array([v % 2**bits for v in values], unsigned)
        self.variables[name] = Variable(name, space, aligned_bytes(content.tobytes(), alignment))

    def declaration(self) -> tuple[int, int, str, int]:
        """`.align 4 .b8 name[8]`: the alignment, an item's bits, the name and the number of items."""
        alignment = self.integer() if self.takes(".align") else 0
        type_name = self.take().text[1:]
        bits = SIZES.get(type_name, 0)
        if bits < 8:
            raise self.error(f"unknown type .{type_name}")
        name = self.take().text
        count = 1
        if self.takes("["):
            count = self.integer()
            self.take("]")
        return alignment or bits // 8, bits, name, count

    def shared_variable(self) -> None:
        """`.shared .align 16 .b8 name[4096];` after its first word."""
        alignment, bits, name, count = self.declaration()
        self.take(";")
        if name in self.shared:
            raise self.error(f"{name} is declared already")
        self.shared[name] = Local(name, alignment, bits // 8 * count)

    def initial_values(self) -> list[int]:
        if not self.takes("{"):
            return [self.literal().value]
        values = [self.literal().value]
        while self.takes(","):
            values.append(self.literal().value)
        self.take("}")
        return values

    def literal(self) -> Immediate:
        token = self.take()
        if token.kind == "float":
            digits = token.text[2:]
            return Immediate(int(digits, 16), 4 * len(digits))
        if token.kind == "integer":
            return Immediate(int(token.text.rstrip("U"), 0))
        raise self.error(f"expected a literal, not {token.text}")

    # Kernels.

    def kernel(self) -> Kernel:
        kernel = Kernel(self.take().text, variables=self.variables)
        self.used = {}
        if self.takes("("):
            while not self.takes(")"):
                self.parameter(kernel)
                self.takes(",")
        while self.next.text in LAUNCH_BOUNDS:
            bounds_block = LAUNCH_BOUNDS[self.take().text]
            size = self.integer()
            while self.takes(","):
                size *= self.integer()
            if bounds_block:
                kernel.most_threads = size
        self.take("{")
        self.scopes = [{}]
        while self.scopes:
            self.statement(kernel)
        kernel.shared = [*self.used.values()]
        for instruction in kernel.instructions:
            if instruction.label and instruction.label not in kernel.labels:
                raise SyntaxNotKnown(f"line {instruction.line}: no label {instruction.label}")
        return kernel

    def parameter(self, kernel: Kernel) -> None:
        """`.param .align 8 .b8 name[120]` or `.param .u64 name`."""
        self.take(".param")
        alignment = self.integer() if self.takes(".align") else 0
        type_name = self.take().text[1:]
        item = SIZES.get(type_name, 0) // 8
        if not item:
            raise self.error(f"unknown type .{type_name}")
        # Attributes of a pointer parameter: `.ptr .global .align 4`.
        while self.next.text in (".ptr", ".global", ".const"):
            self.take()
            if self.takes(".align"):
                self.integer()
        name = self.take().text
        count = 1
        if self.takes("["):
            count = self.integer()
            self.take("]")
        alignment = alignment or item
        offset = -(-kernel.parameter_bytes // alignment) * alignment
        kernel.parameters.append(Parameter(name, offset, count * item))

    def statement(self, kernel: Kernel) -> None:
        token = self.take()
        if token.text == "{":
            self.scopes.append({})
        elif token.text == "}":
            self.scopes.pop()
        elif token.text == ".reg":
            self.registers()
        elif token.text == ".local":
            self.local(kernel)
        elif token.text == ".shared":
            self.shared_variable()
        elif token.text in IGNORED:
            if token.text == ".pragma":
                self.take()
                self.take(";")
            else:
                self.rest_of_line(token.line)
        elif self.next.text == ":":
            self.take()
            kernel.labels[token.text] = len(kernel.instructions)
        elif token.kind == "word" and token.text[0] in ".%$":
            self.at -= 1
            raise self.error("unknown directive")
        else:
            self.at -= 1
            kernel.instructions.append(self.instruction())

    def local(self, kernel: Kernel) -> None:
        """`.local .align 16 .b8 name[16];` after its first word."""
        self.take(".align")
        alignment = self.integer()
        self.take(".b8")
        name = self.take().text
        self.take("[")
        kernel.locals.append(Local(name, alignment, self.integer()))
        self.take("]")
        self.take(";")

    def registers(self) -> None:
        """`.reg .b32 %r<48>;` or `.reg .pred p, q;` after its first word."""
        type_name = self.take().text[1:]
        if type_name not in SIZES:
            raise self.error(f"unknown type .{type_name}")
        bits = SIZES[type_name]
        while True:
            name = self.take().text
            if self.takes("<"):
                names = [f"{name}{i}" for i in range(self.integer())]
                self.take(">")
            else:
                names = [name]
            for each in names:
                inner = f"{each}#{self.declared}" if len(self.scopes) > 1 else each
                self.scopes[-1][each] = Register(inner, bits)
            self.declared += 1
            if not self.takes(","):
                break
        self.take(";")

    def instruction(self) -> Instruction:
        first = self.next
        guard, guard_value = None, True
        if self.takes("@"):
            guard_value = not self.takes("!")
            guard = self.register()
        opcode = self.take()
        if opcode.kind != "word":
            self.at -= 1
            raise self.error("expected an instruction")
        label, operands = "", []
        if opcode.text in ("bra", "bra.uni"):
            label = self.take().text
        elif self.next.text != ";":
            operands.append(self.operand())
            while self.takes(",") or self.takes("|"):
                operands.append(self.operand())
        self.take(";")
        text = self.lines[first.line - 1].strip()
        return Instruction(opcode.text, tuple(operands), guard, guard_value, label, first.line, text)

    # Operands.

    def register(self) -> Register:
        token = self.take()
        for scope in reversed(self.scopes):
            if token.text in scope:
                return scope[token.text]
        self.at -= 1
        raise self.error("unknown register")

    def operand(self) -> Operand:
        if self.takes("{"):
            items = [self.operand()]
            while self.takes(","):
                items.append(self.operand())
            self.take("}")
            return Vector(tuple(items))
        if self.takes("["):
            base = self.operand()
            offset = 0
            if self.takes("+") or (self.next.kind == "integer" and self.next.text.startswith("-")):
                offset = self.integer()
            self.take("]")
            return Address(base, offset)
        if self.takes("!"):
            return Negated(self.register())
        if self.next.kind in ("integer", "float"):
            return self.literal()
        return self.named()

    def named(self) -> Operand:
        token = self.next
        if any(token.text in scope for scope in self.scopes):
            return self.register()
        self.take()
        if token.text == "_":
            return Sink()
        if token.kind == "word" and token.text[0] == "%":
            return Special(token.text)
        if token.kind == "word":
            if token.text not in self.shared:
                return Symbol(token.text)
            self.used[token.text] = self.shared[token.text]
            return Symbol(token.text, 32)
        self.at -= 1
        raise self.error("unknown operand")


def aligned_bytes(content: bytes, alignment: int) -> np.ndarray:
    """The bytes in memory whose address is a multiple of `alignment`."""
    room = np.zeros(len(content) + alignment, np.uint8)
    start = -room.ctypes.data % alignment
    room[start : start + len(content)] = np.frombuffer(content, np.uint8)
    return room[start : start + len(content)]
