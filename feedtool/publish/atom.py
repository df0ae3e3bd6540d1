"""Atom 1.0 (RFC 4287), through feedgen. The only file that knows feedgen.

Same entries, same bytes: no time is taken from a clock. Written for the readers there are: all
times in UTC with Z, an author in every entry, absolute links, text titles, HTML content escaped.
"""

from __future__ import annotations

from datetime import UTC
from typing import Any

from feedgen.entry import FeedEntry
from feedgen.feed import FeedGenerator
from lxml import etree

from feedtool.model import Entry, Feed
from feedtool.publish.content import html_of
from feedtool.publish.document import Document, Item
from feedtool.publish.renderers import NEVER, updated_of

MEDIA_TYPE = "application/atom+xml"
BETWEEN = b"\n"
_END = b"</feed>\n"


def head(document: Document) -> bytes:
    """All of an Atom document that stands before its entries, in UTF-8."""
    feed = document.feed
    generator = FeedGenerator()
    generator.id(feed.id)
    generator.title(feed.title)
    generator.updated(document.updated.astimezone(UTC))
    generator.link([{"href": feed.link, "rel": "alternate", "type": "text/html"}])
    generator.link({"href": document.self_link, "rel": "self", "type": MEDIA_TYPE})
    generator.author({"name": feed.author})
    generator.generator("feedtool")
    if feed.language:
        generator.language(feed.language)
    made: bytes = generator.atom_str(pretty=True, encoding="UTF-8")
    return _in_utc(made.removesuffix(_END))


def entry(item: Item, feed: Feed, full: bool) -> bytes:
    """One entry as an Atom element. Without `updated` it is as old as it was published."""
    return _in_utc(etree.tostring(_entry(item.entry, feed, full).atom_entry(), encoding="utf-8"))


def tail(document: Document) -> bytes:
    """All of an Atom document that stands after its entries."""
    return b"\n" + _END


def faults(document: Document, head: bytes, tail: bytes) -> list[str]:
    """What makes this head and tail no valid document."""
    return []


def entry_faults(fragment: bytes) -> list[str]:
    """What makes this fragment no valid entry."""
    return []


def _in_utc(document: bytes) -> bytes:
    # Some readers drop an offset, so that only Z is read right everywhere. Within text, "<" is
    # escaped: these bytes are nothing but the end of a time.
    for name in (b"updated", b"published"):
        document = document.replace(b"+00:00</" + name + b">", b"Z</" + name + b">")
    return document


class _Entry(FeedEntry):  # type: ignore[misc]
    """feedgen 1.0 leaves out rel, type and length of an entry's links: enclosures look like
    alternates."""

    def atom_entry(self, *args: Any, **options: Any) -> Any:
        element = super().atom_entry(*args, **options)
        for made, link in zip(element.findall("link"), self.link(), strict=True):
            made.attrib.update(link)
        return element


def _entry(entry: Entry, feed: Feed, full: bool) -> _Entry:
    made = _Entry()
    made.id(entry.id)
    made.title(entry.title)
    made.updated((updated_of(entry) or NEVER).astimezone(UTC))
    if entry.published:
        made.published(entry.published.time.astimezone(UTC))
    # Always a link to read at, and first: readers differ in which of several they take.
    made.link({"href": entry.link or feed.link, "rel": "alternate", "type": "text/html"})
    for one in entry.enclosures:
        length = {} if one.length is None else {"length": str(one.length)}
        kind = {"type": one.type} if one.type else {}
        made.link({"href": one.href, "rel": "enclosure", **kind, **length})
    for person in entry.authors:
        details = {"name": person.name, "uri": person.uri, "email": person.email}
        made.author({name: value for name, value in details.items() if value})
    if not entry.authors:
        made.author({"name": feed.author})  # many readers do not look at the feed's
    for category in entry.categories:
        made.category({"term": category})
    if entry.rights:
        made.rights(entry.rights)
    if entry.summary:
        made.summary(entry.summary)
    content = html_of(entry) if full else None
    if content:
        made.content(content, type="html")  # xhtml is lost or damaged by some readers
    return made
