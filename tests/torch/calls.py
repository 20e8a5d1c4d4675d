"""Calls of `fastinit.torch`'s functions, and what they mean in fastinit's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

import fastinit.torch as ours

if TYPE_CHECKING:
    from collections.abc import Callable

# Of the random ones: fastinit's function, the parameters of the one and of the other.
RANDOM = {
    "uniform_": ("uniform", {"a": -1.0, "b": 2.0}, {"low": -1.0, "high": 2.0}),
    "normal_": ("normal", {"mean": 0.5, "std": 2.0}, {"mean": 0.5, "std": 2.0}),
    "trunc_normal_": (
        "truncated_normal",
        {"mean": 0.5, "std": 0.25, "a": 0.0, "b": 0.75},
        {"mean": 0.5, "std": 0.25, "lower": -2.0, "upper": 1.0},
    ),
    "xavier_uniform_": ("glorot_uniform", {"gain": 1.5}, {"gain": 1.5, "layout": "torch"}),
    "xavier_normal_": ("glorot_normal", {"gain": 1.5}, {"gain": 1.5, "layout": "torch"}),
    "kaiming_uniform_": (
        "he_uniform",
        {"a": 0.25},
        {"negative_slope": 0.25, "layout": "torch"},
    ),
    "kaiming_normal_": (
        "variance_scaling",
        {"mode": "FAN_OUT", "nonlinearity": "tanh"},
        {"scale": (5 / 3) ** 2, "mode": "fan_out", "layout": "torch"},
    ),
    "sparse_": ("sparse", {"sparsity": 0.4, "std": 2.0}, {"sparsity": 0.4, "std": 2.0}),
    "orthogonal_": ("orthogonal", {"gain": 1.5}, {"gain": 1.5, "layout": "torch"}),
}
FIXED = ("constant_", "ones_", "zeros_", "eye_", "dirac_")


def bits(tensor: Any) -> bytes:
    memory = tensor.detach().contiguous()
    return memory.view(torch.uint8 if memory.ndim else memory.dtype).numpy().tobytes()


def filled(name: str, tensor: Any, **numbers: Any) -> Any:
    return getattr(ours, name)(tensor, **RANDOM[name][1], **numbers)


def outcome(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    try:
        return function(*args, **kwargs)
    except Exception as error:  # noqa: BLE001 - compared
        return error


def weight(*shape: int, dtype: str = "float32") -> Any:
    return torch.full(shape, 0.5).to(getattr(torch, dtype))
