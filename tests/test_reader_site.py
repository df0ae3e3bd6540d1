"""The server that readers subscribe to in tests answers as RFC 9110 has it."""

from __future__ import annotations

import http.client
import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.reader_site import ReaderSite, Request

TAG = '"b94d27b9934d3e08"'  # of "hello world"
DAY = "Tue, 18 Jan 2022 12:00:00 GMT"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[ReaderSite]:
    """A folder with one document, and a file beside it that nobody may have."""
    (tmp_path / "secret").write_bytes(b"")
    file = tmp_path / "public/all.atom"
    file.parent.mkdir()
    file.write_bytes(b"hello world")
    os.utime(file, (1642507200, 1642507200))
    with ReaderSite(file.parent) as running:
        yield running


def ask(
    site: ReaderSite, method: str, path: str, **headers: str
) -> tuple[int, http.client.HTTPMessage, bytes]:
    """Status, headers and body of an answer."""
    connection = http.client.HTTPConnection(urlsplit(site.url).netloc, timeout=60)
    connection.request(
        method, path, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, answer.headers, body


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_document_comes_with_its_type_and_validators(site: ReaderSite, method: str) -> None:
    """HEAD is answered as GET is, without the body."""
    status, headers, body = ask(site, method, "/all.atom?x=1")
    assert status == 200
    assert headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    assert headers["Content-Length"] == "11"
    assert (headers["ETag"], headers["Last-Modified"]) == (TAG, DAY)
    assert body == (b"hello world" if method == "GET" else b"")
    assert site.requests == [Request(method, "/all.atom", 200)]
    assert site.statuses("/all.atom") == ([200] if method == "GET" else [])


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"If_None_Match": TAG}, 304),
        ({"If_None_Match": f'"other", W/{TAG}'}, 304),
        ({"If_None_Match": "*"}, 304),
        ({"If_None_Match": '"other"', "If_Modified_Since": DAY}, 200),
        ({"If_Modified_Since": DAY}, 304),
        ({"If_Modified_Since": "Wed, 19 Jan 2022 12:00:00 GMT"}, 304),
        ({"If_Modified_Since": "Mon, 17 Jan 2022 12:00:00 GMT"}, 200),
        ({"If_Modified_Since": "some day"}, 200),
    ],
)
def test_what_is_known_is_not_sent_again(
    site: ReaderSite, headers: dict[str, str], status: int
) -> None:
    """Tags are compared weakly and in lists, times by order; a tag alone decides where both are."""
    found, answered, body = ask(site, "GET", "/all.atom", **headers)
    assert found == status
    assert body == (b"" if status == 304 else b"hello world")
    assert answered["ETag"] == TAG


@pytest.mark.parametrize("path", ["/none.atom", "/", "/../secret"])
def test_what_is_not_published_is_404(site: ReaderSite, path: str) -> None:
    """Nothing but the files of the folder is served."""
    assert ask(site, "GET", path)[0] == 404
    assert site.statuses(path) == [404]
