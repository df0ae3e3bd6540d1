"""SQLite as we use it: small files that may be thrown away and are then made anew."""

from __future__ import annotations

import contextlib
import errno
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from feedtool import files
from feedtool.errors import ArchiveError
from feedtool.files import DISK, Disk

_BUSY_SECONDS = 30.0
_WITHOUT_LOCKS = (
    sqlite3.SQLITE_IOERR_LOCK,
    sqlite3.SQLITE_IOERR_RDLOCK,
    sqlite3.SQLITE_IOERR_CHECKRESERVEDLOCK,
)
_TEMPORARY = ""  # in memory up to the size of the cache, then in a file without a name
NO_MIGRATIONS: Mapping[int, str] = {}
"""Whatever is of another version is made anew."""
_BULK_MEMORY = 24 * 1024 * 1024


def connect(
    path: Path | None,
    schema: str,
    version: int,
    *,
    writing: bool,
    migrations: Mapping[int, str] = NO_MIGRATIONS,
) -> sqlite3.Connection:
    """Open the database at `path` with this schema; in memory for None.

    One of an earlier version is brought to this one by the scripts in `migrations`, each by the
    version that it leaves and all or none, when `writing` and there is one for each step. One that
    is damaged or otherwise of another version is replaced by an empty one when `writing`; if not,
    and where nothing is there, an empty one that ends with us takes its place. `PRAGMA
    user_version` is 0 after that until the caller sets it: a database whose filling was cut short
    is told by it. Only one thread at a time may use it.
    """
    if path is None:
        return _make(":memory:", schema)
    try:
        return _open(path, version, migrations if writing else NO_MIGRATIONS, writing=writing)
    except sqlite3.OperationalError as error:  # locked or not to be opened, but not damaged
        if writing:
            raise ArchiveError(path, f"can't be used: {error}") from error
    except (sqlite3.DatabaseError, FileNotFoundError):
        if writing:
            remove(path)
            return _make(str(path), schema)
    return _make(_TEMPORARY, schema)


def remove(path: Path, disk: Disk = DISK) -> None:
    """Take a database away, with what belongs to it."""
    for name in (path, _journal(path)):
        with contextlib.suppress(FileNotFoundError):
            disk.remove(name)


def replace(old: Path, new: Path, disk: Disk = DISK) -> None:
    """Put the database `new` in the place of `old`, for good. Both are closed."""
    with contextlib.suppress(FileNotFoundError):
        if _journal(old).stat().st_size:  # of what couldn't be undone: it would go into the new one
            remove(old, disk)
            files.sync_folders([old.parent], disk)
    disk.rename(new, old)
    remove(new, disk)
    files.sync_folders([old.parent], disk)


def _journal(path: Path) -> Path:
    return path.with_name(f"{path.name}-journal")


@contextlib.contextmanager
def looking(path: Path) -> Iterator[sqlite3.Connection]:
    """Open whatever database is at `path`, for reading."""
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    try:
        yield connection
    finally:
        connection.close()


def locked(path: Path) -> sqlite3.Connection | None:
    """Lock a file, which is made if need be and stays empty, until what is returned is closed or
    this process ends: SQLite's own lock on a database, which works on every system.

    Raises `BlockingIOError` where another has it, in this process too, and `OSError` where the file
    can't be made; None where the file system has no locks. Any thread may close it.
    Nothing else may open this file: POSIX takes the lock from a process that closes it anywhere.
    """
    connection = None
    try:
        connection = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA journal_mode = MEMORY")  # else a file of its own is made
        connection.execute("BEGIN EXCLUSIVE")
    except sqlite3.DatabaseError as error:
        if connection is not None:
            connection.close()
        code = getattr(error, "sqlite_errorcode", None)  # only SQLite's own errors have one
        if code == sqlite3.SQLITE_BUSY:
            raise BlockingIOError(errno.EWOULDBLOCK, str(error), str(path)) from error
        if code in _WITHOUT_LOCKS:
            return None
        path.touch()  # which says better what is wrong
        raise OSError(errno.EIO, str(error), str(path)) from error
    return connection


def rows(
    connection: sqlite3.Connection, subject: object, question: str, *values: object
) -> Iterator[Any]:
    """Yield the answers; damage that shows only now becomes an `ArchiveError` about `subject`."""
    with reading(subject):
        yield from connection.execute(question, values)


@contextlib.contextmanager
def reading(subject: object) -> Iterator[None]:
    """What SQLite says against reading becomes an `ArchiveError` about `subject`."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        way_out = "feedtool reindex makes the index anew; the state may be deleted"
        raise ArchiveError(subject, f"is damaged ({error}): {way_out}") from error


def _open(
    path: Path, version: int, migrations: Mapping[int, str], *, writing: bool
) -> sqlite3.Connection:
    if not path.is_file():
        raise FileNotFoundError(path)
    mode = "rw" if writing else "ro"
    connection = _connection(f"{path.absolute().as_uri()}?mode={mode}", uri=True)
    try:
        found = connection.execute("PRAGMA user_version").fetchone()[0]
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        steps = range(found, version)
        if steps and all(step in migrations for step in steps):
            _migrate(connection, [migrations[step] for step in steps], version)
            found = version
    except BaseException:
        connection.close()
        raise
    if found != version:
        connection.close()
        raise FileNotFoundError(path)
    return connection


def _migrate(connection: sqlite3.Connection, scripts: Iterable[str], version: int) -> None:
    """Bring a database to a version by these scripts; `DatabaseError` where it isn't what it says
    that it is."""
    whole = "\n".join(
        ["BEGIN IMMEDIATE;", *scripts, f"PRAGMA user_version = {version};", "COMMIT;"]
    )
    try:
        connection.executescript(whole)
    except sqlite3.OperationalError as error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        if error.sqlite_errorcode == sqlite3.SQLITE_ERROR:  # a table is missing
            raise sqlite3.DatabaseError(str(error)) from error
        raise


def _make(name: str, schema: str) -> sqlite3.Connection:
    try:
        connection = _connection(name, uri=False)
        connection.executescript(schema)
    except sqlite3.Error as error:
        raise ArchiveError(name, f"can't be made: {error}") from error
    return connection


def _connection(name: str, *, uri: bool) -> sqlite3.Connection:
    connection = sqlite3.connect(
        name, timeout=_BUSY_SECONDS, isolation_level=None, uri=uri, check_same_thread=False
    )
    # A commit is for good once it returns: the journal's end is synced, its name isn't needed.
    connection.execute("PRAGMA journal_mode = TRUNCATE")
    return connection


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection, subject: object) -> Iterator[sqlite3.Connection]:
    """All or nothing; what SQLite says against it becomes an `ArchiveError` about `subject`."""
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield connection
        connection.execute("COMMIT")
    except BaseException as error:
        with contextlib.suppress(sqlite3.Error):  # the journal undoes it when it is opened next
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        if isinstance(error, sqlite3.Error):
            raise ArchiveError(subject, f"can't be written: {error}") from error
        raise


@contextlib.contextmanager
def bulk(connection: sqlite3.Connection, subject: object) -> Iterator[sqlite3.Connection]:
    """A `transaction` that fills an empty database: in more memory, and on disk for good only with
    the next one."""
    try:
        before = connection.execute("PRAGMA cache_size").fetchone()[0]
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute(f"PRAGMA cache_size = -{_BULK_MEMORY >> 10}")
        try:
            with transaction(connection, subject):
                yield connection
        finally:
            connection.execute(f"PRAGMA cache_size = {before}")
            connection.execute("PRAGMA synchronous = FULL")
    except sqlite3.Error as error:
        raise ArchiveError(subject, f"can't be written: {error}") from error
