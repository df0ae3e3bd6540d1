"""Long CDATA sections, which Python reads in half of expat's time where letters are beyond ASCII.

A mark goes in the stead of each. Where expat finds every one at its place, with its words put back
the document is what it was: it is well-formed exactly if the one with marks is, as a section may
stand wherever a mark may but outside the outermost element, and holds nothing but letters.
"""

from __future__ import annotations

import re
from bisect import bisect_left

from feedtool.data import Struct

_LONG = re.compile(rb"<!\[CDATA\[([^\]]{300,})\]\]>")
_MARK = b"<?section?>"
_CONTROLS = bytes({*range(32)} - {*b"\t\n"})  # none may stand in XML, but for what ends a line


class Section(str):
    """What a section says, and `raw`, the same in UTF-8, which is dear to make of it again."""

    raw: bytes


class Lifted(Struct, frozen=True):
    """A document with marks, what is in their stead, where each stands, and how many bytes longer
    the document was up to the first mark, to the second, and so on."""

    document: bytes
    words: tuple[Section, ...]
    places: tuple[int, ...]
    longer: tuple[int, ...]

    def original(self, index: int) -> int:
        """Return where in the document without marks that was which is here at `index`."""
        return index + self.longer[bisect_left(self.places, index)]


def lift(document: bytes) -> Lifted | None:
    """Return the document, which is UTF-8, without its long sections, None where it has none."""
    if document.isascii() or b"[" not in document:
        return None
    parts = _LONG.split(document)  # what is around them, and what is in them, by turns
    words, places, longer, length = [], [], [0], 0
    for number in range(1, len(parts), 2):
        said = _said(parts[number])
        length += len(parts[number - 1])
        whole = b"<![CDATA[%b]]>" % parts[number]
        parts[number] = whole if said is None else _MARK
        if said is not None:
            words.append(said)
            places.append(length)
            longer.append(longer[-1] + len(whole) - len(_MARK))
        length += len(parts[number])
    return Lifted(b"".join(parts), tuple(words), tuple(places), tuple(longer)) if words else None


def _said(raw: bytes) -> Section | None:
    """What a section says, None where expat might not take it, or not as it is."""
    if len(raw.translate(None, _CONTROLS)) != len(raw):
        return None
    try:
        words = Section(raw, "utf-8")
    except UnicodeDecodeError:
        return None
    words.raw = raw
    return None if "\ufffe" in words or "\uffff" in words else words
