"""Neural-network weights as a pure function of seed, tensor name and position."""

from __future__ import annotations

import sys
from typing import Any

from fastinit import runtime

__all__ = [
    "Generator",
    "Shard",
    "__version__",
    "build_info",
    "compute_fans",
    "constant",
    "delta",
    "delta_orthogonal",
    "dirac",
    "gain",
    "get_default_layout",
    "get_num_threads",
    "glorot_normal",
    "glorot_uniform",
    "hadamard",
    "hadamard_identity",
    "he_normal",
    "he_uniform",
    "identity",
    "kaiming_normal",
    "kaiming_uniform",
    "lecun_normal",
    "lecun_uniform",
    "manual_seed",
    "modulo",
    "normal",
    "ones",
    "orthogonal",
    "ramp",
    "random_bits",
    "set_default_layout",
    "set_num_threads",
    "sincos",
    "sincos_2d",
    "sparse",
    "triangular",
    "truncated_normal",
    "uniform",
    "variance_scaling",
    "xavier_normal",
    "xavier_uniform",
    "zeros",
]

__version__: str

# Loaded at the first use of `fastinit.torch` and the like, without an import of their own.
_LAZY = ("checkpoint", "jax", "keras", "torch")

runtime.start()


def _load() -> None:
    """Takes the names of `fastinit.public` over into this module."""
    from fastinit import public

    globals().update({name: getattr(public, name) for name in __all__ if name != "__version__"})


if not runtime.is_command_line():  # the command line shows its help before NumPy is loaded
    _load()


def __getattr__(name: str) -> Any:
    if name in __all__ and name not in globals() and name != "__version__":
        _load()
        return globals()[name]
    if name in _LAZY:
        from importlib import import_module

        try:
            return import_module(f"fastinit.{name}")
        except ModuleNotFoundError as error:  # `hasattr` and `getattr` catch nothing else
            raise AttributeError(str(error)) from error
    if name != "__version__":
        # With `name` and `obj`, Python's traceback suggests the name that was meant.
        raise AttributeError(f"module 'fastinit' has no attribute {name!r}", name=name, obj=sys.modules[__name__])
    from importlib import metadata  # slow to import, and rarely needed

    try:
        return metadata.version("fastinit-nn")
    except metadata.PackageNotFoundError:  # run from the source tree
        return "0+unknown"


def __dir__() -> list[str]:
    # Of the lazy modules, it lists only those that are loaded, because `help` imports everything that is listed here.
    return [*__all__, *(name for name in _LAZY if name in globals())]
