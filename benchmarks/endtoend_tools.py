"""The tools that benchmarks/endtoend.py compares, each as its users run it: as a command.

A tool has a folder of its own, with its configuration; what it stores lies in `store` there. It
sees an environment with next to nothing in it: some walk all of it for proxies at each request.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

from endtoend_feeds import BEGUN

# Runs a command and says what it took. A process of its own, and a small one: the peak of a
# command would begin with the memory of the process that started it.
_LAUNCHER = """
import json, os, sys, time
begun = time.monotonic()
process = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
_, status, used = os.wait4(process, 0)
with open(sys.argv[1], "w") as result:
    json.dump({
        "wall": time.monotonic() - begun,
        "cpu": used.ru_utime + used.ru_stime,
        "peak": used.ru_maxrss / 1024,
        "code": os.waitstatus_to_exitcode(status),
    }, result)
"""
_CLOCK = timedelta(days=2)  # between two rounds of feedtool, so that every source is due
_READER = """
import sys
from reader import make_reader
with make_reader(sys.argv[1]) as reader:
    reader.update_feeds(scheduled=False)
"""
_READER_ADDS = """
import sys
from reader import make_reader
with make_reader(sys.argv[1]) as reader:
    for url in sys.stdin.read().split():
        reader.add_feed(url)
"""
_PAGE = "https://tin.example/"


@dataclass(frozen=True)
class Spent:
    """What a command took, children included: seconds of CPU (user and system) and of wall, MiB of
    the process of it that had the most in memory; then the MB that are stored, and the entries."""

    cpu: float
    wall: float
    peak: float
    stored: float = 0.0
    held: int = 0


@dataclass(frozen=True)
class Tool:
    """A contender.

    `prepare` writes its configuration for these addresses, and `command` is what makes a round;
    both get the folder. `held` counts the entries in its store. `most` is how many sources it gets
    at most: one that takes very long gets fewer, and the others' share is added by proportion.
    """

    name: str
    found: Callable[[], bool]
    prepare: Callable[[Path, Sequence[str]], object]
    command: Callable[[Path], Sequence[str | Path]]
    held: Callable[[Path], int]
    most: int = sys.maxsize


def spent(command: Iterable[str | Path], folder: Path, number: int = 0) -> Spent:
    """Run a command in a folder, as in the round of this number, and return what it took; raises
    `RuntimeError` where it ends otherwise than well."""
    environment = {
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "PATH": os.environ["PATH"],
        "SOURCE_DATE_EPOCH": str(int((BEGUN + number * _CLOCK).timestamp())),
    }
    told, took = folder / "told", folder / "took.json"
    with told.open("wb") as talk:
        subprocess.run(
            # -I and -S: nothing that this process doesn't need.
            [sys.executable, "-I", "-S", "-c", _LAUNCHER, took, *command],
            stdin=subprocess.DEVNULL,
            stdout=talk,
            stderr=talk,
            env=environment,
            cwd=folder,
            check=True,
        )
    numbers = json.loads(took.read_text("utf-8"))
    if numbers["code"]:
        said = told.read_text("utf-8", "replace")[-500:]
        raise RuntimeError(f"{command} ended with {numbers['code']}: {said}")
    return Spent(cpu=numbers["cpu"], wall=numbers["wall"], peak=numbers["peak"])


def round_of(tool: Tool, folder: Path, number: int) -> Spent:
    """Let a tool make its round of this number, and return what that took and left."""
    os.sync()  # what others wrote isn't written while this one is measured
    took = spent(tool.command(folder), folder, number)
    files = (path for path in (folder / "store").rglob("*") if path.is_file())
    stored = sum(path.stat().st_size for path in files) / 1e6
    return Spent(took.cpu, took.wall, took.peak, stored, tool.held(folder))


def _feedtool_prepare(folder: Path, urls: Sequence[str]) -> None:
    """Its configuration, and its modules compiled, as pip compiles those that it copies."""
    feedtool_config(folder, urls)
    package = Path(__file__).parents[1] / "feedtool"
    subprocess.run([sys.executable, "-m", "compileall", "-q", package], check=True)


def feedtool_config(folder: Path, urls: Sequence[str]) -> Path:
    """Write the configuration of feedtool: its defaults, but for what loopback needs."""
    text = f"""
[site]
title = "Tin"
base_url = "{_PAGE}"

[archive]
path = "store/archive"

[publish]
path = "store/public"
"""
    if len({url.split("/")[2] for url in urls}) == 1:
        # It would leave a second between two requests, which is no cost but a courtesy.
        text += "\n[http]\nper_host_gap = 0\n"
    for number, url in enumerate(urls):
        text += f'\n[[source]]\nname = "s{number}"\nurl = "{url}"\nallow_private = true\n'
    path = folder / "feedtool.toml"
    path.write_text(text, "utf-8")
    return path


def feedtool_command(folder: Path) -> list[str | Path]:
    """Return what makes a round of feedtool."""
    return [sys.executable, "-m", "feedtool", "run", "--config", folder / "feedtool.toml"]


def _feedtool_held(folder: Path) -> int:
    """The entries in the archive; all stand in the published feed and its history too."""
    held = len(list((folder / "store/archive").glob("[0-9]*/*/*/*.json")))
    public = folder / "store/public"
    for ending, mark in (
        ("atom", b"</entry>"),
        ("rss", b"</item>"),
        ("json", b'"date_published":'),
    ):
        documents = [public / f"all.{ending}", *public.glob(f"all/*.{ending}")]
        published = sum(path.read_bytes().count(mark) for path in documents)
        if published != held:
            raise RuntimeError(f"{published} entries in all.{ending}, {held} in the archive")
    return held


def _newsboat_prepare(folder: Path, urls: Sequence[str]) -> None:
    (folder / "config").touch()
    (folder / "urls").write_text("\n".join(urls) + "\n", "utf-8")


def _newsboat_command(folder: Path) -> list[str | Path]:
    where: list[str | Path] = [
        "-u",
        folder / "urls",
        "-c",
        folder / "store/cache.db",
        "-C",
        folder / "config",
    ]
    return ["newsboat", *where, "-x", "reload"]


def _newsboat_held(folder: Path) -> int:
    return _count(folder / "store/cache.db", "SELECT count(*) FROM rss_item WHERE NOT deleted")


def _reader_prepare(python: str, folder: Path, urls: Sequence[str]) -> None:
    add: list[str | Path] = [python, "-c", _READER_ADDS, folder / "store/reader.sqlite"]
    subprocess.run(add, input=" ".join(urls), text=True, check=True)


def _reader_command(python: str, folder: Path) -> list[str | Path]:
    return [python, "-c", _READER, folder / "store/reader.sqlite"]


def _reader_held(folder: Path) -> int:
    return _count(folder / "store/reader.sqlite", "SELECT count(*) FROM entries")


def _count(database: Path, query: str) -> int:
    with closing(sqlite3.connect(database)) as connection:
        [count] = connection.execute(query).fetchone()
    return int(count)


def _sfeed_prepare(folder: Path, urls: Sequence[str]) -> None:
    feeds = "".join(f"\tfeed s{number} '{url}'\n" for number, url in enumerate(urls))
    text = f"sfeedpath='{folder}/store'\nfeeds() {{\n{feeds}}}\n"
    (folder / "sfeedrc").write_text(text, "utf-8")


def _sfeed_command(folder: Path) -> list[str | Path]:
    return ["sfeed_update", folder / "sfeedrc"]


def _sfeed_held(folder: Path) -> int:
    return sum(path.read_bytes().count(b"\n") for path in (folder / "store").iterdir())


def _rss2email_prepare(folder: Path, urls: Sequence[str]) -> None:
    (folder / "store/mail").mkdir()
    mail = "email-protocol = maildir\nmaildir-mailbox = inbox\n"
    text = f"[DEFAULT]\nto = reader@tin.example\n{mail}maildir-path = {folder}/store/mail\n"
    for number, url in enumerate(urls):
        text += f"\n[feed.s{number}]\nurl = {url}\n"
    (folder / "rss2email.cfg").write_text(text, "utf-8")


def _rss2email_command(folder: Path) -> list[str | Path]:
    return ["r2e", "-c", folder / "rss2email.cfg", "-d", folder / "store/seen.json", "run"]


def _rss2email_held(folder: Path) -> int:
    return len(list((folder / "store/mail/inbox/new").iterdir()))


def _program(name: str) -> Callable[[], bool]:
    return lambda: shutil.which(name) is not None


def _package(python: str) -> bool:
    """True where `reader` can be imported."""
    return not subprocess.run(
        [python, "-c", "import reader"], check=False, capture_output=True
    ).returncode


def tools(python: str = sys.executable) -> dict[str, Tool]:
    """Return the tools by name; `python` is the interpreter that has the package `reader`."""
    return {
        tool.name: tool
        for tool in (
            Tool("feedtool", lambda: True, _feedtool_prepare, feedtool_command, _feedtool_held),
            Tool(
                "reader",
                partial(_package, python),
                partial(_reader_prepare, python),
                partial(_reader_command, python),
                _reader_held,
            ),
            Tool(
                "newsboat",
                _program("newsboat"),
                _newsboat_prepare,
                _newsboat_command,
                _newsboat_held,
            ),
            Tool("sfeed", _program("sfeed_update"), _sfeed_prepare, _sfeed_command, _sfeed_held),
            Tool(
                "rss2email",
                _program("r2e"),
                _rss2email_prepare,
                _rss2email_command,
                _rss2email_held,
                most=40,
            ),
        )
    }
