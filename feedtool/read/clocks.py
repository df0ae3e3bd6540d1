"""Times of day beside a date, and the zones they name. Pure."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from feedtool.read.almanac import REGIONS, WEEKDAYS, ZONES, bare

_HALF = r"(?P<half>[ap]\.?[ ]?m\b\.?|(?-i:SA|CH)\b|[مص](?!\w)|[μπ]\.?[ ]?μ\b\.?)"
_LATE = frozenset(["pm", "ch", "م", "μμ"])
# In capitals only: "est" and "ist" are words.
_SHORT = sorted((n.upper() for n in (*ZONES, *REGIONS) if len(n) < 5), key=len, reverse=True)
_NAMED = rf"(?:(?-i:{'|'.join(_SHORT)}|z)(?!\w)|{'|'.join(n for n in REGIONS if len(n) > 4)})"
_ZONE = (
    rf"(?:[ ]?[(\[]?(?:{_NAMED}?[ ]?(?P<sign>[+−-])(?P<east>\d{{1,2}})"
    rf"(?::?(?P<minutes>\d\d))?(?!\d)(?:[ ][(]?{_NAMED}[)]?)?|(?P<named>{_NAMED}))[)\]]?)?"
)
_BEFORE_NOON = "上午|午前|오전|凌晨|早上"
_AFTER_NOON = "下午|午後|오후|晚上"
_CLOCK = (
    rf"(?:北京时间[ ]?)?(?:(?P<part>{_BEFORE_NOON}|{_AFTER_NOON})[ ]?)?"
    r"(?<!\d)(?P<hour>\d{1,2})(?:"
    r"[ ]?(?::|h|g|giờ|[时時点點시])[ ]?(?P<minute>\d\d)[分분]?"
    r"(?::(?P<second>\d\d)(?:[.,]\d{1,9})?)?(?![\d])"
    rf"|[.](?P<dotted>\d\d)(?=[ ](?:Uhr\b|{_NAMED}))"
    rf"|(?=[ ]?[ap]\.?m\b)|[ ]?[时時点點시](?!\d)|(?=[ ]Uhr\b))"
    rf"(?:[ ](?:Uhr|uur|น)\b\.?)?(?:[ ]?{_HALF})?{_ZONE}"
)
_BARE_WEEKDAY = r"(?:[ ]?[(（]\w{1,10}[)）]|[ ]星期\w|[ ]\w曜日)?"
_AT = (
    r"at|um|à|às|as|a[ ]las|alle|alle[ ]ore|ore|ora|lúc|kl|klo|klockan|pukul|jam|saat|saa|om|o"
    r"|o[ ]godz|godz|v|u|ob|la|la[ ]ora|в|о|об|у|στις|και[ ]ώρα|الساعة|في[ ]الساعة|เวลา|बजे|समय"
)
_GAP = rf"[ ]*(?:[-–—|,•·/]|(?:{_AT})\b\.?)?[ ]*"
_CLOCK_AFTER = re.compile(rf"{_BARE_WEEKDAY}(?:T|{_GAP}){_CLOCK}", re.IGNORECASE)
# "alle 14.05", "klo 14.05": a stop between hour and minute only where a word says what it is
_DOTTED_AFTER = re.compile(
    rf"[ ]*,?[ ]*(?:{_AT})\b\.?[ ]*(?P<hour>\d{{1,2}})\.(?P<minute>\d\d)(?P<second>)(?![.\d])"
    rf"{_ZONE}",
    re.IGNORECASE,
)
_CLOCK_BEFORE = re.compile(
    rf"(?<![\d:.,])(?:lúc[ ])?{_CLOCK}(?:[ ]phút)?[ ]*[-–—|,•·/]?[ ]*"
    r"(?:(?:[^\W\d_]{2,12}[ ]){0,1}[^\W\d_]{2,12}\.?,?[ ]+){0,2}$",
    re.IGNORECASE,
)
_HOUR_ONLY = re.compile(r"T(?P<hour>\d\d)(?P<minute>\d\d)?(?P<second>\d\d)?(?![\d:])" + _ZONE, re.I)
_REACH = 48  # letters before a date in which its time is looked for
_WEEKDAY_AFTER = re.compile(r",?[ ]([^\W\d_]{3,14})(?=[ ,])")
_WHOLE = re.compile(_CLOCK, re.IGNORECASE)

Clock = re.Match[str]
"""What was matched of a time, for `moment`."""


def whole(words: str) -> Clock | None:
    """Return the time that `words` begin with, or None."""
    return _WHOLE.match(words)


def after(plain: str, end: int) -> Clock | None:
    """Return the time that follows a date which ends at `end`, or None; a day of the week may
    stand between them."""
    weekday = _WEEKDAY_AFTER.match(plain, end)
    if weekday and bare(weekday[1]) in WEEKDAYS:
        end = weekday.end()
    forms = (_HOUR_ONLY, _CLOCK_AFTER, _DOTTED_AFTER)
    return next((found for form in forms if (found := form.match(plain, end))), None)


def before(plain: str, floor: int, start: int) -> Clock | None:
    """Return the time that leads to a date which begins at `start`, not before `floor`, or None."""
    near = plain[max(floor, start - _REACH) : start]
    return _CLOCK_BEFORE.search(near) if any(map(str.isdigit, near)) else None


def moment(day: date, clock: re.Match[str] | None, zone: tzinfo) -> datetime | None:
    """Return the time on `day` that was matched, or None where there is no such time."""
    if clock is None:
        return None
    said = clock.groupdict()
    hour, minute = int(said["hour"]), int(said["minute"] or said.get("dotted") or 0)
    half = bare(said.get("half") or "").replace(" ", "")
    late = half in _LATE or bool(re.fullmatch(_AFTER_NOON, said.get("part") or ""))
    if half or said.get("part"):
        if not 0 <= hour <= 12 and half != "ch":
            return None
        hour = hour % 12 + (12 if late else 0) if hour <= 12 else hour
    second = min(int(said["second"] or 0), 59)  # RFC 3339 § 5.7: a leap second is 60
    try:
        named = _offset(said)
        when = datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=named or zone)
    except ValueError:
        return None
    # Local mean times of long ago have seconds, which no format of ours can write.
    offset = when.utcoffset() or timedelta()
    return when.replace(tzinfo=timezone(timedelta(minutes=round(offset / timedelta(minutes=1)))))


def _offset(said: dict[str, str | None]) -> tzinfo | None:
    """The zone that was named beside a time, or None; `ValueError` for an impossible offset."""
    if said["east"]:
        minutes = int(said["east"]) * 60 + int(said["minutes"] or 0)
        return timezone(timedelta(minutes=minutes if said["sign"] == "+" else -minutes))
    name = (said["named"] or "").lower()
    if name in REGIONS:
        return ZoneInfo(REGIONS[name])
    return timezone(timedelta(minutes=ZONES[name])) if name in ZONES else None
