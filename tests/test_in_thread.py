from __future__ import annotations

import asyncio
import contextvars
import threading

import pytest

from wtr_tui.shutdown import in_thread


async def test_what_the_function_gives_or_raises_comes_back() -> None:
    assert await in_thread(lambda: 5) == 5
    with pytest.raises(ZeroDivisionError):
        await in_thread(lambda: 1 // 0)


async def test_it_runs_beside_the_loop_on_a_daemon_thread() -> None:
    thread = await in_thread(threading.current_thread)
    assert thread is not threading.current_thread()
    assert thread.daemon


async def test_the_context_goes_with_it() -> None:
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable")
    variable.set("here")
    assert await in_thread(variable.get) == "here"


async def test_the_loop_goes_on_meanwhile() -> None:
    go_on = threading.Event()
    waiting = asyncio.ensure_future(in_thread(go_on.wait))
    await asyncio.sleep(0)
    assert not waiting.done()
    go_on.set()
    assert await waiting is True


async def test_cancelling_stops_the_waiting_and_not_the_function() -> None:
    go_on, finished = threading.Event(), threading.Event()

    def function() -> None:
        go_on.wait()
        finished.set()

    waiting = asyncio.ensure_future(in_thread(function))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    go_on.set()
    assert await in_thread(lambda: finished.wait(30))


@pytest.mark.filterwarnings("error")
def test_a_function_that_outlives_the_loop_harms_nobody() -> None:
    go_on = threading.Event()
    threads: list[threading.Thread] = []

    def function() -> None:
        threads.append(threading.current_thread())
        go_on.wait()

    async def leave() -> None:
        waiting = asyncio.ensure_future(in_thread(function))
        while not threads:
            await asyncio.sleep(0)
        waiting.cancel()

    asyncio.run(leave())
    go_on.set()
    threads[0].join(30)
    assert not threads[0].is_alive()
