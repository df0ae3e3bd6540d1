"""The pages in a browser: nothing that axe-core finds, nothing wider than the screen, by keyboard,
without script, on a phone and a desk, by day and by night."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.pages import FERRY, make_pages, site

playwright = pytest.importorskip(
    "playwright.sync_api", reason="playwright is not installed (the dev extra has it)"
)
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
AXE = importlib.util.find_spec("axe_playwright_python")
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed (Debian's package)"),
    pytest.mark.skipif(AXE is None, reason="axe-playwright-python is not installed (dev extra)"),
]
SCREENS = {"phone": (375, 800), "desk": (1280, 900)}
PAGES = [
    *("index.html", "all.html", "market.html", "2020/12/15/index.html", "sources/gazette.html"),
    *(f"2020/12/15/{name}.html" for name in ("own", "ferry", "harbour", "long")),
    *("sources/gazette/0001.html", "2020/12/index.html", "2020/index.html"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A browser without a window."""
    with playwright.sync_playwright() as driver:
        # Its sandbox wants name spaces, which containers seldom give.
        running = driver.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"], timeout=300_000
        )
        yield running
        running.close()


def _written(folder: Path, language: str) -> str:
    for path, data in site(make_pages(language)).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return folder.as_uri()


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Where the small site lies."""
    return _written(tmp_path_factory.mktemp("site"), "vi")


@pytest.fixture(scope="module")
def rules() -> str:
    """The program of axe-core."""
    assert AXE is not None
    assert AXE.origin is not None
    return (Path(AXE.origin).parent / "axe.min.js").read_text("utf-8")


def _faults(page: Any, rules: str, **only: Any) -> list[tuple[str, list[str]]]:
    """What axe-core has against a page, with all that is folded away unfolded."""
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    page.evaluate(rules)
    found = page.evaluate("only => axe.run({runOnly: only})", only)
    assert found["passes"], "no rule was tried"
    return [
        (one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]
    ]  # fmt: skip


@pytest.mark.parametrize("screen", SCREENS)
def test_axe_finds_nothing(browser: Any, url: str, rules: str, screen: str) -> None:
    """axe-core has nothing against any page, by WCAG 2.2 AA and its best practices, and no page is
    wider than the screen."""
    width, height = SCREENS[screen]
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    with browser.new_context(viewport={"width": width, "height": height}) as context:
        page = context.new_page()
        for path in PAGES:
            page.goto(f"{url}/{path}")
            assert _faults(page, rules, type="tag", values=tags) == [], path
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_the_dark_is_as_easy_to_read(browser: Any, url: str, rules: str) -> None:
    """By night too, all text has the contrast that WCAG AA asks for."""
    with browser.new_context(color_scheme="dark") as context:
        page = context.new_page()
        for path in PAGES:
            page.goto(f"{url}/{path}")
            assert _faults(page, rules, type="rule", values=["color-contrast"]) == [], path


def test_pages_need_no_script(browser: Any, url: str) -> None:
    """With scripts off, people come from the index by year, month and day to an article."""
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{url}/index.html")
        for link in ("2020", "Tháng 12", "15/12/2020", FERRY.entry.title):
            page.get_by_role("link", name=link, exact=True).click()
        assert page.title() == f"{FERRY.entry.title} – Tin Thung Lũng"
        assert page.get_by_role("heading", level=1).inner_text() == FERRY.entry.title


def test_the_keyboard_is_enough(browser: Any, url: str) -> None:
    """The first thing that gets the focus leads past the head, and is then to be seen; what has the
    focus has an outline; what is folded away is unfolded by a key."""
    with browser.new_context(viewport={"width": 375, "height": 800}) as context:
        page = context.new_page()
        page.goto(f"{url}/2020/12/15/own.html")
        skip = page.get_by_role("link", name="Đến phần nội dung")
        assert skip.bounding_box()["x"] < 0
        page.keyboard.press("Tab")
        assert skip.bounding_box()["x"] >= 0
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        focused = "getComputedStyle(document.activeElement).outlineStyle"
        assert page.evaluate("document.activeElement.closest('main') !== null")
        assert page.evaluate(focused) == "solid"
        page.locator("summary").focus()
        page.keyboard.press("Enter")
        assert page.get_by_text("byline at foot").is_visible()


def test_colours_follow_the_system(browser: Any, url: str) -> None:
    """By night the paper is dark and the ink light."""
    seen = {}
    for scheme in ("light", "dark"):
        with browser.new_context(color_scheme=scheme) as context:
            page = context.new_page()
            page.goto(f"{url}/index.html")
            style = page.evaluate(
                "(({color, backgroundColor}) => [color, backgroundColor])"
                "(getComputedStyle(document.body))"
            )
            seen[scheme] = [sum(map(int, one[4:-1].split(","))) for one in style]
    assert seen["light"][0] < 150 < 700 < seen["light"][1]
    assert seen["dark"][1] < 150 < 600 < seen["dark"][0]


def test_a_print_has_the_text_and_its_address(browser: Any, url: str) -> None:
    """On paper there is nothing to click, and the original's address is written out."""
    with browser.new_context() as context:
        page = context.new_page()
        page.emulate_media(media="print")
        page.goto(f"{url}/2020/12/15/ferry.html")
        for part in ("header nav", ".crumbs", "footer", ".skip"):
            assert not page.locator(part).is_visible(), part
        shown = "getComputedStyle(document.querySelector('.original a'), '::after').content"
        assert FERRY.entry.link in page.evaluate(shown)


def test_a_site_that_runs_from_the_right_is_turned_round(
    browser: Any, rules: str, tmp_path: Path
) -> None:
    """Where the page's own language is written from right to left, all of it is, and axe-core has
    nothing against that either."""
    url = _written(tmp_path, "vi")
    turned = tmp_path / "2020/12/15/harbour.html"
    turned.write_text(turned.read_text("utf-8").replace('lang="vi"', 'lang="ar" dir="rtl"'))
    with browser.new_context(viewport={"width": 375, "height": 800}) as context:
        page = context.new_page()
        page.goto(f"{url}/2020/12/15/harbour.html")
        box = page.get_by_role("link", name="Tin Thung Lũng").bounding_box()
        assert box["x"] + box["width"] > 340
        assert _faults(page, rules, type="tag", values=["wcag2a", "wcag2aa", "best-practice"]) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 375
