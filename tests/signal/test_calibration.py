"""What a calibration prints and writes."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from fastinit.signal.calibration import MOST_ROWS, CalibrationRecord, CalibrationRow


def row(name: str = "0.weight", output: float | None = 1.0, **others: Any) -> CalibrationRow:
    given: dict[str, Any] = {
        "module": "0",
        "parameter": name,
        "rule": "normal(std=0.5)",
        "std_before": 0.25,
        "std": 0.5,
        "output_before": 0.5,
        "output": output,
        "target": 1.0,
        "rounds": 1,
        "input": "",
        "calls": 1,
        "note": "",
    }
    return CalibrationRow(**{**given, **others})


def record(*rows: CalibrationRow, method: str = "lsuv", rounds: int = 1, tolerance: float = 0.01) -> CalibrationRecord:
    return CalibrationRecord(rows, method, 0, tolerance, rounds)


@pytest.mark.parametrize(("output", "is_on_target"), [(1.0049, True), (1.0051, False), (0.9950, True), (0.9949, False)])
def test_the_tolerance_is_of_the_variance(output: float, is_on_target: bool) -> None:
    assert record(row(output=output)).is_calibrated is is_on_target
    assert record(row(output=2 * output, target=2.0)).is_calibrated is is_on_target


def test_a_verdict_says_that_all_is_on_target_and_after_how_many_rounds() -> None:
    within = "within 1 % of the variance that was asked for"
    assert record(row(), row()).verdict == f"calibrated: all 2 outputs are {within}, after 1 round"
    assert record(row(), rounds=2).verdict == f"calibrated: 1 output is {within}, after 2 rounds"
    assert record(row(), rounds=0).verdict == f"calibrated: 1 output is {within}, as drawn at first"


def test_a_verdict_names_what_is_not_on_target_and_why() -> None:
    bad = [row(f"{n}.weight", 0.5) for n in range(6)]
    found = record(row(), row("x.weight", 3.0, note="its bias alone has std 3"), *bad)
    assert not found.is_calibrated
    assert found.verdict == (
        "1 of 8 outputs are within 1 % of the variance that was asked for, after 1 round. Not on target: "
        "x.weight: its bias alone has std 3; 0.weight: its output's std is 0.5, not 1; "
        "1.weight: its output's std is 0.5, not 1; 2.weight: its output's std is 0.5, not 1; and 3 more"
    )


@pytest.mark.parametrize("output", [math.nan, math.inf, None, 0.0])
def test_what_is_not_a_number_is_not_on_target(output: float | None) -> None:
    assert not record(row(output=output)).is_calibrated
    assert json.loads(record(row(output=output)).to_json())["rows"][0]["output"] in (None, 0.0)


def test_weights_that_keep_their_rules_do_not_count() -> None:
    found = record(row(), row("e.weight", None, target=None, note="a table of embeddings"))
    assert found.verdict.startswith("calibrated: 1 output is")
    assert "a table of embeddings" in str(found)


def test_gains_are_judged_by_how_far_the_outputs_lie() -> None:
    found = record(row(output=0.5), row(output=1.2), row(output=3.0, target=2.0), method="gains")
    assert found.verdict == "drawn by gains: the outputs have 0.5 to 1.5 of the std that was asked for"
    assert record(row(output=math.nan), method="gains").verdict == "drawn by gains: outputs are NaN or infinite"


def test_a_table_has_a_row_for_each_weight_above_the_verdict_and_no_empty_columns() -> None:
    lines = str(record(row(rule="uniform(low=-0.21650635094610965, high=1e-05)"))).splitlines()
    assert lines[0].split() == ["weight", "rule", "std", "before", "std", "output", "before", "output", "target"]
    assert lines[1].split() == ["0.weight", "uniform(low=-0.216506,", "high=1e-05)", "0.25", "0.5", "0.5", "1", "1"]
    assert lines[2].startswith("calibrated")
    assert "input" in record(row(input="relu")).table()


def test_a_long_table_keeps_what_is_not_on_target() -> None:
    rows = [row(f"layers.{n}.weight", 2.0 if n == MOST_ROWS + 5 else 1.0) for n in range(MOST_ROWS + 9)]
    table = record(*rows).table()
    assert f"layers.{MOST_ROWS + 5}.weight" in table
    assert f"layers.{MOST_ROWS + 4}.weight" not in table
    assert table.endswith(f"{MOST_ROWS + 1} of {MOST_ROWS + 9} weights; table(whole=True) has all")
    assert len(record(*rows).table(whole=True).splitlines()) == MOST_ROWS + 10


def test_json_has_everything() -> None:
    found = record(row(std_before=math.nan, note="x"))
    read = json.loads(found.to_json())
    assert read["verdict"] == found.verdict
    assert read["calibrated"] is True
    assert read["rows"] == [{**vars_of(found.rows[0]), "std_before": None}]
    assert {key: read[key] for key in ("method", "seed", "tolerance", "rounds")} == {
        "method": "lsuv",
        "seed": 0,
        "tolerance": 0.01,
        "rounds": 1,
    }


def vars_of(some: CalibrationRow) -> dict[str, Any]:
    return {name: getattr(some, name) for name in CalibrationRow.__dataclass_fields__}
