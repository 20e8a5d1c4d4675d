"""Plans: which rule, which file, which offset; shards as huggingface_hub splits them."""

from __future__ import annotations

import gc
import json
import re
import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastinit.checkpoint import RecipeError, load_recipe, make_plan, parse_recipe
from fastinit.checkpoint.plan import Plan, split
from fastinit.checkpoint.sizes import format_bytes, parse_size
from fastinit.distributions import Constant, Normal
from fastinit.formulas import FORMULAS
from fastinit.random import stream_from_name
from fastinit.recipes import examples
from fastinit.stored import layout

HEAD_OF_MANY = f'# {"x" * 200_000}\nseed = 1\ndtype = "float32"\n[tensors]\n"t{{0..199}}" = [1]\n'
EXAMPLE = examples.FOLDER / "llama-3.2-1b.toml"


def plan_of(tensors: str, rules: str, head: str = "", shard_bytes: int = 10**9) -> Plan:
    text = f"seed = 7\n{head}\n[tensors]\n{tensors}\n{rules}"
    if "dtype" not in head:
        text = 'dtype = "float32"\n' + text
    return make_plan(parse_recipe(text, "r.toml"), shard_bytes)


def rule(match: str, init: str, parameters: str = "") -> str:
    return f'[[rule]]\nmatch = "{match}"\ninit = "{init}"\n{parameters}\n'


def test_llama_example_is_the_model() -> None:
    plan = make_plan(load_recipe(EXAMPLE))
    assert len(list(plan.tensors)) == 146
    assert plan.parameters == 1_235_814_400
    assert plan.tensor_bytes == 2_471_628_800
    assert [shard.file for shard in plan.shards] == ["model.safetensors"]
    assert sum(isinstance(t.distribution, Constant) for t in plan.tensors) == 33
    assert {t.distribution for t in plan.tensors} == {Constant(1.0), Normal(0.0, 0.02)}


def test_first_matching_rule_wins_and_case_counts() -> None:
    plan = plan_of(
        '"Bias" = [2]\n"a.bias" = [2]\n"w" = [2]',
        rule("*.bias", "zeros") + rule("B*", "ones") + rule("*", "normal", "std = 3"),
    )
    assert {t.name: t.rule.number for t in plan.tensors} == {"Bias": 2, "a.bias": 1, "w": 3}


def test_distribution_is_that_of_the_initializer() -> None:
    plan = plan_of('"w" = [30, 20]', rule("*", "he_normal"), 'layout = "torch"')
    (tensor,) = plan.tensors
    assert tensor.distribution == FORMULAS["he_normal"]((30, 20), layout="torch")
    own = plan_of('"w" = [30, 20]', rule("*", "he_normal", 'layout = "keras"'), 'layout = "torch"')
    assert next(own.tensors).distribution == FORMULAS["he_normal"]((30, 20), layout="keras")
    axes = plan_of('"w" = [30, 20, 5]', rule("*", "he_normal", "in_axis = [1, 2]\nout_axis = 0"))
    expected = FORMULAS["he_normal"]((30, 20, 5), in_axis=(1, 2), out_axis=0)
    assert next(axes.tensors).distribution == expected


def test_stream_is_the_name() -> None:
    for tensor in make_plan(load_recipe(EXAMPLE)).tensors:
        assert tensor.stream == stream_from_name(tensor.name)


@pytest.mark.parametrize("shard_bytes", [1, 100, 10**9])
def test_tensors_follow_each_other_without_holes(shard_bytes: int) -> None:
    plan = plan_of('"a{0..4}" = [3, 5]\n"s" = []\n"e" = [0, 2]', rule("*", "normal"), "", shard_bytes)
    for shard in plan.shards:
        offset = shard.header_bytes
        for tensor in shard.tensors:
            assert (tensor.file, tensor.offset) == (shard.file, offset)
            assert offset % 4 == 0
            offset += tensor.nbytes
        assert shard.nbytes == offset
    assert plan.file_bytes == sum(shard.nbytes for shard in plan.shards)


def test_values_do_not_depend_on_sharding() -> None:
    recipe = load_recipe(EXAMPLE)

    def values(shard_bytes: int) -> list[tuple[object, ...]]:
        plan = make_plan(recipe, shard_bytes)
        return sorted((t.name, t.shape, t.stream, t.distribution.std) for t in plan.tensors)

    assert values(10**10) == values(10**8) == values(1)


def test_side_files_describe_the_checkpoint() -> None:
    recipe = load_recipe(EXAMPLE)
    single = make_plan(recipe).side_files()
    assert single.keys() == {"recipe.toml", "fastinit.json", "config.json"}
    assert single["recipe.toml"] == EXAMPLE.read_bytes()
    plan = make_plan(recipe, 10**9)
    files = plan.side_files()
    index = json.loads(files["model.safetensors.index.json"])
    assert index["metadata"]["total_size"] == 2_471_628_800
    assert index["weight_map"] == {t.name: t.file for t in plan.tensors}
    note = json.loads(files["fastinit.json"])
    assert note["recipe_sha256"] == recipe.sha256
    assert (note["seed"], note["stream_version"]) == (42, 2)
    assert (note["tensors"], note["parameters"]) == (146, 1_235_814_400)
    assert note["files"] == {shard.file: shard.nbytes for shard in plan.shards}


def test_header_keeps_the_recipe() -> None:
    recipe = load_recipe(EXAMPLE)
    for shard in make_plan(recipe, 10**9).shards:
        metadata = json.loads(shard.header[8:])["__metadata__"]
        assert metadata == {
            "format": "pt",
            "fastinit.recipe": recipe.text,
            "fastinit.recipe_sha256": recipe.sha256,
            "fastinit.seed": "42",
            "fastinit.stream_version": "2",
        }


# As `split_torch_state_dict_into_shards` of huggingface_hub 2.4 splits them.
SPLITS = [
    ([], 8, []),
    ([8], 8, [[0]]),
    ([4, 4, 4], 8, [[0, 1], [2]]),
    ([4, 4, 3, 12, 1], 8, [[0, 1], [3], [2, 4]]),
    ([9, 9], 8, [[0], [1]]),
    ([3, 9, 3], 8, [[1], [0, 2]]),
    ([0, 8, 0, 1], 8, [[0, 1, 2], [3]]),
]


@pytest.mark.parametrize(("sizes", "limit", "shards"), SPLITS)
def test_split_is_greedy_in_order(sizes: list[int], limit: int, shards: list[list[int]]) -> None:
    assert split(sizes, limit) == shards


@given(st.lists(st.integers(0, 30)), st.integers(1, 40))
def test_split_keeps_every_tensor_once_and_the_limit(sizes: list[int], limit: int) -> None:
    shards = split(sizes, limit)
    assert sorted(i for shard in shards for i in shard) == list(range(len(sizes)))
    for shard in shards:
        assert shard
        assert sum(sizes[i] for i in shard) <= limit or len(shard) == 1


def test_pattern_that_matched_is_told() -> None:
    plan = plan_of(
        '"a.{0..2}.w" = [2]\n"b.{0..2}.w" = [2]',
        '[[rule]]\nmatch = ["a.{1..2}.*", "b.1.w"]\ninit = "zeros"\n' + rule("*", "normal"),
    )
    assert {t.name: t.match for t in plan.tensors if t.rule.number == 1} == {
        "a.1.w": "a.{1..2}.*",
        "a.2.w": "a.{1..2}.*",
        "b.1.w": "b.1.w",
    }


def test_padding_row_is_planned_as_zeros() -> None:
    plan = plan_of('"w" = [5, 3, 2]', rule("*", "normal", "padding_idx = 4"))
    assert next(plan.tensors).zeros == (24, 30)
    for shape in ("[4, 3]", "[]"):
        with pytest.raises(RecipeError, match="`padding_idx` must be the number of a row of shape"):
            plan_of(f'"w" = {shape}', rule("*", "normal", "padding_idx = 4"))


def test_integers_are_filled_by_constants_only() -> None:
    tensors = '"n" = { shape = [2], dtype = "int64" }\n"w" = { shape = [2], dtype = "float16" }'
    plan = plan_of(tensors, rule("n", "constant", "value = 3") + rule("*", "normal"))
    assert {t.name: (t.dtype, t.nbytes) for t in plan.tensors} == {
        "n": ("int64", 16),
        "w": ("float16", 4),
    }
    with pytest.raises(RecipeError, match=r"tensor 'n', rule 1 .*: `dtype` must be one of float64"):
        plan_of(tensors, rule("*", "normal"))


def test_work_of_matching_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fastinit.recipes.assign.MAX_MATCHES", 50)
    with pytest.raises(RecipeError, match="finding the rules takes more than 50 comparisons"):
        plan_of('"w{0..9}" = [2]', "".join(rule(f"*{i}", "zeros") for i in range(10)))


BAD = {
    ('"w" = [2]', '[[rule]]\nmatch = ["w", "v"]\ninit = "zeros"\n', ""): (
        "r.toml: 'v' of rule 1 (match = \"w\" and 1 more) matches no tensor; correct the pattern or remove it"
    ),
    ('"w" = [2]\n"b" = [2]', rule("w", "zeros"), ""): ("r.toml: no rule matches tensor 'b'; add a [[rule]]"),
    ('"w" = [2]', rule("*", "zeros") + rule("*.bais", "zeros"), ""): (
        'r.toml: rule 2 (match = "*.bais") matches no tensor'
    ),
    ('"w" = [2]', rule("*", "zeros") + rule("w", "ones"), ""): (
        'r.toml: rule 2 (match = "w") is never used: earlier rules match all its tensors'
    ),
    ('"w" = [2]', rule("*", "he_normal"), 'layout = "torch"'): (
        "r.toml: tensor 'w', rule 1 (match = \"*\"): `shape` must have two or more dimensions"
    ),
    ('"w" = [2, 0]', rule("*", "he_normal"), 'layout = "torch"'): ("r.toml: tensor 'w', rule 1 (match = \"*\"): "),
    ('"w" = [2]', rule("*", "normal", "std = -0.02"), ""): (
        "r.toml: tensor 'w', rule 1 (match = \"*\"): `std` must be finite and >= 0, got -0.02"
    ),
    ('"w" = [2]', rule("*", "normal", "std = nan"), ""): "`std` must be finite and >= 0, got nan",
    ('"w" = [2]', rule("*", "normal", 'std = "0.02 x"'), ""): "`std`: the expression '0.02 x', at character 6",
    ('"w" = [2]', rule("*", "normal", "std = true"), ""): "`std` must be",
    ('"w" = [2]', rule("*", "normal", "std = 1979-05-27"), ""): "`std` must be",
    ('"w" = [2]', rule("*", "normal", "std = 1e300"), ""): "`std` must lie within float32's range",
    ('"w" = [2]', rule("*", "constant", "value = 1e6"), 'dtype = "float16"'): (
        "`value` must be a value that float16 can hold, got 1000000.0"
    ),
    ('"w" = [2, 2]', rule("*", "he_normal", "in_axis = 5\nout_axis = 0"), ""): "`in_axis` must",
}


@pytest.mark.parametrize("arguments", BAD, ids=[str(i) for i in range(len(BAD))])
def test_bad_plan_is_refused(arguments: tuple[str, str, str]) -> None:
    with pytest.raises(RecipeError, match=re.escape(BAD[arguments])) as caught:
        plan_of(*arguments)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 1000


def test_header_too_long_names_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fastinit.stored.layout.MAX_HEADER_BYTES", 400)
    message = r"r\.toml: model\.safetensors: a safetensors header has .*smaller shard size"
    with pytest.raises(RecipeError, match=message):
        plan_of('"w{0..99}" = [2]', rule("*", "zeros"))


@pytest.mark.parametrize(
    ("text", "size"),
    [("5GB", 5 * 10**9), ("1.5mb", 1_500_000), (" 2 KiB ", 2048), ("7B", 7), ("0.001TB", 10**9)],
)
def test_sizes_are_read(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["5", " 1.5 "])
def test_size_without_a_unit_is_asked_for_one(text: str) -> None:
    number = text.strip()
    with pytest.raises(ValueError, match=f"^{number} has no unit; write {number}GB or {number}MiB$"):
        parse_size(text)


@pytest.mark.parametrize("text", ["", "GB", "5XB", "-5GB", "1e9", "0", "0B", "0.1B", "nan", "5 G B"])
def test_bad_sizes_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a size must be") as caught:
        parse_size(text)
    assert repr(text) in str(caught.value)


def test_size_past_what_verify_reads_is_refused() -> None:
    assert parse_size("999999999999999999B") == 10**18 - 1
    with pytest.raises(ValueError, match=r"^a size must be less than 1000PB, got '1000PB'$"):
        parse_size("1000PB")


@pytest.mark.parametrize("shard_bytes", [5e9, True, None, float("nan"), -1, 0, 10**18])
def test_bad_shard_bytes_are_refused(shard_bytes: Any) -> None:
    kind = ValueError if type(shard_bytes) is int else TypeError
    message = rf"^`shard_bytes` must be an int in \[1, {'9' * 18}\], got {shard_bytes}; write 5 GB as 5_000_000_000$"
    with pytest.raises(kind, match=message):
        plan_of('"w" = [2]', rule("*", "zeros"), "", shard_bytes)


def test_shard_bytes_of_numpy_become_an_int() -> None:
    plan = plan_of('"w" = [2]', rule("*", "zeros"), "", np.int64(8))  # type: ignore[arg-type]
    assert type(plan.shard_bytes) is int


def test_sizes_are_shown() -> None:
    shown = [format_bytes(n) for n in (0, 999, 1000, 999_949, 999_950, 2_471_645_608, 10**15)]
    assert shown == ["0 B", "999 B", "1 KB", "999.9 KB", "1 MB", "2.472 GB", "1 PB"]


def test_recipe_in_many_files_is_bounded_before_any_header_is_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As a hostile folder has it for `verify`: a comment of 1 MB, and 8,000 files of 4 bytes."""
    text = (
        f'# {"x" * 10**6}\nseed = 1\ndtype = "float32"\n[tensors]\n"t{{0..7999}}" = [1]\n'
        '[[rule]]\nmatch = "*"\ninit = "zeros"\n'
    )
    recipe = parse_recipe(text)
    assert len(make_plan(recipe).shards) == 1
    monkeypatch.setattr(layout, "header_bytes", None)
    with pytest.raises(RecipeError, match=r"8000 times 10000.* more than the 1073741824 bytes"):
        make_plan(recipe, 4)


def test_headers_are_made_when_they_are_asked_for() -> None:
    text = HEAD_OF_MANY + '[[rule]]\nmatch = "*"\ninit = "zeros"\n'
    tracemalloc.start()
    plan = make_plan(parse_recipe(text), 4)
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(plan.shards) == 200
    assert sum(shard.header_bytes for shard in plan.shards) > 4e7
    assert used < 1e7
    assert len(plan.shards[7].header) == plan.shards[7].header_bytes


def test_many_tensors_take_little_memory_each() -> None:
    count = 20_000
    text = f'seed = 7\ndtype = "float32"\n[tensors]\n"layer.{{0..{count - 1}}}.w" = [4]\n'
    tracemalloc.start()
    plan = make_plan(parse_recipe(text + rule("*", "normal")))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(plan.shards[0].tensors) == count
    assert peak < 470 * count


def test_the_collector_goes_on_after_a_plan() -> None:
    assert gc.isenabled()
    with pytest.raises(RecipeError):
        plan_of('"w" = [2]', rule("v", "zeros"))
    assert gc.isenabled()
    gc.disable()
    try:
        plan_of('"w" = [2]', rule("*", "zeros"))
        assert not gc.isenabled()
    finally:
        gc.enable()
