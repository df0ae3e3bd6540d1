"""Progress of long work: a line that rewrites itself, on a terminal only."""

from __future__ import annotations

from typing import TextIO

_WIDTH = 20


class Progress:
    """Counts steps to `total` on `stream`; silent where that is no terminal or one step is all."""

    def __init__(self, stream: TextIO, total: int) -> None:
        """Nothing is shown before the first step."""
        self._stream, self._total, self._done = stream, total, 0
        self._shown = stream.isatty() and total > 1

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        self._clear()

    def step(self, what: str) -> None:
        """One more is done, `what` by name."""
        self._done += 1
        if not self._shown:
            return
        self._clear()
        filled = _WIDTH * self._done // self._total
        bar = "█" * filled + "░" * (_WIDTH - filled)
        self._stream.write(f"{bar} {self._done}/{self._total} {what}")
        self._stream.flush()

    def _clear(self) -> None:
        if self._shown and self._done:
            self._stream.write("\r\x1b[K")  # to the start of the line, and clear it
            self._stream.flush()
