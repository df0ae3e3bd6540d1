"""Sitemaps (sitemaps.org): which articles a site has, and when each was changed.

Read with expat, which neither recurses nor loads anything; a document type that declares something
is refused, so nothing can grow. Only where an element stands counts, not its prefix: many sitemaps
have the namespaces wrong, and pictures (`image:loc`) stand elsewhere than pages.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, tzinfo
from xml.parsers import expat  # pages of others' making: see `_Reader` for what is refused

from feedtool import text
from feedtool.data import replace
from feedtool.errors import EntryError, ReadError
from feedtool.model import Capture, Link, Published, Reading, Source
from feedtool.read import dates, decode, zones
from feedtool.read.head import charset_in
from feedtool.valid import LANGUAGE_TAG

MOST = 50_000
"""Links that one sitemap may have (sitemaps.org)."""

_LARGEST = 50 * 1024 * 1024  # bytes of one, unpacked (sitemaps.org)
_STEP = 64 * 1024
_MEMBERS = 100  # of one gzip file: each costs a copy of what follows it
_DEEPEST = 64
_LONGEST = 4096  # characters of one address, title or date
_ODD_DATES = MOST  # dates that aren't written as they should be, and take long to read
_GZIP = b"\x1f\x8b"
_FEEDS = ("rss", "feed", "RDF")
_ITEMS = {("urlset", "url"): False, ("sitemapindex", "sitemap"): True}

# What is read, by where it stands.
_FIELDS: Mapping[tuple[str, ...], str] = {
    ("urlset", "url", "loc"): "url",
    ("urlset", "url", "lastmod"): "updated",
    ("urlset", "url", "news", "title"): "title",
    ("urlset", "url", "news", "publication_date"): "published",
    ("urlset", "url", "news", "publication", "language"): "language",
    ("sitemapindex", "sitemap", "loc"): "url",
    ("sitemapindex", "sitemap", "lastmod"): "updated",
}


def read(capture: Capture, source: Source) -> Reading:
    """Read the sitemap in `capture`: its links, the newest first, those without a date last.

    XML or a list of addresses, packed by gzip or not. A feed is read as a feed: sitemaps.org lets
    it be a sitemap too. Raises `ReadError` where it is neither, or is not whole.
    """
    body = _unpacked(capture.body, capture.url)
    written = decode.decode(body, capture.url, capture.charset, charset_in(body)).lstrip()
    if not written.startswith("<"):
        said: Iterable[dict[str, str]] = ({"url": line} for line in written.splitlines())
        indexes = False
    else:
        reader = _Reader(capture.url)
        reader.parse(written.encode())
        if reader.root in _FEEDS:
            from feedtool.read import feed

            return feed.read(replace(capture, body=body), source)
        said, indexes = reader.items, reader.root == "sitemapindex"
    links = _links(said, _clock(source), sitemap=indexes)
    if not links and not written.startswith("<"):
        raise ReadError(capture.url, "is no sitemap: it holds no address")
    links.sort(key=_age)
    return Reading("sitemap", links=tuple(links[:MOST]))


def is_packed(body: bytes) -> bool:
    """Return True where `body` begins as gzip does (RFC 1952 § 2.3.1)."""
    return body.startswith(_GZIP)


def _unpacked(body: bytes, url: str) -> bytes:
    """The body without gzip, one file after another as RFC 1952 § 2.2 lets them stand."""
    if not is_packed(body):
        return body
    found = bytearray()
    for _ in range(_MEMBERS):
        unzip = zlib.decompressobj(wbits=31)
        try:
            while not unzip.eof:
                part = unzip.decompress(body, _STEP)
                found += part
                body = unzip.unconsumed_tail
                if len(found) > _LARGEST:
                    raise ReadError(url, f"unpacks to more than {_LARGEST:,} bytes")
                if not part and not body and not unzip.eof:
                    raise ReadError(url, "is cut short")
        except zlib.error as error:
            raise ReadError(url, f"is not gzip, as it begins: {error}") from error
        body = unzip.unused_data
        if not is_packed(body):
            return bytes(found)
    raise ReadError(url, f"is packed in more than {_MEMBERS} pieces")


class _Reader:
    """Collects what `_FIELDS` names, by item; refuses what no sitemap has."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.root = ""
        self.items: list[dict[str, str]] = []
        self._path: tuple[str, ...] = ()
        self._item: dict[str, str] = {}
        self._said: list[str] | None = None  # of the field that is open

    def parse(self, document: bytes) -> None:
        """Read all of `document`, which is UTF-8; a feed only as far as its root."""
        parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._data
        try:
            parser.Parse(document, True)
        except expat.ExpatError as error:
            raise ReadError(self.url, f"is no XML: {error}") from error
        except _Feed:
            return

    def _doctype(self, _name: str, _system: str | None, _public: str | None, inside: int) -> None:
        if inside:
            raise ReadError(self.url, "declares entities or the like, which no sitemap needs")

    def _start(self, name: str, _attributes: Mapping[str, str]) -> None:
        name = name.rpartition(":")[2]
        if not self._path:
            self.root = name
            if name in _FEEDS:
                raise _Feed
            if not any(name == path[0] for path in _ITEMS):
                raise ReadError(self.url, f"is no sitemap: its root is <{text.shorten(name, 40)}>")
        self._path = (*self._path, name)
        if len(self._path) > _DEEPEST:
            raise ReadError(self.url, f"is nested deeper than {_DEEPEST} elements")
        if self._path in _ITEMS:
            self._item = {}
        self._said = [] if self._path in _FIELDS else None

    def _end(self, _name: str) -> None:
        if self._said is not None:
            said = "".join(self._said).strip()
            if 0 < len(said) <= _LONGEST:
                self._item.setdefault(_FIELDS[self._path], said)
            self._said = None
        elif self._path in _ITEMS and "url" in self._item:
            self.items.append(self._item)
        self._path = self._path[:-1]

    def _data(self, data: str) -> None:
        if self._said is not None:
            self._said.append(data)


class _Feed(Exception):  # noqa: N818 - it only ends the reading
    """The document is a feed."""


def _links(
    said: Iterable[dict[str, str]], clock: Callable[[str], Published | None], *, sitemap: bool
) -> list[Link]:
    """A link for each address, of those given twice the first; relative ones are none."""
    found: dict[str, Link] = {}
    for item in said:
        url = text.web_url(item["url"]) if len(item["url"]) <= _LONGEST else None
        if url is None or url in found:
            continue
        updated = clock(item.get("updated", ""))
        tag = item.get("language", "").replace("_", "-")
        found[url] = Link(
            url,
            title=item.get("title"),
            published=clock(item.get("published", "")),
            updated=updated.time if updated else None,
            language=tag if LANGUAGE_TAG.fullmatch(tag) else None,
            sitemap=sitemap,
        )
    return list(found.values())


def _age(link: Link) -> float:
    """What sorts the newest first and those without a date last."""
    when = link.published.time if link.published else link.updated
    return -when.timestamp() if when else float("inf")


def _clock(source: Source) -> Callable[[str], Published | None]:
    """What reads the dates of a sitemap; each that is written oddly is read once."""
    zone = zones.zone_for(source.time_zone, source.language)
    odd: dict[str, Published | None] = {}

    def read_date(written: str) -> Published | None:
        if not written:
            return None
        found = _iso(written, zone)
        if found is None and (written in odd or len(odd) < _ODD_DATES):
            if written not in odd:
                odd[written] = dates.parse(written, zone)
            return odd[written]
        return found

    return read_date


def _iso(written: str, zone: tzinfo) -> Published | None:
    """The date as sitemaps.org wants it (W3C Datetime), or None; a tenth of the time of others."""
    try:
        when = datetime.fromisoformat(written)
        if "T" not in written:
            return Published.on(when.date()) if len(written) == len("2022-05-04") else None
        return Published.at(when if when.tzinfo else when.replace(tzinfo=zone))
    except (ValueError, OverflowError, EntryError):
        return None
