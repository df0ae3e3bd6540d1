"""Keys: YYYY/MM/DD/slug, the name of an entry in the archive. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import date
from functools import lru_cache

from feedtool import text

_KEY = re.compile(r"([0-9]{4})/([0-9]{2})/([0-9]{2})/[a-z0-9]+(?:-[a-z0-9]+)*")
CAPTURES = re.compile(
    r"warc/([0-9]{4})/(\1-[0-9]{2}-[0-9]{2})-([0-9]{4}|[1-9][0-9]{4,8})\.warc\.gz"
)
"""The path of a file of captures in an archive: year, day and number."""

_ROOM_FOR_DIGITS = 9  # "-" and eight hexadecimal digits


def choose(day: date, title: str, identity: str, taken: Callable[[str], bool]) -> str:
    """Return the key for an entry of `day`: its title's slug, and digits of its id where that is
    `taken` or reserved. Two entries that share even these (one in 2³² pairs) get more digits."""
    folder = f"{day.year:04}/{day.month:02}/{day.day:02}"
    slug = text.slug(title)
    if slug not in text.RESERVED_SLUGS and not taken(f"{folder}/{slug}"):
        return f"{folder}/{slug}"
    digits = hashlib.sha256(identity.encode("utf-8")).hexdigest()
    stem = slug[: text.SLUG_BYTES - _ROOM_FOR_DIGITS].rstrip("-")
    for length in (8, 16, 64):
        key = f"{folder}/{stem}-{digits[:length]}"
        if not taken(key):
            return key
    return key


@lru_cache(maxsize=1024)  # asked for when an entry is looked for, and when it is put
def valid(key: str) -> bool:
    """True for a key that can lie in an archive: a real day and a slug, and nothing else."""
    found = _KEY.fullmatch(key)
    if not found:
        return False
    try:
        date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return False
    return True
