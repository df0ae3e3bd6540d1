"""Who is due when."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from feedtool.agenda import Agenda
from tests.conftest import NOW, later


def test_those_whose_time_has_come_are_taken() -> None:
    """In the order of their times, and of one time in that in which they were set; once each."""
    agenda = Agenda()
    assert (agenda.next, agenda.take(NOW)) == (None, [])
    for name, hours in (("b", 2), ("a", 2), ("c", 1), ("d", 3)):
        agenda.set(name, later(hours=hours))
    assert agenda.next == later(hours=1)
    assert agenda.take(NOW) == []
    assert agenda.take(later(hours=2)) == ["c", "b", "a"]
    assert "a" not in agenda
    assert "d" in agenda
    assert agenda.take(later(hours=2)) == []


def test_what_is_set_again_counts() -> None:
    """The last word holds; hastening never delays, nor touches what is in hand."""
    agenda = Agenda()
    agenda.set("a", later(hours=1))
    agenda.set("a", later(hours=3))
    assert agenda.take(later(hours=2)) == []
    agenda.hasten("a", later(hours=4))
    agenda.hasten("b", NOW)
    assert agenda.next == later(hours=3)
    agenda.hasten("a", later(hours=2))
    assert agenda.take(later(hours=2)) == ["a"]
    agenda.hasten("a", NOW)
    assert agenda.next is None


def test_old_places_do_not_pile_up() -> None:
    """However often one is set before its time comes."""
    agenda = Agenda()
    for number in range(1000):
        agenda.set("a", later(days=400 - number / 10))
    assert len(agenda._heap) < 100
    assert agenda.next == later(days=400 - 99.9)


def test_all_can_be_moved() -> None:
    """As when the clock was put back."""
    agenda = Agenda()
    for name, hours in (("a", 1), ("b", 2)):
        agenda.set(name, later(hours=hours))
    agenda.move(lambda name, when: when - timedelta(hours=5) if name == "b" else when)
    assert agenda.take(NOW) == ["b"]
    assert agenda.next == later(hours=1)


@given(st.lists(st.tuples(st.sampled_from("abcde"), st.integers(0, 50), st.booleans())))
def test_it_does_as_a_plain_table(deeds: list[tuple[str, int, bool]]) -> None:
    """Whatever is set and taken, it gives what a look through a dictionary would."""
    agenda, table = Agenda(), dict[str, datetime]()
    for name, minutes, takes in deeds:
        when = later(minutes=minutes)
        if takes:
            due = {one for one, time in table.items() if time <= when}
            assert set(agenda.take(when)) == due
            table = {one: time for one, time in table.items() if one not in due}
        else:
            agenda.set(name, when)
            table[name] = when
        assert agenda.next == min(table.values(), default=None)
