"""What of the inspections rests on the clauses of a document: checklist items in force, schemes of the draw."""

from __future__ import annotations

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from inspections.models import ChecklistItem, ChecklistVersion, Scheme
from inspections.services import plans
from portal.navigation import Resting, Rests


def resting(document, actor) -> list[Rests]:
    slug, on = actor.district.slug, timezone.localdate()

    def item(clause, one):
        url = reverse("checklist", args=[slug, one["checklist"]])
        return [(clause, Resting(_("检查项"), f"{one['number']}　{one['text']}", url, one["name"]))]

    def scheme(clause, one):
        return [(clause, Resting(_("检查方案"), one["name"], reverse("draws", args=[slug]), one["subject"]))]

    found = []
    if actor.may("checklist.view"):
        rows = ChecklistItem.objects.filter(version__in=ChecklistVersion.objects.current(on))
        found.append(
            Rests(
                rows.filter(clause__document=document),
                {
                    "number": "number", "text": "text", "checklist": "version__checklist__key",
                    "name": "version__checklist__name",
                },
                ("version__checklist__position", "version__checklist__key", "number"),
                item,
            )
        )  # fmt: skip
    if actor.may("draw.view"):
        plan = plans.plans_for(on.year, on).values("pk")[:1]
        rows = Scheme.objects.filter(plan__in=plan, clause__document=document)
        found.append(Rests(rows, {"name": "name", "subject": "subject"}, ("key",), scheme))
    return found
