"""robots.txt, after RFC 9309."""

from __future__ import annotations

import tracemalloc
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedtool.manners.robots import (
    Robots,
    allows,
    answered,
    delay,
    from_text,
    stale,
    to_text,
    token,
)
from tests.conftest import NOW, bounded, later

HOST = "https://valley.example"
HOUR = timedelta(hours=1)

# RFC 9309 § 5.1
SIMPLE = """
User-Agent: *
Disallow: *.gif$
Disallow: /example/
Allow: /publications/

User-Agent: foobot
Disallow:/
Allow:/example/page.html
Allow:/example/allowed.gif

User-Agent: barbot
User-Agent: bazbot
Disallow: /example/page.html

User-Agent: quxbot
"""


def _robots(text: str | bytes) -> Robots:
    return answered(200, text if isinstance(text, bytes) else text.encode(), NOW)


def _allowed(rules: str, path: str, agent: str = "feedtool") -> bool:
    """Whether rules for everybody let `path` be read."""
    return allows(_robots(f"User-agent: *\n{rules}\n"), HOST + path, agent)


@pytest.mark.parametrize(
    ("agent", "path", "allowed"),
    [
        ("feedtool", "/", True),
        ("feedtool", "/a.gif", False),
        ("feedtool", "/a.gif?size=9", True),
        ("feedtool", "/a.gif/b", True),
        ("feedtool", "/example/page.html", False),
        ("feedtool", "/example", True),
        ("feedtool", "/publications/x", True),
        ("feedtool", "/publications/x.gif", True),
        ("foobot", "/", False),
        ("FooBot", "/publications/x", False),
        ("foobot", "/example/page.html", True),
        ("foobot", "/example/allowed.gif", True),
        ("foobot", "/example/other.gif", False),
        ("barbot", "/example/page.html", False),
        ("bazbot", "/example/page.html", False),
        ("bazbot", "/a.gif", True),
        ("quxbot", "/example/page.html", True),
        ("quxbot", "/a.gif", True),
        ("foo", "/a.gif", False),
        ("foobot-news", "/publications/x", True),
        ("", "/a.gif", False),
    ],
)
def test_the_simple_example(agent: str, path: str, allowed: bool) -> None:
    """The group that names the robot is its own, the one for everybody that of all others."""
    assert allows(_robots(SIMPLE), HOST + path, agent) is allowed


def test_the_longest_match() -> None:
    """RFC 9309 § 5.2: the rule with the most letters wins."""
    rules = "Allow: /example/page/\nDisallow: /example/page/disallowed.gif"
    assert _allowed(rules, "/example/page/")
    assert not _allowed(rules, "/example/page/disallowed.gif")
    assert not _allowed("Disallow: /p\nAllow: /", "/page")
    assert _allowed("Disallow: /page\nAllow: /page", "/page")  # § 2.2.2: of equal ones, Allow


@pytest.mark.parametrize(
    ("rule", "path", "matches"),
    [
        ("/", "", True),
        ("/fish", "/fish.html", True),
        ("/fish", "/Fish", False),
        ("/fish*", "/fishheads", True),
        ("/fish/", "/fish", False),
        ("/*.php", "/folder/name.php?x=1", True),
        ("/*.php$", "/folder/name.php", True),
        ("/*.php$", "/folder/name.php?x=1", False),
        ("/fish*.php", "/fishheads/catfish.php", True),
        ("/a?b=*", "/a?b=5", True),
        ("/a?b", "/a", False),
        ("/foo/bar?baz=quz", "/foo/bar?baz=quz", True),  # § 2.2.2, its table
        ("/foo/bar/ツ", "/foo/bar/%E3%83%84", True),
        ("/foo/bar/%E3%83%84", "/foo/bar/ツ", True),
        ("/foo/bar/%62%61%7A", "/foo/bar/baz", True),
        ("/foo/bar/baz", "/foo/bar/%62%61%7a", True),
        ("/a%2Fb", "/a/b", False),
        ("/path/file-with-a-%2A.html", "/path/file-with-a-*.html", True),  # § 2.2.3
        ("/path/file-with-a-%2A.html", "/path/file-with-a-b.html", False),
        ("/path/foo-%24", "/path/foo-$", True),
        ("/path/foo-%24", "/path/foo-", False),
        ("/page # a comment", "/page", True),
        ("", "/", False),
    ],
)
def test_how_a_rule_matches(rule: str, path: str, matches: bool) -> None:
    """From the first letter on; * is anything, $ the end, and escapes are what they stand for."""
    assert _allowed(f"Disallow: {rule}", path) is not matches


@pytest.mark.parametrize(
    "text",
    [
        "User-agent: feedtool\nDisallow: /a\n\nUser-agent: x\nAllow: /\n\nUSER-AGENT: FeedTool\nDisallow: /b",
        "user-agent : feedtool\nsitemap: https://x.example/\ndisallow : /a\nNoindex: /x\nDisallow:/b",
        "User-agent: *\nDisallow: /\nUser-agent: feedtool/1.0\nDisallow: /a\nDisallow: /b",
        "User-agent: feedtool\nSitemap: https://x.example/\nUser-agent: other\nDisallow: /a\nDisallow: /b",
        "\ufeffUser-agent: feedtool\rDisallow: /a\rDisallow: /b\r",
        "User-agent: feedtool\r\nCrawl-delay: 5\r\n# Disallow: /\r\nDisalow: /a\r\nDisallow /b\r\n",
        "Disallow: /\nUser-agent: feedtool\n<p>Disallow: /</p>\n\tDisallow: /a\nDisallow: /b",
        "User-agent: feedtool\nDisallow: /\u2028User-agent: x\nDisallow: /a\nDisallow: /b",
    ],
)
def test_groups(text: str) -> None:
    """Groups that name a robot are one, in whatever form its lines are; other lines end none."""
    robots = _robots(text)
    paths = {path for path in ("/", "/a", "/b", "/c") if allows(robots, HOST + path, "feedtool")}
    assert paths == {"/", "/c"}


def test_a_delay_ends_a_group() -> None:
    """What another robot is told to wait is not said to the one that is named after it."""
    robots = _robots("User-agent: slow\nCrawl-delay: 50\n\nUser-agent: *\nDisallow: /a")
    assert delay(robots, "feedtool") == timedelta(0)
    assert delay(robots, "slow") == timedelta(seconds=50)
    assert allows(robots, HOST + "/a", "slow")


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("5", 5),
        ("0.5", 0.5),
        ("0", 0),
        ("600", 60),
        ("1e300", 60),
        ("-5", 0),
        ("nan", 0),
        ("inf", 0),
        ("soon", 0),
        ("", 0),
        ("9" * 3000, 0),
    ],
)
def test_delays(said: str, seconds: float) -> None:
    """Crawl-delay is believed up to a minute."""
    robots = _robots(f"User-agent: *\nCrawl-delay: {said}")
    assert delay(robots, "feedtool") == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("status", "allowed"),
    [
        (200, False),
        (204, False),
        (301, True),
        (401, True),
        (403, True),
        (404, True),
        (410, True),
        (429, False),
        (500, False),
        (503, False),
        (599, False),
        (100, False),
        (None, False),
    ],
)
def test_what_the_status_means(status: int | None, allowed: bool) -> None:
    """No file allows everything, no answer refuses everything, but for the file itself."""
    robots = answered(status, b"User-agent: *\nDisallow: /", NOW)
    assert allows(robots, HOST + "/feed", "feedtool") is allowed
    assert allows(robots, HOST + "/robots.txt", "feedtool")
    assert allows(robots, HOST + "/robots.txt?x#y", "feedtool")
    assert not allows(robots, HOST + "/feed?/robots.txt", "feedtool") or allowed
    assert delay(robots, "feedtool") == timedelta(0)


@pytest.mark.parametrize("url", ["https://[x/", "https://x.example/" + "a" * 8000])
def test_what_cannot_be_matched_is_refused(url: str) -> None:
    """Something that is no address, or is longer than what is looked at, is not read."""
    assert not allows(_robots("User-agent: *\nDisallow: /b"), url, "feedtool")


@pytest.mark.parametrize(
    "body",
    [b"", b"<!DOCTYPE html><title>Valley</title>", b"\xff\xfe\x00", b"Disallow: /", bytes(100_000)],
)
def test_what_holds_no_rules_allows(body: bytes) -> None:
    """Whatever a host gives in the file's stead, it refuses nothing."""
    assert allows(_robots(body), HOST + "/", "feedtool")


def test_only_the_beginning_is_read() -> None:
    """Of a long file 500 KiB count, and no half of a rule."""
    start = b"User-agent: *\nDisallow: /first\n"
    filler = b"#" * (500 * 1024 - len(start) - len(b"\nDisallow: /")) + b"\n"
    robots = _robots(start + filler + b"Disallow: /second\nDisallow: /third\n")
    assert robots.text is not None
    assert len(robots.text) < 500 * 1024
    paths = ("/first", "/second", "/third", "/")
    assert [allows(robots, HOST + path, "feedtool") for path in paths] == [False, True, True, True]


@pytest.mark.parametrize(
    ("text", "hours", "expected"),
    [
        ("", 0, False),
        ("", 23.9, False),
        ("", 24, True),
        ("", -0.1, True),
        (None, 0.9, False),
        (None, 1, True),
        (None, -0.1, True),
    ],
)
def test_when_it_is_asked_for_again(text: str | None, hours: float, expected: bool) -> None:
    """After a day, after an hour where there was no answer, and where the clock was put back."""
    assert stale(Robots(text, NOW), later(hours=hours)) is expected


@pytest.mark.parametrize(
    ("user_agent", "expected"),
    [
        ("feedtool/0.1 (+https://valley.example/)", "feedtool"),
        ("Valley_Bot-news 3", "Valley_Bot-news"),
        ("Mozilla/5.0 (compatible; Valleybot/2.1; +https://valley.example/)", "Valleybot"),
        ("Mozilla/5.0 (X11; Linux)", "Mozilla"),
        ("", ""),
        ("360bot", ""),
        ("Tin/1", "Tin"),
    ],
)
def test_product_tokens(user_agent: str, expected: str) -> None:
    """The product that a user agent names first, or is compatible as."""
    assert token(user_agent) == expected


def test_no_token_is_nobodys() -> None:
    """A robot without a token is not the one that a rule names by what is none either."""
    robots = _robots("User-agent: 360\nDisallow: /\nUser-agent: *\nDisallow: /a")
    assert allows(robots, HOST + "/", "")
    assert not allows(robots, HOST + "/a", "")


@given(
    st.none() | st.text(st.characters(codec="utf-8")),
    st.datetimes(timezones=st.just(UTC)),
)
def test_it_is_kept_as_text(text: str | None, asked: datetime) -> None:
    """What was kept comes back as it was."""
    robots = Robots(text, asked)
    assert from_text(to_text(robots)) == robots


@pytest.mark.parametrize(
    "kept",
    [
        "",
        "{",
        "[]",
        "5",
        "null",
        "[" * 100_000,
        '{"text": ""}',
        '{"asked": "2022-05-04T00:00:00+00:00"}',
        '{"asked": "2022-05-04T00:00:00", "text": ""}',
        '{"asked": 5, "text": ""}',
        '{"asked": "yesterday", "text": ""}',
        '{"asked": "2022-05-04T00:00:00+00:00", "text": 5}',
        '{"asked": "2022-05-04T00:00:00+00:00", "text": "\\ud800"}',
        '{"asked": "2022-05-04T00:00:00+00:00", "text": "' + "x" * 2_000_000 + '"}',
    ],
)
def test_what_was_not_kept_is_nothing(kept: str) -> None:
    """Text that isn't what was kept is none."""
    assert from_text(kept) is None


def _many(line: str, size: int = 510_000) -> str:
    """So many bytes of lines, each with a number in it."""
    return "".join(line.format(f"{n:x}") for n in range(size // len(line)))


HOSTILE = {
    "robots and rules": _many("User-agent:a{}\nUser-agent:*\n", 250_000)
    + _many("Allow:/{}\n", 250_000),
    "rules": "User-agent:*\n" + _many("Allow:/{}\n"),
    "ends": "User-agent:*\n" + _many("Allow:/${}$\n"),
    "patterns": "User-agent:*\n" + _many("Allow:*ab{}\n"),
    "near misses": "User-agent:*\n" + _many(f"Disallow: *{'a' * 49}b{'a' * 45}" + "{}a\n"),
    "stars": "User-agent:*\n" + _many("Disallow: /" + "a*" * 900 + "b{}$\n"),
    "one long rule": "User-agent:*\nDisallow: /" + "a*" * 250_000 + "$",
    "escapes": "User-agent:*\nDisallow: /" + "%61" * 170_000,
    "spaces": "User-agent:*\nDisallow:" + " " * 500_000 + "x",
    "empty lines": "\n " * 250_000,
    "half fields": "disal" * 100_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_bounded(name: str) -> None:
    """500 KiB of anything are read and matched in little time and memory."""
    robots = _robots(HOSTILE[name])
    url = HOST + "/" + "a" * 7900
    with bounded():
        for path in ("", "b", "$"):
            allows(robots, url + path, "feedtool")
    tracemalloc.start()
    allows(robots, url, "anew")  # read anew, for another robot
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000


def test_of_too_many_rules_the_first_count() -> None:
    """10,000 rules count, and of those with * or $ 1,000; a rule of over 2,000 letters doesn't."""
    robots = _robots("User-agent:*\n" + "Disallow: /x*\n" * 1000 + "Disallow: /y*\nDisallow: /z\n")
    assert [allows(robots, f"{HOST}/{name}", "feedtool") for name in "xyz"] == [False, True, False]
    robots = _robots("User-agent:*\n" + "Disallow: /x\n" * 10_000 + "Disallow: /z\n")
    assert [allows(robots, f"{HOST}/{name}", "feedtool") for name in "xz"] == [False, True]
    assert _allowed("Disallow: /" + "a" * 2000, "/" + "a" * 3000)


@given(st.binary(max_size=300), st.text(max_size=60), st.text(max_size=10))
def test_anything_is_answered(body: bytes, url: str, agent: str) -> None:
    """Whatever a host or an address is, the answer is yes or no."""
    robots = _robots(b"User-agent: *\nDisallow: " + body)
    assert allows(robots, url, agent) in (True, False)
    assert allows(robots, HOST + "/" + url, token(agent)) in (True, False)
    assert timedelta(0) <= delay(robots, agent) <= HOUR / 60
