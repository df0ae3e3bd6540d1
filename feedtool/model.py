"""The nouns: frozen values, clean and valid by construction.

An `Entry` that exists can be published: its text is in NFC and free of characters that XML can't
carry, its times are aware and of whole seconds, its links are absolute. Nobody checks again. What
can't be made right is an `EntryError`. The names are Atom's (RFC 4287) and WARC's (`Capture`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from enum import StrEnum
from typing import Any, Literal
from urllib.parse import quote

from feedtool import text
from feedtool.errors import EntryError, FeedtoolError, SourceError

Precision = Literal["day", "second"]
Kind = Literal["prose", "page", "feed"]
EvidenceField = Literal["title", "authors", "published", "summary"]

# RFC 3986 § 3.1. RFC 4287 § 4.2.6 wants an IRI: absolute, and here without white space.
_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
# RFC 4287 § 3.2.3 and Appendix B: atomEmailAddress, atomLanguageTag, atomMediaType.
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+")
LANGUAGE_TAG = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")
_MEDIA_TYPE = re.compile(r"[^\s/]+/[^\s/]+")
_YEARS = range(1000, 9999)  # RFC 3339 has four digits; a day of margin for any offset
_NOON = time(12, tzinfo=UTC)


def _set(value: object, **fields: object) -> None:
    for name, content in fields.items():
        object.__setattr__(value, name, content)


def _text(name: str, value: object, form: Callable[[str], str]) -> str:
    if not isinstance(value, str):
        raise EntryError(name, f"is not text but {type(value).__name__}")
    return form(value)


def _maybe(name: str, value: object, form: Callable[[str], str]) -> str | None:
    return None if value is None else _text(name, value, form) or None


def _like(name: str, value: object, pattern: re.Pattern[str], what: str) -> str | None:
    found = _maybe(name, value, text.line)
    if found is not None and not pattern.fullmatch(found):
        raise EntryError(name, f"is not {what}: {text.shorten(found, 80)}")
    return found


def _url(name: str, value: object) -> str | None:
    if value is None:
        return None
    url = text.web_url(_text(name, value, str))
    if url is None:
        shown = text.shorten(str(value), 80)
        raise EntryError(name, f"is not an absolute http(s) address: {shown}")
    return url


def _tuple(name: str, value: Iterable[Any], kind: type) -> tuple[Any, ...]:
    items = tuple(value)
    for item in items:
        if not isinstance(item, kind):
            raise EntryError(name, f"holds a {type(item).__name__}, not a {kind.__name__}")
    return items


def _lines(name: str, value: Iterable[Any]) -> tuple[str, ...]:
    cleaned = (text.line(item) for item in _tuple(name, value, str))
    return tuple(dict.fromkeys(item for item in cleaned if item))


def moment(name: str, value: object) -> datetime:
    """Return `value` as an aware time of whole seconds with a fixed offset of whole minutes.

    Raises `EntryError` about `name` for anything else, and for years outside 1000 to 9998.
    """
    if not isinstance(value, datetime):
        raise EntryError(name, f"is not a time but {type(value).__name__}")
    offset = value.utcoffset()
    if offset is None:
        raise EntryError(name, "is a time without an offset")
    if value.year not in _YEARS:
        raise EntryError(name, f"is in the year {value.year}")
    if offset % timedelta(minutes=1):  # RFC 3339 can't write it (local mean times)
        value, offset = value.astimezone(UTC), timedelta(0)
    zone = timezone(offset) if offset else UTC
    return value.replace(microsecond=0, tzinfo=zone, fold=0)


@dataclass(frozen=True, slots=True)
class Published:
    """When an entry first appeared: a time, and how much of it the document said.

    `precision` "day": the document named `day` and no more; `time` is then a stand-in for
    formats that need one. `day` is the day in the offset that the time was written in.
    """

    time: datetime
    day: date
    precision: Precision = "second"

    def __post_init__(self) -> None:
        _set(self, time=moment("published", self.time))
        if isinstance(self.day, datetime) or not isinstance(self.day, date):
            raise EntryError("published", "has no day")
        if self.day.year not in _YEARS:
            raise EntryError("published", f"is in the year {self.day.year}")
        if self.precision not in ("day", "second"):
            raise EntryError("published", f"has no precision {self.precision!r}")

    @classmethod
    def on(cls, day: date) -> Published:
        """A day without a time: written as 12:00 UTC, which is the same day in most zones."""
        return cls(datetime.combine(day, _NOON), day, "day")

    @classmethod
    def at(cls, when: datetime) -> Published:
        """A time; its day is the one in its own offset."""
        known = moment("published", when)
        return cls(known, when.date())


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who wrote (Atom person construct, RFC 4287 § 3.2)."""

    name: str
    uri: str | None = None
    email: str | None = None

    def __post_init__(self) -> None:
        name = _text("author", self.name, text.line)
        if not name:
            raise EntryError("author", "has no name")
        email = _like("author", self.email, _EMAIL, "an e-mail address")
        _set(self, name=name, uri=_url("author", self.uri), email=email)


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file that goes with an entry (RFC 4287 § 4.2.7.2); `length` is in octets."""

    href: str
    type: str | None = None
    length: int | None = None
    title: str | None = None

    def __post_init__(self) -> None:
        if self.length is not None and (type(self.length) is not int or self.length < 0):
            raise EntryError("enclosure", f"has no length {self.length!r}")
        href = _url("enclosure", self.href)
        if href is None:
            raise EntryError("enclosure", "has no address")
        media_type = _like("enclosure", self.type, _MEDIA_TYPE, "a media type")
        title = _maybe("enclosure", self.title, text.line)
        _set(self, href=href, type=media_type, title=title)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a field has its value: the document's words, the rule, and how sure it is (0 to 1)."""

    field: EvidenceField
    quote: str
    rule: str
    confidence: float

    def __post_init__(self) -> None:
        quote = text.shorten(_text("evidence", self.quote, text.line), 300)
        _set(self, quote=quote, rule=_text("evidence", self.rule, text.line))
        if self.field not in ("title", "authors", "published", "summary"):
            raise EntryError("evidence", f"is about no field: {self.field!r}")
        if type(self.confidence) not in (int, float) or not 0 <= self.confidence <= 1:
            raise EntryError("evidence", f"is not sure from 0 to 1: {self.confidence!r}")
        _set(self, confidence=round(float(self.confidence), 2))


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One article (Atom entry, RFC 4287 § 4.1.2).

    `id` is an IRI and never changes. `summary` is plain text; the content is either HTML, already
    sanitised and with absolute links, or plain text with a blank line between paragraphs.
    `published` and `updated` are None where the document doesn't say.
    """

    id: str
    title: str
    link: str | None = None
    published: Published | None = None
    updated: datetime | None = None
    authors: tuple[Person, ...] = ()
    summary: str | None = None
    content_html: str | None = None
    content_text: str | None = None
    categories: tuple[str, ...] = ()
    image: str | None = None
    enclosures: tuple[Enclosure, ...] = ()
    captions: tuple[str, ...] = ()
    language: str | None = None
    rights: str | None = None
    evidence: tuple[Evidence, ...] = ()

    def __post_init__(self) -> None:
        identity = _like("id", self.id, _IRI, "an absolute IRI")
        title = _text("title", self.title, text.line)
        if not identity or not title:
            raise EntryError("title" if identity else "id", "is empty")
        if self.published is not None and not isinstance(self.published, Published):
            raise EntryError("published", f"is a {type(self.published).__name__}")
        if self.content_html is not None and self.content_text is not None:
            raise EntryError("content", "is given twice, as HTML and as text")
        _set(
            self,
            id=identity,
            title=title,
            link=_url("link", self.link),
            updated=None if self.updated is None else moment("updated", self.updated),
            authors=_tuple("authors", self.authors, Person),
            summary=_maybe("summary", self.summary, text.line),
            content_html=_maybe("content", self.content_html, text.block),
            content_text=_maybe("content", self.content_text, text.block),
            categories=_lines("categories", self.categories),
            image=_url("image", self.image),
            enclosures=_tuple("enclosures", self.enclosures, Enclosure),
            captions=_lines("captions", self.captions),
            language=_like("language", self.language, LANGUAGE_TAG, "a language tag"),
            rights=_maybe("rights", self.rights, text.line),
            evidence=_tuple("evidence", self.evidence, Evidence),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """What a feed says of itself (Atom feed metadata, RFC 4287 § 4.1.1).

    `author` stands in where an entry names nobody; `link` is the page for people, `self_link`
    the document's own address.
    """

    id: str
    title: str
    link: str
    self_link: str
    author: str
    language: str | None = None

    def __post_init__(self) -> None:
        identity = _like("id", self.id, _IRI, "an absolute IRI")
        title = _text("title", self.title, text.line)
        author = _text("author", self.author, text.line)
        link, self_link = _url("link", self.link), _url("self_link", self.self_link)
        for name, value in (("id", identity), ("title", title), ("author", author)):
            if not value:
                raise EntryError(name, "is empty")
        if link is None or self_link is None:
            raise EntryError("link", "is empty")
        language = _like("language", self.language, LANGUAGE_TAG, "a language tag")
        _set(self, id=identity, title=title, author=author, link=link, language=language)
        _set(self, self_link=self_link)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What we read, and what its owner says about it.

    `url` is http(s), or an absolute path of a file or folder. `every` is the time between two
    rounds. `time_zone`, `language` and `author` are used where a document doesn't say.
    """

    name: str
    url: str
    kind: Kind | None = None
    time_zone: str | None = None
    language: str | None = None
    author: str | None = None
    every: timedelta = timedelta(hours=1)
    enabled: bool = True

    @property
    def remote(self) -> bool:
        """True where it is read over the network."""
        return self.url.startswith(("http://", "https://"))


@dataclass(frozen=True, slots=True)
class Validators:
    """What tells whether a document is still the same: ETag and Last-Modified (RFC 9110 § 8.8),
    verbatim, and the digest of its bytes. For a local file the ETag is its time and size."""

    etag: str | None = None
    last_modified: str | None = None
    body: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """What came back when a source was read, byte for byte (WARC's word).

    `url` is where it was found in the end; `place` is what stands for it in an id: the path in
    the source, or host and path. `authority` is the host that ids are minted under.
    """

    source: str
    url: str
    place: str
    body: bytes = field(repr=False)
    captured: datetime
    authority: str = "localhost"
    media_type: str | None = None
    charset: str | None = None
    validators: Validators = Validators()

    def mint(self, place: str) -> str:
        """Return a `tag:` URI (RFC 4151) for `place`, frozen with the day it was first seen."""
        day = self.captured.astimezone(UTC).date().isoformat()
        specific = quote(f"{self.source}/{text.clean(place)}", safe="/:@!$&'()*+,;=-._~")
        return f"tag:{self.authority},{day}:{specific}"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader made of one capture: entries, and what it had to leave out and why."""

    kind: Kind
    entries: tuple[Entry, ...] = ()
    skipped: tuple[FeedtoolError, ...] = ()


class Change(StrEnum):
    """What a collected entry was to the archive."""

    NEW = "new"
    REVISED = "revised"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version of an entry as the archive keeps it.

    `key` is YYYY/MM/DD/slug and never changes. `digest` covers what the source gave (see
    `archive.item`); `revision` counts from 1. `date_guessed`: the document had no date, and
    `entry.published` is the moment of the first capture.
    """

    key: str
    source: str
    entry: Entry
    digest: str
    revision: int
    first_archived: datetime
    last_revised: datetime
    date_guessed: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one source in one round.

    `unchanged` counts documents and entries that were known; `changes` holds the NEW and REVISED.
    `skipped` are single documents or entries that failed; `error` is why the source as a whole did.
    """

    source: str
    changes: tuple[tuple[Change, Version], ...] = ()
    unchanged: int = 0
    skipped: tuple[FeedtoolError, ...] = ()
    error: SourceError | None = None

    @property
    def failed(self) -> bool:
        """True where anything of the source could not be taken."""
        return self.error is not None or bool(self.skipped)


def handle(identity: str) -> str | None:
    """Return what a minted id says beside host and day, or None for an id of other making.

    A file whose id was frozen on another day, or under another host, is found by it.
    """
    found = re.fullmatch(r"tag:[^,/]+,\d{4}-\d{2}-\d{2}:(.+)", identity)
    return found[1] if found else None
