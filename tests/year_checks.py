"""Looks at all that happened in a simulated year: whom the daemon asked and when, what it told, and
what it kept."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from feedtool.publish.site import Publication
from tests.year import World
from tests.year_sites import DAY, HOUR, SLOWEST, TICK, WINDOW, Request, Site, named_times

LEAST, MOST = HOUR, DAY  # between two rounds of a source whose owner names no time
BUSY = 8 * SLOWEST  # seconds that those on one host may have to wait for each other


@dataclass
class Found:
    """What was found in a world: `faults` in words, and figures."""

    faults: list[str] = field(default_factory=list)
    lateness: list[float] = field(default_factory=list)
    alarms: int = 0
    false: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def say(self, site: Site, request: Request | None, words: str) -> None:
        """Take note of a fault."""
        when = "" if request is None else f" at {request.true / DAY:.4f}"
        self.faults.append(f"{site.source.name}{when}: {words}")


class Past:
    """What happened in a world, to be asked of any span of time."""

    def __init__(self, world: World, days: float) -> None:
        self.end = days * DAY
        self.steps = world.steps
        self._at = [at for at, _ in world.steps]
        self.away = sorted(world.away)
        self.births = world.births

    def moved(self, begin: float, end: float) -> list[float]:
        """By how much the clock was put on or back within, after `begin`."""
        first, last = bisect_right(self._at, begin), bisect_right(self._at, end)
        return [by for _, by in self.steps[first:last]]

    def offset(self, now: float) -> float:
        """How wrong the clock is."""
        return sum(by for _, by in self.steps[: bisect_right(self._at, now)])

    def gone(self, begin: float, end: float) -> float:
        """How long of a span nothing ran."""
        return sum(max(0.0, min(end, last) - max(begin, first)) for first, last in self.away)

    def up(self, when: float, until: float | None = None) -> float:
        """The first moment from `when` on in which the daemon could wake up; what happened after
        `until` is left out."""
        for first, last in self.away:
            if first <= when + TICK and when < last and (until is None or last <= until):
                when = last
        return when

    def born(self, begin: float, end: float) -> int:
        """How many lives began in a span."""
        return bisect_right(self.births, end) - bisect_right(self.births, begin)


def check(world: World, begin: datetime, days: int) -> Found:
    """Look at all that was asked, told and kept."""
    found, past = Found(), Past(world, days)
    for site in world.sites.values():
        named = named_times(site, begin, days) if site.source.at or site.source.cron else []
        _check_times(site, named, past, found)
        _check_alarms(site, past, found)
    _check_entries(world, past, found)
    found.faults += [f"told: {event}" for event in world.odd if not isinstance(event, Publication)]
    return found


def _check_times(site: Site, named: list[float], past: Past, found: Found) -> None:
    """None early, none late, none twice, none lost."""
    before: Request | None = None
    cut = 0.0
    for request in site.log:
        found.counts["requests"] += 1
        if request.told is None:
            # Nobody remembers what came of it: it is made up for.
            found.counts["cut short"] += 1
            if not any(first - SLOWEST <= request.true <= first for first, _ in past.away):
                found.say(site, request, "was never done with, though the daemon lived")
            cut = request.true
            continue
        if before is not None:
            _check_pair(site, before, request, cut, past, found)
        elif request.true > past.births[0] + BUSY and request.life == 1:
            found.say(site, request, "was asked late the first time")
        if request.due is not None and not request.gone:
            _check_due(site, request, named, found)
        before = request
    if before is None:
        found.say(site, None, "was never asked")
    elif not before.gone and before.due is not None and not past.moved(before.true, past.end):
        due = past.up(before.due - past.offset(before.true))
        if due < past.end - TICK - BUSY:
            found.say(site, before, "was never asked again")


def _check_pair(
    site: Site, before: Request, request: Request, cut: float, past: Past, found: Found
) -> None:
    """One request and the next that was done with; the last between was `cut` short, if any was."""
    source, passed = site.source, request.true - before.true
    steps = past.moved(before.true, request.true)
    put_on = sum(by for by in steps if by > 0)
    if before.gone:
        found.say(site, request, "was asked though it is gone")
        return
    least: float = before.asked
    if not (source.at or source.cron):
        least = max(least, source.every.total_seconds() if source.every else LEAST)
    if passed + put_on < least - 1:
        found.say(site, request, f"was asked after {passed:.0f} s, not {least:.0f}")
    assert before.due is not None
    due = before.due - past.offset(before.true)
    if not steps:
        ready = past.up(max(due, before.told or 0.0, cut), request.true)
        late = request.true - ready
        if request.true < due - 0.01:
            found.say(site, request, f"was asked {-late:.0f} s before it was due")
        elif late >= TICK + BUSY:
            found.say(site, request, f"was asked {late:.0f} s late")
        found.lateness.append(late)
        return
    found.counts["over steps"] += 1
    wait = before.due - before.clock
    # Who begins anew can't tell by how much the clock was put back, and waits once more; who is killed
    # meanwhile leaves that to the next one.
    again = wait * past.born(before.true, request.true)
    if source.at or source.cron:
        again += sum(map(abs, steps))
    away = past.gone(before.true, request.true)
    if passed > wait + again + away + TICK + BUSY:
        found.say(site, request, f"was asked after {passed:.0f} s, not {wait:.0f}; steps {steps}")


def _check_due(site: Site, request: Request, named: list[float], found: Found) -> None:
    """When a source is to be asked next, by its owner's word alone."""
    source, now, due = site.source, request.clock, request.due
    assert due is not None
    least, most = now + request.asked, now + request.asked
    if named:
        if request.failed:
            least, most = max(least, now + LEAST), max(most, now + 8 * DAY)
        else:
            least = most = max(least, named[bisect_right(named, now)])
    else:
        every = source.every.total_seconds() if source.every else 0.0
        least = max(least, now + 1.01 * (every or LEAST))
        most = max(most, now + 1.1 * (every or MOST))
        if request.failed:
            most = max(most, now + 8 * DAY)
    if not least - 2 <= due <= most + 2:
        found.say(
            site, request, f"is due {due - now:.0f} s later: {least - now:.0f} to {most - now:.0f}"
        )


def _check_alarms(site: Site, past: Past, found: Found) -> None:
    """What was to be told, once; and all that was told for nothing."""
    begin, end = site.struck
    expected = {"silent": "quiet", "down": "failing", "gone": "gone", "moved": "moved"}
    wanted = expected.get(site.fate)
    lasting: dict[str, float] = {}
    true: list[tuple[float, float | None]] = []
    for at, alarm in site.alarms:
        found.alarms += alarm.over is None
        if alarm.over is not None:
            if lasting.pop(alarm.concern, None) is None:
                found.say(site, None, f"{alarm.concern} was over twice")
            if alarm.concern == wanted and true and true[-1][1] is None:
                true[-1] = (true[-1][0], at)
            continue
        if alarm.concern in lasting:
            found.say(site, None, f"{alarm.concern} was told twice")
        lasting[alarm.concern] = at
        hours = any(first <= at <= last + DAY for first, last, _ in site.moods)
        if alarm.concern == wanted and begin <= at < end:
            true.append((at, None))
        elif not (alarm.concern == "failing" and hours):
            found.false.append(
                f"{site.source.name} at {at / DAY:.2f}: {alarm.concern}: {alarm.words}"
            )
    if wanted is None or (wanted == "gone" and not any(one.gone and one.told for one in site.log)):
        return
    found.counts[f"{wanted} expected"] += 1
    if len(true) != 1:
        found.say(site, None, f"{site.fate} from {begin / DAY:.2f} to {end / DAY:.2f}: told {true}")
    elif wanted in ("quiet", "failing") and true[0][1] is None:
        found.say(site, None, f"{wanted} wasn't over")
    elif wanted in ("gone", "moved") and true[0][1] is not None:
        found.say(site, None, f"{wanted} was over at {true[0][1]}")


def _check_entries(world: World, past: Past, found: Found) -> None:
    """What was published is kept, each once."""
    kept = Counter(version.entry.title for version in world.archive.newest())
    found.counts["entries"] = len(kept)
    for site in world.sites.values():
        served: set[int] = set()
        for request in site.log:
            if request.told is not None:
                served |= set(range(*request.served))
        name = site.source.name
        for number in served:
            if (many := kept.pop(f"{name} {number}", 0)) != 1:
                found.say(site, None, f"entry {number} is kept {many} times")
        # What nobody saw was there only while we or the server were away.
        first = site.log[0].served[0] if site.log else 0
        for number in range(first, bisect_left(site.times, past.end - 3 * DAY)):
            begin = site.times[number]
            gone = past.gone(begin, begin + WINDOW)
            down = sum(
                min(last, begin + WINDOW) - max(first, begin) > 0 for first, last, _ in site.moods
            )
            lost = site.fate == "gone" and begin + WINDOW > site.struck[0]
            if number not in served and not lost and not down and gone < 12 * HOUR:
                found.say(site, None, f"entry {number} was missed")
    found.faults += [f"{title} is kept and was never given" for title in kept]
