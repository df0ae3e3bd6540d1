"""What is remembered of entries and streams, and of where entries stand. Frozen nouns."""

from __future__ import annotations

from feedtool.data import Struct

NO_RULE = ""
"""The rule of lists of pages."""


class Known(Struct, frozen=True):
    """What is known of a published entry."""

    key: str
    id: str
    revision: int
    version: int
    story: str
    archived: int


class Shelved(Struct, frozen=True):
    """What is known of a stream: its number, its rule, how many documents are closed, and the time
    of the newest change in it. `late` is the least rank of what came into it after it was begun,
    since documents were last closed."""

    number: int
    name: str
    rule: str
    closed: int
    updated: int
    late: int | None = None

    @property
    def is_list(self) -> bool:
        """True for pages of a source or day, False for a feed."""
        return self.rule == NO_RULE


class Place(Struct, frozen=True):
    """Where a version of an entry stands."""

    stream: int
    document: int
    rank: int
    key: str
    version: int
    updated: int
