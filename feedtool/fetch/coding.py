"""Content codings (RFC 9110 § 8.4) undone in steps, so that a bomb costs no more than its caller
lets it: gzip (RFC 1952), br (RFC 7932) and zstd (RFC 8878). The only file that knows brotli.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, Protocol

from feedtool import zstd
from feedtool.errors import FetchError

ACCEPTED = "gzip, br, zstd"
"""The value of Accept-Encoding that goes with `Decoder`."""

STEP = 64 * 1024
"""Bytes that a part has at most."""

_TAKEN = 16 * 1024  # bytes given to a decompressor at once: some copy what they haven't used yet
_BROTLI = 32 * 1024  # what it is asked for; it gives more, in blocks of its own
_MEMBERS = 1_000  # streams in one body, each of which costs a new decompressor
_CODINGS = 2
_BETWEEN = 64 * 1024 * 1024  # bytes that the outer of two codings may grow to
_WINDOW = 23  # 8 MiB, as a power of two (RFC 9659 § 3)


class Decoder:
    """Undoes the codings that Content-Encoding names for the body found at `url`.

    `feed` takes what arrives, piece by piece, and `finish` comes after the last; both give parts of
    at most 64 KiB, each made when it is asked for: who has enough of them stops, and who goes on
    takes all that one piece gives before the next. Beside that, the memory needed is the window's:
    32 KiB for gzip, up to 16 MiB for br, 8 MiB for zstd. Raises `FetchError` for a coding that was
    not asked for, and for data that are broken or cut short.
    """

    def __init__(self, coding: str, url: str) -> None:
        names = [name.strip().lower() for name in coding.split(",")]
        names = [name for name in names if name not in ("", "identity")]
        for name in names:
            if name not in _KINDS:
                reason = f"answers in a coding that was not asked for: {name[:40]}"
                raise FetchError(url, reason)
        if len(names) > _CODINGS:
            raise FetchError(url, f"answers in more than {_CODINGS} codings, one in another")
        # They are named in the order in which they were applied (RFC 9110 § 8.4).
        self._layers = [_Layer(_KINDS[name]) for name in reversed(names)]
        self._url = url
        self._between = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield what `data`, the next piece of the body, grows to."""
        try:
            yield from self._through(data, 0)
        except _BrokenError as error:
            raise FetchError(self._url, str(error)) from error

    def finish(self) -> Iterator[bytes]:
        """Return what is left when all pieces were fed: nothing, as each gave all it could. Raises
        `FetchError` where the body should have gone on."""
        if not all(layer.whole for layer in self._layers):
            raise FetchError(self._url, "is cut short")
        return iter(())

    def _through(self, data: bytes, number: int) -> Iterator[bytes]:
        """What layer `number` and those after it make of `data`."""
        if number == len(self._layers):
            yield from _steps(data, STEP)
            return
        for part in self._layers[number].feed(data):
            if number + 1 < len(self._layers):
                # The next layer may make nothing of it, and the caller would see no end.
                self._between += len(part)
                if self._between > _BETWEEN:
                    raise FetchError(self._url, "is packed twice, and too much")
            yield from self._through(part, number + 1)


class _BrokenError(Exception):
    """The data aren't what they are said to be."""


class _Stream(Protocol):
    """One stream of a coding, undone by some package."""

    def parts(self, data: bytes) -> Iterator[bytes]:
        """Yield what `data` grows to."""
        ...

    @property
    def rest(self) -> bytes | None:
        """What came after the stream's end, None where that isn't reached."""
        ...


class _Kind(NamedTuple):
    """A coding: `again` matches the first `mark` bytes of a further stream in the same body, where
    there may be one."""

    name: str
    start: Callable[[], _Stream]
    error: Callable[[], type[Exception]]
    again: re.Pattern[bytes] | None = None
    mark: int = 0


class _Layer:
    """A body in one coding: one stream after another. What follows the last is left out, but for a
    coding that has one alone: its package refuses that, and so do we wherever a piece ends."""

    def __init__(self, kind: _Kind) -> None:
        self._kind = kind
        self._stream: _Stream | None = None
        self._started = 0
        self._ahead = b""  # what may be the beginning of a further stream

    @property
    def whole(self) -> bool:
        """True where the body may end here."""
        return self._started > 0 and self._stream is None

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield what `data` grows to, in parts of at most 64 KiB."""
        error = self._kind.error()
        try:
            for piece in _steps(data, _TAKEN):
                yield from self._fed(piece)
        except error as why:
            name = self._kind.name
            raise _BrokenError(f"is not {name}, as it says: {why}") from why

    def _fed(self, data: bytes) -> Iterator[bytes]:
        while data:
            if self._stream is None:
                name, again, mark = self._kind.name, self._kind.again, self._kind.mark
                if self._started and again is None:
                    raise _BrokenError(f"is not {name}, as it says: it goes on after its end")
                data = self._ahead = self._ahead[:mark] + data
                if self._started and again and not again.match(data):
                    return  # too little of it yet, or no stream
                if self._started == _MEMBERS:
                    raise _BrokenError(f"is packed in more than {_MEMBERS:,} pieces")
                self._ahead = b""
                self._stream = self._kind.start()
                self._started += 1
            for part in self._stream.parts(data):
                yield from _steps(part, STEP)
            rest = self._stream.rest
            if rest is None:
                return
            self._stream, data = None, rest


def _steps(data: bytes, size: int) -> Iterator[bytes]:
    if len(data) <= size:
        if data:
            yield data
        return
    view = memoryview(data)
    for start in range(0, len(data), size):
        yield bytes(view[start : start + size])


class _Gzip:
    """A member of a gzip file (RFC 1952 § 2.2)."""

    def __init__(self) -> None:
        self._unzip = zlib.decompressobj(wbits=31)

    def parts(self, data: bytes) -> Iterator[bytes]:
        while part := self._unzip.decompress(data, STEP):
            yield part
            data = self._unzip.unconsumed_tail

    @property
    def rest(self) -> bytes | None:
        return self._unzip.unused_data if self._unzip.eof else None


class _Brotli:
    """A brotli stream. Its package takes data after the end for an error."""

    def __init__(self) -> None:
        import brotli

        self._decompressor: Any = brotli.Decompressor()

    def parts(self, data: bytes) -> Iterator[bytes]:
        while part := self._decompressor.process(data, output_buffer_limit=_BROTLI):
            yield part
            data = b""

    @property
    def rest(self) -> bytes | None:
        return b"" if self._decompressor.is_finished() else None


class _Zstandard:
    """A frame of zstd, with data or to be skipped (RFC 8878 § 3.1)."""

    def __init__(self) -> None:
        library = zstd.module()
        options = {library.DecompressionParameter.window_log_max: _WINDOW}
        self._decompressor = library.ZstdDecompressor(options=options)

    def parts(self, data: bytes) -> Iterator[bytes]:
        while True:
            part = self._decompressor.decompress(data, STEP)
            if part:
                yield part
            if self._decompressor.eof or self._decompressor.needs_input:
                return
            data = b""

    @property
    def rest(self) -> bytes | None:
        return self._decompressor.unused_data if self._decompressor.eof else None


def _brotli_error() -> type[Exception]:
    import brotli

    return brotli.error  # type: ignore[no-any-return]


def _zstd_error() -> type[Exception]:
    return zstd.module().ZstdError  # type: ignore[no-any-return]


_GZIP = _Kind("gzip", _Gzip, lambda: zlib.error, re.compile(rb"\x1f\x8b\x08"), 3)
_KINDS = {
    "gzip": _GZIP,
    "x-gzip": _GZIP,  # RFC 9110 § 8.4.1.3
    "br": _Kind("br", _Brotli, _brotli_error),
    "zstd": _Kind(
        "zstd",
        _Zstandard,
        _zstd_error,
        re.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18", re.DOTALL),
        4,
    ),
}
