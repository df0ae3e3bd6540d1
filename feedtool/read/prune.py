"""What stands within an article and isn't of it: links to others, labels, the ends' odds and ends.

An article is taken as its runs: text between two block boundaries. A run that stays is prose, or
stands between prose; at both ends only sentences, lists and tables are believed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple
from urllib.parse import urlsplit

from feedtool.data import Struct
from feedtool.read import markup
from feedtool.read.markup import Element

_PROSE = 80  # bytes outside links that make a run prose (bytes: a Chinese word has few letters)
_SENTENCE = 40  # bytes of one that ends as a sentence does
_LABEL = 120  # letters of what may be a label or a way to elsewhere
_FOOT = 10  # runs after the last prose, where a byline may stand
_SIGNING = 3  # of them that may be a bare name
_ASIDE = 400  # letters of a paragraph that only asks for something
_ENDS = re.compile(r"[.!?…。！？।؟:;,][\s\"'»”’“)\]]*$")
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_LISTED = frozenset(("li", "dt", "dd", "td", "th", "pre", "blockquote", "caption"))
_CELLS = frozenset(("td", "th", "pre"))

# How what leads to other articles begins, by language; compared in lower case.
_ELSEWHERE = re.compile(
    r"(?:"
    r"\W*(?:also read|read (?:also|more|next)|see (?:also|more)|more (?:on|from|about|stories)\b"
    r"|related\b|recommended|you (?:may|might) also|up next|now reading|most read|don['’]t miss"
    r"|recent articles|story stream|tags?:|tagged|topics:|filed under|share this|follow us"
    r"|view comments|advertisement|want more\b"
    r"|mehr (?:zum thema|zu\b|aus\b)|lesen sie (?:auch|mehr)|lies auch|auch interessant|weiterlesen"
    r"|das könnte (?:sie|dich)|empfehlungen|weitere (?:stories|artikel|themen|meldungen)"
    r"|schlagw[oö]rt|zum thema"
    r"|(?:à )?lire (?:aussi|également)|à lire|sur le même (?:sujet|thème)|voir aussi|vos réactions"
    r"|te puede interesar|le[ae] también|lee más|temas relacionados|más (?:de|sobre|en)\b|etiquetas"
    r"|noticias relacionadas|valora esta|ver también"
    r"|veja também|leia (?:também|mais)|saiba mais|mais (?:sobre|em|lidas)\b|(?:nos siga|siga-nos)"
    r"|principais manchetes|encontrou algo errado|ouça este"
    r"|leggi anche|ti potrebbe|potrebbe interessarti|vedi anche"
    r"|lees (?:ook|meer)|meer over\b|læs (?:også|mere)|les (?:også|mer)\b|läs (?:också|mer)\b"
    r"|lue myös|czytaj (?:także|też|również)|zobacz (?:też|także)|čtěte také|olvassa el"
    r"|ilgili haber|etiketler|baca juga|xem thêm|đọc thêm|tin liên quan|từ khóa"
    r"|читайте также|смотрите также|по теме|читайте також|διαβάστε (?:επίσης|ακόμη)"
    r"|関連記事|関連ニュース|あわせて読みたい|ジャンル|관련\s?기사|相关(?:阅读|新闻|文章)|延伸閱讀|延伸阅读"
    r"|اقرأ أيضا)"
    r")"
)
# Whole paragraphs that ask for something, or say whose the text is; only short ones.
_ASKS = re.compile(
    r"(?:(?:sign up|subscribe|register|abonnier|inscri|suscr|assine|iscriv|melden sie sich|aanmeld)"
    r".{0,120}(?:newsletter|e-?mail|boletín|infolettre|nieuwsbrief)"
    r"|bestellen sie.{0,80}(?:abo|heft|shop)\b"
    r"|(?:when you|if you) (?:buy|purchase|click).{0,80}(?:links?|commission)"
    r"|^(?:©|\(c\)|copyright\b|all rights reserved|disclaimer\b|alle rechte vorbehalten"
    r"|todos los derechos|tous droits réservés|this document is subject to copyright)"
    r"|(?:all rights reserved|alle rechte vorbehalten)\.?$)"
)
# What advertisements are labelled with.
_ADVERT = re.compile(
    r"\W*(?:advertisements?|advert|ads?|sponsored(?: content| by\b.{0,40})?|promoted|paid content"
    r"|anzeige|werbung|publicité|annonce|publicidad|publicidade|pubblicità|advertentie|reclame"
    r"|annons|mainos|reklama?|reklám|publicitate|iklan|tangazo|quảng cáo|được tài trợ|реклама"
    r"|διαφήμιση|إعلان|آگهی|פרסומת|विज्ञापन|โฆษณา|广告|廣告|広告|pr|광고)\W*",
    re.IGNORECASE,
)


_Piece = tuple[Element, bool]


class Run(Struct, frozen=True):
    """Text between two block boundaries, in the block `node`; `linked` bytes of it lead away,
    `tied` are in any link.

    `pieces` are where it stands: elements, each with whether it is the text after it. A picture is
    a run without words, `linked` where it stands in a link that leads away.
    """

    node: Element
    words: str
    linked: int
    pieces: tuple[_Piece, ...] = ()
    tied: int = 0

    @property
    def outside(self) -> int:
        """Bytes that lead nowhere."""
        return len(self.words.encode()) - self.linked

    @property
    def leads(self) -> bool:
        """True where it is a link and no more, wherever that leads."""
        return 0 < self.tied >= len("".join(self.words.split()).encode())

    @property
    def parts_nothing(self) -> bool:
        """True for a link or the label of an advertisement, which may stand anywhere."""
        return self.node.tag not in _HEADINGS and (self.leads or is_advert(self.words))

    @property
    def ends(self) -> bool:
        """True where it ends as sentences end."""
        return bool(_ENDS.search(self.words[-9:]))

    @property
    def prose(self) -> bool:
        """True for running text: long enough, or shorter and a sentence."""
        if self.node.tag in _HEADINGS:
            return False
        least = _SENTENCE if self.ends else _PROSE
        return self.outside >= least and self.outside > self.linked


class Pruned(NamedTuple):
    """What was found on the way: how many headings led to other articles, and the last lines.

    `end` is the last paragraph and the short ones after it that lead nowhere.
    """

    teasers: int
    foot: tuple[str, ...]
    end: tuple[str, ...] = ()


def prune(article: Element, home: str | None) -> Pruned:
    """Take out of `article` what isn't of it, and return what was found on the way.

    An article without prose is left as it is.

    Links to `home`, the host of the page, lead to other articles; those to other hosts are the
    author's own, and stay.
    """
    runs = list(_runs(article, home))
    teasers = sum(1 for run in runs if run.node.tag in _HEADINGS and run.linked > 2 * run.outside)
    gone = _leading_away(runs)
    prose = [at for at, run in enumerate(runs) if run.prose and at not in gone]
    if not prose:
        return Pruned(teasers, ())
    foot = tuple(run.words for run in runs[prose[-1] + 1 :][:_FOOT] if run.words)
    end = (runs[prose[-1]].words, *_signing(runs[prose[-1] + 1 :]))
    gone.update(_before(runs, prose[0]))
    gone.update(at for at in range(prose[-1] + 1, len(runs)) if not _stays_at_end(runs[at]))
    gone.update(_orphans(runs, gone))
    gone.update(_pictures(runs, gone))
    _remove(article, [runs[at] for at in gone])
    return Pruned(teasers, foot, end)


def is_advert(words: str) -> bool:
    """Return True for what an advertisement is labelled with: "Advertisement", "Quảng cáo"."""
    return 0 < len(words) <= _LABEL and bool(_ADVERT.fullmatch(words))


def _signing(after: list[Run]) -> Iterator[str]:
    """The first short paragraphs after the text, up to a heading, a list or a link."""
    for run in islice((run for run in after if run.words), _SIGNING):
        if run.linked or run.node.tag in _HEADINGS | _LISTED or _ELSEWHERE.match(run.words.lower()):
            return
        yield run.words


def _leading_away(runs: list[Run]) -> set[int]:
    gone: set[int] = set()
    following = advert = False  # after a label, what has links is what it announced
    for at, run in enumerate(runs):
        words = run.words[: _ASIDE + 1].lower()
        announces = len(words) <= _LABEL and bool(_ELSEWHERE.match(words))
        asks = len(words) <= _ASIDE and bool(_ASKS.search(words))
        away = run.linked > 2 * run.outside and run.node.tag not in _CELLS
        following = announces or (following and not run.prose)
        label = is_advert(words)
        if (
            announces
            or asks
            or label
            or (advert and run.leads)
            or away
            or (following and run.linked * 2 > run.outside)
        ):
            gone.add(at)
        advert = label or (advert and not run.words)  # its picture, and the one link after it
    return gone


def _before(runs: list[Run], first: int) -> Iterator[int]:
    """The runs before the first prose that are no part of it; its own heading stays."""
    near = first - 1  # an advertisement parts no heading from its text
    while near > 0 and runs[near].parts_nothing:
        near -= 1
    for at, run in enumerate(runs[:first]):
        if not (at == near and run.node.tag in _HEADINGS) and not _stays(run):
            yield at


def _stays(run: Run) -> bool:
    return not run.words or run.node.tag in _LISTED or (run.ends and run.linked <= run.outside)


def _stays_at_end(run: Run) -> bool:
    return _stays(run) and run.node.tag not in _HEADINGS


def _orphans(runs: list[Run], gone: set[int]) -> Iterator[int]:
    """Headings of which nothing is left."""
    after = "h0"  # the next that stays: nothing
    lost = False  # whether anything went between
    for at in range(len(runs) - 1, -1, -1):
        tag = str(runs[at].node.tag)
        if at in gone:
            lost = True
        elif lost and tag in _HEADINGS and after <= tag and after in {"h0", *_HEADINGS}:
            yield at
        else:
            after, lost = tag, False


def _pictures(runs: list[Run], gone: set[int]) -> list[int]:
    """Pictures that lead where a text beside them led."""
    led = {at for at in gone if runs[at].linked or not runs[at].parts_nothing}
    return [
        at
        for at, run in enumerate(runs)
        if not run.words and run.linked and (at - 1 in led or at + 1 in led)
    ]


def _remove(article: Element, runs: list[Run]) -> None:
    """Blank the runs, and take out what is empty then."""
    touched = {run.node: None for run in runs}
    for run in runs:
        for node, after in run.pieces:
            if after:
                node.tail = None
            else:
                node.text = None
                touched[node] = None
    markup.drop(
        article,
        [
            node
            for node in touched
            if node is not article
            and (node.tag == "img" or next(node.iter("img", "td", "th"), None) is None)
            and not any(said.strip() for said in node.itertext())
        ],
    )


def _runs(article: Element, home: str | None) -> Iterator[Run]:
    """The runs of `article` in order, pictures among them."""
    blocks = [article]
    said: list[str] = []
    pieces: list[_Piece] = []
    linked = links = tied = ties = 0
    for event, node in markup.walk(article):
        start, whole = event == "start", node is article
        block = node.tag in markup.BLOCKS
        if block or node.tag == "img":
            if words := " ".join("".join(said).split()):
                yield Run(blocks[-1], words, linked, tuple(pieces), tied)
            said, pieces, linked, tied = [], [], 0, 0
        if block and start and not whole:
            blocks.append(node)
        elif block and not whole:
            blocks.pop()
        elif node.tag == "img" and start:
            yield Run(node, "", links, (), ties)
        elif node.tag == "br" and start:
            said.append(" ")
        elif node.tag == "a":
            ties += 1 if start else -1
            if _is_home(node, home):
                links += 1 if start else -1
        text = node.text if start else None if whole else node.tail
        if text:
            said.append(text)
            pieces.append((node, not start))
            linked += len(text.strip().encode()) if links else 0
            tied += len("".join(text.split()).encode()) if ties else 0


def _is_home(node: Element, home: str | None) -> bool:
    """True where a link leads to another page of the same site, or is a mere button."""
    address = node.get("href", "").strip()
    if address == "#" or address.lower().startswith("javascript:"):
        return True
    if not address or address.startswith("#"):
        return False
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return False
    return parts.scheme in ("", "http", "https") and host in ("", home)
