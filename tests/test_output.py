"""Files of the published folder: replaced where they change, whether one or many lie together."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from feedtool.lease import Lease
from feedtool.publish import output
from feedtool.publish.output import Output

FEW, MANY = 3, 40


def made(count: int, folder: str = "2022/05/04") -> list[tuple[str, bytes]]:
    """So many files of one folder, each with other bytes."""
    return [(f"{folder}/n{one}.html", f"page {one}".encode()) for one in range(count)]


@pytest.mark.parametrize("count", [FEW, MANY])
@pytest.mark.parametrize("kept", [0, 20_000])
def test_only_what_changed_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int, kept: int
) -> None:
    """However many files lie in a folder, and however many names are kept in memory: those that
    hold their bytes stay, those that a person removed or edited, and new ones, are written."""
    monkeypatch.setattr(output, "_KEPT", kept)
    with Lease(tmp_path) as lease:
        files = Output(tmp_path, lease, [])
        files.write(made(count))
        files.write(made(count))
        assert files.written == [name for name, _ in made(count)]
        assert files.unchanged == count
        first, second, *_ = (tmp_path / name for name, _ in made(count))
        first.unlink()
        second.write_bytes(b"edited")
        for again in (files, Output(tmp_path, lease, [])):
            before = len(again.written)
            again.write(made(count + 1))
            assert again.written[before:] == [
                name for name, _ in (*made(2), made(count + 1)[-1]) if again is files
            ]
    assert [(tmp_path / name).read_bytes() for name, _ in made(count)] == [
        data for _, data in made(count)
    ]


@pytest.mark.parametrize("count", [FEW, MANY])
def test_what_would_be_served_instead_goes(tmp_path: Path, count: int) -> None:
    """A variant that isn't wanted any more goes with the change of its file, also where the file
    itself wasn't there; beside a file that stays as it is, it stays."""
    with Lease(tmp_path) as lease:
        Output(tmp_path, lease, ["gzip", "zstd"]).write(made(count))
        name, _ = made(count)[0]
        (tmp_path / name).unlink()
        Output(tmp_path, lease, ["gzip"]).write([(name, b"x") for name, _ in made(2)])
        Output(tmp_path, lease, []).write(made(count))
    left = sorted(os.listdir(tmp_path / "2022/05/04"))  # noqa: PTH208
    assert [one for one in left if one.startswith(("n0.", "n1."))] == ["n0.html", "n1.html"]
    assert [one for one in left if one.startswith("n2.")] == [
        *("n2.html", "n2.html.gz", "n2.html.zst")
    ]


def test_names_beyond_ascii_are_asked_for_one_by_one(tmp_path: Path) -> None:
    """A theme's files may have any names, which systems may tell of in another form."""
    named = [(f"chữ/{name}", data) for name, data in made(MANY)]
    with Lease(tmp_path) as lease:
        for _ in range(2):
            files = Output(tmp_path, lease, [])
            files.write(named)
    assert files.unchanged == MANY
    assert files._seen._listed == {}
