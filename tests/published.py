"""What the tests of the renderers share: a feed, entries of all kinds, and documents of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st

from feedtool.model import Enclosure, Entry, Feed, Person, Published
from feedtool.publish.document import Document, Item, Origin, Tombstone
from feedtool.publish.renderers import Renderer
from tests.conftest import NOW, later, make_entry

SITE = "https://tin.example/"
FEED = Feed(
    id=f"{SITE}all.atom",
    title="Tin",
    link=f"{SITE}all.html",
    self_link=f"{SITE}all.atom",
    author="Toà soạn",
    language="vi",
)
ORIGIN = Origin("https://valley.example/feed", "Thung lũng & núi", "https://valley.example/feed")
RICH = make_entry(
    id="tag:e.example,2022:rich",
    title="Chợ & chè",
    link="https://e.example/1?a=1&b=2",
    authors=(Person("Lò Văn Phúc", "https://e.example/phuc", "p@e.example"), Person("Trà")),
    content_text=None,
    content_html='<p>Một &amp; <a href="https://e.example/2">hai</a></p>',
    categories=("Bản", "Chợ"),
    image="https://e.example/a.jpg",
    enclosures=(
        Enclosure("https://e.example/a.mp3", "audio/mpeg", 7, "Nghe"),
        Enclosure("https://e.example/b"),
    ),
    rights="CC BY",
    updated=NOW,
)
BARE = Entry(id="tag:e.example,2022:bare", title="Trần trụi")
KINDS = {"rich": RICH, "plain": make_entry(link="https://e.example/2"), "bare": BARE}

# What feedparser takes for HTML in text that says it is none.
_LIKE_HTML = re.compile(r"</\w+>|&#?\w+;")
ANY = st.characters(categories=("L", "N", "P", "S", "Zs"))
_LETTERS = st.characters(categories=("L", "N", "P", "S", "Zs"), exclude_characters="<>&")
_ZONES = st.integers(-14 * 60, 14 * 60).map(lambda by: timezone(timedelta(minutes=by)))


def of_archive(**fields: Any) -> Document:
    """A document of a feed's history, with all that one may have."""
    given: dict[str, Any] = {
        "feed": FEED,
        "self_link": f"{SITE}all/0002.x",
        "updated": NOW,
        "archived": True,
        "current": f"{SITE}all.x",
        "previous": f"{SITE}all/0001.x",
        "following": f"{SITE}all/0003.x",
        "tombstones": (Tombstone("tag:e.example,2022:gone", later(hours=1)),),
    }
    return Document(**{**given, **fields})


def of_now(**fields: Any) -> Document:
    """The document to subscribe to, of a feed that has no history yet."""
    given = {"feed": FEED, "self_link": FEED.self_link, "updated": NOW, "complete": True}
    return Document(**{**given, **fields})


DOCUMENTS = {
    "alone": of_now(),
    "current": of_now(
        complete=False, previous=f"{SITE}all/0001.x", hub="https://hub.example/?a=1&b=2"
    ),
    "archived": of_archive(),
    "untold": of_now(feed=Feed(id="tag:e.example,2022:f", title="T", link=SITE, self_link=SITE, author="A")),
}  # fmt: skip


def whole(
    renderer: Renderer, document: Document, entries: Sequence[Entry | Item], full: bool = True
) -> bytes:
    """A document with these entries."""
    items = [one if isinstance(one, Item) else Item(entry=one) for one in entries]
    fragments = [renderer.entry(item, document.feed, full) for item in items]
    joined = renderer.BETWEEN.join(fragments)
    return renderer.head(document) + joined + renderer.tail(document)


def lines(letters: st.SearchStrategy[str] = _LETTERS) -> st.SearchStrategy[str]:
    """Lines of text that is not blank, and that nobody takes for HTML."""
    found = st.text(letters, min_size=1, max_size=40).map(lambda one: " ".join(one.split()))
    return found.filter(lambda one: one.strip() and not _LIKE_HTML.search(one) and _is_sound(one))


def _is_sound(words: str) -> bool:
    """False for what feedparser takes for UTF-8 that was read as Latin-1."""
    try:
        return words.isascii() or not words.encode("latin-1").decode()
    except UnicodeError:
        return True


def times() -> st.SearchStrategy[datetime]:
    """Times of whole seconds in any zone."""
    early, late = datetime(1971, 1, 1), datetime(2090, 1, 1)  # noqa: DTZ001
    return st.datetimes(early, late, timezones=_ZONES).map(lambda one: one.replace(microsecond=0))


def entries(letters: st.SearchStrategy[str] = _LETTERS) -> st.SearchStrategy[Entry]:
    """Entries as readers make them; names are of letters, as people's are."""
    names = st.text(st.characters(categories=("Lu", "Ll", "Lo")), min_size=1, max_size=20)
    slugs = st.from_regex(r"[a-z0-9]{1,8}(/[a-z0-9._~-]{1,8})?(\?[a-z]=[a-z0-9]{1,4}&b=1)?", fullmatch=True)  # fmt: skip
    return st.builds(
        Entry,
        id=slugs.map(lambda slug: f"tag:e.example,2022:{slug}"),
        title=lines(letters),
        link=slugs.map(lambda slug: f"https://e.example/{slug}"),
        published=times().map(Published.at) | times().map(lambda one: Published.on(one.date())),
        updated=st.none() | times(),
        authors=st.lists(names.map(Person), max_size=3).map(tuple),
        summary=lines(letters),
        content_text=st.none() | lines(),
        categories=st.lists(lines(), max_size=3),
        rights=st.none() | lines(),
    )


def seconds(when: datetime) -> int:
    """A time as a number."""
    return int(when.astimezone(UTC).timestamp())
