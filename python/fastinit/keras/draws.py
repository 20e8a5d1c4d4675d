"""Describes a tensor that is still to be drawn, which an initializer passes to a backend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import keras

from fastinit import frameworks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastinit.parts import Draw


class SeededDraw(NamedTuple):
    """A tensor to draw and its seed. The backend asks for the seed when it needs the values, perhaps in a graph.

    The state of a seed generator is a tensor, which has no value while a graph is made. The backend therefore calls
    `state` when the graph is made, and passes the state's value to the other methods when the graph runs.
    """

    draw: Draw
    seed: Any  # an int or a keras.random.SeedGenerator

    @property
    def dtype(self) -> str:
        """The name of the element type in Keras."""
        return self.draw.element.name

    def state(self) -> Any:
        """Returns the seed generator's next state, a tensor of two numbers, or None if the seed is an int."""
        return self.seed.next() if isinstance(self.seed, keras.random.SeedGenerator) else None

    def numbers(self, state: Any) -> tuple[int, int]:
        """Returns the seed and stream for a state, which must have values here."""
        pair = (self.seed, 0) if state is None else state.tolist()
        return frameworks.seed_and_stream_of_count(*pair)

    def array(self, state: Any) -> NDArray[Any]:
        """Draws the tensor into memory that a framework can use without a copy."""
        return self.draw.part(*self.numbers(state))
