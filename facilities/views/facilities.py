"""The register of facilities: the list, a facility's file, registration and changes."""

from __future__ import annotations

from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from facilities import completeness, credit, filing_card
from facilities.forms.facilities import FacilityFilter, FacilityForm, NewFacilityForm, StateForm
from facilities.lists import facilities as lists
from facilities.models import Employment, Facility, FacilityTransition
from facilities.models.credit import listing
from facilities.paging import AtLeast, counts, paged
from facilities.rules import life
from facilities.rules.states import FACILITY
from facilities.services import facilities as services
from facilities.views.rows import SHAPES, FacilityRows, StaffRows, clock
from facilities.views.rulebook_rows import rules_of
from portal.dossier import leaf
from portal.middleware import tell
from portal.models.places import Street
from portal.navigation import REGISTRY
from portal.rules.machine import marked
from portal.views.files import file_response
from portal.views.forms import accepted

#: Saved searches above the list: (words, conditions).
VIEWS = (
    (marked("全部"), {}),
    (marked("在办"), {"state": ["operating"]}),
    (marked("托幼一体"), {"kind": ["integrated_kindergarten"], "state": ["operating"]}),
    (marked("宝宝屋"), {"kind": ["baby_house"], "state": ["operating"]}),
    (marked("普惠"), {"inclusive": "yes", "state": ["operating"]}),
    (marked("风险 C、D"), {"grade": ["C", "D"], "state": ["operating"]}),
    (marked("筹建与暂停"), {"state": ["preparing", "filed", "suspended"]}),
)
UNREAD = ("search_text",)
STAFF_SHOWN, EVENTS_SHOWN = 12, 12


def fetched(request, pk, right: str = "facility.view") -> Facility:
    found = (
        Facility.objects.allowed(request.actor, right)
        .select_related("street", "operator")
        .annotate(listing=listing())
        .defer(*UNREAD)
        .filter(pk=pk)
        .first()
    )
    if found is None:
        raise Http404
    return found


def query_of(conditions: dict) -> str:
    listed = {key: values if isinstance(values, list) else [values] for key, values in conditions.items()}
    pairs = [f"{key}={value}" for key, values in listed.items() for value in values]
    return f"?{'&'.join(pairs)}" if pairs else "?"


def same(conditions: dict, wanted: dict) -> bool:
    """Whether the filter bar holds just these conditions."""

    def plain(found: dict) -> dict:
        return {k: sorted(v) if isinstance(v, list) else v for k, v in found.items() if v}

    return plain(conditions) == plain(wanted)


@require_GET
def facility_list(request, district):
    """The register: saved searches, conditions, sorted, paged by key; the address is the state."""
    actor, on = request.actor, timezone.localdate()
    actor.demand("facility.view")
    streets = list(Street.objects.only("id", "name"))
    form = FacilityFilter(request.GET, streets=streets)
    form.is_valid()
    wanted = dict(form.cleaned_data)
    reached = Facility.objects.allowed(actor, "facility.view")
    here, broad = lists.facilities(reached, wanted, on)
    others = [(words, lists.facilities(reached, c, on)[0]) for words, c in VIEWS if not same(c, wanted)]
    # what costs as much to count as to list is counted in a small register only
    dear = broad or bool(wanted.get("expiring"))
    found = counts([queryset for _words, queryset in others] + ([] if dear else [here]))
    total = None if dear else found.pop()
    if wanted.get("expiring") and not broad and not isinstance(found[0], AtLeast):
        total = counts([here])[0]
    numbers = dict(zip([words for words, _queryset in others], found, strict=True))
    shown = here.only(*lists.FACILITY_COLUMNS).annotate(listing=listing())
    page = paged(shown, lists.FACILITY_SORTS, request.GET, default="code", total=total)
    names = {street.pk: street.name for street in streets}
    with_staff = actor.may("staff.view")
    ids = [row.pk for row in page.rows]
    crews = lists.crews(ids, on, lists.yardstick(on).kinds) if with_staff else {}
    rows = FacilityRows(district, names, on)
    return render(
        request,
        "facilities/list.html",
        {
            "form": form,
            "page": page,
            "total": total,
            "rows": [rows.row(f, crews.get(f.pk)) for f in page.rows],
            "views": [
                {
                    "label": _(words),
                    "url": query_of(conditions),
                    "count": numbers.get(words, total),
                    "current": words not in numbers,
                }
                for words, conditions in VIEWS
            ],
            "with_staff": with_staff,
            "operating": numbers.get(VIEWS[1][0], total),
            "may_register": actor.may("facility.manage"),
            "problems": [f"{form[name].label}：{' '.join(texts)}" for name, texts in form.errors.items()],
            "searched": wanted.get("q", ""),
        },
    )


def gap_lines(facility: Facility, on) -> list[dict]:
    """What the file lacks or what in it ends soon, with the page that mends it."""
    row = completeness.with_file(Facility.objects.filter(pk=facility.pk), on).get()
    return [
        {"words": _(life.GAPS[gap.key]), "state": gap.state, "due": gap.due, "url": mended(facility, gap)}
        for gap in completeness.gaps(row, on)
    ]


def mended(facility: Facility, gap: life.Gap) -> str:
    section = life.MENDED.get(gap.key)
    slug = facility.district.slug
    if section is None:
        return reverse("facility-edit", args=[slug, facility.pk])
    return reverse("facility-records", args=[slug, facility.pk]) + f"#{section}"


@require_GET
def facility_page(request, district, pk):
    """One facility's file: facts, people, what ends, what happened."""
    actor, on = request.actor, timezone.localdate()
    facility = fetched(request, pk)
    facility.district = request.district
    measure = lists.yardstick(on)
    people, dues = [], []
    with_staff = Facility.objects.allowed(actor, "staff.view").filter(pk=facility.pk).exists()
    if with_staff:
        work = lists.with_records(Employment.objects.filter(facility=facility).open_on(on), on)
        people = lists.standings(list(work.order_by("staff__code")[:200]), on, measure)
        dues = [
            {
                **clock(s.certificate_until, s.certificate_kind, on),
                "who": s.employment.staff,
                "post": s.employment,
            }
            for s in people
            if s.certificate_until and (s.certificate_until - on).days <= 90
        ]
    if facility.insured_until and (facility.insured_until - on).days <= 365:
        dues.append({**clock(facility.insured_until, "insurance", on), "who": None})
    dues.sort(key=lambda due: due["ends_on"])
    for due in dues:
        due["share"] = max(2, min(100, 100 * due["left"] / 90))
    rows = StaffRows(district, {}, on, measure)
    bad = [s for s in people if s.state == "bad"]
    crew = len(people)
    manage = Facility.objects.allowed(actor, "facility.keep").filter(pk=facility.pk).exists()
    return render(
        request,
        "facilities/facility.html",
        {
            "facility": facility,
            "shape": SHAPES[facility.state],
            "with_staff": with_staff,
            "people": [
                rows.row(s)
                for s in sorted(people, key=lambda s: ("bad", "warn", "doing", "ok").index(s.state))[
                    :STAFF_SHOWN
                ]
            ],
            "columns": rows,
            "crew": crew,
            "certified": sum(s.certificates in ("ok", "soon") for s in people),
            "skilled": sum(not s.short_skills for s in people),
            "ethical": sum(not s.short_ethics for s in people),
            "checked": sum(s.check == "ok" for s in people),
            "bad": bad,
            "dues": dues[:8],
            "filed": filing_card.card(facility, actor),
            "rulebook": rules_of(request, district, facility, on),
            "measure": measure,
            "classes": facility.classes.filter(ended_on__isnull=True),
            "history": leaf(REGISTRY.dossier(), facility, actor, size=EVENTS_SHOWN).events,
            "said": REGISTRY.facts_of(facility, actor),
            "share": 100 * facility.enrolled / facility.places,
            "may_keep": manage and facility.state != "closed",
            "may_manage": actor.may("facility.manage"),
            "see_emergency": actor.may("emergency.view"),
            "see_children": Facility.objects.allowed(actor, "child.view").filter(pk=facility.pk).exists(),
            "may_hire": actor.may("staff.manage") and with_staff and facility.state != "closed",
            "gaps": gap_lines(facility, on) if manage and facility.state != "closed" else [],
            "open_proposal": facility.proposals.filter(state="proposed").first() if manage else None,
            "see_grade": Facility.objects.allowed(actor, "grade.view").filter(pk=facility.pk).exists(),
            "actions": FACILITY.actions(facility.state),
            **credit.of_facility(facility, actor),
        },
    )


@require_http_methods(["GET", "POST"])
def facility_new(request, district):
    request.actor.demand("facility.manage")
    form = NewFacilityForm(request.POST if request.method == "POST" else None, streets=Street.objects.all())
    if request.method == "POST":
        made = accepted(
            form,
            lambda: services.register_facility(
                actor=request.actor, state=form.cleaned_data["state"], **form.values()
            ),
        )
        if made:
            tell(request, _("已登记 %(code)s %(name)s") % {"code": made.code, "name": made.name})
            return redirect("facility", district, made.pk)
    return render(
        request,
        "facilities/form.html",
        {"form": form, "groups": groups(form)},
        status=422 if request.method == "POST" else 200,
    )


#: Groups of the form: (heading, fields).
GROUPS = (
    (marked("机构"), ("name", "state", "kind", "ownership", "inclusive", "operator", "credit_code")),
    (marked("地点"), ("street", "address", "latitude", "longitude", "usable_area", "opened_on")),
    (
        marked("托位与服务"),
        ("places", "enrolled", "full_day", "half_day", "hourly", "opens_at", "closes_at", "meals"),
    ),
    (marked("联系"), ("head", "phone")),
    (
        marked("安全与公示"),
        (
            "cameras",
            "video_days",
            "video_connected",
            "alarm_buttons",
            "alarm_connected",
            "insured_until",
            "fees_published_on",
        ),
    ),
)


def groups(form, facility: Facility | None = None) -> list[dict]:
    """The form's fields under their headings; what the district owns comes as words for those who may not write it."""
    found = []
    for heading, names in GROUPS:
        fields = [
            {"field": form[name]}
            if name in form.fields
            else {"label": Facility._meta.get_field(name).verbose_name, "value": shown(facility, name)}
            for name in names
            if name in form.fields or (facility is not None and name != "state")
        ]
        read_only = any("value" in field for field in fields)
        found.append({"heading": _(heading), "fields": fields, "read_only": read_only})
    return found


def shown(facility: Facility, name: str) -> str:
    value = getattr(facility, name)
    if value is True or value is False:
        return _("是") if value else _("否")
    if value in (None, ""):
        return "—"
    display = getattr(facility, f"get_{name}_display", None)
    return str(display() if display else value)


@require_http_methods(["GET", "POST"])
def facility_edit(request, district, pk):
    """Changes of facts; the second of two who save gets the first one's change told, and the present values."""
    facility = fetched(request, pk, "facility.keep")
    owns = request.actor.may("facility.manage")
    form = FacilityForm(
        request.POST if request.method == "POST" else None,
        instance=facility,
        streets=Street.objects.all(),
        district_fields=owns,
    )
    if request.method == "POST":
        done = accepted(
            form,
            lambda: services.change_facility(
                facility, actor=request.actor, version=form.cleaned_data["version"] or 0, **form.values()
            ),
        )
        if done:
            tell(request, _("%(name)s的资料已存") % {"name": done.name})
            return redirect("facility", district, pk)
        refused = getattr(form, "refused", None)
        if refused is not None and refused.code == "stale":
            fresh = fetched(request, pk)
            again = FacilityForm(instance=fresh, streets=Street.objects.all(), district_fields=owns)
            return render(
                request,
                "facilities/form.html",
                {
                    "form": again,
                    "facility": fresh,
                    "groups": groups(again, fresh),
                    "conflict": refused.message,
                },
                status=409,
            )
    return render(
        request,
        "facilities/form.html",
        {"form": form, "facility": facility, "groups": groups(form, facility), "owns": owns},
        status=422 if request.method == "POST" else 200,
    )


@require_http_methods(["GET", "POST"])
def facility_state(request, district, pk):
    """A change of state: the dialog of the file posts here; without scripts this page asks the same."""
    request.actor.demand("facility.manage")
    facility = fetched(request, pk, "facility.manage")
    form = StateForm(
        request.POST if request.method == "POST" else None,
        request.FILES if request.method == "POST" else None,
        state=facility.state,
        initial={"on": timezone.localdate(), "version": facility.version},
    )
    if request.method == "POST":
        done = accepted(
            form,
            lambda: services.move_state(
                facility,
                form.cleaned_data["action"],
                actor=request.actor,
                on=form.cleaned_data["on"],
                reason=form.cleaned_data["reason"],
                document=form.cleaned_data["document"],
                upload=form.cleaned_data["upload"],
                version=form.cleaned_data["version"],
            ),
        )
        if done:
            tell(
                request,
                _("%(name)s现在是“%(state)s”") % {"name": done.name, "state": done.get_state_display()},
            )
            return redirect("facility", district, pk)
    facts = completeness.life_facts(facility, timezone.localdate())
    return render(
        request,
        "facilities/state.html",
        {
            "form": form,
            "facility": facility,
            "shape": SHAPES[facility.state],
            "needs": [
                (
                    _(transition.label),
                    [
                        (_(n.words), facts[n.fact], n.hard)
                        for n in life.needs(transition.action, facility.kind)
                    ],
                )
                for transition in FACILITY.actions(facility.state)
            ],
            "transitions": facility.transitions.select_related("by", "file").order_by("-on", "-pk"),
        },
        status=status_of(request, form),
    )


@require_GET
def transition_file(request, district, pk):
    """The paper behind a change of state."""
    request.actor.demand("facility.view")
    found = (
        FacilityTransition.objects.filter(
            pk=pk, facility__in=Facility.objects.allowed(request.actor, "facility.view")
        )
        .select_related("file")
        .first()
    )
    if found is None or found.file is None:
        raise Http404
    return file_response(found.file)


def status_of(request, form) -> int:
    if request.method != "POST":
        return 200
    refused = getattr(form, "refused", None)
    return refused.status if refused is not None and refused.status == 409 else 422
