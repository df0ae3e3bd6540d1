"""The captures of an archive: `warc/YYYY/YYYY-MM-DD-NNNN.warc.gz` in its folder, only ever added
to, but for what its owner wants erased. How one is written stands in `archive/recorded.py`.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import BinaryIO

from feedtool import files
from feedtool.archive import keys, recorded, warc
from feedtool.archive.recorded import Origin
from feedtool.archive.tape import HEADERS, MAGIC, BrokenError, following
from feedtool.archive.warc import Damage, Record
from feedtool.data import replace
from feedtool.errors import ArchiveError, DamagedError
from feedtool.files import DISK, Disk
from feedtool.kept import Location, Receipt
from feedtool.model import Capture

ROLL_AT = 512 * 1024 * 1024
"""Bytes after which a file is added to no more."""

MOST = 1024 * 1024 * 1024
"""Bytes that a capture has at most when it is read again."""

_NAME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})-([0-9]{4}|[1-9][0-9]{4,8})\.warc\.gz")
_HELD = ("response", "resource", "revisit")
_DAYS = 1000  # of which it is remembered where they end


class Captures:
    """The WARC files of an archive folder. One process writes at a time.

    A `Location` names its file by the path within the folder. Raises `DamagedError` for what isn't
    what was written, and `ArchiveError` where the disk fails; both name the file.
    """

    def __init__(self, folder: Path, disk: Disk = DISK, roll_at: int = ROLL_AT) -> None:
        self._folder, self._disk, self._roll_at = folder, disk, roll_at
        self._ends: dict[date, tuple[int, int]] = {}

    def end(self, day: date) -> tuple[str, int]:
        """The file that what is appended on this day goes to next, and its length (0: it is new).
        The folder of the year is listed once."""
        if day not in self._ends:
            if len(self._ends) >= _DAYS:
                self._ends.clear()
            self._ends[day] = self._last(day)
        number, length = self._ends[day]
        if length >= self._roll_at:
            number, length = self._ends[day] = (number + 1, 0)
        return f"warc/{day.year:04}/{day.isoformat()}-{number:04}.warc.gz", length

    def append(self, receipts: Sequence[Receipt], day: date) -> list[Location]:
        """Keep these and return where the record of each lies; once it returns, a power cut loses
        nothing. All go into one file, at once.

        A receipt that is `same_as` an earlier one is kept as no more than a reference to that, if
        that is still there and holds the same, or the answer was 304.
        """
        if not receipts:
            return []
        file, length = self.end(day)
        data: list[bytes] = []
        size = 0
        if not length:
            data.append(recorded.begin(Path(file).name, receipts[0].capture))
            size = len(data[0])
        places: list[Location] = []
        for receipt in receipts:
            members = recorded.members(
                receipt.capture,
                keys=receipt.keys,
                salt=f"{file} {length + size}",
                origin=self._origin(receipt),
            )
            places.append(Location(file, length + size, len(members[0])))
            data += members
            size += sum(map(len, members))
        with _told(self._folder / file):
            try:
                path = self._checked(file, new=True)
                [begin] = files.append([(path, b"".join(data))], self._disk)
            except BaseException:
                self._ends.pop(day, None)
                raise
        if begin != length:
            self._ends.pop(day, None)
            raise ArchiveError(self._folder / file, "was written by another process too")
        self._ends[day] = (self._ends[day][0], length + size)
        return places

    def read(self, location: Location, *, max_bytes: int = MOST) -> Capture | None:
        """Return the capture whose record lies there, or None where it was erased; a revisit has
        the body of what it refers to. Of the capture's fields, `known`, `fresh`, `wishes`, `moved`
        and a file's own path and time aren't kept."""
        found = self._read(location, max_bytes)
        if found is None or found[0].kind != "revisit":
            return None if found is None else found[1]
        record, again = found
        where = recorded.refers_to(record)
        first = self._read(where, max_bytes) if where else None
        if where is None or (first is not None and not _is_same(record, first[0])):
            raise self._damaged(location, "refers to what isn't there")
        return None if first is None else recorded.completed(again, first[1])

    def look(self, location: Location) -> None:
        """Raise `DamagedError` unless the record of a capture begins there, or of one that was
        erased. It isn't read to its end."""
        record = self._begun(location)
        if record.kind not in _HELD and not recorded.is_erased(record):
            raise self._damaged(location, f"is no capture but a {record.kind} record")

    def mend(self, file: str, end: int, *, keep: bool = True) -> int:
        """After a crash: `keep` what lies behind byte `end` as far as records are whole, cut what
        is torn or not to be kept, and return the file's length."""
        self._ends.clear()
        path = self._folder / file
        with _told(path):
            if not path.exists() and not end:
                return 0
            with self._opened(file) as opened:
                length = _length(opened)
                if end > length:
                    raise DamagedError(path, f"has {length:,} bytes, and had {end:,}")
                whole = end
                try:
                    while keep and whole < length:
                        record, behind = warc.checked(opened, whole)
                        if recorded.request_length(record):  # never one without the other
                            behind = warc.checked(opened, behind)[1]
                        whole = behind
                except BrokenError:
                    pass  # a write that was never told of
            if whole < length:
                files.cut(self._checked(file), whole, self._disk)
        return whole

    def verify(self, file: str) -> Iterator[Damage]:
        """Yield what is wrong with a file: records that aren't whole (gzip's sums, lengths, the
        digests of block and payload) or not where they belong. Takes little memory."""
        with _told(self._folder / file), self._opened(file) as opened:
            at: int | None = 0
            length, answer = _length(opened), ""
            while at is not None and at < length:
                try:
                    record, behind = warc.checked(opened, at)
                except BrokenError as error:
                    yield Damage(at, str(error))
                    answer, at = "", following(opened, at + 1)
                    continue
                if (record.kind == "warcinfo") != (at == 0):
                    yield Damage(at, f"is a {record.kind} record, and out of its place")
                if record.kind == "request" and record.get("WARC-Concurrent-To") != answer:
                    yield Damage(at, "is a request whose answer isn't before it")
                answer = record.get("WARC-Record-ID") if record.kind in _HELD else ""
                at = behind

    def files(self) -> Iterator[str]:
        """Yield every file of captures, oldest day first, as a `Location` names it."""
        with _told(self._folder / "warc"):
            for year in self._listed("warc"):
                if re.fullmatch("[0-9]{4}", year.name) and year.is_dir(follow_symlinks=False):
                    found = [
                        (name[1], int(name[2]), entry.name)
                        for entry in self._listed(f"warc/{year.name}")
                        if (name := _NAME.fullmatch(entry.name))
                        and name[1].startswith(f"{year.name}-")
                        and entry.is_file(follow_symlinks=False)
                    ]
                    yield from (f"warc/{year.name}/{name}" for _, _, name in sorted(found))

    def held(self, file: str) -> Iterator[tuple[Location, tuple[str, ...]]]:
        """Yield where each capture of a file lies and the keys of what was made of it; damaged
        records are passed over (`verify` names them)."""
        with _told(self._folder / file), self._opened(file) as opened:
            at: int | None = 0
            length = _length(opened)
            while at is not None and at < length:
                try:
                    record, behind = warc.checked(opened, at)
                except BrokenError:
                    at = following(opened, at + 1)
                    continue
                if record.kind in _HELD:
                    yield Location(file, at, behind - at), recorded.keys(record)
                at = behind

    def erase(self, location: Location) -> None:
        """Overwrite a record and its request, so that nothing else moves; once it returns, the
        file's bytes are gone from the disk as far as the system tells.

        Raises `ArchiveError` where it can't be done. Nothing else of the file is touched. A crash
        may leave the record torn: to be done again, which ends it. What a file system that copies
        on write, a snapshot or a backup still has is beyond us, and revisits of the record keep
        their own headers.
        """
        path = self._folder / location.file
        with _told(path):
            with self._opened(location.file) as opened:
                regions = self._regions(opened, location)
            # The request first: only the answer, while it is whole, tells where that ends.
            for place in reversed(regions):
                day = f"{Path(place.file).name[:10]}T00:00:00Z"
                data = recorded.erasure(place, place.length, day)
                if data is None:
                    raise self._damaged(place, "is too short for a record")
                files.overwrite(self._checked(place.file), place.offset, data, self._disk)

    def _regions(self, opened: BinaryIO, location: Location) -> list[Location]:
        """What is to be overwritten: a record, and its request."""
        behind = location.offset + location.length
        request: int | None = None
        at_end = behind == _length(opened)
        try:
            record, end = warc.checked(opened, location.offset)
            if end != behind or not (record.kind in _HELD or recorded.is_erased(record)):
                raise self._damaged(location, "is no capture that could be erased")
            request = recorded.request_length(record)
        except BrokenError as error:
            # Torn while it was erased, perhaps: it and its neighbour must begin where they should.
            opened.seek(location.offset)
            begins = opened.read(len(MAGIC)) == MAGIC
            after = following(opened, location.offset + 1)
            if not begins or after != (None if at_end else behind):
                raise self._damaged(location, str(error)) from error
        request = 0 if at_end else self._request_at(opened, location, request)
        return [location, *([Location(location.file, behind, request)] if request else ())]

    def _request_at(self, opened: BinaryIO, location: Location, said: int | None) -> int:
        """How long the request is behind a record, 0 where none is; where it is torn, as long as
        its answer says (None: that is torn too), if something begins behind it."""
        offset = location.offset + location.length
        try:
            record, end = warc.checked(opened, offset)
        except BrokenError as error:
            end = offset + (said or 0)
            after = following(opened, offset + 1)
            if said is None or (said and after != (None if end == _length(opened) else end)):
                raise self._damaged(replace(location, offset=offset), str(error)) from error
            return said
        return end - offset if record.kind == "request" or recorded.is_erased(record) else 0

    def _origin(self, receipt: Receipt) -> Origin | None:
        """What a receipt refers to, None where that can't be: it is then kept whole."""
        where = receipt.same_as
        if where is None:
            return None
        try:
            record = self._begun(where)
            if record.kind == "revisit" and (further := recorded.refers_to(record)):
                where = further
                record = self._begun(where)
        except DamagedError:
            return None
        found = recorded.origin(record, where)
        exchange, body = receipt.capture.exchange, receipt.capture.body
        unsent = exchange is not None and exchange.status == 304 and not body
        same = unsent or found.digest == recorded.digest(receipt.capture)
        return found if same and record.kind in ("response", "resource") else None

    def _begun(self, location: Location) -> Record:
        with _told(self._folder / location.file), self._opened(location.file) as opened:
            try:
                return warc.begun(opened, location.offset)
            except BrokenError as error:
                raise self._damaged(location, str(error)) from error

    def _read(self, location: Location, max_bytes: int) -> tuple[Record, Capture] | None:
        request: Record | None = None
        with _told(self._folder / location.file), self._opened(location.file) as opened:
            try:
                if warc.begun(opened, location.offset).length > max_bytes + HEADERS:
                    raise BrokenError(f"is longer than {max_bytes:,} bytes")
                record, body, behind = warc.whole(opened, location.offset)
                if behind - location.offset != location.length:
                    raise BrokenError(f"has not {location.length:,} bytes")
                if recorded.is_erased(record):
                    return None
                if record.kind not in _HELD:
                    raise BrokenError(f"is no capture but a {record.kind} record")
                with suppress(BrokenError):  # nothing is made of it
                    if recorded.request_length(record):
                        behind_it = warc.checked(opened, behind)[0]
                        answered = behind_it.get("WARC-Concurrent-To")
                        request = behind_it if answered == record.get("WARC-Record-ID") else None
                return record, recorded.capture(record, body, request=request)
            except BrokenError as error:
                raise self._damaged(location, str(error)) from error

    def _last(self, day: date) -> tuple[int, int]:
        """The number and length of a day's last file; of the first, and 0, where it has none."""
        number, length = 1, 0
        with _told(self._folder / "warc"):
            for entry in self._listed(f"warc/{day.year:04}"):
                found = _NAME.fullmatch(entry.name)
                if found and found[1] == day.isoformat() and int(found[2]) >= number:
                    ours = entry.is_file(follow_symlinks=False)
                    number = int(found[2]) + (not ours)  # beside what isn't ours
                    length = entry.stat(follow_symlinks=False).st_size if ours else 0
        return number, length

    def _listed(self, folder: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(self._folder / folder) as entries:
                return sorted(entries, key=lambda entry: entry.name)
        except FileNotFoundError:
            return []

    def _checked(self, file: str, *, new: bool = False) -> Path:
        """The path of a file, which leads nowhere else."""
        path = self._folder / file
        if not keys.CAPTURES.fullmatch(file):
            raise DamagedError(path, "is no name of a file of captures")
        for folder in (path.parent.parent, path.parent):
            if folder.is_symlink():
                raise ArchiveError(folder, "is a link; captures are kept in the archive's folder")
        if not new and not stat.S_ISREG(path.lstat().st_mode):
            raise DamagedError(path, "is no file")
        return path

    @contextmanager
    def _opened(self, file: str) -> Iterator[BinaryIO]:
        try:
            opened = self._checked(file).open("rb")
        except (FileNotFoundError, NotADirectoryError) as error:
            raise DamagedError(self._folder / file, "isn't there") from error
        with opened:
            yield opened

    def _damaged(self, location: Location, reason: str) -> DamagedError:
        path = self._folder / location.file
        return DamagedError(path, f"the record at byte {location.offset} {reason}")


def _is_same(revisit: Record, first: Record) -> bool:
    return (
        first.kind != "revisit"
        and revisit.get("WARC-Refers-To") == first.get("WARC-Record-ID")
        and revisit.get("WARC-Payload-Digest") == first.get("WARC-Payload-Digest")
    )


def _length(opened: BinaryIO) -> int:
    return opened.seek(0, os.SEEK_END)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Say of which file the system speaks."""
    try:
        yield
    except OSError as error:
        raise ArchiveError(path, error.strerror or str(error)) from error
