"""Manners: when a server may be asked again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedtool.manners.headers import back_off, fresh_for, retry_after
from tests.conftest import NOW

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DATE = "Wed, 04 May 2022 03:02:01 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0),
        ({"cache-control": "max-age=600"}, 600),
        ({"cache-control": "public, Max-Age = 600, must-revalidate"}, 600),
        ({"cache-control": 'max-age="600"'}, 600),
        ({"cache-control": "max-age=600", "age": "200"}, 400),
        ({"cache-control": "max-age=600", "age": "900"}, 0),
        ({"cache-control": "max-age=600", "age": "soon"}, 600),
        ({"cache-control": "s-maxage=600"}, 0),
        ({"cache-control": "no-cache, max-age=600"}, 0),
        ({"cache-control": "max-age=600, no-store"}, 0),
        ({"cache-control": "max-age=99999999"}, 86_400),
        ({"cache-control": "max-age=-5"}, 0),
        ({"expires": "Wed, 04 May 2022 04:02:01 GMT", "date": DATE}, 3600),
        ({"expires": "Wed, 04 May 2022 04:02:01 GMT"}, 3600),
        ({"expires": "Wed, 04 May 2022 01:02:01 GMT", "date": DATE}, 0),
        ({"expires": "0"}, 0),
        ({"expires": "Wed, 04 May 2022 04:02:01 GMT", "cache-control": "max-age=60"}, 60),
    ],
)
def test_how_long_an_answer_is_fresh(headers: dict[str, str], seconds: int) -> None:
    """What an answer says of itself is believed, for a day at most."""
    assert fresh_for(headers, NOW) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("120", 120),
        (" 120 ", 120),
        ("0", 0),
        ("Wed, 04 May 2022 05:02:01 GMT", 7200),
        ("Wed, 04 May 2022 01:02:01 GMT", 0),
        ("soon", None),
        ("-5", None),
        ("9" * 30, 30 * 86_400),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 30 * 86_400),
    ],
)
def test_retry_after_has_two_forms(value: str | None, seconds: int | None) -> None:
    """Seconds or a date; anything else says nothing; more than a month isn't believed."""
    wanted = None if seconds is None else timedelta(seconds=seconds)
    assert retry_after(value, NOW) == wanted


@pytest.mark.parametrize(
    ("status", "failures", "asked", "wait"),
    [
        (410, 1, None, None),
        (410, 1, HOUR, None),
        (429, 1, None, 4 * HOUR),
        (429, 2, None, 8 * HOUR),
        (503, 9, None, DAY),
        (503, 1, 2 * HOUR, 2 * HOUR),
        (429, 1, timedelta(seconds=5), HOUR),
        (404, 1, None, HOUR),
        (404, 5, None, 16 * HOUR),
        (404, 99, None, 7 * DAY),
        (500, 3, None, 4 * HOUR),
        (None, 1, None, HOUR),
        (None, 99, None, DAY),
    ],
)
def test_how_long_to_stay_away(
    status: int | None, failures: int, asked: timedelta | None, wait: timedelta | None
) -> None:
    """What is asked for is given; without it, ever longer; what is gone is left alone for good."""
    assert back_off(status, failures, HOUR, asked) == wait


@given(st.dictionaries(st.sampled_from(["cache-control", "age", "expires", "date"]), st.text()))
def test_any_headers_are_read(headers: dict[str, str]) -> None:
    """Whatever the headers hold, freshness is from nothing to a day."""
    assert timedelta(0) <= fresh_for(headers, NOW) <= DAY
    value = headers.get("expires")
    assert retry_after(value, NOW) is None or retry_after(value, NOW) >= timedelta(0)  # type: ignore[operator]
