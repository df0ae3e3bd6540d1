"""Atom 1.0 (RFC 4287), with the documents of a history (RFC 5005) and tombstones (RFC 6721).

Same entries, same bytes: no time is taken from a clock. Written for the readers there are: all
times in UTC with Z, an author in every entry, absolute links, text titles, HTML content escaped.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from html import escape

from feedtool.model import Enclosure, Entry, Feed
from feedtool.publish import checks, elements, values
from feedtool.publish.content import html_of
from feedtool.publish.document import Document, Item, Origin
from feedtool.publish.renderers import NEVER, updated_of

MEDIA_TYPE = "application/atom+xml"
BETWEEN = b"\n"
_END = b"</feed>\n"
_ID, _TITLE = elements.shape("id", ("id",)), elements.shape("title", ("title",))
_UPDATED = elements.shape("updated", ("updated",))
_PUBLISHED = elements.shape("published", ("published",))
_AUTHOR, _CATEGORY = elements.shape("author", ("name",)), elements.shape("category", ("term",))
_RIGHTS, _SUMMARY = elements.shape("rights", ("rights",)), elements.shape("summary", ("summary",))
_CONTENT = elements.shape("content", ("content", ("type", "html")))


def head(document: Document) -> bytes:
    """All of an Atom document that stands before its entries, in UTF-8."""
    around = elements.surroundings(document).items()
    links = (
        elements.alternate(document.feed.link),
        elements.own(document, MEDIA_TYPE),
        *({"href": address, "rel": relation} for relation, address in around),
    )
    generator = elements.generator(document, links)
    generator.author({"name": document.feed.author})
    made: bytes = generator.atom_str(pretty=True, encoding="UTF-8")
    marks = elements.marks(document)
    buried = [
        f'<at:deleted-entry ref="{escape(one.id)}" when="{values.rfc3339(one.when)}"/>'
        for one in document.tombstones
    ]
    used = elements.declared(*["fh"] * bool(marks), *["at"] * bool(buried))
    made = made.replace(b"<feed ", f"<feed{used} ".encode(), 1)
    more = "".join(f"  {line}\n" for line in (*marks, *buried))
    return elements.plain(_in_utc(made.removesuffix(_END)) + more.encode())


def entry(item: Item, feed: Feed, full: bool) -> bytes:
    """One entry as an Atom element. Without `updated` it is as old as it was published."""
    updated = values.rfc3339(updated_of(item.entry) or NEVER)
    more = [_source(item.origin, updated)] if item.origin else []
    said = _said(item.entry, updated, feed, full)
    return elements.written("entry", said, more, item.entry.language)


def tail(document: Document) -> bytes:  # noqa: ARG001
    """All of an Atom document that stands after its entries."""
    return b"\n" + _END


def faults(document: bytes) -> list[str]:
    """What makes a whole document invalid, as RFC 4287 says; none if nothing does."""
    return checks.feed_faults(document)


def entry_faults(fragment: bytes) -> list[str]:
    """What would make a document with this fragment invalid; none if nothing does."""
    return checks.entry_faults(fragment)


def _in_utc(document: bytes) -> bytes:
    # Some readers drop an offset, so that only Z is read right everywhere. Within text, "<" is
    # escaped: these bytes are nothing but the end of a time.
    for name in (b"updated", b"published"):
        document = document.replace(b"+00:00</" + name + b">", b"Z</" + name + b">")
    return document


def _said(entry: Entry, updated: str, feed: Feed, full: bool) -> Iterator[elements.Said]:
    yield _ID, (entry.id,)
    yield _TITLE, (entry.title,)
    yield _UPDATED, (updated,)
    if entry.published:
        yield _PUBLISHED, (values.rfc3339(entry.published.time),)
    # Always a link to read at, and first: readers differ in which of several they take.
    yield elements.ALTERNATE, (values.iri(entry.link or feed.link),)
    for one in entry.enclosures:
        yield _enclosure(one)
    for person in entry.authors:
        if person.uri is None and person.email is None:
            yield _AUTHOR, (person.name,)
            continue
        uri = values.iri(person.uri) if person.uri else None
        details = _known({"uri": uri, "email": values.email(person.email)})
        yield elements.shape("author", ("name", *details)), (person.name, *details.values())
    if not entry.authors:
        yield _AUTHOR, (feed.author,)  # many readers do not look at the feed's
    for category in entry.categories:
        yield _CATEGORY, (category,)
    if entry.rights:
        yield _RIGHTS, (entry.rights,)
    content = html_of(entry) if full else None
    if content:
        # xhtml is lost or damaged by some readers
        yield _CONTENT, (content,)
    if entry.summary or not content:
        # RFC 4287 § 4.1.1.1: not every reader shows the title
        yield _SUMMARY, (values.gist(entry),)


def _enclosure(one: Enclosure) -> elements.Said:
    length, kind = None if one.length is None else str(one.length), values.media_type(one)
    details = _known({"length": length, "title": one.title})
    of_kind = (("type", kind),) if kind else ()
    shape = elements.shape("link", ("href", ("rel", "enclosure"), *of_kind, *details))
    return shape, (values.iri(one.href), *details.values())


def _known(details: dict[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in details.items() if value}


def _source(origin: Origin, updated: str) -> str:
    before, behind = _around_time(origin)
    return f"{before}<updated>{updated}</updated>{behind}"


@lru_cache(256)  # sources are fewer than entries
def _around_time(origin: Origin) -> tuple[str, str]:
    # RFC 4287 § 4.2.11. feedgen's has no id and no time; a source is as new as what it gave.
    link = f'<link href="{escape(origin.link)}" rel="alternate"/>' if origin.link else ""
    said = (elements.line("id", origin.id), elements.line("title", origin.title))
    return f"<source>{''.join(said)}", f"{link}</source>"
