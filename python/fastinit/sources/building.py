"""The surroundings in which transformers builds a model: silence, no network, limits, the meta device."""

from __future__ import annotations

import os
import time
import warnings
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from fastinit.errors import RecipeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SILENT = 100  # above all of logging's levels


@contextmanager
def quiet_and_offline() -> Iterator[None]:
    """Stops transformers from printing and from using the network, and restores its settings afterwards."""
    names = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict.fromkeys(names, "1"))
    with ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        try:
            from huggingface_hub import constants
            from transformers.utils import logging
        except ImportError:
            pass  # the caller raises
        else:
            offline, verbosity = constants.HF_HUB_OFFLINE, logging.get_verbosity()
            stack.callback(setattr, constants, "HF_HUB_OFFLINE", offline)
            stack.callback(logging.set_verbosity, verbosity)
            constants.HF_HUB_OFFLINE = True
            logging.set_verbosity(_SILENT)
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value


@contextmanager
def initialized_on_meta() -> Iterator[None]:
    """Lets constructors initialise their weights on the meta device too, where transformers skips it.

    Initialising them later would be wrong: tied weights are one tensor by then, which would keep its last
    initializer, whereas on other devices it keeps its first.
    """
    from transformers import modeling_utils

    name = "get_torch_context_manager_or_global_device"
    original = getattr(modeling_utils, name)
    setattr(modeling_utils, name, lambda: None)
    try:
        yield
    finally:
        setattr(modeling_utils, name, original)


@contextmanager
def at_most(tensors: int, seconds: float) -> Iterator[None]:
    """Stops with an error if the model that is being built gets too many tensors or modules, or takes too long."""
    from torch.nn.modules import module as hooks

    end = time.monotonic() + seconds
    left = {"tensors": tensors, "modules": tensors}

    def counts(what: str) -> Callable[..., None]:
        def registered(*_: Any) -> None:
            left[what] -= 1
            if left[what] < 0:
                raise RecipeError(f"the model has more {what} than the {tensors} that are possible")
            if time.monotonic() > end:
                raise RecipeError(f"the model was not built within {seconds:g} seconds")

        return registered

    handles = (
        hooks.register_module_parameter_registration_hook(counts("tensors")),
        hooks.register_module_buffer_registration_hook(counts("tensors")),
        hooks.register_module_module_registration_hook(counts("modules")),
    )
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
