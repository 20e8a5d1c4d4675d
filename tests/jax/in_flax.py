"""Models of flax whose weights fastinit draws, on one device and sharded over eight."""

from __future__ import annotations

import functools
from typing import Any

import jax
import numpy as np
import pytest
from flax import linen, nnx
from jax import numpy as jnp
from jax.sharding import AxisType, NamedSharding, PartitionSpec

import fastinit
from fastinit import jax as init
from fastinit import parts

P = PartitionSpec
EMBEDDING = init.variance_scaling(1.0, "fan_in", "normal", out_axis=0)  # flax's own default


def mesh_of(kind: AxisType) -> Any:
    return jax.make_mesh((2, 4), ("data", "model"), axis_types=(kind,) * 2)


MESHES = [mesh_of(AxisType.Auto), mesh_of(AxisType.Explicit)]


def unsharded(initializer: Any, _spec: Any) -> Any:
    return initializer


def annotated(initializer: Any, spec: Any) -> Any:
    """Sharding as in flax: the parameter has the names of its axes."""
    return nnx.with_partitioning(initializer, spec)


def in_parts(initializer: Any, spec: Any) -> Any:
    """The initializer knows it too, and each device draws its part."""
    return nnx.with_partitioning(functools.partial(initializer, out_sharding=P(*spec)), spec)


class Model(nnx.Module):
    """Every kind of weight, whose layers get their initializers as users write them."""

    def __init__(self, rngs: nnx.Rngs, place: Any = unsharded) -> None:
        self.embed = nnx.Embed(32, 16, embedding_init=place(EMBEDDING, (None, "model")), rngs=rngs)
        self.up = nnx.Linear(
            16,
            64,
            kernel_init=place(init.he_normal(), (None, "model")),
            bias_init=init.normal(0.1),
            rngs=rngs,
        )
        self.conv = nnx.Conv(64, 8, (3,), kernel_init=place(init.lecun_normal(), (None, "model", None)), rngs=rngs)
        self.down = nnx.Linear(8, 1, kernel_init=init.orthogonal(), bias_init=init.zeros, rngs=rngs)

    def __call__(self, x: Any) -> Any:
        return self.down(nnx.relu(self.conv(nnx.relu(self.up(self.embed(x))))))


class LinenModel(linen.Module):
    """Two layers, one of which says where its axes go."""

    @linen.compact
    def __call__(self, x: Any) -> Any:
        sharded = linen.with_partitioning(init.he_normal(), (None, "model"))
        x = linen.relu(linen.Dense(64, kernel_init=sharded)(x))
        return linen.Dense(1, kernel_init=init.glorot_uniform(), bias_init=init.normal(0.1))(x)


def same(model: Any, expected: Any) -> None:
    ours, others = (jax.tree.leaves_with_path(tree) for tree in (model, expected))
    assert len(ours) == len(others)
    for (path, value), (_, other) in zip(ours, others, strict=True):
        np.testing.assert_array_equal(np.asarray(value), np.asarray(other), err_msg=str(path))


TOKENS = jnp.arange(64).reshape(8, 8) % 32
TARGETS = jnp.sin(TOKENS.astype(jnp.float32))[..., None]


class TestNnx:
    """`flax.nnx`."""

    def test_trains(self) -> None:
        model = Model(nnx.Rngs(0))

        def loss(model: Any) -> Any:
            return ((model(TOKENS) - TARGETS) ** 2).mean()

        @nnx.jit
        def step(model: Any) -> Any:
            value, gradients = nnx.value_and_grad(loss)(model)
            state = nnx.state(model, nnx.Param)
            nnx.update(model, jax.tree.map(lambda w, g: w - 0.1 * g, state, gradients))
            return value

        losses = [float(step(model)) for _ in range(20)]
        assert losses[-1] < 0.5 * losses[0]

    def test_weights_are_fastinits(self) -> None:
        rngs = nnx.Rngs(0)
        model = Model(nnx.Rngs(0))
        words = np.asarray(jax.random.key_data(rngs.params())).tolist()
        seed = words[0] << 32 | words[1]
        expected = fastinit.variance_scaling((32, 16), layout="torch", seed=seed)
        np.testing.assert_array_equal(np.asarray(model.embed.embedding[...]), expected)

    def test_compiled_equals_eager(self) -> None:
        model = nnx.jit(lambda: Model(nnx.Rngs(0)))()
        same(nnx.state(model), nnx.state(Model(nnx.Rngs(0))))

    def test_abstract_model_draws_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        shapes = jax.tree.map(jnp.shape, nnx.state(Model(nnx.Rngs(0))))
        monkeypatch.setattr(parts, "fill_buffer", None)
        abstract = nnx.eval_shape(lambda: Model(nnx.Rngs(0)))
        assert jax.tree.map(jnp.shape, nnx.state(abstract)) == shapes

    def test_stacked_layers(self) -> None:
        def layer(rngs: nnx.Rngs) -> nnx.Linear:
            return nnx.Linear(4, 6, kernel_init=init.he_normal(), rngs=rngs)

        stacked = nnx.vmap(layer)(nnx.Rngs(0).split(3))
        kernels = np.asarray(stacked.kernel[...])
        assert kernels.shape == (3, 4, 6)
        assert len({kernel.tobytes() for kernel in kernels}) == 3

    @pytest.mark.parametrize("mesh", MESHES, ids=str)
    @pytest.mark.parametrize("place", [annotated, in_parts])
    @pytest.mark.parametrize("compiled", [False, True])
    def test_sharded_equals_unsharded(self, mesh: Any, place: Any, compiled: bool) -> None:
        expected = nnx.state(Model(nnx.Rngs(0)))
        with jax.set_mesh(mesh):
            make = functools.partial(Model, place=place)
            model = (nnx.jit(make) if compiled else make)(nnx.Rngs(0))
            assert model.up.kernel[...].sharding.spec == P(None, "model")
            same(nnx.state(model), expected)

    def test_made_from_the_abstract_model(self) -> None:
        """Every parameter by its name, so that its values need no key and no order of layers."""
        with jax.set_mesh(MESHES[0]):
            abstract = nnx.eval_shape(lambda: Model(nnx.Rngs(0), place=annotated))
            graph, state = nnx.split(abstract)
            shardings = nnx.get_named_sharding(state, MESHES[0])

            def made(path: Any, leaf: Any, sharding: Any) -> Any:
                name = jax.tree_util.keystr(path[:-1], simple=True, separator=".")
                rule = "he_normal" if leaf.ndim > 1 else "zeros"
                return init.make(leaf.shape, sharding, init=rule, seed=0, stream=name)

            model = nnx.merge(graph, jax.tree.map_with_path(made, state, shardings))
        kernel = model.up.kernel[...]
        assert kernel.sharding.spec == P(None, "model")
        expected = fastinit.he_normal((16, 64), seed=0, stream="up.kernel")
        np.testing.assert_array_equal(np.asarray(kernel), expected)
        assert model(TOKENS).shape == (8, 8, 1)


class TestLinen:
    """`flax.linen`."""

    INPUTS = jnp.linspace(-1, 1, 64).reshape(16, 4)

    def test_trains(self) -> None:
        model = LinenModel()
        weights = linen.unbox(jax.jit(model.init)(jax.random.key(0), self.INPUTS))

        @jax.jit
        def step(weights: Any) -> Any:
            def loss(weights: Any) -> Any:
                return ((model.apply(weights, self.INPUTS) - self.INPUTS.sum(1, keepdims=True)) ** 2).mean()

            value, gradients = jax.value_and_grad(loss)(weights)
            return value, jax.tree.map(lambda w, g: w - 0.02 * g, weights, gradients)

        losses = []
        for _ in range(20):
            value, weights = step(weights)
            losses.append(float(value))
        assert losses[-1] < 0.5 * losses[0]

    def test_compiled_equals_eager(self) -> None:
        model = LinenModel()
        eager, compiled = (call(jax.random.key(0), self.INPUTS) for call in (model.init, jax.jit(model.init)))
        assert eager["params"]["Dense_0"]["kernel"].names == (None, "model")
        same(compiled, eager)

    def test_sharded_equals_unsharded(self) -> None:
        model, key = LinenModel(), jax.random.key(0)
        specs = linen.get_partition_spec(jax.eval_shape(model.init, key, self.INPUTS))
        shardings = jax.tree.map(lambda spec: NamedSharding(MESHES[0], spec), specs)
        sharded = jax.jit(model.init, out_shardings=shardings)(key, self.INPUTS)
        assert sharded["params"]["Dense_0"]["kernel"].value.sharding.spec == P(None, "model")
        same(sharded, model.init(key, self.INPUTS))

    def test_scanned_layers(self) -> None:
        class Layer(linen.Module):
            @linen.compact
            def __call__(self, carry: Any, _: Any) -> Any:
                return linen.Dense(4, kernel_init=init.he_normal())(carry), None

        scanned = linen.scan(Layer, variable_axes={"params": 0}, split_rngs={"params": True}, length=3)()
        weights = scanned.init(jax.random.key(0), self.INPUTS, None)
        kernels = np.asarray(weights["params"]["Dense_0"]["kernel"])
        assert kernels.shape == (3, 4, 4)
        assert len({kernel.tobytes() for kernel in kernels}) == 3
