"""Pools of as many threads as there can be: where a limit leaves none, the calling thread does the work."""

from __future__ import annotations

from concurrent.futures import Executor, Future, ThreadPoolExecutor
from threading import Event
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def thread_pool(threads: int, name: str) -> Executor:
    """Starts up to so many threads, whose names begin with `name`."""
    while threads:
        pool = ThreadPoolExecutor(threads, thread_name_prefix=f"fastinit-{name}")
        started, ready = 0, Event()
        try:
            for _ in range(threads):
                pool.submit(ready.wait)  # each takes a thread of its own
                started += 1
        except RuntimeError:  # a limit of processes or of memory
            pass
        except BaseException:  # a signal: the pool may not know the thread that it has just started
            pool.shutdown(wait=False)
            raise
        finally:
            ready.set()
        if started == threads:
            return pool
        pool.shutdown()
        threads = started
    return _Here()


class _Here(Executor):
    """Does at once what is submitted."""

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Calls the function, and returns a future that is done."""
        future: Future[Any] = Future()
        try:
            future.set_result(function(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - raised by the future's `result`
            future.set_exception(error)
        return future
