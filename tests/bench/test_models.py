"""`python -m bench.models`: a few models, the comparison, workers that crash, and the page of known results."""

from __future__ import annotations

import json
import os
import signal
import time
from typing import TYPE_CHECKING, Any

import pytest

from bench import machine
from bench.models import cases, pool, report, sources
from bench.models.__main__ import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bench.models.steps import Steps

COLUMNS = ["builds", "planned", "written", "verified", "loaded", "equal"]
UNDERIVED = (
    "RecipeError: own/config.json: tensor 'a.{}.A_log' (in Mixer) of shape [4] has values that cannot be derived: "
    "it is computed (log) by the model's own code; in a recipe add a [[rule]]"
)


def row(count: int, **failed: str) -> dict[str, Any]:
    return {"passed": COLUMNS[:count], "failed": failed, "notes": []}


def result(**models: dict[str, Any]) -> dict[str, Any]:
    return {
        "schema": 1,
        "complete": True,
        "jobs": 2,
        "seconds": 600.0,
        "machine": machine.describe(),
        "versions": {"transformers": "5.24.0"},
        "columns": {"transformers": COLUMNS},
        "models": {"transformers": models},
    }


GOOD, UNPLANNED = row(6), row(1, planned=UNDERIVED.format(0))


def test_page_counts_steps_and_groups_reasons() -> None:
    unbuilt = row(0, builds="ImportError: Dinat requires the natten library")
    noted = {**GOOD, "notes": ["outliers"]}
    text = report.page(result(a=noted, b=UNPLANNED, c=row(1, planned=UNDERIVED.format(17)), d=unbuilt))
    squeezed = " ".join(text.split())
    assert "| transformers | 4 | 3 | 1 (33.3%) | 1 (33.3%) |" in squeezed
    assert "| planned | 2 | a tensor is computed (log) by the model's own code | b, c |" in squeezed
    assert "| builds | 1 | needs natten | d |" in squeezed
    assert "This happened for transformers a." in squeezed
    assert "of some of the models only" not in text
    assert "of some of the models only" in report.page({**result(a=GOOD), "complete": False})


def test_reasons_are_grouped_without_what_one_model_has() -> None:
    one, other = (f"TypeError: 'Model{n}' has {n} | {n + 1} of 'a', 'b' in layer.{n}.x" for n in (3, 17))
    assert report.kind(one) == report.kind(other) == "TypeError: '...' has N / N of '...' in layer.N.x"
    assert report.kind("ValueError: not tried with 17 million parameters; of a smaller one: TypeError: no") == (
        "not tried with N million parameters"
    )
    assert len(report.kind("word " * 100)) <= report.LONGEST


def test_page_is_made_from_the_file(tmp_path: Path) -> None:
    file = tmp_path / "result.json"
    file.write_text(report.dumps(result(a=GOOD, b=UNPLANNED)))
    assert json.loads(file.read_text()) == result(a=GOOD, b=UNPLANNED)
    assert file.read_text().count('"passed"') == sum('"passed"' in line for line in file.read_text().splitlines()) == 2
    assert main(["--render", str(file), "--docs", str(tmp_path / "docs")]) == 0
    assert "| planned" in (tmp_path / "docs" / "models.md").read_text()


def test_what_passed_before_and_fails_now_is_lost() -> None:
    before, now = result(a=GOOD, b=UNPLANNED, c=GOOD), result(a=UNPLANNED, b=UNPLANNED)
    (line,) = report.lost(now, before)
    assert line.startswith("transformers a: planned passed before, now: RecipeError: ")
    assert not list(report.lost(before, now))


@pytest.mark.torch
def test_modules_are_tried_and_a_loss_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("torch")
    file = tmp_path / "result.json"
    only = ["--sample", "--only", "^torch (Linear|LSTM)$", "--json", str(file), "--docs", str(tmp_path)]
    assert main(only) == 0
    found = json.loads(file.read_text())
    passed = ["builds", "built", "initialized", "equal"]
    assert {name: row["passed"] for name, row in found["models"]["torch"].items()} == {"LSTM": passed, "Linear": passed}
    found["models"]["torch"]["LSTM"]["passed"].append("one more")
    (tmp_path / "models.json").write_text(json.dumps(found))
    assert main(only) == 1
    assert "error: torch LSTM: one more passed before" in capsys.readouterr().err


@pytest.mark.torch
def test_a_run_that_was_stopped_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("torch")
    file = tmp_path / "result.json"
    only = ["--sample", "--only", "^torch (Linear|LSTM)$", "--json", str(file), "--docs", str(tmp_path)]
    assert main(only) == 0
    found = json.loads(file.read_text())
    kept = found["models"]["torch"]["LSTM"] = {"passed": [], "failed": {}, "notes": ["kept"]}
    del found["models"]["torch"]["Linear"]
    file.write_text(json.dumps(found))
    capsys.readouterr()
    assert main([*only, "--resume"]) == 0
    again = json.loads(file.read_text())
    assert again["models"]["torch"]["LSTM"] == kept
    assert again["models"]["torch"]["Linear"]["passed"]
    assert again["seconds"] > found["seconds"]
    assert "1/1 torch Linear" in capsys.readouterr().err
    file.write_text(json.dumps({**found, "versions": {"torch": "1.0"}}))
    with pytest.raises(SystemExit, match="other versions"):
        main([*only, "--resume"])


@pytest.mark.torch
def test_models_of_transformers_are_tried(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    file = tmp_path / "result.json"
    only = ["--sample", "--only", " (gpt2 |t5 )", "--json", str(file), "--docs", str(tmp_path)]
    assert main(only) == 0
    found = json.loads(file.read_text())["models"]["transformers"]
    assert {name: row["passed"] for name, row in found.items()} == {
        "gpt2 GPT2LMHeadModel": COLUMNS,
        "t5 T5ForConditionalGeneration": COLUMNS,
    }


class Fake:
    """A source of models in the worker's process, for errors there."""

    COLUMNS = ("builds", "built")

    @staticmethod
    def attempt(name: str, steps: Steps) -> None:
        with steps.step("builds"):
            if name == "raises":
                raise ValueError(f"{steps.folder}/own:\nno")
        with steps.step("built"):
            if name == "dies":
                os.kill(os.getpid(), signal.SIGKILL)
            if name == "hangs":
                time.sleep(60)


@pytest.fixture
def _fake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "load", lambda _: Fake)


def serve_fake(pipe: Any, source: str) -> None:
    sources.load = lambda _: Fake
    SERVE(pipe, source)


SERVE: Callable[..., None] = pool._serve


@pytest.mark.torch
@pytest.mark.usefixtures("_fake")
def test_crashes_and_hangs_end_one_model_only(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    monkeypatch.setattr(pool, "_serve", serve_fake)
    names = ("good", "dies", "raises", "hangs", "good again")
    found = {case.name: outcome for case, outcome in pool.tried([pool.Case("fake", n) for n in names], 1, 5)}
    assert found["good"].passed == found["good again"].passed == ["builds", "built"]
    assert found["dies"].failed == {"built": "the process ended with -9"}
    assert found["dies"].passed == ["builds"]
    assert found["raises"].failed == {"builds": "ValueError: own: no"}
    assert found["hangs"].failed == {"built": "it took more than 5 seconds"}


@pytest.mark.torch
def test_every_module_of_torch_nn_with_parameters_is_in_the_table() -> None:
    pytest.importorskip("torch")
    from bench.models.sources import torch as source

    assert source.lacking() == []


@pytest.mark.torch
def test_a_module_that_the_table_lacks_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    from bench.models.sources import torch as source

    monkeypatch.delitem(source.MADE, "Conv2d")
    monkeypatch.delitem(source.MADE, "PReLU")
    assert source.lacking() == ["Conv2d", "PReLU"]


def test_the_sample_has_forty_models_of_sources_that_exist() -> None:
    assert len(set(cases.SAMPLE)) == 40
    assert {case.source for case in cases.SAMPLE} <= set(sources.SOURCES)
