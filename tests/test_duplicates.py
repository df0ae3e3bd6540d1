"""Doubles: new ids for known entries, and stories that several sources tell."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from feedtool.archive import item, kinship
from feedtool.archive.protocol import Archive
from feedtool.config import FeedTable
from feedtool.data import replace
from feedtool.kept import Change
from feedtool.model import Source
from feedtool.publish.site import publish
from tests.conftest import NOW, Server, later, make_config, make_entry, make_version
from tests.feeds import Valley, items, rss
from tests.test_follow import Site

LONG = "Nước về bản, bà con vui và cùng nhau trồng thêm chè. " * 8
_NEW = {"id": "urn:new:{0}"}


@pytest.mark.parametrize(
    ("link", "expect"),
    [
        ("http://www.Valley.example/a/?utm_source=x&b=2&fbclid=z#top", "valley.example/a?b=2"),
        ("https://valley.example:443/a", "valley.example/a"),
        ("https://valley.example:8080/A", "valley.example:8080/A"),
        ("https://valley.example/?p=7", "valley.example/?p=7"),
        ("https://valley.example/?utm_medium=rss", None),
        ("https://valley.example", None),
        ("https://u:p@valley.example/a?gclid=1", "valley.example/a"),
        ("mailto:x", None),
        ("http://[broken/a", None),
        (None, None),
    ],
)
def test_addresses_are_compared_by_what_leads_to_the_page(
    link: str | None, expect: str | None
) -> None:
    """Scheme, www., user, fragment, trackers and the last slash are left out; front pages are
    none."""
    assert kinship.canonical(link) == expect


def test_words_are_compared_folded() -> None:
    """Marks, tags and quotation marks make no difference; other words do, and short texts aren't
    compared."""
    plain = make_entry(content_text=LONG + '"x"')
    html = make_entry(content_text=None, content_html=f"<p>{LONG}</p><p>“X”</p>")
    assert kinship.told(plain) == kinship.told(html) is not None
    assert kinship.told(make_entry(content_text=LONG + "y")) != kinship.told(plain)
    assert kinship.told(make_entry(content_text="Mưa rào, 20 độ. " * 5)) is None


def test_no_name_that_is_shared_can_be_an_id() -> None:
    """Each has a space, which no id has."""
    version = make_version(link="https://valley.example/a", content_text=LONG)
    shared = [name for name in item.names(version) if name.startswith(("page ", "at ", "told "))]
    assert [name.partition(" ")[0] for name in shared] == ["page", "at", "told"]
    assert version.entry.id in item.names(version)


def _keys(archive: Archive) -> list[str]:
    return sorted(version.key for version in archive.newest())


@pytest.mark.parametrize("dated", [True, False])
@pytest.mark.parametrize(
    "link",
    [
        "https://www.valley.example/tin/{0}/",
        "http://valley.example/tin/{0}#x",
        "https://hills.example/tin/{0}",
        "https://hills.example/other/{0}.html",
        "",
    ],
)
def test_a_source_that_changes_all_its_ids_doubles_nothing(
    archive: Archive, link: str, dated: bool
) -> None:
    """Whatever becomes of its addresses at the same time, with dates or without, the entries and
    their ids stay."""
    valley = Valley(archive)
    given = {} if dated else {"day": ""}
    valley.only(NOW, rss(items(1, 2, 3, **given)))
    before = _keys(archive)
    changed = rss(items(1, 2, 3, link=link, **_NEW, **given))
    outcome = valley.only(later(days=1), changed)
    assert Change.NEW not in [change for change, _ in outcome.changes]
    assert _keys(archive) == before
    assert {one.entry.id for one in archive.newest()} == {f"urn:old:{n}" for n in (1, 2, 3)}


@pytest.mark.parametrize("dated", [True, False])
def test_texts_that_are_edited_as_the_ids_change_are_revised(archive: Archive, dated: bool) -> None:
    """The path and time, or title, tell which entry it was, on a new host too."""
    valley = Valley(archive)
    given = {} if dated else {"day": ""}
    valley.only(NOW, rss(items(1, 2, **given)))
    link = "https://hills.example/tin/{0}"
    changed = items(1, link=link, words="Khác hẳn, một chuyện mới của bản {0}.", **_NEW, **given)
    outcome = valley.only(later(days=1), rss(changed + items(2, link=link, **_NEW, **given)))
    assert {change for change, _ in outcome.changes} == {Change.REVISED}
    assert len(_keys(archive)) == 2
    [edited] = [one for one in archive.newest() if one.entry.id == "urn:old:1"]
    assert (edited.entry.content_text or edited.entry.summary or "").count("Khác") == 1


def test_a_new_id_is_remembered(archive: Archive) -> None:
    """Edited later on among known ones, an entry is still the one that it was."""
    valley = Valley(archive)
    valley.only(NOW, rss(items(1, 2, 3)))
    valley.only(later(days=1), rss(items(1, 2, 3, **_NEW)))
    edited = items(1, title="Tên mới {0}", words="Lời mới.", day="", link="", **_NEW)
    outcome = valley.only(later(days=2), rss(edited + items(2, 3, **_NEW)))
    [(change, version)] = outcome.changes
    assert (change, version.entry.id, len(_keys(archive))) == (Change.REVISED, "urn:old:1", 3)


def test_episodes_that_link_to_their_shows_page_are_apart(archive: Archive) -> None:
    """A link that several entries share proves nothing, when ids change either."""
    valley = Valley(archive)
    given = {"link": "https://valley.example/show", "words": "Nghe tập {0}."}
    valley.only(NOW, rss(items(1, 2, 3, **given)))
    assert len(_keys(archive)) == 3
    outcome = valley.only(later(days=1), rss(items(1, 2, 3, 4, **given, **_NEW)))
    assert [change for change, _ in outcome.changes] == [Change.NEW]
    assert len(_keys(archive)) == 4


def test_daily_items_of_a_live_page_are_apart(archive: Archive) -> None:
    """One address and one title each day are an entry for each day, though the feed holds but the
    last of them."""
    valley = Valley(archive)
    for day in (1, 2, 3):
        live = items(day, id="urn:live:{0}", link="https://valley.example/live", title="Trực tiếp")
        outcome = valley.only(later(days=day), rss(live))
        assert [change for change, _ in outcome.changes] == [Change.NEW]
    assert len(_keys(archive)) == 3


def test_a_text_that_comes_each_day_is_an_entry_each_day(archive: Archive) -> None:
    """The same long words under another id on another day are another entry."""
    valley = Valley(archive)
    for day in (1, 2, 9):
        words = {"title": "Thời tiết", "words": LONG, "link": "https://valley.example/{0}"}
        valley.only(later(days=day), rss(items(day, id="urn:weather:{0}", **words)))
    assert len(_keys(archive)) == 3


def test_two_that_stand_in_one_document_are_two(archive: Archive) -> None:
    """The same words at the same time under two ids that are both there are two entries."""
    valley = Valley(archive)
    valley.only(NOW, rss(items(1)))
    outcome = valley.only(later(days=1), rss(items(1) + items(1, **_NEW)))
    assert [change for change, _ in outcome.changes] == [Change.NEW]
    valley = Valley(archive)
    valley.only(later(days=2), rss([*items(1), *items(1, **_NEW), *items(2)]))
    assert len(_keys(archive)) == 3


def test_among_known_pieces_nothing_is_merged(archive: Archive) -> None:
    """Where nobody knows which ids the rest of a document has, what looks like a known entry is
    kept apart."""
    valley = Valley(archive)
    valley.only(NOW, rss(items(1, 2)))
    valley.only(later(days=1), rss([*items(2), *items(1, **_NEW)]))
    assert len(_keys(archive)) == 3


def _sources(*names: str, **fields: object) -> list[Source]:
    return [
        Source(name=one, url=f"https://{one}.example/feed", kind="feed", **fields)  # type: ignore[arg-type]
        for one in names
    ]


@pytest.mark.parametrize("how", ["page", "words", "at once"])
def test_a_story_that_another_source_told_says_so(archive: Archive, how: str) -> None:
    """By its address or by its words, in a later round or in the same, a double is an entry of its
    own that names the first; and so does a double of that."""
    valley = Valley(archive, *_sources("hills", "valley", "woods"))
    other = {"words": "Tóm tắt tin {0}."} if how == "page" else {"link": "https://w.example/{0}"}
    told = rss(items(1, id="urn:b:{0}", **other))
    nothing = rss([])
    first = rss(items(1))
    if how == "at once":
        valley.round(NOW, hills=first, valley=told, woods=nothing)
    else:
        valley.round(NOW, hills=first, valley=nothing, woods=nothing)
        valley.round(later(hours=1), valley=told)
    valley.round(later(hours=2), woods=rss(items(1, id="urn:c:{0}", **other)))
    found = {one.source: one for one in archive.newest()}
    assert found["hills"].duplicate_of is None
    assert found["valley"].duplicate_of == found["woods"].duplicate_of == found["hills"].key
    assert item.decode(item.encode(found["woods"])) == found["woods"]


def test_what_is_a_week_later_is_another_story(archive: Archive) -> None:
    """The same words count for seven days."""
    valley = Valley(archive, *_sources("hills", "valley"))
    link = {"link": "https://v.example/{0}"}
    valley.round(NOW, hills=rss(items(1)), valley=rss([]))
    late = items(1, id="urn:b:1", day="2022-03-09T08:00:00Z", **link)
    valley.round(later(hours=1), valley=rss(late))
    assert [one.duplicate_of for one in archive.newest()] == [None, None]


def test_a_link_that_a_source_uses_again_and_again_links_no_stories(archive: Archive) -> None:
    """Another source's word of a show's page is a double of no episode; nor is an episode of one
    that shares its link."""
    valley = Valley(archive, *_sources("hills", "valley"))
    show = {"link": "https://hills.example/show", "words": "Nghe."}
    valley.round(NOW, hills=rss(items(1, 2, 3, **show)), valley=rss([]))
    valley.round(later(hours=1), valley=rss(items(9, id="urn:b:{0}", **show)))
    valley.round(later(hours=2), valley=rss(items(2, id="urn:b:{0}", **show)))
    found = {one.entry.id: one.duplicate_of for one in archive.newest()}
    assert found["urn:b:9"] is None


def _shown(
    archive: Archive, folder: Path, *names: str, now: datetime, limit: int = 50
) -> list[str]:
    table = FeedTable(name="all", one_per_story=True, sources=names, limit=limit)
    config = make_config(folder, *_sources("hills", "valley", "woods"), feed=(table,))
    publish(config, archive, now=now)
    page = (folder / "public/all.atom").read_text("utf-8")
    return [one.entry.id for one in archive.newest() if f"<id>{one.entry.id}</id>" in page]


def test_a_feed_that_asks_for_it_shows_a_story_once(archive: Archive, tmp_path: Path) -> None:
    """As its first source told it, whatever the limit; where that doesn't stand in the feed, as the
    first of those that do."""
    valley = Valley(archive, *_sources("hills", "valley", "woods"))
    late = {"day": "2022-03-02T08:00:00Z"}
    valley.round(NOW, hills=rss(items(1)), valley=rss([]), woods=rss([]))
    valley.round(later(hours=1), valley=rss(items(1, id="urn:b:1", **late)))
    valley.round(later(hours=2), woods=rss(items(1, id="urn:c:1", **late)))
    now = later(days=1)
    assert _shown(archive, tmp_path, now=now) == ["urn:old:1"]
    assert _shown(archive, tmp_path, "valley", "hills", now=now, limit=1) == ["urn:old:1"]
    assert _shown(archive, tmp_path, "valley", "woods", now=now) == ["urn:b:1"]
    assert _shown(archive, tmp_path, "woods", now=now) == ["urn:c:1"]
    config = make_config(tmp_path, *_sources("hills", "valley", "woods"))
    publish(config, archive, now=now)
    assert (tmp_path / "public/all.atom").read_text("utf-8").count("<entry>") == 3


def test_a_page_that_moves_within_its_site_stays_one_entry(
    server: Server, archive: Archive, tmp_path: Path
) -> None:
    """Under a new address it is the entry that it was; where the old address is still there, it is
    another."""
    site = Site(server, archive, tmp_path)
    body = f"<p>{LONG}</p>" * 2
    page = f"<html><title>Tin</title><body><article><h1>Nước về bản</h1>{body}</article></body>"
    site.sitemap(["old"])
    server.give("/old", page.encode(), Content_Type="text/html")
    site.round()
    site.sitemap(["new"])
    server.give("/new", page.encode(), Content_Type="text/html")
    outcome, asked = site.round(later(days=1))
    assert (asked, [change for change, _ in outcome.changes]) == (
        ["sitemap.xml", "new"],
        [Change.REVISED],  # it has another link
    )
    site.sitemap(["new", "copy"])
    server.give("/copy", page.encode(), Content_Type="text/html")
    outcome, _ = site.round(later(days=2))
    assert [change for change, _ in outcome.changes] == [Change.NEW]


def test_doubles_of_each_other_are_shown_once(archive: Archive, tmp_path: Path) -> None:
    """As archives that were brought together may have them: neither hides the other for ever."""
    one, two = (make_version(archive, id=f"urn:{name}", title=name) for name in "ab")
    archive.put(
        [
            replace(one, source="hills", duplicate_of=two.key),
            replace(two, source="valley", duplicate_of=one.key),
        ]
    )
    assert _shown(archive, tmp_path, now=later(days=1)) == ["urn:a"]


def test_ids_that_change_all_the_time_are_forgotten(archive: Archive) -> None:
    """Of one entry, some and those of the last document are remembered, and it stays one."""
    valley = Valley(archive)
    for n in range(20):
        valley.only(later(hours=n), rss(items(1, 2, id=f"urn:r{n}:{{0}}")))
    one, two = archive.newest()
    for version in (one, two):
        places = archive.state.places("valley", version.entry.id)
        assert len(places) <= 9
        assert any(":r19:" in place or "urn:r19:" in place for place in places)
