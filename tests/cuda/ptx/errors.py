"""Programs that the interpreter does not parse or run."""

from __future__ import annotations


class PtxError(Exception):
    """Anything wrong with a module, its instructions or what they do."""


class SyntaxNotKnown(PtxError):
    """Text that the parser does not understand; nothing is skipped silently."""


class UnknownInstruction(PtxError):
    """An opcode, modifier or operand that has no exact meaning here."""


class Fault(PtxError):
    """An access that a GPU would not allow; `lane` tells whose, among the threads that took part."""

    def __init__(self, message: str, lane: int = 0) -> None:
        super().__init__(message)
        self.lane = lane


class OutOfBounds(Fault):
    """A load or store outside every buffer, or a store to one that is read-only."""


class Misaligned(Fault):
    """An access whose address is not a multiple of its width, which faults on a GPU."""


class Race(Fault):
    """An access that another warp's may come before or after, as no barrier is between them."""


class DivergentBarrier(PtxError):
    """A barrier at which some threads of a block wait while the others wait elsewhere."""


class Undefined(PtxError):
    """An operation whose result the manual leaves open."""


class Runaway(PtxError):
    """More steps than the limit."""
