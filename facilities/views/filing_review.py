"""What is decided of a filing: receipt, remarks, return, signatures, the head's decision, the hearing."""

from __future__ import annotations

from django.db import transaction
from django.http import Http404
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from facilities.forms.filings import DecisionForm, OpinionForm, ProposalForm, SignForm, StatementForm
from facilities.models import Filing, FilingSignature
from facilities.services import filing_hearings as hearings
from facilities.services import filing_review as services
from facilities.services import filing_signatures, notices
from facilities.views.filings import fetched, page_of
from portal.errors import Refused
from portal.middleware import tell
from portal.views.files import file_response
from portal.views.forms import accepted, status_of


def done(request, filing: Filing, sentence: str):
    tell(request, sentence)
    return redirect("filing", request.district.slug, filing.pk)


def number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


@require_POST
def filing_receive(request, district, pk):
    filing = fetched(request, pk, "filing.review")
    services.receive(filing, version=number(request.POST.get("version", "")), actor=request.actor)
    return done(request, filing, _("%(number)s已受理，部门开始会签") % {"number": filing.number})


@require_POST
def filing_remark(request, district, pk, key):
    filing = fetched(request, pk, "filing.review")
    if "text" not in request.POST:
        raise Refused(_("没有收到意见，回到这一节再写"))
    made = services.remark(filing, key, request.POST["text"], actor=request.actor)
    tell(request, _("意见已记下，退回时一起给申请人") if made else _("意见已删掉"))
    section = request.POST.get("section", "")
    if any(part.key == section for part in services.sections_of(filing)):
        return redirect("filing-section", district, pk, section)
    return redirect("filing", district, pk)


@require_POST
def filing_accept(request, district, pk, key):
    filing = fetched(request, pk, "filing.review")
    accepted_now = request.POST.get("what") != "reopen"
    services.accept_section(filing, key, accepted=accepted_now, actor=request.actor)
    tell(request, _("这一节审过了") if accepted_now else _("这一节重新审"))
    ahead = services.next_section(filing, key) if accepted_now else None
    return redirect("filing-section", district, pk, ahead) if ahead else redirect("filing", district, pk)


@require_POST
def filing_return(request, district, pk):
    filing = fetched(request, pk, "filing.review")
    try:
        services.return_filing(
            filing,
            note=request.POST.get("note", ""),
            version=number(request.POST.get("version", "")),
            actor=request.actor,
        )
    except Refused as refused:
        if refused.status in (403, 404):
            raise
        return page_of(request, filing, 409 if refused.status == 409 else 422, refused=refused)
    return done(request, filing, _("%(number)s已退回补正") % {"number": filing.number})


@require_POST
def filing_propose(request, district, pk):
    filing = fetched(request, pk, "filing.review")
    if filing.state == "hearing":
        form = OpinionForm(request.POST)
        call = lambda: hearings.propose_revocation(filing, actor=request.actor, **form.cleaned_data)  # noqa: E731
        name = "opinion_form"
    else:
        form = ProposalForm(request.POST)
        call = lambda: services.propose(filing, actor=request.actor, **form.cleaned_data)  # noqa: E731
        name = "proposal_form"
    if accepted(form, call):
        return done(request, filing, _("%(number)s已报单位负责人") % {"number": filing.number})
    return page_of(request, filing, status_of(form), **{name: form})


def one_of(request, *words: str) -> str:
    """Which of the form's buttons was pressed."""
    if request.POST.get("what") not in words:
        raise Refused(_("没有收到要做什么，用页面上的按钮"))
    return request.POST["what"]


@require_POST
def filing_decide(request, district, pk):
    """The head issues, gives back, or refuses."""
    filing = fetched(request, pk, "filing.issue")
    form = DecisionForm(request.POST)

    def decide():
        version, note = form.cleaned_data["version"], form.cleaned_data["note"]
        what = one_of(request, "issue", "refuse", "decline")
        if what == "issue":
            return notices.issue(filing, version=version, actor=request.actor)
        if what == "refuse":
            return services.refuse_filing(filing, note, version=version, actor=request.actor)
        return services.decline(filing, note, version=version, actor=request.actor)

    if accepted(form, decide):
        return done(request, filing, _("%(number)s已定") % {"number": filing.number})
    return page_of(request, filing, status_of(form), decision_form=form)


@require_POST
def filing_effect(request, district, pk):
    filing = fetched(request, pk, "filing.issue")
    try:
        with transaction.atomic():
            notices.apply_decision(filing, actor=request.actor)
    except Refused as refused:
        if refused.status in (403, 404):
            raise
        return page_of(request, filing, 409 if refused.status == 409 else 422, refused=refused)
    return done(request, filing, _("%(number)s已生效") % {"number": filing.number})


@require_GET
def filing_notice(request, district, pk):
    """The paper as PDF; a moment after the issue it is still being set."""
    filing = fetched(request, pk)
    notice = filing.notices.select_related("file").first()
    if notice is None or notice.file is None:
        raise Http404
    return file_response(notice.file, name=f"{notice.number}.pdf")


def signature_of(request, pk, right: str) -> FilingSignature:
    found = (
        FilingSignature.objects.allowed(request.actor, right).select_related("filing", "file").filter(pk=pk)
    )
    row = found.first()
    if row is None:
        raise Http404
    return row


@require_POST
def filing_sign(request, district, pk):
    signature = signature_of(request, pk, "filing.sign")
    form = SignForm(request.POST, request.FILES)
    made = accepted(
        form,
        lambda: filing_signatures.sign(
            signature,
            form.cleaned_data["answer"],
            form.cleaned_data["opinion"],
            upload=form.cleaned_data["file"],
            actor=request.actor,
        ),
    )
    if made:
        return done(request, signature.filing, _("会签意见已记下"))
    return page_of(request, fetched(request, signature.filing_id), status_of(form), sign_form=form)


@require_GET
def filing_signature_file(request, district, pk):
    signature = signature_of(request, pk, "filing.view")
    if signature.file is None:
        raise Http404
    return file_response(signature.file)


@require_POST
def filing_notify(request, district, pk):
    filing = fetched(request, pk, "filing.review")
    try:
        hearings.notify(filing, actor=request.actor)
    except Refused as refused:
        if refused.status in (403, 404):
            raise
        return page_of(request, filing, 409 if refused.status == 409 else 422, refused=refused)
    return done(request, filing, _("撤回告知已送达，机构可以陈述申辩"))


@require_POST
def filing_statement(request, district, pk):
    filing = fetched(request, pk)
    form = StatementForm(request.POST, request.FILES)
    made = accepted(
        form,
        lambda: hearings.state_case(
            filing,
            form.cleaned_data["text"],
            waive=one_of(request, "statement", "waive") == "waive",
            upload=form.cleaned_data["file"],
            actor=request.actor,
        ),
    )
    if made:
        return done(request, filing, _("陈述已记下"))
    return page_of(request, filing, status_of(form), statement_form=form)


@require_GET
def filing_step_file(request, district, pk, step):
    filing = fetched(request, pk)
    row = filing.steps.select_related("file").filter(pk=step, file__isnull=False).first()
    if row is None:
        raise Http404
    return file_response(row.file)


@require_POST
def filing_drop(request, district, pk):
    filing = fetched(request, pk, "filing.review")
    try:
        hearings.drop(filing, request.POST.get("note", ""), actor=request.actor)
    except Refused as refused:
        if refused.status in (403, 404):
            raise
        return page_of(request, filing, 409 if refused.status == 409 else 422, refused=refused)
    return done(request, filing, _("不再撤回，备案照旧有效"))
