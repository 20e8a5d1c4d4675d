"""The moments of a layer's output, separately for the contributions of its weight and its bias."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch

from fastinit.torch.sharding import is_dtensor, local_tensor
from fastinit.torch.signal.measure import of_all, plain

_CHUNK = 1 << 22  # elements that are measured at once, whose copies in float64 stay small


@dataclass(frozen=True, slots=True)
class Moments:
    """The moments of an output w + b, where w is linear in the weight and b the bias, over all elements.

    Attributes:
        mean_square: The mean square of w + b.
        of_weight: The variance of w.
        of_bias: The variance of b.
        shared: The covariance of w and b.
        noise: The relative error of an element.
    """

    mean_square: float
    of_weight: float
    of_bias: float
    shared: float
    noise: float

    @property
    def variance(self) -> float:
        """Of w + b; NaN if some element is not finite."""
        return self.of_weight + 2 * self.shared + self.of_bias

    @property
    def std(self) -> float:
        """The standard deviation of w + b."""
        return math.sqrt(max(self.variance, 0.0)) if math.isfinite(self.variance) else math.nan

    def factor(self, std: float) -> float | str:
        """Returns by what to scale the weight so that s w + b has a standard deviation, or why nothing serves.

        It is the positive root of s^2 Var w + 2 s Cov(w, b) + Var b = std^2, the larger one if there are two.
        """
        if not math.isfinite(self.variance):
            return "its output has values that are NaN or infinite"
        if self.of_weight <= self.mean_square * (4 * self.noise) ** 2:
            return "its output is constant: no scale of the weight changes its std"
        root = self.shared**2 - self.of_weight * (self.of_bias - std**2)
        factor = (math.sqrt(root) - self.shared) / self.of_weight if root >= 0 else 0.0
        if not factor > 0:
            return f"its bias alone has std {math.sqrt(self.of_bias):.3g}"
        return factor


def moments_of(output: torch.Tensor, bias: torch.Tensor | None, axis: int, mesh: Any) -> Moments:
    """Measures an output.

    Args:
        output: Of floating numbers.
        bias: One number for each unit, or None.
        axis: Which axis of the output counts the units.
        mesh: Of processes whose outputs count together, which all call this; None for this process alone.
    """
    noise = torch.finfo(output.dtype).eps
    with torch.no_grad():
        biases = None if bias is None else _spread(bias, output, axis)
        if is_dtensor(output):
            mesh = output.device_mesh
            output, biases = local_tensor(output), None if biases is None else local_tensor(biases)
        total = _sums(_rows(plain(output), axis), None if biases is None else _rows(biases, axis))
    rows = [total] if mesh is None else of_all([total], mesh)
    count, *sums = map(sum, zip(*rows, strict=True))
    w, b, ww, wb, bb = (each / count if count else math.nan for each in sums)
    return Moments(ww + 2 * wb + bb, max(ww - w * w, 0.0), max(bb - b * b, 0.0), wb - w * b, noise)


def _spread(bias: torch.Tensor, output: torch.Tensor, axis: int) -> torch.Tensor:
    """The bias at each place of an output, without memory for it but where the output is a DTensor."""
    bias = bias.detach().reshape([-1] + [1] * (-1 - axis))
    return torch.zeros_like(output) + bias if is_dtensor(output) else bias.expand_as(plain(output))


def _rows(tensor: torch.Tensor, axis: int) -> torch.Tensor:
    return tensor.movedim(axis, -1).flatten(0, -2) if tensor.ndim > 1 else tensor[None]


def _sums(rows: torch.Tensor, biases: torch.Tensor | None) -> tuple[float, ...]:
    """Of all elements: their number, and the sums of w, b, w^2, w b and b^2."""
    wide = torch.float32 if rows.device.type == "mps" else torch.float64
    total = torch.zeros(5, dtype=wide, device=rows.device)
    step = max(_CHUNK // max(rows.shape[-1], 1), 1)
    for start in range(0, len(rows), step):
        part = rows[start : start + step].to(wide)
        bias = torch.zeros_like(part) if biases is None else biases[start : start + step].to(wide)
        part = part - bias
        sums = (part.sum(), bias.sum(), part.square().sum(), (part * bias).sum(), bias.square().sum())
        total += torch.stack(sums)
    return (float(rows.numel()), *total.tolist())
