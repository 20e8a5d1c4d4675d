"""Fails when a test run skipped anything but what it may: reads pytest's JUnit XML.

python .ci/check_skips.py RESULT.xml [MODULE ...]

A skip passes only where its reason is that one of the MODULEs is not installed.
"""

from __future__ import annotations

import re
import sys
from xml.etree import ElementTree

ABSENT = re.compile(r"(?:could not import|No module named) '([\w.]+)'|needs ([\w.]+), which is not installed")


def excused(reason: str, modules: set[str]) -> bool:
    """Whether `reason` says that one of `modules` is missing."""
    found = ABSENT.search(reason)
    return found is not None and (found[1] or found[2]).split(".")[0] in modules


def main(path: str, *modules: str) -> int:
    cases = list(ElementTree.parse(path).getroot().iter("testcase"))
    skipped = [(case, skip) for case in cases for skip in case.iter("skipped")]
    wrong = [
        f"{case.get('classname')}::{case.get('name')}: {skip.get('message')}"
        for case, skip in skipped
        if not excused(f"{skip.get('message')} {skip.text}", set(modules))
    ]
    print(f"{len(cases)} tests, {len(skipped)} skipped, {len(wrong)} of them without an excuse")
    print(*wrong, sep="\n", end="\n" if wrong else "")
    return 1 if wrong or not cases else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
