"""Requests and answers of HTTP/1.1 (RFC 9112), and what went wrong said as errors. The only file
that knows h11.

One connection is one request: sources are on different hosts, and whoever asks again soon is us
alone. No cookie is kept, no redirect followed, nothing asked twice.
"""

from __future__ import annotations

import asyncio
import ssl
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from socket import gaierror

import h11

from feedtool import text
from feedtool.errors import Fault, FetchError
from feedtool.fetch import guard
from feedtool.fetch.address import Address, AddressError
from feedtool.fetch.connections import Connections
from feedtool.manners.headers import linked
from feedtool.model import Exchange

_AHEAD = 256 * 1024  # bytes that may wait to be read
_FIELD = 32 * 1024  # bytes of one header
_FIELDS = 200
_HEAD = 256 * 1024  # bytes of all of them
_TOO_MUCH = f"sends over {_HEAD} bytes of headers, or {_FIELDS} of them, or one over {_FIELD}"
_LONGEST = 200  # letters of a reason, which may hold what a server sent
_REDIRECTS = (301, 302, 303, 307, 308)

_Fields = tuple[tuple[str, str], ...]


class Answer:
    """What a server answered: `status`, `reason`, `headers` (names in lower case; those that were
    sent twice joined by a comma, RFC 9110 § 5.3), and the body in chunks."""

    def __init__(
        self, address: Address, asked: _Fields, head: h11.Response, body: AsyncIterator[bytes]
    ) -> None:
        """Made by `Wire.answer`."""
        self._address, self._asked, self._body = address, asked, body
        self.url = address.text
        self.status, self.reason = head.status_code, head.reason.decode("ascii", "ignore")
        self._fields = _fields(head.headers.raw_items())
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
        try:
            # What servers send there is UTF-8, whatever the standard says of headers.
            return self._address.join(_as_utf8(told)).text
        except AddressError as error:
            raise _Failure(f"redirects to {error}", "settings") from None

    @property
    def exchange(self) -> Exchange:
        """What was asked and answered, for the archive."""
        return Exchange(self.status, self.reason, self._asked, self._fields)

    def linked(self, relation: str) -> list[str]:
        """The absolute addresses that Link headers give for a relation (RFC 8288)."""
        found: list[str] = []
        for reference in linked(self.headers.get("link", ""), relation):
            with suppress(AddressError):  # a slip in a header costs that link alone
                found.append(self._address.join(reference).text)
        return found

    def chunks(self) -> AsyncIterator[bytes]:
        """The body as it comes, still in its content codings."""
        return self._body


def _fields(headers: list[tuple[bytes, bytes]]) -> _Fields:
    """Names and values as they went over the wire."""
    return tuple((a.decode("latin-1"), b.decode("latin-1").strip()) for a, b in headers)


class Wire:
    """Asks servers, within one event loop."""

    def __init__(
        self, headers: Mapping[str, str], timeout: float, ca_file: Path | None = None
    ) -> None:
        """`headers` go with every request. `timeout`: seconds until an answer begins, and until
        each further part of it; `ca_file`: further authorities (PEM)."""
        self._headers, self._timeout = headers, timeout
        self._connections = Connections(ca_file)

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
        with _translated(url, self._timeout):
            address = Address.of(url)
            asked = (("Host", address.server), *self._headers.items(), *headers.items())
            # Until the answer begins, and from then on until its end.
            async with asyncio.timeout(min(self._timeout, seconds)) as clock:
                talk = await self._connected(address, private)
                try:
                    head = await talk.ask(address, asked, form)
                    yield Answer(address, asked, head, _Body(talk, clock, seconds, self._timeout))
                finally:
                    talk.end()

    async def _connected(self, address: Address, private: bool) -> _Talk:
        try:
            return await self._connections.connect(address, _Talk, public=not private)
        except gaierror as error:
            raise _Failure(f"has no address: {error.strerror or error}", "network") from error
        except ssl.SSLError as error:
            reason = getattr(error, "verify_message", None) or error.strerror or error
            raise _Failure(f"has no good certificate: {reason}", "network") from error
        except ValueError as error:  # of what TLS is told of the host
            raise _Failure(f"has no address: {error}", "settings") from error
        except OSError as error:
            if guard.REFUSED in str(error):
                raise _Failure(guard.REFUSED, "settings") from error
            reason = error.strerror or str(error)
            raise _Failure(f"can't be reached: {reason}", "network") from error


class _Talk(asyncio.Protocol):
    """One connection: one request and its answer."""

    def __init__(self) -> None:
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=_HEAD)
        self._received = self._unread = 0  # bytes
        self._is_over = False  # nothing more will come
        self._is_told = False  # and h11 knows it
        self._broken: Exception | None = None
        self._waiter: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._http.receive_data(data)
        self._received += len(data)
        self._unread += len(data)
        if self._unread > _AHEAD:
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        self._is_over = True
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_over, self._broken = True, exc
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def ask(self, address: Address, fields: _Fields, form: bytes | None) -> h11.Response:
        """Send a request; return the beginning of its answer when it has come."""
        self._transport.write(self._request(address, fields, form))
        while not isinstance(event := self.next(), h11.Response):
            if event is h11.NEED_DATA:
                if self._received > _HEAD:  # of answers before the answer
                    raise _Failure(_TOO_MUCH)
                await self.more()
                if self._is_told:
                    raise _Failure("hangs up without an answer", "network")
        sizes = [len(name) + len(value) for name, value in event.headers.raw_items()]
        if sum(sizes) > _HEAD or len(sizes) > _FIELDS or max(sizes, default=0) > _FIELD:
            raise _Failure(_TOO_MUCH)
        return event

    def _request(self, address: Address, fields: _Fields, form: bytes | None) -> bytes:
        sent = list(fields)
        if form is not None:
            sent.append(("Content-Length", str(len(form))))
        if address.login:
            login = b64encode(address.login.encode("utf-8")).decode("ascii")  # RFC 7617
            sent.append(("Authorization", f"Basic {login}"))
        sent.append(("Connection", "close"))
        method = "GET" if form is None else "POST"
        parts = [
            self._http.send(h11.Request(method=method, target=address.target, headers=sent)),
            self._http.send(h11.Data(data=form)) if form else None,
            self._http.send(h11.EndOfMessage()),
        ]
        return b"".join(filter(None, parts))

    def next(self) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        """What the server said next; `h11.NEED_DATA` where there is `more` to wait for."""
        try:
            return self._http.next_event()
        except h11.RemoteProtocolError as error:
            if self._is_told:
                raise _Failure("ends before its end") from error
            # What follows a colon is what the server sent.
            raise _Failure(f"is no HTTP: {str(error).partition(':')[0]}") from error

    async def more(self) -> None:
        """Wait until more has come, or nothing will."""
        if not self._is_over:
            self._unread = 0
            self._transport.resume_reading()
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        elif self._broken is not None:
            raise _Failure(f"breaks off: {self._broken}") from self._broken
        else:
            self._http.receive_data(b"")
            self._is_told = True

    def end(self) -> None:
        """Hang up, whatever else the server has to say."""
        self._transport.abort()


class _Body:
    """What follows the beginning of an answer, as it comes."""

    def __init__(
        self, talk: _Talk, clock: asyncio.Timeout, seconds: float, patience: float
    ) -> None:
        """It may take so many seconds, and `patience` until its next part; `clock` ends it."""
        self._talk, self._clock, self._patience = talk, clock, patience
        self._loop = asyncio.get_running_loop()
        self._end = self._loop.time() + seconds
        clock.reschedule(self._end)

    def __aiter__(self) -> _Body:
        return self

    async def __anext__(self) -> bytes:
        while not isinstance(event := self._talk.next(), h11.Data):
            if isinstance(event, h11.EndOfMessage):
                self._clock.reschedule(self._end)
                raise StopAsyncIteration
            self._clock.reschedule(min(self._end, self._loop.time() + self._patience))
            await self._talk.more()
        return event.data


class _Failure(Exception):  # noqa: N818
    """Why there is no answer, and whose fault it is."""

    def __init__(self, reason: str, fault: Fault = "server") -> None:
        super().__init__(reason)
        self.fault = fault


@contextmanager
def _translated(url: str, timeout: float) -> Iterator[None]:
    """What went wrong, as a `FetchError` about `url`."""
    fault: Fault = "server"
    try:
        yield
        return
    except TimeoutError:
        said, fault = f"is too slow (http.timeout is {timeout:g} s)", "network"
    except _Failure as error:
        said, fault = str(error), error.fault
    except AddressError as error:
        said, fault = f"is {error}", "settings"
    said = text.shorten(text.line(said).rstrip(": "), _LONGEST)
    raise FetchError(url, said, fault=fault)


def _as_utf8(header: str) -> str:
    try:
        return header.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return header
