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


def drawing(initializer: Any) -> Any:
    """Returns fastinit's initializer that draws what one of Keras's or fastinit's does; None if that draws nothing."""
    cls: Any = initializers.BY_KERAS_CLASS.get(type(initializer), type(initializer))
    if cls not in initializers.BY_KERAS_CLASS.values():
        return None
    # With a seed: None would take one from Python's random numbers.
    return cls.from_config({**initializer.get_config(), "seed": 0})


def drawing_of(layer: Any, variable: Any) -> Any:
    """Returns the initializer that draws a layer's variable; None if it is not drawn.

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
