"""The parts of a plain-text page: headline, head, body, captions, foot."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from feedtool.data import Struct, field
from feedtool.read import agencies, furniture, layout, pictures, signature
from feedtool.read.datelines import Reader
from feedtool.read.layout import Line

_FOOT = 5  # lines below the last paragraph
# of one that stands below a repeated headline, where a standfirst may stand too
_SHORT_CAPTION = 100
_SHORT_SENTENCE = 70  # of one that is a sentence, on a page whose byline speaks of pictures
_STANDFIRST = 120  # letters of a standfirst that isn't the lead
_REPEATED = 3  # groups of short line, date and teaser from which a page is a list
_WITH_PICTURES = re.compile(
    r"^(?:tin|bài|text|texte|texto|tekst|testo|teks)(?:,|\s*(?:và|und|et|y|e|en|och|og|dan|&|-))?\s*"
    r"(?:bài,?\s*)?(?:ảnh|fotos?|photos?|bilder|bild)\s*:",
    re.IGNORECASE,
)
_LISTED = 4  # dates between paragraphs from which a page is a list of articles


class Parts(Struct):
    """What the lines below a headline are; numbers are places in the page.

    `head` is around the first paragraph, which is line `begun`; `foot` is below the last one.
    `lead` is the place in the body of the first paragraph that isn't a standfirst.
    `teaser` is a lead of its own that the body repeats. `signed` are the names that the last
    sentence runs on to, and these words. `listing` is True for a page of many articles.
    """

    above: range
    head: list[int] = field(default_factory=list)
    body: list[str] = field(default_factory=list)
    captions: list[str] = field(default_factory=list)
    foot: list[str] = field(default_factory=list)
    begun: int = 0
    lead: int = 0
    teaser: str | None = None
    signed: tuple[tuple[str, ...], str] = ((), "")
    listing: bool = False


def parts(page: Sequence[Line], headline: int, reader: Reader) -> Parts:
    """Return what the lines of `page` below the line `headline` are."""
    found = _Sorter(page, headline, reader).sorted()
    if len(found.body) > 1 and layout.repeats(found.body[0], found.body[1:]):
        teaser = found.body.pop(0)
        cut = teaser.endswith(("...", "…")) or not layout.stops(teaser)
        found.teaser = None if cut else teaser
        found.lead = 0
    if found.body:
        last = found.body[-1]
        found.signed = signature.closing(last)
        if not found.signed[0]:
            found.signed = signature.run_on(last)
        if found.signed[0] and last != found.signed[1]:
            found.body[-1] = last.removesuffix(found.signed[1]).rstrip()
    found.listing = found.listing or _is_listing(page, reader)
    return found


def _is_listing(page: Sequence[Line], reader: Reader) -> bool:
    """Whether most of the page are groups of a date, a short line and a sentence or two."""
    dated = [
        number
        for number, line in enumerate(page)
        if any(map(str.isdigit, line.text)) and (reader.stamp(line.text) or reader.mixed(line.text))
    ]
    groups = running = 0
    paragraphs = [layout.is_paragraph(line.text) for line in page]
    for start, end in pairwise([*dated, len(page)]):
        inside = [line.text for line in page[start + 1 : end] if not furniture.is_noise(line.text)][
            :4
        ]
        teasers = [words for words in inside if layout.stops(words)]
        short = [words for words in inside if not layout.stops(words) and len(words) < layout.LONG]
        teaser = len(teasers) == 1 and len(layout.sentences(teasers[0])) < 3
        if teaser and (short or end == len(page)):
            groups += 1
            running += sum(paragraphs[start:end])
    return groups >= _REPEATED and running * 2 >= sum(paragraphs)


class _Sorter:
    """One pass over the lines below a headline."""

    def __init__(self, page: Sequence[Line], headline: int, reader: Reader) -> None:
        self.page, self.headline, self.reader = page, headline, reader
        self.title = layout.squash(page[headline].text[: 2 * pictures.CAPTION])
        self.wide = layout.wide_gap(page)
        self.signed_pictures = any(_speaks_of_pictures(line.text) for line in page[-12:])
        self.parts = Parts(range(headline))
        self.pending: list[Line] = []  # short lines since the last paragraph
        self.loose: list[str] = []  # short lines before any
        self.dateline = ""  # an agency and place that stand on a line of their own
        self.box = self.pictured = self.gallery = self.announced = False
        self.dates = self.dated = 0

    def sorted(self) -> Parts:
        """The parts, when all lines are sorted."""
        for number in range(self.headline + 1, len(self.page)):
            if self._is_end(number):
                break
            self._sort(number)
        parts = self.parts
        parts.foot = [line.text for line in self.pending[:_FOOT]]
        parts.listing = self.dated >= max(_LISTED, len(parts.body) // 2)
        if not parts.body:
            parts.listing = parts.listing or len(self.loose) > _LISTED
            self._take_what_there_is()
        return parts

    def _is_end(self, number: int) -> bool:
        """Whether nothing below is of the article; a button above its time or byline says less."""
        if not self.parts.body or not furniture.is_end(self.page[number].text):
            return False
        if len(self.parts.body) > 1:
            return True
        return not any(
            self.reader.stamp(line.text) or signature.marked(line.text)
            for line in self.page[number + 1 : number + 4]
        )

    def _sort(self, number: int) -> None:
        line, parts = self.page[number], self.parts
        words, pictured, gallery = line.text, self.pictured, self.gallery
        self.pictured = self.gallery = False
        if line.role:
            self._marked(number)
        elif furniture.is_box(words):
            self.box = True
        elif self._is_title(words):
            self.pictured = True
        elif self.announced and (self.reader.stamp(words) or pictures.is_bare_credit(words)):
            pass  # of the picture above
        elif self.reader.stamp(words):
            self.dates += bool(parts.body)
            self._keep(number)
        elif agencies.is_alone(words, self.reader.agency):
            self.dateline = words
        elif pictures.is_credit(words) and self._is_caption(number, pictured):
            self._caption(words)
            self.pictured = pictures.is_number(words)
        elif furniture.is_noise(words):
            self.gallery = pictures.is_heading(words)
        elif self._is_caption(number, pictured) or (gallery and self._is_announced(number)):
            self._caption(words)
            self.announced = gallery
        elif layout.is_paragraph(words, inside=bool(parts.body) and not self.box):
            if len(words) < layout.LONG and (signature.marked(words) or signature.columns(words)):
                self._keep(number)
            else:
                self._paragraph(number)
        else:
            self._keep(number)

    def _marked(self, number: int) -> None:
        """A line whose marks say what it is."""
        line = self.page[number]
        if line.role == "caption":
            self._caption(line.text)
        elif line.role == "paragraph" or not self.parts.body:
            self._paragraph(number) if line.role == "paragraph" else self._keep(number)
        elif furniture.is_box(line.text):
            self.box = True
        else:
            self.box = False
            self.pending.append(line)

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
        if len(parts.body) == 1 and self._is_standfirst(number):
            parts.lead = 1
        self.pending, self.box, self.announced = [], False, False
        self.dated = self.dates
        caption, words = pictures.split(self.page[number].text)
        if caption:
            self._caption(caption)
        parts.body.append(f"{self.dateline} {words}".lstrip())
        self.dateline = ""

    def _is_standfirst(self, number: int) -> bool:
        """Whether the paragraph above the line `number` only announces the text that begins here:
        with its dateline, or below what belongs to the head."""
        first, words = self.parts.body[0], self.page[number].text
        hint = self.reader.agency
        between = self.page[self.parts.begun + 1 : number]
        apart = any(not pictures.is_credit(line.text) for line in between)
        if not agencies.agency(first, hint) and agencies.agency(words, hint):
            return bool(between)
        short = len(first) < _STANDFIRST <= len(words) and len(layout.sentences(first)) == 1
        # Right above a credit, a short sentence is the words of the picture.
        return short and bool(between) and (apart or len(first) <= _SHORT_CAPTION)

    def _caption(self, words: str) -> None:
        if not any(words in other for other in self.parts.captions[-1:]):  # twice, once shorter
            self.parts.captions.append(words)

    def _belongs(self) -> bool:
        """Whether the lines before a paragraph are of the body: a subhead, or a list or stanza."""
        together = not any(line.gap for line in self.pending[1:])
        headed = any(line.role == "heading" for line in self.pending)
        return (together or headed) and all(self._is_subhead(line.text) for line in self.pending)

    def _is_subhead(self, words: str) -> bool:
        return not signature.lone(words) and not self.reader.stamp(words)

    def _is_title(self, words: str) -> bool:
        if len(words) > len(self.title) * 2 + 20:
            return False
        return bool(self.title) and layout.squash(words) == self.title

    def _is_caption(self, number: int, pictured: bool) -> bool:
        line = self.page[number]
        words = line.text
        if len(words) > pictures.CAPTION or signature.marked(words):
            return False
        if pictures.is_credit(words):
            return len(layout.sentences(words)) < 4
        single = len(layout.sentences(words)) == 1 and not signature.lone(words)
        if pictured:
            return single and len(words) <= _SHORT_CAPTION
        if not self.parts.body or not single or layout.words(words) < 2:
            return False
        if not layout.stops(words):
            return line.gap >= self.wide
        # "Bài, ảnh: NAME" below: there are pictures, and their words are short sentences
        after = self.page[number + 1].text if number + 1 < len(self.page) else ""
        between = min(len(self.parts.body[-1]), len(after)) >= layout.LONG
        plain = not any(sign in '0123456789;:"“”«»' for sign in words)
        return self.signed_pictures and between and plain and len(words) <= _SHORT_SENTENCE

    def _is_announced(self, number: int) -> bool:
        """Whether a line below "Photos" is a picture's words: one sentence, and no text behind."""
        words = self.page[number].text
        after = self.page[number + 1 : number + 2]
        return (
            len(words) <= pictures.CAPTION
            and len(layout.sentences(words)) == 1
            and not any(layout.is_paragraph(line.text) for line in after)
        )

    def _take_what_there_is(self) -> None:
        """A body of a few lines without a stop is a body, if it isn't names and dates."""
        few = [words for words in self.loose if self._is_subhead(words)]
        if not self.parts.listing and sum(map(len, few)) >= 20:
            self.parts.body = few
            self.parts.begun = self.headline + 1


def _speaks_of_pictures(words: str) -> bool:
    """Whether a byline says that the pictures are its author's too: "Bài, ảnh: NAME"."""
    return len(words) < 100 and bool(_WITH_PICTURES.match(words))
