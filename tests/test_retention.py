"""Retention: how long a source's entries are kept."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from feedtool import retention
from feedtool.archive.folder import FolderArchive
from feedtool.archive.protocol import Archive
from feedtool.data import replace
from feedtool.errors import ConfigError
from feedtool.model import Published, Source
from feedtool.settings import parse
from tests.cli import CONFIG, Feedtool
from tests.conftest import NOW, later, make_version
from tests.feeds import Valley, items, rss

YEAR = timedelta(days=365)


def _source(name: str, keep: timedelta | None) -> Source:
    return Source(name=name, url=f"https://{name}.example/", kind="feed", keep=keep)


def _left(archive: Archive) -> list[str]:
    return sorted(version.entry.id for version in archive.newest())


def test_what_is_old_is_purged_after_a_round(archive: Archive) -> None:
    """What was published longer ago than it is kept for goes, with the reason, and doesn't come
    back; what another source brought stays."""
    days = {"day": "2022-03-{0:02}T08:00:00Z"}
    valley = Valley(archive, _source("a", YEAR), _source("b", None))
    valley.round(NOW, a=rss(items(1, 20, **days)), b=rss(items(2, id="urn:b:{0}", **days)))
    assert _left(archive) == ["urn:b:2", "urn:old:1", "urn:old:20"]
    [old] = [one for one in archive.newest() if one.entry.id == "urn:old:1"]
    now = NOW.replace(year=2023, month=3, day=10)
    for n in range(2):
        new = items(1, 20, title=f"Tin {n} {{0}}", **days)
        outcome = valley.round(now, a=rss(new))["a"]
        assert _left(archive) == ["urn:b:2", "urn:old:20"]
        assert (outcome.unchanged, len(outcome.changes)) == (1, 1)
    left = archive.get(old.key)
    assert left is not None
    assert left.withdrawn is not None
    assert (left.withdrawn.by, left.withdrawn.reason) == ("owner", "kept 365d")
    assert (left.withdrawn.purged, left.entry.published) == (True, old.entry.published)
    assert archive.history(old.key) == ()


def test_what_is_too_old_is_never_taken_in(archive: Archive) -> None:
    """An entry that would be purged after the round is counted as known."""
    valley = Valley(archive, _source("a", timedelta(days=30)))
    outcome = valley.only(NOW, rss(items(1, 2, day="2022-01-{0:02}T08:00:00Z") + items(9, day="")))
    assert (outcome.unchanged, len(outcome.changes)) == (2, 1)
    assert _left(archive) == ["urn:old:9"]


def test_what_has_no_date_is_kept_from_when_it_was_first_seen(archive: Archive) -> None:
    """It is purged as long after that, and known for good."""
    valley = Valley(archive, _source("a", timedelta(days=30)))
    undated = rss(items(1, day=""))
    valley.only(NOW, undated)
    valley.only(later(days=29), undated)
    assert _left(archive) == ["urn:old:1"]
    valley.only(later(days=31), undated)
    valley.only(later(days=32), rss(items(1, day="", title="Khác")))
    assert _left(archive) == []


def test_a_round_purges_a_part(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """So many entries, the oldest first; the rest goes after the next rounds."""
    monkeypatch.setattr(retention, "_MOST", 4)
    monkeypatch.setattr(retention, "_BATCH", 2)
    made = []
    for n in range(1, 8):
        when = Published.at(NOW - timedelta(days=n))
        made.append(make_version(archive, id=f"urn:x:{n}", title=f"T{n}", published=when))
        archive.put(made[-1:])
    source = replace(_source("valley", timedelta(hours=1)))
    assert retention.expire(archive, source, NOW) == 4
    assert _left(archive) == ["urn:x:1", "urn:x:2", "urn:x:3"]
    assert retention.expire(archive, source, NOW) == 3
    assert retention.expire(archive, source, NOW) == 0
    assert retention.expire(archive, _source("valley", None), later(days=9999)) == 0


def test_purging_writes_little_where_nothing_is_due(folder_archive: FolderArchive) -> None:
    """A round after which nothing is due changes no number in the index."""
    valley = Valley(folder_archive, _source("a", YEAR))
    valley.only(NOW, rss(items(1)))
    before = folder_archive.changes(None)
    valley.only(later(days=1), rss(items(1)))
    assert folder_archive.changes(None) == before


@pytest.mark.parametrize(
    ("keep", "written"), [("365d", "365d"), ("36h", "36h"), ("48h", "2d"), ("90m", "90m")]
)
def test_a_configuration_says_how_long(keep: str, written: str, tmp_path: Path) -> None:
    """As a length of time, which the reason names; none means for ever."""
    config = parse(f'{CONFIG}keep = "{keep}"\n', tmp_path / "feedtool.toml")
    assert retention.written(config.source[0]) == written
    assert parse(CONFIG, tmp_path / "feedtool.toml").source[0].keep is None
    with pytest.raises(ConfigError, match=r"source\[0\].keep"):
        parse(f'{CONFIG}keep = "for long"\n', tmp_path / "feedtool.toml")


def test_a_round_tells_how_many_were_purged(
    feedtool: Feedtool, inbox: Path, tmp_path: Path
) -> None:
    """What a source is no longer kept for goes with a word, once."""
    feedtool("collect")
    path = tmp_path / "feedtool.toml"
    written = path.read_text("utf-8")
    path.write_text(f'{written}keep = "30d"\n', "utf-8")
    assert feedtool("collect").out == "valley: 1 unchanged, 1 purged, as their time was over\n"
    assert feedtool("collect").out == "valley: 1 unchanged\n"
