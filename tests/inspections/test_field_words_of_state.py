"""What the phone says of a visit's state: an open request for recusal on every screen of it, the way from the last answer
to the signatures, nothing to save where nothing waits."""

from __future__ import annotations

import pytest

from inspections.models import Inspection, Inspector
from inspections.services import recusals
from portal.tenancy import district_scope
from tests.inspections.field_phones import all_sent, begin, installed, sign_in, visit  # noqa: F401
from tests.inspections.test_visits_browser import accessible, no_sideways

pytestmark = pytest.mark.long


def test_a_request_stands_on_every_screen_and_the_last_answer_leads_to_the_signatures(world, visit, page):  # noqa: F811
    sign_in(page, world, "inspector")
    installed(page)
    begin(page)
    all_sent(page)
    assert page.locator("[data-recusal-note]").count() == 0
    with district_scope(visit.minhang):
        row = Inspection.objects.get(pk=visit.visit.pk)
        recusals.note(
            row, Inspector.objects.get(code="JC902"), name="陈老师", reason="和我们有过纠纷，怕不公正",
            actor=visit.actor("bureau"),
        )  # fmt: skip
    page.goto(f"{world.url}/minhang/field/")
    page.reload()
    page.wait_for_selector("[data-visit-card] .t-bad")
    page.click("[data-visit-card]")
    page.wait_for_selector("[data-recusal-note]")
    for _each in range(page.locator("[data-item]").count()):
        page.keyboard.press("1")
        page.click("[data-next]")
    page.wait_for_selector("[data-parts]")  # after the last one the same button leads to the end
    assert page.locator("[data-recusal-note]").count() == 1
    assert page.locator("[name=without]").is_visible() is False  # nobody else is waited for
    page.click("[data-part]")
    page.wait_for_selector("[data-part]", state="hidden")  # said, and it shows
    accessible(page)
    assert no_sideways(page)
    all_sent(page)
    page.goto(f"{world.url}/minhang/field/#/")
    page.click("[data-leave]")
    page.wait_for_selector("[data-sealed='0']")
    assert page.locator("[data-save]").is_visible() is False
