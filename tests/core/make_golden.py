"""Write tests/core/data/golden.txt, the pinned bits of stream version 2, from the built core.

    python -m tests.core.make_golden            # refuses when the file exists
    python -m tests.core.make_golden --force    # a change of values: a new stream version

Each line: distribution, dtype, seed, stream, start (decimal), the parameters as the user gives
them (comma-separated, `-` for none), a colon, and the elements as hexadecimal bits.
"""

from __future__ import annotations

import argparse
import dataclasses
import pathlib
import sys
from typing import TYPE_CHECKING, Any

from fastinit import _core
from tests.core import corefill

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

PATH = pathlib.Path(__file__).parent / "data" / "golden.txt"
SEED = 0x0123456789ABCDEF
STREAM = 0xFEDCBA9876543210
RANGES = [(0, 16), (2**33 + 5, 6)]  # (start, count)
USERS: dict[str, list[tuple[float, ...]]] = {
    "uniform": [(-1.0, 1.0), (0.1, 0.3)],
    "normal": [(0.0, 1.0), (0.5, 0.02)],
    "truncated_normal": [
        (0.0, 1.0, -2.0, 2.0),
        (0.0, 0.02, -3.0, 1.0),
        (0.0, 1.0, 5.0, float("inf")),
    ],
}


@dataclasses.dataclass(frozen=True)
class Golden:
    """One line of the table."""

    distribution: str
    dtype: str
    seed: int
    stream: int
    start: int
    user: tuple[float, ...]
    bits: tuple[int, ...]

    @property
    def name(self) -> str:
        return f"{self.distribution}-{self.dtype}-{self.start}-{self.user}"

    def draw(self) -> NDArray[Any]:
        """The same elements from the core as it is now."""
        return corefill.draw(
            self.distribution,
            self.dtype,
            self.user,
            len(self.bits),
            seed=self.seed,
            stream=self.stream,
            start=self.start,
        )

    def line(self) -> str:
        digits = 2 * corefill.DTYPES[self.dtype].itemsize
        parameters = ",".join(repr(p) for p in self.user) or "-"
        elements = " ".join(f"{b:0{digits}x}" for b in self.bits)
        fields = (self.distribution, self.dtype, self.seed, self.stream, self.start, parameters)
        return " ".join(map(str, fields)) + " : " + elements


def parse(line: str) -> Golden:
    head, elements = line.split(" : ")
    distribution, dtype, seed, stream, start, parameters = head.split()
    return Golden(
        distribution,
        dtype,
        int(seed),
        int(stream),
        int(start),
        () if parameters == "-" else tuple(float(p) for p in parameters.split(",")),
        tuple(int(e, 16) for e in elements.split()),
    )


def read(path: pathlib.Path = PATH) -> list[Golden]:
    """Every line of the table."""
    lines = path.read_text().splitlines()
    return [parse(line) for line in lines if line and not line.startswith("#")]


def generate() -> Iterator[Golden]:
    """Every case, from the core as it is now."""
    cases = [("bits", "uint32", ())]
    cases += [(d, t, u) for d, users in USERS.items() for t in corefill.FLOATS for u in users]
    for distribution, dtype, user in cases:
        for start, count in RANGES:
            blank = Golden(distribution, dtype, SEED, STREAM, start, user, (0,) * count)
            bits = corefill.bits_of(blank.draw()).tolist()
            yield dataclasses.replace(blank, bits=tuple(bits))


def text() -> str:
    """The whole file."""
    header = [
        f"# fastinit stream version {_core.stream_version}: golden values (tests/core/make_golden.py).",
        "# distribution dtype seed stream start parameters : elements, hexadecimal bits",
    ]
    return "\n".join([*header, *(golden.line() for golden in generate())]) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--force", action="store_true", help="overwrite pinned values")
    arguments = parser.parse_args()
    if PATH.exists() and not arguments.force:
        print(
            f"{PATH} exists; pinned values change only with the stream version, pass --force then",
            file=sys.stderr,
        )
        return 1
    PATH.write_text(text())
    return 0


if __name__ == "__main__":
    sys.exit(main())
