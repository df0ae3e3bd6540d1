"""Settling: what a collected entry is to the archive, and which version of it to keep. Pure.

Dates that a document doesn't give are given here, once, and never again. What becomes of an entry
later (it is withdrawn, its source has it no longer) is a version of it, too, by which what it says
and when that was updated stays as it was.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from typing import Any

from feedtool import valid
from feedtool.archive import item, keys
from feedtool.data import replace
from feedtool.kept import By, Change, Version, Withdrawal
from feedtool.model import Entry, Published

# Dated further ahead, an entry would stay on top of every reader's list: counts as no date.
AHEAD = timedelta(hours=48)
NOTHING = "(withdrawn)"  # the title of what was purged, as an entry has one


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
    `taken(key)` says which keys are given. For UNCHANGED the version is `old` itself. What was
    withdrawn stays so, whoever still has it.
    """
    now = now.replace(microsecond=0)
    if old is None:
        return Change.NEW, _first(entry, source, now, zone, taken)
    if old.withdrawn is not None:
        return Change.UNCHANGED, old
    settled, guessed = _dated_as_before(entry, old, now)
    if item.digest(settled) == old.digest or _means_the_same(settled, old.entry):
        if old.gone is None:
            return Change.UNCHANGED, old
        return Change.REVISED, _next(old, now, gone=None)
    # RFC 4287 § 4.2.15: updated is the last change worth telling, so it moves, and only forward.
    before = old.entry.updated or old.last_revised
    updated = max(_not_ahead(entry.updated, now) or now, before + timedelta(seconds=1))
    settled = valid.copy(settled, updated=valid.moment("updated", updated))
    return Change.REVISED, _next(
        old,
        now,
        entry=settled,
        digest=item.digest(settled),
        date_guessed=guessed,
        source=source,
        capture=None,
        gone=None,
    )


def withdrawn(old: Version, *, now: datetime, by: By, reason: str) -> Version:
    """Return `old` as it is no longer published; what it says is kept."""
    now = now.replace(microsecond=0)
    return _next(old, now, withdrawn=Withdrawal(now, by, reason))


def purged(old: Version, *, now: datetime, by: By, reason: str) -> Version:
    """Return what is left of `old` when nothing that it said is kept: id, key, source, day, and
    since when it is withdrawn."""
    since = old.withdrawn.when if old.withdrawn else now.replace(microsecond=0)
    why = Withdrawal(since, by, reason, purged=True)
    before = old.entry
    left = Entry(id=before.id, title=NOTHING, published=before.published, updated=before.updated)
    return _next(
        old,
        now,
        entry=left,
        digest=item.digest(left),
        capture=None,
        withdrawn=why,
        gone=None,
        duplicate_of=None,
    )


def restored(old: Version, *, now: datetime) -> Version:
    """Return `old`, which was withdrawn and not purged, as it is published again."""
    return _next(old, now, withdrawn=None)


def vanished(old: Version, *, now: datetime) -> Version:
    """Return `old` as its source says, for the first time, that it has it no longer."""
    return _next(old, now, gone=now.replace(microsecond=0))


def returned(old: Version, *, now: datetime) -> Version:
    """Return `old` as its source has it again."""
    return _next(old, now, gone=None)


def _next(old: Version, now: datetime, **changed: Any) -> Version:
    """The next version of `old`, of now."""
    revised = max(now.replace(microsecond=0), old.last_revised)
    return valid.copy(old, revision=old.revision + 1, last_revised=revised, **changed)


def _means_the_same(new: Entry, old: Entry) -> bool:
    from feedtool import meaning  # it brings parsers and tables, and few entries need them

    return meaning.same(new, old)


def _first(
    entry: Entry, source: str, now: datetime, zone: tzinfo, taken: Callable[[str], bool]
) -> Version:
    published = believed(entry.published, now)
    updated = _not_ahead(entry.updated, now)
    guessed = published is None
    if published is None:
        published = Published.at(updated or now.astimezone(zone))
    settled = valid.copy(entry, published=published, updated=updated or published.time)
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


def believed(published: Published | None, now: datetime) -> Published | None:
    """Return what may be believed, `now` that a document is taken in, of its date: None where that
    is further ahead than clocks differ; a day alone that has no noon yet is now."""
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
    found = believed(entry.published, max(now, old.first_archived))
    if guessed and found is not None:  # the document says by now what had to be guessed
        published, guessed = found, False
    # A new `updated` alone is no change: nothing that is kept differs.
    settled = valid.copy(entry, id=old.entry.id, published=published, updated=old.entry.updated)
    return settled, guessed
