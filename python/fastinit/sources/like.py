"""The tensors of an existing safetensors checkpoint: its headers, and the config.json next to them."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastinit.dtypes import FLOATS, STORED
from fastinit.errors import CheckpointError, RecipeError, show
from fastinit.recipes import roles
from fastinit.recipes.material import DEFAULT_STD, Material, Tensor, base_by_name
from fastinit.recipes.tensors import TensorSpec
from fastinit.sources.config import CONFIG_FILE, read_config, without_quantization
from fastinit.stored.reader import read_checkpoint

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from fastinit.sources.config import Config

_SHOWN = 3  # names in a warning


def by_names(tensors: tuple[TensorSpec, ...], std: float = DEFAULT_STD) -> tuple[Tensor, ...]:
    """Describes tensors for a preset by their names, shapes and types."""
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
    """Whether a tensor holds one matrix for each expert. Its name does not show the order of the axes."""
    return len(tensor.shape) > 2 and roles.is_expert(tensor.name)


def like(folder: Path, dtype: str | None) -> Material:
    """Reads the headers of a checkpoint.

    Args:
        folder: The checkpoint's folder, or one safetensors file.
        dtype: The element type of floating tensors; None keeps the checkpoint's types.

    Raises:
        RecipeError: There is no checkpoint, or it has tensors that cannot be made.

    Warns:
        UserWarning: The `config.json` there does not describe a model that could initialise the tensors.
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
                f"tensor {show(tensor.name)} has type {show(tensor.dtype)}, which is not one of "
                f"{', '.join(STORED)}; list the other tensors in a [tensors] table"
            )
        own = dtype if dtype is not None and tensor.dtype in FLOATS else tensor.dtype
        specs.append(TensorSpec(tensor.name, tensor.shape, own))
    if not specs:
        raise RecipeError(f"{show(folder.name)} has no tensors")
    beside = stored.folder / CONFIG_FILE
    config = read_config(beside) if beside.exists() else None
    std = DEFAULT_STD if config is None else config.std
    tensors = by_names(tuple(specs), std)
    material = Material(
        origin=f"the tensors of {Path(folder).resolve().name}",
        tensors=tensors,
        std=std,
        layout=None,
        copies={} if config is None else {CONFIG_FILE: config.content},
    )
    return _as_the_model_says(material, config)


def _as_the_model_says(material: Material, config: Config | None) -> Material:
    """Finds how the configuration's model initialises the tensors.

    Warns:
        UserWarning: Some tensors, or all, are judged by their names alone.
    """
    if config is None:
        _warn("for all tensors", f"there is no {CONFIG_FILE} next to the checkpoint")
        return material
    try:
        from fastinit.sources.huggingface import model_of  # imports transformers

        model = model_of(without_quantization(config), None)  # the headers give the types
    except RecipeError as error:
        _warn("for all tensors", f"the model of {CONFIG_FILE} cannot be built: {error}")
        return material
    origins = _origins(material.tensors, model)
    missing = [tensor.spec.name for tensor in material.tensors if tensor.spec.name not in origins]
    if missing:
        more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
        shown = ", ".join(map(show, missing[:_SHOWN])) + more
        _warn(f"for {shown}", f"the model of {CONFIG_FILE} has no tensor of that name and shape")
    named = {name: tensor.spec.name for name, tensor in origins.items()}
    return replace(
        material,
        tensors=tuple(
            replace(origins[tensor.spec.name], spec=tensor.spec) if tensor.spec.name in origins else tensor
            for tensor in material.tensors
        ),
        layout=model.layout,
        number=model.number,
        compute=lambda names, seed: _computed(model, named, names, seed),
    )


def _origins(tensors: Sequence[Tensor], model: Material) -> dict[str, Tensor]:
    """Maps names to their tensors in the model, which may have another head. Tensors that it lacks are left out."""
    by_name = {tensor.spec.name: tensor for tensor in model.tensors}
    found = {}
    for tensor in tensors:
        name = tensor.spec.name
        for known in (name, model.base_prefix + name, name.removeprefix(model.base_prefix)):
            if known in by_name and by_name[known].spec.shape == tensor.spec.shape:
                found[name] = by_name[known]
                break
    return found


def _computed(model: Material, named: Mapping[str, str], names: Sequence[str], seed: int) -> dict[str, NDArray[Any]]:
    """Computes tensors of the checkpoint that the model knows under other names."""
    assert model.compute is not None
    values = model.compute([named[name] for name in names if name in named], seed)
    return {name: values[named[name]] for name in names if named.get(name) in values}


def _warn(which: str, why: str) -> None:
    warnings.warn(f"names alone decide {which}, because {why}", UserWarning, stacklevel=2)
