"""Odd and hostile servers: what each does, and what is to come of a source that reads it.

A `Row` is one server. What has to come of it follows the RFCs where they say so (9110 semantics,
9112 messages, 9111 caching); where they leave it open, it is served or refused, and clear.
"""

from __future__ import annotations

import gzip
import random
import re
import sys
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from feedtool.archive.state import Standing
from feedtool.errors import SourceError
from feedtool.kept import Change, Outcome
from feedtool.manners.headers import LONGEST_RETRY
from tests.conftest import later
from tests.servers import Conduct, Talk, answer, by_path, endless, write

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

OWN = "odd.example"  # names below it are loopback
MAX_BYTES = 2 * 1024 * 1024
BOMB = 300 * 1024 * 1024
ROUND = later(days=2)  # when the odd servers are read
# Those that end only when their time is over; all others end however long they may take.
ENDLESS = frozenset(
    """
    drips-headers drips-body drips-chunks says-nothing says-nothing-tls stops-in-headers
    stops-in-body endless-empty-lines chunk-size-endless chunk-extension-endless status-100-flood
    status-103-flood
    """.split()  # noqa: SIM905
)
MARK = "nước sạch"  # tells whether letters arrived as they were
_OK = b"HTTP/1.1 200 OK\r\n"


@dataclass(frozen=True)
class Town:
    """What a server may know: the ports of others, and names."""

    victim: int  # a server on loopback that nobody may be led to
    expired: int  # https with an expired certificate
    pause: float = 0.0  # seconds between the pieces of what has no end, to leave others some time


@dataclass(frozen=True)
class Seen:
    """What came of one odd server: the outcome of its source, what is remembered of it, and how
    many connections reached it (by TLS: those that were made)."""

    outcome: Outcome
    standing: Standing
    connections: int


Expect = Callable[[str, Seen], None]


@dataclass(frozen=True)
class Row:
    """A server: its name, what it does, what is to come of it.

    `tls` names the certificate of `Authority` that it has, or "no" for a plain server under https.
    `before` are headers of the good answer that it gives in the round before; None: it is new.
    """

    name: str
    make: Callable[[Town], Conduct]
    expect: Expect
    tls: str = ""
    before: tuple[str, ...] | None = ()


def feed(title: str) -> bytes:
    """A feed of one article with this title."""
    return (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>Tin</title>'
        f"<link>https://tin.example/</link><item><title>{title}</title>"
        f'<guid isPermaLink="false">urn:x:{title.replace(" ", "-")}</guid>'
        "<pubDate>Tue, 18 Jan 2022 09:00:00 +0700</pubDate>"
        "<description>Nước về bản, bà con vui.</description></item></channel></rss>"
    ).encode()


def title_of(name: str) -> str:
    """The title of the article that an odd server has."""
    return f"Sau {name}: {MARK}"


def fails(*words: str, status: int | None = None) -> Expect:
    """The source has an error, with one of these words, and nothing new."""

    def expect(_: str, seen: Seen) -> None:
        error = seen.outcome.error
        assert isinstance(error, SourceError), seen.outcome
        said = str(error).lower()
        assert "mistake of feedtool" not in said
        assert not words or any(word in said for word in words), said
        assert status is None or getattr(error, "status", None) == status, said
        # A stranger's words may stand in it, but not as many as he likes, nor what moves a cursor.
        assert error.reason.isprintable(), said
        assert len(said) <= 600, said
        assert not said.endswith(":"), said
        assert seen.outcome.changes == ()

    return expect


def serves(name: str, seen: Seen) -> None:
    """The article is there, letter by letter."""
    assert seen.outcome.error is None, seen.outcome.error
    assert seen.outcome.skipped == ()
    found = [(change, version.entry.title) for change, version in seen.outcome.changes]
    assert found == [(Change.NEW, title_of(name))]


def either(name: str, seen: Seen) -> None:
    """Served or refused, but nothing in between."""
    if seen.outcome.error is None:
        serves(name, seen)
    else:
        fails()(name, seen)


def unchanged(name: str, seen: Seen) -> None:
    """Nothing is new, and nothing is wrong."""
    assert (seen.outcome.error, seen.outcome.changes) == (None, ())
    assert seen.outcome.unchanged == 1


_SLACK = timedelta(minutes=1)  # a slow machine takes a while before it asks


def waits(status: int, least: timedelta | None, most: timedelta | None) -> Expect:
    """The error says how long the server asked to wait (`least` to `most`, None: it didn't say),
    and the source is left alone for at least that, and never for years."""

    def expect(name: str, seen: Seen) -> None:
        fails(str(status), status=status)(name, seen)
        asked = getattr(seen.outcome.error, "retry_after", None)
        if most is None:
            assert asked is None
        else:
            assert (least or timedelta(0)) - _SLACK <= (asked or timedelta(0)) <= most
        until = seen.standing.not_before
        assert until is not None
        assert ROUND + (least or timedelta(0)) <= until + timedelta(seconds=1)
        assert ROUND < until <= ROUND + LONGEST_RETRY + _SLACK

    return expect


def _served(name: str) -> bytes:
    return feed(title_of(name))


@cache
def gzip_bomb() -> bytes:
    """300 MiB, as gzip."""
    made = zlib.compressobj(9, wbits=31)
    return b"".join((*map(made.compress, _zeros()), made.flush()))


@cache
def brotli_bomb() -> bytes:
    """300 MiB, as br."""
    import brotli

    made = brotli.Compressor(quality=3)
    return b"".join((*map(made.process, _zeros()), made.finish()))


@cache
def zstd_bomb(window: int = 0) -> bytes:
    """300 MiB, as zstd; `window` is the logarithm of how far back it may refer."""
    options = {zstd.CompressionParameter.window_log: window} if window else {}
    made = zstd.ZstdCompressor(options=options)
    return b"".join((*map(made.compress, _zeros()), made.flush()))


def _zeros() -> Iterable[bytes]:
    zeros = bytes(1024 * 1024)
    return (zeros for _ in range(BOMB // len(zeros)))


def _brotli(data: bytes) -> bytes:
    import brotli

    return bytes(brotli.compress(data))


def _chunked(body: bytes, size: bytes = b"") -> bytes:
    return (size or b"%x" % len(body)) + b"\r\n" + body + b"\r\n"


def _raw(*pieces: bytes, then: str = "close", pause: float = 0) -> Callable[[Town], Conduct]:
    return lambda _: write(*pieces, then=then, pause=pause)


def _endless(start: bytes, piece: bytes, pause: float = 0) -> Callable[[Town], Conduct]:
    return lambda town: endless(start, piece, pause=pause or town.pause)


def _gives(body: bytes, *headers: str | bytes, status: str = "200 OK") -> Callable[[Town], Conduct]:
    return lambda _: write(answer(body, *headers, status=status))


def _article(
    name: str, *headers: str | bytes, status: str = "200 OK", expect: Expect = serves
) -> Row:
    """A server that gives its article in an answer with something odd in its head."""
    return Row(name, _gives(_served(name), *headers, status=status), expect)


def _leads(to: str, status: str = "302 Found") -> Callable[[Town], Conduct]:
    """A redirect; {v} is the port that nobody may be led to, {e} that of a bad certificate."""

    def make(town: Town) -> Conduct:
        location = to.format(v=town.victim, e=town.expired)
        return write(answer(b"", f"Location: {location}", status=status))

    return make


def _before_any_request(then: str) -> Callable[[Town], Conduct]:
    async def conduct(talk: Talk) -> None:
        if then == "reset":
            talk.reset()
        elif then == "hold":
            await talk.hold()

    return lambda _: conduct


def _spoken_first(data: bytes) -> Callable[[Town], Conduct]:
    async def conduct(talk: Talk) -> None:
        await talk.send(data)
        await talk.reader.read(65536)

    return lambda _: conduct


def _chain(_: Town) -> Conduct:
    async def conduct(talk: Talk) -> None:
        while await talk.request():
            number = int(re.sub(r"\D", "", talk.path) or 0)
            last = number == 50
            await talk.send(
                answer(_served("redirect-50-times"))
                if last
                else answer(b"", f"Location: /{number + 1}", status="302 Found")
            )

    return conduct


def _by_path(**answers: bytes) -> Callable[[Town], Conduct]:
    return lambda _: by_path({f"/{path}": given for path, given in answers.items()})


def _found(path: str, status: str = "302 Found", *headers: str | bytes) -> bytes:
    return answer(b"", f"Location: {path}", *headers, status=status)


def _on_the_way(name: str, status: str) -> Row:
    there = answer(_served(name))
    return Row(name, _by_path(feed=_found("/there", status), there=there), serves)


_S = _served
_LENGTH = "Content-Length: "
_GARBAGE = random.Random(1).randbytes(4000).replace(b"HTTP", b"")
_SLOW = fails("slow")
_LONG = fails("max_bytes")
_TLS = fails("certificate")
_CUT = fails()
_REDIRECTS = fails("redirect")
_PRIVATE = fails("no public address")
_HTML = b"<!DOCTYPE html><html><head><title>Oops</title></head><body><p>Error</p></body></html>"

SILENCE = (
    Row("drips-headers", _raw(*(bytes([b]) for b in _OK + b"X: y\r\n" * 40), pause=0.3), _SLOW),
    Row("drips-body", _endless(_OK + b"\r\n", b"x", 0.3), _SLOW),
    Row(
        "drips-chunks",
        _endless(_OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n", 0.3),
        _SLOW,
    ),
    Row("says-nothing", _before_any_request("hold"), _SLOW),
    Row("says-nothing-tls", _before_any_request("hold"), _SLOW, "no", None),
    Row("stops-in-headers", _raw(_OK + b"Content-Ty", then="hold"), _SLOW),
    Row("stops-in-body", _raw(_OK + b"Content-Length: 900\r\n\r\n<rss>", then="hold"), _SLOW),
    Row("resets-at-once", _before_any_request("reset"), _CUT),
    Row("resets-after-request", _raw(then="reset"), _CUT),
    Row("resets-in-headers", _raw(_OK + b"X: ", pause=0.1, then="reset"), _CUT),
    Row(
        "resets-in-body",
        _raw(_OK + b"Content-Length: 900\r\n\r\n<rss>", pause=0.1, then="reset"),
        _CUT,
    ),
    Row("closes-at-once", _before_any_request("close"), _CUT),
    Row("closes-after-request", _raw(), _CUT),
    Row("closes-in-status-line", _raw(b"HTTP/1.1 20"), _CUT),
    Row("closes-in-headers", _raw(_OK + b"Content-Type: text/xml\r\nContent"), _CUT),
)

HEADS = (
    Row(
        "endless-headers", _endless(_OK, b"".join(b"X-%d: y\r\n" % n for n in range(500))), fails()
    ),
    Row("endless-header-line", _endless(_OK + b"X: ", b"y" * 16384), fails()),
    Row("endless-header-name", _endless(_OK, b"y" * 16384), fails()),
    Row("endless-status-line", _endless(b"HTTP/1.1 200 ", b"O" * 16384), fails()),
    Row("endless-empty-lines", _endless(b"", b"\r\n" * 4096), fails()),
    _article("10000-headers", *(f"X-{n}: y" for n in range(10_000)), expect=either),
    _article("nul-in-header", b"X-Odd: a\0b", expect=either),
    _article("controls-in-header", b"X-Odd: a\x01\x1b[31mb\x7f", expect=either),
    _article("bare-cr-in-header", b"X-Odd: a\rb", expect=either),
    # RFC 9110 § 5.5: obs-text is opaque, and no reason to refuse.
    _article("bytes-in-header", b"X-Odd: \xc4\x91\xff\x80"),
    _article("space-before-colon", b"X-Odd : a", expect=either),
    _article("nameless-header", b": a", expect=either),
    _article("line-without-colon", b"odd", expect=either),
    _article("folded-header", b"X-Odd: a\r\n b", expect=either),
    Row("bare-line-feeds", _raw(answer(_S("bare-line-feeds")).replace(b"\r\n", b"\n")), either),
    # RFC 9112 § 4: who reads may take a status line without a reason, and should.
    _article("no-reason", status="200 "),
    _article("no-reason-nor-space", status="200"),
    Row("reason-in-bytes", _raw(answer(_S("reason-in-bytes"), status="200 Được")), serves),
    Row("controls-in-reason", _raw(b"HTTP/1.1 404 \x1b[31m\x9b31mred\r\n\r\n"), fails()),
    Row("long-reason", _raw(b"HTTP/1.1 404 " + b"O" * 5000 + b"\r\n\r\n"), fails()),
    Row("http-0.9", _raw(_S("http-0.9")), fails()),
    Row("http-1.0", _raw(b"HTTP/1.0 200 OK\r\n\r\n" + _S("http-1.0")), serves),
    Row("http-3.7", _raw(answer(_S("http-3.7")).replace(b"HTTP/1.1", b"HTTP/3.7")), either),
    Row("http-99.99", _raw(answer(_S("http-99.99")).replace(b"HTTP/1.1", b"HTTP/99.99")), fails()),
    Row("not-http", _raw(b"SSH-2.0-OpenSSH_9.6\r\n"), fails()),
    Row("garbage", _raw(_GARBAGE), fails()),
    Row("garbage-first", _spoken_first(b"220 mail.example ESMTP\r\n"), fails()),
    Row("endless-garbage", _endless(b"", _GARBAGE), fails()),
    Row("tls-alert-in-plain", _raw(b"\x15\x03\x03\x00\x02\x02\x28"), fails()),
    Row("plain-under-https", _spoken_first(answer(_S("x"))), fails(), "no", None),
    Row("garbage-under-https", _spoken_first(_GARBAGE), fails(), "no", None),
)

LENGTHS = (
    # RFC 9112 § 8: less than was announced is incomplete.
    Row("length-too-long", _raw(_OK + b"Content-Length: 9000\r\n\r\n" + _S("x")), fails()),
    Row(
        "length-too-long-tls",
        _raw(_OK + b"Content-Length: 9000\r\n\r\n" + _S("x")),
        fails(),
        "valid",
    ),
    Row(
        "more-than-length",
        _raw(answer(_S("more-than-length")) + answer(b"HTTP", status="500 No")),
        serves,
    ),
    # RFC 9112 § 6.3: a length that is none can't be recovered from.
    Row("length-negative", _raw(_OK + b"Content-Length: -5\r\n\r\n" + _S("x")), fails()),
    Row("length-no-number", _raw(_OK + b"Content-Length: much\r\n\r\n" + _S("x")), fails()),
    Row("length-with-plus", _raw(_OK + b"Content-Length: +5\r\n\r\n" + _S("x")), fails()),
    Row("length-in-hex", _raw(_OK + b"Content-Length: 0x50\r\n\r\n" + _S("x")), fails()),
    _article("length-twice", f"{_LENGTH}{len(_S('length-twice'))}", expect=either),
    Row("lengths-differ", _gives(_S("x"), f"{_LENGTH}5"), fails()),
    Row("lengths-differ-in-one", _raw(_OK + b"Content-Length: 5, 7\r\n\r\n" + _S("x")), fails()),
    Row(
        "length-of-a-galaxy",
        _raw(_OK + b"Content-Length: " + b"9" * 30 + b"\r\n\r\n<rss>"),
        fails(),
    ),
    Row(
        "length-of-4300-digits",
        _raw(_OK + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n<rss>"),
        fails(),
    ),
    Row(
        "over-max-bytes-by-length",
        _endless(_OK + b"Content-Length: 99000000\r\n\r\n", b"x" * 65536),
        _LONG,
    ),
    Row("over-max-bytes-to-close", _endless(_OK + b"\r\n", b"x" * 65536), _LONG),
    Row("over-max-bytes-a-little", _gives(b"<" * (MAX_BYTES + 1)), _LONG),
    Row(
        "endless-chunks",
        _endless(_OK + b"Transfer-Encoding: chunked\r\n\r\n", _chunked(b"x" * 65536)),
        _LONG,
    ),
    Row(
        "endless-chunks-of-one",
        _endless(_OK + b"Transfer-Encoding: chunked\r\n\r\n", _chunked(b"x") * 9000),
        fails(),
    ),
)

_CHUNKED = _OK + b"Transfer-Encoding: chunked\r\n\r\n"
CHUNKS = (
    Row("chunks", _raw(_CHUNKED + _chunked(_S("chunks")) + b"0\r\nX: trailer\r\n\r\n"), serves),
    Row(
        "chunk-extensions",
        _raw(
            _CHUNKED
            + _chunked(_S("chunk-extensions"), b'%x;a="b"' % len(_S("chunk-extensions")))
            + b"0\r\n\r\n"
        ),
        serves,
    ),
    Row("chunk-size-wrong", _raw(_CHUNKED + _chunked(_S("x"), b"5") + b"0\r\n\r\n"), fails()),
    Row(
        "chunk-size-no-number", _raw(_CHUNKED + _chunked(_S("x"), b"many") + b"0\r\n\r\n"), fails()
    ),
    Row("chunk-size-negative", _raw(_CHUNKED + _chunked(_S("x"), b"-5") + b"0\r\n\r\n"), fails()),
    Row("chunk-size-in-0x", _raw(_CHUNKED + _chunked(b"x" * 5, b"0x5") + b"0\r\n\r\n"), fails()),
    Row("chunk-size-huge", _endless(_CHUNKED + b"f" * 15 + b"\r\n", b"x" * 65536), fails()),
    Row("chunk-size-over-64-bits", _raw(_CHUNKED + b"f" * 40 + b"\r\n" + _S("x")), fails()),
    Row("chunk-size-endless", _endless(_CHUNKED, b"0" * 16384), fails()),
    Row("chunk-extension-endless", _endless(_CHUNKED + b"5;", b"x" * 16384), fails()),
    Row("chunks-without-end", _raw(_CHUNKED + _chunked(_S("x"))), fails()),
    Row("chunks-cut", _raw(_CHUNKED + b"fff\r\n" + _S("x")), fails()),
    Row(
        "trailers-endless",
        _endless(_CHUNKED + _chunked(_S("x")) + b"0\r\n", b"X-Y: z\r\n" * 2000),
        either,
    ),
    # RFC 9112 § 6.3: chunked wins, and the two together ought to be an error.
    Row(
        "length-and-chunks",
        _raw(
            _OK
            + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
            + _chunked(_S("length-and-chunks"))
            + b"0\r\n\r\n"
        ),
        either,
    ),
    Row(
        "transfer-coding-unknown",
        _raw(_OK + b"Transfer-Encoding: rot13\r\n\r\n" + _S("transfer-coding-unknown")),
        either,
    ),
    Row(
        "chunked-twice",
        _raw(_OK + b"Transfer-Encoding: chunked, chunked\r\n\r\n" + _chunked(_chunked(_S("x")))),
        fails(),
    ),
)


def _coded(coding: str, body: Callable[[], bytes]) -> Callable[[Town], Conduct]:
    return lambda _: write(answer(body(), f"Content-Encoding: {coding}"))


CODINGS = (
    Row("gzip", _coded("gzip", lambda: gzip.compress(_S("gzip"))), serves),
    Row("x-gzip", _coded("X-GZip", lambda: gzip.compress(_S("x-gzip"))), serves),
    Row("br", _coded("br", lambda: _brotli(_S("br"))), serves),
    Row("zstd", _coded("zstd", lambda: zstd.compress(_S("zstd"))), serves),
    Row("identity", _coded("identity", lambda: _S("identity")), serves),
    # RFC 1952 § 2.2: members one after another are one file.
    Row(
        "gzip-members",
        _coded(
            "gzip",
            lambda: b"".join(
                map(gzip.compress, (_S("gzip-members")[:99], _S("gzip-members")[99:]))
            ),
        ),
        serves,
    ),
    Row("gzip-bomb", _coded("gzip", gzip_bomb), _LONG),
    Row("br-bomb", _coded("br", brotli_bomb), _LONG),
    Row("zstd-bomb", _coded("zstd", zstd_bomb), _LONG),
    # RFC 9659: no more than 8 MiB of window are needed to read zstd on the web.
    Row("zstd-bomb-wide", _coded("zstd", lambda: zstd_bomb(27)), fails()),
    Row(
        "zstd-window-of-2-gib",
        _coded("zstd", lambda: b"\x28\xb5\x2f\xfd\x00\xa8" + b"\x03\x00\x10\x00"),
        fails(),
    ),
    Row(
        "gzip-of-gzip-bomb",
        _coded("gzip, gzip", lambda: gzip.compress(gzip_bomb())),
        fails("max_bytes", "coding"),
    ),
    Row("gzip-cut", _coded("gzip", lambda: gzip.compress(_S("x"))[:-20]), fails()),
    Row("br-cut", _coded("br", lambda: _brotli(_S("x"))[:-9]), fails()),
    Row("zstd-cut", _coded("zstd", lambda: zstd.compress(_S("x"))[:-9]), fails()),
    Row("gzip-wrong-sum", _coded("gzip", lambda: gzip.compress(_S("x"))[:-8] + bytes(8)), fails()),
    Row("gzip-garbage", _coded("gzip", lambda: _GARBAGE), fails("gzip")),
    Row("br-garbage", _coded("br", lambda: _GARBAGE), fails("br")),
    Row("zstd-garbage", _coded("zstd", lambda: _GARBAGE), fails("zstd")),
    Row("gzip-not-at-all", _coded("gzip", lambda: _S("gzip-not-at-all")), either),
    Row("gzip-of-nothing", _coded("gzip", lambda: b""), fails()),
    Row("coding-unknown", _coded("rot13", lambda: _S("x")), fails("coding")),
    Row("coding-long", _coded("x" * 5000, lambda: _S("x")), fails("coding")),
    Row(
        "coding-twice",
        _coded("gzip, br", lambda: _brotli(gzip.compress(_S("coding-twice")))),
        either,
    ),
)

_NOBODY = (
    "127.0.0.1 localhost localhost. 127.1 2130706433 0x7f.0.0.1 0177.0.0.1 0.0.0.0 0 １２７.0.0.1"
    " [::1] [::] [::ffff:127.0.0.1] [::ffff:7f00:1] [::127.0.0.1] [64:ff9b::7f00:1] [2002:7f00:1::]"
    f" victim.{OWN} user@localhost 169.254.169.254 [::ffff:169.254.169.254] [fd00:ec2::254]"
    " [fe80::1] metadata.example mixed.example 100.100.100.200 10.0.0.1 192.168.0.1 172.16.0.1"
    " 224.0.0.1 255.255.255.255"
).split()
REDIRECTS = (
    *(
        _on_the_way(f"redirect-{s.partition(' ')[0]}", s)
        for s in ("301 Moved", "302 Found", "303 See", "307 Temporary", "308 Permanent")
    ),
    Row("redirect-to-itself", _leads("/feed"), _REDIRECTS),
    Row("redirect-a-b", _by_path(feed=_found("/b"), b=_found("/feed")), _REDIRECTS),
    Row("redirect-50-times", _chain, _REDIRECTS),
    Row("redirect-nowhere", _gives(b"", status="302 Found"), fails("302", "redirect")),
    Row("redirect-empty", _leads(""), fails()),
    Row(
        "redirect-twice",
        lambda _: by_path(
            {
                "/feed": _found("/a", "302 Found", "Location: /b"),
                "/a": answer(_S("redirect-twice")),
                "/b": answer(_S("redirect-twice")),
            }
        ),
        either,
    ),
    Row("redirect-no-address", _leads("http://"), fails()),
    Row("redirect-bad-port", _leads("http://x.odd.example:99999/"), fails()),
    Row("redirect-bad-brackets", _leads("http://[::1/"), fails()),
    Row("redirect-long", _leads("/" + "x" * 70_000), fails()),
    Row(
        "redirect-in-bytes",
        lambda _: by_path({"/feed": _found("/đ"), "/%C4%91": answer(_S("redirect-in-bytes"))}),
        either,
    ),
    *(
        Row(f"redirect-to-{to.partition(':')[0]}", _leads(to), fails())
        for to in (
            "file:///etc/passwd",
            "ftp://ftp.example/x",
            "javascript:alert(1)",
            "data:text/xml,<rss/>",
            "gopher://127.0.0.1:{v}/1",
            "ws://127.0.0.1:{v}/",
            "unix:///run/x",
        )
    ),
    Row(
        "redirect-to-bad-certificate",
        _leads("https://redirect-to-bad-certificate.odd.example:{e}/"),
        _TLS,
    ),
    Row(
        "redirect-from-https-to-http",
        _leads("http://redirect-from-https-to-http.odd.example:{v}/"),
        fails("https"),
        "valid",
    ),
    Row("redirect-without-scheme", _leads(f"//victim.{OWN}:{{v}}/"), _PRIVATE),
    *(Row(f"redirect-to-{host}", _leads(f"http://{host}:{{v}}/"), fails()) for host in _NOBODY),
    Row("redirect-to-metadata", _leads("http://169.254.169.254/latest/meta-data/"), _PRIVATE),
    Row(
        "redirect-to-metadata-by-name",
        _leads("http://metadata.example/latest/meta-data/"),
        _PRIVATE,
    ),
    Row("redirect-to-another-private-host", _leads(f"http://victim.{OWN}:{{v}}/"), _PRIVATE),
)

BODIES = (
    Row("html-for-a-feed", _gives(_HTML, "Content-Type: text/html"), fails()),
    Row("html-as-a-feed", _gives(_HTML, "Content-Type: application/rss+xml"), fails()),
    Row("empty", _gives(b""), fails()),
    Row("white-space", _gives(b" \r\n\t\n" * 50), fails()),
    Row("nul-bytes", _gives(bytes(5000)), fails()),
    _article("charset-wrong", "Content-Type: application/rss+xml; charset=us-ascii"),
    _article("charset-unknown", "Content-Type: text/xml; charset=klingon"),
    _article("charset-dangerous", "Content-Type: text/xml; charset=zlib_codec"),
    Row(
        "utf-16",
        _gives(_S("utf-16").decode().replace("utf-8", "utf-16", 1).encode("utf-16")),
        serves,
    ),
    Row(
        "utf-16-said-to-be-utf-8",
        _gives(
            _S("utf-16-said-to-be-utf-8").decode().replace("utf-8", "utf-16", 1).encode("utf-16"),
            "Content-Type: text/xml; charset=utf-8",
        ),
        serves,
    ),
    Row("byte-order-mark", _gives(b"\xef\xbb\xbf" + _S("byte-order-mark")), serves),
    _article("type-plain", "Content-Type: text/plain"),
    _article("type-picture", "Content-Type: image/png"),
    _article("type-nonsense", b"Content-Type: ;;/\xff,,="),
    _article("type-none"),
)

_ERRORS = (
    "400 Bad", "401 Who", "402 Pay", "403 No", "404 None", "405 Not so", "406 Not that", "410 Gone", "418 Teapot",
    "421 Misdirected", "451 Law", "500 Oops", "501 Not yet", "502 Gateway", "504 Late", "511 Log in", "520 Odd", "600 Odd", "999 Denied",
)  # fmt: skip
_DAY = timedelta(days=1)
_TOMORROW, _BEFORE, _LATE = (
    "Sat, 07 May 2022 03:02:01 GMT",
    "Mon, 02 May 2022 03:02:01 GMT",
    "Fri, 07 May 2032 03:02:01 GMT",
)
_RETRIES = (
    ("seconds", "7200", timedelta(hours=2), timedelta(hours=2)),
    ("date", _TOMORROW, _DAY, _DAY),
    ("nonsense", "soon, I hope", None, None),
    ("negative", "-7200", None, None),
    ("past", _BEFORE, timedelta(0), timedelta(0)),
    ("ten-years", "315360000", _DAY, LONGEST_RETRY),
    ("ten-years-by-date", _LATE, _DAY, LONGEST_RETRY),
    ("4300-digits", "9" * 5000, _DAY, LONGEST_RETRY),
)
STATUSES = (
    *(Row(f"status-{s[:3]}", _gives(_HTML, status=s), fails(s[:3], status=int(s[:3]))) for s in _ERRORS),
    # Not what was asked for: an answer to a range, or none at all (RFC 9110 §§ 15.3.5, 15.3.7).
    Row("status-204", _raw(b"HTTP/1.1 204 No Content\r\n\r\n"), fails("204")),
    Row("status-206", _gives(_S("x"), "Content-Range: bytes 0-99/999", status="206 Partial"), fails("206")),
    _article("status-201", status="201 Created", expect=either),
    Row("status-300", _gives(_HTML, status="300 Choose"), fails("300")),
    Row("status-000", _gives(_S("x"), status="000 Zero"), fails()),
    Row("status-20", _gives(_S("x"), status="20 Short"), fails()),
    Row("status-2000", _gives(_S("x"), status="2000 Long"), fails()),
    Row("status-word", _gives(_S("x"), status="fine OK"), fails()),
    Row("status-101", _raw(b"HTTP/1.1 101 Switch\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n", then="hold"), fails()),
    # RFC 9110 § 15.2: interim answers are to be passed over, even where none was asked for.
    Row("status-100-first", _raw(b"HTTP/1.1 100 Continue\r\n\r\n" * 3 + answer(_S("status-100-first"))), serves),
    Row("status-103-first", _raw(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + answer(_S("status-103-first"))), serves),
    Row("status-100-flood", _endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 300), fails()),
    Row("status-103-flood", _endless(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 300), fails()),
    Row("status-304", _raw(b"HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n"), unchanged, before=('ETag: "a"',)),
    Row("status-304-with-body", _gives(_S("x"), status="304 Not Modified"), unchanged, before=('ETag: "a"',)),
    # RFC 9110 § 15.4.5: only a conditional request may be answered so; nothing is known here.
    Row("status-304-unasked", _raw(b"HTTP/1.1 304 Not Modified\r\n\r\n"), fails("304"), before=None),
    *(Row(f"status-429-{name}", _gives(b"", f"Retry-After: {said}", status="429 Calm"), waits(429, least, most)) for name, said, least, most in _RETRIES),
    Row("status-429", _gives(b"", status="429 Calm"), waits(429, None, None)),
    Row("status-503", _gives(b"", status="503 Later"), waits(503, None, None)),
    Row("status-503-date", _gives(b"", f"Retry-After: {_TOMORROW}", status="503 Later"), waits(503, _DAY, _DAY)),
)  # fmt: skip

NAMES_AND_CERTIFICATES = (
    Row("tls", _gives(_S("tls")), serves, "valid"),
    *(Row(f"tls-{kind.replace('_', '-')}", _gives(_S("x")), _TLS, kind, None) for kind in ("expired", "other_name", "stranger", "self_signed")),
    Row("tls-resets", _before_any_request("reset"), fails(), "no", None),
)  # fmt: skip

ROWS = (
    *SILENCE,
    *HEADS,
    *LENGTHS,
    *CHUNKS,
    *CODINGS,
    *REDIRECTS,
    *BODIES,
    *STATUSES,
    *NAMES_AND_CERTIFICATES,
)
