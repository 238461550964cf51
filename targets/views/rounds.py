"""Reporting rounds: the list, opening one, reminding."""

from __future__ import annotations

from django.db.models import Count, F, Q
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from portal.calendar import provisional_note
from portal.errors import Refused
from portal.middleware import tell
from portal.views.forms import refuse, status_of
from targets.forms.tasks import RoundForm
from targets.models.tasks import ReportingRound
from targets.rules import tasks as rules
from targets.services import round_ladder, rounds


def counted():
    """All rounds with how many reports came, and how many of them late."""
    given = Q(reports__state__in=rules.GIVEN)
    late = given & Q(reports__submitted_on__gt=F("due_on"))
    found = ReportingRound.objects.annotate(
        given=Count("reports", filter=given), late=Count("reports", filter=late)
    )
    return found.order_by("-starts_on")  # what is grouped loses the model's own order


@require_http_methods(["GET", "POST"])
def round_list(request, district):
    """All rounds with how many reports came; the bureau opens a new one."""
    request.actor.demand("task.view")
    on = timezone.localdate()
    year, quarter = rules.quarter_of(on)
    form = RoundForm(
        request.POST if request.method == "POST" else None, initial={"year": year, "quarter": quarter}
    )
    if request.method == "POST":
        request.actor.demand("round.open")
        if form.is_valid():
            try:
                found = rounds.open_round(**form.cleaned_data, actor=request.actor, on=on)
            except Refused as refused:
                refuse(form, refused)
            else:
                tell(request, _("%(round)s 已开始报送") % {"round": found})
                return redirect(f"{reverse('tasks', args=[district])}?round={found.pk}")
    found = counted()
    return render(
        request,
        "targets/rounds.html",
        {
            "rounds": [
                {"round": r, "open": r.starts_on <= on <= rules.takes_reports_until(r.ends_on)} for r in found
            ],
            "ladders": [
                {"round": one, "rungs": round_ladder.ladder(one, on)}
                for one in rounds.open_rounds(on)
                if one.ends_on < on
            ],
            "provisional": provisional_note(*(r.due_on for r in found if r.due_on >= on)),
            "owed": len(rounds.owing()),
            "due_words": rounds.due_words(on),
            "form": form,
            "may_open": request.actor.may("round.open") and not request.actor.visiting,
        },
        status=status_of(form),
    )


@require_POST
def round_remind(request, district, pk):
    request.actor.demand("task.remind")
    reporting_round = get_object_or_404(ReportingRound, pk=pk)
    units = rounds.remind(reporting_round, actor=request.actor, on=timezone.localdate())
    tell(request, ngettext("已催报 %(n)d 个单位", "已催报 %(n)d 个单位", len(units)) % {"n": len(units)})
    return redirect(f"{reverse('tasks', args=[district])}?round={reporting_round.pk}")
