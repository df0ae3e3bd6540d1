"""Files of the published folder: replaced whole, only where their bytes change, with compressed
variants beside them where these are wanted, many synced together."""

from __future__ import annotations

import gzip
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from feedtool import files, zstd
from feedtool.config import Compression
from feedtool.files import Data
from feedtool.lease import Lease

_TOGETHER = 100  # files that are synced together
_BYTES = 8 * 1024 * 1024  # that are gathered before they are written
_MANY = 10  # files of one folder, from which on it is read once, not asked for each
_KEPT = 20_000  # names of files that are kept in memory
_SUFFIXES: dict[Compression, str] = {"gzip": ".gz", "zstd": ".zst"}
_GZIP_LEVEL, _ZSTD_LEVEL = 6, 9


class Output:
    """Writes into `folder` while `lease` is held. `written` are the paths that changed, `unchanged`
    counts the files that were as they should be, `removed` are those that were taken away."""

    def __init__(self, folder: Path, lease: Lease, compress: Iterable[Compression]) -> None:
        self._folder, self._lease = folder, lease
        self._below = f"{folder}{os.sep}"  # of many files: Paths take longer to make than to use
        self._compress = tuple(compress)
        self._seen = _Seen(self._below)
        self._stale = [suffix for kind, suffix in _SUFFIXES.items() if kind not in self._compress]
        self.written: list[str] = []
        self.unchanged = 0
        self.removed: list[str] = []

    def write(self, made: Iterable[tuple[str, Data]]) -> None:
        """Replace these files, by path within the folder, in their order."""
        for some in _batches(made):
            seen = self._seen
            seen.look([name for name, _ in some])
            changed = [
                (name, data)
                for name, data in some
                if seen.lacks(name) or not self._is_there(name, data)
            ]
            self._lease.assert_held()
            # Variants come first: one without its file's change is seen by that, and made again.
            whole: list[tuple[str, Data]] = []
            for name, data in changed if self._compress else ():
                joined, kinds = files.whole(data), self._compress
                whole += [(self._variant(name, one), _compressed(joined, one)) for one in kinds]
            files.replace([*whole, *((self._below + name, data) for name, data in changed)])
            seen.add(name for name, _ in changed)
            for name, _ in changed:
                # What serves a variant where there is one would go on serving the old one.
                for suffix in self._stale:
                    if seen.lacks(name + suffix):
                        continue
                    if os.access(stale := self._below + name + suffix, os.F_OK):
                        Path(stale).unlink()
            self.written += [name for name, _ in changed]
            self.unchanged += len(some) - len(changed)

    def has(self, name: str) -> bool:
        """True where a file of this path is there, with its variants."""
        wanted = (self._below + name, *(self._variant(name, one) for one in self._compress))
        return all(map(os.path.isfile, wanted))

    def remove(self, names: Iterable[str]) -> None:
        """Take these files away, and folders that are empty then."""
        for name in names:
            path = self._folder / name
            self._lease.assert_held()
            for suffix in _SUFFIXES.values():
                path.with_name(path.name + suffix).unlink(missing_ok=True)
            if not path.is_file():
                continue
            path.unlink()
            self.removed.append(name)
            above = path.parent
            while above != self._folder and not any(above.iterdir()):
                above.rmdir()
                above = above.parent

    def _variant(self, name: str, kind: Compression) -> str:
        return self._below + name + _SUFFIXES[kind]

    def _is_there(self, name: str, data: Data) -> bool:
        return files.holds(self._below + name, data) and (not self._compress or self.has(name))


class _Seen:
    """What is there: of folders that many files go into, by one look."""

    def __init__(self, below: str) -> None:
        self._below = below
        self._listed: dict[str, set[str]] = {}
        self._kept = 0  # names, of all of them

    def look(self, names: Sequence[str]) -> None:
        """Look into the folders that many of these go into."""
        if self._kept > _KEPT:
            self._listed.clear()
            self._kept = 0
        if not all(map(str.isascii, names)):  # a system may tell of another form of them
            return
        for folder, count in Counter(name.rpartition("/")[0] for name in names).items():
            if count >= _MANY and folder not in self._listed:
                with suppress(OSError):  # which is told of the file
                    found = self._listed[folder] = _names(self._below + folder)
                    self._kept += len(found)

    def add(self, names: Iterable[str]) -> None:
        """These are there now."""
        for name in names:
            folder, _, last = name.rpartition("/")
            listed = self._listed.get(folder)
            if listed is not None:
                listed.add(last)
                self._kept += 1

    def lacks(self, name: str) -> bool:
        """True where a file of this path is surely not there."""
        folder, _, last = name.rpartition("/")
        listed = self._listed.get(folder)
        return listed is not None and last not in listed


def _names(folder: str) -> set[str]:
    try:
        return set(os.listdir(folder))  # noqa: PTH208 - a Path for each takes longer
    except FileNotFoundError:
        return set()


def _batches(made: Iterable[tuple[str, Data]]) -> Iterator[list[tuple[str, Data]]]:
    some: list[tuple[str, Data]] = []
    size = 0
    for name, data in made:
        some.append((name, data))
        size += len(data) if isinstance(data, bytes) else sum(map(len, data))
        if len(some) == _TOGETHER or size > _BYTES:
            yield some
            some, size = [], 0
    if some:
        yield some


def _compressed(data: bytes, kind: Compression) -> bytes:
    """Always the same for the same bytes: no time of making stands in them."""
    if kind == "gzip":
        return gzip.compress(data, _GZIP_LEVEL, mtime=0)
    made: bytes = zstd.module().compress(data, _ZSTD_LEVEL)
    return made
