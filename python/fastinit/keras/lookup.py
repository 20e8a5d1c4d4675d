"""Finds initializers by name and by configuration, in the same way as `keras.initializers`."""

from __future__ import annotations

from typing import Any

import keras

from fastinit.keras import initializers

# Kept here, because a user may assign the functions below to Keras's names.
_get, _deserialize = keras.initializers.get, keras.initializers.deserialize


def get(identifier: Any) -> Any:
    """Returns the initializer that a name or configuration means, in the same way as `keras.initializers.get`.

    Args:
        identifier: A name or configuration of Keras, which gives fastinit's initializer if there is one. Keras itself
            handles None and values that already are initializers (an object, a function, a tensor).

    Raises:
        ValueError: `identifier` means no initializer, as in Keras.
        TypeError: The configuration is not one of an initializer, as in Keras.

    Example:
        >>> type(get("glorot_normal")).__module__
        'fastinit.keras.initializers'
        >>> get({"class_name": "RandomNormal", "config": {"stddev": 0.02}}).stddev
        0.02
    """
    initializer = _get(identifier)
    return _ours(initializer) if isinstance(identifier, (str, dict)) else initializer


def deserialize(config: Any, custom_objects: Any = None) -> Any:
    """Returns the initializer of a configuration, in the same way as `keras.initializers.deserialize`.

    Args:
        config: A result of `serialize`. The configuration of an initializer of Keras gives fastinit's initializer.
        custom_objects: Classes that Keras does not know, by their names in `config`.

    Raises:
        TypeError: The configuration is not one of an initializer, as in Keras.

    Example:
        >>> config = keras.initializers.serialize(keras.initializers.HeNormal(seed=1))
        >>> type(deserialize(config)).__module__
        'fastinit.keras.initializers'
    """
    return _ours(_deserialize(config, custom_objects))


def _ours(initializer: Any) -> Any:
    """Returns fastinit's initializer for one of Keras's classes, and any other object unchanged."""
    ours = initializers.BY_KERAS_CLASS.get(type(initializer))
    return ours.from_config(initializer.get_config()) if ours else initializer


def drawing(initializer: Any) -> Any:
    """Returns fastinit's initializer for an initializer of Keras or fastinit; None if it draws nothing."""
    cls: Any = initializers.BY_KERAS_CLASS.get(type(initializer), type(initializer))
    if cls not in initializers.BY_KERAS_CLASS.values():
        return None
    # It gets a seed, because None would take one from Python's random numbers.
    return cls.from_config({**initializer.get_config(), "seed": 0})


def drawing_of(layer: Any, variable: Any) -> Any:
    """Returns the initializer that draws a layer's variable; None if no initializer draws it.

    Example:
        >>> layer = keras.layers.Dense(300, kernel_initializer="glorot_normal")
        >>> layer.build((None, 100))
        >>> type(drawing_of(layer, layer.kernel)).__name__, drawing_of(layer, layer.bias)
        ('GlorotNormal', None)
    """
    for owner in (layer, getattr(layer, "cell", None)):
        for name in (variable.name, variable.name.removesuffix("_kernel")):
            found = drawing(getattr(owner, f"{name}_initializer", None))
            if found is not None:
                return found
    return None
