"""Who is due when: of any number of sources, those whose time has come."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import datetime
from itertools import count

_LEFT = 64  # old places that are no matter


class Agenda:
    """When each of many names is due next; one that was taken is in hand until it is set again."""

    def __init__(self) -> None:
        """Nothing is due."""
        self._due: dict[str, tuple[datetime, int]] = {}
        # What was set anew leaves its old place behind, which is passed over in its time.
        self._heap: list[tuple[datetime, int, str]] = []
        self._numbers = count()  # those of one time come in the order in which they were set

    def __contains__(self, name: str) -> bool:
        return name in self._due

    @property
    def next(self) -> datetime | None:
        """When the next one is due, None where there is none."""
        while self._heap and self._due.get(self._heap[0][2]) != self._heap[0][:2]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def set(self, name: str, when: datetime) -> None:
        """Say when `name` is due."""
        number = next(self._numbers)
        self._due[name] = when, number
        heapq.heappush(self._heap, (when, number, name))
        if len(self._heap) > 2 * len(self._due) + _LEFT:
            self._heap = [(*due, name) for name, due in self._due.items()]
            heapq.heapify(self._heap)

    def hasten(self, name: str, when: datetime) -> None:
        """Say that `name`, unless it is in hand, is due by `when`."""
        if name in self._due and when < self._due[name][0]:
            self.set(name, when)

    def take(self, now: datetime) -> list[str]:
        """Return those that are due by `now`, the longest due first; they are in hand then."""
        taken: list[str] = []
        while (when := self.next) is not None and when <= now:
            taken.append(heapq.heappop(self._heap)[2])
            del self._due[taken[-1]]
        return taken

    def move(self, moved: Callable[[str, datetime], datetime]) -> None:
        """Set each to what `moved(name, when)` gives."""
        before, self._due = self._due, {}
        self._heap.clear()
        for name, (when, _) in before.items():
            self.set(name, moved(name, when))
