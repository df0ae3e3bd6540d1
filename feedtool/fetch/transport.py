"""Requests and answers of HTTP, and what went wrong said as errors. The only file that knows httpx,
aiohttp and yarl.

httpx's own pool costs more with each connection that it holds. aiohttp connects instead, below
httpx's interface: it takes addresses as they are written, asks `guard` about each socket, keeps no
connection (sources are on different hosts) and no cookie.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import cache
from pathlib import Path

import aiohttp
import httpx
import yarl

from feedtool import text
from feedtool.errors import Fault, FetchError
from feedtool.fetch import guard
from feedtool.model import Exchange

STEP = 64 * 1024
"""Bytes of a body that are taken at a time."""

_FIELD = 32 * 1024  # bytes of one header
_FIELDS = 200
_HEAD = 256 * 1024  # bytes of all of them
_LONGEST = 200  # letters of a reason, which may hold what a server sent
_NOTHING = httpx.ByteStream(b"")
_REDIRECTS = (301, 302, 303, 307, 308)


class Answer:
    """What a server answered: `status`, `reason`, `headers` (names in lower case; those that were
    sent twice joined by a comma, RFC 9110 § 5.3), and the body in chunks."""

    def __init__(self, response: httpx.Response) -> None:
        """Made by `Wire.answer`."""
        self._response = response
        self.url = str(response.url)
        self.status, self.reason = response.status_code, response.reason_phrase
        self._fields = _fields(response.headers)
        self.headers: dict[str, str] = {}
        for said, value in self._fields:
            name = said.lower()
            self.headers[name] = f"{self.headers[name]}, {value}" if name in self.headers else value

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
        return self._response.aiter_raw()


def _fields(headers: httpx.Headers) -> tuple[tuple[str, str], ...]:
    """Names and values as they went over the wire."""
    return tuple((a.decode("latin-1"), b.decode("latin-1").strip()) for a, b in headers.raw)


class Wire:
    """Asks servers, within one event loop. Close it when done."""

    def __init__(
        self, headers: Mapping[str, str], timeout: float, ca_file: Path | None = None
    ) -> None:
        """`headers` go with every request. `timeout`: seconds until an answer begins, and until
        each further part of it; `ca_file`: further authorities (PEM)."""
        self._timeout = timeout
        self._public, self._private = _Transport(ca_file, True), _Transport(ca_file, False)
        self._headers = httpx.Headers(headers)

    @asynccontextmanager
    async def answer(
        self,
        url: str,
        headers: Mapping[str, str],
        *,
        private: bool,
        seconds: float,
        form: bytes | None = None,
    ) -> AsyncIterator[Answer]:
        """The answer to a GET of `url` with these headers too, open until the end of the `with`
        block, which may take `seconds` in all; raises `FetchError`. `private`: the host may be off
        the internet. With a `form` it is a POST of that."""
        transport = self._private if private else self._public
        sent = self._headers.copy()
        sent.update(headers)
        with _translated(url, self._timeout):
            # Until the answer begins, and from then on until its end.
            async with asyncio.timeout(min(self._timeout, seconds)) as clock:
                request = httpx.Request(
                    "GET" if form is None else "POST",
                    url,
                    headers=sent,
                    # Without one, httpx adds headers that aiohttp adds itself.
                    stream=_NOTHING if form is None else httpx.ByteStream(form),
                    extensions={"timeout": {"read": self._timeout}},
                )
                response = await transport.handle_async_request(request)
                clock.reschedule(asyncio.get_running_loop().time() + seconds)
                try:
                    if sum(len(a) + len(b) for a, b in response.headers.raw) > _HEAD:
                        raise httpx.RemoteProtocolError(f"sends over {_HEAD} bytes of headers")
                    yield Answer(response)
                finally:
                    await response.aclose()

    async def close(self) -> None:
        """Let go of the sockets."""
        await self._public.aclose()
        await self._private.aclose()


class _Transport(httpx.AsyncBaseTransport):
    """aiohttp below httpx's interface; `public`: to addresses on the internet alone."""

    def __init__(self, ca_file: Path | None, public: bool) -> None:
        self._ca_file = ca_file
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=0,  # the caller knows how many
                force_close=True,
                socket_factory=guard.public_socket if public else None,
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            max_line_size=_FIELD,
            max_field_size=_FIELD,
            max_headers=_FIELDS,
            read_bufsize=STEP,
        )
        # It would ask a server that hangs up once more at once, without our gap between; there is
        # no public setting for that (`test_pages_that_nobody_answers_stop_the_round`).
        self._session._retry_connection = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        times = request.extensions["timeout"]
        with _as_httpx():
            response = await self._session.request(
                request.method,
                yarl.URL(str(request.url), encoded=True),
                data=request.read() or None,
                headers=[
                    (a.decode("latin-1"), b.decode("latin-1")) for a, b in request.headers.raw
                ],
                # Authorities are read for the first address that needs them.
                ssl=trusted(self._ca_file) if request.url.scheme == "https" else True,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=None, sock_read=times["read"]),
            )
        return httpx.Response(
            response.status,
            headers=response.raw_headers,
            stream=_Body(response),
            request=request,
            extensions={"reason_phrase": (response.reason or "").encode("latin-1", "replace")},
        )

    async def aclose(self) -> None:
        await self._session.close()


class _Body(httpx.AsyncByteStream):
    """The body of aiohttp's answer."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _as_httpx():
            async for chunk in self._response.content.iter_chunked(STEP):
                yield chunk

    async def aclose(self) -> None:
        self._response.close()


@contextmanager
def _as_httpx() -> Iterator[None]:
    """aiohttp's exceptions as those that httpx has for them, the special before the general."""
    try:
        yield
    except TimeoutError as error:
        raise httpx.ReadTimeout("") from error
    except aiohttp.ClientSSLError as error:
        raise httpx.ConnectError(f"has no good certificate: {_reason(error)}") from error
    except aiohttp.ClientConnectorDNSError as error:
        raise httpx.ConnectError(f"has no address: {_reason(error)}") from error
    except aiohttp.ClientConnectorError as error:
        if guard.REFUSED in str(error.os_error):
            raise httpx.UnsupportedProtocol(guard.REFUSED) from error
        raise httpx.ConnectError(f"can't be reached: {_reason(error)}") from error
    except ValueError as error:  # of hosts' names, ports, and odd ways to write a number
        raise httpx.InvalidURL(f"has no address, or no public address: {error}") from error
    except aiohttp.ServerDisconnectedError as error:
        raise httpx.ConnectError("hangs up without an answer") from error
    except aiohttp.ClientPayloadError as error:
        raise httpx.ReadError("ends before its end") from error
    except aiohttp.ClientResponseError as error:
        raise httpx.RemoteProtocolError(f"is no HTTP: {error.message}") from error
    except (aiohttp.ClientError, OSError) as error:
        raise httpx.ReadError(f"breaks off: {error}") from error


def _reason(error: aiohttp.ClientConnectorError) -> str:
    cause = error.certificate_error if hasattr(error, "certificate_error") else error.os_error
    return str(getattr(cause, "verify_message", None) or cause.strerror or cause)


@contextmanager
def _translated(url: str, timeout: float) -> Iterator[None]:
    """What httpx says, as a `FetchError` with whose fault it is."""
    fault: Fault = "server"
    try:
        yield
        return
    except (TimeoutError, httpx.TimeoutException):
        said, fault = f"is too slow (http.timeout is {timeout:g} s)", "network"
    except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
        said, fault = str(error), "settings"
    except httpx.ConnectError as error:
        said, fault = str(error), "network"
    except (httpx.HTTPError, httpx.StreamError) as error:
        said = str(error) or type(error).__name__
    # What follows an empty line is what the server sent.
    said = text.shorten(text.line(said.partition("\n\n")[0]).rstrip(": "), _LONGEST)
    raise FetchError(url, said, fault=fault)


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
