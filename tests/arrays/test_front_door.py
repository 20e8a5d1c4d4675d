"""Conveniences: methods of generators, short names, defaults, and messages about mistakes."""

from __future__ import annotations

import inspect
import subprocess
import sys
from typing import Any, get_args

import numpy as np
import pytest

import fastinit
from fastinit import Generator, dtypes, fans
from fastinit.formulas import FORMULAS
from fastinit.functions import FUNCTIONS
from fastinit.recipes.recipe import read_dtype

NEEDED: dict[str, dict[str, Any]] = {
    "constant": {"value": 0.5},
    "delta": {"place": 0},
    "delta_orthogonal": {"shape": (3, 4, 4)},
    "dirac": {"shape": (3, 4, 4)},
    "modulo": {"divisor": 3},
    "sincos_2d": {"grid": (2, 2)},
    "sparse": {"sparsity": 0.5},
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_generator_s_method_is_the_function_with_it_as_seed(name: str) -> None:
    arguments = {"shape": (4, 4), **NEEDED.get(name, {})}
    method, function = (Generator(7) for _ in range(2))
    for _ in range(2):  # the second from the next stream
        drawn = getattr(method, name)(**arguments)
        assert drawn.tobytes() == getattr(fastinit, name)(**arguments, seed=function).tobytes()
    assert method.get_state() == function.get_state()


def test_a_generator_s_method_has_all_arguments_but_seed() -> None:
    own, method = inspect.signature(fastinit.he_normal), inspect.signature(Generator.he_normal)
    assert [*method.parameters] == ["self", *(name for name in own.parameters if name != "seed")]
    with pytest.raises(TypeError, match=r"`seed` must be left to the generator, got 3; fastinit\.he_normal takes"):
        Generator(0).he_normal((4, 4), seed=3)  # type: ignore[call-overload]
    drawn = Generator(5).he_normal((4, 4), stream="w")
    assert (drawn == fastinit.he_normal((4, 4), seed=5, stream="w")).all()


ALIASES = {
    "fp64": "float64",
    "double": "float64",
    "fp32": "float32",
    "fp16": "float16",
    "half": "float16",
    "bf16": "bfloat16",
    "fp8": "float8_e4m3fn",
}


@pytest.mark.parametrize(("alias", "name"), ALIASES.items())
def test_short_names_of_types_mean_the_same_everywhere(alias: Any, name: str) -> None:
    assert fastinit.normal(3, dtype=alias, seed=1).dtype == dtypes.FLOATS[name].numpy
    assert read_dtype({"dtype": alias}) == name


def test_names_for_type_checkers_are_those_of_the_tables() -> None:
    assert dtypes.ALIASES == ALIASES
    assert set(get_args(dtypes.DTypeName)) == dtypes.FLOATS.keys() | ALIASES.keys()
    assert set(get_args(fans.Layout)) == fans.LAYOUTS.keys()


@pytest.mark.parametrize("name", ["he_normal", "he_uniform"])
def test_mode_is_the_fan_of_the_formula(name: str) -> None:
    draw = getattr(fastinit, name)
    assert (draw((3, 5), seed=1) == draw((3, 5), mode="fan_in", seed=1)).all()
    assert FORMULAS[name]((3, 5), mode="fan_out").std == pytest.approx((2 / 5) ** 0.5)
    with pytest.raises(ValueError, match=r"`mode` must be one of .* got 'fan_inn'; did you mean 'fan_in'\?"):
        draw((3, 5), mode="fan_inn")


def test_the_default_layout_is_that_of_array_calls_alone() -> None:
    shape, chosen = (3, 5, 4), {}
    for layout in fans.LAYOUTS:
        chosen[layout] = (
            fastinit.he_normal(shape, layout=layout, seed=1),
            fastinit.orthogonal(shape, layout=layout, seed=1),
        )
    for layout in ("torch", "keras"):
        fastinit.set_default_layout(layout)
        assert fastinit.get_default_layout() == layout
        assert (fastinit.he_normal(shape, seed=1) == chosen[layout][0]).all()
        assert (fastinit.orthogonal(shape, seed=1) == chosen[layout][1]).all()
        assert (Generator(1).he_normal(shape) == chosen[layout][0]).all()
        assert fastinit.compute_fans(shape) == fastinit.compute_fans(shape, layout=layout)
        # Of a shape that no cache knows yet.
        assert FORMULAS["he_normal"]((7, len(layout), 3)).std == (2 / (7 * len(layout))) ** 0.5
    with pytest.raises(
        ValueError, match=r"`layout` must be one of 'keras', 'torch', got 'pytorch'; did you mean 'torch'"
    ):
        fastinit.set_default_layout("pytorch")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("args", "arguments", "message"),
    [
        ((3, 4), {}, r"`shape` must be one argument, such as \(3, 4\), got 3, 4"),
        ((np.int64(3), 4), {}, r"`shape` must be one argument, such as \(3, 4\)"),
        ((3, np.zeros(2)), {}, r"he_normal\(\) takes only `shape` by place, got 2 arguments; name the others"),
        ((np.array([2, 3]), 4), {}, r"he_normal\(\) takes only `shape` by place, got 2 arguments"),
        (((3, 4), "float16"), {}, r"he_normal\(\) takes only `shape` by place, got 2 arguments; name the others"),
        (((3, 4),), {"sead": 1}, r"has no argument `sead`; .*; did you mean 'seed'\?"),
        (((3, 4),), {"dtype": "flaot32"}, r"got 'flaot32'; did you mean 'float32'\?"),
    ],
)
def test_a_mistake_is_told_with_what_was_meant(args: Any, arguments: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        fastinit.he_normal(*args, **arguments)
    with pytest.raises(TypeError, match=message):
        Generator(0).he_normal(*args, **arguments)


def fresh(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def test_dir_has_public_names_only() -> None:
    assert fresh("import fastinit; print(set(dir(fastinit)) ^ set(fastinit.__all__))") == "set()"
    assert "_LAZY" not in dir(fastinit)
    assert dir(fastinit.checkpoint) == sorted(fastinit.checkpoint.__all__)


def test_adapters_are_attributes_without_an_import_of_their_own() -> None:
    assert fresh("import fastinit; fastinit.checkpoint.Recipe; print('checkpoint' in dir(fastinit))") == "True"


@pytest.mark.parametrize("name", ["torch", "jax", "keras"])
@pytest.mark.parametrize("code", ["import fastinit.{0}", "import fastinit; fastinit.{0}", "from fastinit import {0}"])
def test_a_missing_framework_is_told_with_how_to_install_it(name: str, code: str) -> None:
    missing = f"import sys; sys.modules[{name!r}] = None\ntry:\n    {code.format(name)}\n"
    kind = "AttributeError" if "; fastinit." in code else "ModuleNotFoundError"
    said = fresh(missing + f"except {kind} as error: print({name!r}, error)")
    assert said.startswith(f"{name} fastinit.{name} needs {name}, which is not installed; run `pip install {name}`")
    assert f'pip install ".[{name}]"' in said


def test_a_missing_framework_is_no_attribute() -> None:
    code = "import sys; sys.modules['torch'] = None; import fastinit; print(hasattr(fastinit, 'torch'))"
    assert fresh(code) == "False"


def test_python_is_told_which_attribute_was_meant() -> None:
    with pytest.raises(AttributeError, match="no attribute 'kaiming_norml'") as caught:
        fastinit.kaiming_norml  # type: ignore[attr-defined] # noqa: B018
    assert (caught.value.name, caught.value.obj) == ("kaiming_norml", fastinit)


@pytest.mark.parametrize(
    ("name", "argument", "meant"),
    [
        ("truncated_normal", "a", r"'lower'\? It counts in standard deviations from the mean"),
        ("truncated_normal", "b", r"'upper'\? It counts in standard deviations from the mean"),
        ("uniform", "a", r"'low'\?$"),
        ("uniform", "b", r"'high'\?$"),
    ],
)
def test_the_bounds_of_pytorch_are_told_with_what_they_are_here(name: str, argument: str, meant: str) -> None:
    with pytest.raises(TypeError, match=rf"{name}\(\) has no argument `{argument}`; .*; did you mean {meant}"):
        getattr(fastinit, name)((3, 4), **{argument: 2.0})
