"""What a model's own code makes of its tensors: recorded on the meta device, or computed for real.

Recorded are the distributions; they are then drawn by name, and of a DTensor just the local shard. What no
distribution explains (positions, slopes, decays) is computed by doing again what the code did to that tensor (see
`tape`), of a DTensor on a whole plain one, of which each process keeps its shard.
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

    Step = tuple[str, Callable[[], Any]]  # the module that it is about, what it does

DIFFERS = "set differently by the modules that share it"
_COPIED = "a copy"
_RESETS = ("reset_parameters", "_reset_parameters")


class OwnCode:
    """The code of a model that initialises it.

    Args:
        model: Its modules' `reset_parameters` are called from the inner to the outer ones, as constructors
            do; then, of models of transformers, `_init_weights` for each module.
        initialize: Called with the model instead.
    """

    def __init__(self, model: torch.nn.Module, initialize: Callable[[torch.nn.Module], Any] | None = None) -> None:
        self._model = model
        self._initialize = initialize

    def look(self, _targets: list[Target]) -> None:
        """Does not need to."""

    def knows(self, _target: Target) -> bool:
        """Nothing of buffers that have values: see `model.Code`."""
        return False

    def source(self, _name: str) -> str:
        """Which code says it."""
        return "reset_parameters"

    def is_guess(self, _name: str) -> bool:
        """Whether other code may have set the values in the end."""
        return self._initialize is None

    def record(self, targets: list[Target]) -> tuple[dict[str, Call | str], dict[str, str]]:
        """Returns, by name, the call that explains each tensor, or why none does; and of copies the source."""
        recorder, found = self._on_meta(targets, None)
        calls = {slot: recorder.call(tensor) for slot, tensor in found.items()}
        tied = self._tied_names()
        by_name = {target.name: one_call(target, tied, calls) for target in targets}
        draws = {t.name: recorder.draws(found[slot]) for t in targets for slot in t.slots[:1]}
        for name, tensor in ((target.name, target.tensor) for target in targets):
            if tensor.is_complex() and draws[name]:  # drawn by PyTorch, and not from the seed
                rule = "have no random tensors of complex numbers"
                remedy = "build it by `fastinit.torch.build`, which draws them too"
                raise TypeError(checks.text("model", rule, f"{name}, {tensor.dtype}", remedy))
        return copies_in(draws, by_name)

    def compute(self, targets: list[Target], names: set[str], seed: int, device: Any) -> dict[str, torch.Tensor]:
        """Computes the tensors of these names for real, on whole plain ones beside the model's own.

        Draws on the whole of a tensor have its name as their stream; others have the name of what depends on them
        and a number.
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
        """Runs the code without memory, and returns what recorded it and what then hangs in each slot."""
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
        """Each module inside a model of transformers: the innermost one that it is in."""
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
        """What transformers ties to another tensor, whose initialisation stays."""
        models = set(self._pretrained().values())
        return {
            f"{prefix}.{name}" if prefix else name
            for prefix, module in self._model.named_modules()
            if module in models
            for name in getattr(module, "all_tied_weights_keys", None) or ()
        }


def _last_set(target: Target, found: dict[Slot, torch.Tensor], recorder: Recorder) -> torch.Tensor:
    """What hangs in that slot of a tensor which the code sets."""
    slots = [slot for slot in target.slots if recorder.call(found[slot]) != NEVER]
    return found[(slots or target.slots)[0]]


def place_of(tensor: torch.Tensor, device: Any) -> Any:
    """Where a whole plain tensor in place of this one is computed."""
    if is_dtensor(tensor):
        return tensor.device_mesh.device_type
    return device if tensor.is_meta else tensor.device


def copies_in(
    draws: dict[str, dict[int, bool]], calls: dict[str, Call | str]
) -> tuple[dict[str, Call | str], dict[str, str]]:
    """Returns the calls by name, with those of copies of other tensors marked, and the sources of copies."""
    copies = _copies(draws)
    return calls | dict.fromkeys(copies, _COPIED), copies


def _copies(draws: dict[str, dict[int, bool]]) -> dict[str, str]:
    """The tensors that hold draws of others, each with one of those; empty where several share a draw of none."""
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
    """What explains a tensor that may hang in several slots."""
    slots = [slot for slot in target.slots if slot.name not in tied] or target.slots
    found = {calls[slot] for slot in slots}
    if len(found) > 1:
        found.discard(NEVER)
    return found.pop() if len(found) == 1 else DIFFERS


def _run(name: str, step: Callable[[], Any]) -> None:
    try:
        step()
    except Exception as error:
        kind = type(error).__name__
        rule = f"have code for {name or 'the model'} that initialises any device ({error})"
        remedy = (
            "build it by `fastinit.torch.build`, which runs code that looks at values on the CPU, or give all of its "
            "tensors rules by `recipe`"
        )
        raise RuntimeError(checks.text("model", rule, kind, remedy)) from error


def initializer_tables() -> list[dict[str, Any]]:
    """Where transformers keeps PyTorch's initializers besides."""
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
