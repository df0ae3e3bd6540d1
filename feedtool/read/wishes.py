"""What a feed wishes of those who poll it: how often, when not, and which hubs tell of news.

What makes no sense is left out, and nothing here ever fails: a wish is no reason to lose a feed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any
from xml.parsers import expat  # documents of others' making: see `_Reader` for what is refused

from feedtool.model import Wishes
from feedtool.read.finder import ATOM, DEPTH, OWN

_LONGEST = timedelta(days=365)
# RSS 1.0 syndication module.
_SYNDICATION = "http://purl.org/rss/1.0/modules/syndication/"
_PERIODS = {
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(weeks=1),
    "monthly": timedelta(days=30),
    "yearly": _LONGEST,
}
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_HUBS = 5
_MOST = 50  # values of one kind that are looked at
_LETTERS = 4096  # of an address, and of any other value
# Elements around what a feed says of itself, their local names in lower case.
_AROUND = (("rss", "channel"), ("rdf", "channel"), ("feed",))
_PLAIN = {"ttl": "ttl"}
_SKIPPED: Mapping[tuple[str, ...], str] = {
    ("skiphours", "hour"): "hour",
    ("skipdays", "day"): "day",
}
_SPACED = {
    f"{_SYNDICATION} updatePeriod": "sy_updateperiod",
    f"{_SYNDICATION} updateFrequency": "sy_updatefrequency",
}
_LINK = f"{ATOM} link"
_NEWS = {"hub", "self"}
# Without one of these a feed wishes nothing; the last may write any letter of an attribute.
_TELLING = (b"ttl", b"skip", b"updateperiod", b"updatefrequency", b"hub", b"&#")
_BASE = "http://www.w3.org/XML/1998/namespace base"

_Link = tuple[list[str], str, str | None]  # rel, href, and what that is relative to


def of_feed(head: bytes, url: str) -> Wishes:
    """Return what a well-formed RSS or Atom feed wishes; `head` is the document in UTF-8, with or
    without its entries, `url` where it was found.

    Read are RSS 2.0's `ttl`, `skipHours` and `skipDays`, RSS 1.0's syndication module and the
    links of Atom (RFC 4287 § 4.2.7) to hubs (WebSub § 4).
    """
    lower = head.lower()
    if not any(word in lower for word in _TELLING):
        return Wishes()
    reader = _Reader(url)
    try:
        reader.parse(head)
    except (expat.ExpatError, _RefusedError):
        return Wishes()
    return _wishes(reader.said, reader.links)


def of_parsed(feed: Mapping[str, Any], url: str) -> Wishes:
    """Return what the feed wishes that feedparser, or a reader with its names, has read.

    feedparser keeps one of the hours and days that are to be skipped, the last.
    """
    said: dict[str, list[str]] = {}
    for name in ("ttl", *_SPACED.values()):
        said[name] = [_text(feed.get(name))]
    for (around, _), name in _SKIPPED.items():
        said[name] = [_text(feed.get(name))] if around in feed else []
    found = feed.get("links")
    links = [
        (_text(one.get("rel")).lower().split(), _text(one.get("href")), url)
        for one in (found if isinstance(found, list) else ())
        if isinstance(one, Mapping)
    ]
    return _wishes(said, [link for link in links if _NEWS & set(link[0])][:_MOST])


def _wishes(said: Mapping[str, list[str]], links: Iterable[_Link]) -> Wishes:
    by: dict[str, list[str]] = {rel: [] for rel in _NEWS}
    for rels, href, base in links:
        address = _absolute(href, base) if href else None
        for rel in _NEWS.intersection(rels) if address else ():
            by[rel].append(address or "")
    hubs = tuple(dict.fromkeys(by["hub"]))[:_HUBS]
    hours = {hour % 24 for hour in map(_number, said.get("hour", ())) if 0 <= hour <= 24}
    days = {_DAYS.index(day) for day in map(str.lower, said.get("day", ())) if day in _DAYS}
    return Wishes(
        every=_every(said),
        hours=frozenset(hours if len(hours) < 24 else ()),  # all would mean: never
        days=frozenset(days if len(days) < 7 else ()),
        hubs=hubs,
        topic=next(iter(by["self"]), None) if hubs else None,
    )


def _absolute(address: str, base: str | None) -> str | None:
    from feedtool.read import markup  # its parsers are nothing that most feeds need

    return markup.absolute(address, base)


def _every(said: Mapping[str, list[str]]) -> timedelta | None:
    """The longer of what `ttl` (minutes) and the syndication module wish for."""
    ttl, period, frequency = (
        next(iter(said.get(name, ())), "") for name in ("ttl", *_SPACED.values())
    )
    wished = []
    minutes = _number(ttl)
    if 0 < minutes <= _LONGEST // timedelta(minutes=1):
        wished.append(timedelta(minutes=minutes))
    times = max(_number(frequency), 0)
    whole = _PERIODS.get(period.lower() or ("daily" if times else ""))
    if whole:
        wished.append(timedelta(seconds=-(-int(whole.total_seconds()) // (times or 1))))
    return max(wished, default=None)


def _number(written: str) -> int:
    """A whole number of few digits, -1 for anything else."""
    return int(written) if len(written) < 8 and written.isascii() and written.isdecimal() else -1


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) and len(value) <= _LETTERS else ""


class _RefusedError(Exception):
    """The document has what no feed needs."""


class _Reader:
    """Collects what a feed says of itself, and where it links for those who want news."""

    def __init__(self, url: str) -> None:
        self.said: dict[str, list[str]] = {}
        self.links: list[_Link] = []
        self._path: tuple[str, ...] = ()
        self._bases: list[str | None] = [url]
        self._words: list[str] = []

    def parse(self, document: bytes) -> None:
        """Read all of `document`, which is UTF-8."""
        parser = expat.ParserCreate("utf-8", " ")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._refuse
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        self._parser: Any = parser
        try:
            parser.Parse(document, True)
        finally:
            del self._parser  # the parser and its handlers would keep one another

    def _refuse(self, *_: object) -> None:
        raise _RefusedError

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        path = self._path
        if len(path) >= DEPTH:
            raise _RefusedError
        if len(path) <= 2:  # the feed's own, where an entry's elements never stand
            base = attributes.get(_BASE)
            self._bases.append(_absolute(base, self._bases[-1]) if base else self._bases[-1])
        if name == _LINK and path in _AROUND and len(self.links) < _MOST:
            rels = attributes.get("rel", "").lower().split()
            if _NEWS.intersection(rels):
                self.links.append((rels, _text(attributes.get("href")), self._bases[-1]))
        self._path = (*path, name.rpartition(" ")[2].lower())
        field = self._field(name)
        self._words = []
        self._parser.CharacterDataHandler = self._words.append if field else None

    def _end(self, name: str) -> None:
        field = self._field(name)
        if field:
            said = self.said.setdefault(field, [])
            said += [_text("".join(self._words))] if len(said) < _MOST else []
            self._parser.CharacterDataHandler = None
        self._path = self._path[:-1]
        if len(self._path) <= 2:
            self._bases.pop()

    def _field(self, name: str) -> str | None:
        """What the element is called that is open, where its text is a wish."""
        path = self._path
        if path[:-1] in _AROUND and name in _SPACED:
            return _SPACED[name]
        if name.rpartition(" ")[0].lower() not in OWN:
            return None
        if path[:-1] in _AROUND:
            return _PLAIN.get(path[-1])
        return _SKIPPED.get(path[-2:]) if path[:-2] in _AROUND else None
