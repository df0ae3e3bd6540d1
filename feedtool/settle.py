"""Settling: what a collected entry is to the archive, and which version of it to keep. Pure.

Dates that a document doesn't give are given here, once, and never again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo

from feedtool.archive import item, keys
from feedtool.model import Change, Entry, Published, Version

# Dated further ahead, an entry would stay on top of every reader's list: counts as no date.
AHEAD = timedelta(hours=48)


def settle(
    entry: Entry,
    *,
    old: Version | None,
    source: str,
    now: datetime,
    zone: tzinfo,
    taken: Callable[[str], bool],
) -> tuple[Change, Version]:
    """Return what `entry` is beside `old`, the version that the archive holds, and what to keep.

    `now` is when it was captured, `zone` where its day is told from that if it has no date;
    `taken(key)` says which keys are given. For UNCHANGED the version is `old` itself.
    """
    now = now.replace(microsecond=0)
    if old is None:
        return Change.NEW, _first(entry, source, now, zone, taken)
    settled, guessed = _dated_as_before(entry, old, now)
    if item.digest(settled) == old.digest:
        return Change.UNCHANGED, old
    # RFC 4287 § 4.2.15: updated is the last change worth telling, so it moves, and only forward.
    before = old.entry.updated or old.last_revised
    updated = max(_not_ahead(entry.updated, now) or now, before + timedelta(seconds=1))
    settled = replace(settled, updated=updated)
    return Change.REVISED, replace(
        old,
        entry=settled,
        digest=item.digest(settled),
        revision=old.revision + 1,
        last_revised=max(now, old.last_revised),
        date_guessed=guessed,
        source=source,
    )


def _first(
    entry: Entry, source: str, now: datetime, zone: tzinfo, taken: Callable[[str], bool]
) -> Version:
    published = _believed(entry.published, now)
    updated = _not_ahead(entry.updated, now)
    guessed = published is None
    if published is None:
        published = Published.at(updated or now.astimezone(zone))
    settled = replace(entry, published=published, updated=updated or published.time)
    return Version(
        key=keys.choose(published.day, entry.title, entry.id, taken),
        source=source,
        entry=settled,
        digest=item.digest(settled),
        revision=1,
        first_archived=now,
        last_revised=now,
        date_guessed=guessed,
    )


def _believed(published: Published | None, now: datetime) -> Published | None:
    if published is None or published.time > now + AHEAD:
        return None
    if published.precision == "day" and published.time > now:
        return replace(published, time=now)  # it was there before noon
    return published


def _not_ahead(updated: datetime | None, now: datetime) -> datetime | None:
    return None if updated is None or updated > now + AHEAD else updated


def _dated_as_before(entry: Entry, old: Version, now: datetime) -> tuple[Entry, bool]:
    """The entry with its id and the dates it has had, so that only what changed differs."""
    published, guessed = old.entry.published, old.date_guessed
    # Judged by today: the clock may have been wrong when the date was guessed.
    found = _believed(entry.published, max(now, old.first_archived))
    if guessed and found is not None:  # the document says by now what had to be guessed
        published, guessed = found, False
    # A new `updated` alone is no change: nothing that is kept differs.
    settled = replace(entry, id=old.entry.id, published=published, updated=old.entry.updated)
    return settled, guessed
