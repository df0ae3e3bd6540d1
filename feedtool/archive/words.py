"""Words as full-text search knows them: folded text, made for FTS5's `ascii` tokenizer. Pure.

That tokenizer takes every character beyond ASCII for part of a word, so what is left of those here
are letters, marks that spell, and nothing else. Scripts without spaces become overlapping pairs of
letters: a phrase of pairs finds any part of a run.
"""

from __future__ import annotations

import html
import operator
import re
import unicodedata
from array import array
from collections.abc import Sequence
from contextlib import suppress
from functools import cache, lru_cache

from feedtool import text as strings
from feedtool.data import Struct
from feedtool.model import Entry
from feedtool.text import Page, recalled

# Letters of scripts that set no space between words, and Hangul, whose words carry endings.
RUNS = (
    "\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u19e0-\u19ff\u2e80-\u2fdf\u3005-\u312f"
    "\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\ua4cf\ua9e0-\ua9ff\uaa60-\uaa7f\uac00-\ud7ff"
    "\uf900-\ufaff\U0001b000-\U0001b16f\U00020000-\U0003ffff"
)
_RUN, _PAIR = f"[{RUNS}]+", f"[{RUNS}]{{2}}"  # compiled where they are needed: it takes long
_TOKEN = re.compile("[^\x00-/:-`{-\x7f]+")
_WORD = re.compile(rb"[0-9a-z\x80-\xff]+")  # the same in UTF-8
# Marks that a reader may leave out: accents, harakat, niqqud, variants. Those of Indic scripts and
# of kana spell, and stay.
_MARK = re.compile(
    "[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a"
    "\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u1ab0-\u1aff"
    "\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f\U000e0100-\U000e01ef]"
)
_OWN_LETTERS = frozenset("йїўѓќ")  # no и with a mark, to those who write them
_ALIKE = {"ى": "ي", "ی": "ي", "ک": "ك", "ة": "ه", "đ": "d", "ł": "l", "ø": "o", "ı": "i"}
# What other text in Latin letters is made of, in lower case. Marks are for decomposed text.
_EUROPEAN = "àáâãèéêìíòóôõùúýäåçëîïñöøûüœæßąćęłńśźżğışčšžřěůőűșț"
_MARKS = "\u0300\u0301\u0302\u0303\u0306\u0307\u0308\u0309\u031b\u0323"
_INLINE = """a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd mark q s samp
small span strike strong sub time tt u var wbr"""
_TAG = re.compile("<(/?[A-Za-z0-9]*)[^>]*>")  # in sanitised HTML, nothing else has these signs
# Stands between two names or paragraphs, that no phrase reaches over it; never left in folded text.
_BREAK = " \ue000 ".encode()
TITLE, AUTHOR, _SOURCE = "\ue001", "\ue002", "\ue003"  # what words of one field begin with
_TITLE, _AUTHOR = TITLE.encode(), AUTHOR.encode()
_REMEMBERED = 1 << 16
_TEXTS = 560  # long texts that are remembered: more than are written together


class Searchable(Struct, frozen=True):
    """What of an entry is found by search, folded, in UTF-8: its title, its authors' names, and its
    text (summary, body, captions, categories)."""

    title: bytes
    authors: bytes
    text: bytes


class Body(Struct, frozen=True):
    """What the text of an entry, without its summary, is folded to, in UTF-8; and whether it begins
    with the summary."""

    folded: bytes
    is_summed_up: bool


def searchable(entry: Entry) -> Searchable:
    """Return what of `entry` is found, folded."""
    said = body(entry.content_text, entry.content_html, entry.summary)
    summary = "" if said.is_summed_up else entry.summary or ""
    names = [person.name for person in entry.authors]
    lines = [entry.title, *names, summary, *entry.captions, *entry.categories]
    title, *rest = map(_indexed, _folded_lines(lines))
    authors, (summed_up, *others) = rest[: len(names)], rest[len(names) :]
    text = _BREAK.join(filter(None, (summed_up, _indexed(said.folded), *others)))
    return Searchable(title, _BREAK.join(authors), text)


def _folded_lines(lines: list[str]) -> list[bytes]:
    """Each of these folded, at once where no line has an end within."""
    folded = _folded("\n".join(lines)).split(b"\n")
    return folded if len(folded) == len(lines) else list(map(_folded, lines))


@recalled(_TEXTS, 16_384)
def body(text: str | None, markup: str | None, summary: str | None) -> Body:
    """Return the folded text of an entry, of which one is given, and how its summary fits it; it is
    remembered until its batch is written, as it is asked for to tell its story, too."""
    found = text or plain(markup or "")
    return Body(_folded(found), _begins(found, summary or ""))


def passages(entry: Entry) -> list[str]:
    """Return the texts of `entry` that are found, as they are written: the summary, unless the body
    begins with it, the body as plain text, the captions and the categories."""
    text, summary = entry.content_text or plain(entry.content_html or ""), entry.summary or ""
    before = "" if _begins(text, summary) else summary
    return [one for one in (before, text, *entry.captions, *entry.categories) if one]


def _begins(text: str, summary: str) -> bool:
    if not text.startswith(summary[:1].rstrip("…")):  # neither begins with white space
        return False
    return " ".join(text[: 2 * len(summary)].split()).startswith(summary.rstrip("…"))


def fold(text: str) -> str:
    """Return `text` for search: lower case, marks and accents gone, Latin letters in ASCII.

    A run of letters without spaces (Chinese, Japanese, Thai, Korean...) becomes its overlapping
    pairs, and its last letter alone. What is no word becomes a space, or stays where it is ASCII.
    """
    return _folded(text).decode()


def _folded(text: str) -> bytes:
    """The same, in UTF-8."""
    if text.isascii():
        return text.encode().lower()
    for page in _pages():
        try:
            return page.write(text)
        except UnicodeEncodeError:
            continue
    try:
        return _latin().write(text.lower())
    except UnicodeEncodeError:
        plain = unicodedata.normalize("NFKC", text).translate(_LETTERS)
        return re.sub(_RUN, _pairs, plain).encode()


def phrase(text: str) -> list[str]:
    """Return the words of a folded `text` that a search for it as a phrase must find in a row."""
    found = tokens(fold(text))
    # The last letter of a run stands alone only where the text ends with it.
    if len(found) > 1 and found[-2][1:] == found[-1] and re.fullmatch(_PAIR, found[-2]):
        found.pop()
    return found


def tokens(folded: str) -> list[str]:
    """Return the words of folded text, just as FTS5's `ascii` tokenizer tells them."""
    return _TOKEN.findall(folded)


def aligned(text: str) -> tuple[str, Sequence[int]]:
    """Return `text` folded as by `fold` but in one piece, without pairs, and for each of its
    characters, and its end, the place in `text`, which should be in NFC."""
    for page in _pages():
        with suppress(UnicodeEncodeError):
            return page.write_evenly(text).decode("ascii"), range(len(text) + 1)
    folded = text.translate(_LETTERS)
    uneven = any(len(_LETTERS[ord(char)]) != 1 for char in set(text))
    if not uneven:
        return folded, range(len(text) + 1)
    starts = array("L")
    for place, length in enumerate(map(len, map(_LETTERS.__getitem__, map(ord, text)))):
        starts.extend((place,) * length)
    starts.append(len(text))
    return folded, starts


def row(found: Searchable, source: str) -> bytes:
    """Return what the index keeps of an entry from this source: everything that is found, and then
    the words of the title, the authors and the source once more, as words of their own."""
    title, authors = _tagged(_TITLE, found.title), _tagged(_AUTHOR, found.authors)
    name = source_word(source).encode()
    return _BREAK.join((found.title, found.authors, found.text, title, authors, name))


def _tagged(tag: bytes, folded: bytes) -> bytes:
    """Folded text as it is kept for one field alone (see `tagged`)."""
    found = _WORD.findall(folded)
    return tag + (b" " + tag).join(found) if found else b""


def tagged(tag: str, found: list[str]) -> list[str]:
    """Return words as they are kept for one field alone (`TITLE` or `AUTHOR`): who asks for them
    reads no list of all texts that have them too."""
    return [tag + word for word in found]


@lru_cache(maxsize=1024)
def source_word(name: str) -> str:
    """Return the name of a source as a single word for search; no two names share one."""
    return _SOURCE + "".join(
        c if c.isalnum() and c == c.lower() else chr(0xE100 + ord(c)) for c in name
    )


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


def _indexed(folded: bytes) -> bytes:
    """Folded text, and each letter of its runs once more alone: so one letter is found as a word,
    whose list the index reads newest first and no further than it must."""
    if folded.isascii():
        return folded
    letters = {letter for pair in re.findall(_PAIR, folded.decode()) for letter in pair}
    return folded + _BREAK + " ".join(sorted(letters)).encode() if letters else folded


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


@cache
def _pages() -> tuple[Page, Page]:
    """What is written in both cases with these letters need not be brought to lower case first."""
    european = "".join(dict.fromkeys(_EUROPEAN + "".join(c for c in _EUROPEAN.upper() if c > "z")))
    pages = strings.VIETNAMESE + strings.SIGNS, european + strings.SIGNS + _MARKS
    return Page(pages[0], _letter), Page(pages[1], _letter)


@cache
def _latin() -> Page:
    """All of these letters, in lower case."""
    letters = dict.fromkeys(strings.VIETNAMESE.lower() + _EUROPEAN + _MARKS + strings.SIGNS)
    return Page("".join(letters), _letter)


_LETTERS = _Letters()
