"""Audits the CUDA kernels of a built extension: no GPU needed, only `cuobjdump`.

The PTX and the machine code of every kernel must follow the rules of docs/cuda.md: exactly rounded
float instructions with explicit rounding, nothing flushed, no local memory, no spills, whole groups
in 128-bit stores. The issue slots per element are counted, and must not exceed those of the last
audit in docs/cuda.json.

    python tools/audit_cuda.py            # print; exit status 1 if a rule is broken or a count grew
    python tools/audit_cuda.py --write    # also update docs/cuda.md and docs/cuda.json
    python tools/audit_cuda.py --check    # also fail if docs/cuda.md has other numbers
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tools.cuda_audit import report
from tools.cuda_audit.audit import audit, over_budget
from tools.cuda_audit.toolkit import ToolError, dump

DOCS = Path(__file__).parent.parent / "docs"


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python tools/audit_cuda.py", description=__doc__.split("\n")[0])
    add = top.add_argument
    add(
        "--library",
        type=Path,
        metavar="FILE",
        help="a library or fat binary (default fastinit._core)",
    )
    add("--docs", type=Path, default=DOCS, metavar="DIR", help="where cuda.md and cuda.json are")
    add("--write", action="store_true", help="update cuda.md and cuda.json")
    add("--allow-more", action="store_true", help="let --write record counts that grew")
    add("--check", action="store_true", help="fail where cuda.md is not what --write would make it")
    return top


def extension() -> Path:
    """Returns the file of fastinit._core."""
    found = importlib.util.find_spec("fastinit._core")
    if found is None or found.origin is None:
        raise ToolError("fastinit is not installed; `pip install .` with nvcc on PATH builds it")
    return Path(found.origin)


def main(arguments: list[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    numbers, text = options.docs / "cuda.json", options.docs / "cuda.md"
    try:
        found = audit(dump(options.library or extension()))
    except ToolError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    recorded = json.loads(numbers.read_text()) if numbers.exists() else {}
    print(report.page(found))
    for line in over_budget(found):
        print(f"over budget: {line}", file=sys.stderr)
    more = report.grown(found, recorded)
    wrong = [*found.faults, *([] if options.write and options.allow_more else more)]
    if options.write and (options.allow_more or not more):
        report.write(found, options.docs)
    if options.check and recorded.get("toolkit") == found.toolkit:
        page = text.read_text()
        if report.replaced(page, report.page(found)) != page or recorded != report.numbers(found):
            wrong.append(f"{text} and {numbers} are not of this build; --write makes them so")
    for line in wrong:
        print(f"error: {line}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
