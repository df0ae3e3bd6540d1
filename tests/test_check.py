"""Integrity: what `check` finds, the manifest, and what `--repair` and `--accept` mend."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC
from pathlib import Path

import pytest

from feedtool.archive import check as checking
from feedtool.archive import item, manifest
from feedtool.archive.check import Finding, check
from feedtool.archive.folder import FolderArchive
from feedtool.data import replace
from feedtool.errors import ArchiveError, UsageError
from feedtool.kept import Receipt, Version, Withdrawal
from feedtool.model import Published
from feedtool.repair import Mended, Repair, accept
from tests.cli import Feedtool
from tests.conftest import NOW, article, later, make_capture, make_version, snapshot

KEY = "2022/01/18/one"
ENTRY, HISTORY = f"{KEY}.json", f"{KEY}.history.jsonl"


def _told(archive: FolderArchive, *, fast: bool = False) -> set[tuple[str, str]]:
    return {(one.problem, one.path) for one in check(archive, fast=fast)}


def _revised(archive: FolderArchive, *titles: str) -> Version:
    """Put an entry with these titles one after another; the last is current."""
    for hour, title in enumerate(titles):
        version = make_version(archive, now=later(hours=hour), title=title)
        archive.put([version])
    return version


def _repair(archive: FolderArchive) -> list[Mended]:
    repair = Repair(archive)
    for finding in check(archive):
        repair.note(finding)
    return list(repair.mend())


def test_a_fast_check_reads_only_what_differs(
    folder_archive: FolderArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files of the size and time that they were written with aren't read; the others are."""
    other = make_version(id="tag:e.example,2022:two", title="Two")
    folder_archive.put([make_version(), other])
    read: list[str] = []
    reading = checking.entries.read

    def counted(folder: Path, key: str) -> object:
        read.append(key)
        return reading(folder, key)

    monkeypatch.setattr(checking.entries, "read", counted)
    assert _told(folder_archive, fast=True) == set()
    assert read == []
    path = folder_archive.path / f"{other.key}.json"
    path.write_bytes(path.read_bytes()[:-9])
    assert _told(folder_archive, fast=True) == {("damaged", f"{other.key}.json")}
    assert set(read) == {other.key}
    os.utime(folder_archive.path / ENTRY)
    assert _told(folder_archive, fast=True) == {("damaged", f"{other.key}.json")}
    assert set(read) == {KEY, other.key}


def test_a_fast_check_knows_all_names(folder_archive: FolderArchive) -> None:
    """Without reading a file, what is foreign or gone is told."""
    folder_archive.put([make_version()])
    (folder_archive.path / ENTRY).rename(folder_archive.path / "elsewhere.json")
    found = _told(folder_archive, fast=True)
    assert found == {("index", ENTRY), ("foreign", "elsewhere.json")}


def test_what_is_foreign_is_named_with_its_reason(folder_archive: FolderArchive) -> None:
    """Links, odd names, folders of no day and leftovers are each told once, and none is damage."""
    folder_archive.put([make_version()])
    root = folder_archive.path
    day = root / "2022/01/18"
    (day / "linked.json").symlink_to(day / "one.json")
    (root / "2023").symlink_to(root / "2022")
    (day / "Two.JSON").write_text("{}")
    (day / "one.json.damaged-2").write_text("{}")
    (day / ".one.json.tmp").write_text("{}")
    (day / "sub").mkdir()
    for folder in ("2022/13/01", "2022/02/30", "notes/deep", "warc/2022", ".hidden/x"):
        (root / folder).mkdir(parents=True)
        (root / folder / "a.json").write_text("{}")
    findings = list(check(folder_archive))
    assert {(one.path, one.reason) for one in findings} == {
        ("2022/01/18/.one.json.tmp", "was left by a write that was cut short"),
        ("2022/01/18/Two.JSON", "is not of this archive: names are in lower case"),
        ("2022/01/18/linked.json", "is a link or no file"),
        ("2022/01/18/one.json.damaged-2", "was put aside, as it was damaged"),
        ("2022/01/18/sub/", "is not of this archive"),
        ("2022/02/30/", "is not of this archive"),
        ("2022/13/", "is not of this archive"),
        ("2023", "is a link or no file"),
        ("notes/", "is not of this archive"),
        ("warc/2022/a.json", "is not of this archive"),
    }
    assert {one.problem for one in findings} == {"foreign"}
    assert not any(one.is_damage for one in findings)


def test_a_write_that_goes_on_is_no_damage(folder_archive: FolderArchive) -> None:
    """What the note of a batch names may be half written; without the note, it is told."""
    _revised(folder_archive, "One", "One b")
    root = folder_archive.path
    with (root / HISTORY).open("ab") as history:
        history.write(b'{"id": "ta')
    (root / "2022/01/18/.one.json.tmp").write_bytes(b"{")
    note = root / ".feedtool/pending.json"
    note.write_text(json.dumps({"keys": [KEY], "ends": {HISTORY: 3}}))
    assert _told(folder_archive) == set()
    note.unlink()
    assert _told(folder_archive) == {
        ("damaged", HISTORY),
        ("foreign", "2022/01/18/.one.json.tmp"),
    }


def test_what_a_power_cut_left_of_a_write_is_no_damage(folder_archive: FolderArchive) -> None:
    """Behind what a history had before a batch, there may be anything until the next writer cuts it
    off; rubbish before that is damage."""
    _revised(folder_archive, "One", "One b")
    history, note = folder_archive.path / HISTORY, folder_archive.path / ".feedtool/pending.json"
    length = history.stat().st_size
    with history.open("ab") as opened:
        opened.write(b"\x00rubbish\nand more\n")
    note.write_text(json.dumps({"keys": [KEY], "ends": {HISTORY: length}}))
    assert _told(folder_archive) == set()
    assert [one.revision for one in folder_archive.history(KEY)] == [1]
    history.write_bytes(b"x" + history.read_bytes()[1:])
    assert _told(folder_archive) == {("damaged", HISTORY)}


def test_what_is_written_meanwhile_is_looked_at_again(folder_archive: FolderArchive) -> None:
    """A revision that comes between the file and its history, and an entry that comes while the
    archive is looked at, are no findings."""
    first = _revised(folder_archive, "One", "One b")
    other = make_version(
        id="tag:e.example,2022:two", title="Two", published=Published.on(NOW.date())
    )
    folder_archive.put([other])
    with FolderArchive(folder_archive.path) as reader:
        history = reader.path / HISTORY
        reading = checking.entries.history

        def revised(path: Path) -> object:
            if path == history and folder_archive.get(KEY) == first:
                _ = _revised_once(folder_archive)
            return reading(path)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(checking.entries, "history", revised)
            assert list(check(reader)) == []
    assert folder_archive.get(KEY) != first


def _revised_once(archive: FolderArchive) -> None:
    fresh = make_version(id="tag:e.example,2022:three", title="Three")
    archive.put([make_version(archive, now=later(hours=9), title="One z"), fresh])


def test_the_index_is_compared_with_the_files(folder_archive: FolderArchive) -> None:
    """A file that the index lacks, one that is gone, and one that was replaced are told."""
    first = make_version()
    others = [make_version(id=f"tag:e.example,2022:{n}", title=n) for n in ("Two", "Three", "Four")]
    folder_archive.put([first, *others])
    root = folder_archive.path
    (root / f"{others[0].key}.json").unlink()
    folder_archive._index.remove(others[1].key)
    entry = replace(first.entry, title="A longer title")
    (root / ENTRY).write_bytes(item.encode(replace(first, entry=entry, digest=item.digest(entry))))
    assert {(one.path, one.reason) for one in check(folder_archive)} == {
        (ENTRY, "has changed since the index took it in"),
        (f"{others[1].key}.json", "is not in the index"),
        (f"{others[0].key}.json", "is gone, and the index still has it"),
    }
    assert [one.left for one in _repair(folder_archive)] == ["", "", ""]
    assert list(check(folder_archive)) == []
    assert {one.entry.title for one in folder_archive.newest()} == {
        "A longer title",
        "Three",
        "Four",
    }


def test_a_whole_index_is_made_anew_where_much_of_it_is_wrong(
    folder_archive: FolderArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Above a number of keys, `--repair` doesn't go through them one by one."""
    versions = [make_version(id=f"tag:e.example,2022:{n}", title=f"T{n}") for n in range(5)]
    folder_archive.put(versions)
    monkeypatch.setattr("feedtool.repair._MOST_KEYS", 3)
    for version in versions:
        folder_archive._index.remove(version.key)
    assert [one.done for one in _repair(folder_archive)] == ["made the index anew"]
    assert list(check(folder_archive)) == []


def test_what_was_purged_needs_no_history(folder_archive: FolderArchive) -> None:
    """A tombstone whose text was erased may have lost its earlier versions too."""
    version = _revised(folder_archive, "One", "One b")
    gone = Withdrawal(NOW, "owner", "asked for", purged=True)
    folder_archive.put([replace(version, revision=3, withdrawn=gone)])
    assert list(check(folder_archive)) == []
    (folder_archive.path / HISTORY).unlink()
    assert list(check(folder_archive)) == []


def _received(archive: FolderArchive, name: str, text: str, hour: int = 0) -> Version:
    """Put an entry as it is read from this text, with the capture of it."""
    capture = make_capture(text.encode(), place=name, url=name, captured=later(hours=hour))
    from feedtool.model import Source
    from feedtool.read.readers import read
    from feedtool.settle import settle

    [entry] = read(capture, Source(name="valley", url=name)).entries
    old = archive.find(entry.id)
    version = settle(
        entry, old=old, source="valley", now=capture.captured, zone=UTC, taken=lambda _: False
    )[1]
    archive.put([version], [Receipt(capture, (version.key,))])
    kept = archive.get(version.key)
    assert kept is not None
    assert kept.capture is not None
    return kept


def test_captures_are_proven(folder_archive: FolderArchive) -> None:
    """A WARC file that isn't whole is damage, and so is an entry whose capture isn't there."""
    version = _received(folder_archive, "a.txt", article("Nước sạch"))
    assert list(check(folder_archive)) == []
    assert version.capture
    path = folder_archive.path / version.capture.file
    data = path.read_bytes()
    path.write_bytes(data[:-5])
    assert _told(folder_archive) == {("damaged", version.capture.file)}
    assert _told(folder_archive, fast=True) == set()
    path.unlink()
    [finding] = check(folder_archive)
    assert finding.reason == f"revision 1 has no capture: {version.capture.file}: isn't there"
    [mended] = _repair(folder_archive)
    assert "the article itself is whole" in mended.left
    assert "remove" not in mended.left


BREAKS: dict[str, Callable[[bytes], bytes]] = {
    "torn": lambda data: data[: len(data) // 2],
    "empty": lambda _: b"",
    "zeros": lambda data: bytes(len(data)),
    "binary": lambda _: b"\xff\xfe\x00",
    "other key": lambda data: data.replace(b'"key": "2022/01/18/one"', b'"key": "2022/01/18/two"'),
}


@pytest.mark.parametrize("damage", BREAKS.values(), ids=list(BREAKS))
def test_an_entry_is_restored_from_its_history(
    folder_archive: FolderArchive, damage: Callable[[bytes], bytes]
) -> None:
    """The newest whole version takes the damaged one's place, whose bytes are kept beside it; all
    else is as it was, and the next revision goes on from there."""
    _revised(folder_archive, "One", "One b", "One c")
    other = make_version(id="tag:e.example,2022:two", title="Two")
    folder_archive.put([other])
    path = folder_archive.path / ENTRY
    second = folder_archive.history(KEY)[-1]
    broken = damage(path.read_bytes())
    path.write_bytes(broken)
    before = (folder_archive.path / f"{other.key}.json").read_bytes()
    assert [one.title for one in (v.entry for v in folder_archive.newest())] == ["Two"]
    [mended] = _repair(folder_archive)
    assert (mended.path, mended.left) == (ENTRY, "")
    assert mended.done == "took revision 2 from its history; what was here is in one.json.damaged"
    assert (folder_archive.path / f"{ENTRY}.damaged").read_bytes() == broken
    assert folder_archive.get(KEY) == second
    assert [one.revision for one in folder_archive.history(KEY)] == [1]
    assert {one.key for one in folder_archive.newest()} == {KEY, other.key}
    assert _told(folder_archive) == {("foreign", f"{ENTRY}.damaged")}
    assert (folder_archive.path / f"{other.key}.json").read_bytes() == before
    assert _repair(folder_archive) == []
    folder_archive.put([make_version(folder_archive, now=later(hours=9), title="One d")])
    assert [one.revision for one in folder_archive.history(KEY)] == [1, 2]
    assert _told(folder_archive) == {("foreign", f"{ENTRY}.damaged")}


def test_damage_without_another_version_is_left(folder_archive: FolderArchive) -> None:
    """Where nothing whole is there, nothing is touched, and the way out is told."""
    folder_archive.put([make_version()])
    (folder_archive.path / ENTRY).write_bytes(b"{")
    before = (folder_archive.path / ENTRY).read_bytes()
    [mended] = _repair(folder_archive)
    assert mended.done == ""
    assert "take it from a backup" in mended.left
    assert (folder_archive.path / ENTRY).read_bytes() == before
    assert sorted(one.name for one in (folder_archive.path / "2022/01/18").iterdir()) == [
        "one.json"
    ]


def test_an_entry_is_read_again_from_its_capture(folder_archive: FolderArchive) -> None:
    """What was received after the newest whole version, or without any, is read again."""
    first = _received(folder_archive, "a.txt", article("Nước sạch"))
    path = folder_archive.path / f"{first.key}.json"
    path.write_bytes(b"{")
    [mended] = _repair(folder_archive)
    assert "read again what was received on 2022-05-04" in mended.done
    assert folder_archive.get(first.key) == first
    second = _received(folder_archive, "a.txt", article("Nước sạch", "Nước về đến nhà."), hour=5)
    assert second.revision == 2
    path.write_bytes(b"{{")
    [mended] = _repair(folder_archive)
    assert folder_archive.get(first.key) == second
    assert folder_archive.history(first.key) == (first,)
    assert path.with_name(f"{path.name}.damaged-2").read_bytes() == b"{{"
    assert not any(one.is_damage for one in check(folder_archive))


def test_what_was_received_within_one_second_is_told_apart(folder_archive: FolderArchive) -> None:
    """A capture behind that of the newest whole version is read again, however close it came."""
    first = _received(folder_archive, "a.txt", article("Nước sạch"))
    second = _received(folder_archive, "a.txt", article("Nước sạch", "Nước về đến nhà."))
    assert (second.revision, second.last_revised) == (2, first.last_revised)
    (folder_archive.path / f"{first.key}.json").write_bytes(b"{")
    [mended] = _repair(folder_archive)
    assert "read again" in mended.done
    assert folder_archive.get(first.key) == second
    assert folder_archive.history(first.key) == (first,)


def test_what_a_newer_feedtool_wrote_is_left(folder_archive: FolderArchive) -> None:
    """An item of a later format is named with the way out, and no earlier version takes its
    place."""
    version = _received(folder_archive, "a.txt", article("Nước sạch"))
    path = folder_archive.path / f"{version.key}.json"
    later_one = path.read_bytes().replace(b'"format": 1', b'"format": 7')
    path.write_bytes(later_one)
    [mended] = _repair(folder_archive)
    assert mended.left.endswith("get a newer feedtool")
    assert path.read_bytes() == later_one
    assert sorted(one.name for one in path.parent.iterdir()) == [path.name]


def test_a_revision_beyond_all_bounds_is_named_at_once(folder_archive: FolderArchive) -> None:
    """However many versions a file claims to follow, no more are counted than there are."""
    folder_archive.put([make_version()])
    path = folder_archive.path / ENTRY
    path.write_bytes(path.read_bytes().replace(b'"revision": 1', b'"revision": 9000000000000000'))
    assert "has none before 9000000000000000" in [one.reason for one in check(folder_archive)]


def test_an_edited_history_has_no_edit_to_accept(folder_archive: FolderArchive) -> None:
    """Only the current version can be a person's; an earlier one comes back from a backup."""
    _revised(folder_archive, "One", "One b")
    path = folder_archive.path / HISTORY
    path.write_text(path.read_text("utf-8").replace('"One"', '"Uno"'), "utf-8")
    [mended] = _repair(folder_archive)
    assert mended.path == HISTORY
    assert mended.left.endswith(": take it from a backup")


def test_what_was_removed_goes_out_of_the_index(folder_archive: FolderArchive) -> None:
    """A repair says that it forgot what a person has removed."""
    folder_archive.put([make_version()])
    (folder_archive.path / ENTRY).unlink()
    assert _repair(folder_archive) == [Mended(ENTRY, "took it out of the index")]


def test_an_entry_has_its_id_again(folder_archive: FolderArchive) -> None:
    """An id that was minted on the day the document was first seen is no other one after it was
    read again from a later capture."""
    first = _received(folder_archive, "a.txt", article("Nước sạch"))
    capture = make_capture(article("Nước sạch", "Nước về đến nhà.").encode(), place="a.txt",
                           url="a.txt", captured=later(hours=50))  # fmt: skip
    second = replace(first, revision=2, entry=replace(first.entry, title="x"))
    folder_archive.put([second], [Receipt(capture, (first.key,))])
    (folder_archive.path / f"{first.key}.history.jsonl").unlink()
    (folder_archive.path / f"{first.key}.json").write_bytes(b"{")
    _repair(folder_archive)
    restored = folder_archive.get(first.key)
    assert restored is not None
    assert restored.entry.id == first.entry.id
    assert "Nước về đến nhà" in (restored.entry.content_text or "")


def test_a_torn_history_is_cut_and_kept_beside(folder_archive: FolderArchive) -> None:
    """The torn end of a history is put aside; what is before it stays."""
    _revised(folder_archive, "One", "One b", "One c")
    path = folder_archive.path / HISTORY
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"id": "tag')
    assert _told(folder_archive) == {("damaged", HISTORY)}
    [mended] = _repair(folder_archive)
    assert (mended.path, mended.left) == (HISTORY, "")
    assert path.read_bytes() == whole
    assert path.with_name(f"{path.name}.damaged").read_bytes() == b'{"id": "tag'
    assert _told(folder_archive) == {("foreign", f"{HISTORY}.damaged")}


def test_a_history_that_holds_the_current_version_is_cut(folder_archive: FolderArchive) -> None:
    """A last line that is the version that is current is no earlier one."""
    current = _revised(folder_archive, "One", "One b")
    path = folder_archive.path / HISTORY
    whole = path.read_bytes()
    path.write_bytes(whole + item.encode_line(current))
    assert _told(folder_archive) == {("damaged", HISTORY)}
    assert [one.left for one in _repair(folder_archive)] == [""]
    assert path.read_bytes() == whole
    assert _told(folder_archive) == set()


def test_what_is_damaged_behind_a_whole_version_is_kept_beside(
    folder_archive: FolderArchive,
) -> None:
    """Where the end of the history is damaged too, an earlier version is taken."""
    _revised(folder_archive, "One", "One b", "One c")
    first = folder_archive.history(KEY)[0]
    path = folder_archive.path / HISTORY
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + b"rubbish\n")
    (folder_archive.path / ENTRY).write_bytes(b"")
    kept = path.read_bytes()
    done = _repair(folder_archive)
    assert [one.path for one in done] == [HISTORY, ENTRY]
    assert not any(one.left for one in done)
    assert folder_archive.get(KEY) == first
    assert path.with_name(f"{path.name}.damaged").read_bytes() == kept
    assert not any(one.is_damage for one in check(folder_archive))


def test_a_repair_that_was_killed_loses_nothing(
    folder_archive: FolderArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed anywhere within a repair, the versions that were whole are all still there, and the
    next repair ends it."""
    _revised(folder_archive, "One", "One b", "One c")
    earlier = folder_archive.history(KEY)
    path = folder_archive.path / ENTRY
    path.write_bytes(b"{")

    class KilledError(BaseException):
        pass

    for at in range(30):
        left = [at]

        def dying(name: str, left: list[int] = left) -> None:
            call = getattr(type(folder_archive._disk), name)

            def counted(disk: object, *rest: object, **how: object) -> object:
                left[0] -= 1
                if left[0] < 0:
                    raise KilledError
                return call(disk, *rest, **how)

            monkeypatch.setattr(type(folder_archive._disk), name, counted)

        for name in ("write", "sync", "rename", "truncate", "remove"):
            dying(name)
        killed = False
        try:
            _repair(folder_archive)
        except KilledError:
            killed = True
        monkeypatch.undo()
        folder_archive.close()
        folder_archive.__init__(folder_archive.path, writing=True)  # type: ignore[misc]
        try:
            current = folder_archive.get(KEY)
        except ArchiveError:
            assert folder_archive.history(KEY) == earlier
            continue
        assert current == earlier[1]
        assert folder_archive.history(KEY) == earlier[:1]
        assert not any(one.is_damage for one in check(folder_archive))
        if not killed:
            return
    raise AssertionError("the repair never came to an end")


def test_an_edit_is_left_until_it_is_accepted(folder_archive: FolderArchive) -> None:
    """A person's word is named and left; accepted, it is the revision that it was written over."""
    _revised(folder_archive, "One", "One b")
    path = folder_archive.path / ENTRY
    with pytest.raises(UsageError, match="nothing to accept"):
        accept(folder_archive, KEY, NOW)
    path.write_text(path.read_text("utf-8").replace("One b", "One by hand"), "utf-8")
    edited = path.read_bytes()
    [mended] = _repair(folder_archive)
    assert f"feedtool check --accept {KEY}" in mended.left
    assert path.read_bytes() == edited
    accepted = accept(folder_archive, KEY, later(hours=9))
    assert (accepted.revision, accepted.last_revised) == (2, later(hours=9))
    assert folder_archive.get(KEY) == accepted
    assert list(check(folder_archive)) == []
    with pytest.raises(UsageError, match="no article"):
        accept(folder_archive, "2022/01/18/none", NOW)


def test_an_edit_that_moves_an_entry_is_not_accepted(folder_archive: FolderArchive) -> None:
    """A key never changes, so that its first day can't."""
    folder_archive.put([make_version()])
    path = folder_archive.path / ENTRY
    path.write_bytes(path.read_bytes().replace(b"2022-01-18", b"2022-01-19"))
    with pytest.raises(UsageError, match="write 2022-01-18 back"):
        accept(folder_archive, KEY, NOW)


def test_the_manifest_is_what_sha256sum_reads(folder_archive: FolderArchive) -> None:
    """Every file of the archive stands in it, sorted, and no other."""
    _revised(folder_archive, "One", "One b")
    version = _received(folder_archive, "a.txt", article("Nước sạch"))
    dashed = make_version(id="tag:e.example,2022:dash", title="One dash")
    folder_archive.put([dashed])
    root = folder_archive.path
    (root / "notes.txt").write_text("mine")
    assert manifest.write(root, root / "manifest.sha256") == 5
    written = (root / "manifest.sha256").read_text("ascii")
    lines = [line.split("  ") for line in written.splitlines()]
    assert [path for _, path in lines] == sorted(path for _, path in lines)
    assert {path for _, path in lines} == {
        ENTRY, HISTORY, f"{version.key}.json", f"{dashed.key}.json", version.capture.file,  # type: ignore[union-attr]
    }  # fmt: skip
    for digest, path in lines:
        assert hashlib.sha256((root / path).read_bytes()).hexdigest() == digest
    assert _told(folder_archive) == {("foreign", "notes.txt")}
    manifest.write(root, root / "manifest.sha256")
    assert (root / "manifest.sha256").read_text("ascii") == written


@pytest.mark.skipif(not shutil.which("sha256sum"), reason="there is no sha256sum here")
def test_sha256sum_proves_an_archive(folder_archive: FolderArchive) -> None:
    """The real program finds all well, and the one file that was changed."""
    _revised(folder_archive, "One", "One b")
    root = folder_archive.path
    manifest.write(root, root / "manifest.sha256")
    command = ["sha256sum", "--quiet", "--strict", "-c", "manifest.sha256"]
    run = subprocess.run(command, cwd=root, capture_output=True, text=True)
    assert (run.returncode, run.stdout) == (0, "")
    (root / ENTRY).write_bytes(b"{}")
    run = subprocess.run(command, cwd=root, capture_output=True, text=True)
    assert (run.returncode, run.stdout) == (1, f"{ENTRY}: FAILED\n")


def test_a_manifest_is_written_whole_or_not_at_all(
    folder_archive: FolderArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that can't be read ends it, and leaves the manifest that was there."""
    folder_archive.put([make_version()])
    root = folder_archive.path
    target = root / "manifest.sha256"
    manifest.write(root, target)
    before = target.read_bytes()

    def broken(*_: object) -> object:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(hashlib, "file_digest", broken)
    with pytest.raises(ArchiveError, match="Input/output"):
        manifest.write(root, target)
    assert target.read_bytes() == before
    assert not (root / ".manifest.sha256.tmp").exists()


def test_a_file_that_can_not_be_read_is_named(folder_archive: FolderArchive) -> None:
    """What the disk refuses is damage of that entry, and the others are proven."""
    folder_archive.put([make_version(), make_version(id="tag:e.example,2022:two", title="Two")])
    reading = checking.entries.read

    def broken(folder: Path, key: str) -> object:
        if key == KEY:
            raise ArchiveError(key, "can't be used: Input/output error")
        return reading(folder, key)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checking.entries, "read", broken)
        found = list(check(folder_archive))
    assert found == [Finding("damaged", ENTRY, "can't be used: Input/output error", KEY)]


def test_the_command_repairs_accepts_and_writes_manifests(feedtool: Feedtool, inbox: Path) -> None:
    """`check` with its options: lines, JSON and exit codes."""
    feedtool("run")
    root = inbox.parent / "archive"
    [path] = root.glob("2*/*/*/*.json")
    key = path.relative_to(root).as_posix().removesuffix(".json")
    assert feedtool("check", "--fast").code == 0
    run = feedtool("check", "--manifest")
    assert run.code == 0
    assert "wrote the digests of" in run.out
    assert (root / "manifest.sha256").exists()
    before = snapshot(root)
    assert feedtool("check", "--manifest", str(path)).code == 2
    assert snapshot(root) == before
    elsewhere = inbox.parent / "sums"
    assert feedtool("check", "--fast", "--json", "--manifest", str(elsewhere)).json[0]["files"]
    assert elsewhere.read_bytes() == (root / "manifest.sha256").read_bytes()
    path.write_text(path.read_text("utf-8").replace("Pá Lương", "Pa Luong"), "utf-8")
    left = feedtool("check", "--repair")
    assert left.code == 65
    assert f"feedtool check --accept {key}" in left.out
    assert feedtool("check", "--accept", key, "--fast").code == 2
    assert feedtool("check", "--accept", key, "--json").json[0]["revision"] == 1
    assert feedtool("check").code == 0
    (path.parent / "torn.json").write_text("{")
    run = feedtool("check", "--repair", "--json")
    assert run.code == 65
    assert [set(one) for one in run.json] == [{"problem", "path", "reason"}, {"path", "left"}]
    (path.parent / "torn.json").unlink()
    second = path.with_name(f"{path.stem}.history.jsonl")
    second.write_bytes(b"{")
    run = feedtool("check", "--repair")
    assert run.code == 0
    assert "mended" in run.out
    assert "no damage left" in run.out


def test_what_is_named_almost_like_captures_is_foreign(folder_archive: FolderArchive) -> None:
    """A number that none of our files has makes it a file of somebody else, and no damage."""
    path = folder_archive.path / "warc/2022/2022-05-04-00001.warc.gz"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"theirs")
    [finding] = check(folder_archive)
    assert (finding.problem, finding.path) == ("foreign", "warc/2022/2022-05-04-00001.warc.gz")
