"""The daemon as a service of systemd: what it tells, and the unit that starts it."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from feedtool.cli import service
from feedtool.cli.service import Service
from tests.conftest import ROOT

UNIT = ROOT / "config/feedtool.service"
PID = str(os.getpid())

unix = pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="has no such sockets")
systemd = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="has no systemd")


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """The socket of a service manager, at the path `notify`."""
    monkeypatch.chdir(tmp_path)  # such paths must be short
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind("notify")
        listening.setblocking(False)
        yield listening


def _told(manager: socket.socket) -> list[str]:
    """The messages that came."""
    found: list[str] = []
    while True:
        try:
            found.append(manager.recv(4096).decode())
        except BlockingIOError:
            return found


@unix
def test_each_message_is_as_systemd_reads_it(manager: socket.socket, tmp_path: Path) -> None:
    """sd_notify(3): assignments, one a line; the words of a status are one line."""
    ours = Service({"NOTIFY_SOCKET": str(tmp_path / "notify")})
    ours.ready("3 sources")
    ours.status("reading\nlàng \x07báo")
    ours.reloading(1234567)
    ours.ready("4 sources")
    ours.stopping()
    assert _told(manager) == [
        "READY=1\nSTATUS=3 sources",
        "STATUS=reading làng báo",
        "RELOADING=1\nMONOTONIC_USEC=1234567",
        "READY=1\nSTATUS=4 sources",
        "STOPPING=1",
    ]


@pytest.mark.skipif(sys.platform != "linux", reason="has no abstract sockets")
def test_a_name_in_no_folder_is_told_too() -> None:
    """Where the address begins with "@", it is one of the abstract names of Linux."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(f"\0feedtool-test-{PID}")
        listening.setblocking(False)
        Service({"NOTIFY_SOCKET": f"@feedtool-test-{PID}"}).ready("here")
        assert _told(listening) == ["READY=1\nSTATUS=here"]


@unix
def test_signs_of_life_are_given_each_half_of_the_time(
    manager: socket.socket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often they are offered, so that a restart is due to a hang alone."""
    now = [1000.0]
    monkeypatch.setattr(service.time, "monotonic", lambda: now[0])
    told = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "10000000"}
    ours = Service({**told, "WATCHDOG_PID": PID})
    given = []
    for now[0] in (1000.0, 1000.0, 1004.9, 1005.0, 1006.0, 1012.0):
        ours.alive()
        given += [now[0] for _ in _told(manager)]
    assert given == [1000.0, 1005.0, 1012.0]
    Service(told).alive()  # for whom isn't said: for us
    assert _told(manager) == ["WATCHDOG=1"]


@unix
@pytest.mark.parametrize(
    ("usec", "pid"),
    [
        ("10000000", str(os.getpid() + 1)),
        ("", PID),
        ("0", PID),
        ("-5", PID),
        ("٣", PID),
        ("9" * 5000, PID),
    ],
)
def test_nobody_waits_for_signs_of_life(
    manager: socket.socket, tmp_path: Path, usec: str, pid: str
) -> None:
    """None is given where they are another's to give, or the time between them is none."""
    environ = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_PID": pid}
    Service({**environ, "WATCHDOG_USEC": usec}).alive()
    assert _told(manager) == []


@unix
@pytest.mark.parametrize("address", ["", "notify", "vsock:2:1", "/nowhere/notify", "/" + 200 * "x"])
def test_nothing_is_told_where_nobody_listens(manager: socket.socket, address: str) -> None:
    """No address, one of another kind, or one where nobody is: the daemon goes on."""
    for environ in ({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "2"}, {}):
        ours = Service(environ)
        ours.ready("here")
        ours.alive()
        ours.stopping()
    assert _told(manager) == []


@unix
def test_a_manager_that_takes_nothing_holds_up_nobody(
    manager: socket.socket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When its queue is full, what can't be told in time isn't."""
    monkeypatch.setattr(service, "_SHORT", 0.01)
    ours = Service({"NOTIFY_SOCKET": str(tmp_path / "notify")})
    for number in range(40):
        ours.status(str(number))
    told = _told(manager)
    assert told
    assert told == [f"STATUS={number}" for number in range(len(told))]


def _analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", *arguments], capture_output=True, text=True, check=False
    )


@systemd
def test_the_unit_is_one_that_systemd_knows(tmp_path: Path) -> None:
    """`systemd-analyze verify` finds nothing to say."""
    unit = tmp_path / UNIT.name
    written = UNIT.read_text("utf-8")
    unit.write_text(re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", written), "utf-8")
    done = _analyze("verify", str(unit))
    assert (done.returncode, done.stderr) == (0, "")


@systemd
def test_the_unit_may_do_little() -> None:
    """`systemd-analyze security` gives it at most 3.0, of 10 for what may do anything."""
    done = _analyze("security", "--offline=true", "--threshold=30", "--no-pager", str(UNIT))
    assert done.returncode == 0, done.stdout[-200:] + done.stderr


def test_the_unit_starts_what_there_is() -> None:
    """It starts the daemon, which says when it is ready and gives signs of life; what nobody but
    its owner can mend isn't tried again."""
    unit = dict(
        line.split("=", 1)
        for line in UNIT.read_text("utf-8").splitlines()
        if "=" in line and not line.startswith("#")
    )
    assert re.fullmatch(r"/\S+/feedtool daemon --config /\S+\.toml", unit["ExecStart"])
    assert (unit["Type"], unit["NotifyAccess"]) == ("notify", "main")
    assert unit["RestartPreventExitStatus"].split() == ["2", "78"]
