"""Children of a facility, the desk's enrolment, a child's file: masked until it is opened with a reason."""

from __future__ import annotations

from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from facilities.forms.families import (
    AdmitForm,
    ApplyForm,
    CorrectForm,
    LeaveChildForm,
    OpenForm,
    PaperForm,
    ParentForm,
    RequestForm,
)
from facilities.lists import families as family_lists
from facilities.models import AccessRequest, Child, Consent, ConsentText, Enrolment, Facility, Site
from facilities.models.credit import listing
from facilities.models.enrolments import Mode
from facilities.paging import counts, paged
from facilities.rules import families as rules
from facilities.services import access_requests, child_records, children, consent_texts, enrolments
from facilities.services import consents as consent_services
from facilities.views.facilities import fetched as fetched_facility
from facilities.views.sites import bound, small
from portal.errors import Denied, Refused
from portal.middleware import tell
from portal.rules.machine import marked
from portal.views.forms import accepted

TABS = (("", marked("在册")), ("ended", marked("已离开")), ("dropped", marked("没有入托")))


def modes_of(facility: Facility) -> list[str]:
    """The modes that a family can choose: those of the site, none elsewhere."""
    if facility.kind != "baby_house":
        return []
    described = Site.objects.filter(facility=facility).first()
    return described.modes if described else []


def state_of(query) -> str:
    """The tab that the address asks for."""
    wanted = query.get("state", "")
    return wanted if wanted in dict(TABS) else ""


@require_GET
def child_list(request, district, pk):
    """The children of a facility: codes and masked names."""
    actor, on = request.actor, timezone.localdate()
    actor.demand("child.view")
    facility = fetched_facility(request, pk, "child.view")
    wanted = state_of(request.GET)
    found = counts([family_lists.enrolments(facility, state) for state, _words in TABS])
    page = paged(
        family_lists.enrolments(facility, wanted),
        {"code": (("child__code", str), ("pk", int))},
        request.GET,
        default="code",
        total=found[[state for state, _words in TABS].index(wanted)],
    )
    modes = dict(Mode.choices)
    return render(
        request,
        "facilities/children.html",
        {
            "facility": facility,
            "page": page,
            "rows": [(family_lists.row(e, on), modes.get(e.mode, "")) for e in page.rows],
            "views": [
                {
                    "label": _(words),
                    "url": f"?state={state}" if state else "?",
                    "count": found[n],
                    "current": state == wanted,
                }
                for n, (state, words) in enumerate(TABS)
            ],
            "may_enrol": facility.state == "operating"
            and Facility.objects.allowed(actor, "child.enrol").filter(pk=pk).exists(),
        },
    )


@require_http_methods(["GET", "POST"])
def child_new(request, district, pk):
    """The desk enters a family that asks for a place."""
    request.actor.demand("child.enrol")
    facility = fetched_facility(request, pk, "child.enrol")
    form = bound(request, ApplyForm, modes=modes_of(facility), initial={"street": facility.street_id})
    if request.method == "POST":
        made = accepted(form, lambda: child_records.apply(facility, actor=request.actor, **form.cleaned_data))
        if made:
            tell(request, _("已登记 %(code)s，接着办同意书、体检和协议") % {"code": made.child.code})
            return redirect("child", district, made.child_id)
    status = 200
    if request.method == "POST":
        refused = getattr(form, "refused", None)
        status = refused.status if refused is not None and refused.status == 409 else 422
    return render(request, "facilities/child_new.html", {"facility": facility, "form": form}, status=status)


def fetched(request, pk: int, right: str = "child.view") -> Child:
    found = Child.objects.allowed(request.actor, right).select_related("street").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


@require_GET
def child(request, district, pk):
    return child_page(request, fetched(request, pk))


def child_page(request, one: Child, opened: children.OpenedChild | None = None, form=None, asked=None):
    """A child's file; `opened` has the parts of the record that the purpose needs, for this one answer."""
    actor, on, now = request.actor, timezone.localdate(), timezone.now()
    enrolled = family_lists.of_facility(one, actor, "child.view")
    current = next((e for e in enrolled if e.state in ("applied", "admitted")), None)
    keep = one.erased_on is None and Child.objects.allowed(actor, "child.enrol").filter(pk=one.pk).exists()
    basis = children.basis_of(one, actor=actor, now=now)
    requests = list(AccessRequest.objects.of(actor).filter(child=one)[:5]) if actor.user else []
    may_request = (
        one.erased_on is None
        and not any(r.state == "asked" for r in requests)
        and basis is None
        and Child.objects.allowed(actor, "child.request").filter(pk=one.pk).exists()
    )
    holding = consent_texts.consents_of(one, on)
    texts = consent_texts.consent_texts(on)
    missing = []
    if current is not None and current.state == "applied":
        missing = enrolments.missing_words(enrolments.missing(current, on))
    agreements = one.agreements.filter(facility__in=[e.facility_id for e in enrolled])
    agreements = agreements.annotate(listing=listing("facility"))
    purposes = basis.purposes if basis else ()
    refused = next((f.refused for f in (form, asked) if f is not None and getattr(f, "refused", None)), None)
    return render(
        request,
        "facilities/child.html",
        {
            "child": one,
            "opened": opened,
            "months": rules.months_old(one.birth_month, on),
            "enrolled": [(e, dict(Mode.choices).get(e.mode, "")) for e in enrolled],
            "current": current,
            "missing": missing,
            "kin": list(one.kinships.select_related("parent")),
            "purposes": [
                (ConsentText.Purpose(p).label, texts.get(p), holding.get(p), p in rules.NEEDED_CONSENTS)
                for p in ConsentText.Purpose.values
                if p not in rules.NOT_OF_CHILDREN and (p in texts or p in holding)
            ],
            "past_consents": list(
                one.consents.filter(withdrawn_on__isnull=False).select_related("text", "parent")
            ),
            "checks": list(one.health_certificates.select_related("clinic").defer("medical_notes")),
            "agreements": list(agreements.select_related("text", "parent", "facility")),
            "declared": one.erased_on is None and children.declared(one),
            "on": on,
            "may_keep": keep,
            "basis": basis,
            "open_form": form or (OpenForm(purposes=purposes) if basis and not basis.request else None),
            "request_form": asked or (RequestForm() if may_request else None),
            "requests": requests,
            "may_log": actor.may("child_log.view"),
            "may_erase": one.erased_on is None and current is None and actor.may("child.erase"),
            "admit_form": AdmitForm(
                modes=modes_of(current.facility),
                classes=enrolments.open_classes(current.facility, on),
                initial={"starts_on": on, "mode": current.mode},
            )
            if current is not None and current.state == "applied" and keep
            else None,
            "most_hours": access_requests.most_hours(now) if may_request else 0,
            "deletion": one.deletions.first() if one.erased_on and actor.may("deletion.view") else None,
            "papers": [
                {"id": f"paper-{pk}", "pk": pk, "form": PaperForm(auto_id=f"paper_{pk}_%s")}
                for pk in (children.papers_of(one) if keep else [])
            ],
            "reason_form": PaperForm(auto_id="erase_%s"),
            "failed": "open" if form is not None else "ask" if asked is not None else "",
        },
        status=200 if form is None and asked is None else 409 if refused and refused.status == 409 else 422,
    )


@require_POST
def child_open(request, district, pk):
    """Opens the record for this one answer, and writes down who, when and why."""
    one = fetched(request, pk)
    now = timezone.now()
    basis = children.basis_of(one, actor=request.actor, now=now)
    if basis is None or basis.request is not None:
        purpose = basis.purposes[0] if basis else ""
        return child_page(
            request, one, children.open_child(one, actor=request.actor, purpose=purpose, now=now)
        )
    form = OpenForm(request.POST, purposes=basis.purposes)
    opened = accepted(
        form, lambda: children.open_child(one, actor=request.actor, now=now, **form.cleaned_data)
    )
    if opened is None:
        return child_page(request, one, form=form)
    return child_page(request, one, opened)


@require_POST
def child_request(request, district, pk):
    """Staff of the district asks to open the record."""
    one = fetched(request, pk, "child.request")
    form = RequestForm(request.POST)
    if accepted(form, lambda: access_requests.ask(one, actor=request.actor, **form.cleaned_data)):
        tell(request, _("已申请，等单位负责人审批"))
        return redirect("child", district, pk)
    return child_page(request, one, asked=form)


@require_http_methods(["GET", "POST"])
def child_parent(request, district, pk):
    one = fetched(request, pk, "child.enrol")
    form = bound(request, ParentForm)
    return changed(
        request,
        one,
        form,
        lambda: child_records.add_parent(one, actor=request.actor, **form.cleaned_data),
        title=_("登记家长"),
        url="child-parent",
        sentence=_("家长已登记"),
    )


@require_http_methods(["GET", "POST"])
def child_correct(request, district, pk):
    one = fetched(request, pk, "child.enrol")
    form = bound(request, CorrectForm)
    return changed(
        request,
        one,
        form,
        lambda: child_records.correct(one, actor=request.actor, **form.cleaned_data),
        title=_("更正资料"),
        url="child-correct",
        sentence=_("已更正"),
    )


def changed(request, one: Child, form, call, *, title: str, url: str, sentence: str, verb: str = ""):
    """A form about one child: the service, and back to the file."""
    if request.method == "POST" and accepted(form, call):
        tell(request, sentence)
        return redirect("child", request.district.slug, one.pk)
    slug = request.district.slug
    return small(
        request,
        form,
        title=title,
        verb=verb,
        over=f"{one.shown}　{one.code}",
        back=reverse("child", args=[slug, one.pk]),
        action=reverse(url, args=[slug, one.pk]),
    )


def enrolment_of(request, pk: int) -> Enrolment:
    found = (
        Enrolment.objects.allowed(request.actor, "child.enrol")
        .select_related("child", "facility")
        .filter(pk=pk)
        .first()
    )
    if found is None:
        raise Http404
    return found


@require_POST
def child_admit(request, district, pk):
    """The dialog of the file posts here; what is still missing comes back as a message."""
    row = enrolment_of(request, pk)
    form = AdmitForm(
        request.POST,
        modes=modes_of(row.facility),
        classes=enrolments.open_classes(row.facility, timezone.localdate()),
    )
    done = accepted(
        form,
        lambda: enrolments.admit(
            row,
            actor=request.actor,
            on=form.cleaned_data["starts_on"],
            mode=form.cleaned_data.get("mode", ""),
            care_class=form.cleaned_data.get("care_class"),
        ),
    )
    if done:
        tell(request, _("%(code)s 已入托") % {"code": row.child.code})
        return redirect("child", district, row.child_id)
    refused = getattr(form, "refused", None)
    if refused is not None:
        raise refused
    raise Refused("；".join(text for texts in form.errors.values() for text in texts), code="values")


@require_http_methods(["GET", "POST"])
def child_leave(request, district, pk):
    row = enrolment_of(request, pk)
    form = bound(request, LeaveChildForm, initial={"on": timezone.localdate()})
    if request.method == "POST" and accepted(
        form, lambda: enrolments.leave(row, actor=request.actor, **form.cleaned_data)
    ):
        tell(request, _("%(code)s 已办离开") % {"code": row.child.code})
        return redirect("children", district, row.facility_id)
    return small(
        request,
        form,
        title=_("办离开"),
        over=f"{row.child.shown}　{row.child.code}　{row.facility.name}",
        about=row.facility,
        back=reverse("child", args=[district, row.child_id]),
        action=reverse("child-leave", args=[district, pk]),
        leave=_("先不办"),
    )


@require_POST
def consent_withdraw(request, district, pk):
    """A parent takes a consent back; as easy as giving it."""
    consent = Consent.objects.select_related("child").filter(pk=pk).first()
    if consent is None:
        raise Http404
    one = fetched(request, consent.child_id, "child.enrol")
    consent_services.withdraw_consent(consent, actor=request.actor, on=timezone.localdate())
    tell(request, _("已撤回"))
    try:
        fetched(request, one.pk)
    except (Http404, Denied):  # without the consent nobody cares for the child any more
        return redirect("today", district)
    return redirect("child", district, one.pk)
