"""Differences of two versions in words, for people: by field, what stayed, went and came. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from itertools import groupby
from typing import Literal

from feedtool import blocks
from feedtool.archive.item import stamp
from feedtool.data import Struct
from feedtool.model import Entry

PieceKind = Literal["same", "removed", "added"]

# A word with the marks on its letters; a letter of a script that doesn't part words; white space;
# any other sign.
_DENSE = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\U00020000-\U0003ffff"
_TOKEN = re.compile(
    rf"[{_DENSE}]|\s+|(?:(?![{_DENSE}])[\w\u0300-\u036f\u0900-\u0dff])+|.", re.DOTALL
)
_PARAGRAPHS = re.compile(r"(?<=\n\n)")
_LINES = re.compile(r"(?<=\n)")
_PAIRS = 100_000  # of equal tokens: what difflib's time grows with; more are not aligned
_ALIKE = 0.3  # of the letters of a passage that must have stayed, else it was written anew


class Piece(Struct, frozen=True):
    """Some words: the "same" in both versions, "removed" from the old or "added" in the new."""

    kind: PieceKind
    text: str


class FieldDiff(Struct, frozen=True):
    """How a field changed. The same and removed pieces are the old text, the same and added ones
    the new."""

    field: str
    pieces: tuple[Piece, ...]


def diff(new: Entry, old: Entry) -> tuple[FieldDiff, ...]:
    """Return how `new` differs from `old`, by field, in the order of `FIELDS`; fields that are the
    same are left out.

    Where two texts have so much in common that aligning them would take long, the passage is
    given as removed and added.
    """
    return tuple(
        FieldDiff(name, pieces(before, after, LISTS.get(name, _PARAGRAPHS)))
        for name, before, after in _texts(new, old)
    )


def changed(new: Entry, old: Entry) -> tuple[str, ...]:
    """Return the names of the fields in which `new` differs from `old`."""
    return tuple(name for name, _, _ in _texts(new, old))


def _texts(new: Entry, old: Entry) -> Iterator[tuple[str, str, str]]:
    """Name, old text and new text of each field that differs."""
    bodies = [blocks.of(entry) for entry in (old, new)]
    for name, text_of in FIELDS.items():
        before, after = text_of(old, bodies[0]), text_of(new, bodies[1])
        if before != after:
            yield name, before, after


def _lines(values: Iterable[str | None]) -> str:
    return "".join(f"{value}\n" for value in values if value)


def _pictures(entry: Entry, body: list[blocks.Block]) -> str:
    shown = (one.url for block in body for one in block.pictures)
    return _lines(dict.fromkeys((entry.image, *shown)))


FIELDS: Mapping[str, Callable[[Entry, list[blocks.Block]], str]] = {
    "title": lambda entry, _: entry.title,
    "authors": lambda entry, _: ", ".join(person.name for person in entry.authors),
    "published": lambda entry, _: stamp(entry.published.time) if entry.published else "",
    "summary": lambda entry, _: entry.summary or "",
    "body": lambda _, body: blocks.words(body),
    "captions": lambda entry, _: _lines(entry.captions),
    "pictures": _pictures,
    "links": lambda _, body: _lines(link for block in body for link in block.links),
    "enclosures": lambda entry, _: _lines(one.href for one in entry.enclosures),
    "link": lambda entry, _: entry.link or "",
    "categories": lambda entry, _: _lines(entry.categories),
    "language": lambda entry, _: entry.language or "",
    "rights": lambda entry, _: entry.rights or "",
}
"""The text that stands for each field of an entry with these blocks as its body."""

LISTS = dict.fromkeys(("captions", "pictures", "links", "enclosures", "categories"), _LINES)
"""The fields that are lists: a text with one value on a line."""


def pieces(old: str, new: str, parts: re.Pattern[str] = _PARAGRAPHS) -> tuple[Piece, ...]:
    """Return how the text `old` became `new`: parts that `parts` splits are aligned, then what
    differs between them word by word (addresses and other lines of lists as a whole)."""
    found: list[Piece] = []
    before, after = parts.split(old), parts.split(new)
    for is_same, ours, theirs in _aligned(before, after):
        gone, come = "".join(ours), "".join(theirs)
        if is_same or parts is _LINES:
            found += _pair(is_same, gone, come)
        else:
            found += _word_by_word(gone, come)
    return tuple(_joined(found))


def _word_by_word(old: str, new: str) -> list[Piece]:
    runs = list(_aligned(_TOKEN.findall(old), _TOKEN.findall(new)))
    stayed = sum(len("".join(ours).strip()) for is_same, ours, _ in runs if is_same)
    if stayed < _ALIKE * min(len(old), len(new)):
        return _pair(False, old, new)
    found: list[Piece] = []
    for at, (is_same, ours, theirs) in enumerate(runs):
        between = 0 < at < len(runs) - 1
        # White space alone between two changes is part of them.
        idle = is_same and between and not "".join(ours).strip()
        found += _pair(is_same and not idle, "".join(ours), "".join(theirs))
    return found


def _pair(is_same: bool, old: str, new: str) -> list[Piece]:
    if is_same:
        return [Piece("same", old)]
    return [Piece("removed", old), Piece("added", new)]


def _aligned(
    old: Sequence[str], new: Sequence[str]
) -> Iterator[tuple[bool, Sequence[str], Sequence[str]]]:
    """Runs of `old` and `new` in turn, each with whether they are the same."""
    first = 0
    while first < min(len(old), len(new)) and old[first] == new[first]:
        first += 1
    last = 0
    while last < min(len(old), len(new)) - first and old[-1 - last] == new[-1 - last]:
        last += 1
    yield True, old[:first], new[:first]
    ours, theirs = old[first : len(old) - last], new[first : len(new) - last]
    counts = Counter(theirs)
    if sum(counts[token] for token in ours) > _PAIRS:
        yield False, ours, theirs
    else:
        matcher = SequenceMatcher(None, ours, theirs, autojunk=False)
        for kind, a, b, c, d in matcher.get_opcodes():
            yield kind == "equal", ours[a:b], theirs[c:d]
    yield True, old[len(old) - last :], new[len(new) - last :]


def _joined(found: list[Piece]) -> Iterator[Piece]:
    """The pieces without empty ones; what went between two that stayed is before what came."""
    both: tuple[PieceKind, ...] = ("removed", "added")
    full = (piece for piece in found if piece.text)
    for is_same, group in groupby(full, key=lambda piece: piece.kind == "same"):
        run = list(group)
        for kind in ("same",) if is_same else both:
            if words := "".join(piece.text for piece in run if piece.kind == kind):
                yield Piece(kind, words)


def shortened(found: Sequence[Piece], letters: int = 60) -> tuple[Piece, ...]:
    """Return `found` with what stayed cut down to about so many letters beside each change, an
    ellipsis where it was cut."""
    last = len(found) - 1
    return tuple(
        _cut(piece, letters if at else 0, letters if at < last else 0)
        if piece.kind == "same" and len(piece.text) > 3 * letters
        else piece
        for at, piece in enumerate(found)
    )


def _cut(piece: Piece, before: int, after: int) -> Piece:
    """The first and the last letters of `piece`, whole words where it has any."""
    first, last = piece.text[:before], piece.text[len(piece.text) - after :]
    head = (first.rpartition(" ")[0] or first) + " " * bool(first)
    tail = " " * bool(last) + (last.partition(" ")[2] or last)
    return Piece("same", f"{head}…{tail}")
