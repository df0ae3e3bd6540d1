"""The archive in a folder: a file for each entry, dated, by slug.

The format is in docs/archive-format.md. The files are the truth; `.feedtool/` beside them may be
deleted. One process writes at a time.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import UTC, date, datetime
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from feedtool import files, sqlite
from feedtool.archive import entries, item, keys
from feedtool.archive.entries import ENTRY, HISTORY
from feedtool.archive.index import Index
from feedtool.archive.pending import Batch, Pending
from feedtool.archive.protocol import follows
from feedtool.archive.row import File, Row, row_of
from feedtool.archive.state import State
from feedtool.errors import ArchiveError, DamagedError
from feedtool.files import DISK, Disk
from feedtool.kept import Location, Receipt, Version
from feedtool.lease import Lease

if TYPE_CHECKING:
    from feedtool.archive.captures import Captures
    from feedtool.archive.query import Query

_INDEX, _NEW_INDEX = "index.sqlite", "index.new.sqlite"
_NEVER = datetime.min.replace(tzinfo=UTC)


class FolderArchive:
    """An `Archive` of plain files. Open it `writing` to put into it; close it, or use `with`.

    Opening raises `BusyError` where another process writes, `ArchiveError` where the folder can't
    be read, made or written. Reading needs no lease and no right to write.
    """

    def __init__(self, path: Path | str, *, writing: bool = False, disk: Disk = DISK) -> None:
        self.path = Path(path)
        self.writing = writing
        self._disk = disk
        self._beside = self.path / ".feedtool"
        self._pending = Pending(self._beside / "pending.json", disk)
        self._finished = False  # until we have looked
        self._lease = Lease(self.path)
        try:
            with self._telling():
                self._open()
        except BaseException:
            self._lease.release()
            raise

    def _open(self) -> None:
        if self.writing:
            files.make_folder(self._beside, self._disk)
            self._lease.acquire()
            sqlite.remove(self._beside / _NEW_INDEX, self._disk)  # of a writer that was killed
        elif not self.path.is_dir():
            raise ArchiveError(self.path, "isn't there; feedtool collect makes it")
        self.state = State(self._beside / "state.sqlite", writing=self.writing)
        self._index = Index(self._beside / _INDEX, writing=self.writing)
        if not self._index.complete:
            self.reindex()
        if self.writing:
            self._finish()

    @cached_property
    def captures(self) -> Captures:
        """What was received, in the folder's WARC files."""
        from feedtool.archive.captures import Captures  # most rounds receive nothing to keep

        return Captures(self.path, self._disk)

    def __enter__(self) -> FolderArchive:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let others write."""
        self._index.close()
        self.state.close()
        self._lease.release()

    def get(self, key: str) -> Version | None:
        """The current version of the entry with this key, or None; `DamagedError` for a file that
        is no entry or another one's."""
        if not keys.valid(key):
            return None
        found = entries.read(self.path, key, self._index.is_ours)
        return found[0] if found else None

    def holds(self, key: str) -> bool:
        """True where something has this key: an entry, whole or not, or the history of one whose
        file a person removed."""
        if not keys.valid(key):
            return False
        path = f"{self.path}/{key}"  # `access` takes half the time of an `open` that fails
        if os.access(path + ENTRY, os.F_OK):
            return True
        return os.access(path + HISTORY, os.F_OK) and entries.length(path + HISTORY) > 0

    def find(self, name: str) -> Version | None:
        """The current version of the entry with this name, or None. A file that a person removed
        is believed: its entry is gone."""
        self._finish_first()
        key = self._index.find(name)
        version = self.get(key) if key else None
        if key and version is None and self.writing:
            self._index.remove(key)
        return version if version and item.has_name(version, name) else None

    def known(self, names: Collection[str]) -> set[str]:
        """Those of these names that an entry may have."""
        self._finish_first()
        return self._index.known(names)

    def named(self, name: str, most: int) -> list[Version]:
        """Current versions of entries that share this name, at most `most`."""
        found = self._whole(self._index.named(name, most))
        return [version for version in found if item.has_name(version, name)]

    def oldest(self, source: str, before: datetime, most: int) -> list[Version]:
        """Current versions of entries of this source that were published before this."""
        return list(self._whole(self._index.oldest(source, int(before.timestamp()), most)))

    def put(self, versions: Sequence[Version], receipts: Sequence[Receipt] = ()) -> None:
        """Keep these versions: what was received, the earlier ones into history, the files, and
        then the index. `BusyError` where another process has taken over, as after a long sleep of
        this machine."""
        if not self.writing:
            raise ArchiveError(self.path, "is open for reading only")
        if not versions and not receipts:
            return
        with self._telling():
            self._lease.assert_held()
            self._finish()
            kept = [self._before(version) for version in versions]
            try:
                self._write(versions, kept, receipts)
            except (OSError, ArchiveError):
                with suppress(OSError, ArchiveError):  # else the next call does
                    self._finish()
                raise

    def purge(self, versions: Sequence[Version]) -> None:
        """Keep of these entries nothing but these versions; what was received with them goes too.
        Killed, it is ended by the next writer."""
        if not self.writing:
            raise ArchiveError(self.path, "is open for reading only")
        from feedtool.archive import purging

        with self._telling():
            self._lease.assert_held()
            self._finish()
            batch = purging.batch(self, versions)
            self._finished = False
            self._pending.note(batch)
            self._purge(versions)
            self._finished = True

    def history(self, key: str) -> tuple[Version, ...]:
        """The earlier versions of an entry, oldest first; `DamagedError` where one isn't whole."""
        if not keys.valid(key):
            return ()
        name = key + HISTORY
        path = f"{self.path}/{name}"
        try:
            return entries.earlier(path)
        except DamagedError:
            if (end := self._pending.end(name)) is None:
                raise
            return entries.earlier(path, end)

    def newest(
        self,
        *,
        sources: Sequence[str] = (),
        limit: int | None = None,
        less_sure_than: float | None = None,
        after: str | None = None,
    ) -> Iterator[Version]:
        """Current versions by date of publication, newest first. Damaged files are left out
        (`feedtool check` names them): one of them must not stop a feed."""
        return islice(self._whole(self._index.newest(sources, less_sure_than, after)), limit)

    def search(self, query: Query, *, after: str | None = None) -> Iterator[Version]:
        """Current versions of what `query` finds, newest first."""
        return self._whole(self._index.found(query, after))

    def best(self, query: Query, most: int) -> tuple[list[Version], bool]:
        """Current versions of what may fit `query` best, at most twice `most`, and whether more was
        found than that."""
        found, is_cut = self._index.likely(query, most)
        return list(self._whole(found)), is_cut

    def changes(self, since: str | None, most: int | None = None) -> tuple[Sequence[str], str]:
        """Keys put since this cursor, and the next cursor."""
        return self._index.changes(since, most)

    def altered(self, keys: Iterable[str]) -> list[str]:
        """Those of these keys whose files a person edited or removed since the index took them in,
        by size and time of change."""
        return [key for key in keys if entries.file_of(self._path(key)) != self._index.file(key)]

    def reindex(
        self, workers: int = 0, step: Callable[[str], object] | None = None
    ) -> list[DamagedError]:
        """Make the index anew from the files alone; return what had to be left out of it.

        With `workers`, as many other processes help to read: a program that asks for them must be
        one that `multiprocessing` may start again. `step` is called for each entry with its path.
        """
        from feedtool.archive import bulk

        damaged: list[DamagedError] = []
        with closing(bulk.loaded(self.path, self.walk(), workers)) as found:
            rows = entries.taken(found, damaged, step)
            if self.writing:
                self._replace_index(rows)
            else:
                self._index.fill(rows)
        return damaged

    def _replace_index(self, rows: Iterable[tuple[Row, File]]) -> None:
        old, new = self._beside / _INDEX, self._beside / _NEW_INDEX
        with self._telling():
            sqlite.remove(new, self._disk)
            try:
                # The old one serves until the new one is whole, whatever happens meanwhile.
                with closing(Index(new, writing=True)) as index:
                    index.fill(rows, old)
                self._lease.assert_held()
                files.sync_above(self._beside, self._disk)
                self._index.close()
                try:
                    sqlite.replace(old, new, self._disk)
                finally:
                    self._index = Index(old, writing=True)
            except BaseException:
                with suppress(OSError):
                    sqlite.remove(new, self._disk)
                raise

    def walk(self) -> Iterator[str]:
        """Keys of all files that may be entries, in order."""
        from feedtool.archive import tree

        return tree.walk(self.path)

    def indexed(self) -> Iterator[tuple[str, File]]:
        """The keys that the index knows, in order, each with what its file was when it was taken
        in."""
        return self._index.files()

    def holder(self, name: str) -> str | None:
        """The key that the index has for a name (see `item.names`), whatever its file says."""
        return self._index.find(name)

    def file_of(self, key: str) -> File | None:
        """What the file of this key was when the index took it in; None where it hasn't."""
        return self._index.file(key)

    def is_withdrawn(self, key: str) -> bool:
        """True where the index has this entry as withdrawn, whatever its file says."""
        return self._index.is_withdrawn(key)

    def is_pending(self, name: str) -> bool:
        """True where what has this key, or this path in the folder, is being written, or was when a
        writer ended."""
        return self._pending.has(name)

    def pending_end(self, name: str) -> int | None:
        """How long the file at this path in the folder was before what is being written, or was
        when a writer ended; None where it isn't added to."""
        return self._pending.end(name)

    def mend(self, key: str, data: bytes | None = None, end: int | None = None) -> None:
        """For repairs: replace the file of an entry by `data`, if any; cut its history to `end`
        bytes, if it holds the version that is then current, or a later one; and take the entry in
        anew, or forget it where its file is gone. A writer that is killed meanwhile is no harm."""
        path = self._path(key)
        ends = {} if end is None else {key + HISTORY: end}
        with self._telling():
            self._lease.assert_held()
            self._finished = False
            self._pending.note(Batch([key], ends))
            if data is not None:
                files.replace([(path, data)], self._disk)
            self._finish()
        if not path.exists():
            self._index.remove(key)

    def _before(self, version: Version) -> Version | None:
        """What is kept of the entry of `version`, which may follow it; `ArchiveError` if not."""
        if not keys.valid(version.key):
            raise ArchiveError(self.path, f"can't hold the key {version.key!r}")
        path = f"{self.path}/{version.key}{ENTRY}"
        kept = self.get(version.key) if os.access(path, os.F_OK) else None
        if not follows(version, kept):
            raise ArchiveError(path, "holds another entry or a later version")
        return kept

    def _write(
        self,
        versions: Sequence[Version],
        kept: Sequence[Version | None],
        receipts: Sequence[Receipt],
    ) -> None:
        lines = {one.key + HISTORY: item.encode_line(one) for one in kept if one}
        ends = {name: entries.length(self.path / name) for name in lines}
        day = max((one.capture.captured for one in receipts), default=_NEVER).astimezone(UTC).date()
        if receipts:
            ends.update([self.captures.end(day)])
        rows = [row_of(*pair) for pair in zip(versions, kept, strict=True)]
        self._finished = False
        self._pending.note(Batch([version.key for version in versions], ends))
        with self._index.adding(rows) as adding:
            places = self._placed(receipts, day)
            files.append([(self.path / name, line) for name, line in lines.items()], self._disk)
            current = [
                (f"{self.path}/{one.key}{ENTRY}", item.encode(entries.captured(one, places)))
                for one in versions
            ]
            adding.files += map(File.of, files.replace(current, self._disk, adding.work))
        self._pending.clear()
        self._finished = True

    def _placed(self, receipts: Sequence[Receipt], day: date) -> dict[str, Location]:
        """Keep what was received; return by key where it lies that a version was made of."""
        found = zip(receipts, self.captures.append(receipts, day), strict=True)
        return {key: place for receipt, place in found for key in receipt.keys}

    def _purge(self, versions: Sequence[Version]) -> None:
        """Do what is noted, or what is left of it."""
        from feedtool.archive import purging

        if not purging.purge(self, versions, self._index, self.captures, self._disk):
            self.reindex()
        self._pending.clear()

    def _finish(self) -> None:
        """End or undo what a writer began that was killed or failed."""
        if self._finished:
            return
        try:
            batch = self._pending.read()
            purged = [item.decode(one.encode()) for one in batch.purged] if batch else []
        except ValueError:
            self.reindex()
            batch, purged = Batch([]), []
        if purged:
            self._purge(purged)
        elif batch is not None:
            from feedtool.archive import recovery

            recovery.end_or_undo(self, batch, self._index, self._disk)
            self._pending.clear()
        self._finished = True

    def _finish_first(self) -> None:
        if self.writing and not self._finished:
            with self._telling():
                self._finish()  # of a put that failed some may be kept

    def _whole(self, found: Iterable[str]) -> Iterator[Version]:
        for key in found:
            with suppress(DamagedError):
                version = self.get(key)
                if version is not None:
                    yield version
                elif self.writing:
                    self._index.remove(key)

    def paths(self, key: str) -> tuple[Path, Path]:
        """Where the entry and its history lie."""
        return self._path(key), self.path / (key + HISTORY)

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """What the system says becomes an `ArchiveError` about the file."""
        try:
            yield
        except OSError as error:
            raise ArchiveError(error.filename or self.path, entries.reason(error)) from error

    def _path(self, key: str) -> Path:
        return self.path / (key + ENTRY)
