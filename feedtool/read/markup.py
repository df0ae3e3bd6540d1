"""HTML from strangers: a bounded tree of it, its text, and what of it may be republished.

libxml2's parser goes first, and is stopped at a depth of 255 and at 50,000 elements, so nothing
after it can be made to recurse or to take quadratic time. nh3 has the last word on what is let
through.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import islice
from typing import Any, cast
from urllib.parse import urljoin

import nh3
from lxml import etree

from feedtool import text
from feedtool.text import remembered

Element = etree._Element

_CHARACTERS = 8 * 1024 * 1024  # the rest of a longer document is left unread
# What `text.clean` might change, in far fewer ranges: it is asked only where one of them stands.
_SUSPECT = re.compile(
    "[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufdcf\ufdf0-\ufefe\uff00-\ufffd"
    "\U00010000-\U0001fffd\U00020000-\U0002fffd]"
)
_EMPTY_LINES = re.compile(r"\n\s*\n")
# nh3 takes quadratic time over ampersands: a noncharacter, which `text.clean` never lets through,
# goes in their stead. What the serialiser escapes otherwise stays.
_AMPERSAND = re.compile(r"&(?!(?:lt|gt|quot|nbsp|#\d+);)(?:amp;)?")
_STAND_IN = "\ufdd0"
_CHUNK = 16 * 1024  # bytes; after each it is seen whether the document is too deep
_DEPTH = 255
_ELEMENTS = 50_000  # ten times what long articles have
_ATTRIBUTES_EACH = 100
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_GONE = "gone"
_MAILTO = re.compile(r"mailto:[^\s@]+@[^\s@]+", re.IGNORECASE)


def _names(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Elements whose content is not text of the document, or would run, load or ask for something.
# "head" is none of them: where its end tag is left out, libxml2 reads an <article> into it.
NOT_TEXT = _names(
    "applet audio base button canvas datalist dialog embed frame frameset iframe "
    "input link map math meta noembed noframes noscript object option plaintext "
    "script select style svg template textarea title video xmp"
)
BLOCKS = _names(
    "address article aside blockquote body caption center dd details div dl dt "
    "fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr html li main "
    "nav ol p pre section summary table tbody td tfoot th thead tr ul"
)
_PHRASES = _names(
    "a abbr b bdi bdo cite code del dfn em i ins kbd mark q s samp small strong sub sup time u var"
)
_ALLOWED = _PHRASES | _names(
    "blockquote br caption dd div dl dt figcaption figure h1 h2 h3 h4 h5 h6 hr img li "
    "ol p pre rp rt ruby table tbody td tfoot th thead tr ul wbr"
)
# Where alone these may stand; anywhere else parsers disagree, and a plain block is as good.
_PARENTS = {
    "li": ("ol", "ul"),
    "dt": ("dl",),
    "dd": ("dl",),
    "caption": ("table",),
    "thead": ("table",),
    "tbody": ("table",),
    "tfoot": ("table",),
    "tr": ("table", "thead", "tbody", "tfoot"),
    "td": ("tr",),
    "th": ("tr",),
    "rt": ("ruby",),
    "rp": ("ruby",),
}
_HEADINGS = _names("h1 h2 h3 h4 h5 h6")
# What ends a heading, to a parser; a <div> or a <figure> may stand in one.
_ENDING_HEADINGS = _names("blockquote dd dl dt hr li ol pre table ul")
_ATTRIBUTES = {
    "*": {"dir", "lang"},
    "a": {"href", "title"},
    "abbr": {"title"},
    "img": {"alt", "height", "src", "title", "width"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    "time": {"datetime"},
}


def tree(html: str) -> Element | None:
    """Return the root of `html` as a tree at most 255 deep, of at most 50,000 elements, or None
    where there is none.

    Comments and processing instructions are left out; scripts stay, unrun. Nothing is loaded. What
    comes after too deep a place, too many elements or 8 Mi characters is left unread.
    """
    source = _clean(html[:_CHARACTERS]).encode()
    builder = _Builder()
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, target=cast("Any", builder))
    for start in range(0, len(source), _CHUNK):
        parser.feed(source[start : start + _CHUNK])
        if builder.is_cut:
            return builder.root
    with suppress(etree.LxmlError):  # there is no element at all
        parser.close()
    return builder.root


def _clean(words: str) -> str:
    """The same as `text.clean`, fast for what is clean already."""
    if words.isascii() and words.isprintable():
        return words
    if _SUSPECT.search(words) or not unicodedata.is_normalized("NFC", words):
        return text.clean(words)
    return words


@remembered(1024)  # there are few, and each stands many times
def _is_name(name: str) -> bool:
    return bool(_NAME.fullmatch(name))


class _Builder:
    """Builds the tree of what libxml2 reads: elements and text alone.

    libxml2 itself takes quadratic time over depth, and over the attributes of one element.
    """

    def __init__(self) -> None:
        self.root: Element | None = None
        self.is_cut = False
        self._verbatim = False
        self._depth = self._count = 0
        self._builder: Any = etree.TreeBuilder()  # its stubs know neither arguments nor results

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._depth += 1
        self._verbatim = tag in ("script", "style")
        self._count += 1
        self.is_cut = self.is_cut or self._depth > _DEPTH or self._count > _ELEMENTS
        if self.is_cut:
            return
        few = islice(attributes.items(), _ATTRIBUTES_EACH)
        kept = {name: _clean(value or "") for name, value in few if _is_name(name)}
        if "xml:lang" in attributes:
            kept.setdefault("lang", _clean(attributes["xml:lang"]))
        element = self._builder.start(tag if _is_name(tag) else "span", kept)
        if self.root is None:
            self.root = element

    def end(self, tag: str) -> None:
        self._depth -= 1
        self._verbatim = False
        if not self.is_cut:
            self._builder.end(tag if _is_name(tag) else "span")

    def data(self, data: str) -> None:
        if self.root is not None and not self.is_cut:
            # What "&#1;" stands for was not clean before; in scripts it stands for itself.
            self._builder.data(data if self._verbatim else _clean(data))

    def close(self) -> None:
        """Nothing is given: a tree cut short has no proper end, and `root` is there already."""


def drop(root: Element, elements: Iterable[Element]) -> None:
    """Take `elements`, all below `root`, out with all in them; the text after each stays."""
    for element in elements:
        element.tag = _GONE
    etree.strip_elements(root, _GONE, with_tail=False)  # one by one would take quadratic time


def walk(element: Element) -> Iterator[tuple[str, Element]]:
    """Yield ("start" or "end", node) for `element` and all in it, in the document's order."""
    yield from etree.iterwalk(element, events=("start", "end"))


def select(root: Element, css: str) -> list[Element]:
    """Return what the CSS selector `css` picks of `root` and all in it, in the document's order.

    Raises `ValueError`, in words, where it is no selector, or would take too long on this page:
    libxml2 takes quadratic time over siblings, and over what is below many elements.
    """
    from lxml import cssselect  # only for who names a selector

    elements = depth = below = 0
    for event, _ in walk(root):
        depth += 1 if event == "start" else -1
        elements, below = elements + (event == "start"), below + depth
    try:
        selector: Any = cssselect.CSSSelector(css, translator="html")
        widest = 1000 if "following-sibling" in selector.path else elements
        if elements > 30_000 or below > 800_000 or max(map(len, root.iter())) > widest:
            raise ValueError("would take too long on a page of so many elements")
        return list(selector(root))
    except (cssselect.SelectorError, etree.XPathError, RecursionError) as error:
        raise ValueError(f"is no CSS selector: {error}") from error


def text_of(element: Element) -> str:
    """Return the text of `element`: blocks one line each, with a blank line between them."""
    pieces: list[str] = []
    hidden = 0
    for event, node in walk(element):
        name = node.tag
        if name in NOT_TEXT and node is not element:
            hidden += 1 if event == "start" else -1
        if name in BLOCKS:
            pieces.append("\n\n")
        elif name == "br" and event == "start":
            pieces.append("\n")  # two of them make a paragraph
        said = node.text if event == "start" else node.tail if node is not element else None
        if said and not hidden:
            pieces.append(said.replace("\n", " "))
    # What is in a tree is clean, piece by piece; only together they may be in another form.
    whole = unicodedata.normalize("NFC", "".join(pieces))
    lines = (" ".join(part.split()) for part in _EMPTY_LINES.split(whole))
    return "\n\n".join(line for line in lines if line)


def html_of(element: Element) -> str:
    """Return `element` as HTML, without the text after it."""
    return etree.tostring(element, encoding="unicode", method="html", with_tail=False)


def plain(html: str) -> str:
    """Return the text of `html`: entities resolved, blocks one line each, blank lines between."""
    if "<" not in html and "&" not in html:
        return text.line(html)
    root = tree(html)
    return "" if root is None else text_of(root)


def absolute(address: str | None, base: str | None) -> str | None:
    """Return `address` as an http(s) URL, seen from `base` where it is relative, or None."""
    try:
        return text.web_url(urljoin(base or "", (address or "").strip()))
    except ValueError:  # such as an unclosed [ in the host
        return None


def sanitise(html: str, base: str | None) -> str:
    """Return what of `html` may be republished: prose, links, pictures, lists and tables.

    Links and addresses of pictures become absolute against `base`; without one the relative ones
    are dropped. Only http, https and mailto stay. Sanitising twice changes nothing more.
    """
    root = tree(html)
    return "" if root is None else sanitise_tree(root, base)


def sanitise_with_words(html: str, base: str | None) -> tuple[str, str]:
    """Return what of `html` may be republished, and its text: `sanitise` and `plain` in one go."""
    root = tree(html)
    if root is None:
        return "", ""
    words = text_of(root) if "<" in html or "&" in html else text.line(html)
    return sanitise_tree(root, base), words


def sanitise_tree(root: Element, base: str | None) -> str:
    """Return what of `root` may be republished, as `sanitise` does; the tree is used up."""
    etree.strip_elements(root, *NOT_TEXT, with_tail=False)
    _resolve(root, base)
    etree.strip_tags(root, *({str(node.tag) for node in root.iter()} - _ALLOWED))
    _straighten(root)
    etree.strip_tags(root, "span")
    cleaned = nh3.clean(
        _AMPERSAND.sub(_STAND_IN, html_of(root)),
        tags=set(_ALLOWED),
        attributes=_ATTRIBUTES,
        link_rel=None,
        url_schemes={"http", "https", "mailto"},
    )
    return cleaned.replace(_STAND_IN, "&amp;").strip()


def _resolve(root: Element, base: str | None) -> None:
    """Make addresses absolute; a link without one becomes plain text, a picture nothing."""
    broken = []
    for node in root.iter("a", "img"):
        name = "href" if node.tag == "a" else "src"
        address = (node.get(name) or "").strip()
        if name == "href" and _MAILTO.fullmatch(address):
            continue
        target = absolute(address, base) if address else None
        if target is not None:
            node.set(name, target)
        elif name == "href":
            node.tag = "span"
        else:
            broken.append(node)
    drop(root, broken)


def _straighten(root: Element) -> None:
    """Make elements nest as HTML lets them, so that parsing again gives the same tree.

    A tower of phrases would also cost dearly: HTML repeats the open ones in each block after it.
    """
    for node in root.iter(*_PARENTS):
        parent = node.getparent()
        if parent is not None and parent.tag not in _PARENTS[str(node.tag)]:
            node.tag = "div"
    around: set[Element] = set()  # what holds a block
    for block in root.iter(*BLOCKS):
        for node in block.iterancestors():
            if node in around:
                break
            around.add(node)
    for node in [node for node in around if node.tag in _HEADINGS]:
        for inner in node.iter("p"):
            inner.tag = "div"
        if next(node.iter(*_ENDING_HEADINGS), None) is not None:
            node.tag = "div"
    for node in around:
        if node.tag in _PHRASES:
            node.tag = "span"
        elif node.tag in ("dt", "p", "pre"):
            node.tag = "div"
    for node in root.iter(*_PHRASES):
        if next(node.iterancestors(node.tag), None) is not None:
            node.tag = "span"
    for node in root.iter("pre"):
        around_it = (outer.tag for outer in node.iterancestors() if outer.tag != "span")
        if next(around_it, None) == "ul":  # it would end the list, to a parser
            node.tag = "div"
            continue
        node.text = (node.text or "").lstrip("\n")  # each parse takes one away
