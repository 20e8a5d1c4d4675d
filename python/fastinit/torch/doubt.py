"""Checks with a small sample whether a model's present values can come from the code that `init_model` runs."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING

from fastinit.distributions import Constant, Structured
from fastinit.torch.sharding import is_dtensor

if TYPE_CHECKING:
    from collections.abc import Iterable

    import torch

    from fastinit.recipes.contents import Content
    from fastinit.torch.state import Target

_SAMPLE = 512  # elements of a tensor that are looked at
_LEAST = 64  # elements that a sample needs, since fewer say little about the spread
_LIMIT = 8  # standard errors by which a spread may differ from the expected one


def warn_of_constructors(targets: Iterable[Target], contents: dict[str, Content]) -> None:
    """Warns if a constructor seems to have set values that `reset_parameters` does not give.

    Only the first tensor of each rule is checked, and only if it has memory.

    Warns:
        UserWarning: There is such a tensor.
    """
    seen = set()
    for target in targets:
        content = contents.get(target.name)
        if content is None or id(content.rule) in seen or target.tensor.is_meta or is_dtensor(target.tensor):
            continue
        seen.add(id(content.rule))
        std = _spread(target.tensor)
        if std is not None and not _fits(std, content):
            warnings.warn(
                f"init_model gives {target.name} {content.rule.call}, as its module's own code says, and replaces "
                f"values with a standard deviation of {std:.3g}; if the model's constructor set these values, build it "
                "by fastinit.torch.build, which sees constructors, or add a rule to `recipe`",
                UserWarning,
                stacklevel=4,
            )
            return


def _spread(tensor: torch.Tensor) -> float | None:
    """Returns the standard deviation of a sample, or None if the sample is too small or not finite."""
    if tensor.numel() < _LEAST or not tensor.is_floating_point():
        return None
    values = tensor.detach().flatten()[:_SAMPLE].double()
    std = float(values.std())
    return std if math.isfinite(std) else None


def _fits(std: float, content: Content) -> bool:
    """Tells whether a sample with this standard deviation can come from the content's distribution."""
    if isinstance(content.distribution, Constant):
        return std == 0
    if isinstance(content.distribution, Structured):  # a sample of a matrix says little
        return True
    expected = content.distribution.std
    return abs(std - expected) <= _LIMIT * expected / math.sqrt(2 * _LEAST)
