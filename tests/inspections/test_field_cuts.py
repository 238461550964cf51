"""The network cut at every step of a whole visit, before the server and after it; a joint visit of departments made
without a network on two phones."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from django.utils import timezone

from inspections.models import (
    Answer,
    AnswerPhoto,
    FieldOperation,
    FieldOutcome,
    FieldRecord,
    Inspection,
    Inspector,
    VoiceNote,
)
from inspections.services import joint
from inspections.services.checklists import items_of
from inspections.services.field_day import lists_of
from portal.models import AuditEntry
from portal.tenancy import district_scope
from tests.cast import PASSWORD
from tests.inspections import joint_district
from tests.inspections.field_phones import (  # noqa: F401
    PHONE,
    answer_on_screen,
    begin,
    section,
    sign_in,
    visit,
)
from tests.inspections.test_field_browser import (
    draw_signature,
    items_of_due,
    other_phone,
    photograph,
    picture,
    state,
)
from tests.inspections.test_field_drafts import TONE, speak
from tests.world import wait_for

pytestmark = pytest.mark.long


class Cut:
    """A network that breaks each thing twice: what is sent first never arrives, then its answer gets lost."""

    def __init__(self, page):
        self.page, self.tries, self.kinds = page, Counter(), {}
        page.route("**/field/*/operations/", self.operations)
        page.route("**/field/*/files/**", self.piece)

    def operations(self, route) -> None:
        rows = json.loads(route.request.post_data)["operations"]
        for row in rows:
            self.kinds[row["uuid"]] = row["kind"]
        self.pass_on(route, [row["uuid"] for row in rows])

    def piece(self, route) -> None:
        self.pass_on(route, [f"{route.request.url} {route.request.headers['upload-offset']}"])

    def pass_on(self, route, names: list[str]) -> None:
        before = min((self.tries[name] for name in names), default=2)
        self.tries.update(names)
        if before == 0:
            route.abort()
        elif before == 1:
            route.fetch()
            route.abort()
        else:
            route.continue_()

    def twice_cut(self) -> set[str]:
        """The kinds of what was broken both ways and came through then."""
        return {kind for uuid, kind in self.kinds.items() if self.tries[uuid] >= 3}

    def all_sent(self) -> None:
        """Till nothing waits; the phone is told each time that there is a network, so that it need not wait itself."""

        def sent() -> bool:
            self.page.evaluate("window.dispatchEvent(new Event('online'))")
            self.page.wait_for_timeout(250)
            return self.page.locator("footer [data-waiting='0']").count() > 0

        wait_for(sent, 90, "everything sent through a bad network")


def test_the_network_cut_at_every_step_of_a_visit(world, visit, page, browser):  # noqa: F811
    page.context.add_init_script(TONE)
    sign_in(page, world, "inspector")
    second = other_phone(browser, world)
    cut, theirs = Cut(page), Cut(second)
    begin(page)
    cut.all_sent()
    keys = [item.key for item in items_of_due(visit)]
    for key in keys:
        answer_on_screen(page, key, "ok")
    cut.all_sent()
    answer_on_screen(page, "guards", "bad", "门岗没有人")
    photograph(page, "guards", picture(900, 700, noise=True))
    speak(page, "guards", 1)
    section(page, "guards").locator("[data-record]").click()
    page.wait_for_selector("[data-voice]")
    cut.all_sent()

    second.reload()
    second.wait_for_selector("body[data-ready]", state="attached")
    second.click("[data-visit-card]")
    second.click("[data-end]")
    second.click("[data-part]")
    theirs.all_sent()
    page.click("[data-end]")
    page.wait_for_selector("[data-part-of=JC902][data-complete='1']", timeout=60_000)
    page.fill("[name=present]", "陈老师，园长")
    draw_signature(page, 0)
    draw_signature(page, 1)
    page.click("[data-sign]")
    page.wait_for_selector("[data-signed]")
    cut.all_sent()
    wait_for(lambda: state(visit) == "signed", 30, "the signed visit")
    second.reload()
    second.wait_for_selector("body[data-ready]", state="attached")
    second.click("[data-confirm]:not([disabled])")
    theirs.all_sent()
    wait_for(lambda: state(visit) == "finished", 30, "the second's confirmation")

    assert cut.twice_cut() >= {"start", "answer", "photo", "voice", "sign"}
    assert theirs.twice_cut() >= {"part", "confirm"}
    assert min(cut.tries[name] for name in cut.tries if "/files/" in name) >= 3
    with district_scope(visit.minhang):
        kinds = Counter(FieldOperation.objects.values_list("kind", flat=True))
        assert FieldOperation.objects.count() == len(cut.kinds) + len(theirs.kinds)
        assert {kind: kinds[kind] for kind in ("start", "photo", "voice", "sign", "confirm", "part")} == {
            "start": 1, "photo": 1, "voice": 1, "sign": 1, "confirm": 1, "part": 1,
        }  # fmt: skip
        assert set(FieldOutcome.objects.values_list("state", flat=True)) <= {"applied", "replaced"}
        assert Answer.objects.count() == len(keys)
        assert AnswerPhoto.objects.count() == VoiceNote.objects.count() == 1
        record = FieldRecord.objects.get()
        assert record.signatures.count() == 2 and not record.void_at
        done = Counter(AuditEntry.objects.values_list("action", flat=True))
        assert done["inspections.photo.add"] == 1
    second.context.close()


# --- joint --------------------------------------------------------------------------------------


def phone_of(browser, world, username: str):
    context = browser.new_context(locale="zh-CN", viewport=PHONE)
    page = context.new_page()
    page.set_default_timeout(30_000)
    page.goto(f"{world.url}/sign-in/?next=/small/field/")
    page.fill("[name=username]", username)
    page.fill("[name=password]", PASSWORD)
    page.click("main button, form button")
    page.wait_for_selector("body[data-ready]", state="attached")
    page.evaluate("navigator.serviceWorker.ready.then(() => 1)")
    return page


def test_a_joint_visit_made_without_a_network_on_two_phones(world, browser):
    it = joint_district.make()
    month = timezone.localdate().replace(day=1)
    for code in ("JC001", "JC003"):
        it.users[code].set_password(PASSWORD)
        it.users[code].save()
    with it.scope():
        Inspector.objects.update(licence_until=month.replace(year=month.year + 3))
        made = joint_district.named(it, "SM0001", "JC001", "JC002", "JC003", "JC005")
        Inspection.objects.filter(pk=made.pk).update(month=month, due_on=timezone.localdate())
    world.start_web()
    first, other = phone_of(browser, world, "small-JC001"), phone_of(browser, world, "small-JC003")
    for page in (first, other):
        page.context.set_offline(True)
        page.click("[data-visit-card]")
        page.click("[data-begin]")
        page.wait_for_selector("[data-sheet]")
        assert "区教育局" in page.inner_text("[data-sheet]") and "区消防" in page.inner_text("[data-sheet]")
    # each answers what is its own department's; both sheets say whose it is
    with it.scope():
        lists = owners(made)
    own = {"JC001": "small-education", "JC003": "small-fire"}
    for page, code in ((first, "JC001"), (other, "JC003")):
        for key in (one for one, unit in lists.items() if unit == own[code]):
            answer_on_screen(page, key, "ok")
        page.wait_for_timeout(400)
    with it.scope():
        assert not FieldOperation.objects.exists()
    for page in (first, other):
        page.context.set_offline(False)
        page.wait_for_selector("footer [data-waiting='0']", timeout=60_000)
    with it.scope():
        made.refresh_from_db()
        assert made.state == "under_way"
        given = {row.item.key: row.by.username for row in Answer.objects.select_related("item", "by")}
        assert given == {
            key: f"small-{'JC001' if unit == 'small-education' else 'JC003'}"
            for key, unit in lists.items()
            if unit in own.values()
        }
        assert not FieldOutcome.objects.filter(state="held").exists()
        assert {item.key for item in items_of(made)} == set(lists)
        for part in made.departments.select_related("unit").filter(unit__slug__in=own.values()):
            mine = {row.item.key for row in joint.items_of_part(part)}
            assert mine & set(given) == {key for key, unit in lists.items() if unit == part.unit.slug}
    for page in (first, other):
        page.context.close()


def owners(made) -> dict[str, str]:
    """The items of a joint visit that has not begun, each with the slug of the department that answers it."""
    lists = lists_of(made, timezone.localdate())
    return {item["key"]: one["group"].split()[0] for one in lists for item in one["items"]}
