"""The tensors of the model that a Hugging Face config.json describes, and how the model initialises them.

transformers builds the model on PyTorch's meta device, where values take no memory. A configuration is untrusted
input: nothing is downloaded, no code that it names is run, and it cannot make a model of unlimited size.
"""

from __future__ import annotations

import copy
import re
import warnings
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from fastinit import extras
from fastinit.dtypes import FLOATS, STORED
from fastinit.errors import RecipeError, show
from fastinit.recipes import roles
from fastinit.recipes.material import Material, Tensor
from fastinit.recipes.tensors import MAX_TENSORS, TensorSpec
from fastinit.sources.building import (
    at_most,
    initialized_on_meta,
    quiet_and_offline,
)
from fastinit.sources.config import (
    CONFIG_FILE,
    QUANTIZATION,
    Config,
    number_of,
    read_config,
    without_quantization,
)
from fastinit.sources.overrides import NO_CHANGES, Changes, check_taken, overridden

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from fastinit.torch.recorder import Recorder

_Built = TypeVar("_Built")

_LEAST_VERSION = 5  # the first with stacked experts and with their names in checkpoints
_INSTALL = extras.remedy(f'torch "transformers>={_LEAST_VERSION}"', "transformers")

MAX_REPEATED = 20_000
MAX_SECONDS = 300
MAX_LABELS = 1_000_000
MAX_COMPUTED_BYTES = 2**31  # the most memory for computing one tensor
# Keys whose number says how often something is repeated. Modules and tensors are counted and timed while they are made,
# but a list with the kinds of a billion layers would be made before the first of them.
_REPEATED = re.compile(r"layer|block|depth|stage|expert|level|branch|codebook|quantizer|group")
_NOT_REPEATED = re.compile(
    r"size|dim|channel|vocab|width|id$|ids$|loss|prob|drop|rate|scale|eps|type|freq|range|interval"
)
_NAMES_OF_LABELS = ("label2id", "id2label")  # their keys are labels, which may be any word
# Which kernels run does not matter here, and some would be downloaded.
_IMPLEMENTATIONS = ("attn_implementation", "experts_implementation")


def model(path: Path, dtype: str | None, changes: Changes = NO_CHANGES) -> Material:
    """Reads a configuration and builds its model.

    Args:
        path: The configuration's path.
        dtype: The element type of floating tensors; None keeps the configuration's type.
        changes: Changes to the configuration before the model is built.

    Raises:
        RecipeError: The configuration does not describe a model.
    """
    read = read_config(path)
    if not changes.unquantized:
        return model_of(read, dtype, changes.overrides)
    config = without_quantization(read)
    material = model_of(config, dtype, changes.overrides)
    if config is not read:
        warnings.warn(
            f"the tensors are the unquantised model's; {CONFIG_FILE} is copied without {QUANTIZATION}", stacklevel=2
        )
    return material


def model_of(config: Config, dtype: str | None, overrides: Mapping[str, Any] | None = None) -> Material:
    """Reads the tensors of a configuration's model, as `model` does."""
    with _transformers(config) as transformers:
        return _material(transformers, _changed(transformers, config, overrides or {}), dtype)


def built_by(build: Callable[[Callable[[], Any]], _Built], config: Config, changes: Changes = NO_CHANGES) -> _Built:
    """Calls `build` with a function that makes a configuration's model, always in float32; returns `build`'s result.

    Raises:
        RecipeError: The configuration does not describe a model, or `build` fails.
    """
    with _transformers(config) as transformers:
        import torch

        config = without_quantization(config) if changes.unquantized else config
        values = _changed(transformers, config, changes.overrides).values
        own = _configuration(transformers, values)
        kind = _class(transformers, own, values)
        with at_most(MAX_TENSORS, MAX_SECONDS):
            return build(
                lambda: kind._from_config(copy.deepcopy(own), dtype=torch.float32, attn_implementation="eager")
            )


@contextmanager
def _transformers(config: Config) -> Iterator[Any]:
    """Imports transformers, silent and offline, and turns its errors about a configuration into a RecipeError."""
    _check_kind(config.values)
    with quiet_and_offline():
        try:
            import torch  # noqa: F401
            import transformers
        except ImportError as error:
            missing = error.name or "transformers"
            raise RecipeError(
                f"`config` needs torch and transformers, and {show(missing)} is missing; {_INSTALL}"
            ) from None
        if int(transformers.__version__.partition(".")[0]) < _LEAST_VERSION:
            raise RecipeError(
                f"`config` needs transformers {_LEAST_VERSION} or newer, and {transformers.__version__} is installed; "
                f"{_INSTALL}"
            )
        try:
            yield transformers
        except RecipeError:
            raise
        # transformers raises errors of any kind for a wrong configuration.
        except Exception as error:  # noqa: BLE001
            text = " ".join("".join(c if c.isprintable() else " " for c in str(error)).split())
            raise RecipeError(
                f"transformers {transformers.__version__} cannot build this model: {type(error).__name__}: {text[:400]}"
            ) from None


def _changed(transformers: Any, config: Config, overrides: Mapping[str, Any]) -> Config:
    """Returns the configuration with other values, after checking them."""
    changed = overridden(config, overrides, transformers.CONFIG_MAPPING)
    _check(changed.values)
    if changed is not config:
        check_taken(_own(transformers, config), _own(transformers, changed), overrides)
    return changed


def _own(transformers: Any, config: Config) -> Any:
    """Returns transformers' configuration object; None if the file does not describe one."""
    values = copy.deepcopy(config.values)  # because transformers may change them
    try:
        _check(values)
        return transformers.CONFIG_MAPPING[values["model_type"]].from_dict(values)
    except Exception:  # noqa: BLE001 - raised again when the model is built
        return None


def _check_kind(values: dict[str, Any]) -> None:
    """Raises an error if `model_type` is not text."""
    if not isinstance(values.get("model_type"), str):
        got = show(values.get("model_type"))
        raise RecipeError(f'`model_type` must be text such as "llama", got {got}')


def _check(values: dict[str, Any]) -> None:
    """Raises an error for a model that takes too long to build, or whose checkpoint does not hold its own tensors."""
    todo: list[Any] = [values]
    while todo:
        value = todo.pop()
        if isinstance(value, list):
            todo += value
        elif isinstance(value, dict):
            for key, inner in value.items():
                if key == QUANTIZATION and inner is not None:
                    raise RecipeError(
                        f"`{QUANTIZATION}` describes weights that are not as the model initialises them; leave it out "
                        "with the option `unquantized`, which gives the tensors of the unquantised model"
                    )
                if key not in _NAMES_OF_LABELS:
                    todo.append(inner)
                    _check_number(key, inner)


def _check_number(key: str, value: Any) -> None:
    most = MAX_LABELS if key == "num_labels" else MAX_REPEATED
    if key != "num_labels" and (not _REPEATED.search(key) or _NOT_REPEATED.search(key)):
        return
    for number in value if isinstance(value, list) else [value]:
        if isinstance(number, int) and number > most:  # a float does not say how often
            raise RecipeError(f"{show(key)} must be at most {most}, got {show(number)}")


def _material(transformers: Any, config: Config, dtype: str | None) -> Material:
    from fastinit.torch.recorder import storage_key

    built, recorder = _build(transformers, config.values)
    stored = _state(built, recorder)
    modules = _modules(built)
    tensors = []
    for name, value in stored.items():
        own = str(value.dtype).removeprefix("torch.")
        if own not in STORED:
            raise RecipeError(f"tensor {show(name)} has type {show(own)}, which is not one of {', '.join(STORED)}")
        if dtype is not None and own in FLOATS:
            own = dtype
        spec = TensorSpec(name, tuple(value.shape), own)
        module = modules.get(storage_key(value))
        base = recorder.call(value)
        kind = "" if module is None else type(module).__name__
        tensors.append(
            Tensor(
                spec=spec,
                base=_reason(spec, kind, base) if isinstance(base, str) else base,
                fans=fans_of(module, spec),
                is_embedding=is_table(module) or roles.is_embedding(name),
            )
        )
    return Material(
        origin=f"the configuration of {type(built).__name__}",
        tensors=tuple(tensors),
        std=config.std,
        layout="torch",
        copies={CONFIG_FILE: config.content},
        compute=lambda names, seed: _compute(recorder, stored, names, seed),
        number=lambda name: number_of(built.config, name),
        base_prefix=f"{built.base_model_prefix}." if built.base_model_prefix else "",
    )


def _compute(recorder: Recorder, stored: Mapping[str, Any], names: Sequence[str], seed: int) -> dict[str, NDArray[Any]]:
    """Computes tensors by repeating what the model's code did to them."""
    from fastinit.torch.recorder import NEVER
    from fastinit.torch.tape import array_of

    assert recorder.tape is not None
    known = [name for name in names if recorder.call(stored[name]) != NEVER]
    try:
        values = recorder.tape.replay(stored, known, seed, "cpu", MAX_COMPUTED_BYTES)
    except Exception as error:  # noqa: BLE001 - PyTorch raises errors of any kind where code needs values
        raise RecipeError(f"repeating what the model's own code does to a tensor failed: {error}") from None
    return {name: array_of(value) for name, value in values.items()}


def _reason(spec: TensorSpec, kind: str, base: str) -> str:
    owner = f" (in {kind})" if kind else ""
    return (
        f"tensor {show(spec.name)}{owner} of shape {list(spec.shape)} has values that cannot be "
        f"derived: it is {base} by the model's own code"
    )


def _build(transformers: Any, values: dict[str, Any]) -> tuple[Any, Recorder]:
    """Builds the model and initialises it, recording how."""
    import torch
    from transformers import initialization

    from fastinit.torch.left_out import left_out_initializers
    from fastinit.torch.recorder import Recorder
    from fastinit.torch.tape import Tape

    config = _configuration(transformers, values)
    recorder = Recorder(tape=Tape())
    with ExitStack() as stack:
        stack.enter_context(at_most(MAX_TENSORS, MAX_SECONDS))
        stack.enter_context(left_out_initializers(recorder, initialization.TORCH_INIT_FUNCTIONS))
        stack.enter_context(recorder)
        stack.enter_context(initialized_on_meta())
        with torch.device("meta"):
            built = _class(transformers, config, values)._from_config(config, attn_implementation="eager")
    return built, recorder


def _configuration(transformers: Any, values: dict[str, Any]) -> Any:
    """Returns transformers' configuration object; raises an error if transformers does not know the type."""
    model_type = values["model_type"]
    known = transformers.CONFIG_MAPPING
    if model_type not in known:
        code = "; code that a configuration names is never run" if "auto_map" in values else ""
        raise RecipeError(
            f"`model_type` must be one that transformers {transformers.__version__} has, got {show(model_type)}{code}"
        )
    return known[model_type].from_dict(_without_implementations(values))


def _class(transformers: Any, config: Any, values: dict[str, Any]) -> Any:
    """The class of the model: the architecture that the configuration names, or else the default of its type."""
    named = values.get("architectures")
    usual = _usual_class(transformers, config)
    if not named:
        if usual is None:
            raise RecipeError(
                f"`architectures` must name a model of transformers, got {show(named)}; transformers "
                f"has no default model for `model_type` {show(values['model_type'])}"
            )
        return usual
    name = named[0] if isinstance(named, list) else named
    is_name = isinstance(name, str) and name.isidentifier()
    found: Any = getattr(transformers, name, None) if is_name else None
    if isinstance(found, type) and issubclass(found, transformers.PreTrainedModel):
        own = getattr(found, "config_class", None) or ()
        if isinstance(config, own) or name in _names_for(transformers, values["model_type"]):
            return found
    remedy = "" if usual is None else f"; without it the model is {usual.__name__}"
    raise RecipeError(
        f"`architectures` must name a model that transformers {transformers.__version__} has for "
        f"`model_type` {show(values['model_type'])}, got {show(named)}{remedy}"
    )


def _usual_class(transformers: Any, config: Any) -> Any:
    for mapping in (transformers.MODEL_FOR_CAUSAL_LM_MAPPING, transformers.MODEL_MAPPING):
        if type(config) in mapping:
            found = mapping[type(config)]
            return found[0] if isinstance(found, (tuple, list)) else found
    return None


def _names_for(transformers: Any, model_type: str) -> set[str]:
    """The classes that transformers' tables list for a type; some of them were made for another type."""
    names: set[str] = set()
    for table, classes in vars(transformers.models.auto.modeling_auto).items():
        if table.endswith("_MAPPING_NAMES") and model_type in classes:
            found = classes[model_type]
            names.update([found] if isinstance(found, str) else found)
    return names


def _without_implementations(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: _without_implementations(inner)
            for key, inner in value.items()
            if key.removeprefix("_") not in _IMPLEMENTATIONS
        }
    return [_without_implementations(inner) for inner in value] if isinstance(value, list) else value


def _state(built: Any, recorder: Recorder) -> dict[str, Any]:
    """The tensors of the model's checkpoint, by their names in it."""
    from transformers import core_model_loading

    state = built.state_dict(keep_vars=True)
    for name in getattr(built, "_keys_to_ignore_on_save", None) or ():
        state.pop(name, None)
    for target, source in dict(getattr(built, "all_tied_weights_keys", None) or {}).items():
        if target in state and state[target] is state.get(source):
            del state[target]
    seen: dict[int, str] = {}  # tensors that are tied without a declaration
    state = {name: value for name, value in state.items() if seen.setdefault(id(value), name) == name}
    plain = {name: value.detach() for name, value in state.items()}
    # In a checkpoint, stacked experts are stored one by one.
    matrices = sum(v.shape[0] if v.ndim > 2 else 1 for name, v in plain.items() if "expert" in name)
    if matrices > MAX_TENSORS:
        raise RecipeError(f"the model's experts have {matrices} tensors, more than the {MAX_TENSORS} that are possible")
    with recorder:  # so that tensors that are cut or joined keep their distributions
        converted: dict[str, Any] = core_model_loading.revert_weight_conversion(built, plain)
    return converted


def _modules(built: Any) -> dict[int, Any]:
    """The module that owns each storage."""
    from fastinit.torch.recorder import storage_key

    owners: dict[int, Any] = {}
    for module in built.modules():
        for value in (*module._parameters.values(), *module._buffers.values()):
            if value is not None:
                owners.setdefault(storage_key(value), module)
    return owners


def is_table(module: Any) -> bool:
    """Whether a module is a table of embeddings."""
    import torch

    return isinstance(module, torch.nn.Embedding)


def fans_of(module: Any, spec: TensorSpec) -> tuple[tuple[str, object], ...] | None:
    """The arguments that tell a call where the fans are, if not at PyTorch's usual axes; None if they are unknown."""
    import torch

    # transformers' Conv1D is (in, out); FSDP2 derives a class of its own from it.
    if any(kind.__name__ == "Conv1D" for kind in type(module).__mro__):
        return (("layout", "keras"),)
    if isinstance(module, torch.nn.modules.conv._ConvTransposeNd):  # (in, out, *kernel)
        return (("in_axis", 0), ("out_axis", 1))
    if len(spec.shape) == 2 or isinstance(module, torch.nn.modules.conv._ConvNd):
        return ()
    return None
