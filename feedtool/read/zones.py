"""The time zone that a document is read in where it names none. Pure; a room of its own, as every
round asks for it and few read dates."""

from __future__ import annotations

from datetime import UTC, tzinfo

# A last resort, for languages that are written in one zone for the most part.
ZONE_OF_LANGUAGE = {
    "bg": "Europe/Sofia", "cs": "Europe/Prague", "da": "Europe/Copenhagen", "de": "Europe/Berlin",
    "el": "Europe/Athens", "fa": "Asia/Tehran", "fi": "Europe/Helsinki", "fr": "Europe/Paris",
    "he": "Asia/Jerusalem", "hi": "Asia/Kolkata", "hu": "Europe/Budapest", "id": "Asia/Jakarta",
    "it": "Europe/Rome", "ja": "Asia/Tokyo", "ko": "Asia/Seoul", "nb": "Europe/Oslo",
    "nl": "Europe/Amsterdam", "pl": "Europe/Warsaw", "ro": "Europe/Bucharest",
    "sv": "Europe/Stockholm", "sw": "Africa/Nairobi", "th": "Asia/Bangkok",
    "tr": "Europe/Istanbul", "uk": "Europe/Kyiv", "vi": "Asia/Ho_Chi_Minh", "zh": "Asia/Shanghai",
}  # fmt: skip
"""The time zone that a language without any other hint is read in."""


def zone_for(time_zone: str | None, language: str | None) -> tzinfo:
    """Return the zone called `time_zone`, else the one `language` is mostly written in, else UTC.

    A name that the time zone database doesn't know counts as none.
    """
    for name in (time_zone, ZONE_OF_LANGUAGE.get((language or "").lower().partition("-")[0])):
        if name:
            from zoneinfo import ZoneInfo

            try:
                return ZoneInfo(name)
            except (KeyError, OSError, ValueError):  # ZoneInfoNotFoundError is a KeyError
                continue
    return UTC
