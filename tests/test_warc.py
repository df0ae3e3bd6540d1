"""Captures as WARC: what is kept is what was received, for any WARC tool, after any crash."""

from __future__ import annotations

import gzip
import io
import os
import subprocess
import sys
import tracemalloc
import zlib
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator

from feedtool import fingerprint
from feedtool.archive import recorded, warcfile
from feedtool.archive.captures import Captures
from feedtool.data import replace
from feedtool.errors import ArchiveError, DamagedError, ReadError
from feedtool.files import Disk
from feedtool.kept import Location, Receipt
from feedtool.model import Capture, Exchange, Validators
from tests.conftest import NOW

DAY = date(2022, 5, 4)
FIRST = "warc/2022/2022-05-04-0001.warc.gz"
TYPE = (("Content-Type", "text/html; charset=utf-8"),)


def page(body: bytes = b"<p>Xin", number: int = 1, **fields: Any) -> Capture:
    """A page that came over HTTP."""
    given: dict[str, Any] = {
        "source": "valley",
        "url": f"https://news.example/{number}?a=1",
        "place": f"news.example/{number}?a=1",
        "body": body,
        "captured": NOW + timedelta(seconds=number),
        "authority": "tin.example",
        "media_type": "text/html",
        "charset": "utf-8",
        "validators": Validators(body=fingerprint.whole(body)),
        "exchange": Exchange(200, "OK", (("Host", "news.example"),), TYPE),
    }
    return Capture(**{**given, **fields})


def paper(body: bytes = "Một.".encode(), place: str = "a/b.txt") -> Capture:
    """A file from a folder."""
    return Capture(
        source="inbox",
        url=f"/srv/private/{place}",
        place=place,
        body=body,
        captured=NOW,
        authority="tin.example",
        media_type="text/plain",
        validators=Validators(etag="1-2", body=fingerprint.whole(body)),
    )


def kept(capture: Capture) -> Capture:
    """A capture as it is read again: a file's path and time aren't kept."""
    if capture.exchange is not None:
        return capture
    validators = Validators(body=capture.validators.body)
    return replace(capture, url=capture.place, validators=validators)


def put(captures: Captures, *received: Capture, day: date = DAY) -> list[Location]:
    """Append captures that are new."""
    return captures.append([Receipt(one) for one in received], day)


def unpacked(folder: Path, file: str = FIRST) -> bytes:
    """All that a file holds."""
    return gzip.decompress((folder / file).read_bytes())


_words = st.text(st.characters(codec="utf-8"), max_size=30)
_wire = st.text(st.characters(max_codepoint=255, min_codepoint=32, exclude_characters="\x7f"))
_values = _wire.map(lambda value: value.strip(" ")).filter(lambda value: "://" not in value)
_names = st.from_regex(r"X-[A-Z][a-z]{0,5}-Note", fullmatch=True)
_lengths = st.sampled_from([(), (("Content-Length", "7"),), (("Transfer-Encoding", "chunked"),)])
_coded = st.sampled_from([(), (("content-encoding", "br"),)])


@st.composite
def pages(draw: st.DrawFn) -> Capture:
    """Any page with any headers that carry no secret."""
    body = draw(st.binary(max_size=300))
    some = st.lists(st.tuples(_names, _values), max_size=3).map(tuple)
    answered = (*TYPE, *draw(_coded), *draw(some), *draw(_lengths))
    return page(
        body,
        draw(st.integers(1, 99)),
        source=draw(_words.filter(bool)),
        place=draw(_words.filter(bool)),
        exchange=Exchange(200, draw(_values), draw(some), answered),
    )


papers = st.builds(paper, st.binary(max_size=300), _words.filter(bool))


@given(st.lists(pages() | papers, min_size=1, max_size=4), st.data())
def test_what_is_read_is_what_was_kept(
    tmp_path_factory: pytest.TempPathFactory, received: list[Capture], data: st.DataObject
) -> None:
    """A capture, and one that holds the same, come back with every field that is kept."""
    captures = Captures(tmp_path_factory.mktemp("kept"))
    places = put(captures, *received)
    assert [captures.read(place) for place in places] == [kept(one) for one in received]
    number = data.draw(st.integers(0, len(received) - 1))
    again, first = replace(received[number], captured=NOW + timedelta(days=1)), places[number]
    [where] = captures.append([Receipt(again, same_as=first)], DAY)
    assert captures.read(where) == kept(again)
    assert list(captures.verify(FIRST)) == []


def test_other_tools_read_it(tmp_path: Path) -> None:
    """warcio takes each record and its digests for right, gzip the file as a whole."""
    captures = Captures(tmp_path)
    [first, *_] = put(captures, page(), paper(), page(b"", 2))
    captures.append([Receipt(page(number=3), same_as=first)], DAY)
    with (tmp_path / FIRST).open("rb") as file:
        kinds = []
        for record in ArchiveIterator(file, check_digests="raise"):
            record.content_stream().read()
            assert record.digest_checker.passed or record.rec_type == "revisit"
            kinds.append(record.rec_type)
    answered = ["response", "request"]
    assert kinds == ["warcinfo", *answered, "resource", *answered, "revisit", "request"]
    warcio = [sys.executable, "-m", "warcio.cli", "check", str(tmp_path / FIRST)]
    assert subprocess.run(warcio).returncode == 0
    whole = unpacked(tmp_path)
    assert whole.count(b"WARC/1.1\r\n") == 8
    assert b"conformsTo: http://iipc.github.io/" in whole


def test_nothing_private_is_in_it(tmp_path: Path) -> None:
    """No login, cookie, key or path of this machine, wherever it was said, stands in a file."""
    secret = "s3cr3t"
    asked = (
        ("Authorization", f"Basic {secret}"),
        ("proxy-authorization", secret),
        ("Cookie", secret),
        ("X-Api-Key", secret),
        ("Referer", f"https://me:{secret}@a.example/?token={secret}"),
    )
    answered = (
        *TYPE,
        ("Set-Cookie", f"id={secret}"),
        ("Location", f"/next?x=1&access_token={secret}#token={secret}"),
        ("Content-Location", f"//u:{secret}@b.example/"),
        ("Link", f'<https://u:{secret}@b.example/?api_key={secret}>; rel="hub", <?token={secret}>'),
        ("Refresh", f"5; url=https://u:{secret}@b.example/?password={secret}&b=2"),
        ("X-Seen", f"https://b.example/?secret={secret}"),
        (f"X-{secret}: y\r\nCookie", secret),
    )
    url = f"https://me:{secret}@news.example/1?token={secret}&a=1"
    captures = Captures(tmp_path)
    put(captures, page(url=url, exchange=Exchange(200, "OK", asked, answered)), paper())
    whole = unpacked(tmp_path)
    assert secret.encode() not in whole
    assert b"private" not in whole
    assert b"GET /1?a=1 HTTP/1.1\r\n" in whole
    assert b'Link: <https://b.example/>; rel="hub", <>\r\n' in whole
    assert b"Location: /next?x=1#\r\n" in whole


def test_no_value_breaks_a_line(tmp_path: Path) -> None:
    """Line ends in a header, a reason, a place or a media type add neither header nor record."""
    evil = "a\r\nInjected: 1\r\n\r\nWARC/1.1\r\n"
    exchange = Exchange(200, evil, ((("X-A"), evil),), ((("X-B"), evil), (evil, "b")))
    captures = Captures(tmp_path)
    places = put(
        captures,
        page(place=evil, source=evil, authority=evil, exchange=exchange),
        replace(paper(place=evil), media_type=evil, authority=evil, source=evil),
    )
    captures.append([Receipt(paper(), (evil,))], DAY)
    assert b"\nInjected" not in unpacked(tmp_path)
    assert list(captures.verify(FIRST)) == []
    assert [(one.place, one.source) for one in map(captures.read, places) if one] == [
        (evil, evil)
    ] * 2


def test_endless_headers_are_cut(tmp_path: Path) -> None:
    """Of more headers than are ever taken in, as many as are taken in are kept and read again."""
    many = tuple((f"X-{n}", "y" * 1000) for n in range(5000))
    captures = Captures(tmp_path)
    [place] = put(captures, page(exchange=Exchange(200, "OK", (), TYPE + many)))
    read = captures.read(place)
    assert read
    assert read.exchange
    assert 200 < len(read.exchange.answered) < 300


def test_same_receipts_same_bytes(tmp_path: Path) -> None:
    """Two archives that were given the same hold the same; no id stands for two records."""
    for name in ("one", "two"):
        captures = Captures(tmp_path / name)
        put(captures, page(), page(), paper())
        put(captures, page(), page(captured=NOW + timedelta(days=1)))
    one, two = ((tmp_path / name / FIRST).read_bytes() for name in ("one", "two"))
    assert one == two
    with (tmp_path / "one" / FIRST).open("rb") as file:
        ids = [record.rec_headers["WARC-Record-ID"] for record in ArchiveIterator(file)]
    assert len(ids) == len(set(ids)) == 10


def test_a_revisit_refers_to_the_first(tmp_path: Path) -> None:
    """It names id, address and date of what it refers to, also through another revisit, and has no
    body of its own; 304 has a profile of its own."""
    captures = Captures(tmp_path)
    [first] = put(captures, page(b"x" * 5000))
    [second] = captures.append([Receipt(page(b"x" * 5000, 2), same_as=first)], DAY)
    nothing = Exchange(304, "Not Modified", (), (("ETag", '"1"'),))
    third = page(b"", 3, exchange=nothing, media_type=None, charset=None)
    [where] = captures.append([Receipt(third, same_as=second)], date(2022, 5, 5))
    read = captures.read(where)
    assert read
    assert (read.body, read.media_type, read.charset) == (b"x" * 5000, "text/html", "utf-8")
    assert (read.validators.etag, read.exchange) == ('"1"', nothing)
    whole = unpacked(tmp_path, where.file)
    assert b"revisit/server-not-modified\r\n" in whole
    assert f"Feedtool-Refers-To: {FIRST} {first.offset} {first.length}\r\n".encode() in whole
    assert b"WARC-Refers-To-Target-URI: https://news.example/1?a=1\r\n" in whole
    assert b"WARC-Refers-To-Date: 2022-05-04T03:02:02Z\r\n" in whole
    assert unpacked(tmp_path).count(b"x" * 5000) == 1


def test_what_differs_is_kept_whole(tmp_path: Path) -> None:
    """A reference to other bytes, to nothing, or to what was erased isn't believed."""
    captures = Captures(tmp_path)
    [first, gone] = put(captures, page(b"one"), page(b"two", 2))
    captures.erase(gone)
    nowhere = Location("warc/2021/2021-01-01-0001.warc.gz", 0, 9)
    for same_as, body in ((first, b"other"), (gone, b"two"), (nowhere, b"one")):
        [place] = captures.append([Receipt(page(body, 3), same_as=same_as)], DAY)
        read = captures.read(place)
        assert read
        assert read.body == body


def test_files_are_rolled(tmp_path: Path) -> None:
    """A batch goes into one file; past the limit the next one begins; numbers go beyond 9999, and
    what isn't ours is neither counted nor touched."""
    captures = Captures(tmp_path, roll_at=1500)
    assert captures.end(DAY) == (FIRST, 0)
    files = [place.file for _ in range(4) for place in put(captures, page(), page())]
    assert files[:2] == [FIRST] * 2
    assert len(set(files)) == 4
    assert Captures(tmp_path, roll_at=1500).end(DAY) == captures.end(DAY)
    year = tmp_path / "warc/2022"
    (year / "2022-05-04-10000.warc.gz").write_bytes(b"")
    foreign = (
        "2022-05-04-00010001.warc.gz",
        "2022-05-04-77777.warc",
        "2022-05-04-0099.warc.gz.tmp",
    )
    for name in foreign:
        (year / name).write_text("foreign")
    (year / "2022-05-04-10002.warc.gz").mkdir()
    captures = Captures(tmp_path)
    assert captures.end(DAY) == ("warc/2022/2022-05-04-10003.warc.gz", 0)
    [place] = put(captures, page())
    assert captures.read(place) == page()
    found = list(captures.files())
    assert found[0] == FIRST
    assert found[-2:] == ["warc/2022/2022-05-04-10000.warc.gz", place.file]
    assert all((year / name).read_text() == "foreign" for name in foreign)


@pytest.mark.parametrize("linked", ["warc", "warc/2022", FIRST])
def test_links_lead_nowhere(tmp_path: Path, linked: str) -> None:
    """Where a link was planted, nothing is written behind it."""
    away = tmp_path / "away"
    away.mkdir()
    target = away / "file" if linked == FIRST else away
    planted = tmp_path / "kept" / linked
    planted.parent.mkdir(parents=True)
    planted.symlink_to(target)
    captures = Captures(tmp_path / "kept")
    if linked == FIRST:
        assert put(captures, page())[0].file != FIRST  # beside it
    else:
        with pytest.raises(ArchiveError, match="is a link"):
            put(captures, page())
    assert list(away.iterdir()) == []
    for file in (FIRST, "../away/file", "warc/2022/../../../away/file", "/etc/passwd"):
        for call in (captures.read, captures.erase):
            with pytest.raises(ArchiveError):
                call(Location(file, 0, 10))
        with pytest.raises(ArchiveError):
            captures.mend(file, 1)


def test_every_torn_tail_is_mended(tmp_path: Path) -> None:
    """Cut at any byte of its last batch, a file keeps the captures that are whole, with their
    requests, and is then added to as if nothing had been; nothing before the given end changes."""
    captures = Captures(tmp_path)
    [first] = put(captures, page())
    path = tmp_path / FIRST
    end = path.stat().st_size
    second, third = put(captures, page(b"two", 2), page(b"three", 3))
    whole = path.read_bytes()
    for length in range(end, len(whole)):
        path.write_bytes(whole[:length])
        left = captures.mend(FIRST, end)
        assert left == path.stat().st_size == (third.offset if length >= third.offset else end)
        assert list(captures.verify(FIRST)) == []
    [fourth] = put(captures, page(b"four", 4))
    assert fourth.offset == third.offset
    for place, body in ((first, b"<p>Xin"), (second, b"two"), (fourth, b"four")):
        read = captures.read(place)
        assert read
        assert read.body == body
    path.write_bytes(path.read_bytes() + bytes(5000))  # as some file systems leave it
    assert captures.mend(FIRST, end) == fourth.offset + fourth.length + _request(path, fourth)
    with pytest.raises(DamagedError, match="bytes, and had"):
        captures.mend(FIRST, 10**9)
    assert captures.mend("warc/2022/2022-05-04-0002.warc.gz", 0) == 0


def test_a_damaged_request_costs_no_capture(tmp_path: Path) -> None:
    """The answer is read without it, and both can be erased; where it is missing, what stands there
    instead is left alone."""
    captures = Captures(tmp_path)
    one, two = put(captures, page(), page(number=2))
    path = tmp_path / FIRST
    before = path.read_bytes()
    at = one.offset + one.length
    unasked = page(exchange=Exchange(200, "OK", (), TYPE))
    for data in (before[: at + 60] + b"??" + before[at + 62 :], before[:at] + before[two.offset :]):
        path.write_bytes(data)
        assert captures.read(one) == unasked
        captures.erase(one)
        assert captures.read(one) is None
        moved = replace(two, offset=two.offset + len(data) - len(before))
        assert captures.read(moved) == page(number=2)
    path.write_bytes(before[:at])
    assert captures.read(one) == unasked
    captures.erase(one)
    torn = before[: at - 60] + b"????" + before[at - 56 : at + 60] + b"????" + before[at + 64 :]
    for data in (before[: at + 60] + before[at + 62 :], torn):
        path.write_bytes(data)  # nobody knows where the request ends
        with pytest.raises(DamagedError):
            captures.erase(one)
        assert path.read_bytes() == data


def _request(path: Path, place: Location) -> int:
    """How long the gzip member behind a record is."""
    behind = path.read_bytes()[place.offset + place.length :]
    unzip = zlib.decompressobj(31)
    unzip.decompress(behind)
    return len(behind) - len(unzip.unused_data)


class _Torn(Disk):
    """A disk that ends in the middle of a write."""

    def __init__(self, writes: int, part: int) -> None:
        self.writes, self.part = writes, part

    def write(self, file: int, data: bytes | memoryview) -> int:
        """Write a part of the last."""
        self.writes -= 1
        if not self.writes:
            os.write(file, data[: self.part])
            raise OSError(28, "No space left on device")
        return os.write(file, data)


def test_a_failed_append_leaves_nothing(tmp_path: Path) -> None:
    """Where the disk is full, the file is as it was, and the next batch lies where it should."""
    captures = Captures(tmp_path, _Torn(2, 50))
    [first] = put(captures, page())
    before = (tmp_path / FIRST).read_bytes()
    with pytest.raises(ArchiveError, match="No space"):
        put(captures, page(b"two", 2))
    assert (tmp_path / FIRST).read_bytes() == before
    [second] = put(captures, page(b"two", 2))
    assert captures.read(second) == page(b"two", 2)
    assert captures.read(first) == page()


def test_erased_is_gone_and_nothing_moves(tmp_path: Path) -> None:
    """What was erased, and what was asked for it, is in no byte of the file; the others are read as
    before by us and by warcio, and the revisit of it has nothing either."""
    captures = Captures(tmp_path)
    bodies = [os.urandom(n) for n in (10, 40_000, 3, 0)]
    received = [page(body, n) for n, body in enumerate(bodies, 1)] + [paper(b"file")]
    places = put(captures, *received)
    [again] = captures.append([Receipt(received[1], same_as=places[1])], DAY)
    size = (tmp_path / FIRST).stat().st_size
    for place in (places[1], places[4], places[1]):  # once more does no harm
        captures.erase(place)
    assert captures.read(places[1]) is captures.read(places[4]) is captures.read(again) is None
    captures.erase(again)
    for n in (0, 2, 3):
        assert captures.read(places[n]) == received[n]
    data = (tmp_path / FIRST).read_bytes()
    assert len(data) == size
    assert bodies[1][:20] not in data
    whole = unpacked(tmp_path)
    assert not any(said in whole for said in (b"/2?a=1", b"b.txt", bodies[1][:20]))
    assert list(captures.verify(FIRST)) == []
    assert [place for place, _ in captures.held(FIRST)] == [places[0], places[2], places[3]]
    with (tmp_path / FIRST).open("rb") as file:
        kinds = [record.rec_type for record in ArchiveIterator(file, check_digests="raise")]
    assert kinds.count("metadata") == 5


def test_a_crash_while_erasing_is_ended_by_erasing(tmp_path: Path) -> None:
    """Wherever it stopped, doing it again ends it, and the neighbours stay whole."""
    captures = Captures(tmp_path)
    places = put(captures, page(), page(os.urandom(200), 2), page(number=3))
    path = tmp_path / FIRST
    before = path.read_bytes()
    for write in (1, 2):
        for part in range(0, places[1].length, 7):
            path.write_bytes(before)
            with pytest.raises(ArchiveError):
                Captures(tmp_path, _Torn(write, part)).erase(places[1])
            captures.erase(places[1])
            assert captures.read(places[1]) is None
            assert b"/2?a=1" not in unpacked(tmp_path)
            assert captures.read(places[0]) == page()
            assert captures.read(places[2]) == page(number=3)
    assert list(captures.verify(FIRST)) == []


def test_only_a_capture_is_erased(tmp_path: Path) -> None:
    """A place that is no capture's, too long, too short or between two, changes nothing."""
    captures = Captures(tmp_path)
    one, two = put(captures, page(), page(number=2))
    before = (tmp_path / FIRST).read_bytes()
    wrong = [
        Location(FIRST, 0, one.offset),
        Location(FIRST, one.offset, one.length + 1),
        Location(FIRST, one.offset, two.offset - one.offset),
        Location(FIRST, one.offset + 1, one.length - 1),
        Location(FIRST, one.offset + 1, len(before) - one.offset - 1),
        Location(FIRST, len(before), 400),
        Location(FIRST, one.offset + one.length, two.offset - one.offset - one.length),
    ]
    for place in wrong:
        with pytest.raises(DamagedError):
            captures.erase(place)
    assert (tmp_path / FIRST).read_bytes() == before


def test_damage_is_named_and_passed_over(tmp_path: Path) -> None:
    """Whatever byte of a record is changed, the file and the offset are named, reading it fails,
    and what follows is verified and found."""
    captures = Captures(tmp_path)
    places = put(captures, page(), paper(os.urandom(50)), page(number=3))
    path = tmp_path / FIRST
    before = path.read_bytes()
    first, middle, last = places
    for at in range(middle.offset, middle.offset + middle.length, 5):
        if at - middle.offset in range(4, 10):
            continue  # gzip's time and system mean nothing
        path.write_bytes(before[:at] + bytes([before[at] ^ 0x55]) + before[at + 1 :])
        found = list(captures.verify(FIRST))
        assert [damage.offset for damage in found] == [middle.offset]
        with pytest.raises(DamagedError, match=f"{FIRST}: the record at byte {middle.offset}"):
            captures.read(middle)
        assert [place for place, _ in captures.held(FIRST)] == [first, last]
        assert captures.read(last) == page(number=3)
    for cut in range(1, last.length, 20):
        path.write_bytes(before[: last.offset + cut])
        assert [damage.offset for damage in captures.verify(FIRST)] == [last.offset]
    for place in (Location(FIRST, 0, first.offset), Location(FIRST, first.offset, 5)):
        path.write_bytes(before)
        with pytest.raises(DamagedError):
            captures.read(place)
    path.unlink()
    with pytest.raises(DamagedError, match="isn't there"):
        captures.read(first)


def test_order_is_verified(tmp_path: Path) -> None:
    """A record that stands where it can't is told of, though it is whole."""
    captures = Captures(tmp_path)
    [place] = put(captures, page())
    data = (tmp_path / FIRST).read_bytes()
    info, answer = data[: place.offset], data[place.offset : place.offset + place.length]
    request = data[place.offset + place.length :]
    (tmp_path / FIRST).write_bytes(answer + info + request)
    reasons = [damage.reason for damage in captures.verify(FIRST)]
    assert reasons == [
        "is a response record, and out of its place",
        "is a warcinfo record, and out of its place",
        "is a request whose answer isn't before it",
    ]


def test_ten_megabytes_need_no_more_than_three_times_that(tmp_path: Path) -> None:
    """Writing what can't be packed, reading and verifying it stay within bounds."""
    captures = Captures(tmp_path)
    capture = page(os.urandom(10_000_000))
    put(captures, paper())
    tracemalloc.start()
    try:
        [place] = put(captures, capture)
        assert tracemalloc.get_traced_memory()[1] < 30_000_000
        tracemalloc.reset_peak()
        assert captures.read(place) == capture
        assert tracemalloc.get_traced_memory()[1] < 30_000_000
        tracemalloc.reset_peak()
        assert list(captures.verify(FIRST)) == []
        assert tracemalloc.get_traced_memory()[1] < 3_000_000
    finally:
        tracemalloc.stop()
    with pytest.raises(DamagedError, match="longer than"):
        captures.read(place, max_bytes=1_000_000)
    captures.erase(place)
    assert captures.read(place) is None


def test_keys_are_found_again(tmp_path: Path) -> None:
    """Each capture of a file is listed with the keys of what was made of it."""
    captures = Captures(tmp_path)
    places = captures.append(
        [Receipt(page(), ("2022/05/04/a", "2022/05/04/ô")), Receipt(paper())], DAY
    )
    assert list(captures.held(FIRST)) == [
        (places[0], ("2022/05/04/a", "2022/05/04/ô")),
        (places[1], ()),
    ]


# Files of other tools, built here by hand.


def record(kind: str, block: bytes, version: str = "1.0", **headers: str) -> bytes:
    """A record that isn't packed; `_` in names stands for `-`."""
    given = {
        "WARC-Type": kind,
        "WARC-Target-URI": "http://h.example/a",
        "WARC-Date": "2020-01-02T03:04:05Z",
        "WARC-Record-ID": "<urn:uuid:11111111-1111-1111-1111-111111111111>",
        "Content-Length": str(len(block)),
    }
    if kind in ("response", "request"):
        given["Content-Type"] = f"application/http;msgtype={kind}"
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in given.items() if value)
    return f"WARC/{version}\r\n{lines}\r\n".encode() + block + b"\r\n\r\n"


def answer(body: bytes, *headers: str, status: str = "HTTP/1.1 200 OK") -> bytes:
    """An answer over HTTP."""
    return "\r\n".join([status, "Content-Type: text/html", *headers, "", ""]).encode() + body


def found(path: Path, data: bytes, **options: Any) -> list[Capture | ReadError]:
    """What is read of these bytes."""
    path.write_bytes(data)
    return list(warcfile.records(path, **{"max_bytes": 100_000, **options}))


def bodies(path: Path, data: bytes) -> list[bytes | str]:
    """The bodies of these bytes, or why there is none."""
    return [
        one.body if isinstance(one, Capture) else one.reason.partition(" ")[2].partition(" ")[2]
        for one in found(path, data)
    ]


def layouts() -> Iterator[tuple[str, bytes]]:
    """A few records as tools lay them out."""
    records = [
        record("warcinfo", b"software: Wget/1.21\r\n", WARC_Target_URI=""),
        record("request", b"GET /a HTTP/1.1\r\nHost: h.example\r\n\r\n"),
        record("response", answer(b"one"), WARC_Target_URI="<http://h.example/a>"),
        record(
            "response",
            b"20200102030405\nh.example. 1",
            WARC_Target_URI="dns:h.example",
            Content_Type="text/dns",
        ),
        record(
            "revisit",
            answer(b""),
            WARC_Profile="http://netpreserve.org/warc/1.0/revisit/identical-payload-digest",
        ),
        record(
            "response",
            answer(b"two", status="HTTP/2 404"),
            "1.1",
            WARC_Date="2020-01-02T03:04:05.123456Z",
        ),
        record(
            "resource",
            b"three",
            "1.1",
            Content_Type="image/png",
            WARC_Target_URI="urn:pageinfo:http://h.example/",
        ),
        record("conversion", b"four", Content_Type="text/plain", WARC_Date="2020"),
        record("metadata", b"via: http://h.example/\r\n", Content_Type="application/warc-fields"),
    ]
    yield "plain", b"".join(records)
    yield "gzip by record", b"".join(map(gzip.compress, records))
    yield "one gzip", gzip.compress(b"".join(records))
    yield "bare lines", b"".join(records).replace(b"\r\n\r\n\r\n", b"\r\n\r\n\r\n\r\n\r\n")


@pytest.mark.parametrize("data", [pytest.param(data, id=name) for name, data in layouts()])
def test_files_of_any_tool_are_read(tmp_path: Path, data: bytes) -> None:
    """Packed by record, as a whole or not at all, of 1.0 and 1.1: documents are found, the rest is
    passed over."""
    if b"\r\n\r\n\r\n\r\n" in data:
        data = b"\r\n" + data
    one, two, three, four = found(tmp_path / "a.warc", data, source="old", authority="me.example")
    assert isinstance(one, Capture)
    assert isinstance(two, Capture)
    assert isinstance(three, Capture)
    assert isinstance(four, Capture)
    assert (one.url, one.place, one.body) == ("http://h.example/a", "h.example/a", b"one")
    assert (one.source, one.authority, one.media_type) == ("old", "me.example", "text/html")
    assert one.captured == two.captured == datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert two.exchange
    assert two.exchange.status == 404
    assert (three.url, three.body, three.exchange) == (
        "urn:pageinfo:http://h.example/",
        b"three",
        None,
    )
    assert (four.body, four.captured) == (b"four", datetime(2020, 1, 1, tzinfo=UTC))


def test_codings_are_undone(tmp_path: Path) -> None:
    """Chunks, gzip and br, and headers that say so of what was undone when it was recorded."""
    packed = gzip.compress(b"body")
    chunks = (
        b"3;x=1\r\n"
        + packed[:3]
        + b"\r\n%x\r\n" % (len(packed) - 3)
        + packed[3:]
        + b"\r\n0\r\nT: 1\r\n\r\n"
    )
    gzipped, chunked = "Content-Encoding: gzip", "transfer-encoding: Chunked"
    records = [
        answer(packed, gzipped),
        answer(chunks, chunked, gzipped),
        answer(brotli.compress(b"body"), "Content-Encoding: br"),
        answer(b"body", chunked, gzipped),
        answer(b"", chunked, gzipped),
        answer(packed[:-3], gzipped),
        answer(b"4\r\nbo", chunked),
        answer(b"4\r\nbody\r\nzz\r\n", chunked),
        answer(b"body", "Content-Encoding: rot13"),
    ]
    data = b"".join(gzip.compress(record("response", one)) for one in records)
    *good, torn, short, bad, unknown = bodies(tmp_path / "a.warc.gz", data)
    assert good == [b"body"] * 4 + [b""]
    assert "cut short" in str(torn)
    assert "cut short" in str(short)
    assert "chunks" in str(bad)
    assert "rot13" in str(unknown)


def test_bombs_cost_what_is_allowed(tmp_path: Path) -> None:
    """What grows beyond the limit, in whatever coding, is an error; so is a line without end."""
    bomb = gzip.compress(bytes(50_000_000))
    records = [
        record("response", answer(bomb, "Content-Encoding: gzip")),
        record("response", answer(brotli.compress(bytes(50_000_000)), "Content-Encoding: br")),
        record("resource", bytes(50_000_000)),
        record("response", b"HTTP/1.1 200 OK\r\nX: " + b"y" * 20_000_000),
        b"WARC/1.0\r\nWARC-Type: " + b"x" * 20_000_000,
        record("resource", b"good"),
    ]
    path = tmp_path / "a.warc.gz"
    path.write_bytes(b"".join(map(gzip.compress, records)))
    del records, bomb
    tracemalloc.start()
    try:
        *errors, good = warcfile.records(path, max_bytes=100_000)
        assert tracemalloc.get_traced_memory()[1] < 40_000_000
    finally:
        tracemalloc.stop()
    assert isinstance(good, Capture)
    assert [isinstance(error, ReadError) for error in errors] == [True] * 5


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_bad_records_are_named_and_the_rest_is_read(tmp_path: Path, pack: Any) -> None:
    """Each record that is no good is an error that names file and byte, once; the others come."""
    good = record("resource", b"good")
    bad = [
        record("resource", b"bad", Content_Length="x"),
        record("resource", b"bad", Content_Length="-1"),
        record("resource", b"bad", WARC_Date="yesterday"),
        record("resource", b"bad", WARC_Date=""),
        record("response", b"no http at all\r\n\r\nbody"),
        record("resource", b"bad", WARC_Block_Digest="sha1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
        record("resource", b"bad", WARC_Block_Digest="sha1:!"),
        record("resource", b"bad", WARC_Block_Digest="shake_128:aa"),
        record("resource", b"bad", WARC_Truncated="length"),
    ]
    for one in bad:
        data = pack(good) + pack(one) + pack(good)
        first, error, last = found(tmp_path / "a.warc", data)
        assert isinstance(first, Capture)
        assert isinstance(last, Capture)
        assert isinstance(error, ReadError)
        assert error.subject.endswith("a.warc")
        assert error.reason.startswith("the record at byte ")
    torn = (pack(good) + pack(record("resource", b"bad" * 99)))[:-40]
    assert [type(one) for one in found(tmp_path / "b.warc", torn)] == [Capture, ReadError]


def test_what_is_no_warc_file_is_an_error(tmp_path: Path) -> None:
    """Other bytes, packed or not, a folder and nothing at all end in errors, an empty file in
    none."""
    for data in (b"<html>", gzip.compress(b"<html>"), b"\x1f\x8b", os.urandom(200_000)):
        [error] = found(tmp_path / "a.warc", data)
        assert isinstance(error, ReadError)
    assert found(tmp_path / "a.warc", b"") == []
    for path in (tmp_path, tmp_path / "none"):
        [error] = warcfile.records(path, max_bytes=1)
        assert isinstance(error, ReadError)


@given(st.binary(max_size=300), st.data())
def test_any_damage_ends_in_errors(
    tmp_path_factory: pytest.TempPathFactory, noise: bytes, data: st.DataObject
) -> None:
    """Bytes put anywhere into a file raise nothing, here or there."""
    folder = tmp_path_factory.mktemp("noise")
    captures = Captures(folder)
    put(captures, page(), paper())
    path = folder / FIRST
    before = path.read_bytes() if data.draw(st.booleans()) else b"".join(dict(layouts()).values())
    at = data.draw(st.integers(0, len(before)))
    path.write_bytes(before[:at] + noise + before[at + data.draw(st.integers(0, 300)) :])
    list(warcfile.records(path, max_bytes=1000))
    list(captures.verify(FIRST))
    list(captures.held(FIRST))


def test_export_is_read_again(tmp_path: Path) -> None:
    """A file that was written for others stands for itself, and brings the captures back."""
    received = [page(), paper(), page(b"two", 2)]
    data = b"".join(warcfile.export(received, "out.warc.gz"))
    assert data == b"".join(warcfile.export(received, "out.warc.gz"))
    read = found(tmp_path / "out.warc.gz", data)
    unasked = replace(Exchange(200, "OK", (), TYPE))
    assert read == [
        replace(kept(one), exchange=unasked if one.exchange else None) for one in received
    ]
    kinds = [one.rec_type for one in ArchiveIterator(io.BytesIO(data), check_digests="raise")]
    assert kinds == ["warcinfo", "response", "request", "resource", "response", "request"]


def test_warcio_is_loaded_when_it_is_used() -> None:
    """Who keeps no capture waits for no package."""
    code = "import sys, feedtool.archive.captures, feedtool.archive.warcfile as _; print('warcio' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.stdout == "False\n"


def test_addresses_are_uris() -> None:
    """Letters outside ASCII are escaped; a path is never an address."""
    assert recorded.address(page(url="https://a.example/đ?q=%C4%91")) == (
        "https://a.example/%C4%91?q=%C4%91"
    )
    assert recorded.address(paper()) == "tag:tin.example,2022-05-04:inbox/a/b.txt"
