"""Seeds and streams: they say to which tensor of which experiment a draw belongs.

`seed` and `stream` are 64-bit numbers; together with the flat index they determine every value. A stream
may be given as text (a tensor's name), which is hashed. A `Generator` hands out streams by itself.
"""

from __future__ import annotations

import functools
import hashlib
import itertools
import os
import threading
import weakref
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, SupportsIndex, TypeAlias

from fastinit import checks

if TYPE_CHECKING:
    from fastinit.generator_methods import Methods
else:
    Methods = object  # `fastinit.functions` adds the methods, because it knows all initializers


class DefaultStream(int):
    """The default of `stream`: 0, or a generator's next stream. An explicit 0 is a plain int."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "0"


DEFAULT_STREAM = DefaultStream(0)


class Generator(Methods):
    """Hands out the streams 0, 1, 2, ... of one seed to successive draws.

    Every initializer is a method, which draws from the next stream: `generator.he_normal((4, 4))` is
    `fastinit.he_normal((4, 4), seed=generator)`.

    Threads may share a generator: no stream is handed out twice, but the order in which threads get
    them is not fixed. After `os.fork` the child continues from the parent's state with the same seed, so
    both draw the same values from there. A generator that was made without a seed starts anew in the child.
    A copy (`copy.copy`, `copy.deepcopy`, pickle) has the same seed and next stream, and is then independent.

    Args:
        seed: An int in [0, 2^64), or None to take one from the operating system.

    Raises:
        TypeError: `seed` is not an int.
        ValueError: `seed` is not in [0, 2^64).

    Example:
        >>> import fastinit
        >>> generator = fastinit.Generator(seed=7)
        >>> first, second = generator.normal(3), generator.normal(3)
        >>> bool((second == fastinit.normal(3, seed=7, stream=1)).all())
        True
        >>> generator
        Generator(seed=7, next_stream=2)
    """

    __slots__ = ("__weakref__", "_seed", "_streams")

    def __init__(self, seed: SupportsIndex | None = None) -> None:
        self._seed = _entropy() if seed is None else _seed_number(seed)
        # This needs no lock, which a signal handler could find held: next() is one step of the interpreter.
        self._streams = itertools.count()
        if seed is None:
            _unseeded.add(self)

    @property
    def seed(self) -> int:
        """The seed, whether given or taken from the operating system."""
        return self._seed

    def next_stream(self) -> int:
        """Takes the next stream.

        Raises:
            RuntimeError: All 2^64 streams have been taken.
        """
        stream = next(self._streams)
        if stream >= checks.UINT64:
            raise RuntimeError("the generator has handed out all 2**64 streams of its seed; use another seed")
        return stream

    def get_state(self) -> dict[str, int]:
        """Returns the state on which the next draws depend: the seed and the next stream.

        Example:
            >>> Generator(seed=7).get_state()
            {'seed': 7, 'next_stream': 0}
        """
        # Only the repr of a count shows its position.
        reached = int(repr(self._streams)[len("count(") : -1])
        return {"seed": self._seed, "next_stream": min(reached, checks.UINT64)}

    def set_state(self, state: Mapping[str, int]) -> None:
        """Continues from a state of `get_state`, of this or another generator.

        Args:
            state: `seed`, an int in [0, 2^64), and `next_stream`, an int in [0, 2^64]; 2^64 if no stream is left.

        Raises:
            TypeError: `state` is not a mapping, or one of them is not an int.
            ValueError: One is missing or out of range, or there is another key.

        Example:
            >>> generator = Generator(seed=7)
            >>> state = generator.get_state()
            >>> generator.next_stream(), generator.next_stream()
            (0, 1)
            >>> generator.set_state(state)
            >>> generator.next_stream()
            0
        """
        given: Any = state
        is_dict = isinstance(given, Mapping)
        if not is_dict or given.keys() != {"seed", "next_stream"}:
            rule, remedy = "be a dict of `seed` and `next_stream`", "pass what `get_state` returned"
            kind = ValueError if is_dict else TypeError
            raise kind(checks.text("state", rule, given, remedy))
        seed = _seed_number(given["seed"])
        first = checks.integer("next_stream", given["next_stream"], 0, checks.UINT64)
        streams = itertools.count(first)
        self._seed, self._streams = seed, streams
        _unseeded.discard(self)

    def __reduce__(self) -> tuple[Any, ...]:
        attributes = getattr(self, "__dict__", None)  # of a subclass
        return _with_state, (type(self), self.get_state(), self in _unseeded), attributes

    def _restart(self) -> None:
        self._seed = _entropy()
        self._streams = itertools.count()

    def __repr__(self) -> str:
        return "Generator(seed={seed}, next_stream={next_stream})".format(**self.get_state())


def _with_state(kind: type[Generator], state: dict[str, int], is_unseeded: bool) -> Generator:
    generator = kind.__new__(kind)  # a subclass may need other arguments
    generator.set_state(state)
    if is_unseeded:
        _unseeded.add(generator)
    return generator


Seed: TypeAlias = SupportsIndex | Generator | None
Stream: TypeAlias = SupportsIndex | str

_unseeded: weakref.WeakSet[Generator] = weakref.WeakSet()
_default: Generator | None = None
_default_lock = threading.Lock()


def manual_seed(seed: SupportsIndex) -> Generator:
    """Restarts the default generator, which serves the calls with `seed=None`.

    Args:
        seed: An int in [0, 2^64).

    Returns:
        The new default generator.

    Raises:
        TypeError: `seed` is not an int.
        ValueError: `seed` is not in [0, 2^64).

    Example:
        >>> import fastinit
        >>> _ = fastinit.manual_seed(3)
        >>> bool((fastinit.normal(5) == fastinit.normal(5, seed=3, stream=0)).all())
        True
    """
    global _default
    number = _seed_number(seed)
    with _default_lock:
        _default = Generator(number)
        return _default


def default_generator() -> Generator:
    """Returns the default generator; until `manual_seed` its seed is the operating system's entropy."""
    global _default
    generator = _default
    if generator is None:
        with _default_lock:
            generator = _default = _default or Generator()
    return generator


def resolve_seed(seed: Seed, stream: Stream = DEFAULT_STREAM) -> tuple[int, int]:
    """Returns the two numbers of a draw, and takes a generator's next stream where one is due.

    A generator, or None for the default one, gives its next stream. If `stream` is given as well, the
    draw has the generator's seed and that stream, and the generator does not move.
    """
    number = None if stream is DEFAULT_STREAM else stream_number(stream)
    if seed is None:
        seed = default_generator()
    if isinstance(seed, Generator):
        return seed.seed, seed.next_stream() if number is None else number
    return _seed_number(seed), number or 0


def check_seed(seed: Any, stream: Any) -> tuple[int, int]:
    """Checks the arguments of a draw that needs no random words; takes nothing from a generator."""
    is_number = not (seed is None or isinstance(seed, Generator))
    return _seed_number(seed) if is_number else 0, stream_number(stream)


def stream_number(stream: Any) -> int:
    """Returns the number of a stream that is given as a number or a name."""
    if isinstance(stream, str):
        return stream_from_name(stream)
    if type(stream) is int and 0 <= stream < checks.UINT64:
        return stream
    return checks.integer("stream", stream, 0, checks.UINT64 - 1, "or pass a name as text")


@functools.lru_cache(maxsize=4096)
def stream_from_name(name: str) -> int:
    """Returns the stream of a name: the first 8 bytes of BLAKE2b of its UTF-8, little-endian.

    Args:
        name: Any text, such as a tensor's name in a checkpoint.

    Raises:
        ValueError: UTF-8 cannot encode it, because it has half of a surrogate pair.

    Source:
        RFC 7693 (BLAKE2), with a digest of 8 bytes.

    Example:
        >>> hex(stream_from_name("model.norm.weight"))
        '0x3bbd05d3e6d4d252'
    """
    try:
        text = name.encode()
    except UnicodeEncodeError as error:
        rule = f"be text that UTF-8 can encode ({error.reason})"
        raise ValueError(checks.text("stream", rule, name)) from None
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "little")


def _seed_number(seed: Any) -> int:
    if type(seed) is int and 0 <= seed < checks.UINT64:
        return seed
    return checks.integer("seed", seed, 0, checks.UINT64 - 1, "or pass a Generator or None")


def _entropy() -> int:
    return int.from_bytes(os.urandom(8), "little")


def _after_fork_in_child() -> None:
    global _default_lock
    _default_lock = threading.Lock()  # another thread may have held it when the process forked
    for generator in list(_unseeded):
        generator._restart()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
