"""A facility's file beyond the register's facts: premises, classes, fees and notices, insurance, permits, menus."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from facilities.forms import records as forms
from facilities.models import CareClass, Facility, Fee, FeeNotice, Insurance, Menu, Permit, Premises
from facilities.rules import records as rules
from facilities.services import classes, papers, premises
from facilities.views.facilities import fetched, status_of
from portal.middleware import tell
from portal.rules.machine import marked
from portal.views.files import file_response
from portal.views.forms import accepted

SHOWN = 12


@dataclass(frozen=True)
class Noun:
    """One kind of row of the file: its forms, its services, its words. `right`: who may write it."""

    model: type
    form: type
    add: Callable
    new: str
    added: str
    right: str = "facility.keep"
    change: Callable | None = None
    edit: str = ""
    end_form: type = forms.EndForm
    end: Callable | None = None
    ending: str = ""
    ended: str = ""
    says: str = ""


NOUNS = {
    "premises": Noun(
        Premises,
        forms.PremisesForm,
        premises.add_premises,
        marked("登记场所"),
        marked("场所已登记"),
        right="facility.manage",
        change=premises.change_premises,
        edit=marked("改场所"),
        end=premises.leave_premises,
        ending=marked("停用场所"),
        ended=marked("场所已停用"),
        says=marked("停用以后，它的面积不再计入使用面积。"),
    ),
    "classes": Noun(
        CareClass,
        forms.ClassForm,
        classes.open_class,
        marked("开班"),
        marked("班级已登记"),
        change=classes.change_class,
        edit=marked("改班级"),
        end=classes.end_class,
        ending=marked("结束班级"),
        ended=marked("班级已结束"),
        says=marked("结束以后，它的幼儿不再计入在托人数。"),
    ),
    "fees": Noun(
        Fee,
        forms.FeeForm,
        papers.set_fee,
        marked("定收费"),
        marked("收费已存"),
        end=papers.end_fee,
        ending=marked("停止收费"),
        ended=marked("这一项已停止"),
    ),
    "notices": Noun(
        FeeNotice,
        forms.NoticeForm,
        papers.publish_fees,
        marked("登记公示"),
        marked("公示已登记"),
        end_form=forms.SureForm,
        end=papers.drop_notice,
        ending=marked("去掉这条公示"),
        ended=marked("这条公示已去掉"),
        says=marked("登记错了才去掉。历史里仍然看得到。"),
    ),
    "insurance": Noun(
        Insurance,
        forms.InsuranceForm,
        papers.insure,
        marked("登记保单"),
        marked("保单已登记"),
        end_form=forms.SureForm,
        end=papers.drop_insurance,
        ending=marked("去掉这张保单"),
        ended=marked("这张保单已去掉"),
        says=marked("登记错了才去掉，到期的留着。历史里仍然看得到。"),
    ),
    "permits": Noun(
        Permit,
        forms.PermitForm,
        papers.hold_permit,
        marked("登记证照"),
        marked("证照已登记"),
        end_form=forms.SureForm,
        end=papers.drop_permit,
        ending=marked("去掉这份证照"),
        ended=marked("这份证照已去掉"),
        says=marked("登记错了才去掉，换了新证的留着。历史里仍然看得到。"),
    ),
    "menus": Noun(Menu, forms.MenuForm, papers.post_menu, marked("登记食谱"), marked("食谱已存")),
}


def noun_of(name: str) -> Noun:
    if name not in NOUNS:
        raise Http404
    return NOUNS[name]


def monday(day):
    return day - timedelta(day.weekday())


@require_GET
def facility_records(request, district, pk):
    """Premises, classes, fees, insurance, permits and menus of one facility."""
    actor, on = request.actor, timezone.localdate()
    facility = fetched(request, pk)
    keeps = Facility.objects.allowed(actor, "facility.keep").filter(pk=pk).exists()
    live = facility.state != "closed"
    places = list(facility.premises.prefetch_related("areas"))
    held = list(facility.classes.all())
    open_classes = [c for c in held if c.ended_on is None]
    fees = list(facility.fees.all())
    return render(
        request,
        "facilities/records.html",
        {
            "facility": facility,
            "premises": [
                {"row": p, "areas": p.areas.all(), "sum": sum(a.area for a in p.areas.all())} for p in places
            ],
            "classes": held,
            "class_sum": {
                "places": sum(c.places for c in open_classes),
                "children": sum(c.children for c in open_classes),
                "staff": sum(c.staff for c in open_classes),
            },
            "fees": [f for f in fees if f.ends_on is None or f.ends_on >= on],
            "old_fees": [f for f in fees if f.ends_on is not None and f.ends_on < on][-SHOWN:],
            "notices": facility.fee_notices.select_related("file")[:SHOWN],
            "insurance": [(row, standing(row, on)) for row in facility.insurance.select_related("file")],
            "permits": permits_of(facility, on),
            "menus": facility.menus.select_related("file")[:SHOWN],
            "this_week": monday(on),
            "may_keep": keeps and live,
            "may_manage": actor.may("facility.manage") and live,
        },
    )


def standing(row: Insurance, on) -> tuple[str, str]:
    """Traffic light of a policy: not yet, valid, ends soon, over."""
    return ("doing", _("还没生效")) if row.starts_on > on else valid(row.ends_on, on)


def permits_of(facility: Facility, on) -> list[tuple[Permit, tuple[str, str]]]:
    """Permits with their traffic lights: the latest of each kind, and the replaced ones behind it."""
    found, seen = [], set()
    for row in facility.permits.select_related("file"):
        paper = (row.kind, row.name)
        if paper in seen:
            state = "none", _("已换新")
        elif row.valid_until is None:
            state = "ok", _("有效")
        else:
            state = ("bad", _("已到期")) if row.valid_until < on else valid(row.valid_until, on)
        seen.add(paper)
        found.append((row, state))
    return found


def valid(until, on) -> tuple[str, str]:
    left = (until - on).days
    if left < 0:
        return "none", _("已到期")
    if left <= 30:
        return "warn", _("剩 %(n)d 天") % {"n": left}
    return "ok", _("有效")


def posted(request):
    """What a form takes: nothing, or what was sent with its files."""
    return (request.POST, request.FILES) if request.method == "POST" else (None, None)


def small(request, facility, form, *, title: str, action: str, anchor: str, says: str = "", leave: str = ""):
    return render(
        request,
        "facilities/record_form.html",
        {
            "form": form,
            "facility": facility,
            "title": title,
            "leave": leave,
            "says": says,
            "back": reverse("facility-records", args=[request.district.slug, facility.pk]) + f"#{anchor}",
            "action": action,
        },
        status=status_of(request, form),
    )


def back_to(district, facility_pk, noun: str):
    return redirect(reverse("facility-records", args=[district, facility_pk]) + f"#{noun}")


@require_http_methods(["GET", "POST"])
def record_new(request, district, pk, key):
    """A new row of one kind for a facility."""
    kind = noun_of(key)
    request.actor.demand(kind.right)
    facility = fetched(request, pk, kind.right)
    on = timezone.localdate()
    initial = {
        "starts_on": on, "started_on": on, "published_on": on, "week": monday(on), "year": rules.school_year(on),
    }  # fmt: skip
    form = kind.form(
        *posted(request), initial={k: v for k, v in initial.items() if k in kind.form.base_fields}
    )
    if request.method == "POST":

        def add():
            values = form.values()
            values.pop("version", None)
            return kind.add(facility, actor=request.actor, **values)

        if accepted(form, add):
            tell(request, _(kind.added))
            return back_to(district, pk, key)
    action = reverse("record-new", args=[district, pk, key])
    leave = _("先不登记")
    return small(request, facility, form, title=_(kind.new), action=action, anchor=key, leave=leave)


def row_of(request, kind: Noun, pk: int):
    request.actor.demand(kind.right)
    found = kind.model.objects.allowed(request.actor, kind.right).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


@require_http_methods(["GET", "POST"])
def record_edit(request, district, key, pk):
    """Changes of a row; what two change at once the second is told."""
    kind = noun_of(key)
    if kind.change is None:
        raise Http404
    row = row_of(request, kind, pk)
    facility = fetched(request, row.facility_id)
    form = kind.form(*posted(request), row=row)

    def change():
        values = form.values()
        return kind.change(row, actor=request.actor, **values | {"version": values["version"] or 0})

    if request.method == "POST" and accepted(form, change):
        tell(request, _("改动已存"))
        return back_to(district, row.facility_id, key)
    action = reverse("record-edit", args=[district, key, pk])
    return small(request, facility, form, title=_(kind.edit), action=action, anchor=key)


@require_http_methods(["GET", "POST"])
def record_end(request, district, key, pk):
    """The last day of a row, or its removal where it was entered wrongly."""
    kind = noun_of(key)
    if kind.end is None:
        raise Http404
    row = row_of(request, kind, pk)
    facility = fetched(request, row.facility_id)
    initial = {"on": timezone.localdate()} if "on" in kind.end_form.base_fields else {}
    form = kind.end_form(*posted(request), initial=initial)

    def end():
        kind.end(row, actor=request.actor, **form.values())
        return True

    if request.method == "POST" and accepted(form, end):
        tell(request, _(kind.ended))
        return back_to(district, row.facility_id, key)
    action = reverse("record-end", args=[district, key, pk])
    says = _(kind.says) if kind.says else ""
    return small(request, facility, form, title=_(kind.ending), action=action, anchor=key, says=says)


@require_http_methods(["GET", "POST"])
def lease_renew(request, district, pk):
    """The new last day of a lease, by whoever keeps the facility."""
    request.actor.demand("facility.keep")
    row = Premises.objects.allowed(request.actor, "facility.keep").filter(pk=pk).first()
    if row is None:
        raise Http404
    facility = fetched(request, row.facility_id)
    form = forms.LeaseForm(*posted(request), row=row)

    def renew():
        values = form.values()
        return premises.renew_lease(row, actor=request.actor, **values | {"version": values["version"] or 0})

    if request.method == "POST" and accepted(form, renew):
        tell(request, _("续租已登记"))
        return back_to(district, row.facility_id, "premises")
    action = reverse("lease-renew", args=[district, pk])
    says = _("场所“%(name)s”，登记的是租到 %(day)s。面积和用途由区里登记，续租由管这家机构的人登记。") % {
        "name": row.name,
        "day": row.lease_until.isoformat() if row.lease_until else "—",
    }
    return small(request, facility, form, title=_("登记续租"), action=action, anchor="premises", says=says)


@require_GET
def record_file(request, district, key, pk):
    """The photo of a notice, a policy, a menu."""
    kind = noun_of(key)
    request.actor.demand("facility.view")
    row = (
        kind.model.objects.allowed(request.actor, "facility.view").filter(pk=pk).first()
        if hasattr(kind.model, "file")
        else None
    )
    if row is None or row.file_id is None:
        raise Http404
    return file_response(row.file)
