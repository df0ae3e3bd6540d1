"""Captures as WARC records: what is written of one, without secrets, and made of it again. Pure.

What came over HTTP is a `response` record, with its `request` behind it; a file is a `resource`;
what holds just what an earlier record does is a `revisit`. Headers of ours: `Feedtool-Source`,
`-Place` and `-Authority` (the capture's, percent-encoded), `-Key` (each of the receipt's keys),
`-Request` (how many bytes the request's gzip member has), `-Refers-To` (file, first byte and
length of the record that a revisit refers to).
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from urllib.parse import quote, unquote

from feedtool import fingerprint, text
from feedtool.archive import warc
from feedtool.archive.tape import BrokenError
from feedtool.archive.warc import Fields, Record
from feedtool.data import Struct, replace
from feedtool.kept import Location
from feedtool.model import Capture, Exchange, Validators
from feedtool.version import __version__

_PROFILE = "http://netpreserve.org/warc/1.1/revisit/"
_STANDARD = "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/"
_OURS = uuid.uuid5(uuid.NAMESPACE_URL, "tag:feedtool,2022:warc")
_MOST = 256 * 1024  # letters of HTTP headers that are kept, as many as are taken in
_NOT_MODIFIED = 304
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")  # RFC 9110 § 5.6.2
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_SECRET = re.compile(
    r"(?:.*[-_])?(?:authorization|(?:proxy-)?authentication-info|(?:set-)?cookie2?|token|secret"
    r"|password|passwd|pwd|(?:api|access|auth|session|csrf|xsrf|security)[-_]?(?:key|token|id))",
    re.IGNORECASE,
)
_ADDRESSES = ("location", "content-location", "referer", "link", "refresh")
_LOGIN = re.compile(r"(?<=//)[^/?#\s\"'<>]*@")
_QUERY = re.compile(r"[^\s<>\"']*[?#][^\s<>\"']*")
# The body is kept with its codings undone: the headers that say otherwise are renamed, as other
# archives do.
_FRAMING = ("content-encoding", "transfer-encoding", "content-length")
_WAS = "X-Archive-Orig-"
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)


class Origin(Struct, frozen=True):
    """The record that a revisit refers to: where it lies, and what it says of itself."""

    location: Location
    identity: str
    uri: str
    date: str
    digest: str


def members(
    capture: Capture, *, keys: Sequence[str] = (), salt: str, origin: Origin | None = None
) -> list[bytes]:
    """Return the gzip members for a capture: its record, and its request if there was one. With
    `origin`, a revisit of that. The same arguments give the same bytes; `salt` must tell captures
    apart that are alike in all else."""
    uri, date = address(capture), _stamp(capture.captured)
    payload = origin.digest if origin else digest(capture)
    kind = "revisit" if origin else "response" if capture.exchange else "resource"
    identity = _identity(salt, kind, uri, date, payload, capture.source, capture.place)
    said, request = [b""], b""
    if capture.exchange is not None:
        said = [_answer(capture.exchange, None if origin else len(capture.body))]
        request = _request(capture.exchange, uri, date, identity)
    headers = [
        ("WARC-Type", kind),
        ("WARC-Record-ID", identity),
        ("WARC-Date", date),
        ("WARC-Target-URI", uri),
        *(_referring(origin, capture) if origin else ()),
        ("WARC-Payload-Digest", payload),
        ("Feedtool-Source", warc.line(capture.source)),
        ("Feedtool-Place", warc.line(capture.place)),
        ("Feedtool-Authority", warc.line(capture.authority)),
        *(("Feedtool-Key", warc.line(key)) for key in keys),
        *((("Feedtool-Request", str(len(request))),) if request else ()),
        *_content_type(capture),
    ]
    record = warc.member(headers, *said, *(() if origin else (capture.body,)))
    return [record, request] if request else [record]


def address(capture: Capture) -> str:
    """Return the URI that a capture is kept under: its address on the web without secrets, or a
    `tag:` URI, as a path would tell of this machine."""
    if capture.url.lower().startswith(("http://", "https://")):
        return _uri(text.without_secrets(capture.url))
    return _uri(capture.mint(capture.place))


def begin(name: str, first: Capture) -> bytes:
    """Return the warcinfo record that a file begins with (WARC 1.1 § 6.2); `first` is the first
    capture in it."""
    date = _stamp(first.captured)
    about = (
        f"software: feedtool/{__version__}\r\nformat: WARC File Format 1.1\r\n"
        f"conformsTo: {_STANDARD}\r\n"
    )
    headers = [
        ("WARC-Type", "warcinfo"),
        ("WARC-Record-ID", _identity(name, date, first.source, text.digest(first.body))),
        ("WARC-Date", date),
        ("WARC-Filename", warc.line(name)),
        ("Content-Type", "application/warc-fields"),
    ]
    return warc.member(headers, about.encode())


def erasure(place: Location, length: int, date: str) -> bytes | None:
    """Return what is put in the place of a record: `length` bytes that say that it was taken away.
    None where it doesn't fit."""
    headers = [
        ("WARC-Type", "metadata"),
        ("WARC-Record-ID", _identity("erased", place.file, str(place.offset))),
        ("WARC-Date", date),
        ("Feedtool-Erased", "owner"),
        ("Content-Type", "application/warc-fields"),
    ]
    return warc.filler(headers, b"erased: as its owner wished\r\n", length)


def is_erased(record: Record) -> bool:
    """True for what stands in the place of a record that was taken away."""
    return record.kind == "metadata" and bool(record.get("Feedtool-Erased"))


def origin(record: Record, location: Location) -> Origin:
    """Return what a revisit has to say of this record."""
    return Origin(
        location,
        record.get("WARC-Record-ID"),
        record.get("WARC-Target-URI"),
        record.get("WARC-Date"),
        record.get("WARC-Payload-Digest"),
    )


def digest(capture: Capture) -> str:
    """Return the digest of a capture's body, as records give it."""
    return text.digest(capture.body)


def refers_to(record: Record) -> Location | None:
    """Return where the record lies that a revisit of ours refers to."""
    found = re.fullmatch(r"(\S+) ([0-9]{1,18}) ([0-9]{1,18})", record.get("Feedtool-Refers-To"))
    return Location(unquote(found[1]), int(found[2]), int(found[3])) if found else None


def keys(record: Record) -> tuple[str, ...]:
    """Return the keys of what was made of a record of ours."""
    return tuple(
        unquote(value) for name, value in record.headers.headers if name.lower() == "feedtool-key"
    )


def request_length(record: Record) -> int:
    """Return how many bytes the request takes behind its answer, 0 where there is none."""
    said = record.get("Feedtool-Request")
    return int(said) if re.fullmatch("[0-9]{1,9}", said) else 0


def capture(
    record: Record,
    body: bytes,
    *,
    request: Record | None = None,
    source: str | None = None,
    authority: str | None = None,
) -> Capture:
    """Return the capture that `record` was made of, or would be; `body` is its payload, codings
    undone. `source` and `authority` are for what doesn't name its own. Raises `BrokenError`."""
    uri = record.get("WARC-Target-URI").removeprefix("<").removesuffix(">")  # as wget writes it
    web = uri.lower().startswith(("http://", "https://"))
    ours = "Feedtool-Place" in record.headers
    place = _unquoted(record.get("Feedtool-Place")) or (text.place(uri) if web else uri)
    exchange = _exchange(record, request)
    said = dict[str, str]()
    for name, value in exchange.answered if exchange else ():
        key = name.lower()
        said[key] = f"{said[key]}, {value}" if key in said else value
    told = said.get("content-type", "") if exchange else record.get("Content-Type")
    charset = _CHARSET.search(told)
    return Capture(
        source=(_unquoted(record.get("Feedtool-Source")) if source is None else source),
        url=uri if web or not ours else place,
        place=place,
        body=body,
        captured=moment(record),
        authority=_unquoted(record.get("Feedtool-Authority")) or authority or "localhost",
        media_type=told.partition(";")[0].strip().lower() or None,
        charset=charset[1] if charset else None,
        validators=Validators(
            etag=_echoed(said.get("etag")),
            last_modified=_echoed(said.get("last-modified")),
            body=fingerprint.whole(body),
        ),
        exchange=exchange,
    )


def completed(again: Capture, first: Capture) -> Capture:
    """Return a revisit with the body of what it refers to, and its type where it names none."""
    validators = replace(again.validators, body=first.validators.body)
    if again.media_type is not None:
        return replace(again, body=first.body, validators=validators)
    return replace(
        again,
        body=first.body,
        validators=validators,
        media_type=first.media_type,
        charset=first.charset,
    )


def moment(record: Record) -> datetime:
    """Return when a record was made, in UTC and whole seconds (WARC-Date may be as short as a
    year, WARC 1.1 § 5.4); raises `BrokenError`."""
    said = record.get("WARC-Date").strip()
    if re.fullmatch(r"[0-9]{4}(-[0-9]{2})?", said):
        said = f"{said}-01-01"[:10] if len(said) == 4 else f"{said}-01"
    try:
        when = datetime.fromisoformat(said)
        aware = when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BrokenError("has no date that can be read") from error
    return aware.replace(microsecond=0)


def status(record: Record) -> int:
    """Return the status of an answer; raises `BrokenError`."""
    found = re.match(r"HTTP/\S+\s+([0-9]{3})(?:\s|$)", record.status, re.IGNORECASE)
    if not found:
        raise BrokenError("is no answer over HTTP")
    return int(found[1])


def without_secrets(fields: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield HTTP headers as they may be kept: without those that carry secrets, secrets in
    addresses left out, what would break a line made a space; and no more than 256 KiB of them."""
    size = 0
    for name, value in fields:
        size += len(name) + len(value)
        if not _TOKEN.fullmatch(name) or _SECRET.fullmatch(name) or size > _MOST:
            continue
        kept = _CONTROL.sub(" ", value).strip(" ")
        if name.lower() in _ADDRESSES or "://" in kept:
            kept = _QUERY.sub(_clean, _LOGIN.sub("", kept))
        yield name, kept


def _clean(found: re.Match[str]) -> str:
    before, mark, fragment = found[0].partition("#")
    cleaned = text.without_secrets(before) + mark
    return cleaned + (text.without_secrets(f"?{fragment}").removeprefix("?") if fragment else "")


def _answer(exchange: Exchange, length: int | None) -> bytes:
    """The head of an answer; `length` is that of the body, None where none goes with it."""
    fields, renamed = [], False
    coded = any(name.lower() in _FRAMING[:2] for name, _ in exchange.answered)
    for name, value in without_secrets(exchange.answered):
        other = name.lower() in _FRAMING and (coded or length is None or value != str(length))
        renamed = renamed or other
        fields.append((_WAS + name if other else name, value))
    if renamed and length is not None:
        fields.append(("Content-Length", str(length)))
    reason = _CONTROL.sub(" ", exchange.reason).strip(" ")
    return _http(f"HTTP/1.1 {exchange.status:03} {reason}".rstrip(" "), fields)


def _request(exchange: Exchange, uri: str, date: str, answer: str) -> bytes:
    host, slash, path = uri.partition("#")[0].partition("://")[2].partition("/")
    target = f"/{path}" if slash else "/" + "".join(host.partition("?")[1:])
    block = _http(f"GET {target} HTTP/1.1", list(without_secrets(exchange.asked)))
    headers = [
        ("WARC-Type", "request"),
        ("WARC-Record-ID", _identity("request", answer)),
        ("WARC-Date", date),
        ("WARC-Target-URI", uri),
        ("WARC-Concurrent-To", answer),
        ("Content-Type", "application/http; msgtype=request"),
    ]
    return warc.member(headers, block)


def _http(first: str, fields: Fields) -> bytes:
    lines = [first, *(f"{name}: {value}" for name, value in fields), "", ""]
    return b"\r\n".join(map(_bytes, lines))


def _bytes(line: str) -> bytes:
    """Headers are bytes, and read as Latin-1; what never was one is written as UTF-8."""
    try:
        return line.encode("latin-1")
    except UnicodeEncodeError:
        return line.encode("utf-8", "replace")


def _referring(origin: Origin, capture: Capture) -> Fields:
    """WARC 1.1 § 6.7: what a revisit says of the record whose payload it has."""
    not_modified = capture.exchange is not None and capture.exchange.status == _NOT_MODIFIED
    profile = "server-not-modified" if not_modified else "identical-payload-digest"
    where = origin.location
    return [
        ("WARC-Profile", _PROFILE + profile),
        ("WARC-Refers-To", origin.identity),
        ("WARC-Refers-To-Target-URI", origin.uri),
        ("WARC-Refers-To-Date", origin.date),
        ("Feedtool-Refers-To", f"{warc.line(where.file)} {where.offset} {where.length}"),
    ]


def _content_type(capture: Capture) -> Fields:
    if capture.exchange is not None:
        return [("Content-Type", "application/http; msgtype=response")]
    if capture.media_type is None:
        return []
    # Somebody said so, and it may be anything.
    kind = capture.media_type + (f"; charset={capture.charset}" if capture.charset else "")
    return [("Content-Type", quote(kind, " /;=+.-_\"'*!#$&^`|~{}:?@()[],"))]


def _exchange(record: Record, request: Record | None) -> Exchange | None:
    if not record.status:
        return None
    code = status(record)
    answered = record.fields
    if any(name.startswith(_WAS) for name, _ in answered):
        fields = [
            (name.removeprefix(_WAS) if name[len(_WAS) :].lower() in _FRAMING else name, value)
            for name, value in answered
        ]
        if fields and answered[-1][0] == "Content-Length" and fields != answered:
            fields.pop()
        answered = fields
    reason = record.status.split(" ", 2)[2:]
    asked = tuple(request.fields) if request else ()
    return Exchange(code, reason[0] if reason else "", asked, tuple(answered))


def _echoed(value: str | None) -> str | None:
    return value if value and value.isascii() and value.isprintable() else None


def _unquoted(value: str) -> str:
    return unquote(value, errors="surrogatepass")


def _uri(value: str) -> str:
    """An IRI as a URI (RFC 3987 § 3.1), without what can't stand in a header."""
    return quote(value, "/:?#[]@!$&'()*+,;=-._~%", errors="replace")


def _stamp(when: datetime) -> str:
    return when.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def _identity(*parts: str) -> str:
    """A record's id: the same for the same record, and for no other."""
    said = "\n".join(quote(part, errors="surrogatepass") for part in parts)
    return f"<urn:uuid:{uuid.uuid5(_OURS, said)}>"
