"""A year of the daemon in some seconds: whom it asks and when, what it tells, and what it keeps."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

from feedtool.kept import Alarm
from feedtool.model import Source
from feedtool.publish.site import Publication
from tests.conftest import make_config
from tests.rhythms import MONDAY
from tests.year import World, fortunes
from tests.year_checks import Found, check
from tests.year_sites import DAY, HOUR, MINUTE, TICK, Site, sites

SPRING, AUTUMN = datetime(2023, 2, 6, tzinfo=UTC), datetime(2023, 9, 4, tzinfo=UTC)
Lived = tuple[World, Found]
Live = Callable[..., Lived]


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Live:
    """Lets a world live from a Monday on, and looks at it; `publishing` or not."""

    def run(seed: int, begin: datetime, many: int, days: int, publishing: bool = False) -> Lived:
        world = World(
            make_config(tmp_path), sites(many, days, Random(seed)), begin, Random(seed + 1)
        )
        clock = SimpleNamespace(monotonic=world.monotonic)
        for module in ("collect", "work"):
            monkeypatch.setattr(import_module(f"feedtool.{module}"), "time", clock)
        if not publishing:
            monkeypatch.setattr("feedtool.work.publish", lambda *_, **__: Publication((), 0))
        fortunes(world, days, Random(seed + 2))
        world.run(days)
        return world, check(world, begin, days)

    return run


def _is_on_time(found: Found) -> None:
    assert found.faults == []
    late = sorted(found.lateness)
    assert late[0] > -0.01
    assert late[int(len(late) * 0.99)] < TICK


def _is_well(found: Found) -> None:
    _is_on_time(found)
    assert len(found.false) <= 0.02 * found.alarms, found.false


@pytest.mark.parametrize(("seed", "begin"), [(120, SPRING), (138, AUTUMN)])
def test_a_season_of_many_sources(live: Live, seed: int, begin: datetime) -> None:
    """Over a change of summer time, the daemon's deaths and a clock that is put back and forth:
    nobody is asked early, late or twice, alarms are told once, and each entry is kept once."""
    _, found = live(seed, begin, 32, 75)
    _is_well(found)
    expected = ("quiet expected", "failing expected", "cut short", "over steps")
    assert all(found.counts[one] > 1 for one in expected), found.counts


@pytest.mark.soak
def test_years_of_many_sources(live: Live) -> None:
    """The same for three whole years of 200 sources; at most two of a hundred alarms of all three
    together are false, as in a single year the chance gaps of a few sources are as many."""
    alarms, false = 0, list[str]()
    for seed in range(1, 4):
        world, found = live(seed, MONDAY, 200, 365)
        _is_on_time(found)
        late = sorted(found.lateness)
        print(f"{world.rounds} rounds, {found.counts}, late by up to {late[-1]:.0f} s")
        print(f"{found.alarms} alarms, of which false: {found.false}")
        alarms, false = alarms + found.alarms, false + found.false
    assert len(false) <= 0.02 * alarms, false


def test_weeks_with_publishing(live: Live, tmp_path: Path) -> None:
    """What is kept is published, whatever happens to the daemon."""
    world, found = live(3, SPRING, 4, 7, publishing=True)
    assert found.faults == []
    told = json.loads((tmp_path / "public/all.json").read_bytes())["items"]
    newest = [version.entry.title for version in world.archive.newest(limit=20)]
    assert [one["title"] for one in told][:20] == newest


def _alone(folder: Path, **schedule: Any) -> tuple[World, Site]:
    """A world of one source, whose server's answers stay fresh for five hours."""
    source = Source(name="a", url="https://a.example/feed", kind="feed", **schedule)
    site = Site(source, [0.0], "none", (0, 0), [], holds=10, fresh=5 * HOUR, validates=True)
    return World(make_config(folder), [site], SPRING, Random(0)), site


_HOURLY: dict[str, Any] = {"cron": "0 * * * *"}
_DAILY: dict[str, Any] = {"at": ("04:00",)}


@pytest.mark.parametrize(
    ("schedule", "ahead"),
    [(_HOURLY, 20), (_HOURLY, 10 * MINUTE), (_HOURLY, 7 * HOUR), (_DAILY, 7 * HOUR)],
)
def test_a_clock_that_is_put_back_has_nobody_asked_early(
    tmp_path: Path, schedule: dict[str, Any], ahead: float
) -> None:
    """What a server asked for holds in truth, also where the owner names the times."""
    world, site = _alone(tmp_path, **schedule)
    world.offset = ahead
    world.turns = [(HOUR, 0.0)]
    world.run(0.5)
    first, second = site.log[:2]
    assert 5 * HOUR <= second.true - first.true < 5 * HOUR + 2 * TICK


def test_a_clock_that_is_put_back_meanwhile_silences_nobody(tmp_path: Path) -> None:
    """Whoever was asked by a clock that was wrong, and answered when it was right, is asked again
    as soon as was meant."""
    world, site = _alone(tmp_path, every=timedelta(hours=6))
    world.offset = 20.0 * HOUR
    world.turns = [(0.01, 0.0)]
    world.run(0.5)
    first, second = site.log[:2]
    assert 6 * HOUR <= second.true - first.true < 6.7 * HOUR


def test_a_retry_is_made_though_the_clock_is_put_back(tmp_path: Path) -> None:
    """A round that failed is made up for before the next time that the owner names."""
    world, site = _alone(tmp_path, at=("00:00",))
    site.moods = [(0, HOUR, "retry")]
    world.turns = [(HOUR, -10.0 * MINUTE)]
    world.run(0.5)
    assert [round(request.true / HOUR) for request in site.log] == [0, 3]


def test_a_busy_server_is_spared_where_it_has_moved_to(tmp_path: Path) -> None:
    """What 429 says holds for the address where its owner wanted it to be asked, too: that leads
    there."""
    world, site = _alone(tmp_path, every=timedelta(hours=1))
    site.fate, site.fresh = "moved", 0
    site.moods = [(5 * DAY, 5.1 * DAY, "busy")]
    world.run(5.5)
    [refused] = [request for request in site.log if request.failed]
    after = next(request for request in site.log if request.true > refused.true)
    assert after.true - refused.true >= 4 * HOUR


def _early(site: Site) -> None:
    site.log[9].true -= 2 * TICK


def _late(site: Site) -> None:
    site.log[9].true += 20 * TICK


def _lost(site: Site) -> None:
    del site.log[9]


def _twice(site: Site) -> None:
    site.log.insert(9, dataclasses.replace(site.log[9], true=site.log[9].true + 1))


def _forgotten(site: Site) -> None:
    del site.log[-9:]


def _missed(site: Site) -> None:
    site.times.insert(5, site.times[5])


def _alarmed(site: Site) -> None:
    at, alarm = 9.0 * DAY, Alarm(site.source.name, "empty", SPRING, "holds no entry any more")
    site.alarms += [(at, alarm), (at, alarm)]


_SPOILS = (_early, _late, _lost, _twice, _forgotten, _missed, _alarmed)


def test_what_goes_wrong_is_found(tmp_path: Path) -> None:
    """A request that is early, late, lost or doubled, an entry that is lost, and an alarm that is
    told twice don't escape those who look for them."""
    world, site = _alone(tmp_path, every=timedelta(hours=1))
    site.fresh, site.times = 0, [4.0 * HOUR * number for number in range(9)]
    world.run(5)
    assert check(world, SPRING, 5).faults == []
    for spoil in _SPOILS:
        world.sites["a"] = deepcopy(site)
        spoil(world.sites["a"])
        assert check(world, SPRING, 5).faults, spoil.__name__
