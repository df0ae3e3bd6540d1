"""Both halves on a clock. The only file that knows APScheduler.

APScheduler is the clock and nothing else: one job looks what is due. When a source is due is kept
in the archive's own state, so that a restart forgets nothing and polls nobody early.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from queue import SimpleQueue

from apscheduler.schedulers.background import BackgroundScheduler

from feedtool.archive.protocol import Archive
from feedtool.collect import collect, plan
from feedtool.config import Config
from feedtool.errors import BusyError, FeedtoolError, PublishError
from feedtool.fetch.fetcher import Fetcher
from feedtool.herald import Herald
from feedtool.kept import Outcome
from feedtool.model import Source
from feedtool.publish.site import Publication, publish

TICK = timedelta(seconds=1)
RETRY = timedelta(minutes=1)  # between two tries to publish
NEVER = datetime.min.replace(tzinfo=UTC)
FOREVER = datetime.max.replace(tzinfo=UTC)

Event = Outcome | Publication | FeedtoolError


class Daemon:
    """Collects each source of `config` as often as it says, and publishes what came.

    `clock()` gives the time, aware; `tell(event)` is called with each outcome, each publication
    that wrote something, and each failure to publish. `archive` must be open for writing.
    """

    def __init__(
        self,
        config: Config,
        archive: Archive,
        *,
        clock: Callable[[], datetime],
        tell: Callable[[Event], object] = repr,
    ) -> None:
        self._config, self._archive, self._clock, self._tell = config, archive, clock, tell
        self._sources = [source for source in config.source if source.enabled]
        self._fetcher = Fetcher(config, archive.state)  # kept: it knows whom it asked last
        self._herald = Herald(config)
        self._next: dict[str, datetime] | None = None  # when each source is due
        self._seen = NEVER
        self._stopping = False
        self._retry: datetime | None = NEVER  # when to publish though nothing was due
        # The work is done in the thread that calls `run`: the archive has one writer. A simple
        # queue, unlike other ways to wake a thread, may be used within a signal handler.
        self._ticks: SimpleQueue[bool] = SimpleQueue()

    def run(self, tick: timedelta = TICK) -> None:
        """Look each `tick` what is due, until `stop`; raises the `ArchiveError` that made it
        impossible to go on."""
        # By default, APScheduler drops a job that is a second late, and makes up for each one
        # that was missed.
        clock = BackgroundScheduler(
            timezone=UTC,
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        clock.add_job(self._wake, "interval", seconds=tick.total_seconds())
        clock.start()
        self._wake()
        try:
            while self._ticks.get() and not self._stopping:
                self.round()
        finally:
            clock.shutdown(wait=False)
            self._fetcher.close()
            self._herald.close()

    def stop(self) -> None:
        """End soon: what was received is kept, the rest is left due; may be called from a signal
        handler."""
        self._stopping = True
        self._fetcher.stop()
        self._ticks.put(False)

    def _wake(self) -> None:
        if self._ticks.empty():
            self._ticks.put(True)

    def round(self) -> None:
        """Collect what is due now and publish; nothing happens where nothing is due."""
        now = self._clock()
        if self._next is None:
            self._next = {source.name: self._due(source, now) for source in self._sources}
        elif now < self._seen:
            # A clock that was put back must not silence a source for longer than was meant, nor
            # have a server asked early: what is due goes back with it. Files may be read at once.
            back = self._seen - now
            remote = {source.name for source in self._sources if source.remote}
            self._next = {
                name: when - back if name in remote else now for name, when in self._next.items()
            }
        self._seen = now
        due = [name for name, when in self._next.items() if when <= now]
        if due:
            self._collect(due, now)
            now = self._clock()
        if due or (self._retry is not None and (self._retry <= now or self._retry > now + RETRY)):
            self._publish(now)
        self._proclaim(now)

    def _proclaim(self, now: datetime, topics: tuple[str, ...] = ()) -> None:
        """Tell the hub of what has news."""
        try:
            if topics:
                self._herald.news(topics, now)
            given_up = self._herald.tell(now)
        except PublishError as error:  # what is to be told can't be read, or written
            self._tell(error)
            return
        for one in given_up:
            self._tell(one)

    def _collect(self, names: list[str], now: datetime) -> None:
        assert self._next is not None
        outcomes = collect(
            self._config, self._archive, now=now, names=names, fetching=self._fetcher
        )
        with closing(outcomes):
            for outcome in outcomes:
                source = next(one for one in self._sources if one.name == outcome.source)
                # Only now: a round that was cut short is made up for.
                self._next[source.name] = self._due(source, now, done=True)
                self._tell(outcome)

    def _due(self, source: Source, now: datetime, done: bool = False) -> datetime:
        """When to read a source next; `done`: it was at `now`."""
        plans = plan(self._config, source)
        if not source.remote:
            return now + plans.base((), now) if done else now
        standing = self._archive.state.standing(source.name)
        if standing.gone:
            return FOREVER
        if plans.is_due(standing, now) and not done:
            return now
        return max(filter(None, (standing.due, standing.not_before)), default=now)

    def _publish(self, now: datetime) -> None:
        try:
            publication = publish(self._config, self._archive, now=now)
        except (PublishError, BusyError) as error:  # somebody else publishes there
            self._retry = now + RETRY
            self._tell(error)
            return
        # What is dated ahead waits for its time, whether or not a source is due then.
        self._retry = now + RETRY if publication.waiting else None
        self._proclaim(now, publication.topics)
        for fault in publication.faults:
            self._tell(fault)
        if publication.written or publication.removed:
            self._tell(publication)
