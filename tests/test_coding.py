"""Content codings, undone in bounded steps."""

from __future__ import annotations

import gzip
import sys
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedtool.errors import FetchError
from feedtool.fetch.coding import ACCEPTED, STEP, Decoder

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

URL = "https://valley.example/feed"
MIB = 1 << 20
TEXT = b"Two moons rose over the valley. " * 9000
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "br": lambda data: bytes(brotli.compress(data, quality=4)),
    "zstd": zstd.compress,
    "identity": bytes,
}
CODINGS = ("gzip", "br", "zstd")


def _parts(coding: str, *pieces: bytes) -> Iterator[bytes]:
    decoder = Decoder(coding, URL)
    for piece in pieces:
        yield from decoder.feed(piece)
    yield from decoder.finish()


def _decoded(coding: str, *pieces: bytes) -> bytes:
    parts = list(_parts(coding, *pieces))
    assert all(0 < len(part) <= STEP for part in parts)
    return b"".join(parts)


def _chunks(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


def test_what_is_accepted_is_undone() -> None:
    """Every coding that is asked for comes back as it was, whole or byte by byte."""
    assert ACCEPTED.split(", ") == list(CODINGS)
    for coding in CODINGS:
        packed = PACKERS[coding](TEXT)
        assert _decoded(coding, packed) == TEXT
        assert _decoded(coding, *_chunks(packed, 1)) == TEXT


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("", TEXT),
        ("identity", TEXT),
        (" , Identity ,", TEXT),
        ("identity", b""),
        (" GZIP ", gzip.compress(TEXT)),
        ("x-gzip", gzip.compress(TEXT)),
        ("gzip, br", PACKERS["br"](gzip.compress(TEXT))),
        ("br,identity, gzip", gzip.compress(PACKERS["br"](TEXT))),
        ("zstd, zstd", zstd.compress(zstd.compress(TEXT))),
    ],
)
def test_names_of_codings(coding: str, body: bytes) -> None:
    """Codings are named in any case, in the order they were applied, `identity` being none."""
    expected = TEXT if body else b""
    assert _decoded(coding, body) == _decoded(coding, *_chunks(body, 777)) == expected


@pytest.mark.parametrize(
    ("coding", "reason"),
    [
        ("deflate", "answers in a coding that was not asked for: deflate"),
        ("compress", "answers in a coding that was not asked for: compress"),
        ("gzip, deflate", "answers in a coding that was not asked for: deflate"),
        ("gzip;q=1", "answers in a coding that was not asked for: gzip;q=1"),
        ("x" * 5000, "answers in a coding that was not asked for: " + "x" * 40),
        ("gzip, br, zstd", "answers in more than 2 codings, one in another"),
        ("gzip," * 5000, "answers in more than 2 codings, one in another"),
    ],
)
def test_other_codings_are_refused(coding: str, reason: str) -> None:
    """A coding nobody asked for, or too many of them, is the server's fault."""
    with pytest.raises(FetchError) as caught:
        Decoder(coding, URL)
    assert (caught.value.subject, caught.value.reason) == (URL, reason)


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("keep", [0, 1, 5, 100, -9, -1])
def test_a_body_that_is_cut_short(coding: str, keep: int) -> None:
    """Where the stream doesn't end, the body is cut short, wherever that is."""
    packed = PACKERS[coding](TEXT + bytes(range(256)))
    with pytest.raises(FetchError, match=r"^https://valley.example/feed: is cut short$"):
        _decoded(coding, packed[:keep])


@pytest.mark.parametrize("coding", CODINGS)
def test_broken_data(coding: str) -> None:
    """What is no such stream is told, and whose word it was."""
    with pytest.raises(FetchError, match=f"is not {coding}, as it says: "):
        _decoded(coding, b"<html><body>Not found</body></html>" * 9)


def test_a_wrong_checksum() -> None:
    """gzip's checksum is looked at."""
    packed = gzip.compress(TEXT)
    with pytest.raises(FetchError, match=r"is not gzip, as it says: .*incorrect data check"):
        _decoded("gzip", packed[:-8] + b"0000" + packed[-4:])


@pytest.mark.parametrize("size", [1, 3, 50, 10**6])
@pytest.mark.parametrize("coding", ["gzip", "zstd"])
@pytest.mark.parametrize(
    "after", [b"", bytes(700), b"junk", b"\x1f\x8b", b"\x28\xb5", b"\n" * 99_999]
)
def test_several_streams_and_what_follows_them(coding: str, size: int, after: bytes) -> None:
    """One stream may follow another; zeros or junk after the last are left out."""
    pack = PACKERS[coding]
    body = pack(b"One. ") + pack(b"") + pack(b"Two.") + after
    assert _decoded(coding, *_chunks(body, size)) == b"One. Two."


def test_frames_to_be_skipped() -> None:
    """zstd has frames that hold nothing of the body."""
    skipped = b"\x5a\x2a\x4d\x18\x03\x00\x00\x00abc"
    body = skipped + zstd.compress(b"One. ") + skipped + zstd.compress(b"Two.") + skipped
    assert _decoded("zstd", body) == _decoded("zstd", *_chunks(body, 1)) == b"One. Two."


@pytest.mark.parametrize("size", [1, 7, 10**6])
def test_brotli_has_one_stream(size: int) -> None:
    """What follows a brotli stream makes it none, in whatever pieces it comes."""
    with pytest.raises(FetchError, match="is not br, as it says: "):
        _decoded("br", *_chunks(PACKERS["br"](TEXT) + b"junk", size))


def test_a_further_stream_must_be_one() -> None:
    """What begins as a further stream and goes wrong is broken, what ends too early cut short."""
    body = gzip.compress(TEXT) + b"\x1f\x8b\x08"
    with pytest.raises(FetchError, match="is cut short"):
        _decoded("gzip", body)
    with pytest.raises(FetchError, match="is not gzip"):
        _decoded("gzip", body + b"\xff" * 30)


def test_too_many_streams() -> None:
    """A body of a great many empty streams is refused."""
    with pytest.raises(FetchError, match="is packed in more than 1,000 pieces"):
        _decoded("gzip", gzip.compress(b"") * 1001)
    assert _decoded("gzip", gzip.compress(b"") * 1000) == b""


def test_a_large_window_is_refused() -> None:
    """A zstd frame that wants more than 8 MiB of memory is not undone (RFC 9659)."""
    options: dict[Any, int] = {zstd.CompressionParameter.window_log: 24}
    packer = zstd.ZstdCompressor(options=options)
    body = packer.compress(bytes(20 * MIB), packer.FLUSH_BLOCK) + packer.flush()
    with pytest.raises(FetchError, match=r"is not zstd, as it says: .*memory"):
        _decoded("zstd", body)


def _bomb(coding: str) -> bytes:
    """Some hundred bytes that grow to 256 MiB, or as near to it as the coding gets."""
    if coding == "gzip":
        packer = zlib.compressobj(9, wbits=31)
        return b"".join(packer.compress(bytes(MIB)) for _ in range(256)) + packer.flush()
    if coding == "br":
        brotlis = brotli.Compressor(quality=5)
        return b"".join(brotlis.process(bytes(MIB)) for _ in range(256)) + bytes(brotlis.finish())
    frames = zstd.ZstdCompressor(options={zstd.CompressionParameter.window_log: 20})
    return b"".join(frames.compress(bytes(MIB)) for _ in range(256)) + frames.flush()


@pytest.mark.parametrize("coding", CODINGS)
def test_a_bomb_is_stopped(coding: str) -> None:
    """Who wants no more than 1 MiB gets little more, and has paid for no more."""
    bomb = _bomb(coding)
    assert len(bomb) < MIB
    list(_parts(coding, PACKERS[coding](b"loaded")))
    tracemalloc.start()
    decoder, received = Decoder(coding, URL), 0
    for part in decoder.feed(bomb):
        received += len(part)
        if received > MIB:
            break
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert MIB < received <= MIB + STEP
    assert peak < 2 * MIB


@pytest.mark.parametrize("coding", CODINGS)
def test_a_bomb_that_is_let_go_on(coding: str) -> None:
    """All of it comes, in parts, and memory does not grow with them."""
    bomb = _bomb(coding)
    tracemalloc.start()
    received = sum(map(len, _parts(coding, bomb)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert received == 256 * MIB
    assert peak < 4 * MIB


def test_a_bomb_within_a_coding() -> None:
    """Data that grow to packed data without end, of which nothing comes, are refused."""
    empty = zlib.compressobj(wbits=31)
    start = empty.compress(b"") + empty.flush(zlib.Z_FULL_FLUSH)
    nothing = b"\x00\x00\x00\xff\xff" * (20 * MIB)  # stored blocks of no bytes (RFC 1951 § 3.2.4)
    with pytest.raises(FetchError, match="is packed twice, and too much"):
        _decoded("gzip, gzip", gzip.compress(start + nothing, 1))


@given(
    st.sampled_from([*CODINGS, "gzip, br", "br, zstd", "zstd, gzip", "identity"]),
    st.binary(max_size=3000),
    st.integers(1, 60),
    st.lists(st.integers(1, 5000), min_size=1, max_size=20),
)
def test_what_was_packed_comes_back(coding: str, data: bytes, times: int, sizes: list[int]) -> None:
    """Any bytes, packed and cut anywhere, are the same again."""
    body = data = data * times
    for name in coding.split(", "):
        body = PACKERS[name](body)
    pieces, start = [], 0
    while start < len(body):
        size = sizes[len(pieces) % len(sizes)]
        pieces.append(body[start : start + size])
        start += size
    assert _decoded(coding, *pieces) == data


@given(st.sampled_from(CODINGS), st.binary(max_size=300), st.integers(0, 200), st.integers(1, 50))
def test_any_bytes_are_answered(coding: str, junk: bytes, keep: int, size: int) -> None:
    """Whatever a server sends, it is data or a `FetchError`."""
    body = PACKERS[coding](TEXT[:100])[:keep] + junk
    with suppress(FetchError):
        assert isinstance(_decoded(coding, *_chunks(body, size)), bytes)
