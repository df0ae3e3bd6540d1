"""How sources are doing: alarms that last, the run log, and alarms that were."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from feedtool.archive.folder import FolderArchive
from feedtool.data import replace
from feedtool.kept import Alarm, Run
from feedtool.manners.moves import Move
from feedtool.manners.standing import Standing
from feedtool.model import Wishes
from tests.cli import CONFIG, Feedtool
from tests.conftest import NOW, later

QUIET = Alarm("valley", "quiet", NOW, "nothing new for 12 days")
OVER = Alarm("valley", "failing", later(days=-9), "answers 500\n\x1b[1m", later(days=-8))
RUNS = [
    Run(later(days=-1), 2, 1, 40, 3, 0.512, timedelta(seconds=4)),
    Run(NOW, seconds=30.04, trouble="answers 500 Oops"),
]


def told(folder: Path, standing: Standing, *alarms: Alarm) -> None:
    """Keep this of the source, with its runs and alarms."""
    with FolderArchive(folder / "archive", writing=True) as archive:
        for number, run in enumerate(RUNS):
            stands = {"valley": replace(standing, rounds=number)}
            archive.state.remember({}, stands, runs={"valley": run})
        archive.state.remember({}, {"valley": standing}, alarms=alarms)


@pytest.fixture
def kept(feedtool: Feedtool, tmp_path: Path) -> Path:
    """A source with two rounds, an alarm that lasts and one that is over."""
    over = replace(OVER, over=None)
    other = replace(QUIET, source="gazette")
    told(tmp_path, Standing(alarms=(QUIET,), rounds=2), over, OVER, QUIET, other)
    return tmp_path


def test_status_tells_of_alarms(feedtool: Feedtool, kept: Path) -> None:
    """Those that last, on the source's line and in JSON."""
    line = "valley: alarm since 2022-05-04 03:02Z (quiet): nothing new for 12 days\n"
    assert feedtool("status").out == line
    [facts] = feedtool("status", "--json").json
    alarm = {
        "concern": "quiet",
        "since": "2022-05-04T03:02:01Z",
        "over": None,
        "words": "nothing new for 12 days",
    }
    assert facts["alarms"] == [alarm]


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({}, "read whenever collected"),
        ({"failures": 2, "trouble": "answers 410 Gone", "gone": True, "alarms": (replace(QUIET, concern="gone", words="w"),)}, "failed 2 times in a row (answers 410 Gone), alarm since 2022-05-04 03:02Z (gone): w"),
        ({"succeeded": NOW, "due": later(hours=1)}, "last read 2022-05-04 03:02Z, due 2022-05-04 04:02Z"),
        ({"due": NOW, "not_before": later(hours=1), "failures": 1, "trouble": "t"}, "failed 1 times in a row (t), due 2022-05-04 03:02Z"),
        ({"due": NOW, "not_before": NOW}, "due 2022-05-04 03:02Z as its server asked"),
        ({"move": Move("https://new.example/", NOW, 2)}, "says since 2022-05-04 that it has moved to https://new.example/"),
        ({"move": Move("https://new.example/", NOW, 5, NOW)}, "has moved for good to https://new.example/: write that into the configuration"),
        ({"move": Move("https://new.example/", NOW, 5, NOW), "alarms": (replace(QUIET, concern="moved", words="w"),)}, "alarm since 2022-05-04 03:02Z (moved): w"),
        ({"failures": 1, "trouble": "t", "gone": True}, "failed 1 times in a row (t), gone for good"),
        ({"wishes": Wishes(hubs=("https://hub.example/",))}, "has a hub (https://hub.example/)"),
    ],
)  # fmt: skip
def test_status_is_in_words(
    feedtool: Feedtool, tmp_path: Path, fields: dict[str, Any], line: str
) -> None:
    """What is known of a source, in the order in which it matters."""
    told(tmp_path, Standing(**fields))
    assert feedtool("status").out == f"valley: {line}\n"


def test_status_of_what_is_off_or_new(feedtool: Feedtool, tmp_path: Path) -> None:
    """A source that is switched off, and one that was never asked."""
    table = '\n[[source]]\nname = "new"\nurl = "https://new.example/"\nallow_private = true\n'
    off = '\n[[source]]\nname = "off"\nurl = "none"\nenabled = false\n'
    (tmp_path / "feedtool.toml").write_text(CONFIG + table + off)
    told(tmp_path, Standing())
    lines = feedtool("status").out.splitlines()
    assert lines[1:] == ["new: not read yet", "off: switched off (enabled = false)"]


def test_the_run_log_can_be_asked(feedtool: Feedtool, kept: Path) -> None:
    """The newest round first: when, what came, how late, how long, and what went wrong; then the
    alarms of this source, the newest first. No control character reaches the terminal."""
    assert feedtool("status", "--history", "valley").out.splitlines() == [
        "2022-05-04 03:02:01Z  nothing; took 30.0 s; answers 500 Oops",
        "2022-05-03 03:02:01Z  2 new, 1 revised, 40 unchanged, 3 failed; 4 s late; took 0.5 s",
        "alarm since 2022-05-04 03:02Z (quiet): nothing new for 12 days",
        "alarm since 2022-04-25 03:02Z until 2022-04-26 03:02Z (failing): answers 500 [1m",
    ]


def test_the_run_log_as_json(feedtool: Feedtool, kept: Path) -> None:
    """One object a line: rounds have `at`, alarms have `concern`."""
    last, first, quiet, failing = feedtool("status", "--history", "valley", "--json").json
    assert first == {
        "at": "2022-05-03T03:02:01Z",
        "new": 2,
        "revised": 1,
        "unchanged": 40,
        "failed": 3,
        "late": 4,
        "seconds": 0.512,
        "trouble": None,
    }
    assert (last["at"], last["trouble"]) == ("2022-05-04T03:02:01Z", "answers 500 Oops")
    assert (quiet["concern"], quiet["over"]) == ("quiet", None)
    assert (failing["concern"], failing["over"]) == ("failing", "2022-04-26T03:02:01Z")


def test_the_run_log_of_a_source_that_was_never_read(feedtool: Feedtool, tmp_path: Path) -> None:
    """It is empty, which is said."""
    FolderArchive(tmp_path / "archive", writing=True).close()
    run = feedtool("status", "--history", "valley")
    assert (run.code, run.out) == (0, "")
    assert run.err == "feedtool: no round of valley is in the log yet\n"


def test_an_alarm_that_lasts_is_never_left_out(feedtool: Feedtool, tmp_path: Path) -> None:
    """However many others there were since."""
    told(tmp_path, Standing(alarms=(QUIET,)))
    assert "(quiet)" in feedtool("status", "--history", "valley").out


def test_an_unknown_source_has_no_history(feedtool: Feedtool, kept: Path) -> None:
    """The known ones are named; one that left the configuration still has its log."""
    run = feedtool("status", "--history", "vale")
    assert run.code == 2
    assert "vale: is no source; known are valley" in run.err
    (kept / "feedtool.toml").write_text(CONFIG.partition("[[source]]")[0])
    assert len(feedtool("status", "--history", "valley").out.splitlines()) == 4
    assert "known are none" in feedtool("status", "--history", "vale").err
    assert feedtool("status", "--history", "valley", "--opml").code == 2


def test_feeds_are_given_back_as_opml(feedtool: Feedtool, tmp_path: Path) -> None:
    """Those on the web, without secrets; it is no JSON."""
    table = '\n[[source]]\nname = "new"\nurl = "https://u:sesame@new.example/feed"\nallow_private = true\n'
    (tmp_path / "feedtool.toml").write_text(CONFIG + table)
    out = feedtool("status", "--opml").out
    assert "https://new.example/feed" in out
    assert "sesame" not in out
    assert feedtool("status", "--opml", "--json").code == 2
