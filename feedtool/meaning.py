"""Meaning: whether two readings of one article differ in what a reader would call a change.

Only what is beside the article may differ: how it is laid out and stored, who has read it, what is
advertised in it. What is compared is what is left of each. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, unquote, urlsplit

from feedtool import blocks, text
from feedtool.blocks import Block, Picture
from feedtool.data import Struct, replace
from feedtool.model import Entry
from feedtool.read import furniture, layout, prune
from feedtool.read.counters import is_counter

_LABEL = 80  # letters of a line without a stop that may be a label or a button
_ADDRESS = 1000  # letters of an address in which the sign of an advertisement stands
_FEW = 5  # words of a line with a number, before or after the text, that may be a counter

# Signs of one meaning. Dashes of all lengths are one, as are straight and curly quotes.
_SIGNS = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′ʼ`´‹›", "'"),
        **dict.fromkeys("“”„‟″«»", '"'),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        **dict.fromkeys("\xad\u200b\u200c\u200d\u2060\ufeff\u200e\u200f", None),
        "…": "...",
        "′": "'",
    }
)
_DENSE = "\u3000-\u30ff\u3400-\u9fff\uff00-\uffef\u0e00-\u0eff"  # scripts that don't part words
# White space that says nothing: within marks, and in scripts that don't part words by it.
_IDLE_SPACE = re.compile(rf"\s+(?=[.,;:!?)\]%»])|(?<=[(\[«])\s+|(?<=[{_DENSE}])\s+(?=[{_DENSE}])")
_NUMBER = re.compile(r"\d+(?:[.,:\s]\d+)*")
_COUNT = re.compile(r"\d{1,3}(?:[.,\s]\d{3})*|\d+")  # no time, date or telephone
# A number with one of these is a price or a measure, and counts.
_MEASURE = re.compile(
    r"[$€£¥₫₩₹฿₽₺%‰°]|\b(?:usd|eur|vnd|đồng|euro?s?|dollars?|rp|kr|zł|kč|ft|lei|тг|руб|km|kg|ha|mm|cm)\b"
    r"|元|円|圆|원|บาท",
    re.IGNORECASE,
)

# Parameters that follow a reader about; those of clicks stand in advertisements.
_TRACKING = re.compile(
    r"(?:utm|mtm|pk|piwik|hsa|mkt|wt|vero|oly|trk|stm|_hs|guce)_\w*|_ga|_gl|hs(?:enc|mi)"
    r"|\w{1,4}clid|igshid?|mc_[ce]id|s?cmpid|cmp|ref|ref_?src|ref_url|referr?er|source|xtor|spm"
    r"|smid|smtyp|partner|ito|ocid|traffic_source|amp|feature|si|from|__twitter_impression|wpisrc",
    re.IGNORECASE,
)
# Parameters of how a file is delivered: its size, quality, version and signature.
_DELIVERY = re.compile(
    r"w|h|q|s|_|[vt]=[\d.]*|width|height|wid|hei|size|sz|quality|qlt|fit|crop|auto|dpr|dpi|scale|resize"
    r"|zoom|format|fm|fmt|ext|ver|vers|version|rev|ts|time|timestamp|cb|cache\w*|bust\w*|nocache"
    r"|rand|random|rnd|hash|sig|signature|expires?|exp|token|key-pair-id|policy|x-amz-\w+|ssl|strip"
    r"|itok|mtime|updated?|modified|mode|op|usm|bg|impolicy|im|compress|lossy|webp|optimi[sz]e"
    r"|gravity|focal\w*|rect|cs|blur|sharp|sharpen|ixlib|imwidth|downsize|output-\w+|interpolation",
    re.IGNORECASE,
)
_FILE = re.compile(
    r"\.(?:avif|bmp|gif|heic|jpe?g|jfif|png|svg|tiff?|webp|pdf|docx?|xlsx?|pptx?|od[tsp]|epub|csv"
    r"|zip|rar|7z|mp[34]|m4[av]|aac|flac|og[agv]|opus|wav|webm|mov|avi|mkv|m3u8)$",
    re.IGNORECASE,
)
_IMAGE = re.compile(r"(?:\.(?:avif|bmp|gif|heic|jpe?g|jfif|png|tiff?|webp))+$", re.IGNORECASE)
# What says how large a picture is: "-300x200", "_w640", "@2x", and parts of paths like it.
_SIZE = re.compile(
    r"(?:^|[-_.@,])(?:\d{2,4}x\d{2,4}|[wh]_?\d{2,4}|[1-4]x|scaled)(?=$|[-_.,@])", re.I
)
_SIZE_PART = re.compile(
    r"(?:(?:\d{2,4}x\d{0,4}|x\d{2,4}|[wh]\d{2,4}|fit-in|smart|resize|thumb(?:nail)?s?|crop|scaled?"
    r"|(?:[whqcfg]|ar|dpr|fit|auto|crop|width|height|quality|format)[_=:][\w.]{1,12})[-,.]?)+",
    re.IGNORECASE,
)
_NAMES = 10  # letters from which a name of several words is a file's own

# Sizes of advertisements that the trade has agreed on (IAB, in pixels).
_AD_SIZES = frozenset(
    [
        "300x250",
        "336x280",
        "250x250",
        "200x200",
        "180x150",
        "728x90",
        "970x90",
        "970x250",
        "468x60",
        "234x60",
        "120x600",
        "160x600",
        "300x600",
        "300x1050",
        "320x50",
        "320x100",
        "300x50",
        "300x100",
        "120x60",
        "120x240",
        "88x31",
    ]
)
_AD_ADDRESS = re.compile(
    r"//(?:[\w-]+\.)*(?:ads?\d*|adserv\w*|ad-?delivery|adclick|adform|adnxs|adsystem|doubleclick"
    r"|googlesyndication|googleadservices|amazon-adsystem|criteo|taboola|outbrain|mgid|revcontent"
    r"|banners?\d*|sponsors?|clicks?|promo|affiliates?|aff|partners?|pubads|smartadserver|teads)"
    r"(?:\.[\w-]+)+(?:[/:?#]|$)"
    r"|/(?:ads?|adserv\w*|adclick|banners?|sponsored|promo)(?:/|\.|$)"
    r"|[?&](?:gclid|dclid|click_?id|adid|ad_id|banner_?id|campaign_?id|utm_medium=(?:banner|cpc"
    r"|display|ad\w*|affiliate))(?:=|&|$)",
    re.IGNORECASE,
)


def same(new: Entry, old: Entry) -> bool:
    """Return True where `new` says what `old` says, so that no reader would call it a change.

    Changes are: a word or number of title, summary or text; authors by name; a date of
    publication, where there is one; a picture, link or file that came, went or was replaced;
    categories, in any order; and another language (its regional form aside).

    None are: white space and markup; the form of quotes, dashes and ellipses; advertisements,
    links to the site's other articles, buttons and counters between or beside the paragraphs; the
    order of short labels; host, size, version and signature of files; tracking in links; `updated`,
    captions, rights and evidence.
    """
    return (
        new.published in (None, old.published)
        and _around(new) == _around(old)
        and _body(new) == _body(old)
    )


def _around(entry: Entry) -> tuple[object, ...]:
    """What there is to compare beside the body."""
    return (
        _words(entry.title),
        _words(entry.summary or ""),
        frozenset(_words(person.name) for person in entry.authors),
        frozenset(map(_words, entry.categories)),
        (entry.language or "").partition("-")[0].lower(),
        _target(entry.link or ""),
        _file(entry.image or ""),
        frozenset(_file(one.href) for one in entry.enclosures),
    )


class _Body(Struct, frozen=True):
    """What a body says: running text in its order; labels, links and pictures in any."""

    prose: str
    labels: tuple[str, ...]
    links: tuple[str, ...]
    pictures: frozenset[str]


def _body(entry: Entry) -> _Body:
    kept = _of_the_article(blocks.of(entry), _host(entry.link or ""))
    words = [one for one in _masked(kept) if one]
    labels = [block.kind == "text" and not _runs(block) for block in kept if block.words]
    return _Body(
        _words(" ".join(one for one, label in zip(words, labels, strict=True) if not label)),
        tuple(sorted(_words(one) for one, label in zip(words, labels, strict=True) if label)),
        tuple(sorted(_target(link) for block in kept for link in block.links)),
        frozenset(_file(one.url) for block in kept for one in block.pictures if _is_seen(one)),
    )


def _of_the_article(found: list[Block], home: str) -> list[Block]:
    """The blocks without advertisements, buttons, counters, and ways to the site's other pages."""
    ways = [block for block in found if block.words and _leads_to(block, home)]
    if sum(len(block.words) for block in ways) * 2 > sum(len(block.words) for block in found):
        ways = []  # a list of links is what this article is
    elsewhere = {link for block in ways for link in block.links}
    kept = []
    announced = 0  # blocks that "Advertisement" or "Read also" announced
    for block in found:
        leads = block.is_link and not any(map(_is_file, block.links))
        if prune.is_advert(block.words):
            announced = 1
        elif furniture.is_box(block.words):
            announced = len(found)
        elif leads and (announced or elsewhere.issuperset(block.links) or _is_ad(block)):
            announced -= bool(announced and block.words)
        elif not _is_furniture(block):
            announced = 0 if block.words else announced
            kept.append(block)
        elif block.pictures and not leads:
            kept.append(replace(block, words="", linked=0))
    return kept


def _leads_to(block: Block, home: str) -> bool:
    """True where a block is a link to another page of the host `home` and nothing else."""
    return (
        block.is_link
        and block.kind != "cell"
        and all(_host(link) == home and not _is_file(link) for link in block.links)
    )


def _is_ad(block: Block) -> bool:
    sizes = {f"{one.width}x{one.height}" for one in block.pictures}
    return bool(sizes & _AD_SIZES) or any(
        _AD_ADDRESS.search(link[:_ADDRESS]) for link in block.links
    )


def _is_furniture(block: Block) -> bool:
    words = block.words
    if not words or block.kind == "cell" or len(words) > _LABEL or layout.stops(words):
        return False
    if not any(map(str.isalpha, words)):
        return is_counter(words)  # else a score, or a price
    return furniture.is_noise(words) or furniture.is_end(words) or is_counter(words)


def _runs(block: Block) -> bool:
    """True for running text."""
    return len(block.words) > _LABEL or layout.stops(block.words)


def _masked(kept: list[Block]) -> Iterator[str]:
    """The words of each block. A number in few words beside the text may count something in a
    language that no table knows: it is left out, unless it is a price or a measure, or one of a
    list."""
    running = [at for at, block in enumerate(kept) if _runs(block)]
    for at, block in enumerate(kept):
        beside = not running or at < running[0] or at > running[-1]
        near = kept[max(0, at - 1) : at + 2]
        alone = block.kind == "item" and sum(one.kind == "item" for one in near) == 1
        short = (block.kind == "text" or alone) and layout.words(block.words) <= _FEW
        numbers = _NUMBER.findall(block.words) if running and beside and short else ()
        counts = len(numbers) == 1 and _COUNT.fullmatch(numbers[0])
        if counts and not _MEASURE.search(block.words):
            yield _NUMBER.sub("#", block.words)
        else:
            yield block.words


def _is_seen(picture: Picture) -> bool:
    """False for a pixel that counts readers."""
    return not {"0", "1", "2"} & {picture.width, picture.height}


def _words(said: str) -> str:
    return _IDLE_SPACE.sub("", text.line(said)).translate(_SIGNS).strip()


def _split(url: str) -> tuple[str, str, str, str]:
    """Host, path, query and fragment; of what is no address, all of it as a path."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "", url, "", ""
    return parts.netloc.lower().removeprefix("www."), parts.path, parts.query, parts.fragment


def _host(url: str) -> str:
    return _split(url)[0]


def _is_file(url: str) -> bool:
    return bool(_FILE.search(_split(url)[1]))


def _target(url: str) -> str:
    """What an address leads to, whoever follows it."""
    if _is_file(url):
        return _file(url)
    host, path, query, fragment = _split(url)
    return f"{host}{path.rstrip('/')}?{_query(query, _TRACKING)}#{fragment}"


def _file(url: str) -> str:
    """Which file is at an address, however large and wherever it is delivered from.

    Its name tells where that is its own; else the path, without sizes. Where neither names a
    file, the query does.
    """
    _, path, query, _ = _split(url)
    *folders, name = unquote(path).split("/")
    stem = _SIZE.sub("", _IMAGE.sub("", name))
    if not _FILE.search(path):
        stem = f"{stem}?{_query(query, _DELIVERY, _TRACKING)}"
    elif (len(stem) >= _NAMES and len(re.findall(r"[^\W_]+", stem)) > 1) or len(stem) > 2 * _NAMES:
        return stem
    return "/".join([part for part in folders if not _is_size(part)] + [stem])


def _is_size(part: str) -> bool:
    return len(part) <= _LABEL and bool(_SIZE_PART.fullmatch(part))


def _query(query: str, *idle: re.Pattern[str]) -> str:
    """The parameters of `query` that none of `idle` matches, by name or as "name=value", in order
    of their names."""
    kept = [
        (name, _split(value)[1] if value.startswith(("http://", "https://")) else value)
        for name, value in parse_qsl(query, keep_blank_values=True)
        if not any(one.fullmatch(name) or one.fullmatch(f"{name}={value}") for one in idle)
    ]
    return "&".join(f"{name}={value}" for name, value in sorted(kept))
