"""Elements of Atom and RSS, as feedgen makes them, and how they are written. The only file that
knows feedgen.

What feedgen gets wrong is put right here. What it does not know is written beside it, with prefixes
that are declared once, on the root.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import lru_cache
from html import escape
from typing import Any, Literal

from feedgen.entry import FeedEntry
from feedgen.feed import FeedGenerator

from feedtool.data import Struct, astuple
from feedtool.publish.document import Document

Element = Any  # lxml's, which feedgen makes
Name = Literal["entry", "item"]


class Shape(Struct, frozen=True, eq=False):  # each is only like itself
    """A method of feedgen's entries, and what it is `told`: names of words, and what isn't one with
    its name."""

    method: str
    told: tuple[str | tuple[str, str], ...]


shape = lru_cache(256)(Shape)
"""One that may have been made before: only then its frames are found."""
Said = tuple[Shape, tuple[str, ...]]
"""The same, and the words: none of them is empty."""
ALTERNATE = shape("link", ("href", ("rel", "alternate"), ("type", "text/html")))
"""A link to a page for people."""

NAMESPACES = {
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "fh": "http://purl.org/syndication/history/1.0",
    "at": "http://purl.org/atompub/tombstones/1.0",
}
_MARKUP = ("content", "description")


_TIMES = ("updated", "published")  # which feedgen wants as such
_MARK = re.compile(r"([0-9]{4})-01-01T00:00:00\+00:00")
_SHAPES = 256  # that are remembered
_BETWEEN = "\x1f"  # which no word of an entry holds


def generator(document: Document, links: Iterable[dict[str, str]]) -> FeedGenerator:
    """Return what makes a document's head, told what Atom and RSS both say there. The last link is
    RSS's own."""
    feed = document.feed
    made = FeedGenerator()
    made.id(feed.id)
    made.title(feed.title)
    made.updated(document.updated.astimezone(UTC))
    made.link(list(links))
    made.generator("feedtool")
    if feed.language:
        made.language(feed.language)
    return made


def written(
    name: Name, said: Iterable[Said], more: Iterable[str] = (), language: str | None = None
) -> bytes:
    """Return Atom's entry or RSS's item of which this is said, in UTF-8, each of its children on a
    line of its own; `more` are further ones, as they are written.

    feedgen makes the elements, once for all entries of which the same is said in other words.
    """
    words: list[str] = []
    shapes: list[Shape] = []
    for one, told in said:
        shapes.append(one)
        words += told
    between, order, ways = _frame(name, tuple(shapes))
    if not _is_plain(_BETWEEN.join(words)):
        for write, numbers in ways:
            some = _all_written(write, [words[number] for number in numbers])
            for number, word in zip(numbers, some, strict=True):
                words[number] = word
    parts = between.copy()
    parts[1::2] = [words[number] for number in order]
    tag = f'{name} xml:lang="{escape(language)}"' if language else name
    return "\n".join((f"<{tag}>", "".join(parts), *more, f"</{name}>")).encode()


def _all_written(write: Callable[[str], str], words: list[str]) -> list[str]:
    """Words as they are written in one way: brought together, as that takes less time than each."""
    found = write(_BETWEEN.join(words)).split(_BETWEEN)
    return found if len(found) == len(words) else list(map(write, words))


def escaped(words: str) -> str:
    """Return text as HTML."""
    return words if _is_plain(words) else escape(words, quote=False)


def _is_plain(words: str) -> bool:
    """True for what is written as it is, wherever it stands."""
    return not ("&" in words or "<" in words or ">" in words or '"' in words or "'" in words)


def line(name: str, words: str, *, is_html: bool = False) -> str:
    """Return an element with these words, written as text or as HTML (see `plain`)."""
    inside = escaped(words)
    return f"<{name}>{inside if is_html else _plain(inside)}</{name}>"


def plain(written: bytes) -> bytes:
    """Return XML in which no text is HTML, so that nobody takes it for that: "&" and "<" as
    numbers (RSS Advisory Board's profile, "Character data")."""
    return written.replace(b"&amp;", b"&#x26;").replace(b"&lt;", b"&#x3C;")


def alternate(address: str) -> dict[str, str]:
    """Return a link to a page for people."""
    return {"href": address, "rel": "alternate", "type": "text/html"}


def own(document: Document, media_type: str) -> dict[str, str]:
    """Return a document's link to itself."""
    return {"href": document.self_link, "rel": "self", "type": media_type}


def declared(*prefixes: str) -> str:
    """Return the declarations of namespaces, as they stand in a start tag."""
    return "".join(f' xmlns:{prefix}="{NAMESPACES[prefix]}"' for prefix in prefixes)


def surroundings(document: Document) -> dict[str, str]:
    """Return the addresses of the documents around this one, by their relation (RFC 5005 § 4), and
    that of the hub (WebSub § 4)."""
    named = {
        "current": document.current,
        "prev-archive": document.previous,
        "next-archive": document.following,
        "hub": document.hub,
    }
    return {relation: address for relation, address in named.items() if address}


def marks(document: Document) -> list[str]:
    """Return the elements that say what kind of document this is (RFC 5005 § 2 and § 4)."""
    marked = {"fh:archive": document.archived, "fh:complete": document.complete}
    return [f"<{name}/>" for name, holds in marked.items() if holds]


def _plain(words: str) -> str:
    """As `plain`, of text."""
    return words.replace("&amp;", "&#x26;").replace("&lt;", "&#x3C;") if "&" in words else words


Way = tuple[Callable[[str], str], list[int]]
"""How words are written, and the numbers of these."""


@lru_cache(_SHAPES)
def _frame(name: Name, shapes: tuple[Shape, ...]) -> tuple[list[str], list[int], list[Way]]:
    """What stands between the words of an entry of which this is said, with a gap for each of them,
    the numbers of those that go there, and how these are written."""
    entry, number = FeedEntry(), 0
    for method, told in map(astuple, shapes):
        details: dict[str, Any] = {}
        for one in told:
            if isinstance(one, tuple):
                details[one[0]] = one[1]
            else:
                number += 1
                mark = datetime(number, 1, 1, tzinfo=UTC)
                details[one] = mark if method in _TIMES else mark.isoformat()
        getattr(entry, method)(**details)
    element: Element = entry.atom_entry() if name == "entry" else entry.rss_entry()
    if name == "entry":
        # feedgen 1.0 leaves out rel, type and length: enclosures would look like alternates.
        for made, link in zip(element.findall("link"), entry.link(), strict=True):
            made.attrib.update(link)
    between = _MARK.split("\n".join(map(_written, element)))
    order = [int(number) - 1 for number in between[1::2]]
    ways: dict[Callable[[str], str], list[int]] = {}
    for before, number in zip(between[::2], order, strict=False):
        ways.setdefault(_way(before), []).append(number)
    return between, order, list(ways.items())


def _way(before: str) -> Callable[[str], str]:
    """How words are written that stand behind this."""
    if before.endswith('"'):
        return escape
    is_markup = before.rpartition("<")[2].rstrip(">").partition(" ")[0] in _MARKUP
    return escaped if is_markup else _as_text


def _as_text(words: str) -> str:
    return _plain(escaped(words))


def _written(element: Element) -> str:
    name = element.tag
    attributes = "".join(f' {one}="{escape(value)}"' for one, value in element.items())
    inside = "".join(map(_written, element)) + (element.text or "")
    return f"<{name}{attributes}>{inside}</{name}>" if inside else f"<{name}{attributes}/>"
