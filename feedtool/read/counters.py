"""Counters of a page: views, comments, likes and shares, the time it takes to read, how long ago.

The tables are of words that stand beside such numbers, in some thirty languages. They are matched
after `squash`, so without case, marks and punctuation.
"""

from __future__ import annotations

import re

from feedtool.read.layout import squash
from feedtool.text import remembered

_LONGEST = 80  # letters of a line that is a counter

# What is counted. A line of these, numbers and the words below alone is a counter.
_COUNTED = """
view|views|viewed|read|reads|reader|readers|reading|comment|comments|like|likes|liked|share|shares
shared|reply|replies|reaction|reactions|retweets|follower|followers|subscribers|ago|just now|hits
clap|claps|bookmarks|downloads|plays|aufrufe|ansichten|kommentar|kommentare|gelesen|geteilt
lesezeit|leser|vor|gerade eben|gefällt|vue|vues|commentaire|commentaires|partage|partages|lecture
lectures|il y a|à l'instant|j'aime|réactions|vista|vistas|visita|visitas|visualizaciones|comentario
comentarios|compartidos|compartido|compartir|lectura|lecturas|me gusta|hace|visualizações|curtidas
compartilhamentos|comentário|comentários|leitura|leituras|há|atrás|visualizzazioni|commento|commenti
condivisioni|lettura|letture|fa|mi piace|weergaven|reactie|reacties|bekeken|gelezen|geleden|leestijd
gedeeld|visningar|kommentarer|delningar|sedan|lästid|visninger|delinger|siden|lesetid|læsetid
katselukertaa|kommenttia|kommentit|jakoa|sitten|lukuaika|wyświetleń|wyświetlenia|odsłon|komentarz
komentarzy|komentarze|udostępnień|temu|czytania|zobrazení|komentářů|komentáře|sdílení|před|čtení
zhlédnutí|megtekintés|hozzászólás|megosztás|ezelőtt|perce|órája|olvasási|vizualizări|distribuiri
acum|citire|görüntülenme|okunma|yorum|paylaşım|beğeni|önce|okuma|tayangan|dilihat|komentar|suka
dibagikan|yang lalu|lalu|baca|dibaca|dilaporkan|maoni|iliyopita|zilizopita|lượt xem|lượt đọc|lượt
lượt thích|bình luận|thích|chia sẻ|ý kiến|trước|vừa xong|thời gian đọc|phút đọc|đã xem|người xem
просмотр|просмотра|просмотров|просмотры|комментарий|комментария|комментариев|комментарии|лайков
лайка|лайк|поделились|репостов|назад|чтения|читать|время чтения|переглядів|перегляди|перегляд
коментар|коментарі|коментарів|тому|читання|преглеждания|коментара|преди|четене|προβολές|σχόλιο
σχόλια|πριν|κοινοποιήσεις|ανάγνωση|ανάγνωσης|مشاهدة|مشاهدات|تعليق|تعليقات|مشاركة|مشاركات|منذ|قبل
قراءة|إعجاب|زيارة|بازدید|نظر|پیش|مطالعه|צפיות|תגובות|תגובה|שיתופים|לפני|קריאה|व्यूज|टिप्पणियां
टिप्पणी|पहले|शेयर|लाइक|व्यू
"""
# The same in scripts that don't part words: no boundary is asked for.
_DENSE_COUNTED = """
阅读|閱讀|浏览|瀏覽|评论|評論|留言|点赞|點讚|點閱|点击|點擊|分享|转发|轉發|收藏|观看|觀看|播放|跟帖
前|刚刚|剛剛|閲覧|コメント|いいね|シェア|リツイート|再生|ビュー|読了|読めます|たった今|조회|댓글|공감
좋아요|공유|읽기|읽는|방금|전|ความคิดเห็น|แชร์|ไลค์|วิว|ยอดวิว|ที่แล้ว|ที่ผ่านมา|เข้าชม|อ่าน|ผู้ชม
"""
# What may stand beside it.
_BESIDE = """
s|sec|second|seconds|min|mins|minute|minutes|h|hr|hrs|hour|hours|d|day|days|week|weeks|month|months
year|years|a|an|of|the|this|in|on|total|time|times|no|one|k|m|all|show|people|updated|article|page
estimated|about|last|est|so|far|sekunden|minuten|stunde|stunden|tag|tage|tagen|woche|wochen|monat
monaten|jahr|jahren|mal|einer|einem|minuter|seconde|secondes|heure|heures|jour|jours|semaine
semaines|mois|ans|une|un|temps|de|fois|mis à jour|minuto|minutos|hora|horas|dia|dias|semana|semanas
mes|meses|años|tiempo|veces|un|una|uma|tempo|di|minuti|ora|ore|giorno|giorni|settimane|mesi|anni
uur|uren|dag|dagen|weken|maanden|keer|x|timmar|timme|dagar|timer|dager|dage|minutter|tuntia|tunti
minuuttia|päivää|minut|minuty|godzin|godziny|godzinę|dni|hodin|hodiny|hodinami|minutami|dny|perc
óra|nap|idő|minute|ore|zile|dakika|saat|gün|süresi|kez|kişi|dk|sn|menit|jam|hari|minggu|bulan|tahun
kali
waktu|orang|dakika|saa|siku|phút|giờ|ngày|tuần|tháng|năm|giây|khoảng|cập nhật|người|thời gian
минут|минуты|минуту|мин|часов|часа|час|дней|дня|день|недель|неделю|хвилин|хвилини|годин|години
днів|минути|часа|дни|λεπτά|λεπτό|ώρες|ώρα|ημέρες|χρόνος|دقيقة|دقائق|ساعة|ساعات|يوم|أيام|دقیقه|ساعت
روز|دقائق|דקות|דקה|שעות|שעה|ימים|मिनट|घंटे|घंटा|दिन
"""
_DENSE_BESIDE = """
分钟|分鐘|小时|小時|天|日|周|週|月|年|万|萬|千|亿|次|条|條|人|数|數|量|个|個|约|約|篇|分|時間|秒|件|回|間
で|か月|ヶ月|分間|この|本文|분|시간|일|주|개월|년|개|회|명|천|만|수|약|นาที|ชั่วโมง|วัน|สัปดาห์|เดือน|ปี|ครั้ง
คน|ใช้เวลา
"""


def _alternatives(*tables: str) -> str:
    """The phrases of `tables` for a regular expression, the longest first."""
    phrases = {squash(one) for table in tables for one in table.replace("\n", "|").split("|")}
    return "|".join(re.escape(one) for one in sorted(phrases - {""}, key=len, reverse=True))


def _words(parted: str, dense: str) -> str:
    return rf"(?<![^\W\d])(?:{parted})(?![^\W\d])|{dense}"


_ANY = re.compile(
    _words(_alternatives(_COUNTED, _BESIDE), _alternatives(_DENSE_COUNTED, _DENSE_BESIDE))
)
_ONE = re.compile(_words(_alternatives(_COUNTED), _alternatives(_DENSE_COUNTED)))
# One number alone: "1.204", "(12)"; two may be a score, and one with a sign a price.
_NUMBER = re.compile(r"[\s(\[+]*\d{1,3}(?:[.,\s]?\d{3})*(?:[.,]\d)?[\s)\]+]*")


@remembered(256)
def is_counter(text: str) -> bool:
    """Return True where `text` counts readers and what they did, says how long it takes to read or
    how long ago it was ("1.204 lượt xem", "3 min read", "vor 2 Stunden"), or is a number alone."""
    if len(text) > _LONGEST:
        return False
    if _NUMBER.fullmatch(text):
        return True
    plain = squash(text)
    return bool(_ONE.search(plain)) and not _ANY.sub("", plain).strip("0123456789 ")
