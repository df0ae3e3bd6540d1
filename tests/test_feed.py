"""Feeds, as feedparser reads them and as they become entries."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from html import escape
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedtool import text
from feedtool.errors import FeedtoolError, ReadError
from feedtool.model import Capture, Enclosure, Entry, Person, Reading, Source
from feedtool.read import feed, markup
from feedtool.read.readers import kind_of, read
from tests.conftest import NOW, make_capture

SOURCE = Source(name="valley", url="https://valley.example/feed")


def _rss(items: str, channel: str = "") -> bytes:
    return (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>Valley</title>'
        f"<link>https://valley.example/</link>{channel}{items}</channel></rss>"
    ).encode()


def _atom(entries: str, feed: str = "") -> bytes:
    return (
        '<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom">'
        f"<id>urn:x:feed</id><title>Valley</title>{feed}{entries}</feed>"
    ).encode()


def _read(body: bytes, source: Source = SOURCE, **capture: Any) -> Reading:
    return feed.read(make_capture(body, **capture), source)


def _one(body: bytes, source: Source = SOURCE, **capture: Any) -> Entry:
    [entry] = _read(body, source, **capture).entries
    return entry


def test_an_rss_item_is_an_entry() -> None:
    """Every element has its place, dates keep their offset, and each field its evidence."""
    entry = _one(
        _rss(
            "<item><title>Bread &amp;amp; ferries</title><link>https://valley.example/1</link>"
            '<guid isPermaLink="false">urn:valley:1</guid><dc:creator>Imelda Farr</dc:creator>'
            "<pubDate>Wed, 13 Apr 2022 07:45:00 +0100</pubDate><category>Harbour</category>"
            "<description>She is &lt;b&gt;back&lt;/b&gt;.</description>"
            "<content:encoded>&lt;p onclick='x()'&gt;She is back &lt;a href='/a'&gt;now&lt;/a&gt;."
            "&lt;/p&gt;&lt;script&gt;bad()&lt;/script&gt;</content:encoded>"
            '<enclosure url="https://valley.example/a.mp3" length="7" type="audio/mpeg"/>'
            '<media:thumbnail url="https://valley.example/a.jpg"/></item>',
            "<language>en-gb</language><copyright>The valley</copyright>",
        )
    )
    assert entry.id == "urn:valley:1"
    assert entry.title == "Bread & ferries"
    assert entry.link == "https://valley.example/1"
    assert entry.authors == (Person("Imelda Farr"),)
    assert entry.published is not None
    assert entry.published.time == datetime(2022, 4, 13, 7, 45, tzinfo=timezone(timedelta(hours=1)))
    assert entry.published.time.utcoffset() == timedelta(hours=1)
    assert entry.summary == "She is back."
    assert "onclick" not in (entry.content_html or "")
    assert "bad()" not in (entry.content_html or "")
    assert 'href="https://valley.example/a"' in (entry.content_html or "")
    assert entry.categories == ("Harbour",)
    assert entry.enclosures == (Enclosure("https://valley.example/a.mp3", "audio/mpeg", 7),)
    assert entry.image == "https://valley.example/a.jpg"
    assert (entry.language, entry.rights) == ("en-gb", "The valley")
    assert {one.field for one in entry.evidence} == {"title", "authors", "published", "summary"}


def test_an_atom_entry_inherits_its_feeds_author() -> None:
    """RFC 4287 § 4.2.1: an entry without an author has the feed's."""
    feed_author = "<author><name>Hilltop</name><email>h@hill.example</email></author>"
    entry = _one(
        _atom(
            "<entry><id>urn:x:1</id><title>Clear night</title><updated>2022-05-02T21:10:00Z"
            "</updated><summary>Two moons.</summary></entry>",
            feed_author,
        )
    )
    assert entry.authors == (Person("Hilltop", email="h@hill.example"),)
    assert entry.link is None
    assert entry.published is not None
    assert entry.published.time == datetime(2022, 5, 2, 21, 10, tzinfo=UTC)
    [why] = [one for one in entry.evidence if one.field == "published"]
    assert (why.rule, why.confidence) == ("feed entry updated", 0.6)


def test_a_sources_author_stands_in_last() -> None:
    """Where neither entry nor feed names anybody, the source's setting does."""
    body = _rss("<item><title>T</title><link>https://valley.example/1</link></item>")
    assert _one(body).authors == ()
    source = Source(name="valley", url=SOURCE.url, author="Toà soạn")
    assert _one(body, source).authors == (Person("Toà soạn"),)


@pytest.mark.parametrize(
    ("item", "identity"),
    [
        ("<guid>https://valley.example/1</guid>", "https://valley.example/1"),
        ('<guid isPermaLink="false">17</guid>', "tag:tin.example,2022-05-04:valley/17"),
        ('<guid isPermaLink="false">a b:c</guid>', "tag:tin.example,2022-05-04:valley/a%20b:c"),
        ("<link>https://valley.example/1?a=2</link>", "https://valley.example/1?a=2"),
        ("", "tag:tin.example,2022-05-04:valley/T"),
    ],
)
def test_ids_are_the_entrys_own_or_minted(item: str, identity: str) -> None:
    """An IRI is kept as it is; anything else becomes part of an id that is ours."""
    body = _rss(f"<item><title>T</title>{item}</item>")
    found = _one(body)
    expected = identity
    if "<link>" in item:  # RSS without a guid: the link names it, whatever its scheme
        expected = "tag:tin.example,2022-05-04:valley/valley.example/1?a=2"
        expected = expected.replace("?", "%3F").replace("=2", "=2")
    assert found.id == expected


def test_entries_that_have_a_title_alone_are_told_apart_by_their_dates() -> None:
    """Logs say the same title again and again: each is an entry, and read alone is the same."""
    item = "<item><title>New</title><pubDate>2022-04-13T07:45:0{0}Z</pubDate></item>"
    body = _rss(item.format(1) + item.format(2))
    reading = _read(body)
    assert len({entry.id for entry in reading.entries}) == 2
    alone = _read(body, known=frozenset(reading.pieces[:1]))
    assert (alone.entries, alone.unchanged) == (reading.entries[1:], 1)


def test_one_id_for_all_entries_is_nobodys() -> None:
    """Where a feed gives all its entries the same id, their links tell them apart."""
    item = '<item><title>{0}</title><guid isPermaLink="false">urn:all</guid><link>https://valley.example/{0}</link></item>'
    entries = _read(_rss(item.format("a") + item.format("b"))).entries
    assert len({entry.id for entry in entries}) == 2
    twice = _read(_rss(item.format("a") * 2)).entries
    assert [entry.id for entry in twice] == ["urn:all"]


PARTS = ("wor", "d ", "é", " \n", "<b>x</b>", "<br>", "&amp;", "<p>a <i>b</i></p>", "\u0301")


@given(st.lists(st.sampled_from(PARTS), max_size=6), st.lists(st.sampled_from(PARTS), max_size=6))
def test_a_summary_is_the_beginning_of_the_text(first: list[str], then: list[str]) -> None:
    """However long the content is, and whatever tags are in it."""
    html = f"x{''.join(first) * 90}{''.join(then) * 90}"
    entry = _one(_rss(f"<item><title>T</title><description>{escape(html)}</description></item>"))
    assert entry.summary == text.shorten(markup.plain(html), 500)


def test_an_entry_without_a_title_has_its_first_words() -> None:
    """Some readers leave untitled entries out, so the first words stand in, and say so."""
    entry = _one(_rss("<item><guid>urn:x:1</guid><description>Two moons.</description></item>"))
    assert entry.title == "Two moons."
    assert [one.rule for one in entry.evidence if one.field == "title"] == ["first words"]


def test_an_entry_of_a_link_alone_is_called_by_it() -> None:
    """Nothing is lost: an entry that is only a link is titled with it."""
    entry = _one(_rss("<item><link>https://valley.example/1</link></item>"))
    assert entry.title == "https://valley.example/1"


def test_an_empty_entry_is_skipped_and_told() -> None:
    """What has neither title nor text can't be; the others are kept."""
    reading = _read(_rss("<item><guid>urn:x:1</guid></item><item><title>T</title></item>"))
    assert [entry.title for entry in reading.entries] == ["T"]
    [error] = reading.skipped
    assert isinstance(error, FeedtoolError)
    assert "title: is empty" in str(error)


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2022-04-13", date(2022, 4, 13)),
        ("Wed, 13 Apr 2022 07:45:00 GMT", date(2022, 4, 13)),
        ("2021-13-45", None),
        ("0001-01-01T00:00:00Z", None),
        ("soon", None),
    ],
)
def test_dates_are_believed_or_left_out(written: str, day: date | None) -> None:
    """An impossible date is none; it is never mended into another one."""
    entry = _one(_rss(f"<item><title>T</title><pubDate>{written}</pubDate></item>"))
    assert (entry.published.day if entry.published else None) == day


def test_odd_values_are_left_out() -> None:
    """A bad language, address, length or media type costs that value alone."""
    entry = _one(
        _rss(
            "<item><title>T</title><link>javascript:alert(1)</link><author>a b c</author>"
            '<enclosure url="/x" length="y"/><enclosure url="https://valley.example/b" length="-1" '
            'type="nonsense"/><media:content url="https://valley.example/v" medium="video"/>'
            "<category></category></item>",
            "<language>not a language!</language>",
        ),
    )
    assert entry.link is None
    assert entry.language is None
    assert entry.image is None
    assert entry.categories == ()
    assert Enclosure("https://valley.example/b") in entry.enclosures


@pytest.mark.parametrize(
    "body",
    [
        b"<!doctype html><html><body>We are down for maintenance</body></html>",
        b"<rss version='2.0'><channel><item",
        b"",
    ],
)
def test_what_is_no_feed_is_an_error(body: bytes) -> None:
    """An outage page or a torn document is told, and never an empty feed."""
    with pytest.raises(ReadError, match="is no feed"):
        _read(body)


@pytest.mark.parametrize(
    "item", ["<media:player/></media:player>", "<description/><title/><guid/><category/>"]
)
def test_odd_elements_are_read_or_told(item: str) -> None:
    """What makes the parser stumble, or leaves it with nothing, is an error or is left out."""
    try:
        reading = _read(_rss(f"<item><title>T</title>{item}</item>"))
    except ReadError:
        return
    assert len(reading.entries) <= 1


def test_a_parser_that_stumbles_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception within feedparser is an error about the document."""

    def stumbles(*_: object, **__: object) -> None:
        raise KeyError("license")

    monkeypatch.setattr("feedparser.parse", stumbles)
    with pytest.raises(ReadError, match="can't be parsed: KeyError"):
        _read(_rss(""))


def test_an_empty_feed_is_no_error() -> None:
    """A feed without entries is well."""
    assert _read(_rss("")).entries == ()


def test_a_bomb_of_entities_is_refused() -> None:
    """Entities that grow without bound end in an error, at once."""
    bomb = (
        b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "aaaaaaaaaa">'
        + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9))
        + b"]><rss version='2.0'><channel><item><title>&j;</title></item></channel></rss>"
    )
    try:
        reading = _read(bomb)
    except ReadError:
        return
    assert sum(len(entry.title) for entry in reading.entries) < 100_000


def test_a_declared_charset_is_used() -> None:
    """The header's charset is given to feedparser."""
    body = _rss("<item><title>Đảng</title></item>").decode().replace(' encoding="utf-8"', "")
    legacy = body.replace("Đảng", "Зима").encode("windows-1251")
    entry = _one(legacy, media_type="application/rss+xml", charset="windows-1251")
    assert entry.title == "Зима"


@pytest.mark.parametrize(
    ("body", "media_type", "kind"),
    [
        (b"<?xml version='1.0'?>\n<rss version='2.0'>", "text/html", "feed"),
        ("<feed xmlns='x'>".encode("utf-16"), None, "feed"),
        (b"<rdf:RDF xmlns='x'>", None, "feed"),
        (b'{"version": "https://jsonfeed.org/version/1.1"}', None, "feed"),
        (b"<!DOCTYPE html><p>x", "text/plain", "page"),
        (b"<p>x", "text/html", "page"),
        (b"A headline\n\nA text.", "text/plain", "prose"),
        (b"", None, "prose"),
    ],
)
def test_kinds_are_told_by_bytes_before_types(
    body: bytes, media_type: str | None, kind: str
) -> None:
    """What a document looks like counts more than what the server says it is."""
    assert kind_of(make_capture(body, media_type=media_type)) == kind


def test_each_kind_goes_to_its_reader() -> None:
    """A source's kind decides where it is set; the table of readers can be another."""
    seen: list[str] = []

    def reader(capture: Capture, source: Source) -> Reading:
        seen.append(source.name)
        return Reading("feed")

    read(make_capture(b"x"), Source(name="a", url="/", kind="feed"), {"feed": reader})
    assert seen == ["a"]
    page = b"<html><title>Two moons</title><article><h1>Two moons</h1><p>" + b"Moons rose. " * 40
    assert read(make_capture(page), SOURCE).kind == "page"
    assert read(make_capture(_rss("")), SOURCE).kind == "feed"
    prose = "Two moons\n\nMoons rose over the hill at nine, and nobody was there to see it.\n"
    assert read(make_capture(prose.encode()), SOURCE).kind == "prose"


def test_all_sample_feeds_are_read_or_refused(samples: Path) -> None:
    """Real feeds, broken ones among them, give entries or an error, and nothing else."""
    read_well = 0
    for path in sorted((samples / "feeds").glob("*.*")):
        if path.suffix not in (".xml", ".json") or path.name.endswith("expected.json"):
            continue
        capture = make_capture(
            path.read_bytes(), url=f"https://e.example/{path.name}", captured=NOW
        )
        try:
            read_well += bool(feed.read(capture, SOURCE).entries)
        except FeedtoolError:
            continue
    assert read_well >= 45


@pytest.mark.parametrize(
    "written",
    [
        "ed@site.online (Imelda Farr)",
        "Imelda Farr &lt;ed@site.online&gt;",
        "Imelda Farr (ed@site.online)",
    ],
)
def test_long_ends_of_addresses_are_no_part_of_names(written: str) -> None:
    """RSS writes e-mail addresses and names together; a last part such as .online stays whole."""
    feed = f"<rss version='2.0'><channel><item><title>x</title><author>{written}</author></item>"
    [entry] = read(make_capture(f"{feed}</channel></rss>".encode()), SOURCE).entries
    assert entry.authors == (Person("Imelda Farr", email="ed@site.online"),)


@pytest.mark.parametrize(
    ("entry", "start", "end"),
    [
        (
            "<item><title>T{0}</title><guid>urn:x:{0}</guid><description>d &amp; e</description></item>",
            "<rss version='2.0'><channel><title>V</title>",
            "</channel></rss>",
        ),
        (
            "<entry><id>urn:x:{0}</id><title>T{0}</title><content><![CDATA[c]]></content></entry>",
            "<feed xmlns='http://www.w3.org/2005/Atom'><id>urn:x</id><title>V</title>",
            "</feed>",
        ),
    ],
)
def test_an_entry_that_is_cut_off_is_left_for_later(entry: str, start: str, end: str) -> None:
    """Wherever a document ends, as one that is still being written: each of its entries has the id
    that it has in the whole, so that none is there twice in the end, and all but the last are as
    they are there."""
    three = [entry.format(number) for number in range(3)]
    document = start + "".join(three) + end
    whole = feed.read(make_capture(document.encode()), SOURCE).entries
    for length in range(len(start + three[0]), len(document)):
        reading = feed.read(make_capture(document[:length].encode()), SOURCE)
        written = sum(length >= len(start + "".join(three[:number])) for number in (1, 2, 3))
        found = reading.entries
        assert [one.id for one in found] == [one.id for one in whole[: len(found)]]
        assert found[:-1] == whole[: max(len(found) - 1, 0)]
        assert written - 1 <= len(found) <= written + 1


def test_an_odd_document_with_an_end_is_read_whole() -> None:
    """Where the end is there, an entry that isn't closed is kept, as feedparser reads it."""
    body = b"<rss version='2.0'><channel><item><title>A</title></item><item><title>B</title></channel></rss>"
    titles = [entry.title for entry in feed.read(make_capture(body), SOURCE).entries]
    assert titles == ["A", "B"]
