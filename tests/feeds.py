"""Feeds for tests that need no server: what sources give, round by round."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from feedtool import text
from feedtool.archive.protocol import Archive
from feedtool.collect import collect
from feedtool.errors import FetchError
from feedtool.fetch.results import Fetched, Known, OneByOne
from feedtool.kept import Outcome
from feedtool.model import Source
from tests.conftest import NOW, make_capture, make_config

_WORDS = (
    "Nước về bản {0}, bà con vui và cùng nhau trồng thêm chè trên đồi cũ của thôn {0}. "
    "Theo kế hoạch, đến cuối năm xã trồng mới {0} ha chè và mở lớp hướng dẫn cho các hộ. "
    "Chợ phiên họp lại vào ngày {0}, nhà sàn được sửa, cầu treo đã thông sau mùa mưa lũ."
)


@dataclass(frozen=True)
class Item:
    """One item of a feed: a story of its own for each number, as RSS has it."""

    number: int
    id: str = "urn:old:{0}"
    link: str = "http://valley.example/tin/{0}?utm_source=rss"
    title: str = "Tin số {0}"
    words: str = _WORDS
    day: str = "2022-03-{0:02}T08:00:00Z"

    def rss(self) -> str:
        """The item as an element."""
        said = {
            "guid": self.id,
            "link": self.link,
            "title": self.title,
            "description": self.words,
            "dc:date": self.day,
        }
        inner = "".join(
            f"<{name}>{escape(value.format(self.number))}</{name}>"
            for name, value in said.items()
            if value
        )
        return f"<item>{inner}</item>"


def rss(items: Iterable[Item]) -> bytes:
    """The feed of these items."""
    inner = "".join(item.rss() for item in items)
    space = "xmlns:dc='http://purl.org/dc/elements/1.1/'"
    return f"<rss version='2.0' {space}><channel><title>V</title>{inner}</channel></rss>".encode()


def items(*numbers: int, **fields: Any) -> list[Item]:
    """Items of these numbers."""
    return [replace(Item(number), **fields) for number in numbers]


class Valley:
    """Sources and what they give; rounds over them."""

    def __init__(self, archive: Archive, *sources: Source) -> None:
        """Without any, there is one, `valley`, a feed."""
        feed = Source(name="valley", url="https://valley.example/feed", kind="feed")
        self.archive, self.sources = archive, sources or (feed,)
        self.gives: dict[str, bytes | FetchError] = {}

    def round(self, now: datetime = NOW, **gives: bytes | FetchError) -> dict[str, Outcome]:
        """A round in which sources give this, and what they gave before else."""
        self.gives.update(gives)

        def fetch(source: Source, _: Known) -> Iterator[Fetched]:
            found = self.gives[source.name]
            if isinstance(found, FetchError):
                yield found
                return
            place = text.place(source.url)
            given = {"source": source.name, "url": source.url, "place": place, "captured": now}
            yield make_capture(found, **given)

        config = make_config(Path("/"), *self.sources)
        outcomes = collect(config, self.archive, now=now, insist=True, fetching=OneByOne(fetch))
        return {one.source: one for one in outcomes}

    def only(self, now: datetime, gives: bytes | FetchError) -> Outcome:
        """A round of the one source."""
        [outcome] = self.round(now, **{self.sources[0].name: gives}).values()
        return outcome
