"""Small files that Hugging Face keeps next to a model's weights: generation settings, tokenizers, processors.

They are recognised by their names. Code (`*.py`), weights and texts for people are not copied.
"""

from __future__ import annotations

import os
import warnings
from dataclasses import replace
from typing import TYPE_CHECKING

from fastinit.errors import CheckpointError, RecipeError, show_path
from fastinit.files import read_small
from fastinit.recipes.copies import MAX_COPY_BYTES, is_plain

if TYPE_CHECKING:
    from pathlib import Path

    from fastinit.recipes.recipe import Recipe

# The files that transformers' tokenizers (`vocab_files_names`), processors and generation settings read and write.
NAMES = frozenset(
    {
        "added_tokens.json",
        "audio_tokenizer_config.json",
        "bpe.codes",
        "byte_maps.json",
        "chat_template.jinja",
        "chat_template.json",
        "dict.txt",
        "emoji.json",
        "entity_vocab.json",
        "generation_config.json",
        "merges.txt",
        "normalizer.json",
        "preprocessor_config.json",
        "processor_config.json",
        "prophetnet.tokenizer",
        "special_tokens_map.json",
        "tekken.json",
        "tokenizer.json",
        "tokenizer_config.json",
        "video_preprocessor_config.json",
        "vocab-src.json",
        "vocab-tgt.json",
        "vocab.json",
        "vocab.txt",
        "word_pronunciation.json",
        "word_shape.json",
    }
)
SUFFIXES = (".model", ".spm", ".tiktoken")  # sentencepiece, Marian, tiktoken


def with_beside(recipe: Recipe, source: Path) -> Recipe:
    """Adds the small files next to a configuration, or in a checkpoint's folder, to a recipe's copies.

    Args:
        recipe: A recipe made from `source`. The files that it already copies stay.
        source: A configuration or a file of weights, or the folder of a checkpoint.

    Raises:
        RecipeError: A file cannot be read, or is larger than `MAX_COPY_BYTES`.
    """
    folder = source if source.is_dir() else source.parent
    try:
        names = sorted(filter(_is_wanted, os.listdir(folder)))
        found = {name: read_small(folder / name, MAX_COPY_BYTES) for name in names}
    except CheckpointError as error:
        raise RecipeError(f"`copy`: {error}") from None
    except OSError as error:
        raise RecipeError(f"`copy`: cannot read {show_path(folder)}: {error.strerror}") from None
    if not found:
        warnings.warn(f"{show_path(folder)} has no tokenizer or other small file to copy", stacklevel=2)
    return replace(recipe, copies={**found, **recipe.copies})


def _is_wanted(name: str) -> bool:
    return name in NAMES or (name.endswith(SUFFIXES) and is_plain(name))
