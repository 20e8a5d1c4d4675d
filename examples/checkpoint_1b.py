"""A checkpoint of a billion parameters: written, checked in part, and opened without reading it all.

    python examples/checkpoint_1b.py OUT            # 1.2 billion parameters, 2.5 GB on the disk
    python examples/checkpoint_1b.py OUT --small    # the same tensors, narrower: 0.8 MB

OUT is the folder to make. Afterwards it holds the tensors of a Llama in safetensors files, and their recipe.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
from safetensors import safe_open

import fastinit
from fastinit.checkpoint import make_plan, parse_recipe, verify, write

SEED = 42
RECIPE = """
seed = {seed}
dtype = "bfloat16"
layout = "torch"

[tensors]
"model.embed_tokens.weight" = [{vocabulary}, {width}]
"model.layers.{{0..15}}.input_layernorm.weight" = [{width}]
"model.layers.{{0..15}}.self_attn.q_proj.weight" = [{width}, {width}]
"model.layers.{{0..15}}.self_attn.k_proj.weight" = [{keys}, {width}]
"model.layers.{{0..15}}.self_attn.v_proj.weight" = [{keys}, {width}]
"model.layers.{{0..15}}.self_attn.o_proj.weight" = [{width}, {width}]
"model.layers.{{0..15}}.post_attention_layernorm.weight" = [{width}]
"model.layers.{{0..15}}.mlp.gate_proj.weight" = [{hidden}, {width}]
"model.layers.{{0..15}}.mlp.up_proj.weight" = [{hidden}, {width}]
"model.layers.{{0..15}}.mlp.down_proj.weight" = [{width}, {hidden}]
"model.norm.weight" = [{width}]

[[rule]]
match = "*norm.weight"
init = "ones"

[[rule]]
match = "*"
init = "normal"
std = 0.02
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", metavar="OUT", type=Path, help="the folder to make")
    parser.add_argument("--small", action="store_true", help="32 units instead of 2048")
    arguments = parser.parse_args()

    width, vocabulary = (32, 4096) if arguments.small else (2048, 128256)
    sizes = {"width": width, "keys": width // 4, "hidden": 4 * width, "vocabulary": vocabulary}
    plan = make_plan(parse_recipe(RECIPE.format(seed=SEED, **sizes)), shard_bytes=10**9)

    start = time.perf_counter()
    nbytes = write(plan, arguments.out)
    seconds = time.perf_counter() - start
    print(f"{plan.parameters:,} parameters: {nbytes / 1e6:,.1f} MB were written in {seconds:.2f} s")

    start = time.perf_counter()
    verification = verify(arguments.out, sample=True)
    seconds = time.perf_counter() - start
    found = verification.mismatch or "all are as the recipe says"
    print(f"{verification.share:.1%} of the bytes were recomputed in {seconds:.2f} s: {found}")

    # safetensors reads the pages that hold these rows, and fastinit draws only these rows.
    name, rows = "model.layers.7.mlp.up_proj.weight", slice(4, 8)
    file = next(tensor.file for tensor in plan.tensors if tensor.name == name)
    start = time.perf_counter()
    with safe_open(arguments.out / file, framework="np") as opened:
        stored = opened.get_slice(name)[rows]
    milliseconds = 1e3 * (time.perf_counter() - start)
    shape, dtype = (sizes["hidden"], width), "bfloat16"
    drawn = fastinit.normal(shape, std=0.02, dtype=dtype, seed=SEED, stream=name, index=rows)
    equal = np.array_equal(stored.view(np.uint16), drawn.view(np.uint16))
    print(f"4 rows of {name} were read in {milliseconds:.1f} ms")
    print(f"they {'equal' if equal else 'DIFFER FROM'} the rows that fastinit draws without the file, to the bit")


if __name__ == "__main__":
    main()
