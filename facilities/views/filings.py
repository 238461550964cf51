"""Filings: the list, the task list of one, its sections field by field, its files."""

from __future__ import annotations

from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from facilities import filing_closing
from facilities.filing_page import SHAPES, FilingPage
from facilities.forms.filings import (
    DecisionForm,
    OpinionForm,
    ProposalForm,
    SectionForm,
    SignForm,
    StatementForm,
)
from facilities.models import Filing
from facilities.rules import filing_form
from facilities.services import filing_review
from facilities.services import filings as services
from portal.errors import Refused
from portal.middleware import tell
from portal.views.files import file_response


def fetched(request, pk, right: str = "filing.view") -> Filing:
    rows = Filing.objects.allowed(request.actor, right).select_related(
        "facility", "street", "opened_by", "proposed_by"
    )
    found = rows.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


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
            "signs": any(one["mine"] and one["row"].section == key for one in page.signing),
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
