"""The lines of a plain-text page, and what a line is by its look alone: prose, noise, caption.

The tables are of words that stand on pages around an article, in the languages of the world's
larger papers. They are matched after `squash`, so without case, marks and punctuation.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from feedtool.read.almanac import bare

LONG = 120
"""Letters from which a line is a paragraph, whatever it ends in."""

_WIDEST = 100  # of a page whose paragraphs are broken into lines
_NOT_LETTERS = re.compile(r"[\W_]+")
_NUMBERS = re.compile(r"\d+")

# Phrases. A line that is nothing but one of these, numbers aside, is no part of an article.
_NOISE = """
journalist|reporter|staff writer|minute read|minutes read|min read|minuten|phut doc|advertisement
anzeige|publicidad|publicite|pubblicita|iklan|reklam|quang cao|広告|广告|광고|total|valorar|fotos
foto|photos|fehler gefunden|fehler melden|bao loi|gui binh luan|chia se bai viet|in bai viet
luu bai viet|theo doi|sign up for our emails|subscribe|subscribe now|newsletter|log in|sign in
anmelden|dang nhap|menu|search|suche|tim kiem|buscar|rechercher|cerca|ara|skip to content
trang chu|home|start|startseite|accueil|inicio|beranda|anasayfa|ana sayfa|首页|ホーム|홈|反応
シェア|ツイート|分享|分享到|分享到微信|分享到微博|关闭|打印|字号|공유|댓글|인쇄|스크랩|visto veces
anteriorsiguiente|pagina de|published|publie le|veroffentlicht|ngay dang|dang ngay|thoi su|xa hoi
kinh te|van hoa|the thao|phap luat|giao duc|doi song|chinh tri|giai tri|suc khoe|du lich|khoa hoc
the gioi|quoc te|trong nuoc|tin tuc|news|politics|business|sport|sports|culture|world|opinion
back to top|ve dau trang|load more|xem them|zoom|phong to|nghe bai viet|listen to this article
audio|video|phong su anh|co chu|aa|haberi goruntule|xem tiep|doc tiep|continue reading|no title|by
"""
# A line of none but these words, numbers aside, is a row of buttons.
_BUTTONS = """
share shares tweet facebook twitter x whatsapp telegram linkedin flipboard pinterest email mail
e print copy link messenger bluesky threads send reddit zalo line instagram youtube tiktok
google news teilen drucken merken kommentare partager discussion imprimer commenter envoyer
compartir imprimir enviar guardar condividi stampa bagikan cetak salin paylas yazdir kopyala
linki chia se in bai viet luu gui binh luan comment comments like save follow theo doi thich
copier kopieren post delen del dela jaa
"""
# What follows up to the next paragraph is about other articles.
_BOXES = """
related|related articles|related stories|related news|read more|read also|also read|read next
see also|more on this|more stories|recommended|latest news|mehr zum thema|lesen sie auch
auch interessant|das konnte sie auch interessieren|a lire aussi|lire aussi|a decouvrir egalement
sur le meme sujet|articles lies|voir aussi|te puede interesar|lea tambien|noticias relacionadas
mas noticias|leggi anche|articoli correlati|leia tambem|lees ook|baca juga|berita terkait
berita lainnya|ilgili haberler|ayrica oku|tin lien quan|tin cung chuyen muc|tin khac|xem them
doc them|bai lien quan|tin moi|cac tin khac|tin cu hon|tin moi hon|bai viet lien quan|相关新闻
相关阅读|推荐阅读|関連記事|あわせて読みたい|관련기사|관련 기사|اقرأ أيضا|مواضيع ذات صلة
latest on this theme|ikuti berita|most read|le piu lette|les plus lus|tin doc nhieu
zilizosomwa ziadi
"""
# Nothing after these is of the article, once there is one.
_ENDS = """
comments|comment|leave a comment|kommentare|kommentar schreiben|commentaires|commenter|comentarios
comentar|commenti|komentar|yorumlar|yorum yap|binh luan|y kien ban doc|gui binh luan|y kien|评论
网友评论|コメント|댓글|tags|tag|etiketler|tu khoa|schlagworter|schlagwort|etiquetas|mots cles
ジャンル|キーワード|标签|태그|topics|read more on these topics|read more on|copyright
all rights reserved|tin lien quan|cung chuyen muc|themen
"""
_SAYS = re.compile(
    r"^(?:(?:also read|read (?:next|more|also)|see also|lesen sie auch|lire aussi|à lire aussi"
    r"|lea también|leggi anche|leia também|lees ook|baca juga|xem thêm|đọc thêm|>>)\s*:?\s+\S"
    r"|(?:editor|redaktur|biên tập|編集|編輯)\s*[:：]|[（【]?(?:责任)?编辑[:：]"
    r"|get the latest|sign up|follow us|subscribe to|©|copyright|bản quyền|all rights reserved)",
    re.IGNORECASE,
)
_CREDIT = re.compile(
    r"(?:^|[\s(（\[|/.–-])(?:ảnh|photos?|picture|image|foto|fotos|fotoğraf|credit|crédit photo"
    r"|crédito|bildquelle|bild|quelle|fonte foto|dok\.?|写真|図|图|사진|фото|صورة)\s*[:：/=.]\s?\S"
    r"|[(（](?:ảnh|photo|picture|foto|file photo|dok|ap photo|reuters/)\b[^()（）]{0,60}[)）]?$"
    r"|[(（][^()（）]{1,40}(?:提供|撮影|摄|提供写真)[)）]\s*$"
    r"|\btous droits réservés\b|\bcapture d['’]écran\b|\bẢnh (?:minh họa|tư liệu|chụp)\b"
    r"|[-–]\s*ảnh \d+\.?$|^(?:photo|foto) (?:by|von|par|de)\b"
    r"|\[(?:사진|이미지)[^\]]{0,40}\]|(?:getty images|/afp|/reuters|/ttxvn|/vna|istock)\)?\.?$",
    re.IGNORECASE,
)
# "Words of the picture. (Photo: Somebody) And so the paragraph goes on."
_RUN_ON_CREDIT = re.compile(
    r"^([^()\n]{10,250}\((?:Ảnh|Nguồn|Photo|Foto|Credit|Source|Quelle)\b[^()\n]{1,60}\)\.?)"
    r"\s+(?=\w)",
    re.IGNORECASE,
)
_PICTURE_NUMBER = re.compile(r"[-–]\s*(?:ảnh|photo|foto|image)\s\d{1,3}\.?$", re.IGNORECASE)
_STOP = re.compile(r"[.。．!?！？…؟।]+[\"'”’»)）\]」』›/]*$")
_SENTENCE_ENDS = re.compile(r"[.!?…]+[\"'”’»)\]]*\s+(?=[\"'“‘«(\[]*[^\W\d_a-zß-ÿ])|[。！？](?=.)")
_ITEM = re.compile(r"^(?:[-–—•*+▪●]|\d{1,2}[.)]|[a-zđ]\))\s*\S")
_CRUMBS = re.compile(r"\S\s*[>›»→]\s*\S|\S\s/\s\S.*\s/\s\S")
_CRUMB_HOME = re.compile(
    r"^(?:home|trang chủ|start|startseite|accueil|inicio|início|beranda|anasayfa|首页|ホーム|홈)\b",
    re.I,
)


def squash(text: str) -> str:
    """Return `text` for comparing: lower case, no marks, words by one space."""
    return _NOT_LETTERS.sub(" ", bare(text)).strip()


def _phrases(table: str) -> frozenset[str]:
    return frozenset(filter(None, map(squash, table.replace("\n", "|").split("|"))))


_NOISE_PHRASES, _BOX_PHRASES, _END_PHRASES = map(_phrases, (_NOISE, _BOXES, _ENDS))
_BUTTON_WORDS = frozenset(_BUTTONS.split())


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a page that isn't blank; `gap` is how many blank lines stand before it."""

    text: str
    gap: int = 0


def lines(text: str) -> list[Line]:
    """Return the lines of `text` that aren't blank, broken paragraphs put together again."""
    found: list[Line] = []
    gap = 0
    for raw in text.split("\n"):
        if raw.strip():
            found.append(Line(raw.strip(), gap))
            gap = 0
        else:
            gap += 1
    return _unwrapped(found)


def _unwrapped(page: list[Line]) -> list[Line]:
    """The page without the line breaks that are only there because a line was full."""
    width = max((len(line.text) for line in page), default=0)
    if width > _WIDEST:
        return page
    pairs = [(line, after) for line, after in pairwise(page) if not after.gap]
    full = [_was_full(line.text, after.text, width) for line, after in pairs]
    if sum(full) < 2 or sum(full) * 10 < len(full) * 6:
        return page
    groups: list[tuple[int, list[str]]] = []
    previous = ""
    for line in page:
        if groups and not line.gap and _was_full(previous, line.text, width):
            groups[-1][1].append(line.text)
        else:
            groups.append((line.gap, [line.text]))
        previous = line.text
    return [Line(" ".join(parts), gap) for gap, parts in groups]


def _was_full(text: str, after: str, width: int) -> bool:
    return len(text) > 40 and len(text) + 1 + len(after.partition(" ")[0]) > width - 4


def words(text: str) -> int:
    """Return how many words `text` has; three signs of a script without spaces count as one."""
    dense = sum("\u3040" <= sign <= "\u9fff" or "\u0e00" <= sign <= "\u0eff" for sign in text[:600])
    return len(text.split()) + dense // 3


def stops(text: str) -> bool:
    """Return True where `text` ends like a sentence."""
    return bool(_STOP.search(text[-12:]))


def sentences(text: str) -> list[str]:
    """Return the sentences of `text`, each with its stop; put together they say the same."""
    marks = [found.end() for found in _SENTENCE_ENDS.finditer(text)]
    parts = [text[a:b].strip() for a, b in zip([0, *marks], [*marks, len(text)], strict=True)]
    return [part for part in parts if part]


def is_paragraph(text: str, *, inside: bool = False) -> bool:
    """Return True for running text; `inside` a body, short sentences and list items count too."""
    if stops(text):
        return words(text) >= (2 if inside else 6)
    if inside and (_ITEM.match(text) or text[-1] in ";,:：；，"):
        return True
    return len(text) >= LONG or (words(text) >= 40 and len(text) > 80)


def is_noise(text: str) -> bool:
    """Return True for buttons, counters, section names and other furniture of a page."""
    if len(text) > 300:
        return False
    if _SAYS.match(text):
        return True
    plain = " ".join(_NUMBERS.sub(" ", squash(text)).split())
    return plain in _NOISE_PHRASES or all(word in _BUTTON_WORDS for word in plain.split())


def is_crumbs(text: str) -> bool:
    """Return True for the path of sections to a page: "Home / World / …"."""
    return len(text) < 300 and bool(_CRUMBS.search(text) or _CRUMB_HOME.match(text))


def is_box(text: str) -> bool:
    """Return True for the heading of a box about other articles."""
    return len(text) < 80 and squash(text) in _BOX_PHRASES


def is_end(text: str) -> bool:
    """Return True for a heading after which nothing is of the article."""
    if len(text) > 300:
        return False
    label, colon, _ = text.partition(":")
    plain = " ".join(_NUMBERS.sub(" ", squash(label)).split())
    return plain in _END_PHRASES and (bool(colon) or len(text) < 80)


def is_credit(text: str) -> bool:
    """Return True for the words of a picture that say who made it."""
    return len(text) <= 300 and bool(_CREDIT.search(text))


def is_picture_number(text: str) -> bool:
    """Return True for a text that only numbers a picture: "Title - Ảnh 1."."""
    return len(text) <= 300 and bool(_PICTURE_NUMBER.search(text))


def wide_gap(page: Sequence[Line]) -> int:
    """Return how many blank lines leave room for a picture: more than most paragraphs have."""
    gaps = sorted(line.gap for line in page[1:])
    return max(2, gaps[len(gaps) // 2] + 1) if gaps else 2


def split_credit(text: str) -> tuple[str, str]:
    """Return the words of a picture that a paragraph begins with, or nothing, and the rest."""
    found = _RUN_ON_CREDIT.match(text)
    return (found[1], text[found.end() :]) if found else ("", text)


def repeats(teaser: str, following: Sequence[str]) -> bool:
    """Return True where `teaser` says again what the lines after it begin with, cut or whole."""
    said = squash(teaser).replace(" ", "")
    again = ""
    for text in following:
        if len(again) >= len(said):
            break
        again += squash(text).replace(" ", "")
    same = next(
        (n for n, (a, b) in enumerate(zip(said, again, strict=False)) if a != b),
        min(len(said), len(again)),
    )
    return len(said) >= 30 and same >= len(said) * 0.8
