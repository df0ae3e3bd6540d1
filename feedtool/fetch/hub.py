"""Telling a WebSub hub that a feed has news, while others work: nobody waits for a hub.

The standard (https://www.w3.org/TR/websub/#publishing) leaves open how. Hubs take a form with
`hub.url`, as PubSubHubbub did, some with `hub.topic`: both are sent.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from urllib.parse import urlencode

from feedtool.config import Config
from feedtool.fetch.poster import Poster


class Pinger(Poster):
    """Tells the hub of `config` of topics, if there is one. Close it when done."""

    def __init__(self, config: Config, *, private: bool = False) -> None:
        """`private`: the hub may be off the internet; where it redirects to may not."""
        self._is_there = config.publish.hub is not None
        super().__init__(
            config,
            config.publish.hub or "",
            "application/x-www-form-urlencoded",
            private=private,
            permit="publish.hub_allow_private",
        )

    def start(self, topics: Iterable[str], *, now: datetime) -> None:
        """Begin to tell the hub of news under each of these addresses, and return at once."""
        if self._is_there:
            self.post({topic: _form(topic) for topic in topics}, now=now)


def _form(topic: str) -> bytes:
    return urlencode({"hub.mode": "publish", "hub.url": topic, "hub.topic": topic}).encode()
