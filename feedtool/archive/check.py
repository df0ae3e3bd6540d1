"""Proving an archive folder: each file's name, schema, digest and history, and the index."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from feedtool.archive import item, keys
from feedtool.archive.folder import FolderArchive
from feedtool.errors import DamagedError
from feedtool.model import Version

Problem = Literal["damaged", "edited", "foreign", "index"]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that isn't as it should be; `path` is in the folder."""

    problem: Problem
    path: str
    reason: str

    @property
    def is_damage(self) -> bool:
        """True where an entry isn't what was put; not for a stale index or a foreign file."""
        return self.problem in ("damaged", "edited")


def check(archive: FolderArchive) -> Iterator[Finding]:
    """Yield what is wrong, path by path; an archive that yields nothing is whole.

    "damaged": no entry, or not the one its name says. "edited": whole, but not what was put.
    "foreign": not of this archive. "index": the index and the files disagree; `feedtool reindex`
    mends that. Nothing is changed.
    """
    found = set()
    ids: dict[str, str] = {}
    for key in archive.walk():
        found.add(key)
        path = f"{key}.json"
        try:
            version = archive.get(key)
            earlier = archive.history(key)
        except DamagedError as error:
            yield Finding("damaged", _within(archive, error.subject), error.reason)
            continue
        if version is not None:
            yield from _version(path, version)
            first = ids.setdefault(version.entry.id, path)
            if first != path:
                yield Finding("damaged", path, f"has the id of {first}")
            yield from _history(path.removesuffix(".json") + ".history.jsonl", version, earlier)
    yield from _foreign(archive, found)
    indexed = archive.indexed()
    for key in sorted(indexed - found):
        yield Finding("index", f"{key}.json", "is gone, and the index still has it")
    for key in sorted(found - indexed):
        yield Finding("index", f"{key}.json", "is not in the index")


def _within(archive: FolderArchive, path: str) -> str:
    return Path(path).relative_to(archive.path).as_posix()


def _version(path: str, version: Version) -> Iterator[Finding]:
    entry = version.entry
    if item.digest(entry) != version.digest:
        yield Finding("edited", path, f"differs from its digest, of revision {version.revision}")
    if not version.date_guessed and entry.published and version.revision == 1:
        day = version.key[:10].replace("/", "-")
        if entry.published.day.isoformat() != day:
            yield Finding("edited", path, f"lies under {day}, and is of {entry.published.day}")


def _history(path: str, version: Version, earlier: tuple[Version, ...]) -> Iterator[Finding]:
    # A write that was interrupted may have put the current version into the history already.
    if earlier and earlier[-1] == version:
        earlier = earlier[:-1]
    if [one.revision for one in earlier] != list(range(1, version.revision)):
        kept = ", ".join(str(one.revision) for one in earlier) or "none"
        yield Finding("damaged", path, f"has revisions {kept} before {version.revision}")
    for one in earlier:
        if (one.key, one.entry.id) != (version.key, version.entry.id):
            yield Finding("damaged", path, f"has another entry as revision {one.revision}")
        elif item.digest(one.entry) != one.digest:
            yield Finding("edited", path, f"differs from its digest in revision {one.revision}")


def _foreign(archive: FolderArchive, known: set[str]) -> Iterator[Finding]:
    for path in sorted(archive.path.rglob("*")):
        name = path.relative_to(archive.path).as_posix()
        # Hidden files are other tools', or left by a write that was interrupted.
        if any(part.startswith(".") for part in name.split("/")) or path.is_dir():
            continue
        key = name.removesuffix(".json").removesuffix(".history.jsonl")
        if not (keys.valid(key) and key in known):
            yield Finding("foreign", name, "is not of this archive")
