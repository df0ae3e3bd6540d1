"""Names of people, told from other words by their shape. Pure."""

from __future__ import annotations

import re
import unicodedata

_LONGEST_NAME = 60  # letters

# Words that no person is called: agencies, papers, offices, roles. With marks: Ảnh is "picture",
# but Anh is a name.
_NOBODY = frozenset(
    """
    agency agence agencia agenzia agentur ajansı ajans news press presse prensa reuters afp dpa ap
    upi efe ansa tass xinhua vna ttxvn vietnamplus bbt tto ldo ndo vov vtv báo tạp tòa toà soạn
    biên redaktion rédaction redacción redazione editor editors editorial desk staff team office
    reporter reporters correspondent correspondents journalist journalists writer contributor
    minister korrespondent redakteur phóng ctv pv nhóm bloomberg guardian times post herald
    tribune telegraph daily online media magazine newspaper zeitung journal gazette today radio tv
    television the haber haberler gazetesi mwandishi wetu antara detik kompas cnn bbc voa tin ảnh
    nguồn theo photo photos getty images politics world sport sports business culture opinion
    university ministry department government council committee company group inc ltd gmbh read
    more subscribe comments share home update updated published advertisement school ubnd hđnd
    correo diario gaceta periódico noticias noticia crónica voz heraldo vanguardia europa ep portal
    giornale corriere gazzetta notizie stampa askanews adnkronos jornal folha notícias lusa diário
    redação redacao correspondente enviado especial corresponsal agencias journaliste journal
    correspondant envoyé spécial nachrichten anzeiger tageblatt kurier rundschau kna epd taz
    nieuws krant anp verslaggever redactie tidningen tidning tt ntb ritzau nyheter nyheder avisen
    bladet gazeta dziennik pap wiadomości redakcja redakce redaktor noviny čtk ctk zprávy
    hírek mti szerkesztőség agerpres mediafax știri redacția redaksi editör muhabir muhabiri dha iha
    aa editörü haberleri gazete wartawan kontributor kompascom tribun tempo mwananchi gazeti
    риа тасс интерфакс новости редакция газета корреспондент укрінформ унн уніан новини редакція
    αθηνα αθήνα απε μπε σύνταξη συντακτική ομάδα εφημερίδα vietnam+ vnexpress sggp nld qđnd
    vietnamnet lsgp đcsvn baotintuc chinhphu
    مراسل وكالة أنباء صحيفة تحرير كتب خاص संवाददाता एजेंसी ब्यूरो डेस्क टीम न्यूज समाचार संपादक
    ผู้สื่อข่าว กองบรรณาธิการ ทีมข่าว สำนักข่าว 新华社 新華社 中新社 中新网 人民网 新华网
    本报 编辑部 共同 時事 編集部 記者 记者 通讯员 通信员 以上 敬称略 おわり 終わり
    연합뉴스 뉴시스 뉴스 편집국 기자 특파원
    newsroom correspondents associated
    bureau wire wires service services center centre institute association
    """.split()  # noqa: SIM905
)
_PARTICLES = frozenset(
    """
    de da do dos das del della di du la le van von der den ter ten al el bin binti ibn ben y af zu
    """.split()  # noqa: SIM905
)
# A person's part in the piece, before or behind the name.
_ROLE = (
    r"ctv|pv|btv|phóng viên|cộng tác viên|nhà báo|nhà văn|nhà thơ|thạc sĩ|ths\.?|ts\.?|gs\.?|pgs\.?"
    r"|luật sư|bác sĩ|bs\.?|reporter|staff writer|correspondent|journalist|columnist|wartawan"
    r"|muhabir|редактор|корреспондент|собкор|wakala|mwandishi"
)
_ROLE_FIRST = re.compile(rf"^(?:{_ROLE})\s+(?=(?-i:[^\W\d_a-zß-ÿ]))", re.IGNORECASE)
_ROLE_LAST = re.compile(
    r"\s+(?:thực hiện|tổng hợp|lược ghi|lược dịch|biên dịch|ghi|dịch)$", re.IGNORECASE
)
_SITE = re.compile(r"\S*(?:News|TV|Online|\.[a-z]{2,4})")
_WITH_AGENCY = re.compile(
    r"\s+(?:avec|with|mit|con|com|met|med|dengan|cùng|și|ve|from|for|pour|für|per|cho)"
    r"\s+(?:the\s+)?(.+)$"
)
_MAIL = re.compile(r"[\s,;(<]*\S+@\S+\.\w{2,}[)>]?\s*$")
LINK = re.compile(
    r"\s*[;&、，]\s*|\s+[-–—]\s+|(?<=\w)[–—](?=\w)"
    r"|\s+(?:(?i:and|und|et|và|dan|och)|y|e|ve|en|og|na|i|a|și|ja|és|και|и|і|та|و|और|และ|と)\s+"
)
COMMA = re.compile(r"\s*,\s*")
BAR = re.compile(r"\s*[|•·●]\s*")

PICTURES = re.compile(
    r"\s*[-–,;|]?\s*\b(?:ảnh|photos?|photographs?|fotos?|video)\s*:.*$", re.IGNORECASE
)
_BRACKET = re.compile(r"\s*[(（\[][^()（）\[\]]{0,60}[)）\]]?\.?$")
_EAST = re.compile(r"[\u3400-\u9fff々]{1,3}[ \u3000][\u3040-\u30ff\u3400-\u9fff々]{1,5}")


def person(words: str, *, caseless: bool = False) -> str | None:
    """Return `words` as the name of one person, without the agency behind it; None if they aren't.

    "Trung Hà (TTXVN)" is Trung Hà; "BBT", "Reuters" and "The Daily" are nobody.
    `caseless`: words of a script without capitals may be a name too.
    """
    name = _BRACKET.sub("", words.strip()).split("/", 1)[0].strip(' \t,;:*•|–—-"“”')
    name = _ROLE_LAST.sub("", _ROLE_FIRST.sub("", name))
    parts = name.split()
    if _EAST.fullmatch(name):
        return name if min(map(len, parts)) < 3 else None  # else they are two people
    if not parts or len(parts) > 6 or len(name) > _LONGEST_NAME:
        return None
    if any(map(is_nobody, parts)):
        return None
    if caseless and name.lower() == name.upper():
        spoken = all(map(_is_spoken, parts))
        return name if spoken and 2 <= len(parts) <= 4 else None
    return name if _looks_called(parts) else None


def _looks_called(parts: list[str]) -> bool:
    """Whether every word begins with a capital, particles aside, and one is more than initials."""
    names = [part for part in parts if part.lower() not in _PARTICLES]
    if not names or not all(map(_is_name, names)):
        return False
    if len(names) > 1:
        return any(len(part.strip(".")) > 1 for part in names)
    # One word: "P.Hậu" is a name; "BBT" and "Kết" alone may be anything.
    initial, _, rest = parts[0].partition(".")
    return len(initial) <= 2 and len(rest) > 1 and rest[1:].islower()


def _is_name(part: str) -> bool:
    letters = "".join(sign for sign in part if sign not in "'’-.")
    return letters.isalpha() and part[0].isupper()


def _is_spoken(part: str) -> bool:
    return all(unicodedata.category(sign)[0] in "LM" for sign in part.strip("."))


def is_nobody(part: str) -> bool:
    """Return True for a word that no person is called: an agency, a paper, an office."""
    return part.lower().strip("(),.;:'’") in _NOBODY


def is_office(words: str) -> bool:
    """Return True for words that name an office or agency and nobody: "Redacción", "The Desk"."""
    parts = [part for part in words.split() if part.lower() not in _PARTICLES]
    return 0 < len(parts) < 5 and all(map(is_nobody, parts))


def is_agency(words: str) -> bool:
    """Return True for an office, or for the capitals or the site that an agency goes by."""
    capitals = 2 <= len(words) <= 6 and words.isalpha() and words.isupper()
    return capitals or is_office(words) or bool(_SITE.fullmatch(words))


def without_agency(words: str) -> str:
    """Return `words` without an e-mail address and without "with WIRE" at their end."""
    words = _MAIL.sub("", words)
    found = _WITH_AGENCY.search(words)
    agency = found and (found[1].isupper() or all(map(is_nobody, found[1].split())))
    return words[: found.start()] if found and agency else words


def persons(words: str, *, commas: bool, caseless: bool = False) -> tuple[str, ...]:
    """Return the names that `words` list, empty where the first of them is none.

    A comma parts names where `commas`, else only where an "and" follows: not in "Jane Roe, York".
    """
    words = without_agency(BAR.split(PICTURES.sub("", words), maxsplit=1)[0])
    parts = LINK.split(words)
    if commas or len(parts) > 1:
        parts = [name for part in parts for name in COMMA.split(part)]
    else:
        parts = COMMA.split(words)[:1]
    found: list[str] = []
    for part in parts:
        name = person(part, caseless=caseless)
        if name is None:
            break
        found.append(name)
    return tuple(dict.fromkeys(found))
