"""The command that searches, and lists that go on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from feedtool.cli.context import Context
from tests.cli import Feedtool
from tests.conftest import article

TITLES = ("Đảng bộ huyện tổng kết năm", "Dâng nước lên bản", "Nước sạch về bản Pá Lương")


@pytest.fixture
def kept(feedtool: Feedtool, tmp_path: Path) -> Feedtool:
    """An archive of three articles of three days."""
    for number, title in enumerate(TITLES, 1):
        text = article(title, day=f"{number}/3/2022")
        (tmp_path / f"inbox/{number}.txt").write_text(text, "utf-8")
    assert feedtool("collect").code == 0
    return feedtool


def test_words_are_found_without_their_marks(kept: Feedtool) -> None:
    """`dang` finds đảng and dâng, the newest first, with the day, the key and the words around."""
    out = kept("search", "dang").out
    assert [line.split("  ")[1].split(" — ")[0] for line in out.splitlines()[::3]] == [
        TITLES[1],
        TITLES[0],
    ]
    assert "2022/03/01/dang-bo-huyen-tong-ket-nam" in out


def test_what_fits_best_comes_first(kept: Feedtool) -> None:
    """`--best` puts the word as it was typed before its other forms."""
    found = kept("search", "đảng", "--best", "--json")
    titles = [json.loads(line)["title"] for line in found.out.splitlines()]
    assert titles == [TITLES[0], TITLES[1]]


def test_json_says_where_the_words_are(kept: Feedtool) -> None:
    """The marks are ranges of the snippet."""
    [found] = (
        json.loads(line) for line in kept("search", "'về bản'", "--json").out.splitlines()[:1]
    )
    said = [found["snippet"][start:end] for start, end in found["marks"]]
    assert {one.casefold() for one in said} <= {"về", "bản", "về bản"}
    assert said
    assert found["key"].startswith("2022/03/")


@pytest.mark.parametrize("how", [["search", "nuoc"], ["search", "nuoc", "--best"], ["list"]])
def test_a_list_goes_on_after_a_key(kept: Feedtool, how: list[str]) -> None:
    """Page after page gives all that one list gives, in its order."""
    whole = [json.loads(line) for line in kept(*how, "--json").out.splitlines()]
    keys = [one.get("key") or one["_feedtool"]["key"] for one in whole]
    assert len(keys) == 3
    found: list[str] = []
    for _ in keys:
        after = ["--after", found[-1]] if found else []
        run = kept(*how, "--limit", "1", *after, "--json")
        [one] = (json.loads(line) for line in run.out.splitlines())
        found.append(one.get("key") or one["_feedtool"]["key"])
        if how[0] == "search":
            assert ("there is more" in run.err) == (len(found) < 3)
    assert found == keys


@pytest.mark.parametrize("how", [["search", "nuoc"], ["search", "nuoc", "--best"], ["list"]])
def test_a_list_goes_on_after_a_known_key_alone(kept: Feedtool, how: list[str]) -> None:
    """Any other is an error of usage."""
    run = kept(*how, "--after", "2022/01/01/none")
    assert (run.code, run.out) == (2, "")
    assert "is no key of the archive" in run.err


def test_nothing_found_is_said(kept: Feedtool) -> None:
    """It isn't an error."""
    run = kept("search", "zebra")
    assert (run.code, run.out, run.err) == (0, "", "feedtool: nothing found\n")


def test_a_query_that_can_not_be_is_told(kept: Feedtool) -> None:
    """With the word that is wrong."""
    run = kept("search", "from:yesterday")
    assert run.code == 2
    assert "from:yesterday" in run.err


def test_found_words_are_bold_on_a_terminal(
    kept: Feedtool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nowhere else."""
    monkeypatch.setattr(Context, "colours", lambda _: True)
    out = kept("search", "hoach").out
    assert "kế \x1b[1mhoạch\x1b[0m" in out
