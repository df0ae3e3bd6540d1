"""A file that may be packed, read onward in steps: bytes, lines, and where it goes on behind
damage. Takes little memory, whatever the file holds.
"""

from __future__ import annotations

import re
import zlib
from typing import BinaryIO

STEP = 64 * 1024
"""Bytes that are unpacked at once."""

HEADERS = 4 * 1024 * 1024
"""Bytes that the headers of one record may have, and those of HTTP in it."""

MAGIC = b"\x1f\x8b"
"""What gzip begins with (RFC 1952 § 2.3.1)."""

_PACKED = re.compile(rb"\x1f\x8b\x08")
_PLAIN = re.compile(rb"(?<=\n)WARC/[01]\.")
_PEEKED = 4096  # packed bytes in which a record's first ones must lie


class BrokenError(Exception):
    """A record isn't whole; the text is a phrase that says why."""


class Tape:
    """What a file holds from byte `start` on, unpacked where it is gzip: to the end of that gzip
    member, and of the next one after `turn`. Raises `BrokenError` where it is torn, again and
    again."""

    def __init__(self, file: BinaryIO, start: int) -> None:
        file.seek(start)
        self._file = file
        self._raw = file.read(STEP)
        self.packed = self._raw.startswith(MAGIC)
        self._unzip = zlib.decompressobj(31) if self.packed else None
        self._ready, self._at = b"", 0
        self._broken: str | None = None
        self._left = 0

    @property
    def position(self) -> int:
        """Where in the file the next byte comes from: behind a member that was read to its end."""
        return self._file.tell() - len(self._raw) - (len(self._ready) - self._at)

    def turn(self) -> bool:
        """Go on behind the end that was reached; False where the file ends there."""
        if len(self._raw) < len(MAGIC):
            self._raw += self._file.read(STEP)
        if self.packed and self._raw:
            if not self._raw.startswith(MAGIC):
                self._broken = "is followed by what is no gzip"
            self._unzip = zlib.decompressobj(31)
        return bool(self._raw)

    def skip(self) -> None:
        """Go past empty lines."""
        while self._at < len(self._ready) or self._fill():
            rest = self._ready[self._at :].lstrip(b"\r\n")
            self._at = len(self._ready) - len(rest)
            if rest:
                return

    def allow(self, count: int) -> None:
        """Let lines of so many bytes together be read."""
        self._left = count

    def read(self, length: int) -> bytes:
        """Return some of the next `length` bytes, none at the end."""
        if self._at == len(self._ready) and not self._fill():
            return b""
        part = self._ready[self._at : self._at + length]
        self._at += len(part)
        return part

    def readline(self, length: int | None = None) -> bytes:
        """Return the next line with its end, or `length` bytes of it."""
        parts: list[bytes] = []
        limit = self._left if length is None else min(length, self._left)
        while limit > 0 and (self._at < len(self._ready) or self._fill()):
            end = self._ready.find(b"\n", self._at, self._at + limit) + 1
            parts.append(self.read(end - self._at if end else limit))
            self._left -= len(parts[-1])
            limit -= len(parts[-1])
            if end:
                break
        if self._left <= 0:
            raise BrokenError(f"has over {HEADERS:,} bytes of headers")
        return b"".join(parts)

    def _fill(self) -> bool:
        if self._broken is not None:
            raise BrokenError(self._broken)
        self._at = 0
        if self._unzip is None:
            self._ready = self._raw or self._file.read(STEP)
            self._raw = b""
            return bool(self._ready)
        self._ready = b""
        while not self._ready and not self._unzip.eof:
            self._raw = self._raw or self._file.read(STEP)
            torn = not self._raw
            try:
                self._ready = self._unzip.decompress(self._raw, STEP)
            except zlib.error as error:
                self._broken = f"isn't whole: {error}"
                raise BrokenError(self._broken) from error
            self._raw = self._unzip.unused_data or self._unzip.unconsumed_tail
            if torn and not self._ready and not self._unzip.eof:
                self._broken = "is torn: the file ends in it"
                raise BrokenError(self._broken)
        return bool(self._ready)


def following(file: BinaryIO, start: int, *, packed: bool = True) -> int | None:
    """Return where the first record from `start` on begins that can be told by its first bytes, or
    None where there is none."""
    begins = _PACKED if packed else _PLAIN
    place = max(0, start - 1)  # a line's end before it tells a record that isn't packed
    while True:
        file.seek(place)
        chunk = file.read(STEP + _PEEKED)
        for found in begins.finditer(chunk):
            at = found.start()
            if place + at >= start and _is_record(chunk[at : at + _PEEKED]):
                return place + at
        if len(chunk) < STEP + _PEEKED:
            return None
        place += STEP


def _is_record(data: bytes) -> bool:
    if data.startswith(MAGIC):
        try:
            data = zlib.decompressobj(31).decompress(data, 16)
        except zlib.error:
            return False
    return data.startswith(b"WARC/")
