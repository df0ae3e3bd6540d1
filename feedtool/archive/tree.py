"""What lies in an archive folder, folder by folder: told by names and kinds of file alone.

Links are never followed: what they lead to is not of this archive.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from feedtool.archive import keys
from feedtool.archive.entries import ENTRY, HISTORY, reason
from feedtool.data import Struct
from feedtool.errors import ArchiveError

MANIFEST = "manifest.sha256"
ASIDE = ".damaged"
"""What the names of files end with that were put aside, perhaps with a number behind it."""

What = Literal["entry", "history", "capture", "manifest", "temporary", "foreign"]

_FOREIGN = "is not of this archive"
_WARC_FOLDER = re.compile(r"warc(?:/[0-9]{4})?")
_PARTS_OF_DAY = re.compile(r"[0-9]{4}(?:/(?:0[1-9]|1[0-2])(?:/[0-9]{2})?)?")
_ASIDE = re.compile(rf".+{re.escape(ASIDE)}(?:-[0-9]+)?")
_ENDS = (HISTORY, ENTRY)


class Found(Struct, frozen=True):
    """Something in an archive folder: its path in it, what it is, the key that it is of (else ""),
    and why it is foreign (else "")."""

    path: str
    what: What
    key: str = ""
    reason: str = ""


def files(folder: Path) -> Iterator[Found]:
    """Yield all that lies in an archive folder but what other tools have hidden there, sorted by
    path as bytes; a folder that isn't of the archive only by its own name, with a slash.

    Memory follows the largest folder. `ArchiveError` where one can't be listed.
    """
    yield from _within(folder, "")


def is_aside(path: str) -> bool:
    """True for what a repair has put aside."""
    return bool(_ASIDE.fullmatch(path))


def walk(folder: Path) -> Iterator[str]:
    """Yield the keys of all files that may be entries, in order. Memory and errors as `files`."""
    for day in _days(folder, ""):
        slugs = [name.removesuffix(ENTRY) for name in _listed(folder / day).files if _is_json(name)]
        yield from sorted(key for slug in slugs if keys.valid(key := f"{day}/{slug}"))


class _Listed(Struct, frozen=True):
    files: list[str]
    folders: list[str]
    odd: list[str]  # links, devices and the like


def _listed(path: Path) -> _Listed:
    listed = _Listed([], [], [])
    try:
        with os.scandir(path) as entries:
            for entry in entries:
                if entry.is_file(follow_symlinks=False):
                    listed.files.append(entry.name)
                elif entry.is_dir(follow_symlinks=False):
                    listed.folders.append(entry.name)
                else:
                    listed.odd.append(entry.name)
    except FileNotFoundError:  # removed meanwhile
        return _Listed([], [], [])
    except OSError as error:
        raise ArchiveError(path, reason(error)) from error
    return listed


def _days(folder: Path, within: str) -> Iterator[str]:
    for name in sorted(_listed(folder / within).folders):
        path = f"{within}{name}"
        if _is_of_days(path):
            if len(path) == len("YYYY/MM/DD"):
                yield path
            else:
                yield from _days(folder, f"{path}/")


def _within(folder: Path, within: str) -> Iterator[Found]:
    listed = _listed(folder / within)
    names = [(f"{within}{name}", "file") for name in listed.files]
    names += [(f"{within}{name}/", "folder") for name in listed.folders]
    names += [(f"{within}{name}", "odd") for name in listed.odd]
    present = frozenset(listed.files) if _is_day(within[:-1]) else frozenset()
    for path, kind in sorted(names, key=lambda one: one[0].encode(errors="surrogateescape")):
        if kind == "odd":
            if not _is_hidden(path):
                yield Found(path, "foreign", reason="is a link or no file")
        elif kind == "file":
            found = _file(path, present)
            if found:
                yield found
        elif _is_of_days(path[:-1]) or _WARC_FOLDER.fullmatch(path[:-1]):
            yield from _within(folder, path)
        elif not _is_hidden(path):
            yield Found(path, "foreign", reason=_FOREIGN)


def _file(path: str, present: frozenset[str]) -> Found | None:
    """What a file is, None for one that another tool has hidden; `present` are the files beside it
    in the folder of a day."""
    for end in _ENDS:
        key = path.removesuffix(end)
        if present and key != path and keys.valid(key):
            if end == ENTRY:
                return Found(path, "entry", key)
            if f"{key[11:]}{ENTRY}" in present:
                return Found(path, "history", key)
            return Found(path, "foreign", reason="is the history of no entry")
    if path == MANIFEST:
        return Found(path, "manifest")
    if keys.CAPTURES.fullmatch(path):
        return Found(path, "capture")
    if _is_hidden(path):
        return _temporary(path) if present else None
    if is_aside(path):
        return Found(path, "foreign", reason="was put aside, as it was damaged")
    if keys.valid(path.lower().removesuffix(ENTRY)):
        return Found(path, "foreign", reason=f"{_FOREIGN}: names are in lower case")
    return Found(path, "foreign", reason=_FOREIGN)


def _temporary(path: str) -> Found | None:
    """What a write that was cut short has left (see `files.temporary`)."""
    day, _, name = path.rpartition("/")
    key = f"{day}/{name.removeprefix('.').removesuffix('.tmp').removesuffix(ENTRY)}"
    return Found(path, "temporary", key) if f".{key[11:]}{ENTRY}.tmp" == name else None


def _is_hidden(path: str) -> bool:
    return path.rstrip("/").rpartition("/")[2].startswith(".")


def _is_json(name: str) -> bool:
    return name.endswith(ENTRY)


def _is_day(path: str) -> bool:
    return len(path) == len("YYYY/MM/DD") and keys.valid(f"{path}/x")


def _is_of_days(path: str) -> bool:
    """True for the folder of a year, a month or a day."""
    if not _PARTS_OF_DAY.fullmatch(path) or path.startswith("0000"):
        return False
    return len(path) < len("YYYY/MM/DD") or _is_day(path)
