"""Children in 宝宝屋: what must be there before they come; and the modes of care that are offered by the hour.

A child whose record was deleted by law (facilities/services/deletions.py) has no papers any more: it is not counted, and
the page of the figure says how many there are.
"""

from facilities.supply import OPERATING
from portal.rules.machine import marked
from targets.metrics.base import Family, Metric

KEPT = "f.erased_on IS NULL"
#: The three modes that Jinshan's plan names (四2).
ALONE, WITH_PARENT, WITH_GRANDPARENT = "单独托", "亲子托", "老小托"  # content

CHILDREN = Family(
    key="site_children",
    label=marked("宝宝屋的幼儿"),
    row_label=marked("名幼儿"),
    right="child.view",
    detail_label=marked("协议、体检"),
    erased="f.erased_on IS NOT NULL",
    sql="""
        SELECT e.id AS row_id, f.street_id, c.code, f.name, c.erased_on, a.signed_on, h.issued_on AS checked_on,
               concat_ws('　', a.signed_on::text, h.issued_on::text) AS detail
        FROM facilities_enrolment e
        JOIN facilities_facility f ON f.district_id = e.district_id AND f.id = e.facility_id
        JOIN facilities_child c ON c.district_id = e.district_id AND c.id = e.child_id
        LEFT JOIN LATERAL (
            SELECT max(g.signed_on) AS signed_on FROM facilities_agreement g
            WHERE g.district_id = e.district_id AND g.child_id = e.child_id AND g.facility_id = e.facility_id
              AND g.signed_on <= %(as_of)s AND (g.ends_on IS NULL OR g.ends_on >= %(as_of)s)
        ) a ON true
        LEFT JOIN LATERAL (
            SELECT max(k.issued_on) AS issued_on FROM facilities_healthcertificate k
            WHERE k.district_id = e.district_id AND k.child_id = e.child_id AND k.fit
              AND k.issued_on <= e.starts_on AND k.valid_until >= e.starts_on
        ) h ON true
        WHERE f.kind = 'baby_house' AND e.state IN ('admitted', 'ended')
          AND e.starts_on <= %(as_of)s AND (e.ends_on IS NULL OR e.ends_on >= %(as_of)s)
    """,
    metrics=(
        Metric(
            "site_agreements",
            marked("宝宝屋与家长签了协议"),
            marked("当天有有效协议的幼儿 ÷ 当天在托的宝宝屋幼儿；依法删除了记录的不计"),
            among=KEPT,
            hit="f.signed_on IS NOT NULL",
        ),
        Metric(
            "site_health_checks",
            marked("凭健康检查合格证明入宝宝屋"),
            marked("入托那天有合格、有效的健康检查证明的幼儿 ÷ 当天在托的宝宝屋幼儿；依法删除了记录的不计"),
            among=KEPT,
            hit="f.checked_on IS NOT NULL",
        ),
    ),
)

CARE_MODES = Family(
    key="care_modes",
    label=marked("临时托的模式"),
    row_label=marked("种"),
    right="target.view",
    detail_label=marked("今年开过的宝宝屋（家）"),
    sql=f"""
        SELECT NULL::bigint AS street_id, m.id AS row_id, m.id::text AS code, m.name, count(DISTINCT s.facility_id) AS sites,
               count(DISTINCT s.facility_id)::text AS detail
        FROM (VALUES (1, 'alone', '{ALONE}'), (2, 'with_parent', '{WITH_PARENT}'),
                     (3, 'with_grandparent', '{WITH_GRANDPARENT}')) m(id, mode, name)
        LEFT JOIN (
            SELECT c.mode, c.facility_id FROM facilities_caresession c
            JOIN ({OPERATING}) o ON o.id = c.facility_id AND o.kind = 'baby_house'
            WHERE c.state = 'open' AND c."on" BETWEEN %(year_start)s AND %(as_of)s
        ) s ON s.mode = m.mode
        GROUP BY m.id, m.mode, m.name
    """,
    metrics=(
        Metric(
            "care_modes_offered",
            marked("提供的临时托模式"),
            marked("今年有宝宝屋开过场次的模式数：单独托、亲子托、老小托；取消的场次不算"),
            "count",
            hit="f.sites > 0",
            unit=marked("种"),
        ),
    ),
)

FAMILIES = (CHILDREN, CARE_MODES)
