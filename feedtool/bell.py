"""Telling the owner of alarms, by a command or a webhook, with nobody waiting for it.

What nobody was told of yet is known to the archive's state. The oldest comes first; each is told
once, or once more after a crash.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Protocol
from urllib.parse import urlsplit

from feedtool import text
from feedtool.archive.item import stamp
from feedtool.archive.state import State
from feedtool.config import Config
from feedtool.errors import FeedtoolError
from feedtool.fetch.poster import Poster
from feedtool.kept import Alarm

LASTS = timedelta(days=1)
"""How long an alarm is told again where nobody takes it."""

_FIRST, _LONGEST = timedelta(minutes=1), timedelta(hours=1)  # between two tries
_AHEAD = 1000  # alarms that one way may be ahead of another one
_PATIENCE = 5  # tries after which an alarm lets others go first: it may be at fault itself
_NOTHING: Mapping[str, str] = MappingProxyType({})

Numbered = tuple[int, Alarm]
Event = tuple[int, bool]  # an alarm's number, and whether it is over
Result = tuple[FeedtoolError | None, timedelta | None]  # what went wrong, and how long to wait


class Bell:
    """Tells of alarms as `config` says. Close it when done."""

    def __init__(
        self, config: Config, state: State, *, environ: Mapping[str, str] = _NOTHING
    ) -> None:
        """`environ` is what the command's environment holds beside the alarm."""
        self._state = state
        alarms, site = config.alarms, config.site.base_url
        self._hooks: list[_Hook] = []
        if alarms.command:
            self._hooks.append(_Hook(_Command(alarms.command, environ, site)))
        if alarms.webhook is not None:
            self._hooks.append(_Hook(_Webhook(config, alarms.webhook, site)))

    def ring(self, now: datetime) -> list[FeedtoolError]:
        """Take note of what was told by now and tell more, without waiting; return what went wrong.
        Where there is nobody to tell, that is no debt: a later hook isn't told of old alarms."""
        if not self._hooks:
            self._tell_nobody()
            return []
        troubles = [error for hook in self._hooks for error in hook.note(now)]
        if any(hook.is_free(now) or hook.heard for hook in self._hooks):
            self._see_to(now)
        return troubles

    def wait(self, seconds: float, now: datetime) -> list[FeedtoolError]:
        """Tell all that is to be told, for so many seconds at most; return what went wrong."""
        end = time.monotonic() + seconds
        troubles = self.ring(now)
        while (left := end - time.monotonic()) > 0:
            running = [hook for hook in self._hooks if hook.running]
            if not running:
                break
            running[0].wait(left)
            troubles += self.ring(now)
        return troubles

    def close(self) -> None:
        """Give up what hasn't ended: it is still to be told."""
        for hook in self._hooks:
            hook.close()

    def _see_to(self, now: datetime) -> None:
        untold = self._state.untold(_AHEAD)
        done = [one for one in untold if all(_event(one) in hook.heard for hook in self._hooks)]
        if done:
            self._state.set_told(done)
        told = {number for number, _ in done}
        left = [one for one in untold if one[0] not in told]
        for hook in self._hooks:
            hook.start(left, now)

    def _tell_nobody(self) -> None:
        while untold := self._state.untold(_AHEAD):
            self._state.set_told(untold)


class _Way(Protocol):
    """A way to tell of one alarm at a time."""

    def start(self, alarm: Alarm, now: datetime) -> None: ...

    def take(self, seconds: float) -> Result | None: ...

    def close(self) -> None: ...


class _Hook:
    """One way to tell, and what is still to be told by it; `heard` are events that it has told of,
    while others haven't."""

    def __init__(self, way: _Way) -> None:
        self._way = way
        self.heard: set[Event] = set()
        self._now: Numbered | None = None
        self._results: list[Result] = []
        self._tries: dict[Event, int] = {}
        self._begun: datetime | None = None
        self._failures = 0
        self._due: datetime | None = None

    @property
    def running(self) -> bool:
        """True while it tells of something."""
        return self._now is not None

    def is_free(self, now: datetime) -> bool:
        """True where it may tell of something. A clock that was put back makes it wait for no
        longer than was meant."""
        due = self._due
        return not self.running and (due is None or not now < due <= now + LASTS)

    def wait(self, seconds: float) -> None:
        """Wait until it has told, so many seconds at most."""
        if (result := self._way.take(seconds)) is not None:
            self._results.append(result)

    def note(self, now: datetime) -> list[FeedtoolError]:
        """Take note of what came of it; return what went wrong."""
        self._begun = self._begun or now
        if self._now is None:
            return []
        if not self._results:
            self.wait(0)
        if not self._results:
            return []
        (error, asked), told = self._results.pop(), self._now
        self._now = None
        event = _event(told)
        if error is None:
            self._failures, self._due = 0, None
            self.heard.add(event)
            return []
        self._tries[event] = self._tries.get(event, 0) + 1
        wait = min(_FIRST * 2 ** min(self._failures, 10), _LONGEST)
        self._failures += 1
        self._due = now + min(max(wait, asked or wait), LASTS)
        if now - max(told[1].over or told[1].since, self._begun) >= LASTS:
            self.heard.add(event)  # it is news no longer
        return [error]

    def start(self, untold: Sequence[Numbered], now: datetime) -> None:
        """Begin to tell of the oldest that it hasn't told of, if it may; forget what is told."""
        known = {_event(one) for one in untold}
        self.heard &= known
        self._tries = {event: tries for event, tries in self._tries.items() if event in known}
        left = [one for one in untold if _event(one) not in self.heard]
        if left and self.is_free(now):
            self._now = min(left, key=self._rank)
            self._way.start(self._now[1], now)

    def close(self) -> None:
        """Give up."""
        self._way.close()

    def _rank(self, one: Numbered) -> tuple[bool, int]:
        return self._tries.get(_event(one), 0) >= _PATIENCE, one[0]


class _Command:
    """Tells by a program of the owner's."""

    def __init__(self, command: Sequence[str], environ: Mapping[str, str], site: str) -> None:
        from feedtool.program import Program  # subprocess

        self._program, self._site = Program(command, environ), site

    def start(self, alarm: Alarm, now: datetime) -> None:
        del now
        told = _told(alarm, self._site)
        named = ("source", "concern", "words", "since", "over")
        variables = {f"FEEDTOOL_{name.upper()}": told[name] or "" for name in named}
        self._program.start(_json(told) + b"\n", variables)

    def take(self, seconds: float) -> Result | None:
        found = self._program.take(seconds)
        return None if found is None else (found[0], None)

    def close(self) -> None:
        self._program.close()


class _Webhook:
    """Tells by a request."""

    def __init__(self, config: Config, url: str, site: str) -> None:
        self._site = site
        self._poster = Poster(
            config,
            url,
            "application/json",
            private=config.alarms.webhook_allow_private,
            permit="alarms.webhook_allow_private",
            shown=_shown,
        )

    def start(self, alarm: Alarm, now: datetime) -> None:
        name = f"{alarm.source} ({alarm.concern}{', which is over' if alarm.over else ''})"
        self._poster.post({name: _json(_told(alarm, self._site))}, now=now)

    def take(self, seconds: float) -> Result | None:
        if seconds > 0:
            self._poster.wait(seconds)
        found = self._poster.results()
        return found[0][1:] if found else None

    def close(self) -> None:
        self._poster.close()


def _event(one: Numbered) -> Event:
    return one[0], one[1].over is not None


def _told(alarm: Alarm, site: str) -> dict[str, str | None]:
    """What is said of an alarm."""
    return {
        "source": text.line(alarm.source),
        "concern": alarm.concern,
        "since": stamp(alarm.since),
        "over": stamp(alarm.over) if alarm.over else None,
        "words": text.line(alarm.words),
        "site": site,
    }


def _json(told: Mapping[str, str | None]) -> bytes:
    return json.dumps(told, ensure_ascii=False).encode()


def _shown(url: str) -> str:
    """What may be printed of a webhook: of many, the path is the secret."""
    parts = urlsplit(text.without_secrets(url))
    return f"{parts.scheme}://{parts.netloc}/…"
