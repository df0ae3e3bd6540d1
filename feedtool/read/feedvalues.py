"""Items of feeds as entries: ids, titles, texts, people, dates, as one item says them.

An item is a mapping with feedparser's names, whoever has read it.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from html import escape
from typing import Any
from urllib.parse import urlsplit

from feedtool import text, valid
from feedtool.data import Struct, replace
from feedtool.errors import EntryError
from feedtool.model import Capture, Enclosure, Entry, Evidence, Person, Published, Source
from feedtool.read import simple, zones
from feedtool.text import remembered
from feedtool.valid import IRI, LANGUAGE_TAG

SUMMARY_LENGTH = 500  # characters of a summary that has to be made from the content

_ENOUGH = 4 * SUMMARY_LENGTH  # of HTML, most often
_READABLE = ("text/html", "application/xhtml+xml", "text/plain")
_EMAIL = re.compile(r"[^\s<>()\[\]\"',;@]{1,64}@[\w.-]{1,255}")
_BLANK_LINE = re.compile(r"\n\s*\n")

Item = Mapping[str, Any]
Authors = tuple[tuple[Person, ...], Evidence | None]

# Why a value is what it is; the words are the document's, each time.
_TITLE = Evidence("title", "-", "feed entry title", 1.0)
_SUMMARY = Evidence("summary", "-", "feed entry summary", 0.95)
_OWN_AUTHORS = Evidence("authors", "-", "entry author", 1.0)
_FEEDS_AUTHORS = Evidence("authors", "-", "feed author", 0.8)
# Atom's published may be left out; updated is then the nearest that the entry says.
_PUBLISHED = {
    name: Evidence("published", "-", f"feed entry {name}", confidence)
    for name, confidence in (("published", 1.0), ("created", 0.8), ("updated", 0.6))
}
_EMPTY = Entry(id="urn:x", title="-")


class Around(Struct, frozen=True):
    """What is the same for all entries of a document: where it is from, which `ids` may be taken
    for true, and what they inherit from the feed (RFC 4287 § 4.2.1), else from the source."""

    capture: Capture
    ids: frozenset[str]
    language: str | None
    zone: tzinfo
    time_zone: str | None
    authors: Authors
    rights: str | None


def around(feed: Item, items: Iterable[Item], capture: Capture, source: Source) -> Around:
    """Return what is around these `items` of `feed`."""
    tag = _language(feed) or source.language
    return Around(
        capture=capture,
        ids=_usable_ids(items),
        language=tag,
        zone=zones.zone_for(source.time_zone, tag),
        time_zone=source.time_zone,
        authors=_authors(feed, _FEEDS_AUTHORS) or _owner(source),
        rights=_rights(feed),
    )


def _usable_ids(items: Iterable[Item]) -> frozenset[str]:
    """The ids that name one entry each: some feeds give all theirs the same."""
    links: dict[str, set[str]] = {}
    for item in items:
        links.setdefault(item.get("id") or "", set()).add(
            item.get("link") or item.get("title") or ""
        )
    return frozenset(identity for identity, named in links.items() if identity and len(named) == 1)


def entry(item: Item, around: Around) -> Entry:
    """Return the entry that `item` is; raises `EntryError` where it can't be one."""
    tag = _language(item)
    zone = zones.zone_for(around.time_zone, tag) if tag else around.zone
    link = text.web_url(item.get("link"))
    summary, content = _texts(item, link or around.capture.url)
    title, title_evidence = _title(item, summary, content)
    authors, author_evidence = _authors(item, _OWN_AUTHORS) or around.authors
    published, published_evidence = _published(item, zone)
    updated = _date(item, "updated", zone)
    summary_evidence = _evidence(_SUMMARY, summary) if summary else None
    found = (title_evidence, author_evidence, published_evidence, summary_evidence)
    if not title:
        raise EntryError("title", "is empty")
    return valid.copy(
        _EMPTY,
        id=_identity(item, link, title, published, around),
        title=title,
        link=link,
        published=published,
        updated=updated.time if updated else None,
        authors=authors,
        summary=summary,
        content_html=content,
        categories=_categories(item),
        image=_image(item),
        enclosures=_enclosures(item),
        language=tag or valid.like("language", around.language, LANGUAGE_TAG, "a language tag"),
        rights=_rights(item) or around.rights,
        evidence=tuple(one for one in found if one),
    )


def _evidence(like: Evidence, quote: str) -> Evidence:
    """Evidence `like` another that quotes other words, which are on one line."""
    return valid.copy(like, quote=quote) if len(quote) <= 300 else replace(like, quote=quote)


def _rights(holder: Item) -> str | None:
    written = holder.get("rights")
    if not written:
        return None
    return _line(written, (holder.get("rights_detail") or {}).get("type", "text/plain")) or None


def _identity(
    item: Item, link: str | None, title: str, published: Published | None, around: Around
) -> str:
    """The entry's own id where it is an IRI, else one minted from what it has instead."""
    identity = text.line(item.get("id") or "")
    if identity in around.ids:
        parts = identity.split(":", 1)
        if len(parts) == 2 and parts[1] and parts[0].isascii() and IRI.fullmatch(identity):
            return identity
        place = identity
    elif link:
        parts_of = urlsplit(link)
        query = f"?{parts_of.query}" if parts_of.query else ""
        place = f"{parts_of.netloc}{parts_of.path}{query}"
    else:
        # Logs and lists of changes have the same title again and again.
        place = f"{title} {published.time.isoformat()}" if published else title
    minted = around.capture.mint(place)
    return valid.like("id", minted, IRI, "an absolute IRI") or minted


def _has_space(value: str) -> bool:
    return any(letter.isspace() for letter in value)


def _line(value: str, kind: str) -> str:
    """A text construct as plain text on one line: feedparser leaves HTML in titles and rights."""
    return text.line(_plain(value, kind))


def _plain(value: str, kind: str) -> str:
    if "html" not in kind or ("<" not in value and "&" not in value):
        return value
    kept = simple.sanitise(value, None)
    if kept is not None:
        return simple.words(kept)
    from feedtool.read import markup  # it brings parsers, and most feeds need none

    return markup.plain(value)


def _title(item: Item, summary: str | None, content: str | None) -> tuple[str, Evidence]:
    detail = item.get("title_detail") or {}
    title = _line(item.get("title") or "", detail.get("type", "text/plain"))
    if title:
        return title, _evidence(_TITLE, title)
    # An entry without a title is left out by some readers, so its first words stand in.
    words = text.shorten(
        summary or _plain(content or "", "html") or text.web_url(item.get("link")) or "", 80
    )
    return words, Evidence("title", words or "-", "first words", 0.4)


def _texts(item: Item, base: str) -> tuple[str | None, str | None]:
    """Summary (plain, a line) and content (HTML, a block), whichever elements they came in."""
    contents = [
        (one["value"], one.get("type") or "text/html", one.get("raw"))
        for one in item.get("content") or ()
        if one.get("value")
    ]
    content, content_kind, raw = next(
        (one for one in contents if one[1] in _READABLE), ("", "text/html", None)
    )
    summary = item.get("summary") or ""
    # feedparser copies the content where there is no summary.
    kind = (item.get("summary_detail") or {}).get("type", content_kind)
    if not content and "html" in kind:
        content = summary
    if content_kind == "text/plain":
        content = paragraphs(content)
    kept = simple.sanitise(content, base, raw)
    words = _plain(summary, kind) if summary and summary != content else None
    if kept is None:
        from feedtool.read import markup

        if words is None:
            kept, words = markup.sanitise_with_words(content, base)
        else:
            kept = markup.sanitise(content, base)
        kept = text.block(kept)
    elif words is None:
        words = _begun(kept)
    return text.shorten(words, SUMMARY_LENGTH) or None, kept or None


def _begun(html: str) -> str:
    """The text of simple HTML, or of as much of it as a summary is made from."""
    if len(html) > _ENOUGH:
        words = text.line(simple.words(html[:_ENOUGH].rpartition("<")[0]))
        if len(words) > SUMMARY_LENGTH:
            return words
    return simple.words(html)


def paragraphs(plain: str) -> str:
    """Return plain text as HTML: a blank line parts paragraphs."""
    parts = (part.strip() for part in _BLANK_LINE.split(plain))
    return "".join(
        f"<p>{escape(part, quote=False)}</p>".replace("\n", "<br>") for part in parts if part
    )


def _owner(source: Source) -> Authors:
    """Whom the source's owner names."""
    name = text.line(source.author or "")
    if not name:
        return (), None
    return (Person(name),), Evidence("authors", name, "source setting", 0.5)


def _authors(holder: Item, like: Evidence) -> Authors | None:
    """Who wrote, by what an entry or a feed says; None where it says nothing."""
    details = [one for one in holder.get("authors") or () if one] or [
        {"name": holder.get("author")}
    ]
    found = (
        _named(details[0]["name"] or "") if _has_name_alone(details) else _people(details, holder)
    )
    return (found, _evidence(like, ", ".join([one.name for one in found]))) if found else None


def _has_name_alone(details: Sequence[Item]) -> bool:
    return len(details) == 1 and details[0].keys() == {"name"}


@remembered(256)
def _named(written: str) -> tuple[Person, ...]:
    name = text.line(written)
    return (Person(name),) if name else ()


def _people(details: Sequence[Item], holder: Item) -> tuple[Person, ...]:
    if len(details) == 1:
        details = [_whole(details[0], holder)]
    people: dict[str, Person] = {}
    for detail in details:
        email = text.line(detail.get("email") or "")
        name = text.line(detail.get("name") or "") or email
        if name:
            usable = email if email.count("@") == 1 and not _has_space(email) else None
            try:
                person = Person(name, text.web_url(detail.get("href")), usable)
            except EntryError:
                person = Person(name)
            people.setdefault(name, person)
    return tuple(people.values())


def _whole(detail: Item, holder: Item) -> Item:
    """An author as the document names him: feedparser cuts an address after the fourth letter of
    its last part, and takes the rest for the name."""
    written, email = holder.get("author"), detail.get("email")
    found = _EMAIL.search(written) if isinstance(written, str) and email else None
    if found is None or found[0] == email or not found[0].startswith(str(email)):
        return detail
    name = (found.string[: found.start()] + found.string[found.end() :]).strip(" \t\n<>()[]\"',;")
    return {**detail, "name": name, "email": found[0]}


def _published(item: Item, zone: tzinfo) -> tuple[Published | None, Evidence | None]:
    for name, like in _PUBLISHED.items():
        found = _date(item, name, zone)
        if found:
            return found, _evidence(like, text.line(str(item[name])))
    return None, None


def _date(item: Item, name: str, zone: tzinfo) -> Published | None:
    written = item.get(name)
    if not isinstance(written, str):
        return None
    at = item.get(f"{name}_at")
    if isinstance(at, Published):
        return at
    from feedtool.read import dates  # few feeds have any of other forms

    found = dates.parse(written, zone)
    if found:
        return found
    parsed = item.get(f"{name}_parsed")
    # feedparser makes 1 January 2027 of "2026-13-45": a year that isn't written isn't believed.
    if not parsed or f"{parsed[0] % 100:02}" not in written:
        return None
    try:
        return Published.at(datetime.fromtimestamp(calendar.timegm(parsed), UTC))
    except (ValueError, OverflowError, OSError, EntryError):
        return None


def _language(holder: Item) -> str | None:
    said = holder.get("language")
    tag = text.line(str(said)).replace("_", "-") if said else ""
    return tag if LANGUAGE_TAG.fullmatch(tag) else None


def _categories(item: Item) -> tuple[str, ...]:
    tags = item.get("tags") or ()
    return valid.lines("categories", [tag.get("label") or tag.get("term") or "" for tag in tags])


def _image(item: Item) -> str | None:
    for name in ("media_thumbnail", "media_content"):
        for one in item.get(name) or ():
            kind = one.get("medium") or one.get("type") or "image"
            url = text.web_url(one.get("url"))
            if url and kind.startswith("image"):
                return url
    return None


def _enclosures(item: Item) -> tuple[Enclosure, ...]:
    found: dict[str, Enclosure] = {}
    for one in item.get("links") or ():
        href = text.web_url(one.get("href")) if one.get("rel") == "enclosure" else None
        length = str(one.get("length") or "")
        if href:
            octets = int(length) if length.isascii() and length.isdecimal() else None
            try:
                found.setdefault(href, Enclosure(href, one.get("type") or None, octets))
            except EntryError:
                found.setdefault(href, Enclosure(href, None, octets))
    return tuple(found.values())
