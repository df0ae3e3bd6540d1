"""Bad input, end to end: a clear error or a safe repair, and the others archived."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

from tests.cli import Feedtool, Run
from tests.conftest import ROOT, article
from tests.test_decode import windows_1258

TITLE = "Nước sạch về bản Pá Lương"
TEXT = article("Hồ Nậm Ngân mở hội đua thuyền")


def _drop(inbox: Path, body: bytes, name: str = "b.txt") -> None:
    (inbox / name).write_bytes(body)


def _titles(run: Run) -> set[object]:
    return {item["title"] for item in run.json}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "is empty"),
        (bytes(range(256)) * 100, "is binary"),
        (b"x" * (11 * 1024 * 1024), "is longer than http.max_bytes"),
        (b"...\n\n...\n", "no "),
        (b"18/1/2022\n", "no "),
        (b"<html><body></body></html>", "has no"),
        (b"<?xml version='1.0'?><rss version='2.0'><channel><item", "is no feed"),
    ],
    ids=["empty", "binary", "long", "no headline", "date alone", "empty page", "torn feed"],
)
def test_what_cannot_be_read_is_told_and_the_rest_archived(
    feedtool: Feedtool,
    inbox: Path,
    body: bytes,
    reason: str,
) -> None:
    """Exit 1, the file and the reason on stderr, and the good article in the feed."""
    _drop(inbox, body)
    run = feedtool("run")
    assert run.code == 1
    assert "b.txt" in run.err
    assert reason in run.err
    assert "Traceback" not in run.err
    assert _titles(feedtool("list", "--json")) == {TITLE}
    assert TITLE in (inbox.parent / "public/all.atom").read_text("utf-8")
    assert feedtool("check").code == 0


@pytest.mark.parametrize(
    "body",
    [
        windows_1258(TEXT),
        TEXT.encode("utf-16"),
        TEXT.encode("utf-8-sig"),
        unicodedata.normalize("NFD", TEXT).encode(),
        TEXT.replace("\n", "\r\n").encode(),
    ],
    ids=["windows-1258", "utf-16", "utf-8 with a mark", "decomposed", "crlf"],
)
def test_other_encodings_give_the_same_article(
    feedtool: Feedtool,
    inbox: Path,
    body: bytes,
) -> None:
    """Title, author and day come out the same, under the same key."""
    _drop(inbox, body)
    assert feedtool("run").code == 0
    shown = feedtool("show", "2022/01/18/ho-nam-ngan-mo-hoi-dua-thuyen", "--json")
    [item] = shown.json
    assert item["title"] == "Hồ Nậm Ngân mở hội đua thuyền"
    assert item["authors"] == [{"name": "HOÀI AN"}]


def test_an_article_without_a_date_is_kept_and_says_so(
    feedtool: Feedtool,
    inbox: Path,
) -> None:
    """It lies under the day it was first seen, marked as guessed, and is not dated anew."""
    _drop(inbox, "Chợ phiên họp lại\n\nBà con rất vui, hàng bán nhiều.\n".encode())
    feedtool("run")
    [item] = feedtool("show", "2022/05/04/cho-phien-hop-lai", "--json").json
    assert item["_feedtool"]["date_guessed"] is True  # type: ignore[index]
    assert "valley: 2 unchanged" in feedtool("run").out


@pytest.mark.parametrize(
    ("title", "slug"),
    [("../../etc/passwd", "etc-passwd"), ("ă" * 10_000, "a" * 100), ("CON", "con-")],
)
def test_hostile_titles_stay_in_their_folder(
    feedtool: Feedtool,
    inbox: Path,
    title: str,
    slug: str,
) -> None:
    """The title is kept whole, and its key is a safe name in the archive."""
    _drop(inbox, article(title).encode())
    assert feedtool("run").code == 0
    [item] = [item for item in feedtool("list", "--json").json if item["title"] == title]
    key = str(item["_feedtool"]["key"])  # type: ignore[index]
    assert key.startswith(f"2022/01/18/{slug}")
    before = sorted(inbox.parent.parent.iterdir())
    assert feedtool("publish", "--all").code == 0
    assert sorted(inbox.parent.parent.iterdir()) == before
    assert {path.name for path in inbox.parent.iterdir()} == {
        *("archive", "public", "inbox", "feedtool.toml")
    }


def test_a_file_name_that_is_no_utf8_is_read_as_any(feedtool: Feedtool, inbox: Path) -> None:
    """The article is archived once, and its name is told escaped."""
    name = os.fsencode(inbox) + b"/caf\xe9.txt"
    Path(os.fsdecode(name)).write_bytes(TEXT.encode())
    assert "valley: 2 new" in feedtool("run").out
    assert "valley: 2 unchanged" in feedtool("run").out
    assert feedtool("check").code == 0
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "feedtool", "extract", "--json", os.fsdecode(name)]
    run = subprocess.run(command, capture_output=True, env=environment, cwd=inbox.parent)
    assert json.loads(run.stdout)["input"].endswith("caf\udce9.txt")


def test_a_missing_inbox_costs_no_other_source(
    feedtool: Feedtool,
    inbox: Path,
) -> None:
    """The folder that isn't there is named; the other source is archived."""
    config = inbox.parent / "feedtool.toml"
    gone = '\n[[source]]\nname = "gone"\nurl = "none"\n'
    config.write_text(config.read_text() + gone)
    run = feedtool("run")
    assert run.code == 1
    assert "none: isn't there" in run.err
    assert "valley: 1 new" in run.out
