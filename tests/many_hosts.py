"""Thousands of hosts on loopback, in a process of their own: python -m tests.many_hosts SEEN.

Every address of 127/8 is this machine (on Linux without any set-up), so that each host is one
address, and one port serves them all. It prints that port, and one where nobody listens. Until a
line comes, all of them answer well; from then on, some are slow or silent, and 1 in 20 answers has
a new entry. When its input ends, it writes who asked when, and what became of that, to SEEN.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
import time
from pathlib import Path

SLOW = 3.0  # seconds
NEWS = 20  # answers, of which one has a new entry


def address(number: int) -> str:
    """The address of a host."""
    return f"127.{1 + number // 62_500}.{number // 250 % 250}.{number % 250 + 1}"


def is_slow(number: int) -> bool:
    """True for a host that takes its time."""
    return number % 100 == 7


def is_silent(number: int) -> bool:
    """True for a host that takes a request, and says nothing."""
    return number % 500 == 11


def is_dead(number: int) -> bool:
    """True for a host at which nobody listens."""
    return number % 200 == 13


def body(number: int, entries: int) -> bytes:
    """A feed of so many entries."""
    items = "".join(
        f"<item><title>Tin số {one} từ làng {number}</title>"
        f"<link>https://valley.example/{number}/{one}</link>"
        f"<guid>https://valley.example/{number}/{one}</guid>"
        f"<pubDate>{one % 28 + 1:02} May 2022 07:00:00 +0700</pubDate>"
        f"<description>{f'Nước về bản {number}, bà con vui. ' * 10}</description></item>"
        for one in reversed(range(entries))
    )
    return (
        f"<rss version='2.0'><channel><title>Valley {number}</title>"
        f"<link>https://valley.example/{number}</link><description>V</description>{items}"
        "</channel></rss>"
    ).encode()


class _Hosts:
    def __init__(self) -> None:
        self.well = True
        self.entries: dict[int, int] = {}
        self.count = 0
        self.seen: list[str] = []

    def answer(self, number: int, head: bytes) -> tuple[float, bytes] | None:
        """After how many seconds to say what; None for nothing, ever."""
        arrived = time.time()
        entries = self.entries.setdefault(number, 1)
        if not self.well:
            self.count += 1
            if is_silent(number):
                self.seen.append(f"{arrived} {number} silent")
                return None
            if self.count % NEWS == 0:
                entries = self.entries[number] = entries + 1
        tag = b'"%d-%d"' % (number, entries)
        same = b"if-none-match: " + tag in head.lower()
        if not self.well:
            self.seen.append(f"{arrived} {number} {304 if same else 200}")
        wait = SLOW if is_slow(number) and not self.well else 0.0
        if same:
            return wait, b"HTTP/1.1 304 Not Modified\r\nETag: %b\r\n\r\n" % tag
        said = body(number, entries)
        return wait, (
            b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nETag: %b\r\n"
            b"Content-Length: %d\r\n\r\n%b" % (tag, len(said), said)
        )


class _Talk(asyncio.Protocol):
    """One connection, of one request."""

    def __init__(self, hosts: _Hosts) -> None:
        self._hosts, self._head = hosts, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._head += data
        if not self._head.endswith(b"\r\n\r\n"):
            return
        number = int(self._head.split(b" ", 2)[1][1:])
        told = self._hosts.answer(number, self._head)
        if told is not None:
            asyncio.get_running_loop().call_later(told[0], self._say, told[1])

    def _say(self, answer: bytes) -> None:
        self._transport.write(answer)
        self._transport.close()


async def _serve(seen: Path) -> None:
    loop = asyncio.get_running_loop()
    hosts = _Hosts()
    server = await loop.create_server(lambda: _Talk(hosts), "0.0.0.0", 0, backlog=1024)
    with socket.socket() as nobody:
        nobody.bind(("0.0.0.0", 0))
        print(server.sockets[0].getsockname()[1], nobody.getsockname()[1], flush=True)
        await loop.run_in_executor(None, sys.stdin.readline)
        hosts.well = False
        await loop.run_in_executor(None, sys.stdin.read)
    seen.write_text("\n".join(hosts.seen))


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(Path(sys.argv[1])))
