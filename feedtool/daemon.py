"""The daemon: the work, on a clock. The only file that knows APScheduler.

APScheduler is the clock and nothing else: one job wakes whoever looks what is due. When a source is
due is kept in the archive's own state, so that a restart forgets nothing and polls nobody early.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import Empty, SimpleQueue
from types import MappingProxyType

from apscheduler.job import Job
from apscheduler.schedulers.background import BackgroundScheduler

from feedtool.aio import iterate
from feedtool.archive.folder import FolderArchive
from feedtool.archive.protocol import Archive
from feedtool.config import Config
from feedtool.errors import ConfigError, FetchError
from feedtool.fetch.fetcher import NO_FETCHES
from feedtool.fetch.results import Fetch, Fetching
from feedtool.fetch.watch import Watcher
from feedtool.model import Kind, Source
from feedtool.observer import Observer
from feedtool.publish.renderers import RENDERERS, Renderers
from feedtool.read.readers import READERS, Reader
from feedtool.work import Event, Tools, Work

TICK = timedelta(seconds=1)
DRAIN = 5.0  # seconds that what was asked has to answer before a new configuration holds
NO_ENVIRONMENT: Mapping[str, str] = MappingProxyType({})
"""Of a command that is given nothing but the alarm."""

_LATE = 3  # ticks that the clock may be late

_Signature = tuple[int, int, int] | None


def utc_now() -> datetime:
    """Return the time, in UTC."""
    return datetime.now(UTC)


class Daemon:
    """Collects each source of `config` when it is due, and publishes what came.

    `archive` must be open for writing; without one, that of the configuration is opened while it
    runs. `clock()` gives the time, aware. `tell(event)` is called with each `Event`. `load()` gives
    the configuration anew, after `reload` and when the file `watched` has changed. `alive()` is
    called again and again as long as there is progress. `environ` is the environment of the command
    that alarms are told to. `fetching` and `fetches` take the place of
    the network (see `Fetching`, `Fetcher`), `readers` and `renderers` those of our tables.
    """

    def __init__(
        self,
        config: Config,
        archive: Archive | None = None,
        *,
        clock: Callable[[], datetime] = utc_now,
        tell: Callable[[Event], object] = repr,
        load: Callable[[], Config] | None = None,
        watched: Path | None = None,
        alive: Callable[[], object] = bool,
        environ: Mapping[str, str] = NO_ENVIRONMENT,
        fetching: Fetching | None = None,
        fetches: Mapping[str, Fetch] = NO_FETCHES,
        readers: Mapping[Kind, Reader] = READERS,
        renderers: Renderers = RENDERERS,
    ) -> None:
        self._config, self._archive, self._tell = config, archive, tell
        self._clock = clock
        self._load, self._file, self._alive = load, _File(watched), alive
        self._tools = Tools(
            clock=clock,
            alive=alive,
            inherited=environ,
            fetching=fetching,
            fetches=fetches,
            readers=readers,
            renderers=renderers,
        )
        self._stopping = self._reloading = False
        # The work is done in the thread that calls `run`: the archive has one writer. A simple
        # queue, unlike other ways to wake a thread, may be used within a signal handler.
        self._ticks: SimpleQueue[None] = SimpleQueue()
        self._changes: SimpleQueue[str | OSError] = SimpleQueue()  # of watched files
        self._work: Work | None = None
        self._watcher: Watcher | None = None

    def run(self, tick: timedelta = TICK) -> None:
        """Look each `tick` what is due, until `stop`; raises the `ArchiveError` that made it
        impossible to go on."""
        for event in self.events(tick):
            self._tell(event)

    def events(self, tick: timedelta = TICK) -> Iterator[Event]:
        """Do the same, and yield what there is to tell."""
        # By default, APScheduler drops a job that is a second late, and makes up for each one
        # that was missed.
        clock = BackgroundScheduler(
            timezone=UTC,
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        # What is due is due at a whole second: so are the ticks, where there is one each second.
        begin = utc_now() + tick if tick < TICK else utc_now().replace(microsecond=0) + TICK
        seconds = tick.total_seconds()
        job = clock.add_job(self._wake, "interval", seconds=seconds, start_date=begin)
        with self._archived() as archive:
            clock.start()
            observer = Observer(self._config, self._clock())
            try:
                yield from observer.show(self._config)
                while not self._stopping:
                    if self._watcher is None:
                        self._watch()
                    yield from self._observed(self._turn(archive), observer)
                    if not self._is_busy and not self._stopping:
                        self._wait(job, tick)
                if self._work is not None:
                    yield from self._observed(self._work.end(), observer)
            finally:
                clock.shutdown(wait=False)
                observer.close()
                self.close()

    async def arun(self, tick: timedelta = TICK) -> None:
        """Run in a thread of its own, until `stop` or until the task is cancelled; `tell` is called
        in the event loop."""
        async for event in self.aevents(tick):
            self._tell(event)

    def aevents(self, tick: timedelta = TICK) -> AsyncGenerator[Event, None]:
        """Do the same, and yield what there is to tell; to leave the loop stops the daemon."""
        return iterate(lambda: self.events(tick), self.stop)

    def stop(self) -> None:
        """End soon: what was received is kept, the rest is left due; may be called from a signal
        handler or another thread."""
        self._stopping = True
        self._ticks.put(None)
        if self._work is not None:
            self._work.stop()

    def reload(self) -> None:
        """Load the configuration anew, soon; may be called from a signal handler or another
        thread."""
        self._reloading = True
        self._wake()

    def round(self) -> None:
        """Collect what is due now, wait for all of it, and publish; `close` when done."""
        with self._archived() as archive:
            try:
                while not self._stopping:
                    for event in self._turn(archive):
                        self._tell(event)
                    if not self._is_busy:
                        break
            finally:
                if self._archive is None:
                    self.close()

    def close(self) -> None:
        """Let go of the network and of what is watched; `run` does so when it ends."""
        if self._watcher is not None:
            self._watcher.close()
            self._watcher = None
        if self._work is not None:
            self._work.close()
            self._work = None

    @property
    def _is_busy(self) -> bool:
        return self._work is not None and self._work.busy

    def _wait(self, job: Job, tick: timedelta) -> None:
        """Wait for the next tick, or for whoever wakes us."""
        try:
            self._ticks.get(timeout=_LATE * tick.total_seconds())
        except Empty:
            # APScheduler waits until the time of its next run is shown: when the clock is put back,
            # that is long.
            job.reschedule("interval", seconds=tick.total_seconds())

    def _wake(self) -> None:
        if self._ticks.empty():
            self._ticks.put(None)
        work = self._work  # which may be closed meanwhile, by its own thread
        if work is not None:
            work.wake()

    @contextmanager
    def _archived(self) -> Iterator[Archive]:
        if self._archive is not None:
            yield self._archive
            return
        with FolderArchive(self._config.archive.path, writing=True) as archive:
            yield archive

    def _observed(self, events: Iterator[Event], observer: Observer) -> Iterator[Event]:
        for event in events:
            assert self._work is not None
            observer.note(event, self._clock(), self._work.publishing)
            yield event
            if isinstance(event, Config):
                yield from observer.show(event)
        yield from observer.looked(self._clock())

    def _turn(self, archive: Archive) -> Iterator[Event]:
        self._alive()
        if self._work is None:
            self._work = Work(self._config, archive, self._tools)
        if self._reloading or (self._load is not None and self._file.has_changed()):
            yield from self._renew(archive)
        while not self._changes.empty():
            change = self._changes.get()
            if isinstance(change, str):
                self._work.changed(change)
            else:
                yield _unwatched(change)
        yield from self._work.turn()

    def _renew(self, archive: Archive) -> Iterator[Event]:
        """Take the configuration as it is by now; one that can't be used is refused, and the old
        one goes on."""
        self._reloading = False
        self._file.is_known()
        if self._load is None:
            return
        try:
            config = self._load()
            if config.archive.path != self._config.archive.path:
                reason = "is another, which takes a new start; the old configuration goes on"
                raise ConfigError(self._file.path or "configuration", "archive.path", reason)
        except ConfigError as error:
            yield error
            return
        assert self._work is not None
        yield from self._work.end(DRAIN)
        self.close()
        self._config = config
        self._work = Work(config, archive, self._tools)
        yield config

    def _watch(self) -> None:
        """Watch the files and folders that are to be read as soon as they change."""
        paths = {one.name: Path(one.url) for one in self._config.source if _is_watched(one)}
        self._watcher = Watcher(paths, self._note_change, self._changes.put)
        self._watcher.start()

    def _note_change(self, name: str) -> None:
        self._changes.put(name)
        self._wake()


class _File:
    """The configuration's file, looked at again and again."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._known = self._last = self._signature()

    def has_changed(self) -> bool:
        """True once the file has changed, and stayed so from one look to the next."""
        before, self._last = self._last, self._signature()
        if self._last in (self._known, None) or self._last != before:
            return False
        self._known = self._last
        return True

    def is_known(self) -> None:
        """It is loaded as it is now."""
        self._known = self._last = self._signature()

    def _signature(self) -> _Signature:
        if self.path is None:
            return None
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino


def _is_watched(source: Source) -> bool:
    if not source.enabled or source.remote:
        return False
    return not (source.at or source.cron) if source.watch is None else source.watch


def _unwatched(error: OSError) -> FetchError:
    where = error.filename or "a folder"
    reason = f"can't be watched: {error.strerror or error}; it is read by its schedule"
    return FetchError(where, reason, fault="settings")
