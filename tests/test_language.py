"""Which language a text is in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedtool.read import language

TEXTS = {
    "ar": "افتتحت البلدية أمس مكتبة جديدة في الحي القديم بحضور عدد كبير من السكان",
    "be": "Учора ў мястэчку адкрылі новую бібліятэку, і на ўрачыстасць прыйшло шмат людзей",
    "bg": "Вчера в града беше открита новата библиотека, а търговията около площада спря за час",
    "cs": "Je tu nová knihovna, která podle starosty patří všem, a do ní se může",
    "da": "Kommunen har åbnet et nyt bibliotek, og det er fyldt af folk, som ikke har set det",
    "de": "Sie hat gestern die neue Bücherei eröffnet, und es sind viele Leute gekommen",
    "el": "Ο δήμος άνοιξε χθες τη νέα βιβλιοθήκη στην παλιά πόλη",
    "en": "The county opened the new library, and it was filled with people from the town",
    "es": "El ayuntamiento abrió ayer la nueva biblioteca, que se llenó de vecinos de la ciudad",
    "fa": "شهرداری دیروز کتابخانه جدیدی را در محله قدیمی گشود و گروه زیادی از مردم آمدند",
    "fi": "Kunta avasi uuden kirjaston, ja se on täynnä, mutta ei kun sinne tuli myös koulu",
    "fr": "La commune a ouvert hier une nouvelle bibliothèque, qui est dans la vieille ville",
    "he": "העירייה פתחה אתמול ספרייה חדשה בעיר העתיקה",
    "hi": "नगर पालिका ने कल पुराने शहर में नया पुस्तकालय खोला",
    "hu": "Az önkormányzat tegnap megnyitotta az új könyvtárat, és ez a hely nem csak a gyerekeké",
    "id": "Pemerintah kota membuka perpustakaan baru yang akan dikunjungi oleh warga dari desa itu",
    "it": "Il comune ha aperto ieri la nuova biblioteca, che è nel centro della città vecchia",
    "ja": "市は昨日、旧市街に新しい図書館を開きました。多くの人が訪れています。",
    "ko": "시는 어제 구시가지에 새 도서관을 열었다. 많은 사람들이 찾아왔다.",
    "nb": "Kommunen har åpnet et nytt bibliotek, og det ble fylt av folk som ikke har sett det",
    "nl": "De gemeente heeft gisteren een nieuwe bibliotheek geopend, die in het oude dorp staat",
    "pl": "Gmina ma już nową bibliotekę, która jest w starej części miasta i służy wszystkim",
    "pt": "O município abriu ontem uma nova biblioteca, que não é só para os moradores da cidade",
    "ro": "Primăria a deschis ieri o nouă bibliotecă, care este în centrul vechi al orașului",
    "ru": "Вчера в городе открыли новую библиотеку, и на праздник пришло много людей",
    "sr": "Општина је јуче отворила нову библиотеку у старом делу града, недељу дана пре рока",
    "sv": "Kommunen har öppnat ett nytt bibliotek, och det är fyllt av folk som inte var där efter",
    "sw": "Serikali ya mji imefungua maktaba mpya kwa ajili ya watu wa kijiji na watoto wake",
    "th": "เทศบาลเปิดห้องสมุดใหม่ในเมืองเก่าเมื่อวานนี้",
    "tr": "Belediye dün eski şehirde yeni bir kütüphane açtı ve bu açılışa çok sayıda kişi katıldı",
    "uk": "Учора в місті відкрили нову бібліотеку, і на свято прийшло багато людей",
    "ur": "بلدیہ نے کل پرانے شہر میں نئی لائبریری کھولی جہاں بڑی تعداد میں لوگ آئے",
    "vi": "Thị trấn mở thư viện mới hôm qua, rất đông bà con đã đến",
    "zh": "市政府昨天在老城区开设了新图书馆，吸引了许多市民前来参观。",
}


@pytest.mark.parametrize(("code", "words"), TEXTS.items())
def test_a_sentence_tells_its_language(code: str, words: str) -> None:
    """One or two sentences are enough for every language that is known."""
    assert language.identify(words) == code


@pytest.mark.parametrize("words", ["", "12:30", "Hi", "Lorem", "Xyz qwv bnm zzz", "ⴰⴱⴳⴷ"])
def test_what_is_not_clear_has_no_language(words: str) -> None:
    """Too little text, or a language that isn't known, is None."""
    assert language.identify(words) is None


def test_a_small_share_is_enough_where_no_other_comes_near() -> None:
    """A text full of names and numbers has a language if no other one has a third of its words."""
    words = "Suyatno Wulandari Karangrejo Wonosari Lestari Adinugroho Merbabu Singapura " * 5
    assert language.identify(f"{words} yang dengan untuk dari") == "id"


def test_only_the_beginning_is_looked_at() -> None:
    """What stands behind the first 20,000 letters makes no difference."""
    words = TEXTS["en"] + " " * language.LOOKED_AT + TEXTS["ru"] * 1000
    assert language.identify(words) == "en"


@given(st.text(max_size=300))
def test_any_text_has_a_language_or_none(words: str) -> None:
    """Whatever the text, the answer is a code of two letters or None."""
    assert (language.identify(words) or "xx").isalpha()


def test_a_short_indonesian_text_is_told() -> None:
    """Indonesian is told in a text of some fifty words that has many names and numbers."""
    words = (
        "Bengkel Sepeda Pak Darmo Buka Lagi. Darmo Santosa, 61 tahun, mengatakan kepada anaknya "
        "bahwa roda tua masih laku. Bengkel Jalan Melati 14 tutup sejak 2019. Seorang pelanggan, "
        "Ratna Wijaya, membawa satu sepeda merah, harganya Rp 350.000. Jalan Melati menjadi ramai, "
        "anak sekolah antre, bengkel penuh, bunyi bel nyaring sepanjang sore."
    )
    assert language.identify(words) == "id"
