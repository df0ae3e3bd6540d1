"""What is told of a source: each alarm once, and its end once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random

import pytest

from feedtool.data import replace
from feedtool.kept import Alarm
from feedtool.manners import standing
from feedtool.manners.habits import Habits, learn
from feedtool.manners.moves import Move
from feedtool.manners.standing import Plan, Standing
from feedtool.manners.vigil import LONGEST_WORDS, Look, Seen, look
from feedtool.model import Entry, Published
from tests import rhythms
from tests.conftest import NOW, later, make_entry

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PLAN = Plan("valley", None, HOUR, DAY)
NOTHING = Seen((), (), None)
WELL = Standing(asked=NOW, succeeded=NOW, times=(NOW,))
NUMBERS = count(1)
MOVED = Move("https://new.example/feed?apikey=sesame", NOW, 3, learned=NOW)


def never() -> Habits:
    """Habits that nobody may ask for."""
    raise AssertionError


class Story:
    """A source through its rounds: how it stands, what is usual with it, and all that was told."""

    def __init__(self, stands: Standing = WELL, known: Habits | None = None) -> None:
        self.stands, self.known = stands, known or Habits()
        self.told: list[Alarm] = []

    def take(self, after: Standing, seen: Seen, now: datetime) -> Look:
        """Go on to `after`."""
        found = look("valley", self.stands, after, seen, lambda: self.known, now)
        self.stands, self.known = found.standing, found.habits or self.known
        self.told += found.alarms
        return found

    def well(self, now: datetime, seen: Seen = NOTHING, move: Move | None = None) -> Look:
        """A round that succeeds."""
        after = standing.succeeded(
            self.stands, PLAN, now, fresh=timedelta(0), move=move, new=seen.times
        )
        return self.take(after, seen, now)

    def fails(self, now: datetime, reason: str = "answers 500", status: int = 500) -> Look:
        """A round that fails."""
        after = standing.failed(self.stands, PLAN, now, reason=reason, status=status)
        return self.take(after, NOTHING, now)

    @property
    def words(self) -> list[tuple[str, str]]:
        """What was told: the concern, and the words."""
        return [(one.concern, one.words) for one in self.told]

    @property
    def lasting(self) -> list[str]:
        """The concerns that last."""
        return [one.concern for one in self.stands.alarms]


def entries(many: int, **fields: object) -> tuple[Entry, ...]:
    """So many entries, the newest first, each another one."""
    return tuple(
        make_entry(
            id=f"tag:example.org,2022:{next(NUMBERS)}",
            published=Published.at(later(minutes=-one)),
            **fields,
        )
        for one in range(many)
    )


def daily() -> Habits:
    """The habits of a source that brings something each day, the last time now."""
    times = [NOW - day * DAY for day in range(60)]
    return learn(Habits(), times=times, traits={}, now=NOW, seen_before=None)


def test_a_round_without_news_asks_for_nothing() -> None:
    """Where all is as it was, no habits are read or written, and nothing is told."""
    stands = replace(WELL, quiet_at=later(days=1))
    assert look("valley", stands, stands, NOTHING, never, NOW) == Look(stands, (), None)
    assert look("valley", WELL, WELL, Seen((), (), 7), never, NOW) == Look(WELL, (), None)


def test_news_teach_the_habits() -> None:
    """New entries tell until when the source may be silent."""
    story = Story(Standing())
    times = tuple(NOW - day * DAY for day in range(60))
    found = story.well(NOW, Seen((), times, 60))
    assert found.habits is not None
    assert found.habits == daily()
    assert found.standing.quiet_at == found.habits.quiet_at
    assert story.told == []


def test_revised_entries_are_no_news() -> None:
    """They teach how sure the fields are, and leave the silence as it was."""
    story = Story(replace(WELL, quiet_at=later(days=9)), daily())
    found = story.well(later(hours=1), Seen(entries(1), (), 1))
    assert found.standing.quiet_at == later(days=9)
    assert found.habits is not None
    assert found.habits.traits != daily().traits


def test_a_quiet_source_is_told_once() -> None:
    """Once when it has been silent for too long, and once when it brings something again."""
    story = Story(replace(WELL, quiet_at=daily().quiet_at), daily())
    for day in range(1, 15):
        story.well(later(days=day))
    began = story.told[0]
    assert story.told == [began]
    assert began.concern == "quiet"
    assert began.since == later(days=5)
    assert began.words == "nothing new for 5 days; the longest silence before was of 24 hours"
    assert story.stands.alarms == (began,)
    story.well(later(days=15), Seen((), (later(days=15),), 1))
    words = "something new again, after 15 days"
    assert story.told == [began, replace(began, words=words, over=later(days=15))]
    assert story.lasting == []
    story.well(later(days=16))
    assert len(story.told) == 2


def test_a_silence_of_which_the_habits_are_lost() -> None:
    """Where nobody knows how long it has lasted, the words don't say so."""
    story = Story(replace(WELL, quiet_at=later(days=1)))
    story.well(later(days=2))
    assert story.words == [("quiet", "nothing new for far longer than usual")]
    story.well(later(days=3), Seen((), (later(days=3),), 1))
    assert story.words[1] == ("quiet", "something new again, after 0 minutes")


def test_who_fails_is_not_quiet_too() -> None:
    """While it fails nothing is said of its silence; then it gets as long again."""
    story = Story(replace(WELL, quiet_at=later(days=4)), daily())
    for day in range(1, 10):
        story.fails(later(days=day))
    assert story.lasting == ["failing"]
    story.well(later(days=10))
    assert story.lasting == []
    assert story.stands.quiet_at == later(days=13)
    story.well(later(days=14))
    assert story.lasting == ["quiet"]
    story.fails(later(days=15))
    assert story.lasting == ["quiet"]


def test_a_source_that_fails() -> None:
    """After three failures in a row, an hour and twice the time between two rounds; over with the
    first success."""
    story = Story()
    story.fails(later(hours=2))
    story.fails(later(hours=4))
    story.fails(later(hours=6))
    assert story.told == []
    story.fails(later(hours=8), "doesn't answer")
    story.fails(later(hours=16))
    [began] = story.told
    assert (began.concern, began.since) == ("failing", later(hours=8))
    assert began.words == "failed 4 times in a row, for 6 hours: doesn't answer"
    story.well(later(hours=40))
    story.well(later(hours=41))
    assert story.told[1:] == [
        replace(began, words="answers again, after 38 hours", over=later(hours=40))
    ]


@pytest.mark.parametrize(
    ("succeeded", "failing", "failures", "told"),
    [
        (None, timedelta(minutes=61), 3, True),
        (None, timedelta(minutes=60), 3, False),
        (None, timedelta(minutes=121), 2, False),
        (timedelta(minutes=5), timedelta(minutes=61), 3, True),
        (timedelta(minutes=5), timedelta(minutes=59), 9, False),
        (timedelta(days=1), timedelta(days=1.9), 9, False),
        (timedelta(days=1), timedelta(days=2.1), 3, True),
        (timedelta(days=9), timedelta(days=1.9), 9, False),
        (timedelta(days=9), timedelta(days=2.1), 3, True),
    ],
)
def test_how_long_a_source_must_fail(
    succeeded: timedelta | None, failing: timedelta, failures: int, told: bool
) -> None:
    """An hour at the least, two days at the most, in between twice the time between two rounds."""
    asked = None if succeeded is None else NOW - succeeded
    after = Standing(failures=failures, failing_since=NOW, succeeded=asked)
    found = look("valley", after, after, NOTHING, never, NOW + failing)
    assert [one.concern for one in found.alarms] == ["failing"] * told


def test_a_source_that_is_gone() -> None:
    """It is told at once, and is over if it answers after all."""
    story = Story()
    story.fails(later(hours=1), "answers 410 Gone", 410)
    assert story.words == [("gone", "gone for good, and not asked any more: answers 410 Gone")]
    story.well(later(days=3, hours=1))
    assert story.words[1:] == [("gone", "answers again, after 3 days")]
    assert story.lasting == []


def test_a_source_that_fails_until_it_is_gone() -> None:
    """Both are told, and both are over with the first success."""
    story = Story()
    for day in range(1, 20):
        story.fails(later(days=day), "answers 404", 404)
    assert story.lasting == ["failing", "gone"]
    story.well(later(days=30))
    assert [one.concern for one in story.told if one.over] == ["failing", "gone"]


def test_a_source_that_has_moved() -> None:
    """It is told once it is believed, without secrets, and again where it moves on; a failure says
    nothing about it."""
    story = Story()
    story.well(later(hours=1), move=replace(MOVED, learned=None))
    assert story.told == []
    story.well(later(hours=2), move=MOVED)
    story.well(later(hours=3), move=MOVED)
    story.fails(later(hours=4))
    story.well(later(hours=5), move=replace(MOVED, learned=None))
    first = "has moved for good; the configuration should say https://new.example/feed"
    assert story.words == [("moved", first)]
    further = Move("https://user:sesame@third.example/", NOW, 3, learned=NOW)
    story.well(later(hours=6), move=further)
    story.well(later(hours=7), move=further)
    second = "has moved for good; the configuration should say https://third.example/"
    assert story.words[1:] == [("moved", "has moved on, to another address"), ("moved", second)]
    story.well(later(hours=8))
    assert [one.concern for one in story.told if one.over] == ["moved", "moved"]
    assert story.lasting == []


def test_a_source_that_is_empty() -> None:
    """It is told when it held nothing twice, where it used to hold something; also where it says
    that this is as it was."""
    story = Story()
    story.well(later(hours=1), Seen((), (), 0))
    story.fails(later(hours=2))
    assert story.stands.empty == 1
    story.well(later(hours=3))
    story.well(later(hours=4), Seen((), (), 0))
    story.well(later(hours=5))
    assert story.words == [("empty", "holds no entry any more")]
    assert story.stands.empty == 2
    story.well(later(hours=6), Seen((), (), 5))
    assert story.words[1:] == [("empty", "holds entries again, after 3 hours")]
    story.well(later(hours=7), Seen((), (), 0))
    story.well(later(hours=8), Seen((), (), 5))
    assert len(story.told) == 2


def test_a_source_that_never_held_anything_is_not_empty() -> None:
    """A new feed waits for its first entry."""
    story = Story(Standing())
    for hour in range(5):
        story.well(later(hours=hour), Seen((), (), 0))
    assert story.told == []


def test_who_is_empty_is_not_quiet_too() -> None:
    """Its silence has one cause, and one alarm."""
    story = Story(replace(WELL, quiet_at=later(days=1)), daily())
    story.well(later(days=2), Seen((), (), 0))
    story.well(later(days=3), Seen((), (), 0))
    assert story.lasting == ["empty"]


def test_a_source_that_drifts() -> None:
    """Fields that are lost are told once, and that they are there again."""
    story = Story()
    story.well(later(hours=1), Seen(entries(30), (), 30))
    story.well(later(hours=2), Seen(entries(7, authors=()), (), 30))
    assert story.told == []
    story.well(later(hours=3), Seen(entries(1, authors=(), summary=None), (), 30))
    story.well(later(hours=4), Seen(entries(9, authors=(), summary=None), (), 30))
    words = "no author in the last 8 entries (since 2022-05-04), which usually have one"
    assert story.words == [("drifting", words)]
    story.well(later(hours=5), Seen(entries(1), (), 30))
    assert story.words[1:] == [("drifting", "entries are as usual again, after 2 hours")]


def test_the_newest_entries_come_last() -> None:
    """Whatever their order in the document, eight new ones without an author are a sign."""
    old, new = entries(30)[8:], entries(8, authors=())
    for inside in (old + new, new + old):
        story = Story()
        story.well(NOW, Seen(inside, (), 38))
        assert story.lasting == ["drifting"]
    story = Story()
    undated = tuple(replace(one, published=None) for one in entries(3))
    story.well(NOW, Seen(undated + new + old, (), 41))
    assert story.lasting == []


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (
            "can't reach HTTPS://me:sesame@a.example/x?access_token=sesame&n=1",
            "HTTPS://a.example/x?n=1",
        ),
        ("first\x1b[31m red\u202e\nand\tmore", "first [31m red and more"),
        ("see https://me:sesa…", "see https://…"),
        ("so " * 999, "so so…"),
        (None, "nobody knows why"),
    ],
)
def test_words_are_safe(trouble: str | None, words: str) -> None:
    """They hold no secret and no control character, and aren't long."""
    after = Standing(failures=3, failing_since=NOW, trouble=trouble)
    [alarm] = look("valley", after, after, NOTHING, never, later(hours=2)).alarms
    assert alarm.words.casefold().endswith(words.casefold())
    assert "sesa" not in alarm.words
    assert len(alarm.words) <= LONGEST_WORDS
    assert alarm.words.isprintable()


def test_alarms_are_of_whole_seconds() -> None:
    """As the memory keeps them, they are found again when they are over."""
    after = Standing(failures=3, failing_since=NOW)
    at = later(hours=2, microseconds=5)
    [began] = look("valley", after, after, NOTHING, never, at).alarms
    assert began.since == later(hours=2)


def test_a_year_of_many_sources() -> None:
    """Of 204 sources with rhythms as in life, each silence is told once and so is its end, and at
    most two of a hundred alarms are false."""
    every = [rhythms.life(rhythm, seed) for rhythm in rhythms.RHYTHMS for seed in range(17)]
    for number, life in enumerate(every):
        rhythms.live(life, Random(number))
    told = [life.told() for life in every]
    false = sum(len(wrong) for _, wrong in told)
    true = sum(len(right) for right, _ in told)
    print(
        f"{true} true and {false} false alarms in {sum(life.end for life in every) / 365:.0f} years"
    )
    for life, (right, _) in zip(every, told, strict=True):
        [began] = right
        ended = [one for one in life.alarms if one.over and one.since == began.since]
        assert [one.over is not None for one in ended] == [True]
    assert true == len(every) == 204
    assert false <= 0.02 * (true + false)


def test_a_council_that_closes_in_august() -> None:
    """A month without anything is told in its first year, and a year is kept in mind."""
    august = [day for day in range(730) if day % 7 in (0, 2, 4) and not 210 <= day % 365 < 241]
    times = [day + 10 * rhythms.HOUR for day in august]
    life = rhythms.Life(times, (210, 241), 6 * rhythms.HOUR, 730, 20, (0, 0))
    rhythms.live(life, Random(1))
    right, wrong = life.told()
    assert len(right) == 1
    assert len(wrong) == 1
    assert (wrong[0].since - rhythms.moment(575)) / DAY > (
        right[0].since - rhythms.moment(210)
    ) / DAY
    assert [one.over is not None for one in life.alarms] == [False, True, False, True]


def test_the_simulation_begins_on_a_monday() -> None:
    """Its days are numbers, the first of them 0."""
    assert rhythms.MONDAY.weekday() == 0
    assert rhythms.moment(1.5) == datetime(2023, 1, 3, 12, tzinfo=UTC)
