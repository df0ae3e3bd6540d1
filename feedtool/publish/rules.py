"""Which entries a feed is made of, and in what order they stand in it. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import TYPE_CHECKING

from feedtool import text
from feedtool.config import FeedTable, Order
from feedtool.errors import ConfigError, UsageError
from feedtool.kept import Version
from feedtool.model import Entry, handle

if TYPE_CHECKING:
    from feedtool.archive.query import Query, Term

Rule = Callable[[Version], bool]
"""True for what belongs into a feed."""


def rule(table: FeedTable) -> Rule:
    """Return the rule of a feed: an entry must do justice to each key that its table has, by any of
    the values there. `ConfigError` names what can't be understood."""
    tests: list[Rule] = []
    if table.sources:
        sources = frozenset(table.sources)
        tests.append(lambda one: one.source in sources)
    if table.since:
        since = table.since
        tests.append(lambda one: _day(one) >= since)
    if table.until:
        until = table.until
        tests.append(lambda one: _day(one) <= until)
    if table.languages:
        languages = [one.lower() for one in table.languages]
        tests.append(lambda one: any(_speaks(one.entry, tag) for tag in languages))
    if table.authors:
        authors = frozenset(map(text.fold, table.authors))
        tests.append(lambda one: any(text.fold(by.name) in authors for by in one.entry.authors))
    if table.categories:
        categories = frozenset(map(text.fold, table.categories))
        tests.append(lambda one: any(text.fold(at) in categories for at in one.entry.categories))
    if table.places:
        places = tuple(table.places)
        tests.append(lambda one: _place(one.entry).startswith(places))
    if table.words:
        queries = [_query(table, one) for one in table.words]
        tests.append(lambda one: any(_fits(one, query) for query in queries))
    if not tests:
        return lambda _: True
    return lambda version: all(test(version) for test in tests)


def rank(version: Version, order: Order) -> int:
    """Return where an entry stands, the greatest first: its time in seconds since 1970."""
    return int(_time(version, order).timestamp())


def _time(version: Version, order: Order) -> datetime:
    if order == "archived":
        return version.first_archived
    published = version.entry.published
    assert published is not None, "settled entries have a date"
    return (order == "updated" and version.entry.updated) or published.time


def _day(version: Version) -> date:
    assert version.entry.published is not None, "settled entries have a date"
    return version.entry.published.day


def _speaks(entry: Entry, tag: str) -> bool:
    """RFC 4647 § 3.3.1: "vi" takes vi-VN too."""
    return f"{entry.language or ''}-".lower().startswith(f"{tag}-")


def _place(entry: Entry) -> str:
    """Host and path of its own address; of a file, the source's name and the path in it."""
    return text.place(entry.link) if entry.link else handle(entry.id) or ""


def _query(table: FeedTable, asked: str) -> Query:
    from feedtool.archive.query import parse  # tables of search, for feeds that ask for words

    try:
        return parse(asked)
    except UsageError as error:
        raise ConfigError(f"feed {table.name}", "words", f"{asked!r} {error.reason}") from error


def _fits(version: Version, query: Query) -> bool:
    """True where `feedtool search` finds the entry by this."""
    from feedtool.archive import words

    published = version.entry.published
    assert published is not None, "settled entries have a date"
    if query.since and published.time < query.since:
        return False
    if query.until and published.time >= query.until:
        return False
    names = [person.name for person in version.entry.authors]
    rest = [version.entry.title, *words.passages(version.entry)]
    folded = {"author": _folded(names), "any": _folded([*names, *rest])}
    return all(_has(version, term, folded) != term.excluded for term in query.terms)


def _folded(texts: list[str]) -> list[str]:
    from feedtool.archive import words

    return [words.aligned(one)[0] for one in texts]


def _has(version: Version, term: Term, folded: dict[str, list[str]]) -> bool:
    if term.field == "source":
        return version.source == term.words.lower()
    return any(term.pattern.search(one) for one in folded[term.field])
