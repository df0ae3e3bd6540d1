"""Where the article stands in a page, and what around it doesn't belong to it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import lru_cache
from itertools import chain, islice
from typing import NamedTuple

from feedtool import text
from feedtool.read import figures, markup, prune
from feedtool.read.markup import Element
from feedtool.text import remembered

_PARAGRAPH = 25  # letters outside links that make a block count as text
_MOST = 0.75  # of a page's text in one element: that element holds the article
_ENOUGH = 0.4  # of a page's text in an element that says it is the article

_BESIDE = frozenset(("nav", "aside", "footer", "form", "menu"))
_BESIDE_ROLES = frozenset(
    ("navigation", "complementary", "dialog", "alertdialog", "search", "banner")
)
# By class or id, whole words: "share-box", "related_articles", "newsletterSignup".
_BESIDE_WORDS = re.compile(
    r"(?:^|[\s_-])(?:shar(?:e|es|er|ing)|social|related|recommend(?:ed|ations?)?|newsletter"
    r"|promo(?:tion)?|comments?|disqus|breadcrumbs?|byline|author|advert(?:isement|s)?|ads?|adsense"
    r"|cookies?|consent|subscri(?:be|ption)|toolbar|sidebar|widget|outbrain|taboola|popular"
    r"|tags|trending|teasers?|pagination|pager|masthead|modal|popup|readmore|read-more|more-from"
    r"|most-read|skip-link|screen-reader-text|sr-only|visually-hidden|noprint)(?:$|[\s_-])"
)
_STYLE = 1000  # characters of one that are read
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
# Hidden by its class, unless another shows it on some screens: "d-none d-md-block".
_HIDDEN_CLASS = re.compile(r"(?:^|\s)(?:d-none|hidden|hide|is-hidden)(?:\s|$)")
_SHOWN_CLASS = re.compile(r"[-:](?:block|flex|inline|grid|table)")
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_PARTS = markup.NOT_TEXT | frozenset(
    ("p", "li", "dt", "dd", "blockquote", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "figcaption")
)


_LABELS = ("h1", "h2", "h3", "h4", "h5", "h6", "div", "p", "ul")
_MOST_LABELS = 2000  # elements of which it is asked
_SMALL = 40  # elements in one that may be a label


class Body(NamedTuple):
    """An article: its element, cleared of what is beside it, and its captions, apart.

    `text` is its text; `teasers` headings in it led to other articles; `foot` are the lines after
    its last paragraph; `end` is that paragraph and the short ones after it that lead nowhere.
    """

    element: Element
    captions: tuple[str, ...]
    text: str
    teasers: int
    foot: tuple[str, ...]
    end: tuple[str, ...]


def find(root: Element, title: str, told: Collection[str] = (), home: str | None = None) -> Body:
    """Return the article in the page `root`; its text is empty where the page has none.

    The tree is cut down on the way. A heading that repeats `title` is left out, and so are short
    lines that say little more than one of `told`: the byline, the date.
    """
    figures.settle(root)
    markup.drop(root, root.iter(*markup.NOT_TEXT))
    held = _held(root)
    # What holds most of the text isn't beside it, whatever it is called: whole pages are forms.
    most = held.get(root, 0) / 2
    markup.drop(
        root,
        [
            node
            for node in root.iter()
            if _is_beside(node) and held.get(node, 0) <= most and node is not root
        ],
    )
    held = _held(root)
    element = _article(root, held)
    captions, captioned = figures.captions(element)
    half = held.get(element, 0) / 2
    markup.drop(
        element,
        [
            *captioned,
            *(
                node
                for node in islice(element.iter("header", *_LABELS), _MOST_LABELS)
                if node is not element
                and held.get(node, 0) <= half
                and (node.tag not in _LABELS or _repeats(node, title, told))
                and (node.tag != "header" or next(node.iter("article"), None) is None)
            ),
        ],
    )
    pruned = prune.prune(element, home)
    return Body(element, captions, markup.text_of(element), *pruned)


def words(node: Element) -> str:
    """Return the class and id of `node` in lower case, camelCase taken apart; at most 600 signs."""
    named, identity = node.get("class"), node.get("id")
    return _apart(named[:300] if named else "", identity[:300] if identity else "")


@lru_cache(maxsize=4096)  # a page has many elements and few classes
def _apart(named: str, identity: str) -> str:
    return _CAMEL.sub("-", f"{named} {identity}").lower() if named or identity else ""


def first_paragraph(found: Body) -> str | None:
    """Return the first paragraph of the article that is more than a label, or None."""
    paragraphs = (markup.text_of(node) for node in islice(found.element.iter("p"), _SMALL))
    lines = chain(paragraphs, found.text.split("\n\n"))
    return next((text.line(line) for line in lines if len(line) > 2 * _PARAGRAPH), None)


def _repeats(node: Element, title: str, told: Collection[str]) -> bool:
    if sum(1 for _ in islice(node.iter(), _SMALL)) == _SMALL:
        return False
    longest = _PARAGRAPH + max(map(len, (title, *told)))
    letters = 0
    for said in node.itertext():
        letters += len(said.strip())
        if letters > longest:
            return False
    line = text.line(markup.text_of(node))
    if node.tag in ("h1", "h2"):
        return line.casefold() == title.casefold()
    return any(quote in line and len(line) < len(quote) + _PARAGRAPH for quote in told if quote)


def _is_beside(node: Element) -> bool:
    if node.tag in _BESIDE:
        return True
    if node.get("role") in _BESIDE_ROLES or node.get("hidden") is not None:
        return True
    if node.tag in ("body", "main", "article"):
        return False
    style = node.get("style")
    return _is_named_beside(words(node)) or bool(style and _HIDDEN.search(style[:_STYLE]))


@remembered(4096)
def _is_named_beside(named: str) -> bool:
    hidden = _HIDDEN_CLASS.search(named) and not _SHOWN_CLASS.search(named)
    return bool(named and (hidden or _BESIDE_WORDS.search(named)))


def _held(page: Element) -> dict[Element, int]:
    """Letters of running text in each element, those in links and in short blocks not counted."""
    held: dict[Element, int] = {}
    own: list[int] = [0]  # of each open block
    sums: list[int] = [0]  # of each open element
    links = 0
    for event, node in markup.walk(page):
        name = node.tag
        if event == "start":
            sums.append(0)
            if name == "a":
                links += 1
            if name in markup.BLOCKS:
                own.append(0)
            if not links and (said := node.text):
                own[-1] += len(said)
            continue
        if name == "a":
            links -= 1
        total = sums.pop()
        if name in markup.BLOCKS:
            letters = own.pop()
            if letters >= _PARAGRAPH:
                total += letters
        if total:
            held[node] = total
            sums[-1] += total
        if not links and node is not page and (said := node.tail):
            own[-1] += len(said)
    return held


def _article(page: Element, held: dict[Element, int]) -> Element:
    """The element that says it is the article and holds enough, else the one that holds most."""
    for kind in _kinds(page):
        fullest = max(kind, key=lambda node: held.get(node, 0), default=None)
        if fullest is not None and held.get(fullest, 0) > held.get(page, 0) * _ENOUGH:
            return fullest
    element = page
    while True:
        inner = max(element, key=lambda node: held.get(node, 0), default=None)
        if inner is None or inner.tag in _PARTS or held.get(inner, 0) == 0:
            return element
        if held[inner] < held.get(element, 0) * _MOST:
            return element
        element = inner


def _kinds(page: Element) -> Iterator[list[Element]]:
    everything = list(page.iter())
    yield [node for node in everything if "articleBody" in node.get("itemprop", "").split()]
    yield [node for node in everything if node.tag == "article"]
    yield [node for node in everything if node.tag == "main" or node.get("role") == "main"]
