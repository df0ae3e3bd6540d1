"""What the index holds of one version, and of its file."""

from __future__ import annotations

import hashlib
import os
from functools import lru_cache

from feedtool.archive import item
from feedtool.data import Struct
from feedtool.kept import Version

_BYTES = 16  # of a digest


class Row(Struct, frozen=True):
    """What the index holds of a version: `names` as digests, the identity's first, and those that
    it no longer has (`dropped`); `published` and `words` (for search) are None for what
    stands in no list. `before` is the version that it takes the place of, if there is one.
    `is_ours`: its file is just as we write it."""

    key: str
    source: str
    names: tuple[bytes, ...]
    dropped: frozenset[bytes]
    published: int | None
    sureness: float
    words: bytes | None
    before: Version | None = None
    is_ours: bool = True


class File(Struct, frozen=True):
    """Size and time of change of an entry's file, in bytes and nanoseconds."""

    size: int = 0
    changed: int = 0

    @classmethod
    def of(cls, status: os.stat_result) -> File:
        """What the system says of a file."""
        return cls(status.st_size, status.st_mtime_ns)


def row_of(version: Version, before: Version | None = None, *, is_ours: bool = True) -> Row:
    """Return what the index holds of `version`, which comes after `before`; `is_ours`: the file
    that has it is just as we write it."""
    assert version.entry.published is not None, "settled entries have a date"
    listed = version.withdrawn is None
    names = _names(version)
    return Row(
        version.key,
        version.source,
        names,
        frozenset(_names(before)).difference(names) if before else frozenset(),
        int(version.entry.published.time.timestamp()) if listed else None,
        item.sureness(version),
        words_of(version),
        before,
        is_ours,
    )


def _names(version: Version) -> tuple[bytes, ...]:
    return tuple(digest_of(name) for name in item.names(version))


# An entry's are asked for when its document is looked at, and when it is put.
@lru_cache(maxsize=4096)
def digest_of(name: str) -> bytes:
    """Return what stands for a name in the index."""
    return hashlib.blake2b(name.encode(), digest_size=_BYTES).digest()


def words_of(version: Version) -> bytes | None:
    """Return the words that search has of a version, None for what stands in no list."""
    from feedtool.archive import words  # tables, wanted only when something is new

    if version.withdrawn is not None:
        return None
    return words.row(words.searchable(version.entry), version.source)


def words_digest(words: bytes) -> bytes:
    """Return what tells the words of one version from those of another."""
    return hashlib.sha256(words).digest()[:_BYTES]
