"""JSON Feed, in both its versions."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from feedtool.errors import ReadError
from feedtool.model import Enclosure, Entry, Person, Reading, Source
from feedtool.read import feed
from tests.conftest import make_capture

SOURCE = Source(name="valley", url="https://valley.example/feed.json")
VERSION = "https://jsonfeed.org/version/1.1"


def _read(*items: Any, **fields: Any) -> Reading:
    document = {"version": VERSION, "title": "Valley", "items": items, **fields}
    return feed.read(make_capture(json.dumps(document).encode()), SOURCE)


def _one(**item: Any) -> Entry:
    [entry] = _read(item).entries
    return entry


def test_every_field_has_its_place() -> None:
    """An item's fields become the entry's, the content sanitised."""
    entry = _one(
        id="https://valley.example/1",
        url="https://valley.example/1",
        title="Two moons",
        content_html="<p onclick='x()'>They <b>rose</b>. <a href='/a'>More</a></p>",
        summary="They rose.",
        image="https://valley.example/a.jpg",
        banner_image="https://valley.example/b.jpg",
        date_published="2022-05-02T21:10:00+07:00",
        date_modified="2022-05-03T00:00:00Z",
        authors=[{"name": "Imelda Farr", "url": "https://valley.example/imelda"}, {}],
        tags=["night", "moon", "night"],
        language="en",
        attachments=[
            {"url": "https://valley.example/a.mp3", "mime_type": "audio/mpeg", "size_in_bytes": 7}
        ],
    )
    assert (entry.id, entry.link) == ("https://valley.example/1", "https://valley.example/1")
    assert (entry.title, entry.summary, entry.language) == ("Two moons", "They rose.", "en")
    link = '<a href="https://valley.example/a">More</a>'
    assert entry.content_html == f"<p>They <b>rose</b>. {link}</p>"
    assert entry.image == "https://valley.example/a.jpg"
    assert entry.published is not None
    assert entry.published.time == datetime(2022, 5, 2, 14, 10, tzinfo=UTC)
    assert entry.updated == datetime(2022, 5, 3, tzinfo=UTC)
    assert entry.authors == (Person("Imelda Farr", "https://valley.example/imelda"),)
    assert entry.categories == ("night", "moon")
    assert entry.enclosures == (Enclosure("https://valley.example/a.mp3", "audio/mpeg", 7),)


def test_version_1_has_one_author() -> None:
    """`author` of version 1 is read too, the feed's where the item has none."""
    version = "https://jsonfeed.org/version/1"
    reading = _read(
        {"id": "1", "title": "A", "author": {"name": "B"}},
        {"id": "2", "title": "C"},
        version=version,
        author={"name": "D"},
        language="vi",
    )
    assert [entry.authors[0].name for entry in reading.entries] == ["B", "D"]
    assert {entry.language for entry in reading.entries} == {"vi"}


def test_plain_text_becomes_paragraphs() -> None:
    """Text is no HTML: it is escaped, and blank lines part paragraphs."""
    entry = _one(id=7, external_url="https://x.example/", content_text="One < two\nthree\n\nFour")
    assert entry.content_html == "<p>One &lt; two<br>three</p><p>Four</p>"
    assert (entry.title, entry.link) == ("One < two three Four", "https://x.example/")
    assert entry.id.endswith("valley/7")


def test_odd_values_are_left_out() -> None:
    """A value of the wrong type costs that value alone, an empty item that item."""
    reading = _read(
        {"id": "1", "title": "A", "tags": "x", "authors": [5], "image": True, "summary": None},
        "no item",
        {},
    )
    assert [(one.title, one.categories, one.authors) for one in reading.entries] == [("A", (), ())]
    assert len(reading.skipped) == 1


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b'{"version": "https://jsonfeed.org/version/1", "items": [', "broken JSON"),
        (b'{"version": "https://jsonfeed.org/version/1"' + b"[" * 100_000, "broken JSON"),
        (b'{"a":' * 100_000, "broken JSON"),
        (b'{"id": "\xff"}', "broken JSON"),
        (b'{"items": []}', "no JSON Feed"),
        (b'{"version": "https://jsonfeed.org/version/1.1", "items": {}}', "no JSON Feed"),
    ],
)
def test_what_is_no_json_feed_is_an_error(body: bytes, why: str) -> None:
    """Broken JSON and other JSON are told apart."""
    with pytest.raises(ReadError, match=why):
        feed.read(make_capture(body), SOURCE)


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig"])
def test_a_byte_order_mark_is_no_hindrance(codec: str) -> None:
    """UTF-8 with and without a mark are the same feed."""
    document = {"version": VERSION, "items": [{"id": "1", "title": "Đêm"}]}
    body = json.dumps(document, ensure_ascii=False).encode(codec)
    assert [entry.title for entry in feed.read(make_capture(body), SOURCE).entries] == ["Đêm"]
