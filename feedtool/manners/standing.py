"""How things stand with a source: what its server and its own rhythm say of the next request.

Whatever an owner's `every` says, a server that asks for more time gets it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from feedtool import text
from feedtool.data import Struct, replace
from feedtool.kept import Alarm
from feedtool.manners import calendar, rhythm
from feedtool.manners.calendar import Calendar
from feedtool.manners.headers import back_off
from feedtool.manners.moves import Move
from feedtool.model import Kind, Source, Wishes

NOTHING = Wishes()
_LONG_MISSING = timedelta(days=14)
_OFTEN_MISSING = 8
_MISSING = 404
_MARGIN = timedelta(minutes=1)  # a clock that starts us each hour is some seconds off


class Standing(Struct, frozen=True, kw_only=True):
    """What is known of a source's server.

    `failures` in a row, the first of them at `failing_since`, the last told in `trouble`. It isn't
    to be asked before `not_before`, as it said, nor before `due`, by our own rhythm; never again if
    it is `gone`. It was `asked` last, and gave what it was asked for at `succeeded`. `times` are
    those of its newest entries, newest first. `move`: where it says that it has gone. `kind`: what
    its document was, and `place` where that was. `unconditional`: it gave nothing to ask by whether
    it has changed (ETag, Last-Modified), so that each request costs the whole document. `rounds`
    counts how often it was read. From `quiet_at` on, its having brought nothing is an alarm;
    `alarms` are those that last.
    `empty` counts rounds in a row in which it held no entry, up to two.
    """

    failures: int = 0
    failing_since: datetime | None = None
    trouble: str | None = None
    not_before: datetime | None = None
    due: datetime | None = None
    gone: bool = False
    asked: datetime | None = None
    succeeded: datetime | None = None
    wishes: Wishes = NOTHING
    times: tuple[datetime, ...] = ()
    move: Move | None = None
    kind: Kind | None = None
    place: str | None = None
    unconditional: bool = False
    rounds: int = 0
    quiet_at: datetime | None = None
    alarms: tuple[Alarm, ...] = ()
    empty: int = 0


class Plan(Struct, frozen=True):
    """How often a source may be read: by its owner's word `every` so often or by a `calendar`, else
    between two bounds."""

    name: str
    every: timedelta | None
    least: timedelta
    most: timedelta
    calendar: Calendar | None = None
    place: str | None = None

    def known(self, standing: Standing) -> Standing:
        """How things stand with the source: what a server did at another place, from which its
        owner has moved it, is no matter any more."""
        if None in (self.place, standing.place) or self.place == standing.place:
            return standing
        return replace(
            standing,
            failures=0,
            failing_since=None,
            trouble=None,
            not_before=None,
            due=None,
            gone=False,
            move=None,
        )

    def base(
        self, times: tuple[datetime, ...], now: datetime, unconditional: bool = False
    ) -> timedelta:
        """The time between two rounds, for a source with entries of these times; what can only be
        asked for whole isn't asked for more often than need be, unless its owner says so."""
        least = self.most if unconditional else self.least
        if self.calendar is not None:
            return self.least
        return self.every or rhythm.interval(times, now, least, self.most)

    def after(
        self, asked: datetime, base: timedelta, wishes: Wishes, not_before: datetime | None
    ) -> datetime:
        """When a source that was asked at `asked`, and answered, is due."""
        if self.calendar is None:
            return rhythm.next_due(self.name, asked, base, wishes, not_before)
        due = self.calendar.after(asked)
        return due if not_before is None else max(due, not_before)

    def due(self, standing: Standing) -> datetime | None:
        """When a source is due by what its owner says today, None where it was never asked."""
        asked, not_before = standing.asked, standing.not_before
        if standing.due is None or asked is None:
            return not_before
        if self.every is not None:
            return rhythm.next_due(self.name, asked, self.every, standing.wishes, not_before)
        if self.calendar is not None and not standing.failures:
            return self.after(asked, self.least, standing.wishes, not_before)
        return standing.due

    def is_due(self, standing: Standing, now: datetime) -> bool:
        """True where the source may be asked at `now`. A clock that was put back silences nobody
        for longer than was meant."""
        if standing.gone:
            return False
        if standing.asked is not None and now < standing.asked - _MARGIN:
            return True
        if standing.not_before is not None and now < standing.not_before:
            return False
        due = self.due(standing)
        # The owner's own word may be taken to the minute, what we made up may not.
        return due is None or now >= due - (_MARGIN if self.every else timedelta(0))


def calendar_of(source: Source) -> Calendar | None:
    """The times when its owner wants `source` read, if there are any; or raise `ValueError`."""
    if source.at:
        return calendar.at(source.at, source.time_zone)
    return calendar.cron(source.cron, source.time_zone) if source.cron is not None else None


def succeeded(
    before: Standing,
    plan: Plan,
    now: datetime,
    *,
    fresh: timedelta,
    move: Move | None,
    wishes: Wishes | None = None,
    new: Iterable[datetime] = (),
    more: bool = False,
    kind: Kind | None = None,
    unconditional: bool = False,
) -> Standing:
    """Return how things stand after an answer that could be read.

    `fresh` is how long it stays as it is; `wishes` what the document says, if it was read; `new`
    the times of the entries that it brought. `more`: there is more to be read than one round takes.
    `unconditional`: it came with nothing to ask by whether it has changed.
    """
    brought = list(new)
    times = rhythm.keep(before.times, brought, now) if brought else before.times
    told = before.wishes if wishes is None else wishes
    not_before = now + fresh if fresh else None
    base = plan.every or plan.least if more else plan.base(times, now, unconditional)
    return Standing(
        not_before=not_before,
        due=plan.after(now, base, told, not_before),
        asked=now,
        succeeded=now,
        wishes=told,
        times=times,
        move=move,
        kind=kind or before.kind,
        place=plan.place,
        unconditional=unconditional,
        rounds=before.rounds + 1,
        quiet_at=before.quiet_at,
        alarms=before.alarms,
        empty=before.empty,
    )


def looked_into(
    before: Standing, plan: Plan, now: datetime, *, new: Iterable[datetime], reason: str | None
) -> Standing:
    """Return how things stand with a file or folder that was read, or failed for this reason; no
    server has to be spared."""
    due = plan.calendar.after(now) if plan.calendar else now + plan.base((), now)
    if reason is not None:
        return replace(failed(before, plan, now, reason=reason), not_before=None, due=due)
    stands = succeeded(before, plan, now, fresh=timedelta(0), move=None, new=new)
    return replace(stands, due=due)


def failed(
    before: Standing,
    plan: Plan,
    now: datetime,
    *,
    reason: str,
    status: int | None = None,
    asked: timedelta | None = None,
) -> Standing:
    """Return how things stand after a failure: `status` is what HTTP answered, if anything did, and
    `asked` what Retry-After said."""
    failures, since = before.failures + 1, before.failing_since or now
    base = plan.base((), now, before.unconditional)
    wait = back_off(status, failures, base, asked)
    missed = status == _MISSING and failures >= _OFTEN_MISSING and now - since >= _LONG_MISSING
    gone = wait is None or missed
    not_before = now + wait if wait and not gone else None
    # By a calendar, a round that failed is made up for before the next.
    due = plan.calendar and not_before
    return replace(
        before,
        failures=failures,
        failing_since=since,
        trouble=text.shorten(text.line(reason), 300),
        not_before=not_before,
        due=due or rhythm.next_due(plan.name, now, base, before.wishes, not_before),
        gone=gone,
        asked=now,
        place=plan.place,
        rounds=before.rounds + 1,
        move=None,  # asked where its owner said, next time
    )


def held_up(before: Standing, plan: Plan, status: int, asked: timedelta | None) -> Standing:
    """Return how things stand where the source answered, but a page that it led to was refused by
    429 or 503: the host wants to be left alone."""
    assert before.asked is not None
    wait = back_off(status, 1, plan.every or plan.least, asked)
    until = before.asked + wait if wait else before.asked
    not_before = max(until, before.not_before or until)
    due = max(not_before, before.due or not_before)
    return replace(before, not_before=not_before, due=due)
