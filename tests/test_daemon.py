"""The daemon: due times, stopping, and what it does when things go wrong."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from feedtool import files
from feedtool.archive.folder import FolderArchive
from feedtool.archive.memory import MemoryArchive
from feedtool.config import Config
from feedtool.daemon import Daemon, Event
from feedtool.errors import ArchiveError, BusyError, PublishError
from feedtool.kept import Outcome
from feedtool.lease import Lease
from feedtool.model import Published, Source
from feedtool.publish.site import Publication
from tests.conftest import NOW, ROOT, Server, article, make_config, make_version

RSS = b"<rss version='2.0'><channel><title>V</title><item><title>T</title></item></channel></rss>"


class Clock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        """Let time pass."""
        self.now += timedelta(**by)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """Two inboxes, read each hour and each day."""
    for name in ("hourly", "daily"):
        (tmp_path / name).mkdir()
    hourly = Source(name="hourly", url=str(tmp_path / "hourly"))
    daily = Source(name="daily", url=str(tmp_path / "daily"), every=timedelta(days=1))
    return make_config(tmp_path, hourly, daily)


def _sources(events: list[Event]) -> list[str]:
    return [event.source for event in events if isinstance(event, Outcome)]


def test_sources_are_read_when_they_are_due(config: Config) -> None:
    """Each as often as it says, however often the daemon looks; what came is published."""
    events: list[Event] = []
    clock = Clock()
    with MemoryArchive() as archive:
        daemon = Daemon(config, archive, clock=clock, tell=events.append)
        daemon.round()
        assert _sources(events) == ["hourly", "daily"]
        assert isinstance(events[-1], Publication)
        for minutes, sources in ((0, []), (59, []), (1, ["hourly"]), (1380, ["hourly", "daily"])):
            events.clear()
            clock.forward(minutes=minutes)
            daemon.round()
            assert _sources(events) == sources


def test_a_restart_polls_nobody_early(tmp_path: Path, server: Server) -> None:
    """Due times are kept in the archive: a new daemon goes on where the old one stopped."""
    server.give("/a", RSS, ETag='"1"')
    config = make_config(tmp_path, Source(name="web", url=server.url + "/a", allow_private=True))
    clock = Clock()
    with MemoryArchive() as archive:
        for minutes, requests in ((0, 1), (44, 1), (15, 1), (8, 2)):
            clock.forward(minutes=minutes)
            daemon = Daemon(config, archive, clock=clock)
            daemon.round()
            daemon.stop()
            assert len(server.requests) == requests


def test_a_clock_that_was_put_back_silences_nobody(config: Config) -> None:
    """When due times lie further ahead than the interval, the clock was wrong: they are due."""
    clock = Clock()
    with MemoryArchive() as archive:
        events: list[Event] = []
        daemon = Daemon(config, archive, clock=clock, tell=events.append)
        daemon.round()
        events.clear()
        clock.forward(days=-300)
        daemon.round()
        assert _sources(events) == ["hourly", "daily"]


def test_a_server_that_asks_for_time_gets_it(tmp_path: Path, server: Server) -> None:
    """A source is due when its server allows it, not when its owner's interval is over."""
    server.give("/a", status=503, Retry_After="10800")
    source = Source(name="web", url=server.url + "/a", allow_private=True)
    events: list[Event] = []
    clock = Clock()
    with MemoryArchive() as archive:
        daemon = Daemon(make_config(tmp_path, source), archive, clock=clock, tell=events.append)
        for _ in range(12):
            daemon.round()
            clock.forward(minutes=20)
    assert _sources(events) == ["web", "web"]
    assert len(server.requests) == 2


def test_a_publish_that_fails_is_told_and_tried_again(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The daemon goes on, and publishes at the next look."""
    events: list[Event] = []
    clock = Clock()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with MemoryArchive() as archive:
        daemon = Daemon(config, archive, clock=clock, tell=events.append)
        with monkeypatch.context() as patch:
            patch.setattr(files, "_write", full)
            daemon.round()
        assert isinstance(events[-1], PublishError)
        told = len(events)
        daemon.round()
        assert len(events) == told  # not each second
        clock.forward(minutes=1)
        with Lease(tmp_path / "public"):  # and somebody else publishing is no end of it
            daemon.round()
        assert isinstance(events[-1], BusyError)
        clock.forward(minutes=1)
        daemon.round()
        assert isinstance(events[-1], Publication)


def test_what_is_dated_ahead_is_published_in_its_time(config: Config, tmp_path: Path) -> None:
    """An article of tomorrow comes out when its time has come, though no source is due."""
    clock = Clock()
    events: list[Event] = []
    with MemoryArchive() as archive:
        archive.put([make_version(archive, published=Published.at(NOW + timedelta(minutes=30)))])
        daemon = Daemon(config, archive, clock=clock, tell=events.append)
        daemon.round()
        events.clear()
        for _ in range(29):
            clock.forward(minutes=1)
            daemon.round()
        assert events == []
        clock.forward(minutes=2)
        daemon.round()
        assert [type(event) for event in events] == [Publication]


def test_it_runs_until_it_is_stopped(config: Config, tmp_path: Path) -> None:
    """On its own clock it picks up what is dropped, and stops when told, also before it began."""
    (tmp_path / "hourly/a.txt").write_text(article("Nước sạch về bản Pá Lương"), "utf-8")
    events: list[Event] = []
    with MemoryArchive() as archive:
        daemon: Daemon

        def tell(event: Event) -> None:
            events.append(event)
            if isinstance(event, Publication):
                daemon.stop()

        daemon = Daemon(config, archive, clock=Clock(), tell=tell)
        daemon.run(timedelta(milliseconds=20))
        assert _sources(events) == ["hourly", "daily"]
        late = Daemon(config, archive, clock=Clock())
        late.stop()
        late.run()


def test_it_stops_between_sources(config: Config) -> None:
    """A stop ends after the source that is being read; the rest is left due."""
    events: list[Event] = []
    with MemoryArchive() as archive:
        daemon: Daemon

        def tell(event: Event) -> None:
            events.append(event)
            daemon.stop()

        daemon = Daemon(config, archive, clock=Clock(), tell=tell)
        daemon.round()
        assert _sources(events) == ["hourly"]


def test_an_archive_that_fails_ends_it(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What can't be archived must not go on: the error is raised by `run`."""
    (tmp_path / "hourly/a.txt").write_text(article("Nước sạch về bản Pá Lương"), "utf-8")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with FolderArchive(tmp_path / "archive", writing=True) as archive:
        daemon = Daemon(config, archive, clock=Clock())
        monkeypatch.setattr(files, "_write", full)
        with pytest.raises(ArchiveError):
            daemon.run(timedelta(milliseconds=20))


CONFIG = """
[site]
title = "Tin"
base_url = "https://tin.example/"
[[source]]
name = "valley"
url = "inbox"
[[source]]
name = "gone"
url = "none"
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_stops_on_a_signal(tmp_path: Path, number: signal.Signals) -> None:
    """`feedtool daemon` publishes what is there, tells of failures, and ends well on a signal."""
    (tmp_path / "feedtool.toml").write_text(CONFIG)
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox/a.txt").write_text(article("Nước sạch về bản Pá Lương"), "utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, "-m", "feedtool", "daemon"],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    end = time.monotonic() + 30
    while not (tmp_path / "public/index.html").exists() and time.monotonic() < end:
        time.sleep(0.05)
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "valley: 1 new" in out
    assert "none: isn't there" in err
    assert err.rstrip().endswith("feedtool: stopped")


def test_the_command_in_this_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Outcomes, publications and failures are printed as they come."""
    from feedtool.cli.main import main

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    (tmp_path / "feedtool.toml").write_text(CONFIG)
    (tmp_path / "inbox").mkdir()
    (tmp_path / "public").write_text("in the way")
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    threading.Timer(1.0, lambda: os.kill(os.getpid(), signal.SIGTERM)).start()
    threading.Timer(0.5, (tmp_path / "public").unlink).start()
    try:
        assert main(["daemon"]) == 0
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    out, err = capsys.readouterr()
    assert "valley: nothing there" in out
    assert "public" in err
