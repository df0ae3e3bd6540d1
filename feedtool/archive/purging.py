"""Purging an archive folder: what entries said goes, from search, history, captures and files."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from feedtool import files
from feedtool.archive import item, keys
from feedtool.archive.index import Index
from feedtool.archive.pending import Batch
from feedtool.archive.protocol import may_purge
from feedtool.archive.row import File, row_of
from feedtool.archive.tree import ASIDE, is_aside
from feedtool.errors import ArchiveError, DamagedError
from feedtool.files import Disk
from feedtool.kept import Location, Version

if TYPE_CHECKING:
    from feedtool.archive.captures import Captures


_CAPTURE = re.compile(
    rb'"file": "(warc/[0-9]{4}/[0-9.a-z-]{1,40})",\s*"offset": ([0-9]{1,18}),'
    rb'\s*"length": ([0-9]{1,18})'
)


class Folder(Protocol):
    """What is asked of the archive whose entries are purged."""

    def get(self, key: str) -> Version | None:
        """The current version of an entry."""
        ...

    def history(self, key: str) -> tuple[Version, ...]:
        """The earlier versions of an entry."""
        ...

    def paths(self, key: str) -> tuple[Path, Path]:
        """Where an entry and its history lie."""
        ...


def batch(folder: Folder, versions: Sequence[Version]) -> Batch:
    """Return what is to be noted before these are purged; `ArchiveError` where one isn't the next
    version of what is kept."""
    for version in versions:
        if not (keys.valid(version.key) and may_purge(version, folder.get(version.key))):
            raise ArchiveError(
                version.key, "can't be purged: isn't the next version of what is kept"
            )
    left = [item.encode_line(version).decode() for version in versions]
    return Batch([version.key for version in versions], purged=left)


def purge(
    folder: Folder, versions: Sequence[Version], index: Index, captures: Captures, disk: Disk
) -> bool:
    """Leave of these entries nothing but these versions. Cut short, it can be done again.

    False where the index must be made anew: a file was edited by hand, so that nobody knows which
    words of it search has.
    """
    # The words go first: they can be taken out of search only as long as the files hold them.
    rows = [row_of(version, _kept(folder, version.key)) for version in versions]
    with index.adding(rows, for_good=True) as adding:
        adding.files += [File() for _ in rows]
    aside = _aside(folder, versions)
    is_stale = any(index.is_stale(version.key) for version in versions)
    for version in versions:
        _forget(folder, version.key, aside, captures, disk)
    status = files.replace([(folder.paths(one.key)[0], item.encode(one)) for one in versions], disk)
    with index.adding(rows) as adding:
        adding.files += [File.of(one) for one in status]
    return not is_stale


def _aside(folder: Folder, versions: Sequence[Version]) -> Mapping[str, list[Path]]:
    """What repairs have put aside beside the files of these, by the path that it is of; each folder
    is listed once."""
    found: dict[str, list[Path]] = {}
    for beside in dict.fromkeys(folder.paths(one.key)[0].parent for one in versions):
        with suppress(FileNotFoundError), os.scandir(beside) as listed:
            for one in listed:
                name, mark, _ = one.name.rpartition(ASIDE)
                if mark and is_aside(one.name):
                    found.setdefault(str(beside / name), []).append(beside / one.name)
    return found


def _forget(
    folder: Folder, key: str, aside: Mapping[str, list[Path]], captures: Captures, disk: Disk
) -> None:
    """Take away the earlier versions of an entry, what is `aside` of it, and what they all were
    read from."""
    entry, history = folder.paths(key)
    left = [*aside.get(str(entry), ()), *aside.get(str(history), ())]
    places: set[Location] = set()
    with suppress(DamagedError):
        places.update(one.capture for one in folder.history(key) if one.capture is not None)
    for path in (history, *left):
        with suppress(FileNotFoundError):
            places.update(_named(path.read_bytes()))
    kept = _kept(folder, key)
    if kept is not None and kept.capture is not None:
        places.add(kept.capture)
    for place in places:
        with suppress(DamagedError):  # `feedtool check` names it
            captures.erase(place)
    for path in (history, files.temporary(history), files.temporary(entry), *left):
        with suppress(FileNotFoundError):
            disk.remove(path)
    if history.parent.is_dir():
        files.sync_folders([history.parent], disk)


def _named(data: bytes) -> Iterator[Location]:
    """The captures that versions name, whole or damaged ones: no text of theirs can look so, as
    quotes are escaped in it."""
    for found in _CAPTURE.finditer(data):
        yield Location(found[1].decode(), int(found[2]), int(found[3]))


def _kept(folder: Folder, key: str) -> Version | None:
    try:
        return folder.get(key)
    except DamagedError:
        return None
