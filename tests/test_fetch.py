"""Fetching: folders and files, and the web on loopback."""

from __future__ import annotations

import gzip
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from feedtool import fingerprint
from feedtool.config import Http
from feedtool.data import replace
from feedtool.errors import FetchError
from feedtool.fetch import guard, local, remote
from feedtool.fetch.fetcher import Fetcher
from feedtool.fetch.loop import Loop
from feedtool.fetch.results import Fetched, NotModified
from feedtool.model import Capture, Source, Validators
from tests.conftest import NOW, Server, make_config


def _fetch(url: str, known: Validators | None = None, **http: float) -> list[Fetched]:
    source = Source(name="valley", url=url, allow_private=True)
    config = make_config(
        Path("/"), source, http=Http(**{"timeout": 60.0, "per_host_gap": 0, **http})
    )  # type: ignore[arg-type]
    with Fetcher(config) as fetcher:
        return list(fetcher.fetch(source, lambda _: known, NOW))


def _one(found: list[Fetched]) -> Capture:
    [capture] = found
    assert isinstance(capture, Capture), capture
    return capture


def _error(found: list[Fetched]) -> str:
    [error] = found
    assert isinstance(error, FetchError)
    return str(error)


def test_a_file_is_a_capture(tmp_path: Path) -> None:
    """A lone file comes with its bytes, its name as its place, and its time and size as its tag."""
    path = tmp_path / "a.html"
    path.write_bytes(b"<p>x")
    capture = _one(_fetch(str(path)))
    assert (capture.body, capture.place, capture.media_type) == (b"<p>x", "a.html", "text/html")
    assert capture.validators.body == fingerprint.whole(b"<p>x")
    assert capture.authority == "tin.example"
    assert _fetch(str(path), capture.validators) == [NotModified("a.html")]


def test_a_folder_gives_its_articles_in_order(tmp_path: Path) -> None:
    """All files below it by name; not pictures, hidden or unfinished files, or links."""
    for name in ("b.txt", "a/z.md", "a/y.txt", ".hidden", "c.jpg", "d.txt.part", "e.txt~", "f"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    (tmp_path / "link.txt").symlink_to("/etc/passwd")
    (tmp_path / "out").symlink_to("/etc")
    places = [one.place for one in _fetch(str(tmp_path)) if isinstance(one, Capture)]
    assert places == ["a/y.txt", "a/z.md", "b.txt", "f"]


def test_a_folder_that_cannot_be_read_costs_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One folder without the right to list it is named; the files of the others come."""
    (tmp_path / "private").mkdir()
    (tmp_path / "a.txt").write_text("x")
    scandir = os.scandir

    def guarded(path: Path) -> object:
        if Path(path).name == "private":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", guarded)
    error, capture = _fetch(str(tmp_path))
    assert str(error).endswith("private: can't be listed: Permission denied")
    assert isinstance(capture, Capture)


def test_a_deep_folder_is_walked(tmp_path: Path) -> None:
    """However deep a file lies, it is found, without a recursion."""
    here = Path.cwd()
    try:
        os.chdir(tmp_path)
        for _ in range(1500):
            Path("d").mkdir()
            os.chdir("d")
        found = _fetch(str(tmp_path))
    finally:
        os.chdir(here)
        subprocess.run(["rm", "-rf", str(tmp_path / "d")], check=True)
    assert all(isinstance(one, FetchError) for one in found)


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    """A source that isn't there is an error that names it."""
    assert "isn't there" in _error(_fetch(str(tmp_path / "none")))


def test_a_file_that_is_too_long_is_told(tmp_path: Path) -> None:
    """More than max_bytes is refused without reading it all."""
    path = tmp_path / "big.txt"
    with path.open("wb") as file:
        file.truncate(50 * 1024 * 1024)
    assert "http.max_bytes (10,485,760 bytes)" in _error(_fetch(str(path)))


def test_a_special_file_is_told(tmp_path: Path) -> None:
    """A pipe would block for ever: it is refused."""
    os.mkfifo(tmp_path / "pipe")
    assert "is not a file" in _error(_fetch(str(tmp_path / "pipe")))
    assert _fetch(str(tmp_path)) == []


def test_an_unreadable_file_is_told_and_the_others_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One file without the right to read it costs nothing else."""
    for name in ("a.txt", "b.txt", "c.txt"):
        (tmp_path / name).write_text("x")
    opened = Path.open

    def guarded(self: Path, *args: object, **kwargs: object) -> object:
        if self.name == "b.txt":
            raise PermissionError(13, "Permission denied")
        if self.name == "c.txt":
            raise FileNotFoundError(2, "gone meanwhile")
        return opened(self, *args, **kwargs)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", guarded)
    first, second = _fetch(str(tmp_path))
    assert isinstance(first, Capture)
    assert isinstance(second, FetchError)
    assert str(second).endswith("b.txt: can't be read: Permission denied")


def test_a_folder_that_cannot_be_listed_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder without the right to list it is the source's error."""

    def refused(_: object) -> Iterator[object]:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", refused)
    assert "can't be listed" in _error(_fetch(str(tmp_path)))


def test_a_file_is_as_it_was_or_not(tmp_path: Path) -> None:
    """By its time and size, in a folder or alone."""
    (tmp_path / "a.txt").write_text("x")
    for source in (
        Source(name="a", url=str(tmp_path)),
        Source(name="a", url=str(tmp_path / "a.txt")),
    ):
        etag = _one(_fetch(source.url)).validators.etag
        assert local.is_as(source, "a.txt", etag)
        assert not local.is_as(source, "a.txt", "other")
    assert not local.is_as(Source(name="a", url=str(tmp_path)), "b.txt", etag)


def test_a_page_comes_with_its_validators(server: Server) -> None:
    """ETag and Last-Modified are kept verbatim, type and charset taken from the header."""
    server.give(
        "/a",
        "đã".encode(),
        ETag='W/"x y"',
        Last_Modified="yesterday-ish",
        Content_Type='text/HTML; charset="UTF-8"',
    )
    capture = _one(_fetch(server.url + "/a"))
    assert capture.body.decode() == "đã"
    assert (capture.validators.etag, capture.validators.last_modified) == (
        'W/"x y"',
        "yesterday-ish",
    )
    assert (capture.media_type, capture.charset) == ("text/html", "UTF-8")
    assert capture.place == server.url.removeprefix("http://") + "/a"


def test_requests_say_who_we_are_and_what_is_known(server: Server) -> None:
    """Validators are echoed as they came, with a steady User-Agent; 304 is not modified."""
    server.give("/a", status=304)
    assert "no conditional request" in _error(_fetch(server.url + "/a"))
    server.requests.clear()
    found = _fetch(server.url + "/a", Validators('W/"x y"', "yesterday-ish"))
    place = server.url.removeprefix("http://") + "/a"
    assert [replace(one, again=None) for one in found] == [NotModified(place)]
    [request] = server.requests
    assert request["If-None-Match"] == 'W/"x y"'
    assert request["If-Modified-Since"] == "yesterday-ish"
    assert request["User-Agent"].startswith("feedtool/")
    assert "application/atom+xml" in request["Accept"]
    assert "Cookie" not in request
    assert "Referer" not in request


def test_the_user_agent_names_a_contact() -> None:
    """Who runs it can be told to the servers, or all of the string be set."""
    assert remote.user_agent(Http(), "ed@e.example").endswith(" (+ed@e.example)")
    assert remote.user_agent(Http(user_agent="me"), "ed@e.example") == "me"


def test_redirects_are_followed_some_way(server: Server) -> None:
    """The capture says where it was found; the place stays; a loop ends."""
    server.give("/a", status=302, Location="/b")
    server.give("/b", b"x")
    server.give("/loop", status=302, Location="/loop")
    capture = _one(_fetch(server.url + "/a"))
    assert capture.url == server.url + "/b"
    assert capture.place.endswith("/a")
    assert "redirects more than 5 times" in _error(_fetch(server.url + "/loop"))


@pytest.mark.parametrize("status", [404, 410, 429, 500, 503])
def test_other_answers_are_errors(server: Server, status: int) -> None:
    """The error gives the status."""
    server.give("/a", b"no", status=status)
    assert f"answers {status}" in _error(_fetch(server.url + "/a"))


def test_gzip_is_decoded_in_bounded_steps(server: Server) -> None:
    """Compressed answers are read whole, and a bomb ends at max_bytes."""
    body = os.urandom(200_000) + b"x" * 300_000
    server.give("/a", gzip.compress(body), Content_Encoding="gzip")
    assert _one(_fetch(server.url + "/a")).body == body
    server.give("/bomb", gzip.compress(b"0" * 50_000_000), Content_Encoding="gzip")
    assert "is longer than" in _error(_fetch(server.url + "/bomb", max_bytes=100_000))
    server.give("/torn", gzip.compress(body)[:-900], Content_Encoding="gzip")
    assert "is cut short" in _error(_fetch(server.url + "/torn"))
    server.give("/lie", b"not gzip", Content_Encoding="gzip")
    assert "is not gzip" in _error(_fetch(server.url + "/lie"))
    server.give("/lzw", b"x", Content_Encoding="compress")
    assert "not asked for: compress" in _error(_fetch(server.url + "/lzw"))
    server.give("/long", b"x" * 200_000)
    assert "is longer than" in _error(_fetch(server.url + "/long", max_bytes=100_000))


def test_a_silent_server_ends_at_the_timeout(server: Server) -> None:
    """No answer within the time is told as that."""

    over = threading.Event()

    def silent(handler: BaseHTTPRequestHandler) -> None:
        over.wait(60)
        with suppress(OSError):  # nobody is there any more
            handler.send_response(204)
            handler.end_headers()

    server.answers["/a"] = silent
    found = _fetch(server.url + "/a", timeout=0.2)
    over.set()
    assert "is too slow (http.timeout is 0.2 s)" in _error(found)


def test_one_source_is_waited_for(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever fetches one source gets its answer, however often the wait for it ends with nothing."""
    server.give("/a", b"x")
    take, waits = Loop.take, iter([True, True])
    monkeypatch.setattr(Loop, "take", lambda loop: [] if next(waits, False) else take(loop))
    assert _one(_fetch(server.url + "/a")).body == b"x"


def test_nobody_there_is_told(server: Server) -> None:
    """A refused connection and an impossible address are errors of the source."""
    server.close()
    assert "can't be reached" in _error(_fetch(server.url + "/a"))
    assert "has no address" in _error(_fetch("http://a..b/"))


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("64:ff9b::5db8:d822", True),
        ("10.0.0.1", False),
        ("172.31.255.255", False),
        ("192.168.0.1", False),
        ("127.0.0.1", False),
        ("0.0.0.0", False),
        ("100.64.0.1", False),
        ("100.100.100.200", False),
        ("169.254.169.254", False),
        ("192.0.0.170", False),
        ("198.18.0.1", False),
        ("224.0.0.1", False),
        ("240.0.0.1", False),
        ("255.255.255.255", False),
        ("::", False),
        ("::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:10.1.2.3", False),
        ("::10.1.2.3", False),
        ("64:ff9b::a00:1", False),
        ("64:ff9b:1::a00:1", False),
        ("2002:a00:1::", False),
        ("2001:0:a00:1::", False),
        ("fe80::1%eth0", False),
        ("fec0::1", False),
        ("fd00:ec2::254", False),
        ("ff02::1", False),
        ("2001:db8::1", False),
        ("localhost", False),
    ],
)
def test_addresses_are_public_or_not(address: str, public: bool) -> None:
    """Only addresses on the internet are, whatever form a private one comes in."""
    assert guard.is_public(address) is public


def test_a_private_host_needs_its_owners_word(server: Server) -> None:
    """Without allow_private nothing is sent, by number, by name, or in odd notation."""
    server.give("/a", b"secret")
    port = server.url.rpartition(":")[2]
    for host in ("127.0.0.1", "localhost", "127.1", "0x7f.1", "2130706433", "[::ffff:127.0.0.1]"):
        source = Source(name="valley", url=f"http://{host}:{port}/a")
        with Fetcher(make_config(Path("/"), source)) as fetcher:
            error = _error(list(fetcher.fetch(source, lambda _: None, NOW)))
        assert "is no public address" in error or "not a canonical" in error, host
    assert server.requests == []


def test_a_redirect_is_checked_as_well(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """allow_private is for the source's own host: where that redirects to is checked again."""
    port = server.url.rpartition(":")[2]
    for target in (f"http://localhost:{port}/b", "http://169.254.169.254/latest/meta-data/"):
        server.give("/a", status=302, Location=target)
        assert "is no public address" in _error(_fetch(server.url + "/a"))
    server.give("/a", status=302, Location="file:///etc/passwd")
    assert "redirects to file" in _error(_fetch(server.url + "/a"))
    assert {request["path"] for request in server.requests} == {"/a"}


def test_a_server_that_drips_ends_in_time(server: Server) -> None:
    """Bytes that come one by one, each in time, end when all of it takes too long."""

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        for _ in range(1200):  # a minute: who reads all of it has no error
            try:
                handler.wfile.write(b"x")
            except OSError:
                return
            time.sleep(0.05)

    server.answers["/a"] = drip
    assert "is too slow" in _error(_fetch(server.url + "/a", timeout=0.2))


def test_passwords_and_keys_are_not_told(server: Server) -> None:
    """What an address holds of secrets is sent, but stands in no capture and no error."""
    server.give("/a", b"x")
    host = server.url.removeprefix("http://")
    capture = _one(_fetch(f"http://ann:s3cret@{host}/a?api_key=s3cret&b=2"))
    assert capture.url == f"http://{host}/a?b=2"
    assert capture.place == f"{host}/a?b=2"
    assert server.requests[0]["Authorization"].startswith("Basic ")
    server.give("/a", status=404)
    assert "s3cret" not in _error(_fetch(f"http://ann:s3cret@{host}/a?token=s3cret"))


def test_a_login_goes_where_the_same_server_redirects(server: Server) -> None:
    """To the same scheme, host and port, also by an absolute address; and nowhere else."""
    host = server.url.removeprefix("http://")
    server.give("/b", b"x")
    server.give("/a", status=301, Location=f"{server.url}/b")
    assert _one(_fetch(f"http://ann:s3cret@{host}/a")).body == b"x"
    assert [request["Authorization"][:5] for request in server.requests] == ["Basic", "Basic"]
    assert remote._with_login("http://a:b@h:1/", "http://h:2/") == "http://h:2/"
    assert remote._with_login("http://a:b@h:1/", "https://h:1/") == "https://h:1/"
