"""Telling the owner of alarms, by a command and a webhook: once, the oldest first, and again until
somebody has heard."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from feedtool import program
from feedtool.archive.memory import MemoryArchive
from feedtool.archive.state import State
from feedtool.bell import Bell
from feedtool.config import AlarmsTable, Config
from feedtool.data import replace
from feedtool.errors import FetchError
from feedtool.kept import Alarm
from tests.conftest import NOW, later, make_config
from tests.servers import Servers, Talk, answer

QUIET = Alarm("valley", "quiet", NOW, "nothing new for 12 days")
GONE = Alarm("gazette", "gone", later(hours=1), "answers 410 Gone")
OK, REFUSED = answer(status="204 No Content"), answer(status="500 Oops")
TOLD: dict[str, Any] = {
    "source": "valley",
    "concern": "quiet",
    "since": "2022-05-04T03:02:01Z",
    "over": None,
    "words": "nothing new for 12 days",
    "site": "https://tin.example/",
}
# Notes what it was given, and ends as the file `code` says.
NOTES = """
import json, os, pathlib, sys, time
here = pathlib.Path(sys.argv[1])
told = {name: value for name, value in os.environ.items() if name.startswith(("FEEDTOOL_", "ODD"))}
with (here / "told").open("a") as file:
    file.write(json.dumps([json.loads(sys.stdin.buffer.read()), told]) + "\\n")
(here / "pid").write_text(str(os.getpid()))
code = (here / "code").read_text()
if code == "hang":
    time.sleep(60)
sys.exit(int(code))
"""


@pytest.fixture
def state() -> Iterator[State]:
    """A memory of sources."""
    with MemoryArchive() as archive:
        yield archive.state


def _raise(state: State, *alarms: Alarm) -> None:
    state.remember({}, {"valley": state.standing("valley")}, alarms=alarms)


class Listener:
    """A program that listens: what it was told, and how it ends."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ends("0")
        (folder / "notes.py").write_text(NOTES)
        command = (sys.executable, "-I", str(folder / "notes.py"), str(folder))
        self.config = make_config(folder, alarms=AlarmsTable(command=command))

    def ends(self, code: str) -> None:
        """From now on, it ends like this."""
        (self.folder / "code").write_text(code)

    @property
    def heard(self) -> list[tuple[dict[str, Any], dict[str, str]]]:
        """What it was given, and its environment."""
        path = self.folder / "told"
        lines = path.read_text().splitlines() if path.exists() else []
        return [tuple(json.loads(line)) for line in lines]

    @property
    def order(self) -> list[str]:
        """The sources that it was told of."""
        return [told["source"] for told, _ in self.heard]


@pytest.fixture
def listener(tmp_path: Path) -> Listener:
    """A program that listens."""
    return Listener(tmp_path)


class Receiver:
    """A webhook that gives these answers in turn, the last one again and again."""

    def __init__(self, servers: Servers, *answers: bytes) -> None:
        self.answers = list(answers)
        self.heard: list[dict[str, Any]] = []
        self.server = servers.add(self)
        self.url = self.server.url()

    async def __call__(self, talk: Talk) -> None:
        """One connection."""
        head = (await talk.request()).decode().lower()
        assert head.startswith("post ")
        assert "content-type: application/json" in head
        length = int(head.partition("content-length: ")[2].partition("\r\n")[0])
        self.heard.append(json.loads(await talk.reader.readexactly(length)))
        await talk.send(self.answers.pop(0) if len(self.answers) > 1 else self.answers[0])

    def config(self, **fields: Any) -> Config:
        """A configuration that names it."""
        given = {"webhook": self.url, "webhook_allow_private": True, **fields}
        return make_config(Path("/"), alarms=AlarmsTable(**given))


@pytest.fixture
def servers() -> Iterator[Servers]:
    """Any number of servers on loopback."""
    with Servers() as running:
        yield running


def test_a_command_is_told_in_two_ways(state: State, listener: Listener) -> None:
    """One object on its standard input, and variables in its environment, which is what it was
    given else."""
    _raise(state, QUIET)
    with closing(Bell(listener.config, state, environ={"ODD": "1"})) as bell:
        assert bell.ring(NOW) == []
        assert bell.wait(30, NOW) == []
        _raise(state, replace(QUIET, over=later(hours=2)))
        assert bell.wait(30, NOW) == []
    over = {"over": "2022-05-04T05:02:01Z"}
    variables = {
        "FEEDTOOL_SOURCE": "valley",
        "FEEDTOOL_CONCERN": "quiet",
        "FEEDTOOL_WORDS": "nothing new for 12 days",
        "FEEDTOOL_SINCE": "2022-05-04T03:02:01Z",
        "FEEDTOOL_OVER": "",
        "ODD": "1",
    }
    assert listener.heard == [
        (TOLD, variables),
        (TOLD | over, variables | {"FEEDTOOL_OVER": over["over"]}),
    ]
    assert state.untold() == []


def test_a_webhook_is_told_the_same(state: State, servers: Servers) -> None:
    """As JSON, by POST."""
    receiver = Receiver(servers, OK)
    _raise(state, QUIET)
    with closing(Bell(receiver.config(), state)) as bell:
        assert bell.wait(30, NOW) == []
    assert receiver.heard == [TOLD]
    assert state.untold() == []


def test_the_oldest_is_told_first_and_each_once(state: State, listener: Listener) -> None:
    """Whatever happens meanwhile; another process tells none of them again."""
    alarms = [replace(QUIET, source=f"s{number}") for number in range(5)]
    _raise(state, *alarms)
    with closing(Bell(listener.config, state)) as bell:
        bell.wait(60, NOW)
        bell.wait(60, NOW)
    with closing(Bell(listener.config, state)) as bell:
        bell.wait(60, NOW)
    assert listener.order == ["s0", "s1", "s2", "s3", "s4"]


def test_what_was_over_before_anybody_heard_is_told_once(state: State, listener: Listener) -> None:
    """When it began and ended, in one."""
    _raise(state, QUIET)
    _raise(state, replace(QUIET, over=later(hours=2)))
    with closing(Bell(listener.config, state)) as bell:
        bell.wait(30, NOW)
    [(told, _)] = listener.heard
    assert (told["since"], told["over"]) == ("2022-05-04T03:02:01Z", "2022-05-04T05:02:01Z")


def test_an_end_while_the_beginning_is_told_is_told_after_it(
    state: State, listener: Listener
) -> None:
    """What is noted as told is what was told."""
    _raise(state, QUIET)
    with closing(Bell(listener.config, state)) as bell:
        bell.ring(NOW)
        _raise(state, replace(QUIET, over=later(hours=2)))
        bell.wait(30, NOW)
    assert [told["over"] for told, _ in listener.heard] == [None, "2022-05-04T05:02:01Z"]


def test_a_failure_is_told_and_tried_again(state: State, listener: Listener) -> None:
    """After a minute, then twice as long each time up to an hour, for a day; then it counts as
    told, for it is news no longer."""
    _raise(state, QUIET)
    listener.ends("3")
    waits, now, last = [], NOW, NOW
    with closing(Bell(listener.config, state)) as bell:
        while state.untold():
            troubles = bell.wait(30, now)
            if troubles:
                assert [str(error) for error in troubles] == [f"{sys.executable}: ends with 3"]
                waits.append((now - last) / timedelta(minutes=1))
                last = now
            now += timedelta(minutes=1)
    assert waits[:9] == [0, 1, 2, 4, 8, 16, 32, 60, 60]
    assert timedelta(hours=24) <= last - NOW <= timedelta(hours=25)
    assert len(listener.heard) == len(waits)


def test_after_a_failure_all_goes_on_where_it_was(state: State, listener: Listener) -> None:
    """While a hook fails nothing else is tried by it; once it works, the order is as it was."""
    _raise(state, QUIET, GONE)
    listener.ends("1")
    with closing(Bell(listener.config, state)) as bell:
        assert len(bell.wait(30, NOW)) == 1
        assert bell.wait(30, later(seconds=59)) == []
        listener.ends("0")
        assert bell.wait(30, later(seconds=60)) == []
    assert listener.order == ["valley", "valley", "gazette"]


def test_an_alarm_that_fails_often_lets_others_go_first(state: State, listener: Listener) -> None:
    """It may be the alarm's own fault that nobody takes it."""
    _raise(state, QUIET, GONE)
    listener.ends("1")
    with closing(Bell(listener.config, state)) as bell:
        for hour in range(5):
            bell.wait(30, later(hours=hour))
        listener.ends("0")
        bell.wait(30, later(hours=6))
    assert listener.order == ["valley"] * 5 + ["gazette", "valley"]


def test_a_clock_that_was_put_back_silences_nobody(state: State, listener: Listener) -> None:
    """What would be tried in years is tried now."""
    _raise(state, QUIET)
    listener.ends("1")
    with closing(Bell(listener.config, state)) as bell:
        assert len(bell.wait(30, later(days=900))) == 1
        listener.ends("0")
        bell.wait(30, NOW)
    assert len(listener.heard) == 2
    assert state.untold() == []


def test_a_command_that_hangs_is_killed(
    state: State, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its group, after half a minute; nobody waits for that."""
    monkeypatch.setattr(program, "SECONDS", 3.0)
    _raise(state, QUIET)
    listener.ends("hang")
    with closing(Bell(listener.config, state)) as bell:
        assert bell.ring(NOW) == []
        assert bell.ring(NOW) == []
        [error] = bell.wait(30, NOW)
    assert str(error) == f"{sys.executable}: takes over 3 s, and was ended"
    with pytest.raises(ProcessLookupError):
        os.kill(int((listener.folder / "pid").read_text()), 0)
    assert state.untold() != []


def test_closing_waits_for_nobody(state: State, listener: Listener) -> None:
    """What still runs is killed, and is told again another time."""
    _raise(state, QUIET)
    listener.ends("hang")
    before = set(threading.enumerate())
    bell = Bell(listener.config, state)
    bell.ring(NOW)
    while not (listener.folder / "pid").exists():
        time.sleep(0.01)
    bell.close()
    bell.close()
    assert set(threading.enumerate()) == before
    bell = Bell(listener.config, state)
    bell.ring(NOW)
    bell.close()  # also what is only about to run
    assert set(threading.enumerate()) == before
    assert [number for number, _ in state.untold()] == [1]
    Bell(listener.config, state).close()


def test_killing_what_has_ended_is_nothing(
    listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A group that ended a moment ago is none any more."""

    def gone(*_: object) -> None:
        raise ProcessLookupError

    runner = program.Program(("sleep", "30"), {})
    runner.start(b"", {})
    while runner._process is None:
        time.sleep(0.01)
    with monkeypatch.context() as patch:
        patch.setattr(os, "killpg", gone)
        program._kill(runner._process)
    os.killpg(runner._process.pid, signal.SIGTERM)
    found = runner.take(30)
    assert found is not None
    assert str(found[0]) == "sleep: is ended by signal 15"
    runner.close()


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (("/nowhere/at/all", "--token=abc"), "/nowhere/at/all: can't be run: No such file"),
        (("echo", "\0"), "echo: can't be run: embedded null byte"),
    ],
)
def test_a_command_that_cannot_be_run_is_told(
    state: State, tmp_path: Path, command: tuple[str, ...], why: str
) -> None:
    """Without its arguments, which may hold secrets; it is tried again."""
    _raise(state, QUIET)
    config = make_config(tmp_path, alarms=AlarmsTable(command=command))
    with closing(Bell(config, state)) as bell:
        [error] = bell.wait(30, NOW)
    assert str(error).startswith(why)
    assert "abc" not in str(error)
    assert len(state.untold()) == 1


def test_a_command_need_not_read(state: State, tmp_path: Path) -> None:
    """It is found by the usual path where the environment names none."""
    _raise(state, replace(QUIET, words="long " * 50_000))
    config = make_config(tmp_path, alarms=AlarmsTable(command=("true",)))
    short = replace(QUIET, source="other", words="a\0b\nc")
    with closing(Bell(config, state)) as bell:
        [error] = bell.wait(30, NOW)
        assert "Argument list too long" in str(error)
        _raise(state, short)
        bell.wait(30, later(minutes=2))
    assert len(state.untold()) == 2


def test_a_webhook_that_refuses_is_told_of_without_its_secrets(
    state: State, servers: Servers
) -> None:
    """Neither its path nor a password stands in the message; what it asks to wait is obeyed."""
    refusal = answer(b"", "Retry-After: 300", status="503 Busy")
    receiver = Receiver(servers, refusal, OK)
    secret = receiver.server.url(path="/services/T0/sesame?token=sesame")
    _raise(state, QUIET, replace(QUIET, over=later(hours=1)))
    with closing(Bell(receiver.config(webhook=secret), state)) as bell:
        [error] = bell.wait(30, NOW)
        assert isinstance(error, FetchError)
        shown = f"http://127.0.0.1:{receiver.server.port}/…"
        said = "can't be told of valley (quiet, which is over): it answers 503 Busy"
        assert str(error) == f"{shown}: {said}"
        assert bell.wait(30, later(minutes=4)) == []
        assert len(receiver.heard) == 1
        bell.wait(30, later(minutes=5))
    assert len(receiver.heard) == 2
    assert state.untold() == []


def test_a_webhook_is_on_the_internet(state: State, servers: Servers) -> None:
    """Unless its owner says that it may be elsewhere."""
    receiver = Receiver(servers, OK)
    _raise(state, QUIET)
    with closing(Bell(receiver.config(webhook_allow_private=False), state)) as bell:
        [error] = bell.wait(30, NOW)
    assert "is no public address; alarms.webhook_allow_private = true lets it" in str(error)
    assert receiver.heard == []


def test_one_that_fails_holds_up_no_other(
    state: State, servers: Servers, listener: Listener
) -> None:
    """The command goes on while the webhook refuses; an alarm counts as told once both have heard,
    and neither is told again of what it has heard."""
    receiver = Receiver(servers, REFUSED, REFUSED, OK)
    config = receiver.config(command=listener.config.alarms.command)
    _raise(state, QUIET, GONE)
    with closing(Bell(config, state)) as bell:
        assert len(bell.wait(30, NOW)) == 1
        assert listener.order == ["valley", "gazette"]
        assert len(state.untold()) == 2
        assert len(bell.wait(30, later(minutes=1))) == 1
        assert bell.wait(30, later(minutes=4)) == []
    assert listener.order == ["valley", "gazette"]
    assert [told["source"] for told in receiver.heard] == ["valley", "valley", "valley", "gazette"]
    assert state.untold() == []


def test_without_a_hook_nothing_is_owed(state: State, listener: Listener, tmp_path: Path) -> None:
    """A hook that is added later is told of what comes then."""
    _raise(state, QUIET)
    bell = Bell(make_config(tmp_path), state)
    assert bell.ring(NOW) == bell.wait(30, NOW) == []
    bell.close()
    assert state.untold() == []
    _raise(state, GONE)
    with closing(Bell(listener.config, state)) as bell:
        bell.wait(30, NOW)
    assert listener.order == ["gazette"]


def test_waiting_has_an_end(state: State, listener: Listener) -> None:
    """What takes longer goes on; nothing is waited for where nothing is to be told."""
    listener.ends("hang")
    with closing(Bell(listener.config, state)) as bell:
        assert bell.wait(30, NOW) == []
        _raise(state, QUIET)
        assert bell.wait(0.01, NOW) == []
        assert bell.wait(0, NOW) == []
    assert [alarm for _, alarm in state.untold()] == [QUIET]
