"""宝宝屋 and families as spreadsheets: children, requests to open a record, deletions, sessions, volunteers, accounts.

A child stands by its code and masked name, as everywhere before a record is opened; nothing of the record goes out.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Q
from django.utils.translation import gettext as _

from facilities.exports.sheet import CHUNK, facility_of, many, number
from facilities.lists import families as lists
from facilities.models import (
    AccessRequest,
    CareSession,
    Child,
    ChildDeletion,
    Clinic,
    LedgerEntry,
    Volunteer,
)
from facilities.models.enrolments import Mode
from facilities.rules import families as rules
from facilities.rules.sites import INCOME_ITEMS
from facilities.services import children as child_services
from facilities.services import ledger as ledger_services
from facilities.services import volunteers as volunteer_services
from facilities.views import children as child_views
from facilities.views import sites as site_views
from portal.errors import NotFound
from portal.rules.machine import marked
from portal.spreadsheets import Asked, ExportList, OutColumn, Rows

CHILD_COLUMNS = (
    OutColumn(marked("编号")),
    OutColumn(marked("姓名"), 12, "name"),
    OutColumn(marked("月龄"), 8),
    OutColumn(marked("照护方式"), 12),
    OutColumn(marked("登记日期"), 12),
    OutColumn(marked("入托"), 12),
    OutColumn(marked("离开"), 12),
    OutColumn(marked("齐的材料"), 10),
    OutColumn(marked("要的材料"), 10),
    OutColumn(marked("体检有效期"), 12),
    OutColumn(marked("状态"), 12),
)


def children(asked: Asked) -> Rows:
    """One facility's enrolments under the tab of its page."""
    facility = facility_of(asked, "child.view")
    found = lists.enrolments(facility, child_views.state_of(asked.query))

    def rows() -> Iterator[tuple]:
        modes = {value: str(word) for value, word in Mode.choices}
        for enrolment in found.order_by("child__code", "pk").iterator(chunk_size=CHUNK):
            row = lists.row(enrolment, asked.on)
            yield (
                enrolment.child.code,
                enrolment.child.shown,
                row.months,
                modes.get(enrolment.mode, ""),
                enrolment.applied_on,
                enrolment.starts_on,
                enrolment.ends_on,
                row.papers,
                row.of_papers,
                row.until,
                _(enrolment.get_state_display()),
            )

    return Rows(many(found), rows())


REQUEST_COLUMNS = (
    OutColumn(marked("幼儿"), 14),
    OutColumn(marked("用途"), 14),
    OutColumn(marked("小时"), 8),
    OutColumn(marked("事由"), 40),
    OutColumn(marked("申请人"), 12, "name"),
    OutColumn(marked("申请时间"), 18),
    OutColumn(marked("状态"), 12),
    OutColumn(marked("审批人"), 12, "name"),
    OutColumn(marked("审批时间"), 18),
    OutColumn(marked("意见"), 40),
    OutColumn(marked("可以看到"), 18),
)


def access_requests(asked: Asked) -> Rows:
    """Those who ask take out their own, those who decide all."""
    found = AccessRequest.objects.allowed(asked.actor, "access_request.view")
    found = found.select_related("child", "asked_by", "decided_by").order_by("-pk")

    def rows() -> Iterator[tuple]:
        for row in found.iterator(chunk_size=CHUNK):
            yield (
                row.child.code,
                _(row.get_purpose_display()),
                row.hours,
                row.reason,
                row.asked_by.name,
                row.asked_at,
                _(row.get_state_display()),
                row.decided_by.name if row.decided_by else "",
                row.decided_at,
                row.note,
                row.expires_at,
            )

    return Rows(many(found), rows())


LOG_COLUMNS = (
    OutColumn(marked("谁"), 12, "name"),
    OutColumn(marked("机构名称"), 28),
    OutColumn(marked("时间"), 18),
    OutColumn(marked("用途"), 14),
    OutColumn(marked("事由"), 40),
    OutColumn(marked("看了什么"), 40),
    OutColumn(marked("审批人"), 12, "name"),
)


def child_log(asked: Asked) -> Rows:
    """Who opened one child's record, when and why."""
    child = (
        Child.objects.allowed(asked.actor, "child_log.view")
        .filter(pk=number(asked.query.get("child")))
        .first()
    )
    if child is None:
        raise NotFound(_("没有这份幼儿档案"))
    found = child_services.log_of(child, actor=asked.actor)

    def rows() -> Iterator[tuple]:
        for row in found.order_by("-pk").iterator(chunk_size=CHUNK):
            yield (
                row.user.name if row.user else "",
                row.facility.name if row.facility else "",
                row.at,
                _(row.get_purpose_display()),
                row.reason,
                _("；").join(_(rules.PARTS[part]) for part in row.parts if part in rules.PARTS),
                row.request.decided_by.name if row.request else "",
            )

    return Rows(many(found), rows())


DELETION_COLUMNS = (
    OutColumn(marked("证明"), 20),
    OutColumn(marked("幼儿"), 14),
    OutColumn(marked("原因"), 28),
    OutColumn(marked("目的结束"), 12),
    OutColumn(marked("删除"), 12),
    OutColumn(marked("保存天数"), 10),
    OutColumn(marked("指纹"), 24),
)


def deletions(asked: Asked) -> Rows:
    found = ChildDeletion.objects.allowed(asked.actor, "deletion.view").select_related("child")

    def rows() -> Iterator[tuple]:
        for row in found.order_by("-deleted_on", "-pk").iterator(chunk_size=CHUNK):
            yield (
                row.number,
                row.child.code,
                row.get_ground_display(),
                row.ended_on,
                row.deleted_on,
                row.days,
                row.sha256,
            )

    return Rows(many(found), rows())


CLINIC_COLUMNS = (
    OutColumn(marked("认可的体检机构"), 36),
    OutColumn(marked("起"), 12),
    OutColumn(marked("止"), 12),
)


def clinics(asked: Asked) -> Rows:
    found = Clinic.objects.order_by("name")
    return Rows(many(found), ((row.name, row.starts_on, row.ends_on) for row in found))


SESSION_COLUMNS = (
    OutColumn(marked("日期"), 12),
    OutColumn(marked("开始"), 8),
    OutColumn(marked("结束"), 8),
    OutColumn(marked("照护方式"), 12),
    OutColumn(marked("房间"), 16),
    OutColumn(marked("从业人员"), 10),
    OutColumn(marked("已约"), 8),
    OutColumn(marked("名额"), 8),
    OutColumn(marked("状态"), 10),
)


def care_sessions(asked: Asked) -> Rows:
    """The seven days that a site's page shows."""
    facility = facility_of(asked, "site.view")
    first = site_views.week_of(asked.query.get("from", ""), asked.on)
    found = CareSession.objects.filter(facility=facility, on__gte=first, on__lt=first + timedelta(7))
    found = found.select_related("room").order_by("on", "starts_at", "room__name", "pk")
    return Rows(
        many(found),
        (
            (
                row.on,
                row.starts_at,
                row.ends_at,
                row.get_mode_display(),
                row.room.name,
                row.staff,
                row.taken,
                row.places,
                row.get_state_display(),
            )
            for row in found.iterator(chunk_size=CHUNK)
        ),
    )


KEEP_VOLUNTEERS = "volunteer.manage"
VOLUNTEER_COLUMNS = (
    OutColumn(marked("机构编号")),
    OutColumn(marked("宝宝屋"), 28),
    OutColumn(marked("街镇"), 12),
    OutColumn(marked("姓名"), 12, "name"),
    OutColumn(marked("身份证号"), 20, "number"),
    OutColumn(marked("手机"), 14, "number"),
    OutColumn(marked("做什么"), 24),
    OutColumn(marked("到岗日期"), 12),
    OutColumn(marked("最后一天"), 12),
    OutColumn(marked("违法犯罪记录查询日期"), 16),
    OutColumn(marked("查询"), 14),
)


def volunteers(asked: Asked) -> Rows:
    """Those of all sites within reach, or of the one whose page it is; numbers and telephones are read only when they are
    asked for in full, by who keeps the list."""
    found = (
        Volunteer.objects.allowed(asked.actor, KEEP_VOLUNTEERS if asked.revealed else "volunteer.view")
        .filter(Q(ends_on__isnull=True) | Q(ends_on__gte=asked.on))
        .select_related("facility__street")
        .defer("facility__search_text", *(() if asked.revealed else ("identity", "phone")))
        .prefetch_related("checks")
        .order_by("facility__street__code", "facility__code", "-starts_on", "-pk")
    )
    if "facility" in asked.query:
        found = found.filter(facility=number(asked.query.get("facility")))
    # what an inquiry found is told nobody here, as on the page
    words = {"ok": _("有效"), "overdue": _("过期")}

    def rows() -> Iterator[tuple]:
        for row, standing in volunteer_services.with_standing(found.iterator(chunk_size=CHUNK), asked.on):
            yield (
                row.facility.code,
                row.facility.name,
                row.facility.street.name,
                row.name,
                row.identity if asked.revealed else "",
                row.phone if asked.revealed else "",
                row.duty,
                row.starts_on,
                row.ends_on,
                row.last_check if standing == "ok" else None,
                words.get(standing, _("没有查询")),
            )

    return Rows(many(found), rows())


LEDGER_COLUMNS = (
    OutColumn(marked("日期"), 12),
    OutColumn(marked("收支项目"), 16),
    OutColumn(marked("摘要"), 40),
    OutColumn(marked("收入"), 14),
    OutColumn(marked("支出"), 14),
    OutColumn(marked("冲回"), 8),
)


def ledger(asked: Asked) -> Rows:
    """The lines of the year that the page shows."""
    facility = facility_of(asked, "ledger.view")
    year = site_views.ledger_year(ledger_services.accounts(facility), asked.query, asked.on)
    found = LedgerEntry.objects.filter(facility=facility, on__year=year).order_by("-on", "-pk")
    return Rows(
        many(found),
        (
            (
                row.on,
                row.get_item_display(),
                row.note,
                row.amount if row.item in INCOME_ITEMS else None,
                None if row.item in INCOME_ITEMS else row.amount,
                row.reverses_id is not None,
            )
            for row in found.iterator(chunk_size=CHUNK)
        ),
    )


EXPORTS = (
    ExportList(
        "children", marked("幼儿名单"), "children", "child.view", lambda asked: CHILD_COLUMNS, children, of="facility"
    ),
    ExportList(
        "access-requests", marked("幼儿档案查看申请"), "access-requests", "access_request.view",
        lambda asked: REQUEST_COLUMNS, access_requests,
    ),
    ExportList(
        "child-log", marked("幼儿档案查看记录"), "child-log", "child_log.view", lambda asked: LOG_COLUMNS, child_log,
        of="child",
    ),
    ExportList(
        "deletions", marked("幼儿档案删除"), "deletions", "deletion.view", lambda asked: DELETION_COLUMNS, deletions
    ),
    ExportList(
        "clinics", marked("认可的体检机构"), "consent-texts", "consent.manage", lambda asked: CLINIC_COLUMNS, clinics
    ),
    ExportList(
        "care-sessions", marked("照护时段"), "site", "site.view", lambda asked: SESSION_COLUMNS, care_sessions,
        of="facility",
    ),
    ExportList(
        "volunteers", marked("志愿者"), "sites", "volunteer.view", lambda asked: VOLUNTEER_COLUMNS, volunteers,
        reveal=KEEP_VOLUNTEERS,
    ),
    ExportList("ledger", marked("收支"), "ledger", "ledger.view", lambda asked: LEDGER_COLUMNS, ledger, of="facility"),
)  # fmt: skip
