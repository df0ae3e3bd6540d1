"""Plain text of an article, as it is saved or copied from a page → one entry with evidence.

A page has a head (sections, masthead, headline, time, byline), a body, and a foot. Every rule looks
at the place and form of a line, none at a certain paper.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, tzinfo

from feedtool import text
from feedtool.errors import ReadError
from feedtool.model import Capture, Entry, Person, Published, Reading, Source
from feedtool.read import anatomy, datelines, dates, layout, signature
from feedtool.read.anatomy import NEAR, Parts
from feedtool.read.decode import decode
from feedtool.read.evidence import Candidate, best
from feedtool.read.language import LOOKED_AT, identify
from feedtool.read.layout import Line

SUMMARY = 500
"""Letters of a lead beyond which it is cut, at the end of a sentence."""

_LABEL = re.compile(
    r"^(?:title|headline|tiêu đề|titel|titre|título|titolo|judul|başlık|заголовок|标题)\s*[:：]\s+",
    re.IGNORECASE,
)
_SCANNED = 100_000  # letters of a body in which full dates are looked for


def read(capture: Capture, source: Source) -> Reading:
    """Return the one article in a plain-text capture.

    Raises `ReadError` about the capture's URL where there is no text, headline or body.
    """
    plain = decode(capture.body, capture.url, capture.charset)
    page = layout.lines(plain)
    language = source.language or identify(plain[:LOOKED_AT])
    zone = dates.zone_for(source.time_zone, language)
    headline = best(anatomy.headlines(page, zone))
    if headline is None:
        raise ReadError(capture.url, "has no headline: put one on a line above the text")
    title = _LABEL.sub("", page[headline.value].text) or page[headline.value].text
    parts = anatomy.parts(page, headline.value, zone)
    if parts.listing:
        raise ReadError(
            capture.url, "is a list of articles: read the pages it lists, or their feed"
        )
    if not parts.body:
        raise ReadError(capture.url, "has no body: put a paragraph below the headline")
    authors = best(_authors(page, parts, source))
    published = best(_dates(page, parts, title, zone))
    summary = _summary(parts)
    evidence = (
        headline.evidence("title"),
        *((authors.evidence("authors"),) if authors else ()),
        *((published.evidence("published"),) if published else ()),
        summary.evidence("summary"),
    )
    entry = Entry(
        id=capture.mint(capture.place),
        title=title,
        link=text.web_url(capture.url),
        published=published.value if published else None,
        updated=_updated(page, parts, zone),
        authors=tuple(map(Person, authors.value)) if authors else (),
        summary=summary.value,
        content_text="\n\n".join(parts.body),
        captions=tuple(parts.captions),
        language=language,
        evidence=evidence,
    )
    return Reading("prose", (entry,))


def _summary(parts: Parts) -> Candidate[str]:
    """The lead: the first paragraph without the agency, whole sentences up to some length."""
    first, rule = (parts.teaser, "teaser") if parts.teaser else (parts.body[0], "first paragraph")
    lead = first[datelines.agency(first) :].strip() or first
    if len(lead) > SUMMARY:
        kept = ""
        for sentence in layout.sentences(lead[: 4 * SUMMARY]):
            if kept and len(kept) + len(sentence) >= SUMMARY:
                break
            kept = f"{kept} {sentence}".strip()
        lead = kept if len(kept) <= 2 * SUMMARY else text.shorten(kept, SUMMARY)
    return Candidate(lead, first, rule, 0.8 if len(lead) < len(first) else 0.9)


def _authors(
    page: Sequence[Line], parts: Parts, source: Source
) -> list[Candidate[tuple[str, ...]]]:
    """Everybody who may have written: named at the foot, at the head, within, in the settings."""
    found: list[Candidate[tuple[str, ...]]] = []

    def add(names: tuple[str, ...], quote: str, rule: str, confidence: float) -> None:
        if names:
            found.append(Candidate(names, quote, rule, confidence))

    for place, number in enumerate(parts.head[:NEAR]):
        line = page[number].text
        add(signature.marked(line), line, "byline at head", 0.95)
        add(signature.columns(line), line, "byline at head", 0.85)
        add(signature.lone(line), line, "name at head", max(0.5, 0.7 - place * 0.02))
    for line in parts.foot:
        add(signature.marked(line), line, "byline at foot", 0.93)
        add(signature.lone(line), line, "byline at foot", 0.9)
    add(*parts.signed, "byline after the last sentence", 0.8)
    add(*signature.inline(parts.body[0]), "byline in the lead", 0.75)
    if source.author:
        add((source.author,), source.author, "source setting", 0.3)
    return found


def _dates(
    page: Sequence[Line], parts: Parts, title: str, zone: tzinfo
) -> list[Candidate[Published]]:
    """Every date that may be the one of publication; the masthead is never one."""
    found: list[Candidate[Published]] = []
    masthead: date | None = None
    for number in parts.above[:NEAR]:
        stamp = datelines.stamp(page[number].text, zone)
        if stamp and stamp.weekday and not stamp.labelled and stamp.published.precision == "day":
            masthead = masthead or stamp.published.day
        elif stamp:
            found.append(Candidate(stamp.published, page[number].text, "timestamp line", 0.85))
    for number in parts.head[:NEAR]:
        if number > parts.begun and len(parts.body) < 2:
            break  # of the foot, which is next
        found.extend(_stamped(page, number, zone, parts.begun))
    for line in parts.foot:
        stamp = datelines.stamp(line, zone)
        timed = stamp is not None and stamp.published.precision == "second"
        if stamp and (stamp.labelled or timed or not stamp.weekday):
            sure = 0.82 if timed else 0.6 if stamp.labelled else 0.45
            found.append(Candidate(stamp.published, line, "timestamp at foot", sure))
    lead = parts.body[0]
    near = "\n".join((*parts.body, *parts.foot))[:_SCANNED]
    others = [date_.published.day for date_ in dates.find(near, zone)]
    found.extend(datelines.from_lead(title, lead, masthead, others, zone))
    return found


def _stamped(
    page: Sequence[Line], number: int, zone: tzinfo, begun: int
) -> list[Candidate[Published]]:
    """The date that a line of the head is, its time on the next line included."""
    line = page[number].text
    stamp = datelines.stamp(line, zone)
    if not stamp:
        published = None if layout.is_credit(line) else datelines.mixed(line, zone)
        return (
            [Candidate(published, line, "byline with date", 0.88 if number < begun else 0.6)]
            if published
            else []
        )
    following = page[number + 1].text if number + 1 < len(page) else ""
    if stamp.published.precision == "day" and len(following) < 30:
        both = datelines.stamp(f"{line} {following}", zone)
        if both and both.published.precision == "second":
            line, stamp = f"{line} / {following}", both
    updated = stamp.updated or (number > 0 and datelines.is_update(page[number - 1].text))
    sure = 0.5 if updated else 0.95 if number < begun else 0.82
    return [Candidate(stamp.published, line, "timestamp line", sure)]


def _updated(page: Sequence[Line], parts: Parts, zone: tzinfo) -> datetime | None:
    """The time that the head says the article was changed at, if it says one."""
    for number in parts.head[:NEAR]:
        stamp = datelines.stamp(page[number].text, zone)
        if stamp and stamp.updated and stamp.published.precision == "second":
            return stamp.published.time
    return None
