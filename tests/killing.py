"""A daemon that is killed amid its work, and a reader who looks all the while.

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
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import unquote, urljoin, urlsplit
from urllib.request import urlopen

from lxml import etree, html

from feedtool.publish import checks, jsonfeed, rsschecks
from tests.conftest import ROOT
from tests.daemons import environ
from tests.history_client import walk
from tests.news import FEEDS
from tests.reader_site import ReaderSite

SITE = "https://tin.example/"
FORMATS = ("atom", "rss", "json")
_STARTS = [f"{name}.{extension}" for name in ("all", "inbox") for extension in FORMATS]
_PAUSE = 0.02  # seconds between two rounds of the reader


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
        # What was revised stands once more in a newer document, and nothing else does. (So does
        # a file that was read before its second half came.)
        if history.repeated:
            self.bad.append(f"{start}: holds {history.repeated} in two documents as they are")
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
