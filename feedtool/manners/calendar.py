"""Times that an owner names: "at 06:00 and 18:30", or what a line of a crontab says. Pure. The only
file that knows cronsim.

A clock that is put forward leaves times out, and one that is put back shows them twice. An owner
who names hours means each of them once a day: what is left out comes at the first moment after the
gap, and what is shown twice comes the first time. Where all hours are meant ("every 15 minutes"),
it goes on in real time, as cron(8) of Debian has it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache

from feedtool.data import Struct
from feedtool.valid import is_zone

_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_ALL_HOURS = set(range(24))
_SECOND, _MINUTE = timedelta(seconds=1), timedelta(minutes=1)
_STRIDE = timedelta(hours=6)  # no zone changes its offset and changes it back within that
_START = datetime(2000, 1, 1)  # noqa: DTZ001 - a time of the wall clock


class Calendar(Struct, frozen=True):
    """When a source is to be read: at the times of these `lines` (five fields of a crontab each),
    by the clock of `zone` (UTC where it is None). Made by `at` and `cron`."""

    lines: tuple[str, ...]
    zone: str | None = None

    def after(self, when: datetime) -> datetime:
        """Return the first time after `when`, which is aware, in UTC and whole seconds."""
        from zoneinfo import ZoneInfo

        zone = ZoneInfo(self.zone) if self.zone else UTC
        start = when.astimezone(UTC).replace(microsecond=0)
        return min(_after(line, start, zone) for line in self.lines)


def at(times: Sequence[str], zone: str | None = None) -> Calendar:
    """Return the calendar of each day's `times`, such as "06:00"; `ValueError` for what is none."""
    lines: list[str] = []
    for time in sorted(set(times)):
        found = _TIME.fullmatch(time)
        if not found:
            raise ValueError(f'{time!r} is no time of day, such as "06:00"')
        lines.append(f"{int(found[2])} {int(found[1])} * * *")
    if not lines:
        raise ValueError("names no time of day")
    return Calendar(tuple(lines), _checked(zone))


@lru_cache(maxsize=1024)  # each round asks anew
def cron(expression: str, zone: str | None = None) -> Calendar:
    """Return the calendar of an expression as in crontab(5): minute, hour, day of the month, month,
    day of the week; `ValueError` for what can't be read, or never comes."""
    from cronsim import CronSim, CronSimError

    fields = expression.split()
    if len(fields) != 5:
        raise ValueError(
            f"{expression!r} is not five fields (minute, hour, day, month, day of the week)"
        )
    line = " ".join(fields)
    try:
        times = CronSim(line, _START)
    except CronSimError as error:
        why = str(error).lower()  # such as "Bad minute"
        raise ValueError(f"{expression!r} can't be read, or never comes: {why}") from error
    if next(times, None) is None:
        raise ValueError(f"{expression!r} never comes")
    if times.hours == _ALL_HOURS:
        line = " ".join((fields[0], "*", *fields[2:]))
    return Calendar((line,), _checked(zone))


def _checked(zone: str | None) -> str | None:
    if not is_zone(zone):
        raise ValueError(f"{zone!r} is no time zone")
    return zone


def _after(line: str, when: datetime, zone: tzinfo) -> datetime:
    """The first time of a line after `when`, in UTC.

    cronsim is asked about clocks without a zone alone: it forgets that half an hour may be what a
    clock is put back by, and within an hour that is shown twice, its next time may be past.
    """
    if line.split()[1] == "*":
        return _in_real_time(line, when, zone)
    wall = when.astimezone(zone).replace(tzinfo=None)
    while True:
        wall = _next(line, wall)
        found = _moment(wall, zone)
        if found > when:
            return found


def _in_real_time(line: str, when: datetime, zone: tzinfo) -> datetime:
    """The first time after `when` at which the clock of `zone` shows what the line says."""
    offset = _offset(when, zone)
    while True:
        found = _next(line, when.replace(tzinfo=None) + offset).replace(tzinfo=UTC) - offset
        change = _change(zone, when, found, offset)
        if change is None:
            return found
        when, offset = change - _SECOND, _offset(change, zone)


def _next(line: str, wall: datetime) -> datetime:
    from cronsim import CronSim

    return next(CronSim(line, wall))


def _moment(wall: datetime, zone: tzinfo) -> datetime:
    """The moment, in UTC, at which the clock first shows `wall`, or has been put past it."""
    while True:
        moment = wall.replace(tzinfo=zone).astimezone(UTC)
        if moment.astimezone(zone).replace(tzinfo=None, fold=0) == wall:
            return moment
        wall += _MINUTE


def _change(zone: tzinfo, begin: datetime, end: datetime, offset: timedelta) -> datetime | None:
    """The first moment up to `end` from which the offset is no longer this, as it is at `begin`."""
    while begin < end:
        later = min(begin + _STRIDE, end)
        if _offset(later, zone) == offset:
            begin = later
            continue
        while later - begin > _SECOND:
            middle = begin + timedelta(seconds=(later - begin) // _SECOND // 2)
            begin, later = (middle, later) if _offset(middle, zone) == offset else (begin, middle)
        return later
    return None


def _offset(when: datetime, zone: tzinfo) -> timedelta:
    return when.astimezone(zone).utcoffset() or timedelta(0)
