"""HTML that is nearly as `markup.sanitise` would leave it, told by its tags alone.

Most articles in feeds are text with links, emphasis and pictures, well nested. For these no tree is
needed: each tag is written as it stays, or left out. The tests hold that the answer is the same.
Anything else is for `markup`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from html.entities import name2codepoint
from operator import itemgetter

from feedtool.data import Struct
from feedtool.text import remembered

_ENTITY = re.compile(r"&(?:#(\d{1,6})|#[xX]([0-9a-fA-F]{1,5})|(\w+));", re.ASCII)
_STRAY = re.compile("&(?!(?:amp|lt|gt|quot);)")
_REFERENCE = re.compile("&(?!(?:amp|lt|gt);)")  # to what is written in another way
_ESCAPED = {34: "&quot;", 38: "&amp;", 60: "&lt;", 62: "&gt;"}
# What isn't printable and yet plain, such as a space of no width, stands in none of these ranges.
# Compiled where a text has such a letter: few have, and it takes long.
_BEYOND = (
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\uf8ff\ufdd0-\ufdef\ufeff-\uffff\U0001fffe-\U0010ffff]"
)
# Bytes that may be of what isn't plain, and those that never are, but for brackets and line ends.
_SUSPECT = bytes({*range(32), 0x7F, 0xC2, *range(0xED, 0xF5)} - {*b"\t\n"})
_USUAL = bytes({*range(256)} - {*b"<>\n", *_SUSPECT})
_LONGEST = 1 << 20  # characters
_MOST = 40_000  # tags, and texts between them
_DEEPEST = 60
_MOST_PLACES = 1000
_MOST_TAGS = 100  # that a place remembers
_LONGEST_TAG = 100
# Addresses that stay what they are, whatever they are resolved against.
_LETTERS = r"A-Za-z0-9_.~!$'()*+,=:@%/"  # named one by one, a class takes half the time of \w
_PATH = rf"[{_LETTERS}-]*(?:&amp;[{_LETTERS}-]*)*"
_URL = (
    rf"https?://[A-Za-z0-9.-]+(?::\d+)?(?:/{_PATH})?"
    rf"(?:[?](?=[^\"#])[{_LETTERS}?-]*(?:&amp;[{_LETTERS}?-]*)*)?"
    rf"(?:\#[{_LETTERS}?-]+)?"
)
_ADDRESS = re.compile(_URL, re.ASCII)
# Links and pictures as most are: nothing of them changes but that they end sooner.
_WORDS = r'(?: alt="[^"&]*")?(?: title="[^"&]*")?'
_SIZE = r'(?: width="\d{1,5}")?(?: height="\d{1,5}")?'
_USUAL_TAG = re.compile(
    rf'(a href="{_URL}")(?: (?:class|data-[a-z]+|id|rel|style|target)="[^"]*")*'
    rf'|(img(?: src="{_URL}"(?:{_SIZE}{_WORDS}|{_WORDS}{_SIZE})|{_WORDS} src="{_URL}"{_SIZE}))'
    r" ?/?",
    re.ASCII,
)
_ESCAPES = re.compile("&(?!amp;)")
_NUMBER = re.compile(r"\d{1,5}", re.ASCII)
_KEY = re.compile(r" [a-z-]+=")
_OPENING = re.compile("(<?)([a-z0-9]+)(?: ?| ?(/) ?)")
_EMPTY_LINES = re.compile(r"\n(?:[ \t]*\n){2,}")
# How the attributes that an element keeps are written, and what tells whether a value may stay;
# None: these are words, which have no reference.
_Check = Callable[[str], object]
_ANY: dict[str, _Check | None] = {" dir=": None, " lang=": None}
_KEPT: dict[str, dict[str, _Check | None]] = {
    "a": {**_ANY, " href=": _ADDRESS.fullmatch, " title=": None},
    "abbr": {**_ANY, " title=": None},
    "img": {
        **_ANY,
        " alt=": None,
        " height=": _NUMBER.fullmatch,
        " src=": _ADDRESS.fullmatch,
        " title=": None,
        " width=": _NUMBER.fullmatch,
    },
    "ol": {**_ANY, " start=": _NUMBER.fullmatch},
    "time": {**_ANY, " datetime=": None},
}


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
_ELEMENTS = _WITHIN.keys() - {""} | _VOID
_WANTED = {"a": " href=", "img": " src="}  # the attribute that an element is nothing without
_ADDRESSED = _names("<a <img")
_SILENT = _PHRASES | {"img"}  # what doesn't part words


def sanitise(html: str, base: str | None, raw: bytes | None = None) -> str | None:
    """Return what `markup.sanitise` would, as `text.block` has it, or None where that isn't
    plain. `raw` is `html` in UTF-8, but for white space around it, if that is at hand."""
    if len(html) > _LONGEST:
        return None
    quoted = "&" in html and bool(_REFERENCE.search(html))
    if quoted:
        given, html = html, _ENTITY.sub(_letter, html)
        raw = raw if given == html else None
        if _STRAY.search(html):
            return None
    try:
        telling = (html.encode() if raw is None else raw).translate(None, _USUAL)
    except UnicodeEncodeError:
        return None
    has_empty_lines = b"\n\n\n" in telling
    telling = telling.replace(b"\n", b"")
    is_usual = telling == b"<>" * (len(telling) // 2)
    if not is_usual and not _is_plain(html, telling):
        return None
    if not unicodedata.is_normalized("NFC", html):
        return None
    parts = html.strip(" \n\t").replace(">", "<").split("<")  # text and tags by turns
    tags = _nested(parts, base) if len(parts) <= _MOST else None
    if tags is None:
        return None
    if quoted:
        parts[::2] = [words.replace("&quot;", '"') for words in parts[::2]]
    parts[1::2] = tags
    kept = "".join(parts)
    if not is_usual:
        kept = kept.replace("\xa0", "&nbsp;")
    if "" in tags:  # what such a tag held apart is together now
        has_empty_lines = True
        if not kept.isascii():
            kept = unicodedata.normalize("NFC", kept)
    return (_EMPTY_LINES.sub("\n\n", kept) if has_empty_lines else kept).strip()


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


def _is_plain(html: str, telling: bytes) -> bool:
    """True where it is clean, and parsers agree on all letters and on which brackets are tags';
    `telling` are those of its bytes that tell."""
    printable = html.replace("\n", "").replace("\xa0", "").replace("\t", "").isprintable()
    if not printable and re.search(_BEYOND, html):
        return False
    brackets = telling.translate(None, _SUSPECT)
    return brackets == b"<>" * (len(brackets) // 2)


class _Place(dict[str, "_Step"]):
    """A place in documents, by what is open there. It remembers where tags led that were asked for:
    those without attributes, and, as "<" and a name, those with some."""

    def __init__(self, stack: tuple[str, ...]) -> None:
        """The place within these elements, the outermost first."""
        self._stack = stack
        self.name = stack[-1] if stack else ""

    def led(self, tag: str) -> _Step | None:
        """Return where `tag` leads, None where it may not stand here."""
        ends = bool(self.name) and tag == f"/{self.name}"
        found = self._closed() if ends else self._opened(tag)
        if found is not None:
            self[tag] = found
        return found

    def _closed(self) -> _Step:
        outer = _place(self._stack[:-1])
        is_strict = self.name in _NEVER_EMPTY or outer.name in _TEXTLESS
        return outer, "" if self.name in _BARE else f"</{self.name}>", is_strict

    def _opened(self, tag: str) -> _Step | None:
        found = _OPENING.fullmatch(tag)
        name = found[2] if found else ""
        if name not in _WITHIN[self.name] or (name in _INLINE and name in self._stack):
            return None
        if found is None or (found[3] and name not in _VOID) or (name in _WANTED and not found[1]):
            return None
        shown = "" if name in _BARE else f"<{name}>"
        if name in _VOID:
            return self, shown, self.name in _TEXTLESS
        if len(self._stack) == _DEEPEST:
            return None
        return _place((*self._stack, name)), shown, name in _TEXTLESS


_Step = tuple[_Place, str, bool]
"""Where a tag leads, how it is written, and whether the text beside it has to be looked at."""

_PLACES: dict[tuple[str, ...], _Place] = {}


def _place(stack: tuple[str, ...]) -> _Place:
    """The place within these elements; when too many are remembered, they are forgotten."""
    if len(_PLACES) > _MOST_PLACES:
        for one in list(_PLACES.values()):  # they know one another
            one.clear()
        _PLACES.clear()
    return _PLACES.setdefault(stack, _Place(stack))


def _nested(parts: list[str], base: str | None) -> list[str] | None:
    """The tags of a document, each as it stays, or None where one stands where it may not; `parts`
    are text and tags by turns."""
    place = _place(())
    written: list[str] = []
    for tag in parts[1::2]:
        step = place.get(tag)
        if step is not None:
            place, shown, is_strict = step
        else:
            usual = _USUAL_TAG.fullmatch(tag)
            if usual is None:
                step, own = _unusual(place, tag, base), ""
            else:
                link, picture = usual.groups()
                known_by = "<a" if link else "<img"
                step, own = place.get(known_by) or place.led(known_by), f"<{link or picture}>"
            if step is None:
                return None
            place, shown, is_strict = step
            shown = own or shown
        if is_strict and not _may_stand(tag, place, written, parts):
            return None
        written.append(shown)
    return None if place.name else written


def _unusual(place: _Place, tag: str, base: str | None) -> _Step | None:
    """Where a tag leads that this place doesn't know. It remembers those that have attributes and
    no address, such as <p class="...">, which stand there again and again."""
    if '"' not in tag:
        return place.led(tag)
    known_by, own = _taken(tag, base)
    step = place.get(known_by) or place.led(known_by)
    if step is None:
        return None
    step = (step[0], own or step[1], step[2])
    if known_by not in _ADDRESSED and len(tag) <= _LONGEST_TAG and len(place) < _MOST_TAGS:
        place[tag] = step
    return step


def _may_stand(tag: str, place: _Place, written: list[str], parts: list[str]) -> bool:
    """True where text beside a tag that leads to `place` is as it may be; `written` are the tags
    before it. Where there can't be any, it is blank. Parsers put the next into an empty <li>, and
    of an empty block that goes nothing would be left to hold apart what is around it."""
    before, _, after = parts[2 * len(written) : 2 * len(written) + 3]
    if place.name in _TEXTLESS and after.strip(" \n\t"):
        return False
    if tag == "/li":
        return bool(before) or not written[-1].startswith("<li")
    return tag[0] != "/" or tag[1:] not in _NEVER_EMPTY or bool(written[-1])


def _taken(tag: str, base: str | None) -> tuple[str, str]:
    parts = tag.split('"')  # keys and values by turns, and how it ends
    shape = _shape('"'.join(parts[::2])) if len(parts) % 2 else None
    if shape is None or ("&" in tag and any("&" in parts[place] for place in shape.words)):
        return "", ""
    for place, is_right, is_address in shape.others:
        if not is_right(parts[place]):
            address = _absolute(parts[place], base) if is_address else None
            if address is None:
                return "", ""
            parts[place] = address
    return shape.known_by, shape.form % shape.values(parts)


class _Shape(Struct, frozen=True):
    """A tag but for its values: what a place knows it by, how it is written, what picks the values
    of that, and where words are among these, and others, with what tells whether such a value may
    stay, and whether it is an address."""

    known_by: str
    form: str
    values: Callable[[list[str]], object]
    words: tuple[int, ...]
    others: tuple[tuple[int, _Check, bool], ...]


@remembered(256)
def _shape(keys: str) -> _Shape | None:
    """The shape of a tag, by all of it but the values."""
    start, *more = keys.split('"')
    name, space, first = start.partition(" ")
    *written, end = space + first, *more
    if name not in _ELEMENTS or end.strip(" ") not in ("", "/" if name in _VOID else ""):
        return None
    wanted, checks = _WANTED.get(name), _KEPT.get(name, _ANY)
    kept: dict[str, int] = {}
    for number, key in enumerate(written):
        if key in kept or not (key in checks or _KEY.fullmatch(key)):
            return None
        if key in checks:
            kept[key] = 2 * number + 1
    if wanted and wanted not in kept:
        return None
    asked = [(place, checks[key], key == wanted) for key, place in kept.items()]
    shown = {} if name in _BARE else kept
    attributes = "".join([f'{key}"%s"' for key in shown])
    return _Shape(
        f"<{name}",
        "" if name in _BARE else f"<{name}{attributes}>",
        itemgetter(*shown.values()) if shown else _no_values,
        tuple([place for place, is_right, _ in asked if is_right is None]),
        tuple([(place, is_right, last) for place, is_right, last in asked if is_right is not None]),
    )


def _no_values(_: list[str]) -> tuple[()]:
    return ()


def _absolute(value: str, base: str | None) -> str | None:
    """A relative address as it is seen from `base`, or None where it is none that is plain then."""
    if not value.strip() or _ESCAPES.search(value):
        return None
    from feedtool.read import markup  # its parsers are nothing that addresses need as most are

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
