"""Dates as people and machines write them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedtool.model import DateOrder
from feedtool.read import almanac, dates, zones

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")

DAYS = [
    ("2020-12-15", "2020-12-15"),
    ("2020/12/15", "2020-12-15"),
    ("20201215", "2020-12-15"),
    ("2020.12.15", "2020-12-15"),
    ("2024. 1. 5.", "2024-01-05"),
    ("2020年12月15日", "2020-12-15"),
    ("２０２０年１２月１５日", "2020-12-15"),
    ("令和2年12月15日", "2020-12-15"),
    ("令和元年5月1日", "2019-05-01"),
    ("2024년 1월 5일", "2024-01-05"),
    ("15/12/2020", "2020-12-15"),
    ("15-12-2020", "2020-12-15"),
    ("15.12.2020", "2020-12-15"),
    ("5. 1. 2024", "2024-01-05"),
    ("4/11/2013", "2013-11-04"),
    ("12/23/2024", "2024-12-23"),
    ("27. Januar 2026", "2026-01-27"),
    ("December 23, 2024", "2024-12-23"),
    ("Dec. 23rd, 2024", "2024-12-23"),
    ("the 1st of March 2019", "2019-03-01"),
    ("15-Dec-2020", "2020-12-15"),
    ("ngày 15 tháng 12 năm 2020", "2020-12-15"),
    ("Thứ ba,  19/01/2021", "2021-01-19"),
    ("15 Tháng Mười Hai, 2020", "2020-12-15"),
    ("15 de diciembre de 2020", "2020-12-15"),
    ("le 15 décembre 2020", "2020-12-15"),
    ("1er janvier 2020", "2020-01-01"),
    ("15 de março de 2020", "2020-03-15"),
    ("15 декабря 2020 г.", "2020-12-15"),
    ("2024. január 5.", "2024-01-05"),
    ("15 ธันวาคม พ.ศ. 2563", "2020-12-15"),
    ("๑๕ ธ.ค. ๒๕๖๓", "2020-12-15"),
    ("١٥ ديسمبر ٢٠٢٠", "2020-12-15"),
    ("15 ديسمبر/كانون الأول 2020", "2020-12-15"),
    ("१५ दिसंबर २०२०", "2020-12-15"),
    ("29/02/2024", "2024-02-29"),
]
TIMES = [
    ("2020-12-15T10:00:00Z", "2020-12-15T10:00:00+00:00"),
    ("2020-12-15t10:00z", "2020-12-15T10:00:00+00:00"),
    ("2020-12-15T10:00:00.123456+01:00", "2020-12-15T10:00:00+01:00"),
    ("2020-12-15T10:00:60Z", "2020-12-15T10:00:59+00:00"),
    ("2020-12-15 10:00:00 +0000 UTC", "2020-12-15T10:00:00+00:00"),
    ("2020-12-15T10:00:00-0330", "2020-12-15T10:00:00-03:30"),
    ("20201215T101500Z", "2020-12-15T10:15:00+00:00"),
    ("2020-12-15T10", "2020-12-15T10:00:00+07:00"),
    ("Tue, 15 Dec 2020 10:00:00 GMT", "2020-12-15T10:00:00+00:00"),
    ("Tue, 15 Dec 20 10:00 EST", "2020-12-15T10:00:00-05:00"),
    ("Mon, 15 Dec 97 10:00 UT", "1997-12-15T10:00:00+00:00"),
    ("15 Dec 2020 10:00:00 -0500 (EST)", "2020-12-15T10:00:00-05:00"),
    ("Tue, 15 Dec 2020 10:00:00 ICT", "2020-12-15T10:00:00+07:00"),
    ("Sun Nov  6 08:49:37 1994", "1994-11-06T08:49:37+07:00"),
    ("Tue Dec 15 10:00:00 +0100 2020", "2020-12-15T10:00:00+01:00"),
    ("4/11/2013 2:25", "2013-11-04T02:25:00+07:00"),
    ("30.04.2024 - 16:48", "2024-04-30T16:48:00+07:00"),
    ("17/02/2024 - 09:36 (GMT+7)", "2024-02-17T09:36:00+07:00"),
    ("06/01/2026 - 14:16 UTC+1", "2026-01-06T14:16:00+01:00"),
    ("Tue, 26 November 2024 9:27PM", "2024-11-26T21:27:00+07:00"),
    ("Dec. 23, 2024 at 12:26 a.m.", "2024-12-23T00:26:00+07:00"),
    ("15/12/2020 03:26 CH", "2020-12-15T15:26:00+07:00"),
    ("28 November 2025 03:26 pm", "2025-11-28T15:26:00+07:00"),
    ("2020年12月15日（火）午後3時20分", "2020-12-15T15:20:00+07:00"),
    ("2024. 1. 5. 오후 3:20", "2024-01-05T15:20:00+07:00"),
    ("2024年1月5日 上午9:05", "2024-01-05T09:05:00+07:00"),
    ("15 декабря 2020, 10:30 МСК", "2020-12-15T10:30:00+03:00"),
    ("09:36, 17/02/2024", "2024-02-17T09:36:00+07:00"),
    ("9h36 ngày 17/02/2024", "2024-02-17T09:36:00+07:00"),
    ("9:27 PM EST, Tue November 26, 2024", "2024-11-26T21:27:00-05:00"),
    ("3. April 2019, 11:20 Uhr", "2019-04-03T11:20:00+07:00"),
    ("20/01/2026 18.30 WIB", "2026-01-20T18:30:00+07:00"),
    ("le 15 décembre 2020 à 10h30", "2020-12-15T10:30:00+07:00"),
    ("19 okt. 2022 om 06:00", "2022-10-19T06:00:00+07:00"),
    ("12 maggio 2022 alle 08.15", "2022-05-12T08:15:00+07:00"),
    ("12. maj 2022 kl. 08.15", "2022-05-12T08:15:00+07:00"),
    ("9:14 a.m. ET Dec. 3, 2021", "2021-12-03T09:14:00-05:00"),
    ("July 3, 2021, 9:14 AM PT", "2021-07-03T09:14:00-07:00"),
    ("15/12/2020 10:00 (giờ Hà Nội)", "2020-12-15T10:00:00+07:00"),
    ("17 Des 2020 08:15 WITA", "2020-12-17T08:15:00+08:00"),
    ("3 Jun 2021, 9:00 CEST", "2021-06-03T09:00:00+02:00"),
    ("12 Mayıs 2022 Perşembe 08:15", "2022-05-12T08:15:00+07:00"),
    ("٣ مايو ٢٠٢١ - ٠٢:١٥ م", "2021-05-03T14:15:00+07:00"),
    ("3 พ.ค. 2564 14:05 น.", "2021-05-03T14:05:00+07:00"),
    ("2024年1月5日 北京时间 9:05", "2024-01-05T09:05:00+07:00"),
    ("1850-01-05 03:00", "1850-01-05T03:00:00+07:06"),
]
NO_DATES = [
    "",
    "2024-02",
    "2021-13-45",
    "31/02/2020",
    "2023-02-29",
    "1599-01-01",
    "9999-01-01",
    "15/12/20",
    "2020-12-15T24:00:00Z",
    "2020-12-15T25:00:00Z",
    "2020-12-15T10:00:00+25:00",
    "2020-12-15 10:00 Foo",
    "15/12/2020 13:00 pm",
    "hello 2020-12-15",
    "15/12/2020 and 16/12/2020",
    "3.14.15.9265",
    "12345678901234",
    "15 Foo 2020",
    "x" * 1000,
]


@pytest.mark.parametrize(("words", "day"), DAYS)
def test_a_day_is_read_in_every_form(words: str, day: str) -> None:
    """A date without a time is that day, with the precision of a day."""
    found = dates.parse(words, HANOI)
    assert found is not None
    assert (found.day.isoformat(), found.precision) == (day, "day")


@pytest.mark.parametrize(("words", "time"), TIMES)
def test_a_time_keeps_its_own_offset(words: str, time: str) -> None:
    """A date with a time keeps the offset it names, and else has the given zone's."""
    found = dates.parse(words, HANOI)
    assert found is not None
    assert (found.time.isoformat(), found.precision) == (time, "second")


@pytest.mark.parametrize("words", NO_DATES)
def test_what_is_no_date_is_none(words: str) -> None:
    """Impossible dates and texts that are more than a date are none, never something near."""
    assert dates.parse(words, HANOI) is None


@pytest.mark.parametrize(
    ("words", "order", "day"),
    [
        ("3/4/2022", None, "2022-04-03"),
        ("3/4/2022", "day", "2022-04-03"),
        ("3/4/2022", "month", "2022-03-04"),
        ("25/4/2022", "month", "2022-04-25"),
        ("4/25/2022", "day", "2022-04-25"),
        ("3.4.2022", "month", "2022-04-03"),
        ("2022-04-03", "month", "2022-04-03"),
    ],
)
def test_an_order_decides_where_both_are_possible(
    words: str, order: DateOrder | None, day: str
) -> None:
    """Month first is only read where it is asked for, possible, and written with a slash or dash."""
    found = dates.parse(words, UTC, order=order)
    assert found is not None
    assert found.day.isoformat() == day
    assert [item.published.day for item in dates.find(words, UTC, order=order)] == [found.day]


def test_an_order_holds_for_dates_without_a_year() -> None:
    """A month and day are read in the order asked for."""
    [partial] = dates.partials("3/4", order="month")
    assert (partial.month, partial.day) == (3, 4)


def test_dates_in_a_text_come_in_order() -> None:
    """Every full date of a text is found, with its time, in order and with its place."""
    words = "Từ 09:36, 17/02/2024 đến 18/02/2024 10:30; in May 3, 2020 and 2021-13-45, 31/2/2020."
    found = dates.find(words, UTC)
    assert [item.quote for item in found] == [
        "09:36, 17/02/2024",
        "18/02/2024 10:30",
        "May 3, 2020",
    ]
    assert [item.published.precision for item in found] == ["second", "second", "day"]


def test_partial_dates_have_no_year() -> None:
    """A day and month are found where they are no part of a full date."""
    words = "Hôm nay (21/11), chiều 22-10, 15 tháng 12; 15/12/2020; Dec 15, 5 mars, 11月17日, 45/7"
    found = [(item.month, item.day) for item in dates.partials(words)]
    assert found == [(11, 21), (10, 22), (12, 15), (12, 15), (3, 5), (11, 17)]


def test_a_partial_date_is_resolved_as_the_last_one() -> None:
    """A day and month are the latest such day not after another; 29 February waits for its year."""
    november, leap = dates.partials("21/11"), dates.partials("29/2")
    assert november[0].before(date(2020, 3, 4)) == date(2019, 11, 21)
    assert november[0].before(date(2020, 11, 21)) == date(2020, 11, 21)
    assert november[0].within(2018) == date(2018, 11, 21)
    assert leap[0].before(date(2023, 3, 1)) == date(2020, 2, 29)
    assert leap[0].within(2023) is None


@pytest.mark.parametrize(
    ("time_zone", "language", "name"),
    [
        ("Asia/Tokyo", "vi", "Asia/Tokyo"),
        (None, "vi-VN", "Asia/Ho_Chi_Minh"),
        ("No/Where", "de", "Europe/Berlin"),
        ("../../etc/passwd", "ko", "Asia/Seoul"),
        (None, "en", "UTC"),
        (None, None, "UTC"),
    ],
)
def test_a_zone_is_found(time_zone: str | None, language: str | None, name: str) -> None:
    """The setting comes first, then the language's one country, then UTC."""
    assert str(zones.zone_for(time_zone, language)) == name


def test_every_zone_of_a_language_exists() -> None:
    """Each zone in the table of languages is in the time zone database."""
    assert all(
        str(zones.zone_for(None, code)) == name for code, name in zones.ZONE_OF_LANGUAGE.items()
    )


def test_no_month_has_two_numbers() -> None:
    """A month's name means one month, but for listopad and the like, which are left out."""
    numbers: dict[str, set[int]] = {}
    for names in almanac._MONTHS.values():
        for number, spellings in enumerate(names.split(), 1):
            for name in spellings.split("/"):
                numbers.setdefault(almanac.bare(name.replace("_", " ")), set()).add(number)
    assert not {name for name, found in numbers.items() if len(found) > 1}
    assert {len(names.split()) for names in almanac._MONTHS.values()} == {12}


@given(
    st.datetimes(datetime(1600, 1, 1), datetime(9998, 12, 31)),  # noqa: DTZ001
    st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)
def test_iso_times_come_back(moment: datetime, zone: timezone) -> None:
    """Every time that is written in ISO 8601 is read as that time."""
    whole = moment.replace(microsecond=0, tzinfo=zone)
    found = dates.parse(moment.replace(tzinfo=zone).isoformat(), HANOI)
    assert found is not None
    assert found.time == whole
    assert found.time.utcoffset() == whole.utcoffset()


@given(st.dates(date(1600, 1, 1), date(9998, 12, 31)))
def test_days_come_back_in_every_form(day: date) -> None:
    """Every day is read again from numbers, from words and among other words."""
    for form in (f"{day:%d}/{day:%m}/{day.year:04}", f"{day.day} {day:%B} {day.year:04}"):
        found = dates.find(f"x {form} y", UTC)
        assert [item.published.day for item in found] == [day]


@given(st.text(st.characters() | st.sampled_from("0123456789/-.: ,TZ年月日ago"), max_size=80))
def test_found_dates_quote_the_text(words: str) -> None:
    """Whatever the text, the quotes are of the text, in order and apart."""
    found = dates.find(words, UTC)
    assert all(item.quote == words[item.start : item.end] for item in found)
    assert all(one.end <= two.start for one, two in pairwise(found))
    assert all(item.quote == words[item.start : item.end] for item in dates.partials(words))
    dates.parse(words, UTC)


@pytest.mark.parametrize("unit", ["1", "a ", "1/", "1/1/2020 ", "1 May ", "年", "12:00 ", " "])
def test_a_large_text_takes_linear_time(unit: str) -> None:
    """A megabyte of anything is read, and no more than a thousand dates are returned."""
    words = unit * (1_000_000 // len(unit))
    assert len(dates.find(words, UTC)) <= dates.MOST
    assert len(dates.partials(words)) <= dates.MOST * 5
