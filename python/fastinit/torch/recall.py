"""What constructors were recorded to do to modules that live, so that their models can be drawn anew."""

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
        call: What explains it, or why nothing does.
        tensor: As it was built, on the meta device.
        source: The tensor of which it is a copy; None of none, or of one without a name.
        tape: What computes it, if anything must.
    """

    call: Call | str
    tensor: torch.Tensor
    source: torch.Tensor | None
    tape: Tape | None


# By the module in which a tensor hangs, and its key there: so a part of a model, a model in a larger or a wrapped one
# has its origins too, and a module that took the place of another has none.
_ORIGINS: WeakKeyDictionary[torch.nn.Module, dict[str, Origin]] = WeakKeyDictionary()


def remember(targets: list[Target], calls: dict[str, Call | str], copies: dict[str, str], tape: Tape | None) -> None:
    """Keeps what a constructor did to tensors, as long as their modules live.

    Args:
        targets: The tensors.
        calls: What explains them.
        copies: The sources of those that are copies.
        tape: What happened to them, if they are on the meta device.
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
    """What constructors did, as `model.Code`; of tensors that it does not explain, the modules' own code."""

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
        """Whether a constructor says what is in a tensor."""
        return target.name in self._origins

    def source(self, name: str) -> str:
        """Which code says it."""
        return CONSTRUCTOR if name in self._origins else self._own.source(name)

    def is_guess(self, name: str) -> bool:
        """Whether other code may have set the values in the end."""
        return name not in self._origins

    def record(self, targets: list[Target]) -> tuple[dict[str, Call | str], dict[str, str]]:
        """Returns, by name, the call that explains each tensor, or why none does; and of copies the source."""
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
    """What a constructor did to a tensor, if it was recorded, and can be done to what hangs there now."""
    for slot in target.slots:
        origin = _ORIGINS.get(slot.module, {}).get(slot.key)
        if origin is None or origin.tensor.shape != target.tensor.shape:
            continue
        is_float = target.tensor.is_floating_point()
        if origin.tensor.is_floating_point() == is_float and (origin.tape or not isinstance(origin.call, str)):
            return origin
    return None
