"""One round of collecting: each source is fetched, read, settled and put into the archive.

Many sources are asked at once, one of each host; what they answer is taken in here, by one thread.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING

from feedtool import text
from feedtool.archive.protocol import Archive
from feedtool.config import Config
from feedtool.data import Struct, replace
from feedtool.desk import Desk
from feedtool.errors import ArchiveError, FetchError
from feedtool.fetch.fetcher import Fetcher
from feedtool.fetch.results import Fetched, Fetching, Stopped
from feedtool.kept import Outcome
from feedtool.manners.standing import Plan, Standing, calendar_of
from feedtool.model import Kind, Source
from feedtool.read.readers import READERS, Reader

if TYPE_CHECKING:
    from feedtool.round import Asking

_TICKETS = count()
_SOON = 2.0  # seconds after which what ended is written and told, however slow the others are
_TOLD = 100  # outcomes that wait until what they tell is written
_FOUND = 480  # entries that they have found, which are in memory as long: less than a full desk


def collect(
    config: Config,
    archive: Archive,
    *,
    now: datetime,
    names: Iterable[str] = (),
    insist: bool = False,
    fetching: Fetching | None = None,
    readers: Mapping[Kind, Reader] = READERS,
) -> Generator[Outcome, None, None]:
    """Read the sources of `config` into `archive` and yield the `Outcome` of each as it ends.

    `names`: these sources only; without any, all that are enabled. `now` is when the round begins.
    A source on the web that isn't due, or whose server asked for time, is left alone until then,
    unless we `insist`. What goes wrong with a source or a document of it is told in the outcome and
    stops nothing else; an `ArchiveError` ends the round.
    """
    wanted = set(names)
    sources = [one for one in config.source if one.name in wanted or (one.enabled and not wanted)]
    own = fetching or Fetcher(config, archive.state)
    begun = time.monotonic()

    def moment(source: Source) -> datetime:
        # A long round must not count what is asked late as asked early.
        elapsed = int(time.monotonic() - begun) if source.remote else 0
        return now + timedelta(seconds=elapsed)

    collecting = Collecting(config, archive, own, moment, insist=insist, readers=readers)
    collecting.add(sources)
    try:
        while collecting.busy and not own.stopped:
            yield from collecting.step()
        yield from collecting.end()
    finally:
        if fetching is None:
            own.close()


def plan(config: Config, source: Source) -> Plan:
    """Return how often `source` may be read."""
    least, most = config.http.every_min, config.http.every_max
    place = text.place(source.url) if source.remote else None
    return Plan(source.name, source.every, least, most, calendar_of(source), place)


class _Running(Struct, frozen=True):
    """A round that waits for an answer, and when it began (in seconds, monotonic)."""

    source: Source
    asking: Asking
    begun: float


class Collecting:
    """Rounds of many sources, each at its own pace, also while more are added; those of one host
    one after another."""

    def __init__(
        self,
        config: Config,
        archive: Archive,
        fetching: Fetching,
        moment: Callable[[Source], datetime],
        *,
        insist: bool,
        readers: Mapping[Kind, Reader] = READERS,
        soon: float = _SOON,
    ) -> None:
        """`moment(source)` gives the time for what is asked of it now. What isn't due is left
        alone, unless we `insist`. What ended is told some time in the `soon` seconds after."""
        self._config, self._archive = config, archive
        self._moment, self._insist, self._soon = moment, insist, soon
        self._told = time.monotonic()  # when what ended was told last
        self._fetching, self._readers = fetching, readers
        self._configured = frozenset(source.name for source in config.source)
        self._desk = Desk(archive)
        self._lines = _Lines()
        self._rounds: dict[int, _Running] = {}  # by ticket
        self._keeping = {one.name for one in config.source if one.keep is not None}
        self._ended: list[Outcome] = []
        self._done: list[Source] = []  # whose old entries may have had their time

    @property
    def busy(self) -> bool:
        """True where `step` has something to go on with."""
        return bool(self._lines or self._rounds or self._ended)

    def add(self, sources: Iterable[Source]) -> None:
        """Read these too; none that is being read."""
        self._lines.add(sources)

    def step(self) -> Iterator[Outcome]:
        """Go on, waiting for the next answers where nothing else is to be done; yield the outcomes
        of what has ended, once it is written."""
        try:
            yield from self._begin_some()
            waited = True
            for ticket, answer in self._fetching.answers():
                waited = False
                # One of an earlier collection that was given up is nobody's.
                if ticket in self._rounds:
                    self._go_on(self._rounds.pop(ticket), answer)
            late = waited or time.monotonic() > self._told + self._soon
            if late or not self._rounds or self._desk.is_full or self._has_many:
                yield from self._tell()
        except ArchiveError:
            raise
        except BaseException:
            self._desk.write()  # what came before somebody stopped us is kept
            raise

    def end(self) -> Iterator[Outcome]:
        """Write what came, and yield the outcomes of what has ended; the rest is left due."""
        yield from self._tell()

    @property
    def _has_many(self) -> bool:
        found = sum(len(one.changes) for one in self._ended)
        return found >= _FOUND or len(self._ended) >= _TOLD

    def _begin_some(self) -> Iterator[Outcome]:
        """Begin as many rounds as there is room for; yield the outcomes of what is left alone."""
        while some := self._lines.take(self._fetching.room):
            state = self._archive.state
            state.read_ahead([one.name for one in some if one.remote])
            due: list[tuple[Source, Plan, Standing]] = []
            for source in some:
                plans = plan(self._config, source)
                stands = plans.known(state.standing(source.name))
                left_alone = None if self._insist else self._left_alone(source, plans, stands)
                if left_alone is None:
                    due.append((source, plans, stands))
                else:
                    self._lines.ended(_host(source))
                    yield left_alone
            remote = [(one.name, text.place(one.url)) for one, _, _ in due if one.remote]
            if remote:
                state.look_ahead(remote)
            for one in due:
                self._begin(*one)

    def _begin(self, source: Source, plans: Plan, stands: Standing) -> None:
        if not source.remote:
            self._desk.write()  # files are told apart by what is in the archive
        from feedtool.round import Round  # all that makes entries, where something is due

        when = self._moment(source)
        known, readers = self._configured, self._readers
        one = Round(self._desk, source, plans, stands, known, when, readers)
        self._go_on(_Running(source, one.run(), time.monotonic()), None)

    def _go_on(self, running: _Running, answer: Iterable[Fetched] | None) -> None:
        """Give a round its answer, and ask what it asks next."""
        source = running.source
        try:
            ask = next(running.asking) if answer is None else running.asking.send(answer)
        except StopIteration as end:
            self._end(source, end.value, time.monotonic() - running.begun)
            return
        except Stopped:  # amid its files: it is left due
            return
        ticket = next(_TICKETS)
        self._rounds[ticket] = running
        now = self._moment(ask.source)
        self._fetching.ask(ticket, ask.source, ask.known, now=now, led=ask.led)

    def _end(self, source: Source, outcome: Outcome, seconds: float) -> None:
        if outcome.run is not None:
            run = replace(outcome.run, seconds=round(seconds, 3))
            self._desk.log(source.name, run)
            outcome = replace(outcome, run=run)
        self._ended.append(outcome)
        if source.name in self._keeping:
            self._done.append(source)
        self._lines.ended(_host(source))

    def _tell(self) -> Iterator[Outcome]:
        self._desk.write()
        purged = self._purged() if self._done else {}
        self._told = time.monotonic()
        ended, self._ended = self._ended, []
        for one in ended:
            yield replace(one, purged=purged[one.source]) if purged.get(one.source) else one

    def _purged(self) -> dict[str, int]:
        """How many entries, source by source, had had their time."""
        from feedtool.retention import expire  # few keep for a time only

        done, self._done = self._done, []
        return {one.name: expire(self._archive, one, self._moment(one)) for one in done}

    def _left_alone(self, source: Source, plans: Plan, standing: Standing) -> Outcome | None:
        """The outcome of a source that isn't read, as it isn't due or its server asked for that."""
        if not source.remote:
            return None
        if standing.gone:
            shown = text.without_secrets(source.url)
            way_out = f"take it out, or ask again with feedtool collect {source.name}"
            reason = f"{standing.trouble}, and is gone for good: {way_out}"
            return Outcome(source.name, error=FetchError(shown, reason, fault="address"))
        if plans.is_due(standing, self._moment(source)):
            return None
        waits = max(filter(None, (plans.due(standing), standing.not_before)))
        return Outcome(source.name, waits=waits)


class _Lines:
    """Sources that wait, in one line for each host, so that none holds up those of another."""

    def __init__(self) -> None:
        self._lines: dict[str, deque[Source]] = {}
        self._free: deque[str] = deque()  # hosts whose next source may begin
        self._taken: set[str] = set()

    def __bool__(self) -> bool:
        return bool(self._free)

    def add(self, sources: Iterable[Source]) -> None:
        """Let these wait too."""
        for source in sources:
            host = _host(source)
            if host not in self._lines:
                self._lines[host] = deque()
                if host not in self._taken:
                    self._free.append(host)
            self._lines[host].append(source)

    def take(self, most: int) -> list[Source]:
        """The next sources whose hosts are free, which they are no longer; a file or folder
        alone."""
        taken: list[Source] = []
        while self._free and len(taken) < most:
            if not self._free[0] and taken:
                break
            host = self._free.popleft()
            self._taken.add(host)
            taken.append(self._lines[host].popleft())
            if not self._lines[host]:
                del self._lines[host]
            if not taken[-1].remote:
                break
        return taken

    def ended(self, host: str) -> None:
        """The source of this host that was begun has ended."""
        self._taken.discard(host)
        if host in self._lines:
            self._free.append(host)


def _host(source: Source) -> str:
    return text.server(source.url)[0] if source.remote else ""
