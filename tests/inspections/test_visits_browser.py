"""A visit in a real browser: logged on a phone, signed off, answered by the facility, closed by the inspector."""

from __future__ import annotations

from datetime import date

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone

from inspections.models import Answer, Inspection, Inspector, Order
from inspections.services import answers
from inspections.services.answers import Given
from inspections.services.checklists import items_of
from portal.tenancy import district_scope
from tests.cast import PASSWORD, make
from tests.inspections import factories
from tests.world import wait_for

PHONE = {"width": 390, "height": 844}


@pytest.fixture
def visit(world, page):
    """A visit drawn for the cast's two inspectors, due this month; the page is a phone's."""
    cast = make()
    for name in ("inspector", "inspector2", "operator"):
        cast.users[name].set_password(PASSWORD)
        cast.users[name].save()
    with district_scope(cast.minhang):
        factories.reference(cast.minhang)
        team = factories.team(cast)
        Inspector.objects.update(licence_until=date(2099, 1, 1))
        first = timezone.localdate().replace(day=1)
        cast.visit = factories.drawn(cast.facility, team, month=first)
    world.start_web()
    page.set_viewport_size(PHONE)
    return cast


def sign_in(page, world, name):
    page.goto(f"{world.url}/sign-in/")
    page.fill("[name=username]", f"cast-{name}")
    page.fill("[name=password]", PASSWORD)
    page.click("main button, form button")
    page.wait_for_url("**/minhang/")


def stored(cast, key: str) -> Answer | None:
    with district_scope(cast.minhang):
        return Answer.objects.filter(item__key=key).select_related("by").first()


def section(page, text: str):
    return page.locator("[data-item]").filter(has_text=text)


def no_sideways(page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def accessible(page) -> None:
    """No violation of WCAG 2.2 A and AA that axe can see."""
    found = (
        Axe()
        .run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]})
        .response
    )
    assert found["passes"]
    assert [(v["id"], [n["html"][:120] for n in v["nodes"]]) for v in found["violations"]] == []


def begin(page, world, cast) -> None:
    sign_in(page, world, "inspector")
    page.goto(f"{world.url}/minhang/inspections/")
    page.click("text=去检查")
    assert no_sideways(page)
    page.click("footer button")
    page.wait_for_selector("[data-visit]")


def test_a_visit_from_the_door_to_the_closing_of_its_order(world, visit, page, browser, tmp_path):
    begin(page, world, visit)
    assert no_sideways(page)
    assert page.locator("[data-body]:visible").count() == 1

    # three answers with the keys 1 2 3, saved at once; without a focus they answer the item that is open
    assert page.locator(".keyhint").is_visible()
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("1")
    wait_for(lambda: stored(visit, "emergency-plans"), 20, "the first answer")
    page.wait_for_selector("#saved-at >> text=已保存")
    page.click("[data-visit-next]")
    page.locator("[data-opened] label.a-none").click()
    page.keyboard.type("当班的人都在带孩子，没有问到")
    wait_for(lambda: (a := stored(visit, "emergency-roles")) and a.note.endswith("问到"), 20, "the reason")

    # a finding, with what was found and a photograph
    guards = section(page, "保安在岗")
    guards.locator("[data-line]").click()
    assert guards.locator("textarea").is_hidden()
    guards.locator("label.a-bad").click()
    guards.locator("textarea").fill("下午两点门岗没有人")
    wait_for(lambda: (a := stored(visit, "guards")) and a.note, 20, "the note")
    picture = tmp_path / "门岗.png"
    picture.write_bytes(factories.PNG)
    guards.locator("input[type=file]").set_input_files(picture)
    guards.locator(".shot img").wait_for()
    clause = guards.locator("details.cl")
    assert clause.locator("blockquote").is_hidden()
    clause.locator("summary").click()
    accessible(page)
    assert "公安技防" in clause.locator("blockquote").inner_text()

    # the rest over the service, the last one by hand; then the end
    with district_scope(visit.minhang):
        row = Inspection.objects.get(pk=visit.visit.pk)
        done = set(row.answers.values_list("item", flat=True))
        left = [item for item in items_of(row) if item.pk not in done and item.key != "day-plan"]
        answers.save_answers(row, {item.pk: Given("ok") for item in left}, actor=visit.actor("inspector2"))
    page.click("footer a.btn")
    page.wait_for_selector("text=还差 1 项没有答完")
    assert page.locator("form#signoff").count() == 0 and no_sideways(page)
    page.locator("a.line").click()
    page.locator("[data-opened] label.a-ok").click()
    page.wait_for_selector("text=都答完了")
    page.click("footer a.btn")
    accessible(page)
    page.fill("[name=present]", "陈老师，园长")
    page.fill("[name=objection]", "保安当时在后门接货")
    page.click("footer button")
    page.wait_for_url("**/result/")
    assert "下午两点门岗没有人" in page.inner_text("main") and no_sideways(page)
    with district_scope(visit.minhang):
        assert not Order.objects.exists()

    # the second of the team confirms on the own sign-in
    other = browser.new_context(locale="zh-CN", viewport=PHONE)
    second = other.new_page()
    sign_in(second, world, "inspector2")
    second.locator("text=等你确认").first.wait_for()
    second.click("text=核对并确认")
    assert "下午两点门岗没有人" in second.inner_text("main") and no_sideways(second)
    accessible(second)
    second.click("text=与现场一致，确认")
    second.wait_for_url("**/result/")
    with district_scope(visit.minhang):
        order = Order.objects.get()

    # the facility answers
    desk = browser.new_context(locale="zh-CN", viewport=PHONE)
    theirs = desk.new_page()
    sign_in(theirs, world, "operator")
    theirs.goto(f"{world.url}/minhang/orders/{order.pk}/")
    theirs.locator("textarea[name^=text-]").fill("加了一班保安，今天起两人值守")
    theirs.locator("input[name^=files-]").set_input_files(picture)
    assert no_sideways(theirs)
    accessible(theirs)
    theirs.click("text=送出 1 条答复")
    theirs.wait_for_selector("text=待复查")
    desk.close()

    # the inspector closes
    page.goto(f"{world.url}/minhang/orders/{order.pk}/")
    page.click("label:has-text('改好了') >> nth=0")
    page.fill("[name=note]", "两人在岗，登记齐全")
    page.click("text=记下复查结果")
    page.wait_for_selector(".chip >> text=复查已记，等第二人确认")
    second.goto(f"{world.url}/minhang/orders/{order.pk}/")
    assert no_sideways(second)
    accessible(second)
    second.click("text=与现场一致，确认")
    second.wait_for_selector(".chip.ok >> text=已销号")
    assert "按时整改" in second.inner_text("body")
    other.close()
    with district_scope(visit.minhang):
        order.refresh_from_db()
        assert order.state == "closed" and order.closed_by.username == "cast-inspector"


@pytest.mark.long
def test_what_is_typed_without_a_connection_is_kept_and_sent_later(world, visit, page):
    begin(page, world, visit)
    guards = section(page, "保安在岗")
    guards.locator("[data-line]").click()
    page.context.set_offline(True)
    guards.locator("label.a-bad").click()
    guards.locator("textarea").fill("网络断的时候写的")
    page.wait_for_selector("text=还有 1 项没存上")
    assert page.locator("[data-visit-offline]").is_visible()
    assert stored(visit, "guards") is None
    page.context.set_offline(False)
    wait_for(lambda: (a := stored(visit, "guards")) and a.note == "网络断的时候写的", 30, "the kept answer")
    page.wait_for_selector("#saved-at >> text=已保存")
    assert page.locator("[data-visit-offline]").is_hidden()


@pytest.mark.long
def test_two_phones_on_one_item_choose_what_is_kept(world, visit, page, browser):
    begin(page, world, visit)
    other = browser.new_context(locale="zh-CN", viewport=PHONE)
    second = other.new_page()
    sign_in(second, world, "inspector2")
    second.goto(page.url)
    for one, note in ((page, "我看到门岗没有人"), (second, "他说门岗有人")):
        guards = section(one, "保安在岗")
        guards.locator("[data-line]").click()
        guards.locator("label.a-bad").click()
        guards.locator("textarea").fill(note)
        if one is page:
            wait_for(
                lambda: (a := stored(visit, "guards")) and a.note == "我看到门岗没有人", 20, "the first note"
            )
    second.wait_for_selector("text=别处改过，选保留哪一份")
    assert "我看到门岗没有人" in section(second, "保安在岗").inner_text()
    assert section(second, "保安在岗").locator("textarea").input_value() == "他说门岗有人"
    second.click("text=保留我的")
    wait_for(lambda: (a := stored(visit, "guards")) and a.note == "他说门岗有人", 20, "the second note")
    second.wait_for_selector("text=别处改过", state="hidden")
    # and the other way round
    section(page, "保安在岗").locator("textarea").fill("我再看了一遍")
    page.wait_for_selector("text=别处改过，选保留哪一份")
    page.click("text=保留示例inspector2的")
    box = section(page, "保安在岗").locator("textarea")
    wait_for(lambda: box.input_value() == "他说门岗有人", 20, "the other's note")
    assert stored(visit, "guards").note == "他说门岗有人"
    other.close()
