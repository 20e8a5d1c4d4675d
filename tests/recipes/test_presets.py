"""Presets: which call each tensor gets, and the recipe that says so."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from fastinit.checkpoint import Recipe, RecipeError, load_recipe, make_plan, parse_recipe
from fastinit.recipes.presets import DEFAULT_PRESET, NAMES, read_preset
from fastinit.recipes.roles import count_layers, is_residual_output, norm_value
from fastinit.recipes.rules import Call
from fastinit.recipes.tensors import TensorSpec

HEAD = 'seed = 7\ndtype = "float32"\n'
LLAMA = """
[tensors]
"model.embed_tokens.weight" = [160, 64]
"model.layers.{0..3}.self_attn.q_proj.weight" = [64, 64]
"model.layers.{0..3}.self_attn.o_proj.weight" = [64, 64]
"model.layers.{0..3}.self_attn.o_proj.bias" = [64]
"model.layers.{0..3}.mlp.gate_proj.weight" = [96, 64]
"model.layers.{0..3}.mlp.up_proj.weight" = [96, 64]
"model.layers.{0..3}.mlp.down_proj.weight" = [64, 96]
"model.layers.{0..3}.input_layernorm.weight" = [64]
"model.norm.weight" = [64]
"lm_head.weight" = [160, 64]
"""


def recipe_of(folder: Path, text: str) -> Recipe:
    (folder / "r.toml").write_text(text)
    return load_recipe(folder / "r.toml")


def calls_of(folder: Path, tensors: str, preset: str, head: str = "") -> dict[str, str]:
    """The call of each tensor, with the numbers that its expressions are worth."""
    recipe = recipe_of(folder, f'{HEAD}preset = "{preset}"\n{head}\n{tensors}')
    layers = count_layers(tensor.name for tensor in recipe.tensors)
    found = {}
    for t in make_plan(recipe).tensors:
        spec = TensorSpec(t.name, t.shape, t.dtype)
        numbers = recipe.setting._replace(layers=layers).numbers(spec, t.rule, t.match)
        found[t.name] = str(Call(t.rule.init, tuple({**t.rule.parameters, **numbers}.items())))
    return found


def test_names_and_the_default() -> None:
    assert {"hf", "gpt2", "llama-depth", "he", "glorot", "lecun"} <= set(NAMES)
    assert NAMES[0] == DEFAULT_PRESET == "hf"
    assert all(read_preset(name).summary and read_preset(name).source for name in NAMES)


def test_hf_by_name(tmp_path: Path) -> None:
    expected = {
        "h.0.ln_1.weight": "ones()",
        "h.0.ln_1.bias": "zeros()",
        "ln_f.weight": "ones()",
        "LayerNorm.gamma": "ones()",
        "LayerNorm.beta": "zeros()",
        "a.q_norm.weight": "ones()",
        "bn1.weight": "ones()",
        "bn1.bias": "zeros()",
        "bn1.running_mean": "zeros()",
        "bn1.running_var": "ones()",
        "fc.bias": "zeros()",
        "attn.in_proj_bias": "zeros()",
    }
    tensors = "[tensors]\n" + "".join(f'"{name}" = [8]\n' for name in expected)
    tensors += '"bn1.num_batches_tracked" = { shape = [], dtype = "int64" }\n'
    tensors += '"fc.weight" = [8, 8]\n"norm1.linear.weight" = [8, 8]\n"conv.weight" = [8, 8, 3, 3]\n'
    expected |= {"bn1.num_batches_tracked": "zeros()"}
    expected |= dict.fromkeys(("fc.weight", "norm1.linear.weight", "conv.weight"), "normal(std=0.02)")
    assert calls_of(tmp_path, tensors, "hf") == expected


@pytest.mark.parametrize(
    ("entry", "shown"),
    [
        ('"a.scale_thing" = [8]', r"'a\.scale_thing' of shape \[8\] and type float32"),
        ('"logit_scale" = []', r"'logit_scale' of shape \[\]"),
        ('"w.weight_scale_inv" = [8, 8]', r"'w\.weight_scale_inv' of shape \[8, 8\]"),
        *(
            (f'"w.{leaf}" = [8, 8]', rf"'w\.{leaf}' of shape \[8, 8\]")
            for leaf in (
                "scales",
                "scale",
                "biases",
                "zero",
                "zeros",
                "weight_scales",
                "weight_scale_2",
                "scale_weight",
                "gate_up_proj_scales",
                "absmax",
                "A_log",
            )
        ),
        ('"ids" = { shape = [8, 8], dtype = "int64" }', r"'ids' of shape \[8, 8\] and type int64"),
    ],
)
def test_what_names_do_not_tell_is_an_error_unless_a_rule_covers_it(entry: str, shown: str, tmp_path: Path) -> None:
    text = f'{HEAD}preset = "hf"\n[tensors]\n{entry}\n"fc.weight" = [2, 2]\n'
    message = r"r\.toml: tensor " + shown + r".* a name that does not tell .*; .* add a \[\[rule\]\]"
    with pytest.raises(RecipeError, match=message):
        recipe_of(tmp_path, text)
    name = entry.split('"')[1]
    recipe = recipe_of(tmp_path, f'{text}[[rule]]\nmatch = "{name}"\ninit = "ones"\n')
    assert [rule.match for rule in recipe.rules] == [(name,), ("fc.weight",)]


def test_gpt2_divides_residual_projections_by_the_layers(tmp_path: Path) -> None:
    calls = calls_of(tmp_path, LLAMA, "gpt2")
    scaled = f"normal(std={0.02 / math.sqrt(8)!r})"
    assert calls.pop("model.layers.3.self_attn.o_proj.weight") == scaled
    assert calls.pop("model.layers.0.mlp.down_proj.weight") == scaled
    assert calls.pop("model.layers.0.self_attn.o_proj.bias") == "zeros()"
    assert calls["model.layers.0.mlp.up_proj.weight"] == "normal(std=0.02)"
    assert calls["lm_head.weight"] == "normal(std=0.02)"
    assert calls["model.norm.weight"] == "ones()"


RESIDUAL = [
    *("h.0.attn.c_proj.weight", "h.0.mlp.c_proj.weight", "layers.0.self_attn.o_proj.weight"),
    *("layers.0.self_attn.out_proj.weight", "layers.0.mlp.down_proj.weight", "layers.0.fc2.weight"),
    *("layers.0.attention.wo.weight", "layers.0.feed_forward.w2.weight", "h.0.mlp.fc_out.weight"),
    *("layers.0.attention.dense.weight", "layers.0.mlp.dense_4h_to_h.weight"),
    *("h.0.self_attention.dense.weight", "layer.0.attention.output.dense.weight"),
    *("layer.0.output.dense.weight", "blocks.0.attn.proj.weight", "layers.0.mlp.experts.down_proj"),
    *("layers.0.block_sparse_moe.experts.3.w2.weight", "block.0.layer.0.SelfAttention.wo.weight"),
]
NOT_RESIDUAL = [
    *(
        "h.0.attn.c_attn.weight",
        "h.0.mlp.c_fc.weight",
        "layers.0.mlp.up_proj.weight",
        "lm_head.weight",
    ),
    *(
        "layers.0.mlp.dense_h_to_4h.weight",
        "layer.0.intermediate.dense.weight",
        "pooler.dense.weight",
    ),
    *(
        "layers.0.attention.query_key_value.weight",
        "model.decoder.project_out.weight",
        "fc2.weight",
    ),
    *("layers.0.self_attn.q_proj.weight", "layers.0.mlp.gate.weight", "patch_embed.proj.weight"),
]


def test_residual_projections_by_name() -> None:
    assert [name for name in RESIDUAL if not is_residual_output(name)] == []
    assert [name for name in NOT_RESIDUAL if is_residual_output(name)] == []


def test_layers_are_counted_stack_by_stack() -> None:
    names = [f"encoder.layers.{i}.w" for i in range(6)] + [f"decoder.layers.{i}.e.9.w" for i in range(2)]
    assert count_layers([*names, "norm.weight"]) == {"encoder.layers": 6, "decoder.layers": 2}


def test_norms_are_told_by_the_last_component() -> None:
    assert norm_value("h.0.post_attention_layernorm.weight") == 1.0
    assert norm_value("model.lnx.weight") is None
    assert norm_value("norm.proj.weight") is None
    assert norm_value("normal") is None


def test_llama_depth_is_olmo_cores(tmp_path: Path) -> None:
    calls = calls_of(tmp_path, LLAMA, "llama-depth")

    def cut(std: float) -> str:
        return f"truncated_normal(std={std!r}, lower=-3.0, upper=3.0)"

    assert calls["model.embed_tokens.weight"] == "normal(std=1.0)"
    assert calls["lm_head.weight"] == cut(0.125)
    for layer in range(4):
        scaled = cut(0.02 / math.sqrt(2 * (layer + 1)))
        begin = f"model.layers.{layer}."
        assert calls[begin + "self_attn.q_proj.weight"] == cut(0.02)
        assert calls[begin + "mlp.gate_proj.weight"] == cut(0.02)
        assert calls[begin + "self_attn.o_proj.weight"] == scaled
        assert calls[begin + "mlp.up_proj.weight"] == scaled
        assert calls[begin + "mlp.down_proj.weight"] == scaled
        assert calls[begin + "input_layernorm.weight"] == "ones()"


def test_llama_depth_scales_routers_and_all_of_the_experts(tmp_path: Path) -> None:
    tensors = """[tensors]
    "l.{0..1}.mlp.gate.weight" = [4, 8]
    "l.{0..1}.mlp.experts.{0..3}.gate_proj.weight" = [8, 8]
    "l.{0..1}.mlp.experts.{0..3}.up_proj.weight" = [8, 8]
    "l.{0..1}.mlp.experts.{0..3}.down_proj.weight" = [8, 8]
    "l.{0..1}.mlp.shared_experts.gate.weight" = [8, 8]
    "l.{0..1}.moe.experts.gate_up_proj" = [4, 8, 8]
    """
    calls = calls_of(tmp_path, tensors, "llama-depth")
    shared = calls.pop("l.1.mlp.shared_experts.gate.weight")
    assert shared == "truncated_normal(std=0.02, lower=-3.0, upper=3.0)"
    last = {call for name, call in calls.items() if name.startswith("l.1.")}
    assert last == {"truncated_normal(std=0.01, lower=-3.0, upper=3.0)"}
    with pytest.raises(RecipeError, match=r"'l\.0\.mlp\.gate_up_proj\.weight' .* treats differently"):
        calls_of(tmp_path, '[tensors]\n"l.0.mlp.gate_up_proj.weight" = [8, 8]', "llama-depth")


@pytest.mark.parametrize(
    ("preset", "init"),
    [("he", "he_normal"), ("glorot", "glorot_uniform"), ("lecun", "lecun_normal")],
)
def test_presets_by_fans(preset: str, init: str, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=f"`layout` is missing, and preset {preset} takes fans; add"):
        calls_of(tmp_path, LLAMA, preset)
    calls = calls_of(tmp_path, LLAMA, preset, 'layout = "torch"')
    drawn = {name for name, call in calls.items() if call == f"{init}()"}
    assert drawn == {n for n in calls if n.endswith(("proj.weight", "embed_tokens.weight", "head.weight"))}
    stacked = '[tensors]\n"l.{0..1}.mlp.experts.up_proj" = [4, 8, 8]\n'
    message = r"inputs and outputs on unknown axes.* add a \[\[rule\]\] for 'l\.\{0\.\.1\}\.mlp\.experts\.up_proj'"
    with pytest.raises(RecipeError, match=message):
        calls_of(tmp_path, stacked, preset, 'layout = "torch"')
    own = f'[[rule]]\nmatch = "*experts*"\ninit = "{init}"\nin_axis = 1\nout_axis = 2\nbatch_axis = 0\n'
    both = stacked + '"a.weight" = [2, 2]\n' + own
    calls = calls_of(tmp_path, both, preset, 'layout = "torch"')
    assert "in_axis=1" in calls["l.1.mlp.experts.up_proj"]


def test_own_rules_come_first_and_keep_their_numbers(tmp_path: Path) -> None:
    own = (
        '[[rule]]\nmatch = "*.o_proj.weight"\ninit = "uniform"\nlow = -1\nhigh = 1e-3\n'
        '[[rule]]\nmatch = ["model.embed*", "lm_head.weight"]\ninit = "normal"\npadding_idx = 2\n'
    )
    recipe = recipe_of(tmp_path, f'{HEAD}preset = "hf"\n{LLAMA}{own}')
    first, second, *generated = recipe.rules
    assert (first.call, second.call) == ("uniform(low=-1, high=0.001)", "normal(padding_idx=2)")
    assert not any("o_proj.weight" in pattern for rule in generated for pattern in rule.match)
    with pytest.raises(RecipeError, match=r"r\.toml: rule 1 .* matches no tensor"):
        recipe_of(tmp_path, f'{HEAD}preset = "hf"\n{LLAMA}[[rule]]\nmatch = "x"\ninit = "zeros"\n')


def test_text_is_a_recipe_by_itself_and_the_same_each_time(tmp_path: Path) -> None:
    text = f'{HEAD}preset = "gpt2"\n{LLAMA}'
    recipe = recipe_of(tmp_path, text)
    assert recipe.text.startswith("# Made from a table of tensors, preset gpt2.\nseed = 7\n")
    assert recipe_of(tmp_path, text).text == recipe.text
    again = parse_recipe(recipe.text, recipe.source)
    assert (again.tensors, again.rules, again.seed) == (recipe.tensors, recipe.rules, 7)
    plain = f'{HEAD}{LLAMA}[[rule]]\nmatch = "*"\ninit = "zeros"\n'
    assert recipe_of(tmp_path, plain).text == plain


def test_names_with_wildcards_are_matched_as_they_are(tmp_path: Path) -> None:
    tensors = r"[tensors]" + '\n"a[0]*.weight" = [2, 2]\n"a0x.bias" = [2]\n"q\\"?.bias" = [2]\n'
    calls = calls_of(tmp_path, tensors, "hf")
    assert calls == {
        "a[0]*.weight": "normal(std=0.02)",
        "a0x.bias": "zeros()",
        'q"?.bias': "zeros()",
    }


BAD = {
    'preset = "hff"\n' + LLAMA: r"`preset` must be one of 'hf', .*got 'hff'; did you mean 'hf'\?",
    "preset = 3\n" + LLAMA: r"`preset` must be one of .*got 3",
    'preset = "hf"\n': r"a recipe must have exactly one of `tensors`, `like` and `config`, got none",
    'preset = "hf"\nlike = "x"\n' + LLAMA: r"got `tensors` and `like`",
    'like = "x"\nconfig = "x"\n': r"got `like` and `config`",
    "like = 3\n": r"`like` must be a path, got 3",
    'like = ""\n': r"`like` must be a path, got ''",
    'config = "a\\u0000b"\n': r"`config` must be a path, got 'a\\x00b'",
    'config = ["c.json"]\n': r"`config` must be a path, got \['c\.json'\]",
    'config = "none.json"\n': r"`config`: cannot read the configuration 'none\.json': No such file",
    'config = "../../../../../../../../dev/zero"\n': r"`config`: the configuration 'zero' is not a reg",
    'preset = "hf"\ntensors = 3\n': r"`tensors` must be a table",
    'preset = "hf"\nrule = 3\n' + LLAMA: r"`rule` must be written as \[\[rule\]\] tables, got 3",
    'preset = "hf"\n' + LLAMA + '[[rule]]\nmatch = "*proj*"\ninit = "normal"\nstd = 1979-05-27\n': (
        r"`rule`: a value must be text, a number, .* got datetime\.date"
    ),
    'preset = "hf"\n[tensors]\n"x{0..999999999999}" = [0]\n': r"more tensors than the 1000000",
}


@pytest.mark.parametrize("text", BAD, ids=[str(i) for i in range(len(BAD))])
def test_bad_file_is_refused_in_one_line(text: str, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=BAD[text]) as caught:
        recipe_of(tmp_path, HEAD + text)
    assert str(caught.value).startswith(str(tmp_path / "r.toml: "))
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 1000


def test_docs_have_every_preset_as_it_is() -> None:
    page = (Path(__file__).parents[2] / "docs" / "presets.md").read_text()
    for name in NAMES:
        preset = read_preset(name)
        assert f"| `{name}` | {preset.summary} | {preset.source} |\n" in page
