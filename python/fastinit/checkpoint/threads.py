"""Thread pools with as many threads as the system allows. If it allows none, the calling thread does the work."""

from __future__ import annotations

from concurrent.futures import Executor, Future, ThreadPoolExecutor
from threading import Event
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def thread_pool(threads: int, name: str) -> Executor:
    """Starts at most this many threads, whose names begin with `name`."""
    while threads:
        pool = ThreadPoolExecutor(threads, thread_name_prefix=f"fastinit-{name}")
        started, ready = 0, Event()
        try:
            for _ in range(threads):
                pool.submit(ready.wait)  # each needs a thread of its own
                started += 1
        except RuntimeError:  # a limit on processes or memory
            pass
        except BaseException:  # a signal came: the pool may not know yet of the thread that it has just started
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
    """Runs submitted functions at once, in the calling thread."""

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Calls the function, and returns a future that is done."""
        future: Future[Any] = Future()
        try:
            future.set_result(function(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - raised by the future's `result`
            future.set_exception(error)
        return future
