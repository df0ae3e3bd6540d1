"""What a feed or a page calls itself."""

from __future__ import annotations

import contextlib
import json
from xml.parsers import expat  # stopped at a document type, so nothing can grow

from feedtool import text
from feedtool.errors import ReadError
from feedtool.model import Capture
from feedtool.read import decode, finder, jsonfeed, markup, pieces
from feedtool.read.head import charset_in, look

_LONGEST = 200  # characters
_WHERE = (("rss", "channel", "title"), ("rdf", "channel", "title"), ("feed", "title"))
_ENTRIES = ("item", "entry")


def of_feed(capture: Capture) -> str | None:
    """Return the title of the feed in `capture`, on one line, or None where it has none."""
    if jsonfeed.is_json(capture.body):
        try:
            said = json.loads(capture.body).get("title")
        except (ValueError, RecursionError):
            return None
        return _short(said) if isinstance(said, str) else None
    document = pieces.utf8(capture.body, capture.charset)
    return _short(_Finder().title(document)) if document else None


def of_page(capture: Capture) -> str | None:
    """Return the name of the site that the page in `capture` gives, else its title, or None."""
    try:
        html = decode.decode(capture.body, capture.url, capture.charset, charset_in(capture.body))
    except ReadError:
        return None
    root = markup.tree(html)
    if root is None:
        return None
    named = next(look(root, capture.url).meta("og:site_name", "application-name"), "")
    title = next(root.iter("title"), None)
    return _short(named or (markup.text_of(title) if title is not None else ""))


def _short(words: str) -> str | None:
    return text.shorten(words, _LONGEST) or None


class _Stop(Exception):  # noqa: N818 - it only ends the reading
    """There is nothing more to learn."""


class _Finder:
    """Finds the title of an RSS or Atom feed, which mostly stands before its entries."""

    def __init__(self) -> None:
        self._path: list[str] = []
        self._said: list[str] = []

    def title(self, document: bytes) -> str:
        """The title in `document`, which is UTF-8, as far as it can be read."""
        parser = expat.ParserCreate("utf-8", " ")
        parser.StartDoctypeDeclHandler = self._stop
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._data
        with contextlib.suppress(expat.ExpatError, _Stop):
            parser.Parse(document, True)
        # Atom's may be HTML (RFC 4287 § 3.1.1), and many an RSS channel's is.
        return markup.plain("".join(self._said))

    def _stop(self, *_: object) -> None:
        raise _Stop

    def _start(self, name: str, _said: object) -> None:
        local = name.rpartition(" ")[2].lower()
        if local in _ENTRIES or len(self._path) >= finder.DEPTH:
            raise _Stop
        self._path.append(local)

    def _end(self, _name: str) -> None:
        if tuple(self._path) in _WHERE:
            raise _Stop
        self._path.pop()

    def _data(self, data: str) -> None:
        if tuple(self._path[:3]) in _WHERE or tuple(self._path[:2]) in _WHERE:
            self._said.append(data)
