"""`python -m fastinit` is the command `fastinit`."""

from __future__ import annotations

import sys

from fastinit.cli import main

if __name__ == "__main__":
    sys.exit(main())
