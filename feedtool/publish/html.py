"""Pages for people: an article's, a feed's, and the index. The only file that knows Jinja.

No script, no time of making: same archive, same bytes. Pure but for the templates it loads.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from feedtool.config import FeedTable, Site
from feedtool.kept import Version
from feedtool.publish.content import html_of

_TEMPLATES = ("base.html", "macros.html", "article.html", "feed.html", "index.html")


def article(site: Site, feeds: Sequence[FeedTable], version: Version) -> bytes:
    """Return the page of one article: all of it where it lives here alone, else its summary and
    the link to the original."""
    entry = version.entry
    own = entry.link is None
    return _render(
        "article.html",
        site=site,
        feeds=feeds,
        root="../../../",
        entry=entry,
        version=version,
        # Sanitised when it was read: it comes from nowhere but a reader of ours.
        content=Markup(html_of(entry) or "") if own else None,  # noqa: S704
        language=entry.language or site.language,
    )


def feed(site: Site, table: FeedTable, title: str, versions: Sequence[Version]) -> bytes:
    """Return the page of a feed: its entries, newest first, and where to subscribe."""
    return _render(
        "feed.html",
        site=site,
        feeds=[table],
        root="",
        feed=table,
        title=title,
        versions=versions,
        language=site.language,
    )


def index(site: Site, feeds: Sequence[FeedTable]) -> bytes:
    """Return the first page: the feeds there are."""
    return _render("index.html", site=site, feeds=feeds, root="", language=site.language)


def fingerprint() -> str:
    """Return a digest of the templates: pages are made anew when they change."""
    folder = resources.files("feedtool.publish") / "templates"
    written = b"\0".join((folder / name).read_bytes() for name in _TEMPLATES)
    return hashlib.sha256(written).hexdigest()


def _render(name: str, **values: object) -> bytes:
    return _template(name).render(**values).encode("utf-8")


@cache
def _template(name: str) -> Template:
    environment = Environment(
        loader=PackageLoader("feedtool.publish"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(name)
