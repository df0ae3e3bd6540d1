"""Sources on the web, over HTTP. The only file that knows httpx."""

from __future__ import annotations

import re
import ssl
import zlib
from collections.abc import Iterator
from datetime import datetime
from functools import cache

import httpx

from feedtool import text
from feedtool.config import Http
from feedtool.errors import FetchError
from feedtool.fetch.results import Fetched, Known, NotModified
from feedtool.model import Capture, Source, Validators
from feedtool.version import __version__

_ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json;q=0.9, "
    "application/xml;q=0.8, text/html;q=0.7, text/plain;q=0.6, */*;q=0.1"
)
_REDIRECTS = 5
_STEP = 64 * 1024
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)


def user_agent(http: Http, contact: str | None) -> str:
    """Return who we say we are: steady, with version and contact (RFC 9110 § 10.1.5)."""
    return http.user_agent or f"feedtool/{__version__}" + (f" (+{contact})" if contact else "")


def fetch(
    source: Source, known: Known, *, now: datetime, http: Http, authority: str, agent: str
) -> Iterator[Fetched]:
    """Yield what `source.url` holds: a `Capture`, `NotModified` (304, or the same bytes as before),
    or a `FetchError`. One request, conditional where `known` has validators; redirects followed."""
    place = text.place(source.url)
    before = known(place) or Validators()
    headers = {"User-Agent": agent, "Accept": _ACCEPT, "Accept-Encoding": "gzip"}
    # RFC 9110 § 13.1: echoed as they came, never computed.
    if before.etag:
        headers["If-None-Match"] = before.etag
    if before.last_modified:
        headers["If-Modified-Since"] = before.last_modified
    try:
        with (
            httpx.Client(
                verify=_ssl(),
                timeout=http.timeout,
                follow_redirects=True,
                max_redirects=_REDIRECTS,
                trust_env=False,
                headers=headers,
            ) as client,
            client.stream("GET", source.url) as response,
        ):
            yield _received(response, source, place, now, http.max_bytes, authority)
    except httpx.TooManyRedirects:
        yield FetchError(source.url, f"redirects more than {_REDIRECTS} times")
    except httpx.TimeoutException:
        yield FetchError(source.url, f"gave no answer within {http.timeout:g} s")
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, UnicodeError) as error:
        yield FetchError(source.url, f"can't be got: {error or type(error).__name__}")
    except FetchError as error:
        yield error


def _received(
    response: httpx.Response,
    source: Source,
    place: str,
    now: datetime,
    max_bytes: int,
    authority: str,
) -> Capture | NotModified:
    if response.status_code == httpx.codes.NOT_MODIFIED:
        return NotModified(place)
    if response.status_code != httpx.codes.OK:
        status = f"{response.status_code} {response.reason_phrase}".strip()
        raise FetchError(source.url, f"answers {status}", response.status_code)
    body = _body(response, source.url, max_bytes)
    validators = Validators(
        etag=response.headers.get("ETag"),
        last_modified=response.headers.get("Last-Modified"),
        body=text.digest(body),
    )
    content_type = response.headers.get("Content-Type", "")
    charset = _CHARSET.search(content_type)
    return Capture(
        source=source.name,
        url=str(response.url),
        place=place,
        body=body,
        captured=now,
        authority=authority,
        media_type=content_type.partition(";")[0].strip().lower() or None,
        charset=charset[1] if charset else None,
        validators=validators,
    )


def _body(response: httpx.Response, url: str, max_bytes: int) -> bytes:
    """The body, at most `max_bytes` decoded. Decoded here and in steps: httpx hands out whatever
    one chunk grows to, which for a bomb is a thousand times its size."""
    coding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if coding not in ("identity", "gzip", "x-gzip", ""):
        raise FetchError(url, f"answers in a coding that was not asked for: {coding}")
    unzip = zlib.decompressobj(wbits=31) if "gzip" in coding else None
    body = bytearray()
    for chunk in response.iter_raw(_STEP):
        for part in (chunk,) if unzip is None else _unzipped(unzip, chunk, url):
            body += part
            if len(body) > max_bytes:
                raise FetchError(url, f"is longer than http.max_bytes ({max_bytes:,} bytes)")
    if unzip is not None and not unzip.eof:
        raise FetchError(url, "is cut short")
    return bytes(body)


def _unzipped(unzip: zlib._Decompress, data: bytes, url: str) -> Iterator[bytes]:
    try:
        while part := unzip.decompress(data, _STEP):
            yield part
            data = unzip.unconsumed_tail
    except zlib.error as error:
        raise FetchError(url, f"is not gzip, as it says: {error}") from error


@cache
def _ssl() -> ssl.SSLContext:
    # Making one costs more than a request.
    return httpx.create_ssl_context(trust_env=False)
