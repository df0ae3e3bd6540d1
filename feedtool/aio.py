"""What goes on step by step, for programs with an event loop: each step is taken in a thread of its
own, always the same one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from typing import TypeVar

from feedtool.archive.protocol import Archive
from feedtool.collect import collect
from feedtool.config import Config
from feedtool.fetch.fetcher import Fetcher
from feedtool.fetch.results import Fetching
from feedtool.kept import Outcome
from feedtool.model import Kind
from feedtool.read.readers import READERS, Reader

T = TypeVar("T")
_END = object()


async def iterate(
    made: Callable[[], Iterator[T]], stop: Callable[[], object]
) -> AsyncGenerator[T, None]:
    """Yield what the iterator gives that `made()` makes; where nobody wants more of it, `stop()` is
    called and what it then gives is passed over."""
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(1, thread_name_prefix="feedtool-steps") as thread:
        steps: Iterator[T] | None = None

        def step() -> object:
            nonlocal steps
            steps = made() if steps is None else steps
            return next(steps, _END)

        def end() -> None:
            for _ in steps or ():
                pass

        try:
            while True:
                taken = loop.run_in_executor(thread, step)
                try:
                    found = await asyncio.shield(taken)
                except asyncio.CancelledError:
                    stop()
                    with suppress(Exception):
                        await taken
                    raise
                if found is _END:
                    return
                yield found  # type: ignore[misc]
        finally:
            stop()
            await asyncio.shield(loop.run_in_executor(thread, end))


async def acollect(
    config: Config,
    archive: Archive,
    *,
    now: datetime,
    names: Iterable[str] = (),
    insist: bool = False,
    fetching: Fetching | None = None,
    readers: Mapping[Kind, Reader] = READERS,
) -> AsyncGenerator[Outcome, None]:
    """Do as `collect` does and yield the `Outcome` of each source, for programs with an event loop;
    to leave the loop leaves what has not been read due. Nobody else may use `archive` meanwhile."""
    own = fetching or Fetcher(config, archive.state)

    def made() -> Iterator[Outcome]:
        return collect(
            config,
            archive,
            now=now,
            names=names,
            insist=insist,
            fetching=own,
            readers=readers,
        )

    try:
        async for outcome in iterate(made, own.stop):
            yield outcome
    finally:
        if fetching is None:
            own.close()
