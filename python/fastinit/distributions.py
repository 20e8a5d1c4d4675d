"""The distributions of elements: small immutable values that give the core's parameters.

They check themselves when they are made, and once more against an element type by `parameters`.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

import numpy as np

from fastinit import _core, checks
from fastinit.normal_tail import REACH, farthest, tails
from fastinit.spread import std_of
from fastinit.steps import Step

if TYPE_CHECKING:
    from fastinit.buffers import Buffer
    from fastinit.dtypes import ElementType

# The first number that float32 rounds to infinity.
FLOAT32_OVERFLOW = float.fromhex("0x1.ffffffp127")
# A truncated normal must not reach further into its tail than the core's polynomials.
FARTHEST_BOUND = 10.0


def check_range(element: ElementType, **parameters: float) -> None:
    """Raises for numbers that float32 arithmetic cannot hold. Only float64 elements have float64 arithmetic."""
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

    `mean` and `parent_std` are the numbers before the cut; `std` is the standard deviation after it.
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

    It is not an abstract base class, because every draw calls `isinstance`, which takes 0.2 us longer for those.
    """

    __slots__ = ()
    shape: tuple[int, ...]
    is_random: ClassVar[bool]
    is_core: ClassVar[bool] = False  # drawn by the core, on GPUs too

    @property
    def std(self) -> float:
        """The standard deviation of an element at a random place."""
        raise NotImplementedError

    def parameters(self, _element: ElementType) -> tuple[float, ...]:
        """Raises if an element type cannot hold a value."""
        return ()

    def fill(self, memory: Buffer, index: Any, seed: int, stream: int) -> None:
        """Fills memory with the part `index` of the tensor, or all of it for None."""
        raise NotImplementedError


Real: TypeAlias = Uniform | Normal | TruncatedNormal  # of real numbers
Random: TypeAlias = Bits | Real  # drawn by the core, each element by itself


@dataclass(frozen=True, slots=True)
class Transformed:
    """A draw whose elements go through steps, in float64 and one after the other.

    Attributes:
        base: The draw. A constant is drawn as a uniform of one value.
        steps: At least one; see `fastinit.steps`.

    Raises:
        TypeError: `base` is something else, or `steps` is not a tuple of steps.
        ValueError: A step is not defined for all values that it would get.

    Example:
        >>> a_log = Transformed(Uniform(1.0, 16.0), (Step("log"),))
        >>> f"{a_log.std:.3f}"
        '0.673'
    """

    base: Constant | Real
    steps: tuple[Step, ...]

    def __post_init__(self) -> None:
        base: Any = self.base
        steps: Any = self.steps
        if not isinstance(base, Constant | Uniform | Normal | TruncatedNormal):
            rule = "be a Constant, Uniform, Normal or TruncatedNormal"
            raise TypeError(checks.text("base", rule, base, "nothing else is transformed"))
        if not isinstance(steps, tuple) or not all(isinstance(step, Step) for step in steps):
            raise TypeError(checks.text("steps", "be a tuple of Step", steps, "see fastinit.steps.read_steps"))
        if not 1 <= len(steps) <= _core.most_steps:
            remedy = "without any, use the base itself"
            raise ValueError(checks.text("steps", f"be 1 to {_core.most_steps} steps", len(steps), remedy))
        self._image(*support(self._drawn, wide=False))

    @property
    def is_random(self) -> bool:
        """Whether it needs a seed."""
        return self.base.is_random

    @property
    def core_name(self) -> str:
        """The core's name of the draw."""
        return self._drawn.core_name

    @property
    def core_steps(self) -> tuple[tuple[str, tuple[float, ...]], ...]:
        """The steps in the core's form."""
        return tuple((step.name, step.numbers) for step in self.steps)

    @property
    def std(self) -> float:
        """The standard deviation of an element, of a normal within the 7.54 standard deviations that float32 draws."""
        return _transformed_std(self)

    def parameters(self, element: ElementType) -> tuple[float, ...]:
        """What the core takes for the draw."""
        parameters = self._drawn.parameters(element)
        ends = support(self._drawn, element.wide)
        check_range(element, base=max(ends, key=abs))
        if not element.wide:  # Rounding keeps the order, so all draws lie between the rounded ends.
            ends = float(np.float32(ends[0])), float(np.float32(ends[1]))
        check_range(element, transform=max(self._image(*ends), key=abs))
        return parameters

    @property
    def _drawn(self) -> Real:
        return Uniform(self.base.value, self.base.value) if isinstance(self.base, Constant) else self.base

    def _image(self, low: float, high: float) -> tuple[float, float]:
        for step in self.steps:
            low, high = step.image(low, high)
        return low, high


def support(drawn: Real, wide: bool) -> tuple[float, float]:
    """Returns an interval that holds all of the core's draws before rounding; `wide`: for float64."""
    if isinstance(drawn, Uniform):
        return drawn.low, drawn.high
    if isinstance(drawn, Normal):
        return drawn.mean - drawn.std * REACH[wide], drawn.mean + drawn.std * REACH[wide]
    lower = max(drawn.lower, -farthest(-drawn.upper, wide))
    upper = min(drawn.upper, farthest(drawn.lower, wide))
    return drawn.mean + drawn.parent_std * lower, drawn.mean + drawn.parent_std * upper


@functools.lru_cache(maxsize=1024)
def _transformed_std(transformed: Transformed) -> float:
    base, steps = transformed.base, transformed.steps
    if isinstance(base, Constant):
        return 0.0
    low, high = support(base, wide=False)
    if isinstance(base, Uniform):
        return std_of(low, high, lambda _: 1.0, steps, lambda x: x)
    mean, std = base.mean, base.std if isinstance(base, Normal) else base.parent_std
    if not std:
        return 0.0
    ends = (low - mean) / std, (high - mean) / std
    peak = min(max(0.0, ends[0]), ends[1])
    return std_of(*ends, lambda z: math.exp((peak - z) * (peak + z) / 2), steps, lambda z: mean + std * z)


Distribution: TypeAlias = Constant | Random | Transformed | Structured
