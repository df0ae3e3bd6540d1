"""Etiquette: what published checks of feed readers ask for, over simulated weeks.

A server on loopback plays sites of all manners; each source asks its own. A clock is moved by hand,
and every request of a week is looked at.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from itertools import pairwise
from pathlib import Path

import pytest

from feedtool.archive.folder import FolderArchive
from feedtool.collect import collect
from feedtool.config import Config
from feedtool.daemon import Daemon
from feedtool.data import replace
from feedtool.model import Source
from feedtool.publish.site import Publication
from tests.conftest import NOW, Server, make_config

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NEVER = datetime.max.replace(tzinfo=UTC)
LATEST = 5 * MINUTE  # between two looks at the clock
CONTACT = "mailto:editor@tin.example"


@dataclass
class Asked:
    """A request, and what was answered."""

    at: datetime
    path: str
    headers: dict[str, str]
    status: int = 0
    said: dict[str, str] = field(default_factory=dict)

    @property
    def conditional(self) -> bool:
        """True where it asks whether the document has changed."""
        return "if-none-match" in self.headers or "if-modified-since" in self.headers


Answer = tuple[int, dict[str, str], bytes]
Manner = Callable[["Site", Asked], Answer]


@dataclass
class Site:
    """One site: how it answers, and what it was asked."""

    name: str
    manner: Manner
    begun: datetime = NOW
    log: list[Asked] = field(default_factory=list)

    @property
    def rounds(self) -> list[Asked]:
        """The requests that began a round: not those that a redirect led to."""
        led = [False, *(one.status in (301, 302) for one in self.log)]
        return [one for one, after in zip(self.log, led, strict=False) if not after]


class World:
    """A server of many sites, and one clock for all."""

    def __init__(self, server: Server, folder: Path, **manners: Manner) -> None:
        self.now = NOW
        self._server = server
        self.folder = folder
        self.sites = {name: Site(name, manner) for name, manner in manners.items()}
        for site in self.sites.values():
            for path in (f"/{site.name}", f"/{site.name}/new"):
                server.answers[path] = self._answers(site)

    def __call__(self) -> datetime:
        return self.now

    def _answers(self, site: Site) -> Callable[[BaseHTTPRequestHandler], None]:
        def answer(handler: BaseHTTPRequestHandler) -> None:
            headers = {name.lower(): value for name, value in handler.headers.items()}
            asked = Asked(self.now, handler.path, headers)
            status, said, body = site.manner(site, asked)
            asked.status, asked.said = status, {name.lower(): one for name, one in said.items()}
            site.log.append(asked)
            handler.send_response_only(status)
            cookie = {"Set-Cookie": f"visit={len(site.log)}; Path=/"}
            for name, value in {**cookie, **said, "Content-Length": str(len(body))}.items():
                handler.send_header(name, value)
            handler.end_headers()
            handler.wfile.write(body)

        return answer

    def config(self, **fields: object) -> Config:
        """All sites as sources."""
        sources = [
            replace(
                Source(name=name, url=f"{self._server.url}/{name}", allow_private=True),
                **fields,  # type: ignore[arg-type]
            )
            for name in self.sites
        ]
        config = make_config(self.folder, *sources)
        return replace(config, site=replace(config.site, contact=CONTACT))

    def archive(self) -> FolderArchive:
        """The archive, from disk."""
        return FolderArchive(self.folder / "archive", writing=True)

    def live(self, span: timedelta, restarts: int = 0, seed: int = 1) -> None:
        """Run a daemon that looks at the clock each one to five minutes; whenever it has looked,
        nobody is overdue. So often it is started anew, on what is on disk."""
        chance = random.Random(seed)
        config, until = self.config(), self.now + span
        stops = sorted(self.now + span * chance.random() for _ in range(restarts))
        dues = dict.fromkeys(self.sites, self.now)
        for stop in (*stops, until):
            with self.archive() as archive:
                daemon = Daemon(config, archive, clock=self)
                while self.now <= stop:
                    daemon.round()
                    for name in [name for name, due in dues.items() if due <= self.now]:
                        standing = archive.state.standing(name)
                        assert standing.gone or (standing.due and standing.due > self.now), name
                        dues[name] = standing.due if standing.due and not standing.gone else NEVER
                    self.now += chance.uniform(1, 5) * MINUTE
                end(daemon)

    def cron(self, span: timedelta, **fields: object) -> None:
        """Run `collect` each five minutes, each time as a process of its own would."""
        config, end = self.config(**fields), self.now + span
        while self.now < end:
            with self.archive() as archive:
                list(collect(config, archive, now=self.now))
            self.now += LATEST


def end(daemon: Daemon) -> None:
    """Let a daemon go, as a signal would."""
    daemon.stop()
    daemon.run()


def rss(name: str, times: list[datetime], about: str = "") -> bytes:
    """A feed with entries of these times."""
    items = "".join(
        f"<item><title>At {time:%d %H:%M}</title><guid isPermaLink='false'>{name}/{time:%m%d%H%M}</guid>"
        f"<pubDate>{format_datetime(time)}</pubDate><description>News.</description></item>"
        for time in reversed(times[-10:])
    )
    channel = f"<channel><title>V</title>{about}{items}</channel>"
    return f"<rss version='2.0'>{channel}</rss>".encode()


def news(site: Site, now: datetime, every: timedelta = HOUR) -> list[datetime]:
    """The times of what came out until now."""
    first = site.begun - 5 * every
    return [first + n * every for n in range(int((now - first) / every) + 1)]


def http(time: datetime) -> str:
    """A moment as HTTP writes it."""
    return format_datetime(time.replace(microsecond=0), usegmt=True)


def feed(
    tag: str | None = '"v{}"',
    modified: str | None = None,
    every: timedelta = HOUR,
    about: str = "",
    **said: str,
) -> Manner:
    """A feed with news each so often, and these validators ({}: what version it is)."""

    def manner(site: Site, asked: Asked) -> Answer:
        times = news(site, asked.at, every)
        etag = tag.format(len(times)) if tag else None
        since = modified.format(len(times)) if modified else None
        given = {"ETag": etag, "Last-Modified": since}
        headers = {name: one for name, one in given.items() if one is not None}
        headers |= {name.replace("_", "-"): one for name, one in said.items()}
        theirs = asked.headers.get("if-none-match"), asked.headers.get("if-modified-since")
        if (etag or since) and theirs == (etag, since):
            return 304, headers, b""
        return 200, headers, rss(site.name, times, about)

    return manner


PLAIN = feed()


def bursts(site: Site, asked: Asked) -> Answer:
    """Ten entries at once, then nothing for two days."""
    day = int((asked.at - site.begun) / (2 * DAY))
    if asked.headers.get("if-none-match") == f'"{day}"':
        return 304, {"ETag": f'"{day}"'}, b""
    times = [site.begun + day * 2 * DAY + n * MINUTE for n in range(10)]
    return 200, {"ETag": f'"{day}"'}, rss(site.name, times)


def restless(site: Site, asked: Asked) -> Answer:
    """Ever new validators for the same document."""
    given = {"ETag": f'W/"{len(site.log)}"', "Last-Modified": http(asked.at)}
    return 200, given, rss(site.name, news(site, site.begun))


def expires(site: Site, asked: Asked) -> Answer:
    """Fresh for three hours, in the old way."""
    status, headers, body = PLAIN(site, asked)
    old = {"Date": http(asked.at), "Expires": http(asked.at + 3 * HOUR)}
    return status, {**headers, **old}, body


def refusing(status: int, wait: timedelta | None = None, dated: bool = False) -> Manner:
    """Every second request is refused, with or without saying for how long."""

    def manner(site: Site, asked: Asked) -> Answer:
        if len(site.log) % 2 == 0:
            return PLAIN(site, asked)
        if wait is None:
            return status, {}, b"later"
        seconds = str(int(wait.total_seconds()))
        return status, {"Retry-After": http(asked.at + wait) if dated else seconds}, b"later"

    return manner


def always(status: int) -> Manner:
    """The same failure for ever."""
    return lambda site, asked: (status, {}, b"no")


def flapping(site: Site, asked: Asked) -> Answer:
    """Broken for three requests of five."""
    return (500, {}, b"oh") if len(site.log) % 5 in (1, 2, 4) else PLAIN(site, asked)


def bare_and_flapping(site: Site, asked: Asked) -> Answer:
    """No validators, and every second request fails."""
    return (500, {}, b"oh") if len(site.log) % 2 else feed(None)(site, asked)


def leading(
    status: int,
    first: timedelta = timedelta(0),
    last: timedelta = 99 * DAY,
    after: int = 404,
    there: Manner = PLAIN,
) -> Manner:
    """Leads to its new address from `first` to `last`; then it is there itself, and what was the
    new address answers `after`."""

    def manner(site: Site, asked: Asked) -> Answer:
        leads = first <= asked.at - site.begun < last
        if asked.path.endswith("/new"):
            return there(site, asked) if leads else (after, {}, b"no")
        return (status, {"Location": f"/{site.name}/new"}, b"") if leads else PLAIN(site, asked)

    return manner


def login(site: Site, asked: Asked) -> Answer:
    """What a captive portal shows."""
    page = b"<html><head><title>Log in</title></head><body><p>Please pay.</p></body></html>"
    return 200, {"Content-Type": "text/html", "ETag": '"portal"'}, page


TWO_HOURS = (26 * HOUR, 28 * HOUR)
MANNERS: dict[str, Manner] = {
    "tagged": PLAIN,
    "quiet": feed(every=9 * DAY),
    "dated": feed(None, "Wed, 04 May 2022 03:02:{:02d} GMT"),
    "oddly-dated": feed(None, "4 May 22  3:{} +0700 (hourly)"),
    "both": feed('"{}-gzip"', "Wed, 04 May 2022 03:02:{:02d} GMT"),
    "odd": feed('W/"a, b; c={}%22~!\'\\[x]--gzip"'),
    "unquoted": feed("5f{}:0"),
    "none": feed(None),
    "none-quiet": feed(None, every=9 * DAY),
    "none-flapping": bare_and_flapping,
    "bursts": bursts,
    "restless": restless,
    "max-age": feed(Cache_Control="public, max-age=10800"),
    "expires": expires,
    "ttl": feed(about="<ttl>180</ttl>"),
    "skips": feed(
        about="<skipHours><hour>1</hour><hour>2</hour><hour>13</hour></skipHours>"
        "<skipDays><day>Saturday</day></skipDays>"
    ),
    "many-seconds": refusing(429, 2 * HOUR),
    "many-date": refusing(429, 5 * HOUR, dated=True),
    "many": refusing(429),
    "busy": refusing(503),
    "busy-long": refusing(503, 30 * HOUR),
    "missing": always(404),
    "gone": always(410),
    "broken": always(500),
    "flapping": flapping,
    "moved": leading(301),
    "elsewhere": leading(302),
    "portal": leading(301, *TWO_HOURS, there=login),
    "mistake": leading(301, *TWO_HOURS),
    "back": leading(301, last=5 * DAY),
    "back-broken": leading(301, last=5 * DAY, after=500),
}
LIVES: dict[str, Callable[[World], None]] = {
    "daemon": lambda world: world.live(7 * DAY, restarts=50),
    "cron": lambda world: world.cron(30 * HOUR),
}


@pytest.fixture(scope="module", params=LIVES)
def week(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> World:
    """What came of a week, lived through in each way."""
    server = Server()
    world = World(server, tmp_path_factory.mktemp("week"), **MANNERS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("feedtool.work.publish", lambda *_, **__: Publication((), 0))
        try:
            LIVES[request.param](world)
        finally:
            server.close()
    return world


@pytest.fixture(params=MANNERS)
def site(request: pytest.FixtureRequest, week: World) -> Site:
    """Each site after that week."""
    return week.sites[request.param]


def gaps(log: list[Asked]) -> list[timedelta]:
    """The times between requests."""
    return [late.at - early.at for early, late in pairwise(log)]


def test_nobody_is_asked_twice_within_an_hour(site: Site) -> None:
    """Whatever a server answers, and however often we are started."""
    assert site.log
    assert all(gap >= HOUR for gap in gaps(site.rounds))
    for path in {one.path for one in site.log}:
        assert all(gap >= HOUR for gap in gaps([one for one in site.log if one.path == path]))


def test_a_whole_document_is_asked_for_once_a_day(site: Site) -> None:
    """Where a server gives validators only once ever, else not within a day of the last time."""
    good = [one.status == 200 for one in site.log]
    first = good.index(True) if any(good) else len(good)
    whole = [one for one in site.log[first:] if not one.conditional]
    assert all(gap >= DAY for gap in gaps(whole))
    if any("etag" in one.said or "last-modified" in one.said for one in site.log):
        assert len(whole) == 1


def test_validators_are_told_letter_by_letter(site: Site) -> None:
    """Each request has those of the last good answer, all of them and no others."""
    etag = modified = None
    for one in site.log:
        assert one.headers.get("if-none-match") == etag
        assert one.headers.get("if-modified-since") == modified
        if one.status == 200 and one.said.get("content-type") != "text/html":
            etag, modified = one.said.get("etag"), one.said.get("last-modified")


def test_every_request_says_who_asks_for_what(site: Site) -> None:
    """One name with version and contact, types of feeds, gzip; no cookies, no referrer, nothing
    added to the address."""
    agents = {one.headers.get("user-agent", "") for one in site.log}
    assert len(agents) == 1
    assert agents.pop().startswith("feedtool/")
    for one in site.log:
        assert one.headers["user-agent"].endswith(f"(+{CONTACT})")
        assert {"application/rss+xml", "application/atom+xml"} <= {
            kind.partition(";")[0].strip() for kind in one.headers["accept"].split(",")
        }
        assert "gzip" in one.headers["accept-encoding"]
        assert not {"cookie", "referer"} & one.headers.keys()
        assert one.path in (f"/{site.name}", f"/{site.name}/new")


@pytest.mark.parametrize(
    ("name", "status", "least"),
    [
        ("max-age", None, 3 * HOUR),
        ("expires", None, 3 * HOUR),
        ("ttl", None, 3 * HOUR),
        ("none", None, DAY),
        ("none-quiet", None, DAY),
        ("many-seconds", 429, 2 * HOUR),
        ("many-date", 429, 5 * HOUR - timedelta(seconds=1)),  # such a date has whole seconds
        ("busy-long", 503, 30 * HOUR),
        ("many", 429, 4 * HOUR),
        ("busy", 503, 4 * HOUR),
    ],
)
def test_who_asks_for_time_gets_it(
    week: World, name: str, status: int | None, least: timedelta
) -> None:
    """After an answer with this status (any: None), the next request is so late at least."""
    log = week.sites[name].log
    after = [gap for one, gap in zip(log, gaps(log), strict=False) if status in (None, one.status)]
    assert after or week.now - log[-1].at < least
    assert all(gap >= least for gap in after)


def test_what_has_news_is_asked_for(week: World) -> None:
    """Good manners aren't bought by silence: who has news each hour is asked nearly each hour."""
    hours = (week.now - NOW) / HOUR
    for name in ("tagged", "dated", "odd", "unquoted", "both"):
        assert 0.4 * hours <= len(week.sites[name].log) <= hours
    assert len(week.sites["quiet"].log) < hours / 8
    assert len(week.sites["none"].log) >= hours / 27


def test_skipped_hours_and_days_are_skipped(week: World) -> None:
    """But for the first request, that can't know of them."""
    _, *log = week.sites["skips"].log
    assert log
    assert all(one.at.hour not in (1, 2, 13) and one.at.weekday() != 5 for one in log)


def test_what_fails_is_left_alone_longer_and_longer(week: World) -> None:
    """404 and 500 back off; 410 is asked once."""
    for name in ("missing", "broken"):
        waits = gaps(week.sites[name].log)
        assert len(waits) >= 3
        assert all(late >= 1.5 * early or late >= DAY for early, late in pairwise(waits))
    assert len(week.sites["gone"].log) == 1


def test_a_move_is_learned_after_three_days(week: World) -> None:
    """Until then each round begins where the owner said, from then on at the new address."""
    rounds = week.sites["moved"].rounds
    early = [one.path for one in rounds if one.at < NOW + 3 * DAY]
    late = [one.path for one in rounds if one.at > NOW + 3 * DAY + 3 * HOUR]
    assert set(early) == {"/moved"}
    assert set(late) == ({"/moved/new"} if week.now > NOW + 4 * DAY else set())


@pytest.mark.parametrize("name", ["elsewhere", "portal", "mistake"])
def test_what_is_no_move_is_not_learned(week: World, name: str) -> None:
    """Neither what is temporary nor what was said for two hours."""
    site = week.sites[name]
    assert {one.path for one in site.rounds} == {f"/{name}"}
    if week.now > NOW + TWO_HOURS[1]:
        assert any(one.path == f"/{name}/new" for one in site.log)


@pytest.mark.parametrize("name", ["back", "back-broken"])
def test_a_move_is_forgotten_when_it_fails(week: World, name: str) -> None:
    """The new address is asked once more, in vain; then the one that the owner wrote is."""
    rounds = [one for one in week.sites[name].rounds if one.at >= NOW + 5 * DAY]
    if week.now < NOW + 6 * DAY:
        assert not rounds
        return
    failed, *after = rounds
    assert failed.path == f"/{name}/new"
    assert failed.status in (404, 500)
    assert len(after) > 10
    assert {one.path for one in after} == {f"/{name}"}


def test_what_is_missing_for_weeks_is_given_up(server: Server, tmp_path: Path) -> None:
    """404 is asked ever more seldom, and after two weeks no more."""
    world = World(server, tmp_path, missing=always(404))
    world.live(20 * DAY)
    last = world.sites["missing"].log[-1].at
    assert last >= NOW + 14 * DAY
    assert 8 <= len(world.sites["missing"].log) <= 12
    world.live(30 * DAY, restarts=3)
    assert world.sites["missing"].log[-1].at == last


@pytest.mark.parametrize("name", ["tagged", "none", "max-age", "many-seconds"])
def test_the_owner_may_be_impatient_the_server_more_patient(
    server: Server, tmp_path: Path, name: str
) -> None:
    """With `every` a source is asked as often as that, but for what its server asks."""
    world = World(server, tmp_path, **{name: MANNERS[name]})
    world.cron(DAY, every=30 * MINUTE)
    log = world.sites[name].log
    if name in ("tagged", "none"):
        assert all(30 * MINUTE <= gap <= 40 * MINUTE for gap in gaps(log))
        assert len(log) > 30
    for one, gap in zip(log, gaps(log), strict=False):
        least = 3 * HOUR if name == "max-age" else 2 * HOUR if one.status == 429 else 30 * MINUTE
        assert gap >= least


def test_a_machine_that_slept_asks_once(server: Server, tmp_path: Path) -> None:
    """What was missed in nine hours isn't made up for."""
    world = World(server, tmp_path, tagged=PLAIN, dated=MANNERS["dated"])
    config = world.config()
    with world.archive() as archive:
        daemon = Daemon(config, archive, clock=world)
        daemon.round()
        world.now += 9 * HOUR
        for _ in range(60):
            daemon.round()
            world.now += MINUTE
        end(daemon)
    assert [len(site.log) for site in world.sites.values()] == [2, 2]


@pytest.mark.parametrize("back", [MINUTE / 2, 20 * MINUTE, DAY, 300 * DAY])
@pytest.mark.parametrize("name", ["tagged", "max-age", "many-seconds"])
def test_a_clock_put_back_has_nobody_asked_early_or_forgotten(
    server: Server, tmp_path: Path, name: str, back: timedelta
) -> None:
    """By the time that truly passes, a daemon waits as long as it would have, and less than the
    interval more."""
    world = World(server, tmp_path, **{name: MANNERS[name]})
    log = world.sites[name].log
    true: list[datetime] = []
    meant: datetime | None = None
    with world.archive() as archive:
        daemon = Daemon(world.config(), archive, clock=world)
        for minute in range(24 * 60):
            before = len(log)
            daemon.round()
            if len(log) > before:
                true.append(NOW + minute * MINUTE)
            world.now += MINUTE
            if minute == 90:  # after the second request, in the midst of a wait
                meant = archive.state.standing(name).due
                world.now -= back
        end(daemon)
    assert meant is not None
    waits = [late - early for early, late in pairwise(true)]
    least = {"tagged": HOUR, "max-age": 3 * HOUR, "many-seconds": HOUR}[name]
    assert all(wait >= least for wait in waits)
    following = next(time for time in true if time > NOW + 90 * MINUTE)
    assert meant <= following <= meant + min(back, 3 * HOUR) + 2 * MINUTE


def test_a_clock_put_back_between_two_runs_silences_nobody(server: Server, tmp_path: Path) -> None:
    """Without memory of what truly passed, a source whose times lie ahead is asked at once."""
    world = World(server, tmp_path, fresh=MANNERS["max-age"])
    world.cron(HOUR)
    world.now -= DAY
    world.cron(3 * HOUR)
    assert [one.at for one in world.sites["fresh"].log] == [NOW, NOW + HOUR - DAY]
