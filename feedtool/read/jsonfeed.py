"""JSON Feed 1.0 and 1.1 (https://www.jsonfeed.org/version/1.1/).

Items come out with feedparser's names, so that one file makes entries of all of them.
"""

from __future__ import annotations

import codecs
import json
import re
from typing import TYPE_CHECKING, Any

from feedtool.errors import ReadError
from feedtool.model import Capture

if TYPE_CHECKING:
    from feedtool.read.feedvalues import Item

_VERSION = re.compile(r"https?://(?:www\.)?jsonfeed\.org/version/\d")

# Hubs of other kinds, such as rssCloud, are asked in other ways.
_HUBS = ("websub", "pubsubhubbub")


def is_json(body: bytes) -> bool:
    """Return True where `body` is a JSON object, rather than XML."""
    return body.removeprefix(codecs.BOM_UTF8)[:64].lstrip()[:1] == b"{"


def read(capture: Capture) -> tuple[Item, list[Item]]:
    """Return the feed in `capture` and its items; raises `ReadError` where it is none."""
    try:
        document = json.loads(capture.body)  # in UTF-8, UTF-16 or UTF-32 (RFC 8259 § 8.1)
    except (ValueError, RecursionError) as error:
        raise ReadError(capture.url, f"is broken JSON: {error}") from error
    found = document.get("items")
    if not _VERSION.match(_said(document.get("version"))) or not isinstance(found, list):
        raise ReadError(capture.url, "is JSON, but no JSON Feed")
    return _feed(document), [_item(item) for item in found if isinstance(item, dict)]


def _feed(document: dict[str, Any]) -> Item:
    hubs = [
        {"rel": "hub", "href": _said(hub.get("url"))}
        for hub in _objects(document.get("hubs"))
        if _said(hub.get("type")).lower() in _HUBS
    ]
    return {
        "authors": _authors(document),
        "language": _said(document.get("language")),
        "links": [{"rel": "self", "href": _said(document.get("feed_url"))}, *hubs],
    }


def _item(item: dict[str, Any]) -> Item:
    """One item. RSS's and Atom's words, where JSON Feed says the same by another."""
    html, plain = _said(item.get("content_html")), _said(item.get("content_text"))
    summary = _said(item.get("summary"))
    found: dict[str, Any] = {
        "id": _said(item.get("id")),
        "link": _said(item.get("url")) or _said(item.get("external_url")),
        "title": _said(item.get("title")),
        "authors": _authors(item),
        "language": _said(item.get("language")),
        "published": _said(item.get("date_published")),
        "updated": _said(item.get("date_modified")),
        "tags": [{"term": _said(tag)} for tag in _list(item.get("tags"))],
        "media_thumbnail": [
            {"url": _said(item.get("image")) or _said(item.get("banner_image"))},
        ],
        "links": [
            {
                "rel": "enclosure",
                "href": _said(one.get("url")),
                "type": _said(one.get("mime_type")),
                "length": _said(one.get("size_in_bytes")),
            }
            for one in _objects(item.get("attachments"))
        ],
    }
    if summary:
        found |= {"summary": summary, "summary_detail": {"type": "text/plain"}}
    if html or plain:
        kind = "text/html" if html else "text/plain"
        found["content"] = [{"value": html or plain, "type": kind}]
    return found


def _authors(holder: dict[str, Any]) -> list[Item]:
    """`authors` of version 1.1, else `author` of version 1."""
    people = _objects(holder.get("authors")) or _objects([holder.get("author")])
    return [
        {"name": _said(one.get("name")), "href": _said(one.get("url"))}
        for one in people
        if _said(one.get("name"))
    ]


def _said(value: object) -> str:
    """Text as it is; a number, which some write as an id, as text; anything else as nothing."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) else ""


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _objects(value: object) -> list[dict[str, Any]]:
    return [one for one in _list(value) if isinstance(one, dict)]
