"""Which renderer makes which format. A new format is a function and a row in `RENDERERS`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from feedtool.config import Format
from feedtool.model import Entry, Feed

# The feed, its entries in their order, and whether with their content; the document's bytes.
Renderer = Callable[[Feed, Iterable[Entry], bool], bytes]


def _atom(feed: Feed, entries: Iterable[Entry], full: bool) -> bytes:
    from feedtool.publish import atom  # feedgen and lxml, only when something is rendered

    return atom.render(feed, entries, full=full)


RENDERERS: Mapping[Format, Renderer] = {"atom": _atom}


def render(
    feed: Feed,
    entries: Iterable[Entry],
    format: Format = "atom",
    *,
    full: bool = False,
) -> bytes:
    """Return `feed` with `entries`, in their order, as a document of `format`; `full`: with their
    content. The same values give the same bytes, whenever and wherever."""
    return RENDERERS[format](feed, entries, full)
