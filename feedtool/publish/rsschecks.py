"""What makes an RSS 2.0 document invalid (https://www.rssboard.org/rss-specification). Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.parsers import expat  # what is read is of our own making

from feedtool import text
from feedtool.publish import glance

Found = dict[str, list[tuple[str, Mapping[str, str]]]]  # the children of an element, by name

_DAYS = "Mon|Tue|Wed|Thu|Fri|Sat|Sun"
_MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
# RFC 822 § 5.1, with four digits of the year as RSS prefers.
_TIME = re.compile(
    rf"(?:{_DAYS}), \d\d (?:{_MONTHS}) \d{{4}} \d\d:\d\d:\d\d (?:GMT|\+0000)", re.ASCII
)
_MEDIA_TYPE = re.compile(r"[!-.0-~]+/[!-.0-~]+")
_TIMES = ("pubDate", "lastBuildDate")
_ONCE = (*_TIMES, "title", "link", "description", "language", "guid", "enclosure")
_PREFIXES = ("atom", "content", "dc")


def faults(document: bytes) -> list[str]:
    """What makes a whole document invalid; none if nothing does."""
    reader = _Reader()
    malformed = reader.read(document)
    if malformed:
        return [malformed]
    found: list[str] = []
    if reader.root != ("rss", "2.0") or reader.channels != 1:
        found.append("is no rss of version 2.0 with one channel")
    needed = ("title", "link", "description")
    found += [f"channel has no {one}" for one in needed if not _words(reader.channel, one)]
    found += _about("channel", reader.channel)
    known: set[str] = set()
    for item in reader.items:
        found += _item(item)
        guid = _words(item, "guid")
        if guid and guid in known:
            found.append(f"two items have the guid {guid}")
        known.add(guid)
    return found


def item_faults(fragment: bytes) -> list[str]:
    """What would make a document with this item invalid; none if nothing does."""
    if glance.is_item(fragment):
        return []
    spaces = "".join(f' xmlns:{prefix}="{prefix}"' for prefix in _PREFIXES)
    reader = _Reader()
    malformed = reader.read(f"<rss{spaces}><channel>".encode() + fragment + b"</channel></rss>")
    if malformed:
        return [malformed]
    if len(reader.items) != 1 or reader.channel.keys() != {"item"}:
        return ["is not one item"]
    return _item(reader.items[0])


def _item(item: Found) -> list[str]:
    found = _about("item", item)
    if not _words(item, "title") and not _words(item, "description"):
        found.append("item has neither title nor description")
    for name in ("guid", "link"):  # not in the specification: readers need both
        if not _words(item, name):
            found.append(f"item has no {name}")
    for _, given in item.get("enclosure", ()):
        length, kind = given.get("length", ""), given.get("type", "")
        if not (_is_url(given.get("url", "")) and length.isdigit() and _MEDIA_TYPE.fullmatch(kind)):
            found.append("enclosure lacks url, length or type")
    for _, given in item.get("source", ()):
        if not _is_url(given.get("url", "")):
            found.append("source has no url")
    return found


def _about(name: str, element: Found) -> list[str]:
    """What is wrong with what channels and items both may have."""
    found = [f"{name} has {one} twice" for one in _ONCE if len(element.get(one, ())) > 1]
    times = {one: _words(element, one) for one in _TIMES if one in element}
    wrong = {one: said for one, said in times.items() if not _TIME.fullmatch(said)}
    found += [f"{one} is no time of RFC 822: {said}" for one, said in wrong.items()]
    if "link" in element and not _is_url(_words(element, "link")):
        found.append(f"link is no address: {_words(element, 'link')}")
    return found


def _words(element: Found, name: str) -> str:
    return element[name][0][0].strip() if name in element else ""


def _is_url(written: str) -> bool:
    return written.isascii() and text.web_url(written) == written


class _Reader:
    """Collects what stands in the channel, and in each item."""

    def __init__(self) -> None:
        self.root: tuple[str, str | None] | None = None
        self.channels = 0
        self.channel: Found = {}
        self.items: list[Found] = []
        self._path: list[str] = []
        self._given: Mapping[str, str] = {}
        self._words: list[str] = []

    def read(self, document: bytes) -> str | None:
        """Read all of `document`; return why it is no XML, if it is none."""
        parser = expat.ParserCreate("utf-8", " ")
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._words.append
        try:
            parser.Parse(document, True)
        except expat.ExpatError as error:
            return f"is no XML: {error}"
        return None

    def _start(self, name: str, given: Mapping[str, str]) -> None:
        if not self._path:
            self.root = name, given.get("version")
        self._path.append(name)
        self.channels += self._path == ["rss", "channel"]
        if self._path == ["rss", "channel", "item"]:
            self.items.append({})
        self._given = given
        self._words.clear()

    def _end(self, name: str) -> None:
        around = self._path[:-1]
        found = (name, ("".join(self._words), self._given))
        if around == ["rss", "channel"]:
            self.channel.setdefault(found[0], []).append(found[1])
        elif around == ["rss", "channel", "item"]:
            self.items[-1].setdefault(found[0], []).append(found[1])
        self._path.pop()
        self._words.clear()
