"""What is searched for: words to a `Query`, that to FTS5's language, and how well an entry fits.

::

    đảng bộ                    both words, anywhere in title, authors or text; marks may be left out
    "đảng bộ huyện"            these words in a row
    -word  -"a phrase"         entries without it
    author:An  author:"Hoài An"  source:NAME
    from:2020  to:2020-06  on:2020-06-30  from:2020-01-01..to:2020-12-31

Days, months and years are those of UTC: a day is from 00:00 to 24:00 there. A word with a colon and
another name before it is a plain word, such as an address or a time. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Literal

from feedtool import text, valid
from feedtool.archive import words
from feedtool.data import Struct
from feedtool.errors import UsageError

MOST_TERMS = 50
MOST_LETTERS = 1000
_PART = re.compile(r'(-?)(?:([A-Za-z]+):)?(?:"([^"]*)"?|(\S*))')
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»「」『』", '"'))
_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{1,2})(?:-([0-9]{1,2}))?)?")
_RUN = f"[{words.RUNS}]"
_LETTER = f"(?!{_RUN})[0-9a-z\x80-\U0010ffff]"
_BETWEEN = "[^0-9a-z\x80-\U0010ffff]"
_PIECE = re.compile(f"{_RUN}+|(?:{_LETTER})+")
_TONES = frozenset("\u0300\u0301\u0303\u0309\u0323")
_NEVER = re.compile("(?!)")

Field = Literal["any", "author", "source"]


class Term(Struct, frozen=True, dict=True):
    """A word or phrase to find, as typed, in one line of NFC; `excluded`: entries without it."""

    words: str
    field: Field = "any"
    excluded: bool = False

    @cached_property
    def rows(self) -> tuple[tuple[str, ...], ...]:
        """Words of the index, in a row, that an entry must have; none for signs alone."""
        if self.field == "source":
            return ((words.source_word(self.words.lower()),),)
        found = tuple(words.phrase(self.words))
        # What begins with the last letter of a run can't be told without reading all that does.
        if len(found) > 1 and re.fullmatch(_RUN, found[-1]):
            return (found[:-1], found[-1:])
        return (found,) if found else ()

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Finds it in text as `words.aligned` gives it: whole words, and parts of runs."""
        if not self._pieces:
            return _NEVER
        made, before = "", True
        for piece in self._pieces:
            run = re.match(_RUN, piece) is not None
            if made:
                made += f"{_BETWEEN}{'*' if run or before else '+'}"
            word = re.escape(piece)
            # What comes before is asked last: a pattern that begins with letters is found quickly.
            made += word if run else f"{word}(?<!{_LETTER}{word})(?!{_LETTER})"
            before = run
        return re.compile(made)

    @cached_property
    def form(self) -> str:
        """How it is written, case and signs aside: what an exact find equals."""
        return form(self.words)

    @cached_property
    def marked(self) -> bool:
        """True where it was typed with marks, so that other forms of it are less."""
        return self.form != form("".join(self._pieces))

    @cached_property
    def _pieces(self) -> list[str]:
        return _PIECE.findall(words.aligned(unicodedata.normalize("NFKC", self.words))[0])


class Query(Struct, frozen=True, dict=True):
    """What is searched for: all `terms`, in what was published from `since` until before `until`
    (aware times, None for no bound)."""

    terms: tuple[Term, ...] = ()
    since: datetime | None = None
    until: datetime | None = None


def parse(words: str) -> Query:
    """Return what these words ask for; `UsageError` names the one that can't be, and the way out.

    Of several dates the narrowest count.
    """
    if len(words) > MOST_LETTERS:
        raise UsageError("search", f"has more than {MOST_LETTERS} letters: leave some out")
    terms: list[Term] = []
    since: list[datetime] = []
    until: list[datetime] = []
    for part in _PART.finditer(text.line(words).translate(_QUOTES)):
        minus, name, quoted, word = part.groups()
        name = (name or "").lower()
        value = quoted if quoted is not None else word
        if name in ("from", "to", "on"):
            if minus:
                raise UsageError(part[0], "can't be left out: dates go without the - before them")
            first, last = _dates(name, value, part[0])
            since += first
            until += last
        elif name in ("author", "source"):
            term = Term(text.line(value), "author" if name == "author" else "source", bool(minus))
            if not value.strip() or not term.rows:
                raise UsageError(part[0], f'needs a name: {name}:NAME or {name}:"A NAME"')
            terms.append(term)
        else:
            term = Term(text.line(part[0][len(minus) :]), excluded=bool(minus))
            terms += [term] if term.rows else []
    query = Query(tuple(dict.fromkeys(terms)), max(since, default=None), min(until, default=None))
    _check(query)
    return query


def expression(query: Query, *, title: bool = False) -> str | None:
    """Return `query` in FTS5's language, its words in the `title` alone if so asked; None where it
    has only dates."""
    found = [_matching(term, title=title) for term in query.terms if not term.excluded]
    if not found:
        return None
    asked = " AND ".join(found)
    left_out = [_matching(term, title=False) for term in query.terms if term.excluded]
    return f"({asked}) NOT ({' OR '.join(left_out)})" if left_out else asked


@text.remembered(4096)
def form(written: str) -> str:
    """Return how words are written: lower case, with their marks, without signs and spaces.

    A word's tone stands at its end: hoà and hòa are one word, written by two rules.
    """
    made: list[str] = []
    tones: list[str] = []
    for char in unicodedata.normalize("NFD", f"{written.casefold()} "):
        if char in _TONES:
            tones.append(char)
        elif char.isalnum() or unicodedata.category(char)[0] == "M":
            made.append(char)
        else:
            made += tones
            tones.clear()
    return "".join(made)


def _matching(term: Term, *, title: bool) -> str:
    rows = [list(row) for row in term.rows]
    if term.field == "author" or (title and term.field == "any"):
        tag = words.AUTHOR if term.field == "author" else words.TITLE
        rows = [words.tagged(tag, row) for row in rows]
    # Words of the index hold letters and digits alone: no quote, no operator.
    quoted = [f'"{" ".join(row)}"' for row in rows]
    return quoted[0] if len(quoted) == 1 else f"({' AND '.join(quoted)})"


def _check(query: Query) -> None:
    if len(query.terms) > MOST_TERMS:
        raise UsageError("search", f"has more than {MOST_TERMS} words: leave some out")
    if not query.terms and query.since is None and query.until is None:
        ways = 'words, "a phrase", author:NAME, source:NAME or from:2020-01-31'
        raise UsageError("search", f"has no words: write {ways}")
    if query.terms and all(term.excluded for term in query.terms):
        raise UsageError(
            "search", "says only what to leave out: add a word to find, or source:NAME"
        )
    if query.since and query.until and query.since >= query.until:
        raise UsageError("search", "has dates that end before they begin: from: is the earlier one")


def _dates(name: str, value: str, part: str) -> tuple[list[datetime], list[datetime]]:
    """The earliest times and the ends that a part with this name says."""
    if name == "from" and ".." in value:
        first, _, last = value.partition("..")
        last = last.lower().removeprefix("to:")
        return [_period(first, part)[0]], [_period(last, part)[1]]
    begin, end = _period(value, part)
    return [begin] if name != "to" else [], [end] if name != "from" else []


def _period(value: str, part: str) -> tuple[datetime, datetime]:
    """When a year, month or day begins and ends, in UTC."""
    found = _DATE.fullmatch(value)
    try:
        year, month, day = (int(number) if number else 0 for number in found.groups())  # type: ignore[union-attr]
        if year not in valid.YEARS:
            raise ValueError
        begin = datetime(year, month or 1, day or 1, tzinfo=UTC)
    except (AttributeError, ValueError):
        ways = ", ".join(f"{part.partition(':')[0]}:{date}" for date in ("2020", "2020-12"))
        reason = f"is no date: write {ways} or {part.partition(':')[0]}:2020-12-31"
        raise UsageError(part, reason) from None
    if day:
        return begin, begin + timedelta(days=1)
    if found is not None and found[2]:
        return begin, begin.replace(year=year + month // 12, month=month % 12 + 1)
    return begin, begin.replace(year=year + 1)
