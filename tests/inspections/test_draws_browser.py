"""Next month's draw in a real browser: the bureau freezes and enters the dice, another person confirms."""

from datetime import date

import pytest
from django.utils import timezone

from inspections.models import Draw, Inspection, InspectionPlan
from inspections.services import month
from tests.inspections import small_district
from tests.inspections.small_district import DICE

PASSWORD = "Correct-Horse-1"


@pytest.fixture
def small(world):
    it = small_district.make()
    for user in it.users.values():
        user.set_password(PASSWORD)
        user.save()
    with it.scope():
        today = timezone.localdate()
        InspectionPlan.objects.update(year=today.year - 1, published_on=date(today.year - 1, 1, 1))
    world.start_web()
    return it


def sign_in(page, world, name):
    page.goto(f"{world.url}/sign-in/")
    page.fill("[name=username]", f"small-{name}")
    page.fill("[name=password]", PASSWORD)
    page.click("main button, form button")
    page.wait_for_url("**/small/")


def test_next_months_draw_with_dice(world, small, page, browser):
    today = timezone.localdate()
    year, number = month.months_to_see(today)[1]
    sign_in(page, world, "bureau")
    page.goto(f"{world.url}/small/draws/?year={year}")
    page.click(f"[data-dialog=freeze-safety-health-{number}]")
    page.click(f"#freeze-safety-health-{number} button.pri")
    page.wait_for_url("**/draws/*/")
    assert "已冻结" in page.inner_text("h1")
    address = page.url
    page.goto(address + "witness/")
    for digit in DICE.split()[:10]:
        page.click(f"[data-die='{digit}']")
    assert page.locator("button[data-needs-dice]").is_disabled()
    page.click("body", position={"x": 5, "y": 5})
    for digit in DICE.split()[10:]:
        page.keyboard.press(digit)
    page.fill("[name=witnesses]", "周*（区人大代表）　徐*（家长代表）")
    page.click("button[data-needs-dice]")
    page.wait_for_selector("text=由第二人在自己的账号上核对")
    assert page.locator("text=与现场一致").count() == 0

    other = browser.new_context(locale="zh-CN", viewport={"width": 1440, "height": 900})
    head = other.new_page()
    sign_in(head, world, "head")
    head.click("text=核对并抽取")
    head.click("text=与现场一致，抽取")
    head.wait_for_url(address)
    assert "检查进行中" in head.inner_text("h1")
    assert "只有区教育局和检查组能看" in head.inner_text("main")
    with small.scope():
        codes = list(Inspection.objects.values_list("facility__code", flat=True))
        draw = Draw.objects.get()
    assert draw.state == "drawn" and draw.entropy_value == DICE and codes
    assert not any(code in head.inner_text("main") for code in codes)
    other.close()
    page.goto(address)
    text = page.inner_text("main")
    assert all(code in text for code in codes)
    assert "复算一致" in text
