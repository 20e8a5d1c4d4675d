"""How the residual stream of 48 layers grows, with and without 1/sqrt(2 L) on the outputs of the branches."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING

import torch
from torch import nn

import fastinit
from fastinit.torch import init_model, probe

from . import figures, shared
from .shared import Check

if TYPE_CHECKING:
    from pathlib import Path

    from fastinit.signal import ProbeReport

SOURCE = "Radford et al. (2019, GPT-2), section 2.3"
PLAIN, SCALED = "without", "with 1/sqrt(2 L)"
VOCABULARY, PLACES = 256, 32


class Transformer(nn.Module):
    """A decoder with norms before its branches, as GPT-2 has them."""

    def __init__(self, width: int, layers: int) -> None:
        super().__init__()
        self.tokens = nn.Embedding(VOCABULARY, width)
        self.places = nn.Embedding(PLACES, width)
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(
                width, width // 16, 4 * width, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
            )
            for _ in range(layers)
        )
        self.norm = nn.LayerNorm(width)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        stream = self.tokens(tokens) + self.places.weight
        mask = nn.Transformer.generate_square_subsequent_mask(PLACES)
        for layer in self.layers:
            stream = layer(stream, src_mask=mask, is_causal=True)
        return self.norm(stream) @ self.tokens.weight.T


def run(*, width: int = 64, layers: int = 48, samples: int = 8) -> dict[str, ProbeReport]:
    """Profiles before training, by rule: GPT-2's 0.02 is for a width of 768, so it is larger here."""
    std = 0.02 * math.sqrt(768 / width)
    fixed = [{"match": "*norm*.weight", "init": "ones"}, {"match": "*bias", "init": "zeros"}]
    outputs = {"match": ["*.out_proj.weight", "*.linear2.weight"], "init": "normal", "std": std / math.sqrt(2 * layers)}
    rest = {"match": "*", "init": "normal", "std": std}
    tokens = torch.from_numpy(fastinit.random_bits((samples, PLACES), seed=0).astype("int64") % VOCABULARY)
    reports = {}
    for name, rules in {PLAIN: [*fixed, rest], SCALED: [*fixed, outputs, rest]}.items():
        model = init_model(Transformer(width, layers), seed=0, recipe=rules)
        target = tokens.roll(-1, dims=1)
        reports[name] = probe(model, tokens, target=target, title=name)
    return reports


def checks(found: dict[str, ProbeReport]) -> list[Check]:
    plain, scaled = ([stage.output.rms for stage in found[name].chain] for name in (PLAIN, SCALED))
    layers, half = len(plain), len(plain) // 2
    doubling, ratio, root = (plain[-1] / plain[half - 1]) ** 2, plain[-1] / scaled[-1], math.sqrt(2 * layers)
    return [
        Check(
            "without: each layer adds the same variance, so that twice the layers have twice as much",
            f"x{doubling:.2g} from layer {half} to {layers}",
            1.6 < doubling < 2.4,
        ),
        Check(
            f"with: a stream that ends smaller by sqrt(2 L) = {root:.2g}",
            f"{plain[-1]:.2g} without and {scaled[-1]:.2g} with, x{ratio:.2g}",
            0.75 < ratio / root < 1.25,
        ),
    ]


def draw(found: dict[str, ProbeReport], path: Path) -> None:
    stream = ("residual stream after each layer: root mean square", figures.activation)
    back = ("gradients at the residual stream: norm", figures.gradient)
    figures.profiles(path, "A transformer of 48 layers before training", found, stream, back)


if __name__ == "__main__":
    shared.main(sys.modules[__name__])
