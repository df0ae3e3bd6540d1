"""Fingerprints of bytes: whether something is as it was. The only file that knows xxhash.

They cost next to nothing, and prove nothing: what proves an archive is `text.digest`. Who makes two
documents of one fingerprint on purpose keeps us from seeing a change of his own alone, as they are
compared with those of the same source.
"""

from __future__ import annotations

from collections.abc import Callable

from xxhash import xxh3_64_hexdigest, xxh3_64_intdigest, xxh3_128_hexdigest

DIGITS = 16
"""Hexadecimal digits of a short one."""


def whole(data: bytes) -> str:
    """Return `xxh3:HEX` of a document: XXH3 of 128 bits (https://xxhash.com)."""
    return f"xxh3:{xxh3_128_hexdigest(data)}"


def short(salt: bytes) -> Callable[[memoryview], str]:
    """Return a function that gives the fingerprints of parts of a document, of `DIGITS` each; with
    another `salt`, others."""
    seed = xxh3_64_intdigest(salt)
    return lambda part: xxh3_64_hexdigest(part, seed)
