"""The benchmark of the adapters: its rows and targets, its arithmetic and clock, and its page."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
import json
import math
import os
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import fastinit
from bench import machine
from bench.adapters import __main__ as bench
from bench.adapters import cases, report
from bench.adapters.cases import (
    BARE,
    FRAMEWORKS,
    OURS,
    PLAIN,
    ROWS,
    THEIRS,
    Call,
    Piece,
    Row,
    Values,
)
from bench.adapters.runners import Clock, Prepared, core_clock
from bench.adapters.worker import Side, _Task
from bench.worker import Remote, attempt

if TYPE_CHECKING:
    from pathlib import Path

WEIGHTS = {"GPT-2 124M": 124_318_464, "Llama-3.2-1B": 1_235_746_816}


def test_targets_are_those_of_the_plan() -> None:
    large = {(r.framework, r.call.initializer): r.targets for r in ROWS if r.model and r.targets}
    assert large == {
        ("torch", "kaiming_normal_"): {THEIRS: 6},
        ("torch", "trunc_normal_"): {THEIRS: 80},
    }
    small = [row for row in ROWS if row.model is None]
    assert all(row.targets == {THEIRS: 1} for row in small if row.framework != "layers")
    layers = {row.sides[0]: row.targets[PLAIN] for row in small if row.framework == "layers"}
    assert layers == {"accelerate": 1, "init_model": 0.5, "build": 0.5}


def test_small_tensors_are_64_x_64() -> None:
    kernels = {(64, 64, 3), (3, 64, 64)}
    assert {row.call.shape for row in ROWS if row.model is None} == {(64, 64), *kernels}


def test_names_and_labels_are_unique() -> None:
    assert len({row.name for row in ROWS}) == len(ROWS)
    for row in ROWS:
        assert len({row.label(side) for side in row.sides}) == len(row.sides)


@pytest.mark.torch
def test_every_function_of_torch_that_differs_is_measured() -> None:
    pytest.importorskip("torch")
    ours, theirs = (importlib.import_module(name) for name in ("fastinit.torch", "torch.nn.init"))
    names = {name for name in ours.__all__ if name.endswith("_") and getattr(ours, name) is not getattr(theirs, name)}
    assert names == cases.TORCH.keys()


@pytest.mark.keras
def test_every_class_of_keras_that_differs_is_measured() -> None:
    pytest.importorskip("keras")
    classes = importlib.import_module("fastinit.keras.initializers").BY_KERAS_CLASS.values()
    assert {cls.__name__ for cls in classes} == cases.KERAS.keys()


@pytest.mark.jax
def test_every_function_of_jax_that_differs_is_measured() -> None:
    jax = pytest.importorskip("jax")
    ours, theirs = importlib.import_module("fastinit.jax"), jax.nn.initializers
    names = {
        name for name in ours.__all__ if hasattr(theirs, name) and getattr(ours, name) is not getattr(theirs, name)
    }
    aliases = {name for name in names if name.startswith(("xavier", "kaiming"))}
    assert names - aliases == cases.JAX.keys()


@pytest.mark.parametrize("model", [cases.GPT2, cases.LLAMA, cases.GPT2_BUILT], ids=str)
@pytest.mark.parametrize("quick", [False, True])
def test_pieces_stand_for_every_weight_of_the_model(model: cases.Model, quick: bool) -> None:
    pieces = model.pieces(quick=quick)
    assert sum(piece.elements * piece.weight for piece in pieces) == WEIGHTS[model.name]
    if model.drawn != cases.BUILT:
        most = cases.QUICK_ELEMENTS if quick else cases.MOST_ELEMENTS
        assert all(piece.elements <= most for piece in pieces)


def test_one_tensor_of_each_shape_counts_for_all() -> None:
    pieces = cases.one_of_each([(8, 2), (4, 4), (8, 2)], most=8)
    assert pieces == (Piece((4, 2), 4.0), Piece((2, 4), 2.0))


def test_all_of_gpt2_is_drawn_and_a_part_of_llama() -> None:
    assert all(piece.weight == 1 for piece in cases.GPT2.pieces())
    assert len(cases.GPT2.pieces()) == 50
    assert {piece.weight for piece in cases.LLAMA.pieces()} == {128256 / 2**15, 16, 32}


def draw(values: Values, fan_axes: tuple[int, int], seed: int = 1) -> np.ndarray:
    """A right array for `values`, by fastinit's own functions."""
    shape, layout = (600, 200), "torch" if fan_axes == (1, 0) else "keras"
    if values.distribution == "constant":
        return fastinit.constant(shape, values.mean)
    if values.distribution == "orthogonal":
        return fastinit.orthogonal((64, 64), seed=seed)
    if values.mode:
        return fastinit.variance_scaling(
            shape,
            scale=values.scale,
            mode=values.mode,
            distribution=values.distribution,
            layout=layout,
            seed=seed,
        )
    std = math.sqrt(values.scale)
    half = math.sqrt(3) * std
    return {
        "normal": lambda: fastinit.normal(shape, std=std, seed=seed),
        "uniform": lambda: fastinit.uniform(shape, low=values.mean - half, high=values.mean + half, seed=seed),
        "truncated_normal": lambda: fastinit.truncated_normal(shape, std=std / 0.8796256610342398, seed=seed),
    }[values.distribution]()


CHECKED = {(row.call.values, FRAMEWORKS[row.framework].fan_axes) for row in ROWS if row.call.values.distribution}


@pytest.mark.parametrize(("values", "fan_axes"), sorted(CHECKED, key=str))
def test_check_accepts_right_values_and_rejects_wrong_ones(values: Values, fan_axes: tuple[int, int]) -> None:
    right = draw(values, fan_axes)
    assert values.faults(right, "float32", fan_axes) == []
    assert values.faults(right * np.float32(1.05) + np.float32(0.01), "float32", fan_axes)
    if values.mode == "fan_in":  # the fan of the other axis
        assert values.faults(draw(values, fan_axes[::-1]), "float32", fan_axes)


def task_of(*pieces: Piece, sleep: float, clock: Clock | None = None) -> _Task:
    """A task whose calls sleep and draw; `clock` measures the sleep in place of the core."""
    rest = clock.timed(time.sleep) if clock else time.sleep

    class Runner:
        def clock(self, side: str) -> Any:
            return contextlib.nullcontext(clock) if clock else core_clock(side)

        def versions(self) -> dict[str, str]:
            return {"fake": "1"}

        def prepare(self, *_: object) -> Prepared:
            def call(shape: tuple[int, ...]) -> Any:
                rest(sleep)
                return fastinit.normal(shape, std=0.02, seed=1)

            return Prepared([lambda shape=piece.shape: call(shape) for piece in pieces])

    class Fake(Row):
        def pieces(self, *, quick: bool = False) -> tuple[Piece, ...]:
            del quick
            return pieces

    row = Fake("jax", Call("normal", Values("normal", 0.02**2)), model=cases.LLAMA)
    return _Task(row, Runner(), OURS, quick=False)


def test_pass_weighs_each_tensor_and_checks_each_shape() -> None:
    task = task_of(Piece((100, 100), 10.0), Piece((10, 10), 1.0), sleep=0.02)
    about = task.begin()
    assert about["faults"] == []
    assert about["versions"] == {"fake": "1"}
    assert task.sample() >= 0.22
    assert 0.04 <= about["takes"] < about["seconds_first"]


def test_wrong_values_are_faults_of_their_shape() -> None:
    task = task_of(Piece((100, 100)), Piece((50, 50)), sleep=0.0)
    task._row = dataclasses.replace(task._row, call=Call("normal", Values("normal", 1.0)))
    faults = task.begin()["faults"]
    assert {fault.partition(":")[0] for fault in faults} == {"100 x 100", "50 x 50"}


def test_draws_are_the_time_in_the_core_alone() -> None:
    task = task_of(Piece((2000, 1000), 10.0), sleep=0.2)
    start = time.perf_counter()
    draws = task.draws()
    whole = 10 * (time.perf_counter() - start)
    assert draws is not None
    assert 0 < draws < whole - 2  # of which 2 s are the sleep


def test_draws_weigh_each_tensor_as_a_pass_does() -> None:
    task = task_of(Piece((10, 10), 10.0), Piece((20, 20), 2.0), sleep=0.02, clock=Clock())
    draws = task.draws()
    assert draws is not None
    assert draws >= 0.24


def test_clock_adds_up_and_leaves_the_core_as_it_was() -> None:
    from fastinit import _core

    before = (_core.fill, _core.fill_pattern)
    with core_clock(OURS) as clock:
        assert clock is not None
        fastinit.normal((1000, 100), seed=1)
        first = clock.seconds
        fastinit.constant((1000, 100), 0.5)
    assert 0 < first < clock.seconds
    assert (_core.fill, _core.fill_pattern) == before
    with core_clock(THEIRS) as none:
        assert none is None


def test_clock_counts_a_call_that_fails() -> None:
    clock = Clock()

    def fail() -> None:
        time.sleep(0.01)
        raise ValueError

    with pytest.raises(ValueError):
        clock.timed(fail)()
    assert clock.seconds >= 0.01


@pytest.mark.parametrize(("takes", "samples"), [(0.1, 5), (1.5, 2), (9.0, 2)], ids=["quick", "slow", "long"])
def test_slow_passes_take_fewer_samples(takes: float, samples: int) -> None:
    class Fake:
        def begin(self, _row: object) -> dict[str, Any]:
            return {"status": "measured", "seconds_first": takes, "takes": takes}

        def sample(self) -> float:
            return takes

        def draws(self) -> float:
            return takes / 2

    sides: Any = {side: Fake() for side in (OURS, THEIRS)}
    measured = bench.measure(ROWS[0], sides, 5, quick=True)
    assert [len(subject["samples"]) for subject in measured["subjects"]] == [samples, samples]
    assert measured["work"]["elements"] == WEIGHTS["GPT-2 124M"]


@pytest.mark.torch
def test_sides_of_torch_work_in_processes_of_their_own() -> None:
    pytest.importorskip("torch")
    rows = [row for row in ROWS if row.framework == "torch" and row.call.initializer == "normal_"]
    sides = {side: Side("torch", side, True) for side in (OURS, THEIRS)}
    for side in sides.values():
        side.wait()
    measured = [bench.measure(row, sides, 2, quick=True) for row in rows]
    for side in sides.values():
        side.close()
    for row in measured:
        ours, theirs = row["subjects"]
        for subject in (ours, theirs):
            assert subject["status"] == "measured"
            assert subject["faults"] == []
            assert len(subject["samples"]) == 2
            assert "torch" in subject["versions"]
        assert ours["draws"]
        assert not theirs["draws"]


def exit_at_once(_pipe: object) -> None:
    os._exit(3)


def test_process_that_ends_is_told_and_not_waited_for() -> None:
    remote = Remote(exit_at_once, environment={})
    found = attempt(remote.receive)
    assert found["status"] == "failed"
    assert found["reason"] == "RuntimeError: the process ended with 3"
    with pytest.raises(RuntimeError, match="ended with 3"):
        remote.ask("sample")
    remote.close()


def test_absent_framework_is_told_and_an_error_only_if_required(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    absent = {"status": "not installed", "reason": "No module named 'torch'"}
    monkeypatch.setattr(bench, "Side", lambda *_: FakeSide(absent))
    result = bench.run(["transformers"], 2, quick=True)
    assert "not installed" in report.page(result)
    assert bench.wrong(result, require_peers=False) == []
    assert bench.wrong(result, require_peers=True)


def test_broken_adapter_is_always_an_error() -> None:
    result = stored(ours=[1.0], theirs=[8.0], draws=[0.5])
    ours = result["rows"][0]["subjects"][0]
    ours.update(status="failed", reason="ValueError: x", samples=[])
    found = bench.wrong(result, require_peers=False)
    assert found == ["torch kaiming_normal_: fastinit.torch.kaiming_normal_: failed: ValueError: x"]


class FakeSide:
    """A side whose framework is absent."""

    def __init__(self, about: dict[str, Any]) -> None:
        self._about = about

    def wait(self) -> None:
        pass

    def begin(self, _row: object) -> dict[str, Any]:
        return dict(self._about)

    def close(self) -> None:
        pass


def stored(ours: list[float], theirs: list[float], draws: list[float]) -> dict[str, Any]:
    """A small result, as the bench writes it."""

    def row(framework: str, kind: str, model: str | None, target: float | None) -> dict[str, Any]:
        def subject(side: str, samples: list[float], **more: Any) -> dict[str, Any]:
            about = {"status": "measured", "faults": [], "samples": samples, **more}
            label = FRAMEWORKS[framework].label(side, kind)
            runner = framework if side in (THEIRS, PLAIN, BARE) else "fastinit"
            return {"runner": runner, "label": label, "at_most": False, "target": None, **about}

        own, other = list(FRAMEWORKS[framework].names)[:: 2 if framework == "transformers" else 1][:2]
        return {
            "name": f"{framework} {kind}",
            "framework": framework,
            "model": model,
            "work": {
                "kind": kind,
                "dtype": "float32",
                "tensors": model or "64 x 64",
                "elements": 10**6,
            },
            "subjects": [
                subject(own, ours, draws=draws),
                subject(other, theirs, target=target, draws=[]),
            ],
        }

    rows = [
        row("torch", "kaiming_normal_", "GPT-2 124M", 6.0),
        row("torch", "orthogonal_", None, 1.0),
        row("jax", "he_normal", "GPT-2 124M", None),
        row("transformers", cases.BUILD.initializer, "GPT-2 124M", None),
    ]
    return {
        "quick": False,
        "repeats": 7,
        "machine": {**machine.describe(), "taken_by_others": 0.01},
        "versions": {"fastinit": "1"},
        "rows": rows,
    }


def test_page_tells_met_and_missed_and_what_bounds() -> None:
    met = report.page(stored(ours=[1.0], theirs=[8.0], draws=[0.75]))
    assert "at least 6x | met" in met
    assert " 25% |" in met
    assert "\nNone.\n" in met
    missed = report.page(stored(ours=[2.0], theirs=[9.0], draws=[1.5]))
    assert "at least 6x | missed by 25%" in missed
    assert "the draws themselves; 25% of 2 s are outside of the draws" in missed
    assert "with the draws alone it would be 6x" in missed


@pytest.mark.parametrize(
    ("draws", "bound"),
    [
        (0.5, "the cost of a call; 75% of 2 s"),
        (0.0, "nothing is drawn; 1 s of 2 s are added"),
    ],
)
def test_bound_of_a_small_call_is_made_from_its_times(draws: float, bound: str) -> None:
    page = report.page(stored(ours=[2.0], theirs=[1.0], draws=[draws]))
    assert bound in page


def test_wrong_values_are_shown_with_whose_they_are() -> None:
    result = stored(ours=[1.0], theirs=[8.0], draws=[0.5])
    result["rows"][0]["subjects"][1]["faults"] = ["2 x 2: std is 2 where 1 is expected"]
    text = "1 faults; torch.nn.init.kaiming_normal_: 2 x 2: std is 2 where 1 is expected"
    assert text in report.page(result)


def test_times_read_in_the_unit_that_suits() -> None:
    assert [report.seconds(s) for s in (12.345, 0.01234, 3.4e-6, 2e-7)] == [
        "12.3 s",
        "12.3 ms",
        "3.4 us",
        "0.2 us",
    ]


def test_render_writes_page_result_and_summary(tmp_path: Path) -> None:
    source = tmp_path / "result.json"
    source.write_text(json.dumps(stored([1.0], [8.0], [0.5])))
    summary = tmp_path / "docs" / "speed.md"
    summary.parent.mkdir()
    marks = ("before\n<!-- adapters: made by the bench -->\n", "<!-- end of adapters -->\nafter\n")
    summary.write_text("old".join(marks))
    assert bench.main(["--render", str(source), "--docs", str(tmp_path / "docs")]) == 0
    stem = tmp_path / "docs" / "benchmarks-adapters"
    assert stem.with_suffix(".json").read_text() == source.read_text()
    assert stem.with_suffix(".md").read_text().startswith("# Benchmarks: adapters")
    text = summary.read_text()
    assert text.startswith(marks[0])
    assert text.endswith(marks[1])
    assert text.count(" 8x |") == 3  # no small tensors
