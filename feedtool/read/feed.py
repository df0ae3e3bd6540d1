"""Feeds: RSS and Atom, and what of them is new. The only file that knows feedparser.

RSS's words (item, guid) are used where RSS is read; what comes out are entries. What an earlier
round has read is cut out first; what is left goes to the quick reader, and to feedparser where
that one isn't sure.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from feedtool import text
from feedtool.data import replace
from feedtool.errors import EntryError, ReadError
from feedtool.model import Capture, Entry, Reading, Source, Wishes
from feedtool.read import finder, jsonfeed, pieces, wishes

if TYPE_CHECKING:
    from feedtool.read.feedvalues import Item

# feedparser looks for e-mail addresses in the names of authors, in quadratic time.
_WORD = re.compile(rb"[A-Za-z0-9_.+-]+")
_LONGEST = 2000
_ENTRY_TAG = re.compile(rb"<(/?)(?:[\w.-]+:)?(?:item|entry)[\s>]")
_ID_END = re.compile(rb"</(?:[\w.-]+:)?(?:guid|id)\s*>")
_LAST_TAG = re.compile(rb"</(?:[\w.-]+:)?(?:rss|feed|RDF)\s*>", re.IGNORECASE)


def read(capture: Capture, source: Source) -> Reading:
    """Read the feed in `capture`; raises `ReadError` where it is none.

    An entry that can't be is left out and told in `skipped`; the others are kept. Those whose
    bytes are in `capture.known` are only counted.
    """
    if jsonfeed.is_json(capture.body):
        return _whole(*jsonfeed.read(capture), capture, source)
    body, charset = capture.body, capture.charset
    try:
        outline = pieces.outline(body, charset, capture.known, trees=True)
    except finder.TooMuchError as error:
        raise ReadError(capture.url, "is no feed: it is made to take long") from error
    if outline is None:
        parsed, items = _parse(capture, body, charset)
        most = _most(pieces.utf8(body, charset) or body)
        return _whole(parsed, items[:most], capture, source)
    wished = wishes.of_feed(outline.only(()), capture.url)
    if not outline.spans:
        none = _reading(*_parse(capture, body, charset), capture, source, wished)
        return replace(none, gone=outline.gone)
    known = capture.known if outline.unique else frozenset[str]()
    new = [n for n, digest in enumerate(outline.digests) if digest not in known]
    if not new:
        count = len(outline.digests)
        return Reading(
            "feed", pieces=outline.digests, unchanged=count, wishes=wished, gone=outline.gone
        )
    found = _new(outline, new, capture)
    if found is None:
        whole = _reading(*_parse(capture, body, charset), capture, source, wished)
        return replace(whole, gone=outline.gone)
    digests = outline.digests if outline.unique else ()
    fresh = _reading(*found, capture, source, wished, digests, new)
    return replace(fresh, gone=outline.gone)


def _most(body: bytes) -> int | None:
    """How many entries can be told apart in a document that ends within its last one before that is
    named, as a file may that is still being written; None for any other. Once it has its id, the
    rest of it is a revision, if it ever comes."""
    tags = list(_ENTRY_TAG.finditer(body))
    if not tags or tags[-1][1]:
        return None
    if _ID_END.search(body, tags[-1].end()) or _LAST_TAG.search(body, tags[-1].end()):
        return None
    return sum(not tag[1] for tag in tags) - 1


def _whole(feed: Item, items: Sequence[Item], capture: Capture, source: Source) -> Reading:
    """What a document gives that could not be taken apart."""
    return _reading(feed, items, capture, source, wishes.of_parsed(feed, capture.url))


def _new(
    outline: pieces.Outline, new: Sequence[int], capture: Capture
) -> tuple[Item, list[Item]] | None:
    """The feed and the new items of a document, or None where its parts don't give what the whole
    does."""
    from feedtool.read import quick  # most rounds have nothing new to read

    grown: pieces.Outline | None = outline
    part = outline.only(new)
    if len(outline.trees) != len(new):
        grown = pieces.outline(part, "utf-8", trees=True)
    if grown is None or len(grown.trees) != len(new):
        return None
    based = pieces.is_based(part)
    items = [None] * len(new) if based else quick.items(grown)
    left = [number for number, item in zip(new, items, strict=True) if item is None]
    head = None if left else quick.head(outline)
    if head is not None:
        return head, [item for item in items if item is not None]
    feed, slowly = _parse(capture, outline.only(left), "utf-8", based)
    if len(slowly) != len(left):
        return None
    rest = iter(slowly)
    return feed, [next(rest) if item is None else item for item in items]


def _parse(
    capture: Capture, body: bytes, charset: str | None, based: bool | None = None
) -> tuple[Item, list[Item]]:
    """The feed and its items as feedparser reads them; `ReadError` where that is no feed."""
    if b"@" in body and any(len(word) > _LONGEST for word in _WORD.findall(body)):
        raise ReadError(capture.url, f"can't be parsed: it has a word of over {_LONGEST} letters")
    headers = {
        "content-location": text.web_url(capture.url) or "",
        # Whatever the server calls it: for other types feedparser guesses at the charset.
        "content-type": "application/xml" + (f"; charset={charset}" if charset else ""),
    }
    import feedparser  # heavy, and most feeds need it for nothing

    try:
        # As a file: feedparser would open bytes and strings that look like a path or an address.
        document: Any = feedparser.parse(
            io.BytesIO(body),
            response_headers=headers,
            sanitize_html=False,  # ours comes after it
            # Without an xml:base, what is relative is so to the entry's own address.
            resolve_relative_uris=pieces.is_based(body) if based is None else based,
        )
    except Exception as error:
        raise ReadError(capture.url, f"can't be parsed: {type(error).__name__}") from error
    items: list[Item] = [dict.copy(item) for item in document.entries]
    if not document.get("version") or (document.bozo and not items):
        why = document.get("bozo_exception")
        raise ReadError(capture.url, "is no feed" + (f": {text.line(str(why))}" if why else ""))
    return dict.copy(document.feed), items


def _reading(
    feed: Item,
    items: Sequence[Item],
    capture: Capture,
    source: Source,
    wished: Wishes,
    digests: Sequence[str] = (),
    new: Sequence[int] = (),
) -> Reading:
    """The entries of `items`; `digests` are of the whole document, `new` says which these are."""
    from feedtool.read import feedvalues  # it and what it brings is for what is new alone

    around = feedvalues.around(feed, items, capture, source)
    entries: dict[str, Entry] = {}
    skipped: list[EntryError] = []
    failed: set[int] = set()
    for number, item in enumerate(items):
        try:
            entry = feedvalues.entry(item, around)
        except EntryError as error:
            shown = text.shorten(str(item.get("title") or item.get("link") or "an entry"), 80)
            skipped.append(EntryError(f"{capture.url}: {shown}", str(error)))
            failed.update(new[number : number + 1])
        else:
            entries.setdefault(entry.id, entry)  # RFC 4287 § 4.1.1: the same id is the same entry
    return Reading(
        "feed",
        tuple(entries.values()),
        tuple(skipped),
        tuple(digest for number, digest in enumerate(digests) if number not in failed),
        len(digests) - len(new),
        wishes=wished,
    )
