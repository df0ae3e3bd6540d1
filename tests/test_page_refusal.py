"""Pages that are no articles: what they are is said, and short articles are still read."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from feedtool.errors import ReadError
from feedtool.model import Capture, Entry, Source
from feedtool.read import page

URL = "https://paper.example/a/b"
DATED = "<meta property=article:published_time content=2024-05-06T10:00:00+02:00>"
LEAD = (
    "<p>The two mills above the weir burnt down in the night to Monday. Nobody was hurt. The fire "
    "brigades of three villages worked until the morning, and the road to Nordby stays closed until "
    "the walls have been propped, says the mayor.</p>"
)


def read(html: str) -> Entry:
    capture = Capture(
        source="web",
        url=URL,
        place="a/b",
        body=html.encode(),
        captured=datetime(2025, 1, 2, tzinfo=UTC),
    )
    return page.read(capture, Source(name="web", url="https://paper.example/")).entries[0]


def shown(title: str, inside: str, top: str = "") -> str:
    return f"<html><head><title>{title}</title>{top}</head><body><h1>{title}</h1>{inside}</body>"


def teasers(count: int, words: str = "") -> str:
    cards = (
        f"<div><h2><a href=/n/{n}>Mill number {n} burns in the night</a></h2><p>{words}</p></div>"
        for n in range(count)
    )
    return f"<main>{''.join(cards)}</main>"


PASSWORD = "<form><input name=user><input type=password></form>"
COOKIES = (
    "<p>We and our 812 partners store cookies on your device, with your consent. You may give or "
    "withdraw consent to cookies at any time in the privacy settings. Cookies make this site work."
    "</p><button>Accept all</button>"
)
REFUSED = {
    "404": (shown("Page not found", "<p>Sorry, the page you wanted isn't here.</p>"), "error"),
    "number": (shown("404", "<p>Nothing here, sorry about that.</p>"), "error page (“404”)"),
    "number and words": (shown("Error 404 - Not Found", "<p>Try the search.</p>"), "error page"),
    "server": (shown("503 Service Unavailable", "<p>No server is available now.</p>"), "error"),
    "denied": (shown("Access Denied", "<p>You don't have permission to see this.</p>"), "error"),
    "fr": (shown("Page introuvable", "<p>La page demandée n'existe pas ou plus.</p>"), "error"),
    "de": (shown("Seite nicht gefunden", "<p>Diese Seite gibt es leider nicht.</p>"), "error"),
    "es": (shown("Página no encontrada", "<p>La página que busca no existe.</p>"), "error"),
    "vi": (shown("Không tìm thấy trang", "<p>Trang bạn tìm không tồn tại.</p>"), "error"),
    "ja": (shown("ページが見つかりません", "<p>お探しのページは削除されました。</p>"), "error"),
    "robots": (shown("Just a moment...", "<p>Checking your browser.</p>"), "a check for robots"),
    "consent": (shown("Before you continue", COOKIES), "is a consent form"),
    "consent by its words": (shown("Paper Example", COOKIES * 3), "is a consent form"),
    "consent by a field": (
        shown(
            "Welcome",
            COOKIES.split("<button", maxsplit=1)[0] + "<input type=submit value=Akzeptieren>",
        ),
        "is a consent form",
    ),
    "login": (shown("Sign in to Paper", f"<p>Members only.</p>{PASSWORD}"), "is a login page"),
    "login in German": (shown("Anmelden", f"<p>Bitte anmelden.</p>{PASSWORD}"), "a login page"),
    "login by its field": (shown("Welcome to us", f"<p>Hello.</p>{PASSWORD}"), "is a login page"),
    "maintenance": (
        shown("Under maintenance", "<p>We are working on the site.</p>"),
        "is a notice of maintenance",
    ),
    "back soon": (shown("We’ll be back soon", "<p>Come back later.</p>"), "of maintenance"),
    "scripts": (
        "<title>Two mills</title><noscript>You need to enable JavaScript to run this app.</noscript><div id=root></div><script src=/x.js></script>",
        "needs JavaScript: the page itself holds no text",
    ),
    "scripts in words": (
        shown("A tale of two mills", "<p>Please activate JavaScript.</p>"),
        "needs JavaScript",
    ),
    "redirect": (
        "<title>Moved</title><meta http-equiv=refresh content='0; url=/c'><p>Moved.</p>",
        "is a redirect to https://paper.example/c: use that address",
    ),
    "redirect without title": (
        "<meta http-equiv=refresh content=\"0;URL='https://z.example/d'\">",
        "is a redirect to https://z.example/d",
    ),
    "paywall": (
        shown("Two mills burn", "<p>Subscribe to continue reading this article.</p>", DATED),
        "is a paywall's notice: there is no text beyond it",
    ),
    "paywall in French": (
        shown("Deux moulins", "<p>Cet article est réservé aux abonnés. Il reste 90 %.</p>"),
        "is a paywall's notice",
    ),
    "list": (shown("News", teasers(12)), 'is a list of articles: use kind = "listing" or its feed'),
    "list with summaries": (
        shown("News of the day", teasers(12, "The mill burnt down in the night to Monday, again.")),
        "is a list of articles",
    ),
    "list that says so": (
        shown(
            "Section of mills",
            teasers(3, "The mill burnt down in the night."),
            '<script type="application/ld+json">{"@type": "CollectionPage"}</script>',
        ),
        "is a list of articles",
    ),
}


@pytest.mark.parametrize(("html", "reason"), REFUSED.values(), ids=REFUSED)
def test_refused(html: str, reason: str) -> None:
    """A page that is no article is refused, and what it is stands in the error."""
    with pytest.raises(ReadError) as caught:
        read(html)
    assert reason in caught.value.reason
    assert caught.value.subject == URL


KEPT = {
    "lead before a paywall": shown(
        "Two mills burn", f"{LEAD}<p>Subscribe to continue reading this article.</p>"
    ),
    "about errors": shown("Why page not found became a joke", LEAD * 4),
    "dated": shown("404 Not Found", LEAD, DATED),
    "number in the title": shown("404 people at the harbour", LEAD),
    "money in the title": shown("500 $ for a mill", LEAD),
    "about logins": shown("Sign in to your life", LEAD),
    "form for logins": shown("Two mills burn", f"{LEAD}{PASSWORD}"),
    "about cookies": shown("How cookies work", LEAD * 2 + "<p>A cookie keeps privacy.</p>"),
    "banner": shown("Two mills burn", LEAD * 4 + f"<div class=cookie-banner>{COOKIES}</div>"),
    "hint for scripts": shown(
        "Two mills burn", f"{LEAD}<noscript>Please enable JavaScript to comment.</noscript>"
    ),
    "short": shown("Two mills burn", "<p>Both.</p>"),
    "refreshed often": shown(
        "Two mills burn", LEAD, "<meta http-equiv=refresh content='600; url=/a/b'>"
    ),
    "teasers after": shown("Two mills burn", LEAD * 12 + teasers(8), DATED),
    "headings that lead on": shown(
        "Six mills",
        "".join(f"<h2><a href=/m/{n}>Mill {n}</a></h2>{LEAD}{LEAD}" for n in range(6)),
    ),
    "maintained": shown("Road closed for maintenance of the weir", LEAD),
}


@pytest.mark.parametrize("html", KEPT.values(), ids=KEPT)
def test_kept(html: str) -> None:
    """An article is read, though it speaks of such things or has such parts."""
    assert read(html).content_html
