"""News that keep coming, a daemon that is killed amid them, and a reader who looks all the while.

The reader knows nothing of the daemon: it asks for what is published over HTTP, and says of each
document that isn't whole and valid, or that lost or doubled what it has seen.
"""

from __future__ import annotations

import gzip
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import unquote, urljoin, urlsplit
from urllib.request import urlopen

from lxml import etree, html

from feedtool.publish import checks, jsonfeed, rsschecks
from tests.conftest import ROOT, article
from tests.daemons import environ
from tests.history_client import walk
from tests.killed_daemon import HOSTS
from tests.reader_site import ReaderSite

SITE = "https://tin.example/"
FEEDS = 20
FORMATS = ("atom", "rss", "json")
_OPENED = datetime(2022, 5, 4, tzinfo=UTC)
_STARTS = [f"{name}.{extension}" for name in ("all", "inbox") for extension in FORMATS]
_PAUSE = 0.02  # seconds between two rounds of the reader
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


class Reader:
    """Asks for all that is published, again and again, in a thread. `bad` says what was wrong with
    what it got, and `reads` counts what it got."""

    def __init__(self, site: ReaderSite) -> None:
        self.reads = 0
        self.walks = 0
        self.bad: list[str] = []
        self.seen: dict[str, dict[str, str]] = {}  # by feed, the newest title by id
        self._site, self._chance = site, random.Random(1)
        self._known: set[str] = set()  # what was there once
        self._closed: dict[str, bytes] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Reader:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def look(self) -> None:
        """Read everything once, all history too."""
        for start in _STARTS:
            self._walk(start)
        self._glance()

    def _glance(self) -> None:
        """Read what changes most."""
        for path in (*_STARTS, "index.html", "feeds.opml", "sitemap.xml", "status.atom"):
            self._read(path)
        for page in ("all.html", "inbox.html"):
            self._browse(page)

    def _run(self) -> None:
        while not self._over.wait(_PAUSE):
            try:
                self._glance()
                self._walk(self._chance.choice(_STARTS))
            except Exception as error:  # noqa: BLE001 - told by the test
                self.bad.append(f"the reader failed: {type(error).__name__}: {error}")

    def _get(self, path: str) -> bytes | None:
        """What is at a path; None where nothing is, and never was."""
        try:
            with urlopen(f"{self._site.url}/{path}", timeout=60) as answer:
                body: bytes = answer.read()
        except HTTPError as error:
            if path in self._known:
                self.bad.append(f"{path}: {error.code}, and was there before")
            return None
        self.reads += 1
        self._known.add(path)
        return body

    def _read(self, path: str, *, led: str = "") -> bytes:
        """What is at a path, looked at; nothing where that isn't there. `led`: what leads to it."""
        body = self._get(path)
        if body is None:
            if led:
                self.bad.append(f"{path}: isn't there, though {led} leads to it")
            return b""
        self.bad += [f"{path}: {fault}" for fault in faults(path, body)]
        if self._chance.random() < 0.2:
            packed = self._get(f"{path}.gz")
            if packed is None:
                self.bad.append(f"{path}.gz: isn't there")
            else:
                unpacked = gzip.decompress(packed)
                self.bad += [f"{path}.gz: {fault}" for fault in faults(path, unpacked)]
        return body

    def _walk(self, start: str) -> None:
        """Read a feed to its first entry."""
        if self._get(start) is None:
            return

        def fetch(address: str) -> bytes:
            path = address.removeprefix(SITE)
            if path == start:
                return self._read(path)
            known = self._closed.get(path)
            if known is not None and self._chance.random() > 0.05:
                return known
            body = self._read(path, led=start)
            if known is not None and body != known:
                self.bad.append(f"{path}: was closed, and has changed")
            self._closed[path] = body
            return body

        history = walk(fetch, SITE + start)
        self.walks += 1
        self.bad += history.faults
        titles = {one.id: one.title for one in history.entries.values()}
        # What was revised stands once more in a newer document, and nothing else does.
        doubled = [one for one in history.duplicates if titles[one].endswith(" bản 1")]
        if doubled:
            self.bad.append(f"{start}: holds {doubled} in two documents")
        lost = self.seen.get(start, {}).keys() - titles.keys()
        if lost:
            self.bad.append(f"{start}: has lost {sorted(lost)}")
        for identity, title in self.seen.get(start, {}).items():
            if identity in titles and _version(titles[identity]) < _version(title):
                self.bad.append(f"{start}: went back from {title} to {titles[identity]}")
        self.seen[start] = titles

    def _browse(self, page: str) -> None:
        """Read a page, and some of those that it leads to."""
        body = self._read(page)
        if not body:
            return
        links = [link.get("href") for link in html.fromstring(body).iterfind(".//a[@href]")]
        here = [urlsplit(urljoin(SITE + page, link)) for link in links]
        paths = [unquote(one.path[1:]) for one in here if one.netloc == urlsplit(SITE).netloc]
        # All lead to the first page, which comes last.
        paths = [path for path in paths if path not in ("", "index.html")]
        for path in self._chance.sample(paths, min(3, len(paths))):
            self._read(path, led=page)


def _version(title: str) -> int:
    return int(title.rpartition(" ")[2])


def faults(path: str, body: bytes) -> list[str]:
    """Return what is wrong with a published document of this name."""
    extension = path.rpartition(".")[2]
    if extension == "html":
        whole = body.startswith(b"<!") and body.rstrip().endswith(b"</html>")
        return [] if whole else [f"is no whole page: {body[-40:]!r}"]
    if extension == "json":
        return jsonfeed.faults(body)
    try:
        root = etree.fromstring(body)
    except etree.XMLSyntaxError as error:
        return [f"is no XML: {error}"]
    if extension == "atom":
        return checks.feed_faults(body)
    if extension == "rss":
        return rsschecks.faults(body)
    tag = etree.QName(root).localname
    return [] if tag in ("opml", "urlset", "sitemapindex") else [f"is {tag}"]


class Killed:
    """The daemon's process, which may be killed and started anew."""

    def __init__(self, folder: Path, port: int) -> None:
        self._command = [
            sys.executable, "-m", "tests.killed_daemon", str(folder), str(port), str(FEEDS),
        ]  # fmt: skip
        self._errors = folder / "daemon.err"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and don't wait for it."""
        with self._errors.open("ab") as errors:
            self._process = subprocess.Popen(
                self._command, cwd=ROOT, env=environ(), stdout=subprocess.PIPE, stderr=errors
            )

    def wait(self) -> None:
        """Wait until it has begun to work."""
        assert self._process is not None
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == b"started\n", self.errors

    def kill(self) -> None:
        """Kill it, wherever it is."""
        assert self._process is not None
        assert self._process.poll() is None, self.errors
        self._process.kill()
        self._process.communicate()

    def end(self) -> int:
        """Let it end, and return its exit code."""
        assert self._process is not None
        self._process.terminate()
        self._process.communicate(timeout=120)
        return self._process.returncode

    def drop(self) -> None:
        """End it, however that went."""
        if self._process is not None and self._process.poll() is None:
            self.kill()

    @property
    def errors(self) -> str:
        """What it has said of errors; nothing, if all is well."""
        return self._errors.read_text("utf-8")


def kill_again_and_again(
    daemon: Killed, times: int, seed: int, meanwhile: Callable[[], object]
) -> None:
    """Start and kill it so many times: some while it starts, most amid its work. `meanwhile()` is
    called after each."""
    chance = random.Random(seed)
    for _ in range(times):
        daemon.start()
        if chance.random() > 0.15:
            daemon.wait()
        time.sleep(chance.uniform(0, 2.5))
        daemon.kill()
        meanwhile()
