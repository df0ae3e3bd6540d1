"""Listing pages: a page whose links lead to articles, such as a front page or a section's.

The links are those that a CSS selector picks, or else the best group of links: those that stand in
elements of one pattern, in the main part of the page, with the words of a headline.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import tzinfo
from itertools import islice
from urllib.parse import urlsplit

from feedtool import text
from feedtool.errors import ReadError
from feedtool.model import Capture, Link, Published, Reading, Source
from feedtool.read import body, dates, decode, furniture, layout, markup, zones
from feedtool.read.anchors import MOST, Anchor, anchor, anchors, host, same_site
from feedtool.read.head import charset_in, has, look
from feedtool.read.markup import Element

_TITLE = 300  # characters of a headline
_PATTERN = 3  # elements around a link that make its pattern
_CARD = 6  # elements around a link that may hold it and its date alone
_FEW = 4  # words from which a text is a headline
_LONG = 24  # or letters
_ENOUGH = 80  # letters that count: a longer headline is no better

_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_WHOLE = ("html", "body", "main", "table", "tbody", "ul", "ol")  # what is never one article's
_BESIDE = ("nav", "footer", "menu", "address", "dialog")
_ROLES = ("navigation", "banner", "contentinfo", "search", "dialog", "menu", "menubar")
_MAIN = ("article", "main", "section", "li")
# By class or id, whole words. "teaser" or "widget" are none of them: on a listing they hold news.
_BESIDE_WORDS = re.compile(
    r"(?:^|[\s_-])(?:nav|navbar|navigation|menu|breadcrumbs?|pagination|pager|page-numbers|footer"
    r"|tags?|tagcloud|social|share|sharing|cookies?|consent|login|comments?|byline|author"
    r"|languages?|skip-link|advert(?:isement|s)?|ads?)(?:$|[\s_-])"
)
_RELS = ("tag", "author", "next", "prev", "previous", "category", "search", "help", "license")
# What a page that is no article is called, where it is the last part of the path or the one before.
_NO_ARTICLE = re.compile(
    r"/(?:tags?|topics?|categor(?:y|ies)|authors?|users?|profiles?|page|pages?/\d+|search|login|logout"
    r"|signin|sign-in|signup|register|account|cart|privacy|terms|contact|about|about-us|feeds?|rss"
    r"|label|archives?|comments?|sitemap|newsletter|subscribe)(?:/[^/]*)?/?$",
    re.IGNORECASE,
)
_FILE = re.compile(
    r"\.(?:jpe?g|png|gif|webp|svg|pdf|zip|gz|docx?|xlsx?|pptx?|mp[34]|m4a|avi|mov|xml|rss|atom|css"
    r"|js|json)$",
    re.IGNORECASE,
)
_PAGES = re.compile(r"(?:^|&)(?:page|paged|start|offset|sort|order|filter|replytocom|share)=", re.I)
_NUMBERED = re.compile(r"\d{4,}|/\d{4}/\d\d?/|(?:[^/-]+-){3}[^/-]+")  # of an address: an article's
_DIGITS = re.compile(r"\S*\d\S*")


def read(capture: Capture, source: Source) -> Reading:
    """Read the page in `capture`: the links to its articles, in the page's order.

    `source.links` is the CSS selector that picks them: the links themselves, or what holds one.
    Raises `ReadError` where it is wrong or picks none, and where no group looks like articles.
    """
    html = decode.decode(capture.body, capture.url, capture.charset, charset_in(capture.body))
    root = markup.tree(html)
    if root is None:
        raise ReadError(capture.url, "holds no HTML")
    head = look(root, capture.url)
    base = head.base or head.link
    if source.links is not None:
        found = _picked(root, source.links, base, capture.url)
        missing = f"has no links that links {source.links!r} picks"
    else:
        found = _best(root, base, list(anchors(root, base)))
        missing = "has no links that look like articles; say which by a CSS selector in links"
    own = text.place(text.web_url(capture.url) or head.link or "").rstrip("/")
    found = [one for one in found if text.place(one.url).rstrip("/") != own]
    if not found:
        raise ReadError(capture.url, missing)
    zone = zones.zone_for(source.time_zone, head.language() or source.language)
    return Reading("listing", links=tuple(_links(found, zone)))


def _picked(root: Element, css: str, base: str | None, url: str) -> list[Anchor]:
    """A link for each element that the selector picks: itself, the one around it, or in it."""
    try:
        elements = markup.select(root, css)
    except ValueError as error:
        raise ReadError(url, f"links {css!r} {error}") from error
    around = (_nearest(element, base) for element in islice(elements, MOST))
    return [one for one in around if one is not None]


def _nearest(element: Element, base: str | None) -> Anchor | None:
    outer = element if element.tag == "a" else next(element.iterancestors("a"), None)
    if outer is not None:
        return anchor(outer, base)
    # The headline's, where a card has others: of its section, of who wrote it.
    inside = filter(None, (anchor(node, base) for node in islice(element.iter("a"), _ENOUGH)))
    return max(inside, key=lambda one: len(one.words), default=None)


def _best(root: Element, base: str | None, found: list[Anchor]) -> list[Anchor]:
    """The group of links that looks most like articles; at least two, or it is no group."""
    hosts = Counter(host(one.url) for one in found)
    home = host(base) or next((name for name, _ in hosts.most_common(1)), "")
    beside = _beside(root)
    groups: dict[tuple[str, ...], dict[str, Anchor]] = {}
    for one in found:
        if _is_headline(one.words) and _may_be_article(one, home) and not _within(one, beside):
            groups.setdefault(_pattern(one.node), {}).setdefault(one.url, one)
    ranked = [list(group.values()) for group in groups.values() if len(group) > 1]
    return max(ranked, key=_score, default=[])


def _score(group: list[Anchor]) -> float:
    """How much a group looks like articles: its letters, more where they stand as headlines do."""
    letters = sum(min(len(one.words), _ENOUGH) for one in group)
    heading = sum(_in_heading(one.node) for one in group)
    numbered = sum(bool(_NUMBERED.search(urlsplit(one.url).path)) for one in group)
    main = sum(next(one.node.iterancestors("main"), None) is not None for one in group)
    return letters * (1 + (heading + numbered + main) / len(group))


def _in_heading(node: Element) -> bool:
    above = islice(node.iterancestors(), _PATTERN)
    return any(one.tag in _HEADINGS for one in above) or any(
        one.tag in _HEADINGS for one in islice(node.iter(), _ENOUGH)
    )


def _pattern(node: Element) -> tuple[str, ...]:
    """The elements around a link, by name, the nearest by class too (numbers in it aside)."""
    above = list(islice(node.iterancestors(), _PATTERN))
    kinds = (" ".join(_DIGITS.sub("", one.get("class", "")).split()) for one in (node, *above[:1]))
    return (*kinds, *(str(one.tag) for one in above))


def _is_headline(words: str) -> bool:
    if not words or len(words) > _TITLE or furniture.is_noise(words):
        return False
    return layout.words(words) >= _FEW or len(words) >= _LONG


def _may_be_article(one: Anchor, home: str) -> bool:
    """True for a page of this site that is no front page, section, tag, file or next page."""
    parts = urlsplit(one.url)
    if not same_site(one.url, home) or (parts.path in ("", "/") and not parts.query):
        return False
    if any(has(one.node, "rel", rel) for rel in _RELS):
        return False
    return not (
        _NO_ARTICLE.search(parts.path) or _FILE.search(parts.path) or _PAGES.search(parts.query)
    )


def _beside(root: Element) -> set[Element]:
    """The elements that hold navigation: by their kind, or by what they are called unless they
    hold most of the page's links."""
    total = sum(1 for _ in root.iter("a"))
    found: set[Element] = set()
    before: list[int] = []  # links before each open element
    seen = 0
    for event, node in markup.walk(root):
        if event == "start":
            before.append(seen)
            seen += node.tag == "a"
            if _is_beside(node):
                found.add(node)
        elif 2 * (seen - before.pop()) <= total and _is_called_beside(node):
            found.add(node)
    return found


def _is_beside(node: Element) -> bool:
    if node.tag == "header":  # the page's; an article's own holds its headline
        return next(node.iterancestors(*_MAIN), None) is None
    return node.tag in _BESIDE or node.get("role") in _ROLES or node.get("hidden") is not None


def _is_called_beside(node: Element) -> bool:
    named = node.tag not in ("html", "body", "main", "article")
    return named and bool(_BESIDE_WORDS.search(body.words(node)))


def _within(one: Anchor, elements: set[Element]) -> bool:
    return one.node in elements or any(node in elements for node in one.node.iterancestors())


def _links(found: list[Anchor], zone: tzinfo) -> Iterator[Link]:
    """A link for each address, with the longest of its titles and the date beside it."""
    cards = _cards(found)
    titles: dict[str, str] = {}
    for one in found:
        titles[one.url] = max(titles.get(one.url, ""), one.words, key=len)
    for url, title in titles.items():
        card = cards.get(url)
        when = _date(card.iter("time"), zone) if card is not None else None
        yield Link(url, title=text.shorten(title, _TITLE) or None, published=when)


def _cards(found: Iterable[Anchor]) -> Mapping[str, Element]:
    """By address, the largest element around its first link that holds no link to another one."""
    owners: dict[Element, str | None] = {}  # None: of more than one
    firsts: dict[str, Element] = {}
    for one in found:
        firsts.setdefault(one.url, one.node)
        for node in (one.node, *one.node.iterancestors()):
            if owners.setdefault(node, one.url) in (None, one.url):
                if owners[node] is None:
                    break  # and so are all above it
            else:
                owners[node] = None
    cards: dict[str, Element] = {}
    for url, first in firsts.items():
        for node in (first, *islice(first.iterancestors(), _CARD)):
            if owners[node] != url or node.tag in _WHOLE:
                break
            cards[url] = node
    return cards


def _date(times: Iterable[Element], zone: tzinfo) -> Published | None:
    """The first date that the <time> elements say, to machines or to people."""
    for node in islice(times, _CARD):
        for said in (node.get("datetime", ""), text.line(markup.text_of(node)[:_TITLE])):
            when = dates.parse(said, zone)
            if when is not None:
                return when
    return None
