"""`feedtool add`: from the address of a site to a source, and to a feed to subscribe to."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import urljoin, urlsplit

from feedtool import text
from feedtool.cli import rounds
from feedtool.cli.addresses import address_of, same, steady, within
from feedtool.cli.context import Context
from feedtool.cli.draft import Draft
from feedtool.cli.naming import Names
from feedtool.cli.previewing import preview
from feedtool.config import Config, is_name, name_rule
from feedtool.discovery import Discovery, discover
from feedtool.errors import (
    BusyError,
    ConfigError,
    FeedtoolError,
    FetchError,
    SourceError,
    UsageError,
)
from feedtool.fetch.fetcher import Fetcher
from feedtool.fetch.results import Fetch, Fetched, Known
from feedtool.model import Source
from feedtool.settings import duration
from feedtool.subscriptions import Subscription


def add(context: Context, options: argparse.Namespace) -> int:
    """Add what is found at each address or path as a source, then read and publish it."""
    adder = _Adder(context, options)
    codes = [adder.add(name) for name in options.inputs]
    if adder.added:
        codes.append(adder.round())
    return next((code for code in codes if code), 0)


class _Adder:
    """One command: the configuration so far, and the names of the sources to be read at its end."""

    def __init__(self, context: Context, options: argparse.Namespace) -> None:
        self.context, self.options = context, options
        self.added: list[str] = []
        self.every = _every(options.every)
        if options.name is not None and len(options.inputs) > 1:
            raise UsageError("--name", "is for one source, and more than one is to be added")
        if options.name is not None and not is_name(options.name):
            raise UsageError("--name", name_rule(options.name))
        self.draft = self._told(Draft.of(context))

    def add(self, name: str) -> int:
        """Add what is at `name`; return an exit code."""
        shown = text.without_secrets(name)
        try:
            address = address_of(name)
            shown = text.without_secrets(address) if "://" in address else name
            self._add(shown, address)
        except FeedtoolError as error:
            self._complain(shown, error)
            return error.exit_code
        return 0

    def round(self) -> int:
        """Read the added sources and publish; say where the feed is."""
        config = self.draft.config
        try:
            code = rounds.round_of(self.context, config, self.added)
        except BusyError as error:
            self.context.complain(error)
            hint = "if that is its daemon, it reads what was added now"
            self.context.tell(f"feedtool: the configuration is written; {hint}")
            return 0
        if not self.context.json:
            self._invite(config)
        return code

    def _add(self, name: str, address: str) -> None:
        config = self.draft.config
        asked = Source(name="new", url=address, allow_private=self.options.private)
        _demand_contact(self.draft, asked)
        _refuse_known(config, address, name, address)
        now, zone = self.context.now(), config.site.time_zone
        with Fetcher(config) as fetcher:
            fetch = partial(self._asking, partial(fetcher.fetch, now=now))
            found = discover(address, fetch, private=self.options.private, time_zone=zone)
        if isinstance(found, Discovery):
            _refuse_known(config, found.source.url, name, address)
            self._add_one(name, found)
        else:
            self._add_list(name, address, found)

    def _asking(self, fetch: Fetch, source: Source, known: Known) -> Iterable[Fetched]:
        """Fetch, and let somebody who waits see what for: between two requests we pause."""
        if self.context.err.isatty():
            self.context.tell(f"asking for {text.without_secrets(source.url)}")
        return fetch(source, known)

    def _add_one(self, name: str, found: Discovery) -> None:
        names = Names(source.name for source in self.draft.config.source)
        if self.options.name in names:
            raise UsageError(self.options.name, "is the name of another source already")
        url = found.source.url
        source = Source(
            name=self.options.name or names.give(found.title, url),
            url=url if found.source.remote else within(self.draft.path, url),
            kind=found.source.kind,
            every=self.every,
            allow_private=found.source.allow_private,
        )
        draft = self.draft.with_sources([source])
        preview(self.context, name, found)
        self._save(draft)
        if self.context.json:
            more = {"title": found.title, "tried": list(found.tried)}
            others = [{"url": one.url, "title": one.title} for one in found.alternatives]
            self.context.give({**self._object(source), **more, "alternatives": others})
        else:
            word = "would add" if self.options.dry_run else "added"
            shown = text.without_secrets(source.url)
            self.context.say(f"{word} {source.name} to {self.draft.path}: {shown}")
        if not self.options.dry_run:
            self.added.append(source.name)

    def _add_list(self, name: str, address: str, found: tuple[Subscription, ...]) -> None:
        if self.options.name is not None:
            raise UsageError("--name", f"is for one source, and {name} is a list of feeds")
        if not found:
            raise SourceError(name, "lists no feed with an http(s) address")
        known = {same(source.url) for source in self.draft.config.source}
        names = Names(source.name for source in self.draft.config.source)
        sources: list[Source] = []
        for one in found:
            url = steady(one.xml_url)
            if same(url) in known:
                continue
            known.add(same(url))
            private = self.options.private and _may_be_private(url, address)
            called = names.give(one.title if one.title != one.xml_url else None, url)
            sources.append(
                Source(name=called, url=url, kind="feed", every=self.every, allow_private=private)
            )
        for source in sources:
            _demand_contact(self.draft, source)
        if sources:
            self._save(self.draft.with_sources(sources))
        self._tell_list(name, sources, len(found) - len(sources))

    def _tell_list(self, name: str, sources: list[Source], already: int) -> None:
        dry = self.options.dry_run
        if self.context.json:
            for source in sources:
                self.context.give(self._object(source))
            self.context.give({"input": name, "sources": len(sources), "already": already})
            return
        if dry:
            for source in sources:
                shown = text.without_secrets(source.url)
                self.context.say(f"would add {source.name}: {shown}")
        self.context.say(f"{len(sources)} {'to add' if dry else 'added'}, {already} already there")
        if sources and not dry:
            self.context.say("next: feedtool run")

    def _told(self, draft: Draft) -> Draft:
        """With the contact of the command line; the file's own goes before it."""
        contact = self.options.contact
        own = draft.config.site.contact
        if contact is None or contact == own:
            return draft
        if own is not None:
            self.context.tell(f"feedtool: site.contact is {own} already, and is left so")
            return draft
        return draft.with_contact(contact)

    def _save(self, draft: Draft) -> None:
        """Go on with this configuration; write it unless nothing is to be written."""
        first = draft.before is None
        self.draft = draft if self.options.dry_run else draft.save()
        if first and not self.options.dry_run:
            self.context.tell(f"made {draft.path}: its [site] says whose feeds these are")

    def _object(self, source: Source) -> dict[str, Any]:
        """The added source as an object, without secrets."""
        return {
            "added": source.name,
            "url": text.without_secrets(source.url),
            "kind": source.kind,
            "config": str(self.draft.path),
            "written": not self.options.dry_run,
        }

    def _invite(self, config: Config) -> None:
        """Say where the feed is that the added sources are in."""
        feed = next(
            (one for one in config.feed if not one.sources or set(self.added) & set(one.sources)),
            None,
        )
        if feed is None:
            self.context.tell("feedtool: no [[feed]] is made of it: add its name to sources there")
            return
        file = f"{feed.name}.atom"
        self.context.say(f"the feed: {config.publish.path / file}")
        address = urljoin(config.site.base_url, file)
        self.context.say(f"subscribe to {address} once that folder can be reached there")

    def _complain(self, name: str, error: FeedtoolError) -> None:
        reason = str(error)
        if isinstance(error, FetchError) and "allow_private" in reason and not self.options.private:
            reason += "; feedtool add writes that with --private"
        for number, line in enumerate(reason.splitlines()):
            self.context.tell(line if number else f"feedtool: {line}")
        if self.context.json:
            self.context.give({"input": name, "error": reason})


def _every(said: str | None) -> timedelta | None:
    try:
        return None if said is None else duration(said, "--every", "")
    except ConfigError as error:
        raise UsageError("--every", error.reason) from error


def _refuse_known(config: Config, url: str, name: str, asked: str) -> None:
    """Raise a `UsageError` where `url`, which `asked` led to, is a source already."""
    known = next((one.name for one in config.source if same(one.url) == same(url)), None)
    if known is not None:
        where = "" if url == asked else f"leads to {text.without_secrets(url)}, which "
        raise UsageError(name, f"{where}is the source {known} already")


def _demand_contact(draft: Draft, source: Source) -> None:
    """Raise a `ConfigError` where a request would be made that nobody answers for."""
    config = draft.config
    named = config.site.contact or config.http.user_agent or source.allow_private
    if source.remote and not named:
        reason = "is missing, and servers may ask whom to write to: write it there, or say it by"
        example = "feedtool add --contact you@example.org"
        raise ConfigError(draft.path, "site.contact", f"{reason} {example}")


def _may_be_private(url: str, address: str) -> bool:
    """True where a list at `address` may name a host that isn't on the internet: its own, or any if
    it is a file of ours."""
    return "://" not in address or urlsplit(url).hostname == urlsplit(address).hostname
