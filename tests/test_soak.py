"""The long forms: killed at any moment, and fed with rubbish for minutes."""

from __future__ import annotations

import contextlib
import gzip
import os
import random
import signal
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path

import pytest

from feedtool.archive import check
from feedtool.archive.folder import FolderArchive
from feedtool.errors import FeedtoolError
from feedtool.model import Source
from feedtool.read.readers import read
from tests.cli import CONFIG
from tests.conftest import ROOT, SAMPLES, article, make_capture

FUZZ_SECONDS = float(os.environ.get("FEEDTOOL_FUZZ_SECONDS", "600"))


def _start(folder: Path) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-m", "feedtool", "run", "--json"],
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def _killed_again_and_again(folder: Path, times: int) -> None:
    """Drop, edit and kill, `times` over; then let it finish, and count."""
    (folder / "feedtool.toml").write_text(CONFIG)
    inbox = folder / "inbox"
    inbox.mkdir()
    chance = random.Random(times)
    texts = {f"{n}.txt": f"Tin số {n}" for n in range(40)}
    for name, title in texts.items():
        (inbox / name).write_text(article(title), "utf-8")
    for n in range(times):
        name = f"{n % 40}.txt"
        texts[name] = f"Tin số {n % 40}, bản {n}"
        (inbox / name).write_text(article(texts[name]), "utf-8")
        process = _start(folder)
        time.sleep(chance.uniform(0.05, 0.9))
        process.send_signal(signal.SIGKILL)
        process.communicate()
    process = _start(folder)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    with FolderArchive(folder / "archive") as archive:
        assert list(check.check(archive)) == []
        assert sorted(v.entry.title for v in archive.newest()) == sorted(texts.values())
    assert not list(folder.rglob("*.tmp"))


def test_killed_a_few_times_nothing_is_lost(tmp_path: Path) -> None:
    """The short form: five kills at random moments cost nothing."""
    _killed_again_and_again(tmp_path, 5)


@pytest.mark.soak
def test_killed_many_times_nothing_is_lost(tmp_path: Path) -> None:
    """Two hundred kills at random moments: every article once, in its last version, all whole."""
    _killed_again_and_again(tmp_path, 200)


def _seeds() -> list[bytes]:
    files = sorted((ROOT / "config/demo").rglob("*.*")) + sorted((ROOT / "tests/data").rglob("*.*"))
    if SAMPLES.is_dir():
        files += sorted((SAMPLES / "articles").glob("*.txt"))
        files += sorted((SAMPLES / "feeds").glob("*.xml")) + sorted(
            (SAMPLES / "pages").glob("*.gz")
        )
    bodies = [path.read_bytes() for path in files if path.suffix != ".json"]
    return [gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body for body in bodies]


def _mutated(body: bytes, seeds: list[bytes], chance: random.Random) -> bytes:
    """`body` with bytes changed, pieces cut, repeated, or taken from another document."""
    made = bytearray(body[:200_000])
    for _ in range(chance.randint(1, 12)):
        at = chance.randrange(len(made) + 1)
        end = min(len(made), at + chance.choice((1, 10, 1000)))
        other = chance.choice(seeds)
        start = chance.randrange(len(other) + 1)
        piece = {
            0: b"",
            1: bytes(chance.randrange(256) for _ in range(end - at)),
            2: made[at:end] * chance.choice((2, 50)),
            3: other[start : start + 2000],
            4: chance.choice((b"<", b">", b"&", b"]]>", b"\x00", b"\xff", b"\n\n", b"</p>", b'"')),
        }[chance.randrange(5)]
        made[at:end] = piece
    return bytes(made)


def _fuzz(seconds: float, least: int = 0) -> int:
    """Try for so long, and `least` documents however slow the machine is."""
    chance = random.Random(2022)
    seeds = _seeds()
    source = Source(name="valley", url="https://valley.example/")
    end = time.monotonic() + seconds
    tried = 0
    while time.monotonic() < end or tried < least:
        body = _mutated(chance.choice(seeds), seeds, chance)
        begun = time.process_time()
        with contextlib.suppress(FeedtoolError):
            read(make_capture(body), source)
        taken = time.process_time() - begun
        assert taken < 5 + len(body) / 50_000, f"{taken:.1f} s for {len(body)} bytes"
        tried += 1
    return tried


def test_rubbish_is_read_or_refused() -> None:
    """The short form: mutated documents give entries or a feedtool error, in bounded time."""
    assert _fuzz(2, least=6) > 5


@pytest.mark.soak
def test_rubbish_is_read_or_refused_for_minutes() -> None:
    """Minutes of mutated documents end in no traceback, no hang, and no growing memory."""
    _fuzz(10)
    tracemalloc.start()
    before = tracemalloc.take_snapshot()
    tried = _fuzz(FUZZ_SECONDS)
    grown = sum(one.size_diff for one in tracemalloc.take_snapshot().compare_to(before, "filename"))
    tracemalloc.stop()
    assert tried > FUZZ_SECONDS
    assert grown < 20_000_000
