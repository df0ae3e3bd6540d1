"""RSS 2.0, as the RSS Advisory Board's profile has it, with the documents of a history (RFC 5005).

Same entries, same bytes. Written for the readers there are: a guid and a link in every item, one
Dublin Core creator with the names joined, the full text in `content:encoded`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from html import escape

from feedtool.model import Entry, Feed
from feedtool.publish import elements, rsschecks, values
from feedtool.publish.content import html_of
from feedtool.publish.document import Document, Item

MEDIA_TYPE = "application/rss+xml"
BETWEEN = b"\n"
_END = b"  </channel>\n</rss>\n"
_ANY_TYPE = "application/octet-stream"
_TITLE, _GUID = elements.shape("title", ("title",)), elements.shape("guid", ("guid",))
_CATEGORY = elements.shape("category", ("term",))
_DESCRIPTION = elements.shape("description", ("description",))
_SOURCE = elements.shape("source", ("url", "title"))


def head(document: Document) -> bytes:
    """All of an RSS document that stands before its items, in UTF-8."""
    links = (elements.own(document, MEDIA_TYPE), elements.alternate(document.feed.link))
    generator = elements.generator(document, links)
    generator.description(document.feed.title)  # there must be one, and no more is known
    made: bytes = generator.rss_str(pretty=True, encoding="UTF-8")
    declaration, _, rest = made.partition(b"<rss ")
    channel = rest.partition(b">")[2]
    marks = elements.marks(document)
    used = elements.declared("atom", "content", "dc", *["fh"] * bool(marks))
    around = [
        f'<atom:link rel="{relation}" href="{escape(address)}"/>'
        for relation, address in elements.surroundings(document).items()
    ]
    more = "".join(f"    {line}\n" for line in (*around, *marks))
    start = declaration + f'<rss version="2.0"{used}>'.encode()
    return elements.plain(start + channel.removesuffix(_END) + more.encode())


def entry(item: Item, feed: Feed, full: bool) -> bytes:
    """One entry as an RSS item."""
    return elements.written("item", _said(item, feed), _more(item.entry, feed, full))


def tail(document: Document) -> bytes:  # noqa: ARG001
    """All of an RSS document that stands after its items."""
    return b"\n" + _END


def faults(document: bytes) -> list[str]:
    """What makes a whole document invalid, as RSS 2.0 says; none if nothing does."""
    return rsschecks.faults(document)


def entry_faults(fragment: bytes) -> list[str]:
    """What would make a document with this fragment invalid; none if nothing does."""
    return rsschecks.item_faults(fragment)


_uri = lru_cache(256)(values.uri)  # of sources, which are fewer than entries


def _said(item: Item, feed: Feed) -> Iterator[elements.Said]:
    entry = item.entry
    yield _TITLE, (entry.title,)
    yield elements.ALTERNATE, (values.uri(entry.link or feed.link),)
    yield _GUID, (entry.id,)
    # It is HTML, whatever it looks like.
    yield _DESCRIPTION, (elements.escaped(values.gist(entry)),)
    for category in entry.categories:
        yield _CATEGORY, (category,)
    for one in entry.enclosures[:1]:  # the profile: several are read by few, and differently
        kind = values.media_type(one, _ANY_TYPE) or ""
        shape = elements.shape("enclosure", ("url", "length", ("type", kind)))
        yield shape, (values.uri(one.href), str(one.length or 0))
    if item.origin and item.origin.link:
        yield _SOURCE, (_uri(item.origin.link), item.origin.title)


def _more(entry: Entry, feed: Feed, full: bool) -> list[str]:
    """What feedgen has no place for, or asks the locale for."""
    found = [elements.line("dc:creator", values.names(entry, feed))]
    if entry.rights:
        found.append(elements.line("dc:rights", entry.rights))
    if entry.published:
        found.append(f"<pubDate>{values.rfc822(entry.published.time)}</pubDate>")
    if entry.updated:
        # RFC 5005 § 4: of two versions the one that was updated last counts. RSS has no such time.
        found.append(f"<atom:updated>{values.rfc3339(entry.updated)}</atom:updated>")
    content = html_of(entry) if full else None
    if content:  # behind the description, as the profile has it
        found.append(elements.line("content:encoded", content, is_html=True))
    return found
