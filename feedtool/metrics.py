"""What the daemon has done, as numbers for Prometheus. The only file that knows prometheus_client.

Nothing is held for a source: how things stand with each is asked when somebody wants to know.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from feedtool import files
from feedtool.archive.state import State
from feedtool.errors import OutputError
from feedtool.kept import Outcome
from feedtool.manners.standing import Standing
from feedtool.publish.site import Publication
from feedtool.version import __version__

if TYPE_CHECKING:
    from prometheus_client import Metric

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SILENCE = 300.0
"""Seconds without a sign of life after which the daemon counts as stuck."""

_BUCKETS = (1.0, 2.0, 5.0, 30.0, 300.0, 3600.0)  # seconds of lateness
_STATE = Path(".feedtool/state.sqlite")  # in the archive's folder
_TOGETHER = 500  # sources that are asked for together

Standings = Iterable[tuple[str, Standing]]


class Vitals:
    """What the daemon has done since it began, counted as it is told of it.

    Set `sources` to how many there are, and `ready` once the archive is held and all was looked at,
    until it stops. One thread tells, others may read.
    """

    def __init__(self, started: datetime, steady: Callable[[], float] = time.monotonic) -> None:
        """`started` is when that was; `steady` gives seconds that no clock can put back."""
        self.started, self._steady = started, steady
        self.sources = 0
        self.ready = False
        self.looked: datetime | None = None
        self.published: datetime | None = None
        self.publishing = timedelta(0)
        self.waiting = 0
        self.counts: Counter[str] = Counter()
        self.alarms: Counter[tuple[str, str]] = Counter()
        self.late = [0] * (len(_BUCKETS) + 1)
        self.late_sum = self.seconds = 0.0
        self._alive = steady()

    def tick(self, now: datetime) -> None:
        """It looked what is due."""
        self.looked = now
        self._alive = self._steady()

    def outcome(self, outcome: Outcome) -> None:
        """A round of one source has ended."""
        self._alive = self._steady()
        for alarm in outcome.alarms:
            self.alarms[alarm.concern, "began" if alarm.over is None else "over"] += 1
        self.counts["purged"] += outcome.purged
        run = outcome.run
        if run is None:  # it was left alone
            return
        counts = ("new", "revised", "unchanged", "failed")
        self.counts.update({name: getattr(run, name) for name in counts})
        self.counts.update(["rounds", *["broken"] * (run.trouble is not None)])
        late = max(run.late.total_seconds(), 0.0)
        self.late[sum(late > bound for bound in _BUCKETS)] += 1
        self.late_sum += late
        self.seconds += run.seconds

    def publication(self, publication: Publication, now: datetime, took: timedelta) -> None:
        """Something was published, or found to be as it should; it took so long until `now`."""
        self._alive = self._steady()
        self.published, self.publishing, self.waiting = now, took, publication.waiting
        written, removed = len(publication.written), len(publication.removed)
        faults = len(publication.faults)
        told = {"publishes": 1, "written": written, "removed": removed, "faults": faults}
        self.counts.update(told)

    def trouble(self) -> None:
        """Something else went wrong."""
        self.counts["troubles"] += 1

    def reloaded(self, taken: bool) -> None:
        """The configuration was loaded anew, or the new one refused."""
        self.counts["reloads" if taken else "refused"] += 1

    def is_alive(self) -> bool:
        """True while it gives signs of life; sleep of the whole machine isn't held against it."""
        return self._steady() - self._alive <= SILENCE


def expose(vitals: Vitals, standings: Standings = ()) -> bytes:
    """Return all of it in Prometheus' text format."""
    from prometheus_client import CollectorRegistry, generate_latest
    from prometheus_client.process_collector import ProcessCollector

    class All:
        def collect(self) -> Iterator[Metric]:
            yield from _of_the_daemon(vitals)
            yield from _of_sources(standings)

    registry = CollectorRegistry(auto_describe=False)
    ProcessCollector(registry=registry)
    registry.register(All())
    return generate_latest(registry)


def standings(archive: Path, sources: Sequence[str]) -> Iterator[tuple[str, Standing]]:
    """How things stand with these sources, from the archive's folder; any thread may ask, while
    another one writes."""
    with closing(State(archive / _STATE, writing=False)) as state:
        rest = iter(sources)
        while some := list(islice(rest, _TOGETHER)):
            state.read_ahead(some)
            yield from ((source, state.standing(source)) for source in some)


def write(path: Path, exposed: bytes) -> None:
    """Replace the file at `path`, as node_exporter's textfile collector wants it: whole or as it
    was. `OutputError` where it can't be."""
    try:
        files.replace([(path, exposed)])
    except OSError as error:
        raise OutputError(path, f"can't be written: {error.strerror or error}") from error


def _of_the_daemon(vitals: Vitals) -> Iterator[Metric]:
    from prometheus_client.core import (
        CounterMetricFamily,
        GaugeMetricFamily,
        HistogramMetricFamily,
        InfoMetricFamily,
        SummaryMetricFamily,
    )

    counts = vitals.counts
    yield InfoMetricFamily("feedtool", "Which feedtool this is.", {"version": __version__})
    gauges = {
        "start_time_seconds": ("When it began, in Unix time.", vitals.started),
        "last_look_timestamp_seconds": ("When it last looked what is due.", vitals.looked),
        "last_publish_timestamp_seconds": ("When it last published.", vitals.published),
    }
    for name, (words, when) in gauges.items():
        if when is not None:
            yield GaugeMetricFamily(f"feedtool_{name}", words, when.timestamp())
    yield GaugeMetricFamily("feedtool_sources", "Sources that are collected.", vitals.sources)
    yield GaugeMetricFamily("feedtool_ready", "1 while it is at work.", vitals.ready)
    yield GaugeMetricFamily(
        "feedtool_last_publish_duration_seconds",
        "How long the last publish took.",
        vitals.publishing.total_seconds(),
    )
    yield GaugeMetricFamily(
        "feedtool_waiting_articles", "Articles that wait for their time.", vitals.waiting
    )
    counters = {
        "rounds_failed": ("Rounds of a source that failed as a whole.", "broken"),
        "documents_failed": ("Documents and entries that could not be taken.", "failed"),
        "purged_articles": ("Articles that were purged as their time was over.", "purged"),
        "publishes": ("Times it has published.", "publishes"),
        "publish_faults": ("Documents held back as they would be invalid.", "faults"),
        "published_files": ("Published files that were written.", "written"),
        "removed_files": ("Published files that were taken away.", "removed"),
        "troubles": ("What else went wrong, such as a hub that can't be told.", "troubles"),
    }
    for name, (words, key) in counters.items():
        yield CounterMetricFamily(f"feedtool_{name}", words, counts[key])
    articles = CounterMetricFamily(
        "feedtool_articles", "Articles that sources brought.", labels=["change"]
    )
    for change in ("new", "revised", "unchanged"):
        articles.add_metric([change], counts[change])
    yield articles
    reloads = CounterMetricFamily(
        "feedtool_config_reloads", "Times the configuration was loaded anew.", labels=["result"]
    )
    for result, key in (("ok", "reloads"), ("refused", "refused")):
        reloads.add_metric([result], counts[key])
    yield reloads
    alarms = CounterMetricFamily(
        "feedtool_alarms", "Alarms that began or were over.", labels=["concern", "event"]
    )
    for (concern, event), count in sorted(vitals.alarms.items()):
        alarms.add_metric([concern, event], count)
    yield alarms
    yield SummaryMetricFamily(
        "feedtool_round_duration_seconds",
        "How long rounds of a source took.",
        count_value=counts["rounds"],
        sum_value=vitals.seconds,
    )
    bounds = [*map(str, _BUCKETS), "+Inf"]
    below = [sum(vitals.late[: number + 1]) for number in range(len(bounds))]
    yield HistogramMetricFamily(
        "feedtool_round_lateness_seconds",
        "How long sources were due when their round began.",
        buckets=list(zip(bounds, below, strict=True)),
        sum_value=vitals.late_sum,
    )


def _of_sources(standings: Standings) -> Iterator[Metric]:
    from prometheus_client.core import GaugeMetricFamily

    def family(name: str, words: str, *labels: str) -> GaugeMetricFamily:
        return GaugeMetricFamily(f"feedtool_source_{name}", words, labels=["source", *labels])

    success = family("last_success_timestamp_seconds", "When it last gave what it was asked for.")
    due = family("due_timestamp_seconds", "When it is due.")
    failures = family("failures", "Failures in a row.")
    alarm = family("alarm", "1 while this alarm lasts.", "concern")
    for source, standing in standings:
        if standing.succeeded is not None:
            success.add_metric([source], standing.succeeded.timestamp())
        if standing.due is not None and not standing.gone:
            due.add_metric([source], max(_times(standing)).timestamp())
        failures.add_metric([source], standing.failures)
        for one in standing.alarms:
            alarm.add_metric([source, one.concern], 1)
    yield from (success, due, failures, alarm)


def _times(standing: Standing) -> Iterator[datetime]:
    return (when for when in (standing.due, standing.not_before) if when is not None)
