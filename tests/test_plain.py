"""The short way to read an archived entry leads to where the long one does."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from feedtool.archive import item, plain
from feedtool.kept import Location
from feedtool.model import Enclosure, Evidence, Person
from feedtool.valid import copy
from tests.conftest import make_version

USUAL = copy(
    make_version(
        title="Đèo Lò & <b>",
        link="https://e.example/một?x=1&y",
        summary="Một.",
        content_text=None,
        content_html='<p title="a">Một.</p>\n<p>Hai\\.</p>',
        authors=(Person("Hoài An"), Person("B", "https://e.example/b")),
        categories=("một", "hai"),
        captions=("Ảnh",),
        image="https://e.example/a.jpg",
        language="vi-VN",
        rights="©",
        evidence=(Evidence("title", "Đèo Lò & <b>", "h1", 0.95),),
        rejected=(Evidence("title", "Đèo", "title", 0.5), Evidence("authors", "x", "y", 1.0)),
    ),
    capture=Location("warc/2022/a.warc.gz", 1, 2),
    duplicate_of="2022/01/17/one",
)
ITEM = item.to_json(USUAL)
Path = tuple[str | int, ...]


def paths(value: Any, above: Path = ()) -> list[Path]:
    """The way to each value within one of JSON."""
    within: Any = value.items() if isinstance(value, dict) else ()
    within = enumerate(value) if isinstance(value, list) else within
    return [above, *(path for name, one in within for path in paths(one, (*above, name)))]


ODD = st.sampled_from(
    (
        *("", " ", "a ", " a", "a  b", "a\nb", "a\u00a0b", "a\tb", "e\u0301", "\ufeff", "\x85"),
        *("\x00", "a\n\n\nb", "\u2028", "\ud800", "\ufdd0", "a" * 301, "mailto:a@b.example"),
        *("https://e.example/[", "https://E.example:99999/", "http://", "ftp://e.example/"),
        *("2022-01-01T00:00:00+07:00", "2022-01-01T00:00:00", "2022-13-01T00:00:00Z", "en_US"),
        *("2022-01-01T00:00:00.5Z", "0999-01-01T00:00:00Z", "9999-01-01", "2022-W01-1"),
        *("1999-01-01", "2022-01-01 00:00:00z"),
    )
)
VALUES = ODD | st.text() | st.none() | st.booleans() | st.integers() | st.floats() | st.just([])


def read(way: Any, data: bytes) -> Any:
    """What this way makes of the bytes of a file: a version, or why it is none."""
    try:
        return way(data)
    except ValueError as error:
        return type(error).__name__


def slowly(data: bytes) -> Any:
    """The long way."""
    return item.from_json(json.loads(data.decode("utf-8")))


def test_what_is_usual_is_read_at_once() -> None:
    """An entry as it is written, with all that entries usually have, is plain, and itself."""
    assert plain.decode(item.encode(USUAL)) == USUAL == slowly(item.encode(USUAL))
    assert plain.decode(item.encode_line(USUAL)) == USUAL


@pytest.mark.parametrize(
    "seldom",
    [
        {"authors": (Person("A", None, "a@b.example"),)},
        {"enclosures": (Enclosure("https://e.example/a"),)},
    ],
)
def test_what_is_seldom_is_read_the_long_way(seldom: dict[str, Any]) -> None:
    """What few entries have makes no difference to what is read."""
    version = make_version(**seldom)
    assert plain.decode(item.encode(version)) is None
    assert item.decode(item.encode(version)) == version


@given(st.sampled_from(paths(ITEM)[1:]), VALUES, st.booleans())
@example(("_feedtool", "duplicate_of"), None, False)
@example(("_feedtool", "evidence", "title", "confidence"), 1, False)
@example(("content_html",), "a\r\nb", False)
@example(("content_html",), "\n\n\n", True)
def test_the_short_way_is_the_long_one(path: Path, value: Any, escaped: bool) -> None:
    """Whatever stands in one place of a file, the short way says the same or nothing."""
    changed: Any = deepcopy(ITEM)
    within = changed
    for name in path[:-1]:
        within = within[name]
    within[path[-1]] = value
    data = json.dumps(changed, ensure_ascii=escaped).encode("utf-8", "surrogatepass")
    found = plain.decode(data)
    assert found is None or found == read(slowly, data)


@given(st.sampled_from(paths(ITEM)[1:]), st.booleans())
def test_what_is_missing_or_unknown_makes_no_difference(path: Path, gone: bool) -> None:
    """A file without one of its values, or with one that nobody knows, is read the long way where
    that says something else."""
    changed: Any = deepcopy(ITEM)
    within = changed
    for name in path[:-1]:
        within = within[name]
    if gone:
        del within[path[-1]]
    elif isinstance(within, dict):
        within["unknown"] = 1
    data = json.dumps(changed).encode()
    found = plain.decode(data)
    assert found is None or found == read(slowly, data)


@given(st.binary(max_size=3), st.integers(0, len(item.encode(USUAL))))
def test_damage_is_no_plain_item(noise: bytes, place: int) -> None:
    """Bytes that fell into a file are read as they would be the long way, or not at all."""
    written = item.encode(USUAL)
    data = written[:place] + noise + written[place:]
    found = plain.decode(data)
    assert found is None or found == read(slowly, data)
