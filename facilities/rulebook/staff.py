"""Tests that read people at work: certificates, health, inquiries, training, ratio. A facility without any person on
record is unknown in all of them."""

from facilities.rulebook.base import Test
from facilities.rulebook.sources import POSTS
from portal.rules.machine import marked

ENTER = marked("登记从业人员")
PEOPLE = {
    "sources": ("crew",),
    "form": "people",
    "link": "staff",
    "right": "staff.view",
    "unit": marked("人"),
}
ONE = PEOPLE | {"form": "number"}

TESTS = (
    Test(
        "certified",
        marked("从业人员持证上岗"),
        mend=marked("补办证书，或调整岗位；名单在从业人员里"),
        enter=ENTER,
        met="crew.certified >= crew.asked * %(certified_percent)s::numeric / 100",
        value="crew.certified",
        of="crew.asked",
        limit="%(certified_percent)s::numeric",
        binds="crew.people IS NULL OR crew.asked > 0",
        parameters={"certified_percent": "staff.certified_percent"},
        asks=tuple(f"certificates_{post}" for post in POSTS),
        **PEOPLE,
    ),
    Test(
        "healthy",
        marked("从业人员健康证"),
        mend=marked("补办健康证，登记新证"),
        enter=ENTER,
        met="crew.healthy >= crew.people",
        value="crew.healthy",
        of="crew.people",
        limit="100::numeric",
        **PEOPLE,
    ),
    Test(
        "checked-before",
        marked("录用前查违法犯罪记录"),
        mend=marked("补查，登记查询日期"),
        enter=marked("登记从业人员和录用前的查询"),
        met="CASE WHEN crew.checked_before >= crew.people THEN true WHEN crew.never_checked > 0"
        " AND crew.checked_before + crew.never_checked >= crew.people THEN NULL WHEN crew.people > 0 THEN false END",
        value="crew.checked_before",
        of="crew.people",
        limit="100::numeric",
        **PEOPLE,
    ),
    Test(
        "checked-yearly",
        marked("定期查违法犯罪记录"),
        mend=marked("重新查询，登记查询日期"),
        enter=marked("登记从业人员和查询日期"),
        met="CASE WHEN crew.checked >= crew.people THEN true WHEN %(check_months)s::int IS NULL THEN NULL"
        " WHEN crew.checked + crew.never_checked >= crew.people THEN NULL WHEN crew.people > 0 THEN false END",
        value="crew.checked",
        of="crew.people",
        limit="100::numeric",
        **PEOPLE,
    ),
    Test(
        "no-record",
        marked("在岗人员都没有违法犯罪记录"),
        mend=marked("立即解聘，登记离岗"),
        enter=marked("给没有查过的人查询，登记结果"),
        met="CASE WHEN crew.found > 0 THEN false WHEN crew.never_checked > 0 THEN NULL"
        " WHEN crew.people > 0 THEN true END",
        value="crew.found",
        limit="0::numeric",
        sign="≤",
        **ONE,
    ),
    Test(
        "skills-hours",
        marked("上一年综合技能培训课时"),
        mend=marked("过去的一年补不了；今年早些安排培训"),
        enter=marked("登记上一年的培训课时"),
        met="CASE WHEN %(skills_hours)s::numeric IS NULL THEN NULL WHEN crew.skilled >= crew.all_year THEN true"
        " WHEN crew.skilled + crew.untrained >= crew.all_year THEN NULL WHEN crew.people > 0 THEN false END",
        value="crew.skilled",
        of="crew.all_year",
        limit="%(skills_hours)s::numeric",
        binds="crew.people IS NULL OR crew.all_year > 0",
        **PEOPLE | {"form": "hours"},
    ),
    Test(
        "ethics-hours",
        marked("上一年职业道德教育课时"),
        mend=marked("过去的一年补不了；今年早些安排培训"),
        enter=marked("登记上一年的培训课时"),
        met="CASE WHEN %(ethics_hours)s::numeric IS NULL THEN NULL WHEN crew.ethical >= crew.all_year THEN true"
        " WHEN crew.ethical + crew.untrained >= crew.all_year THEN NULL WHEN crew.people > 0 THEN false END",
        value="crew.ethical",
        of="crew.all_year",
        limit="%(ethics_hours)s::numeric",
        binds="crew.people IS NULL OR crew.all_year > 0",
        **PEOPLE | {"form": "hours"},
    ),
    Test(
        "health-worker",
        marked("有卫生保健人员"),
        mend=marked("配一名专职或兼职的卫生保健人员"),
        enter=ENTER,
        met="crew.health >= 1",
        value="crew.health",
        limit="1::numeric",
        **ONE,
    ),
    Test(
        "head-on-post",
        marked("有负责人在岗"),
        mend=marked("配一名有托育经验的负责人"),
        enter=ENTER,
        met="crew.heads >= 1",
        value="crew.heads",
        limit="1::numeric",
        **ONE,
    ),
    Test(
        "baby-house-ratio",
        marked("宝宝屋从业人员与幼儿之比"),
        mend=marked("增加保育人员，或减少托位"),
        enter=ENTER,
        met="crew.carers * %(baby_ratio)s::numeric >= f.places",
        value="f.places::numeric / nullif(crew.carers, 0)",
        limit="%(baby_ratio)s::numeric",
        sign="≤",
        parameters={"baby_ratio": "baby_house.children_per_staff"},
        **ONE | {"unit": marked("名幼儿／人")},
    ),
    Test(
        "baby-house-full-time",
        marked("宝宝屋专职从业人员配足"),
        mend=marked("按 1：5 配足专职保育人员"),
        enter=ENTER,
        met="crew.full_time * %(baby_ratio)s::numeric >= f.places",
        value="crew.full_time",
        limit="ceil(f.places / nullif(%(baby_ratio)s::numeric, 0))",
        parameters={"baby_ratio": "baby_house.children_per_staff"},
        **ONE,
    ),
)
