"""`fastinit.torch`'s functions: torch.nn.init's names, signatures, formulas and errors, fastinit's values."""

from __future__ import annotations

import inspect
import math
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import fastinit
from fastinit.distributions import Normal, TruncatedNormal, Uniform
from fastinit.dtypes import FLOATS

torch = pytest.importorskip("torch")
import fastinit.torch as ours
from fastinit.torch import functions, tensors
from tests.torch.calls import FIXED, RANDOM, bits, filled, outcome, weight

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

init = torch.nn.init
pytestmark = pytest.mark.torch

ANY_SHAPE = ("uniform_", "normal_", "trunc_normal_")
SHAPES = [(7, 5), (4, 3, 5), (4, 3, 2, 5), (4, 3, 2, 3, 2), (700, 300)]
SMALL_SHAPES = [(9,), (), (0,), (0, 3), (3, 0, 2)]


def expected(name: str, shape: tuple[int, ...], **options: Any) -> np.ndarray[Any, Any]:
    draw, _, parameters = RANDOM[name]
    result: np.ndarray[Any, Any] = getattr(fastinit, draw)(shape, **parameters, **options)
    return result


@pytest.fixture(autouse=True)
def torchs_generator() -> Iterator[None]:
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(0)
        yield


class TestSignatures:
    """Those of torch.nn.init, and `seed` and `stream` where something is drawn."""

    def test_every_public_name_is_there(self) -> None:
        names = set(getattr(init, "__all__", ())) | {
            name
            for name, value in vars(init).items()
            if inspect.isfunction(value) and value.__module__ == init.__name__ and name[0] != "_"
        }
        assert names <= set(ours.__all__)
        assert names <= set(vars(ours))

    @pytest.mark.parametrize("name", [*RANDOM, *FIXED])
    def test_parameters_and_defaults(self, name: str) -> None:
        theirs = list(inspect.signature(getattr(init, name)).parameters.values())
        mine = list(inspect.signature(getattr(ours, name)).parameters.values())
        shared = mine[: len(theirs)]
        assert [(p.name, p.default, p.kind) for p in shared] == [(p.name, p.default, p.kind) for p in theirs]
        added = {p.name: p.kind for p in mine[len(theirs) :]}
        keyword = inspect.Parameter.KEYWORD_ONLY
        assert added == ({"seed": keyword, "stream": keyword} if name in RANDOM else {})

    def test_calculate_gain_is_pytorchs(self) -> None:
        assert ours.calculate_gain is init.calculate_gain

    @pytest.mark.parametrize(
        "name", ["uniform", "normal", "constant", "eye", "dirac", "xavier_uniform",
                 "xavier_normal", "kaiming_uniform", "kaiming_normal", "orthogonal", "sparse"],
    )  # fmt: skip
    def test_deprecated_names_warn_and_draw(self, name: str) -> None:
        shape = (4, 3, 3) if name == "dirac" else (4, 3)
        values = {"constant": (0.5,), "sparse": (0.5,)}.get(name, ())
        numbers = {"seed": 1} if f"{name}_" in RANDOM else {}
        tensor = torch.empty(shape)
        with pytest.warns(FutureWarning, match=f"`nn.init.{name}` is now deprecated") as caught:
            assert getattr(ours, name)(tensor, *values, **numbers) is tensor
        assert caught[0].filename == __file__
        again = getattr(ours, f"{name}_")(torch.empty(shape), *values, **numbers)
        assert bits(tensor) == bits(again)

    @pytest.mark.parametrize("name", [*RANDOM, *FIXED])
    def test_docstrings_have_an_example(self, name: str) -> None:
        assert ">>> " in getattr(ours, name).__doc__


class TestValues:
    """fastinit's own, to the bit."""

    @pytest.mark.parametrize("dtype", FLOATS)
    @pytest.mark.parametrize("shape", SHAPES)
    @pytest.mark.parametrize("name", [n for n in RANDOM if n not in ("sparse_", "orthogonal_")])
    def test_bits_of_fastinits_function(self, name: str, shape: tuple[int, ...], dtype: str) -> None:
        tensor = torch.full(shape, 3.0).to(getattr(torch, dtype))
        assert filled(name, tensor, seed=5, stream="w") is tensor
        assert bits(tensor) == expected(name, shape, dtype=dtype, seed=5, stream="w").tobytes()

    @pytest.mark.parametrize("shape", SMALL_SHAPES)
    @pytest.mark.parametrize("name", ANY_SHAPE)
    def test_few_dimensions_and_no_elements(self, name: str, shape: tuple[int, ...]) -> None:
        tensor = torch.empty(shape)
        assert filled(name, tensor, seed=5, stream=3) is tensor
        np.testing.assert_array_equal(tensor.numpy(), expected(name, shape, seed=5, stream=3))

    @pytest.mark.parametrize("dtype", FLOATS)
    def test_sparse(self, dtype: str) -> None:
        tensor = torch.empty((17, 5), dtype=getattr(torch, dtype))
        assert filled("sparse_", tensor, seed=5, stream="w") is tensor
        values = expected("sparse_", (17, 5), dtype=dtype, seed=5, stream="w")
        assert bits(tensor) == values.tobytes()

    @pytest.mark.parametrize("dtype", FLOATS)
    @pytest.mark.parametrize("shape", [(6, 9), (9, 6), (5, 5), (6, 2, 2, 2)])
    @pytest.mark.parametrize("gain", [1.5, -2.0, 0.0])
    def test_orthogonal(self, shape: tuple[int, ...], dtype: str, gain: float) -> None:
        tensor = torch.empty(shape, dtype=getattr(torch, dtype))
        assert ours.orthogonal_(tensor, gain, seed=5, stream="w") is tensor
        values = fastinit.orthogonal(
            shape, gain=gain, layout="torch", dtype="float64" if dtype == "float64" else "float32",
            seed=5, stream="w",
        )  # fmt: skip
        tolerance = {8: 1e-14, 4: 1e-5, 2: 2e-2, 1: 0.3}[FLOATS[dtype].itemsize]
        np.testing.assert_allclose(tensor.double().numpy(), values, atol=tolerance)

    @pytest.mark.parametrize("numel", [15, 2**17])
    @pytest.mark.parametrize("dtype", [*FLOATS, "int64", "int8", "bool", "complex64"])
    def test_constants_are_pytorchs(self, dtype: str, numel: int) -> None:
        for name, values in (("ones_", ()), ("zeros_", ()), ("constant_", (1.0,))):
            tensor = torch.full((numel,), 3.0).to(getattr(torch, dtype))
            theirs = getattr(init, name)(tensor.clone(), *values)
            assert getattr(ours, name)(tensor, *values) is tensor
            assert bits(tensor) == bits(theirs)

    @pytest.mark.parametrize("numel", [15, 2**17])
    @pytest.mark.parametrize("value", [0.1, -0.0, math.inf, math.nan, 1e6, 1e39, 3, True])
    @pytest.mark.parametrize("dtype", FLOATS)
    def test_constants_round_as_pytorchs(self, dtype: str, value: Any, numel: int) -> None:
        empty = torch.zeros(numel, dtype=getattr(torch, dtype))
        theirs = outcome(init.constant_, empty.clone(), value)
        mine = outcome(ours.constant_, empty, value)
        assert type(mine) is type(theirs)
        assert str(mine) == str(theirs) if isinstance(mine, Exception) else bits(mine) == bits(theirs)

    @pytest.mark.parametrize("dtype", [*FLOATS, "int64", "bool"])
    def test_matrices_without_randomness_are_pytorchs(self, dtype: str) -> None:
        for name, shape, arguments in (
            ("eye_", (3, 5), ()),
            ("dirac_", (8, 3, 5), ()),
            ("dirac_", (8, 2, 4, 3), (2,)),
            ("dirac_", (6, 9, 3, 3, 2), (3,)),
            ("dirac_", (0, 3, 3), ()),
        ):
            tensor = torch.ones(shape, dtype=getattr(torch, dtype))
            theirs = outcome(getattr(init, name), tensor.clone(), *arguments)
            if isinstance(theirs, Exception):
                pytest.fail(f"{name} {dtype}: {theirs}")
            assert getattr(ours, name)(tensor, *arguments) is tensor
            assert bits(tensor) == bits(theirs)

    def test_values_may_be_anything_that_is_a_number(self) -> None:
        for one in (
            1,
            np.float32(1.0),
            np.int64(1),
            torch.ones(()),
            torch.ones((), dtype=torch.long),
        ):
            tensor = ours.normal_(torch.empty(9), one, one, seed=1)
            np.testing.assert_array_equal(tensor.numpy(), fastinit.normal(9, mean=1.0, std=1.0, seed=1))


class TestFormulas:
    """The numbers that PyTorch gives to `Tensor.uniform_` and `normal_`."""

    @pytest.fixture
    def drawn(self, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
        seen: list[Any] = []

        def draw(kind: str) -> Callable[..., Any]:
            def call(tensor: Any, *numbers: float, **_: Any) -> Any:
                seen.append((kind, *numbers))
                return tensor

            return call

        def fill(tensor: Any, spec: Any, *_: Any) -> Any:
            kind = type(spec).__name__.lower()
            pair = (spec.low, spec.high) if kind == "uniform" else (spec.mean, spec.std)
            seen.append((kind, *pair))
            return tensor

        monkeypatch.setattr(torch.Tensor, "uniform_", draw("uniform"))
        monkeypatch.setattr(torch.Tensor, "normal_", draw("normal"))
        monkeypatch.setattr(functions, "fill", fill)
        return seen

    @pytest.mark.parametrize("shape", [s for s in SHAPES if math.prod(s) < 1000])
    @pytest.mark.parametrize(
        ("name", "arguments"),
        [
            ("uniform_", {}), ("normal_", {}), ("uniform_", {"a": -3, "b": 2}),
            ("normal_", {"mean": 2, "std": 3}), ("normal_", {"std": 0}),
            ("xavier_uniform_", {}), ("xavier_uniform_", {"gain": 0}), ("xavier_normal_", {}),
            ("xavier_normal_", {"gain": 5 / 3}),
            *((f"kaiming_{kind}_", how) for kind in ("uniform", "normal") for how in (
                {}, {"a": math.sqrt(5)}, {"a": -1}, {"mode": "fan_out"}, {"mode": "Fan_In"},
                *({"nonlinearity": name} for name in
                  ("linear", "conv2d", "sigmoid", "tanh", "relu", "selu", "conv_transpose3d")),
                {"a": 0.5, "mode": "fan_out", "nonlinearity": "leaky_relu"},
            )),
        ],
    )  # fmt: skip
    def test_bounds_and_stds(
        self, drawn: list[Any], name: str, arguments: dict[str, Any], shape: tuple[int, ...]
    ) -> None:
        getattr(init, name)(torch.empty(shape), **arguments)
        getattr(ours, name)(torch.empty(shape), **arguments)
        (kind, *theirs), (my_kind, *mine) = drawn
        assert my_kind == kind
        assert mine == pytest.approx(theirs, rel=1e-14)

    def test_truncated_bounds_are_values(self, monkeypatch: pytest.MonkeyPatch) -> None:
        specs: list[Any] = []
        monkeypatch.setattr(functions, "fill", lambda _, spec, *__: specs.append(spec))
        empty = torch.empty(3)
        ours.trunc_normal_(empty, std=0.02)
        ours.trunc_normal_(empty, 1.0, 0.5, 0.0, math.inf)
        ours.trunc_normal_(empty, 1.0, 0.5, -math.inf, 3.0)
        ours.trunc_normal_(empty, 1.0, 0.5, 2.0, 2.0)
        assert specs == [
            TruncatedNormal(0.0, 0.02, -100.0, 100.0),
            TruncatedNormal(1.0, 0.5, -2.0, math.inf),
            TruncatedNormal(1.0, 0.5, -math.inf, 4.0),
            Uniform(2.0, 2.0),
        ]

    @pytest.mark.parametrize(
        ("mean", "std", "a", "b"),
        [(0.0, 1.0, -2.0, 2.0), (1.0, 0.5, 0.0, 1.2), (0.0, 1.0, 1.0, math.inf), (0.0, 0.1, -math.inf, 0.05)],
    )  # fmt: skip
    def test_truncated_moments_are_pytorchs(self, mean: float, std: float, a: float, b: float) -> None:
        n = 200_000
        mine = ours.trunc_normal_(torch.empty(n), mean, std, a, b, seed=1).double()
        spec = functions.truncated_between(mean, std, a, b)
        assert a <= float(mine.min()) <= float(mine.max()) <= b
        if not math.isinf(a + b):
            theirs = init.trunc_normal_(torch.empty(n), mean, std, a, b).double()
            assert abs(mine.mean() - theirs.mean()) < 6 * spec.std * math.sqrt(2 / n)
        assert abs(mine.std() / spec.std - 1) < 0.01
        wrong = ours.normal_(torch.empty(n), mean, std, seed=1).double()
        assert abs(wrong.std() / spec.std - 1) > 0.01

    def test_truncated_values_never_leave_their_bounds(self) -> None:
        for dtype in ("float64", "float32", "float16", "bfloat16"):
            tensor = torch.empty(100_000, dtype=getattr(torch, dtype))
            ours.trunc_normal_(tensor, 0.3, 0.7, 0.29, 0.31, seed=1)
            low, high = (tensor.new_tensor(x) for x in (0.29, 0.31))
            assert low <= tensor.min()
            assert tensor.max() <= high
            assert len(tensor.unique()) > 1


class TestGenerators:
    """Which seed a call without `seed` has, and who moves."""

    @pytest.mark.parametrize("name", RANDOM)
    def test_torch_manual_seed_governs(self, name: str) -> None:
        torch.manual_seed(7)
        first, second = (bits(filled(name, weight(20, 30))) for _ in range(2))
        torch.manual_seed(7)
        assert bits(filled(name, weight(20, 30))) == first
        assert first != second
        torch.manual_seed(8)
        assert bits(filled(name, weight(20, 30))) != first

    @pytest.mark.parametrize("name", RANDOM)
    def test_generator_gives_the_seed_and_advances(self, name: str) -> None:
        state = torch.get_rng_state()
        generator = torch.Generator().manual_seed(7)
        first, second = (bits(filled(name, weight(20, 30), generator=generator)) for _ in range(2))
        assert first != second
        again = torch.Generator().manual_seed(7)
        assert bits(filled(name, weight(20, 30), generator=again)) == first
        assert torch.equal(torch.get_rng_state(), state)

    def test_the_seed_is_a_word_of_the_generator(self) -> None:
        generator = torch.Generator().manual_seed(7)
        seed = tensors.draw_seed(torch.Generator().manual_seed(7))
        assert 0 <= seed < 2**63
        tensor = ours.normal_(weight(20), generator=generator, stream="w")
        np.testing.assert_array_equal(tensor.numpy(), fastinit.normal(20, seed=seed, stream="w"))

    def test_stream_alone_keeps_pytorchs_seed(self) -> None:
        torch.manual_seed(7)
        seed = tensors.draw_seed(None)
        for stream in (0, 5, "layer.weight"):
            torch.manual_seed(7)
            tensor = ours.normal_(weight(20), stream=stream)
            np.testing.assert_array_equal(tensor.numpy(), fastinit.normal(20, seed=seed, stream=stream))

    def test_fastinits_generator_hands_out_streams(self) -> None:
        generator = fastinit.Generator(seed=3)
        state = torch.get_rng_state()
        for stream in range(3):
            tensor = ours.normal_(weight(20), seed=generator)
            np.testing.assert_array_equal(tensor.numpy(), fastinit.normal(20, seed=3, stream=stream))
        tensor = ours.normal_(weight(20), seed=generator, stream="w")
        np.testing.assert_array_equal(tensor.numpy(), fastinit.normal(20, seed=3, stream="w"))
        assert generator.next_stream() == 3
        assert torch.equal(torch.get_rng_state(), state)

    @pytest.mark.parametrize("name", RANDOM)
    def test_seed_leaves_pytorchs_generator(self, name: str) -> None:
        state = torch.get_rng_state()
        filled(name, weight(20, 30), seed=1)
        assert torch.equal(torch.get_rng_state(), state)

    @pytest.mark.parametrize("name", RANDOM)
    def test_nothing_to_fill_moves_nothing(self, name: str) -> None:
        state, generator = torch.get_rng_state(), fastinit.Generator(1)
        for tensor in (torch.empty(3, 5, device="meta"), torch.empty(0, 5)):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                assert filled(name, tensor) is tensor
                assert filled(name, tensor, seed=generator) is tensor
        assert torch.equal(torch.get_rng_state(), state)
        assert generator.next_stream() == 0


def test_specs_are_those_of_fastinit() -> None:
    """What the comparisons above rest on: a parameter that is off by little gives other bits."""
    one = fastinit.normal((7, 5), std=1.0, seed=5)
    assert one.tobytes() != fastinit.normal((7, 5), std=1.0 + 1e-6, seed=5).tobytes()
    assert Normal(0.0, 1.0) != Normal(0.0, 1.0 + 1e-6)
