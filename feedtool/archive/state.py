"""What is remembered of sources between rounds: validators, the ids of places, due times.

Unlike the index it can't be rebuilt, but losing it costs a download, never an entry.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from feedtool.archive import sqlite
from feedtool.model import Validators

SCHEMA_VERSION = 4
_SCHEMA = f"""
CREATE TABLE place (
    source TEXT NOT NULL, place TEXT NOT NULL, settings TEXT NOT NULL, id TEXT,
    etag TEXT, last_modified TEXT, body TEXT, pieces TEXT NOT NULL,
    PRIMARY KEY (source, place)
) WITHOUT ROWID;
CREATE INDEX place_by_id ON place (source, id);
CREATE TABLE standing (
    source TEXT PRIMARY KEY, failures INTEGER NOT NULL, not_before INTEGER, gone INTEGER NOT NULL,
    succeeded INTEGER, trouble TEXT
) WITHOUT ROWID;
CREATE TABLE due (source TEXT PRIMARY KEY, due INTEGER NOT NULL) WITHOUT ROWID;
PRAGMA user_version = {SCHEMA_VERSION};
"""


@dataclass(frozen=True, slots=True)
class Remembered:
    """What is known of one document of a source: under which settings it was read, the id of the
    entry that it gave (None for a feed), its validators, and the digests of the pieces of it that
    were read."""

    settings: str
    id: str | None
    validators: Validators
    pieces: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Standing:
    """How things stand with a source's server: failures in a row, the moment before which it isn't
    to be asked again, whether it said that what was there is gone for good, when it last gave what
    it was asked for, and what the last failure was."""

    failures: int = 0
    not_before: datetime | None = None
    gone: bool = False
    succeeded: datetime | None = None
    trouble: str | None = None


class State:
    """Memory of sources, in a file or (path None) as long as the process lives."""

    def __init__(self, path: Path | None, *, writing: bool) -> None:
        """Open the memory at `path`; a damaged one is begun anew."""
        self._path = path
        self._database = sqlite.connect(path, _SCHEMA, SCHEMA_VERSION, writing=writing)

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def recall(self, source: str, place: str) -> Remembered | None:
        """What is known of a document, or None."""
        question = (
            "SELECT settings, id, etag, last_modified, body, pieces FROM place"
            " WHERE source = ? AND place = ?"
        )
        row = self._ask(question, source, place)
        if row is None:
            return None
        return Remembered(row[0], row[1], Validators(*row[2:5]), frozenset(row[5].split()))

    def places(self, source: str, identity: str) -> list[str]:
        """The places where this source had the entry with this id."""
        question = "SELECT place FROM place WHERE source = ? AND id = ? ORDER BY place"
        rows = sqlite.rows(self._database, self._path, question, source, identity)
        return [row[0] for row in rows]

    def remember(self, source: str, known: Mapping[str, Remembered]) -> None:
        """Keep these of the documents at these places, all or none; nothing is written where all
        of it is known already."""
        fresh = {place: one for place, one in known.items() if self.recall(source, place) != one}
        if not fresh:
            return
        with sqlite.transaction(self._database, self._path) as database:
            database.executemany(
                "INSERT OR REPLACE INTO place VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (source, place, one.settings, one.id, *astuple(one.validators), pieces)
                    for place, one in fresh.items()
                    for pieces in [" ".join(sorted(one.pieces))]
                ],
            )

    def standing(self, source: str) -> Standing:
        """How things stand with a source; as new where nothing is known."""
        question = "SELECT failures, not_before, gone, succeeded, trouble FROM standing"
        row = self._ask(f"{question} WHERE source = ?", source)
        if row is None:
            return Standing()
        return Standing(row[0], _time(row[1]), bool(row[2]), _time(row[3]), row[4])

    def set_standing(self, source: str, standing: Standing) -> None:
        """Keep how things stand; nothing is written where that is known already."""
        if self.standing(source) == standing:
            return
        until, succeeded = _seconds(standing.not_before), _seconds(standing.succeeded)
        row = (source, standing.failures, until, standing.gone, succeeded, standing.trouble)
        with sqlite.transaction(self._database, self._path) as database:
            database.execute("INSERT OR REPLACE INTO standing VALUES (?, ?, ?, ?, ?, ?)", row)

    def due(self, source: str) -> datetime | None:
        """When the daemon is to read a source next; None where it never did."""
        row = self._ask("SELECT due FROM due WHERE source = ?", source)
        return _time(row[0]) if row else None

    def set_due(self, source: str, when: datetime) -> None:
        """Keep when a source is due next, in whole seconds."""
        with sqlite.transaction(self._database, self._path) as database:
            database.execute("INSERT OR REPLACE INTO due VALUES (?, ?)", (source, _seconds(when)))

    def _ask(self, question: str, *values: object) -> Any:
        return next(sqlite.rows(self._database, self._path, question, *values), None)


def _time(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _seconds(when: datetime | None) -> int | None:
    return None if when is None else int(when.timestamp())
