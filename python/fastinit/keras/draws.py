"""A tensor that is still to be drawn: what an initializer hands to a backend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import keras

from fastinit import dtypes, frameworks
from fastinit.parts import draw_part

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastinit.distributions import Distribution, WholeTensor


class Draw(NamedTuple):
    """What to draw. The backend takes the seed when it wants the values, which may be in a graph.

    A seed generator's state is a tensor, and in a graph it has no value yet: `state` takes it when the graph
    is made, and the other methods get it back when the graph runs.
    """

    spec: Distribution | WholeTensor
    shape: tuple[int, ...]
    dtype: str  # one of the stream's
    seed: Any  # an int or a keras.random.SeedGenerator

    def state(self) -> Any:
        """Takes the seed generator's next state, a tensor of two; None for a seed that is an int."""
        return self.seed.next() if isinstance(self.seed, keras.random.SeedGenerator) else None

    def numbers(self, state: Any) -> tuple[int, int]:
        """The seed and stream of a state, an array with values here."""
        pair = (self.seed, 0) if state is None else state.tolist()
        return frameworks.seed_and_stream_of_count(*pair)

    def array(self, state: Any, index: Any = None) -> NDArray[Any]:
        """Draws the tensor, or the part `index` of it, into memory that a framework can take as it is."""
        element = dtypes.FLOATS[self.dtype]
        return draw_part(self.spec, self.shape, element, *self.numbers(state), index)
