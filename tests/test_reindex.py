"""The index made anew from the files alone: the same answers, by other processes too, and safely."""

from __future__ import annotations

import os
import random
import shutil
from collections import defaultdict
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedtool.archive import bulk, item
from feedtool.archive.check import check
from feedtool.archive.folder import FolderArchive
from feedtool.archive.query import parse
from feedtool.archive.row import File
from feedtool.data import replace
from feedtool.errors import ArchiveError
from feedtool.kept import Version, Withdrawal
from feedtool.model import Evidence, Published
from tests.conftest import NOW, later, make_version

WORDS = ("chợ", "Đảng", "nước", "trường", "新闻", "bridge", "one")
SOURCES = ("valley", "hill", "shore")


def _put(archive: FolderArchive, seed: int, steps: int) -> list[Version]:
    """Put new entries, revisions and withdrawals in an order that `seed` says; return all current
    versions."""
    chance = random.Random(seed)
    current: dict[str, Version] = {}
    for step in range(steps):
        chosen = chance.choice([*current, None]) if current else None
        title = " ".join(chance.choices(WORDS, k=3))
        sure = (Evidence("title", "headline", title, chance.choice((0.4, 0.9))),)
        when = later(minutes=step)
        if chosen is None:
            name = f"tag:e.example,2022-01-01:place/{step}"
            identity = chance.choice((name, f"https://e.example/{step}"))
            at = Published.at(NOW - timedelta(hours=chance.randrange(4)))
            version = make_version(
                archive,
                now=when,
                id=identity,
                title=title,
                published=chance.choice((at, Published.on(NOW.date()), None)),
                content_text=f"{chance.choice(WORDS)} {step}",
                evidence=sure,
            )
            version = replace(version, source=chance.choice(SOURCES))
        else:
            old = current[chosen]
            entry = replace(old.entry, title=title, content_text=f"{title} {step}", evidence=sure)
            withdrawn = old.withdrawn or chance.choice((None, None, Withdrawal(when, "owner", "x")))
            version = replace(
                old,
                entry=entry,
                digest=item.digest(entry),
                revision=old.revision + 1,
                last_revised=when,
                withdrawn=withdrawn,
            )
        archive.put([version])
        current[version.key] = version
    return list(current.values())


def _answers(archive: FolderArchive, versions: list[Version]) -> dict[str, object]:
    """All that can be asked of an archive. What search finds of one second has no order."""
    found: dict[str, object] = {"newest": [one.key for one in archive.newest()]}
    for source in SOURCES:
        found[source] = [one.key for one in archive.newest(sources=[source])]
    for least in (0.1, 0.5, 1.0):
        found[f"less sure than {least}"] = [one.key for one in archive.newest(less_sure_than=least)]
    for asked in (*WORDS, '"chợ nước"', "source:hill", f"from:{NOW:%Y-%m-%d}", "author:an cho"):
        by_time: dict[object, set[str]] = defaultdict(set)
        order = []
        for one in archive.search(parse(asked)):
            assert one.entry.published
            by_time[one.entry.published.time].add(one.key)
            order.append(one.entry.published.time)
        assert order == sorted(order, reverse=True)
        found[asked] = by_time
    for version in versions:
        for name in item.names(version):
            holder = archive.find(name)
            found[name] = holder and holder.key
    found["files"] = dict(archive.indexed())
    found["changed"] = set(archive.changes(None)[0])
    return found


@given(seed=st.integers(0, 1 << 32), steps=st.integers(1, 25))
def test_the_index_made_anew_answers_the_same(
    tmp_path_factory: pytest.TempPathFactory, seed: int, steps: int
) -> None:
    """Whatever was put, revised and withdrawn, what is asked is answered as it was before."""
    folder = tmp_path_factory.mktemp("archive")
    with FolderArchive(folder, writing=True) as archive:
        versions = _put(archive, seed, steps)
        before = _answers(archive, versions)
        assert archive.reindex() == []
        assert _answers(archive, versions) == before
        assert list(check(archive)) == []
    with FolderArchive(folder) as reader:
        (folder / ".feedtool/index.sqlite").unlink()
        assert _answers(reader, versions) == before
    shutil.rmtree(folder)


def _many(archive: FolderArchive, count: int) -> None:
    archive.put([make_version(id=f"tag:e.example,2022:{n}", title=f"T{n}") for n in range(count)])


def test_other_processes_help(
    folder_archive: FolderArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With helpers, the index is the same, and what is damaged is told all the same."""
    _many(folder_archive, 40)
    before = list(folder_archive.indexed())
    broken = folder_archive.path / "2022/01/18/t17.json"
    broken.write_bytes(b"{")
    monkeypatch.setattr(bulk, "_FEW", 10)
    monkeypatch.setattr(bulk, "_CHUNK", 5)
    steps: list[str] = []
    [error] = folder_archive.reindex(2, steps.append)
    assert (error.subject, error.exit_code) == (str(broken), 65)
    assert len(steps) == 40
    assert list(folder_archive.indexed()) == [one for one in before if "t17" not in one[0]]


def test_helpers_that_die_or_can_not_be_had_are_done_without(
    folder_archive: FolderArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where other processes fail, this one reads alone."""
    import multiprocessing

    _many(folder_archive, 12)
    before = list(folder_archive.indexed())
    monkeypatch.setattr(bulk, "_FEW", 0)
    monkeypatch.setattr(bulk, "_CHUNK", 5)
    with monkeypatch.context() as patch:
        patch.setattr(bulk, "_begin", partial(os._exit, 3))
        assert folder_archive.reindex(1) == []
    assert list(folder_archive.indexed()) == before

    def refused(_: str) -> object:
        raise OSError("no semaphores here")

    monkeypatch.setattr(multiprocessing, "get_context", refused)
    assert folder_archive.reindex(1) == []
    assert list(folder_archive.indexed()) == before


def test_the_old_index_serves_until_the_new_one_is_whole(folder_archive: FolderArchive) -> None:
    """Interrupted, or with a file that can't be read, all stays as it was."""
    _many(folder_archive, 5)
    before = list(folder_archive.indexed())
    cursor = folder_archive.changes(None)

    def interrupted(_: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        folder_archive.reindex(step=interrupted)
    with pytest.MonkeyPatch.context() as patch:

        def broken(folder: Path, *_: object) -> object:
            raise ArchiveError(folder, "can't be used: Input/output error")

        patch.setattr(bulk, "load", broken)
        with pytest.raises(ArchiveError, match="Input/output"):
            folder_archive.reindex()
    beside = folder_archive.path / ".feedtool"
    assert not list(beside.glob("index.new*"))
    assert list(folder_archive.indexed()) == before
    assert folder_archive.changes(None) == cursor
    folder_archive.close()
    with FolderArchive(folder_archive.path) as reader:
        assert list(reader.indexed()) == before


def test_the_index_knows_files_as_they_were_read(folder_archive: FolderArchive) -> None:
    """Size and time in the index are those of the file that was taken in, after either way."""
    _many(folder_archive, 3)
    for _ in range(2):
        for key, file in folder_archive.indexed():
            assert file == File.of((folder_archive.path / f"{key}.json").stat())
            assert folder_archive.file_of(key) == file
        folder_archive.reindex()
    assert folder_archive.file_of("2022/01/18/none") is None
