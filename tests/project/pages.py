"""The blocks of Python in the pages of the docs, and how they are run.

All blocks of a page run in one process, one after another, as a reader would who starts at the top. On a page with the
comment `ALONE` each block runs in a process of its own. A block prints, or ends with the error, that the
block of `text` right after it shows, if there is one.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
ALONE = "<!-- each block runs alone -->"
PAGES = {str(path.relative_to(ROOT)): path.read_text() for path in sorted(DOCS.rglob("*.md"))}
# The recipe that the page on starting has a reader save, and that other pages use.
SMALL = re.findall(r"`small.toml`:\n\n```toml\n(.*?)^```", PAGES["docs/start.md"], re.MULTILINE | re.DOTALL)[0]
_BLOCK = re.compile(r"^##+ ([^\n]+)\n|^```python\n(.*?)^```(?:\n+```text\n(.*?)^```)?", re.MULTILINE | re.DOTALL)
# What a block needs beyond the package itself, by a sign of it.
NEEDS = {
    **{name: rf"^(?:import|from) {name}\b" for name in ("flax", "safetensors", "timm")},
    "transformers": r"^(?:import|from) transformers\b|recipe_from_config\(",
    "keras": r"^(?:import|from) keras\b|fastinit\.keras|from fastinit import keras",
    "jax": r"^(?:import|from) jax\b|fastinit\.jax|from fastinit import jax",
    "torch": r"^(?:import|from) (?:torch|keras)\b|fastinit\.torch|from fastinit import torch|recipe_from_config\(",
    "matplotlib": r"plot\w*\(",
}
# Warnings of PyTorch's and Keras's about what a page shows; fastinit's own are errors.
_OF_OTHERS = (
    "DTensor random operators",
    "enable_nested_tensor is True",
    "__array__ implementation doesn't accept a copy",
)
_ENVIRONMENT = {**os.environ, "KERAS_BACKEND": "torch"}
_END = "\x1e"
_RUNNER = f"""
import pathlib, sys, traceback, warnings
for text in {_OF_OTHERS!r}:
    warnings.filterwarnings("ignore", message=text)
for path in sys.argv[1:]:
    try:
        exec(compile(pathlib.Path(path).read_text(), path, "exec"), globals())
    except Exception as error:
        traceback.print_exc()
        print("".join(traceback.format_exception_only(error)), end="")
        break
    print({_END!r}, flush=True)
"""


@dataclass(frozen=True)
class Block:
    """A block of Python, the heading above it, and the output that the page shows."""

    heading: str
    code: str
    shown: str | None = None

    @property
    def missing(self) -> list[str]:
        """The packages that it needs and that are not installed."""
        needed = (name for name, sign in NEEDS.items() if re.search(sign, self.code, re.MULTILINE))
        return [name for name in needed if not _is_here(name)]


@cache
def _is_here(package: str) -> bool:
    """Whether a block can import it. In the tests' own process Keras would choose a backend for all of them."""
    command = [sys.executable, "-c", f"import {package}"]
    return not subprocess.run(command, env=_ENVIRONMENT, capture_output=True, check=False).returncode


def blocks_of(text: str) -> list[Block]:
    heading, found = "", []
    for title, code, shown in _BLOCK.findall(text):
        heading = title or heading
        if code:
            found.append(Block(heading, code, shown or None))
    return found


def scripts() -> dict[str, list[Block]]:
    """What runs in one process: a page, or one block of a page whose blocks run alone."""
    found = {}
    for page, text in PAGES.items():
        blocks = blocks_of(text)
        if ALONE in text:
            found.update({f"{page}: {block.heading} {n}": [block] for n, block in enumerate(blocks, 1)})
        elif blocks:
            found[page] = blocks
    return found


def run(blocks: list[Block], folder: Path, *launcher: str) -> list[str]:
    """Runs blocks in one process, in `folder`, and returns what each prints. The last may show an error."""
    paths = [folder / f"block{number}.py" for number in range(len(blocks))]
    for path, block in zip(paths, blocks, strict=True):
        path.write_text(block.code)
    (folder / "run.py").write_text(_RUNNER)
    (folder / "small.toml").write_text(SMALL)
    shutil.copy(ROOT / "python/fastinit/recipes/examples/llama-3.2-1b.json", folder / "config.json")
    (folder / "generation_config.json").write_text("{}")
    alone = {"RANK": "0", "WORLD_SIZE": "1", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "0"}
    environment = {**_ENVIRONMENT, **({} if launcher else alone)}
    command = [sys.executable, *(launcher or ("-W", "error")), "run.py", *map(str, paths)]
    done = subprocess.run(
        command, env=environment, cwd=folder, capture_output=True, text=True, timeout=300, check=False
    )
    *whole, rest = done.stdout.split(f"{_END}\n")
    if launcher:
        assert done.returncode == 0, done.stderr
        return whole
    printed = [*whole, rest] if rest else whole
    assert len(printed) == len(blocks), done.stderr
    assert not rest or blocks[-1].shown == rest, done.stderr
    return printed
