"""Libraries that an option needs. They are loaded before the work, so that a missing one is reported first."""

from __future__ import annotations

from importlib import import_module

from fastinit.cli.output import spinner
from fastinit.errors import CheckpointError
from fastinit.extras import remedy

_ALSO = {"transformers": ("torch",)}  # transformers needs torch too


def need_picture(path: str, is_quiet: bool) -> None:
    """Looks at the path of a picture before the work for it.

    Raises:
        CheckpointError: matplotlib is missing, or cannot be loaded.
        PictureError: No picture can be written there.
    """
    need("matplotlib", "--plot", "plot", is_quiet)
    from fastinit.pictures import format_of

    format_of(path)


def need(module: str, option: str, extra: str, is_quiet: bool) -> None:
    """Loads a library, and shows a spinner until it is loaded.

    Raises:
        CheckpointError: It is missing, or cannot be loaded.
    """
    for name in (*_ALSO.get(module, ()), module):
        try:
            with spinner(f"loading {name}", is_quiet):
                import_module(name)
        except Exception as error:  # noqa: BLE001 - whatever the library's own code raises
            is_absent = isinstance(error, ModuleNotFoundError) and error.name == name
            what = "is not installed" if is_absent else f"cannot be loaded ({error})"
            cure = remedy(name, extra) if isinstance(error, ImportError) else f"see that `import {name}` works"
            raise CheckpointError(f"{option} needs {name}, which {what}; {cure}") from None
