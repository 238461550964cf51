"""Risk grades as spreadsheets: the proposals as their page shows them, one facility's grades in order of time."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from django.utils.timezone import localdate

from facilities.exports.sheet import CHUNK, facility_of, many
from inspections.models import GradeDecision
from inspections.rules.grades import FACTORS
from inspections.views import grades as views
from portal.rules.machine import marked
from portal.spreadsheets import Asked, ExportList, OutColumn, Rows

COLUMNS = (
    OutColumn(marked("机构编号")),
    OutColumn(marked("机构名称"), 28),
    OutColumn(marked("街镇"), 12),
    OutColumn(marked("现在的等级"), 10),
    OutColumn(marked("建议的等级"), 10),
    OutColumn(marked("分数"), 8),
    *(OutColumn(factor.label, 12) for factor in FACTORS),
    OutColumn(marked("状态"), 16),
)


def grades(asked: Asked) -> Rows:
    _form, _rows, _tab, shown = views.chosen(asked.actor, asked.query)
    found = shown.order_by("-rank", "-pk")

    def rows() -> Iterator[tuple]:
        source = found.iterator(chunk_size=CHUNK)
        while chunk := list(islice(source, CHUNK)):
            views.decorate(chunk)
            for row in chunk:
                yield (
                    row.facility.code,
                    row.facility.name,
                    row.facility.street.name,
                    row.facility.grade,
                    row.grade,
                    row.points,
                    *(row.factors.get(factor.key, {}).get("number") for factor in FACTORS),
                    row.words,
                )

    return Rows(many(found), rows())


HISTORY_COLUMNS = (
    OutColumn(marked("日期"), 12),
    OutColumn(marked("原来的等级"), 10),
    OutColumn(marked("等级"), 8),
    OutColumn(marked("怎么定的"), 14),
    OutColumn(marked("建议的等级"), 10),
    OutColumn(marked("原因"), 60),
    OutColumn(marked("谁定的"), 12, personal="name"),
)


def history(asked: Asked) -> Rows:
    facility = facility_of(asked, "grade.view")
    found = GradeDecision.objects.filter(facility=facility).select_related("by", "proposal")
    return Rows(
        many(found),
        (
            (
                localdate(row.at),
                row.before,
                row.grade,
                str(row.get_kind_display()),
                row.proposal.grade if row.proposal else "",
                row.reason,
                row.by.name if row.by else "",
            )
            for row in found
        ),
    )


EXPORTS = (
    ExportList("grades", marked("风险等级"), "grades", "grade_draft.view", lambda asked: COLUMNS, grades),
    ExportList("grade-history", marked("等级的经过"), "facility-grade", "grade.view", lambda asked: HISTORY_COLUMNS, history,
               of="facility"),
)  # fmt: skip
