"""The lines of a plain-text page, and whether a line is prose by its look alone. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

from feedtool.data import Struct
from feedtool.read.almanac import bare
from feedtool.text import remembered

LONG = 120
"""Letters from which a line is a paragraph, whatever it ends in."""

_WIDEST = 100  # of a page whose paragraphs are broken into lines
_NOT_LETTERS = re.compile(r"[\W_]+")
_STOPS = ".。．!?！？…؟।॥۔։።៖។၊။"
# The stop may have a short bracket behind it: "…。（完）", "… over. (Wire)".
_STOP = re.compile(rf"[{_STOPS}]+[\"'”’»)）\]」』›/]*(?:\s?[(（][^()（）]{{1,30}}[)）])?[\"'”’»]*$")
_SENTENCE_ENDS = re.compile(r"[.!?…]+[\"'”’»)\]]*\s+(?=[\"'“‘«(\[]*[^\W\d_a-zß-ÿ])|[。！？](?=.)")
_LETTER = re.compile(r"\w")
# Scripts that don't part words: kana, Han, Thai and Lao.
_DENSE = re.compile("[\u3040-\u9fff\u0e00-\u0eff]")
_NO_STOPS = re.compile("[\u0e00-\u0eff]")  # Thai and Lao
_THAI_LINE = 60  # letters of a line of those that is a paragraph
_ITEM = re.compile(r"^(?:[-–—•*+▪●]|\d{1,2}[.)]|[a-zđ]\))\s*\S")


@remembered(4096)
def squash(text: str) -> str:
    """Return `text` for comparing: lower case, no marks, words by one space."""
    return _NOT_LETTERS.sub(" ", bare(text)).strip()


Role = Literal["", "title", "heading", "caption", "paragraph"]


class Line(Struct, frozen=True):
    """A line of a page that isn't blank; `gap` is how many blank lines stand before it.

    `role` is what marks in the text say it is ("title", "heading", "caption", "paragraph"), or
    nothing.
    """

    text: str
    gap: int = 0
    role: Role = ""


def lines(text: str) -> list[Line]:
    """Return the lines of `text` that aren't blank, broken paragraphs put together again."""
    found: list[Line] = []
    gap = 0
    for raw in text.split("\n"):
        if raw.strip():
            found.append(Line(raw.strip(), gap))
            gap = 0
        else:
            gap += 1
    return _unwrapped(found)


def _unwrapped(page: list[Line]) -> list[Line]:
    """The page without the line breaks that are only there because a line was full."""
    width = max((len(line.text) for line in page), default=0)
    if width > _WIDEST:
        return page
    pairs = [(line, after) for line, after in pairwise(page) if not after.gap]
    full = [_was_full(line.text, after.text, width) for line, after in pairs]
    if sum(full) < 2 or sum(full) * 10 < len(full) * 6:
        return page
    groups: list[tuple[int, list[str]]] = []
    previous = ""
    for line in page:
        if groups and not line.gap and _was_full(previous, line.text, width):
            groups[-1][1].append(line.text)
        else:
            groups.append((line.gap, [line.text]))
        previous = line.text
    return [Line(" ".join(parts), gap) for gap, parts in groups]


def _was_full(text: str, after: str, width: int) -> bool:
    return len(text) > 40 and len(text) + 1 + len(after.partition(" ")[0]) > width - 4


@remembered(256, 2000)  # the lines of one page are asked about again and again
def words(text: str) -> int:
    """Return how many words `text` has; three signs of a script without spaces count as one."""
    count = sum(1 for word in text.split() if word.isalnum() or _LETTER.search(word))
    return count if text.isascii() else count + len(_DENSE.findall(text[:600])) // 3


def stops(text: str) -> bool:
    """Return True where `text` ends like a sentence."""
    return bool(_STOP.search(text[-48:]))


def sentences(text: str) -> list[str]:
    """Return the sentences of `text`, each with its stop; put together they say the same."""
    marks = [found.end() for found in _SENTENCE_ENDS.finditer(text)]
    parts = [text[a:b].strip() for a, b in zip([0, *marks], [*marks, len(text)], strict=True)]
    return [part for part in parts if part]


def is_paragraph(text: str, *, inside: bool = False) -> bool:
    """Return True for running text; `inside` a body, short sentences and list items count too."""
    if stops(text):
        return words(text) >= (2 if inside else 6)
    if inside and (_ITEM.match(text) or text[-1] in ";,:：；，"):
        return True
    if inside and len(text) >= _THAI_LINE and len(_NO_STOPS.findall(text)) > len(text) / 2:
        return True
    return len(text) >= LONG or (words(text) >= 40 and len(text) > 80)


def wide_gap(page: Sequence[Line]) -> int:
    """Return how many blank lines leave room for a picture: more than most paragraphs have."""
    gaps = sorted(line.gap for line in page[1:])
    return max(2, gaps[len(gaps) // 2] + 1) if gaps else 2


def repeats(teaser: str, following: Sequence[str]) -> bool:
    """Return True where `teaser` says again what the lines after it begin with, cut or whole."""
    said = squash(teaser).replace(" ", "")
    again = ""
    for text in following:
        if len(again) >= len(said):
            break
        again += squash(text).replace(" ", "")
    same = next(
        (n for n, (a, b) in enumerate(zip(said, again, strict=False)) if a != b),
        min(len(said), len(again)),
    )
    return len(said) >= 30 and same >= len(said) * 0.8
