"""Atom 1.0 (RFC 4287), through feedgen. The only file that knows feedgen.

Same entries, same bytes: no time is taken from a clock. Written for the readers there are: all
times in UTC with Z, an author in every entry, absolute links, text titles, HTML content escaped.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from feedgen.entry import FeedEntry
from feedgen.feed import FeedGenerator

from feedtool.model import Entry, Feed
from feedtool.publish.content import html_of

MEDIA_TYPE = "application/atom+xml"
# RFC 4287 § 4.2.15 wants a time also of a feed that has no entry yet.
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def render(feed: Feed, entries: Iterable[Entry], *, full: bool = False) -> bytes:
    """Return `feed` with `entries` in their order, as an Atom document in UTF-8.

    `full`: with their content, not the summary alone. An entry without `updated` is as old as it
    was published; without either, as old as the feed's newest.
    """
    chosen = list(entries)
    newest = max((time for time in map(_updated, chosen) if time), default=_NEVER)
    generator = FeedGenerator()
    generator.id(feed.id)
    generator.title(feed.title)
    generator.updated(newest)
    generator.link([{"href": feed.link, "rel": "alternate", "type": "text/html"}])
    generator.link({"href": feed.self_link, "rel": "self", "type": MEDIA_TYPE})
    generator.author({"name": feed.author})
    generator.generator("feedtool")
    if feed.language:
        generator.language(feed.language)
    for entry in chosen:
        # feedgen puts each entry before the others unless told; the caller's order is the order.
        generator.add_entry(_entry(entry, feed, newest, full), order="append")
    document: bytes = generator.atom_str(pretty=True, encoding="UTF-8")
    # Some readers drop an offset, so that only Z is read right everywhere. Within text, "<" is
    # escaped: these bytes are nothing but the end of a time.
    for name in (b"updated", b"published"):
        document = document.replace(b"+00:00</" + name + b">", b"Z</" + name + b">")
    return document


def _updated(entry: Entry) -> datetime | None:
    return entry.updated or (entry.published.time if entry.published else None)


class _Entry(FeedEntry):  # type: ignore[misc]
    """feedgen 1.0 leaves out rel, type and length of an entry's links: enclosures look like
    alternates."""

    def atom_entry(self, *args: Any, **options: Any) -> Any:
        element = super().atom_entry(*args, **options)
        for made, link in zip(element.findall("link"), self.link(), strict=True):
            made.attrib.update(link)
        return element


def _entry(entry: Entry, feed: Feed, newest: datetime, full: bool) -> _Entry:
    made = _Entry()
    made.id(entry.id)
    made.title(entry.title)
    made.updated((_updated(entry) or newest).astimezone(UTC))
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
