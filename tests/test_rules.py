"""Which entries a feed is made of, told by values alone."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from feedtool.config import FeedTable
from feedtool.data import replace
from feedtool.errors import ConfigError
from feedtool.model import Person, Published
from feedtool.publish.rules import rank, rule
from feedtool.publish.streams import above, closings, day_of, feed, form, source
from tests.conftest import NOW, later, make_version

VERSION = make_version(
    title="Chợ phiên Pá Lương",
    authors=(Person("TRÀ MY"), Person("Lò Văn Phúc")),
    categories=("Chợ", "Du lịch"),
    language="vi-VN",
    link="https://valley.example/cho/pa-luong?utm=1",
    summary="Sáng 18/1, chợ phiên họp lại.",
    content_text="Bà con mang chè xuống chợ.",
)


@pytest.mark.parametrize(
    ("keys", "belongs"),
    [
        ({}, True),
        ({"sources": ("valley",)}, True),
        ({"sources": ("gazette",)}, False),
        ({"authors": ("Trà My",)}, True),
        ({"authors": ("Tra My", "nobody")}, True),
        ({"authors": ("My",)}, False),
        ({"categories": ("chợ",)}, True),
        ({"categories": ("Thể thao",)}, False),
        ({"languages": ("vi",)}, True),
        ({"languages": ("VI-vn",)}, True),
        ({"languages": ("v", "en")}, False),
        ({"places": ("valley.example/cho/",)}, True),
        ({"places": ("valley.example/the-thao/",)}, False),
        ({"since": date(2022, 1, 18), "until": date(2022, 1, 18)}, True),
        ({"since": date(2022, 1, 19)}, False),
        ({"until": date(2022, 1, 17)}, False),
        ({"words": ("pa luong",)}, True),
        ({"words": ("phúc",)}, True),
        ({"words": ("lúa", "chè")}, True),
        ({"words": ("lúa chè",)}, False),
        ({"words": ("chè -chợ",)}, False),
        ({"words": ('"mang chè"',)}, True),
        ({"words": ('"chè mang"',)}, False),
        ({"words": ("author:phuc",)}, True),
        ({"words": ("author:cho",)}, False),
        ({"words": ("source:valley chè",)}, True),
        ({"words": ("chè from:2022-01-18 to:2022-01-18",)}, True),
        ({"words": ("chè from:2022-02",)}, False),
        ({"words": ("chè to:2021",)}, False),
        ({"sources": ("valley",), "authors": ("nobody",)}, False),
    ],
)
def test_an_entry_must_do_justice_to_each_key(keys: dict[str, Any], belongs: bool) -> None:
    """Of each key that a feed names, one value must fit; names are compared without marks."""
    assert rule(FeedTable(name="some", **keys))(VERSION) is belongs


def test_a_files_place_is_its_path_in_the_source() -> None:
    """An entry without an address is known by its source and path; one with neither has no place."""
    minted = replace(
        VERSION,
        entry=replace(VERSION.entry, link=None, id="tag:a.example,2022-01-01:valley/north/a.txt"),
    )
    foreign = replace(VERSION, entry=replace(VERSION.entry, link=None, id="urn:x:1"))
    table = FeedTable(name="north", places=("valley/north/",))
    assert rule(table)(minted)
    assert not rule(table)(foreign)


def test_an_entry_of_no_language_is_in_no_feed_of_one() -> None:
    """What has no language doesn't speak any."""
    mute = replace(VERSION, entry=replace(VERSION.entry, language=None))
    assert not rule(FeedTable(name="vi", languages=("vi",)))(mute)


def test_words_that_ask_for_nothing_are_told() -> None:
    """Words that search can't take are the configuration's fault, and named."""
    with pytest.raises(ConfigError, match="feed odd: words: '-chè' says only what to leave out"):
        rule(FeedTable(name="odd", words=("-chè",)))


def test_entries_stand_by_the_time_that_the_order_names() -> None:
    """A feed is ordered by when entries were published, changed, or came into the archive."""
    when = datetime(2022, 1, 18, 9, tzinfo=UTC)
    entry = replace(VERSION.entry, published=Published.at(when), updated=later(hours=5))
    version = replace(VERSION, entry=entry)
    found = [rank(version, order) for order in ("published", "updated", "archived")]
    assert found == [int(one.timestamp()) for one in (when, later(hours=5), NOW)]
    undated = replace(version, entry=replace(entry, updated=None))
    assert rank(undated, "updated") == int(when.timestamp())


@pytest.mark.parametrize(
    ("entries", "late", "sizes"),
    [
        (0, False, []),
        (3, True, []),
        (5, False, []),
        (6, False, [3]),
        (7, True, [3, 1]),
        (4, True, [1]),
        (12, False, [3, 3, 3]),
    ],
)
def test_a_document_is_closed_when_it_is_full(entries: int, late: bool, sizes: list[int]) -> None:
    """The newest stay in the open document; the rest goes by whole documents, or at once where it
    came late."""
    assert closings(entries, 3, late=late) == sizes


def test_documents_have_names() -> None:
    """Closed documents lie in a folder named as the open one, numbered; pages lead to lists."""
    stream = feed(FeedTable(name="all", formats=("atom", "json"), content="full"))
    assert [stream.path(one, 12) for one in stream.forms] == ["all/0012.atom", "all/0012.json"]
    assert stream.path(form("rss", False)) == "all.rss"
    assert source("bac-son").name == "sources/bac-son"
    assert source("Báo cũ/../x").name == "sources/bao-cu-x"
    assert above(day_of("2020/12/15").name) == [
        "2020/12/index.html",
        "2020/index.html",
        "index.html",
    ]
    assert above("sources/bac-son") == ["index.html"]


def test_a_feeds_rule_is_about_its_entries_alone() -> None:
    """Another title, format or limit leaves history as it is; another filter doesn't."""
    one = FeedTable(name="all", title="A", limit=3)
    assert feed(one).rule == feed(replace(one, title="B", limit=4, formats=("atom",))).rule
    assert feed(one).rule != feed(replace(one, languages=("vi",))).rule
