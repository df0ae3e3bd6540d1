"""OPML 2.0 (http://opml.org/spec2.opml): lists of feeds, as readers give them.

Read with expat, which neither recurses nor loads anything; a document type is refused, so nothing
can grow.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.parsers import expat  # lists of others' making: see `_Reader` for what is refused

from feedtool import text
from feedtool.errors import ReadError
from feedtool.read import decode
from feedtool.read.head import charset_in
from feedtool.subscriptions import Subscription, named

MOST = 10_000
"""Outlines that one document may have."""
DEEPEST = 100
"""Elements that may stand within one another in it."""

_HEAD = 2048  # bytes in which the root must begin
_LONGEST = 4096  # characters of an address
# Nothing is tried twice: the head could be made of comments alone.
_ROOT = re.compile(
    rb"\s*+(?:(?><\?.*?\?>|<!--.*?-->|<!doctype[^>]*>)\s*+)*+<opml[\s>/]", re.DOTALL | re.IGNORECASE
)
_FEED_SCHEME = re.compile(r"\s*feed:(?://)?", re.IGNORECASE)


def is_opml(body: bytes) -> bool:
    """Return True where the root of the XML in `body` is `opml`."""
    head = body[:_HEAD].replace(b"\0", b"")  # UTF-16 looks like ASCII without them
    return bool(_ROOT.match(head.removeprefix(b"\xef\xbb\xbf").lstrip(b"\xff\xfe")))


def outlines(body: bytes, url: str) -> list[Subscription]:
    """Return the feeds that the OPML in `body`, found at `url`, lists: each address once, in order.

    An outline whose `xmlUrl` is no http(s) address is left out. Raises `ReadError` where the
    document is no OPML, is not whole, declares a document type, is nested deeper than 100 elements
    or has more than 10,000 outlines.
    """
    written = decode.decode(body, url, charset_in(body))
    reader = _Reader(url)
    reader.parse(written.lstrip().encode())
    return list(reader.found.values())


class _Reader:
    """Collects the outlines with an address; the others are folders."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.found: dict[str, Subscription] = {}
        self._folders: list[str] = []  # around each element that is open, joined
        self._outlines = 0

    def parse(self, document: bytes) -> None:
        """Read all of `document`, which is UTF-8."""
        parser = expat.ParserCreate("utf-8")
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        try:
            parser.Parse(document, True)
        except expat.ExpatError as error:
            raise ReadError(self.url, f"is no OPML: {error}") from error

    def _doctype(self, *_: object) -> None:
        raise ReadError(self.url, "has a document type, which no OPML needs")

    def _start(self, name: str, said: Mapping[str, str]) -> None:
        name = name.lower()
        if not self._folders and name != "opml":
            raise ReadError(self.url, f"is no OPML: its root is <{text.shorten(name, 40)}>")
        if len(self._folders) == DEEPEST:
            raise ReadError(self.url, f"is nested deeper than {DEEPEST} elements")
        folder = self._folders[-1] if self._folders else ""
        if name == "outline":
            self._outlines += 1
            if self._outlines > MOST:
                raise ReadError(self.url, f"has more than {MOST:,} outlines")
            folder = self._outline({key.lower(): value for key, value in said.items()}, folder)
        self._folders.append(folder)

    def _end(self, _name: str) -> None:
        self._folders.pop()

    def _outline(self, said: Mapping[str, str], folder: str) -> str:
        """Take an outline in; return the folder that what stands in it is in."""
        title = said.get("title", "").strip() or said.get("text", "")
        if "xmlurl" not in said:
            return named("/".join(filter(None, (folder, text.line(title)))))
        url = web_address(said["xmlurl"])
        if url is not None:
            home = web_address(said.get("htmlurl", ""))
            self.found.setdefault(url, Subscription(title, url, home, folder))
        return folder


def web_address(written: str) -> str | None:
    """Return the http(s) address in `written`, where "feed:" may stand before it, or None."""
    if len(written) > _LONGEST:
        return None
    scheme = _FEED_SCHEME.match(written)
    if scheme is None:
        return text.web_url(written)
    bare = written[scheme.end() :]
    return text.web_url(bare) or text.web_url(f"http://{bare}")
