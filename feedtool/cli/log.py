"""The daemon's log: events as lines of key=value, or of JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from feedtool import text
from feedtool.archive.item import stamp
from feedtool.config import Config
from feedtool.errors import FeedtoolError
from feedtool.kept import Alarm, Outcome
from feedtool.publish.site import Publication
from feedtool.work import Event

Fields = Mapping[str, Any]
_KEYS = 20  # of what came, that a line names
_PLAIN = re.compile(r"[^\s\"=\\]+")


def lines(event: Event, now: datetime) -> Iterator[Fields]:
    """Yield what the log says of an event that was told at `now`, a line each: of a source's round
    one, and one for each alarm that began or ended."""
    if isinstance(event, Outcome):
        yield _line(now, "read", event.failed, **_read(event))
        for alarm in event.alarms:
            yield _line(now, "alarm", alarm.over is None, **_alarm(alarm))
    elif isinstance(event, Publication):
        counts = {"files": len(event.written), "removed": len(event.removed)}
        yield _line(now, "published", False, **counts, waiting=event.waiting)
    elif isinstance(event, Config):
        yield _line(now, "configured", False, sources=len(event.source), feeds=len(event.feed))
    else:
        assert isinstance(event, FeedtoolError)
        yield _line(now, "failed", True, about=event.subject, why=event.reason)


def said(now: datetime, what: str, **more: object) -> Fields:
    """What the log says of the daemon itself."""
    return _line(now, what, False, **more)


def as_text(fields: Fields) -> str:
    """A line of key=value; what holds a space, a quote or = stands in quotes, as in JSON."""
    return " ".join(
        f"{key}={_value(value)}" for key, value in fields.items() if value not in (None, "", [])
    )


def as_json(fields: Fields) -> str:
    """The same as a JSON object."""
    return json.dumps(fields, ensure_ascii=False)


def _line(now: datetime, event: str, is_bad: bool, **more: object) -> Fields:
    level = "warning" if is_bad else "info"
    time = f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"
    return {"time": time, "level": level, "event": event, **more}


def _read(outcome: Outcome) -> Fields:
    run = outcome.run
    problems = [outcome.error] if outcome.error else list(outcome.skipped)
    return {
        "source": outcome.source,
        "new": run.new if run else 0,
        "revised": run.revised if run else 0,
        "unchanged": outcome.unchanged,
        "failed": len(outcome.skipped) + bool(outcome.error),
        "purged": outcome.purged or None,
        "seconds": run.seconds if run else None,
        "late": int(run.late.total_seconds()) if run else None,
        "due": stamp(outcome.due.replace(microsecond=0)) if outcome.due else None,
        "keys": [version.key for _, version in outcome.changes[:_KEYS]],
        "trouble": str(problems[0]) if problems else None,
    }


def _alarm(alarm: Alarm) -> Fields:
    return {
        "source": alarm.source,
        "concern": alarm.concern,
        "since": stamp(alarm.since),
        "over": stamp(alarm.over) if alarm.over else None,
        "words": alarm.words,
    }


def _value(value: object) -> str:
    if isinstance(value, list):
        return _value(",".join(map(str, value)))
    plain = text.line(str(value))
    return plain if _PLAIN.fullmatch(plain) else json.dumps(plain, ensure_ascii=False)
