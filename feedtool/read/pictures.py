"""Words of pictures: captions by the credit they carry. Pure."""

from __future__ import annotations

import re
from functools import lru_cache

from feedtool.read.layout import sentences, stops

CAPTION = 300
"""Letters that a caption has at most."""

_LABEL = (
    r"ảnh|hình|photos?|photographs?|file photo|picture|image|foto|fotos|fotoğraf|fotó|kuva"
    r"|zdjęcie|fot\.?"
    r"|credit|photo credit|crédit(?: photo)?|crédito|créditos|bildquelle|bild|quelle|fonte foto"
    r"|dok\.?|dok\. foto|picha|imagen|imagem|imagine|illustration|grafik|φωτ\.?|φωτο|φωτογραφία"
    r"|写真|図|图|圖|摄影|攝影|사진|фото|снимка|світлина|صورة|تصوير|عکس|צילום|फोटो|फ़ोटो|तस्वीर|ภาพ"
)
# Forms of a credit, each with the letters without which it needn't be looked for.
_FORMS = tuple(
    (needed, re.compile(form, re.IGNORECASE))
    for needed, form in (
        # a label, a sign, a name: "Photo: Somebody"
        (
            (":", "：", "=", "/"),
            (
                rf"(?:^|[\s(（\[|/.–—-])(?:{_LABEL})\s*"
                r"(?:[:：=]\s?|/\s?(?-i:(?=[A-ZÀ-ÝĐ])))(?=\S)(?!\d)"
            ),
        ),
        (("fot. ", "foto. ", "dok. "), r"(?:^|[.!?…]\s|\()(?-i:[FfDd]ot?o?k?\.) ?(?-i:[A-ZŁŚŻĐ])"),
        (
            (" na ", " d", " von ", " av ", " oleh ", " by ", " of ", " par ", " courtesy "),
            (
                r"(?:^|[.!?…]\s|[-–—|]\s)(?:picha na|foto de|foto di|foto von|foto door|foto av"
                r"|foto oleh|photo by|photo de|photo d['’]|photo courtesy|picture by|image by"
                r"|courtesy of)\s\S|^(?:photo|foto) (?:by|von|par|de)\b"
            ),
        ),
        (
            ("(", "（"),
            (
                r"[(（](?:ảnh|photo|picture|foto|file photo|dok|ap photo|reuters/)\b[^()（）]{0,60}"
                r"[)）]?$|^\(c\)\s"
            ),
        ),
        # a sign, a name, at the end: "… © Somebody / AFP", "… / ARCHIVO"
        (
            ("©", "ⓒ"),
            (
                r"^(?=(?:[^\s©ⓒ]+\s+){3}|[^©ⓒ]*[.!?…]\s?[©ⓒ]).*?\S\s?[©ⓒ]\s?[^\s.][^.]{1,60}$"
                r"|^©[^|]{2,80}\|\s*\S+\s\S+\s\S"
            ),
        ),
        (
            ("/",),
            (
                r"[.!?…)\"”»]\s?/\s?(?!\d)[^\s/.][^/.\n]{1,40}$|[.!?。]\s*/[가-힣 ]{2,20}$"
                r"|(?:/afp|/reuters|/ttxvn|/vna|\breuters/[\w .]{3,40})\)?\.?$"
            ),
        ),
        # who made it or lent it, in scripts that write it behind the name
        (
            (
                "供",
                "撮影",
                "摄",
                "攝",
                "图）",
                "图)",
                "제공",
                "촬영",
                "[사진",
                "[이미지",
                "▲",
                "△",
                "◇",
            ),
            (
                r"[(（][^()（）]{1,40}(?:提供|撮影|摄|攝|供图|供圖|图|提供写真|제공)[)）]\s*$"
                r"|[、。，＝=\s][^\s、。，＝]{2,12}(?:撮影|提供|摄|攝)[)）]?$|(?:제공|촬영)[.)\]]?$"
                r"|\[(?:사진|이미지)[^\]]{0,40}\]|^[▲△◇]\s?\S"
            ),
        ),
        (
            ("ảnh ",),
            (
                r"(?:^|[.(\[–-]\s?)Ảnh (?:minh họa|minh hoạ|tư liệu|chụp màn hình|chụp|cắt từ clip"
                r"|(?-i:[A-Z]{3,8}))[^.,;]{0,30}[.)\]]?$|[-–]\s*ảnh \d+\.?$"
            ),
        ),
        (
            ("droits", "capture", "getty", "istock", "shutterstock"),
            (
                r"\btous droits réservés\b|\bcapture d['’]écran\b"
                r"|(?:getty images|istock|shutterstock)\)?\.?$"
            ),
        ),
    )
)
# "… words of the picture.(Kabar.com/SOMEBODY)"; behind fewer words it is a byline.
_IN_BRACKET = re.compile(
    r"[(（\[][^\W\d_a-zß-ÿ][^()（）/]{1,30}/\s?[^\W\d_a-zß-ÿ][^()（）]{1,40}[)）\]]$"
)
_BEFORE_BRACKET = 60  # letters
# "Words of the picture. (Photo: Somebody) And so the paragraph goes on."
_RUN_ON = re.compile(
    r"^([^()\n]{10,250}\((?:Ảnh|Nguồn|Photo|Foto|Credit|Source|Quelle)\b[^()\n]{1,60}\)\.?)"
    r"\s+(?=\w)",
    re.IGNORECASE,
)
# "Words of the picture. Ảnh: Somebody And so it goes on": the name ends before the last capital.
_GLUED = re.compile(r"^([^\n]{10,250}?[.!?…]\s+(?:Ảnh|Photo|Foto)(:?)\s+)(?=[^\W\d_a-zß-ÿ])")
_CAPITALS = re.compile(r"(?:[^\W\d_a-zß-ÿ][\w.+/-]*\s+){1,5}(?=[^\W\d_])")
_NUMBER = re.compile(r"[-–]\s*(?:ảnh|photo|foto|image|hình)\s\d{1,3}\.?$", re.IGNORECASE)
_HEADING = re.compile(
    r"^(?:fotos?|photos?|images?|imágenes|imagen|galería|galerie|gallery|bilder|ảnh|hình ảnh"
    r"|фото|图片|写真|사진|صور)\s*(?:\(?\d{0,3}\)?)\s*:?$",
    re.IGNORECASE,
)
_BAR_CREDIT = re.compile(r"^[|©]\s*[^\W\d_][\w .,/&'’-]{1,60}$")


@lru_cache(maxsize=4096)
def is_credit(text: str) -> bool:
    """Return True for the words of a picture that say who made it."""
    if len(text) > CAPTION:
        return False
    lower = text.lower()
    for needed, form in _FORMS:
        if any(sign in lower for sign in needed) and form.search(text):
            return True
    bracketed = _IN_BRACKET.search(text) if text[-1:] in ")）]" else None
    if bracketed is None:
        return False
    before = text[: bracketed.start()].rstrip()
    return len(before) >= _BEFORE_BRACKET or stops(before)


def is_number(text: str) -> bool:
    """Return True for a text that only numbers a picture: "Title - Ảnh 1."."""
    return len(text) <= CAPTION and bool(_NUMBER.search(text))


def is_heading(text: str) -> bool:
    """Return True for a line that announces pictures: "Fotos", "Photos (3)"."""
    return len(text) < 30 and bool(_HEADING.match(text))


def is_bare_credit(text: str) -> bool:
    """Return True for a credit on a line of its own that begins with its sign: "| Wire"."""
    return len(text) < 70 and bool(_BAR_CREDIT.match(text))


def split(text: str) -> tuple[str, str]:
    """Return the words of a picture that a paragraph begins with, or nothing, and the rest."""
    found = _RUN_ON.match(text)
    if found:
        return found[1], text[found.end() :]
    glued = _GLUED.match(text)
    if not glued or len(sentences(glued[1])) > 3:
        return "", text
    named = _CAPITALS.match(text, glued.end())
    words = named[0].split() if named else []
    count = len(words) - 1 if named and not text[named.end()].isupper() else len(words)
    if words and words[0].isupper() and len(words[0]) > 2:  # an agency
        count = 1
    if count < 1 or (not glued[2] and count > 1) or stops(text[: glued.end()].rstrip()):
        return "", text
    end = glued.end() + len(" ".join(words[:count]))
    return text[:end], text[end:].lstrip()
