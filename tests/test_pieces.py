"""What of a feed is new, and the quick reader against feedparser."""

from __future__ import annotations

import re
import sys
from datetime import UTC
from html import escape
from pathlib import Path
from typing import Any

import feedparser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedtool.data import replace
from feedtool.errors import ReadError
from feedtool.model import Capture, Entry, Reading, Source
from feedtool.read import dates, elements, feed, pieces, quick
from tests.conftest import make_capture

SOURCE = Source(name="valley", url="https://valley.example/feed")

NAMESPACES = (
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/" '
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" '
    'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" '
    'xmlns:slash="http://purl.org/rss/1.0/modules/slash/" '
    'xmlns:dcterms="http://purl.org/dc/terms/" xmlns:atom="http://www.w3.org/2005/Atom" '
    'xmlns:thr="http://purl.org/syndication/thread/1.0"'
)


def _rss(*items: str, channel: str = "", declared: str = NAMESPACES) -> bytes:
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0" {declared}>'
        f"<channel><title>Valley</title>{channel}{' '.join(items)}</channel></rss>"
    ).encode()


def _atom(*entries: str, start: str = "") -> bytes:
    return (
        f'<feed xmlns="http://www.w3.org/2005/Atom" {NAMESPACES}><id>urn:x:feed</id>{start}'
        f"<title>Valley</title>{' '.join(entries)}</feed>"
    ).encode()


def _rdf(*items: str) -> bytes:
    return (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        '<channel rdf:about="x"><title>V</title><dc:creator>All</dc:creator></channel>'
        f"{''.join(items)}</rdf:RDF>"
    ).encode()


def _by_feedparser(capture: Capture) -> Reading:
    """What the whole document gives, feedparser alone reading it."""
    outline = pieces.outline(capture.body, capture.charset)
    based = pieces.is_based(outline.document) if outline else None
    holder, items = feed._parse(capture, capture.body, capture.charset, based)
    return feed._whole(holder, items[: feed._most(capture.body)], capture, SOURCE)


def _asked_again(entry: Entry) -> Entry:
    """The entry, made anew with all that is asked then."""
    published = entry.published and replace(entry.published)
    authors, enclosures = tuple(map(replace, entry.authors)), tuple(map(replace, entry.enclosures))
    evidence = tuple(map(replace, entry.evidence))
    return replace(
        entry, published=published, authors=authors, enclosures=enclosures, evidence=evidence
    )


def _outline(body: bytes, charset: str | None = None, *, trees: bool = False) -> pieces.Outline:
    found = pieces.outline(body, charset, trees=trees)
    assert found is not None
    return found


def _quickly(body: bytes) -> int:
    """How many entries the quick reader takes."""
    return sum(item is not None for item in quick.items(_outline(body, trees=True)))


def _item(number: int, more: str = "") -> str:
    return (
        f"<item><title>T{number}</title><link>https://valley.example/{number}</link>"
        f'<guid isPermaLink="false">g{number}</guid>{more}</item>'
    )


def _entry(number: int, more: str = "") -> str:
    return (
        f"<entry><id>urn:x:{number}</id><title>T{number}</title>"
        f"<updated>2022-05-02T21:10:0{number % 10}Z</updated>{more}</entry>"
    )


@pytest.mark.parametrize(
    "body",
    [_rss(*map(_item, range(5))), _atom(*map(_entry, range(5)))],
)
def test_what_is_known_is_not_read(body: bytes) -> None:
    """An entry whose bytes were read before is counted; only the others are read."""
    whole = feed.read(make_capture(body), SOURCE)
    assert (len(whole.entries), len(whole.pieces), whole.unchanged) == (5, 5, 0)
    assert all(re.fullmatch(r"[0-9a-f]{24}", piece) for piece in whole.pieces)
    again = feed.read(make_capture(body, known=frozenset(whole.pieces)), SOURCE)
    assert (again.entries, again.pieces, again.unchanged) == ((), whole.pieces, 5)
    known = frozenset(whole.pieces) - {whole.pieces[2]}
    third = feed.read(make_capture(body, known=known), SOURCE)
    assert (third.entries, third.pieces, third.unchanged) == (whole.entries[2:3], whole.pieces, 4)


def test_the_base_of_what_is_known_is_of_no_account_to_others() -> None:
    """Beside a known entry with an xml:base, a new one reads as it does alone."""
    based = _entry(1, "<content type='html' xml:base='https://x.example/'>a</content>")
    plain = _entry(2, "<link href='https://y.example/2'/><content type='html'>b</content>")
    whole = feed.read(make_capture(_atom(based, plain)), SOURCE)
    known = frozenset(whole.pieces[:1])
    again = feed.read(make_capture(_atom(based, plain), known=known), SOURCE)
    assert (
        again.entries == whole.entries[1:] == feed.read(make_capture(_atom(plain)), SOURCE).entries
    )


def test_a_feeds_own_dates_make_nothing_new() -> None:
    """What changes at each build is left out of the digests, as is the space between entries."""
    items = [_item(1), _item(2)]
    first = _outline(_rss(*items, channel="<lastBuildDate>a</lastBuildDate><ttl>5</ttl>"))
    later = _outline(_rss(_item(3), "\n\n", *items, channel="<lastBuildDate>b</lastBuildDate>"))
    assert set(first.digests) < set(later.digests)


@pytest.mark.parametrize(
    "channel",
    [
        "<managingEditor>Somebody</managingEditor>",
        "<dc:creator>Somebody</dc:creator>",
        "<language>en</language>",
        "<copyright>Nobody</copyright>",
        "<itunes:author>Somebody</itunes:author>",
        "<atom:author><atom:name>Somebody</atom:name></atom:author>",
    ],
)
def test_what_entries_inherit_makes_them_new(channel: str) -> None:
    """An entry is another where the feed's author, language or rights are."""
    plain, other = _outline(_rss(_item(1))), _outline(_rss(_item(1), channel=channel))
    assert not set(plain.digests) & set(other.digests)
    changed = channel.replace("body", "BODY").replace(">en<", ">vi<")
    assert set(_outline(_rss(_item(1), channel=changed)).digests) != set(other.digests)


@pytest.mark.parametrize(
    "body",
    [
        b"<rss version='2.0'><channel><item></channel></rss>",
        b"<!DOCTYPE rss [<!ENTITY a 'b'>]><rss><channel><item/></channel></rss>",
        b"<html><item/></html>",
        _rss("<item><item/></item>"),
        _rss("<foo><item/></foo>"),
        _rss("<x:item xmlns:x='urn:x'/>"),
        b"<feed xmlns='http://www.w3.org/2005/Atom'><entry><entry/></entry></feed>",
        b"<?xml version='1.0' encoding='bogus'?><rss/>",
        b"<?xml version='1.0' encoding='idna'?><rss/>",
        b"<?xml version='1.0' encoding='base64'?><rss/>",
        "<?xml version='1.0' encoding='ascii'?><rss>Đ</rss>".encode(),
        b"<?xml version='1.0' encoding='shift_jis'?><rss>\xff\xff</rss>",
        b"<rss>\xff</rss>",
        b"",
    ],
)
@pytest.mark.parametrize("trees", [False, True])
def test_odd_documents_are_not_taken_apart(body: bytes, trees: bool) -> None:
    """Where anything is in doubt, the document is read as a whole."""
    assert pieces.outline(body, None, trees=trees) is None


@pytest.mark.parametrize(
    "body",
    [
        _rss("<item>" + "<a>" * 300 + "</a>" * 300 + "</item>"),
        _rss("<item>" + "<a>" * 300),
        b"<rss>" + b"<a>" * 300 + b"</a>" * 300 + b"</rss>",
        _rss("<item><a " + " ".join(f"a{n}='1'" for n in range(300)) + "/></item>"),
        b"<rss " + b" ".join(b"a%d='1'" % n for n in range(300)) + b"/>",
        _rss("<item><title>T</title><author>a@" + "b." * 2000 + "</author></item>"),
    ],
)
def test_what_is_made_to_take_long_is_refused(body: bytes) -> None:
    """No feed nests so deeply or has such elements; feedparser would take minutes."""
    for known in (frozenset[str](), frozenset(["0"])):
        with pytest.raises(ReadError, match=r"take long|a word of over"):
            feed.read(make_capture(body, known=known), SOURCE)


def test_charsets_that_disagree_are_in_doubt() -> None:
    """A server and a document that name two charsets leave it to feedparser."""
    body = b"<?xml version='1.0' encoding='koi8-r'?><rss><channel><item/></channel></rss>"
    assert pieces.outline(body, "utf-8") is None
    assert pieces.outline(body, "KOI8-R") is not None


@pytest.mark.parametrize(
    "codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "windows-1251", "gb2312"]
)
def test_every_charset_gives_the_same_entries(codec: str) -> None:
    """UTF-16, marks and legacy charsets are read as UTF-8 is."""
    name = {"utf-8-sig": "utf-8", "utf-16-le": "utf-16"}.get(codec, codec)
    said = _rss("<item><title>Зима</title><guid>urn:x:1</guid></item>").decode()
    body = said.replace('encoding="utf-8"', f'encoding="{name}"').encode(codec)
    body = b"\xff\xfe" + body if codec == "utf-16-le" else body
    reading = feed.read(make_capture(body), SOURCE)
    assert [entry.title for entry in reading.entries] == ["Зима"]
    assert len(reading.pieces) == 1


@pytest.mark.parametrize("trees", [False, True])
def test_empty_entries_have_a_place(trees: bool) -> None:
    """An element without content ends where it begins."""
    outline = _outline(_rss("<item/>", "<item />", "<item></item >"), trees=trees)
    found = [outline.document[start:end] for start, end in outline.spans]
    assert found == [b"<item/>", b"<item />", b"<item></item >"]
    assert not outline.unique
    assert outline.only([]) == _rss("", "", "")


def test_entries_of_one_name_are_read_whole() -> None:
    """Ids that several entries share can be judged on the whole document alone."""
    body = _rss(_item(1), _item(1).replace("T1", "T2"))
    reading = feed.read(make_capture(body), SOURCE)
    assert reading.pieces == ()
    known = frozenset(_outline(body).digests)
    assert feed.read(make_capture(body, known=known), SOURCE) == reading
    assert reading.entries == _by_feedparser(make_capture(body)).entries


def test_a_skipped_entry_is_tried_again() -> None:
    """An entry that can't be is no known piece: it is told until it is mended."""
    body = _rss(_item(1), "<item><guid>urn:x:2</guid></item>")
    reading = feed.read(make_capture(body), SOURCE)
    assert (len(reading.entries), len(reading.skipped), len(reading.pieces)) == (1, 1, 1)
    again = feed.read(make_capture(body, known=frozenset(reading.pieces)), SOURCE)
    assert (len(again.entries), len(again.skipped), again.unchanged) == (0, 1, 1)


def test_parts_that_give_something_else_are_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where feedparser finds more or fewer entries in a part, the whole is read."""
    body = _rss(_item(1, "<author>a@valley.example (A)</author>"), _item(2))
    expected = feed.read(make_capture(body), SOURCE).entries
    parse = feedparser.parse
    calls = []

    def fewer(*args: Any, **named: Any) -> Any:
        document = parse(*args, **named)
        calls.append(len(document.entries))
        if len(calls) == 1:
            del document.entries[:]
        return document

    monkeypatch.setattr("feedparser.parse", fewer)
    reading = feed.read(make_capture(body), SOURCE)
    assert (reading.entries, reading.pieces, calls) == (expected, (), [1, 2])


def test_parts_that_cannot_be_cut_are_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """A document that isn't well-formed any more without its known entries is read whole."""
    body = _rss("<!-- <item> -->", _item(1), _item(2))
    outline = _outline(body)
    monkeypatch.setattr(pieces.Outline, "only", lambda self, numbers: b"<rss")
    known = frozenset(outline.digests[:1])
    assert len(feed.read(make_capture(body, known=known), SOURCE).entries) == 2


# Items that feedparser and the quick reader must read alike; the first list surely quickly.
QUICK = [
    "",
    "<description>a &lt;b&gt;c&lt;/b&gt;</description>",
    "<content:encoded><![CDATA[<p>x <a href='/y'>z</a></p>]]></content:encoded>",
    "<content:encoded>&lt;p&gt;x&lt;/p&gt;</content:encoded><description>d</description>",
    "<description/><content:encoded>x</content:encoded>",
    "<pubDate>Wed, 13 Apr 2022 07:45:00 +0100</pubDate>",
    "<pubDate>13 Apr 2022 07:45:00 GMT</pubDate><dc:date>2022-04-14</dc:date>",
    "<pubDate>Wed, 13 Apr 2022 07:45 EST</pubDate>",
    "<dc:creator>A</dc:creator><dc:creator>B</dc:creator><itunes:author>C</itunes:author>",
    "<author>Somebody</author>",
    "<category>a</category><category domain='x'>b</category><dc:subject>c</dc:subject>",
    "<enclosure url='https://valley.example/a.mp3' length='7' type='Audio/MPEG'/>",
    "<media:thumbnail url='https://valley.example/a.jpg'/>",
    (
        "<media:content url='https://valley.example/v' medium='image'><media:title>t</media:title>"
        "<media:credit role='x'>c</media:credit></media:content>"
    ),
    (
        "<media:group><media:content url='https://valley.example/w.jpg' type='IMAGE/jpeg'/>"
        "<media:description>d</media:description></media:group>"
    ),
    "<slash:comments>5</slash:comments><thr:total>1</thr:total><comments>x</comments>",
    "<source url='https://x.example/'>X</source>",
    "<dc:language>en</dc:language><dc:rights>R &amp;amp; S</dc:rights>",
    "<atom:link rel='self' href='https://valley.example/s'/>",
    "<dcterms:created>2022-04-13T07:45:00+07:00</dcterms:created>",
    "<itunes:duration>5</itunes:duration><itunes:image href='x'/>",
    "<description>Ã©tÃ© and more</description>",
    "<atom:link rel='replies' href='https://valley.example/c' thr:count='2' thr:updated='x'/>",
    "<post-id xmlns='com-wordpress:feed-additions:1'>7</post-id>",
]
SLOW = [
    "<pubDate>soon</pubDate>",
    "<pubDate>2022-02-30T07:45:00Z</pubDate>",
    "<pubDate>Wed, 30 Feb 2022 07:45:00 GMT</pubDate>",
    "<pubDate/>",
    "<pubDate>2022-04-13</pubDate><pubDate>2022-04-14</pubDate>",
    "<author>a@valley.example (A)</author>",
    "<author/>",
    "<media:title>t</media:title><title>again</title>",
    "<source url='x'>X</source><media:title>t</media:title>",
    "<description>one</description><media:description>two</media:description>",
    "<content:encoded>one</content:encoded><media:description>two</media:description>",
    "<description>one <b>two</b></description>",
    "<description type='text'>one</description>",
    "<media:thumbnail url='x'><media:title>t</media:title></media:thumbnail>",
    "<media:thumbnail>https://valley.example/a.jpg</media:thumbnail>",
    "<media:group><media:player url='x'>y</media:player></media:group>",
    "<media:group id='x'/>",
    "<category/>",
    "<enclosure url='https://valley.example/a' odd='x'/>",
    "<atom:link rel='alternate' href='https://valley.example/s'/>",
    "<unknown>x</unknown>",
    "<slash:comments><b/></slash:comments>",
    "<description>caf\x85e</description>",
    "<description>one &#151; two</description>",
    "<content:encoded>one &#x96;\n two</content:encoded>",
    "<comments>\xc3\x83</comments><title>\xc3\x82\xc2\x85</title>",
    "<x:y xmlns:x='urn:x'/>",
    "<content:encoded xmlns:content='urn:x'>x</content:encoded>",
    "<title xmlns='urn:x'>y</title>",
    "text",
]


@pytest.mark.parametrize("more", QUICK)
def test_the_quick_reader_reads_as_feedparser_does(more: str) -> None:
    """What it takes gives the same entry, whoever reads it."""
    body = _rss(_item(1, more))
    assert _quickly(body) == 1
    reading = feed.read(make_capture(body), SOURCE)
    assert reading.entries == _by_feedparser(make_capture(body)).entries


@pytest.mark.parametrize("more", SLOW)
def test_what_is_unusual_is_left_to_feedparser(more: str) -> None:
    """What might be read in another way isn't read quickly, and the entry is feedparser's."""
    body = _rss(_item(1, more), _item(2))
    assert _quickly(body) < 2
    reading = feed.read(make_capture(body), SOURCE)
    whole = _by_feedparser(make_capture(body))
    assert (reading.entries, reading.skipped) == (whole.entries, whole.skipped)


@pytest.mark.parametrize(
    ("item", "taken"),
    [
        ("<title>A &amp;#8217; b</title><guid>https://valley.example/1</guid>", True),
        ("<title>A &amp;bogus; b</title><guid>urn:x:1</guid>", True),
        ("<title>A &lt;b&gt;c&lt;/b&gt;</title><guid>urn:x:1</guid>", False),
        ("<title/><description>d</description><guid>urn:x:1</guid>", True),
        ("<guid>17</guid><title>T</title>", False),
        ("<guid/><title>T</title>", False),
        ('<guid isPermaLink="false"/><title>T</title>', False),
        ("<title>T</title><link>/1</link>", False),
        ("<title>T</title><link>https://valley.example/a?b=1&amp;c=2#d</link>", True),
        ("<title>T</title><link>https://valley.example/a;b</link>", False),
        ("<link>https://valley.example/1</link><guid>urn:x:1</guid><title>T</title>", True),
        ("<title>T</title><title>U</title>", False),
    ],
)
def test_names_of_items_are_read_as_feedparser_does(item: str, taken: bool) -> None:
    """Titles, links and guids: what RSS doesn't say is guessed as feedparser guesses."""
    body = _rss(f"<item>{item}</item>")
    assert bool(_quickly(body)) is taken
    reading = feed.read(make_capture(body), SOURCE)
    assert reading.entries == _by_feedparser(make_capture(body)).entries


@pytest.mark.parametrize(
    ("more", "taken"),
    [
        ("<link href='https://valley.example/1'/><link rel='edit' href='x'/>", True),
        ("<link rel='enclosure' href='https://valley.example/a' type='audio/x' length='5'/>", True),
        ("<link rel='enclosure' href='https://valley.example/a'/>", False),
        ("<link rel='alternate' type='application/json' href='/j'/>", True),
        ("<link href='/1'/>", False),
        ("<link/>", False),
        ("<link href='https://valley.example/1' odd='x'/>", False),
        (
            "<author><name>A</name><email>a@x.example</email><uri>https://x.example/</uri></author>",
            True,
        ),
        ("<author><name>A</name><thr:x/></author>", False),
        ("<author>A</author>", False),
        ("<author><name/></author>", False),
        ("<author><name>Ã©</name></author>", False),
        ("<summary>s</summary><content type='html'>&lt;p&gt;c&lt;/p&gt;</content>", True),
        ("<content type='text'>One\n\nTwo &lt;\nthree</content>", True),
        (
            "<content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>x</div></content>",
            False,
        ),
        ("<content type='image/png'>aGFsbG8=</content>", False),
        ("<category term='a'/><category term='b' label='B'/><category scheme='x'/>", True),
        ("<category term='a'>b</category>", False),
        ("<published>2022-04-13T07:45:00.5+07:00</published><rights>R</rights>", True),
        ("<rights type='html'>R &lt;b&gt;S&lt;/b&gt;</rights>", True),
        ("<source><title>x</title></source>", False),
    ],
)
def test_atoms_elements_are_read_as_feedparser_does(more: str, taken: bool) -> None:
    """Atom says its types, links and people by attributes and children."""
    body = _atom(_entry(1, more), start="<author><name>All</name></author>")
    assert bool(_quickly(body)) is taken
    reading = feed.read(make_capture(body), SOURCE)
    assert reading.entries == _by_feedparser(make_capture(body)).entries


def test_rdf_is_read_quickly_too() -> None:
    """RSS 1.0 names its items by rdf:about."""
    body = _rdf(
        '<item rdf:about="urn:x:1"><title>A</title><link>https://x.example/1</link></item>',
        '<item rdf:about="urn:x:2" odd="x"><title>B</title></item>',
    )
    assert _quickly(body) == 1
    reading = feed.read(make_capture(body), SOURCE)
    assert reading.entries == _by_feedparser(make_capture(body)).entries
    assert [entry.id for entry in reading.entries] == ["urn:x:1", "urn:x:2"]
    assert reading.entries[0].authors[0].name == "All"


@pytest.mark.parametrize(
    "body",
    [
        _rss(_item(1), declared='xmlns:dc="urn:x"'),
        _rss(_item(1), declared='xmlns="urn:x"').replace(b'xmlns="urn:x"', b'xmlns:title="urn:x"'),
        _rdf("<item><title>A</title></item>").replace(
            b"<rdf:RDF", b'<rdf:RDF xmlns:a="http://www.w3.org/2005/Atom"'
        ),
        (
            b'<feed xmlns="http://purl.org/atom/ns#" version="0.3"><entry><id>urn:x:1</id>'
            b"<title>A</title><issued>2004-01-01T00:00:00Z</issued></entry></feed>"
        ),
    ],
)
def test_unusual_formats_are_left_to_feedparser(body: bytes) -> None:
    """A prefix that means something else, or another format, isn't read quickly."""
    assert _quickly(body) == 0
    reading = feed.read(make_capture(body), SOURCE)
    assert reading.entries == _by_feedparser(make_capture(body)).entries
    assert len(reading.pieces) == 1


def test_relative_addresses_have_their_base() -> None:
    """With an xml:base it counts; without one, what is relative is so to the entry itself."""
    content = "<content type='html'>&lt;a href='b'&gt;c&lt;/a&gt;</content>"
    link = "<link href='https://valley.example/news/1'/>"
    [entry] = feed.read(make_capture(_atom(_entry(1, link + content))), SOURCE).entries
    assert 'href="https://valley.example/news/b"' in (entry.content_html or "")
    based = _atom(_entry(1, link + content.replace("type", "xml:base='https://x.example/' type")))
    [entry] = feed.read(make_capture(based), SOURCE).entries
    assert 'href="https://x.example/b"' in (entry.content_html or "")


def test_plain_content_is_not_taken_for_html() -> None:
    """Atom's text is escaped, and its blank lines part paragraphs."""
    body = _atom(_entry(1, "<content>a &lt;b&gt; c\nd\n\n\ne</content>"))
    [entry] = feed.read(make_capture(body), SOURCE).entries
    assert entry.content_html == "<p>a &lt;b&gt; c<br>d</p><p>e</p>"
    assert entry.summary == "a <b> c d e"


WORDS = st.text(st.sampled_from("aZ é đ&<>;\"'/.:\n#8217x"), max_size=12)
MORE = st.lists(
    st.one_of(
        st.sampled_from(QUICK + SLOW[:-1]),
        st.builds(
            lambda name, said: f"<{name}>{escape(said)}</{name}>",
            st.sampled_from(
                [
                    "title",
                    "description",
                    "category",
                    "author",
                    "dc:creator",
                    "guid",
                    "link",
                    "content:encoded",
                    "pubDate",
                    "media:title",
                    "media:description",
                ]
            ),
            WORDS,
        ),
    ),
    max_size=4,
).map("".join)


@given(st.lists(MORE, min_size=1, max_size=3), st.data())
def test_any_item_is_read_as_feedparser_does(parts: list[str], data: st.DataObject) -> None:
    """Whatever elements are combined, the entries are those of feedparser, and as clean as any; so
    are those that are read when all others are known."""
    body = _rss(*(_item(number, part) for number, part in enumerate(parts)))
    capture = make_capture(body)
    whole = _by_feedparser(capture)
    reading = feed.read(capture, SOURCE)
    assert reading.entries == whole.entries
    assert reading.entries == tuple(map(_asked_again, reading.entries))
    outline = pieces.outline(body, None)
    if outline and outline.unique:
        chosen = data.draw(st.integers(0, len(parts) - 1))
        known = frozenset(outline.digests) - {outline.digests[chosen]}
        alone = feed.read(replace(capture, known=known), SOURCE)
        assert {entry.title for entry in alone.entries} <= {e.title for e in whole.entries}
        assert all(entry in whole.entries for entry in alone.entries)


@given(
    st.one_of(
        st.datetimes().map(lambda when: when.strftime("%Y-%m-%dT%H:%M:%SZ")),
        st.datetimes().map(lambda when: when.strftime("%a, %d %b %Y %H:%M:%S +0700")),
        st.from_regex(elements._RFC_822, fullmatch=True),
        st.from_regex(elements._RFC_3339, fullmatch=True),
    )
)
def test_prescribed_dates_are_read_as_all_others(written: str) -> None:
    """The short way to a date gives what the long one does, or nothing."""
    found = elements.moment(written)
    assert found is None or found == dates.parse(written, UTC)


# What may stand in a channel between items, some of it made to look like more of them.
BETWEEN = (
    "", "\n", "<ttl>5</ttl>", "<language>en</language>", "<author>A</author>", "<!-- x -->",
    f"<!-- {_item(1)} -->", "<item/>", "<item >", "</item>", "<item", "<items/>", "<rss:item/>",
    "<foo>", "</foo>", f"<foo>{_item(2)}</foo>", f"<title><![CDATA[{_item(1)}]]></title>",
    "</channel>", "</channel><channel>", '<x:y xmlns:x="urn:x"/>', "<?known?>", "&amp;", "<![CDATA[",
    '<at:deleted-entry xmlns:at="http://purl.org/atompub/tombstones/1.0" ref="g1"/>',
)  # fmt: skip
ITEMS = st.one_of(
    st.builds(_item, st.integers(0, 5), st.sampled_from(QUICK + SLOW)),
    st.builds(
        lambda number, inner: _item(6, f"<description><![CDATA[{_item(number)}{inner}]]></description>"),
        st.integers(0, 5), st.sampled_from(["", "]]>", "<item>"]),
    ),
    st.sampled_from(["<item></item >", "<item><title>T</title></item>", "<item>", "<rss:item/>"]),
    st.integers(0, 5).map(_item),
)  # fmt: skip


@given(
    st.lists(st.integers(0, 5).map(_item), unique=True, max_size=4),
    st.lists(st.tuples(st.sampled_from(BETWEEN), ITEMS), max_size=5),
    st.sampled_from(BETWEEN),
    st.sampled_from(["", "<author>A</author>", '<x:y xmlns:x="urn:x"/>']),
)
def test_what_is_known_makes_no_difference(
    earlier: list[str], later: list[tuple[str, str]], end: str, channel: str
) -> None:
    """A document in which entries are known has the outline that it has without."""
    known = _outline(_rss(*earlier, channel=channel)).digests
    body = _rss(*(part for pair in later for part in pair), end, channel=channel)
    expected, found = pieces.outline(body, None), pieces.outline(body, None, known, trees=True)
    assert (found and replace(found, trees=())) == expected


@pytest.mark.parametrize(
    ("body", "new"),
    [
        (_rss(_item(1), _item(3), _item(2)), 1),
        (_rss(_item(1), _item(2)), 0),
        (_rss(f"<!-- {_item(1)} -->", _item(2)), None),
        (_rss(_item(3, f"<comments><![CDATA[{_item(1)}]]></comments>"), _item(2)), None),
        (_rss(_item(1), _item(1), _item(2)), None),
        (_rss(_item(1), _item(1).replace("T1", "T")), None),
        (_rss(_item(1), "<item><title>A</title><guid>a</guid><guid>b</guid></item>"), None),
        (_rss(_item(1)).replace(b"</channel></rss>", f"</channel>{_item(2)}</rss>".encode()), None),
        (_rss(_item(1), _item(3, "<x:y/>")), None),
        (_rss(_item(1), "<item>"), None),
        (_rss(_item(1), "<item/>"), None),
        (_rss(), None),
    ],
)
def test_expat_sees_only_what_is_new(body: bytes, new: int | None) -> None:
    """Known entries are not looked into where they surely stand where entries do."""
    known = _outline(_rss(_item(1), _item(2))).digests
    found = pieces._mostly_known(body, known)
    assert (found and len(found.trees)) == new


def test_what_is_gone_is_told_whatever_is_known() -> None:
    """Ids of deleted entries, without those that the feed has."""
    space = "xmlns:at='http://purl.org/atompub/tombstones/1.0'"
    tombs = (
        f"<at:deleted-entry {space} ref='urn:x:1'/><at:deleted-entry {space} ref='urn:x:9'>"
        "<at:comment>C</at:comment></at:deleted-entry>"
    )
    body = _atom(tombs, _entry(1), _entry(2))
    for known in ((), _outline(_atom(_entry(1))).digests):
        reading = feed.read(make_capture(body, known=frozenset(known)), SOURCE)
        assert reading.gone == ("urn:x:9",)


def test_what_was_remembered_in_another_form_is_read_once_more() -> None:
    """Digests of an earlier form are those of nothing."""
    body = _rss(_item(1), _item(2))
    whole = feed.read(make_capture(body), SOURCE)
    old = frozenset(piece[:16] for piece in whole.pieces) | {"", "0" * 16}
    again = feed.read(make_capture(body, known=old), SOURCE)
    assert (again.entries, again.pieces, again.unchanged) == (whole.entries, whole.pieces, 0)


HEADS = (
    "<language>en</language>", "<language>vi_VN</language>", "<language/>", "<copyright>R</copyright>",
    "<copyright>R &amp;amp; S</copyright>", "<dc:rights>D</dc:rights>", "<webMaster>W</webMaster>",
    "<managingEditor>Somebody</managingEditor>", "<dc:creator>C</dc:creator>",
    "<managingEditor>a@valley.example (A)</managingEditor>", "<itunes:author>I</itunes:author>",
    "<itunes:owner><itunes:name>O</itunes:name></itunes:owner>", "<author/>", "<author>A</author>",
    "<image><title>I</title><url>x</url><name>N</name></image>", "<dc:language>da</dc:language>",
    "<atom:author><atom:name>B</atom:name></atom:author>", "<generator>G</generator>",
    "<copyright><b>x</b></copyright>", "<textInput><name>q</name></textInput>", "<title>Two</title>",
    "<author><name>N</name></author>", "<contributor><name>N</name></contributor>",
    '<site xmlns="com-wordpress:feed-additions:1">7</site>',
    '<x xmlns="com-wordpress:feed-additions:1"><language>en</language></x>',
)  # fmt: skip


@given(
    st.lists(st.sampled_from(HEADS), max_size=4).map("".join),
    st.sampled_from(["", " xml:lang='fr'", " lang='fr'", " xml:base='x'", " x='y'"]),
    st.booleans(),
)
def test_any_head_is_read_as_feedparser_does(channel: str, root: str, later: bool) -> None:
    """Whatever a feed says of itself, its entries inherit what they do with feedparser."""
    items = [_item(1), channel] if later else [channel, _item(1)]
    body = _rss(*items).replace(b"<rss", b"<rss" + root.encode())
    assert (
        feed.read(make_capture(body), SOURCE).entries == _by_feedparser(make_capture(body)).entries
    )


@pytest.mark.parametrize(
    ("body", "taken"),
    [
        (_rss(_item(1), channel="<language>en</language><copyright>R</copyright>"), True),
        (_rss(_item(1)).replace(b"<rss", b"<rss xml:lang='fr'"), True),
        (_rss(_item(1)).replace(b"<rss", b"<rss lang='fr'"), False),
        (_rss(_item(1), channel="<managingEditor>a@b.example</managingEditor>"), False),
        (_rss(_item(1), channel="<image><name>N</name></image>"), False),
        (_rss(_item(1), declared="xmlns:dc='urn:x'"), False),
        (_rss(_item(1), channel="<site xmlns='com-wordpress:feed-additions:1'>7</site>"), True),
        (_atom(_entry(1), start="<author><name>A</name></author><rights>R</rights>"), True),
        (_atom(_entry(1)).replace(b"<feed", b"<feed xml:lang='fr'"), True),
        (_rdf("<item><title>A</title><link>https://x.example/1</link></item>"), True),
        (_rdf("<item/>").replace(b"<rdf:RDF", b"<rdf:RDF xml:lang='fr'"), False),
    ],
)
def test_what_the_feed_says_of_itself_is_read_quickly(body: bytes, taken: bool) -> None:
    """Language, authors and rights in their usual elements; all else is left to feedparser."""
    assert (quick.head(_outline(body)) is not None) is taken
    assert (
        feed.read(make_capture(body), SOURCE).entries == _by_feedparser(make_capture(body)).entries
    )


@pytest.mark.parametrize("body", [_rss(_item(1), _item(2)), _atom(_entry(1))])
def test_usual_feeds_need_no_feedparser(body: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing is unusual, feedparser isn't even loaded."""
    monkeypatch.setitem(sys.modules, "feedparser", None)
    assert feed.read(make_capture(body), SOURCE).entries


def test_samples_are_read_as_feedparser_does(samples: Path) -> None:
    """All well-formed samples: the whole, and its first, middle and last entry alone; and what comes
    of them is as clean as any entry."""
    compared = 0
    for path in sorted((samples / "feeds").glob("*.xml")):
        capture = make_capture(path.read_bytes(), url=f"https://e.example/{path.name}")
        outline = pieces.outline(capture.body, None)
        try:
            whole = _by_feedparser(capture)
        except ReadError:
            continue
        reading = feed.read(capture, SOURCE)
        assert reading.entries == whole.entries, path.name
        assert reading.entries == tuple(map(_asked_again, reading.entries)), path.name
        if outline is None or not outline.spans or not outline.unique:
            continue
        for chosen in {0, len(outline.spans) // 2, len(outline.spans) - 1}:
            known = frozenset(outline.digests) - {outline.digests[chosen]}
            alone = feed.read(replace(capture, known=known), SOURCE)
            assert alone.unchanged == len(outline.spans) - 1
            assert all(entry in whole.entries for entry in alone.entries), path.name
            compared += len(alone.entries)
    assert compared >= 70
