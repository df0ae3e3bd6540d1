"""The daemon's numbers, and its port: what Prometheus reads, and who is answered at all."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from feedtool import metrics, watchtower
from feedtool.archive.folder import FolderArchive
from feedtool.data import replace
from feedtool.errors import ArchiveError, FeedtoolError, OutputError, PublishError, SourceError
from feedtool.kept import Alarm, Outcome, Run
from feedtool.manners.standing import Standing
from feedtool.metrics import Vitals
from feedtool.publish.site import Publication
from feedtool.version import __version__
from feedtool.watchtower import Answer, Port
from tests.conftest import NOW, later

QUIET = Alarm("valley", "quiet", NOW, "nothing new for 12 days")
Read = dict[tuple[str, tuple[str, ...]], float]


class Steady:
    """A clock that nobody puts back."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        """Its time."""
        return self.seconds


def read(exposed: bytes) -> Read:
    """The samples of a page of metrics, as Prometheus' own parser reads them, without the process's."""
    return {
        (sample.name.removeprefix("feedtool_"), tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(exposed.decode())
        for sample in family.samples
        if sample.name.startswith("feedtool_")
    }


def test_what_was_done_is_counted() -> None:
    """Rounds, what they brought, how late they were, alarms, publishes, reloads."""
    vitals = Vitals(NOW)
    vitals.sources = 3
    run = Run(NOW, 2, 1, 40, 3, 0.5, timedelta(seconds=4))
    over = replace(QUIET, over=later(hours=1))
    vitals.outcome(Outcome("valley", purged=4, alarms=(QUIET, over), run=run))
    vitals.outcome(
        Outcome("valley", run=replace(run, late=timedelta(hours=2), trouble="answers 500"))
    )
    vitals.outcome(Outcome("valley", run=Run(NOW, late=timedelta(seconds=-1))))
    vitals.outcome(Outcome("valley", waits=later(hours=1)))  # it was left alone
    fault = PublishError("a", "b")
    vitals.publication(
        Publication(("a", "b"), 9, 2, ("c",), (fault,)), later(hours=1), timedelta(seconds=2)
    )
    vitals.publication(Publication((), 9), later(hours=2), timedelta(seconds=1))
    vitals.trouble()
    vitals.reloaded(True)
    vitals.reloaded(False)
    vitals.tick(later(hours=3))
    vitals.ready = True
    found = read(metrics.expose(vitals))
    when = NOW.timestamp()
    assert found == {
        ("info", (__version__,)): 1,
        ("start_time_seconds", ()): when,
        ("last_look_timestamp_seconds", ()): when + 3 * 3600,
        ("last_publish_timestamp_seconds", ()): when + 2 * 3600,
        ("last_publish_duration_seconds", ()): 1,
        ("sources", ()): 3,
        ("ready", ()): 1,
        ("waiting_articles", ()): 0,
        ("articles_total", ("new",)): 4,
        ("articles_total", ("revised",)): 2,
        ("articles_total", ("unchanged",)): 80,
        ("rounds_failed_total", ()): 1,
        ("documents_failed_total", ()): 6,
        ("purged_articles_total", ()): 4,
        ("publishes_total", ()): 2,
        ("publish_faults_total", ()): 1,
        ("published_files_total", ()): 2,
        ("removed_files_total", ()): 1,
        ("troubles_total", ()): 1,
        ("config_reloads_total", ("ok",)): 1,
        ("config_reloads_total", ("refused",)): 1,
        ("alarms_total", ("quiet", "began")): 1,
        ("alarms_total", ("quiet", "over")): 1,
        ("round_duration_seconds_count", ()): 3,
        ("round_duration_seconds_sum", ()): 1,
        ("round_lateness_seconds_bucket", ("1.0",)): 1,
        ("round_lateness_seconds_bucket", ("2.0",)): 1,
        ("round_lateness_seconds_bucket", ("5.0",)): 2,
        ("round_lateness_seconds_bucket", ("30.0",)): 2,
        ("round_lateness_seconds_bucket", ("300.0",)): 2,
        ("round_lateness_seconds_bucket", ("3600.0",)): 2,
        ("round_lateness_seconds_bucket", ("+Inf",)): 3,
        ("round_lateness_seconds_count", ()): 3,
        ("round_lateness_seconds_sum", ()): 7204,
    }


def test_what_was_never_is_left_out() -> None:
    """A daemon that has only begun has no last publish; the memory of the process is told too."""
    exposed = metrics.expose(Vitals(NOW))
    names = {name for name, _ in read(exposed)}
    assert not names & {"last_look_timestamp_seconds", "last_publish_timestamp_seconds"}
    assert b"\nprocess_resident_memory_bytes " in exposed


def test_names_are_as_prometheus_wants_them() -> None:
    """Counters end in _total, times in their unit, and each has help that is a sentence."""
    standing = Standing(alarms=(QUIET,), due=NOW, succeeded=NOW)
    exposed = metrics.expose(Vitals(NOW), [("valley", standing)]).decode()
    families = [
        one for one in text_string_to_metric_families(exposed) if one.name.startswith("feedtool")
    ]
    assert len(families) > 20
    for family in families:
        assert family.documentation.endswith("."), family.name
        if family.type == "counter":
            assert f"{family.name}_total" in exposed.replace("_total_total", "")
        else:
            assert not family.name.endswith(("_total", "_ms", "_count"))


def test_each_source_is_told_of() -> None:
    """When it gave something last, when it is due, how often it failed, and what is wrong with it; a
    name may hold anything."""
    odd = 'a "b"\\\n'
    rows = [
        ("valley", Standing(succeeded=NOW, due=later(hours=1), failures=2, alarms=(QUIET,))),
        ("asked", Standing(due=later(hours=1), not_before=later(hours=3))),
        ("gone", Standing(due=later(hours=1), gone=True)),
        (odd, Standing()),
    ]
    found = read(metrics.expose(Vitals(NOW), iter(rows)))
    when = NOW.timestamp()
    assert {key: value for key, value in found.items() if key[0].startswith("source_")} == {
        ("source_last_success_timestamp_seconds", ("valley",)): when,
        ("source_due_timestamp_seconds", ("valley",)): when + 3600,
        ("source_due_timestamp_seconds", ("asked",)): when + 3 * 3600,
        ("source_failures", ("valley",)): 2,
        ("source_failures", ("asked",)): 0,
        ("source_failures", ("gone",)): 0,
        ("source_failures", (odd,)): 0,
        ("source_alarm", ("quiet", "valley")): 1,
    }


def test_standings_are_read_beside_a_writer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From another thread, a few sources at a time, while the archive is held; nothing is where
    nothing is."""
    monkeypatch.setattr(metrics, "_TOGETHER", 2)
    names = [f"s{number}" for number in range(5)]
    assert list(metrics.standings(tmp_path / "archive", names)) == [
        (name, Standing()) for name in names
    ]
    with FolderArchive(tmp_path / "archive", writing=True) as archive:
        stands = {name: Standing(failures=number) for number, name in enumerate(names)}
        archive.state.remember({}, stands)
        found: list[tuple[str, Standing]] = []
        thread = threading.Thread(
            target=lambda: found.extend(metrics.standings(archive.path, [*names, "new"]))
        )
        thread.start()
        thread.join()
        assert found == [*stands.items(), ("new", Standing())]
        archive.state.remember({}, {"s0": Standing(failures=9)})
        assert dict(metrics.standings(archive.path, ["s0"]))["s0"].failures == 9


def test_a_file_of_metrics_is_replaced_whole(tmp_path: Path) -> None:
    """Nothing else is left in its folder; where it can't be written, that is said."""
    path = tmp_path / "text/feedtool.prom"
    metrics.write(path, b"a 1\n")
    metrics.write(path, b"a 2\n")
    assert path.read_bytes() == b"a 2\n"
    assert list(path.parent.iterdir()) == [path]
    with pytest.raises(OutputError, match=r"feedtool\.prom.*: can't be written: File exists"):
        metrics.write(path / "feedtool.prom", b"")


def test_signs_of_life() -> None:
    """A look, an outcome or a publish is one; after five minutes without any, it counts as stuck."""
    steady = Steady()
    vitals = Vitals(NOW, steady)
    signs: list[Callable[[], None]] = [
        lambda: vitals.tick(NOW),
        lambda: vitals.outcome(Outcome("valley", error=SourceError("a", "b"))),
        lambda: vitals.publication(Publication((), 1), NOW, timedelta(0)),
    ]
    for sign in signs:
        steady.seconds += 300
        assert vitals.is_alive()
        steady.seconds += 1
        assert not vitals.is_alive()
        sign()
        assert vitals.is_alive()


def port(**answers: Callable[[], Answer]) -> Port:
    """A port with these answers."""
    return Port(0, {f"/{name}": answer for name, answer in answers.items()})


@pytest.fixture
def vitals() -> Vitals:
    """A daemon's."""
    return Vitals(NOW, Steady())


@pytest.fixture
def number(vitals: Vitals) -> Iterator[int]:
    """The number of the daemon's port."""
    opened = Port(0, watchtower.answers(vitals, lambda: metrics.expose(vitals)))
    with closing(opened):
        yield opened.number
    assert not [one for one in threading.enumerate() if one.name == "feedtool-port"]


def ask(
    number: int, path: str, method: str = "GET", host: str | None = None
) -> tuple[int, dict[str, str], bytes]:
    """What is answered: status, headers, body."""
    with closing(HTTPConnection("127.0.0.1", number, timeout=30)) as connection:
        connection.request(method, path, headers={"Host": host} if host is not None else {})
        answer = connection.getresponse()
        return answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.read()


def test_prometheus_can_scrape(number: int, vitals: Vitals) -> None:
    """Over HTTP, in its text format; HEAD has no body."""
    vitals.sources = 7
    status, headers, body = ask(number, "/metrics?name=x")
    assert (status, headers["content-type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
    assert read(body)["sources", ()] == 7
    assert headers["content-length"] == str(len(body))
    assert headers["cache-control"] == "no-store"
    assert headers["server"].strip() == "feedtool"
    status, headers, body = ask(number, "/healthz", "HEAD")
    assert (status, headers["content-length"], body) == (200, "6", b"")


def test_health_and_readiness(number: int, vitals: Vitals) -> None:
    """Alive while it gives signs of life; ready once it has begun, until it stops."""
    assert ask(number, "/healthz")[::2] == (200, b"alive\n")
    assert ask(number, "/readyz")[::2] == (503, b"not ready\n")
    vitals.ready = True
    assert ask(number, "/readyz")[::2] == (200, b"ready\n")
    vitals._steady.seconds = 301  # type: ignore[attr-defined]
    assert ask(number, "/healthz")[::2] == (503, b"no sign of life\n")


def test_there_is_nothing_else(number: int) -> None:
    """No other path, and no way to change anything."""
    for path in ("/", "/metrics/", "/../metrics", "/favicon.ico"):
        assert ask(number, path)[0] == 404, path
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "CONNECT"):
        assert ask(number, "/metrics", method)[0] == 501, method


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1", "127.0.0.1:9"])
def test_it_answers_to_its_names(number: int, host: str) -> None:
    """Those of loopback, with any port."""
    assert ask(number, "/healthz", host=host)[0] == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "", "127.0.0.1.evil.example", "localhost:x", "[::1]"])  # fmt: skip
def test_it_is_deaf_to_other_names(number: int, host: str) -> None:
    """A page in a browser that has its name lead here learns nothing (DNS rebinding)."""
    status, _, body = ask(number, "/metrics", host=host)
    assert (status, b"feedtool_" in body) == (421, False)


def test_it_is_bound_to_loopback(number: int) -> None:
    """Nobody from elsewhere can reach it."""
    opened = port()
    with closing(opened):
        assert opened._server.socket.getsockname()[0] == "127.0.0.1"


def test_a_port_that_is_taken_is_told(number: int) -> None:
    """With the setting that names it."""
    with pytest.raises(
        FeedtoolError, match=r"can't be listened at \(daemon\.metrics_port\): Address"
    ) as caught:
        Port(number, {})
    assert caught.value.subject == f"127.0.0.1:{number}"


def test_what_cannot_be_told_is_no_end() -> None:
    """An archive that can't be read is said with 503; the next may be answered."""

    def fails() -> Answer:
        raise ArchiveError("state.sqlite", "is damaged")

    with closing(port(a=fails, b=lambda: (200, "text/plain", b"b"))) as opened:
        assert ask(opened.number, "/a")[::2] == (503, b"state.sqlite: is damaged\n")
        assert ask(opened.number, "/b")[0] == 200


def talk(number: int, *said: bytes, pause: float = 0) -> bytes:
    """What comes back for these bytes, until the other side ends it."""
    found = b""
    with (
        closing(socket.create_connection(("127.0.0.1", number), 30)) as connection,
        suppress(OSError),
    ):
        for one in said:
            connection.sendall(one)
            time.sleep(pause)
        while data := connection.recv(65536):
            found += data
    return found


def test_slow_and_odd_clients_are_let_go(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever says nothing, or too slowly, or nonsense, gets nothing and holds up nobody."""
    monkeypatch.setattr(watchtower, "_SECONDS", 0.5)
    drip = [bytes([letter]) for letter in b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"]
    assert b"alive" not in talk(number, *drip, pause=0.05)
    assert talk(number) == b""
    assert b"alive" not in talk(number, b"GET /healthz HTTP/1.1\r\nX: " + b"a" * 70_000)
    assert b"alive" not in talk(number, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n")
    with closing(socket.create_connection(("127.0.0.1", number), 30)):
        pass
    assert ask(number, "/healthz")[0] == 200


def test_a_client_that_goes_is_nobody() -> None:
    """One that doesn't take its answer costs a thread no longer than it may."""
    with closing(port(a=lambda: (200, "text/plain", b"a" * 50_000_000))) as opened:
        with closing(socket.create_connection(("127.0.0.1", opened.number), 30)) as connection:
            connection.sendall(b"GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n")
            connection.recv(10)
        assert ask(opened.number, "/b")[0] == 404


def test_few_are_answered_at_once() -> None:
    """Who comes while eight are here is sent away, and may come again when they are gone."""
    go = threading.Event()

    def slow() -> Answer:
        go.wait(30)
        return 200, "text/plain", b"done"

    with closing(port(slow=slow, quick=lambda: (200, "text/plain", b"q"))) as opened:
        found: list[int] = []
        threads = [
            threading.Thread(target=lambda: found.append(ask(opened.number, "/slow")[0]))
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        while opened._server._places._value:  # type: ignore[attr-defined]
            time.sleep(0.01)
        assert talk(opened.number, b"GET /quick HTTP/1.1\r\nHost: localhost\r\n\r\n") == b""
        go.set()
        for thread in threads:
            thread.join()
        assert found == [200] * 8
        while opened._server._places._value < 8:  # type: ignore[attr-defined]
            time.sleep(0.01)
        assert ask(opened.number, "/quick")[0] == 200
