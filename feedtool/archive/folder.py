"""The archive in a folder: a file for each entry, dated, by slug. The format is in docs/design.md.

The files are the truth; `.feedtool/` beside them may be deleted. One process writes at a time.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path

from feedtool import files
from feedtool.archive import item, keys, sqlite
from feedtool.archive.index import Index
from feedtool.archive.protocol import follows
from feedtool.archive.state import State
from feedtool.errors import ArchiveError, DamagedError
from feedtool.lease import Lease
from feedtool.model import Version

_ENTRY, _HISTORY, _INDEX = ".json", ".history.jsonl", "index.sqlite"
_YEAR, _PART = "[0-9]" * 4, "[0-9]" * 2


class FolderArchive:
    """An `Archive` of plain files. Open it `writing` to put into it; close it, or use `with`.

    Opening raises `BusyError` where another process writes, `ArchiveError` where the folder can't
    be read, made or written. Reading needs no lease and no right to write.
    """

    def __init__(self, path: Path | str, *, writing: bool = False) -> None:
        self.path = Path(path)
        self.writing = writing
        self._beside = self.path / ".feedtool"
        self._pending = self._beside / "pending.json"
        self._lease = Lease(self.path)
        try:
            self._open()
        except OSError as error:
            self._lease.release()
            raise ArchiveError(self.path, _reason(error)) from error
        except BaseException:
            self._lease.release()
            raise

    def _open(self) -> None:
        if self.writing:
            self._lease.acquire()
        elif not self.path.is_dir():
            raise ArchiveError(self.path, "isn't there; feedtool collect makes it")
        self.state = State(self._beside / "state.sqlite", writing=self.writing)
        self._index = Index(self._beside / _INDEX, writing=self.writing)
        if not self._index.complete:
            self.reindex()
        elif self.writing and self._pending.exists():
            self._finish()

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
        path = self._file(key)
        if path is None:
            return None
        try:
            data = path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise ArchiveError(path, _reason(error)) from error
        try:
            version = item.decode(data)
        except ValueError as error:
            raise DamagedError(path, _why(error)) from error
        if version.key != key:
            raise DamagedError(path, f"says that its key is {version.key}")
        return version

    def find(self, name: str) -> Version | None:
        """The current version of the entry with this name, or None. A file that a person removed
        is believed: its entry is gone."""
        key = self._index.find(name)
        version = self.get(key) if key else None
        if key and version is None and self.writing:
            self._index.remove(key)
        return version

    def put(self, versions: Sequence[Version]) -> None:
        """Keep these versions: the earlier ones into history, then the files, then the index."""
        if not self.writing:
            raise ArchiveError(self.path, "is open for reading only")
        earlier, current = [], []
        for version in versions:
            path = self._file(version.key)
            if path is None:
                raise ArchiveError(self.path, f"can't hold the key {version.key!r}")
            kept = self.get(version.key)
            if not follows(version, kept):
                raise ArchiveError(path, "holds another entry or a later version")
            if kept is not None:
                earlier.append((self._history(path), self._with_history(path, kept)))
            current.append((path, item.encode(version)))
        if not current:
            return
        try:
            # Until the index knows of them too, the keys are written down beside it.
            pending = json.dumps([version.key for version in versions]).encode()
            files.replace([(self._pending, pending)])
            files.replace(earlier)
            files.replace(current)
            self._index.add(versions)
            self._pending.unlink()
        except OSError as error:
            raise ArchiveError(error.filename or self.path, _reason(error)) from error

    def history(self, key: str) -> tuple[Version, ...]:
        """The earlier versions of an entry, oldest first; `DamagedError` where one isn't whole."""
        path = self._file(key)
        if path is None:
            return ()
        path = self._history(path)
        try:
            lines = path.read_bytes().splitlines()
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise ArchiveError(path, _reason(error)) from error
        try:
            return tuple(item.decode(line) for line in lines)
        except ValueError as error:
            raise DamagedError(path, _why(error)) from error

    def newest(
        self,
        *,
        sources: Sequence[str] = (),
        limit: int | None = None,
        less_sure_than: float | None = None,
    ) -> Iterator[Version]:
        """Current versions by date of publication, newest first. Damaged files are left out
        (`feedtool check` names them): one of them must not stop a feed."""
        return islice(self._whole(self._index.newest(sources, less_sure_than)), limit)

    def changes(self, since: str | None) -> tuple[Sequence[str], str]:
        """Keys put since this cursor, and the next cursor."""
        return self._index.changes(since)

    def reindex(self) -> list[DamagedError]:
        """Make the index anew from the files alone; return what had to be left out of it."""
        damaged: list[DamagedError] = []
        before: set[str] = set()
        if self.writing:  # whatever state it is in
            with suppress(ArchiveError):
                before = self._index.keys()
            self._index.close()
            sqlite.remove(self._beside / _INDEX)
            self._index = Index(self._beside / _INDEX, writing=True)
        self._index.fill(self._whole(self.walk(), damaged), before)
        if self.writing:
            self._pending.unlink(missing_ok=True)
        return damaged

    def walk(self) -> Iterator[str]:
        """Keys of all files that may be entries, in order of their names."""
        for year in sorted(self.path.glob(_YEAR)):
            for day in sorted(year.glob(f"{_PART}/{_PART}")):
                folder = day.relative_to(self.path).as_posix()
                for path in sorted(day.glob("*" + _ENTRY)):
                    key = f"{folder}/{path.name.removesuffix(_ENTRY)}"
                    if keys.valid(key):
                        yield key

    def indexed(self) -> set[str]:
        """The keys that the index knows."""
        return self._index.keys()

    def _finish(self) -> None:
        """Take in what a process that was killed had written but not indexed."""
        try:
            pending = json.loads(self._pending.read_bytes())
        except ValueError:
            pending = None
        if not isinstance(pending, list) or not all(isinstance(key, str) for key in pending):
            self.reindex()
            return
        self._index.add(self._whole(pending))
        self._pending.unlink()

    def _whole(
        self, found: Iterable[str], damaged: list[DamagedError] | None = None
    ) -> Iterator[Version]:
        for key in found:
            try:
                version = self.get(key)
            except DamagedError as error:
                if damaged is not None:
                    damaged.append(error)
            else:
                if version is not None:
                    yield version
                elif self.writing:
                    self._index.remove(key)

    def _file(self, key: str) -> Path | None:
        return self.path / (key + _ENTRY) if keys.valid(key) else None

    @staticmethod
    def _history(path: Path) -> Path:
        return path.with_name(path.name.removesuffix(_ENTRY) + _HISTORY)

    def _with_history(self, path: Path, kept: Version) -> bytes:
        """The history file with `kept` at its end, where an interrupted write hasn't put it yet."""
        try:
            data = self._history(path).read_bytes()
        except FileNotFoundError:
            data = b""
        line = item.encode_line(kept)
        return data if data.endswith(line) else data + line


def _reason(error: OSError) -> str:
    return f"can't be used: {error.strerror or error}"


def _why(error: ValueError) -> str:
    if isinstance(error, (json.JSONDecodeError, UnicodeDecodeError)):
        return f"is not whole JSON: {error}"
    return str(error)
