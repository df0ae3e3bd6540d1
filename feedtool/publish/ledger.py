"""What a batch of decisions says of the same rows of the shelf again and again: kept in memory, and
written once, before anybody asks and before the batch is for good."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable


class Ledger:
    """Beside a shelf's `database`, while a transaction is open there."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._dues: dict[tuple[str, str], bool] = {}  # what was said last: owed, or paid
        self._updated: dict[int, int] = {}
        self._ranks: dict[int, int] = {}

    def owe(self, kind: str, names: Iterable[str]) -> None:
        """These are to be written or removed."""
        for name in names:
            self._dues[kind, name] = True

    def paid(self, kind: str, names: Iterable[str]) -> None:
        """These are written or removed."""
        for name in names:
            self._dues[kind, name] = False

    def renew(self, stream: int, updated: int) -> None:
        """Something in a stream changed at this time, which goes forward only."""
        self._updated[stream] = max(self._updated.get(stream, 0), updated)

    def arrive(self, stream: int, rank: int) -> None:
        """Something of this rank has newly come into a stream."""
        self._ranks[stream] = min(self._ranks.get(stream, rank), rank)

    def write_dues(self) -> None:
        """Write what is owed, and what isn't any more."""
        if self._dues:
            many = self._database.executemany
            owed = [due for due, is_owed in self._dues.items() if is_owed]
            many("INSERT OR IGNORE INTO due VALUES (?, ?)", owed)
            paid = [due for due, is_owed in self._dues.items() if not is_owed]
            many("DELETE FROM due WHERE kind = ? AND name = ?", paid)
            self._dues.clear()

    def write_streams(self) -> None:
        """Write what changed in streams."""
        if self._updated:
            question = "UPDATE stream SET updated = max(updated, ?) WHERE number = ?"
            rows = [(updated, stream) for stream, updated in self._updated.items()]
            self._database.executemany(question, rows)
            self._updated.clear()
        if self._ranks:
            question = (
                "UPDATE stream SET late = min(coalesce(late, ?), ?) WHERE number = ? AND is_begun"
            )
            late = [(rank, rank, stream) for stream, rank in self._ranks.items()]
            self._database.executemany(question, late)
            self._ranks.clear()

    def write(self) -> None:
        """Write all of it."""
        self.write_dues()
        self.write_streams()

    def clear(self) -> None:
        """Forget what was said, as it is undone."""
        for kept in (self._dues, self._updated, self._ranks):
            kept.clear()
