"""What expat finds of a feed: where its entries begin and end, what they are called, and what they
inherit from the feed around them."""

from __future__ import annotations

import re
from typing import Any
from xml.parsers import expat

from feedtool.read.sections import Lifted

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
_TARGET = "known"
MARK = f"<?{_TARGET}?>".encode()
"""What stands for an entry that need not be looked into."""
_FORMATS = ("rss", "rdf", "feed")
# What tells two entries of a feed apart, the surest first.
_NAMING = frozenset(("id", "guid", "link", "title", "pubdate"))
# Elements of a feed that its entries inherit something from, in any namespace.
_INHERITED = frozenset(
    ("author", "copyright", "creator", "language", "managingeditor", "name", "rights")
)
_NAME = re.compile(rb"[^\s/>]+")
_DELETED_LOCAL = "deleted-entry"
_DELETED = f"http://purl.org/atompub/tombstones/1.0 {_DELETED_LOCAL}"


class OddError(Exception):
    """The document is none that can be taken apart."""


class TooMuchError(Exception):
    """The document is made to take long: no feed nests so deeply, or has so many attributes."""


Node = tuple[str, dict[str, str], list[str], list["Node"]]
"""An element: its name (namespace, space, local name), attributes, texts and child elements."""

Spaces = list[tuple[str | None, str | None]]
"""Prefixes and the namespaces they were declared for."""


class _Locals(dict[str, str]):
    """The local names of elements in lower case, by their whole names."""

    def __missing__(self, name: str) -> str:
        """Remember it: there are few, and each stands many times."""
        local = self[name] = name.rpartition(" ")[2].lower()
        return local


class Finder:
    """What expat tells of a document: where its entries are, and what they inherit."""

    def __init__(self) -> None:
        self.spans: list[tuple[int, int]] = []
        self.names: list[str | None] = []  # None: what an entry is called can't be told
        self.ways: set[tuple[str, ...]] = set()  # to the entries
        self.head: list[tuple[tuple[str, ...], Node]] = []
        self.root: Node = ("", {}, [], [])
        self.spaces: Spaces = []
        self.trees: list[tuple[Node, Spaces]] = []
        self.gone: list[str] = []
        self._document = b""
        self._locals = _Locals()
        self._path: list[str] = []
        self._fresh: Spaces = []  # declared for the element to come, or in the entry that is open
        self._start = -1  # of the entry that is open
        self._inner = 0  # elements open within it
        self._inherited: list[object] = []
        self._open_in_head: list[Node] = []  # an element that is inherited from, and those in it
        self._said: list[str] = []  # the text of an element that names the entry
        self._naming: dict[str, list[str]] = {}

    def salt(self) -> bytes:
        """What each entry inherits, and where it stands."""
        return repr((self._inherited, sorted(self.ways))).encode("utf-8", "replace")

    def parse(self, document: bytes, *, marked: bool = False) -> None:
        """Go through the document once; `marked`: there are marks in it."""
        self._document = document
        parser = expat.ParserCreate("utf-8", " ")
        parser.buffer_size = 1 << 18
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._odd
        parser.StartNamespaceDeclHandler = self._declared
        if marked:
            parser.ProcessingInstructionHandler = self._instructed
        parser.StartElementHandler = self._open
        parser.EndElementHandler = self._close
        self._parser: Any = parser
        try:
            parser.Parse(document, True)
        finally:
            del self._parser  # the parser and its handlers would keep one another

    def _odd(self, *_: object) -> None:
        raise OddError

    def _instructed(self, target: str, _: str) -> None:
        """A mark is an entry, without a name, where one may stand."""
        way = tuple(self._path)
        if target == _TARGET and self._start < 0 and way in _AROUND:
            start = self._parser.CurrentByteIndex
            self.ways.add(way)
            self.spans.append((start, start + len(MARK)))

    def _declared(self, prefix: str | None, uri: str | None) -> None:
        self._fresh.append((prefix, uri))

    def _open(self, name: str, attributes: dict[str, str]) -> None:
        local = self._locals[name]
        if self._start >= 0:
            self._inner += 1
            if self._inner == 1 and local in _NAMING:
                self._said = [attributes.get("href", "")]
                self._parser.CharacterDataHandler = self._said.append
            elif local in _ENTRY:
                raise OddError
            elif self._inner > DEPTH or len(attributes) > _ATTRIBUTES:
                raise TooMuchError
            return
        path = self._path
        if local in _ENTRY:
            own = name.rpartition(" ")[0].lower() in OWN
            if not own or _AROUND.get(tuple(path)) != local:
                raise OddError
            self.ways.add(tuple(path))
            self._start = self._parser.CurrentByteIndex
            self._naming = {"about": [attributes.get(ABOUT, "")]}
            self._begin(name, attributes)
            return
        path.append(local)
        if len(path) > DEPTH or len(attributes) > _ATTRIBUTES:
            raise TooMuchError
        if len(path) == 1:
            if local not in _FORMATS:
                raise OddError
            self.root = (name, attributes, [], [])
        if _DELETED_LOCAL in path:  # which is none that entries inherit from
            self._fresh = []
            if name == _DELETED:
                self.gone.append(attributes.get("ref", "").strip())
            return
        self.spaces += self._fresh
        self._inherited += self._fresh
        self._fresh = []
        node: Node = (name, attributes, [], [])
        if self._open_in_head:
            self._open_in_head[-1][3].append(node)
        elif local in _INHERITED:
            self.head.append((tuple(path[:-1]), node))
            self._parser.CharacterDataHandler = self._text_in_head
        else:
            if len(path) == 1 or local == "channel":
                self._inherited.append((name, {**attributes, ABOUT: ""}))
            return
        self._inherited.append((name, attributes))
        self._open_in_head.append(node)

    def _text_in_head(self, words: str) -> None:
        self._inherited.append(words)
        self._open_in_head[-1][2].append(words)

    def _close(self, name: str) -> None:
        if self._start >= 0:
            if not self._inner:
                self._finish()
                return
            self._inner -= 1
            if not self._inner and self._parser.CharacterDataHandler:
                self._parser.CharacterDataHandler = None
                local = self._locals[name]
                self._naming.setdefault(local, []).append("".join(self._said).strip())
            return
        if self._open_in_head:
            self._open_in_head.pop()
            if not self._open_in_head:
                self._parser.CharacterDataHandler = None
        self._path.pop()

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        """An entry begins."""

    def _finish(self) -> None:
        """An entry ends."""
        end = self._parser.CurrentByteIndex
        name = _NAME.match(self._document, self._start + 1)
        if name and self._document.startswith(b"</" + name[0], end):
            end = self._document.index(b">", end) + 1
        # Else it is "<item/>", which ends there.
        self.spans.append((self._start, end))
        self.names.append(self._name())
        self._start = -1
        self._fresh = []

    def _name(self) -> str | None:
        """What the entry is called that ends; of several names it is feedparser's to choose."""
        naming = self._naming
        for kind in ("guid", "id", "about", "link", "title"):
            said = naming.get(kind, ())
            if any(said):
                break
        else:
            return None
        if kind == "title":
            dates = naming.get("pubdate") or [""]
            said = [title + date for title in said for date in dates]
        return said[0] if len(said) == 1 else None


class Grower(Finder):
    """Makes trees of the entries on the way, and puts back what was `lifted` from the document."""

    def __init__(self, lifted: Lifted | None = None) -> None:
        super().__init__()
        self._lifted = lifted
        self._put = 0  # of what was lifted
        self._marked = False

    def parse(self, document: bytes, *, marked: bool = False) -> None:
        """Go through the document once; `OddError` where not all that was lifted could be put
        back."""
        lifted, self._marked = self._lifted, marked
        super().parse(document, marked=marked or lifted is not None)
        if lifted is None:
            return
        if self._put < len(lifted.words):
            raise OddError
        original = lifted.original
        self.spans = [(original(start), original(end)) for start, end in self.spans]

    def _instructed(self, target: str, said: str) -> None:
        lifted, number = self._lifted, self._put
        if (
            lifted is None
            or self._parser.CurrentByteIndex not in lifted.places[number : number + 1]
        ):
            if self._marked:
                super()._instructed(target, said)
            return
        self._put += 1
        if self._start >= 0:
            self._words.append(lifted.words[number])
        elif not self._path or self._parser.CharacterDataHandler:
            raise OddError  # outside of all, or what entries inherit

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        self._nodes: list[Node] = [(name, attributes, [], [])]
        self._parser.StartElementHandler = self._grow
        self._parser.EndElementHandler = self._shrink
        self._words: list[str] = []  # of the element that is open, since one in it began or ended
        self._parser.CharacterDataHandler = self._words.append

    def _grow(self, name: str, attributes: dict[str, str]) -> None:
        nodes, words = self._nodes, self._words
        if words:
            nodes[-1][2].extend(words)
            words.clear()
        node: Node = (name, attributes, [], [])
        nodes[-1][3].append(node)
        nodes.append(node)
        if len(nodes) > DEPTH or len(attributes) > _ATTRIBUTES:
            raise TooMuchError
        if self._locals[name] in _ENTRY:
            raise OddError

    def _shrink(self, _: str) -> None:
        node, words = self._nodes.pop(), self._words
        if words:
            node[2].extend(words)
            words.clear()
        if self._nodes:
            return
        parser = self._parser
        parser.CharacterDataHandler = None
        parser.StartElementHandler = self._open
        parser.EndElementHandler = self._close
        self.trees.append((node, self._fresh))
        local, naming = self._locals, self._naming
        for name, attributes, texts, _children in node[3]:
            if (kind := local[name]) in _NAMING:
                said = attributes.get("href", "") + "".join(texts)
                naming.setdefault(kind, []).append(said.strip())
        self._finish()
