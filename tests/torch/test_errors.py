"""Errors of `fastinit.torch`'s functions: torch.nn.init's, in its words, and a few of fastinit's own.

Nothing is written, and no generator moves.
"""

from __future__ import annotations

import math
import re
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import fastinit

torch = pytest.importorskip("torch")
import fastinit.torch as ours
from fastinit.torch import tensors
from tests.torch.calls import FIXED, RANDOM, bits, outcome, weight

if TYPE_CHECKING:
    from collections.abc import Iterator

init = torch.nn.init
PYTORCHS = dict(vars(init))
pytestmark = pytest.mark.torch

ANY_SHAPE = ("uniform_", "normal_", "trunc_normal_")


def words(error: Exception) -> str:
    return re.sub(r"0x[0-9a-f]+", "0x", str(error))


def as_pytorch() -> Iterator[tuple[str, tuple[Any, ...], dict[str, Any]]]:
    """Calls that torch.nn.init refuses."""
    every = [(name, {}) for name in (*RANDOM, *FIXED) if name not in ("sparse_", "constant_")]
    every += [("sparse_", {"sparsity": 0.5}), ("constant_", {"val": 1.0})]
    for name, given in every:
        for wrong in (None, [1.0], np.zeros((3, 5)), "w"):
            yield name, (wrong,), given
        yield name, (), {}
        yield name, (weight(3, 5),), {**given, "unknown": 1}
        yield name, (weight(3, 5), *range(9)), {}
        for lazy in (torch.nn.UninitializedParameter, torch.nn.UninitializedBuffer):
            yield name, (lazy(),), given
        if name in RANDOM:
            yield name, (weight(3, 5),), {**given, "generator": 3}
            for dtype in ("int64", "bool", "uint8"):
                yield name, (weight(3, 5, dtype=dtype),), given
            yield name, (torch.zeros(3, 5).to_sparse(),), given
        if name in RANDOM:  # others than draws may repeat what they write
            yield name, (weight(1, 5).expand(3, 5),), given
    for name in (*FIXED, *RANDOM):
        shapes: list[tuple[int, ...]] = []
        if name not in (*ANY_SHAPE, "ones_", "zeros_", "constant_"):
            shapes = [(), (3,), *([(3, 5, 2)] if name in ("eye_", "sparse_") else [])]
        if name == "dirac_":
            shapes += [(3, 5), (2, 2, 2, 2, 2, 2)]
        for shape in shapes:
            yield name, (weight(*shape),), {"sparsity": 0.5} if name == "sparse_" else {}
    yield from (
        ("uniform_", (weight(3), 2.0, 1.0), {}),
        ("uniform_", (weight(3), "a"), {}),
        ("uniform_", (weight(3), torch.zeros(3)), {}),
        ("uniform_", (weight(3), 0.0, None), {}),
        ("uniform_", (weight(3), 0.0, math.nan), {}),
        ("uniform_", (weight(3), 0.0, math.inf), {}),
        ("uniform_", (weight(3), -3e38, 3e38), {}),
        ("uniform_", (weight(3), 0.0, 1e39), {}),
        ("uniform_", (weight(3, dtype="float16"), 0.0, 1e6), {}),
        ("uniform_", (weight(3, dtype="float16"), -4e4, 4e4), {}),
        ("uniform_", (weight(3, dtype="bfloat16"), 0.0, 3.4e38), {}),
        ("normal_", (weight(3), 0.0, -1.0), {}),
        ("normal_", (weight(3), 0.0, math.nan), {}),
        ("normal_", (weight(3, dtype="float8_e5m2"), 0.0, -1.0), {}),
        ("normal_", (weight(3), "a", 1.0), {}),
        ("normal_", (weight(3), torch.zeros(3), 1.0), {}),
        ("normal_", (weight(3), None), {}),
        ("normal_", (weight(3), 1j), {}),
        ("trunc_normal_", (weight(3),), {"std": 0.0}),
        ("trunc_normal_", (weight(3),), {"std": 0}),
        ("trunc_normal_", (weight(3),), {"a": 2.0, "b": -2.0}),
        ("trunc_normal_", (weight(3),), {"a": "low"}),
        ("trunc_normal_", (weight(3),), {"mean": None}),
        ("constant_", (weight(3), "x"), {}),
        ("constant_", (weight(3), None), {}),
        ("constant_", (weight(3), torch.zeros(3)), {}),
        ("constant_", (weight(3, dtype="uint8"), 300.0), {}),
        ("constant_", (weight(3, dtype="float16"), 1e6), {}),
        ("constant_", (weight(3), 1j), {}),
        ("xavier_uniform_", (weight(300, 500),), {"gain": -1.0}),
        ("xavier_uniform_", (weight(3, 5),), {"gain": "relu"}),
        ("xavier_uniform_", (weight(0, 0),), {}),
        ("xavier_uniform_", (weight(3, 5),), {"gain": math.nan}),
        ("xavier_normal_", (weight(300, 500),), {"gain": -1}),
        ("xavier_normal_", (weight(3, 5),), {"gain": None}),
        ("xavier_normal_", (weight(0, 0),), {}),
        ("xavier_normal_", (weight(3, 5),), {"gain": math.nan}),
        *(
            (f"kaiming_{kind}_", (weight(*shape),), how)
            for kind in ("uniform", "normal")
            for shape, how in (
                ((3, 5), {"mode": "fan_avg"}),
                ((3, 5), {"mode": "fan_geo"}),
                ((3, 5), {"mode": 3}),
                ((3, 5), {"mode": None}),
                ((3, 5), {"nonlinearity": "gelu"}),
                ((3, 5), {"nonlinearity": None}),
                ((3, 5), {"a": "x"}),
                ((3, 5), {"a": True}),
                ((3, 5), {"a": math.nan}),
                ((3,), {"mode": "fan_avg"}),
                ((3,), {"nonlinearity": "gelu"}),
            )
        ),
        ("orthogonal_", (weight(3, 5),), {"gain": "x"}),
        ("orthogonal_", (weight(3, 5),), {"gain": None}),
        ("dirac_", (weight(3, 5, 2),), {"groups": 2}),
        ("dirac_", (weight(3, 5, 2),), {"groups": 0}),
        ("dirac_", (weight(3, 5, 2),), {"groups": "x"}),
        ("dirac_", (weight(3, 5, 2),), {"groups": 1.5}),
        ("sparse_", (weight(3, 5),), {}),
        ("sparse_", (weight(3, 5), "x"), {}),
        ("sparse_", (weight(3, 5), 0.5, -1.0), {}),
        ("sparse_", (weight(3, 5), math.nan), {}),
        ("sparse_", (weight(3, 5), math.inf), {}),
    )


WRONG_CALLS = list(as_pytorch())


def remembered(args: tuple[Any, ...]) -> list[Any]:
    return [bits(a) if tensors.is_fillable(a) else None for a in args]


class TestErrors:
    """PyTorch's, in its words; a few of fastinit's own. Nothing is written, no generator moves."""

    @pytest.mark.parametrize("number", range(len(WRONG_CALLS)))
    def test_error_is_pytorchs(self, number: int) -> None:
        name, args, kwargs = WRONG_CALLS[number]
        theirs = outcome(PYTORCHS[name], *args, **kwargs)
        assert isinstance(theirs, Exception), "torch.nn.init takes this call"
        before = remembered(args)
        torch.manual_seed(3)
        state = torch.get_rng_state()
        mine = outcome(getattr(ours, name), *args, **kwargs)
        assert isinstance(mine, Exception)
        assert type(mine) is type(theirs)
        assert words(mine) == words(theirs)
        assert remembered(args) == before
        assert torch.equal(torch.get_rng_state(), state)

    @pytest.mark.parametrize("number", range(len(WRONG_CALLS)))
    def test_error_is_pytorchs_in_its_place_too(self, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
        """As code is switched by `torch.nn.init.normal_ = fastinit.torch.normal_`."""
        for name in ours.__all__:
            if name in PYTORCHS:
                monkeypatch.setattr(init, name, getattr(ours, name))
        self.test_error_is_pytorchs(number)

    @pytest.mark.parametrize(
        ("name", "args", "kwargs", "kind", "message"),
        [
            ("sparse_", (weight(3, 5), 1.5), {}, ValueError, "`sparsity` must be in [0, 1], got 1.5"),
            ("sparse_", (weight(3, 5), -0.5), {}, ValueError, "`sparsity` must be in [0, 1], got -0.5"),
            (
                "normal_", (weight(3, dtype="complex64"),), {}, TypeError,
                (
                    "`tensor` must be a dense tensor or DTensor of float64, float32, float16, bfloat16, "
                    "float8_e4m3fn, float8_e5m2, got 'torch.complex64 torch.strided Tensor'; fill a plain "
                    "tensor and convert it"
                ),
            ),
            ("normal_", (weight(3), math.nan), {}, ValueError, "`mean` must not be NaN, got nan"),
            ("normal_", (weight(3), math.inf), {}, ValueError, "`mean` must be finite, got inf"),
            ("normal_", (weight(3), 0.0, math.inf), {}, ValueError, "`std` must be finite and >= 0, got inf"),
            (
                "normal_", (weight(3), 0.0, 1e39), {}, ValueError,
                "`std` must lie within float32's range for float32, got 1e+39; use dtype=\"float64\"",
            ),
            ("normal_", (weight(3), True), {}, TypeError, "`mean` must be a real number, got True"),
            (
                "uniform_", (weight(3, dtype="float8_e4m3fn"), 0.0, 500.0), {}, ValueError,
                (
                    "`b` must be such that `a`, `b` and b - a are numbers of torch.float8_e4m3fn, got "
                    "500.0; `a` is 0.0"
                ),
            ),
            (
                "trunc_normal_", (weight(3), 0.0, 0.1, 2.0, 1e30), {}, ValueError,
                "`a` must leave values within 10 std of the mean, got 2.0; `mean` is 0.0, `std` 0.1",
            ),
            (
                "trunc_normal_", (weight(3), 0.0, 0.1, -3.0, -2.0), {}, ValueError,
                "`b` must leave values within 10 std of the mean, got -2.0; `mean` is 0.0, `std` 0.1",
            ),
            ("trunc_normal_", (weight(3), 0.0, -1.0), {}, ValueError, "`std` must be finite and >= 0, got -1.0"),
            ("trunc_normal_", (weight(3), math.nan), {}, ValueError, "`lower` must not be NaN, got nan"),
            ("orthogonal_", (weight(3, 5), math.nan), {}, ValueError, "`gain` must not be NaN, got nan"),
            ("orthogonal_", (weight(3, 5), math.inf), {}, ValueError, "`gain` must be finite, got inf"),
            ("dirac_", (weight(3, 5, 3), -1), {}, ValueError, "`groups` must be an int in [1, 2**64 - 1], got -1"),
            *(
                (name, (weight(4, 5),), {"seed": 1, "generator": torch.Generator(), **given}, TypeError,
                 "`seed` must be None when `generator` is given, got 1; leave one of them out")
                for name, (_, given, _) in RANDOM.items()
            ),
            *(
                (name, (weight(4, 5),), {**given, **numbers}, kind, message)
                for name, (_, given, _) in RANDOM.items()
                for numbers, kind, message in (
                    ({"seed": -1}, ValueError,
                     "`seed` must be an int in [0, 2**64 - 1], got -1; or pass a Generator or None"),
                    ({"seed": "x"}, TypeError,
                     "`seed` must be an int in [0, 2**64 - 1], got 'x'; or pass a Generator or None"),
                    ({"stream": -1}, ValueError,
                     "`stream` must be an int in [0, 2**64 - 1], got -1; or pass a name as text"),
                    ({"stream": 1.5}, TypeError,
                     "`stream` must be an int in [0, 2**64 - 1], got 1.5; or pass a name as text"),
                )
            ),
        ],
    )  # fmt: skip
    def test_errors_that_pytorch_has_not(
        self, name: str, args: Any, kwargs: Any, kind: type[Exception], message: str
    ) -> None:
        before, state = remembered(args), torch.get_rng_state()
        given = {n: v for n, v in kwargs.items() if n in ("seed", "generator")}
        if not given:
            kwargs = {**kwargs, "seed": fastinit.Generator(1)} if "stream" not in kwargs else kwargs
        if name == "dirac_":
            kwargs = {}
        with pytest.raises(kind) as caught:
            getattr(ours, name)(*args, **kwargs)
        assert str(caught.value) == message
        assert remembered(args) == before
        assert torch.equal(torch.get_rng_state(), state)
        if isinstance(kwargs.get("seed"), fastinit.Generator):
            assert kwargs["seed"].next_stream() == 0
        if "generator" in kwargs:
            assert torch.equal(kwargs["generator"].get_state(), torch.Generator().get_state())

    def test_errors_end_at_pytorchs_first_draw(self) -> None:
        """Where PyTorch's rejection would go on forever, the error of fastinit comes at once."""
        with pytest.raises(ValueError, match="`seed` must be"):
            ours.trunc_normal_(weight(3), 0.0, 1.0, 9.0, 1e12, seed=-1)

    @pytest.mark.parametrize("shape", [(0, 3), (3, 0)])
    @pytest.mark.parametrize("name", ["kaiming_uniform_", "kaiming_normal_"])
    def test_warning_of_no_elements(self, name: str, shape: tuple[int, ...]) -> None:
        tensor = torch.empty(shape)
        with pytest.warns(UserWarning, match="Initializing zero-element tensors is a no-op") as caught:
            assert getattr(ours, name)(tensor, mode="nonsense") is tensor
        assert caught[0].filename == __file__

    def test_no_warning_of_a_far_mean(self) -> None:
        with pytest.warns(UserWarning, match="mean is more than 2 std"):
            init.trunc_normal_(weight(3), 0.0, 1.0, 3.0, 5.0)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            ours.trunc_normal_(weight(3), 0.0, 1.0, 3.0, 5.0)
