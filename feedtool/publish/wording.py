"""The words of the site's own in the languages that there are, and dates as people write them.

A language is a file in `languages/`, named by its subtag. A site whose language has none speaks
English around what its articles say in theirs.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import get_args

from feedtool.data import Struct
from feedtool.errors import PublishError
from feedtool.kept import Concern
from feedtool.model import Published

DEFAULT = "en"
# Primary subtags of languages that are written from right to left, and scripts that are.
_RIGHT_TO_LEFT = {
    "ar", "arc", "ary", "arz", "azb", "bal", "ckb", "dv", "fa", "glk", "he", "khw", "ks", "lrc",
    "mzn", "nqo", "pnb", "prs", "ps", "sd", "skr", "syr", "ug", "ur", "yi",
}  # fmt: skip
_SCRIPTS = {"adlm", "arab", "aran", "hebr", "mand", "nkoo", "rohg", "samr", "syrc", "thaa"}
_LISTS = {"months": 12, "weekdays": 7, "short_weekdays": 7}
_TABLES = ("concerns", "fields")


class Moment(Struct, frozen=True):
    """A time on a page: for machines, in words, and whether it is only when something was seen."""

    iso: str
    words: str
    guessed: bool = False


class Wording(Struct, frozen=True, kw_only=True):
    """The site's own words in one language; docs/themes.md says what each is for."""

    comma: str
    date_pattern: str
    month_pattern: str
    time_pattern: str
    months: tuple[str, ...]
    weekdays: tuple[str, ...]
    short_weekdays: tuple[str, ...]
    skip: str
    site: str
    feeds: str
    sources: str
    archive: str
    nothing: str
    first_seen: str
    original: str
    day: str
    month_and_year: str
    files: str
    tags: str
    versions: str
    first_version: str
    markup_only: str
    evidence: str
    subscribe: str
    how: str
    opml: str
    pages: str
    page: str
    older: str
    newest: str
    by_month: str
    alarms: str
    began: str
    over: str
    concerns: Mapping[str, str]
    fields: Mapping[str, str]

    def on(self, day: date) -> str:
        """Return a day as people of the language write it."""
        name = self.months[day.month - 1]
        return _day(self.date_pattern, name, day.day, day.month, day.year)

    def in_month(self, year: int, month: int) -> str:
        """Return a month of a year, likewise."""
        return self.month_pattern.format(month=month, name=self.months[month - 1], year=year)

    def at(self, when: datetime, *, zone: bool = True) -> Moment:
        """Return a time in its own offset; `zone`: naming that."""
        words = self.time_pattern.format(date=self.on(when), hour=when.hour, minute=when.minute)
        return Moment(when.isoformat(), f"{words} {_offset(when)}" if zone else words)

    def published(self, when: Published, *, guessed: bool, zone: bool = True) -> Moment:
        """Return when something appeared, as exactly as is known: a day has no time, nor has what
        was `guessed`."""
        if when.precision == "day" or guessed:
            return Moment(when.day.isoformat(), self.on(when.day), guessed)
        return self.at(when.time, zone=zone)


@lru_cache(256)  # many articles are of one day
def _day(pattern: str, name: str, day: int, month: int, year: int) -> str:
    return pattern.format(day=day, month=month, name=name, year=year)


def parse(data: bytes, path: object) -> Wording:
    """Return the wording in a file of a language; raises `PublishError` that names the fault."""
    try:
        table = tomllib.loads(data.decode("utf-8"))
    except ValueError as error:  # not UTF-8, or not TOML
        raise PublishError(path, f"is not TOML: {error}") from error
    names = set(Wording.__struct_fields__)
    for name in sorted(names ^ table.keys()):
        raise PublishError(path, f"has no {name}" if name in names else f"{name} is unknown")
    for name, length in _LISTS.items():
        if not _is_list(table[name], length):
            raise PublishError(path, f"{name} is no list of {length} words")
        table[name] = tuple(table[name])
    for name in sorted(names - _LISTS.keys() - set(_TABLES)):
        if not isinstance(table[name], str):
            raise PublishError(path, f"{name} is no text")
    for name in _TABLES:
        if not isinstance(table[name], dict):
            raise PublishError(path, f"{name} is no table")
    for concern in get_args(Concern):
        if not isinstance(table["concerns"].get(concern), str):
            raise PublishError(path, f"has no concerns.{concern}")
    try:
        wording = Wording(**table)
        wording.on(date(2020, 12, 15))
        wording.in_month(2020, 12)
        wording.at(datetime(2020, 12, 15, tzinfo=UTC))
        wording.page.format(2)
        wording.original.format(host="")
        wording.alarms.format(site="")
        for pattern in (wording.began, wording.over):
            pattern.format(source="", concern="")
    except (AttributeError, IndexError, KeyError, ValueError) as error:
        raise PublishError(path, f"has a pattern that can't be filled: {error}") from error
    return wording


def primary(tag: str | None) -> str:
    """Return the first subtag of a language tag (BCP 47), which names the language itself."""
    return (tag or DEFAULT).partition("-")[0].lower()


def spoken(tag: str) -> tuple[str, ...]:
    """Return what of a language tag matters to those who read or speak a text: language and script,
    and the region only where that tells the script."""
    first, *others = tag.lower().split("-")
    if first == "zh":
        return first, *others
    return first, *_scripts(others)


def is_right_to_left(tag: str) -> bool:
    """True for the tag of a language that is written from right to left."""
    first, *others = tag.lower().split("-")
    scripts = _scripts(others)
    return scripts[0] in _SCRIPTS if scripts else first in _RIGHT_TO_LEFT


def _scripts(subtags: list[str]) -> list[str]:
    # RFC 5646 § 2.2.3: four letters, after the language; what comes after x- is private.
    own = subtags[: subtags.index("x")] if "x" in subtags else subtags
    return [one for one in own if len(one) == 4 and one.isalpha()]


def _is_list(value: object, length: int) -> bool:
    return (
        isinstance(value, list)
        and len(value) == length
        and all(isinstance(one, str) for one in value)
    )


def _offset(when: datetime) -> str:
    offset = when.utcoffset() or timedelta(0)
    if not offset:
        return "UTC"
    hours, minutes = divmod(abs(int(offset.total_seconds())) // 60, 60)
    sign = "-" if offset < timedelta(0) else "+"
    return f"UTC{sign}{hours}:{minutes:02}" if minutes else f"UTC{sign}{hours}"
