"""The first example of a page in docs/signal prints what its comments say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.project.pages import blocks_of, run

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("torch")
pytestmark = pytest.mark.torch


@pytest.mark.parametrize("page", ["calibrate"])
def test_the_first_example_prints_what_its_comments_say(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = next(iter(blocks_of(f"signal/{page}.md").values()))
    monkeypatch.chdir(tmp_path)  # where the example writes its recipe
    assert run(code, tmp_path).splitlines() == re.findall(r"^# (.*)$", code, re.MULTILINE)
