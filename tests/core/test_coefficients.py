"""The core's polynomials are the ones that their script fits."""

from __future__ import annotations

import pathlib
import runpy

ROOT = pathlib.Path(__file__).parents[2]


def test_header_is_what_the_script_writes() -> None:
    script = runpy.run_path(str(ROOT / "tools" / "fit_polynomials.py"))
    assert script["header"]() == (ROOT / "csrc" / "coefficients.h").read_text()
