"""The field's log on plain values: which operations there are, what each carries, when a phone's clock is wrong."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

from inspections.rules.states import ANSWERS
from portal.rules.machine import marked

KINDS = {
    "start": marked("开始检查"),
    "answer": marked("答一项"),
    "photo": marked("照片"),
    "unphoto": marked("去掉照片"),
    "voice": marked("语音"),
    "part": marked("我这部分齐了"),
    "sign": marked("双方签记"),
    "confirm": marked("确认同一份"),
}
SIDES = {"team": marked("检查组"), "facility": marked("机构")}
#: What both sides sign, as text; a sheet of a hundred items with long notes has a third of it.
LARGEST_RECORD = 500_000
RECORD_FORMAT = "shanyu-visit-1"
OUTCOMES = {
    "applied": marked("已记入"),
    "waiting": marked("等其他内容到齐"),
    "replaced": marked("后来又改过"),
    "held": marked("等人决定"),
    "adopted": marked("已决定采用"),
    "dropped": marked("已决定不采用"),
    "addendum": marked("记作附记"),
}
#: The words of an answer's value; nothing was chosen yet.
VALUE_WORDS = (*ANSWERS.items(), ("", marked("还没答")))
#: An operation in one of these has come to its end; what is waiting or held has not.
SETTLED = ("applied", "replaced", "adopted", "dropped", "addendum")

#: A batch of operations, a piece of a file: what a request may carry at most.
BATCH = 200
LARGEST_BATCH = 1024 * 1024
LARGEST_PIECE = 512 * 1024
LARGEST_FILE = 10 * 1024 * 1024
#: A pass lives so many days after the visit was confirmed or struck off.
PASS_DAYS = 30
#: A phone whose clock is further away from the server's is told so.
WRONG_CLOCK = timedelta(minutes=2)
#: Nobody made an operation before the app, nor further ahead than any clock is set wrong by accident.
EARLIEST = datetime(2020, 1, 1, tzinfo=UTC)
LATEST_AHEAD = timedelta(days=3700)

_sha256 = re.compile(r"[0-9a-f]{64}").fullmatch
_controls = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
NOTE_AT_MOST = 10_000


class Malformed(ValueError):
    """An operation that no phone of ours makes; `place` says where."""

    def __init__(self, place: str):
        super().__init__(place)
        self.place = place


def operation(raw) -> dict:
    """An operation as it came, checked and in shape: uuid, sequence, kind, item, payload, made_at, offset_ms.

    Malformed for what has not the shape; whether it can be applied is another question.
    """
    if not isinstance(raw, dict):
        raise Malformed("operation")
    made = {
        "uuid": identity(raw.get("uuid")),
        "sequence": number(raw.get("sequence"), "sequence", 1, 100_000),
        "kind": raw.get("kind"),
        "item": number(raw["item"], "item", 1, 2**62) if raw.get("item") is not None else None,
        "made_at": moment(raw.get("made_at"), "made_at"),
        "offset_ms": number(raw.get("offset_ms", 0), "offset_ms", -(10**13), 10**13),
    }
    payload = raw.get("payload")
    if made["kind"] not in KINDS:
        raise Malformed("kind")
    if not isinstance(payload, dict):
        raise Malformed("payload")
    if made["kind"] in ("answer", "photo", "voice", "unphoto") and made["item"] is None:
        raise Malformed("item")
    return made | {"payload": _PAYLOADS[made["kind"]](payload)}


def identity(value) -> UUID:
    """The UUID that an operation bears."""
    try:
        return UUID(value) if isinstance(value, str) and len(value) == 36 else _bad("uuid")
    except ValueError:
        raise Malformed("uuid") from None


def _bad(place: str):
    raise Malformed(place)


def number(value, place: str, least: int, most: int) -> int:
    """An integer between two bounds; true and false are none."""
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise Malformed(place)
    return value


def whole_number(value: str | None, place: str) -> int:
    """A count of bytes as a header has it."""
    if not value or not value.isascii() or not value.isdigit() or len(value) > 12:
        raise Malformed(place)
    return int(value)


def moment(value, place: str) -> datetime:
    """An ISO moment with its zone, between EARLIEST and far ahead."""
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) and len(value) < 40 else _bad(place)
    except ValueError:
        raise Malformed(place) from None
    if found.tzinfo is None or not EARLIEST <= found <= datetime.now(UTC) + LATEST_AHEAD:
        raise Malformed(place)
    return found


def text(value, place: str, most: int) -> str:
    """Text without what is no character of a text."""
    if not isinstance(value, str) or len(value) > most:
        raise Malformed(place)
    return _controls.sub("", value)


def sha256(value, place: str = "sha256") -> str:
    if not isinstance(value, str) or not _sha256(value):
        raise Malformed(place)
    return value


def _start(payload: dict) -> dict:
    versions = payload.get("versions")
    if not isinstance(versions, list) or len(versions) > 50:
        raise Malformed("payload.versions")
    return {"versions": [number(v, "payload.versions", 1, 2**62) for v in versions]}


def _answer(payload: dict) -> dict:
    mended = payload.get("mended", False)
    if not isinstance(mended, bool):
        raise Malformed("payload.mended")
    return {
        "value": text(payload.get("value", ""), "payload.value", 6),
        "note": text(payload.get("note", ""), "payload.note", NOTE_AT_MOST),
        "mended": mended,
        "base": number(payload.get("base", 0), "payload.base", 0, 10**9),
        "words": text(payload.get("words", ""), "payload.words", 200),
    }


def _file(payload: dict) -> dict:
    """A photograph or a voice: hash and size as they were on the phone, and where and when, if that was allowed."""
    return {
        "sha256": sha256(payload.get("sha256"), "payload.sha256"),
        "size": number(payload.get("size"), "payload.size", 1, LARGEST_FILE),
        "meta": _meta(payload.get("meta", {})),
    }


#: What may stand beside a file, with the most that its text may have.
META = {
    "taken_at": 40, "latitude": 24, "longitude": 24, "accuracy": 24, "width": 8, "height": 8, "covered": 4,
    "exif_time": 40, "exif_latitude": 24, "exif_longitude": 24, "camera": 80, "seconds": 12, "source": 20,
}  # fmt: skip


def _meta(raw) -> dict:
    if not isinstance(raw, dict):
        raise Malformed("payload.meta")
    return {
        key: text(str(raw[key]), f"payload.meta.{key}", most)
        for key, most in META.items()
        if raw.get(key) not in (None, "")
    }


def _unphoto(payload: dict) -> dict:
    return {"sha256": sha256(payload.get("sha256"), "payload.sha256")}


def _part(payload: dict) -> dict:
    return {
        "count": number(payload.get("count"), "payload.count", 0, 100_000),
        "sha256": sha256(payload.get("sha256"), "payload.sha256"),
    }


def _confirm(payload: dict) -> dict:
    return {"sha256": sha256(payload.get("sha256"), "payload.sha256")}


def _sign(payload: dict) -> dict:
    """The record as both sides saw it, its hash, and the drawn signatures by the hashes of their pictures."""
    content = payload.get("content")
    if not isinstance(content, str) or len(content) > LARGEST_RECORD:
        raise Malformed("payload.content")
    signatures = payload.get("signatures")
    if not isinstance(signatures, list) or not 1 <= len(signatures) <= 6:
        raise Malformed("payload.signatures")
    record(content)
    return {
        "content": content,
        "sha256": sha256(payload.get("sha256"), "payload.sha256"),
        "without": text(payload.get("without", ""), "payload.without", 200).strip(),
        # whether the phone knew which items two people answer apart
        "apart": payload.get("apart") is True,
        "unsigned_reason": text(payload.get("unsigned_reason", ""), "payload.unsigned_reason", 200).strip(),
        "signatures": [_signature(one) for one in signatures],
    }


def _signature(raw) -> dict:
    if not isinstance(raw, dict) or raw.get("side") not in SIDES:
        raise Malformed("payload.signatures")
    return {
        "side": raw["side"],
        "name": text(raw.get("name"), "payload.signatures", 60).strip(),
        "sha256": sha256(raw.get("sha256"), "payload.signatures"),
    }


def record(content: str) -> dict:
    """A signed record, read and checked: its answers by item, who was there, what the facility says."""
    try:
        found = json.loads(content)
        content.encode()
    except (ValueError, RecursionError):
        raise Malformed("payload.content") from None
    if not isinstance(found, dict) or found.get("format") != RECORD_FORMAT:
        raise Malformed("payload.content")
    answers = found.get("answers")
    if not isinstance(answers, list) or len(answers) > 2000:
        raise Malformed("payload.content.answers")
    for key, most in (("present", 60), ("objection", 2000), ("summary", 2000), ("number", 20)):
        found[key] = text(found.get(key, ""), f"payload.content.{key}", most)
    found["answers"] = [_signed_answer(one) for one in answers]
    return found


def _signed_answer(raw) -> dict:
    if not isinstance(raw, dict):
        raise Malformed("payload.content.answers")
    photos = raw.get("photos", [])
    if not isinstance(photos, list) or len(photos) > 100:
        raise Malformed("payload.content.answers")
    given = _answer({key: raw.get(key) for key in ("value", "note", "mended")})
    item = number(raw.get("item"), "payload.content.answers", 1, 2**62)
    return {
        "item": item,
        "value": given["value"],
        "note": given["note"].strip(),
        "mended": given["mended"],
        "photos": [sha256(one, "payload.content.answers") for one in photos],
    }


def part_hash(operations) -> str:
    """SHA-256 of a phone's operations, `sequence uuid` a line each, in order."""
    lines = "\n".join(f"{sequence} {uuid}" for sequence, uuid in operations)
    return hashlib.sha256(lines.encode()).hexdigest()


_PAYLOADS = {
    "start": _start, "answer": _answer, "photo": _file, "voice": _file, "unphoto": _unphoto,
    "part": _part, "sign": _sign, "confirm": _confirm,
}  # fmt: skip


#: What a browser says it runs on -> how people call it; the first that stands there.
MACHINES = {
    "iPhone": marked("苹果手机"),
    "iPad": marked("苹果平板"),
    "HarmonyOS": marked("鸿蒙手机"),
    "Android": marked("安卓手机"),
    "Windows": marked("Windows 电脑"),
    "Macintosh": marked("苹果电脑"),
    "Linux": marked("Linux 电脑"),
}


def machine(label: str) -> str:
    """The kind of machine in words, to be translated; what is not known as it names itself."""
    return next((word for sign, word in MACHINES.items() if sign in label), label)


def corrected(made_at: datetime, offset_ms: int, now: datetime) -> datetime:
    """When it really was: the phone's moment put right by the measured difference, never later than it came."""
    return min(made_at + timedelta(milliseconds=offset_ms), now)


def wrong_clock(offset_ms: int) -> bool:
    return abs(timedelta(milliseconds=offset_ms)) > WRONG_CLOCK
