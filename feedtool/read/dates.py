"""Dates as people and machines write them. Pure; never guesses a day that isn't there.

A full date has day, month and year; its time and offset are taken where they stand beside it.
Numbers are read day first, or as they are told to be, unless that is impossible. Text is expected
in NFC.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import date, tzinfo
from itertools import chain, islice

from feedtool.data import Struct
from feedtool.model import DateOrder, Published
from feedtool.read import clocks
from feedtool.read.almanac import MONTHS, THAI_MONTHS, WEEKDAYS, bare
from feedtool.read.zones import YEARS

MOST = 1000  # of the dates of one text: enough for any article, and bounds the work
LONGEST = 200  # letters of a text that is nothing but a date

# What may be a month: looked up afterwards, so that one expression serves every language.
_WORD = r"[^\W\d_][^\s\d,/()|:;+–—-]{1,14}"
_NAME = rf"{_WORD}(?:[ ]{_WORD}){{0,2}}?(?:[ ]?/[ ]?{_WORD}(?:[ ]{_WORD})?)?"
_YEAR = r"(?P<year>\d{4})(?!\d)"
_SOLE = r"(?<![\d.,/:-])"  # not the rest of a longer number
_DAY = rf"{_SOLE}(?P<day>\d{{1,2}})"
_NTH = r"(?:st|nd|rd|th|er|º|ª|°|\.)?"
_OF = r"(?:de[ ]|del[ ]|of[ ]|d['’])?"

_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        # 2020-12-15, 2020/12/15, 2020. 12. 15.
        (
            rf"{_SOLE}(?P<year>\d{{4}})(?P<s>[-/]|\.[ ]?)(?P<month>\d{{1,2}})(?P=s)"
            r"(?P<day>\d{1,2})(?!\d|[-/.]\d)(?:\.(?=[ ]|$))?"
        ),
        # 20201215T101500: eight digits alone are any number
        rf"{_SOLE}(?P<year>\d{{4}})(?P<month>\d\d)(?P<day>\d\d)(?=T\d\d)",
        # 15/12/2020, 15-12-2020, 15.12.2020, 15. 12. 2020
        rf"{_DAY}(?P<s>[-/]|\.[ ]?|[ ]/[ ])(?P<month>\d{{1,2}})(?P=s){_YEAR}(?![-/.]\d)",
        # 2020年12月15日, 2020년 12월 15일, 令和2年12月15日
        (
            r"(?P<era>令和|平成|昭和|民國|民国)?[ ]?(?<!\d)(?P<year>\d{1,4}|元)[ ]?[年년][ ]?"
            r"(?P<month>\d{1,2})[ ]?[月월][ ]?(?P<day>\d{1,2})[ ]?[日号號일]"
        ),
        # 15 tháng 12 năm 2020, ngày 15 tháng 12, 2020
        rf"{_DAY}[ ]tháng[ ](?P<month>\d{{1,2}})(?:,|[ ]năm)?[ ]{_YEAR}",
        # 15 December 2020, 27. Januar 2026, 15 de diciembre de 2020, 15-Dec-2020, 15 ธ.ค. 2563
        (
            rf"{_DAY}{_NTH}(?:[ ]|-|/){_OF}(?P<name>{_NAME})\.?(?:,?[ ]|-|/)"
            rf"(?:de[ ]|del[ ]|of[ ]|năm[ ]|พ\.ศ\.[ ]?)?{_YEAR}(?:[ ]г\.|[ ]року\b)?"
        ),
        # December 23, 2024, Dec. 23rd 2024
        rf"\b(?P<name>{_NAME})\.?[ ](?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:,[ ]?|[ ]){_YEAR}",
        # Sun Nov  6 08:49:37 1994 (RFC 9110 § 5.6.7), Tue Dec 15 10:00:00 +0700 2020
        (
            rf"\b(?P<name>{_WORD})[ ]{{1,2}}(?P<day>\d{{1,2}})[ ]"
            rf"(?P<clock>\d\d:\d\d:\d\d(?:[ ](?:[+-]\d{{4}}|[A-Z]{{1,5}}))?)[ ]{_YEAR}"
        ),
        # 2024. január 5., 2024 Jan 5
        rf"{_SOLE}(?P<year>\d{{4}})\.?[ -](?P<name>{_WORD})[ -](?P<day>\d{{1,2}})(?!\d)",
    )
)
# Day and month without a year; where one stands says whether it is a date at all.
_PARTIAL_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"{_DAY}(?P<s>[-/.])(?P<month>\d{{1,2}})(?![\d%]|(?P=s)\d)",
        r"(?<!\d)(?P<month>\d{1,2})[ ]?[月월][ ]?(?P<day>\d{1,2})[ ]?[日号號일]",
        rf"{_DAY}[ ]tháng[ ](?P<month>\d{{1,2}})(?!\d)",
        rf"{_DAY}{_NTH}[ ]{_OF}(?P<name>{_WORD})",
        rf"\b(?P<name>{_WORD})[ ](?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?![\d:.%])",
    )
)
# Every full date has one of these; nothing of it is further away.
_YEAR_SIGN = re.compile(r"\d{4}|[年년]")
_BEFORE, _BEHIND = 72, 48
_ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925, "民國": 1911, "民国": 1911}
# RFC 2822 § 4.3 reads two digits of a year; only where all of the form is there.
_SHORT_YEAR = re.compile(r"(\d{1,2}[ ][A-Z][a-z]{2}[ ])(\d\d)(?=[ ]\d\d:\d\d)")

_LEADS = frozenset("on the le el am den der dem il o la dia ngay 'ngay kl у в".split())  # noqa: SIM905


class Found(Struct, frozen=True):
    """A full date in a text: `quote` is `text[start:end]`."""

    published: Published
    quote: str
    start: int
    end: int


class Partial(Struct, frozen=True):
    """A day and month without a year in a text: `quote` is `text[start:end]`."""

    month: int
    day: int
    quote: str
    start: int
    end: int

    def before(self, latest: date) -> date | None:
        """Return the last such day that is not after `latest`; None if none is in eight years."""
        years = range(latest.year, latest.year - 9, -1)
        days = (_date(year, self.month, self.day) for year in years)
        return next((day for day in days if day and day <= latest), None)

    def within(self, year: int) -> date | None:
        """Return the day in `year`, or None where that year has no such day."""
        return _date(year, self.month, self.day)


def parse(value: str, zone: tzinfo, *, order: DateOrder | None = None) -> Published | None:
    """Return the date that `value` is, or None where it is impossible or more than a date.

    `zone` is for a time whose zone isn't named; `order` for numbers that can be read both ways,
    "day" where it is None. A day of the week may stand before the date; it is
    not compared with it.
    """
    value = unicodedata.normalize("NFC", value).strip()
    if not value or len(value) > LONGEST:
        return None
    value = _SHORT_YEAR.sub(lambda m: f"{m[1]}{'20' if m[2] < '50' else '19'}{m[2]}", value)
    if re.fullmatch(r"\d{8}", value):
        value = f"{value[:4]}-{value[4:6]}-{value[6:]}"
    value = " ".join(value.split())
    found = find(value, zone, order=order)
    if len(found) != 1 or not is_lead(value[: found[0].start]):
        return None
    return None if value[found[0].end :].strip(" .)]）日") else found[0].published


def is_lead(words: str) -> bool:
    """Return True where `words` may stand before a date without saying anything: "Tue,", "le"."""
    left = bare(words).strip(" ,([（:")
    if left in WEEKDAYS or left in _LEADS or not left:
        return True
    first, _, rest = left.rpartition(" ")
    return rest in _LEADS and first.strip(" ,") in WEEKDAYS


def find(text: str, zone: tzinfo, *, order: DateOrder | None = None) -> list[Found]:
    """Return the full dates in `text`, in order, at most the first 1,000; none overlap.

    `zone` is for times whose zone isn't named, `order` as in `parse`. A time beside a date belongs
    to it.
    """
    plain = _digits(text)
    found: list[Found] = []
    for start, end, day, clock in islice(_apart(_days(plain, order)), MOST):
        if day is None:
            continue
        floor = found[-1].end if found else 0
        begin, stop, moment = start, end, clocks.moment(day, clock, zone) if clock else None
        if moment is None:
            after = clocks.after(plain, end)
            moment = clocks.moment(day, after, zone)
            stop = after.end() if after and moment else end
        if moment is None:
            before = clocks.before(plain, floor, start)
            moment = clocks.moment(day, before, zone)
            begin = start - (len(before[0]) if before and moment else 0)
        published = Published.at(moment) if moment else Published.on(day)
        found.append(Found(published, text[begin:stop], begin, stop))
    return found


def partials(text: str, *, order: DateOrder | None = None) -> list[Partial]:
    """Return what may be a day and month without a year in `text`, in order, at most 1,000.

    `order` is as in `parse`. Fractions look the same ("9/11 thôn"): only the place in the text can
    tell.
    """
    plain = _digits(text)
    whole = [(start, end) for start, end, _, _ in islice(_apart(_days(plain, order)), MOST)]
    spans: list[tuple[int, int, Partial]] = []
    for form in _PARTIAL_FORMS:
        for match in islice(form.finditer(plain), MOST):
            month, day, start, end = _month(match), int(match["day"]), *match.span()
            if month and "s" in form.groupindex:
                month, day = _ordered(month, day, order if match["s"] in "-/" else None)
            if month and _date(2000, month, day):
                spans.append((start, end, Partial(month, day, text[start:end], start, end)))
    kept: list[Partial] = []
    for start, end, partial in sorted(spans, key=lambda span: (span[0], -span[1])):
        while whole and whole[0][1] <= start:
            whole.pop(0)
        if (not kept or kept[-1].end <= start) and not (whole and whole[0][0] < end):
            kept.append(partial)
    return kept


_Span = tuple[int, int, "date | None", "clocks.Clock | None"]


def _windows(plain: str) -> list[tuple[int, int]]:
    """Where there may be full dates: the neighbourhood of what may be a year."""
    windows: list[tuple[int, int]] = []
    for match in _YEAR_SIGN.finditer(plain):
        start, end = max(0, match.start() - _BEFORE), match.end() + _BEHIND
        if windows and windows[-1][1] >= start:
            windows[-1] = windows[-1][0], end
        else:
            windows.append((start, end))
    return windows


def _ordered(month: int, day: int, order: DateOrder | None) -> tuple[int, int]:
    """Month and day of a date in numbers that was read day first."""
    other = day, month
    if month > 12:
        return other if day <= 12 else (month, day)
    return other if order == "month" and day <= 12 else (month, day)


def _days(plain: str, order: DateOrder | None) -> Iterator[_Span]:
    """Every day in the text; None for one that can't be, so that no part of it is read either."""
    windows = _windows(plain)
    for form in _FORMS if windows else ():
        matches = chain.from_iterable(form.finditer(plain, *window) for window in windows)
        for match in islice(matches, MOST):
            groups = match.groupdict()
            month, start = _month(match), match.start()
            year = 1 if groups["year"] == "元" else int(groups["year"])
            era = groups.get("era")
            if era:
                year += _ERAS[era]
            elif len(groups["year"]) < 4:
                continue
            if month is None:
                continue
            name = groups.get("name")
            if name and start == match.start("name"):  # words before the month aren't of the date
                start = match.end("name") - len(_month_name(name))
            if name and year in range(2400, 2600) and bare(_month_name(name)) in THAI_MONTHS:
                year -= 543  # the Buddhist era
            day = int(groups["day"])
            if groups.get("s") and match.start("day") < match.start("month"):
                month, day = _ordered(month, day, order if groups["s"] in "-/" else None)
            clock = clocks.whole(groups["clock"]) if groups.get("clock") else None
            yield start, match.end(), _date(year, month, day), clock


def _apart(spans: Iterator[_Span]) -> Iterator[_Span]:
    """The spans in order, without those that begin inside another; the longer one wins."""
    reached = 0
    for span in sorted(spans, key=lambda span: (span[0], -span[1])):
        if span[0] >= reached:
            reached = span[1]
            yield span


def _month_name(name: str) -> str:
    """The words of what was matched that are the name of a month, or nothing."""
    words = name.replace("/", " / ").split() if "/" in name else name.split(" ")
    tries = (" ".join(part) for n in (3, 2, 1) for part in (words[:n], words[-n:]))
    return next((part for part in tries if bare(part) in MONTHS), "")


def _month(match: re.Match[str]) -> int | None:
    name = match.groupdict().get("name")
    return int(match["month"]) if name is None else MONTHS.get(bare(_month_name(name)))


def _date(year: int, month: int, day: int) -> date | None:
    if year not in YEARS:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


_NOT_ASCII_DIGIT = re.compile(r"[^\W\D_a-zA-Z0-9]|[\u00a0\u202f\u2009\t：／－．，]")


def _digit(match: re.Match[str]) -> str:
    sign = match[0]
    value = unicodedata.digit(sign, None)
    if value is not None:
        return str(value)
    return {"：": ":", "／": "/", "－": "-", "．": ".", "，": ","}.get(sign, " ")


def _digits(text: str) -> str:
    """The text with every script's digits as ASCII, letter for letter."""
    return _NOT_ASCII_DIGIT.sub(_digit, text)
