"""The library in an event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from feedtool.aio import acollect, iterate
from feedtool.archive.folder import FolderArchive
from feedtool.archive.memory import MemoryArchive
from feedtool.daemon import Daemon
from feedtool.fetch.results import NotModified, OneByOne
from feedtool.model import Source
from feedtool.publish.site import Publication
from feedtool.work import Event
from tests.conftest import NOW, article, make_config


def test_steps_are_taken_in_one_other_thread() -> None:
    """In order, and the loop goes on meanwhile."""
    threads: set[int] = set()

    def made() -> Iterator[int]:
        for number in range(3):
            threads.add(threading.get_ident())
            yield number

    async def main() -> list[int]:
        return [number async for number in iterate(made, bool)]

    assert asyncio.run(main()) == [0, 1, 2]
    assert len(threads) == 1
    assert threading.get_ident() not in threads


def test_an_error_of_a_step_is_raised() -> None:
    """As it would be without a loop."""

    def made() -> Iterator[int]:
        yield 1
        raise ValueError("no")

    async def main() -> None:
        async for _ in iterate(made, bool):
            pass

    with pytest.raises(ValueError, match="no"):
        asyncio.run(main())


def test_to_be_cancelled_stops_what_goes_on() -> None:
    """It is told to stop, and ended before the task is."""
    begun, told, ended = threading.Event(), threading.Event(), threading.Event()

    def made() -> Iterator[int]:
        begun.set()
        told.wait(60)
        yield 1
        ended.set()

    async def main() -> None:
        async def work() -> None:
            async for _ in iterate(made, told.set):
                raise AssertionError

        task = asyncio.create_task(work())
        while not begun.is_set():
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert ended.is_set()


def test_sources_are_collected(tmp_path: Path) -> None:
    """Into the archive, each outcome as it comes; a network of one's own is left open."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "one.txt").write_text(article(f"Nước sạch về bản {name}"), "utf-8")
    sources = [Source(name=name, url=str(tmp_path / name)) for name in ("a", "b")]
    config = make_config(tmp_path, *sources)
    web = make_config(tmp_path, Source(name="web", url="https://web.example/"))
    fake = OneByOne(lambda source, known: [NotModified("web.example/")])

    async def main() -> list[str]:
        with FolderArchive(tmp_path / "archive", writing=True) as archive:
            found = [one.source async for one in acollect(config, archive, now=NOW)]
            found += [one.source async for one in acollect(web, archive, now=NOW, fetching=fake)]
            assert len(list(archive.newest())) == 2
            return found

    assert asyncio.run(main()) == ["a", "b", "web"]


def test_the_daemon_runs_in_a_task(tmp_path: Path) -> None:
    """It is told of in the loop, until it is stopped, or until nobody wants more."""
    (tmp_path / "inbox").mkdir()
    config = make_config(tmp_path, Source(name="inbox", url=str(tmp_path / "inbox")))
    events: list[Event] = []

    async def main() -> None:
        with MemoryArchive() as archive:
            daemon: Daemon

            def tell(event: Event) -> None:
                events.append(event)
                if isinstance(event, Publication):
                    daemon.stop()

            daemon = Daemon(config, archive, tell=tell)
            await daemon.arun(timedelta(milliseconds=20))
            other = Daemon(config, archive)
            told = other.aevents(timedelta(milliseconds=20))
            async for _ in told:
                break
            await told.aclose()

    asyncio.run(main())
    assert isinstance(events[-1], Publication)
    assert not [one for one in threading.enumerate() if one.name.startswith("feedtool-steps")]
