"""What templates are given beside entries, and content as it stands in a page. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple
from urllib.parse import urlsplit

from feedtool.model import Entry
from feedtool.publish.document import Revision
from feedtool.publish.wording import Moment, Wording

_HOST = re.compile(r"https?://([a-z0-9.-]+)[/?#]")  # in nearly all addresses
_HEADING = re.compile(r"<(/?)h([1-6])\b")


class Form(NamedTuple):
    """A feed in one of its formats."""

    name: str
    media_type: str
    path: str
    title: str


class Place(NamedTuple):
    """A page that another one leads to; `path` is relative to the site's root or to the page."""

    path: str
    title: str


class Crumbs(NamedTuple):
    """The year, month and day that a page is of, in words."""

    year: str
    month: str
    day: str
    year_path: str
    month_path: str


class Original(NamedTuple):
    """Where an article was published first."""

    address: str
    words: str


class Change(NamedTuple):
    """A version of an article: its number, since when, and what changed in words."""

    number: int
    when: Moment
    changed: str


class Reason(NamedTuple):
    """Why a field has its value."""

    field: str
    quote: str
    rule: str
    percent: int


class Day(NamedTuple):
    """A day in a month's table: its number (0 outside the month) and, where it has articles, its
    page and what it is in words."""

    number: int
    path: str = ""
    words: str = ""


class Weekday(NamedTuple):
    """A day of the week: its name, and that cut short."""

    name: str
    short: str


def crumbs(words: Wording, year: int, month: int, day: int) -> Crumbs:
    """Return what leads from a day to its month and year."""
    folder = f"{year:04}"
    month_path = f"{folder}/{month:02}/index.html"
    name = words.months[month - 1]
    return Crumbs(str(year), name, str(day), f"{folder}/index.html", month_path)


def original(words: Wording, link: str) -> Original:
    """Return what leads to an article where it was published first."""
    plain = _HOST.match(link)
    host = (plain[1] if plain else urlsplit(link).hostname or link).removeprefix("www.")
    return Original(link, words.original.format(host=host))


def changes(words: Wording, revisions: Sequence[Revision]) -> tuple[Change, ...]:
    """Return the versions of an article, where there is more than one."""
    found = []
    for one in revisions if len(revisions) > 1 else ():
        names = words.comma.join(words.fields.get(name, name) for name in one.changed)
        changed = names or (words.first_version if one.number == 1 else words.markup_only)
        found.append(Change(one.number, words.at(one.when), changed))
    return tuple(found)


def reasons(words: Wording, entry: Entry) -> tuple[Reason, ...]:
    """Return why the fields of an entry have their values."""
    names = words.fields
    return tuple(
        Reason(names.get(one.field, one.field), one.quote, one.rule, round(one.confidence * 100))
        for one in entry.evidence
    )


def lead(entry: Entry, content: str | None) -> str | None:
    """Return the summary where it is to stand above the content, which may hold it already."""
    if content is None:
        return entry.summary
    summary, body = entry.summary or "", entry.content_text
    if not body or summary[:80].rstrip("…") in " ".join(body.split()):
        return None
    return summary


def days_of(year: int, month: int) -> list[int]:
    """Return the days of a month in whole weeks from Monday to Sunday, 0 for those outside it."""
    # Not by the module for calendars: it loads locales, which takes as long as a template.
    first = date(year, month, 1)
    length = (date(year + month // 12, month % 12 + 1, 1) - first).days
    days = [0] * first.weekday() + list(range(1, length + 1))
    return days + [0] * (-len(days) % 7)


def below_title(content: str) -> str:
    """Return content whose headings begin below the page's own and leave no level out, so that
    people can go through the page by its headings."""
    written = sorted({level for _, level in _HEADING.findall(content)})
    if not written:
        return content
    rank = {level: number for number, level in enumerate(written, 2)}
    given: dict[str, int] = {}
    last = 1

    def lowered(found: re.Match[str]) -> str:
        nonlocal last
        closing, level = found.groups()
        if not closing:
            given[level] = last = min(rank[level], last + 1, 6)
        return f"<{closing}h{given.get(level, 2)}"

    return _HEADING.sub(lowered, content)
