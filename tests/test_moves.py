"""Moves: when an address that a source says it has moved to is believed."""

from __future__ import annotations

from datetime import datetime

import pytest

from feedtool.manners.moves import PROBATION, Move, address, answered
from tests.conftest import NOW, later

OLD, NEW, OTHER = "https://a.example/feed", "https://b.example/feed", "https://c.example/feed"


@pytest.mark.parametrize(
    ("move", "now", "expected"),
    [
        (None, NOW, OLD),
        (Move(NEW, NOW, 99), later(days=99), OLD),
        (Move(NEW, NOW, 4, later(days=3)), later(days=3), NEW),
        (Move(NEW, NOW, 4, later(days=3)), later(days=32, hours=23), NEW),
        (Move(NEW, NOW, 4, later(days=3)), later(days=33), OLD),
        (Move(NEW, NOW, 4, later(days=3)), later(days=2), OLD),
    ],
)
def test_where_to_ask(move: Move | None, now: datetime, expected: str) -> None:
    """At the new address for a month from when it was learned; the clock put back forgets it."""
    assert address(OLD, move, now) == expected


@pytest.mark.parametrize(
    ("before", "asked", "moved", "now", "expected"),
    [
        (None, OLD, None, NOW, None),
        (None, OLD, NEW, NOW, Move(NEW, NOW)),
        (Move(NEW, NOW), OLD, NEW, later(hours=1), Move(NEW, NOW, 2)),
        (Move(NEW, NOW), OLD, None, later(hours=1), None),
        (Move(NEW, NOW, 9), OLD, None, later(days=9), None),
        (Move(NEW, NOW, 9), OLD, OTHER, later(days=9), Move(OTHER, later(days=9))),
        (Move(NEW, NOW), OLD, NEW, later(days=9), Move(NEW, NOW, 2)),
        (Move(NEW, NOW, 2), OLD, NEW, later(days=2, hours=23), Move(NEW, NOW, 3)),
        (Move(NEW, NOW, 2), OLD, NEW, NOW + PROBATION, Move(NEW, NOW, 3, NOW + PROBATION)),
        (Move(NEW, NOW, 8), OLD, NEW, later(days=3), Move(NEW, NOW, 9, later(days=3))),
    ],
)
def test_what_is_thought_of_an_answer_at_the_old_address(
    before: Move | None, asked: str, moved: str | None, now: datetime, expected: Move | None
) -> None:
    """Three answers at least, for three days, all of one mind: else it begins anew."""
    assert answered(before, asked, OLD, moved, now) == expected


LEARNED = Move(NEW, NOW, 5, later(days=3))


@pytest.mark.parametrize(
    ("asked", "moved", "now", "expected"),
    [
        (NEW, None, later(days=4), LEARNED),
        (NEW, OTHER, later(days=4), Move(OTHER, later(days=4))),
        (OLD, NEW, later(days=33), Move(NEW, NOW, 6, later(days=33))),
        (OLD, None, later(days=33), None),
    ],
)
def test_what_is_thought_once_it_was_learned(
    asked: str, moved: str | None, now: datetime, expected: Move | None
) -> None:
    """It holds while the new address answers; after a month the old one is heard again."""
    assert answered(LEARNED, asked, OLD, moved, now) == expected


@pytest.mark.parametrize("secret", ["https://ann:word@b.example/feed", NEW + "?token=abc"])
def test_what_opens_a_door_is_not_kept(secret: str) -> None:
    """An address with a secret in it is neither learned nor remembered."""
    assert answered(None, OLD, OLD, secret, NOW) is None
    assert answered(Move(NEW, NOW, 9), OLD, OLD, secret, later(days=9)) is None
