"""Strings: clean, fold, slug, shorten, addresses."""

from __future__ import annotations

import re
import sys
import unicodedata
from urllib.parse import quote, urlsplit
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedtool import text

ANY = st.text(st.characters(codec=None), max_size=80)


@given(ANY)
def test_clean_text_is_carried_by_xml(value: str) -> None:
    """Whatever is cleaned can be written as XML and is read back the same."""
    cleaned = text.clean(value)
    element = ET.Element("a")
    element.text = cleaned
    again = ET.fromstring(ET.tostring(element, encoding="utf-8")).text or ""
    assert again == cleaned
    assert text.clean(cleaned) == cleaned
    assert unicodedata.is_normalized("NFC", cleaned)


# Whatever has to be cleaned in some way, and what hasn't, in texts of any length.
PIECES = [
    *("a", "words ", "đường", "e\u0301", "\u0301", "…", "，", "\U0001f600", "é", "~", "x" * 200),
    *(" ", "  ", "\n", "\n\n\n", "\t", "\r", "\r\n", "\x0b", "\x0c", "\x1c", "\x85"),
    *("\xa0", "\u200b", "\u2028", "\u3000", "\x00", "\x1b", "\x7f", "\x84", "\x9f"),
    *("\ud800", "\ufdd0", "\ufeff", "\uffff", "\U0001fffe", "\U0010ffff"),
]
SOME = ANY | st.lists(st.sampled_from(PIECES), max_size=12).map("".join)


def _cleaned(value: str) -> str:
    """What XML 1.0 carries of `value`, letter by letter."""
    carried = (one for one in value if one in "\t\n\r\x85" or not _is_forbidden(ord(one)))
    left = "".join(carried).replace("\r\n", "\n").replace("\r", "\n").replace("\x85", "\n")
    return unicodedata.normalize("NFC", left)


def _is_forbidden(code: int) -> bool:
    control = code < 0x20 or 0x7F <= code <= 0x9F
    noncharacter = 0xFDD0 <= code <= 0xFDEF or code & 0xFFFE == 0xFFFE
    return control or noncharacter or 0xD800 <= code <= 0xDFFF or code == 0xFEFF


@given(SOME)
def test_what_is_clean_is_told_as_if_it_were_cleaned(value: str) -> None:
    """However soon a text is known to be right, it comes out as by the long way, letter by
    letter."""
    cleaned = _cleaned(value)
    assert text.clean(value) == cleaned
    assert text.line(value) == " ".join(cleaned.split())
    assert text.block(value) == re.sub("\n(?:[ \t]*\n){2,}", "\n\n", cleaned).strip()


def test_a_printable_letter_stays_one_on_one_line() -> None:
    """Composing makes neither white space nor controls of what is printable."""
    for letter in filter(str.isprintable, map(chr, range(sys.maxunicode + 1))):
        composed = unicodedata.normalize("NFC", letter)
        assert composed.isprintable()
        assert composed == " " or not any(map(str.isspace, composed))


def test_clean_keeps_every_letter_and_joins_marks() -> None:
    """Decomposed Vietnamese becomes what people type, and line ends become unix ones."""
    assert text.clean("Đa\u0309ng bo\u0323\u0302\r\nhuyện\rBắc") == "Đảng bộ\nhuyện\nBắc"
    assert text.clean("a\x00b\ufffec\ud800d\ufeff\x85e") == "abcd\ne"
    assert text.clean("a\U0001fffeb\U0010ffffc\U0001f600") == "abc\U0001f600"


def test_line_and_block() -> None:
    """A line has single spaces; a block keeps its paragraphs, one empty line between them."""
    assert text.line("  a \n\n b\t c ") == "a b c"
    assert text.block(" a\n\n\n \n b \n") == "a\n\n b"


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Đảng bộ huyện Ước Mơ", "dang-bo-huyen-uoc-mo"),
        ("../../etc/passwd", "etc-passwd"),
        ("???", "entry"),
        ("", "entry"),
        ("北京 Straße Москва", "beijing-strasse-moskva"),
        ("a" * 10_000, "a" * 100),
        ("word " * 50, ("word-" * 20)[:-1]),
        ("x" * 99 + " yy", "x" * 99),
    ],
)
def test_slugs(title: str, slug: str) -> None:
    """A slug is of a-z, 0-9 and -, of whole words, and at most a hundred bytes."""
    assert text.slug(title) == slug


def test_answers_are_recalled_by_the_strings_themselves() -> None:
    """The same strings aren't asked for again; equal ones are, and what is long or forgotten."""
    asked: list[str | None] = []

    @text.recalled(2, 5)
    def shout(word: str | None, again: str | None) -> str:
        asked.append(word)
        return f"{word}{again}!"

    one, long = "".join("ab"), "".join("abcdef")
    assert [shout(one, None), shout(one, None), shout(one, one)] == ["abNone!", "abNone!", "abab!"]
    assert shout("".join("ab"), None) == "abNone!"
    assert asked == [one, one, "ab"]
    assert shout(one, None) == "abNone!"  # two others came since
    assert [shout(long, None), shout(long, None)] == ["abcdefNone!"] * 2
    assert asked[3:] == [one, long, long]


@given(st.text(st.sampled_from(f"aZ'-\n {text.VIETNAMESE}{text.SIGNS}")))
def test_usual_letters_fold_as_beside_others(title: str) -> None:
    """What is folded byte by byte comes out as it does beside a letter that has no byte."""
    assert text.fold(f"{title} Ж") == f"{text.fold(title)} zh".strip()


@given(ANY)
def test_any_title_gives_a_safe_slug(title: str) -> None:
    """No title gives a slug that could leave its folder or be too long for a file's name."""
    slug = text.slug(title)
    assert 0 < len(slug) <= text.SLUG_BYTES
    assert all(part.isascii() and part.isalnum() for part in slug.split("-"))


def test_the_place_of_an_address_has_no_scheme_and_no_secret() -> None:
    """An id that is minted from an address survives https, and holds no password."""
    assert text.place("https://u:p@e.example:81/a/b?c=d#e") == "e.example:81/a/b?c=d"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://u:p@e.example/a", "https://e.example/a"),
        ("https://e.example/a?api_key=x&id=3", "https://e.example/a?id=3"),
        ("https://e.example/a?id=3&access_token=x", "https://e.example/a?id=3"),
        ("https://e.example/a?key=17&sig=x&tokens=2", "https://e.example/a?key=17&sig=x&tokens=2"),
        ("https://[bad", "https://[bad"),
    ],
)
def test_secrets_are_taken_out_of_addresses(url: str, shown: str) -> None:
    """User, password and what is called a key or token; other parameters tell articles apart."""
    assert text.without_secrets(url) == shown


@given(
    st.from_regex(
        r"(https?|HTTP|ftp)://([a-z]{0,3}@)?[a-z.\[\]]{0,6}(:[0-9]{1,6})?[/?#]?[/a-z.&=@:%?#\[\]]{0,9}",
        fullmatch=True,
    )
    | st.text()
)
def test_an_address_that_can_have_no_secret_is_not_taken_apart(url: str) -> None:
    """Looking first whether it is plain changes no answer."""
    assert text.without_secrets(url) == text._bared(url)


def test_shorten_keeps_whole_words() -> None:
    """A text is cut between words, or where it falls in scripts that have no spaces."""
    assert text.shorten("một hai ba", 20) == "một hai ba"
    assert text.shorten("một hai, ba bốn", 10) == "một hai…"
    assert text.shorten("北" * 30, 10) == "北" * 9 + "…"


@given(st.text(st.sampled_from("ab \n\u0301\u0327\r\x01–;"), max_size=60), st.integers(1, 6))
def test_shorten_begins_as_the_line_does(words: str, length: int) -> None:
    """Only the beginning of a long text is looked at, and the answer is that of the whole."""
    whole = text.line(words)
    head = whole[:length]
    cut = (head.rpartition(" ")[0] or head[:-1]).rstrip(",;:–- ") + "…"
    assert text.shorten(words, length) == (whole if len(whole) <= length else cut)


@pytest.mark.parametrize(
    ("value", "url"),
    [
        ("https://e.example/a b?q=<x>", "https://e.example/a%20b?q=%3Cx%3E"),
        ("  http://e.example  ", "http://e.example"),
        ("http://e.example/đường", "http://e.example/đường"),
        ("javascript:alert(1)", None),
        ("/relative", None),
        ("http://", None),
        ("http://[::1", None),
        ("http://e.example:port/", None),
        ("", None),
        (None, None),
    ],
)
def test_web_urls(value: str | None, url: str | None) -> None:
    """Only absolute http(s) addresses are links; what can't stand in one is escaped."""
    assert text.web_url(value) == url


ADDRESSES = st.lists(
    st.sampled_from(
        [
            *("http://", "https://", "HTTP://", "ftp://", "//", ":", "e.example", "é.example"),
            *(
                ":80",
                ":0",
                ":99999",
                "/",
                "?",
                "#",
                "[",
                "]",
                "[::1]",
                "@",
                "%20",
                "&a=b",
                ";",
                ".",
            ),
            *(" ", "\n", "\t", "\x00", "<", ">", '"', "\\", "^", "`", "{", "|", "}", "\x7f", "đ"),
            *("e\u0301", "\ufeff", "\uff0e", "'", "~", "A", "0"),
        ]
    ),
    max_size=8,
).map("".join)


@given(ADDRESSES | ADDRESSES.map("https://e.example".__add__) | ANY)
def test_a_plain_address_is_what_the_long_way_finds(value: str) -> None:
    """An address that is taken as it is would be found whole, and left as it is."""
    url = re.sub(
        r'[\x00-\x20"<>\\^`{|}\x7f]', lambda found: quote(found[0]), text.clean(value).strip()
    )
    try:
        parts = urlsplit(url)
        named = parts.scheme in ("http", "https") and parts.hostname and (parts.port or 0) >= 0
    except ValueError:
        named = None
    assert text.web_url(value) == (url if named else None)
