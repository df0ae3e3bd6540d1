"""The daemon's process under signals: it ends within its bound whatever hangs, and takes over a new
configuration, or refuses it."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from threading import Event
from urllib.parse import urlsplit

import pytest

from feedtool.archive import check
from feedtool.archive.folder import FolderArchive
from feedtool.cli.running import STOP_WITHIN
from tests.conftest import ROOT, Server, article, make_version
from tests.daemons import CONFIG, INBOX, command, running, until
from tests.history_client import walk

pytestmark = pytest.mark.skipif(os.name == "nt", reason="such signals are of other systems")
MANY = 2000
# Taken in by Python itself when it starts: a name that is never found out, and a shorter bound.
HANGS = """
import socket, threading
from feedtool.cli import running
running.STOP_WITHIN = 2.0
found = socket.getaddrinfo
def hangs(host, *args, **kwargs):
    if "slow.example" in str(host):
        with open("asked", "w"):
            threading.Event().wait()
    return found(host, *args, **kwargs)
socket.getaddrinfo = hangs
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a configuration and an empty inbox."""
    (tmp_path / "feedtool.toml").write_text(CONFIG + INBOX)
    (tmp_path / "inbox").mkdir()
    return tmp_path


def _web(name: str, url: str) -> str:
    return f'[[source]]\nname = "{name}"\nurl = "{url}"\nallow_private = true\n'


def _rss(title: str) -> bytes:
    return (
        "<rss version='2.0'><channel><title>V</title><link>https://valley.example/</link>"
        f"<item><title>{title}</title><guid>https://valley.example/{title}</guid></item>"
        "</channel></rss>"
    ).encode()


def _titles(folder: Path) -> list[str]:
    with FolderArchive(folder / "archive") as archive:
        assert list(check.check(archive)) == []
        return sorted(one.entry.title for one in archive.newest())


def _hold(entered: Event, over: Event, *pieces: bytes) -> Callable[[BaseHTTPRequestHandler], None]:
    """An answer of which the end never comes, until it is over."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "application/rss+xml")
        handler.send_header("Content-Length", "1000000")
        handler.end_headers()
        for piece in pieces:
            handler.wfile.write(piece)
        entered.set()
        over.wait(300)

    return answer


def test_a_stop_amid_a_download_keeps_what_came(folder: Path, server: Server) -> None:
    """What had come is in the archive, what hung is left due, and the next start asks for it."""
    entered, over = Event(), Event()
    server.give("/a", _rss("Chè"))
    server.answers["/b"] = _hold(entered, over, _rss("Lúa")[:40])
    other = server.url.replace("127.0.0.1", "localhost")
    sources = _web("quick", f"{server.url}/a") + _web("slow", f"{other}/b")
    (folder / "feedtool.toml").write_text(CONFIG + sources)
    with running(folder) as first:
        first.hear("read", source="quick")
        until(entered.is_set, told=lambda: first.said)
        begun = time.monotonic()
        assert first.end() == 0
        assert time.monotonic() - begun < STOP_WITHIN + 20
        assert first.events("read", source="slow") == []
    over.set()
    assert _titles(folder) == ["Chè"]
    with FolderArchive(folder / "archive") as archive:
        assert archive.state.standing("quick").succeeded
        assert archive.state.standing("slow").asked is None
    server.give("/b", _rss("Lúa"))
    asked = len(server.requests)
    with running(folder) as second:
        second.hear("read", source="slow", new=1)
        assert second.end() == 0
    assert [one["path"] for one in server.requests[asked:]] == ["/b"]
    assert _titles(folder) == ["Chè", "Lúa"]


def test_a_stop_amid_the_first_publish(folder: Path) -> None:
    """It ends within its bound though thousands of pages are still to be written, and what was
    published till then is whole; the next publish goes on with the rest."""
    with FolderArchive(folder / "archive", writing=True) as archive:
        versions = [
            make_version(None, id=f"tag:e.example,2022:{n}", title=f"No {n}") for n in range(MANY)
        ]
        archive.put(versions)
    public = folder / "public"
    with running(folder) as daemon:
        until(lambda: any(public.glob("2022/*/*/*.html")), told=lambda: daemon.said)
        begun = time.monotonic()
        assert daemon.end() == 0
        assert time.monotonic() - begun < STOP_WITHIN + 20
        assert daemon.events("published") == []
    assert not list(public.rglob("*.tmp"))
    assert all(page.read_bytes().endswith(b"</html>\n") for page in public.rglob("*.html"))
    assert command(folder, "publish") == 0
    fetch: Callable[[str], bytes] = lambda at: (public / urlsplit(at).path[1:]).read_bytes()  # noqa: E731
    history = walk(fetch, "https://tin.example/all.atom")
    assert len(history.entries) == MANY
    assert (history.duplicates, history.faults) == ([], [])


def test_a_name_that_is_never_found_keeps_nobody(folder: Path, server: Server) -> None:
    """A look-up can't be cut short: the process ends beside it, with all that came."""
    (folder / "sitecustomize.py").write_text(HANGS)
    server.give("/a", _rss("Chè"))
    sources = _web("quick", f"{server.url}/a") + _web("slow", "http://slow.example/b")
    (folder / "feedtool.toml").write_text(CONFIG + sources)
    with running(folder, PYTHONPATH=f"{folder}{os.pathsep}{ROOT}") as daemon:
        daemon.hear("read", source="quick")
        until((folder / "asked").exists, told=lambda: daemon.said)
        begun = time.monotonic()
        assert daemon.end() == 0
        assert time.monotonic() - begun < 2 + 20
    assert _titles(folder) == ["Chè"]


def test_a_second_signal_ends_it_at_once(folder: Path, server: Server) -> None:
    """Who asks twice doesn't want to wait; the exit code says which signal it was."""
    (folder / "sitecustomize.py").write_text(HANGS.replace("2.0", "600.0"))
    (folder / "feedtool.toml").write_text(CONFIG + _web("slow", "http://slow.example/b"))
    with running(folder, PYTHONPATH=f"{folder}{os.pathsep}{ROOT}") as daemon:
        until((folder / "asked").exists, told=lambda: daemon.said)
        daemon.send(signal.SIGTERM)
        while daemon.process.poll() is None:
            daemon.send(signal.SIGTERM)
            time.sleep(0.1)
        assert daemon.process.returncode in (0, 128 + signal.SIGTERM, -signal.SIGTERM)


def test_a_new_configuration_holds_from_the_signal_on(folder: Path) -> None:
    """SIGHUP takes it over at once; so does, some seconds later, a change of its file."""
    for number in (1, 2, 3):
        (folder / f"inbox{number}").mkdir()
        (folder / f"inbox{number}/a.txt").write_text(article(f"Tin số {number}"), "utf-8")
    added = [f'[[source]]\nname = "n{number}"\nurl = "inbox{number}"\n' for number in (1, 2, 3)]
    with running(folder) as daemon:
        daemon.hear("started", sources=1)
        (folder / "feedtool.toml").write_text(CONFIG + INBOX + added[0])
        daemon.send(signal.SIGHUP)
        daemon.hear("configured", sources=2)
        daemon.hear("read", source="n1", new=1)
        (folder / "feedtool.toml").write_text(CONFIG + INBOX + added[0] + added[1])
        daemon.hear("configured", sources=3)
        daemon.hear("read", source="n2", new=1)
        new = folder / "new.toml"  # as editors do
        new.write_text(CONFIG + INBOX + added[2])
        new.replace(folder / "feedtool.toml")
        daemon.hear("configured", count=1, sources=2, feeds=1)
        daemon.hear("read", source="n3", new=1)
        (folder / "inbox3/b.txt").write_text(article("Tin mới từ bản Pá Lương"), "utf-8")
        daemon.hear("read", count=2, source="n3", new=1)  # it is watched by now
        assert daemon.end() == 0
    assert _titles(folder) == ["Tin mới từ bản Pá Lương", "Tin số 1", "Tin số 2", "Tin số 3"]


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ("[site", "feedtool.toml"),
        (CONFIG + INBOX + 'evry = "1h"\n', "every"),
        (CONFIG + INBOX + '[archive]\npath = "elsewhere"\n', "archive.path"),
    ],
)
def test_a_configuration_that_cant_hold_is_refused(folder: Path, wrong: str, named: str) -> None:
    """It is told in the log, once, and the one of before goes on, until a good one comes."""
    (folder / "inbox/a.txt").write_text(article("Tin số 1"), "utf-8")
    with running(folder) as daemon:
        daemon.hear("read", new=1)
        (folder / "feedtool.toml").write_text(wrong)
        told = daemon.hear("failed")
        assert named in f"{told['about']} {told['why']}"
        assert daemon.events("configured") == []
        (folder / "inbox/b.txt").write_text(article("Tin số 2"), "utf-8")
        daemon.hear("read", count=2, new=1)
        assert len(daemon.events("failed")) == 1
        daemon.send(signal.SIGHUP)
        daemon.hear("failed", count=2)
        (folder / "feedtool.toml").write_text(CONFIG + INBOX + "# mended\n")
        daemon.hear("configured")
        assert daemon.end() == 0
    assert not (folder / "elsewhere").exists()
    assert _titles(folder) == ["Tin số 1", "Tin số 2"]


@pytest.mark.parametrize("log", ["text", "json"])
def test_no_secret_of_an_address_is_told(folder: Path, server: Server, log: str) -> None:
    """Neither user, password nor key is in what is printed, however the source does."""
    server.give("/well", _rss("Chè"))
    server.give("/missing", status=404)
    server.give("/broken", status=500)
    server.give("/page", b"<html><p>no feed", Content_Type="text/html")
    server.give("/torn", _rss("Chè")[:60], Content_Type="application/rss+xml")
    server.give(
        "/away", status=301, Location="http://other:hunter2@nowhere.invalid/?api_key=s3cret"
    )
    server.give("/round", status=302, Location="/round?token=s3cret")
    host = server.url.replace("//", "//reader:hunter2@")
    paths = ("well", "missing", "broken", "page", "torn", "away", "round")
    sources = [_web(one, f"{host}/{one}?api_key=s3cret&page=1") for one in paths]
    sources.append(_web("deaf", "http://reader:hunter2@127.0.0.1:9/?api_key=s3cret"))
    sources.append(_web("nowhere", "http://reader:hunter2@nowhere.invalid/?api_key=s3cret"))
    told = CONFIG.replace('"json"', f'"{log}"')
    (folder / "feedtool.toml").write_text(told + "".join(sources))
    with running(folder) as daemon:
        for one in (*paths, "deaf", "nowhere"):
            pattern = rf"\bsource[\": =]+{one}\b"
            until(lambda: re.search(pattern, daemon.said), told=lambda: daemon.said)  # noqa: B023
        (folder / "feedtool.toml").write_text(told + "".join(sources) + sources[0])
        until(lambda: "failed" in daemon.said.partition("well")[0] or daemon.said.count("twice"))
        assert daemon.end() == 0
        said = daemon.said
    assert any("api_key=s3cret" in one["path"] for one in server.requests)
    assert "hunter2" not in said
    assert "s3cret" not in said
