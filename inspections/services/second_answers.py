"""Second answers from phones: told to nobody while they can be changed, final with the phone's part or the signing;
what a phone may know of the drawn items, and what signing off waits for (docs/agreement.md)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import F
from django.utils.translation import ngettext

from inspections.models import (
    Answer,
    ChecklistItem,
    DoubleDraw,
    FieldOperation,
    Inspection,
    Inspector,
    SecondAnswer,
)
from inspections.rules import agreement as rules
from inspections.rules import field as field_rules
from inspections.rules import visits as visit_rules
from inspections.rules.states import ANSWERS
from inspections.services.agreement import answers_apart, draw_of, is_second, open_items
from inspections.services.checklists import items_of
from portal.access import Actor
from portal.errors import Refused
from portal.services import audit


def is_final(inspection: Inspection, item: ChecklistItem) -> bool:
    """Whether the second's answer to the item stands."""
    return SecondAnswer.objects.filter(draw__inspection=inspection, item=item).exists()


def moment_of(operation: FieldOperation) -> datetime:
    return field_rules.corrected(operation.made_at, operation.offset_ms, operation.came_at)


def is_whole(operation: FieldOperation) -> bool:
    """Whether somebody answered and wrote the note that the answer needs."""
    return visit_rules.is_complete(operation.payload["value"], operation.payload["note"].strip())


def on_phones(draw: DoubleDraw) -> dict[int, FieldOperation]:
    """What the second has answered on phones to drawn items, the last of each, by the item's id."""
    if draw.second.user_id is None:
        return {}
    rows = FieldOperation.objects.filter(
        inspection=draw.inspection_id,
        kind="answer",
        device__user=draw.second.user_id,
        item__key__in=draw.keys,
    )
    return {one.item_id: one for one in sorted(rows, key=lambda one: (moment_of(one), one.sequence))}


def _from_phone(draw: DoubleDraw, item: ChecklistItem, operation: FieldOperation) -> SecondAnswer:
    return SecondAnswer(
        draw=draw,
        item=item,
        value=operation.payload["value"],
        note=operation.payload["note"].strip()[: rules.NOTE],
        by=draw.second,
        origin=rules.PHONE,
        at=moment_of(operation),
    )


def keep_second(inspection: Inspection, *, actor: Actor) -> list[SecondAnswer]:
    """What the second has wholly answered on the phone becomes final: when the phone's part is declared, and when the
    visit is signed. Not where the record has the second's own answer already: that is no second one."""
    draw = draw_of(inspection)
    if draw is None:
        return []
    left = {one.pk: one for one in open_items(inspection, draw)}
    own = Answer.objects.filter(inspection=inspection, item__in=left, by=draw.second.user_id).exclude(
        value=""
    )
    own = set(own.values_list("item", flat=True))
    made = [
        _from_phone(draw, left[pk], one)
        for pk, one in on_phones(draw).items()
        if pk in left and pk not in own and is_whole(one)
    ]
    if made:
        SecondAnswer.objects.bulk_create(made)
        audit.record(
            "inspections.agreement.answer",
            inspection,
            actor=actor,
            changes={"items": len(made), "origin": rules.PHONE},
        )
    return made


def keep_first(inspection: Inspection, item: ChecklistItem, stored: Answer, *, actor: Actor) -> None:
    """The second signs the own answer to a drawn item without having seen the first's: of the two the record has the
    second's, and the first's stands beside it."""
    draw = draw_of(inspection)
    if (
        not answers_apart(inspection, item, actor)
        or is_final(inspection, item)
        or stored.value not in ANSWERS
    ):
        return
    by = Inspector.objects.filter(user=stored.by).exclude(pk=draw.second_id).first() if stored.by_id else None
    if by is not None:
        SecondAnswer.objects.create(
            draw=draw, item=item, value=stored.value, note=stored.note[: rules.NOTE], by=by,
            origin=rules.PHONE, at=stored.at,
        )  # fmt: skip


def lacking(inspection: Inspection) -> list[ChecklistItem]:
    """The drawn items that have no second answer, on the desk's page or wholly on a phone."""
    draw = draw_of(inspection)
    if draw is None:
        return []
    given = {pk for pk, one in on_phones(draw).items() if is_whole(one)}
    return [one for one in open_items(inspection, draw) if one.pk not in given]


def demand_answered(inspection: Inspection, without: str) -> list[str]:
    """Refused while a drawn item has no second answer, unless a reason of 5 to 200 characters says why; the items'
    keys where it does."""
    draw = draw_of(inspection)
    left = open_items(inspection, draw) if draw is not None else []
    if left and not 5 <= len(without.strip()) <= 200:
        raise Refused(
            ngettext(
                "抽中双评的还有 %(n)d 项 %(code)s 没有另判。等判完再签，或写明为什么不等（5 到 200 个字）",
                "抽中双评的还有 %(n)d 项 %(code)s 没有另判。等判完再签，或写明为什么不等（5 到 200 个字）",
                len(left),
            )
            % {"n": len(left), "code": draw.second.code},
            code="double",
            field="without",
        )
    return [one.key for one in left]


@dataclass(frozen=True)
class Apart:
    """A visit's drawn items as one of the team's phones may know them."""

    second: Inspector
    #: ids of the items, in the order of the sheet
    items: list[int]
    #: whether the phone's person is who answers them again
    mine: bool
    #: where the person must not see the colleague's answer: until the own one cannot be changed any more
    hidden: set[int]
    #: the second's own answers, final or not, which only that person's phones get: value, note, when
    own: dict[int, tuple[str, str, datetime]]
    #: what still lacks a second answer
    lacking: list[int]


def apart(inspection: Inspection, actor: Actor) -> Apart | None:
    """How a visit's double answers stand for a phone; None without a draw, and when both sides have signed."""
    if inspection.state != "under_way":
        return None
    draw = draw_of(inspection)
    if draw is None:
        return None
    items = list(items_of(inspection).filter(key__in=draw.keys).values_list("pk", flat=True))
    open_now = {one.pk for one in open_items(inspection, draw)}
    given = on_phones(draw)
    left = [pk for pk in items if pk in open_now and not (pk in given and is_whole(given[pk]))]
    mine, own = is_second(draw, actor), {}
    if mine:
        own = {pk: (one.payload["value"], one.payload["note"], moment_of(one)) for pk, one in given.items()}
        final = SecondAnswer.objects.filter(draw=draw, by=draw.second).values_list(
            "item", "value", "note", "at"
        )
        own |= {pk: tuple(rest) for pk, *rest in final}
    return Apart(draw.second, items, mine, open_now, own, left)


def _late_from_phones(taken: set[tuple[int, int]]) -> list[SecondAnswer]:
    """Answers that the second gave on the phone before both sides signed and that came afterwards."""
    rows = (
        FieldOperation.objects.filter(
            kind="answer",
            device__user=F("inspection__double__second__user"),
            inspection__state__in=("finished", "published"),
        )
        .select_related("inspection__double__second", "item")
        .order_by("made_at", "sequence")
    )
    last: dict[tuple[int, int], FieldOperation] = {}
    for one in rows:
        draw = one.inspection.double
        if one.item is None or one.item.key not in draw.keys or (draw.pk, one.item_id) in taken:
            continue
        if one.inspection.signed_at is None or moment_of(one) <= one.inspection.signed_at:
            last[draw.pk, one.item_id] = one
    record = set(
        Answer.objects.filter(inspection__in={one.inspection_id for one in last.values()})
        .filter(by__in={one.inspection.double.second.user_id for one in last.values()})
        .values_list("inspection", "item")
    )
    return [
        _from_phone(one.inspection.double, one.item, one)
        for one in last.values()
        if is_whole(one) and (one.inspection_id, one.item_id) not in record
    ]


def take_from_phones(*, actor: Actor, on: date | None = None) -> int:
    """Second answers that came from a phone after both sides had signed, and where of two answers to a drawn item one
    was held because the record had another person's already (docs/sync.md). Of visits that are over; how many are new."""
    rows = FieldOperation.objects.filter(
        kind="answer",
        outcome__code="answer_conflict",
        inspection__double__isnull=False,
        inspection__state__in=("finished", "published"),
    ).select_related("inspection__double", "device__user", "item", "outcome")
    inspectors = {one.user_id: one for one in Inspector.objects.filter(user__isnull=False)}
    taken = set(SecondAnswer.objects.values_list("draw", "item"))
    made = _late_from_phones(taken)
    taken |= {(one.draw.pk, one.item.pk) for one in made}
    for one in rows.order_by("device", "sequence"):
        draw, by = one.inspection.double, inspectors.get(one.device.user_id)
        value = one.payload.get("value", "")
        if (
            by is None
            or value not in ANSWERS
            or one.item.key not in draw.keys
            or (draw.pk, one.item_id) in taken
        ):
            continue
        taken.add((draw.pk, one.item_id))
        made.append(
            SecondAnswer(
                draw=draw, item=one.item, value=value, note=str(one.payload.get("note", ""))[: rules.NOTE], by=by,
                origin=rules.PHONE, at=one.came_at,
            )
        )  # fmt: skip
    SecondAnswer.objects.bulk_create(made)
    if made:
        audit.record(
            "inspections.agreement.phones", None, actor=actor, name="", changes={"answers": len(made)}
        )
    return len(made)
