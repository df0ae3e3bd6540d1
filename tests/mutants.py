"""Atom documents with one thing changed: an element dropped, doubled, moved, renamed, or given odd
text, attributes and children."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from lxml import etree

ATOM, XML = "http://www.w3.org/2005/Atom", "http://www.w3.org/XML/1998/namespace"
HISTORY = "http://purl.org/syndication/history/1.0"
TOMBSTONES = "http://purl.org/atompub/tombstones/1.0"
Mutation = tuple[int, str, Any]
"""The number of an element, what is done to it, and with what."""

_NAMES = (
    *("feed", "entry", "id", "title", "updated", "published", "author", "contributor", "name"),
    *("uri", "email", "link", "category", "content", "summary", "rights", "source", "generator"),
    *("icon", "logo", "subtitle", "nonsense"),
)
_FOREIGN = ("{urn:y}y", "{}bare", f"{{{HISTORY}}}complete", f"{{{TOMBSTONES}}}deleted-entry")
_XHTML = "{http://www.w3.org/1999/xhtml}div"
_TEXTS = (
    *("", " ", "nonsense", "2022-02-30T00:00:00Z", "2022-05-04", "2022-05-04T03:02:01+07:00"),
    *(
        "2022-05-04T24:00:00Z",
        "2022-05-04t03:02:01z",
        "0000-01-01T00:00:00Z",
        "٢٠٢٢-05-04T03:02:01Z",
    ),
    *(
        "a@b",
        "@",
        "https://e.example/",
        "/relative",
        "12022-05-04T03:02:01Z",
        " 2022-05-04T03:02:01Z",
    ),
)
_ATTRIBUTES: dict[str, tuple[str, ...]] = {
    f"{{{XML}}}base": ("https://e.example/",),
    f"{{{XML}}}lang": ("", "vi", "vi_VN", "languagetag", "en-"),
    "type": ("text", "html", "xhtml", "", "text/html", "nonsense", "HTML"),
    "rel": ("", "alternate", "self", "via", "a:b", "nonsense"),
    "href": ("", "/relative", "https://e.example/"),
    "src": ("https://e.example/",),
    "hreflang": ("", "vi", "v_"),
    "length": ("x", "7"),
    "term": ("", "Bản"),
    "scheme": ("", "urn:x"),
    "ref": ("x", "urn:x"),
    "when": ("2022", "2022-05-04T03:02:01Z"),
    "version": ("1",),
    "nonsense": ("1",),
    "{urn:y}y": ("1",),
}


def mutations(root: etree._Element) -> list[Mutation]:
    """All changes of one thing in this document."""
    found: list[Mutation] = []
    for number, element in enumerate(root.iter(etree.Element)):
        if number:
            found += [
                (number, what, None) for what in ("drop", "double", "up", "down", "out", "last")
            ]
        found += [(number, "rename", f"{{{ATOM}}}{name}") for name in _NAMES]
        found += [(number, "rename", name) for name in (*_FOREIGN, _XHTML)]
        found += [(number, "namespace", space) for space in ("", "urn:y", ATOM)]
        found += [(number, "text", words) for words in _TEXTS]
        found += [(number, "tail", "x"), (number, "empty", None)]
        found += [(number, "without", name) for name in element.attrib]
        for name, values in _ATTRIBUTES.items():
            found += [(number, "attribute", (name, value)) for value in values]
        found += [(number, "child", f"{{{ATOM}}}{name}") for name in _NAMES]
        found += [(number, "child", name) for name in (*_FOREIGN, _XHTML)]
    return found


def mutate(root: etree._Element, mutation: Mutation) -> None:
    """Do this to the document."""
    number, what, how = mutation
    element = list(root.iter(etree.Element))[number]
    parent = element.getparent()
    if what == "drop":
        parent.remove(element)
    elif what == "double":
        parent.insert(parent.index(element), deepcopy(element))
    elif what in ("up", "down"):
        place = parent.index(element) + (-1 if what == "up" else 1)
        parent.insert(max(place, 0), element)
    elif what == "out":
        (parent if parent.getparent() is None else parent.getparent()).append(element)
    elif what == "last":
        parent.append(element)
    elif what == "rename":
        element.tag = how.removeprefix("{}")
    elif what == "namespace":
        local = etree.QName(element).localname
        element.tag = f"{{{how}}}{local}" if how else local
    elif what == "text":
        element.text = how
    elif what == "tail":
        element.tail = how
    elif what == "empty":
        element.text = None
        del element[:]
    elif what == "without":
        del element.attrib[how]
    elif what == "attribute":
        element.set(*how)
    else:
        etree.SubElement(element, how.removeprefix("{}"))
