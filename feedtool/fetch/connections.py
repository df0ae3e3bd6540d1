"""Connections to web servers: names looked up, addresses tried, TLS begun. The only file that knows
aiohappyeyeballs.
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from collections.abc import Callable
from typing import Any, TypeVar

import aiohappyeyeballs

from feedtool.fetch import guard

_PATIENCE = 0.25  # seconds until a name's next address is tried too (RFC 8305 § 5)
_KNOWN = 10.0  # seconds that the addresses of a name are remembered
_MANY = 4096  # names that are remembered before all are forgotten

_IPV4 = re.compile(r"[0-9]+(?:\.[0-9]+){3}")
P = TypeVar("P", bound=asyncio.BaseProtocol)
_Info = tuple[Any, Any, int, str, Any]
_Infos = list[_Info]


class Connections:
    """Connects to servers, within one event loop. Nothing is kept open."""

    def __init__(self) -> None:
        """None is open yet."""
        self._known: dict[tuple[str, int], tuple[float, _Infos]] = {}

    async def connect(
        self,
        host: str,
        port: int,
        protocol: Callable[[], P],
        *,
        public: bool,
        trust: ssl.SSLContext | None,
    ) -> P:
        """Return a protocol that is connected to this server, over TLS if there are authorities to
        `trust`; `public`: only where it is on the internet. Raises `socket.gaierror` for a name
        without address, `ssl.SSLError`, `ValueError` for what is no name, and `OSError`, with
        `guard.REFUSED` where the address isn't public."""
        infos = await self._looked_up(host, port)
        made_by = guard.public_socket if public else None
        loop = asyncio.get_running_loop()
        if len(infos) == 1:  # as most have: there is nothing to choose
            sock = await _connected(loop, infos[0], made_by or _socket)
        else:
            sock = await aiohappyeyeballs.start_connection(
                infos, happy_eyeballs_delay=_PATIENCE, socket_factory=made_by
            )
        _, made = await loop.create_connection(
            protocol, sock=sock, ssl=trust, server_hostname=host.rstrip(".") if trust else None
        )
        return made

    async def _looked_up(self, host: str, port: int) -> _Infos:
        name = host.encode("ascii")  # Python would use a codec of its own for a str
        if ":" in host or _IPV4.fullmatch(host):  # nobody need be asked
            numeric = socket.AI_NUMERICHOST
            return socket.getaddrinfo(name, port, type=socket.SOCK_STREAM, flags=numeric)
        loop = asyncio.get_running_loop()
        until, found = self._known.get((host, port), (0.0, []))
        if loop.time() >= until:
            found = await loop.getaddrinfo(
                name, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG
            )
            if len(self._known) >= _MANY:
                self._known.clear()
            self._known[host, port] = loop.time() + _KNOWN, found
        return found


def _socket(info: _Info) -> socket.socket:
    return socket.socket(*info[:3])


async def _connected(
    loop: asyncio.AbstractEventLoop, info: _Info, made_by: Callable[[_Info], socket.socket]
) -> socket.socket:
    sock = made_by(info)
    try:
        sock.setblocking(False)
        await loop.sock_connect(sock, info[4])
    except BaseException:
        sock.close()
        raise
    return sock
