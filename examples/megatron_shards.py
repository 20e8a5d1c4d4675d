"""Column- and row-parallel layers as in Megatron: each process draws what its rank holds, and nothing else.

    python examples/megatron_shards.py

One process computes a block of attention and a gated MLP. Then 2 processes, and 4, share its weights and compute it
again. No weight is sent: a rank's part equals the same part of the whole, to the bit. The results are summed, as an
all-reduce would do.
"""

from __future__ import annotations

import argparse
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np

import fastinit

SEED, TOKENS, HIDDEN, FFN = 42, 6, 32, 48
HEADS, GROUPS, HEAD_SIZE = 8, 4, 4  # of queries; of keys and values; elements of a head
QUERIES, KEYS = HEADS * HEAD_SIZE, GROUPS * HEAD_SIZE

# The shapes of the whole weights, (out, in). Column-parallel layers are cut along their outputs, row-parallel layers
# along their inputs. A weight that joins several is cut within each of them: queries, keys and values; gate and up.
WEIGHTS: dict[str, tuple[tuple[int, int], dict[str, Any]]] = {
    "attention.linear_qkv": ((QUERIES + 2 * KEYS, HIDDEN), {"dim": 0, "sections": (QUERIES, KEYS, KEYS)}),
    "attention.linear_proj": ((HIDDEN, QUERIES), {"dim": 1}),
    "mlp.linear_fc1": ((2 * FFN, HIDDEN), {"dim": 0, "stride": 2}),
    "mlp.linear_fc2": ((HIDDEN, FFN), {"dim": 1}),
}


def weight(name: str, rank: int, world: int) -> np.ndarray[Any, Any]:
    """The part of a weight that a rank holds. The scale comes from the fans of the whole weight."""
    shape, cut = WEIGHTS[name]
    shard = fastinit.Shard(rank=rank, world=world, **cut)
    return fastinit.he_normal(shape, layout="torch", dtype="float64", seed=SEED, stream=name, shard=shard)


def block(x: np.ndarray[Any, Any], rank: int, world: int) -> np.ndarray[Any, Any]:
    """A rank's share of the block's output, from the weights that it holds."""
    qkv = x @ weight("attention.linear_qkv", rank, world).T
    q, k, v = np.split(qkv, [QUERIES // world, (QUERIES + KEYS) // world], axis=1)
    heads = q.reshape(TOKENS, -1, HEAD_SIZE)
    repeats = HEADS // GROUPS
    keys, values = (np.repeat(each.reshape(TOKENS, -1, HEAD_SIZE), repeats, axis=1) for each in (k, v))
    scores = np.exp(np.einsum("thc,shc->hts", heads, keys) / HEAD_SIZE**0.5)
    mixed = np.einsum("hts,shc->thc", scores / scores.sum(axis=-1, keepdims=True), values)
    attention = mixed.reshape(TOKENS, -1) @ weight("attention.linear_proj", rank, world).T

    gate, up = np.split(x @ weight("mlp.linear_fc1", rank, world).T, 2, axis=1)
    mlp = (gate / (1 + np.exp(-gate)) * up) @ weight("mlp.linear_fc2", rank, world).T
    return attention + mlp


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--world", type=int, nargs="+", choices=(1, 2, 4), default=(2, 4), help="how many processes")
    x = fastinit.normal((TOKENS, HIDDEN), dtype="float64", seed=SEED, stream="input")
    whole = block(x, 0, 1)
    for world in parser.parse_args().world:
        with ProcessPoolExecutor(world, multiprocessing.get_context("spawn")) as pool:
            shares = list(pool.map(block, [x] * world, range(world), [world] * world))
        difference = np.abs(sum(shares) - whole).max() / np.abs(whole).max()
        assert difference < 1e-14, difference
        print(f"{world} processes share the block's weights; their sum is what one computes, to {difference:.0e}")
        for name, (shape, _) in WEIGHTS.items():
            print(f"  {name} {shape}: each holds {weight(name, 0, world).shape}")


if __name__ == "__main__":
    main()
