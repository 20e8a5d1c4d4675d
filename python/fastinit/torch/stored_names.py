"""Finds the names under which checkpoints hold the tensors of a transformers model, and their parts of parameters.

transformers stores many models in another form than it builds them: experts that are fused in the module are stored one
by one, and prefixes differ. Its own conversion runs here on tensors without memory and without copies, so that each
stored tensor is a view of its parameter. If the view is a box of the parameter, perhaps with its axes in another order,
it can be drawn by itself.
"""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from fastinit.torch.recorder import storage_key
from fastinit.torch.state import is_left_out

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastinit.torch.state import Target


class Inset(NamedTuple):
    """A stored tensor that is a box of a parameter.

    Attributes:
        name: Its name in a checkpoint.
        axes: The parameter's axis for each axis of the stored tensor.
        starts: Where the box begins on each axis of the parameter.
        shape: The shape of the stored tensor. On every other axis of the parameter the box has size 1.
    """

    name: str
    axes: tuple[int, ...]
    starts: tuple[int, ...]
    shape: tuple[int, ...]


class Entry(NamedTuple):
    """A tensor of a checkpoint: a tensor of a model, or a part of one.

    Attributes:
        name: The name in the checkpoint.
        target: The model's tensor.
        inset: The part of it that is stored; None for all.
    """

    name: str
    target: Target
    inset: Inset | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the stored tensor."""
        return tuple(self.target.tensor.shape) if self.inset is None else self.inset.shape

    @property
    def own_name(self) -> str:
        """The name that the tensor has in the model."""
        return self.target.slots[0].name


def entries_of(model: torch.nn.Module, targets: Sequence[Target]) -> list[Entry]:
    """Returns the tensors of a model's checkpoint, and gives targets that are stored whole their names there.

    A tensor is one entry with its own name if boxes do not cover all of its elements, or if the model is not from
    transformers.
    """
    root = _pretrained(model)
    if root is None:
        return [Entry(target.name, target) for target in targets]
    tied = getattr(root, "all_tied_weights_keys", None) or {}
    for target in targets:
        target.name = next((slot.name for slot in target.slots if slot.name not in tied), target.name)
    insets = _insets_of(root, [target for target in targets if target.is_stored])
    entries = []
    for target in targets:
        found = insets.get(target.name, [])
        shape = tuple(target.tensor.shape)
        if sum(math.prod(inset.shape) for inset in found) != math.prod(shape):
            entries.append(Entry(target.name, target))
        elif len(found) == 1 and found[0].axes == tuple(range(len(shape))):
            target.name = found[0].name
            entries.append(Entry(target.name, target))
        else:
            entries += [Entry(inset.name, target, inset) for inset in found]
    return entries


def _pretrained(model: torch.nn.Module) -> Any:
    """Returns the model if it is from transformers, taken out of wrappers that names leave out; else None."""
    transformers = sys.modules.get("transformers")
    if transformers is None:
        return None
    for path, module in model.named_modules():
        if not is_left_out(model, path):
            return None
        if isinstance(module, transformers.PreTrainedModel):
            return module
    return None


def _insets_of(model: Any, targets: Sequence[Target]) -> dict[str, list[Inset]]:
    """Returns the parts of each tensor that are stored as boxes, by the tensor's name."""
    from transformers import core_model_loading

    state = {t.name: torch.empty(t.tensor.shape, dtype=t.tensor.dtype, device="meta") for t in targets}
    names = {storage_key(tensor): name for name, tensor in state.items()}
    try:
        with _WithoutCopies():
            stored = core_model_loading.revert_weight_conversion(model, dict(state))
    except Exception:  # noqa: BLE001 - transformers cannot store the model, for example after a user's changes
        return {}
    insets: dict[str, list[Inset]] = {}
    for name, tensor in stored.items():
        source = names.get(storage_key(tensor))
        inset = None if source is None else _inset(name, tensor, state[source])
        if source is not None and inset is not None:
            insets.setdefault(source, []).append(inset)
    return insets


class _WithoutCopies(TorchDispatchMode):  # type: ignore[misc, no-untyped-call, unused-ignore]
    """Returns a view wherever code asks for a copy in another layout."""

    def __torch_dispatch__(self, func: Any, _types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is torch.ops.aten.clone.default:
            return torch.ops.aten.alias.default(args[0])
        return func(*args, **(kwargs or {}))


def _inset(name: str, tensor: torch.Tensor, whole: torch.Tensor) -> Inset | None:
    """Returns the box that a view covers, or None if it is not a box."""
    strides = whole.stride()
    left = {axis: strides[axis] for axis in range(whole.ndim) if whole.shape[axis] > 1}
    axes = []
    for size, stride in zip(tensor.shape, tensor.stride(), strict=True):
        if size == 1:
            axes.append(-1)
            continue
        axis = next((axis for axis, own in left.items() if own == stride), None)
        if axis is None:
            return None
        axes.append(axis)
        del left[axis]
    free = [axis for axis in range(whole.ndim) if axis not in axes]
    for place, axis in enumerate(axes):
        if axis == -1:  # an axis of size 1 can be any axis that is not taken
            if not free:
                return None
            axes[place] = free.pop(0)
    starts, rest = [], tensor.storage_offset()
    for stride in strides:
        start, rest = divmod(rest, stride) if stride else (0, rest)
        starts.append(start)
    ends = {axis: starts[axis] + size for axis, size in zip(axes, tensor.shape, strict=True)}
    if rest or any(end > whole.shape[axis] for axis, end in ends.items()):
        return None
    return Inset(name, tuple(axes), tuple(starts), tuple(tensor.shape))
