# ruff: noqa: E501 - SQL reads better in wide lines
"""The floor of `bench/rollup.py`: every counted figure by one hand-written statement that reads each table once.

Sent past row-level security as the superuser, for one district (`statement(True)`) or for all at once. Each part gives a
district, a street (null: the district's own) and an array of pairs, numerator and denominator, in the order of its keys.
A facility is counted with everything that hangs on it, so that no table is read again for another figure. `answers`
turns what came back into the figures that the roll-up has.
"""

from __future__ import annotations

import re
from decimal import Decimal

ONE = re.compile(r"(\w+\.)?district_id = %\(d\)s( AND)?")
#: What several parts look at, each read once. `o`: facilities that operated on the day; `h`: who worked where on it;
#: `i`: the year's inspections; `g`: places of guidance; `plan`: from when what a plan asks for once counts.
SHARED = {
    "o": """SELECT f.* FROM facilities_facility f LEFT JOIN (
            SELECT facility_id, (array_agg(target ORDER BY "on" DESC, id DESC) FILTER (WHERE "on" <= %(as_of)s))[1] AS state,
                (array_agg(source ORDER BY "on", id) FILTER (WHERE "on" > %(as_of)s))[1] AS before
            FROM facilities_facilitytransition WHERE district_id = %(d)s GROUP BY facility_id
        ) t ON t.facility_id = f.id
        WHERE f.district_id = %(d)s AND f.opened_on <= %(as_of)s AND (f.closed_on IS NULL OR f.closed_on > %(as_of)s)
          AND coalesce(t.state = 'operating', t.before = 'operating', f.state IN ('operating', 'closed'))""",
    "h": """SELECT staff_id, facility_id, post, starts_on FROM facilities_employment
        WHERE district_id = %(d)s AND starts_on <= %(as_of)s AND (ends_on IS NULL OR ends_on >= %(as_of)s)""",
    "i": """SELECT i.id, i.district_id, i.facility_id, f.street_id, i.kind, i.state, i.month, i.finished_on, i.published_at, i.cancelled_at
        FROM inspections_inspection i JOIN facilities_facility f ON f.id = i.facility_id
        WHERE i.district_id = %(d)s AND (i.finished_on BETWEEN %(year_start)s AND %(as_of)s OR i.month BETWEEN %(starts_on)s AND %(as_of)s)""",
    "plan": """SELECT district_id, max(period_from) AS since FROM portal_policydocument
        WHERE district_id = %(d)s AND period_from <= %(as_of)s GROUP BY district_id""",
    "pay": """SELECT l.district_id, l.facility_id, bool_or(p.paid_on >= %(year_start)s) AS this_year, bool_or(p.paid_on >= plan.since) AS in_plan
        FROM targets_subsidypayment p JOIN targets_subsidyclaim l ON l.id = p.claim_id LEFT JOIN plan ON plan.district_id = p.district_id
        LEFT JOIN (SELECT claim_id, sum(amount) AS back FROM targets_subsidyrecovery
            WHERE district_id = %(d)s AND state = 'confirmed' AND "on" <= %(as_of)s GROUP BY claim_id) z ON z.claim_id = l.id
        WHERE p.district_id = %(d)s AND p.paid_on BETWEEN least(%(year_start)s::date, plan.since) AND %(as_of)s AND l.amount > coalesce(z.back, 0)
        GROUP BY 1, 2""",
    "g": """SELECT * FROM guidance_guidanceplace
        WHERE district_id = %(d)s AND opened_on <= %(as_of)s AND (closed_on IS NULL OR closed_on > %(as_of)s)""",
    "e": """SELECT e.*, p.since FROM guidance_guidanceevent e LEFT JOIN plan p ON p.district_id = e.district_id
        WHERE e.district_id = %(d)s AND e.state = 'over' AND e.held_on <= %(as_of)s
          AND e.held_on >= least(%(year_start)s::date, p.since)""",
    "r": """SELECT r.*, p.since FROM guidance_guidanceresource r LEFT JOIN plan p ON p.district_id = r.district_id
        WHERE r.district_id = %(d)s""",
    "k": """SELECT street_id, facility_id FROM guidance_kituse WHERE district_id = %(d)s AND used_from <= %(as_of)s""",
    "n": """SELECT n.id, n.street_id, n.birth_month, n.resident, n.asked, n.handbook_on, coalesce(v.many, 0) AS many
        FROM guidance_newborn n LEFT JOIN (
            SELECT newborn_id, count(*) AS many FROM guidance_newbornvisit
            WHERE district_id = %(d)s AND visited_on BETWEEN %(year_start)s AND %(as_of)s GROUP BY newborn_id
        ) v ON v.newborn_id = n.id
        WHERE n.district_id = %(d)s AND n.birth_month BETWEEN %(year_start)s AND %(as_of)s""",
    "c": """SELECT * FROM guidance_guidancecourse WHERE district_id = %(d)s""",
    "t": """SELECT * FROM facilities_trainer WHERE district_id = %(d)s""",
    "s": """SELECT * FROM portal_street WHERE district_id = %(d)s""",
    "a": """SELECT DISTINCT ON (kind, street_id) kind, street_id, count FROM facilities_population
        WHERE district_id = %(d)s AND kind IN ('total', 'one_to_three') AND state = 'in_force' AND year <= extract(year FROM %(as_of)s::date)
        ORDER BY kind, street_id, year DESC""",
}  # fmt: skip
#: The facilities that operated on the last day before the year.
SHARED["ob"] = SHARED["o"].replace("%(as_of)s", "(%(year_start)s::date - 1)")
BABY = "x.kind = 'baby_house'"
CARE = "x.kind <> 'guidance_point'"


def share(hit: str, among: str = "true") -> str:
    return f"count(*) FILTER (WHERE ({among}) AND ({hit})), count(*) FILTER (WHERE {among})"


def total(what: str, among: str = "true") -> str:
    return f"coalesce(sum({what}) FILTER (WHERE {among}), 0), 0"


FACILITY = {
    "places_per_street": total("x.places", CARE),
    "sites_per_street": total("1", CARE),
    "inclusive_site_per_street": total("1", f"{CARE} AND x.some"),
    "inclusive_sites_opened": total("1", f"{CARE} AND x.some AND x.opened_on >= %(year_start)s"),
    "guidance_points_per_street": total("1", "x.kind = 'guidance_point'"),
    "baby_house_per_street": total("1", BABY),
    "baby_house_coverage": total("1", BABY),
    "baby_house_streets_all": total("1", BABY),
    "area_per_child": share("x.usable_area / x.places >= %(area)s", BABY),
    "video_retention": share("x.video_days >= %(baby_video)s", BABY),
    "video_connected": share("x.video_connected", CARE),
    "baby_house_video_connected": share("x.video_connected", BABY),
    "alarm_connected": share("x.alarm_connected", BABY),
    "insured": share("x.insured_until >= %(as_of)s", BABY),
    "fees_published": share("x.fees_published_on <= %(as_of)s", BABY),
    "health_worker": share("x.health >= 1", BABY),
    "head_on_post": share("x.heads >= 1", BABY),
    "staff_child_ratio": share("x.carers * %(ratio)s >= x.places", BABY),
    "one_file_complete": share(
        "x.operator <> '' AND x.head <> '' AND x.phone <> '' AND x.credit_code <> '' AND x.usable_area IS NOT NULL"
        " AND x.insured_until IS NOT NULL",
        CARE,
    ),
    "yearly_visit": share("x.visits >= 1", CARE),
    "results_published": share("x.published >= 1", CARE),
    "emergency_prepared": share("x.current >= cardinality(%(kinds)s::text[]) AND x.drilled", CARE),
    "inclusive_supported": share("x.supported", f"{CARE} AND x.some"),
    "facilities_supported": total("1", f"{CARE} AND x.supported"),
    "model_facilities": total("1", "x.named"),
    "inclusive_model_facilities": total("1", "x.named AND x.some"),
    "evaluation_published": share("x.told", f"{CARE} AND x.final_on IS NOT NULL"),
    "three_in_one": share(
        "x.own_on IS NOT NULL AND x.third_on IS NOT NULL AND x.final_on >= %(year_start)s", CARE
    ),
    "lawful_open_evaluated": share(
        "x.lawful AND x.fees_published_on <= %(as_of)s AND x.final_on IS NOT NULL", CARE
    ),
    "management_guide_visited": share("x.managed", CARE),
    "day_plan_kept": share("x.day_plan = 'ok'", CARE),
    "combined_guidance_points": share("x.taught > 0 AND x.treated > 0", "x.kind = 'guidance_point'"),
}
POSTS = ("head", "carer", "teacher", "health", "safety", "cook")
CERTIFIED = (
    "CASE p.post "
    + " ".join(f"WHEN '{post}' THEN z.kinds && %({post}_kinds)s::text[]" for post in POSTS)
    + " END"
)
STAFF = {
    "certified_share": share(CERTIFIED, "p.post <> 'other'"),
    "baby_house_certified_share": share(CERTIFIED, "p.post <> 'other' AND p.kind = 'baby_house'"),
    "skills_hours": share("t.skills >= %(skills)s"),
    "ethics_hours": share("t.ethics >= %(ethics)s"),
    "in_service_training": share("t.staff_id IS NOT NULL"),
    "training_both_kinds": share("t.skills IS NOT NULL AND t.ethics IS NOT NULL"),
    "baby_house_training_both_kinds": share(
        "t.skills IS NOT NULL AND t.ethics IS NOT NULL", "p.kind = 'baby_house'"
    ),
    "record_check_before_hire": share("q.clear <= p.starts_on", "p.kind = 'baby_house'"),
    "record_check_periodic": share(
        "q.last > %(as_of)s::date - make_interval(months => %(months)s::int)", "p.kind = 'baby_house'"
    ),
    "record_check_clear": share("q.clear IS NOT NULL AND NOT q.found"),
}
#: name -> (keys, SELECT of district, street, array of pairs)
PARTS: dict[str, tuple[tuple[str, ...], str]] = {
    "facilities": (
        (*FACILITY,),
        f"""SELECT x.district_id, x.street_id, ARRAY[{", ".join(FACILITY.values())}] FROM (
            SELECT o.*, o.inclusive OR o.kind = 'inclusive_site' AS some, w.name AS operator, m.health, m.heads, m.carers, v.visits,
                v.published, y.current, u.facility_id IS NOT NULL AS drilled, b.this_year AS supported,
                j.facility_id IS NOT NULL AS named, l.taught, l.treated, z.own_on, z.third_on, z.final_on, z.told, q.managed, q.day_plan,
                r.facility_id IS NOT NULL AS lawful
            FROM o LEFT JOIN facilities_operator w ON w.id = o.operator_id
            LEFT JOIN (SELECT facility_id, count(*) FILTER (WHERE post = 'health') AS health, count(*) FILTER (WHERE post = 'head') AS heads,
                count(*) FILTER (WHERE post IN ('carer', 'teacher')) AS carers FROM h GROUP BY facility_id) m ON m.facility_id = o.id
            LEFT JOIN (SELECT facility_id, count(*) AS visits, count(published_at) AS published FROM i
                WHERE state IN ('finished', 'published') AND finished_on BETWEEN %(year_start)s AND %(as_of)s GROUP BY facility_id) v ON v.facility_id = o.id
            LEFT JOIN (SELECT facility_id, count(DISTINCT kind) AS current FROM facilities_emergencyplan
                WHERE district_id = %(d)s AND kind = ANY(%(kinds)s::text[]) AND approved_on <= %(as_of)s AND review_on >= %(as_of)s
                  AND (replaced_on IS NULL OR replaced_on > %(as_of)s) GROUP BY facility_id) y ON y.facility_id = o.id
            LEFT JOIN (SELECT DISTINCT e.facility_id FROM facilities_emergencydrill d JOIN facilities_emergencyplan e ON e.id = d.plan_id
                WHERE d.district_id = %(d)s AND d.held_on <= %(as_of)s) u ON u.facility_id = o.id
            LEFT JOIN pay b ON b.facility_id = o.id
            LEFT JOIN (SELECT DISTINCT c.facility_id FROM inspections_selection s JOIN inspections_evaluationcase c ON c.id = s.case_id
                JOIN plan ON plan.district_id = s.district_id
                WHERE s.district_id = %(d)s AND s.state = 'named' AND s.named_on BETWEEN plan.since AND %(as_of)s) j ON j.facility_id = o.id
            LEFT JOIN (SELECT facility_id, count(*) FILTER (WHERE kind = 'education') AS taught, count(*) FILTER (WHERE kind = 'medical') AS treated
                FROM guidance_guidancesession WHERE district_id = %(d)s AND facility_id IS NOT NULL AND struck_on IS NULL
                  AND served_on BETWEEN %(year_start)s AND %(as_of)s GROUP BY facility_id) l ON l.facility_id = o.id
            LEFT JOIN (SELECT c.facility_id, max(t.own_on) AS own_on, max(t.third_on) AS third_on, max(c.final_on) FILTER (WHERE c.final) AS final_on,
                    (array_agg(c.published_on ORDER BY c.final_on DESC, c.id DESC) FILTER (WHERE c.final))[1] <= %(as_of)s AS told
                FROM (SELECT c.*, c.final_on BETWEEN plan.since AND %(as_of)s AS final FROM inspections_evaluationcase c
                    LEFT JOIN plan ON plan.district_id = c.district_id WHERE c.district_id = %(d)s) c
                LEFT JOIN (SELECT case_id, max(day) FILTER (WHERE kind = 'self') AS own_on, max(day) FILTER (WHERE kind = 'third') AS third_on
                    FROM (SELECT case_id, kind, (submitted_at AT TIME ZONE 'Asia/Shanghai')::date AS day FROM inspections_evaluationsheet
                        WHERE district_id = %(d)s AND state = 'submitted' AND kind IN ('self', 'third')) t
                    WHERE day BETWEEN %(year_start)s AND %(as_of)s GROUP BY case_id) t ON t.case_id = c.id
                GROUP BY c.facility_id) z ON z.facility_id = o.id
            LEFT JOIN (SELECT i.facility_id, bool_or(t.managed) AS managed,
                    (array_agg(a.value ORDER BY i.finished_on DESC, i.id DESC, a.value) FILTER (WHERE t.day_plan))[1] AS day_plan
                FROM (SELECT id, quote LIKE '%%《上海市托育服务机构日常管理指南》%%' AS managed, quote LIKE '%%《上海市托育机构一日活动方案》%%' AS day_plan
                    FROM inspections_checklistitem WHERE district_id = %(d)s) t
                JOIN inspections_answer a ON a.item_id = t.id AND a.value IN ('ok', 'bad')
                JOIN i ON i.id = a.inspection_id AND i.state IN ('finished', 'published') AND i.finished_on BETWEEN %(year_start)s AND %(as_of)s
                WHERE t.managed OR t.day_plan GROUP BY i.facility_id) q ON q.facility_id = o.id
            LEFT JOIN (SELECT facility_id FROM facilities_notice WHERE district_id = %(d)s AND carries AND issued_on <= %(as_of)s
                    AND (state = 'valid' OR state_on > %(as_of)s)
                UNION SELECT facility_id FROM facilities_permit WHERE district_id = %(d)s AND kind = 'registration'
                    AND coalesce(issued_on, %(as_of)s) <= %(as_of)s AND coalesce(valid_until, %(as_of)s) >= %(as_of)s) r ON r.facility_id = o.id
        ) x GROUP BY 1, 2""",
    ),
    "quota": (
        ("baby_house_quota",),
        """SELECT s.district_id, s.id, ARRAY[coalesce(x.places, 0), coalesce(a.count, 0)] FROM s
            LEFT JOIN (SELECT street_id, sum(places) AS places FROM o WHERE kind = 'baby_house' GROUP BY street_id) x ON x.street_id = s.id
            LEFT JOIN a ON a.street_id = s.id AND a.kind = 'one_to_three'""",
    ),
    "children of sites": (
        ("site_agreements", "site_health_checks"),
        f"""SELECT f.district_id, f.street_id, ARRAY[{share("a.child_id IS NOT NULL", "c.erased_on IS NULL")},
                {share("b.id IS NOT NULL", "c.erased_on IS NULL")}]
            FROM facilities_enrolment e JOIN facilities_facility f ON f.id = e.facility_id JOIN facilities_child c ON c.id = e.child_id
            LEFT JOIN (SELECT DISTINCT child_id, facility_id FROM facilities_agreement WHERE district_id = %(d)s AND signed_on <= %(as_of)s
                AND (ends_on IS NULL OR ends_on >= %(as_of)s)) a ON a.child_id = e.child_id AND a.facility_id = e.facility_id
            LEFT JOIN (SELECT DISTINCT n.id FROM facilities_enrolment n JOIN facilities_healthcertificate k ON k.child_id = n.child_id
                AND k.fit AND k.issued_on <= n.starts_on AND k.valid_until >= n.starts_on WHERE n.district_id = %(d)s) b ON b.id = e.id
            WHERE e.district_id = %(d)s AND f.kind = 'baby_house' AND e.state IN ('admitted', 'ended')
              AND e.starts_on <= %(as_of)s AND (e.ends_on IS NULL OR e.ends_on >= %(as_of)s) GROUP BY 1, 2""",
    ),
    "modes of care": (
        ("care_modes_offered",),
        """SELECT o.district_id, NULL, ARRAY[count(DISTINCT c.mode) FILTER (WHERE c.mode IN ('alone', 'with_parent', 'with_grandparent')), 0]
            FROM facilities_caresession c JOIN o ON o.id = c.facility_id AND o.kind = 'baby_house'
            WHERE c.district_id = %(d)s AND c.state = 'open' AND c."on" BETWEEN %(year_start)s AND %(as_of)s GROUP BY 1""",
    ),
    "asked in supervision": (
        ("sites_in_supervision",),
        """SELECT s.district_id, s.id, ARRAY[(s.is_street AND q.street_id IS NOT NULL)::int, s.is_street::int] FROM s LEFT JOIN (
                SELECT DISTINCT u.street_id FROM targets_supervisionround r JOIN targets_supervisioncase c ON c.round_id = r.id
                JOIN portal_unit u ON u.id = c.unit_id JOIN targets_supervisionquestion p ON p.round_id = r.id AND p.dropped = ''
                JOIN targets_target t ON t.id = p.target_id AND t.metric = 'inclusive_site_per_street'
                WHERE r.district_id = %(d)s AND r.year = extract(year FROM %(as_of)s::date) AND (r.opened_at AT TIME ZONE 'Asia/Shanghai')::date <= %(as_of)s
            ) q ON q.street_id = s.id""",
    ),
    "modes": (
        ("service_modes",),
        """SELECT district_id, NULL::bigint, ARRAY[bool_or(full_day)::int + bool_or(half_day)::int + bool_or(hourly)::int, 3]
            FROM o WHERE kind <> 'guidance_point' GROUP BY district_id""",
    ),
    "rising": (
        ("inclusive_supply_rising",),
        """SELECT district_id, NULL, ARRAY[(sum(places) > sum(before))::int + (sum(nursery) > sum(earlier))::int, 2] FROM (
                SELECT district_id, places, 0 AS before, 0 AS nursery, 0 AS earlier FROM o WHERE kind <> 'guidance_point' AND (inclusive OR kind = 'inclusive_site')
                UNION ALL SELECT district_id, 0, places, 0, 0 FROM ob WHERE kind <> 'guidance_point' AND (inclusive OR kind = 'inclusive_site')
                UNION ALL SELECT k.district_id, 0, 0, (o.id IS NOT NULL AND k.opened_on <= %(as_of)s AND (k.closed_on IS NULL OR k.closed_on > %(as_of)s))::int,
                    (ob.id IS NOT NULL AND k.opened_on < %(year_start)s AND (k.closed_on IS NULL OR k.closed_on >= %(year_start)s))::int
                FROM facilities_kindergarten k LEFT JOIN o ON o.id = k.facility_id AND o.kind <> 'guidance_point'
                LEFT JOIN ob ON ob.id = k.facility_id AND ob.kind <> 'guidance_point' WHERE k.district_id = %(d)s) x GROUP BY district_id""",
    ),
    "helped streets": (
        ("streets_with_support",),
        """SELECT s.district_id, s.id, ARRAY[(s.is_street AND b.street_id IS NOT NULL)::int, s.is_street::int] FROM s
            LEFT JOIN (SELECT DISTINCT o.street_id FROM o JOIN pay ON pay.facility_id = o.id AND pay.in_plan
                WHERE o.kind <> 'guidance_point' AND (o.inclusive OR o.kind = 'inclusive_site')) b ON b.street_id = s.id""",
    ),
    "names": (
        ("named_districts_reported",),
        """SELECT a.district_id, NULL, ARRAY[count(*) FILTER (WHERE r.sent_on <= %(as_of)s), count(*)] FROM targets_cycleapplication a
            LEFT JOIN (SELECT application_id, max((sent_at AT TIME ZONE 'Asia/Shanghai')::date) AS sent_on FROM targets_yearlyreport
                WHERE district_id = %(d)s AND year = extract(year FROM %(as_of)s::date) GROUP BY 1) r ON r.application_id = a.id
            WHERE a.district_id = %(d)s AND a.state IN ('named', 'recommended') AND a.named_on < %(year_start)s
              AND (a.valid_until IS NULL OR a.valid_until >= %(year_start)s) GROUP BY 1""",
    ),
    "kindergartens": (
        ("integrated_kindergarten_share", "new_kindergarten_share", "built_kindergarten_share"),
        f"""SELECT k.district_id, k.street_id, ARRAY[{share("o.id IS NOT NULL")},
                {share("o.id IS NOT NULL", "k.works <> '' AND k.works_on BETWEEN %(plan_from)s::date AND %(as_of)s")},
                {share("o.id IS NOT NULL", "k.works = 'new' AND k.works_on BETWEEN %(plan_from)s::date AND %(as_of)s")}]
            FROM facilities_kindergarten k LEFT JOIN o ON o.id = k.facility_id
            WHERE k.district_id = %(d)s AND k.opened_on <= %(as_of)s AND (k.closed_on IS NULL OR k.closed_on > %(as_of)s) GROUP BY 1, 2""",
    ),
    "staff": (
        (*STAFF,),
        f"""SELECT p.district_id, p.street_id, ARRAY[{", ".join(STAFF.values())}] FROM (
                SELECT DISTINCT ON (h.staff_id) h.staff_id, o.district_id, o.street_id, o.kind, h.post, h.starts_on
                FROM h JOIN o ON o.id = h.facility_id AND o.kind <> 'guidance_point' ORDER BY h.staff_id, h.starts_on DESC) p
            LEFT JOIN (SELECT staff_id, array_agg(kind::text) AS kinds FROM facilities_certificate WHERE district_id = %(d)s
                AND issued_on <= %(as_of)s AND (valid_until IS NULL OR valid_until >= %(as_of)s) GROUP BY staff_id) z ON z.staff_id = p.staff_id
            LEFT JOIN (SELECT staff_id, sum(hours) FILTER (WHERE kind = 'skills') AS skills, sum(hours) FILTER (WHERE kind = 'ethics') AS ethics
                FROM facilities_trainingrecord WHERE district_id = %(d)s AND done_on BETWEEN %(year_start)s AND %(as_of)s AND passed
                GROUP BY staff_id) t ON t.staff_id = p.staff_id
            LEFT JOIN (SELECT staff_id, min(checked_on) FILTER (WHERE NOT found) AS clear, max(checked_on) AS last, bool_or(found) AS found
                FROM facilities_recordcheck WHERE district_id = %(d)s AND checked_on <= %(as_of)s GROUP BY staff_id) q ON q.staff_id = p.staff_id
            GROUP BY 1, 2""",
    ),
    "trainers": (
        ("trainer_training",),
        """SELECT district_id, NULL, ARRAY[count(*) FILTER (WHERE many >= %(times)s), 2] FROM (
                SELECT t.district_id, t.kind, count(DISTINCT (l.course, l.done_on)) FILTER (WHERE l.id IS NOT NULL) AS many
                FROM t LEFT JOIN facilities_trainertraining l ON l.trainer_id = t.id AND l.done_on BETWEEN %(year_start)s AND %(as_of)s
                GROUP BY t.district_id, t.kind) x GROUP BY district_id""",
    ),
    "rounds": (
        ("double_random_monthly",),
        """SELECT z.district_id, z.street_id, ARRAY[count(d.street_id), count(*)] FROM (
                SELECT district_id, street_id, min(opened_on) AS since, max(coalesce(closed_on, 'infinity')) AS until FROM facilities_facility
                WHERE district_id = %(d)s AND kind <> 'guidance_point' AND opened_on IS NOT NULL AND state NOT IN ('preparing', 'filed') GROUP BY 1, 2
            ) z JOIN generate_series(%(starts_on)s::date, %(as_of)s::date, interval '1 month') m(month)
                ON z.since < m.month + interval '1 month' AND z.until > m.month
            LEFT JOIN (SELECT DISTINCT street_id, month FROM i WHERE kind = 'drawn' AND state IN ('finished', 'published')
                AND month BETWEEN %(starts_on)s AND %(as_of)s AND finished_on <= %(as_of)s) d ON d.street_id = z.street_id AND d.month = m.month::date
            GROUP BY 1, 2""",
    ),
    "drawn visits": (
        ("drawn_visits_made",),
        f"""SELECT district_id, street_id, ARRAY[{share("state IN ('finished', 'published') AND finished_on <= %(as_of)s")}] FROM i
            WHERE kind = 'drawn' AND month BETWEEN %(starts_on)s AND %(as_of)s AND NOT (state = 'cancelled' AND cancelled_at::date <= %(as_of)s)
            GROUP BY 1, 2""",
    ),
    "orders": (
        ("orders_in_time", "orders_closed", "orders_overdue"),
        f"""SELECT w.district_id, w.street_id, ARRAY[
                {share("least(answered_on, closed_on) <= first_due_on AND closed_on <= %(as_of)s", "decided BETWEEN %(starts_on)s AND %(as_of)s")},
                {share("closed_on <= %(as_of)s", "issued_on >= %(starts_on)s")},
                {total("1", "(closed_on <= %(as_of)s) IS NOT TRUE AND due_on < %(as_of)s")}]
            FROM (SELECT w.*, f.street_id, least(first_due_on, CASE WHEN w.closed_on <= %(as_of)s THEN w.closed_on END) AS decided
                FROM inspections_order w JOIN facilities_facility f ON f.id = w.facility_id
                WHERE w.district_id = %(d)s AND issued_on <= %(as_of)s AND w.state <> 'withdrawn') w GROUP BY 1, 2""",
    ),
    "findings": (
        ("findings_found", "rectification_closed_loop"),
        f"""SELECT i.district_id, i.street_id, ARRAY[{total("1", "i.finished_on >= %(starts_on)s")},
                {share("a.finding_id IS NOT NULL AND r.id IS NOT NULL", "f.state = 'closed'")}]
            FROM inspections_finding f JOIN i ON i.id = f.inspection_id AND i.finished_on BETWEEN %(year_start)s AND %(as_of)s
            LEFT JOIN (SELECT DISTINCT finding_id FROM inspections_orderanswer WHERE district_id = %(d)s) a ON a.finding_id = f.id
            LEFT JOIN (SELECT DISTINCT k.key::bigint AS id FROM inspections_recheck c, jsonb_each_text(c.results) k
                WHERE c.district_id = %(d)s AND c."on" <= %(as_of)s AND k.value = 'closed') r ON r.id = f.id
            WHERE f.district_id = %(d)s AND f.state <> 'withdrawn' GROUP BY 1, 2""",
    ),
    "places of guidance": (
        ("guidance_stations", "child_friendly_places", "early_development_bases", "child_service_centres",
         "child_service_places", "play_rooms", "resource_kit_in_bases"),
        f"""SELECT district_id, street_id, ARRAY[{total("1", "kind = 'station'")}, {total("1", "kind = 'friendly'")}, {total("1", "kind = 'base'")},
                {total("1", "kind = 'centre'")}, {total("1", "kind IN ('centre', 'home')")}, {total("1", "kind = 'play_room'")},
                {share("kit_from <= %(as_of)s", "kind = 'base'")}] FROM g GROUP BY 1, 2""",
    ),
    "layers": (
        ("base_layers_filled",),
        """SELECT district_id, NULL, ARRAY[(count(*) FILTER (WHERE tier = '1') >= 1)::int + (count(*) FILTER (WHERE tier = '4') >= 4)::int
                + (count(*) FILTER (WHERE tier = 'X') >= 1)::int + (count(*) FILTER (WHERE tier = 'Y') >= 1)::int, 4]
            FROM g WHERE kind = 'base' GROUP BY district_id""",
    ),
    "children": (
        ("household_guidance", "online_guidance"),
        f"""SELECT c.district_id, c.street_id, ARRAY[{share("v.many >= %(needed)s")}, {share("v.online >= 1")}] FROM guidance_guidedchild c
            LEFT JOIN (SELECT child_id, count(*) FILTER (WHERE given_by IN ('station', 'point')) AS many, count(*) FILTER (WHERE online) AS online
                FROM guidance_guidanceservice WHERE district_id = %(d)s AND served_on BETWEEN %(year_start)s AND %(as_of)s GROUP BY child_id) v ON v.child_id = c.id
            WHERE c.district_id = %(d)s AND c.asked_on <= %(as_of)s AND (c.ended_on IS NULL OR c.ended_on > %(as_of)s)
              AND c.birth_month >= date_trunc('month', %(as_of)s::date) - interval '36 months' GROUP BY 1, 2""",
    ),
    "newborns": (
        ("newborn_home_visits", "handbooks_handed_out"),
        """SELECT s.district_id, s.id, ARRAY[n.met, n.own + coalesce(b.lacking, 0), n.books, n.own + coalesce(b.lacking, 0)]
            FROM s JOIN (SELECT street_id, count(*) FILTER (WHERE resident AND many >= %(visits)s) AS met, count(*) FILTER (WHERE resident) AS own,
                count(*) FILTER (WHERE resident AND handbook_on <= %(as_of)s) AS books FROM n GROUP BY street_id) n ON n.street_id = s.id
            LEFT JOIN (SELECT b.street_id, sum(greatest(b.resident - coalesce(e.own, 0), 0)) AS lacking FROM guidance_birthcount b
                LEFT JOIN (SELECT street_id, birth_month, count(*) FILTER (WHERE resident) AS own FROM n GROUP BY 1, 2) e
                    ON e.street_id = b.street_id AND e.birth_month = b.month
                WHERE b.district_id = %(d)s AND b.month BETWEEN %(year_start)s AND %(as_of)s GROUP BY b.street_id) b ON b.street_id = s.id""",
    ),
    "events": (
        ("district_events", "district_events_offline", "street_fuel_events", "carnivals", "parent_growth_events"),
        f"""SELECT district_id, street_id, ARRAY[{total("1", "level = 'district' AND kind <> 'other' AND held_on >= %(year_start)s")},
                {total("1", "level = 'district' AND NOT online AND kind <> 'other' AND held_on >= %(year_start)s")},
                {total("1", "level = 'street' AND kind = 'fuel' AND held_on >= %(year_start)s")},
                {total("1", "level = 'district' AND kind = 'carnival'")}, {total("1", "kind = 'growth'")}] FROM e GROUP BY 1, 2""",
    ),
    "toured": (
        ("toured_streets",),
        """SELECT s.district_id, s.id, ARRAY[(e.street_id IS NOT NULL)::int, 1] FROM s LEFT JOIN (
                SELECT DISTINCT street_id FROM e WHERE kind = 'tour' AND held_on >= coalesce(since, %(year_start)s)) e ON e.street_id = s.id
            WHERE s.is_street""",
    ),
    "resources": (
        ("guidance_resources",),
        """SELECT district_id, NULL, ARRAY[count(*) FILTER (WHERE (withdrawn_on IS NULL OR withdrawn_on > %(as_of)s)
                AND published_on >= coalesce(since, %(year_start)s)), 0] FROM (
                SELECT DISTINCT ON (district_id, code) * FROM r WHERE published_on <= %(as_of)s AND kind <> 'kit'
                ORDER BY district_id, code, edition DESC) x GROUP BY district_id""",
    ),
    "kits": (
        ("kit_users",),
        """SELECT district_id, street_id, ARRAY[count(*) FILTER (WHERE used), count(*)] FROM (
                SELECT o.district_id, o.street_id, k.facility_id IS NOT NULL AS used FROM o
                LEFT JOIN (SELECT DISTINCT facility_id FROM k) k ON k.facility_id = o.id
                UNION ALL SELECT s.district_id, s.id, k.street_id IS NOT NULL FROM s
                LEFT JOIN (SELECT DISTINCT street_id FROM k WHERE facility_id IS NULL) k ON k.street_id = s.id WHERE s.is_street) x GROUP BY 1, 2""",
    ),
    "courses": (
        ("grandparent_courses", "own_courses"),
        """SELECT district_id, NULL, ARRAY[sum(old), 0, sum(own), 0] FROM (
                SELECT c.district_id, count(*) FILTER (WHERE theme = 'grandparents') AS old, count(*) FILTER (WHERE own) AS own FROM c
                LEFT JOIN plan p ON p.district_id = c.district_id
                WHERE active AND listed_on BETWEEN coalesce(p.since, %(year_start)s) AND %(as_of)s GROUP BY 1
                UNION ALL SELECT district_id, 0, count(*) FROM r WHERE state = 'published' AND kind = 'activity' AND own
                  AND published_on BETWEEN coalesce(since, %(year_start)s) AND %(as_of)s GROUP BY 1) x GROUP BY district_id""",
    ),
    "pools": (
        ("course_pools",),
        """SELECT district_id, NULL, ARRAY[(sum(courses) > 0)::int + (sum(people) > 0)::int, 2] FROM (
                SELECT district_id, count(*) AS courses, 0 AS people FROM facilities_course WHERE district_id = %(d)s AND active GROUP BY 1
                UNION ALL SELECT district_id, count(*), 0 FROM c WHERE active AND listed_on <= %(as_of)s GROUP BY 1
                UNION ALL SELECT district_id, 0, count(*) FROM t WHERE active GROUP BY 1
                UNION ALL SELECT district_id, 0, count(*) FROM guidance_lecturer WHERE district_id = %(d)s AND agreed_on <= %(as_of)s
                  AND (left_on IS NULL OR left_on > %(as_of)s) GROUP BY 1) x GROUP BY district_id""",
    ),
    "nursing": (
        ("nursing_rooms",),
        f"""SELECT district_id, street_id, ARRAY[{share("state = 'open' AND opened_on <= %(as_of)s")}] FROM guidance_nursingplace
            WHERE district_id = %(d)s AND listed_on <= %(as_of)s AND (ended_on IS NULL OR ended_on > %(as_of)s) GROUP BY 1, 2""",
    ),
    "task reports": (
        ("task_reports_in_time",),
        """SELECT u.district_id, u.street_id, ARRAY[count(p.id) FILTER (WHERE p.submitted_on <= w.due_on AND p.state IN ('submitted', 'accepted')), count(*)]
            FROM (SELECT DISTINCT r.id AS round_id, r.due_on, tu.task_id, coalesce(m.member_id, tu.unit_id) AS unit_id
                FROM targets_reportinground r JOIN targets_taskunit tu ON tu.district_id = r.district_id
                JOIN targets_task k ON k.id = tu.task_id AND k.starts_on <= r.ends_on AND (k.ends_on IS NULL OR k.ends_on >= r.ends_on)
                JOIN portal_unit c ON c.id = tu.unit_id LEFT JOIN portal_unitmember m ON m.collective_id = tu.unit_id
                WHERE r.district_id = %(d)s AND r.due_on BETWEEN %(starts_on)s AND %(as_of)s AND (NOT c.collective OR m.member_id IS NOT NULL)) w
            JOIN portal_unit u ON u.id = w.unit_id
            LEFT JOIN targets_progressreport p ON p.round_id = w.round_id AND p.task_id = w.task_id AND p.unit_id = w.unit_id GROUP BY 1, 2""",
    ),
    "conferences": (
        ("joint_conferences",),
        f"""SELECT district_id, NULL, ARRAY[{total("1", "state IN ('confirmed', 'closed')")}] FROM targets_conference
            WHERE district_id = %(d)s AND "on" BETWEEN %(year_start)s AND %(as_of)s GROUP BY 1""",
    ),
    "self reports": (
        ("self_reports_issued",),
        f"""SELECT district_id, NULL, ARRAY[{total("1", "(issued_at AT TIME ZONE 'Asia/Shanghai')::date BETWEEN %(year_start)s AND %(as_of)s")}]
            FROM targets_report WHERE district_id = %(d)s AND kind = 'self' AND state = 'issued' GROUP BY 1""",
    ),
    "supervisions": (
        ("policy_supervisions",),
        f"""SELECT district_id, NULL, ARRAY[{total("1", "(final_at AT TIME ZONE 'Asia/Shanghai')::date BETWEEN %(year_start)s AND %(as_of)s")}]
            FROM targets_supervisionround WHERE district_id = %(d)s AND state = 'final' GROUP BY 1""",
    ),
    "the city's": (
        ("streets_with_inclusive_site", "streets_with_guidance", "streets_with_circle", "residents_total", "residents_known"),
        """SELECT s.district_id, s.id, ARRAY[(s.is_street AND o.n > 0)::int, s.is_street::int, (s.is_street AND g.stations > 0 AND EXISTS (SELECT 1 FROM guidance_guidancesession v
                    WHERE v.district_id = s.district_id AND v.street_id = s.id AND v.given_by = 'station' AND v.struck_on IS NULL
                      AND v.served_on BETWEEN %(year_start)s AND %(as_of)s))::int, s.is_street::int,
                (s.is_street AND g.friendly > 0 AND g.centres > 0)::int, s.is_street::int, coalesce(a.count, 0), 0,
                (s.is_street AND a.count IS NOT NULL)::int, s.is_street::int]
            FROM s LEFT JOIN (SELECT street_id, count(*) AS n FROM o WHERE kind <> 'guidance_point' AND (inclusive OR kind = 'inclusive_site')
                GROUP BY street_id) o ON o.street_id = s.id
            LEFT JOIN (SELECT street_id, count(*) FILTER (WHERE kind = 'station') AS stations, count(*) FILTER (WHERE kind = 'friendly') AS friendly,
                count(*) FILTER (WHERE kind = 'centre') AS centres FROM g GROUP BY street_id) g ON g.street_id = s.id
            LEFT JOIN a ON a.street_id = s.id AND a.kind = 'total'""",
    ),
}  # fmt: skip


KEYS = {key for its, _statement in PARTS.values() for key in its}


def statement(one: bool, parts=None) -> str:
    """All parts (or those named) as one statement, of the district %(d)s or of all."""
    chosen = {name: PARTS[name][1] for name in parts or PARTS}
    text = " UNION ALL ".join(
        f"SELECT '{name.replace(chr(39), chr(39) * 2)}', x.district, x.street::bigint, x.numbers::numeric[] FROM ({sql}) x(district, street, numbers)"
        for name, sql in chosen.items()
    )
    needed: list[str] = []
    for name in reversed(SHARED):  # later ones may look at earlier ones
        asked = text + " ".join(SHARED[n] for n in needed)
        if re.search(rf"(FROM|JOIN|,) {name}\b", asked):
            needed.insert(0, name)
    shared = ", ".join(f"{name} AS MATERIALIZED ({SHARED[name]})" for name in needed)
    text = (f"WITH {shared} " if shared else "") + text
    return text if one else ONE.sub(lambda found: "" if found[2] else "true", text)


def of_keys(keys) -> list[str]:
    """The parts that give these metrics."""
    return [name for name, (its, _sql) in PARTS.items() if set(its) & set(keys)]


def answers(rows) -> dict:
    """(metric, district, street) -> (numerator, denominator)."""
    found = {}
    for name, district, street, numbers in rows:
        for place, key in enumerate(PARTS[name][0]):
            found[key, district, street] = tuple(Decimal(n or 0) for n in numbers[2 * place : 2 * place + 2])
    return found
