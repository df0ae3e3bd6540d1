"""The full-text table: what is found, in which order, and at what cost."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedtool.archive import search, words
from feedtool.archive.query import parse
from feedtool.archive.search import Search, moment, moment_range
from feedtool.errors import EntryError, UsageError
from feedtool.model import Entry, Person
from tests.conftest import make_entry

ANY = st.text(st.characters(codec=None), max_size=60)
BEGIN = datetime(2020, 1, 1, tzinfo=UTC)


def at(when: datetime, number: int = 0) -> int:
    """The moment of what was published then."""
    return moment(int(when.timestamp()), number)


class Shelf:
    """A table of entries beside the one of words, as an index has them."""

    def __init__(self) -> None:
        self.database = sqlite3.connect(":memory:", isolation_level=None)
        self.database.executescript(
            search.SCHEMA + "CREATE TABLE entry (moment INTEGER PRIMARY KEY, key TEXT UNIQUE);"
        )
        self.search = Search(self.database)

    def add(self, entries: Iterable[tuple[str, datetime, Entry]], source: str = "tin") -> None:
        """Take in entries with their keys and times."""
        rows = [(at(when, number), key, entry) for number, (key, when, entry) in enumerate(entries)]
        self.database.executemany(
            "INSERT OR REPLACE INTO entry VALUES (?, ?)", [row[:2] for row in rows]
        )
        self.search.add([(at, words.row(words.searchable(entry), source)) for at, _, entry in rows])

    def find(self, typed: str, limit: int = 100, before: int | None = None) -> list[str]:
        """The keys that are found, newest first."""
        return [key for _, key in self.search.newest(parse(typed), limit, before)]


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    """An empty one."""
    made = Shelf()
    with closing(made.database):
        yield made


def entry(title: str = "Tin", content_text: str = "Bài.", **fields: Any) -> Entry:
    """An entry with this title and text, and nothing else to find."""
    given: dict[str, Any] = {"summary": None, "authors": ()}
    return make_entry(title=title, content_text=content_text, **{**given, **fields})


def years(*entries: Entry) -> list[tuple[str, datetime, Entry]]:
    """The entries a, b, c... of 2020, 2021 and so on."""
    return [(chr(97 + n), BEGIN.replace(year=2020 + n), one) for n, one in enumerate(entries)]


@pytest.mark.parametrize(
    ("text", "found", "others"),
    [
        (
            "Đảng bộ huyện",
            ["dang bo", "đảng", "ĐẢNG", '"bộ huyện"', "Đa\u0309ng"],
            ["ban", '"huyện bộ"'],
        ),
        ("İstanbul'da ışık", ["istanbul", "ISIK", "ışık"], ["stanbul"]),
        ("Łódź żółw", ["lodz", "ŻÓŁW"], ["odz"]),
        ("Straße über", ["strasse", "STRASSE", "uber", "Über"], ["stra"]),
        (
            "北京大学的学生",
            ["北", "北京", "京大", "学", "生", "大学的学", "北京 学生"],
            ["北大", "生学", "上"],
        ),
        ("東京タワーへ行く", ["東京", "タワー", "へ", "行く", "タ"], ["京東"]),
        ("ภาษาไทยง่าย", ["ไทย", "ภาษา", "ง่าย", "ย"], ["ไย"]),
        (
            "한국어를 배워요",
            ["한국", "한국어", "국어", "어", "배워요", '"한국어를 배워요"'],
            ["국한"],
        ),
        ("iPhone手机 5", ["iphone", "手机", "iphone手机", '"手机 5"'], ["phone"]),
        ("hello 人X", ['"hello 人"', "人 hello"], ['"人 hello人"']),
        ("Xin chào 🎉 covid-19", ["covid-19", "chao 🎉", '"covid 19"'], ["covid19"]),
        ("Москва и ёлка", ["москва", "елка", "ЁЛКА"], ["моск"]),
        ("أحمد مُحَمَّد", ["احمد", "محمد"], ["حمد"]),
    ],
)
def test_what_stands_in_a_text_is_found(
    shelf: Shelf, text: str, found: list[str], others: list[str]
) -> None:
    """With and without marks, in any case, composed or not, and within runs without spaces."""
    shelf.add([("a", BEGIN, entry(content_text=text))])
    assert [typed for typed in (*found, *others) if shelf.find(typed)] == found


def test_terms_are_sought_where_they_belong(shelf: Shelf) -> None:
    """Names of authors and sources in theirs, what is left out anywhere, plain words nowhere else."""
    shelf.add(
        years(
            entry("An", "bờ"),
            entry("Bờ", "x", authors=(Person("Hoài An"), Person("Bình Lê"))),
        ),
        "valley-one",
    )
    shelf.add([("z", BEGIN.replace(year=2030), entry("Bờ valley"))], "valley")
    for typed, keys in {
        "an": "ba",
        "author:an": "b",
        'author:"hoài an"': "b",
        'author:"an bình"': "",
        "bờ": "zba",
        "bờ -author:an": "za",
        "source:valley": "z",
        "source:Valley-One bo": "ba",
        "valley": "z",
        "one": "",
        "bờ -x": "za",
        "bo -source:valley -x": "a",
        "bờ from:2021": "zb",
        "bờ from:2021 to:2021": "b",
        "on:2020-01-01": "a",
        "to:2021": "ba",
        "tin": "",
    }.items():
        assert "".join(shelf.find(typed)) == keys, typed


def test_pages_follow_each_other(shelf: Shelf) -> None:
    """Newest first; the last moment of a page is where the next one begins; no entry is doubled,
    also where many were published in one second."""
    shelf.add([(str(n), BEGIN + timedelta(seconds=n // 10), entry()) for n in range(100)])
    for typed in ("tin", "from:2020"):
        seen: list[str] = []
        before = None
        while page := shelf.search.newest(parse(typed), 7, before):
            assert len(page) == 7 or len(seen) == 98
            seen += [key for _, key in page]
            before = page[-1][0]
        assert len(set(seen)) == 100
        assert [int(key) // 10 for key in seen] == sorted(
            (n // 10 for n in range(100)), reverse=True
        )


def test_what_is_no_longer_current_is_passed_over(shelf: Shelf) -> None:
    """An entry that has another moment, or none, isn't found by its old words; a page is full all
    the same."""
    shelf.add([(str(n), BEGIN + timedelta(days=n), entry("cũ")) for n in range(50)])
    shelf.database.execute("DELETE FROM entry WHERE CAST(key AS INTEGER) BETWEEN 10 AND 48")
    shelf.database.execute("DELETE FROM entry WHERE key = '49'")
    shelf.add([("49", BEGIN + timedelta(days=60), entry("mới"))])
    assert shelf.find("cũ", limit=3) == ["9", "8", "7"]
    assert shelf.find("mới") == ["49"]


def test_candidates_are_the_newest_of_titles_and_of_all(shelf: Shelf) -> None:
    """An old title with the words is ranked too, however many newer texts have them."""
    shelf.add([("old", BEGIN, entry("Đảng bộ"))])
    shelf.add([(str(n), BEGIN + timedelta(days=1 + n), entry("x", "đảng bộ")) for n in range(20)])
    found, more = shelf.search.candidates(parse("dang bo"), 5)
    assert [key for _, key in found] == ["19", "18", "17", "16", "15", "old"]
    assert more
    found, more = shelf.search.candidates(parse("dang bo"), 21)
    assert len(found) == 21
    assert not more
    assert len(shelf.search.candidates(parse("from:2020"), 50)[0]) == 21


def test_rows_may_come_in_any_order(shelf: Shelf) -> None:
    """Older entries may be added after newer ones."""
    for n in (3, 1, 2, 0):
        shelf.add([(str(n), BEGIN + timedelta(days=n), entry())])
    shelf.database.execute("INSERT INTO search (search) VALUES ('integrity-check')")
    assert shelf.find("tin") == ["3", "2", "1", "0"]


def test_moments_order_all_years() -> None:
    """From year 1000 to 9998 they ascend, are positive, and have room for a million a second."""
    times = [datetime(year, 1, 1, tzinfo=UTC) for year in (1000, 1969, 1970, 2020, 9998)]
    moments = [at(one) for one in times]
    assert moments == sorted(moments)
    assert moments[0] > 0
    assert moments[-1] < 2**63
    second = timedelta(seconds=1)
    assert at(BEGIN, 2**20 - 1) < at(BEGIN + second) == moment_range(BEGIN + second, None)[0]
    assert moment_range(None, None)[0] < moments[0] < moments[-1] < moment_range(None, None)[1]


def test_the_newest_are_read_in_order_and_nothing_is_sorted(shelf: Shelf) -> None:
    """The plan is one walk of the words' table, newest first, and a look-up for each row."""
    plans: list[str] = []
    shelf.database.set_trace_callback(plans.append)
    shelf.find("đảng bộ from:2020", before=at(BEGIN))
    shelf.find("from:2020")
    shelf.database.set_trace_callback(None)
    plans = [one for one in plans if one.startswith("SELECT ") and " entry" in one]
    assert len(plans) == 2
    for asked in plans:
        steps = [row[3] for row in shelf.database.execute(f"EXPLAIN QUERY PLAN {asked}")]
        assert not any("TEMP B-TREE" in step for step in steps), steps
        assert steps[-1] == "SEARCH entry USING INTEGER PRIMARY KEY (rowid=?)" or len(steps) == 1
        assert steps[0].startswith(("SCAN search VIRTUAL TABLE", "SEARCH entry USING INTEGER"))


def work(shelf: Shelf, typed: str) -> int:
    """How many hundreds of steps SQLite takes for it, beside what goes on within FTS5."""
    steps = 0

    def count() -> None:
        nonlocal steps
        steps += 1

    shelf.database.set_progress_handler(count, 100)
    shelf.find(typed, limit=20)
    shelf.database.set_progress_handler(None, 0)
    return steps


def test_a_common_word_costs_the_page_and_not_the_archive(shelf: Shelf) -> None:
    """Ten times the entries with the word, the same work for the newest twenty."""
    counts = []
    for numbers in (range(100), range(100, 1000)):
        shelf.add([(str(n), BEGIN + timedelta(minutes=n), entry()) for n in numbers])
        shelf.database.execute("INSERT INTO search (search) VALUES ('optimize')")
        counts.append(work(shelf, "tin"))
    assert counts[1] <= counts[0] + 1


@given(ANY, ANY)
def test_any_words_make_an_expression_that_sqlite_takes(text: str, typed: str) -> None:
    """No text makes FTS5 raise; it is refused before, or answered."""
    made = Shelf()
    with closing(made.database):
        made.add([("a", BEGIN, entry(content_text=text))])
        try:
            query = parse(typed)
        except UsageError:
            return
        made.search.newest(query, 5)
        made.search.candidates(query, 5)


@pytest.mark.parametrize(
    "typed",
    [
        '" OR 1=1 --',
        "a* NEAR(b c, 5) ^d {title} : e + f",
        "title:a title : a rowid:1",
        'a"b"c AND OR NOT (((',
        "\x00a'; DROP TABLE entry; --",
        "\ud800 a",
        '"' * 999,
        "a " * 500,
        "北" * 1000,
        "search:optimize",
        "\ue001a \ue003tin",
        "-" * 500 + "a b",
    ],
)
def test_hostile_words_are_only_words(shelf: Shelf, typed: str) -> None:
    """FTS5's own language, SQL and torn text mean nothing but the words in them."""
    shelf.add([("a", BEGIN, entry(content_text=f"{typed} {typed}".replace("\ud800", "")))])
    try:
        query = parse(typed)
    except UsageError:
        return
    assert shelf.search.newest(query, 5) in ([(at(BEGIN), "a")], [])


@given(st.lists(ANY, min_size=1, max_size=4), st.data())
def test_every_word_of_a_text_finds_it(parts: list[str], data: st.DataObject) -> None:
    """Any word of a text, as it stands there or folded, or any part of a run, finds the entry."""
    try:
        one = entry(content_text=" ".join(parts))
    except EntryError:
        return
    known = (one.content_text or "").split()
    if not known:
        return
    word = data.draw(st.sampled_from(known))
    made = Shelf()
    with closing(made.database):
        made.add([("a", BEGIN, one)])
        for form in (word, word.upper(), words.aligned(word)[0]):
            if words.tokens(words.fold(form)) != words.tokens(words.fold(word)):
                continue  # upper case that is another letter
            quoted = form.translate(dict.fromkeys(map(ord, '"“”„‟«»「」『』'), " "))
            try:
                assert made.find(f'"{quoted}"') == ["a"]
            except UsageError:
                assert not words.phrase(quoted)  # signs alone
