"""Lets others see how the daemon does, where its configuration says so: a file, a port."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta

from feedtool.config import Config
from feedtool.errors import ConfigError, FeedtoolError
from feedtool.kept import Outcome
from feedtool.metrics import Vitals, expose, standings, write
from feedtool.publish.site import Publication
from feedtool.watchtower import Port, answers
from feedtool.work import Event

_OFTEN = 60.0  # seconds between two times that the file is written
_SHARE = 300  # at most one part in so many of the time goes into that


class Observer:
    """Counts what it is told of, and shows it. Close it when done."""

    def __init__(self, config: Config, now: datetime) -> None:
        """Nothing is shown before `show`."""
        self._config = config
        self._vitals = Vitals(now)
        self._port: Port | None = None
        self._next = 0.0

    def show(self, config: Config) -> Iterator[FeedtoolError]:
        """Show it as this configuration says; yield why that can't be."""
        number = config.daemon.metrics_port
        has_moved = self._port is None or number != self._config.daemon.metrics_port
        self._config, self._next = config, 0.0
        self._vitals.sources = sum(source.enabled for source in config.source)
        if not has_moved:
            return
        self.hide()
        if number is not None:
            try:
                self._port = Port(number, answers(self._vitals, self._exposed))
            except FeedtoolError as error:
                yield error

    def hide(self) -> None:
        """Close the port."""
        if self._port is not None:
            self._port.close()
            self._port = None

    def looked(self, now: datetime) -> Iterator[FeedtoolError]:
        """It was looked what is due: a sign of life; yield why that can't be written."""
        self._vitals.tick(now)
        self._vitals.ready = True
        path = self._config.daemon.metrics_file
        if path is None or time.monotonic() < self._next:
            return
        begun = time.monotonic()
        try:
            write(path, self._exposed())
        except FeedtoolError as error:
            yield error
        took = time.monotonic() - begun
        self._next = time.monotonic() + max(_OFTEN, _SHARE * took)

    def note(self, event: Event, now: datetime, publishing: timedelta) -> None:
        """Count an event; the last publication took so long."""
        if isinstance(event, Outcome):
            self._vitals.outcome(event)
        elif isinstance(event, Publication):
            self._vitals.publication(event, now, publishing)
        elif isinstance(event, Config):
            self._vitals.reloaded(taken=True)
        elif isinstance(event, ConfigError):
            self._vitals.reloaded(taken=False)
        else:
            self._vitals.trouble()

    def close(self) -> None:
        """Be ready no more."""
        self._vitals.ready = False
        self.hide()

    def _exposed(self) -> bytes:
        names = [source.name for source in self._config.source if source.enabled]
        return expose(self._vitals, standings(self._config.archive.path, names))
