"""Publishing: feeds and pages that are right, deterministic, and replaced only when they change."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import feedparser
import pytest
from lxml import etree, html

from feedtool import files
from feedtool.archive.folder import FolderArchive
from feedtool.archive.protocol import Archive
from feedtool.config import FeedTable
from feedtool.data import replace
from feedtool.errors import BusyError, PublishError
from feedtool.model import Enclosure, Entry, Feed, Person, Published, Source
from feedtool.publish.content import html_of
from feedtool.publish.document import Document, Item
from feedtool.publish.renderers import render
from feedtool.publish.site import publish
from tests.conftest import (
    NOW,
    ROOT,
    SHARED,
    later,
    make_config,
    make_entry,
    make_version,
    snapshot,
)
from tests.published import FEED

A = "{http://www.w3.org/2005/Atom}"
RICH = make_entry(
    title="Chợ & <chè>",
    link="https://e.example/1",
    authors=(Person("Lò Văn Phúc", "https://e.example/phuc", "p@e.example"), Person("Trà")),
    content_text=None,
    content_html="<p>Một &amp; hai</p>",
    categories=("Bản", "Chợ"),
    enclosures=(Enclosure("https://e.example/a.mp3", "audio/mpeg", 7), Enclosure("https://e.example/b")),
    rights="CC BY",
    updated=NOW,
)  # fmt: skip


def test_an_atom_entry_has_what_the_entry_has() -> None:
    """Every field of an entry comes back from the document, as feedparser reads it."""
    parsed = feedparser.parse(render(FEED, [RICH], full=True))
    [entry] = parsed.entries
    assert not parsed.bozo
    assert (parsed.feed.id, parsed.feed.title, parsed.feed.language) == (FEED.id, "Tin", "vi")
    assert (entry.id, entry.title, entry.link) == (RICH.id, "Chợ & <chè>", RICH.link)
    assert [author.name for author in entry.authors] == ["Lò Văn Phúc", "Trà"]
    assert (entry.published, entry.updated) == ("2022-01-18T12:00:00Z", "2022-05-04T03:02:01Z")
    assert (entry.summary, entry.rights) == ("Một.", "CC BY")
    assert entry.content[0].value == "<p>Một &amp; hai</p>"
    assert [tag.term for tag in entry.tags] == ["Bản", "Chợ"]
    assert [one.href for one in entry.enclosures] == [
        "https://e.example/a.mp3",
        "https://e.example/b",
    ]


def test_titles_are_text_and_content_is_html() -> None:
    """A title is plain text and content escaped HTML: the two that all readers take."""
    [entry] = etree.fromstring(render(FEED, [RICH], full=True)).findall(A + "entry")
    assert entry.find(A + "title").get("type") in (None, "text")
    assert entry.find(A + "content").get("type") == "html"
    assert entry.find(A + "summary").get("type") in (None, "text")


def test_the_callers_order_is_kept_and_updated_is_the_newest() -> None:
    """Entries come in the order they were given; the feed is as new as its newest entry."""
    entries = [make_entry(id=f"tag:e.example,2022:{n}", updated=later(days=n)) for n in (2, 3, 1)]
    document = etree.fromstring(render(FEED, entries))
    assert [one.findtext(A + "id")[-1] for one in document.findall(A + "entry")] == ["2", "3", "1"]
    assert document.findtext(A + "updated") == later(days=3).isoformat().replace("+00:00", "Z")


def test_every_entry_has_an_author_a_link_and_times() -> None:
    """What an entry lacks is filled from the feed: many readers don't look there."""
    bare = Entry(id="tag:e.example,2022:1", title="T")
    [entry] = etree.fromstring(render(FEED, [bare])).findall(A + "entry")
    assert entry.findtext(f"{A}author/{A}name") == "Toà soạn"
    assert entry.find(A + "link").get("href") == FEED.link
    assert entry.findtext(A + "updated") == "1990-01-01T00:00:00Z"
    assert etree.fromstring(render(FEED, [])).findtext(A + "updated") == "1990-01-01T00:00:00Z"


def test_times_are_in_utc_with_z() -> None:
    """An offset is dropped by some readers, so none is written; text that looks like one stays."""
    odd = make_entry(
        content_text=None, content_html="x+00:00</updated>", title="+00:00</published>"
    )
    document = render(FEED, [odd], full=True)
    assert b"+00:00</updated>" not in document
    parsed = feedparser.parse(document)
    assert parsed.entries[0].title == "+00:00</published>"


def test_a_summary_feed_has_no_content() -> None:
    """As a courtesy to those whose words we carry, content comes only when it is asked for."""
    assert b"<content" not in render(FEED, [RICH])


def test_text_becomes_paragraphs() -> None:
    """Plain text is published as HTML, its paragraphs and lines marked, everything escaped."""
    assert html_of(make_entry(content_text="a < b\nc\n\nd")) == "<p>a &lt; b<br>c</p>\n<p>d</p>"
    assert html_of(make_entry(content_text=None)) is None
    assert html_of(RICH) == RICH.content_html


def _schema() -> etree.RelaxNG:
    path = SHARED / "schemas" / "atom.rng"
    if not path.is_file():
        pytest.skip(f"the schema of RFC 4287 is not at {path}")
    return etree.RelaxNG(etree.parse(path))


@pytest.mark.parametrize(
    "entries",
    [[], [RICH], [Entry(id="tag:e.example,2022:1", title="T")], [make_entry(), RICH]],
    ids=["none", "rich", "bare", "two"],
)
def test_documents_are_valid_atom(entries: list[Entry]) -> None:
    """The RELAX NG schema of RFC 4287 has nothing against them."""
    _schema().assertValid(etree.fromstring(render(FEED, entries, full=True)))


@pytest.fixture
def config(tmp_path: Path):  # type: ignore[no-untyped-def]
    """A configuration with two feeds."""
    feeds = (
        FeedTable(name="all", title="Tất cả", content="full", formats=("atom",)),
        FeedTable(name="gazette", sources=("gazette",), limit=1, formats=("atom",)),
    )
    source = Source(name="valley", url=str(tmp_path / "inbox"))
    return make_config(tmp_path, source, feed=feeds)


def _put(archive: Archive, *names: str, **fields: object) -> None:
    for name in names:
        version = make_version(archive, id=f"tag:e.example,2022:{name}", title=name, **fields)
        archive.put([version])


def test_a_site_is_articles_feeds_and_an_index(archive: Archive, config, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """Each article has a page, each feed its document and its page, and lists lead to them."""
    _put(archive, "one")
    publication = publish(config, archive, now=NOW)
    assert set(publication.written) == {
        *("2022/01/18/one.html", "all.atom", "all.html", "gazette.atom", "gazette.html"),
        *("sources/valley.html", "2022/01/18/index.html", "2022/01/index.html", "2022/index.html"),
        *(
            "index.html",
            "feeds.opml",
            "status.atom",
            "sitemap.xml",
            "style.css",
            "_headers",
            ".htaccess",
        ),
    }
    assert publication.unchanged == 0
    public = tmp_path / "public"
    [entry] = feedparser.parse((public / "all.atom").read_bytes()).entries
    assert entry.link == "https://tin.example/2022/01/18/one.html"
    assert feedparser.parse((public / "gazette.atom").read_bytes()).entries == []


def test_pages_lead_to_the_feed(archive: Archive, config, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """Every page has an autodiscovery link to a feed that is there, and names its language."""
    _put(archive, "one")
    publish(config, archive, now=NOW)
    public = tmp_path / "public"
    for page in ("index.html", "all.html", "2022/01/18/one.html"):
        document = html.fromstring((public / page).read_bytes())
        links = document.xpath('//link[@rel="alternate"][@type="application/atom+xml"]/@href')
        assert ((public / page).parent / links[0]).resolve() == (public / "all.atom").resolve()
        assert document.get("lang") == "vi"


def test_an_articles_page_shows_what_is_known(archive: Archive, config, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """Title, author, day without a time nobody wrote, text and captions; a linked article is only
    summarised and linked."""
    _put(archive, "own", captions=("Chợ phiên",))
    _put(archive, "theirs", link="https://e.example/1")
    _put(archive, "undated", published=None)
    _put(archive, "timed", published=Published.at(datetime(2022, 1, 18, 9, 30, tzinfo=UTC)))
    publish(config, archive, now=NOW)

    def words(name: str) -> str:
        page = (tmp_path / "public" / name).read_bytes()
        return " ".join(html.fromstring(page).find(".//main").text_content().split())

    assert "own Hoài An · 18/01/2022 · valley Một. Hai. Chợ phiên" in words("2022/01/18/own.html")
    theirs = words("2022/01/18/theirs.html")
    assert "theirs Hoài An · 18/01/2022 · valley Một." in theirs
    assert "Hai." not in theirs
    assert "undated Hoài An · 04/05/2022 (" in words("2022/05/04/undated.html")
    assert "03:02" not in words("2022/05/04/undated.html")
    assert "09:30" in words("2022/01/18/timed.html")


def test_markup_in_fields_is_escaped(archive: Archive, config, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """A title, name or summary that looks like HTML is shown as it was written."""
    evil = "<script>alert(1)</script>"
    fields = {
        "authors": (Person(evil),),
        "summary": evil,
        "captions": (evil,),
        "content_text": evil,
    }
    _put(archive, evil, **fields)
    publish(config, archive, now=NOW)
    for path in (tmp_path / "public").rglob("*.html"):
        assert b"<script>" not in path.read_bytes()
        assert path.read_bytes().count(b"</script") <= 1  # which ends data about the article


def test_publishing_again_touches_nothing(archive: Archive, config, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """With nothing new, no file is written, at any later time."""
    _put(archive, "one")
    publish(config, archive, now=NOW)
    before = snapshot(tmp_path / "public")
    publication = publish(config, archive, now=later(days=900))
    assert publication.written == ()
    assert snapshot(tmp_path / "public") == before
    assert publish(config, archive, now=NOW, everything=True).written == ()


def test_only_new_articles_pages_are_made(archive: Archive, config) -> None:  # type: ignore[no-untyped-def]
    """Pages of articles that were published before aren't looked at again; a revised one is."""
    _put(archive, "one", "two")
    publish(config, archive, now=NOW)
    version = make_version(archive, now=later(hours=1), id="tag:e.example,2022:one", title="Uno")
    archive.put([version])
    publication = publish(config, archive, now=later(hours=1))
    assert set(publication.written) == {
        *("2022/01/18/one.html", "all.atom", "all.html"),
        *("2022/01/18/index.html", "sources/valley.html", "sitemap.xml"),
    }
    assert publication.unchanged == 0


def test_the_only_article_is_revised_too(archive: Archive, config, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """The page of the article that was put last shows its revision."""
    _put(archive, "one")
    publish(config, archive, now=NOW)
    archive.put(
        [make_version(archive, now=later(hours=1), id="tag:e.example,2022:one", title="Uno")]
    )
    assert "2022/01/18/one.html" in publish(config, archive, now=later(hours=1)).written
    assert b"Uno" in (tmp_path / "public/2022/01/18/one.html").read_bytes()


def test_a_new_look_makes_all_pages_anew(archive: Archive, config, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """When the site's own words change, every page is made again; likewise without its memory."""
    _put(archive, "one")
    publish(config, archive, now=NOW)
    renamed = replace(config, site=replace(config.site, title="Tin khác"))
    assert "2022/01/18/one.html" in publish(renamed, archive, now=NOW).written
    (tmp_path / "public/.feedtool/published.sqlite").unlink()
    (tmp_path / "public/2022/01/18/one.html").unlink()
    assert publish(renamed, archive, now=NOW).written == ("2022/01/18/one.html",)


def test_what_is_dated_later_waits(archive: Archive, config, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """An entry of the day after tomorrow is published when its time has come, and not before."""
    _put(archive, "soon", published=Published.at(later(hours=40)))
    assert not any("soon" in name for name in publish(config, archive, now=NOW).written)
    assert b"soon" not in (tmp_path / "public/all.atom").read_bytes()
    due = publish(config, archive, now=later(hours=41)).written
    assert {"2022/05/05/soon.html", "all.atom", "all.html", "2022/05/05/index.html"} <= set(due)


def test_a_feed_holds_its_newest(archive: Archive, config, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """At most `limit` entries, of its sources, newest first."""
    for day in (1, 3, 2):
        fields = {"published": Published.on(date(2022, 1, day)), "title": f"Day {day}"}
        version = make_version(archive, id=f"tag:e.example,2022:{day}", **fields)
        archive.put([replace(version, source="gazette")])
    publish(config, archive, now=NOW)
    for name, titles in {"all": ["Day 3", "Day 2", "Day 1"], "gazette": ["Day 3"]}.items():
        parsed = feedparser.parse((tmp_path / f"public/{name}.atom").read_bytes())
        assert [entry.title for entry in parsed.entries] == titles


def test_a_damaged_entry_is_left_out(folder_archive: FolderArchive, config) -> None:  # type: ignore[no-untyped-def]
    """One damaged file stops neither the pages nor the feeds."""
    _put(folder_archive, "one", "two")
    (folder_archive.path / "2022/01/18/one.json").write_bytes(b"{")
    assert "2022/01/18/two.html" in publish(config, folder_archive, now=NOW).written


@pytest.mark.parametrize("noticed", ["by a feed", "by reindex"])
def test_the_page_of_a_removed_entry_goes(
    folder_archive: FolderArchive,
    config,
    tmp_path: Path,
    noticed: str,  # type: ignore[no-untyped-def]
) -> None:
    """What a person removed from the archive leaves the site too, once it is noticed: at once where
    it is among the newest of a feed; a damaged file's page stays."""
    _put(folder_archive, "one", "two", "three")
    publish(config, folder_archive, now=NOW)
    (folder_archive.path / "2022/01/18/one.json").unlink()
    (folder_archive.path / "2022/01/18/two.json").write_bytes(b"{")
    if noticed == "by reindex":
        folder_archive.reindex()
    publication = publish(config, folder_archive, now=NOW)
    assert publication.removed == ("2022/01/18/one.html",)
    assert not (tmp_path / "public/2022/01/18/one.html").exists()
    assert (tmp_path / "public/2022/01/18/two.html").exists()
    assert publish(config, folder_archive, now=NOW).removed == ()


def test_same_archive_same_bytes(folder_archive: FolderArchive, config, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """In other processes, at another time, in another zone and with another hash seed, the same
    bytes are published."""
    _put(folder_archive, "one", "two", link="https://e.example/1", categories=("b", "a"))
    folder_archive.close()
    program = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from feedtool import FolderArchive, publish
from tests.conftest import make_config
now = datetime.fromisoformat(sys.argv[3])
publish(make_config(Path(sys.argv[2])), FolderArchive(sys.argv[1]), now=now)
"""
    made = []
    for seed, zone, now in (
        ("1", "UTC", "2022-05-04T03:02:01+00:00"),
        ("2", "Asia/Ho_Chi_Minh", "2031-01-01T23:59:59+07:00"),
    ):
        folder = tmp_path / seed
        environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone}
        command = [sys.executable, "-c", program, str(folder_archive.path), str(folder), now]
        subprocess.run(command, check=True, env=environment, cwd=ROOT)
        made.append(
            {
                str(path.relative_to(folder)): path.read_bytes()
                for path in sorted((folder / "public").rglob("*"))
                if path.is_file() and ".feedtool" not in path.parts
            }
        )
    assert made[0] == made[1]
    assert len(made[0]) == 17


def test_a_folder_that_cannot_be_written_is_told(archive: Archive, config, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """The error names the path, and the last good files stay."""
    _put(archive, "one")
    publish(config, archive, now=NOW)
    _put(archive, "two")
    before = (tmp_path / "public/all.atom").read_bytes()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "_write", full)
        with pytest.raises(PublishError, match="No space left"):
            publish(config, archive, now=NOW)
    assert (tmp_path / "public/all.atom").read_bytes() == before
    assert publish(config, archive, now=NOW).written[0] == "2022/01/18/two.html"
    blocked = replace(config, publish=replace(config.publish, path=tmp_path / "public/all.atom"))
    with pytest.raises(PublishError):
        publish(blocked, archive, now=NOW)


def test_one_process_publishes_at_a_time(archive: Archive, config, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """A folder that is being published is left to the one who does it."""
    from feedtool.lease import Lease

    with Lease(tmp_path / "public"), pytest.raises(BusyError):
        publish(config, archive, now=NOW)


def test_a_format_is_a_row_in_a_table(archive: Archive, config, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """A renderer makes heads, entries and tails of documents, and is passed in."""

    class Titles:
        MEDIA_TYPE, BETWEEN = "text/plain", b", "

        def head(self, document: Document) -> bytes:
            return f"{document.feed.title}: ".encode()

        def entry(self, item: Item, feed: Feed, full: bool) -> bytes:
            return f"{item.entry.title} by {feed.author}".encode()

        def tail(self, document: Document) -> bytes:
            return b"."

        def faults(self, document: bytes) -> list[str]:
            return []

        def entry_faults(self, fragment: bytes) -> list[str]:
            return []

    _put(archive, "one", "two")
    publish(config, archive, now=NOW, renderers={"atom": Titles})
    said = (tmp_path / "public/all.atom").read_bytes().decode()
    assert said == "Tất cả: two by Toà soạn, one by Toà soạn."
