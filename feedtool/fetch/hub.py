"""Telling a WebSub hub that a feed has news, while others work: nobody waits for a hub.

The standard (https://www.w3.org/TR/websub/#publishing) leaves open how. Hubs take a form with
`hub.url`, as PubSubHubbub did, some with `hub.topic`: both are sent.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from urllib.parse import urlencode, urlsplit

from feedtool import text
from feedtool.config import Config
from feedtool.errors import FetchError
from feedtool.fetch import guard
from feedtool.manners import headers as said

TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio

    from feedtool.fetch.loop import Loop
    from feedtool.fetch.transport import Wire

SECONDS = 10.0
"""How long a hub may take for one topic."""

Told = tuple[str, FetchError | None, timedelta | None]
"""A topic, why the hub wasn't told of it (None: it was), and how long it asks to wait."""

_AT_ONCE = 4
_REDIRECTS = 3
_AGAIN = (307, 308)  # RFC 9110 § 15.4.8, § 15.4.9: the others make a GET of it
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Pinger:
    """Tells the hub of `config` of topics, in a thread of its own. Close it when done."""

    def __init__(self, config: Config, *, private: bool = False) -> None:
        """`private`: the hub may be off the internet; where it redirects to may not."""
        self._config, self._private = config, private
        self._hub = config.publish.hub
        self._loop: Loop[FetchError | None] | None = None
        self._wire: Wire | None = None
        self._turns: asyncio.Semaphore | None = None
        self._running: dict[int, str] = {}  # topics by ticket
        self._again: dict[str, datetime] = {}  # news of what is being told just now
        self._found: list[Told] = []
        self._ticket = 0

    @property
    def running(self) -> frozenset[str]:
        """The topics that the hub is being told of, or that `results` hasn't given back yet."""
        return frozenset((*self._running.values(), *(topic for topic, _, _ in self._found)))

    def start(self, topics: Iterable[str], *, now: datetime) -> None:
        """Begin to tell the hub of news under each of these addresses, and return at once. What is
        being told already is told once more when that is done: these news may come too late."""
        if self._hub is None:
            return
        for topic in topics:
            if topic in self._running.values():
                self._again[topic] = now
                continue
            try:
                self._loop = self._loop or self._open()
            except FetchError as error:  # a setting that makes every request impossible
                self._found.append((topic, error, None))
                continue
            self._ticket += 1
            self._running[self._ticket] = topic
            self._loop.put(self._ticket, partial(self._told, topic, now))

    def results(self) -> list[Told]:
        """Return what came of those that have ended since the last call, without waiting."""
        more = True
        while more:
            more = self._take(0)
        found, self._found = self._found, []
        return found

    def wait(self, seconds: float) -> None:
        """Wait until all have ended, so many seconds at most."""
        end = time.monotonic() + seconds
        while self._running and (left := end - time.monotonic()) > 0:
            self._take(left)

    def close(self) -> None:
        """Give up what hasn't ended."""
        if self._loop is not None:
            self._loop.close()
            self._loop = None
        self._running.clear()
        self._again.clear()

    def _take(self, seconds: float) -> bool:
        """Take in what has ended; True where something had."""
        if self._loop is None or not self._running:
            return False
        try:
            told = self._loop.take(seconds)
        except RuntimeError as ended:  # as where no more files can be open
            mistake = f"{ended}: {ended.__cause__}"
            for topic in self._running.values():
                self._found.append((topic, self._mistake(topic, mistake), None))
            self.close()
            return False
        for ticket, error in told:
            topic = self._running.pop(ticket)
            again = self._again.pop(topic, None)
            if again is not None and error is None:
                self.start([topic], now=again)
            else:  # what isn't told yet holds the later news too
                self._found.append((topic, error, error.retry_after if error else None))
        return bool(told)

    def _open(self) -> Loop[FetchError | None]:
        # httpx, aiohttp and asyncio, only where there are news.
        import asyncio

        from feedtool.fetch.loop import Loop
        from feedtool.fetch.remote import user_agent
        from feedtool.fetch.transport import Wire, trusted

        http = self._config.http
        agent = {"User-Agent": user_agent(http, self._config.site.contact)}
        trusted(http.ca_file)

        async def opened() -> None:
            self._wire = Wire(agent, http.timeout, http.ca_file)
            self._turns = asyncio.Semaphore(_AT_ONCE)

        async def closed() -> None:
            assert self._wire is not None
            await self._wire.close()

        return Loop(opened, closed, _AT_ONCE)

    async def _told(self, topic: str, now: datetime) -> FetchError | None:
        """What came of telling the hub of one topic; within the loop."""
        from asyncio import timeout

        assert self._turns is not None
        try:
            async with self._turns, timeout(SECONDS):
                await self._tell(topic, now)
        except FetchError as error:
            return self._failure(topic, error)
        except TimeoutError:
            slow = FetchError(self._shown, f"takes over {SECONDS:g} s", fault="network")
            return self._failure(topic, slow)
        except Exception as error:  # noqa: BLE001  (told, as of a source)
            return self._mistake(topic, f"{type(error).__name__}: {error}")
        return None

    async def _tell(self, topic: str, now: datetime) -> None:
        assert self._hub is not None
        form = urlencode({"hub.mode": "publish", "hub.url": topic, "hub.topic": topic}).encode()
        url, own = self._hub, urlsplit(self._hub).hostname
        for _ in range(_REDIRECTS + 1):
            parts = urlsplit(url)
            following = await self._post(url, form, self._private and parts.hostname == own, now)
            if following is None:
                return
            if parts.scheme == "https" and not following.startswith("https:"):
                raise FetchError(url, "redirects from https to http")
            url = following
        raise FetchError(url, f"redirects more than {_REDIRECTS} times")

    async def _post(self, url: str, form: bytes, private: bool, now: datetime) -> str | None:
        """Send the form, and return where it is to be sent again, None if it was taken."""
        assert self._wire is not None
        # Longer than it may take: who is too slow is told so by `_told`.
        asked = self._wire.answer(url, _FORM, private=private, seconds=2 * SECONDS, form=form)
        async with asked as answer:
            if answer.status // 100 == 2:
                return None
            if answer.status in _AGAIN and answer.location is not None:
                return answer.location
            status = f"{answer.status} {text.shorten(text.line(answer.reason), 80)}".strip()
            wait = said.retry_after(answer.headers.get("retry-after"), now)
            raise FetchError(url, f"answers {status}", answer.status, wait)

    @property
    def _shown(self) -> str:
        return text.without_secrets(self._hub or "")

    def _failure(self, topic: str, error: FetchError) -> FetchError:
        """What went wrong, with what the hub was to be told."""
        where, reason = text.without_secrets(error.subject), error.reason
        if guard.REFUSED in reason:
            reason = "is no public address; publish.hub_allow_private = true lets it be our own"
        led = "" if where == self._shown else f"leads to {where}, which "
        whole = f"can't be told of {topic}: it {led}{reason}"
        return FetchError(self._shown, whole, error.status, error.retry_after, error.fault)

    def _mistake(self, topic: str, what: str) -> FetchError:
        reason = f"meets a mistake of feedtool ({what})"
        return self._failure(topic, FetchError(self._shown, reason, fault="feedtool"))
