"""Finding feeds: what a page offers, in which order, and what a robots.txt names."""

from __future__ import annotations

import pytest

from feedtool.read import discover
from feedtool.read.discover import Found
from tests.conftest import bounded

URL = "https://valley.example/news/today.html"
ATOM, RSS, JSON = "application/atom+xml", "application/rss+xml", "application/feed+json"


def _link(href: str, kind: str, title: str = "", rel: str = "alternate") -> str:
    return f'<link rel="{rel}" type="{kind}" title="{title}" href="{href}">'


def _offered(html: str, url: str = URL) -> list[Found]:
    return [found for found in discover.feeds(html, url) if not found.guess]


def _urls(html: str, url: str = URL) -> list[str]:
    return [found.url.removeprefix("https://valley.example") for found in _offered(html, url)]


def test_declared_feeds_come_first_and_comments_last() -> None:
    """The site's, then a section's, then those a page links to, then comments; each says why."""
    html = (
        _link("/comments/feed/", RSS, "Valley » Comments")
        + _link("/category/ferry/feed/", RSS, "Valley » Ferry")
        + _link("/feed/", RSS + "; charset=utf-8", "Valley » Feed")
        + '<a href="/rss.xml">All our news</a>'
    )
    found = _offered(html)
    assert _urls(html) == ["/feed/", "/category/ferry/feed/", "/rss.xml", "/comments/feed/"]
    assert [one.scope for one in found] == ["site", "section", "site", "comments"]
    assert found[0] == Found(
        "https://valley.example/feed/",
        "Valley » Feed",
        RSS,
        f'link rel="alternate" type="{RSS}"',
    )
    assert found[2].how == "address of a link"
    assert found[3].how.endswith("of comments")


def test_of_the_same_feed_atom_is_the_first() -> None:
    """Then RSS, then JSON; a feed of something else stays where it is."""
    html = (
        _link("/feed.json", JSON, "Valley JSON feed")
        + _link("/rss.xml", RSS, "Valley (RSS)")
        + _link("/atom.xml", ATOM, "Valley (Atom)")
        + _link("/all.rdf", "application/rdf+xml", "Podcast")
    )
    assert _urls(html) == ["/atom.xml", "/rss.xml", "/feed.json", "/all.rdf"]


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        (_link("/wp-json/wp/v2/posts/2", "application/json"), []),
        (_link("/feed.json", "application/json"), ["/feed.json"]),
        (_link("/news.xml", "text/xml"), ["/news.xml"]),
        (_link("/sitemap.xml", "text/xml"), []),
        (_link("/en/", "text/html"), []),
        (_link("/x", ATOM, rel="ALTERNATE home"), ["/x"]),
        (_link("/x", ATOM, rel="self"), []),
        (_link("/y", "", rel="feed"), ["/y"]),
        (_link("", ATOM), []),
        (_link("feed://valley.example/f.rss", RSS), []),
        (_link("feed:https://valley.example/f.rss", RSS), ["/f.rss"]),
        (_link("javascript:alert(1)", RSS), []),
    ],
)
def test_what_a_link_declares(link: str, expected: list[str]) -> None:
    """The media types of feeds; those of others too only where the address looks like a feed."""
    assert _urls(link) == expected


@pytest.mark.parametrize(
    ("anchor", "kind"),
    [
        ("<a href='/tin-moi.rss'>x</a>", RSS),
        ("<a href='/rss'>x</a>", RSS),
        ("<a href='/blog.atom'>x</a>", ATOM),
        ("<a href='/?feed=atom'>x</a>", ATOM),
        ("<a href='/?feed=rss2'>x</a>", RSS),
        ("<a href='/feeds/posts/default?alt=rss'>x</a>", RSS),
        ("<a href='/feed'>x</a>", None),
        ("<a href='/news.xml'>x</a>", None),
        ("<a href='https://feeds.other.example/valley'>x</a>", None),
        ("<a href='/subscribe'>RSS feed</a>", None),
        ("<a href='/feed.json'><img alt='JSON'></a>", JSON),
    ],
)
def test_links_that_look_like_feeds(anchor: str, kind: str | None) -> None:
    """By their address or by their words, with the media type that the address looks like."""
    [found] = _offered(anchor)
    assert (found.media_type, found.guess) == (kind, False)


@pytest.mark.parametrize(
    "anchor",
    [
        "<a href='https://reader.example/add/feed/https://valley.example/rss'>RSS</a>",
        "<a href='/sitemap.xml'>Map</a>",
        "<a href='/about'>We feed the valley, and have been doing so for many years now</a>",
        "<a href='/about'>About us</a>",
        "<a href='#rss'>RSS</a>",
    ],
)
def test_links_that_are_no_feeds(anchor: str) -> None:
    """Readers' buttons, sitemaps, sentences that speak of feeding."""
    assert _offered(anchor) == []


def test_addresses_go_before_words() -> None:
    """A page called RSS may be one that explains it; an address is named once, as declared."""
    html = (
        "<a href='/about-rss'>RSS</a><a href='/feed.xml'>x</a><a href='/feed.xml'>y</a>"
        + _link("/atom.xml", ATOM)
        + "<a href='/atom.xml'>Atom</a>"
    )
    assert _urls(html) == ["/atom.xml", "/feed.xml", "/about-rss"]


def test_what_a_feed_covers() -> None:
    """All of the site, what the page itself is of, or another part of it."""
    html = "".join(
        _link(href, RSS, href)
        for href in ("/rss/the-thao.rss", "/feed?cat=3", "/tho/feed", "/rss/trang-chu.rss")
    )
    found = _offered(html + _link("https://out.example/x", RSS), "https://valley.example/tho/")
    assert [(one.url.partition(".example")[2], one.scope) for one in found] == [
        ("/rss/trang-chu.rss", "site"),
        ("/tho/feed", "site"),
        ("/x", "site"),
        ("/rss/the-thao.rss", "section"),
        ("/feed?cat=3", "section"),
    ]


def test_guesses_come_last() -> None:
    """The usual places, below the page's own folder and the root, without what is known."""
    found = discover.feeds(_link("/feed", RSS), "https://valley.example/blog/?a=1")
    guesses = [one.url.removeprefix("https://valley.example") for one in found if one.guess]
    assert found[0].url == "https://valley.example/feed"
    assert guesses[:8] == [
        *("/blog/feed", "/blog/rss", "/blog/atom.xml", "/blog/feed.xml", "/blog/index.xml"),
        *("/blog/rss.xml", "/blog/feed/", "/blog/?feed=rss2"),
    ]
    assert "/feed" not in guesses
    assert "/?feed=rss2" in guesses
    assert all(one.guess and one.media_type is None for one in found[1:])
    assert len(discover.feeds("", URL)) == 8


def test_addresses_are_seen_from_the_base() -> None:
    """<base> counts; a saved page's is its canonical address; without any there is none."""
    base = '<base href="https://valley.example/b/">'
    assert _urls(base + _link("feed.xml", ATOM)) == ["/b/feed.xml"]
    saved = '<link rel="canonical" href="https://valley.example/b/">'
    assert _urls(saved + _link("/feed.xml", ATOM), "/inbox/a.html") == ["/feed.xml"]
    assert discover.feeds(_link("/feed.xml", ATOM), "/inbox/a.html") == []


def test_sitemaps_of_a_page() -> None:
    """Named by <link rel="sitemap">, absolute, each once."""
    html = _link("/s.xml", "application/xml", rel="sitemap") * 2 + '<link rel="sitemap">'
    assert discover.page_sitemaps(html, URL) == ["https://valley.example/s.xml"]
    assert discover.page_sitemaps("", URL) == []


def test_sitemaps_of_a_robots_txt() -> None:
    """Lines of any case, comments aside; what is relative is none (sitemaps.org)."""
    robots = (
        "\ufeffSitemap: https://valley.example/a.xml\r\nUser-agent: *\rDisallow: /x\n"
        "  SITEMAP :https://valley.example/b.xml#top\n# Sitemap: https://valley.example/c.xml\n"
        "Sitemap: /d.xml\nSitemap:\nsitemap: https://valley.example/a.xml # again\n"
    )
    assert discover.sitemaps(robots) == [
        "https://valley.example/a.xml",
        "https://valley.example/b.xml",
    ]
    many = "".join(f"Sitemap: https://valley.example/{n}.xml\n" for n in range(1500))
    assert len(discover.sitemaps(many)) == 1000


def test_hostile_pages_end_soon() -> None:
    """Thousands of links, deep or with long words, are looked at for seconds at most."""
    with bounded():
        for html in (
            "<a href='/rss'>RSS</a>" * 100_000,
            "".join(_link(f"/{n}.rss", RSS, f"t{n}") for n in range(20_000)),
            "<a href=/rss><div>" * 120 + "rss " * 500_000,
            f"<a href='/{'feed/' * 100_000}'>x</a>",
        ):
            assert len(discover.feeds(html, URL)) <= 108
