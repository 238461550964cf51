"""What this app tells of a facility in its dossier: one stream for each kind of row that makes an event."""

from __future__ import annotations

from django.db.models import Count, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.models import (
    CreditEntry,
    EmergencyDrill,
    EmergencyPlan,
    Employment,
    Enrolment,
    Facility,
    FacilityTransition,
    Notice,
    Verdict,
)
from facilities.rulebook.base import BOOK
from facilities.rules import credit as credit_rules
from facilities.rules.rulebook import NOT_MET
from facilities.rules.states import FACILITY
from facilities.services.facilities import labels, shown
from facilities.views.rows import SHAPES
from portal.dossier import Stream, day_after
from portal.models.records import AuditEntry
from portal.navigation import Event
from portal.rules.machine import marked
from portal.templatetags.ui import masked

NOWHERE = Event(None, "none", "")  # the day is the stream's business


def said(state: str, fact: str, detail: str = "", url: str = "") -> Event:
    return Event(NOWHERE.day, state, fact, detail, url)


# ---- the register


def opened(facility: Facility, actor) -> QuerySet:
    return Facility.objects.filter(pk=facility.pk).only("places", "opened_on")


def opening(row: Facility, actor) -> Event:
    return said("ok", _("开办"), _("托位 %(n)d") % {"n": row.places})


def moves(facility: Facility, actor) -> QuerySet:
    rows = FacilityTransition.objects.filter(facility=facility).select_related("by")
    return rows.exclude(target="operating", on=facility.opened_on) if facility.opened_on else rows


def move(row: FacilityTransition, actor) -> Event:
    words = f"{_(FACILITY.states[row.source])} → {_(FACILITY.states[row.target])}"
    return said(SHAPES[row.target], words, row.reason + (f"　{masked(row.by.name)}" if row.by else ""))


#: Action of an audit entry -> words of the event.
CHANGES = {
    "facilities.facility.register": marked("登记入册"),
    "facilities.facility.change": marked("登记变更"),
    "facilities.facility.grade": marked("定风险等级"),
    "facilities.premises.add": marked("登记场所"),
    "facilities.premises.leave": marked("停用场所"),
    "facilities.class.open": marked("开班"),
    "facilities.class.end": marked("结束班级"),
    "facilities.fee.set": marked("定收费"),
    "facilities.fee.publish": marked("收费公示"),
    "facilities.insurance.add": marked("登记保单"),
    "facilities.permit.add": marked("登记证照"),
    "facilities.proposal.propose": marked("申请变更"),
    "facilities.proposal.refuse": marked("变更申请没有同意"),
}


def changes(facility: Facility, actor) -> QuerySet:
    return AuditEntry.objects.filter(
        subject_type=Facility._meta.label_lower, subject_id=facility.pk, action__in=CHANGES
    ).select_related("user")


def change(row: AuditEntry, actor) -> Event:
    what = changed(row)
    who = doer(row)
    worse = row.changes.get("grade", ["", ""])[1] == "D"
    return said(
        "bad" if worse else "none",
        f"{_(CHANGES[row.action])}{_('：') if what else ''}{what}",
        "　".join(filter(None, [row.changes.get("reason", ""), who])),
    )


def doer(entry: AuditEntry) -> str:
    """Whose change it was: a masked name, a client's, or that nobody's hand was in it."""
    if entry.user:
        return masked(entry.user.name)
    return entry.actor if entry.actor.startswith("API ") else _("系统")


def changed(entry: AuditEntry) -> str:
    names = labels() | {"grade": _("等级")}
    return "、".join(
        f"{names[field]} {shown(field, pair[0])} → {shown(field, pair[1])}"
        for field, pair in entry.changes.items()
        if field in names and isinstance(pair, list)
    )


# ---- people: how many, on which day; never who


def per_day(rows: QuerySet, field: str) -> QuerySet:
    """Sums by the day of a field that is not in the future."""
    today = timezone.localdate()
    return rows.filter(**{f"{field}__lte": today}).order_by().values(field).annotate(n=Count("pk"))


def came(facility: Facility, actor) -> QuerySet:
    return per_day(Employment.objects.allowed(actor, "staff.view").filter(facility=facility), "starts_on")


def left(facility: Facility, actor) -> QuerySet:
    return per_day(Employment.objects.allowed(actor, "staff.view").filter(facility=facility), "ends_on")


# ---- papers of filings


def notices(facility: Facility, actor) -> QuerySet:
    return Notice.objects.allowed(actor, "filing.view").filter(facility=facility)


def notice(row: Notice, actor) -> Event:
    return said(
        "ok" if row.state == "valid" else "none",
        f"{row.title}　{row.number}",
        row.get_state_display() if row.carries else "",
        reverse("filing", args=[actor.district.slug, row.filing_id]),
    )


# ---- the rulebook: what was not met, from when to when; not what the very first look found


def breaches(facility: Facility, actor) -> QuerySet:
    return Verdict.objects.allowed(actor, "rule.view").filter(
        facility=facility, value=NOT_MET, first_look=False, rule__in=list(BOOK.tests)
    )


def rules_url(row: Verdict, actor) -> str:
    return reverse("facility-rules", args=[actor.district.slug, row.facility_id])


def began(row: Verdict, actor) -> Event:
    label = _(BOOK.tests[row.rule].label)
    return said("bad", _("不符合：%(rule)s") % {"rule": label}, url=rules_url(row, actor))


def mended(row: Verdict, actor) -> Event:
    label = _(BOOK.tests[row.rule].label)
    return said("ok", _("不再是不符合：%(rule)s") % {"rule": label}, url=rules_url(row, actor))


# ---- emergency plans and drills


def emergency_url(facility_id: int, actor) -> str:
    return reverse("facility-emergency", args=[actor.district.slug, facility_id])


def plans(facility: Facility, actor) -> QuerySet:
    return EmergencyPlan.objects.allowed(actor, "emergency.view").filter(facility=facility)


def approval(row: EmergencyPlan, actor) -> Event:
    words = _("%(kind)s预案第 %(n)d 版批准") % {"kind": row.get_kind_display(), "n": row.version}
    review = _("%(day)s 前复审") % {"day": row.review_on.isoformat()}
    return said("ok", words, f"{row.title}　{review}", emergency_url(row.facility_id, actor))


def drills(facility: Facility, actor) -> QuerySet:
    rows = EmergencyDrill.objects.allowed(actor, "emergency.view").filter(plan__facility=facility)
    return rows.select_related("plan")


def drill(row: EmergencyDrill, actor) -> Event:
    good = row.result == "good"
    people = _("从业人员 %(staff)d 人，幼儿 %(children)d 名") % {
        "staff": row.staff_count,
        "children": row.child_count,
    }
    return said(
        "ok" if good else "warn",
        _("%(kind)s演练：%(what)s") % {"kind": row.plan.get_kind_display(), "what": row.scenario},
        "　".join(filter(None, [row.get_result_display(), people, row.problems])),
        emergency_url(row.plan.facility_id, actor),
    )


# ---- the credit record


#: How an entry ended -> words of the event.
LEFT = {
    "repaired": marked("信用修复"),
    "released": marked("移出名单"),
    "expired": marked("期限已到"),
    "revoked": marked("撤销"),
}


def credit(facility: Facility, actor) -> QuerySet:
    rows = CreditEntry.objects.known_to(actor).filter(facility=facility)
    return rows.exclude(state__in=("proposed", "declined")).defer("facts")


def told(facility: Facility, actor) -> QuerySet:
    return credit(facility, actor).exclude(notice_number="")


def credit_words(row: CreditEntry) -> tuple[str, str]:
    return f"{row.get_kind_display()}：{row.title}", f"{row.authority}　{row.document}　{row.number}"


def credit_url(row: CreditEntry, actor) -> str:
    return reverse("credit-entry", args=[actor.district.slug, row.pk])


def telling(row: CreditEntry, actor) -> Event:
    words, detail = credit_words(row)
    return said("doing", _("告知：%(what)s") % {"what": words}, detail, credit_url(row, actor))


def holding(row: CreditEntry, actor) -> Event:
    words, detail = credit_words(row)
    return said(credit_rules.SHAPES[row.kind], words, detail, credit_url(row, actor))


def leaving(row: CreditEntry, actor) -> Event:
    words, _detail = credit_words(row)
    return said("none", f"{_(LEFT[row.state])}：{words}", row.left_note or row.number, credit_url(row, actor))


def enrolled(facility: Facility, actor) -> QuerySet:
    rows = Enrolment.objects.allowed(actor, "child.view").filter(facility=facility)
    return per_day(rows.filter(~Q(state__in=("applied", "dropped"))), "starts_on")


STREAMS = [
    Stream("file-1-opened", "file", opened, opening, "opened_on"),
    Stream("file-2-states", "file", moves, move, "on"),
    Stream("file-3-changes", "file", changes, change, "at", moment=True),
    Stream("filing-notices", "filing", notices, notice, "issued_on"),
    Stream("credit-1-told", "credit", told, telling, "confirmed_at", moment=True),
    Stream("credit-2-held", "credit", credit, holding, "starts_on"),
    Stream("credit-3-left", "credit", credit, leaving, "left_on"),
    Stream("emergency-1-plans", "emergency", plans, approval, "approved_on"),
    Stream("emergency-2-drills", "emergency", drills, drill, "held_on"),
    Stream("rules-1-began", "rules", breaches, began, "starts_on"),
    Stream("rules-2-mended", "rules", breaches, mended, day_after("ends_on")),
    Stream(
        "staff-1-came", "staff", came,
        lambda row, actor: said("ok", _("从业人员到岗 %(n)d 人") % {"n": row["n"]}), "starts_on", daily=True,
    ),
    Stream(
        "staff-2-left", "staff", left,
        lambda row, actor: said("none", _("从业人员离岗 %(n)d 人") % {"n": row["n"]}), "ends_on", daily=True,
    ),
    Stream(
        "staff-3-children", "staff", enrolled,
        lambda row, actor: said("ok", _("幼儿入托 %(n)d 名") % {"n": row["n"]}), "starts_on", daily=True,
    ),
]  # fmt: skip
