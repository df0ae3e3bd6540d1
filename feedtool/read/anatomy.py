"""The parts of a plain-text page: headline, head, body, captions, foot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import tzinfo

from feedtool.read import datelines, layout, signature
from feedtool.read.evidence import Candidate
from feedtool.read.layout import Line

NEAR = 40
"""How many lines around headline and body are looked at for what belongs to them."""

_FOOT = 5  # lines below the last paragraph
_SENTENCE_HEADLINE = 200  # letters of a headline that ends like a sentence
_CAPTION = 300
_SHORT_CAPTION = (
    100  # of one that stands below a repeated headline, where a standfirst may stand too
)
_LISTED = 4  # dates between paragraphs from which a page is a list of articles


@dataclass(slots=True)
class Parts:
    """What the lines below a headline are; numbers are places in the page.

    `head` is around the first paragraph, which is line `begun`; `foot` is below the last one.
    `teaser` is a lead of its own that the body repeats. `signed` are the names that the last
    sentence runs on to, and these words. `listing` is True for a page of many articles.
    """

    above: range
    head: list[int] = field(default_factory=list)
    body: list[str] = field(default_factory=list)
    captions: list[str] = field(default_factory=list)
    foot: list[str] = field(default_factory=list)
    begun: int = 0
    teaser: str | None = None
    signed: tuple[tuple[str, ...], str] = ((), "")
    listing: bool = False


def headlines(page: Sequence[Line], zone: tzinfo) -> list[Candidate[int]]:
    """Return the lines that may be the headline, as places in `page`: above the first paragraph."""
    found: list[Candidate[int]] = []
    for number, line in enumerate(page[:NEAR]):
        words = line.text
        last = number + 1 == len(page)
        if _is_furniture(words, zone) or (layout.is_crumbs(words) and not last):
            continue
        if layout.stops(words):
            one = len(words) <= _SENTENCE_HEADLINE and len(layout.sentences(words)) == 1
            asks = not words.endswith((".", "。"))
            if one and not last and (asks or not found):
                sure = 0.7 if asks else 0.35
                found.append(Candidate(number, words, "headline that is a sentence", sure))
            if not one or not asks:
                break
            continue
        if found and layout.is_paragraph(words):
            break
        found.append(Candidate(number, words, "headline", _headline(page, number, not found)))
    return found


def _is_furniture(words: str, zone: tzinfo) -> bool:
    return layout.is_noise(words) or layout.is_box(words) or bool(datelines.stamp(words, zone))


def _headline(page: Sequence[Line], number: int, first: bool) -> float:
    """How sure a line without a stop is the headline: long enough, early, said again."""
    words = page[number].text
    named = bool(layout.is_credit(words) or signature.marked(words) or signature.columns(words))
    in_crumbs = layout.words(words) > 2 and any(
        words in other.text != words for other in page[:number]
    )
    return round(
        0.4
        + 0.35 * (layout.words(words) > 3)
        + 0.05 * first
        + 0.1 * in_crumbs
        - 0.3 * named
        - 0.05 * (words == words.upper() != words.lower()),
        2,
    )


def parts(page: Sequence[Line], headline: int, zone: tzinfo) -> Parts:
    """Return what the lines of `page` below the line `headline` are."""
    found = _Sorter(page, headline, zone).sorted()
    if len(found.body) > 1 and layout.repeats(found.body[0], found.body[1:]):
        teaser = found.body.pop(0)
        cut = teaser.endswith(("...", "…")) or not layout.stops(teaser)
        found.teaser = None if cut else teaser
    if found.body:
        found.signed = signature.run_on(found.body[-1])
        if found.signed[0]:
            found.body[-1] = found.body[-1].removesuffix(found.signed[1]).rstrip()
    return found


class _Sorter:
    """One pass over the lines below a headline."""

    def __init__(self, page: Sequence[Line], headline: int, zone: tzinfo) -> None:
        self.page, self.headline, self.zone = page, headline, zone
        self.title = layout.squash(page[headline].text[: 2 * _CAPTION])
        self.wide = layout.wide_gap(page)
        self.parts = Parts(range(headline))
        self.pending: list[Line] = []  # short lines since the last paragraph
        self.loose: list[str] = []  # short lines before any
        self.box = self.pictured = False
        self.dates = self.dated = 0

    def sorted(self) -> Parts:
        """The parts, when all lines are sorted."""
        for number in range(self.headline + 1, len(self.page)):
            if self.parts.body and layout.is_end(self.page[number].text):
                break
            self._sort(number)
        parts = self.parts
        parts.foot = [line.text for line in self.pending[:_FOOT]]
        parts.listing = self.dated >= max(_LISTED, len(parts.body) // 2)
        if not parts.body:
            parts.listing = parts.listing or len(self.loose) > _LISTED
            self._take_what_there_is()
        return parts

    def _sort(self, number: int) -> None:
        line, parts = self.page[number], self.parts
        words, pictured = line.text, self.pictured
        self.pictured = False
        if layout.is_box(words):
            self.box = True
        elif self._is_title(words):
            self.pictured = True
        elif datelines.stamp(words, self.zone):
            self.dates += bool(parts.body)
            self._keep(number)
        elif layout.is_noise(words):
            pass
        elif self._is_caption(line, pictured):
            self._caption(words)
            self.pictured = layout.is_picture_number(words)
        elif layout.is_paragraph(words, inside=bool(parts.body) and not self.box):
            if len(words) < layout.LONG and (signature.marked(words) or signature.columns(words)):
                self._keep(number)
            else:
                self._paragraph(number)
        else:
            self._keep(number)

    def _keep(self, number: int) -> None:
        """A short line: of the head, or waiting for what comes after it."""
        if self.box:
            return
        words = self.page[number].text
        if len(self.parts.body) < 2:
            self.parts.head.append(number)
        if self.parts.body:
            self.pending.append(self.page[number])
        else:
            self.loose.append(words)

    def _paragraph(self, number: int) -> None:
        parts = self.parts
        if not parts.body:
            parts.begun = number
        elif not self.box and self._belongs():
            parts.body.extend(line.text for line in self.pending)
        self.pending, self.box = [], False
        self.dated = self.dates
        caption, words = layout.split_credit(self.page[number].text)
        if caption:
            self._caption(caption)
        parts.body.append(words)

    def _caption(self, words: str) -> None:
        if not any(
            words in other for other in self.parts.captions[-1:]
        ):  # said twice, once shorter
            self.parts.captions.append(words)

    def _belongs(self) -> bool:
        """Whether the lines before a paragraph are of the body: a subhead, or a list or stanza."""
        together = not any(line.gap for line in self.pending[1:])
        return together and all(self._is_subhead(line.text) for line in self.pending)

    def _is_subhead(self, words: str) -> bool:
        return not signature.lone(words) and not datelines.stamp(words, self.zone)

    def _is_title(self, words: str) -> bool:
        if len(words) > len(self.title) * 2 + 20:
            return False
        return bool(self.title) and layout.squash(words) == self.title

    def _is_caption(self, line: Line, pictured: bool) -> bool:
        words = line.text
        if len(words) > _CAPTION or signature.marked(words):
            return False
        if layout.is_credit(words):
            return len(layout.sentences(words)) < 3
        single = len(layout.sentences(words)) == 1 and not signature.lone(words)
        if pictured:
            return single and len(words) <= _SHORT_CAPTION
        alone = single and not layout.stops(words) and layout.words(words) > 1
        return bool(self.parts.body) and alone and line.gap >= self.wide

    def _take_what_there_is(self) -> None:
        """A body of a few lines without a stop is a body, if it isn't names and dates."""
        few = [words for words in self.loose if self._is_subhead(words)]
        if not self.parts.listing and sum(map(len, few)) >= 20:
            self.parts.body = few
            self.parts.begun = self.headline + 1
