"""The city's own records: notices and quotas of the naming of districts (docs/cycle.md). No district has such rows."""

from portal.rules.machine import marked
from targets.metrics.base import Family, Metric

#: One row per notice that is over (one that was taken down is none; its days were counted when it was put up), and one
#: per district that might apply in the newest cycle that is over, named or not, for the document speaks of them all.
NAMING = Family(
    key="naming",
    label=marked("示范创建的记录"),
    row_label=marked("条记录"),
    link="naming-cycle",
    right="cycle.view",
    of_city=True,
    detail_label=marked("公示的工作日，或者命名"),
    parameters={"notice": "city.notice_days"},
    sql="""
        SELECT c.id AS row_id, NULL::bigint AS street_id, c.notice_from::text AS code, c.title AS name,
               c.notice_from || ' — ' || c.notice_to || '　' || c.notice_days AS detail, true AS noticed,
               c.notice_days AS days, false AS municipal, false AS national
        FROM targets_namingcycle c
        WHERE c.state IN ('notice', 'named') AND c.notice_to < %(as_of)s::date
        UNION ALL
        SELECT c.id, NULL, to_char(g.n, 'FM00'), coalesce(k.name, '—'),
               CASE WHEN k.name <> '' THEN c.named_on::text ELSE '' END, false, 0,
               coalesce(k.municipal, false), coalesce(k.national, false)
        FROM (
            SELECT * FROM targets_namingcycle
            WHERE state = 'named' AND named_on <= %(as_of)s::date ORDER BY named_on DESC, id DESC LIMIT 1
        ) c
        CROSS JOIN generate_series(1, c.districts::int) g(n)
        LEFT JOIN (
            SELECT a.district_id, a.cycle_id, d.name, a.municipal, a.national,
                   row_number() OVER (PARTITION BY a.district_id, a.cycle_id ORDER BY a.applicant_id) AS n
            FROM targets_candidate a JOIN portal_district d ON d.id = a.applicant_id
            WHERE a.state IN ('named', 'recommended', 'revoked')
        ) k ON k.district_id = c.district_id AND k.cycle_id = c.id AND k.n = g.n
    """,
    metrics=(
        Metric(
            "naming_notices_long",
            marked("公示满规定工作日的名单"),
            marked("公示满规定工作日的名单 ÷ 公示已经结束的名单；中途撤下的不计"),
            among="f.noticed",
            hit="f.days >= %(notice)s",
        ),
        Metric(
            "naming_municipal_share",
            marked("命名为示范区的区"),
            marked("最近一个已命名的周期里命名为上海市示范区的区 ÷ 可申报区；后来撤销的也算在内"),
            among="NOT f.noticed",
            hit="f.municipal",
        ),
        Metric(
            "naming_national_share",
            marked("推荐为示范城市的区"),
            marked("最近一个已命名的周期里推荐为全国示范城市的区 ÷ 可申报区；后来撤销的也算在内"),
            among="NOT f.noticed",
            hit="f.national",
        ),
    ),
)

FAMILIES = (NAMING,)
