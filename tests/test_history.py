"""The command that lists the versions of an article."""

from __future__ import annotations

from pathlib import Path

import pytest

from feedtool.cli.context import Context
from tests.cli import Feedtool
from tests.conftest import article


@pytest.fixture
def key(feedtool: Feedtool, inbox: Path) -> str:
    """The key of an article of three versions, a word and a title having changed."""
    name = "Nước sạch về bản Pá Lương"
    assert feedtool("collect").code == 0
    (inbox / "a.txt").write_text(article(name, "Nước về bản, bà con mừng."), "utf-8")
    assert feedtool("collect").code == 0
    (inbox / "a.txt").write_text(article(name + " rồi", "Nước về bản, bà con mừng."), "utf-8")
    assert feedtool("collect").code == 0
    return str(feedtool("list", "--json").json[0]["_feedtool"]["key"])  # type: ignore[index]


def test_each_version_is_listed(feedtool: Feedtool, key: str) -> None:
    """A line for each, the oldest first, with its time, digest and what changed."""
    lines = feedtool("history", key).out.splitlines()
    assert [line.split()[0] for line in lines] == ["1", "2", "3"]
    assert all("2022-05-04 03:02:01Z" in line for line in lines)
    assert [line.split(maxsplit=4)[-1] for line in lines] == [
        "first version",
        "summary, body",
        "title",
    ]


def test_the_diff_shows_what_went_and_came(feedtool: Feedtool, key: str) -> None:
    """With --diff, removed and added words stand in marks, and no colour goes into a pipe."""
    out = feedtool("history", key, "--diff").out
    assert "bà con [-vui-]{+mừng+}." in out
    assert "Pá Lương{+ rồi+}" in out
    assert "\x1b" not in out


def test_json_gives_both_texts(feedtool: Feedtool, key: str) -> None:
    """With --json, a version is an object on a line, its diff pieces by field."""
    lines = feedtool("history", key, "--diff", "--json").json
    assert [line["revision"] for line in lines] == [1, 2, 3]
    assert [line["changed"] for line in lines] == [[], ["summary", "body"], ["title"]]
    assert all(len(str(line["digest"])) == len("sha256:") + 64 for line in lines)
    assert lines[0]["diff"] == []
    assert lines[2]["diff"] == [
        {
            "field": "title",
            "pieces": [
                {"kind": "same", "text": "Nước sạch về bản Pá Lương"},
                {"kind": "added", "text": " rồi"},
            ],
        }
    ]
    assert "diff" not in feedtool("history", key, "--json").json[0]


def test_colours_are_for_terminals(
    feedtool: Feedtool, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a terminal, what went is red and crossed out and what came is green."""
    monkeypatch.setattr(Context, "colours", lambda _: True)
    out = feedtool("history", key, "--diff").out
    assert "\x1b[31;9mvui\x1b[0m\x1b[32mmừng\x1b[0m." in out


class _Terminal:
    def isatty(self) -> bool:
        return True


def test_colours_can_be_declined(tmp_path: Path) -> None:
    """NO_COLOR, set to anything, means none; what isn't a terminal has none."""
    for environ, wanted in (({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True)):
        context = Context(_Terminal(), _Terminal(), environ, tmp_path, json=False)  # type: ignore[arg-type]
        assert context.colours() is wanted
    assert not Context(None, _Terminal(), {}, tmp_path, json=False).colours()  # type: ignore[arg-type]


def test_an_unknown_key_is_a_fault_of_use(feedtool: Feedtool, inbox: Path) -> None:
    """A key that the archive doesn't hold ends with exit code 2 and the way out."""
    assert feedtool("collect").code == 0
    run = feedtool("history", "2020/01/01/nothing")
    assert run.code == 2
    assert "feedtool list" in run.err
