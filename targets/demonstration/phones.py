"""A visit made on two phones, through the door that real phones use: both parts, a photograph, one version that both sides
signed, the second's confirmation, and an addendum that the facility has still to read."""

from __future__ import annotations

import hashlib
import io
import json
from datetime import datetime, timedelta
from random import Random
from uuid import UUID, uuid5

from PIL import Image, ImageDraw

from inspections.models import ChecklistItem, Draw, FieldDevice, Inspection, TeamMember
from inspections.rules import field as rules
from inspections.services import agreement, field_devices, field_files, field_log
from inspections.services import visits as visit_services
from inspections.services.answers import Given
from inspections.services.checklists import items_of
from portal.calendar import add_working_days
from targets.demonstration import months, story
from targets.demonstration.calendar import Month, at
from targets.demonstration.crew import Crew
from targets.demonstration.stages import Terms

#: Names are told from it, so that the same terms give the same operations.
NAMESPACE = UUID("5d1c6a52-6c55-4bb8-9d53-0d3f2b9c1e77")
FOUND = "示例：两天的记录没有签字"
LATE = "示例：离开前又看了一遍，值班表没有更新"
LABELS = ("示例手机（安卓）", "示例手机（苹果）")


class Phone:
    """One of the team with a phone: `did` appends to its log, `send` hands everything new to the server."""

    def __init__(
        self, visit: Inspection, member: TeamMember, number: int, terms: Terms, crew: Crew, now: datetime
    ):
        self.visit, self.actor = visit, crew.of(member.inspector.user)
        self.place = f"{terms.seed}/{visit.number}/{number}"
        self.device: FieldDevice = field_devices.open_device(
            uuid5(NAMESPACE, f"{self.place}/device"), label=LABELS[number], actor=self.actor, now=now
        )
        field_devices.issue_pass(visit, self.device, actor=self.actor, now=now)
        self.log: list[dict] = []
        self.sent = 0

    def did(self, kind: str, moment: datetime, item: int | None = None, **payload) -> dict:
        sequence = len(self.log) + 1
        row = {
            "uuid": str(uuid5(NAMESPACE, f"{self.place}/{sequence}")), "sequence": sequence, "kind": kind, "item": item,
            "payload": payload, "made_at": moment.isoformat(), "offset_ms": 0,
        }  # fmt: skip
        self.log.append(row)
        return row

    def answered(self, moment: datetime, item: int, given: Given, base: int = 0) -> None:
        self.did("answer", moment, item, value=given.value, note=given.note, mended=given.mended, base=base)

    def file(self, content: bytes, now: datetime) -> str:
        """Goes up in two pieces, as with a weak network."""
        digest, half = hashlib.sha256(content).hexdigest(), len(content) // 2
        for offset, piece in ((0, content[:half]), (half, content[half:])):
            field_files.take_piece(
                self.visit, self.device, digest, size=len(content), offset=offset, piece=piece, actor=self.actor, now=now
            )  # fmt: skip
        return digest

    def complete(self, moment: datetime) -> None:
        lines = [(row["sequence"], row["uuid"]) for row in self.log]
        self.did("part", moment, count=len(lines), sha256=rules.part_hash(lines))

    def send(self, now: datetime) -> None:
        rows, self.sent = [rules.operation(row) for row in self.log[self.sent :]], len(self.log)
        field_log.take(self.visit, self.device, rows, actor=self.actor, now=now)


def make(terms: Terms, crew: Crew) -> str:
    """In Minhang, where the month has such a visit left."""
    if crew.size.slug != "minhang":
        return "—"
    found = choose(terms, crew)
    if found is None:
        return "没有合适的"
    visit, team = found
    day = add_working_days(terms.today, -1)
    start = at(day, 9, 10)
    on_site(visit, team, start, terms, crew)
    visit.refresh_from_db()
    return f"{visit.number}，{visit.get_state_display()}"


def choose(terms: Terms, crew: Crew) -> tuple[Inspection, list[TeamMember]] | None:
    """A visit of this month that the story does not need otherwise, at a facility with an account."""
    month = Month.of(terms.today)
    drawn = Draw.objects.exclude(state="void").filter(year=month.year, month=month.number).first()
    if drawn is None or drawn.drawn_at >= at(add_working_days(terms.today, -1), 9):
        return None
    due = months.due_visits(drawn)
    slug = crew.size.slug
    apart = {story.BEHIND[slug], story.OPEN[slug]}
    open_street = story.open_street(due, slug)
    for visit in due:
        team = crew.team(visit)
        people = [one for one in team if one.inspector.user_id and one.inspector.active]
        street = visit.facility.street
        if street.name not in apart and street.pk != open_street and len(team) == len(people) == 2:
            return visit, team
    return None


def on_site(visit: Inspection, team: list[TeamMember], start: datetime, terms: Terms, crew: Crew) -> None:
    first, second = (Phone(visit, member, n, terms, crew, start) for n, member in enumerate(team))
    seed = hashlib.sha256(f"demonstration/{terms.seed}/{visit.number}/again".encode()).hexdigest()
    visit_services.start(visit, actor=first.actor, now=start, seed=seed)
    visit.refresh_from_db()
    items = list(items_of(visit))
    given = {item.pk: Given("ok") for item in items}
    failed = next(item for item in items if item.weight in ("medium", "low"))
    given[failed.pk] = Given("bad", FOUND)
    first.did("start", start, versions=sorted({item.version_id for item in items}))
    moment = start
    drawn = agreement.draw_of(visit)
    for place, item in enumerate(items):
        moment += timedelta(minutes=2)
        both = drawn is not None and item.key in drawn.keys
        for phone in (first, second) if both else (first,) if place % 2 == 0 else (second,):
            phone.answered(moment, item.pk, given[item.pk])
    first.send(moment)
    second.send(moment)
    taken = photo(first, failed, moment, terms)
    second.complete(moment + timedelta(minutes=1))
    second.send(moment + timedelta(minutes=1))
    record = sign(first, items, given, {failed.pk: [taken]}, moment + timedelta(minutes=6))
    later = moment + timedelta(minutes=15)
    last = next(item for item in reversed(items) if drawn is None or item.key not in drawn.keys)
    second.answered(later, last.pk, Given("ok", LATE), base=1)
    second.did("confirm", later + timedelta(minutes=1), sha256=record)
    second.send(later + timedelta(minutes=1))


def photo(phone: Phone, item: ChecklistItem, moment: datetime, terms: Terms) -> str:
    content = picture(item.section, terms)
    digest = phone.file(content, moment)
    phone.did(
        "photo", moment, item.pk, sha256=digest, size=len(content),
        meta={"taken_at": moment.isoformat(), "width": "640", "height": "480", "camera": "示例相机", "covered": "1"},
    )  # fmt: skip
    phone.send(moment)
    return digest


def sign(phone: Phone, items, given: dict[int, Given], photos: dict[int, list[str]], moment: datetime) -> str:
    """Both sides' signatures under one version; its hash."""
    visit = phone.visit
    body = {
        "format": rules.RECORD_FORMAT,
        "number": visit.number,
        "facility": visit.facility.code,
        "answers": [
            {
                "item": item.pk, "key": item.key, "value": given[item.pk].value, "note": given[item.pk].note,
                "mended": given[item.pk].mended, "photos": photos.get(item.pk, []),
            }
            for item in items
        ],
        "present": "示例园长",
        "objection": "",
        "summary": "两个人分头看现场和台账，当面核对过，当场反馈。",
        "without": "",
    }  # fmt: skip
    content = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    sides = []
    for side, name in (("team", phone.actor.user.name), ("facility", "示例园长")):
        sides.append(
            {"side": side, "name": name, "sha256": phone.file(signature(f"{visit.number}/{side}"), moment)}
        )
    digest = hashlib.sha256(content.encode()).hexdigest()
    phone.did("sign", moment, content=content, sha256=digest, signatures=sides)
    phone.send(moment)
    return digest


def png(image: Image.Image) -> bytes:
    kept = io.BytesIO()
    image.save(kept, "PNG")
    return kept.getvalue()


def signature(seed: str) -> bytes:
    """A few strokes."""
    random, image = Random(seed), Image.new("RGB", (480, 160), "white")
    pen = ImageDraw.Draw(image)
    for stroke in range(7):
        x, y = 40 + 55 * stroke, random.randrange(50, 110)
        pen.line(
            [(x, y)] + [(x + random.randrange(-10, 60), random.randrange(30, 130)) for _n in range(3)],
            fill="black",
            width=4,
        )
    return png(image)


def picture(words: str, terms: Terms) -> bytes:
    """A sheet of paper on a wall, with lines instead of writing and one part covered."""
    random, image = Random(f"{terms.seed}/{words}"), Image.new("RGB", (640, 480), "#b9c2c9")
    pen = ImageDraw.Draw(image)
    pen.rectangle((150, 50, 490, 440), fill="#fbfaf5", outline="#8a8f94", width=3)
    for line in range(12):
        y = 90 + 27 * line
        pen.line((180, y, 180 + random.randrange(120, 280), y), fill="#5b6670", width=5)
    pen.rectangle((330, 300, 470, 400), fill="#20262b")
    return png(image)
