"""`compare` trains one Keras model for a few steps from each of several initialisations."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any

import keras

from fastinit import checks
from fastinit.errors import suggest
from fastinit.keras import backends, lookup
from fastinit.keras.signal.layers import parts_of
from fastinit.keras.signal.probe import probe
from fastinit.progress import progress_bar
from fastinit.random import stream_from_name
from fastinit.signal.comparison import Comparison, Trial
from fastinit.signal.trials import read_seeds, read_steps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

OWN = "own"


def compare(
    model: keras.Model,
    batches: Iterable[Any],
    rules: Any,
    *,
    seeds: Sequence[int] = (0, 1, 2),
    steps: int = 100,
    progress: bool = True,
) -> Comparison:
    """Draws a model's weights with each initializer, trains it for a few steps, and reports which initializer is best.

    Each trial draws, by seed and name, the weights that the model's layers draw with a random initializer. Then it
    probes the model, and trains it on the same batches in the same order. Everything else starts from its present
    state: biases, norms, the optimizer. Layers that draw during training, such as dropout, use the trial's seed. A
    trial ends when its loss is not finite. After Ctrl-C the result has the trials that are complete. At the end the
    model, its optimizer and its metrics are as before.

    Args:
        model: A compiled model whose weights exist.
        batches: Pairs of inputs and targets. At most `steps` of them are kept, and they are used in turn.
        rules: A mapping of any names to initializers, or a list of the names of initializers. An initializer is a name
            that Keras knows, an object, or "own" for each layer's own initializer. Its seed is ignored.
        seeds: The seeds of the trials; each initializer has one trial for each seed.
        steps: The number of training steps of each trial.
        progress: Whether to show a progress bar on standard error, if that is a terminal.

    Returns:
        The result: `print` it, `result.best`, `result.verdict`, `result.plot("compare.svg")`.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: The model is not compiled or has no weights yet, Keras does not know a name, or `batches` is empty.
        KeyboardInterrupt: Ctrl-C was pressed before the first trial was complete.

    Example:
        >>> import fastinit
        >>> layers = [keras.layers.Dense(32, "relu") for _ in range(8)]
        >>> model = keras.Sequential([keras.Input((32,)), *layers, keras.layers.Dense(1)])
        >>> model.compile(keras.optimizers.Adam(0.001), "mean_squared_error")
        >>> x = fastinit.normal((256, 32), seed=1)
        >>> result = compare(model, [(x, x[:, :1])], ["he_normal", "zeros"], seeds=[0], steps=20, progress=False)
        >>> result.best
        'he_normal'
    """
    if not isinstance(model, keras.Model):
        raise TypeError(checks.text("model", "be a keras.Model", type(model).__name__))
    if not (model.compiled and model.built):
        raise ValueError(checks.text("model", "be compiled and have its weights", model.name, "compile and call it"))
    steps, numbers, initializers = read_steps(steps), read_seeds(seeds), _read_rules(rules)
    examples = list(islice(batches, steps))
    if not examples or any(not isinstance(example, (tuple, list)) or len(example) != 2 for example in examples):
        raise ValueError(checks.text("batches", "be pairs of inputs and targets, one at least", batches, "[(x, y)]"))
    total = len(numbers) * len(initializers)
    trials: list[Trial] = []
    with (
        _start_of(model) as start,
        progress_bar("comparing", total * steps, is_hidden=not checks.boolean("progress", progress)) as advance,
    ):
        try:
            for seed in numbers:
                for name, initializer in initializers.items():
                    start(seed)
                    _draw(model, initializer, seed)
                    losses: list[float] = []
                    with backends.random_state(seed, [variable.value for variable in model.variables]):
                        report = probe(model, *examples[0], title=name)
                        for loss in _train(model, examples, steps):
                            losses.append(loss)
                            advance(1, f"{name}, seed {seed}")
                    advance(steps - len(losses))
                    trials.append(Trial(name, seed, report, tuple(losses)))
        except KeyboardInterrupt:
            if not trials:
                raise
    return Comparison(model.name, trials[0].start.loss, steps, total, tuple(trials))


def _read_rules(rules: Any) -> dict[str, Any]:
    """Returns the initializers by name; None stands for the layers' own initializers."""
    rule, remedy = "be a mapping of names and initializers, or a list of names", 'such as ["own", "he_normal"]'
    if isinstance(rules, (str, bytes)) or not isinstance(rules, Iterable):
        raise TypeError(checks.text("rules", rule, rules, remedy))
    named = dict(rules) if isinstance(rules, Mapping) else {name: name for name in rules}
    if not named or not all(isinstance(name, str) for name in named):
        raise ValueError(checks.text("rules", rule, rules, remedy))
    return {
        name: None if isinstance(value, str) and value == OWN else _initializer(value) for name, value in named.items()
    }


def _initializer(value: Any) -> Any:
    try:
        found = lookup.get(value)
    except ValueError:  # the error below is clearer than Keras's
        found = None
    if found is None:
        rule = 'have initializers, each one itself, a name of Keras\'s, or "own"'
        names = ("own", "he_normal", "he_uniform", "glorot_normal", "glorot_uniform", "lecun_normal", "lecun_uniform")
        end = suggest(value, (*names, "orthogonal", "zeros", "random_normal", "truncated_normal"))
        raise ValueError(checks.text("rules", rule, value, 'such as "he_normal"') + end)
    return found


def _draw(model: keras.Model, initializer: Any, seed: int) -> None:
    """Draws the weights that layers draw, each by the seed and its name."""
    for part in parts_of(model):
        for variable in part.variables:
            own = lookup.drawing_of(part.operation, variable)
            if own is not None:
                chosen = own if initializer is None else lookup.drawing(initializer)
                dtype = keras.backend.standardize_dtype(variable.dtype)
                if chosen is None:  # the initializer has no randomness, for example zeros
                    variable.assign(initializer(tuple(variable.shape), dtype=dtype))
                else:
                    draw = chosen.draw_of(tuple(variable.shape), dtype)
                    variable.assign(draw.part(seed, stream_from_name(part.name_of(variable))))


def _train(model: keras.Model, examples: Sequence[Any], steps: int) -> Iterator[float]:
    """Yields the loss of each step before its update, and stops after a loss that is not finite."""
    for step in range(steps):
        model.reset_metrics()  # else the loss would be an average over steps
        x, y = examples[step % len(examples)]
        loss = float(model.train_on_batch(x, y, return_dict=True)["loss"])
        yield loss
        if not math.isfinite(loss):
            return


@contextmanager
def _start_of(model: keras.Model) -> Iterator[Callable[[int], None]]:
    """Yields a function that restores the model's state and then sets its seed generators. The end restores it too."""
    if not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)
    variables = [*model.variables, *model.optimizer.variables, *model.metrics_variables]
    values = [backends.array_of(variable.value).copy() for variable in variables]

    def put_back() -> None:
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)

    def start(seed: int) -> None:
        put_back()
        for layer in model._flatten_layers():
            for generator in vars(layer).values():
                if isinstance(generator, keras.random.SeedGenerator):
                    generator.state.assign([seed % 2**31, 0])

    try:
        yield start
    finally:
        put_back()
