"""The files of entries and their histories, read one by one."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from feedtool import valid
from feedtool.archive import item, written
from feedtool.archive.migrations import LaterError
from feedtool.archive.row import File, Row, row_of
from feedtool.data import Struct
from feedtool.errors import ArchiveError, DamagedError, LaterFormatError
from feedtool.kept import Location, Version

ENTRY, HISTORY = ".json", ".history.jsonl"
_READ = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
MOST = 256 * 1024 * 1024
"""Bytes that an entry, or a line of a history, has at most."""

Loaded = tuple[Row, File] | tuple[str, str]
"""What the index is to hold of an entry; or path and reason, where its file isn't whole."""


class Line(Struct, frozen=True):
    """A line of a history: its first byte in the file, and its bytes, without their end where it
    has none."""

    offset: int
    data: bytes

    @property
    def is_whole(self) -> bool:
        """True where the line has its end; else it is being written, or torn."""
        return self.data.endswith(b"\n")


def read(
    folder: Path | str, key: str, is_ours: Callable[[str, File], bool] | None = None
) -> tuple[Version, File, bytes] | None:
    """Return the current version of the entry with this key, what its file was like when it was
    opened, and its bytes; None where there is none. `is_ours(key, file)`: a file that is like this
    has just the bytes that we wrote. `DamagedError` for a file that is no entry or another one's,
    `ArchiveError` where it can't be read."""
    path = f"{folder}/{key}{ENTRY}"
    try:
        opened = os.open(path, _READ)  # of what is new nothing is there: `open` takes twice as long
        try:
            status = os.fstat(opened)
            data = _whole(opened, status.st_size) if status.st_size <= MOST else None
        finally:
            os.close(opened)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise ArchiveError(path, reason(error)) from error
    if data is None or len(data) > MOST:
        raise DamagedError(path, f"has more than {MOST:,} bytes")
    file = File.of(status)
    version = written.decode(data) if is_ours and is_ours(key, file) else None
    if version is None:
        version = decoded(path, data)
    if version.key != key:
        raise DamagedError(path, f"says that its key is {version.key}")
    return version, file, data


def _whole(opened: int, size: int) -> bytes:
    """What is in an open file that had `size` bytes, up to one byte more than it may have."""
    data = os.read(opened, size + 1)
    if len(data) <= size:
        return data
    with os.fdopen(opened, "rb", buffering=0, closefd=False) as rest:  # it has grown since
        return data + (rest.read(MOST) or b"")


def history(path: Path | str) -> Iterator[Line]:
    """Yield the lines of a history, none where there is no such file; raises as `read` does."""
    try:
        with os.fdopen(
            os.open(path, _READ), "rb"
        ) as opened:  # seldom there, which `open` says late
            offset = 0
            while data := opened.readline(MOST):
                if len(data) == MOST and not data.endswith(b"\n"):
                    raise DamagedError(path, f"has a line of more than {MOST:,} bytes")
                yield Line(offset, data)
                offset += len(data)
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise ArchiveError(path, reason(error)) from error


def decoded(path: Path | str, data: bytes) -> Version:
    """Return the version that `data` holds; `DamagedError` about `path` where it holds none."""
    try:
        return item.decode(data)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise DamagedError(path, f"is not whole JSON: {error}") from error
    except LaterError as error:
        raise LaterFormatError(path, str(error)) from error
    except ValueError as error:
        raise DamagedError(path, str(error)) from error


def earlier(path: Path | str, end: int | None = None) -> tuple[Version, ...]:
    """Return the versions of a history, those that begin before byte `end`; a last line without its
    end is being written just now. Raises as `read` does."""
    lines = (line for line in history(path) if line.is_whole)
    return tuple(decoded(path, line.data) for line in lines if end is None or line.offset < end)


def load(folder: Path, keys: Sequence[str]) -> list[Loaded]:
    """Return what the index is to hold of these; those that are gone are left out. `ArchiveError`
    where a file can't be read."""
    loaded: list[Loaded] = []
    for key in keys:
        try:
            found = read(folder, key)
        except DamagedError as error:
            loaded.append((error.subject, error.reason))
        else:
            if found is not None:
                version, file, data = found
                ours = item.encode(version) == data
                loaded.append((row_of(version, is_ours=ours), file))
    return loaded


def reason(error: OSError) -> str:
    """Return what the system has against a file."""
    return f"can't be used: {error.strerror or error}"


def taken(
    found: Iterable[Loaded],
    damaged: list[DamagedError],
    step: Callable[[str], object] | None = None,
) -> Iterator[tuple[Row, File]]:
    """Yield what the index is to hold; what isn't whole goes to `damaged`. `step` is called for
    each entry with its path."""
    for one, other in found:
        if isinstance(one, Row) and isinstance(other, File):
            yield one, other
        else:
            damaged.append(DamagedError(one, str(other)))
        if step:
            step(one.key if isinstance(one, Row) else one)


def taken_again(
    folder: Path, keys: Sequence[str], history: Callable[[str], Sequence[Version]]
) -> Iterator[tuple[Row, File]]:
    """Yield what the index is to hold of these, over what it may hold of the versions before; what
    isn't whole is left out."""
    for key in keys:
        with suppress(DamagedError):
            found = read(folder, key)
            if found is not None:
                version, file, data = found
                before: Sequence[Version] = ()
                with suppress(DamagedError):
                    before = history(key)
                last, ours = before[-1] if before else None, item.encode(version) == data
                yield row_of(version, last, is_ours=ours), file


def captured(version: Version, places: Mapping[str, Location]) -> Version:
    """Return `version` with the place of what it was read from, by its key, if there is one."""
    place = places.get(version.key)
    return version if place is None else valid.copy(version, capture=place)


def file_of(path: Path) -> File | None:
    """Return size and time of change of what lies at `path`, None where nothing does."""
    try:
        return File.of(path.stat())
    except (FileNotFoundError, NotADirectoryError):
        return None


def length(path: Path | str) -> int:
    """Return the length of a file in bytes, 0 for none."""
    try:
        return os.stat(path).st_size  # noqa: PTH116
    except FileNotFoundError:
        return 0
