"""Dummy weights for a serving engine: it starts without a checkpoint, and every rank holds its part of one model.

    python examples/serving_dummies.py

Engines use dummy weights to test their speed (`--load-format dummy`). This example makes them in two ways. If the
parameters are in memory, they are filled in place. If an engine loads weights by name, it reads them from a stream that
looks like a file but draws each tensor when it is asked for. Filling by torch's `uniform_` is timed for comparison.
"""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING

import torch

import fastinit
import fastinit.checkpoint
from fastinit.torch import init_model

if TYPE_CHECKING:
    from collections.abc import Iterator

SEED, BOUND = 0, 1e-3  # of dummy weights: small enough that nothing overflows
RULES = [{"match": "*", "init": "uniform", "low": -BOUND, "high": BOUND}]
RECIPE = """
seed = {seed}
dtype = "bfloat16"
[tensors]
"layers.{{0..{last}}}.up.weight" = [{hidden}, {width}]
"layers.{{0..{last}}}.down.weight" = [{width}, {hidden}]
[[rule]]
match = "*"
init = "uniform"
low = -{bound}
high = {bound}
"""


class Engine(torch.nn.Module):
    """One rank's layers. `up` is cut along its outputs and `down` along its inputs, as engines do."""

    def __init__(self, layers: int, width: int, world: int = 1) -> None:
        super().__init__()
        options = {"bias": False, "dtype": torch.bfloat16}
        hidden = 4 * width // world
        pairs = [
            {"up": torch.nn.Linear(width, hidden, **options), "down": torch.nn.Linear(hidden, width, **options)}
            for _ in range(layers)
        ]
        self.layers = torch.nn.ModuleList(torch.nn.ModuleDict(pair) for pair in pairs)


def streamed(recipe: fastinit.checkpoint.Recipe, rank: int, world: int) -> Iterator[tuple[str, torch.Tensor]]:
    """Yields the tensors that a rank holds, one by one, as a loader of files would."""
    with fastinit.checkpoint.open(recipe, framework="torch") as file:
        for name in file.keys():  # noqa: SIM118
            cut = 0 if name.endswith("up.weight") else 1
            yield name, file.get_shard(name, fastinit.Shard(dim=cut, rank=rank, world=world))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--layers", type=int, default=8, help="layers (default: 8)")
    parser.add_argument("--width", type=int, default=1024, help="units of a layer (default: 1024)")
    parser.add_argument("--world", type=int, default=2, help="ranks that share the model (default: 2)")
    arguments = parser.parse_args()
    layers, width = arguments.layers, arguments.width

    with torch.device("meta"):
        engine = Engine(layers, width)
    engine.to_empty(device="cpu")
    count = sum(weight.numel() for weight in engine.parameters())
    with torch.no_grad():
        for _ in range(2):  # the first round also makes the memory
            start = time.perf_counter()
            for weight in engine.parameters():
                weight.uniform_(-BOUND, BOUND)
            others = time.perf_counter() - start
    start = time.perf_counter()
    init_model(engine, seed=SEED, recipe=RULES)
    seconds = time.perf_counter() - start
    print(f"{count:,} weights were filled in place in {seconds:.3f} s; by torch's uniform_ in {others:.3f} s")

    sizes = {"last": layers - 1, "width": width, "hidden": 4 * width}
    recipe = fastinit.checkpoint.parse_recipe(RECIPE.format(seed=SEED, bound=BOUND, **sizes))
    whole = engine.state_dict()
    for rank in range(arguments.world):
        shard = Engine(layers, width, arguments.world)
        start = time.perf_counter()
        shard.load_state_dict(dict(streamed(recipe, rank, arguments.world)))
        seconds = time.perf_counter() - start
        equal = True
        for name, held in shard.state_dict().items():
            part = whole[name].chunk(arguments.world, 0 if name.endswith("up.weight") else 1)[rank]
            equal = equal and torch.equal(held, part)
        print(f"rank {rank} loaded its weights from the stream in {seconds:.3f} s")
        print(f"rank {rank}: they {'equal' if equal else 'DIFFER FROM'} their part of the whole, to the bit")


if __name__ == "__main__":
    main()
