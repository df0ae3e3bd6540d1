"""The archive's format: documented, checkable by others, and readable from the first version on."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedtool import data, sqlite
from feedtool.archive import check, entries, item, state
from feedtool.archive.folder import FolderArchive
from feedtool.archive.migrations import FORMAT, MIGRATIONS, Json, migrated
from feedtool.archive.state import Remembered, State
from feedtool.data import replace
from feedtool.errors import ArchiveError, DamagedError
from feedtool.kept import Location, Withdrawal
from feedtool.manners.standing import Standing
from feedtool.model import Enclosure, Evidence, Person, Published, Validators
from feedtool.settle import settle
from tests.conftest import NOW, ROOT, make_entry, make_version

FORMS = ROOT / "tests/data/archives"
DOC = (ROOT / "docs/archive-format.md").read_text("utf-8")


def _rows(heading: str) -> list[list[str]]:
    """The keys of each table below a heading of the document."""
    section = DOC.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    tables = re.findall(r"(?:^\|.*\n)+", section, re.MULTILINE)
    return [re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) for table in tables]


def test_every_key_is_documented_in_its_order() -> None:
    """The document's two tables have just the keys that an article with every field has."""
    why = Evidence("title", "One", "headline", 0.9)
    entry = make_entry(
        link="https://tin.example/1",
        image="https://tin.example/1.jpg",
        updated=NOW,
        authors=(Person("An", "https://tin.example/an", "an@tin.example"),),
        categories=("a",),
        enclosures=(Enclosure("https://tin.example/1.mp3"),),
        captions=("b",),
        rights="c",
        evidence=(why,),
        rejected=(why,),
    )
    version = replace(
        make_version(),
        entry=entry,
        capture=Location("warc/2022/2022-01-18-0001.warc.gz", 1, 2),
        duplicate_of="2022/01/18/two",
        gone=NOW,
        withdrawn=Withdrawal(NOW, "owner", "d"),
    )
    written = item.to_json(version)
    html = item.to_json(
        replace(version, entry=replace(entry, content_text=None, content_html="<p>"))
    )
    documented, ours = _rows("An article")
    assert [key for key in documented if key in written or key in html] == documented
    assert [key for key in documented if key in written] == list(written)
    assert set(written) | set(html) == set(documented)
    assert ours == list(written["_feedtool"])
    assert f"| `format` | number | {FORMAT} |" in DOC


def test_the_documents_example_of_a_digest_is_right() -> None:
    """Anyone who follows it gets the digest that stands there."""
    [example] = re.findall(r"```json\n(.*?)```", DOC, re.DOTALL)
    [digest] = re.findall(r"^sha256:([0-9a-f]{64})$", DOC, re.MULTILINE)
    [canonical] = re.findall(r"is that of `(\{.*?\})`", DOC)
    assert json.loads(canonical) == json.loads(example)
    assert hashlib.sha256(canonical.encode()).hexdigest() == digest


def _sample() -> Path:
    return next(iter(sorted((ROOT / "archive").glob("2022/01/*/*.json"))))


def test_the_documents_python_checks_a_digest() -> None:
    """The lines that stand there, run as they are, say so of an archived file."""
    [code] = re.findall(r"```python\n(.*?)```", DOC, re.DOTALL)
    run = subprocess.run([sys.executable, "-c", code, str(_sample())], capture_output=True)
    assert run.stdout.split() == [b"True"], run.stderr


@pytest.mark.skipif(not shutil.which("jq"), reason="jq isn't there")
def test_the_documents_shell_line_checks_a_digest(tmp_path: Path) -> None:
    """jq and sha256sum give what the file says."""
    [line] = re.findall(r"```sh\n(jq .*?)\n```", DOC)
    command = re.sub(r"\S+\.json", str(_sample()), line)
    run = subprocess.run(command, shell=True, capture_output=True, text=True)
    said = json.loads(_sample().read_text("utf-8"))["_feedtool"]["digest"]
    assert f"sha256:{run.stdout.split()[0]}" == said


def _copy(form: str, folder: Path) -> Path:
    return Path(shutil.copytree(FORMS / form, folder / "archive"))


_OLD_FILES = ("first", "rejected", "withdrawn")


def test_the_samples_have_the_forms_of_their_time() -> None:
    """The first articles had no `rights` or `rejected`; each form has a sample."""
    keys = {}
    for form in _OLD_FILES:
        lines = (FORMS / form / "2022/03/01/ferry-returns.history.jsonl").read_text("utf-8")
        lamp = (FORMS / form / "2022/03/02/lamp-of-the-quay-lit.json").read_text("utf-8")
        keys[form] = set(json.loads(lines)["_feedtool"]), set(json.loads(lamp)["_feedtool"])
    assert not {"rights", "rejected"} & keys["first"][0]
    assert "rejected" not in keys["first"][1]
    assert "rejected" in keys["rejected"][1]
    assert {"withdrawn", "gone", "duplicate_of"} <= keys["withdrawn"][1]
    assert sorted(path.name for path in FORMS.iterdir()) == sorted(_OLD_FILES)


@pytest.mark.parametrize("form", _OLD_FILES)
def test_archives_of_all_times_are_read(form: str, tmp_path: Path) -> None:
    """An archive of an earlier form opens, lists what it holds and is found whole."""
    path = _copy(form, tmp_path)
    for writing in (False, True):
        with FolderArchive(path, writing=writing) as archive:
            titles = [version.entry.title for version in archive.newest()]
            lit = archive.get("2022/03/02/lamp-of-the-quay-lit")
            ferry = archive.get("2022/03/01/ferry-returns")
            assert lit is not None
            assert ferry is not None
            assert titles[-1:] == ["Ferry returns on Monday"]
            assert (lit.withdrawn is not None) == (form == "withdrawn")
            assert lit.entry.published == Published.on(date(2022, 3, 2))
            assert ferry.entry.rights == "© Lantern"
            [first] = archive.history(ferry.key)
            assert (first.entry.title, first.entry.rights) == ("Ferry returns", None)
            assert first.entry.authors == (Person("Odile Marsh", None, "odile@lantern.example"),)
            assert first.entry.enclosures[0].type == "audio/mpeg"
            assert not [found for found in check.check(archive) if found.is_damage]


@pytest.mark.parametrize("form", _OLD_FILES)
def test_archives_of_all_times_go_on(form: str, tmp_path: Path) -> None:
    """An article of an earlier form is found by its id, revised, and keeps what it said."""
    with FolderArchive(_copy(form, tmp_path), writing=True) as archive:
        old = archive.find("tag:lantern.example,2022-03-01:quay/ferry-returns.txt")
        assert old is not None
        earlier = archive.history(old.key)
        _, version = settle(
            replace(old.entry, title="Ferry returns on Tuesday"),
            old=old,
            source="quay",
            now=NOW,
            zone=UTC,
            taken=bool,
        )
        archive.put([version])
        assert archive.get(old.key) == version
        assert archive.history(old.key) == (*earlier, old)
        assert version.revision == 3
        assert not list(check.check(archive))


def test_a_newer_format_is_refused_and_left(tmp_path: Path) -> None:
    """Its file is named, with the way out, and stays as it is; the others are served."""
    path = _copy("first", tmp_path)
    file = path / "2022/03/02/lamp-of-the-quay-lit.json"
    newer = file.read_text("utf-8").replace('"format": 1', '"format": 3')
    file.write_text(newer, "utf-8")
    with FolderArchive(path, writing=True) as archive:
        with pytest.raises(DamagedError, match=r"format 3; this feedtool reads up to 1: get a"):
            archive.get("2022/03/02/lamp-of-the-quay-lit")
        assert len(list(archive.newest())) == 1
    assert file.read_text("utf-8") == newer


@pytest.mark.parametrize("wrong", [0, -1, True, "1", None, 1.0])
def test_what_is_in_no_format_is_refused(wrong: object) -> None:
    """A format is a number from 1."""
    with pytest.raises(ValueError, match="is in no format"):
        migrated({"_feedtool": {"format": wrong}})


def test_migrations_lead_from_each_format_to_the_latest() -> None:
    """There is one for each format but the latest, and they are applied in turn."""
    assert set(MIGRATIONS) == set(range(1, FORMAT))

    def second(found: Json) -> Json:
        return {**found, "title": found.get("name")}

    def third(found: Json) -> Json:
        return {**found, "title": found["title"].upper()}

    steps = {1: second, 2: third}
    first = {"name": "a", "_feedtool": {"format": 1}}
    assert migrated(first, steps, 3)["title"] == "A"
    assert migrated({"title": "a", "_feedtool": {"format": 2}}, steps, 3)["title"] == "A"
    assert migrated({"title": "a", "_feedtool": {"format": 3}}, steps, 3)["title"] == "a"


_STATES: Mapping[int, str] = {
    1: """
CREATE TABLE place (
    source TEXT NOT NULL, place TEXT NOT NULL, settings TEXT NOT NULL, id TEXT,
    etag TEXT, last_modified TEXT, body TEXT, PRIMARY KEY (source, place)
) WITHOUT ROWID;
CREATE INDEX place_by_id ON place (source, id);
CREATE TABLE due (source TEXT PRIMARY KEY, due INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO place VALUES ('quay', 'a.txt', 's', 'tag:a', 'e', 'l', 'b');
INSERT INTO due VALUES ('quay', 1651633321);
PRAGMA user_version = 1;
""",
    4: """
CREATE TABLE place (
    source TEXT NOT NULL, place TEXT NOT NULL, settings TEXT NOT NULL, id TEXT,
    etag TEXT, last_modified TEXT, body TEXT, pieces TEXT NOT NULL,
    PRIMARY KEY (source, place)
) WITHOUT ROWID;
CREATE INDEX place_by_id ON place (source, id);
CREATE TABLE standing (
    source TEXT PRIMARY KEY, failures INTEGER NOT NULL, not_before INTEGER, gone INTEGER NOT NULL,
    succeeded INTEGER, trouble TEXT
) WITHOUT ROWID;
CREATE TABLE due (source TEXT PRIMARY KEY, due INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO place VALUES ('quay', 'a.txt', 's', 'tag:a', 'e', 'l', 'b', 'p q');
INSERT INTO standing VALUES ('mill', 2, 1651633321, 1, 1651630000, 'HTTP 410');
INSERT INTO standing VALUES ('weir', 0, NULL, 0, NULL, NULL);
INSERT INTO due VALUES ('quay', 1651633321), ('weir', 1651633321);
PRAGMA user_version = 4;
""",
}


def _made(path: Path, script: str) -> Path:
    database = sqlite3.connect(path)
    database.executescript(script)
    database.close()
    return path


@pytest.mark.parametrize("version", _STATES)
def test_what_is_remembered_outlives_a_new_version(version: int, tmp_path: Path) -> None:
    """A memory of an earlier version is taken over: which entry a place holds, when to ask."""
    path = _made(tmp_path / "state.sqlite", _STATES[version])
    for _ in range(2):
        memory = State(path, writing=True)
        pieces = frozenset("pq" if version == 4 else ())
        known = Remembered("s", "tag:a", Validators("e", "l", "b"), pieces)
        assert memory.recall("quay", "a.txt") == known
        assert memory.places("quay", "tag:a") == ["a.txt"]
        when = datetime.fromtimestamp(1651633321, UTC)
        assert memory.standing("quay") == Standing(due=when)
        if version == 4:
            assert memory.standing("weir") == Standing(due=when)
            assert memory.standing("mill") == Standing(
                failures=2,
                trouble="HTTP 410",
                gone=True,
                not_before=when,
                succeeded=datetime.fromtimestamp(1651630000, UTC),
            )
        assert memory.robots("tin.example") is None
        memory.close()


def test_the_memory_has_a_step_from_each_version() -> None:
    """From the first to the one before the latest."""
    assert set(state.MIGRATIONS) == set(range(1, state.SCHEMA_VERSION))


_NOTE = "CREATE TABLE note (words TEXT); PRAGMA user_version = {};"


def _words(database: sqlite3.Connection) -> list[tuple[object, ...]]:
    found = database.execute("SELECT * FROM note").fetchall()
    database.close()
    return found


def test_a_made_up_step_keeps_what_is_there(tmp_path: Path) -> None:
    """Two steps are taken at once; reading alone takes none."""
    schema = "CREATE TABLE note (words TEXT, again TEXT, third TEXT); PRAGMA user_version = 3;"
    steps = {
        1: "ALTER TABLE note ADD COLUMN again TEXT; UPDATE note SET again = words || '!';",
        2: "ALTER TABLE note ADD COLUMN third TEXT;",
    }
    path = _made(tmp_path / "a.sqlite", _NOTE.format(1) + "INSERT INTO note VALUES ('a');")
    before = path.read_bytes()
    assert _words(sqlite.connect(path, schema, 3, writing=False, migrations=steps)) == []
    assert path.read_bytes() == before
    for _ in range(2):
        database = sqlite.connect(path, schema, 3, writing=True, migrations=steps)
        assert _words(database) == [("a", "a!", None)]
    assert _words(sqlite.connect(path, schema, 3, writing=False)) == [("a", "a!", None)]


@pytest.mark.parametrize("steps", [{}, {2: ""}, {1: "", 2: "DROP TABLE nothing;"}])
def test_where_no_step_leads_on_it_is_made_anew(steps: dict[int, str], tmp_path: Path) -> None:
    """A step that is missing, or is not for what lies there, costs what is remembered alone."""
    path = _made(tmp_path / "a.sqlite", _NOTE.format(1) + "INSERT INTO note VALUES ('a');")
    schema = _NOTE.format(3)
    assert _words(sqlite.connect(path, schema, 3, writing=True, migrations=steps)) == []


def test_a_step_is_all_or_nothing(tmp_path: Path) -> None:
    """Where the disk fails within a step, what is remembered stays as it was, and an error says
    so."""
    path = _made(tmp_path / "a.sqlite", _NOTE.format(1) + "INSERT INTO note VALUES ('a');")
    steps = {1: "UPDATE note SET words = 'b';"}
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("PRAGMA query_only = 1")
    other.execute("BEGIN")
    other.execute("SELECT * FROM note").fetchall()
    busy, sqlite._BUSY_SECONDS = sqlite._BUSY_SECONDS, 0.01
    try:
        with pytest.raises(ArchiveError, match="can't be used"):
            sqlite.connect(path, _NOTE.format(2), 2, writing=True, migrations=steps)
    finally:
        sqlite._BUSY_SECONDS = busy
        other.close()
    assert _words(sqlite.connect(path, _NOTE.format(2), 2, writing=True, migrations=steps)) == [
        ("b",)
    ]


_WRITTEN = st.recursive(
    st.text(st.characters(exclude_categories=["Cs"])) | st.integers(0, 1 << 80),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(codec="ascii"), max_size=5), inner, max_size=4)
    ),
    max_leaves=8,
)


@given(_WRITTEN)
def test_digests_are_of_what_the_standard_library_writes(value: object) -> None:
    """Canonical JSON has the bytes of sorted and unspaced `json.dumps`, whatever is in it."""
    plain = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert data.canonical(value) == plain.encode()


def test_a_file_that_grows_while_it_is_read_is_read_to_its_end(tmp_path: Path) -> None:
    """What was added to a file since its size was asked for is read too."""
    path = tmp_path / "grown"
    path.write_bytes(b"0123456789")
    for size in (3, 9, 10, 20):
        opened = os.open(path, os.O_RDONLY)
        assert entries._whole(opened, size) == b"0123456789"
        os.close(opened)
