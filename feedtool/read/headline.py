"""Which line of a page is its headline: by its words, their number and what is around it. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from feedtool.data import replace
from feedtool.read import agencies, datelines, furniture, layout, names, pictures, signature
from feedtool.read.datelines import Reader
from feedtool.read.evidence import Candidate
from feedtool.read.layout import Line

NEAR = 40
"""How many lines around headline and body are looked at for what belongs to them."""

_SENTENCE_HEADLINE = 200  # letters of a headline that ends like a sentence
_LONGEST_KICKER = 32  # letters of a line above the headline that names its series
# How many times as long as the line above a standfirst is: that line may be a kicker, if short.
_STANDFIRST, _BELOW_KICKER, _BELOW_FEW = 1.4, 2.5, 9.0
_HEADLINE = 40  # letters of a line that is no kicker: what is below it is its standfirst
_STRONG = 0.6  # from this on a line may well be the headline
_SYLLABLES = 0.62  # of a word, where words are written as syllables with spaces
_LONGEST_NAME = 24  # letters of a paper's name
_HEADLINE_WORDS = 5  # fewer are rather a kicker
_LONG_NAME = 5  # words, from which a line of capitals is rather a headline
_FULL_STOPS = tuple(".。．।॥۔։።។။")
_VIETNAMESE = re.compile("[ăđơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]", re.IGNORECASE)


def spread(page: Sequence[Line], reader: Reader) -> list[Line]:
    """Return the page, each line near its top that holds a date among other fields taken apart."""
    found: list[Line] = []
    for line in page[:NEAR]:
        fields = [] if line.role or layout.is_paragraph(line.text) else _fields(line.text, reader)
        found.extend(Line(one, 0 if n else line.gap) for n, one in enumerate(fields))
        if not fields:
            found.append(line)
    return [*found, *page[NEAR:]]


def _fields(words: str, reader: Reader) -> list[str]:
    """The fields of a line that isn't understood whole, furniture left out; else nothing."""
    fields = datelines.fields(words, reader)
    if not fields or reader.masthead(words) or pictures.is_credit(words):
        return []
    by = any(signature.marked(one) and not reader.stamp(one) for one in fields)
    whole = reader.stamp(words) or reader.mixed(words)
    if whole and not by and not furniture.is_noise(words):
        return []
    return [one for one in fields if reader.stamp(one) or not furniture.is_noise(one)]


def candidates(page: Sequence[Line], reader: Reader) -> list[Candidate[int]]:
    """Return the lines that may be the headline, as places in `page`: above the first paragraph."""
    found: list[Candidate[int]] = []
    for number, line in enumerate(page[:NEAR]):
        words = line.text
        if line.role == "title":
            return [*found, Candidate(number, words, "heading", 0.98)]
        if line.role in ("caption", "paragraph"):
            continue
        last = number + 1 == len(page)
        if _is_furniture(words, reader) or (furniture.is_crumbs(words) and not last):
            continue
        if layout.stops(words):
            if pictures.is_credit(words):
                continue
            one = len(words) <= _SENTENCE_HEADLINE and len(layout.sentences(words)) == 1
            asks = not words.endswith(_FULL_STOPS)
            if one and not last and (asks or not found):
                sure = 0.62 if asks else 0.25
                if asks and _leads(page, number, reader):
                    sure = 0.72
                found.append(Candidate(number, words, "headline that is a sentence", sure))
            if not one or not asks:
                break
            continue
        if found and layout.is_paragraph(words):
            break
        strong = any(other.confidence >= _STRONG for other in found)
        sure = _sure(page, number, reader, first=not found, strong=strong)
        found.append(Candidate(number, words, "headline", sure))
    return _weighed(_below_masthead(page, found, reader))


def _below_masthead(
    page: Sequence[Line], found: list[Candidate[int]], reader: Reader
) -> list[Candidate[int]]:
    """The candidates, those above the page's own time brought down: where there is another time
    further down, and candidates between the two."""
    last = found[-1].value if found else 0
    stamps = [(n, reader.stamp(line.text)) for n, line in enumerate(page[: last + 3])]
    timed = [(n, one) for n, one in stamps if one and one.published.precision == "second"]
    if len(timed) < 2:
        return found
    (first, saved), (second, own) = timed[:2]
    own_page = saved.weekday or saved.published.day > own.published.day
    between = any(first < one.value < second for one in found)
    if not between or not own_page or saved.labelled or own.updated:
        return found
    return [
        replace(one, confidence=0.05, rule=f"{one.rule}: masthead") if one.value < first else one
        for one in found
    ]


def _is_furniture(words: str, reader: Reader) -> bool:
    return (
        furniture.is_noise(words)
        or furniture.is_box(words)
        or furniture.is_paper(words)
        or furniture.is_menu(words)
        or bool(reader.stamp(words))
        or reader.masthead(words) is not None
        or agencies.is_alone(words, reader.agency)
    )


def _sure(page: Sequence[Line], number: int, reader: Reader, *, first: bool, strong: bool) -> float:
    """How sure a line without a stop is the headline: long enough, early, said again, in place;
    `strong`: there is one above it that may well be."""
    words = page[number].text
    said_above = layout.words(words) > 2 and any(
        words in other.text != words for other in page[:number]
    )
    sure = (
        0.3
        + 0.3 * (_length(words) > 3)
        + 0.05 * first
        + 0.1 * said_above
        + 0.15 * _leads(page, number, reader)
        + 0.15 * (not strong and _is_below_time(page, number, reader))
        - 0.05 * (words == words.upper() != words.lower())
        - 0.5 * _is_other(words, reader)
        - 0.3 * _is_name_over_time(page, number, reader)
    )
    return round(min(max(0.05, sure), 0.97), 2)


def _length(words: str) -> float:
    """How many words, where syllables and the signs between them count for less."""
    count = layout.words(words)
    return count * _SYLLABLES if _VIETNAMESE.search(words) else float(count)


def _is_other(words: str, reader: Reader) -> bool:
    """Whether a line says that it is no headline: a byline, a credit, a greeting, a date."""
    return bool(
        words.endswith((",", ":", "،", "，", "："))
        or signature.marked(words)
        or signature.columns(words)
        or signature.is_source(words)
        or names.is_office(words)
        or pictures.is_credit(words)
        or reader.is_mostly_date(words)
        or (datelines.is_update(words) and any(map(str.isdigit, words)))
    )


def _is_name_over_time(page: Sequence[Line], number: int, reader: Reader) -> bool:
    """Whether a line is a name with its time at most two lines below: a block of a byline."""
    below = page[number + 1 : number + 3]
    if not any(reader.stamp(line.text) for line in below):
        return False
    people = signature.lone(page[number].text)
    return any(people) and max(len(name.split()) for name in people) < _LONG_NAME


def _is_below_time(page: Sequence[Line], number: int, reader: Reader) -> bool:
    """Whether the line above is the article's time, which isn't the masthead."""
    above = page[number - 1].text if number else ""
    return bool(reader.stamp(above)) and reader.masthead(above, clock=True) is None


def _leads(page: Sequence[Line], number: int, reader: Reader) -> bool:
    """Whether the next line that says something is a time, a byline or the first paragraph."""
    for line in page[number + 1 : number + 4]:
        words = line.text
        if reader.stamp(words) or agencies.is_alone(words, reader.agency):
            return True
        if furniture.is_noise(words):
            continue
        return bool(
            layout.is_paragraph(words)
            or signature.marked(words)
            or signature.columns(words)
            or names.is_office(words)
            or reader.mixed(words)
            or pictures.is_credit(words)
            or words == page[number].text
        )
    return False


def _weighed(found: list[Candidate[int]]) -> list[Candidate[int]]:
    """The candidates, the first of equal words for all of them, and a standfirst brought down: it
    stands below the headline and is longer."""
    weighed: dict[str, Candidate[int]] = {}
    for candidate in found:
        words, sure = candidate.quote, candidate.confidence
        same = weighed.get(words)
        if same:
            weighed[words] = replace(same, confidence=max(same.confidence, sure))
            continue
        above = next(reversed(weighed.values()), None)
        if (
            above
            and above.value == candidate.value - 1
            and above.confidence >= _STRONG
            and len(words) > len(above.quote) * _times(above.quote)
        ):
            sure = max(0.05, sure - 0.2)
        weighed[words] = replace(candidate, confidence=round(sure, 2))
    return list(weighed.values())


def _times(above: str) -> float:
    """How many times as long a line must be to be a standfirst of the line above it."""
    if len(above) > _HEADLINE and _length(above) > _HEADLINE_WORDS:
        return 0.0
    if len(above) > _LONGEST_KICKER:
        return _STANDFIRST
    enough = _length(above) >= _HEADLINE_WORDS and len(above) > _LONGEST_NAME
    return _BELOW_KICKER if enough else _BELOW_FEW
