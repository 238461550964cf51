"""Support of facilities: whether inclusive care got what the plans promise, from claims that were paid."""

from facilities.supply import OPERATING
from portal.rules.machine import marked
from targets.metrics.base import Family, Metric
from targets.metrics.guidance import PLAN_FROM

#: Facilities with what was paid to them since a day, without claims that came back whole.
PAID = """
            SELECT c.facility_id, sum(p.amount) AS amount
            FROM targets_subsidypayment p
            JOIN targets_subsidyclaim c ON c.district_id = p.district_id AND c.id = p.claim_id
            WHERE p.paid_on >= {since} AND p.paid_on <= %(as_of)s AND c.amount > (
                SELECT coalesce(sum(r.amount), 0) FROM targets_subsidyrecovery r
                WHERE r.district_id = c.district_id AND r.claim_id = c.id AND r.state = 'confirmed' AND r."on" <= %(as_of)s
            )
            GROUP BY c.facility_id"""

SUPPORTED = Family(
    key="support",
    label=marked("补贴"),
    row_label=marked("家"),
    link="facility",
    facility="f.row_id",
    right="facility.view",
    detail_label=marked("今年拨付（元）"),
    sql=f"""
        SELECT o.id AS row_id, o.street_id, o.code, o.name, o.inclusive OR o.kind = 'inclusive_site' AS inclusive,
               o.kind, coalesce(paid.amount, 0)::text AS detail, paid.amount IS NOT NULL AS supported
        FROM ({OPERATING}) o
        LEFT JOIN (
            {PAID.format(since="%(year_start)s")}
        ) paid ON paid.facility_id = o.id
    """,
    metrics=(
        Metric(
            "inclusive_supported",
            marked("普惠机构拿到补助"),
            marked("今年拨付过补助、减免过租金的普惠机构家数 ÷ 在办的普惠机构家数，全部追回的不算"),
            among="f.kind <> 'guidance_point' AND f.inclusive",
            hit="f.supported",
        ),
        Metric(
            "facilities_supported",
            marked("拿到奖补的机构"),
            marked("今年拨付过奖补的机构家数，全部追回的不算"),
            "count",
            "f.kind <> 'guidance_point'",
            "f.supported",
            unit=marked("家"),
        ),
    ),
)

#: A place that a street lends is on record nowhere: only money and rent that was relieved count.
STREETS = Family(
    key="supporting_streets",
    label=marked("街镇"),
    row_label=marked("个街镇"),
    right="target.view",
    detail_label=marked("得到扶持的普惠机构（家）"),
    sql=f"""
        SELECT s.id AS row_id, s.id AS street_id, s.code, s.name, s.is_street, coalesce(o.supported, 0) AS supported,
               coalesce(o.supported, 0) || ' / ' || coalesce(o.sites, 0) AS detail
        FROM portal_street s
        LEFT JOIN (
            SELECT x.street_id, count(*) AS sites, count(paid.facility_id) AS supported
            FROM ({OPERATING}) x
            LEFT JOIN ({PAID.format(since=PLAN_FROM)}) paid ON paid.facility_id = x.id
            WHERE x.kind <> 'guidance_point' AND (x.inclusive OR x.kind = 'inclusive_site')
            GROUP BY x.street_id
        ) o ON o.street_id = s.id
    """,
    metrics=(
        Metric(
            "streets_with_support",
            marked("普惠机构得到扶持的街镇"),
            marked(
                "有在办的普惠机构、计划开始以来其中有一家拿到过补助或减免过租金的街镇 ÷ 全部街镇，"
                "不计园区、农场；提供场地没有登记，不计"
            ),
            among="f.is_street",
            hit="f.supported >= 1",
        ),
    ),
)

FAMILIES = (SUPPORTED, STREETS)
