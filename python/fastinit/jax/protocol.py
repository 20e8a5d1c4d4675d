"""JAX's protocol for initializers: a call with key, shape, dtype and sharding that returns an array.

JAX's own initializer checks the arguments and gives the shape, type and sharding of the result, by abstract evaluation.
Then fastinit draws the values.
"""

from __future__ import annotations

import functools
import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jax
import numpy as np
from jax.sharding import AxisType, NamedSharding, PartitionSpec

from fastinit import checks, dtypes
from fastinit.frameworks import seed_and_stream
from fastinit.jax.drawing import draw_on, stage, words_of
from fastinit.parts import Draw

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastinit.distributions import Distribution


class _OfTheFactory:
    """The type of the default of `dtype` in a call, which differs from None: None means JAX's default float."""

    def __repr__(self) -> str:
        return "the factory's"


_OF_THE_FACTORY: Any = _OfTheFactory()


@dataclass(frozen=True, repr=False)
class RandomInitializer:
    """An initializer, which draws an array from a key. The functions of `fastinit.jax` return it.

    Initializers with equal arguments are equal to `jax.jit`, so a model with such initializers is compiled only once.

    Args:
        theirs: The function of `jax.nn.initializers` with the same arguments.
        formula: The function of the shape and these arguments that returns fastinit's distribution.
        arguments: The names and values of the arguments, hashable.
        dtype: The default of `dtype` in a call.
    """

    theirs: Callable[..., Any]
    formula: Callable[..., Distribution]
    arguments: tuple[tuple[str, Any], ...]
    dtype: Any

    def __repr__(self) -> str:
        arguments = ", ".join(f"{name}={value!r}" for name, value in (*self.arguments, ("dtype", self.dtype)))
        return f"fastinit.jax.{self.theirs.__name__}({arguments})"

    def __call__(self, key: Any, shape: Any, dtype: Any = _OF_THE_FACTORY, out_sharding: Any = None) -> Any:
        """Draws an array, or adds the draw to the function that JAX is tracing.

        Args:
            key: One key of `jax.random`, old or new style. The same key always gives the same values: see
                https://fastinit.github.io/fastinit/traps.html#a-key-of-jax-for-two-tensors
            shape: The shape of the whole array.
            dtype: An element type of fastinit; None for JAX's default float.
            out_sharding: A `NamedSharding`, or a `PartitionSpec` in the context of a mesh. Each device's part is then
                drawn by itself. JAX's own initializers accept only meshes with explicit axes here.

        Raises:
            Exception: JAX's own initializer raises it.
            ValueError: `dtype` is complex, or another type that fastinit does not draw.
        """
        words = words_of(key)
        draw, sharding = self.plan(shape, dtype, out_sharding)
        if isinstance(words, jax.core.Tracer):
            return stage(draw, words, sharding)
        return draw_on(draw, *seed_and_stream(np.asarray(words).tolist()), sharding)

    def plan(self, shape: Any, dtype: Any = _OF_THE_FACTORY, out_sharding: Any = None) -> tuple[Draw, Any]:
        """Returns the tensor that a call draws, and the sharding of the result; None if JAX leaves it open."""
        dtype = self.dtype if dtype is _OF_THE_FACTORY else dtype
        # The result of JAX's initializer depends on these settings too.
        settings = (jax.config.jax_enable_x64, jax.sharding.get_abstract_mesh())
        try:
            # Only ints, also from arrays, may be keys of the cache, because 3.0 and True are equal to 3 and 1.
            sizes = tuple(map(operator.index, shape))
            return _plan(self, sizes, dtype, out_sharding, *settings, self._kinds)
        except TypeError:  # an argument cannot be a key of the cache, and mostly JAX then raises an error
            return _plan.__wrapped__(self, shape, dtype, out_sharding, *settings, self._kinds)

    @functools.cached_property
    def _kinds(self) -> str:
        """Distinguishes arguments that are equal but have different types."""
        return repr(self.arguments)


@functools.lru_cache(maxsize=1024)
def _plan(
    initializer: RandomInitializer,
    shape: Any,
    dtype: Any,
    out_sharding: Any,
    _has_float64: bool,
    mesh: Any,
    _kinds: str,
) -> tuple[Draw, Any]:
    arguments = dict(initializer.arguments)
    theirs = initializer.theirs(**arguments)
    automatic = _automatic(out_sharding, mesh)
    asked = None if automatic else out_sharding
    key = jax.eval_shape(jax.random.key, 0)
    result = jax.eval_shape(lambda key: theirs(key, shape, dtype, asked), key)
    element = dtypes.FLOATS.get(result.dtype.name)
    if element is None:
        rule = f"be one of {', '.join(dtypes.FLOATS)}"
        remedy = f"use jax.nn.initializers.{initializer.theirs.__name__} for others"
        raise ValueError(checks.text("dtype", rule, result.dtype.name, remedy))
    sizes = checks.shape(result.shape)  # JAX finds a negative one only when it draws
    draw = Draw.of(initializer.formula, sizes, element, **arguments)
    return draw, automatic or _with_devices(result.sharding, asked)


def _automatic(out_sharding: Any, mesh: Any) -> NamedSharding | None:
    """Returns the sharding if its mesh has automatic axes, which JAX's initializers do not accept, else None."""
    if isinstance(out_sharding, NamedSharding):
        mesh = out_sharding.mesh
    if set(mesh.axis_types) != {AxisType.Auto}:
        return None
    if isinstance(out_sharding, PartitionSpec):
        return NamedSharding(mesh, out_sharding)
    return out_sharding if isinstance(out_sharding, NamedSharding) else None


def _with_devices(sharding: Any, asked: Any) -> Any:
    """Returns the sharding with the devices of the requested one, because abstract evaluation drops them."""
    if sharding and isinstance(asked, NamedSharding):
        return NamedSharding(asked.mesh, sharding.spec)
    return sharding
