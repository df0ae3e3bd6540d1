"""Manners: when a server may be asked again. Pure: what it said, and what time it is, go in.

Whatever an owner's `every` says, a server that asks for more time gets it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

# Bounds of what is believed: a slip of a server must not silence a source for years.
LONGEST_FRESH = timedelta(days=1)
LONGEST_RETRY = timedelta(days=30)
_MAX_AGE = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?(\d{1,10})\"?", re.IGNORECASE)
_NOT_KEPT = re.compile(r"(?:^|[\s,])(?:no-cache|no-store)(?:$|[\s,=])", re.IGNORECASE)
_TOO_MANY, _UNAVAILABLE, _GONE = 429, 503, 410
_MISSING = (401, 403, 404, 451)


def fresh_for(headers: Mapping[str, str], now: datetime) -> timedelta:
    """Return how long an answer says that it stays as it is: Cache-Control's max-age less Age, else
    Expires less Date (RFC 9111 § 4.2.1); nothing where it says so or nothing at all."""
    control = headers.get("cache-control", "")
    if _NOT_KEPT.search(control):
        return timedelta(0)
    found = _MAX_AGE.search(control)
    if found:
        age = headers.get("age", "")
        seconds = int(found[1]) - (int(age[:10]) if age.isascii() and age.isdecimal() else 0)
    else:
        expires = _http_date(headers.get("expires"))
        if expires is None:
            return timedelta(0)
        seconds = int((expires - (_http_date(headers.get("date")) or now)).total_seconds())
    return min(timedelta(seconds=max(seconds, 0)), LONGEST_FRESH)


def retry_after(value: str | None, now: datetime) -> timedelta | None:
    """Return how long Retry-After asks to wait, in seconds or by a date (RFC 9110 § 10.2.3)."""
    if value is None:
        return None
    value = value.strip()
    if value.isascii() and value.isdecimal():
        return min(timedelta(seconds=int(value[:12])), LONGEST_RETRY)
    until = _http_date(value)
    return None if until is None else min(max(until - now, timedelta(0)), LONGEST_RETRY)


def back_off(
    status: int | None, failures: int, every: timedelta, asked: timedelta | None
) -> timedelta | None:
    """Return how long to leave a source alone after its `failures`th failure in a row, or None: for
    good, as it is gone (410).

    `status` is what HTTP answered, None if nothing did; `asked` is what Retry-After said.
    """
    if status == _GONE:
        return None
    doubled = 1 << min(failures - 1, 10)
    if asked is not None:
        return max(asked, every)
    if status in (_TOO_MANY, _UNAVAILABLE):
        return max(min(timedelta(hours=4) * doubled, timedelta(days=1)), every)
    if status in _MISSING:
        return max(min(every * doubled, timedelta(days=7)), every)
    return max(min(every * doubled, timedelta(days=1)), every)


def _http_date(value: str | None) -> datetime | None:
    if not value:
        return None
    from email.utils import parsedate_to_datetime  # sockets, random numbers: for few answers

    try:
        found = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
