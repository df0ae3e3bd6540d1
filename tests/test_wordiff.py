"""Differences in words."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedtool import wordiff
from feedtool.model import Person
from feedtool.wordiff import Piece
from tests.conftest import bounded, make_entry

WORDS = st.lists(st.sampled_from(["a", "b", " ", "\n\n", "chữ", "図", "書", "ก", "é", ".", "12"]))


def _sides(pieces: tuple[Piece, ...]) -> tuple[str, str]:
    old = "".join(piece.text for piece in pieces if piece.kind != "added")
    return old, "".join(piece.text for piece in pieces if piece.kind != "removed")


@given(st.text() | WORDS.map("".join), st.text() | WORDS.map("".join))
def test_a_diff_gives_both_texts_back(old: str, new: str) -> None:
    """What stayed and went is the old text, what stayed and came the new, and nothing is empty."""
    pieces = wordiff.pieces(old, new)
    assert _sides(pieces) == (old, new)
    assert all(piece.text for piece in pieces)
    kinds = [piece.kind for piece in pieces]
    assert all(one != two for one, two in pairwise(kinds))


def test_a_changed_word_is_what_is_shown() -> None:
    """Only the word that changed is removed and added."""
    assert wordiff.pieces("Nine people were saved.", "Ten people were saved.") == (
        Piece("removed", "Nine"),
        Piece("added", "Ten"),
        Piece("same", " people were saved."),
    )


def test_scripts_without_spaces_are_told_apart_by_letter() -> None:
    """One letter of a Chinese sentence changes, and one of a Thai one."""
    assert wordiff.pieces("市立图书馆今天开放", "市立图书馆明天开放")[1:3] == (
        Piece("removed", "今"),
        Piece("added", "明"),
    )
    assert Piece("same", "กรุงเทพ") in wordiff.pieces("กรุงเทพ๑", "กรุงเทพ๒")


def test_what_was_written_anew_is_given_as_a_whole() -> None:
    """Two texts with nothing but a stray word in common aren't cut to pieces."""
    old, new = "The cat sat on the red mat.", "Yesterday nobody believed the weather forecast."
    assert wordiff.pieces(old, new) == (Piece("removed", old), Piece("added", new))


def test_paragraphs_are_aligned_first() -> None:
    """A paragraph that came leaves those around it whole."""
    pieces = wordiff.pieces("One a.\n\nTwo b.", "One a.\n\nNew c.\n\nTwo b.")
    assert [piece.text for piece in pieces if piece.kind == "added"] == ["New c.\n\n"]
    assert not [piece for piece in pieces if piece.kind == "removed"]


def test_fields_that_differ_are_named() -> None:
    """A diff of two entries is by field, and none where they are the same."""
    old = make_entry(categories=("a", "b"))
    body = '<p>Một.</p><p>Hai <a href="https://e.example/">ba</a>.</p>'
    new = make_entry(
        title="Two",
        authors=(Person("Nora"),),
        categories=("a", "c"),
        content_text=None,
        content_html=body,
        image="https://e.example/i.png",
    )
    found = {one.field: one.pieces for one in wordiff.diff(new, old)}
    assert wordiff.changed(new, old) == tuple(found)
    assert list(found) == ["title", "authors", "body", "pictures", "links", "categories"]
    assert found["body"] == (
        Piece("same", "Một.\n\nHai"),
        Piece("added", " ba"),
        Piece("same", "."),
    )
    assert found["categories"][1:] == (Piece("removed", "b\n"), Piece("added", "c\n"))
    assert wordiff.diff(old, old) == ()


def test_what_stayed_is_cut_down_around_changes() -> None:
    """Shortened, a diff shows the changes and some words on each side."""
    long = "word " * 100
    pieces = wordiff.shortened(wordiff.pieces(f"{long}one {long}", f"{long}two {long}"), 20)
    assert [piece.text for piece in pieces] == [
        "… word word word ",
        "one",
        "two",
        " word word word …",
    ]
    few = wordiff.pieces("a b", "a c")
    assert wordiff.shortened(few) == few


@pytest.mark.parametrize(
    "signs",
    ["a ", "a b ", "図", "abc", "word one two three \n\n"],
    ids=["a", "ab", "han", "c", "w"],
)
def test_long_texts_take_bounded_time(signs: str) -> None:
    """Texts of few words said often, in two orders, are compared in seconds."""
    rng = random.Random(1)
    old, new = ("".join(rng.choice(signs) for _ in range(200_000)) for _ in range(2))
    with bounded():
        assert _sides(wordiff.pieces(old, new)) == (old, new)


@pytest.mark.parametrize("count", [300, 440, 620])
def test_texts_at_the_bound_take_bounded_time(count: int) -> None:
    """Where tokens are few enough to be aligned, that is quick whatever they are."""
    rng = random.Random(count)
    old, new = (" ".join(rng.choice("ab") for _ in range(count)) for _ in range(2))
    with bounded():
        wordiff.pieces(f"x {old}", f"y {new}")
