"""PyTorch's in-place fills and `torch.nn.init`, with `torch.set_num_threads`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.nn import init

from ..check import CONSTANT
from . import Prepared

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..cases import Subject, Work

FILLS: dict[str, Callable[[Any], Any]] = {
    "zeros": lambda tensor: tensor.zero_(),
    "constant": lambda tensor: tensor.fill_(CONSTANT),
    "uniform": lambda tensor: tensor.uniform_(),
    "normal": lambda tensor: tensor.normal_(),
    "truncated_normal": init.trunc_normal_,
    "he_normal": init.kaiming_normal_,
    "orthogonal": init.orthogonal_,
}


def versions() -> dict[str, str]:
    return {"torch": f"{torch.__version__} ({torch.backends.cpu.get_cpu_capability()})"}


def as_numpy(tensor: Any) -> Any:
    if tensor.dtype == torch.bfloat16:  # torch's own `numpy()` raises an error for it
        return tensor.view(torch.int16).numpy().view(np.dtype("bfloat16"))
    return tensor.numpy()


def prepare(work: Work, subject: Subject) -> Prepared:
    torch.set_num_threads(subject.threads)
    fill, dtype = FILLS[work.kind], getattr(torch, work.dtype)
    if subject.variant == "fresh":
        return Prepared(lambda: fill(torch.empty(work.shape, dtype=dtype)), as_numpy)
    tensor = torch.full(work.shape, 77, dtype=dtype)
    return Prepared(lambda: fill(tensor), as_numpy)
