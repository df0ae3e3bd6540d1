"""Which reader reads what. A new kind of document is a function and a row in `READERS`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from feedtool.model import Capture, Kind, Reading, Source

Reader = Callable[[Capture, Source], Reading]

_HEAD = 2048
_GZIP = b"\x1f\x8b"
_PACKED_SITEMAP = re.compile(r"\.xml\.gz(?:$|[?#])|sitemap", re.IGNORECASE)
_SITEMAP = re.compile(rb"<(?:[\w.-]+:)?(?:urlset|sitemapindex)[\s>]")
_FEED = re.compile(rb"<(?:\w+:)?(?:rss|feed|RDF)[\s>]|https?://jsonfeed\.org/version/")
_PAGE = re.compile(rb"<(?:!doctype\s+html|html|head|body|article|main)\b", re.IGNORECASE)


def read(capture: Capture, source: Source, readers: Mapping[Kind, Reader] | None = None) -> Reading:
    """Read `capture` with the reader for its kind; raises `ReadError` where it holds no article."""
    table = READERS if readers is None else readers
    # Which links of a page are articles, only a listing's owner would say.
    kind = source.kind or ("listing" if source.links else kind_of(capture))
    return table[kind](capture, source)


def kind_of(capture: Capture) -> Kind:
    """What a document is: by what its first bytes look like, else by its media type.

    The bytes come first: servers often give a type that isn't so.
    """
    head = capture.body[:_HEAD].replace(b"\0", b"")  # UTF-16 looks like ASCII without them
    packed = capture.body.startswith(_GZIP)
    if packed and any(map(_PACKED_SITEMAP.search, (capture.url, capture.place))):
        return "sitemap"
    sitemap, feed = _SITEMAP.search(head), _FEED.search(head)
    if sitemap and not _PAGE.search(head) and (not feed or sitemap.start() < feed.start()):
        return "sitemap"
    if feed:
        return "feed"
    if _PAGE.search(head) or "html" in (capture.media_type or ""):
        return "page"
    return "prose"


# Each reader is loaded when it is first needed: parsers are what costs at start-up.


def _feed(capture: Capture, source: Source) -> Reading:
    from feedtool.read import feed

    return feed.read(capture, source)


def _page(capture: Capture, source: Source) -> Reading:
    from feedtool.read import page

    return page.read(capture, source)


def _prose(capture: Capture, source: Source) -> Reading:
    from feedtool.read import prose

    return prose.read(capture, source)


def _sitemap(capture: Capture, source: Source) -> Reading:
    from feedtool.read import sitemap

    return sitemap.read(capture, source)


def _listing(capture: Capture, source: Source) -> Reading:
    from feedtool.read import listing

    return listing.read(capture, source)


READERS: Mapping[Kind, Reader] = {
    "feed": _feed,
    "page": _page,
    "prose": _prose,
    "sitemap": _sitemap,
    "listing": _listing,
}
