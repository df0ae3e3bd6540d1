"""One round of collecting: each source is fetched, read, settled and put into the archive.

Many sources are asked at once, one of each host; what they answer is taken in here, by one thread.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from urllib.parse import urlsplit

from feedtool import text
from feedtool.archive.protocol import Archive
from feedtool.config import Config
from feedtool.desk import Desk
from feedtool.errors import ArchiveError, FetchError
from feedtool.fetch.fetcher import Fetcher
from feedtool.fetch.results import Fetching
from feedtool.kept import Outcome
from feedtool.manners.standing import Plan, Standing
from feedtool.model import Kind, Source
from feedtool.read.readers import Reader
from feedtool.retention import expire
from feedtool.round import Ask, Asking, Round

_TICKETS = count()
_SOON = 2.0  # seconds after which what ended is written and told, however slow the others are
_TOLD = 100  # outcomes that wait until what they tell is written


def collect(
    config: Config,
    archive: Archive,
    *,
    now: datetime,
    names: Iterable[str] = (),
    insist: bool = False,
    fetching: Fetching | None = None,
    readers: Mapping[Kind, Reader] | None = None,
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
    try:
        yield from _Collecting(config, archive, now, own, readers).all(sources, insist)
    finally:
        if fetching is None:
            own.close()


def plan(config: Config, source: Source) -> Plan:
    """Return how often `source` may be read."""
    return Plan(source.name, source.every, config.http.every_min, config.http.every_max)


class _Collecting:
    """Rounds of many sources, each at its own pace."""

    def __init__(
        self,
        config: Config,
        archive: Archive,
        now: datetime,
        fetching: Fetching,
        readers: Mapping[Kind, Reader] | None,
    ) -> None:
        self._config, self._archive = config, archive
        self._now, self._begun = now, time.monotonic()
        self._told = self._begun  # when what ended was told last
        self._fetching, self._readers = fetching, readers
        self._configured = frozenset(source.name for source in config.source)
        self._desk = Desk(archive)
        self._rounds: dict[int, tuple[str, Asking]] = {}  # by ticket: host and round
        self._keeping = {one.name: one for one in config.source if one.keep is not None}
        self._ended: list[Outcome] = []
        self._done: list[Source] = []  # whose old entries may have had their time

    def all(self, sources: Iterable[Source], insist: bool) -> Iterator[Outcome]:
        """Read all of these; those of one host one after another."""
        lines = _Lines(sources)
        try:
            while (lines or self._rounds) and not self._fetching.stopped:
                yield from self._begin_some(lines, insist)
                waited = True
                for ticket, answer in self._fetching.answers():
                    waited = False
                    # One of an earlier collection that was given up is nobody's.
                    if ticket in self._rounds:
                        host, asking = self._rounds.pop(ticket)
                        self._go_on(asking, host, answer, lines)
                late = waited or time.monotonic() > self._told + _SOON
                if late or not self._rounds or self._desk.is_full or len(self._ended) >= _TOLD:
                    yield from self._tell()
            yield from self._tell()
        except ArchiveError:
            raise
        except BaseException:
            self._desk.write()  # what came before somebody stopped us is kept
            raise

    def _begin_some(self, lines: _Lines, insist: bool) -> Iterator[Outcome]:
        """Begin as many rounds as there is room for; yield the outcomes of what is left alone."""
        while some := lines.take(self._fetching.room):
            state = self._archive.state
            state.read_ahead([(one.name, text.place(one.url)) for one in some if one.remote])
            for source in some:
                stands = state.standing(source.name)
                left_alone = None if insist else self._left_alone(source, stands)
                if left_alone is None:
                    self._begin(source, stands, lines)
                else:
                    lines.ended(_host(source))
                    yield left_alone

    def _begin(self, source: Source, stands: Standing, lines: _Lines) -> None:
        if not source.remote:
            self._desk.write()  # files are told apart by what is in the archive
        when = self._moment() if source.remote else self._now
        known, readers = self._configured, self._readers
        one = Round(self._desk, source, plan(self._config, source), stands, known, when, readers)
        self._go_on(one.run(), _host(source), None, lines)

    def _go_on(
        self, asking: Asking, host: str, answer: Iterable[object] | None, lines: _Lines
    ) -> None:
        """Give a round its answer, and ask what it asks next."""
        try:
            ask: Ask = next(asking) if answer is None else asking.send(answer)  # type: ignore[arg-type]
        except StopIteration as end:
            self._ended.append(end.value)
            if end.value.source in self._keeping:
                self._done.append(self._keeping[end.value.source])
            lines.ended(host)
            return
        ticket = next(_TICKETS)
        self._rounds[ticket] = host, asking
        now = self._moment() if ask.source.remote else self._now
        self._fetching.ask(ticket, ask.source, ask.known, now=now, led=ask.led)

    def _tell(self) -> Iterator[Outcome]:
        self._desk.write()
        purged = {one.name: expire(self._archive, one, self._moment()) for one in self._done}
        self._done.clear()
        self._told = time.monotonic()
        ended, self._ended = self._ended, []
        for one in ended:
            yield replace(one, purged=purged[one.source]) if purged.get(one.source) else one

    def _moment(self) -> datetime:
        """The time by now: a long round must not count what is asked late as asked early."""
        return self._now + timedelta(seconds=int(time.monotonic() - self._begun))

    def _left_alone(self, source: Source, standing: Standing) -> Outcome | None:
        """The outcome of a source that isn't read, as it isn't due or its server asked for that."""
        if not source.remote:
            return None
        if standing.gone:
            shown = text.without_secrets(source.url)
            way_out = f"take it out, or ask again with feedtool collect {source.name}"
            reason = f"{standing.trouble}, and is gone for good: {way_out}"
            return Outcome(source.name, error=FetchError(shown, reason, fault="address"))
        if plan(self._config, source).is_due(standing, self._moment()):
            return None
        return Outcome(source.name, waits=max(filter(None, (standing.due, standing.not_before))))


class _Lines:
    """Sources that wait, in one line for each host, so that none holds up those of another."""

    def __init__(self, sources: Iterable[Source]) -> None:
        self._lines: dict[str, deque[Source]] = {}
        for source in sources:
            self._lines.setdefault(_host(source), deque()).append(source)
        self._free = deque(self._lines)  # hosts whose next source may begin

    def __bool__(self) -> bool:
        return bool(self._free)

    def take(self, most: int) -> list[Source]:
        """The next sources whose hosts are free, which they are no longer; a file or folder
        alone."""
        taken: list[Source] = []
        while self._free and len(taken) < most:
            if not self._free[0] and taken:
                break
            taken.append(self._lines[self._free.popleft()].popleft())
            if not taken[-1].remote:
                break
        return taken

    def ended(self, host: str) -> None:
        """The source of this host that was begun has ended."""
        if self._lines[host]:
            self._free.append(host)


def _host(source: Source) -> str:
    return (urlsplit(source.url).hostname or "") if source.remote else ""
