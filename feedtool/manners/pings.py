"""Telling a hub of news (WebSub): when to try again. Pure.

News that a hub didn't take is told again after a minute, then after twice as long each time, up to
six hours; after two days it is news no longer.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from feedtool.data import Struct

_FIRST, _LONGEST, _LASTS = timedelta(minutes=1), timedelta(hours=6), timedelta(days=2)
_TRIES = 17  # the last of them 50 hours after the first


class Ping(Struct, frozen=True):
    """News that a hub is to be told: of which `topic` (the address of a feed's document), how many
    tries have failed, and when the next one is due."""

    topic: str
    tries: int
    due: datetime

    def is_due(self, now: datetime) -> bool:
        """True where it is to be tried now; also where only a clock that was put back says no."""
        return not now < self.due <= now + _LASTS


def after(ping: Ping, now: datetime, ok: bool, retry_after: timedelta | None = None) -> Ping | None:
    """Return what is left to do once `ping` was tried: nothing where the hub took it (`ok`), and
    where it is given up. `retry_after` is what the hub asked for: it is never tried before."""
    tries = ping.tries + 1
    wait = max(min(_FIRST * 2 ** min(ping.tries, 10), _LONGEST), retry_after or timedelta(0))
    if ok or tries == _TRIES or wait > _LASTS:
        return None
    return Ping(ping.topic, tries, now + wait)
