"""One round of collecting: each source is fetched, read, settled and put into the archive.

Write first, remember after: a source's validators are kept only once its entries are, so that
a crash anywhere costs a download and never an entry.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from feedtool import text
from feedtool.archive import item
from feedtool.archive.protocol import Archive
from feedtool.archive.state import Remembered, Standing
from feedtool.config import Config
from feedtool.errors import DamagedError, FeedtoolError, FetchError, ReadError, SourceError
from feedtool.fetch.fetcher import fetcher
from feedtool.fetch.results import Fetch, Fetched, NotModified
from feedtool.manners.headers import back_off
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
from feedtool.recognise import FilesOf
from feedtool.settle import settle

_DEFERRED = 1000  # changed files that wait until the others are looked at
_BATCH = 100  # entries that are synced to disk together
_FOLLOWED = 25  # articles that one round follows a sitemap's or listing's links to
_LED = 100  # sitemaps that one round follows another one's links to
_GONE = (401, 403, 404, 410)  # answers that asking again won't change
_ENOUGH = (429, 503)  # answers that ask to be left alone (RFC 6585 § 4, RFC 9110 § 15.6.4)


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
        # Links still to be looked at; behind those of a document, what is to be remembered of it.
        self.links: deque[Link | tuple[str, Remembered]] = deque()
        self.files = FilesOf(source, archive, self._ours)
        self.deferred: list[tuple[Capture, Reading]] = []
        self.followed = {text.place(source.url)}
        self.missed = False  # True once a link gave no answer, and must be tried again

    def run(self, fetch: Fetch) -> Outcome:
        documents = 0
        for fetched in fetch(self.source, self._known):
            documents += 1
            self._take(fetched, self.source, None)
            if self.source.remote:
                self.standing = self._standing(fetched)
        self._take_deferred()
        error: SourceError | None = None
        if documents == 1 and len(self.skipped) == 1 and isinstance(self.skipped[0], SourceError):
            error = self.skipped.pop()  # type: ignore[assignment]
        self._follow(fetch)
        self._write()
        self.archive.state.set_standing(self.source.name, self.standing)
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
        every, asked = self.source.every or timedelta(hours=1), fetched.retry_after
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
                pieces = _stamp(link) or before.pieces
                self._remember(fetched.place, before.validators, before.id, pieces)
            return
        if isinstance(fetched, FetchError):
            self.skipped.append(fetched)
            if link is not None and fetched.status in _GONE:
                self._remember(text.place(link.url), Validators(), None, _stamp(link))
            self.missed = self.missed or fetched.status not in _GONE
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
            reading = _read(fetched, source, self.readers)
        except SourceError as error:
            # Told again each round until it is mended; one page of many is told once.
            self.skipped.append(error)
            if link is not None:
                self._remember(fetched.place, fetched.validators, None, _stamp(link))
            return
        if len(reading.entries) == 1 and self.files.may_wait(reading.entries[0], fetched):
            self.deferred.append((replace(fetched, body=b""), reading))
            if len(self.deferred) >= _DEFERRED:
                self._take_deferred()
            return
        self._take_reading(fetched, reading, link)

    def _take_deferred(self) -> None:
        """Take in the files whose text is new: by now it is known where the old texts have gone."""
        for fetched, reading in self.deferred:
            self._take_reading(fetched, reading, None)
        self.deferred.clear()

    def _take_reading(self, fetched: Capture, reading: Reading, link: Link | None) -> None:
        self.skipped.extend(reading.skipped)
        self.unchanged += reading.unchanged
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
            memory = fetched.place, self._memory(fetched.validators, identity, pieces)
            if not reading.links:
                self.unremembered.append(memory)
            # What another sitemap holds may change without a word here: ask each time.
            elif not any(one.sitemap and one.updated is None for one in reading.links):
                self.links.appendleft(memory)
        links = [one for one in reading.links if self._may_follow(one)]
        # Sitemaps that nobody has read yet come first, so that each round gets further.
        links.sort(key=lambda one: one.sitemap and not one.updated and self._is_known(one))
        self.links.extendleft(reversed(links))

    def _is_known(self, link: Link) -> bool:
        return self._recall(text.place(link.url)) is not None

    def _may_follow(self, link: Link) -> bool:
        """A source leads to its own site, not to whatever somebody wrote into it; and a site's
        front page is no article."""
        parts = urlsplit(link.url)
        if parts.path in ("", "/") and not parts.query:
            return False
        home, host = (
            (urlsplit(url).hostname or "").removeprefix("www.")
            for url in (self.source.url, link.url)
        )
        return self.source.remote and (host == home or host.endswith(f".{home}"))

    def _follow(self, fetch: Fetch) -> None:
        """Read the articles that a sitemap or listing leads to: those that are new to us, or that
        it says were changed since. What is beyond a round's share, or gave no answer, is left for
        the next ones, which find it because the documents that lead there aren't remembered until
        then. A sitemap's articles come before the next sitemap."""
        shares = {False: _FOLLOWED, True: _LED}
        while self.links:
            link = self.links.popleft()
            if isinstance(link, tuple):  # all that this document led to has been looked at
                if not self.missed:
                    self.unremembered.append(link)
                continue
            place = text.place(link.url)
            if place in self.followed:
                continue
            known, stamp = self._recall(place), _stamp(link)
            if known is not None and (stamp <= known.pieces if stamp else not link.sitemap):
                self.unchanged += 1
                continue
            if not shares[link.sitemap]:
                return
            shares[link.sitemap] -= 1
            self.followed.add(place)
            kind: Kind | None = "sitemap" if link.sitemap else None
            own = urlsplit(link.url).hostname == urlsplit(self.source.url).hostname
            private = self.source.allow_private and own
            page = replace(self.source, url=link.url, kind=kind, links=None, allow_private=private)
            for fetched in fetch(page, self._known):
                self._take(fetched, page, link)
                if isinstance(fetched, FetchError) and fetched.status in _ENOUGH:
                    return

    def _settle(self, entry: Entry, alone: Capture | None) -> str | None:
        """Settle one entry; return its id where the place of a lone document is to keep it."""
        if self.waiting & {entry.id, handle(entry.id), item.story(entry)}:
            self._write()  # found twice in a round, it must be known the second time
        if alone is None or self.source.remote:
            identity = self._id_at(alone.place) if alone else None
            old = self._first(identity, entry.id, handle(entry.id))
        else:
            entry, old, copied = self.files.recognise(entry, alone)
            if copied:
                self.unchanged += 1
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

    def _first(self, *names: str | None) -> Version | None:
        """The entry in the archive that has one of these names, asked in their order."""
        found = (self.archive.find(name) for name in names if name)
        return next((version for version in found if version is not None), None)

    def _ours(self, old: Version) -> bool:
        """A source may revise what it brought, and what came from one that is no longer there."""
        return old.source == self.source.name or old.source not in self.configured

    def _taken(self, key: str) -> bool:
        try:
            # A history without its entry is what a person left who removed that: it isn't ours.
            known = self.archive.get(key) or self.archive.history(key)
        except DamagedError:
            return True  # whatever it is, it is not overwritten
        return bool(known) or key in self.unwritten

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
        self.archive.state.remember(
            self.source.name, {**self.files.left(), **dict(self.unremembered)}
        )
        self.unremembered.clear()


def _read(capture: Capture, source: Source, readers: Mapping[Kind, Reader] | None) -> Reading:
    """Read a capture; a mistake of a reader costs its document and no other."""
    try:
        return read(capture, source, readers)
    except FeedtoolError:
        raise
    except Exception as error:
        reason = f"can't be read, by a mistake of feedtool ({type(error).__name__}: {error})"
        raise ReadError(capture.url, reason) from error


def _stamp(link: Link | None) -> set[str]:
    """When a link says that its article was changed, as a piece to remember."""
    return {link.updated.isoformat()} if link and link.updated else set()


def _told(entry: Entry, link: Link | None) -> Entry:
    """`entry` with what the document that led to it says, where it doesn't say so itself."""
    if link is None or link.published is None or entry.published is not None:
        return entry
    why = Evidence("published", link.published.time.isoformat(), "link to the article", 0.7)
    return replace(entry, published=link.published, evidence=(*entry.evidence, why))
