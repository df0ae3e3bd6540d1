"""The folder archive's own: files, crashes, damage, leases, read-only and full disks."""

from __future__ import annotations

import errno
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from feedtool import files
from feedtool.archive import check as checking
from feedtool.archive import item
from feedtool.archive.folder import FolderArchive
from feedtool.errors import ArchiveError, BusyError, DamagedError
from tests.conftest import NOW, ROOT, later, make_version, snapshot

ID = "tag:example.org,2022-01-01:one"


def test_a_file_is_a_json_feed_item(folder_archive: FolderArchive) -> None:
    """The file holds the keys of JSON Feed 1.1 in their order, and ours apart."""
    version = make_version()
    folder_archive.put([version])
    path = folder_archive.path / "2022/01/18/one.json"
    written = json.loads(path.read_bytes())
    assert list(written) == [
        *("id", "title", "summary", "content_text", "date_published", "date_modified"),
        *("authors", "language", "_feedtool"),
    ]
    assert written["_feedtool"]["digest"] == item.digest(version.entry)
    assert path.read_text("utf-8").endswith("}\n")
    assert "Hoài An" in path.read_text("utf-8")


def test_the_index_is_made_anew_from_the_files(folder_archive: FolderArchive) -> None:
    """Without `.feedtool`, everything is found again."""
    first = make_version(folder_archive)
    folder_archive.put([first])
    folder_archive.close()
    for path in (folder_archive.path / ".feedtool").iterdir():
        path.unlink()
    with FolderArchive(folder_archive.path) as again:
        assert again.find(ID) == first
        assert list(again.newest()) == [first]


def test_a_database_with_a_damaged_page_is_told_and_mended(folder_archive: FolderArchive) -> None:
    """Damage that shows only when it is read is an error with the way out, and `reindex` is it."""
    for n in range(300):
        folder_archive.put(
            [make_version(folder_archive, id=f"tag:e.example,2022:{n}", title=f"T{n}")]
        )
    folder_archive.close()
    path = folder_archive.path / ".feedtool/index.sqlite"
    data = path.read_bytes()
    path.write_bytes(data[:4096] + b"\xa5" * (len(data) - 4096))
    with FolderArchive(folder_archive.path, writing=True) as again:
        with pytest.raises(ArchiveError, match="feedtool reindex"):
            list(again.newest())
        assert again.reindex() == []
        assert len(list(again.newest())) == 300


def test_a_second_file_with_an_id_is_named_and_not_doubled(folder_archive: FolderArchive) -> None:
    """A copied file under another key is damage; lists and feeds have the entry once."""
    version = make_version()
    folder_archive.put([version])
    path = folder_archive.path / f"{version.key}.json"
    copy = path.with_name("zwei.json")
    copy.write_bytes(path.read_bytes().replace(b"2022/01/18/one", b"2022/01/18/zwei"))
    folder_archive.reindex()
    assert list(folder_archive.newest()) == [version]
    findings = {(one.problem, one.path) for one in checking.check(folder_archive)}
    assert ("damaged", "2022/01/18/zwei.json") in findings


def test_other_tools_may_live_in_the_archive(folder_archive: FolderArchive) -> None:
    """Hidden files are left alone, and a foreign file is named without being damage."""
    (folder_archive.path / ".git").mkdir()
    (folder_archive.path / ".git/HEAD").write_text("ref")
    (folder_archive.path / "notes.txt").write_text("mine")
    [finding] = checking.check(folder_archive)
    assert (finding.problem, finding.path, finding.is_damage) == ("foreign", "notes.txt", False)


@pytest.mark.parametrize("name", ["index.sqlite", "state.sqlite"])
def test_a_damaged_database_is_begun_anew(folder_archive: FolderArchive, name: str) -> None:
    """Rubbish in place of the index or the state costs no entry."""
    folder_archive.put([make_version()])
    folder_archive.close()
    (folder_archive.path / ".feedtool" / name).write_bytes(b"rubbish" * 500)
    for writing in (False, True, False):
        with FolderArchive(folder_archive.path, writing=writing) as again:
            assert again.find(ID) is not None


def test_a_removed_file_is_believed(folder_archive: FolderArchive) -> None:
    """An entry whose file a person removed is gone, from the lists too."""
    version = make_version()
    folder_archive.put([version])
    (folder_archive.path / f"{version.key}.json").unlink()
    assert list(folder_archive.newest()) == []
    assert folder_archive.find(ID) is None
    assert list(folder_archive.indexed()) == []


def test_an_edited_file_is_believed(folder_archive: FolderArchive) -> None:
    """What a person wrote into a file is what is read, and `check` says that it was edited."""
    version = make_version()
    folder_archive.put([version])
    path = folder_archive.path / f"{version.key}.json"
    path.write_text(path.read_text("utf-8").replace("Hoài An", "Hoài Ân"), "utf-8")
    found = folder_archive.get(version.key)
    assert found is not None
    assert found.entry.authors[0].name == "Hoài Ân"
    assert [finding.problem for finding in checking.check(folder_archive)] == ["edited"]


def _damage(change: Callable[[dict[str, Any]], object]) -> Callable[[bytes], bytes]:
    def damaged(data: bytes) -> bytes:
        written = json.loads(data)
        change(written)
        return json.dumps(written).encode()

    return damaged


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "torn": lambda data: data[: len(data) // 2],
    "empty": lambda _: b"",
    "binary": lambda _: b"\xff\xfe\x00",
    "a list": lambda _: b"[]",
    "a deep list": lambda _: b"[" * 100_000,
    "no id": _damage(lambda w: w.pop("id")),
    "no title": _damage(lambda w: w.update(title="")),
    "no ours": _damage(lambda w: w.pop("_feedtool")),
    "newer format": _damage(lambda w: w["_feedtool"].update(format=2)),
    "other key": _damage(lambda w: w["_feedtool"].update(key="2022/01/18/two")),
    "key no text": _damage(lambda w: w["_feedtool"].update(key=5)),
    "no date": _damage(lambda w: w.update(date_published="yesterday")),
    "endless revision": lambda data: data.replace(b'"revision": 1', b'"revision": 1e999'),
    "odd evidence": _damage(lambda w: w["_feedtool"].update(evidence={"title": {"colour": 1}})),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=list(DAMAGES))
def test_a_damaged_file_is_named_and_left(
    folder_archive: FolderArchive, damage: Callable[[bytes], bytes]
) -> None:
    """Damage is a `DamagedError` with the path; the other entries are served, nothing is deleted."""
    version = make_version()
    other = make_version(id="tag:e.example,2022-01-01:two", title="Two")
    folder_archive.put([version, other])
    path = folder_archive.path / f"{version.key}.json"
    damaged = damage(path.read_bytes())
    path.write_bytes(damaged)
    with pytest.raises(DamagedError) as caught:
        folder_archive.get(version.key)
    assert caught.value.subject == str(path)
    assert list(folder_archive.newest()) == [other]
    findings = list(checking.check(folder_archive))
    assert [(one.problem, one.path) for one in findings] == [("damaged", f"{version.key}.json")]
    assert len(folder_archive.reindex()) == 1
    assert path.read_bytes() == damaged


def test_check_proves_histories(folder_archive: FolderArchive) -> None:
    """A lost, edited or foreign revision is told; a whole archive gives nothing."""
    for hour, title in enumerate(["One", "One b", "One c"]):
        folder_archive.put([make_version(folder_archive, now=later(hours=hour), title=title)])
    assert list(checking.check(folder_archive)) == []
    path = folder_archive.path / "2022/01/18/one.history.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    cases = {
        b"".join(lines[1:]): "damaged",
        lines[0] + lines[1].replace(b"One b", b"One x"): "edited",
        lines[0] + lines[1].replace(b",2022-01-01:one", b",2022-01-01:two"): "damaged",
        lines[0] + lines[1][:50]: "damaged",
    }
    for data, problem in cases.items():
        path.write_bytes(data)
        assert problem in [finding.problem for finding in checking.check(folder_archive)]
    path.write_bytes(b"".join(lines))
    assert list(checking.check(folder_archive)) == []


def test_check_names_what_is_foreign_misplaced_or_not_indexed(
    folder_archive: FolderArchive,
) -> None:
    """Foreign files, entries under another day or name, and a stale index are each told."""
    version = make_version()
    folder_archive.put([version])
    root = folder_archive.path
    (root / "notes.txt").write_text("mine")
    (root / "2022/01/18/orphan.history.jsonl").write_text("")
    (root / "2022/01/18/.one.json.tmp").write_text("half")
    moved = root / "2022/01/19/uno.json"
    moved.parent.mkdir()
    data = (root / f"{version.key}.json").read_bytes()
    moved.write_bytes(data.replace(b"2022/01/18/one", b"2022/01/19/uno"))
    (root / f"{version.key}.json").unlink()
    found = {(one.problem, one.path) for one in checking.check(folder_archive)}
    assert found == {
        ("foreign", "notes.txt"),
        ("foreign", "2022/01/18/.one.json.tmp"),
        ("foreign", "2022/01/18/orphan.history.jsonl"),
        ("edited", "2022/01/19/uno.json"),
        ("index", "2022/01/18/one.json"),
        ("index", "2022/01/19/uno.json"),
    }


def test_one_process_writes_at_a_time(folder_archive: FolderArchive) -> None:
    """A second writer is told at once; readers come and go."""
    with pytest.raises(BusyError) as caught:
        FolderArchive(folder_archive.path, writing=True)
    assert caught.value.exit_code == 75
    with FolderArchive(folder_archive.path) as reader:
        assert list(reader.newest()) == []
    program = f"from feedtool import FolderArchive; FolderArchive({str(folder_archive.path)!r}, writing=True)"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT)
    assert "BusyError" in run.stderr
    folder_archive.close()
    FolderArchive(folder_archive.path, writing=True).close()


def test_a_reader_can_not_put(folder_archive: FolderArchive) -> None:
    """An archive that is open for reading refuses to be written."""
    with FolderArchive(folder_archive.path) as reader, pytest.raises(ArchiveError):
        reader.put([make_version()])


def test_a_folder_that_is_not_there_or_no_folder_is_told(tmp_path: Path) -> None:
    """Opening says what is wrong with the path."""
    with pytest.raises(ArchiveError, match="isn't there"):
        FolderArchive(tmp_path / "none")
    (tmp_path / "file").write_text("")
    with pytest.raises(ArchiveError, match="can't be used"):
        FolderArchive(tmp_path / "file", writing=True)


def test_a_write_that_was_killed_is_finished(
    folder_archive: FolderArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between the files and the index, the next writer takes the files in."""
    version = make_version()
    monkeypatch.setattr(folder_archive._index, "_keep", _killed)
    with pytest.raises(KeyboardInterrupt):
        folder_archive.put([version])
    folder_archive.close()
    with FolderArchive(folder_archive.path, writing=True) as again:
        assert again.find(ID) == version
    assert not (folder_archive.path / ".feedtool/pending.json").exists()


@pytest.mark.parametrize("torn", [b"[", b"5", b"null", b"[1]"])
def test_a_torn_note_of_a_killed_write_means_a_new_index(
    folder_archive: FolderArchive, torn: bytes
) -> None:
    """Where even the note can't be read, the index is made from the files."""
    folder_archive.put([make_version()])
    folder_archive.close()
    note = folder_archive.path / ".feedtool/pending.json"
    note.write_bytes(torn)
    with FolderArchive(folder_archive.path, writing=True) as again:
        assert again.find(ID) is not None
    assert not note.exists()


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_revision_that_was_killed_is_put_again(
    folder_archive: FolderArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between history and file, the revision is put again without doubling the history."""
    first = make_version(folder_archive)
    folder_archive.put([first])
    second = make_version(folder_archive, now=later(hours=1), title="One b")
    write = files._write

    def dying(made: Any, *others: Any) -> list[os.stat_result]:
        if str(made[0][0]).endswith("one.json"):  # after the note and the history
            raise KeyboardInterrupt
        return write(made, *others)

    monkeypatch.setattr(files, "_write", dying)
    with pytest.raises(KeyboardInterrupt):
        folder_archive.put([second])
    monkeypatch.undo()
    assert folder_archive.get(first.key) == first
    assert list(checking.check(folder_archive)) == []
    folder_archive.put([second])
    assert folder_archive.history(first.key) == (first,)


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="the system can't name open files")
def test_things_are_written_in_the_order_that_loses_nothing(
    folder_archive: FolderArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each file is synced before it is renamed, its folders after; the note before the files, the
    files before the index, and the note is taken away last."""
    folder_archive.put([make_version(folder_archive)])
    done: list[tuple[str, str]] = []
    sync, replace, unlink = files.Disk.sync, os.replace, Path.unlink
    keep = folder_archive._index._keep

    def recorded_sync(disk: files.Disk, descriptor: int, *, folder: bool = False) -> None:
        done.append(("sync", Path(f"/proc/self/fd/{descriptor}").resolve().name))
        sync(disk, descriptor, folder=folder)

    def recorded_replace(path: files.Name, target: files.Name) -> None:
        done.append(("rename", Path(target).name))
        replace(path, target)

    def recorded_keep(*rows: Any) -> None:
        done.append(("index", ""))
        keep(*rows)

    def recorded_unlink(path: Path, missing_ok: bool = False) -> None:
        done.append(("unlink", path.name))
        unlink(path, missing_ok)

    monkeypatch.setattr(files.Disk, "sync", recorded_sync)
    monkeypatch.setattr(os, "replace", recorded_replace)
    monkeypatch.setattr(Path, "unlink", recorded_unlink)
    monkeypatch.setattr(folder_archive._index, "_keep", recorded_keep)
    second = make_version(folder_archive, now=later(hours=1), title="One b")
    other = make_version(id="tag:e.example,2022:two", title="Two", published=None)
    folder_archive.put([second, other])
    assert done == [
        ("sync", ".pending.json.tmp"),
        ("rename", "pending.json"),
        ("sync", ".feedtool"),
        ("sync", "one.history.jsonl"),
        ("sync", "18"),
        ("sync", ".one.json.tmp"),
        ("sync", ".two.json.tmp"),
        ("rename", "one.json"),
        ("rename", "two.json"),
        *(("sync", name) for name in ("18", "04", "2022", "05")),
        ("index", ""),
        ("unlink", "pending.json"),
    ]


@pytest.mark.parametrize("failing", ["write", "fsync", "replace", "second replace"])
def test_a_full_disk_loses_nothing(
    folder_archive: FolderArchive, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    """With no space left, the error names it, and all is as it was."""
    first = make_version(folder_archive)
    folder_archive.put([first])
    before = {path: data for path, (_, data) in snapshot(folder_archive.path).items()}

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    if failing == "write":
        monkeypatch.setattr(files, "_write", full)
    elif failing == "fsync":
        monkeypatch.setattr(files.Disk, "sync", full)
    else:
        replace = os.replace
        allowed = iter([True] if failing == "second replace" else [])

        def sometimes(path: Path, target: Path) -> None:
            if not next(allowed, False):
                full()
            replace(path, target)

        monkeypatch.setattr(os, "replace", sometimes)
    second = make_version(folder_archive, now=later(hours=1), title="One b")
    with pytest.raises(ArchiveError, match="No space left"):
        folder_archive.put([second])
    monkeypatch.undo()
    after = {path: data for path, (_, data) in snapshot(folder_archive.path).items()}
    empty = f"{folder_archive.path}/2022/01/18/one.history.jsonl"
    assert not after.pop(empty, b"")
    databases = {path for path in before if "sqlite" in path}
    assert {path: data for path, data in after.items() if path not in databases} == {
        path: data for path, data in before.items() if path not in databases
    }
    assert folder_archive.find(ID) == first
    assert list(checking.check(folder_archive)) == []
    folder_archive.put([second])
    assert folder_archive.history(first.key) == (first,)


def test_a_full_disk_under_the_index_is_told(
    folder_archive: FolderArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite's own errors are errors of the archive."""

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(folder_archive._index, "_keep", full)
    with pytest.raises(ArchiveError, match="disk is full"):
        folder_archive.put([make_version()])


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_archive_can_be_read(folder_archive: FolderArchive) -> None:
    """Without the right to write, an archive is served and refuses to be written."""
    folder_archive.put([make_version()])
    folder_archive.close()
    folder_archive.path.chmod(0o500)
    (folder_archive.path / ".feedtool").chmod(0o500)
    try:
        with FolderArchive(folder_archive.path) as reader:
            assert reader.find(ID) is not None
        with pytest.raises(ArchiveError):
            FolderArchive(folder_archive.path, writing=True)
    finally:
        folder_archive.path.chmod(0o700)
        (folder_archive.path / ".feedtool").chmod(0o700)


def test_reading_writes_nothing(folder_archive: FolderArchive) -> None:
    """Opening for reading, and opening for writing without a change, touch no file."""
    folder_archive.put([make_version()])
    folder_archive.close()
    before = snapshot(folder_archive.path)
    with FolderArchive(folder_archive.path) as reader:
        assert reader.find(ID) is not None
    with FolderArchive(folder_archive.path, writing=True) as writer:
        assert writer.find(ID) is not None
    assert snapshot(folder_archive.path) == before


def test_other_errors_of_the_disk_are_told(folder_archive: FolderArchive) -> None:
    """A file that can't be read is an `ArchiveError`, not a missing entry."""
    key = make_version().key
    for name in (f"{key}.json", f"{key}.history.jsonl"):
        (folder_archive.path / name).mkdir(parents=True)
    with pytest.raises(ArchiveError, match="directory"):
        folder_archive.get(key)
    with pytest.raises(ArchiveError, match="directory"):
        folder_archive.history(key)


def test_a_locked_index_is_told(
    folder_archive: FolderArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An index that another program holds is no damage: a writer is told, a reader goes on."""
    from feedtool import sqlite

    folder_archive.put([make_version(now=NOW)])
    folder_archive.close()

    def locked(*_: object, **__: object) -> None:
        raise sqlite3.OperationalError("database is locked")

    monkeypatch.setattr(sqlite, "_open", locked)
    with pytest.raises(ArchiveError, match="locked"):
        FolderArchive(folder_archive.path, writing=True)
    with FolderArchive(folder_archive.path) as reader:
        assert reader.find(ID) is not None


def test_a_database_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    """Where no database can be made, the error says so."""
    from feedtool import sqlite

    with pytest.raises(ArchiveError, match="can't be made"):
        sqlite.connect(tmp_path / "none" / "a.sqlite", "", 1, writing=True)


def test_pieces_are_written_whole(tmp_path: Path) -> None:
    """A file may be given in pieces, thousands of them, and a system that writes less at a time than
    it is asked to is asked again."""

    class Slow(files.Disk):
        def gather(self, file: int, pieces: Sequence[bytes]) -> int:
            return super().gather(file, [pieces[0][:1]])

    pieces = [f"piece {number}\n".encode() for number in range(2_500)]
    for disk in (files.Disk(), Slow()):
        files.replace([(tmp_path / "whole", pieces)], disk)
        assert (tmp_path / "whole").read_bytes() == b"".join(pieces)
        assert files.holds(tmp_path / "whole", pieces)
    assert not files.holds(tmp_path / "whole", [*pieces[:-1], b"another one\n"])
