"""The register of inspectors with who is in next month's pool, one inspector with interests, two freezings compared."""

from __future__ import annotations

from datetime import date

from django.db.models import Count, Prefetch, Q
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from inspections.forms.inspectors import EndForm, InspectorForm, InterestForm
from inspections.models import Draw, Inspector, InspectorStreet, Interest
from inspections.rules import inspectors as rules
from inspections.services import draw_summary, freeze_changes, month, pools
from inspections.services import inspectors as services
from inspections.views.draws import visible_draw
from portal.access import Actor
from portal.middleware import tell
from portal.views.forms import accepted, status_of

TABS = ("all", "in", "out")


def lines(actor: Actor, query, on: date) -> list[dict]:
    """Inspectors with their place in next month's pool, as the tab of the address asks for."""
    year, number = month.months_to_see(on)[1]
    first, last = pools.month_days(year, number)
    rows = (
        Inspector.objects.allowed(actor, "inspector.view")
        .select_related("unit")
        .annotate(
            barred=Count(
                "interests", filter=Q(interests__ends_on__isnull=True) | Q(interests__ends_on__gte=on)
            )
        )
        .prefetch_related(
            Prefetch(
                "streets",
                queryset=InspectorStreet.objects.select_related("street").order_by("street__code"),
            )
        )
        .order_by("code")
    )
    found = []
    for row in rows:
        streets = [one.street.name for one in row.streets.all()]
        key = rules.out_of_pool(row.active, row.licence_from, row.licence_until, len(streets), first, last)
        found.append(
            {
                "row": row,
                "streets": streets,
                "out": key,
                "word": _(rules.OUT[key]) if key else _("在名单里"),
                "state": "ok" if not key else "none" if key == "inactive" else "warn",
            }
        )
    tab = tab_of(query)
    return [one for one in found if tab == "all" or bool(one["out"]) == (tab == "out")]


def tab_of(query) -> str:
    return query.get("tab", "") if query.get("tab", "") in TABS else "all"


@require_GET
def inspectors(request, district):
    """The register, for who may see it; an inspector sees the own line."""
    request.actor.demand("inspector.view")
    on = timezone.localdate()
    everybody = lines(request.actor, {}, on)
    out = sum(bool(one["out"]) for one in everybody)
    tab = tab_of(request.GET)
    counts = {"all": len(everybody), "in": len(everybody) - out, "out": out}
    labels = {"all": _("全部"), "in": _("在下月名单里"), "out": _("不在下月名单里")}
    context = {
        "lines": lines(request.actor, request.GET, on),
        "month": month.months_to_see(on)[1][1],
        "tabs": [
            {"label": labels[one], "url": f"?tab={one}", "count": counts[one], "current": one == tab}
            for one in TABS
        ],
        "may_manage": request.actor.may("inspector.manage"),
    }
    return render(request, "inspections/inspectors.html", context)


def inspector_of(request, pk: int, right: str = "inspector.view") -> Inspector:
    request.actor.demand("inspector.view")
    rows = Inspector.objects.allowed(request.actor, right).select_related("unit", "user")
    return get_object_or_404(rows, pk=pk)


@require_GET
def inspector(request, district, pk):
    """One: licence, streets, interests declared and derived."""
    return inspector_page(request, inspector_of(request, pk))


def inspector_page(request, row: Inspector, form: InterestForm | None = None):
    on, actor = timezone.localdate(), request.actor
    interests = list(row.interests.select_related("facility", "employer").order_by("-starts_on", "pk"))
    for one in interests:
        one.here = one.starts_on <= on and (one.ends_on is None or one.ends_on >= on)
    declares = Inspector.objects.allowed(actor, "interest.declare").filter(pk=row.pk).exists()
    names = [one.street.name for one in row.streets.select_related("street").order_by("street__code")]
    year, number = month.months_to_see(on)[1]
    key = rules.out_of_pool(
        row.active, row.licence_from, row.licence_until, len(names), *pools.month_days(year, number)
    )
    context = {
        "inspector": row,
        "streets": names,
        "month": number,
        "out": _(rules.OUT[key]) if key else "",
        "left": (row.licence_until - on).days,
        "interests": interests,
        "employers": list(row.employers.all()),
        "derived": services.derived(row, actor=actor, on=on),
        "may_manage": actor.may("inspector.manage"),
        "may_end": actor.may("interest.end"),
        "form": form or (InterestForm(initial={"starts_on": on}) if declares else None),
    }
    status = status_of(form) if form else 200
    return render(request, "inspections/inspector.html", context, status=status)


def form_page(request, form, title: str, verb: str, back: str):
    context = {"form": form, "over": _("检查人员"), "back": back, "title": title, "verb": verb}
    return render(request, "facilities/small_form.html", context, status=status_of(form))


@require_http_methods(["GET", "POST"])
def inspector_new(request, district):
    request.actor.demand("inspector.manage")
    form = InspectorForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        made = accepted(form, lambda: services.enter_inspector(actor=request.actor, **form.facts()))
        if made:
            tell(request, _("已登记检查人员 %(code)s") % {"code": made.code})
            return redirect("inspector", district, made.pk)
    back = reverse("inspectors", args=[district])
    return form_page(request, form, _("登记检查人员"), _("登记检查人员"), back)


@require_http_methods(["GET", "POST"])
def inspector_edit(request, district, pk):
    row = inspector_of(request, pk, "inspector.manage")
    names = ("name", "licence_number", "licence_from", "licence_until", "active", "version")
    initial = {name: getattr(row, name) for name in names} | {
        "unit": row.unit_id,
        "user": row.user_id,
        "expertise": _("、").join(row.expertise),
        "streets": list(row.streets.values_list("street_id", flat=True)),
    }
    form = InspectorForm(request.POST if request.method == "POST" else None, initial=initial, known=True)
    if request.method == "POST":
        done = accepted(
            form,
            lambda: services.change_inspector(
                row, actor=request.actor, version=form.cleaned_data["version"] or 0, **form.facts()
            ),
        )
        if done:
            tell(request, _("%(code)s 的资料已存") % {"code": row.code})
            return redirect("inspector", district, pk)
    back = reverse("inspector", args=[district, pk])
    return form_page(request, form, row.code, _("存下变更"), back)


@require_POST
def interest_declare(request, district, pk):
    """The inspector's own interest, or one that the bureau enters."""
    row = inspector_of(request, pk, "interest.declare")
    form = InterestForm(request.POST)
    done = accepted(
        form,
        lambda: services.declare_interest(
            row,
            form.cleaned_data["facility"],
            actor=request.actor,
            **{name: form.cleaned_data[name] for name in ("kind", "starts_on", "ends_on", "note")},
        ),
    )
    if done is None:
        return inspector_page(request, row, form)
    tell(request, _("已申报，冻结名单时回避 %(name)s") % {"name": done.facility.name})
    return redirect("inspector", district, pk)


@require_POST
def interest_end(request, district, pk, interest):
    """The last day of an interest."""
    row = inspector_of(request, pk)
    found = get_object_or_404(Interest, pk=interest, inspector=row)
    form = EndForm(request.POST)
    request.actor.demand("interest.end")
    done = accepted(
        form,
        lambda: services.end_interest(found, actor=request.actor, ends_on=form.cleaned_data["ends_on"]),
    )
    if done is None:
        return form_page(
            request, form, _("这条关系到哪天止"), _("存下止日"), reverse("inspector", args=[district, pk])
        )
    tell(request, _("已记下止日"))
    return redirect("inspector", district, pk)


def compared(draw: Draw, actor: Actor) -> tuple[Draw, list[freeze_changes.Change]]:
    earlier = freeze_changes.before(draw)
    if earlier is None:
        raise Http404
    return earlier, freeze_changes.changes(draw, earlier, visited=not draw_summary.veiled(draw, actor))


STATES = {"came": "ok", "left": "none", "changed": "doing"}


def change_words() -> dict[str, str]:
    return {"came": _("新进名单"), "left": _("不在名单"), "changed": _("有变化")}


@require_GET
def draw_changes(request, district, pk):
    """What is other in this freezing than in the one before it."""
    draw = visible_draw(request, pk)
    earlier, found = compared(draw, request.actor)
    words = change_words()
    context = {
        "draw": draw,
        "earlier": earlier,
        "parts": [
            (label, kind, [(one, STATES[one.what], words[one.what]) for one in found if one.kind == kind])
            for label, kind in ((_("机构"), "facility"), (_("检查人员"), "inspector"))
        ],
        "veiled": draw_summary.veiled(draw, request.actor),
    }
    return render(request, "inspections/draw_changes.html", context)
