"""Libraries that an option needs. They are loaded before the work, so that a missing one is reported first."""

from __future__ import annotations

from importlib import import_module

from fastinit.cli.output import spinner
from fastinit.errors import CheckpointError
from fastinit.extras import remedy

_ALSO = {"transformers": ("torch",)}  # transformers needs torch too


def need(module: str, option: str, extra: str, is_quiet: bool) -> None:
    """Loads a library, and shows a spinner until it is loaded.

    Raises:
        CheckpointError: It is missing, or cannot be loaded.
    """
    for name in (*_ALSO.get(module, ()), module):
        try:
            with spinner(f"loading {name}", is_quiet):
                import_module(name)
        except ImportError as error:
            is_absent = isinstance(error, ModuleNotFoundError) and error.name == name
            what = "is not installed" if is_absent else f"cannot be loaded ({error})"
            raise CheckpointError(f"{option} needs {name}, which {what}; {remedy(name, extra)}") from None
