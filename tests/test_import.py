"""Import: anything that holds articles, once, and what is hostile not at all."""

from __future__ import annotations

import gzip
import io
import json
import stat
import struct
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from feedtool.archive import check, warcfile
from feedtool.archive.captures import Captures
from feedtool.archive.folder import FolderArchive
from feedtool.config import Http
from feedtool.data import replace
from feedtool.errors import FeedtoolError, FetchError
from feedtool.interchange import lines, notes, trees
from feedtool.interchange.intake import Intake, Taken, name_of
from feedtool.kept import Receipt, Version
from feedtool.model import Exchange, Source
from tests.cli import Feedtool
from tests.conftest import NOW, article, later, make_capture, make_config, make_version
from tests.test_export import PAGE, URL, fill, give, held, output_of, take

ATOM = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><title>Old</title><id>tag:old.example,2001:f</id>
<updated>2001-02-03T04:05:06Z</updated>
<entry><id>tag:old.example,2001:1</id><title>From a feed</title><updated>2001-02-03T04:05:06Z</updated>
<published>2001-02-03T04:05:06Z</published><link href="https://old.example/1"/>
<summary>Short.</summary></entry></feed>"""
JSON_FEED = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "Old",
    "items": [
        {
            "id": "https://old.example/2",
            "title": "From a JSON Feed",
            "content_text": "Text.",
            "date_published": "2002-02-03T04:05:06Z",
        }
    ],
}
MARKDOWN = """---
title: From Markdown
date: 2003-02-03
---

This is what people wrote at that time, and it is kept as they wrote it.

It has a second paragraph, as most of them have.
"""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A folder with a document of each kind."""
    folder = tmp_path / "old"
    (folder / "deep/er").mkdir(parents=True)
    (folder / "a.txt").write_text(article("Nước sạch về bản Pá Lương"), "utf-8")
    (folder / "page.html").write_text(PAGE, "utf-8")
    (folder / "deep/feed.xml").write_text(ATOM)
    (folder / "deep/er/feed.json").write_text(json.dumps(JSON_FEED))
    (folder / "deep/note.md").write_text(MARKDOWN)
    (folder / "deep/picture.jpg").write_bytes(b"\xff\xd8")
    return folder


def _packed(path: Path, members: dict[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in members.items():
            packed.writestr(name, data)
    return path


@pytest.mark.parametrize("packed", [False, True])
def test_a_folder_of_all_kinds_is_taken_once(old: Path, tmp_path: Path, packed: bool) -> None:
    """Each document gives its articles, with their own dates, and a second import adds nothing."""
    source = old
    if packed:
        members = {
            path.relative_to(tmp_path).as_posix(): path.read_bytes()
            for path in sorted(old.rglob("*"))
            if path.is_file()
        }
        source = _packed(tmp_path / "old.zip", members)
    assert take(tmp_path / "archive", source) == Taken(new=5)
    found = {chain[-1].entry.title: chain[-1] for chain in held(tmp_path / "archive")}
    days = {title: version.key[:10] for title, version in found.items()}
    assert days == {
        "Nước sạch về bản Pá Lương": "2022/01/18",
        "Cầu mới": "2022/01/18",
        "From a feed": "2001/02/03",
        "From a JSON Feed": "2002/02/03",
        "From Markdown": "2003/02/03",
    }
    assert {version.source for version in found.values()} == {"old"}
    assert {version.first_archived for version in found.values()} == {NOW}
    again = take(tmp_path / "archive", source)
    assert again == Taken(unchanged=again.unchanged)


def test_a_file_that_changed_since_is_a_revision(old: Path, tmp_path: Path) -> None:
    """What was imported before under its name gets a new version."""
    take(tmp_path / "archive", old / "a.txt")
    (old / "a.txt").write_text(article("Nước sạch về bản Pá Lương", "Nước chưa về."), "utf-8")
    assert take(tmp_path / "archive", old / "a.txt") == Taken(revised=1)


def test_files_of_one_name_in_two_folders_are_two(tmp_path: Path) -> None:
    """Folders of other names are told apart, and so is a source of the configuration."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.txt").write_text(article(f"Tin của thư mục {name}"), "utf-8")
    config = make_config(tmp_path, Source(name="valley", url=str(tmp_path / "one")))
    with FolderArchive(tmp_path / "archive", writing=True) as archive:
        for name in ("one", "two"):
            intake = Intake(config, archive, now=NOW, name="valley", told=_raise)
            assert intake.take(tmp_path / name) == Taken(new=1)
    assert [chain[-1].source for chain in held(tmp_path / "archive")] == ["valley", "valley"]


def _raise(error: FeedtoolError) -> None:
    raise error


def test_what_fails_is_told_and_the_rest_goes_on(old: Path, tmp_path: Path) -> None:
    """An error names the file."""
    (old / "broken.json").write_text("{")
    (old / "huge.txt").write_bytes(b"a" * 2000)
    (old / "b.jsonl").write_text('{"a": 1}\nno\n\n' + lines.write((make_version(),)).decode())
    told: list[FeedtoolError] = []
    config = make_config(tmp_path, http=Http(max_bytes=1900))
    with FolderArchive(tmp_path / "archive", writing=True) as archive:
        taken = Intake(config, archive, now=NOW, told=told.append).take(old)
    assert taken == Taken(new=6, failed=4)
    reasons = {Path(error.subject).name: error.reason for error in told}
    assert reasons["huge.txt"] == "is longer than 1,900 bytes"
    assert reasons["b.jsonl"].startswith("line 2 is no entry of an archive")
    assert "broken.json" in reasons


def test_what_lies_beside_articles_is_no_article(tmp_path: Path) -> None:
    """The manifest of an archive and the copies of damaged files aren't taken in with it."""
    with FolderArchive(tmp_path / "first", writing=True) as archive:
        archive.put([make_version()])
        [path] = archive.path.rglob("one.json")
    (tmp_path / "first/manifest.sha256").write_text(article("Một"), "utf-8")
    for name in ("one.json.damaged", "one.json.damaged-2", "one.history.jsonl.damaged"):
        path.with_name(name).write_text(article("Hai"), "utf-8")
    told: list[FeedtoolError] = []
    with FolderArchive(tmp_path / "archive", writing=True) as archive:
        taken = Intake(make_config(tmp_path), archive, now=NOW, told=told.append).take(
            tmp_path / "first"
        )
    assert (taken, told) == (Taken(new=1), [])


def test_a_torn_zip_is_told(tmp_path: Path) -> None:
    """A zip that lost its end is called one."""
    whole = _packed(tmp_path / "a.zip", {"a.txt": article("Một")})
    whole.write_bytes(whole.read_bytes()[:-30])
    told: list[FeedtoolError] = []
    with FolderArchive(tmp_path / "archive", writing=True) as archive:
        assert Intake(make_config(tmp_path), archive, now=NOW, told=told.append).take(
            whole
        ) == Taken(failed=1)
    assert told[0].reason == "is a zip that isn't whole: its end is missing"


def test_a_missing_path_is_told(tmp_path: Path) -> None:
    """There is nothing to read."""
    told: list[FeedtoolError] = []
    assert take(tmp_path / "archive", tmp_path / "none", told) == Taken(failed=1)
    assert told[0].reason == "isn't there"


@pytest.fixture
def chain(tmp_path: Path) -> tuple[Version, ...]:
    """Three versions of an entry."""
    with FolderArchive(tmp_path / "made", writing=True) as archive:
        for hour, title in enumerate(("One", "Two", "Three")):
            archive.put([make_version(archive, now=later(hours=hour), title=title)])
        last = archive.get("2022/01/18/one")
        assert last is not None
        return (*archive.history(last.key), last)


@pytest.mark.parametrize("name", ["jsonl", "markdown", "zip", "warc"])
def test_only_later_revisions_are_added(
    name: str, chain: tuple[Version, ...], tmp_path: Path
) -> None:
    """An archive that has the first of them gets the others; an earlier export adds nothing."""
    fill(tmp_path / "whole", (chain,))
    fill(tmp_path / "part", (chain[:1],))
    whole = give(tmp_path / "whole", name, output_of(tmp_path / "w", name))
    part = give(tmp_path / "part", name, output_of(tmp_path / "p", name))
    assert take(tmp_path / "part", whole) == Taken(revised=1)
    assert held(tmp_path / "part") == [chain]
    assert take(tmp_path / "part", part) == Taken(unchanged=1)
    assert held(tmp_path / "part") == [chain]


def _line(path: Path, *chains: tuple[Version, ...]) -> Path:
    path.write_bytes(b"".join(map(lines.write, chains)))
    return path


def test_what_went_another_way_is_kept_as_it_is(chain: tuple[Version, ...], tmp_path: Path) -> None:
    """Versions that are older than the current one aren't put over it; later ones follow it."""
    other = replace(
        chain[1], entry=replace(chain[1].entry, title="Another way"), last_revised=later(days=1)
    )
    other = make_digest(other)
    fill(tmp_path / "archive", ((chain[0], other),))
    path = _line(tmp_path / "a.jsonl", chain)
    assert take(tmp_path / "archive", path) == Taken(unchanged=1)
    late = make_digest(
        replace(chain[2], last_revised=later(days=2), entry=replace(other.entry, title="Late"))
    )
    path = _line(tmp_path / "a.jsonl", (*chain[:2], late))
    assert take(tmp_path / "archive", path) == Taken(revised=1)
    [kept] = held(tmp_path / "archive")
    assert [one.entry.title for one in kept] == ["One", "Another way", "Late"]
    assert [one.revision for one in kept] == [1, 2, 3]


def make_digest(version: Version) -> Version:
    """With the digest that is its entry's."""
    from feedtool.archive import item

    return replace(version, digest=item.digest(version.entry))


def test_a_key_that_another_entry_has_isnt_taken(tmp_path: Path) -> None:
    """The entry that comes later gets a key of its own."""
    fill(tmp_path / "archive", ((make_version(),),))
    other = make_version(id="tag:e.example,2022-01-01:two")
    path = _line(tmp_path / "a.jsonl", (other,))
    assert take(tmp_path / "archive", path) == Taken(new=1)
    keys = {chain[-1].entry.id: chain[-1].key for chain in held(tmp_path / "archive")}
    assert keys[other.entry.id] == "2022/01/18/one-5fd107d5"
    assert take(tmp_path / "archive", path) == Taken(unchanged=1)


def test_an_impossible_key_is_replaced(tmp_path: Path) -> None:
    """No key leads out of the folder."""
    path = _line(tmp_path / "a.jsonl", (replace(make_version(), key="../../x"),))
    assert take(tmp_path / "archive", path) == Taken(new=1)
    assert held(tmp_path / "archive")[0][0].key == "2022/01/18/one"


def test_a_source_with_an_impossible_name_is_refused(tmp_path: Path) -> None:
    """Unless `--source` gives another."""
    path = _line(tmp_path / "a.jsonl", (replace(make_version(), source="../x"),))
    told: list[FeedtoolError] = []
    assert take(tmp_path / "archive", path, told) == Taken(failed=1)
    assert "no possible name" in str(told[0])
    with FolderArchive(tmp_path / "archive", writing=True) as archive:
        intake = Intake(make_config(tmp_path), archive, now=NOW, name="mine", told=_raise)
        assert intake.take(path) == Taken(new=1)


def test_a_history_that_lacks_its_beginning_is_numbered_anew(
    chain: tuple[Version, ...], tmp_path: Path
) -> None:
    """What is there is kept; revisions count from one."""
    assert take(tmp_path / "archive", _line(tmp_path / "a.jsonl", chain[1:])) == Taken(new=1)
    [kept] = held(tmp_path / "archive")
    assert [one.revision for one in kept] == [1, 2]
    with FolderArchive(tmp_path / "archive") as archive:
        assert not [one for one in check.check(archive) if one.is_damage]


@pytest.mark.parametrize("wrong", ["digest", "title"])
def test_an_export_that_somebody_edited_is_a_revision(wrong: str, tmp_path: Path) -> None:
    """In Markdown, as people edit it: the entry is found by its id."""
    version = make_version()
    fill(tmp_path / "archive", ((version,),))
    path = tmp_path / "one.md"
    written = notes.write(version).decode()
    changed = written.replace("Hai.", "Hai, ba.")
    if wrong == "title":
        changed = written.replace('title: "One"', "title: One, mended").replace("\n", "\r\n")
    path.write_text(changed, "utf-8", newline="")
    assert take(tmp_path / "archive", path) == Taken(revised=1)
    [kept] = held(tmp_path / "archive")
    assert kept[-1].entry.content_text == (
        "Một.\n\nHai, ba." if wrong == "digest" else "Một.\n\nHai."
    )
    assert kept[-1].entry.title == ("One" if wrong == "digest" else "One, mended")
    assert take(tmp_path / "archive", path) == Taken(unchanged=1)
    assert take(tmp_path / "other", path) == Taken(new=1)
    with FolderArchive(tmp_path / "other") as archive:
        assert not [one for one in check.check(archive) if one.is_damage]


def test_front_matter_that_cant_be_read_is_told(tmp_path: Path) -> None:
    """By its line."""
    path = tmp_path / "one.md"
    written = notes.write(make_version()).decode()
    path.write_text(written.replace('title: "One"', "title: >\n  One"), "utf-8")
    told: list[FeedtoolError] = []
    assert take(tmp_path / "archive", path, told) == Taken(failed=1)
    assert told[0].reason == "has front matter that can't be read:   One"


def _answer(status: int = 200, kind: str = "text/html; charset=utf-8") -> Exchange:
    return Exchange(status, "OK", (), (("Content-Type", kind),))


def _warc(path: Path, *captures: Any) -> Path:
    path.write_bytes(b"".join(warcfile.export(captures, path.name)))
    return path


def _page(title: str, day: int, status: int = 200, kind: str = "text/html") -> Any:
    body = PAGE.replace("Cầu mới", title).encode()
    return make_capture(
        body,
        url=URL,
        place="tin.example/cau",
        captured=datetime(2022, 2, day, tzinfo=UTC),
        exchange=_answer(status, kind),
    )


def test_recordings_are_read_as_of_when_they_were_made(tmp_path: Path) -> None:
    """Each later recording of a page is a revision; an earlier one changes nothing."""
    path = _warc(
        tmp_path / "a.warc.gz",
        _page("Cầu mới", 1),
        _page("Cầu mới đẹp", 2),
        _page("Lỗi", 3, 500),
        _page("Ảnh", 4, kind="image/png"),
        make_capture(b"User-agent: *", url="https://tin.example/robots.txt", exchange=_answer(),
                     place="tin.example/robots.txt"),
    )  # fmt: skip
    assert take(tmp_path / "archive", path) == Taken(new=1, revised=1)
    [kept] = held(tmp_path / "archive")
    assert [one.entry.title for one in kept] == ["Cầu mới", "Cầu mới đẹp"]
    assert [one.last_revised.day for one in kept] == [1, 2]
    assert kept[-1].first_archived == datetime(2022, 2, 1, tzinfo=UTC)
    for one in kept:
        assert one.capture is not None
        found = Captures(tmp_path / "archive").read(one.capture)
        assert found is not None
        assert (found.captured, found.url) == (one.last_revised, URL)
    assert take(tmp_path / "archive", path) == Taken(unchanged=2)
    packed = _packed(tmp_path / "a.zip", {"a.warc": gzip.decompress(path.read_bytes())})
    assert take(tmp_path / "archive", packed) == Taken(unchanged=2)


def test_a_recording_that_isnt_whole_is_told(tmp_path: Path) -> None:
    """The others are read."""
    path = _warc(tmp_path / "a.warc.gz", _page("Cầu mới", 1), _page("Cầu mới đẹp", 2))
    path.write_bytes(path.read_bytes()[:-20])
    told: list[FeedtoolError] = []
    taken = take(tmp_path / "archive", path, told)
    assert (taken.new, taken.failed) == (1, 1)
    assert told[0].subject == str(path)


def _with_capture(path: Path, body: bytes) -> None:
    with FolderArchive(path, writing=True) as archive:
        capture = make_capture(body, url=URL, place="tin.example/cau")
        [where] = Captures(path).append([Receipt(capture)], date(2022, 5, 4))
        version = make_version(archive, id=f"tag:e.example,2022-01-01:{len(body)}")
        archive.put([replace(version, capture=where)])


def test_captures_of_the_same_name_are_both_kept(tmp_path: Path) -> None:
    """A file of captures is never written over, and none that is another one's is named."""
    _with_capture(tmp_path / "one", b"one")
    _with_capture(tmp_path / "two", b"two, two")
    before = (tmp_path / "two/warc/2022/2022-05-04-0001.warc.gz").read_bytes()
    for source in (tmp_path / "one", give(tmp_path / "one", "zip", tmp_path / "one.zip")):
        assert sum(vars_of(take(tmp_path / "two", source))[:3]) == 1
    assert (tmp_path / "two/warc/2022/2022-05-04-0001.warc.gz").read_bytes().startswith(before)
    for chain in held(tmp_path / "two"):
        where = chain[-1].capture
        found = Captures(tmp_path / "two").read(where) if where else None
        assert found is not None
        assert chain[-1].entry.id.endswith(f":{len(found.body)}")


def vars_of(taken: Taken) -> tuple[int, int, int, int]:
    """The counts."""
    return taken.new, taken.revised, taken.unchanged, taken.failed


def _bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for number in range(3):
            packed.writestr(f"{number}.txt", b"\0" * 100_000_000)


def _hostile(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("../../out.txt", article("Ra ngoài"))
        packed.writestr("/etc/passwd", article("Ra ngoài"))
        link = zipfile.ZipInfo("link.txt")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        packed.writestr(link, "/etc/passwd")
        packed.writestr(".hidden.txt", article("Ẩn"))


def _long_directory(path: Path) -> None:
    record = struct.pack("<LQHHLLQQQQ", 0x06064B50, 44, 45, 45, 0, 0, 1, 1, 1 << 40, 0)
    locator = struct.pack("<LLQL", 0x07064B50, 0, 0, 1)
    end = struct.pack("<LHHHHLLH", 0x06054B50, 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    path.write_bytes(record + locator + end)


def _locked(path: Path) -> None:
    _packed(path, {"a.txt": article("Khoá")})
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\x01\x02")
    data[6] |= 1
    data[at + 8] |= 1
    path.write_bytes(data)


def _torn(path: Path) -> None:
    _packed(path, {"a.txt": article("Rách")})
    data = bytearray(path.read_bytes())
    data[60:70] = bytes(10)
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("make", "failed", "said"),
    [
        (_bomb, 1, "would grow"),
        (_hostile, 3, "leads out of the zip"),
        (_long_directory, 1, "is no whole zip"),
        (_locked, 1, "password"),
        (_torn, 1, "is broken"),
    ],
)
def test_a_hostile_zip_does_no_harm(
    make: Callable[[Path], None], failed: int, said: str, tmp_path: Path
) -> None:
    """What grows, leads elsewhere, is locked or torn is named and left out."""
    path = tmp_path / "in/a.zip"
    path.parent.mkdir()
    make(path)
    told: list[FeedtoolError] = []
    assert take(tmp_path / "archive", path, told) == Taken(failed=failed)
    assert any(said in str(error) for error in told)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["archive", "in"]


def test_a_zip_with_too_long_a_list_of_names_isnt_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would have to be read at once."""
    path = _packed(tmp_path / "a.zip", {f"{number}.txt": "" for number in range(10)})
    monkeypatch.setattr(trees, "_DIRECTORY", 100)
    with pytest.raises(FetchError, match="lists more than 100 bytes"):
        trees.tree(path)


def test_links_are_not_followed(old: Path, tmp_path: Path) -> None:
    """A folder's links to files and folders lead nowhere."""
    (tmp_path / "links").mkdir()
    (tmp_path / "links/a.txt").symlink_to(old / "a.txt")
    (tmp_path / "links/all").symlink_to(old)
    assert take(tmp_path / "archive", tmp_path / "links") == Taken()


def test_a_long_line_is_told_and_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is never read as a whole."""
    monkeypatch.setattr("feedtool.interchange.intake._LINE", 10_000)
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"a" * 50_000 + b"\n" + lines.write((make_version(),)))
    told: list[FeedtoolError] = []
    assert take(tmp_path / "archive", path, told) == Taken(new=1, failed=1)
    assert told[0].reason == "line 1 is longer than 10,000 bytes"


def test_names_of_sources_come_from_paths() -> None:
    """A name that the configuration could have."""
    assert name_of(Path("Old Articles.zip")) == "old-articles"
    assert name_of(Path("2020")) == "import-2020"


def test_the_command_imports(feedtool: Feedtool, old: Path, tmp_path: Path) -> None:
    """It says what became of each path; nothing at all that can be read is bad input."""
    run = feedtool("import", "old")
    assert (run.code, run.out) == (0, "old: 5 new\n")
    assert feedtool("import", "old", "--json").json == [
        {"imported": "old", "new": 0, "revised": 0, "unchanged": 5, "failed": 0}
    ]
    assert feedtool("check").code == 0
    assert feedtool("export", "--output", "all.zip").code == 0
    assert feedtool("import", "all.zip").out == "all.zip: 5 unchanged\n"
    assert feedtool("import", "none").code == 65
    run = feedtool("import", "none", "old")
    assert run.code == 1
    assert "none: isn't there" in run.err
    assert feedtool("import", "old", "--source", "No Name").code == 2
    assert feedtool("import", "old/a.txt", "--source", "mine").code == 0


def test_a_list_of_feeds_gives_sources(feedtool: Feedtool, tmp_path: Path) -> None:
    """As `feedtool add` takes it."""
    Path("list.opml").write_text(
        '<opml version="2.0"><body><outline type="rss" text="A" '
        'xmlUrl="https://a.example/feed"/></body></opml>'
    )
    run = feedtool("import", "list.opml")
    assert run.code == 78
    assert "--contact" in run.err
    written = Path("feedtool.toml").read_text()
    Path("feedtool.toml").write_text(
        written.replace("[site]", '[site]\ncontact = "you@example.org"')
    )
    assert feedtool("import", "list.opml").code == 0
    assert "https://a.example/feed" in Path("feedtool.toml").read_text()


def test_an_open_document_that_fails_is_told(tmp_path: Path) -> None:
    """Whatever the system says against reading."""

    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise OSError(5, "Input/output error")

    document = trees.Document("a", "a", "", 0, opener=Broken)
    with pytest.raises(FetchError, match="Input/output"):
        document.read(10)


def test_what_others_made_is_made_safe(feedtool: Feedtool, tmp_path: Path) -> None:
    """Content of an export that no reader of ours has seen loses scripts and what leads to them."""
    evil = '<p onclick="x()">Một</p><script>alert(1)</script><a href="javascript:x()">hai</a>'
    version = make_version(content_text=None, content_html=evil)
    (tmp_path / "evil.jsonl").write_bytes(lines.write([version]))
    assert feedtool("import", "evil.jsonl").code == 0
    [shown] = feedtool("show", version.key, "--json").json
    assert "Một" in str(shown["content_html"])
    for word in ("script", "onclick", "alert"):
        assert word not in str(shown["content_html"])
    assert feedtool("check").code == 0
