"""The habits of a source: which silence is unusual, and which entries give less than usual."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedtool.data import replace
from feedtool.manners import traits
from feedtool.manners.habits import Habits, from_text, learn, to_text
from feedtool.manners.traits import FIELDS, Scores, Trait
from feedtool.model import Evidence
from tests.conftest import NOW, later, make_entry

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
FULL: Scores = (1.0, 1.0, 1.0, 1.0, 1.0)


def days(*numbers: float) -> list[datetime]:
    """Moments so many days after now."""
    return [NOW + number * DAY for number in numbers]


def told(*numbers: float, now: float | None = None) -> Habits:
    """Habits of a source whose entries came at these days, all of them in its first round."""
    at = NOW + (max(numbers) if now is None else now) * DAY
    return learn(Habits(), times=days(*numbers), traits={}, now=at, seen_before=None)


def patience(habits: Habits) -> float:
    """How many days a silence may last from the last entry on."""
    assert habits.quiet_at is not None
    assert habits.silent_since is not None
    return (habits.quiet_at - habits.silent_since) / DAY


def heard(habits: Habits, day: float, *, seen: float | None = None) -> Habits:
    """The habits with one entry more, which came on this day; asked before an hour earlier."""
    before = NOW + ((day - 1 / 24) if seen is None else seen) * DAY
    return learn(habits, times=days(day), traits={}, now=NOW + day * DAY, seen_before=before)


WEEKLY = told(*range(0, 70, 7))
DAILY = told(*range(60))


def test_nothing_is_unusual_where_little_is_known() -> None:
    """Before eight entries and four weeks no silence is too long."""
    assert Habits().quiet_at is None
    assert Habits().silent_since is None
    assert Habits().longest == timedelta(0)
    assert told(0, 5, 10, 15, 20, 25, 30).quiet_at is None
    assert told(0, 5, 10, 15, 20, 25, 27, 28).quiet_at is not None
    assert told(0, 5, 10, 15, 20, 25, 27, 27.9).quiet_at is None
    assert told(*(n / 100 for n in range(1000))).quiet_at is None


def test_the_first_round_teaches_all_that_it_brings() -> None:
    """Old entries tell the rhythm at once, in whatever order, and those yet to come count as now."""
    assert WEEKLY.silences == tuple((7 * 86_400, WEEKLY.last - n * 7 * 86_400) for n in range(8))
    assert WEEKLY.entries == 10
    assert WEEKLY.silent_since == NOW + 63 * DAY
    assert told(*reversed(range(0, 70, 7))) == WEEKLY
    assert told(*range(0, 63, 7), 99, now=63) == WEEKLY


@pytest.mark.parametrize(
    ("name", "times", "least", "most"),
    [
        ("weekly", range(0, 140, 7), 15, 25),
        ("monthly", range(0, 720, 30), 70, 100),
        ("daily", range(60), 4, 5),
        ("all day", [n / 48 for n in range(48 * 40)], 1, 1),
        ("by day", [d + h / 24 for d in range(60) for h in range(8, 20)], 4, 4.2),
        ("weekdays", [d + h / 24 for d in range(60) if d % 7 < 5 for h in range(8, 20)], 6, 9.5),
        ("events", [w + d for w in range(0, 240, 24) for d in (0, 0.5, 1, 2)], 50, 100),
    ],
)
def test_how_long_a_silence_may_be(
    name: str, times: Sequence[float], least: float, most: float
) -> None:
    """Some two and a half times the longest usual one and more where it is known for months only,
    four days for what sleeps by night, one day for what never sleeps."""
    assert least <= patience(told(*times)) <= most


def test_one_feast_is_not_the_measure() -> None:
    """A single long silence counts for less than a second one like it, and for less with time."""
    feast = heard(DAILY, 64)
    again = heard(heard(feast, 65), 70)
    assert patience(DAILY) < patience(feast) < patience(again)
    later_on = feast
    for day in range(65, 500):
        later_on = heard(later_on, day)
    assert patience(DAILY) <= patience(later_on) < patience(feast)


def test_the_longer_it_is_known_the_less_is_believed() -> None:
    """Of a source that is known for four weeks half as much again, for half a year a sixth more."""
    often = [patience(told(*(2 * n for n in range(many)))) for many in (15, 92, 1500)]
    assert often == pytest.approx([7.5, 5.8, 5.05], abs=0.06)


def test_nights_and_weekends_are_no_excuse_for_a_month() -> None:
    """Silences that differ much, as nights and weekends do, aren't taken for chance that knows no
    bounds: six times the longest is unusual."""
    newsroom = told(
        *(day + hour / 24 for day in range(30) if day % 7 < 5 for hour in (9.5, 13, 17))
    )
    assert 5.9 < patience(newsroom) / (newsroom.longest / DAY) <= 6


def test_a_lone_long_silence_says_little() -> None:
    """Where two events are all that is known, the silence between them may come many times over."""
    events = told(0, 0.1, 0.2, 0.3, 0.4, 30, 30.1, 30.2)
    assert patience(events) > 200
    more = learn(events, times=days(60), traits={}, now=NOW + 60 * DAY, seen_before=None)
    assert patience(more) < patience(events)


def test_a_silence_is_a_habit_only_after_a_while() -> None:
    """One that was an alarm is remembered as four times the longest before, a year at the most."""
    assert heard(DAILY, 200).longest == 4 * DAY
    assert told(*range(0, 1000, 400)).longest == 365 * DAY


def test_what_nobody_could_see_is_not_learned() -> None:
    """A time in which nobody asked is no silence, however the entries after it are dated."""
    asked = heard(DAILY, 90, seen=60)
    assert asked.longest == DAY
    assert asked.silent_since == NOW + 90 * DAY
    back = learn(
        DAILY, times=days(75, 76, 79), traits={}, now=NOW + 80 * DAY, seen_before=NOW + 61 * DAY
    )
    assert back.longest == 3 * DAY  # between those that were found together
    assert heard(DAILY, 61.9, seen=60).longest > 2 * DAY


def test_what_is_new_came_after_it_was_not_there() -> None:
    """An entry that bears an old date is as much a sign of life as any other."""
    old = learn(
        DAILY, times=days(-900), traits={}, now=NOW + 60 * DAY, seen_before=NOW + 59.5 * DAY
    )
    assert old.silent_since == NOW + 59.5 * DAY
    assert old.longest == DAY


def test_a_clock_that_is_put_back_blinds_nobody() -> None:
    """What was learned in a time to come counts as now."""
    ahead = heard(DAILY, 9000)
    back = heard(ahead, 61, seen=9000)
    assert back.silent_since == NOW + 61 * DAY
    assert back.quiet_at is not None
    assert back.quiet_at < NOW + 75 * DAY


def test_revised_entries_are_no_news() -> None:
    """Where nothing new came the silence goes on."""
    same = learn(DAILY, times=(), traits={1: FULL}, now=NOW + 70 * DAY, seen_before=NOW)
    assert replace(same, traits=DAILY.traits, recent=()) == DAILY
    assert same.traits[0] == Trait(1.0, 1)


def test_an_entry_counts_once() -> None:
    """One that is revised again and again says no more than any other."""
    known = DAILY
    for number in (1, 1, 2, 1):
        known = learn(known, times=(), traits={number: FULL}, now=NOW, seen_before=NOW)
    assert known.traits[0] == Trait(1.0, 2)
    many = dict.fromkeys(range(100), FULL)
    known = learn(known, times=(), traits=many, now=NOW, seen_before=NOW)
    assert known.recent == tuple(range(84, 100))


@given(st.lists(st.floats(-400, 400), max_size=40), st.integers(0, 4), st.randoms())
def test_habits_survive_as_text(numbers: list[float], kind: int, random: Random) -> None:
    """What is written can be read again, and is short."""
    scores = {n: tuple(random.choice([0, 0.35, 1]) for _ in FIELDS) for n in range(40 * kind)}
    habits = learn(
        Habits(), times=days(*numbers), traits=scores, now=later(days=400), seen_before=None
    )
    assert from_text(to_text(habits)) == habits
    assert len(to_text(habits)) < 800


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no habits",
        "7",
        "{}",
        "[]",
        "[2,0,null,null,null,[],[],[]]",
        "[1,0,null,null,null,[],[],[]]",
        "[1,0,null,null,null,[[1]],[[0,0,0,0,0,0],[0,0,0,0,0,0],[0,0,0,0,0,0],[0,0,0,0,0,0],[0,0,0,0,0,0]],[]]",
        "[1,0,null,null,1e99,[],[[0,0,0,0,0,0],[0,0,0,0,0,0],[0,0,0,0,0,0],[0,0,0,0,0,0],[0,0,0,0,0,0]],[]]",
        "[1,0,null,null,null,[],[[0],[0],[0],[0],[0]],[]]",
        "[" * 100_000,
    ],
)
def test_what_cannot_be_read_says_nothing(text: str) -> None:
    """Damaged or strange text gives habits of which nothing is known."""
    assert from_text(text) == Habits()


def test_damage_goes_no_further() -> None:
    """Habits that contradict themselves are learned from as well as can be."""
    zeros = ",".join(["[0,0,0,0,0,0]"] * 5)
    odd = from_text(f"[1,99,0,1,null,[],[{zeros}],[]]")
    assert odd.entries == 99
    assert heard(odd, 60).quiet_at is None
    assert from_text(f"[1,9,0,1,null,[[1e20,0]],[{zeros}],[]]").longest == 365 * DAY


def test_how_sure_the_fields_of_an_entry_are() -> None:
    """Evidence says it, else what is there is sure; text is judged by its length."""
    entry = make_entry(
        evidence=(Evidence("authors", "HOÀI AN", "the byline at the foot", 0.8),),
        content_text="x" * 99,
    )
    assert traits.scores(entry) == (1.0, 0.8, 1.0, 1.0, 0.5)
    bare = make_entry(
        published=None,
        authors=(),
        summary=None,
        content_text=None,
        evidence=(Evidence("summary", "Một.", "a rule", 0.9),),
    )
    assert traits.scores(bare) == (1.0, 0.0, 0.0, 0.0, 0.0)
    assert traits.scores(make_entry(content_text=None, content_html="x" * 99_999))[4] == 1.0


def run(*scores: float) -> Trait:
    """What the author's trait is after entries that scored so."""
    entries = [(1.0, score, 1.0, 1.0, 1.0) for score in scores]
    return traits.learn(traits.NEW, entries, int(NOW.timestamp()))[1]


@pytest.mark.parametrize(
    ("usual", "newest", "drifts"),
    [
        ([1.0] * 20, [0.0] * 8, True),
        ([1.0] * 20, [0.0] * 7, False),
        ([1.0] * 19, [0.0] * 8, False),
        ([1.0] * 20, [0.8] * 8, True),
        ([1.0] * 20, [0.81] * 8, False),
        ([1.0] * 20, [0.0] * 8 + [1.0], False),
        ([0.9] * 20, [0.35] * 8, True),
        ([0.4] * 40, [0.0] * 30, False),
        ([0.0] * 40, [1.0] * 30, False),
        ([1.0] * 20, [0.0] * 99, True),
        ([1.0] * 20, [0.0] * 100, False),
        ([1.0] * 20 + [0.0] * 3 + [1.0], [0.0] * 13, False),
        ([1.0] * 20 + [0.0] * 3 + [1.0], [0.0] * 14, True),
        ([1.0] * 20 + [0.0] * 9 + [1.0], [0.0] * 23, False),
        ([1.0] * 20 + [0.0] * 9 + [1.0] * 300, [0.0] * 13, True),
    ],
)
def test_a_field_drifts(usual: list[float], newest: list[float], drifts: bool) -> None:
    """Eight entries in a row that give far less are a sign, where twenty told what is usual; more
    where such a run turned out to be none."""
    assert run(*usual, *newest).drifts is drifts


def test_what_lasts_is_usual() -> None:
    """After a hundred entries that give less, this is what is usual."""
    assert run(*[1.0] * 30, *[0.25] * 100) == Trait(0.25, 100)


def test_runs_that_end_are_part_of_what_is_usual() -> None:
    """The mean counts each entry once, whether it was in a run or not."""
    assert run(1.0, 0.0, 0.0, 1.0) == Trait(0.5, 4, longest=2.0)


def test_what_comes_and_goes_by_chance_does_not_drift() -> None:
    """A source half of whose entries name an author is left alone, however many it brings."""
    random = Random(7)
    trait, seen = traits.NEW, 0
    for _ in range(5_000):
        trait = traits.learn(trait, [(1.0, float(random.random() < 0.6), 1.0, 1.0, 1.0)], 0)
        seen += any(one.drifts for one in trait)
    assert seen == 0


def test_the_words_say_which_field() -> None:
    """A lost field, one that is less sure and a shorter text are told apart."""
    since = int(datetime(2022, 5, 4, tzinfo=UTC).timestamp())
    known = (
        Trait(1.0, 50, 9, 3.6, since=since),
        Trait(1.0, 50, 8, 0.0, since=since),
        Trait(0.9, 50, 8, 2.8, since=since),
        Trait(1.0, 50),
        Trait(0.8, 50, 8, 2.0, since=since),
    )
    nine, eight = (f"in the last {number} entries (since 2022-05-04)" for number in (9, 8))
    layout = "the layout of its pages may have changed"
    assert list(traits.words(known)) == [
        f"less sure of the title {nine}: 40 % where 100 % is usual; {layout}",
        f"no author {eight}, which usually have one",
        f"less sure of the date {eight}: 35 % where 90 % is usual; {layout}",
        f"far less text {eight} than usual",
    ]
