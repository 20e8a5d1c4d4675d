"""Initializers by name and by configuration, as `keras.initializers` finds them."""

from __future__ import annotations

from typing import Any

import keras

from fastinit.keras import initializers

# Kept, as the functions below may be put in their place.
_get, _deserialize = keras.initializers.get, keras.initializers.deserialize


def get(identifier: Any) -> Any:
    """Returns the initializer that a name or configuration means, as `keras.initializers.get` does.

    Args:
        identifier: A name or configuration of Keras's, which gives fastinit's initializer where there is
            one. None, and what is an initializer already (an object, a function, a tensor), is handled
            by Keras.

    Raises:
        ValueError: As Keras raises it, for something else.
        TypeError: As Keras raises it, for a configuration of something else.

    Example:
        >>> type(get("glorot_normal")).__module__
        'fastinit.keras.initializers'
        >>> get({"class_name": "RandomNormal", "config": {"stddev": 0.02}}).stddev
        0.02
    """
    initializer = _get(identifier)
    return _ours(initializer) if isinstance(identifier, (str, dict)) else initializer


def deserialize(config: Any, custom_objects: Any = None) -> Any:
    """Returns the initializer of a configuration, as `keras.initializers.deserialize` does.

    Args:
        config: What `serialize` returned, of Keras's initializers too: fastinit's are made of them.
        custom_objects: Classes by the names in `config` that Keras does not know.

    Raises:
        TypeError: As Keras raises it, for a configuration of something else.

    Example:
        >>> config = keras.initializers.serialize(keras.initializers.HeNormal(seed=1))
        >>> type(deserialize(config)).__module__
        'fastinit.keras.initializers'
    """
    return _ours(_deserialize(config, custom_objects))


def _ours(initializer: Any) -> Any:
    """fastinit's initializer in place of one of Keras's classes; anything else as it is."""
    ours = initializers.BY_KERAS_CLASS.get(type(initializer))
    return ours.from_config(initializer.get_config()) if ours else initializer


def expected_std(layer: Any, variable: Any) -> float | None:
    """Returns the standard deviation of what a layer's initializer draws for a variable; None if it is not drawn.

    Example:
        >>> layer = keras.layers.Dense(300, kernel_initializer="glorot_normal")
        >>> layer.build((None, 100))
        >>> round(expected_std(layer, layer.kernel), 4)
        0.0707
    """
    for owner in (layer, getattr(layer, "cell", None)):
        for name in (variable.name, variable.name.removesuffix("_kernel")):
            initializer = getattr(owner, f"{name}_initializer", None)
            cls: Any = initializers.BY_KERAS_CLASS.get(type(initializer), type(initializer))
            if initializer is not None and cls in initializers.BY_KERAS_CLASS.values():
                # With a seed: None would take one from Python's random numbers.
                same = cls.from_config({**initializer.get_config(), "seed": 0})
                return float(same._distribution(tuple(variable.shape)).std)
    return None
