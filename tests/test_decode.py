"""Bytes to text, whatever charset they are in."""

from __future__ import annotations

import codecs
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedtool.errors import ReadError
from feedtool.read.decode import decode

TEXT = (
    "Hợp tác xã chè Pá Lương ra mắt vườn ươm. Sáng nay, đại diện các hộ thành viên đã đến dự lễ.\n"
    "Vườn ươm rộng hơn một héc ta, mỗi năm cung cấp cây giống cho các hộ trong vùng; bà con rất vui."
)


def windows_1258(value: str) -> bytes:
    """Text as old Vietnamese editors saved it: letters with their marks, tones behind them."""
    out = bytearray()
    for letter in value:
        try:
            out += letter.encode("cp1258")
        except UnicodeEncodeError:
            base, *marks = unicodedata.normalize("NFD", letter)
            tones = [mark for mark in marks if mark in "\u0300\u0301\u0303\u0309\u0323"]
            kept = unicodedata.normalize("NFC", base + "".join(m for m in marks if m not in tones))
            out += (kept + "".join(tones)).encode("cp1258")
    return bytes(out)


@pytest.mark.parametrize(
    ("body", "charsets"),
    [
        (TEXT.encode(), ()),
        (TEXT.encode("utf-8-sig"), ("iso-8859-1",)),
        (TEXT.encode(), ("iso-8859-1",)),
        (TEXT.encode("utf-16"), ()),
        (codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), ("utf-8",)),
        (TEXT.encode("utf-16-le"), ()),
        (TEXT.encode("utf-16-be"), ()),
        (TEXT.encode("utf-32"), ()),
        (windows_1258(TEXT), ("windows-1258",)),
        (windows_1258(TEXT), ()),
        (unicodedata.normalize("NFD", TEXT).encode(), ()),
        (TEXT.encode(), ("no-such-charset", "punycode")),
    ],
)
def test_text_is_read_in_its_charset(body: bytes, charsets: tuple[str, ...]) -> None:
    """By its mark, by being UTF-8, by what is said of it, or by its letters; in NFC."""
    assert decode(body, "a.txt", *charsets) == TEXT


def test_latin_1_is_the_webs() -> None:
    """What is called Latin 1 or ASCII is Windows-1252, as browsers read it."""
    assert decode(b"caf\xe9 \x96 th\xe9", "a.txt", "iso-8859-1") == "café – thé"
    assert decode(b"caf\xe9 \x96 th\xe9", "a.txt", "us-ascii") == "café – thé"
    assert decode(b"plain", "a.txt", "koi8-r") == "plain"


def test_a_few_bad_bytes_do_not_turn_a_text() -> None:
    """UTF-8 with a torn letter stays UTF-8, the torn letter marked."""
    body = TEXT.encode().replace("ườ".encode(), b"\xc6", 1)
    found = decode(body, "a.txt")
    assert "Hợp tác xã chè" in found
    assert "\ufffd" in found


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "is empty"),
        (b" \r\n\t", "is empty"),
        (bytes(range(256)) * 10, "is binary"),
        (b"\x89PNG\r\n\x1a\n" + b"\x00\x01\x00\x02abc" * 50, "is binary"),
    ],
)
def test_what_is_no_text_is_told(body: bytes, reason: str) -> None:
    """Empty and binary documents are errors that name them."""
    with pytest.raises(ReadError, match=f"a.txt: {reason}"):
        decode(body, "a.txt")


def test_a_charset_that_cannot_be_told_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing fits, the error says what to do."""
    import charset_normalizer

    class Nothing:
        def best(self) -> None:
            return None

    monkeypatch.setattr(charset_normalizer, "from_bytes", lambda _: Nothing())
    with pytest.raises(ReadError, match="save it as UTF-8"):
        decode(b"caf\xe9", "a.txt")


@given(st.binary(max_size=300), st.sampled_from([None, "utf-8", "shift_jis", "utf-16", "koi8-r"]))
def test_any_bytes_are_text_or_an_error(body: bytes, charset: str | None) -> None:
    """Nothing but clean text or a `ReadError` comes of any bytes."""
    try:
        found = decode(body, "a.txt", charset)
    except ReadError:
        return
    assert unicodedata.is_normalized("NFC", found)
    assert "\x00" not in found
