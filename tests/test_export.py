"""Export: JSON Lines, Markdown, WARC and zip, and that importing them gives the same archive."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedtool.archive import check, item
from feedtool.archive.captures import Captures
from feedtool.archive.folder import FolderArchive
from feedtool.archive.query import parse
from feedtool.data import replace
from feedtool.errors import FeedtoolError
from feedtool.interchange import export, lines, notes
from feedtool.interchange.intake import Intake, Taken
from feedtool.interchange.lines import Chain
from feedtool.kept import Receipt, Version, Withdrawal
from feedtool.model import Enclosure, Entry, Evidence, Person, Published, Source
from feedtool.read import prose
from feedtool.read.markup import sanitise
from tests.cli import Feedtool
from tests.conftest import NOW, later, make_capture, make_config, make_version

FORMATS = ("jsonl", "markdown", "zip", "warc", "markdown.zip")
_WORDS = st.text(
    st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from("\\`*_[]<>&#+-.!|~: \n\t"),
    max_size=40,
)
_SAYS = _WORDS.map(lambda words: f"a{words}")
_URLS = st.sampled_from(("https://a.example/", "http://b.example/x?y=1#z", "https://c.example/ü"))
_OFFSETS = (UTC, timezone(timedelta(hours=7)), timezone(timedelta(hours=-3, minutes=-30)))
_TIMES = st.builds(
    datetime.fromtimestamp, st.integers(-2_000_000_000, 4_000_000_000), st.sampled_from(_OFFSETS)
)
_EVIDENCE = st.builds(
    Evidence,
    st.sampled_from(("title", "authors", "published", "summary")),
    _SAYS,
    _SAYS,
    st.floats(0, 1),
)


def _unique(found: list[Evidence]) -> tuple[Evidence, ...]:
    return tuple({one.field: one for one in found}.values())


def _grouped(found: list[Evidence]) -> tuple[Evidence, ...]:
    fields = list(dict.fromkeys(one.field for one in found))
    return tuple(sorted(found, key=lambda one: fields.index(one.field)))


def _entries(number: int) -> st.SearchStrategy[Entry]:
    bodies = st.tuples(st.sampled_from(("content_html", "content_text", None)), _SAYS)
    made = st.builds(
        Entry,
        id=st.just(f"tag:example.org,2022-01-01:valley/{number}"),
        title=_SAYS,
        link=st.none() | _URLS,
        published=_TIMES.map(Published.at)
        | st.dates(date(1901, 1, 1), date(2100, 1, 1)).map(Published.on),
        updated=_TIMES,
        authors=st.lists(
            st.builds(Person, _SAYS, st.none() | _URLS, st.none() | st.just("a@b.example"))
        ).map(tuple),
        summary=st.none() | _SAYS,
        categories=st.lists(_SAYS).map(tuple),
        image=st.none() | _URLS,
        enclosures=st.lists(
            st.builds(
                Enclosure,
                _URLS,
                st.none() | st.just("audio/mpeg"),
                st.none() | st.integers(0, 10**12),
                st.none() | _SAYS,
            )
        ).map(tuple),
        captions=st.lists(_SAYS).map(tuple),
        language=st.none() | st.just("vi-VN"),
        rights=st.none() | _SAYS,
        evidence=st.lists(_EVIDENCE).map(_unique),
        rejected=st.lists(_EVIDENCE).map(_grouped),
    )
    return st.builds(_with_body, made, bodies)


def _with_body(entry: Entry, body: tuple[str | None, str]) -> Entry:
    """The entry with content as an archive holds it: HTML that may be published."""
    name, words = body
    if name == "content_html":
        words = sanitise(words, entry.link)
    return replace(entry, **{name: words}) if name else entry


@st.composite
def _chains(draw: st.DrawFn, number: int) -> Chain:
    """Versions of one entry as an archive may hold them."""
    seconds = draw(st.integers(1_000_000_000, 1_800_000_000))
    when = datetime.fromtimestamp(seconds, UTC)
    first = when.replace(microsecond=0)
    chain: list[Version] = []
    key = ""
    for revision in range(1, draw(st.integers(1, 3)) + 1):
        entry = draw(_entries(number))
        assert entry.published is not None
        key = key or f"{entry.published.day:%Y/%m/%d}/entry-{number}"
        when = first + timedelta(hours=revision - 1)
        said = st.sampled_from(("owner", "source"))
        withdrawn = st.builds(Withdrawal, st.just(when), said, _WORDS, st.booleans())
        chain.append(
            Version(
                key=key,
                source="valley",
                entry=entry,
                digest=item.digest(entry),
                revision=revision,
                first_archived=first,
                last_revised=when,
                date_guessed=draw(st.booleans()),
                withdrawn=draw(st.none() | withdrawn),
                gone=draw(st.none() | st.just(when)),
                duplicate_of=draw(st.none() | st.just("2022/01/18/other")),
            )
        )
    return tuple(chain)


_ARCHIVES = st.tuples(_chains(1), _chains(2))


def _raise(error: FeedtoolError) -> None:
    raise error


def fill(path: Path, chains: tuple[Chain, ...]) -> None:
    """Make an archive that holds these."""
    with FolderArchive(path, writing=True) as archive:
        for chain in chains:
            for version in chain:
                archive.put([version])


def held(path: Path) -> list[Chain]:
    """All that an archive holds."""
    with FolderArchive(path) as archive:
        return list(export.chains(archive, _raise))


def give(path: Path, name: str, output: Path) -> Path:
    """Export an archive in the format of this name; return where it is."""
    with FolderArchive(path) as archive:
        found = export.chains(archive, _raise)
        if name == "markdown":
            output.mkdir(parents=True)
            export.to_folder(found, output)
            return output
        output.parent.mkdir(parents=True, exist_ok=True)
        with output.open("wb") as out:
            if name == "jsonl":
                export.to_lines(found, out)
            elif name == "warc":
                export.to_warc(
                    found, out, "out.warc.gz", archive=archive, authority="tin.example", told=_raise
                )
            else:
                markdown = name.startswith("markdown")
                export.to_zip(found, out, markdown=markdown, captures=path)
    return output


def take(path: Path, source: Path, told: list[FeedtoolError] | None = None) -> Taken:
    """Import `source` into the archive at `path`."""
    config = make_config(path)
    with FolderArchive(path, writing=True) as archive:
        tell = _raise if told is None else told.append
        return Intake(config, archive, now=NOW, told=tell).take(source)


_SUFFIX = {"jsonl": ".jsonl", "markdown": "", "zip": ".zip", "warc": ".warc.gz"}


def output_of(folder: Path, name: str) -> Path:
    """Where an export goes in a test."""
    return folder / f"out{_SUFFIX.get(name, '.zip')}"


def _bytes(path: Path) -> dict[str, bytes]:
    found = sorted(path.rglob("*")) if path.is_dir() else [path]
    return {
        one.relative_to(path.parent).as_posix(): one.read_bytes() for one in found if one.is_file()
    }


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=10)  # each makes two archives
@given(chains=_ARCHIVES)
def test_import_then_export_loses_no_field(
    name: str, chains: tuple[Chain, ...], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever fields entries have and whatever their history, an empty archive that takes in what
    another gave holds the same versions, and gives the same bytes."""
    folder = tmp_path_factory.mktemp("archives")
    fill(folder / "one", chains)
    kept = held(folder / "one")
    assert kept == sorted(chains, key=lambda chain: chain[-1].key)
    first = give(folder / "one", name, output_of(folder / "first", name))
    taken = take(folder / "two", first)
    assert taken == Taken(new=len(chains))
    assert held(folder / "two") == kept
    second = give(folder / "two", name, output_of(folder / "second", name))
    assert _bytes(first) == _bytes(second)
    assert take(folder / "two", first) == Taken(unchanged=len(chains))
    with FolderArchive(folder / "two") as archive:
        assert not [one for one in check.check(archive) if one.is_damage]


@given(_WORDS | _SAYS)
def test_markdown_gives_plain_text_back(words: str) -> None:
    """What is escaped for Markdown comes back letter by letter."""
    assert notes.unescaped(notes.escaped(words)) == words


def test_markdown_reads_as_the_text() -> None:
    """No sign of a plain text becomes a mark of Markdown."""
    plain = "# no heading\n1. no list\n- none\n\n    no code *nor* _emphasis_ a_b <b> &amp; [x](y)"
    assert notes.escaped(plain) == (
        "\\# no heading\\\n1\\. no list\\\n\\- none\n\n"
        "&#32;   no code \\*nor\\* \\_emphasis\\_ a_b \\<b> \\&amp; \\[x\\](y)"
    )


def test_markdown_is_what_people_and_site_makers_read() -> None:
    """Front matter of a line each, and the text below."""
    written = notes.write(make_version()).decode()
    assert written.startswith(
        '---\ntitle: "One"\ndate_published: "2022-01-18T12:00:00Z"\n'
        'date_modified: "2022-01-18T12:00:00Z"\nauthors: [{"name": "Hoài An"}]\n'
    )
    assert written.endswith("}\n---\n\nMột.\n\nHai.\n")


def test_our_markdown_is_read_as_any_other() -> None:
    """Dropped into an inbox, an exported article gives what it said."""
    text = "Sáng nay người dân *trong xã* đi chợ qua cầu mới.\n\nCầu dài bốn mươi mét, rộng ba mét."
    version = make_version(
        link="https://tin.example/1",
        title='Nói "một"',
        categories=("a, b", "c"),
        summary="Nó nói: [một].",
        content_text=text,
    )
    capture = make_capture(notes.write(version), url="a.md", place="a.md")
    [entry] = prose.read(capture, Source(name="valley", url="a.md")).entries
    for field in ("link", "title", "authors", "categories", "summary", "content_text", "language"):
        assert getattr(entry, field) == getattr(version.entry, field), field
    assert entry.updated == version.entry.updated


def test_front_matter_holds_no_line_break_of_yaml() -> None:
    """What YAML 1.1 takes for the end of a line is escaped."""
    version = make_version(summary="a\u2028b", title="x")
    written = notes.write(replace(version, source="\x85\u2029")).decode()
    assert not {"\x85", "\u2028", "\u2029"} & set(written)
    assert notes.read(written).source == "\x85\u2029"


def test_a_line_is_the_item_with_its_history() -> None:
    """An entry is one line, its earlier versions in it."""
    first = make_version()
    second = replace(first, revision=2)
    found = json.loads(lines.write((first, second)))
    assert found == {
        **item.to_json(second),
        "_feedtool": {**item.to_json(second)["_feedtool"], "history": [item.to_json(first)]},
    }


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """An archive of two entries, one with a history and a capture."""
    path = tmp_path / "archive"
    with FolderArchive(path, writing=True) as archive:
        archive.put([make_version(archive)])
        archive.put([make_version(archive, now=later(hours=1), title="Một, sửa")])
        captures = Captures(path)
        capture = make_capture(PAGE.encode(), url=URL, place="tin.example/cau", source="bridges")
        [where] = captures.append([Receipt(capture)], NOW.date())
        version = make_version(
            archive,
            id="tag:tin.example,2022-05-04:bridges/tin.example/cau",
            title="Cầu mới",
            link=URL,
        )
        archive.put([replace(version, source="bridges", capture=where)])
    return path


URL = "https://tin.example/cau"
PAGE = (
    "<!doctype html><html lang=vi><head><title>Cầu mới</title>"
    '<meta property="article:published_time" content="2022-01-18T08:00:00+07:00"></head><body>'
    "<article><h1>Cầu mới</h1><p>Sáng nay, người dân trong xã đi qua cây cầu mới để ra chợ, "
    "sau hơn một năm chờ đợi.</p><p>Cây cầu dài bốn mươi mét, do dân góp công và huyện góp "
    "xi măng, nay đã xong.</p></article></body></html>"
)


def test_a_zip_of_a_whole_archive_has_its_captures(filled: Path, tmp_path: Path) -> None:
    """Unpacked, it is the archive; imported, captures lie where they lay."""
    path = give(filled, "zip", tmp_path / "out.zip")
    with zipfile.ZipFile(path) as packed:
        packed.extractall(tmp_path / "unpacked")
    assert held(tmp_path / "unpacked") == held(filled)
    for given_ in (path, tmp_path / "unpacked"):
        target = tmp_path / f"from-{given_.name}"
        assert take(target, given_) == Taken(new=2)
        assert held(target) == held(filled)
        [where] = [chain[-1].capture for chain in held(target) if chain[-1].capture]
        found = Captures(target).read(where)
        assert found is not None
        assert found.body == PAGE.encode()


def test_a_zip_of_a_choice_has_no_captures(filled: Path, tmp_path: Path) -> None:
    """They lie with those of others: WARC is the format for some."""
    with FolderArchive(filled) as archive, (tmp_path / "a.zip").open("wb") as out:
        export.to_zip(export.chains(archive, _raise, sources=["bridges"]), out)
    with zipfile.ZipFile(tmp_path / "a.zip") as packed:
        [name] = packed.namelist()
        assert json.loads(packed.read(name))["_feedtool"]["capture"] is None


def test_a_zip_has_no_time_of_its_own(filled: Path, tmp_path: Path) -> None:
    """The same archive gives the same bytes."""
    first, second = io.BytesIO(), io.BytesIO()
    with FolderArchive(filled) as archive:
        for out in (first, second):
            export.to_zip(export.chains(archive, _raise), out, captures=filled)
    assert first.getvalue() == second.getvalue()


def test_a_warc_has_the_captures_and_else_the_entries(filled: Path, tmp_path: Path) -> None:
    """What was captured is read again from it, as of when it was; the rest is exact."""
    path = give(filled, "warc", tmp_path / "out.warc.gz")
    assert take(tmp_path / "other", path) == Taken(new=2)
    found = {chain[-1].entry.title: chain for chain in held(tmp_path / "other")}
    [exact] = [one for one in held(filled) if one[-1].source == "valley"]
    assert found["Một, sửa"] == exact
    [again] = found["Cầu mới"]
    assert (again.source, again.first_archived) == ("bridges", NOW)
    assert again.entry.link == URL
    assert again.entry.content_html is not None
    assert "bốn mươi mét" in again.entry.content_html
    assert take(tmp_path / "other", path) == Taken(unchanged=2)


def test_entries_are_chosen(filled: Path) -> None:
    """By source, by a query, by both."""

    def chosen(words: str | None, *sources: str) -> Iterator[str]:
        query = parse(words) if words else None
        for chain in export.chains(archive, _raise, query, sources):
            yield chain[-1].entry.title

    with FolderArchive(filled) as archive:
        assert list(chosen(None, "bridges")) == ["Cầu mới"]
        assert list(chosen("cau moi")) == ["Cầu mới"]
        assert list(chosen("cau moi", "valley")) == []


def test_a_damaged_entry_is_told_and_left_out(filled: Path) -> None:
    """The others are exported all the same."""
    (filled / "2022/01/18/one.json").write_text("{")
    told: list[FeedtoolError] = []
    with FolderArchive(filled) as archive:
        assert len(list(export.chains(archive, told.append))) == 1
    assert len(told) == 1


def test_the_command_exports(feedtool: Feedtool, inbox: Path, tmp_path: Path) -> None:
    """To stdout as lines, and in each format into what `--output` names."""
    assert feedtool("collect").code == 0
    run = feedtool("export")
    assert run.code == 0
    [found] = run.json
    assert found["title"] == "Nước sạch về bản Pá Lương"
    unknown = feedtool("export", "--source", "other")
    assert (unknown.code, unknown.out) == (2, "")
    assert "other: is no source; known are valley" in unknown.err
    for output in ("a.jsonl", "a.zip", "a.warc.gz"):
        assert feedtool("export", "--output", output).out == f"{output}: 1 entry\n"
        assert (tmp_path / output).stat().st_size
    assert feedtool("export", "--format", "markdown", "--output", "notes").code == 0
    assert (tmp_path / "notes/2022/01/18/nuoc-sach-ve-ban-pa-luong.md").is_file()
    assert feedtool("export", "--format", "markdown", "--output", "notes.zip").code == 0
    with zipfile.ZipFile("notes.zip") as packed:
        assert packed.namelist() == ["2022/01/18/nuoc-sach-ve-ban-pa-luong.md"]
    run = feedtool("export", "--json", "--output", "b.jsonl", "nuoc")
    assert run.json == [{"exported": "b.jsonl", "format": "jsonl", "entries": 1}]
    assert feedtool("export", "nothing-of-this").out == ""


def test_the_command_overwrites_no_folder(feedtool: Feedtool, inbox: Path, tmp_path: Path) -> None:
    """A folder that isn't empty is left as it is."""
    feedtool("collect")
    run = feedtool("export", "--format", "markdown", "--output", "inbox")
    assert run.code == 2
    assert [path.name for path in inbox.iterdir()] == ["a.txt"]
    assert feedtool("export", "--format", "zip").code == 2


def test_a_failed_export_leaves_nothing(
    feedtool: Feedtool, inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file or folder has its name only when it is whole."""
    feedtool("collect")

    def broken(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    before = sorted(path.name for path in tmp_path.iterdir())
    monkeypatch.setattr("feedtool.interchange.lines.write", broken)
    monkeypatch.setattr("feedtool.interchange.notes.write", broken)
    for arguments in (("--output", "a.jsonl"), ("--format", "markdown", "--output", "notes")):
        run = feedtool("export", *arguments)
        assert run.code == 74
        assert "No space left" in run.err
    assert sorted(path.name for path in tmp_path.iterdir()) == before
