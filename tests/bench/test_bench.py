"""The benchmark's own parts: its table, arithmetic, checks and page. None of the other libraries is needed."""

from __future__ import annotations

import itertools
import json
import math

import numpy as np
import pytest

from bench import __main__ as bench
from bench import check, limits, machine, plot, report, timing
from bench.cases import QUICK, ROWS, Peer, Subject, Work

TARGETS = {  # the speed table: (kind, dtype, threads, peer) -> at least, or at most if negative
    ("zeros", "float32", 2, "numpy fill"): 1.7,
    ("constant", "float32", 2, "numpy fill"): 1.7,
    ("uniform", "float32", 2, "torch uniform_"): 9,
    ("uniform", "float32", 2, "numpy random"): 6,
    ("normal", "float32", 2, "torch normal_"): 8,
    ("normal", "float32", 2, "numpy standard_normal"): 15,
    ("normal", "float32", 2, "jax random.normal"): 25,
    ("normal", "float32", 2, "fastinit normal"): 1.85,
    ("normal", "float32", 1, "mkl vsRngGaussian SFMT19937 ICDF"): 1.7,
    ("normal", "bfloat16", 2, "torch normal_"): 11,
    ("truncated_normal", "float32", 2, "torch nn.init.trunc_normal_"): 150,
    ("normal", "float32", 2, "fastinit normal, fresh array"): -1.35,
    ("he_normal", "float32", 2, "torch nn.init.kaiming_normal_"): 1,
}


def stored(constant: list[float], normal: list[float], torch: list[float]) -> dict:
    """A small result, as the bench writes it."""

    def subject(label: str, samples: list[float], **more: object) -> dict:
        state = {"status": "measured", "faults": []} if samples else {"status": "not installed"}
        return {"runner": label.split()[0], "label": label, "samples": samples, **state, **more}

    def work(kind: str) -> dict:
        return {
            "kind": kind,
            "dtype": "float32",
            "shape": [1024],
            "elements": 2**20,
            "bytes": 2**22,
        }

    rows = [
        {
            "name": "constant",
            "work": work("constant"),
            "subjects": [subject("fastinit constant", constant), subject("machine memset", [9.0])],
        },
        {
            "name": "normal",
            "work": work("normal"),
            "subjects": [
                subject("fastinit normal", normal),
                subject("torch normal_", torch, target=8, at_most=False),
            ],
        },
    ]
    return {
        "quick": False,
        "repeats": 3,
        "machine": {**machine.describe(), "taken_by_others": 0.01},
        "versions": {"fastinit": "1"},
        "rows": rows,
        "limits": limits.write_limits(rows),
    }


def test_table_has_every_target() -> None:
    found = {}
    for row in ROWS:
        for peer in row.peers:
            if peer.target is not None:
                name = f"{peer.subject.runner} {peer.subject.call}"
                key = (row.work.kind, row.work.dtype, row.subject.threads, name)
                found[key] = -peer.target if peer.at_most else peer.target
    assert found == TARGETS


def test_targets_are_on_full_size() -> None:
    sizes = {row.name: row.work.elements for row in ROWS if any(peer.target for peer in row.peers)}
    assert sizes.pop("fresh-1-gib") * 4 == 2**30
    assert sizes.pop("he-normal-64x64") == 64 * 64
    assert set(sizes.values()) == {2**26}


def test_quick_cuts_the_first_axis_only() -> None:
    assert Work("normal").at_most(QUICK).shape == (QUICK,)
    assert Work("he_normal", shape=(64, 64)).at_most(QUICK).shape == (64, 64)
    assert Work("x", shape=(16, 4096, 4096)).at_most(QUICK).shape == (1, 4096, 4096)


def test_labels_are_unique_within_a_row() -> None:
    for row in ROWS:
        labels = [subject.label for subject in row.subjects]
        assert len(set(labels)) == len(labels), row.name


def test_summary_and_ratio() -> None:
    assert timing.summary([4.0, 1.0, 2.0, 3.0, 5.0]) == timing.Summary(1.0, 3.0, 2 / 3)
    assert timing.summary([2.0]) == timing.Summary(2.0, 2.0, 0.0)
    assert timing.ratio([8.0, 9.0], [2.0, 1.0]) == 8.0
    assert timing.median_ratio([8.0, 9.0, 20.0], [3.0, 1.0, 2.0]) == 4.5


def test_short_calls_are_repeated() -> None:
    assert timing.calls_for(10.0) == 1
    assert timing.calls_for(timing.SHORTEST_SAMPLE / 1000) == 1000
    numbers = itertools.count(1)
    seconds, last = timing.seconds_of(lambda: next(numbers), 5)
    assert last == 5
    assert seconds >= 0


def right_sample(work: Work) -> np.ndarray:
    """Made with NumPy, in the law's own words."""
    draw = np.random.default_rng(0)
    if work.kind == "truncated_normal":
        wide = draw.standard_normal(2 * work.elements)
        return wide[np.abs(wide) < 2][: work.elements].astype("float32")
    return {
        "zeros": lambda: np.zeros(work.shape),
        "constant": lambda: np.full(work.shape, check.CONSTANT),
        "uniform": lambda: draw.random(work.shape),
        "normal": lambda: draw.standard_normal(work.shape),
        "he_normal": lambda: draw.standard_normal(work.shape) * math.sqrt(2 / work.shape[0]),
        "random_bits": lambda: draw.integers(2**32, size=work.shape),
        "orthogonal": lambda: np.linalg.qr(draw.standard_normal(work.shape))[0],
    }[work.kind]().astype(np.dtype(work.dtype))


SIZES = {"he_normal": (64, 64), "orthogonal": (64, 64)}
WORKS = [Work(row.work.kind, row.work.dtype, SIZES.get(row.work.kind, (2**18,))) for row in ROWS]


@pytest.mark.parametrize("work", sorted(set(WORKS), key=str), ids=str)
def test_check_accepts_a_right_sample_and_rejects_wrong_ones(work: Work) -> None:
    right = right_sample(work)
    assert check.faults(right, work) == []
    scaled = right.astype("float64") * 1.1
    wrong = [right.astype("float64") + 0.05 * max(1.0, float(right.astype("float64").std()))]
    wrong += [] if work.kind == "zeros" else [scaled]
    for array in wrong:
        assert check.faults(array, work)


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (lambda a: a.__setitem__(5, np.nan), "finite"),
        (lambda a: a.__setitem__(5, np.inf), "finite"),
        (lambda a: a.__setitem__(5, 9.0), "max is 9 "),
        (lambda a: a.__setitem__(5, -9.0), "min is -9 "),
        (lambda a: np.clip(a, -3, 3, out=a), "max is 3 "),
        (lambda a: a.__setitem__(slice(0, 2**12), 77.0), "mean is"),
        (lambda a: np.abs(a, out=a), "mean is"),
    ],
)
def test_check_names_the_fault(spoil, fault: str) -> None:
    array = right_sample(Work("normal", shape=(2**18,)))
    spoil(array)
    assert any(fault in text for text in check.faults(array, Work("normal", shape=(2**18,))))


def test_limit_is_the_fastest_constant_fill() -> None:
    result = stored(constant=[2.0, 1.0], normal=[0.5], torch=[])
    best = {"seconds_per_byte": 1.0 / 2**22, "subject": "fastinit constant"}
    assert result["limits"] == {"constant": best}
    constant, normal = result["rows"]
    assert limits.limit_of(normal, result["limits"]) == 1.0
    zeros = {**constant, "name": "zeros", "work": {**constant["work"], "kind": "zeros"}}
    assert math.isnan(limits.limit_of(zeros, result["limits"]))
    assert limits.write_limits([zeros]) == {"zeros": best}
    assert limits.write_limits([]) == {}


def test_page_tells_met_missed_and_absent() -> None:
    met = report.page(stored(constant=[1.0], normal=[2.0], torch=[16.0]))
    assert "| at least 8x | met" in met
    assert "8.00x" in met
    assert "50.0%" in met
    missed = report.page(stored(constant=[1.0], normal=[2.0], torch=[12.0]))
    assert "missed by 25%" in missed
    assert "arithmetic: it writes at 50% of the limit" in missed
    near = report.page(stored(constant=[1.0], normal=[1.25], torch=[5.0]))
    assert "memory: it writes at 80% of the limit" in near
    assert "5.00x as fast as this" in near
    assert "not installed" in report.page(stored(constant=[1.0], normal=[2.0], torch=[]))


def test_at_most_target_is_judged_the_other_way() -> None:
    result = stored(constant=[1.0], normal=[2.0], torch=[3.0])
    result["rows"][1]["subjects"][1].update(target=1.35, at_most=True)
    *_, verdict = report.verdicts(result)
    assert not verdict.met
    assert verdict.goal == "at most 1.35x"


def test_render_writes_page_plot_result_and_summary(tmp_path) -> None:
    pytest.importorskip("matplotlib")
    source = tmp_path / "result.json"
    source.write_text(json.dumps(stored(constant=[1.0], normal=[2.0], torch=[6.0])))
    summary = tmp_path / "docs" / "speed.md"
    summary.parent.mkdir()
    marks = ("before\n<!-- speed: made by the bench -->\n", "<!-- end of speed -->\nafter\n")
    summary.write_text("old".join(marks))
    assert bench.main(["--render", str(source), "--docs", str(tmp_path / "docs")]) == 0
    assert (tmp_path / "docs/benchmarks.json").read_text() == source.read_text()
    assert (tmp_path / "docs/benchmarks.md").read_text().startswith("# Benchmarks")
    assert (tmp_path / "docs/speed.png").read_bytes().startswith(b"\x89PNG")
    picture = (tmp_path / "docs/benchmarks.svg").read_text()
    for text in ("fastinit normal", "torch normal_", "memory's write limit", machine.describe()["processor"]):
        assert text in picture
    text = summary.read_text()
    assert text.startswith(marks[0])
    assert text.endswith(marks[1])
    assert "3x" in text


def test_picture_says_what_is_not_installed_and_is_the_same_again(tmp_path) -> None:
    pytest.importorskip("matplotlib")
    result = stored(constant=[1.0], normal=[2.0], torch=[])
    for name in ("first.svg", "second.svg"):
        plot.plot(result, tmp_path / name)
    first, second = ((tmp_path / name).read_text() for name in ("first.svg", "second.svg"))
    assert ">not installed</text>" in first
    assert first == second


def test_every_runner_has_a_colour_of_its_own() -> None:
    runners = {subject.runner for row in ROWS for subject in row.subjects}
    assert len({plot.colour_of(runner) for runner in runners}) == len(runners)


def test_absence_is_an_error_for_fastinit_and_for_required_peers() -> None:
    result = stored(constant=[1.0], normal=[2.0], torch=[])
    result["rows"][1]["subjects"][1]["reason"] = "No module named 'torch'"
    assert bench.problems(result, require_peers=False) == []
    (problem,) = bench.problems(result, require_peers=True)
    assert problem == "normal: torch normal_: not installed: No module named 'torch'"


def test_time_taken_by_others() -> None:
    before = machine.Processors(busy=100, own=50, everything=1000)
    after = machine.Processors(busy=190, own=130, everything=1200)
    assert after.taken_by_others(before) == 0.05
    assert before.taken_by_others(after) == 0
    first = machine.Processors.read()
    assert 0 <= machine.Processors.read().taken_by_others(first) <= 1


def test_unknown_row_is_named() -> None:
    with pytest.raises(SystemExit, match=r"`--rows` must name rows of .*, got \['nope'\]"):
        bench.chosen(["nope"])


def test_peer_target_reads_as_peer_over_subject() -> None:
    peer = Peer(Subject("torch", "normal_", threads=2), 8)
    assert peer.subject.label == "torch normal_, 2 threads"
    assert not peer.at_most
