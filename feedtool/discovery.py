"""From an address that a person knows to what can be followed there: a feed, else a sitemap, else
the page itself. A dozen requests at most, and each that failed is told."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from feedtool import text
from feedtool.data import Struct, replace
from feedtool.errors import FeedtoolError, FetchError, ReadError, SourceError
from feedtool.fetch.results import Fetch, Fetched
from feedtool.model import Capture, Entry, Kind, Reading, Source, Validators
from feedtool.read import decode, nameplate, opml
from feedtool.read import discover as offers
from feedtool.read.anchors import host, same_site
from feedtool.read.discover import Found
from feedtool.read.head import charset_in
from feedtool.read.readers import kind_of, read
from feedtool.subscriptions import Subscription

REQUESTS = 12
"""Documents that one discovery asks for at most; each may redirect, as the fetcher allows."""

_SITEMAPS = 3  # that are tried
_FOR_SITEMAPS = _SITEMAPS + 1  # requests kept for them: robots.txt names them
_SECTIONS = 2  # feeds of sections that are tried
_LISTED = 3  # links to articles that make a listing
_ALTERNATIVES = 10
_FILES = 100  # of a folder that are looked at
_ENOUGH = (429, 503)  # answers that ask to be left alone (RFC 6585 § 4, RFC 9110 § 15.6.4)
_PLAIN = ("text/plain", "text/markdown")
_WAY_OUT = (
    "if you know the address of its feed, add that; "
    "or write a [[source]] whose links is the CSS selector of its articles"
)


class Discovery(Struct, frozen=True):
    """What can be followed. `source` has yet to be named; `title` is what it calls itself, if
    anything; `reading` is what it holds now. `tried` says what was asked for in vain, a line each;
    `alternatives` are other feeds that the page offers, which weren't asked for."""

    source: Source
    title: str | None
    reading: Reading
    tried: tuple[str, ...] = ()
    alternatives: tuple[Found, ...] = ()


def discover(
    url: str, fetch: Fetch, *, private: bool = False, time_zone: str | None = None
) -> Discovery | tuple[Subscription, ...]:
    """Return what can be followed at `url`, an http(s) address or an absolute path; the feeds that
    are listed there where it is OPML.

    `private`: its own host, and no other, may be one that isn't on the internet. `time_zone` is for
    dates that name none. Raises `SourceError` where there is nothing, with all that was tried.
    """
    source = Source(name="new", url=url, time_zone=time_zone)
    if not source.remote:
        return _on_disk(source, fetch)
    search = _Search(source, fetch, private)
    capture = search.first()
    if opml.is_opml(capture.body):
        return tuple(opml.outlines(capture.body, capture.url))
    kind = kind_of(capture)
    if kind == "page":
        return search.page(capture)
    if kind == "prose" and capture.media_type not in _PLAIN:
        raise ReadError(capture.url, "is neither a feed, a sitemap nor a page")
    return search.found(capture, url, kind, nameplate.of_feed(capture) if kind == "feed" else None)


class _Search:
    """One search, and what has been tried in it."""

    def __init__(self, source: Source, fetch: Fetch, private: bool) -> None:
        self._source, self._fetch, self._private = source, fetch, private
        self._asked: set[str] = set()
        self._tried: list[str] = []
        self._offered: list[Found] = []
        self._site: str | None = None

    def first(self) -> Capture:
        """The document at the address itself, or a `FetchError`."""
        self._asked.add(self._source.url)
        got = self._ask(self._source.url)
        if isinstance(got, FetchError):
            raise got
        return got

    def page(self, capture: Capture) -> Discovery:
        """What the page in `capture` leads to, or a `SourceError`."""
        html = decode.decode(capture.body, capture.url, capture.charset, charset_in(capture.body))
        self._offered = offers.feeds(html, capture.url)
        self._site = nameplate.of_page(capture)
        found = (
            self._feed(_in_turn(self._offered), REQUESTS - _FOR_SITEMAPS)
            or self._sitemap(self._sitemaps(html, capture.url))
            or self._itself(capture, "listing")
            or self._itself(capture, "page")
            or self._feed((one for one in self._offered if one.scope == "comments"), REQUESTS)
        )
        if found is None:
            shown = text.without_secrets(self._source.url)
            raise SourceError(
                shown, "\n".join(("holds nothing that can be followed", *self._tried, _WAY_OUT))
            )
        return found

    def found(self, capture: Capture, asked: str, kind: Kind, title: str | None) -> Discovery:
        """What `capture` is, or a `ReadError` where it can't be read as that; `asked` is the
        address that gave it."""
        source = replace(self._named(_address(asked, capture)), kind=kind)
        reading = read(capture, source)
        _demand(reading, capture, given=asked == self._source.url)
        known = (asked, capture.url)
        others = (
            one
            for one in self._offered
            if not one.guess and one.url not in self._asked and one.url not in known
        )
        return Discovery(
            source, title, reading, tuple(self._tried), tuple(islice(others, _ALTERNATIVES))
        )

    def _feed(self, candidates: Iterable[Found], most: int) -> Discovery | None:
        """The first of the candidates that is a feed, while `most` requests aren't made yet."""
        for one in candidates:
            capture = self._try(one.url, most)
            if capture is not None and kind_of(capture) != "feed":
                self._vain(one.url, "is no feed")
            elif capture is not None:
                title = nameplate.of_feed(capture) or one.title or self._site
                try:
                    return self.found(capture, self._with_login(one.url), "feed", title)
                except ReadError as error:
                    self._vain(one.url, error.reason)
        return None

    def _sitemaps(self, html: str, url: str) -> list[str]:
        """The sitemaps that page and robots.txt name, those of news first."""
        named = offers.page_sitemaps(html, url)
        robots = self._try(urljoin(url, "/robots.txt"), REQUESTS)
        if robots is not None:
            named += offers.sitemaps(robots.body.decode("utf-8", "replace"))
        named = named or [urljoin(url, "/sitemap.xml")]
        return sorted(dict.fromkeys(named), key=lambda one: "news" not in one.lower())

    def _sitemap(self, named: Iterable[str]) -> Discovery | None:
        for url in islice(named, _SITEMAPS):
            capture = self._try(url, REQUESTS)
            if capture is None:
                continue
            try:
                return self.found(capture, self._with_login(url), "sitemap", self._site)
            except ReadError as error:
                self._vain(url, error.reason)
        return None

    def _itself(self, capture: Capture, kind: Kind) -> Discovery | None:
        try:
            return self.found(capture, self._source.url, kind, self._site)
        except ReadError as error:
            self._vain(capture.url, f"as a {kind}: {error.reason}")
            return None

    def _try(self, url: str, most: int) -> Capture | None:
        """The document at `url`; None where it can't be got, was asked for or is one too many."""
        if url in self._asked or len(self._asked) >= most:
            return None
        self._asked.add(url)
        got = self._ask(self._with_login(url))
        if isinstance(got, Capture):
            return got
        if got.status in _ENOUGH:
            raise got
        self._vain(url, got.reason)
        return None

    def _ask(self, url: str) -> Capture | FetchError:
        for got in self._fetch(self._named(url), _nothing_known):
            if isinstance(got, Capture | FetchError):
                return got
        return FetchError(text.without_secrets(url), "gives nothing")

    def _named(self, url: str) -> Source:
        """The source at `url`. A page may name any address: what its owner allows for one host is
        not allowed for others."""
        own = urlsplit(url).hostname == urlsplit(self._source.url).hostname
        return replace(self._source, url=url, allow_private=self._private and own)

    def _with_login(self, url: str) -> str:
        """`url` with the user and password of the address that was given, on that server alone."""
        given, parts = urlsplit(self._source.url), urlsplit(url)
        login, at, server = given.netloc.rpartition("@")
        if not at or (parts.scheme, parts.netloc) != (given.scheme, server):
            return url
        return parts._replace(netloc=f"{login}@{server}").geturl()

    def _vain(self, url: str, why: str) -> None:
        self._tried.append(text.line(f"tried {text.without_secrets(url)}: {why}"))


def _in_turn(offered: list[Found]) -> list[Found]:
    """The feeds of a page as they are tried: the site's, guesses too, then those of sections."""
    sections = [one for one in offered if one.scope == "section"]
    sites = [one for one in offered if one.scope == "site"]
    # A guess must not cost what is there; and one that holds good covers more.
    room = REQUESTS - _FOR_SITEMAPS - 1 - len(sections[:_SECTIONS])
    return sites[:room] + sections


def _address(asked: str, capture: Capture) -> str:
    """Where the document is to be read from now on: where redirects led that are for good, unless
    the address that was asked for holds secrets, which aren't carried elsewhere."""
    return capture.moved or asked if text.without_secrets(asked) == asked else asked


def _demand(reading: Reading, capture: Capture, *, given: bool) -> None:
    """Raise a `ReadError` for a document that leads nowhere, unless it is a feed that was `given`
    by its own address: its entries are still to come."""
    if reading.kind in ("sitemap", "listing") and not reading.entries:
        home = host(capture.url)
        links = sum(same_site(link.url, home) for link in reading.links)
        if links < (_LISTED if reading.kind == "listing" else 1):
            raise ReadError(capture.url, "leads to too few articles of its own site")
    elif not reading.entries:
        if reading.skipped:
            raise ReadError(capture.url, str(reading.skipped[0]))
        if not given:
            raise ReadError(capture.url, "holds no entry")


def _on_disk(source: Source, fetch: Fetch) -> Discovery | tuple[Subscription, ...]:
    """A file, or a folder whose first files are read to see what is there."""
    path = Path(source.url)
    got = islice(fetch(source, _nothing_known), _FILES)
    if path.is_dir():
        return Discovery(source, path.name, _together(got, source))
    for one in got:
        if isinstance(one, FetchError):
            raise one
        if isinstance(one, Capture):
            if opml.is_opml(one.body):
                return tuple(opml.outlines(one.body, one.url))
            return Discovery(source, path.stem, read(one, source))
    raise FetchError(path, "gives nothing")


def _together(files: Iterable[Fetched], source: Source) -> Reading:
    """What the files of a folder hold."""
    entries: list[Entry] = []
    skipped: list[FeedtoolError] = []
    for one in files:
        if isinstance(one, FetchError):
            skipped.append(one)
        elif isinstance(one, Capture):
            try:
                reading = read(one, source)
            except FeedtoolError as error:
                skipped.append(error)
            else:
                entries += reading.entries
                skipped += reading.skipped
    return Reading("prose", tuple(entries), tuple(skipped))


def _nothing_known(_: str) -> Validators | None:
    return None
