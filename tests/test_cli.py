"""The command line, end to end: files in, files and exit codes out."""

from __future__ import annotations

import errno
import io
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from feedtool import files
from feedtool.cli import main as cli
from feedtool.cli.context import Context
from feedtool.cli.progress import Progress
from feedtool.errors import OutputError
from feedtool.lease import Lease
from tests.cli import CONFIG, Feedtool
from tests.conftest import ROOT, Server, article, snapshot

KEY = "2022/01/18/nuoc-sach-ve-ban-pa-luong"


def _written(folder: Path) -> dict[str, tuple[int, bytes]]:
    """All files below a folder but the memory of when sources were looked at."""
    found = snapshot(folder)
    return {path: told for path, told in found.items() if "/.feedtool/state.sqlite" not in path}


def test_a_round_ends_in_a_feed(feedtool: Feedtool, inbox: Path) -> None:
    """`run` archives what is in the inbox and publishes it; the second time, nothing changes."""
    first = feedtool("run")
    assert (first.code, first.err) == (0, "")
    assert first.out.startswith(f"valley: 1 new\n  new      {KEY}  Nước sạch")
    assert "published 16 files" in first.out
    before = _written(inbox.parent)
    second = feedtool("run")
    assert (second.code, second.out.splitlines()[0]) == (0, "valley: 1 unchanged")
    assert "is unchanged" in second.out
    assert _written(inbox.parent) == before


def test_the_halves_run_alone(feedtool: Feedtool, inbox: Path) -> None:
    """`collect` and `publish` do what `run` does; all print JSON where that is asked for."""
    [outcome] = feedtool("collect", "--json").json
    assert outcome == {
        "source": "valley",
        "new": [KEY],
        "revised": [],
        "unchanged": 0,
        "skipped": [],
        "error": None,
        "waits": None,
        "due": "2022-05-04T04:02:01Z",
        "purged": 0,
        "alarms": [],
    }
    [publication] = feedtool("--json", "publish").json
    assert f"{KEY}.html" in publication["written"]  # type: ignore[operator]
    assert feedtool("publish", "--all").out.startswith("published nothing")
    outcome, publication = feedtool("run", "valley", "--json").json
    assert (outcome["unchanged"], publication["written"]) == (1, [])


def test_an_edit_is_told(feedtool: Feedtool, inbox: Path) -> None:
    """A changed file is shown as revised, under the key that it has had."""
    feedtool("run")
    (inbox / "a.txt").write_text(article("Nước sạch đã về bản"), "utf-8")
    assert f"valley: 1 revised\n  revised  {KEY}  Nước sạch đã về bản\n" in feedtool("run").out
    shown = feedtool("show", KEY)
    assert "revision   2, of 2022-05-04" in shown.out
    assert "earlier    1" in shown.out


def test_a_list_that_goes_on_says_so(feedtool: Feedtool, inbox: Path) -> None:
    """Where more follows than was asked for, the way on is told, which ends at the last one."""
    (inbox / "b.txt").write_text(article("Chợ phiên họp lại"), "utf-8")
    feedtool("collect")
    first = feedtool("list", "--limit", "1")
    key = first.out.split()[-1]
    assert first.err == f"feedtool: there is more; it follows with --after {key}\n"
    second = feedtool("list", "--limit", "1", "--after", key)
    assert (len(second.out.splitlines()), second.err) == (2, "")
    assert feedtool("list", "--limit", "2").err == ""


def test_list_and_show(feedtool: Feedtool, inbox: Path) -> None:
    """The archive is looked into by day, title, author and key; unknown keys are usage errors."""
    feedtool("run")
    assert feedtool("list").out == (
        f"2022-01-18  Nước sạch về bản Pá Lương — HOÀI AN\n            {KEY}\n"
    )
    assert feedtool("list", "--source", "valley").out == feedtool("list").out
    other = feedtool("list", "--source", "other")
    assert (other.code, other.out) == (2, "")
    assert "is no source; known are valley" in other.err
    [item] = feedtool("list", "--limit", "5", "--json").json
    assert item["title"] == "Nước sạch về bản Pá Lương"
    shown = feedtool("show", KEY).out
    assert "authors    HOÀI AN" in shown
    assert "published by dateline" in shown
    assert feedtool("show", KEY, "--json").json == [item]
    missing = feedtool("show", "2022/01/18/none")
    assert (missing.code, missing.out) == (2, "")
    assert "is no key of the archive" in missing.err


def test_what_is_least_sure_is_for_review(feedtool: Feedtool, inbox: Path) -> None:
    """`list --review` gives what wants a person's eye, and says why."""
    (inbox / "b.txt").write_text("Chợ phiên họp lại\n\nBà con rất vui, hàng bán nhiều.\n", "utf-8")
    feedtool("run")
    listed = feedtool("list", "--review").out
    assert "Chợ phiên họp lại" in listed
    assert "no date found: dated by when it was first seen" in listed
    assert "Nước sạch" not in listed
    (inbox.parent / "feedtool.toml").write_text(CONFIG + "\n[archive]\nreview_below = 0.99\n")
    assert "Nước sạch" in feedtool("list", "--review").out


def test_show_explains_what_lost(feedtool: Feedtool, inbox: Path) -> None:
    """`show --explain` gives for each field what won and what lost, with the reason."""
    feedtool("run")
    shown = feedtool("show", KEY, "--explain").out
    assert "published  2022-01-18\n  won    " in shown
    assert "dateline: TNS-Sáng 18/1/2022" in shown


def test_an_undated_article_says_so(feedtool: Feedtool, inbox: Path) -> None:
    """No date found is told with the day it was first seen."""
    (inbox / "a.txt").write_text("Chợ phiên họp lại\n\nBà con rất vui, hàng bán nhiều.\n", "utf-8")
    feedtool("run")
    [item] = feedtool("list", "--json").json
    key = item["_feedtool"]["key"]  # type: ignore[index]
    assert "2022-05-04 (first seen; no date found)" in feedtool("show", str(key)).out


def test_check_and_reindex(feedtool: Feedtool, inbox: Path) -> None:
    """A whole archive is proven; damage is named with exit 65, and left out of the index."""
    feedtool("run")
    whole = feedtool("check")
    assert (whole.code, whole.out.strip()) == (
        0,
        f"{inbox.parent / 'archive'}: 1 entries, no damage found",
    )
    assert feedtool("check", "--json").out == ""
    assert "1 entries indexed, none left out" in feedtool("reindex").out
    (inbox.parent / f"archive/{KEY}.json").write_bytes(b"{")
    damaged = feedtool("check", "--json")
    assert (damaged.code, damaged.json[0]["problem"]) == (65, "damaged")
    assert feedtool("check").code == 65
    again = feedtool("reindex", "--json")
    assert again.code == 65
    assert again.json[0]["entries"] == 0
    assert "is not whole JSON" in again.err


def test_extract_shows_the_evidence(feedtool: Feedtool, inbox: Path) -> None:
    """What would be read, for people and as JSON; nothing is written."""
    before = _written(inbox.parent)
    [item] = feedtool("extract", "inbox/a.txt", "--json").json
    assert item["title"] == "Nước sạch về bản Pá Lương"
    assert item["authors"] == [{"name": "HOÀI AN"}]
    assert (item["input"], item["kind"]) == ("inbox/a.txt", "prose")
    assert (item["day"], item["precision"], item["date_guessed"]) == ("2022-01-18", "day", False)
    assert item["date_published"] == "2022-01-18T12:00:00Z"
    assert set(item["evidence"]) == {"title", "authors", "published", "summary"}  # type: ignore[call-overload]
    text = feedtool("extract", "inbox").out
    assert "authors    HOÀI AN" in text
    assert "headline" in text
    assert _written(inbox.parent) == before


def test_extract_tells_what_it_cannot_read(feedtool: Feedtool, inbox: Path) -> None:
    """Some failed is exit 1, none read is 65; each failure is told with its input."""
    (inbox / "b.txt").write_bytes(b"")
    some = feedtool("extract", "inbox/a.txt", "inbox/b.txt", "inbox/none.txt", "--json")
    assert some.code == 1
    assert [item["input"] for item in some.json if "error" in item] == [
        "inbox/b.txt",
        "inbox/none.txt",
    ]
    assert feedtool("extract", "inbox/none.txt").code == 65
    undated = inbox / "c.txt"
    undated.write_text("Chợ phiên họp lại\n\nBà con rất vui, hàng bán nhiều.\n", "utf-8")
    [item] = feedtool("extract", str(undated), "--json").json
    assert (item["day"], item["precision"], item["date_guessed"]) == (None, None, True)
    assert "date_published" not in item
    assert "published  (none found)" in feedtool("extract", str(undated)).out


def test_extract_of_saved_and_of_real_pages(
    feedtool: Feedtool, server: Server, inbox: Path
) -> None:
    """A saved page can be told where it came from, and an address is fetched."""
    page = ROOT / "config/demo/ferry-returns.html"
    saved = feedtool("extract", str(page), "--url", "https://gazette.example/x", "--json").json[0]
    assert saved["url"] == "https://gazette.example/2022/04/wednesday-ferry"
    server.give("/ferry", page.read_bytes(), Content_Type="text/html")
    [item] = feedtool("extract", server.url + "/ferry", "--json").json
    assert (item["kind"], item["day"]) == ("page", "2022-04-13")
    assert "captions" in item
    assert "caption" in feedtool("extract", str(page)).out
    assert feedtool("extract", str(page), "--url", "ftp://x").code == 2


def test_extract_needs_no_configuration(feedtool: Feedtool, inbox: Path) -> None:
    """Without one, its options say what a source would."""
    (inbox.parent / "feedtool.toml").unlink()
    argv = ("--time-zone", "Asia/Tokyo", "--language", "vi", "--kind", "prose")
    [item] = feedtool("extract", "inbox/a.txt", "--json", *argv).json
    assert item["language"] == "vi"
    assert feedtool("extract", "inbox/a.txt", "--time-zone", "Mars").code == 2
    assert feedtool("extract", "inbox/a.txt", "--language", "?").code == 2


def test_init_makes_a_start(feedtool: Feedtool, tmp_path: Path) -> None:
    """A configuration that works at once, and an inbox; what is there already is left."""
    made = feedtool("init", "site")
    assert made.code == 0
    assert "site/feedtool.toml" in made.out
    (tmp_path / "site/inbox/a.txt").write_text(article("Nước sạch về bản Pá Lương"), "utf-8")
    assert feedtool("run", "--config", "site/feedtool.toml").code == 0
    assert (tmp_path / "site/public/all.atom").is_file()
    again = feedtool("init", "site")
    assert again.code == 2
    assert "is there already" in again.err
    assert feedtool("init", "other", "--json").json[0]["config"] == "other/feedtool.toml"
    (tmp_path / "file").write_text("")
    assert feedtool("init", "file").code == 74
    (tmp_path / "third").mkdir()
    (tmp_path / "third/inbox").write_text("in the way")
    assert feedtool("init", "third").code == 74
    assert not (tmp_path / "third/feedtool.toml").exists()


def test_a_wrong_key_ends_with_78(feedtool: Feedtool, tmp_path: Path) -> None:
    """A typo in the configuration is named with the nearest known key, before anything is done."""
    (tmp_path / "feedtool.toml").write_text(CONFIG.replace("time_zone", "time_zome"))
    run = feedtool("run")
    assert run.code == 78
    assert "site.time_zome: is unknown; did you mean time_zone?" in run.err
    assert not (tmp_path / "archive").exists()


def test_where_the_configuration_is_looked_for(
    feedtool: Feedtool, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """--config, then $FEEDTOOL_CONFIG, then feedtool.toml, then config/feedtool.toml."""
    here = inbox.parent
    (here / "feedtool.toml").rename(here / "other.toml")
    run = feedtool("list")
    assert run.code == 78
    assert "feedtool.toml and config/feedtool.toml" in run.err
    monkeypatch.setenv("FEEDTOOL_CONFIG", "other.toml")
    assert feedtool("run").code == 0
    monkeypatch.delenv("FEEDTOOL_CONFIG")
    (here / "config").mkdir()
    shutil.copy(here / "other.toml", here / "config/feedtool.toml")
    assert feedtool("list").code == 74  # its archive is config/archive
    assert feedtool("list", "--config", "other.toml").code == 0


def test_a_failed_source_ends_with_1(feedtool: Feedtool, inbox: Path) -> None:
    """One bad file is told, the others are published."""
    (inbox / "b.txt").write_bytes(b"\x00\x01\x02" * 900)
    run = feedtool("run")
    assert run.code == 1
    assert "valley: 1 new, 1 failed" in run.out
    assert "b.txt: is binary, not text" in run.err
    shutil.rmtree(inbox)
    gone = feedtool("collect", "--json")
    assert gone.code == 1
    assert gone.json[0]["error"]["reason"] == "isn't there"  # type: ignore[index]


def test_a_server_that_asked_for_time_is_told(
    feedtool: Feedtool, server: Server, tmp_path: Path
) -> None:
    """A source that is left alone is no failure, and says until when; by name it is asked."""
    source = f'\n[[source]]\nname = "web"\nurl = "{server.url}/a"\nallow_private = true\n'
    (tmp_path / "feedtool.toml").write_text(CONFIG.partition("[[source]]")[0] + source)
    server.give("/a", status=429, Retry_After="7200")
    first = feedtool("collect")
    assert first.code == 1
    assert "Too Many Requests (the server's fault; next try 2022-05-04 05:02Z)" in first.err
    again = feedtool("collect")
    assert (again.code, again.out) == (
        0,
        "web: not due before 2022-05-04 05:02Z (feedtool collect web asks at once)\n",
    )
    assert feedtool("collect", "--json").json[0]["waits"] == "2022-05-04T05:02:01Z"
    assert feedtool("collect", "web").code == 1
    assert len(server.requests) == 2


def test_status_tells_of_each_source(feedtool: Feedtool, server: Server, inbox: Path) -> None:
    """When it was last read, what is wrong, and until when it is left alone."""
    urls = {"well": "/a", "failing": "/b", "over": "/c", "fresh": "/d", "new": "/e"}
    sources = "".join(
        f'\n[[source]]\nname = "{name}"\nurl = "{server.url}{path}"\nallow_private = true\n'
        for name, path in urls.items()
    )
    off = '\n[[source]]\nname = "off"\nurl = "none"\nenabled = false\n'
    (inbox.parent / "feedtool.toml").write_text(CONFIG + sources + off)
    feed = b"<rss version='2.0'><channel><title>V</title></channel></rss>"
    server.give("/a", feed, ETag='"1"')
    server.give("/b", status=503)
    server.give("/c", status=410)
    server.give("/d", feed, ETag='"1"', Cache_Control="max-age=7200")
    feedtool("collect", "valley", "well", "failing", "over", "fresh")
    told = dict(line.split(": ", 1) for line in feedtool("status").out.splitlines())
    assert told == {
        "valley": "last read 2022-05-04 03:02Z, due 2022-05-04 04:02Z",
        "well": "last read 2022-05-04 03:02Z, due 2022-05-04 04:07Z",
        "failing": "failed 1 times in a row (answers 503 Service Unavailable), "
        "due 2022-05-04 07:02Z",
        "over": "failed 1 times in a row (answers 410 Gone), alarm since 2022-05-04 03:02Z (gone): "
        "gone for good, and not asked any more: answers 410 Gone",
        "fresh": "last read 2022-05-04 03:02Z, due 2022-05-04 05:02Z as its server asked",
        "new": "not read yet",
        "off": "switched off (enabled = false)",
    }
    [well] = [one for one in feedtool("status", "--json").json if one["source"] == "well"]
    assert (well["succeeded"], well["trouble"]) == ("2022-05-04T03:02:01Z", None)


def test_usage_errors_end_with_2(
    feedtool: Feedtool, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unknown commands, sources and numbers are refused with what is known."""
    assert feedtool("fetch").code == 2
    assert feedtool().code == 2
    for limit in ("0", "-1", "x", "9" * 20, "²"):
        assert feedtool("list", "--limit", limit).code == 2
    unknown = feedtool("collect", "vale")
    assert unknown.code == 2
    assert "is no source; known are valley" in unknown.err
    for epoch in ("soon", "-1", "9" * 12):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
        assert feedtool("run").code == 2


def test_another_process_holds_the_lease(feedtool: Feedtool, inbox: Path) -> None:
    """While another writes, exit 75 at once; looking is still possible."""
    feedtool("run")
    with Lease(inbox.parent / "archive"):
        busy = feedtool("run")
        assert busy.code == 75
        assert "another feedtool is writing here" in busy.err
        assert feedtool("list").code == 0


def test_an_archive_that_cannot_be_written_ends_with_74(
    feedtool: Feedtool, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Read-only or full, the error names the path; once there is room, nothing is missing."""

    def refused(code: int) -> Callable[..., None]:
        def refuse(*_: object) -> None:
            raise OSError(code, os.strerror(code))

        return refuse

    for code in (errno.EROFS, errno.ENOSPC):
        with monkeypatch.context() as patch:
            patch.setattr(files, "_write", refused(code))
            run = feedtool("run")
        assert run.code == 74
        assert os.strerror(code) in run.err
    with monkeypatch.context() as patch:
        patch.setattr(Lease, "acquire", refused(errno.EACCES))
        assert feedtool("collect").code == 74
    assert "valley: 1 new" in feedtool("run").out


def test_an_interrupt_ends_with_130(
    feedtool: Feedtool, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C is no traceback."""

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("feedtool.cli.rounds.collect_sources", interrupted)
    run = feedtool("run")
    assert run.code == 130
    assert "what was archived is kept" in run.err


def test_a_reader_that_has_enough_ends_it(inbox: Path) -> None:
    """`feedtool list | true` ends quietly, and so does `feedtool run` with its output closed."""
    command = (
        f"{sys.executable} -m feedtool run >&- ; {sys.executable} -m feedtool list --json | true"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    run = subprocess.run(
        ["sh", "-c", command], cwd=inbox.parent, env=environment, capture_output=True, text=True
    )
    assert "Traceback" not in run.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_output_that_cannot_be_written_is_told(inbox: Path) -> None:
    """On a full disk, a command ends with 74 and a line, not a traceback."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    for command in ("run", "list"):
        with Path("/dev/full").open("w") as full:
            run = subprocess.run(
                [sys.executable, "-m", "feedtool", command],
                cwd=inbox.parent,
                env=environment,
                stdout=full,
                stderr=subprocess.PIPE,
                text=True,
            )
        assert run.returncode == 74
        assert run.stderr.startswith("feedtool: output: can't be written")


def test_a_context_tells_of_its_output() -> None:
    """What can't be written is an `OutputError`, a closed pipe stays one, and no output is none."""

    class Failing(io.StringIO):
        def __init__(self, error: OSError) -> None:
            super().__init__()
            self.error = error

        def write(self, _: str) -> int:
            raise self.error

        def flush(self) -> None:
            raise self.error

    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    for error, kind in ((full, OutputError), (BrokenPipeError(), BrokenPipeError)):
        context = Context(Failing(error), io.StringIO(), {}, None, False)
        for does in (lambda: context.say("x"), context.flush):  # noqa: B023
            with pytest.raises(kind):
                does()
    Context(None, io.StringIO(), {}, None, False).flush()


def test_a_broken_pipe_is_no_error(
    feedtool: Feedtool, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever reads our output may stop reading."""

    def closed(*_: object, **__: object) -> None:
        raise BrokenPipeError

    monkeypatch.setattr("feedtool.cli.rounds.collect_sources", closed)
    dup: list[int] = []
    monkeypatch.setattr(os, "dup2", lambda *numbers: dup.extend(numbers))
    assert feedtool("collect").code == 0
    assert len(dup) == 2


def test_without_sources_there_is_nothing_to_collect(feedtool: Feedtool, tmp_path: Path) -> None:
    """An empty configuration is well, and says so."""
    (tmp_path / "feedtool.toml").write_text(CONFIG.partition("[[source]]")[0])
    run = feedtool("run")
    assert run.code == 0
    assert "no [[source]]" in run.err


def test_an_empty_inbox_is_well(feedtool: Feedtool) -> None:
    """Nothing there is told as that."""
    run = feedtool("run")
    assert (run.code, run.out.splitlines()[0]) == (0, "valley: nothing there")


@pytest.mark.parametrize("command", [command.name for command in cli.COMMANDS])
def test_every_command_has_help_with_an_example(feedtool: Feedtool, command: str) -> None:
    """--help says what a command does and shows it."""
    run = feedtool(command, "--help")
    assert run.code == 0
    assert f"example: feedtool {command}" in run.out
    assert "--json" in run.out


def test_the_version_is_told_without_loading_anything(feedtool: Feedtool) -> None:
    """`--version` loads no package but the standard library, and little of that."""
    assert feedtool("--version").out.startswith("feedtool ")
    program = (
        "import sys; from feedtool.cli.main import main\n"
        "try: main(['--version'])\n"
        "except SystemExit: pass\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )
    loaded = set(run.stdout.split("'"))
    heavy = "httpx feedparser feedgen apscheduler lxml jinja2 nh3 msgspec anyascii"
    assert not loaded & {*heavy.split(), "sqlite3", "json", "email", "asyncio"}


def test_the_start_loads_nothing_that_python_has_itself(feedtool: Feedtool, inbox: Path) -> None:
    """Of typing_extensions msgspec wants what is in typing by now; who wants it later has it."""
    program = (
        "import sys, feedtool.cli.main as main\n"
        "assert main.main() == 0\n"
        "told = 'typing_extensions' in sys.modules\n"
        "import typing_extensions\n"
        "print(told, file=sys.stderr)"
    )
    assert feedtool("run").code == 0
    argv = ["list", "--config", str(inbox.parent / "feedtool.toml")]
    run = subprocess.run(
        [sys.executable, "-c", program, *argv], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert run.stderr.strip() == "False"


def test_what_cannot_do_without_typing_extensions_is_loaded_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Should msgspec need it some day, a start takes longer and that is all."""
    seen = []

    def refuse(name: str) -> None:
        seen.append(sys.modules["typing_extensions"])
        raise ImportError(name)

    monkeypatch.delitem(sys.modules, "typing_extensions", raising=False)
    monkeypatch.setattr(cli, "import_module", refuse)
    cli._load_data()
    assert seen == [None]
    assert "typing_extensions" not in sys.modules


@pytest.mark.parametrize(
    ("argv", "unwanted"),
    [
        (["list"], "httpx feedparser feedgen apscheduler lxml jinja2 nh3 anyascii"),
        (["collect"], "httpx feedparser feedgen apscheduler lxml jinja2"),
        (["publish"], "httpx feedparser apscheduler nh3 anyascii"),
    ],
)
def test_commands_load_what_they_need(
    feedtool: Feedtool, inbox: Path, argv: list[str], unwanted: str
) -> None:
    """Heavy packages are loaded by the commands that use them."""
    feedtool("run")
    program = (
        "import sys; from feedtool.cli.main import main\n"
        f"main({argv!r})\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    run = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        cwd=inbox.parent,
        env=environment,
    )
    assert not set(run.stdout.split("'")) & set(unwanted.split())


def test_progress_is_for_terminals() -> None:
    """A bar is drawn and taken away on a terminal; elsewhere nothing is."""

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    shown, hidden = Terminal(), io.StringIO()
    for stream in (shown, hidden):
        with Progress(stream, 2) as progress:
            progress.step("a")
            progress.step("b")
    assert "██████████░░░░░░░░░░ 1/2 a" in shown.getvalue()
    assert shown.getvalue().endswith("2/2 b\r\x1b[K")
    assert hidden.getvalue() == ""
    with Progress(shown, 0):
        pass


def test_control_characters_of_paths_do_not_reach_the_terminal(feedtool: Feedtool) -> None:
    """A file name with an escape sequence is printed without it."""
    run = feedtool("extract", "inbox/\x1b]0;evil\x07.txt")
    assert "\x1b" not in run.err
    assert "\x07" not in run.err


def test_extract_shows_what_a_sitemap_leads_to(feedtool: Feedtool, tmp_path: Path) -> None:
    """A line or an object for each link, with its day and title; nothing is followed."""
    (tmp_path / "map.xml").write_text(
        "<urlset><url><loc>https://valley.example/a</loc></url><url>"
        "<loc>https://valley.example/b</loc><lastmod>2022-01-02</lastmod></url><url>"
        "<loc>https://valley.example/c</loc><news><title>Bread</title>"
        "<publication_date>2022-01-03</publication_date></news></url></urlset>"
    )
    run = feedtool("extract", "map.xml")
    assert (run.code, run.out.splitlines()) == (
        0,
        [
            "2022-01-03  https://valley.example/c  Bread",
            "2022-01-02  https://valley.example/b",
            "(undated)   https://valley.example/a",
        ],
    )
    assert feedtool("extract", "map.xml", "--json").json[0] == {
        "input": "map.xml",
        "kind": "sitemap",
        "url": "https://valley.example/c",
        "title": "Bread",
        "day": "2022-01-03",
    }
