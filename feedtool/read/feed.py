"""Feeds: RSS and Atom, as feedparser reads them. The only file that knows feedparser.

RSS's words (item, guid) are used where RSS is read; what comes out are entries.
"""

from __future__ import annotations

import calendar
import io
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any
from urllib.parse import urlsplit

import feedparser

from feedtool import text
from feedtool.errors import EntryError, ReadError
from feedtool.model import (
    Capture,
    Enclosure,
    Entry,
    Evidence,
    Person,
    Published,
    Reading,
    Source,
)
from feedtool.read import dates, markup
from feedtool.valid import LANGUAGE_TAG

SUMMARY_LENGTH = 500  # characters of a summary that has to be made from the content

Item = Mapping[str, Any]


def read(capture: Capture, source: Source) -> Reading:
    """Read the feed in `capture`; raises `ReadError` where it is none.

    An entry that can't be is left out and told in `skipped`; the others are kept.
    """
    if capture.body.lstrip()[:1] == b"{":
        raise ReadError(capture.url, "is a JSON Feed, which is not read yet; its RSS or Atom is")
    charset = f"; charset={capture.charset}" if capture.charset else ""
    headers = {
        "content-location": text.web_url(capture.url) or "",
        # Whatever the server calls it: for other types feedparser guesses at the charset.
        "content-type": f"application/xml{charset}",
    }
    try:
        # As a file: feedparser would open bytes and strings that look like a path or an address.
        document = feedparser.parse(io.BytesIO(capture.body), response_headers=headers)
    except Exception as error:
        raise ReadError(capture.url, f"can't be parsed: {type(error).__name__}") from error
    items: list[Item] = [dict.copy(item) for item in document.entries]
    if not document.get("version") or (document.bozo and not items):
        why = document.get("bozo_exception")
        raise ReadError(capture.url, "is no feed" + (f": {text.line(str(why))}" if why else ""))
    feed = dict.copy(document.feed)
    usable = _usable_ids(items)
    entries: dict[str, Entry] = {}
    skipped: list[EntryError] = []
    for item in items:
        try:
            entry = _entry(item, feed, usable, capture, source)
        except EntryError as error:
            shown = text.shorten(str(item.get("title") or item.get("link") or "an entry"), 80)
            skipped.append(EntryError(f"{capture.url}: {shown}", str(error)))
        else:
            entries.setdefault(entry.id, entry)  # RFC 4287 § 4.1.1: the same id is the same entry
    return Reading("feed", tuple(entries.values()), tuple(skipped))


def _usable_ids(items: list[Item]) -> set[str]:
    """The ids that name one entry each: some feeds give all theirs the same."""
    links: dict[str, set[str]] = {}
    for item in items:
        links.setdefault(item.get("id") or "", set()).add(
            item.get("link") or item.get("title") or ""
        )
    return {identity for identity, named in links.items() if identity and len(named) == 1}


def _entry(item: Item, feed: Item, usable: set[str], capture: Capture, source: Source) -> Entry:
    language = _language(item) or _language(feed) or source.language
    zone = dates.zone_for(source.time_zone, language)
    link = text.web_url(item.get("link"))
    summary, content = _texts(item, link or capture.url)
    title, title_evidence = _title(item, summary, content)
    authors, author_evidence = _authors(item, feed, source)
    published, published_evidence = _published(item, zone)
    updated = _date(item, "updated", zone)
    found = [title_evidence, author_evidence, published_evidence]
    if summary:
        found.append(Evidence("summary", summary, "feed entry summary", 0.95))
    return Entry(
        id=_identity(item, link, title, usable, capture),
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
        language=language,
        rights=item.get("rights") or feed.get("rights"),
        evidence=tuple(one for one in found if one),
    )


def _identity(item: Item, link: str | None, title: str, usable: set[str], capture: Capture) -> str:
    """The entry's own id where it is an IRI, else one minted from what it has instead."""
    identity = text.line(item.get("id") or "")
    if identity in usable:
        parts = identity.split(":", 1)
        if len(parts) == 2 and parts[1] and parts[0].isascii() and not _has_space(identity):
            try:
                Entry(id=identity, title="-")
            except EntryError:
                pass
            else:
                return identity
        return capture.mint(identity)
    if link:
        parts_of = urlsplit(link)
        query = f"?{parts_of.query}" if parts_of.query else ""
        return capture.mint(f"{parts_of.netloc}{parts_of.path}{query}")
    return capture.mint(title)


def _has_space(value: str) -> bool:
    return any(letter.isspace() for letter in value)


def _plain(value: str, kind: str) -> str:
    """A text construct as plain text: feedparser leaves HTML in titles and summaries."""
    return markup.plain(value) if "html" in kind else text.block(value)


def _title(item: Item, summary: str | None, content: str | None) -> tuple[str, Evidence]:
    detail = item.get("title_detail") or {}
    title = text.line(_plain(item.get("title") or "", detail.get("type", "text/plain")))
    if title:
        return title, Evidence("title", title, "feed entry title", 1.0)
    # An entry without a title is left out by some readers, so its first words stand in.
    words = text.shorten(
        summary or markup.plain(content or "") or text.web_url(item.get("link")) or "", 80
    )
    return words, Evidence("title", words or "-", "first words", 0.4)


def _texts(item: Item, base: str) -> tuple[str | None, str | None]:
    """Summary (plain) and content (HTML), whichever elements they came in."""
    summary = item.get("summary") or ""
    kind = (item.get("summary_detail") or {}).get("type", "text/html")
    contents = [one for one in item.get("content") or () if one.get("value")]
    content = next((one["value"] for one in contents), "")
    if not content and "html" in kind:
        content = summary
    plain = text.line(_plain(summary, kind)) if summary else text.line(markup.plain(content))
    return (
        text.shorten(plain, SUMMARY_LENGTH) or None,
        markup.sanitise(content, base) or None,
    )


def _authors(item: Item, feed: Item, source: Source) -> tuple[tuple[Person, ...], Evidence | None]:
    """The entry's authors, else the feed's (RFC 4287 § 4.2.1), else the source's owner's word."""
    for holder, rule, confidence in ((item, "entry author", 1.0), (feed, "feed author", 0.8)):
        people = _people(holder)
        if people:
            names = ", ".join(person.name for person in people)
            return people, Evidence("authors", names, rule, confidence)
    if source.author:
        quote = source.author
        return (Person(quote),), Evidence("authors", quote, "source setting", 0.5)
    return (), None


def _people(holder: Item) -> tuple[Person, ...]:
    details = [one for one in holder.get("authors") or () if one] or [
        {"name": holder.get("author")}
    ]
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


def _published(item: Item, zone: tzinfo) -> tuple[Published | None, Evidence | None]:
    # Atom's published may be left out; updated is then the nearest that the entry says.
    for name, confidence in (("published", 1.0), ("created", 0.8), ("updated", 0.6)):
        found = _date(item, name, zone)
        if found:
            return found, Evidence("published", str(item[name]), f"feed entry {name}", confidence)
    return None, None


def _date(item: Item, name: str, zone: tzinfo) -> Published | None:
    written = item.get(name)
    if not isinstance(written, str):
        return None
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
    tag = text.line(str(holder.get("language") or "")).replace("_", "-")
    return tag if LANGUAGE_TAG.fullmatch(tag) else None


def _categories(item: Item) -> tuple[str, ...]:
    terms = Counter(
        text.line(tag.get("label") or tag.get("term") or "") for tag in item.get("tags") or ()
    )
    return tuple(term for term in terms if term)


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
