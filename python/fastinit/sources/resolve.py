"""Makes recipes from a checkpoint's tensors, a model's configuration or a preset's rules.

The result is self-contained TOML text, and is read like any other recipe.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastinit.dtypes import FLOATS
from fastinit.errors import RecipeError, UndecidedError, show, show_path
from fastinit.recipes.assign import Matcher, assign
from fastinit.recipes.compress import compress_set
from fastinit.recipes.literals import KEY, LITERAL, keyed, read_hash
from fastinit.recipes.material import DEFAULT_STD, Material, Tensor
from fastinit.recipes.patterns import quote
from fastinit.recipes.presets import DEFAULT_PRESET, NAMES, Preset, call_of, read_preset, warn_of_unknown_names
from fastinit.recipes.recipe import (
    LAYOUT_REMEDY,
    Recipe,
    read_dtype,
    read_layout,
    read_recipe,
    read_seed,
    require,
)
from fastinit.recipes.rules import Call, Rule, literal, read_rules
from fastinit.recipes.setting import OWN_NAMES, read_constants
from fastinit.recipes.tensors import read_tensors, tensor_table
from fastinit.recipes.toml import choice, write_entry, write_table
from fastinit.sources.beside import with_beside
from fastinit.sources.like import by_names, like
from fastinit.sources.overrides import read_changes
from fastinit.stored.literals import encode, read_values, with_literals

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from fastinit.dtypes import DTypeName
    from fastinit.fans import Layout
    from fastinit.sources.overrides import Changes


_SHOWN = 4  # patterns in a message


def recipe_from_checkpoint(
    folder: str | os.PathLike[str],
    *,
    preset: str = DEFAULT_PRESET,
    seed: int = 0,
    dtype: DTypeName | None = None,
    layout: Layout | None = None,
    copy: bool = False,
) -> Recipe:
    """Makes a recipe of the tensors of a safetensors checkpoint. Only its headers are read.

    Args:
        folder: The checkpoint's folder, sharded or not, or one safetensors file.
        preset: The name of a preset of rules; see docs/presets.md.
        seed: A whole number in [0, 2**64).
        dtype: The element type of floating tensors; None keeps the checkpoint's types.
        layout: "torch" or "keras": which axes of a shape are fans, for presets that take fans.
        copy: Adds the small files next to the checkpoint, such as tokenizers, to the copies;
            docs/checkpoints.md lists them.

    Returns:
        The recipe. The checkpoint's `config.json`, if it has one, is among its `copies`.

    Raises:
        RecipeError: There is no checkpoint, or a tensor's name does not tell how to initialise it.
    """
    source = show_path(folder)
    table = {"seed": seed, "dtype": dtype, "layout": layout, "preset": preset}

    def made() -> Recipe:
        recipe = _resolve(table, lambda d: like(Path(folder), d), source)
        return with_beside(recipe, Path(folder)) if copy else recipe

    return _named(source, made)


def recipe_from_config(
    path: str | os.PathLike[str],
    *,
    preset: str = DEFAULT_PRESET,
    seed: int = 0,
    dtype: DTypeName | None = None,
    overrides: Mapping[str, Any] | None = None,
    unquantized: bool = False,
    copy: bool = False,
) -> Recipe:
    """Makes a recipe of the model that a Hugging Face configuration describes.

    transformers builds the model without memory for its values; nothing is downloaded, and no code that a
    configuration names is run. Needs transformers: `pip install ".[transformers]"` in a clone of fastinit.

    Args:
        path: The path of a `config.json`.
        preset: The name of a preset of rules; see docs/presets.md.
        seed: A whole number in [0, 2**64).
        dtype: The element type of floating tensors; None keeps the configuration's type.
        overrides: Other values for keys of the configuration: `{"hidden_size": 64, "text_config.vocab_size": 100}`.
            The `config.json` among the copies gets them too.
        unquantized: Leaves out a `quantization_config`, with a warning.
        copy: Adds the small files next to the configuration, such as tokenizers, to the copies;
            docs/checkpoints.md lists them.

    Returns:
        The recipe, with the configuration among its `copies`.

    Raises:
        RecipeError: The configuration does not describe a model, or a tensor's values cannot be derived from it; or
            `overrides` has a key that the configuration lacks, or a value of the wrong kind.
    """
    source = show_path(path)
    table = {"seed": seed, "dtype": dtype, "preset": preset}

    def made() -> Recipe:
        changes = read_changes({} if overrides is None else overrides, unquantized)
        recipe = _resolve(table, lambda d: _model(Path(path), d, changes), source)
        return with_beside(recipe, Path(path)) if copy else recipe

    return _named(source, made)


def resolve(table: Mapping[str, Any], folder: Path, source: str) -> Recipe:
    """Makes the recipe of a file that has `like`, `config` or `preset`.

    Args:
        table: The file's entries.
        folder: The folder to which its paths are relative.
        source: Its name in messages.

    Raises:
        RecipeError: Something in the table, or in a file that it names, is wrong.
    """
    require(table, "seed")
    given = [key for key in ("tensors", "like", "config") if key in table]
    if len(given) != 1:
        got = " and ".join(f"`{key}`" for key in given) or "none"
        raise RecipeError(f"a recipe must have exactly one of `tensors`, `like` and `config`, got {got}")
    (key,) = given
    for other in ("set", "unquantized"):
        if other in table and key != "config":
            raise RecipeError(f"`{other}` works only with `config`, and this recipe has `{key}`; remove one of the two")
    if key == "tensors":
        return _resolve(table, lambda dtype: _listed(table["tensors"], dtype), source, folder)
    path = folder / _path(key, table[key])

    def made(dtype: str | None) -> Material:
        try:
            if key == "like":
                return like(path, dtype)
            return _model(path, dtype, read_changes(table.get("set", {}), table.get("unquantized", False)))
        except RecipeError as error:
            raise RecipeError(f"`{key}`: {error}") from None

    return _resolve(table, made, source, folder)


def recipe_of(material: Material, seed: int) -> Recipe:
    """Makes the recipe of known tensors, each with its base call.

    Raises:
        RecipeError: A tensor's base is not a call.
    """
    return _resolve({"seed": seed}, lambda _: material, material.origin)


def _path(key: str, value: object) -> str:
    if not isinstance(value, str) or not value or "\0" in value:
        raise RecipeError(f"`{key}` must be a path, got {show(value)}")
    return value


def _listed(table: object, dtype: str | None) -> Material:
    specs = read_tensors(table, dtype)
    return Material("a table of tensors", by_names(specs), DEFAULT_STD, None, {})


def _model(path: Path, dtype: str | None, changes: Changes) -> Material:
    from fastinit.sources.huggingface import model  # imports transformers

    return model(path, dtype, changes)


def _named(source: str, make: Callable[[], Recipe]) -> Recipe:
    try:
        return make()
    except UndecidedError as error:
        raise UndecidedError(f"{source}: {error}", error.draft) from None
    except RecipeError as error:
        raise RecipeError(f"{source}: {error}") from None


def _resolve(
    table: Mapping[str, Any], make: Callable[[str | None], Material], source: str, folder: Path | None = None
) -> Recipe:
    """Makes a recipe of the tensors that `make` gives for an element type, and of a table's rules.

    Args:
        table: The entries of a recipe's file, or the options that replace one.
        make: Gives the tensors.
        source: The recipe's name in messages.
        folder: The folder of the table's file of literal values, if it names one.
    """
    seed, dtype, layout = read_seed(table), read_dtype(table), read_layout(table)
    name = choice("preset", table.get("preset", DEFAULT_PRESET), NAMES)
    preset = read_preset(name)
    own = table.get("rule", [])
    rules = read_rules(own)
    material = make(dtype)
    layout = layout or material.layout
    if preset.takes_fans and layout is None:
        raise RecipeError(f"`layout` is missing, and preset {name} takes fans; {LAYOUT_REMEDY}")
    matcher = Matcher(rules)
    rest = [t for t in material.tensors if matcher.first(t.spec.name) is None]
    rest, computed = _computed(material, rest, seed)
    kept = {tensor.spec.name for tensor in rest}
    warn_of_unknown_names(preset, rest, {tensor.spec.name for tensor in material.tensors} - kept)
    calls, faults = _calls(preset, rest)
    used = {dict(call.parameters).get(KEY) for call in calls if call.init == LITERAL}
    literals = {**_own_literals(table, folder), **{key: array for key, array in computed.items() if key in used}}
    content = encode(literals) if literals else b""
    specs = [tensor.spec for tensor in material.tensors]
    main = dtype or _main_dtype([spec.dtype for spec in specs])
    digest = hashlib.sha256(content).hexdigest() if literals else None
    head = {"seed": seed, "dtype": main, "layout": layout, "literals": digest}
    tensors = tensor_table(specs, main or "")  # checks the names before they become patterns
    made = [call.table(list(map(quote, compress_set(names)))) for call, names in calls.items()]
    constants = _constants(table, [*rules, *read_rules(made)], material, preset)
    try:
        text = "\n".join(
            (
                f"# Made from {_comment(material.origin)}, preset {name}.",
                *(write_entry(key, value) for key, value in head.items() if value is not None),
                "",
                *((write_table("[let]", constants),) if constants else ()),
                write_table("[tensors]", tensors),
                *(write_table("[[rule]]", entry) for entry in (*own, *made)),
                *((_undecided(faults),) if faults else ()),
            )
        )
    except TypeError as error:  # a date, which no initializer takes
        raise RecipeError(f"`rule`: {error}") from None
    if faults:
        raise UndecidedError(_asked(faults), text)
    recipe = read_recipe(text, source)
    _check(recipe, calls, len(rules))
    recipe = replace(recipe, copies=material.copies)
    return with_literals(recipe, literals, content) if literals else recipe


def _computed(material: Material, tensors: list[Tensor], seed: int) -> tuple[list[Tensor], dict[str, NDArray[Any]]]:
    """Computes the tensors that no call explains. Returns all tensors, with calls for literals, and the literals."""
    names = [tensor.spec.name for tensor in tensors if isinstance(tensor.base, str)]
    if material.compute is None or not names:
        return tensors, {}
    keys, arrays = keyed(material.compute(names, seed).items())
    known = {name: literal(key) for name, key in keys.items()}
    return [replace(t, base=known.get(t.spec.name, t.base)) for t in tensors], arrays


def _constants(table: Mapping[str, Any], rules: Sequence[Rule], material: Material, preset: Preset) -> dict[str, float]:
    """The names that expressions may use: constants of the file and the preset, and numbers of the configuration."""
    constants = read_constants(table.get("let"))
    defaults = {"config.initializer_range": material.std, **read_constants(preset.constants)}
    names = {name for rule in rules for expression in rule.expressions.values() for name in expression.names}
    for name in sorted(names - constants.keys() - set(OWN_NAMES)):
        value = material.number(name)
        value = defaults.get(name) if value is None else value
        if value is not None:
            constants[name] = value
    return constants


def _own_literals(table: Mapping[str, Any], folder: Path | None) -> Mapping[str, NDArray[Any]]:
    """The literal values that a recipe's file names for its own rules."""
    digest = read_hash(table.get("literals"))
    return {} if digest is None or folder is None else read_values(digest, folder)


def _calls(preset: Preset, tensors: Sequence[Tensor]) -> tuple[dict[Call, list[str]], dict[str, str]]:
    """The calls of a preset with their tensors' names; and the names without a call, with the reason."""
    calls: dict[Call, list[str]] = {}
    faults: dict[str, str] = {}
    for tensor in tensors:
        try:
            calls.setdefault(call_of(preset, tensor), []).append(tensor.spec.name)
        except RecipeError as error:
            faults[tensor.spec.name] = str(error)
    return calls, faults


def _asked(faults: Mapping[str, str]) -> str:
    """Writes the message that asks for the missing rules."""
    first = next(iter(faults.values()))
    patterns = list(map(quote, compress_set(faults)))
    wanted = ", ".join(map(show, patterns[:_SHOWN]))
    more = f" and {len(patterns) - _SHOWN} more" if len(patterns) > _SHOWN else ""
    return f"{first}; in a recipe with `tensors`, `like` or `config`, add a [[rule]] for {wanted}{more}"


def _undecided(faults: Mapping[str, str]) -> str:
    """A rule that the user has to complete."""
    mark = "# Undecided: it is unknown how these tensors are initialised. Replace the question mark by an initializer."
    return f"{mark}\n{write_table('[[rule]]', {'match': list(map(quote, compress_set(faults))), 'init': '?'})}"


def _check(recipe: Recipe, calls: Mapping[Call, Sequence[str]], own: int) -> None:
    """Checks that the written patterns give each tensor the call that was meant."""
    meant = {name: number for number, names in enumerate(calls.values(), own + 1) for name in names}
    found = assign(recipe.tensors, recipe.rules)
    for tensor, (*_, (rule, _match)) in zip(recipe.tensors, found, strict=True):
        if rule.number != meant.get(tensor.name, rule.number if rule.number <= own else None):
            raise AssertionError(f"{rule} matches {tensor.name} by mistake")


def _main_dtype(dtypes: Sequence[str]) -> str | None:
    floats = Counter(dtype for dtype in dtypes if dtype in FLOATS)
    return floats.most_common(1)[0][0] if floats else None


def _comment(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)[:200]
