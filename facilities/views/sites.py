"""宝宝屋: the list by street with its quota, a site's page, what it offers, rooms, hours, sessions."""

from __future__ import annotations

from datetime import date, timedelta

from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from facilities.forms.sites import HoursForm, LedgerForm, ReasonForm, RoomForm, SessionsForm, SiteForm
from facilities.lists import sites as site_lists
from facilities.models import (
    CareSession,
    Enrolment,
    Facility,
    Insurance,
    LedgerEntry,
    OpeningHours,
    Room,
    Site,
)
from facilities.models.enrolments import Mode
from facilities.models.sites import WEEKDAYS
from facilities.rules import sites as rules
from facilities.services import care_sessions, ledger, naming, volunteers
from facilities.services import sites as services
from facilities.views.rows import SHAPES
from portal.middleware import tell
from portal.models.policy import PolicyRule
from portal.views.files import file_response
from portal.views.forms import accepted


def fetched(request, pk: int, right: str = "site.view") -> Facility:
    """The site within reach of the right; a facility of another kind is none."""
    found = (
        Facility.objects.allowed(request.actor, right)
        .select_related("street")
        .defer("search_text")
        .filter(pk=pk, kind=site_lists.KIND)
        .first()
    )
    if found is None:
        raise Http404
    return found


def small(
    request,
    form,
    *,
    title: str,
    verb: str = "",
    over: str,
    about=None,
    back: str,
    action: str,
    leave: str = "",
    notice: str = "",
):
    """A page with a few fields, `about` a facility; what the services refused answers 422, what changed meanwhile 409."""
    status = 200
    if request.method == "POST":
        refused = getattr(form, "refused", None)
        status = 409 if refused is not None and refused.status == 409 else 422
    context = {
        "form": form,
        "title": title,
        "verb": verb or title,
        "over": over,
        "about": about,
        "back": back,
        "action": action,
        "leave": leave,
        "notice": notice,
    }
    return render(request, "facilities/small_form.html", context, status=status)


def bound(request, form_class, *args, **kwargs):
    """The form with what was sent, and the files."""
    sent = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    return form_class(*sent, *args, **kwargs)


def site_url(request, facility: Facility) -> str:
    return reverse("site", args=[request.district.slug, facility.pk])


@require_GET
def site_list(request, district):
    """Streets with their places against the share of residents, and the sites of each."""
    actor, on = request.actor, timezone.localdate()
    actor.demand("site.view")
    streets = site_lists.quotas(actor, on)
    modes = dict(Mode.choices)
    rows = [
        (row, [(one, SHAPES[one.facility.state], [modes[m] for m in one.modes]) for one in row.sites])
        for row in streets
    ]
    known = [row for row in streets if row.quota.needed is not None]
    return render(
        request,
        "facilities/sites.html",
        {
            "rows": rows,
            "percent": streets[0].quota.percent if streets else None,
            "met": sum(row.quota.state == "ok" for row in known),
            "known": len(known),
            "covered": sum(bool(row.quota.places) for row in streets),
            "streets": len(streets),
            "places": sum(row.quota.places for row in streets),
            "sites": sum(len(row.sites) for row in streets),
        },
    )


@require_GET
def site(request, district, pk):
    """One site: what it offers, the week's sessions, volunteers, what stands in the account."""
    actor, on = request.actor, timezone.localdate()
    facility = fetched(request, pk)
    described = Site.objects.filter(facility=facility).first()
    first = week_of(request.GET.get("from", ""), on)

    def may(right: str) -> bool:
        return Facility.objects.allowed(actor, right).filter(pk=facility.pk).exists()

    rooms = list(Room.objects.filter(facility=facility))
    hours: dict[int, list[str]] = {}
    for one in OpeningHours.objects.filter(facility=facility):
        hours.setdefault(one.weekday, []).append(rules.span_words((one.opens, one.closes)))
    each, class_size, per_staff, full_day = services.limits(on)
    right_name = ""
    if naming.binding(on) and not rules.name_is_right(facility.name, facility.street.name):
        right_name = naming.proposal(facility.name, facility.street, facility.pk)
    children = dict(
        Enrolment.objects.filter(facility=facility, state__in=("applied", "admitted"))
        .order_by()
        .values_list("state")
        .annotate(n=site_lists.Count("pk"))
    )
    see_volunteers, see_ledger = may("volunteer.view"), may("ledger.view")
    may_correct = actor.may("volunteer.correct")
    years = ledger.accounts(facility) if see_ledger else []
    open_site = facility.state == "operating"
    return render(
        request,
        "facilities/site.html",
        {
            "facility": facility,
            "shape": SHAPES[facility.state],
            "site": described,
            "modes": [Mode(m).label for m in described.modes] if described else [],
            "rooms": rooms,
            "room_places": sum(room.places for room in rooms if not room.closed),
            "hours": [(name, hours.get(day, [])) for day, name in WEEKDAYS],
            "has_hours": bool(hours),
            "limits": {"each": each, "class": class_size, "staff": per_staff, "full_day": full_day},
            "week": site_lists.week(facility, first),
            "first": first,
            "last": first + timedelta(6),
            "before": first - timedelta(7),
            "after": first + timedelta(7),
            "on": on,
            "right_name": right_name,
            "rule": policy_rule("naming"),
            "admitted": children.get("admitted", 0),
            "applied": children.get("applied", 0),
            "volunteers": volunteers.cleared(on, facility) if see_volunteers else [],
            "see_volunteers": see_volunteers,
            "may_correct": may_correct,
            "stopped": volunteers.stopped(on, facility) if may_correct else [],
            "year": years[0] if years else None,
            "warning": warning(years[0]) if years else "",
            "see_ledger": see_ledger,
            "see_children": may("child.view"),
            "may_manage": facility.state != "closed" and may("site.manage"),
            "may_sessions": open_site and described and may("session.manage"),
            "may_volunteers": facility.state != "closed" and may("volunteer.manage"),
            "may_enrol": open_site and described and may("child.enrol"),
            "insured": insured(facility, on),
        },
    )


def policy_rule(key: str) -> PolicyRule | None:
    """What the district's own document says; None where it says nothing."""
    return PolicyRule.objects.select_related("clause", "document").filter(key=key).first()


def insured(facility: Facility, on: date) -> tuple[str, date | None, Insurance | None]:
    """How the site stands with the liability insurance that the street buys (金教〔2023〕29号 六4), and the policy."""
    until = facility.insured_until
    if until is None:
        return "none", None, None
    policy = Insurance.objects.filter(facility=facility, kind=Insurance.Kind.LIABILITY, ends_on=until).first()
    return ("bad" if until < on else "warn" if (until - on).days <= 30 else "ok"), until, policy


def warning(year: rules.Year) -> str:
    if not year.warning:
        return ""
    amount = year.fees - year.costs if year.warning == "profit" else year.balance
    return _(rules.WARNINGS[year.warning]) % {"amount": f"{amount:,.2f}"}


def week_of(text: str, on: date) -> date:
    """The first of seven days, as the address says it, today for anything else."""
    try:
        day = date.fromisoformat(text)
        if abs((day - on).days) > 1000:
            day = on
    except ValueError:
        day = on
    return day


@require_GET
def site_sign(request, district, pk):
    """The photo of the sign."""
    facility = fetched(request, pk)
    described = Site.objects.select_related("sign").filter(facility=facility, sign__isnull=False).first()
    if described is None:
        raise Http404
    return file_response(described.sign, fixed=False)


@require_http_methods(["GET", "POST"])
def site_edit(request, district, pk):
    facility = fetched(request, pk, "site.manage")
    described = Site.objects.filter(facility=facility).first()
    initial = {}
    if described is not None:
        names = (
            "siting",
            "running",
            "alone",
            "with_parent",
            "with_grandparent",
            "outdoor",
            "nursing_room",
            "version",
        )
        initial = {name: getattr(described, name) for name in names}
    form = bound(request, SiteForm, initial=initial)
    if request.method == "POST" and accepted(
        form, lambda: services.describe(facility, actor=request.actor, **form.values())
    ):
        tell(request, _("%(name)s的照护方式已存") % {"name": facility.name})
        return redirect("site", district, pk)
    return small(
        request,
        form,
        title=_("登记照护方式"),
        over=facility.name,
        about=facility,
        back=site_url(request, facility),
        action=reverse("site-edit", args=[district, pk]),
    )


@require_http_methods(["GET", "POST"])
def room_new(request, district, pk):
    facility = fetched(request, pk, "site.manage")
    form = bound(request, RoomForm, new=True)
    if request.method == "POST" and accepted(
        form, lambda: services.keep_room(facility, actor=request.actor, **form.cleaned_data)
    ):
        tell(request, _("房间已登记"))
        return redirect("site", district, pk)
    return small(
        request,
        form,
        title=_("登记房间"),
        leave=_("先不登记"),
        over=facility.name,
        about=facility,
        back=site_url(request, facility),
        action=reverse("room-new", args=[district, pk]),
    )


@require_http_methods(["GET", "POST"])
def room_edit(request, district, pk):
    room = Room.objects.allowed(request.actor, "site.manage").select_related("facility").filter(pk=pk).first()
    if room is None:
        raise Http404
    initial = {"name": room.name, "area": room.area, "places": room.places, "closed": room.closed}
    form = bound(request, RoomForm, initial=initial)
    if request.method == "POST" and accepted(
        form,
        lambda: services.keep_room(room.facility, actor=request.actor, room=room, **form.cleaned_data),
    ):
        tell(request, _("房间已存"))
        return redirect("site", district, room.facility_id)
    return small(
        request,
        form,
        title=_("改房间"),
        over=room.facility.name,
        about=room.facility,
        back=site_url(request, room.facility),
        action=reverse("room-edit", args=[district, pk]),
    )


@require_http_methods(["GET", "POST"])
def site_hours(request, district, pk):
    facility = fetched(request, pk, "site.manage")
    initial: dict[str, str] = {}
    for one in OpeningHours.objects.filter(facility=facility):
        key, span = f"day{one.weekday}", f"{one.opens:%H:%M}-{one.closes:%H:%M}"
        initial[key] = f"{initial[key]}，{span}" if key in initial else span
    form = bound(request, HoursForm, initial=initial)
    if request.method == "POST":
        done = accepted(form, lambda: (services.set_hours(facility, actor=request.actor, spans=form.spans),))
        if done:
            tell(request, _("开放时间已存"))
            return redirect("site", district, pk)
    return small(
        request,
        form,
        title=_("开放时间"),
        verb=_("存下开放时间"),
        over=facility.name,
        about=facility,
        back=site_url(request, facility),
        action=reverse("site-hours", args=[district, pk]),
    )


@require_http_methods(["GET", "POST"])
def sessions_new(request, district, pk):
    """Sessions for weeks ahead; each is looked at, all or none are set."""
    facility = fetched(request, pk, "session.manage")
    described = Site.objects.filter(facility=facility).first()
    on = timezone.localdate()
    rooms = Room.objects.filter(facility=facility, closed=False)
    form = bound(
        request,
        SessionsForm,
        rooms=rooms,
        modes=described.modes if described else [],
        initial={"first": on, "last": on + timedelta(13), "weekdays": [1, 2, 3, 4, 5]},
    )
    if request.method == "POST":
        made = accepted(
            form, lambda: care_sessions.set_sessions(facility, actor=request.actor, **form.values())
        )
        if made:
            tell(request, _("排了 %(n)d 场") % {"n": len(made)})
            return redirect(f"{site_url(request, facility)}?from={made[0].on.isoformat()}#week")
    return small(
        request,
        form,
        title=_("排照护时段"),
        leave=_("先不排"),
        over=facility.name,
        about=facility,
        back=site_url(request, facility),
        action=reverse("sessions-new", args=[district, pk]),
    )


@require_http_methods(["GET", "POST"])
def session_cancel(request, district, pk):
    rows = CareSession.objects.allowed(request.actor, "session.manage").select_related("facility", "room")
    session = rows.filter(pk=pk).first()
    if session is None:
        raise Http404
    form = bound(request, ReasonForm)
    if request.method == "POST" and accepted(
        form,
        lambda: care_sessions.cancel_session(
            session, actor=request.actor, reason=form.cleaned_data["reason"]
        ),
    ):
        tell(request, _("这一场已取消"))
        return redirect(f"{site_url(request, session.facility)}?from={session.on.isoformat()}#week")
    span = rules.span_words((session.starts_at, session.ends_at))
    return small(
        request,
        form,
        title=_("取消照护时段"),
        over=f"{session.facility.name}　{session.on.isoformat()} {span}",
        about=session.facility,
        back=site_url(request, session.facility),
        action=reverse("session-cancel", args=[district, pk]),
        leave=_("不取消"),
    )


@require_http_methods(["GET"])
def ledger_page(request, district, pk):
    return ledger_of(request, fetched(request, pk, "ledger.view"))


def ledger_year(years: list[rules.Year], query, on: date) -> int:
    """The year that the address asks for, the newest without one."""
    wanted = query.get("year", "")
    if wanted in {str(one.year) for one in years}:
        return int(wanted)
    return years[0].year if years else on.year


def ledger_of(request, facility: Facility, form=None):
    """The account by years with its lines, and the form for those who keep it."""
    years = ledger.accounts(facility)
    year = ledger_year(years, request.GET, timezone.localdate())
    rows = LedgerEntry.objects.filter(facility=facility, on__year=year).prefetch_related("reversals")
    entries = list(rows.order_by("-on", "-pk")[:300])
    may_keep = (
        facility.state != "closed"
        and Facility.objects.allowed(request.actor, "ledger.manage").filter(pk=facility.pk).exists()
    )
    if form is None and may_keep:
        form = LedgerForm(initial={"on": timezone.localdate()})
    return render(
        request,
        "facilities/ledger.html",
        {
            "facility": facility,
            "years": [(one, warning(one)) for one in years],
            "year": year,
            "entries": entries,
            "incomes": rules.INCOME_ITEMS,
            "rule": policy_rule("non-profit"),
            "form": form if may_keep else None,
            "may_keep": may_keep,
        },
        status=422 if form is not None and form.is_bound else 200,
    )
