"""Where the article stands in a page, and what around it doesn't belong to it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from itertools import islice
from typing import NamedTuple

from feedtool import text
from feedtool.read import markup
from feedtool.read.markup import Element

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
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_PARTS = markup.NOT_TEXT | frozenset(
    ("p", "li", "dt", "dd", "blockquote", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "figcaption")
)


_LABELS = ("h1", "h2", "h3", "h4", "h5", "h6", "div", "p", "ul")
_SMALL = 40  # elements in one that may be a label


class Body(NamedTuple):
    """An article: its element, cleared of what is beside it, and its captions, apart."""

    element: Element
    captions: tuple[str, ...]


def find(root: Element, title: str, told: Collection[str] = ()) -> Body | None:
    """Return the article in the page `root`, or None where the page has no text.

    The tree is cut down on the way. A heading that repeats `title` is left out, and so are short
    lines that say little more than one of `told`: the byline, the date.
    """
    markup.drop(root, root.iter(*markup.NOT_TEXT))
    held = _held(root)
    # What holds most of the text isn't beside it, whatever it is called: whole pages are forms.
    light = (node for node in root.iter() if held.get(node, 0) * 2 <= held.get(root, 0))
    markup.drop(root, [node for node in light if node is not root and _is_beside(node)])
    held = _held(root)
    element = _article(root, held)
    captions = tuple(dict.fromkeys(filter(None, map(markup.text_of, element.iter("figcaption")))))
    half = held.get(element, 0) / 2
    markup.drop(
        element,
        [
            node
            for node in element.iter("figcaption", "header", *_LABELS)
            if node is not element
            and held.get(node, 0) <= half
            and (node.tag not in _LABELS or _repeats(node, title, told))
        ],
    )
    return Body(element, captions) if markup.text_of(element) else None


def words(node: Element) -> str:
    """Return the class and id of `node` in lower case, camelCase taken apart."""
    return _CAMEL.sub("-", f"{node.get('class', '')} {node.get('id', '')}").lower()


def first_paragraph(element: Element) -> str | None:
    """Return the first paragraph of `element` that is more than a label, or None."""
    paragraphs = (markup.text_of(node) for node in element.iter("p"))
    lines = (*paragraphs, *markup.text_of(element).split("\n\n"))
    return next((text.line(line) for line in lines if len(line) > 2 * _PARAGRAPH), None)


def _repeats(node: Element, title: str, told: Collection[str]) -> bool:
    if sum(1 for _ in islice(node.iter(), _SMALL)) == _SMALL:
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
    return bool(_BESIDE_WORDS.search(words(node)) or _HIDDEN.search(node.get("style", "")))


def _held(page: Element) -> dict[Element, int]:
    """Letters of running text in each element, those in links and in short blocks not counted."""
    held: dict[Element, int] = {}
    own: list[int] = [0]  # of each open block
    links = 0
    for event, node in markup.walk(page):
        block = node.tag in markup.BLOCKS
        if event == "start":
            links += node.tag == "a"
            if block:
                own.append(0)
            own[-1] += 0 if links else len(node.text or "")
            continue
        links -= node.tag == "a"
        if block:
            letters = own.pop()
            held[node] = held.get(node, 0) + (letters if letters >= _PARAGRAPH else 0)
        parent = node.getparent()
        if parent is not None and node is not page:
            held[parent] = held.get(parent, 0) + held.get(node, 0)
            own[-1] += 0 if links else len(node.tail or "")
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
