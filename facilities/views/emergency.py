"""Emergency plans and drills: the list for district and street, a facility's page, plans and drills entered."""

from __future__ import annotations

from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from facilities.forms.emergency import DrillForm, EmergencyFilter, PlanForm
from facilities.forms.records import SureForm
from facilities.lists import emergency as lists
from facilities.models import DrillFile, EmergencyDrill, EmergencyPlan, Facility
from facilities.models.credit import listing
from facilities.paging import counts, paged
from facilities.rules.emergency import KINDS
from facilities.services import emergency as services
from facilities.views.clocks import left_words
from facilities.views.facilities import fetched, query_of, same
from facilities.views.records import posted
from portal.middleware import tell
from portal.models.places import Street
from portal.rules.clocks import months_after
from portal.rules.machine import marked
from portal.templatetags.ui import status
from portal.views.files import file_response
from portal.views.forms import accepted, status_of

DRILLS_SHOWN = 24
SORTS = {"code": (("code", str),), "street": (("street_id", int), ("code", str))}
COLUMNS = ("code", "name", "street")


def light_words(due, asked: lists.Measure) -> str:
    light = asked.light(due)
    return status(light.state, left_words(due, asked.on))


# ---- the list


def views_of(asked: lists.Measure) -> list[tuple[str, dict]]:
    return [
        (marked("全部"), {}),
        (marked("缺预案"), {"lacks": list(asked.kinds)}),
        (marked("演练逾期"), {"late": "drill"}),
        (marked("复审逾期"), {"late": "review"}),
    ]


@require_GET
def emergency(request, district):
    """Facilities with their plans and drills: who lacks one, who is late."""
    actor, on = request.actor, timezone.localdate()
    actor.demand("emergency.view")
    asked = lists.measure(on)
    streets = list(Street.objects.only("id", "name"))
    form = EmergencyFilter(request.GET, streets=streets)
    form.is_valid()
    wanted = dict(form.cleaned_data)
    reached = Facility.objects.allowed(actor, "emergency.view")
    here, broad = lists.facilities(reached, wanted, asked)
    views = [
        (words, conditions)
        for words, conditions in views_of(asked)
        if asked.kinds or "lacks" not in conditions
    ]
    others = [(w, lists.facilities(reached, c, asked)[0]) for w, c in views if not same(c, wanted)]
    found = counts([queryset for _words, queryset in others] + ([] if broad else [here]))
    total = None if broad else found.pop()
    numbers = dict(zip([words for words, _queryset in others], found, strict=True))
    shown = here.only(*COLUMNS).annotate(listing=listing())
    page = paged(shown, SORTS, request.GET, default="code", total=total)
    names = {street.pk: street.name for street in streets}
    plans = lists.in_force([row.pk for row in page.rows])
    rows = []
    for one in page.rows:
        standing = lists.standing(plans.get(one.pk, []), asked)
        rows.append(
            {
                "code": one.code,
                "name": one.name,
                "listing": one.listing,
                "url": reverse("facility-emergency", args=[district, one.pk]),
                "street": names.get(one.street_id, ""),
                "held": standing.held,
                "missing": _("、").join(_(KINDS[kind]) for kind in standing.missing),
                "review": standing.review_on,
                "review_state": light_words(standing.review_on, asked) if standing.review_on else "",
                "drilled": standing.drilled_on,
                "drill": standing.drill_due,
                "drill_state": light_words(standing.drill_due, asked) if standing.drill_due else "",
                "state": standing.state(on),
                "words": standing.words(on),
            }
        )
    return render(
        request,
        "facilities/emergency.html",
        {
            "form": form,
            "page": page,
            "total": total,
            "rows": rows,
            "asked": asked,
            "asked_words": _("、").join(_(KINDS[kind]) for kind in asked.kinds),
            "views": [
                {
                    "label": _(words),
                    "url": query_of(conditions),
                    "count": numbers.get(words, total),
                    "current": words not in numbers,
                }
                for words, conditions in views
            ],
            "problems": [f"{form[name].label}：{' '.join(texts)}" for name, texts in form.errors.items()],
            "searched": wanted.get("q", ""),
        },
    )


# ---- one facility


def kept(request, facility: Facility) -> bool:
    return (
        facility.state != "closed"
        and Facility.objects.allowed(request.actor, "emergency.keep").filter(pk=facility.pk).exists()
    )


@require_GET
def facility_emergency(request, district, pk):
    """A facility's plans by kind, what is missing and due, and its drills."""
    on = timezone.localdate()
    facility = fetched(request, pk, "emergency.view")
    asked = lists.measure(on)
    plans = list(facility.emergency_plans.select_related("file").order_by("kind", "-version"))
    current = {plan.kind: plan for plan in plans if plan.replaced_on is None}
    bound = facility.kind in lists.BOUND_KINDS
    rows = []
    for kind, words in KINDS.items():
        plan, needed = current.get(kind), bound and kind in asked.kinds
        if plan is None and not needed:
            continue
        due = asked.drill_due(plan) if plan else None
        rows.append(
            {
                "kind": kind,
                "label": _(words),
                "needed": needed,
                "plan": plan,
                "review": light_words(plan.review_on, asked) if plan else "",
                "drill_due": due,
                "drill": light_words(due, asked) if due else "",
            }
        )
    drills = EmergencyDrill.objects.filter(plan__facility=facility).select_related("plan")
    return render(
        request,
        "facilities/facility_emergency.html",
        {
            "facility": facility,
            "rows": rows,
            "asked": asked,
            "missing": _("、").join(row["label"] for row in rows if row["plan"] is None),
            "earlier": [plan for plan in plans if plan.replaced_on is not None],
            "drills": list(drills.prefetch_related("files")[:DRILLS_SHOWN]),
            "may_keep": kept(request, facility),
            "has_plans": bool(current),
        },
    )


def form_page(request, facility, form, title: str, **more):
    return render(
        request,
        "facilities/emergency_form.html",
        {
            "facility": facility,
            "form": form,
            "title": title,
            "back": reverse("facility-emergency", args=[request.district.slug, facility.pk]),
            **more,
        },
        status=status_of(form),
    )


@require_http_methods(["GET", "POST"])
def emergency_plan_new(request, district, pk):
    """A first plan of a kind, or the next version."""
    request.actor.demand("emergency.keep")
    facility, on = fetched(request, pk, "emergency.keep"), timezone.localdate()
    months = lists.measure(on).review_months
    initial = {"approved_on": on, "review_on": months_after(on, months) if months else None}
    kind = request.GET.get("kind")
    if kind in KINDS:
        initial["kind"] = kind
        last = facility.emergency_plans.in_force().filter(kind=kind).first()
        initial["title"] = last.title if last else ""
    form = PlanForm(*posted(request), initial=initial)
    if request.method == "POST":
        made = accepted(form, lambda: services.approve_plan(facility, actor=request.actor, **form.values()))
        if made:
            tell(
                request,
                _("%(kind)s预案第 %(n)d 版已登记") % {"kind": made.get_kind_display(), "n": made.version},
            )
            return redirect("facility-emergency", district, pk)
    return form_page(request, facility, form, _("登记应急预案"))


@require_http_methods(["GET", "POST"])
def drill_new(request, district, pk):
    """A drill that was held."""
    request.actor.demand("emergency.keep")
    facility, on = fetched(request, pk, "emergency.keep"), timezone.localdate()
    plans = facility.emergency_plans.in_force()
    wanted = request.GET.get("plan", "")
    initial = {"held_on": on, "child_count": 0}
    if wanted.isascii() and wanted.isdigit() and len(wanted) < 19:
        initial["plan"] = int(wanted)
    form = DrillForm(*posted(request), plans=plans, initial=initial)
    if request.method == "POST":

        def hold():
            values = form.values()
            return services.hold_drill(values.pop("plan"), actor=request.actor, **values)

        if accepted(form, hold):
            tell(request, _("演练已登记"))
            return redirect("facility-emergency", district, pk)
    return form_page(request, facility, form, _("登记演练"), without=not plans.exists())


def found(request, model, pk, right: str):
    row = model.objects.allowed(request.actor, right).filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


def sure(request, facility, drop, *, title: str, says: str, done: str):
    """The page that asks before something entered wrongly is taken out."""
    form = SureForm(*posted(request))

    def go():
        drop()
        return True

    if request.method == "POST" and accepted(form, go):
        tell(request, done)
        return redirect("facility-emergency", request.district.slug, facility.pk)
    return form_page(request, facility, form, title, says=says)


@require_http_methods(["GET", "POST"])
def emergency_plan_drop(request, district, pk):
    request.actor.demand("emergency.keep")
    plan = found(request, EmergencyPlan, pk, "emergency.keep")
    return sure(
        request,
        fetched(request, plan.facility_id, "emergency.keep"),
        lambda: services.drop_plan(plan, actor=request.actor),
        title=_("去掉这一版预案"),
        says=_("登记错了才去掉。前一版重新有效；审计记录里仍然看得到。"),
        done=_("这一版预案已去掉"),
    )


@require_http_methods(["GET", "POST"])
def drill_drop(request, district, pk):
    request.actor.demand("emergency.keep")
    drill = found(request, EmergencyDrill, pk, "emergency.keep")
    return sure(
        request,
        fetched(request, drill.plan.facility_id, "emergency.keep"),
        lambda: services.drop_drill(drill, actor=request.actor),
        title=_("去掉这次演练"),
        says=_("登记错了才去掉。到期日退回上一次演练算；审计记录里仍然看得到。"),
        done=_("这次演练已去掉"),
    )


@require_GET
def emergency_plan_file(request, district, pk):
    request.actor.demand("emergency.view")
    return file_response(found(request, EmergencyPlan, pk, "emergency.view").file)


@require_GET
def drill_file(request, district, pk):
    request.actor.demand("emergency.view")
    return file_response(found(request, DrillFile, pk, "emergency.view").file)
