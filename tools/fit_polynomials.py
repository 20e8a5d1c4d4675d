"""Fits every polynomial of the core and writes csrc/coefficients.h.

Weighted minimax fits by the Remez exchange (E. Remez, 1934; W. Fraser, JACM 12, 1965) in 60-digit
arithmetic; each coefficient is then rounded to the type that evaluates it. The header is part of
the stream's contract: tests/core/test_coefficients.py checks that this script would not change it.

    python tools/fit_polynomials.py            # rewrite csrc/coefficients.h (needs mpmath, numpy)
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from mpmath import mp, mpf

mp.dps = 60
Function = Callable[[mpf], mpf]


@dataclass(frozen=True)
class Fit:
    """`sum(c[k] * x**k)` close to `target` on [low, high], its error weighted by `weight`."""

    name: str
    formula: str
    target: Function
    weight: Function
    low: str | float
    high: str | float
    degree_float: int | None  # None if nothing computes it in this type
    degree_double: int


def horner(coefficients: list[mpf], x: mpf) -> mpf:
    return functools.reduce(lambda total, c: total * x + c, reversed(coefficients))


def remez(fit: Fit, degree: int, rounds: int = 20, grid: int = 1000) -> tuple[list[mpf], mpf]:
    """Returns the minimax coefficients (lowest power first) and the largest weighted error."""
    n = degree + 2
    low, high = mpf(fit.low), mpf(fit.high)
    mid, half = (high + low) / 2, (high - low) / 2
    points = [mid - half * mp.cos(mp.pi * k / (n - 1)) for k in range(n)]
    # The grid is dense at both ends, where the extremes of a minimax error are close together.
    xs = [mid - half * mp.cos(mp.pi * k / grid) for k in range(grid + 1)]
    targets, weights = [fit.target(x) for x in xs], [fit.weight(x) for x in xs]
    error = mpf(0)
    coefficients: list[mpf] = []
    for _ in range(rounds):
        matrix, right = mp.matrix(n, n), mp.matrix(n, 1)
        for row, x in enumerate(points):
            weight = fit.weight(x)
            for k in range(n - 1):
                matrix[row, k] = weight * x**k
            matrix[row, n - 1] = (-1) ** row
            right[row] = weight * fit.target(x)
        coefficients = list(mp.lu_solve(matrix, right))[:-1]
        errors = [(horner(coefficients, x) - t) * w for x, t, w in zip(xs, targets, weights, strict=True)]
        error = max(abs(e) for e in errors)
        # Keeps one extreme for each run of equal sign, and of these the n in a row with the largest errors.
        extremes: list[int] = []
        for i, e in enumerate(errors):
            if extremes and (e >= 0) == (errors[extremes[-1]] >= 0):
                if abs(e) > abs(errors[extremes[-1]]):
                    extremes[-1] = i
            else:
                extremes.append(i)
        while len(extremes) > n:
            ends = abs(errors[extremes[0]]), abs(errors[extremes[-1]])
            extremes.pop(0 if ends[0] < ends[1] else -1)
        if len(extremes) < n:
            break
        points = [xs[i] for i in extremes]
        if error < min(abs(errors[i]) for i in extremes) * mpf("1.001"):
            break
    return coefficients, error


def one(_: mpf) -> mpf:
    return mpf(1)


def minus_two_log1p_over(f: mpf) -> mpf:
    return -2 * mp.log1p(f) / f if f else mpf(-2)


def weight_of_log(f: mpf) -> mpf:
    """The error is relative to the smallest -2 ln U with this f: e = 0 if f < 0, e = -1 if f > 0."""
    term = -2 * mp.log1p(f)
    total = term if f <= 0 else term + 2 * mp.log(2)
    return f / total if f else mpf("0.5")


def sin_over(u: mpf) -> mpf:
    t = mp.sqrt(u)
    return mp.sin(mp.pi / 2 * t) / t if u else mp.pi / 2


def cos_less_one_over(u: mpf) -> mpf:
    return (mp.cos(mp.pi / 2 * mp.sqrt(u)) - 1) / u if u else -(mp.pi**2) / 8


@functools.cache
def normal_quantile(v: mpf) -> mpf:
    """|z| with -2 ln(4 q (1 - q)) = v, where q = 1 - Phi(|z|) is the smaller tail."""
    y = mp.exp(-v / 2)
    q = y / (2 * (1 + mp.sqrt(1 - y)))
    z = mp.sqrt(v * mpf("0.85"))
    for _ in range(100):
        step = (mp.erfc(z / mp.sqrt(2)) / 2 - q) / mp.npdf(z)
        step = step / (1 - z * step / 2) if abs(z * step) < 1 else step / 2  # Halley's method, damped far from the root
        z += step
        if abs(step) < mpf(10) ** -40 * z:
            return z
    raise ArithmeticError(f"no convergence at v = {v}")


def over_twice_phi_less_one(v: mpf) -> mpf:
    """z / d, where d = 2 Phi(z) - 1 and v = -2 ln(1 - d^2)."""
    return normal_quantile(v) / mp.sqrt(-mp.expm1(-v / 2)) if v else mp.sqrt(mp.pi / 2)


# The tails are fitted about the middle of their range. About 0 their terms would cancel each other.
NEAR, FAR = mpf("4.9"), mpf("10.3")


def near_tail(x: mpf) -> mpf:
    return normal_quantile((x + NEAR) ** 2)


def far_tail(x: mpf) -> mpf:
    return normal_quantile((x + FAR) ** 2)


def expm1_beyond_linear(r: mpf) -> mpf:
    return (mp.expm1(r) - r) / r**2 if abs(r) > mpf(10) ** -25 else mpf(1) / 2 + r / 6


FITS = (
    Fit("log", "-2 ln(1 + f) = f p(f)", minus_two_log1p_over, weight_of_log, "-0.345", "0.31", 7, 18),
    Fit("sin", "sin(pi/2 t) = t p(t^2)", sin_over, lambda u: 1 / sin_over(u), 0, 0.25, 3, 6),
    Fit(
        "cos",
        "cos(pi/2 t) = 1 + t^2 p(t^2)",
        cos_less_one_over,
        lambda u: u / mp.cos(mp.pi / 2 * mp.sqrt(u)),
        0,
        0.25,
        2,
        5,
    ),
    Fit(
        "centre",
        "z = d p(v)",
        over_twice_phi_less_one,
        lambda v: 1 / over_twice_phi_less_one(v),
        0,
        10,
        8,
        20,
    ),
    Fit("tail", "z = p(sqrt v - 4.9)", near_tail, lambda x: 1 / near_tail(x), "-1.74", "1.74", 7, 22),
    Fit(
        "far_tail",
        "z = p(sqrt v - 10.3)",
        far_tail,
        lambda x: 1 / far_tail(x),
        "-3.67",
        "3.7",
        6,
        17,
    ),
    Fit(
        "expm1",
        "e^r - 1 = r + r^2 p(r)",
        expm1_beyond_linear,
        lambda r: r**2 / mp.expm1(r) if r else mpf(0),
        "-0.3466",
        "0.3466",
        None,
        10,
    ),
)


HEADER = """\
// Polynomial coefficients of the core, lowest power first: written by tools/fit_polynomials.py, which
// says how they were fitted. Part of the stream's contract: a changed digit is a new stream version.
#pragma once

// clang-format off
namespace fastinit {

// By value and out of functions: a GPU cannot reach the constants of the host.
template <class Scalar, int kCount>
struct Polynomial {
  Scalar coefficients[kCount];
};

template <class Scalar>
struct Coefficients;
"""


def array(fit: Fit, dtype: type, degree: int) -> str:
    coefficients, error = remez(fit, degree)
    rounded = ",\n      ".join(float(dtype(mp.nstr(c, 40))).hex() + ("f" * (dtype is np.float32)) for c in coefficients)
    scalar = "float" if dtype is np.float32 else "double"
    return (
        f"  // {fit.formula} on [{fit.low}, {fit.high}], weighted error {mp.nstr(error, 2)}\n"
        f"  static constexpr Polynomial<{scalar}, {len(coefficients)}> {fit.name}() {{\n"
        f"    return {{{{\n      {rounded}}}}};\n"
        "  }\n"
    )


def header() -> str:
    parts = [HEADER]
    for scalar, dtype in (("float", np.float32), ("double", np.float64)):
        degrees = [fit.degree_float if dtype is np.float32 else fit.degree_double for fit in FITS]
        arrays = [array(fit, dtype, degree) for fit, degree in zip(FITS, degrees, strict=True) if degree is not None]
        parts.append(f"\ntemplate <>\nstruct Coefficients<{scalar}> {{\n" + "".join(arrays) + "};\n")
    return "".join(parts) + "\n}  // namespace fastinit\n// clang-format on\n"


if __name__ == "__main__":
    target = Path(__file__).parent.parent / "csrc" / "coefficients.h"
    target.write_text(header())
    print(f"wrote {target}")
