"""Keras on JAX: traced functions, and weights in the layouts of `keras.distribution` on eight devices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import keras
import numpy as np
import pytest
from jax import numpy as jnp

import fastinit
import fastinit.keras
from fastinit.parts import Draw

if TYPE_CHECKING:
    from collections.abc import Iterator

SHAPE = (16, 8)
PLAIN = fastinit.keras.RandomNormal(stddev=1.0, seed=7)


def drawn(**options: Any) -> Any:
    return fastinit.normal(SHAPE, **options)


@pytest.fixture
def draws(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The index and address of everything that is drawn."""
    seen: list[Any] = []
    fill = Draw.fill

    def spy(self: Draw, array: Any, seed: int, stream: int, index: Any = None) -> None:
        seen.append((index, array.ctypes.data))
        fill(self, array, seed, stream, index)

    monkeypatch.setattr(Draw, "fill", spy)
    return seen


class TestTracing:
    @pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
    def test_a_compiled_function_draws_when_it_runs(self, dtype: str, draws: list[Any]) -> None:
        compiled = jax.jit(lambda: PLAIN(SHAPE, dtype=dtype)).lower().compile()
        assert not draws
        for _ in range(2):
            assert np.asarray(compiled()).tobytes() == drawn(seed=7, dtype=dtype).tobytes()
        assert len(draws) == 2

    @pytest.mark.parametrize("seed", [2**32 + 1, 2**64 - 1, -2])
    def test_a_compiled_function_has_all_bits_of_a_seed(self, seed: int) -> None:
        initializer = fastinit.keras.RandomNormal(stddev=1.0, seed=seed)
        value = jax.jit(lambda: initializer(SHAPE))()
        np.testing.assert_array_equal(value, drawn(seed=seed % 2**64))

    def test_a_layout_of_a_compiled_function_is_drawn_in_parts(self, draws: list[Any]) -> None:
        layout = keras.distribution.TensorLayout((None, "model"), mesh())
        value = jax.jit(lambda: PLAIN(SHAPE, layout=layout))()
        np.testing.assert_array_equal(value, drawn(seed=7))
        assert value.sharding == layout.backend_layout
        assert {index[1].start for index, _ in draws} == {0, 2, 4, 6}

    def test_shapes_are_known_without_a_draw(self, draws: list[Any]) -> None:
        shape = (1 << 20, 1 << 20)
        assert jax.eval_shape(lambda: PLAIN(shape)).shape == shape
        assert not draws

    @staticmethod
    def two_draws(state: Any) -> Any:
        generator = keras.random.SeedGenerator(1)
        initializer = fastinit.keras.RandomNormal(stddev=1.0, seed=generator)
        with keras.StatelessScope([(generator.state, state)]) as scope:
            values = [initializer(SHAPE) for _ in range(2)]
        return values, scope.get_current_value(generator.state)

    def test_a_seed_generator_advances_in_a_compiled_function(self) -> None:
        values, state = jax.jit(self.two_draws)(jnp.array([9, 4], jnp.uint32))
        for stream, value in enumerate(values, 4):
            np.testing.assert_array_equal(value, drawn(seed=9, stream=stream))
        assert state.tolist() == [9, 6]

    def test_vmap_draws_for_every_state(self) -> None:
        states = jnp.array([[9, 4], [2**32 - 1, 0]], jnp.uint32)
        for function in (jax.vmap(self.two_draws), jax.jit(jax.vmap(self.two_draws))):
            values, _ = function(states)
            np.testing.assert_array_equal(values[0][0], drawn(seed=9, stream=4))
            np.testing.assert_array_equal(values[1][1], drawn(seed=2**32 - 1, stream=1))


class TestDevices:
    def test_an_array_is_on_the_device_of_the_scope(self) -> None:
        with keras.device("cpu:3"):
            assert PLAIN(SHAPE).devices() == {jax.devices()[3]}

    def test_jax_warns_of_float64_and_draws_float32(self) -> None:
        with pytest.warns(UserWarning, match="float64 .*is not available"):
            value = PLAIN(SHAPE, dtype="float64")
        assert np.asarray(value).tobytes() == drawn(seed=7).tobytes()

    def test_float64_where_jax_has_it(self) -> None:
        with jax.enable_x64(True):
            value = np.asarray(PLAIN(SHAPE, dtype="float64"))
        assert value.tobytes() == drawn(seed=7, dtype="float64").tobytes()

    def test_the_memory_drawn_is_the_arrays_own(self, draws: list[Any]) -> None:
        arrays = [PLAIN((512, 512), dtype=dtype) for dtype in ("float32", "bfloat16")]
        assert [(None, x.unsafe_buffer_pointer()) for x in arrays] == draws


def mesh() -> Any:
    return keras.distribution.DeviceMesh((2, 4), ("batch", "model"), keras.distribution.list_devices())


class TestLayouts:
    @pytest.fixture
    def _model_parallel(self) -> Iterator[None]:
        layouts = keras.distribution.LayoutMap(mesh())
        layouts[".*kernel"] = (None, "model")
        layouts[".*bias"] = ("model",)
        distribution = keras.distribution.ModelParallel(layout_map=layouts, batch_dim_name="batch")
        keras.distribution.set_distribution(distribution)
        yield
        keras.distribution.set_distribution(None)

    @pytest.mark.usefixtures("_model_parallel")
    @pytest.mark.parametrize(
        ("initializer", "expected", "count"),
        [
            # Four parts, each on two devices.
            (
                fastinit.keras.GlorotNormal(seed=3),
                lambda: fastinit.glorot_normal(SHAPE, truncated=True, seed=3),
                4,
            ),
            (
                fastinit.keras.RandomNormal(stddev=1.0, seed=keras.random.SeedGenerator(3)),
                lambda: drawn(seed=3),
                4,
            ),
            (fastinit.keras.Orthogonal(seed=3), lambda: fastinit.orthogonal(SHAPE, seed=3), 4),
        ],
    )
    def test_a_sharded_weight_is_the_unsharded_one(
        self, initializer: Any, expected: Any, count: int, draws: list[Any]
    ) -> None:
        layer = keras.layers.Dense(SHAPE[1], kernel_initializer=initializer)
        layer.build((None, SHAPE[0]))
        kernel = layer.kernel.value
        np.testing.assert_array_equal(kernel, expected())
        assert len(draws) == count
        own = keras.layers.Dense(SHAPE[1], kernel_initializer=keras.initializers.GlorotNormal())
        own.build((None, SHAPE[0]))
        assert kernel.sharding == own.kernel.value.sharding
        assert {shard.data.shape for shard in kernel.addressable_shards} == {(16, 2)}

    @pytest.mark.usefixtures("_model_parallel")
    def test_a_seed_generator_advances(self) -> None:
        generator = keras.random.SeedGenerator(3)
        for stream in range(2):
            initializer = fastinit.keras.RandomNormal(stddev=1.0, seed=generator)
            layer = keras.layers.Dense(SHAPE[1], kernel_initializer=initializer)
            layer.build((None, SHAPE[0]))
            np.testing.assert_array_equal(layer.kernel.value, drawn(seed=3, stream=stream))

    @pytest.mark.parametrize("axes", [(None, None), ("batch", "model"), (None, "batch"), ("model", None)])
    def test_any_layout(self, axes: Any) -> None:
        layout = keras.distribution.TensorLayout(axes, mesh())
        for given in (layout, layout.backend_layout):
            value = PLAIN(SHAPE, layout=given)
            np.testing.assert_array_equal(value, drawn(seed=7))
            assert value.sharding == layout.backend_layout

    def test_one_device_as_a_layout(self) -> None:
        sharding = jax.sharding.SingleDeviceSharding(jax.devices()[2])
        assert PLAIN(SHAPE, layout=sharding).sharding == sharding

    def test_a_model_trains_in_parallel(self) -> None:
        keras.distribution.set_distribution(keras.distribution.DataParallel())
        try:
            layers = [keras.layers.Dense(n, kernel_initializer=fastinit.keras.HeNormal(n)) for n in (8, 1)]
            model = keras.Sequential([keras.Input((8,)), *layers])
            assert layers[0].kernel.value.sharding.is_fully_replicated
            model.compile("adam", "mse")
            x = np.random.default_rng(1).normal(size=(64, 8)).astype(np.float32)
            history = model.fit(x, x[:, :1], epochs=4, batch_size=16, verbose=0).history["loss"]
        finally:
            keras.distribution.set_distribution(None)
        assert history[-1] < history[0]
