"""What the index holds of one version, and of its file."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from feedtool.archive import item
from feedtool.data import Struct, replace
from feedtool.kept import Version
from feedtool.model import Entry

if TYPE_CHECKING:
    from feedtool.archive.words import Searchable

_BYTES = 16  # of a digest


class Row(Struct, frozen=True):
    """What the index holds of a version: `names` as digests, the identity's first, and those that
    it no longer has (`dropped`); `published` and `text` are None for what stands in no list.
    `before` is the text of the version before. Texts are yet to be folded, or are already."""

    key: str
    source: str
    names: tuple[bytes, ...]
    dropped: frozenset[bytes]
    published: int | None
    sureness: float
    text: Entry | Searchable | None
    before: Entry | Searchable | None = None

    def folded(self) -> Row:
        """The same, with its text folded: half of the work."""
        return replace(self, text=folded(self.text))


class File(Struct, frozen=True):
    """Size and time of change of an entry's file, in bytes and nanoseconds."""

    size: int = 0
    changed: int = 0

    @classmethod
    def of(cls, status: os.stat_result) -> File:
        """What the system says of a file."""
        return cls(status.st_size, status.st_mtime_ns)


def row_of(version: Version, before: Version | None = None) -> Row:
    """Return what the index holds of `version`, which comes after `before`."""
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
        version.entry if listed else None,
        before.entry if before and before.withdrawn is None else None,
    )


def _names(version: Version) -> tuple[bytes, ...]:
    return tuple(digest_of(name) for name in item.names(version))


def digest_of(name: str) -> bytes:
    """Return what stands for a name in the index."""
    return hashlib.blake2b(name.encode(), digest_size=_BYTES).digest()


def folded(text: Entry | Searchable | None) -> Searchable | None:
    """Return the text folded, which it may be already."""
    from feedtool.archive import words  # tables, wanted only when something is new

    return words.searchable(text) if isinstance(text, Entry) else text


def text_digest(text: Searchable) -> bytes:
    """Return what tells one folded text from another."""
    said = "\0".join((text.title, text.authors, text.text))
    return hashlib.blake2b(said.encode(), digest_size=_BYTES).digest()
