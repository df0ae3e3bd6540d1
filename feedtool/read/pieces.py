"""The byte ranges of a feed's entries, so that what was read before need not be read again.

expat finds where each `item` or `entry` begins and ends; the digest of those bytes, salted with
what an entry inherits from the feed around it, tells whether it is new. Nothing is taken out of a
document that isn't well-formed, declares entities or can be decoded in more than one way.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Collection
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any
from xml.parsers import expat

DEPTH = 250
"""Elements that may stand within one another in a feed."""

_ATTRIBUTES = 200  # that an element may have; feedparser takes quadratic time over them

ATOM = "http://www.w3.org/2005/Atom"
RSS_1 = ("http://purl.org/rss/1.0/", "http://my.netscape.com/rdf/simple/0.9/")
OWN = {
    "",
    ATOM.lower(),
    *RSS_1,
    "http://purl.org/atom/ns#",
    "http://backend.userland.com/rss2",
    "http://blogs.law.harvard.edu/tech/rss",
}
"""Namespaces, in lower case, whose elements are RSS's and Atom's own."""

ABOUT = "http://www.w3.org/1999/02/22-rdf-syntax-ns# about"
# Where entries stand: the elements around them.
_AROUND = {
    ("rss", "channel"): "item",
    ("rss",): "item",
    ("rdf",): "item",
    ("feed",): "entry",
}
_ENTRY = ("item", "entry")
_FORMATS = ("rss", "rdf", "feed")
# What tells two entries of a feed apart, the surest first.
_NAMING = ("id", "guid", "link", "title", "pubdate")
# Elements of a feed that its entries inherit something from, in any namespace.
_INHERITED = frozenset(
    ("author", "copyright", "creator", "language", "managingeditor", "name", "rights")
)
_DELETED_LOCAL = "deleted-entry"
_DELETED = f"http://purl.org/atompub/tombstones/1.0 {_DELETED_LOCAL}"
_DECLARATION = re.compile(rb"\s*<\?xml[^>]*?\?>")
_ENCODING = re.compile(rb"""encoding\s*=\s*["']([A-Za-z][A-Za-z0-9._-]*)["']""")
_BASE = re.compile(rb"""base\s*=\s*["']""")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Codecs of Python that no document is written in; some cost quadratic time.
_NOT_FOR_DOCUMENTS = {"idna", "punycode", "raw-unicode-escape", "unicode-escape", "utf-7"}
_LARGER = {"gb2312": "gb18030"}  # what documents that name the first are really written in


class _OddError(Exception):
    """The document is none that can be taken apart."""


class TooMuchError(Exception):
    """The document is made to take long: no feed nests so deeply, or has so many attributes."""


Node = tuple[str, dict[str, str], list[str], list["Node"]]
"""An element: its name (namespace, space, local name), attributes, texts and child elements."""

Spaces = list[tuple[str | None, str | None]]
"""Prefixes and the namespaces they were declared for."""


@dataclass(frozen=True, slots=True)
class Outline:
    """A feed's entries by place: `document` is UTF-8, `spans` are from and to in it.

    `digests` are those of the spans, 16 hex digits each. `unique`: no two entries are called the
    same, so that each can be read without the others. `based`: addresses may be relative to an
    `xml:base`. `root` is the outermost element, `spaces` what is declared outside the entries;
    `trees` are the entries with what each declares, where they were asked for. `gone` are the ids
    of entries that the feed says were deleted (RFC 6721 § 2), and that it doesn't have.
    """

    document: bytes
    spans: tuple[tuple[int, int], ...]
    digests: tuple[str, ...]
    unique: bool
    based: bool
    root: str
    spaces: Spaces
    trees: tuple[tuple[Node, Spaces], ...]
    gone: tuple[str, ...] = ()

    def only(self, numbers: Collection[int]) -> bytes:
        """Return the document with these of its entries alone."""
        kept = set(numbers)
        parts, reached = [], 0
        for number, (start, end) in enumerate(self.spans):
            if number not in kept:
                parts.append(self.document[reached:start])
                reached = end
        return b"".join((*parts, self.document[reached:]))


def outline(body: bytes, charset: str | None, *, trees: bool = False) -> Outline | None:
    """Return where the entries of the feed in `body` are, or None where that can't be told.

    `charset` is what the server says; where the document says otherwise, nothing is told. `trees`:
    the entries are wanted as elements too. Raises `TooMuchError`.
    """
    document = utf8(body, charset)
    if document is None:
        return None
    finder = _Grower() if trees else _Finder()
    try:
        finder.parse(document)
    except (expat.ExpatError, _OddError):
        return None
    gone = dict.fromkeys(filter(None, finder.gone))
    for one in finder.names if gone else ():
        gone.pop(one, None)
    salt = blake2b(repr(finder.inherited).encode("utf-8", "replace"), digest_size=32).digest()
    return Outline(
        document,
        tuple(finder.spans),
        tuple(
            blake2b(document[start:end], digest_size=8, key=salt).hexdigest()
            for start, end in finder.spans
        ),
        len(set(finder.names)) == len(finder.names),
        is_based(document),
        finder.root,
        finder.spaces,
        tuple(finder.trees),
        tuple(gone),
    )


def is_based(document: bytes) -> bool:
    """Return True where addresses in `document` may be relative to an `xml:base`."""
    return bool(_BASE.search(document))


def utf8(body: bytes, charset: str | None) -> bytes | None:
    """Return the XML document in `body` as UTF-8, without a byte order mark, or None where its
    charset is in doubt."""
    marked = None
    for mark, codec in _MARKS:
        if body.startswith(mark):
            marked, body = codec, body[len(mark) :]
            break
    head = body[:1024].decode(marked, "ignore").encode() if marked else body[:1024]
    declaration = _DECLARATION.match(head)
    found = _ENCODING.search(declaration[0]) if declaration else None
    declared = found[1].decode() if found else None
    try:
        said = {_codec(name, marked) for name in (charset, declared, marked) if name} or {"utf-8"}
        if len(said) > 1:
            return None
        codec = said.pop()
        text = "" if codec in ("utf-8", "ascii") else body.decode(codec)
    except (LookupError, UnicodeDecodeError):
        return None
    if codec in ("utf-8", "ascii"):  # whether it is so, expat will see
        return body if codec == "utf-8" or body.isascii() else None
    # The declaration would be wrong now, and without one it is UTF-8.
    return re.sub(r"\A<\?xml[^>]*?\?>", "", text).encode("utf-8", "replace")


def _codec(name: str, marked: str | None) -> str:
    if marked and name.lower().replace("_", "-") in ("utf-16", "utf16", "u16", "ucs-2"):
        return marked
    found = codecs.lookup(_LARGER.get(name.lower(), name))
    if found.name in _NOT_FOR_DOCUMENTS or not found._is_text_encoding:  # such as base64
        raise LookupError(name)
    return found.name


class _Finder:
    """What expat tells of a document: where its entries are, and what they inherit."""

    def __init__(self) -> None:
        self.spans: list[tuple[int, int]] = []
        self.names: list[str] = []
        self.inherited: list[object] = []
        self.root = ""
        self.spaces: Spaces = []
        self.trees: list[tuple[Node, Spaces]] = []
        self.gone: list[str] = []
        self._document = b""
        self._path: list[str] = []
        self._fresh: Spaces = []  # declared for the element to come, or in the entry that is open
        self._start = -1  # of the entry that is open
        self._inner = 0  # elements open within it
        self._depth = 0  # of the element that is inherited from and open
        self._said: list[str] = []  # the text of an element that names the entry
        self._naming: dict[str, list[str]] = {}

    def parse(self, document: bytes) -> None:
        """Go through the document once."""
        self._document = document
        parser = expat.ParserCreate("utf-8", " ")
        parser.buffer_size = 1 << 18
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._odd
        parser.StartNamespaceDeclHandler = self._declared
        parser.StartElementHandler = self._open
        parser.EndElementHandler = self._close
        self._parser: Any = parser
        try:
            parser.Parse(document, True)
        finally:
            del self._parser  # the parser and its handlers would keep one another

    def _odd(self, *_: object) -> None:
        raise _OddError

    def _declared(self, prefix: str | None, uri: str | None) -> None:
        self._fresh.append((prefix, uri))

    def _open(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(" ")[2].lower()
        if self._start >= 0:
            self._inner += 1
            if self._inner == 1 and local in _NAMING:
                self._said = [attributes.get("href", "")]
                self._parser.CharacterDataHandler = self._said.append
            elif local in _ENTRY:
                raise _OddError
            elif self._inner > DEPTH or len(attributes) > _ATTRIBUTES:
                raise TooMuchError
            return
        path = self._path
        if local in _ENTRY:
            own = name.rpartition(" ")[0].lower() in OWN
            if not own or _AROUND.get(tuple(path)) != local:
                raise _OddError
            self._start = self._parser.CurrentByteIndex
            self._naming = {"about": [attributes.get(ABOUT, "")]}
            self._begin(name, attributes)
            return
        path.append(local)
        if len(path) > DEPTH or len(attributes) > _ATTRIBUTES:
            raise TooMuchError
        if len(path) == 1 and local not in _FORMATS:
            raise _OddError
        self.root = self.root or name
        if _DELETED_LOCAL in path:  # which is none that entries inherit from
            self._fresh = []
            if name == _DELETED:
                self.gone.append(attributes.get("ref", "").strip())
            return
        self.spaces += self._fresh
        self.inherited += self._fresh
        self._fresh = []
        if self._depth:
            self.inherited.append((name, attributes))
        elif local in _INHERITED:
            self._depth = len(path)
            self.inherited.append((name, attributes))
            self._parser.CharacterDataHandler = self.inherited.append
        elif len(path) == 1 or local == "channel":
            self.inherited.append((name, {**attributes, ABOUT: ""}))

    def _close(self, name: str) -> None:
        if self._start >= 0:
            if not self._inner:
                self._finish()
                return
            self._inner -= 1
            if not self._inner and self._parser.CharacterDataHandler:
                self._parser.CharacterDataHandler = None
                local = name.rpartition(" ")[2].lower()
                self._naming.setdefault(local, []).append("".join(self._said).strip())
            return
        if self._depth == len(self._path):
            self._depth = 0
            self._parser.CharacterDataHandler = None
        self._path.pop()

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        """An entry begins."""

    def _finish(self) -> None:
        """An entry ends."""
        end = self._parser.CurrentByteIndex
        if self._document.startswith(b"</", end):  # else "<item/>", whose end it is
            end = self._document.index(b">", end) + 1
        self.spans.append((self._start, end))
        kinds = (self._naming.get(kind, []) for kind in ("guid", "id", "about", "link", "title"))
        said = next((names for names in kinds if any(names)), [])
        if said is self._naming.get("title"):
            said = [title + date for title in said for date in self._naming.get("pubdate", [""])]
        # Of several it is feedparser's to choose: such an entry is called like any other.
        self.names += said if len(said) == 1 else ["", ""]
        self._start = -1
        self._fresh = []


class _Grower(_Finder):
    """Makes trees of the entries on the way."""

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        node: Node = (name, attributes, [], [])
        self._nodes = [node]
        self._parser.StartElementHandler = self._grow
        self._parser.EndElementHandler = self._shrink
        self._parser.CharacterDataHandler = node[2].append

    def _grow(self, name: str, attributes: dict[str, str]) -> None:
        node: Node = (name, attributes, [], [])
        nodes = self._nodes
        nodes[-1][3].append(node)
        nodes.append(node)
        if len(nodes) > DEPTH or len(attributes) > _ATTRIBUTES:
            raise TooMuchError
        if name.rpartition(" ")[2].lower() in _ENTRY:
            raise _OddError
        self._parser.CharacterDataHandler = node[2].append

    def _shrink(self, _: str) -> None:
        nodes = self._nodes
        node = nodes.pop()
        if nodes:
            self._parser.CharacterDataHandler = nodes[-1][2].append
            return
        parser = self._parser
        parser.CharacterDataHandler = None
        parser.StartElementHandler = self._open
        parser.EndElementHandler = self._close
        self.trees.append((node, self._fresh))
        for name, attributes, texts, _children in node[3]:
            local = name.rpartition(" ")[2].lower()
            if local in _NAMING:
                said = attributes.get("href", "") + "".join(texts)
                self._naming.setdefault(local, []).append(said.strip())
        self._finish()
