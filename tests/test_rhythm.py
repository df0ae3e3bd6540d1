"""The rhythm: when a source is asked next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedtool.manners.rhythm import interval, keep, next_due
from feedtool.model import Wishes
from tests.conftest import NOW, later

SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
LEAST, MOST = HOUR, DAY
NEVER = Wishes(hours=frozenset(range(24)), days=frozenset(range(7)))


def _ago(*hours: float) -> list[datetime]:
    return [NOW - one * HOUR for one in hours]


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        ((), 1),
        ((0,), 1),
        ((2,), 1),
        ((10,), 5),
        ((1000,), 24),
        ((10, 20, 30, 40), 5),
        ((40, 10, 30, 20), 5),
        ((9, 9.5, 9.7, 40), 5),
        (tuple(range(6, 102, 6)), 3),
        ((*range(6, 102, 6), 5000), 3),
        ((-5,), 1),
        ((-5, -50, 12), 2),
    ],
)
def test_how_long_to_wait(hours: tuple[float, ...], expected: float) -> None:
    """Half of the mean time between the newest sixteen entries and now, within the bounds."""
    assert interval(_ago(*hours), NOW, LEAST, MOST) == expected * HOUR


def test_zones_make_no_difference() -> None:
    """Moments are compared, not how they are written."""
    there = [time.astimezone(timezone(7 * HOUR)) for time in _ago(10, 20)]
    assert interval(there, NOW, LEAST, MOST) == 5 * HOUR
    assert keep(there, _ago(15), NOW) == tuple(_ago(10, 15, 20))


def test_the_newest_are_kept() -> None:
    """Sixteen at most, the newest first, those that are yet to come as now."""
    assert keep((), (), NOW) == ()
    assert keep(_ago(3, 1), _ago(2, -7), NOW) == tuple(_ago(0, 1, 2, 3))
    assert keep(_ago(*range(16)), _ago(0.5, 99), NOW) == tuple(_ago(0, 0.5, *range(1, 15)))
    assert keep(_ago(1, 1), _ago(1), NOW) == tuple(_ago(1, 1, 1))


TIMES = st.lists(st.integers(-1000, 10**6).map(lambda minutes: NOW - minutes * HOUR / 60))
SPANS = st.integers(0, 10**7).map(lambda seconds: seconds * SECOND)


@given(TIMES, SPANS, SPANS, SPANS)
def test_silence_makes_it_longer(
    times: Sequence[datetime], silence: timedelta, least: timedelta, more: timedelta
) -> None:
    """While nothing comes, the time between two visits never shrinks, and keeps to its bounds."""
    soon = interval(times, NOW, least, least + more)
    late = interval(times, NOW + silence, least, least + more)
    assert least <= soon <= late <= least + more


@given(TIMES, TIMES)
def test_what_is_kept_is_all_it_takes(times: list[datetime], new: list[datetime]) -> None:
    """The times that are kept give the same as all of them would."""
    kept = keep(times, new, NOW)
    assert len(kept) == min(16, len(times) + len(new))
    assert keep(kept, (), NOW) == kept
    assert interval(kept, NOW, LEAST, MOST) == interval(times + new, NOW, LEAST, MOST)


@pytest.mark.parametrize(
    ("base", "every", "expected"),
    [
        (HOUR, None, HOUR),
        (HOUR, HOUR / 2, HOUR),
        (HOUR, 3 * HOUR, 3 * HOUR),
        (HOUR, 30 * DAY, DAY),
        (7 * DAY, 30 * DAY, 7 * DAY),
        (HOUR, timedelta(0), HOUR),
        (600 * SECOND, None, 600 * SECOND),
    ],
)
def test_what_a_document_wishes(
    base: timedelta, every: timedelta | None, expected: timedelta
) -> None:
    """The longer of the source's time and the document's wish counts, that up to a day."""
    for name in ("valley", "tin", "", "ử\ud800"):
        due = next_due(name, NOW, base, Wishes(every), None)
        assert NOW + expected + base * 0.01 <= due <= NOW + expected + base * 0.1 + SECOND


def test_sources_are_spread() -> None:
    """The same name is always due at the same moment, and others at others."""
    dues = [next_due(f"source {n}", NOW, HOUR, Wishes(), None) for n in range(300)]
    assert dues == [next_due(f"source {n}", NOW, HOUR, Wishes(), None) for n in range(300)]
    late = [(due - NOW - HOUR) / HOUR for due in dues]
    tenths = {int((share - 0.01) / 0.009) for share in late}
    assert tenths >= set(range(10))


@pytest.mark.parametrize(
    ("not_before", "expected"),
    [
        (later(hours=5), later(hours=5)),
        (later(hours=5, microseconds=1), later(hours=5, seconds=1)),
        (later(hours=5).astimezone(timezone(7 * HOUR)), later(hours=5)),
    ],
)
def test_it_waits_as_it_must(not_before: datetime, expected: datetime) -> None:
    """It is never due before it may be, in whole seconds and UTC."""
    due = next_due("valley", NOW, HOUR, Wishes(), not_before)
    assert (due, due.tzinfo) == (expected, UTC)
    assert next_due("valley", NOW, HOUR, Wishes(), later(hours=-5)) < later(hours=2)


@pytest.mark.parametrize(
    ("at", "hours", "days", "expected"),
    [
        ("2022-05-04T03:30:00", (), (), "2022-05-04T03:30:00"),
        ("2022-05-04T03:30:00", (2, 4), (), "2022-05-04T03:30:00"),
        ("2022-05-04T03:30:00", (3,), (), "2022-05-04T04:00:00"),
        ("2022-05-04T03:30:00", (3, 4, 5, 7), (), "2022-05-04T06:00:00"),
        ("2022-05-04T23:30:00", (23, 0, 1), (), "2022-05-05T02:00:00"),
        ("2022-05-04T03:30:00", (), (2,), "2022-05-05T00:00:00"),
        ("2022-05-04T03:30:00", (0,), (2, 3), "2022-05-06T01:00:00"),
        ("2022-05-04T03:30:00", range(23), (2,), "2022-05-05T23:00:00"),
        ("2022-05-04T23:30:00", range(1, 24), (0, 1, 3, 4, 5, 6), "2022-05-11T00:00:00"),
        ("2022-05-04T03:59:59.5", (4,), (), "2022-05-04T05:00:00"),
        ("2022-05-04T03:30:00", range(24), (), "2022-05-04T03:30:00"),
        ("2022-05-04T03:30:00", (), range(7), "2022-05-04T03:30:00"),
        ("2022-05-04T03:30:00", range(24), (2,), "2022-05-05T00:00:00"),
        ("2022-05-04T03:30:00", (3, 99), (8,), "2022-05-04T04:00:00"),
    ],
)
def test_when_it_is_left_alone(
    at: str, hours: Sequence[int], days: Sequence[int], expected: str
) -> None:
    """It waits for the first full hour that isn't skipped, on a day that isn't (4 May: Wednesday)."""
    moment = datetime.fromisoformat(at).replace(tzinfo=UTC)
    wishes = Wishes(hours=frozenset(hours), days=frozenset(days))
    due = next_due("valley", moment - DAY, HOUR, wishes, moment)
    assert due == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@given(
    st.text(max_size=20),
    st.integers(0, 10**9).map(lambda seconds: NOW + seconds * SECOND / 3),
    st.integers(-23, 23).map(lambda hours: timezone(hours * HOUR)),
    st.integers(1, 10**7).map(lambda seconds: seconds * SECOND),
    st.none() | SPANS,
    st.frozensets(st.integers(0, 23)),
    st.frozensets(st.integers(0, 6)),
    st.none() | SPANS,
)
def test_it_is_never_early(
    name: str,
    asked: datetime,
    zone: timezone,
    base: timedelta,
    every: timedelta | None,
    hours: frozenset[int],
    days: frozenset[int],
    wait: timedelta | None,
) -> None:
    """Whatever is wished, it is due after all that must pass, when it may be, within a week."""
    not_before = asked + wait if wait is not None else None
    due = next_due(name, asked.astimezone(zone), base, Wishes(every, hours, days), not_before)
    first = max(base, min(every or base, DAY))
    assert due.tzinfo is UTC
    assert due.microsecond == 0
    assert due >= asked + first + base / 100
    assert wait is None or due >= asked + wait
    assert due <= asked + max(first + base / 10, wait or first) + SECOND + 7 * DAY
    assert due.hour not in hours or len(hours) == 24
    assert due.weekday() not in days or len(days) == 7
    assert due == next_due(name, asked, base, Wishes(every, hours, days), not_before)


def test_never_is_not_believed() -> None:
    """A document that skips all hours of all days is read as one that skips none."""
    assert next_due("a", NOW, HOUR, NEVER, None) == next_due("a", NOW, HOUR, Wishes(), None)
