"""The remedies for missing packages that only some parts of fastinit need."""

from __future__ import annotations


def remedy(package: str, extra: str) -> str:
    """Returns the remedy for a missing package.

    Args:
        package: Its name on the package index.
        extra: The extra of fastinit that brings it.

    Example:
        >>> remedy("torch", "torch")
        'run `pip install torch`, or `pip install ".[torch]"` in a clone of fastinit'
    """
    return f'run `pip install {package}`, or `pip install ".[{extra}]"` in a clone of fastinit'


def explained(error: ModuleNotFoundError, name: str) -> ModuleNotFoundError:
    """Returns the error of an adapter whose framework is missing, with the remedy.

    Args:
        error: What importing the framework raised. Where another module is missing than the framework itself, such as
            a backend of Keras, that is returned as it is.
        name: Of the framework, and of its adapter.

    Example:
        >>> explained(ModuleNotFoundError("No module named 'torch'", name="torch"), "torch").name
        'torch'
    """
    if error.name != name:
        return error
    message = f"fastinit.{name} needs {name}, which is not installed; {remedy(name, name)}"
    return ModuleNotFoundError(message, name=name)
