"""Work that blocks, beside the event loop."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def in_thread(function: Callable[[], T]) -> T:
    """What ``function`` gives, or raises, on a thread of its own.

    Unlike ``asyncio.to_thread``, whose threads the interpreter waits for at its end, the thread
    is a daemon: a request that hangs does not keep the program from ending. Cancelling stops
    the waiting, not the function.
    """
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[T] = loop.create_future()

    def deliver(settle: Callable[[], None]) -> None:
        if not outcome.done():  # nobody waits any more
            settle()

    def run() -> None:
        settle: Callable[[], None]
        try:
            result = function()
        except BaseException as error:  # whatever it is, it belongs to whoever waits
            failure = error
            settle = lambda: outcome.set_exception(failure)  # noqa: E731
        else:
            settle = lambda: outcome.set_result(result)  # noqa: E731
        # The loop may be closed by now: then nobody waits either.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(deliver, settle)

    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(run,), daemon=True).start()
    return await outcome
