"""The documentation is true: its blocks run, and it knows every command and key."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from feedtool import config
from feedtool.cli.main import COMMANDS
from feedtool.errors import FeedtoolError
from feedtool.model import Source
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text("utf-8")
DESIGN = (ROOT / "docs/design.md").read_text("utf-8")
LIBRARY = (ROOT / "docs/library.md").read_text("utf-8")
KEYS = (ROOT / "docs/configuration.md").read_text("utf-8")


def _blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.S)


def _commands(block: str) -> list[tuple[str, str]]:
    """The commands of a console block (`$ `, continued by `> `) and what each prints."""
    found: list[tuple[str, str]] = []
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], ""))
        elif (line == ">" or line.startswith("> ")) and not found[-1][1]:
            found[-1] = (f"{found[-1][0]}\n{line[2:]}", "")
        else:
            found[-1] = (found[-1][0], f"{found[-1][1]}{line}\n")
    return found


def _same(printed: str, written: str) -> bool:
    """Equal, where `…` stands for anything."""
    pattern = ".*?".join(re.escape(part) for part in written.split("…"))
    return bool(re.fullmatch(pattern, printed, re.S))


def test_the_readmes_commands_print_what_it_says(tmp_path: Path) -> None:
    """Every console block, run in order in an empty folder, prints what stands below it."""
    binaries = Path(sys.executable).parent
    environment = {
        **os.environ,
        "PATH": f"{binaries}:{os.environ['PATH']}",
        "SOURCE_DATE_EPOCH": "1651840200",
        "LC_ALL": "C.UTF-8",
    }
    environment.pop("FEEDTOOL_CONFIG", None)
    blocks = _blocks("console")
    assert blocks
    folder = tmp_path
    for block in blocks:
        for command, written in _commands(block):
            if command.startswith("cd "):
                folder = folder / command[3:]
                continue
            run = subprocess.run(
                command, shell=True, cwd=folder, env=environment, capture_output=True, text=True
            )
            assert _same(run.stdout + run.stderr, written), f"{command}\n{run.stdout}{run.stderr}"


def test_the_readmes_python_runs(tmp_path: Path) -> None:
    """Every Python block runs where the README's commands have run, in about ten lines; so do the
    examples of docs/library.md."""
    test_the_readmes_commands_print_what_it_says(tmp_path)
    blocks = _blocks("python")
    assert all(len(block.strip().splitlines()) <= 12 for block in blocks)
    examples = re.findall(r"```python\n(.*?)```", LIBRARY, re.S)
    assert blocks
    assert examples
    for block in (*blocks, *examples):
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        run = subprocess.run(
            [sys.executable, "-c", block],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert run.returncode == 0, run.stderr


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_is_in_the_readme(command: object) -> None:
    """The README's table of commands has each, with what it does."""
    name, does = command.name, command.does  # type: ignore[attr-defined]
    assert re.search(rf"^\| `feedtool {name}[^`]*` \| {re.escape(does)}", README, re.M), name


def test_every_key_is_documented() -> None:
    """docs/configuration.md has a row for each key of each table, and no other."""
    tables = {
        "site": config.Site,
        "archive": config.ArchiveTable,
        "publish": config.PublishTable,
        "http": config.Http,
        "alarms": config.AlarmsTable,
        "daemon": config.DaemonTable,
        "feed": config.FeedTable,
        "source": Source,
    }
    known = {(table, name) for table, kind in tables.items() for name in kind.__struct_fields__}
    written = set()
    table = ""
    for line in KEYS.splitlines():
        heading = re.match(r"## .*\[+(\w+)\]+", line)
        if heading:
            table = heading[1]
        row = re.match(r"\| `(\w+)` \|", line)
        if row:
            written.add((table, row[1]))
    assert written == known


def test_the_complete_configuration_is_complete() -> None:
    """config/feedtool.toml shows every key that there is."""
    written = (ROOT / "config/feedtool.toml").read_text("utf-8")
    for kind in (
        config.Site,
        config.ArchiveTable,
        config.PublishTable,
        config.Http,
        config.AlarmsTable,
        config.DaemonTable,
        config.FeedTable,
        Source,
    ):
        for name in kind.__struct_fields__:
            assert re.search(rf"^(# )?{name} = ", written, re.M), name


def test_every_exit_code_is_documented() -> None:
    """The README says what each exit code of an error means."""
    kinds = [FeedtoolError]
    for kind in kinds:
        kinds.extend(kind.__subclasses__())
    for code in {kind.exit_code for kind in kinds} | {0, 130}:
        assert re.search(rf"^\| {code} \| ", README, re.M), code


def test_links_lead_somewhere() -> None:
    """Every relative link in the documentation is to a file that is there."""
    for path in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", path.read_text("utf-8")):
            assert (path.parent / target).exists(), f"{path.name}: {target}"
