"""Items that two people answer apart, on two phones in a real browser."""

from __future__ import annotations

import json

import pytest

from inspections.models import Answer, DoubleDraw, FieldOutcome, FieldRecord, SecondAnswer
from inspections.services.checklists import items_of
from portal.tenancy import district_scope
from tests.inspections.field_phones import (  # noqa: F401
    all_sent,
    answer_on_screen,
    begin,
    section,
    sign_in,
    visit,
)
from tests.inspections.test_agreement import share
from tests.inspections.test_field_browser import draw_signature, other_phone, state
from tests.inspections.test_visits_browser import accessible, no_sideways
from tests.world import wait_for

pytestmark = pytest.mark.long


def heard_by(page) -> list[str]:
    """Everything that the server tells this phone from now on, as text."""
    told: list[str] = []

    def listen(answer) -> None:
        if "/field/" in answer.url and "json" in answer.headers.get("content-type", ""):
            try:
                told.append(json.dumps(answer.json(), ensure_ascii=False))
            except Exception:  # the page went away before it was read
                told.append("")

    page.on("response", listen)
    return told


def test_two_phones_answer_apart_and_signing_waits(world, visit, page, browser):  # noqa: F811
    with district_scope(visit.minhang):
        share()
    sign_in(page, world, "inspector")
    begin(page)
    all_sent(page)
    with district_scope(visit.minhang):
        draw = DoubleDraw.objects.select_related("second").get()
        drawn = [one.key for one in items_of(visit.visit).filter(key__in=draw.keys)]
        others = [one.key for one in items_of(visit.visit).exclude(key__in=draw.keys)]
        turned = draw.second.user == visit.inspector
    other = other_phone(browser, world)
    other.click("[data-visit-card]")
    first, second = (other, page) if turned else (page, other)
    page.wait_for_selector("[data-item][data-apart]", state="attached")
    to_first, to_second = heard_by(first), heard_by(second)
    for phone in (first, second):
        assert {one.get_attribute("data-item") for one in phone.locator("[data-apart]").all()} == set(drawn)
    for key in drawn:
        answer_on_screen(first, key, "bad", "甲看到的")
    assert section(first, drawn[-1]).get_by_text("各判各的").is_visible()
    accessible(first)
    assert no_sideways(first)
    for key in others:
        answer_on_screen(first, key, "ok")
    first.wait_for_timeout(400)
    all_sent(first)
    for key in drawn[:-1]:
        answer_on_screen(second, key, "none", "乙没有走到")
    second.wait_for_timeout(400)
    all_sent(second)

    # the first cannot sign without the second's answers, but with a reason
    first.click("[data-end]")
    first.wait_for_selector("[data-alone='1']", timeout=60_000)
    first.fill("[name=present]", "陈老师，园长")
    draw_signature(first, 0)
    draw_signature(first, 1)
    assert first.locator("[data-sign]").is_disabled()
    assert first.locator("[name=without]").is_visible()
    accessible(first)

    answer_on_screen(second, drawn[-1], "ok")
    all_sent(second)
    assert not any("甲看到的" in text for text in to_second) and "甲看到的" not in second.content()
    second.click("[data-end]")
    second.wait_for_selector(f"[data-alone='{len(drawn)}']")
    accessible(second)
    second.click("[data-part]")
    all_sent(second)
    second.wait_for_selector("[data-alone='0']")
    wait_for(
        lambda: any("甲看到的" in text for text in to_second), 20, "the first's, after the own ones stand"
    )

    first.wait_for_selector("[data-alone='0']", timeout=60_000)
    first.wait_for_selector("[data-complete='1']")
    first.wait_for_selector("[data-sign]:not([disabled])")
    first.click("[data-sign]")
    wait_for(lambda: state(visit) == "signed", 40, "the signed visit")
    before = [text for text in to_first if '"state": "under_way"' in text]
    assert len(before) > 2 and not any("乙没有走到" in text for text in before)
    with district_scope(visit.minhang):
        assert FieldRecord.objects.get().without == ""
        assert {one.note for one in Answer.objects.filter(item__key__in=drawn)} == {"甲看到的"}
        again = dict(SecondAnswer.objects.values_list("item__key", "value"))
        assert again == dict.fromkeys(drawn[:-1], "unseen") | {drawn[-1]: "ok"}
        assert not FieldOutcome.objects.filter(state="held").exists()
    other.context.close()
