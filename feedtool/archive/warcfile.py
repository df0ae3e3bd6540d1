"""WARC files of any tool's making, in and out: for import and export."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from feedtool.archive import recorded, warc
from feedtool.archive.tape import BrokenError
from feedtool.archive.warc import Damage, Record
from feedtool.errors import FetchError, ReadError
from feedtool.fetch.coding import Decoder
from feedtool.model import Capture

_KINDS = ("response", "resource", "conversion")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(;[^\r\n]*)?\r?\n")  # RFC 9112 § 7.1
_LINE = 16 * 1024


def records(
    path: Path,
    *,
    max_bytes: int,
    source: str | None = None,
    authority: str | None = None,
) -> Iterator[Capture | ReadError]:
    """Yield a capture for each response, resource and conversion of a WARC file, packed or not, the
    body with its codings undone; a `ReadError` for each that is damaged, cut short when it was
    made, or whose body has more than `max_bytes`. Others, and revisits, are passed over.

    `source` names them; without it, what the record says. `exchange.status` may be any; requests
    aren't looked for. Memory follows `max_bytes`. A file that can't be opened is a `ReadError` too.
    """
    try:
        with path.open("rb") as file:
            for record in warc.walk(file):
                if isinstance(record, Damage):
                    yield _failed(path, record.offset, record.reason)
                elif record.kind in _KINDS and _is_document(record):
                    try:
                        body = _body(record, str(path), max_bytes)
                        yield recorded.capture(record, body, source=source, authority=authority)
                    except BrokenError as error:
                        if record.whole:  # else the walk says so next
                            yield _failed(path, record.offset, str(error))
                    except FetchError as error:
                        yield _failed(path, record.offset, error.reason)
    except OSError as error:
        yield ReadError(path, f"can't be read: {error.strerror}")


def export(captures: Iterable[Capture], name: str) -> Iterator[bytes]:
    """Yield what a WARC file called `name` holds that stands for itself: a part for each record, as
    gzip. The same captures give the same bytes."""
    for number, capture in enumerate(captures):
        if not number:
            yield recorded.begin(name, capture)
        yield from recorded.members(capture, salt=f"{name} {number}")


def _failed(path: Path, offset: int, reason: str) -> ReadError:
    return ReadError(path, f"the record at byte {offset} {reason}")


def _is_document(record: Record) -> bool:
    """True for what isn't of another protocol, such as `dns:`."""
    return record.kind != "response" or warc.is_http(record)


def _body(record: Record, path: str, max_bytes: int) -> bytes:
    """The payload with its codings undone."""
    if record.get("WARC-Truncated"):
        raise BrokenError("was cut short when it was made")
    pieces = record.payload()
    coding = ""
    if record.status:
        said = {name.lower(): value for name, value in record.fields}
        if "chunked" in said.get("transfer-encoding", "").lower():
            pieces = _unchunked(record)
        coding = said.get("content-encoding", "")
    body = bytearray()
    for part in _decoded(pieces, coding, path):
        body += part
        if len(body) > max_bytes:
            raise BrokenError(f"is longer than {max_bytes:,} bytes")
    return bytes(body)


def _decoded(pieces: Iterator[bytes], coding: str, path: str) -> Iterator[bytes]:
    first = next(pieces, b"")
    # Some recorders undo the coding and keep the header.
    kept = coding.strip().lower() in ("gzip", "x-gzip") and not first.startswith(b"\x1f\x8b")
    if not coding or kept or not first:
        yield first
        yield from pieces
        return
    decoder = Decoder(coding, path)
    yield from decoder.feed(first)
    for piece in pieces:
        yield from decoder.feed(piece)
    yield from decoder.finish()


def _unchunked(record: Record) -> Iterator[bytes]:
    """The payload out of its chunks; as it is where it isn't in any, as some recorders keep it."""
    first = True
    while True:
        line = record.line(_LINE)
        found = _CHUNK.fullmatch(line)
        if not found:
            if not first:
                raise BrokenError("isn't in chunks, as it says")
            yield line
            yield from record.payload()
            return
        first, left = False, int(found[1], 16)
        if not left:
            record.drain()  # what follows is trailers
            return
        while left:
            piece = record.piece(left)
            left -= len(piece)
            yield piece
        record.line(_LINE)
