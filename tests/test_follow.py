"""Rounds over sitemaps and listings, on loopback: what is asked for, and what comes of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from types import SimpleNamespace

import pytest

from feedtool import trail
from feedtool.archive.protocol import Archive
from feedtool.collect import collect
from feedtool.kept import Change, Outcome
from feedtool.model import Source
from tests.conftest import NOW, Server, later, make_config


class Site:
    """A site on loopback with a sitemap, and rounds over it."""

    def __init__(self, server: Server, archive: Archive, folder: Path) -> None:
        self.server, self.archive, self.folder = server, archive, folder
        self.source = Source(name="valley", url=f"{server.url}/sitemap.xml", allow_private=True)

    def article(self, name: str, title: str = "", **headers: str) -> None:
        """Publish an article."""
        title = title or f"Chợ phiên số {name} ở Pá Lương"
        html = (
            f"<!DOCTYPE html><html lang='vi'><head><title>{title}</title></head><body><article>"
            f"<h1>{title}</h1><p>Nước về bản {name}, bà con vui và cùng nhau trồng thêm chè.</p>"
            "<p>Theo kế hoạch, đến cuối năm xã trồng mới 9 ha chè và mở lớp hướng dẫn cho các hộ."
            "</p></article></body></html>"
        )
        self.server.give(f"/{name}", html.encode(), Content_Type="text/html", **headers)

    def sitemap(
        self, items: Iterable[str | tuple[str, str]], name: str = "sitemap.xml", index: bool = False
    ) -> None:
        """Publish a sitemap of these names or addresses, with the dates that are given."""
        root, tag = ("sitemapindex", "sitemap") if index else ("urlset", "url")
        rows = ""
        for item in items:
            where, when = (item, "") if isinstance(item, str) else item
            url = where if ":" in where else f"{self.server.url}/{where}"
            date = f"<lastmod>{when}</lastmod>" if when else ""
            rows += f"<{tag}><loc>{url}</loc>{date}</{tag}>"
        self.server.give(f"/{name}", f"<{root}>{rows}</{root}>".encode())

    def round(self, now: datetime = NOW) -> tuple[Outcome, list[str]]:
        """A round: its outcome, and the paths that were asked for."""
        self.server.requests.clear()
        config = make_config(self.folder, self.source)
        [outcome] = collect(config, self.archive, now=now, names=["valley"], insist=True)
        return outcome, [request["path"][1:] for request in self.server.requests]


@pytest.fixture
def site(server: Server, archive: Archive, tmp_path: Path) -> Site:
    """A site with nothing on it yet."""
    return Site(server, archive, tmp_path)


def test_a_sitemaps_articles_are_archived_and_asked_for_once(site: Site) -> None:
    """The newest first; a second round asks for the sitemap alone."""
    for name in "abc":
        site.article(name)
    site.sitemap(["a", ("b", "2022-01-02"), ("c", "2022-01-03")])
    outcome, asked = site.round()
    assert asked == ["sitemap.xml", "c", "b", "a"]
    assert [change for change, _ in outcome.changes] == [Change.NEW] * 3
    assert not outcome.failed
    outcome, asked = site.round(later(hours=2))
    assert (asked, outcome.changes, outcome.failed) == (["sitemap.xml"], (), False)
    site.article("d")
    site.sitemap([("d", "2022-01-04"), "a", ("b", "2022-01-02"), ("c", "2022-01-03")])
    assert site.round(later(hours=4))[1] == ["sitemap.xml", "d"]


def test_a_listings_articles_are_archived(site: Site) -> None:
    """With the selector for the listing alone: its articles are pages; dates are taken over."""
    rows = ""
    for name in "abc":
        site.article(name)
        rows += f"<li><h3><a href='/{name}'>Tin {name}</a></h3><time>18/1/2022</time></li>"
    site.server.give("/tin", f"<html><ul>{rows}</ul><a href='/d'>x</a></html>".encode())
    site.source = Source(
        name="valley", url=f"{site.server.url}/tin", links="h3 a", allow_private=True
    )
    outcome, asked = site.round()
    assert asked == ["tin", "a", "b", "c"]
    assert [version.key[:10] for _, version in outcome.changes] == ["2022/01/18"] * 3
    assert site.round(later(hours=2))[1] == ["tin"]


def test_an_article_that_changed_is_read_again(site: Site) -> None:
    """When its lastmod moved: revised if it differs, and once, also where the server knows
    better."""
    site.article("a")
    site.article("b", ETag='"1"')
    site.sitemap([("a", "2022-01-02"), ("b", "2022-01-01")])
    site.round()
    site.article("a", "Chợ phiên Pá Lương dời ngày")
    site.server.give("/b", status=304)
    site.sitemap([("a", "2022-02-02"), ("b", "2022-02-01")])
    outcome, asked = site.round(later(hours=2))
    assert asked == ["sitemap.xml", "a", "b"]
    assert [change for change, _ in outcome.changes] == [Change.REVISED]
    site.sitemap([("a", "2022-02-02"), ("b", "2022-02-01"), "a?again"])
    assert site.round(later(hours=4))[1] == ["sitemap.xml", "a?again"]


def test_what_is_gone_is_told_once(site: Site) -> None:
    """A dead link fails itself alone, and isn't asked for again until its date moves."""
    site.article("a")
    site.server.give("/gone", status=404)
    site.sitemap(["gone", "a"])
    outcome, _ = site.round()
    assert outcome.error is None
    assert [str(error).rpartition("/")[2] for error in outcome.skipped] == [
        "gone: answers 404 Not Found"
    ]
    assert len(outcome.changes) == 1
    site.sitemap(["gone", "a", "a"])
    outcome, asked = site.round(later(hours=2))
    assert (asked, outcome.failed) == (["sitemap.xml"], False)


def test_what_gave_no_answer_is_tried_again(site: Site) -> None:
    """A server's bad day costs no article, though the sitemap doesn't change."""
    site.server.give("/a", status=500)
    site.article("b")
    site.sitemap(["a", "b"])
    outcome, asked = site.round()
    assert (len(outcome.skipped), len(outcome.changes)) == (1, 1)
    site.article("a")
    outcome, asked = site.round(later(hours=2))
    assert asked == ["sitemap.xml", "a"]
    assert len(outcome.changes) == 1
    assert site.round(later(hours=4))[1] == ["sitemap.xml"]


def test_a_server_that_has_enough_is_left_alone(site: Site) -> None:
    """After 429 or 503 nothing more is asked for in this round."""
    for name in "abc":
        site.article(name)
    site.server.give("/b", status=429)
    site.sitemap(["a", "b", "c"])
    assert site.round()[1] == ["sitemap.xml", "a", "b"]
    site.article("b")
    assert site.round(later(days=2))[1] == ["sitemap.xml", "b", "c"]


def test_other_hosts_are_not_followed(site: Site) -> None:
    """Whatever a sitemap says, a source leads to its own site; and no front page is an article."""
    port = site.server.url.rpartition(":")[2]
    site.article("a")
    site.sitemap([f"http://localhost:{port}/b", "https://other.example/c", "", "a", "sitemap.xml"])
    outcome, asked = site.round()
    assert asked == ["sitemap.xml", "a"]
    assert not outcome.failed


def test_more_than_a_rounds_share_is_finished_later(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Round by round, none twice, until only the sitemap is asked for."""
    monkeypatch.setattr(trail, "_ARTICLES", 3)
    names = [f"n{number}" for number in range(8)]
    for name in names:
        site.article(name)
    site.sitemap(names)
    rounds = [site.round(later(hours=2 * number))[1] for number in range(4)]
    assert rounds == [
        ["sitemap.xml", *names[:3]],
        ["sitemap.xml", *names[3:6]],
        ["sitemap.xml", *names[6:]],
        ["sitemap.xml"],
    ]


def test_an_index_is_followed_to_the_articles(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """One sitemap after another; what is finished isn't asked for again until its date moves."""
    monkeypatch.setattr(trail, "_ARTICLES", 2)
    for name in ("a", "b", "c", "d"):
        site.article(name)
    site.sitemap([("s1.xml", "2022-01-03"), ("s2.xml", "2022-01-02")], index=True)
    site.sitemap(["a", "b", "c"], "s1.xml")
    site.sitemap(["c", "d", "s1.xml"], "s2.xml")
    assert site.round()[1] == ["sitemap.xml", "s1.xml", "a", "b"]
    assert site.round(later(hours=2))[1] == ["sitemap.xml", "s1.xml", "c", "s2.xml", "d"]
    assert site.round(later(hours=4))[1] == ["sitemap.xml"]
    site.article("e")
    site.sitemap([("s1.xml", "2022-01-03"), ("s2.xml", "2022-01-04")], index=True)
    site.sitemap(["e", "c", "d"], "s2.xml")
    assert site.round(later(hours=6))[1] == ["sitemap.xml", "s2.xml", "e"]


def test_an_index_without_dates_is_asked_each_time(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it names may change without a word; those never read come first."""
    monkeypatch.setattr(trail, "_SITEMAPS", 1)
    for name in ("a", "b"):
        site.article(name)
    site.sitemap(["s1.xml", "s2.xml", "sitemap.xml"], index=True)
    site.sitemap(["a"], "s1.xml")
    site.sitemap(["b"], "s2.xml")
    assert site.round()[1] == ["sitemap.xml", "s1.xml", "a"]
    assert site.round(later(hours=2))[1] == ["sitemap.xml", "s2.xml", "b"]
    site.article("c")
    site.sitemap(["a", "c"], "s1.xml")
    assert site.round(later(hours=4))[1] == ["sitemap.xml", "s1.xml", "c"]


def test_a_sitemap_that_cannot_be_read_fails_the_source(site: Site) -> None:
    """The source's own document is the source's failure; one of its sitemaps is told beside."""
    site.server.give("/sitemap.xml", b"<urlset><url>")
    outcome, _ = site.round()
    assert outcome.error is not None
    site.article("a")
    site.server.give("/s1.xml", b"<html></html>")
    site.sitemap(["s1.xml", "s2.xml"], index=True)
    site.sitemap(["a"], "s2.xml")
    outcome, _ = site.round(later(hours=2))
    assert (outcome.error, len(outcome.skipped), len(outcome.changes)) == (None, 1, 1)


def test_links_that_fail_keep_no_others_out(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """What gave an error is tried again, but after what was never tried, also next time."""
    monkeypatch.setattr(trail, "_ARTICLES", 2)
    for name in "ab":
        site.server.give(f"/{name}", status=500)
    site.article("x")
    site.article("y")
    site.sitemap("abxy")
    assert site.round()[1] == ["sitemap.xml", "a", "b"]
    outcome, asked = site.round(later(hours=2))
    assert (asked, len(outcome.changes)) == (["sitemap.xml", "x", "y"], 2)
    for name in "ab":
        site.article(name)
    outcome, asked = site.round(later(hours=4))
    assert (asked, len(outcome.changes)) == (["sitemap.xml", "a", "b"], 2)
    assert site.round(later(hours=6))[1] == ["sitemap.xml"]


def test_a_slow_home_costs_no_share(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The time that a round may follow links begins with the first of them."""
    now = [0.0]
    monkeypatch.setattr(trail, "time", SimpleNamespace(monotonic=lambda: now[0]))
    site.article("a")
    site.sitemap("a")
    answer = site.server.answers["/sitemap.xml"]

    def slow(handler: BaseHTTPRequestHandler) -> None:
        now[0] += 2 * trail._SECONDS
        answer(handler)

    site.server.answers["/sitemap.xml"] = slow
    assert site.round()[1] == ["sitemap.xml", "a"]
