"""Builds models of timm, plain and under `accelerate`, and prints as JSON what differs: for test_accelerate_models."""

from __future__ import annotations

import json
import warnings
from typing import Any

from bench.models.sources import stand_ins

NAMES = ("vit_tiny_patch16_224", "resnet10t")


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
    stand_ins.install()
    print(json.dumps({name: compare(name) for name in NAMES}))


if __name__ == "__main__":
    main()
