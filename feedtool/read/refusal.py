"""Pages that are no articles: walls, errors, logins, shells for scripts, lists, ways to elsewhere.

Structure decides first, words second: whoever shows a longer text of their own, or says when it
appeared, is believed to be an article whatever its words are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import islice

from feedtool import text
from feedtool.data import Struct
from feedtool.read import jsonld, markup
from feedtool.read.head import Head

_STUB = 200  # bytes of prose that make an article, if only its first paragraph
_SHORT = 700  # bytes; more is no error page
_WALL = 2500  # bytes; what walls have to say of privacy is longer
_TEASERS = 5  # headings that lead to articles
_TEASER = 400  # bytes of prose beside each of them, at most
_READ = 4000  # characters of a page in which a notice is looked for
_SOON = 10  # seconds until a page leads on by itself

_REFRESH = re.compile(r"\s*(\d{1,4})(?:\.\d*)?\s*[;,]\s*(?:url\s*=)?\s*['\"]?([^'\"]+)", re.I)
_LISTS = frozenset(("CollectionPage", "ItemList", "SearchResultsPage", "Blog"))


def _any(*words: str) -> re.Pattern[str]:
    return re.compile("|".join(words), re.IGNORECASE)


# By what a page is: what its title says then.
_TITLES: Mapping[str, re.Pattern[str]] = {
    "is an error page": _any(
        r"^\W*(?:(?:http|error|fehler|erreur|erro|errore|fout|lỗi|ошибка|エラー)\W*)*"
        r"[45]0[0-9]\b(?!\s*[\w%€$])",
        r"^\W*(?:(?:error|fehler|erreur|erro|errore|http|code)\W+)?[45]0[0-9]\W+(?:page\b|file\b"
        r"|not\b|forbidden|internal|bad\b|service|gateway|seite|página|pagina|sivu|trang)",
        r"^(?:error\W*)?(?:not found|forbidden|access denied|bad gateway|service unavailable"
        r"|internal server error|too many requests|an error (?:has )?occurred)\W*$",
        r"\b(?:page|article|file|url|story|content)\b.{0,25}\b(?:not (?:be )?found|doesn.t exist"
        r"|does not exist|no longer (?:exists?|available))",
        r"\bpage (?:introuvable|non trouvée|inexistante)",
        r"\b(?:seite|artikel) (?:wurde )?nicht gefunden",
        r"\bp[áa]gina n(?:o|ão) (?:fue |foi )?(?:se )?encontrada",
        r"\bpagina (?:non trovata|niet gevonden)|\bsiden? (?:blev )?ikke fun[dn]et",
        r"\bsidan (?:kunde inte hittas|hittades inte)|\bsivua ei löy",
        r"\bnie (?:znaleziono|odnaleziono) strony|strona nie (?:została znaleziona|istnieje)",
        r"không tìm thấy trang|trang không tồn tại|sayfa bulunamadı|halaman tidak ditemukan",
        r"страница не (?:найдена|существует)|сторінк\w не знайден",
        r"ページが見つかりません|お探しのページ|페이지를 찾을 수 없",
        r"页面不存在|找不到(?:页面|頁面|网页)",
    ),
    "is a check for robots": _any(
        r"^just a moment\W*$|^attention required\b|\bverify (?:that )?you are (?:a )?human",
        r"^(?:are you (?:a robot|human)|robot check|captcha|security check)\W*$|^ddos-guard",
        r"^(?:checking|one more step|pardon our interruption)\b.{0,30}$",
    ),
    "is a consent form": _any(
        r"^(?:before you continue|cookie consent|consent|privacy gate|your privacy(?: choices)?"
        r"|privacy (?:settings|preferences)|cookie (?:settings|preferences|policy|notice))\b"
        r".{0,30}$",
        r"^(?:zustimmung|einwilligung|datenschutz-?einstellungen|cookie-einstellungen)\b.{0,30}$",
        r"^(?:gestion des cookies|votre vie privée|nous respectons votre vie privée)\b.{0,30}$",
        r"^(?:configuración de cookies|aviso de cookies|tu privacidad|la tua privacy)\b.{0,30}$",
    ),
    "is a login page": _any(
        r"^(?:please )?(?:log|sign)[ -]?(?:in|on)\b(?: (?:to|with|or|required)\b.*)?\W*$",
        r"^(?:login|anmelden|anmeldung|einloggen|(?:se )?connecter|connexion|identifiez-vous"
        r"|inici(?:ar|e|a) sesión|acceder|fazer login|entrar|accedi|inloggen|log ind|logg inn"
        r"|logga in|kirjaudu|zaloguj(?: się)?|logowanie|přihlášení|đăng nhập|giriş yap|oturum aç"
        r"|masuk|вход|войти|увійти|ログイン|로그인|登录|登入|تسجيل الدخول)\W*$",
    ),
    "is a notice of maintenance": _any(
        r"\b(?:under|down for|scheduled|site|temporary) maintenance\b|^maintenance(?: mode)?\W*$",
        r"^(?:we.ll be (?:right )?back(?: soon)?|be right back|temporarily unavailable)\b.{0,20}$",
        r"^wartungs(?:arbeiten|modus)\b",
        r"\b(?:in|en|em) (?:mantenimiento|manutenção|manutenzione)\W*$",
        r"\b(?:site )?en maintenance\W*$|^onderhoud\W*$|đang bảo trì|bakım(?:da| çalışması)",
        r"технические работы|технічні роботи|メンテナンス中|서비스 점검|系统维护|網站維護",
    ),
}
_SCRIPTS = _any(
    r"(?:enable|requires?|needs?|turn on|without|activat\w+|disabled?).{0,30}javascript",
    r"javascript.{0,60}(?:enable|disabled|require|aktivier|activ|ativ|attiva|włącz|ingeschakeld"
    r"|включ|无效|無効|有効|启用|활성)",
    r"(?:aktivier|activ|habilit|ativ|attiv|включ|bật|etkinleştir).{0,30}javascript",
)
# Notices that what follows is for those who pay.
_PAYWALL = _any(
    r"(?:subscribe|sign (?:in|up)|log in|register).{0,40}to (?:continue|read|keep|unlock|access)",
    r"to (?:continue|keep) reading|(?:for|to) (?:our )?(?:paid )?subscribers|subscribers?[- ]only",
    r"already a (?:subscriber|member)",
    r"(?:exclusive|available) (?:to|for) (?:our )?(?:subscriber|member)",
    r"réservé\w* (?:à nos |aux )abonn|il vous reste.{0,30}à lire|abonnez-vous|déjà abonné",
    r"für abonnent|weiterlesen mit|jetzt (?:abonnieren|weiterlesen)|bereits abonn|\babo testen",
    r"(?:para|exclusivo|solo) (?:suscriptores|assinantes)|suscríbete|ya (?:eres|soy) suscri",
    r"já é assinante|assine (?:agora|para|já)",
    r"(?:riservato|solo per) (?:agli |gli )?abbonati|abbonati per",
    r"(?:voor|alleen voor) abonnees|kun for abonnent|(?:for|er du) abonnent|för prenumeranter",
    r"tilaajille|dla (?:subskrybentów|prenumeratorów)|pro předplatitele",
    r"dành cho (?:thuê bao|hội viên)",
    r"abone(?:lere|ler için)|(?:только )?для подписчиков|для передплатників",
    r"会員限定|有料会員|残り\d+文字|구독자 전용|유료 (?:회원|구독)",
    r"(?:订阅|訂閱|付费|付費)(?:后|後|会员|會員|阅读|閱讀)",
)
_PRIVACY = _any(
    r"\bcookies?\b|\bconsent|\bprivacy\b|\bgdpr\b|\bdsgvo\b|einwillig|zustimm|datenschutz",
    r"consentement|vie privée|consentimiento|privacidad|consentimento|privacidade|toestemming",
    r"samtykke|zgod[yaę]|çerez|クッキー|쿠키|согласи",
)
_AGREE = _any(
    r"\b(?:accept|agree|allow all|reject|akzept|zustimmen|ablehnen|accepter|refuser|aceptar"
    r"|rechazar|aceitar|rejeitar|accetta|rifiuta|akkoord|accepteer|godta|accepter|zgadzam|kabul)",
    r"同意|동의|принять|прийняти|đồng ý",
)


class Signs(Struct, frozen=True):
    """What of a page tells whether it is an article, taken before its tree is cut down.

    `words` is the beginning of its text, `hint` what it says where scripts don't run.
    """

    words: str
    hint: str
    password: bool
    agreeing: bool
    listing: bool
    leads_to: str | None


def signs(head: Head, words: str) -> Signs:
    """Return the signs of the page in `head`, whose whole text is `words`."""
    root = head.root
    hints = (markup.text_of(node) for node in islice(root.iter("noscript"), 20))
    buttons = (markup.text_of(node) for node in islice(root.iter("button"), 20))
    inputs = list(islice(root.iter("input"), 100))
    values = (node.get("value", "") for node in inputs if node.get("type") in ("submit", "button"))
    kinds = {kind for node in head.nodes for kind in jsonld.strings(node.get("@type"))}
    articles = bool(head.article.get("headline")) or "article" in head.meta("og:type")
    refresh = (_REFRESH.match(said) for said in head.meta("refresh"))
    soon = (found[2] for found in refresh if found and int(found[1]) <= _SOON)
    return Signs(
        words=words[:_READ],
        hint=text.line(" ".join(hints)[:_READ]),
        password=any(node.get("type", "").lower() == "password" for node in inputs),
        agreeing=any(map(_AGREE.search, (*buttons, *values))),
        listing=bool(kinds & _LISTS) and not articles,
        leads_to=next(filter(None, (markup.absolute(url, head.base) for url in soon)), None),
    )


def why(found: Signs, title: str, body: str, teasers: int, dated: bool) -> str | None:
    """Return what a page is that is no article, as a phrase after its address, or None.

    `title` and `body` are its own text, as far as there is any; `teasers` headings in it led to
    other articles; `dated`: it says for machines when it appeared.
    """
    own = len(body.encode())
    if own < _WALL:
        own = sum(len(line.encode()) for line in body.split("\n\n") if not _is_notice(line))
    if own < _STUB and found.leads_to:
        return f"is a redirect to {found.leads_to}: use that address"
    if _is_listing(found, own, teasers, dated):
        return 'is a list of articles: use kind = "listing" or its feed'
    if own < _SHORT and not (dated and own >= _STUB):
        for what, pattern in _TITLES.items():
            if pattern.search(title) and (what != "is a login page" or found.password):
                return f"{what} (“{text.shorten(title, 60)}”), no article"
    if own < _STUB and not dated and found.password:
        return "is a login page, no article"
    if own < _WALL and not dated and found.agreeing and _about_privacy(found.words):
        return "is a consent form, no article"
    if own < _STUB and _PAYWALL.search(found.words):
        return "is a paywall's notice: there is no text beyond it"
    if own < _STUB and (
        _SCRIPTS.search(found.hint) or (own < 100 and _SCRIPTS.search(found.words))
    ):
        return None if dated and own else "needs JavaScript: the page itself holds no text"
    return None


def _is_notice(line: str) -> bool:
    return len(line) < _SHORT and bool(_PAYWALL.search(line) or _SCRIPTS.search(line))


def _is_listing(found: Signs, own: int, teasers: int, dated: bool) -> bool:
    if dated and own >= _SHORT:
        return False
    return teasers >= _TEASERS // (2 if found.listing else 1) and own < teasers * _TEASER


def _about_privacy(words: str) -> bool:
    """True where every twentieth word is about cookies, consent and privacy."""
    return len(_PRIVACY.findall(words)) * 20 >= max(len(words.split()), 60)
