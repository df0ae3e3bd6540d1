"""The list of all feeds, in OPML 2.0: what a reader takes to subscribe to all of them."""

from __future__ import annotations

from collections.abc import Iterable

from feedtool.model import Feed
from feedtool.subscriptions import Subscription, write

MEDIA_TYPE = "text/x-opml"


def opml(title: str, feeds: Iterable[Feed]) -> bytes:
    """Return the OPML of `feeds` called `title`. No time of making stands in it."""
    return write(title, (Subscription(one.title, one.self_link, one.link) for one in feeds))
