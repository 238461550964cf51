# ruff: noqa: E501 - SQL reads better in wide lines
"""What `bench/rollup.py` counts: sixteen districts alike, each with a register, inspections and guidance of its own.

The first district's register is made by the services, what else is in it by hand-written SQL, the other fifteen are
copies of it; children, sessions and services of guidance are made for all sixteen at once, day by day, so that their rows
lie between each other as they would in life. All as the superuser, past the triggers. `copy` is used by other benches too.
"""

from __future__ import annotations

import argparse
from datetime import date

from bench.data import districts, register, vacuum

DATABASE = "bench"
#: The register is of this day; the year that is counted is over.
ON, YEAR_END = date(2026, 11, 20), date(2026, 12, 31)
STEP = 10_000_000
DISTRICTS = 16
NAMED = "left(md5({} || copy), 12)"
#: Table -> column -> what a copy has there; ids and references move by the same step.
TABLES: dict[str, dict[str, str]] = {
    "portal_street": {"code": "left(md5(code || copy), 9)"},
    "facilities_population": {},
    "facilities_operator": {
        "name": "left(name || ' ' || copy, 60)",
        "credit_code": "CASE WHEN credit_code <> '' THEN left(md5(credit_code || copy), 18) ELSE '' END",
    },
    "facilities_facility": {"code": NAMED.format("code")},
    "facilities_facilitytransition": {},
    "facilities_kindergarten": {"code": NAMED.format("code")},
    "facilities_staffmember": {
        "code": NAMED.format("code"),
        "identity_hash": "md5(identity_hash || copy) || md5(copy || identity_hash)",
    },
    "facilities_employment": {},
    "facilities_certificate": {},
    "facilities_trainingrecord": {},
    "facilities_recordcheck": {},
    "facilities_emergencyplan": {},
    "facilities_emergencydrill": {},
    "inspections_inspection": {"number": "left(md5(number || copy), 20)"},
    "inspections_order": {"number": "left(md5(number || copy), 20)"},
    "inspections_finding": {},
    "inspections_orderanswer": {},
    "inspections_recheck": {},
}
#: The plan with what it asks, and what answers it: with these a copy is a district that can be rolled up.
PLANS = {
    "portal_policydocument": {},
    "portal_clause": {},
    "portal_parameter": {},
    "targets_target": {},
}
REST = {
    "portal_unit": {},
    "portal_unitmember": {},
    "targets_task": {},
    "targets_taskunit": {},
    "targets_reportinground": {},
    "targets_progressreport": {},
    "targets_conference": {},
    "targets_report": {},
    "targets_supervisionround": {},
    "targets_subsidyrule": {},
    "targets_subsidyversion": {},
    "targets_subsidyclaim": {},
    "targets_subsidypayment": {},
    "targets_subsidyrecovery": {},
    "facilities_course": {},
    "facilities_trainer": {},
    "facilities_trainertraining": {},
    "facilities_consenttext": {},
    "facilities_child": {},
    "facilities_enrolment": {},
    "facilities_agreement": {},
    "facilities_healthcertificate": {},
    "facilities_room": {},
    "facilities_caresession": {},
    "inspections_evaluationcase": {},
    "inspections_evaluationsheet": {},
    "inspections_selection": {},
    "inspections_checklistitem": {},
    "inspections_answer": {},
    "facilities_permit": {},
    "facilities_notice": {},
    "targets_cycleapplication": {},
    "targets_yearlyreport": {},
    "targets_supervisioncase": {},
    "targets_supervisionquestion": {},
    "guidance_guidanceplace": {},
    "guidance_newborn": {},
    "guidance_newbornvisit": {},
    "guidance_birthcount": {},
    "guidance_guidanceevent": {},
    "guidance_guidanceresource": {},
    "guidance_kituse": {},
    "guidance_guidancecourse": {},
    "guidance_lecturer": {},
    "guidance_nursingplace": {},
}
MOVED = {
    "id", "street_id", "facility_id", "staff_id", "inspection_id", "order_id", "finding_id", "plan_id", "operator_id",
    "document_id", "clause_id", "follows_id", "unit_id", "collective_id", "member_id", "task_id", "round_id", "claim_id",
    "trainer_id", "newborn_id", "place_id", "course_id", "kit_id", "rule_id", "terms_id", "child_id", "room_id",
    "case_id", "target_id", "item_id", "application_id", "filing_id",
}  # fmt: skip

#: Rows of inspections of one district, made from its facilities; %(d)s is the district.
INSPECTIONS = (
    """UPDATE facilities_facility SET video_connected = id %% 3 <> 0, alarm_connected = id %% 4 <> 0, half_day = id %% 5 = 0,
           hourly = id %% 7 = 0, usable_area = places * (2 + id %% 3), video_days = 20 + (id %% 3) * 35,
           fees_published_on = CASE WHEN id %% 6 <> 0 THEN date '2026-01-01' END,
           credit_code = CASE WHEN id %% 9 <> 0 THEN 'X' || id ELSE '' END,
           kind = CASE WHEN id %% 11 = 0 AND kind = 'nursery' THEN 'guidance_point' ELSE kind END
       WHERE district_id = %(d)s""",
    """INSERT INTO inspections_inspection (district_id, number, kind, facility_id, month, state, due_on, finished_on,
           finished_at, published_at, present, waiver, objection, summary, reason_kind, reason, cancel_reason, cancel_note,
           joint, version)
       SELECT %(d)s, 'B' || n, CASE WHEN n %% 20 = 0 THEN 'unscheduled' ELSE 'drawn' END, f.id, date_trunc('month', day)::date,
           CASE WHEN n %% 30 = 0 THEN 'due' WHEN n %% 3 = 0 THEN 'finished' ELSE 'published' END, day + 10,
           CASE WHEN n %% 30 <> 0 THEN day END, NULL, CASE WHEN n %% 30 <> 0 AND n %% 3 <> 0 THEN day + interval '10 h' END,
           '', '', '', '', CASE WHEN n %% 20 = 0 THEN 'complaint' ELSE '' END, '', '', '', false, 1
       FROM (SELECT n, date '2026-01-05' + (n * 7919 %% 350) AS day, n * 6 %% 997 AS place FROM generate_series(1, %(rows)s) n) g
       JOIN (SELECT id, row_number() OVER (ORDER BY id) AS place FROM facilities_facility WHERE district_id = %(d)s) f
           ON f.place = g.place + 1""",
    """INSERT INTO inspections_order (district_id, number, inspection_id, facility_id, state, issued_on, due_on,
           first_due_on, provisional, closed_on, answered_on, version)
       SELECT %(d)s, 'Z' || id, id, facility_id, CASE WHEN id %% 5 = 0 THEN 'issued' ELSE 'closed' END, finished_on,
           finished_on + 14, finished_on + 14, false, CASE WHEN id %% 5 <> 0 THEN finished_on + 3 + (id %% 16)::int END,
           CASE WHEN id %% 5 <> 0 THEN finished_on + 2 + (id %% 13)::int END, 1
       FROM inspections_inspection WHERE district_id = %(d)s AND finished_on IS NOT NULL AND id %% 3 = 0""",
    """INSERT INTO inspections_finding (district_id, inspection_id, order_id, facility_id, item_id, item_key, text, weight,
           state, published, withdrawn_reason)
       SELECT %(d)s, o.inspection_id, o.id, o.facility_id, item.id, item.key, item.text, item.weight,
           CASE WHEN o.closed_on IS NULL THEN 'open' ELSE 'closed' END, false, ''
       FROM inspections_order o CROSS JOIN LATERAL (
           SELECT * FROM inspections_checklistitem i WHERE i.district_id = %(d)s ORDER BY (i.id * 31 + o.id) %% 101 LIMIT 2
       ) item WHERE o.district_id = %(d)s""",
    """INSERT INTO inspections_orderanswer (district_id, order_id, finding_id, round, text, at)
       SELECT %(d)s, order_id, id, 1, '已改', now() FROM inspections_finding
       WHERE district_id = %(d)s AND state = 'closed' AND id %% 11 <> 0""",
    """INSERT INTO inspections_recheck (district_id, order_id, round, "on", passed, note, results, inspectors, signatures, waiver)
       SELECT %(d)s, o.id, 1, o.closed_on, true, '', jsonb_object_agg(g.id::text, 'closed'), '{JC001,JC002}', '{JC001,JC002}', ''
       FROM inspections_order o JOIN inspections_finding g ON g.order_id = o.id
       WHERE o.district_id = %(d)s AND o.closed_on IS NOT NULL GROUP BY o.id""",
    """INSERT INTO facilities_kindergarten (district_id, code, name, street_id, ownership, opened_on, works, works_on, facility_id, version)
       SELECT %(d)s, 'Y' || id, name, street_id, 'public', date '2015-09-01', (ARRAY['new', '', 'rebuilt', ''])[1 + id %% 4],
           CASE WHEN id %% 2 = 0 THEN date '2022-01-01' + (id %% 700)::int END, CASE WHEN id %% 3 <> 0 THEN id END, 1
       FROM facilities_facility WHERE district_id = %(d)s AND kind = 'integrated_kindergarten'""",
    """INSERT INTO facilities_emergencyplan (district_id, facility_id, kind, version, title, file_id, approved_on, approved_by, review_on)
       SELECT %(d)s, f.id, k.kind, 1, '示例', 1, '2023-01-01', '示例', date '2026-11-01' + (f.id * 7 %% 1000)::int
       FROM facilities_facility f, (VALUES ('fire', 7), ('first_aid', 9), ('public_health', 11)) k(kind, n) WHERE district_id = %(d)s AND f.id %% k.n <> 0""",
    """INSERT INTO facilities_emergencydrill (district_id, plan_id, held_on, scenario, leader, staff_count, child_count, partners, result, problems, measures, at)
       SELECT %(d)s, id, date '2026-11-01' - (id * 11 %% 400)::int, '示例', '示例', 5, 20, '', 'good', '', '', now()
       FROM facilities_emergencyplan WHERE district_id = %(d)s AND id %% 5 <> 0""",
)
#: Streets by number, and so many rows with a street: %(d)s, a query's `n` from 1.
STREETS = "(SELECT id, row_number() OVER (ORDER BY id) AS place, count(*) OVER () AS whole FROM portal_street WHERE district_id = %(d)s) s"
GUIDANCE = (
    f"""INSERT INTO facilities_population (district_id, year, kind, count, source, counted_on, version, state, note, entered_at,
           decision_note, street_id)
       SELECT %(d)s, y, k.kind, k.many + s.place * 40 + y %% 7, '示例', make_date(y, 2, 1), 1, 'in_force', '', now(), '', s.id
       FROM {STREETS}, generate_series(2021, 2025) y, (VALUES ('total', 60000), ('one_to_three', 900)) k(kind, many)
       WHERE s.place %% 9 <> 0""",
    f"""INSERT INTO guidance_guidanceplace (district_id, code, kind, name, community, address, phone, services, tier, kit_from,
           opened_on, closed_on, version, street_id)
       SELECT %(d)s, 'Z' || n, k.kind, '示例' || n, '', '示例', '', '{{}}',
           CASE WHEN k.kind = 'base' THEN (ARRAY['1', '4', 'X', '4'])[1 + n %% 4] ELSE '' END,
           CASE WHEN k.kind = 'base' AND n %% 3 <> 0 THEN date '2024-05-01' END, date '2021-06-01' + n * 8 %% 1500,
           CASE WHEN n %% 19 = 0 THEN date '2026-05-01' END, 1, s.id
       FROM generate_series(1, 300) n JOIN {STREETS} ON s.place = 1 + n / 6 %% s.whole
       JOIN (VALUES ('station', 0), ('friendly', 1), ('base', 2), ('centre', 3), ('home', 4), ('play_room', 5)) k(kind, m) ON k.m = n %% 6""",
    f"""INSERT INTO guidance_birthcount (district_id, month, total, resident, source, counted_on, version, street_id)
       SELECT %(d)s, m, 24 + (s.place * 3 %% 11)::int, 18 + (s.place %% 5)::int, '示例', m::date + 40, 1, s.id
       FROM generate_series(date '2026-01-01', date '2026-12-01', '1 month') m, {STREETS}""",
    f"""INSERT INTO guidance_newborn (district_id, code, birth_month, resident, asked, refused_reason, handbook_on, version, street_id)
       SELECT %(d)s, 'N' || n, (date '2026-01-01' + make_interval(months => n %% 12))::date, n %% 5 <> 0, n %% 4 <> 0, '',
           CASE WHEN n %% 7 <> 0 THEN (date '2026-01-20' + make_interval(months => n %% 12))::date END, 1, s.id
       FROM generate_series(1, %(newborns)s) n JOIN {STREETS} ON s.place = 1 + n * 13 %% s.whole""",
    """INSERT INTO guidance_newbornvisit (district_id, visited_on, topics, at, newborn_id)
       SELECT %(d)s, birth_month + 20 + k * 5, '{}', now(), id FROM guidance_newborn, generate_series(0, 1) k
       WHERE district_id = %(d)s AND id %% 6 <> 0 AND (k = 0 OR id %% 3 = 0) ON CONFLICT DO NOTHING""",
    f"""INSERT INTO guidance_guidanceevent (district_id, code, kind, level, title, domains, online, held_on, starts_at, ends_at,
           venue, address, months_from, months_until, capacity, opens_at, closes_at, giver, description, state, taken, walk_ins,
           came, cancel_reason, version, street_id)
       SELECT %(d)s, 'E' || n, (ARRAY['fuel', 'carnival', 'lecture', 'tour', 'growth', 'other'])[1 + n %% 6],
           CASE WHEN n %% 5 = 0 THEN 'district' ELSE 'street' END, '示例活动' || n, '{{education}}', n %% 4 = 0,
           date '2024-03-01' + n * 5 %% 1030, '09:00', '11:00', '示例', '示例', 0, 36, 60, now(), now(), '示例', '',
           CASE WHEN n %% 9 = 0 THEN 'announced' ELSE 'over' END, 30, 2, 28, '', 1, CASE WHEN n %% 5 <> 0 THEN s.id END
       FROM generate_series(1, 1500) n JOIN {STREETS} ON s.place = 1 + n / 6 %% s.whole""",
    """INSERT INTO guidance_guidanceresource (district_id, code, edition, kind, title, theme, audience, language, weeks_from,
           weeks_until, summary, text, link, source, rights, own, pushed, parts, state, published_on, withdrawn_on, note, version)
       SELECT %(d)s, 'R' || n / 2, 1 + n %% 2, (ARRAY['article', 'film', 'leaflet', 'activity', 'kit'])[1 + n / 2 %% 5], '示例' || n, 'feeding',
           'family', 'zh', 0, 156, '', '', '', '', '', n %% 3 = 0, false, '{}', CASE WHEN n %% 2 = 1 THEN 'published' ELSE 'replaced' END,
           date '2022-01-01' + n * 4, CASE WHEN n %% 26 = 1 THEN date '2026-02-01' END, '', 1
       FROM generate_series(2, 401) n""",
    """INSERT INTO guidance_kituse (district_id, used_from, note, facility_id, kit_id, street_id)
       SELECT district_id, date '2025-02-01' + (id %% 900)::int, '', id, (SELECT max(r.id) FROM guidance_guidanceresource r
           WHERE r.district_id = %(d)s AND r.kind = 'kit' AND r.state = 'published'), street_id
       FROM facilities_facility WHERE district_id = %(d)s AND id %% 3 <> 0""",
    """INSERT INTO guidance_kituse (district_id, used_from, note, kit_id, street_id)
       SELECT district_id, date '2025-02-01', '', (SELECT max(r.id) FROM guidance_guidanceresource r
           WHERE r.district_id = %(d)s AND r.kind = 'kit' AND r.state = 'published'), id
       FROM portal_street WHERE district_id = %(d)s AND id %% 2 = 0""",
    """INSERT INTO guidance_guidancecourse (district_id, code, title, theme, audience, hours, own, summary, listed_on, active, version)
       SELECT %(d)s, 'K' || n, '示例' || n, CASE WHEN n %% 4 = 0 THEN 'grandparents' ELSE 'feeding' END, 'family', 2, n %% 3 = 0, '',
           date '2020-06-01' + n * 20, n %% 7 <> 0, 1 FROM generate_series(1, 150) n""",
    """INSERT INTO guidance_lecturer (district_id, name, field, employer, phone_tail, days, agreed_on, version)
       SELECT %(d)s, '示例' || n, 'education', '示例', '', '{}', date '2024-01-01' + n, 1 FROM generate_series(1, 120) n""",
    f"""INSERT INTO guidance_nursingplace (district_id, code, kind, name, address, basis, listed_on, state, opened_on, equipment,
           ended_on, version, street_id)
       SELECT %(d)s, 'M' || n, 'public', '示例' || n, '示例', '', date '2022-01-01' + n, CASE WHEN n %% 3 = 0 THEN 'none' ELSE 'open' END,
           CASE WHEN n %% 3 <> 0 THEN date '2022-02-01' + n END, '', CASE WHEN n %% 23 = 0 THEN date '2026-03-01' END, 1, s.id
       FROM generate_series(1, 900) n JOIN {STREETS} ON s.place = 1 + n * 5 %% s.whole""",
    """INSERT INTO facilities_trainer (district_id, name, kind, organisation, subject, active)
       SELECT %(d)s, '示例' || n, 'care', '示例', '示例', true FROM generate_series(1, 40) n""",
    """INSERT INTO facilities_trainertraining (district_id, course, provider, hours, done_on, trainer_id)
       SELECT district_id, '示例', '示例', 8, date '2026-04-01', id FROM facilities_trainer WHERE district_id = %(d)s""",
    """INSERT INTO targets_conference (district_id, kind, year, number, "on", starts_at, place, chair, state, note, made_at, writers, version)
       SELECT %(d)s, 'full', 2024 + n / 4, 1 + n %% 4, date '2024-02-01' + n * 91, '09:00', '示例', '示例',
           CASE WHEN n = 11 THEN 'planned' ELSE 'confirmed' END, '', now(), '[]', 1 FROM generate_series(0, 11) n""",
    """INSERT INTO targets_report (district_id, kind, starts_on, state, content, number, drafted_at, issued_at, sha256, snapshot_id)
       SELECT %(d)s, 'self', make_date(n, 1, 1), 'issued', '{"title": "示例"}', 'S' || n, now(), make_date(n + 1, 2, 1), '', 1
       FROM generate_series(2022, 2025) n""",
    """INSERT INTO targets_supervisionround (district_id, year, report_until, review_until, two_reviewers, state, note, edition,
           sha256, terms, made_at, opened_at, final_at, version)
       SELECT %(d)s, n, make_date(n + 1, 2, 1), make_date(n + 1, 3, 1), false, CASE WHEN n = 2026 THEN 'open' ELSE 'final' END, '', 1, '',
           '{}', now(), make_date(n, 11, 2), CASE WHEN n < 2026 THEN make_date(n + 1, 3, 9) END, 1 FROM generate_series(2023, 2026) n""",
    """INSERT INTO targets_supervisioncase (district_id, state, done, formula, version, unit_id, round_id)
       SELECT r.district_id, 'open', '{}', '', 1, u.id, r.id FROM targets_supervisionround r JOIN portal_unit u ON u.district_id = r.district_id
       WHERE r.district_id = %(d)s AND u.street_id IS NOT NULL AND u.id %% 4 <> 0""",
    """INSERT INTO targets_supervisionquestion (district_id, position, role, text, guidance, points, dropped, chosen, round_id, target_id)
       SELECT r.district_id, 1, 'street', '示例', '', 10, '', false, r.id, t.id FROM targets_supervisionround r
       JOIN targets_target t ON t.district_id = r.district_id AND t.metric = 'inclusive_site_per_street' WHERE r.district_id = %(d)s""",
    """INSERT INTO inspections_evaluationcase (district_id, state, grade, vetoes, dimensions, reasons, return_note, objection, answer, left_note,
           version, final_on, published_on, facility_id, round_id)
       SELECT district_id, 'published', '', 0, '{}', '', '', '', '', '', 1, '2026-05-01', '2026-05-02', id, 1 FROM facilities_facility WHERE district_id = %(d)s AND id %% 20 = 0""",
    """INSERT INTO inspections_selection (district_id, state, reason, criteria, proposed_at, named_on, dropped_note, version, case_id)
       SELECT district_id, CASE WHEN id %% 7 = 0 THEN 'proposed' ELSE 'named' END, '', '[]', now(), date '2019-06-01' + (id * 97 %% 2500)::int,
           '', 1, id FROM inspections_evaluationcase WHERE district_id = %(d)s""",
    """UPDATE inspections_evaluationcase SET final_on = (ARRAY[NULL, date '2025-05-01', date '2026-05-01', date '2026-05-01'])[1 + id %% 4],
           published_on = CASE WHEN id %% 3 = 0 AND id %% 4 <> 0 THEN date '2026-05-02' END,
           state = CASE WHEN id %% 4 = 0 THEN 'scoring' WHEN id %% 3 = 0 THEN 'published' ELSE 'final' END WHERE district_id = %(d)s""",
    """INSERT INTO inspections_evaluationsheet (district_id, kind, state, origin, opened_at, submitted_at, grade, vetoes, dimensions, note,
           interest, version, case_id)
       SELECT district_id, k.kind, 'submitted', '', '2026-03-01', CASE WHEN id %% 6 = 0 THEN date '2025-03-02' ELSE date '2026-03-02' END, '', 0, '{}', '', '', 1, id
       FROM inspections_evaluationcase, (VALUES ('self', 5), ('third', 7)) k(kind, n) WHERE district_id = %(d)s AND id %% k.n <> 0""",
    """UPDATE inspections_checklistitem SET quote = (ARRAY['《上海市托育服务机构日常管理指南》', '《上海市托育机构一日活动方案》'])[1 + id %% 2]
       WHERE district_id = %(d)s AND id %% 6 < 2""",
    """INSERT INTO inspections_answer (district_id, value, note, mended_on_the_spot, at, version, inspection_id, item_id)
       SELECT i.district_id, CASE WHEN (i.id + t.id) %% 13 = 0 THEN 'bad' WHEN (i.id + t.id) %% 17 = 0 THEN '' ELSE 'ok' END, '', false,
           now(), 1, i.id, t.id
       FROM inspections_inspection i CROSS JOIN LATERAL (SELECT * FROM inspections_checklistitem q WHERE q.district_id = %(d)s
           AND (q.id + i.id) %% 3 <> 0 ORDER BY q.id LIMIT 60) t
       WHERE i.district_id = %(d)s AND i.finished_on IS NOT NULL""",
    """INSERT INTO facilities_permit (district_id, kind, name, number, authority, issued_on, valid_until, standing, facility_id)
       SELECT district_id, 'registration', '', 'P' || id, '', CASE WHEN id %% 4 <> 0 THEN date '2021-01-01' END,
           CASE WHEN id %% 5 = 0 THEN date '2026-06-01' WHEN id %% 5 < 3 THEN date '2028-01-01' END, true, id
       FROM facilities_facility WHERE district_id = %(d)s AND id %% 3 <> 0""",
    """INSERT INTO facilities_notice (district_id, kind, carries, number, code, state, state_on, title, name, address, operator_name,
           issuer, issued_on, content, sha256, facility_id, filing_id)
       SELECT district_id, 'new', true, 'T' || id, 'T' || id, CASE WHEN id %% 9 = 0 THEN 'ended' ELSE 'valid' END, '2024-01-01', '', name, '',
           '', '', '2023-01-01', '{}', '', id, id FROM facilities_facility WHERE district_id = %(d)s AND id %% 6 = 0""",
    """INSERT INTO targets_cycleapplication (district_id, cycle, title, state, approval, intent, summary, writers, made_at, named_on,
           valid_until, charge, drafts, outcome, version, plan_id)
       SELECT %(d)s, gen_random_uuid(), '示例', 'named', '', '', '', '[]', now(), make_date(n, 12, 15), make_date(n + 3, 12, 15), '{}', '{}', '', 1, 1
       FROM generate_series(2020, 2025) n""",
    """INSERT INTO targets_yearlyreport (district_id, year, text, sent_at, application_id)
       SELECT district_id, 2026, '示例', '2026-12-01', id FROM targets_cycleapplication WHERE district_id = %(d)s AND extract(year FROM named_on) <> 2024""",
    """INSERT INTO facilities_child (district_id, code, shown, birth_month, erased_on, street_id)
       SELECT f.district_id, 'C' || k || '-' || f.id, '示*', '2024-05-01', CASE WHEN (f.id + k) %% 31 = 0 THEN date '2026-09-01' END, f.street_id
       FROM facilities_facility f, generate_series(1, 20) k WHERE f.district_id = %(d)s AND f.kind = 'baby_house'""",
    """INSERT INTO facilities_enrolment (district_id, state, mode, by_day, applied_on, starts_on, ends_on, reason, child_id, facility_id)
       SELECT district_id, CASE WHEN id %% 9 = 0 THEN 'applied' ELSE 'admitted' END, 'full_day', true, '2026-02-01', '2026-03-01',
           CASE WHEN id %% 13 = 0 THEN date '2026-08-01' END, '', id, split_part(code, '-', 2)::bigint FROM facilities_child WHERE district_id = %(d)s""",
    """INSERT INTO facilities_agreement (district_id, fee, signed_on, ends_on, text_id, child_id, facility_id, parent_id)
       SELECT district_id, '', '2026-02-25', CASE WHEN id %% 11 = 0 THEN date '2026-10-01' END, 1, child_id, facility_id, 1
       FROM facilities_enrolment WHERE district_id = %(d)s AND id %% 7 <> 0""",
    """INSERT INTO facilities_healthcertificate (district_id, issued_on, valid_until, fit, child_id, clinic_id)
       SELECT district_id, '2026-02-01', CASE WHEN id %% 10 = 0 THEN date '2026-02-20' ELSE '2026-05-01' END, id %% 17 <> 0, id, 1
       FROM facilities_child WHERE district_id = %(d)s AND id %% 8 <> 0""",
    """INSERT INTO facilities_room (district_id, name, area, places, closed, facility_id)
       SELECT district_id, '示例', 60, 20, false, id FROM facilities_facility WHERE district_id = %(d)s AND kind = 'baby_house'""",
    """INSERT INTO facilities_caresession (district_id, "on", starts_at, ends_at, mode, staff, places, taken, state, reason, facility_id, room_id)
       SELECT r.district_id, date '2026-01-05' + k * 7, '09:00', '11:00', CASE WHEN k %% 2 = 0 THEN 'alone' ELSE 'with_parent' END, 4, 20, 0,
           CASE WHEN k %% 9 = 0 THEN 'cancelled' ELSE 'open' END, '', r.facility_id, r.id FROM facilities_room r, generate_series(0, 45) k
       WHERE r.district_id = %(d)s""",
    """INSERT INTO targets_subsidyrule (district_id, key, name, kind) VALUES (%(d)s, 'bench', '示例', 'operation')""",
    """INSERT INTO targets_subsidyversion (district_id, rule_id, number, state, starts_on, citation, measure, period, rate,
           facility_kinds, inclusive, non_profit, grades, no_discipline, no_overdue, made_at, note, version)
       SELECT %(d)s, id, 1, 'confirmed', '2025-01-01', '示例', 'average', 'year', 500, '{}', false, false, '{}', false, false, now(), '', 1
       FROM targets_subsidyrule WHERE district_id = %(d)s AND key = 'bench'""",
    """INSERT INTO targets_subsidyclaim (district_id, number, starts_on, ends_on, state, quantity, "full", amount, paid, recovered, basis,
           computed_at, made_at, note, mended, version, facility_id, rule_id, terms_id)
       SELECT f.district_id, 'B' || f.id, '2025-09-01', '2026-06-30', 'paid', 10, 10, 5000, 5000, 0, '{}', now(), now(), '', true, 1, f.id,
           t.rule_id, t.id
       FROM facilities_facility f JOIN targets_subsidyversion t ON t.district_id = f.district_id
       JOIN targets_subsidyrule r ON r.id = t.rule_id AND r.key = 'bench' WHERE f.district_id = %(d)s AND f.id %% 4 <> 0""",
    """INSERT INTO targets_subsidypayment (district_id, paid_on, reference, amount, entered_at, claim_id)
       SELECT district_id, date '2026-02-01' + (id %% 200)::int, '示例', 5000, now(), id FROM targets_subsidyclaim WHERE district_id = %(d)s""",
    """INSERT INTO targets_subsidyrecovery (district_id, "on", reference, amount, reason, state, entered_at, claim_id)
       SELECT district_id, date '2026-10-01', '示例', CASE WHEN id %% 2 = 0 THEN 5000 ELSE 900 END, '示例',
           CASE WHEN id %% 3 = 0 THEN 'entered' ELSE 'confirmed' END, now(), id
       FROM targets_subsidyclaim WHERE district_id = %(d)s AND id %% 25 = 0""",
)
#: Children of all districts, sessions of all of them day by day, and ten children to each: 0-based number of the district
#: by its id, streets by number. One session in fifty was struck out and has none.
CHILDREN = """INSERT INTO guidance_guidedchild (id, district_id, code, card_tail, birth_month, asked_on, channel, ended_on,
        end_reason, consent_id, street_id)
    SELECT 200000000 + d.place * 1000000 + n, d.id, 'G' || n, '', b.month, least(b.month + 40, date '2026-10-01'), 'paper',
        CASE WHEN n % 29 = 0 THEN least(b.month + 40, date '2026-10-01') + 60 END, CASE WHEN n % 29 = 0 THEN 'moved' ELSE '' END, d.consent, s.id
    FROM generate_series(0, {children} - 1) n CROSS JOIN districts d
    CROSS JOIN LATERAL (SELECT (date '2023-08-01' + make_interval(months => n * 17 % 36))::date AS month) b
    JOIN streets s ON s.district_id = d.id AND s.place = (n::bigint * n + n / 7) % s.whole"""
SESSIONS = """INSERT INTO guidance_guidancesession (id, district_id, given_by, kind, online, served_on, hours, topic, giver,
        children_n, struck_on, struck_reason, at, place_id, facility_id, street_id)
    SELECT n * 16 + d.place, d.id, g.given_by, (ARRAY['education', 'medical', 'psychology'])[1 + n % 3], n % 6 = 0,
        date '2026-01-01' + (n::bigint * {days} / {upto})::int, 1, '示例', '示例', 10,
        CASE WHEN n % 50 = 0 THEN date '2026-12-31' END, '', now(), CASE WHEN q.id IS NULL THEN p.id END, q.id, coalesce(q.street_id, p.street_id)
    FROM generate_series(0, {upto} - 1) n CROSS JOIN districts d
    CROSS JOIN LATERAL (SELECT (ARRAY['station', 'station', 'station', 'point', 'place'])[1 + (n * 16 + d.place) % 5] AS given_by) g
    JOIN places p ON p.district_id = d.id AND p.place = n % p.whole
    LEFT JOIN points q ON q.district_id = d.id AND q.place = n % q.whole AND g.given_by = 'point'
    ORDER BY n, d.place"""
SERVICES = """INSERT INTO guidance_guidanceservice (id, district_id, street_id, session_id, child_id, served_on, kind, given_by, online)
    SELECT v.id * 10 + j, v.district_id, c.street_id, v.id, c.id, v.served_on, v.kind, v.given_by, v.online
    FROM guidance_guidancesession v JOIN districts d ON d.id = v.district_id CROSS JOIN generate_series(0, 9) j
    JOIN guidance_guidedchild c
        ON c.id = 200000000 + d.place * 1000000 + (abs(hashint8(v.id)) % {children} + j * {children} / 10) % {children}
    WHERE v.struck_on IS NULL ORDER BY v.id"""
HELPERS = """CREATE TEMP TABLE districts AS SELECT id, row_number() OVER (ORDER BY id) - 1 AS place,
        (SELECT coalesce(max(t.id), 1) FROM facilities_consenttext t WHERE t.district_id = d.id) AS consent
        FROM portal_district d WHERE id = ANY(%(all)s);
    CREATE TEMP TABLE streets AS SELECT id, district_id, row_number() OVER w - 1 AS place, count(*) OVER (PARTITION BY district_id) AS whole
        FROM portal_street WHERE district_id = ANY(%(all)s) WINDOW w AS (PARTITION BY district_id ORDER BY id);
    CREATE TEMP TABLE places AS SELECT id, district_id, street_id, row_number() OVER w - 1 AS place, count(*) OVER (PARTITION BY district_id) AS whole
        FROM guidance_guidanceplace WHERE district_id = ANY(%(all)s) WINDOW w AS (PARTITION BY district_id ORDER BY id);
    CREATE TEMP TABLE points AS SELECT id, district_id, street_id, row_number() OVER w - 1 AS place, count(*) OVER (PARTITION BY district_id) AS whole
        FROM facilities_facility WHERE district_id = ANY(%(all)s) AND kind = 'guidance_point' WINDOW w AS (PARTITION BY district_id ORDER BY id);
    ANALYZE districts; ANALYZE streets; ANALYZE places; ANALYZE points"""


def copy(
    connection,
    source: int,
    target: int,
    number: int,
    tables: dict = TABLES,
    where: str = "",
    step: int = STEP,
) -> None:
    """The rows of one district (`where`: some of them) once more, in another one or (source = target) in itself."""
    for table, changed in tables.items():
        columns = [
            row[0]
            for row in connection.execute(
                "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND is_generated = 'NEVER'",
                [table],
            )
        ]

        def value(column: str, changed=changed) -> str:
            if column == "district_id":
                return str(target)
            if column in changed:
                return changed[column].replace("copy", f"'{number}'")
            return f'"{column}" + {number * step}' if column in MOVED else f'"{column}"'

        names = ", ".join(f'"{column}"' for column in columns)
        # only what the first district had: its copies in itself must not be copied again
        connection.execute(
            f"INSERT INTO {table} ({names}) SELECT {', '.join(map(value, columns))} FROM {table}"
            f" WHERE district_id = {source} AND id < {STEP} {where}"
        )


def all_targets(owner, pudong: int, others: list[int]) -> None:
    """Pudong is asked for what any of the plans counts: the others' documents, the parameters and targets it lacks."""
    for number, other in enumerate(others, 1):
        lacking = {
            "portal_policydocument": "AND key <> 'own'",
            "portal_clause": "AND document_id IN (SELECT id FROM portal_policydocument WHERE key <> 'own')",
            "portal_parameter": f"AND key NOT IN (SELECT key FROM portal_parameter WHERE district_id = {pudong})",
            "targets_target": "AND proof = 'counted' AND metric NOT IN"
            f" (SELECT metric FROM targets_target WHERE district_id = {pudong} AND proof = 'counted')",
        }
        for table, where in lacking.items():
            copy(owner, other, pudong, number, {table: {}}, where, STEP // 10)


def prepare(sizes: argparse.Namespace) -> list:
    """Sixteen districts alike; the first is Pudong."""
    from django.db import connection

    from portal.models import District, Unit
    from portal.tenancy import district_scope
    from targets.models import ProgressReport, ReportingRound, Task
    from tests import plugin

    named = districts()
    pudong = named["pudong"]
    register(pudong, facilities=sizes.facilities, staff=sizes.staff, on=ON)
    with district_scope(pudong):
        quarter = ReportingRound.objects.create(
            name="三季度", starts_on=date(2026, 7, 1), ends_on=date(2026, 9, 30), due_on=date(2026, 11, 10)
        )
        unit = Unit.objects.filter(collective=False, task_roles__isnull=False).first()
        for task in Task.objects.filter(units__unit=unit).distinct():
            ProgressReport.objects.create(
                round=quarter, task=task, unit=unit, state="submitted", submitted_on=date(2026, 11, 9), text="示例"
            )  # fmt: skip
    copies = [
        District.objects.create(pk=900_001 + n, slug=f"bench-{n}", name=f"示例{n}区")
        for n in range(DISTRICTS - 1)
    ]
    connection.close()
    every = [pudong.pk, *(d.pk for d in copies)]
    with plugin.cluster().superuser(DATABASE) as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute("SET work_mem = '256MB'")
        owner.execute("SET maintenance_work_mem = '1GB'")
        all_targets(owner, pudong.pk, [named[slug].pk for slug in ("minhang", "jinshan")])
        for statement in INSPECTIONS:
            owner.execute(statement, {"d": pudong.pk, "rows": sizes.inspections})
        for statement in GUIDANCE:
            owner.execute(statement, {"d": pudong.pk, "newborns": sizes.children // 5})
        for number, other in enumerate(copies, 1):
            copy(owner, pudong.pk, other.pk, number, PLANS | TABLES | REST)
        guided(owner, every, sizes)
        owner.execute(f"ALTER DATABASE {DATABASE} SET max_parallel_workers_per_gather = 0")
    connection.close()
    vacuum(DATABASE)
    return [pudong, *copies]


def guided(owner, every: list[int], sizes: argparse.Namespace) -> None:
    """Children, sessions and services of all districts; the services' indexes that order them otherwise come after."""
    asked = {"all": every}
    for statement in HELPERS.split(";"):
        owner.execute(statement, asked if "%(" in statement else None)
    given = {
        "children": sizes.children,
        "upto": sizes.services // 10 * 50 // 49,
        "days": 365,
    }
    owner.execute(CHILDREN.format(**given))
    owner.execute(SESSIONS.format(**given))
    owner.execute("ANALYZE guidance_guidedchild")
    owner.execute("ANALYZE guidance_guidancesession")
    later = owner.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'guidance_guidanceservice'"
        " AND indexname NOT IN (SELECT conname FROM pg_constraint)"
    ).fetchall()
    for name, _definition in later:
        owner.execute(f"DROP INDEX {name}")
    owner.execute(SERVICES.format(**given))
    for _name, definition in later:
        owner.execute(definition)
