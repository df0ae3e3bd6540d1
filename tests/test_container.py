"""The container: what it is made of is there, and is the same as what is tested."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

from tests.conftest import ROOT

WRITTEN = (ROOT / "config/Containerfile").read_text("utf-8").replace("\\\n", " ")
STEPS = [line.split(maxsplit=1) for line in WRITTEN.splitlines() if line and line[0] != "#"]


def _pins(lock: str) -> dict[str, str]:
    """The versions that a lock names, by package."""
    return dict(re.findall(r"(?m)^([a-z0-9.-]+)==([^ ]+)", (ROOT / lock).read_text("utf-8")))


def test_what_is_copied_is_there() -> None:
    """Each file and folder that goes into the image is part of the project."""
    copied = [rest.split()[:-1] for step, rest in STEPS if step == "COPY" and "--from" not in rest]
    assert copied
    for path in (path for paths in copied for path in paths):
        assert (ROOT / path).exists(), path


def test_lists_in_the_container_file_are_json() -> None:
    """What isn't would be given to a shell, which takes no signals."""
    commands = {step: json.loads(rest) for step, rest in STEPS if step in ("ENTRYPOINT", "CMD")}
    assert commands == {"ENTRYPOINT": ["feedtool"], "CMD": ["daemon"]}
    (health,) = (rest for step, rest in STEPS if step == "HEALTHCHECK")
    command = json.loads(health.partition(" CMD ")[2])
    assert command[:2] == ["python", "-c"]
    compile(command[2], "HEALTHCHECK", "exec")


def test_the_daemon_is_nobody_in_particular() -> None:
    """In the image that runs, a user without rights is chosen, after what needs some."""
    last = max(number for number, (step, _) in enumerate(STEPS) if step == "FROM")
    steps = [step for step, _ in STEPS[last:]]
    assert "USER" in steps
    assert "RUN" not in steps[steps.index("USER") :]


def test_the_locks_agree() -> None:
    """The image holds the versions that the tests run with, and all that feedtool depends on; each
    is known by its hash."""
    tested, runtime = _pins("requirements.lock"), _pins("config/runtime.lock")
    assert {name: tested.get(name) for name in runtime} == runtime
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    needed = {
        re.split(r"[<>=;]", line)[0].strip().replace(".", "-")
        for line in project["project"]["dependencies"]
    }
    assert needed <= set(runtime)
    built_with = _pins("config/build.lock")
    assert built_with["hatchling"] == tested["hatchling"]
    for lock in ("config/runtime.lock", "config/build.lock"):
        for part in re.split(r"(?m)^(?=[a-z])", Path(ROOT / lock).read_text("utf-8"))[1:]:
            assert "--hash=sha256:" in part
