"""Leaves a model as it was, whatever runs in between."""

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

_CONTAINERS = (dict, OrderedDict, list, set)  # these very types: a subclass may do more when it is refilled


def check_memory(model: torch.nn.Module) -> None:
    """Checks that all tensors have shapes and memory.

    Raises:
        ValueError: One has not.
    """
    for target in targets_of(model):
        if torch.nn.parameter.is_lazy(target.tensor):
            rule, remedy = "have shapes", "run it once on a batch first"
            raise ValueError(checks.text("model", rule, f"lazy {target.name}", remedy))
        if target.tensor.is_meta:
            rule, remedy = "have memory", "initialise it first: fastinit.torch.init_model(model, seed=0)"
            raise ValueError(checks.text("model", rule, f"{target.name} on the meta device", remedy))


@contextmanager
def unchanged(model: torch.nn.Module, *, with_parameters: bool = False) -> Iterator[Callable[[int], None]]:
    """Puts back what training steps change: buffers, gradients, modes, attributes, random states, parameters if asked.

    Attributes are what they were, and plain lists, dicts and sets have the members that they had; what else an
    attribute holds is not looked into. Without `with_parameters` parameters are not copied: what a model's own forward
    writes into them stays. Within the block they have no gradients.

    Args:
        model: With memory for its tensors.
        with_parameters: Whether parameters are put back too, of which that keeps a copy, and what `report` says of
            them.

    Yields:
        A function that starts a trial: it puts the buffers back and sets the random states of PyTorch from a seed.
    """
    targets = targets_of(model)
    modules = [module for module in model.modules() if not (is_wrapper(module) or _is_script(module))]
    attributes = [(vars(module), _with_members(vars(module))) for module in modules]
    buffers = [(target, target.tensor, target.tensor.detach().clone()) for target in targets if not target.is_parameter]
    parameters = [(t.tensor, t.tensor.grad, t.tensor.requires_grad) for t in targets if t.is_parameter]
    values = [(parameter, parameter.detach().clone()) for parameter, *_ in parameters] if with_parameters else []
    devices = sorted({t.tensor.device for t in targets if t.tensor.device.type == "cuda"}, key=str)
    report = kept(model)

    def start(seed: int) -> None:
        for target, buffer, value in buffers:
            _write_back(buffer, value)
            for slot in target.slots:
                slot.put(buffer)
        torch.default_generator.manual_seed(seed)
        for device in devices:  # and of no other
            torch.cuda.default_generators[device.index].manual_seed(seed)

    with _random_states(devices):
        for parameter, *_ in parameters:
            parameter.grad = None
        try:
            yield start
        finally:
            _reshard(modules)
            for current, known in attributes:
                _refill(current, known)
            for parameter, gradient, requires_grad in parameters:
                if parameter.requires_grad != requires_grad:
                    parameter.requires_grad_(requires_grad)
                parameter.grad = gradient
            with torch.no_grad():
                for parameter, value in values:
                    parameter.copy_(value)
            if with_parameters:
                keep(model, report)
            for _, buffer, value in buffers:
                _write_back(buffer, value)


@contextmanager
def _random_states(devices: Sequence[torch.device]) -> Iterator[None]:
    """Puts back the random states of PyTorch, Python and NumPy, which models' masks and drops take from any of them."""
    states = random.getstate(), np.random.get_state()  # noqa: NPY002  the one that others' code draws from
    with torch.random.fork_rng(devices=devices):
        try:
            yield
        finally:
            random.setstate(states[0])
            np.random.set_state(states[1])  # noqa: NPY002


def _is_script(module: torch.nn.Module) -> bool:
    """Whether the attributes of a module are those of TorchScript, which are not for Python to write."""
    return isinstance(module, torch.jit.ScriptModule)


def _with_members(attributes: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {k: (value, value.copy() if type(value) in _CONTAINERS else None) for k, value in attributes.items()}


def _refill(attributes: dict[str, Any], kept: dict[str, tuple[Any, Any]]) -> None:
    for key in attributes.keys() - kept.keys():
        del attributes[key]
    for key, (value, members) in kept.items():
        attributes[key] = value
        if members is not None:
            value.clear()
            (value.extend if isinstance(value, list) else value.update)(members)


def _reshard(modules: Sequence[torch.nn.Module]) -> None:
    """Lets FSDP2 hang its shards back into modules, as it does itself only at the end of a backward pass."""
    fsdp = sys.modules.get("torch.distributed.fsdp")
    for module in modules:
        if fsdp is not None and isinstance(module, fsdp.FSDPModule):
            module.reshard()


def _write_back(buffer: torch.Tensor, value: torch.Tensor) -> None:
    """Writes what a buffer was, if it changed: a write would spoil graphs that others hold, and that saved it."""
    if is_dtensor(buffer):
        buffer, value = local_tensor(buffer), local_tensor(value)
    with torch.inference_mode(buffer.is_inference()), torch.no_grad():
        if buffer.shape != value.shape:
            buffer.data = value
        elif not _is_same(buffer, value):
            buffer.copy_(value)


def _is_same(buffer: torch.Tensor, value: torch.Tensor) -> bool:
    try:
        return bool(torch.equal(buffer, value))
    except (RuntimeError, NotImplementedError):  # sparse tensors and others that PyTorch does not compare
        return False
