"""A Dask cluster as an executor for `write`."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from fastinit.checkpoint.errors import CheckpointError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Executor

_TIMEOUT = "10s"


@contextmanager
def dask_executor(address: str) -> Iterator[Executor]:
    """Connects to the scheduler of a Dask cluster and gives its workers as an executor.

    Args:
        address: Such as "tcp://HOST:8786".

    Raises:
        CheckpointError: Dask is not installed, or no scheduler answers there.

    Source:
        https://distributed.dask.org/en/stable/api.html#distributed.Client.get_executor
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise CheckpointError(
            f'a Dask cluster needs Dask, got: {error}; pip install "fastinit-nn[dask]"'
        ) from None
    try:
        client = Client(address, timeout=_TIMEOUT, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise CheckpointError(
            "the address of a Dask cluster must be that of its scheduler, such as "
            f"tcp://HOST:8786, got {address!r}, where none answers "
            f"({type(error).__name__}: {error}); start one with: dask scheduler"
        ) from None
    with client:
        yield client.get_executor()
