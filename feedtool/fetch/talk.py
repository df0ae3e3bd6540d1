"""One connection, one request and its answer, in HTTP/1.1 (RFC 9112). The only file that knows h11.

What comes is taken straight into h11's buffer, and no more than can soon be read of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import h11

from feedtool.errors import Fault

STEP = 256 * 1024
"""Bytes that are taken at a time."""

_AHEAD = 256 * 1024  # bytes that may wait to be read
_FIELD = 32 * 1024  # bytes of one header
_FIELDS = 200
_HEAD = 256 * 1024  # bytes of all of them
_TOO_MUCH = f"sends over {_HEAD} bytes of headers, or {_FIELDS} of them, or one over {_FIELD}"

Fields = Sequence[tuple[bytes, bytes]]
"""Names and values of headers, as they go over the wire."""


class Broken(Exception):  # noqa: N818
    """Why there is no answer, and whose fault it is."""

    def __init__(self, reason: str, fault: Fault = "server") -> None:
        """`reason` holds nothing that is secret."""
        super().__init__(reason)
        self.fault = fault


class Talk(asyncio.BufferedProtocol):
    """One connection: `ask` once, then take the body `part` by part, and `end` it."""

    def __init__(self, room: memoryview) -> None:
        """`room` is where what comes is put, until it is taken out at once: all may share it."""
        self._room = room
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=_HEAD)
        self._received = self._unread = 0  # bytes
        self._is_over = False  # nothing more will come
        self._is_told = False  # and h11 knows it
        self._broken: Exception | None = None
        self._waiter: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the event loop, as are the next four."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002
        """Where to put what comes."""
        return self._room

    def buffer_updated(self, nbytes: int) -> None:
        """So many bytes have come."""
        # A copy less than of bytes; h11 adds it to a bytearray.
        self._http.receive_data(self._room[:nbytes])  # type: ignore[arg-type]
        self._received += nbytes
        self._unread += nbytes
        if self._unread > _AHEAD:
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        """Nothing more will come."""
        self._is_over = True
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing more will come, or go."""
        self._is_over, self._broken = True, exc
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def ask(
        self, method: str, target: bytes, fields: Fields, body: bytes
    ) -> tuple[int, bytes, Fields]:
        """Send a request; return status, reason and headers of its answer when they have come."""
        sent = [*fields, (b"Connection", b"close")]
        parts = [self._http.send(h11.Request(method=method, target=target, headers=sent))]
        if body:
            parts.append(self._http.send(h11.Data(data=body)))
        parts.append(self._http.send(h11.EndOfMessage()))
        self._transport.write(b"".join(part for part in parts if part))
        while not isinstance(event := self._next(), h11.Response):
            if event is h11.NEED_DATA:
                if self._received > _HEAD:  # of answers before the answer
                    raise Broken(_TOO_MUCH)
                await self.more()
                if self._is_told:
                    raise Broken("hangs up without an answer", "network")
        headers = event.headers.raw_items()
        sizes = [len(name) + len(value) for name, value in headers]
        if sum(sizes) > _HEAD or len(sizes) > _FIELDS or max(sizes, default=0) > _FIELD:
            raise Broken(_TOO_MUCH)
        return event.status_code, event.reason, headers

    def part(self) -> bytes | None:
        """The next part of the body that has come already; None where there is none yet, or no
        longer: then it is `whole`."""
        event = self._next()
        return event.data if isinstance(event, h11.Data) else None

    @property
    def whole(self) -> bool:
        """True where the answer has been taken to its end."""
        return self._http.their_state in (h11.DONE, h11.MUST_CLOSE, h11.CLOSED)

    def end(self) -> None:
        """Hang up, whatever else the server has to say."""
        self._transport.abort()

    def _next(self) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        try:
            return self._http.next_event()
        except h11.RemoteProtocolError as error:
            if self._is_told:
                raise Broken("ends before its end") from error
            # What follows a colon is what the server sent.
            raise Broken(f"is no HTTP: {str(error).partition(':')[0]}") from error

    async def more(self) -> None:
        """Wait until more has come, or nothing will."""
        if not self._is_over:
            self._unread = 0
            self._transport.resume_reading()
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        elif self._broken is not None:
            raise Broken(f"breaks off: {self._broken}") from self._broken
        else:
            self._http.receive_data(b"")
            self._is_told = True
