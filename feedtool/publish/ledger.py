"""What a batch of decisions says of the same rows of the shelf again and again, and what rows it
adds: kept in memory, and written together, before anybody asks and before the batch is for good."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from itertools import groupby
from operator import itemgetter
from typing import Any

from feedtool.publish.schema import PIECES

# The tables that rows are added to, the key that they are sorted by (their own, so that many fall
# on the same page), and how many are kept: fewer of those that are long.
_ADDED = {
    "entry": ("INSERT OR REPLACE INTO entry VALUES (?, ?, ?, ?, ?, ?, ?)", itemgetter(0), 1000),
    **{
        table: (f"INSERT OR REPLACE INTO {table} VALUES (?, ?)", itemgetter(0), 50)  # noqa: S608
        for table in PIECES.values()
    },
    "place": (
        "INSERT OR REPLACE INTO place VALUES (?, ?, ?, ?, ?, ?)",
        itemgetter(0, 1, 2, 3),
        4000,
    ),
}


class Ledger:
    """Beside a shelf's `database`, while a transaction is open there."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._dues: dict[tuple[str, str], bool] = {}  # what was said last: owed, or paid
        self._updated: dict[int, int] = {}
        self._ranks: dict[int, int] = {}
        self._rows: dict[str, list[tuple[object, ...]]] = {table: [] for table in _ADDED}

    def add(self, table: str, rows: Iterable[tuple[object, ...]]) -> None:
        """These rows are in a table, in place of those that have their keys."""
        kept = self._rows[table]
        kept += rows
        if len(kept) > _ADDED[table][2]:
            self._write_rows(table)

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
            owed = sorted(due for due, is_owed in self._dues.items() if is_owed)
            many("INSERT OR IGNORE INTO due VALUES (?, ?)", owed)
            paid = sorted(due for due, is_owed in self._dues.items() if not is_owed)
            for kind, some in groupby(paid, itemgetter(0)):
                if self._has(kind):  # seldom are files to be removed
                    many("DELETE FROM due WHERE kind = ? AND name = ?", some)
            self._dues.clear()

    def _has(self, kind: str) -> bool:
        question = "SELECT 1 FROM due WHERE kind = ? LIMIT 1"
        return self._database.execute(question, (kind,)).fetchone() is not None

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

    def write_rows(self) -> None:
        """Write the rows that were added."""
        for table, rows in self._rows.items():
            if rows:
                self._write_rows(table)

    def _write_rows(self, table: str) -> None:
        question, key, _ = _ADDED[table]
        rows = self._rows[table]
        rows.sort(key=key)
        self._database.executemany(question, rows)
        rows.clear()

    def write(self) -> None:
        """Write all of it."""
        self.write_rows()
        self.write_dues()
        self.write_streams()

    def clear(self) -> None:
        """Forget what was said, as it is undone."""
        kept: tuple[dict[Any, Any] | list[Any], ...] = (
            *(self._dues, self._updated, self._ranks),
            *self._rows.values(),
        )
        for one in kept:
            one.clear()
