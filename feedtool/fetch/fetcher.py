"""Fetching any source: by the scheme of its address."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from feedtool.config import Config
from feedtool.fetch import local
from feedtool.fetch.results import Fetch, Fetched, Known
from feedtool.model import Source


def fetcher(config: Config, now: datetime) -> Fetch:
    """Return what reads the sources of `config` at the moment `now`."""

    def fetch(source: Source, known: Known) -> Iterator[Fetched]:
        http, authority = config.http, config.host
        if not source.remote:
            return local.fetch(source, known, now=now, http=http, authority=authority)
        from feedtool.fetch import remote  # httpx, only for what is on the web

        agent = remote.user_agent(http, config.site.contact)
        return remote.fetch(source, known, now=now, http=http, authority=authority, agent=agent)

    return fetch
