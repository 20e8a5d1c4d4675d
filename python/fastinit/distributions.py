"""What a tensor's elements are drawn from: small immutable values that know what the core needs.

They check themselves when they are made, and once more against an element type by `parameters`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

import numpy as np

from fastinit import checks
from fastinit.normal_tail import tails

if TYPE_CHECKING:
    from fastinit.buffers import Buffer
    from fastinit.dtypes import ElementType

# The first number that float32 rounds to infinity.
FLOAT32_OVERFLOW = float.fromhex("0x1.ffffffp127")
# A truncated normal reaches no further into its tail than the core's polynomials do.
FARTHEST_BOUND = 10.0


def check_range(element: ElementType, **parameters: float) -> None:
    """Refuses what float32 arithmetic cannot hold; only float64 elements have float64 arithmetic."""
    if element.wide:
        return
    for name, value in parameters.items():
        if abs(value) >= FLOAT32_OVERFLOW:
            rule = f"lie within float32's range for {element.name}"
            raise ValueError(checks.text(name, rule, value, 'use dtype="float64"'))


@dataclass(frozen=True, slots=True)
class Constant:
    """The same value everywhere."""

    value: float
    is_random: ClassVar[bool] = False

    def __post_init__(self) -> None:
        given: Any = self.value
        if not (isinstance(given, float) and math.isnan(given)):  # NaN is a value like others here
            object.__setattr__(self, "value", checks.real("value", given, "pass one number"))

    @property
    def std(self) -> float:
        """The standard deviation of an element."""
        return 0.0

    def pattern(self, element: ElementType) -> int:
        """The bits of one element, which NumPy rounds once."""
        with np.errstate(over="ignore", invalid="ignore"):
            item = np.array(self.value).astype(element.numpy)
        is_whole = element.numpy.kind in "iub"
        is_same = float(item) == self.value or (math.isnan(self.value) and not is_whole)
        if not is_same and (is_whole or not math.isfinite(item)):
            rule = f"be a value that {element.name} can hold"
            raise ValueError(checks.text("value", rule, self.value, "use a wider dtype"))
        return int.from_bytes(item.tobytes(), "little" if np.little_endian else "big")


@dataclass(frozen=True, slots=True)
class Bits:
    """The raw 32-bit words."""

    is_random: ClassVar[bool] = True
    core_name: ClassVar[str] = "bits"

    @property
    def std(self) -> float:
        """The standard deviation of an element."""
        return math.sqrt((2.0**64 - 1) / 12)

    def parameters(self, _element: ElementType) -> tuple[float, ...]:
        """What the core takes."""
        return ()


@dataclass(frozen=True, slots=True)
class Uniform:
    """Evenly spread over [low, high]."""

    low: float
    high: float
    is_random: ClassVar[bool] = True
    core_name: ClassVar[str] = "uniform"

    def __post_init__(self) -> None:
        low, high = checks.finite("low", self.low), checks.finite("high", self.high)
        if low > high:
            raise ValueError(checks.text("low", f"be <= `high` = {high!r}", low, "swap them"))
        if math.isinf(high - low):
            rule = "be such that high - low is finite"
            raise ValueError(checks.text("high", rule, high, f"`low` is {low!r}"))
        object.__setattr__(self, "low", low)
        object.__setattr__(self, "high", high)

    @property
    def std(self) -> float:
        """The standard deviation of an element."""
        return (self.high - self.low) / math.sqrt(12)

    def parameters(self, element: ElementType) -> tuple[float, ...]:
        """What the core takes."""
        check_range(element, low=self.low, high=self.high)
        return (self.low, self.high)


@dataclass(frozen=True, slots=True)
class Normal:
    """Gaussian."""

    mean: float
    std: float
    is_random: ClassVar[bool] = True
    core_name: ClassVar[str] = "normal"

    def __post_init__(self) -> None:
        object.__setattr__(self, "mean", checks.finite("mean", self.mean))
        object.__setattr__(self, "std", checks.not_negative("std", self.std))

    def parameters(self, element: ElementType) -> tuple[float, ...]:
        """What the core takes."""
        check_range(element, mean=self.mean, std=self.std)
        return (self.mean, self.std)


@dataclass(frozen=True, slots=True)
class TruncatedNormal:
    """Gaussian, cut at `lower` and `upper`, which are in units of `parent_std` from `mean`.

    `mean` and `parent_std` are those before the cut; `std` is what remains after it.
    """

    mean: float
    parent_std: float
    lower: float = -2.0
    upper: float = 2.0
    is_random: ClassVar[bool] = True
    core_name: ClassVar[str] = "truncated_normal"

    def __post_init__(self) -> None:
        lower, upper = checks.real("lower", self.lower), checks.real("upper", self.upper)
        if not lower < upper:
            raise ValueError(checks.text("lower", f"be < `upper` = {upper!r}", lower, "swap them"))
        object.__setattr__(self, "mean", checks.finite("mean", self.mean))
        object.__setattr__(self, "parent_std", checks.not_negative("std", self.parent_std))
        object.__setattr__(self, "lower", lower)
        object.__setattr__(self, "upper", upper)

    @property
    def std(self) -> float:
        """The standard deviation of an element."""
        lower, upper = self.lower, self.upper
        inside = tails(lower, upper).inside
        at_lower, at_upper = _density(lower) / inside, _density(upper) / inside
        shift = at_lower - at_upper
        edges = sum(z * d for z, d in ((lower, at_lower), (-upper, at_upper)) if d)
        return self.parent_std * math.sqrt(max(0.0, 1 + edges - shift * shift))

    def parameters(self, element: ElementType) -> tuple[float, ...]:
        """What the core takes."""
        mean, std, lower, upper = self.mean, self.parent_std, self.lower, self.upper
        check_range(element, mean=mean, std=std)
        for name, bound, away in (("lower", lower, lower), ("upper", upper, -upper)):
            if away > FARTHEST_BOUND:
                rule = f"leave values within {FARTHEST_BOUND:g} standard deviations"
                raise ValueError(checks.text(name, rule, bound, "use a wider interval"))
        low = mean + std * lower if std else mean
        high = mean + std * upper if std else mean
        return (mean, std, low, high, *tails(lower, upper))


def _density(z: float) -> float:
    return math.exp(-z * z / 2) / math.sqrt(2 * math.pi)


class Structured:
    """A tensor whose elements depend on each other or on their place: see `fastinit.structures`.

    No abstract base class: every draw asks whether it has one, which takes 0.2 us of those.
    """

    __slots__ = ()
    shape: tuple[int, ...]
    is_random: ClassVar[bool]
    is_core: ClassVar[bool] = False  # drawn by the core, on GPUs too

    @property
    def std(self) -> float:
        """The standard deviation of an element of which nobody knows the place."""
        raise NotImplementedError

    def parameters(self, _element: ElementType) -> tuple[float, ...]:
        """Refuses what an element type cannot hold."""
        return ()

    def fill(self, memory: Buffer, index: Any, seed: int, stream: int) -> None:
        """Fills memory with the part `index` of the tensor, or all of it for None."""
        raise NotImplementedError


Real: TypeAlias = Uniform | Normal | TruncatedNormal  # of real numbers
Random: TypeAlias = Bits | Real  # drawn by the core, each element by itself
Distribution: TypeAlias = Constant | Random | Structured
