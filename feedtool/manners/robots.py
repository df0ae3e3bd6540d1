"""robots.txt (RFC 9309): what a host lets robots read. The only file that knows protego.

Of a file only the rules that are for us go to protego: it would keep those of every robot named,
which for a hostile file is the number of robots times the number of rules.
"""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from feedtool.data import Struct

if TYPE_CHECKING:
    from protego import Protego

_LARGEST = 500 * 1024  # bytes that are read (RFC 9309 § 2.5)
_KEPT = timedelta(hours=24)  # RFC 9309 § 2.4
_REFUSED = timedelta(hours=1)  # a host that gave no answer is asked again sooner
_LONGEST_DELAY = timedelta(seconds=60)
# What is matched is the number of patterns times the length of the address: each has its bound.
_RULES = 10_000
_PATTERNS = 1_000  # rules with * or $
_RULE_LETTERS = 2_000
_URL_LETTERS = 8_000  # RFC 9110 § 4.1

# Fields may be misspelt, or end without a colon (RFC 9309 § 2.2.4 lets crawlers be lenient).
# Compiled where it is first needed: few rounds ask for a robots.txt.
_LINE = (
    r"^[^\S\n]*(?:(?P<agent>user[- ]?agent)|(?P<allow>allow)|(?P<delay>crawl[- ]delay)|"
    r"(?P<disallow>dis{1,2}al{1,2}ow|diasllow|disallaw))(?:[^\S\n]*:|[^\S\n])(?P<value>[^#\n]*)"
)
_FIELDS = {"allow": "Allow", "disallow": "Disallow", "delay": "Crawl-delay"}
_TOKEN = re.compile(r"[A-Za-z_-]+")  # RFC 9309 § 2.2.1
_COMPATIBLE = re.compile(r"Mozilla/[^(]{0,100}\(compatible;\s*([A-Za-z_-]+)")


class Robots(Struct, frozen=True):
    """What a host answered for its /robots.txt when it was `asked`.

    `text` is what is in it, "" where there is none, and None where the host gave no answer, which
    refuses everything.
    """

    text: str | None
    asked: datetime


def answered(status: int | None, body: bytes, now: datetime) -> Robots:
    """Return what the answer to a request for /robots.txt says (RFC 9309 § 2.3.1).

    `status` is what HTTP answered in the end, None if nothing did. 2xx: `body`, of which 500 KiB
    are read; 4xx, or redirects without end: there is none, and everything is allowed; 429, 5xx or
    no answer: everything is refused.
    """
    if status is not None and 200 <= status < 300:
        read = body[:_LARGEST]
        if len(body) > _LARGEST:  # half a rule could refuse more than the whole
            read = read[: max(read.rfind(b"\n"), read.rfind(b"\r")) + 1]
        return Robots(read.decode("utf-8", "replace").removeprefix("\ufeff"), now)
    if status is not None and 300 <= status < 500 and status != 429:
        return Robots("", now)
    return Robots(None, now)


def stale(robots: Robots, now: datetime) -> bool:
    """Return True where the host is to be asked again: after a day (RFC 9309 § 2.4), after an hour
    where it gave no answer, and where the clock was put back."""
    age = now - robots.asked
    return not timedelta(0) <= age < (_REFUSED if robots.text is None else _KEPT)


def allows(robots: Robots, url: str, agent: str) -> bool:
    """Return True where the robot with the product token `agent` may read `url`, which is on this
    host.

    The longest rule that matches wins, `Allow` before `Disallow` (RFC 9309 § 2.2.2). Of hostile
    files the first 10,000 rules for the robot count, 1,000 of them with * or $, none with over
    2,000 letters; an address of over 8,000 letters is refused where there are rules.
    """
    try:
        if urlsplit(url).path == "/robots.txt":
            return True
        if not robots.text:
            return robots.text is not None
        return len(url) <= _URL_LETTERS and _rules(robots.text, agent).can_fetch(url, agent)
    except ValueError:  # no address at all
        return False


def delay(robots: Robots, agent: str) -> timedelta:
    """Return how long Crawl-delay asks the robot to wait between two requests, at most a minute."""
    seconds = _rules(robots.text, agent).crawl_delay(agent) if robots.text else None
    return timedelta(seconds=min(seconds or 0.0, _LONGEST_DELAY.total_seconds()))


def token(user_agent: str) -> str:
    """Return the product token that rules name who calls himself so (RFC 9309 § 2.2.1), "" where
    there is none: rules for everybody apply then."""
    found = _COMPATIBLE.match(user_agent)
    if found:
        return found[1]
    first = _TOKEN.match(user_agent.lstrip())
    return first[0] if first else ""


def to_text(robots: Robots) -> str:
    """Return `robots` as JSON, for `from_text`."""
    return json.dumps({"asked": robots.asked.isoformat(), "text": robots.text})


def from_text(text: str) -> Robots | None:
    """Return what `to_text` made `text` of, or None for anything else."""
    try:
        found = json.loads(text)
        asked, said = datetime.fromisoformat(found["asked"]), found["text"]
        if asked.tzinfo is None or not (said is None or isinstance(said, str)):
            return None
        if said is not None and len(said.encode()) > 3 * _LARGEST:  # U+FFFD for each byte
            return None
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return Robots(said, asked)


@lru_cache(maxsize=8)
def _rules(text: str, agent: str) -> Protego:
    from protego import Protego

    return Protego.parse("\n".join(("User-agent: *", *_group(text, agent.lower()))))


def _group(text: str, agent: str) -> list[str]:
    """The rules of all groups that name the agent, else of those for everybody (RFC 9309 § 2.2.1).

    A line that is no rule ends no group (§ 2.2.4), but for Crawl-delay, which is one to us.
    """
    groups: dict[str, list[str]] = {}
    patterns: dict[str, int] = {}
    named: set[str] = set()
    ended = False
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    for line in re.finditer(_LINE, lines, re.IGNORECASE | re.MULTILINE):
        value = line["value"].strip()
        if line["agent"]:
            if ended:
                named, ended = set(), False
            name = "*" if value.split()[:1] == ["*"] else token(value).lower()
            if name and name in (agent, "*"):
                named.add(name)
                groups.setdefault(name, [])
            continue
        ended = True
        # protego would take other line ends, which a rule may hold, for the end of the rule.
        if not value or len(value) > _RULE_LETTERS or not value.isprintable():
            continue
        field = next(word for name, word in _FIELDS.items() if line[name])
        for name in named:
            special = "*" in value or "$" in value
            patterns[name] = patterns.get(name, 0) + special
            if len(groups[name]) < _RULES and (not special or patterns[name] <= _PATTERNS):
                groups[name].append(f"{field}: {value}")
    return groups.get(agent, groups.get("*", []))
