"""One round of collecting: each source is fetched, read, settled and put into the archive.

Write first, remember after: a source's validators are kept only once its entries are, so that
a crash anywhere costs a download and never an entry.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlsplit

from feedtool import text
from feedtool.archive import item
from feedtool.archive.protocol import Archive
from feedtool.archive.state import Remembered, Standing
from feedtool.config import Config
from feedtool.errors import DamagedError, FeedtoolError, FetchError, SourceError
from feedtool.fetch import local
from feedtool.fetch.fetcher import fetcher
from feedtool.fetch.manners import back_off
from feedtool.fetch.results import Fetch, Fetched, NotModified
from feedtool.model import (
    Capture,
    Change,
    Entry,
    Evidence,
    Kind,
    Link,
    Outcome,
    Reading,
    Source,
    Validators,
    Version,
    handle,
)
from feedtool.read import dates
from feedtool.read.readers import Reader, read
from feedtool.settle import settle

_BATCH = 100  # entries that are synced to disk together
_FOLLOWED = 25  # documents that one round follows a sitemap's or listing's links to
_GONE = (401, 403, 404, 410)  # answers that asking again won't change


def collect(
    config: Config,
    archive: Archive,
    *,
    now: datetime,
    names: Iterable[str] = (),
    insist: bool = False,
    fetch: Fetch | None = None,
    readers: Mapping[Kind, Reader] | None = None,
) -> Iterator[Outcome]:
    """Read the sources of `config` into `archive` and yield the `Outcome` of each as it ends.

    `names`: these sources only; without any, all that are enabled. `now` is the moment of the
    round. A source whose server asked for time is left alone until then, unless we `insist`. What
    goes wrong with a source or a document of it is told in the outcome and stops nothing else; an
    `ArchiveError` ends the round.
    """
    wanted = set(names)
    fetch = fetch or fetcher(config, now)
    configured = frozenset(source.name for source in config.source)
    for source in config.source:
        if source.name not in wanted and (wanted or not source.enabled):
            continue
        left_alone = None if insist else _left_alone(source, archive, now)
        yield left_alone or _Round(archive, source, configured, now, readers).run(fetch)


def _left_alone(source: Source, archive: Archive, now: datetime) -> Outcome | None:
    """The outcome of a source that isn't read, as its server asked for that."""
    standing = archive.state.standing(source.name)
    if standing.gone and source.remote:
        shown = text.without_secrets(source.url)
        way_out = f"take it out, or ask again with feedtool collect {source.name}"
        return Outcome(source.name, error=FetchError(shown, f"is gone for good (410): {way_out}"))
    if standing.not_before is None or standing.not_before <= now or not source.remote:
        return None
    return Outcome(source.name, waits=standing.not_before)


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
        hints = (source.agency, source.date_order, source.links)
        self.settings = text.digest(repr((told, hints)))
        self.zone = dates.zone_for(source.time_zone, source.language)
        self.changes: list[tuple[Change, Version]] = []
        self.unchanged = 0
        self.skipped: list[FeedtoolError] = []
        self.unwritten: dict[str, Version] = {}
        self.waiting: set[str] = set()  # the names of what is unwritten
        self.unremembered: list[tuple[str, Remembered]] = []
        self.standing = archive.state.standing(source.name)
        self.links: deque[Link] = deque()  # to articles, still to be looked at
        self.leading: list[tuple[str, Remembered]] = []  # the documents that have led to them

    def run(self, fetch: Fetch) -> Outcome:
        documents = 0
        for fetched in fetch(self.source, self._known):
            documents += 1
            self._take(fetched, self.source, None)
            if self.source.remote:
                self.standing = self._standing(fetched)
        self._follow(fetch)
        self._write()
        self.archive.state.set_standing(self.source.name, self.standing)
        error: SourceError | None = None
        if documents == 1 and len(self.skipped) == 1 and isinstance(self.skipped[0], SourceError):
            error = self.skipped.pop()  # type: ignore[assignment]
        return Outcome(
            self.source.name, tuple(self.changes), self.unchanged, tuple(self.skipped), error
        )

    def _standing(self, fetched: Fetched) -> Standing:
        """How things stand with the server after this answer."""
        before = self.archive.state.standing(self.source.name)
        if not isinstance(fetched, FetchError):
            until = self.now + fetched.fresh if fetched.fresh else None
            return Standing(not_before=until, succeeded=self.now.replace(microsecond=0))
        failures = before.failures + 1
        every, asked = self.source.every, fetched.retry_after
        wait = back_off(fetched.status, failures, every, asked)
        until = self.now + wait if wait else None
        return Standing(failures, until, wait is None, before.succeeded, fetched.reason)

    def _recall(self, place: str) -> Remembered | None:
        """What is remembered of a document, if it was read under the settings of now."""
        known = self.archive.state.recall(self.source.name, place)
        return known if known and known.settings == self.settings else None

    def _known(self, place: str) -> Validators | None:
        known = self._recall(place)
        return known.validators if known else None

    def _take(self, fetched: Fetched, source: Source, link: Link | None) -> None:
        """Take in one document of the source, which `link` has led to if it isn't the source's own
        address."""
        if isinstance(fetched, NotModified):
            self.unchanged += 1
            before = self._recall(fetched.place)
            if before is not None and link is not None:
                self._remember(fetched.place, before.validators, before.id, _stamp(link))
            return
        if isinstance(fetched, FetchError):
            self.skipped.append(fetched)
            if link is not None and fetched.status in _GONE:
                self._remember(text.place(link.url), Validators(), None, _stamp(link))
            return
        known = self._recall(fetched.place)
        body = fetched.validators.body
        if known and body and known.validators.body == body:
            self.unchanged += 1
            pieces = _stamp(link) or known.pieces
            self._remember(fetched.place, fetched.validators, known.id, pieces)
            return
        if known:
            fetched = replace(fetched, known=known.pieces)
        try:
            reading = read(fetched, source, self.readers)
        except SourceError as error:
            # Told again each round until it is mended; one page of many is told once.
            self.skipped.append(error)
            if link is not None:
                self._remember(fetched.place, fetched.validators, None, _stamp(link))
            return
        self._take_reading(fetched, reading, link)

    def _take_reading(self, fetched: Capture, reading: Reading, link: Link | None) -> None:
        self.skipped.extend(reading.skipped)
        self.unchanged += reading.unchanged
        self.links.extend(one for one in reading.links if self._may_follow(one))
        alone = fetched if reading.kind in ("page", "prose") else None
        identity: str | None = None
        whole = True
        for entry in reading.entries:
            try:
                identity = self._settle(_told(entry, link), alone)
            except DamagedError as error:
                self.skipped.append(error)
                whole = False
            if len(self.unwritten) >= _BATCH:
                self._write()
        if whole:
            pieces = {*reading.pieces, *_stamp(link)}
            identity = identity if alone else None
            lasting = self.leading if reading.links else self.unremembered
            lasting.append((fetched.place, self._memory(fetched.validators, identity, pieces)))

    def _may_follow(self, link: Link) -> bool:
        """A source leads to its own site, not to whatever somebody wrote into it."""
        home, host = (
            (urlsplit(url).hostname or "").removeprefix("www.")
            for url in (self.source.url, link.url)
        )
        return self.source.remote and (host == home or host.endswith(f".{home}"))

    def _follow(self, fetch: Fetch) -> None:
        """Read the articles that a sitemap or listing leads to: those that are new to us, or that
        it says were changed since. What is beyond a round's share is left for the next ones, which
        find it because the documents that lead there aren't remembered until then."""
        share = _FOLLOWED
        while self.links and share:
            link = self.links.popleft()
            known = None if link.sitemap else self._recall(text.place(link.url))
            if known is not None and (link.updated is None or _stamp(link) <= known.pieces):
                self.unchanged += 1
                continue
            share -= 1
            kind: Kind | None = "sitemap" if link.sitemap else None
            own = urlsplit(link.url).hostname == urlsplit(self.source.url).hostname
            private = self.source.allow_private and own
            page = replace(self.source, url=link.url, kind=kind, allow_private=private)
            for fetched in fetch(page, self._known):
                self._take(fetched, page, link)
        if not self.links:
            self.unremembered.extend(self.leading)

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

    def _memory(
        self, validators: Validators, identity: str | None, pieces: Iterable[str]
    ) -> Remembered:
        return Remembered(self.settings, identity, validators, frozenset(pieces))

    def _remember(
        self, place: str, validators: Validators, identity: str | None, pieces: Iterable[str]
    ) -> None:
        self.unremembered.append((place, self._memory(validators, identity, pieces)))

    def _write(self) -> None:
        self.archive.put(list(self.unwritten.values()))
        self.unwritten.clear()
        self.waiting.clear()
        for place, known in self.unremembered:
            self.archive.state.remember(self.source.name, place, known)
        self.unremembered.clear()


def _stamp(link: Link | None) -> set[str]:
    """When a link says that its article was changed, as a piece to remember."""
    return {link.updated.isoformat()} if link and link.updated else set()


def _told(entry: Entry, link: Link | None) -> Entry:
    """`entry` with what the document that led to it says, where it doesn't say so itself."""
    if link is None or link.published is None or entry.published is not None:
        return entry
    why = Evidence("published", link.published.time.isoformat(), "link to the article", 0.7)
    return replace(entry, published=link.published, evidence=(*entry.evidence, why))
