"""Whether the values that a model has can come from the code that `init_model` asks, by a look at a few of them."""

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

_SAMPLE = 512  # elements
_LEAST = 64  # fewer say little of a spread
_LIMIT = 8  # standard errors of a spread


def warn_of_constructors(targets: Iterable[Target], contents: dict[str, Content]) -> None:
    """Warns where a constructor seems to have set what `reset_parameters` says otherwise.

    Of the tensors with one rule only the first is looked at, and only where it has memory.

    Warns:
        UserWarning: There is one.
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
                f"init_model gives {target.name} {content.rule.call}, as its module's own code has it, and replaces "
                f"values with a standard deviation of {std:.3g}; if the model's constructor set these, build it by "
                "fastinit.torch.build, which sees constructors, or add a rule to `recipe`",
                UserWarning,
                stacklevel=4,
            )
            return


def _spread(tensor: torch.Tensor) -> float | None:
    """The standard deviation of a sample, None where it says nothing."""
    if tensor.numel() < _LEAST or not tensor.is_floating_point():
        return None
    values = tensor.detach().flatten()[:_SAMPLE].double()
    std = float(values.std())
    return std if math.isfinite(std) else None


def _fits(std: float, content: Content) -> bool:
    """Whether a sample's spread is one that the content's distribution has."""
    if isinstance(content.distribution, Constant):
        return std == 0
    if isinstance(content.distribution, Structured):  # of which a sample says little
        return True
    expected = content.distribution.std
    return abs(std - expected) <= _LIMIT * expected / math.sqrt(2 * _LEAST)
