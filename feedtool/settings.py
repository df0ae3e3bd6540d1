"""TOML to a `Config`, strict, with errors that name the key. Pure but `load`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, get_args

from feedtool import text
from feedtool.config import (
    RESERVED_NAMES,
    AlarmsTable,
    ArchiveTable,
    Compression,
    Config,
    Content,
    DaemonTable,
    FeedTable,
    Format,
    Http,
    Log,
    Order,
    PublishTable,
    Site,
    is_name,
    name_rule,
)
from feedtool.data import Struct, convert, replace
from feedtool.errors import ConfigError
from feedtool.manners.standing import calendar_of
from feedtool.model import DateOrder, Kind, Source
from feedtool.valid import is_language, is_zone

_DURATION = re.compile(r"(\d{1,6})\s*(s|m|h|d)")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_CHOICES = {
    "formats": get_args(Format),
    "content": get_args(Content),
    "order": get_args(Order),
    "compress": get_args(Compression),
    "log": get_args(Log),
    "kind": get_args(Kind),
    "date_order": get_args(DateOrder),
}
_LONGEST_TIMEOUT = 86_400.0
_MOST_BYTES = 1024**3
_MOST_WORKERS = 500
_MOST_ENTRIES = 10_000
_LAST_PORT = 65_535
_Require = Callable[[object, str, str], None]
_SHORTEST, _POLITE = timedelta(minutes=1), timedelta(minutes=15)  # between two rounds


def load(path: Path | str) -> Config:
    """Read the file at `path`; raises `ConfigError`."""
    path = Path(path)
    try:
        written = path.read_text("utf-8-sig")  # some editors put a mark in front
    except FileNotFoundError as error:
        hint = "isn't there; feedtool init makes one"
        raise ConfigError(path, "", hint) from error
    except OSError as error:
        raise ConfigError(path, "", f"can't be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(path, "", "is not UTF-8") from error
    return parse(written, path)


def parse(written: str, path: Path) -> Config:
    """Return the configuration in `written`; paths in it are relative to the folder of `path`."""
    try:
        table = tomllib.loads(written)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(path, "", f"is not TOML: {error}") from error
    for key, names in _unknown_keys(table):
        raise ConfigError(path, key, f"is unknown{_nearest(key.rpartition('.')[2], names)}")
    for number, source in enumerate(_tables(table, "source")):
        _times(source, ("every", "keep"), path, f"source[{number}]")
    _times(table.get("http"), ("every_min", "every_max"), path, "http")
    try:
        config = convert(table, Config, _path)
    except ValueError as error:
        raise ConfigError(path, *_explained(str(error))) from error
    _check(config, path)
    return _resolved(config, path.absolute().parent)


def advice(config: Config) -> list[str]:
    """Return what an owner should think over, though it is obeyed."""
    often = (one for one in config.source if one.remote and not one.allow_private and one.every)
    return [
        f"{one.name} is asked more often than every 15 minutes: that is its owner's to allow"
        for one in often
        if one.every is not None and one.every < _POLITE
    ]


def _explained(message: str) -> tuple[str, str]:
    """The key and the reason in what is said of a wrong value."""
    reason, _, where = message.partition(" - at `$")
    key = where.strip("`").lstrip(".")
    choices = _CHOICES.get(re.sub(r".*\.|\[\d+\]$", "", key))
    known = f"; known are {', '.join(choices)}" if choices else ""
    return key, reason[:1].lower() + reason[1:] + known


def _path(kind: type, value: object) -> object:
    """A path from what is written."""
    if kind is Path and isinstance(value, str) and value:
        return Path(value)
    raise ValueError("is no path")


def _tables(table: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    found = table.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _unknown_keys(table: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """Every key that no table has, dotted, with the names that could have been meant."""
    kinds: dict[str, type[Struct]] = {
        "site": Site,
        "archive": ArchiveTable,
        "publish": PublishTable,
        "http": Http,
        "alarms": AlarmsTable,
        "daemon": DaemonTable,
        "feed": FeedTable,
        "source": Source,
    }
    for name, content in table.items():
        if name not in kinds:
            yield name, list(kinds)
            continue
        known = list(kinds[name].__struct_fields__)
        parts = {f"{name}[{i}]": one for i, one in enumerate(_tables(table, name))}
        if isinstance(content, dict):
            parts = {name: content}
        for part, keys in parts.items():
            yield from ((f"{part}.{key}", known) for key in keys if key not in known)


def _nearest(key: str, names: list[str]) -> str:
    import difflib  # for mistakes alone

    close = difflib.get_close_matches(key, names, n=1, cutoff=0.5)
    return f"; did you mean {close[0]}?" if close else f"; known are {', '.join(sorted(names))}"


def _times(table: object, keys: Iterable[str], path: Path, at: str) -> None:
    """Make times of what stands under these keys of a table."""
    if isinstance(table, dict):
        for key in keys:
            if key in table:
                table[key] = duration(table[key], path, f"{at}.{key}")


def duration(value: object, path: object, key: str) -> timedelta:
    """Return the length of time in `value`, such as "1h"; or raise `ConfigError`."""
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if not found:
        raise ConfigError(path, key, 'is no length of time, such as "15m", "1h" or "1d"')
    every = timedelta(**{_UNITS[found[2]]: int(found[1])})
    if every < _SHORTEST:
        raise ConfigError(path, key, "is shorter than a minute")
    return every


def _check(config: Config, path: Path) -> None:
    """Refuse what has the right type and still makes no sense."""

    def require(holds: object, key: str, reason: str) -> None:
        if not holds:
            raise ConfigError(path, key, reason)

    _check_site(config, require)
    _check_folders(config, path, require)
    sources: set[str] = set()
    for i, source in enumerate(config.source):
        for key, reason in _source_faults(source, config):
            raise ConfigError(
                path, key if key.startswith("site.") else f"source[{i}].{key}", reason
            )
        require(source.name not in sources, f"source[{i}].name", f"{source.name!r} is given twice")
        sources.add(source.name)
    feeds = [feed.name for feed in config.feed]
    for i, feed in enumerate(config.feed):
        at = f"feed[{i}]"
        free = is_name(feed.name) and feed.name not in RESERVED_NAMES
        require(free, f"{at}.name", name_rule(feed.name))
        require(feeds.index(feed.name) == i, f"{at}.name", f"{feed.name!r} is given twice")
        require(feed.title is None or text.line(feed.title), f"{at}.title", "is empty")
        require(0 < feed.limit <= _MOST_ENTRIES, f"{at}.limit", f"is not from 1 to {_MOST_ENTRIES}")
        require(feed.formats, f"{at}.formats", f"is empty; known are {', '.join(get_args(Format))}")
        once = len(feed.formats) == len(set(feed.formats))
        require(once, f"{at}.formats", "names one twice")
        backwards = feed.since and feed.until and feed.since > feed.until
        require(not backwards, f"{at}.until", "is before since")
        for key in ("authors", "categories", "languages", "words", "places"):
            require(all(map(text.line, getattr(feed, key))), f"{at}.{key}", "holds an empty one")
        whole = any("://" in one or one.startswith("/") for one in feed.places)
        require(not whole, f"{at}.places", 'is host and path, such as "example.org/sport/"')
        for tag in feed.languages:
            require(is_language(tag), f"{at}.languages", f"{tag!r} is no language tag")
        for name in feed.sources:
            hint = _nearest(name, sorted(sources))
            require(name in sources, f"{at}.sources", f"{name!r} is no source{hint}")


def _source_faults(source: Source, config: Config) -> Iterator[tuple[str, str]]:
    """What is wrong with a source: keys and reasons, worded only where there is something."""
    if not is_name(source.name):
        yield "name", name_rule(source.name)
    if not source.url or "\0" in source.url:
        yield "url", "is empty"
    scheme, web, _ = source.url.partition("://")
    if web and scheme not in ("http", "https"):
        yield "url", "is neither http(s):// nor a path"
    if web and not text.web_url(source.url):
        yield "url", "is no http(s) address"
    if source.url.startswith("~"):
        yield "url", "names a home folder by ~, which is not known here: write it out"
    if source.author is not None and not text.line(source.author):
        yield "author", "is empty"
    # RFC 9110 § 10.1.5: a server's owner must be able to say what is wrong with our requests.
    unnamed = source.remote and not source.allow_private and not config.http.user_agent
    if unnamed and not config.site.contact:
        reason = f"is missing: {source.name} is read over the web; say who can be written to"
        yield "site.contact", reason
    if not is_zone(source.time_zone):
        yield "time_zone", f"{source.time_zone!r} is no time zone"
    yield from _schedule_faults(source)
    if not is_language(source.language):
        yield "language", f"{source.language!r} is no language tag"


def _schedule_faults(source: Source) -> Iterator[tuple[str, str]]:
    given = [name for name in ("every", "at", "cron") if getattr(source, name)]
    if len(given) > 1:
        yield given[-1], f"can't be given beside {given[0]}"
    if source.watch and source.remote:
        yield "watch", "is for files and folders alone"
    try:
        calendar_of(source)
    except ValueError as error:
        yield given[0], str(error)


def _check_site(config: Config, require: _Require) -> None:
    site, http = config.site, config.http
    plain = text.web_url(site.base_url) and not re.search(r"[?#@]|[^!-~]", site.base_url)
    require(plain, "site.base_url", "is not an absolute http(s) address of a folder")
    require(text.line(site.title), "site.title", "is empty")
    require(site.author is None or text.line(site.author), "site.author", "is empty")
    require(is_zone(site.time_zone), "site.time_zone", f"{site.time_zone!r} is no time zone")
    require(is_language(site.language), "site.language", f"{site.language!r} is no language tag")
    # RFC 9110 § 5.5: what goes into a header is visible ASCII.
    for key, value in (("site.contact", site.contact), ("http.user_agent", http.user_agent)):
        visible = value is None or re.fullmatch(r"[ -~]*[!-~]", value)
        require(visible, key, "is not plain ASCII, as a header must be")
    hub, hook = config.publish.hub, config.alarms.webhook
    for key, address in (("publish.hub", hub), ("alarms.webhook", hook)):
        require(address is None or text.web_url(address), key, "is not an absolute http(s) address")
    command = config.alarms.command
    plain = all(one and "\0" not in one for one in command)
    require(plain, "alarms.command", "holds an empty one, or one that no program can be given")
    port = config.daemon.metrics_port
    require(port is None or 0 < port <= _LAST_PORT, "daemon.metrics_port", "is not from 1 to 65535")
    once = len(config.publish.compress) == len(set(config.publish.compress))
    require(once, "publish.compress", "names one twice")
    require(0 <= config.archive.review_below <= 1, "archive.review_below", "is not from 0 to 1")
    require(0 < http.timeout <= _LONGEST_TIMEOUT, "http.timeout", "is not above 0 and up to a day")
    most = http.max_bytes
    require(0 < most <= _MOST_BYTES, "http.max_bytes", "is not above 0 and up to 1 GiB")
    gap = http.per_host_gap
    require(0 <= gap <= _LONGEST_TIMEOUT, "http.per_host_gap", "is not from 0 to a day")
    require(0 < http.workers <= _MOST_WORKERS, "http.workers", f"is not from 1 to {_MOST_WORKERS}")
    require(http.every_min <= http.every_max, "http.every_max", "is shorter than every_min")


def _check_folders(config: Config, path: Path, require: _Require) -> None:
    """Archive, published folder and sources lie apart: each would read or overwrite the others."""
    base = path.absolute().parent
    archive, public = config.archive.path, config.publish.path
    for key, folder in (("archive.path", archive), ("publish.path", public)):
        require("\0" not in str(folder), key, "is no path")
        hint = "names a home folder by ~, which is not known here: write it out"
        require(not str(folder).startswith("~"), key, hint)
    ours = {"archive.path": (base / archive).resolve(), "publish.path": (base / public).resolve()}
    first, second = ours.values()
    apart = not (first.is_relative_to(second) or second.is_relative_to(first))
    require(apart, "publish.path", "and archive.path lie one in the other")
    for i, source in enumerate(config.source):
        if source.remote or not source.url or "\0" in source.url:
            continue
        found = (base / source.url).resolve()
        for key, folder in ours.items():
            apart = not (folder.is_relative_to(found) or found.is_relative_to(folder))
            require(apart, f"source[{i}].url", f"and {key} lie one in the other")


def _resolved(config: Config, base: Path) -> Config:
    """Paths made absolute, the address given its slash, what is left out taken from the site."""
    site, http = config.site, config.http
    slash = site.base_url.rstrip("/") + "/"
    return replace(
        config,
        site=replace(site, base_url=slash),
        archive=replace(config.archive, path=(base / config.archive.path).resolve()),
        publish=replace(
            config.publish,
            path=(base / config.publish.path).resolve(),
            theme=base / config.publish.theme if config.publish.theme else None,
        ),
        http=replace(http, ca_file=base / http.ca_file if http.ca_file else None),
        daemon=replace(
            config.daemon,
            metrics_file=base / config.daemon.metrics_file if config.daemon.metrics_file else None,
        ),
        feed=tuple(_titled(config)) or (FeedTable(name="all"),),
        source=tuple(
            replace(
                source,
                url=source.url if source.remote else str(base / source.url),
                time_zone=source.time_zone or site.time_zone,
                captures=config.archive.captures if source.captures is None else source.captures,
            )
            for source in config.source
        ),
    )


def _titled(config: Config) -> Iterator[FeedTable]:
    """The feeds, each with a title of its own where there are several."""
    for feed in config.feed:
        name = f"{config.site.title} – {feed.name}" if len(config.feed) > 1 else None
        yield replace(feed, title=feed.title or name)
