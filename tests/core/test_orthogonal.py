"""Orthogonal matrices: the contract's bits, the Haar measure, orthogonality, and an end on Ctrl-C."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from scipy import stats

import fastinit
from tests.core import orthogonal_model

MANY = 3000
SIZE = 6


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(1, 1), (5, 3), (3, 5), (33, 33), (70, 100)])
def test_model_gives_the_same_bits(shape: tuple[int, int], dtype: str) -> None:
    options: dict[str, Any] = {"gain": 1.5, "dtype": dtype, "seed": 3, "stream": 5}
    drawn, modelled = fastinit.orthogonal(shape, **options), orthogonal_model.orthogonal(*shape, **options)
    assert drawn.tobytes() == modelled.tobytes()


def haar() -> np.ndarray[Any, Any]:
    return np.array([fastinit.orthogonal((SIZE, SIZE), seed=1, stream=k, dtype="float64") for k in range(MANY)])


def without_signs() -> np.ndarray[Any, Any]:
    """LAPACK's own sign convention, which is not uniform."""
    return np.linalg.qr(np.random.default_rng(1).normal(size=(MANY, SIZE, SIZE)))[0]


def rotations_only() -> np.ndarray[Any, Any]:
    """The first column turned wherever the determinant is -1."""
    drawn = haar()
    drawn[:, :, 0] *= np.sign(np.linalg.det(drawn))[:, None]
    return drawn


def sigmas(values: np.ndarray[Any, Any], expected: float) -> float:
    return float(abs(values.mean() - expected) / (values.std() / np.sqrt(len(values)) + 1e-12))


def faults(drawn: np.ndarray[Any, Any]) -> list[str]:
    """What the Haar measure on O(6) would not show in one of some hundred samples."""
    traces = [np.trace(np.linalg.matrix_power(drawn, k), axis1=1, axis2=2) for k in (1, 2, 3)]
    # Moments of traces: Diaconis and Evans, Trans. AMS 353(7), 2001, theorem 4.
    moments = {
        "tr": (traces[0], 0.0),
        "tr^2": (traces[0] ** 2, 1.0),
        "tr^4": (traces[0] ** 4, 3.0),
        "tr Q^2": (traces[1], 1.0),
        "(tr Q^2)^2": (traces[1] ** 2, 3.0),
        "tr Q^3": (traces[2], 0.0),
        "(tr Q^3)^2": (traces[2] ** 2, 3.0),
        "det": (np.linalg.det(drawn), 0.0),
        "an entry^4": (drawn[:, 2, 3] ** 4, 3 / (SIZE * (SIZE + 2))),
        "entries of a column": (drawn[:, 0, 1] ** 2 * drawn[:, 3, 1] ** 2, 1 / (SIZE * (SIZE + 2))),
    }
    found = [name for name, (values, expected) in moments.items() if sigmas(values, expected) > 4]
    # An entry squared is beta distributed; spacings of eigenvalues are those of an independent sampler.
    for row, column in ((0, 0), (SIZE - 1, SIZE - 1), (1, 4)):
        if stats.kstest(drawn[:, row, column] ** 2, stats.beta(0.5, (SIZE - 1) / 2).cdf).pvalue < 1e-4:
            found.append(f"entry {row}, {column}")
    theirs = stats.ortho_group.rvs(SIZE, size=MANY, random_state=7)
    if stats.ks_2samp(spacings(drawn), spacings(theirs)).pvalue < 1e-4:
        found.append("eigenvalues")
    return found


def spacings(drawn: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The distance of one eigenvalue of each matrix to the next on the circle."""
    angles = np.sort(np.angle(np.linalg.eigvals(drawn)), axis=1)
    gaps: np.ndarray[Any, Any] = angles[:, 4] - angles[:, 3]
    return gaps


def test_matrices_are_uniform() -> None:
    assert faults(haar()) == []


def test_other_measures_are_noticed() -> None:
    assert {"tr", "tr^2"} <= set(faults(without_signs()))
    assert "det" in faults(rotations_only())
    assert "eigenvalues" in faults(np.linalg.qr(haar() + 0.6 * np.eye(SIZE))[0])


@pytest.mark.parametrize("shape", [(64, 64), (1000, 300), (300, 1000), (1536, 1536)])
def test_error_of_orthogonality(shape: tuple[int, int]) -> None:
    for dtype, epsilon in (("float32", 2.0**-23), ("float64", 2.0**-52)):
        assert error(shape, dtype) <= 2 * np.sqrt(min(shape)) * epsilon


@pytest.mark.slow
def test_error_of_orthogonality_at_8192() -> None:
    assert error((8192, 8192), "float32") <= 2 * np.sqrt(8192) * 2.0**-23


def error(shape: tuple[int, int], dtype: str) -> float:
    drawn = fastinit.orthogonal(shape, dtype=dtype, seed=1).astype(np.longdouble if min(shape) < 100 else np.float64)
    tall = drawn if shape[0] >= shape[1] else drawn.T
    return float(abs(tall.T @ tall - np.eye(tall.shape[1])).max())


def test_ctrl_c_ends_a_large_matrix_within_a_second() -> None:
    code = """
import os, signal, threading, time, fastinit
from fastinit import _core
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job begins without
_core.set_isa("scalar")
sent = []
def press():
    sent.append(time.monotonic())
    os.kill(os.getpid(), signal.SIGINT)
threading.Timer(0.5, press).start()
try:
    fastinit.orthogonal((6000, 6000), seed=1)
except KeyboardInterrupt:
    print(time.monotonic() - sent[0])
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert float(run.stdout) < 1
