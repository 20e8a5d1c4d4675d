"""The page, made only from a result, and the models that an earlier result had and this one has lost."""

from __future__ import annotations

import json
import re
import textwrap
from collections import defaultdict
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

from bench.tables import render_page, table

from .steps import BUILDS, STEPS

if TYPE_CHECKING:
    from collections.abc import Iterator

TEMPLATE = Path(__file__).with_name("page.md")
NAME = "models"
_NAMED = 3  # models in a row of reasons
LONGEST = 110

Row = dict[str, Any]


def dumps(result: dict[str, Any]) -> str:
    """A result as JSON with a line for each model."""
    head = json.dumps({key: value for key, value in result.items() if key != "models"}, indent=1)
    lists = []
    for source, rows in result["models"].items():
        lines = [f"   {json.dumps(name)}: {json.dumps(row)}" for name, row in sorted(rows.items())]
        lists.append(f"  {json.dumps(source)}: {{\n" + ",\n".join(lines) + "\n  }")
    return head.removesuffix("\n}") + ',\n "models": {\n' + ",\n".join(lists) + "\n }\n}\n"


def lost(result: dict[str, Any], before: dict[str, Any]) -> Iterator[str]:
    """What passed in an earlier result and fails in this one, of the models that this one tried."""
    for source, rows in result["models"].items():
        for name, row in rows.items():
            earlier = before["models"].get(source, {}).get(name, {"passed": []})
            for step in earlier["passed"]:
                if step not in row["passed"]:
                    why = "; ".join(row["failed"].values()) or "not tried"
                    yield f"{source} {name}: {step} passed before, now: {why}"
                    break


def page(result: dict[str, Any]) -> str:
    """docs/models.md; the words around the numbers are in page.md."""
    versions = ", ".join(f"{name} {text}" for name, text in result["versions"].items())
    fields = {
        **result["machine"],
        "versions": versions,
        "minutes": f"{result['seconds'] / 60:.0f}",
        "jobs": result["jobs"],
        "summary": summary(result),
        "failures": failures(result) or "None.",
        "unbuilt": unbuilt(result) or "None.",
        "outliers": outliers(result),
        "notes": "" if result["complete"] else "\n**A run of some of the models only.**\n",
    }
    return Template(TEMPLATE.read_text()).substitute(fields)


def summary(result: dict[str, Any]) -> str:
    """How many models of each source passed each step, also as a share of the models that build."""
    lines = []
    for source, rows in result["models"].items():
        counts = {step: sum(step in row["passed"] for row in rows.values()) for step in STEPS}
        columns = result["columns"][source]
        cells = [_share(counts[step], counts[BUILDS]) if step in columns else "" for step in STEPS[1:]]
        lines.append((source, f"{len(rows)}", f"{counts[BUILDS]}", *cells))
    return table(("models of", "there are", *STEPS), lines)


def _share(count: int, of: int) -> str:
    return f"{count} ({count / of:.1%})" if of and count < of else f"{count}"


def failures(result: dict[str, Any]) -> str:
    """The models that build and do not come all the way, by reason."""
    return _by_reason(result, lambda step: step != BUILDS)


def unbuilt(result: dict[str, Any]) -> str:
    """The models that their own library did not build here, by reason."""
    return _by_reason(result, lambda step: step == BUILDS)


def outliers(result: dict[str, Any]) -> str:
    """The models where outliers of the library's own were left out."""
    found = [
        f"{source} {name}" for source, rows in result["models"].items() for name, row in rows.items() if row["notes"]
    ]
    return ", ".join(found) or "no model"


def _by_reason(result: dict[str, Any], counts: Any) -> str:
    groups: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for source, rows in result["models"].items():
        for name, row in rows.items():
            for step, why in row["failed"].items():
                if counts(step):
                    groups[source, step, kind(why)].append(name)
    ordered = sorted(groups.items(), key=lambda group: (STEPS.index(group[0][1]), -len(group[1]), group[0]))
    lines = [(source, step, f"{len(names)}", why, _some(names)) for (source, step, why), names in ordered]
    return table(("models of", "fails at", "models", "since", "such as"), lines) if lines else ""


def _some(names: list[str]) -> str:
    more = f", and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def kind(why: str) -> str:
    """A reason without what only one model has: names of tensors, shapes, numbers."""
    derived = re.search(r"has values that cannot be derived: it is (.*?) by the model's own code", why)
    if derived:
        return f"a tensor is {derived[1]} by the model's own code"
    package = re.search(r"^ImportError: \w+ requires the (\w+) library", why)
    if package:
        return f"needs {package[1]}"
    text = re.sub(r"^ValueError: (no[t ][\w -]*\w)[:;].*", r"\1", why).removeprefix("ValueError: ")
    text = re.sub(r"^(\w+Error: )?(own/)?config\.json: ", r"\1", text)
    text = re.sub(r"'[^']*'", "'...'", text)
    text = re.sub(r"^(\w+Error: )[\w.]+\.[\w.]+: ", r"\1", text)  # a tensor's name
    text = re.sub(r"(?<![A-Za-z\d])\d+(\.\d+)?(e[+-]?\d+)?", "N", text)
    text = re.sub(r"('\.\.\.', )+'\.\.\.'", "'...'", text).replace("|", "/")
    return textwrap.shorten(text, LONGEST, placeholder=" ...")


def render(source: Path, docs: Path) -> list[Path]:
    """Writes models.json (a copy of `source`) and models.md to `docs`."""
    return render_page(source, docs, NAME, page)
