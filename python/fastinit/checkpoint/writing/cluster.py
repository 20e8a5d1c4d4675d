"""A Dask cluster as an executor for `write`."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from fastinit.errors import CheckpointError
from fastinit.extras import remedy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Executor

_TIMEOUT = "10s"


@contextmanager
def dask_executor(address: str) -> Iterator[Executor]:
    """Connects to the scheduler of a Dask cluster and gives its workers as an executor.

    Args:
        address: The scheduler's address, such as "tcp://HOST:8786".

    Raises:
        CheckpointError: Dask is not installed, or no scheduler answers there.

    Source:
        https://distributed.dask.org/en/stable/api.html#distributed.Client.get_executor
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise CheckpointError(f"a Dask cluster needs Dask ({error}); {remedy('distributed', 'dask')}") from None
    try:
        _check_address(address)
        client = Client(address, timeout=_TIMEOUT, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise CheckpointError(
            f"no Dask scheduler answers at {address!r} "
            f"({type(error).__name__}: {' '.join(str(error).split())}); "
            "start one with `dask scheduler`, or correct the address, as in tcp://HOST:8786"
        ) from None
    with client:
        yield client.get_executor()


def _check_address(address: str) -> None:
    """Raises for a bad address before a client is made, because a client takes 20 seconds to fail.

    Raises:
        ValueError: It is not an address.
    """
    from distributed.comm.addressing import parse_address, parse_host_port
    from distributed.comm.registry import get_backend

    scheme, place = parse_address(address, strict=True)
    get_backend(scheme)
    if scheme in ("tcp", "tls", "ws", "wss"):
        host, port = parse_host_port(place)
        if not host or not 1 <= port < 2**16:
            raise ValueError(f"no host and port in {place!r}")
