"""Which rule each tensor has: the first that matches its name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fastinit.errors import RecipeError, show
from fastinit.recipes.patterns import compile_pattern, is_plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastinit.recipes.rules import Rule
    from fastinit.recipes.tensors import TensorSpec

MAX_MATCHES = 200_000_000  # a minute or so

_NUMBERS = re.compile(r"\{[0-9]+\.\.[0-9]+\}|\{[A-Za-z_][A-Za-z0-9_]*\}|[0-9]+")


class Matcher:
    """The patterns of rules, in order."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        """Translates the patterns."""
        self.patterns = [(rule, pattern) for rule in rules for pattern in rule.match]
        self._compiled = [compile_pattern(pattern) for _, pattern in self.patterns]
        # A pattern without wildcards only fits names that are like it but for their numbers.
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
        """The position in `patterns` of the first that matches."""
        for position in self._tried(name):
            if self._fits(position, name):
                return position
        return None

    def among(self, name: str, positions: set[int]) -> list[int]:
        """Those of `positions` in `patterns` that match."""
        return [p for p in self._tried(name) if p in positions and self._fits(p, name)]

    def _fits(self, position: int, name: str) -> bool:
        return self._compiled[position].match(name) is not None

    def _tried(self, name: str) -> list[int]:
        """The positions of the patterns that may match."""
        skeleton = _NUMBERS.sub("#", name)
        candidates = self._candidates.get(skeleton)
        if candidates is None:
            candidates = sorted(self._wild + self._plain.get(skeleton, []))
            self._candidates[skeleton] = candidates
        self._work += len(candidates)
        if self._work > MAX_MATCHES:
            raise RecipeError(
                f"names times patterns must be at most {MAX_MATCHES:,}, got more with "
                f"{len(self.patterns):,} patterns; use ranges such as {{0..31}} in fewer patterns"
            )
        return candidates


def assign(tensors: Sequence[TensorSpec], rules: Sequence[Rule]) -> list[tuple[Rule, str]]:
    """Finds the rule of each tensor, and the pattern of it that matches.

    Raises:
        RecipeError: A tensor has no rule, a pattern matches no tensor, or a rule is the first for none.
    """
    matcher = Matcher(rules)
    # A pattern is idle until it has matched some name, be it after one of an earlier rule.
    idle = set(range(len(matcher.patterns)))
    used: set[int] = set()
    assigned = []
    for tensor in tensors:
        position = matcher.first(tensor.name)
        if position is None:
            raise RecipeError(
                f"every tensor must match a rule, got {show(tensor.name)}, which matches none; "
                f'add a [[rule]], the last one with match = "*" if it is to take all others'
            )
        if idle:
            idle.difference_update(matcher.among(tensor.name, idle))
        used.add(matcher.patterns[position][0].number)
        assigned.append(matcher.patterns[position])
    if idle:
        rule, pattern = matcher.patterns[min(idle)]
        which = str(rule) if len(rule.match) == 1 else f"{show(pattern)} of {rule}"
        every = "rule" if len(rule.match) == 1 else "pattern of a rule"
        raise RecipeError(
            f"every {every} must match a tensor, got {which}, which matches none; "
            f"correct the pattern or remove {'the rule' if every == 'rule' else 'it'}"
        )
    for rule in rules:
        if rule.number not in used:
            raise RecipeError(
                f"every rule must be the first to match some tensor, "
                f"got {rule}, whose tensors earlier rules take; move it up or remove it"
            )
    return assigned
