"""Furniture of a page: buttons, counters, section names, boxes, what ends an article.

The tables are of words that stand on pages around an article, in the languages of the world's
larger papers. They are matched after `squash`, so without case, marks and punctuation.
"""

from __future__ import annotations

import re

from feedtool.read.layout import squash
from feedtool.text import remembered

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
skip to main content|skip to navigation|jump to content|zum inhalt springen|zum inhalt
direkt zum inhalt|zum hauptinhalt springen|aller au contenu|aller au contenu principal
accéder au contenu|saltar al contenido|ir al contenido|pasar al contenido principal
saltar al contenido principal|vai al contenuto|salta al contenuto|pular para o conteúdo
ir para o conteúdo|ga naar de inhoud|naar inhoud|hoppa till innehåll|gå til indhold
gå til hovedinnhold|hopp til innhold|siirry sisältöön|przejdź do treści|přejít k obsahu
přeskočit na obsah|ugrás a tartalomra|sari la conținut|içeriğe geç|içeriğe atla|ana içeriğe atla
langsung ke konten|lompat ke isi|chuyển đến nội dung chính|bỏ qua nội dung|перейти к содержанию
перейти к основному содержанию|перейти до вмісту|μετάβαση στο περιεχόμενο|تخطى إلى المحتوى
الانتقال إلى المحتوى|跳到主要内容|跳至内容|コンテンツへスキップ|本文へ|본문 바로가기
본문으로 이동|ข้ามไปยังเนื้อหา|मुख्य सामग्री पर जाएं|phóng viên|biên tập viên|cộng tác viên
read time|reading time|lesezeit|temps de lecture|lecture min|tiempo de lectura|tempo di lettura
tempo de leitura|waktu baca|okuma süresi|czas czytania|время чтения|thời gian đọc|leestijd
photo|image|images|imagen|imágenes|immagine|bild|bilder|galería|gallery|galerie|gambar|fotoğraf
zdjęcia|фото|صور|तस्वीरें|图片|写真|사진|ảnh|hình ảnh|politik|wirtschaft|kultur|gesellschaft|wissen
panorama|économie|politique|société|culture lifestyle|sports|política|economía|sociedad|cultura
deportes|internacional|nacional|economia|cronaca|politica|società|esteri|aktuelles|aktualności
wiadomości|kraj|świat|gospodarka|zprávy|kultura|domácí|zahraničí|sport|nyheter|inrikes|utrikes
binnenland|buitenland|economie|cultuur|gündem|dünya|ekonomi|siyaset|yaşam|nasional|regional|berita
habari|michezo|siasa|новости|общество|политика|экономика|культура|спорт|мир|новини|суспільство
політика|економіка|світ|новост|ειδήσεις|πολιτική|οικονομία|κοινωνία|πολιτισμός|αθλητισμός|أخبار
رياضة|اقتصاد|سياسة|ثقافة|محافظات|देश|दुनिया|खेल|राजनीति|मनोरंजन|社会|经济|政治|文化|体育|国际|国内
経済|スポーツ|国際|地域|사회|경제|정치|문화|스포츠|국제|지역|정치일반|ข่าว|การเมือง|เศรษฐกิจ|กีฬา
大 中 小|大 小|有料記事|無料記事|有料会員限定|会員限定|会員限定記事|独家|原创|付费阅读
write a comment|send a comment|get our newsletter|open menu|close menu|close|schließen|fermer
cerrar|chiudi|fechar|sluiten|zamknij|zavřít|kapat|tutup|đóng|cookie settings|accept|ok
"""
# A line of none but these words, numbers aside, is a row of buttons.
_BUTTONS = """
share shares tweet facebook twitter x whatsapp telegram linkedin flipboard pinterest email mail
e print copy link messenger bluesky threads send reddit zalo line instagram youtube tiktok
google news teilen drucken merken kommentare partager discussion imprimer commenter envoyer
compartir imprimir enviar guardar condividi stampa bagikan cetak salin paylas yazdir kopyala
linki chia se in bai viet luu gui binh luan comment comments like save follow theo doi thich
copier kopieren post delen del dela jaa sdilet udostepnij compartilhar comparte shiriki поделиться
поширити partilhar vkontakte vk viber odnoklassniki naver kakaotalk kakao weibo wechat
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
zilizosomwa ziadi|cùng chuyên mục|cùng chủ đề|có thể bạn quan tâm|tin tức liên quan|tin đọc nhiều
đọc nhiều|xem nhiều|tin nổi bật|read more about|you may also like|you might also like|more from
trending|popular|top stories|editor's picks|more news|más leídas|lo más leído|más información
noticias relacionadas|artículos relacionados|saiba mais|veja também|mais lidas|notícias relacionadas
les plus lues|pour aller plus loin|à lire également|sur le même thème|potrebbe interessarti
i più letti|meistgelesen|weitere artikel|mehr dazu|weiterlesen|zum thema|meer over dit onderwerp
meest gelezen|lees meer|läs också|läs mer|mest läst|les også|læs også|lue myös|lue lisää
czytaj także|czytaj też|zobacz także|zobacz też|polecane|przeczytaj także|čtěte také|čtěte dále
související články|související|kapcsolódó cikkek|ajánljuk|citește și|citește mai mult|vezi și
bunlar da ilginizi çekebilir|ilginizi çekebilir|baca selengkapnya|artikel terkait|terpopuler
berita terpopuler|soma pia|habari zinazohusiana|читайте также|по теме|материалы по теме
читать также|читайте також|за темою|схожі новини|прочетете още|вижте още|διαβάστε επίσης
σχετικά άρθρα|δείτε επίσης|اقرأ أيضا|اقرأ المزيد|أخبار ذات صلة|موضوعات متعلقة|بیشتر بخوانید
קראו גם|כתבות נוספות|यह भी पढ़ें|ये भी पढ़ें|संबंधित खबरें|और पढ़ें|ข่าวที่เกี่ยวข้อง|อ่านเพิ่มเติม
延伸阅读|热门推荐|相關新聞|延伸閱讀|関連ニュース|関連リンク|関連|関連トピックス|ランキング
많이 본 뉴스|관련뉴스|함께 볼만한 기사
"""
# Nothing after these is of the article, once there is one.
_ENDS = """
comments|comment|leave a comment|kommentare|kommentar schreiben|commentaires|commenter|comentarios
comentar|commenti|komentar|yorumlar|yorum yap|binh luan|y kien ban doc|gui binh luan|y kien|评论
网友评论|コメント|댓글|tags|tag|etiketler|tu khoa|schlagworter|schlagwort|etiquetas|mots cles
ジャンル|キーワード|标签|태그|topics|read more on these topics|read more on|copyright
all rights reserved|themen|comentários|opmerkingen|reacties|reageer|kommentarer|kommentoi
komentarze|dodaj komentarz|diskuse|diskusia|hozzászólások|comentarii|комментарии|обсуждение
коментарі|залишити коментар|σχόλια|تعليقات|التعليقات|टिप्पणियां|टिप्पणी|ความคิดเห็น|コメントする
의견|maoni|tagi|tagy|címkék|etichete|теги|метки|ετικέτες|الوسوم|टैग|แท็ก|tagged|filed under
thảo luận|ý kiến của bạn|chủ đề|palabras clave|parole chiave|trefwoorden|słowa kluczowe|nyckelord
ämnen|taggar|emner|avainsanat|ключевые слова|discussion|join the conversation|share your thoughts
"""
_SAYS = re.compile(
    r"^(?:(?:also read|read (?:next|more|also)|see also|lesen sie auch|mehr dazu|lire aussi"
    r"|à lire aussi|à lire également|lea también|lea más|leggi anche|leia também|leia mais"
    r"|saiba mais|veja também|lees ook|läs mer|läs också|les også|læs også|lue myös|baca juga"
    r"|soma pia|xem thêm|đọc thêm|czytaj (?:też|także|więcej)|zobacz (?:też|także)|čtěte také"
    r"|citește și|ayrıca oku|читайте также|читайте також|διαβάστε (?:επίσης|ακόμα|ακόμη)"
    r"|اقرأ أيضا[ًَ]?|यह भी पढ़ें|ये भी पढ़ें|อ่านเพิ่มเติม|延伸阅读|相关阅读|関連記事|관련기사|>>)"
    r"\s*[:：]?\s+\S"
    r"|(?:editor|editing|redaktur|biên tập|編集|編輯|montaje|editing by|redattore|redakcja"
    r"|redaktor|редактор|editör|edición)\s*[:：]"
    r"|[（【(\[]?(?:责任|責任|执行|值班)?(?:编辑|編輯|校对)\s*[:：]|【纠错】|\[?纠错\]?\s"
    r"|字[号號體体](?:大小)?\s*[:：]"
    r"|get the latest|sign up|follow us|subscribe to|©|copyright|bản quyền|all rights reserved"
    r"|our standards\s*:|editing by\s|\(editing by|mời (?:quý )?(?:độc giả|bạn đọc)"
    r"|folge uns|suivez[- ]nous|síguenos|seguici|siga[- ]nos|volg ons|следите за|подпис(?:ывай|ать)"
    r"|join our|download our|click here|bấm vào đây|cliquez ici|haz clic|hier klicken"
    r"|無断転載|무단\s?전재|저작권자|<저작권|ⓒ|版权所有|本网站|声明[:：]|转载)",
    re.IGNORECASE,
)
# "Jane Roe covers schools. Contact her at …": about the reporter, not the news.
_CONTACT = re.compile(
    r"\b(?:contact|reach|email|e-mail|write to|follow|twitter|call)\b.{0,40}"
    r"(?:\S+@\S+\.\w{2,}|(?<!\w)@\w{2,}|\(?\d{3}\)?[ -]\d{3}[ -]\d{4})",
    re.IGNORECASE,
)
_MAIL = re.compile(r"^\S+@\S+\.\w{2,}$")
# A paper's name and whose paper it is, as they stand above its pages.
_PAPER = re.compile(
    r"^(?:(?:báo|tạp chí)\s[^.!?…]{1,60}\s\(?(?:điện tử|online)\)?$|cơ quan (?:ngôn luận )?của\s)",
    re.IGNORECASE,
)
_CRUMBS = re.compile(r"\S\s*[>›»→]\s*\S|\S\s/\s\S.*\s/\s\S")
_CRUMB_HOME = re.compile(
    r"^(?:home|trang chủ|start|startseite|accueil|inicio|início|beranda|anasayfa|ana sayfa|hjem|hem"
    r"|forside|strona główna|domů|főoldal|acasă|главная|головна|αρχική|الرئيسية|होम|หน้าแรก|首页"
    r"|首頁|ホーム|홈)(?!\w)",
    re.I,
)
_COLUMN = re.compile(r"\s*[|•·●]\s*")


def _phrases(table: str) -> frozenset[str]:
    return frozenset(filter(None, map(squash, table.replace("\n", "|").split("|"))))


_NOISE_PHRASES, _BOX_PHRASES, _END_PHRASES = map(_phrases, (_NOISE, _BOXES, _ENDS))
_BUTTON_WORDS = frozenset(squash(_BUTTONS).split())


def _without_numbers(text: str) -> str:
    return " ".join(_NUMBERS.sub(" ", squash(text)).split())


@remembered(256, 2000)  # the lines of one page are asked about again and again
def is_noise(text: str) -> bool:
    """Return True for buttons, counters, section names and other furniture of a page."""
    if len(text) > 300:
        return False
    if _SAYS.match(text) or _CONTACT.search(text) or _MAIL.match(text):
        return True
    if len(text) > 100:  # longer than any phrase
        return False
    plain = _without_numbers(text)
    return plain in _NOISE_PHRASES or all(word in _BUTTON_WORDS for word in plain.split())


def is_paper(text: str) -> bool:
    """Return True for a paper's name or slogan: "Cơ quan của …", "Báo … điện tử"."""
    return len(text) < 120 and bool(_PAPER.match(text))


def is_crumbs(text: str) -> bool:
    """Return True for the path of sections to a page: "Home / World / …"."""
    return len(text) < 300 and bool(_CRUMBS.search(text) or _CRUMB_HOME.match(text))


def is_menu(text: str) -> bool:
    """Return True for a row of section names: three columns or more, each of a few words."""
    columns = [column for column in _COLUMN.split(text) if column] if len(text) < 300 else []
    return len(columns) > 2 and all(len(column.split()) < 4 for column in columns)


def is_box(text: str) -> bool:
    """Return True for the heading of a box about other articles."""
    return len(text) < 80 and squash(text) in _BOX_PHRASES


def is_end(text: str) -> bool:
    """Return True for a heading after which nothing is of the article."""
    if len(text) > 300:
        return False
    label, colon, _ = text.partition(":")
    if len(label) > 60:
        return False
    return _without_numbers(label) in _END_PHRASES and (bool(colon) or len(text) < 80)
