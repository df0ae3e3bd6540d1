"""Restoring what is damaged in an archive: from the history of an entry, or by reading again what
was received. Nothing is deleted: what is damaged is copied beside before its place is taken.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from itertools import chain, count

from feedtool import files
from feedtool.archive import entries, item
from feedtool.archive.check import Finding, check_one
from feedtool.archive.entries import ENTRY, HISTORY
from feedtool.archive.folder import FolderArchive
from feedtool.archive.tree import ASIDE
from feedtool.data import Struct, replace
from feedtool.errors import ArchiveError, EntryError, LaterFormatError, ReadError, UsageError
from feedtool.kept import Location, Version, Withdrawal
from feedtool.model import Capture, Source
from feedtool.read import readers, zones
from feedtool.settle import settle

_MOST_KEYS = 10_000  # that are taken into the index one by one; above, it is made anew
_ACCEPT = "if the edit is meant: feedtool check --accept {}; else take it from a backup"
_LOST = "no other whole version of it is here: take it from a backup, or remove it"
_WITHDRAWN = b'"withdrawn": {'  # as the file of what is withdrawn has it
_REASON = "withdrawn before its file was damaged; the reason is lost"
_PIECE = 1 << 20  # bytes that are copied at once


class Mended(Struct, frozen=True):
    """What became of something that was wrong: what was `done`, or that it is `left`, and the way
    out. `path` is in the folder."""

    path: str
    done: str = ""
    left: str = ""


class Repair:
    """Mends what `check` finds in an archive that is open for writing.

    `sources` say how captures are read. Findings are noted first, as nothing may change while the
    archive is looked at; memory follows the damage.
    """

    def __init__(self, archive: FolderArchive, sources: Iterable[Source] = ()) -> None:
        self._archive = archive
        self._sources = {source.name: source for source in sources}
        self._captures = archive.captures
        self._damaged: dict[str, None] = {}
        self._stale: dict[str, None] = {}
        self._other: list[Finding] = []
        self._later: set[str] = set()  # that only a newer feedtool can judge

    def note(self, finding: Finding) -> None:
        """Take note of something to mend; of what is foreign, nothing is."""
        if finding.problem == "index":
            if len(self._stale) <= _MOST_KEYS:
                self._stale[finding.key] = None
        elif finding.is_damage and finding.key:
            self._damaged[finding.key] = None
        elif finding.is_damage:
            self._other.append(finding)

    def mend(self) -> Iterator[Mended]:
        """Restore what can be restored; yield what was done, and then what is left and why. Raises
        `ArchiveError` where the disk fails."""
        received = self._received() if self._damaged else {}
        for key in self._damaged:
            try:
                yield from self._mend(key, received.get(key, []))
            except OSError as error:
                raise ArchiveError(error.filename or key, entries.reason(error)) from error
        yield from self._refresh()
        for key in self._damaged:
            for finding in check_one(self._archive, key):
                if finding.is_damage:
                    way_out = "" if key in self._later else f": {self._way_out(finding)}"
                    yield Mended(finding.path, left=f"{finding.reason}{way_out}")
        for finding in self._other:
            yield Mended(finding.path, left=f"{finding.reason}: take it from a backup")

    def _mend(self, key: str, received: list[Location]) -> Iterator[Mended]:
        try:
            current = self._archive.get(key)
        except LaterFormatError:
            self._later.add(key)
            return
        except ArchiveError:
            current = None
        yield from self._mend_tail(key, current)
        if current is None:
            yield from self._restore(key, received)

    def _mend_tail(self, key: str, current: Version | None) -> Iterator[Mended]:
        """Cut from the end of a history what is torn, or current and so no earlier version."""
        path = f"{key}{HISTORY}"
        last: entries.Line | None = None
        with suppress(ArchiveError, ValueError):  # of none, there is no last
            *_, last = entries.history(self._archive.path / path)
        if last is None:
            return
        if not last.is_whole:
            aside = self._put_aside(path, since=last.offset)
            files.cut(self._archive.path / path, last.offset)
            yield Mended(path, f"cut its torn last line, which is in {_name(aside)}")
        elif current and self._whole(key, last) == current:
            self._archive.mend(key, end=last.offset)
            yield Mended(path, "cut its last line, which is the version that is current")

    def _restore(self, key: str, received: list[Location]) -> Iterator[Mended]:
        """Put the newest whole version there is in the place of a damaged file."""
        path, earlier = f"{key}{ENTRY}", f"{key}{HISTORY}"
        base: tuple[Version, int] | None = None
        behind = False
        with suppress(ArchiveError):
            for line in entries.history(self._archive.path / earlier):
                version = self._whole(key, line)
                behind = version is None
                base = (version, line.offset) if version else base
        old = base[0] if base else None
        found = self._read(key, received, old)
        if found is None and base is None:
            return
        ended = self._is_withdrawn(key)
        aside = _name(self._put_aside(path))
        if found is not None:
            found = _withdrawn(found) if ended else found
            self._archive.mend(key, item.encode(found))
            how = f"read again what was received on {found.last_revised.date()}"
        elif base is not None:
            if behind:
                copied = self._put_aside(earlier)
                yield Mended(earlier, f"cut what is damaged at its end; {_name(copied)} has all")
            restored = _withdrawn(base[0]) if ended else base[0]
            self._archive.mend(key, item.encode(restored), base[1])
            how = f"took revision {base[0].revision} from its history"
        yield Mended(path, f"{how}; what was here is in {aside}")

    def _is_withdrawn(self, key: str) -> bool:
        """True where a damaged entry was withdrawn, as far as anything still says so: it mustn't be
        published again by being mended."""
        with (self._archive.path / f"{key}{ENTRY}").open("rb") as opened:
            return self._archive.is_withdrawn(key) or _WITHDRAWN in opened.read(entries.MOST)

    def _whole(self, key: str, line: entries.Line) -> Version | None:
        """The version of this entry that a line of its history holds, None where it isn't what was
        put."""
        with suppress(ArchiveError):
            version = entries.decoded(key, line.data)
            if (
                line.is_whole
                and version.key == key
                and item.digest(version.entry) == version.digest
            ):
                return version
        return None

    def _received(self) -> Mapping[str, list[Location]]:
        """Where the captures lie that damaged entries were made of, oldest first."""
        found: dict[str, list[Location]] = {}
        for file in self._captures.files():
            with suppress(ArchiveError):
                for location, keys in self._captures.held(file):
                    for key in self._damaged.keys() & set(keys):
                        found.setdefault(key, []).append(location)
        return found

    def _read(self, key: str, received: list[Location], old: Version | None) -> Version | None:
        """What the last capture says that gives the entry, where it came after `old`."""
        for location in reversed(received):
            if old and old.capture and not _is_after(location, old.capture):
                continue
            found = self._reading(key, location, old)
            if found is None or found == old or (old and found.last_revised < old.last_revised):
                continue
            if old and not old.capture and found.last_revised == old.last_revised:
                continue  # it may be what the old one was read from
            if old is None and self._archive.holder(found.entry.id) != key:
                # A minted id has the day on which the document was first seen.
                first = self._reading(key, received[0], None)
                if first is not None:
                    found = _with_id(found, first.entry.id)
            return found
        return None

    def _reading(self, key: str, location: Location, old: Version | None) -> Version | None:
        try:
            capture = self._captures.read(location)
            if capture is None:
                return None
            source = self._source(capture)
            made = readers.read(capture, source).entries
        except (ArchiveError, ReadError, EntryError):
            return None
        zone = zones.zone_for(source.time_zone, source.language)
        for entry in made:
            _, version = settle(
                entry,
                old=None,
                source=capture.source,
                now=capture.captured,
                zone=zone,
                taken=lambda _: False,
            )
            names = item.names(version)
            known = any(self._archive.holder(name) == key for name in names)
            alone = len(made) == 1  # and is what the entry was made of, as its record says
            if not (alone or known or version.key == key or (old and old.entry.id in names)):
                continue
            if old is None:
                return replace(version, key=key, capture=location)
            _, next_ = settle(
                entry,
                old=old,
                source=old.source,
                now=capture.captured,
                zone=zone,
                taken=lambda _: False,
            )
            return replace(next_, capture=location) if next_ != old else old
        return None

    def _put_aside(self, path: str, since: int = 0) -> str:
        """Copy a file, from byte `since` on, to a new name beside it, which is returned."""
        ends = chain([""], (f"-{number}" for number in count(2)))
        names = (f"{path}{ASIDE}{end}" for end in ends)
        name = next(one for one in names if not os.path.lexists(self._archive.path / one))
        with (self._archive.path / path).open("rb") as opened:
            opened.seek(since)
            pieces = iter(lambda: opened.read(_PIECE), b"")
            files.replace_by_pieces(self._archive.path / name, pieces)
        return name

    def _way_out(self, finding: Finding) -> str:
        if finding.capture:
            return f"the article itself is whole; take {finding.capture} from a backup"
        if finding.path.endswith(HISTORY):
            return "take it from a backup"
        if finding.problem == "edited":
            return _ACCEPT.format(finding.key)
        return _LOST

    def _source(self, capture: Capture) -> Source:
        return self._sources.get(capture.source) or Source(name=capture.source, url=capture.url)

    def _refresh(self) -> Iterator[Mended]:
        if len(self._stale) > _MOST_KEYS:
            self._archive.reindex()
            yield Mended(".feedtool/index.sqlite", "made the index anew")
            return
        for key in self._stale:
            self._archive.mend(key)
            is_there = self._archive.file_of(key) is not None
            done = "took it into the index as it is" if is_there else "took it out of the index"
            yield Mended(f"{key}{ENTRY}", done)


def _is_after(one: Location, other: Location) -> bool:
    """True where a record was written after another: files are named by day and number."""
    return _place(one) > _place(other)


def _place(where: Location) -> tuple[str, int, str, int]:
    name = _name(where.file)
    return name[: len("YYYY-MM-DD")], len(name), name, where.offset


def _withdrawn(version: Version) -> Version:
    if version.withdrawn is not None:
        return version
    return replace(version, withdrawn=Withdrawal(version.last_revised, "owner", _REASON))


def _with_id(version: Version, identity: str) -> Version:
    entry = replace(version.entry, id=identity)
    return replace(version, entry=entry, digest=item.digest(entry))


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def accept(archive: FolderArchive, key: str, now: datetime) -> Version:
    """Make what a person wrote into an entry's file the revision that it was written over, and
    return it: its digest is taken anew. What the file held before is in no file, and lost.

    Raises `UsageError` where there is no such entry, it is as it was put, or was moved to another
    day; `DamagedError` where the file holds none.
    """
    version = archive.get(key)
    if version is None:
        raise UsageError(key, "no article has this key; feedtool list shows them")
    digest, published = item.digest(version.entry), version.entry.published
    if digest == version.digest:
        raise UsageError(key, "is as it was put: there is nothing to accept")
    day = key[:10].replace("/", "-")
    first = version.revision == 1 and not version.date_guessed
    if first and published is not None and published.day.isoformat() != day:
        raise UsageError(
            key, f"is of {published.day} now, and a key never changes: write {day} back"
        )
    when = max(now.replace(microsecond=0), version.last_revised)
    accepted = replace(version, digest=digest, last_revised=when)
    archive.mend(key, item.encode(accepted))
    return accepted
