"""Feed readers that people use, driven from tests: each subscribes, refreshes, and tells what it has.

They run in a home of their own, on loopback, and are Debian's packages of these names.
"""

from __future__ import annotations

import email.policy
import mailbox
import os
import select
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.reader_site import ReaderSite

_PATIENCE = 180  # seconds for anything a reader does

# A bus that starts nothing by itself: readers on it bring no service of a desktop to life.
_BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen><policy context="default">
<allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/></policy></busconfig>
"""
_SUBSCRIBED = """<?xml version="1.0"?>
<opml version="1.0"><head><title>Feeds</title></head><body>
<outline text="All" type="rss" xmlUrl="{url}" id="abcdefg" updateInterval="60"/>
</body></opml>
"""
_MAIL = """[DEFAULT]
from = reader@loopback.example
to = reader@loopback.example
email-protocol = maildir
maildir-path = {home}/mail
maildir-mailbox = inbox
date-header = True
[feed.all]
url = {url}
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """One entry as a reader has it: its authors as it keeps them (with a comma between several),
    the time it shows, its link."""

    title: str
    authors: str
    when: datetime
    link: str


Reader = Callable[[ReaderSite, str, Path], list[Seen]]


def newsboat(site: ReaderSite, path: str, home: Path) -> list[Seen]:
    """What newsboat has after three refreshes: it asks by validators from its third one on."""
    needs("newsboat")
    (home / "urls").write_text(f"{site.url}{path}\n")
    (home / "config").write_text("")
    cache = home / "cache.db"
    files = ["-u", home / "urls", "-c", cache, "-C", home / "config"]
    for _ in range(3):
        _run(_environment(home), "newsboat", *map(str, files), "-x", "reload")
    rows = _rows(cache, "SELECT title, author, pubDate, url FROM rss_item")
    return [Seen(title, authors, _at(when), link) for title, authors, when, link in rows]


def sfeed(site: ReaderSite, path: str, home: Path) -> list[Seen]:
    """What sfeed_update has after two refreshes: each asks for the whole document."""
    needs("sfeed_update", "sfeed")
    needs("curl")
    kept = home / "feeds"
    rc = f'sfeedpath="{kept}"\nfeeds() {{\n  feed all "{site.url}{path}"\n}}\n'
    (home / "sfeedrc").write_text(rc)
    for _ in range(2):
        _run(_environment(home), "sfeed_update", str(home / "sfeedrc"))
    found = []
    for line in (kept / "all").read_text("utf-8").splitlines():
        when, title, link, _, _, _, author, *_ = line.split("\t")
        found.append(Seen(title, author, _at(int(when)), link))
    return found


def rss2email(site: ReaderSite, path: str, home: Path) -> list[Seen]:
    """The mails that rss2email leaves in a maildir in two runs."""
    needs("r2e", "rss2email")
    settings = home / "rss2email.cfg"
    settings.write_text(_MAIL.format(home=home, url=f"{site.url}{path}"))
    (home / "mail").mkdir()
    for _ in range(2):
        _run(_environment(home), "r2e", "-c", str(settings), "-d", str(home / "seen.json"), "run")
    found = []
    policy = email.policy.default
    for key, _ in mailbox.Maildir(home / "mail/inbox").iteritems():
        [file] = (home / "mail/inbox").glob(f"*/{key}*")
        mail = email.message_from_bytes(file.read_bytes(), policy=policy)
        # The feed's title stands before the author: "Tin: Hoài An".
        author = mail["From"].addresses[0].display_name.partition(": ")[2]
        when = mail["Date"].datetime.replace(tzinfo=UTC)
        found.append(Seen(str(mail["Subject"]), author, when, str(mail["X-RSS-URL"])))
    return found


def liferea(site: ReaderSite, path: str, home: Path) -> list[Seen]:
    """What liferea has after the refresh at its start and one that it is told to do."""
    for command, package in _DESKTOP.items():
        needs(command, package)
    database = home / ".local/share/liferea/liferea.db"
    subscribed = home / ".config/liferea/feedlist.opml"
    subscribed.parent.mkdir(parents=True)
    subscribed.write_text(_SUBSCRIBED.format(url=f"{site.url}{path}"))
    with _desktop(home) as environment:
        window = ["liferea", "--mainwindow-state=hidden", "--disable-plugins"]
        with _running(environment, *window) as program:
            _wait(lambda: _has_entries(database), program, "entries")
            _run(environment, "dbus-send", "--session", "--print-reply", *_REFRESH)
            _wait(lambda: len(site.statuses(path)) > 1, program, "second request")
    authors: dict[int, list[str]] = {}
    said = "SELECT item_id, value FROM metadata WHERE key IN ('author', 'creator') ORDER BY nr"
    for item, name in _rows(database, said):
        authors.setdefault(item, []).append(name)
    rows = _rows(database, "SELECT item_id, title, date, source FROM items")
    return [
        Seen(title, ", ".join(authors.get(item, ())), _at(when), link)
        for item, title, when, link in rows
    ]


_DESKTOP = {
    "liferea": "liferea",
    "Xvfb": "xvfb",
    "dbus-daemon": "dbus-daemon",
    "dbus-send": "dbus-bin",
}
_REFRESH = (
    "--dest=org.gnome.feed.Reader",
    "/org/gnome/feed/Reader",
    "org.gnome.feed.Reader.Refresh",
)


def needs(command: str, package: str | None = None) -> None:
    """Skip the test where there is no such command."""
    if shutil.which(command) is None:
        pytest.skip(f"{command} is not installed (Debian's package {package or command})")


@contextmanager
def _desktop(home: Path) -> Iterator[dict[str, str]]:
    """A screen that nobody sees and a bus, and the environment that leads there."""
    runtime = home / "run"
    runtime.mkdir(mode=0o700)
    # WebKit's sandbox wants name spaces, which containers seldom give.
    environment = {
        **_environment(home),
        "GSETTINGS_BACKEND": "memory",
        "NO_AT_BRIDGE": "1",
        "WEBKIT_DISABLE_COMPOSITING_MODE": "1",
        "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1",
        "XDG_RUNTIME_DIR": str(runtime),
    }
    (runtime / "bus.conf").write_text(_BUS)
    screen = ["Xvfb", "-displayfd", "1", "-screen", "0", "640x480x24", "-nolisten", "tcp"]
    bus = ["dbus-daemon", "--nofork", "--print-address=1", f"--config-file={runtime / 'bus.conf'}"]
    with _running(environment, *screen) as shown, _running(environment, *bus) as heard:
        environment["DISPLAY"] = f":{_told(shown)}"
        environment["DBUS_SESSION_BUS_ADDRESS"] = _told(heard)
        yield environment


@contextmanager
def _running(environment: dict[str, str], *command: str) -> Iterator[subprocess.Popen[bytes]]:
    """A program in the background, which is ended with all that it has started."""
    silent = subprocess.DEVNULL
    program = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=silent, start_new_session=True
    )
    try:
        yield program
    finally:
        with suppress(ProcessLookupError):
            program.terminate()
        with suppress(subprocess.TimeoutExpired):
            program.wait(60)
        with suppress(ProcessLookupError):
            os.killpg(program.pid, signal.SIGKILL)
        program.wait()
        assert program.stdout
        program.stdout.close()


def _told(program: subprocess.Popen[bytes]) -> str:
    """The first line that a program writes."""
    assert program.stdout
    ready, _, _ = select.select([program.stdout], [], [], _PATIENCE)
    line = program.stdout.readline().decode().strip() if ready else ""
    assert line, f"{program.args!r} doesn't begin"
    return line


def _wait(until: Callable[[], bool], program: subprocess.Popen[bytes], what: str) -> None:
    end = time.monotonic() + _PATIENCE
    while not until():
        assert program.poll() is None, f"{program.args!r} ended before {what}"
        assert time.monotonic() < end, f"{program.args!r} has no {what}"
        time.sleep(0.05)


def _environment(home: Path) -> dict[str, str]:
    return {"HOME": str(home), "TMPDIR": str(home), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}


def _run(environment: dict[str, str], *command: str) -> None:
    run = subprocess.run(command, env=environment, timeout=_PATIENCE, capture_output=True)
    assert run.returncode == 0, (command, run.stderr)


def _rows(path: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as database:
        return database.execute(query).fetchall()


def _has_entries(path: Path) -> bool:
    """True once liferea has written entries; it may be about to make the file or the table."""
    if not path.exists():
        return False
    with suppress(sqlite3.OperationalError):
        return bool(_rows(path, "SELECT 1 FROM items LIMIT 1"))
    return False


def _at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
