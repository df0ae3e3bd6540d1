"""News that keep coming: feeds on loopback that grow and change, and a folder of files that do."""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.conftest import article
from tests.killed_daemon import HOSTS

FEEDS = 20
_OPENED = datetime(2022, 5, 4, tzinfo=UTC)
_WORDS = [
    "chè",
    "lúa",
    "nương",
    "suối",
    "bản",
    "mường",
    "chợ",
    "phiên",
    "ngô",
    "sắn",
    "mưa",
    "nắng",
    "đường",
    "cầu",
    "trường",
    "lớp",
]


@dataclass
class Piece:
    """An article as it is served: its number within its feed or inbox, and its version."""

    number: int
    version: int = 1

    def title(self, of: object) -> str:
        """What it is called: by this, what is published is told apart."""
        return f"Tin {of} số {self.number} bản {self.version}"

    def text(self, of: object) -> str:
        """What it says, which is like no other."""
        chance = random.Random(f"{of} {self.number} {self.version}")
        return " ".join(chance.choices(_WORDS, k=60)).capitalize() + f" {of} {self.number}."


class News:
    """Feeds on loopback that grow and change as they are asked, and a folder in which files appear
    and change. Half of the feeds are RSS, half are Atom."""

    def __init__(self, inbox: Path, seed: int) -> None:
        """Nothing comes before `begin`."""
        self.feeds: list[list[Piece]] = [[Piece(0)] for _ in range(FEEDS)]
        self.files: list[Piece] = []
        self.coming = False
        self._inbox, self._chance = inbox, random.Random(seed)
        self._lock = threading.Lock()
        news = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                news._answer(self)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        host = "0.0.0.0" if "{}" in HOSTS else "127.0.0.1"
        self._server = ThreadingHTTPServer((host, 0), Handler)
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]  # killed amid it
        self.port: int = self._server.server_address[1]
        serve = self._server.serve_forever
        self._threads = [
            threading.Thread(target=serve, args=(0.02,), daemon=True),
            threading.Thread(target=self._write, daemon=True),
        ]
        self._over = threading.Event()

    def __enter__(self) -> News:
        self._inbox.mkdir(parents=True)
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()
        for thread in self._threads:
            thread.join()

    def end(self) -> None:
        """Let nothing more come."""
        with self._lock:
            self.coming = False

    @property
    def ids(self) -> dict[str, str]:
        """The title of each entry of the feeds, as it is by now, by its id."""
        return {
            _id(feed, piece): piece.title(feed)
            for feed, pieces in enumerate(self.feeds)
            for piece in pieces
        }

    @property
    def titles(self) -> list[str]:
        """The titles of all there is, as they are by now, in order."""
        return sorted([*self.ids.values(), *(piece.title("inbox") for piece in self.files)])

    def _write(self) -> None:
        """Drop files into the inbox, and edit some, in one write and in several."""
        while not self._over.wait(self._chance.uniform(0.05, 0.4)):
            with self._lock:
                if not self.coming:
                    continue
                if self.files and self._chance.random() < 0.3:
                    piece = self._chance.choice(self.files)
                    piece.version += 1
                else:
                    piece = Piece(len(self.files))
                    self.files.append(piece)
                self._put(piece)

    def _put(self, piece: Piece) -> None:
        written = article(piece.title("inbox"), piece.text("inbox")).encode()
        path = self._inbox / f"{piece.number}.txt"
        if self._chance.random() < 0.5:
            draft = path.with_name(f".{path.name}.tmp")  # as careful programs do
            draft.write_bytes(written)
            draft.replace(path)
            return
        with path.open("wb", buffering=0) as file:
            file.write(written[: len(written) // 2])
            time.sleep(self._chance.choice((0, 0.05)))
            file.write(written[len(written) // 2 :])

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        number = handler.path.removeprefix("/")
        if not number.isdecimal():
            handler.send_error(404)
            return
        with self._lock:
            body = self._document(int(number))
        tag = f'"{sha256(body).hexdigest()[:16]}"'
        same = handler.headers.get("If-None-Match") == tag
        handler.send_response(304 if same else 200)
        handler.send_header("ETag", tag)
        if not same:
            handler.send_header("Content-Type", "application/xml")
            handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        if not same:
            handler.wfile.write(body)

    def _document(self, feed: int) -> bytes:
        """The feed as it is now: all that it ever held, as a crash may cost an answer."""
        pieces, chance = self.feeds[feed], self._chance
        for _ in range(chance.choice((0, 0, 1, 1, 2, 3)) if self.coming else 0):
            if chance.random() < 0.2:
                chance.choice(pieces).version += 1
            else:
                pieces.append(Piece(len(pieces)))
        make = _atom if feed % 2 else _rss
        return make(feed, pieces).encode()


def _id(feed: int, piece: Piece) -> str:
    return f"https://valley.example/{feed}/{piece.number}"


def _rss(feed: int, pieces: list[Piece]) -> str:
    items = "".join(
        f"<item><title>{escape(piece.title(feed))}</title><link>{_id(feed, piece)}</link>"
        f"<guid>{_id(feed, piece)}</guid><pubDate>{_day(piece):%d May 2022 %H:%M:%S +0000}</pubDate>"
        f"<description>{piece.text(feed)}</description></item>"
        for piece in reversed(pieces)
    )
    return (
        f"<rss version='2.0'><channel><title>Valley {feed}</title>"
        f"<link>https://valley.example/{feed}</link><description>V</description>{items}"
        "</channel></rss>"
    )


def _atom(feed: int, pieces: list[Piece]) -> str:
    entries = "".join(
        f"<entry><title>{escape(piece.title(feed))}</title><id>{_id(feed, piece)}</id>"
        f"<link href='{_id(feed, piece)}'/><published>{_day(piece):%Y-%m-%dT%H:%M:%SZ}</published>"
        f"<updated>{_day(piece, piece.version):%Y-%m-%dT%H:%M:%SZ}</updated>"
        f"<content type='html'>&lt;p&gt;{piece.text(feed)}&lt;/p&gt;</content></entry>"
        for piece in reversed(pieces)
    )
    return (
        f"<feed xmlns='http://www.w3.org/2005/Atom'><title>Valley {feed}</title>"
        f"<id>https://valley.example/{feed}</id><updated>2022-05-04T00:00:00Z</updated>"
        f"<author><name>Toà soạn</name></author>{entries}</feed>"
    )


def _day(piece: Piece, minutes: int = 0) -> datetime:
    seconds = (piece.number * 97 + minutes * 60) % 80_000
    return datetime.fromtimestamp(_OPENED.timestamp() + seconds, UTC)
