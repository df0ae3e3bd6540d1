"""What the archive wrote itself is read back by its types alone; what a person wrote is not."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from feedtool.archive import item, written
from feedtool.archive.folder import FolderArchive
from feedtool.data import replace
from feedtool.kept import Location, Version, Withdrawal
from feedtool.model import Enclosure, Evidence, Person, Published
from tests.conftest import NOW, make_version

_EAST = datetime(2022, 1, 18, 6, 30, tzinfo=timezone(timedelta(hours=7)))
_TITLE = Evidence("title", "“Một”", "first line", 0.9)


def _with(**fields: Any) -> Version:
    return make_version(**fields)


@pytest.mark.parametrize(
    "version",
    [
        _with(),
        _with(published=Published.at(_EAST), updated=_EAST, link="https://e.example/a"),
        _with(published=Published.on(date(2022, 1, 18)), content_text=None),
        _with(content_text=None, content_html="<p>Đèn &amp; “lửa”\u2028</p>", image="https://e.example/a"),
        _with(authors=(Person("A", "https://a.example/"), Person("B", None, "b@b.example"))),
        _with(authors=(Person("A", "https://a.example/", "a@a.example"), Person("C"))),
        _with(enclosures=(Enclosure("https://e.example/a.mp3", "audio/mpeg", 0, "A"),)),
        _with(enclosures=(Enclosure("https://e.example/a"),), categories=("a", "ă"), captions=("c",)),
        _with(evidence=(_TITLE, Evidence("summary", "x", "y", 1.0)), rights="©", language="vi-VN"),
        _with(rejected=(_TITLE, replace(_TITLE, confidence=0), Evidence("authors", "", "z", 0.25))),
        replace(_with(), withdrawn=Withdrawal(NOW, "owner", "vì", purged=True), revision=2),
        replace(_with(), gone=NOW, duplicate_of="2022/01/18/two", date_guessed=True),
        replace(_with(), capture=Location("warc/2022/2022-01-18-0001.warc.gz", 0, 900)),
    ],
)  # fmt: skip
def test_what_was_written_is_read_back(version: Version) -> None:
    """Whatever a version holds, it is read by types just as it is when everything is asked."""
    data = item.encode(version)
    assert written.decode(data) == item.decode(data) == version
    assert item.encode(item.decode(data)) == data


@pytest.mark.parametrize(
    "change",
    [
        lambda told: told.pop("id"),
        lambda told: told.update(title=1),
        lambda told: told.update(date_published="yesterday"),
        lambda told: told["_feedtool"].update(format=2),
        lambda told: told["_feedtool"].update(precision="year"),
        lambda told: told["_feedtool"].pop("evidence"),
        lambda told: told["_feedtool"].update(evidence={"colour": {}}),
    ],
)
def test_what_has_other_types_is_not(change: Any) -> None:
    """What lacks something, has it in another type, or is of another format isn't read so."""
    told = item.to_json(make_version())
    change(told)
    assert written.decode(json.dumps(told).encode()) is None
    assert written.decode(b'{"id": "tag:e.example,2022:one"') is None
    assert written.decode(b'{"id": "\xff"}') is None


def test_what_was_put_is_asked_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry whose file is as it was put, or taken in whole by a reindex, isn't asked again."""
    with FolderArchive(tmp_path / "archive", writing=True) as archive:
        versions = [make_version(id=f"tag:e.example,2022:{n}", title=f"No {n}") for n in range(3)]
        archive.put(versions)
        for _ in range(2):
            with monkeypatch.context() as patched:
                patched.setattr(item, "decode", lambda data: pytest.fail("asked"))
                assert [archive.get(one.key) for one in versions] == versions
                assert len(list(archive.newest())) == 3
            archive.reindex()


def test_what_a_person_edited_is_asked_whole(tmp_path: Path) -> None:
    """A file that a person edited is made right as it is read, also once the index has it."""
    with FolderArchive(tmp_path / "archive", writing=True) as archive:
        version = make_version(archive)
        archive.put([version])
        path = archive.path / f"{version.key}.json"
        path.write_text(path.read_text("utf-8").replace('"One"', '" One \\u0007 mended "'), "utf-8")
        assert archive.altered([version.key]) == [version.key]
        for _ in range(2):
            found = archive.get(version.key)
            assert found is not None
            assert found.entry.title == "One mended"
            assert archive.reindex() == []
        [newest] = archive.newest()
        assert newest == found


def test_a_damaged_index_holds_up_nothing_that_is_read(tmp_path: Path) -> None:
    """Where the index can't say what a file is, the file is asked whole."""
    with FolderArchive(tmp_path / "archive", writing=True) as archive:
        version = make_version(archive, published=Published.at(datetime(2022, 1, 18, tzinfo=UTC)))
        archive.put([version])
        archive._index._database.execute("DROP TABLE entry")
        assert archive.get(version.key) == version
