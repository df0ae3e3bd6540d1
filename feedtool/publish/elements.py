"""Elements of Atom and RSS, as feedgen makes them, and how they are written. The only file that
knows feedgen.

What feedgen gets wrong is put right here. A walk of our own writes them, as lxml would declare the
namespaces again on each fragment; whoever joins fragments declares `NAMESPACES` on the root.
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
_XML = "http://www.w3.org/XML/1998/namespace"
_PREFIXES = {_XML: "xml", **{uri: prefix for prefix, uri in NAMESPACES.items()}}
_MARKUP = {"content", "description", f"{{{NAMESPACES['content']}}}encoded"}


class EntryElement(FeedEntry):  # type: ignore[misc]
    """An entry as feedgen knows it, to be told what stands in it."""

    def atom(self, language: str | None) -> Element:
        """Return it as an element of Atom."""
        element = self.atom_entry()
        # feedgen 1.0 leaves out rel, type and length: enclosures would look like alternates.
        for made, link in zip(element.findall("link"), self.link(), strict=True):
            made.attrib.update(link)
        if language:
            element.set(f"{{{_XML}}}lang", language)
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


def add(parent: Element, name: str, words: str | None = None, **attributes: str) -> Element:
    """Put an element with these words and attributes at the end of `parent`, and return it; `name`
    may have one of the prefixes of `NAMESPACES`."""
    prefix, _, local = name.rpartition(":")
    made = parent.makeelement(f"{{{NAMESPACES[prefix]}}}{local}" if prefix else name, attributes)
    made.text = words
    parent.append(made)
    return made


def written(element: Element) -> bytes:
    """Return `element` in UTF-8, each of its children on a line of its own."""
    inside = "\n".join(map(_written, element))
    name = _name(element.tag)
    return f"<{name}{_attributes(element)}>\n{inside}\n</{name}>".encode()


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


def _written(element: Element) -> str:
    words = element.text or ""
    if words:
        words = escape(words, quote=False)
        if "&" in words and element.tag not in _MARKUP:  # see `plain`
            words = words.replace("&amp;", "&#x26;").replace("&lt;", "&#x3C;")
    name = _name(element.tag)
    tag = name + _attributes(element)
    inside = words + "".join(map(_written, element))
    return f"<{tag}>{inside}</{name}>" if inside else f"<{tag}/>"


def _name(tag: str) -> str:
    if tag[0] != "{":
        return tag
    uri, _, local = tag[1:].partition("}")
    return f"{_PREFIXES[uri]}:{local}"


def _attributes(element: Element) -> str:
    return "".join(f' {_name(name)}="{escape(value)}"' for name, value in element.items())
