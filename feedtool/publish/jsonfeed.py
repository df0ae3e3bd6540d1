"""JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/): an item a line.

Same entries, same bytes. What the format has no word for, an item's source and rights, stands under
`_feedtool`.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from feedtool import data, text
from feedtool.data import Struct, field
from feedtool.model import Enclosure, Entry, Feed
from feedtool.publish import values
from feedtool.publish.content import html_of
from feedtool.publish.document import Document, Item, Origin

MEDIA_TYPE = "application/feed+json"
BETWEEN = b",\n"
_VERSION = "https://jsonfeed.org/version/1.1"
_ANY_TYPE = "application/octet-stream"
_TEXTS = ("url", "title", "content_html", "content_text", "summary", "image", "language")
_TIMES = ("date_published", "date_modified")
_ABSENT: Any = None  # of what can't be null where it is there


def head(document: Document) -> bytes:
    """All of a JSON Feed that stands before its items, in UTF-8."""
    feed = document.feed
    said = {
        "version": _VERSION,
        "title": feed.title,
        "home_page_url": feed.link,
        "feed_url": document.self_link,
        "next_url": document.previous,
        "authors": [{"name": feed.author}],
        "language": feed.language,
        "hubs": [{"type": "WebSub", "url": document.hub}] if document.hub else None,
    }
    lines = [f"{_written(name)}: {_written(value)},\n" for name, value in said.items() if value]
    return f'{{\n{"".join(lines)}"items": [\n'.encode()


def entry(item: Item, feed: Feed, full: bool) -> bytes:
    """One entry as an item."""
    entry = item.entry
    content = html_of(entry) if full else None
    said = {
        "id": entry.id,
        "url": entry.link and values.iri(entry.link),
        "title": entry.title,
        "content_html": content,
        # There must be either. Who gets the summary alone gets it where content is looked for.
        "content_text": None if content else values.gist(entry),
        "summary": entry.summary,
        "image": entry.image and values.iri(entry.image),
        "date_published": entry.published and values.rfc3339(entry.published.time),
        "date_modified": entry.updated and values.rfc3339(entry.updated),
        "authors": _authors(entry, feed),
        "tags": entry.categories,
        "language": entry.language,
        "attachments": [_attachment(one) for one in entry.enclosures],
        "_feedtool": _ours(item),
    }
    return data.spaced({name: value for name, value in said.items() if value})


def tail(document: Document) -> bytes:  # noqa: ARG001
    """All of a JSON Feed that stands after its items."""
    return b"\n]\n}\n"


def faults(document: bytes) -> list[str]:
    """What makes a whole document invalid, as JSON Feed 1.1 says; none if nothing does."""
    try:
        feed = json.loads(document)
    except ValueError as error:
        return [f"is no JSON: {error}"]
    if not isinstance(feed, dict) or not isinstance(feed.get("items"), list):
        return ["is no object with items"]
    found = [] if feed.get("version") == _VERSION else ["is not of version 1.1"]
    if not _is_text(feed.get("title")):
        found.append("has no title")
    addresses = [feed.get(name) for name in ("home_page_url", "feed_url", "next_url")]
    found += [f"{one} is no address" for one in addresses if one is not None and not _is_url(one)]
    # There "next_url must not be the same as feed_url": a reader would go round.
    if addresses[1] == addresses[2] is not None:
        found.append("next_url is feed_url")
    for item in feed["items"]:
        found += _item_faults(item)
    ids = [item.get("id") for item in feed["items"] if isinstance(item, dict)]
    found += [f"two items have the id {one}" for one in {one for one in ids if ids.count(one) > 1}]
    return found


def entry_faults(fragment: bytes) -> list[str]:
    """What would make a document with this fragment invalid; none if nothing does."""
    plain = _read(fragment)
    if plain is not None and _is_right(plain):
        return []
    try:
        return _item_faults(json.loads(fragment))
    except ValueError as error:
        return [f"is no JSON: {error}"]


class _Plain(Struct, forbid_unknown_fields=True):
    """An item of whose values each has its type, as nearly all have, without files."""

    id: str
    title: str = _ABSENT
    url: str = _ABSENT
    image: str = _ABSENT
    content_html: str = _ABSENT
    content_text: str = _ABSENT
    summary: str = _ABSENT
    date_published: str = _ABSENT
    date_modified: str = _ABSENT
    language: str = _ABSENT
    authors: list[Any] = _ABSENT
    tags: list[Any] = _ABSENT
    ours: Any = field(name="_feedtool", default=None)


_read = data.json_reader(_Plain)


def _is_right(item: _Plain) -> bool:
    """True where `_item_faults` finds none."""
    content = (item.content_html, item.content_text)
    texts = (item.title, item.summary, item.date_published, item.date_modified, item.language)
    said = [one for one in (item.id, *content, *texts) if one is not _ABSENT]
    return (
        all(map(str.strip, said))
        and content != (_ABSENT, _ABSENT)
        and all(one is _ABSENT or _is_url(one) for one in (item.url, item.image))
        and item.authors != []
        and item.tags != []
    )


def _written(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _authors(entry: Entry, feed: Feed) -> list[dict[str, str]]:
    found = [{"name": one.name, **({"url": one.uri} if one.uri else {})} for one in entry.authors]
    return found or [{"name": feed.author}]  # many readers do not look at the feed's


def _attachment(one: Enclosure) -> dict[str, Any]:
    said = {
        "url": values.iri(one.href),
        "mime_type": values.media_type(one, _ANY_TYPE),
        "title": one.title,
        "size_in_bytes": one.length,
    }
    return {name: value for name, value in said.items() if value is not None}


def _ours(item: Item) -> dict[str, Any]:
    source = item.origin and _source(item.origin)
    return _known({"source": source, "rights": item.entry.rights})


@lru_cache(256)  # sources are fewer than entries
def _source(origin: Origin) -> dict[str, Any]:
    return _known({"id": origin.id, "title": origin.title, "url": origin.link})


def _known(said: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if value}


def _item_faults(item: object) -> list[str]:
    if not isinstance(item, dict):
        return ["an item is no object"]
    found = [] if _is_text(item.get("id")) else ["an item has no id"]
    if not (_is_text(item.get("content_html")) or _is_text(item.get("content_text"))):
        found.append("an item has no content")
    said = [name for name in (*_TEXTS, *_TIMES) if name in item]
    found += [f"{name} is no text" for name in said if not _is_text(item[name])]
    for name in ("url", "image"):
        if name in item and not _is_url(item[name]):
            found.append(f"{name} is no address")
    for name in ("authors", "tags", "attachments"):
        if name in item and not (isinstance(item[name], list) and item[name]):
            found.append(f"{name} is no list")
    for one in item.get("attachments") or ():
        if not (isinstance(one, dict) and _is_url(one.get("url")) and one.get("mime_type")):
            found.append("an attachment has no address or media type")
    return found


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_url(value: object) -> bool:
    return isinstance(value, str) and text.web_url(value) == value
