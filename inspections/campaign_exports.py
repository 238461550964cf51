"""Campaigns, and the visits of one, as spreadsheets."""

from __future__ import annotations

from django.http import Http404
from django.utils.translation import gettext as _

from inspections.models import Campaign
from inspections.views import campaigns as views
from portal.rules.machine import marked
from portal.spreadsheets import Asked, ExportList, OutColumn, Rows

CAMPAIGN_COLUMNS = (
    OutColumn(marked("编号"), 14),
    OutColumn(marked("种类"), 14),
    OutColumn(marked("街镇"), 12),
    OutColumn(marked("主题"), 36),
    OutColumn(marked("开始"), 12),
    OutColumn(marked("结束"), 12),
    OutColumn(marked("公布期限"), 12),
    OutColumn(marked("公布日期"), 12),
    OutColumn(marked("派出"), 8),
    OutColumn(marked("查完"), 8),
    OutColumn(marked("状态"), 12),
)


def campaigns(asked: Asked) -> Rows:
    _tab, _rows, shown = views.chosen(asked.actor, asked.query)
    found = list(shown.order_by("-starts_on", "-pk"))
    return Rows(
        len(found),
        (
            (
                row.number,
                row.get_kind_display(),
                row.street.name if row.street else "",
                row.theme,
                row.starts_on,
                row.ends_on,
                row.publish_by,
                row.published_on,
                row.sent,
                row.made,
                row.get_state_display(),
            )
            for row in found
        ),
    )


VISIT_COLUMNS = (
    OutColumn(marked("检查编号"), 18),
    OutColumn(marked("机构编号")),
    OutColumn(marked("机构名称"), 28),
    OutColumn(marked("街镇"), 12),
    OutColumn(marked("检查日期"), 12),
    OutColumn(marked("问题"), 8),
    OutColumn(marked("各部门的部分"), 60),
    OutColumn(marked("状态"), 12),
)


def campaign_visits(asked: Asked) -> Rows:
    """The visits of the campaign whose page it is."""
    text = asked.query.get("campaign", "")
    rows = Campaign.objects.known_to(asked.actor)
    row = rows.filter(pk=int(text)).first() if text.isascii() and text.isdigit() and len(text) < 19 else None
    if row is None:
        raise Http404
    visits = list(views.visit_rows(row))
    views.dress(visits, asked.on, asked.actor)
    return Rows(
        len(visits),
        (
            (
                visit.number,
                visit.facility.code,
                visit.facility.name,
                visit.facility.street.name,
                visit.finished_on,
                visit.found,
                _("、").join(
                    f"{part.unit.name}：{part.get_state_display()}{'　' if part.case_number else ''}{part.case_number}"
                    for part in visit.shares
                ),
                visit.get_state_display(),
            )
            for visit in visits
        ),
    )


EXPORTS = (
    ExportList(
        "campaigns", marked("专项检查"), "campaigns", "campaign.view", lambda asked: CAMPAIGN_COLUMNS, campaigns
    ),
    ExportList(
        "campaign-visits", marked("逐家情况"), "campaign", "campaign.view", lambda asked: VISIT_COLUMNS,
        campaign_visits, of="campaign",
    ),
)  # fmt: skip
