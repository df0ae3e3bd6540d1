"""How the daemon lets others see how it does: counted events, a file, a port."""

from __future__ import annotations

import json
import sys
import urllib.request
from datetime import timedelta
from pathlib import Path
from urllib.error import HTTPError

import pytest

from feedtool.archive.folder import FolderArchive
from feedtool.config import ArchiveTable, Config, DaemonTable
from feedtool.daemon import Daemon
from feedtool.data import replace
from feedtool.errors import ConfigError, FetchError
from feedtool.kept import Outcome
from feedtool.model import Source
from feedtool.observer import Observer
from feedtool.publish.site import Publication
from feedtool.work import Event
from tests.cli import CONFIG, Feedtool
from tests.conftest import NOW, Server, article, later, make_config


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """An inbox with an article, an archive of its own, and whoever asks at any free port."""
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox/a.txt").write_text(article("Nước sạch về bản Pá Lương"), "utf-8")
    config = make_config(tmp_path, Source(name="inbox", url=str(tmp_path / "inbox")))
    archive = ArchiveTable(path=tmp_path / "archive")
    return replace(config, archive=archive, daemon=DaemonTable(metrics_port=0))


def _ask(observer: Observer, path: str) -> tuple[int, str]:
    assert observer._port is not None
    try:
        url = f"http://127.0.0.1:{observer._port.number}{path}"
        with urllib.request.urlopen(url, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_events_are_counted_and_shown(config: Config, tmp_path: Path) -> None:
    """At the port, from the first look on until it is closed."""
    FolderArchive(tmp_path / "archive", writing=True).close()
    observer = Observer(config, NOW)
    assert list(observer.show(config)) == []
    assert _ask(observer, "/readyz")[0] == 503
    events: list[Event] = [
        Outcome("inbox"),
        Publication(("a", "b"), 0, 0, ()),
        config,
        ConfigError("feedtool.toml", "site", "is missing"),
        FetchError("inbox", "can't be watched"),
    ]
    for event in events:
        observer.note(event, NOW, timedelta(seconds=2))
    assert list(observer.looked(NOW)) == []
    assert _ask(observer, "/readyz")[0] == 200
    code, told = _ask(observer, "/metrics")
    assert code == 200
    for line in (
        "feedtool_sources 1.0",
        "feedtool_published_files_total 2.0",
        "feedtool_last_publish_duration_seconds 2.0",
        'feedtool_config_reloads_total{result="ok"} 1.0',
        'feedtool_config_reloads_total{result="refused"} 1.0',
        "feedtool_troubles_total 1.0",
    ):
        assert line in told, line
    port = observer._port
    assert list(observer.show(replace(config, source=()))) == []
    assert observer._port is port  # a new configuration that says the same of it
    assert "feedtool_sources 0.0" in _ask(observer, "/metrics")[1]
    assert list(observer.show(replace(config, daemon=DaemonTable()))) == []
    assert observer._port is None
    observer.close()


def test_a_port_that_is_taken_is_told(config: Config) -> None:
    """The daemon goes on without."""
    first, second = Observer(config, NOW), Observer(config, NOW)
    list(first.show(config))
    assert first._port is not None
    taken = replace(config, daemon=DaemonTable(metrics_port=first._port.number))
    [error] = second.show(taken)
    assert "daemon.metrics_port" in str(error)
    first.close()
    assert list(second.show(taken)) == []
    second.close()


def test_the_file_is_written_now_and_then(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not at each look; and what is in its way is told."""
    FolderArchive(tmp_path / "archive", writing=True).close()
    path = tmp_path / "feedtool.prom"
    config = replace(config, daemon=DaemonTable(metrics_file=path))
    observer = Observer(config, NOW)
    assert list(observer.show(config)) == []
    assert list(observer.looked(NOW)) == []
    assert "feedtool_sources 1.0" in path.read_text()
    path.unlink()
    assert list(observer.looked(later(minutes=9))) == []
    assert not path.exists()
    path.mkdir()
    (path / "x").touch()
    observer._next = 0
    [error] = observer.looked(NOW)
    assert "feedtool.prom: can't be written" in str(error)
    observer.close()


def test_the_daemon_shows_how_it_does(config: Config, tmp_path: Path) -> None:
    """While it runs: what came of each source, in the file that its configuration names."""
    path = tmp_path / "feedtool.prom"
    config = replace(config, daemon=DaemonTable(metrics_file=path))
    daemon: Daemon

    def tell(event: Event) -> None:
        if isinstance(event, Publication):
            daemon.stop()

    daemon = Daemon(config, tell=tell)
    daemon.run(timedelta(milliseconds=20))
    told = path.read_text()
    assert 'feedtool_articles_total{change="new"} 1.0' in told
    assert 'feedtool_source_due_timestamp_seconds{source="inbox"}' in told


def test_a_new_configuration_is_shown_as_it_says(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A port that it names is opened, though there was none."""
    made = [replace(config, daemon=DaemonTable(metrics_port=0))]
    numbers: list[int] = []

    class Opened:
        def __init__(self, number: int, _: object) -> None:
            numbers.append(number)

        def close(self) -> None:
            numbers.append(-1)

    monkeypatch.setattr("feedtool.observer.Port", Opened)
    events: list[Event] = []
    plain = replace(config, daemon=DaemonTable())
    daemon = Daemon(plain, load=made.pop)
    daemon.reload()
    for event in daemon.events(timedelta(milliseconds=20)):
        events.append(event)
        if isinstance(event, Publication):
            daemon.stop()
    assert [type(event) for event in events].count(Config) == 1
    assert not made
    assert numbers == [0, -1]  # opened, and closed in the end


HOOK = """
[alarms]
command = [{python}, "-c", "import os, sys; open({out}, 'a').write(sys.stdin.read() + os.environ['WHERE'])"]
"""


def test_run_tells_the_owner(
    feedtool: Feedtool, tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is gone is told by the command of the configuration, once, by `run` as by `collect`, in
    the environment that it was called in."""
    out = tmp_path / "told.txt"
    hook = HOOK.format(python=json.dumps(sys.executable), out=repr(str(out)))
    source = f'[[source]]\nname = "web"\nurl = "{server.url}/a"\nallow_private = true\n'
    (tmp_path / "feedtool.toml").write_text(CONFIG + source + hook)
    monkeypatch.setenv("WHERE", "here")
    server.give("/a", b"", status=410)
    run = feedtool("run")
    assert "feedtool: web: gone: " in run.err
    assert json.loads(out.read_text().removesuffix("here"))["concern"] == "gone"
    assert feedtool("run").code == 1
    assert feedtool("collect").code == 1
    assert out.read_text().count("concern") == 1


def test_a_command_that_fails_is_told(feedtool: Feedtool, tmp_path: Path, server: Server) -> None:
    """By `collect`, which ends as it would have."""
    source = f'[[source]]\nname = "web"\nurl = "{server.url}/a"\nallow_private = true\n'
    hook = '[alarms]\ncommand = ["./none-such"]\n'
    (tmp_path / "feedtool.toml").write_text(CONFIG + source + hook)
    server.give("/a", b"", status=410)
    run = feedtool("collect")
    assert run.code == 1
    assert "none-such" in run.err
    [told] = [one for one in feedtool("status", "--json").json if one["source"] == "web"]
    assert [alarm["concern"] for alarm in told["alarms"]] == ["gone"]
