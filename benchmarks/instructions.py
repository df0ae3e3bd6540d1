"""How many instructions the rounds of `feedtool run` take, over those of a fixed piece of work.

::

    python benchmarks/instructions.py [--gate] [--json]

Valgrind counts them, which no other load of the machine disturbs: two counts of one round differ by
less than one in a hundred. The fixed work is Python's own (JSON, regular expressions, SQLite), done
in the same run, so that another Python or processor moves both. A round more expensive than its
bound was made so by a change: find out which, or raise the bound with a reason. One that has become
much cheaper is told, so that the bound follows.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from endtoend import STATES
from endtoend_feeds import BEGUN
from endtoend_server import serving
from endtoend_tools import feedtool_config
from fetching import Row

SOURCES, ENTRIES = 5, 20
BOUNDS = {
    "new": 2.55,
    "same bytes": 1.1,
    "304": 1.08,
    "touched": 1.13,
    "plus one": 1.8,
    "nothing due": 0.54,
}
"""Times the fixed work, 15 to 20 in a hundred above what was measured."""

_DAY = 86_400
_WORK = """
import json, re, sqlite3
words = re.compile(r"(\\w+)-(\\d+)")
base = sqlite3.connect(":memory:")
base.execute("CREATE TABLE t (k TEXT PRIMARY KEY, v TEXT)")
for number in range(6000):
    told = json.dumps({"name": f"one-{number}", "numbers": list(range(20))})
    found = words.search(json.loads(told)["name"])
    base.execute("INSERT INTO t VALUES (?, ?)", (found[2], told))
"""


def counted(command: Sequence[str | Path], moment: int = 0) -> int:
    """Return how many instructions a command takes, its libraries' included, at this moment."""
    tool = ("--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null")
    run = _run(["valgrind", *tool, *command], moment)
    found = re.search(r"I\s+refs:\s+([\d,]+)", run.stderr)
    if not found:
        raise RuntimeError(f"valgrind counts nothing: {run.stderr[-500:]}")
    return int(found[1].replace(",", ""))


def _run(command: Sequence[str | Path], moment: int) -> subprocess.CompletedProcess[str]:
    environment = {
        "HOME": str(Path.home()),
        "LANG": "C.UTF-8",
        "PATH": os.environ["PATH"],
        "PYTHONHASHSEED": "0",
        "SOURCE_DATE_EPOCH": str(moment),
    }
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True)


def measured(folder: Path) -> Iterator[tuple[str, int]]:
    """Yield each round, and how many instructions it took."""
    with serving(SOURCES, ENTRIES) as server:
        urls, moment = server.urls(SOURCES), int(BEGUN.timestamp())
        with TemporaryDirectory() as other:
            # What is compiled once, templates too, is so before anything is counted.
            server.begin(next(iter(STATES.values())))
            _run(_command(Path(other), urls), moment)
        command = _command(folder, urls)
        for name, state in STATES.items():
            server.begin(state)
            moment += _DAY
            yield name, counted(command, moment)
        yield "nothing due", counted(command, moment)


def _command(folder: Path, urls: Sequence[str]) -> list[str | Path]:
    config = feedtool_config(folder, urls)
    return [sys.executable, "-m", "feedtool", "run", "--config", config]


def main() -> int:
    """Measure, print, and return the exit code."""
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--gate", action="store_true", help="1 where a bound is passed")
    options.add_argument("--json", action="store_true", help="print JSON")
    chosen = options.parse_args()
    if shutil.which("valgrind") is None:
        print("valgrind isn't here: nothing is counted", file=sys.stderr)
        return int(chosen.gate)
    work = counted([sys.executable, "-c", _WORK])
    rows = []
    with TemporaryDirectory() as folder:
        for name, count in measured(Path(folder)):
            row = Row("instructions", name, count / work, "x the fixed work", None, BOUNDS[name])
            rows.append(row)
            if not chosen.json:
                print(row, flush=True)
            if row.most is not None and row.value < 0.75 * row.most:
                print(f"{name}: much cheaper by now: let its bound follow", file=sys.stderr)
    if chosen.json:
        print(json.dumps({row.name: round(row.value, 3) for row in rows}))
    return int(chosen.gate and any(row.missed for row in rows))


if __name__ == "__main__":
    sys.exit(main())
