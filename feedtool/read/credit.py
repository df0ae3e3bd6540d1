"""Who wrote a page, and when: what its head says, then what people see, each with its weight."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, timedelta, tzinfo
from itertools import islice
from typing import Generic, TypeVar

from feedtool import text
from feedtool.data import Struct, replace
from feedtool.model import Evidence, EvidenceField, Published, Source
from feedtool.read import body, byline, dates, jsonld, markup, names, signature
from feedtool.read.evidence import Candidate, best, rejected
from feedtool.read.head import MOST, Head, has, is_before_text, times_behind
from feedtool.read.markup import Element

Names = tuple[str, ...]
T = TypeVar("T")


class Choice(Struct, Generic[T], frozen=True):
    """The candidate that was taken for a field, if any, and all that there were."""

    winner: Candidate[T] | None
    candidates: tuple[Candidate[T], ...]

    def rejected(self, field: EvidenceField) -> tuple[Evidence, ...]:
        """Return the evidence of what else `field` might have been, the surest first."""
        if self.winner is None:
            return ()
        return rejected(field, (replace(self.winner, confidence=1.0), *self.candidates))


_SMALL = 80  # elements in one that may be a byline or a date; more is a part of the page
_LATE, _AHEAD = 12, 14  # hours that a zone may differ from UTC
_LINES = 10  # between the headline and the text, at most
_PROSE = 60  # letters of what is text, no label
_BESIDE = 0.5  # how sure a date is where people see one that is surer
_AFTERWARDS = 0.45  # how sure a <time> after the article is
_BEFORE, _AFTER = 200, 800  # characters around the headline where bylines and dates stand

_DATE_WORDS = re.compile(
    r"(?:^|[\s_-])(?:dates?|created|submitted|datetime|time|timestamp|publi\w*|posted)(?:$|[\s_-])"
)
_BYLINE_WORDS = re.compile(
    r"(?:^|[\s_-])(?:bylines?|authors?|autor(?:es)?|auteurs?|autore|writers?|submitted"
    r"|username|name-uid)"
    r"(?:$|\s|[_-]+(?:names?|links?|texts?|info|by|line)(?:$|[\s_-]))"
)
_OF_OTHERS = re.compile(
    r"(?:^|[\s_-])(?:comments?|related|teasers?|cards?|sidebar|image|avatar|photo|bio|more|desc\w*"
    r"|recommend\w*|popular|footer)(?:$|[\s_-])"
)
_COMMENT = re.compile(
    r"(?:^|\s)(?:user-)?comment(?:s|-?list|-(?:body|item|content|author|meta|section|area|\d+))?(?:$|\s)"
)
# A part of the address of a page about somebody who writes.
_OF_WRITER = re.compile(
    r"/(?:authors?|autor(?:es|en|i)?|auteurs?|autore|yazar(?:lar)?|penulis|tac-gia|writers?|people"
    r"|profiles?|by|staff|contributors?|columnists?|journalists?|reporters?|forfatter|skribent"
    r"|person)/[^/]",
    re.IGNORECASE,
)
_IN_PATH = re.compile(r"/((?:19|20)\d\d)[/-]?(\d\d)[/-]?(\d\d)(?=[/-]|$)")

# Names of <meta>, and how sure what they say is.
_AUTHOR_METAS = {
    "author": 0.85,
    "article:author": 0.85,
    "article:author_name": 0.85,
    "articleauthor": 0.85,
    "byl": 0.85,
    "cxenseparse:author": 0.85,
    "parsely-author": 0.85,
    "sailthru.author": 0.85,
    "citation_author": 0.8,
    "dc.creator": 0.8,
    "dcterms.creator": 0.8,
}
_DATE_METAS = {
    "article:published_time": 0.93,
    "og:article:published_time": 0.9,
    "datepublished": 0.9,
    "parsely-pub-date": 0.9,
    "article.published": 0.85,
    "cxenseparse:recs:publishtime": 0.85,
    "dc.date.issued": 0.85,
    "pubdate": 0.85,
    "publish-date": 0.85,
    "publishdate": 0.85,
    "published_at": 0.85,
    "sailthru.date": 0.85,
    "citation_publication_date": 0.8,
    "dc.date": 0.8,
    "dc.date.created": 0.8,
    "dcterms.created": 0.8,
    "dcterms.date": 0.8,
    "date": 0.75,
}


def authors(head: Head, source: Source, near: str, title: str = "") -> Choice[Names]:
    """Return who wrote the page, by its head, its marked bylines, or a "By …" in the text `near`.

    A link to who writes, or a name with a role, counts under the headline `title`.
    Where a marked byline names the same people and more, and all stand in `near`, it is taken.
    The site's own name is taken only where nobody is named; then what the source's settings say.
    """
    candidates = [
        _without_site(item, head)
        for item in (
            *_in_head(head),
            *_in_text(head),
            *_announced(near),
            *_under(near, title),
            *_linked(head, title),
        )
        if item.value
    ]
    if source.author:
        candidates.append(Candidate((source.author,), source.author, "source setting", 0.3))
    surest = best(candidates)
    fuller = [
        item
        for item in candidates
        if surest and item.rule in _MARKED and _more(item, surest)
        if all(name in near for name in item.value)  # others are those of other articles
    ]
    return Choice(best(fuller) or surest, tuple(candidates))


def at_foot(choice: Choice[Names], foot: Iterable[str], end: Sequence[str]) -> Choice[Names]:
    """Return the choice with the bylines among the lines after the article's last paragraph.

    `end` is that paragraph and the short ones after it: one may be nothing but a name.
    """
    signed = (Candidate(byline.announced(line), line, "byline at the foot", 0.55) for line in foot)
    people, words = byline.signed(end)
    last = Candidate(people, words, "name at the end", 0.52)
    candidates = (*choice.candidates, *(item for item in (*signed, last) if item.value))
    return Choice(best(candidates), candidates)


def published(head: Head, zone: tzinfo, near: str) -> Choice[Published]:
    """Return when the page appeared: what it says for machines, else a date in the text `near`.

    `zone` is for times without one.
    """
    around = jsonld.page(head.nodes)
    said = (
        *((value, "JSON-LD datePublished", 0.95) for value in head.said("datePublished")),
        *(
            (value, f"meta {name}", sure)
            for name, sure in _DATE_METAS.items()
            for value in head.meta(name)
        ),
        *((value, "JSON-LD page", 0.8) for value in jsonld.strings(around.get("datePublished"))),
        *((value, "JSON-LD dateCreated", 0.75) for value in head.said("dateCreated", "uploadDate")),
        *_times(head),
    )
    parsed = {value: dates.parse(value, zone) for value, _, _ in said}
    candidates = tuple(
        Candidate(when, quote, rule, sure)
        for quote, rule, sure in said
        if (when := parsed[quote]) is not None
    )
    if all(item.confidence < _BESIDE for item in candidates):
        candidates += tuple(_seen(head, zone, near))
    return Choice(best(candidates), candidates)


def local(published: Published, zone: tzinfo | None, near: str) -> Published:
    """Return `published` on the publisher's own day, where it is a time written in UTC.

    That is the day in the source's `zone`, where one is set; else the first day in the text `near`
    the headline, if it is the one before or after and its time, where there is one, can be the same
    moment elsewhere on earth.
    """
    if published.precision == "day" or published.time.utcoffset():
        return published
    if zone is not None:
        return Published.at(published.time.astimezone(zone))
    for seen in dates.find(near, UTC)[:1]:
        shown = seen.published
        if abs(shown.day - published.day) != timedelta(days=1):
            break
        if shown.precision == "day":
            behind = shown.day < published.day
            hour = published.time.hour
            possible = hour < _LATE if behind else hour >= 24 - _AHEAD
        else:
            apart = shown.time.replace(tzinfo=UTC) - published.time
            possible = _is_offset(apart)
        return replace(published, day=shown.day) if possible else published
    return published


def _is_offset(apart: timedelta) -> bool:
    """True for a difference that zones have: up to 12 hours behind, 14 ahead, in quarters."""
    minutes = round(apart / timedelta(minutes=1))
    off = min(minutes % 15, -minutes % 15)
    return -_LATE * 60 <= minutes <= _AHEAD * 60 and off <= 1


def around(words: str, title: str) -> str:
    """Return the text close to the headline `title` in `words`, where bylines and dates stand."""
    at = max(words.find(title), 0)
    return words[max(at - _BEFORE, 0) : at + len(title) + _AFTER]


def _without_site(item: Candidate[Names], head: Head) -> Candidate[Names]:
    people = tuple(name for name in item.value if text.fold(name) not in head.site)
    if people:
        return Candidate(people, item.quote, item.rule, item.confidence)
    return Candidate(item.value, item.quote, item.rule, 0.4)


def _in_head(head: Head) -> Iterator[Candidate[Names]]:
    said = jsonld.names(head.article.get("author"), head.nodes)[:MOST]
    for person, sure in ((True, 0.95), (None, 0.9), (False, 0.45)):
        named = [markup.plain(name) for name, kind in said if kind is person]
        value = tuple(filter(byline.is_name, named)) if person is False else _people(named)
        yield Candidate(value, ", ".join(named), "JSON-LD author", sure)
    for name, sure in _AUTHOR_METAS.items():
        named = [markup.plain(value) for value in head.meta(name)]
        yield Candidate(_people(named), ", ".join(named), f"meta {name}", sure)


_MARKED = ("rel=author", "itemprop author")


def _in_text(head: Head) -> Iterator[Candidate[Names]]:
    linked = [
        node for node in head.root.iter("a") if has(node, "rel", "author") and not _of_others(node)
    ]
    named = [
        next((inner for inner in node.iter() if has(inner, "itemprop", "name")), node)
        for node in head.with_itemprop("author")
        if not _in_comment(node)
    ]
    for nodes, rule in zip((linked, named), _MARKED, strict=True):
        quotes = [node.get("content") or _words(node) for node in nodes[:MOST]]
        yield Candidate(_people(quotes), ", ".join(filter(None, quotes)), rule, 0.8)
    for node in islice(_called(head.root, _BYLINE_WORDS), 3 * MOST):
        lines = () if _of_others(node) else _words(node).split("\n\n")
        for line in lines:
            if people := byline.people(line):
                yield Candidate(people, line, "byline", 0.7)
                break


def _announced(near: str) -> Iterator[Candidate[Names]]:
    for line in near.split("\n\n"):
        if people := byline.announced(line):
            yield Candidate(people, line, "byline", 0.6)


def _under(near: str, title: str) -> Iterator[Candidate[Names]]:
    """Names with what they are, between the headline and the text: "Jane Roe, Reporter"."""
    for line in near.partition(title)[2].split("\n\n")[:_LINES] if title else ():
        if people := byline.with_role(line):
            yield Candidate(people, line, "name with a role", 0.6)
        elif len(line) > _PROSE:
            return


def _linked(head: Head, title: str) -> Iterator[Candidate[Names]]:
    """Names that lead to a page about who writes, between the headline and the text."""
    headings = list(islice(head.root.iter("h1", "h2"), MOST))
    first = [node for node in headings if text.line(_words(node)) == title]
    first = first or [node for node in headings if node.tag == "h1"][:1]
    following = islice(_following(first[0]), 200) if first else ()
    found: list[str] = []
    for node in following:
        if node.tag == "a" and _OF_WRITER.search(node.get("href", "")[:500]):
            words = _words(node)
            if not _of_others(node) and (names.person(words) or signature.glued(words)):
                found.append(words)
        if len(node.tail or "") > _PROSE or (
            node.tag not in markup.NOT_TEXT and len(node.text or "") > _PROSE
        ):
            break
    if found:
        yield Candidate(_people(found), ", ".join(found), "link to the author", 0.68)


def _following(node: Element) -> Iterator[Element]:
    """The elements after `node` in the order of the page."""
    for outer in (node, *node.iterancestors()):
        for beside in outer.itersiblings():
            yield from beside.iter()


def _more(item: Candidate[Names], other: Candidate[Names]) -> bool:
    return set(map(text.fold, item.value)) > set(map(text.fold, other.value))


def _people(values: Iterable[str]) -> Names:
    return tuple(dict.fromkeys(name for value in values for name in byline.people(value)))


def _called(root: Element, pattern: re.Pattern[str]) -> Iterator[Element]:
    """The elements whose class or id the pattern finds; there are few classes on a page."""
    known: dict[str, bool] = {"": False}
    for node in root.iter():
        named = body.words(node)
        if named not in known:
            known[named] = bool(pattern.search(named))
        if known[named]:
            yield node


def _words(node: Element) -> str:
    """The text of an element that is small enough for a byline or a date."""
    small = sum(1 for _ in islice(node.iter(), _SMALL)) < _SMALL
    return markup.text_of(node) if small else ""


def _of_others(node: Element) -> bool:
    """True where the element speaks of another article, or of who comments on this one."""
    if _in_comment(node):
        return True
    for outer in (node, *node.iterancestors()):
        if outer.tag in ("body", "main", "article"):
            return False
        if outer.tag == "footer" and is_before_text(outer):
            continue
        if outer.tag in ("aside", "nav", "footer") or _OF_OTHERS.search(body.words(outer)):
            return True
    return False


def _in_comment(node: Element) -> bool:
    """True in what is called a comment, unless the headline is in it too."""
    return any(
        _COMMENT.search(body.words(outer)) and next(outer.iter("h1"), None) is None
        for outer in (node, *node.iterancestors())
        if outer.tag not in ("body", "html", "main")
    )


def _times(head: Head) -> Iterator[tuple[str, str, float]]:
    for node in head.with_itemprop("datepublished"):
        value = node.get("datetime") or node.get("content") or _words(node)
        yield value, "itemprop datePublished", 0.9
    behind = times_behind(head.root)
    for node in islice(head.root.iter("time"), MOST):
        if not _of_others(node):
            outer = {inner.tag for inner in node.iterancestors()}
            inside = outer & {"article", "header", "main"}
            sure = _AFTERWARDS if node in behind else 0.75 if inside else 0.65
            yield node.get("datetime", ""), "time", sure


def _seen(head: Head, zone: tzinfo, near: str) -> Iterator[Candidate[Published]]:
    """Dates that people see: in an element called so, by the headline, or in the address."""
    for node in islice(_called(head.root, _DATE_WORDS), 3 * MOST):
        words = "" if _of_others(node) else _words(node)[:_BEFORE]
        for found in dates.find(words, zone)[:1]:
            yield Candidate(found.published, found.quote, "date on the page", 0.6)
    for path in (head.link, head.url):
        dated = _IN_PATH.search(path or "")
        when = dates.parse("-".join(dated.groups()), zone) if dated else None
        if dated and when:
            yield Candidate(when, dated[0], "address", 0.55)
    for found in dates.find(near, zone)[:1]:
        yield Candidate(found.published, found.quote, "date by the headline", 0.5)
