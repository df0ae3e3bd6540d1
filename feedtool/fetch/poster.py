"""Posting what somebody is to be told to one address, while others work: nobody waits for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from urllib.parse import urlsplit

from feedtool import text
from feedtool.config import Config
from feedtool.errors import FetchError
from feedtool.fetch import guard
from feedtool.manners import headers as said

TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio

    from feedtool.fetch.loop import Loop
    from feedtool.fetch.transport import Answer, Wire

SECONDS = 10.0
"""How long who is told may take for one thing."""

Told = tuple[str, FetchError | None, timedelta | None]
"""What was to be told, by its name; why it wasn't (None: it was), and how long they ask to wait."""

_AT_ONCE = 4
_REDIRECTS = 3
_AGAIN = (307, 308)  # RFC 9110 § 15.4.8, § 15.4.9: the others make a GET of it


class Poster:
    """Posts to the address `url`, in a thread of its own. Close it when done."""

    def __init__(
        self,
        config: Config,
        url: str,
        media_type: str,
        *,
        private: bool,
        permit: str,
        shown: Callable[[str], str] = text.without_secrets,
    ) -> None:
        """`private`: its host may be off the internet, where it redirects to may not; `permit` is
        the setting that says so. `shown` gives what may be printed of an address."""
        self._config, self._private, self._permit = config, private, permit
        self._url, self._show = url, shown
        self._headers = {"Content-Type": media_type}
        self._loop: Loop[FetchError | None] | None = None
        self._wire: Wire | None = None
        self._turns: asyncio.Semaphore | None = None
        self._running: dict[int, str] = {}  # names by ticket
        self._again: dict[str, tuple[bytes, datetime]] = {}  # news of what is being told just now
        self._found: list[Told] = []
        self._ticket = 0

    @property
    def running(self) -> frozenset[str]:
        """The names of what is being told, or what `results` hasn't given back yet."""
        return frozenset((*self._running.values(), *(name for name, _, _ in self._found)))

    def post(self, bodies: Mapping[str, bytes], *, now: datetime) -> None:
        """Begin to post each of these, by its name, and return at once. What is being told already
        is told once more when that is done: these news may come too late."""
        for name, body in bodies.items():
            if name in self._running.values():
                self._again[name] = (body, now)
                continue
            try:
                self._loop = self._loop or self._open()
            except FetchError as error:  # a setting that makes every request impossible
                self._found.append((name, error, None))
                continue
            self._ticket += 1
            self._running[self._ticket] = name
            self._loop.put(self._ticket, partial(self._told, name, body, now))

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
            for name in self._running.values():
                self._found.append((name, self._mistake(name, mistake), None))
            self.close()
            return False
        for ticket, error in told:
            name = self._running.pop(ticket)
            again = self._again.pop(name, None)
            if again is not None and error is None:
                self.post({name: again[0]}, now=again[1])
            else:  # what isn't told yet holds the later news too
                self._found.append((name, error, error.retry_after if error else None))
        return bool(told)

    def _open(self) -> Loop[FetchError | None]:
        # httpx, h11 and asyncio, only where there are news.
        import asyncio

        from feedtool.fetch.loop import Loop
        from feedtool.fetch.remote import user_agent
        from feedtool.fetch.transport import Wire, trusted

        http = self._config.http
        agent = {"User-Agent": user_agent(http, self._config.site.contact)}
        if http.ca_file is not None:
            trusted(http.ca_file)

        async def opened() -> None:
            self._wire = Wire(agent, http.timeout, http.ca_file)
            self._turns = asyncio.Semaphore(_AT_ONCE)

        return Loop(opened, _AT_ONCE)

    async def _told(self, name: str, body: bytes, now: datetime) -> FetchError | None:
        """What came of telling one thing; within the loop."""
        from asyncio import timeout

        assert self._turns is not None
        try:
            async with self._turns, timeout(SECONDS):
                await self._tell(body, now)
        except FetchError as error:
            return self._failure(name, error)
        except TimeoutError:
            slow = FetchError(self._url, f"takes over {SECONDS:g} s", fault="network")
            return self._failure(name, slow)
        except Exception as error:  # noqa: BLE001  (told, as of a source)
            return self._mistake(name, f"{type(error).__name__}: {error}")
        return None

    async def _tell(self, body: bytes, now: datetime) -> None:
        url, own = self._url, urlsplit(self._url).hostname
        for _ in range(_REDIRECTS + 1):
            parts = urlsplit(url)
            following = await self._send(url, body, self._private and parts.hostname == own, now)
            if following is None:
                return
            if parts.scheme == "https" and not following.startswith("https:"):
                raise FetchError(url, "redirects from https to http")
            url = following
        raise FetchError(url, f"redirects more than {_REDIRECTS} times")

    async def _send(self, url: str, body: bytes, private: bool, now: datetime) -> str | None:
        """Send it, and return where it is to be sent again, None if it was taken."""
        assert self._wire is not None

        async def heard(answer: Answer) -> str | None:
            if answer.status // 100 == 2:
                return None
            if answer.status in _AGAIN and answer.location is not None:
                return answer.location
            status = f"{answer.status} {text.shorten(text.line(answer.reason), 80)}".strip()
            wait = said.retry_after(answer.headers.get("retry-after"), now)
            raise FetchError(url, f"answers {status}", answer.status, wait)

        # Longer than it may take: who is too slow is told so by `_told`.
        return await self._wire.ask(
            url, self._headers, heard, private=private, seconds=2 * SECONDS, form=body
        )

    def _failure(self, name: str, error: FetchError) -> FetchError:
        """What went wrong, with what was to be told."""
        own, where, reason = self._show(self._url), self._show(error.subject), error.reason
        if guard.REFUSED in reason:
            reason = f"is no public address; {self._permit} = true lets it be our own"
        led = "" if where == own else f"leads to {where}, which "
        whole = f"can't be told of {name}: it {led}{reason}"
        return FetchError(own, whole, error.status, error.retry_after, error.fault)

    def _mistake(self, name: str, what: str) -> FetchError:
        reason = f"meets a mistake of feedtool ({what})"
        return self._failure(name, FetchError(self._url, reason, fault="feedtool"))
