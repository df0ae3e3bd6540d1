"""Pages whose words are put into frames are those that their templates make."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from feedtool.model import Enclosure, Evidence, Person
from feedtool.publish.document import Item, Origin, Revision
from feedtool.publish.frames import Frames
from feedtool.publish.html import Pages
from tests.pages import FERRY, GAZETTE, OWN, REVISIONS, VALLEY, make_item, make_pages

FRAMED = make_pages()
WORDS = st.text('ấ<>&"' + "'\x1f \n%{}0", min_size=1).filter(lambda words: words.strip() != "")
MAYBE = st.none() | WORDS
ADDRESSES = st.sampled_from(["https://e.example/?a=1&b=%22", "https://e.example/'{0}"])
PEOPLE = st.builds(Person, WORDS.map("A{}".format), st.none() | ADDRESSES)
FILES = st.builds(Enclosure, ADDRESSES, title=MAYBE)
WHY = st.builds(
    Evidence,
    st.sampled_from(["title", "authors"]),
    WORDS,
    WORDS.map("r{}".format),
    st.sampled_from([0.0, 0.5, 1.0]),
)


def several(one: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    """None, one or two of these."""
    return st.lists(one, max_size=2).map(tuple)


ITEMS = st.builds(
    make_item,
    st.just("one"),
    st.sampled_from([VALLEY, GAZETTE]),
    st.booleans(),
    title=WORDS.map("T{}".format),
    summary=MAYBE,
    content_text=MAYBE,
    image=st.none() | ADDRESSES,
    authors=several(PEOPLE),
    categories=several(WORDS),
    captions=several(WORDS),
    enclosures=several(FILES),
    rights=MAYBE,
    evidence=several(WHY),
    language=st.sampled_from([None, "vi", "en", "ar"]),
)


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Pages:
    """Pages of a theme that changes nothing, but has its templates rendered for each page."""
    folder = tmp_path_factory.mktemp("theme")
    (folder / "article.html").write_text('{% extends "feedtool/article.html" %}')
    (folder / "entry.html").write_text('{% include "feedtool/entry.html" %}')
    return make_pages(theme=folder)


@given(ITEMS, st.sampled_from([(), REVISIONS]), st.sampled_from([None, VALLEY]))
@example(OWN, REVISIONS, GAZETTE)
@example(FERRY, (), VALLEY)
def test_a_framed_page_is_the_rendered_one(
    rendered: Pages, item: Item, revisions: Sequence[Revision], source: Origin | None
) -> None:
    """An article's page and its place in lists have the same bytes either way, whatever it says."""
    assert FRAMED.article(item, revisions, source) == rendered.article(item, revisions, source)
    assert FRAMED.entry(item) == rendered.entry(item)


def test_frames_are_made_once_for_each_shape() -> None:
    """Other words make no new frame; whether there are any does, and what is forgotten is made
    again."""
    made: list[object] = []

    def render(word: str, **more: object) -> str:
        made.append(more)
        return f"<{word}>" if word else "none"

    frames = Frames(render, lambda words: words.replace("<", "&lt;"))
    assert [frames.fill({"word": one}) for one in ("a", "<", "\x1f<", "")] == [
        b"<a>",
        b"<&lt;>",
        b"<\x1f&lt;>",
        b"none",
    ]
    assert len(made) == 2
    for count in range(300):
        frames.fill({"word": "a", "more": (True,) * count})
    assert frames.fill({"word": "b"}) == b"<b>"
    assert len(made) == 303
