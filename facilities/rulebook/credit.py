"""Tests that read the credit record. It is the district's own: who does not stand in it has nothing against them."""

from facilities.rulebook.base import Test
from portal.rules.machine import marked

ENTRIES = marked("条")
BY_THE_DISTRICT = marked("诚信记录由区里录入")

TESTS = (
    Test(
        "no-discipline",
        marked("没有失信联合惩戒"),
        mend=marked("纠正以后申请信用修复，或者对列入提异议"),
        enter=BY_THE_DISTRICT,
        met="coalesce(credit.listed, 0) = 0",
        value="coalesce(credit.listed, 0)",
        limit="0::numeric",
        unit=ENTRIES,
        sign="≤",
        sources=("credit",),
        link="facility",
        right="credit.ask",
    ),
    Test(
        "promises-kept",
        marked("没有违背承诺"),
        mend=marked("兑现承诺，到了可以修复的日子申请信用修复"),
        enter=BY_THE_DISTRICT,
        met="coalesce(credit.broken, 0) = 0",
        value="coalesce(credit.broken, 0)",
        limit="0::numeric",
        unit=ENTRIES,
        sign="≤",
        sources=("credit",),
        link="facility",
        right="credit.ask",
    ),
)
