"""Proving an archive folder: each file's name, schema, digest and history, the captures, and the
index. Nothing is changed. Memory follows the largest folder, not the archive.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import Literal

from feedtool.archive import entries, item, tree
from feedtool.archive.entries import ENTRY, HISTORY
from feedtool.archive.folder import FolderArchive
from feedtool.archive.row import File
from feedtool.archive.tree import Found
from feedtool.data import Struct
from feedtool.errors import ArchiveError, DamagedError
from feedtool.kept import Location, Version

Problem = Literal["damaged", "edited", "foreign", "index"]
_TRIES = 3  # of what changes while it is looked at
_REMEMBERED = 4096  # captures, as many entries come of one


class Finding(Struct, frozen=True):
    """Something that isn't as it should be; `path` is in the folder. `key` is that of the entry
    whose file, history or place in the index it is about, else ""; `capture` the file of captures
    that is to blame, else ""."""

    problem: Problem
    path: str
    reason: str
    key: str = ""
    capture: str = ""

    @property
    def is_damage(self) -> bool:
        """True where an entry isn't what was put; not for a stale index or a foreign file."""
        return self.problem in ("damaged", "edited")


def check(
    archive: FolderArchive, *, fast: bool = False, step: Callable[[str], object] | None = None
) -> Iterator[Finding]:
    """Yield what is wrong, in the order of paths; an archive that yields nothing is whole.

    "damaged": no entry, or not the one its name says; a history or a capture that isn't whole.
    "edited": whole, but not what was put. "foreign": not of this archive. "index": the index and
    the files disagree; `feedtool reindex` mends that.

    When `fast`, only files are read whose size or time of change isn't what it was when they were
    written; histories and captures aren't. `step` is called with each entry's path. Raises
    `ArchiveError` where a folder can't be listed or the index can't be read.
    """
    yield from _Checking(archive, fast, step).all()


def check_one(archive: FolderArchive, key: str) -> list[Finding]:
    """Return what is wrong with an entry, its history and its place in the index."""
    return _Checking(archive, fast=False, step=None).one(key)


class _Checking:
    def __init__(
        self, archive: FolderArchive, fast: bool, step: Callable[[str], object] | None
    ) -> None:
        self._archive, self._fast, self._step = archive, fast, step
        self._captures = archive.captures
        self._proven: dict[Location, str] = {}

    def all(self) -> Iterator[Finding]:
        indexed = _Indexed(self._archive.indexed())
        for _, group in groupby(tree.files(self._archive.path), _folder):
            found = list(group)
            histories = {one.key for one in found if one.what == "history"}
            current = sorted(one.key for one in found if one.what == "entry")
            for one in found:
                yield from self._other(one)
            for key in current:
                yield from self._gone(indexed.before(key))
                yield from self._entry(key, indexed.at(key), key in histories)
                if self._step:
                    self._step(f"{key}{ENTRY}")
        yield from self._gone(indexed.before(None))

    def one(self, key: str) -> list[Finding]:
        history = self._archive.path / f"{key}{HISTORY}"
        return list(self._entry(key, self._archive.file_of(key), history.is_file()))

    def _other(self, found: Found) -> Iterator[Finding]:
        """What is wrong with something that is neither an entry nor its history."""
        if found.what == "foreign":
            yield Finding("foreign", found.path, found.reason)
        elif found.what == "capture" and not self._fast:
            yield from self._warc(found.path)
        elif found.what == "temporary" and self._is_left(found):
            yield Finding("foreign", found.path, "was left by a write that was cut short")

    def _is_left(self, found: Found) -> bool:
        return (
            not self._archive.is_pending(found.key) and (self._archive.path / found.path).exists()
        )

    def _warc(self, path: str) -> Iterator[Finding]:
        try:
            for damage in self._captures.verify(path):
                if not self._archive.is_pending(path):
                    reason = f"has a record at byte {damage.offset:,} that {damage.reason}"
                    yield Finding("damaged", path, reason)
        except ArchiveError as error:
            yield Finding("damaged", path, error.reason)

    def _gone(self, found: Iterable[str]) -> Iterator[Finding]:
        for key in found:
            if self._status(key) is None:
                path = f"{key}{ENTRY}"
                yield Finding("index", path, "is gone, and the index still has it", key)

    def _entry(self, key: str, known: File | None, has_history: bool) -> Iterator[Finding]:
        """What is wrong with an entry; looked at again where it changes meanwhile."""
        found: list[Finding] = []
        for _ in range(_TRIES):
            before = self._status(key)
            if before is None or (self._fast and known == before):
                return
            found = list(self._judged(key, known, has_history and not self._fast))
            if not found or self._status(key) == before:
                break
            known = self._archive.file_of(key)
        yield from found

    def _judged(self, key: str, known: File | None, has_history: bool) -> Iterator[Finding]:
        path = f"{key}{ENTRY}"
        version, file = None, File()
        try:
            loaded = entries.read(self._archive.path, key)
            if loaded is None:
                return
            version, file, _ = loaded
        except ArchiveError as error:
            yield Finding("damaged", path, error.reason, key)
        found = list(_version(path, version)) if version else []
        if not self._fast:
            found += self._history(key, version, has_history)
        if version:
            found += () if self._fast else self._capture(path, version)
            found += self._index(path, version, file, known, whole=not found)
        yield from found

    def _index(
        self, path: str, version: Version, file: File, known: File | None, *, whole: bool
    ) -> Iterator[Finding]:
        key, holder = version.key, self._archive.holder(version.entry.id)
        if known is None and self._archive.file_of(key) is None:
            if holder not in (None, key) and self._has(holder, version.entry.id):
                yield Finding("damaged", path, f"has the id of {holder}{ENTRY}", key)
            else:
                yield Finding("index", path, "is not in the index", key)
        elif holder != key:
            yield Finding("index", path, "is not found by its id", key)
        elif whole and known and known.size != file.size:
            yield Finding("index", path, "has changed since the index took it in", key)

    def _has(self, key: str | None, identity: str) -> bool:
        try:
            version = self._archive.get(key or "")
        except ArchiveError:
            return False
        return version is not None and version.entry.id == identity

    def _history(self, key: str, version: Version | None, is_there: bool) -> Iterator[Finding]:
        path = f"{key}{HISTORY}"
        revisions: list[int] = []
        last: Version | None = None
        try:
            for line in entries.history(self._archive.path / path) if is_there else ():
                if not line.is_whole:
                    if not self._archive.is_pending(key):
                        yield Finding("damaged", path, "has a last line without its end", key)
                    break
                try:
                    last = entries.decoded(path, line.data)
                except DamagedError:
                    end = self._archive.pending_end(path)
                    if end is None or line.offset < end:
                        raise
                    break
                revisions.append(last.revision)
                yield from _earlier(path, last, version, key)
                yield from self._capture(path, last)
        except ArchiveError as error:
            yield Finding("damaged", path, error.reason, key)
            return
        if last and last == version:
            revisions.pop()
            if not self._archive.is_pending(key):
                yield Finding("damaged", path, "ends with the version that is current", key)
        expected = version.revision - 1 if version else len(revisions)
        purged = version and version.withdrawn and version.withdrawn.purged
        in_order = all(one == place for place, one in enumerate(revisions, 1))
        if not (in_order and len(revisions) == expected) and not purged:
            kept = f"has revisions {', '.join(map(str, revisions))}" if revisions else "has none"
            before = f" before {version.revision}" if version else ""
            yield Finding("damaged", path, f"{kept}{before}", key)

    def _capture(self, path: str, version: Version) -> Iterator[Finding]:
        where = version.capture
        if where is not None and (reason := self._why_not(where)):
            of = f"revision {version.revision}"
            told = f"{of} has no capture: {reason}"
            yield Finding("damaged", path, told, version.key, where.file)

    def _why_not(self, where: Location) -> str:
        """Why no capture lies there, "" where one does."""
        if where not in self._proven:
            if len(self._proven) >= _REMEMBERED:
                self._proven.clear()
            try:
                self._captures.look(where)
                self._proven[where] = ""
            except ArchiveError as error:
                self._proven[where] = f"{where.file}: {error.reason}"
        return self._proven[where]

    def _status(self, key: str) -> File | None:
        try:
            status = os.lstat(f"{self._archive.path}/{key}{ENTRY}")
        except OSError:
            return None
        return File.of(status) if stat.S_ISREG(status.st_mode) else None


class _Indexed:
    """The keys of the index in order, and their files, as far as they were asked for."""

    def __init__(self, indexed: Iterator[tuple[str, File]]) -> None:
        self._rest = indexed
        self._next = next(indexed, None)

    def before(self, key: str | None) -> Iterator[str]:
        """Those that are left and come before `key`; all, for None."""
        while self._next and (key is None or self._next[0] < key):
            found, self._next = self._next[0], next(self._rest, None)
            yield found

    def at(self, key: str) -> File | None:
        """The file of `key`, if the index has it."""
        if self._next is None or self._next[0] != key:
            return None
        file, self._next = self._next[1], next(self._rest, None)
        return file


def _folder(found: Found) -> str:
    return found.path.rpartition("/")[0]


def _version(path: str, version: Version) -> Iterator[Finding]:
    entry, key = version.entry, version.key
    if item.digest(entry) != version.digest:
        yield Finding(
            "edited", path, f"differs from its digest, of revision {version.revision}", key
        )
    if not version.date_guessed and entry.published and version.revision == 1:
        day = key[:10].replace("/", "-")
        if entry.published.day.isoformat() != day:
            yield Finding("edited", path, f"lies under {day}, and is of {entry.published.day}", key)


def _earlier(path: str, one: Version, current: Version | None, key: str) -> Iterator[Finding]:
    identity = current.entry.id if current else one.entry.id
    if (one.key, one.entry.id) != (key, identity):
        yield Finding("damaged", path, f"has another entry as revision {one.revision}", key)
    elif item.digest(one.entry) != one.digest:
        yield Finding("edited", path, f"differs from its digest in revision {one.revision}", key)
