"""Guidance of families: the places where it is given."""

from guidance.rules import events, resources
from guidance.rules import places as rules
from portal.rules.machine import marked
from targets.metrics.base import Family, Metric
from targets.metrics.supply import OPERATING

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

#: Children on the list on the day, not yet certainly three, with the year's services: one pass over a covering index.
GUIDED = Family(
    key="guided_children",
    label=marked("登记要指导的幼儿"),
    row_label=marked("人"),
    link="guided-child",
    right="guidance_service.view",
    detail_label=marked("今年次数（指导站 / 指导点 / 其他 / 其中线上）"),
    parameters={"needed": "guidance.sessions_per_year", "givers": "guidance.sessions_from"},
    sql="""
        SELECT c.id AS row_id, c.street_id, c.code, c.code AS name, s.station, s.point, s.times, s.online,
               concat_ws(' / ', s.station, s.point, s.times - s.station - s.point, s.online) AS detail
        FROM guidance_guidedchild c
        LEFT JOIN (
            SELECT v.child_id, count(*) AS times, count(*) FILTER (WHERE v.given_by = 'station') AS station,
                   count(*) FILTER (WHERE v.given_by = 'point') AS point, count(*) FILTER (WHERE v.online) AS online
            FROM guidance_guidanceservice v WHERE v.served_on BETWEEN %(year_start)s AND %(as_of)s GROUP BY v.child_id
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
            hit="CASE %(givers)s::text WHEN 'any' THEN f.times WHEN 'station_point' THEN f.station + f.point"
            " ELSE f.station END >= %(needed)s",
        ),
        Metric(
            "online_guidance",
            marked("得到线上指导的家庭"),
            marked("今年得到过线上育儿指导的幼儿 ÷ 登记中的幼儿（有需求、不满三岁）；按手机号推送的资源不计"),
            hit="f.online >= 1",
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
                   coalesce(v.visits, 0) AS visits
            FROM guidance_newborn n
            LEFT JOIN (
                SELECT newborn_id, count(*) AS visits FROM guidance_newbornvisit
                WHERE visited_on BETWEEN %(year_start)s AND %(as_of)s GROUP BY newborn_id
            ) v ON v.newborn_id = n.id
            WHERE n.birth_month BETWEEN %(year_start)s AND %(as_of)s
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

#: The first day of the plan in force: what a plan asks for once counts from then.
PLAN_FROM = "(SELECT max(d.period_from) FROM portal_policydocument d WHERE d.period_from <= %(as_of)s)"
THIS_YEAR = "f.held_on >= %(year_start)s"
SESSION = marked("场")

#: Events that were held, closed by who held them: street events of their street, district events of none.
EVENTS = Family(
    key="guidance_events",
    label=marked("育儿指导活动"),
    row_label=marked("场"),
    link="guidance-event",
    right="guidance_event.view",
    detail_label=marked("日期"),
    sql=f"""
        SELECT e.id AS row_id, e.street_id, e.code, e.title AS name, e.kind, e.level, e.online, e.held_on,
               e.held_on::text AS detail
        FROM guidance_guidanceevent e
        WHERE e.state = 'over' AND e.held_on <= %(as_of)s
          AND e.held_on >= least(%(year_start)s::date, {PLAN_FROM})
    """,
    metrics=(
        Metric(
            "district_events",
            marked("区级科学育儿指导活动数"),
            marked("今年办完的区级科学育儿指导活动场数，线上线下都算；“其他活动”不算"),
            "count",
            f"f.level = 'district' AND f.kind <> '{events.OTHER}' AND {THIS_YEAR}",
            unit=SESSION,
        ),
        Metric(
            "district_events_offline",
            marked("区级线下科学育儿指导活动数"),
            marked("今年办完的区级线下科学育儿指导活动场数；“其他活动”不算"),
            "count",
            f"f.level = 'district' AND NOT f.online AND f.kind <> '{events.OTHER}' AND {THIS_YEAR}",
            unit=SESSION,
        ),
        Metric(
            "street_fuel_events",
            marked("育儿加油站街镇专场数"),
            marked("今年各街镇办完的育儿加油站专场场数；文件没有写是每个街镇还是全区，按每个街镇算"),
            "count",
            f"f.level = 'street' AND f.kind = '{events.FUEL}' AND {THIS_YEAR}",
            unit=SESSION,
        ),
        Metric(
            "carnivals",
            marked("亲子嘉年华场数"),
            marked("本轮计划开始以来办完的区级亲子嘉年华场数"),
            "count",
            f"f.level = 'district' AND f.kind = '{events.CARNIVAL}'",
            unit=SESSION,
        ),
        Metric(
            "parent_growth_events",
            marked("父母成长支持计划活动数"),
            marked("本轮计划开始以来办完的“父母成长支持计划”活动场数"),
            "count",
            f"f.kind = '{events.GROWTH}'",
            unit=SESSION,
        ),
    ),
)

#: “健康家庭——优生优育社区行” 全面开展 (闵行 三（四）2): each street had one since the plan began.
TOURED = Family(
    key="toured_streets",
    label=marked("健康家庭社区行的街镇"),
    row_label=marked("个"),
    right="guidance_event.view",
    detail_label=marked("场数"),
    sql=f"""
        SELECT s.id AS row_id, s.id AS street_id, s.code, s.name, count(e.id) AS held, count(e.id)::text AS detail
        FROM portal_street s
        LEFT JOIN guidance_guidanceevent e ON e.street_id = s.id AND e.kind = '{events.TOUR}' AND e.state = 'over'
            AND e.held_on <= %(as_of)s AND e.held_on >= coalesce({PLAN_FROM}, %(year_start)s::date)
        WHERE s.is_street
        GROUP BY s.id, s.code, s.name
    """,
    metrics=(
        Metric(
            "toured_streets",
            marked("健康家庭社区行覆盖街镇"),
            marked("本轮计划开始以来办过“健康家庭社区行”的街镇 ÷ 全部街镇"),
            hit="f.held > 0",
        ),
    ),
)

#: What is public on the day, the latest edition of each, since the plan began; kits are counted by who uses them.
RESOURCES = Family(
    key="guidance_resources",
    label=marked("科学育儿资源"),
    row_label=marked("份"),
    link="guidance-resource",
    right="resource.view",
    detail_label=marked("公开日期"),
    sql=f"""
        SELECT r.id AS row_id, NULL::bigint AS street_id, r.code, r.title AS name, r.published_on::text AS detail
        FROM (
            SELECT DISTINCT ON (code) id, code, title, published_on, withdrawn_on FROM guidance_guidanceresource
            WHERE published_on <= %(as_of)s AND kind <> '{resources.KIT}' ORDER BY code, edition DESC
        ) r
        WHERE (r.withdrawn_on IS NULL OR r.withdrawn_on > %(as_of)s)
          AND r.published_on >= coalesce({PLAN_FROM}, %(year_start)s::date)
    """,
    metrics=(
        Metric(
            "guidance_resources",
            marked("公开的科学育儿资源数"),
            marked("本轮计划开始以来公开、现在没有下架的文章、视频、折页和活动方案份数；资源包不另算"),
            "count",
            unit=marked("份"),
        ),
    ),
)

#: 资源包面向托育机构 (闵行 附件 23): operating facilities and streets, each with the day from which it uses a public kit.
KIT_USERS = Family(
    key="kit_users",
    label=marked("用资源包的机构和街镇"),
    row_label=marked("个"),
    right="kit_use.view",
    detail_label=marked("开始使用"),
    sql=f"""
        SELECT o.id AS row_id, o.street_id, o.code, o.name, u.since, coalesce(u.since::text, '') AS detail
        FROM ({OPERATING}) o
        LEFT JOIN (
            SELECT facility_id, min(used_from) AS since FROM guidance_kituse
            WHERE used_from <= %(as_of)s GROUP BY facility_id
        ) u ON u.facility_id = o.id
        UNION ALL
        SELECT -s.id, s.id, s.code, s.name, u.since, coalesce(u.since::text, '')
        FROM portal_street s
        LEFT JOIN (
            SELECT street_id, min(used_from) AS since FROM guidance_kituse
            WHERE facility_id IS NULL AND used_from <= %(as_of)s GROUP BY street_id
        ) u ON u.street_id = s.id
        WHERE s.is_street
    """,
    metrics=(
        Metric(
            "kit_users",
            marked("应用资源包的机构和街镇"),
            marked("登记了使用资源包的在办机构和街镇 ÷ 全部在办机构和街镇"),
            hit="f.since IS NOT NULL",
        ),
    ),
)

#: Courses on the list since the plan began, and of resources the district's own plans of activities for nursery classes.
TAUGHT = Family(
    key="guidance_courses",
    label=marked("课程和活动方案"),
    row_label=marked("份"),
    right="guidance_course.view",
    detail_label=marked("入库日期"),
    sql=f"""
        SELECT c.id AS row_id, NULL::bigint AS street_id, c.code, c.title AS name, c.listed_on::text AS detail, c.own,
               c.theme, true AS course
        FROM guidance_guidancecourse c
        WHERE c.active AND c.listed_on BETWEEN coalesce({PLAN_FROM}, %(year_start)s::date) AND %(as_of)s
        UNION ALL
        SELECT -r.id, NULL, r.code, r.title, r.published_on::text, r.own, r.theme, false
        FROM guidance_guidanceresource r
        WHERE r.state = 'published' AND r.kind = '{resources.ACTIVITY}'
          AND r.published_on BETWEEN coalesce({PLAN_FROM}, %(year_start)s::date) AND %(as_of)s
    """,
    metrics=(
        Metric(
            "grandparent_courses",
            marked("隔代养育课程数"),
            marked("本轮计划开始以来入库、在用的隔代养育课程门数"),
            "count",
            f"f.course AND f.theme = '{resources.GRANDPARENTS}'",
            unit=marked("门"),
        ),
        Metric(
            "own_courses",
            marked("区本托班活动和指导课程数"),
            marked("本轮计划开始以来本区研制的科学育儿指导课程和公开的托班活动方案"),
            "count",
            "f.own",
            unit=marked("份"),
        ),
    ),
)

POOL_NAMES = ("课程库", "讲师库")  # content
#: 培训课程和培训讲师资源库 (浦东 三（三）2): both have somebody or something in them.
POOLS = Family(
    key="course_pools",
    label=marked("课程库和讲师库"),
    row_label=marked("个"),
    right="guidance_course.view",
    detail_label=marked("在库数"),
    sql=f"""
        SELECT NULL::bigint AS street_id, p.row_id, p.code, p.name, p.many, p.many::text AS detail
        FROM (
            SELECT 1 AS row_id, 'courses' AS code, '{POOL_NAMES[0]}' AS name,
                   (SELECT count(*) FROM facilities_course WHERE active)
                   + (SELECT count(*) FROM guidance_guidancecourse WHERE active AND listed_on <= %(as_of)s) AS many
            UNION ALL
            SELECT 2, 'lecturers', '{POOL_NAMES[1]}',
                   (SELECT count(*) FROM facilities_trainer WHERE active)
                   + (SELECT count(*) FROM guidance_lecturer
                      WHERE agreed_on <= %(as_of)s AND (left_on IS NULL OR left_on > %(as_of)s))
        ) p
    """,
    metrics=(
        Metric(
            "course_pools",
            marked("课程库和讲师库"),
            marked("有在用课程的课程库、有人的讲师库 ÷ 这两个库；从业人员培训和育儿指导的合起来算"),
            hit="f.many > 0",
        ),
    ),
)

#: The list on the day; a room counts from the day on which it opened.
NURSING = Family(
    key="nursing_places",
    label=marked("应配置母婴设施的场所"),
    row_label=marked("个"),
    link="nursing-place",
    right="nursing_place.view",
    detail_label=marked("启用日期"),
    sql="""
        SELECT n.id AS row_id, n.street_id, n.code, n.name, coalesce(n.opened_on::text, '') AS detail, n.state, n.opened_on
        FROM guidance_nursingplace n
        WHERE n.listed_on <= %(as_of)s AND (n.ended_on IS NULL OR n.ended_on > %(as_of)s)
    """,
    metrics=(
        Metric(
            "nursing_rooms",
            marked("母婴设施覆盖"),
            marked("母婴设施已启用的场所 ÷ 名单上应当配置的公共场所和用人单位"),
            hit="f.state = 'open' AND f.opened_on <= %(as_of)s",
        ),
    ),
)

FAMILIES = (
    PLACES, LAYERS, GUIDED, NEWBORNS, EVENTS, TOURED, RESOURCES, KIT_USERS, TAUGHT, POOLS, NURSING,
)  # fmt: skip
