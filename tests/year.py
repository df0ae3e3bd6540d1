"""A year of the daemon's life, simulated: sources on servers of all moods, and a clock that is put
forward and back, sleeps and dies. Nothing waits: time is what this file says.

Times are seconds since the beginning, as numbers; the true ones, which nobody in the daemon sees.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from urllib.parse import urlsplit

from feedtool import text
from feedtool.archive.memory import MemoryArchive
from feedtool.config import Config
from feedtool.daemon import Daemon
from feedtool.data import replace
from feedtool.errors import ArchiveError, FetchError
from feedtool.fetch.results import Fetched, Known, NotModified
from feedtool.kept import Outcome
from feedtool.model import Capture, Entry, Published, Reading, Source, Validators
from feedtool.work import Event
from tests.year_sites import DAY, HOUR, MINUTE, SLOWEST, TICK, Request, Site, Span


class KilledError(ArchiveError):
    """The process was killed: nothing is written any more."""


class World:
    """The sources, the clock, and the daemon in it."""

    def __init__(
        self, config: Config, sites: Iterable[Site], begin: datetime, random: Random
    ) -> None:
        """Time begins at `begin`, a Monday."""
        self.sites = {site.source.name: site for site in sites}
        self.config = replace(config, source=tuple(site.source for site in self.sites.values()))
        self._random, self._begin = random, begin
        self.now = self.offset = 0.0
        self.archive = MemoryArchive()
        # What is to happen, the next last: the clock is wrong by so much from then on; the daemon
        # dies until then; the machine sleeps until then.
        self.turns: list[tuple[float, float]] = []
        self.deaths: list[tuple[float, float]] = []
        self.sleeps: list[tuple[float, float]] = []
        # What happened: steps of the clock, when nothing ran, and when lives began.
        self.steps: list[tuple[float, float]] = []
        self.away: list[Span] = []
        self.births: list[float] = []
        self.rounds = 0
        self.odd: list[object] = []  # what was told that is no outcome
        self._daemon: Daemon | None = None

    def since(self, when: datetime) -> float:
        """How many seconds after the beginning a moment is."""
        return (when - self._begin).total_seconds()

    def clock(self) -> datetime:
        """What the daemon takes for the time."""
        return self._begin + timedelta(seconds=self.now + self.offset)

    def monotonic(self) -> float:
        """Seconds that nobody puts back."""
        return self.now

    @property
    def next_tick(self) -> float:
        """When the daemon is woken next."""
        return (self.now // TICK + 1) * TICK

    @property
    def dies(self) -> bool:
        """True where the daemon is to be killed now."""
        return bool(self.deaths) and self.deaths[-1][0] <= self.now

    def latency(self) -> float:
        """How many seconds a server takes: seldom many."""
        return self._random.uniform(0.1, SLOWEST) ** 2 / SLOWEST

    def hurry(self) -> None:
        """Half of what is to happen within an hour happens now, while somebody is asked."""
        soon = self.now + 0.05
        for plans in (self.turns, self.deaths):
            if plans and soon < plans[-1][0] < soon + HOUR and self._random.random() < 0.5:
                plans[-1] = soon, plans[-1][1]

    def run(self, days: float) -> None:
        """Let so many days pass, a tick after the other."""
        network = Network(self)
        while self.now < days * DAY:
            if self.dies:
                self._die()
            if self.sleeps and self.sleeps[-1][0] <= self.now:
                self._leave(self.sleeps.pop()[1])
            if self._daemon is None:
                self._daemon = self._born(network)
            self.rounds += 1
            try:
                self._daemon.round()
            except KilledError:
                continue
            self.pass_to(self.next_tick)
        self._daemon = None

    def pass_to(self, when: float) -> None:
        """Let time pass; whoever sets the clock does so meanwhile."""
        while self.turns and self.turns[-1][0] <= when:
            at, offset = self.turns.pop()
            self.now = max(self.now, at)
            if offset != self.offset:
                self.steps.append((self.now, offset - self.offset))
            self.offset = offset
        self.now = max(self.now, when)

    def _born(self, network: Network) -> Daemon:
        self.births.append(self.now)
        network.forget()
        for site in self.sites.values():
            site.busy = False
        return Daemon(
            self.config,
            self.archive,
            clock=self.clock,
            tell=self._told,
            fetching=network,
            readers={"feed": read},
        )

    def _die(self) -> None:
        if self._daemon is not None:
            self._daemon.close()
            self._daemon = None
        self._leave(self.deaths.pop()[1])

    def _leave(self, until: float) -> None:
        begin = self.now
        self.pass_to(until)
        self.away.append((begin, self.now))

    def _told(self, event: Event) -> None:
        if not isinstance(event, Outcome):
            self.odd.append(event)
            return
        site = self.sites[event.source]
        site.busy = False
        request = site.log[-1]
        request.told = self.now
        request.due = None if event.due is None else self.since(event.due)
        site.alarms += ((self.now, alarm) for alarm in event.alarms)


class Network:
    """`Fetching` of a world: who is asked answers after some seconds of its time."""

    stopped = False

    def __init__(self, world: World) -> None:
        """Nobody is asked yet."""
        self._world = world
        self._waiting: list[tuple[float, int, Fetched]] = []
        self._hosts: dict[int, str] = {}  # by ticket

    @property
    def room(self) -> int:
        """As many as the configuration allows."""
        return self._world.config.http.workers - len(self._waiting)

    def ask(
        self, ticket: int, source: Source, known: Known, *, now: datetime, led: bool = False
    ) -> None:
        """Ask a server of this world."""
        world = self._world
        site, host = world.sites[source.name], urlsplit(source.url).hostname or ""
        assert not led
        assert not site.busy, f"{source.name} is asked twice at once"
        assert host not in self._hosts.values(), f"{host} is asked twice at once"
        assert len(self._waiting) < world.config.http.workers
        assert now == world.clock()
        site.busy, self._hosts[ticket] = True, host
        request = Request(world.now, world.since(now), len(world.births))
        site.log.append(request)
        answer = _answer(site, source.url, known(site.place), request, now)
        world.hurry()
        ready = world.now + world.latency()
        heapq.heappush(self._waiting, (ready, ticket, answer))

    def answers(self) -> Iterator[tuple[int, Iterable[Fetched]]]:
        """What comes first, unless the next tick, or the end, comes before."""
        world = self._world
        if not self._waiting:
            return
        if world.dies:
            raise KilledError("feedtool", "was killed")
        if self._waiting[0][0] > world.next_tick:
            world.pass_to(world.next_tick)
            return
        ready, ticket, answer = heapq.heappop(self._waiting)
        world.pass_to(ready)
        del self._hosts[ticket]
        yield ticket, [answer]

    def forget(self) -> None:
        """What was asked in another life is nobody's."""
        self._waiting.clear()
        self._hosts.clear()

    def stop(self) -> None:
        """Nobody waits for long."""

    def wake(self) -> None:
        """Nobody sleeps."""

    def close(self) -> None:
        """There is nothing to give up."""


def _answer(
    site: Site, url: str, known: Validators | None, request: Request, now: datetime
) -> Fetched:
    """What the server of a site says to this request."""
    mood = site.mood(request.true)
    if site.fate == "gone" and request.true >= site.struck[0]:
        request.gone = request.failed = True
        return FetchError(url, "is gone (410)", 410)
    if mood is not None:
        request.failed = True
        if mood == "unreachable":
            return FetchError(url, "nobody answers", fault="network")
        request.asked = {"retry": 3 * HOUR, "busy": 4 * HOUR}.get(mood, 0)
        status = {"busy": 429, "missing": 404, "retry": 503, "unavailable": 500}[mood]
        retry_after = timedelta(hours=3) if mood == "retry" else None
        return FetchError(url, f"answers {status}", status, retry_after)
    request.asked = site.fresh
    fresh, moved = timedelta(seconds=site.fresh), site.moved(url, request.true)
    first, end = site.held(request.true)
    etag = f'"{end}"' if site.validates else None
    if etag is not None and known is not None and known.etag == etag:
        return NotModified(site.place, fresh, moved)
    begin = now.timestamp() - request.clock
    lines = (f"{n} {begin + site.times[n]:.0f}\n" for n in range(first, end))
    body = "".join(lines).encode()
    request.served = (first, end)
    return Capture(
        source=site.source.name,
        url=url,
        place=text.place(url),
        body=body,
        captured=now,
        validators=Validators(etag, None, text.digest(body)),
        fresh=fresh,
        moved=moved,
    )


def read(capture: Capture, source: Source) -> Reading:
    """Read what such a server gives, lines of a number and a time: the entries that aren't known."""
    pieces, entries = [], []
    for line in capture.body.decode().splitlines():
        number, _, seconds = line.partition(" ")
        pieces.append(number)
        if number not in capture.known:
            published = Published.at(datetime.fromtimestamp(int(seconds), UTC))
            link = f"https://{capture.place}/{number}"
            title = f"{source.name} {number}"
            entries.append(Entry(id=link, title=title, link=link, published=published))
    unchanged = len(pieces) - len(entries)
    return Reading("feed", tuple(entries), pieces=tuple(pieces), unchanged=unchanged)


def fortunes(world: World, days: int, random: Random) -> None:
    """What happens to the machine: deaths, sleep, and clocks that are put forward and back."""
    for begin in _moments(days / 3, days, random):
        world.deaths.append((begin, begin + random.choice((0, 0, 0, 5, 90, 1000))))
    for begin in _moments(days / 30, days, random):
        world.deaths.append((begin, begin + random.uniform(1, 80) * HOUR))
    for begin in _moments(days / 10, days, random):
        world.sleeps.append((begin, begin + random.uniform(0.1, 12) * HOUR))
    # Wrong for a while, and right again; by seconds, minutes or hours.
    for begin in _moments(days / 4, days, random):
        far = random.choice((5, 40, 10 * MINUTE, 5 * HOUR)) * random.uniform(0.5, 1.5)
        world.turns.append((begin, random.choice((-far, far))))
        world.turns.append((begin + random.uniform(0.1, 9) * HOUR, 0.0))
    for begin in _moments(days / 25, days, random):  # wrong, and set right while nothing runs
        end = begin + random.uniform(1, 9) * HOUR
        world.turns += [(begin, random.uniform(3, 20) * HOUR), (end + MINUTE, 0.0)]
        world.deaths.append((end, end + 10 * MINUTE))
    for plans in (world.turns, world.deaths, world.sleeps):
        plans.sort(reverse=True)


def _moments(count: float, days: int, random: Random) -> list[float]:
    return [random.uniform(0, days * DAY) for _ in range(round(count))]
