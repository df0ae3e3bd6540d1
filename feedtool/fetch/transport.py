"""Requests and answers of HTTP, and what went wrong said as errors. The only file that knows httpx.

httpx's own connections cost more to load than two hundred requests do, and more with each that is
kept. Below its interface `talk` speaks HTTP instead: one connection is one request, as sources are
on different hosts; no cookie is kept, no redirect followed, nothing asked twice.
"""

from __future__ import annotations

import asyncio
import ssl
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from functools import cache, partial
from pathlib import Path
from socket import gaierror
from typing import TypeVar

import httpx

from feedtool import text
from feedtool.errors import Fault, FetchError
from feedtool.fetch import guard
from feedtool.fetch.connections import Connections
from feedtool.fetch.talk import STEP, Broken, Talk
from feedtool.model import Exchange

_LONGEST = 200  # letters of a reason, which may hold what a server sent
_NOTHING = httpx.ByteStream(b"")
_REDIRECTS = (301, 302, 303, 307, 308)
T = TypeVar("T")


class Answer:
    """What a server answered: `status`, `reason`, `headers` (names in lower case; those that were
    sent twice joined by a comma, RFC 9110 § 5.3), and the body in chunks."""

    def __init__(self, response: httpx.Response, body: _Body) -> None:
        """Made by `Wire.ask`."""
        self._response, self._body = response, body
        self.status, self.reason = response.status_code, response.reason_phrase
        self._fields = _fields(response.headers)
        self.headers: dict[str, str] = {}
        for said, value in self._fields:
            name = said.lower()
            self.headers[name] = f"{self.headers[name]}, {value}" if name in self.headers else value

    @property
    def url(self) -> str:
        """The address that was asked."""
        return str(self._response.url)

    @property
    def location(self) -> str | None:
        """The absolute address that the answer redirects to, or None (RFC 9110 § 15.4)."""
        told = self.headers.get("location")
        if self.status not in _REDIRECTS or told is None:
            return None
        # What servers send there is UTF-8, whatever the standard says of headers.
        found = self._response.url.join(_as_utf8(told)).copy_with(fragment=None)
        if found.scheme not in ("http", "https") or not found.host:
            raise httpx.UnsupportedProtocol(f"redirects to {found.scheme or 'no address'}")
        return str(found)

    @property
    def exchange(self) -> Exchange:
        """What was asked and answered, for the archive."""
        host = self._response.url.netloc.decode("ascii")
        asked = (("Host", host), *_fields(self._response.request.headers))
        return Exchange(self.status, self.reason, asked, self._fields)

    def linked(self, relation: str) -> list[str]:
        """The absolute addresses that Link headers give for a relation (RFC 8288)."""
        links = self._response.links.values() if "link" in self.headers else ()
        named = (one for one in links if relation in one.get("rel", "").lower().split())
        found: list[str] = []
        for one in named:
            with suppress(httpx.InvalidURL):  # a slip in a header costs that link alone
                found.append(str(self._response.url.join(one["url"])))
        return found

    def chunks(self) -> AsyncIterator[bytes]:
        """The body as it comes, still in its content codings."""
        return aiter(self._body)


def _fields(headers: httpx.Headers) -> tuple[tuple[str, str], ...]:
    """Names and values as they went over the wire."""
    return tuple((a.decode("latin-1"), b.decode("latin-1").strip()) for a, b in headers.raw)


class Wire:
    """Asks servers, within one event loop."""

    def __init__(
        self, headers: Mapping[str, str], timeout: float, ca_file: Path | None = None
    ) -> None:
        """`headers` go with every request. `timeout`: seconds until an answer begins, and until
        each further part of it; `ca_file`: further authorities (PEM)."""
        self._headers, self._timeout = dict(headers), timeout
        self._transport = _Transport(ca_file)

    async def ask(
        self,
        url: str,
        headers: Mapping[str, str],
        take: Callable[[Answer], Awaitable[T]],
        *,
        private: bool,
        seconds: float,
        form: bytes | None = None,
    ) -> T:
        """Send a GET of `url` with these headers too, and return what `take` makes of the answer,
        which is open until then. All of that may take `seconds`. Raises `FetchError`. `private`:
        the host may be off the internet. With a `form` it is a POST of that."""
        fault: Fault = "server"
        try:
            # Until the answer begins, and from then on until its end.
            async with asyncio.timeout(min(self._timeout, seconds)) as clock:
                request = httpx.Request(
                    "GET" if form is None else "POST",
                    url,
                    headers={**self._headers, **headers},
                    # Without one, httpx adds headers of its own.
                    stream=_NOTHING if form is None else httpx.ByteStream(form),
                    extensions={
                        "private": private,
                        "patience": _Patience(clock, seconds, self._timeout),
                    },
                )
                response = await self._transport.handle_async_request(request)
                # It is gone through and ended by itself: httpx's response would first make ready
                # for errors of connections of its own.
                body = response.stream
                assert isinstance(body, _Body)
                try:
                    return await take(Answer(response, body))
                finally:
                    await body.aclose()
        except TimeoutError:
            said, fault = f"is too slow (http.timeout is {self._timeout:g} s)", "network"
        except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
            said, fault = str(error), "settings"
        except Broken as error:
            said, fault = str(error), error.fault
        said = text.shorten(text.line(said).rstrip(": "), _LONGEST)
        raise FetchError(url, said, fault=fault)


class _Patience:
    """How long an answer may take."""

    def __init__(self, clock: asyncio.Timeout, seconds: float, part: float) -> None:
        """So many `seconds` in all from its beginning on, and until its next `part`; `clock` ends
        it."""
        self._clock, self._part, self._loop = clock, part, asyncio.get_running_loop()
        self._seconds, self._end = seconds, 0.0

    def begin(self) -> None:
        """The answer has begun."""
        self._end = self._loop.time() + self._seconds  # it counts once something is waited for

    def wait(self) -> None:
        """It is waited for a part."""
        self._clock.reschedule(min(self._end, self._loop.time() + self._part))

    def rest(self) -> None:
        """It is over: nothing is waited for any more."""
        self._clock.reschedule(self._end)


class _Transport(httpx.AsyncBaseTransport):
    """`talk` below httpx's interface."""

    def __init__(self, ca_file: Path | None) -> None:
        self._ca_file = ca_file
        self._connections = Connections()
        self._room = memoryview(bytearray(STEP))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url, patience = request.url, request.extensions["patience"]
        if url.scheme not in ("http", "https") or not url.host:
            raise httpx.UnsupportedProtocol(f"is {url.scheme or 'no address'}, not of the web")
        talk = await self._connected(url, public=not request.extensions["private"])
        try:
            fields, body = [(b"Host", url.netloc), *request.headers.raw], b""
            if request.method == "POST":
                body = request.read()
                fields.append((b"Content-Length", b"%d" % len(body)))
            if url.userinfo:  # RFC 7617
                login = f"{url.username}:{url.password}".encode()
                fields.append((b"Authorization", b"Basic " + b64encode(login)))
            status, reason, headers = await talk.ask(request.method, url.raw_path, fields, body)
            patience.begin()
            return httpx.Response(
                status,
                headers=headers,
                stream=_Body(talk, patience),
                request=request,
                extensions={"reason_phrase": reason},
            )
        except BaseException:
            talk.end()
            raise

    async def _connected(self, url: httpx.URL, *, public: bool) -> Talk:
        secure = url.scheme == "https"
        try:
            return await self._connections.connect(
                url.raw_host.decode("ascii"),
                url.port or (443 if secure else 80),
                partial(Talk, self._room),
                public=public,
                # Authorities are read for the first address that needs them.
                trust=trusted(self._ca_file) if secure else None,
            )
        except gaierror as error:
            reason = f"has no address: {error.strerror or error}"
            raise Broken(reason, "network") from error
        except ssl.SSLError as error:
            said = getattr(error, "verify_message", None) or error.strerror or error
            raise Broken(f"has no good certificate: {said}", "network") from error
        except ValueError as error:  # of what TLS is told of the host
            raise Broken(f"has no address: {error}", "settings") from error
        except OSError as error:
            if guard.REFUSED in str(error):
                raise Broken(guard.REFUSED, "settings") from error
            reason = f"can't be reached: {error.strerror or error}"
            raise Broken(reason, "network") from error


class _Body(httpx.AsyncByteStream):
    """What follows the beginning of an answer, as it comes."""

    def __init__(self, talk: Talk, patience: _Patience) -> None:
        self._talk, self._patience = talk, patience

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        while not (part := self._talk.part()):
            if self._talk.whole:
                self._patience.rest()
                raise StopAsyncIteration
            self._patience.wait()
            await self._talk.more()
        return part

    async def aclose(self) -> None:
        self._talk.end()


def _as_utf8(header: str) -> str:
    try:
        return header.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return header


@cache  # making one costs more than a request
def trusted(ca_file: Path | None) -> ssl.SSLContext:
    """Return what says which certificates are good: the usual authorities', and those of `ca_file`
    (PEM). Raises `FetchError` where that can't be used."""
    context = httpx.create_ssl_context(trust_env=False)
    if ca_file is not None:
        try:
            context.load_verify_locations(ca_file)
        except (OSError, ssl.SSLError) as error:
            reason = f"can't be used as http.ca_file: {error}"
            raise FetchError(ca_file, reason, fault="settings") from error
    return context
