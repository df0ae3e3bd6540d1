"""robots.txt in rounds on loopback: when it is asked for, what it forbids, and what that costs."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from feedtool.archive.protocol import Archive
from feedtool.collect import collect
from feedtool.config import Http
from feedtool.data import replace
from feedtool.errors import FetchError
from feedtool.fetch.fetcher import Fetcher
from feedtool.fetch.turns import Turn, Turns
from feedtool.kept import Outcome
from feedtool.model import Capture, Kind, Source
from tests.conftest import NOW, Server, later, make_config

FEED = b"<rss version='2.0'><channel><title>V</title><item><title>T</title></item></channel></rss>"
ALL = b"User-agent: *\nDisallow: /"


def _html(title: str) -> bytes:
    words = "Theo kế hoạch, đến cuối năm xã trồng mới 9 ha chè và mở lớp hướng dẫn cho các hộ."
    return (
        f"<!DOCTYPE html><html lang='vi'><head><title>{title}</title></head><body><article>"
        f"<h1>{title}</h1><p>Nước về bản {title}, bà con vui.</p><p>{words}</p></article></body>"
    ).encode()


class Site:
    """A site whose sources are read in rounds, each by a new fetcher."""

    def __init__(self, server: Server, archive: Archive) -> None:
        self.server, self.archive = server, archive
        self.http = Http(per_host_gap=0, workers=1)

    def robots(self, body: bytes, status: int = 200) -> None:
        self.server.give("/robots.txt", body, status)

    def page(self, name: str) -> None:
        self.server.give(f"/{name}", _html(f"Tin {name}"), Content_Type="text/html")

    def sitemap(self, *names: str) -> None:
        rows = "".join(f"<url><loc>{self.server.url}/{name}</loc></url>" for name in names)
        self.server.give("/sitemap.xml", f"<urlset>{rows}</urlset>".encode())
        for name in names:
            self.page(name)

    def source(self, path: str, kind: Kind | None = None, **fields: object) -> Source:
        given = {"name": path, "url": f"{self.server.url}/{path}", "allow_private": True}
        return Source(**{**given, "kind": kind, **fields})  # type: ignore[arg-type]

    def round(
        self, *sources: Source, now: datetime = NOW, insist: bool = True
    ) -> tuple[list[Outcome], list[str]]:
        """The outcomes, and the paths that were asked for."""
        self.server.requests.clear()
        config = make_config(Path("/"), *sources, http=self.http)
        outcomes = list(collect(config, self.archive, now=now, insist=insist))
        return outcomes, [request["path"][1:] for request in self.server.requests]


@pytest.fixture
def site(server: Server, archive: Archive) -> Site:
    """A site with a robots.txt that allows everything."""
    made = Site(server, archive)
    made.robots(b"")
    return made


def test_it_is_asked_once_a_day(site: Site) -> None:
    """What a host said is kept in the archive for 24 hours, across rounds."""
    site.page("a")
    page = site.source("a", "page")
    assert site.round(page)[1] == ["robots.txt", "a"]
    kept = site.archive.state.robots(site.server.url)
    assert kept is not None
    assert kept.asked == NOW
    assert site.round(page, now=later(hours=23))[1] == ["a"]
    assert site.round(page, now=later(hours=24))[1] == ["robots.txt", "a"]
    assert site.round(page, now=later(hours=25))[1] == ["a"]


@pytest.mark.parametrize("kind", ["page", "listing", "prose"])
def test_it_is_asked_before_a_page(kind: Kind, site: Site) -> None:
    """What is made for people isn't asked for where robots.txt forbids it."""
    site.robots(ALL)
    site.page("a")
    [outcome], asked = site.round(site.source("a", kind, links="a"))
    assert asked == ["robots.txt"]
    assert "is not for programs, says the robots.txt" in str(outcome.error)
    assert outcome.error is not None
    assert outcome.error.subject == f"{site.server.url}/a"


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("kind", ["feed", "sitemap", None])
def test_what_is_made_for_programs_needs_no_leave(kind: Kind, known: bool, site: Site) -> None:
    """A feed or sitemap is asked for whatever robots.txt says, also where that is known because of
    another source, and where nobody said that it is a feed."""
    site.robots(ALL)
    site.page("a")
    sources = [site.source("a", "page")] if known else []
    body = b"<urlset></urlset>" if kind == "sitemap" else FEED
    site.server.give("/f", body)
    outcomes, asked = site.round(*sources, site.source("f", kind))
    assert outcomes[-1].error is None
    assert asked == (["robots.txt", "f"] if known else ["f"])


@pytest.mark.parametrize("known", [False, True])
def test_what_turns_out_to_be_a_page_is_judged_when_it_has_come(known: bool, site: Site) -> None:
    """A forbidden one isn't archived, nor asked for again before its back-off."""
    site.robots(ALL)
    site.page("a")
    site.page("b")
    if known:
        site.round(site.source("b", "page"))
    source = site.source("a")
    [outcome], asked = site.round(source)
    assert asked == (["a"] if known else ["a", "robots.txt"])
    assert "is not for programs" in str(outcome.error)
    assert not list(site.archive.newest())
    [outcome], asked = site.round(source, now=later(minutes=59), insist=False)
    assert (asked, outcome.failed) == ([], False)
    assert outcome.waits is not None
    assert outcome.waits >= later(hours=1)
    site.robots(b"")
    [outcome], asked = site.round(source, now=later(hours=25), insist=False)
    assert asked == ["a", "robots.txt"]
    assert len(outcome.changes) == 1


def test_forbidden_articles_are_skipped(site: Site) -> None:
    """Four in a row stop nothing; each is told once, and its sitemap is done with."""
    site.robots(b"User-agent: *\nDisallow: /p/")
    site.sitemap("p/1", "p/2", "p/3", "p/4", "a", "b")
    [outcome], asked = site.round(site.source("sitemap.xml", "sitemap"))
    assert asked == ["sitemap.xml", "robots.txt", "a", "b"]
    assert len(outcome.changes) == 2
    assert [one.subject for one in outcome.skipped] == [
        f"{site.server.url}/p/{n}" for n in (1, 2, 3, 4)
    ]
    assert all("is not for programs" in one.reason for one in outcome.skipped)
    [outcome], asked = site.round(site.source("sitemap.xml", "sitemap"), now=later(hours=1))
    assert (asked, outcome.failed) == (["sitemap.xml"], False)


def test_a_host_without_one_allows_everything(site: Site) -> None:
    """404 forbids nothing, and is kept as long as a file."""
    site.robots(b"", 404)
    site.page("a")
    [outcome], _ = site.round(site.source("a", "page"))
    assert len(outcome.changes) == 1
    assert site.round(site.source("a", "page"), now=later(hours=2))[1] == ["a"]


def test_redirects_without_end_are_none(site: Site) -> None:
    """A robots.txt that leads on and on is taken for none (RFC 9309 § 2.3.1.2)."""
    site.server.give("/robots.txt", status=302, Location="/robots.txt")
    site.page("a")
    [outcome], _ = site.round(site.source("a", "page"))
    assert len(outcome.changes) == 1


def _hang_up(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True


def _status(status: int) -> Callable[[BaseHTTPRequestHandler], None]:
    return lambda handler: handler.send_error(status)


@pytest.mark.parametrize(
    "answer", [_status(500), _status(429), _hang_up], ids=["500", "429", "gone"]
)
@pytest.mark.parametrize("kind", ["page", None])
def test_a_host_that_gives_no_answer_is_left_alone_for_now(
    kind: Kind | None, answer: Callable[[BaseHTTPRequestHandler], None], site: Site
) -> None:
    """Its pages aren't read, which is told as what it is; after an hour it is asked again."""
    site.server.answers["/robots.txt"] = answer
    site.page("a")
    source = site.source("a", kind)
    for minutes in (0, 59):
        [outcome], asked = site.round(source, now=later(minutes=minutes))
        assert "robots.txt of its host gives no answer" in str(outcome.error)
        assert ("robots.txt" in asked) == (minutes == 0)
        assert not list(site.archive.newest())
    site.robots(b"")
    [outcome], _ = site.round(source, now=later(minutes=61))
    assert len(outcome.changes) == 1


def test_articles_of_a_host_that_gives_no_answer_are_read_later(site: Site) -> None:
    """They are not given up, as forbidden ones are."""
    site.robots(b"", 500)
    site.sitemap("a", "b", "c", "d")
    source = site.source("sitemap.xml", "sitemap")
    [outcome], asked = site.round(source)
    assert asked == ["sitemap.xml", "robots.txt"]
    assert outcome.error is None
    assert outcome.changes == ()
    site.robots(b"")
    [outcome], _ = site.round(source, now=later(hours=2))
    assert len(outcome.changes) == 4


@pytest.mark.parametrize("asked", [0.3, 0])
def test_crawl_delay_lengthens_the_gap(
    asked: float, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between all requests, from its robots.txt on, and no longer; without one, ours is kept."""
    times: list[float] = []
    wanted: list[float] = []
    turn = Turns.turn

    def spied(turns: Turns, host: str, gap: float) -> AbstractAsyncContextManager[Turn]:
        wanted.append(gap)
        return turn(turns, host, gap)

    monkeypatch.setattr(Turns, "turn", spied)

    def timed(path: str) -> None:
        answer = site.server.answers[path]

        def tell(handler: BaseHTTPRequestHandler) -> None:
            times.append(time.monotonic())
            answer(handler)

        site.server.answers[path] = tell

    site.robots(f"User-agent: *\nCrawl-delay: {asked}".encode())
    site.sitemap("a", "b")
    for path in ("/robots.txt", "/a", "/b"):
        timed(path)
    site.http = replace(site.http, per_host_gap=0.1)
    [outcome], _ = site.round(site.source("sitemap.xml", "sitemap"))
    assert len(outcome.changes) == 2
    gaps = [after - before for before, after in itertools.pairwise(times)]
    least = max(asked, 0.1)
    assert min(gaps) >= least - 0.01, gaps
    # Who asks for no more than that doesn't wait for more: test_turns.
    assert wanted == [0.1, 0.1, least, least]


def test_our_own_group_wins(site: Site) -> None:
    """The rules for feedtool count for us, those for everybody then don't; by its own name, if its
    owner gave it one."""
    site.robots(b"User-agent: *\nDisallow: /\n\nUser-agent: feedtool\nDisallow: /b")
    site.page("a")
    site.page("b")
    sources = [site.source("a", "page"), site.source("b", "page")]
    assert site.round(*sources)[1] == ["robots.txt", "a"]
    site.http = replace(site.http, user_agent="Valley/1.0")
    assert site.round(*sources, now=later(hours=1))[1] == []


@pytest.mark.parametrize("kind", ["page", None])
@pytest.mark.parametrize("robots", [(b"", 200), (ALL, 200), (b"", 404), (b"", 500)])
def test_no_slot_is_lost(robots: tuple[bytes, int], kind: Kind | None, site: Site) -> None:
    """With one slot, sources and rounds go on, whatever becomes of them."""
    site.robots(*robots)
    names = ["a", "b", "c", "d"]
    for name in names:
        site.page(name)
    site.server.give("/f", FEED)
    sources = [*(site.source(name, kind) for name in names), site.source("f")]
    config = make_config(Path("/"), *sources, http=site.http)
    with Fetcher(config) as fetcher:
        for _ in range(2):
            for source in sources:
                [found] = fetcher.fetch(source, lambda _: None, NOW)
                assert isinstance(found, Capture | FetchError)
            assert isinstance(found, Capture)
        web = fetcher._web
        assert web is not None
        slots = web.turns._slots
        end = time.monotonic() + 60
        while slots._value != 1 and time.monotonic() < end:
            time.sleep(0.005)  # given back in the loop, soon
        assert slots._value == 1


@pytest.mark.parametrize("kind", ["page", None])
def test_a_mistake_costs_its_document_and_no_slot(
    kind: Kind | None, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What robots.txt makes us stumble over is told, and the next source is read."""
    from feedtool.fetch import fetcher

    site.page("a")
    site.server.give("/f", FEED)

    def fails(*_: object) -> bool:
        raise ZeroDivisionError("x")

    monkeypatch.setattr(fetcher.rules, "allows", fails)
    sources = [site.source("a", kind), site.source("f"), site.source("f", name="g")]
    outcomes, _ = site.round(*sources)
    assert "mistake of feedtool (ZeroDivisionError: x)" in str(outcomes[0].error)
    assert [one.error for one in outcomes[1:]] == [None, None]
