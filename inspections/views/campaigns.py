"""Special campaigns and joint operations of a street: list, draft, one campaign with its steps, replies and visits."""

from __future__ import annotations

from datetime import date

from django.db.models import Count, Q, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from facilities.models import Facility
from facilities.models.credit import listing
from facilities.paging import paged
from inspections.forms.campaigns import CampaignForm, ReplyForm, StepForm
from inspections.models import Campaign, CampaignUnit, Finding, Inspection, MatterVersion, VisitPart
from inspections.rules import campaigns as rules
from inspections.rules.joint_states import CAMPAIGN
from inspections.rules.states import OPEN
from inspections.services import campaign_objects, campaign_visits
from inspections.services import campaigns as services
from inspections.views.joint import KINDS as PART_KINDS
from inspections.views.visits import state_shape
from portal.errors import Refused
from portal.middleware import tell
from portal.models import Street
from portal.rules.rights import Role
from portal.templatetags.ui import day_words
from portal.views.files import file_response
from portal.views.forms import accepted, status_of
from portal.views.rows import sliced

SHAPES = {
    "draft": "none", "asked": "doing", "submitted": "doing", "approved": "doing", "published": "doing",
    "under_way": "doing", "closed": "ok", "dropped": "none",
}  # fmt: skip
REPLY_SHAPES = {"waiting": "warn", "accepted": "ok", "declined": "none"}
TABS = {
    "now": ("draft", "asked", "submitted", "approved", "published", "under_way"),
    "done": ("closed", "dropped"),
}
ROWS_A_PAGE = 50


def chosen(actor, query) -> tuple[str, QuerySet, QuerySet]:
    """The tab that the address asks for, all rows that the actor knows of, and the tab's."""
    rows = Campaign.objects.known_to(actor)
    tab = query.get("tab", "")
    tab = tab if tab in TABS else "now"
    visits = Q(inspections__isnull=False) & ~Q(inspections__state="cancelled")
    shown = (
        rows.filter(state__in=TABS[tab])
        .select_related("street")
        .annotate(
            sent=Count("inspections", filter=visits),
            made=Count("inspections", filter=Q(inspections__state__in=("finished", "published"))),
        )
    )
    return tab, rows, shown


@require_GET
def campaigns(request, district):
    """What is being prepared and made, and what is over; with the light of the publication."""
    actor, on = request.actor, timezone.localdate()
    actor.demand("campaign.view")
    tab, rows, shown = chosen(actor, request.GET)
    page = paged(shown, {"new": (("starts_on", date), ("pk", int))}, request.GET, default="-new")
    for row in page.rows:
        row.shape = SHAPES[row.state]
        row.light = rules.light(row.publish_by, on) if row.state == "approved" and row.publish_by else ""
    counts = rows.order_by().aggregate(now=Count("pk", filter=Q(state__in=TABS["now"])))
    names = {"now": _("正在办"), "done": _("办完的")}
    context = {
        "page": page,
        "tab": tab,
        "tabs": [
            {"label": names[one], "url": f"?tab={one}", "count": counts.get(one), "current": one == tab}
            for one in TABS
        ],
        "may_special": Role.BUREAU in actor.roles and actor.may("campaign.manage"),
        "may_street": actor.may("campaign.manage"),
    }
    return render(request, "inspections/campaigns.html", context)


def groups_of(form: CampaignForm) -> list[dict]:
    """The fields under four headings."""
    parts = (
        (_("为什么查"), "", ("theme", "occasion", "basis")),
        (
            _("查谁"),
            _("符合条件的在办机构全部查，不抽取"),
            ("street", "starts_on", "ends_on", "kinds", "streets", "grades", "codes"),
        ),
        (_("查什么"), "", ("matters",)),
        (_("谁去查"), "", ("units", "reply_by", "inspectors", "version")),
    )
    return [
        {"heading": heading, "note": note, "fields": [form[name] for name in names if name in form.fields]}
        for heading, note, names in parts
    ]


def form_page(request, form: CampaignForm, title: str, verb: str, back: str):
    context = {
        "form": form, "title": title, "verb": verb, "back": back, "over": _("专项检查"), "groups": groups_of(form),
    }  # fmt: skip
    return render(request, "facilities/small_form.html", context, status=status_of(form))


@require_http_methods(["GET", "POST"])
def campaign_new(request, district):
    """A draft; `?kind=street` for a street's operation."""
    actor = request.actor
    actor.demand("campaign.manage")
    kind = "street" if request.GET.get("kind") == "street" or Role.BUREAU not in actor.roles else "special"
    on = timezone.localdate()
    data = request.POST if request.method == "POST" else None
    form = CampaignForm(data, kind=kind, actor=actor, on=on, initial={"starts_on": on, "ends_on": on})
    if request.method == "POST":
        made = accepted(form, lambda: services.make(kind, actor=actor, **form.facts()))
        if made:
            tell(request, _("“%(name)s”的草稿建好了") % {"name": made.theme})
            return redirect("campaign", district, made.pk)
    title = _("发起综合执法") if kind == "street" else _("发起专项检查")
    return form_page(request, form, title, _("存成草稿"), reverse("campaigns", args=[district]))


def managed(request, pk: int) -> Campaign:
    request.actor.demand("campaign.view")
    rows = Campaign.objects.known_to(request.actor).allowed(request.actor, "campaign.manage")
    return get_object_or_404(rows.select_related("street"), pk=pk)


@require_http_methods(["GET", "POST"])
def campaign_edit(request, district, pk):
    """Other facts of a draft."""
    row, actor = managed(request, pk), request.actor
    data = request.POST if request.method == "POST" else None
    form = CampaignForm(
        data, kind=row.kind, actor=actor, on=timezone.localdate(), initial=CampaignForm.initial_of(row)
    )
    if request.method == "POST":
        done = accepted(
            form,
            lambda: services.change(
                row, version=form.cleaned_data["version"] or 0, actor=actor, **form.facts()
            ),
        )
        if done:
            tell(request, _("“%(name)s”已存") % {"name": done.theme})
            return redirect("campaign", district, pk)
    return form_page(request, form, row.theme, _("存下变更"), reverse("campaign", args=[district, pk]))


def visible(request, pk: int) -> Campaign:
    request.actor.demand("campaign.view")
    rows = Campaign.objects.known_to(request.actor)
    return get_object_or_404(
        rows.select_related(
            "street", "submitted_by", "approved_by", "closed_by", "approval_file", "closing_file"
        ),
        pk=pk,
    )


@require_GET
def campaign(request, district, pk):
    """One campaign: its steps, what it says, who takes part, the facilities or the visits with their outcome."""
    return campaign_page(request, visible(request, pk))


def steps_of(row: Campaign) -> list[dict]:
    """The steps with who did them and when."""

    def done(at, by) -> str:
        who = by.name[:1] + "*" if by is not None and by.name else ""
        return f"{day_words(timezone.localdate(at))}　{who}" if at else ""

    special = row.kind == Campaign.Kind.SPECIAL
    steps = [("draft", _("起草"), ""), ("submitted", _("报批"), done(row.submitted_at, row.submitted_by))]
    steps.append(("approved", _("批准"), done(row.approved_at, row.approved_by)))
    if special:
        told = day_words(row.published_on) if row.published_on else ""
        if not told and row.publish_by:
            told = _("%(day)s 前公布") % {"day": day_words(row.publish_by)}
        steps.append(("published", _("公布"), told))
    steps.append(
        ("under_way", _("派出检查"), day_words(timezone.localdate(row.sent_at)) if row.sent_at else "")
    )
    steps.append(("closed", _("办结"), done_on(row)))
    order = list(CAMPAIGN.states)
    here = order.index(row.state)
    reached = [n for n, (key, _l, _n) in enumerate(steps) if order.index(key) <= here]
    last = max(reached, default=0)
    return [
        {
            "label": label,
            "note": note,
            "state": "ok" if n < last or row.state == "closed" else "doing" if n == last else "none",
            "current": n == last and row.state != "closed",
        }
        for n, (_key, label, note) in enumerate(steps)
    ]


def done_on(row: Campaign) -> str:
    return day_words(row.closed_on) if row.closed_on else ""


def replies_of(row: Campaign) -> list[CampaignUnit]:
    """The departments that were asked, with their people."""
    people: dict[int, list] = {}
    for one in row.inspectors.select_related("inspector").order_by("inspector__code"):
        people.setdefault(one.inspector.unit_id, []).append(f"{one.inspector.code} {one.inspector.name}")
    found = list(row.units.select_related("unit").order_by("position"))
    for one in found:
        one.people = people.get(one.unit_id, [])
        one.shape = REPLY_SHAPES[one.state]
    return found


def visit_rows(row: Campaign):
    """The visits of a campaign with what was found and each department's part; the file goes out with the same."""
    visits = (
        row.inspections.select_related("facility__street")
        .annotate(
            listing=listing("facility"),
            found=Count("findings", filter=~Q(findings__state="withdrawn")),
        )
        .order_by("facility__code")
    )
    return visits


def dress(visits, on: date, actor) -> None:
    """Parts, teams and shapes of the visits of a page."""
    parts: dict[int, list[VisitPart]] = {}
    for part in VisitPart.objects.filter(inspection__in=visits).select_related("unit").order_by("position"):
        part.shape = PART_KINDS[part.state]
        parts.setdefault(part.inspection_id, []).append(part)
    known = set()
    if actor.may("inspection.view"):
        known = set(
            Inspection.objects.known_to(actor)
            .filter(pk__in=[v.pk for v in visits])
            .values_list("pk", flat=True)
        )
    for visit in visits:
        visit.shares = parts.get(visit.pk, [])
        visit.shape = state_shape(visit, on)
        visit.open_to = visit.pk in known


def campaign_page(request, row: Campaign, step: StepForm | None = None, reply: ReplyForm | None = None):
    actor, on = request.actor, timezone.localdate()
    manages = (
        actor.may("campaign.manage")
        and Campaign.objects.allowed(actor, "campaign.manage").filter(pk=row.pk).exists()
    )
    replies = replies_of(row)
    asked = None
    if row.state == "asked" and actor.may("campaign.answer"):
        asked = (
            CampaignUnit.objects.allowed(actor, "campaign.answer")
            .filter(campaign=row)
            .select_related("unit")
            .first()
        )
    if asked is not None and reply is None:
        able = services.may_be_named(asked.unit, row.ends_on)
        taking = list(
            row.inspectors.filter(inspector__unit=asked.unit).values_list("inspector_id", flat=True)
        )
        answer = {"accepted": "yes", "declined": "no"}.get(asked.state, "")
        reply = ReplyForm(able=able, initial={"accept": answer, "inspectors": taking, "note": asked.note})
    sent = row.sent_at is not None
    if sent:
        page = sliced(list(visit_rows(row)), request.GET, size=ROWS_A_PAGE)
        dress(page.rows, on, actor)
    else:
        rows = campaign_objects.objects_of(row).select_related("street").annotate(listing=listing("pk"))
        page = sliced(list(rows), request.GET, size=ROWS_A_PAGE)
        counts = campaign_objects.counts_of_year([one.pk for one in page.rows], on.year)
        for one in page.rows:
            told = counts.get(one.pk, {})
            one.drawn, one.campaigns = told.get("drawn", 0), told.get("campaigns", 0)
    names = dict(
        MatterVersion.objects.filter(matter__key__in=row.matters, published_on__isnull=False)
        .order_by("number")
        .values_list("matter__key", "name")
    )
    kinds = dict(Facility.Kind.choices)
    special = row.kind == Campaign.Kind.SPECIAL
    still = row.inspections.filter(state__in=OPEN).count() if sent else 0
    late = row.state == "approved" and special and row.publish_by
    context = {
        "campaign": row,
        "chip": (SHAPES[row.state], row.get_state_display()),
        "steps": steps_of(row) if row.state != "dropped" else [],
        "light": rules.light(row.publish_by, on) if late else "",
        "left": (row.publish_by - on).days if late else None,
        "kinds": [kinds.get(kind, kind) for kind in row.kinds],
        "streets": list(Street.objects.filter(code__in=row.streets).order_by("code")),
        "matters": [names.get(key, key) for key in row.matters],
        "replies": replies,
        "inspectors": []
        if replies
        else [
            one.inspector
            for one in row.inspectors.select_related("inspector__unit").order_by("inspector__code")
        ],
        "sent": sent,
        "page": page,
        "still": still,
        "found": Finding.objects.filter(inspection__campaign=row).exclude(state="withdrawn").count()
        if sent
        else 0,
        "asked": asked,
        "reply": reply,
        "step": step or StepForm(initial={"version": row.version}),
        "step_errors": step,
        "may_edit": manages and row.state == "draft",
        "may_ask": manages and row.state == "draft" and bool(replies),
        "may_submit": manages and ((row.state == "draft" and not replies) or row.state == "asked"),
        "may_decide": actor.may("campaign.approve")
        and row.state == "submitted"
        and not actor.same_person(row.submitted_by),
        "may_publish": actor.may("campaign.publish") and row.state == "approved" and special,
        "may_send": manages and (row.state == "published" or (row.state == "approved" and not special)),
        "may_close": manages and row.state == "under_way" and not still,
        "may_drop": manages and row.state in ("draft", "asked", "approved"),
        "sees_parts": actor.may("part.view"),
    }
    forms = [
        form for form in (step, reply if reply is not None and reply.is_bound else None) if form is not None
    ]
    return render(request, "inspections/campaign.html", context, status=status_of(*forms) if forms else 200)


@require_POST
def campaign_step(request, district, pk):
    """One step of the campaign; which right it takes the service asks."""
    row, actor = visible(request, pk), request.actor
    form = StepForm(request.POST)
    if not form.is_valid():
        form.refused = Refused(_("没有这一步"))
        return campaign_page(request, row, step=form)
    data = form.cleaned_data
    what, keep = data["what"], {"version": data["version"], "actor": actor}

    def take():
        match what:
            case "return":
                return services.send_back(row, note=data["note"], **keep)
            case "close":
                return campaign_visits.close(row, conclusion=data["conclusion"], **keep)
        return (campaign_visits.send if what == "send" else getattr(services, what))(row, **keep)

    if accepted(form, take) is None:
        return campaign_page(request, row, step=form)
    said = {
        "ask": _("已约部门参加，等回复"),
        "submit": _("已报批，等单位负责人批准"),
        "approve": _("已批准"),
        "return": _("已退回修改"),
        "publish": _("已公布，公开页上看得到"),
        "send": _("已派出，检查人员的手机上看得到"),
        "close": _("已办结"),
        "drop": _("不办了"),
    }
    tell(request, said[what])
    return redirect("campaign", district, pk)


@require_POST
def campaign_reply(request, district, pk):
    """A department takes part, with whom, or does not."""
    request.actor.demand("campaign.answer")
    row = visible(request, pk)
    rows = CampaignUnit.objects.allowed(request.actor, "campaign.answer").select_related("unit", "campaign")
    asked = get_object_or_404(rows.filter(campaign=row)[:1])
    form = ReplyForm(request.POST, able=services.may_be_named(asked.unit, row.ends_on))
    done = accepted(
        form,
        lambda: services.reply(
            asked,
            accept=form.cleaned_data["accept"] == "yes",
            inspectors=list(form.cleaned_data["inspectors"]),
            note=form.cleaned_data["note"],
            actor=request.actor,
        ),
    )
    if done is None:
        return campaign_page(request, row, reply=form)
    tell(request, _("已回复：%(word)s") % {"word": done.get_state_display()})
    return redirect("campaign", district, pk)


@require_GET
def campaign_document(request, district, pk, which):
    """The approval, or the report or minutes of the end; while it is being set, a page that says so."""
    row = visible(request, pk)
    stored = {"approval": row.approval_file, "closing": row.closing_file}.get(which)
    due = {"approval": row.approved_at, "closing": row.closed_on}.get(which)
    if not due:
        raise Http404
    if stored is None:
        waiting = render(
            request, "refused.html", {"refused": {"message": _("正在排版，几秒后再打开")}}, status=503
        )
        waiting["Retry-After"] = "5"
        return waiting
    return file_response(stored)
