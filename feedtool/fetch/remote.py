"""Sources on the web, over HTTP. The only file that knows httpx."""

from __future__ import annotations

import re
import ssl
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from functools import cache
from urllib.parse import urlsplit

import httpx

from feedtool import text
from feedtool.config import Http
from feedtool.errors import FetchError
from feedtool.fetch.guard import Guard
from feedtool.fetch.results import Fetched, Known, NotModified
from feedtool.manners import headers as said
from feedtool.model import Capture, Source, Validators
from feedtool.version import __version__

_ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json;q=0.9, "
    "application/xml;q=0.8, text/html;q=0.7, text/plain;q=0.6, */*;q=0.1"
)
_REDIRECTS = 5
_PATIENCE = 4  # timeouts that all of an answer may take
_STEP = 64 * 1024
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)


def user_agent(http: Http, contact: str | None) -> str:
    """Return who we say we are: steady, with version and contact (RFC 9110 § 10.1.5)."""
    return http.user_agent or f"feedtool/{__version__}" + (f" (+{contact})" if contact else "")


def fetch(
    source: Source, known: Known, *, now: datetime, http: Http, authority: str, agent: str
) -> Iterator[Fetched]:
    """Yield what `source.url` holds: a `Capture`, `NotModified` (304, or the same bytes as before),
    or a `FetchError`. Conditional where `known` has validators; redirects are followed, but not
    from https to http, nor to addresses that `Guard` refuses."""
    place = text.place(source.url)
    shown = text.without_secrets(source.url)
    before = known(place) or Validators()
    headers = {"User-Agent": agent, "Accept": _ACCEPT, "Accept-Encoding": "gzip"}
    # RFC 9110 § 13.1: echoed as they came, never computed.
    if before.etag:
        headers["If-None-Match"] = before.etag
    if before.last_modified:
        headers["If-Modified-Since"] = before.last_modified
    try:
        with _client(source, http, headers) as client, _answer(client, source.url) as response:
            yield _received(response, source, place, now, http.max_bytes, authority)
    except httpx.TimeoutException:
        yield FetchError(shown, f"is too slow (http.timeout is {http.timeout:g} s)")
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, UnicodeError) as error:
        yield FetchError(shown, f"can't be got: {error or type(error).__name__}")
    except FetchError as error:
        whole = error.reason if error.subject == shown else str(error)
        yield FetchError(shown, whole, error.status, error.retry_after)


def _client(source: Source, http: Http, headers: dict[str, str]) -> httpx.Client:
    transport = httpx.HTTPTransport(verify=_ssl(), trust_env=False)
    own = urlsplit(source.url).hostname if source.allow_private else None
    # httpx has no way to say which backend its pool connects by.
    transport._pool._network_backend = Guard(own, _PATIENCE * http.timeout)
    return httpx.Client(transport=transport, timeout=http.timeout, trust_env=False, headers=headers)


@contextmanager
def _answer(client: httpx.Client, url: str) -> Iterator[httpx.Response]:
    """The answer to a request for `url`, after the redirects that lead to it."""
    request = client.build_request("GET", url)
    for _ in range(_REDIRECTS + 1):
        with closing(client.send(request, stream=True)) as response:
            if response.next_request is None:
                yield response
                return
            following = response.next_request
            if request.url.scheme == "https" and following.url.scheme != "https":
                raise FetchError(text.without_secrets(url), "redirects from https to http")
            request = following
    raise FetchError(text.without_secrets(url), f"redirects more than {_REDIRECTS} times")


def _received(
    response: httpx.Response,
    source: Source,
    place: str,
    now: datetime,
    max_bytes: int,
    authority: str,
) -> Capture | NotModified:
    fresh = said.fresh_for(response.headers, now)
    if response.status_code == httpx.codes.NOT_MODIFIED:
        return NotModified(place, fresh)
    if response.status_code != httpx.codes.OK:
        status = f"{response.status_code} {response.reason_phrase}".strip()
        shown = text.without_secrets(source.url)
        wait = said.retry_after(response.headers.get("Retry-After"), now)
        raise FetchError(shown, f"answers {status}", response.status_code, wait)
    body = _body(response, text.without_secrets(source.url), max_bytes)
    validators = Validators(
        etag=response.headers.get("ETag"),
        last_modified=response.headers.get("Last-Modified"),
        body=text.digest(body),
    )
    content_type = response.headers.get("Content-Type", "")
    charset = _CHARSET.search(content_type)
    return Capture(
        source=source.name,
        url=text.without_secrets(str(response.url)),
        place=place,
        body=body,
        captured=now,
        authority=authority,
        media_type=content_type.partition(";")[0].strip().lower() or None,
        charset=charset[1] if charset else None,
        validators=validators,
        fresh=fresh,
    )


def _body(response: httpx.Response, url: str, max_bytes: int) -> bytes:
    """The body, at most `max_bytes` decoded. Decoded here and in steps: httpx hands out whatever
    one chunk grows to, which for a bomb is a thousand times its size."""
    coding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if coding not in ("identity", "gzip", "x-gzip", ""):
        raise FetchError(url, f"answers in a coding that was not asked for: {coding}")
    unzip = zlib.decompressobj(wbits=31) if "gzip" in coding else None
    body = bytearray()
    received = 0
    for chunk in response.iter_raw(_STEP):
        received += len(chunk)
        for part in (chunk,) if unzip is None else _unzipped(unzip, chunk, url):
            body += part
            if max(len(body), received) > max_bytes:
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
