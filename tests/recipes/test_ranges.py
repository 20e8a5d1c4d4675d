"""Ranges: from few to many names and back, and patterns that have them."""

from __future__ import annotations

import fnmatch
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastinit.recipes.compress import compress, compress_set
from fastinit.recipes.patterns import compile_pattern, is_plain, quote
from fastinit.recipes.ranges import expand, read_name


def expanded(*patterns: str) -> list[str]:
    return [name for name, _ in expand(list(map(read_name, patterns)))]


def test_ranges_expand_in_order_with_the_last_fastest() -> None:
    assert expanded("h.{0..1}.w{8..10}.x") == [f"h.{i}.w{j}.x" for i in (0, 1) for j in (8, 9, 10)]
    assert read_name("h.{0..1}.w{8..10}.x").count == 6
    assert expanded("plain") == ["plain"]
    assert expanded("x{3..3}") == ["x3"]


def test_neighbours_with_the_same_beginning_are_numbered_together() -> None:
    assert expanded("h.{0..1}.a", "h.{0..1}.b") == ["h.0.a", "h.0.b", "h.1.a", "h.1.b"]
    assert expanded("h.{0..1}.e.{0..1}.a", "h.{0..1}.e.{0..1}.b", "h.{0..1}.c") == [
        *("h.0.e.0.a", "h.0.e.0.b", "h.0.e.1.a", "h.0.e.1.b", "h.0.c"),
        *("h.1.e.0.a", "h.1.e.0.b", "h.1.e.1.a", "h.1.e.1.b", "h.1.c"),
    ]


@pytest.mark.parametrize(
    "patterns",
    [("h.{0..1}.a", "x", "h.{0..1}.b"), ("h.{0..1}.a", "h.{0..2}.b"), ("h.{0..1}", "g.{0..1}")],
)
def test_others_are_numbered_one_after_the_other(patterns: tuple[str, ...]) -> None:
    assert expanded(*patterns) == [name for pattern in patterns for name in expanded(pattern)]


def test_nothing_is_made_before_it_is_taken() -> None:
    names = [read_name("h.{0..999999999999}.a"), read_name("h.{0..999999999999}.b")]
    assert sum(name.count for name in names) == 2 * 10**12
    some = expand(names)
    assert [next(some) for _ in range(3)] == [("h.0.a", 0), ("h.0.b", 1), ("h.1.a", 0)]


PARTS = st.sampled_from(["a", "h", "w1", "0", "1", "2", "3", "9", "10", "11", "007", "b", "x2y3"])
NAMES = st.lists(
    st.tuples(st.lists(PARTS, min_size=1, max_size=6).map(".".join), st.integers(0, 1)),
    unique_by=lambda pair: pair[0],
    max_size=60,
)


@given(NAMES, st.booleans())
def test_expanding_what_was_compressed_gives_the_names(names: list[tuple[str, int]], ordered: bool) -> None:
    names = sorted(names) if ordered else names
    entries = compress(names)
    ranged = [read_name(pattern) for pattern, _ in entries]
    assert [(name, entries[place][1]) for name, place in expand(ranged)] == names
    assert len({pattern for pattern, _ in entries}) == len(entries)


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(0, 3), st.sampled_from("xyz"), st.integers(0, 3)),
        max_size=100,
    )
)
def test_loops_in_any_order_survive(numbers: list[tuple[str, int, str, int]]) -> None:
    names = list(dict.fromkeys(f"{a}.{i}.{x}.{j}" for a, i, x, j in numbers))
    entries = compress((name, None) for name in names)
    assert expanded(*(pattern for pattern, _ in entries)) == names


@given(NAMES)
def test_patterns_of_a_set_match_its_names_and_no_others(names: list[tuple[str, int]]) -> None:
    wanted = {name for name, value in names if value}
    patterns = [compile_pattern(quote(p)) for p in compress_set(wanted)]
    others = {name for name, _ in names} | {name + "0" for name in wanted} | {"1" + n for n in wanted}
    for name in others | wanted:
        assert any(p.match(name) for p in patterns) == (name in wanted)


LAYERS = [f"m.layers.{i}.{part}" for i in range(16) for part in ("a.weight", "b.weight", "n.bias")]


def test_layers_are_compressed_to_one_range() -> None:
    names = [(name, name[-1]) for name in ["m.embed", *LAYERS, "m.norm"]]
    assert compress(names) == [
        ("m.embed", "d"),
        ("m.layers.{0..15}.a.weight", "t"),
        ("m.layers.{0..15}.b.weight", "t"),
        ("m.layers.{0..15}.n.bias", "s"),
        ("m.norm", "m"),
    ]


def test_names_in_alphabetical_order_are_compressed_to_few_ranges() -> None:
    entries = [pattern for pattern, _ in compress((name, None) for name in sorted(LAYERS))]
    assert entries == [
        f"m.layers.{{{low}..{high}}}.{part}"
        for low, high in ((0, 1), (10, 15), (2, 9))
        for part in ("a.weight", "b.weight", "n.bias")
    ]
    experts = sorted(f"l.{i}.e.{j}.{w}" for i in range(60) for j in range(128) for w in "uvw")
    assert len(compress((name, None) for name in experts)) < 1000


def test_order_column_by_column_is_kept() -> None:
    names = [f"h.{i}.{part}" for part in "abc" for i in range(4)]
    entries = [pattern for pattern, _ in compress((name, None) for name in names)]
    assert entries == ["h.{0..3}.a", "h.0.b", "h.{1..3}.b", "h.{0..3}.c"]
    assert expanded(*entries) == names


def test_sets_of_names_are_compressed_whatever_their_order() -> None:
    assert compress_set(sorted(LAYERS)) == [
        "m.layers.{0..15}.a.weight",
        "m.layers.{0..15}.b.weight",
        "m.layers.{0..15}.n.bias",
    ]


def test_value_of_a_tensor_ends_a_range() -> None:
    names = [("h.0.a", 1), ("h.1.a", 1), ("h.2.a", 2), ("h.3.a", 2), ("h.5.a", 2)]
    assert compress(names) == [("h.{0..1}.a", 1), ("h.{2..3}.a", 2), ("h.5.a", 2)]


@given(st.integers(0, 2000), st.integers(0, 2000), st.lists(st.integers(0, 3000), max_size=20))
def test_range_in_a_pattern_matches_exactly_its_numbers(a: int, b: int, more: list[int]) -> None:
    low, high = sorted((a, b))
    pattern = compile_pattern(f"h.{{{low}..{high}}}.*")
    for number in {low - 1, low, low + 1, high - 1, high, high + 1, 10 * high, *more} - {-1}:
        assert bool(pattern.match(f"h.{number}.w")) == (low <= number <= high)
        assert not pattern.match(f"h.0{number}.w")


def test_range_in_a_pattern_stands_for_whole_numbers() -> None:
    for pattern in ("h.{0..1}*", "*{0..1}", "*{0..1}*"):
        compiled = compile_pattern(pattern)
        assert compiled.match("h.1")
        assert not compiled.match("h.10")
    huge = compile_pattern("h.{5..999999999999999999}")
    assert huge.match("h.123456789012345678")
    assert not huge.match("h.4")


@given(
    st.text("ab.1*?[]!^-\\", max_size=12).filter(bool),
    st.lists(st.text("ab.1*?[]!^-\\", max_size=12), max_size=20),
)
def test_patterns_without_ranges_are_the_shells(pattern: str, names: list[str]) -> None:
    compiled = compile_pattern(pattern)
    expected = re.compile(fnmatch.translate(pattern))
    for name in [*names, pattern]:
        assert bool(compiled.match(name)) == bool(expected.match(name))


@given(st.text("ab.1*?[]!^-\\", max_size=12).filter(bool), st.text("ab.1*?[]!", max_size=12))
def test_quoted_text_matches_itself_alone(text: str, other: str) -> None:
    pattern = compile_pattern(quote(text))
    assert pattern.match(text)
    assert bool(pattern.match(other)) == (text == other)
    assert is_plain(text) == (quote(text) == text)


@given(st.text("a1{}.*", max_size=8), st.text("a12.", max_size=12))
def test_stars_and_ranges_together_match_what_they_should(text: str, name: str) -> None:
    """Against a slow model: every way to cut the name."""
    pattern = f"{text.replace('{', '').replace('}', '')}*{{1..12}}.*a{{2..2}}*"
    tokens = re.findall(r"\{[^}]*\}|.", pattern)
    numbers = {"{1..12}": range(1, 13), "{2..2}": range(2, 3)}

    def matches(rest: list[str], at: int) -> bool:
        if not rest:
            return at == len(name)
        token, *others = rest
        if token == "*":
            return any(matches(others, end) for end in range(at, len(name) + 1))
        if token in numbers:
            run = re.compile(r"(?<![0-9])(?:0|[1-9][0-9]*)(?![0-9])").match(name, at)
            return run is not None and int(run[0]) in numbers[token] and matches(others, run.end())
        return name[at : at + 1] == token and matches(others, at + 1)

    assert bool(compile_pattern(pattern).match(name)) == matches(tokens, 0)


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("*a" * 400 + "b", "a" * 1000),
        ("*a*" * 300 + "{0..9}*b", "a1" * 500),
        ("*" * 999 + "b", "a" * 1000),
        ("*{0..9}" * 8 + "*b", "1a" * 500),
        ("*?" * 490 + "b", "a" * 1000),
        ("*[!b]" * 190 + "b", "a" * 1000),
    ],
)
def test_matching_does_not_backtrack(pattern: str, name: str) -> None:
    assert not compile_pattern(pattern).match(name)  # with backtracking, never would be known
