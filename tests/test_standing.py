"""How things stand with a source: each rule, by what goes in and what comes out."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from feedtool.data import replace
from feedtool.manners.moves import Move
from feedtool.manners.standing import Plan, Standing, failed, held_up, succeeded
from feedtool.model import Wishes
from tests.conftest import NOW, later

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
FREE = Plan("valley", None, HOUR, DAY)
TOLD = Plan("valley", timedelta(minutes=30), HOUR, DAY)
NEW = Standing()
ASKED = Standing(asked=NOW, due=later(hours=2), succeeded=NOW)
MOVE = Move("https://b.example/feed", NOW)


@pytest.mark.parametrize(
    ("plan", "hours", "unconditional", "expected"),
    [
        (FREE, (), False, HOUR),
        (FREE, (20,), False, 10 * HOUR),
        (FREE, (999,), False, DAY),
        (FREE, (), True, DAY),
        (FREE, (2,), True, DAY),
        (TOLD, (), False, HOUR / 2),
        (TOLD, (999,), False, HOUR / 2),
        (TOLD, (2,), True, HOUR / 2),
    ],
)
def test_how_often(
    plan: Plan, hours: tuple[int, ...], unconditional: bool, expected: timedelta
) -> None:
    """By the owner's word, else by the rhythm; what comes whole each time, at the longest."""
    times = tuple(NOW - one * HOUR for one in hours)
    assert plan.base(times, NOW, unconditional) == expected


@pytest.mark.parametrize(
    ("plan", "standing", "now", "expected"),
    [
        (FREE, NEW, NOW, True),
        (FREE, ASKED, later(hours=1, minutes=59), False),
        (FREE, ASKED, later(hours=1, minutes=59, seconds=59), False),
        (FREE, ASKED, later(hours=2), True),
        (TOLD, ASKED, later(minutes=29), False),  # whatever `due` was by an earlier configuration
        (TOLD, ASKED, later(minutes=32), True),
        (FREE, replace(ASKED, gone=True), later(days=99), False),
        (TOLD, replace(ASKED, not_before=later(hours=2)), later(hours=1, minutes=59), False),
        (FREE, replace(ASKED, not_before=later(hours=9)), later(hours=2), False),
        (FREE, replace(ASKED, not_before=later(hours=9)), later(hours=9), True),
        (FREE, ASKED, later(seconds=-59), False),
        (FREE, ASKED, later(seconds=-61), True),
        (FREE, replace(ASKED, not_before=later(hours=9)), later(days=-1), True),
        (FREE, replace(ASKED, gone=True), later(days=-1), False),
        (FREE, Standing(not_before=later(hours=1)), NOW, False),
    ],
)
def test_who_is_due(plan: Plan, standing: Standing, now: datetime, expected: bool) -> None:
    """Never what is gone, nor before the server allows; a clock put back silences nobody."""
    assert plan.is_due(standing, now) is expected


@pytest.mark.parametrize(
    ("plan", "fresh", "more", "unconditional", "least"),
    [
        (FREE, 0 * HOUR, False, False, HOUR),
        (FREE, 3 * HOUR, False, False, 3 * HOUR),
        (FREE, MINUTE, False, False, HOUR),
        (FREE, 0 * HOUR, False, True, DAY),
        (FREE, 0 * HOUR, True, True, HOUR),
        (TOLD, 0 * HOUR, False, True, HOUR / 2),
        (TOLD, 3 * HOUR, True, False, 3 * HOUR),
    ],
)
def test_when_it_is_asked_after_a_good_answer(
    plan: Plan, fresh: timedelta, more: bool, unconditional: bool, least: timedelta
) -> None:
    """After the interval and a tenth of it at most, or when what came is no longer fresh."""
    stands = succeeded(
        NEW, plan, NOW, fresh=fresh, move=None, more=more, unconditional=unconditional
    )
    assert stands.due is not None
    assert NOW + least <= stands.due <= NOW + least * 1.1 + timedelta(seconds=1)
    assert stands.not_before == (NOW + fresh if fresh else None)
    assert plan.is_due(stands, stands.due)


def test_what_a_good_answer_leaves() -> None:
    """Failures are forgotten; wishes, times and kind stay where it brings no others."""
    wishes = Wishes(3 * HOUR)
    before = Standing(
        failures=3,
        failing_since=later(days=-1),
        trouble="answers 500",
        not_before=later(hours=-1),
        asked=later(hours=-2),
        wishes=wishes,
        times=(later(hours=-9),),
        move=MOVE,
        kind="feed",
        unconditional=True,
    )
    after = succeeded(before, FREE, NOW, fresh=0 * HOUR, move=None)
    assert replace(after, due=None) == Standing(
        asked=NOW, succeeded=NOW, wishes=wishes, times=before.times, kind="feed", rounds=1
    )
    news = [later(hours=-1), later(hours=5)]
    after = succeeded(
        before, FREE, NOW, fresh=0 * HOUR, move=MOVE, wishes=Wishes(), new=news, kind="page"
    )
    assert after.times == (NOW, later(hours=-1), later(hours=-9))
    assert (after.wishes, after.kind, after.move) == (Wishes(), "page", MOVE)


@pytest.mark.parametrize(
    ("before", "status", "asked", "wait"),
    [
        (NEW, 500, None, HOUR),
        (NEW, None, None, HOUR),
        (Standing(failures=3), 500, None, 8 * HOUR),
        (Standing(failures=99), None, None, DAY),
        (NEW, 503, None, 4 * HOUR),
        (NEW, 429, 30 * HOUR, 30 * HOUR),
        (NEW, 429, MINUTE, HOUR),
        (Standing(failures=20), 404, None, 7 * DAY),
        (Standing(unconditional=True), 500, None, DAY),
        (NEW, 410, None, None),
        (Standing(failures=7, failing_since=later(days=-14)), 404, None, None),
        (Standing(failures=6, failing_since=later(days=-14)), 404, None, 64 * HOUR),
        (Standing(failures=7, failing_since=later(days=-13)), 404, None, 128 * HOUR),
        (Standing(failures=7, failing_since=later(days=-14)), 403, None, 128 * HOUR),
    ],
)
def test_what_a_failure_costs(
    before: Standing, status: int | None, asked: timedelta | None, wait: timedelta | None
) -> None:
    """It is left alone for so long, or for good (None); what it said of a move is forgotten."""
    before = replace(before, move=MOVE)
    after = failed(before, FREE, NOW, reason="answers\nso", status=status, asked=asked)
    assert after.failures == before.failures + 1
    assert after.failing_since == (before.failing_since or NOW)
    assert (after.trouble, after.asked, after.move) == ("answers so", NOW, None)
    assert after.unconditional is before.unconditional
    assert after.gone is (wait is None)
    assert after.not_before == (None if wait is None else NOW + wait)
    assert after.due is not None
    assert after.due >= NOW + (wait or HOUR)


@pytest.mark.parametrize(
    ("status", "asked", "before", "until"),
    [
        (429, None, None, 4 * HOUR),
        (503, 9 * HOUR, None, 9 * HOUR),
        (503, MINUTE, None, HOUR),
        (429, None, 6 * HOUR, 6 * HOUR),
    ],
)
def test_a_page_that_is_refused_holds_its_source_up(
    status: int, asked: timedelta | None, before: timedelta | None, until: timedelta
) -> None:
    """The host gets the time that it asks for, or hours; what holds longer goes on holding."""
    stands = replace(ASKED, not_before=NOW + before if before else None)
    after = held_up(stands, FREE, status, asked)
    assert after.not_before == NOW + until
    assert after.due == max(NOW + until, later(hours=2))
