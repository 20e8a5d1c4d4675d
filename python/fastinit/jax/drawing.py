"""Draws one tensor where JAX needs it: at once, in parts on several devices, or in a compiled function.

All three use `fastinit.parts.Draw.fill`, so they give the same values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import AbstractMesh, NamedSharding, PartitionSpec

from fastinit.frameworks import seed_and_stream

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastinit.parts import Draw, Index

# `asarray` copies, and uses the mesh in context. `device_put` avoids the copy, but is slower than copying up to this
# size.
_COPIED_BYTES = 1 << 17


def words_of(key: Any) -> Any:
    """Returns the 32-bit words of one key of JAX, old or new style. In a traced function the words are traced.

    The call uses the key up, which JAX checks with `jax.debug_key_reuse`.
    """
    words = jax.random.key_data(key)
    if words.ndim != 1 or jax.config.jax_debug_key_reuse:
        jax.random.bits(key)  # raises JAX's error for several keys and for a used key
    return words


def draw_on(draw: Draw, seed: int, stream: int, sharding: Any) -> Any:
    """Returns a tensor on the default device, or a sharded one whose parts are drawn one by one.

    Args:
        draw: The tensor to draw.
        seed: The seed, in [0, 2^64).
        stream: The stream, in [0, 2^64).
        sharding: The sharding; None for the default device, or for all devices of the mesh in context. A
            `NamedSharding` without devices uses the devices of that mesh.
    """
    mesh = getattr(sharding, "mesh", None)
    is_of_context = isinstance(mesh, AbstractMesh)
    if sharding is None or (is_of_context and sharding.is_fully_replicated):
        array = draw.part(seed, stream)
        takes_over = array.nbytes > _COPIED_BYTES and jax.sharding.get_abstract_mesh().empty
        return (jax.device_put if takes_over else jnp.asarray)(array)
    if is_of_context:
        sharding = NamedSharding(jax.sharding.get_mesh(), sharding.spec)
    return jax.make_array_from_callback(draw.shape, sharding, draw.parts(seed, stream))


def stage(draw: Draw, words: Any, sharding: Any) -> Any:
    """Returns a tensor in a function that JAX traces. A callback draws it whenever the function runs.

    Args:
        draw: The tensor to draw.
        words: The traced words of the key.
        sharding: A `NamedSharding`, so that each of its devices draws a part; None to draw the whole at once.
    """
    if sharding is None or sharding.is_fully_replicated:
        return _Callback(draw, draw.shape).stage(words)
    callback = _Callback(draw, sharding.shard_shape(draw.shape))
    return jax.shard_map(
        lambda words: callback.stage(words, _position(sharding.spec, len(draw.shape))),
        mesh=sharding.mesh,
        in_specs=PartitionSpec(),
        out_specs=sharding.spec,
        check_vma=False,  # all parts have the same key, so JAX would believe that they are equal
    )(words)


@dataclass(frozen=True)
class _Callback:
    """The callback of a compiled function, which draws a tensor or one of its parts of equal shape.

    It must not call JAX, which may have no free thread to answer.
    """

    draw: Draw
    shape: tuple[int, ...]

    def stage(self, *arguments: Any) -> Any:
        """Adds the callback to the function that JAX is tracing."""
        element = self.draw.element
        # The callback returns bits, not numbers. On several devices XLA adds zeros to the result of one device, which
        # would turn -0 into 0. It also cannot return a callback's result without an operation in between.
        bits = jax.ShapeDtypeStruct(self.shape, f"uint{8 * element.itemsize}")
        drawn = jax.pure_callback(self, bits, *arguments, vmap_method="broadcast_all")
        return jax.lax.bitcast_convert_type(drawn, element.numpy)

    def __call__(self, words: Any, position: Any = None) -> NDArray[Any]:
        """Draws, and returns the bits.

        Args:
            words: The words of the key, (*batch, words), where `jax.vmap` adds the batch axes.
            position: The number of the part along each axis, (*batch, axes); None for the whole tensor.
        """
        words = np.asarray(words)
        batch = words.shape[:-1]
        array = np.empty((*batch, *self.shape), self.draw.element.numpy)
        for at in np.ndindex(batch):
            index = None if position is None else self._index(np.asarray(position)[at])
            self.draw.fill(array[(*at, ...)], *seed_and_stream(words[at].tolist()), index)
        return array.view(f"uint{8 * array.itemsize}")

    def _index(self, position: NDArray[Any]) -> Index:
        pairs = zip(position.tolist(), self.shape, strict=True)
        return tuple(slice(n * size, (n + 1) * size) for n, size in pairs)


def _position(spec: PartitionSpec, ndim: int) -> Any:
    """Returns the number of the device's part along each axis."""
    axes = (*spec, *(None,) * (ndim - len(spec)))
    return jnp.stack([jax.lax.axis_index(names or ()) for names in axes])
