"""Words of the calendar: months, days of the week, zones. Tables only, matched after `bare`."""

from __future__ import annotations

import unicodedata
from itertools import filterfalse

from feedtool.text import remembered

# Letters that Unicode doesn't take apart into a base and a mark.
_PLAIN = str.maketrans("đðıłøʼ’", "ddilo''")


@remembered(4096)
def bare(word: str) -> str:
    """Return `word` in lower case without marks and dots: "Août." and "aout" become the same."""
    if word.isascii():
        return word.lower().replace(".", "")
    apart = unicodedata.normalize("NFKD", word.lower().translate(_PLAIN)).replace(".", "")
    return "".join(filterfalse(unicodedata.combining, apart))


# January to December by language, `/` between spellings, `_` for a space in a name.
_MONTHS = {
    "ar": "يناير/كانون_الثاني/جانفي فبراير/شباط/فيفري مارس/آذار أبريل/نيسان/أفريل مايو/أيار/ماي "
    "يونيو/حزيران/جوان يوليو/تموز/جويلية أغسطس/آب/أوت سبتمبر/أيلول أكتوبر/تشرين_الأول "
    "نوفمبر/تشرين_الثاني ديسمبر/كانون_الأول",
    "bg": "януари февруари март април май юни юли август септември октомври ноември декември",
    "cs": "ledna únor/února března dubna května června července srpna září října listopadu "
    "prosince",
    "da": "januar februar marts april maj juni juli august september oktober november december",
    "de": "Januar/Jänner/Jan Februar/Feber März/Mrz April Mai Juni Juli August September "
    "Oktober/Okt November Dezember/Dez",
    "el": "Ιανουαρίου/Ιαν Φεβρουαρίου/Φεβ Μαρτίου/Μαρ Απριλίου/Απρ Μαΐου/Μαι Ιουνίου/Ιουν "
    "Ιουλίου/Ιουλ Αυγούστου/Αυγ Σεπτεμβρίου/Σεπ Οκτωβρίου/Οκτ Νοεμβρίου/Νοε "
    "Δεκεμβρίου/Δεκ",
    "en": "January/Jan February/Feb March/Mar April/Apr May June/Jun July/Jul August/Aug "
    "September/Sep/Sept October/Oct November/Nov December/Dec",
    "es": "enero/ene febrero marzo abril/abr mayo junio julio agosto/ago "
    "septiembre/setiembre/set octubre noviembre diciembre/dic",
    "fa": "ژانویه فوریه مارس آوریل مه ژوئن ژوئیه اوت سپتامبر اکتبر نوامبر دسامبر",
    "fi": "tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta heinäkuuta "
    "elokuuta syyskuuta lokakuuta marraskuuta joulukuuta",
    "fr": "janvier/janv février/févr/fév mars avril/avr mai juin juillet/juil août septembre "
    "octobre novembre décembre/déc",
    "he": "ינואר/בינואר פברואר/בפברואר מרץ/במרץ אפריל/באפריל מאי/במאי יוני/ביוני יולי/ביולי "
    "אוגוסט/באוגוסט ספטמבר/בספטמבר אוקטובר/באוקטובר נובמבר/בנובמבר דצמבר/בדצמבר",
    "hi": "जनवरी फ़रवरी/फरवरी मार्च अप्रैल मई जून जुलाई अगस्त सितंबर/सितम्बर अक्टूबर/अक्तूबर "
    "नवंबर/नवम्बर दिसंबर/दिसम्बर",
    "hu": "január február/febr március/márc április/ápr május/máj június/jún július/júl "
    "augusztus szeptember/szept október november december",
    "id": "Januari Februari Maret April/Apr Mei Juni Juli Agustus/Agt/Agu September Oktober "
    "November Desember/Des",
    "it": "gennaio/gen febbraio marzo aprile maggio/mag giugno/giu luglio/lug agosto settembre "
    "ottobre/ott novembre dicembre",
    "nl": "januari februari maart/mrt april mei juni juli augustus september oktober november "
    "december",
    "pl": "stycznia/sty lutego/lut marca kwietnia/kwi maja czerwca/cze lipca/lip sierpnia/sie "
    "września/wrz października/paź listopada/lis grudnia/gru",
    "pt": "janeiro fevereiro/fev março abril maio/mai junho julho agosto setembro outubro/out "
    "novembro dezembro/dez",
    "ro": "ianuarie/ian februarie martie aprilie mai iunie/iun iulie/iul august septembrie "
    "octombrie noiembrie/noi decembrie",
    "ru": "января/янв февраля/фев марта/мар апреля/апр мая июня/июн июля/июл августа/авг "
    "сентября/сен/сент октября/окт ноября/ноя/нояб декабря/дек",
    "sv": "januari februari mars april maj juni juli augusti september oktober november december",
    "sw": "Januari Februari Machi Aprili Mei Juni Julai Agosti Septemba Oktoba Novemba Desemba",
    "th": "มกราคม/ม.ค. กุมภาพันธ์/ก.พ. มีนาคม/มี.ค. เมษายน/เม.ย. พฤษภาคม/พ.ค. มิถุนายน/มิ.ย. "
    "กรกฎาคม/ก.ค. สิงหาคม/ส.ค. กันยายน/ก.ย. ตุลาคม/ต.ค. พฤศจิกายน/พ.ย. ธันวาคม/ธ.ค.",
    "tr": "Ocak/Oca Şubat/Şub Mart Nisan/Nis Mayıs Haziran/Haz Temmuz/Tem Ağustos/Ağu Eylül/Eyl "
    "Ekim/Eki Kasım/Kas Aralık/Ara",
    "uk": "січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня",
    "vi": "tháng_một tháng_hai tháng_ba tháng_tư tháng_năm tháng_sáu tháng_bảy tháng_tám "
    "tháng_chín tháng_mười tháng_mười_một tháng_mười_hai",
}


def _numbered(tables: dict[str, str]) -> dict[str, int]:
    """The number (from 1) of every name in the tables, by its bare form."""
    return {
        bare(name.replace("_", " ")): number
        for names in tables.values()
        for number, spellings in enumerate(names.split(), 1)
        for name in spellings.split("/")
    }


MONTHS = _numbered(_MONTHS)
"""The number of a month, 1 to 12, by its bare name in some thirty languages."""

THAI_MONTHS = frozenset(_numbered({"th": _MONTHS["th"]}))
"""Bare names of the months in Thai, whose years are Buddhist."""

_WEEKDAYS = (
    "thứ_hai thứ_ba thứ_tư thứ_năm thứ_sáu thứ_bảy chủ_nhật thứ_2 thứ_3 thứ_4 thứ_5 thứ_6 "
    "thứ_7 monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur "
    "thurs fri sat sun montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag "
    "mo di mi do fr sa so lundi mardi mercredi jeudi vendredi samedi dimanche lun mar mer jeu "
    "ven sam dim lunes martes miércoles jueves viernes sábado domingo mié jue vie sáb dom "
    "segunda-feira terça-feira quarta-feira quinta-feira sexta-feira lunedì martedì mercoledì "
    "giovedì venerdì sabato domenica maandag dinsdag woensdag donderdag vrijdag zaterdag "
    "zondag senin selasa rabu kamis jumat sabtu minggu pazartesi salı çarşamba perşembe cuma "
    "cumartesi pazar poniedziałek wtorek środa czwartek piątek sobota niedziela mandag "
    "tirsdag onsdag torsdag fredag lørdag søndag måndag tisdag lördag söndag maanantai "
    "tiistai keskiviikko torstai perjantai lauantai sunnuntai понедельник вторник среда "
    "четверг пятница суббота воскресенье понеділок вівторок середа четвер п'ятниця субота "
    "неділя luni marți miercuri joi vineri sâmbătă duminică pondělí úterý čtvrtek pátek "
    "neděle hétfő kedd szerda csütörtök péntek szombat vasárnap jumatatu jumanne jumatano "
    "alhamisi ijumaa jumamosi jumapili الاثنين الثلاثاء الأربعاء الخميس الجمعة السبت الأحد "
    "星期一 星期二 星期三 星期四 星期五 星期六 星期日 星期天 周一 周二 周三 周四 周五 周六 "
    "周日 月曜日 火曜日 水曜日 木曜日 金曜日 土曜日 日曜日 월요일 화요일 수요일 목요일 금요일 "
    "토요일 일요일 월 화 수 목 금 토 일 月 火 水 木 金 土 日 วันจันทร์ วันอังคาร วันพุธ "
    "วันพฤหัสบดี วันศุกร์ วันเสาร์ วันอาทิตย์ จันทร์ อังคาร พุธ พฤหัสบดี ศุกร์ เสาร์ อาทิตย์ "
    "δευτέρα τρίτη τετάρτη πέμπτη παρασκευή σάββατο κυριακή понеделник вторник сряда четвъртък "
    "петък събота неделя пн вт ср чт пт сб вс нд सोमवार मंगलवार बुधवार गुरुवार बृहस्पतिवार "
    "शुक्रवार शनिवार रविवार دوشنبه سه‌شنبه چهارشنبه پنجشنبه جمعه شنبه یکشنبه "
    "الإثنين الثلاثا الاربعاء الاحد יום_ראשון יום_שני יום_שלישי יום_רביעי יום_חמישי יום_שישי "
    "śro czw pią lør søn tors fre lör sön mån vrij zat zon jum'at"
)
WEEKDAYS = frozenset(bare(name.replace("_", " ")) for name in _WEEKDAYS.split())
"""Bare names of the days of the week; some, such as "thu ba", are two words."""

# Minutes east of UTC. RFC 822 § 5 gives the American ones; IST is India's, which most feeds mean.
ZONES = {
    "z": 0, "ut": 0, "utc": 0, "gmt": 0, "wet": 0, "west": 60, "bst": 60, "cet": 60, "mez": 60,
    "cest": 120, "mesz": 120, "eet": 120, "eest": 180, "sast": 120, "cat": 120, "msk": 180,
    "мск": 180, "eat": 180, "trt": 180, "gst": 240, "pkt": 300, "ist": 330, "npt": 345,
    "ict": 420, "wib": 420, "wita": 480, "hkt": 480, "sgt": 480, "myt": 480, "pht": 480,
    "awst": 480, "wit": 540,
    "jst": 540, "kst": 540, "acst": 570, "aest": 600, "acdt": 630, "aedt": 660, "nzst": 720,
    "nzdt": 780, "est": -300, "edt": -240, "cst": -360, "cdt": -300, "mst": -420, "mdt": -360,
    "pst": -480, "pdt": -420, "akst": -540, "akdt": -480, "hst": -600, "art": -180, "brt": -180,
}  # fmt: skip
"""Minutes east of UTC by the lower-case name of a zone."""

# Names of zones whose offset depends on the day.
REGIONS = {
    "et": "America/New_York", "ct": "America/Chicago", "mt": "America/Denver",
    "pt": "America/Los_Angeles", "giờ hà nội": "Asia/Ho_Chi_Minh",
    "giờ việt nam": "Asia/Ho_Chi_Minh", "giờ vn": "Asia/Ho_Chi_Minh",
    "heure de paris": "Europe/Paris", "hora de madrid": "Europe/Madrid",
    "ora italiana": "Europe/Rome", "по москве": "Europe/Moscow",
    "по московскому времени": "Europe/Moscow", "за києвом": "Europe/Kyiv",
    "北京时间": "Asia/Shanghai", "日本時間": "Asia/Tokyo", "한국시간": "Asia/Seoul",
    "เวลาประเทศไทย": "Asia/Bangkok", "beijing time": "Asia/Shanghai",
    "hanoi time": "Asia/Ho_Chi_Minh", "london time": "Europe/London",
    "moscow time": "Europe/Moscow", "eastern time": "America/New_York",
    "central time": "America/Chicago", "pacific time": "America/Los_Angeles",
}  # fmt: skip
"""Zones in the time zone database by what a text calls them, in lower case."""
