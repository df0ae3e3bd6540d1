"""The elements of an item, each read as feedparser would, or not at all.

A handler takes one element into an item, which is a mapping with feedparser's names. It raises
`UnsureError` for whatever feedparser might read in another way.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from html.entities import entitydefs
from typing import Any

from feedtool.model import Published
from feedtool.read.finder import ATOM, Node
from feedtool.read.sections import Section
from feedtool.read.zones import YEARS
from feedtool.text import remembered

Handler = Callable[[dict[str, Any], Node], None]
"""Takes an element into an item."""

# Addresses that stay what they are, whatever they are resolved against.
_ADDRESS = re.compile(
    r"https?://[A-Za-z0-9.-]+(?::\d+)?(?:/[\w.~!$'()*+,=:@%/&-]*)?"
    r"(?:[?][\w.~!$'()*+,=:@%/?&-]+)?(?:#[\w.~!$'()*+,=:@%/?&-]+)?",
    re.ASCII,
)
_NAME = re.compile(r"(?:tag|urn|yt):[\w.~:,@!$'()*+=/-]+", re.ASCII)
_ENTITY = re.compile(r"&(#?\w+);")
_NAMED = re.compile(r"&(\w+);")
_C1 = re.compile("[\x80-\x9f]")
_BEYOND_LATIN_1 = re.compile("[^\x00-\xff]")
_ENOUGH = 64  # letters, of which one tells most often
_XML = "http://www.w3.org/XML/1998/namespace"
MEDIA = "http://search.yahoo.com/mrss/"
GD = "http://schemas.google.com/g/2005"
LANG = f"{_XML} lang"
_XHTML = "application/xhtml+xml"
_KINDS = {
    "text": "text/plain",
    "text/plain": "text/plain",
    "html": "text/html",
    "text/html": "text/html",
}
THREAD = "http://purl.org/syndication/thread/1.0"  # RFC 4685
_ON_LINKS = {"rel", "type", "href", "hreflang", "title", "length", LANG} | {
    f"{THREAD} count",
    f"{THREAD} updated",
}
_LANGUAGE = frozenset((LANG,))
_TYPED = _LANGUAGE | {"type"}
_ON_GUIDS, _ON_SOURCES = _LANGUAGE | {"isPermaLink"}, _LANGUAGE | {"url"}
_ON_CATEGORIES, _ON_ATOMS = _LANGUAGE | {"domain"}, _LANGUAGE | {"term", "scheme", "label"}
_ON_PEOPLE = {f"{GD} image"}
_ON_MEDIA = {"url", "type", "medium", "height", "width", "fileSize", "duration", "isDefault"} | {
    "expression",
    "bitrate",
    "framerate",
    "samplingrate",
    "channels",
    "lang",
    "time",
}
_MONTHS = {
    name: f"{number:02}"
    for number, name in enumerate(
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"], 1
    )
}
_CLOCK = r"(?:[01]\d|2[0-3]):\d\d:[0-5]\d"
_RFC_3339 = re.compile(rf"\d{{4}}-\d\d-\d\dT{_CLOCK}(?:\.\d{{1,9}})?(?:Z|[+-]\d\d:\d\d)", re.ASCII)
_RFC_822 = re.compile(
    rf"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?(\d{{1,2}}) ({'|'.join(_MONTHS)}) (\d{{4}}) "
    rf"({_CLOCK}) (?:GMT|UTC|Z|([+-]\d\d)(\d\d))",
    re.ASCII,
)
_LISTS = {f"{MEDIA} thumbnail": "media_thumbnail", f"{MEDIA} content": "media_content"}
_PERSON = {f"{ATOM} name": "name", f"{ATOM} email": "email", f"{ATOM} uri": "href"}


class UnsureError(Exception):
    """feedparser might read this item in another way."""


def _text(node: Node, attributes: frozenset[str] = _LANGUAGE) -> str:
    """The text of an element that has no child, and of attributes these at most."""
    _, given, texts, children = node
    if children or (given and not given.keys() <= attributes):
        raise UnsureError
    return _mended("".join(texts).strip())


def _mended(value: str) -> str:
    """UTF-8 that was taken for Latin 1 on its way is turned back."""
    if value.isascii() or _BEYOND_LATIN_1.search(value, 0, _ENOUGH):
        return value
    try:
        value = value.encode("iso-8859-1").decode("utf-8")
    except UnicodeError:
        return value
    if _C1.search(value):
        raise UnsureError
    return value


def has_windows_letters(node: Node) -> bool:
    """Return True where there is text in C1: feedparser makes of it what it means to Windows."""
    texts, children = node[2:]
    said = "".join(texts)
    return bool(not said.isascii() and _C1.search(said)) or any(map(has_windows_letters, children))


def _address(value: str) -> str:
    """`value`, if it is an address that nothing need be done to."""
    if not _ADDRESS.fullmatch(value):
        raise UnsureError
    return value


def _once(item: dict[str, Any], name: str, value: Any) -> None:
    if name in item:
        raise UnsureError
    item[name] = value


def ignored(_: dict[str, Any], node: Node) -> None:
    """An element without children that says nothing an entry keeps."""
    if node[3]:
        raise UnsureError


def construct(name: str, default: str, *, guess: bool) -> Handler:
    """Title, summary or rights: text of some type."""

    detail = f"{name}_detail"

    def take(item: dict[str, Any], node: Node) -> None:
        kind = default if guess else _kind(node, default)
        value = _text(node) if guess else _text(node, _TYPED)
        if guess and kind == "text/plain":
            kind = _guess(value)
        _once(item, name, value)
        item[detail] = {"type": kind}

    return take


def _kind(node: Node, default: str) -> str:
    """Atom's text constructs (RFC 4287 § 3.1), without xhtml."""
    try:
        return _KINDS[node[1].get("type", default)]
    except KeyError:
        raise UnsureError from None


def _guess(value: str) -> str:
    """RSS's titles don't say whether they are HTML."""
    if "<" in value:
        raise UnsureError
    if "&" not in value or not _ENTITY.search(value):
        return "text/plain"
    known = all(name in entitydefs for name in _NAMED.findall(value))
    return "text/html" if known else "text/plain"


def encoded(item: dict[str, Any], node: Node) -> None:
    """RSS's content:encoded, which is HTML."""
    found: dict[str, object] = {"value": _text(node), "type": "text/html"}
    said = node[2][0] if len(node[2]) == 1 else ""
    if isinstance(said, Section) and said.strip() == found["value"]:
        found["raw"] = said.raw
    _once(item, "content", [found])


def atom_content(item: dict[str, Any], node: Node) -> None:
    """Atom's content, of the types that are text (RFC 4287 § 4.1.3)."""
    kind = _kind(node, "text")
    _once(item, "content", [{"value": _text(node, _TYPED), "type": kind}])


def language(item: dict[str, Any], node: Node) -> None:
    """The language of an item."""
    _once(item, "language", _text(node))


def dated(name: str) -> Handler:
    """A date that is surely one: feedparser would mend others."""

    at = f"{name}_at"

    def take(item: dict[str, Any], node: Node) -> None:
        value = _text(node)
        _once(item, name, value)
        found = moment(value)
        if found is not None:
            item[at] = found
        elif not _is_date(value):
            raise UnsureError

    return take


def _is_date(value: str) -> bool:
    from feedtool.read import dates  # few feeds have any of other forms

    return bool(value) and dates.parse(value, UTC) is not None


@remembered(256)  # most entries say one twice
def moment(value: str) -> Published | None:
    """The time that `value` is in the forms that feeds prescribe, RFC 3339's and RFC 822's."""
    if not _RFC_3339.fullmatch(value):
        said = _RFC_822.fullmatch(value)
        if said is None:
            return None
        day, month, year, clock, east, minutes = said.groups()
        zone = f"{east}:{minutes}" if east else "+00:00"
        value = f"{year}-{_MONTHS[month]}-{day:0>2}T{clock}{zone}"
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return Published.at(found) if found.year in YEARS else None


def rss_link(item: dict[str, Any], node: Node) -> None:
    """RSS's link, whose text is the address."""
    _once(item, "link_element", True)
    item["link"] = _address(_text(node))


def guid(item: dict[str, Any], node: Node) -> None:
    """RSS's guid, which is the item's address where it doesn't say that it is none."""
    value = _text(node, _ON_GUIDS)
    _once(item, "guid_element", True)
    if node[1].get("isPermaLink", "true") == "true":
        item["id"] = value if _NAME.fullmatch(value) else _address(value)
        item.setdefault("link", value)
    elif value:
        item["id"] = value
    else:
        raise UnsureError


def atom_id(item: dict[str, Any], node: Node) -> None:
    """Atom's id. feedparser takes it for a link where there is no other before it."""
    value = _text(node)
    _once(item, "id", value if _NAME.fullmatch(value) else _address(value))
    item.setdefault("link", value)


def atom_link(item: dict[str, Any], node: Node) -> None:
    """Atom's link: the last alternate of HTML is the entry's, an enclosure is a file of it."""
    attributes = node[1]
    if node[3] or "".join(node[2]).strip() or not attributes.keys() <= _ON_LINKS:
        raise UnsureError
    relation = attributes.get("rel", "alternate").lower()
    kind = attributes.get("type", "text/html").lower()
    if relation == "enclosure":
        href = _address(attributes.get("href", ""))
        length = attributes.get("length")
        item["links"].append({"rel": relation, "href": href, "type": kind, "length": length})
        if "type" not in attributes:
            raise UnsureError
    elif not attributes.get("href"):
        raise UnsureError
    elif relation == "alternate" and kind in ("text/html", "html", "xhtml", _XHTML):
        item["link"] = _address(attributes["href"])


def enclosure(item: dict[str, Any], node: Node) -> None:
    """RSS's enclosure."""
    attributes = node[1]
    if node[3] or "".join(node[2]).strip() or not attributes.keys() <= {"url", "length", "type"}:
        raise UnsureError
    item["links"].append(
        {
            "rel": "enclosure",
            "href": attributes.get("url"),
            "type": attributes.get("type", "").lower(),
            "length": attributes.get("length"),
        }
    )


def creator(item: dict[str, Any], node: Node) -> None:
    """Somebody by name alone; with an e-mail address it is for feedparser to part them."""
    value = _text(node)
    if not value or "@" in value:
        raise UnsureError
    item["authors"].append({"name": value})


def atom_author(item: dict[str, Any], node: Node) -> None:
    """Atom's person construct (RFC 4287 § 3.2)."""
    if not node[1].keys() <= {LANG} or "".join(node[2]).strip():
        raise UnsureError
    person: dict[str, str] = {}
    for child in node[3]:
        name = _PERSON.get(child[0])
        if name is None:
            if child[0] not in _ON_PEOPLE or child[3] or "".join(child[2]).strip():
                raise UnsureError
            continue
        value = _text(child)
        if value != "".join(child[2]).strip():  # names are not mended there
            raise UnsureError
        _once(person, name, _address(value) if name == "href" else value)
    if not person.get("name"):
        raise UnsureError
    item["authors"].append(person)


def category(item: dict[str, Any], node: Node) -> None:
    """RSS's category, whose text is the term."""
    value = _text(node, _ON_CATEGORIES)
    if not value:
        raise UnsureError
    item["tags"].append({"term": value})


def atom_category(item: dict[str, Any], node: Node) -> None:
    """Atom's category, all in attributes."""
    if _text(node, _ON_ATOMS):
        raise UnsureError
    item["tags"].append({"term": node[1].get("term"), "label": node[1].get("label")})


def medium(item: dict[str, Any], node: Node) -> None:
    """A picture or another medium, by its attributes."""
    name = _LISTS[node[0]]
    attributes = dict(node[1])
    if "".join(node[2]).strip() or not attributes.keys() <= _ON_MEDIA:
        raise UnsureError
    if "type" in attributes:
        attributes["type"] = attributes["type"].lower()
    if name == "media_thumbnail" and node[3]:
        raise UnsureError
    item.setdefault(name, []).append(attributes)
    _children(item, node)


def group(item: dict[str, Any], node: Node) -> None:
    """Media RSS in a group says the same as beside it."""
    if node[1] or "".join(node[2]).strip():
        raise UnsureError
    _children(item, node)


def _children(item: dict[str, Any], node: Node) -> None:
    """Media RSS within Media RSS says the same as beside it."""
    for child in node[3]:
        handler = MEDIA_RSS.get(child[0])
        if handler is None:
            raise UnsureError
        handler(item, child)


def second_title(item: dict[str, Any], node: Node) -> None:
    """A picture's title, where the entry has had its own before."""
    if not item.get("title") or "source" in item:
        raise UnsureError
    _text(node, _TYPED)


def description(item: dict[str, Any], node: Node) -> None:
    """A picture's description, which is the entry's where that has none."""
    if "content" in item:
        raise UnsureError
    _once(item, "summary", _text(node))
    item["summary_detail"] = {"type": "text/html"}


def source(item: dict[str, Any], node: Node) -> None:
    """Where an RSS item came from: not kept."""
    item["source"] = _text(node, _ON_SOURCES)


def other_link(item: dict[str, Any], node: Node) -> None:
    """A link of Atom's in RSS, which has another element for the item's own."""
    if node[1].get("rel", "alternate").lower() == "alternate":
        raise UnsureError
    atom_link(item, node)


MEDIA_RSS: dict[str, Handler] = {
    f"{MEDIA} content": medium,
    f"{MEDIA} thumbnail": medium,
    f"{MEDIA} title": second_title,
    f"{MEDIA} description": description,
    f"{MEDIA} group": group,
    f"{MEDIA} credit": ignored,
}
"""Media RSS, also within its own elements."""
