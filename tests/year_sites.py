"""Sources of a simulated year: their servers of all moods, and what happens to each.

Times are seconds since the beginning, as numbers.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any, Literal
from zoneinfo import ZoneInfo

from feedtool import text
from feedtool.data import replace
from feedtool.kept import Alarm
from feedtool.model import Source
from tests import rhythms

MINUTE, HOUR, DAY = 60, 3600, 86_400
TICK = MINUTE
WINDOW = 4.5 * DAY  # for so long an entry stands in its document at the least
SLOWEST = 20.0  # seconds that an answer takes at the most
Mood = Literal["unreachable", "unavailable", "retry", "busy", "missing"]
_LONG = 70  # days, for that much to happen
_MOST_A_DAY = 4  # entries of one source, on the mean: settling them is what a simulated year costs
_PAST = rhythms.PAST * DAY
_MOODS: tuple[Mood, ...] = ("unreachable", "unavailable", "retry", "busy", "missing")

Fate = Literal["none", "silent", "down", "gone", "moved"]
Span = tuple[float, float]
_FATES: tuple[Fate, ...] = ("silent", "down", "gone", "moved", "none")
NOTHING: tuple[Fate, Span] = ("none", (0.0, 0.0))

_ZONES = ("Asia/Ho_Chi_Minh", "Europe/Berlin", "America/New_York")
_CRON = (
    "30 2 * * *",
    "*/30 * * * *",
    "15 6,18 * * 1-5",
    "0 */3 * * *",
    "5 * * * *",
    "45 1 * * 0-6",
)
_AT = (("06:00", "18:00"), ("02:30",), ("23:59", "01:15", "12:00"))
_EVERY = (15 * MINUTE, HOUR, 2 * HOUR, 6 * HOUR, 12 * HOUR, DAY)


@dataclass(slots=True)
class Request:
    """What was asked once: when (in truth, and by the daemon's clock), of which life of the daemon,
    what came of it, and what the server asked for. `served` are the entries that were given. `told`
    is when the daemon was done with it, `due` is when it wanted to ask again, by its own clock."""

    true: float
    clock: float
    life: int
    failed: bool = False
    gone: bool = False
    asked: float = 0.0
    served: tuple[int, int] = (0, 0)
    told: float | None = None
    due: float | None = None


@dataclass(slots=True)
class Site:
    """A source and its server. `times` are those of its entries, the oldest first."""

    source: Source
    times: list[float]
    fate: Fate
    struck: Span  # when it is silent, down, or (from then on) gone or moved
    moods: list[tuple[float, float, Mood]]  # when it can't answer well
    holds: int
    fresh: int
    validates: bool
    log: list[Request] = field(default_factory=list)
    alarms: list[tuple[float, Alarm]] = field(default_factory=list)
    busy: bool = False  # being asked

    @property
    def place(self) -> str:
        """Where it is, whatever it is called."""
        return text.place(self.source.url)

    def moved(self, url: str, now: float) -> str | None:
        """Where it says that it has moved for good."""
        new = self.source.url.replace("/feed", "/new")
        return new if self.fate == "moved" and now >= self.struck[0] and url != new else None

    def mood(self, now: float) -> Mood | None:
        """Why it doesn't answer well, if it doesn't."""
        return next((mood for begin, end, mood in self.moods if begin <= now < end), None)

    def held(self, now: float) -> tuple[int, int]:
        """The entries in its document: from the one up to the other."""
        end = bisect_right(self.times, now)
        recent = bisect_right(self.times, now - WINDOW)
        return max(0, min(recent, end - self.holds)), end


def sites(count: int, days: int, random: Random) -> Iterator[Site]:
    """Sources of all rhythms, schedules and fates, for so many days."""
    for number in range(count):
        rhythm = rhythms.RHYTHMS[number % len(rhythms.RHYTHMS)]
        yield _site(f"{rhythm.__name__.replace('_', '-')}-{number}", rhythm, number, days, random)


def _site(name: str, rhythm: rhythms.Rhythm, number: int, days: int, random: Random) -> Site:
    all_times = sorted(day * DAY - _PAST for day in rhythm(random, rhythms.PAST + days))
    stride = 1 + int(len(all_times) / (rhythms.PAST + days) / _MOST_A_DAY)
    times = all_times[::stride]
    longest = max(later - sooner for sooner, later in pairwise(times))
    fate, struck = _fate(longest, days, random)
    if fate == "silent":
        times = [time for time in times if not struck[0] <= time < struck[1]]
    moods: list[tuple[float, float, Mood]] = []
    if fate == "down":
        moods.append((*struck, random.choice(("unreachable", "unavailable", "retry", "busy"))))
    for _ in range(random.randrange(1 + days // 40)):  # of hours
        begin, long = random.uniform(0, days * DAY), random.uniform(0.2, 9) * HOUR
        moods.append((begin, begin + long, random.choice(_MOODS)))
    # Now and then several are on one host.
    host = f"h{number % 7}" if number % 5 == 0 else name
    source = Source(name=name, url=f"https://{host}.example/{name}/feed", kind="feed")
    fresh = random.choice((0, 0, 0, 10 * MINUTE, 5 * HOUR))
    source = replace(source, **_schedule(number, random))
    return Site(
        source, times, fate, struck, moods, random.choice((10, 20)), fresh, random.random() < 0.9
    )


def _fate(longest: float, days: int, random: Random) -> tuple[Fate, Span]:
    """What happens to a source once in its life, and when."""
    if days < _LONG:
        return NOTHING
    # Only once its habits can be known.
    begin = max(35 * DAY, 8 * longest) + random.uniform(0, days / 8) * DAY
    long = max(21 * DAY, 8 * longest)
    fits = begin + long + 12 * DAY < days * DAY
    kind = random.choices(_FATES, (8 if fits else 0, 2, 1, 1, 2))[0]
    if kind == "silent":
        return kind, (begin, begin + long)
    begin = random.uniform(10, days - 35) * DAY
    if kind == "down":
        return kind, (begin, begin + random.uniform(7, 10) * DAY)
    return NOTHING if kind == "none" else (kind, (begin, days * DAY))


def _schedule(number: int, random: Random) -> dict[str, Any]:
    """When its owner wants a source to be read."""
    kind, zone = (
        random.choices(("adaptive", "every", "at", "cron"), (8, 5, 4, 4))[0],
        random.choice(_ZONES),
    )
    if kind == "every":
        # Few ask so often that it costs much.
        often = random.choice(_EVERY if number % 4 == 0 else _EVERY[2:])
        return {"every": timedelta(seconds=often)}
    if kind == "at":
        return {"at": random.choice(_AT), "time_zone": zone}
    return {"cron": random.choice(_CRON), "time_zone": zone} if kind == "cron" else {}


def _numbers(said: str, first: int, last: int) -> set[int]:
    found: set[int] = set()
    for part in said.split(","):
        span, _, step = part.partition("/")
        low, _, high = span.partition("-")
        ends = (first, last) if span == "*" else (int(low), int(high or low))
        found |= set(range(ends[0], ends[1] + 1, int(step or 1)))
    return found


def named_times(site: Site, begin: datetime, days: int) -> list[float]:
    """All times that the owner of a source names, told minute by minute and day by day."""
    source = site.source
    zone = ZoneInfo(source.time_zone or "UTC")
    lines = (
        [source.cron] if source.cron else [f"{int(t[3:])} {int(t[:2])} * * *" for t in source.at]
    )
    found: set[float] = set()
    walls: Iterable[datetime]
    for line in lines:
        minute, hour, _, _, weekday = line.split()
        minutes, hours = _numbers(minute, 0, 59), _numbers(hour, 0, 23)
        weekdays = {(day - 1) % 7 for day in _numbers(weekday, 0, 6)}
        first = begin.astimezone(zone).date() - timedelta(days=1)
        for day in (first + timedelta(days=n) for n in range(days + 12)):
            if day.weekday() not in weekdays:
                continue
            if hour == "*":
                walls = _real(day, zone, minutes)
            else:
                walls = (_first(day, h, m, zone) for h in hours for m in minutes)
            found |= {(when - begin).total_seconds() for when in walls}
    return sorted(found)


def _real(day: date, zone: ZoneInfo, minutes: set[int]) -> Iterator[datetime]:
    """Each moment of a day at which the clock shows one of these minutes."""
    when = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=15)
    for _ in range(54 * 60):
        wall = when.astimezone(zone)
        if wall.date() == day and wall.minute in minutes:
            yield when
        when += timedelta(minutes=1)


def _first(day: date, hour: int, minute: int, zone: ZoneInfo) -> datetime:
    """The first moment at which the clock shows this, or has been put past it."""
    wall = datetime(day.year, day.month, day.day, hour, minute)  # noqa: DTZ001
    when = wall.replace(tzinfo=zone).astimezone(UTC)
    if when.astimezone(zone).replace(tzinfo=None) != wall:  # left out: when was it put on?
        while (when - timedelta(minutes=1)).astimezone(zone).replace(tzinfo=None) > wall:
            when -= timedelta(minutes=1)
    return when
