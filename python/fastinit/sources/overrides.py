"""Changes that a user asks for in a configuration: other values for its keys, and no quantisation.

A configuration has the keys of its file and those that its class in transformers takes, by each of their names. They
are looked up in the class's signature: nothing is built, so that a change may mend what transformers refuses.
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

_LEGACY = {"torch_dtype": "dtype", "rope_scaling": "rope_parameters"}  # names in older files, which no class maps
_LABELS = ("id2label", "label2id")
_COUNT = inspect.Parameter("num_labels", inspect.Parameter.KEYWORD_ONLY, default=2, annotation=int)  # of the labels
_LAYERS = "num_hidden_layers"
_LISTS_OF_LAYERS = ("layer_types", "mlp_layer_types", "layers_block_type")  # an entry for each layer
_SUGGESTED = 3
_WIDTHS = ("hidden_size", "n_embd", "d_model")
_INNER_WIDTHS = (  # which grow with it
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
        overrides: Key -> value. The key of a configuration inside is dotted: "text_config.hidden_size".
        unquantized: Whether to leave each `quantization_config` out.
    """

    overrides: Mapping[str, Any] = field(default_factory=dict)
    unquantized: bool = False


NO_CHANGES = Changes()


def read_changes(overrides: object, unquantized: object) -> Changes:
    """Checks what a user gave, of any kind, and takes it.

    Raises:
        RecipeError: It is none.
    """
    if not isinstance(overrides, Mapping) or not all(isinstance(key, str) for key in overrides):
        raise RecipeError(
            "values to set must be a table of a configuration's keys, such as {'hidden_size': 64}, "
            f"got {show(overrides)}"
        )
    if not isinstance(unquantized, bool):
        raise RecipeError(f"`unquantized` must be true or false, got {show(unquantized)}")
    return Changes(overrides, unquantized)


def of_width(config: Config, width: int, others: Mapping[str, Any]) -> dict[str, Any]:
    """Returns what to set for a model of another width: its hidden size, and with it the file's inner sizes.

    The numbers of heads stay, so that heads become wider.

    Args:
        config: Of the model at its own width, which it says as `hidden_size` or under a name of its own.
        width: The new hidden size.
        others: What is set besides, in place of the file's values.

    Raises:
        RecipeError: The file says no width.

    Example:
        >>> of_width(config_of({"hidden_size": 64, "intermediate_size": 256, "vocab_size": 100}), 32, {})
        {'hidden_size': 32, 'intermediate_size': 128}
    """
    values = {**config.values, **others}
    own = [key for key in _WIDTHS if isinstance(values.get(key), int)]
    if not own:
        rule = f"{CONFIG_FILE} must say one of {', '.join(_WIDTHS)}, to be made wider"
        raise RecipeError(f"{rule}; got {show(sorted(values))}")
    base = values[own[0]]
    inner = {key: values[key] for key in _INNER_WIDTHS if isinstance(values.get(key), int)}
    return {own[0]: width, **{key: max(size * width // base, 1) for key, size in inner.items()}}


def overridden(config: Config, overrides: Mapping[str, Any], known: Mapping[str, Any]) -> Config:
    """Sets keys of a configuration; returns the same where there are none to set.

    Args:
        config: What is changed. One whose type is not known stays as it is: building it tells so.
        overrides: Key -> value, as in `Changes`. A table sets keys of a configuration inside; what is no
            configuration, such as `rope_parameters`, it replaces.
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
    """Checks that transformers takes the values that were set, where it may compute a key's value from others.

    Args:
        old: The configuration of transformers' own before.
        new: With what was set.
        overrides: What was set.
        prefix: Names the configuration in messages: "text_config.".

    Raises:
        RecipeError: A value that was set changes nothing.
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
                f"cannot set `{prefix}{key}` to {show(value)}: {type(part).__name__} computes it from other keys, "
                f"as {show(found)}; set those"
            )


def _is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, (bool, int, float, str))


def _as_json(key: str, value: Any) -> Any:
    try:
        return json.loads(json.dumps(value))
    except (TypeError, ValueError, RecursionError):
        kinds = ", ".join(dict.fromkeys(_KINDS.values()))
        raise RecipeError(f"`{key}` must be what JSON can hold ({kinds} or null), got {show(value)}") from None


class _Part:
    """A configuration, one inside another, or a table of keys that no class knows.

    Args:
        table: What the file says, which is changed.
        kind: The configuration's class; None for a table.
        prefix: Names it in messages: "text_config.".
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
                f"cannot set `{self._prefix}model_type` to {show(value)}: it says which keys there are; "
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
        """Makes lists fit a number that was set, which transformers would refuse or overlook."""
        for labels in _LABELS if own == _COUNT.name else ():  # of another number; transformers makes them
            self.table.pop(labels, None)
        aliases = getattr(self._kind, "attribute_map", {})
        if _LAYERS in (name, own) or aliases.get(_LAYERS) == own:
            for key in _LISTS_OF_LAYERS:
                if isinstance(self.table.get(key), list) and isinstance(value, int):
                    self.table[key] = self.table[key][:value]

    def names(self) -> Iterator[str]:
        """All keys, dotted where they are inside."""
        for name in dict.fromkeys((*self._parameters, *self.table, *getattr(self._kind, "attribute_map", ()))):
            given = self.table.get(name) or ({} if name in self._classes() else None)
            if isinstance(given, dict) and name not in _LABELS:
                yield from self._inner(name).names()
            yield self._prefix + name

    def _own_name(self, name: str, key: str) -> str:
        """The one of a key's names that is to be set; what the file has under the others moves there."""
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
        """The configurations inside: key -> class, or a class that stands for any."""
        found: Mapping[str, Any] = getattr(self._kind, "sub_configs", {})
        return found

    def _inner(self, name: str) -> _Part:
        parameter = self._parameters.get(name)
        table = self.table.get(name, None if parameter is None else parameter.default)
        if table is not None and _kind(table) not in (None, _KINDS[dict]):
            raise RecipeError(f"`{self._prefix}{name}` must be a table to have keys inside, got {show(table)}")
        kind, default = self._classes().get(name), getattr(self._kind, "sub_configs_defaults", {}).get(name)
        model_type = getattr(default, "model_type", None)
        if not isinstance(table, dict):  # transformers takes its own only where the file has nothing
            table = copy.deepcopy(getattr(default, "init_kwargs", {}))
            if model_type:
                table["model_type"] = model_type
        if kind is not None and not hasattr(kind, "model_type"):  # AutoConfig, which stands for any class
            named: Any = table.get("model_type", model_type)
            # transformers' own mapping imports a class when it is indexed; its `get` finds nothing.
            kind = self._known[named] if named in self._known else None  # noqa: SIM401
        return _Part(table, kind, f"{self._prefix}{name}.", self._known)

    def _fitting(self, name: str, value: Any) -> Any:
        """A value of the kind that the key has: as transformers declares it, or as its present one is."""
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
    """The words for kinds in an annotation, without those in brackets: what a list holds is not looked at."""
    text, shorter = "", str(annotation)
    while text != shorter:
        text, shorter = shorter, re.sub(r"\[[^\[\]]*\]", "", shorter)
    return set(re.findall(r"\w+", text)) & _KINDS_OF_WORDS.keys()


def _kind(value: Any) -> str | None:
    """What a value is called; None where it may be anything: null, or a default that a class makes."""
    plain = special_float(value) if isinstance(value, dict) else list(value) if isinstance(value, tuple) else value
    return _KINDS.get(type(plain))
