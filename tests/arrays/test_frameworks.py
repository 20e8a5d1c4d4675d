"""The same formulas as PyTorch's and JAX's: fans, gains, scales, and the matrices without randomness."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import fastinit
from fastinit.distributions import Normal, TruncatedNormal, Uniform
from fastinit.formulas import FORMULAS

TORCH_SHAPES = [(11, 7), (11, 7, 3), (11, 7, 3, 5), (11, 7, 2, 3, 4)]
JAX_SHAPES = [(7, 11), (3, 7, 11), (3, 5, 7, 11)]


@pytest.mark.torch
class TestTorch:
    """Against `torch.nn.init`."""

    @pytest.fixture
    def init(self) -> Any:
        return pytest.importorskip("torch").nn.init

    @pytest.mark.parametrize(
        "nonlinearity",
        [
            "linear",
            *(f"conv{kind}{n}d" for kind in ("", "_transpose") for n in (1, 2, 3)),
            "sigmoid",
            "tanh",
            "relu",
            "leaky_relu",
            "selu",
        ],
    )
    def test_gain(self, init: Any, nonlinearity: str) -> None:
        assert fastinit.gain(nonlinearity) == init.calculate_gain(nonlinearity)
        if nonlinearity == "leaky_relu":
            for slope in (0, 0.1, -0.3, 5.0):
                assert fastinit.gain(nonlinearity, slope) == init.calculate_gain(nonlinearity, slope)

    @pytest.mark.parametrize("shape", TORCH_SHAPES)
    def test_fans(self, init: Any, shape: tuple[int, ...]) -> None:
        import torch

        expected = init._calculate_fan_in_and_fan_out(torch.empty(shape))
        assert fastinit.compute_fans(shape, layout="torch") == expected

    @pytest.mark.parametrize("shape", TORCH_SHAPES)
    def test_scales(self, init: Any, shape: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
        import torch

        seen: list[tuple[float, float]] = []
        monkeypatch.setattr(torch.Tensor, "uniform_", lambda self, low, high, **_: seen.append((low, high)) or self)
        monkeypatch.setattr(torch.Tensor, "normal_", lambda self, mean, std, **_: seen.append((mean, std)) or self)
        weight = torch.empty(shape)
        init.xavier_uniform_(weight, gain=1.7)
        init.xavier_normal_(weight, gain=1.7)
        init.kaiming_uniform_(weight, a=math.sqrt(5))
        init.kaiming_normal_(weight, a=0.1, mode="fan_out")
        ours = [
            FORMULAS["xavier_uniform"](shape, layout="torch", gain=1.7),
            FORMULAS["xavier_normal"](shape, layout="torch", gain=1.7),
            FORMULAS["he_uniform"](shape, layout="torch", negative_slope=math.sqrt(5)),
            FORMULAS["variance_scaling"](shape, layout="torch", scale=2 / 1.01, mode="fan_out"),
        ]
        for expected, rule in zip(seen, ours, strict=True):
            assert isinstance(rule, (Normal, Uniform))
            pair = (rule.mean, rule.std) if isinstance(rule, Normal) else (rule.low, rule.high)
            assert pair == pytest.approx(expected, rel=1e-14)

    @pytest.mark.parametrize(
        ("shape", "groups"),
        [
            (shape, groups)
            for shape in [*(s for s in TORCH_SHAPES if len(s) > 2), (8, 6, 4), (8, 9, 3, 3)]
            for groups in (1, 2)
            if shape[0] % groups == 0
        ],
    )
    def test_dirac(self, init: Any, shape: tuple[int, ...], groups: int) -> None:
        import torch

        expected = init.dirac_(torch.empty(shape), groups=groups).numpy()
        ours = fastinit.dirac(shape, groups=groups, layout="torch")
        np.testing.assert_array_equal(ours, expected)

    @pytest.mark.parametrize("shape", [(3, 3), (2, 5), (5, 2)])
    def test_identity(self, init: Any, shape: tuple[int, ...]) -> None:
        import torch

        np.testing.assert_array_equal(fastinit.identity(shape), init.eye_(torch.empty(shape)).numpy())

    @pytest.mark.parametrize("shape", [(4, 9), (9, 4), (6, 3, 2, 2), (12, 3, 2)])
    def test_orthogonal(self, init: Any, shape: tuple[int, ...]) -> None:
        import torch

        theirs = init.orthogonal_(torch.empty(shape), gain=2.0).numpy().reshape(shape[0], -1)
        ours = fastinit.orthogonal(shape, gain=2.0, layout="torch", seed=1).reshape(shape[0], -1)
        for matrix in (theirs, ours):
            few = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
            np.testing.assert_allclose(few @ few.T, 4 * np.eye(len(few)), atol=1e-5)

    def test_devices(self, init: Any) -> None:  # noqa: ARG002 - asks for torch
        import torch

        assert fastinit.zeros(3, device=torch.device("cpu")).shape == (3,)
        with pytest.raises(ValueError, match=r"that of `out`, cpu, got device\(type='cuda', index=1\)"):
            fastinit.zeros(3, device=torch.device("cuda:1"), out=torch.zeros(3))

    @pytest.mark.parametrize("sparsity", [0.0, 0.1, 0.33, 0.9])
    def test_sparse(self, init: Any, sparsity: float) -> None:
        import torch

        theirs = init.sparse_(torch.empty(17, 5), sparsity=sparsity).numpy()
        ours = fastinit.sparse((17, 5), sparsity=sparsity, seed=1)
        np.testing.assert_array_equal((ours == 0).sum(axis=0), (theirs == 0).sum(axis=0))


@pytest.mark.jax
class TestJax:
    """Against `jax.nn.initializers`."""

    @pytest.fixture
    def jax(self) -> Any:
        return pytest.importorskip("jax")

    @pytest.mark.parametrize(
        ("shape", "axes"),
        [
            (shape, axes)
            for shape in JAX_SHAPES
            for axes in (
                {},
                {"in_axis": -1, "out_axis": -2},
                {"in_axis": 0, "out_axis": 1},
                {"in_axis": (0, 1)},
            )
            # Two axes in leave none to go out of a matrix.
            if axes.get("in_axis") != (0, 1) or len(shape) > 2
        ],
    )
    @pytest.mark.parametrize("mode", ["fan_in", "fan_out", "fan_avg", "fan_geo_avg"])
    @pytest.mark.parametrize("distribution", ["normal", "truncated_normal", "uniform"])
    def test_scales(
        self,
        jax: Any,
        shape: tuple[int, ...],
        axes: dict[str, Any],
        mode: str,
        distribution: str,
    ) -> None:
        theirs = jax.nn.initializers.variance_scaling(1.5, mode, distribution, **axes)
        rule = FORMULAS["variance_scaling"](shape, scale=1.5, mode=mode, distribution=distribution, **axes)
        # Both scale a standard draw: seen by their largest values over many keys.
        keys = jax.random.split(jax.random.PRNGKey(0), 400)
        drawn = np.asarray(jax.vmap(lambda key: theirs(key, shape))(keys), np.float64)
        assert drawn.std() == pytest.approx(rule.std, rel=0.015)
        if isinstance(rule, Uniform):
            assert np.abs(drawn).max() == pytest.approx(rule.high, rel=0.005)
        if isinstance(rule, TruncatedNormal):
            assert np.abs(drawn).max() == pytest.approx(2 * rule.parent_std, rel=0.02)

    @pytest.mark.parametrize("batch_axis", [0, (0,), (0, 1), -3])
    def test_batch_axes(self, jax: Any, batch_axis: Any) -> None:
        shape = (3, 5, 7, 11)
        theirs = jax.nn.initializers.he_uniform(batch_axis=batch_axis)
        drawn = np.asarray(theirs(jax.random.PRNGKey(0), shape))
        rule = FORMULAS["he_uniform"](shape, batch_axis=batch_axis)
        assert isinstance(rule, Uniform)
        assert np.abs(drawn).max() == pytest.approx(rule.high, rel=0.01)

    @pytest.mark.parametrize("name", ["he", "glorot", "lecun"])
    def test_presets(self, jax: Any, name: str) -> None:
        shape = (300, 200)
        for kind in ("normal", "uniform"):
            theirs = getattr(jax.nn.initializers, f"{name}_{kind}")()
            drawn = np.asarray(theirs(jax.random.PRNGKey(1), shape))
            parameters = {"truncated": True} if kind == "normal" else {}
            rule = FORMULAS[f"{name}_{kind}"](shape, **parameters)
            assert drawn.std() == pytest.approx(rule.std, rel=0.01)
            ours = getattr(fastinit, f"{name}_{kind}")(shape, seed=1, **parameters)
            assert np.abs(ours).max() == pytest.approx(np.abs(drawn).max(), rel=0.01)

    @pytest.mark.parametrize("shape", [(3, 4, 4), (3, 3, 2, 5), (2, 3, 4, 2, 2)])
    def test_delta_orthogonal(self, jax: Any, shape: tuple[int, ...]) -> None:
        theirs = np.asarray(jax.nn.initializers.delta_orthogonal(2.0)(jax.random.PRNGKey(0), shape))
        ours = fastinit.delta_orthogonal(shape, gain=2.0, seed=1)
        centre = tuple((n - 1) // 2 for n in shape[:-2])
        for tensor in (theirs, ours):
            matrix = tensor[centre]
            np.testing.assert_allclose(matrix @ matrix.T, 4 * np.eye(shape[-2]), atol=1e-5)
            assert np.count_nonzero(tensor) == np.count_nonzero(matrix)

    def test_make_array_from_callback(self, jax: Any) -> None:
        shape = (8, 6)
        mesh = jax.sharding.Mesh(np.array(jax.devices()[:1]), ("x",))
        sharding = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec("x"))
        made = jax.make_array_from_callback(
            shape, sharding, lambda index: fastinit.he_normal(shape, seed=1, index=index)
        )
        np.testing.assert_array_equal(np.asarray(made), fastinit.he_normal(shape, seed=1))
