"""The visit's code: the team's page with the QR, the facility's page behind it, ratings."""

from __future__ import annotations

import segno
from django.core.cache import cache
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from facilities.models.credit import listing
from facilities.paging import paged
from inspections.forms.recusals import RecusalForm
from inspections.forms.visit_codes import LicenceForm, RatingForm
from inspections.models import Inspection, Inspector, ResultReview, VisitRating
from inspections.rules.visit_codes import QUESTIONS
from inspections.services import recusals
from inspections.services import visit_codes as services
from inspections.services.visits import team_of
from portal.errors import Gone, NotFound, Refused
from portal.middleware import tell
from portal.views.files import file_response
from portal.views.forms import accepted, refuse, status_of
from portal.views.session import client_address

#: Ratings from one address in an hour.
AT_MOST = 20


def visit_of(request, pk: int) -> Inspection:
    rows = Inspection.objects.known_to(request.actor).allowed(request.actor, "inspection.log")
    return get_object_or_404(rows.select_related("facility__street"), pk=pk)


@never_cache
@require_http_methods(["GET", "POST"])
def visit_code(request, district, pk):
    """The team's page: today's QR, or the way to make it; the own licence as a photograph."""
    visit = visit_of(request, pk)
    form = LicenceForm()
    if request.method == "POST":
        services.make(visit, actor=request.actor)
        return redirect("visit-code", district, pk)
    return code_page(request, visit, form)


def code_page(request, visit: Inspection, form: LicenceForm):
    code = services.code_of(visit, timezone.localdate())
    url = services.url_of(code, request.district) if code else ""
    own = Inspector.objects.filter(user=request.actor.user).select_related("licence_photo").first()
    context = {
        "inspection": visit,
        "code": code,
        "url": url,
        "qr": mark_safe(segno.make(url, error="m").svg_inline(scale=6, border=2)) if code else "",
        "team": team_of(visit),
        "may_make": visit.state in services.SHOWN,
        "form": form,
        "own_photo": getattr(own, "licence_photo", None),
        "recusals": recusals.open_of(visit),
    }
    return render(request, "inspections/visit_code.html", context, status=status_of(form))


@require_POST
def visit_licence(request, district, pk):
    """The own licence as a photograph."""
    visit = visit_of(request, pk)
    own = get_object_or_404(Inspector, user=request.actor.user)
    form = LicenceForm(request.POST, request.FILES)
    if accepted(form, lambda: services.give_licence(own, form.cleaned_data["photo"], actor=request.actor)):
        tell(request, _("执法证照片已附上"))
        return redirect("visit-code", district, pk)
    return code_page(request, visit, form)


# --- the facility's phone, without sign-in


@never_cache
@require_GET
def door(request, district, token):
    """What is behind the QR. Altered: 404 with a warning; of another day: what is left of it, the rating."""
    try:
        code = services.read(token[:400])
    except NotFound as refused:
        return told(request, refused)
    return door_page(request, code, token, RatingForm())


def told(request, refused: Refused):
    context = {"public_district": request.district, "refused": refused}
    return render(request, "inspections/door_refused.html", context, status=refused.status)


def door_page(request, code, token: str, form: RatingForm, recusal: RecusalForm | None = None):
    try:
        shown, over = services.shown(code), None
    except Gone as refused:
        shown, over = None, refused
    may_rate = services.may_rate(code.inspection, timezone.localdate())
    if over is not None and not may_rate:
        return told(request, over)
    if shown and recusal is None and recusals.may_be_asked(code.inspection):
        recusal = RecusalForm(team=shown.team)
    context = {
        "recusal_form": recusal if shown else None,
        "recusals": list(
            code.inspection.recusals.exclude(way="own").select_related("inspector", "replaced_by")
        ),
        "public_district": request.district,
        "token": token,
        "shown": shown,
        "over": over,
        "inspection": code.inspection,
        "may_rate": may_rate,
        "form": form,
    }
    status = status_of(form, recusal) if recusal else status_of(form)
    return render(request, "inspections/door.html", context, status=status)


@require_POST
def door_recusal(request, district, token):
    """The facility asks that somebody of the team step aside: by today's code only."""
    try:
        code = services.read(token[:400])
        shown = services.shown(code)
    except (NotFound, Gone) as refused:
        return told(request, refused)
    form = RecusalForm(request.POST, team=shown.team)
    if form.is_valid():
        key = f"recusal:{client_address(request)}"
        cache.add(key, 0, 3600)
        if cache.incr(key) > AT_MOST:
            refuse(form, Refused(_("这个网络今天申请得太多了，过一小时再来"), code="too_many"))
        elif accepted(
            form,
            lambda: recusals.ask_at_the_door(code.inspection, actor=request.actor, **form.cleaned_data),
        ):
            tell(request, _("回避申请已收到，等负责人决定；决定写在这个页面上"))
            return redirect("visit-door", district, token)
    return door_page(request, code, token, RatingForm(), form)


@require_POST
def door_rate(request, district, token):
    """The rating by the code, once per visit."""
    try:
        code = services.read(token[:400])
    except NotFound as refused:
        return told(request, refused)
    form = RatingForm(request.POST)
    if form.is_valid():
        key = f"rate:{client_address(request)}"
        cache.add(key, 0, 3600)
        if cache.incr(key) > AT_MOST:
            refuse(form, Refused(_("这个网络今天评价得太多了，过一小时再来"), code="too_many"))
        elif accepted(
            form,
            lambda: services.rate(
                code.inspection,
                scores=form.scores(),
                comment=form.cleaned_data["comment"],
                way="code",
                actor=request.actor,
            ),
        ):
            return render(request, "inspections/door_thanks.html", {"public_district": request.district})
    return door_page(request, code, token, form)


@require_GET
def door_licence(request, district, token, inspector):
    try:
        photo = services.licence_photo(services.read(token[:400]), inspector)
    except (NotFound, Gone) as refused:
        raise Http404 from refused
    return file_response(photo.file, fixed=False)


# --- ratings


@require_http_methods(["GET", "POST"])
def result_rate(request, district, pk):
    """The operator's rating, signed in; `pk`: of the result."""
    rows = ResultReview.objects.allowed(request.actor, "visit.rate").select_related("inspection__facility")
    review = get_object_or_404(rows, pk=pk)
    form = RatingForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        done = accepted(
            form,
            lambda: services.rate(
                review.inspection,
                scores=form.scores(),
                comment=form.cleaned_data["comment"],
                way="account",
                actor=request.actor,
            ),
        )
        if done:
            tell(request, _("已收到你的评价，谢谢"))
            return redirect("result", district, pk)
    context = {
        "result": review,
        "inspection": review.inspection,
        "form": form,
        "may_rate": services.may_rate(review.inspection, timezone.localdate()),
    }
    return render(request, "inspections/result_rate.html", context, status=status_of(form))


@require_GET
def ratings(request, district):
    """What facilities said of visits this year: counted, then one by one; the teams do not see it."""
    request.actor.demand("rating.view")
    year = timezone.localdate().year
    rows = VisitRating.objects.select_related("inspection__facility__street")
    rows = rows.annotate(listing=listing("inspection__facility"))
    here = rows.filter(at__year=year)
    counted = services.counted(here)
    page = paged(here, {"at": (("pk", int),)}, request.GET, default="-at")
    visits = Inspection.objects.filter(signed_at__year=year).count()
    context = {
        "year": year,
        "counted": counted,
        "visits": visits,
        "questions": [(_(label), counted[f"mean_{key}"]) for key, label in QUESTIONS.items()],
        "page": page,
    }
    return render(request, "inspections/ratings.html", context)
