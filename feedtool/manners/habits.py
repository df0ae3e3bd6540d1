"""The habits of a source: how long its silences are, and how sure the fields of its entries. Pure.

Of each source the eight longest silences are remembered, each counting for half as much after a
year. It is quiet once nothing new has come for two and a half times the second longest of them (so
that one feast isn't the measure), and for longer than they differ from each other by chance. Of a
source that is known for weeks half as much again is believed, and less the longer it is known; but
six times the longest is always unusual where four or more are alike.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from math import ceil, exp2
from typing import Any

from feedtool.data import Struct, replace
from feedtool.manners import traits as fields
from feedtool.manners.traits import Scores, Trait

_FORM = 1  # of the text
_HOUR, _DAY = 3600, 86_400
_REMEMBERED = 8
_RECENT = 16
_FADES = 365 * _DAY  # until then a silence counts for half
_LONGEST = 365 * _DAY  # that is remembered
_ENTRIES, _SPAN = 8, 28 * _DAY  # what must be known before anything is called unusual
_BLIND = 2 * _DAY  # when nobody has asked for so long, entries may have come and gone
_GROWTH = 4  # times the longest: the most that a silence is believed to be a habit

# When a silence is an alarm: all of these must be over.
_SECOND = 2.5  # times the second longest silence
_FIRST = 1.7  # times the longest
# Those that are at least a quarter as long as the longest are like it.
_ALIKE = 4
# Where they fill a quarter of all time they are the rhythm, no accidents; of few of them nobody
# knows how long they can get: ten times the longest where there is one, five where two, and so on.
_SHARE, _FEW = 1 / 4, 10
# Beyond the shortest of them, times by how much they exceed it on the mean: of silences at random,
# of which eight are known, one in three thousand is longer.
_SCATTER = 14
# However they differ, as nights and feasts do: of four that are alike, none is so long by chance.
_MOST, _SEVERAL = 6, 4  # times the longest
_YOUNG = 1.5  # times as much is believed at most of a source that is known for weeks
_LEAST = _DAY
_FEAST, _NIGHTS = 100 * _HOUR, 16  # three days and the nights about them, for those who sleep


class Habits(Struct, frozen=True):
    """What is usual with a source.

    `silences` are the longest between two of its `entries`: how long, and until when (seconds since
    1970). `first` and `last` are when entries came. From `quiet_at` on, its silence is unusual;
    None as long as too little is known. `traits` are those of `manners.traits.FIELDS`; `recent` are
    the marks of the entries that taught them last.
    """

    silences: tuple[tuple[int, int], ...] = ()
    entries: int = 0
    first: int | None = None
    last: int | None = None
    quiet_at: datetime | None = None
    traits: tuple[Trait, ...] = fields.NEW
    recent: tuple[int, ...] = ()

    @property
    def longest(self) -> timedelta:
        """The longest silence that is remembered; none where nothing is."""
        return timedelta(seconds=max((length for length, _ in self.silences), default=0))

    @property
    def silent_since(self) -> datetime | None:
        """When something new came last."""
        return None if self.last is None else datetime.fromtimestamp(self.last, UTC)


def learn(
    before: Habits,
    *,
    times: Sequence[datetime],
    traits: Mapping[int, Scores],
    now: datetime,
    seen_before: datetime | None,
) -> Habits:
    """Return what is usual after a round that brought new entries, published at `times`, and new or
    revised ones with these `traits`, by their marks, the oldest first.

    `seen_before` is when the source was read before this, None where it never was: what is new came
    after that, whatever date it bears.
    """
    at = int(now.timestamp())
    fresh = {mark: scores for mark, scores in traits.items() if mark not in before.recent}
    learned = fields.learn(before.traits, fresh.values(), at)
    recent = (*before.recent, *fresh)[-_RECENT:]
    if not times:
        return replace(before, traits=learned, recent=recent)
    # A clock that was put back must not blind us until it gets there again.
    seen = None if seen_before is None else min(int(seen_before.timestamp()), at)
    last = None if before.last is None else min(before.last, at)
    came = sorted(_came(time, seen, at) for time in times)
    longest = max(
        (_length(one, at if last is None else last) for one in before.silences), default=0.0
    )
    most = _GROWTH * longest if before.quiet_at else _LONGEST
    blind = seen is not None and at - seen > max(_BLIND, longest)
    silences = list(before.silences)
    for time in came:
        if last is not None:
            # Nobody knows what came and went while we were away: only what was seen counts.
            end = seen if blind and seen is not None else time
            silences.append((int(min(max(end - last, 0), most, _LONGEST)), time))
        last, blind = time, False
    ranked = sorted(((_length(one, at), one) for one in silences), reverse=True)[:_REMEMBERED]
    entries = before.entries + len(came)
    first = came[0] if before.first is None else min(before.first, came[0])
    until: datetime | None = None
    if entries >= _ENTRIES and len(ranked) > 1 and came[-1] - first >= _SPAN:
        patience = _patience([length for length, _ in ranked], came[-1] - first)
        until = datetime.fromtimestamp(came[-1] + patience, UTC)
    return Habits(tuple(one for _, one in ranked), entries, first, came[-1], until, learned, recent)


def _came(time: datetime, seen: int | None, now: int) -> int:
    when = int(time.timestamp())
    return min(when if seen is None else max(when, seen), now)


def _length(silence: tuple[int, int], now: int) -> float:
    """A silence as it counts now."""
    length, end = silence
    return length * exp2(-max(now - end, 0) / _FADES)


def _patience(lengths: list[float], span: int) -> int:
    """How long a silence may be, in seconds: of a source that is known for so long, and whose
    longest silences count so much, the longest first."""
    longest, second = lengths[:2]
    alike = [length for length in lengths if length >= longest / _ALIKE]
    excess = sum(alike) / len(alike) - alike[-1]
    few = _FEW / len(alike) if sum(alike) > _SHARE * span else 0
    unusual = max(_SECOND * second, _FIRST * longest, alike[-1] + _SCATTER * excess)
    # The shorter it is known, the more of what is usual, as a slow season, is still to come.
    unusual *= min(1 + _SPAN / span, _YOUNG)
    if len(alike) >= _SEVERAL:
        unusual = min(unusual, _MOST * longest)
    return ceil(max(unusual, few * longest, min(_FEAST, _NIGHTS * longest), _LEAST))


def to_text(habits: Habits) -> str:
    """Return habits as text: JSON without spaces."""
    quiet_at = None if habits.quiet_at is None else int(habits.quiet_at.timestamp())
    traits = [
        [one.usual, one.known, one.low, one.total, one.longest, one.since] for one in habits.traits
    ]
    known = [
        habits.entries,
        habits.first,
        habits.last,
        quiet_at,
        habits.silences,
        traits,
        habits.recent,
    ]
    return json.dumps([_FORM, *known], separators=(",", ":"))


def from_text(told: str) -> Habits:
    """Return habits from text; what can't be read says nothing."""
    try:
        form, entries, first, last, quiet_at, silences, traits, recent = json.loads(told)
        if form != _FORM or len(traits) != len(fields.FIELDS):
            return Habits()
        return Habits(
            tuple((min(int(length), _LONGEST), int(end)) for length, end in silences),
            int(entries),
            _whole(first),
            _whole(last),
            None if quiet_at is None else datetime.fromtimestamp(quiet_at, UTC),
            tuple(_trait(*trait) for trait in traits),
            tuple(int(mark) for mark in recent),
        )
    except (ValueError, TypeError, OverflowError, OSError, RecursionError):
        return Habits()


def _whole(seconds: Any) -> int | None:
    return None if seconds is None else int(seconds)


def _trait(usual: Any, known: Any, low: Any, total: Any, longest: Any, since: Any) -> Trait:
    return Trait(float(usual), int(known), int(low), float(total), float(longest), int(since))
