"""What fetching gives: captures, and as values what else may become of a document."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Protocol

from feedtool.data import Struct
from feedtool.errors import FetchError
from feedtool.manners.robots import Robots
from feedtool.model import Capture, Kind, Source, Validators


class NotModified(Struct, frozen=True):
    """The document at `place` is as it was, and says that it stays so for `fresh`; `moved` is where
    it says that it has moved for good; `again` is the answer itself, without a body, if it came
    over the network."""

    place: str
    fresh: timedelta = timedelta(0)
    moved: str | None = None
    again: Capture | None = None


class Stopped(Exception):  # noqa: N818  (nothing is wrong)
    """Who reads the files of a folder was told to stop."""


Fetched = Capture | NotModified | FetchError


def is_unconditional(answer: Fetched, kind: Kind | None) -> bool:
    """Whether a feed came with nothing to ask by whether it has changed. Pages seldom have that,
    and nobody expects it of them."""
    if not isinstance(answer, Capture) or kind != "feed":
        return False
    return answer.validators.etag is None and answer.validators.last_modified is None


# What is known of the document at a place, if anything.
Known = Callable[[str], Validators | None]


class Fetch(Protocol):
    """Reads a source: each of its documents that may have changed, and never raises a `FetchError`
    but yields it, so that the other documents follow."""

    def __call__(self, source: Source, known: Known) -> Iterable[Fetched]: ...


class Fetching(Protocol):
    """Reads many sources at once: what is asked here is answered some time, in any order."""

    stopped: bool
    """True where nobody is to wait for more."""

    @property
    def room(self) -> int:
        """How many more may be asked before the next answers are taken."""
        ...

    def ask(
        self, ticket: int, source: Source, known: Known, *, now: datetime, led: bool = False
    ) -> None:
        """Ask for the documents of `source`. `led`: it isn't the owner who named its address, but
        a document of his."""
        ...

    def answers(self) -> Iterator[tuple[int, Iterable[Fetched]]]:
        """Wait for the next answers, and yield them with the tickets of what was asked."""
        ...

    def stop(self) -> None:
        """Wait for no more answers; may be called from a signal handler."""
        ...

    def wake(self) -> None:
        """End a wait for answers; may be called from a signal handler."""
        ...

    def close(self) -> None:
        """Give up what is still unanswered."""
        ...


class RobotsMemory(Protocol):
    """Keeps what hosts say in their robots.txt."""

    def robots(self, host: str) -> Robots | None:
        """What is known of a host (scheme, name and port)."""
        ...

    def set_robots(self, host: str, robots: Robots) -> None:
        """Keep what a host said."""
        ...


class OneByOne:
    """`Fetching` by a plain function, for sources of another kind: each is read when asked."""

    def __init__(self, fetch: Fetch) -> None:
        """`fetch(source, known)` gives what `source` holds."""
        self._fetch = fetch
        self._found: list[tuple[int, Iterable[Fetched]]] = []
        self.room = 1
        self.stopped = False

    def ask(
        self, ticket: int, source: Source, known: Known, *, now: datetime, led: bool = False
    ) -> None:
        """Ask the function."""
        del now, led
        self._found.append((ticket, self._fetch(source, known)))

    def answers(self) -> Iterator[tuple[int, Iterable[Fetched]]]:
        """What it gave."""
        found, self._found = self._found, []
        yield from found

    def stop(self) -> None:
        """Ask nobody any more."""
        self.stopped = True

    def wake(self) -> None:
        """Nobody waits."""

    def close(self) -> None:
        """There is nothing to give up."""
