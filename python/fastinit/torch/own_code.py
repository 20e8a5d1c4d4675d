"""Runs a model's own initialisation code on the meta device, and computes the values that it does not draw.

The recorder finds the distributions, which are then drawn by name; a DTensor gets only its local shard. Values that no
distribution explains (positions, slopes, decays) are computed by running the recorded operations again (see `tape`).
For a DTensor they run on a whole plain tensor, of which each process keeps its shard.
"""

from __future__ import annotations

import functools
import sys
from typing import TYPE_CHECKING, Any

import torch

from fastinit import checks
from fastinit.torch.left_out import left_out_initializers
from fastinit.torch.recorder import NEVER, Recorder
from fastinit.torch.sharding import is_dtensor
from fastinit.torch.state import replaced, twin_of
from fastinit.torch.tape import Tape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fastinit.recipes.rules import Call
    from fastinit.torch.state import Slot, Target

    Step = tuple[str, Callable[[], Any]]  # the name of a module, and a function that initialises it

DIFFERS = "set differently by the modules that share it"
_COPIED = "a copy"
_RESETS = ("reset_parameters", "_reset_parameters")


class OwnCode:
    """The code that initialises a model; implements `model.Code`.

    Args:
        model: The model. `reset_parameters` is called from inner to outer modules, in the order of constructors; then,
            in models of transformers, `_init_weights` is called for each module.
        initialize: A function that is called with the model instead.
    """

    def __init__(self, model: torch.nn.Module, initialize: Callable[[torch.nn.Module], Any] | None = None) -> None:
        self._model = model
        self._initialize = initialize

    def look(self, _targets: list[Target]) -> None:
        """Does nothing."""

    def knows(self, _target: Target) -> bool:
        """Returns False: this code does not set buffers that already have values."""
        return False

    def source(self, _name: str) -> str:
        """Returns what a report calls this code."""
        return "reset_parameters"

    def is_guess(self, _name: str) -> bool:
        """Tells whether other code may have set the tensor's present values."""
        return self._initialize is None

    def record(self, targets: list[Target]) -> tuple[dict[str, Call | str], dict[str, str]]:
        """Returns for each name the call that explains the tensor, or why none does; and for each copy its source."""
        recorder, found = self._on_meta(targets, None)
        calls = {slot: recorder.call(tensor) for slot, tensor in found.items()}
        tied = self._tied_names()
        by_name = {target.name: one_call(target, tied, calls) for target in targets}
        draws = {t.name: recorder.draws(found[slot]) for t in targets for slot in t.slots[:1]}
        for name, tensor in ((target.name, target.tensor) for target in targets):
            if tensor.is_complex() and draws[name]:  # PyTorch would draw it, and not from the seed
                rule = "have no random tensors of complex numbers"
                remedy = "build it by `fastinit.torch.build`, which draws them too"
                raise TypeError(checks.text("model", rule, f"{name}, {tensor.dtype}", remedy))
        return copies_in(draws, by_name)

    def compute(self, targets: list[Target], names: set[str], seed: int, device: Any) -> dict[str, torch.Tensor]:
        """Computes the tensors of these names with real values, on whole plain tensors apart from the model's own.

        A draw that fills a whole tensor has the tensor's name as its stream. Other draws have the name of the tensor
        that depends on them, and a number.
        """
        tape = Tape()
        recorder, found = self._on_meta(targets, tape)
        tensors = {target.name: _last_set(target, found, recorder) for target in targets}
        places = {target.name: place_of(target.tensor, device) for target in targets}
        return {
            name: value
            for place in set(map(str, places.values()))
            for name, value in tape.replay(
                tensors, sorted(name for name in names if str(places[name]) == place), seed, torch.device(place)
            ).items()
        }

    def _on_meta(self, targets: list[Target], tape: Tape | None) -> tuple[Recorder, dict[Slot, torch.Tensor]]:
        """Runs the code on the meta device, and returns the recorder and the tensor that each slot then holds."""
        twins = {slot: twin_of(t.tensor, "meta") for t in targets for slot in t.slots}
        recorder = Recorder(unset=twins.values(), tape=tape)
        recording = left_out_initializers(recorder, *initializer_tables())
        with replaced(twins):
            with torch.no_grad(), recording, recorder, torch.device("meta"):
                for name, step in self._steps():
                    _run(name, step)
            return recorder, {slot: slot.tensor.detach() for slot in twins}

    def _steps(self) -> Iterator[Step]:
        if self._initialize is not None:
            yield "", functools.partial(self._initialize, self._model)
            return
        modules = list(_inner_first(self._model))
        for name, module in modules:
            for method in _RESETS:
                is_there = hasattr(type(module), method) or method in vars(module)
                if is_there and callable(getattr(module, method)):
                    yield name, getattr(module, method)
        owners = self._pretrained()
        for name, module in modules:
            if module in owners:
                yield name, functools.partial(owners[module]._init_weights, module)

    def _pretrained(self) -> dict[torch.nn.Module, Any]:
        """Returns for each module in a model of transformers the innermost such model."""
        transformers = sys.modules.get("transformers")
        if transformers is None:
            return {}
        return {
            module: model
            for model in self._model.modules()  # outer ones first
            if isinstance(model, transformers.PreTrainedModel)
            for module in model.modules()
        }

    def _tied_names(self) -> set[str]:
        """Returns the names that transformers ties to another tensor; the other tensor's initialisation holds."""
        models = set(self._pretrained().values())
        return {
            f"{prefix}.{name}" if prefix else name
            for prefix, module in self._model.named_modules()
            if module in models
            for name in getattr(module, "all_tied_weights_keys", None) or ()
        }


def _last_set(target: Target, found: dict[Slot, torch.Tensor], recorder: Recorder) -> torch.Tensor:
    """Returns the tensor in the first slot of a target that the code sets."""
    slots = [slot for slot in target.slots if recorder.call(found[slot]) != NEVER]
    return found[(slots or target.slots)[0]]


def place_of(tensor: torch.Tensor, device: Any) -> Any:
    """Returns the device on which the values of a tensor are computed."""
    if is_dtensor(tensor):
        return tensor.device_mesh.device_type
    return device if tensor.is_meta else tensor.device


def copies_in(
    draws: dict[str, dict[int, bool]], calls: dict[str, Call | str]
) -> tuple[dict[str, Call | str], dict[str, str]]:
    """Returns the calls by name, where tensors that are copies of others are marked, and the sources of the copies."""
    copies = _copies(draws)
    return calls | dict.fromkeys(copies, _COPIED), copies


def _copies(draws: dict[str, dict[int, bool]]) -> dict[str, str]:
    """Returns the tensors that hold another tensor's draws, each with the name of that tensor.

    The name is empty if several tensors share a draw that was made for none of them.
    """
    holders: dict[int, list[str]] = {}
    origins: dict[int, str] = {}
    for name, found in draws.items():
        for number, is_own in found.items():
            holders.setdefault(number, []).append(name)
            if is_own:
                origins[number] = name
    return {
        name: origins.get(number, "")
        for number, names in holders.items()
        for name in names
        if len(names) > 1 and name != origins.get(number)
    }


def one_call(target: Target, tied: set[str], calls: dict[Slot, Call | str]) -> Call | str:
    """Returns the call that explains a tensor, which may be in several slots."""
    slots = [slot for slot in target.slots if slot.name not in tied] or target.slots
    found = {calls[slot] for slot in slots}
    if len(found) > 1:
        found.discard(NEVER)
    return found.pop() if len(found) == 1 else DIFFERS


def _run(name: str, step: Callable[[], Any]) -> None:
    try:
        step()
    except Exception as error:
        raise RuntimeError(
            f"the code of {name or 'the model'} failed on the meta device: {type(error).__name__}: {error}; build the "
            "model by `fastinit.torch.build`, which runs code that looks at values on the CPU, or give all of its "
            "tensors rules by `recipe`"
        ) from error


def initializer_tables() -> list[dict[str, Any]]:
    """Returns the table in which transformers keeps PyTorch's initializers, if it is imported."""
    module = sys.modules.get("transformers.initialization")
    return [] if module is None else [module.TORCH_INIT_FUNCTIONS]


def _inner_first(model: torch.nn.Module) -> Iterator[tuple[str, torch.nn.Module]]:
    seen: set[torch.nn.Module] = set()

    def walk(name: str, module: torch.nn.Module) -> Iterator[tuple[str, torch.nn.Module]]:
        if module not in seen:
            seen.add(module)
            for key, child in module.named_children():
                yield from walk(f"{name}.{key}" if name else key, child)
            yield name, module

    return walk("", model)
