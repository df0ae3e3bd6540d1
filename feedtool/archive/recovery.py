"""After a crash or a failure: ending or undoing what was noted as being written."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from feedtool import files
from feedtool.archive import entries, item, keys
from feedtool.archive.index import Index
from feedtool.archive.pending import Batch
from feedtool.errors import DamagedError
from feedtool.files import Disk
from feedtool.kept import Version

if TYPE_CHECKING:
    from feedtool.archive.captures import Captures


class Folder(Protocol):
    """What is asked of the archive whose writing was cut short."""

    path: Path

    @property
    def captures(self) -> Captures:
        """What was received."""
        ...

    def get(self, key: str) -> Version | None:
        """The current version of an entry."""
        ...

    def history(self, key: str) -> tuple[Version, ...]:
        """The earlier versions of an entry."""
        ...

    def paths(self, key: str) -> tuple[Path, Path]:
        """Where an entry and its history lie."""
        ...


def end_or_undo(folder: Folder, batch: Batch, index: Index, disk: Disk) -> None:
    """Take into the index what was written of these entries, and take back what was added to files
    without them. Cut short, it can be done again."""
    mine = list(filter(keys.valid, batch.keys))
    for key in mine:
        entry, history = folder.paths(key)
        with suppress(FileNotFoundError):
            disk.remove(files.temporary(entry))
        end = batch.ends.get(history.relative_to(folder.path).as_posix())
        if end is not None and entries.length(history) > end and not _is_used(folder, key, end):
            files.cut(history, end, disk)
    for name, end in batch.ends.items():
        if name.startswith("warc/"):
            with suppress(DamagedError):  # `feedtool check` names it
                folder.captures.mend(name, end, keep=_is_captured(folder, mine, name, end))
    found = list(entries.taken_again(folder.path, mine, folder.history))
    # Who was killed had made folders and renamed files, but perhaps not synced that.
    near = chain.from_iterable(Path(name).parents for name in (*mine, *batch.ends))
    made = filter(Path.is_dir, (folder.path / one for one in dict.fromkeys(near)))
    files.sync_folders(made, disk)
    with index.adding([row for row, _ in found]) as adding:
        adding.files += [file for _, file in found]


def _is_captured(folder: Folder, mine: Iterable[str], name: str, end: int) -> bool:
    """True where something was written that was read from what was added to this file of captures
    from byte `end` on, or nobody can tell: else no entry would lead to that, not even to erase it
    one day."""
    for key in mine:
        try:
            version = folder.get(key)
        except DamagedError:
            return True
        place = version.capture if version else None
        if place is not None and place.file == name and place.offset >= end:
            return True
    return False


def _is_used(folder: Folder, key: str, end: int) -> bool:
    """True where the version that was added to a history, from byte `end` on, is there whole, and
    the one that comes after it was written, or nobody can tell."""
    with folder.paths(key)[1].open("rb") as opened:
        opened.seek(end)
        added = opened.read()
    with suppress(ValueError):
        if added.endswith(b"\n"):
            last = item.decode(added)
            try:
                version = folder.get(key)
            except DamagedError:  # then what was added may be the last that is whole
                return True
            return version is None or last.revision < version.revision
    return False
