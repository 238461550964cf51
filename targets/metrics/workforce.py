"""Staff: certificates, training hours, record checks, each person once. Those who train them: their own training."""

from facilities.models.training import Trainer
from facilities.rules.staff import CERTIFICATE_PARAMETERS
from portal.rules.machine import marked
from targets.metrics.base import Family, Metric
from targets.metrics.supply import OPERATING

QUALIFIED = f"""
    CASE f.post
        {" ".join(f"WHEN '{post}' THEN f.kinds && %({post}_kinds)s::text[]" for post in CERTIFICATE_PARAMETERS)}
    END
"""
CARE, GUIDANCE = marked("托育服务培训人员"), marked("科学育儿指导服务培训人员")
POSTS = "f.post <> 'other'"

STAFF = Family(
    key="staff",
    label=marked("从业人员"),
    row_label=marked("人"),
    right="staff.view",
    detail_label=marked("机构"),
    personal=True,
    facility="f.facility_id",
    parameters={
        "skills": "training.skills_hours",
        "ethics": "training.ethics_hours",
        "months": "record_check.months",
        **{f"{post}_kinds": key for post, key in CERTIFICATE_PARAMETERS.items()},
    },
    sql=f"""
        SELECT p.staff_id AS row_id, p.facility_id, p.street_id, s.code, s.name, p.facility AS detail,
               p.kind, p.post, p.starts_on, c.kinds, t.skills, t.ethics, t.staff_id IS NOT NULL AS trained,
               t.skills IS NOT NULL AND t.ethics IS NOT NULL AS both_kinds, r.first_clear, r.last_check, r.found
        FROM (
            SELECT DISTINCT ON (e.staff_id) e.staff_id, e.facility_id, o.name AS facility, o.street_id, o.kind,
                   e.post, e.starts_on
            FROM facilities_employment e
            JOIN ({OPERATING}) o ON o.id = e.facility_id AND o.kind <> 'guidance_point'
            WHERE e.starts_on <= %(as_of)s AND (e.ends_on IS NULL OR e.ends_on >= %(as_of)s)
            ORDER BY e.staff_id, e.starts_on DESC
        ) p
        LEFT JOIN facilities_staffmember s ON s.id = p.staff_id
        LEFT JOIN (
            SELECT staff_id, array_agg(kind::text) AS kinds FROM facilities_certificate
            WHERE issued_on <= %(as_of)s AND (valid_until IS NULL OR valid_until >= %(as_of)s) GROUP BY staff_id
        ) c ON c.staff_id = p.staff_id
        LEFT JOIN (
            SELECT staff_id, sum(hours) FILTER (WHERE kind = 'skills') AS skills,
                   sum(hours) FILTER (WHERE kind = 'ethics') AS ethics
            FROM facilities_trainingrecord
            WHERE done_on BETWEEN %(year_start)s AND %(as_of)s AND passed GROUP BY staff_id
        ) t ON t.staff_id = p.staff_id
        LEFT JOIN (
            SELECT staff_id, min(checked_on) FILTER (WHERE NOT found) AS first_clear, max(checked_on) AS last_check,
                   bool_or(found) AS found
            FROM facilities_recordcheck WHERE checked_on <= %(as_of)s GROUP BY staff_id
        ) r ON r.staff_id = p.staff_id
    """,
    metrics=(
        Metric(
            "certified_share",
            marked("从业人员持证上岗率"),
            marked("有在有效期内、与岗位相符证书的在岗人员 ÷ 在岗人员（岗位为“其他”的不计）"),
            among=POSTS,
            hit=QUALIFIED,
            version=2,  # which certificate counts for a post is a parameter since
        ),
        Metric(
            "baby_house_certified_share",
            marked("宝宝屋从业人员持证率"),
            marked("有在有效期内、与岗位相符证书的宝宝屋在岗人员 ÷ 宝宝屋在岗人员（岗位为“其他”的不计）"),
            among=f"{POSTS} AND f.kind = 'baby_house'",
            hit=QUALIFIED,
            version=2,
        ),
        Metric(
            "skills_hours",
            marked("综合技能培训满课时"),
            marked("今年综合技能培训满规定课时的在岗人员 ÷ 在岗人员"),
            hit="f.skills >= %(skills)s",
        ),
        Metric(
            "ethics_hours",
            marked("职业道德教育满课时"),
            marked("今年职业道德教育满规定课时的在岗人员 ÷ 在岗人员"),
            hit="f.ethics >= %(ethics)s",
        ),
        Metric(
            "in_service_training",
            marked("今年参加过职后培训"),
            marked("今年有完成的培训记录的在岗人员 ÷ 在岗人员"),
            hit="f.trained",
        ),
        Metric(
            "training_both_kinds",
            marked("两类培训都有"),
            marked("今年职业道德、专业技能都有合格培训记录的在岗人员 ÷ 在岗人员"),
            hit="f.both_kinds",
        ),
        Metric(
            "baby_house_training_both_kinds",
            marked("宝宝屋人员两类培训都有"),
            marked("今年职业道德、专业技能都有合格培训记录的宝宝屋在岗人员 ÷ 宝宝屋在岗人员"),
            among="f.kind = 'baby_house'",
            hit="f.both_kinds",
        ),
        Metric(
            "record_check_before_hire",
            marked("录用前已查违法犯罪记录"),
            marked("入职当天或之前查过且无记录的宝宝屋在岗人员 ÷ 宝宝屋在岗人员"),
            among="f.kind = 'baby_house'",
            hit="f.first_clear <= f.starts_on",
        ),
        Metric(
            "record_check_periodic",
            marked("定期查违法犯罪记录"),
            marked("在规定间隔内查过的宝宝屋在岗人员 ÷ 宝宝屋在岗人员"),
            among="f.kind = 'baby_house'",
            hit="f.last_check > %(as_of)s::date - make_interval(months => %(months)s::int)",
        ),
        Metric(
            "record_check_clear",
            marked("有违法犯罪记录核查且无记录"),
            marked("查过且无记录的在岗人员 ÷ 在岗人员"),
            hit="f.first_clear IS NOT NULL AND NOT f.found",
        ),
    ),
)

#: The plans ask for trainings held for each of the two groups, not for each trainer: an empty group had none.
GROUPS = ", ".join(
    f"({place}, '{kind}', '{label}')"
    for place, (kind, label) in enumerate(((Trainer.Kind.CARE, CARE), (Trainer.Kind.GUIDANCE, GUIDANCE)), 1)
)
TRAINERS = Family(
    key="trainer_groups",
    label=marked("培训人员"),
    row_label=marked("类"),
    right="training.view",
    detail_label=marked("今年办过的培训"),
    own_words=True,
    parameters={"times": "training.trainer_times"},
    sql=f"""
        SELECT g.place AS row_id, NULL::bigint AS street_id, g.place::text AS code, g.label AS name,
               count(DISTINCT (t.course, t.done_on)) FILTER (WHERE t.id IS NOT NULL)::text AS detail,
               count(DISTINCT (t.course, t.done_on)) FILTER (WHERE t.id IS NOT NULL) AS times
        FROM (VALUES {GROUPS}) g(place, kind, label)
        LEFT JOIN facilities_trainer r ON r.kind = g.kind
        LEFT JOIN facilities_trainertraining t
            ON t.trainer_id = r.id AND t.done_on BETWEEN %(year_start)s AND %(as_of)s
        GROUP BY g.place, g.label
    """,
    metrics=(
        Metric(
            "trainer_training",
            marked("培训人员参加专业培训"),
            marked("今年办过规定次数专业培训的类别 ÷ 两类培训人员；同一天的同一课程算一次"),
            hit="f.times >= %(times)s",
        ),
    ),
)

FAMILIES = (STAFF, TRAINERS)
