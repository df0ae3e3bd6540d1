"""Addresses of web servers as they go over the wire: ASCII, what isn't safe escaped, and what is
escaped left as it is (RFC 3986, WHATWG's URL standard). The only file that knows idna.
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import quote, unquote, urljoin

from feedtool.data import Struct

_LONGEST = 65_536  # letters
_ADDRESS = re.compile(r"([a-z][a-z0-9+.-]*)://([^/?#]*)([^?#]*)(\?[^#]*)?(#.*)?", re.IGNORECASE)
_AUTHORITY = re.compile(r"(?:(.*)@)?(\[.*\]|[^:@]*)(?::(.*))?")
_NO_TEXT = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
_IPV4 = re.compile(r"[0-9]+(?:\.[0-9]+){3}")
_PORTS = {"http": 80, "https": 443}


def _all_but(others: str) -> str:
    """All letters of ASCII that stand for themselves, but these."""
    return "".join(one for one in map(chr, range(0x21, 0x7F)) if one not in others)


# https://url.spec.whatwg.org/#percent-encoded-bytes
_IN_FRAGMENT = _all_but('"<>`')
_IN_QUERY = _all_but('"#<>')
_IN_PATH = _all_but('"#<>?`{}')
_IN_LOGIN = _all_but('"#<>?`{}/;=@[\\]^|')
_IN_HOST = "!$&'()*+,;=\"`{}%|"


class AddressError(ValueError):
    """What is no address of a web server; says what it is, and nothing that may be secret."""


class Address(Struct, frozen=True):
    """The address of a document on a web server: `text` is all of it; `server` its host and port,
    the latter where it isn't the usual one; `target` what the server is asked for; `login` user and
    password, joined by a colon, or nothing. `literal`: the host is an IP address."""

    text: str
    scheme: str
    host: str
    literal: bool
    port: int
    server: str
    target: str
    login: str

    @classmethod
    def of(cls, url: str) -> Address:
        """Return this address; raises `AddressError`."""
        _require_text(url)
        found = _ADDRESS.fullmatch(url)
        scheme = (found[1] if found else url.partition(":")[0][:20]).lower()
        if found is None or scheme not in _PORTS:
            raise AddressError(f"{scheme}, no address of the web")
        authority = _AUTHORITY.fullmatch(found[2])
        if authority is None or not authority[2]:
            raise AddressError("an address without a host")
        login = quote(authority[1] or "", safe=_IN_LOGIN)
        host, literal = _host(authority[2])
        port = _port(authority[3]) or _PORTS[scheme]
        server = f"[{host}]" if ":" in host else host
        if port != _PORTS[scheme]:
            server += f":{port}"
        path = quote(_without_dots(found[3]), safe=_IN_PATH)
        query = quote(found[4] or "", safe=_IN_QUERY)
        fragment = quote((found[5] or "")[1:], safe=_IN_FRAGMENT)
        text = f"{scheme}://{login}{'@' if login else ''}{server}{path}{query}"
        return cls(
            text + (f"#{fragment}" if found[5] else ""),
            scheme,
            host,
            literal,
            port,
            server,
            (path or "/") + query,
            ":".join(map(unquote, login.partition(":")[::2])) if login else "",
        )

    def join(self, reference: str) -> Address:
        """Return the address that `reference` is, seen from here (RFC 3986 § 5), without fragment;
        raises `AddressError`."""
        _require_text(reference)
        try:
            joined = urljoin(self.text, reference)
        except ValueError:  # whose words may hold what is secret
            raise AddressError("an address without a host") from None
        return Address.of(joined.partition("#")[0])


def _require_text(url: str) -> None:
    if len(url) > _LONGEST:
        raise AddressError(f"an address of over {_LONGEST:,} letters")
    if _NO_TEXT.search(url):
        raise AddressError("an address with control characters")


def _host(host: str) -> tuple[str, bool]:
    """A host as it is looked up, and whether it is an IP address."""
    try:
        if _IPV4.fullmatch(host):
            return str(ipaddress.IPv4Address(host)), True
        if host.startswith("["):
            ipaddress.IPv6Address(host[1:-1])
            return host[1:-1], True
        if host.isascii():
            return quote(host.lower(), safe=_IN_HOST), False
        import idna

        return idna.encode(host.lower()).decode("ascii"), False
    except ValueError:
        raise AddressError("an address whose host is none") from None


def _port(port: str | None) -> int | None:
    if not port:
        return None
    if not (port.isascii() and port.isdecimal() and len(port) <= 5 and int(port) < 65_536):
        raise AddressError("an address whose port is none")
    return int(port)


def _without_dots(path: str) -> str:
    """Without `.` and `..` as names (RFC 3986 § 5.2.4)."""
    names = path.split("/")
    if "." not in names and ".." not in names:
        return path
    kept: list[str] = []
    for name in names:
        if name == "..":
            if kept and kept != [""]:
                kept.pop()
        elif name != ".":
            kept.append(name)
    return "/".join(kept)
