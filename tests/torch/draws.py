"""Counts the kernels of PyTorch that draw floats."""

from __future__ import annotations

from typing import Any

from torch.utils._python_dispatch import TorchDispatchMode

_DRAWS = ("normal", "uniform", "rand", "randn", "rand_like", "randn_like")


class Draws(TorchDispatchMode):  # type: ignore[misc, unused-ignore]
    """A mode that sees every kernel. It does not count `random_`, which takes a seed from a generator."""

    def __init__(self) -> None:
        super().__init__()
        self.kernels: list[str] = []

    @property
    def count(self) -> int:
        """How many draws there were."""
        return sum(name.rstrip("_") in _DRAWS for name in self.kernels)

    def __torch_dispatch__(self, func: Any, _types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.kernels.append(func.name().partition("::")[2].partition(".")[0])
        return func(*args, **(kwargs or {}))
