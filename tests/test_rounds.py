"""Rounds of many sources on loopback: who waits for whom, what an early end keeps, what is learned."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest

from feedtool.archive.memory import MemoryArchive
from feedtool.archive.protocol import Archive
from feedtool.collect import collect
from feedtool.config import Config, Http
from feedtool.data import replace
from feedtool.errors import ArchiveError
from feedtool.fetch.loop import Loop
from feedtool.kept import Change, Outcome
from feedtool.model import Source
from tests.conftest import NOW, later, make_config
from tests.conftest import Server as Site
from tests.servers import LIFE, Conduct, Net, Servers, Talk, answer, together

OWN = "valley.test"
HTML = (
    b"<!DOCTYPE html><html><title>Log in</title><body><article><h1>Log in</h1><p>%s</p></article>"
)


def _feed(name: str, more: str = "") -> bytes:
    item = f"<item><title>Tin {name}</title><guid>urn:v:{name}</guid></item>"
    return f"<rss version='2.0'><channel><title>V</title>{more}{item}</channel></rss>".encode()


async def _never(talk: Talk) -> None:
    """A server that takes requests and says nothing."""
    await talk.request()
    await talk.hold()


def _after(seconds: float, told: list[str] | None = None) -> Conduct:
    """A server whose feed takes so long; `told` hears of begins and ends."""

    async def conduct(talk: Talk) -> None:
        with suppress(asyncio.IncompleteReadError):
            await talk.request()
            if told is not None:
                told.append(f"begin {talk.path}")
            await asyncio.sleep(seconds)
            if told is not None:
                told.append(f"end {talk.path}")
            await talk.send(answer(_feed(talk.path.strip("/")), "Connection: close"))

    return conduct


@pytest.fixture
def servers() -> Iterator[Servers]:
    """Servers that end with the test."""
    with Servers() as running:
        yield running


@pytest.fixture
def net(monkeypatch: pytest.MonkeyPatch) -> Net:
    """Names and connections that stay on loopback."""
    return Net(monkeypatch, OWN)


def _source(name: str, url: str, **fields: object) -> Source:
    return Source(**{"name": name, "url": url, "allow_private": True, **fields})  # type: ignore[arg-type]


def _config(*sources: Source, **http: object) -> Config:
    given = {"per_host_gap": 0, **http}
    return make_config(Path("/"), *sources, http=Http(**given))  # type: ignore[arg-type]


def _round(archive: Archive, *sources: Source, **by: float) -> dict[str, Outcome]:
    found = collect(_config(*sources), archive, now=later(**by), insist=True)
    return {one.source: one for one in found}


def _titles(archive: Archive) -> list[str]:
    return sorted(version.entry.title for version in archive.newest())


_BEFORE: set[threading.Thread] = set()  # what other tests have left running


@pytest.fixture(autouse=True)
def _threads() -> None:
    _BEFORE.clear()
    _BEFORE.update(threading.enumerate())


def _is_over() -> bool:
    begun = set(threading.enumerate()) - _BEFORE
    return "feedtool-fetch" not in {thread.name for thread in begun}


def test_hosts_are_waited_for_together(servers: Servers, net: Net) -> None:
    """Of fifty hosts none answers until as many are asked as there are workers."""
    server = servers.add(together(Http().workers, _after(0)))
    sources = [_source(f"s{n}", server.url(f"h{n}.{OWN}", f"/{n}")) for n in range(50)]
    found = _round(MemoryArchive(), *sources)
    assert [one.error for one in found.values()] == [None] * 50


def test_a_slow_host_delays_no_other(servers: Servers, net: Net) -> None:
    """The others are written and told before it has answered."""
    told: list[str] = []

    async def conduct(talk: Talk) -> None:
        await _never(talk)
        told.append("end")

    slow, quick = servers.add(conduct), servers.add(_after(0))
    sources = [_source("slow", slow.url(f"slow.{OWN}"))]
    sources += [_source(f"s{n}", quick.url(f"h{n}.{OWN}", f"/{n}")) for n in range(150)]
    config = _config(*sources, workers=4, timeout=300.0)
    rounds = collect(config, MemoryArchive(), now=NOW)
    first = [next(rounds).source for _ in range(100)]
    end = time.monotonic() + LIFE / 2
    while not slow.connections and time.monotonic() < end:
        time.sleep(0.01)
    assert (slow.connections, told) == (1, [])
    assert "slow" not in first
    rounds.close()


def test_sources_of_one_host_are_asked_one_after_another(servers: Servers, net: Net) -> None:
    """Each ends before the next begins, in their order."""
    told: list[str] = []
    server = servers.add(_after(0.03, told))
    _round(MemoryArchive(), *(_source(f"s{n}", server.url(path=f"/{n}")) for n in range(4)))
    assert told == [f"{what} /{n}" for n in range(4) for what in ("begin", "end")]


def test_what_is_asked_late_counts_as_asked_late(
    server: Site, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A source that waits for its turn in a long round was asked when it was, not at its begin."""
    now = [0.0]
    clock = SimpleNamespace(monotonic=lambda: now[0])
    monkeypatch.setattr(import_module("feedtool.collect"), "time", clock)
    for name in "ab":
        server.give(f"/{name}", _feed(name))
    quick = server.answers["/a"]

    def slow(handler: BaseHTTPRequestHandler) -> None:
        now[0] += 90
        quick(handler)

    server.answers["/a"] = slow
    _round(archive, *(_source(name, f"{server.url}/{name}") for name in "ab"))
    asked = [archive.state.standing(name).asked for name in "ab"]
    assert asked == [NOW, later(seconds=90)]


def test_what_two_sources_bring_at_once_is_one_entry(
    servers: Servers, net: Net, archive: Archive
) -> None:
    """Whoever comes first has it; to the other it is known."""
    server = servers.add(together(5, _after(0)))
    found = _round(
        archive, *(_source(f"s{n}", server.url(f"h{n}.{OWN}", "/same")) for n in range(5))
    )
    assert _titles(archive) == ["Tin same"]
    assert sorted(len(one.changes) for one in found.values()) == [0, 0, 0, 0, 1]
    assert sorted(one.unchanged for one in found.values()) == [0, 1, 1, 1, 1]


def test_who_stops_early_keeps_what_came(
    servers: Servers, net: Net, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is in the archive and remembered; the rest is left for the next round."""
    quick, slow = servers.add(_after(0)), servers.add(_never)
    late = _source("late", slow.url(f"late.{OWN}", "/late"))
    goods = [_source(f"s{n}", quick.url(f"h{n}.{OWN}", f"/{n}")) for n in range(120)]
    take = Loop.take  # nothing is told early because a busy machine lets us wait
    monkeypatch.setattr(Loop, "take", lambda loop: take(loop, LIFE))
    rounds = collect(_config(late, *goods, timeout=2 * LIFE), archive, now=NOW)
    first = next(rounds).source
    rounds.close()
    monkeypatch.setattr(Loop, "take", take)
    assert _is_over()
    slow.conduct = _after(0)
    assert f"Tin {first[1:]}" in _titles(archive)
    assert len(_titles(archive)) >= 100
    assert archive.state.standing(first).succeeded is not None
    assert archive.state.standing("late").asked is None
    assert _round(archive, goods[int(first[1:])], hours=1)[first].unchanged == 1
    assert len(_round(archive, late, hours=1)["late"].changes) == 1


class _Breaks:
    """An archive whose `put` raises."""

    def __init__(self, archive: Archive, error: BaseException) -> None:
        self._archive, self._error = archive, error

    def __getattr__(self, name: str) -> object:
        return getattr(self._archive, name)

    def put(self, versions: object, receipts: object = ()) -> None:
        raise self._error


@pytest.mark.parametrize("error", [ArchiveError("archive", "is full"), KeyboardInterrupt()])
def test_an_end_by_an_error_leaves_nothing_running(
    error: BaseException, servers: Servers, net: Net, archive: Archive
) -> None:
    """The error goes to who collects, the loop has ended, and nothing is remembered."""
    quick, slow = servers.add(_after(0)), servers.add(_never)
    sources = [_source("a", quick.url(f"a.{OWN}")), _source("b", slow.url(f"b.{OWN}"))]
    config = _config(*sources)
    with pytest.raises(type(error)):
        list(collect(config, _Breaks(archive, error), now=NOW))  # type: ignore[arg-type]
    assert _is_over()
    assert archive.state.standing("a").asked is None


def test_an_interrupt_keeps_what_came(
    servers: Servers, net: Net, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C while a server is waited for: what the others brought is in the archive."""
    quick, slow = servers.add(_after(0)), servers.add(_never)
    sources = [_source("b", slow.url(f"b.{OWN}")), _source("a", quick.url(f"a.{OWN}", "/a"))]
    take = Loop.take
    taken: list[object] = []

    def interrupted(loop: Loop[object]) -> object:
        if taken:
            raise KeyboardInterrupt
        found = take(loop)
        taken.extend(found)
        return found

    monkeypatch.setattr(Loop, "take", interrupted)
    with pytest.raises(KeyboardInterrupt):
        list(collect(_config(*sources), archive, now=NOW))
    assert _is_over()
    assert _titles(archive) == ["Tin a"]
    assert archive.state.standing("a").succeeded is not None


def test_a_portal_in_a_feeds_place_is_no_article(server: Site, archive: Archive) -> None:
    """What was a feed stays one: a page there is an error, and the next feed is read as before. Who
    set `kind` is believed."""
    server.give("/f", _feed("a"))
    source = _source("v", f"{server.url}/f")
    _round(archive, source)
    html = HTML % (b"Enter the number of your room, and read our terms and conditions. " * 9)
    server.give("/f", html, Content_Type="text/html")
    found = _round(archive, source, hours=2)["v"]
    assert found.error is not None
    assert found.changes == ()
    assert archive.state.standing("v").failures == 1
    assert [one["path"] for one in server.requests] == ["/f", "/f"]
    server.give("/f", _feed("b"))
    assert len(_round(archive, source, hours=4)["v"].changes) == 1
    server.give("/f", html, Content_Type="text/html")
    found = _round(archive, replace(source, kind="page"), hours=6)["v"]
    assert [version.entry.title for _, version in found.changes] == ["Log in"]


def _sitemap(server: Site, *urls: str) -> Source:
    rows = "".join(f"<url><loc>{url}</loc></url>" for url in urls)
    server.give("/sitemap.xml", f"<urlset>{rows}</urlset>".encode())
    return _source("v", f"{server.url}/sitemap.xml", kind="sitemap")


@pytest.mark.parametrize("status", [429, 503])
def test_a_page_that_says_enough_holds_the_source_up(
    status: int, server: Site, archive: Archive
) -> None:
    """No more pages are asked for, and the source waits as long as Retry-After says."""
    for name in "abc":
        server.give(f"/{name}", status=status, Retry_After="86400")
    source = _sitemap(server, *(f"{server.url}/{name}" for name in "abc"))
    found = _round(archive, source)["v"]
    assert [one["path"] for one in server.requests] == ["/sitemap.xml", "/a"]
    assert [getattr(one, "status", None) for one in found.skipped] == [status]
    stands = archive.state.standing("v")
    assert (stands.not_before, stands.failures) == (later(days=1), 0)
    assert found.due is not None
    assert found.due >= later(days=1)


def test_pages_that_nobody_answers_stop_the_round(server: Site, archive: Archive) -> None:
    """After three in a row; the next round tries others first."""

    def hang_up(handler: object) -> None:
        handler.close_connection = True  # type: ignore[attr-defined]

    for name in "abcdef":
        server.answers[f"/{name}"] = hang_up
    source = _sitemap(server, *(f"{server.url}/{name}" for name in "abcdef"))
    for hours, names in ((0, "abc"), (2, "cde")):
        server.requests.clear()
        found = _round(archive, source, hours=hours)["v"]
        asked = [one["path"] for one in server.requests]
        assert asked == ["/sitemap.xml", *(f"/{name}" for name in names)]
        assert len(found.skipped) == 3


def test_a_move_for_good_is_learned(server: Site, archive: Archive) -> None:
    """After days of 301 the new address is asked at once; ids stay, and nothing is doubled."""
    server.give("/old", status=301, Location="/new")
    server.give("/new", _feed("a"), ETag='"1"')
    source = _source("v", f"{server.url}/old")
    for days in range(5):
        server.requests.clear()
        found = _round(archive, source, days=days)["v"]
        assert (found.error, len(found.changes)) == (None, int(days == 0))
        asked = [one["path"] for one in server.requests]
        assert asked == (["/new"] if days == 4 else ["/old", "/new"])
    assert server.requests[0]["If-None-Match"] == '"1"'
    [first] = archive.newest()
    server.give("/new", _feed("a", "<title>W</title>").replace(b"Tin a", b"Tin a (2)"))
    found = _round(archive, source, days=5)["v"]
    assert [(change, one.entry.id) for change, one in found.changes] == [
        (Change.REVISED, first.entry.id)
    ]
    server.give("/new", status=404)
    assert _round(archive, source, days=6)["v"].error is not None
    server.requests.clear()
    server.give("/old", _feed("a"))
    _round(archive, source, days=7)
    assert [one["path"] for one in server.requests] == ["/old"]


def test_an_owners_word_goes_to_no_learned_host(
    servers: Servers, net: Net, archive: Archive
) -> None:
    """allow_private is for the host that was configured: what it moved to is on the internet, or
    isn't asked."""
    from feedtool.manners.moves import Move
    from feedtool.manners.standing import Standing

    there = servers.add(_after(0))
    source = _source("v", there.url(f"old.{OWN}"))
    for host, reached in ((f"new.{OWN}", 0), (f"old.{OWN}", 1)):
        move = Move(there.url(host, "/new"), NOW - timedelta(days=5), 5, NOW)
        archive.state.remember({}, {"v": Standing(move=move)})
        found = _round(archive, source)["v"]
        assert (there.connections, found.error is None) == (reached, bool(reached))
        if not reached:
            assert "is no public address" in str(found.error)


def test_hubs_are_kept(server: Site, archive: Archive) -> None:
    """Those of the feed, and before them those of Link headers; a bad header costs itself alone."""
    link = "<link xmlns='http://www.w3.org/2005/Atom' rel='%s' href='%s'/>"
    more = link % ("hub", "https://hub.example/a") + link % ("self", "https://v.example/f")
    server.give("/f", _feed("a", more))
    source = _source("v", f"{server.url}/f")
    _round(archive, source)
    wishes = archive.state.standing("v").wishes
    assert (wishes.hubs, wishes.topic) == (("https://hub.example/a",), "https://v.example/f")
    told = '<http://[>; rel="hub", </hub>; rel=hub, <https://v.example/g>; rel="self"'
    server.give("/f", _feed("b", more), Link=told)
    assert _round(archive, source, hours=2)["v"].error is None
    wishes = archive.state.standing("v").wishes
    assert (wishes.hubs, wishes.topic) == ((f"{server.url}/hub",), "https://v.example/g")


def test_a_round_can_be_stopped(
    servers: Servers, net: Net, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a signal or another thread, while a server is waited for: what came is told and kept."""
    from feedtool.fetch.fetcher import Fetcher

    quick, slow = servers.add(_after(0)), servers.add(_never)
    config = _config(_source("b", slow.url(f"b.{OWN}")), _source("a", quick.url(f"a.{OWN}", "/a")))
    with Fetcher(config, archive.state) as fetcher:
        take, timer = Loop.take, threading.Timer(0.2, fetcher.stop)

        def taking(loop: Loop[object]) -> object:
            found = take(loop)
            if found:  # and then the other one is waited for
                timer.start()
            return found

        monkeypatch.setattr(Loop, "take", taking)
        found = [one.source for one in collect(config, archive, now=NOW, fetching=fetcher)]
        timer.join()
    assert found == ["a"]
    assert _titles(archive) == ["Tin a"]
    assert archive.state.standing("b").asked is None


def test_files_and_servers_go_together(
    servers: Servers, net: Net, archive: Archive, tmp_path: Path
) -> None:
    """In any order, each source once."""
    server = servers.add(_after(0.02))
    sources: list[Source] = []
    for number in range(4):
        path = tmp_path / f"{number}.xml"
        path.write_bytes(_feed(f"file {number}"))
        sources.append(_source(f"f{number}", str(path)))
        url = server.url(f"h{number % 2}.{OWN}", f"/{number}")
        sources.append(_source(f"s{number}", url))
    found = _round(archive, *sources)
    assert sorted(found) == sorted(one.name for one in sources)
    assert [len(one.changes) for one in found.values()] == [1] * 8
