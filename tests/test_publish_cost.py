"""What publishing does once and not for each entry, counted; and the short ways, which lead to
where the long ones do."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import jinja2
import pytest
from feedgen.entry import FeedEntry
from hypothesis import example, given
from hypothesis import strategies as st

from feedtool import data
from feedtool.archive.folder import FolderArchive
from feedtool.publish import elements, html, jsonfeed, values
from feedtool.publish.document import Item
from feedtool.publish.renderers import RENDERERS
from feedtool.publish.shelf import Shelf
from feedtool.publish.site import publish
from tests.conftest import NOW, later, make_config, make_entry, make_version
from tests.published import FEED

_ENTRIES = 20


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often the shelf is asked what, by the beginning of the statement."""
    found: Counter[str] = Counter()
    begin = Shelf.__init__

    def watched(shelf: Shelf, path: Path | None, *, writing: bool) -> None:
        begin(shelf, path, writing=writing)
        shelf._database.set_trace_callback(lambda said: found.update([" ".join(said.split()[:3])]))

    monkeypatch.setattr(Shelf, "__init__", watched)
    return found


def put(archive: FolderArchive, first: int, count: int) -> None:
    """Put new entries of one day into the archive."""
    archive.put(
        [
            make_version(id=f"tag:e.example,2022:{one}", title=f"Bài {one}")
            for one in range(first, first + count)
        ]
    )


def test_a_new_entry_asks_the_shelf_for_little(
    folder_archive: FolderArchive, tmp_path: Path, asked: Counter[str]
) -> None:
    """Of an entry that is new nothing is asked but that, and what many entries change is written
    once: twice as many entries cost a handful of statements each, one for each row."""
    config = make_config(tmp_path)
    put(folder_archive, 0, 1)
    publish(config, folder_archive, now=NOW)
    counts = []
    for first, count in ((100, _ENTRIES), (200, 2 * _ENTRIES)):
        asked.clear()
        put(folder_archive, first, count)
        publish(config, folder_archive, now=NOW)
        counts.append(asked.total())
        assert asked["SELECT 0, data"] == 0, "its pieces"
        assert asked["DELETE FROM waiting"] == asked["DELETE FROM fault"] == 0
        assert asked["UPDATE stream SET"] <= 10
    fragments = places = 5  # three formats, a line and news; two lists, and its owed rows
    assert (counts[1] - counts[0]) / _ENTRIES <= fragments + places + 4


def test_lists_are_asked_for_together(
    folder_archive: FolderArchive, tmp_path: Path, asked: Counter[str]
) -> None:
    """An entry more of each of many sources asks for their lists all at once, whether these are new
    or known; so does what makes their pages."""
    config = make_config(tmp_path)
    for first in (0, _ENTRIES):
        made = [
            make_version(id=f"tag:e.example,2022:{one}", title=f"Bài {one}")
            for one in range(first, first + _ENTRIES)
        ]
        named = enumerate(made)
        folder_archive.put([data.replace(one, source=f"s{number}") for number, one in named])
        asked.clear()
        publish(config, folder_archive, now=NOW)
        assert asked["SELECT name, number"] == 1
        assert asked["SELECT number, name,"] <= 8
        assert asked["SELECT data FROM"] >= _ENTRIES, "a page for each"


def test_what_waits_or_fails_is_forgotten_when_it_is_served(
    folder_archive: FolderArchive, tmp_path: Path
) -> None:
    """An entry that waited stands in the feed once its time has come, and waits no longer."""
    config = make_config(tmp_path)
    ahead = make_version(published=None, updated=None, id="tag:e.example,2022:a")
    folder_archive.put([ahead])
    early = ahead.first_archived - timedelta(hours=1)
    assert publish(config, folder_archive, now=early).waiting == 1
    assert publish(config, folder_archive, now=later(days=2)).waiting == 0
    with Shelf(config.publish.path / ".feedtool/published.sqlite", writing=False) as shelf:
        assert shelf.waiting() == 0


def _fail_after(act: Callable[..., object], *given: str) -> None:
    act(*given)
    raise KeyError


def test_what_is_undone_is_not_written_later() -> None:
    """What was owed in a block that failed isn't owed after it, nor is it with the next one."""
    with Shelf(None, writing=True) as shelf:
        with pytest.raises(KeyError), shelf.deciding():
            _fail_after(shelf.owe, "page", "2022/01/18/one")
        with shelf.deciding():
            shelf.owe("page", "2022/01/18/two", "2022/01/18/three")
            shelf.paid("page", ["2022/01/18/three"])
        assert shelf.owed("page") == ["2022/01/18/two"]


@pytest.mark.parametrize("name", ["atom", "rss"])
def test_feedgen_makes_each_shape_once(name: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Entries of which the same is said in other words are made of the same elements."""
    made: list[object] = []

    def counted() -> object:
        made.append(None)
        return FeedEntry()

    elements._frame.cache_clear()
    monkeypatch.setattr(elements, "FeedEntry", counted)
    renderer = RENDERERS[name]()
    for number in range(5):
        said = make_entry(title=f"0003-01-01T00:00:00+00:00 & {number}", categories=("một", "hai"))
        written = renderer.entry(Item(entry=said), FEED, False).decode()
        assert f"<title>0003-01-01T00:00:00+00:00 &#x26; {number}</title>" in written
    assert len(made) == 1
    renderer.entry(Item(entry=make_entry(categories=("một",))), FEED, False)
    assert len(made) == 2


def test_what_stands_around_pages_is_rendered_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many articles share a frame, which is rendered with the first of them."""
    config = make_config(Path())
    pages = html.Pages(config.site, config.feed)
    rendered: list[str] = []
    render = jinja2.Template.render

    def counted(template: jinja2.Template, *args: Any, **more: Any) -> str:
        rendered.append(template.name or "")
        return render(template, *args, **more)

    monkeypatch.setattr(jinja2.Template, "render", counted)
    for number in range(5):
        item = Item(entry=make_entry(title=f"Bài {number}"), page=f"2022/01/18/{number}.html")
        assert f"<title>Bài {number} – Tin</title>".encode() in pages.article(item, [], None)
    assert len(rendered) == 1


@given(st.datetimes(timezones=st.just(UTC)))
def test_times_of_rss_are_those_of_the_library(when: datetime) -> None:
    """RFC 822 as the standard library writes it."""
    assert values.rfc822(when) == format_datetime(when.replace(microsecond=0), usegmt=True)


@given(st.from_regex(r"https?://[a-z.:0-9é-]{1,9}/?[\w%?#/;,.'\"\[\]~|& -]*", fullmatch=True))
@example("https://e.example/a?")
@example("https://e.example/a?#")
@example("https://e.example//b;c?d=/e%7E")
def test_plain_addresses_stay_as_they_are(address: str) -> None:
    """What goes the short way comes out as it would the long way."""
    if values._URI.fullmatch(address):
        long = pytest.MonkeyPatch()
        long.setattr(values, "_URI", re.compile("(?!)"))
        try:
            assert values.uri(address) == address
        finally:
            long.undo()


@given(
    st.recursive(
        st.text() | st.integers(0, 9) | st.booleans() | st.none(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_compact_json_is_that_of_the_library(value: Any) -> None:
    """The same bytes as `json.dumps`, without spaces and with them."""
    compact = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    assert data.compact(value) == compact.encode()
    assert data.spaced(value).decode() == json.dumps(value, ensure_ascii=False)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            name: st.text(max_size=2) | st.none() | st.just("https://e.example/") | st.just([])
            for name in jsonfeed._Plain.__struct_fields__
        },
    )
)
@example({"id": "1", "content_text": "a", "authors": [{}], "tags": ["b"], "url": "http://[e/"})
@example({"id": "1", "content_html": "a", "_feedtool": {"a": None}, "title": "\u3000"})
def test_nothing_is_wrong_with_plain_items(item: dict[str, Any]) -> None:
    """An item that is told to be right at once is right field by field, too."""
    plain = jsonfeed._read(json.dumps(item).encode())
    if plain is not None and jsonfeed._is_right(plain):
        assert jsonfeed._item_faults(item) == []
