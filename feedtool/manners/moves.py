"""Sources that say they have moved for good: believed only after days, and only while it is true.

A captive portal or a mistake of an hour must not rewrite where a source is. The configuration stays
as its owner wrote it; what was learned is asked first, and forgotten when it fails.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from feedtool import text
from feedtool.data import Struct, replace

PROBATION = timedelta(days=3)
"""For so long every answer must agree that a source has moved."""

_TIMES = 3  # answers, at least
_AGAIN = timedelta(days=30)  # after so long the first address is asked whether it still says so


class Move(Struct, frozen=True):
    """Where a source says that it has gone: first said at `since`, `times` in all; believed from
    `learned` on."""

    url: str
    since: datetime
    times: int = 1
    learned: datetime | None = None


def address(url: str, move: Move | None, now: datetime) -> str:
    """Return where to ask for a source that its owner says is at `url`."""
    if move is None or move.learned is None or not move.learned <= now < move.learned + _AGAIN:
        return url
    return move.url


def answered(
    before: Move | None, asked: str, url: str, moved: str | None, now: datetime
) -> Move | None:
    """Return what is thought after a good answer at `asked`, for a source that is at `url`; it came
    with `moved`, where permanent redirects alone (301, 308) led there, else None.
    """
    if moved is not None and text.without_secrets(moved) != moved:
        return None  # what opens a door isn't kept
    if before is not None and asked == before.url != url and moved is None:
        return before  # it is there, as was thought
    if moved is None:
        return None
    if before is None or before.url != moved:
        return Move(moved, now)
    seen = replace(before, times=before.times + 1)
    sure = seen.times >= _TIMES and now - seen.since >= PROBATION
    return replace(seen, learned=now if sure else seen.learned and now)
