"""Arguments of a wrong kind are TypeErrors that name the argument and what makes the right kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fastinit import checkpoint

if TYPE_CHECKING:
    from collections.abc import Callable

RECIPE = 'seed = 0\ndtype = "float32"\n[tensors]\nw = [8]\n[[rule]]\nmatch = "*"\ninit = "zeros"\n'


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: checkpoint.make_plan("r.toml"), "`recipe` must be a Recipe, got 'r.toml'; `load_recipe` reads one"),
        (lambda: checkpoint.save_recipe("r.toml", "s.toml"), "`recipe` must be a Recipe, got 'r.toml'; `load_recipe`"),
        (lambda: checkpoint.write("r.toml", "out"), "`plan` must be a Plan, got 'r.toml'; `make_plan` makes one"),
        (lambda: checkpoint.plot_stats("out", "a.svg"), "`stats` must be a CheckpointStats, got 'out'; `tensor_stats`"),
        (lambda: checkpoint.parse_recipe(RECIPE.encode()), "`text` must be a str, got b'seed"),
        (lambda: checkpoint.open("out", framework=[]), "`framework` must be a str, got []"),
        (lambda: checkpoint.load_recipe(b"r.toml"), "bytes"),
        (lambda: checkpoint.recipe_from_config(b"config.json"), "bytes"),
        (lambda: checkpoint.recipe_from_checkpoint(b"out"), "bytes"),
    ],
)
def test_a_wrong_kind_is_told(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(TypeError) as caught:
        call()
    assert message in str(caught.value)
