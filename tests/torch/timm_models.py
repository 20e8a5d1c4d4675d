"""Builds models of timm, plainly and under `accelerate`, and prints as JSON what differs: see test_accelerate_models.

timm takes names of torchvision for its data pipelines, which no model needs; torchvision in turn has to be
built against the very PyTorch that runs. Here stand-ins without content give these names. timm's code is its own.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import json
import sys
import types
import warnings
from typing import Any

NAMES = ("vit_tiny_patch16_224", "resnet10t")


class _Class(type):
    """A class that has every attribute, such as the members of an enumeration."""

    def __getattr__(cls, name: str) -> str:
        if name.startswith("__"):
            raise AttributeError(name)
        return name


def _stand_in(name: str) -> type:
    if name.startswith("__"):
        raise AttributeError(name)
    return _Class(name, (), {})


class StandIns(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds torchvision and its modules, all of them empty but for names that are asked for."""

    def find_spec(self, name: str, *_: Any) -> importlib.machinery.ModuleSpec | None:
        """Takes charge of torchvision alone."""
        if name.partition(".")[0] != "torchvision":
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        """An empty module."""
        module = types.ModuleType(spec.name)
        module.__getattr__ = _stand_in  # type: ignore[method-assign]
        return module

    def exec_module(self, module: types.ModuleType) -> None:
        """Nothing to run."""


def build(name: str, seed: int | None) -> tuple[Any, int]:
    """A small model, and how many of PyTorch's kernels drew floats meanwhile."""
    import timm
    import torch

    import fastinit.torch
    from tests.torch.draws import Draws

    options = {"img_size": 32, "depth": 2} if name.startswith("vit") else {}
    torch.manual_seed(0)
    with Draws() as draws:
        if seed is None:
            model = timm.create_model(name, num_classes=10, **options)
        else:
            with fastinit.torch.accelerate(seed=seed):
                model = timm.create_model(name, num_classes=10, **options)
    return model.state_dict(), draws.count


def compare(name: str) -> dict[str, Any]:
    """How two accelerated builds and a plain one relate."""
    (plain, plain_draws), (fast, draws), (again, _), (other, _) = (build(name, seed) for seed in (None, 0, 0, 1))
    drawn = [key for key, value in fast.items() if not value.equal(other[key])]
    return {
        "plain_draws": plain_draws,
        "draws": draws,
        "drawn": drawn,
        "same_form": {k: (v.shape, v.dtype) for k, v in plain.items()}
        == {k: (v.shape, v.dtype) for k, v in fast.items()},
        "same_again": all(value.equal(again[key]) for key, value in fast.items()),
        "same_others": all(fast[key].equal(plain[key]) for key in fast if key not in drawn),
        "std_ratios": {key: float(fast[key].std() / plain[key].std()) for key in drawn if plain[key].numel() >= 1000},
    }


def main() -> None:
    """Prints the comparison of every model."""
    warnings.simplefilter("ignore")
    sys.meta_path.insert(0, StandIns())
    print(json.dumps({name: compare(name) for name in NAMES}))


if __name__ == "__main__":
    main()
