"""Times that an owner names, through the days on which clocks are put forward and back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedtool.manners.calendar import Calendar, at, cron

BERLIN, NEW_YORK = "Europe/Berlin", "America/New_York"
HANOI, LORD_HOWE, APIA = "Asia/Ho_Chi_Minh", "Australia/Lord_Howe", "Pacific/Apia"
ZONES = (BERLIN, NEW_YORK, HANOI, LORD_HOWE, APIA, "UTC", None)
BEGIN, END = datetime(2024, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)
# Days on which the clocks of these zones are changed, and one on which none is.
CHANGES = [
    datetime.fromisoformat(f"{day}T00:00Z")
    for day in """2011-12-30 2020-06-01 2024-03-10 2024-03-31 2024-04-06 2024-10-05 2024-10-27
    2024-11-03""".split()  # noqa: SIM905
]
MOMENTS = st.builds(
    lambda day, seconds: day + timedelta(seconds=seconds),
    st.sampled_from(CHANGES),
    st.integers(-2 * 86400, 2 * 86400),
) | st.integers(631152000, 2114380800).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


def _local(when: datetime, zone: str | None) -> datetime:
    return when.astimezone(ZoneInfo(zone) if zone else UTC)


def _times(calendar: Calendar, begin: datetime, end: datetime) -> list[datetime]:
    """Each time after `begin` up to `end`, found as a daemon does: each after the one before."""
    found: list[datetime] = []
    when = begin
    while (when := calendar.after(when)) <= end:
        found.append(when)
    return found


@pytest.mark.parametrize("zone", ZONES)
def test_a_daily_time_comes_once_a_day_all_year(zone: str | None) -> None:
    """Half past two comes on each day of the year once, those of the changes of clocks too."""
    begin = datetime(2024, 1, 1, tzinfo=ZoneInfo(zone) if zone else UTC)
    times = _times(at(["02:30"], zone), begin, begin.replace(year=2025))
    days = [_local(when, zone).date() for when in times]
    assert days == [date(2024, 1, 1) + timedelta(days=number) for number in range(366)]
    usual = [when for when in times if f"{_local(when, zone):%H:%M}" == "02:30"]
    assert len(usual) == (365 if zone in (BERLIN, NEW_YORK) else 366)


@pytest.mark.parametrize(
    ("zone", "time", "before", "expected"),
    [
        # Put forward: the first moment after the gap.
        (BERLIN, "02:30", "2024-03-30T12:00Z", ["2024-03-31T01:00Z", "2024-04-01T00:30Z"]),
        (NEW_YORK, "02:30", "2024-03-09T12:00Z", ["2024-03-10T07:00Z", "2024-03-11T06:30Z"]),
        (LORD_HOWE, "02:15", "2024-10-05T12:00Z", ["2024-10-05T15:30Z", "2024-10-06T15:15Z"]),
        # Put back: the first of both.
        (BERLIN, "02:30", "2024-10-26T12:00Z", ["2024-10-27T00:30Z", "2024-10-28T01:30Z"]),
        (NEW_YORK, "01:30", "2024-11-02T12:00Z", ["2024-11-03T05:30Z", "2024-11-04T06:30Z"]),
        (LORD_HOWE, "01:45", "2024-04-06T12:00Z", ["2024-04-06T14:45Z", "2024-04-07T15:15Z"]),
        # Within the hour that is shown twice, the second time.
        (BERLIN, "02:30", "2024-10-27T01:15Z", ["2024-10-28T01:30Z"]),
        # 30 December 2011 wasn't there: its time comes when it would have been over.
        (APIA, "06:00", "2011-12-29T12:00Z", ["2011-12-29T16:00Z", "2011-12-30T10:00Z"]),
        (APIA, "06:00", "2011-12-30T10:00Z", ["2011-12-30T16:00Z", "2011-12-31T16:00Z"]),
        (HANOI, "02:30", "2024-03-30T12:00Z", ["2024-03-30T19:30Z", "2024-03-31T19:30Z"]),
    ],
)
def test_clocks_that_are_changed_leave_out_and_double_nothing(
    zone: str, time: str, before: str, expected: list[str]
) -> None:
    """A time in the gap comes at its end, and one that is shown twice comes once."""
    calendar, when = at([time], zone), datetime.fromisoformat(before)
    for one in expected:
        when = calendar.after(when)
        assert when == datetime.fromisoformat(one)


@pytest.mark.parametrize("zone", [BERLIN, NEW_YORK, HANOI, None])
@pytest.mark.parametrize(
    ("line", "every"), [("*/15 * * * *", 15), ("0 * * * *", 60), ("5 0-23 * * *", 60)]
)
def test_what_goes_on_all_day_goes_on_in_real_time(zone: str | None, line: str, every: int) -> None:
    """Each quarter of an hour, or each hour, comes after the other through both changes."""
    for month in (3, 10, 11):
        begin = datetime(2024, month, 1, tzinfo=UTC)
        times = _times(cron(line, zone), begin, begin + timedelta(days=31))
        assert {b - a for a, b in pairwise(times)} == {timedelta(minutes=every)}


def test_half_an_hour_that_is_shown_twice_is_real_time_too() -> None:
    """On Lord Howe Island, where clocks are put back by half an hour, what the line says is seen
    twice then."""
    times = _times(
        cron("45 * * * *", LORD_HOWE),
        datetime(2024, 4, 6, 14, tzinfo=UTC),
        datetime(2024, 4, 6, 17, tzinfo=UTC),
    )
    shown = [f"{_local(when, LORD_HOWE):%H:%M%z}" for when in times]
    assert shown == ["01:45+1100", "01:45+1030", "02:45+1030"]


def _brute(line: str, zone: str | None, begin: datetime, end: datetime) -> list[datetime]:
    """The minutes in which a clock shows what a line of minutes says, looked at one by one."""
    minute = int(line.split(maxsplit=1)[0])
    count = int((end - begin) / _MINUTE)
    minutes = [begin + number * _MINUTE for number in range(1, count + 1)]
    return [when for when in minutes if _local(when, zone).minute == minute]


@given(st.sampled_from(ZONES), st.integers(0, 59), MOMENTS)
def test_hourly_times_are_those_that_the_clock_shows(
    zone: str | None, minute: int, begin: datetime
) -> None:
    """Whenever one begins, the times are those found by looking at each minute."""
    begin = begin.replace(second=0, microsecond=0)
    line, end = f"{minute} * * * *", begin + timedelta(days=1)
    assert _times(cron(line, zone), begin, end) == _brute(line, zone, begin, end)


@given(st.sampled_from(ZONES), st.integers(0, 23), st.integers(0, 59), MOMENTS)
def test_each_time_is_the_first_after_the_one_before(
    zone: str | None, hour: int, minute: int, begin: datetime
) -> None:
    """A daily time is after what it was asked about, of whole seconds, in UTC, never more than a
    day and a change of clocks later, and the same whenever one asks in between."""
    calendar = at([f"{hour:02}:{minute:02}"], zone)
    found = calendar.after(begin)
    assert begin < found <= begin + timedelta(hours=26 if zone != APIA else 48)
    assert found.tzinfo is UTC
    assert not found.microsecond
    assert calendar.after(begin + (found - begin) / 2) == found
    assert calendar.after(found - timedelta(seconds=1)) == found
    assert calendar.after(found) > found


@given(st.sampled_from((BERLIN, NEW_YORK, LORD_HOWE)), st.integers(0, 23), st.integers(0, 59))
def test_a_year_of_any_daily_time_has_each_day_once(zone: str, hour: int, minute: int) -> None:
    """Through both changes, whatever the time is."""
    begin = datetime(2024, 1, 1, tzinfo=ZoneInfo(zone)) - _MINUTE
    times = _times(at([f"{hour:02}:{minute:02}"], zone), begin, begin.replace(year=2024, month=12))
    days = [_local(when, zone).date() for when in times]
    assert days == [date(2024, 1, 1) + timedelta(days=number) for number in range(len(days))]


def test_several_times_come_in_their_order() -> None:
    """Whatever order they were written in, and once where they were written twice."""
    calendar = at(["18:30", "06:00", "06:00"], HANOI)
    assert calendar.lines == ("0 6 * * *", "30 18 * * *")
    times = _times(calendar, BEGIN, BEGIN + timedelta(days=2))
    assert [f"{when:%d %H:%M}" for when in times] == [
        "01 11:30",
        "01 23:00",
        "02 11:30",
        "02 23:00",
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("0 6 * * MON", "2024-01-08T06:00Z"),
        ("0 6 1 * *", "2024-02-01T06:00Z"),
        ("0 6 13 * FRI", "2024-01-05T06:00Z"),  # crontab(5): either of the two
        ("0 6 L * *", "2024-01-31T06:00Z"),
        ("0 6 29 2 *", "2024-02-29T06:00Z"),
        ("0 6 * jun sun#1", "2024-06-02T06:00Z"),
        ("*/20 8-10 * * *", "2024-01-02T08:00Z"),
    ],
)
def test_expressions_are_read_as_cron_does(line: str, expected: str) -> None:
    """Days of the month and of the week, names, steps and ranges."""
    when = datetime(2024, 1, 1, 12, tzinfo=UTC)
    assert cron(line).after(when) == datetime.fromisoformat(expected)


def test_a_time_years_ahead_is_found_through_all_changes() -> None:
    """29 February comes in the offset of its winter."""
    found = cron("0 * 29 2 *", BERLIN).after(datetime(2024, 7, 1, tzinfo=UTC))
    assert found == datetime(2028, 2, 28, 23, tzinfo=UTC)


@pytest.mark.parametrize("time", ["6:00", "24:00", "06:60", "06.00", "06:00:00", "", "٠٦:٠٠"])
def test_what_is_no_time_of_day_is_refused(time: str) -> None:
    """The reason shows it and one that is right."""
    with pytest.raises(ValueError, match="is no time of day, such as"):
        at(["05:00", time])


def test_no_time_at_all_is_refused() -> None:
    """An empty list would never come."""
    with pytest.raises(ValueError, match="names no time of day"):
        at([])


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("0 6 * *", "is not five fields"),
        ("0 0 6 * * *", "is not five fields"),
        ("@daily", "is not five fields"),
        ("60 6 * * *", "bad minute"),
        ("0 24 * * *", "bad hour"),
        ("0 6 * * mon-x", "bad day-of-week"),
        ("0 6 * * ²L", "bad day-of-week"),
        ("*/0 * * * *", "bad minute"),
        ("0 6 30 2 *", "never comes"),
        ("0 6 31 2,4 *", "never comes"),
        ("0 6 1-7 2 */7#5", "can't be read"),
        ("0 6 30-31 2 MON#9", "can't be read"),
        ("0 6 */31 * FRI#5", "FRI#5' never comes"),
    ],
)
def test_expressions_that_nobody_can_follow_are_refused(line: str, reason: str) -> None:
    """The reason says what is wrong."""
    with pytest.raises(ValueError, match=reason):
        cron(line)


@pytest.mark.parametrize(
    "make", [lambda zone: at(["06:00"], zone), lambda zone: cron("0 6 * * *", zone)]
)
def test_a_zone_that_nobody_knows_is_refused(make: object) -> None:
    """The reason names it."""
    with pytest.raises(ValueError, match="'Europe/Atlantis' is no time zone"):
        make("Europe/Atlantis")  # type: ignore[operator]


@given(st.text(alphabet="0123456789*/,-LW# MONJAN\t", max_size=24) | st.text(max_size=24))
def test_any_text_is_an_expression_or_refused_in_words(written: str) -> None:
    """Nothing but a plain ValueError comes of it, and what is taken has a next time."""
    try:
        calendar = cron(written)
    except ValueError:
        return
    assert calendar.after(BEGIN) > BEGIN
