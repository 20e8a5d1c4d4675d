"""Accuracy of the core against the formulas of the stream in wider arithmetic; the worst is printed.

Limits are those of docs/streams.md. Samples are real words of the stream; edges are chosen words
fed to the core's transforms.
"""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from fastinit.distributions import FARTHEST_BOUND
from tests.core import corefill
from tests.core import reference as ref

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

NORMAL_LIMIT = 4e-7
TRUNCATED_LIMIT = 5e-7
FLOAT64_LIMIT = 4e-15
# In units of the last place of max(|low|, |high|). Where mid is no number of the element type its
# rounding adds up to a half.
UNIFORM_LIMIT = 1.0
ROUNDED_UNIFORM_LIMIT = 1.5

SAMPLE = {"float32": 1 << 21, "float64": 1 << 18}
SLOW_SAMPLE = {"float32": 10**8, "float64": 10**8}
CHUNK = 1 << 19

INF = math.inf
BOUNDS = [
    (-2, 2),
    (-INF, INF),
    (-3, 1),
    (0, INF),
    (-INF, 0),
    (1, 5),
    (5, 6),
    (-6, -5),
    (8, INF),
    (-INF, -8),
    (-0.1, 0.1),
    (-1, 1.5),
    (0.25, 0.2500001),
    (-7, 7),
    (-1e-3, INF),
    (-40, 2),
]
# And as far into a tail as the package lets a bound lie for each type.
BOUNDS_OF = {
    dtype: [*BOUNDS, (9.5, 10.5), (-9.9, -9.8), (FARTHEST_BOUND, INF), (-INF, -FARTHEST_BOUND)]
    for dtype in ("float32", "float64")
}
# Ranges whose mid, (low + high) / 2, and half are numbers of either element type ...
EXACT_RANGES = [
    (-1.0, 1.0),
    (0.0, 1.0),
    (-0.05, 0.05),
    (0.0, 3.0),
    (-7.0, 0.0),
    (1.0, 2.0),
    (-1.9999, 1.9999),
    (-1e30, 1e30),
    (-1e-30, 1e-30),
    (-1e-37, 1e-37),
    (0.0, 3e-37),
]
# ... and ranges where they are rounded first.
ROUNDED_RANGES = [
    (0.1, 0.3),
    (-0.3, 1.7),
    (1000.0, 1000.5),
    (-1e-3, 5.0),
    (0.7, 0.9),
    (-1.9512314, 1.9976025),
]
RANGES = [*EXACT_RANGES, *ROUNDED_RANGES]


class Worst:
    """The largest error seen, in units of its limit's scale, and where it was."""

    def __init__(self) -> None:
        self.error = 0.0
        self.place = "nowhere"
        self.count = 0

    def add(self, error: NDArray[Any], exact: NDArray[Any], place: str = "") -> None:
        assert not np.isnan(error).any(), place
        at = int(np.argmax(error))
        self.count += error.size
        if float(error[at]) > self.error:
            self.error = float(error[at])
            self.place = f"x = {float(exact[at]):.9g} {place}"

    def check(self, what: str, limit: float) -> None:
        print(
            f"worst {what}: {self.error:.4g} of {limit:g} at {self.place} ({self.count:.2g} values)",
        )
        assert self.error <= limit, f"{what}: {self.error} at {self.place}"


def least_scale(distribution: str, dtype: str) -> float:
    """The |z| below which a limit is of the error itself: truncated normals in float32 are accurate about 0."""
    return 2.0**-20 if (distribution, dtype) == ("truncated_normal", "float32") else 1.0


def relative_to_z(got: NDArray[Any], z: NDArray[Any], least: float = 1.0) -> NDArray[Any]:
    """|got - z| / max(least, |z|)."""
    return np.abs(got - z) / np.maximum(least, np.abs(z))


def in_ulp(got: NDArray[Any], exact: NDArray[Any], low: float, high: float) -> NDArray[Any]:
    """|got - exact| in units of the last place of max(|low|, |high|)."""
    largest = got.dtype.type(max(abs(low), abs(high)))
    return np.abs(got - exact) / exact.dtype.type(np.spacing(largest))


def as_stored(value: float, dtype: str) -> Any:
    """A parameter in the element type's arithmetic."""
    return np.float64(value) if dtype == "float64" else np.float32(value)


def chunks(total: int, chunk: int = CHUNK) -> Iterator[tuple[int, int]]:
    """(start, count) pairs that cover total elements."""
    for start in range(0, total, chunk):
        yield start, min(chunk, total - start)


def measure(worst: Worst, distribution: str, dtype: str, user: tuple[float, ...], total: int, start: int = 0) -> None:
    """Core against model on `total` elements of a stream."""
    for offset, count in chunks(total):
        place = {"seed": 77, "stream": 5, "start": start + offset}
        got = corefill.draw(distribution, dtype, user, count, **place)
        exact = ref.values(distribution, dtype, user, count, **place)
        if distribution == "uniform":
            worst.add(in_ulp(got, exact, *user), exact, str(user))
        else:
            least = least_scale(distribution, dtype)
            worst.add(relative_to_z(got, exact, least), exact, str(user[2:]))


def limit_of(distribution: str, dtype: str) -> float:
    if distribution == "uniform":
        return UNIFORM_LIMIT
    if dtype == "float64":
        return FLOAT64_LIMIT
    return NORMAL_LIMIT if distribution == "normal" else TRUNCATED_LIMIT


# -------------------------------------------------------------------------------------- samples


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_normal_accuracy(dtype: str) -> None:
    worst = Worst()
    measure(worst, "normal", dtype, (0.0, 1.0), SAMPLE[dtype])
    worst.check(f"normal {dtype}", limit_of("normal", dtype))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_truncated_accuracy(dtype: str) -> None:
    worst = Worst()
    for bounds in BOUNDS_OF[dtype]:
        measure(worst, "truncated_normal", dtype, (0.0, 1.0, *bounds), SAMPLE[dtype] // 16)
    worst.check(f"truncated {dtype}", limit_of("truncated_normal", dtype))


each_range_kind = pytest.mark.parametrize(
    ("ranges", "limit"),
    [(EXACT_RANGES, UNIFORM_LIMIT), (ROUNDED_RANGES, ROUNDED_UNIFORM_LIMIT)],
    ids=["exact mid", "rounded mid"],
)


def stored_range(bounds: tuple[float, float], dtype: str) -> tuple[float, float]:
    """A range in numbers of the element type."""
    return float(as_stored(bounds[0], dtype)), float(as_stored(bounds[1], dtype))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@each_range_kind
def test_uniform_accuracy(
    ranges: list[tuple[float, float]],
    limit: float,
    dtype: str,
) -> None:
    worst = Worst()
    for bounds in ranges:
        measure(worst, "uniform", dtype, stored_range(bounds, dtype), SAMPLE[dtype] // 8)
    worst.check(f"uniform {dtype} (ulp)", limit)


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_normal_accuracy_of_1e8_words(dtype: str) -> None:
    worst = Worst()
    measure(worst, "normal", dtype, (0.0, 1.0), SLOW_SAMPLE[dtype], start=2**34)
    worst.check(f"normal {dtype}", limit_of("normal", dtype))


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_truncated_accuracy_of_1e8_words(dtype: str) -> None:
    per_case = SLOW_SAMPLE[dtype] // len(BOUNDS_OF[dtype]) + 1
    worst = Worst()
    for bounds in BOUNDS_OF[dtype]:
        measure(worst, "truncated_normal", dtype, (0.0, 1.0, *bounds), per_case, start=2**34)
    worst.check(f"truncated {dtype}", limit_of("truncated_normal", dtype))


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@each_range_kind
def test_uniform_accuracy_of_1e8_words(
    ranges: list[tuple[float, float]],
    limit: float,
    dtype: str,
) -> None:
    per_case = SLOW_SAMPLE[dtype] // len(ranges) + 1
    worst = Worst()
    for bounds in ranges:
        measure(worst, "uniform", dtype, stored_range(bounds, dtype), per_case, start=2**34)
    worst.check(f"uniform {dtype} (ulp)", limit)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("user", [(0.0, 0.02), (5.0, 1e-3), (-1.0, 3.0), (1e-20, 1e-18)])
def test_mean_and_std_are_one_fused_step(dtype: str, user: tuple[float, float]) -> None:
    """mean + std z: the error of z scaled, and half a unit in the last place of the result."""
    got = corefill.draw("normal", dtype, user, 200_000, seed=8, stream=1)
    exact = ref.values("normal", dtype, user, 200_000, seed=8, stream=1)
    mean, std = (exact.dtype.type(ref.parameter(p, dtype)) for p in user)
    z = np.maximum(1, np.abs((exact - mean) / std))
    error = np.abs(got - exact)
    assert (error <= limit_of("normal", dtype) * std * z + np.spacing(np.abs(got)) * 0.5001).all()


# ---------------------------------------------------------------------------------------- edges


def edge_words32() -> NDArray[np.uint32]:
    """Both ends, powers of two, byte edges, eighths of the circle, and their neighbours."""
    near = [0, 1, 2, 3, 63, 64, 127, 128, 129, 191, 192, 254, 255, 256, 257, 511, 512]
    anchors = [1 << k for k in range(33)] + [k << 29 for k in range(9)]
    chosen = {(a + s * d) % 2**32 for a in anchors for d in near for s in (1, -1)}
    return np.array(sorted(chosen), np.uint32)


def edge_words64() -> NDArray[np.uint64]:
    near = [0, 1, 2, 255, 256, 2**11 - 1, 2**11, 2**11 + 1, 2**32 - 1, 2**32]
    anchors = [1 << k for k in range(0, 65, 3)] + [k << 61 for k in range(9)]
    chosen = {(a + s * d) % 2**64 for a in anchors for d in near for s in (1, -1)}
    return np.array(sorted(chosen), np.uint64)


def pairs(a: NDArray[Any], b: NDArray[Any]) -> NDArray[np.uint32]:
    """Every (a, b), as the 32-bit words of whole blocks."""
    grid = np.empty((len(a) + len(a) % 2, len(b), 2), a.dtype)
    grid[: len(a), :, 0] = a[:, None]
    grid[len(a) :, :, 0] = a[-1]
    grid[:, :, 1] = b
    return np.ascontiguousarray(grid.reshape(-1)).view(np.uint32)


def whole_blocks(words: NDArray[Any]) -> NDArray[np.uint32]:
    """Words repeated at the end until they fill whole blocks."""
    per_block = 16 // words.dtype.itemsize
    padded = np.concatenate([words, np.repeat(words[-1:], -len(words) % per_block)])
    return padded.view(np.uint32)


EDGE_PAIRS = {
    "float32": lambda: pairs(edge_words32(), edge_words32()),
    "float64": lambda: pairs(edge_words64(), edge_words64()),
}
EDGES = {
    "float32": lambda: whole_blocks(
        np.concatenate([edge_words32(), np.arange(0, 2**32, 65521, dtype=np.uint64)]).astype(np.uint32)
    ),
    "float64": lambda: whole_blocks(
        np.concatenate([edge_words64(), np.arange(0, 2**64 - 2**49, 2**49 - 1, dtype=np.uint64)])
    ),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_normal_edges(dtype: str) -> None:
    """Every pair of edge words: U at both ends, every quadrant edge."""
    words = EDGE_PAIRS[dtype]()
    worst = Worst()
    for start, count in chunks(len(words)):
        part = words[start : start + count]
        z = ref.transform("normal", dtype, part, (0.0, 1.0))
        got = corefill.transform("normal", dtype, part, (0.0, 1.0))
        worst.add(relative_to_z(got, z), z)
    worst.check(f"normal {dtype} edges", limit_of("normal", dtype))


def test_normal_where_u_is_near_one() -> None:
    """The last 2^12 values of the 40-bit U, each at eight angles: where the radius is small.

    The limit there is absolute; the relative error of the radius is held to the same number,
    because ln(1 + g) with g exact makes it so.
    """
    last = np.arange(2**12)
    a = (2**32 - 1 - (last >> 8)).astype(np.uint32)
    b = ((np.arange(8)[:, None] << 29) + (255 - (last & 255))[None, :]).astype(np.uint32)
    words = np.stack([np.broadcast_to(a, b.shape), b], axis=-1).reshape(-1)
    z = ref.transform("normal", "float32", words, (0.0, 1.0)).reshape(-1, 2)
    got = corefill.transform("normal", "float32", words, (0.0, 1.0)).reshape(-1, 2)
    worst = Worst()
    radius = np.hypot(z[:, 0], z[:, 1])
    worst.add((np.abs(got - z) / radius[:, None]).reshape(-1), z.reshape(-1))
    worst.check("normal float32, relative, U near 1", NORMAL_LIMIT)


@pytest.mark.parametrize(("dtype", "largest"), [("float32", 82), ("float64", 130)])
def test_normal_reach(dtype: str, largest: int) -> None:
    """|z| goes up to sqrt(2 ln 2^41) = 7.54 in float32 and sqrt(2 ln 2^65) = 9.49 in float64."""
    z = corefill.transform("normal", dtype, EDGE_PAIRS[dtype](), (0.0, 1.0)).astype(np.float64)
    bound = math.sqrt(largest * math.log(2))
    assert np.abs(z).max() == pytest.approx(bound, rel=5e-7)
    assert np.isfinite(z).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_truncated_edges(dtype: str) -> None:
    words = EDGES[dtype]()
    worst = Worst()
    for bounds in BOUNDS_OF[dtype]:
        z = ref.transform("truncated_normal", dtype, words, (0.0, 1.0, *bounds))
        got = corefill.transform("truncated_normal", dtype, words, (0.0, 1.0, *bounds))
        least = least_scale("truncated_normal", dtype)
        worst.add(relative_to_z(got, z, least), z, str(bounds))
    worst.check(f"truncated {dtype} edges", limit_of("truncated_normal", dtype))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("bounds", BOUNDS)
@pytest.mark.parametrize(("mean", "std"), [(0.0, 1.0), (0.3, 0.02), (-100.0, 1e-3)])
def test_truncated_stays_in_bounds(dtype: str, bounds: tuple[float, float], mean: float, std: float) -> None:
    x = corefill.transform("truncated_normal", dtype, EDGES[dtype](), (mean, std, *bounds))
    assert not np.isnan(x).any()
    assert x.min() >= as_stored(mean + std * bounds[0], dtype)
    assert x.max() <= as_stored(mean + std * bounds[1], dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_truncated_is_monotonic_to_its_error(dtype: str) -> None:
    """Larger word, larger value: steps down stay below twice the accuracy."""
    for bounds in BOUNDS_OF[dtype]:
        words = np.sort(EDGES[dtype]().view(f"uint{dtype[5:]}")).view(np.uint32)
        z = corefill.transform("truncated_normal", dtype, words, (0.0, 1.0, *bounds))
        down = -np.minimum(np.diff(z), 0) / np.maximum(1, np.abs(z[1:]))
        assert down.max() <= 2 * limit_of("truncated_normal", dtype), bounds


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@each_range_kind
def test_uniform_edges(
    ranges: list[tuple[float, float]],
    limit: float,
    dtype: str,
) -> None:
    words = EDGES[dtype]()
    worst = Worst()
    for bounds in ranges:
        user = stored_range(bounds, dtype)
        exact = ref.transform("uniform", dtype, words, user)
        got = corefill.transform("uniform", dtype, words, user)
        worst.add(in_ulp(got, exact, *user), exact, str(user))
        assert got.min() >= user[0], user
        assert got.max() <= user[1], user
    worst.check(f"uniform {dtype} edges (ulp)", limit)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_uniform_mirrors_and_never_gives_zero(dtype: str) -> None:
    """low = -high: the word's complement gives the opposite value, and no word gives 0."""
    words = EDGES[dtype]()
    for high in (1.0, 0.05, 3e-20, 7.0):
        x = corefill.transform("uniform", dtype, words, (-high, high))
        mirrored = corefill.transform("uniform", dtype, ~words, (-high, high))
        np.testing.assert_array_equal(x, -mirrored)
        assert (x != 0).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("user", [(0.0, 1.0), (0.1, 0.3), (-0.3, 1.7), (1000.0, 1000.5)])
def test_uniform_is_symmetric_about_mid(dtype: str, user: tuple[float, float]) -> None:
    """Deviations from mid of a word and of its complement are opposite, to rounding."""
    words = EDGES[dtype]()
    x = corefill.transform("uniform", dtype, words, user).astype(np.longdouble)
    mirrored = corefill.transform("uniform", dtype, ~words, user).astype(np.longdouble)
    low, high = (np.longdouble(as_stored(p, dtype)) for p in user)
    ulp = np.spacing(as_stored(max(abs(p) for p in user), dtype))
    assert (np.abs(x + mirrored - (low + high)) <= 2 * ulp).all()


@pytest.mark.parametrize("dtype", corefill.FLOATS)
def test_transform_is_what_fill_applies(dtype: str) -> None:
    """The hook that takes chosen words gives a fill's values when it is given Philox's."""
    per_element = 2 if dtype == "float64" else 1
    words = ref.words32(21, 22, 0, 4096 * per_element)
    for (distribution, user), name in itertools.product(corefill.CASES.items(), corefill.usable_isas()):
        with corefill.isa(name):
            corefill.assert_same_bits(
                corefill.transform(distribution, dtype, words, user),
                corefill.draw(distribution, dtype, user, 4096, seed=21, stream=22),
            )


# ---------------------------------------------- each measure rejects a value just past its limit


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_measures_reject_errors_past_the_limit(dtype: str) -> None:
    exact = ref.values("normal", dtype, (0.0, 1.0), 1000, seed=1, stream=1)
    limit = limit_of("normal", dtype)
    for at in (int(np.argmax(np.abs(exact))), int(np.argmin(np.abs(exact)))):
        wrong = exact.copy()
        wrong[at] += 1.01 * limit * max(1, abs(exact[at]))
        worst = Worst()
        worst.add(relative_to_z(wrong, exact), exact)
        with pytest.raises(AssertionError):
            worst.check("a wrong sample, rejected,", limit)


def test_worst_rejects_nan() -> None:
    with pytest.raises(AssertionError):
        Worst().add(np.array([np.nan]), np.array([0.0]))
