"""A tensor that is still to be drawn: what an initializer hands to a backend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import keras

from fastinit import frameworks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastinit.parts import Draw


class SeededDraw(NamedTuple):
    """What to draw. The backend takes the seed when it wants the values, which may be in a graph.

    A seed generator's state is a tensor, and in a graph it has no value yet: `state` takes it when the graph
    is made, and the other methods get it back when the graph runs.
    """

    draw: Draw
    seed: Any  # an int or a keras.random.SeedGenerator

    @property
    def dtype(self) -> str:
        """The element type by its name in Keras."""
        return self.draw.element.name

    def state(self) -> Any:
        """Takes the seed generator's next state, a tensor of two; None for a seed that is an int."""
        return self.seed.next() if isinstance(self.seed, keras.random.SeedGenerator) else None

    def numbers(self, state: Any) -> tuple[int, int]:
        """The seed and stream of a state, an array with values here."""
        pair = (self.seed, 0) if state is None else state.tolist()
        return frameworks.seed_and_stream_of_count(*pair)

    def array(self, state: Any) -> NDArray[Any]:
        """Draws the tensor into memory that a framework can take as it is."""
        return self.draw.part(*self.numbers(state))
