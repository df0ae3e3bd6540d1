"""Servers on loopback that may break every rule: they write raw bytes, plain or by TLS.

A server is an async function of one `Talk`, a connection that it may answer as it likes. Each has a
port of its own, so that what reached it is known even where no request was made.
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
import struct
import threading
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
import trustme

LIFE = 60.0  # seconds after which a server lets go, so that who would wait for ever is found out
_NUMBER = re.compile(r"[0-9a-fA-Fx.:%]+|localhost\.?")


class Talk:
    """One connection, as its server sees it."""

    def __init__(
        self, server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.server, self.reader, self.writer = server, reader, writer
        self.head = b""

    async def request(self) -> bytes:
        """The head of the next request, byte for byte; it is kept in `server.heads`."""
        self.head = await self.reader.readuntil(b"\r\n\r\n")
        self.server.heads.append(self.head)
        return self.head

    @property
    def path(self) -> str:
        """The target of the last request."""
        return self.head.split(b" ", 2)[1].decode("latin-1")

    async def send(self, data: bytes) -> None:
        """Write, and wait until the other side takes it."""
        self.server.sent += len(data)
        self.writer.write(data)
        await self.writer.drain()

    async def hold(self) -> None:
        """Say nothing more, until the other side goes."""
        while await self.reader.read(65536):
            pass

    def reset(self) -> None:
        """End with a reset (RST), not with an orderly close."""
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


Conduct = Callable[[Talk], Awaitable[None]]


@dataclass
class Server:
    """A server, what it does (which may be changed), and what has reached it."""

    conduct: Conduct
    port: int = 0
    scheme: str = "http"
    connections: int = 0
    sent: int = 0
    heads: list[bytes] = field(default_factory=list)

    def url(self, host: str = "127.0.0.1", path: str = "/feed") -> str:
        """Its address under this name."""
        return f"{self.scheme}://{host}:{self.port}{path}"


class Servers:
    """Any number of servers in one thread; `close` ends them all, or use `with`."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._open: list[asyncio.Server] = []
        self._tasks: set[asyncio.Task[Any]] = set()
        self._mistakes: list[Exception] = []

    def __enter__(self) -> Servers:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def add(self, conduct: Conduct, *, tls: ssl.SSLContext | None = None) -> Server:
        """Start a server on a port of its own."""
        server = Server(conduct, scheme="https" if tls else "http")

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self._connected(Talk(server, reader, writer))

        async def start() -> None:
            opened = await asyncio.start_server(connected, "127.0.0.1", 0, limit=2**20, ssl=tls)
            self._open.append(opened)
            server.port = opened.sockets[0].getsockname()[1]

        self._run(start())
        return server

    def close(self) -> None:
        """End all, and raise what went wrong within a server, for that is a mistake of the test."""
        self._run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        if self._mistakes:
            raise self._mistakes[0]

    def _run(self, work: Any) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(LIFE)

    async def _connected(self, talk: Talk) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        talk.server.connections += 1
        try:
            async with asyncio.timeout(LIFE):
                await talk.server.conduct(talk)
                talk.writer.close()
                await talk.writer.wait_closed()
        except (OSError, EOFError, TimeoutError, asyncio.CancelledError):
            pass  # the other side went, or all of it ends
        except Exception as error:  # noqa: BLE001 - told by close
            self._mistakes.append(error)
        finally:
            talk.writer.transport.abort()
            self._tasks.discard(task)

    async def _end(self) -> None:
        for opened in self._open:
            opened.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for _ in range(5):  # transports close in the turns after that
            await asyncio.sleep(0)


def answer(
    body: bytes = b"", *headers: bytes | str, status: str = "200 OK", length: bool = True
) -> bytes:
    """A whole answer: status line, headers, its length unless that is left out, and body."""
    lines: list[bytes | str] = [f"HTTP/1.1 {status}", *headers]
    if length:
        lines.append(f"Content-Length: {len(body)}")
    raw = (line.encode() if isinstance(line, str) else line for line in lines)
    return b"\r\n".join(raw) + b"\r\n\r\n" + body


def serve(*answers: bytes) -> Conduct:
    """A server that gives these answers in turn, the last one again and again, and lets each
    connection be used for more."""
    asked = 0

    async def conduct(talk: Talk) -> None:
        nonlocal asked
        with suppress(asyncio.IncompleteReadError):
            while await talk.request():
                asked += 1
                await talk.send(answers[min(asked, len(answers)) - 1])

    return conduct


def together(number: int, conduct: Conduct) -> Conduct:
    """A server that does nothing until so many have asked at once; then it does this."""
    here = 0
    everybody = asyncio.Event()

    async def waiting(talk: Talk) -> None:
        nonlocal here
        here += 1
        if here == number:
            everybody.set()
        try:
            await everybody.wait()
        finally:
            here -= 1
        await conduct(talk)

    return waiting


def by_path(answers: Mapping[str, bytes]) -> Conduct:
    """A server whose answers are by the target of the request; others are 404."""

    async def conduct(talk: Talk) -> None:
        with suppress(asyncio.IncompleteReadError):
            while await talk.request():
                await talk.send(answers.get(talk.path) or answer(status="404 Not Found"))

    return conduct


def write(*pieces: bytes, pause: float = 0, then: str = "close") -> Conduct:
    """A server that takes a request, writes these bytes piece by piece with a `pause` in seconds
    between them, and then goes ("close"), resets ("reset") or says no more ("hold")."""

    async def conduct(talk: Talk) -> None:
        await talk.request()
        for piece in pieces:
            await talk.send(piece)
            await asyncio.sleep(pause)
        if then == "hold":
            await talk.hold()
        elif then == "reset":
            talk.reset()

    return conduct


def endless(start: bytes, piece: bytes, *, pause: float = 0) -> Conduct:
    """A server that takes a request, writes `start` and then `piece` for ever."""

    async def conduct(talk: Talk) -> None:
        await talk.request()
        await talk.send(start)
        while True:
            await talk.send(piece)
            await asyncio.sleep(pause)

    return conduct


class Authority:
    """A certificate authority of this test alone, and the certificates that it gives."""

    def __init__(self, *names: str) -> None:
        self._authority, self._stranger = trustme.CA(), trustme.CA()
        self._names = ("localhost", "127.0.0.1", *names)

    def write(self, path: Path) -> Path:
        """Its own certificate as a PEM file."""
        self._authority.cert_pem.write_to_path(path)
        return path

    @cached_property
    def valid(self) -> ssl.SSLContext:
        """For its names, and valid now."""
        return _context(self._authority.issue_cert(*self._names))

    @cached_property
    def expired(self) -> ssl.SSLContext:
        """Valid for one day, long ago."""
        begin, end = (datetime(2001, 1, day, tzinfo=UTC) for day in (1, 2))
        return _context(
            self._authority.issue_cert(*self._names, not_before=begin, not_after=end),
        )

    @cached_property
    def other_name(self) -> ssl.SSLContext:
        """For a name that nobody asks for."""
        return _context(self._authority.issue_cert("other.example"))

    @cached_property
    def stranger(self) -> ssl.SSLContext:
        """By an authority that nobody trusts."""
        return _context(self._stranger.issue_cert(*self._names))

    @cached_property
    def self_signed(self) -> ssl.SSLContext:
        """By itself."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        own = self._stranger
        with own.private_key_pem.tempfile() as key, own.cert_pem.tempfile() as certificate:
            context.load_cert_chain(certificate, key)
        return context


def _context(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


Addresses = Callable[[], Iterable[str]]


class Net:
    """The names and connections of this process, as a test wants them: no name is asked of the
    network, and no connection leaves loopback.

    `names` gives the addresses of a name, asked anew for each look-up; names below `own` are
    loopback; all others have none. `tried` are the addresses outside loopback that somebody wanted
    to connect to, which refuse.
    """

    def __init__(self, patch: pytest.MonkeyPatch, own: str) -> None:
        self.names: dict[str, Addresses] = {}
        self.tried: list[str] = []
        self._own = own
        self._look_up, self._connect = socket.getaddrinfo, socket.socket.connect
        patch.setattr(socket, "getaddrinfo", self._looked_up)
        connect = self._connect

        def connected(sock: socket.socket, address: Any) -> None:
            host = str(address[0])
            if sock.family in (socket.AF_INET, socket.AF_INET6) and host not in ("127.0.0.1",):
                self.tried.append(host)
                raise ConnectionRefusedError(111, "Connection refused, by the test")
            connect(sock, address)

        patch.setattr(socket.socket, "connect", connected)

    def _looked_up(
        self, host: Any, port: Any, *args: Any, **kwargs: Any
    ) -> list[tuple[Any, Any, int, str, Any]]:
        name = host.decode() if isinstance(host, bytes) else str(host or "")
        if host is None or _NUMBER.fullmatch(name):
            return self._look_up(host, port, *args, **kwargs)  # type: ignore[return-value]
        name = name.lower().rstrip(".")
        if name in self.names:
            addresses = list(self.names[name]())
        elif name.endswith(f".{self._own}"):
            addresses = ["127.0.0.1"]
        else:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        found: list[tuple[Any, Any, int, str, Any]] = []
        for address in addresses:
            found += self._look_up(address, port, *args, **kwargs)  # type: ignore[arg-type]
        return found
