"""Retention: what a source published longer ago than its owner keeps is purged, a part of it after
each of its rounds."""

from __future__ import annotations

from datetime import datetime

from feedtool.archive.protocol import Archive
from feedtool.model import Entry, Source
from feedtool.settle import purged

_MOST = 1000  # entries after one round
_BATCH = 100  # entries that are synced to disk together


def expire(archive: Archive, source: Source, now: datetime) -> int:
    """Purge what `source` published before the time it is kept for; return how many entries, at
    most 1,000. What else the archive has isn't looked at."""
    if source.keep is None:
        return 0
    count = 0
    while count < _MOST:
        due = archive.oldest(source.name, now - source.keep, _BATCH)
        if not due:
            break
        reason = f"kept {written(source)}"
        archive.purge([purged(one, now=now, by="owner", reason=reason) for one in due])
        count += len(due)
    return count


def is_too_old(source: Source, entry: Entry, now: datetime) -> bool:
    """True where `entry` is of a time that `source` isn't kept for."""
    when = entry.published.time if entry.published else entry.updated
    return source.keep is not None and when is not None and when < now - source.keep


def written(source: Source) -> str:
    """Return how long `source` is kept, in days, or hours and minutes where that isn't whole."""
    seconds = int(source.keep.total_seconds()) if source.keep else 0
    units = (("d", 86_400), ("h", 3600), ("m", 60), ("s", 1))
    unit, size = next((unit, size) for unit, size in units if seconds % size == 0)
    return f"{seconds // size}{unit}"
