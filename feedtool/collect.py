"""One round of collecting: each source is fetched, read, settled and put into the archive.

Write first, remember after: a source's validators are kept only once its entries are, so that
a crash anywhere costs a download and never an entry.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from feedtool import text
from feedtool.archive import item
from feedtool.archive.protocol import Archive
from feedtool.archive.state import Remembered
from feedtool.config import Config
from feedtool.errors import DamagedError, FeedtoolError, FetchError, SourceError
from feedtool.fetch import local
from feedtool.fetch.fetcher import fetcher
from feedtool.fetch.results import Fetch, Fetched, NotModified
from feedtool.model import (
    Capture,
    Change,
    Entry,
    Kind,
    Outcome,
    Source,
    Validators,
    Version,
    handle,
)
from feedtool.read import dates
from feedtool.read.readers import Reader, read
from feedtool.settle import settle

_BATCH = 100  # entries that are synced to disk together


def collect(
    config: Config,
    archive: Archive,
    *,
    now: datetime,
    names: Iterable[str] = (),
    fetch: Fetch | None = None,
    readers: Mapping[Kind, Reader] | None = None,
) -> Iterator[Outcome]:
    """Read the sources of `config` into `archive` and yield the `Outcome` of each as it ends.

    `names`: these sources only; without any, all that are enabled. `now` is the moment of the
    round. What goes wrong with a source or a document of it is told in the outcome and stops
    nothing else; an `ArchiveError` ends the round.
    """
    wanted = set(names)
    fetch = fetch or fetcher(config, now)
    configured = frozenset(source.name for source in config.source)
    for source in config.source:
        if source.name in wanted or (source.enabled and not wanted):
            yield _Round(archive, source, configured, now, readers).run(fetch)


class _Round:
    """One source in one round: what has been found so far, and what is still to be written."""

    def __init__(
        self,
        archive: Archive,
        source: Source,
        configured: frozenset[str],
        now: datetime,
        readers: Mapping[Kind, Reader] | None,
    ) -> None:
        self.archive, self.source, self.configured = archive, source, configured
        self.now, self.readers = now, readers
        # Read under other settings, a document may give something else.
        told = (source.kind, source.time_zone, source.language, source.author)
        self.settings = text.digest(repr(told))
        self.zone = dates.zone_for(source.time_zone, source.language)
        self.changes: list[tuple[Change, Version]] = []
        self.unchanged = 0
        self.skipped: list[FeedtoolError] = []
        self.unwritten: dict[str, Version] = {}
        self.waiting: set[str] = set()  # the names of what is unwritten
        self.unremembered: list[tuple[str, Remembered]] = []

    def run(self, fetch: Fetch) -> Outcome:
        documents = 0
        for fetched in fetch(self.source, self._known):
            documents += 1
            self._take(fetched)
            if len(self.unwritten) >= _BATCH:
                self._write()
        self._write()
        error: SourceError | None = None
        if documents == 1 and len(self.skipped) == 1 and isinstance(self.skipped[0], SourceError):
            error = self.skipped.pop()  # type: ignore[assignment]
        return Outcome(
            self.source.name, tuple(self.changes), self.unchanged, tuple(self.skipped), error
        )

    def _known(self, place: str) -> Validators | None:
        known = self.archive.state.recall(self.source.name, place)
        return known.validators if known and known.settings == self.settings else None

    def _take(self, fetched: Fetched) -> None:
        if isinstance(fetched, NotModified):
            self.unchanged += 1
            return
        if isinstance(fetched, FetchError):
            self.skipped.append(fetched)
            return
        known = self._known(fetched.place)
        if known and known.body and known.body == fetched.validators.body:
            self.unchanged += 1
            self._remember(fetched, self._id_at(fetched.place))
            return
        try:
            reading = read(fetched, self.source, self.readers)
        except SourceError as error:
            # Told again each round until it is mended: it isn't remembered.
            self.skipped.append(error)
            return
        self.skipped.extend(reading.skipped)
        alone = reading.kind != "feed"
        identity: str | None = None
        whole = True
        for entry in reading.entries:
            try:
                identity = self._settle(entry, fetched if alone else None)
            except DamagedError as error:
                self.skipped.append(error)
                whole = False
        if whole:
            self._remember(fetched, identity if alone else None)

    def _settle(self, entry: Entry, alone: Capture | None) -> str | None:
        """Settle one entry; return its id where the place of a lone document is to keep it."""
        story = f"{self.source.name} {item.story(entry)}"
        if self.waiting & {entry.id, handle(entry.id), story}:
            self._write()  # found twice in a round, it must be known the second time
        old = self._find(entry, alone)
        if old is None and alone is not None and not self.source.remote:
            old = self.archive.find(story)
            if old is not None and self._still_there(old):
                self.unchanged += 1  # a copy of a file that is there too: nothing is doubled
                return None
        if old is not None and not self._ours(old):
            self.unchanged += 1  # another source brought it first, and goes on bringing it
            return old.entry.id
        change, version = settle(
            entry,
            old=old,
            source=self.source.name,
            now=self.now,
            zone=self.zone,
            taken=self._taken,
        )
        if change is Change.UNCHANGED:
            self.unchanged += 1
        else:
            self.changes.append((change, version))
            self.unwritten[version.key] = version
            self.waiting.update(item.names(version))
        return version.entry.id

    def _find(self, entry: Entry, alone: Capture | None) -> Version | None:
        """The entry in the archive: by the id that its place has had, by its own id, or by its
        place under another host or day."""
        identity = self._id_at(alone.place) if alone else None
        for name in (identity, entry.id, handle(entry.id)):
            found = self.archive.find(name) if name else None
            if found is not None:
                return found
        return None

    def _still_there(self, found: Version) -> bool:
        """True where the file that gave `found` is still at its place in this source."""
        places = self.archive.state.places(self.source.name, found.entry.id) or [
            (handle(found.entry.id) or "").removeprefix(f"{self.source.name}/")
        ]
        return any(local.holds(self.source, place) for place in places)

    def _ours(self, old: Version) -> bool:
        """A source may revise what it brought, and what came from one that is no longer there."""
        return old.source == self.source.name or old.source not in self.configured

    def _taken(self, key: str) -> bool:
        try:
            return key in self.unwritten or self.archive.get(key) is not None
        except DamagedError:
            return True  # whatever it is, it is not overwritten

    def _id_at(self, place: str) -> str | None:
        known = self.archive.state.recall(self.source.name, place)
        return known.id if known else None

    def _remember(self, capture: Capture, identity: str | None) -> None:
        known = Remembered(self.settings, identity, capture.validators)
        self.unremembered.append((capture.place, known))

    def _write(self) -> None:
        self.archive.put(list(self.unwritten.values()))
        self.unwritten.clear()
        self.waiting.clear()
        for place, known in self.unremembered:
            self.archive.state.remember(self.source.name, place, known)
        self.unremembered.clear()
