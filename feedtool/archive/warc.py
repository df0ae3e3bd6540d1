"""WARC records (WARC 1.1, ISO 28500:2017) as bytes: each written as a gzip member of its own, and
read one after another from files of any tool's making. The only file that knows warcio.

warcio's own iterator ends at the first damage, takes broken gzip for an end, and lines of any
length: files are read by `archive/tape.py`, and what is in them by warcio's parser and digester.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any, BinaryIO
from urllib.parse import quote

from feedtool.archive.tape import HEADERS, MAGIC, STEP, BrokenError, Tape, following
from feedtool.data import Struct, field

Fields = Sequence[tuple[str, str]]

_VERSIONS = ["WARC/1.1", "WARC/1.0", "WARC/0.18", "WARC/0.17"]
_DIGEST = "has a digest that can't be read"
_END = b"\r\n\r\n"
_NOTHING = b"\x00\x00\x00\xff\xff"  # a stored block without bytes (RFC 1951 § 3.2.4)
_LAST = b"\x03\x00"  # the last block, without bytes (§ 3.2.6)
_COMMENT = 16  # FCOMMENT (RFC 1952 § 2.3.1)


class Damage(Struct, frozen=True):
    """A record that isn't whole or not in its place: its first byte in the file, and why."""

    offset: int
    reason: str


def member(headers: Fields, *block: bytes) -> bytes:
    """Return a record as a gzip member. `headers` have neither Content-Length nor digest of the
    block: both are added. Values are ASCII without line breaks."""
    zipped = zlib.compressobj(6, zlib.DEFLATED, 31)
    parts = (_head(headers, block), *block, _END)
    return b"".join([*(zipped.compress(part) for part in parts), zipped.flush()])


def filler(headers: Fields, block: bytes, length: int) -> bytes | None:
    """Return a record as a gzip member of exactly `length` bytes, None where it needs more: behind
    its data come as many empty blocks as it takes."""
    raw = _head(headers, (block,)) + block + _END
    zipped = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = zipped.compress(raw) + zipped.flush(zlib.Z_FULL_FLUSH)
    tail = zlib.crc32(raw).to_bytes(4, "little") + len(raw).to_bytes(4, "little")
    spare = length - 10 - len(data) - len(_LAST) - len(tail)
    if spare < 0:
        return None
    empty, rest = divmod(spare, len(_NOTHING))
    comment = b" " * (rest - 1) + b"\0" if rest else b""
    head = MAGIC + bytes((8, _COMMENT if rest else 0, 0, 0, 0, 0, 2, 255))
    return head + comment + data + _NOTHING * empty + _LAST + tail


def _head(headers: Fields, block: Sequence[bytes]) -> bytes:
    from warcio.statusandheaders import StatusAndHeaders

    digest = hashlib.sha256()
    for part in block:
        digest.update(part)
    length = str(sum(map(len, block)))
    named = [
        *headers,
        ("WARC-Block-Digest", f"sha256:{digest.hexdigest()}"),
        ("Content-Length", length),
    ]
    whole: bytes = StatusAndHeaders("", named, protocol="WARC/1.1").to_bytes()
    return whole


class Record(Struct):
    """A record as it is read: its first byte in the file, its headers, and its block to come."""

    offset: int
    headers: Any
    block: Any
    tape: Tape
    length: int
    broken: str = ""
    status: str = ""
    fields: list[tuple[str, str]] = field(default_factory=list)

    def get(self, name: str) -> str:
        """The value of a header, "" where there is none."""
        return self.headers.get_header(name) or ""

    @property
    def kind(self) -> str:
        """What the record is, such as `response`, `request`, `resource` or `revisit`."""
        return self.get("WARC-Type").lower()

    def open_http(self) -> None:
        """Read the HTTP headers at the beginning of the block (RFC 9112 § 2.1): `status` is the
        first line, `fields` the others, byte by byte as Latin-1. What is left is the payload."""
        self.tape.allow(HEADERS)
        self.status = self._line().decode("latin-1")
        while line := self._line():
            name, colon, value = line.decode("latin-1").partition(":")
            if line[:1] in (b" ", b"\t") and self.fields:  # obs-fold, RFC 9112 § 5.2
                last, begun = self.fields[-1]
                more = line.decode("latin-1").strip(" \t")
                self.fields[-1] = (last, f"{begun} {more}")
            elif colon:
                self.fields.append((name.strip(" \t"), value.strip(" \t")))

    def _line(self) -> bytes:
        line: bytes = self.block.readline()
        return line.rstrip(b"\r\n")

    @property
    def whole(self) -> bool:
        """True as far as was read: not where the walk will tell of damage."""
        return not self.broken

    def payload(self) -> Iterator[bytes]:
        """What is left of the block, in pieces; raises `BrokenError` at its end where it is cut
        short or isn't what its digests say."""
        while self.block.limit > 0:
            yield self.piece(STEP)
        problems = self.block.digest_checker.problems
        if problems:
            self.broken = f"isn't what it was: {problems[0]}"
        if self.broken:
            raise BrokenError(self.broken)

    def piece(self, length: int) -> bytes:
        """Some of the next `length` bytes of the block, and `BrokenError` where none are left."""
        found = self._taken(self.block.read, min(length, STEP))
        if not found:
            if self.block.limit > 0:
                self.broken = "is cut short"
            raise BrokenError("is cut short")
        return found

    def line(self, length: int) -> bytes:
        """The next line of the block, at most `length` bytes of it."""
        self.tape.allow(length + 1)
        return self._taken(self.block.readline, length)

    def _taken(self, take: Callable[[int], bytes], length: int) -> bytes:
        try:
            return take(length)
        except BrokenError as error:
            self.broken = str(error)
            raise
        except (TypeError, ValueError) as error:  # by the digester, when the block is at its end
            self.broken = _DIGEST
            raise BrokenError(_DIGEST) from error

    def drain(self) -> None:
        """Go to the end of the block; raises as `payload` does."""
        for _ in self.payload():
            pass


@cache
def _parser() -> Any:
    from warcio.statusandheaders import StatusAndHeadersParser

    return StatusAndHeadersParser(_VERSIONS)


def next_record(tape: Tape, offset: int, *, payload_digest: bool = True) -> Record | None:
    """Return the record that begins here, None at the end of the file or gzip member; raises
    `BrokenError`. Without `payload_digest`, only that of the block is looked at."""
    from warcio.digestverifyingreader import DigestChecker, DigestVerifyingReader
    from warcio.statusandheaders import StatusAndHeadersParserException

    tape.skip()
    tape.allow(HEADERS)
    line = tape.readline()
    if not line:
        return None
    try:
        headers = _parser().parse(tape, line)
    except StatusAndHeadersParserException as error:
        raise BrokenError("doesn't begin as a WARC record does") from error
    length = headers.get_header("Content-Length") or ""
    if not re.fullmatch(r"[0-9]{1,18}", length):
        raise BrokenError("doesn't say how long it is")
    record = Record(offset, headers, None, tape, int(length))
    web = record.kind in ("response", "resource", "request") and payload_digest
    record.block = DigestVerifyingReader(
        tape,
        int(length),
        DigestChecker(),
        block_digest=record.get("WARC-Block-Digest") or None,
        payload_digest=(record.get("WARC-Payload-Digest") or None) if web else None,
        segment_number=headers.get_header("WARC-Segment-Number"),
    )
    try:
        if is_http(record):
            record.open_http()
        record.block.begin_payload()
    except (TypeError, ValueError) as error:
        raise BrokenError(_DIGEST) from error
    return record


def is_http(record: Record) -> bool:
    """True for what was said over HTTP: its block begins with HTTP headers."""
    said = record.get("Content-Type").lower().replace(" ", "")
    return record.length > 0 and said.startswith("application/http")


def whole(file: BinaryIO, offset: int) -> tuple[Record, bytes, int]:
    """Return the record in the gzip member at `offset`, its payload, and where the member ends;
    raises `BrokenError` where it isn't whole."""
    record, tape = _opened(file, offset)
    payload = b"".join(record.payload())
    _close(tape)
    return record, payload, tape.position


def checked(file: BinaryIO, offset: int) -> tuple[Record, int]:
    """Return the record in the gzip member at `offset`, read to its end, and where the member ends;
    raises `BrokenError` where it isn't whole. Takes little memory."""
    record, tape = _opened(file, offset)
    record.drain()
    _close(tape)
    return record, tape.position


def begun(file: BinaryIO, offset: int) -> Record:
    """Return the record in the gzip member at `offset` with its headers alone; raises
    `BrokenError`."""
    return _opened(file, offset)[0]


def _opened(file: BinaryIO, offset: int) -> tuple[Record, Tape]:
    tape = Tape(file, offset)
    if not tape.packed:
        raise BrokenError("is no gzip")
    record = next_record(tape, offset)
    if record is None:
        raise BrokenError("is empty")
    return record, tape


def _close(tape: Tape) -> None:
    """Read what must stand behind a record in its gzip member, whose sum is checked with it."""
    behind = b""
    while piece := tape.read(len(_END) + 1):
        behind += piece
        if len(behind) > len(_END):
            break
    if behind != _END:
        raise BrokenError("is followed by something else than an empty line and its end")


def walk(file: BinaryIO, *, payload_digest: bool = False) -> Iterator[Record | Damage]:
    """Yield each record of a WARC file, packed or not, one gzip member each or all in one; and
    `Damage` for what is none, after which it goes on with the next that is found. A record is to be
    read before the next is asked for; where that raised `BrokenError`, `Damage` comes next."""
    at: int | None = 0
    while at is not None:
        tape = Tape(file, at)
        try:
            while True:
                tape.skip()
                at = at if tape.packed else tape.position
                record = next_record(tape, at, payload_digest=payload_digest)
                if record is not None:
                    yield record
                    record.drain()
                elif tape.turn():
                    at = tape.position
                else:
                    return
        except BrokenError as error:
            yield Damage(at, str(error))
        at = following(file, at + 1, packed=tape.packed)


def line(value: str) -> str:
    """Return `value` as it may stand in a header: ASCII without spaces, the rest
    percent-encoded, as is `%`; `unquote` gives it back."""
    return quote(value, "/:?#[]@!$&'()*+,;=-._~", errors="surrogatepass")
