"""The visit's code on the phone: taken along for today and the next days, shown at the door without a network."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
import segno
from django.utils import timezone

from inspections.models import Inspection, VisitCode
from inspections.services import visit_codes
from portal.errors import Denied, Gone
from portal.models.records import AuditEntry
from portal.tenancy import district_scope
from tests.inspections.field_phones import begin, installed, prepare, sign_in, visit  # noqa: F401
from tests.inspections.test_visits_browser import accessible, no_sideways


def opened(client, cast) -> dict:
    """What `field/open/` gives the first inspector's phone."""
    client.force_login(cast.users["inspector"])
    answer = client.post(
        "/minhang/field/open/", {"device": str(uuid.uuid4()), "label": "a", "offset_ms": "0"}
    )
    assert answer.status_code == 200, answer.content
    return answer.json()["day"]


def rows_of(url: str) -> list[str]:
    matrix = segno.make(url, error="m", micro=False).matrix
    return [f"{int(''.join(map(str, row)), 2):x}" for row in matrix]


@pytest.mark.django_db
class TestAlong:
    def test_today_and_the_next_days_each_on_its_day_only(self, client, cast):
        prepare(cast)
        today = timezone.localdate()
        codes = opened(client, cast)["visits"][0]["codes"]
        assert [one["day"] for one in codes] == [(today + timedelta(days=n)).isoformat() for n in range(3)]
        assert all(one["rows"] == rows_of(one["url"]) for one in codes)
        token = codes[1]["url"].rstrip("/").rsplit("/", 1)[1]
        with district_scope(cast.minhang):
            code = visit_codes.read(token)
            assert visit_codes.shown(code, today + timedelta(days=1)).inspection == cast.visit
            for day in (today, today + timedelta(days=2)):
                with pytest.raises(Gone):
                    visit_codes.shown(code, day)
            # the desk shows the same one, and a second phone takes the same along
            assert (
                visit_codes.make(cast.visit, actor=cast.actor("inspector2")).pk
                == visit_codes.code_of(cast.visit, today).pk
            )
            made = AuditEntry.objects.filter(action="inspections.visit_code.make").count()
        assert opened(client, cast)["visits"][0]["codes"] == codes
        with district_scope(cast.minhang):
            assert VisitCode.objects.count() == 3
            assert AuditEntry.objects.filter(action="inspections.visit_code.make").count() == made == 1

    def test_only_of_ones_own_visits_that_are_not_over(self, cast):
        prepare(cast)
        with district_scope(cast.minhang):
            rows = Inspection.objects.filter(pk=cast.visit.pk)
            cast.visit.all_team.filter(inspector__user=cast.users["inspector2"]).update(
                dropped_at=timezone.now()
            )
            assert visit_codes.take_along(rows, actor=cast.actor("inspector2")) == {}
            with pytest.raises(Denied):
                visit_codes.take_along(rows, actor=cast.actor("operator"))
            rows.update(state="cancelled")
            assert visit_codes.take_along(rows, actor=cast.actor("inspector")) == {}
            assert not VisitCode.objects.exists()


@pytest.mark.long
def test_shown_at_the_door_without_a_network_before_the_visit_begins(world, visit, page):  # noqa: F811
    sign_in(page, world, "inspector")
    installed(page)
    page.context.set_offline(True)
    page.reload()
    page.click("[data-visit-card]")
    page.click("[data-show-code]")
    shown = page.locator("[data-code]")
    assert shown.get_attribute("data-code") == timezone.localdate().isoformat()
    url = page.locator("[data-address]").text_content()
    # the picture itself, module by module
    drawn = page.evaluate("document.querySelector('[data-code] path:nth-child(2)').getAttribute('d')")
    rows = rows_of(url)
    dark = {
        (x + 4, y + 4)
        for y, row in enumerate(rows)
        for x, bit in enumerate(f"{int(row, 16):0{len(rows)}b}")
        if bit == "1"
    }
    assert {tuple(map(int, one.split("h")[0].split())) for one in drawn.split("M")[1:]} == dark
    accessible(page)
    assert no_sideways(page)
    page.click("footer .go a")
    page.click("[data-begin]")
    page.wait_for_selector("[data-sheet]")
    page.context.set_offline(False)
    page.goto(url.replace(url.split("/visit/")[0], world.url))
    assert "JC901" in page.inner_text("main")


@pytest.mark.long
def test_the_phone_shows_no_code_of_another_day(world, visit, page):  # noqa: F811
    page.add_init_script(
        "{ const Real = Date; const on = () => (sessionStorage.late === '1' ? 4 * 86400000 : 0);"
        " window.Date = class extends Real { constructor(...a) { a.length ? super(...a) : super(Real.now() + on()); }"
        " static now() { return Real.now() + on(); } }; }"
    )
    sign_in(page, world, "inspector")
    installed(page)
    page.context.set_offline(True)
    page.click("[data-visit-card]")
    page.click("[data-show-code]")
    page.wait_for_selector("[data-code]")
    page.evaluate("sessionStorage.late = '1'")
    page.go_back()
    page.click("[data-show-code]")
    page.wait_for_selector("[data-no-code]")
