"""Every pair of model type and class in the tables of transformers' auto classes, with a small configuration."""

from __future__ import annotations

import copy
import functools
from typing import TYPE_CHECKING, Any

from bench.models import compare, shrink
from bench.models.steps import BUILDS, EQUAL, LOADED, PLANNED, VERIFIED, WRITTEN, Steps, reason

if TYPE_CHECKING:
    from pathlib import Path

PACKAGES = ("transformers", "torch")
COLUMNS = (BUILDS, PLANNED, WRITTEN, VERIFIED, LOADED, EQUAL)
MOST_PARAMETERS = 150_000_000
SEEDS = (1, 2)


def names() -> list[str]:
    """All pairs, as "type Class"."""
    from transformers.models.auto import modeling_auto

    pairs = set()
    for table, classes in vars(modeling_auto).items():
        if table.startswith("MODEL_") and table.endswith("_NAMES"):
            for model_type, found in classes.items():
                pairs.update(f"{model_type} {name}" for name in ([found] if isinstance(found, str) else found))
    return sorted(pairs)


def attempt(name: str, steps: Steps) -> None:
    """Builds a model by transformers itself, writes a checkpoint of its configuration, and compares the two."""
    import transformers

    from fastinit.checkpoint import make_plan, recipe_from_config, verify, write

    transformers.logging.set_verbosity(100)
    transformers.logging.disable_progress_bar()
    own, out = steps.folder / "own", steps.folder / "out"
    with steps.step(BUILDS):
        model_type, architecture = name.split()
        model_class = getattr(transformers, architecture)
        config = _smallest(model_type, model_class)
        config.architectures = [architecture]
        first, second = (_saved(model_class, config, seed, own) for seed in SEEDS)
    with steps.step(PLANNED):
        plan = make_plan(recipe_from_config(own / "config.json", seed=0))
    with steps.step(WRITTEN):
        write(plan, out)
    with steps.step(VERIFIED, needed=False):
        mismatch = verify(out).mismatch
        if mismatch is not None:
            raise ValueError(str(mismatch))
    with steps.step(LOADED, needed=False):
        _load(model_class, out, own)
    compare.step(steps, _tensors(out), first, second)


@functools.cache
def _levels(model_type: str) -> list[shrink.Values]:
    """The configurations of a type as plain values, smallest first."""
    import transformers

    return shrink.levels(transformers.CONFIG_MAPPING[model_type]().to_dict())


def _smallest(model_type: str, model_class: Any) -> Any:
    """The smallest configuration from which the class can be built."""
    import torch
    import transformers

    first: Exception | None = None
    for values in _levels(model_type):
        try:
            config = transformers.CONFIG_MAPPING[model_type].from_dict(values)
            with torch.device("meta"):
                model = model_class._from_config(config, attn_implementation="eager")
        except Exception as error:  # noqa: BLE001  whatever a model's code raises
            first = first or error
            continue
        count = sum(parameter.numel() for parameter in model.parameters())
        if count > MOST_PARAMETERS:
            small = f"; of a smaller one: {reason(first)}" if first else ""
            raise ValueError(f"not tried with {count / 1e6:.0f} million parameters{small}")
        return config
    assert first is not None
    raise first


def _saved(model_class: Any, config: Any, seed: int, folder: Path) -> dict[str, Any]:
    """The tensors that transformers stores for a model that it built itself."""
    import torch

    torch.manual_seed(seed)
    model = model_class._from_config(copy.deepcopy(config), attn_implementation="eager")
    model.save_pretrained(folder)
    return _tensors(folder)


def _tensors(folder: Path) -> dict[str, Any]:
    from safetensors.torch import load_file

    return {name: value for file in sorted(folder.glob("*.safetensors")) for name, value in load_file(file).items()}


def _load(model_class: Any, folder: Path, own: Path) -> None:
    """Opens a checkpoint and raises for any remark. The error says if transformers' own checkpoint causes it too."""
    fault = _remark(model_class, folder)
    if fault:
        is_own = _remark(model_class, own) is not None
        raise ValueError(f"{'as with a checkpoint of its own: ' if is_own else ''}{fault}")


def _remark(model_class: Any, folder: Path) -> str | None:
    try:
        _, report = model_class.from_pretrained(folder, output_loading_info=True)
    except Exception as error:  # noqa: BLE001  whatever a model's code raises
        return reason(error)
    faults = {kind: sorted(map(str, found)) for kind, found in report.items() if found}
    return ", ".join(f"{len(found)} {kind} such as {found[0]}" for kind, found in faults.items()) or None
