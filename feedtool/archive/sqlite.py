"""SQLite as the archive uses it: small files that may be thrown away and are then made anew."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from feedtool.errors import ArchiveError

_BUSY_SECONDS = 30.0


def connect(path: Path | None, schema: str, version: int, *, writing: bool) -> sqlite3.Connection:
    """Open the database at `path` with this schema; in memory for None.

    One that is damaged or of another version is replaced by an empty one when `writing`; otherwise,
    and where nothing is there, an empty one in memory takes its place. `PRAGMA user_version` is 0
    after that until the caller sets it: a database whose filling was cut short is told by it.
    """
    if path is None:
        return _make(":memory:", schema)
    try:
        return _open(path, version, writing=writing)
    except sqlite3.OperationalError as error:  # locked or not to be opened, but not damaged
        if writing:
            raise ArchiveError(path, f"can't be used: {error}") from error
    except (sqlite3.DatabaseError, FileNotFoundError):
        if writing:
            remove(path)
            return _make(str(path), schema)
    return _make(":memory:", schema)


def remove(path: Path) -> None:
    """Take a database away, with what belongs to it."""
    for name in (path, path.with_name(f"{path.name}-journal")):
        name.unlink(missing_ok=True)


def rows(
    connection: sqlite3.Connection, subject: object, question: str, *values: object
) -> Iterator[Any]:
    """Yield the answers; damage that shows only now becomes an `ArchiveError` about `subject`."""
    try:
        yield from connection.execute(question, values)
    except sqlite3.DatabaseError as error:
        way_out = "feedtool reindex makes the index anew; the state may be deleted"
        raise ArchiveError(subject, f"is damaged ({error}): {way_out}") from error


def _open(path: Path, version: int, *, writing: bool) -> sqlite3.Connection:
    if not path.is_file():
        raise FileNotFoundError(path)
    mode = "rw" if writing else "ro"
    connection = _connection(f"{path.absolute().as_uri()}?mode={mode}", uri=True)
    try:
        found = connection.execute("PRAGMA user_version").fetchone()[0]
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except BaseException:
        connection.close()
        raise
    if found != version:
        connection.close()
        raise FileNotFoundError(path)
    return connection


def _make(name: str, schema: str) -> sqlite3.Connection:
    try:
        connection = _connection(name, uri=False)
        connection.executescript(schema)
    except sqlite3.Error as error:
        raise ArchiveError(name, f"can't be made: {error}") from error
    return connection


def _connection(name: str, *, uri: bool) -> sqlite3.Connection:
    connection = sqlite3.connect(name, timeout=_BUSY_SECONDS, isolation_level=None, uri=uri)
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection, subject: object) -> Iterator[sqlite3.Connection]:
    """All or nothing; what SQLite says against it becomes an `ArchiveError` about `subject`."""
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield connection
        connection.execute("COMMIT")
    except BaseException as error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        if isinstance(error, sqlite3.Error):
            raise ArchiveError(subject, f"can't be written: {error}") from error
        raise
