"""The index beside the files: names, dates, words and changes, so that nothing needs a walk.

It may be deleted at any time and is rebuilt from the files alone. What it says of an entry is
never believed over the entry's file. An answer costs what it gives, however much the index holds:
lists go on from a key, nothing is counted, and no cursor stays open between two answers.
"""

from __future__ import annotations

import contextlib
import heapq
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from feedtool import sqlite
from feedtool.archive import search, tables
from feedtool.archive.row import File, Row, digest_of, words_digest, words_of
from feedtool.archive.search import Search
from feedtool.data import Struct
from feedtool.errors import ArchiveError

if TYPE_CHECKING:
    from feedtool.archive.query import Query

_PAGES = (50, 500)  # keys that are read at once of a list: at first, and at most
_ASKED = 500  # values that a statement asks for at once
_BATCH = 1000  # rows of a whole archive that are worked in at once


class _Place(Struct, frozen=True):
    """A row with its number, that of its change, its moment, and the digest of its words; and what
    search must take in and take out: moment and words."""

    row: Row
    number: int
    change: int
    moment: int | None
    words: bytes | None
    new: tuple[int, bytes] | None = None
    old: tuple[int, bytes] | None = None


class Adding:
    """Rows on their way into the index: `files` are those of their entries, in the same order, as
    they were written."""

    def __init__(self, work: Iterator[object]) -> None:
        """Each step of `work` takes in the words of some."""
        self.files: list[File] = []
        self._work = work

    def work(self) -> None:
        """Take in the words of some more: to be called while the disk is busy."""
        next(self._work, None)

    def finish(self) -> None:
        """Take in the words of all others."""
        for _ in self._work:
            pass


class Index:
    """Names, dates, words and the order of changes, by key."""

    def __init__(self, path: Path | None, *, writing: bool) -> None:
        """Open the index at `path`, or an empty one: `complete` says which."""
        self._path = path
        self._database = sqlite.connect(path, tables.SCHEMA, tables.SCHEMA_VERSION, writing=writing)
        version = self._database.execute("PRAGMA user_version").fetchone()[0]
        self.complete = version == tables.SCHEMA_VERSION
        self._search = Search(self._database)
        self._files: dict[str, tuple[int, int]] = {}  # of keys that were given just now

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def fill(self, rows: Iterable[tuple[Row, File]], before: Path | None = None) -> None:
        """Make this empty index hold these, under a new epoch: every cursor is void. What the index
        at `before` has and these don't is gone."""
        with sqlite.bulk(self._database, self._path) as database:
            for statement in tables.BEFORE_FILLING:
                database.execute(statement)
            database.execute("INSERT INTO about VALUES (?, 0)", (os.urandom(8).hex(),))
            iterator = iter(rows)
            while some := list(islice(iterator, _BATCH)):
                placed = self._placed([row for row, _ in some])
                self._search.add([one.new for one in placed if one.new is not None])
                self._keep(placed, {row.key: file for row, file in some}, filling=True)
            for statement in tables.AFTER_FILLING:
                database.execute(statement)
            for key in _lost(self._database, before) if before else ():
                self._note_gone(key)
        with sqlite.transaction(self._database, self._path) as database:
            database.execute(f"PRAGMA user_version = {tables.SCHEMA_VERSION}")
        self.complete = True

    @contextlib.contextmanager
    def adding(self, rows: Sequence[Row], *, for_good: bool = False) -> Iterator[Adding]:
        """Take these in, over what it held of their keys, when the block is done, which fills in
        what their files are. `for_good`: words that are taken out leave no trace, as far as SQLite
        can do that."""
        with sqlite.transaction(self._database, self._path):
            placed = self._placed(rows)
            old = [one.old for one in placed if one.old is not None]
            self._search.remove(old, for_good=for_good)
            new = [one.new for one in placed if one.new is not None]
            adding = Adding(self._search.adding(new))
            yield adding
            adding.finish()
            self._keep(
                placed, {row.key: file for row, file in zip(rows, adding.files, strict=True)}
            )

    def remove(self, key: str) -> None:
        """Forget a key whose file is gone."""
        with sqlite.transaction(self._database, self._path) as database:
            database.execute("DELETE FROM entry WHERE key = ?", (key,))
            self._note_gone(key)

    def find(self, name: str) -> str | None:
        """The key of the entry with this name (see `item.names`), or None. It may have had it
        once."""
        row = next(self._ask(tables.FIRST, digest_of(name)), None)
        return row[0] if row else None

    def known(self, names: Iterable[str]) -> set[str]:
        """Those of these names that an entry has, or had once."""
        digests = {digest_of(name): name for name in names}
        rows = self._ask_all("SELECT DISTINCT name FROM name WHERE name IN ({})", digests)
        return {digests[digest] for (digest,) in rows}

    def named(self, name: str, most: int) -> list[str]:
        """Keys of at most `most` entries that have this name or had it once, the last first."""
        question = """SELECT key FROM name JOIN entry USING (number) WHERE name = ?
            ORDER BY number DESC LIMIT ?"""
        return [row[0] for row in self._ask(question, digest_of(name), most)]

    def oldest(self, source: str, before: int, most: int) -> list[str]:
        """Keys of at most `most` entries of this source that were published before this second
        (since 1970), the oldest first."""
        question = """SELECT key FROM entry WHERE source = ? AND published < ?
            ORDER BY published, key LIMIT ?"""
        return [row[0] for row in self._ask(question, source, before, most)]

    def is_stale(self, key: str) -> bool:
        """True where search may hold words of this entry that can't be taken out one by one."""
        question = "SELECT 1 FROM stale JOIN entry USING (number) WHERE key = ?"
        return next(self._ask(question, key), None) is not None

    def newest(
        self,
        sources: Sequence[str] = (),
        less_sure_than: float | None = None,
        after: str | None = None,
    ) -> Iterator[str]:
        """Keys by date of publication, newest first; those that follow the key `after`."""
        behind = None
        if after is not None:
            behind = next(self._ask("SELECT published, key FROM entry WHERE key = ?", after), None)
            if behind is None or behind[0] is None:
                return
        rules = [] if less_sure_than is None else ["sureness < ?"]
        values = [] if less_sure_than is None else [less_sure_than]
        lists = [
            self._pages([*rules, "source = ?"], [*values, one], behind)
            for one in dict.fromkeys(sources)
        ] or [self._pages(rules, values, behind)]
        yield from (key for _, key in heapq.merge(*lists, reverse=True))

    def found(self, query: Query, after: str | None = None) -> Iterator[str]:
        """Keys of what `query` finds, newest first; those that follow the key `after`."""
        before: int | None = None
        if after is not None:
            row = next(self._ask("SELECT moment FROM entry WHERE key = ?", after), None)
            if row is None or row[0] is None:
                return
            before = row[0]
        size, most = _PAGES
        while page := self._found(query, size, before):
            yield from (key for _, key in page)
            before, size = page[-1][0], most

    def likely(self, query: Query, most: int) -> tuple[list[str], bool]:
        """Keys of what may fit `query` best, and whether more was found than could be looked at."""
        with sqlite.reading(self._path):
            found, is_cut = self._search.candidates(query, most)
        return [key for _, key in found], is_cut

    def files(self) -> Iterator[tuple[str, File]]:
        """All keys, in order, and the file of each as it was written."""
        question = "SELECT key, size, changed FROM entry WHERE key > ? ORDER BY key LIMIT ?"
        last = ""
        while page := list(self._ask(question, last, _BATCH)):
            yield from ((key, File(size, changed)) for key, size, changed in page)
            last = page[-1][0]

    def file(self, key: str) -> File | None:
        """The file of this key as it was written, None for one that isn't here."""
        question = "SELECT size, changed FROM entry WHERE key = ?"
        row = next(self._ask(question, key), None)
        return File(*row) if row else None

    def is_ours(self, key: str, file: File) -> bool:
        """True where a file of this key that is like this holds just the bytes that we wrote, so
        that it need not be asked again whether they are an entry."""
        known = self._files.get(key)
        if known is None:
            with contextlib.suppress(ArchiveError):  # it serves for nothing else here
                known = next(self._ask(tables.FILE, key), None)
        return known == (file.size, file.changed)

    def is_withdrawn(self, key: str) -> bool:
        """True where this entry is known, and withdrawn."""
        question = "SELECT 1 FROM entry WHERE key = ? AND published IS NULL"
        return next(self._ask(question, key), None) is not None

    def changes(self, since: str | None, most: int | None = None) -> tuple[list[str], str]:
        """Keys added or gone after the cursor `since`, and the cursor behind them: epoch and change
        number."""
        epoch, last = next(self._ask("SELECT epoch, changes FROM about"))
        known, _, number = (since or "").partition(":")
        after = int(number) if known == epoch and number.isdecimal() else 0
        limit = -1 if most is None else most  # which is none, to SQLite
        # One by one: of both together, it would sort all that there is.
        found = [list(self._ask(one, after, limit)) for one in tables.CHANGES]
        self._look_ahead((key, size, changed) for key, _, size, changed in found[0])
        rows = list(islice(heapq.merge(*found, key=lambda row: row[1]), most))
        return [row[0] for row in rows], f"{epoch}:{rows[-1][1] if len(rows) == most else last}"

    def _look_ahead(self, rows: Iterable[tuple[str, int, int]]) -> None:
        """Keep at hand what the files of these are, as they will soon be read."""
        if len(self._files) > _BATCH:
            self._files.clear()
        self._files.update((key, (size, changed)) for key, size, changed in islice(rows, _BATCH))

    def _ask(self, question: str, *values: object) -> Iterator[Any]:
        return sqlite.rows(self._database, self._path, question, *values)

    def _ask_all(self, question: str, values: Iterable[object]) -> Iterator[Any]:
        """Ask for all of these values, many at a time."""
        rest = iter(values)
        while some := list(islice(rest, _ASKED)):
            yield from self._ask(question.format(", ".join("?" * len(some))), *some)

    def _found(self, query: Query, size: int, before: int | None) -> list[tuple[int, str]]:
        with sqlite.reading(self._path):
            return self._search.newest(query, size, before)

    def _pages(
        self, rules: list[str], values: list[Any], behind: tuple[int, str] | None
    ) -> Iterator[tuple[int, str]]:
        size, most = _PAGES
        while True:
            where = [
                *rules,
                "published IS NOT NULL",
                *(["(published, key) < (?, ?)"] * bool(behind)),
            ]
            question = tables.NEWEST.format(" AND ".join(where))
            page = list(self._ask(question, *values, *(behind or ()), size))
            self._look_ahead(row[1:] for row in page)
            yield from (row[:2] for row in page)
            if len(page) < size:
                return
            behind, size = page[-1][:2], most

    def _placed(self, given: Sequence[Row]) -> list[_Place]:
        """The rows that may be taken in, each in its place."""
        [[change]] = self._ask("SELECT changes FROM about")
        held: dict[bytes, str] = {}
        for name, key in self._ask_all(tables.HOLDERS, [row.names[0] for row in given]):
            held.setdefault(name, key)
        # A second file with the id of another is left out: `check` names it.
        mine = [row for row in given if held.setdefault(row.names[0], row.key) == row.key]
        new = list(zip(mine, count(change + 1)))
        known = {key: rest for key, *rest in self._ask_all(tables.KNOWN, [row.key for row in mine])}
        moments = [search.moment(row.published or 0, number) for row, number in new]
        taken = {at for (at,) in self._ask_all(tables.MOMENTS, moments)}
        return [self._place(row, number, known.get(row.key), taken) for row, number in new]

    def _place(
        self, row: Row, change: int, before: Sequence[Any] | None, taken: set[int]
    ) -> _Place:
        number, at, known = before or (change, None, None)
        words = row.words
        digest = None if words is None else words_digest(words)
        if digest == known and search.is_of(at, row.published):
            return _Place(row, number, change, at, digest)
        old = None
        if at is not None:
            held = (words_of(row.before) if row.before else None, words)
            said = [one for one in held if one is not None and words_digest(one) == known]
            if said:
                old = (at, said[0])
            else:
                self._database.execute("INSERT OR IGNORE INTO stale VALUES (?)", (number,))
        if words is None or row.published is None:
            return _Place(row, number, change, None, digest, None, old)
        moment = self._moment(row.published, change, taken)
        return _Place(row, number, change, moment, digest, (moment, words), old)

    def _moment(self, published: int, change: int, taken: set[int]) -> int:
        """What search knows an entry by, which it never uses twice."""
        at = search.moment(published, change)
        while at in taken:
            at += 1  # at worst it is one of the next second
            taken.update(one for (one,) in self._ask_all(tables.MOMENTS, [at]))
        return at

    def _keep(
        self, placed: Sequence[_Place], files: Mapping[str, File], *, filling: bool = False
    ) -> None:
        database = self._database
        # Not "OR REPLACE": for that, SQLite would copy all pages that each row goes to.
        known = [(one.number,) for one in placed if one.number != one.change]
        database.executemany("DELETE FROM entry WHERE number = ?", known)
        database.executemany(
            "INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (one.number, row.key, row.source, row.published, one.moment, row.sureness,
                 one.change, one.words, file.size, file.changed, row.is_ours)
                for one in placed
                for row, file in [(one.row, files[one.row.key])]
            ],
        )  # fmt: skip
        # In order: each page of the table is gone to once.
        names = sorted((name, one.number) for one in placed for name in one.row.names)
        if filling:
            identities = {one.row.names[0] for one in placed}
            database.executemany(
                "INSERT INTO given VALUES (?, ?, ?)",
                [(name, number, name in identities) for name, number in names],
            )
        else:
            database.executemany(
                "DELETE FROM name WHERE name = ? AND number = ?",
                [(name, one.number) for one in placed for name in one.row.dropped],
            )
            database.executemany("INSERT OR IGNORE INTO name VALUES (?, ?)", names)
            gone = [(one.row.key,) for one in placed]
            database.executemany("DELETE FROM gone WHERE key = ?", gone)
        if placed:
            database.execute("UPDATE about SET changes = ?", (placed[-1].change,))

    def _note_gone(self, key: str) -> None:
        self._database.execute("UPDATE about SET changes = changes + 1")
        self._database.execute(
            "INSERT OR REPLACE INTO gone VALUES (?, (SELECT changes FROM about))", (key,)
        )


def _lost(database: sqlite3.Connection, before: Path) -> Iterator[str]:
    """Keys that the index at `before` has, as far as it can be read, and this one doesn't."""
    with contextlib.suppress(sqlite3.Error, ArchiveError), sqlite.looking(before) as old:
        question = "SELECT key FROM {} WHERE key > ? ORDER BY key LIMIT ?"
        for table in ("entry", "gone"):
            last = ""
            while page := old.execute(question.format(table), (last, _BATCH)).fetchall():
                last = page[-1][0]
                for (key,) in page:
                    if not database.execute("SELECT 1 FROM entry WHERE key = ?", (key,)).fetchone():
                        yield key
