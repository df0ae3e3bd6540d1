"""Odd and hostile servers: each costs its own source, in bounded time and memory, and no other."""

from __future__ import annotations

import logging
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Container, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from feedtool.archive.check import check
from feedtool.archive.folder import FolderArchive
from feedtool.archive.protocol import Archive
from feedtool.collect import collect
from feedtool.config import Config, Http
from feedtool.data import replace
from feedtool.errors import FetchError, SourceError
from feedtool.fetch.remote import Web
from feedtool.fetch.results import NotModified
from feedtool.kept import Change, Outcome
from feedtool.model import Capture, Source
from tests.conftest import ROOT, article, later, make_config, snapshot
from tests.odd_servers import (
    ENDLESS,
    MAX_BYTES,
    OWN,
    ROUND,
    ROWS,
    Row,
    Seen,
    Town,
    either,
    feed,
    serves,
)
from tests.servers import (
    Authority,
    Conduct,
    Net,
    Server,
    Servers,
    Talk,
    answer,
    by_path,
    serve,
    together,
    write,
)

TIMEOUT = 60.0  # seconds: whoever answers is waited for, however busy the machine is
SHORT = 1.5  # seconds, for those that never answer
BOUND = 40.0  # seconds: far above all that a source may take, far below the life of a server
PUBLIC = "93.184.216.34"
SECRET = "s3cr3t-w0rd"
MEMORY = 64 * 1024  # KiB


def _http(**fields: object) -> Http:
    given = {"timeout": TIMEOUT, "per_host_gap": 0.0, "max_bytes": MAX_BYTES, **fields}
    return Http(**given)  # type: ignore[arg-type]


def _source(name: str, url: str, **fields: object) -> Source:
    given = {"name": name, "url": url, "kind": "feed", "allow_private": True, **fields}
    return Source(**given)  # type: ignore[arg-type]


def _hurry(
    patch: pytest.MonkeyPatch,
    names: Container[str],
    reached: Callable[[str], object] = lambda _: True,
) -> None:
    """Sources of these names get a short timeout, and a few more tries where nothing has `reached`
    their server, as on a busy machine; the others get the timeout of the configuration."""
    get = Web.get

    async def got(web: Web, source: Source, *args: Any, **fields: Any) -> Capture | NotModified:
        if source.name in names:
            wire = copy(web.wire)
            wire._timeout = SHORT
            web = replace(web, wire=wire, http=replace(web.http, timeout=SHORT))
            for _ in range(9):
                try:
                    return await get(web, source, *args, **fields)
                except FetchError:
                    if reached(source.name):
                        raise
        return await get(web, source, *args, **fields)

    patch.setattr(Web, "get", got)


def _collect(
    archive: Archive,
    *sources: Source,
    days: float = 0,
    http: Http | None = None,
    silent: Container[str] = (),
) -> dict[str, Outcome]:
    """A round of these sources, by their names; for the `silent` ones nobody waits long."""
    config = make_config(Path("/"), *sources, http=http or _http())
    with pytest.MonkeyPatch.context() as patch:
        _hurry(patch, silent)
        found = collect(config, archive, now=later(days=days), insist=True)
        return {outcome.source: outcome for outcome in found}


def _titles(outcome: Outcome) -> list[str]:
    return [version.entry.title for _, version in outcome.changes]


@pytest.fixture(scope="module")
def authority() -> Authority:
    """A certificate authority for the names of this module."""
    return Authority(f"*.{OWN}")


@pytest.fixture
def servers() -> Iterator[Servers]:
    """Servers that end with the test."""
    with Servers() as running:
        yield running


@pytest.fixture
def archive(folder_archive: FolderArchive) -> FolderArchive:
    """An archive of files: what is got is the same for every other kind."""
    return folder_archive


@pytest.fixture
def net(monkeypatch: pytest.MonkeyPatch) -> Net:
    """Names and connections that stay on loopback."""
    return Net(monkeypatch, OWN)


def _label(row: Row) -> str:
    """A name for its source and host."""
    name = re.sub(r"[^a-z0-9]+", "-", row.name).strip("-")
    return name if name == row.name else f"{name}-{ROWS.index(row)}"


def _was_good(row: Row) -> bool:
    """True where the source was read before its server became odd."""
    return row.before is not None and not row.tls


@dataclass(frozen=True)
class Round:
    """One round over all odd servers, and two good ones: what came of it."""

    seen: dict[str, Seen]
    seconds: dict[str, float]  # by name of the source: since the one before had ended
    good: tuple[Outcome, ...]
    damage: tuple[object, ...]
    before: dict[str, bytes]  # the files of the archive
    after: dict[str, bytes]
    tried: tuple[str, ...]  # addresses outside that somebody wanted to connect to
    victim: int  # connections of the server that nobody may be led to


def _start(
    servers: Servers, row: Row, town: Town, authority: Authority
) -> tuple[Source, Server, Conduct]:
    tls = getattr(authority, row.tls) if row.tls not in ("", "no") else None
    odd = row.make(town)
    name = _label(row)
    good = answer(feed(f"Trước {name}"), *(row.before or ()))
    server = servers.add(write(good) if _was_good(row) else odd, tls=tls)
    if row.tls == "no":
        server.scheme = "https"
    return _source(name, server.url(f"{name}.{OWN}")), server, odd


def _timed(config: Config, archive: Archive) -> tuple[dict[str, Outcome], dict[str, float]]:
    found, seconds = {}, {}
    last = time.monotonic()
    for outcome in collect(config, archive, now=ROUND, insist=True):
        found[outcome.source] = outcome
        seconds[outcome.source] = time.monotonic() - last
        last = time.monotonic()
    return found, seconds


@pytest.fixture(scope="module")
def the_round(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Round]:
    """All sources are read twice: while their servers are good, and when they have become odd."""
    folder = tmp_path_factory.mktemp("odd")
    http = _http(ca_file=authority.write(folder / "authority.pem"))
    (folder / "inbox").mkdir()
    (folder / "inbox/a.txt").write_text(article("Một bài trong hộp thư"), "utf-8")
    inbox = Source(name="inbox", url=str(folder / "inbox"))
    with (
        pytest.MonkeyPatch.context() as patch,
        Servers() as servers,
        FolderArchive(folder / "archive", writing=True) as archive,
    ):
        net = Net(patch, OWN)
        net.names["metadata.example"] = lambda: ("169.254.169.254",)
        net.names["mixed.example"] = lambda: ("127.0.0.1", "10.0.0.1")
        victim = servers.add(serve(answer(feed("Không ai được đọc"))))
        expired = servers.add(serve(answer(feed("Hết hạn"))), tls=authority.expired)
        town = Town(victim.port, expired.port, pause=0.01)
        started = {_label(row): _start(servers, row, town, authority) for row in ROWS}
        goods = [
            servers.add(serve(*(answer(feed(f"Tốt {n}, {which}")) for which in ("cũ", "mới"))))
            for n in range(2)
        ]
        first, final = (
            _source(f"good-{n}", goods[n].url(f"good-{n}.{OWN}")) for n in range(len(goods))
        )
        calm = [started[_label(row)][0] for row in ROWS if _was_good(row)]
        before = make_config(folder, inbox, first, *calm, final, http=http)
        for outcome in collect(before, archive, now=later(), insist=True):
            assert outcome.failed is False, outcome
            assert len(outcome.changes) == 1
        kept = _entries(archive)
        for _, server, odd in started.values():
            server.conduct = odd
            server.connections = 0
        odd_sources = [source for source, *_ in started.values()]
        config = replace(before, source=(inbox, first, *odd_sources, final), http=http)
        _hurry(patch, ENDLESS, lambda name: started[name][1].connections)
        outcomes, seconds = _timed(config, archive)
        yield Round(
            {
                name: Seen(outcomes[name], archive.state.standing(name), server.connections)
                for name, (_, server, _) in started.items()
            },
            seconds,
            tuple(outcomes[source.name] for source in (first, final)),
            tuple(check(archive)),
            kept,
            _entries(archive),
            tuple(net.tried),
            victim.connections,
        )


def _entries(archive: FolderArchive) -> dict[str, bytes]:
    """The bytes of all files that hold entries."""
    return {
        name: body
        for name, (_, body) in snapshot(archive.path).items()
        if "/.feedtool/" not in name
    }


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_an_odd_server_costs_no_more_than_its_source(row: Row, the_round: Round) -> None:
    """In bounded time it is served or clearly refused; what was in the archive is as it was, and
    the others of the round are served."""
    name = _label(row)
    seen = the_round.seen[name]
    row.expect(row.name, seen)
    assert seen.connections > 0 or row.tls not in ("", "no")
    assert the_round.seconds[name] < BOUND
    assert the_round.damage == ()
    assert the_round.before.items() <= the_round.after.items()
    for n, outcome in enumerate(the_round.good):
        assert (outcome.error, _titles(outcome)) == (None, [f"Tốt {n}, mới"])


def test_odd_servers_lead_nowhere(the_round: Round) -> None:
    """No redirect and no name of them has made a connection to an address that isn't public, or to
    a host that isn't the source's own."""
    assert the_round.tried == ()
    assert the_round.victim == 0


def test_nothing_came_of_odd_servers_but_their_articles(the_round: Round) -> None:
    """New files are those of sources that were served."""
    changed = sum(len(seen.outcome.changes) for seen in the_round.seen.values())
    assert len(the_round.after) - len(the_round.before) == changed + len(the_round.good)
    assert changed > 0


def test_an_error_names_its_source(the_round: Round) -> None:
    """The subject of each error is the address of the source, so that its owner finds it."""
    errors = {n: seen.outcome.error for n, seen in the_round.seen.items() if seen.outcome.error}
    assert errors
    for name, error in errors.items():
        assert f"//{name}.{OWN}:" in error.subject, error


def test_silent_servers_are_waited_for_together(
    servers: Servers, net: Net, archive: Archive
) -> None:
    """Servers that say nothing until all of them are asked hold up neither each other nor one that
    never says anything, and neither does that one them."""

    async def conduct(talk: Talk) -> None:
        host = (await talk.request()).partition(b"Host: s")[2].partition(b".")[0].decode()
        await talk.send(answer(feed(f"Tốt {host}")))

    server = servers.add(together(16, conduct))
    never = servers.add(write(then="hold"))
    sources = [_source(f"s{n}", server.url(f"s{n}.{OWN}")) for n in range(16)]
    found = _collect(
        archive, _source("never", never.url(f"never.{OWN}")), *sources, silent=("never",)
    )
    assert "slow" in str(found["never"].error)
    assert [_titles(found[f"s{n}"]) for n in range(16)] == [[f"Tốt {n}"] for n in range(16)]


@pytest.mark.parametrize("number", [1, 12])
def test_names_that_hang_hold_up_no_other(
    number: int, servers: Servers, net: Net, archive: Archive
) -> None:
    """A look-up without end is given up, and other sources get their names meanwhile."""
    over = threading.Event()
    end = time.monotonic() + 3 * BOUND
    good = servers.add(serve(answer(feed("Tốt"))))
    sources = [_source(f"hanging-{n}", f"http://h{n}.example/") for n in range(number)]

    def hang() -> Sequence[str]:
        over.wait(max(0.0, end - time.monotonic()))
        return ("127.0.0.1",)

    net.names.update({f"h{n}.example": hang for n in range(number)})
    silent = [source.name for source in sources]
    try:
        found = _collect(archive, *sources, _source("good", good.url(f"good.{OWN}")), silent=silent)
        assert time.monotonic() < end - BOUND  # nobody waited until the look-ups gave up
    finally:
        over.set()
    assert _titles(found["good"]) == ["Tốt"]
    assert all("slow" in str(found[source.name].error) for source in sources)


def test_a_name_without_address_is_told(servers: Servers, net: Net, archive: Archive) -> None:
    """A name that nobody knows is the error of its source, which says the name."""
    good = servers.add(serve(answer(feed("Tốt"))))
    found = _collect(
        archive, _source("lost", "http://nobody.example/feed"), _source("good", good.url())
    )
    assert "nobody.example" in str(found["lost"].error)
    assert isinstance(found["lost"].error, FetchError)
    assert _titles(found["good"]) == ["Tốt"]


@pytest.mark.parametrize(
    "answers",
    [([PUBLIC], ["127.0.0.1"]), ([PUBLIC, "127.0.0.1"],), (["127.0.0.1", PUBLIC],)],
    ids=["changes", "mixed", "mixed-private-first"],
)
def test_a_name_that_changes_its_mind_leads_nowhere(
    answers: Sequence[list[str]], servers: Servers, net: Net, archive: Archive
) -> None:
    """The address that is connected to is one that was checked, however often the name is asked:
    never loopback, after it or beside it."""
    victim = servers.add(serve(answer(feed("Không ai được đọc"))))
    left = list(answers)
    net.names["rebind.example"] = lambda: left.pop(0) if len(left) > 1 else left[0]
    source = _source("rebind", victim.url("rebind.example"), allow_private=False)
    found = _collect(archive, source)
    assert isinstance(found["rebind"].error, FetchError)
    assert victim.connections == 0
    assert set(net.tried) == {PUBLIC}


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", f"any.{OWN}", "127.1", "0x7f.1"])
def test_a_private_source_needs_its_owners_word(
    host: str, servers: Servers, net: Net, archive: Archive
) -> None:
    """Without allow_private nothing is sent, and the error names the way out."""
    victim = servers.add(serve(answer(feed("Không ai được đọc"))))
    found = _collect(archive, _source("private", victim.url(host), allow_private=False))
    assert "no public address" in str(found["private"].error)
    assert "allow_private" in str(found["private"].error)
    assert victim.connections == 0


def test_an_authority_of_ones_own_is_trusted_where_it_is_named(
    servers: Servers, authority: Authority, archive: Archive, tmp_path: Path
) -> None:
    """https with a certificate of `http.ca_file` is read; without that it is refused by name."""
    server = servers.add(serve(answer(feed("Kín"))), tls=authority.valid)
    source = _source("tls", server.url("localhost"))
    refused = _collect(archive, source)["tls"].error
    assert "certificate" in str(refused)
    assert server.heads == []
    http = _http(ca_file=authority.write(tmp_path / "authority.pem"))
    assert _titles(_collect(archive, source, http=http)["tls"]) == ["Kín"]


def test_an_authority_that_is_none_is_told(
    servers: Servers, authority: Authority, archive: Archive, tmp_path: Path
) -> None:
    """A ca_file that is missing or holds no certificate is an error that names it, at the latest
    for the sources that need it."""
    server = servers.add(serve(answer(feed("Kín"))), tls=authority.valid)
    for body in (None, b"no certificate"):
        path = tmp_path / "authority.pem"
        if body is not None:
            path.write_bytes(body)
        try:
            said = str(
                _collect(archive, _source("tls", server.url()), http=_http(ca_file=path))[
                    "tls"
                ].error
            )
        except FetchError as error:
            said = str(error)
        assert "ca_file" in said
        assert server.heads == []


def _rounds(archive: Archive, server: Server, number: int) -> list[Outcome]:
    source = _source("odd", server.url())
    return [_collect(archive, source, days=day)["odd"] for day in range(1, number + 1)]


@pytest.mark.parametrize("tags", ["abcde", "ababa", "aaaaa"], ids=["new", "alternating", "same"])
def test_tags_make_no_revisions(tags: str, servers: Servers, archive: Archive) -> None:
    """Whatever its ETag, a feed that is the same is the same."""
    server = servers.add(serve(*(answer(feed("Một"), f'ETag: "{tag}"') for tag in tags)))
    first, *others = _rounds(archive, server, len(tags))
    [(change, version)] = first.changes
    assert change is Change.NEW
    assert all((one.error, one.changes) == (None, ()) for one in others)
    assert archive.get(version.key) == version
    assert archive.history(version.key) == ()
    asked = [re.findall(rb'(?i)\nif-none-match: "(.)"', head) for head in server.heads]
    assert asked == [[], *([tag.encode()] for tag in tags[:-1])]


_TAGS = (
    b'"\xc4\x91\xe3"', b'"\xff\xfe\x80"', b"bare", b'W/"weak"', b'"a","b"', b'""', b'"', b'"a b\tc"',
    b'"' + b"x" * 7000 + b'"', b"*", b'w/"lower"', b"", b'"a\x01b"', b'"a\x7fb"', b'"a\x00b"',
)  # fmt: skip


@pytest.mark.parametrize("name", ["ETag", "Last-Modified"])
@pytest.mark.parametrize("tag", _TAGS, ids=lambda tag: repr(tag[:12])[1:])
def test_odd_tags_are_echoed_byte_for_byte_or_not_at_all(
    tag: bytes, name: str, servers: Servers, archive: Archive
) -> None:
    """RFC 9110 § 8.8.3: a tag is opaque; one that we can't send as it came isn't sent, and costs
    no round."""
    server = servers.add(serve(answer(feed("Một"), name.encode() + b": " + tag)))
    first, *others = _rounds(archive, server, 3)
    # RFC 9110 § 5.5 leaves open whether a header with controls is refused.
    refusable = any((byte < 32 and byte != 9) or byte == 127 for byte in tag)
    if refusable and first.error is not None:
        assert isinstance(first.error, SourceError)
        return
    assert (first.error, _titles(first)) == (None, ["Một"])
    assert all((one.error, one.changes) == (None, ()) for one in others)
    asked = (
        rb"\r\nIf-None-Match: ?(.*?)\r\n"
        if name == "ETag"
        else rb"\r\nIf-Modified-Since: ?(.*?)\r\n"
    )
    for head in server.heads[1:]:
        assert set(re.findall(asked, head, re.IGNORECASE | re.DOTALL)) <= {tag}
        assert head.count(b"\r\n\r\n") == 1
        assert b"\0" not in head


def test_two_tags_of_one_answer_are_no_request_of_two_lines(
    servers: Servers, archive: Archive
) -> None:
    """ETag given twice: at most one of them is sent back."""
    server = servers.add(serve(answer(feed("Một"), 'ETag: "a"', 'ETag: "b"')))
    first, second = _rounds(archive, server, 2)
    assert (first.error, second.error) == (None, None)
    assert second.changes == ()
    assert len(re.findall(rb"(?i)\r\nif-none-match:", server.heads[1])) <= 1


def test_cookies_are_never_sent_back(servers: Servers, archive: Archive) -> None:
    """Not across a redirect, and not in the next round."""
    there = answer(feed("Một"), "Set-Cookie: b=2")
    away = answer(b"", "Location: /there", "Set-Cookie: a=1; Path=/", status="302 Found")
    server = servers.add(by_path({"/feed": away, "/there": there}))
    first, second = _rounds(archive, server, 2)
    assert (_titles(first), second.changes) == (["Một"], ())
    assert len(server.heads) == 4
    for head in server.heads:
        assert b"\r\ncookie:" not in head.lower()
        assert b"\r\nreferer:" not in head.lower()


def test_the_end_of_an_answer_is_not_the_next_one(servers: Servers, archive: Archive) -> None:
    """What stands behind an answer of a known length is never taken for the answer to what is asked
    next, in the same round or another."""
    forged = answer(feed("Giả"))
    right = answer(feed("Thật"), 'ETag: "a"')
    server = servers.add(serve(right + forged, answer(feed("Thật hai")) + forged))
    sources = [_source(name, server.url(path=f"/{name}")) for name in ("a", "b", "c")]
    titles = set()
    for day in (1, 2):
        for outcome in _collect(archive, *sources, days=day).values():
            titles.update(_titles(outcome))
    assert titles <= {"Thật", "Thật hai"}
    assert "Thật" in titles


def _with_secret(server: Server, path: str = "/feed") -> str:
    """The address of this server with a user, a password and a token."""
    address = server.url(f"own.{OWN}", path).replace("://", f"://ann:{SECRET}@")
    return f"{address}?token={SECRET}&b=2"


def _to(location: str) -> bytes:
    return answer(b"", f"Location: {location}", status="302 Found")


SECRETIVE = {
    "served": answer(feed("Một")),
    "fails": answer(b"no", status="500 Oops"),
    "no-feed": answer(b"<html><p>x"),
    "broken": b"rubbish",
    "leads-to-nothing": _to(f"/next?api_key={SECRET}"),
    "leads-on": _to(f"/served?access_token={SECRET}"),
    "leads-with-a-password": _to(f"http://ann:{SECRET}@localhost:1/x?token={SECRET}"),
    "leads-to-a-private-host": _to(f"http://10.0.0.1/x?token={SECRET}"),
    "leads-to-another-scheme": _to(f"ftp://ann:{SECRET}@ftp.example/x?token={SECRET}"),
    "leads-to-no-address": _to(f"http://ann:{SECRET}@[oops/x?token={SECRET}"),
    "leads-to-a-bad-port": _to(f"http://ann:{SECRET}@host.example:99999/?token={SECRET}"),
    "leads-in-a-circle": _to(f"/leads-in-a-circle?token={SECRET}&b=2"),
}


@pytest.mark.parametrize("name", [*SECRETIVE, "silent", "nobody"])
def test_secrets_of_an_address_are_neither_told_nor_kept(
    name: str, servers: Servers, net: Net, tmp_path: Path
) -> None:
    """User, password and token of an address are sent, but stand in no message and in no file of
    the archive, whatever the server does."""
    answers = {f"/{path}": given for path, given in SECRETIVE.items()}

    async def conduct(talk: Talk) -> None:
        await talk.request()
        if talk.path.startswith("/silent"):
            await talk.hold()
        await talk.send(answers.get(talk.path.partition("?")[0]) or answer(status="404 None"))

    server = servers.add(conduct)
    url = _with_secret(server, f"/{name}")
    if name == "nobody":
        url = url.replace(f"own.{OWN}", "nobody.example")
    silent = ("secret",) if name == "silent" else ()
    with FolderArchive(tmp_path / "archive", writing=True) as archive:
        outcome = _collect(archive, _source("secret", url), silent=silent)["secret"]
    assert (outcome.error is None) == (name in ("served", "leads-on"))
    if name != "nobody":
        assert SECRET.encode() in server.heads[0]
        assert b"\r\nauthorization: basic " in server.heads[0].lower()
    told = [repr(outcome), str(outcome.error), *map(str, outcome.skipped)]
    assert not any(SECRET in one for one in told), told
    files = [path for path in (tmp_path / "archive").rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if SECRET.encode() in path.read_bytes()]


def test_secrets_of_an_address_stand_in_no_log(
    servers: Servers, net: Net, archive: Archive, caplog: pytest.LogCaptureFixture
) -> None:
    """A program that logs what the packages below us tell (INFO) gets no password and no token."""
    caplog.set_level(logging.INFO)
    server = servers.add(serve(answer(feed("Một"))))
    assert _collect(archive, _source("secret", _with_secret(server)))["secret"].error is None
    assert SECRET not in caplog.text


@pytest.mark.parametrize(
    "host", [f"own.{OWN}", f"other.{OWN}"], ids=["another-port", "another-host"]
)
def test_a_password_goes_to_no_other_server(
    host: str, servers: Servers, net: Net, archive: Archive
) -> None:
    """RFC 9110 § 15.4: after a redirect to another port or host, Authorization is left out."""
    other = servers.add(serve(answer(feed("Một"))))
    server = servers.add(write(_to(other.url(host))))
    _collect(archive, _source("secret", _with_secret(server)))
    assert b"\r\nauthorization:" in server.heads[0].lower()
    assert len(other.heads) == (host == f"own.{OWN}")
    for head in other.heads:
        assert b"authorization:" not in head.lower()
        assert SECRET.encode() not in head


# One round in a process of its own. The most memory that it held is Linux's VmHWM, since ru_maxrss
# begins with what the parent held when it forked.
_ALONE = """
import resource, sys
from datetime import UTC, datetime
from feedtool.archive.memory import MemoryArchive
from feedtool.collect import collect
from feedtool.config import Config, Http, Site
from feedtool.model import Source
source = Source(name="odd", url=sys.argv[1], kind="feed", allow_private=True)
site = Site(title="Tin", base_url="https://tin.example/")
http = Http(timeout=float(sys.argv[2]), per_host_gap=0)
config = Config(site=site, http=http, source=(source,))
[outcome] = collect(config, MemoryArchive(), now=datetime(2022, 5, 4, tzinfo=UTC))
try:
    with open("/proc/self/status") as status:
        most = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
except FileNotFoundError:
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if sys.platform == "darwin" else 1)
print(most, "failed" if outcome.error else "served")
"""


def _alone(server: Server, timeout: float = TIMEOUT) -> tuple[int, str]:
    """The most KiB that a round with this server took, and whether it was served."""
    run = subprocess.run(
        [sys.executable, "-c", _ALONE, server.url(), str(timeout)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=300,
        check=True,
    )
    most, result = run.stdout.split()
    return int(most), result


@pytest.fixture(scope="module")
def usual() -> int:
    """The most KiB that a round with a good server takes."""
    with Servers() as servers:
        most, result = _alone(servers.add(serve(answer(feed("Tốt")))))
    assert result == "served"
    return most


HUNGRY = """
    gzip-bomb br-bomb zstd-bomb zstd-bomb-wide zstd-window-of-2-gib gzip-of-gzip-bomb endless-headers
    endless-header-line endless-header-name endless-status-line endless-empty-lines endless-garbage
    endless-chunks endless-chunks-of-one over-max-bytes-to-close over-max-bytes-by-length
    chunk-size-huge chunk-size-endless chunk-extension-endless trailers-endless status-100-flood
    status-103-flood 10000-headers
""".split()  # noqa: SIM905


@pytest.mark.parametrize("name", HUNGRY)
def test_an_odd_server_takes_little_memory(name: str, servers: Servers, usual: int) -> None:
    """A round with a bomb, or with what has no end, takes at most 64 MiB more than one with a good
    server."""
    [row] = [row for row in ROWS if row.name == name]
    server = servers.add(row.make(Town(0, 0)))
    for _ in range(9):  # a machine that is too busy may connect to nobody within a short time
        most, result = _alone(
            server, SHORT if name in (*ENDLESS, "endless-chunks-of-one") else TIMEOUT
        )
        if server.connections:
            break
    assert server.connections > 0
    assert most - usual <= MEMORY
    assert row.expect in (serves, either) or result == "failed"
