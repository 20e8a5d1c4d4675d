"""What is measured: the initializers of each framework, the tensors, and the targets.

To add an initializer, add it here; a framework, here and in `runners/`.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from bench import check
from fastinit.recipes import examples

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

THREADS = 2
SMALL_SAMPLE_SECONDS = 0.02
# The number of samples depends on the time of the first pass. A long first pass is a sample: it warms up as it goes.
PACE = {"slow": 1, "slow_repeats": 2, "long": 8, "long_repeats": 2}  # seconds, samples
MOST_ELEMENTS = 2**26  # of a tensor of which only a part is drawn
QUICK_ELEMENTS = 2**16
SMALL = (64, 64)
STD = 0.02
OURS, THEIRS = "fastinit", "framework"
ACCELERATE, INIT_MODEL, BUILD_SIDE, PLAIN, BARE = "accelerate", "init_model", "build", "plain", "bare"
FASTINIT = frozenset((OURS, ACCELERATE, INIT_MODEL, BUILD_SIDE))  # the sides that draw with fastinit
EVERY = "every"  # tensor of the model
ONE = "one"  # tensor of each shape, which counts for all of it
BUILT = "built"  # by its own code, in one call

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Framework:
    """A framework, and the names of its calls on each side."""

    runner: str  # a module of `runners`
    names: dict[str, str]  # side -> the call, {} for the initializer
    environment: dict[str, str] = field(default_factory=dict)
    fan_axes: tuple[int, int] = (0, 1)  # input, output

    def label(self, side: str, initializer: str) -> str:
        return self.names[side].format(initializer)


def _keras(backend: str) -> Framework:
    names = {OURS: "fastinit.keras.{}", THEIRS: "keras.initializers.{}"}
    return Framework("keras", names, {"KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"})


FRAMEWORKS = {
    "torch": Framework("torch", {OURS: "fastinit.torch.{}", THEIRS: "torch.nn.init.{}"}, fan_axes=(1, 0)),
    "keras on torch": _keras("torch"),
    "keras on jax": _keras("jax"),
    "keras on tensorflow": _keras("tensorflow"),
    "jax": Framework("jax", {OURS: "fastinit.jax.{}", THEIRS: "jax.nn.initializers.{}"}),
    "layers": Framework(
        "layers",
        {
            ACCELERATE: "{} within accelerate(seed=0)",
            INIT_MODEL: "init_model({}, seed=0), of a model that exists",
            BUILD_SIDE: "build(lambda: {}, seed=0)",
            PLAIN: "{}",
        },
        fan_axes=(1, 0),
    ),
    "transformers": Framework(
        "transformers",
        {
            ACCELERATE: "{} within accelerate(seed=0)",
            INIT_MODEL: "{} on the meta device, init_model(model, seed=0)",
            PLAIN: "{}",
            BARE: "{} on the meta device, nothing drawn",
        },
    ),
}


@dataclass(frozen=True)
class Values:
    """The distribution that an initializer must yield. Its variance is `scale` over the fan."""

    distribution: str  # a law of `check`, "orthogonal", or "" for what is not checked
    scale: float = 0.0
    mode: str = ""  # of the fan: fan_in, fan_avg; none for 1
    mean: float = 0.0

    def faults(self, array: Any, dtype: str, fan_axes: tuple[int, int]) -> list[str]:
        """Returns the faults of an array."""
        if self.distribution == "orthogonal":
            return check.faults_as_orthogonal(array)
        if not self.distribution:
            return []
        fan_in, fan_out = (array.shape[axis] for axis in fan_axes)
        fan = {"fan_in": fan_in, "fan_avg": (fan_in + fan_out) / 2}.get(self.mode, 1)
        std = math.sqrt(self.scale / fan)
        half = math.sqrt(3) * std
        laws = {
            "normal": lambda: check.normal(std),
            "truncated_normal": lambda: check.truncated_normal(std / check.TRUNCATED_STD),
            "uniform": lambda: check.uniform(self.mean - half, self.mean + half),
            "constant": lambda: check.constant(self.mean),
        }
        return check.faults_under(laws[self.distribution](), array, dtype)


@dataclass(frozen=True)
class Call:
    """An initializer with its arguments."""

    initializer: str
    values: Values
    arguments: dict[str, Any] = field(default_factory=dict)
    shape: Shape = SMALL  # where it is measured on one small tensor


@dataclass(frozen=True)
class Piece:
    """A tensor that is drawn, and how many elements of the model each of its elements represents."""

    shape: Shape
    weight: float = 1.0

    @property
    def elements(self) -> int:
        return math.prod(self.shape)


@dataclass(frozen=True)
class Model:
    """The weights of a model, from a recipe: its tensors of two and more dimensions."""

    name: str
    recipe: Path
    drawn: str  # EVERY tensor, ONE of each shape, or BUILT

    def shapes(self) -> list[Shape]:
        from fastinit.checkpoint import load_recipe

        return [spec.shape for spec in load_recipe(self.recipe).tensors if len(spec.shape) > 1]

    def pieces(self, *, quick: bool = False) -> tuple[Piece, ...]:
        if self.drawn == BUILT:
            return (Piece((sum(map(math.prod, self.shapes())),)),)
        if self.drawn == EVERY and not quick:
            return tuple(map(Piece, self.shapes()))
        return one_of_each(self.shapes(), QUICK_ELEMENTS if quick else MOST_ELEMENTS)


def one_of_each(shapes: Iterable[Shape], most: int) -> tuple[Piece, ...]:
    """One tensor of each shape, cut along its first axis to `most` elements, with its weight."""
    pieces = []
    for shape, count in Counter(shapes).items():
        rows = max(1, min(shape[0], most // math.prod(shape[1:])))
        pieces.append(Piece((rows, *shape[1:]), count * shape[0] / rows))
    return tuple(pieces)


@dataclass(frozen=True)
class Row:
    """One initializer of a framework on tensors, or one way to build a model, to compare with others."""

    framework: str
    call: Call
    dtype: str = "float32"
    model: Model | None = None  # None: one small tensor
    targets: dict[str, float] = field(default_factory=dict)  # side -> its time / the first side's
    sides: tuple[str, ...] = (OURS, THEIRS)

    @property
    def tensors(self) -> str:
        return self.model.name if self.model else " x ".join(map(str, self.call.shape))

    @property
    def name(self) -> str:
        return f"{self.framework} {self.call.initializer} {self.dtype} {self.tensors} {self.sides[0]}"

    def label(self, side: str) -> str:
        return FRAMEWORKS[self.framework].label(side, self.call.initializer)

    def pieces(self, *, quick: bool = False) -> tuple[Piece, ...]:
        return self.model.pieces(quick=quick) if self.model else (Piece(self.call.shape),)

    def faults(self, array: Any) -> list[str]:
        return self.call.values.faults(array, self.dtype, FRAMEWORKS[self.framework].fan_axes)


GPT2 = Model("GPT-2 124M", examples.FOLDER / "gpt2.toml", EVERY)
GPT2_BUILT = replace(GPT2, drawn=BUILT)
LLAMA = Model("Llama-3.2-1B", examples.FOLDER / "llama-3.2-1b.toml", ONE)

_CUT = check.TRUNCATED_STD**2  # the variance that is left of 1


def _normal(std: float) -> Values:
    return Values("normal", std**2)


def _truncated(std: float) -> Values:
    return Values("truncated_normal", std**2 * _CUT)


def _plain(low: float, high: float) -> Values:
    return Values("uniform", (high - low) ** 2 / 12, mean=(low + high) / 2)


def _constant(value: float) -> Values:
    return Values("constant", mean=value)


UNCHECKED = Values("")


def _calls(*calls: Call) -> dict[str, Call]:
    return {call.initializer: call for call in calls}


TORCH = _calls(
    Call("uniform_", _plain(0, 1)),
    Call("normal_", _normal(1)),
    Call("trunc_normal_", _truncated(1)),
    Call("xavier_uniform_", Values("uniform", 1, "fan_avg")),
    Call("xavier_normal_", Values("normal", 1, "fan_avg")),
    Call("kaiming_uniform_", Values("uniform", 2, "fan_in")),
    Call("kaiming_normal_", Values("normal", 2, "fan_in")),
    Call("orthogonal_", Values("orthogonal")),
    Call("sparse_", UNCHECKED, {"sparsity": 0.1}),
    Call("constant_", _constant(0.5), {"val": 0.5}),
    Call("ones_", _constant(1)),
    Call("zeros_", _constant(0)),
    Call("eye_", UNCHECKED),
    Call("dirac_", UNCHECKED, shape=(*SMALL, 3)),
)
KERAS = _calls(
    Call("RandomNormal", _normal(0.05)),
    Call("RandomUniform", _plain(-0.05, 0.05)),
    Call("TruncatedNormal", _truncated(0.05)),
    Call("VarianceScaling", Values("truncated_normal", 1, "fan_in")),
    Call("GlorotUniform", Values("uniform", 1, "fan_avg")),
    Call("GlorotNormal", Values("truncated_normal", 1, "fan_avg")),
    Call("HeUniform", Values("uniform", 2, "fan_in")),
    Call("HeNormal", Values("truncated_normal", 2, "fan_in")),
    Call("LecunUniform", Values("uniform", 1, "fan_in")),
    Call("LecunNormal", Values("truncated_normal", 1, "fan_in")),
    Call("Orthogonal", Values("orthogonal")),
)
JAX = _calls(
    Call("uniform", _plain(0, 0.01)),
    Call("normal", _normal(0.01)),
    Call("truncated_normal", _truncated(0.01)),
    Call(
        "variance_scaling",
        Values("truncated_normal", 1, "fan_in"),
        {"scale": 1.0, "mode": "fan_in", "distribution": "truncated_normal"},
    ),
    Call("glorot_uniform", Values("uniform", 1, "fan_avg")),
    Call("glorot_normal", Values("truncated_normal", 1, "fan_avg")),
    Call("lecun_uniform", Values("uniform", 1, "fan_in")),
    Call("lecun_normal", Values("truncated_normal", 1, "fan_in")),
    Call("he_uniform", Values("uniform", 2, "fan_in")),
    Call("he_normal", Values("truncated_normal", 2, "fan_in")),
    Call("orthogonal", Values("orthogonal")),
    Call("delta_orthogonal", UNCHECKED, shape=(3, *SMALL)),
)
# As models use them: most with a standard deviation of 0.02.
TORCH_MODELS = (
    TORCH["kaiming_normal_"],
    TORCH["xavier_uniform_"],
    Call("normal_", _normal(STD), {"std": STD}),
    Call("trunc_normal_", _truncated(STD), {"std": STD, "a": -2 * STD, "b": 2 * STD}),
)
KERAS_MODELS = (
    KERAS["GlorotUniform"],
    KERAS["HeNormal"],
    Call("TruncatedNormal", _truncated(STD), {"stddev": STD}),
)
JAX_MODELS = (
    JAX["glorot_uniform"],
    JAX["he_normal"],
    Call("truncated_normal", _truncated(STD), {"stddev": STD}),
)
LARGE_TARGETS = {"kaiming_normal_": 6.0, "trunc_normal_": 80.0}
SMALL_TARGET = 1.0
LAYERS = Call("50 Linear(64, 64)", Values("uniform", 1 / 3, "fan_in"))
LAYERS_TARGETS = {ACCELERATE: 1.0, INIT_MODEL: 0.5, BUILD_SIDE: 0.5}
BUILD = Call("GPT2LMHeadModel(GPT2Config())", _normal(STD))


def _rows_of(framework: str, large: tuple[Call, ...], small: Iterable[Call], dtypes: tuple[str, ...]) -> Iterator[Row]:
    for model, dtype, call in itertools.product((GPT2, LLAMA), dtypes, large):
        target = LARGE_TARGETS.get(call.initializer)
        targets = {} if target is None else {THEIRS: target}
        yield Row(framework, call, dtype, model, targets)
    for call in small:
        yield Row(framework, call, targets={THEIRS: SMALL_TARGET})


ROWS = (
    *_rows_of("torch", TORCH_MODELS, TORCH.values(), ("float32", "bfloat16")),
    *_rows_of("keras on torch", KERAS_MODELS, KERAS.values(), ("float32",)),
    *_rows_of("keras on jax", KERAS_MODELS, KERAS.values(), ("float32",)),
    *_rows_of("keras on tensorflow", KERAS_MODELS, KERAS.values(), ("float32",)),
    *_rows_of("jax", JAX_MODELS, JAX.values(), ("float32",)),
    *(Row("layers", LAYERS, targets={PLAIN: most}, sides=(side, PLAIN)) for side, most in LAYERS_TARGETS.items()),
    Row("transformers", BUILD, model=GPT2_BUILT, sides=(ACCELERATE, PLAIN)),
    Row("transformers", BUILD, model=GPT2_BUILT, sides=(INIT_MODEL, PLAIN, BARE)),
)
