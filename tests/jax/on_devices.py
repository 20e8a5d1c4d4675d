"""`fastinit.jax` on eight devices: sharded arrays have the values of the unsharded ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import numpy as np
import pytest
from jax import numpy as jnp
from jax.sharding import AxisType, NamedSharding, PartitionSpec

import fastinit
from fastinit import jax as init
from fastinit import parts

if TYPE_CHECKING:
    from collections.abc import Callable

P = PartitionSpec
KEY = jax.random.key(42)
SHAPE = (16, 8)
ROLES = ("explicit", "automatic")
MESHES = {
    "8": ((8,), ("x",), [P("x"), P(None, "x"), P()]),
    "4x2": (
        (4, 2),
        ("x", "y"),
        [P("x", "y"), P("y"), P(None, "x"), P(("x", "y")), P(None, ("y", "x"))],
    ),
    "2x2x2": ((2, 2, 2), ("x", "y", "z"), [P("x", "z"), P(("z", "x"), "y"), P(("x", "y", "z"))]),
}
PLACES = [(mesh, spec) for mesh, (*_, specs) in MESHES.items() for spec in specs]


def mesh_of(name: str, role: str = "automatic") -> Any:
    sizes, names, _ = MESHES[name]
    kind = AxisType.Explicit if role == "explicit" else AxisType.Auto
    return jax.make_mesh(sizes, names, axis_types=(kind,) * len(names))


def same_bits(got: Any, expected: Any) -> None:
    got, expected = np.asarray(got), np.asarray(expected)
    assert (got.shape, got.dtype) == (expected.shape, expected.dtype)
    assert got.tobytes() == expected.tobytes()


def copies(sharding: Any) -> int:
    """How many devices hold each element."""
    return 8 * int(np.prod(sharding.shard_shape(SHAPE))) // int(np.prod(SHAPE))


@pytest.fixture
def sizes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many elements each draw has."""
    seen: list[int] = []
    fill_buffer = parts.fill_buffer

    def counted(spec: Any, buffer: Any, box: Any, **options: Any) -> None:
        seen.append(box.size)
        fill_buffer(spec, buffer, box, **options)

    monkeypatch.setattr(parts, "fill_buffer", counted)
    return seen


def test_eight_devices() -> None:
    assert len(jax.devices()) == 8


@pytest.mark.parametrize(("mesh", "spec"), PLACES, ids=str)
class TestMake:
    """Each part is drawn once, separately."""

    def test_equals_the_unsharded(self, mesh: str, spec: Any) -> None:
        sharding = NamedSharding(mesh_of(mesh), spec)
        for name, parameters in (
            ("normal", {"std": 0.02}),
            ("uniform", {"low": -1.0}),
            ("he_normal", {"truncated": True}),
            ("glorot_uniform", {"layout": "torch"}),
            ("orthogonal", {"gain": 2.0}),
            ("sparse", {"sparsity": 0.5}),
            ("constant", {"value": 0.1}),
        ):
            for dtype in ("float32", "bfloat16", "float8_e4m3fn"):
                options = {"seed": 7, "stream": "layer.kernel", "dtype": dtype, **parameters}
                made = init.make(SHAPE, sharding, init=name, **options)
                assert made.sharding == sharding
                assert made.committed
                same_bits(made, getattr(fastinit, name)(SHAPE, **options))

    def test_by_initializer_and_key(self, mesh: str, spec: Any) -> None:
        sharding = NamedSharding(mesh_of(mesh), spec)
        for own in (init.he_normal(dtype="float16"), init.orthogonal(), init.uniform(0.5)):
            made = init.make(SHAPE, sharding, init=own, key=KEY)
            assert made.sharding == sharding
            same_bits(made, own(KEY, SHAPE))
            same_bits(init.make(SHAPE, sharding, init=own, seed=42), own(KEY, SHAPE))

    def test_no_element_is_drawn_twice(self, mesh: str, spec: Any, sizes: list[int]) -> None:
        sharding = NamedSharding(mesh_of(mesh), spec)
        init.make(SHAPE, sharding, init="normal", seed=1)
        parts = 8 // copies(sharding)
        assert sizes == [128 // parts] * parts
        sizes.clear()
        init.make(SHAPE, sharding, init="orthogonal", seed=1)
        assert sizes == [128 // parts] * parts


class TestMakeArguments:
    """Other arguments that `make` accepts or rejects."""

    sharding = NamedSharding(mesh_of("8"), P("x"))

    def test_initializers_of_jax_without_randomness(self) -> None:
        for jaxs, expected in (
            (init.zeros, 0.0),
            (init.ones, 1.0),
            (init.constant(0.5, "bfloat16"), 0.5),
        ):
            made = init.make(SHAPE, self.sharding, init=jaxs, seed=1)
            assert made.sharding == self.sharding
            same_bits(made, np.full(SHAPE, expected, made.dtype))
        assert made.dtype == "bfloat16"

    def test_a_spec_in_the_context_of_a_mesh(self) -> None:
        for role in ROLES:
            mesh = mesh_of("4x2", role)
            with jax.set_mesh(mesh):
                made = init.make(SHAPE, P("x", "y"), init="normal", seed=1)
            assert made.sharding == NamedSharding(mesh, P("x", "y"))
            same_bits(made, fastinit.normal(SHAPE, seed=1))

    def test_one_device_that_is_not_the_default(self) -> None:
        sharding = jax.sharding.SingleDeviceSharding(jax.devices()[3])
        made = init.make(SHAPE, sharding, init="normal", seed=1)
        assert made.devices() == {jax.devices()[3]}
        same_bits(made, fastinit.normal(SHAPE, seed=1))

    def test_part_of_the_devices(self) -> None:
        mesh = jax.make_mesh((2, 2), ("x", "y"), devices=jax.devices()[2:6])
        made = init.make(SHAPE, NamedSharding(mesh, P("x", "y")), init="normal", seed=1)
        same_bits(made, fastinit.normal(SHAPE, seed=1))

    @pytest.mark.parametrize("shape", [(), (8,), (0, 8), (8, 0), (8, 2, 3)])
    def test_other_shapes(self, shape: tuple[int, ...]) -> None:
        sharding = NamedSharding(mesh_of("8"), P("x") if shape and shape[0] else P())
        made = init.make(shape, sharding, init="normal", seed=1)
        same_bits(made, fastinit.normal(shape, seed=1))

    def test_the_default_generator(self) -> None:
        fastinit.manual_seed(5)
        for stream in range(2):
            made = init.make(SHAPE, self.sharding, init="normal")
            same_bits(made, fastinit.normal(SHAPE, seed=5, stream=stream))
        init.make(SHAPE, self.sharding, init="zeros")
        same_bits(fastinit.normal(3), fastinit.normal(3, seed=5, stream=2))

    def test_donated(self) -> None:
        sharding = NamedSharding(mesh_of("8"), P())  # all devices begin with one memory
        made = init.make((512, 512), sharding, init="normal", seed=1)
        step = jax.jit(lambda w: w + 1, donate_argnums=0, out_shardings=sharding)
        same_bits(step(made), fastinit.normal((512, 512), seed=1) + np.float32(1))

    def test_uneven_parts_are_jaxs_error(self) -> None:
        with pytest.raises(ValueError, match="partitioned 8 times, but the dimension size is 12"):
            init.make((12, 4), self.sharding, init="normal", seed=1)

    @pytest.mark.parametrize(
        ("options", "error", "message"),
        [
            ({"init": "he"}, ValueError, "`init` must be one of 'zeros', 'ones', .*, got 'he'"),
            (
                {"init": 3},
                TypeError,
                "`init` must be a name or an initializer, got 3; pass for example",
            ),
            ({"init": "normal", "stdev": 1.0}, TypeError, "normal.* has no argument `stdev`"),
            (
                {"init": init.normal(), "std": 1.0},
                TypeError,
                "`std` must be left out unless `init` is a name, got 1.0; give it to the function",
            ),
            (
                {"init": "normal", "key": KEY, "seed": 1},
                TypeError,
                "`seed` must be left out where `key`",
            ),
            (
                {"init": "normal", "key": KEY, "stream": "w"},
                TypeError,
                "`stream` must be left out where",
            ),
            ({"init": "normal", "key": jax.random.split(KEY)}, ValueError, "accepts a single key"),
            ({"init": "normal", "key": "k"}, TypeError, "invalid PRNG key data"),
            ({"init": "normal", "seed": -1}, ValueError, "`seed` must be an int in"),
            (
                {"init": "normal", "dtype": "int32"},
                TypeError,
                "`dtype` must be one of float64, .*int32",
            ),
            (
                {"init": init.normal(), "dtype": "int32"},
                ValueError,
                "dtype argument to `normal` must be",
            ),
            ({"init": jax.nn.initializers.normal()}, TypeError, "unexpected PRNG key type"),
        ],
    )
    def test_errors(self, options: dict[str, Any], error: type[Exception], message: str) -> None:
        with pytest.raises(error, match=message):
            init.make(SHAPE, self.sharding, **options)

    def test_no_sharding(self) -> None:
        with pytest.raises(TypeError, match="`sharding` must be a sharding of JAX, got 'x'; pass"):
            init.make(SHAPE, "x", init="normal")

    def test_in_a_traced_function(self) -> None:
        with pytest.raises(jax.errors.TracerArrayConversionError):
            jax.jit(lambda key: init.make(SHAPE, self.sharding, init="normal", key=key))(KEY)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(("mesh", "spec"), PLACES, ids=str)
class TestOutSharding:
    """`out_sharding` of an initializer, in and out of compiled functions."""

    normal = init.normal(1.0)
    expected = fastinit.normal(SHAPE, seed=42)

    def test_named(self, mesh: str, spec: Any, role: str, sizes: list[int]) -> None:
        sharding = NamedSharding(mesh_of(mesh, role), spec)
        made = self.normal(KEY, SHAPE, None, sharding)
        assert made.sharding.is_equivalent_to(sharding, 2)
        assert sum(sizes) == 128
        same_bits(made, self.expected)

    def test_named_and_compiled(self, mesh: str, spec: Any, role: str, sizes: list[int]) -> None:
        sharding = NamedSharding(mesh_of(mesh, role), spec)
        made = jax.jit(lambda key: self.normal(key, SHAPE, None, sharding))(KEY)
        assert made.sharding.is_equivalent_to(sharding, 2) or spec == P()
        same_bits(made, self.expected)
        part = 128 // (8 // copies(sharding))
        assert set(sizes) == {part}
        assert len(sizes) == (8 if part < 128 else 1)

    def test_in_the_context_of_the_mesh(self, mesh: str, spec: Any, role: str) -> None:
        of_mesh = mesh_of(mesh, role)
        with jax.set_mesh(of_mesh):
            for call in (self.normal, jax.jit(self.normal, static_argnums=(1, 2, 3))):
                made = call(KEY, SHAPE, None, spec)
                assert made.sharding.is_equivalent_to(NamedSharding(of_mesh, spec), 2)
                same_bits(made, self.expected)

    def test_batches(self, mesh: str, spec: Any, role: str) -> None:
        keys = jax.random.split(KEY, 3)
        expected = np.stack([self.normal(key, SHAPE) for key in keys])
        with jax.set_mesh(mesh_of(mesh, role)):
            call = jax.jit(jax.vmap(lambda key: self.normal(key, SHAPE, None, spec)))
            same_bits(call(keys), expected)


def test_whole_tensors_over_automatic_axes() -> None:
    sharding = NamedSharding(mesh_of("4x2"), P("x", "y"))
    for call in (init.orthogonal(), jax.jit(init.orthogonal(), static_argnums=(1, 2, 3))):
        made = call(KEY, SHAPE, None, sharding)
        assert made.sharding.is_equivalent_to(sharding, 2)
        same_bits(made, fastinit.orthogonal(SHAPE, seed=42))


class TestWithoutOutSharding:
    """The whole is drawn once, whatever becomes of it."""

    @pytest.mark.parametrize("shape", [SHAPE, (256, 512)])
    @pytest.mark.parametrize("role", ROLES)
    def test_in_the_context_of_a_mesh_as_jax_does(self, role: str, shape: tuple[int, int]) -> None:
        with jax.set_mesh(mesh_of("4x2", role)):
            for compiled in (False, True):
                made, jaxs = (
                    (jax.jit(call, static_argnums=1) if compiled else call)(KEY, shape)
                    for call in (init.normal(1.0), jax.nn.initializers.normal())
                )
                assert made.sharding.is_equivalent_to(jaxs.sharding, 2)
                same_bits(made, fastinit.normal(shape, seed=42))

    @pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16", "float8_e4m3fn", "float8_e5m2"])
    @pytest.mark.parametrize("spec", [P("x", "y"), P(None, "x"), P()], ids=str)
    def test_shardings_of_a_compiled_functions_result(self, spec: Any, dtype: str, sizes: list[int]) -> None:
        # Standard deviations near the least number of the type: negative zeros are among the values.
        std = float(jnp.finfo(dtype).smallest_subnormal) if dtype != "float32" else 1.0
        sharding = NamedSharding(mesh_of("4x2"), spec)
        call = jax.jit(lambda key: init.normal(std)(key, SHAPE, dtype), out_shardings=sharding)
        made = jax.block_until_ready(call(KEY))
        assert made.sharding == sharding
        assert sizes == [128]
        expected = fastinit.normal(SHAPE, std=std, seed=42, dtype=dtype)
        assert dtype in ("float32", "bfloat16") or bool(np.signbit(expected[expected == 0]).any())
        same_bits(made, expected)

    def test_a_batch_with_one_key(self) -> None:
        for role in ROLES:
            with jax.set_mesh(mesh_of("4x2", role)):
                got = jax.vmap(lambda x: x + init.normal(1.0)(KEY, SHAPE))(jnp.zeros(3))
            same_bits(got, np.stack([fastinit.normal(SHAPE, seed=42)] * 3))

    def test_in_a_shard_map_each_device_has_its_key(self) -> None:
        keys = jax.random.split(KEY, 8)
        call: Callable[..., Any] = jax.shard_map(
            lambda key: init.normal(1.0)(key[0], (2, 8)),
            mesh=mesh_of("8"),
            in_specs=P("x"),
            out_specs=P("x"),
        )
        same_bits(call(keys), np.concatenate([init.normal(1.0)(key, (2, 8)) for key in keys]))


class TestErrors:
    """Those of JAX's own initializers."""

    @pytest.mark.parametrize(
        ("shape", "out_sharding"),
        [
            (SHAPE, P("x")),
            (SHAPE, "x"),
            ((12, 4), NamedSharding(mesh_of("8", "explicit"), P("x"))),
            ((16,), NamedSharding(mesh_of("8", "explicit"), P(None, "x"))),
        ],
        ids=str,
    )
    def test_errors_are_jaxs(self, shape: Any, out_sharding: Any) -> None:
        raised = []
        for module in (jax.nn.initializers, init):
            with pytest.raises(Exception) as caught:
                module.normal()(KEY, shape, None, out_sharding)
            # JAX adds the line of the caller to some texts.
            raised.append((caught.type, str(caught.value).partition(" This error occurs")[0]))
        assert raised[0] == raised[1]

    def test_uneven_parts_of_automatic_axes(self) -> None:
        sharding = NamedSharding(mesh_of("8"), P("x"))
        for call in (init.normal(), jax.jit(init.normal(), static_argnums=(1, 2, 3))):
            with pytest.raises(ValueError, match="partitioned 8 times, but the dimension size is 12"):
                call(KEY, (12, 4), None, sharding)
