"""docs/choosing.md and the experiments behind it, in sizes that take seconds."""

from __future__ import annotations

import importlib
import re
from typing import TYPE_CHECKING, Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("matplotlib")

from examples.choosing import EXPERIMENTS, __main__, shared
from fastinit.recipes.presets import NAMES
from tests.project.pages import DOCS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import ModuleType

pytestmark = pytest.mark.torch

PAGE = (DOCS / "choosing.md").read_text()
SMALL: dict[str, dict[str, Any]] = {
    "symmetry": {"units": 16, "pictures": 1000, "steps": 100},
    "scale": {"width": 64, "pictures": 1000, "steps": 300, "seeds": (0,)},
    "glorot": {"width": 300, "pictures": 200},
    "he": {"width": 64, "pictures": 1000, "steps": 250, "seeds": (0,)},
    "selu": {"layers": 12, "samples": 200},
    "residual": {"width": 32, "layers": 12, "samples": 4},
    "fans": {"samples": 100},
    "biases": {"width": 64, "pictures": 1000, "epochs": 10, "seeds": (0,)},
}
# Whose `init_model` draws, where it is not that of `shared`.
DRAWN_BY = {"he": "fastinit.torch.signal.choices", "residual": "examples.choosing.residual"}


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """As the experiments run, and quicker for networks as small as these."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def experiment(name: str) -> ModuleType:
    return importlib.import_module(f"examples.choosing.{name}")


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_experiment_agrees_with_its_source_and_has_a_figure(name: str, tmp_path: Path) -> None:
    module = experiment(name)
    found = module.run(**SMALL[name])
    assert [str(check) for check in module.checks(found) if not check.agrees] == []
    module.draw(found, tmp_path / "figure.png")
    assert (tmp_path / "figure.png").stat().st_size > 10_000


def test_experiment_gives_the_same_numbers_again() -> None:
    first, second = (experiment("biases").run(**SMALL["biases"]) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_experiment_notices_another_start(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the rules, the weights are drawn by one that no source means."""
    owner = importlib.import_module(DRAWN_BY.get(name, shared.__name__))
    draw = owner.init_model

    def by_another(model: Any, **_: Any) -> Any:
        return draw(model, seed=0, recipe=[{"match": "*", "init": "normal", "std": 0.5}])

    monkeypatch.setattr(owner, "init_model", by_another)
    module = experiment(name)
    checks = module.checks(module.run(**SMALL[name]))
    assert "DIFFERS" in {check.says for check in checks}
    assert "NOT met" in shared.conclusion(checks, module.SOURCE)


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_page_has_figure_and_outcome_of_every_experiment(name: str) -> None:
    assert f"](choosing/{name}.png)" in PAGE
    assert (DOCS / "choosing" / f"{name}.png").is_file()
    begin, end = f"<!-- {name}: made by python -m examples.choosing -->", f"<!-- end of {name} -->"
    assert re.search(
        rf"{re.escape(begin)}\n\n\| expected .*\n\n.*{re.escape(experiment(name).SOURCE)}.*{end}", PAGE, re.DOTALL
    )


def test_outcome_takes_the_place_of_an_older_one() -> None:
    page = "before\n<!-- he: made by python -m examples.choosing -->\nold\n<!-- end of he -->\nafter\n"
    changed = __main__.with_outcome(page, "he", [shared.Check("a", "b", agrees=False)], "a book")
    assert "| a | b | DIFFERS |" in changed
    assert "1 of 1 expectations from a book were NOT met." in changed
    assert "old" not in changed
    assert changed.startswith("before\n")
    assert changed.endswith("\nafter\n")
    assert __main__.with_outcome(changed, "he", [shared.Check("a", "b", agrees=False)], "a book") == changed


def test_page_without_a_place_for_an_outcome_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"the page must have one place for he, .*, got 0"):
        __main__.with_outcome("text", "he", [], "a book")


def test_every_preset_that_the_page_names_exists() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| ")]
    named = {name for row in rows for name in re.findall(r"`([\w-]+)`", row.rsplit("|", 2)[1])}
    assert {"he", "gpt2", "fixup-bottleneck"} < named
    assert named <= set(NAMES)


@pytest.mark.parametrize("framework", ["fastinit", "fastinit.torch", "fastinit.keras"])
def test_every_function_that_the_page_names_exists(framework: str) -> None:
    pytest.importorskip(framework.removeprefix("fastinit").lstrip(".") or "numpy")
    names = re.findall(rf"`{re.escape(framework)}\.(\w+)`", PAGE)
    assert len(names) > 5
    module = importlib.import_module(framework)
    assert [name for name in names if not hasattr(module, name)] == []
