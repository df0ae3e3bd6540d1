"""HTML that is nearly as `markup.sanitise` would leave it, told by its tags alone.

Most articles in feeds are text with links, emphasis and pictures, well nested. For these no tree is
needed: each tag is written as it stays, or left out. The tests hold that the answer is the same.
Anything else is for `markup`.
"""

from __future__ import annotations

import re
import unicodedata
from html.entities import name2codepoint

from feedtool.read import markup
from feedtool.text import remembered

_ENTITY = re.compile(r"&(?:#(\d{1,6})|#[xX]([0-9a-fA-F]{1,5})|(\w+));", re.ASCII)
_STRAY = re.compile(r"&(?!(?:amp|lt|gt|quot);)")
_ESCAPED = {34: "&quot;", 38: "&amp;", 60: "&lt;", 62: "&gt;"}
# What isn't printable and yet plain, such as a space of no width, stands in these ranges.
_BEYOND = re.compile("[^\t\n\x20-\x7e\xa0-\ud7ff\uf900-\ufdcf\ufdf0-\ufefe\U00010000-\U0001fffd]")
_LONGEST = 1 << 20  # characters
_MOST = 20_000  # tags
_DEEPEST = 60
# Addresses that stay what they are, whatever they are resolved against.
_PATH = r"[\w.~!$'()*+,=:@%/-]*(?:&amp;[\w.~!$'()*+,=:@%/-]*)*"
_URL = (
    r"https?://[A-Za-z0-9.-]+(?::\d+)?(?:/" + _PATH + r")?"
    r"(?:[?](?=[^\"#])[\w.~!$'()*+,=:@%/?-]*(?:&amp;[\w.~!$'()*+,=:@%/?-]*)*)?"
    r"(?:\#[\w.~!$'()*+,=:@%/?-]+)?"
)
_ADDRESS = re.compile(_URL, re.ASCII)
_LINK = re.compile(  # as most are
    rf'a href="{_URL}"((?: (?:class|data-[a-z]+|id|rel|style|target)="[^"]*")*)', re.ASCII
)
_ESCAPES = re.compile("&(?!amp;)")
_WORDS = re.compile(r"[^\"&<>]*")
_NUMBER = re.compile(r"\d{1,5}", re.ASCII)
_KEY = re.compile(r" [a-z-]+=")
# How the attributes that an element keeps are written, and what tells whether a value may stay.
_ANY = {" dir=": _WORDS.fullmatch, " lang=": _WORDS.fullmatch}
_KEPT = {
    "a": {**_ANY, " href=": _ADDRESS.fullmatch, " title=": _WORDS.fullmatch},
    "abbr": {**_ANY, " title=": _WORDS.fullmatch},
    "img": {
        **_ANY,
        " alt=": _WORDS.fullmatch,
        " height=": _NUMBER.fullmatch,
        " src=": _ADDRESS.fullmatch,
        " title=": _WORDS.fullmatch,
        " width=": _NUMBER.fullmatch,
    },
    "ol": {**_ANY, " start=": _NUMBER.fullmatch},
    "time": {**_ANY, " datetime=": _WORDS.fullmatch},
}
_WANTED = {"a": " href=", "img": " src="}  # the attribute that an element is nothing without


def _names(words: str) -> frozenset[str]:
    return frozenset(words.split())


_PHRASES = _names(
    "a abbr b cite code del em i ins kbd mark q s samp small strong sub sup time u var"
)
_BARE_PHRASES = _names("big font span strike tt")  # what is in these stays, but not they
_BARE_BLOCKS = _names("article footer header main section")
_BARE = _BARE_PHRASES | _BARE_BLOCKS
_VOID = _names("br hr img")
_INLINE = _PHRASES | _BARE_PHRASES | {"br", "img"}
_PARAGRAPHS = _names("p h1 h2 h3 h4 h5 h6")
_BLOCKS = _PARAGRAPHS | _BARE_BLOCKS | _names("blockquote div dl figure hr ol ul")
_FLOW = _BLOCKS | _INLINE
# What may stand in what; the outermost is "".
_WITHIN: dict[str, frozenset[str]] = {
    **dict.fromkeys(("", "blockquote", "dd", "div", "figcaption", "li"), _FLOW),
    "figure": _FLOW | {"figcaption"},
    "dl": _names("dt dd"),
    "ol": _names("li"),
    "ul": _names("li"),
    **dict.fromkeys(_BARE_BLOCKS, _BLOCKS),
    **dict.fromkeys(_PARAGRAPHS | {"dt"} | _PHRASES | _BARE_PHRASES, _INLINE),
}
_TEXTLESS = _BARE_BLOCKS | _names("dl ol ul")
_NEVER_EMPTY = _BARE_BLOCKS | {"li"}
# By what is open: what may stand there, the tag that closes it, and whether text may stand there.
_STATES = {name: (within, f"/{name}", name not in _TEXTLESS) for name, within in _WITHIN.items()}
_CLOSED = {name: "" if name in _BARE else f"</{name}>" for name in _WITHIN}
_ELEMENTS = _WITHIN.keys() - {""} | _VOID
_OPENED = {
    **{name: (name, "" if name in _BARE else f"<{name}>") for name in _ELEMENTS - _WANTED.keys()},
    **{f"{name}{end}": (name, f"<{name}>") for name in ("br", "hr") for end in ("/", " /")},
}
_SILENT = _PHRASES | {"img"}  # what doesn't part words


def sanitise(html: str, base: str | None) -> str | None:
    """Return what `markup.sanitise` would, or None where that isn't plain."""
    if len(html) > _LONGEST:
        return None
    if "&" in html:
        html = _ENTITY.sub(_letter, html)
        if _STRAY.search(html):
            return None
    printable = html.replace("\n", "").replace("\xa0", "").replace("\t", "").isprintable()
    if not printable and _BEYOND.search(html):
        return None
    if not unicodedata.is_normalized("NFC", html):
        return None
    parts = html.strip(" \n\t").split("<")
    if len(parts) > _MOST or html.count(">") != len(parts) - 1 or ">" in parts[0]:
        return None
    kept = _nested(parts, base, quoted="&quot;" in html)
    return None if kept is None else kept.replace("\xa0", "&nbsp;").strip()


def _letter(found: re.Match[str]) -> str:
    """What a reference stands for, as it is written in HTML."""
    decimal, hexadecimal, name = found.groups()
    if name:
        number = name2codepoint.get(name, 0)
    else:
        number = int(decimal) if decimal else int(hexadecimal, 16)
    if number in _ESCAPED:
        return _ESCAPED[number]
    return chr(number) if 32 <= number < 127 or 160 <= number < 0xD800 else found[0]


def _nested(parts: list[str], base: str | None, *, quoted: bool) -> str | None:
    """The document whose tags, each with the text after it, are `parts`, with each tag as it stays;
    None where one stands where it may not. `quoted`: there are quotation marks to be written."""
    stack: list[str] = []
    allowed, closing, texts = _STATES[""]
    written = [parts[0].replace("&quot;", '"')]
    for part in parts[1:]:
        tag, _, words = part.partition(">")
        if tag == closing:
            name = stack.pop()
            if name in _NEVER_EMPTY and _is_empty(name, *written[-2:]):
                return None
            tag = _CLOSED[name]
            allowed, closing, texts = _STATES[stack[-1] if stack else ""]
        else:
            known = _OPENED.get(tag) or _with_attributes(tag, base)
            if known is None:
                return None
            name, tag = known
            if name not in allowed or (name in _INLINE and name in stack):
                return None
            if name not in _VOID:
                stack.append(name)
                if len(stack) > _DEEPEST:
                    return None
                allowed, closing, texts = _STATES[name]
        if not texts and words.strip(" \n\t"):
            return None
        written += (tag, words.replace("&quot;", '"') if quoted else words)
    return None if stack else "".join(written)


def _is_empty(name: str, tag: str, words: str) -> bool:
    """True where an element has no content that holds apart what is before and after it: parsers
    put the next into an empty <li>, and of a block that goes nothing would be left."""
    return tag.startswith("<li") and not words if name == "li" else not tag


def _with_attributes(tag: str, base: str | None) -> tuple[str, str] | None:
    """The name of an element, and its tag with the attributes that stay."""
    link = _LINK.fullmatch(tag)
    if link:
        return "a", f"<{tag[: link.start(1)]}>"
    return _taken(tag, base) if tag.startswith(("a ", "img ")) else _without_address(tag)


@remembered(256)  # such as <p class="...">, again and again
def _without_address(tag: str) -> tuple[str, str] | None:
    return _taken(tag, None)


def _taken(tag: str, base: str | None) -> tuple[str, str] | None:
    parts = tag.split('"')  # keys and values by turns, and how it ends
    name, space, first = parts[0].partition(" ")
    parts[0] = space + first
    if name not in _ELEMENTS or len(parts) % 2 == 0:
        return None
    if parts[-1].strip(" ") not in ("", "/" if name in _VOID else ""):
        return None
    wanted, patterns = _WANTED.get(name), _KEPT.get(name, _ANY)
    seen: dict[str, str] = {}
    for key, value in zip(parts[::2], parts[1::2], strict=False):
        is_right = patterns.get(key)
        if is_right is None:
            if not _is_key(key):
                return None
        elif key in seen:
            return None
        elif is_right(value):
            seen[key] = value
        else:
            address = _absolute(value, base) if key == wanted else None
            if address is None:
                return None
            seen[key] = address
    if wanted and wanted not in seen:
        return None
    attributes = "".join([f'{key}"{value}"' for key, value in seen.items()])
    return name, "" if name in _BARE else f"<{name}{attributes}>"


@remembered(256)
def _is_key(written: str) -> bool:
    return bool(_KEY.fullmatch(written))


def _absolute(value: str, base: str | None) -> str | None:
    """A relative address as it is seen from `base`, or None where it is none that is plain then."""
    if not value.strip() or _ESCAPES.search(value):
        return None
    found = (markup.absolute(value.replace("&amp;", "&"), base) or "").replace("&", "&amp;")
    return found if _ADDRESS.fullmatch(found) else None


def words(html: str) -> str:
    """Return the text of HTML that `sanitise` took, white space as it comes."""
    parts = html.split("<")
    said = [parts[0]]
    for part in parts[1:]:
        tag, _, text = part.partition(">")
        name = tag.lstrip("/").partition(" ")[0]
        said += ("" if name in _SILENT else " ", text)
    text = "".join(said)
    if "&" not in text:
        return text
    return (
        text.replace("&nbsp;", " ").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    )
