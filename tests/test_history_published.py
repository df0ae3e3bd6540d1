"""What is published, seen from outside: who walks a feed's history finds every article, once, and
as it is now, whatever became of them, and every link of the site leads somewhere."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from feedtool.archive.folder import FolderArchive
from feedtool.archive.memory import MemoryArchive
from feedtool.archive.protocol import Archive
from feedtool.config import Config, FeedTable
from feedtool.kept import Version
from feedtool.model import Published
from feedtool.publish.site import publish
from feedtool.settle import withdrawn
from tests.conftest import NOW, ROOT, later, make_config, make_version
from tests.history_client import History, walk

SITE = "https://tin.example/"
MODEL = make_version(content_text="Một.", authors=())


def numbered(number: int) -> Version:
    """The first version of an article; each day has a hundred of them."""
    day = NOW - timedelta(days=400 - number // 100, seconds=-number)
    entry = replace(
        MODEL.entry,
        id=f"tag:e.example,2022:{number}",
        title=f"No {number}",
        published=Published.at(day),
        updated=day,
    )
    return replace(MODEL, key=f"{day:%Y/%m/%d}/no-{number}", entry=entry)


def fill(archive: Archive, numbers: Iterable[int]) -> set[str]:
    """Put these articles; their ids."""
    versions = [numbered(number) for number in numbers]
    archive.put(versions)
    return {version.entry.id for version in versions}


def fetching(public: Path) -> Callable[[str], bytes]:
    """A web server of the published folder."""
    return lambda address: (public / address.removeprefix(SITE)).read_bytes()


def is_whole(history: History, ids: set[str], documents: int) -> None:
    """Each of these was found once, and nothing else, in so many documents."""
    assert history.entries.keys() == ids
    assert (history.duplicates, history.faults) == ([], [])
    assert len(history.documents) == documents


def visited(folder: Path, articles: int, limit: int, extension: str) -> None:
    """Walk a feed of so many articles, while more are published and after that."""
    table = FeedTable(name="all", limit=limit, formats=(extension,))  # type: ignore[arg-type]
    config, public = make_config(folder, feed=(table,)), folder / "public"
    address, fetch = f"{SITE}all.{extension}", fetching(folder / "public")
    with MemoryArchive() as archive:
        ids = fill(archive, range(articles))
        publish(config, archive, now=NOW)
        is_whole(walk(fetch, address), ids, articles // limit)
        before = {path.name: path.read_bytes() for path in (public / "all").iterdir()}
        count = articles
        more: set[str] = set()

        def meanwhile(asked: str) -> bytes:
            nonlocal count
            found = fetch(asked)
            more.update(fill(archive, range(count, count + limit // 8)))
            count += limit // 8
            publish(config, archive, now=NOW)
            return found

        is_whole(walk(meanwhile, address), ids, articles // limit)
        assert len(more) > limit
        is_whole(walk(fetch, address), ids | more, count // limit)
        assert {name: (public / "all" / name).read_bytes() for name in before} == before


def test_ten_thousand_articles_are_walked_to_the_first(tmp_path: Path) -> None:
    """None is missing and none comes twice, also while new ones are published."""
    visited(tmp_path, 10_000, 500, "atom")


@pytest.mark.parametrize("extension", ["json", "rss"])
def test_other_formats_lead_to_the_first_too(tmp_path: Path, extension: str) -> None:
    """JSON Feed by its pages, RSS by Atom's links."""
    visited(tmp_path, 300, 20, extension)


@pytest.mark.soak
def test_a_hundred_thousand_articles_are_walked_to_the_first(tmp_path: Path) -> None:
    """It is the same with ten times as many."""
    visited(tmp_path, 100_000, 500, "atom")
