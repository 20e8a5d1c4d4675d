"""A flax model whose weights are sharded over devices: each device draws only its own part.

    python examples/flax_sharded.py --devices 8

The devices are parts of this machine's CPU, so that the example runs anywhere. First the model is made from shapes,
without values. Then each parameter is drawn by its name, in the parts of its sharding, and compared with the whole.
"""

from __future__ import annotations

import argparse
import os
from typing import Any

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--devices", type=int, default=4, help="devices to share the weights (default: 4)")
parser.add_argument(
    "--features", type=int, default=1024, help="units of a layer, a multiple of the devices (default: 1024)"
)
ARGUMENTS = parser.parse_args()
# JAX reads this once, when it starts.
os.environ["XLA_FLAGS"] = f"--xla_force_host_platform_device_count={ARGUMENTS.devices}"
os.environ["JAX_PLATFORMS"] = "cpu"

import jax
import numpy as np
from flax import nnx
from jax.sharding import NamedSharding, PartitionSpec

import fastinit
import fastinit.jax

SEED = 0


class MLP(nnx.Module):
    """Two layers: the first is cut along its outputs, the second along its inputs."""

    def __init__(self, features: int, rngs: nnx.Rngs) -> None:
        self.up = nnx.Linear(features, 4 * features, use_bias=False, rngs=rngs)
        self.down = nnx.Linear(4 * features, features, use_bias=False, rngs=rngs)

    def __call__(self, x: jax.Array) -> jax.Array:
        return self.down(nnx.relu(self.up(x)))


CUTS = {"up.kernel": PartitionSpec(None, "model"), "down.kernel": PartitionSpec("model", None)}


def main() -> None:
    features = ARGUMENTS.features
    mesh = jax.make_mesh((ARGUMENTS.devices,), ("model",), axis_types=(jax.sharding.AxisType.Auto,))
    arrays = {}

    def weight(path: Any, leaf: Any) -> jax.Array:
        name = jax.tree_util.keystr(path[:-1], simple=True, separator=".")  # such as "up.kernel"
        sharding = NamedSharding(mesh, CUTS[name])
        arrays[name] = fastinit.jax.make(leaf.shape, sharding, init="he_normal", seed=SEED, stream=name)
        return arrays[name]

    graph, shapes = nnx.split(nnx.eval_shape(lambda: MLP(features, nnx.Rngs(0))))  # no weight exists yet
    model = nnx.merge(graph, jax.tree_util.tree_map_with_path(weight, shapes))

    wholes = {}
    for name, array in arrays.items():
        whole = wholes[name] = fastinit.he_normal(array.shape, seed=SEED, stream=name)
        parts = array.addressable_shards
        equal = all(np.array_equal(part.data, whole[part.index]) for part in parts)
        print(f"{name} {array.shape}: each of {len(parts)} devices holds {parts[0].data.shape}")
        print(f"{name}: every part {'equals' if equal else 'DIFFERS FROM'} its place in the whole, to the bit")

    x = fastinit.normal((16, features), seed=SEED, stream="input")
    y = np.asarray(nnx.jit(lambda model, x: model(x))(model, x))
    alone = np.maximum(x @ wholes["up.kernel"], 0) @ wholes["down.kernel"]
    print(f"outputs differ from those of one device by {np.abs(y - alone).max() / np.abs(alone).max():.0e} at most")


if __name__ == "__main__":
    main()
