"""The field app in a real browser: a visit begun and answered without a network, kept through a closed browser, and
gone up by itself."""

from __future__ import annotations

from inspections.models import Answer, FieldOperation, Inspection
from portal.tenancy import district_scope
from tests.inspections.field_phones import (  # noqa: F401
    all_sent,
    answer_on_screen,
    begin,
    installed,
    sign_in,
    visit,
    waiting,
)
from tests.inspections.test_visits_browser import accessible, no_sideways
from tests.world import wait_for


def stored(cast, key: str) -> Answer | None:
    with district_scope(cast.minhang):
        return Answer.objects.filter(item__key=key).first()


def test_a_visit_without_a_network_survives_the_browser_and_goes_up_by_itself(world, visit, page):  # noqa: F811
    sign_in(page, world, "inspector")
    installed(page)
    accessible(page)
    context = page.context
    context.set_offline(True)
    page.reload()
    page.wait_for_selector("text=没有网络")
    begin(page)
    answer_on_screen(page, "guards", "bad", "门岗没有人")
    page.wait_for_selector("[data-saved-here*=':']")
    assert no_sideways(page) and waiting(page) >= 2
    accessible(page)
    page.close()

    again = context.new_page()
    again.goto(f"{world.url}/minhang/field/")
    again.click("[data-visit-card]")
    again.locator("[data-item=guards] a.one").click()
    assert again.locator("[data-item=guards] textarea").input_value() == "门岗没有人"
    assert stored(visit, "guards") is None
    context.set_offline(False)
    wait_for(lambda: (a := stored(visit, "guards")) and a.note == "门岗没有人", 30, "the kept answer")
    all_sent(again)
    with district_scope(visit.minhang):
        assert Inspection.objects.get(pk=visit.visit.pk).state == "under_way"
        assert set(FieldOperation.objects.values_list("outcome__state", flat=True)) <= {"applied", "replaced"}
