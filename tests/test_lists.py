"""Lists of every archive: pages that go on from a key, search, and readers beside a writer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedtool import sqlite
from feedtool.archive import index, item
from feedtool.archive.folder import FolderArchive
from feedtool.archive.memory import MemoryArchive
from feedtool.archive.protocol import Archive
from feedtool.archive.query import parse
from feedtool.data import replace
from feedtool.errors import ArchiveError
from feedtool.kept import Version, Withdrawal
from feedtool.model import Published
from tests.conftest import NOW, make_version


def version_of(number: int, hour: int, source: str = "valley", **fields: object) -> Version:
    """The first version of an entry of this hour."""
    made = make_version(
        id=f"tag:e.example,2022:{number}",
        title=f"Tin số {number}",
        published=Published.at(datetime(2022, 1, 1, tzinfo=UTC) + timedelta(hours=hour)),
        **fields,
    )
    return replace(made, source=source, key=f"{made.key}-{number}")


def withdrawn(version: Version) -> Version:
    """The next version of an entry, which its owner has withdrawn."""
    why = Withdrawal(NOW, "owner", "by mistake")
    return replace(version, revision=version.revision + 1, withdrawn=why)


@given(
    hours=st.lists(st.integers(0, 5), min_size=1, max_size=12),
    page=st.integers(1, 4),
    chosen=st.sets(st.sampled_from(["a", "b", "c"])),
)
def test_pages_give_what_one_list_gives(hours: list[int], page: int, chosen: set[str]) -> None:
    """Whatever falls on one moment, and of whatever sources: nothing is left out or given twice."""
    with MemoryArchive() as archive:
        archive.put([version_of(n, hour, "abc"[n % 3]) for n, hour in enumerate(hours)])
        sources = sorted(chosen)
        whole = [version.key for version in archive.newest(sources=sources)]
        assert len(whole) == sum("abc"[n % 3] in chosen or not chosen for n in range(len(hours)))
        found: list[str] = []
        while True:
            after = found[-1] if found else None
            some = [one.key for one in archive.newest(sources=sources, limit=page, after=after)]
            if not some:
                break
            found += some
        assert found == whole


def test_lists_longer_than_a_page_are_whole(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages that are read ahead follow each other without a gap."""
    monkeypatch.setattr(index, "_PAGES", (2, 3))
    archive.put([version_of(n, n // 2, "ab"[n % 2]) for n in range(20)])
    numbers = [int(one.entry.title.split()[-1]) for one in archive.newest()]
    assert [number // 2 for number in numbers] == [n // 2 for n in reversed(range(20))]
    assert len(set(numbers)) == 20
    assert len(list(archive.search(parse("tin")))) == 20


def test_words_are_found_until_they_are_revised_away(archive: Archive) -> None:
    """Search knows the current version of each entry and no other."""
    first = version_of(1, 1, content_text="Đảng bộ huyện.")
    archive.put([first])
    assert [one.key for one in archive.search(parse("dang bo"))] == [first.key]
    second = replace(
        first, revision=2, entry=replace(first.entry, content_text="Nước sạch."), last_revised=NOW
    )
    archive.put([replace(second, digest=item.digest(second.entry))])
    assert list(archive.search(parse("dang"))) == []
    assert [one.revision for one in archive.search(parse("nuoc"))] == [2]


def test_search_goes_on_after_a_key(archive: Archive) -> None:
    """The next page begins where the last one ended; a key that is none gives nothing."""
    archive.put([version_of(n, n) for n in range(5)])
    query = parse("tin")
    whole = [one.key for one in archive.search(query)]
    assert [one.key for one in islice(archive.search(query, after=whole[1]), 2)] == whole[2:4]
    assert list(archive.search(query, after="2022/01/01/none")) == []
    assert list(archive.newest(after="2022/01/01/none")) == []


def test_what_may_fit_best_says_when_it_is_cut(archive: Archive) -> None:
    """Of more matches than it may look at, the newest are given, and that there are others."""
    archive.put([version_of(n, n) for n in range(5)])
    found, is_cut = archive.best(parse("tin"), 3)
    assert (len(found), is_cut) == (3, True)
    found, is_cut = archive.best(parse("tin"), 5)
    assert (len(found), is_cut) == (5, False)


def test_what_is_withdrawn_is_found_by_name_alone(archive: Archive) -> None:
    """It stands in no list, its names stay taken, and it may come back."""
    first, other = version_of(1, 1), version_of(2, 2)
    archive.put([first, other])
    gone = withdrawn(first)
    archive.put([gone])
    assert [one.key for one in archive.newest()] == [other.key]
    assert [one.key for one in archive.newest(sources=["valley"])] == [other.key]
    assert [one.key for one in archive.search(parse("tin"))] == [other.key]
    assert archive.find(first.entry.id) == gone
    assert first.key in archive.changes(None)[0]
    assert list(archive.newest(after=first.key)) == []
    assert list(archive.search(parse("tin"), after=first.key)) == []
    archive.put([replace(first, revision=3)])
    assert [one.key for one in archive.newest()] == [other.key, first.key]


def test_names_of_an_earlier_version_are_free(archive: Archive) -> None:
    """What a text was called before it was revised finds nothing, and another may have it."""
    first = version_of(1, 1)
    minted = replace(first.entry, id="tag:e.example,2022-01-01:valley/a.txt")
    first = replace(first, entry=minted)
    archive.put([first])
    told = item.names(first)[-1]
    assert archive.find(told) == first
    second = replace(first, revision=2, entry=replace(minted, content_text="Khác."))
    archive.put([second])
    assert archive.find(told) is None
    assert archive.find(minted.id) == second


def test_readers_and_a_writer_do_not_wait_for_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody in the middle of lists holds up no put, and goes on after it."""
    monkeypatch.setattr(sqlite, "_BUSY_SECONDS", 0.0)  # who would have to wait fails
    with FolderArchive(tmp_path, writing=True) as archive:
        archive.put([version_of(n, n) for n in range(120)])
        with FolderArchive(tmp_path) as reader:
            lists = [
                reader.newest(),
                reader.search(parse("tin")),
                reader.newest(sources=["valley"]),
            ]
            for one in lists:
                next(one)
            archive.put([version_of(n, n) for n in range(200, 210)])
            assert all(len(list(one)) == 119 for one in lists)
            assert len(list(reader.newest())) == 130


def test_a_damaged_search_is_told(tmp_path: Path) -> None:
    """With the way out, as any damage of the index is."""
    with FolderArchive(tmp_path, writing=True) as archive:
        archive.put([version_of(1, 1)])
        archive._index._database.execute("DROP TABLE search")
        with pytest.raises(ArchiveError, match="feedtool reindex"):
            list(archive.search(parse("tin")))
        with pytest.raises(ArchiveError, match="feedtool reindex"):
            archive.best(parse("tin"), 5)
        with pytest.raises(ArchiveError, match="no such table"):
            archive.put([version_of(2, 2)])
        archive.reindex()
        assert len(list(archive.search(parse("tin")))) == 1  # what couldn't be put isn't there
        archive.put([version_of(2, 2)])
        assert len(list(archive.search(parse("tin")))) == 2


def test_entries_of_one_second_all_have_their_moments(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the numbers within a second begin anew."""
    monkeypatch.setattr(index.search, "moment", lambda seconds, number: seconds * 4 + number % 4)
    archive.put([version_of(n, 1) for n in range(4)])
    archive.put([version_of(9, 2)])
    assert len(list(archive.search(parse("tin")))) == 5
    assert len(list(archive.newest())) == 5
