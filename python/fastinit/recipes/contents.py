"""The contents of each tensor: the distribution that its rule's initializer gives for its shape. Reads no files."""

from __future__ import annotations

import math
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from fastinit import checks
from fastinit.distributions import Constant, Transformed
from fastinit.dtypes import FLOATS, STORED
from fastinit.errors import RecipeError, show
from fastinit.formulas import FORMULAS
from fastinit.recipes.assign import assign
from fastinit.recipes.collector import uncollected
from fastinit.recipes.literals import LITERAL, Literal, literal
from fastinit.recipes.roles import count_layers
from fastinit.recipes.rules import Call, parameter_names
from fastinit.recipes.slices import Sliced, check_places
from fastinit.recipes.transforms import steps_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fastinit.distributions import Distribution
    from fastinit.dtypes import ElementType
    from fastinit.recipes.rules import Rule
    from fastinit.recipes.setting import Setting
    from fastinit.recipes.slices import Place
    from fastinit.recipes.tensors import TensorSpec

_NO_NUMBERS: Mapping[str, float] = MappingProxyType({})


class Content(NamedTuple):
    """The contents of a tensor. Only the stream depends on its name; many tensors can share everything else.

    Attributes:
        match: The pattern of its rule that matched.
        call: The call of its rule, with expressions replaced by their numbers; None if slices have rules.
        calls: The calls of its rules, slices first, as text.
        zeros: The flat indices (first, stop) of elements that are zero whatever the distribution: the row of a
            padding token.
    """

    shape: tuple[int, ...]
    dtype: str
    nbytes: int
    rule: Rule
    match: str
    distribution: Distribution
    zeros: tuple[int, int]
    call: Call | None
    calls: str


@uncollected()
def plan_tensors(
    tensors: Sequence[TensorSpec], rules: Sequence[Rule], setting: Setting, *, is_partial: bool = False
) -> list[Content]:
    """Works out what each tensor holds, in their order.

    Args:
        tensors: The tensors of a recipe, or any others.
        rules: A tensor takes the first rule whose pattern matches its name.
        setting: What the rules refer to; if it counts no layers, they are counted from the tensors' names.
        is_partial: Whether rules for slices may leave out elements, which something else then fills.

    Raises:
        RecipeError: A rule does not fit its tensors, a tensor matches no rule, or a rule matches no tensor.
    """
    if not setting.layers and any(rule.expressions for rule in rules):
        setting = setting._replace(layers=count_layers(tensor.name for tensor in tensors))
    known: dict[Any, Content] = {}
    contents = []
    for tensor, own in zip(tensors, assign(tensors, rules), strict=True):
        parts = tuple(_part(tensor, rule, match, setting) for rule, match in own)
        key = (tensor.shape, tensor.dtype, *((part.rule.number, *part[1:]) for part in parts))
        content = known.get(key)
        if content is None:
            if parts[-1].place is None and len(parts) == 1:
                (part,) = parts
                content = content_of(tensor, part.rule, part.match, setting, dict(part.numbers))
            else:
                content = _sliced(tensor, parts, setting, is_partial)
            known[key] = content
        contents.append(content)
    return contents


class _Part(NamedTuple):
    """A rule for a tensor or for a slice of it, with the numbers that the rule's expressions give there."""

    rule: Rule
    match: str
    place: Place | None
    numbers: tuple[tuple[str, float], ...]


def _part(tensor: TensorSpec, rule: Rule, match: str, setting: Setting) -> _Part:
    place = None
    if rule.slice is not None:
        where = setting.numbers(tensor, rule, match, rule.slice.expressions)
        try:
            place = rule.slice.place(tensor.shape, where)
        except ValueError as error:
            raise _at(tensor, rule, error) from None
        tensor = tensor._replace(shape=place.shape(tensor.shape))
    numbers = setting.numbers(tensor, rule, match) if rule.expressions else {}
    return _Part(rule, match, place, tuple(numbers.items()))


def _sliced(tensor: TensorSpec, parts: Sequence[_Part], setting: Setting, is_partial: bool) -> Content:
    """Works out the contents of a tensor with rules for slices, and perhaps a last rule for the rest."""
    rest: Content | None = None
    calls: list[str] = []
    slices: list[tuple[Place, Distribution]] = []
    for rule, match, place, numbers in parts:
        shape = tensor.shape if place is None else place.shape(tensor.shape)
        content = content_of(tensor._replace(shape=shape), rule, match, setting, dict(numbers))
        if place is None:
            rest = content
            calls.append(content.calls)
        else:
            slices.append((place, content.distribution))
            calls.append(f"{content.calls} in {place.start}:{place.stop} of axis {place.dim}")
    rule, match, *_ = parts[-1]
    try:
        if tensor.dtype not in FLOATS:
            raise ValueError(checks.text("slice", f"lie in a tensor of type {', '.join(FLOATS)}", tensor.dtype))
        check_places([place for place, _ in slices], tensor.shape, has_rest=rest is not None or is_partial)
    except ValueError as error:
        raise _at(tensor, rule, error) from None
    distribution = Sliced(tensor.shape, None if rest is None else rest.distribution, tuple(slices))
    nbytes = math.prod(tensor.shape) * STORED[tensor.dtype].itemsize
    zeros = (0, 0) if rest is None else rest.zeros
    return Content(tensor.shape, tensor.dtype, nbytes, rule, match, distribution, zeros, None, "; ".join(calls))


def _at(tensor: TensorSpec, rule: Rule, error: Exception) -> RecipeError:
    return RecipeError(f"tensor {show(tensor.name)}, {rule}: {error}")


def content_of(
    tensor: TensorSpec,
    rule: Rule,
    match: str,
    setting: Setting,
    numbers: Mapping[str, float] = _NO_NUMBERS,
) -> Content:
    """Works out the contents of a tensor under a rule.

    Args:
        tensor: The tensor.
        rule: Its rule.
        match: The pattern that matched.
        setting: What the rule refers to.
        numbers: The numbers that the rule's expressions give.

    Raises:
        RecipeError: The rule does not fit the tensor.
    """
    given = {} if setting.layout is None else {"layout": setting.layout}
    _, shape, dtype = tensor
    try:
        own = {key: _whole(number) for key, number in numbers.items() if key in rule.parameters}
        taken = (*parameter_names(rule.init), "layout")  # fans in expressions are not passed to the initializer
        parameters = {key: value for key, value in {**given, **rule.parameters, **own}.items() if key in taken}
        distribution: Distribution
        if rule.init == LITERAL:
            distribution = literal(shape, setting.literals, **rule.parameters)
        else:
            distribution = FORMULAS[rule.init](shape, **parameters)
        steps = steps_of(rule.transform, numbers)
        if steps:
            drawn: Any = distribution  # Transformed checks which kinds it takes
            distribution = Transformed(drawn, steps)
        _check_element(distribution, STORED[dtype])
        zeros = _padding(shape, rule)
    except (TypeError, ValueError, ArithmeticError) as error:
        raise _at(tensor, rule, error) from None
    nbytes = math.prod(shape) * STORED[dtype].itemsize
    transform = tuple((step.name, step.numbers) for step in steps)
    call = Call(rule.init, tuple({**rule.parameters, **own}.items()), rule.padding_idx, transform)
    return Content(shape, dtype, nbytes, rule, match, distribution, zeros, call, rule.call)


def _whole(number: float) -> float:
    """Returns a whole number as an int, because a number of groups has to be one."""
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def _check_element(distribution: Distribution, element: ElementType) -> None:
    """Raises errors now that the core would otherwise raise in the middle of writing."""
    if isinstance(distribution, Constant):
        distribution.pattern(element)
    elif element.name in FLOATS or isinstance(distribution, Literal):
        distribution.parameters(element)
    else:
        rule = f"be one of {', '.join(FLOATS)} for random values"
        remedy = "use zeros, ones, constant or literal for this tensor"
        raise ValueError(checks.text("dtype", rule, element.name, remedy))


def _padding(shape: tuple[int, ...], rule: Rule) -> tuple[int, int]:
    """The flat range of the row that a rule sets to zero."""
    if rule.padding_idx is None:
        return (0, 0)
    if not shape or rule.padding_idx >= shape[0]:
        text = f"be the number of a row of shape {list(shape)}"
        raise ValueError(checks.text("padding_idx", text, rule.padding_idx))
    row = math.prod(shape[1:])
    return (rule.padding_idx * row, (rule.padding_idx + 1) * row)
