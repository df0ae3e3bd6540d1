"""Atom documents: what stands in them, for readers and for checkers."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, timedelta, timezone

import fastfeedparser
import feedparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from feedtool.data import replace
from feedtool.model import Enclosure, Entry, Feed, Person, Published
from feedtool.publish import atom
from feedtool.publish.document import Item, Origin
from feedtool.publish.renderers import updated_of
from tests.conftest import NOW, SHARED, make_entry
from tests.published import (
    ANY,
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

A = "{http://www.w3.org/2005/Atom}"
FH = "{http://purl.org/syndication/history/1.0}"
AT = "{http://purl.org/atompub/tombstones/1.0}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def _entry(entry: Entry | Item, full: bool = True) -> etree._Element:
    [found] = etree.fromstring(whole(atom, of_now(), [entry], full)).findall(A + "entry")
    return found


def _links(element: etree._Element) -> list[dict[str, str]]:
    return [dict(link.attrib) for link in element.findall(A + "link")]


def test_a_closed_document_has_its_place_in_history() -> None:
    """It is marked, and leads to the one before, the one after and the current one (RFC 5005 § 4);
    to itself too, by its own address (the checker's MissingCurrentInArchive and MissingSelf)."""
    root = etree.fromstring(whole(atom, of_archive(), [RICH]))
    assert {link["rel"]: link["href"] for link in _links(root)} == {
        "alternate": FEED.link,
        "self": f"{SITE}all/0002.x",
        "current": f"{SITE}all.x",
        "prev-archive": f"{SITE}all/0001.x",
        "next-archive": f"{SITE}all/0003.x",
    }
    assert root.find(FH + "archive") is not None
    assert root.find(FH + "complete") is None


def test_the_document_to_subscribe_to_leads_back() -> None:
    """It leads to the newest closed document, and names the hub (WebSub § 4); it is no archive."""
    root = etree.fromstring(whole(atom, DOCUMENTS["current"], [RICH]))
    rels = {link["rel"]: link["href"] for link in _links(root)}
    assert rels.keys() == {"alternate", "self", "prev-archive", "hub"}
    assert rels["hub"] == "https://hub.example/?a=1&b=2"
    assert root.find(FH + "archive") is None


def test_a_feed_that_is_all_there_says_so() -> None:
    """It is marked complete (RFC 5005 § 2), and leads to no other document of its own (the
    checker's FeedRelInCompleteFeed)."""
    root = etree.fromstring(whole(atom, of_now(), [RICH]))
    assert root.find(FH + "complete") is not None
    assert [link["rel"] for link in _links(root)] == ["alternate", "self"]


def test_the_withdrawn_are_told() -> None:
    """Each has a tombstone with its id and when that was, in UTC (RFC 6721 § 3)."""
    root = etree.fromstring(whole(atom, of_archive(), [RICH]))
    [buried] = root.findall(AT + "deleted-entry")
    assert dict(buried.attrib) == {"ref": "tag:e.example,2022:gone", "when": "2022-05-04T04:02:01Z"}


def test_namespaces_are_declared_once_and_where_they_are_used() -> None:
    """They stand on the root alone, by the names that all know them by (the checker's
    NonstdPrefix); what is not used is not declared (UnknownNamespace)."""
    item = Item(entry=RICH, origin=ORIGIN)
    assert b"xmlns" not in atom.entry(item, FEED, True)
    assert whole(atom, of_now(), [item]).count(b"xmlns") == 2
    assert b"xmlns:at" not in whole(atom, of_now(), [item])
    bare = whole(atom, of_now(complete=False), [item])
    assert (bare.count(b"xmlns"), b"xmlns:" in bare) == (1, False)
    assert etree.fromstring(whole(atom, of_archive(), [item])).nsmap == {
        None: A[1:-1],
        "fh": FH[1:-1],
        "at": AT[1:-1],
    }


def test_the_source_of_an_entry_is_named() -> None:
    """With id, title and a time, each of which checkers want (RFC 4287 § 4.2.11, the checker's
    MissingSourceElement), and a link to it where it has an address."""
    source = _entry(Item(entry=RICH, origin=ORIGIN)).find(A + "source")
    assert source.findtext(A + "id") == ORIGIN.id
    assert source.findtext(A + "title") == ORIGIN.title
    assert source.findtext(A + "updated") == "2022-05-04T03:02:01Z"
    assert _links(source) == [{"href": ORIGIN.link, "rel": "alternate"}]
    folder = Origin("tag:tin.example,2022:inbox", "Hộp thư")
    assert _links(_entry(Item(entry=RICH, origin=folder)).find(A + "source")) == []
    assert _entry(RICH).find(A + "source") is None


def test_links_are_the_alternate_and_real_enclosures() -> None:
    """The alternate comes first, and there is no via or related, which some readers take for the
    entry's own; an enclosure says what is known of it, and nothing that is not."""
    assert _links(_entry(RICH)) == [
        {"href": "https://e.example/1?a=1&b=2", "rel": "alternate", "type": "text/html"},
        {
            "href": "https://e.example/a.mp3",
            "rel": "enclosure",
            "type": "audio/mpeg",
            "length": "7",
            "title": "Nghe",
        },
        {"href": "https://e.example/b", "rel": "enclosure"},
    ]


def test_authors_stand_in_every_entry_the_main_one_first() -> None:
    """Each is an element of its own with a plain name; who names nobody gets the feed's."""
    authors = _entry(RICH).findall(A + "author")
    assert [one.findtext(A + "name") for one in authors] == ["Lò Văn Phúc", "Trà"]
    assert authors[0].findtext(A + "uri") == "https://e.example/phuc"
    assert authors[0].findtext(A + "email") == "p@e.example"
    assert [one.findtext(A + "name") for one in _entry(BARE).findall(A + "author")] == ["Toà soạn"]


def test_what_is_no_address_to_checkers_is_left_out_or_written_anew() -> None:
    """That is an e-mail address (the checker's InvalidAddrSpec), a media type (InvalidMIMEType), or
    a bracket in a link (InvalidUriChar)."""
    odd = make_entry(
        link="https://[::1]:8000/a[1]?b[]=2#c]",
        authors=(Person("A", "https://e.example/[a]", "ông@e.example"),),
        enclosures=(
            Enclosure("https://e.example/a[1].MP3", "audio/(mp3)"),
            Enclosure("https://e.example/b", "text/html;charset=utf-8", 0),
        ),
    )
    element = _entry(odd)
    alternate, first, second = _links(element)
    assert alternate["href"] == "https://[::1]:8000/a%5B1%5D?b%5B%5D=2#c%5D"
    assert first == {
        "href": "https://e.example/a%5B1%5D.MP3",
        "rel": "enclosure",
        "type": "audio/mpeg",
    }
    assert (second["type"], second["length"]) == ("text/html", "0")
    author = element.find(A + "author")
    assert author.findtext(A + "uri") == "https://e.example/%5Ba%5D"
    assert author.find(A + "email") is None


def test_an_entry_says_its_own_language() -> None:
    """It is on the element, whatever the feed's is; where it is not known, the feed's holds."""
    assert _entry(make_entry(language="mww")).get(LANG) == "mww"
    assert _entry(BARE).get(LANG) is None
    assert etree.fromstring(atom.head(of_now()) + atom.tail(of_now())).get(LANG) == "vi"


def test_an_entry_without_text_says_its_title_again() -> None:
    """Checkers want some text in each (MissingTextualContent); where there is content and no
    summary, none is made up."""
    assert _entry(BARE).findtext(A + "summary") == "Trần trụi"
    untold = make_entry(summary=None)
    assert _entry(untold, full=False).findtext(A + "summary") == "One"
    assert _entry(untold, full=True).find(A + "summary") is None
    assert _entry(untold, full=True).findtext(A + "content") == "<p>Một.</p>\n<p>Hai.</p>"


def test_text_that_looks_like_html_is_written_by_numbers() -> None:
    """As the RSS Advisory Board's profile has it, and the checker's ContainsUndeclaredHTML: what is
    HTML is written by names, all else by numbers; to XML both are the same."""
    odd = make_entry(
        title="&lt;b> & <i>", content_text=None, content_html="<b>&lt;</b>", summary="a &copy; b"
    )
    fragment = atom.entry(Item(entry=odd), FEED, True)
    assert b"<title>&#x26;lt;b&gt; &#x26; &#x3C;i&gt;</title>" in fragment
    assert b"<summary>a &#x26;copy; b</summary>" in fragment
    assert b'<content type="html">&lt;b&gt;&amp;lt;&lt;/b&gt;</content>' in fragment
    element = _entry(odd)
    assert element.findtext(A + "title") == odd.title
    assert element.findtext(A + "content") == odd.content_html
    told = of_now(feed=replace(FEED, title="A & <b>"))
    assert b"<title>A &#x26; &#x3C;b&gt;</title>" in atom.head(told)


def test_all_text_comes_through() -> None:
    """Quotes in attributes, letters beyond the first plane and what closes a CDATA section."""
    odd = make_entry(
        title="]]> 𝔘 \u2028 '\"", categories=("\"a\" & 'b' <c>",), link="https://e.example/?q='x'"
    )
    element = _entry(odd)
    assert element.findtext(A + "title") == odd.title
    assert element.find(A + "category").get("term") == odd.categories[0]
    assert _links(element)[0]["href"] == odd.link


def test_a_fragment_depends_on_its_entry_alone() -> None:
    """Of the feed it takes nothing but the author who stands in: fragments are kept, and joined
    into documents of any feed."""
    other = Feed(
        id="tag:e.example,2022:other", title="Khác", link=FEED.link, self_link=SITE, author="Toà soạn"
    )  # fmt: skip
    for entry in KINDS.values():
        item = Item(entry=entry, page="a.html", origin=ORIGIN)
        assert atom.entry(item, FEED, True) == atom.entry(item, other, True)


def test_times_are_instants_in_utc() -> None:
    """Published and updated are both there, of whole seconds, in UTC with Z, early and late years
    with four digits too."""
    hanoi = timezone(timedelta(hours=7))
    early = Published.at(datetime(1000, 1, 1, 1, tzinfo=hanoi))
    element = _entry(make_entry(published=early, updated=datetime(9998, 1, 1, 1, tzinfo=hanoi)))
    assert element.findtext(A + "published") == "0999-12-31T18:00:00Z"
    assert element.findtext(A + "updated") == "9997-12-31T18:00:00Z"
    day = _entry(make_entry(published=Published.on(date(2022, 1, 18))))
    assert day.findtext(A + "updated") == day.findtext(A + "published") == "2022-01-18T12:00:00Z"


@pytest.mark.parametrize("full", [False, True], ids=["summary", "full"])
@pytest.mark.parametrize("name", DOCUMENTS)
def test_documents_are_valid(name: str, full: bool) -> None:
    """Neither our own checks nor the RELAX NG schema of RFC 4287 have anything against them, with
    entries or without."""
    document = DOCUMENTS[name]
    items = [Item(entry=one, origin=ORIGIN) for one in KINDS.values()]
    for item in items:
        assert atom.entry_faults(atom.entry(item, FEED, full)) == []
    schema = SHARED / "schemas" / "atom.rng"
    made = [whole(atom, document, items, full), whole(atom, document, [])]
    assert [atom.faults(one) for one in made] == [[], []]
    if not schema.is_file():
        pytest.skip(f"the schema of RFC 4287 is not at {schema}")
    for one in made:
        etree.RelaxNG(etree.parse(schema)).assertValid(etree.fromstring(one))


def test_faults_are_told() -> None:
    """What would make a document or an entry invalid is said in words."""
    made = whole(atom, of_now(), [RICH])
    assert atom.faults(made.replace(b"<title>Tin</title>", b""))
    assert atom.entry_faults(atom.entry(Item(entry=RICH), FEED, True).replace(b"T12:", b" 12:"))


@settings(derandomize=True)
@given(st.lists(entries(ANY), max_size=4))
def test_a_reader_gets_what_was_published(found: list[Entry]) -> None:
    """feedparser and fastfeedparser read back the same id, title, link, times, authors and summary;
    the latter tells neither the summary nor all the authors."""
    made = whole(atom, of_now(), found, full=False)
    parsed, fast = feedparser.parse(made), fastfeedparser.parse(made) if found else None
    assert len(parsed.entries) == len(found)
    for number, entry in enumerate(found):
        read = parsed.entries[number]
        assert (read.id, read.title, read.link) == (entry.id, entry.title, entry.link)
        assert entry.published is not None
        assert calendar.timegm(read.published_parsed) == seconds(entry.published.time)
        assert calendar.timegm(read.updated_parsed) == seconds(updated_of(entry) or NOW)
        names = [one.name for one in entry.authors] or [FEED.author]
        assert [one.name for one in read.authors] == names
        assert read.summary == entry.summary
        quick = fast.entries[number]
        assert (quick.id, quick.title, quick.link) == (entry.id, entry.title, entry.link)
        when = datetime.fromisoformat(quick.published)
        assert when.astimezone(UTC) == entry.published.time
