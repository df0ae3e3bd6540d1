"""What a page says of its article to machines: schema.org's NewsArticle as JSON-LD. Pure."""

from __future__ import annotations

from typing import Any

from feedtool import data, text
from feedtool.publish.document import Item

_LONGEST = 200  # letters of a description: search engines show no more
# Data within <script> ends at what looks like its end, and a comment's beginning changes how it is
# read (HTML § 4.12.1.3): neither can be without these.
_ESCAPES = ((b"<", b"\\u003c"), (b">", b"\\u003e"), (b"&", b"\\u0026"))


def description(item: Item) -> str | None:
    """Return the first words of an entry's summary, as search results show them."""
    summary = item.entry.summary
    return text.shorten(summary, _LONGEST) if summary and len(summary) > _LONGEST else summary


def linked_data(
    item: Item,
    page: str,
    publisher: str | None,
    language: str | None,
    *,
    summary: str | None,
    published: str | None,
) -> bytes:
    """Return schema.org's NewsArticle of `item`, safe to stand in a script element.

    `page` is the absolute address of its page here; `publisher` is who published it, None where
    that was somebody else; `summary` is its `description`; `published` is when it appeared, None
    where nobody said so: a day stays a day, and when it was first seen is not when that was.
    """
    entry = item.entry
    link = entry.link or page
    said: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": entry.title,
        "url": link,
        "archivedAt": page if link != page else None,
        "datePublished": published,
        "dateModified": _updated(item),
        "author": [_person(one.name, one.uri) for one in entry.authors],
        "publisher": {"@type": "Organization", "name": publisher} if publisher else None,
        "description": summary,
        "image": entry.image,
        "keywords": entry.categories,
        "inLanguage": language,
        "copyrightNotice": entry.rights,
    }
    kept = {name: value for name, value in said.items() if value}
    written = data.compact(kept)
    for letter, escaped in _ESCAPES:
        written = written.replace(letter, escaped)
    return written


def _updated(item: Item) -> str | None:
    entry = item.entry
    if entry.updated is None or (entry.published and entry.updated == entry.published.time):
        return None
    return entry.updated.isoformat()


def _person(name: str, uri: str | None) -> dict[str, str]:
    said = {"@type": "Person", "name": name}
    return {**said, "url": uri} if uri else said
