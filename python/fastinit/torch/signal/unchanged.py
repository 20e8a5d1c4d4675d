"""Tries a model out, and leaves it as it was."""

from __future__ import annotations

import random
import sys
from collections import OrderedDict
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from fastinit import checks
from fastinit.torch.report import keep, kept
from fastinit.torch.sharding import is_dtensor, local_tensor
from fastinit.torch.state import is_wrapper, targets_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_trials: list[object] = []  # the trials that are open in this process
_CONTAINERS = (dict, OrderedDict, list, set)  # these very types: a subclass may do more when it is refilled


def is_trial() -> bool:
    """Whether a trial is running, after which the model is as before, so that it is not training."""
    return bool(_trials)


def check_shapes(model: torch.nn.Module) -> None:
    """Checks that all tensors have shapes.

    Raises:
        ValueError: One has not.
    """
    for target in targets_of(model):
        if torch.nn.parameter.is_lazy(target.tensor):
            rule, remedy = "have shapes", "run it once on a batch first"
            raise ValueError(checks.text("model", rule, f"lazy {target.name}", remedy))


def check_memory(model: torch.nn.Module) -> None:
    """Checks that all tensors have shapes and memory.

    Raises:
        ValueError: One has not.
    """
    check_shapes(model)
    for target in targets_of(model):
        if target.tensor.is_meta:
            rule, remedy = "have memory", "initialise it first: fastinit.torch.init_model(model, seed=0)"
            raise ValueError(checks.text("model", rule, f"{target.name} on the meta device", remedy))


@contextmanager
def unchanged(model: torch.nn.Module, *, with_parameters: bool = False) -> Iterator[Callable[[int], None]]:
    """Restores everything that training steps change: buffers, gradients, modes, attributes and random states.

    Attributes are the same objects as before, and plain lists, dicts and sets have the same members. Other objects are
    not looked into. Within the block parameters have no gradients.

    Args:
        model: The model, with memory for its tensors.
        with_parameters: Whether parameters, of which a copy is kept, and their entries in `report` are restored too.
            Otherwise changes that a model's own forward makes to them stay.

    Yields:
        A function that starts a trial: it restores all of this, and sets the random states from a seed.
    """
    targets = targets_of(model)
    modules = [module for module in model.modules() if not (is_wrapper(module) or _is_script(module))]
    attributes = [(vars(module), _with_members(vars(module))) for module in modules]
    buffers = [(target.tensor, target.tensor.detach().clone()) for target in targets if not target.is_parameter]
    parameters = [(t.tensor, t.tensor.grad, t.tensor.requires_grad) for t in targets if t.is_parameter]
    values = [(parameter, parameter.detach().clone()) for parameter, *_ in parameters] if with_parameters else []
    devices = sorted({t.tensor.device for t in targets if t.tensor.device.type == "cuda"}, key=str)
    report = kept(model)

    def put_back() -> None:
        _reshard(modules)
        for current, before in attributes:
            _refill(current, before)
        for parameter, _, requires_grad in parameters:
            if parameter.requires_grad != requires_grad:
                parameter.requires_grad_(requires_grad)
        for tensor, value in (*buffers, *values):
            _write_back(tensor, value)

    def start(seed: int) -> None:
        put_back()
        torch.default_generator.manual_seed(seed)
        for device in devices:  # and of no other
            torch.cuda.default_generators[device.index].manual_seed(seed)
        random.seed(seed)
        np.random.seed(seed % 2**32)  # noqa: NPY002

    with _random_states(devices):
        for parameter, *_ in parameters:
            parameter.grad = None
        _trials.append(model)
        try:
            yield start
        finally:
            _trials.pop()
            put_back()
            for parameter, gradient, _ in parameters:
                parameter.grad = gradient
            if with_parameters:
                keep(model, report)


@contextmanager
def _random_states(devices: Sequence[torch.device]) -> Iterator[None]:
    """Restores the random states of PyTorch, Python and NumPy, because models draw masks and drops from any of them."""
    states = random.getstate(), np.random.get_state()  # noqa: NPY002  this is the generator from which other code draws
    with torch.random.fork_rng(devices=devices):
        try:
            yield
        finally:
            random.setstate(states[0])
            np.random.set_state(states[1])  # noqa: NPY002


def _is_script(module: torch.nn.Module) -> bool:
    """Whether a module is TorchScript, whose attributes Python must not write."""
    return isinstance(module, torch.jit.ScriptModule)


def _with_members(attributes: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {k: (value, value.copy() if type(value) in _CONTAINERS else None) for k, value in attributes.items()}


def _refill(attributes: dict[str, Any], before: dict[str, tuple[Any, Any]]) -> None:
    for key in attributes.keys() - before.keys():
        del attributes[key]
    for key, (value, members) in before.items():
        attributes[key] = value
        if members is not None:
            value.clear()
            (value.extend if isinstance(value, list) else value.update)(members)


def _reshard(modules: Sequence[torch.nn.Module]) -> None:
    """Lets FSDP2 put its shards back into modules, which it does itself only at the end of a backward pass."""
    fsdp = sys.modules.get("torch.distributed.fsdp")
    for module in modules:
        if fsdp is not None and isinstance(module, fsdp.FSDPModule):
            module.reshard()


def _write_back(tensor: torch.Tensor, value: torch.Tensor) -> None:
    """Restores a tensor's values if they changed. A needless write would break graphs that have saved it."""
    if is_dtensor(tensor):
        tensor, value = local_tensor(tensor), local_tensor(value)
    with torch.inference_mode(tensor.is_inference()), torch.no_grad():
        if tensor.shape != value.shape:
            tensor.data = value.clone()
        elif not _is_same(tensor, value):
            tensor.copy_(value)


def _is_same(tensor: torch.Tensor, value: torch.Tensor) -> bool:
    try:
        return bool(torch.equal(tensor, value))
    except (RuntimeError, NotImplementedError):  # sparse tensors and others that PyTorch does not compare
        return False
