"""Checklists: the versions and their items, each with the clause it rests on."""

from __future__ import annotations

from datetime import date
from itertools import groupby

from django.db.models import Count, Prefetch
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from facilities.models import Facility
from inspections.models import Checklist, ChecklistItem, ChecklistVersion, InspectionChecklist
from inspections.services import checklist_drafts as drafts
from inspections.views.checklist_drafts import differences


def lists_of(actor, on: date) -> list[Checklist]:
    """The district's lists, each with its version in force and the names of the kinds that it is for."""
    current = ChecklistVersion.objects.current(on).annotate(n=Count("items"))
    rows = (
        Checklist.objects.allowed(actor, "checklist.view")
        .prefetch_related(Prefetch("versions", queryset=current, to_attr="in_force"))
        .annotate(number_of_versions=Count("versions"))
    )
    names = dict(Facility.Kind.choices)
    found = list(rows)
    for row in found:
        row.kind_names = [names.get(kind, kind) for kind in row.kinds]
    return found


@require_GET
def checklists(request, district):
    """The district's lists with the version in force."""
    request.actor.demand("checklist.view")
    found = lists_of(request.actor, timezone.localdate())
    context = {"checklists": found, "may_draft": request.actor.may("checklist.draft")}
    return render(request, "inspections/checklists.html", context)


def version_of(row: Checklist, query, on: date) -> tuple[list[ChecklistVersion], ChecklistVersion | None]:
    """The versions, newest first, and the one that the address asks for: else the one in force, else the newest."""
    versions = list(row.versions.annotate(n=Count("items")).order_by("-number"))
    wanted = query.get("version", "")
    chosen = next((v for v in versions if str(v.number) == wanted), None)
    chosen = chosen or next(
        (v for v in versions if v.starts_on <= on and (v.ends_on is None or v.ends_on >= on)), None
    )
    return versions, chosen or (versions[0] if versions else None)


def items_of(version: ChecklistVersion | None) -> list[ChecklistItem]:
    """A version's items in their order, each with the names of the kinds that it is for."""
    if version is None:
        return []
    names = dict(Facility.Kind.choices)
    items = list(ChecklistItem.objects.filter(version=version).select_related("clause__document"))
    for item in items:
        item.kind_names = [names.get(kind, kind) for kind in item.kinds]
    return items


def differences_of(versions: list[ChecklistVersion], chosen: ChecklistVersion | None) -> list[dict] | None:
    """What the chosen version has otherwise than the one before; None where there is none."""
    before = next((v for v in versions if chosen and v.number < chosen.number), None)
    return None if before is None else differences(drafts.rows_of(before), drafts.rows_of(chosen))


@require_GET
def checklist(request, district, key):
    """One list: `?version=` chooses a wording, else the one in force, else the newest."""
    row = get_object_or_404(Checklist.objects.allowed(request.actor, "checklist.view"), key=key)
    on = timezone.localdate()
    versions, chosen = version_of(row, request.GET, on)
    items = items_of(chosen)
    names = dict(Facility.Kind.choices)
    context = {
        "checklist": row,
        "versions": versions,
        "chosen": chosen,
        "sections": [(name, list(group)) for name, group in groupby(items, key=lambda i: i.section)],
        "count": len(items),
        "weak": any(item.weak for item in items),
        "used": InspectionChecklist.objects.filter(version=chosen).count() if chosen else 0,
        "kind_names": [names.get(kind, kind) for kind in row.kinds],
        "on": on,
        "differences": differences_of(versions, chosen),
        "short": sum(item.short for item in items),
        "draft": drafts.open_of(row) if request.actor.may("checklist_draft.view") else None,
        "may_draft": request.actor.may("checklist.draft"),
    }
    return render(request, "inspections/checklist.html", context)
