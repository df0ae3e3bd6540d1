"""Reading captures again with today's rules: what they would give now, and the versions of that."""

from __future__ import annotations

from datetime import datetime

from feedtool.archive import item
from feedtool.archive.folder import FolderArchive
from feedtool.config import Config
from feedtool.data import replace
from feedtool.errors import ReadError
from feedtool.kept import Version
from feedtool.model import Capture, Entry, Reading, Source, handle
from feedtool.read.readers import read
from feedtool.settle import believed


def captured(archive: FolderArchive, version: Version) -> Capture | None:
    """Return what `version` was read from, None where that wasn't kept or was erased;
    `DamagedError` where it isn't whole."""
    return None if version.capture is None else archive.captures.read(version.capture)


def source_of(version: Version, capture: Capture, config: Config) -> Source:
    """Return the source that `version` is of, with what its owner says by now."""
    for source in config.source:
        if source.name == version.source:
            return source
    return Source(name=version.source, url=capture.url, time_zone=config.site.time_zone)


def again(archive: FolderArchive, version: Version, config: Config) -> Entry | None:
    """Return what the capture of `version` gives today, None where there is none.

    Raises `DamagedError` for a capture that isn't whole, `ReadError` for one that gives no such
    article any more.
    """
    capture = captured(archive, version)
    if capture is None:
        return None
    source = source_of(version, capture, config)
    try:
        reading: Reading = read(capture, source)
    except ReadError as error:
        raise ReadError(version.key, f"{error.reason} (its capture, read again)") from error
    entries = reading.entries
    if len(entries) == 1:
        return entries[0]
    identity = version.entry.id
    found = next((one for one in entries if one.id == identity), None)
    if found is None and (place := handle(identity)) is not None:  # minted on another day
        found = next((one for one in entries if handle(one.id) == place), None)
    if found is None:
        raise ReadError(version.key, "isn't found in its capture any more")
    return found


def revised(version: Version, entry: Entry, now: datetime) -> Version | None:
    """Return the next version, which says what `entry` does, or None where that is the same.

    Its source didn't change anything: `updated` stays, so that readers aren't told. What only the
    way to the document told (a date in a sitemap) stays too.
    """
    old = version.entry
    # Believed as when it was first taken in: what was dated ahead then is no date now either.
    found = believed(entry.published, version.first_archived)
    published = found or old.published
    guessed = version.date_guessed and found is None
    settled = replace(entry, id=old.id, published=published, updated=old.updated)
    digest = item.digest(settled)
    if digest == version.digest:
        return None
    return replace(
        version,
        entry=settled,
        digest=digest,
        revision=version.revision + 1,
        last_revised=max(now.replace(microsecond=0), version.last_revised),
        date_guessed=guessed,
    )
