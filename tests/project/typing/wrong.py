"""Calls that type checkers must report: every line with the comment `wrong`, and no other."""

from typing import Any

import fastinit
from fastinit.typing import DType, Layout

fastinit.he_normal((3, 4), dtype="float23")  # wrong
fastinit.he_normal((3, 4), layout="pytorch")  # wrong
fastinit.he_normal((3, 4), mode="fan_inn")  # wrong
fastinit.variance_scaling((3, 4), distribution="gaussian")  # wrong
fastinit.gain("relu7")  # wrong
fastinit.gain("relu")
fastinit.sincos_2d((4, 8), grid=(2, 2), order="yx")  # wrong
fastinit.set_default_layout("jax")  # wrong
fastinit.compute_fans((3, 4), layout="hwio")  # wrong

fastinit.he_normal(3, 4)  # wrong
fastinit.he_normal("34")  # wrong
fastinit.he_normal((3.0, 4.0))  # wrong
fastinit.he_normal()  # wrong
fastinit.he_normal(None)  # wrong
fastinit.constant(3)  # wrong
fastinit.constant(3, 4)

fastinit.he_normal((3, 4), sead=1)  # wrong
fastinit.he_normal((3, 4), seed="1")  # wrong
fastinit.he_normal((3, 4), seed=1.5)  # wrong
fastinit.he_normal((3, 4), stream=1.5)  # wrong
fastinit.he_normal((3, 4), device=0)  # wrong
fastinit.normal(None, out=[1.0, 2.0])  # wrong
fastinit.normal(5, layout="torch")  # wrong
fastinit.random_bits(5, dtype="uint32")  # wrong
fastinit.orthogonal((3, 4), in_axis=0)  # wrong

fastinit.checkpoint.load_recipe("gpt2", dtype="float23")  # wrong
fastinit.checkpoint.load_recipe("gpt2", layout="hwio")  # wrong
fastinit.checkpoint.recipe_from_checkpoint("folder", dtype="int64")  # wrong
fastinit.checkpoint.recipe_from_checkpoint("folder", layout="pytorch")  # wrong
fastinit.checkpoint.recipe_from_config("config.json", dtype="float23")  # wrong


def fill(tensor: Any) -> None:
    fastinit.torch.kaiming_normal_(tensor, mode="fan_avg")  # wrong
    fastinit.torch.kaiming_normal_(tensor, nonlinearity="gelu")  # wrong
    fastinit.torch.kaiming_uniform_(tensor, mode="fan_avg")  # wrong
    fastinit.torch.kaiming_uniform_(tensor, nonlinearity="gelu")  # wrong
    fastinit.torch.kaiming_uniform_(tensor, seed="1")  # wrong


fastinit.jax.variance_scaling(1.0, "fan_inn", "normal")  # wrong
fastinit.jax.variance_scaling(1.0, "fan_in", "untruncated_normal")  # wrong

fastinit.Generator(0).he_normal((4, 4), seed=1)  # wrong
fastinit.Generator(0).he_normal((4, 4), layout="hwio")  # wrong
fastinit.Generator(0).he_norml((4, 4))  # wrong
fastinit.Generator("a name")  # wrong
fastinit.kaiming_norml((3, 4))  # wrong
fastinit.he_normal((3, 4), device="cuda").conjure(1) + fastinit.he_normal((3, 4), device="cuda")
fastinit.he_normal((3, 4)).conjure()  # wrong
fastinit.normal(None, out=bytearray(8)).reshape(2)  # wrong


def embedding(dtype: DType, layout: Layout) -> None: ...


embedding("float32", "torch")
embedding("float3", "torch")  # wrong
embedding("float32", "torches")  # wrong
