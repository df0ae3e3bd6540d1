"""Words as full-text search knows them: folded text, made for FTS5's `ascii` tokenizer. Pure.

That tokenizer takes every character beyond ASCII for part of a word, so what is left of those here
are letters, marks that spell, and nothing else. Scripts without spaces become overlapping pairs of
letters: a phrase of pairs finds any part of a run.
"""

from __future__ import annotations

import codecs
import html
import operator
import re
import unicodedata
from array import array
from collections.abc import Sequence
from functools import lru_cache

from feedtool import text as strings
from feedtool.data import Struct
from feedtool.model import Entry
from feedtool.text import remembered

# Letters of scripts that set no space between words, and Hangul, whose words carry endings.
RUNS = (
    "\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u19e0-\u19ff\u2e80-\u2fdf\u3005-\u312f"
    "\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\ua4cf\ua9e0-\ua9ff\uaa60-\uaa7f\uac00-\ud7ff"
    "\uf900-\ufaff\U0001b000-\U0001b16f\U00020000-\U0003ffff"
)
_RUN = re.compile(f"[{RUNS}]+")
_PAIR = re.compile(f"[{RUNS}]{{2}}")
_TOKEN = re.compile("[0-9a-z\x80-\U0010ffff]+")
# Marks that a reader may leave out: accents, harakat, niqqud, variants. Those of Indic scripts and
# of kana spell, and stay.
_MARK = re.compile(
    "[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a"
    "\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u1ab0-\u1aff"
    "\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f\U000e0100-\U000e01ef]"
)
_OWN_LETTERS = frozenset("йїўѓќ")  # no и with a mark, to those who write them
_ALIKE = {"ى": "ي", "ی": "ي", "ک": "ك", "ة": "ه", "đ": "d", "ł": "l", "ø": "o", "ı": "i"}
# What text in Latin letters is made of, in lower case: 128 characters, so that with ASCII one byte
# holds each, and C does the work. Marks are for decomposed text.
_PAGE = (
    "àáảãạăằắẳẵặâầấẩẫậèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵđ"
    "äåçëîïñöøûüœæßąćęłńśźżğışčšžřěůőűșț"
    "\u0300\u0301\u0302\u0303\u0306\u0307\u0308\u0309\u031b\u0323"
    "\u00a0\u00b7\u00ab\u00bb\u2013\u2014\u2018\u2019\u201c\u201d\u2022\u2026\u00b0\u00d7\u20ac"
)
_INLINE = """a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd mark q s samp
small span strike strong sub time tt u var wbr"""
_TAG = re.compile("<(/?[A-Za-z0-9]*)[^>]*>")  # in sanitised HTML, nothing else has these signs
# Stands between two names or paragraphs, that no phrase reaches over it; never left in folded text.
_BREAK = " \ue000 "
TITLE, AUTHOR, _SOURCE = "\ue001", "\ue002", "\ue003"  # what words of one field begin with
_REMEMBERED = 1 << 16
_TEXTS = 320  # long texts that are remembered: more than are written together


class Searchable(Struct, frozen=True):
    """What of an entry is found by search, folded: its title, its authors' names, and its text
    (summary, body, captions, categories)."""

    title: str
    authors: str
    text: str


def searchable(entry: Entry) -> Searchable:
    """Return what of `entry` is found, folded."""
    authors = _BREAK.join([_indexed(person.name) for person in entry.authors])
    return Searchable(_indexed(entry.title), authors, _BREAK.join(map(_indexed, passages(entry))))


def passages(entry: Entry) -> list[str]:
    """Return the texts of `entry` that are found, as they are written: the summary, unless the body
    begins with it, the body as plain text, the captions and the categories."""
    body = entry.content_text or plain(entry.content_html or "")
    summary = entry.summary or ""
    begins = " ".join(body[: 2 * len(summary)].split()).startswith(summary.rstrip("…"))
    return [
        one for one in ("" if begins else summary, body, *entry.captions, *entry.categories) if one
    ]


def fold(text: str) -> str:
    """Return `text` for search: lower case, marks and accents gone, Latin letters in ASCII.

    A run of letters without spaces (Chinese, Japanese, Thai, Korean...) becomes its overlapping
    pairs, and its last letter alone. What is no word becomes a space, or stays where it is ASCII.
    """
    return _folded_name(text) if len(text) <= _SHORT else _folded_text(text)


def _folded(text: str) -> str:
    if text.isascii():
        return text.lower()
    try:
        return _page().write(text)
    except UnicodeEncodeError:
        plain = unicodedata.normalize("NFKC", text).translate(_LETTERS)
        return _RUN.sub(_pairs, plain)


# Apart, as there are several names (titles, authors, categories) to a text. That is asked for to
# tell its story, and again when its batch is written.
_SHORT = 300
_folded_name = lru_cache(maxsize=1024)(_folded)
_folded_text = remembered(_TEXTS, 16_384)(_folded)


def phrase(text: str) -> list[str]:
    """Return the words of a folded `text` that a search for it as a phrase must find in a row."""
    found = tokens(fold(text))
    # The last letter of a run stands alone only where the text ends with it.
    if len(found) > 1 and found[-2][1:] == found[-1] and _PAIR.fullmatch(found[-2]):
        found.pop()
    return found


def tokens(folded: str) -> list[str]:
    """Return the words of folded text, just as FTS5's `ascii` tokenizer tells them."""
    return _TOKEN.findall(folded)


def aligned(text: str) -> tuple[str, Sequence[int]]:
    """Return `text` folded as by `fold` but in one piece, without pairs, and for each of its
    characters, and its end, the place in `text`, which should be in NFC."""
    page = _page()
    try:
        return page.write(text, even=True), range(len(text) + 1)
    except UnicodeEncodeError:
        folded = text.translate(_LETTERS)
    uneven = any(len(_LETTERS[ord(char)]) != 1 for char in set(text))
    if not uneven:
        return folded, range(len(text) + 1)
    starts = array("L")
    for place, length in enumerate(map(len, map(_LETTERS.__getitem__, map(ord, text)))):
        starts.extend((place,) * length)
    starts.append(len(text))
    return folded, starts


def row(found: Searchable, source: str) -> str:
    """Return what the index keeps of an entry from this source: everything that is found, and then
    the words of the title, the authors and the source once more, as words of their own."""
    title = " ".join(tagged(TITLE, tokens(found.title)))
    authors = " ".join(tagged(AUTHOR, tokens(found.authors)))
    parts = (found.title, found.authors, found.text, title, authors, source_word(source))
    return _BREAK.join(parts)


def tagged(tag: str, found: list[str]) -> list[str]:
    """Return words as they are kept for one field alone (`TITLE` or `AUTHOR`): who asks for them
    reads no list of all texts that have them too."""
    return [tag + word for word in found]


def source_word(name: str) -> str:
    """Return the name of a source as a single word for search; no two names share one."""
    return _SOURCE + "".join(
        c if c.isalnum() and c == c.lower() else chr(0xE100 + ord(c)) for c in name
    )


@remembered(_TEXTS, 16_384)
def plain(markup: str) -> str:
    """Return the text of sanitised HTML: entities resolved, blocks apart, inline tags gone."""
    if "<" in markup:
        pieces = _TAG.split(markup)  # text and names of tags, in turn
        pieces[1::2] = map(_GAPS.__getitem__, pieces[1::2])
        markup = "".join(pieces)
    return html.unescape(markup).strip() if "&" in markup else markup.strip()


class _Gaps(dict[str, str]):
    """What stands for a tag, by its name: nothing for one within words, else a space."""

    def __missing__(self, name: str) -> str:
        return self.get(name.lower(), " ")


_GAPS = _Gaps((end + name, "") for name in _INLINE.split() for end in ("", "/"))
_GAPS |= ((end + name, " ") for name in ("p", "br", "img", "figure", "li") for end in ("", "/"))


def _indexed(text: str) -> str:
    """Folded, and each letter of its runs once more alone: so one letter is found as a word, whose
    list the index reads newest first and no further than it must."""
    folded = fold(text)
    if folded.isascii():
        return folded
    letters = {letter for pair in _PAIR.findall(folded) for letter in pair}
    return folded + _BREAK + " ".join(sorted(letters)) if letters else folded


def _pairs(run: re.Match[str]) -> str:
    letters = run[0]
    return f" {' '.join(map(operator.add, letters, letters[1:]))} {letters[-1]} "


class _Letters(dict[int, str]):
    """What each code point is folded to; filled as they come, up to a size."""

    def __missing__(self, code: int) -> str:
        folded = _letter(chr(code))
        if len(self) < _REMEMBERED:
            self[code] = folded
        return folded


def _letter(char: str) -> str:
    """Return what one character is folded to: letters, a space, or nothing."""
    if char.isascii():
        return char.lower()
    if unicodedata.category(char)[0] in "PZ":
        return " "
    lower = char.lower()
    if lower in _OWN_LETTERS:
        return lower
    base = _MARK.sub("", unicodedata.normalize("NFKD", char)).casefold()
    return "".join(map(_based, unicodedata.normalize("NFC", base)))


def _based(char: str) -> str:
    if char.isascii():
        return char.lower()
    if char in _ALIKE:
        return _ALIKE[char]
    if char.isdecimal():
        return str(unicodedata.decimal(char))
    category = unicodedata.category(char)
    if category == "Cf" and char != "\u200b":  # joiners, soft hyphens, direction; but a zero space
        return ""
    if "\u02b0" <= char <= "\u02ff" or not (char.isalnum() or category[0] == "M"):
        return " "
    if unicodedata.name(char, "").startswith("LATIN "):
        return strings.fold(char)
    return char


class _Page:
    """Text in Latin letters to one byte for each, and those to ASCII."""

    def __init__(self) -> None:
        ascii_ = "".join(map(chr, range(128)))
        whole = (ascii_ + _PAGE).ljust(256, "\ufffe")
        self._bytes = codecs.charmap_build(whole)
        folded = [_letter(char) for char in whole]
        single = [letter if len(letter) == 1 else " " for letter in folded]
        self._ascii = "".join(single).encode("ascii")
        self._gone = bytes(i for i, letter in enumerate(folded) if not letter)
        self._long = [
            (bytes([i]), letter.encode("ascii"))
            for i, letter in enumerate(folded)
            if len(letter) > 1
        ]
        self._uneven = self._gone + b"".join(one for one, _ in self._long)

    def write(self, text: str, *, even: bool = False) -> str:
        """Return `text` folded; `UnicodeEncodeError` where it has other letters than these, or,
        where it must be `even`, some that don't become just one."""
        lower = text.lower()
        data: bytes = codecs.charmap_encode(lower, "strict", self._bytes)[0]
        if even:
            if len(lower) != len(text) or len(data.translate(None, self._uneven)) != len(data):
                raise UnicodeEncodeError("page", text, 0, 1, "has uneven letters")
            return data.translate(self._ascii).decode("ascii")
        for one, letters in self._long:
            data = data.replace(one, letters)
        return data.translate(self._ascii, self._gone).decode("ascii")


@lru_cache(maxsize=1)
def _page() -> _Page:
    return _Page()


_LETTERS = _Letters()
