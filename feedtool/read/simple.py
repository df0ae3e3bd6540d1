"""HTML that is already as `markup.sanitise` would leave it, told by its tags alone.

Most articles in feeds are paragraphs with links, emphasis and pictures, well nested. For these no
tree is needed; the tests hold that the answer is the same. Anything else is for `markup`.
"""

from __future__ import annotations

import re
import unicodedata

_TAG = re.compile(r"(<[^<>]*>)")
_ATTRIBUTES = re.compile(r'<([a-z0-9]+)((?: [a-z-]+="[^"<>]*")*) ?(/?)>')
_ATTRIBUTE = re.compile(r' ([a-z-]+)="([^"]*)"')
_ENTITY = re.compile(r"&(?!(?:amp|lt|gt);)")
_NUMBERED = re.compile(r"&#([1-9]\d{2,4});")
_LONGEST = 1 << 20  # characters
# Addresses that stay what they are, whatever they are resolved against.
_PATH = r"[\w.~!$'()*+,=:@%/-]*(?:&amp;[\w.~!$'()*+,=:@%/-]*)*"
_URL = (
    r"https?://[A-Za-z0-9.-]+(?::\d+)?(?:/" + _PATH + r")?"
    r"(?:[?](?=[^\"#])[\w.~!$'()*+,=:@%/?-]*(?:&amp;[\w.~!$'()*+,=:@%/?-]*)*)?"
    r"(?:\#[\w.~!$'()*+,=:@%/?-]+)?"
)
_ADDRESS = re.compile(_URL, re.ASCII)
_LINK = re.compile(rf'<a href="{_URL}">', re.ASCII)  # most are as short as this
_WORDS = re.compile(r"[^\"&<>]*")
_NUMBER = re.compile(r"\d{1,5}", re.ASCII)
# What each attribute of an element may be, to stay.
_KEPT = {
    "a": {"href": _ADDRESS, "title": _WORDS},
    "img": {
        "alt": _WORDS,
        "height": _NUMBER,
        "src": _ADDRESS,
        "title": _WORDS,
        "width": _NUMBER,
    },
}
_STAYING = frozenset(("dir", "lang"))  # attributes that any element may keep
_WANTED = {"a": "href", "img": "src"}
_PHRASES = frozenset(("a", "b", "code", "em", "i", "strong"))
_INLINE = _PHRASES | {"br", "img"}
_BLOCKS = ("p", "h1", "h2", "h3", "h4", "h5", "h6")
# What may stand in what; the outermost is "".
_WITHIN: dict[str, frozenset[str]] = {
    "": frozenset((*_BLOCKS, "blockquote", "ol", "ul")),
    "blockquote": frozenset(("p",)),
    "li": _INLINE,
    "ol": frozenset(("li",)),
    "ul": frozenset(("li",)),
    **dict.fromkeys(_BLOCKS, _INLINE),
    **dict.fromkeys(_PHRASES, _INLINE),
}
_VOID = ("br", "img")
_OPENING = {f"<{name}>": name for name in (*_WITHIN, "br") if name not in ("", "a")}
_CLOSING = {name: f"</{name}>" if name else "" for name in _WITHIN}
_ELEMENTS = frozenset(_WITHIN) | _INLINE
_TEXTLESS = frozenset(("", "blockquote", "ol", "ul"))


def sanitise(html: str) -> str | None:
    """Return what `markup.sanitise` would, whatever the base, or None where that isn't plain."""
    if len(html) > _LONGEST:
        return None
    if "&" in html:
        html = _NUMBERED.sub(_letter, html).replace("&nbsp;", "\xa0")
        if _ENTITY.search(html):
            return None
    if not html.replace("\n", "").replace("\xa0", "").isprintable():
        return None
    if not unicodedata.is_normalized("NFC", html):
        return None
    parts = _TAG.split(html.strip(" \n"))
    if not _nested(parts):
        return None
    tags = len(parts) // 2
    if parts[-1] or not html.count("<") == tags == html.count(">"):
        return None
    return "".join(parts).replace("\xa0", "&nbsp;")


def _nested(parts: list[str]) -> bool:
    """Write each tag in `parts` (text and tags by turns) as it stays; False where one stands where
    it may not."""
    stack: list[str] = []
    parent, allowed, closing, textless = "", _WITHIN[""], "", True
    for number in range(1, len(parts), 2):
        tag = parts[number]
        if textless and parts[number - 1].strip(" \n"):
            return False
        if tag == closing:
            if tag == "</li>" and not parts[number - 1] and parts[number - 2].startswith("<li"):
                return False  # an empty one takes in what comes after it
            stack.pop()
            parent = stack[-1] if stack else ""
        else:
            name = _OPENING.get(tag)
            if name is None:
                kept = ("a", tag) if _LINK.fullmatch(tag) else _with_attributes(tag)
                if kept is None:
                    return False
                name, parts[number] = kept
            if name not in allowed or name in stack:
                return False
            if name in _VOID:
                continue
            stack.append(name)
            parent = name
        allowed, closing, textless = _WITHIN[parent], _CLOSING[parent], parent in _TEXTLESS
    return not stack


def _letter(found: re.Match[str]) -> str:
    number = int(found[1])
    return chr(number) if 160 <= number < 0xD800 else found[0]


def _with_attributes(tag: str) -> tuple[str, str] | None:
    """The name of an element, and its tag with the attributes that stay."""
    found = _ATTRIBUTES.fullmatch(tag)
    if found is None:
        return None
    name, written, slash = found.groups()
    if name not in _ELEMENTS or (slash and name not in _VOID):
        return None
    patterns = _KEPT.get(name, {})
    seen: dict[str, str] = {}
    for key, value in _ATTRIBUTE.findall(written):
        pattern = patterns.get(key)
        if key in seen or key in _STAYING or (pattern and not pattern.fullmatch(value)):
            return None
        seen[key] = f' {key}="{value}"' if pattern else ""
    if _WANTED.get(name, "") not in ("", *seen):
        return None
    return name, f"<{name}{''.join(seen.values())}>"


def words(html: str) -> str:
    """Return the text of HTML that `sanitise` took, white space as it comes."""
    parts = _TAG.split(html)
    for number in range(1, len(parts), 2):
        name = parts[number].strip("</>").partition(" ")[0]
        parts[number] = "" if name in _PHRASES or name == "img" else " "
    text = "".join(parts)
    return (
        text.replace("&nbsp;", " ").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    )
