"""What is remembered of the published folder, beside it: which entry stands in which document, each
entry as it is written there, and what is still to be written.

Decided first, written after: what is to be written is noted in the same transaction as what was
decided, so that a crash costs writing it once more, and no closed document ever gets other entries.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from feedtool import sqlite
from feedtool.data import astuple
from feedtool.errors import ArchiveError
from feedtool.publish.ledger import Ledger
from feedtool.publish.places import Known, Place, Shelved
from feedtool.publish.schema import LINES, PIECES, SCHEMA, VERSION

SHELF = Path(".feedtool/published.sqlite")
"""Where it lies in the published folder."""
_ASKED = 500  # rows, at once: SQLite takes 999 in any version


class Shelf:
    """The memory of one published folder. Close it, or use `with`."""

    def __init__(self, path: Path | None, *, writing: bool) -> None:
        """Open what is at `path`, or an empty one: `is_new` says which. In memory for None."""
        self._path = path
        self._database = sqlite.connect(path, SCHEMA, VERSION, writing=writing)
        self._ledger = Ledger(self._database)
        self._do("PRAGMA secure_delete = ON")  # what was purged is gone from here, too
        self.is_new = not self._one("PRAGMA user_version")[0]
        # Which of the tables that are mostly empty aren't, or may not be.
        self._filled = set(_SELDOM)
        self._version = 0  # the last one that has a number, once that is known

    def __enter__(self) -> Shelf:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    @contextlib.contextmanager
    def deciding(self) -> Iterator[None]:
        """What is decided in this block is decided together, for good."""
        try:
            with sqlite.transaction(self._database, self._path):
                self._filled = {one for one in _SELDOM if self._one(f"SELECT 1 FROM {one} LIMIT 1")}  # noqa: S608
                yield
                self._ledger.write()
                if self.is_new:
                    self._do(f"PRAGMA user_version = {VERSION}")
        finally:
            self._ledger.clear()
        self.is_new = False

    def forget(self) -> None:
        """Begin anew: nothing stands anywhere."""
        self._ledger.clear()
        for table in _FORGOTTEN:
            self._do(f"DELETE FROM {table}")  # noqa: S608

    def said(self, name: str) -> str | None:
        """What was noted under this name."""
        row = self._one("SELECT value FROM about WHERE name = ?", name)
        return row[0] if row else None

    def say(self, name: str, value: str) -> None:
        """Note something under a name."""
        self._do("INSERT OR REPLACE INTO about VALUES (?, ?)", name, value)

    # Entries and what is written of them.

    def entries(self, keys: Sequence[str]) -> dict[str, Known]:
        """What is known of these entries, by key, of those that are published."""
        self._ledger.write_rows()
        question = f"SELECT {_KNOWN} FROM entry WHERE key"  # noqa: S608
        return {row[0]: Known(*row) for row in self._among(question, keys)}

    def tellers(self, story: str, most: int) -> list[Known]:
        """At most `most` published entries that tell a story, what was archived first before."""
        # Most tell their own, which no index need say.
        question = f"""SELECT {_KNOWN} FROM entry WHERE story = ? AND story <> key
            UNION ALL SELECT {_KNOWN} FROM entry WHERE key = ? AND story = key
            ORDER BY archived, key LIMIT ?"""  # noqa: S608
        return [Known(*row) for row in self._all(question, story, story, most)]

    def keep(self, known: Known, turn: int) -> None:
        """Keep what is known of an entry by now; `turn` is the one that it was looked at in."""
        self._ledger.add("entry", [(*astuple(known), turn)])

    def drop(self, key: str) -> None:
        """An entry isn't published any more."""
        self._do("DELETE FROM entry WHERE key = ?", key)

    def before(self, turn: int, most: int) -> list[str]:
        """Keys of at most `most` entries that weren't looked at in this turn."""
        question = "SELECT key FROM entry WHERE round <> ? LIMIT ?"
        return [row[0] for row in self._all(question, turn, most)]

    def new_version(self) -> int:
        """A number for a version that has none yet."""
        if not self._version:
            self._version = self._one(f"SELECT max(version) FROM {LINES}")[0] or 0  # noqa: S608
        self._version += 1
        return self._version

    def written(self, version: int) -> dict[int, bytes]:
        """A version as it is written, by form, in those that were made."""
        return dict(self._all(_WRITTEN, version))

    def set_pieces(self, version: int, made: Mapping[int, bytes]) -> None:
        """Keep how a version is written, by form."""
        for form, data in made.items():
            self._ledger.add(PIECES[form], [(version, data)])

    def drop_pieces(self, version: int) -> None:
        """Keep nothing of how a version is written."""
        for table in PIECES.values():
            self._do(f"DELETE FROM {table} WHERE version = ?", version)  # noqa: S608

    # Streams and what stands in them.

    def feeds(self) -> list[Shelved]:
        """All streams that aren't lists of pages."""
        self._ledger.write_streams()
        question = f"SELECT {_STREAM} FROM stream WHERE rule <> '' ORDER BY number"  # noqa: S608
        return [Shelved(*row) for row in self._all(question)]

    def stream(self, name: str) -> Shelved | None:
        """What is known of a stream."""
        self._ledger.write_streams()
        row = self._one(f"SELECT {_STREAM} FROM stream WHERE name = ?", name)  # noqa: S608
        return Shelved(*row) if row else None

    def numbered(self, numbers: Sequence[int]) -> dict[int, Shelved]:
        """The streams of these numbers."""
        self._ledger.write_streams()
        question = f"SELECT {_STREAM} FROM stream WHERE number"  # noqa: S608
        return {row[0]: Shelved(*row) for row in self._among(question, numbers)}

    def numbers(self, names: Sequence[str]) -> dict[str, int]:
        """The numbers of these streams, by name, of those that there are."""
        return dict(self._among("SELECT name, number FROM stream WHERE name", names))

    def named(self, first: str, end: str, most: int = -1) -> list[str]:
        """The names of streams from `first` on and before `end`, at most `most`, the last first."""
        question = "SELECT name FROM stream WHERE name >= ? AND name < ? ORDER BY name DESC LIMIT ?"
        return [row[0] for row in self._all(question, first, end, most)]

    def years(self) -> list[int]:
        """The years that have lists of days, the first first."""
        found: list[int] = []
        end = ":"  # which follows 9
        while last := self.named("0", end, 1):
            end = last[0].partition("/")[0]
            found.append(int(end))
        return found[::-1]

    def begin(self, name: str, rule: str) -> Shelved:
        """A new stream."""
        question = "INSERT INTO stream (name, rule, closed, updated) VALUES (?, ?, 0, 0)"
        number = self._database.execute(question, (name, rule)).lastrowid
        assert number is not None, "it was inserted"
        return Shelved(number, name, rule, 0, 0)

    def end(self, stream: int) -> None:
        """A stream is no more."""
        self._ledger.write()
        for table in ("place", "tombstone"):
            self._do(f"DELETE FROM {table} WHERE stream = ?", stream)  # noqa: S608
        self._do("DELETE FROM stream WHERE number = ?", stream)
        question = "DELETE FROM due WHERE kind IN ('document', 'missing') AND name GLOB ?"
        self._do(question, f"{stream}:*")

    def drop_lost_pieces(self) -> None:
        """Keep nothing of versions that stand nowhere any more, as their streams have ended."""
        question = f"""SELECT version FROM {LINES} WHERE version NOT IN (SELECT version FROM place)
            AND version NOT IN (SELECT version FROM entry)"""  # noqa: S608
        for row in list(self._all(question)):
            self.drop_pieces(row[0])

    def put(self, *places: Place) -> None:
        """Entries stand here, and their streams are as new as that."""
        self._ledger.add("place", map(astuple, places))
        for one in places:
            self._ledger.renew(one.stream, one.updated)

    def arrive(self, stream: int, rank: int) -> None:
        """Something of this rank has newly come into a stream."""
        self._ledger.arrive(stream, rank)

    def looked_through(self, streams: Iterable[int]) -> None:
        """What was to be closed in these is closed: what comes from now on may be late."""
        self._ledger.write_streams()
        question = "UPDATE stream SET late = NULL, is_begun = 1 WHERE number = ?"
        self._database.executemany(question, [(one,) for one in streams])

    def take_out(self, place: Place) -> None:
        """An entry stands here no longer."""
        question = "DELETE FROM place WHERE stream = ? AND document = ? AND rank = ? AND key = ?"
        self._do(question, place.stream, place.document, place.rank, place.key)

    def places(self, key: str) -> list[Place]:
        """Where an entry stands, the newest document of each stream first."""
        question = f"""SELECT {_PLACE} FROM place WHERE key = ?
            ORDER BY document = 0 DESC, document DESC"""  # noqa: S608
        return [Place(*row) for row in self._all(question, key)]

    def count(self, stream: int, document: int = 0) -> int:
        """How many entries a document has."""
        question = "SELECT count(*) FROM place WHERE stream = ? AND document = ?"
        return int(self._one(question, stream, document)[0])

    def is_empty(self, stream: int) -> bool:
        """True where none of its documents has an entry."""
        return self._one("SELECT 1 FROM place WHERE stream = ? LIMIT 1", stream) is None

    def threshold(self, stream: int, limit: int) -> int:
        """The rank of the last of the newest `limit` entries of an open document that has more."""
        question = """SELECT rank FROM place WHERE stream = ? AND document = 0
            ORDER BY rank DESC, key DESC LIMIT 1 OFFSET ?"""
        return int(self._one(question, stream, limit - 1)[0])

    def close(self, stream: int, size: int) -> int:
        """Close a document of so many entries, the oldest of the open one; return its number."""
        self._do("UPDATE stream SET closed = closed + 1 WHERE number = ?", stream)
        number = self.numbered([stream])[stream].closed
        question = """UPDATE place SET document = ? WHERE stream = ? AND document = 0
            AND (rank, key) IN (SELECT rank, key FROM place WHERE stream = ? AND document = 0
            ORDER BY rank, key LIMIT ?)"""
        self._do(question, number, stream, stream, size)
        return number

    def bury(self, stream: int, identity: str, moment: int) -> None:
        """An entry was withdrawn: the open document says so."""
        self._do("INSERT OR REPLACE INTO tombstone VALUES (?, 0, ?, ?)", stream, identity, moment)
        self._filled.add("tombstone")
        self._ledger.renew(stream, moment)

    def unbury(self, stream: int, identity: str) -> list[int]:
        """An entry that was withdrawn is published again: no document says otherwise. Return the
        closed ones that did."""
        if "tombstone" not in self._filled:
            return []
        rule = "FROM tombstone WHERE id = ? AND stream = ?"
        found = [row[0] for row in self._all(f"SELECT document {rule}", identity, stream)]
        if found:
            self._do(f"DELETE {rule}", identity, stream)
        return [document for document in found if document]

    def tombstones(self, stream: int, document: int) -> list[tuple[str, int]]:
        """The ids of withdrawn entries that a document names, and when they were."""
        question = "SELECT id, moment FROM tombstone WHERE stream = ? AND document = ? ORDER BY id"
        return list(self._all(question, stream, document))

    def close_tombstones(self, stream: int, document: int) -> None:
        """What the open document says of withdrawn entries is said by a closed one from now on."""
        question = "UPDATE OR REPLACE tombstone SET document = ? WHERE stream = ? AND document = 0"
        self._do(question, document, stream)

    def pieces(self, stream: int, document: int, form: int, most: int = -1) -> list[bytes]:
        """The entries of a document as they are written, the newest first, at most `most`; without
        those that aren't written in this form."""
        question = f"""SELECT data FROM place CROSS JOIN {PIECES[form]} USING (version)
            WHERE stream = ? AND document = ? ORDER BY rank DESC, key DESC LIMIT ?"""  # noqa: S608
        self._ledger.write_rows()
        with sqlite.reading(self._path):
            rows = self._database.execute(question, (stream, document, most))
            return [row[0] for row in rows]

    def newest(self, stream: int, document: int) -> int:
        """When the entry of a document was updated that was updated last."""
        question = "SELECT max(updated) FROM place WHERE stream = ? AND document = ?"
        return int(self._one(question, stream, document)[0] or 0)

    def failed(self, stream: int, document: int, extension: str) -> list[tuple[str, str]]:
        """The keys of entries of a document that can't be written there, and why."""
        if "fault" not in self._filled:
            return []
        question = """SELECT fault.key, reason FROM fault CROSS JOIN place USING (key)
            WHERE extension = ? AND stream = ? AND document = ? ORDER BY fault.key"""
        return list(self._all(question, extension, stream, document))

    def shown(self, streams: Iterable[int], most: int) -> list[str]:
        """The keys of the newest entries of open documents, at most `most` of each."""
        question = """SELECT key FROM place WHERE stream = ? AND document = 0
            ORDER BY rank DESC, key DESC LIMIT ?"""
        found = [row[0] for one in streams for row in self._all(question, one, most)]
        return list(dict.fromkeys(found))

    # What is still to be done.

    def wait(self, key: str, due: int) -> None:
        """An entry is to be looked at again at this time."""
        self._do("INSERT OR REPLACE INTO waiting VALUES (?, ?)", key, due)
        self._filled.add("waiting")

    def served(self, key: str) -> None:
        """An entry waits no longer, and nothing is wrong with it."""
        for table in self._filled & {"waiting", "fault"}:
            self._do(f"DELETE FROM {table} WHERE key = ?", key)  # noqa: S608

    def come(self, now: int) -> list[str]:
        """The keys of entries whose time has come."""
        return [row[0] for row in self._all("SELECT key FROM waiting WHERE due <= ?", now)]

    def waiting(self) -> int:
        """How many entries wait for their time."""
        return int(self._one("SELECT count(*) FROM waiting")[0])

    def fail(self, key: str, extension: str, reason: str) -> None:
        """An entry can't be written into documents of this extension as it must be."""
        self._do("INSERT OR REPLACE INTO fault VALUES (?, ?, ?)", key, extension, reason)
        self._filled.add("fault")

    def faults(self) -> list[tuple[str, str, str]]:
        """What can't be written: key, extension and reason."""
        return list(self._all("SELECT key, extension, reason FROM fault ORDER BY key"))

    def owe(self, kind: str, *names: str) -> None:
        """These are to be written or removed."""
        self._ledger.owe(kind, names)

    def owed(self, kind: str) -> list[str]:
        """What is to be written or removed, in order."""
        self._ledger.write_dues()
        question = "SELECT name FROM due WHERE kind = ? ORDER BY name"
        return [row[0] for row in self._all(question, kind)]

    def owes(self) -> bool:
        """True where anything is."""
        self._ledger.write_dues()
        return self._one("SELECT 1 FROM due LIMIT 1") is not None

    def paid(self, kind: str, names: Iterable[str]) -> None:
        """These are written or removed."""
        self._ledger.paid(kind, names)

    def pings(self) -> list[tuple[str, int, int]]:
        """Topics whose hub is still to be told: topic, tries, and when to try next."""
        return list(self._all("SELECT topic, tries, due FROM ping ORDER BY topic"))

    def add_ping(self, topic: str, due: int) -> None:
        """A hub is to be told of news of this topic; if it is already, that stays as it is."""
        self._do("INSERT OR IGNORE INTO ping VALUES (?, 0, ?)", topic, due)

    def set_ping(self, topic: str, tries: int, due: int) -> None:
        """A hub is to be told of this topic then, after so many tries."""
        self._do("INSERT OR REPLACE INTO ping VALUES (?, ?, ?)", topic, tries, due)

    def drop_ping(self, topic: str) -> None:
        """A hub was told, or won't be."""
        self._do("DELETE FROM ping WHERE topic = ?", topic)

    def _among(self, question: str, values: Sequence[object]) -> Iterator[Any]:
        """Ask for the rows whose value, which ends the question, is among these."""
        for begin in range(0, len(values), _ASKED):
            some = values[begin : begin + _ASKED]
            marks = ", ".join("?" * len(some))
            yield from sqlite.rows(self._database, self._path, f"{question} IN ({marks})", *some)

    def _do(self, question: str, *values: object) -> None:
        self._ledger.write_rows()
        self._database.execute(question, values)

    def _all(self, question: str, *values: object) -> Iterator[Any]:
        self._ledger.write_rows()
        return sqlite.rows(self._database, self._path, question, *values)

    def _one(self, question: str, *values: object) -> Any:
        return next(self._all(question, *values), None)


_FORGOTTEN = (
    *PIECES.values(),
    *("entry", "place", "stream", "tombstone", "waiting", "fault", "due", "ping"),
)
_SELDOM = ("waiting", "fault", "tombstone")
_WRITTEN = " UNION ALL ".join(
    f"SELECT {form}, data FROM {table} WHERE version = ?1"  # noqa: S608
    for form, table in PIECES.items()
)
_STREAM = "number, name, rule, closed, updated, late"
_KNOWN = "key, id, revision, version, story, archived"
_PLACE = "stream, document, rank, key, version, updated"


def trouble(error: ArchiveError) -> str:
    """Return what is wrong with a shelf, and the way out."""
    what = error.reason.partition(": ")[0]
    return f"{what}; if it is damaged, delete it: publish makes all anew"
