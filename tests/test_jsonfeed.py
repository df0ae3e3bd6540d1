"""JSON Feed documents: what stands in them, for readers and for checkers."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import fastfeedparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedtool.model import Enclosure, Entry, Feed, Person
from feedtool.publish import jsonfeed
from feedtool.publish.document import Item, Origin
from tests.conftest import make_entry
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
    whole,
)


def _item(entry: Entry | Item, full: bool = True) -> dict[str, Any]:
    [found] = json.loads(whole(jsonfeed, of_now(), [entry], full))["items"]
    assert isinstance(found, dict)
    return found


def test_a_feed_says_what_it_is() -> None:
    """Its version first, its page, its own address, author and language, and its items."""
    said = json.loads(whole(jsonfeed, of_now(), []))
    assert list(said) == [
        *("version", "title", "home_page_url", "feed_url", "authors", "language", "items")
    ]
    assert said["version"] == "https://jsonfeed.org/version/1.1"
    assert said["authors"] == [{"name": "Toà soạn"}]
    assert said["items"] == []


def test_pages_lead_back_to_the_first() -> None:
    """`next_url` is the document with what is older, and a hub is named where there is one."""
    said = json.loads(whole(jsonfeed, of_archive(hub="https://hub.example/"), [RICH]))
    assert said["feed_url"] == f"{SITE}all/0002.x"
    assert said["next_url"] == f"{SITE}all/0001.x"
    assert said["hubs"] == [{"type": "WebSub", "url": "https://hub.example/"}]


def test_an_item_has_what_the_entry_has() -> None:
    """Every field has the format's own word; for source and rights it has none, and they stand
    under ours."""
    assert _item(Item(entry=RICH, origin=ORIGIN)) == {
        "id": RICH.id,
        "url": RICH.link,
        "title": "Chợ & chè",
        "content_html": RICH.content_html,
        "summary": "Một.",
        "image": RICH.image,
        "date_published": "2022-01-18T12:00:00Z",
        "date_modified": "2022-05-04T03:02:01Z",
        "authors": [
            {"name": "Lò Văn Phúc", "url": "https://e.example/phuc"},
            {"name": "Trà"},
        ],
        "tags": ["Bản", "Chợ"],
        "language": "vi",
        "attachments": [
            {
                "url": "https://e.example/a.mp3",
                "mime_type": "audio/mpeg",
                "title": "Nghe",
                "size_in_bytes": 7,
            },
            {"url": "https://e.example/b", "mime_type": "application/octet-stream"},
        ],
        "_feedtool": {
            "source": {"id": ORIGIN.id, "title": ORIGIN.title, "url": ORIGIN.link},
            "rights": "CC BY",
        },
    }


def test_a_bare_entry_is_an_item_too() -> None:
    """There must be content: its title, as text. By the feed's author; what is unknown is left
    out."""
    assert _item(BARE) == {
        "id": BARE.id,
        "title": "Trần trụi",
        "content_text": "Trần trụi",
        "authors": [{"name": "Toà soạn"}],
    }


def test_a_summary_is_the_content_where_that_is_not_published() -> None:
    """Who shows the content and nothing else shows that."""
    item = _item(RICH, full=False)
    assert (item["content_text"], item["summary"]) == ("Một.", "Một.")
    assert "content_html" not in item


def test_a_source_without_an_address_is_named() -> None:
    """By its id and title."""
    folder = Origin("tag:tin.example,2022:inbox", "Hộp thư")
    source = {"id": "tag:tin.example,2022:inbox", "title": "Hộp thư"}
    assert _item(Item(entry=BARE, origin=folder))["_feedtool"] == {"source": source}


def test_addresses_have_no_brackets() -> None:
    """They may not stand in a path or query as they are."""
    one = Enclosure("https://e.example/[a].mp3", length=0)
    item = _item(make_entry(link="https://e.example/[1]", image="https://e.example/[2]", enclosures=(one,)))  # fmt: skip
    assert (item["url"], item["image"]) == (
        "https://e.example/%5B1%5D",
        "https://e.example/%5B2%5D",
    )
    assert item["attachments"] == [
        {"url": "https://e.example/%5Ba%5D.mp3", "mime_type": "audio/mpeg", "size_in_bytes": 0}
    ]


def test_an_item_is_a_line_in_utf8() -> None:
    """Letters stand as they are, so that people can read it, and lines can be compared."""
    made = whole(jsonfeed, of_now(), [RICH, make_entry(title="Hai\u2028")])
    assert "\n]\n}\n" in made.decode()
    lines = made.decode().split("\n")
    assert sum("Chợ & chè" in line for line in lines) == 1
    assert [line.startswith("{") for line in lines if '"id"' in line] == [True, True]


def test_a_fragment_depends_on_its_entry_alone() -> None:
    """Of the feed it takes nothing but the author who stands in."""
    other = Feed(
        id="tag:e.example,2022:other", title="Khác", link=SITE, self_link=SITE, author="Toà soạn"
    )
    for entry in KINDS.values():
        item = Item(entry=entry, page="a.html", origin=ORIGIN)
        assert jsonfeed.entry(item, FEED, True) == jsonfeed.entry(item, other, True)


@pytest.mark.parametrize("full", [False, True], ids=["summary", "full"])
@pytest.mark.parametrize("name", DOCUMENTS)
def test_documents_are_valid(name: str, full: bool) -> None:
    """Our checks have nothing against them, with items or without."""
    items = [Item(entry=one, origin=ORIGIN) for one in KINDS.values()]
    assert jsonfeed.faults(whole(jsonfeed, DOCUMENTS[name], items, full)) == []
    assert jsonfeed.faults(whole(jsonfeed, DOCUMENTS[name], [])) == []
    for item in items:
        assert jsonfeed.entry_faults(jsonfeed.entry(item, FEED, full)) == []


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"version": "https://jsonfeed.org/version/1"}, "is not of version 1.1"),
        ({"title": " "}, "has no title"),
        ({"items": None}, "is no object with items"),
        ({"home_page_url": "all.html"}, "all.html is no address"),
        ({"next_url": FEED.self_link}, "next_url is feed_url"),
        ({"items": [3]}, "an item is no object"),
        ({"items": [{"id": "1", "content_text": "x"}] * 2}, "two items have the id 1"),
    ],
)
def test_faults_are_told(changed: dict[str, object], fault: str) -> None:
    """What makes a document invalid is said in words."""
    said = json.loads(whole(jsonfeed, of_now(), [RICH]))
    assert fault in jsonfeed.faults(json.dumps({**said, **changed}).encode())


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"id": 7}, "an item has no id"),
        ({"content_html": ""}, "an item has no content"),
        ({"title": None}, "title is no text"),
        ({"date_published": 2022}, "date_published is no text"),
        ({"url": "/1"}, "url is no address"),
        ({"image": "data:,"}, "image is no address"),
        ({"tags": "a"}, "tags is no list"),
        ({"authors": []}, "authors is no list"),
        ({"attachments": [{"url": SITE}]}, "an attachment has no address or media type"),
    ],
)
def test_faults_of_a_fragment_are_told(changed: dict[str, object], fault: str) -> None:
    """What would make a document invalid is said in words."""
    said = json.loads(jsonfeed.entry(Item(entry=RICH), FEED, True))
    assert fault in jsonfeed.entry_faults(json.dumps({**said, **changed}).encode())


def test_what_is_no_json_is_told() -> None:
    """A document that is cut, and one that is something else."""
    made = whole(jsonfeed, of_now(), [RICH])
    assert "is no JSON" in jsonfeed.faults(made[:-3])[0]
    assert jsonfeed.faults(b"[]") == ["is no object with items"]
    assert "is no JSON" in jsonfeed.entry_faults(b"{")[0]
    assert jsonfeed.entry_faults(b"3") == ["an item is no object"]


@settings(derandomize=True)
@given(st.lists(entries(ANY), min_size=1, max_size=4))
def test_a_reader_gets_what_was_published(found: list[Entry]) -> None:
    """fastfeedparser reads back the same id, title, link, time, summary and first author."""
    fast = fastfeedparser.parse(whole(jsonfeed, of_now(), found, full=False))
    assert len(fast.entries) == len(found)
    for entry, read in zip(found, fast.entries, strict=True):
        assert (read.id, read.title, read.link) == (entry.id, entry.title, entry.link)
        assert entry.published is not None
        when = datetime.fromisoformat(read.published)
        assert when.astimezone(UTC) == entry.published.time
        assert read.description == entry.summary
        assert read.author == (entry.authors or (Person(FEED.author),))[0].name
