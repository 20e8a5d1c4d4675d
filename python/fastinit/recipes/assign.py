"""Finds the rule of each tensor: the first that matches its name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fastinit.errors import RecipeError, show
from fastinit.recipes.patterns import compile_pattern, is_plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastinit.recipes.rules import Rule
    from fastinit.recipes.tensors import TensorSpec

MAX_MATCHES = 200_000_000  # takes about a minute

_NUMBERS = re.compile(r"\{[0-9]+\.\.[0-9]+\}|\{[A-Za-z_][A-Za-z0-9_]*\}|[0-9]+")


class Matcher:
    """The patterns of rules, in order."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        """Translates the patterns."""
        self.patterns = [(rule, pattern) for rule in rules for pattern in rule.match]
        self._compiled = [compile_pattern(pattern) for _, pattern in self.patterns]
        # A pattern without wildcards can only match a name that is the same except for numbers.
        self._wild: list[int] = []
        self._plain: dict[str, list[int]] = {}
        for position, (_, pattern) in enumerate(self.patterns):
            if is_plain(pattern):
                self._plain.setdefault(_NUMBERS.sub("#", pattern), []).append(position)
            else:
                self._wild.append(position)
        self._candidates: dict[str, list[int]] = {}
        self._work = 0

    def first(self, name: str) -> int | None:
        """The position in `patterns` of the pattern whose rule draws a whole tensor; None if no rule does."""
        found = self.all(name)
        return found[-1] if found and self.patterns[found[-1]][0].slice is None else None

    def all(self, name: str) -> list[int]:
        """The positions in `patterns` that apply: of rules for slices, then of the first rule for whole tensors."""
        found: list[int] = []
        for position in self._tried(name):
            rule = self.patterns[position][0]
            is_another = not found or self.patterns[found[-1]][0].number != rule.number
            if is_another and self._fits(position, name):
                found.append(position)
                if rule.slice is None:
                    break
        return found

    def among(self, name: str, positions: set[int]) -> list[int]:
        """The positions among `positions` whose patterns match."""
        return [p for p in self._tried(name) if p in positions and self._fits(p, name)]

    def _fits(self, position: int, name: str) -> bool:
        return self._compiled[position].match(name) is not None

    def _tried(self, name: str) -> list[int]:
        """The positions of the patterns that could match."""
        skeleton = _NUMBERS.sub("#", name)
        candidates = self._candidates.get(skeleton)
        if candidates is None:
            candidates = sorted(self._wild + self._plain.get(skeleton, []))
            self._candidates[skeleton] = candidates
        self._work += len(candidates)
        if self._work > MAX_MATCHES:
            raise RecipeError(
                f"finding the rules takes more than {MAX_MATCHES:,} comparisons of a name with one of "
                f"{len(self.patterns):,} patterns; use ranges such as {{0..31}} in fewer patterns"
            )
        return candidates


def assign(tensors: Sequence[TensorSpec], rules: Sequence[Rule]) -> list[list[tuple[Rule, str]]]:
    """Finds the rules of each tensor, rules for slices first, and the pattern of each rule that matches.

    Raises:
        RecipeError: A tensor has no rule, a pattern matches no tensor, or a rule is never used.
    """
    matcher = Matcher(rules)
    # A pattern is idle until it matches some name, which an earlier rule may have taken.
    idle = set(range(len(matcher.patterns)))
    used: set[int] = set()
    assigned = []
    for tensor in tensors:
        positions = matcher.all(tensor.name)
        if not positions:
            raise RecipeError(
                f"no rule matches tensor {show(tensor.name)}; "
                f'add a [[rule]] for it, or one with match = "*" at the end for all other tensors'
            )
        if idle:
            idle.difference_update(matcher.among(tensor.name, idle))
        used.update(matcher.patterns[position][0].number for position in positions)
        assigned.append([matcher.patterns[position] for position in positions])
    if idle:
        rule, pattern = matcher.patterns[min(idle)]
        which = str(rule) if len(rule.match) == 1 else f"{show(pattern)} of {rule}"
        what = "the rule" if len(rule.match) == 1 else "it"
        raise RecipeError(f"{which} matches no tensor; correct the pattern or remove {what}")
    for rule in rules:
        if rule.number not in used:
            raise RecipeError(f"{rule} is never used: earlier rules match all its tensors; move it up or remove it")
    return assigned
