"""What evaluation, guidance and the supervision of streets show: model facilities, what came of evaluations, points that
give guidance of more than one profession, streets whose supervision asks about inclusive sites."""

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
        SELECT DISTINCT ON (o.id) o.id AS row_id, o.street_id, o.code, o.name, s.named_on, s.named_on::text AS detail,
               o.inclusive OR o.kind = 'inclusive_site' AS inclusive
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
        Metric(
            "inclusive_model_facilities",
            marked("命名的普惠性示范机构"),
            marked("计划开始以来经质量评估命名、现在还在办的普惠性示范托育机构家数"),
            "count",
            among="f.inclusive",
            unit=marked("家"),
        ),
    ),
)

#: Days on which a facility's evaluation got its parts: its own sheet and the commissioned one this year, the district's
#: result and its publication since the plan began, those of the last evaluation that is final.
EVALUATED = Family(
    key="evaluated_facilities",
    label=marked("质量评估"),
    row_label=marked("家"),
    link="facility",
    facility="f.row_id",
    right="facility.view",
    detail_label=marked("自评、委托评估、区里认定"),
    sql=f"""
        SELECT o.id AS row_id, o.street_id, o.code, o.name, o.kind, e.own_on, e.third_on, e.final_on, e.published_on,
               o.fees_published_on, p.facility_id IS NOT NULL AS lawful,
               concat_ws('　', e.own_on::text, e.third_on::text, e.final_on::text) AS detail
        FROM ({OPERATING}) o
        LEFT JOIN (
            SELECT c.facility_id, max(s.own_on) AS own_on, max(s.third_on) AS third_on, max(d.final_on) AS final_on,
                   (array_agg(CASE WHEN c.published_on <= %(as_of)s THEN c.published_on END
                              ORDER BY d.final_on DESC, c.id DESC) FILTER (WHERE d.final_on IS NOT NULL))[1]
                   AS published_on
            FROM inspections_evaluationcase c
            LEFT JOIN (
                SELECT id, final_on FROM inspections_evaluationcase
                WHERE final_on <= %(as_of)s AND final_on >= {PLAN_FROM}
            ) d ON d.id = c.id
            LEFT JOIN (
                SELECT t.case_id, max(t.day) FILTER (WHERE t.kind = 'self') AS own_on,
                       max(t.day) FILTER (WHERE t.kind = 'third') AS third_on
                FROM (
                    SELECT case_id, kind, (submitted_at AT TIME ZONE 'Asia/Shanghai')::date AS day
                    FROM inspections_evaluationsheet WHERE state = 'submitted' AND kind IN ('self', 'third')
                ) t WHERE t.day BETWEEN %(year_start)s AND %(as_of)s GROUP BY t.case_id
            ) s ON s.case_id = c.id
            GROUP BY c.facility_id
        ) e ON e.facility_id = o.id
        LEFT JOIN (
            SELECT facility_id FROM facilities_notice WHERE carries AND issued_on <= %(as_of)s
                AND (state = 'valid' OR state_on > %(as_of)s)
            UNION
            SELECT facility_id FROM facilities_permit
            WHERE kind = 'registration' AND (issued_on IS NULL OR issued_on <= %(as_of)s)
                AND (valid_until IS NULL OR valid_until >= %(as_of)s)
        ) p ON p.facility_id = o.id
        WHERE o.kind <> 'guidance_point'
    """,
    metrics=(
        Metric(
            "lawful_open_evaluated",
            marked("依法申办、信息公示、质量评估三项都有的机构"),
            marked(
                "有在效的登记证书或依法开展托育服务告知书、收费已公示、计划开始以来质量评估已认定的机构 ÷ 在办机构"
            ),
            hit="f.lawful AND f.fees_published_on <= %(as_of)s AND f.final_on IS NOT NULL",
        ),
        Metric(
            "evaluation_published",
            marked("评估结果公布的机构"),
            marked("结果已公布的机构 ÷ 计划开始以来质量评估已认定、现在还在办的机构，都看最近一次认定"),
            among="f.final_on IS NOT NULL",
            hit="f.published_on IS NOT NULL",
        ),
        Metric(
            "three_in_one",
            marked("自评、区里认定、委托评估三项都有的机构"),
            marked("今年交了自评、有委托评估、区里认定了结果的机构 ÷ 在办机构"),
            hit="f.own_on IS NOT NULL AND f.third_on IS NOT NULL AND f.final_on >= %(year_start)s",
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
            WHERE r.year = extract(year FROM %(as_of)s::date)
                AND (r.opened_at AT TIME ZONE 'Asia/Shanghai')::date <= %(as_of)s
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

FAMILIES = (MODELS, EVALUATED, POINTS, ASKED)
