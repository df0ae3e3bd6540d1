"""Telling a hub of what was published: noted by publish, told by run and by the daemon."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs

import pytest

from feedtool.archive.memory import MemoryArchive
from feedtool.cli import rounds
from feedtool.config import Config, FeedTable, PublishTable
from feedtool.daemon import Daemon
from feedtool.data import replace
from feedtool.errors import ArchiveError, FetchError, PublishError
from feedtool.herald import Herald
from feedtool.publish.documents import Documents
from feedtool.publish.shelf import SHELF, Shelf
from feedtool.publish.site import publish
from feedtool.work import Event
from tests.cli import CONFIG, Feedtool
from tests.conftest import NOW, article, later, make_config, make_version

ATOM = "https://tin.example/all.atom"


class Hub:
    """A hub on loopback: what it was told, and what it answers."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.status = 204
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                assert form["hub.mode"] == ["publish"]
                outer.told += form["hub.url"]
                self.send_response(outer.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/"

    def close(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def hub() -> Iterator[Hub]:
    """A hub on loopback."""
    running = Hub()
    yield running
    running.close()


@pytest.fixture
def config(tmp_path: Path, hub: Hub) -> Config:
    """A site with that hub."""
    table = PublishTable(path=tmp_path / "public", hub=hub.url, hub_allow_private=True)
    return make_config(tmp_path, feed=(FeedTable(name="all", formats=("atom",)),), publish=table)


@pytest.fixture
def archive() -> Iterator[MemoryArchive]:
    """An archive with one article."""
    with MemoryArchive() as opened:
        opened.put([make_version()])
        yield opened


def pings(config: Config) -> list[tuple[str, int, int]]:
    """What is still to be told."""
    with Shelf(config.publish.path / SHELF, writing=False) as shelf:
        return shelf.pings()


def test_a_hub_is_told_of_news_once(archive: MemoryArchive, config: Config, hub: Hub) -> None:
    """What was published is told to the hub, which the feed names; with nothing new, it isn't."""
    publish(config, archive, now=NOW)
    named = (config.publish.path / "all.atom").read_bytes()
    assert f'<link href="{hub.url}" rel="hub"/>'.encode() in named
    with closing(Herald(config)) as herald:
        assert herald.tell(NOW) == []
        assert herald.wait(60, NOW) == []
        assert herald.waiting == 0
    assert hub.told == [ATOM]
    publish(config, archive, now=NOW)
    with closing(Herald(config)) as herald:
        assert herald.tell(NOW) == herald.wait(60, NOW) == []
    assert hub.told == [ATOM]


def test_a_hub_that_does_not_answer_is_told_again(
    archive: MemoryArchive, config: Config, hub: Hub
) -> None:
    """After a failure it is told again, later, by whoever publishes then, and given up in the end."""
    hub.status = 500
    publish(config, archive, now=NOW)
    with closing(Herald(config)) as herald:
        herald.tell(NOW)
        herald.wait(60, NOW)
        assert herald.waiting == 1
        assert herald.tell(later(seconds=5)) == []
        assert herald.wait(60, later(seconds=5)) == []
    assert pings(config) == [(ATOM, 1, int(later(minutes=1).timestamp()))]
    with closing(Herald(config)) as herald:
        herald.tell(later(minutes=1))
        herald.wait(60, later(minutes=1))
    assert len(hub.told) == 2
    with Shelf(config.publish.path / SHELF, writing=True) as shelf, shelf.deciding():
        shelf.set_ping(ATOM, 16, int(NOW.timestamp()))
    with closing(Herald(config)) as herald:
        assert herald.tell(NOW) == []
        [error] = herald.wait(60, NOW)
    assert isinstance(error, FetchError)
    assert f"can't be told of {ATOM}: it answers 500" in str(error)
    assert pings(config) == []


def test_a_clock_that_was_put_back_silences_nobody(
    archive: MemoryArchive, config: Config, hub: Hub
) -> None:
    """What would be due in years is told now."""
    publish(config, archive, now=later(days=900))
    with closing(Herald(config)) as herald:
        herald.tell(NOW)
        herald.wait(60, NOW)
    assert hub.told == [ATOM]


def test_news_during_a_telling_are_told_afterwards(
    archive: MemoryArchive, config: Config, hub: Hub
) -> None:
    """A hub that fetches while more is published may have missed it: it is told once more."""
    publish(config, archive, now=NOW)
    with closing(Herald(config)) as herald:
        herald.tell(NOW)
        herald.news((ATOM, "https://tin.example/other.atom"), NOW)
        herald.wait(60, NOW)
    assert hub.told == [ATOM, ATOM]


def test_without_a_hub_nobody_is_told(archive: MemoryArchive, config: Config, hub: Hub) -> None:
    """No hub in the configuration: nothing is noted, nothing is sent."""
    silent = replace(config, publish=replace(config.publish, hub=None))
    publish(silent, archive, now=NOW)
    assert pings(silent) == []
    with closing(Herald(silent)) as herald:
        herald.look()
        assert herald.tell(NOW) == []
    assert hub.told == []


def _herald(daemon: Daemon) -> Herald:
    assert daemon._work is not None
    return daemon._work._herald


def test_the_daemon_tells_the_hub(archive: MemoryArchive, config: Config, hub: Hub) -> None:
    """A round that publishes tells the hub meanwhile, and a later one learns what came of it."""
    hub.status = 503
    told: list[Event] = []
    clock = [NOW]
    daemon = Daemon(config, archive, clock=lambda: clock[0], tell=told.append)
    daemon.round()
    _herald(daemon)._pinger.wait(60)
    clock[0] = later(seconds=1)
    daemon.round()
    assert hub.told == [ATOM]
    [(_, tries, due)] = pings(config)
    assert (tries, due) == (1, int((later(seconds=1) + timedelta(hours=0, minutes=1)).timestamp()))
    with Shelf(config.publish.path / SHELF, writing=True) as shelf, shelf.deciding():
        shelf.set_ping(ATOM, 16, due)
    _herald(daemon).look()
    clock[0] = later(minutes=5)
    daemon.round()
    _herald(daemon)._pinger.wait(60)
    daemon.round()
    assert any(isinstance(event, FetchError) for event in told)
    daemon.stop()
    daemon.run()


def test_run_tells_the_hub(
    feedtool: Feedtool, tmp_path: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`run` waits a moment for the hub, and says so where it hasn't heard; the next one tells it."""
    monkeypatch.setattr(rounds, "_HEARING", 60.0)
    (tmp_path / "inbox/a.txt").write_text(article("Nước sạch về bản Pá Lương"), "utf-8")
    table = f'\n[publish]\nhub = "{hub.url}"\nhub_allow_private = true\n'
    (tmp_path / "feedtool.toml").write_text(CONFIG + table)
    hub.status = 500
    run = feedtool("run")
    assert run.code == 0
    assert f"{hub.url} hasn't heard of the news at 3 addresses: the next round tells" in run.err
    assert len(hub.told) == 3
    with Shelf(tmp_path / "public" / SHELF, writing=True) as shelf, shelf.deciding():
        for topic, _, due in shelf.pings():
            shelf.set_ping(topic, 1, due - 60)
    hub.status = 202
    assert feedtool("publish").err == ""
    assert len(hub.told) == 6
    with Shelf(tmp_path / "public" / SHELF, writing=True) as shelf, shelf.deciding():
        shelf.set_ping(ATOM, 16, 0)
    hub.status = 500
    assert f"can't be told of {ATOM}" in feedtool("run").err


def test_news_are_noted_before_anybody_can_see_them(
    archive: MemoryArchive, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A publish that is cut short once a feed is written has noted that the hub is to be told."""

    def fail(*_: object) -> None:
        raise OSError(5, "no more")

    with monkeypatch.context() as patch:
        patch.setattr(Documents, "settle", fail)
        with pytest.raises(PublishError):
            publish(config, archive, now=NOW)
    publish(config, archive, now=NOW)
    assert [topic for topic, _, _ in pings(config)] == [ATOM]


def test_a_shelf_that_cannot_be_read_is_told(archive: MemoryArchive, config: Config) -> None:
    """The daemon says so, with the way out, and goes on."""
    told: list[Event] = []
    daemon = Daemon(config, archive, clock=lambda: NOW, tell=told.append)
    daemon.round()
    _herald(daemon)._is_new = True

    def locked(*_: object, **__: object) -> None:
        raise ArchiveError("published.sqlite", "can't be used: database is locked")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("feedtool.herald.Shelf", locked)
        daemon.round()
    assert "can't be used; if it is damaged, delete it: publish makes all anew" in str(told[-1])
    daemon.stop()
    daemon.run()
