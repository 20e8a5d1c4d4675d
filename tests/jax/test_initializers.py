"""`fastinit.jax` on one device: JAX's names and transformations, fastinit's values."""

from __future__ import annotations

import copy
import ctypes
import ctypes.util
import functools
import inspect
import pickle
import platform
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import fastinit
from fastinit.distributions import Normal
from fastinit.dtypes import FLOATS

jax = pytest.importorskip("jax")

from fastinit import jax as init
from fastinit.parts import Draw

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.jax

jnp = jax.numpy
theirs = jax.nn.initializers
KEY = jax.random.key(42)
SHAPE = (12, 10)
FACTORIES = [name for name in dir(theirs) if not name.startswith("_") and name not in ("Initializer", "zeros", "ones")]
PRESETS = [name for name in FACTORIES if name.endswith(("_normal", "_uniform"))]
PRESETS.remove("truncated_normal")
NEEDED: dict[str, dict[str, Any]] = {
    "constant": {"value": 2.0},
    "variance_scaling": {"scale": 1.0, "mode": "fan_in", "distribution": "normal"},
}
NARROW = ["float16", "bfloat16", "float8_e4m3fn", "float8_e5m2"]
# One call of each kind, and what fastinit draws for it.
SAME: dict[str, tuple[Any, Callable[..., Any]]] = {
    "uniform": (init.uniform(0.5), lambda **o: fastinit.uniform(SHAPE, high=0.5, **o)),
    "uniform_below": (
        init.uniform(-0.5),
        lambda **o: fastinit.uniform(SHAPE, low=-0.5, high=0.0, **o),
    ),
    "normal": (init.normal(1.0), lambda **o: fastinit.normal(SHAPE, **o)),
    "truncated_normal": (
        init.truncated_normal(0.02, None, -1.0, 3.0),
        lambda **o: fastinit.truncated_normal(SHAPE, std=0.02, lower=-1.0, upper=3.0, **o),
    ),
    "variance_scaling": (
        init.variance_scaling(3.0, "fan_geo_avg", "normal"),
        lambda **o: fastinit.variance_scaling(SHAPE, scale=3.0, mode="fan_geo_avg", **o),
    ),
    "orthogonal": (init.orthogonal(2.0), lambda **o: fastinit.orthogonal(SHAPE, gain=2.0, **o)),
    **{
        name: (
            getattr(init, name)(),
            lambda name=name, **o: getattr(fastinit, name)(
                SHAPE, **({"truncated": True} if "normal" in name else {}), **o
            ),
        )
        for name in PRESETS
    },
}


def same_bits(got: Any, expected: Any) -> None:
    got, expected = np.asarray(got), np.asarray(expected)
    assert (got.shape, got.dtype) == (expected.shape, expected.dtype)
    assert got.tobytes() == expected.tobytes()


@pytest.fixture
def x64() -> Iterator[None]:
    with jax.enable_x64(True):
        yield


class TestNames:
    """The public names, their arguments and their defaults are JAX's."""

    def test_every_name_of_jax(self) -> None:
        names = {name for name in dir(theirs) if not name.startswith("_")}
        assert names == set(init.__all__) - {"make"}

    @pytest.mark.parametrize("name", FACTORIES)
    def test_arguments(self, name: str) -> None:
        ours, expected = (inspect.signature(getattr(m, name)).parameters for m in (init, theirs))
        assert [(p.name, p.default, p.kind) for p in ours.values()] == [
            (p.name, p.default, p.kind) for p in expected.values()
        ]

    def test_a_call_takes_what_jax_takes(self) -> None:
        ours, expected = (inspect.signature(m.normal()).parameters for m in (init, theirs))
        assert list(ours) == list(expected)
        same_bits(init.normal()(key=KEY, shape=SHAPE, dtype=None), init.normal()(KEY, SHAPE))

    @pytest.mark.parametrize("name", ["Initializer", "constant", "zeros", "ones"])
    def test_without_randomness_it_is_jaxs_own(self, name: str) -> None:
        assert getattr(init, name) is getattr(theirs, name)

    def test_is_an_initializer(self) -> None:
        assert isinstance(init.he_normal(), init.Initializer)

    def test_equal_arguments_are_equal(self) -> None:
        first = init.variance_scaling(1, "fan_in", "normal", in_axis=[0, 1])
        assert first == init.variance_scaling(1.0, "fan_in", "normal", in_axis=np.array([0, 1]))
        assert hash(first) == hash(init.variance_scaling(1, "fan_in", "normal", in_axis=(0, 1)))
        assert first != init.variance_scaling(1, "fan_in", "normal")
        assert init.normal(1.0) != init.uniform(1.0)
        assert init.normal(jnp.float32(0.5)) == init.normal(0.5)

    def test_copies_draw_the_same(self) -> None:
        he = init.he_normal(dtype="bfloat16")
        for other in (copy.deepcopy(he), pickle.loads(pickle.dumps(he))):
            same_bits(other(KEY, SHAPE), he(KEY, SHAPE))

    def test_in_place_of_jaxs_own(self, monkeypatch: pytest.MonkeyPatch) -> None:
        made = {name: getattr(init, name)(**NEEDED.get(name, {})) for name in FACTORIES}
        shapes = {name: (3, 4, 5) if name == "delta_orthogonal" else SHAPE for name in FACTORIES}
        expected = {name: made[name](KEY, shapes[name]) for name in FACTORIES}
        for name in FACTORIES:
            monkeypatch.setattr(theirs, name, getattr(init, name))
        for name in FACTORIES:
            swapped = getattr(theirs, name)(**NEEDED.get(name, {}))
            same_bits(swapped(KEY, shapes[name]), expected[name])
            with pytest.raises(TypeError):
                swapped(KEY, ("a", 3, 3))

    def test_says_what_it_is(self) -> None:
        assert repr(init.normal(0.5)) == "fastinit.jax.normal(stddev=0.5, dtype=None)"

    def test_imports_jax_alone(self) -> None:
        code = (
            "import sys, fastinit.jax; print(*sys.modules.keys() & {'flax', 'torch', 'keras', 'tensorflow', 'optax'})"
        )
        run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert run.stdout.strip() == ""


class TestValues:
    """The values are fastinit's, to the bit."""

    @pytest.mark.parametrize("name", SAME)
    @pytest.mark.parametrize("dtype", ["float32", *NARROW])
    def test_equals_fastinit(self, name: str, dtype: str) -> None:
        ours, expected = SAME[name]
        same_bits(ours(KEY, SHAPE, dtype), expected(seed=42, dtype=dtype))

    @pytest.mark.parametrize("name", SAME)
    @pytest.mark.usefixtures("x64")
    def test_equals_fastinit_in_float64(self, name: str) -> None:
        ours, expected = SAME[name]
        same_bits(ours(KEY, SHAPE), expected(seed=42, dtype="float64"))
        same_bits(ours(KEY, SHAPE, "float32"), expected(seed=42))

    def test_delta_orthogonal_equals_fastinit(self) -> None:
        shape = (3, 3, 4, 6)
        for column_axis in (-1, -2, 0, 1):
            ours = init.delta_orthogonal(0.5, column_axis)(KEY, shape)
            same_bits(ours, fastinit.delta_orthogonal(shape, gain=0.5, seed=42))

    @pytest.mark.parametrize("shape", [(4, 9), (9, 4), (6, 3, 2), (2, 3, 4, 5)])
    @pytest.mark.parametrize("column_axis", [0, 1, -1, -2])
    def test_orthogonal_along_any_axis(self, shape: tuple[int, ...], column_axis: int) -> None:
        ours = np.asarray(init.orthogonal(2.0, column_axis)(KEY, shape))
        columns = np.moveaxis(ours, column_axis, -1).reshape(-1, shape[column_axis])
        few = columns if columns.shape[0] <= columns.shape[1] else columns.T
        np.testing.assert_allclose(few @ few.T, 4 * np.eye(len(few)), atol=1e-5)
        others = list(shape)
        columns_size = others.pop(column_axis)
        expected = fastinit.orthogonal((*others, columns_size), gain=2.0, seed=42)
        same_bits(ours, np.moveaxis(expected, -1, column_axis))

    @pytest.mark.parametrize("shape", [(), (0,), (0, 3), (7,), 5, [3, 2], np.array([2, 3])])
    def test_any_shape(self, shape: Any) -> None:
        sizes = np.asarray(shape).tolist()
        same_bits(init.normal(1.0)(KEY, shape), fastinit.normal(sizes, seed=42))

    @pytest.mark.parametrize("shape", [(0, 3), (3, 0, 2)])
    def test_orthogonal_of_nothing(self, shape: tuple[int, ...]) -> None:
        assert init.orthogonal()(KEY, shape).shape == shape

    def test_constants(self) -> None:
        same_bits(init.zeros(KEY, SHAPE, jnp.int32), np.zeros(SHAPE, np.int32))
        same_bits(
            init.constant(0.1)(KEY, SHAPE, "bfloat16"),
            fastinit.constant(SHAPE, 0.1, dtype="bfloat16"),
        )

    def test_rules_do_not_see_the_callers_rounding_mode(self) -> None:
        def excess_over_one(shape: tuple[int, ...]) -> Normal:
            one = float(len(shape) // 2)
            return Normal(0.0, one + 2**-60 - one)

        libm = ctypes.CDLL(ctypes.util.find_library("m"))
        upward = 0x800 if platform.machine() in ("x86_64", "AMD64") else 0x400000
        assert libm.fesetround(upward) == 0
        try:
            draw = Draw.of(excess_over_one, SHAPE, FLOATS["float32"])
            assert excess_over_one(SHAPE).std > 0
        finally:
            libm.fesetround(0)
        assert draw.spec == Normal(0.0, 0.0)


class TestKeys:
    """A key is a seed and a stream."""

    def test_old_and_new_style(self) -> None:
        expected = fastinit.normal(SHAPE, seed=42)
        for key in (jax.random.key(42), jax.random.PRNGKey(42), np.array([0, 42], np.uint32)):
            same_bits(init.normal(1.0)(key, SHAPE), expected)

    def test_both_words_count(self) -> None:
        key = jax.random.wrap_key_data(np.array([3, 2**32 - 1], np.uint32))
        same_bits(init.normal(1.0)(key, SHAPE), fastinit.normal(SHAPE, seed=3 << 32 | 0xFFFFFFFF))

    @pytest.mark.parametrize("implementation", ["rbg", "unsafe_rbg"])
    def test_keys_of_four_words(self, implementation: str) -> None:
        words = np.array([1, 42, 2, 7], np.uint32)
        key = jax.random.wrap_key_data(words, impl=implementation)
        expected = fastinit.normal(SHAPE, seed=1 << 32 | 42, stream=2 << 32 | 7)
        same_bits(init.normal(1.0)(key, SHAPE), expected)
        same_bits(jax.jit(lambda key: init.normal(1.0)(key, SHAPE))(key), expected)
        with jax.default_prng_impl(implementation):
            same_bits(init.normal(1.0)(words, SHAPE), expected)

    def test_split_keys_differ(self) -> None:
        drawn = [np.asarray(init.normal()(key, SHAPE)) for key in jax.random.split(KEY, 8)]
        assert len({a.tobytes() for a in drawn}) == 8

    @pytest.mark.parametrize(
        "key",
        [
            None,
            "key",
            np.float32(5),
            np.zeros(3, np.uint32),
            np.zeros(2, np.float32),
            np.zeros(4, np.uint32),
        ],
    )
    def test_errors_are_jaxs(self, key: Any) -> None:
        raised = []
        for module in (theirs, init):
            with pytest.raises(Exception) as caught:
                module.normal()(key, SHAPE)
            raised.append((caught.type, str(caught.value)))
        assert raised[0] == raised[1]

    @pytest.mark.parametrize("key", [jax.random.split(KEY, 3), jax.random.split(jax.random.PRNGKey(1))])
    def test_more_than_one_key(self, key: Any) -> None:
        with pytest.raises(ValueError, match="accepts a single key, but was given a key array"):
            init.normal()(key, SHAPE)
        with pytest.raises(ValueError, match="accepts a single key, but was given a key array"):
            jax.jit(lambda key: init.normal()(key, SHAPE))(key)

    @pytest.mark.parametrize("reuse", ["eager", "compiled", "in_one_function", "mapped"])
    def test_reuse_is_noticed(self, reuse: str) -> None:
        def draw(key: Any) -> Any:
            return init.normal()(key, (3,))

        def draw_twice(key: Any) -> Any:
            return draw(key), init.uniform()(key, (3,))

        calls: dict[str, Callable[[Any], Any]] = {
            "eager": draw_twice,
            "compiled": lambda key: [jax.jit(draw)(key) for _ in range(2)],
            "in_one_function": jax.jit(draw_twice),
            "mapped": lambda key: jax.vmap(draw_twice)(jax.random.split(key, 2)),
        }
        drawn = draw(KEY)
        with jax.debug_key_reuse(True):
            same_bits(draw(jax.random.key(42)), drawn)
            with pytest.raises(jax.errors.KeyReuseError):
                calls[reuse](jax.random.key(42))

    def test_reuse_is_noticed_in_make(self) -> None:
        sharding = jax.sharding.SingleDeviceSharding(jax.devices()[0])
        with jax.debug_key_reuse(True):
            key = jax.random.key(42)
            init.make((3,), sharding, init="normal", key=key)
            with pytest.raises(jax.errors.KeyReuseError):
                init.make((3,), sharding, init="normal", key=key)


class TestShapes:
    """What JAX takes is taken, whatever was drawn before."""

    @pytest.mark.parametrize(
        "shape",
        [[3, 4], np.array([3, 4]), jnp.array([3, 4]), (np.int64(3), jnp.array(4)), range(3, 5)],
    )
    def test_sequences_of_integers(self, shape: Any) -> None:
        same_bits(init.normal()(KEY, shape), init.normal()(KEY, (3, 4)))
        assert theirs.normal()(KEY, shape).shape == (3, 4)

    @pytest.mark.parametrize("shape", [(3.0,), (np.float32(3),), ("3",), "3", ((3,),), (None,)])
    def test_others_are_jaxs_errors(self, shape: Any) -> None:
        init.normal()(KEY, (3,))  # as a key of caches equal to (3.0,)
        with pytest.raises(TypeError) as expected:
            theirs.normal()(KEY, shape)
        with pytest.raises(TypeError) as caught:
            init.normal()(KEY, shape)
        assert str(caught.value) == str(expected.value)

    def test_arguments_are_checked_whatever_was_drawn_before(self) -> None:
        init.variance_scaling(1.0, "fan_in", "normal", 0, 1)(KEY, (3, 4))
        init.normal(1)(KEY, (3,))
        with pytest.raises(TypeError):
            init.variance_scaling(1.0, "fan_in", "normal", 0.0, 1)(KEY, (3, 4))
        with pytest.raises(TypeError, match="`stddev` must be a real number, got True"):
            init.normal(True)(KEY, (3,))


class TestTypes:
    """The default and the canonical form of `dtype` are JAX's."""

    @pytest.mark.parametrize("name", ["normal", "he_normal", "uniform"])
    def test_default(self, name: str) -> None:
        ours, jaxs = (getattr(m, name) for m in (init, theirs))
        for of_factory in (None, "bfloat16"):
            for of_call in ((), (None,), ("float16",)):
                arguments = (SHAPE, *of_call)
                call = functools.partial(jaxs(dtype=of_factory), KEY, *arguments)
                assert ours(dtype=of_factory)(KEY, *arguments).dtype == jax.eval_shape(call).dtype

    @pytest.mark.usefixtures("x64")
    def test_default_with_float64(self) -> None:
        assert init.he_normal()(KEY, SHAPE).dtype == "float64"
        with jax.enable_x64(False):
            assert init.he_normal()(KEY, SHAPE).dtype == "float32"

    def test_float64_that_is_not_enabled(self) -> None:
        with pytest.warns(UserWarning, match="Explicitly requested dtype.*float64"):
            got = init.lecun_uniform()(KEY, (5, 7), "float64")
        same_bits(got, fastinit.lecun_uniform((5, 7), seed=42))

    @pytest.mark.parametrize("dtype", ["complex64", "float8_e4m3b11fnuz"])
    def test_types_that_fastinit_does_not_draw(self, dtype: str) -> None:
        message = f"`dtype` must be one of float64, .*, got '{dtype}'; use jax.nn.initializers.normal"
        with pytest.raises(ValueError, match=message):
            init.normal()(KEY, SHAPE, dtype)


class TestTransformations:
    """One value, however JAX runs the call."""

    @pytest.mark.parametrize("name", SAME)
    def test_compiled_equals_eager(self, name: str) -> None:
        ours = SAME[name][0]
        for dtype in ("float32", *NARROW):
            compiled = jax.jit(lambda key, dtype=dtype: ours(key, SHAPE, dtype))
            same_bits(compiled(KEY), ours(KEY, SHAPE, dtype))
        same_bits(jax.jit(lambda: ours(KEY, SHAPE))(), ours(KEY, SHAPE))

    @pytest.mark.usefixtures("x64")
    def test_compiled_equals_eager_in_float64(self) -> None:
        for ours, _ in SAME.values():
            same_bits(jax.jit(lambda key, ours=ours: ours(key, SHAPE))(KEY), ours(KEY, SHAPE))

    def test_subnormals(self) -> None:
        """XLA flushes them on its threads, where callbacks run."""
        for ours in (init.orthogonal(1e-39), init.normal(1e-39)):
            got = np.asarray(jax.jit(lambda key, f=ours: f(key, SHAPE))(KEY))
            assert np.count_nonzero(got) == got.size
            same_bits(got, ours(KEY, SHAPE))

    def test_static_shape(self) -> None:
        compiled = jax.jit(init.he_normal(), static_argnums=(1, 2))
        same_bits(compiled(KEY, SHAPE, "bfloat16"), init.he_normal()(KEY, SHAPE, "bfloat16"))

    def test_every_key_of_a_batch_draws_its_own(self) -> None:
        keys = jax.random.split(KEY, 6)
        for ours in (init.normal(1.0), init.orthogonal()):
            expected = np.stack([ours(key, SHAPE) for key in keys])
            same_bits(jax.vmap(lambda key, f=ours: f(key, SHAPE))(keys), expected)
            same_bits(jax.jit(jax.vmap(lambda key, f=ours: f(key, SHAPE)))(keys), expected)
            twice = jax.vmap(jax.vmap(lambda key, f=ours: f(key, SHAPE)))(keys.reshape(2, 3))
            same_bits(twice, expected.reshape(2, 3, *SHAPE))
            aside = jax.vmap(lambda key, f=ours: f(key, SHAPE), out_axes=1)(keys)
            same_bits(aside, expected.swapaxes(0, 1))

    def test_a_batch_with_one_key(self) -> None:
        got = jax.vmap(lambda x: x + init.normal(1.0)(KEY, SHAPE))(jnp.zeros(3))
        same_bits(got, np.stack([fastinit.normal(SHAPE, seed=42)] * 3))

    def test_scan(self) -> None:
        keys = jax.random.split(KEY, 4)
        _, got = jax.lax.scan(lambda carry, key: (carry, init.normal(1.0)(key, SHAPE)), 0, keys)
        same_bits(got, np.stack([init.normal(1.0)(key, SHAPE) for key in keys]))

    def test_abstract_evaluation_draws_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Draw, "fill", None)
        for call in (
            lambda key: init.he_normal()(key, SHAPE, "bfloat16"),
            lambda _: init.he_normal()(KEY, SHAPE, "bfloat16"),
        ):
            got = jax.eval_shape(call, KEY)
            assert (got.shape, got.dtype) == (SHAPE, jnp.bfloat16)
            assert "pure_callback" in str(jax.make_jaxpr(call)(KEY))

    def test_gradients_of_others_pass(self) -> None:
        def loss(x: Any, key: Any) -> Any:
            return (x * init.normal(1.0)(key, SHAPE)).sum()

        expected = fastinit.normal(SHAPE, seed=42)
        for gradient in (jax.grad(loss), jax.jit(jax.grad(loss)), jax.grad(jax.checkpoint(loss))):
            same_bits(gradient(jnp.ones(SHAPE), KEY), expected)

    def test_equal_draws_are_compiled_once(self) -> None:
        traces = []

        @jax.jit
        def draw(key: Any) -> Any:
            traces.append(1)
            return jax.vmap(lambda key: init.normal(0.125)(key, SHAPE))(key)

        for seed in range(3):
            draw(jax.random.split(jax.random.key(seed), 2))
        assert len(traces) == 1

    def test_does_not_hang(self) -> None:
        """Callbacks that ask JAX for something may wait forever for the threads that wait for them."""

        @jax.jit
        def model(key: Any) -> Any:
            keys = jax.random.split(key, 24)
            return [init.he_normal()(key, (256, 512)) for key in keys]

        for seed in range(5):
            weights = jax.block_until_ready(model(jax.random.key(seed)))
        same_bits(weights[7], init.he_normal()(jax.random.split(jax.random.key(4), 24)[7], (256, 512)))


class TestArrays:
    """What is returned is an array of JAX like others."""

    def test_large_arrays_are_not_copied(self, monkeypatch: pytest.MonkeyPatch) -> None:
        drawn = []
        part = Draw.part
        monkeypatch.setattr(Draw, "part", lambda *a: drawn.append(part(*a)) or drawn[-1])
        got = init.normal()(KEY, (512, 512))
        assert got.unsafe_buffer_pointer() == drawn[0].ctypes.data

    @pytest.mark.parametrize("shape", [(8, 8), (512, 512)])
    def test_on_the_default_device_and_free_to_move(self, shape: tuple[int, ...]) -> None:
        got = init.normal()(KEY, shape)
        assert got.devices() == {jax.devices()[0]}
        assert got.committed is False
        assert got.weak_type is False

    @pytest.mark.parametrize("shape", [(8, 8), (512, 512)])
    def test_donated(self, shape: tuple[int, ...]) -> None:
        weight = init.normal(1.0)(KEY, shape)
        step = jax.jit(lambda w: w + 1, donate_argnums=0)
        same_bits(step(weight), fastinit.normal(shape, seed=42) + np.float32(1))
        same_bits(init.normal(1.0)(KEY, shape), fastinit.normal(shape, seed=42))
