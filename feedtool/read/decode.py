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
    if len(_BINARY.findall(body[:_GUESS_BYTES])) > len(body[:_GUESS_BYTES]) // 200:
        raise ReadError(url, "is binary, not text")
    for charset in (*charsets, "utf-8"):
        try:
            return text.clean(body.decode(_known(charset)))
        except (UnicodeDecodeError, LookupError):
            continue
    return text.clean(_guess(body, url))


def _known(charset: str | None) -> str:
    """The codec for a label, or a `LookupError`; the web's Latin 1 is Windows-1252 (WHATWG)."""
    name = codecs.lookup(text.line(charset or "none")).name
    if not getattr(codecs.lookup(name), "_is_text_encoding", True):
        raise LookupError(name)
    return "cp1252" if name in ("iso8859-1", "ascii") else name


def _guess(body: bytes, url: str) -> str:
    from charset_normalizer import from_bytes  # only for what is not UTF-8

    best = from_bytes(body[:_GUESS_BYTES]).best()
    # A few bad bytes in a text that is UTF-8 otherwise must not turn it into something else.
    repaired = body.decode("utf-8", "replace")
    if repaired.count("\ufffd") * 100 < len(repaired) - len(repaired.encode("ascii", "ignore")):
        return repaired
    if best is None:
        raise ReadError(url, "is in no charset that can be told; save it as UTF-8")
    return body.decode(best.encoding, "replace")
