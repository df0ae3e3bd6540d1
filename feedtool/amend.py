"""More in a configuration's text: a source at its end, a contact in its [site]. Pure.

All else stays as it was written, byte for byte. The new text is read before it is given back, and
must say just what the old one said and what was added; else it is refused, with what to write by
hand.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from feedtool.config import Config
from feedtool.data import replace
from feedtool.errors import ConfigError
from feedtool.model import Source
from feedtool.settings import parse

_SITE = re.compile(r"^[ \t]*\[[ \t]*site[ \t]*\][ \t]*(?:#[^\r\n]*)?(?=\r?$)", re.MULTILINE)
_UNITS = (("d", 86_400), ("h", 3600), ("m", 60), ("s", 1))


def config_of(written: str, path: Path) -> Config:
    """Return the configuration that `load` reads where a file at `path` holds `written`."""
    plain = written.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    return parse(plain, path)


def with_sources(written: str, sources: Sequence[Source], path: Path) -> str:
    """Return `written` with a [[source]] for each of `sources` at its end.

    Of a source its name, url, kind, every and allow_private are written. Raises `ConfigError` where
    one of them is wrong, or the text can't be added to.
    """
    before = config_of(written, path)
    end = "" if written.endswith("\n") or not written else "\n"
    added = "".join("\n" + _block(source) for source in sources)
    new = written + _like(end + added, written)
    base = path.absolute().parent
    expected = (
        replace(
            source,
            url=source.url if source.remote else str(base / source.url),
            time_zone=before.site.time_zone,
            captures=before.archive.captures,
        )
        for source in sources
    )
    by_hand = "; ".join(_inline(source) for source in sources[:1])
    _prove(new, replace(before, source=(*before.source, *expected)), path, "source", by_hand)
    return new


def with_contact(written: str, contact: str, path: Path) -> str:
    """Return `written` with `contact` in its [site], which has none; or raise `ConfigError`."""
    before = config_of(written, path)
    said = f"contact = {_quoted(contact)}"
    found = _SITE.search(written)
    if found is None:
        raise _refused(path, "site", said)
    at = found.end()
    new = written[:at] + _like(f"\n{said}", written) + written[at:]
    expected = replace(before, site=replace(before.site, contact=contact))
    _prove(new, expected, path, "site", said)
    return new


def _prove(written: str, expected: Config, path: Path, table: str, by_hand: str) -> None:
    """Raise a `ConfigError` unless `written` says what is expected of it."""
    try:
        written.encode()
        found = config_of(written, path)
    except UnicodeEncodeError as error:
        raise ConfigError(path, table, "would hold a name that is not UTF-8: rename it") from error
    except ConfigError as error:
        if error.key:
            raise
        raise _refused(path, table, by_hand) from error
    if found != expected:
        raise _refused(path, table, by_hand)


def _refused(path: Path, table: str, by_hand: str) -> ConfigError:
    way_out = f"is written in a way that can't be added to safely: add {by_hand}"
    return ConfigError(path, table, way_out)


def _like(added: str, written: str) -> str:
    """What is added, with the line ends of what is there."""
    return added.replace("\n", "\r\n") if "\r\n" in written else added


def _block(source: Source) -> str:
    return "[[source]]\n" + "".join(f"{key} = {value}\n" for key, value in _said(source).items())


def _inline(source: Source) -> str:
    return "{ " + ", ".join(f"{key} = {value}" for key, value in _said(source).items()) + " }"


def _said(source: Source) -> dict[str, str]:
    said = {"name": _quoted(source.name), "url": _quoted(source.url)}
    if source.kind:
        said["kind"] = _quoted(source.kind)
    if source.every:
        said["every"] = _quoted(_duration(source.every))
    if source.allow_private:
        said["allow_private"] = "true"
    return said


def _quoted(value: str) -> str:
    """A basic string (TOML 1.0 § String): JSON's escapes are its, and it wants DEL escaped too."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")


def _duration(every: timedelta) -> str:
    seconds = int(every.total_seconds())
    unit, size = next((unit, size) for unit, size in _UNITS if seconds % size == 0)
    return f"{seconds // size}{unit}"
