"""A sitemap of news (https://www.sitemaps.org/protocol.html, with the news extension)."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from html import escape
from itertools import islice

from feedtool.config import Site
from feedtool.model import Entry
from feedtool.publish.document import Item

NAME = "sitemap.xml"
MEDIA_TYPE = "application/xml"
MOST = 1000
"""Articles that a sitemap of news may name."""

_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
    ' xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">\n'
)
_UNKNOWN = "und"  # ISO 639-2: undetermined; a language there must be


def entry(item: Item, site: Site) -> bytes:
    """Return what a sitemap says of the page of `item`, which has one."""
    when = _when(item.entry)
    published = [f"<news:publication_date>{when}</news:publication_date>"] if when else []
    lines = (
        "<url>",
        f"<loc>{escape(site.base_url + (item.page or ''))}</loc>",
        "<news:news>",
        _publication(site.title, item.entry.language or site.language),
        *published,
        f"<news:title>{escape(item.entry.title, quote=False)}</news:title>",
        "</news:news>",
        "</url>",
    )
    return "\n".join(lines).encode()


def document(fragments: Iterable[bytes]) -> bytes:
    """Return the sitemap with these entries, the first 1,000 of them."""
    chosen = [one + b"\n" for one in islice(fragments, MOST)]
    return b"".join((_HEAD.encode(), *chosen, b"</urlset>\n"))


@lru_cache(256)  # languages are fewer than entries
def _publication(title: str, language: str | None) -> str:
    name = escape(title, quote=False)
    lines = (
        "<news:publication>",
        f"<news:name>{name}</news:name>",
        f"<news:language>{_language(language)}</news:language>",
        "</news:publication>",
    )
    return "\n".join(lines)


def _language(tag: str | None) -> str:
    """The tag as the extension has it: a language of two or three letters, or a Chinese script."""
    parts = (tag or _UNKNOWN).lower().split("-")
    if parts[0] == "zh":
        traditional = {"hant", "tw", "hk", "mo"} & set(parts[1:])
        return "zh-tw" if traditional else "zh-cn"
    return parts[0] if len(parts[0]) in (2, 3) else _UNKNOWN


def _when(entry: Entry) -> str | None:
    """When it was published, as exactly as is known: a day stays a day."""
    published = entry.published
    if published is None:
        return None
    return (published.day if published.precision == "day" else published.time).isoformat()
