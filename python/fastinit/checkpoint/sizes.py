"""Sizes in bytes, which people write and read in decimal units, as in `huggingface_hub`."""

from __future__ import annotations

import re

MAX_SHARD_BYTES = 10**18 - 1
_UNITS = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12, "PB": 10**15} | {
    "KIB": 2**10,
    "MIB": 2**20,
    "GIB": 2**30,
    "TIB": 2**40,
}
_SIZE = re.compile(r"([0-9]{1,18}(?:\.[0-9]{1,18})?)\s*([A-Za-z]*)")


def parse_size(text: str) -> int:
    """Reads a size such as `5GB` (decimal), `512MiB` (binary) or `1000000B`. A number without a unit is ambiguous.

    Raises:
        ValueError: `text` is not a size of at least one byte and less than 1000 PB.

    >>> parse_size("5GB"), parse_size("1.5 MB"), parse_size("2KiB")
    (5000000000, 1500000, 2048)
    """
    match = _SIZE.fullmatch(text.strip())
    if match is not None and not match[2] and float(match[1]):
        raise ValueError(f"{match[1]} has no unit; write {match[1]}GB or {match[1]}MiB")
    if match is None or match[2].upper() not in _UNITS:
        raise ValueError(f"a size must be a number > 0 and a unit, such as 5GB or 512MiB, got {text!r}")
    unit = _UNITS[match[2].upper()]
    whole, _, fraction = match[1].partition(".")
    # Whole-number arithmetic: a float would round sizes past 2**53.
    size: int = int(whole) * unit + int(fraction or "0") * unit // 10 ** len(fraction)
    if size < 1:
        raise ValueError(f"a size must be at least one byte, got {text!r}")
    if size > MAX_SHARD_BYTES:
        raise ValueError(f"a size must be less than 1000PB, got {text!r}")
    return size


def format_bytes(count: float) -> str:
    """Shows a number of bytes to three or four digits.

    >>> format_bytes(0), format_bytes(999), format_bytes(2471645608)
    ('0 B', '999 B', '2.472 GB')
    """
    unit = "B"
    for larger in ("KB", "MB", "GB", "TB", "PB", "EB"):
        if count < 999.95:
            break
        count, unit = count / 1000, larger
    return f"{count:.0f} B" if unit == "B" else f"{count:.4g} {unit}"
