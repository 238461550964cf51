"""What speaks against a name: objections to the notice, and taking a name away after a hearing."""

from __future__ import annotations

from datetime import timedelta

from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from portal.errors import Refused
from portal.middleware import tell
from portal.services.steps import step
from portal.views.forms import accepted, refuse, status_of
from targets.forms.naming import AnswerForm, LongNoteForm, RevokeForm
from targets.models.naming import Candidate, NoticeObjection, Revocation
from targets.rules import naming as rules
from targets.services import notice_objections, revocations
from targets.views.naming import candidate_page, demanded, fetched, posted


@require_http_methods(["GET", "POST"])
def objection(request, district, pk):
    """Who said what against the notice, and the answer. Name and contact are opened with a line in the audit log."""
    row = fetched(
        request, NoticeObjection, pk, "cycle.manage", "cycle", "candidate__applicant", "answered_by"
    )
    standing = row.cycle.state == "notice"
    form = AnswerForm(*posted(request), standing=standing, initial={"version": row.version})
    if request.method == "POST":
        done = accepted(
            form,
            lambda: notice_objections.answer(
                row, form.cleaned_data["what"], text=form.cleaned_data["answer"],
                version=form.cleaned_data["version"] or 0, actor=request.actor,
            ),
        )  # fmt: skip
        if done is not None:
            down = standing and done.state == "upheld"
            tell(request, _("异议成立，公示已撤下，重新遴选") if down else _("异议已答复"))
            return redirect("naming-cycle", district, row.cycle_id)
    elif not row.answered_at:
        notice_objections.opened(row, actor=request.actor)
    context = {"row": row, "form": form}
    return render(request, "targets/naming_objection.html", context, status=status_of(form))


@require_http_methods(["GET", "POST"])
def revoke(request, district, pk):
    """Begins to take a name away: the ground, the facts, the day of the hearing."""
    row = fetched(request, Candidate, pk, "cycle.manage", "cycle__document", "applicant")
    step(rules.CANDIDATE, row, "revoke")
    on = timezone.localdate()
    known = {"version": row.version, "hearing_on": max(on + timedelta(14), revocations.first_hearing(on))}
    form = RevokeForm(*posted(request), row=row, initial=known)
    if request.method == "POST":
        done = accepted(
            form,
            lambda: revocations.raise_one(
                row, ground=form.cleaned_data["ground"], facts=form.cleaned_data["facts"],
                hearing_on=form.cleaned_data["hearing_on"], version=form.cleaned_data["version"] or 0,
                actor=request.actor,
            ),
        )  # fmt: skip
        if done is not None:
            tell(request, _("已告知%(name)s，等陈述") % {"name": row})
            return redirect("naming-candidate", district, pk)
    return render(request, "targets/naming_revoke.html", {"row": row, "form": form}, status=status_of(form))


REVOCATION_STEPS = {"hear": "cycle.manage", "revoke": "cycle.confirm", "drop": "cycle.manage"}


@require_POST
def revocation_step(request, district, pk):
    demanded(request)
    what = request.POST.get("what", "")
    if what not in REVOCATION_STEPS:
        raise Refused(_("要做什么：从页面上的按钮里选"), field="what", code="what")
    row = fetched(request, Revocation, pk, REVOCATION_STEPS[what], "candidate")
    form = LongNoteForm(request.POST)
    if form.is_valid():
        known = {"version": form.cleaned_data["version"] or 0, "actor": request.actor}
        note = form.cleaned_data["note"]
        try:
            if what == "hear":
                revocations.hear(row, hearing=note, **known)
            else:
                revocations.decide(row, what, note=note, **known)
        except Refused as refused:
            refuse(form, refused)
        else:
            words = {
                "hear": _("陈述已记"),
                "revoke": _("命名已撤销，区里收到通知"),
                "drop": _("不撤销，区里收到通知"),
            }
            tell(request, words[what])
            return redirect("naming-candidate", district, row.candidate_id)
    return candidate_page(
        request, fetched(request, Candidate, row.candidate_id, "cycle.view", "cycle", "applicant"), form
    )
