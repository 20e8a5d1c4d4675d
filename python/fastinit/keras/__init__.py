"""fastinit for Keras: the classes of `keras.initializers`, on any backend of Keras.

    from fastinit import keras as initializers

    keras.layers.Dense(64, kernel_initializer=initializers.GlorotNormal(seed=1))

Formulas, defaults and errors are the same as in Keras. fastinit draws the values, which are equal on the JAX, PyTorch
and TensorFlow backends, and in any layout of `keras.distribution`. Initializers without randomness (`Zeros`, `Ones`,
`Constant`, `Identity`, `STFT`) are Keras's own.

Seeds have the same meaning as in Keras 3:

- An int gives the same values at every call with the same shape. They equal the values of fastinit's functions with
  this `seed` and stream 0. A negative int counts down from 2^64. If one initializer serves two layers, their weights
  are equal: see https://fastinit.github.io/fastinit/traps.html#an-initializer-of-keras-with-a-seed-repeats-itself
- With None, Keras takes an int from Python's `random` when the initializer is made, so that
  `keras.utils.set_random_seed` decides it.
- A `keras.random.SeedGenerator` gives the next values at each call. Its state (seed, count) is used as fastinit's
  (seed, stream).

Two tensors of different shapes that have one int seed share their random words, in C order.

Keras resolves a string such as `kernel_initializer="glorot_normal"` to its own class. `fastinit.keras.get` resolves it
to fastinit's class. Models are saved in the same way as with Keras's initializers; import `fastinit.keras` before
loading one.
"""

from __future__ import annotations

from fastinit.extras import explained

try:
    import keras
except ModuleNotFoundError as error:
    raise explained(error, "keras") from None

from fastinit.keras.initializers import (
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    LecunNormal,
    LecunUniform,
    Orthogonal,
    RandomNormal,
    RandomUniform,
    TruncatedNormal,
    VarianceScaling,
)
from fastinit.keras.lookup import deserialize, get
from fastinit.keras.signal.compare import compare
from fastinit.keras.signal.monitor import Monitor
from fastinit.keras.signal.probe import probe

# These have no randomness, so they are Keras's own.
Initializer = keras.initializers.Initializer
serialize = keras.initializers.serialize
Constant = constant = keras.initializers.Constant
Identity = IdentityInitializer = identity = keras.initializers.Identity
Ones = ones = keras.initializers.Ones
STFT = STFTInitializer = stft = keras.initializers.STFT
Zeros = zeros = keras.initializers.Zeros

# Keras has these other names for its classes too.
OrthogonalInitializer = orthogonal = Orthogonal
glorot_normal = GlorotNormal
glorot_uniform = GlorotUniform
he_normal = HeNormal
he_uniform = HeUniform
lecun_normal = LecunNormal
lecun_uniform = LecunUniform
random_normal = RandomNormal
random_uniform = RandomUniform
truncated_normal = TruncatedNormal
variance_scaling = VarianceScaling

__all__ = [
    "STFT",
    "Constant",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "Identity",
    "IdentityInitializer",
    "Initializer",
    "LecunNormal",
    "LecunUniform",
    "Monitor",
    "Ones",
    "Orthogonal",
    "OrthogonalInitializer",
    "RandomNormal",
    "RandomUniform",
    "STFTInitializer",
    "TruncatedNormal",
    "VarianceScaling",
    "Zeros",
    "compare",
    "constant",
    "deserialize",
    "get",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "identity",
    "lecun_normal",
    "lecun_uniform",
    "ones",
    "orthogonal",
    "probe",
    "random_normal",
    "random_uniform",
    "serialize",
    "stft",
    "truncated_normal",
    "variance_scaling",
    "zeros",
]


def __dir__() -> list[str]:
    return __all__
