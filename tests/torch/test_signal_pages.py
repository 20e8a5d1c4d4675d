"""The first example of each page in docs/signal runs, and prints what its comments say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

pytestmark = pytest.mark.torch

FOLDER = Path(__file__).parents[2] / "docs" / "signal"


@pytest.mark.parametrize("name", ["calibrate"])
def test_the_first_example_prints_what_its_comments_say(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = (FOLDER / f"{name}.md").read_text()
    code = re.search(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert code is not None
    monkeypatch.chdir(tmp_path)
    exec(compile(code[1], f"{name}.md", "exec"), {})  # noqa: S102 - a page's own example
    assert capsys.readouterr().out.splitlines() == re.findall(r"^# (.*)$", code[1], re.MULTILINE)
