"""What an Atom document may hold, as tables: RFC 4287, and what we write of RFC 5005 and RFC 6721.

No laxer than the RFC's own schema, and stricter where readers are: text titles, HTML content, times
in UTC, absolute links with a relation. What stands in no table may not stand in a document, but for
elements of other namespaces in a feed or an entry. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from feedtool import valid
from feedtool.data import Struct, field

ATOM = "http://www.w3.org/2005/Atom"
HISTORY = "http://purl.org/syndication/history/1.0"
TOMBSTONES = "http://purl.org/atompub/tombstones/1.0"
XML = "http://www.w3.org/XML/1998/namespace"
_SPACES = {"": ATOM, "fh": HISTORY, "at": TOMBSTONES}

# RFC 3339 § 5.6, of which readers understand Z alone.
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?Z")
# What `text.web_url` returns: white space that a URL can't hold is the ASCII one.
_NO = r"\x00-\x20<>\"\\^`{|}\x7f"
_WEB = re.compile(rf"(?i:https?)://(?:[^{_NO}/?#]*@)?[^{_NO}/?#:@][^{_NO}]*")

# In HTML in lower case: a tag that runs something, or with an address that isn't absolute. What has
# no attribute, and what stands in quotes or in text, costs next to nothing.
_ADDRESS = (
    rb"(?:href|src|srcset|poster|action|formaction|cite|data|background|longdesc|ping)"
    rb"\s*+=\s*+[\"']?+(?!https?://|mailto:)"
)
_BAD = rb"(?:" + _ADDRESS + rb"|(?:on[a-z]++|style)\s*+=)"
_ANY = rb"[^\s/>=\"'<]++(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s>\"'<]*+))?+"
_ANY_TAG = re.compile(rb"<[a-z][^\s/><]*+(?:[\s/]++" + _ANY + rb")*+")
_FOUL = re.compile(
    rb"<(?:(?:script|iframe|style|object|embed|form|base|link|meta)[\s/>]"
    rb"|[a-z][^\s/><]*+(?:[\s/]++(?!" + _BAD + rb")" + _ANY + rb")*+[\s/]++" + _BAD + rb"[^\s>]*+)"
)


def foul(html: str) -> str | None:
    """Return the first tag of `html` that runs something, or has a relative address, up to where
    that shows and in lower case; None where there is none."""
    written = html.encode("utf-8", "replace").lower()
    if not _FOUL.search(written):
        return None
    # Or so it seems: a tag may stand in the quotes of another one, where it is none.
    tags = (_FOUL.match(written, tag.start()) for tag in _ANY_TAG.finditer(written))
    return next((found[0].decode("utf-8", "replace") for found in tags if found), None)


def is_time(value: str) -> bool:
    """True for a time in UTC as RFC 3339 writes it, with Z, that is in the calendar."""
    with suppress(ValueError):
        return bool(_TIME.fullmatch(value) and datetime.fromisoformat(value))
    return False


class Rule(Struct, frozen=True):
    """What a value has to be: `holds` is true of it; else it `fails`, in words."""

    holds: Callable[[str], object]
    fails: str


Often = tuple[int, float]  # at least, at most
ONE: Often = (1, 1)
MAYBE: Often = (0, 1)
SOME: Often = (1, float("inf"))
ANY: Often = (0, float("inf"))


class Kind(Struct, frozen=True, kw_only=True, eq=False):  # each is only like itself
    """What an element may be: its attributes, and those it must have; its children, and how many of
    each; or, where it holds text, what that has to be.

    `rels` is how many of its links have each relation, `first` the relation of the first of them.
    `extensible`: elements of other namespaces may stand in it. `last`: nothing comes after those
    children. `kept`: its text is looked at again when its parent ends.
    """

    name: str
    section: str
    attributes: Mapping[str, Rule]
    required: tuple[str, ...] = ()
    children: Mapping[str, Kind] = field(default_factory=dict)
    counts: tuple[tuple[str, Often], ...] = ()
    text: Rule | None = None
    rels: tuple[tuple[str, Often], ...] = ()
    first: str | None = None
    extensible: bool = False
    last: str | None = None
    kept: bool = False


def _one_of(*words: str) -> Rule:
    return Rule(frozenset(words).__contains__, f"is not {' or '.join(words)}")


_ANYTHING = Rule(lambda _: True, "")
_EMPTY = Rule(lambda value: not value.strip(), "is not empty")
_WORDS = Rule(str.strip, "is empty")
_MOMENT = Rule(is_time, "is no time in UTC as RFC 3339 writes it, with Z")
_IRI = Rule(valid.IRI.fullmatch, "is no absolute IRI")
_URL = Rule(_WEB.fullmatch, "is no absolute http(s) address")
_TYPE = Rule(valid.MEDIA_TYPE.fullmatch, "is no media type")
_TAG = Rule(valid.LANGUAGE_TAG.fullmatch, "is no language tag")
_EMAIL = Rule(valid.EMAIL.fullmatch, "is no e-mail address")
_OCTETS = Rule(re.compile("[0-9]+").fullmatch, "is no number of octets")
HTML = Rule(lambda value: foul(value) is None, "runs something, or has a relative address")
_LANGUAGE = {f"{XML} lang": _TAG}


def _leaf(name: str, section: str, rule: Rule = _EMPTY, /, **more: Any) -> Kind:
    more.setdefault("attributes", _LANGUAGE)
    return Kind(name=name, section=section, text=rule, **more)


def _tree(name: str, section: str, children: Mapping[Kind, Often], /, **more: Any) -> Kind:
    named = {_full(kind.name): kind for kind in children}
    counts = tuple((_full(kind.name), often) for kind, often in children.items() if often != ANY)
    more.setdefault("attributes", _LANGUAGE)
    return Kind(name=name, section=section, children=named, counts=counts, **more)


def _full(name: str) -> str:
    """A name with its namespace, as the parser gives it."""
    prefix, _, local = name.rpartition(":")
    return f"{_SPACES[prefix]} {local}"


def _text(name: str, section: str, rule: Rule = _ANYTHING) -> Kind:
    # RFC 4287 § 3.1.1: "html" is shown with its tags by many readers.
    return _leaf(name, section, rule, attributes={**_LANGUAGE, "type": _one_of("text")})


def _link(*rels: str) -> Kind:
    attributes = {
        **_LANGUAGE,
        "href": _URL,
        "rel": _one_of(*rels),
        "type": _TYPE,
        "hreflang": _TAG,
        "title": _ANYTHING,
        "length": _OCTETS,
    }
    # § 4.2.7.2 lets rel be left out, which not every reader knows.
    return _leaf("link", "RFC 4287 § 4.2.7", attributes=attributes, required=("href", "rel"))


def _person(name: str, section: str) -> Kind:
    children = {
        _leaf("name", "RFC 4287 § 3.2.1", _WORDS, attributes={}): ONE,
        _leaf("uri", "RFC 4287 § 3.2.2", _URL, attributes={}): MAYBE,
        _leaf("email", "RFC 4287 § 3.2.3", _EMAIL, attributes={}): MAYBE,
    }
    return _tree(name, section, children)


_category = {**_LANGUAGE, "term": _WORDS, "scheme": _IRI, "label": _ANYTHING}
_generator = {**_LANGUAGE, "uri": _URL, "version": _ANYTHING}
_AUTHOR = _person("author", "RFC 4287 § 4.2.1")
_CATEGORY = _leaf("category", "RFC 4287 § 4.2.2", attributes=_category, required=("term",))
_CONTRIBUTOR = _person("contributor", "RFC 4287 § 4.2.3")
_GENERATOR = _leaf("generator", "RFC 4287 § 4.2.4", _WORDS, attributes=_generator)
_ICON = _leaf("icon", "RFC 4287 § 4.2.5", _URL)
_ID = _leaf("id", "RFC 4287 § 4.2.6", _IRI, kept=True)
_LOGO = _leaf("logo", "RFC 4287 § 4.2.8", _URL)
_PUBLISHED = _leaf("published", "RFC 4287 § 4.2.9", _MOMENT)
_RIGHTS = _text("rights", "RFC 4287 § 4.2.10")
_SUBTITLE = _text("subtitle", "RFC 4287 § 4.2.12")
_SUMMARY = _text("summary", "RFC 4287 § 4.2.13")
_TITLE = _text("title", "RFC 4287 § 4.2.14", _WORDS)
_UPDATED = _leaf("updated", "RFC 4287 § 4.2.15", _MOMENT, kept=True)
# Escaped HTML: xhtml is lost or damaged by some readers.
_CONTENT = _leaf(
    "content",
    "RFC 4287 § 4.1.3",
    HTML,
    attributes={**_LANGUAGE, "type": _one_of("html")},
    required=("type",),
)
_ABOUT = {
    _AUTHOR: ANY,
    _CATEGORY: ANY,
    _CONTRIBUTOR: ANY,
    _GENERATOR: MAYBE,
    _ICON: MAYBE,
    _ID: ONE,
    _LOGO: MAYBE,
    _RIGHTS: MAYBE,
    _SUBTITLE: MAYBE,
    _TITLE: ONE,
}
_SOURCE = _tree(
    "source",
    "RFC 4287 § 4.2.11",
    {**_ABOUT, _UPDATED: MAYBE, _link("alternate", "self"): ANY},
    rels=(("self", MAYBE),),
)
ENTRY = _tree(
    "entry",
    "RFC 4287 § 4.1.2",
    {
        _AUTHOR: SOME,
        _CATEGORY: ANY,
        _CONTENT: MAYBE,
        _CONTRIBUTOR: ANY,
        _ID: ONE,
        _link("alternate", "enclosure", "license"): ANY,
        _PUBLISHED: MAYBE,
        _RIGHTS: MAYBE,
        _SOURCE: MAYBE,
        _SUMMARY: MAYBE,
        _TITLE: ONE,
        _UPDATED: ONE,
    },
    rels=(("alternate", SOME),),
    first="alternate",
    extensible=True,
)
"""An entry (RFC 4287 § 4.1.2)."""

_deleted = {**_LANGUAGE, "ref": _IRI, "when": _MOMENT}
DELETED = _leaf("at:deleted-entry", "RFC 6721 § 3", attributes=_deleted, required=("ref", "when"))
"""A tombstone (RFC 6721 § 3)."""

_once = ("current", "prev-archive", "next-archive", "first", "last", "previous", "next")
FEED = _tree(
    "feed",
    "RFC 4287 § 4.1.1",
    {
        **_ABOUT,
        _AUTHOR: SOME,
        _UPDATED: ONE,
        _link("alternate", "self", "hub", "license", *_once): ANY,
        _leaf("fh:archive", "RFC 5005 § 4", attributes={}): MAYBE,
        _leaf("fh:complete", "RFC 5005 § 2", attributes={}): MAYBE,
        DELETED: ANY,
        ENTRY: ANY,
    },
    rels=(("alternate", SOME), ("self", ONE), *((rel, MAYBE) for rel in _once)),
    extensible=True,
    last=_full("entry"),
)
"""A feed (RFC 4287 § 4.1.1), with its place in a history (RFC 5005 § 4)."""

DOCUMENT = _tree("document", "RFC 4287 § 2", {FEED: ONE})
"""What holds a feed and nothing else."""

FRAGMENT = _tree(
    "fragment", "RFC 4287 § 4.1.2", {_tree("fragment", "RFC 4287 § 4.1.2", {ENTRY: ONE}): ONE}
)
"""What an entry stands in while it is looked at alone."""
