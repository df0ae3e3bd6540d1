"""The past of one source, as a round sees it: what is remembered of its documents, and which
entries are its own. It holds nothing of the round, which so ends with its last word."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from feedtool import text
from feedtool.archive.state import Remembered
from feedtool.desk import Desk
from feedtool.kept import Version
from feedtool.model import Source, Validators


class Past:
    """What earlier rounds of `source` have left; what this one leaves goes to `desk`."""

    def __init__(self, source: Source, desk: Desk, configured: frozenset[str]) -> None:
        """`configured` are the names of all sources."""
        self._name, self._desk, self._configured = source.name, desk, configured
        # Read under other settings, a document may give something else.
        said = (source.kind, source.time_zone, source.language, source.author)
        hints = (source.agency, source.date_order, source.links, source.allow_private)
        self.settings = _digest((said, hints, *((source.keep,) if source.keep else ())))

    def recall(self, place: str) -> Remembered | None:
        """What is remembered of a document, if it was read under the settings of now."""
        known = self._desk.archive.state.recall(self._name, place)
        return known if known and known.settings == self.settings else None

    def validators(self, place: str) -> Validators | None:
        """What tells whether a document is as it was then."""
        known = self.recall(place)
        return known.validators if known else None

    def id_at(self, place: str) -> str | None:
        """The id of the entry that a document was, under whatever settings."""
        known = self._desk.archive.state.recall(self._name, place)
        return known.id if known else None

    def ours(self, old: Version) -> bool:
        """A source may revise what it brought, and what came from one that is no longer there."""
        return old.source == self._name or old.source not in self._configured

    def remember(self, place: str, memory: Remembered) -> None:
        """Remember a document, once what it gave is written."""
        self._desk.remember(self._name, place, memory)

    def note(
        self, place: str, validators: Validators, identity: str | None, pieces: Iterable[str]
    ) -> None:
        """Remember a document by its parts, as read under the settings of now."""
        self.remember(place, Remembered(self.settings, identity, validators, frozenset(pieces)))


@lru_cache(maxsize=64)  # most sources have the same settings
def _digest(settings: tuple[object, ...]) -> str:
    return text.digest(repr(settings))
