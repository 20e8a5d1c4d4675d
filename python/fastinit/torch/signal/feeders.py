"""Finds the input of each layer: the output of an activation function, or of something else."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import torch
from torch.overrides import TorchFunctionMode
from torch.utils.weak import WeakTensorKeyDictionary

from fastinit.gains import EXACT, gain
from fastinit.torch.signal.watch import tensors_in

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fastinit.torch.signal.layers import Layer

_INPUT = "input"
_LAYER = "layer"  # the calibration sets the variance of its output
# Functions that pass the values of their first argument on, perhaps in another place, form or type.
_PLACES = ("__getitem__", "chunk", "expand", "flatten", "movedim", "permute", "reshape", "select", "split", "squeeze")
_AXES = ("swapaxes", "swapdims", "t", "transpose", "unbind", "unflatten", "unsqueeze", "view", "view_as")
_FORMS = ("bfloat16", "clone", "contiguous", "detach", "double", "float", "half", "to", "type")
_DROPOUTS = ("alpha_dropout", "dropout", "dropout1d", "dropout2d", "dropout3d", "feature_alpha_dropout")
_HANDING_ON = frozenset((*_PLACES, *_AXES, *_FORMS, *_DROPOUTS))
_PRODUCTS = frozenset(("mul", "multiply"))
_GATED = frozenset(("glu",))  # it combines two halves of its input, so it is not a function of one number
_SPAN, _STEPS = 12.0, 240_001  # of the integral: its error is below 1e-9, or 1e-5 if the function jumps


class Feeder(NamedTuple):
    """The origin of a tensor.

    Attributes:
        name: The name of a function, such as "relu"; "input" for the model's input, "layer" for the output of a layer.
        gain: 1 / sqrt(E f(z)^2) of an activation function f; 1 for everything else.
    """

    name: str
    gain: float


class Feeders:
    """Finds the input of each layer at its first call, while a model runs in the `with` block.

    Attributes:
        found: The origins, by the names of weights.
    """

    def __init__(self, model: torch.nn.Module, layers: Sequence[Layer]) -> None:
        self.found: dict[str, Feeder] = {}
        self._model = model
        self._layers = layers
        self._made: Any = WeakTensorKeyDictionary()
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            for module in self._model.modules():
                feeder = _feeder_of(module)
                if feeder is not None:
                    stack.callback(module.register_forward_hook(self._made_by(feeder)).remove)
            for layer in self._layers:
                stack.callback(layer.module.register_forward_pre_hook(self._read_by(layer)).remove)
                stack.callback(layer.module.register_forward_hook(self._made_by(Feeder(_LAYER, 1.0))).remove)
            stack.enter_context(_Functions(self))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def _read_by(self, layer: Layer) -> Callable[..., None]:
        def hook(_module: torch.nn.Module, args: Any) -> None:
            read = next(iter(tensors_in(args)), None)
            if read is not None and layer.weight not in self.found:
                self.found[layer.weight] = self._made.get(read, Feeder(_INPUT, 1.0))

        return hook

    def _made_by(self, feeder: Feeder) -> Callable[..., None]:
        def hook(_module: torch.nn.Module, _args: Any, output: Any) -> None:
            self._mark(output, feeder)

        return hook

    def _mark(self, output: Any, feeder: Feeder) -> None:
        for tensor in tensors_in(output):
            self._made[tensor] = feeder

    def called_function(self, func: Any, args: Any, kwargs: Any, output: Any) -> None:
        """Marks the tensor that a function returned."""
        name = getattr(func, "__name__", "")
        name = name if name == "__getitem__" else name.strip("_")
        known = [self._made.get(tensor) for tensor in tensors_in(args)]
        if name in _HANDING_ON:
            feeder = known[0] if known else None
        elif name in _PRODUCTS:
            feeder = _gated(known)
        else:
            feeder = _function_of(name, func, args, kwargs)
        if feeder is not None:
            self._mark(output, feeder)


def _gated(factors: Sequence[Feeder | None]) -> Feeder | None:
    """The activation of a gated unit, such as silu(gate) * up, because the other factor has variance 1."""
    if len(factors) != 2 or _LAYER not in [factor and factor.name for factor in factors]:
        return Feeder("mul", 1.0)
    return next((factor for factor in factors if factor is not None and factor.name != _LAYER), Feeder("mul", 1.0))


def _gain(function: Callable[[torch.Tensor], torch.Tensor]) -> float:
    """The gain of a function as it is called, with a slope or bounds of its own: see `fastinit.gain`."""
    z = torch.linspace(-_SPAN, _SPAN, _STEPS, dtype=torch.float64)
    density = torch.exp(-z.square() / 2)
    square = (function(z.clone()).square() * density).sum() / density.sum()
    return float(square.rsqrt())


def _function_of(name: str, func: Any, args: Any, kwargs: Any) -> Feeder:
    """The name of a function, and its gain if it is an activation."""
    if name == "prelu":
        return Feeder(name, gain("leaky_relu", float(args[1].detach().float().mean())))
    if name not in EXACT or name in _GATED or EXACT[name] == 1.0:
        return Feeder(name, EXACT.get(name, 1.0))
    others = {key: value for key, value in kwargs.items() if key not in ("input", "out")}
    return Feeder(name, _gain(lambda z: func(z, *args[1:], **others)))


def _feeder_of(module: torch.nn.Module) -> Feeder | None:
    """The kind of a module whose code may have several steps: a norm, or an activation of transformers."""
    kind = type(module)
    if "norm" in kind.__name__.lower():
        return Feeder(kind.__name__, 1.0)
    activations = getattr(sys.modules.get("transformers.activations"), "ACT2CLS", {})
    classes = {made[0] if isinstance(made, tuple) else made: name for name, made in reversed(activations.items())}
    name = classes.get(kind)
    is_known = name in EXACT and next(module.parameters(), None) is None
    return Feeder(name, _gain(module.forward)) if name is not None and is_known else None


class _Functions(TorchFunctionMode):  # type: ignore[misc, no-untyped-call, unused-ignore]
    """Sees every function that is called with tensors."""

    def __init__(self, feeders: Feeders) -> None:
        super().__init__()
        self._feeders = feeders

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        output = func(*args, **(kwargs or {}))
        self._feeders.called_function(func, args, kwargs or {}, output)
        return output
