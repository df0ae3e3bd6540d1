"""Plain text or Markdown of an article, as it is saved or copied from a page → one entry with
evidence.

A page has a head (sections, masthead, headline, time, byline), a body, and a foot. Every rule looks
at the place and form of a line, none at a certain paper.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import TypeVar

from feedtool import text, valid
from feedtool.errors import ReadError
from feedtool.model import (
    Capture,
    Entry,
    Evidence,
    EvidenceField,
    Person,
    Published,
    Reading,
    Source,
)
from feedtool.read import (
    agencies,
    anatomy,
    claims,
    dates,
    frontmatter,
    headline,
    layout,
    markdown,
    zones,
)
from feedtool.read.anatomy import Parts
from feedtool.read.datelines import Reader
from feedtool.read.decode import decode
from feedtool.read.evidence import Candidate, best, rejected
from feedtool.read.frontmatter import FrontMatter
from feedtool.read.language import LOOKED_AT, identify
from feedtool.read.layout import Line

T = TypeVar("T")

SUMMARY = 1000
"""Letters of a lead beyond which it is cut, at the end of a sentence."""

_LABEL = re.compile(
    r"^(?:title|headline|tiêu đề|titel|titre|título|titolo|judul|başlık|заголовок|标题)\s*[:：]\s+",
    re.IGNORECASE,
)
_FUTURE = timedelta(days=366)  # after the capture: no article appears that late
_LOST = 5  # candidates that are told of, by field


def read(capture: Capture, source: Source) -> Reading:
    """Return the one article in a plain-text or Markdown capture.

    Raises `ReadError` about the capture's URL where there is no text, headline or body.
    """
    plain = decode(capture.body, capture.url, capture.charset)
    front, plain = frontmatter.split(plain)
    page = _page(front, plain, capture)
    language = source.language or _tongue(front) or identify(plain[:LOOKED_AT])
    zone = zones.zone_for(source.time_zone, language)
    reader = Reader(zone, source.date_order, source.agency or "")
    page = headline.spread(page, reader)
    titles = headline.candidates(page, reader)
    if front.first("title"):
        titles = [Candidate(0, page[0].text, "front matter", 1.0), *titles[1:]]
    chosen = best(titles)
    if chosen is None:
        raise ReadError(capture.url, "has no headline: put one on a line above the text")
    title = _LABEL.sub("", page[chosen.value].text) or page[chosen.value].text
    parts = anatomy.parts(page, chosen.value, reader)
    if parts.listing and not front.fields:
        raise ReadError(
            capture.url, "is a list of articles: read the pages it lists, or their feed"
        )
    if not parts.body:
        raise ReadError(capture.url, "has no body: put a paragraph below the headline")
    people = [*_said_authors(front), *claims.authors(page, parts, reader)]
    if source.author:
        people.append(Candidate((source.author,), source.author, "source setting", 0.3))
    latest = (capture.captured + _FUTURE).date()
    times = claims.times(page, parts, title, reader, latest)
    moments = [*_said_dates(front, reader, latest), *times.published]
    authors, published = best(people), best(moments)
    summaries = _summaries(front, parts, reader.agency)
    summary = summaries[0]
    evidence = (
        chosen.evidence("title"),
        *((authors.evidence("authors"),) if authors else ()),
        *((published.evidence("published"),) if published else ()),
        summary.evidence("summary"),
    )
    lost = (
        *_lost("title", titles, [page[one.value].text for one in titles]),
        *_lost("authors", people, [one.value for one in people]),
        *_lost("published", moments, [one.value for one in moments], times.barred),
        *rejected("summary", summaries, _LOST),
    )
    entry = Entry(
        id=capture.mint(capture.place),
        title=title,
        link=text.web_url(front.first("link")) or text.web_url(capture.url),
        published=published.value if published else None,
        updated=_said_update(front, reader) or times.updated or _updated(page, parts, reader),
        authors=tuple(map(Person, authors.value)) if authors else (),
        summary=summary.value,
        content_text="\n\n".join(parts.body),
        categories=front.fields.get("tags", ()),
        image=text.web_url(front.first("image")),
        captions=tuple(parts.captions),
        language=language,
        evidence=evidence,
        rejected=lost,
    )
    return Reading("prose", (entry,))


def _page(front: FrontMatter, plain: str, capture: Capture) -> list[Line]:
    """The lines of a text, its title from the front matter above them."""
    named = capture.place.lower().endswith((".md", ".markdown"))
    marked = named or capture.media_type == "text/markdown" or front.fenced
    page = markdown.lines(plain) if marked or markdown.is_markdown(plain) else layout.lines(plain)
    title = front.first("title")
    if not title:
        return page
    # A heading of the first level is the title again, or one among others.
    rest = [Line(x.text, x.gap, "heading") if x.role == "title" else x for x in page]
    return [Line(markdown.inline(title) or title, 0, "title"), *rest]


def _tongue(front: FrontMatter) -> str | None:
    said = (front.first("language") or "").replace("_", "-")
    return said if valid.LANGUAGE_TAG.fullmatch(said) else None


def _said_authors(front: FrontMatter) -> list[Candidate[tuple[str, ...]]]:
    people = front.fields.get("author", ())
    return [Candidate(people, "; ".join(people), "front matter", 0.98)] if people else []


def _said_dates(front: FrontMatter, reader: Reader, latest: date) -> list[Candidate[Published]]:
    said = front.first("date") or ""
    found = dates.parse(said, reader.zone, order=reader.order)
    known = found is not None and found.day <= latest
    return [Candidate(found, said, "front matter", 0.98)] if found and known else []


def _said_update(front: FrontMatter, reader: Reader) -> datetime | None:
    said = front.first("updated")
    found = dates.parse(said, reader.zone, order=reader.order) if said else None
    return found.time if found else None


def _lost(
    field: EvidenceField,
    candidates: Sequence[Candidate[T]],
    values: Sequence[object],
    barred: Iterable[Candidate[Published]] = (),
) -> tuple[Evidence, ...]:
    """Why the others lost, the surest first; `values` are what the candidates come to."""
    said = [
        Candidate(value, one.quote, one.rule, one.confidence)
        for one, value in zip(candidates, values, strict=True)
    ]
    never = tuple(one.evidence(field) for one in barred)
    return (*rejected(field, said, max(0, _LOST - len(never))), *never)[:_LOST]


def _summaries(front: FrontMatter, parts: Parts, agency: str) -> list[Candidate[str]]:
    """The lead, and what else may stand for the article: the surest first."""
    first = parts.body[parts.lead]
    found = [_lead(first, "first paragraph", agency)]
    if parts.teaser:
        found.insert(0, _lead(parts.teaser, "teaser", agency))
    if parts.lead:
        found.append(Candidate(parts.body[0], parts.body[0], "standfirst", 0.5))
    said = front.first("summary")
    if said:
        found.insert(0, Candidate(said, said, "front matter", 0.98))
    return found


def _lead(first: str, rule: str, agency: str) -> Candidate[str]:
    """A paragraph without the agency, whole sentences up to some length."""
    lead = first[agencies.agency(first, agency) :].strip() or first
    if len(lead) > SUMMARY:
        kept = ""
        for sentence in layout.sentences(lead[: 4 * SUMMARY]):
            if kept and len(kept) + len(sentence) >= SUMMARY:
                break
            kept = f"{kept} {sentence}".strip()
        lead = kept if len(kept) <= 2 * SUMMARY else text.shorten(kept, SUMMARY)
    return Candidate(lead, first, rule, 0.8 if len(lead) < len(first) else 0.9)


def _updated(page: Sequence[Line], parts: Parts, reader: Reader) -> datetime | None:
    """The time that a line of the head says the article was changed at, if one says it."""
    for number in (*parts.above, *parts.head)[: headline.NEAR]:
        stamp = reader.stamp(page[number].text)
        if stamp and stamp.updated and stamp.published.precision == "second":
            return stamp.published.time
    return None
