"""Finds the compiled instructions of a lane type's inner loops."""

from __future__ import annotations

import functools
import re
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .paths import CORE, FILLS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .paths import LanePath

# The flags of CMake's Release, and the core's own.
FLAGS = ("-std=c++17", "-O3", "-DNDEBUG", "-fPIC", "-fvisibility=hidden", "-ffp-contract=off")
LABEL = re.compile(r"^(\.L\w+):")
FUNCTION = re.compile(r"^([A-Za-z_][\w.$]*):")
JUMP = re.compile(r"^\s+(?:j\w+|b\.?\w*|cbn?z|tbn?z)\s+(?:[^#]*,\s*)?(\.L\w+)\s*$")
ALWAYS = re.compile(r"^\s+(?:jmp|b)\s")
LEAVES = re.compile(r"^\s+(?:callq?|bl|ret)\b")
DIRECTIVE = re.compile(r"^\s+\.")


@dataclass(frozen=True)
class Loop:
    """One turn of an innermost loop."""

    lines: tuple[str, ...]
    elements: int  # float32 elements per turn

    @property
    def instructions(self) -> int:
        return sum(line.startswith("\t") for line in self.lines)

    def count(self, mnemonic: str) -> int:
        """Counts instructions whose name matches a regular expression."""
        return sum(bool(re.match(rf"\t{mnemonic}\b", line)) for line in self.lines)


@functools.cache
def compile_path(path: LanePath, compiler: str) -> str:
    """Compiles the file of an instruction set as the core does, and returns the assembly."""
    source = CORE / "cpu" / f"{path.name}.cpp"
    defined = f"-DFASTINIT_{path.name.upper()}"
    command = [compiler, *FLAGS, *path.flags, defined, f"-I{CORE}", "-S", "-o", "-", str(source)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise SystemExit(f"{compiler} is needed for {path.name}, and is not installed") from None
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr}")
    return done.stdout


def functions(assembly: str) -> Iterator[list[str]]:
    """The lines of each function."""
    lines: list[str] = []
    for line in assembly.splitlines():
        if FUNCTION.match(line):
            yield lines
            lines = []
        if not DIRECTIVE.match(line):
            lines.append(line.rstrip())
    yield lines


def turns(lines: list[str]) -> Iterator[tuple[str, ...]]:
    """The instructions of one turn of each loop: from a label back to it, without calls, along every branch.

    A compiler may put a part of a loop anywhere, so jumps are followed.
    """
    labels = {found[1]: i for i, line in enumerate(lines) if (found := LABEL.match(line))}
    seen = set()  # a loop is found once for each label at which a turn can start
    for start in labels.values():
        paths: list[tuple[int, tuple[int, ...]]] = [(start, ())]
        while paths:
            at, path = paths.pop()
            while at < len(lines) and at not in path and not LEAVES.match(lines[at]):
                path = (*path, at)
                jump = JUMP.match(lines[at])
                target = labels.get(jump[1], len(lines)) if jump else at + 1
                if jump and not ALWAYS.match(lines[at]):
                    paths.append((at + 1, path))
                at = target
            if path and at == start and frozenset(path) not in seen:
                seen.add(frozenset(path))
                yield tuple(lines[i] for i in path)


def instance(path: LanePath, fill: str) -> str:
    """Returns the part that all mangled names of a float32 fill have in common."""
    name = FILLS[fill]
    float32 = 2  # in ElementType
    return f"{path.type_name}ENS_{len(name)}{name}ELNS_11ElementTypeE{float32}E"


def hot_loops(path: LanePath, fill: str, compiler: str) -> tuple[Loop, Loop]:
    """Returns the loop that draws a tile's words, and the loop that turns them into values."""
    bodies = [
        body
        for lines in functions(compile_path(path, compiler))
        if lines and instance(path, fill) in lines[0]
        for body in turns(lines)
        if not any("vmovnt" in line for line in body)  # the branch of streaming stores
    ]
    words = [Loop(body, path.word_elements) for body in bodies]
    values = [Loop(body, path.value_elements) for body in bodies]
    # The count must be exact, so that neither a half unrolled loop nor one with other work is found.
    multiplies = path.multiplies * path.constant("kWordVectors")
    converts = path.value_elements // path.lanes * (3 if fill == "normal" else 2) // 2
    words = [loop for loop in words if loop.count(path.multiply) == multiplies and not loop.count(path.convert)]
    values = [loop for loop in values if loop.count(path.convert) == converts and not loop.count(path.multiply)]
    if len(words) != 1 or len(values) != 1:
        raise SystemExit(
            f"{compiler} on {path.name}, {fill}: found {len(words)} loops over words and "
            f"{len(values)} over values, not one of each; has csrc/fill_loop.h changed?"
        )
    return words[0], values[0]
