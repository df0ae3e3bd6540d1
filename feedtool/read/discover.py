"""Which feeds and sitemaps a page offers, the likeliest first. Whether they are there, only a
request can tell: nothing is asked here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Literal
from urllib.parse import urljoin, urlsplit

from feedtool import text
from feedtool.data import Struct
from feedtool.read import markup
from feedtool.read.anchors import MOST, anchors, host, same_site
from feedtool.read.head import has, look
from feedtool.read.markup import Element

Scope = Literal["site", "section", "comments"]

_MOST_FOUND = 100
_MOST_SITEMAPS = 1000
_LABEL = 40  # letters of a link that says it is a feed
_ATOM, _RSS, _JSON = "application/atom+xml", "application/rss+xml", "application/feed+json"
# Media types that are those of feeds, and (False) those that others use too.
_TYPES = {
    _ATOM: True,
    _RSS: True,
    _JSON: True,
    "application/rdf+xml": True,
    "application/json": False,
    "application/xml": False,
    "text/xml": False,
}
_FORMATS = (_ATOM, _RSS, "application/rdf+xml", _JSON, "application/json")  # as they are preferred
# What an address says its feed is; the first that fits.
_LOOKS: tuple[tuple[re.Pattern[str], str | None], ...] = (
    (re.compile(r"/(?:wp-json|oembed)/|sitemap[^/]*\.xml"), None),
    (re.compile(r"\.atom$|/atom(?:\.xml)?/?$|[?&](?:feed|type|format|alt)=atom"), _ATOM),
    (re.compile(r"/feed\.json$|[?&](?:feed|type|format)=json"), _JSON),
    (re.compile(r"\.rss$|/rss2?(?:\.xml|\.php|\.aspx)?/?$|/rss/|\.rdf$|=rss2?(?:&|$)"), _RSS),
    (re.compile(r"/feeds?/?(?:\.xml|\.php)?$|/feeds?/|[?&]feed=|/(?:index|feed)\.xml$"), ""),
    (re.compile(r"\.xml$|^https?://feeds\d?\."), ""),
)
_SAYS = re.compile(r"\b(?:rss|atom|web feed|feeds?|xml feed|json feed)\b", re.IGNORECASE)
_COMMENTS = re.compile(
    r"comment|kommentar|comentari|commenti|binh luan|binh-luan|repl(?:y|ies)|评论|コメント|댓글",
    re.IGNORECASE,
)
_SECTION = re.compile(
    r"categor|/tags?/|author|topic|section|chuyen-muc|rubri|schlagwort|etiqueta|/search", re.I
)
_NO_WORDS = """
feed feeds rss rss2 atom xml json index rdf home homepage all main latest news default posts blog
site full php trang-chu tin-moi tin-moi-nhat
"""
# Parts of an address that say no more than "the feed".
_PLAIN = frozenset(_NO_WORDS.split())
_QUERY = re.compile(r"(?:feed|type|format|alt|fmt)=[\w.+-]*", re.IGNORECASE)
_WORD_OF_FORMAT = re.compile(r"\b(?:atom|rss|json|rdf|xml|feeds?|[012] \d+)\b")
_GUESSES = (
    *("feed", "rss", "atom.xml", "feed.xml", "index.xml", "rss.xml", "feed/"),
    "?feed=rss2",
)
_SITEMAP_LINE = re.compile(r"^[ \t]*sitemap[ \t]*:[ \t]*(\S+)", re.IGNORECASE | re.MULTILINE)
_FEED_SCHEME = re.compile(r"^feed:(?://)?(?=https?:)", re.IGNORECASE)


class Found(Struct, frozen=True):
    """A feed that a page may have, and why it is thought so.

    `url` is absolute; `title` and `media_type` are what the page says or its address looks like.
    `how` is for people. `guess`: the page says nothing of it. `scope` is what it seems to cover.
    """

    url: str
    title: str | None = None
    media_type: str | None = None
    how: str = ""
    guess: bool = False
    scope: Scope = "site"


def feeds(html: str, url: str) -> list[Found]:
    """Return the feeds that the page `html`, found at `url`, may have, the likeliest first.

    Those that it declares stand before those it links to, and guesses stand last; the site's own
    before those of a section, both before those of comments; of two that say the same Atom first.
    """
    root = markup.tree(html)
    page = text.web_url(url) or ""
    offered: list[Found] = []
    if root is not None:
        head = look(root, url)
        page = page or head.link or head.base or ""  # of a saved page, where it came from
        base = head.base or head.link
        offered = [*_declared(root, base, page), *_linked(root, base, page)]
    first: dict[str, Found] = {}
    for one in offered:
        first.setdefault(one.url, one)
    ranked = _ranked(list(first.values()), page)[:_MOST_FOUND]
    known = {one.url for one in ranked}
    return ranked + [one for one in _guesses(page) if one.url not in known]


def page_sitemaps(html: str, url: str) -> list[str]:
    """Return the sitemaps that the page `html`, found at `url`, names by <link rel="sitemap">."""
    root = markup.tree(html)
    if root is None:
        return []
    base = look(root, url).base
    named = (node.get("href") for node in root.iter("link") if has(node, "rel", "sitemap"))
    return _addresses(markup.absolute(address, base) for address in named if address)


def sitemaps(robots_txt: str) -> list[str]:
    """Return the sitemaps that a robots.txt names (sitemaps.org), each once, at most 1,000."""
    written = text.clean(robots_txt)
    named = (line[1].partition("#")[0] for line in _SITEMAP_LINE.finditer(written))
    return _addresses(map(text.web_url, named))


def _addresses(said: Iterable[str | None]) -> list[str]:
    return list(islice(dict.fromkeys(one for one in said if one), _MOST_SITEMAPS))


def _declared(root: Element, base: str | None, page: str) -> Iterator[Found]:
    """Those in <link rel="alternate"> (or "feed") with the media type of a feed."""
    for node in islice(root.iter("link"), MOST):
        rel = next((rel for rel in ("alternate", "feed") if has(node, "rel", rel)), None)
        address = _FEED_SCHEME.sub("", (node.get("href") or "").strip())
        url = markup.absolute(address, base) if rel and address else None
        if rel is None or url is None:
            continue
        kind = node.get("type", "").partition(";")[0].strip().lower()
        looks = _looks(url)
        sure = _TYPES.get(kind, rel == "feed" and kind == "")
        if sure or (kind in _TYPES and looks is not None):
            title = text.line(node.get("title", "")) or None
            how = f'link rel="{rel}"' + (f' type="{kind}"' if kind else "")
            yield _found(url, title, kind or looks or None, how, page)


def _linked(root: Element, base: str | None, page: str) -> Iterator[Found]:
    """Those of the page's links whose address or words look like a feed's, the address first."""
    by_words = []
    for one in anchors(root, base):
        # Readers' "subscribe" buttons lead to the reader.
        if not same_site(one.url, host(page)) and not host(one.url).startswith("feeds"):
            continue
        looks = _looks(one.url)
        says = one.words and len(one.words) <= _LABEL and _SAYS.search(one.words)
        if looks is not None:
            yield _found(one.url, one.words or None, looks or None, "address of a link", page)
        elif says:
            how = f"link called “{one.words}”"
            by_words.append(_found(one.url, one.words, None, how, page))
    yield from by_words


def _looks(url: str) -> str | None:
    """The media type that an address looks like, "" for a feed of any, None for no feed."""
    bare = url.partition("#")[0].lower()
    path, _, query = bare.partition("?")
    for pattern, kind in _LOOKS:
        if pattern.search(path) or (query and pattern.search(f"?{query}")):
            return kind
    return None


def _found(url: str, title: str | None, kind: str | None, how: str, page: str) -> Found:
    level = _level(url, title or "", page)
    scope: Scope = "comments" if level == 3 else "section" if level == 2 else "site"
    return Found(url, title, kind, how + (", of comments" if level == 3 else ""), scope=scope)


def _level(url: str, title: str, page: str) -> int:
    """How much of a site a feed covers: 0 all of it, 1 what the page is of, 2 a section of it, 3
    comments."""
    parts, own = urlsplit(url), urlsplit(page)
    if _COMMENTS.search(f"{parts.path}?{parts.query}") or _COMMENTS.search(text.fold(title)):
        return 3
    if _SECTION.search(f"{parts.path}?{parts.query}"):
        return 2
    if host(url) != host(page):
        return 1  # a service that hands it out: its path says nothing of the site
    if any(not _QUERY.fullmatch(one) for one in filter(None, parts.query.split("&"))):
        return 2
    names = re.split(r"[/.]", parts.path.lower())
    left = [name for name in names if name and name not in _PLAIN]
    if not left:
        return 0
    return 1 if set(left) <= set(re.split(r"[/.]", own.path.lower())) else 2


def _ranked(offered: list[Found], page: str) -> list[Found]:
    """In the order of `feeds`; what stands together on the page stays together."""
    groups: dict[tuple[object, ...], int] = {}
    keys: dict[str, tuple[int, ...]] = {}
    for one in offered:
        level = _level(one.url, one.title or "", page)
        declared = one.how.startswith("link rel=")
        same = _WORD_OF_FORMAT.sub("", text.fold(one.title or "")).split()
        group = groups.setdefault((level, declared, *same), len(groups))
        kind = one.media_type or ""
        order = _FORMATS.index(kind) if kind in _FORMATS else len(_FORMATS)
        keys[one.url] = (level == 3, not declared, level, group, order)
    return sorted(offered, key=lambda one: keys[one.url])


def _guesses(page: str) -> list[Found]:
    """Where feeds mostly are: below the folder that the page is, and at the site's root."""
    if not page:
        return []
    root = urljoin(page, "/")
    folders = dict.fromkeys((page, root) if urlsplit(page).path.endswith("/") else (root,))
    tries = (urljoin(folder, name) for folder in folders for name in _GUESSES)
    return [Found(url, how="a usual address", guess=True) for url in dict.fromkeys(tries)]
