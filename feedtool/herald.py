"""Telling a WebSub hub of what was published, again until it has heard, with nobody waiting for it.

Which feeds have news is noted by `publish` itself, beside the published folder; it is crossed out
there once the hub was told, or won't be.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from feedtool.config import Config
from feedtool.errors import ArchiveError, FetchError, PublishError
from feedtool.fetch.hub import Pinger
from feedtool.manners.pings import Ping, after
from feedtool.publish.shelf import SHELF, Shelf, trouble


class Herald:
    """Tells the hub of `config`, if there is one. Close it when done."""

    def __init__(self, config: Config) -> None:
        """What was to be told when the last one ended is still to be told."""
        self._hub = config.publish.hub
        self._path = config.publish.path / SHELF
        self._pinger = Pinger(config, private=config.publish.hub_allow_private)
        self._pings: dict[str, Ping] = {}
        self._is_new = True

    def close(self) -> None:
        """Give up what hasn't ended: it is still to be told."""
        self._pinger.close()

    def look(self) -> None:
        """See what news there are: after each publish. `PublishError` where they can't be read."""
        self._is_new = False
        if self._hub is None or not self._path.is_file():
            return
        with self._shelf(writing=False) as shelf:
            self._pings = {
                topic: Ping(topic, tries, datetime.fromtimestamp(due, UTC))
                for topic, tries, due in shelf.pings()
            }

    def tell(self, now: datetime) -> list[FetchError]:
        """Take note of what the hub has heard by now and tell it of more, without waiting; return
        what was given up. A clock that was put back makes nothing wait for longer than it was to.
        """
        if self._is_new:
            self.look()
        given_up = self._note(now)
        if not self._pings:
            return given_up
        due = [ping.topic for ping in self._pings.values() if ping.is_due(now)]
        self._pinger.start([one for one in due if one not in self._pinger.running], now=now)
        return given_up

    @property
    def waiting(self) -> int:
        """How many addresses have news that the hub hasn't heard of."""
        return len(self._pings)

    def news(self, topics: tuple[str, ...], now: datetime) -> None:
        """These have news: what is being told of one of them just now may be told too early."""
        self.look()
        self._pinger.start([one for one in topics if one in self._pinger.running], now=now)

    def wait(self, seconds: float, now: datetime) -> list[FetchError]:
        """Wait for what is being told, so many seconds at most; return what was given up."""
        self._pinger.wait(seconds)
        return self._note(now)

    @contextmanager
    def _shelf(self, *, writing: bool) -> Iterator[Shelf]:
        try:
            with Shelf(self._path, writing=writing) as shelf:
                yield shelf
        except ArchiveError as error:
            raise PublishError(error.subject, trouble(error)) from error

    def _note(self, now: datetime) -> list[FetchError]:
        found = self._pinger.results()
        if not found:
            return []
        given_up: list[FetchError] = []
        with self._shelf(writing=True) as shelf, shelf.deciding():
            for topic, error, wait in found:
                ping = self._pings.pop(topic, Ping(topic, 0, now))
                left = after(ping, now, error is None, wait)
                if left is not None:
                    self._pings[topic] = left
                    shelf.set_ping(topic, left.tries, int(left.due.timestamp()))
                    continue
                shelf.drop_ping(topic)
                if error is not None:
                    given_up.append(error)
        return given_up
