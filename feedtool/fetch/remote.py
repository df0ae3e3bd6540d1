"""Sources on the web, over HTTP: one document, after the redirects that lead to it."""

from __future__ import annotations

import re
import time
from datetime import datetime
from functools import partial
from io import BytesIO
from urllib.parse import urlsplit

from feedtool import fingerprint, text
from feedtool.config import Http
from feedtool.data import Struct, replace
from feedtool.errors import FetchError
from feedtool.fetch.coding import ACCEPTED, Decoder
from feedtool.fetch.results import NotModified
from feedtool.fetch.transport import Answer, Wire
from feedtool.fetch.turns import Turns
from feedtool.manners import headers as said
from feedtool.model import Capture, Source, Validators, Wishes
from feedtool.version import __version__

_ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json;q=0.9, "
    "application/xml;q=0.8, text/html;q=0.7, text/plain;q=0.6, */*;q=0.1"
)
_REDIRECTS = 5
_PATIENCE = 4  # timeouts that all of an answer may take
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_OK, _NOT_MODIFIED = 200, 304
_FOR_GOOD = (301, 308)  # RFC 9110 § 15.4.2, § 15.4.9
_MOST_HUBS = 5


def user_agent(http: Http, contact: str | None) -> str:
    """Return who we say we are: steady, with version and contact (RFC 9110 § 10.1.5)."""
    return http.user_agent or f"feedtool/{__version__}" + (f" (+{contact})" if contact else "")


def headers(http: Http, contact: str | None) -> dict[str, str]:
    """Return what every request says: who we are, and what we can read."""
    agent = user_agent(http, contact)
    return {"User-Agent": agent, "Accept": _ACCEPT, "Accept-Encoding": ACCEPTED}


class _Led(Struct, frozen=True):
    """A redirect to another address."""

    url: str
    status: int


class Web(Struct, frozen=True):
    """What every request needs: the wire, whose turn it is, our settings, and the host that ids are
    minted under."""

    wire: Wire
    turns: Turns
    http: Http
    authority: str

    async def get(
        self, source: Source, before: Validators, *, now: datetime, gap: float
    ) -> Capture | NotModified:
        """Return what `source.url` holds, or `NotModified` (304); raises `FetchError`.

        Conditional where `before` has validators; redirects are followed, but not from https to
        http, nor to addresses off the internet. `gap`: seconds between requests to a host. A
        capture keeps its slot in `turns`: give that back when it is taken in.
        """
        # RFC 9110 § 13.1: echoed as they came, never computed.
        told = {"If-None-Match": before.etag, "If-Modified-Since": before.last_modified}
        conditions = {name: value for name, value in told.items() if value}
        try:
            return await self._follow(source, conditions, now, gap)
        except FetchError as error:
            shown, where = (text.without_secrets(url) for url in (source.url, error.subject))
            whole = error.reason if where == shown else f"leads to {where}, which {error.reason}"
            raise FetchError(shown, whole, error.status, error.retry_after, error.fault) from error

    async def _follow(
        self, source: Source, conditions: dict[str, str], now: datetime, gap: float
    ) -> Capture | NotModified:
        own, _ = text.server(source.url)
        url, moved, for_good = source.url, None, True
        left = _PATIENCE * self.http.timeout
        for _ in range(_REDIRECTS + 1):
            host, origin = text.server(url)
            private = source.allow_private and host == own
            async with self.turns.turn(host, gap) as turn:
                begun = time.monotonic()
                take = partial(self._received, source, conditions, now, moved)
                found = await self.wire.ask(url, conditions, take, private=private, seconds=left)
                if not isinstance(found, _Led):
                    turn.kept = isinstance(found, Capture)
                    return found
                left -= time.monotonic() - begun
            if origin.startswith("https:") and not found.url.startswith("https:"):
                raise FetchError(source.url, "redirects from https to http")
            status = found.status
            for_good = for_good and status in _FOR_GOOD
            moved = found.url if for_good else moved
            url = _with_login(url, found.url)
        reason = f"redirects more than {_REDIRECTS} times"
        raise FetchError(source.url, reason, status)

    async def _received(
        self,
        source: Source,
        conditions: dict[str, str],
        now: datetime,
        moved: str | None,
        answer: Answer,
    ) -> Capture | NotModified | _Led:
        following = answer.location
        if following is not None:
            return _Led(following, answer.status)
        place = text.place(source.url)
        fresh = said.fresh_for(answer.headers, now)
        if answer.status == _NOT_MODIFIED:
            if not conditions:
                raise FetchError(answer.url, "answers 304 to what was no conditional request", 304)
            kept = source.captures or (source.captures is None and source.kind != "feed")
            again = self._capture(answer, source, b"", now) if kept else None
            return NotModified(place, fresh, moved, again)
        if answer.status != _OK:
            status = f"{answer.status} {text.shorten(text.line(answer.reason), 80)}".strip()
            wait = said.retry_after(answer.headers.get("retry-after"), now)
            raise FetchError(answer.url, f"answers {status}", answer.status, wait)
        body = await _body(answer, self.http.max_bytes)
        return replace(
            self._capture(answer, source, body, now), fresh=fresh, wishes=_hubs(answer), moved=moved
        )

    def _capture(self, answer: Answer, source: Source, body: bytes, now: datetime) -> Capture:
        content_type = answer.headers.get("content-type", "")
        charset = _CHARSET.search(content_type)
        return Capture(
            source=source.name,
            url=text.without_secrets(answer.url),
            place=text.place(source.url),
            body=body,
            captured=now,
            authority=self.authority,
            media_type=content_type.partition(";")[0].strip().lower() or None,
            charset=charset[1] if charset else None,
            validators=Validators(
                etag=_echoed(answer, "etag"),
                last_modified=_echoed(answer, "last-modified"),
                body=fingerprint.whole(body),
            ),
            exchange=answer.exchange,
        )


def _with_login(url: str, following: str) -> str:
    """`following`, with the user and password of `url` where it leads to the same server."""
    before, after = urlsplit(url), urlsplit(following)
    login, at, server = before.netloc.rpartition("@")
    if not at or "@" in after.netloc or (before.scheme, server) != (after.scheme, after.netloc):
        return following
    return after._replace(netloc=f"{login}@{server}").geturl()


def _echoed(answer: Answer, name: str) -> str | None:
    """A header as it can be sent back, letter by letter; None where it can't."""
    value = answer.headers.get(name)
    return value if value and value.isascii() and value.isprintable() else None


def _hubs(answer: Answer) -> Wishes:
    """What the headers say of hubs (WebSub § 4)."""
    hubs = tuple(url for url in answer.linked("hub") if text.web_url(url))[:_MOST_HUBS]
    topic = next((url for url in answer.linked("self") if text.web_url(url)), None)
    return Wishes(hubs=hubs, topic=topic if hubs else None)


async def _body(answer: Answer, max_bytes: int) -> bytes:
    """The body, at most `max_bytes` on the wire and decoded."""
    coding = answer.headers.get("content-encoding", "")
    decoder = Decoder(coding, answer.url)
    too_long = f"is longer than http.max_bytes ({max_bytes:,} bytes)"
    body, received = BytesIO(), 0  # which hands out what it holds without another copy
    async for chunk in answer.chunks():
        received += len(chunk)
        if received > max_bytes:
            raise FetchError(answer.url, too_long)
        for part in decoder.feed(chunk) if coding else (chunk,):
            body.write(part)
            if body.tell() > max_bytes:
                raise FetchError(answer.url, too_long)
    for part in decoder.finish():
        body.write(part)
    return body.getvalue()
