"""`feedtool daemon` as a process of its own, and what a test does with it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.conftest import ROOT

PATIENCE = 120.0  # seconds that anything may take on a machine that is busy with others

CONFIG = """
[site]
title = "Tin"
base_url = "https://tin.example/"
[http]
per_host_gap = 0
[daemon]
log = "json"
[[feed]]
name = "all"
content = "full"
"""
INBOX = """
[[source]]
name = "valley"
url = "inbox"
"""


def until(
    found: Callable[[], Any], seconds: float = PATIENCE, told: Callable[[], object] = str
) -> Any:
    """Wait until this is something, and return it."""
    end = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < end, f"waited {seconds:g} s in vain; {told()}"
        time.sleep(0.05)
    return value


def environ(**more: str) -> dict[str, str]:
    """The environment of a process that runs this feedtool, with more."""
    given = {**os.environ, "PYTHONPATH": str(ROOT), **more}
    for name in ("SOURCE_DATE_EPOCH", "FEEDTOOL_CONFIG"):
        given.pop(name, None)
    return given


def command(folder: Path, *argv: str) -> int:
    """Run `feedtool` with these arguments in `folder`, and return its exit code."""
    run = [sys.executable, "-m", "feedtool", *argv]
    return subprocess.run(run, cwd=folder, env=environ(), timeout=PATIENCE).returncode


class Running:
    """A daemon that was started in `folder`, where its configuration lies."""

    def __init__(self, folder: Path, *options: str, **environment: str) -> None:
        """`environment` is added to that of this process."""
        number = sum(1 for _ in folder.glob("daemon-*.out"))
        self._out, self._err = (folder / f"daemon-{number}.{name}" for name in ("out", "err"))
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "feedtool", "daemon", *options],
                cwd=folder,
                env=environ(**environment),
                stdout=out,
                stderr=err,
            )

    @property
    def said(self) -> str:
        """All that it has printed as yet."""
        return self._out.read_text("utf-8") + self._err.read_text("utf-8")

    def events(self, event: str, **fields: object) -> list[dict[str, Any]]:
        """The lines of its log about such events, those with these fields."""
        lines = [line for line in self._out.read_text("utf-8").split("\n")[:-1] if line]
        told: list[dict[str, Any]] = [json.loads(line) for line in lines]
        return [
            one
            for one in told
            if one["event"] == event and all(one.get(key) == is_ for key, is_ in fields.items())
        ]

    def hear(self, event: str, count: int = 1, **fields: object) -> dict[str, Any]:
        """Wait until it has told of so many such events, and return the last of them."""

        def found() -> list[dict[str, Any]]:
            told = self.events(event, **fields)
            assert len(told) >= count or self.process.poll() is None, self.said
            return told if len(told) >= count else []

        told: list[dict[str, Any]] = until(found, told=lambda: self.said)
        return told[-1]

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send it a signal that ends it, wait, and return its exit code."""
        self.send(number)
        return self.wait()

    def wait(self) -> int:
        """Wait until it has ended, and return its exit code."""
        return self.process.wait(PATIENCE)

    def drop(self) -> None:
        """End it, however that went."""
        self.process.kill()
        self.process.wait()


@contextmanager
def running(folder: Path, *options: str, **environment: str) -> Iterator[Running]:
    """Run a daemon for as long as the `with` block, if it doesn't end before."""
    one = Running(folder, *options, **environment)
    try:
        yield one
    finally:
        one.drop()
