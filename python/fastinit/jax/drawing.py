"""One tensor, drawn where JAX wants it: at once, on each device its part, or in a compiled function.

All three end in `fastinit.parts.Draw.fill`, so that they have the same values.
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

# `asarray` copies and knows the mesh in context; `device_put` takes memory over, which up to this size takes
# more time.
_COPIED_BYTES = 1 << 17


def words_of(key: Any) -> Any:
    """Returns the 32-bit words of one key of JAX, old or new style; traced ones in a traced function.

    The key is used up by that, which JAX notices in `jax.debug_key_reuse`.
    """
    words = jax.random.key_data(key)
    if words.ndim != 1 or jax.config.jax_debug_key_reuse:
        jax.random.bits(key)  # refuses more than one key and a used one, as all of JAX's draws do
    return words


def draw_on(draw: Draw, seed: int, stream: int, sharding: Any) -> Any:
    """Returns a tensor on the default device, or sharded, each part of it drawn by itself.

    Args:
        draw: What is drawn.
        seed: In [0, 2^64).
        stream: In [0, 2^64).
        sharding: None for the default device, or all of the mesh in context. A `NamedSharding` without
            devices means those of that mesh.
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
    """Returns a tensor of a function that JAX traces. It is drawn by a callback whenever the function runs.

    Args:
        draw: What is drawn.
        words: Those of the key, traced.
        sharding: A `NamedSharding`, whose devices draw a part each; None to draw the whole at once.
    """
    if sharding is None or sharding.is_fully_replicated:
        return _Callback(draw, draw.shape).stage(words)
    callback = _Callback(draw, sharding.shard_shape(draw.shape))
    return jax.shard_map(
        lambda words: callback.stage(words, _position(sharding.spec, len(draw.shape))),
        mesh=sharding.mesh,
        in_specs=PartitionSpec(),
        out_specs=sharding.spec,
        check_vma=False,  # nothing tells JAX that parts differ, as the key is the same
    )(words)


@dataclass(frozen=True)
class _Callback:
    """What a compiled function calls for a tensor, or for one of its equal parts of this shape.

    It calls nothing of JAX, which may have no thread left to answer.
    """

    draw: Draw
    shape: tuple[int, ...]

    def stage(self, *arguments: Any) -> Any:
        """Makes the call a part of the function that is being traced."""
        element = self.draw.element
        # Bits and not numbers: on several devices XLA adds zeros to what one of them has, which would turn
        # -0 to 0, and it cannot return a callback's result without an operation in between.
        bits = jax.ShapeDtypeStruct(self.shape, f"uint{8 * element.itemsize}")
        drawn = jax.pure_callback(self, bits, *arguments, vmap_method="broadcast_all")
        return jax.lax.bitcast_convert_type(drawn, element.numpy)

    def __call__(self, words: Any, position: Any = None) -> NDArray[Any]:
        """Draws, and returns the bits.

        Args:
            words: Those of the key: (*batch, words), with the axes of `jax.vmap` in front.
            position: Which part along each axis: (*batch, axes); None for the whole.
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
    """Which part the device has along each axis."""
    axes = (*spec, *(None,) * (ndim - len(spec)))
    return jnp.stack([jax.lax.axis_index(names or ()) for names in axes])
