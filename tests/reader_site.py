"""A published folder on loopback, served as a careful web server would, for readers to subscribe to.

Every file has the media type of its format, an ETag and a Last-Modified, and conditional requests
are answered with 304 (RFC 9110 § 13). Who asked for what, and what came of it, is written down.
"""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass
from email.utils import formatdate, parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType

MEDIA_TYPES = {
    ".atom": "application/atom+xml",
    ".rss": "application/rss+xml",
    ".json": "application/feed+json",
    ".html": "text/html",
    ".opml": "text/x-opml",
    ".xml": "application/xml",
}


@dataclass(frozen=True, slots=True)
class Request:
    """One request and the status of its answer."""

    method: str
    path: str
    status: int


class ReaderSite:
    """A server of `folder` on a port of its own; use it with `with`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.requests: list[Request] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                _answer(site, self, body=True)

            def do_HEAD(self) -> None:
                _answer(site, self, body=False)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        serve = self._server.serve_forever
        self._thread = threading.Thread(target=serve, args=(0.02,), daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> ReaderSite:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def statuses(self, path: str) -> list[int]:
        """What was answered to each GET of this path, in turn."""
        return [one.status for one in self.requests if one.method == "GET" and one.path == path]


def _answer(site: ReaderSite, handler: BaseHTTPRequestHandler, *, body: bool) -> None:
    path = handler.path.partition("?")[0]
    file = (site.folder / path.lstrip("/")).resolve()
    if not file.is_relative_to(site.folder.resolve()) or not file.is_file():
        site.requests.append(Request(handler.command, path, 404))
        handler.send_error(404)
        return
    data = file.read_bytes()
    modified = int(file.stat().st_mtime)
    tag = f'"{hashlib.sha256(data).hexdigest()[:16]}"'
    status = 304 if _has(handler, tag, modified) else 200
    site.requests.append(Request(handler.command, path, status))
    handler.send_response(status)
    handler.send_header("ETag", tag)
    handler.send_header("Last-Modified", formatdate(modified, usegmt=True))
    if status == 200:
        media_type = MEDIA_TYPES.get(file.suffix, "application/octet-stream")
        handler.send_header("Content-Type", f"{media_type}; charset=utf-8")
        handler.send_header("Content-Length", str(len(data)))
    handler.end_headers()
    if body and status == 200:
        handler.wfile.write(data)


def _has(handler: BaseHTTPRequestHandler, tag: str, modified: int) -> bool:
    """True where whoever asks has the document already."""
    known = handler.headers.get("If-None-Match")
    if known is not None:  # RFC 9110 § 13.2.2: If-Modified-Since then counts for nothing
        return tag in (one.strip().removeprefix("W/") for one in known.split(",")) or known == "*"
    since = handler.headers.get("If-Modified-Since")
    if since is None:
        return False
    try:
        return parsedate_to_datetime(since).timestamp() >= modified
    except ValueError:
        return False
