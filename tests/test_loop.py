"""The event loop in its own thread: jobs go in, what came of them comes out, and it always ends."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
from collections.abc import Iterator

import pytest

from feedtool.fetch.loop import Loop


class _Ends:
    """Beginnings of a loop, counted."""

    def __init__(self) -> None:
        self.opened = 0

    async def open(self) -> None:
        self.opened += 1


@pytest.fixture
def ends() -> Iterator[_Ends]:
    """Counts; afterwards no thread of a loop is alive, and nothing was left open."""
    before = set(threading.enumerate())
    yield _Ends()
    gc.collect()  # what was left open is a ResourceWarning, and that an error
    begun = set(threading.enumerate()) - before
    assert "feedtool-fetch" not in {thread.name for thread in begun}


async def _soon(value: int, seconds: float = 0.0) -> int:
    await asyncio.sleep(seconds)
    return value


def _take(loop: Loop[int], number: int) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    while len(found) < number:
        found += loop.take()
    return found


def test_results_come_back_with_their_tickets(ends: _Ends) -> None:
    """Each once, those that end first first."""
    loop: Loop[int] = Loop(ends.open, 1)
    others = asyncio.Event()

    async def first_and_last() -> int:
        await others.wait()
        return 70

    async def soon(value: int) -> int:
        if value == 20:
            others.set()
        return value

    loop.put(7, first_and_last)
    for ticket in range(3):
        loop.put(ticket, lambda value=ticket * 10: soon(value))  # type: ignore[misc]
    assert _take(loop, 4) == [(0, 0), (1, 10), (2, 20), (7, 70)]
    loop.close()
    assert ends.opened == 1


def test_what_is_running_is_given_up(ends: _Ends) -> None:
    """Each job is cancelled and may tidy up, none is waited for; a second end harms nothing."""
    tidied: list[int] = []

    async def long(number: int) -> int:
        try:
            return await _soon(number, 60)
        except asyncio.CancelledError:
            await asyncio.sleep(0)
            tidied.append(number)
            raise

    loop: Loop[int] = Loop(ends.open, 1)
    loop.put(9, lambda: _soon(9))
    for number in range(5):
        loop.put(number, lambda number=number: long(number))  # type: ignore[misc]
    assert _take(loop, 1) == [(9, 9)]
    loop.close()
    loop.close()
    assert sorted(tidied) == [0, 1, 2, 3, 4]


def test_a_loop_that_cannot_begin_says_so(ends: _Ends) -> None:
    """Who waits for its jobs is told why, each time."""

    async def fails() -> None:
        raise OSError(24, "Too many open files")

    loop: Loop[int] = Loop(fails, 1)
    loop.put(1, lambda: _soon(1))
    for _ in range(2):
        with pytest.raises(RuntimeError, match="ended") as caught:
            loop.take()
        assert isinstance(caught.value.__cause__, OSError)
    loop.put(2, lambda: _soon(2))
    loop.close()


def test_a_job_that_breaks_its_word_is_waited_for_by_nobody(ends: _Ends) -> None:
    """A job must not raise; one that does, or gives itself up, ends the wait with an error."""
    for mistake in (ZeroDivisionError, asyncio.CancelledError):

        async def fails(mistake: type[BaseException] = mistake) -> int:
            raise mistake

        loop: Loop[int] = Loop(ends.open, 1)
        loop.put(1, fails)
        with pytest.raises(RuntimeError) as caught:
            loop.take()
        assert isinstance(caught.value.__cause__, mistake)
        loop.close()


def test_a_wait_can_be_ended(ends: _Ends) -> None:
    """By another thread, with nothing; also before it begins."""
    loop: Loop[int] = Loop(ends.open, 1)
    loop.put(1, lambda: _soon(1, 300))
    begun = time.monotonic()
    timer = threading.Timer(0.05, loop.wake)
    timer.start()
    assert loop.take(300) == []
    timer.join()
    loop.wake()
    assert loop.take(300) == []
    assert time.monotonic() - begun < 200  # it didn't end by itself
    loop.close()


def test_functions_run_within_the_loop(ends: _Ends) -> None:
    """In its thread; after its end, nowhere."""
    names: list[str] = []
    loop: Loop[int] = Loop(ends.open, 1)
    loop.call(lambda: names.append(threading.current_thread().name))
    loop.put(1, lambda: _soon(1))
    _take(loop, 1)
    loop.close()
    loop.call(lambda: names.append("after"))
    assert names == ["feedtool-fetch"]
