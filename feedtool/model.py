"""The nouns: frozen values, clean and valid by construction.

An `Entry` that exists can be published: its text is in NFC and free of characters that XML can't
carry, its times are aware and of whole seconds, its links are absolute. Nobody checks again. What
can't be made right is an `EntryError`. The names are Atom's (RFC 4287) and WARC's (`Capture`).
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from urllib.parse import quote

from feedtool import text, valid
from feedtool.data import Struct, force_setattr
from feedtool.errors import EntryError, FeedtoolError

Precision = Literal["day", "second"]
Kind = Literal["prose", "page", "feed", "sitemap", "listing"]
DateOrder = Literal["day", "month"]
EvidenceField = Literal["title", "authors", "published", "summary"]

_MINTED = re.compile(r"tag:[^,/]+,[0-9]{4}-[0-9]{2}-[0-9]{2}:(.+)")
_NOON = time(12, tzinfo=UTC)


class Published(Struct, frozen=True, gc=False):
    """When an entry first appeared: a time, and how much of it the document said.

    `precision` "day": the document named `day` and no more; `time` is then a stand-in for
    formats that need one. `day` is the day in the offset that the time was written in.
    """

    time: datetime
    day: date
    precision: Precision = "second"

    def __post_init__(self) -> None:
        time = valid.moment("published", self.time)
        if isinstance(self.day, datetime) or not isinstance(self.day, date):
            raise EntryError("published", "has no day")
        if self.day.year not in valid.YEARS:
            raise EntryError("published", f"is in the year {self.day.year}")
        if self.precision not in ("day", "second"):
            raise EntryError("published", f"has no precision {self.precision!r}")
        if time is not self.time:
            force_setattr(self, "time", time)

    @classmethod
    def on(cls, day: date) -> Published:
        """A day without a time: written as 12:00 UTC, which is the same day in most zones."""
        return cls(datetime.combine(day, _NOON), day, "day")

    @classmethod
    def at(cls, when: datetime) -> Published:
        """A time; its day is the one in its own offset."""
        known = valid.moment("published", when)
        return valid.copy(_SOMETIME, time=known, day=when.date())


_SOMETIME = Published(datetime(2000, 1, 1, tzinfo=UTC), date(2000, 1, 1))


class Person(Struct, frozen=True, gc=False):
    """Somebody who wrote (Atom person construct, RFC 4287 § 3.2)."""

    name: str
    uri: str | None = None
    email: str | None = None

    def __post_init__(self) -> None:
        name = valid.string("author", self.name, text.line)
        if not name:
            raise EntryError("author", "has no name")
        if name is not self.name:
            force_setattr(self, "name", name)
        if self.email is not None:
            email = valid.like("author", self.email, valid.EMAIL, "an e-mail address")
            force_setattr(self, "email", email)
        if self.uri is not None:
            force_setattr(self, "uri", valid.url("author", self.uri))


class Enclosure(Struct, frozen=True, gc=False):
    """A file that goes with an entry (RFC 4287 § 4.2.7.2); `length` is in octets."""

    href: str
    type: str | None = None
    length: int | None = None
    title: str | None = None

    def __post_init__(self) -> None:
        if self.length is not None and (type(self.length) is not int or self.length < 0):
            raise EntryError("enclosure", f"has no length {self.length!r}")
        href = valid.url("enclosure", self.href)
        if href is None:
            raise EntryError("enclosure", "has no address")
        media_type = valid.like("enclosure", self.type, valid.MEDIA_TYPE, "a media type")
        title = valid.optional("enclosure", self.title, text.line)
        valid.assign(self, href, media_type, self.length, title)


def _quoted(words: str) -> str:
    return text.shorten(words, 300)


class Evidence(Struct, frozen=True, gc=False):
    """Why a field has its value: the document's words, the rule, and how sure it is (0 to 1)."""

    field: EvidenceField
    quote: str
    rule: str
    confidence: float

    def __post_init__(self) -> None:
        quote = valid.string("evidence", self.quote, _quoted)
        rule = valid.string("evidence", self.rule, text.line)
        if self.field not in ("title", "authors", "published", "summary"):
            raise EntryError("evidence", f"is about no field: {self.field!r}")
        if type(self.confidence) not in (int, float) or not 0 <= self.confidence <= 1:
            raise EntryError("evidence", f"is not sure from 0 to 1: {self.confidence!r}")
        if quote is not self.quote:
            force_setattr(self, "quote", quote)
        if rule is not self.rule:
            force_setattr(self, "rule", rule)
        force_setattr(self, "confidence", round(float(self.confidence), 2))


class Entry(Struct, frozen=True, gc=False, kw_only=True):
    """One article (Atom entry, RFC 4287 § 4.1.2).

    `id` is an IRI and never changes. `summary` is plain text; the content is either HTML, already
    sanitised and with absolute links, or plain text with a blank line between paragraphs.
    `published` and `updated` are None where the document doesn't say. `evidence` is why the fields
    are what they are, `rejected` what else they might have been, the surest first.
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
    rejected: tuple[Evidence, ...] = ()

    def __post_init__(self) -> None:
        identity = valid.like("id", self.id, valid.IRI, "an absolute IRI")
        title = valid.string("title", self.title, text.line)
        if not identity or not title:
            raise EntryError("title" if identity else "id", "is empty")
        if self.published is not None and not isinstance(self.published, Published):
            raise EntryError("published", f"is a {type(self.published).__name__}")
        if self.content_html is not None and self.content_text is not None:
            raise EntryError("content", "is given twice, as HTML and as text")
        valid.assign(
            self,
            identity,
            title,
            valid.url("link", self.link),
            self.published,
            None if self.updated is None else valid.moment("updated", self.updated),
            valid.items("authors", self.authors, Person),
            valid.optional("summary", self.summary, text.line),
            valid.optional("content", self.content_html, text.block),
            valid.optional("content", self.content_text, text.block),
            valid.lines("categories", self.categories),
            valid.url("image", self.image),
            valid.items("enclosures", self.enclosures, Enclosure),
            valid.lines("captions", self.captions),
            valid.like("language", self.language, valid.LANGUAGE_TAG, "a language tag"),
            valid.optional("rights", self.rights, text.line),
            valid.items("evidence", self.evidence, Evidence),
            valid.items("evidence", self.rejected, Evidence),
        )


class Feed(Struct, frozen=True, gc=False, kw_only=True):
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
        identity = valid.like("id", self.id, valid.IRI, "an absolute IRI")
        title = valid.string("title", self.title, text.line)
        author = valid.string("author", self.author, text.line)
        link, self_link = valid.url("link", self.link), valid.url("self_link", self.self_link)
        for name, value in (("id", identity), ("title", title), ("author", author)):
            if not value:
                raise EntryError(name, "is empty")
        if link is None or self_link is None:
            raise EntryError("link", "is empty")
        language = valid.like("language", self.language, valid.LANGUAGE_TAG, "a language tag")
        valid.assign(self, identity, title, link, self_link, author, language)


class Source(Struct, frozen=True, gc=False, kw_only=True):
    """What we read, and what its owner says about it.

    `url` is http(s), or an absolute path of a file or folder. `every` is the time between two
    rounds, `at` names times of the day such as "06:00", and `cron` is a line of cron's five fields,
    both in `time_zone`, else UTC; without any of them, the source's own rhythm tells. `watch`:
    whether a file or folder is read as soon as it changes; None: unless `at` or `cron` say when.
    `time_zone`, `language` and `author` are used
    where a document doesn't say; `date_order` where a date such as 3/4/2022 can be read both ways;
    `agency` is what its datelines begin with; `links` is the CSS selector of a listing's articles.
    `allow_private`: its host may be one that is not on the internet. `keep` is how long after its
    publication an entry is kept, for ever if None. `captures`: whether what is received is kept;
    None: where it gave an article by itself.
    """

    name: str
    url: str
    kind: Kind | None = None
    time_zone: str | None = None
    language: str | None = None
    author: str | None = None
    agency: str | None = None
    date_order: DateOrder | None = None
    links: str | None = None
    every: timedelta | None = None
    at: tuple[str, ...] = ()
    cron: str | None = None
    watch: bool | None = None
    enabled: bool = True
    allow_private: bool = False
    keep: timedelta | None = None
    captures: bool | None = None

    @property
    def remote(self) -> bool:
        """True where it is read over the network."""
        return self.url.startswith(("http://", "https://"))  # the configuration refuses HTTP://


class Wishes(Struct, frozen=True, gc=False):
    """What a document wishes of those who read it again and again.

    `every`: not more often than this (RSS `ttl`, `sy:updatePeriod`). `hours` (0 to 23) and `days`
    (0 is Monday), both in UTC: not then (RSS `skipHours`, `skipDays`). `hubs` tell of news, under
    the address `topic` (WebSub § 4).
    """

    every: timedelta | None = None
    hours: frozenset[int] = frozenset()
    days: frozenset[int] = frozenset()
    hubs: tuple[str, ...] = ()
    topic: str | None = None


class Validators(Struct, frozen=True, gc=False):
    """What tells whether a document is still the same: ETag and Last-Modified (RFC 9110 § 8.8),
    verbatim, and the fingerprint of its bytes. For a local file the ETag is its time and size."""

    etag: str | None = None
    last_modified: str | None = None
    body: str | None = None


class Exchange(Struct, frozen=True, gc=False):
    """What was asked over HTTP and answered (RFC 9110): the lines and fields, in their order and as
    they were sent, without secrets. The body is the capture's, its content codings undone."""

    status: int
    reason: str
    asked: tuple[tuple[str, str], ...]
    answered: tuple[tuple[str, str], ...]


class Capture(Struct, frozen=True, gc=False, kw_only=True):
    """What came back when a source was read, byte for byte (WARC's word).

    `url` is where it was found in the end; `place` is what stands for it in an id: the path in
    the source, or host and path. `authority` is the host that ids are minted under. `known` are
    the digests of pieces of this document (entries of a feed) that were read in earlier rounds;
    `fresh` is how long it says that it stays as it is; `wishes` is what the answer's headers say.
    `moved` is where the server says that it has moved for good. `exchange` is None for files.
    """

    source: str
    url: str
    place: str
    body: bytes
    captured: datetime
    authority: str = "localhost"
    media_type: str | None = None
    charset: str | None = None
    validators: Validators = Validators()
    known: frozenset[str] = frozenset()
    fresh: timedelta = timedelta(0)
    wishes: Wishes = Wishes()
    moved: str | None = None
    exchange: Exchange | None = None

    def __repr__(self) -> str:
        """Say which it is, without all that it holds."""
        return f"Capture(source={self.source!r}, url={self.url!r}, captured={self.captured})"

    def mint(self, place: str) -> str:
        """Return a `tag:` URI (RFC 4151) for `place`, frozen with the day it was first seen."""
        day = self.captured.astimezone(UTC).date().isoformat()
        # Every byte of it, so that two names never become one by being cleaned.
        specific = quote(f"{self.source}/{place}", "/:@!$&'()*+,;=-._~", errors="surrogatepass")
        return f"tag:{self.authority},{day}:{specific}"


class Link(Struct, frozen=True, gc=False):
    """A document that another one leads to: an article named in a sitemap or on a listing page.

    `url` is absolute. `title`, `published`, `updated` and `language` are what is said of it there.
    `sitemap`: it is no article but a sitemap in turn.
    """

    url: str
    title: str | None = None
    published: Published | None = None
    updated: datetime | None = None
    language: str | None = None
    sitemap: bool = False

    def __post_init__(self) -> None:
        url = valid.url("link", self.url)
        if url is None:
            raise EntryError("link", "has no address")
        updated = None if self.updated is None else valid.moment("updated", self.updated)
        title = valid.optional("title", self.title, text.line)
        language = valid.like("language", self.language, valid.LANGUAGE_TAG, "a language tag")
        valid.assign(self, url, title, self.published, updated, language, self.sitemap)


class Reading(Struct, frozen=True):
    """What a reader made of one capture: entries, and what it had to leave out and why.

    `pieces` are the digests of the document's parts (entries of a feed) that need not be read
    again; `unchanged` of them were known. `links` lead to the articles of a sitemap or listing.
    `wishes` is what the document says of being read again, `gone` names ids whose entries it says
    were deleted (RFC 6721).
    """

    kind: Kind
    entries: tuple[Entry, ...] = ()
    skipped: tuple[FeedtoolError, ...] = ()
    pieces: tuple[str, ...] = ()
    unchanged: int = 0
    links: tuple[Link, ...] = ()
    wishes: Wishes = Wishes()
    gone: tuple[str, ...] = ()

    @property
    def held(self) -> int:
        """How many entries the document has, or leads to."""
        return len(self.entries) + self.unchanged + len(self.links)


def handle(identity: str) -> str | None:
    """Return what a minted id says beside host and day, or None for an id of other making.

    A file whose id was frozen on another day, or under another host, is found by it.
    """
    found = _MINTED.fullmatch(identity) if identity.startswith("tag:") else None
    return found[1] if found else None
