"""On a phone without a network: a short list opens on the spot; after days without contact the phone locks itself."""

from __future__ import annotations

import pytest
from django.db.models import Q

from inspections.models import Answer, ChecklistItem, InspectionChecklist
from portal.tenancy import district_scope
from tests.inspections.field_phones import (
    all_sent,
    answer_on_screen,
    begin,
    installed,
    sign_in,
    visit,  # noqa: F401
)
from tests.inspections.test_field_browser import stored, wait_for
from tests.inspections.test_field_proofs import LATER

pytestmark = pytest.mark.long


def shown(page) -> list[str]:
    return [one.get_attribute("data-item") for one in page.locator("[data-item]").all()]


ALL_SHOWN = """(keys) => !document.querySelector("[data-short]")?.checkVisibility()
    && keys.every((key) => document.querySelector(`[data-item="${key}"]`))"""


def test_a_short_list_opens_without_a_network_and_the_record_says_by_which_item(world, visit, page):  # noqa: F811
    with district_scope(visit.minhang):
        safety = ChecklistItem.objects.filter(version__checklist__key="safety")
        safety.filter(key__in=("guards", "air")).update(short=True)
        keys = set(safety.filter(short=True).values_list("key", flat=True))
        here = Q(kinds=[]) | Q(kinds__contains=[visit.facility.kind])
        whole = set(safety.filter(here).values_list("key", flat=True))
    assert len(keys) == 1 and len(whole) > 5
    (key,) = keys
    sign_in(page, world, "inspector")
    installed(page)
    page.context.set_offline(True)
    begin(page)
    assert whole & set(shown(page)) == keys
    assert page.is_visible("[data-short]")
    answer_on_screen(page, key, "ok")
    assert whole & set(shown(page)) == keys
    answer_on_screen(page, key, "bad", "没有人在岗")
    page.wait_for_function(ALL_SHOWN, arg=sorted(whole))
    answer_on_screen(page, key, "ok")  # for good, whatever the answer becomes
    page.wait_for_timeout(600)  # what is said is kept a moment later
    page.reload()
    page.wait_for_selector("[data-sheet], [data-visit-card]")
    if page.locator("[data-sheet]").count() == 0:
        page.click("[data-visit-card]")
    page.wait_for_function(ALL_SHOWN, arg=sorted(whole))
    assert stored(visit, key) is None
    page.context.set_offline(False)
    all_sent(page)
    with district_scope(visit.minhang):
        assert Answer.objects.get(item__key=key).value == "ok"
        row = InspectionChecklist.objects.get(version__checklist__key="safety")
        assert row.short and row.opened_at is not None and row.opened_by_item.key == key


def test_a_phone_that_was_days_without_contact_locks_itself_and_keeps_everything(world, visit, page):  # noqa: F811
    page.context.add_init_script(LATER)
    sign_in(page, world, "inspector")
    installed(page)
    page.context.set_offline(True)
    begin(page)
    answer_on_screen(page, "guards", "bad", "三天以前写的")
    page.wait_for_selector("[data-saved-here*=':']")
    page.wait_for_timeout(600)  # what is typed is kept a moment after the last letter

    def days_later(days: int) -> None:
        page.evaluate("(days) => { localStorage.days = String(days); }", days)
        page.goto(f"{world.url}/minhang/field/#/")
        page.reload()
        page.wait_for_selector("body[data-ready]", state="attached")

    days_later(2)
    assert page.locator("[data-visit-card]").count() == 1
    days_later(4)
    page.wait_for_selector("[data-sealed]")
    assert page.locator("[data-visit-card]").count() == 0 and "三天以前写的" not in page.content()
    keys = """() => new Promise((done) => { const open = indexedDB.open("shanyu-field"); open.onsuccess = () => {
        const asked = open.result.transaction("keys").objectStore("keys").count();
        asked.onsuccess = () => { open.result.close(); done(asked.result); }; }; })"""
    assert page.evaluate(keys) == 0, "the key is gone"
    # with a network again the person's sign-in, which still stands, gives the key anew
    page.evaluate("() => localStorage.removeItem('days')")
    page.context.set_offline(False)
    page.goto("about:blank")
    page.goto(f"{world.url}/minhang/field/")
    page.wait_for_selector("[data-visit-card]")
    wait_for(lambda: (a := stored(visit, "guards")) and a.note == "三天以前写的", 40, "what was kept")
