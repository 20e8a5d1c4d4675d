"""Random inputs for the models of transformers: tokens, pixels or audio, depending on the model's configuration."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import torch

from fastinit import checks
from fastinit.torch.functions import normal_, uniform_

if TYPE_CHECKING:
    from collections.abc import Callable

    Make = Callable[["_Sizes"], torch.Tensor]

# Classes whose `labels` are the tokens themselves.
_OF_TOKENS = ("ForCausalLM", "LMHeadModel", "LMModel", "ForMaskedLM", "ForConditionalGeneration", "ForPreTraining")
_PARTS = (("pixel_values", "vision_config"), ("input_features", "audio_config"))
_SECOND = 16_000  # samples of audio


def random_inputs(model: Any, *, samples: int = 8, length: int = 64, seed: int = 0) -> dict[str, torch.Tensor]:
    """Returns a batch for a model of transformers, with the shapes in its configuration.

    Tokens are uniform over the vocabulary, pixels, audio and other features standard normal. If the model computes a
    loss over tokens, they are the labels too.

    Args:
        model: A `PreTrainedModel`.
        samples: The number of samples.
        length: The number of tokens in each, at most as many as the model has positions for.
        seed: The seed. Together with the name of an argument it determines that argument's values.

    Returns:
        The arguments of `forward`, by name.

    Raises:
        TypeError: The model is not one of transformers'.
        ValueError: The model needs an argument that is unknown here.

    Example:
        >>> from transformers import ViTConfig, ViTModel
        >>> model = ViTModel(ViTConfig(image_size=32, patch_size=8, num_hidden_layers=1))
        >>> {name: tuple(tensor.shape) for name, tensor in random_inputs(model, samples=2).items()}
        {'pixel_values': (2, 3, 32, 32)}
    """
    samples, length = checks.integer("samples", samples, 1, 2**31), checks.integer("length", length, 1, 2**31)
    model = getattr(model, "_orig_mod", model)  # of torch.compile
    config, main = getattr(model, "config", None), getattr(model, "main_input_name", None)
    if config is None or main is None:
        raise TypeError(
            checks.text("model", "be one of transformers'", type(model).__name__, "make its batch yourself")
        )
    parameters = inspect.signature(model.forward).parameters
    required = [
        name for name, it in parameters.items() if it.default is it.empty and it.kind is it.POSITIONAL_OR_KEYWORD
    ]
    names = dict.fromkeys([*([main] if isinstance(main, str) else main), *required])
    if getattr(config, "is_encoder_decoder", False) and "decoder_input_ids" in parameters:
        names["decoder_input_ids"] = None
    if type(model).__name__.endswith("Model"):  # two-part models, of text and something else, such as CLIP
        names |= {name: None for name, part in _PARTS if name in parameters and hasattr(config, part)}
    unknown = [name for name in names if name not in _MAKERS]
    if unknown:
        rule = f"take arguments of {', '.join(_MAKERS)}"
        raise ValueError(
            checks.text("model", rule, unknown[0], "make its batch yourself and call fastinit.torch.probe")
        )
    sizes = _Sizes(config, samples, length)
    batch = {name: _MAKERS[name](sizes, seed, name) for name in names}
    tokens = batch.get("decoder_input_ids", batch.get("input_ids"))
    if tokens is not None and "labels" in parameters and type(model).__name__.endswith(_OF_TOKENS):
        batch["labels"] = tokens
    return {name: tensor.to(model.device) for name, tensor in batch.items()}


class _Sizes:
    """The sizes of inputs in a configuration, whatever their names there."""

    def __init__(self, config: Any, samples: int, length: int) -> None:
        self.config, self.samples = config, samples
        self.text = config.get_text_config()
        self.vision = getattr(config, "vision_config", None) or config
        self.audio = getattr(config, "audio_config", None) or config
        # Some models begin to count positions after the number of the padding token.
        positions = _first(self.text, "max_position_embeddings", "n_positions", "max_target_positions") or length
        self.length = max(min(length, positions - 2), 1)


def _first(config: Any, *names: str) -> int | None:
    """The first number that a configuration has. If it is a list or a tuple, its first number."""
    for name in names:
        value = getattr(config, name, None)
        if isinstance(value, (list, tuple)) and value:
            value = value[0]
        if isinstance(value, int) and not isinstance(value, bool) and value > 0:
            return value
    return None


def _normal(shape: tuple[int, ...], seed: int, name: str) -> torch.Tensor:
    return normal_(torch.empty(shape), seed=seed, stream=name)


def _tokens(sizes: _Sizes, seed: int, name: str) -> torch.Tensor:
    vocabulary = _first(sizes.text, "vocab_size") or _first(sizes.config, "vocab_size") or 2
    drawn = uniform_(
        torch.empty(sizes.samples, sizes.length, dtype=torch.float64), 0, vocabulary, seed=seed, stream=name
    )
    return drawn.long().clamp_(max=vocabulary - 1)


def _pixels(sizes: _Sizes, seed: int, name: str) -> torch.Tensor:
    size = getattr(sizes.vision, "image_size", None) or getattr(sizes.vision, "input_size", None) or 224
    height, width = size if isinstance(size, (list, tuple)) else (size, size)
    channels = _first(sizes.vision, "num_channels", "in_channels", "in_chans") or 3
    frames = _first(sizes.vision, "num_frames")
    shape = (sizes.samples, *([frames] if frames else []), channels, height, width)
    return _normal(shape, seed, name)


def _audio(sizes: _Sizes, seed: int, name: str) -> torch.Tensor:
    """Samples of sound, or the spectrogram that a model for audio calls its values."""
    bins, frames = _first(sizes.config, "num_mel_bins"), _first(sizes.config, "max_length")
    shape = (sizes.samples, frames, bins) if bins and frames else (sizes.samples, _SECOND)
    return _normal(shape, seed, name)


def _features(sizes: _Sizes, seed: int, name: str) -> torch.Tensor:
    """The features of a spectrum: in Whisper's form, or with the features last."""
    bins, positions = _first(sizes.audio, "num_mel_bins"), _first(sizes.audio, "max_source_positions")
    if bins and positions and not hasattr(sizes.audio, "input_feat_per_channel"):
        return _normal((sizes.samples, bins, 2 * positions), seed, name)
    width = _first(sizes.audio, "input_feat_per_channel", "feature_projection_input_dim", "num_mel_bins", "input_dim")
    return _normal((sizes.samples, 4 * sizes.length, width or 80), seed, name)


_MAKERS: dict[str, Callable[[_Sizes, int, str], torch.Tensor]] = {
    "input_ids": _tokens,
    "decoder_input_ids": _tokens,
    "pixel_values": _pixels,
    "input_values": _audio,
    "input_features": _features,
}
