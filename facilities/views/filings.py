"""Filings: the list, the task list of one, its sections field by field, its files."""

from __future__ import annotations

from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from facilities import filing_closing
from facilities.filing_forms import (
    DecisionForm,
    NewFilingForm,
    OpinionForm,
    ProposalForm,
    RevocationForm,
    SectionForm,
    SignForm,
    StatementForm,
)
from facilities.filing_page import SHAPES, FilingPage
from facilities.models import Facility, Filing
from facilities.paging import counts, paged
from facilities.rules import filing_form
from facilities.services import filing_review
from facilities.services import filings as services
from portal import calendar
from portal.errors import Refused
from portal.middleware import tell
from portal.rules.machine import marked
from portal.views.files import file_response
from portal.views.forms import accepted, status_of

TABS = (
    ("open", marked("在办"), ("draft", "sent", "returned", "received", "hearing", "proposed")),
    ("sent", marked("待受理"), ("sent",)),
    ("received", marked("审核会签"), ("received",)),
    ("returned", marked("待补正"), ("returned",)),
    ("hearing", marked("陈述申辩"), ("hearing",)),
    ("proposed", marked("待签发"), ("proposed",)),
    ("over", marked("办完的"), ("issued", "refused", "withdrawn")),
)


def fetched(request, pk, right: str = "filing.view") -> Filing:
    rows = Filing.objects.allowed(request.actor, right).select_related(
        "facility", "street", "opened_by", "proposed_by"
    )
    found = rows.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


@require_GET
def filing_list(request, district):
    """Everybody's filings that the reader may see, by where they stand; an operator begins one here."""
    request.actor.demand("filing.view")
    chosen = request.GET.get("state", "open")
    tab = next((t for t in TABS if t[0] == chosen), TABS[0])
    rows = Filing.objects.allowed(request.actor, "filing.view")
    on = timezone.localdate()
    found = counts([rows.filter(state__in=states) for _key, _words, states in TABS])
    page = paged(
        rows.filter(state__in=tab[2]).select_related("street"),
        {"begun": (("pk", int),)},
        request.GET,
        default="-begun",
        total=found[TABS.index(tab)],
    )
    for row in page.rows:
        row.shape = SHAPES[row.state]
        row.left = calendar.working_days_between(on, row.clock_due) if row.clock_due else None
    return render(
        request,
        "facilities/filings.html",
        {
            "rows": page.rows,
            "page": page,
            "tabs": [
                {"label": _(words), "url": f"?state={key}", "count": found[n], "current": key == tab[0]}
                for n, (key, words, _states) in enumerate(TABS)
            ],
            "may_start": may_start(request.actor),
            "files": request.actor.may("filing.keep"),
            "reviews": request.actor.may("applicant.view"),
        },
    )


def may_start(actor) -> bool:
    return not actor.visiting and (actor.may("filing.keep") or actor.may("filing.review"))


def given(request):
    return request.POST if request.method == "POST" else None


def begin_form(request) -> NewFilingForm:
    own = Facility.objects.allowed(request.actor, "facility.keep").exclude(state__in=("preparing", "closed"))
    kinds = [k for k in filing_form.KINDS if k != filing_form.REVOCATION]
    initial = {
        "facility": request.GET.get("facility"),
        "kind": request.GET.get("kind") or filing_form.NEW,
    }
    return NewFilingForm(given(request), kinds=kinds, facilities=own, initial=initial)


def revocation_form(request) -> RevocationForm:
    """A code, not a list: a district has thousands of facilities. The facility's own page leads here with its."""
    rows = Facility.objects.allowed(request.actor, "facility.view")
    asked = request.GET.get("facility", "")
    code = ""
    if asked.isascii() and asked.isdigit() and len(asked) < 10:
        code = rows.filter(pk=asked).values_list("code", flat=True).first() or ""
    return RevocationForm(given(request), facilities=rows, initial={"facility": code})


@require_http_methods(["GET", "POST"])
def filing_new(request, district):
    """An operator begins any kind of filing, the district a revocation."""
    actor = request.actor
    if not actor.may("filing.keep"):
        actor.demand("filing.review")
    owns = actor.may("filing.keep")
    form = begin_form(request) if owns else revocation_form(request)
    if request.method == "POST":
        made = accepted(
            form,
            lambda: services.start_filing(
                form.cleaned_data.get("kind", filing_form.REVOCATION),
                actor=actor,
                facility=form.cleaned_data.get("facility"),
            ),
        )
        if made:
            return redirect("filing", district, made.pk)
    return render(
        request,
        "facilities/small_form.html",
        {
            "form": form,
            "title": _("办备案") if owns else _("撤回备案"),
            "notice": "" if owns else _("先写事实、依据和证据，送达机构，听取陈述申辩，再由单位负责人决定。"),
            "over": _("备案"),
            "back": reverse("filings", args=[district]),
            "action": reverse("filing-new", args=[district]),
            "verb": _("开始填"),
            "leave": _("先不办"),
        },
        status=status_of(form),
    )


def page_of(request, filing: Filing, status: int = 200, **forms):
    """The filing's page for the reader, with the forms of what may be done next; a refused one comes in `forms`."""
    page = FilingPage(filing, request.actor)
    state, actor = filing.state, request.actor
    may_issue = actor.may("filing.issue") and not actor.visiting
    shown = {
        "proposal_form": ProposalForm(initial={"version": filing.version, "proposal": "issue"})
        if page.reviews and state == "received"
        else None,
        "opinion_form": OpinionForm(initial={"version": filing.version})
        if page.reviews and state == "hearing"
        else None,
        "decision_form": DecisionForm(initial={"version": filing.version})
        if may_issue and state == "proposed"
        else None,
        "sign_form": SignForm(),
        "statement_form": StatementForm(),
        **forms,
    }
    return render(
        request,
        "facilities/filing.html",
        {
            "filing": filing,
            "page": page,
            "shape": SHAPES[state],
            "hindrances": filing_review.hindrances(filing) if page.reviews and state == "received" else [],
            "may_withdraw": page.fills and state in ("draft", "sent", "returned", "received"),
            "revocation": filing.kind == filing_form.REVOCATION,
            "children": filing_closing.counts(filing)
            if filing.kind in filing_closing.KINDS and filing.facility
            else None,
            "notice": filing.notices.first(),
            "late_effect": state == "issued" and filing.effect_at is None and may_issue,
            "to_come": state == "issued" and filing.effect_at is None,
            "on": timezone.localdate(),
            **shown,
        },
        status=status,
    )


@require_GET
def filing_page(request, district, pk):
    return page_of(request, fetched(request, pk))


def streets_of(page: FilingPage) -> list[tuple[int, str]]:
    return list(page.streets.items())


@require_http_methods(["GET", "POST"])
def filing_section(request, district, pk, key):
    """A section: who fills it in writes, each field saved by itself; the others read. POST saves all fields at once,
    for a browser without scripts: what can be kept is kept, what cannot is shown with its reason."""
    filing = fetched(request, pk)
    page = FilingPage(filing, request.actor)
    part = page.named(key)
    if part is None:
        raise Http404
    given, errors = {}, {}
    if request.method == "POST":
        services.demand_filler(filing, request.actor)
        for line in part.lines:
            if not line.open:
                continue
            try:
                write(request, filing, line.field)
            except Refused as refused:
                errors[line.field.key] = str(refused.message)
                given[line.field.key] = request.POST.get(line.field.key, "")
        if not errors:
            tell(request, _("%(section)s已存") % {"section": part.label})
            return redirect("filing", district, pk)
        page = FilingPage(filing, request.actor)
        part = page.named(key)
    form = SectionForm(part.section, page.answers, streets_of(page), given)
    keys = [p.section.key for p in page.parts]
    place = keys.index(key)
    return render(
        request,
        "facilities/filing_section.html",
        {
            "filing": filing,
            "page": page,
            "part": part,
            "rows": [
                {"line": line, "bound": form[line.field.key], "error": errors.get(line.field.key)}
                for line in part.lines
            ],
            "next": keys[place + 1] if place + 1 < len(keys) else None,
            "writes": any(line.open for line in part.lines),
            "may_remark": page.reviews and filing.state in filing_review.UNDER_REVIEW,
        },
    )


def write(request, filing: Filing, field: filing_form.Field) -> None:
    """Saves one field of a POST; a version that is no number counts as none."""
    sent = request.POST.get(f"v-{field.key}", "0")
    version = int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 10 else 0
    if field.of == "file":
        upload = request.FILES.get(field.key)
        if upload:
            services.attach(filing, field.key, upload, version=version, actor=request.actor)
    elif field.key in request.POST:
        services.save_answer(filing, field.key, request.POST[field.key], version=version, actor=request.actor)


@require_POST
def filing_answer(request, district, pk, key):
    """One field as soon as it is left; answers the field alone, with what is wrong or a mark that it is saved."""
    filing = fetched(request, pk, "filing.view")
    services.demand_filler(filing, request.actor)
    page = FilingPage(filing, request.actor)
    _section, field = services.found(filing, key, page.values)
    status, error, given = 200, "", {}
    try:
        if not {key, f"v-{key}"} & {*request.POST, *request.FILES}:
            raise Refused(_("没有收到这一项，再填一次"))
        write(request, filing, field)
    except Refused as refused:
        if refused.status == 403:
            raise
        status, error = refused.status if refused.status == 409 else 422, str(refused.message)
        given = {} if refused.status == 409 else {key: request.POST.get(key, "")}
    asked = set(page.asked)
    page = FilingPage(filing, request.actor)
    part = next(p for p in page.parts if any(line.field.key == key for line in p.lines))
    line = next(line for line in part.lines if line.field.key == key)
    form = SectionForm(part.section, page.answers, streets_of(page), given)
    response = render(
        request,
        "facilities/filing_field.html",
        {"filing": filing, "row": {"line": line, "bound": form[key], "error": error, "saved": not error}},
        status=status,
    )
    if asked != page.asked:
        response["HX-Refresh"] = "true"  # the answer brings other questions
    return response


@require_GET
def filing_file(request, district, pk, key):
    filing = fetched(request, pk)
    answer = filing.answers.select_related("file").filter(key=key, file__isnull=False).first()
    if answer is None:
        raise Http404
    return file_response(answer.file, fixed=False)


@require_POST
def filing_send(request, district, pk):
    filing = fetched(request, pk)
    try:
        services.send_filing(filing, actor=request.actor)
    except Refused as refused:
        if refused.status in (403, 404):
            raise
        return page_of(request, filing, 409 if refused.status == 409 else 422, refused=refused)
    tell(request, _("%(number)s已送审") % {"number": filing.number})
    return redirect("filing", district, pk)


@require_POST
def filing_withdraw(request, district, pk):
    filing = fetched(request, pk)
    services.withdraw_filing(filing, note=request.POST.get("note", ""), actor=request.actor)
    tell(request, _("%(number)s已撤回") % {"number": filing.number})
    return redirect("filing", district, pk)
