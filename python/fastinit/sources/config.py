"""Reads a Hugging Face config.json, which is untrusted JSON of a limited size."""

from __future__ import annotations

import json
import math
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fastinit.errors import RecipeError, show
from fastinit.recipes.material import DEFAULT_STD

if TYPE_CHECKING:
    from pathlib import Path

CONFIG_FILE = "config.json"
QUANTIZATION = "quantization_config"
MAX_CONFIG_BYTES = 16 * 2**20
_CONFIG = "config."  # in expressions, names of the configuration's numbers start with this
_SHORT_NAMES = {"width": "config.hidden_size", "heads": "config.num_attention_heads"}
_SPECIAL_FLOATS = {"Infinity": math.inf, "-Infinity": -math.inf, "NaN": math.nan}


@dataclass(frozen=True, slots=True)
class Config:
    """A configuration: its bytes, and the object that they describe."""

    content: bytes
    values: dict[str, Any]

    def table(self) -> dict[str, Any]:
        """Returns a copy that may be changed. Infinities and NaN, which JSON lacks, stay in transformers' form."""
        written: dict[str, Any] = json.loads(self.content)
        return written

    @property
    def std(self) -> float:
        """The model's `initializer_range`, or else the one of the text model inside it.

        Raises:
            RecipeError: It is not a standard deviation.
        """
        text = self.values.get("text_config")
        inner = text.get("initializer_range") if isinstance(text, dict) else None
        given = self.values.get("initializer_range", inner)
        if given is None:
            return DEFAULT_STD
        if (
            isinstance(given, bool)
            or not isinstance(given, (int, float))
            or not 0 <= given < 2**64
            or not math.isfinite(given)
        ):
            raise RecipeError(
                "the configuration's `initializer_range` must be a number of at least 0, such as 0.02, "
                f"got {show(given)}"
            )
        return float(given)


def number_of(config: object, name: str) -> float | None:
    """Returns the number in a configuration that a name in an expression stands for; None if there is no such number.

    Args:
        config: The configuration of a transformers model, whose attributes go by several names.
        name: `config.` and the path of an attribute, or `width` and `heads` for hidden_size and num_attention_heads.
            If a configuration of several models lacks the attribute, its text model's attribute is used.

    Example:
        >>> from types import SimpleNamespace
        >>> number_of(SimpleNamespace(hidden_size=64), "width")
        64.0
    """
    path = _SHORT_NAMES.get(name, name)
    if not path.startswith(_CONFIG):
        return None
    text = getattr(config, "get_text_config", None)
    for owner in (config, None if text is None else text()):
        found: Any = owner
        for attribute in path.removeprefix(_CONFIG).split("."):
            found = getattr(found, attribute, None)
        if isinstance(found, (int, float)) and not isinstance(found, bool) and math.isfinite(found):
            return float(found)
    return None


def special_float(table: dict[str, Any]) -> Any:
    """Decodes a number that JSON lacks, which transformers writes as {"__float__": "Infinity"}."""
    tag = table.get("__float__") if len(table) == 1 else None
    return _SPECIAL_FLOATS.get(tag, table) if isinstance(tag, str) else table


def read_config(path: Path) -> Config:
    """Reads a configuration.

    Raises:
        RecipeError: The file cannot be read, or is not a JSON object.
    """
    name = show(path.name)
    try:
        # Reading a pipe or a device may never end.
        if not stat.S_ISREG(path.stat().st_mode):
            content = None
        else:
            with path.open("rb") as file:
                content = file.read(MAX_CONFIG_BYTES + 1)
    except OSError as error:
        raise RecipeError(f"cannot read the configuration {name}: {error.strerror}") from None
    except ValueError as error:  # a NUL in the path
        raise RecipeError(f"cannot read the configuration {name}: {error}") from None
    if content is None:
        raise RecipeError(f"the configuration {name} is not a regular file")
    if len(content) > MAX_CONFIG_BYTES:
        raise RecipeError(f"the configuration {name} has more than the {MAX_CONFIG_BYTES} bytes that are possible")
    try:
        values = json.loads(content.decode(), object_hook=special_float)
    except RecursionError:
        raise RecipeError(f"{name} is not a configuration: its values are nested too deeply") from None
    except ValueError as error:  # of JSON, or of UTF-8
        raise RecipeError(f"{name} is not valid JSON: {error}") from None
    if not isinstance(values, dict):
        raise RecipeError(f"{name} is not a JSON object: {show(values)}")
    return Config(content, values)


def config_of(table: dict[str, Any]) -> Config:
    """Makes a configuration from a changed `Config.table`, written as transformers would write it."""
    content = (json.dumps(table, indent=2, sort_keys=True) + "\n").encode()
    return Config(content, json.loads(content, object_hook=special_float))


def without_quantization(config: Config) -> Config:
    """Leaves out each `quantization_config`, in inner configurations too; returns `config` itself if there is none."""
    table = config.table()
    todo: list[Any] = [table]
    found = False
    while todo:
        value = todo.pop()
        if isinstance(value, dict):
            found |= value.pop(QUANTIZATION, None) is not None
            todo += value.values()
        elif isinstance(value, list):
            todo += value
    return config_of(table) if found else config
