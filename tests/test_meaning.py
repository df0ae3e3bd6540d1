"""What a reader would call a change, and what not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedtool import meaning
from feedtool.model import Enclosure, Entry, Evidence, Person
from feedtool.read.counters import is_counter
from tests.conftest import bounded, later, make_entry

LINK = "https://paper.example/news/1"
FIRST = "<p>Nine people were saved from the river on Monday, the mayor said.</p>"
LAST = "<p>A second team reached the valley before noon, and brought 12 blankets.</p>"


def _entry(body: str = FIRST + LAST, **fields: Any) -> Entry:
    return make_entry(**{"content_text": None, "content_html": body, "link": LINK, **fields})


def _same(body: str, other: str) -> bool:
    there, back = (meaning.same(_entry(a), _entry(b)) for a, b in ((body, other), (other, body)))
    assert there is back
    return there


@pytest.mark.parametrize(
    "between",
    [
        '<p>Advertisement</p><p><a href="https://shop.example/x">Save now</a></p>',
        '<p>Quảng cáo</p><a href="https://shop.example/"><img src="https://shop.example/a.png"></a>',
        (
            '<a href="https://shop.example/x"><img src="https://i.example/a.gif" width="300" '
            'height="250"></a>'
        ),
        '<p><a href="https://ads.example/c?id=1">Jetzt sparen</a></p>',
        '<p><a href="https://shop.example/?gclid=1">Save now</a></p>',
        '<p><a href="https://paper.example/news/2">Another story of the day</a></p>',
        '<h3>Tin liên quan</h3><ul><li><a href="https://other.example/2">Another story</a></li></ul>',
        "<p>Share</p><ul><li>Facebook</li><li>Twitter</li></ul>",
        "<p>1.204 lượt xem</p>",
        "<div>3 min read</div>",
        "<div>vor 2 Stunden</div>",
        "<div>1,204</div>",
        '<p><img src="https://stats.example/p?x=1" width="1" height="1"></p>',
    ],
)
def test_what_is_beside_the_text_is_no_change(between: str) -> None:
    """An advertisement, a recommendation, a button, a counter may come, go and move."""
    assert _same(FIRST + LAST, FIRST + between + LAST)
    assert _same(between + FIRST + LAST, FIRST + LAST + between)


@pytest.mark.parametrize(
    "body",
    [
        FIRST.replace("Nine", "Ten") + LAST,
        FIRST + LAST.replace("12", "15"),
        FIRST + LAST.replace("noon", "night"),
        FIRST,
        LAST + FIRST,
        FIRST + "<p>The bridge is closed.</p>" + LAST,
        FIRST + "<h2>Why now</h2>" + LAST,
        FIRST.replace("mayor", '<a href="https://town.example/mayor">mayor</a>') + LAST,
        FIRST + '<p><a href="https://town.example/report.pdf">The report</a></p>' + LAST,
        FIRST + '<p><a href="https://paper.example/report.pdf">The report</a></p>' + LAST,
        FIRST + '<p><img src="https://paper.example/i/river-at-night.jpg"></p>' + LAST,
        FIRST + LAST + "<p>Price: 12 €</p>",
    ],
)
def test_what_the_text_says_is_a_change(body: str) -> None:
    """A word, a number, a paragraph, their order, a heading, a link, a file or a picture is."""
    assert not _same(FIRST + LAST, body)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("<p>12 người chết</p>", "<p>15 người chết trong vụ lở đất.</p>"),
        ("<p>Có 12 người chết.</p>", "<p>Có 15 người chết.</p>"),
        ("<h2>12 người chết</h2>", "<h2>15 người chết</h2>"),
        ("<table><tr><td>12</td></tr></table>", "<table><tr><td>15</td></tr></table>"),
        ("<p>Giá: 120.000 đồng</p>", "<p>Giá: 150.000 đồng</p>"),
        ("<p>2 – 1</p>", "<p>2 – 2</p>"),
        ("<p>$12</p>", "<p>$15</p>"),
    ],
)
def test_numbers_that_say_something_are_meaning(one: str, other: str) -> None:
    """In sentences, headings, tables, prices and scores between paragraphs a number counts."""
    assert not _same(FIRST + one + LAST, FIRST + other + LAST)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("<ul><li>Dead: 12</li><li>Hurt: 30</li></ul>", "<ul><li>Dead: 14</li><li>Hurt: 30</li></ul>"),
        ("<p>Hotline: 0912 345 678</p>", "<p>Hotline: 0912 345 679</p>"),
        ("<p>When: 12 May 2024</p>", "<p>When: 13 May 2024</p>"),
        ("<p>Doors open: 19:00</p>", "<p>Doors open: 20:00</p>"),
        ("<p>Final score: 3-1</p>", "<p>Final score: 3-2</p>"),
    ],
)  # fmt: skip
def test_numbers_after_the_text_that_count_no_readers_are_meaning(one: str, other: str) -> None:
    """In a list, a telephone number, a date, a time or a score they say something, even last."""
    assert not _same(FIRST + LAST + one, FIRST + LAST + other)


def test_a_counter_in_a_language_that_no_table_knows_is_seen_by_its_form() -> None:
    """A few words with a number before or after the text may count anything."""
    assert _same(f"<p>Luettu 12 kertaa</p>{FIRST}{LAST}", f"<p>Luettu 931 kertaa</p>{FIRST}{LAST}")
    assert not _same(f"{FIRST}<p>Tor 12 zum Sieg</p>{LAST}", f"{FIRST}<p>Tor 13 zum Sieg</p>{LAST}")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("<p>It’s “done” – almost…</p>", '<p>It\'s "done" — almost...</p>'),
        ("<p>two\n   lines</p>", "<div>two <b>lines</b></div>"),
        ("<p>one paragraph. And two.</p>", "<p>one paragraph.</p><p>And two.</p>"),
        ("<p>市立 図書館が</p>", "<p>市立図書館が</p>"),
        ("<p>« Oui » ?</p>", "<p>«Oui»?</p>"),
    ],
)
def test_how_it_is_set_is_no_change(one: str, other: str) -> None:
    """White space, markup, and the form of quotes, dashes and ellipses say nothing."""
    assert _same(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://cdn1.example/2022/a/IMG_2041-river.jpg", "https://cdn2.example/2022/a/IMG_2041-river.jpg?v=3"),
        ("https://a.example/i/flood.jpg", "https://b.example/i/flood.jpg?w=640&q=70"),
        ("https://a.example/i/flood-300x200.jpg", "https://a.example/i/flood-1024x768.jpg"),
        ("https://a.example/w_300,c_fill/i/flood.jpg", "https://a.example/w_900,c_fill/i/flood.webp"),
        ("https://a.example/image?id=7&w=300", "https://b.example/image?w=600&id=7"),
        ("https://a.example/_next/image?url=https%3A%2F%2Fc.example%2Fx.jpg&w=640",
         "https://a.example/_next/image?url=https%3A%2F%2Fd.example%2Fx.jpg&w=750"),
    ],
)  # fmt: skip
def test_where_a_file_comes_from_is_no_change(one: str, other: str) -> None:
    """Host, size, version and format of a picture may change, in the text and beside it."""
    assert _same(f'{FIRST}<p><img src="{one}"></p>', f'{FIRST}<p><img src="{other}"></p>')
    assert meaning.same(_entry(image=one), _entry(image=other))
    sound = one.replace(".jpg", ".mp3")
    if sound != one and other.endswith((".jpg", "3", "0")):
        other = other.replace(".jpg", ".mp3")
        files = [(Enclosure(url, length=n),) for n, url in enumerate((sound, other))]
        if "x" not in sound:
            assert meaning.same(_entry(enclosures=files[0]), _entry(enclosures=files[1]))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://a.example/2022/x/original.jpg", "https://a.example/2022/y/original.jpg"),
        ("https://a.example/i/flood.jpg", "https://a.example/i/fire.jpg"),
        ("https://a.example/image?id=7", "https://a.example/image?id=8"),
        ("https://a.example/watch?v=aZ3-x", "https://a.example/watch?v=bZ3-x"),
        ("https://a.example/play?f=ep1", "https://a.example/play?f=ep2"),
    ],
)
def test_another_file_is_a_change(one: str, other: str) -> None:
    """A name that many files have doesn't make two of them one."""
    assert not _same(f'{FIRST}<p><img src="{one}"></p>', f'{FIRST}<p><img src="{other}"></p>')
    assert not meaning.same(_entry(image=one), _entry(image=other))


def test_tracking_in_links_is_no_change() -> None:
    """Who sent the reader isn't where the link leads; what the page is, is."""
    body = FIRST + '<p>See <a href="https://town.example/p?id=1{}">the plan</a> for more.</p>'
    assert _same(body.format(""), body.format("&amp;utm_source=x&amp;fbclid=abc"))
    assert not _same(body.format(""), body.format("&amp;page=2"))


@pytest.mark.parametrize(
    "fields",
    [
        {"updated": later(hours=3)},
        {"evidence": (Evidence("title", "x", "h1", 0.5),)},
        {"rejected": (Evidence("title", "x", "h1", 0.5),)},
        {"published": None},
        {"language": "vi-VN"},
        {"rights": "© 2026"},
        {"categories": ("b", "a")},
        {"link": LINK + "/?utm_source=rss"},
        {"authors": (Person("Hoài An", "https://paper.example/an"),)},
    ],
)
def test_what_is_said_about_it_may_change(fields: dict[str, Any]) -> None:
    """Evidence, order, a date that isn't given any more, a profile's address: no reader minds."""
    assert meaning.same(
        _entry(**{"categories": ("a", "b"), **fields}), _entry(categories=("a", "b"))
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"title": "Two"},
        {"summary": "Hai."},
        {"summary": None},
        {"authors": (Person("Nora"),)},
        {"authors": ()},
        {"language": "en"},
        {"categories": ("a",)},
        {"image": "https://paper.example/i/flood.jpg"},
        {"enclosures": (Enclosure("https://paper.example/a.mp3"),)},
        {"link": "https://paper.example/news/2"},
    ],
)
def test_each_field_that_is_shown_counts(fields: dict[str, Any]) -> None:
    """Title, summary, names, language, categories, pictures, files and the address are meaning."""
    assert not meaning.same(_entry(**fields), _entry())


def test_an_article_that_is_a_list_of_links_changes_with_them() -> None:
    """Where links to the site's own pages are all there is, they are the article."""
    one = '<ul><li><a href="https://paper.example/news/2">Another story of the day</a></li></ul>'
    two = one + '<p><a href="https://paper.example/news/3">And a third one of the night</a></p>'
    assert not _same(one, two)


@pytest.mark.parametrize(
    "said",
    ["1.204 lượt xem", "3 min read", "vor 2 Stunden", "3小时前", "조회수 1,234회", "منذ 3 ساعات",
     "hace 3 horas", "閲覧数 1,234", "12K views · 3 days ago", "Okuma süresi: 3 dk", "(12)"],
)  # fmt: skip
def test_counters_are_known_by_their_words(said: str) -> None:
    """Views, comments, times to read and times ago are counters in many languages."""
    assert is_counter(said)


@pytest.mark.parametrize(
    "said", ["12 người chết", "20 Minuten", "Deutschland 2", "前田", "2 – 1", "$12", "", "Nine."]
)
def test_other_lines_are_no_counters(said: str) -> None:
    """A line with another word, a score or a price counts nothing of the page."""
    assert not is_counter(said)


@given(st.text(max_size=80), st.text(max_size=80))
def test_meaning_is_the_same_both_ways(one: str, other: str) -> None:
    """Any texts can be compared; an entry means what it means, and order doesn't matter."""
    first, second = _entry(f"<p>{one}</p>"), _entry(f"<p>{other}</p>", title=f"x{other}")
    assert meaning.same(first, first)
    assert meaning.same(first, second) is meaning.same(second, first)


@pytest.mark.parametrize(
    "hostile",
    [
        f'<img src="https://a.example/{"10x10" * 4000}/a.jpg">',
        f'<a href="https://{"ads." * 4000}example/">x</a>',
        f'<a href="https://a.example/?a={"/x?a=" * 4000}">x</a>',
        "<p>1 view</p>" * 5000,
        f"<p>{'12 ' * 20000}</p>",
        f'<img src="https://a.example/{"w_300," * 4000}/{"-100x100" * 4000}.jpg">',
    ],
)
def test_hostile_bodies_take_bounded_time(hostile: str) -> None:
    """Long addresses and many blocks are compared in moments."""
    with bounded():
        meaning.same(_entry(hostile), _entry(hostile + "<p>x</p>"))
