"""The trip of an article: what is read from a document, kept and published, other programs read as
it was: feedparser, and fastfeedparser, which takes no more trouble than it must."""

from __future__ import annotations

import calendar
import gzip
import html
import tempfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import fastfeedparser
import feedparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from feedtool.archive.memory import MemoryArchive
from feedtool.config import Config, FeedTable
from feedtool.data import replace
from feedtool.errors import EntryError, ReadError
from feedtool.kept import Change, Version
from feedtool.model import Capture, Entry, Source
from feedtool.publish import items, values
from feedtool.publish.content import html_of
from feedtool.publish.site import publish
from feedtool.read.readers import read
from feedtool.settle import settle
from tests.conftest import SHARED, make_config
from tests.history_client import walk
from tests.published import entries

SITE = "https://tin.example/"
READ = datetime(2026, 11, 1, tzinfo=UTC)
LATER = datetime(2099, 1, 1, tzinfo=UTC)
FEEDS = (
    FeedTable(name="short", formats=("atom", "rss", "json"), limit=100),
    FeedTable(name="whole", formats=("atom", "rss", "json"), limit=100, content="full"),
)


def keep(archive: MemoryArchive, found: Iterable[Entry], source: str) -> None:
    """Put entries as they come from a source; those whose id is known are left out."""
    for entry in found:
        if archive.find(entry.id) is None:
            change, version = settle(
                entry, old=None, source=source, now=READ, zone=UTC, taken=lambda key: archive.get(key) is not None
            )  # fmt: skip
            assert change is Change.NEW
            archive.put([version])


def published(archive: MemoryArchive, folder: Path) -> dict[str, dict[str, Version]]:
    """Publish, and return what must be read in each feed by the path of each of its documents:
    versions by id."""
    config = make_config(folder, feed=FEEDS)
    assert publish(config, archive, now=LATER).faults == ()
    keys = archive.changes(None)[0]
    kept = {one.entry.id: told(one, config) for one in map(archive.get, keys) if one}
    documents: dict[str, dict[str, Version]] = {}
    for name in (f"{table.name}.{extension}" for table in FEEDS for extension in table.formats):
        history = walk(
            lambda address: (folder / "public" / address[len(SITE) :]).read_bytes(), SITE + name
        )
        assert history.entries.keys() == kept.keys()
        assert not history.faults
        for identity, found in history.entries.items():
            documents.setdefault(found.document[len(SITE) :], {})[identity] = kept[identity]
    return documents


def told(version: Version, config: Config) -> Version:
    """A version with the link that it is published with."""
    return replace(version, entry=items.Items(config).item(version).entry)


def looked_at(archive: MemoryArchive, folder: Path, schema: etree.RelaxNG | None) -> int:
    """Publish, read each document with each program, and compare; how many entries were."""
    count = 0
    for path, versions in published(archive, folder).items():
        raw = (folder / "public" / path).read_bytes()
        extension = path.rpartition(".")[2]
        fast = {one.id: one for one in fastfeedparser.parse(raw).entries}
        assert fast.keys() == versions.keys()
        for identity, version in versions.items():
            see_fast(fast[identity], version.entry, extension)
        count += len(versions)
        if extension == "json":
            continue
        parsed = feedparser.parse(raw)
        assert not parsed.bozo, path
        assert {one.id for one in parsed.entries} == versions.keys()
        for one in parsed.entries:
            see(one, versions[one.id].entry, extension, is_full=path.startswith("whole"))
        if extension == "atom" and schema is not None:
            schema.assertValid(etree.fromstring(raw))
    return count


def address(entry: Entry, extension: str) -> str:
    """Where an entry is read: RSS has it as a URI."""
    assert entry.link is not None
    return values.uri(entry.link) if extension == "rss" else values.iri(entry.link)


def see_fast(found: Any, entry: Entry, extension: str) -> None:
    """fastfeedparser has the title, link and time of publication."""
    assert entry.published is not None
    assert (found.title, found.link) == (entry.title, address(entry, extension))
    assert datetime.fromisoformat(found.published) == entry.published.time


def see(found: Any, entry: Entry, extension: str, *, is_full: bool) -> None:
    """feedparser has title, link, times, those who wrote it, and the summary."""
    assert entry.published is not None
    assert entry.updated is not None, "what is kept has been settled"
    assert (found.title, found.link) == (entry.title, address(entry, extension))
    assert calendar.timegm(found.published_parsed) == entry.published.time.timestamp()
    assert calendar.timegm(found.updated_parsed) == entry.updated.timestamp()
    names = [person.name for person in entry.authors] or ["Toà soạn"]
    if extension == "atom":
        assert [author.name for author in found.authors] == names
    else:  # feedparser takes a name that holds an e-mail address apart, but for this
        assert found.author == ", ".join(names)
    content = html_of(entry) if is_full else None
    if entry.summary is None and content and extension == "atom":
        # None is told, and feedparser puts the content in its place.
        assert found.summary == found.content[0].value
    else:
        summary = html.unescape(found.summary) if extension == "rss" else found.summary
        assert summary == values.gist(entry)


def samples_of(folder: Path) -> Iterator[tuple[str, Iterable[Entry]]]:
    """What is read of each sample: articles, pages and feeds."""
    for path in sorted(folder.glob("articles/*.txt")) + sorted(folder.glob("*/s*")):
        body = path.read_bytes()
        place = path.name.removesuffix(".gz")
        capture = Capture(
            source=f"{path.parent.name}-{path.stem.partition('-')[0]}",
            url=str(path) if path.suffix == ".txt" else f"https://e.example/{place}",
            place=place,
            body=body if place == path.name else gzip.decompress(body),
            captured=READ,
            authority="tin.example",
        )
        try:
            yield (
                capture.source,
                read(capture, Source(name=capture.source, url=capture.url)).entries,
            )
        except (ReadError, EntryError):
            continue  # others say what of them can't be read, and why


def schema() -> etree.RelaxNG | None:
    """The schema of RFC 4287, where it is at hand."""
    path = SHARED / "schemas/atom.rng"
    return etree.RelaxNG(etree.parse(path)) if path.is_file() else None


def test_what_real_documents_hold_survives_the_trip(samples: Path, tmp_path: Path) -> None:
    """Every article of the samples comes back from Atom, RSS and JSON Feed, in short and in full,
    and every document of Atom is valid."""
    rules = schema()
    if rules is None:
        pytest.skip(f"the schema of RFC 4287 is not in {SHARED / 'schemas'}")
    with MemoryArchive() as archive:
        for source, found in samples_of(samples):
            keep(archive, found, source)
        assert looked_at(archive, tmp_path, rules) > 10_000


@settings(max_examples=15, derandomize=True)
@given(st.lists(entries(), min_size=1, max_size=12, unique_by=lambda one: one.id))
def test_whatever_an_article_holds_survives_the_trip(found: list[Entry]) -> None:
    """The same with articles of all kinds of text, times and people."""
    with MemoryArchive() as archive, tempfile.TemporaryDirectory() as folder:
        keep(archive, found, "valley")
        looked_at(archive, Path(folder), schema())
