"""The second inspector's page of a visit, and what is done about it: confirmed, sent back, let stand by the bureau."""

from __future__ import annotations

from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from inspections.models import Inspection
from inspections.services import confirmations, findings
from inspections.views.sheet import sheet_of
from portal import calendar
from portal.middleware import tell


def second_page(request, inspection: Inspection, team):
    """What the first one signed, to read and to confirm on the second one's own sign-in."""
    found = findings.expected_findings(inspection, timezone.localdate())
    context = {
        "inspection": inspection,
        "sheet": sheet_of(inspection, photos=False),
        "findings": found,
        "provisional": calendar.provisional_note(*(one["due_on"] for one in found if one["due_on"])),
        "team": team,
    }
    return render(request, "inspections/inspection_second.html", context)


@require_POST
def inspection_second(request, district, pk):
    """`what`: confirm or return, by another one of the team; waive, by the bureau with a reason."""
    what = request.POST.get("what", "confirm")
    right = "confirmation.waive" if what == "waive" else "inspection.confirm"
    rows = Inspection.objects.known_to(request.actor).allowed(request.actor, right)
    row = get_object_or_404(rows, pk=pk)
    if what == "return":
        confirmations.return_visit(row, actor=request.actor)
        tell(request, _("%(number)s 已退回，组里的人可以接着改") % {"number": row.number})
        return redirect("inspection", district, pk)
    if what == "waive":
        done = confirmations.waive_visit(row, reason=request.POST.get("reason", ""), actor=request.actor)
    else:
        done = confirmations.confirm_visit(row, actor=request.actor)
    order = done.orders.first()
    tell(
        request,
        _("检查 %(number)s 结束，整改通知 %(order)s 已发出") % {"number": done.number, "order": order.number}
        if order
        else _("检查 %(number)s 结束，没有要整改的") % {"number": done.number},
    )
    return redirect("inspection-result", district, pk)
