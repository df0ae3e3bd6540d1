"""What a daemon does under one configuration: it collects what is due, publishes what came, and
tells those who want to know."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

from feedtool.agenda import Agenda
from feedtool.archive.protocol import Archive
from feedtool.bell import Bell
from feedtool.collect import Collecting, plan
from feedtool.config import Config
from feedtool.data import Struct
from feedtool.errors import BusyError, FeedtoolError, PublishError
from feedtool.fetch.fetcher import Fetcher
from feedtool.fetch.results import Fetch, Fetching, Stopped
from feedtool.herald import Herald
from feedtool.kept import Outcome
from feedtool.model import Kind, Source
from feedtool.publish.renderers import Renderers
from feedtool.publish.site import Publication, publish
from feedtool.read.readers import Reader

RETRY = timedelta(minutes=1)  # between two tries to publish
LOOK = timedelta(hours=1)  # after which to publish though nothing came: a file may have been edited
SOON = 0.5  # seconds after which what ended is written and told, however slow others are
_FIRST = 2.0  # seconds after which to publish though others are still read
_SHARE = 10  # at most one part in so many of the time goes into publishing, while others are read
_REST = 5  # times as long as its reading took, a folder that changes all the time is left alone
_LONGEST_REST = timedelta(minutes=1)
_HEARING = 2.0  # seconds that whoever is being told of an alarm has, when all ends
_SLIP = timedelta(minutes=1)  # a clock put back by less is only being set right
_NEVER = datetime.min.replace(tzinfo=UTC)

Event = Outcome | Publication | FeedtoolError | Config
"""What became of a source; what was published; what went wrong; the configuration that holds from
now on."""


class Tools(Struct, frozen=True, kw_only=True):
    """What the work is done with. `clock()` gives the time, aware; `alive()` is called again and
    again while there is progress; the command that alarms are told to has `inherited` as its
    environment; the others are those of `Fetcher`, `collect` and `publish`."""

    clock: Callable[[], datetime]
    alive: Callable[[], object]
    inherited: Mapping[str, str]
    fetching: Fetching | None
    fetches: Mapping[str, Fetch]
    readers: Mapping[Kind, Reader]
    renderers: Renderers


class Work:
    """The sources of one configuration, each read when it is due, until it is closed."""

    def __init__(self, config: Config, archive: Archive, tools: Tools) -> None:
        """`archive` must be open for writing."""
        self._config, self._archive, self._tools = config, archive, tools
        self._clock = tools.clock
        self._sources = {source.name: source for source in config.source if source.enabled}
        # Kept from round to round: it knows whom it asked last.
        self._fetching = tools.fetching or Fetcher(
            config, archive.state, tools.fetches, alive=tools.alive
        )
        self._owns = tools.fetching is None
        self._collecting = Collecting(
            config,
            archive,
            self._fetching,
            lambda _: self._clock(),
            insist=True,
            readers=tools.readers,
            soon=SOON,
        )
        self._herald = Herald(config)
        self._bell = Bell(config, archive.state, environ=tools.inherited)
        self._agenda: Agenda | None = None
        self._again: set[str] = set()  # in hand, and changed meanwhile
        self._rests: dict[str, datetime] = {}  # until when a folder is left alone
        # Until when servers asked to be left alone, of sources whose owner names times.
        self._spared: dict[str, datetime] = {}
        self._seen = _NEVER
        self._stopping = False
        self.publishing = timedelta(0)  # that the last publication took
        self._news = False  # that isn't published
        self._publish_at: datetime | None = None  # though there are no news
        self._free_at = time.monotonic() + _FIRST  # to publish though others are read

    @property
    def busy(self) -> bool:
        """True where something is being read."""
        return self._collecting.busy

    def turn(self) -> Iterator[Event]:
        """Begin what is due, go on with what was begun, and publish; waits a while for answers if
        any are to come."""
        self._look(self._clock())
        if self._collecting.busy:
            for outcome in self._collecting.step():
                self._note(outcome)
                yield outcome
        now = self._clock()
        if self._is_wanted(now) and (not self.busy or time.monotonic() >= self._free_at):
            yield from self._publish(now)
        yield from self._proclaim(now)
        yield from self._bell.ring(now)

    def changed(self, name: str) -> None:
        """A source on disk has changed: it is due, as soon as it has had its rest."""
        if self._agenda is None or name not in self._sources:
            return
        if name in self._agenda:
            self._agenda.hasten(name, max(self._clock(), self._rests.get(name, _NEVER)))
        else:
            self._again.add(name)

    def end(self, seconds: float = 0.0) -> Iterator[Event]:
        """Wait so long at most for what was asked, and keep what came; the rest is left due."""
        until = time.monotonic() + seconds
        while self._collecting.busy and not self._stopping and time.monotonic() < until:
            yield from self._collecting.step()
        yield from self._collecting.end()
        yield from self._bell.wait(_HEARING, self._clock())  # who was told of what isn't told again

    def stop(self) -> None:
        """Wait for nothing any more; may be called from a signal handler."""
        self._stopping = True
        self._fetching.stop()

    def wake(self) -> None:
        """End a wait for answers; may be called from a signal handler."""
        self._fetching.wake()

    def close(self) -> None:
        """Let go of the network."""
        if self._owns:
            self._fetching.close()
        self._herald.close()
        self._bell.close()

    def _look(self, now: datetime) -> None:
        """Begin what is due."""
        agenda = self._agenda
        if agenda is None:
            agenda = self._agenda = Agenda()
            for source in self._sources.values():
                when = self._due(source, now)
                if when is not None:
                    agenda.set(source.name, when)
        self._see(now)
        self._collecting.add([self._sources[name] for name in agenda.take(now)])

    def _due(self, source: Source, now: datetime) -> datetime | None:
        """When to read a source, by what is remembered of it; None for never."""
        plans = plan(self._config, source)
        standing = plans.known(self._archive.state.standing(source.name))
        if standing.gone and source.remote:
            return None
        due = plans.due(standing)
        if due is None or not (source.remote or plans.calendar):
            return now
        if plans.calendar and standing.not_before is not None:
            self._spared[source.name] = standing.not_before
        if standing.asked is not None and standing.asked > now + _SLIP:
            return self._moved(source, due, standing.asked - now, now)
        return due

    def _see(self, now: datetime) -> None:
        """See what time it is, and whether the clock was put back."""
        assert self._agenda is not None
        back = self._seen - now
        if back > timedelta(0):
            self._agenda.move(lambda name, when: self._moved(self._sources[name], when, back, now))
        self._seen = now

    def _moved(self, source: Source, when: datetime, back: timedelta, now: datetime) -> datetime:
        """When a source is due whose time was `when`, now that the clock was put back. That must
        not silence it for longer than was meant, nor have a server asked early; files may be read
        at once."""
        calendar, spared = plan(self._config, source).calendar, self._spared.get(source.name)
        if spared is not None:
            self._spared[source.name] = spared - back
        if source.remote and (calendar is None or (spared is not None and when <= spared)):
            return when - back
        if back < _SLIP:
            return when
        if calendar is None:
            return now
        return max(calendar.after(now), now if spared is None else spared - back)

    def _note(self, outcome: Outcome) -> None:
        """Take note of when a source is due next: only now, so that a round that was cut short is
        made up for."""
        assert self._agenda is not None
        name, source, now = outcome.source, self._sources[outcome.source], self._clock()
        by_calendar = bool(source.at or source.cron)
        standing = self._archive.state.standing(name) if outcome.error or by_calendar else None
        self._see(now)
        if by_calendar:
            self._spared.pop(name, None)
            if standing is not None and standing.not_before is not None:
                self._spared[name] = standing.not_before
        due = outcome.due
        if due is not None and not (standing is not None and standing.gone and source.remote):
            if outcome.run is not None and outcome.run.at > now:  # put back while it was read
                due = self._moved(source, due, outcome.run.at - now, now)
            self._agenda.set(name, due)
        if outcome.run is not None and not source.remote:
            rest = min(timedelta(seconds=_REST * outcome.run.seconds), _LONGEST_REST)
            self._rests[name] = now + rest
        if name in self._again:
            self._again.discard(name)
            self.changed(name)
        self._news |= bool(outcome.changes or outcome.purged or outcome.alarms)

    def _is_wanted(self, now: datetime) -> bool:
        """True where something is to be published, or may be."""
        if self._news or self._publish_at is None:
            return True
        return not self._publish_at - LOOK <= now < self._publish_at  # the clock may be put back

    def _publish(self, now: datetime) -> Iterator[Event]:
        begun = time.monotonic()
        try:
            publication = publish(
                self._config,
                self._archive,
                now=now,
                renderers=self._tools.renderers,
                step=self._step,
            )
        except Stopped:
            return
        except (PublishError, BusyError) as error:  # somebody else publishes there
            self._news, self._publish_at = False, now + RETRY
            yield error
            return
        finally:
            took = time.monotonic() - begun
            self.publishing = timedelta(seconds=took)
            self._free_at = time.monotonic() + max(1.0, _SHARE * took)
        self._news = False
        # What is dated ahead waits for its time, whether or not a source is due then.
        self._publish_at = now + (RETRY if publication.waiting else LOOK)
        yield from self._proclaim(now, publication.topics)
        yield from publication.faults
        if publication.written or publication.removed:
            yield publication

    def _step(self, _: str) -> None:
        self._tools.alive()
        if self._stopping:  # whatever was published is whole, and the next goes on from there
            raise Stopped

    def _proclaim(self, now: datetime, topics: tuple[str, ...] = ()) -> Iterator[Event]:
        """Tell the hub of what has news."""
        try:
            if topics:
                self._herald.news(topics, now)
            yield from self._herald.tell(now)
        except PublishError as error:  # what is to be told can't be read, or written
            yield error
