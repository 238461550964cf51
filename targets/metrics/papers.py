"""What the district's own papers show: meetings of the joint conference, issued self-reports."""

from portal.rules.machine import marked
from targets.metrics.base import Family, Metric

MEETINGS = marked("次会议")

#: A meeting counts when its minutes are confirmed: before that nobody can say what was held.
CONFERENCES = Family(
    key="conferences",
    label=marked("联席会议"),
    row_label=MEETINGS,
    link="conference",
    right="conference.view",
    detail_label=marked("会议日期"),
    sql="""
        SELECT c.id AS row_id, NULL::bigint AS street_id, c.year || '-' || lpad(c.number::text, 2, '0') AS code,
               c.place AS name, c."on"::text AS detail, c.state, c."on"
        FROM targets_conference c
        WHERE c."on" <= %(as_of)s AND c.state <> 'cancelled'
    """,
    metrics=(
        Metric(
            "joint_conferences",
            marked("开过的联席会议"),
            marked("今年开过、会议纪要已确认的联席会议次数，全体会议和办公室会议都算"),
            "count",
            among='f."on" >= %(year_start)s',
            hit="f.state IN ('confirmed', 'closed')",
            unit=MEETINGS,
        ),
    ),
)

SELF_REPORTS = Family(
    key="self_reports",
    label=marked("年度自评公报"),
    row_label=marked("份"),
    link="report",
    right="report.view",
    detail_label=marked("文号"),
    sql="""
        SELECT r.id AS row_id, NULL::bigint AS street_id, to_char(r.starts_on, 'YYYY') AS code,
               r.content->>'title' AS name, r.number AS detail,
               (r.issued_at AT TIME ZONE 'Asia/Shanghai')::date AS issued_on
        FROM targets_report r
        WHERE r.kind = 'self' AND r.state = 'issued'
    """,
    metrics=(
        Metric(
            "self_reports_issued",
            marked("印发的年度自评公报"),
            marked("今年印发、公开的年度自评公报份数；公报逐项列出计划的全部指标"),
            "count",
            hit="f.issued_on BETWEEN %(year_start)s AND %(as_of)s",
            unit=marked("份"),
        ),
    ),
)

FAMILIES = (CONFERENCES, SELF_REPORTS)
