"""Sources as they are in life, simulated: when their entries appear, and what is told of them.

Times are days since a Monday, as numbers, until they go through the rounds.
"""

from __future__ import annotations

import math
from bisect import bisect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from random import Random

from feedtool.data import replace
from feedtool.kept import Alarm
from feedtool.manners.habits import Habits
from feedtool.manners.standing import Standing
from feedtool.manners.vigil import Seen, look

MONDAY = datetime(2023, 1, 2, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), 1 / 24
PAST = 400  # days before the first round
Rhythm = Callable[[Random, int], Iterator[float]]


def newsroom(random: Random, days: int) -> Iterator[float]:
    """Many a weekday from 8 to 20, less at noon, with a feast of three days now and then."""
    feasts = {random.randrange(days) + day for _ in range(days // 90) for day in range(3)}
    many, zone = random.choice([4, 10, 30]), random.uniform(-10, 10)
    for day in range(days):
        if day % 7 < 5 and day not in feasts:
            for _ in range(max(1, int(random.gauss(many, many / 4)))):
                hour = random.uniform(8, 20) + (90 < day % 365 < 300) + zone
                if not 12 < hour - zone < 13:
                    yield day + hour * HOUR


def wire(random: Random, days: int) -> Iterator[float]:
    """All day and all night, less by night."""
    many, day = random.choice([12, 24, 48]), 0.0
    while day < days:
        day += random.expovariate(many * (0.3 if day % 1 < 0.25 else 1))
        yield day


def evening(random: Random, days: int) -> Iterator[float]:
    """Most evenings."""
    return (day + random.gauss(20, 1) * HOUR for day in range(days) if random.random() > 0.15)


def workdays(random: Random, days: int) -> Iterator[float]:
    """Most weekdays in the evening."""
    return (time for time in evening(random, days) if time % 7 < 5)


def weekly(random: Random, days: int) -> Iterator[float]:
    """A column on one day of the week, which is left out now and then."""
    on = random.randrange(7)
    for week in range(0, days, 7):
        if random.random() > 0.04:
            yield week + on + random.gauss(9, 3) * HOUR


def podcast(random: Random, days: int) -> Iterator[float]:
    """One or two days of the week, at six o'clock."""
    on = random.sample(range(7), random.choice([1, 2]))
    for day in range(days):
        if day % 7 in on and random.random() > 0.03:
            yield day + random.gauss(6, 0.3) * HOUR


def fortnightly(random: Random, days: int) -> Iterator[float]:
    """Every other week."""
    return (day + random.gauss(0, 1) for day in range(5, days, 14) if random.random() > 0.03)


def monthly(random: Random, days: int) -> Iterator[float]:
    """Once a month."""
    return (day + random.uniform(0, 3) for day in range(2, days, 30) if random.random() > 0.02)


def at_random(random: Random, days: int) -> Iterator[float]:
    """Whenever it likes, by chance alone."""
    mean, day = random.choice([0.5, 1, 3, 6, 10]), 0.0
    while day < days:
        day += random.expovariate(1 / mean)
        yield day


def moody(random: Random, days: int) -> Iterator[float]:
    """Whenever it likes, sometimes long not."""
    mean, day = random.choice([1, 3, 5]), 0.0
    while day < days:
        day += mean * random.lognormvariate(-0.5, 1)
        yield day


def bursts(random: Random, days: int) -> Iterator[float]:
    """An event of three days, then some three weeks nothing."""
    start = random.uniform(0, 10)
    while start < days:
        for day in range(3):
            for _ in range(random.randint(2, 15)):
                yield start + day + random.uniform(8, 22) * HOUR
        start += 3 + random.uniform(14, 28)


def seasonal(random: Random, days: int) -> Iterator[float]:
    """Nine times as many in one half of the year as in the other."""
    day = 0.0
    while day < days:
        day += random.expovariate(2 * (1 + 0.8 * math.cos(2 * math.pi * day / 365)))
        yield day


RHYTHMS: tuple[Rhythm, ...] = (
    newsroom,
    wire,
    evening,
    workdays,
    weekly,
    podcast,
    fortnightly,
    monthly,
    at_random,
    moody,
    bursts,
    seasonal,
)


@dataclass
class Life:
    """What happens to one source: the `times` of its entries, of which none are in the silence
    `quiet`, rounds `every` so many days until `end`; its document holds `holds` entries, and from
    `away[0]` to `away[1]` nobody asks."""

    times: list[float]
    quiet: tuple[float, float]
    every: float
    end: float
    holds: int
    away: tuple[float, float]
    alarms: list[Alarm] = field(default_factory=list)

    @property
    def last(self) -> float:
        """When the last entry before the silence came."""
        return max(time for time in self.times if time < self.quiet[0])

    def told(self) -> tuple[list[Alarm], list[Alarm]]:
        """The alarms of the silence, and the false ones; those only that began."""
        first, last = (moment(time) for time in (self.last, self.quiet[1] + 2))
        began = [alarm for alarm in self.alarms if alarm.over is None]
        true = [alarm for alarm in began if first <= alarm.since <= last]
        return true, [alarm for alarm in began if alarm not in true]


def moment(days: float) -> datetime:
    """The moment so many days after the beginning, in whole seconds."""
    return MONDAY + timedelta(seconds=int(days * 86_400))


def life(rhythm: Rhythm, seed: int) -> Life:
    """A source with this rhythm over a year, and one silence: eight to ten times as long as its
    longest otherwise, three weeks at the least."""
    name = f"{rhythm.__name__} {seed}"
    random = Random(name)
    usual = sorted(rhythm(Random(name), PAST + 365))
    longest = max(later - sooner for sooner, later in pairwise(usual))
    start = random.uniform(60, 240)
    quiet = (start, start + max(21, longest * random.uniform(8, 10)))
    end = max(365, quiet[1] + 60 + 3 * longest)
    times = (time - PAST for time in sorted(rhythm(Random(name), PAST + int(end))))
    gone = random.uniform(10, 50)
    return Life(
        [time for time in times if not quiet[0] <= time < quiet[1]],
        quiet,
        random.choice([1, 3, 6, 12, 24]) * HOUR,
        end,
        random.choice([10, 15, 20, 30, 50]),
        (gone, gone + random.choice([0, 1, 5])),
    )


def live(life: Life, random: Random) -> None:
    """Go through all rounds of a life."""
    stands, known, seen, day = Standing(), Habits(), 0, 0.0
    before: datetime | None = None
    quiet = math.inf  # the day of the alarm
    while day < life.end:
        upto = bisect(life.times, day, seen)
        # Where nothing is new and nothing due, looking changes nothing.
        if upto > seen or day >= quiet:
            now = moment(day)
            times = tuple(moment(time) for time in life.times[max(seen, upto - life.holds) : upto])
            stands, after = replace(stands, succeeded=before), replace(stands, succeeded=now)
            found = look("valley", stands, after, Seen((), times, None), partial(_same, known), now)
            stands, known = found.standing, found.habits or known
            life.alarms += found.alarms
            at = stands.quiet_at
            quiet = (at - MONDAY) / DAY if at and not stands.alarms else math.inf
        seen, before = upto, moment(day)
        day += life.every * random.uniform(1, 1.1)
        if life.away[0] < day < life.away[1]:
            day = life.away[1]


def _same(known: Habits) -> Habits:
    return known
