"""fastinit for Keras: `keras.initializers` by the same names, on any backend of Keras.

    from fastinit import keras as initializers

    keras.layers.Dense(64, kernel_initializer=initializers.GlorotNormal(seed=1))

Formulas, defaults and errors are Keras's. The values are fastinit's: the same on the JAX, PyTorch and
TensorFlow backends, and in any layout of `keras.distribution`. What has nothing random (`Zeros`, `Ones`,
`Constant`, `Identity`, `STFT`) is Keras's own.

Seeds mean what they mean in Keras 3:

- an int: every call with the same shape gives the same values, those of fastinit's functions with this `seed`
  and stream 0. Negative ones count from 2^64 down;
- None: an int that Keras takes from Python's `random` when the initializer is made, so that
  `keras.utils.set_random_seed` governs it;
- a `keras.random.SeedGenerator`: the next values at each call. Its state (seed, count) is fastinit's
  (seed, stream).

Two shapes drawn with one int seed share their random words, in C order.

A string such as `kernel_initializer="glorot_normal"` names Keras's own class where Keras resolves it; `get`
here resolves it to fastinit's. Models are saved as with Keras's initializers; import `fastinit.keras` before
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

# Nothing here is random: Keras's own.
Initializer = keras.initializers.Initializer
serialize = keras.initializers.serialize
Constant = constant = keras.initializers.Constant
Identity = IdentityInitializer = identity = keras.initializers.Identity
Ones = ones = keras.initializers.Ones
STFT = STFTInitializer = stft = keras.initializers.STFT
Zeros = zeros = keras.initializers.Zeros

# The other names that Keras has for its classes.
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
