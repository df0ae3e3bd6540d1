"""What is rendered: a feed's documents, and entries as they stand in them. Frozen nouns."""

from __future__ import annotations

from datetime import datetime

from feedtool.data import Struct
from feedtool.model import Entry, Feed


class Origin(Struct, frozen=True):
    """Where an entry was first published: what `atom:source` names (RFC 4287 § 4.2.11). `link` is
    the source's own address, None for one that has none, such as a folder."""

    id: str
    title: str
    link: str | None = None


class Item(Struct, frozen=True, kw_only=True):
    """An entry as it is published. `entry.link` is where it is read and `entry.published` when it
    appeared; `page` is the path of its page in the site, without a slash in front. `date_guessed`:
    its document had no date, and `published` is when it was first seen."""

    entry: Entry
    page: str | None = None
    origin: Origin | None = None
    date_guessed: bool = False


class Tombstone(Struct, frozen=True):
    """An entry that was withdrawn, and when (RFC 6721)."""

    id: str
    when: datetime


class Document(Struct, frozen=True, kw_only=True):
    """One document of a feed: the one to subscribe to, or one of its history (RFC 5005 § 4).

    `self_link` is the document's own address, `updated` the time of the newest thing in it.
    `archived`: it is a closed one, of history; `current` is then the address of the one to
    subscribe to. `previous` and `following` are the addresses of the history documents before and
    after it. `complete`: there is no more of the feed than what stands in it (§ 2). `tombstones`
    are of entries that subscribers may have. `hub` is told of news (WebSub § 4).
    """

    feed: Feed
    self_link: str
    updated: datetime
    archived: bool = False
    current: str | None = None
    previous: str | None = None
    following: str | None = None
    complete: bool = False
    hub: str | None = None
    tombstones: tuple[Tombstone, ...] = ()


class Revision(Struct, frozen=True):
    """One version of an entry as its page lists them: its number from 1, since when, and the fields
    that it changed (`wordiff.changed`; none for the first, and where only markup differs)."""

    number: int
    when: datetime
    changed: tuple[str, ...] = ()


class Turn(Struct, frozen=True):
    """Where the pages of a long list are: this one's number among those that are full (None for the
    newest, which isn't yet), the path of the next older one, and that of the newest; paths within
    the site."""

    number: int | None = None
    older: str | None = None
    newest: str | None = None
