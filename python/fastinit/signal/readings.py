"""The measurements of a pass through a model: one reading for each tensor, one stage for each call of a module."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Reading:
    """The measurements of one tensor.

    Attributes:
        size: The number of elements.
        mean: The mean of the finite elements; NaN if there are none.
        std: The standard deviation of the finite elements; NaN if there are none.
        zeros: The share of elements that are zero.
        nonfinite: The number of elements that are NaN or infinite.
    """

    size: int
    mean: float
    std: float
    zeros: float
    nonfinite: int

    @property
    def rms(self) -> float:
        """The root of the mean square of the finite elements."""
        return math.hypot(self.mean, self.std)

    @property
    def norm(self) -> float:
        """The root of the sum of the squares of the finite elements."""
        return self.rms * math.sqrt(self.size - self.nonfinite)

    def as_dict(self) -> dict[str, Any]:
        """The same for JSON, with null for numbers that are not finite."""
        return {
            "size": self.size,
            "mean": number(self.mean),
            "std": number(self.std),
            "zeros": number(self.zeros),
            "nonfinite": self.nonfinite,
        }


@dataclass(frozen=True, slots=True)
class Weight:
    """A parameter of a module.

    Attributes:
        name: Its qualified name.
        shape: The shape of the whole parameter.
        reading: The reading of its values.
        expected: The standard deviation that its rule gives, if fastinit has initialised it.
        gradient: The reading of its gradient; None if no gradient reaches it.
    """

    name: str
    shape: tuple[int, ...]
    reading: Reading
    expected: float | None
    gradient: Reading | None

    @property
    def ratio(self) -> float | None:
        """The gradient's root mean square over the weight's; None if there is no gradient."""
        if self.gradient is None or not self.reading.rms > 0:
            return None
        return self.gradient.rms / self.reading.rms

    def as_dict(self) -> dict[str, Any]:
        """The same for JSON."""
        return {
            "name": self.name,
            "shape": list(self.shape),
            **self.reading.as_dict(),
            "expected_std": self.expected,
            "gradient": None if self.gradient is None else self.gradient.as_dict(),
            "gradient_to_weight": None if self.ratio is None else number(self.ratio),
        }


@dataclass(frozen=True, slots=True)
class Stage:
    """One call of a module, or of an activation function within a module.

    Attributes:
        name: The module's qualified name. For a function, it is the name of the module that calls it and, say,
            `relu()`.
        kind: The class of the module, or the name of the function.
        call: The number of this call of it, counted from 0.
        ended: Its place in the order in which calls end; stages are listed in the order in which they begin.
        output: The reading of the first floating tensor that it returns.
        nonfinite: The number of NaN and infinite elements in all that it returns.
        dead: For a rectifier, the share of units that are zero for the whole batch; else None.
        saturated: For an activation that saturates, the share of values where its slope is below 5 % of the
            steepest; else None.
        is_symmetric: Whether all units are equal in each sample, not all zero, and their gradients are equal too.
        is_constant: Whether all samples of the batch give the same output.
        gradient: The reading of the gradient of the loss at the output; None if no gradient reaches it.
        weights: The module's own parameters, the largest first.
        is_leaf: Whether no other module is called within it.
        units: For a rectifier, the number of its units; else None.
        takes_constant: Whether its input is the same for all samples.
    """

    name: str
    kind: str
    call: int
    ended: int
    output: Reading
    nonfinite: int
    dead: float | None
    saturated: float | None
    is_symmetric: bool
    is_constant: bool
    gradient: Reading | None
    weights: tuple[Weight, ...]
    is_leaf: bool
    units: int | None = None
    takes_constant: bool = False

    @property
    def label(self) -> str:
        """The name, and the number of the call if it is not the first."""
        name = self.name or "(model)"
        return f"{name} (call {self.call + 1})" if self.call else name

    @property
    def has_matrix(self) -> bool:
        """Whether the module has a parameter of two or more dimensions."""
        return any(len(weight.shape) > 1 for weight in self.weights)

    def as_dict(self) -> dict[str, Any]:
        """The same for JSON."""
        return {
            "name": self.name,
            "kind": self.kind,
            "call": self.call,
            "output": self.output.as_dict(),
            "nonfinite": self.nonfinite,
            "dead": self.dead,
            "saturated": self.saturated,
            "symmetric": self.is_symmetric,
            "constant": self.is_constant,
            "gradient": None if self.gradient is None else self.gradient.as_dict(),
            "weights": [weight.as_dict() for weight in self.weights],
        }


def merged(readings: Iterable[Reading]) -> Reading:
    """Returns the reading of all parts together.

    Example:
        >>> merged([Reading(1, 0.0, 0.0, 1.0, 0), Reading(3, 4.0, 0.0, 0.0, 0)])
        Reading(size=4, mean=3.0, std=1.7320508075688772, zeros=0.25, nonfinite=0)
    """
    parts = list(readings)
    size, nonfinite = sum(part.size for part in parts), sum(part.nonfinite for part in parts)
    finite = [(part.size - part.nonfinite, part) for part in parts if part.size > part.nonfinite]
    count = sum(number for number, _ in finite)
    if not count:
        return Reading(size, math.nan, math.nan, 0.0, nonfinite)
    mean = math.fsum(number * part.mean for number, part in finite) / count
    std = math.hypot(*(math.sqrt(number / count) * math.hypot(part.std, part.mean - mean) for number, part in finite))
    return Reading(size, mean, std, math.fsum(part.size * part.zeros for part in parts) / size, nonfinite)


def number(value: float) -> float | None:
    """A number for JSON, which has no NaN and no infinity."""
    return value if math.isfinite(value) else None
