"""Full-text search beside the index: an FTS5 table over folded text, newest first.

A row's number is its entry's moment: the second of publication and a number within it, so that
the table's own order is that of time, from both ends, and nothing is ever sorted or counted. The
text itself isn't kept here; the files have it, so a row is taken out by saying what was put in.
Where nobody knows that, as a file was edited by hand, the row stays: the entry has another moment
or none in the table `entry (moment INTEGER, key TEXT, ...)`, which belongs to the caller, and the
row is passed over.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from feedtool.archive.query import Query

# One column, as fields are told by words of their own: filtering by column would read the lists of
# all texts. `columnsize=0`: nothing here asks how long a text is. The text is folded for `ascii`,
# the cheapest tokenizer. Pieces are merged sixteen at a time, which takes less work than eight;
# letting more of them wait would take yet less, but each is asked for a rare word. `hashsize` is
# for rebuilds: how many bytes are gathered in one transaction before they are written out.
SCHEMA = """
CREATE VIRTUAL TABLE search USING fts5(
    words, content='', columnsize=0, detail=full, tokenize='ascii'
);
INSERT INTO search (search, rank) VALUES ('automerge', 16);
INSERT INTO search (search, rank) VALUES ('crisismerge', 32);
INSERT INTO search (search, rank) VALUES ('hashsize', 16777216);
"""
_EPOCH = 1 << 36  # seconds: moments of years before 1970 are positive too
_WITHIN = 20  # bits for the number within a second
_TOGETHER = 64  # entries whose words are worked in at a step
_FIRST, _END = 0, (1 << 63) - 1


def moment(published: int, number: int = 0) -> int:
    """Return the row number of an entry that was published so many seconds after 1970 began; the
    last 20 bits of `number` tell it from others of that second."""
    return (published + _EPOCH << _WITHIN) + number % (1 << _WITHIN)


def moment_range(since: datetime | None, until: datetime | None) -> tuple[int, int]:
    """Return the first moment from `since` on, and the first from `until` on, which is no part."""
    first = moment(int(since.timestamp())) if since else _FIRST
    return first, moment(int(until.timestamp())) if until else _END


def is_of(number: int | None, published: int | None) -> bool:
    """True where a row number is that of an entry that was published so many seconds after 1970
    began."""
    if number is None or published is None:
        return False
    return number >> _WITHIN == published + _EPOCH


class Search:
    """The full text of entries, in a database that has `SCHEMA` and a table `entry`; transactions
    and `sqlite3.Error` are the caller's."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def add(self, rows: Iterable[tuple[int, bytes]]) -> None:
        """Take in entries: moment and words (`words.row`)."""
        for _ in self.adding(rows):
            pass

    def adding(self, rows: Iterable[tuple[int, bytes]]) -> Iterator[None]:
        """Take in entries as `add` does, some at each step."""
        # In ascending order: FTS5 writes out what it has gathered each time that numbers go back.
        rest = iter(sorted(rows))
        while some := list(islice(rest, _TOGETHER)):
            question = "INSERT INTO search (rowid, words) VALUES (?, CAST(? AS TEXT))"
            self._database.executemany(question, some)
            yield

    def remove(self, rows: Sequence[tuple[int, bytes]], *, for_good: bool = False) -> None:
        """Take out entries: moment and words just as they were put in. `for_good`: these are gone
        from the file at once where SQLite can do that (from 3.45 on without faults), else when it
        next merges the pieces that hold them."""
        if not rows:
            return
        clean = for_good and sqlite3.sqlite_version_info >= (3, 45)
        if clean:
            self._set_clean(1)
        question = "INSERT INTO search (search, rowid, words) VALUES ('delete', ?, CAST(? AS TEXT))"
        self._database.executemany(question, sorted(rows))
        if clean:
            self._set_clean(0)

    def newest(self, query: Query, limit: int, before: int | None = None) -> list[tuple[int, str]]:
        """Return moment and key of the newest `limit` entries that `query` finds, newest first;
        those of moments less than `before`, the last of the page before."""
        from feedtool.archive.query import expression

        return self._find(query, expression(query), limit, before)

    def candidates(self, query: Query, most: int) -> tuple[list[tuple[int, str]], bool]:
        """Return moment and key of entries to rank: the newest `most` with all words in the title,
        and the newest `most` with them anywhere, newest first; and whether there are more."""
        from feedtool.archive.query import expression

        asked = [expression(query, title=True), expression(query)]
        found = [self._find(query, one, most + 1, None) for one in dict.fromkeys(asked)]
        rows = {row for some in found for row in some[:most]}
        return sorted(rows, reverse=True), any(len(some) > most for some in found)

    def _set_clean(self, how: int) -> None:
        question = "INSERT INTO search (search, rank) VALUES ('secure-delete', ?)"
        self._database.execute(question, (how,))

    def _find(
        self, query: Query, asked: str | None, limit: int, before: int | None
    ) -> list[tuple[int, str]]:
        first, end = moment_range(query.since, query.until)
        end = end if before is None else min(end, before)
        if asked is None:
            rows = self._database.execute(
                "SELECT moment, key FROM entry WHERE moment >= ? AND moment < ?"
                " ORDER BY moment DESC LIMIT ?",
                (first, end, limit),
            )
        else:
            rows = self._database.execute(
                # CROSS: the table of words is gone through in its order, and no further than
                # `limit`; the entries that are still current are looked up one by one.
                "SELECT entry.moment, entry.key FROM search CROSS JOIN entry"
                " ON entry.moment = search.rowid"
                " WHERE search MATCH ? AND search.rowid >= ? AND search.rowid < ?"
                " ORDER BY search.rowid DESC LIMIT ?",
                (asked, first, end, limit),
            )
        return rows.fetchall()
