"""status.atom: a feed of the alarms about sources, for their owner to follow. Pure.

No other feed, page or list knows of it: alarms are no articles.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from urllib.parse import quote

from feedtool.config import Config
from feedtool.data import replace
from feedtool.kept import Alarm
from feedtool.model import Entry, Feed, Published
from feedtool.publish import atom, items
from feedtool.publish.document import Document, Item
from feedtool.publish.renderers import NEVER
from feedtool.publish.streams import STATUS
from feedtool.publish.wording import Wording

MOST = 100
"""How many entries it has at most."""


def document(events: Iterable[Alarm], config: Config, words: Wording, language: str) -> bytes:
    """Return the feed of what happened: an entry for each alarm as it began, and for each as it was
    over, the newest first. `words` are the site's own, in `language`."""
    # What began and ended within one second was over last.
    newest = sorted(events, key=lambda one: (_moment(one), one.over is not None), reverse=True)
    feed = _feed(config, words, language)
    entries = [_entry(one, config, words) for one in newest[:MOST]]
    # Where a clock stands still, an alarm may begin twice in one second.
    single = {entry.id: entry for entry in reversed(entries)}
    updated = _moment(newest[0]) if newest else NEVER
    head = Document(feed=feed, self_link=feed.self_link, updated=updated)
    written = (atom.entry(Item(entry=one), feed, full=False) for one in reversed(single.values()))
    return atom.head(head) + atom.BETWEEN.join(written) + atom.tail(head)


def faults(made: bytes) -> list[str]:
    """Return what makes such a feed invalid; none if nothing does."""
    return atom.faults(made)


def _moment(alarm: Alarm) -> datetime:
    return alarm.over or alarm.since


def _feed(config: Config, words: Wording, language: str) -> Feed:
    address = config.site.base_url + STATUS
    return replace(
        items.site(config),
        id=address,
        title=words.alarms.format(site=config.site.title),
        self_link=address,
        language=language,
    )


def _entry(alarm: Alarm, config: Config, words: Wording) -> Entry:
    concern = words.concerns[alarm.concern]
    pattern = words.began if alarm.over is None else words.over
    # RFC 4287 § 4.2.6: an id never changes. There is one alarm of a kind about a source at a time.
    since = alarm.since.astimezone(UTC)
    path = f"status/{alarm.source}/{alarm.concern}/{int(since.timestamp())}"
    if alarm.over is not None:
        path += "/over"
    named = quote(path, "/:@!$&'()*+,;=-._~", errors="surrogatepass")
    return Entry(
        id=f"tag:{config.host},{since.date().isoformat()}:{named}",
        title=pattern.format(source=alarm.source, concern=concern),
        published=Published.at(_moment(alarm)),
        summary=alarm.words,
    )
