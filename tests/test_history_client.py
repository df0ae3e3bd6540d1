"""The reader of whole feeds that other tests use, on documents written by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from tests.history_client import History, walk

FEED = "https://tin.example/all.atom"
FIRST, SECOND = "https://tin.example/all/1.atom", "https://tin.example/all/2.atom"
SPACES = (
    'xmlns="http://www.w3.org/2005/Atom" xmlns:fh="http://purl.org/syndication/history/1.0" '
    'xmlns:at="http://purl.org/atompub/tombstones/1.0"'
)
ARCHIVE, COMPLETE = "<fh:archive/>", "<fh:complete/>"


def link(**relations: str) -> str:
    """Links, an underscore in a relation's name standing for "-"."""
    return "".join(
        f'<link rel="{name.replace("_", "-").strip("-")}" href="{href}"/>'
        for name, href in relations.items()
    )


def entry(name: str, day: int = 1, title: str = "") -> str:
    """An entry that was updated on this day."""
    updated = f"2022-01-{day:02}T00:00:00Z"
    return (
        f"<entry><id>{name}</id><title>{title or name}</title><updated>{updated}</updated></entry>"
    )


def gone(name: str, day: int) -> str:
    """A tombstone of this day."""
    return f'<at:deleted-entry ref="{name}" when="2022-01-{day:02}T00:00:00Z"/>'


def atom(*inner: str) -> bytes:
    """A document of Atom."""
    return f"<feed {SPACES}>{''.join(inner)}</feed>".encode()


def rss(inner: str) -> bytes:
    """A document of RSS, with Atom's and history's elements."""
    spaces = (
        "xmlns:a='http://www.w3.org/2005/Atom' xmlns:fh='http://purl.org/syndication/history/1.0' "
        "xmlns:content='http://purl.org/rss/1.0/modules/content/'"
    )
    return f"<rss version='2.0' {spaces}><channel>{inner}</channel></rss>".encode()


def to(relation: str, href: str) -> str:
    """A link of Atom in RSS."""
    return f"<a:link rel='{relation}' href='{href}'/>"


def read(documents: Mapping[str, bytes], address: str = FEED) -> History:
    """A walk over these documents, each of which may be asked for once."""
    left = dict(documents)
    history = walk(left.pop, address)
    assert set(history.documents) | set(left) == set(documents)
    return history


def three(*newest: str) -> dict[str, bytes]:
    """A feed with two documents of history, without a fault, and this in its open one."""
    return {
        FEED: atom(link(self=FEED, prev_archive=SECOND), *newest),
        SECOND: atom(
            ARCHIVE,
            link(self=SECOND, prev_archive=FIRST, current=FEED),
            entry("d", 4),
            entry("c", 3),
        ),
        FIRST: atom(
            ARCHIVE,
            link(self=FIRST, next_archive=SECOND, current=FEED),
            entry("b", 2),
            entry("a", 1),
        ),
    }


def test_all_documents_are_walked_to_the_first() -> None:
    """Each document is asked for once, from the newest to the oldest, and every entry is found."""
    history = read(three(entry("e", 5)))
    assert history.documents == [FEED, SECOND, FIRST]
    assert list(history.entries) == ["e", "d", "c", "b", "a"]
    assert {one.document for one in history.entries.values()} == {FEED, SECOND, FIRST}
    assert (history.duplicates, history.faults, history.complete) == ([], [], False)


def test_of_an_entry_that_comes_twice_the_last_version_counts() -> None:
    """It is the one that was updated last; of two of one time, that of the newer document."""
    history = read(three(entry("a", 9, "new"), entry("c", 3, "new"), entry("d", 1, "old")))
    titles = {name: one.title for name, one in history.entries.items()}
    assert titles == {"a": "new", "b": "b", "c": "new", "d": "d"}
    assert sorted(history.duplicates) == ["a", "c", "d"]
    assert history.faults == []


@pytest.mark.parametrize(("words", "repeated"), [("as before", ["b"]), ("revised", [])])
def test_an_entry_that_comes_twice_with_the_same_words_is_told(
    words: str, repeated: list[str]
) -> None:
    """What was revised may stand in two documents; what says the same in both is repeated."""
    newer, older = "https://tin.example/all.json", "https://tin.example/all/1.json"
    now, then = {"id": "b", "content_html": words}, {"id": "b", "content_html": "as before"}
    documents = {newer: {"next_url": older, "items": [now]}, older: {"items": [then]}}
    history = read({at: json.dumps(one).encode() for at, one in documents.items()}, newer)
    assert (history.duplicates, history.repeated) == (["b"], repeated)


@pytest.mark.parametrize("name", ["content:encoded", "description", "a:content", "a:summary"])
def test_words_are_read_wherever_they_stand(name: str) -> None:
    """An item's words are its content or its summary, in the elements of either format."""
    words, item = f"<{name}>words</{name}>", "<item><guid>a</guid>{}</item>"
    older = rss(f"<fh:archive/>{to('self', FIRST)}{item.format(words)}")
    head = to("self", FEED) + to("prev-archive", FIRST)
    assert read({FEED: rss(head + item.format(words)), FIRST: older}).repeated == ["a"]
    assert read({FEED: rss(head + item.format("")), FIRST: older}).repeated == []


def test_what_was_deleted_is_left_out() -> None:
    """A tombstone takes away what was updated before it, in whichever document that stands, and
    not what came back later."""
    history = read(three(entry("e", 5), gone("a", 5), gone("e", 4), gone("never", 1)))
    assert list(history.entries) == ["e", "d", "c", "b"]
    assert set(history.deleted) == {"a", "e", "never"}


def test_the_last_of_two_tombstones_counts() -> None:
    """An entry that was deleted, came back and was deleted again is gone."""
    documents = three(gone("a", 9), entry("a", 8))
    documents[FIRST] = atom(ARCHIVE, link(self=FIRST, current=FEED), gone("a", 2), entry("a", 1))
    assert "a" not in read(documents).entries


def test_a_complete_feed_has_no_history() -> None:
    """Where a feed says that it is complete, nothing else is asked for."""
    history = read({FEED: atom(COMPLETE, link(self=FEED, prev_archive=FIRST), entry("a"))})
    assert history.documents == [FEED]
    assert history.complete


def test_a_circle_is_told() -> None:
    """A walk that would never end is an error."""
    documents = three()
    documents[FIRST] = atom(ARCHIVE, link(self=FIRST, prev_archive=SECOND))
    with pytest.raises(ValueError, match=r"all/2.atom is its own history"):
        walk(documents.__getitem__, FEED)


@pytest.mark.parametrize(
    ("address", "document", "fault"),
    [
        (FEED, (ARCHIVE, link(self=FEED)), f"{FEED} is marked as an archive"),
        (FEED, (link(self=FIRST),), f"{FEED} calls itself {FIRST}"),
        (FEED, (link(self=FEED), entry("a"), entry("a", 2)), f"{FEED} has a twice"),
        (SECOND, (link(self=SECOND),), f"{SECOND} is not marked as an archive"),
        (
            SECOND,
            (ARCHIVE, link(self=SECOND, current=FIRST)),
            f"{SECOND} belongs to {FIRST}",
        ),
        (
            FIRST,
            (ARCHIVE, link(self=FIRST, next_archive=FEED)),
            f"{FIRST} is followed by {FEED}, not by {SECOND}",
        ),
    ],
)
def test_what_breaks_the_rules_is_told(address: str, document: tuple[str, ...], fault: str) -> None:
    """A document that says of itself or its neighbours what isn't so is a fault."""
    assert read({**three(), address: atom(*document)}).faults == [fault]


def test_rss_is_walked_by_atoms_links() -> None:
    """RSS has its history in Atom's elements; an item without them has its time of publication, or
    none."""
    old = "<pubDate>Sat, 01 Jan 2022 00:00:00 GMT</pubDate>"
    new = "<a:updated>2022-01-02T00:00:00Z</a:updated>"
    documents = {
        FEED: rss(
            to("self", FEED)
            + to("prev-archive", FIRST)
            + f"<item><guid>a</guid><title>A</title>{old}{new}</item><item><guid>b</guid></item>"
        ),
        FIRST: rss(f"<fh:archive/>{to('self', FIRST)}<item><guid>a</guid>{old}</item>"),
    }
    history = read(documents)
    assert [(one.id, one.title) for one in history.entries.values()] == [("a", "A"), ("b", "")]
    assert history.entries["a"].updated.day == 2
    assert history.duplicates == ["a"]
    assert history.faults == []


def test_json_is_walked_by_its_pages() -> None:
    """JSON Feed names the page of older items, and has the time of change, of publication, or
    none."""
    newer, older = "https://tin.example/all.json", "https://tin.example/all/1.json"
    documents = {
        newer: {
            "next_url": older,
            "items": [{"id": "b", "date_modified": "2022-01-02T00:00:00Z"}, {"id": "c"}],
        },
        older: {"items": [{"id": "b", "date_published": "2022-01-01T00:00:00Z", "title": "old"}]},
    }
    history = read({at: json.dumps(one).encode() for at, one in documents.items()}, newer)
    assert history.documents == [newer, older]
    assert {name: one.title for name, one in history.entries.items()} == {"b": "", "c": ""}
    assert history.duplicates == ["b"]
