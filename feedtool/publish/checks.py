"""Whether an Atom document is one, before it goes out: what `grammar` says, element by element.

Pure, and cheap enough for all that is new: the parser of the standard library reads a document
once. One with a DTD is refused, so that no entity is ever made.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Mapping
from xml.parsers import expat

from feedtool import text
from feedtool.data import Struct, field
from feedtool.publish import glance, grammar
from feedtool.publish.grammar import ATOM, HISTORY, TOMBSTONES, XML, Kind, Rule

_MOST = 20  # faults that are told: who made so many made one mistake
_DEPTH = 32  # of what stands in elements of other namespaces
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[!-~]+")  # RFC 3986 § 4.3
_SHOWN = 80  # letters of a wrong value
_HEAD, _TAIL = f'<fragment xmlns="{ATOM}">'.encode(), b"</fragment>"
_NUMBERS = {0: "no", 2: "two", 3: "three", 4: "four", 5: "five"}
_PREFIXES = {XML: "xml:", ATOM: "", HISTORY: "fh:", TOMBSTONES: "at:", "": ""}


def entry_faults(fragment: bytes) -> list[str]:
    """Return what is wrong with the `<entry>` in `fragment`, which is to stand in a feed whose
    namespace without a prefix is Atom's; prefixes are its own. Each fault names element and rule.
    """
    if glance.is_entry(fragment):
        return []
    return _Reading(grammar.FRAGMENT, lines=False).faults(_HEAD, fragment, _TAIL)


def feed_faults(document: bytes) -> list[str]:
    """Return what is wrong with a whole Atom document, in UTF-8. Each fault names element and rule,
    and its line."""
    if document.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):  # which the parser believes before us
        return ["document is in UTF-16, not in UTF-8 (RFC 4287 § 2)"]
    return _Reading(grammar.DOCUMENT, lines=True).faults(document)


class _Enough(Exception):  # noqa: N818 - nothing failed but the document
    """Nothing more need be read."""


class _Open(Struct):
    """An element that holds others, while it is read."""

    kind: Kind
    counts: dict[str, int] = field(default_factory=dict)
    links: list[Mapping[str, str]] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)


class _Reading:
    """One document on its way through the parser."""

    def __init__(self, kind: Kind, *, lines: bool) -> None:
        self._lines = lines
        self._faults: list[str] = []
        self._top = _Open(kind)
        self._above: list[_Open] = []  # what `_top` stands in
        self._leaf: Kind | None = None  # the element of text that is open
        self._words: list[str] = []
        self._strange = 0  # how deep within an element that stands in no table
        self._updated: dict[str, str] = {}  # of entries, by id
        self._deleted: list[tuple[str, str]] = []  # ref and when
        parser = self._parser = expat.ParserCreate("UTF-8", " ")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._data
        parser.StartDoctypeDeclHandler = self._doctype
        parser.XmlDeclHandler = self._declared
        parser.StartNamespaceDeclHandler = self._namespace

    def faults(self, *parts: bytes) -> list[str]:
        """What is wrong with all parts together."""
        try:
            for part in parts:
                self._parser.Parse(part, False)
            self._parser.Parse(b"", True)
            self._finish(self._top)
        except expat.ExpatError as error:
            reason = expat.ErrorString(error.code)
            self._faults.append(f"document is no well-formed XML: {reason}{self._where()}")
        except _Enough:
            pass
        return self._faults

    def _tell(self, said: str, section: str) -> None:
        self._faults.append(f"{said}{self._where()} ({section})")
        if len(self._faults) >= _MOST:
            raise _Enough

    def _where(self) -> str:
        return f" in line {self._parser.CurrentLineNumber}" if self._lines else ""

    def _doctype(self, *_: object) -> None:
        self._faults.append(f"document has a DTD{self._where()} (RFC 4287 § 2)")
        raise _Enough

    def _declared(self, version: str, encoding: str | None, _: int) -> None:
        # The parser takes any version, and reads UTF-8 whatever is said here.
        if version != "1.0":
            self._tell(f"document is XML {_cut(version)}, not 1.0", "RFC 4287 § 2")
        if encoding is not None and encoding.lower() != "utf-8":
            self._tell(f"document is in {_cut(encoding)}, not in UTF-8", "RFC 4287 § 2")

    def _namespace(self, prefix: str | None, uri: str | None) -> None:
        # Parsers differ in what they take beside it.
        if uri and not _URI.fullmatch(uri):
            said = f"namespace {prefix or ''} is {_cut(uri)}, which is no absolute URI"
            self._tell(said, "Namespaces in XML 1.0 § 2")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if self._strange:
            self._look(name, attributes)
            return
        top = self._top
        kind = top.kind.children.get(name) if self._leaf is None else None
        if kind is None:
            self._take_strange(name, attributes)
            return
        counts = top.counts
        counts[name] = counts.get(name, 0) + 1
        if top.kind.last is not None:
            self._order(name)
        if attributes or kind.required:
            self._check_attributes(kind, attributes)
        if kind.text is None:
            self._above.append(top)
            self._top = _Open(kind)
            return
        self._leaf = kind
        if kind.name == "link":
            top.links.append(attributes)
        elif kind is grammar.DELETED:
            self._deleted.append((attributes.get("ref", ""), attributes.get("when", "")))

    def _end(self, _: str) -> None:
        if self._strange:
            self._strange -= 1
            return
        kind = self._leaf
        if kind is None:
            done, self._top = self._top, self._above.pop()
            self._finish(done)
            return
        words = self._words
        value = words[0] if len(words) == 1 else "".join(words)
        words.clear()
        self._leaf = None
        rule = kind.text
        if rule is not None and not rule.holds(value):
            # Of HTML, what is wrong with it.
            shown = (grammar.foul(value) or "") if rule is grammar.HTML else value
            self._wrong(kind, "is" if rule is not grammar.HTML else "has", shown, rule)
        if kind.kept:
            self._top.values[kind.name] = value

    def _data(self, words: str) -> None:
        if self._leaf is not None:
            self._words.append(words)
        elif not self._strange and words.strip(" \t\r\n"):
            kind = self._top.kind
            self._tell(f"{kind.name} has words between elements: {_cut(words)}", kind.section)

    def _check_attributes(self, kind: Kind, attributes: Mapping[str, str]) -> None:
        rules = kind.attributes
        for name, value in attributes.items():
            rule = rules.get(name)
            if rule is None:
                self._tell(f"{kind.name} can't have an attribute {_shown(name)}", kind.section)
            elif not rule.holds(value):
                self._wrong(kind, f"has {_shown(name)}", value, rule)
        for name in kind.required:
            if name not in attributes:
                self._tell(f"{kind.name} has no attribute {name}", kind.section)

    def _wrong(self, kind: Kind, has: str, value: str, rule: Rule) -> None:
        self._tell(f"{kind.name} {has} {_cut(value)}, which {rule.fails}", kind.section)

    def _order(self, name: str) -> None:
        """Of the feed's children: entries come last."""
        kind, counts = self._top.kind, self._top.counts
        if kind.last in counts and name != kind.last:
            self._tell(f"{kind.name} has {_shown(name)} after an entry", kind.section)

    def _take_strange(self, name: str, attributes: Mapping[str, str]) -> None:
        """An element that stands in no table, or not here."""
        kind = self._leaf or self._top.kind
        space = name.rpartition(" ")[0]
        if not kind.extensible or space in _PREFIXES:
            self._tell(f"{kind.name} can't have an element {_shown(name)}", kind.section)
        elif kind.last is not None:
            self._order(name)
        self._look(name, attributes)

    def _look(self, name: str, attributes: Mapping[str, str]) -> None:
        """What is of another namespace may be anything, but for what readers stumble over."""
        self._strange += 1
        if self._strange > _DEPTH:
            self._tell(f"{_shown(name)} stands too deep", "RFC 4287 § 6.4")
            raise _Enough
        if self._strange > 1 and name.startswith(f"{ATOM} "):
            self._tell(f"{_shown(name)} stands where it means nothing", "RFC 4287 § 6.4")
        if f"{XML} base" in attributes:
            self._tell(f"{_shown(name)} can't have an attribute xml:base", "RFC 4287 § 2")

    def _finish(self, done: _Open) -> None:
        """An element that has ended, as a whole."""
        kind, counts = done.kind, done.counts
        for name, (least, most) in kind.counts:
            number = counts.get(name, 0)
            if not least <= number <= most:
                self._tell(
                    f"{kind.name} has {_many(number, _shown(name), 'element')}", kind.section
                )
        if kind.rels:
            self._check_links(kind, done.links)
        if kind is grammar.ENTRY:
            self._check_id(done.values.get("id", ""), done.values.get("updated", ""))
        elif kind is grammar.FEED:
            self._check_history(done)
            self._check_deleted()

    def _check_links(self, kind: Kind, links: list[Mapping[str, str]]) -> None:
        rels = [link.get("rel", "alternate") for link in links]
        for rel, (least, most) in kind.rels:
            number = rels.count(rel)
            if not least <= number <= most:
                self._tell(f"{kind.name} has {_many(number, f'{rel} link')}", kind.section)
        if kind.first is not None and rels and rels[0] != kind.first:
            # Of several, some readers take the first as the entry's own.
            self._tell(f"{kind.name} has its {kind.first} link not first", kind.section)
        if rels.count("alternate") > 1:
            alternates = [
                (link.get("type"), link.get("hreflang"))
                for link, rel in zip(links, rels, strict=True)
                if rel == "alternate"
            ]
            if len(set(alternates)) < len(alternates):
                said = "has two alternate links of the same type and language"
                self._tell(f"{kind.name} {said}", kind.section)

    def _check_id(self, identity: str, updated: str) -> None:
        # The RFC forbids it where `updated` is the same; of others, each reader shows another.
        if identity in self._updated:
            same = " and the same updated" if updated == self._updated[identity] else ""
            self._tell(f"feed has two entries with id {_cut(identity)}{same}", "RFC 4287 § 4.1.1")
        self._updated[identity] = updated

    def _check_history(self, feed: _Open) -> None:
        """What the feed says of its place in a history must go together."""
        rels = {link.get("rel") for link in feed.links}
        archive, complete = (f"{HISTORY} {name}" in feed.counts for name in ("archive", "complete"))
        if archive and "current" not in rels:
            self._tell("feed is an archive document without a current link", "RFC 5005 § 4")
        if complete and (archive or rels & {"prev-archive", "next-archive"}):
            self._tell("feed is complete, and has archive documents", "RFC 5005 § 2")

    def _check_deleted(self) -> None:
        """Tombstones beside each other, and beside entries."""
        if len(set(self._deleted)) < len(self._deleted):
            said = "feed has two at:deleted-entry elements with the same ref and when"
            self._tell(said, "RFC 6721 § 3")
        for ref, when in self._deleted:
            if self._updated.get(ref, "9") <= when:
                said = f"feed has an entry, and says that it was deleted: {_cut(ref)}"
                self._tell(said, "RFC 6721 § 3")


def _many(number: int, what: str, each: str = "") -> str:
    plural = f"{what} {each}s" if each else f"{what}s"
    return f"{_NUMBERS.get(number, number)} {plural if number > 1 else what}"


def _shown(name: str) -> str:
    """A name as a person would write it."""
    space, _, local = name.rpartition(" ")
    return text.shorten(f"{_PREFIXES.get(space, f'{{{space}}}')}{local}", _SHOWN)


def _cut(value: str) -> str:
    return repr(text.shorten(value, _SHOWN))
