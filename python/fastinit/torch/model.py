"""Draws every parameter of a model by its name, from rules or from the distributions in the model's own code."""

from __future__ import annotations

import dataclasses
import functools
import inspect
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ParamSpec, Protocol, TypeAlias

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
    from collections.abc import Callable, Container

    from fastinit.random import Seed
    from fastinit.recipes.contents import Content
    from fastinit.torch.state import Target

    Filled: TypeAlias = tuple[Entry, Content]
    Rules: TypeAlias = Recipe | str | os.PathLike[str] | Sequence[Mapping[str, Any]]

P = ParamSpec("P")

_LAYOUT = "torch"
_SETTING = Setting(layout=_LAYOUT)  # for rules that come without a recipe
_SHOWN = 4  # an error shows at most this many names
_EXAMPLE = '"init": "normal", "std": 0.02'  # the rest of the example rule in an error


def first_by_place(function: Callable[P, torch.nn.Module]) -> Callable[P, torch.nn.Module]:
    """Gives a function that takes all arguments but the first by name an error that says so."""
    name, first = function.__name__, next(iter(inspect.signature(function).parameters))

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> torch.nn.Module:
        if len(args) > 1:
            raise checks.too_many(name, (first,), len(args), "seed=0")
        return function(*args, **kwargs)

    return call


@first_by_place
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

    A parameter's values depend only on the seed, its name and its rule. The order of modules, devices, and the
    sharding of DTensors change nothing. `fastinit init` writes a checkpoint with the same values for the same names,
    seed and rules.

    The first rule of `recipe` that matches a parameter's name draws it. If no rule matches, the model's own code says
    the distribution:

    - For modules that `build` or `by_name` made, that code is the recorded constructors:
      `init_model(build(make, seed=0), seed=1)` equals `build(make, seed=1)`, buffers included.
    - For all other modules it is `reset_parameters`, called from inner to outer modules, and then `_init_weights` for
      models of transformers. What else their constructors do is not seen. This also holds for modules that replaced
      built ones, for copies by `copy.deepcopy`, and for tensors whose shape has changed.

    The code runs on the meta device, where its distributions are recorded. Values that it computes in another way,
    such as copies of other tensors, are computed again. A shared parameter is drawn by its first name. If the code
    fails, the model stays unchanged. `report(model)` shows which code or rule drew each tensor.

    Parameters and buffers on the meta device get memory and are filled; the model's own code must set such buffers.
    Other buffers keep their values, except if a recorded constructor sets them or a rule fills them with one value.

    Args:
        model: Its parameters and buffers may be DTensors; each process then fills its local shard.
        seed: An int in [0, 2^64), a `fastinit.Generator` (only its seed is used), or None for the seed of the recipe
            or else one from PyTorch's default generator. All processes must use the same seed.
        recipe: A recipe or its path (the tensors that it lists do not matter here), or only rules, such as
            `[{"match": "*norm.weight", "init": "ones"}, {"match": "*", "init": "normal", "std": 0.02}]`,
            with PyTorch's layout (out, in, *kernel).
        device: Where tensors from the meta device get their memory; None for PyTorch's default device. A DTensor gets
            it on the devices of its mesh.
        initialize: A function that is called with the model instead of `reset_parameters` and `_init_weights`, such as
            `lambda model: model.init_weights()`.
        preset: The name of a preset, such as "megatron". Its rules come after the rules of `recipe` and before the
            model's own code; `fastinit presets` lists all presets. Or the name of an initializer, such as "orthogonal",
            which then draws all weights, while norms and biases keep the model's own rules.

    Warns:
        UserWarning: The model's present values cannot come from its `reset_parameters`. They may come from its
            constructor, which was not recorded.

    Raises:
        RecipeError: A rule is not valid or does not fit its tensor. This is a ValueError.
        ValueError: FSDP1 has flattened the parameters; or a parameter has no rule, and the model's own code does not
            set it, or sets it differently in the modules that share it; or a parameter with a rule has a copy without.
        RuntimeError: The model's own code failed.
        TypeError: `model` is not a module, `seed` is not a seed, or `recipe` is neither a recipe nor a list of rules.

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
    """Returns the seed of all draws, which the recipe may give, and the recipe, read from its file if it is a path."""
    check_not_recording()
    if isinstance(recipe, (str, os.PathLike)):
        recipe = load_recipe(recipe)
    if seed is not None:
        return resolve_seed(seed, 0)[0], recipe
    return recipe.seed if isinstance(recipe, Recipe) else draw_seed(None), recipe


class Code(Protocol):
    """The code that initialises a model, and answers how it does."""

    def look(self, targets: list[Target]) -> None:
        """Sees the tensors. This is called before all other methods, and before anything changes."""

    def knows(self, target: Target) -> bool:
        """Tells whether the code also sets a buffer that already has values."""

    def source(self, name: str) -> str:
        """Returns what a report calls the code that sets a tensor."""

    def is_guess(self, name: str) -> bool:
        """Tells whether other code may have set the tensor's present values."""

    def record(self, targets: list[Target]) -> tuple[dict[str, Call | str], dict[str, str]]:
        """Returns for each name the call that explains the tensor, or why none does; and for each copy its source."""

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
    """Draws every tensor of a model by rules, and the rest by a preset or the model's own code: see `init_model`."""
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
    own = scheme.calls(rest, calls, (entry.name for entry, _ in ruled))
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
    """Tells whether the model's own code must set a tensor that no rule fills."""
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
    """Returns the rows of a report, in the order of the model. Entries without a source were drawn by the code."""
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
            if before is not None:  # rules have set slices of it once more
                call, std = f"{call}; {before.call}", before.std
            said_by = source or sources.get(entry.name) or code.source(entry.target.name)
            of_target[entry.name] = _row(entry, call, std, said_by)
    return tuple(row for target in targets for row in rows.get(target.name, {}).values())


def _small(values: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Returns the computed values if they are small enough to be stored with a recipe, else none."""
    is_small = sum(value.nbytes for value in values.values()) <= MAX_BYTES
    return {name: value.cpu() for name, value in values.items()} if is_small else {}


def _row(entry: Entry, call: Call | str, std: float | None, source: str) -> Row:
    return Row(entry.name, entry.shape, _dtype_of(entry.target.tensor), call, std, source, entry.target.is_stored)


def _dtype_of(tensor: torch.Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")


def _rules(recipe: Recipe | Sequence[Mapping[str, Any]] | None) -> tuple[tuple[Rule, ...], Setting]:
    """Returns the rules of a recipe and the setting that they refer to."""
    if recipe is None:
        return (), _SETTING
    if isinstance(recipe, Recipe):
        layers = count_layers(tensor.name for tensor in recipe.tensors)  # the model may be only a part of the recipe's
        layout = recipe.layout or _LAYOUT
        rules = recipe.rules if layout == _LAYOUT else tuple(_with_layout(rule, layout) for rule in recipe.rules)
        return rules, recipe.setting._replace(layout=layout, layers=layers)
    given: Any = recipe
    if not isinstance(given, Sequence) or not all(isinstance(rule, Mapping) for rule in given):
        remedy = f'a single rule is a list too: [{{"match": "*", {_EXAMPLE}}}]'
        raise TypeError(checks.text("recipe", "be a recipe, its path, or a list of rules", recipe, remedy))
    return read_rules(list(map(dict, recipe))), _SETTING


def _with_layout(rule: Rule, layout: str) -> Rule:
    """Returns a rule that names its layout, if it has one, because the report shows the rule without its recipe."""
    takes_layout = "layout" in parameter_names(rule.init) and needs_layout(rule)
    return dataclasses.replace(rule, parameters={**rule.parameters, "layout": layout}) if takes_layout else rule


def _by_rules(
    entries: Sequence[Entry],
    rules: Sequence[Rule],
    setting: Setting,
    is_strict: bool,
) -> tuple[list[Filled], list[Entry]]:
    """Returns the contents of the entries that a rule matches, and the other entries.

    Rules match the names in a checkpoint or the model's own names.

    Args:
        is_strict: Whether every rule must match. A recipe may describe a larger model, of which this is a part.
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
        if not found or found[-1][0].slice is not None:  # with rules for slices alone, the rest needs a content too
            left.append(entry)
        if entry.inset is not None and name == entry.own_name and any(rule.slice for rule, _ in found):
            rule = f"init_model: {found[0][0]} must have a slice of a tensor that checkpoints hold"
            seen = f"a slice of {show(name)}, which they hold in parts"
            raise RecipeError(f"{rule}, got {seen}; match the names of the parts, such as {show(entry.name)}")
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
        setting = setting._replace(layers={**own, **setting.layers})  # a recipe may describe a larger model
    try:
        if is_strict:
            assign(specs, rules)
        contents = plan_tensors(specs, kept, setting, is_partial=True)
    except RecipeError as error:
        raise RecipeError(f"init_model: {error}") from None
    return list(zip(matched, contents, strict=True)), left


def _matched(matcher: Matcher, entry: Entry) -> tuple[str, list[tuple[Rule, str]]]:
    """Returns the name of an entry that rules match, and these rules with their patterns."""
    for name in dict.fromkeys((entry.name, entry.own_name)) if entry.target.is_stored else ():
        found = [matcher.patterns[position] for position in matcher.all(name)]
        if found:
            return name, found
    return entry.name, []


def _by_calls(
    entries: Sequence[Entry], calls: Mapping[str, Call | str], preset_ones: Container[str], setting: Setting
) -> list[Filled]:
    """Returns the contents of the entries that calls explain. `calls` and `preset_ones` go by the entries' names."""
    rules: dict[Call, Rule] = {}
    known: dict[Any, Content] = {}  # the key has everything that a content depends on
    filled: list[Filled] = []
    wholes: set[str] = set()
    for entry in entries:
        call, tensor = calls[entry.name], entry.target.tensor
        assert isinstance(call, Call)
        is_own = entry.name not in preset_ones
        if entry.inset is not None and is_own and not call.is_by_element:  # a matrix cannot be drawn in parts
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
    """Checks that the model's own code sets each of the tensors, and sets it only in one way."""
    for reason in (NEVER, DIFFERS):
        open_ones = [target for target in targets if calls[target.name] == reason]
        if open_ones:
            names = [target.name for target in open_ones]
            more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
            first = open_ones[0]
            remedies = [f"set it in the module's {code.source(first.name)}"]
            if reason == DIFFERS:
                remedies = ["build the model by `fastinit.torch.build`, which sees which values the constructor kept"]
                names[0] = " = ".join(dict.fromkeys(slot.name for slot in first.slots))
            elif code.is_guess(first.name):
                remedies += ["build the model by `fastinit.torch.build`, which sees what its constructor sets"]
            if not first.is_stored:  # no rule can match its name
                remedies += ["make it on a real device"]
            elif not first.tensor.is_complex():
                remedies += [f'add a rule to `recipe` such as {{"match": "{first.name}", {_EXAMPLE}}}']
            remedy = ", or ".join(remedies)
            raise ValueError(
                "`model` must say how each of its tensors is initialised, got "
                f"{', '.join(map(show, names[:_SHOWN]))}{more}, {reason} by its own code; {remedy}"
            )


def _check_copies(copies: Mapping[str, str], computed: set[str], left: set[str]) -> None:
    """Checks that no copy has a source with a rule: the model's own code would copy its own draw, not the rule's."""
    for name, source in copies.items():
        if name in computed and source and source not in left:
            rule = f"have a rule in `recipe` for {show(name)} too, which its own code copies from {show(source)}"
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
    """Fills slices and leaves the rest of the tensor as it is."""
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
