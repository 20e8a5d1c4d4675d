"""Changes that a user makes to a configuration: other values for its keys, and no quantisation.

A user may set the keys of the file, and the keys that the configuration's class in transformers takes, by any of their
names. These are read from the class's signature; nothing is built, so a change may correct what transformers rejects.
"""

from __future__ import annotations

import copy
import difflib
import inspect
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fastinit.errors import RecipeError, show
from fastinit.sources.config import CONFIG_FILE, Config, config_of, special_float

if TYPE_CHECKING:
    from collections.abc import Iterator

_LEGACY = {"torch_dtype": "dtype", "rope_scaling": "rope_parameters"}  # old names that no class translates
_LABELS = ("id2label", "label2id")
_COUNT = inspect.Parameter("num_labels", inspect.Parameter.KEYWORD_ONLY, default=2, annotation=int)
_LAYERS = "num_hidden_layers"
_LISTS_OF_LAYERS = ("layer_types", "mlp_layer_types", "layers_block_type")  # lists with one entry for each layer
_SUGGESTED = 3
_WIDTHS = ("hidden_size", "n_embd", "d_model")
_INNER_WIDTHS = (  # sizes that grow with the width
    *("intermediate_size", "moe_intermediate_size", "shared_expert_intermediate_size", "n_inner", "ffn_dim", "d_ff"),
    *("encoder_ffn_dim", "decoder_ffn_dim", "head_dim", "d_kv"),
)
_VARYING = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
_KINDS = {bool: "true or false", int: "a number", float: "a number", str: "text", list: "a list", dict: "a table"}
_KINDS_OF_WORDS = {kind.__name__: text for kind, text in _KINDS.items()} | {"tuple": _KINDS[list]}


@dataclass(frozen=True, slots=True)
class Changes:
    """What to change in a configuration before its model is built.

    Attributes:
        overrides: Key -> value. A key of an inner configuration is dotted: "text_config.hidden_size".
        unquantized: Whether to leave each `quantization_config` out.
    """

    overrides: Mapping[str, Any] = field(default_factory=dict)
    unquantized: bool = False


NO_CHANGES = Changes()


def read_changes(overrides: object, unquantized: object) -> Changes:
    """Checks a user's changes, which may be values of any kind, and returns them.

    Raises:
        RecipeError: The values do not describe changes.
    """
    if not isinstance(overrides, Mapping) or not all(isinstance(key, str) for key in overrides):
        raise RecipeError(
            "the values to set must be a table of a configuration's keys, such as { hidden_size = 64 }, "
            f"got {show(overrides)}"
        )
    if not isinstance(unquantized, bool):
        raise RecipeError(f"`unquantized` must be true or false, got {show(unquantized)}")
    return Changes(overrides, unquantized)


def of_width(config: Config, width: int, others: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the keys to set for a model of another width: its hidden size, and the inner sizes that the file gives.

    The numbers of heads do not change, so the heads get another width.

    Args:
        config: The model's configuration, which names its width `hidden_size`, `n_embd` or `d_model`.
        width: The new hidden size.
        others: The other keys to set, which replace the file's values.

    Raises:
        RecipeError: The file gives no width.

    Example:
        >>> of_width(config_of({"hidden_size": 64, "intermediate_size": 256, "vocab_size": 100}), 32, {})
        {'hidden_size': 32, 'intermediate_size': 128}
    """
    values = {**config.values, **others}
    own = [key for key in _WIDTHS if isinstance(values.get(key), int)]
    if not own:
        rule = f"{CONFIG_FILE} must give its width as one of {', '.join(_WIDTHS)}"
        raise RecipeError(f"{rule}, got {show(sorted(values))}")
    base = values[own[0]]
    inner = {key: values[key] for key in _INNER_WIDTHS if isinstance(values.get(key), int)}
    return {own[0]: width, **{key: max(size * width // base, 1) for key, size in inner.items()}}


def overridden(config: Config, overrides: Mapping[str, Any], known: Mapping[str, Any]) -> Config:
    """Sets keys of a configuration; returns `config` itself if there are none to set.

    Args:
        config: The configuration to change. An unknown type is not changed, because building it raises an error.
        overrides: Key -> value, as in `Changes`. A table sets keys of an inner configuration; it replaces a value that
            is not a configuration, such as `rope_parameters`.
        known: transformers' classes: `model_type` -> class.

    Raises:
        RecipeError: The configuration has no such key, or its values are of another kind.
    """
    model_type = config.values["model_type"]
    if not overrides or model_type not in known:
        return config
    table = config.table()
    top = _Part(table, known[model_type], "", known)
    for key, value in overrides.items():
        top.set(key, _as_json(key, value))
    return config_of(table)


def check_taken(old: Any, new: Any, overrides: Mapping[str, Any], prefix: str = "") -> None:
    """Checks that transformers keeps the values that were set: it computes some keys from other keys.

    Args:
        old: transformers' configuration before.
        new: The same after the values were set.
        overrides: The values that were set.
        prefix: The configuration's name in messages, such as "text_config.".

    Raises:
        RecipeError: A value that was set has no effect.
    """
    for key, value in overrides.items():
        *path, last = key.split(".")
        was, part = old, new
        for name in path:
            was, part = getattr(was, name, None), getattr(part, name, None)
        before, found = getattr(was, last, None), getattr(part, last, value)
        if isinstance(value, Mapping):
            check_taken(before, found, value, f"{prefix}{key}.")
        elif value is not None and _is_scalar(value) and _is_scalar(found) and value != found == before:
            raise RecipeError(
                f"setting `{prefix}{key}` to {show(value)} has no effect: {type(part).__name__} computes it from "
                f"other keys and gets {show(found)}; set those keys"
            )


def _is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, (bool, int, float, str))


def _as_json(key: str, value: Any) -> Any:
    try:
        return json.loads(json.dumps(value))
    except (TypeError, ValueError, RecursionError):
        kinds = ", ".join(dict.fromkeys(_KINDS.values()))
        raise RecipeError(f"`{key}` must be a value that JSON can hold ({kinds} or null), got {show(value)}") from None


class _Part:
    """A configuration, an inner configuration, or a table whose keys no class knows.

    Args:
        table: The file's entries, which `set` changes.
        kind: The configuration's class; None for a table.
        prefix: The name in messages, such as "text_config.".
        known: transformers' classes: `model_type` -> class.
    """

    def __init__(self, table: dict[str, Any], kind: Any, prefix: str, known: Mapping[str, Any]) -> None:
        self.table, self._kind, self._prefix, self._known = table, kind, prefix, known
        parameters = {} if kind is None else inspect.signature(kind).parameters
        self._parameters = {name: each for name, each in parameters.items() if each.kind not in _VARYING}
        if _LABELS[0] in self._parameters:
            self._parameters.setdefault(_COUNT.name, _COUNT)

    def set(self, key: str, value: Any) -> None:
        """Sets a key, which may be dotted."""
        name, dot, rest = key.partition(".")
        if name == "model_type":
            raise RecipeError(
                f"cannot set `{self._prefix}model_type` to {show(value)}: it decides which keys there are; "
                "write it into a copy of the file"
            )
        own = self._own_name(name, key)
        inside = {rest: value} if dot else value if own in self._classes() and isinstance(value, dict) else None
        if inside is None:
            self.table[own] = self._fitting(own, value)
            self._fit_lists(name, own, value)
            return
        part = self._inner(own)
        for inner_key, inner_value in inside.items():
            part.set(inner_key, inner_value)
        self.table[own] = part.table

    def _fit_lists(self, name: str, own: str, value: Any) -> None:
        """Makes lists fit a number that was set; otherwise transformers would raise an error or ignore the number."""
        for labels in _LABELS if own == _COUNT.name else ():  # drops the old number's; transformers makes new ones
            self.table.pop(labels, None)
        aliases = getattr(self._kind, "attribute_map", {})
        if _LAYERS in (name, own) or aliases.get(_LAYERS) == own:
            for key in _LISTS_OF_LAYERS:
                if isinstance(self.table.get(key), list) and isinstance(value, int):
                    self.table[key] = self.table[key][:value]

    def names(self) -> Iterator[str]:
        """All keys. Keys of inner configurations are dotted."""
        for name in dict.fromkeys((*self._parameters, *self.table, *getattr(self._kind, "attribute_map", ()))):
            given = self.table.get(name) or ({} if name in self._classes() else None)
            if isinstance(given, dict) and name not in _LABELS:
                yield from self._inner(name).names()
            yield self._prefix + name

    def _own_name(self, name: str, key: str) -> str:
        """Returns the name under which to set a key. A value that the file has under another name of it moves there."""
        aliases = _LEGACY | getattr(self._kind, "attribute_map", {})
        target = aliases.get(name, name)
        names: tuple[str, ...] = (name, target, *(alias for alias, meant in aliases.items() if meant == target))
        found = [n for n in names if n in self._parameters] or [n for n in names if n in self.table]
        if not found:
            raise RecipeError(self._unknown(key))
        for other in {*names} - {found[0]}:
            if other in self.table:
                self.table.setdefault(found[0], self.table.pop(other))
        return found[0]

    def _unknown(self, key: str) -> str:
        given = f"cannot set {show(self._prefix + key)}"
        if self._kind is None:
            owner, has = self._prefix.removesuffix("."), ", ".join(map(show, self.table)) or "nothing"
            return f"{given}: `{owner}` has {has} inside; to add keys, set `{owner}` whole"
        names = list(self.names())
        word, words = key.rpartition(".")[2], dict.fromkeys(name.rpartition(".")[2] for name in names)
        close = [word] if word in words else difflib.get_close_matches(word, words, _SUGGESTED)
        meant = [show(name) for word in close for name in names if name.rpartition(".")[2] == word][:_SUGGESTED]
        remedy = f"did you mean {' or '.join(meant)}?" if meant else f"see help(transformers.{self._kind.__name__})"
        return f"{given}: neither {self._kind.__name__} nor the file has this key; {remedy}"

    def _classes(self) -> Mapping[str, Any]:
        """The inner configurations: key -> class, or a class that stands for any class."""
        found: Mapping[str, Any] = getattr(self._kind, "sub_configs", {})
        return found

    def _inner(self, name: str) -> _Part:
        parameter = self._parameters.get(name)
        table = self.table.get(name, None if parameter is None else parameter.default)
        if table is not None and _kind(table) not in (None, _KINDS[dict]):
            raise RecipeError(f"`{self._prefix}{name}` must be a table to have keys inside, got {show(table)}")
        kind, default = self._classes().get(name), getattr(self._kind, "sub_configs_defaults", {}).get(name)
        model_type = getattr(default, "model_type", None)
        if not isinstance(table, dict):  # transformers uses its default only if the file has no value
            table = copy.deepcopy(getattr(default, "init_kwargs", {}))
            if model_type:
                table["model_type"] = model_type
        if kind is not None and not hasattr(kind, "model_type"):  # AutoConfig, which stands for any class
            named: Any = table.get("model_type", model_type)
            # transformers' own mapping imports a class when it is indexed; its `get` finds nothing.
            kind = self._known[named] if named in self._known else None  # noqa: SIM401
        return _Part(table, kind, f"{self._prefix}{name}.", self._known)

    def _fitting(self, name: str, value: Any) -> Any:
        """Checks that a value has the kind that transformers declares for the key, or the present value's kind."""
        parameter = self._parameters.get(name)
        default = None if parameter is None else parameter.default
        present = self.table.get(name, default)
        words = set() if parameter is None else _words(parameter.annotation)
        kinds = {_KINDS_OF_WORDS[word] for word in words}
        if (kind := _kind(present)) is not None:
            kinds.add(kind)
        if value is not None and kinds and _kind(value) not in kinds:
            shown = "" if kind is None else f", as {json.dumps(present, default=str)[:80]} is"
            raise RecipeError(f"`{self._prefix}{name}` must be {' or '.join(sorted(kinds))}{shown}, got {show(value)}")
        is_float = "float" in words if words else isinstance(present, float)
        return float(value) if is_float and "int" not in words and type(value) is int else value


def _words(annotation: Any) -> set[str]:
    """The words for kinds in an annotation. Words in brackets are left out: the items of a list are not checked."""
    text, shorter = "", str(annotation)
    while text != shorter:
        text, shorter = shorter, re.sub(r"\[[^\[\]]*\]", "", shorter)
    return set(re.findall(r"\w+", text)) & _KINDS_OF_WORDS.keys()


def _kind(value: Any) -> str | None:
    """The name of a value's kind; None if the value says nothing about it: null, or a default that a class makes."""
    plain = special_float(value) if isinstance(value, dict) else list(value) if isinstance(value, tuple) else value
    return _KINDS.get(type(plain))
