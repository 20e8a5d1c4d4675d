"""fastinit for JAX: the functions of `jax.nn.initializers`, and sharded arrays that are drawn part by part.

from fastinit import jax as init

layer = nnx.Linear(64, 64, kernel_init=init.he_normal(), rngs=rngs)
kernel = init.make((4096, 4096), sharding, init="he_normal", seed=0, stream="layer.kernel")

A key is a seed: `normal(1.0)(jax.random.key(42), shape)` equals `fastinit.normal(shape, seed=42)`, whether it is drawn
at once, in a compiled function or in parts. JAX itself draws other values from the same key. Two tensors of one key are
equal: see https://fastinit.github.io/fastinit/traps.html#a-key-of-jax-for-two-tensors

A compiled function draws by a callback to Python, so it cannot be exported, and it has no derivative with respect to
the key. On several devices the whole array is drawn once and sent to the devices. With `out_sharding` each device draws
only its part, and `make` does the same without a compiled function. Arrays are drawn on the CPU and then copied to
other devices.
"""

from __future__ import annotations

from fastinit.extras import explained

try:
    import jax  # noqa: F401 - only to see whether it is installed
except ModuleNotFoundError as error:
    raise explained(error, "jax") from None

from fastinit.jax.arrays import make
from fastinit.jax.initializers import (
    Initializer,
    constant,
    delta_orthogonal,
    glorot_normal,
    glorot_uniform,
    he_normal,
    he_uniform,
    kaiming_normal,
    kaiming_uniform,
    lecun_normal,
    lecun_uniform,
    normal,
    ones,
    orthogonal,
    truncated_normal,
    uniform,
    variance_scaling,
    xavier_normal,
    xavier_uniform,
    zeros,
)

__all__ = [
    "Initializer",
    "constant",
    "delta_orthogonal",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "kaiming_normal",
    "kaiming_uniform",
    "lecun_normal",
    "lecun_uniform",
    "make",
    "normal",
    "ones",
    "orthogonal",
    "truncated_normal",
    "uniform",
    "variance_scaling",
    "xavier_normal",
    "xavier_uniform",
    "zeros",
]


def __dir__() -> list[str]:
    return __all__
