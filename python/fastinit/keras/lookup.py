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
