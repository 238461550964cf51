"""Tests that read what a facility holds and publishes: insurance, fees, menus; and its classes."""

from facilities.rulebook.base import Test
from portal.rules.machine import marked

CHILDREN = marked("人")

INSURED = "greatest(cover.ends_on, f.insured_until)"
NOTICED = "greatest(notices.last, CASE WHEN f.fees_published_on <= %(as_of)s THEN f.fees_published_on END)"

#: A class size and a ratio for each age: rule, ratio's rule, words.
AGES = (
    ("infant", marked("乳儿班每班人数"), marked("乳儿班保育人员配备")),
    ("toddler", marked("托小班每班人数"), marked("托小班保育人员配备")),
    ("senior", marked("托大班每班人数"), marked("托大班保育人员配备")),
)


def of_age(kind: str, size: str, ratio: str) -> tuple[Test, Test]:
    """Facilities without any class on record are unknown; those with classes of other ages are not bound."""
    binds = f"care.classes IS NULL OR care.{kind}s > 0"
    return (
        Test(
            f"{kind}-class-size",
            size,
            mend=marked("分班，或把幼儿转到别的班"),
            enter=marked("登记班级和在托幼儿数"),
            met=f"care.{kind}_children <= %({kind}_size)s::numeric",
            value=f"care.{kind}_children",
            limit=f"%({kind}_size)s::numeric",
            binds=binds,
            unit=CHILDREN,
            sign="≤",
            sources=("care",),
            link="facility-records",
            parameters={f"{kind}_size": f"class.{kind}_size"},
        ),
        Test(
            f"{kind}-ratio",
            ratio,
            mend=marked("给这个班增加保育人员"),
            enter=marked("登记各班的在托幼儿数和保教人员数"),
            met=f"CASE WHEN care.{kind}_hands > %({kind}_ratio)s::numeric THEN false WHEN care.{kind}_no_hands THEN NULL"
            f" ELSE (care.{kind}_hands <= %({kind}_ratio)s::numeric) END",
            value=f"care.{kind}_hands",
            limit=f"%({kind}_ratio)s::numeric",
            binds=binds,
            unit=marked("名幼儿／人"),
            sign="≤",
            sources=("care",),
            link="facility-records",
            parameters={f"{kind}_ratio": f"class.{kind}_children_per_staff"},
        ),
    )


TESTS = (
    *(test for age in AGES for test in of_age(*age)),
    Test(
        "baby-house-class-size",
        marked("宝宝屋每班人数"),
        mend=marked("分班，或减少托位"),
        enter=marked("登记班级和在托幼儿数"),
        # without classes all places are one class: few places cannot be too many children
        met="CASE WHEN care.classes IS NOT NULL THEN care.children <= %(baby_class)s::numeric"
        " WHEN f.places <= %(baby_class)s::numeric THEN true END",
        value="coalesce(care.children, f.places)",
        limit="%(baby_class)s::numeric",
        unit=CHILDREN,
        sign="≤",
        sources=("care",),
        link="facility-records",
        parameters={"baby_class": "baby_house.class_size"},
    ),
    Test(
        "insured",
        marked("责任险在有效期内"),
        mend=marked("续保，把新保单登记进来"),
        enter=marked("登记责任险保单"),
        met=f"{INSURED} >= %(as_of)s",
        value=INSURED,
        limit="%(as_of)s::date",
        form="day",
        sources=("cover",),
        link="facility-records",
    ),
    Test(
        "fees-published",
        marked("收费已公示"),
        mend=marked("按现在的收费重新公示，登记公示日期"),
        enter=marked("公示收费，登记公示日期"),
        # a notice from before the newest price says the old one
        met=f"{NOTICED} >= coalesce(fees.last, {NOTICED})",
        value=NOTICED,
        limit="fees.last",
        form="day",
        sources=("fees", "notices"),
        link="facility-records",
    ),
    Test(
        "non-profit",
        marked("上一年家庭缴费没有超过运营支出"),
        mend=marked("过去的一年补不了；今年调低收费，或把结余用于运营并记账"),
        enter=marked("把上一年的收支记进账里"),
        met="account.fees <= account.costs",
        value="account.fees",
        limit="account.costs",
        binds="f.opened_on <= %(year_end)s",
        unit=marked("元"),
        sign="≤",
        sources=("account",),
        link="ledger",
        right="ledger.manage",
    ),
    Test(
        "menu-published",
        marked("供餐的有当周食谱"),
        mend=marked("登记这一周的食谱"),
        enter=marked("登记这一周的食谱"),
        met="menus.week >= %(monday)s",
        value="menus.week",
        limit="%(monday)s::date",
        binds="f.meals",
        form="day",
        sources=("menus",),
        link="facility-records",
    ),
)
