"""Which renderer makes which format. A new format is a `Renderer` and a row in `RENDERERS`.

A document is its head, the fragments of its entries with `BETWEEN` between them, and its tail. A
fragment depends on its entry alone (and on the feed's author and language), so that it may be made
once and joined into documents again and again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from importlib import import_module
from typing import Protocol, cast

from feedtool.config import Format
from feedtool.model import Entry, Feed
from feedtool.publish.document import Document, Item

# RFC 4287 § 4.2.15 wants a time also of a feed that has no entry yet. Validators take earlier ones
# for a clock that was never set.
NEVER = datetime(1990, 1, 1, tzinfo=UTC)


class Renderer(Protocol):
    """Makes one format: a module with these names, or an object."""

    @property
    def MEDIA_TYPE(self) -> str:  # noqa: N802 - a constant of a module
        """The media type of its documents, without parameters."""
        ...

    @property
    def BETWEEN(self) -> bytes:  # noqa: N802
        """What stands between two fragments."""
        ...

    def head(self, document: Document) -> bytes:
        """All of a document that stands before its entries."""
        ...

    def entry(self, item: Item, feed: Feed, full: bool) -> bytes:
        """The fragment of one entry; `full`: with its content."""
        ...

    def tail(self, document: Document) -> bytes:
        """All of a document that stands after its entries."""
        ...

    def faults(self, document: bytes) -> list[str]:
        """What makes a whole document invalid, as its specification says; none if nothing does."""
        ...

    def entry_faults(self, fragment: bytes) -> list[str]:
        """What would make a document with this fragment invalid; none if nothing does."""
        ...


def _module(name: str) -> Callable[[], Renderer]:
    # Packages such as feedgen and lxml are loaded only when something is rendered.
    return lambda: cast("Renderer", import_module(f"feedtool.publish.{name}"))


Renderers = Mapping[Format, Callable[[], Renderer]]
"""Functions that give the renderer of a format; it is loaded when one is called."""

RENDERERS: Renderers = {
    "atom": _module("atom"),
    "rss": _module("rss"),
    "json": _module("jsonfeed"),
}


def render(
    feed: Feed,
    entries: Iterable[Entry],
    format: Format = "atom",
    *,
    full: bool = False,
) -> bytes:
    """Return `feed` with `entries`, in their order, as a document of `format`; `full`: with their
    content. The same values give the same bytes, whenever and wherever."""
    chosen = list(entries)
    renderer = RENDERERS[format]()
    newest = max((time for time in map(updated_of, chosen) if time), default=NEVER)
    document = Document(feed=feed, self_link=feed.self_link, updated=newest)
    fragments = [renderer.entry(Item(entry=entry), feed, full) for entry in chosen]
    return b"".join(
        (renderer.head(document), renderer.BETWEEN.join(fragments), renderer.tail(document))
    )


def updated_of(entry: Entry) -> datetime | None:
    """When an entry last changed: its `updated`, else its `published`; None if it has neither."""
    return entry.updated or (entry.published.time if entry.published else None)
