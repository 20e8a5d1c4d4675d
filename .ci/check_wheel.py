"""Fails unless a built wheel is manylinux-compatible and has one compiled module.

python .ci/check_wheel.py WHEEL AUDIT

AUDIT holds what `auditwheel show WHEEL` printed.
"""

from __future__ import annotations

import re
import sys
import zipfile
from pathlib import Path

TAG = re.compile(r'consistent with the following platform tag: "(\w+)"')


def platform_tag(audit: str) -> str:
    """The tag that auditwheel finds, whose text it wraps anywhere."""
    found = TAG.search(" ".join(audit.split()))
    return found[1] if found else "none"


def main(wheel: str, audit: str) -> int:
    tag = platform_tag(Path(audit).read_text())
    modules = [
        name for name in zipfile.ZipFile(wheel).namelist() if name.endswith(".so") and name.startswith("fastinit/")
    ]
    print(f"{Path(wheel).name}: {tag}; {', '.join(modules)}")
    if not tag.startswith("manylinux_"):
        print(f"not a manylinux tag: {tag}")
        return 1
    if len(modules) != 1:
        print("not one module for all instruction sets")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
