"""Pictures and what goes with them: real addresses of lazy ones, captions, sound and film."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from feedtool import text
from feedtool.model import Enclosure
from feedtool.read import markup
from feedtool.read.markup import Element

MOST = 20  # files that go with one article
_SRCSET = 5000  # characters of one that are read
_LONGEST = 400  # letters of a caption; more is a paragraph
_NEAR = 6  # elements around a picture in which its caption may stand
_MOST_NAMED = 200  # pictures, and elements called captions, that are looked at
_LINES = ("div", "p", "span", "small", "em", "cite", "figure", "td", "section")
_WITHIN = 40  # elements in one of those

# Where scripts find the address that they put into `src` once a picture comes into view.
_LAZY = ("data-src", "data-lazy-src", "data-original", "data-lazy", "data-full-src", "data-url")
_LAZY_SETS = ("data-srcset", "data-lazy-srcset", "srcset")
_STAND_IN = re.compile(
    r"^$|^(?:data|about|blob):|(?:blank|spacer|placeholder|pixel|transparent|lazy|loading|1x1)"
    r"[\w.-]*\.(?:gif|png|svg|jpe?g|webp)(?:[?#]|$)",
    re.IGNORECASE,
)
_CANDIDATE = re.compile(r"\s*([^\s,]\S*[^\s,]|[^\s,])(?:\s+(\d+(?:\.\d+)?)[wx])?\s*(?:,|$)")
_CAPTION = re.compile(
    r"(?:^|[\s_-])(?:(?:img|image|photo|picture|media|wp|bild|foto)?[_-]?caption(?:[_-]?text)?"
    r"|bildunterschrift|bildtext|legende?|pie[_-]de[_-]foto|(?:photo|image|picture)[_-]?credits?)"
    r"(?:$|[\s_-])"
)
_CREDIT = re.compile(
    r"©|\b(?:Getty|Reuters|REUTERS|AFP|dpa|picture alliance|imago|IMAGO|iStock|Shutterstock|EPA"
    r"|Unsplash|Wikimedia)\b|\b(?:AP|Photo|Foto|Fotos|Image|Photograph|Bild|Ảnh|Fotoğraf)\s?[:/]"
    r"|(?:写真|사진|图|圖)[:：=]"
)

# Files that are listened to, watched or read beside an article, by how their names end.
_TYPES = {
    "aac": "audio/aac",
    "flac": "audio/flac",
    "m4a": "audio/mp4",
    "m4v": "video/mp4",
    "mov": "video/quicktime",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
    "oga": "audio/ogg",
    "ogg": "audio/ogg",
    "ogv": "video/ogg",
    "opus": "audio/ogg",
    "pdf": "application/pdf",
    "wav": "audio/wav",
    "webm": "video/webm",
}
_EXTENSION = re.compile(r"\.(\w{2,5})(?:[?#]|$)")
_MEDIA = ("audio", "video", "source", "embed", "object")
_MEDIA_METAS = ("og:audio", "og:audio:url", "og:video", "og:video:url", "og:video:secure_url")


class Captions(NamedTuple):
    """The captions in an article, and the elements they stand in."""

    lines: tuple[str, ...]
    elements: tuple[Element, ...]


def settle(root: Element) -> None:
    """Give the pictures in `root` that load late their real addresses, and drop those of one pixel.

    A picture that stands in <noscript> for browsers without scripts takes the place of the one
    before it, or stands for itself where there is none.
    """
    for node in list(root.iter("noscript")):
        _unwrap(node)
    counting = []
    for node in root.iter("img"):
        if node.get("width") in ("0", "1") and node.get("height") in ("0", "1"):
            counting.append(node)
        elif _STAND_IN.search(node.get("src", "").strip()) and (address := _real(node)):
            node.set("src", address)
    markup.drop(root, counting)


def captions(article: Element) -> Captions:
    """Return the captions in `article`: <figcaption>, what is called so beside a picture, and a
    credited line that stands alone with one."""
    found: dict[Element, str] = {
        node: text.line(markup.text_of(node)) for node in article.iter("figcaption")
    }
    named = (node for node in article.iter(*_LINES) if node is not article and _is_caption(node))
    for node in islice(named, _MOST_NAMED):
        if not _inside(node, found) and _has_picture(node, article):
            line = text.line(markup.text_of(node))
            if 0 < len(line) <= _LONGEST:
                found[node] = line
    for picture in islice(article.iter("img"), _MOST_NAMED):
        for alone in _alone(picture, article):
            line = text.line(markup.text_of(alone))
            if _CREDIT.search(line) and not _inside(alone, found):
                found[alone] = line
    lines = tuple(dict.fromkeys(filter(None, found.values())))
    return Captions(lines, tuple(found))


def enclosures(
    root: Element, metas: dict[str, list[str]], base: str | None
) -> tuple[Enclosure, ...]:
    """Return the sound, film and PDF files of the page `root`, at most 20, each address once."""
    said = (
        *((address, None) for name in _MEDIA_METAS for address in metas.get(name, ())),
        *_linked(root),
    )
    found: dict[str, Enclosure] = {}
    for address, told in said:
        href = markup.absolute(address, base)
        ending = _EXTENSION.search(href.rpartition("/")[2]) if href else None
        media_type = _TYPES.get(ending[1].lower()) if ending else told
        if href and media_type and len(found) < MOST:
            found.setdefault(href, Enclosure(href, media_type))
    return tuple(found.values())


def _linked(root: Element) -> Iterator[tuple[str, str | None]]:
    for node in islice(root.iter(*_MEDIA), 10 * MOST):
        told = text.line(node.get("type", "")).lower().partition(";")[0]
        known = told if re.fullmatch(r"(?:audio|video)/[\w.+-]+|application/pdf", told) else None
        for name in ("src", "data"):
            if address := node.get(name, "").strip():
                yield address, known


def _is_caption(node: Element) -> bool:
    named = node.get("class")
    return named is not None and bool(_CAPTION.search(named[:300].lower()))


def _inside(node: Element, found: Iterable[Element]) -> bool:
    return any(outer in found for outer in (node, *node.iterancestors()))


def _has_picture(node: Element, article: Element) -> bool:
    """True where a picture stands right before the element, or with it in a small part."""
    before = node.getprevious()
    if before is not None and next(before.iter("img"), None) is not None:
        return True
    for outer in islice((node, *node.iterancestors()), 4):
        small = list(islice(outer.iter(), _WITHIN))
        if outer is article or len(small) == _WITHIN:
            return False
        if any(inner.tag == "img" for inner in small):
            return True
    return False


def _alone(picture: Element, article: Element) -> Iterator[Element]:
    """The only element with text in the smallest one around `picture` that has any."""
    for outer in islice(picture.iterancestors(), _NEAR):
        small = list(islice(outer.iter(), _WITHIN))
        if outer is article or outer.tag in ("p", "body") or len(small) == _WITHIN:
            return
        blocks = [node for node in small if (node.text or "").strip()]
        tails = any((node.tail or "").strip() for node in small[1:])
        if blocks or tails:
            line = text.line(markup.text_of(outer))
            if not tails and len(blocks) == 1 and len(line) <= _LONGEST and blocks[0] is not outer:
                yield blocks[0]
            return


def _unwrap(node: Element) -> None:
    pictures = list(islice(node.iter("img"), 3))
    if not pictures or markup.text_of(node):
        return
    before = node.getprevious()
    shown = [] if before is None else list(islice(before.iter("img"), 2))
    if not shown:
        node.tag = "span"
    elif _STAND_IN.search(shown[0].get("src", "").strip()) and (address := _real(pictures[0])):
        shown[0].set("src", address)


def _real(node: Element) -> str | None:
    """The address of a picture: its own, the one that scripts would set, or the largest offered."""
    own = node.get("src", "").strip()
    if not _STAND_IN.search(own):
        return own
    for name in _LAZY:
        address: str | None = node.get(name, "").strip()
        if address and not _STAND_IN.search(address):
            return address
    # <source> has no end tag; to libxml2, which doesn't know it, what follows is in it.
    around = next((outer for outer in node.iterancestors() if outer.tag != "source"), None)
    choice = around is not None and around.tag == "picture"
    sources = islice(around.iter("source"), MOST) if around is not None and choice else ()
    for offered in (node, *sources):
        for name in _LAZY_SETS:
            if address := _largest(offered.get(name, "")[:_SRCSET]):
                return address
    return None


def _largest(srcset: str) -> str | None:
    offers = [(float(wide or 1), address) for address, wide in _CANDIDATE.findall(srcset)]
    real = [offer for offer in offers if not _STAND_IN.search(offer[1])]
    return max(real, key=lambda offer: offer[0])[1] if real else None
