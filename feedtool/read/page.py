"""One web page, saved or fetched: an article, with the reason for each of its fields."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, tzinfo
from itertools import islice

from feedtool import text
from feedtool.errors import ReadError
from feedtool.model import Capture, Entry, Person, Reading, Source
from feedtool.read import (
    body,
    credit,
    dates,
    decode,
    figures,
    jsonld,
    language,
    markup,
    refusal,
    zones,
)
from feedtool.read.evidence import Candidate, best, rejected
from feedtool.read.head import MOST, Head, charset_in, look
from feedtool.read.markup import Element

_AFTER_BAR = re.compile(r"\s+[|»]\s+.*$")
_DASH = re.compile(r"(\s+[-–—|:·•»]{1,2}\s+)")
_TITLE = 1000  # characters of what may be a title
_HEADING = 5  # characters of one; less is a label
_TOP = 5000  # characters of a page among which its name and headline stand
_MASTHEAD = 3  # lines
_ABOVE = 2000  # elements
_PARAGRAPH = 80  # characters
_SUMMARY = 300  # characters of one that is made from the first paragraph
_CATEGORIES = 10
_NAMED = 0.5  # how sure an author is that need not be looked for further
_BY_MACHINE = 0.65  # how sure a date is that stands in a page for machines

# Names of <meta>, and how sure what they say is.
_TITLE_METAS = {"og:title": 0.85, "twitter:title": 0.7, "dc.title": 0.7}
_SUMMARY_METAS = {"og:description": 0.85, "description": 0.8, "twitter:description": 0.75}
_UPDATED_METAS = ("article:modified_time", "og:updated_time", "datemodified", "dcterms.modified")
_IMAGE_METAS = ("og:image", "og:image:url", "og:image:secure_url", "twitter:image")


def read(capture: Capture, source: Source) -> Reading:
    """Read the page in `capture` as one entry.

    Raises `ReadError` where it has no title or no text.
    """
    html = decode.decode(capture.body, capture.url, capture.charset, charset_in(capture.body))
    root = markup.tree(html)
    if root is None:
        raise ReadError(capture.url, "holds no HTML")
    head = look(root, capture.url)
    words = markup.text_of(root)
    signs = refusal.signs(head, words)
    titles = _titles(head, words)
    title = best(titles)
    if title is None:
        refused = refusal.why(signs, "", words, 0, dated=False)
        raise ReadError(capture.url, refused or "has no title")
    tongue = head.language() or source.language
    zone = zones.zone_for(source.time_zone, tongue)
    near = credit.around(words, title.value)
    writers = credit.authors(head, source, near, title.value)
    days = credit.published(head, zone, near)
    authors, published = writers.winner, days.winner
    files = figures.enclosures(root, head.metas, head.base)
    told = [text.line(item.quote) for item in (authors, published) if item]
    # This cuts the tree down: the article alone is left.
    found = body.find(root, title.value, told, head.home)
    dated = published is not None and published.confidence >= _BY_MACHINE
    refused = refusal.why(signs, title.value, found.text, found.teasers, dated)
    if refused or not found.text:
        raise ReadError(capture.url, refused or "has no text")
    if authors is None or authors.confidence < _NAMED:
        writers = credit.at_foot(writers, found.foot, found.end)
        authors = writers.winner
    summaries = list(_summaries(head, found, title.value))
    summary = best(summaries)
    own_zone = zone if source.time_zone else None
    when = credit.local(published.value, own_zone, near) if published else None
    updated = _updated(head, zone)
    evidence = (
        title.evidence("title"),
        authors.evidence("authors") if authors else None,
        published.evidence("published") if published else None,
        summary.evidence("summary") if summary else None,
    )
    entry = Entry(
        id=capture.mint(capture.place),
        title=title.value,
        link=head.link,
        published=when,
        updated=None if updated and when and updated < when.time else updated,
        authors=tuple(map(Person, authors.value)) if authors else (),
        summary=summary.value if summary else None,
        content_html=markup.sanitise_tree(found.element, head.base) or None,
        categories=_categories(head),
        image=_image(head),
        enclosures=files,
        captions=found.captions,
        language=tongue or language.identify(found.text),
        evidence=tuple(filter(None, evidence)),
        rejected=(
            *rejected("title", titles),
            *writers.rejected("authors"),
            *days.rejected("published"),
            *rejected("summary", summaries),
        ),
    )
    return Reading("page", (entry,))


def _titles(head: Head, words: str) -> list[Candidate[str]]:
    marked = head.with_itemprop("headline")
    said = (
        *((value, "JSON-LD headline", 0.9) for value in head.said("headline", "name")),
        *((_words(node), "itemprop headline", 0.85) for node in marked),
        *(
            (value, f"meta {name}", sure)
            for name, sure in _TITLE_METAS.items()
            for value in head.meta(name)
        ),
        *((_words(node), "title", 0.6) for node in islice(head.root.iter("title"), 1)),
    )
    candidates = [
        Candidate(title, quote, rule, sure)
        for quote, rule, sure in said
        if (title := _without_site(text.line(markup.plain(quote[:_TITLE])), head))
    ]
    candidates += _second_headings(head.root, candidates)
    headings = [_heading(_words(node), candidates) for node in islice(head.root.iter("h1"), MOST)]
    candidates += [item for item in headings if text.fold(item.value) not in head.site | {""}]
    return candidates + list(_beside_site_name(head, words, candidates))


def _beside_site_name(
    head: Head, words: str, candidates: list[Candidate[str]]
) -> Iterator[Candidate[str]]:
    """The heading of a page that is titled with its site's name and no more; else that name.

    A title is the site's name too where it stands at the top of the page before the heading, not
    after it, and no word of it is in the heading.
    """
    if not {item.rule for item in candidates} <= {"title", "h1"}:
        return
    first = list(islice(head.root.iter("h1"), 2)) or list(_above_text(head.root))
    line = _words(first[0]) if len(first) == 1 else ""
    titled = [item.value for item in candidates if item.rule == "title"]
    folded = text.fold(line)
    if len(line) > _HEADING and folded not in head.site:
        if all(_is_name_of_site(title, line, words) for title in titled):
            yield Candidate(line, line, str(first[0].tag), 0.8)
    elif not candidates:
        for node in islice(head.root.iter("title"), 1):
            name = _words(node)
            if text.fold(name) not in ("", text.fold(head.home)):
                yield Candidate(name, name, "title", 0.2)


def _above_text(root: Element) -> Iterator[Element]:
    """The last h2 before the first paragraph."""
    last = None
    for node in islice(root.iter(), _ABOVE):
        if node.tag == "h2":
            last = node
        elif node.tag not in markup.NOT_TEXT | {"a"} and len(node.text or "") > _PARAGRAPH:
            break
    if last is not None:
        yield last


def _is_name_of_site(title: str, heading: str, words: str) -> bool:
    if set(text.fold(title).split()) & {
        word for word in text.fold(heading).split() if len(word) > 3
    }:
        return False
    lines = [text.line(line).casefold() for line in words[:_TOP].split("\n\n")]
    known, own = title.casefold(), text.line(heading).casefold()
    if own not in lines:
        return False
    at = lines.index(own)
    return known in lines[: min(at, _MASTHEAD)] and known not in lines[at:]


def _second_headings(root: Element, candidates: list[Candidate[str]]) -> list[Candidate[str]]:
    """The h2 that is the headline: the page's title begins with it, and no h1 says the same.

    The h1 is a section then, a kicker or the site.
    """
    said = {
        text.fold(part)
        for item in candidates
        for part in (item.value, _DASH.split(item.value)[0])
        if item.rule != "itemprop headline"
    }
    first = {text.fold(_words(node)) for node in islice(root.iter("h1"), MOST)}
    if not first or first & said:
        return []
    lines = [_words(node) for node in islice(root.iter("h2"), MOST)]
    alike = (line for line in lines if text.fold(line) in said - {""} and len(line.split()) > 2)
    return [Candidate(line, line, "h2", 0.96) for line in islice(alike, 1)]


def _heading(words: str, candidates: list[Candidate[str]]) -> Candidate[str]:
    """The candidate that an h1 makes, weighed by what the page says elsewhere.

    The headline is what readers see; a logo or a section's name resembles no title. Where a
    kicker stands before the headline in the same h1, the headline is what other titles repeat.
    """
    folded = text.fold(words)
    own = set(folded.split())
    for item in candidates:
        title = text.fold(item.value)
        if title and folded.endswith(" " + title) and len(title) * 2 > len(folded):
            return Candidate(item.value, words, "h1", 0.95)
    others = [set(text.fold(item.value).split()) for item in candidates]
    alike = any(len(own & other) * 2 >= min(len(own), len(other)) for other in others)
    return Candidate(words, words, "h1", 0.95 if alike else 0.5)


def _words(node: Element) -> str:
    return text.line((node.get("content") or markup.text_of(node))[:_TITLE])


def _without_site(title: str, head: Head) -> str:
    """The title without the site's name at either end, and without sections after a bar."""
    bare = _AFTER_BAR.sub("", title)
    while True:
        parts = _DASH.split(bare)
        ends = [("".join(parts[:n]), "".join(parts[n + 1 :])) for n in range(1, len(parts), 2)]
        heads = [first for first, last in ends if text.fold(last) in head.site]
        tails = [last for first, last in ends if text.fold(first) in head.site]
        shorter = next(iter((*heads, *tails)), None)
        if shorter is None:
            return "" if text.fold(bare) in head.site else bare
        bare = shorter


def _updated(head: Head, zone: tzinfo) -> datetime | None:
    said = (*head.said("dateModified"), *head.meta(*_UPDATED_METAS))
    moments = (dates.parse(value, zone) for value in said)
    return next((moment.time for moment in moments if moment), None)


def _summaries(head: Head, found: body.Body, title: str) -> Iterator[Candidate[str]]:
    said = (
        *((value, "JSON-LD description", 0.9) for value in head.said("description")),
        *(
            (value, f"meta {name}", sure)
            for name, sure in _SUMMARY_METAS.items()
            for value in head.meta(name)
        ),
    )
    for quote, rule, sure in said:
        summary = text.line(markup.plain(quote))
        if text.fold(summary) not in head.site | {"", text.fold(title)}:
            yield Candidate(summary, summary, rule, sure)
    paragraph = body.first_paragraph(found)
    if paragraph:
        yield Candidate(text.shorten(paragraph, _SUMMARY), paragraph, "first paragraph", 0.5)


def _image(head: Head) -> str | None:
    said = (*head.meta(*_IMAGE_METAS), *jsonld.addresses(head.article.get("image"))[:MOST])
    return next(filter(None, (markup.absolute(address, head.base) for address in said)), None)


def _categories(head: Head) -> tuple[str, ...]:
    parts = (
        part
        for value in (*head.meta("article:tag"), *head.said("keywords"))
        for part in value.split(",")
    )
    said = (text.line(markup.plain(part)) for part in islice(parts, 5 * MOST))
    return tuple(dict.fromkeys(filter(None, said)))[:_CATEGORIES]
