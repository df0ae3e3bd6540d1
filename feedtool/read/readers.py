"""Which reader reads what. A new kind of document is a function and a row in `READERS`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from feedtool.model import Capture, Kind, Reading, Source

Reader = Callable[[Capture, Source], Reading]

_HEAD = 2048
_FEED = re.compile(rb"<(?:\w+:)?(?:rss|feed|RDF)[\s>]|https?://jsonfeed\.org/version/")
_PAGE = re.compile(rb"<(?:!doctype\s+html|html|head|body|article|main)\b", re.IGNORECASE)


def read(capture: Capture, source: Source, readers: Mapping[Kind, Reader] | None = None) -> Reading:
    """Read `capture` with the reader for its kind; raises `ReadError` where it holds no article."""
    table = READERS if readers is None else readers
    return table[source.kind or kind_of(capture)](capture, source)


def kind_of(capture: Capture) -> Kind:
    """What a document is: by what its first bytes look like, else by its media type.

    The bytes come first: servers often give a type that isn't so.
    """
    head = capture.body[:_HEAD].replace(b"\0", b"")  # UTF-16 looks like ASCII without them
    if _FEED.search(head):
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


READERS: Mapping[Kind, Reader] = {"feed": _feed, "page": _page, "prose": _prose}
