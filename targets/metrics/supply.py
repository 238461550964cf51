"""Places and sites: from the register of facilities, kindergartens and residents."""

from facilities.supply import OPERATING
from portal.rules.machine import marked
from targets.metrics.base import Family, Metric

BABY = "f.kind = 'baby_house'"
CARE = "f.kind <> 'guidance_point'"
FULL_DAY, HALF_DAY, HOURLY = marked("全日制"), marked("半日制"), marked("计时制")

FACILITIES = Family(
    key="facilities",
    label=marked("机构"),
    row_label=marked("家"),
    link="facility",
    facility="f.row_id",
    right="facility.view",
    detail_label=marked("托位"),
    parameters={
        "area": "baby_house.area_per_child",
        "baby_video": "video.days.baby_house",
        "video": "video.days.other",
        "ratio": "baby_house.children_per_staff",
    },
    sql=f"""
        SELECT o.id AS row_id, o.street_id, o.code, o.name, o.kind, o.places, o.inclusive, o.usable_area,
               o.enrolled, o.video_days, o.video_connected, o.alarm_connected, o.insured_until,
               o.fees_published_on, o.opened_on, o.head, coalesce(op.name, '') AS operator, o.phone, o.credit_code,
               staff.health, staff.heads, staff.carers,
               o.places::text AS detail
        FROM ({OPERATING}) o
        LEFT JOIN facilities_operator op ON op.district_id = o.district_id AND op.id = o.operator_id
        LEFT JOIN (
            SELECT e.facility_id, count(*) FILTER (WHERE e.post = 'health') AS health,
                   count(*) FILTER (WHERE e.post = 'head') AS heads,
                   count(*) FILTER (WHERE e.post IN ('carer', 'teacher')) AS carers
            FROM facilities_employment e
            WHERE e.starts_on <= %(as_of)s AND (e.ends_on IS NULL OR e.ends_on >= %(as_of)s)
            GROUP BY e.facility_id
        ) staff ON staff.facility_id = o.id
    """,
    metrics=(
        Metric(
            "places_per_street",
            marked("托位数"),
            marked("在办机构的托位之和"),
            "count",
            CARE,
            "true",
            "f.places",
            unit=marked("个"),
        ),
        Metric(
            "sites_per_street",
            marked("托育服务点数"),
            marked("在办机构的家数"),
            "count",
            CARE,
            unit=marked("家"),
        ),
        Metric(
            "inclusive_site_per_street",
            marked("普惠性托育点数"),
            marked("在办的普惠机构家数，不论类型"),
            "count",
            CARE,
            "f.inclusive OR f.kind = 'inclusive_site'",
            unit=marked("个"),
        ),
        Metric(
            "inclusive_sites_opened",
            marked("今年新增普惠性托育点"),
            marked("今年开办、现在在办的普惠机构家数；全市数的本区部分"),
            "count",
            CARE,
            "(f.inclusive OR f.kind = 'inclusive_site') AND f.opened_on >= %(year_start)s",
            unit=marked("个"),
        ),
        Metric(
            "guidance_points_per_street",
            marked("有科学育儿指导点的街镇"),
            marked("至少有 1 个在办科学育儿指导点的街镇 ÷ 计入的街镇"),
            "count",
            "f.kind = 'guidance_point'",
            unit=marked("个"),
        ),
        Metric(
            "baby_house_per_street",
            marked("宝宝屋数"),
            marked("在办的宝宝屋家数"),
            "count",
            BABY,
            unit=marked("个"),
        ),
        Metric(
            "baby_house_coverage",
            marked("有宝宝屋的街镇"),
            marked("至少有 1 个在办宝宝屋的街镇 ÷ 计入的街镇，应到的街镇数进一取整"),
            "count",
            BABY,
            unit=marked("个"),
        ),
        Metric(
            "baby_house_streets_all",
            marked("试点后各街镇都有宝宝屋"),
            marked("至少有 1 个在办宝宝屋的街镇 ÷ 计入的街镇"),
            "count",
            BABY,
            unit=marked("个"),
        ),
        Metric(
            "baby_house_quota",
            marked("宝宝屋托额占 1—3 岁常住幼儿数的比例"),
            marked("在办宝宝屋的托位之和 ÷ 本街镇 1—3 岁常住幼儿数（最近一年）"),
            "per_population",
            BABY,
            "true",
            "f.places",
            "one_to_three",
            unit="%",
        ),
        Metric(
            "area_per_child",
            marked("宝宝屋人均使用面积达标"),
            marked("使用面积 ÷ 托位不低于规定的宝宝屋 ÷ 全部宝宝屋；没有登记面积的不算达标"),
            among=BABY,
            hit="f.usable_area / f.places >= %(area)s",
        ),
        Metric(
            "video_retention",
            marked("宝宝屋录像保存天数达标"),
            marked("录像保存天数不少于规定的宝宝屋 ÷ 全部宝宝屋"),
            among=BABY,
            hit="f.video_days >= %(baby_video)s",
        ),
        Metric(
            "video_retention_all",
            marked("录像保存天数达标"),
            marked("录像保存天数不少于规定的机构 ÷ 在办机构（宝宝屋按宝宝屋的天数）"),
            among=CARE,
            hit=f"f.video_days >= CASE WHEN {BABY} THEN %(baby_video)s ELSE %(video)s END",
        ),
        Metric(
            "video_connected",
            marked("视频已联网"),
            marked("视频已与区中心联网的机构 ÷ 在办机构"),
            among=CARE,
            hit="f.video_connected",
        ),
        Metric(
            "baby_house_video_connected",
            marked("宝宝屋视频已联网"),
            marked("视频已与区托育服务指导中心联网的宝宝屋 ÷ 全部宝宝屋"),
            among=BABY,
            hit="f.video_connected",
        ),
        Metric(
            "alarm_connected",
            marked("宝宝屋报警已联网"),
            marked("接待处装有紧急报警并联网的宝宝屋 ÷ 全部宝宝屋"),
            among=BABY,
            hit="f.alarm_connected",
        ),
        Metric(
            "insured",
            marked("宝宝屋有责任险"),
            marked("责任险在有效期内的宝宝屋 ÷ 全部宝宝屋"),
            among=BABY,
            hit="f.insured_until >= %(as_of)s",
        ),
        Metric(
            "fees_published",
            marked("宝宝屋收费已公示"),
            marked("已公示收费的宝宝屋 ÷ 全部宝宝屋"),
            among=BABY,
            hit="f.fees_published_on <= %(as_of)s",
        ),
        Metric(
            "health_worker",
            marked("宝宝屋有卫生保健人员"),
            marked("至少一名在岗保健人员的宝宝屋 ÷ 全部宝宝屋"),
            among=BABY,
            hit="f.health >= 1",
        ),
        Metric(
            "head_on_post",
            marked("宝宝屋有负责人"),
            marked("有在岗负责人的宝宝屋 ÷ 全部宝宝屋"),
            among=BABY,
            hit="f.heads >= 1",
        ),
        Metric(
            "staff_child_ratio",
            marked("宝宝屋从业人员与幼儿之比达标"),
            marked("在岗保育、教学人员每人看护的托位不超过规定的宝宝屋 ÷ 全部宝宝屋"),
            among=BABY,
            hit="f.carers * %(ratio)s >= f.places",
        ),
        Metric(
            "one_file_complete",
            marked("一机构一档案齐全"),
            marked("举办者、负责人、电话、信用代码、使用面积、责任险都已登记的机构 ÷ 在办机构"),
            among=CARE,
            hit="f.operator <> '' AND f.head <> '' AND f.phone <> '' AND f.credit_code <> ''"
            " AND f.usable_area IS NOT NULL AND f.insured_until IS NOT NULL",
        ),
    ),
)

KINDERGARTENS = Family(
    key="kindergartens",
    label=marked("幼儿园"),
    row_label=marked("所"),
    right="facility.view",
    detail_label=marked("托班编号"),
    sql=f"""
        SELECT k.id AS row_id, k.street_id, k.code, k.name, k.works, k.works_on, k.opened_on,
               o.id IS NOT NULL AS nursery, coalesce(o.code, '') AS detail
        FROM facilities_kindergarten k
        LEFT JOIN ({OPERATING}) o ON o.id = k.facility_id
        WHERE k.opened_on <= %(as_of)s AND (k.closed_on IS NULL OR k.closed_on > %(as_of)s)
    """,
    metrics=(
        Metric(
            "integrated_kindergarten_share",
            marked("托幼一体幼儿园占比"),
            marked("开设托班的在办幼儿园 ÷ 公办、民办在办幼儿园总数"),
            hit="f.nursery",
        ),
        Metric(
            "new_kindergarten_share",
            marked("新建和改扩建幼儿园开设托班"),
            marked("计划期起新建、改扩建且开设托班的幼儿园 ÷ 计划期起新建、改扩建的幼儿园"),
            among="f.works <> '' AND f.works_on >= %(plan_from)s::date AND f.works_on <= %(as_of)s",
            hit="f.nursery",
        ),
        Metric(
            "built_kindergarten_share",
            marked("新建幼儿园开设托班"),
            marked("计划期起新建且开设托班的幼儿园 ÷ 计划期起新建的幼儿园"),
            among="f.works = 'new' AND f.works_on >= %(plan_from)s::date AND f.works_on <= %(as_of)s",
            hit="f.nursery",
        ),
    ),
    parameters={"plan_from": "plan.from"},
)

MODES = Family(
    key="modes",
    label=marked("服务方式"),
    row_label=marked("种"),
    right="target.view",
    detail_label=marked("提供的家数"),
    sql=f"""
        SELECT NULL::bigint AS street_id, m.id AS row_id, m.code, m.name, m.sites::text AS detail, m.sites > 0 AS offered
        FROM (
            SELECT count(*) FILTER (WHERE o.full_day) AS full_day, count(*) FILTER (WHERE o.half_day) AS half_day,
                   count(*) FILTER (WHERE o.hourly) AS hourly
            FROM ({OPERATING}) o WHERE o.kind <> 'guidance_point'
        ) t
        CROSS JOIN LATERAL (
            VALUES (1, 'full_day', '{FULL_DAY}', t.full_day), (2, 'half_day', '{HALF_DAY}', t.half_day),
                   (3, 'hourly', '{HOURLY}', t.hourly)
        ) m(id, code, name, sites)
    """,
    metrics=(
        Metric(
            "service_modes",
            marked("全日制、半日制、计时制都有"),
            marked("有机构提供的服务方式 ÷ 全日制、半日制、计时制三种"),
            hit="f.offered",
        ),
    ),
)

#: The day before the year: what was there then, with the places that are on record now.
BEFORE = OPERATING.replace("%(as_of)s", "(%(year_start)s::date - 1)")
INCLUSIVE, NURSERY = marked("普惠托位"), marked("开设托班的幼儿园")

RISING = Family(
    key="supply_rising",
    label=marked("普惠托育资源"),
    row_label=marked("项"),
    right="target.view",
    detail_label=marked("上年末、现在"),
    sql=f"""
        SELECT NULL::bigint AS street_id, m.id AS row_id, m.code, m.name, m.before || ' → ' || m.now AS detail,
               m.now > m.before AS rises
        FROM (
            SELECT coalesce(sum(o.places) FILTER (WHERE o.inclusive OR o.kind = 'inclusive_site'), 0) AS places,
                   count(k.id) AS nursery
            FROM ({OPERATING}) o LEFT JOIN facilities_kindergarten k ON k.facility_id = o.id
                AND k.opened_on <= %(as_of)s AND (k.closed_on IS NULL OR k.closed_on > %(as_of)s)
            WHERE o.kind <> 'guidance_point'
        ) t
        CROSS JOIN (
            SELECT coalesce(sum(o.places) FILTER (WHERE o.inclusive OR o.kind = 'inclusive_site'), 0) AS places,
                   count(k.id) AS nursery
            FROM ({BEFORE}) o LEFT JOIN facilities_kindergarten k ON k.facility_id = o.id
                AND k.opened_on < %(year_start)s AND (k.closed_on IS NULL OR k.closed_on >= %(year_start)s)
            WHERE o.kind <> 'guidance_point'
        ) b
        CROSS JOIN LATERAL (
            VALUES (1, 'inclusive', '{INCLUSIVE}', b.places, t.places), (2, 'nursery', '{NURSERY}', b.nursery, t.nursery)
        ) m(id, code, name, before, now)
    """,
    metrics=(
        Metric(
            "inclusive_supply_rising",
            marked("普惠托育资源比上年末增加"),
            marked("比上年末增加的项 ÷ 两项：普惠机构的托位、开设托班的幼儿园；托位都按现在登记的数"),
            hit="f.rises",
        ),
    ),
)

FAMILIES = (FACILITIES, KINDERGARTENS, MODES, RISING)
