"""Who may write: two processes at once, crashes, machines that share no lock, hostile notes."""

from __future__ import annotations

import errno
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from feedtool import lease, sqlite
from feedtool.archive.folder import FolderArchive
from feedtool.errors import ArchiveError, BusyError
from feedtool.lease import Lease
from tests.cli import Feedtool
from tests.conftest import ROOT, make_version

sqlite_lock = sqlite.locked

YEAR = 365 * 86400
# It has more patience with others that are signing: on a busy machine that takes longer than µs.
WRITER = """
import sys
from feedtool import lease, sqlite
from feedtool.archive.folder import FolderArchive
from feedtool.errors import FeedtoolError
lease._PAUSE = 0.05
if sys.argv[2] == "unlocked":
    sqlite.locked = lambda path: None
print("ready", flush=True)
sys.stdin.readline()
try:
    archive = FolderArchive(sys.argv[1], writing=True)
except FeedtoolError as error:
    print(error, flush=True)
    sys.exit(error.exit_code)
print("held", flush=True)
sys.stdin.readline()
archive.close()
"""


class Writer:
    """A process that opens the archive for writing when told, and closes it when told."""

    def __init__(self, folder: Path, how: str = "locked") -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(folder), how],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        assert self.hear() == "ready"

    def hear(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def go(self) -> None:
        assert self.process.stdin
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def end(self) -> int:
        self.process.communicate()
        return self.process.returncode


@contextmanager
def _writers(folder: Path, number: int, how: str = "locked") -> Iterator[list[Writer]]:
    writers: list[Writer] = []
    try:
        writers += (Writer(folder, how) for _ in range(number))
        yield writers
    finally:
        for writer in writers:
            writer.process.kill()
            writer.end()


def _note(folder: Path) -> Path:
    return folder / ".feedtool/lease.json"


def _leave(folder: Path, age: float, **said: object) -> Path:
    """A note in the folder, of another host unless told, whose time is `age` seconds ago."""
    note = _note(folder)
    note.parent.mkdir(parents=True, exist_ok=True)
    about = {"pid": 4711, "host": "knot", "started": "2026-11-24T02:44:09Z", **said}
    note.write_text(json.dumps(about))
    _date(note, age)
    return note


def _date(note: Path, age: float) -> None:
    os.utime(note)
    now = note.stat().st_mtime
    os.utime(note, (now - age, now - age))


def _dead() -> int:
    """The number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def _here() -> str:
    return lease._host()


@pytest.fixture
def unlocked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system without locks."""
    monkeypatch.setattr(sqlite, "locked", lambda _: None)


@pytest.fixture
def unshared(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system that gives its lock to whoever asks, as to another machine."""
    taken = iter(range(9))
    monkeypatch.setattr(
        sqlite, "locked", lambda path: sqlite_lock(path.with_name(f"of-{next(taken)}"))
    )


def _pairs(folder: Path, pairs: int, how: str, age: float | None) -> None:
    for number in range(pairs):
        if age is not None:
            _leave(folder, age)
        with _writers(folder, 2, how) as writers:
            for writer in writers if number % 2 else reversed(writers):
                writer.go()
            said = {writer.process.pid: writer.hear() for writer in writers}
            assert sorted(said.values())[-1] == "held", said
            [won] = [writer for writer in writers if said[writer.process.pid] == "held"]
            [lost] = [writer for writer in writers if writer is not won]
            assert f": process {won.process.pid} on host {_here()}" in said[lost.process.pid]
            assert lost.end() == 75
            won.go()
            assert won.end() == 0
        assert not _note(folder).exists()


@pytest.mark.parametrize(("how", "age"), [("locked", None), ("unlocked", None), ("unlocked", 90)])
def test_of_two_that_start_together_one_writes(tmp_path: Path, how: str, age: float | None) -> None:
    """One of two wins, the other ends with 75 and names it, with and without the system's locks,
    in a new folder and where both take over from a third."""
    _pairs(tmp_path, 4, how, age)


@pytest.mark.soak
@pytest.mark.parametrize(("how", "age"), [("locked", None), ("unlocked", None), ("unlocked", 90)])
def test_of_two_that_start_together_one_writes_fifty_times(
    tmp_path: Path, how: str, age: float | None
) -> None:
    """It is so each of fifty times."""
    _pairs(tmp_path, 50, how, age)


@pytest.mark.parametrize("how", ["locked", "unlocked"])
def test_after_a_crash_the_next_takes_over_at_once(tmp_path: Path, how: str) -> None:
    """A process that was killed holds nobody up, though its note is still warm."""
    with _writers(tmp_path, 2, how) as (killed, second):
        killed.go()
        assert killed.hear() == "held"
        killed.process.send_signal(signal.SIGKILL)
        assert killed.end() == -signal.SIGKILL
        assert json.loads(_note(tmp_path).read_bytes())["pid"] == killed.process.pid
        second.go()
        assert second.hear() == "held"
        assert json.loads(_note(tmp_path).read_bytes())["pid"] == second.process.pid


def test_the_command_says_who_writes(feedtool: Feedtool, inbox: Path) -> None:
    """`feedtool run` beside another ends with 75 and names process, host, start and last sign of
    life; list and show look on."""
    feedtool("run")
    archive = inbox.parent / "archive"
    with _writers(archive, 1) as [other]:
        other.go()
        assert other.hear() == "held"
        _date(_note(archive), 3)
        busy = feedtool("run")
        assert busy.code == 75
        said = re.search(
            rf"another feedtool is writing here: process {other.process.pid} on host "
            rf"{re.escape(_here())}, since (\d{{4}}-\d\d-\d\d \d\d:\d\d) UTC, "
            r"last heard of \d+ s ago; wait until it is done, or stop it",
            busy.err,
        )
        assert said, busy.err
        [found] = feedtool("list", "--json", "--limit", "1").json
        assert feedtool("show", found["_feedtool"]["key"]).code == 0


def test_who_reads_takes_no_lease(
    tmp_path: Path, folder_archive: FolderArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An archive that is open for reading never asks for the right to write."""
    monkeypatch.setattr(Lease, "acquire", lambda _: pytest.fail("a reader took the lease"))
    with FolderArchive(folder_archive.path) as reader:
        assert list(reader.newest()) == []
    assert _note(folder_archive.path).exists()  # nor gave back the writer's


def test_the_note_is_there_while_the_lease_is_held(tmp_path: Path) -> None:
    """It tells process, host and start, to the owner alone, and goes with the lease."""
    with Lease(tmp_path) as held:
        note = json.loads(_note(tmp_path).read_bytes())
        assert (note["pid"], note["host"]) == (os.getpid(), _here())
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", note["started"])
        assert _note(tmp_path).stat().st_mode & 0o077 == 0
        assert held.held()
        held.assert_held()
    assert not held.held()
    assert sorted(path.name for path in (tmp_path / ".feedtool").iterdir()) == ["lease"]
    held.release()


def test_the_note_is_touched_while_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A long round gives signs of life; they end with the lease, and with its process."""
    monkeypatch.setattr(lease, "BEAT", 0.01)
    with Lease(tmp_path):
        before = _note(tmp_path).read_bytes()
        for _ in range(2):
            _date(_note(tmp_path), YEAR)
            _until(lambda: _note(tmp_path).stat().st_mtime > time.time() - 3600)
        assert _note(tmp_path).read_bytes() == before
        [heart] = _hearts()
        assert heart.daemon
    assert _hearts() == []


def _hearts() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "feedtool-lease"]


def _until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if true():
            return
        time.sleep(0.01)
    pytest.fail("it never came true")


def test_a_release_does_not_wait_for_the_next_beat(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Letting go of a lease wakes the thread that beats."""
    monkeypatch.setattr(lease, "BEAT", 300.0)
    before = time.monotonic()
    with Lease(tmp_path):
        pass
    assert time.monotonic() - before < 200
    assert _hearts() == []


def test_a_disk_that_refuses_the_beat_is_no_noise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the note can't be touched or opened, the thread goes on quietly, and so does a
    release; a read-only disk takes the lease from nobody."""
    monkeypatch.setattr(lease, "BEAT", 0.01)
    with Lease(tmp_path) as held:
        for code in (errno.EROFS, errno.EIO):
            tried = []

            def refuse(*_: object, code: int = code, tried: list[int] = tried) -> int:
                tried.append(code)
                raise OSError(code, os.strerror(code))

            with monkeypatch.context() as patch:
                patch.setattr(lease.os, "open", refuse)
                _until(lambda tried=tried: len(tried) > 2)
                if code == errno.EROFS:
                    assert held.held()
                else:
                    with pytest.raises(OSError, match="error"):
                        held.held()
        with monkeypatch.context() as patch:
            patch.setattr(lease.os, "write", refuse)
            assert held.held()
        assert len(_hearts()) == 1


def test_a_removed_note_ends_the_lease(
    folder_archive: FolderArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a person or another process removed the note, nothing is written any more."""
    folder_archive.put([make_version()])
    _note(folder_archive.path).unlink()
    with pytest.raises(BusyError, match="lost to another feedtool") as caught:
        folder_archive.put([make_version(folder_archive, title="Two")])
    assert caught.value.exit_code == 75
    assert [version.entry.title for version in folder_archive.newest()] == ["One"]


def test_a_note_that_cannot_be_read_is_an_error_of_the_archive(
    folder_archive: FolderArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that fails is told as that, not as a lost lease."""

    def refuse(_: Lease) -> bool:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(Lease, "held", refuse)
    with pytest.raises(ArchiveError, match="can't be used") as caught:
        folder_archive.put([make_version()])
    assert not isinstance(caught.value, BusyError)


@pytest.mark.usefixtures("unshared")
@pytest.mark.parametrize(
    ("age", "said", "busy"),
    [
        (0, {}, True),
        (500, {}, True),
        (900, {}, False),
        (YEAR, {}, False),
        (-500, {}, True),
        (-YEAR, {}, False),  # dated before the clock was put back
        (0, {"host": None}, True),
        (900, {"host": None}, False),
        (0, {"host": ""}, True),
    ],
)
def test_a_lock_that_is_not_shared_leaves_it_to_the_note(
    tmp_path: Path,
    age: float,
    said: dict[str, object],
    busy: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A note of another host counts for a minute (here: ten) after its last sign of life, by the
    file system's clock, though the system gave its lock."""
    assert lease.SILENCE == 60
    monkeypatch.setattr(lease, "SILENCE", 600.0)  # a slow machine takes seconds from here on
    note = _leave(tmp_path, age, **said)
    before = note.read_bytes()
    if busy:
        with pytest.raises(BusyError, match="another feedtool is writing here"):
            Lease(tmp_path).acquire()
        assert note.read_bytes() == before
    else:
        with Lease(tmp_path):
            assert json.loads(note.read_bytes())["pid"] == os.getpid()
        assert not note.exists()
    assert not list((tmp_path / ".feedtool").glob("*.tmp"))


def test_the_message_names_the_other_host(tmp_path: Path, unshared: None) -> None:
    """Who holds it on another machine is told as it is on this one."""
    _leave(tmp_path, 3)
    with pytest.raises(BusyError) as caught:
        Lease(tmp_path).acquire()
    said = re.search(
        "another feedtool is writing here: process 4711 on host knot, since 2026-11-24 02:44 UTC, "
        r"last heard of (\d+) s ago; wait until it is done, or stop it$",
        str(caught.value),
    )
    assert said, caught.value
    assert 3 <= int(said[1]) < 60


@pytest.mark.parametrize("jump", [-YEAR, YEAR])
def test_a_clock_of_this_process_that_jumps_decides_nothing(
    tmp_path: Path, unshared: None, monkeypatch: pytest.MonkeyPatch, jump: int
) -> None:
    """A machine whose clock is a year off takes a warm note as warm and a cold one as cold."""
    true = time.time
    monkeypatch.setattr(time, "time", lambda: true() + jump)
    _leave(tmp_path, 3)
    with pytest.raises(BusyError):
        Lease(tmp_path).acquire()
    _leave(tmp_path, 90)
    with Lease(tmp_path) as held:
        assert held.held()


@pytest.mark.parametrize(("age", "dead", "busy"), [(0, False, True), (90, False, False)])
@pytest.mark.usefixtures("unlocked")
def test_without_locks_a_process_of_this_machine_is_asked_for(
    tmp_path: Path, age: float, dead: bool, busy: bool
) -> None:
    """Here a warm note of a process that runs counts; of a number that was given anew, it doesn't."""
    _leave(tmp_path, age, host=_here(), pid=os.getppid())
    if busy:
        with pytest.raises(BusyError, match=f"process {os.getppid()} "):
            Lease(tmp_path).acquire()
    else:
        Lease(tmp_path).acquire()


def _kill_refused(*_: object) -> None:
    raise PermissionError


def test_without_locks_a_process_that_ended_is_taken_over(
    tmp_path: Path, unlocked: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A dead owner's note counts for nothing, another user's process for one that runs, and where
    it can't be asked, the note's age decides."""
    dead = _dead()
    _leave(tmp_path, 0, host=_here(), pid=dead)
    with Lease(tmp_path):
        pass
    with monkeypatch.context() as patch:
        patch.setattr(lease.os, "kill", _kill_refused)
        _leave(tmp_path, 0, host=_here(), pid=dead)
        with pytest.raises(BusyError):
            Lease(tmp_path).acquire()
    _leave(tmp_path, 0, host=_here(), pid="?")
    with pytest.raises(BusyError):
        Lease(tmp_path).acquire()


def test_with_locks_a_note_of_this_machine_decides_nothing(tmp_path: Path) -> None:
    """The system knows best: what a crash left here is taken over, whoever has its number now."""
    _leave(tmp_path, 0, host=_here(), pid=os.getppid())
    with Lease(tmp_path) as held:
        assert held.held()


def test_a_folder_that_cannot_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the lock's file can't be made, the error is the system's, about that file."""

    def refuse(path: Path) -> None:
        raise OSError(errno.EROFS, "Read-only file system", str(path))

    monkeypatch.setattr(sqlite, "locked", refuse)
    with pytest.raises(ArchiveError, match="Read-only"):
        FolderArchive(tmp_path, writing=True)


@pytest.mark.usefixtures("unlocked")
def test_who_slept_too_long_notices(tmp_path: Path) -> None:
    """After a takeover the former owner writes nothing and leaves the new owner's note alone."""
    with FolderArchive(tmp_path, writing=True) as sleeper:
        _date(_note(tmp_path), 90)
        with Lease(tmp_path) as taken:
            with pytest.raises(BusyError, match="start again"):
                sleeper.put([make_version()])
            sleeper.close()
            assert taken.held()
    assert not list(tmp_path.glob("2*"))


@pytest.mark.usefixtures("unlocked")
def test_who_wakes_before_anybody_came_goes_on(tmp_path: Path) -> None:
    """Asking whether a lease is held is a sign of life: nobody takes it over after that."""
    with Lease(tmp_path) as sleeper:
        _date(_note(tmp_path), 90)
        sleeper.assert_held()
        with pytest.raises(BusyError):
            Lease(tmp_path).acquire()


@pytest.mark.parametrize("how", ["locked", "unlocked"])
def test_what_a_crash_left_of_a_note_is_no_hindrance(
    tmp_path: Path, how: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A draft of a note that stays is passed over after a second, and taken away."""
    if how == "unlocked":
        request.getfixturevalue("unlocked")
    waited: list[float] = []
    monkeypatch.setattr(lease.time, "sleep", waited.append)
    drafts = _drafts(tmp_path, 2)
    with Lease(tmp_path) as held:
        assert held.held()
        assert not any(draft.exists() for draft in drafts)
    assert sum(waited) == pytest.approx(2)
    _drafts(tmp_path, 9)
    with pytest.raises(BusyError):
        Lease(tmp_path).acquire()


def _drafts(folder: Path, number: int) -> list[Path]:
    (folder / ".feedtool").mkdir(exist_ok=True)
    drafts = [folder / f".feedtool/.lease.{one}.tmp" for one in range(1, number + 1)]
    for draft in drafts:
        draft.write_bytes(b"")
    return drafts


def test_of_many_that_pass_over_a_crash_together_one_writes(tmp_path: Path) -> None:
    """A draft that was left, and a note gone cold, go to one of those who found them at once."""
    _leave(tmp_path, 90)
    _drafts(tmp_path, 1)
    with _writers(tmp_path, 4, "unlocked") as writers:
        for writer in writers:
            writer.go()
        said = [writer.hear() for writer in writers]
        assert said.count("held") == 1, said
        won = writers[said.index("held")]
        assert [writer.end() for writer in writers if writer is not won] == [75, 75, 75]
        won.go()
        assert won.end() == 0
    assert [path.name for path in (tmp_path / ".feedtool").glob("*lease*")] == []


@pytest.mark.usefixtures("unlocked")
def test_who_is_overtaken_while_signing_loses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who finds another's note where its own should be doesn't hold the lease."""
    slow, quick = Lease(tmp_path), Lease(tmp_path)
    replace = Path.replace

    def overtaken(draft: Path, note: Path) -> None:
        monkeypatch.setattr(Path, "replace", replace)
        draft.replace(note)
        note.unlink()
        quick.acquire()

    monkeypatch.setattr(Path, "replace", overtaken)
    with pytest.raises(BusyError, match=f"process {os.getpid()} "):
        slow.acquire()
    assert quick.held()
    assert not slow.held()
    quick.release()


@pytest.mark.usefixtures("unlocked")
@pytest.mark.parametrize("age", [-30, 90])  # ahead of the clock: it is never heard of long ago
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"\x00\xff" * 100,
        b"[" * 4000,
        b"[1]",
        b'{"pid": ' + b"9" * 4000 + b"}",
        b'{"pid": true, "host": ["x"], "started": 7}',
        b'{"pid": -1, "host": "\\u001b[31mred", "started": "0001-01-01T00:00:00+23:00"}',
        b'{"pid": 1e400, "host": "' + b"x" * 300 + b'", "started": "soon"}',
        b" " * 1_000_000,
    ],
)
def test_a_hostile_note_is_an_owner_without_a_name(tmp_path: Path, data: bytes, age: float) -> None:
    """Torn, binary, deep, huge or wrong, it counts for a minute and is never shown."""
    note = _leave(tmp_path, 0)
    note.write_bytes(data)
    _date(note, age)
    if age > 0:
        with Lease(tmp_path) as held:
            assert held.held()
        return
    with pytest.raises(BusyError) as caught:
        Lease(tmp_path).acquire()
    assert "is writing here, last heard of 0 s ago; wait" in str(caught.value)


@pytest.mark.parametrize("name", ["lease.json", ".lease.1.tmp"])
def test_a_link_at_the_note_is_not_followed(tmp_path: Path, name: str) -> None:
    """What a planted link leads to is neither read nor written; the note takes its place."""
    other = tmp_path / "other"
    other.write_text('{"pid": 1, "host": "elsewhere"}')
    folder = tmp_path / "archive"
    (folder / ".feedtool").mkdir(parents=True)
    (folder / ".feedtool" / name).symlink_to(other)
    with Lease(folder) as held:
        assert held.held()
        assert not _note(folder).is_symlink()
        _note(folder).unlink()
        _note(folder).symlink_to(other)
        assert not held.held()
    assert other.read_text() == '{"pid": 1, "host": "elsewhere"}'


def test_a_folder_or_a_pipe_at_the_note_holds_nobody_up(tmp_path: Path) -> None:
    """A folder there is an error that names the archive, a pipe is replaced unread."""
    _note(tmp_path).mkdir(parents=True)
    with pytest.raises(ArchiveError, match="can't be used"):
        FolderArchive(tmp_path, writing=True)
    _note(tmp_path).rmdir()
    os.mkfifo(_note(tmp_path))
    with FolderArchive(tmp_path, writing=True) as archive:
        archive.put([make_version()])


def test_a_lock_is_had_once_until_it_is_closed(tmp_path: Path) -> None:
    """A second one is refused in the same process too; any thread may give it back, and the file
    stays empty and as old as it was."""
    path = tmp_path / "lease"
    first = sqlite_lock(path)
    assert first is not None
    about = path.stat()
    assert list(tmp_path.iterdir()) == [path]
    for _ in range(2):
        with pytest.raises(BlockingIOError):
            sqlite_lock(path)
    thread = threading.Thread(target=first.close)
    thread.start()
    thread.join()
    again = sqlite_lock(path)
    assert again is not None
    again.close()
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (0, about.st_mtime_ns)
    assert list(tmp_path.iterdir()) == [path]


def test_a_lock_that_cannot_be_had_says_why(tmp_path: Path) -> None:
    """What isn't there or isn't ours is an error of the system's; it isn't written to."""
    with pytest.raises(FileNotFoundError):
        sqlite_lock(tmp_path / "missing/lease")
    (tmp_path / "lease").write_bytes(b"something else" * 100)
    with pytest.raises(OSError, match="not a database"):
        sqlite_lock(tmp_path / "lease")
    assert (tmp_path / "lease").read_bytes() == b"something else" * 100


def test_a_file_system_without_locks_gives_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What SQLite says of one leaves it to the note."""

    class Lockless:
        def execute(self, _: str) -> None:
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = sqlite3.SQLITE_IOERR_LOCK
            raise error

        def close(self) -> None:
            pass

    monkeypatch.setattr(sqlite3, "connect", lambda *_, **__: Lockless())
    assert sqlite_lock(tmp_path / "lease") is None
