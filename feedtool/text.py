"""Strings: clean, fold, slug, digest. Pure, and knows nothing of feedtool."""

from __future__ import annotations

import codecs
import hashlib
import re
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from functools import cache, lru_cache, wraps
from typing import TypeVar
from urllib.parse import quote, urlsplit, urlunsplit

# What XML 1.0 § 2.2 cannot carry (controls, surrogates, U+FFFE and U+FFFF), and what it
# discourages: C1 controls and the other noncharacters. Tab and line ends stay. Compiled where it is
# first needed, as it takes as long as a request.
_FORBIDDEN = (
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufeff\ufffe\uffff]"
)
# Apart, as a class of so many pieces makes each letter dear: looked for only beyond the first one.
_HIGH = re.compile("[\U0001fffe-\U0010ffff]")
_HIGH_FORBIDDEN = re.compile(
    "["
    + "".join(chr(plane * 0x10000 + low) for plane in range(1, 17) for low in (0xFFFE, 0xFFFF))
    + "]"
)
_CONTROLS = bytes({*range(0x20), 0x7F} - {0x09, 0x0A})  # in ASCII, but for tab and line feed
_KEPT = {0, *range(0x80)} - {*_CONTROLS[1:]}
_BLANK_LINES = re.compile(r"\n(?:[ \t\f\v]*\n){2,}")
_NOT_WORD = re.compile(r"[^a-z0-9]+")
# RFC 3986 § 2: what can't stand in a URL as it is; other characters are left as they were written.
_UNSAFE_IN_URL = re.compile(r'[\x00-\x20"<>\\^`{|}\x7f]')
# An address that is what it should be, as most are: nobody need take it apart.
_PLAIN_URL = re.compile(
    r"https?://[A-Za-z0-9.-]+(?::[1-5]?[0-9]{1,4})?(?:[/?#][!#-;=?-\[\]_a-z~]*)?",
)
# Names that Windows keeps for devices, whatever their extension.
_DEVICES = {"con", "prn", "aux", "nul"} | {f"{d}{n}" for d in ("com", "lpt") for n in range(10)}
RESERVED_SLUGS = _DEVICES | {"index"}
SLUG_BYTES = 100
# What Vietnamese is written with beside ASCII, and what stands between words there and elsewhere.
_VIETNAMESE = "àáảãạăằắẳẵặâầấẩẫậèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵđ"
SIGNS = "\u00a0\u00b7\u00ab\u00bb\u2013\u2014\u2018\u2019\u201c\u201d\u2022\u2026\u00b0\u00d7\u20ac"
VIETNAMESE = _VIETNAMESE + _VIETNAMESE.upper()
T = TypeVar("T")
_SECRET = re.compile(
    r"(?:access_?|api_?|auth_?)(?:token|key)|token|secret|password|passwd|pwd", re.IGNORECASE
)


def remembered(size: int, longest: int = 300) -> Callable[[Callable[[str], T]], Callable[[str], T]]:
    """Remember the answers of a function of one string, the last `size` of them, where the string
    has at most `longest` letters: what is remembered is kept in memory."""

    def decorate(function: Callable[[str], T]) -> Callable[[str], T]:
        known = lru_cache(maxsize=size)(function)

        @wraps(function)
        def ask(text: str) -> T:
            return known(text) if len(text) <= longest else function(text)

        return ask

    return decorate


def recalled(size: int, longest: int) -> Callable[[Callable[..., T]], Callable[..., T]]:
    """Remember the answers of a function of frozen values, the last `size` of them, where strings
    among these have at most `longest` letters together: by which values they are, not by what they
    say, so that long strings need not be gone through to find what was answered."""

    def decorate(function: Callable[..., T]) -> Callable[..., T]:
        # With the values: as long as they are held, no others have their numbers.
        known: dict[tuple[int, ...], tuple[T, tuple[object, ...]]] = {}

        @wraps(function)
        def ask(*given: object) -> T:
            key = tuple(map(id, given))
            found = known.get(key)
            if found is not None:
                return found[0]
            answer = function(*given)
            if sum([len(one) for one in given if isinstance(one, str)]) <= longest:
                if len(known) >= size:
                    with suppress(RuntimeError):  # another thread has been here meanwhile
                        known.pop(next(iter(known), ()), None)
                known[key] = answer, given
            return answer

        return ask

    return decorate


class Page:
    """Text that is made of ASCII and at most 158 other letters, to what these stand for in ASCII:
    each becomes one byte, so that C does the work."""

    def __init__(self, letters: str, meaning: Callable[[str], str]) -> None:
        """`meaning(char)` says what one stands for, in ASCII. There may be such as stand for none,
        or for several."""
        others = iter(letters)
        # Where text has no control characters, others take their places.
        whole = "".join(
            char if code in _KEPT else next(others, "\ufffe")
            for code, char in enumerate(map(chr, range(256)))
        )
        self._bytes = codecs.charmap_build(whole)
        found = [meaning(char) if char != "\ufffe" else " " for char in whole]
        self._ascii = "".join(one if len(one) == 1 else " " for one in found).encode("ascii")
        self._gone = bytes(code for code, one in enumerate(found) if not one)
        self._long = [
            (bytes([code]), one.encode("ascii")) for code, one in enumerate(found) if len(one) > 1
        ]
        self._uneven = self._gone + b"".join(one for one, _ in self._long)

    def write(self, text: str) -> bytes:
        """Return what `text` stands for; `UnicodeEncodeError` where it has other letters."""
        data: bytes = codecs.charmap_encode(text, "strict", self._bytes)[0]
        for one, letters in self._long:
            data = data.replace(one, letters)
        return data.translate(self._ascii, self._gone)

    def write_evenly(self, text: str) -> bytes:
        """Return what `text` stands for, a byte for each letter; `UnicodeEncodeError` also where
        one doesn't stand for just one."""
        data: bytes = codecs.charmap_encode(text, "strict", self._bytes)[0]
        if len(data.translate(None, self._uneven)) != len(data):
            raise UnicodeEncodeError("page", text, 0, 1, "has uneven letters")
        return data.translate(self._ascii)


def clean(text: str) -> str:
    """Return `text` in NFC, with unix line ends and without what XML 1.0 can't carry."""
    if not _is_carried(text):
        text = re.sub(_FORBIDDEN, "", text)
        if _HIGH.search(text):
            text = _HIGH_FORBIDDEN.sub("", text)
        text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x85", "\n")
    return unicodedata.normalize("NFC", text)


def _is_carried(text: str) -> bool:
    """True where XML surely carries `text`: nothing that is forbidden is printable, nor is a line's
    end."""
    if text.isascii():  # bytes are looked through in a quarter of the time of letters
        raw = text.encode("ascii")
        return len(raw.translate(None, _CONTROLS)) == len(raw)
    return text.replace("\n", "").isprintable()


def line(text: str) -> str:
    """Return `text` cleaned and on one line, white space run together and trimmed."""
    if not text.isprintable():
        return " ".join(clean(text).split())
    # Of all white space, the space alone is printable.
    text = unicodedata.normalize("NFC", text)
    return " ".join(text.split()) if "  " in text else text.strip(" ")


def block(text: str) -> str:
    """Return `text` cleaned, its line breaks kept, at most one empty line in a row."""
    found = clean(text)
    return (_BLANK_LINES.sub("\n\n", found) if "\n" in found else found).strip()


def fold(text: str) -> str:
    """Return `text` for comparing: lower case, without marks (Đ becomes d), words by one space."""
    try:
        written = _plain_letters().write(text)  # each of them is in NFC
    except UnicodeEncodeError:
        return _folded(unicodedata.normalize("NFC", text)).strip()
    return b" ".join(written.split()).decode("ascii")


def _folded(text: str) -> str:
    from anyascii import anyascii  # 200 kB of tables, wanted only when something is new

    return _NOT_WORD.sub(" ", anyascii(text).lower())


@cache
def _plain_letters() -> Page:
    return Page(VIETNAMESE + SIGNS, _folded)


def slug(title: str) -> str:
    """Return a name for `title` of [a-z0-9-], whole words up to 100 bytes, never empty.

    The first word is cut where it alone is longer.
    """
    words = fold(title).replace(" ", "-")
    if len(words) > SLUG_BYTES:
        words = words[: SLUG_BYTES + 1]
        words = words.rpartition("-")[0] or words[:SLUG_BYTES]
    return words or "entry"


def shorten(text: str, length: int) -> str:
    """Return the first words of `text`, at most `length` characters, with an ellipsis if cut."""
    words = ""
    if len(text) > 2 * length:
        # Of a long text the first words will do. Nothing is composed over a space.
        words = line(text[: 2 * length].rpartition(" ")[0])
    if len(words) <= length:
        words = line(text)
    if len(words) <= length:
        return words
    head = words[:length]
    # Scripts without spaces have no word to spare: cut where it falls.
    return (head.rpartition(" ")[0] or head[:-1]).rstrip(",;:–- ") + "…"


def digest(data: bytes | str) -> str:
    """Return `sha256:HEX` of `data` (text as UTF-8)."""
    raw = data.encode("utf-8") if isinstance(data, str) else data
    return "sha256:" + hashlib.sha256(raw).hexdigest()


def without_secrets(url: str) -> str:
    """Return `url` without user, password, and parameters that are called a key or token: what may
    be printed and archived."""
    if "?" not in url and "#" not in url and _PLAIN_URL.fullmatch(url):
        return url
    return _bared(url)


def _bared(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    kept = [
        part for part in parts.query.split("&") if not _SECRET.fullmatch(part.partition("=")[0])
    ]
    netloc = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=netloc, query="&".join(kept)))


@lru_cache(maxsize=1024)  # a document's is asked for several times while it is read
def place(url: str) -> str:
    """Return what stands for an address in ids: without its scheme, which may change to https,
    without secrets, and without the fragment."""
    return without_secrets(url).partition("#")[0].partition("://")[2]


@remembered(4096)  # that of each source is asked for several times in a round
def server(url: str) -> tuple[str, str]:
    """Return the host of an address, and its origin: scheme, host and port."""
    parts = urlsplit(url)
    return parts.hostname or "", f"{parts.scheme}://{parts.netloc.rpartition('@')[2].lower()}"


def web_url(text: str | None) -> str | None:
    """Return `text` as an absolute http(s) URL without white space, or None where it is none."""
    if not text or _PLAIN_URL.fullmatch(text):
        return text or None
    url = _UNSAFE_IN_URL.sub(lambda found: quote(found[0]), clean(text).strip())
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - raises ValueError when it is no number
    except ValueError:
        return None
    return url if parts.scheme.lower() in ("http", "https") and parts.hostname else None
