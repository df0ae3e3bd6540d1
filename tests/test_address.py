"""Addresses as they go over the wire: what isn't safe is escaped, what is escaped stays so."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedtool.fetch.address import Address, AddressError

BASE = Address.of("https://ann:s3cret@tin.example/a/b?c=d#e")


@pytest.mark.parametrize(
    ("url", "text", "target"),
    [
        ("http://tin.example", "http://tin.example", "/"),
        ("HTTP://Tin.Example:80/A", "http://tin.example/A", "/A"),
        ("https://tin.example:443?a", "https://tin.example?a", "/?a"),
        ("http://tin.example:8080/", "http://tin.example:8080/", "/"),
        ("http://tin.example/a b/đ?q=ă'", "http://tin.example/a%20b/%C4%91?q=%C4%83'", "/a%20b/%C4%91?q=%C4%83'"),
        ("http://tin.example/%27%zz?%41", "http://tin.example/%27%zz?%41", "/%27%zz?%41"),
        ("http://tin.example/a/../b/./c", "http://tin.example/b/c", "/b/c"),
        ("http://tin.example/a?b=../c", "http://tin.example/a?b=../c", "/a?b=../c"),
        ("http://tin.example/?#", "http://tin.example/?#", "/?"),
        ("http://Báo.example/", "http://xn--bo-mia.example/", "/"),
        ("http://[::1]:8080/", "http://[::1]:8080/", "/"),
    ],
)  # fmt: skip
def test_an_address_is_written_in_ascii(url: str, text: str, target: str) -> None:
    """Scheme and host in lower case, the usual port left out, other letters escaped."""
    found = Address.of(url)
    assert (found.text, found.target) == (text, target)
    assert Address.of(found.text) == found


def test_the_parts_of_an_address() -> None:
    """The login is what it was before it was escaped; an IP address needs no look-up."""
    found = Address.of("https://a%40b:c%20d@[fe80::1]:8443/x")
    assert (found.login, found.host, found.port) == ("a@b:c d", "fe80::1", 8443)
    assert (found.server, found.literal, found.scheme) == ("[fe80::1]:8443", True, "https")
    assert Address.of("http://127.0.0.1/").literal
    assert not Address.of("http://127.1/").literal
    assert Address.of("http://tin.example/").login == ""


@pytest.mark.parametrize(
    "url",
    [
        "", "tin.example", "/a", "http:/tin.example", "http://", "http:///a", "http://:80/", "http://ann@/",
        "ftp://tin.example/", "file:///etc/passwd", "mailto:a@b.example", "http://tin.example:port/",
        "http://tin.example:99999/", "http://tin.example:-1/", "http://256.1.1.1/", "http://[::1/",
        "http://[x]/", "http://[::1]8080/", "http://tin.example/\n", "http://tin.example/\x7f",
        "http://tin.example/\ud800", "http://a\u3002\u3002b/", "http://tin.example/" + "a" * 70_000,
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(url: str) -> None:
    """Whatever isn't the address of a web server, by its kind."""
    with pytest.raises(AddressError):
        Address.of(url)


@pytest.mark.parametrize(
    ("reference", "text"),
    [
        ("/x", "https://ann:s3cret@tin.example/x"),
        ("x#y", "https://ann:s3cret@tin.example/a/x"),
        ("?x", "https://ann:s3cret@tin.example/a/b?x"),
        ("../../x", "https://ann:s3cret@tin.example/x"),
        ("//other.example/đ", "https://other.example/%C4%91"),
        ("http://other.example", "http://other.example"),
    ],
)
def test_a_reference_is_seen_from_its_document(reference: str, text: str) -> None:
    """RFC 3986 § 5; no fragment is left."""
    assert BASE.join(reference).text == text


@given(st.text())
def test_no_reference_breaks_anything_or_tells_a_secret(reference: str) -> None:
    """Any text is an address in printable ASCII or refused, and the refusal holds no password."""
    said = ""
    try:
        found = BASE.join(reference)
    except AddressError as error:
        said = str(error)
    else:
        assert found.text.isascii()
        assert found.text.isprintable()
        assert " " not in found.target
        assert Address.of(found.text) == found
    assert "s3cret" not in said
