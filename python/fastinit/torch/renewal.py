"""What is derived of weights and hangs beside them: made anew of the weights that there are now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn.utils.parametrizations import _SpectralNorm
from torch.nn.utils.parametrize import ParametrizationList
from torch.nn.utils.spectral_norm import SpectralNorm
from torch.nn.utils.weight_norm import WeightNorm

from fastinit.distributions import Normal
from fastinit.torch.tensors import fill

if TYPE_CHECKING:
    from collections.abc import Mapping

_POWER_ITERATIONS = 15  # as many as PyTorch's spectral norm starts with


def renew(model: torch.nn.Module, names: Mapping[int, str], seed: int) -> None:
    """Makes anew what spectral and weight norms keep.

    Args:
        model: Whose weights have been drawn.
        names: Of tensors, by their `id`.
        seed: Of the draws.
    """
    for module in model.modules():
        if isinstance(module, ParametrizationList):
            _renew_spectral_norms(module, names, seed)
        for hook in module._forward_pre_hooks.values():
            # As their functions leave the plain attributes, before a first forward sets these.
            if isinstance(hook, WeightNorm):
                setattr(module, hook.name, hook.compute_weight(module))
            elif isinstance(hook, SpectralNorm):
                setattr(module, hook.name, getattr(module, f"{hook.name}_orig").data)


def _renew_spectral_norms(parametrized: ParametrizationList, names: Mapping[int, str], seed: int) -> None:
    """Brings their vectors from the weights before to those there are now, as their code starts."""
    for norm in parametrized:
        if isinstance(norm, _SpectralNorm) and hasattr(norm, "_u"):  # of more than a vector
            with torch.no_grad():
                for vector in (norm._u, norm._v):
                    fill(vector, Normal(0.0, 1.0), seed=seed, stream=names[id(vector)])
                    vector.copy_(torch.nn.functional.normalize(vector, dim=0))
                matrix = norm._reshape_weight_to_matrix(parametrized.original)
                norm._power_method(matrix, _POWER_ITERATIONS)
