"""Watching sources on disk: what is told, what isn't, and what happens where nothing can be had."""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Empty, SimpleQueue

import pytest

from feedtool.fetch import watch
from feedtool.fetch.watch import Watcher

PATIENCE = 20.0  # seconds, on a machine that has much else to do


class Ear:
    """Hears what is told."""

    def __init__(self) -> None:
        self.names: SimpleQueue[str] = SimpleQueue()
        self.errors: SimpleQueue[OSError] = SimpleQueue()

    def hear(self, *names: str) -> None:
        """Wait until each of these was told."""
        wanted = set(names)
        while wanted:
            wanted.discard(self.names.get(timeout=PATIENCE))

    def forget(self) -> None:
        """What was told until things are quiet."""
        while True:
            try:
                self.names.get(timeout=1.0)
            except Empty:
                return

    def heard(self) -> set[str]:
        """What was told and not yet waited for."""
        found: set[str] = set()
        while not self.names.empty():
            found.add(self.names.get())
        return found


Watching = Callable[..., Ear]


@pytest.fixture
def watching(monkeypatch: pytest.MonkeyPatch) -> Iterator[Watching]:
    """Watch paths, by name, until the test is over; a bit more hastily than usual."""
    monkeypatch.setattr(watch, "_ANEW", 0.3)
    monkeypatch.setattr(watch, "_STEP", 50)
    monkeypatch.setattr(watch, "_LOOK", 0.1)
    running: list[Watcher] = []

    def start(**paths: Path) -> Ear:
        ear = Ear()
        running.append(Watcher(paths, ear.names.put, ear.errors.put))
        running[-1].start()
        return ear

    yield start
    for watcher in running:
        watcher.close()


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    """A folder."""
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


def test_a_dropped_file_is_told(watching: Watching, inbox: Path) -> None:
    """So are one that is written anew, renamed, and taken away."""
    ear = watching(valley=inbox)
    ear.hear("valley")
    for change in (
        lambda: (inbox / "a.txt").write_text("Một"),
        lambda: (inbox / "a.txt").write_text("Một, hai"),
        lambda: (inbox / "a.txt").rename(inbox / "b.txt"),
        (inbox / "b.txt").unlink,
    ):
        ear.forget()
        change()
        ear.hear("valley")


def test_new_folders_are_watched_too(watching: Watching, inbox: Path) -> None:
    """A file in a folder that was made while we watch is told."""
    ear = watching(valley=inbox)
    ear.hear("valley")
    (inbox / "2022/05").mkdir(parents=True)
    ear.hear("valley")
    ear.forget()
    (inbox / "2022/05/a.txt").write_text("Một")
    ear.hear("valley")


def test_each_change_is_told_of_its_own_source(watching: Watching, tmp_path: Path) -> None:
    """One of two folders whose names begin alike, and both where one lies in the other."""
    for name in ("in", "in/side", "inner"):
        (tmp_path / name).mkdir()
    ear = watching(a=tmp_path / "in", b=tmp_path / "in/side", c=tmp_path / "inner")
    ear.hear("a", "b", "c")
    ear.forget()
    (tmp_path / "inner/x.txt").write_text("x")
    ear.hear("c")
    assert ear.heard() <= {"c"}
    (tmp_path / "in/side/x.txt").write_text("x")
    ear.hear("a", "b")


def test_what_is_no_article_is_not_told(watching: Watching, tmp_path: Path) -> None:
    """Hidden and unfinished files, and pictures, may change as they like."""
    for name in ("quiet", "loud"):
        (tmp_path / name).mkdir()
    ear = watching(quiet=tmp_path / "quiet", loud=tmp_path / "loud")
    ear.hear("quiet", "loud")
    ear.forget()
    for name in (".a.txt", "a.txt.part", "a.jpg"):
        (tmp_path / "quiet" / name).write_text("x")
    (tmp_path / "loud/a.txt").write_text("x")
    ear.hear("loud")
    ear.forget()
    assert ear.heard() == set()


@pytest.mark.parametrize(
    ("place", "may_be"),
    [
        ("a.txt", True),
        ("sub", True),
        ("sub/a.html", True),
        (".git/a.txt", False),
        ("sub/.a.swp", False),
        ("a.txt~", False),
        ("sub.tmp/a.txt", False),
        ("sub/a.PNG", False),
        ("a.png/a.txt", True),
    ],
)
def test_what_may_be_an_article_is_as_when_it_is_read(place: str, may_be: bool) -> None:
    """What is hidden or unfinished, or lies below such a folder, isn't read."""
    assert watch._may_be(place.replace("/", os.sep)) is may_be


def test_a_lone_file_may_be_replaced(watching: Watching, tmp_path: Path) -> None:
    """Written in place, replaced, taken away and put back: it is told each time that it is there."""
    lone = tmp_path / "lone.txt"
    lone.write_text("Một")
    ear = watching(lone=lone)
    ear.hear("lone")
    lone.write_text("Một, hai")
    ear.hear("lone")
    for text in ("ba", "bốn"):
        (tmp_path / ".new").write_text(text)
        (tmp_path / ".new").replace(lone)
        ear.hear("lone")
    lone.unlink()
    ear.forget()
    lone.write_text("Năm")
    ear.hear("lone")


def test_a_folder_that_comes_later_is_told(watching: Watching, inbox: Path, tmp_path: Path) -> None:
    """It is looked for, and watched from when it is there; so is one that was taken away and came
    again, in another's place or the same."""
    ear = watching(valley=inbox, late=tmp_path / "late")
    ear.hear("valley")
    ear.forget()
    (tmp_path / "late").mkdir()
    ear.hear("late")
    ear.forget()
    (tmp_path / "late/a.txt").write_text("Một")
    ear.hear("late")
    shutil.rmtree(tmp_path / "late")
    ear.forget()
    (tmp_path / "late").mkdir()
    ear.hear("late")
    ear.forget()
    (tmp_path / "late").rename(tmp_path / "away")
    (tmp_path / "late").write_text("now a file")
    ear.hear("late")
    ear.forget()
    (inbox / "a.txt").write_text("Một")
    ear.hear("valley")


@pytest.mark.skipif(sys.platform != "linux", reason="names are UTF-8 there")
def test_a_name_that_is_no_utf_8_is_told(watching: Watching, inbox: Path) -> None:
    """watchfiles can't tell its name, and gives up: we begin anew."""
    ear = watching(valley=inbox)
    for name in (b"\xff.txt", b"\xfe.txt"):
        ear.hear("valley")
        ear.forget()
        Path(os.fsdecode(os.fsencode(inbox) + b"/" + name)).write_text("Một")
    ear.hear("valley")


def test_a_file_is_told_when_it_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not while it grows, unless that takes too long."""
    growing, path = watch._Changes(), tmp_path / "a.txt"
    growing.files[str(path)] = None
    for text in ("M", "Mộ", "Một"):
        path.write_text(text)
        assert not growing.are_whole()
    assert growing.are_whole()
    path.write_text("Một, hai")
    monkeypatch.setattr(watch, "_PATIENCE", -1.0)
    assert growing.are_whole()


class Unwatched:
    """Stands in for watchfiles, where something is wrong."""

    made: list[tuple[list[str], bool]]
    errors: list[Exception]  # of making, one after another

    def __init__(self, paths: list[str], *settings: object) -> None:
        self.made.append((paths, bool(settings[-1])))
        if self.errors:
            raise self.errors.pop(0)

    def watch(self, most: int, step: int, timeout: int, stop: watch._Watch) -> str:
        while not stop.is_set():
            time.sleep(0.01)
        return "stop"

    def close(self) -> None: ...


@pytest.fixture
def unwatched(monkeypatch: pytest.MonkeyPatch) -> type[Unwatched]:
    """What watchfiles is replaced by."""
    Unwatched.made, Unwatched.errors = [], []
    monkeypatch.setattr("watchfiles._rust_notify.RustNotify", Unwatched)
    return Unwatched


def test_a_watch_that_can_not_be_had_is_told_once(
    watching: Watching, inbox: Path, unwatched: type[Unwatched], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What can be watched is; after a while, all is tried again, and told to be read."""
    monkeypatch.setattr(watch, "_SLOWLY", 0.2)
    limit = 'OS file watch limit reached. about ["x"] (Error { kind: MaxFilesWatch })'
    unwatched.errors += [OSError(limit), OSError(limit), OSError(limit)]
    ear = watching(valley=inbox)
    for _ in range(3):
        ear.hear("valley")
    assert str(ear.errors.get(timeout=PATIENCE)) == 'OS file watch limit reached. about ["x"]'
    assert ear.errors.empty()
    root = [os.path.realpath(inbox)]
    assert unwatched.made[:4] == [(root, False), (root, True), (root, False), (root, True)]


def test_without_any_watch_lone_files_are_seen(
    watching: Watching, inbox: Path, unwatched: type[Unwatched]
) -> None:
    """As is a folder that comes: it is a reason to try again."""
    unwatched.errors += [RuntimeError("Too many open files"), RuntimeError("Too many open files")]
    lone = inbox.parent / "lone.txt"
    ear = watching(valley=inbox, lone=lone, late=inbox.parent / "late")
    ear.hear("valley")
    lone.write_text("Một")
    ear.hear("lone")
    assert str(ear.errors.get(timeout=PATIENCE)) == "Too many open files"
    (inbox.parent / "late").mkdir()
    ear.hear("late")
    assert len(unwatched.made) == 3


def test_a_folder_that_goes_while_the_watch_begins_is_no_failure(
    watching: Watching, inbox: Path, unwatched: type[Unwatched]
) -> None:
    """It is looked for again soon."""
    unwatched.errors += [FileNotFoundError("No path was found.")]
    ear = watching(valley=inbox)
    ear.hear("valley")
    ear.hear("valley")
    assert ear.errors.empty()


def test_a_folder_that_went_is_no_longer_watched(inbox: Path, unwatched: type[Unwatched]) -> None:
    """When the watch begins anew, it is for what is there then."""
    other = inbox.parent / "other"
    other.mkdir()
    told: list[str] = []
    paths = {"valley": inbox, "other": other}
    eye = watch._Watch(paths, told.append, repr, threading.Event())
    eye._begin()
    other.rmdir()
    eye._begin()
    assert told == ["valley", "other", "valley"]
    assert unwatched.made[-1][0] == [os.path.realpath(inbox)]


def test_a_distant_file_system_is_told(
    watching: Watching, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What another machine changes there isn't seen; what we change may be."""
    monkeypatch.setattr(watch, "_distant", lambda root: "nfs4")
    ear = watching(valley=inbox)
    ear.hear("valley")
    told = str(ear.errors.get(timeout=PATIENCE))
    assert told.endswith("inbox is on nfs4: not every change there is seen at once")


def test_kinds_of_file_systems_are_told_apart(tmp_path: Path) -> None:
    """The mount that is nearest to a path says which it is."""
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        "21 1 8:1 / / rw - ext4 /dev/vda rw\n"
        "22 21 0:50 / /srv/shared rw,relatime shared:1 - nfs4 host:/x rw\n"
        "23 22 8:2 / /srv/shared/local rw - xfs /dev/vdb rw\n"
        "24 21 0:51 / /srv/my\\040docs rw - cifs //host/x rw\n"
    )
    for root, kind in (
        ("/srv", None),
        ("/srv/shared", "nfs4"),
        ("/srv/shared/in", "nfs4"),
        ("/srv/shared2", None),
        ("/srv/shared/local/in", None),
        ("/srv/my docs/in", "cifs"),
    ):
        assert watch._distant(root, str(mounts)) == kind
    mounts.write_text("")
    assert watch._distant("/srv", str(mounts)) is None
    assert watch._distant("/srv", str(tmp_path / "none")) is None


def test_a_watch_ends_when_it_is_told_to(inbox: Path, tmp_path: Path) -> None:
    """Its thread is over then, whether or not there was anything to watch; a second time, and
    before it has begun, nothing happens."""
    for path in (inbox, tmp_path / "none"):
        ear = Ear()
        watcher = Watcher({"valley": path}, ear.names.put)
        watcher.close()
        watcher = Watcher({"valley": path}, ear.names.put)
        watcher.start()
        if path is inbox:
            ear.hear("valley")
        watcher.close()
        watcher.close()
        assert all(thread.name != "feedtool-watch" for thread in threading.enumerate())
