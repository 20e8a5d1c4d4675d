"""Builds models whose parameters and buffers are drawn by name, from the distributions that constructors use."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING, Any

import torch

from fastinit import checks
from fastinit.sources.building import initialized_on_meta
from fastinit.torch.left_out import left_out_initializers
from fastinit.torch.model import draw_model, first_by_place, seed_of
from fastinit.torch.own_code import copies_in, initializer_tables
from fastinit.torch.recall import CONSTRUCTOR, remember
from fastinit.torch.recorder import Recorder
from fastinit.torch.tape import Tape, default_dtype

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fastinit.random import Seed
    from fastinit.recipes.rules import Call
    from fastinit.torch.model import Rules
    from fastinit.torch.state import Target


@first_by_place
def build(
    make: Callable[[], torch.nn.Module],
    *,
    seed: Seed = None,
    recipe: Rules | None = None,
    device: Any = None,
    dtype: torch.dtype | None = None,
    preset: str | None = None,
) -> torch.nn.Module:
    """Builds a model and draws every parameter and buffer by its qualified name, from its own distribution.

    `make` runs on the meta device, where tensors take no memory. It runs once, or twice if it imports transformers
    itself. fastinit records what the code, constructors included, does to each tensor: the last operation that sets
    the whole tensor gives its distribution. The tensor is then drawn by its name, as `init_model` does, so neither the
    order of modules nor devices change a value. If no distribution explains a tensor, such as the logarithm of
    positions, the operations that it depends on run again with real values.

    Code that looks at values cannot run on the meta device. It runs on the CPU, once, with memory for the whole model;
    values that it computes from its own draws then depend on the order of draws. PyTorch draws complex tensors, which
    fastinit's core does not know, from the seed and their names.

    Args:
        make: A function without arguments that returns a model, such as
            `lambda: timm.create_model("vit_base_patch16_224")`.
        seed: An int in [0, 2^64), a `fastinit.Generator` (only its seed is used), or None for the seed of the recipe
            or else one from PyTorch's default generator.
        recipe: Rules, a recipe or its path; the rules come before the model's own code. See `init_model`.
        device: Where the model is made; None for PyTorch's default device.
        dtype: The default floating type while `make` runs; None for PyTorch's default.
        preset: The name of a preset, such as "megatron", or of an initializer for all weights. See `init_model`.

    Raises:
        RecipeError: A rule is not valid or does not fit its tensor. This is a ValueError.
        ValueError: Nothing sets a tensor, or `init_model` would raise it.
        TypeError: `make` is not a function, or does not return a module.

    Example:
        >>> class Scaled(torch.nn.Module):
        ...     def __init__(self):
        ...         super().__init__()
        ...         self.weight = torch.nn.Parameter(torch.randn(64, 16) * 0.02)
        ...         self.decay = torch.nn.Parameter(torch.arange(1.0, 5.0).log())
        >>> model = build(Scaled, seed=7)
        >>> import fastinit
        >>> weight = fastinit.normal((64, 16), std=0.02, seed=7, stream="weight")
        >>> bool((model.weight.detach().numpy() == weight).all())
        True
        >>> [round(x, 3) for x in model.decay.tolist()]
        [0.0, 0.693, 1.099, 1.386]
    """
    given: Any = make
    if not callable(given) or isinstance(given, torch.nn.Module):
        rule = "be a function without arguments that makes a model"
        remedy = "pass one such as `lambda: Model(config)`, or give a model that exists to `init_model`"
        raise TypeError(checks.text("make", rule, type(given).__name__, remedy))
    number, recipe = seed_of(seed, recipe)
    with default_dtype(dtype):
        try:
            knew = "transformers" in sys.modules
            model, code = _on_meta(make)
            if not knew and "transformers" in sys.modules:  # its functions were not recorded in the first run
                model, code = _on_meta(make)
        except Exception as error:
            if not isinstance(error, RuntimeError) and not _is_of_meta(error):
                raise
            # The code looks at values, so it runs on the CPU.
            code = _Construction(None)
            with code.recording(), torch.random.fork_rng(), torch.device("cpu"):
                torch.manual_seed(number)
                try:
                    model = make()
                except RuntimeError:
                    if _is_of_meta(error):
                        raise
                    raise error from None  # the first error is the cause, and the second is the same or follows from it
    if not isinstance(model, torch.nn.Module):
        rule = "return a torch.nn.Module"
        raise TypeError(checks.text("make", rule, type(model).__name__, "build one model at a time"))
    model = draw_model(model, code, number, recipe, device, preset)
    if not code.is_on_meta:
        model = model.to(device or torch.get_default_device())
    return model


def _is_of_meta(error: Exception) -> bool:
    """Tells whether PyTorch's error is about values on the meta device. There is no error class for it."""
    return " meta " in f"{error} "


def _place_of(error: BaseException) -> str:
    """Returns the method of the innermost module in which an error was raised, and the line."""
    place, trace = "its own code", error.__traceback__
    while trace is not None:
        frame = trace.tb_frame
        owner = frame.f_locals.get(next(iter(frame.f_code.co_varnames), ""))
        if isinstance(owner, torch.nn.Module):
            place = f"{type(owner).__qualname__}.{frame.f_code.co_name}, line {trace.tb_lineno}"
        trace = trace.tb_next
    return place


def _on_meta(make: Callable[[], torch.nn.Module]) -> tuple[torch.nn.Module, _Construction]:
    code = _Construction(Tape())
    with code.recording(), torch.device("meta"):
        return make(), code


@contextlib.contextmanager
def by_name(
    seed: Seed = None, *, recipe: Rules | None = None, device: Any = None, preset: str | None = None
) -> Iterator[None]:
    """Initialises the models that a `with` block builds by name, when the block ends, as `build` does.

    Within the block all tensors are on the meta device. At its end each module that no other module contains counts as
    a model, and gets memory and values.

    Args:
        seed: An int in [0, 2^64), a `fastinit.Generator` (only its seed is used), or None for the seed of the recipe
            or else one from PyTorch's default generator.
        recipe: Rules, a recipe or its path, for each of the models. See `init_model`.
        device: Where the models are made; None for PyTorch's default device.
        preset: The name of a preset, such as "megatron", or of an initializer for all weights. See `init_model`.

    Raises:
        RecipeError: A rule is not valid or does not fit its tensor. This is a ValueError.
        ValueError: Nothing sets a tensor, or `init_model` would raise it.
        RuntimeError: The code in the block looked at values, which tensors get only when the block ends.

    Example:
        >>> with by_name(seed=0):
        ...     model = torch.nn.Linear(3, 4)
        >>> same = build(lambda: torch.nn.Linear(3, 4), seed=0)
        >>> bool((model.weight == same.weight).all())
        True
    """
    number, recipe = seed_of(seed, recipe)
    code = _Construction(Tape())
    with _made_modules() as modules, code.recording(), torch.device("meta"):
        try:
            yield
        except Exception as error:
            if not _is_of_meta(error):
                raise
            raise RuntimeError(
                "the code within `by_name` looked at values, which tensors get only when the block ends: "
                f"{type(error).__name__} in {_place_of(error)} ({error}); pass the code as a function to "
                "`fastinit.torch.build`, which runs such code on the CPU"
            ) from error
    inner = {id(part) for module in modules for part in module.children()}
    for module in modules:
        if id(module) not in inner and any(True for _ in (*module.parameters(), *module.buffers())):
            draw_model(module, code, number, recipe, device, preset)


class _Construction:
    """What constructors did to the tensors of a model; implements `model.Code`. Without a tape the tensors are real."""

    def __init__(self, tape: Tape | None) -> None:
        self.is_on_meta = tape is not None
        self._recorder = Recorder(tape=tape)
        self._tape = tape
        self._calls: dict[str, Call | str] = {}
        self._copies: dict[str, str] = {}

    @contextlib.contextmanager
    def recording(self) -> Iterator[None]:
        with contextlib.ExitStack() as stack:
            if "transformers" in sys.modules:  # it initialises nothing on the meta device by default
                stack.enter_context(initialized_on_meta())
            stack.enter_context(left_out_initializers(self._recorder, *initializer_tables()))
            stack.enter_context(self._recorder)
            yield

    def look(self, targets: list[Target]) -> None:
        """Finds what was done to the tensors of a model, and remembers it as long as the model lives."""
        recorder = self._recorder
        calls = {target.name: recorder.call(target.tensor) for target in targets}
        draws = {target.name: recorder.draws(target.tensor) for target in targets}
        self._calls, self._copies = copies_in(draws, calls)
        remember(targets, self._calls, self._copies, self._tape)

    def knows(self, _target: Target) -> bool:
        return True

    def source(self, _name: str) -> str:
        return CONSTRUCTOR

    def is_guess(self, _name: str) -> bool:
        return False

    def record(self, _targets: list[Target]) -> tuple[dict[str, Call | str], dict[str, str]]:
        return self._calls, self._copies

    def compute(self, targets: list[Target], names: set[str], seed: int, device: Any) -> dict[str, torch.Tensor]:
        tensors = {target.name: target.tensor for target in targets}
        if self._tape is None:
            return {name: tensors[name].detach().clone() for name in names}
        return self._tape.replay(tensors, sorted(names), seed, device)


@contextlib.contextmanager
def _made_modules() -> Iterator[list[torch.nn.Module]]:
    """Collects the modules that are made in a `with` block."""
    made: list[torch.nn.Module] = []
    own = torch.nn.Module.__init__

    def noted(self: torch.nn.Module, *args: Any, **kwargs: Any) -> None:
        made.append(self)
        own(self, *args, **kwargs)

    torch.nn.Module.__init__ = noted  # type: ignore[method-assign, unused-ignore]
    try:
        yield made
    finally:
        torch.nn.Module.__init__ = own  # type: ignore[method-assign, unused-ignore]
