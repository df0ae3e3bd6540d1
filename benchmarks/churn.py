"""How many pages are taken as revised that nobody has revised, and how many revisions are found.

::

    python benchmarks/churn.py [--samples DIR] [--seed N] [--verbose] [--json] [--gate]

Every sample page is read, settled, and "fetched again" with what changes on pages by itself:
advertisements, counters, hosts of files, lists of other articles. A revision then is churn. The
other way round, a word, number, paragraph, title, author, picture or link is really changed, and
a revision must come of it. The samples are those of `quality.py`.
"""

from __future__ import annotations

import argparse
import html
import json
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from pages_score import pages

from feedtool import blocks, text
from feedtool.archive import item
from feedtool.errors import ReadError
from feedtool.kept import Change, Version
from feedtool.model import Capture, Entry, Source
from feedtool.read import decode, markup, readers
from feedtool.read.head import charset_in
from feedtool.settle import settle

MOST_CHURN = 0.01  # of the pages, for each kind
LEAST_FOUND = 0.99  # of the edits, for each kind
SAMPLES = Path(__file__).resolve().parents[2] / "shared" / "samples"
SEEN = datetime(2026, 11, 1, tzinfo=UTC)

_PARAGRAPH = re.compile(r"<p\b[^>]*>(.*?)</p>", re.IGNORECASE | re.DOTALL)
_TITLE_END = re.compile(r"</h1>", re.IGNORECASE)
_TAG = re.compile(
    r"(<script\b.*?</script>|<style\b.*?</style>|<!--.*?-->|<[^>]*>)", re.I | re.DOTALL
)
_ASSET = re.compile(
    r"(?P<before>\b(?:src|data-src|data-lazy-src|content)\s*=\s*[\"'])"
    r"(?P<url>(?:https?:)?//[^\"'\s]+?\.(?:jpe?g|png|gif|webp)|/[^/\"'\s][^\"'\s]*?\.(?:jpe?g|png|gif|webp))"
    r"(?P<query>\?[^\"'\s]*)?(?=[\"'])",
    re.IGNORECASE,
)
_LINK = re.compile(r"(<a\b[^>]*\bhref=[\"'])(https?://[^\"'#?]+)(?=[\"'])", re.IGNORECASE)
_OPENING = re.compile(r"<(p|div|section|article|img|span)\b(?=[^>]*>)", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]{4,}")
_NUMERAL = re.compile(r"(?<![\w&#;.,])\d{1,4}(?![\w;])")

_COUNTERS = (
    "{n} views", "{n} lượt xem", "{n} Aufrufe", "{n} vues", "{n} visitas", "{n} visualizações",
    "{n} просмотров", "{n} переглядів", "{n} görüntülenme", "{n} مشاهدة", "{n} صفحة مشاهدة",
    "阅读 {n}", "{n} 次阅读", "閲覧数 {n}", "조회수 {n}", "{n} ครั้ง", "{n} व्यूज", "{n} dilihat",
    "{n} wyświetleń", "{n} comments", "{n} bình luận", "{n} Kommentare", "{n} commentaires",
    "{n} likes · {m} shares", "{m} min read", "Lesezeit: {m} Minuten", "{m} phút đọc",
    "{m} min de lecture", "{m} minutes ago", "vor {m} Stunden", "il y a {m} heures",
    "hace {m} horas", "{m} giờ trước", "{m}小时前", "{m}時間前", "{m}시간 전", "منذ {m} ساعات",
    "{m} saat önce", "{n}", "Katsottu {n}", "Прочитали {n}",
)  # fmt: skip
_LABELS = (
    "Advertisement", "Quảng cáo", "Anzeige", "Publicité", "Publicidad", "Реклама", "広告", "广告",
)  # fmt: skip
_RELATED = (
    "Related articles", "Tin liên quan", "Mehr zum Thema", "Lire aussi", "Te puede interesar",
    "Читайте также", "関連記事", "相关阅读", "관련기사", "Leia também", "Leggi anche",
)  # fmt: skip
_SUBJECTS = (
    "Council votes on the new bridge", "Xã trồng mới chín hecta chè", "Wie das Dorf Wasser spart",
    "La mairie rouvre la bibliothèque", "El puerto recibe otro barco", "Школа открылась вовремя",
    "市立図書館が新装オープン", "乡村小学迎来新校舍", "A long road to the valley",
    "Người giữ rừng ở bản xa", "Der letzte Fährmann geht", "Le marché du samedi revient",
)  # fmt: skip
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
]
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True)
class Page:
    """A sample: its HTML, its address, what was read of it, and where its paragraphs stand."""

    html: str
    url: str
    entry: Entry
    paragraphs: tuple[re.Match[str], ...]


Noise = Callable[[Page, Random], str]
Edit = Callable[[Page, Random], str | None]


def _put(page: str, *pieces: tuple[int, str]) -> str:
    """The page with each piece put in at its place, counted in the page as it was."""
    for at, piece in sorted(pieces, reverse=True):
        page = page[:at] + piece + page[at:]
    return page


def _between(page: Page, rng: Random) -> int:
    """A place behind a paragraph of the text, the last one aside."""
    return rng.choice(page.paragraphs[:-1] or page.paragraphs).end()


def _top(page: Page) -> int:
    """The place behind the headline, else before the first paragraph."""
    titles = [found.end() for found in _TITLE_END.finditer(page.html)]
    first = page.paragraphs[0].start()
    return max((at for at in titles if at <= first), default=first)


def _end(page: Page) -> int:
    return page.paragraphs[-1].end()


def _close(page: Page) -> int:
    """The place before the end of the page."""
    at = page.html.lower().rfind("</body>")
    return at if at >= 0 else len(page.html)


def _token(rng: Random) -> str:
    return f"{rng.getrandbits(40):010x}"


def _ad(rng: Random) -> str:
    """An advertisement: in a frame, a script, by class, by label, by its size or its address."""
    width, height = rng.choice(((300, 250), (728, 90), (970, 250), (320, 50), (300, 600)))
    unit = _token(rng)
    picture = f'<img src="https://i{rng.randrange(9)}.{unit}.example/{unit}.gif"'
    sized = f'{picture} width="{width}" height="{height}" alt="">'
    server = rng.choice(("ads.example", "adserver.example", "ad.doubleclick.example"))
    leads = f"https://{server}/c?id={unit}"
    said = rng.choice(("Save now", "Jetzt sparen", "Mua ngay hôm nay", "今すぐ購入"))
    label = rng.choice(_LABELS)
    return rng.choice(
        (
            f'<iframe src="https://{server}/{unit}" width="{width}" height="{height}"></iframe>',
            f'<div id="div-gpt-{unit}"><script>show("{unit}")</script></div>',
            f'<div class="ad-slot {unit}"><a href="{leads}">{sized}</a><p>{said}</p></div>',
            f'<div class="c{unit}"><span>{label}</span><a href="{leads}">{sized}</a></div>',
            (
                f'<div class="c{unit}"><p>{label}</p><p><a href="https://shop.example/{unit}">{said}'
                "</a></p></div>"
            ),
            (
                f'<figure class="c{unit}"><a href="https://shop.example/?gclid={unit}">{picture}></a>'
                "</figure>"
            ),
            f'<div><a href="https://shop.example/{unit}" rel="sponsored">{sized}</a></div>',
            f'<p><a href="{leads}">{said} {rng.randrange(10, 90)} %</a></p>',
        )
    )


def ad_between(page: Page, rng: Random) -> str:
    """An advertisement between two paragraphs, elsewhere each time."""
    return _put(page.html, (_between(page, rng), _ad(rng)))


def ad_beside(page: Page, rng: Random) -> str:
    """One before the text, one after it, one in a column beside it."""
    column = f'<aside class="c{_token(rng)}">{_ad(rng)}</aside>'
    return _put(page.html, (_top(page), _ad(rng)), (_end(page), _ad(rng)), (_close(page), column))


def _counter(said: str, layout: int, rng: Random) -> str:
    number = f"{rng.randrange(1000, 99999):,}".replace(",", rng.choice((",", ".", " ", "")))
    said = said.format(n=number, m=rng.randrange(2, 23))
    return (
        f"<div>{said}</div>",
        f'<p class="meta">{said}</p>',
        f'<div class="c1"><i class="icon"></i><span>{said}</span></div>',
        f"<ul><li>{said}</li></ul>",
        f"<span>{said}</span>",
    )[layout]


def counters(page: Page, rng: Random) -> str:
    """A counter behind the headline and one behind the text: the same ones with other numbers."""
    fixed = Random(page.url)
    pieces = [
        (at, _counter(fixed.choice(_COUNTERS), fixed.randrange(5), rng))
        for at in (_top(page), _end(page))
    ]
    return _put(page.html, *pieces)


def white_space(page: Page, rng: Random) -> str:
    """Other indentation between blocks, and lines broken elsewhere."""
    indent = "\n" + rng.choice(("  ", "\t", "    ", "")) * rng.randrange(4)
    parts = _TAG.split(page.html)
    for at, part in enumerate(parts):
        if at % 2 == 0 and part.isspace():
            parts[at] = indent
        elif at % 2 == 0:
            parts[at] = re.sub(r"[ \n]+", lambda _: rng.choice((" ", " ", "\n", "\n   ")), part)
    return re.sub(r"(</(?:p|div|h\d|li|ul)>)(?=<(?:p|div|h\d|li|ul)\b)", rf"\1{indent}",
                  "".join(parts))  # fmt: skip


def asset_hosts(page: Page, rng: Random) -> str:
    """Pictures come from another host of the network, with a query against caches."""
    host = f"cdn{rng.randrange(9)}.net.example"
    query = rng.choice(("?v={t}", "?w=640&q=75&v={t}", "?t={t}", "?_={t}", "")).format(
        t=rng.getrandbits(30)
    )

    def moved(found: re.Match[str]) -> str:
        path = re.sub(r"^(?:https?:)?//[^/]+", "", found["url"])
        return f"{found['before']}https://{host}{path}{query}"

    return _ASSET.sub(moved, page.html)


def related(page: Page, rng: Random) -> str:
    """A list of other articles behind the text, one within it, shuffled and replaced."""
    site = "/".join(page.url.split("/")[:3])

    def leads() -> str:
        return f'<a href="{site}/news/{_token(rng)}.html">{rng.choice(_SUBJECTS)}</a>'

    heading = Random(page.url).choice(_RELATED)
    items = "".join(f"<li>{leads()}</li>" for _ in range(rng.randrange(2, 7)))
    box = f'<div class="c{_token(rng)}"><h3>{heading}</h3><ul>{items}</ul></div>'
    return _put(page.html, (_between(page, rng), f"<p>{leads()}</p>"), (_end(page), box))


def clock(page: Page, rng: Random) -> str:
    """Today's date and the time at the head of the page."""
    when = (
        f"{rng.choice(_DAYS)}, {rng.randrange(1, 29)} {rng.choice(_MONTHS)} 2026 "
        f"{rng.randrange(10, 24)}:{rng.randrange(10, 60)}"
    )
    found = re.search(r"<body\b[^>]*>", page.html, re.IGNORECASE)
    return _put(page.html, (found.end() if found else 0, f'<div class="today">{when}</div>'))


def names(page: Page, rng: Random) -> str:
    """Nonces, ids and classes that a build makes anew."""
    return _OPENING.sub(
        lambda found: f'{found[0]} data-v-{_token(rng)}="" data-nonce="{_token(rng)}"',
        re.sub(
            r"(<(?:p|div|span)\b[^>]*?\bclass=[\"'])",
            lambda found: f"{found[1]}css-{_token(rng)} ",
            page.html,
        ),
    )


def comments(page: Page, rng: Random) -> str:
    """What readers say below the article, and how many they are."""
    number = rng.randrange(1, 400)
    said = "".join(
        f'<div class="comment"><b>Reader {rng.randrange(99)}</b><p>I think that number'
        f" {rng.randrange(99)} of these is right, and have said so before.</p></div>"
        for _ in range(rng.randrange(1, 5))
    )
    below = f'<section id="comments"><h3>Comments ({number})</h3>{said}</section>'
    link = f'<a href="#comments">{number} comments</a>'
    return _put(page.html, (_top(page), link), (_close(page), below))


def tracking(page: Page, rng: Random) -> str:
    """Parameters in links that follow readers about."""
    query = rng.choice(("?utm_source=x{t}&utm_medium=web", "?fbclid={t}", "?ref={t}"))
    return _LINK.sub(lambda found: f"{found[0]}{query.format(t=_token(rng))}", page.html)


NOISES: Mapping[str, Noise] = {
    "advertisement between": ad_between,
    "advertisements beside": ad_beside,
    "counters": counters,
    "white space": white_space,
    "hosts of files": asset_hosts,
    "related articles": related,
    "clock": clock,
    "names in markup": names,
    "comments": comments,
    "tracking": tracking,
}


def _all(page: Page, rng: Random) -> str:
    """Every noise at once, as it is on a page in the wild."""
    for noise in NOISES.values():
        page = _page(noise(page, rng), page.url, page.entry)
    return page.html


def _in_text(page: Page, rng: Random, wanted: re.Pattern[str],
             instead: Callable[[str], str]) -> str | None:  # fmt: skip
    """The page with one match of `wanted` in the words of its text replaced, or None."""
    places = []
    for paragraph in page.paragraphs:
        at = paragraph.start(1)
        for number, part in enumerate(_TAG.split(paragraph[1])):
            if number % 2 == 0:
                places += [(at + one.start(), one[0]) for one in wanted.finditer(part)
                           if "&" not in part]  # fmt: skip
            at += len(part)
    if not places:
        return None
    at, found = rng.choice(places)
    return page.html[:at] + instead(found) + page.html[at + len(found) :]


def word(page: Page, rng: Random) -> str | None:
    """One word is another."""
    return _in_text(page, rng, _WORD, lambda found: "zebra" if found != "zebra" else "okapi")


def number(page: Page, rng: Random) -> str | None:
    """One number in a sentence is another."""
    return _in_text(page, rng, _NUMERAL, lambda found: str(int(found) + rng.randrange(1, 9)))


def paragraph_more(page: Page, rng: Random) -> str | None:
    """A paragraph is added."""
    more = "<p>A second rescue team reached the valley before noon, the mayor told reporters.</p>"
    return _put(page.html, (_between(page, rng), more))


def paragraph_less(page: Page, rng: Random) -> str | None:
    """A paragraph is taken out."""
    if len(page.paragraphs) < 3:
        return None
    found = rng.choice(page.paragraphs[:-1])
    return page.html[: found.start()] + page.html[found.end() :]


def _everywhere(page: str, old: str, new: str) -> str | None:
    forms = {old, html.escape(old), html.escape(old, quote=False), json.dumps(old)[1:-1]}
    changed = page
    for form in forms:
        changed = changed.replace(form, new)
    return changed if changed != page else None


def title(page: Page, _: Random) -> str | None:
    """The title says something else, wherever it stands."""
    said, known = page.entry.title, f"{page.entry.title} again"
    changed = _everywhere(page.html, said, known)
    left = text.fold(html.unescape(changed.replace(known, ""))) if changed else ""
    return None if text.fold(said) in left else changed  # it stands there in another form too


def author(page: Page, _: Random) -> str | None:
    """Somebody else wrote it."""
    name = page.entry.authors[0].name if page.entry.authors else None
    return _everywhere(page.html, name, "Nora Castellan") if name else None


def picture(page: Page, rng: Random) -> str | None:
    """Another picture stands in the place of one."""
    free = (block for block in blocks.of(page.entry) if not block.links)  # no advertisement's
    shown = [one.url for block in free for one in block.pictures]
    for url in filter(None, (*shown, page.entry.image)):
        name = url.partition("?")[0].rpartition("/")[2]
        ending = name.rpartition(".")[2]
        if len(name) > len(ending) + 4 and name in page.html:
            return page.html.replace(name, f"other-{_token(rng)}-view.{ending}")
    return None


def link(page: Page, rng: Random) -> str | None:
    """A word has become a link to another site."""
    return _in_text(page, rng, _WORD, lambda it: f'<a href="https://report.example/1">{it}</a>')


EDITS: Mapping[str, Edit] = {
    "word": word,
    "number": number,
    "paragraph added": paragraph_more,
    "paragraph removed": paragraph_less,
    "title": title,
    "author": author,
    "picture": picture,
    "link added": link,
}


def read(page: str, url: str) -> Entry | None:
    """What is read of a page, or None where it is refused."""
    capture = Capture(source="s", url=url, place=url.partition("://")[2], body=page.encode(),
                      captured=SEEN, media_type="text/html", charset="utf-8")  # fmt: skip
    try:
        return readers.read(capture, Source(name="s", url=url, kind="page")).entries[0]
    except ReadError:
        return None


def _page(page: str, url: str, entry: Entry) -> Page:
    """The page, with those of its paragraphs that are in the text that was read of it."""
    known = {block.words for block in blocks.of(entry)}
    said = {found: markup.plain(found[1]) for found in _PARAGRAPH.finditer(page)}
    often = Counter(said.values())  # a text that stands twice is read from one of the places
    paragraphs = [found for found, words in said.items() if words in known and often[words] == 1]
    return Page(page, url, entry, tuple(paragraphs))


def _samples(folder: Path) -> Iterable[tuple[str, Page]]:
    for label, raw in pages(folder):
        decoded = decode.decode(raw, label["url"], None, charset_in(raw))
        entry = read(decoded, label["url"])
        if entry is not None:
            page = _page(decoded, label["url"], entry)
            if page.paragraphs:
                yield label["file"], page


def _settled(entry: Entry, old: Version | None) -> tuple[Change, Version]:
    now = SEEN if old is None else SEEN + timedelta(hours=1)
    return settle(entry, old=old, source="s", now=now, zone=UTC, taken=lambda _: False)


def _is_revised(first: Entry, second: Entry | None) -> bool:
    if second is None:
        return True  # what could be read can't be any more
    return _settled(second, _settled(first, None)[1])[0] is Change.REVISED


@dataclass
class Tally:
    """How many pages came out as they shouldn't, of how many; and which."""

    of: int = 0
    wrong: int = 0
    other: int = 0  # pages whose digest differed: what would be revised if bytes decided
    names: tuple[str, ...] = ()

    def count(self, is_wrong: bool, name: str) -> None:
        """One page more."""
        self.of += 1
        self.wrong += is_wrong
        self.names += (name,) if is_wrong else ()


def measure(folder: Path, seed: int) -> tuple[dict[str, Tally], dict[str, Tally], int]:
    """Revisions that are none by kind of noise; edits that were missed by kind; pages."""
    churn = {name: Tally() for name in (*NOISES, "all at once")}
    missed = {name: Tally() for name in EDITS}
    count = 0
    for file, page in _samples(folder):
        count += 1
        for name, noise in (*NOISES.items(), ("all at once", _all)):
            visits = [
                read(noise(page, Random(f"{seed} {visit} {name} {file}")), page.url)
                for visit in range(2)
            ]
            first = visits[0]
            churn[name].count(first is None or _is_revised(first, visits[1]), file)
            churn[name].other += len({item.digest(one) for one in visits if one}) > 1
        for name, edit in EDITS.items():
            edited = edit(page, Random(f"{seed} {name} {file}"))
            if edited is not None:
                found = _is_revised(page.entry, read(edited, page.url))
                missed[name].count(not found, file)
    return churn, missed, count


def main(argv: list[str] | None = None) -> int:
    """Print both tables; 1 with `--gate` where a kind is beyond its bound."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    default = os.environ.get("FEEDTOOL_SAMPLES") or SAMPLES
    parser.add_argument("--samples", type=Path, default=Path(default), metavar="DIR")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--verbose", action="store_true", help="name the pages")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--gate", action="store_true", help="fail beyond the bounds")
    options = parser.parse_args(argv)
    folder = options.samples / "pages"
    if not (folder / "labels.jsonl").is_file():
        print(f"skipped: no labelled pages in {folder}", file=sys.stderr)
        return 0
    start = time.process_time()
    churn, missed, count = measure(folder, options.seed)
    beyond = [name for name, one in churn.items() if one.wrong > one.of * MOST_CHURN]
    beyond += [name for name, one in missed.items() if one.wrong > one.of * (1 - LEAST_FOUND)]
    if options.json:
        tables = {
            what: {name: [one.wrong, one.of] for name, one in table.items()}
            for what, table in (("churn", churn), ("missed", missed))
        }
        print(json.dumps({"pages": count, **tables, "beyond": beyond}))
    else:
        print(f"{count} pages, each fetched twice; {time.process_time() - start:.0f} s")
        for heading, table in (("revised by noise", churn), ("edits missed", missed)):
            print(heading)
            for name, one in table.items():
                share = one.wrong / max(one.of, 1)
                beside = f"   by digest {one.other:3}" if table is churn else ""
                print(f"  {name:24} {one.wrong:3} of {one.of:3}  {share:6.1%}{beside}")
                if options.verbose and one.names:
                    print(f"    {' '.join(one.names)}")
    return 1 if options.gate and beyond else 0


if __name__ == "__main__":
    raise SystemExit(main())
