"""Computes tensors again that modules derive from their weights, after the weights have been drawn."""

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

_POWER_ITERATIONS = 15  # PyTorch's spectral norm starts with as many


def renew(model: torch.nn.Module, names: Mapping[int, str], seed: int) -> None:
    """Computes again the tensors that spectral and weight norms keep.

    Args:
        model: A model whose weights have been drawn.
        names: The names of its tensors, by their `id`.
        seed: The seed of the draws.
    """
    for module in model.modules():
        if isinstance(module, ParametrizationList):
            _renew_spectral_norms(module, names, seed)
        for hook in module._forward_pre_hooks.values():
            # weight_norm and spectral_norm leave plain attributes in this state, until the first forward pass.
            if isinstance(hook, WeightNorm):
                setattr(module, hook.name, hook.compute_weight(module))
            elif isinstance(hook, SpectralNorm):
                setattr(module, hook.name, getattr(module, f"{hook.name}_orig").data)


def _renew_spectral_norms(parametrized: ParametrizationList, names: Mapping[int, str], seed: int) -> None:
    """Draws the vectors of spectral norms and fits them to the present weights, as PyTorch's constructor does."""
    for norm in parametrized:
        if isinstance(norm, _SpectralNorm) and hasattr(norm, "_u"):  # the norm of a vector keeps nothing
            with torch.no_grad():
                for vector in (norm._u, norm._v):
                    fill(vector, Normal(0.0, 1.0), seed=seed, stream=names[id(vector)])
                    vector.copy_(torch.nn.functional.normalize(vector, dim=0))
                matrix = norm._reshape_weight_to_matrix(parametrized.original)
                norm._power_method(matrix, _POWER_ITERATIONS)
