"""The rhythm of a source: when it is asked next. Pure: what is known of it, and the time, go in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from heapq import nlargest

from feedtool.model import Wishes

REMEMBERED = 16
"""Times of entries that are kept of one source."""

LONGEST_WISH = timedelta(days=1)
"""What a document's wish for rarer visits is believed up to."""

_HOUR, _SECOND = timedelta(hours=1), timedelta(seconds=1)


def interval(
    times: Sequence[datetime], now: datetime, least: timedelta, most: timedelta
) -> timedelta:
    """Return how long to wait between two visits to a source whose entries came at `times`: half of
    the mean time between the newest 16 and now, from `least` to `most`.

    It grows while nothing comes. Without entries it is `least`: nothing is known yet.
    """
    if not times:
        return least
    newest = times if len(times) <= REMEMBERED else nlargest(REMEMBERED, times)
    return min(max((now - min(now, *newest)) / len(newest) / 2, least), most)


def keep(times: Iterable[datetime], new: Iterable[datetime], now: datetime) -> tuple[datetime, ...]:
    """Return the newest 16 of `times` and `new`, the newest first; what is after `now` is now."""
    return tuple(nlargest(REMEMBERED, (min(time, now) for given in (times, new) for time in given)))


def next_due(
    name: str, asked: datetime, base: timedelta, wishes: Wishes, not_before: datetime | None
) -> datetime:
    """Return when the source `name`, last asked at `asked`, is due, in UTC and whole seconds.

    That is `base` later, or what the document wishes for where that is longer, up to a day; and 1
    to 10 % of `base` more, always the same for one name, so that not all sources come at once. It
    is never before `not_before`, and moved to the end of the hours and days that the document
    wants to be left alone in, which is within a week.
    """
    wait = max(base, min(wishes.every or base, LONGEST_WISH))
    share = int.from_bytes(blake2b(name.encode("utf-8", "replace"), digest_size=8).digest())
    due = asked.astimezone(UTC) + wait + base * (0.01 + 0.09 * share / 2**64)
    if not_before is not None:
        due = max(due, not_before.astimezone(UTC))
    if due.microsecond:
        due = due.replace(microsecond=0) + _SECOND
    return _allowed(due, wishes)


def _allowed(due: datetime, wishes: Wishes) -> datetime:
    """`due`, or the first full hour after it that isn't skipped; skipping all means nothing."""
    if due.hour not in wishes.hours and due.weekday() not in wishes.days:
        return due
    hours = set(range(24)) - wishes.hours or set(range(24))
    days = set(range(7)) - wishes.days or set(range(7))
    while due.hour not in hours or due.weekday() not in days:
        due = due.replace(minute=0, second=0) + _HOUR
    return due
