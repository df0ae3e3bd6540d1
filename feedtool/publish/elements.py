"""Elements of Atom and RSS, as feedgen makes them, and how they are written. The only file that
knows feedgen.

What feedgen gets wrong is put right here. What it does not know is written beside it, with prefixes
that are declared once, on the root.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC
from html import escape
from typing import Any

from feedgen.entry import FeedEntry
from feedgen.feed import FeedGenerator

from feedtool.publish.document import Document

Element = Any  # lxml's, which feedgen makes

NAMESPACES = {
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "fh": "http://purl.org/syndication/history/1.0",
    "at": "http://purl.org/atompub/tombstones/1.0",
}
_MARKUP = ("content", "description")


class EntryElement(FeedEntry):  # type: ignore[misc]
    """An entry as feedgen knows it, to be told what stands in it."""

    def atom(self) -> Element:
        """Return it as an element of Atom."""
        element = self.atom_entry()
        # feedgen 1.0 leaves out rel, type and length: enclosures would look like alternates.
        for made, link in zip(element.findall("link"), self.link(), strict=True):
            made.attrib.update(link)
        return element

    def rss(self) -> Element:
        """Return it as an element of RSS."""
        return self.rss_entry()


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


def written(element: Element, more: Iterable[str] = (), language: str | None = None) -> bytes:
    """Return `element` in UTF-8, each of its children on a line of its own; `more` are further
    ones, as they are written."""
    lines = [_written(child) for child in element]
    said = f' xml:lang="{escape(language)}"' if language else ""
    name = element.tag
    return "\n".join((f"<{name}{said}>", *lines, *more, f"</{name}>")).encode()


def line(name: str, words: str, *, is_html: bool = False) -> str:
    """Return an element with these words, written as text or as HTML (see `plain`)."""
    inside = escape(words, quote=False)
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


def _written(element: Element) -> str:
    name, words = element.tag, element.text
    inside = "".join(map(_written, element)) if len(element) else ""
    if words:
        inside = escape(words, quote=False)
        if name not in _MARKUP:
            inside = _plain(inside)
    tag = name
    for attribute, value in element.items():
        tag += f' {attribute}="{escape(value)}"'
    return f"<{tag}>{inside}</{name}>" if inside else f"<{tag}/>"
