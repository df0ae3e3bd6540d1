"""What a person should be told of a source after a round: which alarms began, and which are over.

Pure. A round that brings nothing, where nothing is wrong, costs a few comparisons.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from feedtool import text
from feedtool.data import Struct, replace
from feedtool.kept import Alarm, Concern
from feedtool.manners import habits as custom
from feedtool.manners import traits
from feedtool.manners.habits import Habits
from feedtool.manners.standing import Standing
from feedtool.model import Entry

LONGEST_WORDS = 300
"""Characters that an alarm's words have at most."""

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_OFTEN_FAILED = 3
_OFTEN_EMPTY = 2
_PATIENCE = timedelta(days=2)  # with a source that fails, whatever its rhythm
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+")
_Verdict = tuple[bool, str] | None  # whether something is wrong, in words; None: as it was


class Seen(Struct, frozen=True):
    """What a round saw of a source: its new and revised `entries`, the publication `times` of the
    new, and how many entries its documents `held`; None where nothing was read, as it is as it was
    (304) or failed."""

    entries: tuple[Entry, ...]
    times: tuple[datetime, ...]
    held: int | None


class Look(Struct, frozen=True):
    """What is thought of a source after a round: how things stand, with the alarms that last; the
    `alarms` that began or ended in it; and its `habits` where they are others than before."""

    standing: Standing
    alarms: tuple[Alarm, ...]
    habits: Habits | None


def look(
    source: str,
    before: Standing,
    after: Standing,
    seen: Seen,
    habits: Callable[[], Habits],
    now: datetime,
) -> Look:
    """Return what is to be thought of `source` after a round at `now` in which `seen` was seen.

    `before` and `after` are how things stood and stand with its server. `habits` is asked for only
    where something came, or may have failed to come.
    """
    known = habits() if seen.entries or seen.times else None
    learned = None if known is None else _learn(known, before, seen, now)
    after = _stands(before, after, seen, learned, now)
    lasting = {alarm.concern: alarm for alarm in after.alarms}
    again = None if after.failures else _answers(before, lasting, now)
    verdicts: dict[Concern, _Verdict] = {
        "failing": _failing(after, now) if after.failures else again,
        "gone": _gone(after) if after.failures else again,
        "moved": _moved(after, lasting),
        "empty": _empty(after, lasting, now),
    }
    if learned is not None:
        verdicts["drifting"] = _drifting(learned, lasting, now)
    if "quiet" not in lasting:
        if not seen.times and _is_quiet(after, now):
            verdicts["quiet"] = (True, _silence(known or habits(), now))
    elif known is not None and seen.times:
        verdicts["quiet"] = (False, _heard(known, now))
    at = now.replace(microsecond=0)
    ended, begun = [], []
    for concern, verdict in verdicts.items():
        if verdict is None:
            continue
        wrong, words = verdict
        if not wrong and concern in lasting:
            ended.append(replace(lasting.pop(concern), words=_clean(words), over=at))
        elif wrong and concern not in lasting:
            begun.append(Alarm(source, concern, at, _clean(words)))
    if ended or begun:
        after = replace(after, alarms=(*lasting.values(), *begun))
    return Look(after, (*ended, *begun), None if learned == known else learned)


def _learn(known: Habits, before: Standing, seen: Seen, now: datetime) -> Habits:
    # Documents have the newest first; what has no date is new.
    newest_first = sorted(
        seen.entries,
        key=lambda entry: entry.published.time if entry.published else now,
        reverse=True,
    )
    scores = {traits.mark(entry): traits.scores(entry) for entry in reversed(newest_first)}
    seen_before = before.succeeded
    return custom.learn(known, times=seen.times, traits=scores, now=now, seen_before=seen_before)


def _stands(
    before: Standing, after: Standing, seen: Seen, learned: Habits | None, now: datetime
) -> Standing:
    """How things stand by what was seen: until when it may be silent, and whether it is empty."""
    quiet_at, empty = after.quiet_at, before.empty
    if learned is not None and seen.times:
        quiet_at = learned.quiet_at
    elif quiet_at and before.failing_since and not after.failures:
        quiet_at += max(now - before.failing_since, timedelta(0))  # while it couldn't say anything
    if seen.held:
        empty = 0
    elif not after.failures and (empty or (seen.held == 0 and after.times)):
        empty = min(empty + 1, _OFTEN_EMPTY)  # also after a 304: it is as empty as it was
    if (quiet_at, empty) == (after.quiet_at, after.empty):
        return after
    return replace(after, quiet_at=quiet_at, empty=empty)


def _answers(before: Standing, lasting: Mapping[Concern, Alarm], now: datetime) -> _Verdict:
    # At a new address nothing is known of failures, but the alarm lasts.
    told = (lasting[one].since for one in ("gone", "failing") if one in lasting)
    since = before.failing_since or next(told, None)
    return None if since is None else (False, f"answers again, after {_span(now - since)}")


def _failing(after: Standing, now: datetime) -> _Verdict:
    since = after.failing_since or now
    # What there was between its last success and the first failure is how often it is asked.
    usual = timedelta(0) if after.succeeded is None else since - after.succeeded
    long = now - since > max(_HOUR, min(2 * usual, _PATIENCE))
    if after.gone or after.failures < _OFTEN_FAILED or not long:
        return None
    often = f"failed {after.failures} times in a row, for {_span(now - since)}"
    return True, f"{often}: {after.trouble or 'nobody knows why'}"


def _gone(after: Standing) -> _Verdict:
    if not after.gone:
        return None
    return True, f"gone for good, and not asked any more: {after.trouble or 'it said so'}"


def _moved(after: Standing, lasting: Mapping[Concern, Alarm]) -> _Verdict:
    if after.failures:
        return None
    if after.move is None:
        return False, "doesn't say any more that it has moved, or is asked where it is now"
    if after.move.learned is None:
        return None
    words = f"has moved for good; the configuration should say {after.move.url}"
    if "moved" in lasting and lasting["moved"].words != _clean(words):
        return False, "has moved on, to another address"  # which is told in the next round
    return True, words


def _empty(after: Standing, lasting: Mapping[Concern, Alarm], now: datetime) -> _Verdict:
    if after.empty:
        return (True, "holds no entry any more") if after.empty >= _OFTEN_EMPTY else None
    if "empty" not in lasting:
        return None
    return False, f"holds entries again, after {_span(now - lasting['empty'].since)}"


def _drifting(learned: Habits, lasting: Mapping[Concern, Alarm], now: datetime) -> _Verdict:
    told = list(traits.words(learned.traits))
    if told:
        return True, "; ".join(told)
    if "drifting" not in lasting:
        return None
    return False, f"entries are as usual again, after {_span(now - lasting['drifting'].since)}"


def _is_quiet(after: Standing, now: datetime) -> bool:
    """Who fails or is empty isn't quiet too."""
    wrong = after.failures or after.empty
    return not wrong and after.quiet_at is not None and now >= after.quiet_at


def _silence(known: Habits, now: datetime) -> str:
    if known.silent_since is None:  # the habits were lost
        return "nothing new for far longer than usual"
    long = f"nothing new for {_span(now - known.silent_since)}"
    return f"{long}; the longest silence before was of {_span(known.longest)}"


def _heard(known: Habits, now: datetime) -> str:
    return f"something new again, after {_span(now - (known.silent_since or now))}"


def _span(time: timedelta) -> str:
    """A length of time in words: days, hours or minutes."""
    days, hours, minutes = time / _DAY, time / _HOUR, max(time / _MINUTE, 0)
    count, unit = (
        (days, "day") if days >= 2 else (hours, "hour") if hours >= 2 else (minutes, "minute")
    )
    return f"{count:.0f} {unit}{'' if f'{count:.0f}' == '1' else 's'}"


def _clean(words: str) -> str:
    """Words that may be shown anywhere: without secrets and control characters, and short."""
    safe = _URL.sub(lambda found: _public(found[0]), words)
    plain = "".join(letter if letter.isprintable() else " " for letter in safe)
    return text.shorten(plain, LONGEST_WORDS)


def _public(url: str) -> str:
    # Of one that was cut nobody knows what its end was.
    return url.partition("://")[0] + "://…" if url.endswith("…") else text.without_secrets(url)
