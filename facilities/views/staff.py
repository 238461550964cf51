"""Staff: the list over all facilities, a person's page, hires, leaves, certificates, training, inquiries."""

from __future__ import annotations

from django.db.models import Sum
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from facilities.forms.facilities import StaffFilter
from facilities.forms.people import (
    CertificateForm,
    HireForm,
    LeaveForm,
    RecordCheckForm,
    RevealForm,
    TrainingForm,
)
from facilities.lists import facilities as lists
from facilities.models import Certificate, Employment, Facility, StaffMember
from facilities.models.credit import listing
from facilities.paging import counts, paged
from facilities.services import staff as services
from facilities.views.facilities import fetched, query_of, same, status_of
from facilities.views.rows import StaffRows
from portal.middleware import tell
from portal.models.places import Street
from portal.models.records import AuditEntry
from portal.rules.machine import marked
from portal.templatetags.ui import masked
from portal.views.files import file_response
from portal.views.forms import accepted

VIEWS = (
    (marked("在岗"), {}),
    (marked("证书缺或过期"), {"certificate": "short"}),
    (marked("30 天内到期"), {"certificate": "soon"}),
    (marked("记录没查或过期"), {"check": "overdue"}),
    (marked("课时不够"), {"training": "short"}),
)


@require_GET
def staff_list(request, district):
    """Everybody at work, one row per employment; of the saved searches only the plain one is counted."""
    actor, on = request.actor, timezone.localdate()
    actor.demand("staff.view")
    streets = list(Street.objects.only("id", "name"))
    form = StaffFilter(request.GET, streets=streets)
    form.is_valid()
    wanted = dict(form.cleaned_data)
    measure = lists.yardstick(on)
    reached = Employment.objects.allowed(actor, "staff.view")
    here, broad = lists.staff(reached, wanted, on, measure)
    everybody_here, _broad = lists.staff(reached, {}, on, measure)
    everybody, *found = counts([everybody_here] if broad or same({}, wanted) else [everybody_here, here])
    total = None if broad else found[0] if found else everybody
    work = lists.with_records(here, on).annotate(listing=listing("facility"))
    page = paged(work, lists.STAFF_SORTS, request.GET, default="code", total=total)
    names = {street.pk: street.name for street in streets}
    rows = StaffRows(district, names, on, measure)
    return render(
        request,
        "facilities/staff.html",
        {
            "form": form,
            "page": page,
            "total": total,
            "rows": [rows.row(s) for s in lists.standings(page.rows, on, measure)],
            "columns": rows,
            "views": [
                {
                    "label": _(words),
                    "url": query_of(conditions),
                    "count": None if conditions else everybody,
                    "current": same(conditions, wanted),
                }
                for words, conditions in VIEWS
            ],
            "measure": measure,
            "everybody": everybody,
            "problems": [f"{form[name].label}：{' '.join(texts)}" for name, texts in form.errors.items()],
            "searched": wanted.get("q", ""),
            "may_ban": actor.may("ban.view"),
            "may_hand_over": actor.may("hand_over.view"),
        },
    )


def person(request, pk, right: str = "staff.view") -> StaffMember:
    found = (
        StaffMember.objects.allowed(request.actor, right).defer("phone", "search_text").filter(pk=pk).first()
    )
    if found is None:
        raise Http404
    return found


@require_GET
def staff_member(request, district, pk):
    return page_of(request, person(request, pk))


def page_of(request, member: StaffMember, revealed: StaffMember | None = None, form=None):
    """A person's page; `revealed` has the full name and numbers, for this one answer."""
    actor, on = request.actor, timezone.localdate()
    measure = lists.yardstick(on)
    work = lists.with_records(Employment.objects.filter(staff=member), on).annotate(
        listing=listing("facility")
    )
    employments = list(work.order_by("-starts_on"))
    current = [e for e in employments if e.ends_on is None or e.ends_on >= on]
    standing = lists.standings(current[:1], on, measure)[0] if current else None
    reachable = set(
        Facility.objects.allowed(actor, "facility.view")
        .filter(pk__in=[e.facility_id for e in employments])
        .values_list("pk", flat=True)
    )
    held = sorted(
        member.certificates.all(), key=lambda c: (c.valid_until is None, c.valid_until), reverse=True
    )
    year = list(member.training.filter(done_on__year=on.year).order_by("-done_on", "-pk"))
    manage = StaffMember.objects.allowed(actor, "staff.manage").filter(pk=member.pk).exists()
    return render(
        request,
        "facilities/staff_member.html",
        {
            "member": member,
            "barred": services.barred(member, actor) if current else "",
            "may_see_grounds": actor.may("ban.view"),
            "looks": looks(member) if actor.may("ban.view") else [],
            "reveal_form": form or RevealForm(),
            "revealed": revealed,
            "standing": standing,
            "current": current[0] if current else None,
            "street": Street.objects.get(pk=current[0].facility.street_id).name if current else "",
            "employments": [e for e in employments if e.facility_id in reachable],
            "certificates": [(c, certificate_state(c, on)) for c in held],
            "training": year,
            "skills": percent(employments[0].skills, measure.skills) if employments else None,
            "ethics": percent(employments[0].ethics, measure.ethics) if employments else None,
            "hours": employments[0] if employments else None,
            "checks": member.record_checks.order_by("-checked_on")[:10],
            "measure": measure,
            "year": on.year,
            "may_manage": manage,
            "may_correct": manage and actor.may("staff.correct"),
            "earlier": earlier(member, on.year),
            "may_reveal": actor.may("staff.reveal"),
        },
        status=status_of(request, form) if form else 200,
    )


def looks(member: StaffMember) -> list[AuditEntry]:
    """Who looked at the full number lately, and what for."""
    return list(
        AuditEntry.objects.filter(
            action="facilities.staff.reveal",
            subject_type=StaffMember._meta.label_lower,
            subject_id=member.pk,
        )
        .select_related("user")
        .order_by("-pk")[:5]
    )


def earlier(member: StaffMember, year: int) -> list[dict]:
    """Hours of the years before, the newest first: the rules look at the last one that is over."""
    found: dict[int, dict] = {}
    sums = (
        member.training.filter(done_on__year__lt=year, passed=True)
        .order_by()
        .values("done_on__year", "kind")
        .annotate(hours=Sum("hours"))
    )
    for row in sums:
        found.setdefault(row["done_on__year"], {})[row["kind"]] = row["hours"]
    return [{"year": one, **found[one]} for one in sorted(found, reverse=True)][:5]


def percent(done, needed) -> float | None:
    return float(100 * done / needed) if needed else None


def certificate_state(certificate, on) -> tuple[str, str]:
    until = certificate.valid_until
    if until is None:
        return "ok", _("没有期限")
    left = (until - on).days
    if left < 0:
        return "bad", _("过期 %(n)d 天") % {"n": -left}
    if left <= 30:
        return "warn", _("剩 %(n)d 天") % {"n": left}
    return "ok", _("有效")


@require_POST
def staff_reveal(request, district, pk):
    """The full number, once, and on record who looked, and what for."""
    member = person(request, pk, "staff.reveal")
    form = RevealForm(request.POST)
    revealed = accepted(form, lambda: services.reveal(member, actor=request.actor, **form.values()))
    return page_of(request, member, revealed, None if revealed else form)


@require_http_methods(["GET", "POST"])
def staff_new(request, district, pk):
    """A hire at one facility."""
    request.actor.demand("staff.manage")
    facility = fetched(request, pk)
    form = HireForm(*sent(request), initial={"starts_on": timezone.localdate()})
    if request.method == "POST":
        made = accepted(form, lambda: services.hire(facility, actor=request.actor, **form.values()))
        if made:
            tell(request, _("已登记 %(name)s") % {"name": masked(made.staff.name)})
            return redirect("staff-member", district, made.staff_id)
    return asked(
        request,
        form,
        title=_("登记人员"),
        groups=hire_groups(form),
        over=facility.name,
        about=facility,
        back=reverse("facility", args=[district, facility.pk]),
        action=reverse("staff-new", args=[district, facility.pk]),
    )


def sent(request) -> tuple:
    """What a form gets of a request: fields and files of a POST, nothing of a GET."""
    return (request.POST, request.FILES) if request.method == "POST" else (None, None)


def hire_groups(form) -> list[dict]:
    """The fields of a hire in the order in which a person has the papers at hand."""
    kept = _("这个人已经登记过、还有效的，不用再填")

    def fields(*prefixes: str) -> list:
        return [bound for bound in form if bound.name.startswith(prefixes)]

    papers = fields("certificate_", "health_check_", "checked_on", "found")
    return [
        {"heading": _("人员与岗位"), "fields": [bound for bound in form if bound not in papers]},
        {"heading": _("聘用前查询"), "fields": fields("checked_on", "found")},
        {"heading": _("岗位证书"), "note": kept, "fields": fields("certificate_")},
        {"heading": _("健康证"), "note": kept, "fields": fields("health_check_")},
    ]


def asked(request, form, **context):
    return render(
        request,
        "facilities/small_form.html",
        {"form": form, "verb": context["title"], "leave": _("先不登记"), **context},
        status=status_of(request, form),
    )


def added(request, district, pk, form_class, service, title: str, name: str, sentence: str):
    """One of the forms that add a record to a person."""
    request.actor.demand("staff.manage")
    member = person(request, pk, "staff.manage")
    form = form_class(*sent(request))
    if request.method == "POST" and accepted(
        form, lambda: service(member, actor=request.actor, **form.values())
    ):
        tell(request, sentence)
        return redirect("staff-member", district, pk)
    return asked(
        request,
        form,
        title=title,
        over=f"{masked(member.name)}　{member.code}",
        back=reverse("staff-member", args=[district, pk]),
        action=reverse(name, args=[district, pk]),
    )


@require_http_methods(["GET", "POST"])
def certificate_new(request, district, pk):
    return added(request, district, pk, CertificateForm, services.add_certificate,
        _("登记证书"), "certificate-new", _("证书已登记"))  # fmt: skip


@require_http_methods(["GET", "POST"])
def training_new(request, district, pk):
    return added(request, district, pk, TrainingForm, services.add_training,
        _("登记培训"), "training-new", _("培训已登记"))  # fmt: skip


@require_http_methods(["GET", "POST"])
def record_check_new(request, district, pk):
    return added(request, district, pk, RecordCheckForm, services.add_record_check,
        _("登记查询"), "record-check-new", _("查询已登记"))  # fmt: skip


@require_GET
def certificate_file(request, district, pk):
    """The scan of a certificate, for whoever sees the person."""
    found = (
        Certificate.objects.allowed(request.actor, "staff.view")
        .select_related("file")
        .filter(pk=pk, file__isnull=False)
        .first()
    )
    if found is None:
        raise Http404
    return file_response(found.file)


def work_of(request, pk) -> Employment:
    request.actor.demand("staff.manage")
    work = (
        Employment.objects.allowed(request.actor, "staff.manage")
        .select_related("staff", "facility")
        .defer("staff__identity", "staff__phone")
        .filter(pk=pk)
        .first()
    )
    if work is None:
        raise Http404
    return work


@require_POST
def employment_dismiss(request, district, pk):
    """Ends the work of somebody who is banned or has a record, today."""
    work = work_of(request, pk)
    services.dismiss(work, actor=request.actor, on=timezone.localdate())
    tell(request, _("%(name)s已按不得聘用办离岗") % {"name": masked(work.staff.name)})
    return redirect("facility", district, work.facility_id)


@require_http_methods(["GET", "POST"])
def employment_end(request, district, pk):
    """The last day at a facility."""
    work = work_of(request, pk)
    form = LeaveForm(*sent(request), initial={"on": timezone.localdate()})
    if request.method == "POST":
        done = accepted(
            form,
            lambda: services.end_employment(
                work, actor=request.actor, on=form.cleaned_data["on"], reason=form.cleaned_data["reason"]
            ),
        )
        if done:
            tell(request, _("%(name)s已办离岗") % {"name": masked(work.staff.name)})
            return redirect("facility", district, work.facility_id)
    return asked(
        request,
        form,
        title=_("办离岗"),
        leave=_("先不办"),
        over=f"{masked(work.staff.name)}　{work.facility.name}",
        about=work.facility,
        back=reverse("staff-member", args=[district, work.staff_id]),
        action=reverse("employment-end", args=[district, pk]),
    )
