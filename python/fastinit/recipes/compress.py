"""Turns many names into few ranges: expanding what `compress` returns gives the names back."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar

from fastinit.recipes.ranges import MAX_RANGES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

V = TypeVar("V")

# Whole numbers in the form that a range has; a number with leading zeros or many digits counts as text.
_NUMBER = re.compile(r"(?<![0-9])(0|[1-9][0-9]{0,8})(?![0-9])")


@dataclass(frozen=True, slots=True)
class _Name(Generic[V]):
    """A name, or the rest of one: text, number, text, ..., text."""

    texts: tuple[str, ...]
    numbers: tuple[int, ...]
    value: V


@dataclass(frozen=True, slots=True)
class _Leaf(Generic[V]):
    text: str
    value: V


@dataclass(frozen=True, slots=True)
class _Loop(Generic[V]):
    """The nodes of `body`, repeated for each number, which is written between `text` and their own text."""

    text: str
    numbers: range
    body: list[_Leaf[V] | _Loop[V]]


_Node: TypeAlias = _Leaf[V] | _Loop[V]


def compress(names: Iterable[tuple[str, V]]) -> list[tuple[str, V]]:
    """Finds ranges in a list of names, each with a value.

    Args:
        names: Pairs of a name without braces, and a value that can be compared.

    Returns:
        Ranged names with their values, whose expansion is `names`, in order.

    Example:
        >>> compress([("h.0.a", 3), ("h.0.b", 4), ("h.1.a", 3), ("h.1.b", 4), ("out", 5)])
        [('h.{0..1}.a', 3), ('h.{0..1}.b', 4), ('out', 5)]
    """
    return [(name, value) for name, value, _ in folded_names(names)]


def folded_names(names: Iterable[tuple[str, V]]) -> list[tuple[str, V, list[str]]]:
    """Finds the ranges of `compress` in names to be shown, which may have braces, and returns each range's names too.

    Example:
        >>> folded_names([("h.0.a", 3), ("h.1.a", 3), ("a{0..1}", 4)])
        [('h.{0..1}.a', 3, ['h.0.a', 'h.1.a']), ('a{0..1}', 4, ['a{0..1}'])]
    """
    nodes: list[_Node[V]] = []
    _fold(nodes, "", [_split(name, value) for name, value in names], MAX_RANGES)
    return list(_written(nodes))


def compress_set(names: Iterable[str]) -> list[str]:
    """Finds ranges in names whose order does not matter. This gives fewer ranges than `compress`.

    Example:
        >>> compress_set(["h.0.a", "h.10.a", "h.9.a", "h.1.a", "h.1.b"])
        ['h.{0..1}.a', 'h.{9..10}.a', 'h.1.b']
    """
    return [name for name, _ in folded_set(names)]


def folded_set(names: Iterable[str]) -> list[tuple[str, list[str]]]:
    """Finds the ranges of `compress_set` in names to be shown, which may have braces, and returns their names too."""
    alike: dict[tuple[str, ...], list[_Name[None]]] = {}  # names that differ in numbers only
    for name in names:
        split = _split(name, None)
        alike.setdefault(split.texts, []).append(split)
    found = []
    for group in alike.values():
        nodes: list[_Node[None]] = []
        _fold(nodes, "", sorted(group, key=lambda name: name.numbers), MAX_RANGES)
        found += [(name, members) for name, _, members in _written(nodes)]
    return found


def _split(name: str, value: V) -> _Name[V]:
    pieces = _NUMBER.split(name)
    return _Name(tuple(pieces[::2]), tuple(map(int, pieces[1::2])), value)


def _fold(nodes: list[_Node[V]], prefix: str, names: Sequence[_Name[V]], ranges: int) -> None:
    """Appends the nodes of names that all begin with `prefix`, with at most `ranges` ranges in a name."""
    begin = 0
    while begin < len(names):
        name = names[begin]
        if not name.numbers or not ranges:
            nodes.append(_Leaf(prefix + _joined(name), name.value))
            begin += 1
            continue
        text, first = name.texts[0], name.numbers[0]
        body, end = _run(names, begin, text, first)
        count = 1
        while True:
            same, next_end = _run(names, end, text, first + count)
            if not same or same != body:
                break
            count, end = count + 1, next_end
        if count == 1:
            _fold(nodes, f"{prefix}{text}{first}", body, ranges)
        else:
            inside: list[_Node[V]] = []
            _fold(inside, "", body, ranges - 1)
            _append_loop(nodes, _Loop(prefix + text, range(first, first + count), inside))
        begin = end


def _run(names: Sequence[_Name[V]], begin: int, text: str, number: int) -> tuple[list[_Name[V]], int]:
    """The names from `begin` on that start with `text` and `number`: the rest of each, and where they end."""
    rest = []
    end = begin
    while end < len(names):
        name = names[end]
        if not name.numbers or name.texts[0] != text or name.numbers[0] != number:
            break
        rest.append(_Name(name.texts[1:], name.numbers[1:], name.value))
        end += 1
    return rest, end


def _append_loop(nodes: list[_Node[V]], loop: _Loop[V]) -> None:
    """Appends a loop. Two adjacent equal loops would expand interleaved, so the second's first numbers are unrolled."""
    last = nodes[-1] if nodes else None
    if not isinstance(last, _Loop) or (last.text, last.numbers) != (loop.text, loop.numbers):
        nodes.append(loop)
        return
    first, *rest = loop.numbers
    nodes += _once(loop, first)
    nodes += _once(loop, rest[0]) if len(rest) == 1 else [replace(loop, numbers=loop.numbers[1:])]


def _once(loop: _Loop[V], number: int) -> list[_Node[V]]:
    """The body of a loop for one number."""
    return [replace(node, text=f"{loop.text}{number}{node.text}") for node in loop.body]


def _written(nodes: Iterable[_Node[V]]) -> Iterator[tuple[str, V, list[str]]]:
    """The ranged names, each with its value and the names that it has."""
    for node in nodes:
        if isinstance(node, _Leaf):
            yield node.text, node.value, [node.text]
            continue
        low, high = node.numbers[0], node.numbers[-1]
        for text, value, members in _written(node.body):
            inside = [f"{node.text}{number}{member}" for number in node.numbers for member in members]
            yield f"{node.text}{{{low}..{high}}}{text}", value, inside


def _joined(name: _Name[V]) -> str:
    pieces = [name.texts[0]]
    for number, text in zip(name.numbers, name.texts[1:], strict=True):
        pieces += (str(number), text)
    return "".join(pieces)
