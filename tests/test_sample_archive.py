"""The archive that is delivered is the one that the demo's sources give."""

from __future__ import annotations

import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

from feedtool.archive import check
from feedtool.archive.folder import FolderArchive
from feedtool.collect import collect
from feedtool.settings import load
from tests.conftest import ROOT


def _files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".feedtool" not in path.parts
    }


def test_the_sample_archive_is_made_anew(tmp_path: Path) -> None:
    """Made at the moment that the Makefile names, every byte is the same."""
    [epoch] = re.findall(r"^SAMPLE_EPOCH := (\d+)$", (ROOT / "Makefile").read_text(), re.M)
    shutil.copytree(ROOT / "config", tmp_path / "config")
    config = load(tmp_path / "config/demo.toml")
    now = datetime.fromtimestamp(int(epoch), UTC)
    with FolderArchive(config.archive.path, writing=True) as archive:
        assert not any(outcome.failed for outcome in collect(config, archive, now=now))
    assert _files(tmp_path / "archive") == _files(ROOT / "archive")


def test_the_sample_archive_is_whole() -> None:
    """`check` has nothing against it."""
    with FolderArchive(ROOT / "archive") as archive:
        assert len(list(archive.newest())) == 5
        assert list(check.check(archive)) == []
