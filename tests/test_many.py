"""Ten thousand sources in real time: nobody is asked late, and memory stays as it is.

For so long as FEEDTOOL_SOAK_SECONDS says, ten minutes by default.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

import pytest

from feedtool.archive.folder import FolderArchive
from feedtool.collect import collect, plan
from feedtool.config import Config
from feedtool.data import replace
from feedtool.manners.standing import Standing
from feedtool.publish.site import publish
from tests import many_daemon
from tests.conftest import ROOT
from tests.daemons import environ, until
from tests.many_hosts import is_dead

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="only Linux has thousands of hosts on loopback"
)
SECONDS = float(os.environ.get("FEEDTOOL_SOAK_SECONDS", "600"))
SOURCES = int(os.environ.get("FEEDTOOL_SOAK_SOURCES", "10000"))
STARTING = 20.0  # seconds until the first source is due, that the daemon has to start
MIB = 1024 * 1024


@dataclass
class Hosts:
    """The running hosts: their port, one where nobody listens, and the file of who asked when."""

    process: subprocess.Popen[str]
    port: int
    dead_port: int
    seen: Path

    def begin(self) -> None:
        """Be slow, silent, and full of news from now on."""
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def end(self) -> dict[int, tuple[float, str]]:
        """When each host was asked, the first time, and what it answered."""
        self.process.communicate()
        found: dict[int, tuple[float, str]] = {}
        for line in self.seen.read_text().splitlines():
            when, number, answer = line.split()
            found.setdefault(int(number), (float(when), answer))
        return found


@contextmanager
def _hosts(folder: Path) -> Iterator[Hosts]:
    seen = folder / "seen"
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.many_hosts", str(seen)],
        cwd=ROOT,
        env=environ(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        port, dead_port = map(int, process.stdout.readline().split())
        yield Hosts(process, port, dead_port, seen)
    finally:
        process.kill()
        process.communicate()


class Measured:
    """The daemon's process: its memory in bytes, by /proc, and the seconds of work it has done."""

    def __init__(self, folder: Path, hosts: Hosts) -> None:
        self._told = folder / "told"
        with self._told.open("w") as told:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "tests.many_daemon", str(folder)),
                    *map(str, (SOURCES, hosts.port, hosts.dead_port)),
                ],
                cwd=ROOT,
                env=environ(),
                stdout=told,
            )
        self._proc = Path(f"/proc/{self.process.pid}")

    def memory(self) -> int:
        """How much of it is in memory."""
        assert self.process.poll() is None
        return int((self._proc / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def work(self) -> float:
        """The seconds of CPU that it has taken."""
        fields = (self._proc / "stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def told(self) -> list[tuple[float, int, float]]:
        """When it told, of which source, and how late that was."""
        lines = (line.split() for line in self._told.read_text().splitlines())
        return [(float(when), int(number), float(late)) for when, number, late in lines]

    def end(self) -> None:
        """Let it end, however it goes."""
        self.process.terminate()
        try:
            self.process.wait(60)
        finally:
            self.process.kill()
            self.process.wait()


def _begin(folder: Path, hosts: Hosts) -> Config:
    """One round of all sources, published: what is remembered is as after a while of running."""
    config = many_daemon.config(folder, SOURCES, hosts.port, hosts.dead_port)
    now = datetime.now(UTC) - timedelta(hours=1)
    with FolderArchive(folder / "archive", writing=True) as archive:
        failed = [one.source for one in collect(config, archive, now=now) if one.failed]
        assert len(failed) == sum(map(is_dead, range(SOURCES)))
        publish(config, archive, now=now)
    return config


def _stagger(folder: Path, config: Config, first: datetime, over: timedelta) -> list[datetime]:
    """Write into the archive's memory that each source was asked when it must have been for all to
    be due one after another, from `first` on; return when each is due."""
    stands: dict[str, Standing] = {}
    due: list[datetime] = []
    with FolderArchive(folder / "archive", writing=True) as archive:
        for number, source in enumerate(config.source):
            # Not in the order of their numbers, which says which are slow.
            wanted = first + over * (number * 7919 % SOURCES / SOURCES)
            plans = plan(config, source)
            before = replace(archive.state.standing(source.name), not_before=None)
            at = plans.due(replace(before, asked=wanted, due=wanted))
            assert at is not None
            asked = (wanted - (at - wanted)).replace(microsecond=0)
            stands[source.name] = replace(before, asked=asked, due=wanted)
            then = plans.due(stands[source.name])
            assert then is not None
            due.append(then)
        archive.state.remember({}, stands)
    return due


def _percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]


@pytest.mark.soak
def test_ten_thousand_sources_in_real_time(tmp_path: Path) -> None:
    """Each is asked within two seconds of its time in 99 of 100 cases, as the hosts themselves see
    it, with some hosts slow, silent or dead; memory is bounded and doesn't grow.

    What is remembered is set so that all sources are due one after another within ten minutes.
    """
    with _hosts(tmp_path) as hosts:
        config = _begin(tmp_path, hosts)
        hosts.begin()
        start = datetime.now(UTC) + timedelta(seconds=STARTING)
        due = _stagger(tmp_path, config, start, many_daemon.EVERY)
        daemon = Measured(tmp_path, hosts)
        memory: list[int] = []
        try:
            while time.time() < start.timestamp():
                time.sleep(0.1)
            before = daemon.work()
            for second in range(1, int(SECONDS) + 1):
                while time.time() < start.timestamp() + second:
                    time.sleep(0.1)
                memory.append(daemon.memory())
            work = (daemon.work() - before) / SECONDS
            time.sleep(2)
        finally:
            daemon.end()
        told, seen = daemon.told(), hosts.end()
    end = start.timestamp() + SECONDS
    wanted = [n for n in range(SOURCES) if due[n].timestamp() <= end and not is_dead(n)]
    late = [seen[number][0] - due[number].timestamp() for number in wanted if number in seen]
    early = [number for number, (when, _) in seen.items() if when < due[number].timestamp()]
    own = [one for _, _, one in told]
    news = sum(answer == "200" for _, answer in seen.values())
    quarters = [
        memory[len(memory) * part // 4 : len(memory) * (part + 1) // 4] for part in range(4)
    ]
    grown = median(quarters[3]) / median(quarters[2]) - 1
    print(
        f"\n{len(wanted)} due in {SECONDS:.0f} s, {len(seen)} asked, {news} with news; lateness p50 "
        f"{_percentile(late, 0.5):.2f} s, p99 {_percentile(late, 0.99):.2f} s, most "
        f"{max(late):.2f} s; by the run log p99 {_percentile(own, 0.99):.0f} s; memory "
        + ", ".join(f"{median(one) / MIB:.1f}" for one in quarters)
        + f" MiB by quarters, most {max(memory) / MIB:.1f}, grown {grown:.2%}; CPU {work:.1%}"
    )
    assert early == []
    assert len(late) == len(wanted)
    assert _percentile(late, 0.99) < 2
    assert _percentile(own, 0.99) < 2
    assert max(memory) < 150 * MIB
    assert grown <= 0.02


@pytest.mark.soak
def test_ten_thousand_sources_of_which_none_is_due(tmp_path: Path) -> None:
    """A fifth of the time, two minutes by default, costs less than half a percent of a CPU."""
    seconds = SECONDS / 5
    with _hosts(tmp_path) as hosts:
        config = _begin(tmp_path, hosts)
        _stagger(tmp_path, config, datetime.now(UTC) + timedelta(hours=1), many_daemon.EVERY)
        daemon = Measured(tmp_path, hosts)
        try:
            last = -1.0

            def is_calm() -> bool:
                nonlocal last
                time.sleep(2)
                before, last = last, daemon.work()
                return last - before < 0.1

            until(is_calm)
            before = daemon.work()
            time.sleep(seconds)
            used = (daemon.work() - before) / seconds
            memory = daemon.memory() / MIB
        finally:
            daemon.end()
        assert daemon.told() == []
        assert hosts.end() == {}
    print(f"\nidle: {used:.2%} of a CPU, {memory:.1f} MiB")
    assert used < 0.005
