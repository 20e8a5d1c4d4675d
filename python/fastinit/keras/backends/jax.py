"""Draws JAX's arrays in the same way as `fastinit.jax`: on one device, sharded, or traced."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import jax
import keras
import numpy as np
from jax import numpy as jnp

from fastinit import dtypes
from fastinit.jax import drawing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fastinit.keras.backends import See
    from fastinit.keras.draws import SeededDraw


def tensor_of(seeded: SeededDraw, layout: Any = None) -> Any:
    """Returns the drawn array, in the given `keras.distribution.TensorLayout` or sharding of JAX.

    Each device's part is drawn by itself. While JAX traces a function nothing is drawn: the compiled function draws by
    a callback whenever it runs.
    """
    if isinstance(layout, keras.distribution.TensorLayout):
        layout = layout.backend_layout
    # JAX chooses a dtype that it has enabled, and warns if it is another one. Under jit the result is traced.
    probe = jnp.zeros((), seeded.dtype)
    is_traced = isinstance(probe, jax.core.Tracer)
    if not is_traced and isinstance(getattr(layout, "mesh", None), jax.sharding.AbstractMesh):
        # Keras makes a variable under a mesh of explicit axes without devices. It means the current mesh, whose devices
        # hold Keras's seed generators.
        mesh = jax.sharding.get_mesh()
        with jax.set_mesh(mesh):
            return tensor_of(seeded, jax.sharding.NamedSharding(mesh, layout.spec))
    draw = replace(seeded.draw, element=dtypes.FLOATS[probe.dtype.name])
    state = seeded.state()
    # The state may be traced by vmap even where jit does not trace.
    if is_traced or isinstance(state, jax.core.Tracer):
        return drawing.stage(draw, _words(seeded, state), layout)
    return drawing.draw_on(draw, *seeded.numbers(state), layout)


def _words(seeded: SeededDraw, state: Any) -> Any:
    """Returns the seed and stream in the form of JAX's keys, each as a high and a low word."""
    if state is None:
        seed, _ = seeded.numbers(None)
        return np.array([seed >> 32, seed & 0xFFFFFFFF, 0, 0], np.uint32)
    return jnp.zeros(4, jnp.uint32).at[1::2].set(state)


def watched(tensor: Any, see_value: See, see_gradient: See) -> Any:
    """Passes values and gradients on, except where JAX traces: within jit, vmap, scan and checkpoint."""

    @jax.custom_vjp  # type: ignore[untyped-decorator, unused-ignore]
    def identity(value: Any) -> Any:
        return forwards(value)[0]

    def forwards(value: Any) -> tuple[Any, None]:
        _show(value, see_value)
        return value, None

    def backwards(_: None, gradient: Any) -> tuple[Any]:
        _show(gradient, see_gradient)
        return (gradient,)

    identity.defvjp(forwards, backwards)
    return identity(tensor)


def _show(array: Any, see: See) -> None:
    if not isinstance(array, jax.core.Tracer):
        see(np.asarray(array))


def gradients(function: Callable[[Sequence[Any]], Any], values: Sequence[Any]) -> tuple[Any, list[Any]]:
    """Returns the function's value and its gradients, which are zero for tensors that it does not depend on."""
    value, found = jax.value_and_grad(function)(list(values))
    return value, found
