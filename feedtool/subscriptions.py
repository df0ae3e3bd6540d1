"""Feeds that somebody follows or offers, and lists of them in OPML 2.0
(http://opml.org/spec2.opml)."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from feedtool import text, valid
from feedtool.data import Struct
from feedtool.errors import EntryError

_TITLE = 300  # characters


def named(words: str) -> str:
    """Return the title of a feed, or the names of the folders around it, no longer than lists take
    them."""
    return text.shorten(words, _TITLE)


class Subscription(Struct, frozen=True):
    """A feed that somebody follows: `xml_url` is its address, `html_url` that of its site or None.

    Both are absolute. `category` is the folders around it, joined by "/", or empty. Without a title
    it is called by its address."""

    title: str
    xml_url: str
    html_url: str | None = None
    category: str = ""

    def __post_init__(self) -> None:
        xml_url = valid.url("xmlUrl", self.xml_url)
        if xml_url is None:
            raise EntryError("xmlUrl", "is missing")
        valid.assign(
            self,
            valid.string("title", self.title, named) or named(xml_url),
            xml_url,
            valid.url("htmlUrl", self.html_url),
            valid.string("category", self.category, named),
        )


def write(title: str, subscriptions: Iterable[Subscription]) -> bytes:
    """Return OPML 2.0 of `subscriptions` called `title`, in UTF-8: each category a folder, in the
    order in which they come. The same ones give the same bytes."""
    folders: dict[str, list[Subscription]] = {}
    for one in subscriptions:
        folders.setdefault(one.category, []).append(one)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<opml version="2.0">',
        "  <head>",
        f"    <title>{escape(text.line(title))}</title>",
        "  </head>",
        "  <body>",
    ]
    for folder, inside in folders.items():
        if folder:
            lines.append(f'    <outline text="{escape(folder)}">')
        indent = "      " if folder else "    "
        lines += [f"{indent}<outline{_attributes(one)}/>" for one in inside]
        if folder:
            lines.append("    </outline>")
    return "\n".join((*lines, "  </body>", "</opml>", "")).encode()


def _attributes(one: Subscription) -> str:
    said = {"type": "rss", "text": one.title, "title": one.title, "xmlUrl": one.xml_url}
    if one.html_url:
        said["htmlUrl"] = one.html_url
    return "".join(f' {name}="{escape(value)}"' for name, value in said.items())
