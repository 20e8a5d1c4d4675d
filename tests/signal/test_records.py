"""Records: what they keep of a report, as lines of JSON and back."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import TYPE_CHECKING

import pytest

from fastinit.signal.records import Record, read_records, record_of
from tests.signal.reports import growing, reading, report, stage

if TYPE_CHECKING:
    from pathlib import Path


def test_a_record_has_each_figure_of_the_chain_and_of_its_matrices() -> None:
    record = record_of(growing(2.0), 50, 1.5)
    assert (record.step, record.time, record.is_healthy) == (50, 1.5, False)
    assert record.verdict.startswith("exploding, x2 a layer")
    assert record.chain == tuple(f"layers.{number}" for number in range(8))
    assert record.figures["activations"] == {f"layers.{number}": 2.0**number for number in range(8)}
    assert record.figures["gradients"]["layers.3"] == 10.0  # a spread of 1 over 100 elements
    assert record.figures["weights"]["layers.0.weight"] == 0.1
    assert record.figures["weight_gradients"]["layers.0.weight"] == 0.01
    assert record.figures["gradient_to_weight"]["layers.0.weight"] == 0.1
    assert record.figures["growth"] == {"activations": 2.0, "gradients": 1.0}


def test_figures_that_do_not_exist_are_left_out() -> None:
    record = record_of(report(stage("layers.0", 1.0, gradient=None), stage("layers.1", 1.0, dead=0.5)), 0, 0.0)
    assert "saturated" not in record.figures
    assert "gradients" in record.figures
    assert "layers.0" not in record.figures["gradients"]
    assert record.figures["dead"] == {"layers.1": 0.5}


def test_only_matrices_are_kept_unless_modules_are_named() -> None:
    model = report(stage("layers.0", 1.0, bias=True), stage("layers.1", 1.0, bias=True))
    assert set(record_of(model, 0, 0.0).figures["weights"]) == {"layers.0.weight", "layers.1.weight"}
    named = record_of(model, 0, 0.0, ["*.1"])
    assert set(named.figures["weights"]) == {"layers.1.weight", "layers.1.bias"}
    assert set(named.figures["activations"]) == {"layers.1"}


def test_a_stage_that_a_finding_names_is_kept_beside_the_chain() -> None:
    activation = dataclasses.replace(stage("act.1", 1.0, dead=1.0), weights=())
    other = dataclasses.replace(activation, name="act.2", dead=0.1)
    record = record_of(report(stage("layers.0", 1.0), activation, other, stage("layers.3", 1.0)), 0, 0.0)
    assert record.chain == ("layers.0", "layers.3")
    assert set(record.figures["activations"]) == {"layers.0", "act.1", "layers.3"}


def test_a_record_is_the_same_after_json() -> None:
    record = record_of(growing(1 / 3), 7, 1234.5678)
    assert Record.from_json(record.to_json()) == record


def test_what_is_not_a_number_is_null_in_json_and_nan_again() -> None:
    broken = dataclasses.replace(stage("layers.0", 1.0), output=reading(math.nan, mean=math.nan))
    record = record_of(report(broken, stage("layers.1", 1.0)), 0, 0.0)
    assert json.loads(record.to_json())["activations"]["layers.0"] is None
    assert math.isnan(Record.from_json(record.to_json()).figures["activations"]["layers.0"])


def test_a_line_is_compact() -> None:
    """Twelve figures with their names: as long as they need, and no digits that float32 lacks."""
    line = record_of(growing(1 / 3), 0, 0.0).to_json()
    assert "\n" not in line
    assert ": " not in line.replace(record_of(growing(1 / 3), 0, 0.0).verdict, "")
    assert '"layers.1":0.333333,' in line


def write(path: Path, steps: list[int], time: float = 0.0) -> None:
    with path.open("a") as file:
        file.writelines(record_of(growing(1.0), step, time).to_json() + "\n" for step in steps)


def test_records_of_a_run_that_was_resumed_replace_those_from_there_on(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    write(path, [0, 50, 100, 150])
    write(path, [100, 200], time=1.0)
    assert [(record.step, record.time) for record in read_records(path)] == [(0, 0), (50, 0), (100, 1), (200, 1)]


def test_an_unfinished_last_line_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    write(path, [0, 50])
    path.write_bytes(path.read_bytes()[:-20])
    assert [record.step for record in read_records(path)] == [0]


@pytest.mark.parametrize(
    "line",
    [
        "{}",
        "7",
        "no JSON",
        '{"step":"a"}',
        "[" * 100_000,
        '{"step":0,"time":0,"verdict":"","healthy":true,"chain":[],"x":1}',
    ],
)
def test_a_line_that_is_no_record_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "run.jsonl"
    write(path, [0])
    path.write_text(path.read_text() + line + "\n")
    with pytest.raises(
        ValueError, match=r"`path` must have a monitor's record in each line, got .*; line 2 of .*run\.jsonl"
    ):
        read_records(path)


def test_a_line_that_ends_within_a_character_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    line = record_of(report(stage("layers.\u00e9.0", 1.0)), 0, 0.0, ["*"]).to_json().encode()
    path.write_bytes(line + b"\n" + line[: line.index(b"\xc3") + 1])
    assert [record.step for record in read_records(path)] == [0]
