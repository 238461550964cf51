"""What evaluation, guidance and the supervision of streets show: model facilities, points that give guidance of more than
one profession, streets whose yearly supervision asks about inclusive sites."""

from facilities.supply import OPERATING
from portal.rules.machine import marked
from targets.metrics.base import Family, Metric
from targets.metrics.guidance import PLAN_FROM

MODELS = Family(
    key="model_facilities",
    label=marked("示范机构"),
    row_label=marked("家"),
    link="facility",
    facility="f.row_id",
    right="facility.view",
    detail_label=marked("命名日期"),
    sql=f"""
        SELECT DISTINCT ON (o.id) o.id AS row_id, o.street_id, o.code, o.name, s.named_on, s.named_on::text AS detail
        FROM inspections_selection s
        JOIN inspections_evaluationcase c ON c.district_id = s.district_id AND c.id = s.case_id
        JOIN ({OPERATING}) o ON o.id = c.facility_id
        WHERE s.state = 'named' AND s.named_on <= %(as_of)s AND s.named_on >= {PLAN_FROM}
        ORDER BY o.id, s.named_on DESC
    """,
    metrics=(
        Metric(
            "model_facilities",
            marked("命名的示范机构"),
            marked("计划开始以来经质量评估命名、现在还在办的示范托育机构家数"),
            "count",
            unit=marked("家"),
        ),
    ),
)

POINTS = Family(
    key="combined_points",
    label=marked("科学育儿指导点"),
    row_label=marked("个指导点"),
    link="facility",
    facility="f.row_id",
    right="facility.view",
    detail_label=marked("今年的教育、医学指导（次）"),
    sql=f"""
        SELECT o.id AS row_id, o.street_id, o.code, o.name,
               coalesce(v.taught, 0) AS taught, coalesce(v.treated, 0) AS treated,
               coalesce(v.taught, 0) || ' / ' || coalesce(v.treated, 0) AS detail
        FROM ({OPERATING}) o
        LEFT JOIN (
            SELECT g.facility_id, count(*) FILTER (WHERE g.kind = 'education') AS taught,
                   count(*) FILTER (WHERE g.kind = 'medical') AS treated
            FROM guidance_guidancesession g
            WHERE g.facility_id IS NOT NULL AND g.struck_on IS NULL AND g.served_on BETWEEN %(year_start)s AND %(as_of)s
            GROUP BY g.facility_id
        ) v ON v.facility_id = o.id
        WHERE o.kind = 'guidance_point'
    """,
    metrics=(
        Metric(
            "combined_guidance_points",
            marked("试行教养医结合指导的指导点"),
            marked("今年既登记过教育指导、又登记过医学指导的指导点 ÷ 在办的指导点"),
            hit="f.taught > 0 AND f.treated > 0",
        ),
    ),
)

#: A street is asked where a question on the target of inclusive sites stands in the year's round and the street has a case.
ASKED = Family(
    key="supervised_streets",
    label=marked("街镇"),
    row_label=marked("个街镇"),
    right="target.view",
    detail_label=marked("督查题目"),
    sql="""
        SELECT s.id AS row_id, s.id AS street_id, s.code, s.name, s.is_street, coalesce(q.text, '') AS detail,
               q.text IS NOT NULL AS asked
        FROM portal_street s
        LEFT JOIN LATERAL (
            SELECT min(p.text) AS text
            FROM targets_supervisionround r
            JOIN targets_supervisioncase c ON c.district_id = r.district_id AND c.round_id = r.id
            JOIN portal_unit u ON u.district_id = c.district_id AND u.id = c.unit_id AND u.street_id = s.id
            JOIN targets_supervisionquestion p ON p.district_id = r.district_id AND p.round_id = r.id AND p.dropped = ''
            JOIN targets_target t ON t.district_id = p.district_id AND t.id = p.target_id
                AND t.metric = 'inclusive_site_per_street'
            WHERE r.year = extract(year FROM %(as_of)s::date) AND r.state IN ('open', 'announced', 'final')
        ) q ON true
    """,
    metrics=(
        Metric(
            "sites_in_supervision",
            marked("年度督查问到普惠性托育点的街镇"),
            marked("今年的单位年度督查里有普惠性托育点一题的街镇 ÷ 全部街镇，不计园区、农场"),
            among="f.is_street",
            hit="f.asked",
        ),
    ),
)

FAMILIES = (MODELS, POINTS, ASKED)
