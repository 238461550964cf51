"""Places that must have a nursing room: the list, one place, entering and changing it, each street's coverage."""

from __future__ import annotations

from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from facilities.paging import counts, paged
from facilities.views.records import posted
from guidance.forms.resources import NursingForm
from guidance.lists import nursing as lists
from guidance.models import NursingPlace
from guidance.rules import nursing as rules
from guidance.rules.states import NURSING
from guidance.services import nursing as services
from guidance.views.tabs import tabs
from portal.choices import in_language
from portal.middleware import tell
from portal.models.places import Street
from portal.views.forms import accepted, status_of

SHAPES = {"none": "bad", "planned": "doing", "open": "ok"}


@require_GET
def places(request, district):
    actor = request.actor
    actor.demand("nursing_place.view")
    rows, street, kind, state = lists.shown(actor, request.GET)
    page = paged(rows, lists.SORTS, request.GET, default="code", total=counts([rows])[0])
    streets = list(Street.objects.allowed(actor, lists.VIEW).order_by("code").only("pk", "name"))
    names = {one.pk: one.name for one in streets}
    return render(
        request,
        "guidance/nursing_places.html",
        {
            "tabs": tabs(request, "nursing-places"),
            "page": page,
            "rows": [(row, names.get(row.street_id, ""), SHAPES[row.state]) for row in page.rows],
            "streets": streets,
            "street": street,
            "kinds": in_language(rules.KINDS.items()),
            "kind": kind,
            "states": in_language(NURSING.states.items()),
            "state": state,
            "ended": request.GET.get("ended") == "on",
            "may_manage": actor.may(lists.MANAGE),
        },
    )


@require_GET
def coverage(request, district):
    request.actor.demand("nursing_place.view")
    rows = lists.coverage(request.actor)
    whole = {key: sum(one[key] for one in rows) for key in ("n", "open", "planned", "without")}
    whole["percent"] = round(100 * whole["open"] / whole["n"], 1) if whole["n"] else None
    return render(
        request,
        "guidance/nursing_coverage.html",
        {"tabs": tabs(request, "nursing-places"), "rows": rows, "whole": whole},
    )


def fetched(request, pk: int, right: str) -> NursingPlace:
    row = NursingPlace.objects.allowed(request.actor, right).select_related("street").filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


@require_GET
def place(request, district, pk):
    row = fetched(request, pk, lists.VIEW)
    may = NursingPlace.objects.allowed(request.actor, lists.MANAGE).filter(pk=pk).exists()
    context = {"place": row, "shape": SHAPES[row.state], "may_manage": may}
    return render(request, "guidance/nursing_place.html", context)


@require_http_methods(["GET", "POST"])
def place_new(request, district):
    request.actor.demand("nursing_place.manage")
    return kept(request, None)


@require_http_methods(["GET", "POST"])
def place_edit(request, district, pk):
    return kept(request, fetched(request, pk, lists.MANAGE))


def kept(request, row: NursingPlace | None):
    slug = request.district.slug
    form = NursingForm(
        *posted(request),
        row=row,
        streets=Street.objects.allowed(request.actor, lists.MANAGE).order_by("code"),
        initial=None if row else {"listed_on": timezone.localdate()},
    )
    if request.method == "POST":

        def keep():
            values = form.values()
            version = values.pop("version")
            version = None if row is None else version or 0
            return services.keep_place(row, actor=request.actor, version=version, **values)

        done = accepted(form, keep)
        if done:
            tell(request, _("%(name)s的资料已存") % {"name": done.name})
            return redirect("nursing-place", slug, done.pk)
    here = "nursing-place-new" if row is None else "nursing-place-edit"
    return render(
        request,
        "facilities/small_form.html",
        {
            "form": form,
            "title": _("登记应配置的场所") if row is None else row.name,
            "verb": _("登记") if row is None else _("存下变更"),
            "leave": _("先不登记") if row is None else "",
            "over": _("母婴设施") if row is None else row.name,
            "back": reverse("nursing-places", args=[slug])
            if row is None
            else reverse("nursing-place", args=[slug, row.pk]),
            "action": reverse(here, args=[slug] if row is None else [slug, row.pk]),
        },
        status=status_of(form),
    )
