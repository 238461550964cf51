"""Support of facilities: the list of claims, the year by street, one claim with its steps."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from django.db.models import Count, Exists, OuterRef, Q, Subquery, Value
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from facilities.models import Facility
from facilities.models.credit import listing
from portal.errors import Refused
from portal.middleware import tell
from portal.rules.machine import marked
from portal.rules.rights import Reach
from portal.templatetags.ui import thousands
from portal.views.files import file_response
from portal.views.forms import accepted, refuse, status_of
from portal.views.rows import page_number, sliced
from targets.forms.subsidies import ClaimFilter, ClaimForm, StepForm
from targets.models.subsidies import SubsidyClaim, SubsidyFile, SubsidyItem, SubsidyReceipt, SubsidyVersion
from targets.rules import subsidies as rules
from targets.services import subsidies, subsidy_money, subsidy_year

SHAPES = {
    "draft": "none", "submitted": "doing", "returned": "warn", "checked": "doing", "approved": "doing", "paid": "ok",
    "refused": "bad", "withdrawn": "none", "recovered": "none",
}  # fmt: skip
#: tab -> (word, states)
TABS = {
    "": (marked("全部"), tuple(rules.CLAIM.states)),
    "draft": (marked("草稿和退回"), rules.OPEN),
    "waiting": (marked("等初审、等批准"), ("submitted", "checked")),
    "approved": (marked("等拨付"), ("approved",)),
    "paid": (marked("已拨付"), ("paid",)),
    "over": (marked("不补、撤回和追回"), ("refused", "withdrawn", "recovered")),
}
ROWS_A_PAGE, ITEMS_A_PAGE = 50, 50


def filtered(actor, query):
    """The claims that the person sees, under the conditions of the address but the tab; and their form."""
    rows = SubsidyClaim.objects.allowed(actor, "subsidy.view")
    form = ClaimFilter(query)
    form.is_valid()
    chosen = getattr(form, "cleaned_data", {})
    if text := chosen.get("q"):
        rows = rows.filter(
            Q(number__icontains=text) | Q(facility__code__iexact=text) | Q(facility__name__icontains=text)
        )
    if year := chosen.get("year"):
        rows = rows.filter(starts_on__year=year)
    if rule := chosen.get("rule"):
        rows = rows.filter(rule=rule)
    if street := chosen.get("street"):
        rows = rows.filter(facility__street=street)
    return rows, form


def shown(actor, query):
    """Rows before and within the tab that the address asks for."""
    known, form = filtered(actor, query)
    tab = query.get("tab", "")
    tab = tab if tab in TABS else ""
    rows = known.filter(state__in=TABS[tab][1]).select_related("facility__street", "rule", "terms")
    return known, form, tab, rows.order_by("-pk")


@require_GET
def subsidy_list(request, district):
    """All claims, the newest first."""
    actor = request.actor
    actor.demand("subsidy.view")
    known, form, tab, rows = shown(actor, request.GET)
    states = list(known.order_by().values_list("state", flat=True))
    total = sum(state in TABS[tab][1] for state in states)
    offset = (page_number(request.GET) - 1) * ROWS_A_PAGE
    page = sliced(list(rows[offset : offset + ROWS_A_PAGE]), request.GET, size=ROWS_A_PAGE, total=total)
    for row in page.rows:
        row.shape = SHAPES[row.state]
    query = request.GET.copy()
    for name in ("tab", "before", "after"):
        query.pop(name, None)
    tail = f"&{query.urlencode()}" if query else ""
    context = {
        "page": page,
        "form": form,
        "tabs": [
            {
                "label": _(word), "url": f"?tab={name}{tail}", "current": name == tab,
                "count": sum(state in of for state in states),
            }
            for name, (word, of) in TABS.items()
        ],
        "may_claim": actor.may("subsidy.claim"),
        "may_rules": actor.may("subsidy_rule.view"),
        "own": Reach.FACILITIES in actor.reaches("subsidy.view"),
    }  # fmt: skip
    return render(request, "targets/subsidies.html", context)


def chosen_year(query) -> int:
    text = query.get("year", "")
    year = int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0
    return year if rules.FIRST_YEAR <= year <= rules.LAST_YEAR else timezone.localdate().year


@require_GET
def subsidy_year_page(request, district):
    """A year by street and subsidy; each line opens its claims."""
    actor = request.actor
    subsidy_year.demand(actor)
    year = chosen_year(request.GET)
    table = subsidy_year.table(actor, year)
    address = reverse("subsidies", args=[district])
    opens = actor.may("subsidy.view")
    for street in table.streets if opens else ():
        street.url = f"{address}?year={year}&street={street.pk}"
        for line in street.lines:
            line.url = f"{street.url}&rule={line.rule}"
    years = subsidy_year.years(actor) | {timezone.localdate().year, year}
    context = {
        "table": table,
        "year": year,
        "opens": opens,
        "years": [
            {"label": str(one), "url": f"?year={one}", "count": None, "current": one == year}
            for one in sorted(years, reverse=True)
        ],
    }
    return render(request, "targets/subsidy_year.html", context)


def claimable(actor):
    return Facility.objects.allowed(actor, "subsidy.claim").order_by("code")


@require_http_methods(["GET", "POST"])
def subsidy_new(request, district):
    """A claim begins: the product computes it at once and keeps it as a draft."""
    actor = request.actor
    actor.demand("subsidy.claim")
    wide = Reach.ALL in actor.reaches("subsidy.claim")
    facilities = claimable(actor)
    initial = last_over() | {"facility": request.GET.get("facility", "")[:12]}
    if (
        not wide
        and not initial["facility"]
        and len(own := facilities.values_list("code", flat=True)[:2]) == 1
    ):
        initial["facility"] = own[0]
    form = ClaimForm(
        request.POST if request.method == "POST" else None,
        facilities=facilities,
        all_of_them=wide,
        initial=initial,
    )
    if request.method == "POST":
        made = accepted(form, lambda: subsidies.claim(actor=actor, **form.values()))
        if made is not None:
            tell(request, _("%(number)s 已算好，看过再交") % {"number": made})
            return redirect("subsidy", district, made.pk)
    context = {
        "form": form,
        "other": other_claim(request, form),
        "rules": form.fields["rule"].queryset.exists(),
    }
    return render(request, "targets/subsidy_form.html", context, status=status_of(form))


def last_over() -> dict:
    """What a claim is about most likely: the last part that is over, as the district's subsidies in force are claimed."""
    today = timezone.localdate()
    known = set(
        SubsidyVersion.objects.filter(state="confirmed", starts_on__lte=today).values_list(
            "period", flat=True
        )
    )
    kind = next((one for one in (rules.QUARTER, rules.HALF, rules.YEAR) if one in known), rules.YEAR)
    year, part = rules.last_over(kind, today)
    return {"year": year, "part": f"{kind}-{part}"}


def other_claim(request, form) -> SubsidyClaim | None:
    """The claim that a refusal named, if the person may open it."""
    refused = getattr(form, "refused", None)
    pk = refused.params.get("claim") if refused is not None else None
    return SubsidyClaim.objects.allowed(request.actor, "subsidy.view").filter(pk=pk).first() if pk else None


def fetched(request, pk: int) -> SubsidyClaim:
    request.actor.demand("subsidy.view")
    rows = SubsidyClaim.objects.allowed(request.actor, "subsidy.view").annotate(listing=listing("facility"))
    own = (
        claimable(request.actor).filter(pk=OuterRef("facility"))
        if request.actor.may("subsidy.claim")
        else None
    )
    lines = SubsidyItem.objects.filter(claim=OuterRef("pk")).order_by().values("claim")
    rows = rows.annotate(
        claims=Value(False) if own is None else Exists(own),
        lines=Subquery(lines.annotate(n=Count("pk")).values("n")),
    )
    rows = rows.select_related(
        "facility__street",
        "rule",
        "terms__clause__document",
        "made_by",
        "submitted_by",
        "checked_by",
        "approved_by",
    )
    return get_object_or_404(rows, pk=pk)


@require_GET
def subsidy(request, district, pk):
    """What was counted, what it comes to, who said what, what was paid."""
    return _page(request, fetched(request, pk))


def _page(request, row: SubsidyClaim, what: str = "", form: StepForm | None = None):
    actor = request.actor
    total = row.lines or 0
    offset = (page_number(request.GET) - 1) * ITEMS_A_PAGE
    items = sliced(
        list(row.items.order_by("position")[offset : offset + ITEMS_A_PAGE]),
        request.GET,
        size=ITEMS_A_PAGE,
        total=total,
    )
    cap, measure = row.basis["cap"], row.basis["measure"]
    for one in (row, *items.rows):
        one.count = thousands(one.quantity) if measure == rules.RECEIPTS else f"{one.quantity.normalize():f}"
    claims = row.claims
    mine, first = actor.same_person(row.submitted_by), actor.same_person(row.checked_by)
    today = timezone.localdate()
    recoveries = list(row.recoveries.exclude(state="dropped").select_related("entered_by", "confirmed_by"))
    for one in recoveries:
        waits = one.state == "proposed"
        one.confirms = waits and actor.may("subsidy.approve") and not actor.same_person(one.entered_by)
        one.ends = waits and (actor.may("subsidy.pay") or actor.may("subsidy.approve"))
        one.refuses = one.ends and actor.may("subsidy.approve")

    def step(name: str, **initial) -> StepForm:
        return form if what == name and form is not None else StepForm(what=name, initial=initial)

    checks = row.state == "submitted" and actor.may("subsidy.check") and not mine
    approves = row.state == "checked" and actor.may("subsidy.approve") and not mine and not first
    pays = row.state == "approved" and actor.may("subsidy.pay")
    takes_back = row.state == "paid" and actor.may("subsidy.pay")
    context = {
        "row": row,
        "shape": SHAPES[row.state],
        "items": items,
        "unit": _(rules.UNITS[measure]),
        "rate_unit": _(rules.RATE_UNITS[measure]),
        "measure": _(rules.MEASURES[measure]),
        "conditions": [(_(rules.CONDITIONS[key]), met) for key, met in row.basis["conditions"]],
        "cap": Decimal(cap) if cap else None,
        "capped": row.full != row.amount,
        "files": row.files.select_related("file").order_by("pk"),
        "receipts": row.receipts.select_related("file") if row.terms.measure == rules.RECEIPTS else None,
        "payments": row.payments.select_related("entered_by"),
        "recoveries": recoveries,
        "left": row.amount - row.paid,
        "changes": claims and row.state in rules.OPEN,
        "submits": claims and row.state in rules.OPEN and row.amount and row.mended,
        "withdraws": claims and row.state in ("draft", "submitted", "returned"),
        "checks": checks,
        "approves": approves,
        "reopens": row.state == "approved" and not row.paid and actor.may("subsidy.approve"),
        "waits_second": row.state == "checked" and not approves and actor.may("subsidy.check"),
        "own": (row.state == "submitted" and mine and actor.may("subsidy.check"))
        or (row.state == "checked" and (mine or first) and actor.may("subsidy.approve")),
        "form": form,
        "other": other_claim(request, form) if form is not None else None,
        "note_form": step(what if what in ("return", "refuse", "withdraw") else "return"),
        "files_form": step("files"),
        "receipt_form": step("receipt"),
        "pay_form": step("pay", paid_on=today, amount=row.amount - row.paid) if pays else None,
        "recover_form": step("recover", on=today) if takes_back else None,
    }
    status = status_of(form) if form is not None else 200
    return render(request, "targets/subsidy.html", context, status=status)


#: step -> (right, what the page says afterwards)
STEPS = {
    "recompute": ("subsidy.claim", marked("%(number)s 已按现在的登记重新算过")),
    "submit": ("subsidy.claim", marked("%(number)s 已交，等初审")),
    "withdraw": ("subsidy.claim", marked("%(number)s 已撤回")),
    "files": ("subsidy.claim", marked("%(number)s 的材料已加上")),
    "drop_file": ("subsidy.claim", marked("%(number)s 的材料已去掉")),
    "receipt": ("subsidy.claim", marked("%(number)s 的凭证已加上，金额重新算过")),
    "drop_receipt": ("subsidy.claim", marked("%(number)s 的凭证已去掉，金额重新算过")),
    "check": ("subsidy.check", marked("%(number)s 初审通过，等批准")),
    "return": ("", marked("%(number)s 已退回补正")),
    "refuse": ("", marked("%(number)s 已记为不予补贴")),
    "approve": ("subsidy.approve", marked("%(number)s 已批准，等拨付")),
    "pay": ("subsidy.pay", marked("%(number)s 的拨付已记下")),
    "recover": ("subsidy.pay", marked("%(number)s 的追回已记下，等另一个人确认")),
    "confirm_recovery": ("subsidy.approve", marked("%(number)s 的追回已确认")),
    "end_recovery": ("", marked("%(number)s 的这笔追回不记了")),
}


def services(what: str, row: SubsidyClaim, form: StepForm, known: dict) -> Callable[[], SubsidyClaim]:
    """The one service of the step."""
    more = form.values()
    if what in ("drop_file", "drop_receipt"):
        return lambda: getattr(subsidies, what)(row, form.cleaned_data["pk"], **known)
    if what in ("confirm_recovery", "end_recovery"):
        return lambda: getattr(subsidy_money, what)(row, form.cleaned_data["pk"], **known)
    if what == "files":
        return lambda: subsidies.add_files(row, more["files"], **known)
    if what in ("pay", "recover"):
        return lambda: getattr(subsidy_money, what)(row, **more, **known)
    name = {"return": "send_back", "receipt": "add_receipt"}.get(what, what)
    return lambda: getattr(subsidies, name)(row, **more, **known)


@require_POST
def subsidy_step(request, district, pk):
    """One step of a claim; a refusal stands at its field on the claim's page."""
    what, actor = request.POST.get("what", ""), request.actor
    if what not in STEPS:
        actor.demand("subsidy.view")
        raise Refused(_("要做什么：从页面上的按钮里选"), field="what", code="what")
    right, words = STEPS[what]
    if right:
        actor.demand(right)
    elif not (actor.may("subsidy.check") or actor.may("subsidy.approve")):
        actor.demand("subsidy.check")  # who sends back, refuses, or strikes a recovery out
    row = fetched(request, pk)
    form = StepForm(request.POST, request.FILES, what=what)
    if form.is_valid():
        known = {"version": form.cleaned_data["version"] or 0, "actor": actor}
        try:
            row = services(what, row, form, known)()
        except Refused as refused:
            refuse(form, refused)
            row = fetched(request, pk)
        else:
            tell(request, _(words) % {"number": row})
            return redirect("subsidy", district, pk)
    return _page(request, row, what, form)


def file_of(request, model, pk: int):
    request.actor.demand("subsidy.view")
    claims = SubsidyClaim.objects.allowed(request.actor, "subsidy.view")
    return file_response(
        get_object_or_404(model.objects.filter(claim__in=claims).select_related("file"), pk=pk).file
    )


@require_GET
def subsidy_file(request, district, pk):
    """A paper, for whoever sees the claim."""
    return file_of(request, SubsidyFile, pk)


@require_GET
def subsidy_receipt(request, district, pk):
    """A receipt, for whoever sees the claim."""
    return file_of(request, SubsidyReceipt, pk)
