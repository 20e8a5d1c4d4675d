"""GPT-2 in PyTorch: built by name, equal to the checkpoint that `fastinit init` writes, and trained a little.

    python examples/gpt2_torch.py           # two layers of 64 units, in seconds
    python examples/gpt2_torch.py --full    # GPT-2 with 124 million parameters

No weight is copied between model and checkpoint. Each weight depends only on the seed and the tensor's name, so both
have the same bits.
"""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from transformers import GPT2Config, GPT2LMHeadModel

import fastinit
import fastinit.checkpoint
from fastinit.torch import build, probe

SEED = 42
SMALL = {
    "n_layer": 2,
    "n_embd": 64,
    "n_head": 4,
    "vocab_size": 512,
    "n_positions": 128,
    "bos_token_id": 0,
    "eos_token_id": 0,
}


def written(config: GPT2Config, folder: Path, full: bool) -> Path:
    """Writes the checkpoint with the command line, as a user would, and returns its folder."""
    out = folder / "checkpoint"
    config.save_pretrained(folder)
    source = ["gpt2"] if full else ["--config", str(folder / "config.json"), "--seed", str(SEED)]
    print(shlex.join(["fastinit", "init", *source, str(out)]))
    subprocess.run([sys.executable, "-m", "fastinit", "init", "--quiet", *source, str(out)], check=True)
    return out


def equal_tensors(model: torch.nn.Module, folder: Path) -> tuple[int, int]:
    """Returns how many of the checkpoint's tensors equal the model's to the bit, and how many there are."""
    held = model.state_dict()
    with fastinit.checkpoint.open(folder, framework="torch") as file:
        same = [torch.equal(held[name], file.get_tensor(name)) for name in file.keys()]  # noqa: SIM118
    return sum(same), len(same)


def synthetic_tokens(vocabulary: int, samples: int, length: int) -> torch.Tensor:
    """Returns texts in which each token decides the next: it is 3 times the token before it, plus 1."""
    first = torch.from_numpy(fastinit.uniform((samples,), low=0, high=vocabulary, seed=SEED, stream="tokens")).long()
    tokens = [first.clamp(max=vocabulary - 1)]
    for _ in range(length - 1):
        tokens.append((3 * tokens[-1] + 1) % vocabulary)
    return torch.stack(tokens, 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="the model of 124 million parameters")
    parser.add_argument("--steps", type=int, default=20, help="steps of training (default: 20)")
    arguments = parser.parse_args()

    config = GPT2Config() if arguments.full else GPT2Config(**SMALL)
    model = build(lambda: GPT2LMHeadModel(config), seed=SEED)
    model.loss_type = "ForCausalLM"  # transformers chooses the same, but with a warning
    print(f"GPT-2 has {sum(p.numel() for p in model.parameters()):,} parameters")
    with tempfile.TemporaryDirectory() as folder:
        same, count = equal_tensors(model, written(config, Path(folder), arguments.full))
    print(f"{same} of the checkpoint's {count} tensors equal the model's, to the bit")

    tokens = synthetic_tokens(config.vocab_size, samples=16, length=32)
    print(f"before training: {probe(model, {'input_ids': tokens, 'labels': tokens}).verdict}")
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    for step in range(arguments.steps):
        optimizer.zero_grad()
        loss = model(input_ids=tokens, labels=tokens).loss
        loss.backward()
        optimizer.step()
        if step in (0, arguments.steps - 1):
            print(f"step {step + 1}: loss {loss.item():.3f}")


if __name__ == "__main__":
    main()
