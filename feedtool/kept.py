"""What the archive keeps of an entry, and what became of a source in one round: frozen nouns."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from feedtool.data import Struct
from feedtool.errors import FeedtoolError, SourceError
from feedtool.model import Capture, Entry

By = Literal["owner", "source"]
Concern = Literal["quiet", "empty", "drifting", "failing", "moved", "gone"]


class Location(Struct, frozen=True, gc=False):
    """Where a record lies: a file of the archive (its path in the folder), and the record's first
    byte and length in it."""

    file: str
    offset: int
    length: int


class Receipt(Struct, frozen=True, gc=False):
    """Something that was received and is to be kept: a capture, and the keys of the versions that
    were made of it. `same_as`: it holds just what an earlier one did, which lies there."""

    capture: Capture
    keys: tuple[str, ...] = ()
    same_as: Location | None = None


class Withdrawal(Struct, frozen=True, gc=False):
    """Why an entry is no longer published: since when, by whom (our own side, or its source), and
    in whose words. `purged`: what it said isn't kept either."""

    when: datetime
    by: By
    reason: str
    purged: bool = False


class Change(StrEnum):
    """What a collected entry was to the archive."""

    NEW = "new"
    REVISED = "revised"
    UNCHANGED = "unchanged"


class Version(Struct, frozen=True, gc=False, kw_only=True):
    """One version of an entry as the archive keeps it.

    `key` is YYYY/MM/DD/slug and never changes. `digest` covers what the source gave (see
    `archive.item`); `revision` counts from 1. `date_guessed`: the document had no date, and
    `entry.published` is the moment of the first capture. `capture` is where the document lies that
    it was read from. `withdrawn`: it is no longer published. `gone` is when its source was first
    seen without it. `duplicate_of` is the key of an entry that tells the same story.
    """

    key: str
    source: str
    entry: Entry
    digest: str
    revision: int
    first_archived: datetime
    last_revised: datetime
    date_guessed: bool
    capture: Location | None = None
    withdrawn: Withdrawal | None = None
    gone: datetime | None = None
    duplicate_of: str | None = None

    def appeared(self, now: datetime) -> datetime:
        """When it was published, as far as anybody said; else `now`."""
        published = self.entry.published
        return now if published is None or self.date_guessed else published.time


class Alarm(Struct, frozen=True, gc=False):
    """What a person should know about a source: that it brings nothing new for far longer than
    usual (quiet), answers without an entry (empty), gives less of its entries than it used to
    (drifting), fails again and again, has moved or is gone for good.

    `since` is when it began to be an alarm, `words` are for people and hold no secrets. `over` is
    when it was over, None while it lasts.
    """

    source: str
    concern: Concern
    since: datetime
    words: str
    over: datetime | None = None


class Run(Struct, frozen=True, gc=False):
    """A line of the run log: one round of one source. `late` is how long it was due when it began,
    `seconds` how long it took; `failed` counts documents and entries, `trouble` is why the source
    as a whole failed."""

    at: datetime
    new: int = 0
    revised: int = 0
    unchanged: int = 0
    failed: int = 0
    seconds: float = 0.0
    late: timedelta = timedelta(0)
    trouble: str | None = None


class Outcome(Struct, frozen=True):
    """What became of one source in one round.

    `unchanged` counts documents and entries that were known; `changes` holds the NEW and REVISED.
    `skipped` are single documents or entries that failed; `error` is why the source as a whole did.
    `waits` is until when it was left alone, as its server asked for. `purged` counts entries whose
    time was over, as its owner keeps them no longer. `alarms` are those that began or ended. `run`
    is what the run log keeps of it, None where it was left alone.
    """

    source: str
    changes: tuple[tuple[Change, Version], ...] = ()
    unchanged: int = 0
    skipped: tuple[FeedtoolError, ...] = ()
    error: SourceError | None = None
    waits: datetime | None = None
    due: datetime | None = None
    purged: int = 0
    alarms: tuple[Alarm, ...] = ()
    run: Run | None = None

    @property
    def failed(self) -> bool:
        """True where anything of the source could not be taken."""
        return self.error is not None or bool(self.skipped)
