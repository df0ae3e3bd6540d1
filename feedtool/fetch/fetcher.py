"""Fetching any sources: those on disk at once, those on the web many at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import partial
from types import MappingProxyType

from feedtool import text
from feedtool.config import Config
from feedtool.data import Struct, replace
from feedtool.errors import FetchError
from feedtool.fetch import local
from feedtool.fetch.results import Fetch, Fetched, Known, RobotsMemory, Stopped
from feedtool.manners import robots as rules
from feedtool.manners.robots import Robots
from feedtool.model import Capture, Source, Validators

TYPE_CHECKING = False
if TYPE_CHECKING:
    from feedtool.fetch.loop import Loop
    from feedtool.fetch.remote import Web

NO_FETCHES: Mapping[str, Fetch] = MappingProxyType({})
"""Functions that read addresses of other schemes than we do, by scheme: none."""

_AHEAD = 4  # for each worker, so many may wait for their host's turn
_FOR_ROBOTS = ("feed", "sitemap")  # made for programs: robots.txt is about the rest


class _Got(Struct, frozen=True):
    """What came of one request, and what its host said in robots.txt, if it was asked."""

    fetched: Fetched
    host: str
    robots: Robots | None = None


class Fetcher:
    """`Fetching` for all sources of a configuration. Close it when done, or use it in `with`."""

    def __init__(
        self,
        config: Config,
        memory: RobotsMemory | None = None,
        fetches: Mapping[str, Fetch] = NO_FETCHES,
        *,
        crawling: bool = True,
        alive: Callable[[], object] = bool,
    ) -> None:
        """`memory` keeps what robots.txt says; without one, it is kept as long as this lives.
        `fetches` are functions by the schemes of addresses that they read. Not `crawling`: somebody
        names each address, and robots.txt is of no concern. `alive()` is called with each document
        on disk, of which there may be many."""
        self._config, self._memory = config, memory or _Forgetful()
        self._crawling, self._fetches, self._alive = crawling, fetches, alive
        self._local: list[tuple[int, Iterable[Fetched]]] = []
        self._loop: Loop[_Got] | None = None
        self._web: Web | None = None
        self.stopped = False
        self._asked = 0  # on the web, and not answered yet

    def __enter__(self) -> Fetcher:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def room(self) -> int:
        """How many more may be asked before the next answers are taken."""
        most = self._config.http.workers * _AHEAD
        # Many at a time: what is known of them is read together.
        return 0 if self._local or self.stopped or self._asked > most // 2 else most - self._asked

    def ask(
        self, ticket: int, source: Source, known: Known, *, now: datetime, led: bool = False
    ) -> None:
        """Ask for the documents of `source`; `led`: a document led there, not its owner."""
        http = self._config.http
        own = self._fetches.get(source.url.partition(":")[0]) if self._fetches else None
        if own is not None or not source.remote:
            found = (
                local.fetch(source, known, now=now, http=http, authority=self._config.host)
                if own is None
                else own(source, known)
            )
            self._local.append((ticket, self._until_stopped(found)))
            return
        try:
            self._loop = self._loop or self._open()
        except FetchError as error:  # a setting that makes every request impossible
            self._local.append((ticket, (error,)))
            return
        _, host = text.server(source.url)  # which a robots.txt is for (RFC 9309 § 2.3)
        before = known(text.place(source.url)) or Validators()
        told = self._memory.robots(host)
        asking = partial(self._get, source, before, host, told, now, led)
        self._asked += 1
        self._loop.put(ticket, asking)

    def answers(self) -> Iterator[tuple[int, Iterable[Fetched]]]:
        """Wait for the next answers, and yield them with the tickets of what was asked."""
        if self._local:
            found, self._local = self._local, []
            yield from found
            return
        if self._loop is None or not self._asked or self.stopped:
            return
        for ticket, got in self._loop.take():
            self._asked -= 1
            if got.robots is not None:
                self._memory.set_robots(got.host, got.robots)
            if isinstance(got.fetched, Capture) and self._web is not None:
                self._loop.call(self._web.turns.give_back)
            yield ticket, (got.fetched,)

    def _until_stopped(self, found: Iterable[Fetched]) -> Iterator[Fetched]:
        for one in found:
            self._alive()
            if self.stopped:
                raise Stopped  # the rest of a folder isn't gone
            yield one

    def fetch(self, source: Source, known: Known, now: datetime) -> Iterator[Fetched]:
        """Yield what one source holds; nothing else may be asked meanwhile."""
        self.ask(0, source, known, now=now)
        waiting = True
        while waiting and not self.stopped:
            for _, found in self.answers():
                waiting = False
                yield from found

    def stop(self) -> None:
        """Wait for no more answers; may be called from a signal handler."""
        self.stopped = True
        if self._loop is not None:
            self._loop.wake()

    def wake(self) -> None:
        """End a wait for answers; may be called from a signal handler."""
        if self._loop is not None and self._asked:
            self._loop.wake()

    def close(self) -> None:
        """Give up what is still unanswered."""
        if self._loop is not None:
            self._loop.close()
            self._loop = None

    def _open(self) -> Loop[_Got]:
        # httpx, h11 and asyncio, only for what is on the web.
        from feedtool.fetch.loop import Loop
        from feedtool.fetch.remote import Web, headers
        from feedtool.fetch.transport import Wire, trusted
        from feedtool.fetch.turns import Turns

        http = self._config.http
        sent = headers(http, self._config.site.contact)
        if http.ca_file is not None:
            trusted(http.ca_file)

        async def opened() -> None:
            wire = Wire(sent, http.timeout, http.ca_file)
            self._web = Web(wire, Turns(http.workers), http, self._config.host)

        return Loop(opened, http.workers * _AHEAD)

    async def _get(
        self,
        source: Source,
        before: Validators,
        host: str,
        told: Robots | None,
        now: datetime,
        led: bool,
    ) -> _Got:
        """One document, and what became of it; within the loop."""
        assert self._web is not None
        robots = told if told is not None and not rules.stale(told, now) else None
        asked: Robots | None = None
        judged = self._crawling and (led or source.kind not in (None, *_FOR_ROBOTS))
        try:
            if judged:
                if robots is None:
                    robots = asked = await self._robots(source, host, now)
                self._obey(robots, source)
            found = await self._web.get(source, before, now=now, gap=self._gap(robots))
            # What a document is shows when it has come, if nobody said.
            late = self._crawling and not judged
            if late and isinstance(found, Capture) and _is_page(found, source):
                self._web.turns.give_back()
                if robots is None:
                    robots = asked = await self._robots(source, host, now)
                self._obey(robots, source)
                await self._web.turns.keep()
        except FetchError as error:
            return _Got(error, host, asked)
        except Exception as error:  # noqa: BLE001  (told, as of a reader)
            reason = f"can't be got, by a mistake of feedtool ({type(error).__name__}: {error})"
            shown = text.without_secrets(source.url)
            return _Got(FetchError(shown, reason, fault="feedtool"), host, asked)
        return _Got(found, host, asked)

    async def _robots(self, source: Source, host: str, now: datetime) -> Robots:
        """What the host's robots.txt says (RFC 9309)."""
        assert self._web is not None
        there = replace(source, url=f"{host}/robots.txt")
        try:
            found = await self._web.get(there, Validators(), now=now, gap=self._gap(None))
        except FetchError as error:
            return rules.answered(error.status, b"", now)
        self._web.turns.give_back()
        return rules.answered(200, found.body if isinstance(found, Capture) else b"", now)

    def _obey(self, robots: Robots, source: Source) -> None:
        """Raise `FetchError` for a page that robots.txt keeps us from."""
        if rules.allows(robots, source.url, self._token):
            return
        shown = text.without_secrets(source.url)
        if robots.text is None:
            reason = "isn't asked for now, as the robots.txt of its host gives no answer"
            raise FetchError(shown, reason)
        reason = "is not for programs, says the robots.txt of its host"
        raise FetchError(shown, reason, fault="settings")

    def _gap(self, robots: Robots | None) -> float:
        """Seconds between requests to a host: as it asks, if that is longer."""
        asked = rules.delay(robots, self._token).total_seconds() if robots else 0.0
        return max(self._config.http.per_host_gap, asked)

    @property
    def _token(self) -> str:
        return rules.token(self._config.http.user_agent or "feedtool")


class _Forgetful:
    """Remembers robots.txt as long as it lives."""

    def __init__(self) -> None:
        self._known: dict[str, Robots] = {}

    def robots(self, host: str) -> Robots | None:
        return self._known.get(host)

    def set_robots(self, host: str, robots: Robots) -> None:
        self._known[host] = robots


def _is_page(capture: Capture, source: Source) -> bool:
    return source.kind is None and "html" in (capture.media_type or "")
