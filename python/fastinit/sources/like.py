"""The tensors of an existing safetensors checkpoint: its headers, and the config.json beside them."""

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

    Warns:
        UserWarning: The model of a `config.json` beside cannot be asked how it initialises its tensors.
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
    """Asks the model of the configuration how its tensors are initialised.

    Warns:
        UserWarning: Names alone decide, of all tensors or of some.
    """
    if config is None:
        _warn("for all tensors", f"there is no {CONFIG_FILE} beside them")
        return material
    try:
        from fastinit.sources.huggingface import model_of  # imports transformers

        model = model_of(without_quantization(config), None)  # types are the headers'
    except RecipeError as error:
        _warn("for all tensors", f"the model of {CONFIG_FILE} cannot be asked: {error}")
        return material
    origins = _origins(material.tensors, model)
    missing = [tensor.spec.name for tensor in material.tensors if tensor.spec.name not in origins]
    if missing:
        more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
        shown = ", ".join(map(show, missing[:_SHOWN])) + more
        _warn(f"for {shown}", f"the model of {CONFIG_FILE} has none of that name and shape")
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
    """The model's tensor for each name, which may be one of the model with another head, or none."""
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
    """Computes tensors of the checkpoint that the model knows by other names."""
    assert model.compute is not None
    values = model.compute([named[name] for name in names if name in named], seed)
    return {name: values[named[name]] for name in names if named.get(name) in values}


def _warn(which: str, why: str) -> None:
    warnings.warn(f"names alone decide {which}, as {why}", UserWarning, stacklevel=2)
