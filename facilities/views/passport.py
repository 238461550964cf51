"""What reaches beyond the district: lifelong bans with their two people, and hand-overs of staff with consent."""

from __future__ import annotations

from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from facilities.forms.people import BanForm, BanStepForm, HandOverForm
from facilities.models import BanDecision, Employment, HandOver, HandOverGiven
from facilities.models.credit import listing
from facilities.paging import paged
from facilities.rules.people_states import BAN
from facilities.services import bans as services
from facilities.services import hand_overs
from facilities.views.facilities import status_of
from facilities.views.staff import asked, sent
from portal.middleware import tell
from portal.templatetags.ui import masked
from portal.views.files import file_response
from portal.views.forms import accepted

SHAPES = {"proposed": "doing", "confirmed": "bad", "declined": "none", "lifting": "warn", "lifted": "ok"}
HAND_OVER_SHAPES = {"asked": "doing", "received": "ok", "not_found": "none"}
SORTS = {"entered": (("pk", int),)}


@require_GET
def ban_list(request, district):
    """This district's decisions, the newest first."""
    request.actor.demand("ban.view")
    decisions = (
        BanDecision.objects.allowed(request.actor, "ban.view")
        .select_related("entered_by", "confirmed_by")
        .defer("evidence", "lift_reason")
    )
    page = paged(decisions, SORTS, request.GET, default="-entered")
    return render(
        request,
        "facilities/bans.html",
        {
            "page": page,
            "rows": [(d, SHAPES[d.state], _(BAN.states[d.state])) for d in page.rows],
            "may_propose": request.actor.may("ban.propose"),
        },
    )


@require_http_methods(["GET", "POST"])
def ban_new(request, district):
    request.actor.demand("ban.propose")
    form = BanForm(*sent(request))
    if request.method == "POST":
        made = accepted(form, lambda: services.propose_ban(actor=request.actor, **form.values()))
        if made:
            tell(request, _("已提出，等单位负责人确认"))
            return redirect("ban", district, made.pk)
    return asked(
        request,
        form,
        title=_("提出终身禁入"),
        leave=_("先不提出"),
        over=_("终身禁入"),
        back=reverse("bans", args=[district]),
        action=reverse("ban-new", args=[district]),
        notice=_("依据《未成年人保护法》第六十二条。单位负责人确认后，各区都不能再聘用；证据只留在本区。"),
    )


def decision_of(request, pk) -> BanDecision:
    found = (
        BanDecision.objects.allowed(request.actor, "ban.view")
        .select_related(
            "entered_by", "confirmed_by", "lift_asked_by", "lift_confirmed_by", "file", "lift_file"
        )
        .filter(pk=pk)
        .first()
    )
    if found is None:
        raise Http404
    return found


#: step -> (service, what it calls its text)
STEPS = {
    "confirm": (services.confirm_ban, "note"),
    "decline": (services.decline_ban, "note"),
    "ask_lift": (services.ask_lift, "reason"),
    "lift": (services.lift_ban, "note"),
    "keep": (services.keep_ban, "note"),
}


@require_http_methods(["GET", "POST"])
def ban(request, district, pk):
    """One decision: who, why, on what evidence, and its next step for whoever may take it."""
    decision = decision_of(request, pk)
    form = BanStepForm(*sent(request))
    if request.method == "POST":
        done = accepted(form, lambda: take(request, decision, form.values()))
        if done:
            tell(
                request,
                _("%(name)s：%(state)s") % {"name": masked(done.name), "state": _(BAN.states[done.state])},
            )
            return redirect("ban", district, pk)
    actor = request.actor
    rights = {t.action: t.right for t in BAN.actions(decision.state)}
    first = decision.lift_asked_by if decision.state == "lifting" else decision.entered_by
    return render(
        request,
        "facilities/ban.html",
        {
            "decision": decision,
            "shape": SHAPES[decision.state],
            "state": _(BAN.states[decision.state]),
            "form": form,
            "actions": [action for action, right in rights.items() if actor.may(right)],
            "own": actor.same_person(first) and decision.state in ("proposed", "lifting"),
            "waits": decision.state in ("proposed", "lifting"),
            "work": Employment.objects.filter(staff__identity_hash=decision.identity_hash)
            .select_related("facility")
            .annotate(listing=listing("facility"))[:20],
        },
        status=status_of(request, form),
    )


def take(request, decision: BanDecision, values: dict) -> BanDecision:
    service, text = STEPS[values["what"]]
    given = {text: values["note"]}
    if values["what"] == "ask_lift":
        given["upload"] = values["upload"]
    return service(decision, actor=request.actor, **given)


@require_GET
def ban_file(request, district, pk, field):
    """The evidence, or what the objection brought; for those who see the decision."""
    found = getattr(decision_of(request, pk), field)
    if found is None:
        raise Http404
    return file_response(found)


@require_GET
def hand_over_list(request, district):
    """What this district asked for, and what others took from it."""
    request.actor.demand("hand_over.view")
    page = paged(
        HandOver.objects.allowed(request.actor, "hand_over.view")
        .select_related("giving", "staff", "asked_by")
        .defer("identity", "staff__identity", "staff__phone"),
        SORTS,
        request.GET,
        default="-entered",
    )
    given = (
        HandOverGiven.objects.allowed(request.actor, "hand_over.view")
        .select_related("asking", "staff")
        .defer("staff__identity", "staff__phone")[:50]
    )
    return render(
        request,
        "facilities/hand_overs.html",
        {
            "page": page,
            "rows": [(h, HAND_OVER_SHAPES[h.state]) for h in page.rows],
            "given": given,
            "may_ask": request.actor.may("hand_over.ask"),
        },
    )


@require_http_methods(["GET", "POST"])
def hand_over_new(request, district):
    request.actor.demand("hand_over.ask")
    form = HandOverForm(*sent(request), district=request.district)
    if request.method == "POST":
        made = accepted(form, lambda: hand_overs.ask_hand_over(actor=request.actor, **form.values()))
        if made and made.staff_id:
            tell(
                request,
                _("已从%(district)s接过证书 %(certificates)d 张、培训 %(trainings)d 条")
                % {
                    "district": made.giving.name,
                    "certificates": made.certificates,
                    "trainings": made.trainings,
                },
            )
            return redirect("staff-member", district, made.staff_id)
        if made:
            tell(
                request,
                _("%(district)s没有这个人的记录，核对姓名和身份证号") % {"district": made.giving.name},
            )
            return redirect("hand-overs", district)
    return asked(
        request,
        form,
        title=_("申请跨区交接"),
        leave=_("先不申请"),
        over=_("跨区交接"),
        back=reverse("hand-overs", args=[district]),
        action=reverse("hand-over-new", args=[district]),
        notice=_(
            "只接过证书和培训课时，两个区都记下谁在哪天、为什么要的。别的资料对方区看不到，你也看不到。"
        ),
    )


@require_GET
def hand_over_consent(request, district, pk):
    """The consent that the person signed; it stays in the asking district."""
    found = (
        HandOver.objects.allowed(request.actor, "hand_over.view")
        .select_related("consent")
        .filter(pk=pk)
        .first()
    )
    if found is None:
        raise Http404
    return file_response(found.consent)
