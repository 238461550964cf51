"""What comes after both sides have signed: an addendum, which the facility gets to see."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Max
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from inspections.models import Answer, FieldAddendum, FieldOperation, Inspection
from inspections.services.answers import lock
from portal.access import Actor
from portal.models import StoredFile
from portal.navigation import Waiting
from portal.services import audit

SIGNED = ("signed", "finished", "published")


def says_the_same(inspection: Inspection, item, content: dict) -> bool:
    """Whether the record has this answer, or this picture, already."""
    if "sha256" in content:
        answers = Answer.objects.filter(inspection=inspection, item=item)
        return (
            answers.filter(photos__file__sha256=content["sha256"]).exists()
            or answers.filter(voices__file__sha256=content["sha256"]).exists()
        )
    return Answer.objects.filter(
        inspection=inspection,
        item=item,
        value=content["value"],
        note=content["note"].strip(),
        mended_on_the_spot=content["mended"],
    ).exists()


def append(
    inspection: Inspection,
    *,
    item,
    content: dict,
    made_at: datetime,
    operation: FieldOperation | None = None,
    file: StoredFile | None = None,
    by=None,
    actor: Actor,
    now: datetime | None = None,
) -> FieldAddendum:
    """Adds to a signed visit what it does not say; its signed content stays as it is."""
    inspection = lock(inspection)
    last = inspection.addenda.aggregate(last=Max("number"))["last"] or 0
    made = FieldAddendum.objects.create(
        inspection=inspection,
        facility=inspection.facility,
        number=last + 1,
        operation=operation,
        item=item,
        content=content,
        file=file,
        by=by or actor.user,
        made_at=made_at,
        at=now or timezone.now(),
    )
    audit.record(
        "inspections.field.addendum",
        inspection,
        actor=actor,
        changes={"number": made.number, "item": item.number if item else None},
    )
    return made


def seen(inspection: Inspection, *, actor: Actor, now: datetime | None = None) -> int:
    """Somebody of the facility has read the addenda; how many were new."""
    actor.demand("addendum.acknowledge")
    inspection = lock(inspection)
    found = inspection.addenda.filter(seen_at__isnull=True).update(
        seen_at=now or timezone.now(), seen_by=actor.user
    )
    if found:
        audit.record("inspections.field.addendum_seen", inspection, actor=actor, changes={"addenda": found})
    return found


def waiting(actor: Actor) -> list[Waiting]:
    """On the operator's page of today: addenda of the own facility that nobody there has read."""
    if actor.user is None or not actor.may("addendum.acknowledge"):
        return []
    rows = (
        FieldAddendum.objects.allowed(actor, "addendum.acknowledge")
        .filter(seen_at__isnull=True)
        .order_by("inspection", "number")
        .select_related("facility", "inspection")
    )
    first: dict[int, FieldAddendum] = {}
    for row in rows[:50]:
        first.setdefault(row.inspection_id, row)
    return [
        Waiting(
            title=_("看 %(name)s 的检查附记") % {"name": row.facility.name},
            facts=row.inspection.number,
            url=reverse("field-addenda", args=[actor.district.slug, row.inspection_id]),
            verb=_("看附记"),
            due=None,
            state="warn",
            order=35,
        )
        for row in first.values()
    ]
