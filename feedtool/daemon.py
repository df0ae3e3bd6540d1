"""Both halves on a clock. The only file that knows APScheduler.

APScheduler is the clock and nothing else: one job looks what is due. When a source is due is kept
in the archive's own state, so that a restart forgets nothing and polls nobody early.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from queue import SimpleQueue

from apscheduler.schedulers.background import BackgroundScheduler

from feedtool.archive.protocol import Archive
from feedtool.collect import collect
from feedtool.config import Config
from feedtool.errors import BusyError, FeedtoolError, PublishError
from feedtool.model import Outcome, Source
from feedtool.publish.site import Publication, publish

TICK = timedelta(seconds=1)
RETRY = timedelta(minutes=1)  # between two tries to publish
NEVER = datetime.min.replace(tzinfo=UTC)

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

    def stop(self) -> None:
        """End after the source that is being read; may be called from a signal handler."""
        self._stopping = True
        self._ticks.put(False)

    def _wake(self) -> None:
        if self._ticks.empty():
            self._ticks.put(True)

    def round(self) -> None:
        """Collect what is due now and publish; nothing happens where nothing is due."""
        due = [source for source in self._config.source if self._is_due(source)]
        for source in due:
            if self._stopping:
                return
            now = self._clock()
            for outcome in collect(self._config, self._archive, now=now, names=[source.name]):
                self._tell(outcome)
            # Only now: a round that was cut short is made up for.
            asked = self._archive.state.standing(source.name).not_before or now
            self._archive.state.set_due(
                source.name, max(now + (source.every or timedelta(hours=1)), asked)
            )
        now = self._clock()
        if due or (self._retry is not None and (self._retry <= now or self._retry > now + RETRY)):
            self._publish(now)

    def _is_due(self, source: Source) -> bool:
        when = self._archive.state.due(source.name)
        now = self._clock()
        if when is None or when <= now or not source.enabled:
            return source.enabled
        # A clock that was put back must not silence a source for longer than was meant.
        asked = self._archive.state.standing(source.name).not_before or now
        return when > max(now + (source.every or timedelta(hours=1)), asked)

    def _publish(self, now: datetime) -> None:
        try:
            publication = publish(self._config, self._archive, now=now)
        except (PublishError, BusyError) as error:  # somebody else publishes there
            self._retry = now + RETRY
            self._tell(error)
            return
        # What is dated ahead waits for its time, whether or not a source is due then.
        self._retry = now + RETRY if publication.waiting else None
        if publication.written or publication.removed:
            self._tell(publication)
