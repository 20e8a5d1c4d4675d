"""The tensors of an existing safetensors checkpoint: its headers, and the config.json beside them."""

from __future__ import annotations

from pathlib import Path

from fastinit.dtypes import FLOATS, STORED
from fastinit.errors import CheckpointError, RecipeError, show
from fastinit.recipes import roles
from fastinit.recipes.presets import DEFAULT_STD, Material, Tensor, base_by_name
from fastinit.recipes.tensors import TensorSpec
from fastinit.sources.config import CONFIG_FILE, read_config
from fastinit.stored.reader import read_checkpoint


def by_names(tensors: tuple[TensorSpec, ...], std: float = DEFAULT_STD) -> tuple[Tensor, ...]:
    """What presets can know of tensors from names, shapes and types."""
    return tuple(
        Tensor(
            spec=tensor,
            base=base_by_name(tensor, std),
            fans=None if _is_stacked(tensor) else (),
            is_embedding=roles.is_embedding(tensor.name),
        )
        for tensor in tensors
    )


def _is_stacked(tensor: TensorSpec) -> bool:
    """Whether a tensor holds a matrix for each expert, in an order of axes that names do not tell."""
    return len(tensor.shape) > 2 and roles.is_expert(tensor.name)


def like(folder: Path, dtype: str | None) -> Material:
    """Reads the headers of a checkpoint.

    Args:
        folder: Of the checkpoint, or one safetensors file.
        dtype: For the floating tensors; None to keep theirs.

    Raises:
        RecipeError: There is no checkpoint, or it has tensors that cannot be made.
    """
    try:
        stored = read_checkpoint(folder)
    except CheckpointError as error:
        raise RecipeError(str(error)) from None
    except ValueError as error:  # a NUL in the path
        raise RecipeError(f"cannot read {show(str(folder))}: {error}") from None
    specs = []
    for tensor in stored.tensors.values():
        if tensor.dtype not in STORED:
            raise RecipeError(
                f"tensor {show(tensor.name)} must have one of the types "
                f"{', '.join(STORED)}, got {show(tensor.dtype)}; leave it out in a [tensors] table"
            )
        own = dtype if dtype is not None and tensor.dtype in FLOATS else tensor.dtype
        specs.append(TensorSpec(tensor.name, tensor.shape, own))
    if not specs:
        raise RecipeError(f"{show(folder.name)} must have at least one tensor, got none")
    beside = stored.folder / CONFIG_FILE
    config = read_config(beside) if beside.exists() else None
    std = DEFAULT_STD if config is None else config.std
    return Material(
        origin=f"the tensors of {Path(folder).resolve().name}",
        tensors=by_names(tuple(specs), std),
        std=std,
        layout=None,
        copies={} if config is None else {CONFIG_FILE: config.content},
    )
