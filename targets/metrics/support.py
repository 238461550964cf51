"""Support of facilities: whether inclusive care got what the plans promise, from claims that were paid."""

from facilities.supply import OPERATING
from portal.rules.machine import marked
from targets.metrics.base import Family, Metric

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
            SELECT c.facility_id, sum(p.amount) AS amount
            FROM targets_subsidypayment p
            JOIN targets_subsidyclaim c ON c.district_id = p.district_id AND c.id = p.claim_id
            WHERE p.paid_on BETWEEN %(year_start)s AND %(as_of)s AND c.amount > (
                SELECT coalesce(sum(r.amount), 0) FROM targets_subsidyrecovery r
                WHERE r.district_id = c.district_id AND r.claim_id = c.id AND r."on" <= %(as_of)s
            )
            GROUP BY c.facility_id
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

FAMILIES = (SUPPORTED,)
