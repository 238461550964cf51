"""What a phone takes along: the person's visits with lists, facility, last report and what the others have sent."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.models.credit import listing
from facilities.rules.credit import LISTED
from inspections.models import (
    Answer,
    AnswerPhoto,
    ChecklistItem,
    FieldOutcome,
    Inspection,
    Order,
    TeamMember,
)
from inspections.services import joint, recusals, second_answers
from inspections.services.checklists import all_items_of, begins_short
from inspections.services.field_facility import failed_items_of, file_of
from inspections.services.field_parts import current_record, parts_of
from portal.access import Actor
from portal.templatetags.ui import day_words

#: Visits of so many days ahead are taken along.
DAYS_AHEAD = 14


def visits_of(actor: Actor, on: date):
    """The open visits in whose team the person is now and that may be made soon, are due soon, or late."""
    team = TeamMember.objects.filter(inspector__user=actor.user, dropped_at__isnull=True)
    ahead = on + timedelta(days=DAYS_AHEAD)
    return (
        Inspection.objects.open()
        .filter(pk__in=team.values("inspection"))
        .filter(Q(due_on__lte=ahead) | Q(month__lte=ahead) | ~Q(state="due"))
        .select_related("facility__street", "signed_by")
        .annotate(listing=listing("facility"))
        .order_by("due_on", "pk")
    )


def day_of(actor: Actor, on: date | None = None) -> dict:
    """Everything that the person needs on site without a network, as plain values."""
    on = on or timezone.localdate()
    return {
        "on": on.isoformat(),
        "on_words": day_words(on),
        "person": {"id": actor.user.pk, "name": actor.user.name},
        "visits": [visit_of(row, actor, on) for row in visits_of(actor, on)],
    }


def visit_of(row: Inspection, actor: Actor, on: date) -> dict:
    """One visit: what does not change on site, and `state_of` it now."""
    facility = row.facility
    return {
        "id": row.pk,
        "number": row.number,
        "kind": str(row.get_kind_display()),
        "reason": row.reason,
        "due_on": row.due_on.isoformat(),
        "due_words": day_words(row.due_on),
        "late": row.due_on < on,
        "facility": {
            "id": facility.pk,
            "code": facility.code,
            "name": facility.name,
            "kind": str(facility.get_kind_display()),
            "street": str(facility.street),
            "address": facility.address,
            "places": facility.places,
            "enrolled": facility.enrolled,
            "head": facility.head,
            "phone": facility.phone,
            "grade": facility.grade,
            "listed": row.listing or "",
            "listed_word": str(_(LISTED[row.listing])) if row.listing else "",
            **file_of(facility, on),
        },
        "last": last_report(row),
        "orders": open_orders(row),
        "lists": lists_of(row, on),
        **state_of(row, actor),
    }


def last_report(row: Inspection) -> dict | None:
    """The facility's last finished visit with what was found."""
    past = (
        Inspection.objects.filter(facility=row.facility)
        .exclude(pk=row.pk)
        .finished()
        .order_by("-finished_on", "-pk")
        .first()
    )
    if past is None:
        return None
    return {
        "number": past.number,
        "on": day_words(past.finished_on),
        "findings": [
            {
                "item": f.item.text,
                "text": f.text,
                "state": str(f.get_state_display()),
                "open": f.state == "open",
            }
            for f in past.findings.select_related("item")
        ],
        "failed": failed_items_of(past),
    }


def open_orders(row: Inspection) -> list[dict]:
    orders = Order.objects.filter(facility=row.facility).exclude(state="closed").order_by("due_on", "pk")
    return [
        {"number": o.number, "state": str(o.get_state_display()), "due": day_words(o.due_on)} for o in orders
    ]


def lists_of(row: Inspection, on: date) -> list[dict]:
    """The lists of the visit with their items: those it was started with, else those in force on the day. In a joint
    visit by department, with who of it is in the team."""
    if row.chooses_items:
        return joint_lists_of(row, on)
    if row.checklists.exists():
        items: Iterable[ChecklistItem] = all_items_of(row)
    else:
        kind = row.facility.kind
        items = (
            ChecklistItem.objects.filter(
                Q(kinds=[]) | Q(kinds__contains=[kind]),
                version__in=joint.versions_of(row, on),
            )
            .select_related("clause__document", "version__checklist")
            .order_by("version__checklist__position", "version__checklist__key", "number")
        )
    items, lists = list(items), {}
    for number, item in enumerate(items, start=1):
        version = item.version
        one = lists.setdefault(
            version.pk,
            {"version": version.pk, "number": version.number, "name": version.checklist.name, "items": []},
        )
        one["items"].append(item_of(item, number))
    begun = {one.version_id: one.short for one in row.checklists.all()}
    found: dict[int, list[ChecklistItem]] = {}
    for item in items:
        found.setdefault(item.version_id, []).append(item)
    for pk, one in lists.items():
        one["short"] = begun[pk] if begun else begins_short(found[pk], row.facility.kind)
    return list(lists.values())


def joint_lists_of(row: Inspection, on: date) -> list[dict]:
    """As `lists_of`, one group for each department and list: the department's name and its people stand before the
    list's. What is fixed when the visit starts is foretold here from the lists of the day."""
    people: dict[int, list[str]] = {}
    for member in (
        row.all_team.filter(dropped_at__isnull=True).select_related("inspector").order_by("position")
    ):
        people.setdefault(member.inspector.unit_id, []).append(
            f"{member.inspector.code} {member.inspector.name}"
        )
    lists: dict[tuple, dict] = {}
    for number, (item, unit) in enumerate(joint.lines_of(row, on), start=1):
        version = item.version
        who = _("、").join(people.get(unit.pk, ())) if unit else ""
        name = f"{unit}　{who}　{version.checklist.name}" if unit else version.checklist.name
        one = lists.setdefault(
            (unit.pk if unit else 0, version.pk),
            {
                "version": version.pk,
                "number": version.number,
                "name": name,
                "group": f"{unit.slug if unit else ''} {version.pk}",
                "short": False,
                "items": [],
            },
        )
        one["items"].append(item_of(item, number))
    return list(lists.values())


def item_of(item: ChecklistItem, number: int) -> dict:
    return {
        "id": item.pk,
        "n": number,
        "key": item.key,
        "section": item.section,
        "text": item.text,
        "hint": item.hint,
        "source": str(item.clause) if item.clause else "",
        "quote": item.quote if item.clause else item.basis,
        "weak": item.weak,
        "weight": item.weight,
        "weight_word": str(item.get_weight_display()),
        "short": item.short,
    }


def state_of(row: Inspection, actor: Actor) -> dict:
    """How the visit stands: its state, the team, every answer with who gave it, photographs, what is held."""
    team = row.all_team.filter(dropped_at__isnull=True).select_related("inspector").order_by("position")
    apart = second_answers.apart(row, actor)
    pictures: dict[int, list[str]] = {}
    photos = AnswerPhoto.objects.filter(answer__inspection=row).order_by("pk")
    for item, digest, by in photos.values_list("answer__item", "file__sha256", "file__created_by"):
        if not veiled(apart, item, by, actor):
            pictures.setdefault(item, []).append(digest)
    answers = {
        a.item_id: {
            "value": a.value,
            "note": a.note,
            "mended": a.mended_on_the_spot,
            "version": a.version,
            "by": a.by.name if a.by else _("系统"),
            "mine": actor.same_person(a.by),
            "at": timezone.localtime(a.at).strftime("%H:%M"),
        }
        for a in Answer.objects.filter(inspection=row).select_related("by")
        if not veiled(apart, a.item_id, a.by_id, actor)
    }
    return {
        "state": row.state,
        "state_word": str(row.get_state_display()),
        "signed_by": row.signed_by.name if row.signed_by else "",
        "signed_by_me": actor.same_person(row.signed_by),
        "team": [
            {
                "code": m.inspector.code,
                "name": m.inspector.name,
                "me": bool(actor.user and m.inspector.user_id == actor.user.pk),
            }
            for m in team
        ],
        "answers": foretold(row) | answers | own_apart(apart, answers, actor),
        "apart": apart_words(apart),
        "photos": pictures,
        "opened": list(row.checklists.filter(opened_at__isnull=False).values_list("version", flat=True)),
        "parts": [
            {
                "code": one.code,
                "name": one.device.user.name,
                "device": str(one.device.device),
                "mine": actor.same_person(one.device.user),
                "came": one.came,
                "complete": one.complete,
            }
            for one in parts_of(row)
        ],
        "recusals": [
            {"code": one.inspector.code, "mine": actor.same_person(one.inspector.user)}
            for one in recusals.open_of(row)
        ],
        "record": _record(row),
        "held": [
            {
                "uuid": str(one.operation.uuid),
                "kind": one.operation.kind,
                "item": one.operation.item_id,
                "sentence": one.sentence,
                "mine": actor.same_person(one.operation.device.user),
            }
            for one in FieldOutcome.objects.filter(operation__inspection=row, state="held")
            .select_related("operation__device__user")
            .order_by("pk")
            if not veiled(apart, one.operation.item_id, one.operation.device.user_id, actor)
        ],
    }


def veiled(apart: second_answers.Apart | None, item: int | None, by: int | None, actor: Actor) -> bool:
    """Whether the phone must not have what `by` gave to an item: of a drawn one nobody has the other's answer, until
    the second's cannot be changed any more (docs/agreement.md)."""
    if apart is None or item not in apart.hidden or by == actor.user.pk:
        return False
    return apart.mine or by == apart.second.user_id


def own_apart(apart: second_answers.Apart | None, answers: dict[int, dict], actor: Actor) -> dict[int, dict]:
    """The second's own answers to drawn items, so that all phones of that person have them; once they are final and
    the first's stands in the record, that one is shown."""
    if apart is None:
        return {}
    return {
        pk: {
            "value": value,
            "note": note,
            "mended": False,
            "version": 0,
            "by": actor.user.name,
            "mine": True,
            "at": timezone.localtime(at).strftime("%H:%M"),
        }
        for pk, (value, note, at) in apart.own.items()
        if pk in apart.hidden or pk not in answers
    }


def apart_words(apart: second_answers.Apart | None) -> dict | None:
    """Which items two people answer apart, who the second is, and how far that is."""
    if apart is None:
        return None
    return {
        "items": apart.items,
        "second": f"{apart.second.code} {apart.second.name}",
        "mine": apart.mine,
        "open": sorted(apart.hidden),
        "lacking": apart.lacking,
    }


def foretold(row: Inspection) -> dict[int, dict]:
    """What the start of a joint visit will write down for departments that stay away, so that a phone which starts it
    without a network has the same record."""
    if not row.joint or row.state != "due":
        return {}
    return {
        item: {
            "value": "unseen", "note": note, "mended": False, "version": 1, "by": by.name if by else _("系统"),
            "mine": False, "at": "",
        }
        for item, note, by in joint.foretold(row, timezone.localdate())
    }  # fmt: skip


def _record(row: Inspection) -> dict | None:
    """What both sides signed, for the other phones: its bytes as text, and the hash that these must have."""
    record = current_record(row) if row.state != "under_way" else None
    if record is None:
        return None
    return {
        "sha256": record.sha256,
        "content": bytes(record.content).decode(),
        "without": record.without,
        "signatures": [{"side": one.side, "name": one.name} for one in record.signatures.all()],
    }
