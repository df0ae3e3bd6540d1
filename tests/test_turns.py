"""Whose turn it is: hosts one at a time, slots for all, and nothing that stays taken."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import pytest

from feedtool.fetch import turns
from feedtool.fetch.turns import Turns

T = TypeVar("T")
Work = Callable[[], Coroutine[None, None, None]]


class _Leap(selectors.DefaultSelector):
    """Waits for nothing: where a loop has nothing to do until then, it is then."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        found = super().select(0)
        if not found:
            assert timeout is not None, "everybody waits for ever"
            self.now += timeout
        return found


class _Loop(asyncio.SelectorEventLoop):
    """A loop whose clock leaps over all waiting, and stands still meanwhile."""

    def __init__(self) -> None:
        self._leap = _Leap()
        super().__init__(self._leap)

    def time(self) -> float:
        """Seconds since its begin."""
        return self._leap.now


def _go(work: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner(loop_factory=_Loop) as runner:
        return runner.run(work)


async def _hold(
    mine: Turns, host: str, seconds: float, gap: float = 0.0, keep: bool = False
) -> None:
    async with mine.turn(host, gap) as turn:
        await asyncio.sleep(seconds)
        turn.kept = keep


async def _is_free(mine: Turns, *hosts: str) -> bool:
    try:
        async with asyncio.timeout(1):
            await asyncio.gather(*(_hold(mine, host, 0) for host in hosts))
    except TimeoutError:
        return False
    return True


def test_a_host_is_asked_one_at_a_time() -> None:
    """In the order in which they came, however many wait."""
    seen: list[str] = []

    async def work(mine: Turns, name: str) -> None:
        async with mine.turn("a", 0):
            seen.append(f"{name} begins")
            await asyncio.sleep(0.005)
            seen.append(f"{name} ends")

    async def run() -> None:
        mine = Turns(8)
        await asyncio.gather(*(work(mine, str(n)) for n in range(5)))

    _go(run())
    assert seen == [f"{n} {what}" for n in range(5) for what in ("begins", "ends")]


@pytest.mark.parametrize(("first", "second"), [(60, 60), (60, 2), (2, 60), (60, 0)])
def test_a_gap_is_kept_from_the_end(first: float, second: float) -> None:
    """The longer of the gaps of two turns, from the end of the one to the begin of the other."""

    async def run() -> float:
        mine = Turns(1)
        await _hold(mine, "a", 5, first)
        loop = asyncio.get_running_loop()
        begun = loop.time()
        await _hold(mine, "a", 0, second)
        return loop.time() - begun

    assert _go(run()) == pytest.approx(60)


def test_hosts_go_together_up_to_the_slots() -> None:
    """As many at once as there are slots, and never more."""
    now = most = 0

    async def work(mine: Turns, host: str) -> None:
        nonlocal now, most
        async with mine.turn(host, 0):
            now += 1
            most = max(most, now)
            await asyncio.sleep(0.01)
            now -= 1

    async def run() -> None:
        mine = Turns(3)
        await asyncio.gather(*(work(mine, str(n)) for n in range(9)))

    _go(run())
    assert most == 3


def test_who_waits_for_a_host_holds_no_slot() -> None:
    """Neither in its line nor within its gap: another host is asked meanwhile."""

    async def run() -> None:
        mine = Turns(2)
        await _hold(mine, "gap", 0, 60)
        waiting = [asyncio.create_task(_hold(mine, host, 60)) for host in ("a", "a", "a", "gap")]
        await asyncio.sleep(0)
        assert await _is_free(mine, "b", "c")
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    _go(run())


@pytest.mark.parametrize("number", [0, 1, 2, 3])
@pytest.mark.parametrize("woken", [False, True])
def test_who_is_given_up_frees_host_and_slot(number: int, woken: bool) -> None:
    """Whoever it is: who holds the turn, waits for it, or was woken for it in the same moment."""

    async def run() -> None:
        mine = Turns(1)
        ends = asyncio.Event()

        async def work() -> None:
            async with mine.turn("a", 0):
                await ends.wait()

        tasks = [asyncio.create_task(work()) for _ in range(4)]
        await asyncio.sleep(0.01)
        ends.set()
        for _ in range(2 if woken else 0):  # the first ends, and wakes the others
            await asyncio.sleep(0)
        tasks[number].cancel()
        async with asyncio.timeout(2):
            ended = await asyncio.gather(*tasks, return_exceptions=True)
        assert sum(one is None for one in ended) >= 3
        assert await _is_free(mine, "a", "b")

    _go(run())


def test_who_is_given_up_while_all_slots_are_taken_frees_its_host() -> None:
    """It had the host, and waited for a slot."""

    async def run() -> None:
        mine = Turns(1)
        await _hold(mine, "b", 0, keep=True)
        task = asyncio.create_task(_hold(mine, "a", 0))
        await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        mine.give_back()
        assert await _is_free(mine, "a", "b")

    _go(run())


def test_a_kept_slot_is_taken_until_it_is_given_back() -> None:
    """Its host is free meanwhile; one that is given back may be taken again."""

    async def run() -> None:
        mine = Turns(1)
        await _hold(mine, "a", 0, keep=True)
        task = asyncio.create_task(_hold(mine, "a", 0))
        await asyncio.sleep(0.02)
        assert not task.done()
        mine.give_back()
        await task
        await mine.keep()
        task = asyncio.create_task(_hold(mine, "b", 0))
        await asyncio.sleep(0.02)
        assert not task.done()
        mine.give_back()
        await task

    _go(run())


def test_what_fails_frees_host_and_slot() -> None:
    """A mistake within a turn costs that turn."""

    async def run() -> None:
        mine = Turns(1)
        for _ in range(3):
            with pytest.raises(ZeroDivisionError):
                async with mine.turn("a", 0):
                    raise ZeroDivisionError
        assert await _is_free(mine, "a", "b")

    _go(run())


def test_many_hosts_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that may be asked again, once there are many; those that may not are kept."""
    monkeypatch.setattr(turns, "_MANY", 10)

    async def run() -> None:
        mine = Turns(1)
        await _hold(mine, "slow", 0, 600)
        for number in range(100):
            await _hold(mine, str(number), 1, 0.5)
        assert len(mine._left) <= 11
        assert "slow" in mine._left
        assert not mine._busy

    _go(run())
