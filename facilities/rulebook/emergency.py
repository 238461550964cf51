"""Tests that read emergency plans and drills."""

from facilities.rulebook.base import Source, Test
from portal.rules.machine import marked

KINDS = marked("类")
#: Plans in force on the day, of the kinds that the district asks for; and for how many the drill is not overdue, by the
#: same clock as the board's: from the last drill, or from the approval. A plan past its review is not current.
SOURCE = Source(
    "emergency",
    """
    SELECT p.facility_id, count(*) AS held,
           count(*) FILTER (WHERE p.kind = ANY(%(emergency_kinds)s::text[]) AND p.review_on >= %(as_of)s) AS current,
           count(*) FILTER (
               WHERE p.kind = ANY(%(emergency_kinds)s::text[])
                 AND coalesce(d.last, p.approved_on) + make_interval(months => CASE p.kind
                     WHEN 'fire' THEN %(fire_drill_months)s::int ELSE %(drill_months)s::int END) >= %(as_of)s::date
           ) AS drilled
    FROM facilities_emergencyplan p
    LEFT JOIN (
        SELECT v.facility_id AS place, v.kind, max(h.held_on) AS last
        FROM facilities_emergencydrill h
        JOIN facilities_emergencyplan v ON v.district_id = h.district_id AND v.id = h.plan_id
        WHERE {here} AND h.held_on <= %(as_of)s GROUP BY v.facility_id, v.kind
    ) d ON d.place = p.facility_id AND d.kind = p.kind
    WHERE {here} AND p.approved_on <= %(as_of)s AND (p.replaced_on IS NULL OR p.replaced_on > %(as_of)s)
    GROUP BY p.facility_id
    """,
)
ASKED = "cardinality(%(emergency_kinds)s::text[])"
PARAMETERS = {"fire_drill_months": "emergency.fire_drill_months", "drill_months": "emergency.drill_months"}

TESTS = (
    Test(
        "emergency-plans",
        marked("应急预案齐全"),
        mend=marked("补上缺的预案；过了复审日期的，修订后登记新的一版"),
        enter=marked("登记应急预案"),
        met=f"CASE WHEN emergency.held > 0 THEN emergency.current >= {ASKED} END",
        value="emergency.current",
        limit=f"{ASKED}::numeric",
        unit=KINDS,
        sources=("emergency",),
        link="facility-emergency",
        right="emergency.keep",
        parameters={"emergency_kinds": "emergency.kinds"},
    ),
    Test(
        "emergency-drills",
        marked("按期应急演练"),
        mend=marked("组织演练，登记日期和证据"),
        enter=marked("登记应急预案和演练"),
        met=f"CASE WHEN emergency.held > 0 THEN emergency.drilled >= {ASKED} END",
        value="emergency.drilled",
        limit=f"{ASKED}::numeric",
        unit=KINDS,
        sources=("emergency",),
        asks=("fire_drill_months", "drill_months"),
        link="facility-emergency",
        right="emergency.keep",
        parameters={"emergency_kinds": "emergency.kinds"},
    ),
)
