"""An event loop in a thread of its own: jobs go in, and what came of them comes out.

Who collects has one thread and one database; the network is waited for here meanwhile.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar

_WHILE = 2.0  # seconds
T = TypeVar("T")
Job = Callable[[], Coroutine[Any, Any, T]]


class Loop(Generic[T]):
    """Runs jobs at once, each told by a ticket. A job must not raise, but say what went wrong."""

    def __init__(self, opened: Callable[[], Awaitable[object]], threads: int):
        """`opened()` is awaited first in the loop; `threads` look names up: more than are asked at
        once, as a look-up that takes too long can't be ended."""
        self._opened, self._threads = opened, threads
        self._coming: deque[Callable[[], object]] = deque()
        self._told: list[tuple[int, T]] = []
        self._done: SimpleQueue[list[tuple[int, T]]] = SimpleQueue()
        self._tasks: dict[int, asyncio.Task[None]] = {}  # by ticket
        self._woken = False
        self._failure: BaseException | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="feedtool-fetch", daemon=True)
        self._thread.start()

    def put(self, ticket: int, job: Job[T]) -> None:
        """Begin a job soon; no other that isn't done has its ticket."""
        self.call(partial(self._begin, ticket, job))

    def take(self, seconds: float = _WHILE) -> list[tuple[int, T]]:
        """Wait for the next jobs that are done: their tickets, and what came of them; nothing where
        none is done in these seconds."""
        try:
            told = self._done.get(timeout=seconds)
        except Empty:
            return []
        if self._failure is not None:
            self._done.put([])  # nor must who asks again wait for ever
            raise RuntimeError("the event loop has ended") from self._failure
        return told

    def wake(self) -> None:
        """End a wait, with nothing; may be called from a signal handler."""
        self._done.put([])

    def call(self, function: Callable[[], object]) -> None:
        """Call a function within the loop, soon."""
        self._coming.append(function)
        if not self._woken:  # once for many: waking costs a system call, and a hand-over
            self._woken = True
            with suppress(RuntimeError):  # it has ended, which `take` says
                self._loop.call_soon_threadsafe(self._call)

    def close(self) -> None:
        """Cancel what isn't done, and end."""
        self.call(self._loop.stop)
        self._thread.join()

    def _run(self) -> None:
        try:
            self._live()
        except BaseException as error:  # noqa: BLE001  (told by `take`)
            self._fail(error)
        finally:
            self._loop.close()

    def _fail(self, error: BaseException) -> None:
        """Let nobody wait for ever."""
        self._failure = error
        self._done.put([])

    def _live(self) -> None:
        loop = self._loop
        names = ThreadPoolExecutor(self._threads, thread_name_prefix="feedtool-names")
        loop.set_default_executor(names)
        try:
            loop.run_until_complete(self._opened())
            loop.run_forever()
            loop.run_until_complete(self._end())
            loop.run_until_complete(loop.shutdown_asyncgens())
        finally:
            names.shutdown(wait=False, cancel_futures=True)  # a look-up can't be cut short

    async def _end(self) -> None:
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _call(self) -> None:
        self._woken = False
        while self._coming:
            self._coming.popleft()()

    def _begin(self, ticket: int, job: Job[T]) -> None:
        self._tasks[ticket] = self._loop.create_task(self._work(ticket, job))

    async def _work(self, ticket: int, job: Job[T]) -> None:
        try:
            result = await job()
        except BaseException as error:  # noqa: BLE001  (told by `take`)
            self._fail(error)
            return
        finally:
            del self._tasks[ticket]
        self._told.append((ticket, result))
        if len(self._told) == 1:  # those that end in the same turn of the loop go together
            self._loop.call_soon(self._tell)

    def _tell(self) -> None:
        told, self._told = self._told, []
        self._done.put(told)
