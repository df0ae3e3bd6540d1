"""Eighteen rules for what is published. Each was found by what feed readers do where it isn't kept."""

from __future__ import annotations

import json
import re
from email.utils import parsedate_to_datetime
from typing import Any

import feedparser
import pytest
from lxml import etree

from feedtool.publish.renderers import RENDERERS
from tests.conftest import NOW
from tests.history_client import walk
from tests.rule_rounds import (
    BASE,
    CONTENT,
    DC,
    EDITED,
    FIRST,
    FORMATS,
    LAST,
    SECOND_ROUND,
    STAMPED,
    A,
    Made,
    two_rounds,
)


@pytest.fixture(scope="module")
def rounds(tmp_path_factory: pytest.TempPathFactory) -> tuple[Made, Made]:
    """What is published after the first round, and after the second, a day later."""
    return two_rounds(tmp_path_factory.mktemp("rules"))


@pytest.fixture(scope="module")
def made(rounds: tuple[Made, Made]) -> Made:
    """What is published after both rounds."""
    return rounds[1]


def _texts(element: Any, *names: str) -> list[str]:
    return [one.text for name in names for one in element.iter(name)]


def test_rule_01_utf_8_and_nothing_else(made: Made) -> None:
    """Every document is UTF-8 and says so, and each format has its media type, which hosts are told
    with the charset."""
    for path in made.documents():
        body = path.read_bytes()
        assert body.decode("utf-8")[0] != "\ufeff"
        if path.suffix != ".json":
            declaration = body.partition(b"\n")[0].lower()
            assert re.search(rb"""encoding=['"]utf-8['"]""", declaration), path
    types = {name: RENDERERS[name]().MEDIA_TYPE for name in ("atom", "rss", "json")}
    assert types == {name: f"application/{name}+xml" for name in ("atom", "rss")} | {
        "json": "application/feed+json"
    }
    headers = (made.folder / "_headers").read_text("utf-8")
    for name, kind in types.items():
        assert f"/all.{name}\n  Content-Type: {kind}; charset=utf-8\n" in headers
    titles = {atom.findtext(f"{A}title") for atom, _, _ in made.entries().values()}
    assert "谷地新闻：渡船回来了 🎉" in titles


def test_rule_02_times_are_utc_in_whole_seconds(made: Made) -> None:
    """Times end in Z in Atom and JSON and are GMT in RSS, to the second, whatever offset they were
    written in."""
    atom, channel = made.atom(), made.rss()
    written = _texts(atom, f"{A}published", f"{A}updated") + _texts(channel, f"{A}updated")
    for item in made.json()["items"]:
        written += [item[name] for name in ("date_published", "date_modified") if name in item]
    assert len(written) > 20
    for one in written:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", one)
    for one in _texts(channel, "pubDate", "lastBuildDate"):
        assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d (GMT|\+0000)", one)
    first, item, _ = made.entries()["tag:e.example,2022:0"]
    assert first.findtext(f"{A}published") == "2022-01-02T00:30:15Z"
    assert item.findtext("pubDate").startswith("Sun, 02 Jan 2022 00:30:15 ")


def test_rule_03_an_author_in_every_entry(made: Made) -> None:
    """Each entry names an author, the feed's where it has none of its own; so does the feed."""
    for atom, item, line in made.entries().values():
        assert atom.findtext(f"{A}author/{A}name")
        assert item.findtext(f"{DC}creator")
        assert line["authors"][0]["name"]
    atom, item, line = made.entries()["tag:e.example,2022:1"]
    found = (atom.findtext(f"{A}author/{A}name"), item.findtext(f"{DC}creator"), line["authors"])
    assert found == ("Toà soạn", "Toà soạn", [{"name": "Toà soạn"}])
    assert made.atom().findtext(f"{A}author/{A}name") == "Toà soạn"
    assert made.json()["authors"] == [{"name": "Toà soạn"}]


def test_rule_04_several_authors_the_main_one_first(made: Made) -> None:
    """Several authors are as many elements in Atom, each a plain name, and in RSS one creator with
    the names joined, never an `author`, which is an address."""
    names = ["Lý Mai", "Piet Hallam", "Wm. Farr"]
    atom, item, line = made.entries()["tag:e.example,2022:2"]
    authors = atom.findall(f"{A}author")
    assert [[(part.tag, part.text) for part in one] for one in authors] == [
        [(f"{A}name", name)] for name in names
    ]
    assert [one.text for one in item.findall(f"{DC}creator")] == [", ".join(names)]
    assert [one["name"] for one in line["authors"]] == names
    assert not list(made.rss().iter("author", "managingEditor"))


def test_rule_05_published_stays_and_updated_moves_by_real_change(
    rounds: tuple[Made, Made],
) -> None:
    """Each entry has both times; `published` never changes, and `updated` is raised by an edit but
    not by a new stamp."""
    before, after = ({key: one[0] for key, one in made.entries().items()} for made in rounds)

    def times(entry: Any) -> tuple[str, str]:
        return entry.findtext(f"{A}published"), entry.findtext(f"{A}updated")

    for identity, entry in after.items():
        published, updated = times(entry)
        assert published
        assert published <= updated
        assert published == times(before[identity])[0]
        raised = updated > times(before[identity])[1]
        assert raised == (identity == EDITED)


def test_rule_06_no_date_lies_ahead(rounds: tuple[Made, Made]) -> None:
    """An entry of the day after tomorrow waits for its time, one of another age has the time at
    which it was first seen, and no document has a time that is still to come."""
    for made, now in zip(rounds, (NOW, SECOND_ROUND), strict=True):
        assert "Not yet" not in {one[2]["title"] for one in made.entries().values()}
        limit = now.isoformat().replace("+00:00", "Z")
        assert all(one <= limit for one in _texts(made.atom(), f"{A}published", f"{A}updated"))
        for item in made.rss().iterfind("item"):
            assert parsedate_to_datetime(item.findtext("pubDate")) <= now
        atom, *_ = made.entries()["tag:valley.example,2022:future"]
        assert atom.findtext(f"{A}published") == NOW.isoformat().replace("+00:00", "Z")


def test_rule_07_ids_are_kept_byte_for_byte(rounds: tuple[Made, Made]) -> None:
    """An id is an IRI, the source's own to the letter, and stays when the link moves."""
    before, after = (made.entries() for made in rounds)
    assert set(before) == set(after)
    assert STAMPED in after
    assert all(re.match(r"[A-Za-z][A-Za-z0-9+.-]*:\S+$", identity) for identity in after)
    links = [made[EDITED][0].find(f"{A}link").get("href") for made in (before, after)]
    assert links == [f"https://valley.example/news/{one['link']}" for one in (FIRST, LAST)]


def test_rule_08_an_id_stands_once_in_a_document(made: Made) -> None:
    """No document, of history either, has two entries with one id, also after an edit."""
    paths = list(made.documents())
    assert len(paths) > 2 * len(FORMATS)
    for path in paths:
        body = path.read_bytes()
        if path.suffix == ".json":
            found = [one["id"] for one in json.loads(body)["items"]]
        else:
            found = [one.get("id") for one in feedparser.parse(body).entries]
        assert found or path.name == "status.atom"
        assert len(set(found)) == len(found), path


def test_rule_09_links_are_absolute_and_the_articles_comes_first(made: Made) -> None:
    """An entry's first link is an absolute one to the article, no other follows but for real
    enclosures, and nothing anywhere, content included, is relative or has a base."""
    for path in (path for path in made.documents() if path.suffix != ".json"):
        body = path.read_bytes()
        assert b"xml:base" not in body
        for element in etree.fromstring(body).iter(f"{A}link"):
            assert str(element.get("href")).startswith("https://")
    for identity, (atom, item, line) in made.entries().items():
        first, *others = atom.findall(f"{A}link")
        assert first.get("rel") == "alternate"
        assert {one.get("rel") for one in others} <= {"enclosure"}
        assert bool(others) == (item.find("enclosure") is not None) == ("attachments" in line)
        assert bool(others) == (identity == "tag:e.example,2022:6")
        links = {first.get("href"), item.findtext("link"), line["url"]}
        assert len(links) == 1
        assert str(links.pop()).startswith("https://")
    found = [one.get(name) for tree in made.content() for name in ("href", "src")
             for one in tree.xpath(f".//*[@{name}]")]  # fmt: skip
    assert "https://valley.example/news/more.html" in found
    assert all(one.startswith("https://") for one in found)


def test_rule_10_content_is_html_and_never_xhtml(made: Made) -> None:
    """Content is escaped HTML, also where the source had it as XHTML."""
    kinds = [one.get("type") for one in made.atom().iter(f"{A}content")]
    assert len(kinds) > 5
    assert set(kinds) == {"html"}
    for path in made.documents():
        assert b"http://www.w3.org/1999/xhtml" not in path.read_bytes()
    assert not any(len(one) for one in made.rss().iter(f"{CONTENT}encoded", "description"))


def test_rule_11_the_whole_text_and_a_summary_beside_it(made: Made) -> None:
    """With the full text in `content` stands a short one in plain text; RSS has them as
    `content:encoded` and `description`, JSON Feed as `content_html` and `summary`."""
    atom, item, line = made.entries()[EDITED]
    assert atom.find(f"{A}summary").get("type") in (None, "text")
    found = {atom.findtext(f"{A}summary"), item.findtext("description"), line["summary"]}
    assert found == {"What it says in short."}
    whole = {atom.findtext(f"{A}content"), item.findtext(f"{CONTENT}encoded")} | {
        line["content_html"]
    }
    assert len(whole) == 1
    assert LAST["words"] in whole.pop()
    for atom, item, line in made.entries().values():
        assert atom.find(f"{A}summary") is not None or atom.find(f"{A}content") is not None
        assert item.findtext("description")
        assert "content_html" in line or "content_text" in line


def test_rule_12_titles_are_plain_text_and_never_empty(made: Made) -> None:
    """A title is text: markup of the source's is undone, and the first words stand in for none."""
    titles = {}
    for identity, (atom, item, line) in made.entries().items():
        element = atom.find(f"{A}title")
        assert element.get("type") in (None, "text")
        assert not len(element)
        said = {element.text, item.findtext("title"), line["title"]}
        assert len(said) == 1
        titles[identity] = said.pop()
    assert all(title.strip() for title in titles.values())
    assert titles[EDITED] == "The edited one"
    assert titles["tag:e.example,2022:3"] == 'Giá < 5 & "rẻ" hơn, 3 > 2'
    assert titles["tag:valley.example,2022:untitled"].startswith("The ferry is back")


def test_rule_13_content_does_nothing(made: Made) -> None:
    """No content has scripts, frames, styles, attributes of events, or links that run."""
    elements = [one for tree in made.content() for one in tree.iter()]
    assert not {one.tag for one in elements} & {"script", "iframe", "style", "object", "form"}
    attributes = [name for one in elements for name in one.attrib]
    assert attributes
    assert not [name for name in attributes if name.startswith("on") or name == "style"]
    for path in made.documents():
        assert b"javascript:" not in path.read_bytes()


def test_rule_14_a_guid_and_a_link_in_every_item(made: Made) -> None:
    """An item of RSS has a guid, which is no permalink unless it is the link, and a link."""
    for item in made.rss().iterfind("item"):
        [guid], [link] = item.findall("guid"), item.findall("link")
        assert link.text.startswith("https://")
        assert guid.get("isPermaLink") == "false" or guid.text == link.text


def test_rule_15_an_edit_is_the_same_entry_said_anew(rounds: tuple[Made, Made]) -> None:
    """After an edit the entry stands in the feed with the new text, its old id and a later
    `updated`; no entry leaves the feed by that."""
    before, after = (made.entries() for made in rounds)
    assert set(before) <= set(after)
    (was, *_), (now, item, line) = before[EDITED], after[EDITED]
    assert FIRST["words"] in was.findtext(f"{A}content")
    assert now.findtext(f"{A}updated") > was.findtext(f"{A}updated")
    for words in (
        now.findtext(f"{A}content"),
        item.findtext(f"{CONTENT}encoded"),
        line["content_html"],
    ):
        assert LAST["words"] in words
        assert FIRST["words"] not in words


@pytest.mark.parametrize("format", FORMATS)
def test_rule_16_history_for_archivers_and_a_feed_useful_alone(
    rounds: tuple[Made, Made],
    format: str,  # noqa: A002
) -> None:
    """The document to subscribe to has the newest entries whole, and behind it lies all the rest,
    each entry at its last version; a feed that has all of it says so."""
    made = rounds[1]

    def fetch(address: str) -> bytes:
        return (made.folder / address.removeprefix(BASE)).read_bytes()

    everything = made.entries()
    history = walk(fetch, f"{BASE}few.{format}")
    assert history.faults == []
    assert len(history.documents) > 3
    assert set(history.entries) == set(everything)
    for identity, one in history.entries.items():
        atom = everything[identity][0]
        assert one.title == atom.findtext(f"{A}title")
        assert one.updated.isoformat().replace("+00:00", "Z") == atom.findtext(f"{A}updated")
    first = [one.id for one in history.entries.values() if one.document == f"{BASE}few.{format}"]
    assert set(list(everything)[:2]) <= set(first)
    alone = walk(fetch, f"{BASE}all.{format}")
    assert alone.documents == [f"{BASE}all.{format}"]
    assert alone.complete == (format != "json")


def test_rule_17_json_feed_comes_last(made: Made) -> None:
    """JSON Feed 1.1 is there beside the others and is named after them, as few read it."""
    feed = made.json()
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["feed_url"] == f"{BASE}all.json"
    kinds = made.alternates("all.html")
    assert kinds.index("application/feed+json") == len(kinds) - 1


def test_rule_18_the_home_page_leads_to_atom_first(made: Made) -> None:
    """The first page, and each article's, names the feed in Atom first and in RSS after it, and the
    documents are there."""
    [article] = (path for path in made.folder.rglob("it-lives-here.html"))
    for page in ("index.html", "all.html", str(article.relative_to(made.folder))):
        kinds = made.alternates(page)
        assert kinds[0] == "application/atom+xml", page
        assert "application/rss+xml" in kinds[1:], page
