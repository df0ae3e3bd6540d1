"""The command that goes on: daemon."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from feedtool.archive.folder import FolderArchive
from feedtool.cli import log
from feedtool.cli.context import Context
from feedtool.cli.service import Service
from feedtool.config import Config
from feedtool.daemon import Daemon
from feedtool.errors import BusyError, FeedtoolError
from feedtool.work import Event

STOP_WITHIN = 30.0  # seconds that a stop may take
_PARTING = 0.5  # seconds that a thread has for its end
_AGAIN = 1.0  # seconds between two tries to become the one who writes
_HANGUP = getattr(signal, "SIGHUP", None)  # not on Windows


def daemon(context: Context, options: argparse.Namespace) -> int:
    """Collect and publish on schedule, until told to stop."""
    before = set(threading.enumerate())
    code = _Command(context, options).run()
    # Python would wait for threads that look up names, and a look-up can't be cut short.
    names = [one for one in threading.enumerate() if one.name.startswith("feedtool-names")]
    for thread in set(names) - before:
        thread.join(_PARTING)
        if thread.is_alive():
            context.flush()
            os._exit(code)
    return code


class _Command:
    def __init__(self, context: Context, options: argparse.Namespace) -> None:
        self._context, self._waits = context, bool(options.wait)
        self._service = Service(context.environ)
        self._config = context.config()
        self._stopping = False  # no Event: that must not be set in a signal handler
        self._has_waited = False
        self._daemon: Daemon | None = None
        self._timer = threading.Timer(STOP_WITHIN, _give_up)
        self._timer.daemon = True

    def run(self) -> int:
        """Until a signal, or an error that makes it impossible to go on."""
        with self._signals():
            archive = self._archive()
            if archive is None:
                return 0
            with archive:
                self._daemon = Daemon(
                    self._config,
                    archive,
                    clock=self._context.now,
                    tell=self._tell,
                    load=self._context.config,
                    watched=self._context.find_config(),
                    alive=self._service.alive,
                    environ=self._context.environ,
                )
                if self._stopping:
                    self._daemon.stop()
                if self._has_waited:
                    self._daemon.reload()  # the configuration may be another by now
                self._say("started", sources=len(self._config.source), pid=os.getpid())
                self._service.ready(_status(self._config))
                self._daemon.run()
            self._say("stopped")
        return 0

    def _archive(self) -> FolderArchive | None:
        """The archive, once it may be written to; None where we were told to stop meanwhile."""
        while not self._stopping:
            try:
                return FolderArchive(self._config.archive.path, writing=True)
            except BusyError as error:
                if not self._waits:
                    raise
                if not self._has_waited:
                    self._say("waiting", about=error.subject, why=error.reason)
                    self._service.ready("waits until another feedtool has ended")
                self._has_waited = True
            self._service.alive()
            time.sleep(_AGAIN)
        return None

    @contextmanager
    def _signals(self) -> Iterator[None]:
        """Signals told to the daemon; as they were before, in the end."""
        numbers: dict[signal.Signals, Callable[[int, FrameType | None], None]]
        numbers = {signal.SIGTERM: self._stop, signal.SIGINT: self._stop}
        if _HANGUP is not None:
            numbers[_HANGUP] = self._reload
        before = {number: signal.signal(number, told) for number, told in numbers.items()}
        try:
            yield
        finally:
            self._timer.cancel()
            self._service.stopping()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _stop(self, number: int, _: FrameType | None) -> None:
        if self._stopping:  # who asks twice doesn't want to wait
            os._exit(128 + number)
        self._stopping = True
        # Whatever hangs then, as a look-up of a name may: the archive bears that at any time.
        self._timer.start()
        if self._daemon is not None:
            self._daemon.stop()

    def _reload(self, _: int, __: FrameType | None) -> None:
        if self._daemon is not None:
            self._service.reloading(time.monotonic_ns() // 1000)
            self._daemon.reload()

    def _tell(self, event: Event) -> None:
        for fields in log.lines(event, self._context.now()):
            self._write(fields)
        if isinstance(event, Config):
            self._config = event
            self._service.ready(_status(event))
        elif isinstance(event, FeedtoolError):
            self._service.ready(_status(self._config))  # a reload may have been refused

    def _say(self, what: str, **more: object) -> None:
        self._write(log.said(self._context.now(), what, **more))

    def _write(self, fields: log.Fields) -> None:
        as_json = self._context.json or self._config.daemon.log == "json"
        self._context.say(log.as_json(fields) if as_json else log.as_text(fields))
        self._context.flush()


def _status(config: Config) -> str:
    return f"{len(config.source)} sources, {len(config.feed)} feeds"


def _give_up() -> None:
    print("feedtool: ended without waiting for what hangs; nothing is lost", file=sys.stderr)
    os._exit(0)
