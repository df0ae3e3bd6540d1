"""One source in one round: its documents, what they lead to, and what becomes of their entries.

A round asks for one source's documents after another, and waits for each answer: it is a generator
of what it asks, so that others may be asked meanwhile.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial
from urllib.parse import urlsplit

from feedtool import text
from feedtool.archive.state import Remembered
from feedtool.data import Struct, replace
from feedtool.desk import Desk
from feedtool.doubles import Doubles
from feedtool.errors import DamagedError, FeedtoolError, FetchError, ReadError, SourceError
from feedtool.fates import Fates
from feedtool.fetch.results import Fetched, Known, NotModified, is_unconditional
from feedtool.kept import Change, Outcome, Receipt, Run, Version
from feedtool.manners import moves, standing, vigil
from feedtool.manners.standing import Plan, Standing
from feedtool.manners.vigil import Seen
from feedtool.model import (
    Capture,
    Entry,
    Kind,
    Link,
    Reading,
    Source,
    Validators,
    Wishes,
    handle,
)
from feedtool.past import Past
from feedtool.read import zones
from feedtool.read.readers import Reader, read
from feedtool.recognise import FilesOf
from feedtool.retention import is_too_old
from feedtool.settle import settle
from feedtool.trail import FAILED, Trail, stamp, told

# What was one of these is one, or broken: a portal's or an error's page must not become an article.
_STAY = ("feed", "sitemap")
_DEFERRED = 1000  # changed files that wait until the others are looked at
_WAITING = 16 * 1024 * 1024  # bytes of them


class Ask(Struct, frozen=True):
    """A round asks for the documents of a source; `led`: a document led to its address."""

    source: Source
    known: Known
    led: bool = False


Asking = Generator[Ask, Iterable[Fetched], Outcome]


class Round:
    """One source in one round: what has been found so far, and what is still to be looked at."""

    def __init__(
        self,
        desk: Desk,
        source: Source,
        plan: Plan,
        stands: Standing,
        configured: frozenset[str],
        now: datetime,
        readers: Mapping[Kind, Reader],
    ) -> None:
        """Everything that is found goes to `desk`; `stands` is how it stands with the source, and
        `configured` are the names of all sources."""
        self._desk, self._archive = desk, desk.archive
        self._source, self._plan = source, plan
        self._now, self._readers = now, readers
        self._past = past = Past(source, desk, configured)
        self._zone = zones.zone_for(source.time_zone, source.language)
        self._changes: list[tuple[Change, Version]] = []
        self._unchanged = 0
        self._held: int | None = None  # entries that were there, if anything was read
        self._skipped: list[FeedtoolError] = []
        self._standing = stands
        self._wishes: Wishes | None = None
        self._kind: Kind | None = None
        self._files = FilesOf(source, self._archive, past.ours)
        self._deferred: list[tuple[Capture, Reading]] = []
        self._waiting = 0
        self._trail = Trail(source, past.recall, past.remember)
        self._doubles = Doubles(source, desk, past.ours, self._trail.has_followed)
        self._fates = Fates(source, desk, now)

    def run(self) -> Asking:
        """Go through the source; `now` of the answers is that of the round."""
        documents = 0
        answer: Fetched | None = None
        asked = moves.address(self._source.url, self._standing.move, self._now)
        for fetched in (yield self._home(asked)):
            documents += 1
            answer = self._at_home(fetched, asked)
            if isinstance(answer, FetchError) and asked == self._source.url:
                self._fates.lost(text.place(asked), answer)
            self._take(answer, self._source, None)
        self._take_deferred()
        error: SourceError | None = None
        if documents == 1 and len(self._skipped) == 1 and isinstance(self._skipped[0], SourceError):
            error = self._skipped.pop()  # type: ignore[assignment]
        while (link := self._trail.next()) is not None:
            page = self._trail.page(link)
            for fetched in (yield Ask(page, self._past.validators, led=True)):
                self._take(fetched, page, link)
        self._unchanged += self._trail.unchanged
        self._changes += self._fates.changes
        for place, memory in self._files.left().items():
            self._past.remember(place, memory)
        if not self._source.remote and error is None:
            self._held = documents
        stands = self._stands(answer, asked, error)
        return self._outcome(error, stands)

    def _outcome(self, error: SourceError | None, stands: Standing) -> Outcome:
        """What became of the source, which is laid on the desk as well."""
        name, new = self._source.name, self._new()
        entries = tuple(version.entry for _, version in self._changes)
        seen = Seen(entries, tuple(version.appeared(self._now) for version in new), self._held)
        habits = partial(self._archive.state.habits, name)
        look = vigil.look(name, self._standing, stands, seen, habits, self._now)
        self._desk.looked(name, look)
        was_due = self._plan.due(self._standing)
        run = Run(
            self._now,
            new=len(new),
            revised=len(self._changes) - len(new),
            unchanged=self._unchanged,
            failed=len(self._skipped),
            late=max(self._now - was_due, timedelta(0)) if was_due else timedelta(0),
            trouble=stands.trouble,
        )
        return Outcome(
            name,
            tuple(self._changes),
            self._unchanged,
            tuple(self._skipped),
            error,
            due=stands.due,
            alarms=look.alarms,
            run=run,
        )

    def _new(self) -> list[Version]:
        return [version for change, version in self._changes if change is Change.NEW]

    def _home(self, asked: str) -> Ask:
        """What to ask for at first: the source, at the address where it is by now."""
        source = replace(self._source, kind=self._source.kind or self._standing.kind)
        if asked == self._source.url:
            return Ask(source, self._past.validators)
        same = urlsplit(asked).hostname == urlsplit(self._source.url).hostname
        home = text.place(self._source.url)
        moved = replace(source, url=asked, allow_private=source.allow_private and same)
        return Ask(moved, lambda _: self._past.validators(home))

    def _at_home(self, fetched: Fetched, asked: str) -> Fetched:
        """An answer from where the source has moved, under the place that it has kept."""
        if asked == self._source.url or isinstance(fetched, FetchError):
            return fetched
        return replace(fetched, place=text.place(self._source.url))

    def _stands(self, answer: Fetched | None, asked: str, error: SourceError | None) -> Standing:
        """How things stand with the source after this answer to what was `asked`."""
        before, plan, now = self._standing, self._plan, self._now
        times = [version.appeared(now) for version in self._new()]
        if answer is None or not self._source.remote:
            reason = None if error is None else error.reason
            return standing.looked_into(before, plan, now, new=times, reason=reason)
        if isinstance(answer, FetchError):
            # Where it has moved to says nothing of where its owner says that it is.
            own = asked == self._source.url or answer.status in (429, 503)
            reason, status = answer.reason, answer.status if own else None
            asks = answer.retry_after
            return standing.failed(before, plan, now, reason=reason, status=status, asked=asks)
        if error is not None:  # it answered, but not with what can be read
            return standing.failed(before, plan, now, reason=error.reason)
        wishes = self._wishes
        if isinstance(answer, Capture) and answer.wishes.hubs:  # WebSub § 4: headers come first
            others = wishes or before.wishes
            wishes = replace(others, hubs=answer.wishes.hubs, topic=answer.wishes.topic)
        stands = standing.succeeded(
            before,
            plan,
            now,
            fresh=answer.fresh,
            move=moves.answered(before.move, asked, self._source.url, answer.moved, now),
            wishes=wishes,
            new=times,
            more=bool(self._trail),
            kind=self._kind,
            unconditional=is_unconditional(answer, self._kind or before.kind),
        )
        refused = self._trail.refused
        if refused is not None and refused.status is not None:
            return standing.held_up(stands, plan, refused.status, refused.retry_after)
        return stands

    def _take(self, fetched: Fetched, source: Source, link: Link | None) -> None:
        """Take in one document of the source, which `link` has led to if it isn't the source's own
        address."""
        if link is not None and not isinstance(fetched, FetchError):
            self._trail.answered(link, fetched)
        if isinstance(fetched, NotModified):
            self._unchanged += 1
            before = None if link is None else self._past.recall(fetched.place)
            if before is not None and link is not None:
                pieces = (stamp(link) or before.pieces) - {FAILED}
                self._past.note(fetched.place, before.validators, before.id, pieces)
            self._again(fetched.place, fetched.again)
            return
        if isinstance(fetched, FetchError):
            self._skipped.append(fetched)
            if link is not None:
                gone = self._trail.answered(link, fetched)
                place = text.place(link.url)
                before = self._past.recall(place)
                validators, identity = (before.validators, before.id) if before else (None, None)
                if gone and self._fates.lost(place, fetched):
                    self._trail.miss()
                    gone = False
                pieces = stamp(link) if gone else {FAILED}
                if gone or self._trail.refused is None:
                    self._past.note(place, validators or Validators(), identity, pieces)
            return
        known = self._past.recall(fetched.place)
        body = fetched.validators.body
        if known and body and known.validators.body == body:
            self._unchanged += 1
            pieces = (stamp(link) or known.pieces) - {FAILED}
            self._past.note(fetched.place, fetched.validators, known.id, pieces)
            self._again(fetched.place, fetched if fetched.exchange else None)
            return
        if known:
            fetched = replace(fetched, known=known.pieces)
        if link is None and self._standing.kind in _STAY:
            source = replace(source, kind=source.kind or self._standing.kind)
        try:
            reading = _read(fetched, source, self._readers)
            if link is None:
                self._wishes, self._kind = reading.wishes, reading.kind
        except SourceError as error:
            # Told again each round until it is mended; one page of many is told once.
            self._skipped.append(error)
            if link is not None:
                self._past.note(fetched.place, fetched.validators, None, stamp(link))
            return
        if len(reading.entries) == 1 and self._files.may_wait(reading.entries[0], fetched):
            self._waiting += len(fetched.body)
            fetched = fetched if self._source.captures is not False else replace(fetched, body=b"")
            self._deferred.append((fetched, reading))
            if len(self._deferred) >= _DEFERRED or self._waiting > _WAITING:
                self._take_deferred()
            return
        self._take_reading(fetched, reading, link)

    def _take_deferred(self) -> None:
        """Take in the files whose text is new: by now it is known where the old texts have gone."""
        for fetched, reading in self._deferred:
            self._take_reading(fetched, reading, None)
        self._deferred.clear()
        self._waiting = 0

    def _take_reading(self, fetched: Capture, reading: Reading, link: Link | None) -> None:
        self._held = (self._held or 0) + reading.held
        self._skipped.extend(reading.skipped)
        self._unchanged += reading.unchanged
        alone = fetched if reading.kind in ("page", "prose") else None
        identity: str | None = None
        memory: Remembered | None = None
        whole = True
        self._doubles.look_at(reading)
        if alone:
            self._fates.seen(fetched.place)
        deleted = self._fates.deleted(reading.gone, fetched, fetched.known) if reading.gone else ()
        kept, always = self._source.captures, bool(self._source.captures)
        if always or (kept is None and alone):
            self._desk.begin(fetched)
        for entry in reading.entries:
            try:
                identity = self._settle(told(entry, link), alone)
            except DamagedError as error:
                self._skipped.append(error)
                self._trail.miss()
                whole = False
            if self._desk.is_full and not (alone or always):
                self._desk.write()  # else together with what it was made of
        self._desk.end(keep=always)
        if self._desk.is_full:
            self._desk.write()
        if whole:
            pieces = {*reading.pieces, *stamp(link), *deleted}
            identity = identity if alone else None
            settings = self._past.settings
            memory = Remembered(settings, identity, fetched.validators, frozenset(pieces))
            if not reading.links:
                self._past.remember(fetched.place, memory)
        if reading.links:
            self._trail.lead(reading.links, (fetched.place, memory) if memory else None)

    def _again(self, place: str, again: Capture | None) -> None:
        """Take note that a document is as it was; keep that it was received so."""
        self._fates.found(place)
        if again is None or self._source.captures is False:
            return
        identity = self._past.id_at(place)
        kept = self._archive.find(identity) if identity else None
        if kept is not None and kept.capture is not None:
            self._desk.receive(Receipt(replace(again, place=place), (), kept.capture))

    def _settle(self, entry: Entry, alone: Capture | None) -> str | None:
        """Settle one entry; return its id where the place of a lone document is to keep it."""
        if is_too_old(self._source, entry, self._now):
            self._unchanged += 1
            return None
        if self._desk.holds(entry):
            self._desk.write()  # found twice in a round, it must be known the second time
        if alone is None or self._source.remote:
            identity = self._past.id_at(alone.place) if alone else None
            old = self._first(identity, entry.id, handle(entry.id))
            if old is None and (old := self._doubles.own(entry)) is not None:
                self._doubles.remember(entry.id, old)
        else:
            entry, old, copied = self._files.recognise(entry, alone)
            if copied:
                self._unchanged += 1
                return None
        if old is not None and self._desk.waiting(old.entry.id):
            self._desk.write()
            old = self._archive.find(old.entry.id)
        if old is not None and not self._past.ours(old):
            self._unchanged += 1  # another source brought it first, and goes on bringing it
            return old.entry.id
        change, version = settle(
            entry,
            old=old,
            source=self._source.name,
            now=self._now,
            zone=self._zone,
            taken=self._desk.is_taken,
        )
        if change is Change.NEW and (first := self._doubles.first(version)) is not None:
            version = replace(version, duplicate_of=first)
        if change is Change.UNCHANGED:
            self._unchanged += 1
        else:
            self._changes.append((change, version))
            self._desk.put(version)
        return version.entry.id

    def _first(self, *names: str | None) -> Version | None:
        """The entry in the archive that has one of these names, asked in their order."""
        return next(filter(None, map(self._desk.find, filter(None, names))), None)


def _read(capture: Capture, source: Source, readers: Mapping[Kind, Reader]) -> Reading:
    """Read a capture; a mistake of a reader costs its document and no other."""
    try:
        return read(capture, source, readers)
    except FeedtoolError:
        raise
    except Exception as error:
        reason = f"can't be read, by a mistake of feedtool ({type(error).__name__}: {error})"
        raise ReadError(capture.url, reason) from error
