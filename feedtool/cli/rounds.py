"""The commands that work: run, collect, publish."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING, Any

from feedtool import text
from feedtool.archive.folder import FolderArchive
from feedtool.archive.item import stamp
from feedtool.cli.context import Context, as_json
from feedtool.cli.progress import Counter, Progress
from feedtool.cli.standings import alarm_json
from feedtool.collect import collect as collect_sources
from feedtool.config import Config
from feedtool.errors import Fault, FeedtoolError, FetchError, PublishError, UsageError
from feedtool.kept import Change, Outcome

if TYPE_CHECKING:
    from feedtool.publish.site import Publication

EXIT_SOURCE_FAILED = 1
_HEARING = 15.0  # seconds that a hub, or a hook, has
_FAULTS: dict[Fault, str] = {
    "server": "the server's fault",
    "network": "the network's fault, or nobody is there",
    "address": "look at the address",
    "settings": "",  # the reason says which
    "feedtool": "feedtool's fault: please tell its makers",
}


def run(context: Context, options: argparse.Namespace) -> int:
    """One round: collect, then publish."""
    return round_of(context, _config(context, options.names), options.names)


def round_of(context: Context, config: Config, names: list[str]) -> int:
    """Collect the sources of these names, all where there is none, then publish."""
    with FolderArchive(config.archive.path, writing=True) as archive:
        code = _collect(context, config, archive, names)
        published = _publish(context, config, archive)
        _tell_owner(context, config, archive)
    _tell_hub(context, config)  # others may write meanwhile
    return published or code


def collect(context: Context, options: argparse.Namespace) -> int:
    """Read the sources into the archive."""
    config = _config(context, options.names)
    with FolderArchive(config.archive.path, writing=True) as archive:
        code = _collect(context, config, archive, options.names)
        _tell_owner(context, config, archive)
        return code


def publish(context: Context, options: argparse.Namespace) -> int:
    """Write feeds and pages from the archive."""
    config = context.config()
    with FolderArchive(config.archive.path) as archive:
        code = _publish(context, config, archive, everything=options.all)
    _tell_hub(context, config)
    return code


def _config(context: Context, names: Iterable[str]) -> Config:
    config = context.config()
    known = [source.name for source in config.source]
    for name in names:
        if name not in known:
            raise UsageError(name, f"is no source; known are {', '.join(known) or 'none'}")
    if not known:
        context.tell("feedtool: no [[source]] in the configuration: nothing to collect")
    return config


def _collect(context: Context, config: Config, archive: FolderArchive, names: list[str]) -> int:
    failed = False
    total = len(names) or sum(source.enabled for source in config.source)
    outcomes = collect_sources(config, archive, now=context.now(), names=names, insist=bool(names))
    with Progress(context.err, total) as progress:
        for outcome in outcomes:
            progress.step(outcome.source)
            failed |= outcome.failed
            _tell_outcome(context, outcome)
    return EXIT_SOURCE_FAILED if failed else 0


def _tell_outcome(context: Context, outcome: Outcome) -> None:
    problems: list[FeedtoolError] = [*outcome.skipped, *([outcome.error] if outcome.error else [])]
    for problem in problems:
        next_try = outcome.due if problem is outcome.error else None
        context.tell(f"feedtool: {outcome.source}: {problem}{_sequel(problem, next_try)}")
    for alarm in outcome.alarms:
        context.tell(f"feedtool: {outcome.source}: {alarm.concern}: {alarm.words}")
    if context.json:
        context.give(_outcome_json(outcome))
        return
    counts = {
        "new": sum(change is Change.NEW for change, _ in outcome.changes),
        "revised": sum(change is Change.REVISED for change, _ in outcome.changes),
        "unchanged": outcome.unchanged,
        "failed": len(problems),
        "purged, as their time was over": outcome.purged,
    }
    if outcome.waits:
        until = f"{outcome.waits:%Y-%m-%d %H:%M}Z"
        at_once = f"feedtool collect {outcome.source} asks at once"
        context.say(f"{outcome.source}: not due before {until} ({at_once})")
        return
    told = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
    context.say(f"{outcome.source}: {told or 'nothing there'}")
    for change, version in outcome.changes:
        context.say(f"  {change:<8} {version.key}  {version.entry.title}")


def _sequel(problem: FeedtoolError, due: datetime | None) -> str:
    """Whose fault a failure is, and what happens next."""
    said = [_FAULTS[problem.fault]] if isinstance(problem, FetchError) else []
    if due is not None:
        said.append(f"next try {due:%Y-%m-%d %H:%M}Z")
    return f" ({'; '.join(filter(None, said))})" if any(said) else ""


def _outcome_json(outcome: Outcome) -> dict[str, Any]:
    keys: dict[Change, list[str]] = {Change.NEW: [], Change.REVISED: []}
    for change, version in outcome.changes:
        keys[change].append(version.key)
    return {
        "source": outcome.source,
        "new": keys[Change.NEW],
        "revised": keys[Change.REVISED],
        "unchanged": outcome.unchanged,
        "skipped": [as_json(error) for error in outcome.skipped],
        "error": as_json(outcome.error) if outcome.error else None,
        "waits": stamp(outcome.waits) if outcome.waits else None,
        "due": stamp(outcome.due) if outcome.due else None,
        "purged": outcome.purged,
        "alarms": [alarm_json(alarm) for alarm in outcome.alarms],
    }


def _publish(
    context: Context, config: Config, archive: FolderArchive, *, everything: bool = False
) -> int:
    """Publish, and tell what was done; return the exit code."""
    from feedtool.publish.site import publish as publish_site  # templates

    with Counter(context.err) as progress:
        publication = publish_site(
            config, archive, now=context.now(), everything=everything, step=progress.step
        )
    _tell_publication(context, config, publication)
    return PublishError.exit_code if publication.faults else 0


def _tell_owner(context: Context, config: Config, archive: FolderArchive) -> None:
    """Tell the owner of alarms, as he wants to be told; what can't be told in time, the next round
    tells."""
    if not archive.state.untold(1):
        return
    from feedtool.bell import Bell  # the network, programs

    with closing(Bell(config, archive.state, environ=context.environ)) as bell:
        for error in bell.wait(_HEARING, context.now()):
            context.complain(error)


def _tell_hub(context: Context, config: Config) -> None:
    """Tell the hub, if there is one, of what has news; what it doesn't hear in time, the next round
    tells."""
    if config.publish.hub is None:
        return
    from feedtool.herald import Herald  # the network

    with closing(Herald(config)) as herald:
        now = context.now()
        for error in (*herald.tell(now), *herald.wait(_HEARING, now)):
            context.complain(error)
        if herald.waiting:
            again = f"hasn't heard of the news at {herald.waiting} addresses: the next round tells"
            context.tell(f"feedtool: {text.without_secrets(config.publish.hub)} {again}")


def _tell_publication(context: Context, config: Config, publication: Publication) -> None:
    path = str(config.publish.path)
    for fault in publication.faults:
        context.complain(fault)
    if context.json:
        context.give(
            {
                "published": path,
                "written": list(publication.written),
                "unchanged": publication.unchanged,
                "removed": list(publication.removed),
                "waiting": publication.waiting,
                "faults": [as_json(fault) for fault in publication.faults],
            }
        )
    elif publication.written or publication.removed:
        taken = f", took {len(publication.removed)} away" if publication.removed else ""
        context.say(f"published {len(publication.written)} files in {path}{taken}")
    else:
        context.say(f"published nothing: {path} is unchanged")
