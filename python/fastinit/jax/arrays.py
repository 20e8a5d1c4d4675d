"""Makes sharded arrays with the same values as unsharded arrays."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import NamedSharding, PartitionSpec

from fastinit import checks, dtypes
from fastinit.formulas import FORMULAS
from fastinit.frameworks import seed_and_stream
from fastinit.jax.drawing import draw_on, words_of
from fastinit.jax.protocol import RandomInitializer
from fastinit.parts import Draw
from fastinit.random import DEFAULT_STREAM, Seed, Stream, check_seed, resolve_seed


def make(
    shape: Any,
    sharding: Any,
    *,
    init: Any,
    seed: Seed = None,
    stream: Stream = DEFAULT_STREAM,
    key: Any = None,
    dtype: Any = None,
    **parameters: Any,
) -> Any:
    """Makes a sharded array with the same values as the unsharded array.

    Each device's part is drawn by itself, and each process draws only the parts of its own devices. On several hosts
    every process makes the same call, and no data is sent. Fans are computed from the shape of the whole array.

    Args:
        shape: The shape of the whole array.
        sharding: A `jax.sharding.Sharding`, or a `PartitionSpec` in the context of `jax.set_mesh`.
        init: The name of an initializer of fastinit, with its parameters as keywords. "he_normal" is
            `fastinit.he_normal`, a plain normal unless `truncated=True`. Or an initializer of `fastinit.jax`, such as
            `he_normal()`, which truncates. JAX runs its own initializers that need no key, such as `zeros`.
        seed: An int in [0, 2^64), a `fastinit.Generator`, or None for the default generator. None is an error for an
            array on several processes, because each process has a different default generator.
        stream: An int in [0, 2^64) or the tensor's name. Two tensors with one int `seed` and no `stream` are equal: see
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        key: One key of `jax.random`, instead of `seed` and `stream`. The result then equals `init(key, shape, dtype)`.
        dtype: An element type of fastinit; None for the initializer's own, or JAX's default float.
        **parameters: The parameters of the initializer that `init` names.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: An argument has a wrong value, such as a shape that `sharding` does not divide evenly.

    Example:
        >>> import fastinit
        >>> mesh = jax.make_mesh((1,), ("model",))
        >>> sharding = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec(None, "model"))
        >>> w = make((64, 32), sharding, init="he_normal", seed=0, stream="dense.kernel")
        >>> whole = fastinit.he_normal((64, 32), seed=0, stream="dense.kernel")
        >>> w.sharding == sharding, bool((w == whole).all())
        (True, True)
    """
    if isinstance(sharding, PartitionSpec):
        sharding = NamedSharding(jax.sharding.get_mesh(), sharding)
    if not isinstance(sharding, jax.sharding.Sharding):
        remedy = "pass for example a jax.sharding.NamedSharding"
        raise TypeError(checks.text("sharding", "be a sharding of JAX", sharding, remedy))
    given = () if dtype is None else (dtype,)  # without a dtype, the initializer's own default holds
    if isinstance(init, str):
        draw = _named(init, checks.shape(shape), dtype, parameters)
    elif parameters:
        name, value = next(iter(parameters.items()))
        remedy = "give it to the function that makes the initializer"
        raise TypeError(checks.text(name, "be left out unless `init` is a name", value, remedy))
    elif isinstance(init, RandomInitializer):
        draw, _ = init.plan(shape, *given)
    elif callable(init):
        run = jax.jit(init, static_argnums=(1, 2), out_shardings=sharding)
        return run(key, checks.shape(shape), *given)
    else:
        remedy = 'pass for example "he_normal"'
        raise TypeError(checks.text("init", "be a name or an initializer", init, remedy))
    return draw_on(draw, *_numbers(draw, seed, stream, key, sharding), sharding)


def _named(init: str, shape: tuple[int, ...], dtype: Any, parameters: dict[str, Any]) -> Draw:
    formula = FORMULAS[checks.choice("init", init, FORMULAS)]
    # JAX gives its default type here, and warns about types that are not enabled.
    element = dtypes.element_type(jnp.zeros((), dtype).dtype)
    return Draw.of(formula, shape, element, **parameters)


def _numbers(draw: Draw, seed: Any, stream: Any, key: Any, sharding: Any) -> tuple[int, int]:
    """Returns the seed and stream of one array."""
    if key is not None:
        for name, value, default in (("seed", seed, None), ("stream", stream, DEFAULT_STREAM)):
            if value is not default:
                remedy = "the key gives both seed and stream"
                raise TypeError(checks.text(name, "be left out where `key` is given", value, remedy))
        return seed_and_stream(np.asarray(words_of(key)).tolist())
    if not draw.spec.is_random:
        return check_seed(seed, stream)
    if seed is None and not sharding.is_fully_addressable:
        rule = "be given for an array on several processes"
        remedy = "pass the same number, or a Generator of the same seed, in each"
        raise ValueError(checks.text("seed", rule, seed, remedy))
    return resolve_seed(seed, stream)
