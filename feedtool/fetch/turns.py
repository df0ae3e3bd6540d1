"""Whose turn it is: one request to a host at a time, with a gap between, and so many in all."""

from __future__ import annotations

import asyncio

_MANY = 4096  # hosts that are remembered before those that are free are forgotten


class Turn:
    """A request to a host, which may be made within `async with`; `kept` is set by who wants its
    slot to stay taken."""

    __slots__ = ("_gap", "_host", "_turns", "kept")

    def __init__(self, turns: Turns, host: str, gap: float) -> None:
        """Made by `Turns.turn`."""
        self._turns, self._host, self._gap = turns, host, gap
        self.kept = False

    async def __aenter__(self) -> Turn:
        await self._turns._begin(self._host, self._gap)
        return self

    async def __aexit__(self, *_: object) -> None:
        if not self.kept:
            self._turns.give_back()
        self._turns._leave(self._host, self._gap)


class Turns:
    """Turns of hosts, within one event loop.

    There are so many slots. What waits for its host holds none; what came of a request may keep
    its slot until somebody has taken it in, so that answers don't pile up.
    """

    def __init__(self, slots: int) -> None:
        """`slots`: requests at once, and answers that wait."""
        self._loop = asyncio.get_running_loop()
        self._slots = asyncio.Semaphore(slots)
        # When a host was left, by the loop's clock, and the gap that was to follow.
        self._left: dict[str, tuple[float, float]] = {}
        # Hosts that are being asked, and who waits for them.
        self._busy: dict[str, list[asyncio.Future[None]]] = {}

    async def keep(self) -> None:
        """Take a slot again that was given back."""
        await self._slots.acquire()

    def give_back(self) -> None:
        """Free a slot that was kept."""
        self._slots.release()

    def turn(self, host: str, gap: float) -> Turn:
        """Wait until `host` has been free for `gap` seconds, and for those of the turn before, and
        there is a slot."""
        return Turn(self, host, gap)

    async def _begin(self, host: str, gap: float) -> None:
        while host in self._busy:
            ended: asyncio.Future[None] = self._loop.create_future()
            self._busy[host].append(ended)
            await ended
        self._busy[host] = []
        try:
            if host in self._left:
                when, before = self._left[host]
                while (wait := when + max(gap, before) - self._loop.time()) > 0:
                    await asyncio.sleep(wait)
            await self._slots.acquire()
        except BaseException:
            self._leave(host, gap)
            raise

    def _leave(self, host: str, gap: float) -> None:
        # All are woken, and the first of them goes on: one that is given up passes nothing on.
        for ended in self._busy.pop(host):
            if not ended.done():
                ended.set_result(None)
        if not gap:
            return
        now = self._loop.time()
        self._left[host] = now, gap
        if len(self._left) > _MANY:
            self._left = {name: one for name, one in self._left.items() if sum(one) > now}
