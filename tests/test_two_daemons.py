"""Two daemons on one archive: one works, the other says so or waits, and takes over from it."""

from __future__ import annotations

import os
import platform
import signal
import time
from pathlib import Path

import pytest

from feedtool.archive import check
from feedtool.archive.folder import FolderArchive
from feedtool.lease import SILENCE
from tests.conftest import article
from tests.daemons import CONFIG, INBOX, Running, running, until

pytestmark = pytest.mark.skipif(os.name == "nt", reason="such signals are of other systems")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a configuration and an inbox that holds an article."""
    (tmp_path / "feedtool.toml").write_text(CONFIG + INBOX)
    (tmp_path / "inbox").mkdir()
    _drop(tmp_path, 0)
    return tmp_path


def _drop(folder: Path, number: int) -> str:
    title = f"Tin số {number} từ bản Pá Lương"
    (folder / f"inbox/{number}.txt").write_text(article(title), "utf-8")
    return title


def _assert_holds(folder: Path, titles: list[str]) -> None:
    """The archive holds each of these once, and nothing is wrong with it."""
    with FolderArchive(folder / "archive") as archive:
        assert sorted(one.entry.title for one in archive.newest()) == sorted(titles)
        assert list(check.check(archive)) == []


def _hear_of(folder: Path, number: int, daemon: Running) -> None:
    """Wait until the page of an article is published."""
    page = f"public/*/*/*/tin-so-{number}-*.html"
    until(lambda: list(folder.glob(page)), told=lambda: daemon.said)


def test_the_second_says_who_writes_and_ends(folder: Path) -> None:
    """It names process and host, ends with 75, and the first one goes on."""
    with running(folder) as first:
        first.hear("read", new=1)
        with running(folder) as second:
            assert second.wait() == 75
            assert f"process {first.process.pid} on host {platform.node()}" in second.said
            assert second.events("started") == []
        _drop(folder, 1)
        first.hear("read", count=2, new=1)
        assert first.end() == 0
        assert first.events("stopped")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_who_waits_takes_over_amid_the_work(folder: Path, number: signal.Signals) -> None:
    """However the first one ends, amid two hundred files, the second goes on within the lease, and
    nothing is lost or doubled."""
    with running(folder) as first:
        first.hear("read", new=1)
        with running(folder, "--wait") as second:
            assert f"process {first.process.pid} " in second.hear("waiting")["why"]
            titles = [_drop(folder, one) for one in range(200)]
            until(lambda: len(list(folder.glob("archive/[0-9]*/*/*/*.json"))) > 1)
            ended = time.monotonic()
            first.end(number)
            second.hear("started")
            assert time.monotonic() - ended < SILENCE + 20
            titles.append(_drop(folder, 200))
            _hear_of(folder, 200, second)
            assert len(second.events("waiting")) == 1
            assert second.end() == 0
    _assert_holds(folder, titles)


def test_who_waits_may_be_stopped(folder: Path) -> None:
    """A signal ends it well, and the one that works never notices."""
    with running(folder) as first:
        first.hear("started")
        with running(folder, "--wait") as second:
            second.hear("waiting")
            assert second.end() == 0
            assert second.events("started") == []
        _drop(folder, 1)
        _hear_of(folder, 1, first)
        assert first.end() == 0


def test_three_wait_and_one_at_a_time_works(folder: Path) -> None:
    """Each that is killed is followed by one of those who wait, until none is left."""
    titles = [_drop(folder, 0)]
    with running(folder) as first:
        first.hear("started")
        with running(folder, "--wait") as second, running(folder, "--wait") as third:
            left = [second, third]
            for one in left:
                one.hear("waiting")
            works = first
            for number in (1, 2):
                works.end(signal.SIGKILL)
                works = until(lambda: [one for one in left if one.events("started")])[0]
                left.remove(works)
                assert not [one for one in left if one.events("started")]
                titles.append(_drop(folder, number))
                _hear_of(folder, number, works)
            assert works.end() == 0
    _assert_holds(folder, titles)
