"""Which language a text is in: by its script, then its letters, then its commonest words."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from functools import cache

LOOKED_AT = 4_000
"""How many letters of a text are looked at."""

_LEAST_WORDS = 4  # with fewer of a language's commonest words, nothing is clear
_LEAST_SHARE = 0.12  # of all words; running text has 0.25 to 0.5
_MARGIN = 1.1  # times the runner-up's count
# Names and numbers fill short texts: a smaller share will do where no other language comes near.
_LEAST_SHARE_ALONE, _MARGIN_ALONE = 0.06, 3

# Commonest words by language, those that tell it from its neighbours among them.
_WORDS = {
    "cs": "a se na v je že do si s z ale jako za by pro tak který jsem jsou byl podle také jeho "
    "až při",
    "da": "og i at det er en af til på den de med der som ikke et har fra var blev efter også "
    "ud hvor nye af sig mod",
    "de": "der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als "
    "auch es an werden aus er hat dass bei nach wird sind",
    "en": "the of and to in a is that for it was on with as be at by this from have or are his "
    "he but has they said which not will",
    "es": "de la que el en y a los se del las un por con no una su para es al lo como más fue "
    "pero sus le ha este ya entre",
    "fi": "ja on ei se että oli ovat hän mutta myös kun joka tai mukaan sekä ole jo vain olla "
    "niin kuin ovat vuoden sen",
    "fr": "de la le et les des en un du une que est pour qui dans a par plus pas au sur ne se "
    "ce il sont avec son cette aux été",
    "hu": "a az és hogy nem is egy meg volt de csak már ez el ki szerint mint még után lesz azt "
    "vagy lehet amely több",
    "id": "yang di dan itu dengan untuk tidak ini dari dalam akan pada juga saya ke karena "
    "tersebut bisa ada mereka oleh kata para telah sebagai mengatakan menjadi kepada satu sejak "
    "membuat seorang dibanding",
    "it": "di e il la che in a per un è non una del si da con sono dei al le come della ha nel "
    "anche più alla gli lo questo",
    "nb": "og i det er en av til på som for med at den ikke de har et fra var ble etter også ut "
    "hvor seg mot skal vil nye noe",
    "nl": "de van het een en in is dat op te zijn met voor die niet aan er om ook als maar bij "
    "door uit naar wordt werd heeft nog over",
    "pl": "w i na się z do nie że to jest o jak po od za przez są oraz dla ale był także jego "
    "który tym już przed może",
    "pt": "de a o que e do da em um para com não uma os no se na por mais as dos como mas foi "
    "ao ele das à seu sua são também pelo",
    "ro": "de și în a la cu pe care nu o din să pentru că este un mai au fost sunt al ale după "
    "prin această cel lor acest fi",
    "sv": "och i att det som en på är av för med den till inte de har ett från om var också "
    "efter sig men vid där ska nya enligt",
    "sw": "ya na wa kwa ni katika za la kuwa hiyo cha huo pia watu amesema hayo baada mwaka "
    "wake yake hilo huku ambao wakati hao zaidi alisema",
    "tr": "ve bir bu da de için ile çok olarak en gibi olan daha kadar sonra ise ancak olduğu "
    "göre her ne ya oldu olduğunu yer",
}  # fmt: skip
# Letters that no other language of the same script here is written with; most telling first.
_LETTERS = {
    "arabic": (("ur", "ٹڈڑےں"), ("fa", "پچژگکی")),
    "cyrillic": (("be", "ў"), ("uk", "іїєґ"), ("kk", "әғқңұһ"), ("mk", "ѓќѕ"), ("sr", "ђћџљњј"),
                 ("ru", "ыэё"), ("bg", "ъ")),
}  # fmt: skip
_ALONE = {
    "hangul": "ko", "thai": "th", "devanagari": "hi", "greek": "el", "hebrew": "he",
    "bengali": "bn",
    "tamil": "ta", "telugu": "te", "georgian": "ka", "armenian": "hy", "khmer": "km", "lao": "lo",
    "myanmar": "my", "gujarati": "gu", "kannada": "kn", "malayalam": "ml", "sinhala": "si",
    "ethiopic": "am", "gurmukhi": "pa",
}  # fmt: skip
# Few letters tell: a share of all letters of the script, above chance quotations.
_TELLING = 0.004
_VIETNAMESE = re.compile("[ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]")
_VIETNAMESE_ONLY = re.compile("[đơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]")
# Words with one of these letters count as that language's, where few words are short and common.
_LATIN_LETTERS = {
    "cs": "řěů", "hu": "őű", "pl": "łąęśźżćń", "ro": "țșţă", "tr": "ğışİ", "da": "æ", "nb": "æ",
}  # fmt: skip
_WORD = re.compile(r"[^\W\d_]+")


def _turned(
    table: dict[str, str], parts: Callable[[str], Iterable[str]]
) -> dict[str, frozenset[str]]:
    """The languages by word or letter, from a table of words or letters by language."""
    keys = {part for words in table.values() for part in parts(words)}
    return {
        key: frozenset(language for language, words in table.items() if key in set(parts(words)))
        for key in keys
    }


_SPOKEN = _turned(_WORDS, str.split)
_LANGUAGES_OF = _turned(_LATIN_LETTERS, iter)


def identify(text: str) -> str | None:
    """Return the two-letter code (ISO 639-1) of the language of `text`, None where it isn't clear.

    Only the first 4,000 characters are looked at.
    """
    head = unicodedata.normalize("NFC", text[:LOOKED_AT]).lower()
    letters = Counter({sign: n for sign, n in Counter(head).items() if sign.isalpha()})
    scripts: Counter[str] = Counter()
    for sign, count in letters.items():
        scripts[_script(sign)] += count
    if not scripts:
        return None
    if scripts["kana"] + scripts["han"] + scripts["hangul"] > scripts.total() * 0.4:
        return _east_asian(scripts)
    script = scripts.most_common(1)[0][0]
    if script == "latin":
        return _latin(head, scripts["latin"])
    if script in _LETTERS:
        return _by_letters(script, letters, scripts[script])
    return _ALONE.get(script)


@cache
def _script(sign: str) -> str:
    """The script of a letter, by the first word of its name in Unicode."""
    name = unicodedata.name(sign, "").partition(" ")[0].lower()
    return {"cjk": "han", "hiragana": "kana", "katakana": "kana"}.get(name, name)


def _east_asian(scripts: Counter[str]) -> str:
    if scripts["hangul"] > scripts["kana"] + scripts["han"]:
        return "ko"
    # Japanese prose is half kana; Chinese has some in names.
    return "ja" if scripts["kana"] > scripts["han"] * 0.1 else "zh"


def _by_letters(script: str, letters: Counter[str], total: int) -> str | None:
    for language, telling in _LETTERS[script]:
        if sum(letters[sign] for sign in telling) > total * _TELLING:
            return language
    return "ar" if script == "arabic" else None


def _latin(head: str, letters: int) -> str | None:
    if (
        len(_VIETNAMESE_ONLY.findall(head)) > letters * 0.04
        and len(_VIETNAMESE.findall(head)) > letters * 0.08
    ):
        return "vi"
    words = Counter(_WORD.findall(head))
    scores: Counter[str] = Counter(dict.fromkeys(_WORDS, 0))
    for word, count in words.items():
        spoken = _SPOKEN.get(word, frozenset())
        if not word.isascii():
            spoken = spoken.union(*(_LANGUAGES_OF[sign] for sign in word if sign in _LANGUAGES_OF))
        for language in spoken:
            scores[language] += count
    (language, first), (_, second) = scores.most_common(2)
    share = first / max(words.total(), 1)
    clear = (share >= _LEAST_SHARE and first >= second * _MARGIN) or (
        share >= _LEAST_SHARE_ALONE and first >= second * _MARGIN_ALONE
    )
    return language if clear and first >= _LEAST_WORDS else None
