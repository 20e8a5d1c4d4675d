"""Runs a kernel: all threads at once, in lockstep, the ones that branched apart by turns.

Registers are arrays over the threads. Threads stand in groups, one for each place in the program; the
group furthest behind runs until it meets another or splits, so that threads come together again after
a branch, and wait at barriers. Blocks run together; each has shared memory of its own.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from tests.cuda.ptx.errors import DivergentBarrier, Fault, PtxError, Runaway, UnknownInstruction
from tests.cuda.ptx.instructions import decode
from tests.cuda.ptx.memory import Memory
from tests.cuda.ptx.operations import CARRY, DTYPES, Access, Barrier, Operation
from tests.cuda.ptx.parser import aligned_bytes
from tests.cuda.ptx.races import Races
from tests.cuda.ptx.shared import Shared
from tests.cuda.ptx.syntax import SIZES, Immediate, Negated, Register, Sink, Special, Symbol, Vector

if TYPE_CHECKING:
    from tests.cuda.ptx.operations import Decoded
    from tests.cuda.ptx.syntax import Instruction, Kernel, Local, Operand

    Size = int | tuple[int, int, int]

WARP = 32
MOST_IN_BLOCK = 1024
MOST_AT_ONCE = 1 << 16  # threads; more blocks than that run one batch after the other
RACING = ("global", "shared", "generic")  # spaces that threads have in common, to read and write
UNSET = 0xA5A5A5A5A5A5A5A5  # what a register holds where nothing was written


@dataclass
class Counts:
    """How often each opcode ran, by threads and by warps that issued it; and each line, by threads."""

    threads: Counter[str] = field(default_factory=Counter)
    warps: Counter[str] = field(default_factory=Counter)
    lines: Counter[int] = field(default_factory=Counter)
    steps: int = 0  # each for a whole group of threads

    def add(self, instruction: Instruction, threads: int, warps: int) -> None:
        self.threads[instruction.opcode] += threads
        self.warps[instruction.opcode] += warps
        self.lines[instruction.line] += threads
        self.steps += 1


def launch(
    kernel: Kernel,
    grid: Size,
    block: Size,
    arguments: bytes,
    memory: Memory,
    *,
    most_steps: int = 1_000_000,
) -> Counts:
    """Runs the kernel to its end on every thread.

    Args:
        kernel: What to run.
        grid: Blocks, in x or in (x, y, z).
        block: Threads in a block, likewise.
        arguments: The parameters' bytes, laid out as the kernel declares them.
        memory: What it may read and write, besides its parameters and the module's variables.
        most_steps: Instructions, each counted once for a whole group of threads.

    Raises:
        PtxError: The launch does not fit the kernel, or an instruction is not known or not allowed.
    """
    grid, block = _sizes(grid), _sizes(block)
    in_block = block[0] * block[1] * block[2]
    most = min(MOST_IN_BLOCK, kernel.most_threads or MOST_IN_BLOCK)
    if not 0 < in_block <= most:
        raise PtxError(f"a block of {in_block} threads; {kernel.name} takes 1 to {most}")
    if len(arguments) != kernel.parameter_bytes:
        raise PtxError(f"{len(arguments)} bytes of arguments, not {kernel.parameter_bytes}")
    program = [(each, decode(each)) for each in kernel.instructions]
    visible = Memory(tuple(memory.buffers))
    start = visible.add(aligned_bytes(arguments, 16), writable=False, space="param").address
    symbols = {each.name: start + each.offset for each in kernel.parameters}
    for variable in kernel.variables.values():
        writable = variable.space == "global"
        buffer = visible.add(variable.data, writable=writable, space=variable.space)
        symbols[variable.name] = buffer.address

    counts = Counts()
    blocks = grid[0] * grid[1] * grid[2]
    batch = max(1, MOST_AT_ONCE // in_block)
    with np.errstate(all="ignore"):
        for first in range(0, blocks, batch):
            numbers = np.arange(first, min(first + batch, blocks))
            threads, own = Threads(numbers, grid, block), Memory(tuple(visible.buffers))
            Run(kernel, program, threads, own, symbols, counts, most_steps).run()
    return counts


def _sizes(size: Size) -> tuple[int, int, int]:
    return (size, 1, 1) if isinstance(size, int) else size


class Threads:
    """The threads of some blocks: their special registers, and the warp each belongs to."""

    def __init__(self, numbers: np.ndarray, grid: tuple[int, int, int], block: tuple[int, int, int]) -> None:
        in_block = block[0] * block[1] * block[2]
        self.count = len(numbers) * in_block
        self.block = np.repeat(numbers, in_block)
        self.within = np.tile(np.arange(in_block), len(numbers))
        self.copy = self.block - self.block[0]  # of shared memory: the block's number among these
        self.blocks = len(numbers)
        self.warp = self.block * -(-in_block // WARP) + self.within // WARP
        self.special: dict[str, np.ndarray] = {
            "%laneid": (self.within % WARP).astype(np.uint32),
            "%warpid": (self.within // WARP).astype(np.uint32),
        }
        for name, size, index in (("tid", block, self.within), ("ctaid", grid, self.block)):
            for axis, letter in enumerate("xyz"):
                self.special[f"%{name}.{letter}"] = (index % size[axis]).astype(np.uint32)
                self.special[f"%n{name}.{letter}"] = np.full(self.count, size[axis], np.uint32)
                index = index // size[axis]


class Run:
    """One batch of blocks on its way through a program."""

    def __init__(
        self,
        kernel: Kernel,
        program: list[tuple[Instruction, Decoded]],
        threads: Threads,
        memory: Memory,
        symbols: dict[str, int],
        counts: Counts,
        most_steps: int,
    ) -> None:
        self.kernel = kernel
        self.program = program
        self.threads = threads
        self.memory = memory
        self.shared = Shared(kernel.shared, threads.blocks, memory)
        self.symbols = symbols | self.shared.symbols
        self.memory.races = self.races()
        self.counts = counts
        self.most_steps = most_steps
        self.registers: dict[str, np.ndarray] = {}
        self.locals = {each.name: self.local(each) for each in kernel.locals}
        self.everyone = np.arange(threads.count)
        self.groups: dict[int, np.ndarray] = {0: self.everyone}
        self.waiting: dict[int, np.ndarray] = {}  # at barriers, by the place behind

    def local(self, variable: Local) -> np.ndarray:
        """Each thread's address of a variable in its own memory."""
        stride = -(-variable.size // variable.alignment) * variable.alignment
        room = aligned_bytes(bytes(stride * self.threads.count), variable.alignment)
        start = self.memory.add(room, space="local").address
        return start + stride * np.arange(self.threads.count, dtype=np.uint64)

    def races(self) -> Races | None:
        """The check for races, where blocks' threads work together at all."""
        decoded = [each for _, each in self.program]
        if not self.kernel.shared and not any(isinstance(each, Barrier) for each in decoded):
            return None
        accesses = [each for each in decoded if isinstance(each, Access) and each.space in RACING]
        granule = min((SIZES[each.type] // 8 * each.count for each in accesses), default=1)
        return Races(self.threads.block, self.threads.within // WARP, granule)

    def run(self) -> None:
        """Runs all threads to their end."""
        while self.groups or self.waiting:
            if not self.groups:
                self.release()
            start = min(self.groups)
            self.run_group(start, self.groups.pop(start))

    def run_group(self, at: int, lanes: np.ndarray) -> None:
        """Runs threads that stand at one place, until they meet others, split or end."""
        meeting = min(self.groups, default=len(self.program))
        warps = 1 + int(np.count_nonzero(np.diff(self.threads.warp[lanes])))
        while at < meeting and len(lanes):
            instruction, decoded = self.program[at]
            if self.counts.steps == self.most_steps:
                raise Runaway(f"line {instruction.line}: still running after the last step allowed")
            active = lanes
            if instruction.guard:
                active = lanes[self.register(instruction.guard)[lanes] == instruction.guard_value]
            self.counts.add(instruction, len(active), warps)
            at += 1
            if not len(active):
                continue
            if isinstance(decoded, Operation | Access):
                self.step(instruction, decoded, active)
                continue
            if isinstance(decoded, Barrier):
                _join(self.waiting, at, active)
            elif not decoded.leaves:
                self.join(self.kernel.labels[instruction.label], active)
            lanes = np.setdiff1d(lanes, active, assume_unique=True)
            break
        self.join(at, lanes)

    def join(self, at: int, lanes: np.ndarray) -> None:
        """Puts threads at a place, together with the threads that are there already."""
        if len(lanes) and at < len(self.program):
            _join(self.groups, at, lanes)

    def release(self) -> None:
        """Lets blocks go on from the first barrier at which all their threads wait that have not ended.

        All that have not ended wait somewhere.
        """
        alive = np.zeros(self.threads.blocks, np.int64)
        for lanes in self.waiting.values():
            alive += self.per_block(lanes)
        for at in sorted(self.waiting):
            lanes = self.waiting.pop(at)
            whole = (self.per_block(lanes) == alive)[self.threads.copy[lanes]]
            if not whole.all():
                self.waiting[at] = lanes[~whole]
            if whole.any():
                if self.memory.races:
                    self.memory.races.pass_barrier(lanes[whole])
                self.join(at, lanes[whole])
                return
        at = min(self.waiting)
        instruction, copy = self.program[at - 1][0], self.threads.copy[self.waiting[at][0]]
        raise DivergentBarrier(
            f"line {instruction.line}: {instruction.text}: divergent barrier: {self.per_block(self.waiting[at])[copy]} "
            f"threads of block {self.threads.block[0] + copy} wait here, of {alive[copy]} that have not ended"
        )

    def per_block(self, lanes: np.ndarray) -> np.ndarray:
        """How many of the threads each block has."""
        return np.bincount(self.threads.copy[lanes], minlength=self.threads.blocks)

    def step(self, instruction: Instruction, decoded: Operation | Access, active: np.ndarray) -> None:
        """One instruction for some threads; errors tell which."""
        lanes = slice(None) if len(active) == self.threads.count else active
        try:
            if isinstance(decoded, Access):
                self.access(instruction.operands, decoded, lanes)
            else:
                self.operate(instruction.operands, decoded, lanes)
        except PtxError as error:
            where = f"line {instruction.line}: {instruction.text}: {error}"
            if isinstance(error, Fault):
                thread = active[error.lane]
                block, within = self.threads.block[thread], self.threads.within[thread]
                where += f", by thread {within} of block {block}"
            raise type(error)(where) from None

    # Instructions.

    def operate(self, operands: tuple[Operand, ...], operation: Operation, lanes: np.ndarray | slice) -> None:
        outputs = len(operands) - len(operation.sources)
        inputs = [
            self.read(operand, type_name, lanes)
            for operand, type_name in zip(operands[outputs:], operation.sources, strict=True)
        ]
        if operation.carry_in:
            inputs.append(self.read(CARRY, "pred", lanes))
        results = operation.compute(*inputs)
        if not isinstance(results, tuple):
            results = (results,)
        if operation.carry_out:
            *results, carry = results
            self.write(CARRY, carry, "pred", lanes)
        for operand, result, type_name in zip(operands[:outputs], results, operation.destinations, strict=False):
            self.write(operand, result, type_name, lanes)

    def access(self, operands: tuple[Operand, ...], access: Access, lanes: np.ndarray | slice) -> None:
        address, items = operands[::-1] if not access.store else operands
        parts = items.items if isinstance(items, Vector) else (items,)
        narrow = isinstance(address.base, Register) and address.base.bits == 32
        base = self.read(address.base, "u32" if narrow else "u64", lanes).astype(np.uint64)
        offset = np.uint64(address.offset % 2**64)
        width = SIZES[access.type] // 8
        threads = self.everyone[lanes]
        where = np.broadcast_to(base + offset, threads.shape)
        if self.kernel.shared and access.space in ("shared", "generic"):
            where = self.shared.real(where, width * access.count, self.threads.copy[lanes], access.space)
        if access.store:
            values = [self.read(each, access.type, lanes) for each in parts]
            raw = [np.broadcast_to(v.view(f"u{width}"), where.shape) for v in values]
            self.memory.store(where, raw, access.space, threads)
            return
        values = self.memory.load(where, width, access.count, access.space, threads)
        for each, value in zip(parts, values, strict=True):
            self.write(each, value.view(DTYPES[access.type]), access.type, lanes)

    # Operands.

    def register(self, register: Register) -> np.ndarray:
        """A register's bits; where nothing was written yet, bits that nobody would expect.

        Compilers do read such registers, to mask all of what they read away.
        """
        if register.name not in self.registers:
            dtype = np.dtype(bool if register.bits == 1 else f"u{register.bits // 8}")
            unset = np.full(self.threads.count, UNSET % 2**register.bits, dtype)
            self.registers[register.name] = unset
        return self.registers[register.name]

    def read(self, operand: Operand, type_name: str, lanes: np.ndarray | slice) -> np.ndarray:
        """An operand's values, as the type's NumPy form; a wider register gives its low bits."""
        if isinstance(operand, Register):
            return _low_part(self.register(operand)[lanes], type_name)
        if isinstance(operand, Negated):
            return ~self.register(operand.register)[lanes]
        if isinstance(operand, Immediate):
            if type_name == "literal":
                return operand.value
            if type_name == "pred":
                return np.full(1, bool(operand.value))
            bits = SIZES[type_name]
            value = np.full(1, operand.value % 2**bits, f"u{bits // 8}")
            return value.view(DTYPES[type_name])
        if isinstance(operand, Special) and operand.name in self.threads.special:
            return self.threads.special[operand.name][lanes].view(DTYPES[type_name])
        if isinstance(operand, Symbol) and operand.name in self.locals:
            return self.locals[operand.name][lanes]
        if isinstance(operand, Symbol) and operand.name in self.symbols:
            whole = np.full(1, self.symbols[operand.name], f"u{SIZES[type_name] // 8}")
            return whole.view(DTYPES[type_name])
        if isinstance(operand, Vector):
            return self.pack(operand, type_name, lanes)
        raise UnknownInstruction(f"operand {operand}")

    def pack(self, vector: Vector, type_name: str, lanes: np.ndarray | slice) -> np.ndarray:
        """Several registers as one wider value, the first lowest."""
        bits = SIZES[type_name]
        part = bits // len(vector.items)
        whole = np.zeros(1, f"u{bits // 8}")
        for i, item in enumerate(vector.items):
            value = self.read(item, f"b{part}", lanes).astype(whole.dtype)
            whole = whole | value << whole.dtype.type(i * part)
        return whole.view(DTYPES[type_name])

    def write(self, operand: Operand, value: np.ndarray, type_name: str, lanes: np.ndarray | slice) -> None:
        """Sets a register; one wider than the type takes the value extended by its sign or zeros."""
        if isinstance(operand, Sink):
            return
        if isinstance(operand, Vector):
            part = SIZES[type_name] // len(operand.items)
            whole = value.view(f"u{value.itemsize}")
            for i, item in enumerate(operand.items):
                low = (whole >> whole.dtype.type(i * part)).astype(f"u{part // 8}")
                self.write(item, low, f"b{part}", lanes)
            return
        assert isinstance(operand, Register)
        assert value.dtype == DTYPES[type_name], (value.dtype, type_name)
        if operand.bits > 1:
            size = operand.bits // 8
            if size > value.itemsize:
                value = value.astype(f"{value.dtype.kind}{size}")
            value = value.view(f"u{size}")
        self.register(operand)[lanes] = value


def _join(places: dict[int, np.ndarray], at: int, lanes: np.ndarray) -> None:
    """Adds threads to the threads at a place."""
    places[at] = np.union1d(places[at], lanes) if at in places else lanes


def _low_part(value: np.ndarray, type_name: str) -> np.ndarray:
    dtype = DTYPES[type_name]
    if value.itemsize > dtype.itemsize:
        value = value.astype(f"u{dtype.itemsize}")
    return value.view(dtype)
