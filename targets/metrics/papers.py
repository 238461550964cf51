"""What the district's own papers show: meetings of the joint conference, issued self-reports, supervisions of units."""

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

SUPERVISIONS = Family(
    key="supervisions",
    label=marked("单位年度督查"),
    row_label=marked("次督查"),
    link="supervision",
    right="supervision.view",
    detail_label=marked("定下结果的日期"),
    sql="""
        SELECT r.id AS row_id, NULL::bigint AS street_id, r.year::text AS code, r.year::text AS name,
               (r.final_at AT TIME ZONE 'Asia/Shanghai')::date::text AS detail,
               (r.final_at AT TIME ZONE 'Asia/Shanghai')::date AS final_on
        FROM targets_supervisionround r
        WHERE r.state = 'final'
    """,
    metrics=(
        Metric(
            "policy_supervisions",
            marked("办完的年度督查"),
            marked("今年定下结果的单位年度督查次数，督查各单位落实任务和指标的情况"),
            "count",
            hit="f.final_on BETWEEN %(year_start)s AND %(as_of)s",
            unit=marked("次督查"),
        ),
    ),
)

#: A name that stands owes a report of each year after the one in which it was given (rules/naming.py: report_years).
NAMED = Family(
    key="named_districts",
    label=marked("示范区"),
    row_label=marked("个示范区"),
    link="cycle-application",
    right="cycle_application.view",
    detail_label=marked("报出日期"),
    sql="""
        SELECT a.id AS row_id, NULL::bigint AS street_id, a.named_on::text AS code, a.title AS name, y.sent_on,
               coalesce(y.sent_on::text, '') AS detail
        FROM targets_cycleapplication a
        LEFT JOIN LATERAL (
            SELECT max((r.sent_at AT TIME ZONE 'Asia/Shanghai')::date) AS sent_on FROM targets_yearlyreport r
            WHERE r.district_id = a.district_id AND r.application_id = a.id
              AND r.year = extract(year FROM %(as_of)s::date)
        ) y ON true
        WHERE a.state IN ('named', 'recommended') AND a.named_on < %(year_start)s
          AND (a.valid_until IS NULL OR a.valid_until >= %(year_start)s)
    """,
    metrics=(
        Metric(
            "named_districts_reported",
            marked("向市里报了年度情况的示范区"),
            marked("今年的年度情况已经报出的示范区 ÷ 今年以前命名、命名还有效的示范区"),
            hit="f.sent_on <= %(as_of)s",
        ),
    ),
)

FAMILIES = (CONFERENCES, SELF_REPORTS, SUPERVISIONS, NAMED)
