"""The queries that tests read: one row per facility, each table read once.

Dates decide what holds on `%(as_of)s`: work by its start and end, certificates by issue and validity, classes, premises,
fees and policies by theirs. What is changed in place (the children of a class, the size of a room, somebody's post)
counts on a past day as it stood at its end. A facility that has no row in a source gets NULL from it.
"""

from __future__ import annotations

from facilities.rulebook.base import Overwritten, Source
from facilities.rules.sites import COST_ITEMS

HOLDER = Source(
    "holder",
    "SELECT id AS operator_id, name, credit_code FROM facilities_operator",
    on="holder.operator_id = f.operator_id",
)

STREET = Source(
    "place", "SELECT id AS street_id, name FROM portal_street", on="place.street_id = f.street_id"
)

PLACES = Source(
    "premises",
    """
    SELECT p.facility_id, count(a.id) AS areas, sum(a.area) FILTER (WHERE a.use = 'wash') AS wash,
           sum(a.area) FILTER (WHERE a.use = 'feeding') AS feeding
    FROM facilities_premises p
    LEFT JOIN {table} a ON a.district_id = p.district_id AND a.premises_id = p.id
    WHERE {here} AND p.starts_on <= %(as_of)s AND (p.ends_on IS NULL OR p.ends_on > %(as_of)s)
    GROUP BY p.facility_id
    """,
    changed=Overwritten(
        "facilities_premisesarea",
        ("premises_id",),
        ("use", "area"),
        by="premises_id",
        some="ARRAY(SELECT id FROM facilities_premises WHERE facility_id = ANY(%(facility_ids)s))",
    ),
)

#: Classes that are open on the day; of each kind the largest, the fewest hands, and whether somebody forgot the hands.
_CLASSES = ",\n           ".join(
    f"count(*) FILTER (WHERE kind = '{kind}') AS {kind}s, max(children) FILTER (WHERE kind = '{kind}') AS {kind}_children,"
    f" max(children::numeric / nullif(staff, 0)) FILTER (WHERE kind = '{kind}') AS {kind}_hands,"
    f" coalesce(bool_or(staff = 0 AND children > 0) FILTER (WHERE kind = '{kind}'), false) AS {kind}_no_hands"
    for kind in ("infant", "toddler", "senior")
)
CLASSES = Source(
    "care",
    f"""
    SELECT facility_id, count(*) AS classes, max(children) AS children,
           {_CLASSES}
    FROM {{table}} c
    WHERE {{here}} AND started_on <= %(as_of)s AND (ended_on IS NULL OR ended_on > %(as_of)s)
    GROUP BY facility_id
    """,
    changed=Overwritten(
        "facilities_careclass", ("facility_id", "started_on", "ended_on"), ("kind", "children", "staff")
    ),
)

FEES = Source(
    "fees",
    """
    SELECT facility_id, count(*) AS items, count(*) FILTER (WHERE item = 'meals') AS meals, max(starts_on) AS last
    FROM facilities_fee
    WHERE {here} AND starts_on <= %(as_of)s AND (ends_on IS NULL OR ends_on >= %(as_of)s)
    GROUP BY facility_id
    """,
)

NOTICES = Source(
    "notices",
    """
    SELECT facility_id, max(published_on) AS last FROM facilities_feenotice
    WHERE {here} AND published_on <= %(as_of)s GROUP BY facility_id
    """,
)

COVER = Source(
    "cover",
    """
    SELECT facility_id, max(ends_on) AS ends_on FROM facilities_insurance
    WHERE {here} AND kind = 'liability' AND starts_on <= %(as_of)s GROUP BY facility_id
    """,
)

CREDIT = Source(
    "credit",
    """
    SELECT facility_id, count(*) FILTER (WHERE kind = 'discipline') AS listed,
           count(*) FILTER (WHERE kind = 'promise') AS broken
    FROM facilities_creditentry
    WHERE {here} AND kind IN ('discipline', 'promise') AND state <> 'revoked' AND starts_on <= %(as_of)s
          AND (left_on IS NULL OR left_on > %(as_of)s) AND (ends_on IS NULL OR ends_on >= %(as_of)s)
    GROUP BY facility_id
    """,
)

MENUS = Source(
    "menus",
    """
    SELECT facility_id, max(week) AS week FROM facilities_menu
    WHERE {here} AND week <= %(as_of)s GROUP BY facility_id
    """,
)

#: A site's account of the last finished year: what families paid against what running it cost; an account without any
#: cost was not kept.
ACCOUNT = Source(
    "account",
    f"""
    SELECT facility_id, coalesce(sum(amount) FILTER (WHERE item = 'fee'), 0) AS fees,
           nullif(sum(amount) FILTER (WHERE item IN ({", ".join(f"'{item}'" for item in COST_ITEMS)})), 0) AS costs
    FROM facilities_ledgerentry
    WHERE {{here}} AND "on" BETWEEN %(year_start)s AND %(year_end)s GROUP BY facility_id
    """,
)

POSTS = ("head", "carer", "teacher", "health", "safety", "cook")
_FITS = " ".join(
    f"WHEN '{post}' THEN %(certificates_{post})s::text[] IS NULL OR c.kinds && %(certificates_{post})s::text[]"
    for post in POSTS
)
_ASKED = " ".join(f"WHEN '{post}' THEN %(certificates_{post})s::text[] IS NOT NULL" for post in POSTS)
#: People at work on the day, with certificates valid on it, hours of the last finished year and inquiries up to it.
CREW = Source(
    "crew",
    f"""
    SELECT e.facility_id, count(*) AS people,
           count(*) FILTER (WHERE CASE e.post {_ASKED} ELSE false END) AS asked,
           count(*) FILTER (WHERE CASE e.post {_ASKED} ELSE false END AND (CASE e.post {_FITS} END)) AS certified,
           count(*) FILTER (WHERE 'health_check' = ANY(c.kinds)) AS healthy,
           count(*) FILTER (WHERE e.post = 'head') AS heads,
           count(*) FILTER (WHERE e.post = 'health') AS health,
           count(*) FILTER (WHERE e.post IN ('carer', 'teacher')) AS carers,
           count(*) FILTER (WHERE e.post IN ('carer', 'teacher') AND e.full_time) AS full_time,
           count(*) FILTER (WHERE r.last > %(as_of)s::date - make_interval(months => %(check_months)s::int)) AS checked,
           count(*) FILTER (WHERE r.first_clear <= e.starts_on) AS checked_before,
           count(*) FILTER (WHERE r.staff_id IS NULL) AS never_checked,
           count(*) FILTER (WHERE r.found) AS found,
           count(*) FILTER (WHERE e.starts_on <= %(year_start)s) AS all_year,
           count(*) FILTER (WHERE e.starts_on <= %(year_start)s AND t.staff_id IS NULL) AS untrained,
           count(*) FILTER (WHERE e.starts_on <= %(year_start)s AND t.skills >= %(skills_hours)s) AS skilled,
           count(*) FILTER (WHERE e.starts_on <= %(year_start)s AND t.ethics >= %(ethics_hours)s) AS ethical
    FROM {{table}} e
    LEFT JOIN (
        SELECT staff_id, array_agg(kind::text) AS kinds FROM facilities_certificate
        WHERE {{staff}} AND issued_on <= %(as_of)s AND (valid_until IS NULL OR valid_until >= %(as_of)s)
        GROUP BY staff_id
    ) c ON c.staff_id = e.staff_id
    LEFT JOIN (
        SELECT staff_id, sum(hours) FILTER (WHERE kind = 'skills') AS skills,
               sum(hours) FILTER (WHERE kind = 'ethics') AS ethics
        FROM facilities_trainingrecord
        WHERE {{staff}} AND done_on BETWEEN %(year_start)s AND %(year_end)s AND passed GROUP BY staff_id
    ) t ON t.staff_id = e.staff_id
    LEFT JOIN (
        SELECT staff_id, min(checked_on) FILTER (WHERE NOT found) AS first_clear, max(checked_on) AS last,
               bool_or(found) AS found
        FROM facilities_recordcheck WHERE {{staff}} AND checked_on <= %(as_of)s GROUP BY staff_id
    ) r ON r.staff_id = e.staff_id
    WHERE {{here}} AND e.starts_on <= %(as_of)s AND (e.ends_on IS NULL OR e.ends_on >= %(as_of)s)
    GROUP BY e.facility_id
    """,
    changed=Overwritten(
        "facilities_employment", ("facility_id", "staff_id", "starts_on", "ends_on"), ("post", "full_time")
    ),
)

SOURCES = (HOLDER, STREET, PLACES, CLASSES, FEES, NOTICES, COVER, CREDIT, MENUS, ACCOUNT, CREW)
#: Names in the sources -> the district's parameters.
PARAMETERS = {
    "check_months": "record_check.months",
    "skills_hours": "training.skills_hours",
    "ethics_hours": "training.ethics_hours",
} | {f"certificates_{post}": f"staff.certificates_{post}" for post in POSTS}
