"""Thousands of hosts on loopback, for benchmarks/fetching.py: a server in a process of its own.

Every address of 127/8 is this machine (RFC 1122 § 3.2.1.3; on Linux without any set-up), so that
each host is one address, and one port serves them all. `/N/…` is a feed of N entries, which answers
304 to its ETag; `/silent` takes a request and never answers; nobody answers at all on another port.
"""

from __future__ import annotations

import asyncio
import random
import resource
import socket
import time
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from html import escape
from multiprocessing import get_context
from multiprocessing.connection import Connection

_ETAG = b'"0123456789abcdef"'
_COMMON = (
    b"Server: hosts\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\nETag: %b\r\n"
    b"Last-Modified: Wed, 31 Dec 2025 00:00:00 GMT\r\n" % _ETAG
)
_UNCHANGED = b"HTTP/1.1 304 Not Modified\r\n%b\r\n" % _COMMON
_MISSING = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
_LONGEST_HEAD = 64 * 1024
_A_HOST = b"@"  # stands in the template for what tells one feed from the others


@dataclass
class Tally:
    """What the hosts saw since they were last asked.

    `seen` counts the answers: "304", "200 unconditional", "200 changed", "404", "silent". `asked`
    are the feeds that were answered, as host/path. `times` are (arrived, answered) of each answer,
    in seconds of one steady clock, in order of arriving.
    """

    seen: Counter[str] = field(default_factory=Counter)
    asked: set[str] = field(default_factory=set)
    times: list[tuple[float, float]] = field(default_factory=list)


class Hosts:
    """The running server: its ports, and the way to ask what it saw."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self.port: int
        self.deaf_port: int
        self.port, self.deaf_port = pipe.recv()

    def urls(self, count: int, entries: int = 10) -> list[str]:
        """Return the addresses of so many feeds of so many entries, each on a host of its own."""
        return [f"http://{_address(one)}:{self.port}/{entries}/feed" for one in range(count)]

    def urls_of_one(self, count: int, entries: int = 10) -> list[str]:
        """Return the addresses of so many feeds of so many entries, all on one host."""
        return [f"http://{_address(0)}:{self.port}/{entries}/{one}" for one in range(count)]

    def dead_url(self, number: int, *, deaf: bool) -> str:
        """Return the address of a dead host: one that never answers a request, or, if it is deaf,
        that nobody gets through to."""
        port = self.deaf_port if deaf else self.port
        return f"http://{_address(number)}:{port}/silent"

    def begin(self, delay: float = 0.0) -> None:
        """Forget what was seen, hang up on everybody, and answer after `delay` seconds."""
        self._pipe.send(delay)
        self._pipe.recv()

    def tally(self) -> Tally:
        """Return what was seen since `begin`."""
        self._pipe.send(None)
        tally = self._pipe.recv()
        if not isinstance(tally, Tally):
            raise TypeError(f"the hosts said {tally!r}")
        return tally


@contextmanager
def running() -> Iterator[Hosts]:
    """Run the server for as long as the `with` block."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    theirs.close()
    try:
        yield Hosts(ours)
    finally:
        ours.close()
        process.join()


def open_files(most: int) -> None:
    """Let this process have so many files open at once, or as many as it may."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(
        resource.RLIMIT_NOFILE, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard)
    )


def _address(number: int) -> str:
    return f"127.{1 + number // 62_500}.{number // 250 % 250}.{number % 250 + 1}"


def feed(entries: int, name: str) -> bytes:
    """Return an RSS 2.0 feed of so many invented entries, about 3 kB each, that are like those of
    no other name."""
    day = b"%02d Apr 2022" % (zlib.crc32(name.encode()) % 28 + 1)
    return _template(entries).replace(_A_HOST, name.encode()).replace(b"DAY", day)


@cache
def _template(entries: int) -> bytes:
    from reading import sentence

    chance = random.Random(1)
    host = _A_HOST.decode()
    items = []
    for number in range(entries):
        language = ("vi", "en")[number % 2]
        parts = [
            f"<p>{sentence(chance, language, 40)} <strong>{sentence(chance, language, 2)}</strong> "
            f'<a href="https://valley.example/{host}/{number}/{part}">'
            f"{sentence(chance, language, 3)}</a> {sentence(chance, language, 40)}</p>"
            for part in range(5)
        ]
        items.append(
            f"<item><title>{sentence(chance, language, 8)[:-1]} {host} {number}</title>"
            f"<link>https://valley.example/{host}/{number}</link>"
            f'<guid isPermaLink="false">urn:valley:{host}:{number}</guid>'
            f"<pubDate>DAY 07:{number // 60 % 60:02}:{number % 60:02} +0700</pubDate>"
            f"<description>{escape(''.join(parts))}</description></item>\n"
        )
    return (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>'
        f"<title>Valley {host}</title><link>https://valley.example/{host}</link>"
        f"<description>News</description>{''.join(items)}</channel></rss>"
    ).encode()


def _serve(pipe: Connection) -> None:
    open_files(65_536)
    with suppress(EOFError, KeyboardInterrupt):
        asyncio.run(_serving(pipe))


async def _serving(pipe: Connection) -> None:
    loop = asyncio.get_running_loop()
    state = _State()
    server = await loop.create_server(lambda: _Answering(state), "0.0.0.0", 0, backlog=4096)
    deaf, *fillers = _deaf()
    pipe.send((server.sockets[0].getsockname()[1], deaf.getsockname()[1]))
    over = loop.create_future()

    def told() -> None:
        try:
            delay = pipe.recv()
        except EOFError:  # nobody is interested any more
            loop.remove_reader(pipe.fileno())
            over.set_result(None)
            return
        if delay is None:
            pipe.send(state.tally)
            return
        state.tally, state.delay = Tally(), delay
        for transport in list(state.open):
            transport.close()
        pipe.send(None)

    loop.add_reader(pipe.fileno(), told)
    await over
    for one in (deaf, *fillers):
        one.close()


def _deaf() -> list[socket.socket]:
    """A socket to which nobody gets through, and those that fill its queue: the kernel drops what
    asks to connect beyond the queue, as a firewall does."""
    deaf = socket.socket()
    deaf.bind(("0.0.0.0", 0))
    deaf.listen(0)
    fillers = []
    for _ in range(16):
        one = socket.socket()
        fillers.append(one)
        one.settimeout(0.2)
        try:
            one.connect(("127.0.0.1", deaf.getsockname()[1]))
        except TimeoutError:
            return [deaf, *fillers]
    raise RuntimeError("this system lets everybody through to a socket with a full queue")


class _State:
    def __init__(self) -> None:
        self.tally = Tally()
        self.delay = 0.0
        self.open: set[asyncio.Transport] = set()


class _Answering(asyncio.Protocol):
    """One connection: as little of HTTP/1.1 (RFC 9112) as GET needs."""

    def __init__(self, state: _State) -> None:
        self._state = state
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._host: str = transport.get_extra_info("sockname")[0]
        self._state.open.add(transport)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self._state.open.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        arrived = time.monotonic()
        self._buffer += data
        while b"\r\n\r\n" in self._buffer:
            head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
            self._take(head, arrived)
        if len(self._buffer) > _LONGEST_HEAD:
            self._transport.close()

    def _take(self, head: bytes, arrived: float) -> None:
        tally = self._state.tally
        path = head.split(b" ", 2)[1].decode("latin-1")
        entries = path.split("/", 2)[1]
        headers = head.lower()
        if path == "/silent":
            tally.seen["silent"] += 1
            return
        if not entries.isdecimal():
            tally.seen["404"] += 1
            answer = _MISSING
        else:
            tally.asked.add(f"{self._host}{path}")
            if b"\r\nif-none-match: " + _ETAG in headers:
                tally.seen["304"] += 1
                answer = _UNCHANGED
            else:
                conditional = b"\r\nif-none-match:" in headers
                tally.seen["200 changed" if conditional else "200 unconditional"] += 1
                body = feed(int(entries), f"{self._host}{path}")
                answer = (
                    b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml; charset=utf-8\r\n"
                    b"Content-Length: %d\r\n%b\r\n%b" % (len(body), _COMMON, body)
                )
        hang_up = b"\r\nconnection: close" in headers
        if self._state.delay:
            loop = asyncio.get_running_loop()
            loop.call_later(self._state.delay, self._answer, answer, arrived, hang_up)
        else:
            self._answer(answer, arrived, hang_up)

    def _answer(self, answer: bytes, arrived: float, hang_up: bool) -> None:
        self._state.tally.times.append((arrived, time.monotonic()))
        self._transport.write(answer)
        if hang_up:
            self._transport.close()
