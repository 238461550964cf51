"""Supervision: rounds of the draw per street and month, visits per facility and year, orders in time."""

from portal.rules.machine import marked
from targets.metrics.base import Family, Metric
from targets.metrics.supply import OPERATING

#: Papers by the words with which the plan, and so the items' quotes, name them.
MANAGEMENT_GUIDE, DAY_PLAN = "《上海市托育服务机构日常管理指南》", "《上海市托育机构一日活动方案》"  # content

VISITS = Family(
    key="visits",
    label=marked("机构"),
    row_label=marked("家"),
    right="facility.view",
    detail_label=marked("最近一次检查"),
    link="facility",
    facility="f.row_id",
    sql=f"""
        SELECT o.id AS row_id, o.street_id, o.code, o.name, coalesce(v.last_number, '') AS detail,
               coalesce(v.visits, 0) AS visits, coalesce(v.published, 0) AS published
        FROM ({OPERATING}) o
        LEFT JOIN (
            SELECT i.facility_id, count(*) AS visits, count(*) FILTER (WHERE i.published_at IS NOT NULL) AS published,
                   (array_agg(i.number ORDER BY i.finished_on DESC))[1] AS last_number
            FROM inspections_inspection i
            WHERE i.state IN ('finished', 'published') AND i.finished_on BETWEEN %(year_start)s AND %(as_of)s
            GROUP BY i.facility_id
        ) v ON v.facility_id = o.id
        WHERE o.kind <> 'guidance_point'
    """,
    metrics=(
        Metric(
            "yearly_visit",
            marked("今年已实地检查的机构"),
            marked("今年已结束的实地检查所到的在办机构 ÷ 在办机构"),
            hit="f.visits >= 1",
        ),
        Metric(
            "results_published",
            marked("今年已公示检查结果的机构"),
            marked("今年有检查结果公示的在办机构 ÷ 在办机构"),
            hit="f.published >= 1",
        ),
    ),
)

#: What this year's visits saw of the two papers that a plan names: items of the checklists quote the plan's words. Of the
#: day's plan the last visit that looked decides, and there what was wrong.
GUIDES = Family(
    key="guide_visits",
    label=marked("机构"),
    row_label=marked("家"),
    right="facility.view",
    detail_label=marked("按管理指南检查的日期"),
    link="facility",
    facility="f.row_id",
    sql=f"""
        SELECT o.id AS row_id, o.street_id, o.code, o.name, v.managed_on, v.day_plan,
               coalesce(v.managed_on::text, '') AS detail
        FROM ({OPERATING}) o
        LEFT JOIN (
            SELECT i.facility_id, max(i.finished_on) FILTER (WHERE t.managed) AS managed_on,
                   (array_agg(a.value ORDER BY i.finished_on DESC, i.id DESC, a.value) FILTER (WHERE t.day_plan))[1]
                   AS day_plan
            FROM (
                SELECT id, position('{MANAGEMENT_GUIDE}' in quote) > 0 AS managed,
                       position('{DAY_PLAN}' in quote) > 0 AS day_plan
                FROM inspections_checklistitem
                WHERE position('{MANAGEMENT_GUIDE}' in quote) > 0 OR position('{DAY_PLAN}' in quote) > 0
            ) t
            JOIN inspections_answer a ON a.item_id = t.id AND a.value IN ('ok', 'bad')
            JOIN inspections_inspection i ON i.id = a.inspection_id
            WHERE i.state IN ('finished', 'published') AND i.finished_on BETWEEN %(year_start)s AND %(as_of)s
            GROUP BY i.facility_id
        ) v ON v.facility_id = o.id
        WHERE o.kind <> 'guidance_point'
    """,
    metrics=(
        Metric(
            "management_guide_visited",
            marked("按日常管理指南检查过的机构"),
            marked("今年按检查表里引《上海市托育服务机构日常管理指南》的项目查过的机构 ÷ 在办机构"),
            hit="f.managed_on IS NOT NULL",
        ),
        Metric(
            "day_plan_kept",
            marked("检查时执行一日活动方案的机构"),
            marked(
                "今年最近一次检查，检查表里引发展指南和一日活动方案的项目符合的机构 ÷ 在办机构；今年没有查过的不算做到"
            ),
            hit="f.day_plan = 'ok'",
        ),
    ),
)

ROUNDS = Family(
    key="rounds",
    label=marked("街镇与月份"),
    row_label=marked("街镇·月"),
    right="target.view",
    detail_label=marked("已结束的双随机检查"),
    sql="""
        SELECT s.id AS street_id, s.id * 100 + extract(month FROM m.month)::bigint AS row_id,
               to_char(m.month, 'YYYY-MM') AS code, s.name, coalesce(d.visits, 0)::text AS detail,
               coalesce(d.visits, 0) AS visits
        FROM (
            SELECT f.street_id AS id, min(f.opened_on) AS since,
                   max(coalesce(f.closed_on, 'infinity')) AS until
            FROM facilities_facility f
            WHERE f.kind <> 'guidance_point' AND f.opened_on IS NOT NULL AND f.state NOT IN ('preparing', 'filed')
            GROUP BY f.street_id
        ) open
        JOIN portal_street s ON s.id = open.id
        CROSS JOIN generate_series(%(starts_on)s::date, %(as_of)s::date, interval '1 month') AS m(month)
        LEFT JOIN (
            SELECT f.street_id, i.month, count(*) AS visits
            FROM inspections_inspection i JOIN facilities_facility f ON f.id = i.facility_id
            WHERE i.kind = 'drawn' AND i.state IN ('finished', 'published')
              AND i.month BETWEEN %(starts_on)s AND %(as_of)s AND i.finished_on <= %(as_of)s
            GROUP BY f.street_id, i.month
        ) d ON d.street_id = s.id AND d.month = m.month::date
        WHERE open.since < m.month + interval '1 month' AND open.until > m.month
    """,
    metrics=(
        Metric(
            "double_random_monthly",
            marked("每月开展“双随机”检查的街镇"),
            marked("当月有已结束的双随机检查的街镇 ÷ 当月有机构的街镇；全年按街镇与月份数"),
            hit="f.visits >= 1",
        ),
    ),
)

ORDERS = Family(
    key="orders",
    label=marked("整改通知"),
    row_label=marked("件"),
    right="order.view",
    detail_label=marked("最初的期限"),
    link="order",
    facility="f.facility_id",
    sql="""
        SELECT w.id AS row_id, w.facility_id, p.street_id, w.number AS code, p.name,
               to_char(w.first_due_on, 'YYYY-MM-DD') AS detail, w.closed_on, w.first_due_on,
               least(w.answered_on, w.closed_on) AS mended_on
        FROM inspections_order w JOIN facilities_facility p ON p.id = w.facility_id
        WHERE w.issued_on <= %(as_of)s AND w.state <> 'withdrawn'
          AND least(w.first_due_on, CASE WHEN w.closed_on <= %(as_of)s THEN w.closed_on END)
              BETWEEN %(starts_on)s AND %(as_of)s
    """,
    metrics=(
        Metric(
            "orders_in_time",
            marked("整改按期完成"),
            marked(
                "最初期限内改好并已销号的整改通知 ÷ 期限在本期内或在本期内提前销号的整改通知"
                "（改好的日子是通过复查的那次答复之日）"
            ),
            hit="f.mended_on <= f.first_due_on AND f.closed_on <= %(as_of)s",  # as inspections.rules.orders.in_time
        ),
    ),
)

FINDINGS = Family(
    key="findings",
    label=marked("问题"),
    row_label=marked("个"),
    right="inspection.view",
    detail_label=marked("问题"),
    facility="f.facility_id",
    sql="""
        SELECT g.id AS row_id, g.facility_id, p.street_id, i.number AS code, p.name, g.text AS detail,
               g.state, i.finished_on, a.finding_id IS NOT NULL AS answered, EXISTS (
                   SELECT 1 FROM inspections_recheck c
                   WHERE c.order_id = g.order_id AND c."on" <= %(as_of)s AND c.results ->> g.id::text = 'closed'
               ) AS rechecked
        FROM inspections_finding g
        JOIN inspections_inspection i ON i.id = g.inspection_id
        JOIN facilities_facility p ON p.id = g.facility_id
        LEFT JOIN (SELECT DISTINCT finding_id FROM inspections_orderanswer) a ON a.finding_id = g.id
        WHERE i.finished_on BETWEEN %(year_start)s AND %(as_of)s AND g.state <> 'withdrawn'
    """,
    metrics=(
        Metric(
            "findings_found",
            marked("检查发现的问题"),
            marked("本期结束的检查发现的问题数，当场改正的也计"),
            "count",
            "f.finished_on >= %(starts_on)s",
            unit=marked("个"),
        ),
        Metric(
            "rectification_closed_loop",
            marked("问题闭环"),
            marked("有整改答复、有复查才销号的问题 ÷ 今年检查发现、已销号的问题（当场改正的不计）"),
            among="f.state = 'closed'",
            hit="f.answered AND f.rechecked",
        ),
    ),
)

DRAWN = Family(
    key="drawn",
    label=marked("抽到的机构"),
    row_label=marked("家"),
    right="inspection.cancel",  # inspections come unannounced: who is still to be visited only the bureau knows
    detail_label=marked("检查编号"),
    link="facility",
    facility="f.row_id",
    unannounced=True,
    sql="""
        SELECT p.id AS row_id, p.street_id, p.code, p.name, i.number AS detail, i.finished_on, i.state
        FROM inspections_inspection i JOIN facilities_facility p ON p.id = i.facility_id
        WHERE i.kind = 'drawn' AND i.month BETWEEN %(starts_on)s AND %(as_of)s
          AND NOT (i.state = 'cancelled' AND i.cancelled_at::date <= %(as_of)s)
    """,
    metrics=(
        Metric(
            "drawn_visits_made",
            marked("双随机检查完成"),
            marked("已结束的双随机检查 ÷ 本期抽到的检查（销去的不计）"),
            hit="f.state IN ('finished', 'published') AND f.finished_on <= %(as_of)s",
        ),
    ),
)

ISSUED = Family(
    key="issued",
    label=marked("整改通知"),
    row_label=marked("件"),
    right="order.view",
    detail_label=marked("期限"),
    link="order",
    facility="f.facility_id",
    sql="""
        SELECT w.id AS row_id, w.facility_id, p.street_id, w.number AS code, p.name,
               to_char(w.due_on, 'YYYY-MM-DD') AS detail, w.issued_on, w.due_on, w.closed_on <= %(as_of)s AS closed
        FROM inspections_order w JOIN facilities_facility p ON p.id = w.facility_id
        WHERE w.issued_on <= %(as_of)s AND w.state <> 'withdrawn'
          AND (w.issued_on >= %(starts_on)s OR w.closed_on IS NULL OR w.closed_on > %(as_of)s)
    """,
    metrics=(
        Metric(
            "orders_closed",
            marked("本期整改通知已销号"),
            marked("本期发出、已销号的整改通知 ÷ 本期发出的整改通知"),
            among="f.issued_on >= %(starts_on)s",
            hit="f.closed",
        ),
        Metric(
            "orders_overdue",
            marked("逾期没有销号的整改通知"),
            marked("过了现在的期限、还没有销号的整改通知件数，以前发出的也计"),
            "count",
            "f.closed IS NOT TRUE",
            "f.due_on < %(as_of)s",
            unit=marked("件"),
        ),
    ),
)

FAMILIES = (VISITS, GUIDES, ROUNDS, ORDERS, FINDINGS, DRAWN, ISSUED)
