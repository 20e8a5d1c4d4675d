"""Remembers what constructors did to tensors as long as their modules live, so that models can be drawn again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from fastinit.torch.own_code import place_of
from fastinit.torch.state import twin_of

if TYPE_CHECKING:
    import torch

    from fastinit.recipes.rules import Call
    from fastinit.torch.own_code import OwnCode
    from fastinit.torch.state import Target
    from fastinit.torch.tape import Tape

CONSTRUCTOR = "constructor"


@dataclass(frozen=True, slots=True, eq=False)
class Origin:
    """What a constructor did to a tensor.

    Attributes:
        call: The call that explains the tensor, or why none does.
        tensor: The tensor as it was built, on the meta device.
        source: The tensor that it is a copy of; None if it is no copy, or the source has no name.
        tape: The operations that compute the tensor, if no call explains it.
    """

    call: Call | str
    tensor: torch.Tensor
    source: torch.Tensor | None
    tape: Tape | None


# The keys are the module that holds a tensor, and the tensor's key there. A part of a model, or a model within a larger
# or wrapped one, therefore has its origins too, and a module that replaced another one has none.
_ORIGINS: WeakKeyDictionary[torch.nn.Module, dict[str, Origin]] = WeakKeyDictionary()


def remember(targets: list[Target], calls: dict[str, Call | str], copies: dict[str, str], tape: Tape | None) -> None:
    """Keeps what a constructor did to tensors, as long as their modules live.

    Args:
        targets: The tensors.
        calls: The calls that explain them, by name.
        copies: The names of the sources of copies.
        tape: The operations on them, if they are on the meta device.
    """
    tensors = {target.name: twin_of(target.tensor, "meta") if tape is None else target.tensor for target in targets}
    computed = [tensors[name] for name, call in calls.items() if isinstance(call, str)]
    needed = tape.part(computed, tensors.values()) if tape is not None and computed else None
    for target in targets:
        source = tensors.get(copies.get(target.name, ""))
        origin = Origin(calls[target.name], tensors[target.name], source, needed)
        for slot in target.slots:
            _ORIGINS.setdefault(slot.module, {})[slot.key] = origin


class Recalled:
    """What constructors did, or else the modules' own code, tensor by tensor; implements `model.Code`."""

    def __init__(self, own: OwnCode) -> None:
        self._own = own
        self._origins: dict[str, Origin] = {}

    def look(self, targets: list[Target]) -> None:
        """Finds what constructors did to the tensors of a model."""
        for target in targets:
            origin = _origin_of(target)
            if origin is not None:
                self._origins[target.name] = origin

    def knows(self, target: Target) -> bool:
        """Tells whether a constructor was recorded for a tensor."""
        return target.name in self._origins

    def source(self, name: str) -> str:
        """Returns what a report calls the code that sets a tensor."""
        return CONSTRUCTOR if name in self._origins else self._own.source(name)

    def is_guess(self, name: str) -> bool:
        """Tells whether other code may have set the tensor's present values."""
        return name not in self._origins

    def record(self, targets: list[Target]) -> tuple[dict[str, Call | str], dict[str, str]]:
        """Returns for each name the call that explains the tensor, or why none does; and for each copy its source."""
        is_all = all(map(self.knows, targets))
        calls, copies = ({}, {}) if is_all else self._own.record(targets)
        copies = {name: source for name, source in copies.items() if name not in self._origins}
        names = {id(origin.tensor): name for name, origin in self._origins.items()}
        for name, origin in self._origins.items():
            calls[name] = origin.call
            if origin.source is not None:
                copies[name] = names.get(id(origin.source), "")
        return calls, copies

    def compute(self, targets: list[Target], names: set[str], seed: int, device: Any) -> dict[str, torch.Tensor]:
        """Computes the tensors that no call explains."""
        others = names - self._origins.keys()
        values = self._own.compute(targets, others, seed, device) if others else {}
        built = {name: origin.tensor for name, origin in self._origins.items()}
        places = {target.name: place_of(target.tensor, device) for target in targets}
        for name in sorted(names - others):
            tape = self._origins[name].tape
            assert tape is not None
            values |= tape.replay(built, [name], seed, places[name])
        return values


def _origin_of(target: Target) -> Origin | None:
    """Returns what a constructor did to a tensor, if that was recorded and fits the tensor that is there now."""
    for slot in target.slots:
        origin = _ORIGINS.get(slot.module, {}).get(slot.key)
        if origin is None or origin.tensor.shape != target.tensor.shape:
            continue
        is_float = target.tensor.is_floating_point()
        if origin.tensor.is_floating_point() == is_float and (origin.tape or not isinstance(origin.call, str)):
            return origin
    return None
