"""Telling a hub of news: what is sent, that nobody waits for it, and when it is tried again."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedtool.config import Config, Http, PublishTable
from feedtool.errors import FetchError
from feedtool.fetch import poster
from feedtool.fetch.hub import Pinger
from feedtool.fetch.loop import Loop
from feedtool.fetch.transport import trusted
from feedtool.manners.pings import Ping, after
from tests.conftest import NOW, later, make_config
from tests.servers import LIFE, Authority, Conduct, Net, Servers, Talk, answer, together

TOPIC, OTHER = "https://tin.example/all.atom?a=1&b=ả", "https://tin.example/all.json"


class Hub:
    """A hub that gives these answers in turn, the last one again and again, or none where it is
    `silent`, and remembers what it was told."""

    def __init__(self, *answers: bytes, silent: bool = False) -> None:
        self.answers, self.silent = list(answers), silent
        self.told: list[dict[str, list[str]]] = []

    async def __call__(self, talk: Talk) -> None:
        """One connection."""
        head = (await talk.request()).decode().lower()
        length = int(head.partition("content-length: ")[2].partition("\r\n")[0])
        assert head.startswith("post ")
        assert "content-type: application/x-www-form-urlencoded" in head
        assert "user-agent: feedtool/" in head
        self.told.append(parse_qs((await talk.reader.readexactly(length)).decode()))
        if self.silent:
            await talk.hold()
        await talk.send(self.answers.pop(0) if len(self.answers) > 1 else self.answers[0])

    @property
    def topics(self) -> list[str]:
        """What it was told of, in order."""
        return [form["hub.url"][0] for form in self.told]


DONE = answer(status="204 No Content")


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hub that answers is waited for, however busy the machine is."""
    monkeypatch.setattr(poster, "SECONDS", 2 * LIFE)


@pytest.fixture
def servers() -> Iterator[Servers]:
    """Any number of servers on loopback; afterwards no thread of a pinger is alive."""
    before = set(threading.enumerate())
    with Servers() as running:
        yield running
    begun = set(threading.enumerate()) - before
    assert "feedtool-fetch" not in {thread.name for thread in begun}


def _config(url: str | None, **http: object) -> Config:
    publish = PublishTable(path=Path("/nowhere"), hub=url)
    given = {"timeout": 2 * LIFE, **http}
    return make_config(Path("/"), publish=publish, http=Http(**given))  # type: ignore[arg-type]


def _tell(
    url: str, *topics: str, private: bool = True, **http: object
) -> dict[str, FetchError | None]:
    with closing(Pinger(_config(url, **http), private=private)) as pinger:
        pinger.start(topics or [TOPIC], now=NOW)
        pinger.wait(LIFE)
        told = pinger.results()
        assert all(wait == (error and error.retry_after) for _, error, wait in told)
        return {topic: error for topic, error, _ in told}


def _why(url: str, **http: object) -> str:
    [error] = _tell(url, **http).values()
    assert error is not None
    return str(error)


def test_a_hub_is_told_of_each_topic(servers: Servers) -> None:
    """By a form for each, which names the topic in both ways that hubs want; any 2xx is a yes."""
    for status in ("200 OK", "202 Accepted", "204 No Content"):
        taken = Hub(answer(status=status))
        server = servers.add(taken)
        assert _tell(server.url(), TOPIC, OTHER) == {TOPIC: None, OTHER: None}
        assert sorted(taken.topics) == [TOPIC, OTHER]
        form = {"hub.mode": ["publish"], "hub.url": [TOPIC], "hub.topic": [TOPIC]}
        assert form in taken.told


def test_nobody_waits_for_a_hub(servers: Servers) -> None:
    """Beginning, asking what has ended, and giving up don't wait for a hub that never answers."""
    server = servers.add(Hub(DONE, silent=True))
    begun = time.monotonic()
    pinger = Pinger(_config(server.url()), private=True)
    pinger.start([TOPIC], now=NOW)
    assert pinger.results() == []
    assert pinger.running == {TOPIC}
    pinger.wait(0.2)
    assert pinger.results() == []
    pinger.close()
    pinger.close()
    assert pinger.running == frozenset()
    assert time.monotonic() - begun < LIFE  # after which the hub would have gone


def test_what_is_told_is_running_until_it_is_given_back(servers: Servers) -> None:
    """Once, by `results`; what was given up is given back by nobody."""
    with closing(Pinger(_config(servers.add(Hub(DONE)).url()), private=True)) as pinger:
        assert (pinger.results(), pinger.running) == ([], frozenset())
        pinger.start([TOPIC], now=NOW)
        pinger.wait(LIFE)
        assert pinger.running == {TOPIC}
        assert pinger.results() == [(TOPIC, None, None)]
        assert (pinger.results(), pinger.running) == ([], frozenset())


def test_news_while_a_hub_is_told_are_told_again(servers: Servers) -> None:
    """The hub may have fetched the feed just before; only once more, however often it is said."""
    taken = Hub(DONE)
    with closing(Pinger(_config(servers.add(taken).url()), private=True)) as pinger:
        for _ in range(3):
            pinger.start([TOPIC], now=NOW)
        pinger.wait(LIFE)
        assert pinger.results() == [(TOPIC, None, None)]
    assert taken.topics == [TOPIC, TOPIC]


def test_news_of_what_failed_wait_with_it(servers: Servers) -> None:
    """A hub that refuses isn't asked once more at once."""
    taken = Hub(answer(status="500 Oops"))
    with closing(Pinger(_config(servers.add(taken).url()), private=True)) as pinger:
        pinger.start([TOPIC], now=NOW)
        pinger.start([TOPIC], now=NOW)
        pinger.wait(LIFE)
        [(topic, error, wait)] = pinger.results()
        assert (topic, wait) == (TOPIC, None)
        assert "answers 500 Oops" in str(error)
    assert taken.topics == [TOPIC]


def test_without_a_hub_nothing_happens() -> None:
    """Whoever has none need not ask whether there is one."""
    pinger = Pinger(_config(None))
    pinger.start([TOPIC], now=NOW)
    pinger.wait(LIFE)
    assert (pinger.running, pinger.results()) == (frozenset(), [])
    pinger.close()


def test_a_few_are_told_at_once(servers: Servers) -> None:
    """A hub isn't flooded by the many documents of one site."""
    now = most = 0

    async def conduct(talk: Talk) -> None:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await first(talk)
        now -= 1

    first = together(4, Hub(DONE))

    topics = [f"{OTHER}?{number}" for number in range(20)]
    assert set(_tell(servers.add(conduct).url(), *topics).values()) == {None}
    assert most == 4


@pytest.mark.parametrize(
    ("answered", "words", "status", "wait"),
    [
        (answer(status="404 Not Found"), "answers 404 Not Found", 404, None),
        (answer(b"", "Retry-After: 120", status="503 Busy"), "answers 503 Busy", 503, 120),
        (answer(b"", "Retry-After: Wed, 04 May 2022 03:03:01 GMT", status="429 Slow"), "answers 429 Slow", 429, 60),
        (answer(b"", "Location: /x", status="302 Found"), "answers 302 Found", 302, None),
        (answer(status="304 Not Modified", length=False), "answers 304 Not Modified", 304, None),
        (b"nonsense\r\n\r\n", "is no HTTP", None, None),
    ],
)  # fmt: skip
def test_a_refusal_is_told(
    servers: Servers, answered: bytes, words: str, status: int | None, wait: int | None
) -> None:
    """With what was answered, and for how long the hub wants to be left alone."""
    url = servers.add(Hub(answered)).url()
    error = _tell(url)[TOPIC]
    assert error is not None
    assert str(error).startswith(f"{url}: can't be told of {TOPIC}: it {words}")
    assert error.status == status
    assert error.retry_after == (None if wait is None else timedelta(seconds=wait))


def test_a_hub_that_is_too_slow_is_told(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    """After ten seconds, or http.timeout where that is less."""
    url = servers.add(Hub(DONE, silent=True)).url()
    assert "is too slow (http.timeout is 0.1 s)" in _why(url, timeout=0.1)
    monkeypatch.setattr(poster, "SECONDS", 0.2)
    assert "takes over 0.2 s" in _why(url)


def test_a_hub_may_have_moved(servers: Servers) -> None:
    """The form is sent again where it says to (307, 308), a few times."""
    new = Hub(DONE)
    old: Conduct = Hub(answer(b"", f"Location: {servers.add(new).url()}", status="308 Moved"))
    assert _tell(servers.add(old).url()) == {TOPIC: None}
    assert new.topics == [TOPIC]
    for_ever = Hub(answer(b"", "Location: /feed", status="307 Moved"))
    assert "it redirects more than 3 times" in _why(servers.add(for_ever).url())
    assert len(for_ever.told) == 4
    nowhere = Hub(answer(status="307 Moved"))
    assert "it answers 307 Moved" in _why(servers.add(nowhere).url())


def test_a_hub_does_not_lead_astray(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    """From one host of ours it leads to no other that is off the internet."""
    Net(monkeypatch, "odd.example")
    victim = servers.add(Hub(DONE))
    leads = answer(b"", f"Location: {victim.url()}", status="307 Moved")
    said = _why(servers.add(Hub(leads)).url("hub.odd.example"))
    assert f"it leads to {victim.url()}, which is no public address" in said
    assert victim.connections == 0


def test_a_hub_stays_with_tls(servers: Servers, tmp_path: Path) -> None:
    """From https it doesn't lead to http."""
    authority = Authority()
    plain = servers.add(Hub(DONE))
    leads = answer(b"", f"Location: {plain.url()}", status="307 Moved")
    secure = servers.add(Hub(leads), tls=authority.valid)
    trusted.cache_clear()
    ca_file = authority.write(tmp_path / "ca.pem")
    assert "it redirects from https to http" in _why(secure.url(), ca_file=ca_file)
    assert plain.connections == 0


def test_a_hub_is_on_the_internet(servers: Servers) -> None:
    """Unless its owner says that it may be elsewhere."""
    server = servers.add(Hub(DONE))
    [error] = _tell(server.url(), private=False).values()
    assert "is no public address; publish.hub_allow_private = true" in str(error)
    assert error is not None
    assert error.fault == "settings"
    assert server.connections == 0


def test_secrets_are_not_told(servers: Servers) -> None:
    """What opens the hub's door is sent to it, and stands in no message."""
    server = servers.add(Hub(answer(status="403 Forbidden")))
    said = _why(server.url(path="/?token=abc&x=1"))
    assert "abc" not in said
    assert b"token=abc" in server.heads[0]


def test_a_setting_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    """For each topic, as if the hub had failed."""
    [said] = _tell("https://hub.example/", ca_file=tmp_path / "none.pem").values()
    assert "http.ca_file" in str(said)


def test_mistakes_are_told(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ours too, of one topic or of the whole thread: whoever waits is told, and can try again."""
    url = servers.add(Hub(DONE)).url()

    async def fails(*_: object) -> None:
        raise ZeroDivisionError("x")

    with monkeypatch.context() as patch:
        patch.setattr(Pinger, "_tell", fails)
        assert "it meets a mistake of feedtool (ZeroDivisionError: x)" in _why(url)
    pinger = Pinger(_config(url), private=True)
    with closing(pinger), monkeypatch.context() as patch:
        patch.setattr(Loop, "_begin", fails)
        patch.setattr(Loop, "_live", lambda _: 1 / 0)
        pinger.start([TOPIC], now=NOW)
        pinger.wait(LIFE)
        [(_, error, _)] = pinger.results()
        assert "the event loop has ended: division by zero" in str(error)
        patch.undo()
        pinger.start([TOPIC], now=NOW)
        pinger.wait(LIFE)
        assert pinger.results() == [(TOPIC, None, None)]


def test_a_ping_is_tried_again_for_two_days() -> None:
    """After a minute, then twice as long each time up to six hours; then it is given up."""
    ping: Ping | None = Ping(TOPIC, 0, NOW)
    waits = []
    now = NOW
    while ping is not None:
        now = ping.due
        ping = after(ping, now, ok=False)
        if ping is not None:
            assert (ping.topic, ping.tries) == (TOPIC, len(waits) + 1)
            waits.append((ping.due - now) / timedelta(minutes=1))
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, *[360] * 7]
    assert timedelta(days=2) < now - NOW < timedelta(days=2, hours=6)


def test_a_ping_that_was_taken_is_done() -> None:
    """Whatever came before."""
    assert after(Ping(TOPIC, 9, NOW), NOW, ok=True, retry_after=timedelta(hours=1)) is None


@settings(derandomize=True)
@given(st.integers(0, 15), st.timedeltas(timedelta(0), timedelta(days=40)))
def test_a_hub_is_left_alone_as_long_as_it_asks(tries: int, asked: timedelta) -> None:
    """Never is it tried earlier; what is wanted only after two days is given up."""
    left = after(Ping(TOPIC, tries, NOW), later(minutes=5), ok=False, retry_after=asked)
    assert (left is None) == (asked > timedelta(days=2))
    assert left is None or left.due >= later(minutes=5) + asked
