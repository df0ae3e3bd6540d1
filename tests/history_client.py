"""A reader of whole feeds: it walks the history of one back to its first entry (RFC 5005 § 4).

It knows nothing of feedtool. Atom, RSS with Atom's links, and JSON Feed's pages (`next_url`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from lxml import etree

Fetch = Callable[[str], bytes]

_A = "{http://www.w3.org/2005/Atom}"
_FH = "{http://purl.org/syndication/history/1.0}"
_AT = "{http://purl.org/atompub/tombstones/1.0}"
_WORDS = (
    *(f"{_A}content", "{http://purl.org/rss/1.0/modules/content/}encoded"),
    *(f"{_A}summary", "description"),
)
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Article:
    """An entry, and the address of the document that it was taken from."""

    id: str
    title: str
    updated: datetime
    document: str
    words: str = ""  # its content, else its summary


@dataclass(slots=True)
class History:
    """What a walk found: entries by id, the documents in the order they were asked for, the ids
    that came once more in another document (`repeated`: with words that they had already), those
    that were deleted, and what breaks the rules."""

    entries: dict[str, Article] = field(default_factory=dict)
    documents: list[str] = field(default_factory=list)
    duplicates: list[str] = field(default_factory=list)
    repeated: list[str] = field(default_factory=list)
    deleted: dict[str, datetime] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    complete: bool = False


@dataclass(frozen=True, slots=True)
class _Document:
    """A document: its entries, tombstones, links by relation, and marks."""

    entries: list[Article]
    deleted: dict[str, datetime]
    links: dict[str, str]
    archive: bool
    complete: bool


def walk(fetch: Fetch, address: str) -> History:
    """Return all of the feed whose subscription document is at `address`; each document is fetched
    once. Raises `ValueError` where the links lead in a circle."""
    history, told = History(), set[tuple[str, str]]()
    came_from, at = None, address
    while at:
        if at in history.documents:
            raise ValueError(f"{at} is its own history")
        history.documents.append(at)
        body = fetch(at)
        is_json = body.lstrip()[:1] == b"{"
        found = _json(body, at) if is_json else _xml(body, at)
        if not is_json:
            history.faults += _faults(found, at, address, came_from)
        _take(history, found, at)
        history.repeated += [one.id for one in found.entries if (one.id, one.words) in told]
        told.update((one.id, one.words) for one in found.entries)
        if at == address:
            history.complete = found.complete
            if found.complete:  # § 2: all of the feed is in it
                break
        came_from, at = at, found.links.get("prev-archive", "")
    for identity, when in history.deleted.items():
        # RFC 6721 § 3: what was updated after that has come back.
        if identity in history.entries and history.entries[identity].updated <= when:
            del history.entries[identity]
    return history


def _take(history: History, found: _Document, at: str) -> None:
    """Add a document that is older than all before it."""
    within = set()
    for one in found.entries:
        if one.id in within:
            history.faults.append(f"{at} has {one.id} twice")
        elif one.id in history.entries:
            history.duplicates.append(one.id)
        within.add(one.id)
        # § 4: the most recently updated counts, and of equals that of the more recent document.
        if one.id not in history.entries or one.updated > history.entries[one.id].updated:
            history.entries[one.id] = one
    for identity, when in found.deleted.items():
        history.deleted[identity] = max(when, history.deleted.get(identity, when))


def _faults(found: _Document, at: str, address: str, came_from: str | None) -> Iterable[str]:
    """What a document says of itself and its neighbours that isn't so."""
    if found.links.get("self") != at:
        yield f"{at} calls itself {found.links.get('self')}"
    if found.archive != (at != address):
        yield f"{at} is {'' if found.archive else 'not '}marked as an archive"
    if found.archive and found.links.get("current", address) != address:
        yield f"{at} belongs to {found.links['current']}"
    following = found.links.get("next-archive")
    if following and came_from not in (None, address, following):
        yield f"{at} is followed by {following}, not by {came_from}"


def _xml(body: bytes, at: str) -> _Document:
    root = etree.fromstring(body)
    feed: Any = root if root.tag == f"{_A}feed" else root.find("channel")
    entries = [*feed.iterfind(f"{_A}entry"), *feed.iterfind("item")]
    return _Document(
        [_article(one, at) for one in entries],
        {one.get("ref"): _time(one.get("when")) for one in feed.iterfind(f"{_AT}deleted-entry")},
        {one.get("rel", "alternate"): one.get("href") for one in feed.iterfind(f"{_A}link")},
        feed.find(f"{_FH}archive") is not None,
        feed.find(f"{_FH}complete") is not None,
    )


def _article(one: Any, at: str) -> Article:
    identity = one.findtext(f"{_A}id") or one.findtext("guid")
    title = one.findtext(f"{_A}title") or one.findtext("title") or ""
    texts = (one.find(name) for name in _WORDS)
    words = next(("".join(text.itertext()) for text in texts if text is not None), "")
    return Article(identity, title, _time(one.findtext(f"{_A}updated")) or _date(one), at, words)


def _date(item: Any) -> datetime:
    written = item.findtext("pubDate")
    return parsedate_to_datetime(written) if written else _NEVER


def _json(body: bytes, at: str) -> _Document:
    feed = json.loads(body)
    entries = [
        Article(
            one["id"],
            one.get("title", ""),
            _time(one.get("date_modified") or one.get("date_published")) or _NEVER,
            at,
            one.get("content_html") or one.get("content_text") or one.get("summary", ""),
        )
        for one in feed["items"]
    ]
    following = feed.get("next_url")
    return _Document(entries, {}, {"prev-archive": following} if following else {}, False, False)


def _time(written: str | None) -> Any:
    return datetime.fromisoformat(written) if written else None
