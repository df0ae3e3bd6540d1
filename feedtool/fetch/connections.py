"""Connections to web servers: names looked up, addresses tried, TLS begun. The only file that knows
aiohappyeyeballs and certifi.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import aiohappyeyeballs

from feedtool.errors import FetchError
from feedtool.fetch import guard
from feedtool.fetch.address import Address

_PATIENCE = 0.25  # seconds until a name's next address is tried too (RFC 8305 § 5)
_KNOWN = 10.0  # seconds that the addresses of a name are remembered
_MANY = 4096  # names that are remembered before all are forgotten

P = TypeVar("P", bound=asyncio.Protocol)
_Infos = list[tuple[Any, Any, int, str, Any]]


class Connections:
    """Connects to servers, within one event loop. Nothing is kept open."""

    def __init__(self, ca_file: Path | None) -> None:
        """`ca_file`: further authorities (PEM)."""
        self._ca_file = ca_file
        self._known: dict[tuple[str, int], tuple[float, _Infos]] = {}

    async def connect(self, address: Address, protocol: Callable[[], P], *, public: bool) -> P:
        """Return a protocol that is connected to the server of `address`; `public`: only where that
        is on the internet. Raises `socket.gaierror` for a name without address, `ssl.SSLError`, and
        `OSError`, with `guard.REFUSED` where the address isn't public."""
        # Authorities are read for the first address that needs them.
        context = trusted(self._ca_file) if address.scheme == "https" else None
        host = address.host.rstrip(".") if context else None
        sock = await aiohappyeyeballs.start_connection(
            await self._looked_up(address),
            happy_eyeballs_delay=_PATIENCE,
            socket_factory=guard.public_socket if public else None,
        )
        loop = asyncio.get_running_loop()
        _, made = await loop.create_connection(
            protocol, sock=sock, ssl=context, server_hostname=host
        )
        return made

    async def _looked_up(self, address: Address) -> _Infos:
        host, port = address.host, address.port
        if address.literal:  # nobody need be asked
            numeric = socket.AI_NUMERICHOST
            return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=numeric)
        loop = asyncio.get_running_loop()
        until, found = self._known.get((host, port), (0.0, []))
        if loop.time() >= until:
            found = await loop.getaddrinfo(
                host.encode("ascii"),  # Python would import a codec for a str
                port,
                type=socket.SOCK_STREAM,
                flags=socket.AI_ADDRCONFIG,
            )
            if len(self._known) >= _MANY:
                self._known.clear()
            self._known[host, port] = loop.time() + _KNOWN, found
        return found


@cache  # making one costs more than a request
def trusted(ca_file: Path | None) -> ssl.SSLContext:
    """Return what says which certificates are good: the usual authorities', and those of `ca_file`
    (PEM). Raises `FetchError` where that can't be used."""
    import certifi

    context = ssl.create_default_context(cafile=certifi.where())
    if ca_file is not None:
        try:
            context.load_verify_locations(ca_file)
        except (OSError, ssl.SSLError) as error:
            reason = f"can't be used as http.ca_file: {error}"
            raise FetchError(ca_file, reason, fault="settings") from error
    return context
