"""What a page says of itself beside its text: metas, JSON-LD, address, language, site."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from feedtool import text
from feedtool.data import Struct
from feedtool.read import canonical, jsonld, markup
from feedtool.read.markup import Element
from feedtool.valid import LANGUAGE_TAG

MOST = 20  # of what one page says of one thing
_TEXT = 60  # letters of what is text, no label
_LONGEST = 5000  # characters of one meta
_HEAD = 64 * 1024  # bytes in which a charset is looked for; browsers stop at 1 KiB, pages don't
_CHARSET = re.compile(rb"<meta[^>]{0,300}?charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.IGNORECASE)
_XML_CHARSET = re.compile(rb"^\s*<\?xml[^>]{0,100}?encoding=[\"']([\w.:-]{2,40})")
# What else than the article a part of a page may be about (schema.org).
_OTHERS = re.compile(
    r"(?:.*/)?(?:\w*Comments?|Answer|Person|\w*Organization|ImageObject|VideoObject|(\w*Review))"
)
_LANGUAGE_METAS = ("content-language", "og:locale", "dc.language", "language")


class Head(Struct, frozen=True):
    """A page's tree and what it says of itself.

    `metas` are by name in lower case; `article` is the JSON-LD node about the article, or empty;
    relative addresses are seen from `base`; `site` holds the site's own names, folded; `home` is
    its host without "www.", or empty; `items` are the elements with an `itemprop`.
    """

    url: str
    root: Element
    metas: dict[str, list[str]]
    nodes: list[jsonld.Node]
    article: jsonld.Node
    base: str | None
    link: str | None
    site: frozenset[str]
    home: str
    items: tuple[Element, ...]

    def meta(self, *names: str) -> Iterator[str]:
        """Yield what the metas called `names` say, in the order of the names."""
        for name in names:
            yield from self.metas.get(name, ())

    def said(self, *names: str) -> Iterator[str]:
        """Yield the strings that the JSON-LD article has under `names`, at most 20 of each."""
        for name in names:
            yield from jsonld.strings(self.article.get(name))[:MOST]

    def with_itemprop(self, name: str) -> list[Element]:
        """Return the elements marked with `itemprop` as the article's own `name`, at most 20."""
        marked = islice((node for node in self.items if has(node, "itemprop", name)), 5 * MOST)
        return list(islice((node for node in marked if not _is_of_other(node)), MOST))

    def language(self) -> str | None:
        """Return the first language tag the page gives, or None."""
        said = (self.root.get("lang"), *self.meta(*_LANGUAGE_METAS), *self.said("inLanguage"))
        tags = (text.line(tag or "").replace("_", "-") for tag in said)
        return next((tag for tag in tags if LANGUAGE_TAG.fullmatch(tag)), None)


def charset_in(data: bytes) -> str | None:
    """Return the charset that a page's first 64 KiB name, or None."""
    found = _XML_CHARSET.search(data[:200]) or _CHARSET.search(data[:_HEAD])
    return found[1].decode("ascii", "replace") if found else None


def look(root: Element, url: str) -> Head:
    """Return what the page `root`, found at `url`, says of itself."""
    metas = _metas(root)
    nodes = jsonld.nodes(
        node.text or "" for node in root.iter("script") if "ld+json" in node.get("type", "").lower()
    )
    based = next((node.get("href") for node in root.iter("base") if node.get("href")), None)
    base = markup.absolute(based, url) or text.web_url(url)
    link = _link(root, metas, base, text.web_url(url))
    article = jsonld.article(nodes, link)
    sites = [node for node in nodes if "WebSite" in jsonld.strings(node.get("@type"))]
    host = canonical.host_of(link or url)
    names = (
        *metas.get("og:site_name", ()),
        *metas.get("application-name", ()),
        *(name for name, _ in jsonld.names(article.get("publisher"), nodes)),
        *(name for site in sites for key in ("name", "alternateName") for name in _said(site, key)),
        host,
        host.partition(".")[0],
    )
    items = tuple(node for node in root.iter() if node.get("itemprop"))
    site = frozenset(filter(None, map(text.fold, names)))
    return Head(url, root, metas, nodes, article, base, link, site, host, items)


def has(node: Element | None, attribute: str, word: str) -> bool:
    """Return True where `word` is one of those in the attribute, in any case."""
    return node is not None and word in node.get(attribute, "").lower().split()


def is_before_text(footer: Element) -> bool:
    """Return True for a footer in an article that stands before its text, as Drupal has it."""
    if next(footer.iterancestors("article"), None) is None:
        return False
    before, after = (
        sum(len(said.strip()) for said in islice(_near(footer, preceding), 100))
        for preceding in (True, False)
    )
    return before <= _TEXT < after


def times_behind(root: Element) -> set[Element]:
    """Return the <time>s that come after the article of the first h1."""
    heading = next(root.iter("h1"), None)
    if heading is None:
        return set()
    own = next(heading.iterancestors("article"), None)
    behind: set[Element] = set()
    reached = own is not None
    for node in root.iter("h1", "article", "time"):
        reached = reached or node is heading
        if own is None and reached and node.tag == "article":
            own = node
        elif node.tag == "time" and own is not None:
            behind.add(node)
    return behind.difference(own.iter("time")) if own is not None else set()


def _near(node: Element, preceding: bool) -> Iterator[str]:
    for beside in islice(node.itersiblings(preceding=preceding), MOST):
        yield from map(str, beside.itertext())


def _is_of_other(node: Element) -> bool:
    """True where the nearest scope is a comment, a person, a picture; or a review beside the h1."""
    scope = next((outer for outer in node.iterancestors() if "itemscope" in outer.attrib), None)
    other = None if scope is None else _OTHERS.fullmatch(scope.get("itemtype", "")[:200].strip())
    if scope is None or other is None:
        return False
    return other[1] is None or next(scope.iter("h1"), None) is None


def _said(node: jsonld.Node, name: str) -> tuple[str, ...]:
    return jsonld.strings(node.get(name))[:MOST]


def _metas(root: Element) -> dict[str, list[str]]:
    metas: dict[str, list[str]] = {}
    for node in root.iter("meta"):
        content = text.line(node.get("content", "")[:_LONGEST])
        names = {node.get(key, "") for key in ("property", "name", "itemprop", "http-equiv")}
        for name in filter(None, names):
            values = metas.setdefault(name.strip().lower(), [])
            if content and len(values) < MOST:
                values.append(content)
    return metas


def _link(
    root: Element, metas: dict[str, list[str]], base: str | None, own: str | None
) -> str | None:
    """The page's own address: what it says where that can be, else where it was found."""
    links = (node.get("href") for node in root.iter("link") if has(node, "rel", "canonical"))
    said = (
        markup.absolute(address, base)
        for address in (*islice(links, MOST), *metas.get("og:url", ()))
    )
    believed = (link for link in said if link and canonical.believable(link, own))
    link = next(believed, own)
    return link and canonical.without_tracking(link)
