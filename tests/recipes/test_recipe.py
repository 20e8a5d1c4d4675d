"""Recipes: what is read, and every error by its message."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastinit.checkpoint import RecipeError, load_recipe, make_plan, parse_recipe
from fastinit.formulas import FORMULAS
from fastinit.recipes import examples
from fastinit.recipes.recipe import MAX_RECIPE_BYTES
from fastinit.recipes.rules import parameter_names

if TYPE_CHECKING:
    from pathlib import Path

EXAMPLE = examples.FOLDER / "llama-3.2-1b.toml"
HEAD = 'seed = 7\ndtype = "float32"\n'
TENSORS = '[tensors]\n"a.weight" = [4, 3]\n"a.bias" = [4]\n'
RULE = '[[rule]]\nmatch = "*"\ninit = "normal"\nstd = 0.5\n'


def test_recipe_holds_what_the_text_says() -> None:
    text = HEAD + 'layout = "torch"\n' + TENSORS + RULE
    recipe = parse_recipe(text, "r.toml")
    assert (recipe.seed, recipe.dtype, recipe.layout) == (7, "float32", "torch")
    assert [(t.name, t.shape) for t in recipe.tensors] == [("a.weight", (4, 3)), ("a.bias", (4,))]
    assert [(r.number, r.match, r.init, r.parameters, r.padding_idx) for r in recipe.rules] == [
        (1, ("*",), "normal", {"std": 0.5}, None)
    ]
    assert recipe.text == text
    assert recipe.sha256 == hashlib.sha256(text.encode()).hexdigest()


def test_file_is_kept_to_the_byte(tmp_path: Path) -> None:
    content = (HEAD + TENSORS + RULE).replace("\n", "\r\n").encode()
    (tmp_path / "r.toml").write_bytes(content)
    assert load_recipe(tmp_path / "r.toml").text.encode() == content


def test_llama_example_has_the_models_tensors() -> None:
    recipe = load_recipe(EXAMPLE)
    shapes = {t.name: t.shape for t in recipe.tensors}
    assert len(shapes) == 146
    assert recipe.dtype == "bfloat16"
    assert shapes["model.embed_tokens.weight"] == (128256, 2048)
    assert shapes["model.layers.15.mlp.down_proj.weight"] == (2048, 8192)
    assert shapes["model.layers.0.self_attn.k_proj.weight"] == (512, 2048)
    assert "lm_head.weight" not in shapes
    layers = [t.name.split(".")[2] for t in recipe.tensors if ".layers." in t.name]
    assert layers == [str(layer) for layer in range(16) for _ in range(9)]


def test_rule_has_one_pattern_or_a_list() -> None:
    rules = '[[rule]]\nmatch = ["*.bias", "x.{0..3}"]\ninit = "zeros"\n' + RULE
    one, two = parse_recipe(HEAD + TENSORS + rules).rules
    assert (one.match, two.match) == (("*.bias", "x.{0..3}"), ("*",))
    assert str(one) == 'rule 1 (match = "*.bias" and 1 more)'
    assert str(two) == 'rule 2 (match = "*")'


def test_tensor_may_have_a_type_of_its_own() -> None:
    tensors = '[tensors]\n"a" = { shape = [2], dtype = "int64" }\n"b" = { shape = [3] }\n"c" = []\n'
    recipe = parse_recipe(HEAD + tensors + RULE)
    assert [(t.name, t.shape, t.dtype) for t in recipe.tensors] == [
        ("a", (2,), "int64"),
        ("b", (3,), "float32"),
        ("c", (), "float32"),
    ]


def test_short_names_of_types_are_stored_in_full() -> None:
    full = '# dtype = "half"\nseed = 1\ndtype = "bfloat16" # or "bf16"\n[tensors]\n"dtype = \'half\'" = [2]\n'
    full += 'a = { shape = [2], "dtype" = \'float16\' }\n[tensors.b]\nshape = [2]\ndtype="float64"\n' + RULE
    short = full.replace("bfloat16", "bf16").replace("'float16'", "'half'").replace("float64", "fp64")
    assert short != full
    assert parse_recipe(short) == parse_recipe(full)
    assert parse_recipe(full).text == full


def test_dtype_may_be_left_out_where_each_tensor_has_one() -> None:
    tensors = '[tensors]\n"a" = { shape = [2], dtype = "float16" }\n'
    recipe = parse_recipe("seed = 1\n" + tensors + RULE)
    assert recipe.dtype is None
    assert recipe.tensors[0].dtype == "float16"


def test_padding_row_is_part_of_the_rule() -> None:
    (rule,) = parse_recipe(HEAD + TENSORS + RULE + "padding_idx = 3\n").rules
    assert rule.padding_idx == 3
    assert rule.call == "normal(std=0.5, padding_idx=3)"
    assert rule.parameters == {"std": 0.5}


@pytest.mark.parametrize("key", ["like", "config", "preset"])
def test_text_must_be_self_contained(key: str) -> None:
    message = rf"^recipe: `{key}` works only in a recipe's file.* use load_recipe, or .*--toml"
    with pytest.raises(RecipeError, match=message):
        parse_recipe(f'{key} = "hf"\n' + HEAD + TENSORS + RULE)


def test_every_initializer_names_its_parameters() -> None:
    assert parameter_names("normal") == ("mean", "std")
    assert parameter_names("zeros") == ()
    assert {"negative_slope", "layout", "in_axis"} <= set(parameter_names("he_normal"))
    assert not any("shape" in parameter_names(init) for init in FORMULAS)


def test_fans_need_no_layout_where_the_rule_says_where_they_are() -> None:
    for extra in ('layout = "torch"\n', "in_axis = [1]\nout_axis = 0\n"):
        rule = '[[rule]]\nmatch = "*"\ninit = "he_normal"\n' + extra
        assert parse_recipe(HEAD + TENSORS + rule).layout is None


BAD_RULE = {
    '[[rule]]\ninit = "zeros"\n': r"rule 1: `match` is missing; add a line such as: match =",
    '[[rule]]\nmatch = "*"\n': r"rule 1: `init` is missing; add a line such as: init =",
    '[[rule]]\nmatch = 3\ninit = "zeros"\n': r"rule 1: `match` must be a pattern.*got 3",
    '[[rule]]\nmatch = []\ninit = "zeros"\n': r"rule 1: `match` must be a pattern.*got \[\]",
    '[[rule]]\nmatch = ["a*", 3]\ninit = "zeros"\n': r"rule 1: `match` must be a pattern.*got 3",
    '[[rule]]\nmatch = [["a*"]]\ninit = "zeros"\n': r"rule 1: `match` must be .*got \['a\*'\]",
    '[[rule]]\nmatch = "a.{0..3"\ninit = "zeros"\n': (
        r"rule 1: braces in a pattern must enclose a range such as \{0\.\.15\} or a name such as \{layer\}, "
        r"got pattern 'a\.\{0"
    ),
    '[[rule]]\nmatch = "a.{3..0}"\ninit = "zeros"\n': (
        r"rule 1: a range must go up .*got \{3\.\.0\} in pattern 'a\.\{3\.\.0\}'"
    ),
    f'[[rule]]\nmatch = "{"a" * 1001}"\ninit = "zeros"\n': r"rule 1: a pattern must have at most 1000",
    f'[[rule]]\nmatch = {["*"] * 100_001}\ninit = "zeros"\n': (
        r"the rules have 100001 patterns together, and at most 100000"
    ),
    **{
        f'[[rule]]\nmatch = "*"\ninit = "zeros"\npadding_idx = {value}\n': (
            rf"rule 1 .*: `padding_idx` must be the number of the row .*got {re.escape(value[:3])}"
        )
        for value in ("-1", "1.0", "[0]", "9223372036854775808")
    },
    '[[rule]]\nmatch = ""\ninit = "zeros"\n': r"rule 1: `match` must be a pattern.*got ''",
    '[[rule]]\nmatch = "*"\ninit = "norml"\n': (
        r'rule 1 \(match = "\*"\): `init` must be one of \'zeros\', .*got \'norml\'; '
        r"did you mean 'normal'\?"
    ),
    '[[rule]]\nmatch = "*"\ninit = 3\n': r"`init` must be one of .*got 3",
    '[[rule]]\nmatch = "*"\ninit = ["zeros"]\n': r"`init` must be one of .*got \['zeros'\]",
    '[[rule]]\nmatch = "*"\ninit = "random_bits"\n': r"`init` must be one of 'zeros', .*got 'random_bits'",
    '[[rule]]\nmatch = "*"\ninit = "normal"\nstdd = 1\n': (
        r"init 'normal' has no key 'stdd'; its keys are mean, std; did you mean 'std'\?"
    ),
    f'[[rule]]\nmatch = "*"\ninit = "normal"\nstd = 0x1{"0" * 5000}\n': (
        r"rule 1 .*: `std` must be a number of at most 64 bits, got more"
    ),
    '[[rule]]\nmatch = "*"\ninit = "constant"\n': r"`value` is missing; init 'constant' needs it",
    '[[rule]]\nmatch = "*"\ninit = "zeros"\nstd = 1\n': r"init 'zeros' has no key 'std'; its keys are none",
    '[[rule]]\nmatch = "*"\ninit = "he_normal"\n': (
        r'`layout` is missing, and rule 1 \(match = "\*"\) takes fans; add the line layout = "torch"'
    ),
}


@pytest.mark.parametrize(("rule", "message"), BAD_RULE.items())
def test_bad_rule_is_refused(rule: str, message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        parse_recipe(HEAD + TENSORS + rule)


BAD_TENSORS = {
    '"x" = 3': r"the shape of tensor 'x' must be a list of at most 64 whole numbers.*got 3",
    '"x" = [2, -1]': r"tensor 'x' must be a list .* at least 0.*got \[2, -1\]",
    '"x" = [2.0]': r"tensor 'x' must be a list .*got \[2\.0\]",
    '"x" = [true]': r"tensor 'x' must be a list .*got \[True\]",
    '"x" = [9223372036854775808]': r"tensor 'x' must be a list .*got \[9223372036854775808\]",
    f'"x" = {[1] * 65}': r"tensor 'x' must be a list of at most 64",
    '"x" = { shape = [2], type = "int8" }': (r"tensor 'x' has no key 'type'; its keys are shape, dtype"),
    '"x" = { shape = [2], dtype = "int4" }': (
        r"tensor 'x': `dtype` must be one of 'float64', .*'bool', got 'int4'; did you mean 'int64'"
    ),
    '"x" = { shape = 2 }': r"the shape of tensor 'x' must be a list of at most 64 whole.*got 2",
    '"x" = { dtype = "int8" }': r"tensor 'x' must be a list, got a table without `shape`",
    f'"{"x" * 1001}" = [2]': r"a tensor's name must have at most 1000 characters, got 1001 in 'xxx",
    '"x" = [4294967296, 4294967296]': r"take 2\*\*63 bytes or more together, with 'x'",
    "model.norm.weight = [3]": r"of tensor 'model' must be a list, got a table without `shape`; put .* in quotes",
    '"" = [2]': r"name must be printable text, not empty and not '__metadata__', got ''",
    '"__metadata__" = [2]': r"name must be printable text.*got '__metadata__'",
    r'"a\u001b[31m" = [2]': r"name must be printable text.*got 'a\\x1b\[31m'",
    '"x{0..3" = [2]': r"braces in a tensor's name must enclose a range .*got tensor 'x\{0\.\.3'",
    '"x{a..b}" = [2]': r"braces in a tensor's name must enclose a range",
    '"x{3..1}" = [2]': r"a range must go up .*got \{3\.\.1\} in tensor 'x\{3\.\.1\}'",
    '"x{00..15}" = [2]': r"a range must .*no leading zeros, got \{00\.\.15\}",
    '"x{0..999999999999}" = [0]': r"more tensors than the 1000000 that are possible: 1000000000000 with 'x\{0",
    '"x{0..99999999}.{0..99999999}" = [0]': r"more tensors than the 1000000 that are possible: 10000000000000000",
    f'"{"{0..0}" * 9}" = [2]': r"a tensor's name must have at most 8 ranges",
    '"x{0..3}" = [2]\n"x2" = [2]': r"'x2' is given twice, by 'x\{0\.\.3\}' and by",
    '"x{0..11}{0..11}" = [2]': r"'x110' is given twice, by 'x\{0\.\.11\}\{",
    '"x" = [2]\n"x" = [2]': r"not valid TOML: Cannot overwrite a value .*a tensor or key is given",
}


@pytest.mark.parametrize(("tensors", "message"), BAD_TENSORS.items())
def test_bad_tensor_is_refused(tensors: str, message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        parse_recipe(f"{HEAD}[tensors]\n{tensors}\n{RULE}")


BAD_TEXT = {
    "sed = 1\n": r"a recipe has no key 'sed'; its keys are seed, dtype, .*preset; did you mean 'seed'\?",
    'dtype = "float32"\n' + TENSORS + RULE: r"`seed` is missing; add a line such as: seed = 0",
    "seed = 1\n" + TENSORS + RULE: (
        r"`dtype` is missing, and tensor 'a\.weight' names none itself; add a line such as: dtype ="
    ),
    "seed = 1\ntensors = 3\n" + RULE: r"`dtype` is missing; add a line such as: dtype =",
    HEAD + RULE: r"`tensors` is missing; add a table such as",
    HEAD + TENSORS: r"`rule` is missing; add at least one rule such as",
    HEAD + "[tensors]\n" + RULE: r"`tensors` must name at least one tensor",
    HEAD + "tensors = 3\n" + RULE: r"`tensors` must be a table of names and shapes, got 3",
    HEAD + "rule = []\n" + TENSORS: r"`rule` must not be empty",
    HEAD + "rule = [1]\n" + TENSORS: r"`rule` must be written as \[\[rule\]\] tables, got \[1\]",
    HEAD + TENSORS + '[rule]\nmatch = "*"\n': r"`rule` must be written as \[\[rule\]\] tables",
    HEAD.replace("7", "-1") + TENSORS + RULE: r"`seed` must be a whole number from 0 .*got -1",
    HEAD.replace("7", str(2**64)) + TENSORS + RULE: r"`seed` must be .* to 2\*\*64 - 1, got 1844",
    HEAD.replace("7", "1.0") + TENSORS + RULE: r"`seed` must be a whole number .*got 1\.0",
    HEAD.replace("7", "true") + TENSORS + RULE: r"`seed` must be a whole number .*got true",
    HEAD.replace("7", "0x" + "f" * 9999) + TENSORS + RULE: r"`seed` must be .*a int too long",
    HEAD.replace("float32", "bflot16") + TENSORS + RULE: (
        r"`dtype` must be one of 'float64', .*got 'bflot16'; did you mean 'bfloat16'\?"
    ),
    HEAD.replace('"float32"', "32") + TENSORS + RULE: r"`dtype` must be one of .*got 32",
    HEAD + 'layout = "pytorch"\n' + TENSORS + RULE: (
        r"`layout` must be one of 'keras', 'torch', got 'pytorch'; did you mean 'torch'\?"
    ),
    "seed = \n": r"not valid TOML: Invalid value \(at line 1",
    "seed = " + "[" * 5000: r"not valid TOML: ",
    "seed = " + "9" * 5000: r"not valid TOML: ",
    "#" * (MAX_RECIPE_BYTES + 1): r"a recipe must be at most 16777216 bytes",
}


@pytest.mark.parametrize("text", BAD_TEXT, ids=[str(i) for i in range(len(BAD_TEXT))])
def test_bad_text_is_refused_and_the_file_named(text: str) -> None:
    with pytest.raises(RecipeError, match=r"^some/r\.toml: " + BAD_TEXT[text]) as caught:
        parse_recipe(text, "some/r.toml")
    assert len(str(caught.value)) < 1000
    assert "\n" not in str(caught.value)


def test_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"cannot read the recipe .*none\.toml: No such file"):
        load_recipe(tmp_path / "none.toml")
    with pytest.raises(RecipeError, match=r"; 'he' is the name of a preset: give it as `preset`"):
        load_recipe("he")
    with pytest.raises(RecipeError, match=r"cannot read the recipe .*: Is a directory"):
        load_recipe(tmp_path)
    (tmp_path / "r.toml").write_bytes(b"seed = 1 # \xff\n")
    with pytest.raises(RecipeError, match=r"is not UTF-8 text: invalid start byte at byte 11"):
        load_recipe(tmp_path / "r.toml")


PLAIN = (
    HEAD + 'layout = "torch"\n[tensors]\n"a.{0..3}.w" = [4, 3]\n'
    '"a.{0..3}.n" = { shape = [4], dtype = "int64" }\n'
    '[[rule]]\nmatch = ["a.{0..3}.n", "a.1.*"]\ninit = "ones"\npadding_idx = 3\n' + RULE
)
GRAMMAR = (
    HEAD + 'layout = "torch"\n[let]\nwidth = 4\nratio = "sqrt(width) / 8"\n[tensors]\n"a.{0..3}.w" = [4, 3]\nb = [8]\n'
    '[[rule]]\nmatch = "a.{stage}.w"\ninit = "uniform"\nlow = "-ratio / (stage + layers)"\nhigh = "shape[0] ** 0.5"\n'
    'transform = ["abs", { clamp = [0.1, "fan_in"] }, "log"]\nslice = { dim = 0, part = 1, of = "numel / 6" }\n' + RULE
)


@pytest.mark.parametrize("whole", [PLAIN, GRAMMAR])
@given(
    start=st.integers(0, 480),
    end=st.integers(0, 480),
    text=st.text("[]{}()\"'=.,#*/+-\\\n0123456789abentx", max_size=12),
)
def test_damaged_recipe_is_a_recipe_or_a_recipe_error(whole: str, start: int, end: int, text: str) -> None:
    message = "recipe: "
    try:
        make_plan(parse_recipe(whole[:start] + text + whole[end:]))
    except RecipeError as error:
        message = str(error)
    assert message.startswith("recipe: ")
    assert "\n" not in message


def test_what_is_damaged_is_a_recipe() -> None:
    for whole in (PLAIN, GRAMMAR):
        assert make_plan(parse_recipe(whole)).parameters


@pytest.mark.parametrize(
    "key",
    [
        "a." * 30_000 + "a = 1",
        "[" + "a." * 9 + "b]",
        "x = {" + "'a' . " * 5_000 + "b = 1}",
        "a." * 8 + "a=1",
    ],
)
def test_keys_of_many_parts_are_refused_before_they_are_read(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tomllib.loads", None)
    with pytest.raises(RecipeError, match="a key must have at most 8 parts, got more; put names in"):
        parse_recipe(key)


@pytest.mark.parametrize("quote", ['"', "'"])
def test_dots_in_quotes_and_comments_are_no_parts(quote: str) -> None:
    name = "a." * 20 + "weight"
    text = f"{HEAD}# {name}\n[tensors]\n{quote}{name}{quote} = [4]  # {name}\n{RULE}"
    assert [tensor.name for tensor in parse_recipe(text).tensors] == [name]
