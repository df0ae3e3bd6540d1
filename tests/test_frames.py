"""Pages whose words are put into frames are those that their templates make."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from feedtool.model import Enclosure, Evidence, Person
from feedtool.publish.document import Item, Origin, Revision, Turn
from feedtool.publish.frames import Frames, Part, Said
from feedtool.publish.frames import given as given_of
from feedtool.publish.html import Pages
from tests.pages import DAY, FERRY, GAZETTE, OWN, REVISIONS, VALLEY, make_item, make_pages

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
    for name in ("source", "day"):
        (folder / f"{name}.html").write_text(f'{{% extends "feedtool/{name}.html" %}}')
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


@given(
    WORDS.map("S{}".format),
    st.none() | ADDRESSES,
    st.lists(WORDS.map("<li>{}</li>\n\0".format).map(str.encode), max_size=2),
    st.sampled_from([Turn(), Turn(older="x/0003.html"), Turn(4, "x/0003.html", "x.html"), Turn(1)]),
)
def test_a_framed_list_is_the_rendered_one(
    rendered: Pages, title: str, link: str | None, entries: list[bytes], turn: Turn
) -> None:
    """The lists of a source and of a day have the same bytes either way, whatever stands there and
    however long they are."""
    origin = Origin(link or "tag:e.example,2022:x", title, link)
    for path in ("sources/x.html", "sources/x/0004.html"):
        made = [pages.source(origin, path, entries, turn) for pages in (FRAMED, rendered)]
        assert made[0] == made[1]
    for path in ("2020/12/15/index.html", "2020/12/15/index/0004.html"):
        made = [pages.day(DAY, path, entries, turn) for pages in (FRAMED, rendered)]
        assert made[0] == made[1]


def test_frames_are_made_once_for_each_shape() -> None:
    """Other words make no new frame; whether there are any does, and what is forgotten is made
    again."""
    made: list[object] = []

    def render(**given: Any) -> str:
        made.append(given)
        return f"<{given['word']}>" if given["word"] else "none"

    word, more = Part("word"), Part("more", several=True)
    nothing = {"word": None, "more": ()}
    frames = Frames(render, lambda words: words.replace("<", "&lt;"), str, nothing)
    assert [frames.fill(Said([word], [one])) for one in ("a", "<", "\x1f<")] == [
        b"<a>",
        b"<&lt;>",
        b"<\x1f&lt;>",
    ]
    assert frames.fill(Said([], [])) == b"none"
    assert len(made) == 2
    for count in range(1, 301):
        frames.fill(Said([more] * count, ["m"] * count))
    assert frames.fill(Said([word], ["b"])) == b"<b>"
    assert len(made) == 303


def test_what_is_something_s_own_stands_below_it() -> None:
    """Templates are given a part with a dot in its name as an attribute, what there may be several
    of as a tuple, what is ready in its own kind, and what isn't told as it is without."""
    parts = [
        Part("entry.title"),
        Part("pair", 2, lambda *words: "+".join(words)),
        Part("data", ready=True),
        *[Part("tags", several=True)] * 2,
    ]
    nothing = {"entry.rights": None, "tags": ()}
    found = given_of(parts, ["T", "a", "b", "x", "y"], [b"ready"], nothing)
    entry = found.pop("entry")
    assert (entry.title, entry.rights) == ("T", None)
    assert found == {"pair": "a+b", "data": b"ready", "tags": ("x", "y")}
