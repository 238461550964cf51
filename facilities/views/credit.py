"""The credit record: the list, an entry with its steps, its papers, and what anybody may read."""

from __future__ import annotations

from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from facilities import credit
from facilities.forms.credit import CreditFilter, EntryForm, StepForm
from facilities.models import CreditEntry, CreditRequest
from facilities.paging import counts, paged
from facilities.rules import credit as rules
from facilities.services import credit as services
from facilities.services import credit_requests
from facilities.views.facilities import fetched, query_of, same
from facilities.views.staff import sent
from portal.middleware import tell
from portal.models.places import District, Street
from portal.rules.machine import marked
from portal.views.files import file_response
from portal.views.forms import accepted, status_of

#: Saved searches above the list: (words, conditions).
VIEWS = (
    (marked("全部"), {}),
    (marked("联合惩戒名单"), {"kind": ["discipline"], "state": ["in_force"]}),
    (marked("联合激励名单"), {"kind": ["incentive"], "state": ["in_force"]}),
    (marked("行政处罚"), {"kind": ["penalty"], "state": ["in_force"]}),
    (marked("违背承诺"), {"kind": ["promise"], "state": ["in_force"]}),
    (marked("荣誉"), {"kind": ["honour"], "state": ["in_force"]}),
    (marked("告知中"), {"state": ["noticed"]}),
    (marked("申请待答复"), {"request": "open"}),
)
DRAFTS = (marked("待审定"), {"state": ["proposed"]})
SORTS = {
    "number": (("pk", int),),
    "facility": (("facility__code", str), ("pk", int)),
}


@require_GET
def credit_list(request, district):
    """Entries by condition, the newest first; for an operator the own ones."""
    actor = request.actor
    actor.demand("credit.view")
    form = CreditFilter(request.GET, streets=list(Street.objects.only("id", "name")))
    form.is_valid()
    wanted = dict(form.cleaned_data)
    reached = credit.rows(actor)
    here, broad = credit.filtered(reached, wanted)
    views = [*VIEWS, DRAFTS] if actor.may("credit_draft.view") else list(VIEWS)
    others = [(words, credit.filtered(reached, c)[0]) for words, c in views if not same(c, wanted)]
    found = counts([queryset for _words, queryset in others] + ([] if broad else [here]))
    total = None if broad else found.pop()
    numbers = dict(zip([words for words, _queryset in others], found, strict=True))
    page = paged(here, SORTS, request.GET, default="-number", total=total)
    return render(
        request,
        "facilities/credit.html",
        {
            "form": form,
            "page": page,
            "total": total,
            "rows": [(row, credit.shape(row), row.get_state_display()) for row in page.rows],
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
            "may_propose": actor.may("credit.propose"),
        },
    )


@require_http_methods(["GET", "POST"])
def credit_new(request, district, pk):
    """Enters a decision about one facility."""
    request.actor.demand("credit.propose")
    facility = fetched(request, pk)
    grounds = CreditEntry.objects.standing().filter(facility=facility, kind__in=rules.GROUNDS)
    form = EntryForm(*sent(request), grounds=grounds.order_by("-pk")[:100])
    if request.method == "POST":
        made = accepted(form, lambda: services.propose(facility, actor=request.actor, **form.values()))
        if made:
            tell(request, _("已录入 %(number)s，等单位负责人审定") % {"number": made.number})
            return redirect("credit-entry", district, made.pk)
    return render(
        request,
        "facilities/small_form.html",
        {
            "form": form,
            "title": _("录入诚信记录"),
            "verb": _("录入，交单位负责人审定"),
            "leave": _("先不录入"),
            "over": facility.name,
            "about": facility,
            "back": reverse("facility", args=[district, pk]),
            "action": reverse("credit-new", args=[district, pk]),
            "notice": _(
                "处罚、违背承诺和联合惩戒审定后先告知机构，异议期满才生效；荣誉和联合激励审定后就生效。"
            ),
            "groups": [
                {"heading": _("决定"), "fields": [form[n] for n in ("kind", "matter", "ground", "title")]},
                {
                    "heading": _("文书"),
                    "fields": [
                        form[n] for n in ("authority", "document", "decided_on", "until", "facts", "upload")
                    ],
                },
            ],
        },
        status=status_of(form),
    )


def entry_of(request, pk) -> CreditEntry:
    return get_object_or_404(
        CreditEntry.objects.known_to(request.actor)
        .select_related("facility__street", "file", "notice_file", "ground", "entered_by", "confirmed_by")
        .defer("facility__search_text"),
        pk=pk,
    )


@require_http_methods(["GET", "POST"])
def credit_entry(request, district, pk):
    """One entry: the decision, its course, what is asked of it, and the next step for whoever may take it."""
    entry = entry_of(request, pk)
    form = StepForm(*sent(request))
    if request.method == "POST":
        sentence = accepted(form, lambda: take(request, entry, form.values()))
        if sentence:
            tell(request, sentence)
            return redirect("credit-entry", district, pk)
    actor, on = request.actor, timezone.localdate()
    asked = list(entry.requests.select_related("asked_by", "decided_by", "file"))
    waits = next((one for one in asked if one.state == "open"), None)
    first = [waits.asked_by, entry.entered_by] if waits else [entry.entered_by]
    own = any(actor.same_person(one) for one in first)
    return render(
        request,
        "facilities/credit_entry.html",
        {
            "entry": entry,
            "shape": credit.shape(entry),
            "form": form,
            "asked": [(one, REQUEST_SHAPES[one.state]) for one in asked],
            "waits": waits,
            "own": own,
            "may_confirm": entry.state == "proposed" and actor.may("credit.confirm"),
            "may_decide": waits is not None and actor.may("credit.decide"),
            "may_withdraw": waits is not None
            and may(actor, entry, waits.kind)
            and credit_requests.may_withdraw(waits, actor),
            "may_ask": [kind for kind in rules.ASKED if waits is None and possible(actor, entry, kind, on)],
            "resting": entry.rests.exclude(state__in=("proposed", "declined")),
            "who": actor.may("credit_draft.view"),
        },
        status=status_of(form),
    )


REQUEST_SHAPES = {"open": "doing", "granted": "ok", "refused": "bad", "withdrawn": "none"}


def may(actor, entry: CreditEntry, kind: str) -> bool:
    right = "credit.release" if kind == rules.RELEASE else "credit.ask"
    return actor.may(right) and CreditEntry.objects.allowed(actor, right).filter(pk=entry.pk).exists()


def possible(actor, entry: CreditEntry, kind: str, on) -> bool:
    """Whether the actor may ask for this today."""
    _action, states, kinds = rules.ASKED[kind]
    if entry.state not in states or entry.kind not in kinds:
        return False
    if kind == rules.REPAIR and (entry.repair_from is None or on < entry.repair_from):
        return False
    if entry.state == "noticed" and entry.objection_until and on > entry.objection_until:
        return False
    return may(actor, entry, kind)


def take(request, entry: CreditEntry, values: dict) -> str:
    """Takes the step and answers what to say of it."""
    actor, what, note = request.actor, values["what"], values["note"]
    if what in ("confirm", "decline"):
        done = getattr(services, what)(entry, actor=actor, note=note)
        return f"{done.number}：{done.get_state_display()}"
    if what in rules.ASKED:
        made = credit_requests.ask(entry, what, actor=actor, reason=note, upload=values["upload"])
        return _("%(what)s已送出，等答复") % {"what": made.get_kind_display()}
    right = "credit.decide" if what != "withdraw" else None
    if right:
        actor.demand(right)
    waits = entry.requests.filter(state="open").select_related("entry", "asked_by").first()
    if waits is None:
        waits = entry.requests.select_related("entry", "asked_by").order_by("-pk").first()
    if waits is None:
        raise Http404
    if what == "withdraw":
        done = credit_requests.withdraw(waits, actor=actor)
    else:
        done = getattr(credit_requests, what)(waits, actor=actor, answer=note)
    return f"{done.get_kind_display()}：{done.get_state_display()}"


@require_GET
def credit_file(request, district, pk, field):
    """The decision, or the paper that told the facility; for those who see the entry."""
    found = getattr(entry_of(request, pk), field)
    if found is None:
        raise Http404
    return file_response(found)


@require_GET
def credit_request_file(request, district, pk):
    found = get_object_or_404(CreditRequest.objects.select_related("file"), pk=pk)
    entry_of(request, found.entry_id)
    if found.file is None:
        raise Http404
    return file_response(found.file)


#: What the public page shows, in this order.
PUBLIC = (
    (
        rules.DISCIPLINE,
        marked("失信联合惩戒名单"),
        marked("列入的依据、期限和认定单位都在这里。机构可以提异议，纠正后可以申请修复。"),
    ),
    (rules.PENALTY, marked("行政处罚"), marked("公示期满或修复以后不再公示。")),
    (rules.PROMISE, marked("违背承诺"), marked("机构自己作出的承诺没有做到。")),
    (rules.INCENTIVE, marked("守信联合激励名单"), marked("守信的机构，区里各部门一起鼓励。")),
    (rules.HONOUR, marked("荣誉表彰"), ""),
)
PUBLIC_ROWS = 200


@require_GET
def public_credit(request, district):
    """Both lists, penalties, broken promises and honours in force, without sign-in, in public_scope."""
    place = get_object_or_404(District, slug=district, level=District.Level.DISTRICT)
    rows = (
        CreditEntry.objects.filter(district=place)
        .select_related("facility")
        .only(*CreditEntry.public_columns, "facility__name", "facility__address", "facility__district")
    )
    parts = []
    for kind, words, about in PUBLIC:
        found = list(rows.filter(kind=kind).order_by("-starts_on", "-pk")[: PUBLIC_ROWS + 1])
        parts.append(
            {
                "kind": kind,
                "heading": _(words),
                "about": _(about) if about else "",
                "shape": rules.SHAPES[kind],
                "rows": found[:PUBLIC_ROWS],
                "more": len(found) > PUBLIC_ROWS,
            }
        )
    return render(request, "public/credit.html", {"public_district": place, "parts": parts})
