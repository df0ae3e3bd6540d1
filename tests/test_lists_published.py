"""The lists that a site publishes: its feeds, as OPML, and its news, as a sitemap."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import pytest
from lxml import etree

from feedtool.config import Site
from feedtool.data import replace
from feedtool.model import Published, Source
from feedtool.publish import opml, sitemap
from feedtool.publish.document import Item
from feedtool.read import opml as read_opml
from feedtool.read.readers import read
from feedtool.subscriptions import Subscription
from tests.conftest import make_capture, make_entry
from tests.published import BARE, FEED, SITE

S = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
N = "{http://www.google.com/schemas/sitemap-news/0.9}"
HOME = Site(title="Tin & <núi>", base_url=SITE, language="vi")
OTHER = replace(FEED, title='"Hai" & <ba>', self_link=f"{SITE}hai.atom", link=f"{SITE}hai.html")


def _url(item: Item, site: Site = HOME) -> etree._Element:
    [found] = etree.fromstring(sitemap.document([sitemap.entry(item, site)])).findall(S + "url")
    return found


def test_the_list_of_feeds_leads_to_each() -> None:
    """An outline for each feed, with its document and its page, and all that checkers want
    (MissingXmlURL, MissingTitleAttr, MissingOutlineType)."""
    root = etree.fromstring(opml.opml("Tin & tức", [FEED, OTHER]))
    assert (root.tag, root.get("version")) == ("opml", "2.0")
    assert root.findtext("head/title") == "Tin & tức"
    assert [dict(one.attrib) for one in root.findall("body/outline")] == [
        {
            "type": "rss",
            "text": one.title,
            "title": one.title,
            "xmlUrl": one.self_link,
            "htmlUrl": one.link,
        }
        for one in (FEED, OTHER)
    ]


def test_the_list_of_feeds_is_read_again() -> None:
    """Our own reader of such lists finds the same feeds; no time of making stands in it."""
    made = opml.opml("Tin", [FEED, OTHER])
    assert read_opml.outlines(made, SITE) == [
        Subscription(one.title, one.self_link, one.link) for one in (FEED, OTHER)
    ]
    assert b"date" not in made
    assert read_opml.outlines(opml.opml("Tin", []), SITE) == []


def test_news_say_who_published_what_and_when() -> None:
    """Where the page is, who publishes it, in what language, when, and its title."""
    url = _url(Item(entry=make_entry(title="Chợ & <chè>"), page="2022/01/18/cho.html"))
    assert url.findtext(S + "loc") == f"{SITE}2022/01/18/cho.html"
    news = url.find(N + "news")
    assert [one.tag for one in news] == [N + "publication", N + "publication_date", N + "title"]
    assert news.findtext(f"{N}publication/{N}name") == "Tin & <núi>"
    assert news.findtext(f"{N}publication/{N}language") == "vi"
    assert news.findtext(N + "title") == "Chợ & <chè>"


def test_a_day_stays_a_day() -> None:
    """No time is written that nobody wrote; one that is known is written with its offset."""
    day = make_entry(published=Published.on(date(2022, 1, 18)))
    hanoi = datetime(2022, 1, 18, 7, 30, tzinfo=timezone(timedelta(hours=7)))
    at = make_entry(published=Published.at(hanoi))
    found = [_url(Item(entry=one, page="a.html")) for one in (day, at, BARE)]
    assert [one.findtext(f"{N}news/{N}publication_date") for one in found] == [
        "2022-01-18",
        "2022-01-18T07:30:00+07:00",
        None,
    ]


@pytest.mark.parametrize(
    ("tag", "site", "written"),
    [
        ("pt-BR", "vi", "pt"),
        ("mww", "vi", "mww"),
        (None, "vi-VN", "vi"),
        (None, None, "und"),
        ("zh", "vi", "zh-cn"),
        ("zh-Hant-HK", "vi", "zh-tw"),
        ("x-ours", "vi", "und"),
    ],
)
def test_languages_are_as_the_extension_has_them(
    tag: str | None, site: str | None, written: str
) -> None:
    """Two or three letters, or one of the two for Chinese; the entry's own, else the site's."""
    url = _url(Item(entry=make_entry(language=tag), page="a.html"), replace(HOME, language=site))
    assert url.findtext(f"{N}news/{N}publication/{N}language") == written


def test_a_sitemap_names_a_thousand_articles_at_most() -> None:
    """The first ones; none is as well."""
    one = sitemap.entry(Item(entry=make_entry(), page="a.html"), HOME)
    assert len(etree.fromstring(sitemap.document([one] * 1001))) == 1000
    empty = etree.fromstring(sitemap.document([]))
    assert (empty.tag, len(empty)) == (S + "urlset", 0)


def test_a_sitemap_is_read_again() -> None:
    """Our own reader of sitemaps finds the same address, title and day."""
    made = sitemap.document([sitemap.entry(Item(entry=make_entry(), page="a.html"), HOME)])
    [link] = read(make_capture(made), Source(name="v", url=SITE)).links
    assert (link.url, link.title) == (f"{SITE}a.html", "One")
    assert link.published == make_entry().published
