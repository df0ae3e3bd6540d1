"""The links of a page: where each leads and what it says."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from urllib.parse import urldefrag, urlsplit

from feedtool import text
from feedtool.data import Struct
from feedtool.read import markup
from feedtool.read.markup import Element

MOST = 5000
"""Links of one page that are looked at."""

_SMALL = 60  # elements in a link that may be a title
_LONGEST = 600  # characters of it, white space and all


class Anchor(Struct, frozen=True):
    """A link: its element, its absolute address without a fragment, and its words, if any."""

    node: Element
    url: str
    words: str


def anchors(root: Element, base: str | None) -> Iterator[Anchor]:
    """Yield the links of the page `root` that lead to other pages, at most the first 5,000."""
    for node in islice(root.iter("a", "area"), MOST):
        found = anchor(node, base)
        if found is not None:
            yield found


def anchor(node: Element, base: str | None) -> Anchor | None:
    """Return the link that `node` is, or None where it leads nowhere or to a part of the page."""
    address = (node.get("href") or "").strip()
    if not address or address.startswith("#"):
        return None
    url = markup.absolute(address, base)
    return Anchor(node, urldefrag(url).url, words(node)) if url else None


def words(node: Element) -> str:
    """Return the words of a link: its text, else its title, else what its picture shows.

    Where it holds a good part of a page, there are none.
    """
    inner = list(islice(node.iter(), _SMALL))
    letters = sum(len(one.text or "") + len(one.tail or "") for one in inner[1:])
    if len(inner) == _SMALL or letters + len(node.text or "") > _LONGEST:
        return ""
    pictures = (one.get("alt") for one in inner if one.tag == "img")
    said = (markup.text_of(node), node.get("title"), node.get("aria-label"), *pictures)
    return next(filter(None, (text.line(one or "") for one in said)), "")


def host(url: str | None) -> str:
    """Return the host of `url` without "www.", or nothing."""
    try:
        return (urlsplit(url or "").hostname or "").removeprefix("www.")
    except ValueError:  # a path with brackets in it
        return ""


def same_site(url: str, home: str) -> bool:
    """Return True where `url` is on the host `home` (without "www.") or on one below it."""
    where = host(url)
    return bool(home) and (where == home or where.endswith(f".{home}"))
