"""RSS documents: what stands in them, for readers and for checkers."""

from __future__ import annotations

import calendar
import html
from datetime import UTC, datetime, timedelta, timezone

import fastfeedparser
import feedparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from feedtool.data import replace
from feedtool.model import Enclosure, Entry, Feed, Published
from feedtool.publish import rss, rsschecks, values
from feedtool.publish.document import Item, Origin
from tests.conftest import make_entry
from tests.published import (
    BARE,
    DOCUMENTS,
    FEED,
    KINDS,
    ORIGIN,
    RICH,
    SITE,
    entries,
    of_archive,
    of_now,
    seconds,
    whole,
)

ATOM = "{http://www.w3.org/2005/Atom}"
DC = "{http://purl.org/dc/elements/1.1/}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
FH = "{http://purl.org/syndication/history/1.0}"


def _channel(document: bytes) -> etree._Element:
    root = etree.fromstring(document)
    assert (root.tag, root.get("version"), len(root)) == ("rss", "2.0", 1)
    return root[0]


def _item(entry: Entry | Item, full: bool = True) -> etree._Element:
    [found] = _channel(whole(rss, of_now(), [entry], full)).findall("item")
    return found


def test_a_channel_has_what_it_must_have() -> None:
    """Title, link and description; a link to itself (the checker's MissingAtomSelfLink), the
    language, what made it, and when its newest thing was."""
    channel = _channel(whole(rss, of_now(), [RICH]))
    said = {one.tag: one.text for one in channel if one.tag != "item"}
    assert said == {
        "title": "Tin",
        "link": FEED.link,
        "description": "Tin",
        f"{ATOM}link": None,
        "docs": "http://www.rssboard.org/rss-specification",
        "generator": "feedtool",
        "language": "vi",
        "lastBuildDate": "Wed, 04 May 2022 03:02:01 +0000",
        f"{FH}complete": None,
    }
    assert dict(channel.find(ATOM + "link").attrib) == {
        "href": FEED.self_link,
        "rel": "self",
        "type": "application/rss+xml",
    }


def test_a_closed_document_has_its_place_in_history() -> None:
    """It is marked, and its links are Atom's, as in the examples of RFC 5005 § 4."""
    channel = _channel(whole(rss, of_archive(hub="https://hub.example/?a&b"), [RICH]))
    assert {one.get("rel"): one.get("href") for one in channel.findall(ATOM + "link")} == {
        "self": f"{SITE}all/0002.x",
        "current": f"{SITE}all.x",
        "prev-archive": f"{SITE}all/0001.x",
        "next-archive": f"{SITE}all/0003.x",
        "hub": "https://hub.example/?a&b",
    }
    assert channel.find(FH + "archive") is not None
    assert channel.find(FH + "complete") is None


def test_an_item_has_what_the_entry_has() -> None:
    """The text in content, the summary in the description before it (the checker's
    NeedDescriptionBeforeContent), one creator with the names joined, a guid that is no link."""
    item = _item(Item(entry=RICH, origin=ORIGIN))
    assert [(one.tag, dict(one.attrib), one.text) for one in item] == [
        ("title", {}, "Chợ & chè"),
        ("link", {}, "https://e.example/1?a=1&b=2"),
        ("description", {}, "Một."),
        ("guid", {"isPermaLink": "false"}, RICH.id),
        ("category", {}, "Bản"),
        ("category", {}, "Chợ"),
        (
            "enclosure",
            {"url": "https://e.example/a.mp3", "length": "7", "type": "audio/mpeg"},
            None,
        ),
        ("source", {"url": ORIGIN.link}, ORIGIN.title),
        (f"{DC}creator", {}, "Lò Văn Phúc, Trà"),
        (f"{DC}rights", {}, "CC BY"),
        ("pubDate", {}, "Tue, 18 Jan 2022 12:00:00 GMT"),
        (f"{ATOM}updated", {}, "2022-05-04T03:02:01Z"),
        (CONTENT, {}, RICH.content_html),
    ]


def test_a_bare_entry_is_an_item_too() -> None:
    """It says its title twice, links to the feed's page, and is by the feed's author."""
    item = _item(BARE)
    assert {one.tag: one.text for one in item} == {
        "title": "Trần trụi",
        "link": FEED.link,
        "description": "Trần trụi",
        "guid": BARE.id,
        f"{DC}creator": "Toà soạn",
    }


def test_a_summary_is_html_that_means_its_text() -> None:
    """A description is HTML to all readers, so that what looks like a tag is escaped in it; a title
    is text, written by numbers (the checker's CharacterData and ContainsHTML)."""
    odd = make_entry(title="&lt;b> & <i>", summary="1 < 2 && <b>", content_text="x")
    fragment = rss.entry(Item(entry=odd), FEED, False)
    assert b"<title>&#x26;lt;b&gt; &#x26; &#x3C;i&gt;</title>" in fragment
    item = _item(odd, full=False)
    assert item.findtext("title") == odd.title
    assert item.findtext("description") == "1 &lt; 2 &amp;&amp; &lt;b&gt;"
    assert item.find(CONTENT) is None
    channel = _channel(rss.head(of_now(feed=replace(FEED, title="A & <b>"))) + rss.tail(of_now()))
    assert channel.findtext("title") == channel.findtext("description") == "A & <b>"


def test_an_enclosure_has_type_and_length() -> None:
    """Where the type isn't known the address tells, and an unknown length is 0 (the checker's
    UseZeroForUnknown); there is one, as the profile has it (DuplicateEnclosure)."""
    for one, kind in (
        (Enclosure("https://e.example/a[1].MP3?x=1"), "audio/mpeg"),
        (Enclosure("https://e.example/b"), "application/octet-stream"),
        (Enclosure("https://e.example/b.mp3", "nonsense/(x)"), "audio/mpeg"),
        (Enclosure("https://e.example/c.mp3", "video/mp4;x=1", 5), "video/mp4"),
    ):
        [made] = _item(make_entry(enclosures=(one, RICH.enclosures[0]))).findall("enclosure")
        assert made.get("type") == kind
        assert made.get("length") == str(one.length or 0)
        assert made.get("url").startswith("https://e.example/")
        assert "[" not in made.get("url")


@pytest.mark.parametrize(
    ("iri", "uri"),
    [
        ("https://e.example/ch%E1%BB%A3?a=%2F#b", "https://e.example/ch%E1%BB%A3?a=%2F#b"),
        ("https://e.example/chợ?a=ợ#ợ", "https://e.example/ch%E1%BB%A3?a=%E1%BB%A3#%E1%BB%A3"),
        ("https://bücher.example:8000/", "https://xn--bcher-kva.example:8000/"),
        (f"https://{'ợ' * 64}.example/", f"https://{'%E1%BB%A3' * 64}.example/"),
        ("https://[::1]/a[1]", "https://[::1]/a%5B1%5D"),
    ],
)
def test_addresses_are_of_ascii(iri: str, uri: str) -> None:
    """RSS knows URIs alone (the checker's UriNotIri and InvalidUriChar); what is escaped already is
    not escaped again."""
    assert values.uri(iri) == uri
    assert _item(make_entry(link=iri)).findtext("link") == uri


def test_a_source_without_an_address_is_not_named() -> None:
    """The specification wants the address of a source."""
    folder = Origin("tag:tin.example,2022:inbox", "Hộp thư")
    assert _item(Item(entry=RICH, origin=folder)).find("source") is None


def test_namespaces_are_declared_on_the_root_alone() -> None:
    """No fragment declares one; by the names that all know them by (the checker's NonstdPrefix)."""
    item = Item(entry=RICH, origin=ORIGIN)
    assert b"xmlns" not in rss.entry(item, FEED, True)
    made = whole(rss, of_archive(), [item, Item(entry=BARE)])
    assert etree.fromstring(made).nsmap.keys() == {"atom", "content", "dc", "fh"}
    assert made.count(b"xmlns") == 4


def test_a_fragment_depends_on_its_entry_alone() -> None:
    """Of the feed it takes nothing but the author who stands in: fragments are kept, and joined
    into documents of any feed."""
    other = Feed(
        id="tag:e.example,2022:other", title="Khác", link=FEED.link, self_link=SITE, author="Toà soạn"
    )  # fmt: skip
    for entry in KINDS.values():
        item = Item(entry=entry, page="a.html", origin=ORIGIN)
        assert rss.entry(item, FEED, True) == rss.entry(item, other, True)


def test_times_are_in_gmt_whatever_the_locale() -> None:
    """Names of days and months are English, years have four digits."""
    hanoi = timezone(timedelta(hours=7))
    early = Published.at(datetime(1000, 1, 1, 1, tzinfo=hanoi))
    assert _item(make_entry(published=early)).findtext("pubDate") == "Tue, 31 Dec 0999 18:00:00 GMT"


@pytest.mark.parametrize("full", [False, True], ids=["summary", "full"])
@pytest.mark.parametrize("name", DOCUMENTS)
def test_documents_are_valid(name: str, full: bool) -> None:
    """Our checks have nothing against them, with items or without."""
    items = [Item(entry=one, origin=ORIGIN) for one in KINDS.values()]
    assert rss.faults(whole(rss, DOCUMENTS[name], items, full)) == []
    assert rss.faults(whole(rss, DOCUMENTS[name], [])) == []
    for item in items:
        assert rss.entry_faults(rss.entry(item, FEED, full)) == []


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("<item>", "<item", "is no XML"),
        ("dc:creator>", "x:creator>", "is no XML"),
        ('version="2.0"', 'version="0.91"', "no rss of version 2.0"),
        ("channel>", "chanel>", "one channel"),
        ("<title>Tin</title>", "", "channel has no title"),
        ("<title>Tin</title>", "<title> </title>", "channel has no title"),
        ("<language>vi</language>", "<language/><language/>", "language twice"),
        ("Wed, 04 May", "Wednesday, 04 May", "lastBuildDate is no time"),
        ("18 Jan 2022 12:00:00 GMT", "18 Jan 2022 12:00:00", "pubDate is no time"),
        (f"<link>{FEED.link}", "<link>all.html", "link is no address"),
        ("<link>https://e.example/1?", "<link>https://e.example/ợ?", "link is no address"),
        ("guid", "gruid", "item has no guid"),
        ("tag:e.example,2022:bare", RICH.id, "two items have the guid"),
        ("<title>Trần trụi</title>", "<title/><title/>", "item has title twice"),
        ('type="audio/mpeg"', "", "enclosure lacks"),
        ('length="7"', 'length="-1"', "enclosure lacks"),
        ('<source url="https:', '<source url="', "source has no url"),
    ],
)
def test_faults_are_told(old: str, new: str, fault: str) -> None:
    """What makes a document invalid is said in words."""
    items = [Item(entry=RICH, origin=ORIGIN), Item(entry=BARE)]
    made = whole(rss, of_now(), items).decode()
    assert old in made
    found = rss.faults(made.replace(old, new).encode())
    assert any(fault in one for one in found), found


def test_faults_of_a_fragment_are_told() -> None:
    """It must be one whole item, with a title or a description."""
    one = rss.entry(Item(entry=BARE), FEED, True)
    assert rsschecks.item_faults(one + one) == ["is not one item"]
    assert rsschecks.item_faults(b"<image/>") == ["is not one item"]
    assert "is no XML" in rsschecks.item_faults(one[:-1])[0]
    empty = rsschecks.item_faults(b"<item><guid>1</guid><link>https://e.example/</link></item>")
    assert empty == ["item has neither title nor description"]


@settings(derandomize=True)
@given(st.lists(entries(), max_size=4))
def test_a_reader_gets_what_was_published(found: list[Entry]) -> None:
    """feedparser and fastfeedparser read back the same id, title, link, times, authors and summary;
    the latter tells neither the summary nor all the authors."""
    made = whole(rss, of_now(), found, full=False)
    parsed, fast = feedparser.parse(made), fastfeedparser.parse(made) if found else None
    assert len(parsed.entries) == len(found)
    for number, entry in enumerate(found):
        read = parsed.entries[number]
        assert (read.id, read.title, read.link) == (entry.id, entry.title, entry.link)
        assert entry.published is not None
        assert calendar.timegm(read.published_parsed) == seconds(entry.published.time)
        if entry.updated:
            assert calendar.timegm(read.updated_parsed) == seconds(entry.updated)
        assert read.author == values.names(entry, FEED)
        assert html.unescape(read.summary) == entry.summary
        quick = fast.entries[number]
        assert (quick.id, quick.title, quick.link) == (entry.id, entry.title, entry.link)
        when = datetime.fromisoformat(quick.published)
        assert when.astimezone(UTC) == entry.published.time
