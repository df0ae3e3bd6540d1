"""From a site's address to what can be followed there, against a web made of a table."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from feedtool.discovery import REQUESTS, Discovery, discover
from feedtool.errors import FetchError, ReadError, SourceError
from feedtool.fetch.fetcher import Fetcher
from feedtool.fetch.results import Fetched, Known
from feedtool.model import Capture, Source
from feedtool.read import nameplate
from tests.conftest import NOW, article, make_capture, make_config

SITE = "https://valley.example/"


def _feed(title: str = "Valley News", entries: int = 2) -> bytes:
    items = "".join(
        f"<item><title>Item {n}</title><link>{SITE}{n}</link></item>" for n in range(entries)
    )
    return f"<rss version='2.0'><channel><title>{title}</title>{items}</channel></rss>".encode()


def _page(*head: str, body: str = "<p>Welcome.</p>") -> bytes:
    name = '<meta property="og:site_name" content="The Valley">'
    return f"<!doctype html><html><head>{name}{''.join(head)}</head><body>{body}</body>".encode()


def _link(href: str, title: str = "News") -> str:
    return f'<link rel="alternate" type="application/rss+xml" title="{title}" href="{href}">'


def _sitemap(*urls: str) -> bytes:
    return f"<urlset>{''.join(f'<url><loc>{url}</loc></url>' for url in urls)}</urlset>".encode()


def _headlines(host: str = SITE) -> str:
    return "<main>" + "".join(
        f'<article><h2><a href="{host}news/2022/05/{n}-the-ferry-is-back">The ferry {n} is back on'
        f" its way over the river</a></h2><p>Said on Monday.</p></article>"
        for n in range(8)
    )


class Web:
    """Answers by address; a str is where that redirects to, a number a status."""

    def __init__(self, **pages: object) -> None:
        self.pages: dict[str, object] = {}
        self.asked: list[Source] = []
        self.for_good = False  # whether what redirects says so

    def __call__(self, source: Source, known: Known) -> Iterator[Fetched]:
        self.asked.append(source)
        login, at, rest = source.url.rpartition("@")
        url = f"{login.partition('//')[0]}//{rest}" if at else source.url
        answer, moved = self.pages.get(url, 404), None
        if isinstance(answer, str):
            url, answer = answer, self.pages[answer]
            moved = url if self.for_good else None
        if isinstance(answer, int):
            yield FetchError(url, f"answers {answer}", answer)
        elif isinstance(answer, bytes):
            kind = "text/plain" if url.endswith(".txt") else None
            name = source.name
            yield make_capture(answer, url=url, source=name, media_type=kind, moved=moved)

    @property
    def paths(self) -> list[str]:
        """What was asked for, on the site."""
        return [source.url.removeprefix(SITE) for source in self.asked]


@pytest.fixture
def web() -> Web:
    """A web without any page."""
    return Web()


def _found(web: Web, url: str = SITE, **options: bool) -> Discovery:
    found = discover(url, web, **options)
    assert isinstance(found, Discovery)
    return found


def test_a_declared_feed_is_found(web: Web) -> None:
    """The site's own feed in two requests; its title, what it holds, what else there is."""
    web.pages = {
        SITE: _page(_link("/comments/feed", "Comments"), _link("/feed"), _link("/tag/a/feed")),
        SITE + "feed": _feed(),
    }
    found = _found(web)
    assert (found.source.url, found.source.kind) == (SITE + "feed", "feed")
    assert (found.title, len(found.reading.entries)) == ("Valley News", 2)
    assert found.tried == ()
    assert [one.url for one in found.alternatives] == [SITE + "tag/a/feed", SITE + "comments/feed"]
    assert web.paths == ["", "feed"]


def test_a_feed_that_is_broken_or_empty_is_passed_over(web: Web) -> None:
    """The next one is tried, and why not the first is told."""
    web.pages = {
        SITE: _page(_link("/atom.xml"), _link("/feed.xml"), _link("/rss.xml"), _link("/index.xml")),
        SITE + "feed.xml": _page(),
        SITE + "rss.xml": _feed(entries=0),
        SITE + "index.xml": _feed(),
    }
    found = _found(web)
    assert found.source.url == SITE + "index.xml"
    assert found.tried == (
        f"tried {SITE}atom.xml: answers 404",
        f"tried {SITE}feed.xml: is no feed",
        f"tried {SITE}rss.xml: holds no entry",
    )
    assert found.alternatives == ()


def test_a_feed_at_a_usual_address_is_found(web: Web) -> None:
    """Where the page names none, guesses are tried before anything else."""
    web.pages = {SITE: _page(body=_headlines()), SITE + "atom.xml": _feed()}
    assert _found(web).source.url == SITE + "atom.xml"


def test_the_sites_feed_goes_before_a_sections(web: Web) -> None:
    """A guess that holds good covers more; else the section's is taken."""
    web.pages = {SITE: _page(_link("/tag/a/feed")), SITE + "tag/a/feed": _feed("A")}
    assert _found(web).source.url == SITE + "tag/a/feed"
    web.pages[SITE + "rss"] = _feed()
    assert _found(web).source.url == SITE + "rss"


def test_comments_come_last(web: Web) -> None:
    """They are followed only where there is nothing else."""
    web.pages = {SITE: _page(_link("/comments/feed")), SITE + "comments/feed": _feed("Said")}
    assert _found(web).title == "Said"
    web.pages[SITE] = _page(_link("/comments/feed"), body=_headlines())
    assert _found(web).source.kind == "listing"


def test_sitemaps_of_news_are_tried_first(web: Web) -> None:
    """robots.txt names them; one that leads to other sites alone is none of ours."""
    robots = "\n".join(f"Sitemap: {SITE}{name}.xml" for name in ("pages", "news", "more"))
    web.pages = {
        SITE: _page(),
        SITE + "robots.txt": robots.encode(),
        SITE + "news.xml": _sitemap("https://elsewhere.example/a"),
        SITE + "pages.xml": _sitemap(SITE + "a-long-story"),
    }
    found = _found(web)
    assert (found.source.url, found.source.kind) == (SITE + "pages.xml", "sitemap")
    assert found.title == "The Valley"
    assert found.tried[-1].startswith(f"tried {SITE}news.xml: leads to too few articles")


def test_a_sitemap_at_the_usual_address_is_found(web: Web) -> None:
    """Where nothing names one, /sitemap.xml is tried."""
    web.pages = {SITE: _page(), SITE + "sitemap.xml": _sitemap(SITE + "a-long-story")}
    assert _found(web).source.url == SITE + "sitemap.xml"


def test_a_page_of_headlines_is_a_listing(web: Web) -> None:
    """Without feed and sitemap, the page's own links are followed."""
    web.pages = {SITE: _page(body=_headlines())}
    found = _found(web)
    assert (found.source.url, found.source.kind) == (SITE, "listing")
    assert len(found.reading.links) == 8


def test_a_lone_article_is_a_page(web: Web) -> None:
    """A page that leads nowhere may still be an article."""
    text = "<p>" + "The ferry over the river is back, after eleven weeks of repairs. " * 8 + "</p>"
    web.pages = {SITE + "a": _page(body=f"<article><h1>The ferry is back</h1>{text * 4}</article>")}
    found = _found(web, SITE + "a")
    assert (found.source.kind, found.reading.entries[0].title) == ("page", "The ferry is back")


def test_where_there_is_nothing_all_that_was_tried_is_told(web: Web) -> None:
    """A line each, and the way out; no more requests than are allowed."""
    web.pages = {SITE: _page(*(_link(f"/{n}.xml") for n in range(50)))}
    with pytest.raises(SourceError) as caught:
        discover(SITE, web)
    first, *tried, way_out = str(caught.value).splitlines()
    assert first == f"{SITE}: holds nothing that can be followed"
    assert f"tried {SITE}0.xml: answers 404" in tried
    assert any("as a listing" in line for line in tried)
    assert any("as a page" in line for line in tried)
    assert "add that" in way_out
    assert len(web.asked) <= REQUESTS


def test_discovery_ends(web: Web) -> None:
    """Pages that declare ever more pages are not walked."""
    many = _page(*(_link(f"/{n}.xml") for n in range(90)), _link("/comments/feed"))
    web.pages = {SITE: many, SITE + "robots.txt": b"Sitemap: x\n" + many}
    web.pages |= {f"{SITE}{n}.xml": many for n in range(90)}
    with pytest.raises(SourceError):
        discover(SITE, web)
    assert len(web.asked) <= REQUESTS


def test_a_server_that_has_enough_is_left_alone(web: Web) -> None:
    """After 429 nothing more is asked."""
    web.pages = {SITE: _page(_link("/feed")), SITE + "feed": 429}
    with pytest.raises(FetchError, match="answers 429"):
        discover(SITE, web)
    assert web.paths == ["", "feed"]


def test_what_is_given_by_its_own_address_is_taken(web: Web) -> None:
    """A feed, even without entries yet; a sitemap; a text; no other file."""
    web.pages = {
        SITE + "feed": _feed(entries=0),
        SITE + "s.xml": _sitemap(SITE + "a-long-story"),
        SITE + "empty.xml": _sitemap(),
        SITE + "a.txt": article("Nước sạch về bản Pá Lương").encode(),
        SITE + "data": b'{"a": 1}',
    }
    assert _found(web, SITE + "feed").title == "Valley News"
    assert _found(web, SITE + "s.xml").source.kind == "sitemap"
    assert _found(web, SITE + "a.txt").source.kind == "prose"
    for name, reason in (("empty.xml", "too few"), ("data", "neither"), ("none", "404")):
        with pytest.raises(SourceError, match=reason):
            discover(SITE + name, web)


def test_the_address_is_where_redirects_lead(web: Web) -> None:
    """Where they are for good, and unless it holds secrets: then it stays as it was given."""
    web.pages = {SITE + "old": SITE + "new", SITE + "new": _feed()}
    assert _found(web, SITE + "old").source.url == SITE + "old"
    web.for_good = True
    assert _found(web, SITE + "old").source.url == SITE + "new"
    secret = "https://me:word@valley.example/old"
    assert _found(web, secret).source.url == secret
    web.pages[SITE + "old?token=1"] = SITE + "new"
    assert _found(web, SITE + "old?token=1").source.url == SITE + "old?token=1"


def test_a_login_goes_to_its_own_server_alone(web: Web) -> None:
    """A feed on the site is asked for with it, one elsewhere isn't; nothing that is told has it."""
    web.pages = {
        SITE: _page(_link("https://cdn.example/a.xml"), _link("/b.xml")),
        SITE + "b.xml": _feed(),
    }
    found = _found(web, "https://me:word@valley.example/")
    assert found.source.url == "https://me:word@valley.example/b.xml"
    assert not any("word@cdn" in source.url for source in web.asked)
    assert "word" not in "".join(found.tried)


def test_private_is_a_word_about_one_host(web: Web) -> None:
    """What a page names on another host may not be private, whatever its owner says of his own."""
    web.pages = {SITE: _page(_link("http://10.0.0.1/feed")), SITE + "feed": _feed()}
    found = _found(web, private=True)
    assert found.source.allow_private
    allowed = {source.url: source.allow_private for source in web.asked}
    assert allowed == {SITE: True, "http://10.0.0.1/feed": False, SITE + "feed": True}
    assert not _found(web).source.allow_private


def test_a_list_of_feeds_gives_what_it_lists(web: Web) -> None:
    """OPML is known by what it is, whatever its address."""
    web.pages = {SITE + "o": b'<opml><body><outline xmlUrl="https://a.example/"/></body></opml>'}
    [subscription] = discover(SITE + "o", web)  # type: ignore[misc]
    assert subscription.xml_url == "https://a.example/"


def test_files_and_folders_are_looked_at(tmp_path: Path) -> None:
    """What they hold now, and what can't be read of a folder; a file must be readable."""
    fetch = partial(Fetcher(make_config(tmp_path)).fetch, now=NOW)
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "a.txt").write_text(article("Nước sạch về bản Pá Lương"), "utf-8")
    (inbox / "b.txt").write_bytes(b"\0" * 100)
    found = discover(str(inbox), fetch)
    assert isinstance(found, Discovery)
    assert (found.source.kind, found.title, len(found.reading.entries)) == (None, "inbox", 1)
    assert len(found.reading.skipped) == 1
    alone = discover(str(inbox / "a.txt"), fetch)
    assert isinstance(alone, Discovery)
    assert (alone.title, len(alone.reading.entries)) == ("a", 1)
    with pytest.raises(ReadError):
        discover(str(inbox / "b.txt"), fetch)
    with pytest.raises(FetchError, match="isn't there"):
        discover(str(inbox / "c.txt"), fetch)
    (inbox / "o").write_bytes(b"<opml/>")
    assert discover(str(inbox / "o"), fetch) == ()


@pytest.mark.parametrize(
    ("body", "title"),
    [
        (_feed(" The\n Valley "), "The Valley"),
        (_feed("Fish &amp;amp; chips"), "Fish & chips"),
        (b"<feed xmlns='http://www.w3.org/2005/Atom'><title>A <b>c</b></title></feed>", "A c"),
        (b"<rss><channel><item><title>No</title></item><title>B</title></channel></rss>", None),
        (b"<rss><channel><title>Cut", "Cut"),
        (b"<!DOCTYPE rss [<!ENTITY a 'b'>]><rss><channel><title>&a;</title>", None),
        (b"<a>" * 10_000, None),
        (b'{"version": "https://jsonfeed.org/version/1.1", "title": "J"}', "J"),
        (b'{"title": 1}', None),
        (b"{", None),
        (b"", None),
    ],
)
def test_a_feed_says_what_it_is_called(body: bytes, title: str | None) -> None:
    """The title of the feed itself, never that of an entry."""
    assert nameplate.of_feed(make_capture(body)) == title


@pytest.mark.parametrize(
    ("body", "title"),
    [
        (_page("<title>Home</title>"), "The Valley"),
        (b"<html><title>Home &amp; away</title>", "Home & away"),
        (b"<html><p>Hello", None),
        (b"\0" * 50, None),
        (b"<!-- -->", None),
    ],
)
def test_a_page_says_what_its_site_is_called(body: bytes, title: str | None) -> None:
    """The site's name goes before the page's own title."""
    assert nameplate.of_page(make_capture(body)) == title


def test_a_fetcher_that_gives_nothing_is_told() -> None:
    """There is always an error to show."""

    def silent(source: Source, known: Known) -> Iterator[Capture]:
        yield from ()

    with pytest.raises(FetchError, match="gives nothing"):
        discover(SITE, silent)
