"""Who wrote a plain text and when, by every line that claims to know: candidates, weighed. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime

from feedtool.data import Struct, replace
from feedtool.model import Published
from feedtool.read import datelines, furniture, pictures, signature
from feedtool.read.anatomy import Parts
from feedtool.read.datelines import Reader
from feedtool.read.dates import Found
from feedtool.read.evidence import Candidate
from feedtool.read.headline import NEAR
from feedtool.read.layout import Line

_SCANNED = 100_000  # letters of a body in which full dates are looked for
_BESIDE = 2  # lines between a name and its time

Names = tuple[str, ...]
Adder = Callable[[Names, str, str, float], None]


class Times(Struct, frozen=True):
    """The candidates for the day of publication, those that never win, and the time of a change."""

    published: list[Candidate[Published]]
    barred: list[Candidate[Published]]
    updated: datetime | None = None


def authors(page: Sequence[Line], parts: Parts, reader: Reader) -> list[Candidate[Names]]:
    """Return everybody who may have written: named at the foot, the head, above it, within."""
    found: list[Candidate[Names]] = []

    def add(people: Names, quote: str, rule: str, confidence: float) -> None:
        if people:
            found.append(Candidate(people, quote, rule, confidence))

    for number in parts.above[:NEAR]:
        line = page[number].text
        if _has_time(page, number, reader):
            add(signature.marked(line), line, "byline above the headline", 0.8)
            if not furniture.is_crumbs(line) and len(line.split()) < 5:
                add(signature.lone(line), line, "name above the headline", 0.5)
    for place, number in enumerate(parts.head[:NEAR]):
        line = page[number].text
        date_ = None if reader.stamp(line) else reader.mixed(line)
        if date_:
            _add_dated(add, line, date_, "byline with date")
        add(signature.marked(line), line, "byline at head", 0.95)
        add(signature.columns(line), line, "byline at head", 0.85)
        add(signature.lone(line), line, "name at head", max(0.5, 0.7 - place * 0.02))
        if _has_time(page, number, reader):
            add(signature.caseless(line), line, "name and place at head", 0.7)
        if _is_beside(page, number, parts, reader):
            add(signature.eastern(line), line, "name at head", 0.6)
    for line in parts.foot:
        add(signature.initials(line), line, "initials at foot", 0.85)
        date_ = None if reader.stamp(line) else reader.mixed(line)
        if date_:
            _add_dated(add, line, date_, "byline with date at foot")
        add(signature.marked(line), line, "byline at foot", 0.93)
        add(signature.lone(line), line, "byline at foot", 0.9)
    add(*parts.signed, "byline after the last sentence", 0.8)
    add(*signature.inline(parts.body[parts.lead]), "byline in the lead", 0.75)
    return _fullest(found)


def _has_time(page: Sequence[Line], number: int, reader: Reader) -> bool:
    """Whether a time stands at most two lines from the line `number`, buttons aside."""
    return any(
        reader.stamp(line.text)
        for way in (page[number + 1 : number + 6], page[max(0, number - 5) : number][::-1])
        for line in [line for line in way if not furniture.is_noise(line.text)][:_BESIDE]
    )


def _is_beside(page: Sequence[Line], number: int, parts: Parts, reader: Reader) -> bool:
    """Whether the line `number` is below the headline or beside a time, furniture aside."""
    above = [n for n in range(parts.above.stop, number) if not furniture.is_noise(page[n].text)]
    before = above[-1] if above else parts.above.stop
    after = page[number + 1].text if number + 1 < len(page) else ""
    near = before == parts.above.stop or bool(reader.stamp(page[before].text))
    return number < parts.begun and (near or bool(reader.stamp(after)))


def _add_dated(add: Adder, line: str, date_: Found, rule: str) -> None:
    """Names in a line that has a date beside them: "NAME - 03/05/2021", "Posted on … by NAME"."""
    before, behind = line[: date_.start].rstrip(" -–—|,·•"), line[date_.end :].lstrip(" -–—,")
    without = f"{before} {behind}".strip()
    add(signature.dated(without), line, rule, 0.94)
    add(signature.marked(without), line, rule, 0.94)
    add(signature.lone(without), line, rule, 0.75)
    if date_.start and not line[date_.end :].strip():
        add(signature.glued(line[: date_.start]), line, rule, 0.7)


def _fullest(found: list[Candidate[Names]]) -> list[Candidate[Names]]:
    """The candidates, the one that names the surest's people and more made as sure."""
    surest = max(found, key=lambda candidate: candidate.confidence, default=None)
    if surest is None:
        return found
    fuller = [one for one in found if set(one.value) > set(surest.value) and "byline" in one.rule]
    if not fuller:
        return found
    chosen = max(fuller, key=lambda one: len(one.value))
    return [replace(chosen, confidence=surest.confidence), *(x for x in found if x is not chosen)]


def times(page: Sequence[Line], parts: Parts, title: str, reader: Reader, latest: date) -> Times:
    """Return every date that may be the one of publication; one after `latest` never wins, nor
    does the masthead, which is the day the page was saved."""
    found: list[Candidate[Published]] = []
    barred: list[Candidate[Published]] = []
    changes: list[Published] = []
    masthead: date | None = None
    for number in parts.above[:NEAR]:
        line = page[number].text
        # The clock of a saved page: above all else, with the headline further down.
        clock = number == 0 and parts.above.stop > 1
        day = reader.masthead(line, clock=clock)
        stamp = reader.stamp(line)
        mixed = reader.mixed(line)
        if day:
            masthead = masthead or day
            rule = "masthead: the day the page was saved"
            barred.append(Candidate(Published.on(day), line, rule, 0.0))
        elif stamp:
            found.append(Candidate(stamp.published, line, "timestamp line", 0.85))
            changes.extend([stamp.changed] if stamp.changed else [])
        elif mixed and not pictures.is_credit(line):
            found.append(Candidate(mixed.published, line, "byline with date", 0.7))
    for number in parts.head[:NEAR]:
        if number > parts.begun and len(parts.body) < 2:
            break  # of the foot, which is next
        found.extend(_stamped(page, number, reader, parts.begun))
        stamp = reader.stamp(page[number].text)
        changes.extend([stamp.changed] if stamp and stamp.changed else [])
    for line in parts.foot:
        found.extend(_at_foot(line, reader))
    lead = parts.body[parts.lead]

    def others() -> list[date]:
        near = "\n".join((*parts.body, *parts.foot))[:_SCANNED]
        return [date_.published.day for date_ in reader.find(near)]

    found.extend(datelines.from_lead(title, lead, masthead, others, reader))
    late = [one for one in found if one.value.day > latest or not one.confidence]
    barred.extend(
        replace(
            one, confidence=0.0, rule=f"{one.rule}: in the future" if one.confidence else one.rule
        )
        for one in late
    )
    kept = [one for one in found if one not in late]
    timed = (change.time for change in changes if change.precision == "second")
    return Times(kept, barred, next(timed, None))


def _at_foot(line: str, reader: Reader) -> Iterable[Candidate[Published]]:
    """The date that a line below the body is, or that stands in its byline."""
    stamp = reader.stamp(line)
    if not stamp:
        date_ = reader.mixed(line)
        posted = date_ and signature.dated(f"{line[: date_.start]} {line[date_.end :]}")
        return [Candidate(date_.published, line, "byline at foot", 0.8)] if date_ and posted else []
    timed = stamp.published.precision == "second"
    if not (stamp.labelled or timed or not stamp.weekday):
        return []
    sure = 0.82 if timed else 0.6 if stamp.labelled else 0.45
    return [Candidate(stamp.published, line, "timestamp at foot", sure)]


def _stamped(
    page: Sequence[Line], number: int, reader: Reader, begun: int
) -> list[Candidate[Published]]:
    """The date that a line of the head is, its time on the next line included."""
    line = page[number].text
    stamp = reader.stamp(line)
    if not stamp:
        date_ = None if pictures.is_credit(line) else reader.mixed(line)
        sure = 0.88 if number < begun else 0.6
        return [Candidate(date_.published, line, "byline with date", sure)] if date_ else []
    following = page[number + 1].text if number + 1 < len(page) else ""
    if stamp.published.precision == "day" and len(following) < 30:
        both = reader.stamp(f"{line} {following}")
        if both and both.published.precision == "second":
            line, stamp = f"{line} / {following}", both
    updated = stamp.updated or (number > 0 and datelines.is_update(page[number - 1].text))
    sure = 0.5 if updated else 0.95 if number < begun else 0.82
    return [Candidate(stamp.published, line, "timestamp line", sure)]
