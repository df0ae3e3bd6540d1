"""What was withdrawn or purged doesn't come back by another way, and nothing of it is left over."""

from __future__ import annotations

import pytest

from feedtool import files
from feedtool.archive import item
from feedtool.archive.check import check
from feedtool.archive.folder import FolderArchive
from feedtool.data import replace
from feedtool.errors import ArchiveError
from feedtool.interchange.merge import Merger
from feedtool.kept import Change, Receipt, Version
from feedtool.repair import Repair
from feedtool.settle import purged, withdrawn
from tests.conftest import later, make_capture, make_version

SECRET = "zyxwvsecret"


def _kept(archive: FolderArchive) -> Version:
    """An entry with three versions, each with a capture, that all say a secret."""
    for n in range(3):
        version = make_version(
            archive, now=later(hours=n), title=f"Tin {n}", content_text=f"Tin {SECRET}{n}."
        )
        capture = make_capture(f"<p>{SECRET}{n}</p>".encode(), captured=later(hours=n))
        archive.put([version], [Receipt(capture, (version.key,))])
    return archive.get(version.key) or version


def _purged(version: Version) -> Version:
    return purged(version, now=later(hours=5), by="owner", reason="asked")


def _damage(archive: FolderArchive, version: Version) -> None:
    """Cut the end off an entry's file, and repair it."""
    path = archive.path / f"{version.key}.json"
    path.write_bytes(path.read_bytes()[:-40])
    repair = Repair(archive)
    for finding in check(archive):
        repair.note(finding)
    list(repair.mend())


def _has_secret(archive: FolderArchive) -> bool:
    """True where a file of the archive says it, or a capture does."""
    archive.reindex()
    for file in archive.captures.files():
        for location, _ in archive.captures.held(file):
            capture = archive.captures.read(location)
            if capture is not None and SECRET.encode() in capture.body:
                return True
    found = (path for path in archive.path.rglob("*") if path.is_file())
    return any(SECRET.encode() in path.read_bytes() for path in found)


def test_a_damaged_line_of_a_history_hides_no_capture(folder_archive: FolderArchive) -> None:
    """What the other versions were read from is erased all the same."""
    version = _kept(folder_archive)
    path = folder_archive.path / f"{version.key}.history.jsonl"
    first, second, end = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join((b"{torn", second, end)))
    places = [item.decode(second).capture, version.capture]
    folder_archive.purge([_purged(version)])
    assert [folder_archive.captures.read(one) for one in places if one] == [None, None]
    assert item.decode(first).capture is not None


def test_what_was_put_aside_is_purged_too(folder_archive: FolderArchive) -> None:
    """What a repair copied beside an entry says what that said."""
    version = _kept(folder_archive)
    other = make_version(folder_archive, id="urn:other", title="Tin 0.json", content_text="Khác.")
    folder_archive.put([other])
    for one in (version, other):
        _damage(folder_archive, one)
    beside = (folder_archive.path / f"{version.key}.json").parent
    mended = folder_archive.get(version.key)
    assert mended is not None
    aside = sorted(path.name for path in beside.glob("*.damaged*"))
    assert f"{version.key[11:]}.json.damaged" in aside
    folder_archive.purge([_purged(mended)])
    assert not _has_secret(folder_archive)
    left = sorted(path.name for path in beside.glob("*.damaged*"))
    assert left == [name for name in aside if not name.startswith(f"{version.key[11:]}.json.")]


@pytest.mark.parametrize("reindexed", [False, True])
def test_repairing_publishes_nothing_that_was_withdrawn(
    folder_archive: FolderArchive, reindexed: bool
) -> None:
    """An entry whose damaged file was that of its withdrawal is restored as withdrawn, as far as
    the index or what is left of the file says so."""
    version = _kept(folder_archive)
    ended = withdrawn(version, now=later(hours=5), by="owner", reason="asked")
    folder_archive.put([ended])
    path = folder_archive.path / f"{version.key}.json"
    if reindexed:
        path.write_bytes(path.read_bytes()[:-4])
        folder_archive.reindex()
    else:
        path.write_bytes(b"")
    repair = Repair(folder_archive)
    for finding in check(folder_archive):
        repair.note(finding)
    list(repair.mend())
    assert list(folder_archive.newest()) == []
    mended = folder_archive.get(version.key)
    assert mended is not None
    assert mended.withdrawn is not None
    assert mended.entry == version.entry
    assert not [one for one in check(folder_archive) if one.is_damage and one.path == path.name]


def test_an_import_brings_nothing_back(folder_archive: FolderArchive) -> None:
    """Neither what was purged before, nor what another archive has revised since; and it ends no
    import."""
    version = _kept(folder_archive)
    chain = (*folder_archive.history(version.key), version)
    entry = replace(version.entry, title="Tin mới", updated=later(days=9))
    further = replace(
        version, revision=4, last_revised=later(days=9), entry=entry, digest=item.digest(entry)
    )
    folder_archive.purge([_purged(version)])
    merger = Merger(folder_archive)
    assert merger.add((*chain, further)) is Change.UNCHANGED
    merger.flush()
    assert folder_archive.get(version.key) == _purged(version)


def test_what_was_purged_elsewhere_is_purged_here(folder_archive: FolderArchive) -> None:
    """A stub that is imported takes the place of all that it says is gone."""
    version = _kept(folder_archive)
    merger = Merger(folder_archive)
    assert merger.add((_purged(version),)) is Change.REVISED
    assert merger.add((_purged(version),)) is Change.UNCHANGED
    merger.flush()
    assert not _has_secret(folder_archive)


def test_what_failed_to_be_put_leaves_no_capture(
    folder_archive: FolderArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A capture to which no entry leads could never be erased: it is taken back with the rest."""
    first = make_version(folder_archive, id="urn:x:1", title="First")
    folder_archive.put([first], [Receipt(make_capture(b"<p>1</p>"), (first.key,))])
    before = [path.read_bytes() for path in folder_archive.path.rglob("*.gz")]
    version = make_version(folder_archive, content_text=SECRET)
    whole = files.replace

    def fail(given: list[tuple[object, bytes]], *rest: object) -> object:
        if "pending" in str(given[0][0]):
            return whole(given, *rest)  # type: ignore[arg-type]
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(files, "replace", fail)
        with pytest.raises(ArchiveError, match="No space"):
            folder_archive.put([version], [Receipt(make_capture(SECRET.encode()), (version.key,))])
    assert [one.key for one in folder_archive.newest()] == [first.key]
    assert [path.read_bytes() for path in folder_archive.path.rglob("*.gz")] == before


def test_a_double_follows_what_gets_another_key(folder_archive: FolderArchive) -> None:
    """Where an import gives an entry another key, its double names that."""
    other = make_version(folder_archive, title="Same", id="urn:other", content_text="Khác.")
    folder_archive.put([other])
    first = make_version(folder_archive, title="X", id="urn:first", content_text="Một.")
    second = make_version(folder_archive, title="Y", id="urn:second", content_text="Một hai.")
    merger = Merger(folder_archive)
    merger.add((replace(first, key=other.key, source="hills"),))
    merger.add((replace(second, duplicate_of=other.key),))
    merger.flush()
    found = [folder_archive.find(name) for name in ("urn:first", "urn:second")]
    assert found[0] is not None
    assert found[1] is not None
    assert found[1].duplicate_of == found[0].key != other.key
