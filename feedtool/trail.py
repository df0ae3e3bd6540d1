"""What a source's documents lead to: which links a round follows, in what order, and how many.

What is beyond a round's share, or gave no answer, is left for the next rounds. They find it because
the documents that lead there aren't remembered until all that they led to has been looked at.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from feedtool import text
from feedtool.archive.state import Remembered
from feedtool.data import replace
from feedtool.errors import FetchError
from feedtool.fetch.results import Fetched
from feedtool.model import Entry, Evidence, Link, Source

Memory = tuple[str, Remembered]
"""What is to be remembered of the document at a place."""

FAILED = "failed"
"""A piece to remember of a document that a link leads to, and that couldn't be got."""

_ARTICLES = 25  # that one round follows a sitemap's or listing's links to
_SITEMAPS = 100  # that one round follows another one's links to
_SECONDS = 60.0  # that a round goes on following
_UNREACHED = 3  # links in a row that nobody answered
_GONE = (401, 403, 404, 410)  # answers that asking again won't change
_ENOUGH = (429, 503)  # answers that ask to be left alone (RFC 6585 § 4, RFC 9110 § 15.6.4)


class Trail:
    """The links that are still to be followed; a sitemap's articles come before the next sitemap.

    `recall(place)` gives what is remembered of a document, `remember(place, memory)` keeps it.
    `refused` is what said that it is enough for now; `unchanged` counts links that were known.
    """

    def __init__(
        self,
        source: Source,
        recall: Callable[[str], Remembered | None],
        remember: Callable[[str, Remembered], None],
    ) -> None:
        """Nothing has been found yet."""
        self._source, self._recall, self._remember = source, recall, remember
        self._links: deque[Link | Memory] = deque()
        self._followed = {text.place(source.url)}
        self._shares = {False: _ARTICLES, True: _SITEMAPS}
        self._end: float | None = None  # begins with the first link
        self._unreached = 0
        self._put_off: set[str] = set()  # links that failed in earlier rounds
        self._missed = False  # True once a link gave no answer, and must be tried again
        self.refused: FetchError | None = None
        self.unchanged = 0

    def __bool__(self) -> bool:
        return bool(self._links)

    def lead(self, links: Iterable[Link], memory: Memory | None) -> None:
        """Follow these next; `memory`, of the document that led here, is kept after them."""
        self._end = self._end or time.monotonic() + _SECONDS
        found = [one for one in links if self._may_follow(one)]
        # What another sitemap holds may change without a word here: ask each time.
        if memory and not any(one.sitemap and one.updated is None for one in links):
            self._links.appendleft(memory)
        # Sitemaps that nobody has read yet come first, so that each round gets further.
        found.sort(key=lambda one: one.sitemap and not one.updated and self._is_known(one))
        self._links.extendleft(reversed(found))

    def next(self) -> Link | None:
        """The next link to follow, or None where this round has done its share."""
        while self._links and self.refused is None:
            link = self._links.popleft()
            if isinstance(link, tuple):  # all that this document led to has been looked at
                if not self._missed:
                    self._remember(*link)
            elif not self._is_done(link):
                if self._has_failed(link):
                    continue  # after all others
                if not self._shares[link.sitemap] or time.monotonic() > (self._end or 0.0):
                    self._links.appendleft(link)
                    return None
                self._shares[link.sitemap] -= 1
                return link
        return None

    def page(self, link: Link) -> Source:
        """What a link leads to, as a source."""
        own = urlsplit(link.url).hostname == urlsplit(self._source.url).hostname
        return replace(
            self._source,
            url=link.url,
            kind="sitemap" if link.sitemap else None,
            links=None,
            allow_private=self._source.allow_private and own,
        )

    def answered(self, link: Link, fetched: Fetched) -> bool:
        """Take note of what came of following a link; True where it is gone, which asking again
        won't change."""
        self._followed.add(text.place(link.url))
        if not isinstance(fetched, FetchError):
            self._unreached = 0
            return False
        # What robots.txt forbids wasn't asked for: that says nothing of whether anybody is there.
        forbidden = fetched.fault == "settings"
        gone = forbidden or fetched.status in _GONE
        self._missed = self._missed or not gone
        if not forbidden:
            self._unreached = self._unreached + 1 if fetched.fault == "network" else 0
        if fetched.status in _ENOUGH or self._unreached >= _UNREACHED:
            self.refused = fetched
        return gone

    def has_followed(self, place: str) -> bool:
        """True where this round has been at this place, or knows that nothing changed there."""
        return place in self._followed

    def miss(self) -> None:
        """Say that what a link gave couldn't be kept: it must be followed again."""
        self._missed = True

    def _has_failed(self, link: Link) -> bool:
        """True where a link failed in an earlier round, the first time that this is asked: it is
        then put behind the others, which it must not keep out."""
        place = text.place(link.url)
        known = self._recall(place)
        if known is None or FAILED not in known.pieces or place in self._put_off:
            return False
        self._put_off.add(place)
        self._links.append(link)
        self._missed = True  # what led here is gone through once more, to be sure
        return True

    def _is_done(self, link: Link) -> bool:
        """True where a link need not be followed."""
        place = text.place(link.url)
        if place in self._followed:
            return True
        known, when = self._recall(place), stamp(link)
        if known is None or FAILED in known.pieces:
            return False
        if not when <= known.pieces if when else link.sitemap:
            return False
        self._followed.add(place)
        self.unchanged += 1
        return True

    def _is_known(self, link: Link) -> bool:
        return self._recall(text.place(link.url)) is not None

    def _may_follow(self, link: Link) -> bool:
        """A source leads to its own site, not to whatever somebody wrote into it; and a site's
        front page is no article."""
        parts = urlsplit(link.url)
        if parts.path in ("", "/") and not parts.query:
            return False
        home, host = (
            (urlsplit(url).hostname or "").removeprefix("www.")
            for url in (self._source.url, link.url)
        )
        return self._source.remote and (host == home or host.endswith(f".{home}"))


def stamp(link: Link | None) -> set[str]:
    """Return when a link says that its article was changed, as a piece to remember."""
    return {link.updated.isoformat()} if link and link.updated else set()


def told(entry: Entry, link: Link | None) -> Entry:
    """Return `entry` with the date that the document that led to it says, if it has none."""
    if link is None or link.published is None or entry.published is not None:
        return entry
    why = Evidence("published", link.published.time.isoformat(), "link to the article", 0.7)
    return replace(entry, published=link.published, evidence=(*entry.evidence, why))
