"""Our templates are compiled once, and kept only as long as they are what would be compiled."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from feedtool.data import replace
from feedtool.publish import theme
from feedtool.publish.rendering import Rendering
from feedtool.publish.theme import Theme

OURS = replace(theme.load("en", None), templates={"one.html": "<p>{{ word }}"})


def rendered(kept: Path, theme: Theme = OURS) -> bytes:
    """What the template makes of a word."""
    return Rendering(theme, {}, kept).render("one", {"word": "a&b"})


@pytest.fixture(autouse=True)
def writing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python may keep what it compiles."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)


def test_what_was_compiled_is_kept_and_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One file is made for a template, in a folder that need not be there, and nothing is compiled
    where that holds."""
    kept = tmp_path / "__pycache__"
    assert rendered(kept) == b"<p>a&amp;b"
    [file] = kept.iterdir()
    monkeypatch.setattr("jinja2.Environment.compile", None)
    assert rendered(kept) == b"<p>a&amp;b"
    assert [file] == list(kept.iterdir())


def test_what_does_not_hold_is_compiled_anew(tmp_path: Path) -> None:
    """Other words of a template, and a file that is damaged in whatever way, give what the template
    says now; and that is kept."""
    rendered(tmp_path)
    other = replace(OURS, templates={"one.html": "<b>{{ word }}"})
    assert rendered(tmp_path, other) == b"<b>a&amp;b"
    [file] = tmp_path.iterdir()
    whole = file.read_bytes()
    for damaged in (b"", b"no", whole[:-1], whole[:30], whole[:12] + b"\xff" + whole[13:]):
        file.write_bytes(damaged)
        assert rendered(tmp_path, other) == b"<b>a&amp;b"
        assert file.read_bytes() == whole


def test_nothing_is_kept_where_it_may_not_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages are made all the same where the folder can't be, and where Python is told to keep
    nothing."""
    (tmp_path / "file").touch()
    assert rendered(tmp_path / "file") == b"<p>a&amp;b"
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert rendered(tmp_path / "none") == b"<p>a&amp;b"
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]


def test_templates_of_a_theme_are_not_kept(tmp_path: Path) -> None:
    """They are their owner's, who changes them, and lie elsewhere."""
    own = replace(OURS, own=frozenset({"one.html"}), folder=tmp_path)
    assert rendered(tmp_path, own) == b"<p>a&amp;b"
    assert not list(tmp_path.iterdir())
