"""Emergency plans and drills: from the register's plans by version and the drills that were held of them."""

from facilities.supply import OPERATING
from portal.rules.machine import marked
from targets.metrics.base import Family, Metric

#: `current`: kinds that the district asks for with a plan in force on the day that is not past its review; a plan that
#: came later, or was replaced by then, is none. `drills`: all that were held by the day, whatever their plan.
EMERGENCY = Family(
    key="emergency",
    label=marked("应急预案与演练"),
    row_label=marked("家"),
    link="facility-emergency",
    facility="f.row_id",
    right="emergency.view",
    detail_label=marked("有效的预案（种），演练（次）"),
    parameters={"kinds": "emergency.kinds"},
    sql=f"""
        SELECT o.id AS row_id, o.street_id, o.code, o.name, coalesce(p.current, 0) AS current,
               cardinality(%(kinds)s::text[]) AS asked, coalesce(d.drills, 0) AS drills,
               coalesce(p.current, 0) || ' / ' || cardinality(%(kinds)s::text[]) || '　' || coalesce(d.drills, 0) AS detail
        FROM ({OPERATING}) o
        LEFT JOIN (
            SELECT e.facility_id, count(DISTINCT e.kind) AS current FROM facilities_emergencyplan e
            WHERE e.kind = ANY(%(kinds)s::text[]) AND e.approved_on <= %(as_of)s AND e.review_on >= %(as_of)s
              AND (e.replaced_on IS NULL OR e.replaced_on > %(as_of)s)
            GROUP BY e.facility_id
        ) p ON p.facility_id = o.id
        LEFT JOIN (
            SELECT e.facility_id, count(*) AS drills FROM facilities_emergencydrill h
            JOIN facilities_emergencyplan e ON e.district_id = h.district_id AND e.id = h.plan_id
            WHERE h.held_on <= %(as_of)s GROUP BY e.facility_id
        ) d ON d.facility_id = o.id
        WHERE o.kind <> 'guidance_point'
    """,
    metrics=(
        Metric(
            "emergency_prepared",
            marked("有应急预案并做过演练"),
            marked(
                "规定种类的应急预案都有效、并且有演练记录的机构 ÷ 在办机构；过了复审日期的预案不算，科学育儿指导点不计"
            ),
            hit="f.current >= f.asked AND f.drills >= 1",
        ),
    ),
)

FAMILIES = (EMERGENCY,)
