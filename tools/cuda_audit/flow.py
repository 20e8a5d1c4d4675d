"""The control flow of a SASS kernel: blocks, loops, and the loop that writes whole groups."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from .expansions import is_root

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .listing import Function, Instruction

Blocks = dict[int, "Block"]


@dataclass
class Block:
    """Instructions that run one after the other. `follow` has the addresses of the blocks that may run next."""

    code: list[Instruction]
    follow: list[int]
    calls: int | None = None  # the subroutine that its last instruction calls


@dataclass(frozen=True)
class Path:
    """One way through a loop's body, from its first instruction to the jump back."""

    code: tuple[Instruction, ...]
    blocks: frozenset[int]


class _Way(NamedTuple):
    """Blocks that lead back to the first block of a loop, ordered by quality."""

    written: int
    length: int
    blocks: tuple[int, ...]


def store_bytes(instruction: Instruction) -> int:
    """The bytes that a lane writes to global memory at once; 0 if the instruction is not a store."""
    if instruction.base != "STG":
        return 0
    sizes = {"U8": 1, "S8": 1, "U16": 2, "S16": 2, "64": 8, "128": 16, "256": 32}
    return next((sizes[m] for m in instruction.modifiers if m in sizes), 4)


class Flow:
    """A kernel, cut into blocks. Subroutines, which only calls reach, are separate."""

    def __init__(self, function: Function):
        self._code = function.code
        self.blocks = self._cut()
        self._turn_calls_without_return_into_jumps()
        self.main = self._reach(self._code[0].address)
        starts = {block.calls for block in self.blocks.values() if block.calls is not None}
        self.subroutines = {start: [i for at in self._reach(start) for i in self.blocks[at].code] for start in starts}
        self._roots = {start for start, code in self.subroutines.items() if is_root(code)}

    def _cut(self) -> Blocks:
        ends = {"BRA", "EXIT", "RET", "CALL", "BRX", "JMP"}
        starts = {self._code[0].address}
        for i, after in zip(self._code, [*self._code[1:], None], strict=True):
            if i.base in ends:
                starts |= {i.target} if i.target is not None else set()
                starts |= {after.address} if after else set()
        blocks: Blocks = {}
        for i, after in zip(self._code, [*self._code[1:], None], strict=True):
            if i.address in starts:
                block = blocks[i.address] = Block([], [])
            block.code.append(i)
            if after is None or after.address in starts:
                # With a guard, or a condition among the operands, the next instruction may run.
                conditional = bool(i.guard) or (i.base == "BRA" and len(i.operands) > 1)
                if i.base == "BRA" and i.target is not None:
                    block.follow.append(i.target)
                if i.base == "CALL":
                    block.calls = i.target
                if after and (i.base not in ends - {"CALL"} or conditional):
                    block.follow.append(after.address)
        return blocks

    def _turn_calls_without_return_into_jumps(self) -> None:
        """Turns calls that never return into jumps: ptxas writes some jumps to the kernel's end as such calls."""
        for block in self.blocks.values():
            if block.calls is not None:
                reached = [self.blocks[at].code[-1] for at in self._reach(block.calls)]
                if not any(last.base == "RET" for last in reached):
                    conditional = bool(block.code[-1].guard)
                    block.follow = [block.calls, *block.follow[: int(conditional)]]
                    block.calls = None

    def _reach(self, start: int) -> set[int]:
        seen, stack = set(), [start]
        while stack:
            at = stack.pop()
            if at not in seen:
                seen.add(at)
                stack += self.blocks[at].follow
        return seen

    @cached_property
    def slow(self) -> set[int]:
        """Blocks that call a square root's subroutine, for numbers out of range, and blocks that only they lead to."""
        slow = {at for at in self.main if self.blocks[at].calls in self._roots}
        while True:
            more = {
                at for at in self.main - slow - {self._code[0].address} if self._before[at] and self._before[at] <= slow
            }
            if not more:
                return slow
            slow |= more

    @cached_property
    def _before(self) -> dict[int, set[int]]:
        before: dict[int, set[int]] = {at: set() for at in self.main}
        for at in self.main:
            for after in self.blocks[at].follow:
                before[after].add(at)
        return before

    def code(self, blocks: Iterable[int]) -> list[Instruction]:
        """The instructions of some blocks, in the order of their addresses."""
        return [i for at in sorted(blocks) for i in self.blocks[at].code]

    @cached_property
    def loops(self) -> dict[int, set[int]]:
        """The innermost natural loops, as first block -> all blocks."""
        loops: dict[int, set[int]] = {}
        for latch in self.main:
            for header in self.blocks[latch].follow:
                if header <= latch:
                    body, stack = {header}, [latch]
                    while stack:
                        at = stack.pop()
                        if at not in body:
                            body.add(at)
                            stack += self._before[at]
                    loops[header] = loops.get(header, set()) | body
        return {
            header: body
            for header, body in loops.items()
            if not any(other in body for other in loops if other != header)
        }

    def paths(self, header: int, body: set[int]) -> tuple[Path, Path] | None:
        """The shortest and the longest of the ways through a loop that write the most bytes.

        The slow blocks are left out. None if no way leads back.
        """
        usual = body - self.slow
        shortest = self._way(header, header, usual, -1, {})
        longest = self._way(header, header, usual, 1, {})
        if shortest is None or longest is None:
            return None
        return self._path(shortest.blocks), self._path(longest.blocks)

    def _path(self, blocks: tuple[int, ...]) -> Path:
        return Path(tuple(i for at in blocks for i in self.blocks[at].code), frozenset(blocks))

    def _way(self, at: int, header: int, body: set[int], sign: int, known: dict[int, _Way | None]) -> _Way | None:
        """The best way from a block back to the header. `sign` says whether long or short is better."""
        if at not in known:
            known[at] = None  # a cycle that misses the header leads nowhere
            block = self.blocks[at]
            ways = [_Way(0, 0, ())] if header in block.follow else []
            for after in block.follow:
                if after in body and after != header:
                    way = self._way(after, header, body, sign, known)
                    ways += [way] if way else []
            if ways:
                rest = max(ways)
                written = rest.written + bytes_written(block.code)
                length = rest.length + sign * len(block.code)
                known[at] = _Way(written, length, (at, *rest.blocks))
        return known[at]

    def hot(self) -> tuple[Path, Path] | None:
        """The loop that writes whole groups, as its shortest and longest path.

        Of the innermost loops with 128-bit stores, it is the one that writes the most in a pass: the
        unrolled loop, and not the loop for the remaining groups.
        """
        ways = [way for header, body in self.loops.items() if (way := self.paths(header, body))]
        wide = [way for way in ways if any(store_bytes(i) >= 16 for i in way[0].code)]
        return max(wide, key=lambda way: (bytes_written(way[0].code), len(way[0].code)), default=None)


def bytes_written(code: Iterable[Instruction]) -> int:
    return sum(map(store_bytes, code))
