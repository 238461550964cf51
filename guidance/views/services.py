"""Children on the list, what each was given this year and what is lacking; sessions and the children who came."""

from __future__ import annotations

from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from facilities.credit import listings
from facilities.models.credit import listing
from facilities.paging import counts, paged
from facilities.rules.credit import LISTED
from guidance.forms.services import CardForm, GuidedForm, SessionForm, StrikeForm, TakeOffForm
from guidance.lists import proposals
from guidance.lists import services as lists
from guidance.models import GuidancePlace, GuidanceService, GuidanceSession, GuidedChild
from guidance.rules import places as place_rules
from guidance.rules import services as rules
from guidance.services import guided
from guidance.services import sessions as services
from guidance.views.tabs import tabs
from portal.choices import in_language
from portal.middleware import tell
from portal.models.places import Street
from portal.views.forms import accepted, status_of

VIEW, KEEP = "guidance_service.view", "guidance_service.keep"
#: Events that are proposed for those behind, and for one child.
OFFERS, OFFERS_CHILD = 12, 5


def streets_of(request, right: str = VIEW) -> list[Street]:
    return list(Street.objects.allowed(request.actor, right).order_by("code").only("pk", "name"))


@require_http_methods(["GET", "POST"])
def children(request, district):
    """The list; a handbook's number that is posted finds its child, so that no number stands in an address."""
    request.actor.demand(VIEW)
    today = timezone.localdate()
    form = CardForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        known = guided.known(form.cleaned_data["card"])
        if known and GuidedChild.objects.allowed(request.actor, VIEW).filter(pk=known.pk).exists():
            return redirect("guided-child", district, known.pk)
        form.add_error("card", _("你能看到的登记里没有这本手册"))
    rows, street, state, measure = lists.children(request.actor, request.GET, today)
    behind = (
        proposals.groups(lists.behind(request.actor, street, measure, today)) if state == "behind" else []
    )
    total = sum(one.children for one in behind) if state == "behind" else counts([rows])[0]
    page = paged(rows, lists.CHILD_SORTS, request.GET, default="code", total=total)
    streets = streets_of(request)
    names = {one.pk: one.name for one in streets}
    due = None if measure.needed is None else rules.due_by(measure.needed, today)
    offers, left = [], []
    if behind:
        offers, without = proposals.offers(behind, proposals.coming(today, measure))
        left = [(one.name, without[one.pk]) for one in streets if without[one.pk]]
    return render(
        request,
        "guidance/children.html",
        {
            "tabs": tabs(request, "guided-children"),
            "page": page,
            "rows": [
                (row, names.get(row.street_id, ""), shape(row.times, due, measure)) for row in page.rows
            ],
            "streets": streets,
            "street": street,
            "state": state,
            "measure": measure,
            "due": due,
            "year": today.year,
            "offers": offers[:OFFERS],
            "event_page": event_page(request),
            "left": left,
            "card_form": form,
            "may_keep": request.actor.may(KEEP),
        },
        status=status_of(form),
    )


def event_page(request) -> str:
    """Where an event is read: home visitors do as everybody does."""
    return "guidance-event" if request.actor.may("guidance_event.view") else "public-event"


def shape(times: int, due: int | None, measure: lists.Measure) -> str:
    """One of the five shapes: all of the year's, on the line, behind it; none where the district has no number."""
    if due is None:
        return "none"
    return "ok" if times >= measure.needed else "doing" if times >= due else "warn"


def fetched(request, pk: int, right: str) -> GuidedChild:
    row = (
        GuidedChild.objects.allowed(request.actor, right)
        .filter(pk=pk)
        .select_related("street", "place")
        .first()
    )
    if row is None:
        raise Http404
    return row


@require_GET
def child(request, district, pk):
    return child_page(request, fetched(request, pk, VIEW), None)


def child_page(request, row: GuidedChild, form: TakeOffForm | None):
    today = timezone.localdate()
    measure = lists.Measure.on(today)
    given = list(
        GuidanceService.objects.filter(child=row, served_on__year=today.year)
        .select_related("session__place", "session__facility", "session__event")
        .order_by("-served_on", "-pk")
    )
    counted = [one for one in given if one.given_by in measure.givers]
    proposal = (
        None
        if measure.needed is None
        else rules.proposal(measure.needed, len(counted), {one.kind for one in counted}, today)
    )
    marks = listings([one.session.facility_id for one in given if one.session.facility_id])
    kinds = dict(in_language(rules.KINDS.items()))
    may = GuidedChild.objects.allowed(request.actor, KEEP).filter(pk=row.pk).exists()
    return render(
        request,
        "guidance/child.html",
        {
            "child": row,
            "given": [
                (one, marks.get(one.session.facility_id), one.given_by in measure.givers) for one in given
            ],
            "times": len(counted),
            "measure": measure,
            "proposal": proposal,
            "event_page": event_page(request),
            "seen": {one.pk for one in streets_of(request)},
            "offers": proposals.for_child(row, proposal.kinds, today, measure)[:OFFERS_CHILD]
            if proposal and proposal.lacking and row.ended_on is None
            else [],
            "missing": [kinds[key] for key in proposal.kinds] if proposal else [],
            "year": today.year,
            "may_keep": may and row.ended_on is None,
            "form": form or TakeOffForm(initial={"ended_on": today}),
            "open_dialog": form is not None,
        },
        status=status_of(form) if form is not None else 200,
    )


@require_http_methods(["GET", "POST"])
def child_new(request, district):
    request.actor.demand(KEEP)
    form = GuidedForm(
        request.POST if request.method == "POST" else None,
        streets=Street.objects.allowed(request.actor, KEEP).order_by("code"),
        stations=GuidancePlace.objects.open_on(timezone.localdate()).filter(
            kind=place_rules.STATION, street__in=Street.objects.allowed(request.actor, KEEP).values("pk")
        ),
        initial={"asked_on": timezone.localdate()},
    )
    if request.method == "POST":
        made = accepted(form, lambda: guided.take_on(actor=request.actor, **form.cleaned_data))
        if made:
            tell(request, _("已登记，编号 %(code)s") % {"code": made.code})
            return redirect("guided-child", district, made.pk)
    return render(
        request,
        "facilities/small_form.html",
        {
            "form": form,
            "title": _("登记要指导的家庭"),
            "verb": _("登记"),
            "leave": _("先不登记"),
            "over": _("登记的幼儿"),
            "back": reverse("guided-children", args=[district]),
            "action": reverse("guided-new", args=[district]),
            "notice": _("家长同意“科学育儿指导”后才登记。这里不写姓名、电话和住址。"),
        },
        status=status_of(form),
    )


@require_http_methods(["POST"])
def child_end(request, district, pk):
    row = fetched(request, pk, KEEP)
    form = TakeOffForm(request.POST)

    def end():
        return guided.take_off(
            row, actor=request.actor, reason=form.cleaned_data["reason"], on=form.cleaned_data["ended_on"]
        )

    if accepted(form, end):
        tell(request, _("%(code)s不再登记") % {"code": row.code})
        return redirect("guided-child", district, pk)
    return child_page(request, row, form)


@require_GET
def sessions(request, district):
    request.actor.demand(VIEW)
    today = timezone.localdate()
    rows, street, kind, year = lists.sessions(request.actor, request.GET, today)
    total = counts([rows])[0]
    page = paged(
        rows.annotate(listing=listing("facility")),
        lists.SESSION_SORTS,
        request.GET,
        default="-day",
        total=total,
    )
    streets = streets_of(request)
    names = {one.pk: one.name for one in streets}
    return render(
        request,
        "guidance/sessions.html",
        {
            "tabs": tabs(request, "guidance-sessions"),
            "page": page,
            "rows": [(row, names.get(row.street_id, "")) for row in page.rows],
            "streets": streets,
            "street": street,
            "kinds": in_language(rules.KINDS.items()),
            "kind": kind,
            "year": year,
            "years": range(today.year, today.year - 4, -1),
            "given": lists.Given.of(rows),
            "may_keep": request.actor.may(KEEP),
        },
    )


def session_of(request, pk: int, right: str) -> GuidanceSession:
    rows = GuidanceSession.objects.allowed(request.actor, right).select_related(
        "place", "facility", "street", "event"
    )
    row = rows.filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


@require_GET
def session(request, district, pk):
    return session_page(request, session_of(request, pk, VIEW), None)


def session_page(request, row: GuidanceSession, form: StrikeForm | None):
    came = row.services.select_related("child", "street").order_by("street__code", "child__code")
    seen = set(Street.objects.allowed(request.actor, VIEW).values_list("pk", flat=True))
    may = GuidanceSession.objects.allowed(request.actor, KEEP).filter(pk=row.pk).exists()
    return render(
        request,
        "guidance/session.html",
        {
            "session": row,
            "event_page": event_page(request),
            "came": [(one, one.child.street_id in seen) for one in came],
            "may_strike": may and row.struck_on is None and row.event_id is None,
            "form": form or StrikeForm(),
            "open_dialog": form is not None,
        },
        status=status_of(form) if form is not None else 200,
    )


@require_http_methods(["GET", "POST"])
def session_new(request, district):
    request.actor.demand(KEEP)
    found = services.venues(request.actor, timezone.localdate())
    marks = listings([one.facility.pk for one in found if one.facility])
    by_key = {f"p{one.place.pk}" if one.place else f"f{one.facility.pk}": one for one in found}

    def named(one: services.Venue) -> str:
        mark = marks.get(one.facility.pk) if one.facility else ""
        return f"{one.name}（{_(LISTED[mark])}）" if mark else one.name  # content

    form = SessionForm(
        request.POST if request.method == "POST" else None,
        venues=[(key, named(one)) for key, one in by_key.items()],
        initial={"served_on": timezone.localdate()},
    )
    if request.method == "POST":

        def give():
            values = dict(form.cleaned_data)
            venue = by_key[values.pop("where")]
            codes = rules.codes_in(values.pop("children"))
            return services.give_session(actor=request.actor, venue=venue, children=codes, **values)

        made = accepted(form, give)
        if made:
            tell(request, _("已登记，%(n)d 个幼儿") % {"n": made.children_n})
            return redirect("guidance-session", district, made.pk)
    return render(
        request,
        "facilities/small_form.html",
        {
            "form": form,
            "title": _("登记指导服务"),
            "verb": _("登记"),
            "leave": _("先不登记"),
            "over": _("指导服务"),
            "back": reverse("guidance-sessions", args=[district]),
            "action": reverse("guidance-session-new", args=[district]),
        },
        status=status_of(form),
    )


@require_http_methods(["POST"])
def session_strike(request, district, pk):
    row = session_of(request, pk, KEEP)
    form = StrikeForm(request.POST)
    done = accepted(
        form, lambda: services.strike_out(row, actor=request.actor, reason=form.cleaned_data["reason"])
    )
    if done:
        tell(request, _("这次服务已作废"))
        return redirect("guidance-session", district, pk)
    return session_page(request, row, form)
