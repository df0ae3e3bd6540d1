"""Items of well-formed feeds, where they are surely read as feedparser would.

An item comes out with feedparser's names. Whatever is not in the tables here, twice there or
written in an unusual way leaves its item unread: feedparser then reads it. The tests compare both.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from feedtool.read import elements
from feedtool.read.elements import GD, LANG, MEDIA, MEDIA_RSS, Handler, UnsureError
from feedtool.read.feedvalues import Item
from feedtool.read.pieces import ABOUT, ATOM, RSS_1, Node, Outline, Spaces


def items(outline: Outline) -> list[Item | None]:
    """Return the items of a feed, None for each that isn't surely read."""
    entries, others = _ROOTS.get(outline.root, ({}, ()))
    declared = {uri for _, uri in outline.spaces}
    if declared & set(others) or _is_strange(outline.spaces):
        return [None] * len(outline.spans)
    return [
        None if _is_strange(spaces) else _item(node, entries.get(node[0], {}))
        for node, spaces in outline.trees
    ]


def _is_strange(spaces: Spaces) -> bool:
    """feedparser goes by prefixes in places: only those that mean what they always do."""
    return any(
        _PREFIXES.get(prefix or "", uri) != uri or (not prefix and uri not in _OWN)
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


_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_DC = "http://purl.org/dc/elements/1.1/"
_TERMS = "http://purl.org/dc/terms/"
_CONTENT = "http://purl.org/rss/1.0/modules/content/"
_ITUNES = "http://www.itunes.com/dtds/podcast-1.0.dtd"
_OWN = ("", ATOM, *RSS_1)
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
    **_ignore("http://purl.org/syndication/thread/1.0", "total in-reply-to"),
    **_ignore("http://www.georss.org/georss", "featurename"),
    **_ignore("http://www.w3.org/2003/01/geo/wgs84_pos#", "lat long"),
    **_ignore("com-wordpress:feed-additions:1", "post-id"),
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
# By root: what an entry is called, how its elements are read, and namespaces that may not be
# declared there, because feedparser would take the feed for another format.
_ROOTS: dict[str, tuple[Mapping[str, Mapping[str, Handler]], tuple[str, ...]]] = {
    "rss": ({"item": _RSS}, ()),
    f"{_RDF} RDF": (_RDF_ITEMS, (ATOM,)),
    f"{ATOM} feed": ({f"{ATOM} entry": _ATOM}, RSS_1),
}
