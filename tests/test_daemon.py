"""The daemon: due times, stopping, and what it does when things go wrong."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

import pytest

from feedtool import files
from feedtool.archive.folder import FolderArchive
from feedtool.archive.memory import MemoryArchive
from feedtool.config import AlarmsTable, ArchiveTable, Config
from feedtool.daemon import Daemon
from feedtool.data import replace
from feedtool.errors import ArchiveError, BusyError, ConfigError, FetchError, PublishError
from feedtool.kept import Outcome
from feedtool.lease import Lease
from feedtool.model import Published, Source
from feedtool.publish.site import Publication
from feedtool.work import Event
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
        assert _sources(events)[:2] == ["hourly", "daily"]
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


def test_a_dropped_file_is_read_at_once(tmp_path: Path) -> None:
    """A folder is watched: no other round of it is due for an hour. One by a calendar isn't."""
    (tmp_path / "inbox").mkdir()
    (tmp_path / "paper").mkdir()
    inbox = Source(name="inbox", url=str(tmp_path / "inbox"))
    paper = Source(name="paper", url=str(tmp_path / "paper"), at=("06:00",))
    events: list[Event] = []
    dropped = threading.Event()
    with MemoryArchive() as archive:
        daemon: Daemon

        def tell(event: Event) -> None:
            events.append(event)
            if isinstance(event, Publication) and not dropped.is_set():
                for folder in ("paper", "inbox"):
                    words = article("Nước sạch về bản Pá Lương")
                    (tmp_path / folder / "a.txt").write_text(words, "utf-8")
                dropped.set()
            elif isinstance(event, Publication):
                daemon.stop()

        daemon = Daemon(make_config(tmp_path, inbox, paper), archive, tell=tell)
        daemon.run(timedelta(milliseconds=50))
        assert [version.source for version in archive.newest()] == ["inbox"]
        assert _sources(events).count("paper") == 1


def test_what_changes_while_it_is_read_is_read_again(config: Config) -> None:
    """And a folder that changes all the time has its rest, before the same is looked at again."""
    events: list[Event] = []
    clock = Clock()
    with MemoryArchive() as archive:
        daemon = Daemon(config, archive, clock=clock, tell=events.append)
        daemon.round()
        work = daemon._work
        assert work is not None
        for name in ("hourly", "nobody"):
            daemon._note_change(name)
        events.clear()
        clock.forward(minutes=1)
        daemon.round()
        assert _sources(events) == ["hourly"]
        assert work._agenda is not None
        taken = work._agenda.take(clock.now + timedelta(days=2))
        assert taken == ["hourly", "daily"]  # in hand
        work.changed("hourly")
        for name in taken:
            work._note(Outcome(name, due=clock.now + timedelta(hours=5)))
        events.clear()
        daemon.round()
        assert _sources(events) == ["hourly"]


def test_it_is_read_at_its_times(tmp_path: Path, server: Server) -> None:
    """By `at` and `cron`, in the source's zone; what was missed is made up for once."""
    server.give("/a", RSS, ETag='"1"')
    source = Source(
        name="web",
        url=server.url + "/a",
        allow_private=True,
        at=("06:00", "18:00"),
        time_zone="Asia/Ho_Chi_Minh",
    )
    config = make_config(tmp_path, source)
    clock = Clock()
    clock.now = datetime(2022, 5, 4, 1, tzinfo=UTC)  # 8:00 there
    with MemoryArchive() as archive:
        daemon = Daemon(config, archive, clock=clock)
        for hours, requests in ((0, 1), (9.9, 1), (0.2, 2), (11.8, 2), (0.2, 3)):
            clock.forward(hours=hours)
            daemon.round()
            assert len(server.requests) == requests
        daemon.close()
        clock.forward(days=5)
        for requests in (4, 4):
            daemon = Daemon(config, archive, clock=clock)
            daemon.round()
            daemon.close()
            assert len(server.requests) == requests


def test_a_failed_round_by_calendar_is_made_up_for(tmp_path: Path, server: Server) -> None:
    """As soon as the server may be asked again, and not only at the next of its times."""
    server.give("/a", b"", status=500)
    source = Source(name="web", url=server.url + "/a", allow_private=True, cron="0 6 * * *")
    clock = Clock()
    clock.now = datetime(2022, 5, 4, 6, tzinfo=UTC)
    with MemoryArchive() as archive:
        daemon = Daemon(make_config(tmp_path, source), archive, clock=clock)
        for minutes, requests in ((0, 1), (59, 1), (2, 2), (119, 2), (2, 3)):
            clock.forward(minutes=minutes)
            daemon.round()
            assert len(server.requests) == requests
        server.give("/a", RSS)
        for hours, requests in ((4, 4), (16, 4), (2, 5)):
            clock.forward(hours=hours)
            daemon.round()
            assert len(server.requests) == requests
        daemon.close()


def test_a_clock_put_back_while_it_was_off_asks_nobody_early(
    tmp_path: Path, server: Server
) -> None:
    """What was asked in a future that is none is due after its interval, counted from now."""
    server.give("/a", RSS, ETag='"1"')
    every = timedelta(hours=6)
    source = Source(name="web", url=server.url + "/a", allow_private=True, every=every)
    daily = Source(name="day", url=server.url + "/a", allow_private=True, at=("06:00",))
    clock = Clock()
    with MemoryArchive() as archive:
        daemon = Daemon(make_config(tmp_path, source, daily), archive, clock=clock)
        daemon.round()
        daemon.close()
        clock.forward(days=-400)
        daemon = Daemon(make_config(tmp_path, source, daily), archive, clock=clock)
        for hours, requests in ((0, 2), (6, 3), (1, 4), (24, 6)):
            daemon.round()
            clock.forward(hours=hours)
            daemon.round()
            assert len(server.requests) >= requests
        daemon.close()


def test_what_is_gone_is_asked_no_more(tmp_path: Path, server: Server) -> None:
    """Neither by the daemon that was told, nor by the next one."""
    server.give("/a", b"", status=410)
    config = make_config(tmp_path, Source(name="web", url=server.url + "/a", allow_private=True))
    clock = Clock()
    with MemoryArchive() as archive:
        for _ in range(2):
            daemon = Daemon(config, archive, clock=clock)
            for _ in range(3):
                daemon.round()
                clock.forward(days=40)
            daemon.close()
    assert len(server.requests) == 1


def test_another_address_of_what_was_gone_is_asked(tmp_path: Path, server: Server) -> None:
    """What the server of the old one said is no matter, once the owner has written the new one; and
    the alarm is over when that answers."""
    server.give("/a", b"", status=410)
    server.give("/b", RSS)
    source = Source(name="web", url=server.url + "/a", allow_private=True)
    events: list[Event] = []
    clock = Clock()
    with MemoryArchive() as archive:
        for one in (source, replace(source, url=server.url + "/b")):
            daemon = Daemon(make_config(tmp_path, one), archive, clock=clock, tell=events.append)
            daemon.round()
            daemon.close()
        assert archive.state.standing("web").alarms == ()
    alarms = [one for event in events if isinstance(event, Outcome) for one in event.alarms]
    assert [(one.concern, one.over is None) for one in alarms] == [("gone", True), ("gone", False)]


@pytest.mark.parametrize("hours", [-1, 5])
def test_a_clock_that_jumps_does_not_stop_the_ticks(
    config: Config, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    """APScheduler waits for the time of its next run, which comes an hour late when the clock was
    put back; and a run that is late by hours, as after sleep, it would drop."""
    looks = threading.Semaphore(0)
    jumped = threading.Event()

    class Shifted(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Shifted:
            by = timedelta(hours=hours) if jumped.is_set() else timedelta(0)
            return cls.fromtimestamp(time.time(), tz) + by  # type: ignore[return-value]

    monkeypatch.setattr("apscheduler.schedulers.base.datetime", Shifted)
    monkeypatch.setattr("apscheduler.triggers.interval.datetime", Shifted)
    with MemoryArchive() as archive:
        daemon = Daemon(replace(config, source=()), archive, clock=Clock(), alive=looks.release)
        thread = threading.Thread(target=daemon.run, args=(timedelta(milliseconds=100),))
        thread.start()
        for _ in range(3):
            assert looks.acquire(timeout=60)
        jumped.set()
        for _ in range(20):
            assert looks.acquire(timeout=60)
        daemon.stop()
        thread.join()


def test_two_daemons_of_two_archives_run_side_by_side(config: Config, tmp_path: Path) -> None:
    """In one process: they share no store of jobs, and each reads its own sources."""
    reads: dict[str, list[Event]] = {"hourly": [], "daily": []}
    both = threading.Barrier(2, timeout=60)

    def run(source: Source) -> None:
        public = replace(config.publish, path=tmp_path / f"public-{source.name}")
        own = replace(config, source=(source,), publish=public)
        with MemoryArchive() as archive:
            daemon = Daemon(own, archive, clock=Clock())
            for event in daemon.events(timedelta(milliseconds=20)):
                reads[source.name].append(event)
                if isinstance(event, Publication):
                    both.wait()
                    daemon.stop()

    threads = [threading.Thread(target=run, args=(source,)) for source in config.source]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {name: set(_sources(events)) for name, events in reads.items()} == {
        "hourly": {"hourly"},
        "daily": {"daily"},
    }


def test_who_is_told_of_an_alarm_is_told_once(tmp_path: Path, server: Server) -> None:
    """Also where a new configuration is taken over, or the daemon stops, while he is told."""
    server.give("/a", b"", status=410)
    out = tmp_path / "told.txt"
    write = f"import sys; open({str(out)!r}, 'a').write(sys.stdin.read())"
    alarms = AlarmsTable(command=(sys.executable, "-c", write))
    source = Source(name="web", url=server.url + "/a", allow_private=True)
    config = replace(make_config(tmp_path, source), alarms=alarms)
    with MemoryArchive() as archive:
        daemon = Daemon(config, archive, clock=Clock(), load=lambda: config)
        for event in daemon.events(timedelta(milliseconds=50)):
            if isinstance(event, Outcome):
                daemon.reload()
            if isinstance(event, Config):
                daemon.stop()
        assert archive.state.untold() == []
        daemon = Daemon(config, archive, clock=Clock())
        daemon.round()
        daemon.close()
    assert out.read_text().count("concern") == 1


def test_a_new_configuration_holds_from_now_on(config: Config, tmp_path: Path) -> None:
    """When told, and when its file has changed and stays so; a broken one is refused and told, as
    is another archive, and the old one goes on."""
    file = tmp_path / "feedtool.toml"
    file.write_text("1")
    made: list[Config | ConfigError] = [
        ConfigError(file, "site", "is missing"),
        replace(config, archive=replace(config.archive, path=tmp_path / "other")),
        replace(config, source=config.source[1:]),
    ]

    def load() -> Config:
        one = made.pop(0)
        if isinstance(one, ConfigError):
            raise one
        return one

    events: list[Event] = []
    clock = Clock()
    with MemoryArchive() as archive:
        daemon = Daemon(config, archive, clock=clock, tell=events.append, load=load, watched=file)
        daemon.round()
        events.clear()
        daemon.reload()
        daemon.round()
        assert [type(event) for event in events] == [ConfigError]
        file.write_text("22")
        daemon.round()
        assert len(made) == 2  # it may not be whole
        daemon.round()
        assert "archive.path: is another" in str(events.pop())
        assert len(made) == 1
        events.clear()
        file.unlink()
        daemon.round()
        file.write_text("333")
        daemon.round()
        daemon.round()
        assert made == []
        told = [event for event in events if isinstance(event, Config)]
        assert [one.source for one in told] == [config.source[1:]]
        assert _sources(events) == ["daily"]
        events.clear()
        clock.forward(hours=1)
        daemon.round()
        assert _sources(events) == []
        daemon.close()
        plain = Daemon(config, archive, clock=clock, tell=events.append)
        plain.reload()
        plain.round()  # nobody said how
        plain.close()
        assert _sources(events) == ["hourly", "daily"]


def test_it_opens_the_archive_itself(config: Config, tmp_path: Path) -> None:
    """Where none is given, that of the configuration, and only while it works."""
    (tmp_path / "hourly/a.txt").write_text(article("Nước sạch về bản Pá Lương"), "utf-8")
    config = replace(config, archive=ArchiveTable(path=tmp_path / "archive"))
    kinds: list[str] = []
    daemon = Daemon(config)
    for event in daemon.events(timedelta(milliseconds=20)):
        kinds.append(type(event).__name__)
        if isinstance(event, Publication):
            daemon.stop()
    assert kinds[0] == "Outcome"
    assert "Publication" in kinds
    with FolderArchive(config.archive.path, writing=True) as archive:
        assert len(list(archive.newest())) == 1


def test_what_cannot_be_watched_is_told(config: Config) -> None:
    """By name, and that its schedule goes on."""
    events: list[Event] = []
    with MemoryArchive() as archive:
        daemon = Daemon(config, archive, clock=Clock(), tell=events.append)
        daemon._changes.put(OSError(28, "inotify watch limit reached", "inbox"))
        daemon._changes.put(OSError("no reason"))
        daemon.round()
        daemon.close()
    told = [str(event) for event in events if isinstance(event, FetchError)]
    assert told == [
        "inbox: can't be watched: inotify watch limit reached; it is read by its schedule",
        "a folder: can't be watched: no reason; it is read by its schedule",
    ]


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
    lines = out.splitlines()
    assert "event=started sources=2" in lines[0]
    [read] = [line for line in lines if "event=read source=valley new=1" in line]
    assert "keys=2" in read
    [failed] = [line for line in lines if "event=read source=gone" in line]
    assert "level=warning" in failed
    assert "none: isn't there" in failed
    assert lines[-1].endswith("event=stopped")
    assert err == ""


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
    assert main(["daemon", "--json"]) == 0
    assert {number: signal.getsignal(number) for number in handlers} == handlers
    out, _ = capsys.readouterr()
    told = [json.loads(line) for line in out.splitlines()]
    assert [one["event"] for one in told][:2] == ["started", "read"]
    assert {one["source"] for one in told if one["event"] == "read"} == {"valley", "gone"}
    [failed] = [one for one in told if one["event"] == "failed"]
    assert "public" in failed["about"]
    assert told[-1]["event"] == "stopped"
