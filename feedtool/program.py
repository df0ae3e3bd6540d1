"""Running a program of the owner's, without a shell and without waiting for it."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue

from feedtool.errors import FeedtoolError

SECONDS = 30.0
"""How long a program may take before it is killed, with all that it has started."""


class Program:
    """Runs `command`, one at a time, in this environment. Close it when done.

    What it prints goes nowhere: one that wants to be heard writes where it likes.
    """

    def __init__(self, command: Sequence[str], environ: Mapping[str, str]) -> None:
        self._command, self._environ = tuple(command), {"PATH": os.defpath, **environ}
        self._done: SimpleQueue[FeedtoolError | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._closing = False

    def start(self, data: bytes, variables: Mapping[str, str]) -> None:
        """Begin to run it, with `data` on its standard input and these variables in its
        environment, and return at once; `take` says what came of it, before it is run again."""
        self._thread = threading.Thread(
            target=lambda: self._done.put(self._run(data, {**self._environ, **variables})),
            name="feedtool-program",
            daemon=True,
        )
        self._thread.start()

    def take(self, seconds: float = 0) -> tuple[FeedtoolError | None] | None:
        """Return what came of it: nothing, or why it failed; None where it still runs after so many
        seconds."""
        try:
            found = self._done.get(timeout=seconds) if seconds > 0 else self._done.get_nowait()
        except Empty:
            return None
        return (found,)

    def close(self) -> None:
        """Kill what still runs."""
        self._closing = True
        if self._process is not None:
            _kill(self._process)
        if self._thread is not None:
            self._thread.join()

    def _run(self, data: bytes, environ: Mapping[str, str]) -> FeedtoolError | None:
        """Why it failed; within the thread."""
        try:
            # Not a pipe: it need not read what it is given.
            with tempfile.TemporaryFile() as file:
                file.write(data)
                file.seek(0)
                process = subprocess.Popen(  # noqa: S603 - just what its owner wrote
                    self._command,
                    stdin=file,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    env=environ,
                    start_new_session=True,
                )
        except (OSError, ValueError) as error:
            return self._failure(f"can't be run: {getattr(error, 'strerror', None) or error}")
        self._process = process
        if self._closing:
            _kill(process)
        try:
            code = process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            _kill(process)
            process.wait()
            return self._failure(f"takes over {SECONDS:g} s, and was ended")
        if code == 0:
            return None
        return self._failure(f"ends with {code}" if code > 0 else f"is ended by signal {-code}")

    def _failure(self, reason: str) -> FeedtoolError:
        # Not its arguments, which may hold secrets.
        return FeedtoolError(self._command[0], reason)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End a program, with its group."""
    if not hasattr(os, "killpg"):  # pragma: no cover - Windows
        process.kill()
        return
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
