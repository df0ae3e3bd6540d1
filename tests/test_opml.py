"""OPML: lists of feeds, read from anybody and written for everybody."""

from __future__ import annotations

import contextlib
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedtool.errors import EntryError, ReadError
from feedtool.read import opml
from feedtool.subscriptions import Subscription, write
from tests.conftest import bounded

URL = "https://reader.example/feeds.opml"


def _list(*outlines: str) -> bytes:
    return f'<opml version="2.0"><head/><body>{"".join(outlines)}</body></opml>'.encode()


def test_feeds_are_found_in_their_folders() -> None:
    """Each outline with an address is a feed; those around it are the folders it is in."""
    body = _list(
        '<outline text="Valley" title=" Valley  News " type="rss" xmlUrl="https://v.example/feed"'
        ' htmlUrl="https://v.example/"/>',
        '<outline text="World"><outline title="Press"><outline text="B" XMLURL="http://b.example/r"/>',
        '</outline><outline text="C" xmlurl="https://c.example/" htmlUrl="nowhere"/></outline>',
    )
    assert opml.outlines(body, URL) == [
        Subscription("Valley News", "https://v.example/feed", "https://v.example/"),
        Subscription("B", "http://b.example/r", None, "World/Press"),
        Subscription("C", "https://c.example/", None, "World"),
    ]


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("feed://v.example/rss", "http://v.example/rss"),
        ("feed:https://v.example/rss", "https://v.example/rss"),
        ("FEED://https://v.example/rss", "https://v.example/rss"),
        (" https://v.example/a b ", "https://v.example/a%20b"),
        ("ftp://v.example/rss", None),
        ("javascript:alert(1)", None),
        ("feed.xml", None),
        ("", None),
        (f"https://v.example/{'a' * 5000}", None),
    ],
)
def test_addresses_are_those_of_the_web(written: str, address: str | None) -> None:
    """feed: is taken off, and what is no http(s) address is left out."""
    found = opml.outlines(_list(f'<outline text="V" xmlUrl="{written}"/>'), URL)
    assert [one.xml_url for one in found] == ([address] if address else [])


def test_each_address_comes_once() -> None:
    """Of a feed that stands in two folders, the first counts."""
    twice = '<outline text="{}"><outline text="V" xmlUrl="https://v.example/"/></outline>'
    [found] = opml.outlines(_list(twice.format("one"), twice.format("two")), URL)
    assert found.category == "one"


def test_a_feed_without_a_title_is_called_by_its_address() -> None:
    """There is always something to show."""
    [found] = opml.outlines(_list('<outline xmlUrl="https://v.example/"/>'), URL)
    assert found.title == "https://v.example/"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "windows-1258"])
def test_other_charsets_are_read(encoding: str) -> None:
    """The declaration or the byte order mark says which."""
    head = f'<?xml version="1.0" encoding="{encoding.removesuffix("-sig")}"?>\n<!-- a list -->'
    body = (head + _list('<outline text="Café" xmlUrl="https://v.example/"/>').decode()).encode(
        encoding
    )
    assert opml.is_opml(body)
    assert opml.outlines(body, URL)[0].title == "Café"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "is empty"),
        (b"hello", "is no OPML"),
        (b"<rss/>", "its root is <rss>"),
        (b"<opml><body><outline", "is no OPML: "),
        (b'<!DOCTYPE opml SYSTEM "http://10.0.0.1/"><opml/>', "has a document type"),
        (b'<!DOCTYPE opml [<!ENTITY a "b">]><opml>&a;</opml>', "has a document type"),
        (b"<opml>" + b"<outline>" * 1_000_000, "nested deeper than 100"),
        (_list("<outline/>" * 10_001), "more than 10,000 outlines"),
    ],
)
def test_what_is_no_list_is_refused(body: bytes, reason: str) -> None:
    """The error names the address, and comes soon."""
    with bounded(), pytest.raises(ReadError, match=reason) as caught:
        opml.outlines(body, URL)
    assert caught.value.subject == URL


def test_the_limits_themselves_are_allowed() -> None:
    """10,000 outlines and 100 elements deep can be read."""
    assert opml.outlines(_list("<outline/>" * 10_000), URL) == []
    deep = '<outline text="f">' * 97 + '<outline xmlUrl="https://v.example/"/>' + "</outline>" * 97
    assert len(opml.outlines(_list(deep), URL)[0].category) <= 301


@pytest.mark.parametrize(
    ("body", "is_one"),
    [
        (b"<opml>", True),
        (b'\xef\xbb\xbf <?xml version="1.0"?>\n<!-- > --><OPML version="1.1">', True),
        (b"<html><opml>", False),
        (b"<opmlet>", False),
        (b"<!-- <opml> -->", False),
        (b"<!-- --> " * 300 + b"<html>", False),
    ],
)
def test_opml_is_known_by_its_root(body: bytes, is_one: bool) -> None:
    """What stands before the root may be a declaration, comments, a document type."""
    assert opml.is_opml(body) is is_one


@pytest.mark.parametrize("url", ["", "feed.xml", "ftp://v.example/"])
def test_a_subscription_has_an_address(url: str) -> None:
    """One that can't be asked for can't be made."""
    with pytest.raises(EntryError, match="xmlUrl"):
        Subscription("V", url)


ADDRESSES = st.text(max_size=30).map(lambda end: f"https://v.example/{end}")
SUBSCRIPTIONS = st.lists(
    st.builds(Subscription, st.text(), ADDRESSES, st.none() | ADDRESSES, st.text()),
    unique_by=lambda one: one.xml_url,
)


@given(st.text(), SUBSCRIPTIONS)
def test_what_is_written_is_read_again(title: str, subscriptions: list[Subscription]) -> None:
    """Whatever the words, the document is XML, and holds each subscription, by folder."""
    written = write(title, subscriptions)
    folders = list(dict.fromkeys(one.category for one in subscriptions))
    by_folder = sorted(subscriptions, key=lambda one: folders.index(one.category))
    assert opml.is_opml(written)
    assert opml.outlines(written, URL) == by_folder
    assert write(title, by_folder) == written


def test_opml_2_0_is_written() -> None:
    """Version, head, body, and for each feed what the specification asks for."""
    root = ElementTree.fromstring(write("Ours & <yours>", [Subscription("V", "https://v/")]))
    assert (root.tag, root.get("version")) == ("opml", "2.0")
    assert root.findtext("head/title") == "Ours & <yours>"
    feed = root.find("body/outline")
    assert feed is not None
    assert feed.attrib == {"type": "rss", "text": "V", "title": "V", "xmlUrl": "https://v/"}


@given(st.binary())
def test_any_bytes_are_a_list_or_refused(body: bytes) -> None:
    """Nothing else comes out, whatever goes in."""
    opml.is_opml(body)
    with contextlib.suppress(ReadError):
        opml.outlines(body, URL)
