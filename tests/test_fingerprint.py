"""Fingerprints: the same for the same bytes, everywhere, and others for others."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from feedtool import fingerprint


def test_a_fingerprint_is_the_same_everywhere() -> None:
    """What was kept by another machine or release is known again: these are XXH3's own numbers."""
    assert fingerprint.whole(b"") == "xxh3:99aa06d3014798d86001c324468d497f"
    assert fingerprint.short(b"salt")(memoryview(b"abc")) == "3741411c9a9b610a"


@given(st.binary(), st.binary(), st.binary(max_size=8))
def test_other_bytes_have_another_fingerprint(one: bytes, other: bytes, salt: bytes) -> None:
    """Two documents, or parts of one, have one fingerprint only if they are the same; with another
    salt, a part has another."""
    short = fingerprint.short(salt)
    assert (fingerprint.whole(one) == fingerprint.whole(other)) == (one == other)
    assert (short(memoryview(one)) == short(memoryview(other))) == (one == other)
    assert len(short(memoryview(one))) == fingerprint.DIGITS
    assert fingerprint.short(salt + b"x")(memoryview(one)) != short(memoryview(one))
