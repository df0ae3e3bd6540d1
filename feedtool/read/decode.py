"""Bytes to text: byte order mark, what the document or server says, UTF-8, then a guess."""

from __future__ import annotations

import codecs
import re

from feedtool import text
from feedtool.errors import ReadError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_GUESS_BYTES = 64 * 1024  # enough letters to tell a charset by, in bounded time
_BINARY = re.compile(rb"[\x00-\x06\x0e-\x1a\x1c-\x1f]")
# Codecs of Python that no document is written in; some cost quadratic time.
_NOT_FOR_DOCUMENTS = {"idna", "punycode", "raw-unicode-escape", "unicode-escape", "utf-7"}


def decode(body: bytes, url: str, *charsets: str | None) -> str:
    """Return `body` as clean text.

    `charsets` are what the server and the document say, most trusted first. Raises `ReadError`
    about `url` for an empty or binary document and for one in no charset that can be told.
    """
    if not body.strip():
        raise ReadError(url, "is empty")
    for mark, codec in _MARKS:
        if body.startswith(mark):
            return text.clean(body.decode(codec, "replace"))
    head = body[:_GUESS_BYTES]
    for codec, high, low in (
        ("utf-16-le", head[1::2], head[::2]),
        ("utf-16-be", head[::2], head[1::2]),
    ):
        if high.count(0) * 2 > len(high) and not low.count(0):
            return text.clean(body.decode(codec, "replace"))
    if len(_BINARY.findall(head)) > len(head) // 200:
        raise ReadError(url, "is binary, not text")
    # Text that is valid UTF-8 beyond ASCII is UTF-8, whatever a server says of it.
    first = () if body.isascii() else ("utf-8",)
    for charset in (*first, *charsets, "utf-8"):
        try:
            return text.clean(body.decode(_known(charset)))
        except (UnicodeDecodeError, LookupError):
            continue
    return text.clean(_guess(body, url))


def _known(charset: str | None) -> str:
    """The codec for a label, or a `LookupError`; the web's Latin 1 is Windows-1252 (WHATWG)."""
    name = codecs.lookup(text.line(charset or "none")).name
    if name in _NOT_FOR_DOCUMENTS:
        raise LookupError(name)
    return "cp1252" if name in ("iso8859-1", "ascii") else name


def _guess(body: bytes, url: str) -> str:
    # A few bad bytes in a text that is UTF-8 otherwise must not turn it into something else.
    repaired = body.decode("utf-8", "replace")
    beyond_ascii = len(repaired) - len(repaired.encode("ascii", "ignore"))
    if repaired.count("\ufffd") * 20 < beyond_ascii:
        return repaired
    from charset_normalizer import from_bytes  # only for what is not UTF-8

    best = from_bytes(body[:_GUESS_BYTES]).best()
    if best is None:
        raise ReadError(url, "is in no charset that can be told; save it as UTF-8")
    return body.decode(best.encoding, "replace")
