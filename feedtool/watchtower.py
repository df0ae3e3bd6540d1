"""The daemon's port on this machine: its metrics, and whether it is alive and ready, over HTTP.

For programs beside it alone: bound to loopback, and deaf to pages in a browser that get here under
another name (DNS rebinding).
"""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedReader, RawIOBase
from socketserver import TCPServer
from typing import Any

from feedtool import metrics
from feedtool.errors import FeedtoolError
from feedtool.metrics import Vitals

Answer = tuple[int, str, bytes]
"""Status, media type, and body."""

_TEXT = "text/plain; charset=utf-8"
_SECONDS = 10.0  # that all of a connection may take, but for making the answer
_AT_ONCE = 8
_NAME = re.compile(r"(?:127\.0\.0\.1|localhost)(?::[0-9]+)?", re.IGNORECASE)


class Port:
    """Answers GET and HEAD at a port of 127.0.0.1, in threads of its own. Close it when done."""

    def __init__(self, port: int, answers: Mapping[str, Callable[[], Answer]]) -> None:
        """`answers` give what is to be said, by path; a `FeedtoolError` of theirs is said with 503.
        Any free port for 0. Raises `FeedtoolError` where the port can't be had."""
        try:
            self._server = _Server(port, answers)
        except OSError as error:
            reason = f"can't be listened at (daemon.metrics_port): {error.strerror or error}"
            raise FeedtoolError(f"127.0.0.1:{port}", reason) from error
        self.number: int = self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever, name="feedtool-port", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Answer nobody any more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def answers(vitals: Vitals, expose: Callable[[], bytes]) -> dict[str, Callable[[], Answer]]:
    """Return what the daemon's port says: metrics as `expose` gives them, health, readiness."""

    def health() -> Answer:
        well = vitals.is_alive()
        return (200, _TEXT, b"alive\n") if well else (503, _TEXT, b"no sign of life\n")

    def readiness() -> Answer:
        return (200, _TEXT, b"ready\n") if vitals.ready else (503, _TEXT, b"not ready\n")

    return {
        "/metrics": lambda: (200, metrics.MEDIA_TYPE, expose()),
        "/healthz": health,
        "/readyz": readiness,
    }


class _Server(ThreadingHTTPServer):
    """Whoever comes while enough others are here is sent away."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 16

    def __init__(self, port: int, answers: Mapping[str, Callable[[], Answer]]) -> None:
        self.answers = answers
        self._places = threading.BoundedSemaphore(_AT_ONCE)
        super().__init__(("127.0.0.1", port), _Handler)

    def server_bind(self) -> None:
        """As of any server: HTTP's own asks what name the machine has, which can take long."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "localhost", self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        if not self._places.acquire(blocking=False):
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except RuntimeError:  # no thread can be had
            self._places.release()
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()


class _Handler(BaseHTTPRequestHandler):
    """One connection, of one request."""

    server: _Server
    server_version, sys_version = "feedtool", ""

    def setup(self) -> None:
        super().setup()
        self.rfile.close()
        self.rfile = BufferedReader(_Hurried(self.connection))

    def handle(self) -> None:
        try:
            super().handle()
        except OSError:  # it went, or was too slow
            self.close_connection = True

    def do_GET(self) -> None:
        """Say what is at this path."""
        if not _NAME.fullmatch(self.headers.get("Host", "")):
            self._say((421, _TEXT, b"this is 127.0.0.1, whoever says otherwise\n"))
            return
        found = self.server.answers.get(self.path.partition("?")[0])
        if found is None:
            self._say((404, _TEXT, b"there are /metrics, /healthz and /readyz\n"))
            return
        try:
            self._say(found())
        except FeedtoolError as error:
            self._say((503, _TEXT, f"{error}\n".encode(errors="replace")))

    def do_HEAD(self) -> None:
        """The same, without its body."""
        self.do_GET()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nobody logs who looks."""

    def _say(self, answer: Answer) -> None:
        status, kind, body = answer
        self.connection.settimeout(_SECONDS)  # for all of what is sent
        self.send_response(status)
        for name, value in (
            ("Content-Type", kind),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
        ):
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


class _Hurried(RawIOBase):
    """What comes in, as long as all of it comes within its time."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection, self._end = connection, time.monotonic() + _SECONDS

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read some bytes."""
        # 0 would mean to wait for nothing, which is another error.
        self._connection.settimeout(max(self._end - time.monotonic(), 0.001))
        return self._connection.recv_into(buffer)
