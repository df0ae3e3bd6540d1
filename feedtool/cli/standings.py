"""The command that tells how sources are doing: status."""

from __future__ import annotations

import argparse
from datetime import datetime
from typing import Any

from feedtool import text
from feedtool.archive.folder import FolderArchive
from feedtool.archive.item import stamp
from feedtool.cli.context import Context
from feedtool.config import Config
from feedtool.errors import UsageError
from feedtool.kept import Alarm, Run
from feedtool.manners.standing import Standing
from feedtool.model import Source


def status(context: Context, options: argparse.Namespace) -> int:
    """Tell of each source when it was last read, when it is due, and what is wrong."""
    config = context.config()
    if options.opml:
        return _opml(context, config)
    with FolderArchive(config.archive.path) as archive:
        if options.history is not None:
            return _history(context, config, archive, options.history)
        for source in config.source:
            standing = archive.state.standing(source.name)
            if context.json:
                context.give({"source": source.name, **_facts(source, standing)})
            else:
                context.say(f"{source.name}: {_condition(source, standing)}")
    return 0


def _opml(context: Context, config: Config) -> int:
    """Print the feeds on the web that are followed, without secrets."""
    from feedtool import subscriptions

    if context.json:
        raise UsageError("--opml", "prints no JSON")
    feeds = [
        subscriptions.Subscription(source.name, text.without_secrets(source.url))
        for source in config.source
        if source.remote and source.kind in (None, "feed")
    ]
    written = subscriptions.write(config.site.title, feeds).decode()
    # Whatever the terminal's charset is, this is the same document.
    context.say(written.encode("ascii", "xmlcharrefreplace").decode().rstrip())
    return 0


def _history(context: Context, config: Config, archive: FolderArchive, name: str) -> int:
    """Print the run log of a source, the newest round first, and then its alarms."""
    state = archive.state
    known = sorted(source.name for source in config.source)
    runs, lasting = state.runs(name), state.standing(name).alarms
    if name not in known and not runs:
        raise UsageError(name, f"is no source; known are {', '.join(known) or 'none'}")
    alarms = [one for one in state.alarms() if one.source == name]
    alarms += [one for one in lasting if one not in alarms]
    if context.json:
        for run in runs:
            context.give(_run_json(run))
        for alarm in alarms:
            context.give(alarm_json(alarm))
        return 0
    if not runs:
        context.tell(f"feedtool: no round of {name} is in the log yet")
    for run in runs:
        context.say(_run_words(run))
    for alarm in alarms:
        context.say(_alarm_words(alarm))
    return 0


def _facts(source: Source, standing: Standing) -> dict[str, Any]:
    """What is known of a source, for JSON."""
    facts = {
        "succeeded": standing.succeeded,
        "failures": standing.failures or None,
        "trouble": standing.trouble,
        "not_before": standing.not_before,
        "due": standing.due,
        "gone": standing.gone or None,
        "asked": standing.asked,
        "moved_to": standing.move.url if standing.move else None,
        "hubs": list(standing.wishes.hubs),
        "enabled": source.enabled,
        "alarms": [alarm_json(one) for one in standing.alarms],
    }
    return {
        name: stamp(value) if isinstance(value, datetime) else value
        for name, value in facts.items()
    }


def _condition(source: Source, standing: Standing) -> str:
    """How a source is doing, in words."""
    if not source.enabled:
        return "switched off (enabled = false)"
    parts = []
    if standing.succeeded:
        parts.append(f"last read {_minute(standing.succeeded)}")
    elif source.remote and not standing.failures:
        parts.append("not read yet")
    if standing.failures:
        parts.append(f"failed {standing.failures} times in a row ({standing.trouble})")
    told = {one.concern for one in standing.alarms}
    if not standing.gone:
        parts += _prospects(standing, "moved" in told)
    elif "gone" not in told:
        parts.append("gone for good")
    parts += [_alarm_words(one) for one in standing.alarms]
    return ", ".join(parts) or "read whenever collected"


def _prospects(standing: Standing, knows_move: bool) -> list[str]:
    """When a source is asked again, and where, unless that it has moved is told otherwise."""
    parts = []
    if standing.due:
        asked = standing.not_before is not None and standing.not_before >= standing.due
        why = " as its server asked" if asked and not standing.failures else ""
        parts.append(f"due {_minute(standing.due)}{why}")
    move = standing.move
    if move is None or knows_move:
        pass
    elif move.learned is not None:
        parts.append(f"has moved for good to {move.url}: write that into the configuration")
    else:
        parts.append(f"says since {move.since:%Y-%m-%d} that it has moved to {move.url}")
    if standing.wishes.hubs:
        parts.append(f"has a hub ({standing.wishes.hubs[0]})")
    return parts


def _run_json(run: Run) -> dict[str, Any]:
    return {
        "at": stamp(run.at),
        "new": run.new,
        "revised": run.revised,
        "unchanged": run.unchanged,
        "failed": run.failed,
        "late": int(run.late.total_seconds()),
        "seconds": run.seconds,
        "trouble": run.trouble,
    }


def _run_words(run: Run) -> str:
    counts = {"new": run.new, "revised": run.revised, "unchanged": run.unchanged}
    counts["failed"] = run.failed
    told = [", ".join(f"{count} {what}" for what, count in counts.items() if count) or "nothing"]
    if run.late.total_seconds() >= 1:
        told.append(f"{run.late.total_seconds():.0f} s late")
    told.append(f"took {run.seconds:.1f} s")
    if run.trouble is not None:
        told.append(text.line(run.trouble))
    return f"{run.at:%Y-%m-%d %H:%M:%S}Z  {'; '.join(told)}"


def alarm_json(alarm: Alarm) -> dict[str, Any]:
    """Return an alarm as an object."""
    return {
        "concern": alarm.concern,
        "since": stamp(alarm.since),
        "over": stamp(alarm.over) if alarm.over else None,
        "words": alarm.words,
    }


def _alarm_words(alarm: Alarm) -> str:
    until = f" until {_minute(alarm.over)}" if alarm.over else ""
    since = f"alarm since {_minute(alarm.since)}{until}"
    return f"{since} ({alarm.concern}): {text.line(alarm.words)}"


def _minute(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M}Z"
