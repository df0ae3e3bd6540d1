"""Where a request may go: told of each address at the moment a socket is made for it.

A feed, a sitemap or a redirect can name any address; without this, a stranger's document could
make us read the machines behind our own firewall. Names are resolved before, and the socket goes
to the address that was checked: a second look-up can't give another one.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# RFC 6052 § 2.1, RFC 8215: IPv4 addresses within IPv6 ones, beside those that `ipaddress` knows.
_NAT64 = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))
_COMPATIBLE = ipaddress.ip_network("::/96")  # RFC 4291 § 2.5.5.1
REFUSED = "is no public address; allow_private = true lets a source read its own host"


@lru_cache(maxsize=1024)  # those of one host are asked for again and again
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


def public_socket(info: tuple[Any, ...]) -> socket.socket:
    """Return a socket for an answer of getaddrinfo; `OSError` (`REFUSED`) unless it is public."""
    family, kind, protocol, _, address = info
    if not is_public(str(address[0])):
        raise OSError(REFUSED)
    return socket.socket(family, kind, protocol)
