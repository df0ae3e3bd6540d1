"""Whether an Atom document is one: RFC 4287, and what we write of RFC 5005 and RFC 6721. Pure.

Tables say what an element may hold: nothing else may stand in it but elements of other namespaces,
where a document may be extended. Stricter than the RFC's schema, where readers are: text titles,
HTML content, times in UTC, absolute links. No package beyond the standard library is loaded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from xml.parsers import expat  # a document with a DTD is refused, so that no entity is ever made

from feedtool import text, valid

_ATOM = "http://www.w3.org/2005/Atom"
_HISTORY = "http://purl.org/syndication/history/1.0"
_TOMBSTONES = "http://purl.org/atompub/tombstones/1.0"
_XML = "http://www.w3.org/XML/1998/namespace"
_OURS = {_ATOM, _HISTORY, _TOMBSTONES}  # of these, only what the tables know
_MOST = 20  # faults that are told: who made so many made one mistake
_DEPTH = 32  # of what others' elements hold
_SHOWN = 80  # letters of a wrong value
_HEAD = f'<feed xmlns="{_ATOM}">'.encode()
_NUMBERS = {2: "two", 3: "three", 4: "four", 5: "five"}
# RFC 3339 § 5.6, of which readers understand Z alone.
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?Z")
_WEB = re.compile(r"(?i:https?)://(?:[^\s/?#@]*@)?[^\s/?#:@<>\"\\^`{|}][^\s<>\"\\^`{|}]*")

# In HTML, in lower case: a tag with an address that isn't absolute, or that runs something.
_ADDRESS = (
    rb"(?:href|src|srcset|poster|action|formaction|cite|data|background|longdesc|ping)"
    rb"\s*+=\s*+[\"']?+(?!https?://|mailto:)"
)
_BAD = rb"(?:" + _ADDRESS + rb"|(?:on[a-z]++|style)\s*+=)"
_ANY = rb"[^\s/>=\"'<]++(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s>\"'<]*+))?+"
_FOUL = re.compile(
    rb"<(?:(?:script|iframe|style|object|embed|form|base|link|meta)[\s/>]"
    rb"|[a-z][^\s/><]*+(?:[\s/]++(?!" + _BAD + rb")" + _ANY + rb")*+[\s/]++" + _BAD + rb"[^>]*+)"
)


@dataclass(frozen=True, slots=True)
class _Rule:
    """What a value has to be: `holds` is true of it; else it `fails`, in words."""

    holds: Callable[[str], object]
    fails: str


def _is_time(value: str) -> bool:
    with suppress(ValueError):
        return bool(_TIME.fullmatch(value) and datetime.fromisoformat(value))
    return False


def _is_good(html: str) -> bool:
    return not _foul(html)


def _foul(html: str) -> re.Match[bytes] | None:
    return _FOUL.search(html.encode("utf-8", "replace").lower())


def _one_of(*words: str) -> _Rule:
    return _Rule(frozenset(words).__contains__, f"is not {' or '.join(words)}")


_ANYTHING = _Rule(lambda _: True, "")
_EMPTY = _Rule(lambda value: not value.strip(), "is not empty")
_WORDS = _Rule(lambda value: not value.isspace() and value, "is empty")
_MOMENT = _Rule(_is_time, "is no time in UTC as RFC 3339 writes it, with Z")
_IRI = _Rule(valid.IRI.fullmatch, "is no absolute IRI")
_URL = _Rule(_WEB.fullmatch, "is no absolute http(s) address")
_TYPE = _Rule(valid.MEDIA_TYPE.fullmatch, "is no media type")
_TAG = _Rule(valid.LANGUAGE_TAG.fullmatch, "is no language tag")
_COUNT = _Rule(re.compile("[0-9]+").fullmatch, "is no number of octets")
_HTML = _Rule(_is_good, "holds a script, or an address that is not absolute")
_LANGUAGE = {f"{_XML} lang": _TAG}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """What an element may be: its attributes and those it must have; its children, how many of
    each (1, "?", "*", "+"); or, where it holds text, what that has to be.

    `rels`: how many links of each relation its children may be; `first`: what the first of them
    is. `extensible`: elements of other namespaces may stand in it. `last`: nothing comes after
    those children. `kept`: its text is looked at when its parent ends.
    """

    name: str
    section: str
    attributes: Mapping[str, _Rule] = field(default_factory=lambda: _LANGUAGE)
    required: tuple[str, ...] = ()
    children: Mapping[str, _Kind] = MappingProxyType({})
    counts: tuple[tuple[str, int, int | None], ...] = ()
    text: _Rule | None = None
    rels: Mapping[str, tuple[int, int | None]] = MappingProxyType({})
    first: str | None = None
    extensible: bool = False
    last: str | None = None
    kept: bool = False


_OFTEN: dict[int | str, tuple[int, int | None]] = {
    1: (1, 1),
    "?": (0, 1),
    "*": (0, None),
    "+": (1, None),
}


def _leaf(name: str, section: str, rule: _Rule = _EMPTY, **more: object) -> _Kind:
    attributes = more.pop("attributes", _LANGUAGE)
    return _Kind(name=name, section=section, text=rule, attributes=attributes, **more)  # type: ignore[arg-type]


def _tree(
    name: str, section: str, *children: tuple[_Kind, int | str], space: str = _ATOM, **more: object
) -> _Kind:
    spaces = {"fh": _HISTORY, "at": _TOMBSTONES}
    named: dict[str, _Kind] = {}
    counts: list[tuple[str, int, int | None]] = []
    for kind, often in children:
        prefix, _, local = kind.name.rpartition(":")
        full = f"{spaces.get(prefix, space)} {local}"
        named[full] = kind
        if often != "*":
            counts.append((full, *_OFTEN[often]))
    return _Kind(name=name, section=section, children=named, counts=tuple(counts), **more)  # type: ignore[arg-type]


def _link(*rels: str) -> _Kind:
    attributes = {
        **_LANGUAGE,
        "href": _URL,
        "rel": _one_of(*rels),
        "type": _TYPE,
        "hreflang": _TAG,
        "title": _ANYTHING,
        "length": _COUNT,
    }
    # RFC 4287 § 4.2.7.2: rel may be left out, which several readers don't know.
    return _leaf("link", "RFC 4287 § 4.2.7", attributes=attributes, required=("href", "rel"))


def _text(name: str, section: str, rule: _Rule = _ANYTHING) -> _Kind:
    return _leaf(name, section, rule, attributes={**_LANGUAGE, "type": _one_of("text")})


def _person(name: str, section: str) -> _Kind:
    return _tree(
        name,
        section,
        (_leaf("name", "RFC 4287 § 3.2.1", _WORDS, attributes={}), 1),
        (_leaf("uri", "RFC 4287 § 3.2.2", _URL, attributes={}), "?"),
        (
            _leaf(
                "email",
                "RFC 4287 § 3.2.3",
                _Rule(valid.EMAIL.fullmatch, "is no e-mail address"),
                attributes={},
            ),
            "?",
        ),
    )


_AUTHOR = _person("author", "RFC 4287 § 4.2.1")
_CONTRIBUTOR = _person("contributor", "RFC 4287 § 4.2.3")
_CATEGORY = _leaf(
    "category",
    "RFC 4287 § 4.2.2",
    attributes={**_LANGUAGE, "term": _WORDS, "scheme": _IRI, "label": _ANYTHING},
    required=("term",),
)
_GENERATOR = _leaf(
    "generator",
    "RFC 4287 § 4.2.4",
    _WORDS,
    attributes={**_LANGUAGE, "uri": _URL, "version": _ANYTHING},
)
_ICON, _LOGO = (
    _leaf("icon", "RFC 4287 § 4.2.5", _URL),
    _leaf("logo", "RFC 4287 § 4.2.8", _URL),
)
_ID = _leaf("id", "RFC 4287 § 4.2.6", _IRI, kept=True)
_PUBLISHED = _leaf("published", "RFC 4287 § 4.2.9", _MOMENT)
_UPDATED = _leaf("updated", "RFC 4287 § 4.2.15", _MOMENT, kept=True)
_RIGHTS = _text("rights", "RFC 4287 § 4.2.10")
_SUBTITLE = _text("subtitle", "RFC 4287 § 4.2.12")
_SUMMARY = _text("summary", "RFC 4287 § 4.2.13")
_TITLE = _text("title", "RFC 4287 § 4.2.14", _WORDS)
_CONTENT = _leaf(
    "content",
    "RFC 4287 § 4.1.3",
    _HTML,
    attributes={**_LANGUAGE, "type": _one_of("html")},
    required=("type",),
)
_SOURCE = _tree(
    "source",
    "RFC 4287 § 4.2.11",
    (_AUTHOR, "*"),
    (_CATEGORY, "*"),
    (_CONTRIBUTOR, "*"),
    (_GENERATOR, "?"),
    (_ICON, "?"),
    (_leaf("id", "RFC 4287 § 4.2.6", _IRI), 1),
    (_link("alternate", "self"), "*"),
    (_LOGO, "?"),
    (_RIGHTS, "?"),
    (_SUBTITLE, "?"),
    (_TITLE, 1),
    (_leaf("updated", "RFC 4287 § 4.2.15", _MOMENT), "?"),
    rels={"self": (0, 1)},
)
_ENTRY = _tree(
    "entry",
    "RFC 4287 § 4.1.2",
    (_AUTHOR, "+"),
    (_CATEGORY, "*"),
    (_CONTENT, "?"),
    (_CONTRIBUTOR, "*"),
    (_ID, 1),
    (_link("alternate", "enclosure", "license"), "*"),
    (_PUBLISHED, "?"),
    (_RIGHTS, "?"),
    (_SOURCE, "?"),
    (_SUMMARY, "?"),
    (_TITLE, 1),
    (_UPDATED, 1),
    rels={"alternate": (1, None)},
    first="alternate",
    extensible=True,
)
_ENTRY_NAME, _ID_NAME, _UPDATED_NAME = (f"{_ATOM} {name}" for name in ("entry", "id", "updated"))
_DELETED = _leaf(
    "at:deleted-entry",
    "RFC 6721 § 3",
    attributes={**_LANGUAGE, "ref": _IRI, "when": _MOMENT},
    required=("ref", "when"),
)
_HISTORY_RELS = ("current", "prev-archive", "next-archive")
_PAGED_RELS = ("first", "last", "previous", "next")
_FEED = _tree(
    "feed",
    "RFC 4287 § 4.1.1",
    (_AUTHOR, "+"),
    (_CATEGORY, "*"),
    (_CONTRIBUTOR, "*"),
    (_GENERATOR, "?"),
    (_ICON, "?"),
    (_ID, 1),
    (_link("alternate", "self", "hub", "license", *_HISTORY_RELS, *_PAGED_RELS), "*"),
    (_LOGO, "?"),
    (_RIGHTS, "?"),
    (_SUBTITLE, "?"),
    (_TITLE, 1),
    (_UPDATED, 1),
    (_ENTRY, "*"),
    (_leaf("fh:archive", "RFC 5005 § 4", attributes={}), "?"),
    (_leaf("fh:complete", "RFC 5005 § 2", attributes={}), "?"),
    (_DELETED, "*"),
    rels={
        "alternate": (1, None),
        "self": (1, 1),
        **dict.fromkeys((*_HISTORY_RELS, *_PAGED_RELS), (0, 1)),
    },
    extensible=True,
    last=_ENTRY_NAME,
)
_DOCUMENT = _tree("document", "RFC 4287 § 2", (_FEED, 1))
# What a fragment stands in for its check: a feed that holds one entry, and nothing else.
_FRAGMENT = _tree(
    "fragment",
    "RFC 4287 § 2",
    (_tree("feed", "RFC 4287 § 4.1.1", (_ENTRY, 1)), 1),
)


def entry_faults(fragment: bytes) -> list[str]:
    """Return what is wrong with the `<entry>` in `fragment`, which is to stand in a feed whose
    namespace without a prefix is Atom's; prefixes are its own. Each fault names element and rule.
    """
    return _Reading(_FRAGMENT, told=False).read(_HEAD, fragment, b"</feed>")


def feed_faults(document: bytes) -> list[str]:
    """Return what is wrong with a whole Atom document, in UTF-8; each fault names element and rule,
    and the line."""
    return _Reading(_DOCUMENT, told=True).read(document)


class _Stop(Exception):  # noqa: N818 - nothing went wrong but the document
    """There are enough faults."""


@dataclass(slots=True)
class _Open:
    """An element that holds others, while it is read."""

    kind: _Kind
    counts: dict[str, int] = field(default_factory=dict)
    links: list[Mapping[str, str]] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)


class _Reading:
    """One document, or fragment, on its way through the parser."""

    def __init__(self, kind: _Kind, *, told: bool) -> None:
        """`told`: the line of each fault is told."""
        self._faults: list[str] = []
        self._told = told
        self._top = _Open(kind)
        self._above: list[_Open] = []  # what `_top` stands in
        self._leaf: _Kind | None = None
        self._words: list[str] = []
        self._strange = 0  # how deep within an element that no table knows
        self._ids: set[str] = set()
        self._entries: list[tuple[str, str]] = []  # id and updated
        self._deleted: list[tuple[str, str]] = []  # ref and when
        parser = self._parser = expat.ParserCreate("UTF-8", namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._data
        parser.StartDoctypeDeclHandler = self._doctype
        parser.XmlDeclHandler = self._declared

    def read(self, *parts: bytes) -> list[str]:
        """Return the faults of all parts together."""
        try:
            for part in parts:
                self._parser.Parse(part)
            self._parser.Parse(b"", True)
            self._finish(self._top)
            self._check_deleted()
        except expat.ExpatError as error:
            reason = expat.ErrorString(error.code)
            self._faults.append(f"document is no well-formed XML: {reason}{self._line()} (XML 1.0)")
        except _Stop:
            pass
        return self._faults

    def _tell(self, said: str, section: str) -> None:
        self._faults.append(f"{said}{self._line()} ({section})")
        if len(self._faults) >= _MOST:
            raise _Stop

    def _line(self) -> str:
        return f" in line {self._parser.CurrentLineNumber}" if self._told else ""

    def _doctype(self, *_: object) -> None:
        self._tell("document has a DTD, which readers refuse", "RFC 4287 § 2")
        raise _Stop

    def _declared(self, _: str, encoding: str | None, __: int) -> None:
        if encoding is not None and encoding.lower() != "utf-8":
            self._tell(f"document is in {encoding}, which some readers can't read", "RFC 4287 § 2")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        top = self._top
        if self._strange:
            self._look(name, attributes)
            return
        kind = top.kind.children.get(name) if self._leaf is None else None
        if kind is None:
            self._take_strange(name, attributes)
            return
        counts = top.counts
        counts[name] = counts.get(name, 0) + 1
        if top.kind.last is not None:
            self._order(top, name)
        if attributes:
            rules = kind.attributes
            for attribute, value in attributes.items():
                rule = rules.get(attribute)
                if rule is None:
                    shown = _shown(attribute)
                    self._tell(f"{kind.name} can't have an attribute {shown}", kind.section)
                elif not rule.holds(value):
                    self._wrong(kind, f" has {_shown(attribute)} {_cut(value)}, which", rule)
        for required in kind.required:
            if required not in attributes:
                self._tell(f"{kind.name} has no attribute {required}", kind.section)
        if kind.text is None:
            self._above.append(top)
            self._top = _Open(kind)
            return
        self._leaf = kind
        if kind.name == "link":
            top.links.append(attributes)
        elif kind is _DELETED:
            self._deleted.append((attributes.get("ref", ""), attributes.get("when", "")))

    def _end(self, name: str) -> None:
        if self._strange:
            self._strange -= 1
            return
        kind = self._leaf
        if kind is None:
            top, self._top = self._top, self._above.pop()
            self._finish(top)
            return
        value = "".join(self._words)
        self._words.clear()
        self._leaf = None
        assert kind.text is not None
        if not kind.text.holds(value):
            shown = "" if kind is _CONTENT or not value else f" is {_cut(value)}, which"
            self._wrong(kind, shown, kind.text)
        if kind.kept:
            self._top.values[name] = value

    def _data(self, words: str) -> None:
        if self._leaf is not None:
            self._words.append(words)
        elif not self._strange and not words.isspace():
            kind = self._top.kind
            self._tell(f"{kind.name} has words between its elements: {_cut(words)}", kind.section)

    def _wrong(self, kind: _Kind, shown: str, rule: _Rule) -> None:
        self._tell(f"{kind.name}{shown} {rule.fails}", kind.section)

    def _order(self, top: _Open, name: str) -> None:
        last = top.kind.last
        if last in top.counts and name != last:
            last_name = top.kind.children[last].name
            self._tell(
                f"{top.kind.name} has {_shown(name)} after an {last_name}", top.kind.section
            )

    def _take_strange(self, name: str, attributes: Mapping[str, str]) -> None:
        """An element that the tables don't know here."""
        kind = self._leaf or self._top.kind
        space = name.rpartition(" ")[0]
        self._look(name, attributes)
        if not kind.extensible or space in _OURS or not space:
            self._tell(f"{kind.name} can't have an element {_shown(name)}", kind.section)
        elif kind.last is not None:
            self._order(self._top, name)

    def _look(self, name: str, attributes: Mapping[str, str]) -> None:
        """What stands in an element of another namespace: anything but ours."""
        self._strange += 1
        if self._strange > _DEPTH:
            self._tell(f"{_shown(name)} stands too deep", "RFC 4287 § 6.4")
            raise _Stop
        if self._strange > 1 and name.startswith(_ATOM):
            self._tell(f"{_shown(name)} stands in an element of others", "RFC 4287 § 6.4")
        if f"{_XML} base" in attributes:
            self._tell(f"{_shown(name)} has xml:base, which readers don't know", "RFC 4287 § 2")

    def _finish(self, done: _Open) -> None:
        """Look at an element that has ended as a whole."""
        kind, counts = done.kind, done.counts
        for name, least, most in kind.counts:
            number = counts.get(name, 0)
            if number < least or (most is not None and number > most):
                child = kind.children[name].name
                self._tell(f"{kind.name} has {_number(number, child)}", kind.section)
        if kind.rels or done.links:
            self._check_links(kind, done.links)
        if kind is _ENTRY:
            identity = done.values.get(_ID_NAME, "")
            if identity in self._ids:
                # RFC 4287 § 4.1.1 allows it where `updated` differs, and readers show any of them.
                said = f"feed has two entries with id {_cut(identity)}"
                self._tell(said, "RFC 4287 § 4.1.1")
            self._ids.add(identity)
            self._entries.append((identity, done.values.get(_UPDATED_NAME, "")))

    def _check_links(self, kind: _Kind, links: list[Mapping[str, str]]) -> None:
        rels = [link.get("rel", "alternate") for link in links]
        for rel, (least, most) in kind.rels.items():
            number = rels.count(rel)
            if number < least or (most is not None and number > most):
                what = "link" if number == 0 else "links"
                said = "no" if number == 0 else _NUMBERS.get(number, str(number))
                self._tell(f"{kind.name} has {said} {what} with rel {rel}", kind.section)
        if kind.first is not None and rels and rels[0] != kind.first:
            self._tell(f"{kind.name} has its first link with rel {_cut(rels[0])}", kind.section)
        # RFC 4287 § 4.1.1, § 4.1.2: no two alternates of the same type and language.
        if rels.count("alternate") > 1:
            same = [
                (link.get("type"), link.get("hreflang"))
                for link, rel in zip(links, rels, strict=True)
                if rel == "alternate"
            ]
            if len(set(same)) < len(same):
                said = "has two links with rel alternate of one type and language"
                self._tell(f"{kind.name} {said}", kind.section)
        if kind is _FEED:
            self._check_history(rels)

    def _check_history(self, rels: list[str]) -> None:
        """What a document says of its place in a feed (RFC 5005)."""

    def _check_deleted(self) -> None:
        """Tombstones, beside each other and beside the entries (RFC 6721 § 3)."""


def _number(number: int, child: str) -> str:
    if number == 0:
        return f"no {child}"
    return f"{_NUMBERS.get(number, number)} {child} elements"


def _shown(name: str) -> str:
    """A name with its namespace, as a person would write it."""
    space, _, local = name.rpartition(" ")
    prefixes = {_XML: "xml:", _ATOM: "", _HISTORY: "fh:", _TOMBSTONES: "at:", "": ""}
    return text.shorten(f"{prefixes.get(space, f'{{{space}}}')}{local}", _SHOWN)


def _cut(value: str) -> str:
    return repr(text.shorten(value, _SHOWN))
