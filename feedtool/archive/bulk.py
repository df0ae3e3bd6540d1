"""What the index is to hold of a whole archive, read from its files: by other processes too, as
reading, decoding and folding take about as long as working it into the index.
"""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from contextlib import suppress
from itertools import chain, islice
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from feedtool.archive.entries import Loaded, load

if TYPE_CHECKING:
    from concurrent.futures import Future, ProcessPoolExecutor

    _Answer = Future[list[Loaded]] | list[Loaded] | None

_CHUNK = 200  # keys that are given to a process at once
_AHEAD = 3  # chunks for each process, of which one is worked on
_FEW = 3000  # entries that are read before another process could have begun


def loaded(folder: Path, keys: Iterable[str], workers: int = 0) -> Generator[Loaded, None, None]:
    """Yield what the index is to hold of these, in their order (see `entries.load`). With
    `workers`, as many other processes help to read all but the first 3,000; where they can't be
    had, or die, this one does it alone."""
    some = iter(keys)
    chunks = iter(lambda: list(islice(some, _CHUNK)), [])
    for chunk in islice(chunks, _FEW // _CHUNK) if workers else chunks:
        yield from load(folder, chunk)
    first = next(chunks, None)
    if first is not None:
        yield from _by_others(folder, chain([first], chunks), workers)


def _by_others(folder: Path, chunks: Iterable[list[str]], workers: int) -> Iterator[Loaded]:
    pool = _pool(workers)
    asked: deque[tuple[list[str], _Answer]] = deque()
    try:
        for chunk in chunks:
            # Who would have to wait for the others takes a part of their work.
            own = len(asked) >= _AHEAD * workers and not _is_there(asked[0][1])
            asked.append((chunk, load(folder, chunk) if own else _ask(pool, folder, chunk)))
            while asked and (len(asked) > 2 * _AHEAD * workers or _is_there(asked[0][1])):
                yield from _answer(folder, *asked.popleft())
        while asked:
            yield from _answer(folder, *asked.popleft())
    finally:
        if pool is not None:
            pool.shutdown(cancel_futures=True)


def _pool(workers: int) -> ProcessPoolExecutor | None:
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    # Not by fork: SQLite's connections, locks and threads don't survive that.
    with suppress(ImportError, NotImplementedError, OSError):
        fresh = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(workers, mp_context=fresh, initializer=_begin)
    return None


def _ask(
    pool: ProcessPoolExecutor | None, folder: Path, chunk: list[str]
) -> Future[list[Loaded]] | None:
    from concurrent.futures import BrokenExecutor

    with suppress(BrokenExecutor, OSError):
        return pool.submit(load, folder, chunk) if pool else None
    return None


def _is_there(answer: _Answer) -> bool:
    return answer is None or isinstance(answer, list) or answer.done()


def _answer(folder: Path, chunk: list[str], answer: _Answer) -> list[Loaded]:
    from concurrent.futures import BrokenExecutor

    if isinstance(answer, list):
        return answer
    with suppress(BrokenExecutor):
        if answer is not None:
            return answer.result()
    return load(folder, chunk)


def _begin() -> None:
    """In the other process: Ctrl-C is for the one that asked, and no one outlives it."""
    import multiprocessing

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    Thread(target=watch, daemon=True).start()
