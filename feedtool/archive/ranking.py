"""How well an entry fits a query, and the words around the place that fits. Pure.

Words are found in the text as it is written, folded letter by letter. What was typed with marks is
exact where the text has the same marks; what was typed without them is exact wherever it is.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from itertools import islice

from feedtool.archive import words
from feedtool.archive.query import Query, Term, form
from feedtool.data import Struct
from feedtool.model import Entry

_PLACES = 1000  # of one term in one text: more make no entry better
_SCORED = 100_000  # letters of a text that a score looks at
_LOOKED = 4_000_000  # and those that a snippet is looked for in
_SPREAD = 2000  # places that a snippet is chosen from
_TYPICAL = 3000  # letters of a text that is neither short nor long
_LONGEST_WORD = 30  # letters that are given up for a cut between words
_IN_TITLE, _IN_AUTHORS, _IN_TEXT, _NEAR, _EXACT = 4.0, 2.0, 1.0, 2.0, 10.0


class Snippet(Struct, frozen=True):
    """Words of an entry, with an ellipsis where they are cut, and in `marks` the ranges of `text`
    that were searched for, in order."""

    text: str
    marks: tuple[tuple[int, int], ...] = ()


class _Place(Struct, frozen=True, order=True):
    start: int
    end: int
    term: int
    exact: bool


def score(entry: Entry, query: Query) -> float:
    """Return how well `entry` fits `query`, 0 or more: forms as typed before folded ones, then
    title before authors before text, more and nearer places before fewer, shorter before longer.

    Of a long text the beginning counts.
    """
    terms = [term for term in query.terms if not term.excluded and term.field != "source"]
    if not terms:
        return 0.0
    body = "\n".join(words.passages(entry))[:_SCORED]
    names = "\n".join(person.name for person in entry.authors)
    anywhere = [term if term.field == "any" else None for term in terms]
    title = _places(entry.title, anywhere, _PLACES)
    authors = _places(names, terms, _PLACES)
    text = _places(body, anywhere, _PLACES)
    long = 0.5 + len(body) / _TYPICAL
    exact, value = 0, 0.0
    for number in range(len(terms)):
        count = sum(1.0 if one.exact else 0.5 for one in text if one.term == number)
        value += _IN_TEXT * count / (count + long)
        value += _IN_TITLE * _best(title, number) + _IN_AUTHORS * _best(authors, number)
        exact += any(
            one.exact for some in (title, authors, text) for one in some if one.term == number
        )
    near = max(_nearness(title, len(terms)), _nearness(text, len(terms)))
    return _EXACT * exact + value / len(terms) + _NEAR * near


def snippet(entry: Entry, query: Query, length: int = 200) -> Snippet:
    """Return at most `length` letters of the summary or the text of `entry`, around the place where
    most of the words stand, nearest and as typed; its beginning where they stand elsewhere."""
    terms = [None if term.excluded or term.field != "any" else term for term in query.terms]
    best: tuple[float, str, list[_Place], int] = (0.0, "", [], 0)
    for passage in (entry.summary or "", *words.passages(entry)):
        text = " ".join(passage[:_LOOKED].split())
        places = _places(text, terms, _SPREAD // max(1, len(terms)))
        value, first = _densest(places, length - 2)
        if value > best[0] or not best[1]:
            best = (value, text, places, first)
    value, text, places, first = best
    start, end = (0, 0)
    if value:
        inside = [one for one in places[first:] if one.end <= places[first].start + length - 2]
        start, end = places[first].start, max([one.end for one in inside], default=0)
    return _cut(text, places, start, max(start, end), length)


def _places(text: str, terms: Sequence[Term | None], most: int) -> list[_Place]:
    """Where the terms stand in `text`, in order, the first `most` of each."""
    if not text or not any(terms):
        return []
    folded, at = words.aligned(text)
    found: list[_Place] = []
    for number, term in enumerate(terms):
        if term is None:
            continue
        for one in islice(term.pattern.finditer(folded), most):
            # With the marks after the last letter, of which nothing is left in folded text.
            start, end = at[one.start()], max(at[one.end()], at[one.end() - 1] + 1)
            exact = not term.marked or form(text[start:end]) == term.form
            found.append(_Place(start, end, number, exact))
    return sorted(found)


def _best(places: list[_Place], number: int) -> float:
    return max((1.0 if one.exact else 0.5 for one in places if one.term == number), default=0.0)


def _nearness(places: list[_Place], terms: int) -> float:
    """From 0, where no two terms stand in a text, to 1, where all do, side by side."""
    last: dict[int, _Place] = {}
    best = 0.0
    for one in places:
        last[one.term] = one
        if len(last) > 1:
            letters = sum(other.end - other.start for other in last.values())
            apart = one.end - min(other.start for other in last.values()) - letters
            best = max(best, (len(last) / terms) / (1 + max(0, apart - len(last)) / 50))
    return best


def _densest(places: list[_Place], length: int) -> tuple[float, int]:
    """What the best `length` letters hold, and the number of the place that they begin with."""
    best, chosen, end = 0.0, 0, 0
    exact: dict[int, int] = {}
    folded: dict[int, int] = {}
    for first, place in enumerate(places):
        while end < len(places) and (end == first or places[end].end <= place.start + length):
            held = exact if places[end].exact else folded
            held[places[end].term] = held.get(places[end].term, 0) + 1
            end += 1
        value = 2.0 * len(exact) + len(folded.keys() - exact.keys()) + 0.01 * (end - first)
        if value > best:
            best, chosen = value, first
        held = exact if place.exact else folded
        held[place.term] -= 1
        if not held[place.term]:
            del held[place.term]
    return best, chosen


def _cut(text: str, places: list[_Place], start: int, end: int, length: int) -> Snippet:
    """At most `length` letters of `text` around `start` to `end`, whole words if there are any."""
    if len(text) <= length:
        begin, stop = 0, len(text)
    else:
        room = max(0, length - 2 - (end - start))
        begin = max(0, min(start - room // 2, len(text) - length + 1))
        begin = _after_space(text, begin, start) if begin else 0
        stop = min(len(text), begin + length - 1 - (begin > 0))
        stop = _before_space(text, stop, min(end, stop)) if stop < len(text) else stop
    head, tail = "…" * (begin > 0), "…" * (stop < len(text))
    shown = text[begin:stop].rstrip()
    marks: list[tuple[int, int]] = []
    for one in places:
        first = max(one.start - begin, 0) + len(head)
        last = min(one.end - begin, len(shown)) + len(head)
        if marks and first < marks[-1][1]:
            first = marks[-1][0]
            last = max(last, marks.pop()[1])
        if one.start < stop and first < last:
            marks.append((first, last))
    return Snippet(f"{head}{shown}{tail}", tuple(marks))


def _after_space(text: str, begin: int, limit: int) -> int:
    """Where a word begins, soon after `begin` and not after `limit`."""
    if text[begin - 1] == " ":
        return begin
    space = text.find(" ", begin, min(limit, begin + _LONGEST_WORD))
    if space >= 0:
        return space + 1
    while begin < limit and unicodedata.category(text[begin])[0] == "M":
        begin += 1
    return begin


def _before_space(text: str, stop: int, limit: int) -> int:
    """Where a word ends, soon before `stop` and not before `limit`."""
    if text[stop] == " ":
        return stop
    space = text.rfind(" ", max(limit, stop - _LONGEST_WORD), stop)
    if space >= 0:
        return space
    while stop > limit and unicodedata.category(text[stop])[0] == "M":
        stop -= 1
    return stop
