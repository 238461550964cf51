"""Rectification orders: the list by clock, one order with its course, answer, re-inspection."""

from __future__ import annotations

from datetime import date
from itertools import groupby

from django.db.models import Count, Q, QuerySet
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from facilities.models.credit import listing
from facilities.paging import paged
from inspections.forms.orders import OrderAnswerForm, OrderFilter, PlanForm, RecheckForm
from inspections.models import Inspector, Order, OrderAnswer, OrderAnswerFile
from inspections.rules import orders as rules
from inspections.services import evidence
from inspections.services import orders as services
from inspections.services import rechecks as rechecking
from inspections.services.field_parts import current_record
from inspections.services.repeats import earlier_by_theme
from inspections.views.order_context import steps_of
from portal import calendar
from portal.errors import Denied, Refused
from portal.middleware import tell
from portal.models import Street
from portal.navigation import Event
from portal.templatetags.ui import day_words, masked
from portal.views.files import file_response
from portal.views.forms import refuse, status_of

SHAPES = {"open": "bad", "answered": "doing", "mended": "ok", "closed": "ok", "withdrawn": "none"}
#: The tab -> the states that it shows.
TABS = {"issued": ("issued",), "answered": ("answered", "rechecked"), "closed": ("closed", "withdrawn")}


def in_words(name: str) -> str:
    return {
        "overdue": _("逾期"),
        "today": _("今天到期"),
        "week": _("本周到期"),
        "later": _("以后到期"),
        "recheck": _("等复查"),
        "closed": _("已销号"),
    }[name]


def decorate(rows: list[Order], on: date) -> None:
    """The days left, the shape and the group of each row of a page."""
    for row in rows:
        row.left = calendar.working_days_between(on, row.due_on)
        row.group = rules.group(row.state, row.due_on, on)
        row.shape = {"overdue": "bad", "today": "warn", "closed": "ok"}.get(row.group, "doing")
        row.in_time = rules.in_time(row.first_due_on, row.answered_on, row.closed_on)


def chosen(actor, query) -> tuple[OrderFilter, QuerySet, str, QuerySet]:
    """What the address of the list asks for: the form, rows under its conditions, the tab, the tab's rows."""
    allowed = Order.objects.known_to(actor)
    streets = Street.objects.filter(pk__in=allowed.order_by().values("facility__street"))
    form = OrderFilter(query, streets=streets)
    form.is_valid()
    wanted = getattr(form, "cleaned_data", {})
    rows = allowed
    if q := wanted.get("q", "").strip().upper():
        rows = rows.filter(Q(number=q) | Q(facility__code=q))
    if street := wanted.get("street"):
        rows = rows.filter(facility__street=street)
    tab = query.get("tab", "issued")
    tab = tab if tab in TABS else "issued"
    shown = (
        rows.filter(state__in=TABS[tab])
        .select_related("facility__street", "inspection")
        .annotate(
            open_findings=Count("findings", filter=Q(findings__state__in=("open", "answered"))),
            all_findings=Count("findings", filter=~Q(findings__state="withdrawn")),
            vetoes=Count("findings", filter=Q(findings__weight="veto") & ~Q(findings__state="withdrawn")),
            listing=listing("facility"),
        )
    )
    return form, rows, tab, shown


@require_GET
def orders(request, district):
    """Open orders by clock, answered ones that wait for a re-inspection, closed ones."""
    actor, on = request.actor, timezone.localdate()
    actor.demand("order.view")
    form, rows, tab, shown = chosen(actor, request.GET)
    counts = rows.order_by().aggregate(
        issued=Count("pk", filter=Q(state="issued")),
        answered=Count("pk", filter=Q(state__in=TABS["answered"])),
    )
    day = "closed_on" if tab == "closed" else "due_on"
    page = paged(
        shown, {"day": ((day, date), ("pk", int))}, request.GET, default="-day" if tab == "closed" else "day"
    )
    decorate(page.rows, on)
    keep = request.GET.copy()
    for name in ("tab", "before", "after"):
        keep.pop(name, None)
    query = f"&{keep.urlencode()}" if keep else ""
    names = {"issued": _("待整改"), "answered": _("待复查"), "closed": _("已销号")}
    tabs = [
        {"label": names[t], "url": f"?tab={t}{query}", "count": counts.get(t), "current": t == tab}
        for t in TABS
    ]
    last = None
    if not page.rows and tab != "closed":
        last = (
            Order.objects.known_to(actor)
            .filter(state="closed")
            .select_related("facility__street")
            .order_by("-closed_on", "-pk")
            .first()
        )
    groups = [
        (in_words(name), name, list(found)) for name, found in groupby(page.rows, key=lambda row: row.group)
    ]
    context = {"page": page, "groups": groups, "form": form, "tabs": tabs, "tab": tab, "on": on, "last": last}
    return render(request, "inspections/orders.html", context)


def visible(request, pk: int) -> Order:
    rows = Order.objects.known_to(request.actor)
    return get_object_or_404(
        rows.select_related("facility__street", "inspection", "answered_by", "closed_by"), pk=pk
    )


@require_GET
def order(request, district, pk):
    return order_page(request, visible(request, pk))


def _may(request, row: Order, right: str) -> bool:
    return request.actor.may(right) and Order.objects.allowed(request.actor, right).filter(pk=row.pk).exists()


def able_inspectors(row: Order, on: date) -> list[Inspector]:
    """Who could go there: the team of the inspection first, then those who serve the street, licensed today."""
    team = set(row.inspection.all_team.filter(dropped_at__isnull=True).values_list("inspector", flat=True))
    found = (
        Inspector.objects.filter(active=True, licence_from__lte=on, licence_until__gte=on)
        .filter(Q(pk__in=team) | Q(streets__street=row.facility.street_id))
        .select_related("unit")
        .distinct()
    )
    return sorted(found, key=lambda one: (one.pk not in team, one.code))


def course(row: Order, answers, rechecks) -> list[Event]:
    """What happened to the order, newest first, for the timeline."""
    issued = _("检查 %(n)s　期限 %(day)s") % {"n": row.inspection.number, "day": day_words(row.first_due_on)}
    events = [((row.issued_on, 0, 0), Event(row.issued_on, "bad", _("发出整改通知"), issued))]
    for number, found in groupby(answers, key=lambda a: a.round):
        first = next(found)
        day = timezone.localdate(first.at)
        who = masked(first.by.name) if first.by else _("系统")
        fact = _("机构答复，第 %(n)d 次") % {"n": number}
        events.append(((day, number, 1), Event(day, "doing", fact, who)))
    for one in rechecks:
        if one.on is None:
            events.append(((one.planned_on, one.round, 2), Event(one.planned_on, "none", _("安排复查"))))
            continue
        more = _("复查人员 %(codes)s") % {"codes": _("、").join(one.inspectors)}
        if one.waiver:
            more += "　" + _("例外：%(reason)s") % {"reason": one.waiver}
        if one.new_due_on:
            more += "　" + _("新的期限 %(day)s") % {"day": day_words(one.new_due_on)}
        state, fact = {
            None: ("doing", _("复查已记，等第二人确认")),
            True: ("ok", _("复查通过，销号")),
            False: ("bad", _("复查没有通过")),
        }[one.passed]
        events.append(((one.on, one.round, 2), Event(one.on, state, fact, more)))
    return [event for _place, event in sorted(events, key=lambda pair: pair[0], reverse=True)]


def order_page(
    request,
    row: Order,
    *,
    answer_form=None,
    recheck_form=None,
    plan_form=None,
    steps: dict | None = None,
    status: int = 200,
):
    """One order; `steps`: forms of views/order_steps.py that were sent and not taken."""
    on = timezone.localdate()
    decorate([row], on)
    findings = list(
        row.findings.select_related("item__clause__document", "repeat_of__inspection", "inspection")
    )
    themes = earlier_by_theme(findings)
    answers = list(
        OrderAnswer.objects.filter(order=row)
        .select_related("by")
        .prefetch_related("files__file")
        .order_by("round", "pk")
    )
    by_finding: dict[int, list[OrderAnswer]] = {}
    for one in answers:
        by_finding.setdefault(one.finding_id, []).append(one)
    seen = evidence.open_to(request.actor, row.inspection_id)
    shots = evidence.photos_of(seen) if seen else {}
    for finding in findings:
        finding.shots = shots.get(finding.item_id, [])
        finding.given = by_finding.get(finding.pk, [])
        finding.shape = SHAPES[finding.state]
        finding.theme = themes.get(finding.pk, [])
    rechecks = list(row.rechecks.order_by("round"))
    waiting = [f for f in findings if f.state == "open"]
    left = [f for f in findings if f.state in ("open", "answered")]
    initial = {"version": row.version}
    may_answer = row.state == "issued" and _may(request, row, "order.answer")
    own_answer = any(request.actor.same_person(a.by) for a in answers)
    may_recheck = row.state == "answered" and not own_answer and _may(request, row, "order.recheck")
    may_plan = row.state == "answered" and _may(request, row, "order.schedule")
    if may_answer and answer_form is None:
        answer_form = OrderAnswerForm(findings=waiting, initial=initial)
    if may_recheck and recheck_form is None:
        team = row.inspection.all_team.filter(dropped_at__isnull=True).values_list(
            "inspector__code", flat=True
        )
        recheck_form = RecheckForm(
            findings=left, inspectors=able_inspectors(row, on), initial={**initial, "inspectors": list(team)}
        )
    pending = next((one for one in rechecks if one.on and one.passed is None), None)
    actor = request.actor
    may_sign = pending is not None and actor.may("order.confirm_recheck")
    may_sign = may_sign and bool(rechecking.may_sign(row, pending, actor))
    planned = next((one for one in rechecks if one.on is None), None)
    if may_plan and plan_form is None:
        plan_form = PlanForm(initial={**initial, "on": planned.planned_on if planned else None})
    known = request.actor.may("inspection.view")
    shown = {
        "answer_form": answer_form if may_answer else None,
        "recheck_form": recheck_form if may_recheck else None,
        "plan_form": plan_form if may_plan else None,
    }
    unsent = [f for f in (answer_form, recheck_form, plan_form) if f is not None and f not in shown.values()]
    context = {
        "order": row,
        "findings": findings,
        "evidence": seen,
        "record": current_record(row.inspection) if seen else None,
        "standing": sum(one.state != "withdrawn" for one in findings),
        "left": left,
        "events": course(row, answers, rechecks),
        "rechecks": [one for one in rechecks if one.on and one.passed is not None],
        "pending": pending,
        "pending_results": [
            (f, pending.results.get(str(f.pk))) for f in findings if str(f.pk) in pending.results
        ]
        if pending
        else [],
        "may_sign": may_sign,
        "may_withdraw": pending is not None and actor.same_person(pending.by),
        "may_waive": pending is not None
        and actor.may("confirmation.waive")
        and not actor.same_person(pending.by),
        "planned": planned,
        **shown,
        "overtaken": [str(e) for form in unsent for e in form.non_field_errors()],
        "unsent": [
            v for form in unsent for n, v in form.data.items() if n.startswith(("text-", "note")) and v
        ],
        **steps_of(request, row, on, steps or {}, may_ask=may_answer),
        "inspection_known": known,
        "provisional": calendar.provisional_note(row.due_on) if row.provisional else "",
        "on": on,
    }
    return render(request, "inspections/order.html", context, status=status)


@require_POST
def order_answer(request, district, pk):
    """The facility's answer, with files."""
    row = get_object_or_404(Order.objects.allowed(request.actor, "order.answer"), pk=pk)
    waiting = list(row.findings.filter(state="open").select_related("item"))
    form = OrderAnswerForm(request.POST, request.FILES, findings=waiting)
    if form.is_valid():
        try:
            services.answer_order(
                row,
                texts=form.texts(),
                files=form.uploads(),
                version=form.cleaned_data["version"],
                actor=request.actor,
            )
        except Refused as refused:
            refuse(form, refused)
        else:
            tell(request, _("整改通知 %(number)s 已答复，等复查") % {"number": row.number})
            return redirect("order", district, pk)
    return order_page(request, visible(request, pk), answer_form=form, status=status_of(form))


@require_POST
def order_plan(request, district, pk):
    """The day of the re-inspection."""
    row = get_object_or_404(Order.objects.allowed(request.actor, "order.schedule"), pk=pk)
    form = PlanForm(request.POST)
    if form.is_valid():
        try:
            planned = services.plan_recheck(row, actor=request.actor, **form.cleaned_data)
        except Refused as refused:
            refuse(form, refused)
        else:
            tell(request, _("复查安排在 %(day)s") % {"day": day_words(planned.planned_on)})
            return redirect("order", district, pk)
    return order_page(request, visible(request, pk), plan_form=form, status=status_of(form))


@require_POST
def order_recheck(request, district, pk):
    """What the re-inspection found: closed, or back with a new deadline."""
    row = get_object_or_404(
        Order.objects.allowed(request.actor, "order.recheck").select_related("inspection", "facility"), pk=pk
    )
    on = timezone.localdate()
    left = list(row.findings.filter(state__in=("open", "answered")).select_related("item"))
    form = RecheckForm(request.POST, findings=left, inspectors=able_inspectors(row, on))
    if form.is_valid():
        data = form.cleaned_data
        try:
            done = rechecking.recheck(
                row,
                results=form.results(),
                note=data["note"],
                inspectors=data["inspectors"],
                new_due_on=data["new_due_on"],
                version=data["version"],
                actor=request.actor,
            )
        except Refused as refused:
            refuse(form, refused)
        else:
            tell(
                request,
                _("%(number)s 的复查已记下，等到场的另一人在自己的账号上确认") % {"number": done.number},
            )
            return redirect("order", district, pk)
    return order_page(request, visible(request, pk), recheck_form=form, status=status_of(form))


def seen_version(posted) -> int:
    """The number of the page that the person signs on: nobody signs what has not been seen."""
    text = posted.get("version", "")
    if not (text.isascii() and text.isdigit() and len(text) < 9):
        raise Refused(_("页面旧了，重新打开这份整改通知，看过再确认"), field="version")
    return int(text)


@require_POST
def order_second(request, district, pk):
    """`what`: confirm or contest, by one of the re-inspection's inspectors; waive, by the bureau with a reason."""
    what, actor = request.POST.get("what", "confirm"), request.actor
    right = {"waive": "confirmation.waive", "contest": "order.recheck"}.get(what, "order.confirm_recheck")
    rows = Order.objects.known_to(actor)
    if not actor.may(right):
        raise Denied(_("你的角色不能做这件事"))
    row = get_object_or_404(rows, pk=pk)
    seen = {"version": seen_version(request.POST)}
    if what == "contest":
        done = rechecking.contest_recheck(row, actor=actor, **seen)
        tell(request, _("%(number)s 的复查记录已退回，重新记") % {"number": done.number})
        return redirect("order", district, pk)
    if what == "waive":
        done = rechecking.waive_recheck(row, reason=request.POST.get("reason", ""), actor=actor, **seen)
    else:
        done = rechecking.confirm_recheck(row, actor=actor, **seen)
    sentence = {
        "closed": _("整改通知 %(number)s 已销号") % {"number": done.number},
        "rechecked": _("已确认，还等另一名复查人员"),
    }.get(
        done.state,
        _("整改通知 %(number)s 已退回，新的期限 %(day)s")
        % {"number": done.number, "day": day_words(done.due_on)},
    )
    tell(request, sentence)
    return redirect("order", district, pk)


@require_GET
def order_file(request, district, pk, file):
    """A file that came with an answer, for whoever may see the order."""
    row = get_object_or_404(Order.objects.known_to(request.actor), pk=pk)
    found = get_object_or_404(OrderAnswerFile.objects.select_related("file"), pk=file, answer__order=row)
    return file_response(found.file)
