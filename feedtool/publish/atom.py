"""Atom 1.0 (RFC 4287), with the documents of a history (RFC 5005) and tombstones (RFC 6721).

Same entries, same bytes: no time is taken from a clock. Written for the readers there are: all
times in UTC with Z, an author in every entry, absolute links, text titles, HTML content escaped.
"""

from __future__ import annotations

from datetime import UTC
from html import escape
from typing import Any

from feedtool.model import Entry, Feed, Person
from feedtool.publish import checks, elements
from feedtool.publish.content import html_of
from feedtool.publish.document import Document, Item, Origin
from feedtool.publish.elements import rfc3339
from feedtool.publish.renderers import NEVER, updated_of

MEDIA_TYPE = "application/atom+xml"
BETWEEN = b"\n"
_END = b"</feed>\n"
_TOMBSTONES = "http://purl.org/atompub/tombstones/1.0"


def head(document: Document) -> bytes:
    """All of an Atom document that stands before its entries, in UTF-8."""
    feed = document.feed
    generator = elements.generator(feed, document.self_link, MEDIA_TYPE, document.updated)
    generator.author({"name": feed.author})
    for relation, address in links(document):
        generator.link({"href": address, "rel": relation})
    made: bytes = generator.atom_str(pretty=True, encoding="UTF-8")
    namespaces, lines = [], []
    # RFC 5005 § 2 and § 4.
    flags = [name for name in ("archive", "complete") if _is(document, name)]
    if flags:
        namespaces.append(f'xmlns:fh="{elements.NAMESPACES["fh"]}"')
        lines += [f"  <fh:{name}/>" for name in flags]
    if document.tombstones:
        namespaces.append(f'xmlns:at="{_TOMBSTONES}"')
        lines += [
            f'  <at:deleted-entry ref="{escape(one.id)}" when="{rfc3339(one.when)}"/>'
            for one in document.tombstones
        ]
    if namespaces:
        made = made.replace(b"<feed ", f"<feed {' '.join(namespaces)} ".encode(), 1)
    more = "".join(f"{line}\n" for line in lines).encode()
    return _in_utc(made.removesuffix(_END)) + more


def entry(item: Item, feed: Feed, full: bool) -> bytes:
    """One entry as an Atom element. Without `updated` it is as old as it was published."""
    element = _made(item.entry, feed, full).atom_entry()
    if item.entry.language:
        element.set(f"{{{elements.XML}}}lang", item.entry.language)
    if item.origin:
        _source(element, item.origin)
    return _in_utc(elements.written(element))


def tail(document: Document) -> bytes:
    """All of an Atom document that stands after its entries."""
    return b"\n" + _END


def faults(document: bytes) -> list[str]:
    """What makes a whole document invalid, as RFC 4287 says; none if nothing does."""
    return checks.feed_faults(document)


def entry_faults(fragment: bytes) -> list[str]:
    """What would make a document with this fragment invalid; none if nothing does."""
    return checks.entry_faults(fragment)


def links(document: Document) -> list[tuple[str, str]]:
    """Return the relations and addresses of the documents around this one (RFC 5005 § 4), and of
    the hub (WebSub § 4)."""
    named = {
        "current": document.current,
        "prev-archive": document.previous,
        "next-archive": document.following,
        "hub": document.hub,
    }
    return [(relation, address) for relation, address in named.items() if address]


def _is(document: Document, flag: str) -> bool:
    return document.archived if flag == "archive" else document.complete


def _in_utc(document: bytes) -> bytes:
    # Some readers drop an offset, so that only Z is read right everywhere. Within text, "<" is
    # escaped: these bytes are nothing but the end of a time.
    for name in (b"updated", b"published"):
        document = document.replace(b"+00:00</" + name + b">", b"Z</" + name + b">")
    return document


def _made(entry: Entry, feed: Feed, full: bool) -> elements.AtomEntry:
    made = elements.AtomEntry()
    made.id(entry.id)
    made.title(entry.title)
    made.updated((updated_of(entry) or NEVER).astimezone(UTC))
    if entry.published:
        made.published(entry.published.time.astimezone(UTC))
    # Always a link to read at, and first: readers differ in which of several they take.
    made.link({"href": entry.link or feed.link, "rel": "alternate", "type": "text/html"})
    for one in entry.enclosures:
        details = {
            "type": elements.media_type(one.type),
            "length": None if one.length is None else str(one.length),
            "title": one.title,
        }
        made.link({"href": one.href, "rel": "enclosure", **_known(details)})
    for person in entry.authors:
        made.author(_person(person))
    if not entry.authors:
        made.author({"name": feed.author})  # many readers do not look at the feed's
    for category in entry.categories:
        made.category({"term": category})
    if entry.rights:
        made.rights(entry.rights)
    content = html_of(entry) if full else None
    if content:
        made.content(content, type="html")  # xhtml is lost or damaged by some readers
    if entry.summary or not content:
        # An entry says something besides its title, if only that again (RFC 4287 § 4.1.1.1).
        made.summary(entry.summary or entry.title)
    return made


def _person(person: Person) -> dict[str, str]:
    email = person.email if elements.is_email(person.email) else None
    return {"name": person.name, **_known({"uri": person.uri, "email": email})}


def _known(details: dict[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in details.items() if value}


def _source(element: Any, origin: Origin) -> None:
    # RFC 4287 § 4.2.11. feedgen's has no id and no time. The source is as new as what it gave us.
    source = elements.add(element, "source")
    elements.add(source, "id", origin.id)
    elements.add(source, "title", origin.title)
    elements.add(source, "updated", element.findtext("updated"))
    if origin.link:
        elements.add(source, "link", href=origin.link, rel="alternate")
