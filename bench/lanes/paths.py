"""The instruction sets, their compile flags, and the processors of the models for predictions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

CORE = Path(__file__).parents[2] / "csrc"
FILLS = {"uniform": "ExactUniform", "normal": "Normal"}


@dataclass(frozen=True)
class Processor:
    """A processor model of llvm-mca, and its names of the units for vector arithmetic."""

    cpu: str
    name: str
    units: str


ZEN4 = Processor("znver4", "AMD Zen 4", r"Zn4FP[0-3]")
SAPPHIRE_RAPIDS = Processor("sapphirerapids", "Intel Sapphire Rapids", r"SPRPort0[015]")
NEOVERSE_V2 = Processor("neoverse-v2", "Arm Neoverse V2", r"V2UnitV[0-3]")


@dataclass(frozen=True)
class LanePath:
    """An instruction set's lane type, its flags in CMakeLists.txt, and the instructions that identify its loops."""

    name: str
    type_name: str
    compiler: str
    triple: str
    flags: tuple[str, ...]
    multiply: str  # 32 x 32 -> 64 bits
    convert: str  # a word to a float
    lanes: int  # of a conversion
    multiplies: int  # to draw one vector of blocks
    processors: tuple[Processor, ...]

    def constant(self, name: str) -> int:
        """An integer constant of the lane type."""
        header = (CORE / "lanes" / f"{self.name}.h").read_text()
        found = re.search(rf"static constexpr int {name} = (\d+);", header)
        if found is None:
            raise SystemExit(f"csrc/lanes/{self.name}.h must say {name}, and does not")
        return int(found[1])

    @property
    def word_elements(self) -> int:
        """The number of float32 elements whose words one turn of the loop over words draws."""
        return 4 * self.constant("kBlocks") * self.constant("kWordVectors")

    @property
    def value_elements(self) -> int:
        """The number of float32 elements that one turn of the loop over values writes."""
        return 4 * self.constant("kBlocks") * self.constant("kValueVectors")


X86 = ("x86_64-linux-gnu", r"vpmuludq", r"vcvtdq2ps")
AVX512_FLAGS = ("-mavx512f", "-mavx512dq", "-mavx512bw", "-mavx512vl", "-mfma")


def _x86(name: str, type_name: str, flags: tuple[str, ...], lanes: int) -> LanePath:
    triple, multiply, convert = X86
    processors = (ZEN4, SAPPHIRE_RAPIDS)
    return LanePath(name, type_name, "g++", triple, flags, multiply, convert, lanes, 18, processors)


PATHS = (
    _x86("avx2", "Avx2Lanes", ("-mavx2", "-mfma"), 8),
    _x86("avx512", "Avx512Lanes", AVX512_FLAGS, 16),
    LanePath(
        "neon",
        "NeonLanes",
        "aarch64-linux-gnu-g++",
        "aarch64-linux-gnu",
        (),
        r"umull2?",
        r"scvtf",
        4,
        36,
        (NEOVERSE_V2,),
    ),
)
