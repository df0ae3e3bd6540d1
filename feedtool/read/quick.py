"""Items of well-formed feeds, where they are surely read as feedparser would.

An item comes out with feedparser's names. Whatever is not in the tables here, twice there or
written in an unusual way leaves its item unread: feedparser then reads it. The tests compare both.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from feedtool.read import elements
from feedtool.read.elements import GD, LANG, MEDIA, MEDIA_RSS, THREAD, Handler, UnsureError
from feedtool.read.feedvalues import Item
from feedtool.read.finder import ABOUT, ATOM, RSS_1, Node, Spaces
from feedtool.read.pieces import Outline


def items(outline: Outline) -> list[Item | None]:
    """Return the items of a feed's trees, None for each that isn't surely read."""
    entries, _, _ = _ROOTS.get(outline.root[0], _NO_ROOT)
    if _is_another(outline):
        return [None] * len(outline.trees)
    windows = _may_be_windows(outline.document)
    return [
        None
        if _is_strange(spaces) or (windows and elements.has_windows_letters(node))
        else _item(node, entries.get(node[0], {}))
        for node, spaces in outline.trees
    ]


def head(outline: Outline) -> Item | None:
    """Return what items inherit from the feed itself, None where that isn't surely read."""
    name, attributes, _, _ = outline.root
    _, handlers, around = _ROOTS.get(name, _NO_ROOT)
    if not handlers or _is_another(outline) or not attributes.keys() <= _ON_ROOTS[around[0]]:
        return None
    item: dict[str, Any] = {"authors": []}
    windows = _may_be_windows(outline.document)
    try:
        for where, node in outline.head:
            if where != around or node[0] not in handlers:
                return None
            if windows and elements.has_windows_letters(node):
                return None
            handlers[node[0]](item, node)
    except UnsureError:
        return None
    item.setdefault("language", attributes.get(LANG))
    return item


def _may_be_windows(document: bytes) -> bool:
    """True where letters of Windows may have been taken for Latin 1, as bytes or by number."""
    written = b"\xc2" in document and _C1.search(document)
    return bool(written or (b"#" in document and _C1_NUMBER.search(document)))


def _is_another(outline: Outline) -> bool:
    """True where the feed might be taken for another format, or its prefixes for other ones."""
    others = _OTHERS.get(outline.root[0], ())
    return any(uri in others for _, uri in outline.spaces) or _is_strange(outline.spaces)


def _is_strange(spaces: Spaces) -> bool:
    """feedparser goes by prefixes in places: only those that mean what they always do."""
    return any(
        _PREFIXES.get(prefix or "", uri) != uri or (not prefix and uri not in _WITHOUT_PREFIX)
        for prefix, uri in spaces
    )


def _item(node: Node, handlers: Mapping[str, Handler]) -> Item | None:
    try:
        return _taken(node, handlers)
    except UnsureError:
        return None


def _taken(node: Node, handlers: Mapping[str, Handler]) -> Item:
    _, attributes, texts, children = node
    if not set(attributes) <= _ON_ITEMS or "".join(texts).strip():
        raise UnsureError
    item: dict[str, Any] = {"links": [], "tags": [], "authors": []}
    about = attributes.get(ABOUT)
    if about:
        item["id"] = about
    for child in children:
        handler = handlers.get(child[0])
        if handler is None:
            raise UnsureError
        handler(item, child)
    if "summary" not in item and item.get("content"):
        item["summary"] = item["content"][0]["value"]
    return item


_C1 = re.compile(rb"\xc2[\x80-\x9f]")
_C1_NUMBER = re.compile(rb"#(?:0*1[2-5]\d|x0*[89][\da-fA-F]);")
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_DC = "http://purl.org/dc/elements/1.1/"
_TERMS = "http://purl.org/dc/terms/"
_CONTENT = "http://purl.org/rss/1.0/modules/content/"
_ITUNES = "http://www.itunes.com/dtds/podcast-1.0.dtd"
_WORDPRESS = "com-wordpress:feed-additions:1"
_WITHOUT_PREFIX = ("", ATOM, *RSS_1, _WORDPRESS)
# Prefixes that mean something to feedparser, whatever they are bound to.
_PREFIXES = {
    **dict.fromkeys(("author", "created", "link", "links", "published", "rights")),
    **dict.fromkeys(("summary", "title", "updated")),
    "admin": "http://webns.net/mvcb/",
    "cc": "http://web.resource.org/cc/",
    "content": _CONTENT,
    "creativecommons": "http://backend.userland.com/creativeCommonsRssModule",
    "dc": _DC,
    "dcterms": _TERMS,
    "gml": "http://www.opengis.net/gml",
    "itunes": _ITUNES,
    "media": MEDIA,
    "psc": "http://podlove.org/simple-chapters",
    "xhtml": "http://www.w3.org/1999/xhtml",
    "creativeCommons": "http://backend.userland.com/creativeCommonsRssModule",
    "feedburner": "http://rssnamespace.org/feedburner/ext/1.0",
    "georss": "http://www.georss.org/georss",
}
_ON_ITEMS = {LANG, ABOUT, f"{GD} etag"}


def _ignore(space: str, names: str) -> dict[str, Handler]:
    return {f"{space} {name}": elements.ignored for name in names.split()}


_EVERYWHERE: dict[str, Handler] = {
    **MEDIA_RSS,
    f"{_DC} creator": elements.creator,
    f"{_DC} subject": elements.category,
    f"{_DC} language": elements.language,
    f"{_DC} rights": elements.construct("rights", "text/plain", guess=True),
    f"{_TERMS} created": elements.dated("created"),
    **_ignore(_DC, "publisher identifier source type format coverage relation"),
    **_ignore(_ITUNES, "duration explicit episode season episodeType image subtitle block"),
    **_ignore("http://purl.org/rss/1.0/modules/slash/", "comments section department hit_parade"),
    **_ignore("http://wellformedweb.org/CommentAPI/", "comment commentRss"),
    **_ignore("http://rssnamespace.org/feedburner/ext/1.0", "origLink origEnclosureLink"),
    **_ignore(THREAD, "total in-reply-to"),
    **_ignore("http://www.georss.org/georss", "featurename"),
    **_ignore("http://www.w3.org/2003/01/geo/wgs84_pos#", "lat long"),
    **_ignore(_WORDPRESS, "post-id"),
    **_ignore("http://www.youtube.com/xml/schemas/2015", "videoId channelId"),
    **_ignore("http://www.w3.org/2007/app", "edited"),
    **_ignore(GD, "extendedProperty"),
}
_RSS_OWN: dict[str, Handler] = {
    "title": elements.construct("title", "text/plain", guess=True),
    "link": elements.rss_link,
    "description": elements.construct("summary", "text/html", guess=True),
    "category": elements.category,
    "author": elements.creator,
    "pubDate": elements.dated("published"),
    "guid": elements.guid,
    "enclosure": elements.enclosure,
    "comments": elements.ignored,
    "source": elements.source,
}
_RSS: dict[str, Handler] = {
    **_EVERYWHERE,
    **_RSS_OWN,
    f"{_CONTENT} encoded": elements.encoded,
    f"{_DC} date": elements.dated("updated"),
    f"{_ITUNES} author": elements.creator,
    f"{ATOM} link": elements.other_link,
}
_ATOM: dict[str, Handler] = {
    **_EVERYWHERE,
    f"{ATOM} id": elements.atom_id,
    f"{ATOM} title": elements.construct("title", "text", guess=False),
    f"{ATOM} summary": elements.construct("summary", "text", guess=False),
    f"{ATOM} rights": elements.construct("rights", "text", guess=False),
    f"{ATOM} content": elements.atom_content,
    f"{ATOM} link": elements.atom_link,
    f"{ATOM} author": elements.atom_author,
    f"{ATOM} category": elements.atom_category,
    f"{ATOM} published": elements.dated("published"),
    f"{ATOM} updated": elements.dated("updated"),
}
_RDF_ITEMS = {
    f"{space} item": {**_RSS, **{f"{space} {name}": handler for name, handler in _RSS_OWN.items()}}
    for space in RSS_1
}
_HEAD: dict[str, Handler] = {
    f"{_DC} creator": elements.creator,
    f"{_DC} language": elements.language,
    f"{_DC} rights": elements.construct("rights", "text/plain", guess=True),
    f"{_ITUNES} author": elements.creator,
}
_RSS_HEAD: dict[str, Handler] = {
    **_HEAD,
    "author": elements.creator,
    "copyright": elements.construct("rights", "text/plain", guess=True),
    "language": elements.language,
    "managingEditor": elements.creator,
}
_ATOM_HEAD: dict[str, Handler] = {
    **_HEAD,
    f"{ATOM} author": elements.atom_author,
    f"{ATOM} rights": elements.construct("rights", "text", guess=False),
}
_ON_ROOTS = {"rss": {LANG, "version"}, "rdf": set[str](), "feed": {LANG, f"{GD} etag"}}
# By root: how an entry's elements are read, by what it is called; how those of the feed are; and
# what is around these.
_ROOTS: dict[
    str, tuple[Mapping[str, Mapping[str, Handler]], Mapping[str, Handler], tuple[str, ...]]
] = {
    "rss": ({"item": _RSS}, _RSS_HEAD, ("rss", "channel")),
    f"{_RDF} RDF": (_RDF_ITEMS, _HEAD, ("rdf", "channel")),
    f"{ATOM} feed": ({f"{ATOM} entry": _ATOM}, _ATOM_HEAD, ("feed",)),
}
_NO_ROOT: tuple[Mapping[str, Any], Mapping[str, Any], tuple[str, ...]] = ({}, {}, ())
# Namespaces that may not be declared, because feedparser would take the feed for another format.
_OTHERS: dict[str, tuple[str, ...]] = {f"{_RDF} RDF": (ATOM,), f"{ATOM} feed": RSS_1}
