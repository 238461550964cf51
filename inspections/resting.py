"""What of the inspections rests on the clauses of a document: checklist items in force, schemes of the draw."""

from __future__ import annotations

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from inspections.models import ChecklistItem, ChecklistVersion
from inspections.services import plans
from portal.navigation import Resting


def resting(document, actor) -> dict[int, list[Resting]]:
    found: dict[int, list[Resting]] = {}
    slug, on = actor.district.slug, timezone.localdate()
    if actor.may("checklist.view"):
        items = (
            ChecklistItem.objects.filter(
                clause__document=document, version__in=ChecklistVersion.objects.current(on)
            )
            .select_related("version__checklist")
            .order_by("version__checklist__position", "version__checklist__key", "number")
        )
        for item in items:
            url = reverse("checklist", args=[slug, item.version.checklist.key])
            one = Resting(_("检查项"), f"{item.number}　{item.text}", url, item.version.checklist.name)
            found.setdefault(item.clause_id, []).append(one)
    if actor.may("draw.view"):
        for scheme in plans.schemes(on.year, on):
            if scheme.clause is not None and scheme.clause.document_id == document.pk:
                one = Resting(_("检查方案"), scheme.name, reverse("draws", args=[slug]), scheme.subject)
                found.setdefault(scheme.clause_id, []).append(one)
    return found
