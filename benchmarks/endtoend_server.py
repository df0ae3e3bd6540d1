"""The server of benchmarks/endtoend.py: a process of its own that serves invented sources.

Every address of 127/8 is this machine (on Linux), so that each source has a host of its own; or all
are asked of one. `/N.xml` is source N, whichever host is asked. All that is served is made before a
round begins, so that it costs those who ask nothing.
"""

from __future__ import annotations

import asyncio
import gc
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection

from endtoend_feeds import Feed
from hosts import open_files

_BACKLOG = 4096


@dataclass(frozen=True)
class State:
    """How the sources are in a round.

    `touched`: other bytes, no other article; `more`: an article more; `forgetful`: what is asked
    conditionally is given whole all the same. The ETag is another with other bytes.
    """

    touched: bool = False
    more: bool = False
    forgetful: bool = False


class Server:
    """The running server: its port, and the way to tell it the state and to ask what it saw."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self.port: int = pipe.recv()

    def urls(self, count: int, *, one_host: bool = False) -> list[str]:
        """Return the addresses of so many sources, each on a host of its own or all on one."""
        hosts = (0 if one_host else one for one in range(count))
        return [
            f"http://127.{1 + host // 62_500}.{host // 250 % 250}.{host % 250 + 1}"
            f":{self.port}/{one}.xml"
            for one, host in enumerate(hosts)
        ]

    def begin(self, state: State) -> None:
        """Serve this state from now on."""
        self._pipe.send(state)
        self._pipe.recv()

    def tally(self) -> Counter[str]:
        """Return how many answers were "304", "200" and "200 to a condition", and "other", since
        this was last asked."""
        self._pipe.send(None)
        tally = self._pipe.recv()
        if not isinstance(tally, Counter):
            raise TypeError(f"the server said {tally!r}")
        return tally


@contextmanager
def serving(sources: int, entries: int) -> Iterator[Server]:
    """Serve so many sources of so many entries for as long as the `with` block."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, sources, entries), daemon=True)
    process.start()
    theirs.close()
    try:
        yield Server(ours)
    finally:
        ours.close()
        process.join()


def _serve(pipe: Connection, sources: int, entries: int) -> None:
    open_files(65_536)
    feeds = [Feed(number, entries) for number in range(sources)]
    gc.freeze()  # it is there for good: nothing to look through again
    with suppress(EOFError, KeyboardInterrupt):
        asyncio.run(_serving(pipe, feeds))


async def _serving(pipe: Connection, feeds: Sequence[Feed]) -> None:
    loop = asyncio.get_running_loop()
    content = _Content(feeds)
    server = await loop.create_server(lambda: _Answering(content), "0.0.0.0", 0, backlog=_BACKLOG)
    pipe.send(server.sockets[0].getsockname()[1])
    over = loop.create_future()

    def told() -> None:
        try:
            state = pipe.recv()
        except EOFError:  # nobody is interested any more
            loop.remove_reader(pipe.fileno())
            over.set_result(None)
            return
        if state is None:
            pipe.send(content.tally)
            content.tally = Counter()
            return
        content.become(state)
        pipe.send(None)

    loop.add_reader(pipe.fileno(), told)
    await over


class _Content:
    """What is answered, and how often it was."""

    def __init__(self, feeds: Sequence[Feed]) -> None:
        self._feeds = feeds
        self.tally: Counter[str] = Counter()
        self.become(State())

    def become(self, state: State) -> None:
        """Make the answers of this state."""
        self._state = state
        version = 1 + state.touched + 2 * state.more
        self._etag = b'"version-%d"' % version
        self._common = (
            b"Server: sources\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\nETag: %b\r\n"
            b"Last-Modified: Wed, 31 Dec 2025 00:00:%02d GMT\r\n" % (self._etag, version)
        )
        self._documents = [feed.document(state.touched, state.more) for feed in self._feeds]

    def answer(self, path: str, headers: bytes) -> list[bytes]:
        """Return the answer to a request for this path, in pieces."""
        number = path.removeprefix("/").removesuffix(".xml")
        if not number.isdecimal() or int(number) >= len(self._documents):
            self.tally["other"] += 1
            return [b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"]
        conditional = b"\r\nif-none-match:" in headers
        same = b"\r\nif-none-match: " + self._etag in headers
        if same and not self._state.forgetful:
            self.tally["304"] += 1
            return [b"HTTP/1.1 304 Not Modified\r\n%b\r\n" % self._common]
        self.tally["200 to a condition" if conditional else "200"] += 1
        pieces = self._documents[int(number)]
        head = (
            b"HTTP/1.1 200 OK\r\nContent-Type: application/xml; charset=utf-8\r\n"
            b"Content-Length: %d\r\n%b\r\n" % (sum(map(len, pieces)), self._common)
        )
        return [head, *pieces]


class _Answering(asyncio.Protocol):
    """One connection: as little of HTTP/1.1 (RFC 9112) as GET needs."""

    def __init__(self, content: _Content) -> None:
        self._content = content
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while b"\r\n\r\n" in self._buffer:
            head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
            headers = head.lower() + b"\r\n"
            path = head.split(b" ", 2)[1].decode("latin-1")
            self._transport.writelines(self._content.answer(path, headers))
            if b"\r\nconnection: close" in headers or b" http/1.0\r\n" in headers:
                self._transport.close()
