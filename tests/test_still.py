"""Files that are still being written while a folder is read."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from feedtool.fetch import local
from feedtool.model import Capture, Source
from tests.conftest import make_config


class Clock:
    """A clock that goes on while something sleeps, and does something meanwhile."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, now: float) -> None:
        self.now, self.slept = now, 0
        self.meanwhile: Callable[[], object] = lambda: None
        stands = SimpleNamespace(monotonic=lambda: self.now + 50, sleep=self._sleep)
        monkeypatch.setattr(local, "time", stands)

    def _sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept += 1
        self.meanwhile()


def _write(path: Path, body: bytes, when: float) -> None:
    path.write_bytes(body)
    os.utime(path, (when, when))


def _all(path: Path, clock: Clock) -> list[bytes]:
    source = Source(name="valley", url=str(path))
    http = make_config(path.parent, source).http
    now = datetime.fromtimestamp(clock.now, UTC)
    found = local.fetch(source, lambda _: None, now=now, http=http, authority="tin.example")
    return [one.body for one in found if isinstance(one, Capture)]


def _read(path: Path, clock: Clock) -> bytes:
    [body] = _all(path, clock)
    return body


def test_what_was_just_written_is_read_once_it_stays_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file whose second half comes while it is waited for is read whole."""
    path, clock = tmp_path / "a.txt", Clock(monkeypatch, 1000.0)
    _write(path, b"One half", clock.now)

    def write() -> None:
        if clock.slept == 1:
            _write(path, b"One half, and the other", clock.now - 0.1)

    clock.meanwhile = write
    assert _read(path, clock) == b"One half, and the other"
    assert clock.slept == 2


def test_what_is_written_all_the_while_is_read_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that something is added to without an end is read after some seconds."""
    path, clock = tmp_path / "a.txt", Clock(monkeypatch, 1000.0)
    _write(path, b"a", clock.now)
    clock.meanwhile = lambda: _write(path, b"a" * (clock.slept + 1), clock.now)
    assert _read(path, clock) == b"a" * (clock.slept + 1)
    assert 1000 < clock.now < 1005


def test_many_that_are_written_all_the_while_are_waited_for_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many files go on growing, a folder is read after some seconds."""
    clock = Clock(monkeypatch, 1000.0)
    paths = [tmp_path / f"{number}.txt" for number in range(40)]

    def grow() -> None:
        for path in paths:
            _write(path, b"a" * (clock.slept + 1), clock.now)

    grow()
    clock.meanwhile = grow
    assert len(_all(tmp_path, clock)) == len(paths)
    assert clock.now < 1005


@pytest.mark.parametrize("age", [0.25, 900.0, -60.0])
def test_what_was_written_before_or_is_dated_later_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, age: float
) -> None:
    """A file that has stood for a while is read at once, and so is one of a clock that is ahead."""
    path, clock = tmp_path / "a.txt", Clock(monkeypatch, 1000.0)
    _write(path, b"a", clock.now - age)
    assert (_read(path, clock), clock.slept) == (b"a", 0)
