"""Whole models: every parameter drawn by its name, from rules or from the model's own code."""

from __future__ import annotations

import dataclasses
import os
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import torch

from fastinit import checks
from fastinit.distributions import Constant
from fastinit.dtypes import FLOATS, STORED
from fastinit.errors import RecipeError, show
from fastinit.random import resolve_seed
from fastinit.recipes.assign import Matcher, assign
from fastinit.recipes.contents import content_of, plan_tensors
from fastinit.recipes.literals import MAX_BYTES, Literal
from fastinit.recipes.recipe import Recipe
from fastinit.recipes.roles import count_layers
from fastinit.recipes.rules import Call, Rule, needs_layout, parameter_names, read_rules
from fastinit.recipes.setting import Setting
from fastinit.recipes.slices import Sliced
from fastinit.recipes.tensors import TensorSpec
from fastinit.sources.load import load_recipe
from fastinit.torch.doubt import warn_of_constructors
from fastinit.torch.own_code import DIFFERS, OwnCode
from fastinit.torch.recall import Recalled
from fastinit.torch.recorder import NEVER, check_not_recording
from fastinit.torch.renewal import renew
from fastinit.torch.report import Report, Row, keep
from fastinit.torch.scheme import Scheme
from fastinit.torch.sharding import is_dtensor, local_parts
from fastinit.torch.state import check_whole, materialize, targets_of
from fastinit.torch.stored_names import Entry, entries_of
from fastinit.torch.tensors import ELEMENTS, copy_whole, draw_seed, fill_box, filling_of, is_fillable

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping, Sequence

    from fastinit.random import Seed
    from fastinit.recipes.contents import Content
    from fastinit.torch.state import Target

    Filled: TypeAlias = tuple[Entry, Content]
    Rules: TypeAlias = Recipe | str | os.PathLike[str] | Sequence[Mapping[str, Any]]

_LAYOUT = "torch"
_SETTING = Setting(layout=_LAYOUT)  # of rules alone
_SHOWN = 4  # names in an error
_EXAMPLE = '"init": "normal", "std": 0.02'  # of a rule, in an error


def init_model(
    model: torch.nn.Module,
    *,
    seed: Seed = None,
    recipe: Rules | None = None,
    device: Any = None,
    initialize: Callable[[torch.nn.Module], Any] | None = None,
    preset: str | None = None,
) -> torch.nn.Module:
    """Initialises every parameter of a model by its qualified name, in place, and returns the model.

    A parameter's values depend on the seed, its name and the rule alone: not on the order of modules, on
    devices, or on how DTensors are sharded. They are those of the checkpoint that `fastinit init` writes for
    the same names, seed and rules.

    The rule of a parameter is the first of `recipe` that matches its name. Where none does, or without a
    recipe, the model's own code says it. Of modules that `build` or `by_name` has made, that is what was recorded of
    their constructors: `init_model(build(make, seed=0), seed=1)` equals `build(make, seed=1)`, buffers included. Of
    other modules, those that took the place of such ones and copies by `copy.deepcopy` too, and of tensors whose shape
    has changed, it is `reset_parameters`, from the inner to the outer ones, then, for models of transformers,
    `_init_weights`; what their constructors do besides is not seen. This code runs on the meta device, where its
    distributions are recorded; what it computes otherwise, copies of other tensors included, is computed. A
    shared parameter goes by its first name. Where the code fails, nothing is changed. `report(model)` says which code
    each tensor was drawn by.

    What is on the meta device gets its memory where it belongs and is filled there: parameters, and buffers,
    whose values the model's own code must set. Other buffers stay, but for those that a constructor was recorded to
    set, and those that a rule fills with one value.

    Args:
        model: Its parameters and buffers may be DTensors, of which each process fills its local shard.
        seed: An int in [0, 2^64), a `fastinit.Generator`, of which only the seed is taken, or None: the
            recipe's, or one from PyTorch's default generator. All processes need the same.
        recipe: A recipe or the path of one, whose tensors do not matter here; or rules alone, as in
            `[{"match": "*norm.weight", "init": "ones"}, {"match": "*", "init": "normal", "std": 0.02}]`,
            with PyTorch's layout (out, in, *kernel).
        device: Where memory is made for what is on the meta device; None for PyTorch's default device.
            DTensors have it from their mesh.
        initialize: Called with the model in place of `reset_parameters` and `_init_weights`, such as
            `lambda model: model.init_weights()`.
        preset: The name of one, such as "megatron": its rules come after those of `recipe` and before the model's own
            code. `fastinit presets` lists them. Or the name of an initializer, such as "orthogonal", which then draws
            all weights, as "he" does; norms and biases stay the model's own.

    Warns:
        UserWarning: Values that the model has can't come from its `reset_parameters`, but may from its constructor,
            which was not recorded.

    Raises:
        RecipeError: Rules that are not valid, or that do not fit their tensors. A ValueError.
        ValueError: Parameters that FSDP1 has flattened; a parameter that has no rule, and that the model's
            own code does not set, or sets differently in the modules that share it; a copy of a parameter
            that has a rule.
        RuntimeError: The model's own code failed.
        TypeError: `model` is no module, or `seed` no seed.

    Example:
        >>> import fastinit
        >>> with torch.device("meta"):
        ...     model = torch.nn.Sequential(torch.nn.Linear(64, 256), torch.nn.LayerNorm(256))
        >>> rules = [{"match": "0.weight", "init": "he_normal"}]
        >>> _ = init_model(model, seed=7, recipe=rules)
        >>> weight = fastinit.he_normal((256, 64), layout="torch", seed=7, stream="0.weight")
        >>> bool((model[0].weight.detach().numpy() == weight).all())
        True
    """
    if not isinstance(model, torch.nn.Module):
        raise TypeError(f"`model` must be a torch.nn.Module, got {type(model).__name__}")
    own = OwnCode(model, initialize)
    number, recipe = seed_of(seed, recipe)
    return draw_model(model, Recalled(own) if initialize is None else own, number, recipe, device, preset)


def seed_of(seed: Seed, recipe: Rules | None) -> tuple[int, Recipe | Sequence[Mapping[str, Any]] | None]:
    """Returns the seed of all draws, and the recipe, which may have one, read from its file."""
    check_not_recording()
    if isinstance(recipe, (str, os.PathLike)):
        recipe = load_recipe(recipe)
    if seed is not None:
        return resolve_seed(seed, 0)[0], recipe
    return recipe.seed if isinstance(recipe, Recipe) else draw_seed(None), recipe


class Code(Protocol):
    """What says how a model initialises itself."""

    def look(self, targets: list[Target]) -> None:
        """Is shown the tensors before anything is asked or changed."""

    def knows(self, target: Target) -> bool:
        """Whether it says what is in a buffer that has values already, too."""

    def source(self, name: str) -> str:
        """What a report calls the code that sets a tensor."""

    def is_guess(self, name: str) -> bool:
        """Whether other code may have set its values in the end."""

    def record(self, targets: list[Target]) -> tuple[dict[str, Call | str], dict[str, str]]:
        """Returns, by name, the call that explains each tensor, or why none does; and of copies the source."""

    def compute(self, targets: list[Target], names: set[str], seed: int, device: Any) -> dict[str, torch.Tensor]:
        """Computes the tensors that no call explains."""


def draw_model(
    model: torch.nn.Module,
    code: Code,
    number: int,
    recipe: Recipe | Sequence[Mapping[str, Any]] | None,
    device: Any,
    preset: str | None = None,
) -> torch.nn.Module:
    """Draws every tensor of a model by rules, then by a preset and its code: see `init_model`."""
    scheme = Scheme(model, preset)
    targets = targets_of(model)
    check_whole(model, targets)
    for target in targets:
        if torch.nn.parameter.is_lazy(target.tensor):
            remedy = "give the module its sizes, or run the model once on an example: for `build`, within `make`"
            raise ValueError(checks.text("model", "have shapes", f"lazy {target.name}", remedy))
    entries = entries_of(model, targets)
    rules, setting = _rules(recipe)
    if not isinstance(recipe, Recipe):
        setting = setting._replace(constants=scheme.numbers(rules))
    code.look(targets)
    ruled, rest = _by_rules(entries, rules, setting, is_strict=not isinstance(recipe, Recipe))
    names = {entry.target.name for entry in rest}
    left = [target for target in targets if target.name in names and _is_wanted(target, code)]
    calls, copies = code.record(targets) if left else ({}, {})
    drawn = {target.name for target in left}
    rest = [entry for entry in rest if entry.target.name in drawn]
    own = scheme.calls(rest, calls)
    computed = {entry.target.name for entry in rest if isinstance(own[entry.name], str)}
    _check_set([target for target in left if target.name in computed], calls, code)
    _check_copies(copies, computed, {target.name for target in left})
    preset_ones = {entry.name for entry in rest if own[entry.name] != calls[entry.target.name]}
    left_over = [entry for entry in rest if entry.target.name not in computed]
    said = _by_calls(left_over, own, preset_ones, scheme.setting(entries, setting.constants))
    sliced = {entry.name for entry, _ in ruled} & {entry.name for entry in rest}
    whole = {entry.name: content for entry, content in said if entry.inset is None and entry.name not in preset_ones}
    warn_of_constructors((target for target in left if code.is_guess(target.name)), whole)

    device = device or torch.get_default_device()
    values = code.compute(targets, computed, number, device) if computed else {}
    materialize(model, targets, device)
    for target in targets:
        if target.name in values:
            copy_whole(target.tensor, values[target.name])
    fillings: dict[int, Callable[..., Any]] = {}
    for entry, content in (*said, *ruled):
        filling = fillings.get(id(content)) or fillings.setdefault(id(content), filling_of(content.distribution))
        _fill(entry, content, filling, number)
    for entry, content in said:
        if entry.name in sliced and content.rule.padding_idx is not None:
            _zero_row(entry.target.tensor, content.rule.padding_idx)
    renew(model, {id(target.tensor): target.name for target in targets}, number)
    sources = dict.fromkeys(preset_ones, f"preset {preset}")
    kept = _small({name: value for name, value in values.items() if name not in sliced})
    keep(model, Report(_rows(targets, ruled, said, calls, values, code, sources), number, kept))
    return model


def _is_wanted(target: Target, code: Code) -> bool:
    """Whether code is asked about a tensor that no rule fills."""
    return target.is_parameter or target.tensor.is_meta or code.knows(target)


def _rows(
    targets: Sequence[Target],
    ruled: Sequence[Filled],
    said: Sequence[Filled],
    calls: Mapping[str, Call | str],
    values: Mapping[str, torch.Tensor],
    code: Code,
    sources: Mapping[str, str],
) -> tuple[Row, ...]:
    """What a report says, in the order of the model. Entries without a source of their own have that of the code."""
    stds: dict[int, float] = {}
    rows: dict[str, dict[str, Row]] = {}
    for target in targets:
        if target.name in values:
            row = _row(Entry(target.name, target), calls[target.name], None, code.source(target.name))
            rows.setdefault(target.name, {})[target.name] = row
    for source, filled in ((None, said), ("recipe", ruled)):
        for entry, content in filled:
            if id(content) not in stds:
                stds[id(content)] = content.distribution.std
            of_target = rows.setdefault(entry.target.name, {})
            call: Call | str = content.call or content.calls
            std: float | None = stds[id(content)]
            before = of_target.get(entry.name)
            if before is not None:  # of which slices were set anew
                call, std = f"{call}; {before.call}", before.std
            said_by = source or sources.get(entry.name) or code.source(entry.target.name)
            of_target[entry.name] = _row(entry, call, std, said_by)
    return tuple(row for target in targets for row in rows.get(target.name, {}).values())


def _small(values: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """What a report keeps of computed values: all, if a recipe can have them beside it."""
    is_small = sum(value.nbytes for value in values.values()) <= MAX_BYTES
    return {name: value.cpu() for name, value in values.items()} if is_small else {}


def _row(entry: Entry, call: Call | str, std: float | None, source: str) -> Row:
    return Row(entry.name, entry.shape, _dtype_of(entry.target.tensor), call, std, source, entry.target.is_stored)


def _dtype_of(tensor: torch.Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")


def _rules(recipe: Recipe | Sequence[Mapping[str, Any]] | None) -> tuple[tuple[Rule, ...], Setting]:
    """The rules of a recipe and what they refer to."""
    if recipe is None:
        return (), _SETTING
    if isinstance(recipe, Recipe):
        layers = count_layers(tensor.name for tensor in recipe.tensors)  # of which the model may be a part
        layout = recipe.layout or _LAYOUT
        rules = recipe.rules if layout == _LAYOUT else tuple(_with_layout(rule, layout) for rule in recipe.rules)
        return rules, recipe.setting._replace(layout=layout, layers=layers)
    return read_rules(list(map(dict, recipe))), _SETTING


def _with_layout(rule: Rule, layout: str) -> Rule:
    """A rule that says the layout itself if it takes one, as what the report has of it stands alone."""
    takes_layout = "layout" in parameter_names(rule.init) and needs_layout(rule)
    return dataclasses.replace(rule, parameters={**rule.parameters, "layout": layout}) if takes_layout else rule


def _by_rules(
    entries: Sequence[Entry],
    rules: Sequence[Rule],
    setting: Setting,
    is_strict: bool,
) -> tuple[list[Filled], list[Entry]]:
    """Says what the entries hold that a rule matches, by their names or the model's own, and returns the others.

    Args:
        is_strict: Whether every rule must match; a recipe may be of a larger model than this part of one.
    """
    if not rules:
        return [], list(entries)
    matcher = Matcher(rules)
    matched, specs, left = [], [], []
    used: set[tuple[int, str]] = set()
    for entry in entries:
        name, found = _matched(matcher, entry)
        if any(Call(rule.init).is_random and not entry.target.is_parameter for rule, _ in found):
            found = []
        if not found or found[-1][0].slice is not None:  # the rest of it, too
            left.append(entry)
        if entry.inset is not None and name == entry.own_name and any(rule.slice for rule, _ in found):
            rule = f"init_model: {found[0][0]} must have a slice of what a checkpoint holds"
            seen = f"one of {show(name)}, which it holds in parts"
            raise RecipeError(f"{rule}, got {seen}; match their names, such as {show(entry.name)}")
        if found:
            matched.append(entry)
            specs.append(_spec(entry, name))
            used.update((rule.number, pattern) for rule, pattern in found)
    kept = [
        dataclasses.replace(rule, match=match)
        for rule in rules
        if (match := tuple(p for p in rule.match if (rule.number, p) in used))
    ]
    if any(rule.expressions for rule in kept):
        own = count_layers(name for entry in entries for name in (entry.name, entry.own_name))
        setting = setting._replace(layers={**own, **setting.layers})  # of a recipe, which may be of a larger model
    try:
        if is_strict:
            assign(specs, rules)
        contents = plan_tensors(specs, kept, setting, is_partial=True)
    except RecipeError as error:
        raise RecipeError(f"init_model: {error}") from None
    return list(zip(matched, contents, strict=True)), left


def _matched(matcher: Matcher, entry: Entry) -> tuple[str, list[tuple[Rule, str]]]:
    """The name of an entry that rules match, if any do, and these rules with their patterns."""
    for name in dict.fromkeys((entry.name, entry.own_name)) if entry.target.is_stored else ():
        found = [matcher.patterns[position] for position in matcher.all(name)]
        if found:
            return name, found
    return entry.name, []


def _by_calls(
    entries: Sequence[Entry], calls: Mapping[str, Call | str], preset_ones: Container[str], setting: Setting
) -> list[Filled]:
    """Says what the entries hold that calls explain, which are given by their names, as are those of a preset."""
    rules: dict[Call, Rule] = {}
    known: dict[Any, Content] = {}  # by all that it depends on
    filled: list[Filled] = []
    wholes: set[str] = set()
    for entry in entries:
        call, tensor = calls[entry.name], entry.target.tensor
        assert isinstance(call, Call)
        is_own = entry.name not in preset_ones
        if entry.inset is not None and is_own and not call.is_by_element:  # no part of it is like another one's whole
            if entry.target.name in wholes:
                continue
            wholes.add(entry.target.name)
            entry = Entry(entry.target.name, entry.target)
        if call not in rules:
            (rules[call],) = read_rules([call.table(["*"])])
        rule = rules[call]
        numbers = setting.numbers(_spec(entry, entry.name), rule, "*") if rule.expressions else {}
        key = (call, *numbers.values(), entry.shape, tensor.dtype, tensor.layout, type(tensor))
        content = known.get(key)
        if content is None:
            content = known[key] = content_of(_spec(entry, entry.name), rule, "*", setting, numbers)
        filled.append((entry, content))
    return filled


def _spec(entry: Entry, name: str) -> TensorSpec:
    tensor = entry.target.tensor
    dtype = _dtype_of(tensor)
    if dtype not in STORED or (dtype in FLOATS and not is_fillable(tensor)):
        rule = f"have dense tensors of {', '.join(STORED)}"
        seen = f"{name}: {type(tensor).__name__} of {dtype}, {tensor.layout}"
        remedy = "initialise it before it is converted"
        if tensor.is_complex():
            remedy = "leave it without a rule, so that the model's own code sets it"
        raise TypeError(checks.text("model", rule, seen, remedy))
    return TensorSpec(name, entry.shape, dtype)


def _check_set(targets: Sequence[Target], calls: Mapping[str, Call | str], code: Code) -> None:
    """Refuses tensors that the model's own code leaves open."""
    for reason in (NEVER, DIFFERS):
        open_ones = [target for target in targets if calls[target.name] == reason]
        if open_ones:
            names = [target.name for target in open_ones]
            more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
            first = open_ones[0]
            remedies = [f"set it in the module's {code.source(first.name)}"]
            if reason == DIFFERS:
                remedies = ["build the model by `fastinit.torch.build`, which sees whose values the constructor kept"]
                names[0] = " = ".join(dict.fromkeys(slot.name for slot in first.slots))
            elif code.is_guess(first.name):
                remedies += ["build the model by `fastinit.torch.build`, which sees what its constructor sets"]
            if not first.is_stored:  # which no rule can match
                remedies += ["make it on a real device"]
            elif not first.tensor.is_complex():
                remedies += [f'add a rule to `recipe` such as {{"match": "{first.name}", {_EXAMPLE}}}']
            remedy = ", or ".join(remedies)
            raise ValueError(
                "`model` must say how each of its tensors is initialised, got "
                f"{', '.join(map(show, names[:_SHOWN]))}{more}, {reason} by its own code; {remedy}"
            )


def _check_copies(copies: Mapping[str, str], computed: set[str], left: set[str]) -> None:
    """Refuses copies of tensors that a rule sets: the model's own code would copy what it draws itself."""
    for name, source in copies.items():
        if name in computed and source and source not in left:
            rule = f"have a rule in `recipe` for {show(name)} too, a copy of {show(source)} by its own code"
            raise ValueError(checks.text("model", rule, source, "or a rule for neither"))


def _fill(entry: Entry, content: Content, filling: Callable[..., Any], seed: int) -> None:
    tensor, inset = entry.target.tensor, entry.inset
    if isinstance(content.distribution, Sliced) and content.distribution.rest is None:
        _fill_slices(entry, content.distribution, seed)
        return
    if inset is not None:
        fill_box(tensor, inset.axes, inset.starts, inset.shape, content.distribution, seed, entry.name)
        return
    if tensor.dtype in ELEMENTS:
        filling(tensor, seed, entry.name)
    elif isinstance(content.distribution, Literal):
        copy_whole(tensor, torch.from_numpy(content.distribution.array.copy()))
    elif isinstance(content.distribution, Constant):  # integers: fastinit draws no random integers
        with torch.no_grad():
            tensor.fill_(content.distribution.value)
    if content.rule.padding_idx is not None:
        _zero_row(tensor, content.rule.padding_idx)


def _fill_slices(entry: Entry, sliced: Sliced, seed: int) -> None:
    """Fills slices and leaves the rest as it is."""
    axes = tuple(range(len(entry.shape))) if entry.inset is None else entry.inset.axes
    for place, _ in sliced.slices:
        starts = [0] * entry.target.tensor.ndim if entry.inset is None else list(entry.inset.starts)
        starts[axes[place.dim]] += place.start
        offsets = [place.start if axis == place.dim else 0 for axis in range(len(axes))]
        shape, within = place.shape(entry.shape), (entry.shape, offsets)
        fill_box(entry.target.tensor, axes, starts, shape, sliced, seed, entry.name, within)


def _zero_row(tensor: torch.Tensor, row: int) -> None:
    parts = local_parts(tensor) if is_dtensor(tensor) else [(tensor, (slice(0, len(tensor)),))]
    with torch.no_grad():
        for part, index in parts:
            if index[0].start <= row < index[0].stop:
                part[row - index[0].start].zero_()
