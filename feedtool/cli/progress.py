"""Progress of long work: a line that rewrites itself, on a terminal only."""

from __future__ import annotations

import time
from typing import TextIO

from feedtool import text

_WIDTH = 20
_NAME = 40  # characters: a line that is broken can't be taken away
_OFTEN = 100
_GAP = 0.1  # seconds between two that are shown, as a terminal is slow


class Progress:
    """Counts steps to `total` on `stream`; silent where that is no terminal or one step is all."""

    def __init__(self, stream: TextIO, total: int) -> None:
        """Nothing is shown before the first step."""
        self._stream, self._total, self._done = stream, total, 0
        self._shown = stream.isatty() and total > 1
        self._told = float("-inf")

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()

    def step(self, what: str) -> None:
        """One more is done, `what` by name."""
        self._done += 1
        is_last = self._done == self._total
        if not self._shown or (time.monotonic() < self._told + _GAP and not is_last):
            return
        self._told = time.monotonic()
        self.clear()
        filled = _WIDTH * min(self._done, self._total) // self._total
        bar = "█" * filled + "░" * (_WIDTH - filled)
        self._stream.write(f"{bar} {self._done}/{self._total} {what[:_NAME]}")
        self._stream.flush()

    def clear(self) -> None:
        """Take the line away, so that another can be written in its place."""
        if self._shown and self._done:
            self._stream.write("\r\x1b[K")  # to the start of the line, and clear it
            self._stream.flush()


class Counter:
    """Counts steps whose number nobody knows before, on `stream`; silent where that is no terminal.
    `count` is how many there were."""

    def __init__(self, stream: TextIO) -> None:
        """Nothing is shown before the first step."""
        self._stream, self.count = stream, 0
        self._is_shown = stream.isatty()

    def __enter__(self) -> Counter:
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()

    def step(self, what: str) -> None:
        """One more, `what` by name; every hundredth is shown."""
        self.count += 1
        if self._is_shown and self.count % _OFTEN == 1:
            shown = text.shorten(what, 60)
            self._stream.write(f"\r\x1b[K{self.count:,} {shown}")
            self._stream.flush()

    def clear(self) -> None:
        """Take the line away."""
        if self._is_shown and self.count:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
