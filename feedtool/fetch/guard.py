"""Where a request may go: checked when it connects, after names are resolved, on each redirect.

A feed, a sitemap or a redirect can name any address; without this, a stranger's document could
make us read the machines behind our own firewall. The only file that knows httpcore.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from collections.abc import Iterable
from typing import Any

import httpcore

from feedtool.errors import FetchError

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# RFC 6052 § 2.1, RFC 8215: IPv4 addresses within IPv6 ones, beside those that `ipaddress` knows.
_NAT64 = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))
_TRIES = 4  # addresses of one name
_COMPATIBLE = ipaddress.ip_network("::/96")  # RFC 4291 § 2.5.5.1


def is_public(address: str) -> bool:
    """True for an IP address on the internet: not private, loopback, link-local (where clouds keep
    their secrets), carrier-grade, multicast, reserved or unspecified; nor IPv6 for one of these."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return all(_is_public(one) for one in (found, *_within(found)))


def _is_public(address: _Address) -> bool:
    site_local = isinstance(address, ipaddress.IPv6Address) and address.is_site_local
    wrong = address.is_multicast or address.is_reserved or address.is_unspecified or site_local
    embedded = isinstance(address, ipaddress.IPv6Address) and address in _NAT64[0]
    return (address.is_global or embedded) and (embedded or not wrong)


def _within(address: _Address) -> Iterable[_Address]:
    """The IPv4 addresses that an IPv6 address stands for."""
    if isinstance(address, ipaddress.IPv4Address):
        return
    for found in (address.ipv4_mapped, address.sixtofour, *(address.teredo or ())):
        if found is not None:
            yield found
    if any(address in network for network in (*_NAT64, _COMPATIBLE)):
        yield ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)


class Guard(httpcore.NetworkBackend):
    """Connects to public addresses only, and ends whatever takes longer than `seconds` in all.

    `own` is the host that may be private, or None: the source's own, where its owner says so.
    """

    def __init__(self, own: str | None, seconds: float) -> None:
        self._own, self._seconds = own, seconds
        self._backend = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Resolve `host`, leave out what isn't public, and connect to the first that answers: to
        the address that was checked, so that a second look-up can't give another one."""
        end = time.monotonic() + self._seconds
        addresses = _resolved(host, port)
        if host != self._own:
            addresses = [address for address in addresses if is_public(address)]
            if not addresses:
                reason = (
                    "is no public address; allow_private = true lets a source read its own host"
                )
                raise FetchError(host, reason)
        failure: Exception = httpcore.ConnectError(f"no address of {host} answers")
        for address in addresses[:_TRIES]:
            try:
                left = _left(end, timeout, httpcore.ConnectTimeout)
                stream = self._backend.connect_tcp(
                    address, port, left, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _Timed(stream, end)
        raise failure

    def sleep(self, seconds: float) -> None:
        """Wait, between two tries to connect."""
        self._backend.sleep(seconds)


def _resolved(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError(f"{host} has no address ({error})") from error
    return list(dict.fromkeys(str(info[4][0]) for info in found))


class _Timed(httpcore.NetworkStream):
    """A stream that ends at a moment, however slowly its bytes drip."""

    def __init__(self, stream: httpcore.NetworkStream, end: float) -> None:
        self._stream, self._end = stream, end

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = self._left(timeout, httpcore.ConnectTimeout)
        return _Timed(self._stream.start_tls(ssl_context, server_hostname, left), self._end)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

    def _left(self, timeout: float | None, over: type[Exception]) -> float:
        return _left(self._end, timeout, over)


def _left(end: float, timeout: float | None, over: type[Exception]) -> float:
    """Seconds that may be waited: `timeout`, but not beyond `end`."""
    left = end - time.monotonic()
    if left <= 0:
        raise over("took longer in all than it may")
    return left if timeout is None else min(left, timeout)
