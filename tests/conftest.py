"""What the tests share: a fixed now, builders, every archive, a server on loopback."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from feedtool.archive.folder import FolderArchive
from feedtool.archive.memory import MemoryArchive
from feedtool.archive.protocol import Archive
from feedtool.config import Config, FeedTable, Http, PublishTable, Site
from feedtool.kept import Version
from feedtool.model import Capture, Entry, Person, Published, Source
from feedtool.settle import settle
from tests.cli import CONFIG, EPOCH, Feedtool, Run

settings.register_profile(
    "default", deadline=None, max_examples=60, suppress_health_check=list(HealthCheck)
)
settings.register_profile(
    "soak", deadline=None, max_examples=3000, suppress_health_check=list(HealthCheck)
)
settings.load_profile("default")

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
SAMPLES = Path(os.environ.get("FEEDTOOL_SAMPLES", SHARED / "samples"))
NOW = datetime(2022, 5, 4, 3, 2, 1, tzinfo=UTC)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The long forms run only where they are asked for."""
    if "soak" not in (config.getoption("-m") or ""):
        skip = pytest.mark.skip(reason="a long form: make soak runs it")
        for item in items:
            if "soak" in item.keywords:
                item.add_marker(skip)


@pytest.fixture(autouse=True)
def _rounds_take_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock of a round stands still: what it says of times is the same on a slow machine."""
    clock = SimpleNamespace(monotonic=lambda: 0.0)
    monkeypatch.setattr(import_module("feedtool.collect"), "time", clock)


@contextmanager
def bounded(seconds: float = 30.0) -> Iterator[None]:
    """What is done within takes this process so many seconds of work at most, however busy the
    machine is with others."""
    begun = time.process_time()
    yield
    assert time.process_time() - begun < seconds


@pytest.fixture
def samples() -> Path:
    """The folder of real samples, which are not part of the project."""
    if not SAMPLES.is_dir():
        pytest.skip(f"the samples are not at {SAMPLES} (FEEDTOOL_SAMPLES says where they are)")
    return SAMPLES


def make_entry(**fields: Any) -> Entry:
    """An entry with these fields."""
    given: dict[str, Any] = {
        "id": "tag:example.org,2022-01-01:one",
        "title": "One",
        "published": Published.on(date(2022, 1, 18)),
        "authors": (Person("Hoài An"),),
        "summary": "Một.",
        "content_text": "Một.\n\nHai.",
        "language": "vi",
    }
    return Entry(**{**given, **fields})


def make_version(archive: Archive | None = None, now: datetime = NOW, **fields: Any) -> Version:
    """An entry with these fields as it is settled for this archive: new, or revised."""
    entry = make_entry(**fields)
    old = archive.find(entry.id) if archive else None
    taken: Callable[[str], bool] = lambda key: bool(archive and archive.get(key))  # noqa: E731
    return settle(entry, old=old, source="valley", now=now, zone=UTC, taken=taken)[1]


def make_config(folder: Path, *sources: Source, **fields: Any) -> Config:
    """A configuration below this folder."""
    site = Site(title="Tin", base_url="https://tin.example/", author="Toà soạn", language="vi")
    given: dict[str, Any] = {
        "site": site,
        "feed": (FeedTable(name="all", content="full"),),
        "publish": PublishTable(path=folder / "public"),
        "source": sources,
        "http": Http(per_host_gap=0),
    }
    return Config(**{**given, **fields})


def make_capture(body: bytes, **fields: Any) -> Capture:
    """A capture of this body."""
    given: dict[str, Any] = {
        "source": "valley",
        "url": "https://valley.example/feed",
        "place": "valley.example/feed",
        "body": body,
        "captured": NOW,
        "authority": "tin.example",
    }
    return Capture(**{**given, **fields})


@pytest.fixture
def feedtool(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Feedtool:
    """Runs the command in a folder with a configuration and an inbox."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FEEDTOOL_CONFIG", raising=False)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", EPOCH)
    (tmp_path / "feedtool.toml").write_text(CONFIG)
    (tmp_path / "inbox").mkdir()

    def run(*argv: str) -> Run:
        from feedtool.cli import main as cli

        try:
            code = cli.main(argv)
        except SystemExit as end:  # argparse: help, version, usage
            code = int(end.code or 0)
        out, err = capsys.readouterr()
        return Run(code, out, err)

    return run


@pytest.fixture
def inbox(feedtool: Feedtool, tmp_path: Path) -> Path:
    """The inbox, with one article."""
    (tmp_path / "inbox/a.txt").write_text(article("Nước sạch về bản Pá Lương"), "utf-8")
    return tmp_path / "inbox"


OpenArchive = Callable[[], FolderArchive | MemoryArchive]


@pytest.fixture(params=["folder", "memory"])
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Archive]:
    """Each kind of archive, open for writing."""
    kinds: dict[str, OpenArchive] = {
        "folder": lambda: FolderArchive(tmp_path / "archive", writing=True),
        "memory": MemoryArchive,
    }
    with kinds[request.param]() as opened:
        yield opened


@pytest.fixture
def folder_archive(tmp_path: Path) -> Iterator[FolderArchive]:
    """The folder archive, open for writing."""
    with FolderArchive(tmp_path / "archive", writing=True) as opened:
        yield opened


def article(title: str, text: str = "Nước về bản, bà con vui.", day: str = "18/1/2022") -> str:
    """A plain-text article as a local newspaper lays it out."""
    return (
        f"Thứ bảy,  05/02/2022\n\n{title}\n\nTNS-Sáng {day}, {text}\n\n"
        "Theo kế hoạch, đến cuối năm xã trồng mới 9 ha chè và mở lớp hướng dẫn cho các hộ.\n\n"
        "HOÀI AN\n"
    )


def snapshot(*folders: Path) -> dict[str, tuple[int, bytes]]:
    """Every file below these folders, with its time of change and its bytes."""
    return {
        str(path): (path.stat().st_mtime_ns, path.read_bytes())
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def later(**by: float) -> datetime:
    """A moment after now."""
    return NOW + timedelta(**by)


class Server:
    """A web server on loopback whose answers are functions of the request."""

    def __init__(self) -> None:
        self.answers: dict[str, Callable[[BaseHTTPRequestHandler], None]] = {}
        self.requests: list[dict[str, str]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = self.path.partition("?")[0]
                if path == "/robots.txt" and path not in outer.answers:
                    self.send_error(404)  # as most sites have none; not of interest
                    return
                outer.requests.append({"path": self.path, **dict(self.headers.items())})
                outer.answers[path](self)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def give(self, path: str, body: bytes = b"", status: int = 200, **headers: str) -> None:
        """Answer requests for this path so from now on."""

        def answer(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(status)
            for name, value in headers.items():
                handler.send_header(name.replace("_", "-"), value)
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)

        self.answers[path] = answer

    def close(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def server() -> Iterator[Server]:
    """A web server on loopback."""
    running = Server()
    yield running
    running.close()
