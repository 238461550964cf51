"""Answers of a visit, saved as they are typed; two people on one item; photographs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from inspections.models import Answer, AnswerPhoto, ChecklistItem, Inspection, TeamMember, VoiceNote
from inspections.rules import visits as rules
from inspections.rules.states import ANSWERS
from inspections.services.checklists import all_items_of, numbered, open_full
from inspections.services.joint import demand_answerable
from portal.access import Actor
from portal.errors import Conflict, Denied, NotFound, Refused
from portal.models import StoredFile, User
from portal.services import audit
from portal.services.files import store_file

PHOTO_TYPES = ("image/jpeg", "image/png", "image/webp")


@dataclass(frozen=True)
class Given:
    """What somebody answered to one item."""

    value: str
    note: str = ""
    mended: bool = False


def lock(inspection: Inspection) -> Inspection:
    """The inspection as it is now, until the transaction ends nobody else's."""
    return (
        Inspection.objects.select_for_update(of=("self",), no_key=True)
        .select_related("facility", "draw")
        .get(pk=inspection.pk)
    )


def demand_member(inspection: Inspection, actor: Actor, right: str = "inspection.log") -> None:
    """Denied for whoever is not, or no longer, in the visit's team."""
    actor.demand(right)
    if actor.process:
        return
    mine = TeamMember.objects.filter(
        inspection=inspection, inspector__user=actor.user, dropped_at__isnull=True
    )
    if not mine.exists():
        raise Denied(_("你不在这次检查的组里，只有组里的人能记录"), code="not_in_team")


def _demand_open(inspection: Inspection) -> None:
    if inspection.state != "under_way":
        raise Conflict(
            _("检查 %(number)s 已经不在进行中，这一项没有存。先把你写的内容抄下来，再刷新页面")
            % {"number": inspection.number},
            code="state",
        )


def _check(given: Given) -> Given:
    if given.value and given.value not in ANSWERS:
        raise Refused(_("答案：选“符合”“不符合”或“未查”"), field="value")
    note = given.note.strip()
    if len(note) > rules.NOTE_LENGTH:
        raise Refused(
            _("说明：最多 %(n)d 个字，现在 %(now)d 个") % {"n": rules.NOTE_LENGTH, "now": len(note)},
            field="note",
        )
    return Given(given.value, note, given.mended and given.value == "bad")


def save_answer(
    inspection: Inspection,
    item: ChecklistItem,
    *,
    value: str,
    note: str = "",
    mended: bool = False,
    version: int = 0,
    actor: Actor,
    now: datetime | None = None,
) -> Answer:
    """Saves one answer of a visit that is under way, whole or half typed; the row has the next `version`.

    `version` is the one that the person saw, 0 for none. When another member of the team has saved something
    else meanwhile, nothing is changed and Conflict tells who, when and what (`params`: mine, theirs, by, at,
    version). What the same person saved last is simply replaced: a message sent twice does no harm.
    """
    inspection = lock(inspection)
    demand_member(inspection, actor)
    _demand_open(inspection)
    given = _check(Given(value, note, mended))
    if not all_items_of(inspection).filter(pk=item.pk).exists():
        raise NotFound(_("这一项不在这次检查的表里"), code="item")
    stored = Answer.objects.filter(inspection=inspection, item=item).select_related("by").first()
    now = now or timezone.now()
    if stored is None:
        demand_answerable(inspection, item)
        stored = Answer.objects.create(
            inspection=inspection,
            item=item,
            value=given.value,
            note=given.note,
            mended_on_the_spot=given.mended,
            at=now,
            by=actor.user,
        )
        before = None
    else:
        before = Given(stored.value, stored.note, stored.mended_on_the_spot)
        if before == given:
            return stored
        demand_answerable(inspection, item)
        # a row without anything is there for a picture, and nobody's answer
        if stored.version != version and not actor.same_person(stored.by) and (before.value or before.note):
            raise _two_answers(stored, before, given)
        stored.value, stored.note, stored.mended_on_the_spot = given.value, given.note, given.mended
        stored.at, stored.by = now, actor.user
        stored.version += 1
        stored.save(update_fields=["value", "note", "mended_on_the_spot", "at", "by", "version"])
    if given.value == "bad":
        open_full(inspection, [item], actor=actor, now=now)
    audit.record(
        "inspections.answer.save",
        inspection,
        actor=actor,
        changes={
            "item": item.number,
            "value": [before.value if before else "", given.value],
            "mended": given.mended,
            "note_length": [len(before.note) if before else 0, len(given.note)],
        },
    )
    return stored


def adopt_answer(
    inspection: Inspection,
    item: ChecklistItem,
    given: Given,
    *,
    by: User,
    actor: Actor,
    now: datetime | None = None,
) -> Answer:
    """Puts into the record what `by` had answered on a phone and `actor` decided to use, whatever stood there."""
    actor.demand("field.settle")
    inspection = lock(inspection)
    _demand_open(inspection)
    demand_answerable(inspection, item)
    given, now = _check(given), now or timezone.now()
    stored = Answer.objects.filter(inspection=inspection, item=item).first() or Answer(
        inspection=inspection, item=item, version=0
    )
    before = stored.value
    stored.value, stored.note, stored.mended_on_the_spot = given.value, given.note, given.mended
    stored.at, stored.by = now, by
    stored.version += 1
    stored.save()
    if given.value == "bad":
        open_full(inspection, [item], actor=actor, now=now)
    audit.record(
        "inspections.answer.adopt",
        inspection,
        actor=actor,
        changes={"item": item.number, "value": [before, given.value], "by": by.name},
    )
    return stored


def adopt_file(
    inspection: Inspection,
    item: ChecklistItem,
    stored: StoredFile,
    *,
    by: User,
    meta: dict,
    actor: Actor,
    now: datetime | None = None,
) -> AnswerPhoto | VoiceNote:
    """As `adopt_answer`, for a photograph or a voice."""
    actor.demand("field.settle")
    inspection = lock(inspection)
    _demand_open(inspection)
    answer, _made = Answer.objects.get_or_create(
        inspection=inspection, item=item, defaults={"at": now or timezone.now(), "by": by}
    )
    kind = AnswerPhoto if stored.content_type in PHOTO_TYPES else VoiceNote
    made = kind.objects.filter(answer=answer, file__sha256=stored.sha256).first() or kind.objects.create(
        answer=answer, file=stored, meta=meta
    )
    audit.record(
        "inspections.photo.adopt",
        inspection,
        actor=actor,
        changes={"item": item.number, "sha256": stored.sha256, "by": by.name},
    )
    return made


def _two_answers(stored: Answer, theirs: Given, mine: Given) -> Conflict:
    when = timezone.localtime(stored.at).strftime("%H:%M")
    who = stored.by.name if stored.by else _("系统")
    return Conflict(
        _("%(who)s %(when)s 改过这一项，填的是“%(value)s”。选保留哪一份")
        % {"who": who, "when": when, "value": _(ANSWERS.get(theirs.value, "—"))},
        code="answer_conflict",
        mine=mine,
        theirs=theirs,
        by=who,
        at=stored.at,
        version=stored.version,
    )


def save_answers(
    inspection: Inspection, answers: Mapping[int, Given], *, actor: Actor, now: datetime | None = None
) -> list[Answer]:
    """Saves many answers that nobody gave yet at once, by the item's id; one audit entry for all.

    NotFound for an item of another list, Conflict when one of them has an answer already.
    """
    inspection = lock(inspection)
    demand_member(inspection, actor)
    _demand_open(inspection)
    checked = {pk: _check(given) for pk, given in answers.items()}
    known = {one.pk: one for one in all_items_of(inspection)}
    if checked.keys() - known.keys():
        raise NotFound(_("有检查项不在这次检查的表里"), code="item")
    if Answer.objects.filter(inspection=inspection, item__in=checked).exists():
        raise Conflict(_("有检查项已经答过，刷新页面看最新的内容"), code="answer_conflict")
    now = now or timezone.now()
    saved = Answer.objects.bulk_create(
        Answer(
            inspection=inspection,
            item_id=pk,
            value=given.value,
            note=given.note,
            mended_on_the_spot=given.mended,
            at=now,
            by=actor.user,
        )
        for pk, given in checked.items()
    )
    failed = [known[pk] for pk, given in checked.items() if given.value == "bad"]
    open_full(inspection, failed, actor=actor, now=now)
    audit.record("inspections.answer.save_all", inspection, actor=actor, changes={"answers": len(saved)})
    return saved


def add_photo(
    inspection: Inspection, item: ChecklistItem, upload, *, actor: Actor, now: datetime | None = None
) -> AnswerPhoto:
    """Adds a photograph to the answer of one item; the same picture twice is one.

    Refused for what is no JPEG, PNG or WebP, for one that is too big (portal.services.files), for too many.
    """
    inspection = lock(inspection)
    answer = _answer_for_a_file(inspection, item, actor=actor, now=now)
    _demand_room(answer)
    return _attach(inspection, answer, store_file(upload, actor=actor), {}, actor)


def attach_photo(
    inspection: Inspection,
    item: ChecklistItem,
    stored: StoredFile,
    *,
    meta: dict,
    actor: Actor,
    now: datetime | None = None,
) -> AnswerPhoto:
    """As `add_photo`, for a file that is stored already; `meta` is what the phone knew of time and place."""
    inspection = lock(inspection)
    answer = _answer_for_a_file(inspection, item, actor=actor, now=now)
    if not answer.photos.filter(file__sha256=stored.sha256).exists():
        _demand_room(answer)
    return _attach(inspection, answer, stored, meta, actor)


def attach_voice(
    inspection: Inspection,
    item: ChecklistItem,
    stored: StoredFile,
    *,
    meta: dict,
    actor: Actor,
    now: datetime | None = None,
) -> VoiceNote:
    """Something spoken on site, beside an answer; the same recording twice is one."""
    inspection = lock(inspection)
    answer = _answer_for_a_file(inspection, item, actor=actor, now=now)
    if not stored.content_type.startswith("audio/"):
        raise Refused(_("语音：不是录音文件"), field="voice", code="file_type")
    same = answer.voices.filter(file__sha256=stored.sha256).first()
    if same:
        return same
    if answer.voices.count() >= rules.VOICES_PER_ANSWER:
        raise Refused(_("语音：一项最多 %(n)d 段") % {"n": rules.VOICES_PER_ANSWER}, field="voice")
    voice = VoiceNote.objects.create(answer=answer, file=stored, meta=meta)
    audit.record(
        "inspections.voice.add",
        inspection,
        actor=actor,
        changes={"item": item.number, "sha256": stored.sha256},
    )
    return voice


def _answer_for_a_file(
    inspection: Inspection, item: ChecklistItem, *, actor: Actor, now: datetime | None
) -> Answer:
    demand_member(inspection, actor)
    _demand_open(inspection)
    if not all_items_of(inspection).filter(pk=item.pk).exists():
        raise NotFound(_("这一项不在这次检查的表里"), code="item")
    answer, _made = Answer.objects.get_or_create(
        inspection=inspection, item=item, defaults={"at": now or timezone.now(), "by": actor.user}
    )
    return answer


def _demand_room(answer: Answer) -> None:
    if answer.photos.count() >= rules.PHOTOS_PER_ANSWER:
        raise Refused(
            _("照片：一项最多 %(n)d 张，先删掉一张再拍") % {"n": rules.PHOTOS_PER_ANSWER}, field="photo"
        )


def _attach(
    inspection: Inspection, answer: Answer, stored: StoredFile, meta: dict, actor: Actor
) -> AnswerPhoto:
    if stored.content_type not in PHOTO_TYPES:
        raise Refused(_("照片：要 JPEG、PNG 或 WebP 格式的图片"), field="photo", code="file_type")
    same = answer.photos.filter(file__sha256=stored.sha256).first()
    if same:
        return same
    photo, item = AnswerPhoto.objects.create(answer=answer, file=stored, meta=meta), answer.item
    audit.record(
        "inspections.photo.add",
        inspection,
        actor=actor,
        changes={"item": item.number, "sha256": stored.sha256},
    )
    return photo


def remove_photo(photo: AnswerPhoto, *, actor: Actor) -> None:
    """Takes a photograph from an answer while the visit is under way; its hash stays in the audit log."""
    inspection = lock(photo.answer.inspection)
    demand_member(inspection, actor)
    _demand_open(inspection)
    found = AnswerPhoto.objects.filter(pk=photo.pk).select_related("file", "answer__item").first()
    if found is None:
        return
    found.delete()
    audit.record(
        "inspections.photo.remove",
        inspection,
        actor=actor,
        changes={"item": found.answer.item.number, "sha256": found.file.sha256},
    )


def incomplete(inspection: Inspection) -> list[tuple[int, ChecklistItem]]:
    """The items without an answer, or without the note that theirs needs, each with its number on the page."""
    given = {a.item_id: a for a in inspection.answers.all()}
    return [
        (number, item)
        for number, item in numbered(inspection)
        if item.pk not in given or not rules.is_complete(given[item.pk].value, given[item.pk].note)
    ]
