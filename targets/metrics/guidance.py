"""Guidance of families: the places where it is given."""

from guidance.rules import places as rules
from portal.rules.machine import marked
from targets.metrics.base import Family, Metric

KIND = "f.kind = '{}'".format
EACH = marked("个")

#: A place counts from the day on which it opened to the day before it closed. Names of places are content.
PLACES = Family(
    key="guidance_places",
    label=marked("育儿指导场所"),
    row_label=marked("个"),
    link="guidance-place",
    right="guidance_place.view",
    detail_label=marked("启用日期"),
    sql="""
        SELECT p.id AS row_id, p.street_id, p.code, p.name, p.kind, p.kit_from, p.opened_on::text AS detail
        FROM guidance_guidanceplace p
        WHERE p.opened_on <= %(as_of)s AND (p.closed_on IS NULL OR p.closed_on > %(as_of)s)
    """,
    metrics=(
        Metric(
            "guidance_stations",
            marked("家庭科学育儿指导站数"),
            marked("在用的家庭科学育儿指导站个数"),
            "count",
            KIND(rules.STATION),
            unit=EACH,
        ),
        Metric(
            "child_friendly_places",
            marked("儿童友好社区示范点数"),
            marked("在用的儿童友好社区示范点个数"),
            "count",
            KIND(rules.FRIENDLY),
            unit=EACH,
        ),
        Metric(
            "early_development_bases",
            marked("儿童早期发展基地数"),
            marked("在用的儿童早期发展基地个数"),
            "count",
            KIND(rules.BASE),
            unit=EACH,
        ),
        Metric(
            "child_service_centres",
            marked("儿童服务中心数"),
            marked("在用的儿童服务中心个数"),
            "count",
            KIND(rules.CENTRE),
            unit=EACH,
        ),
        Metric(
            "child_service_places",
            marked("儿童服务中心或儿童之家数"),
            marked("在用的儿童服务中心、儿童之家个数"),
            "count",
            f"f.kind IN ('{rules.CENTRE}', '{rules.HOME}')",
            unit=EACH,
        ),
        Metric(
            "play_rooms",
            marked("游戏观察室、亲子指导室数"),
            marked("在用的游戏观察室、亲子指导室个数"),
            "count",
            KIND(rules.PLAY_ROOM),
            unit=EACH,
        ),
        Metric(
            "resource_kit_in_bases",
            marked("基地应用资源包"),
            marked("已启用“上海市科学育儿资源包”的儿童早期发展基地 ÷ 在用的基地"),
            among=KIND(rules.BASE),
            hit="f.kit_from <= %(as_of)s",
        ),
    ),
)

#: 1+4+X+Y (浦东 二（二）1): one base of the first layer, four of the second, at least one of each other.
LAYERS = Family(
    key="base_layers",
    label=marked("早期发展基地的层次"),
    row_label=marked("层次"),
    right="guidance_place.view",
    detail_label=marked("基地（个）"),
    sql="""
        SELECT NULL::bigint AS street_id, l.place AS row_id, l.tier AS code, l.tier AS name, l.needed,
               count(p.id) AS bases, count(p.id) || ' / ' || l.needed AS detail
        FROM (VALUES (1, '1', 1), (2, '4', 4), (3, 'X', 1), (4, 'Y', 1)) l(place, tier, needed)
        LEFT JOIN guidance_guidanceplace p ON p.kind = 'base' AND p.tier = l.tier
            AND p.opened_on <= %(as_of)s AND (p.closed_on IS NULL OR p.closed_on > %(as_of)s)
        GROUP BY l.place, l.tier, l.needed
    """,
    metrics=(
        Metric(
            "base_layers_filled",
            marked("1+4+X+Y 基地各层齐全"),
            marked(
                "基地够数的层 ÷ 四层：“1”层 1 个、“4”层 4 个、X 和 Y 各至少 1 个；文件没有说明各层含义，按区里登记的层次算"
            ),
            hit="f.bases >= f.needed",
        ),
    ),
)

#: Children on the list on the day and not yet certainly three, with the year's services that the district's plan counts:
#: of stations, of stations and points, of any place. One pass over the covering index of the services.
GUIDED = Family(
    key="guided_children",
    label=marked("登记要指导的幼儿"),
    row_label=marked("人"),
    link="guided-child",
    right="guidance_service.view",
    detail_label=marked("今年次数"),
    parameters={"needed": "guidance.sessions_per_year", "givers": "guidance.sessions_from"},
    sql="""
        SELECT c.id AS row_id, c.street_id, c.code, c.code AS name, coalesce(s.times, 0) AS times,
               coalesce(s.times, 0)::text AS detail
        FROM guidance_guidedchild c
        LEFT JOIN (
            SELECT v.child_id, count(*) AS times FROM guidance_guidanceservice v
            WHERE v.served_on BETWEEN %(year_start)s AND %(as_of)s
              AND (%(givers)s::text = 'any' OR v.given_by = 'station'
                   OR (%(givers)s::text = 'station_point' AND v.given_by = 'point'))
            GROUP BY v.child_id
        ) s ON s.child_id = c.id
        WHERE c.asked_on <= %(as_of)s AND (c.ended_on IS NULL OR c.ended_on > %(as_of)s)
          AND c.birth_month >= date_trunc('month', %(as_of)s::date) - interval '36 months'
    """,
    metrics=(
        Metric(
            "household_guidance",
            marked("育儿指导够次数的家庭"),
            marked(
                "今年得到规定次数育儿指导的幼儿 ÷ 登记中的幼儿（有需求、不满三岁）；哪里提供的计入按本区文件"
            ),
            hit="f.times >= %(needed)s",
        ),
    ),
)

#: The year's newborns up to the month of the day: the families that were entered, and for each birth of a street's month
#: that nobody entered yet a row without a code, so that the figure's denominator is the births where the plan means them.
NEWBORNS = Family(
    key="newborns",
    label=marked("新生儿家庭"),
    row_label=marked("户"),
    right="newborn.view",
    detail_label=marked("出生年月"),
    parameters={"whom": "guidance.newborn_visits_for", "visits": "guidance.newborn_visits_per_year"},
    sql="""
        WITH entered AS MATERIALIZED (
            SELECT n.id, n.street_id, n.code, n.birth_month, n.resident, n.asked, n.handbook_on,
                   (SELECT count(*) FROM guidance_newbornvisit v
                    WHERE v.newborn_id = n.id AND v.visited_on BETWEEN %(year_start)s AND %(as_of)s) AS visits
            FROM guidance_newborn n WHERE n.birth_month BETWEEN %(year_start)s AND %(as_of)s
        ), missing AS (
            SELECT b.id, b.street_id, b.month, k.resident,
                   CASE WHEN k.resident THEN b.resident ELSE b.total - b.resident END - count(e.id) AS many
            FROM guidance_birthcount b
            CROSS JOIN (VALUES (true), (false)) k(resident)
            LEFT JOIN entered e ON e.street_id = b.street_id AND e.birth_month = b.month AND e.resident = k.resident
            WHERE b.month BETWEEN %(year_start)s AND %(as_of)s
            GROUP BY b.id, b.street_id, b.month, b.total, b.resident, k.resident
        )
        SELECT e.id AS row_id, e.street_id, e.code, e.code AS name, to_char(e.birth_month, 'YYYY-MM') AS detail,
               e.resident, e.asked, e.visits, e.handbook_on
        FROM entered e
        UNION ALL
        SELECT -(m.id * 20000 + g * 2 + m.resident::int), m.street_id, '', '', to_char(m.month, 'YYYY-MM'),
               m.resident, false, 0, NULL::date
        FROM missing m CROSS JOIN LATERAL generate_series(1, greatest(m.many, 0)) g
    """,
    metrics=(
        Metric(
            "newborn_home_visits",
            marked("新生儿家庭上门指导"),
            marked("今年上过门的新生儿家庭 ÷ 今年要上门的新生儿家庭：按本区文件；出生数里还没登记的也算"),
            among="CASE %(whom)s::text WHEN 'asked' THEN f.resident AND f.asked"
            " WHEN 'resident' THEN f.resident ELSE true END",
            hit="f.visits >= %(visits)s",
        ),
        Metric(
            "handbooks_handed_out",
            marked("《母子健康手册》发放"),
            marked("今年出生的常住新生儿家庭里发了手册的 ÷ 今年出生的常住新生儿家庭"),
            among="f.resident",
            hit="f.handbook_on <= %(as_of)s",
        ),
    ),
)

FAMILIES = (PLACES, LAYERS, GUIDED, NEWBORNS)
