"""How sure the fields of a source's entries usually are, and whether the newest give less. Pure.

A field drifts once eight entries in a row, or twice as many more as ever did without meaning
anything, score far less than usual: a lost byline, another layout of the pages, a shorter text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from math import log10
from zlib import crc32

from feedtool.data import Struct, replace
from feedtool.model import Entry

Scores = tuple[float, ...]
"""How sure the fields of one entry are, 0 to 1, in the order of `FIELDS`."""

_LESS = 0.2  # than usual: the score of an entry that may be a sign
_RUN = 8  # of them in a row, at least, are one
_ENOUGH = 20  # entries to know what is usual
_LONG = 100  # entries that what is usual is the mean of, and after which anything is usual
_FADES = 0.995  # with each entry, how long a run meant nothing


def _content(entry: Entry) -> float:
    """By its length: 0.2 less is a text six times shorter."""
    return min(1.0, log10(1 + len(entry.content_html or entry.content_text or "")) / 4)


FIELDS: dict[str, tuple[str, Callable[[Entry], float]]] = {
    "title": ("title", lambda entry: bool(entry.title)),
    "authors": ("author", lambda entry: bool(entry.authors)),
    "published": ("date", lambda entry: entry.published is not None),
    "summary": ("summary", lambda entry: bool(entry.summary)),
    "content": ("text", _content),
}
"""Of each field that is looked at: its name for people, and its score where no evidence has one."""


class Trait(Struct, frozen=True):
    """What one field usually scores.

    `usual` is the mean of what `known` entries scored, a hundred at most. `low` entries, the newest
    ones, scored far less, `total` together, the first of them at `since` (seconds since 1970).
    `longest` is how many did so earlier without being a sign; it fades.
    """

    usual: float = 0.0
    known: int = 0
    low: int = 0
    total: float = 0.0
    longest: float = 0.0
    since: int = 0

    @property
    def drifts(self) -> bool:
        """True where too many entries in a row score far less than usual."""
        return self.known >= _ENOUGH and self.low >= _RUN + 2 * self.longest

    def is_low(self, score: float) -> bool:
        """True where an entry that scores so gives far less than usual."""
        return self.usual >= 0.5 and score <= self.usual - _LESS


NEW = (Trait(),) * len(FIELDS)
"""The traits of a source of which nothing is known."""


def scores(entry: Entry) -> Scores:
    """How sure each field of `entry` is: what its evidence says, else 1 where it is there; 0 where
    it is missing. The content is judged by its length."""
    sure = {str(one.field): one.confidence for one in entry.evidence}
    there = [(field, float(score(entry))) for field, (_, score) in FIELDS.items()]
    return tuple(sure.get(field, score) if score else 0.0 for field, score in there)


def mark(entry: Entry) -> int:
    """A number to know an entry by: one that is revised again and again counts once."""
    return crc32(entry.id.encode("utf-8", "replace"))


def learn(before: tuple[Trait, ...], entries: Iterable[Scores], now: int) -> tuple[Trait, ...]:
    """Return what is usual with these entries too, the oldest first, which came at `now` (seconds
    since 1970)."""
    traits = before
    for given in entries:
        traits = tuple(_learned(*one, now) for one in zip(traits, given, strict=True))
    return traits


def _learned(trait: Trait, score: float, now: int) -> Trait:
    if score == trait.usual and not trait.low and not trait.longest:  # as nearly always
        return Trait(trait.usual, min(trait.known + 1, _LONG))
    if trait.is_low(score):
        low, total = trait.low + 1, round(trait.total + score, 4)
        if low == _LONG:
            return Trait(round(total / low, 4), low)  # what is usual has become this
        return replace(trait, low=low, total=total, since=trait.since if trait.low else now)
    # Those that scored less are a part of what is usual, now that they turn out to be no sign.
    count = trait.low + 1
    mean, share = (trait.total + score) / count, count / (trait.known + count)
    run = min(trait.low, _RUN + 2 * trait.longest)
    return Trait(
        round(trait.usual + (mean - trait.usual) * share, 4),
        min(trait.known + count, _LONG),
        longest=round(max(trait.longest * _FADES**count, run), 4),
    )


def words(traits: tuple[Trait, ...]) -> Iterator[str]:
    """Say of each field that drifts what is less than usual with it."""
    for (field, (name, _)), trait in zip(FIELDS.items(), traits, strict=True):
        if not trait.drifts:
            continue
        day = datetime.fromtimestamp(trait.since, UTC).date()
        where = f"in the last {trait.low} entries (since {day})"
        score, usual = (f"{100 * one:.0f} %" for one in (trait.total / trait.low, trait.usual))
        if not trait.total:
            yield f"no {name} {where}, which usually have one"
        elif field == "content":
            yield f"far less text {where} than usual"
        else:
            yield (
                f"less sure of the {name} {where}: {score} where {usual} is usual; "
                "the layout of its pages may have changed"
            )
