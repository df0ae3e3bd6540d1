"""Killed at any point, or cut off from power there: nothing is lost, doubled or torn, and the next
run goes on."""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
import traceback
import warnings
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests import disks, histories
from tests.disks import CUTS, Deadly, Died, Point, Recording, Watch, WatchedDisk, evenly
from tests.histories import LONG, PLANS, Log, Plan

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")


def _run_watched(folder: Path, plan: Plan, log: Log, watch: Watch) -> None:
    with disks.watched_sqlite(watch):
        histories.go(folder, plan, log, WatchedDisk(watch))


def _points(folder: Path, plan: Plan) -> list[Point]:
    """All points of a run that goes well, below `folder`; the same as of one below a folder beside
    it."""
    watch = Watch()
    folder.mkdir(parents=True)
    _run_watched(folder / "archive", plan, Log(), watch)
    return watch.points


def _fork(folder: Path, plan: Plan, log: Log, watch: Watch | None) -> int:
    with warnings.catch_warnings():  # of threads, which this child doesn't use
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child:
        return child
    code = 1
    try:
        if watch:
            _run_watched(folder, plan, log, watch)
        else:
            histories.go(folder, plan, log)
        code = 0
    except BaseException:  # noqa: BLE001
        traceback.print_exc()
    finally:
        os._exit(code)


def _killed(folder: Path, plan: Plan, log: Log, point: Point) -> bool:
    """Run a plan in a process that is killed at a point; False where it ended before that."""
    status = os.waitpid(_fork(folder, plan, log, Deadly(point)), 0)[1]
    assert status == 0 or os.WTERMSIG(status) == signal.SIGKILL
    return status != 0


def _kill_at(tmp_path: Path, plan: Plan, points: Sequence[Point], again: int = 0) -> int:
    """Kill a run at each of these points, and `again` more times on the way; return how many kills
    there were."""
    chance = random.Random(again)
    whole = tmp_path / "whole"
    _run_watched(whole, plan, Log(), Watch())
    expected, known = histories.tree(whole), histories.versions(whole)
    kills = 0
    for point in points:
        place = tmp_path / "killed"
        place.mkdir(parents=True)
        folder, log = place / "archive", Log(place / "log")
        at = [point, *(chance.choice(points) for _ in range(again))]
        for one in at:
            kills += _killed(folder, plan, log.again(), one)
            histories.assert_readable(folder, log.again(), known)
        _run_watched(folder, plan, log.again(), Watch())
        with disks.watched_sqlite(Watch()):
            histories.assert_complete(folder, expected, log.again())
        shutil.rmtree(place)
    return kills


def test_killed_at_points_of_all_kinds(tmp_path: Path) -> None:
    """The short form: a run is killed at 40 of its points, and nothing is lost, doubled or torn."""
    for name, most in (("mixed", 24), ("captured", 16)):
        points = _points(tmp_path / name / "counted", PLANS[name])
        assert _kill_at(tmp_path / name, PLANS[name], evenly(points, most)) == most


def _cut_at(tmp_path: Path, plan: Plan, numbers: Sequence[int], cuts: Sequence[disks.Cut]) -> int:
    """Cut the power before each of these calls of a run, in each of these ways, with the databases
    as they were and without them; return how often."""
    whole = tmp_path / "whole"
    _run_watched(whole, plan, Log(), Watch())
    expected, known = histories.tree(whole), histories.versions(whole)
    place, left = tmp_path / "running", tmp_path / "left"
    place.mkdir(parents=True)
    log = Log()
    recording = Recording(place / "archive")
    chance = random.Random(len(numbers))
    done = 0

    def cut() -> None:
        nonlocal done
        if recording.count not in numbers:
            return
        for how in cuts:
            for databases in (True, False):
                root = recording.cut(left, how, chance)
                if databases:
                    disks.with_databases(recording, root)
                histories.assert_readable(root, log.again(), known)
                again = log.again()
                _run_watched(root, plan, again, Watch())
                again.lines = again.lines if databases else []  # the state is gone too
                histories.assert_complete(root, expected, again)
                shutil.rmtree(left)
                done += 1

    recording.before_call = cut
    with disks.watched_sqlite(Watch()):
        histories.go(recording.root, plan, log, recording.disk)
    return done


def _calls(folder: Path, plan: Plan) -> int:
    return max(one.number for one in _points(folder, plan) if one.stream == "disk")


def test_power_cut_at_some_calls(tmp_path: Path) -> None:
    """The short form: with what was not synced lost, kept, torn or in part, the next run makes the
    archive whole."""
    for name in ("mixed", "captured"):
        calls = _calls(tmp_path / name / "counted", PLANS[name])
        some = evenly(range(1, calls + 1), 4)[1:]
        assert _cut_at(tmp_path / name, PLANS[name], some, CUTS) == 24


def _killed_then_cut(tmp_path: Path, plan: Plan, numbers: Sequence[int]) -> int:
    """End a run at each of these calls, let the next run end well, and only then cut the power:
    what was promised is there, though the first run had synced nothing of it."""
    whole = tmp_path / "whole"
    _run_watched(whole, plan, Log(), Watch())
    expected, known = histories.tree(whole), histories.versions(whole)
    for number in numbers:
        place = tmp_path / "running"
        place.mkdir(parents=True)
        log, recording = Log(), Recording(place / "archive", number)
        with disks.watched_sqlite(Watch()):
            with pytest.raises(Died):
                histories.go(recording.root, plan, log, recording.disk)
            recording.revive()
            histories.go(recording.root, plan, log, recording.disk)
        left = recording.cut(tmp_path / "left", disks.nothing, random.Random(0))
        assert histories.tree(left) == expected
        histories.assert_readable(left, log, known)
        shutil.rmtree(place)
        shutil.rmtree(tmp_path / "left")
    return len(numbers)


def test_killed_and_then_cut_off_at_some_calls(tmp_path: Path) -> None:
    """The short form: what a killed run had not synced is synced by the next one, before it promises
    anything."""
    plan = PLANS["captured"]
    calls = _calls(tmp_path / "counted", plan)
    some = [*range(1, 6), *evenly(range(6, calls + 1), 15)]
    assert _killed_then_cut(tmp_path, plan, some) == 20


@pytest.mark.soak
@pytest.mark.parametrize("name", PLANS)
def test_power_cut_at_every_call(tmp_path: Path, name: str) -> None:
    """At each call, each way in which what wasn't synced may be lost, and both orders of killing and
    cutting."""
    every = range(1, _calls(tmp_path / "a/counted", PLANS[name]) + 1)
    calls = evenly(every, 30) if name == LONG else every
    cuts = _cut_at(tmp_path / "a", PLANS[name], calls, [*CUTS, disks.anything, disks.anything])
    both = _killed_then_cut(tmp_path / "b", PLANS[name], calls)
    print(f"{name}: {cuts} power cuts, {both} more after a kill")
    assert cuts == 12 * len(calls)


@pytest.mark.soak
@pytest.mark.parametrize("name", PLANS)
def test_killed_at_every_point(tmp_path: Path, name: str) -> None:
    """Killed before, within and after each call that changes something, in turn."""
    points = _points(tmp_path / "counted", PLANS[name])
    points = evenly(points, 200) if name == LONG else points
    kills = _kill_at(tmp_path, PLANS[name], points)
    print(f"{name}: {kills} kills at {len(points)} points")
    assert kills == len(points)


@pytest.mark.soak
def test_killed_again_and_again(tmp_path: Path) -> None:
    """Up to four kills in a row, each at any point of what is left to do, before a run may end."""
    points = _points(tmp_path / "counted", PLANS["mixed"])
    assert _kill_at(tmp_path, PLANS["mixed"], evenly(points, 50), again=3) > 80


@pytest.mark.soak
def test_killed_at_random_moments(tmp_path: Path) -> None:
    """Two hundred kills by another process at any moment, within the system's and SQLite's own
    calls too."""
    chance = random.Random(200)
    plan = PLANS["captured"] + PLANS["mixed"][1:]
    whole, begun = tmp_path / "whole", time.monotonic()
    histories.go(whole, plan, Log())
    takes = time.monotonic() - begun
    expected, known = histories.tree(whole), histories.versions(whole)
    kills = tries = 0
    while kills < 200:
        tries += 1
        place = tmp_path / f"{tries}"
        place.mkdir(parents=True)
        folder, log = place / "archive", Log(place / "log")
        for _ in range(4):
            child = _fork(folder, plan, log.again(), None)
            time.sleep(chance.uniform(0, takes))
            os.kill(child, signal.SIGKILL)
            kills += os.waitpid(child, 0)[1] == signal.SIGKILL
            histories.assert_readable(folder, log.again(), known)
        _run_watched(folder, plan, log.again(), Watch())
        with disks.watched_sqlite(Watch()):
            histories.assert_complete(folder, expected, log.again())
        shutil.rmtree(place)
    print(f"{kills} kills at random moments of {takes:.2f} s")
