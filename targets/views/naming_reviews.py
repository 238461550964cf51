"""Experts of the naming cycle: inviting, giving districts, and the page on which an expert writes what it found."""

from __future__ import annotations

from datetime import timedelta

from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from portal.errors import NotFound
from portal.middleware import tell
from portal.rules.rights import Reach
from portal.views.files import file_response
from portal.views.forms import accepted, status_of
from targets.forms.naming import AssignForm, InviteForm, ReviewForm
from targets.models.naming import Candidate, LetterFile, NamingCycle, SiteReview
from targets.services import site_reviews
from targets.views.naming import REVIEW_SHAPES, answers_of, fetched, files_of, posted


@sensitive_variables("password")
@require_http_methods(["GET", "POST"])
def invite(request, district, pk):
    """The experts of a cycle, and a new account for some days; its first password is shown once."""
    row = fetched(request, NamingCycle, pk, "cycle.manage")
    on = timezone.localdate()
    form = InviteForm(
        *posted(request),
        initial={"starts_on": on, "ends_on": max(on, min(row.review_by, on + timedelta(60)))},
    )
    made = (
        accepted(form, lambda: site_reviews.invite(row, actor=request.actor, **form.cleaned_data))
        if form.is_bound
        else None
    )
    reviews = SiteReview.objects.filter(candidate__cycle=row).select_related("expert", "candidate__applicant")
    reviews = list(reviews.order_by("expert__name", "candidate"))
    for one in reviews:
        one.shape = REVIEW_SHAPES[one.state]
    context = {"row": row, "form": form, "reviews": reviews, "experts": site_reviews.experts(on), "on": on}
    if made:
        user, password = made
        context |= {"person": user, "password": password, "form": InviteForm(initial=form.initial)}
    return render(request, "targets/naming_experts.html", context, status=200 if made else status_of(form))


@require_http_methods(["GET", "POST"])
def assign(request, district, pk):
    row = fetched(request, Candidate, pk, "cycle.manage", "cycle", "applicant")
    experts = site_reviews.experts(timezone.localdate())
    form = AssignForm(*posted(request), experts=experts)
    if request.method == "POST":
        done = accepted(
            form, lambda: site_reviews.assign(row, form.cleaned_data["expert"], actor=request.actor)
        )
        if done is not None:
            tell(request, _("已安排 %(who)s 审核%(name)s") % {"who": done.expert.name, "name": row})
            return redirect("naming-candidate", district, pk)
    context = {"row": row, "form": form, "none": not experts}
    return render(request, "targets/naming_assign.html", context, status=status_of(form))


def given(request, pk: int) -> SiteReview:
    """The review for its expert, in its days; of the city, everybody who looks after the cycle reads it."""
    actor = request.actor
    if not request.district.is_city or actor.visiting:
        raise NotFound(_("没有这个页面"))
    if not actor.may("cycle.view"):
        actor.demand("cycle.review")
    right = "cycle.view" if actor.may("cycle.view") else "cycle.review"
    rows = SiteReview.objects.allowed(actor, right).select_related(
        "candidate__cycle",
        "candidate__applicant",
        "candidate__application",
        "candidate__assessment",
        "expert",
    )
    row = get_object_or_404(rows, pk=pk)
    if right == "cycle.review":
        site_reviews.in_time(row, timezone.localdate())
    return row


@require_http_methods(["GET", "POST"])
def review(request, district, pk):
    """Application and self-assessment, and beside each indicator what the expert finds."""
    row = given(request, pk)
    if request.method == "POST":
        request.actor.demand("cycle.review")
    candidate = row.candidate
    known = {mark.indicator_id: mark for mark in row.marks.all()}
    form = ReviewForm(
        *posted(request), indicators=candidate.cycle.indicators.all(), known=known,
        initial={"conclusion": row.conclusion, "version": row.version},
    )  # fmt: skip
    if request.method == "POST":
        submit = request.POST.get("what") == "submit"
        done = accepted(
            form,
            lambda: site_reviews.write(
                row, form.findings(), conclusion=form.cleaned_data["conclusion"], submit=submit,
                version=form.cleaned_data["version"] or 0, actor=request.actor,
            ),
        )  # fmt: skip
        if done is not None:
            tell(request, _("审核意见已交") if submit else _("已保存，还没有交"))
            return redirect("naming-review", district, pk)
    lines = form.lines()
    answers = answers_of(candidate, files_of(candidate)[1])
    for line, answer in zip(lines, answers, strict=True):
        line |= {"said": answer["said"], "files": answer["files"], "mark": known.get(line["row"].pk)}
    for line, following in zip(lines, [*lines[1:], None], strict=True):
        # it is long on a phone: what was found can be kept after each part
        line["ends_area"] = following is not None and following["row"].area != line["row"].area
    context = {
        "row": row, "candidate": candidate, "form": form, "lines": lines, "shape": REVIEW_SHAPES[row.state],
        "application": candidate.application.content,
        "assessment": candidate.assessment.content if candidate.assessment else None,
        "writes": request.actor.same_person(row.expert) and row.state == "given" and request.actor.may("cycle.review"),
        "whole": request.actor.may("cycle.view"), "done": len(known),
    }  # fmt: skip
    return render(request, "targets/naming_review.html", context, status=status_of(form))


@require_POST
def drop(request, district, pk):
    row = fetched(request, SiteReview, pk, "cycle.manage", "candidate__applicant", "expert")
    version = request.POST.get("version", "")
    number = int(version) if version.isascii() and version.isdigit() and len(version) < 9 else 0
    site_reviews.drop(row, version=number, actor=request.actor)
    tell(request, _("%(who)s不再审核%(name)s") % {"who": row.expert.name, "name": row.candidate})
    return redirect("naming-candidate", district, row.candidate_id)


@require_GET
def letter_file(request, district, pk):
    """A file that came with a self-assessment: for the city, and for the experts of that district in their days."""
    actor = request.actor
    if not request.district.is_city or actor.visiting:
        raise NotFound(_("没有这个页面"))
    if not actor.may("cycle.view"):
        actor.demand("cycle.review")
    rows = LetterFile.objects.filter(letter__direction="in").select_related("file")
    if Reach.ALL not in actor.reaches("cycle.view"):
        on = timezone.localdate()
        mine = SiteReview.objects.allowed(actor, "cycle.review").filter(starts_on__lte=on, ends_on__gte=on)
        mine = mine.exclude(state="dropped")
        letters = mine.values("candidate__assessment")
        rows = rows.filter(letter__in=letters)
    return file_response(get_object_or_404(rows, pk=pk).file)
