"""What the package says of itself in several files must agree."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def pyproject() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def test_citation_has_the_version_of_the_package() -> None:
    citation = (ROOT / "CITATION.cff").read_text()
    assert re.findall(r"^version: (.+)$", citation, re.MULTILINE) == [pyproject()["project"]["version"]]


def test_wheels_are_built_for_every_python_that_the_package_names() -> None:
    classifiers = pyproject()["project"]["classifiers"]
    named = {found[1] for text in classifiers if (found := re.search(r":: Python :: 3\.(\d+)$", text))}
    built = {
        found[1] for text in pyproject()["tool"]["cibuildwheel"]["build"] if (found := re.match(r"cp3(\d+)-", text))
    }
    assert named == built
    assert min(map(int, named)) == int(pyproject()["project"]["requires-python"].removeprefix(">=3."))


def test_links_lead_to_one_repository() -> None:
    urls = pyproject()["project"]["urls"]
    home = urls["Homepage"]
    beside = {urls["Issues"], urls["Source"], urls["Changelog"]}
    assert all(url.startswith(home) for url in beside)
    for name in ("CITATION.cff", "SECURITY.md"):
        found = re.findall(r"https://github\.com/[\w-]+/[\w-]+", (ROOT / name).read_text())
        assert set(found) == {home}, name
