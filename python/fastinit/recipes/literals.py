"""Literal values: tensors that a recipe does not draw, but takes from a file that it names by its hash.

A model's own code computes them and no initializer describes them: positions, decays, windows. Many tensors may
share the same values, so a rule names them by a key.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from fastinit import checks
from fastinit.distributions import Structured
from fastinit.errors import RecipeError, show, suggest
from fastinit.fill import put_computed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from fastinit.buffers import Buffer
    from fastinit.dtypes import ElementType

LITERAL = "literal"  # the initializer of such a rule
KEY = "key"  # its parameter
MAX_BYTES = 2**28  # the largest file of a recipe's literal values

_HASH = re.compile(r"[0-9a-f]{64}")
_FILE = re.compile(r"literals-[0-9a-f]{12}\.bin")


@dataclass(frozen=True, slots=True, eq=False)
class Literal(Structured):
    """The values of a tensor, given one by one.

    Attributes:
        array: All of them, in the type in which they were computed.
    """

    array: NDArray[Any]
    is_random: ClassVar[bool] = False

    @property
    def shape(self) -> tuple[int, ...]:  # type: ignore[override]
        """The shape of the tensor."""
        return self.array.shape

    @property
    def std(self) -> float:
        """The standard deviation of the values."""
        return float(self.array.astype(np.float64).std()) if self.array.size else 0.0

    def parameters(self, element: ElementType) -> tuple[float, ...]:
        """Raises if the element type cannot hold a value; rounding to a floating type is allowed."""
        with np.errstate(over="ignore", invalid="ignore"):
            held = self.array.astype(element.numpy)
        if element.numpy.kind in "iub":
            is_held = self.array.dtype.kind in "iub" and bool((held == self.array).all())
        else:
            is_held = bool((np.isfinite(held) == np.isfinite(self.array)).all())
        if not is_held:
            rule = f"have values that {element.name} can hold"
            raise ValueError(checks.text(KEY, rule, self.array.dtype.name, "use a wider dtype"))
        return ()

    def fill(self, memory: Buffer, index: Any, seed: int, stream: int) -> None:  # noqa: ARG002 - nothing is drawn
        """Fills memory with the values of a part."""
        part = self.array if index is None else self.array[index]
        put_computed(memory, lambda xp: xp.asarray(part))


def literal(shape: tuple[int, ...], literals: Mapping[str, NDArray[Any]], key: object) -> Literal:
    """Returns the literal values that a rule names by their key.

    Raises:
        ValueError: No values have this key, or they have another shape.
    """
    if not isinstance(key, str) or key not in literals:
        near = suggest(key, literals) if isinstance(key, str) else ""
        raise ValueError(checks.text(KEY, "be a key of the recipe's literal values", key) + near)
    found = literals[key]
    if found.shape != shape:
        raise ValueError(checks.text(KEY, f"have values of shape {list(shape)}", list(found.shape)))
    return Literal(found)


def keyed(values: Iterable[tuple[str, NDArray[Any]]]) -> tuple[dict[str, str], dict[str, NDArray[Any]]]:
    """Finds which tensors have the same values.

    Args:
        values: Names and values.

    Returns:
        Name -> key, which is the first name that has these values, and key -> values.
    """
    keys: dict[str, str] = {}
    arrays: dict[str, NDArray[Any]] = {}
    seen: dict[tuple[str, tuple[int, ...], bytes], str] = {}
    for name, array in values:
        same = (array.dtype.name, array.shape, array.tobytes())
        keys[name] = seen.setdefault(same, name)
        arrays.setdefault(keys[name], array)
    return keys, arrays


def read_hash(value: object) -> str | None:
    """Reads the hash of a recipe's literal values; None if it has none.

    Raises:
        RecipeError: The value is not a SHA-256.
    """
    if value is None or (isinstance(value, str) and _HASH.fullmatch(value)):
        return value
    rule = "`literals` must be the SHA-256 of the file of literal values: 64 digits from 0 to 9 and a to f"
    raise RecipeError(f"{rule}, got {show(value)}; `fastinit plan --save` writes the recipe and the file")


def is_literals(name: str) -> bool:
    """Whether a file of literal values may have this name."""
    return _FILE.fullmatch(name) is not None


def file_of(sha256: str) -> str:
    """Names the file of literal values with this hash.

    >>> file_of("0123456789abcdef" * 4)
    'literals-0123456789ab.bin'
    """
    return f"literals-{sha256[:12]}.bin"
