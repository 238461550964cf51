"""What a phone takes along of a facility: its people by post, classes, papers with their ends, what failed last time."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from django.utils import timezone

from facilities.models import CareClass, Certificate, Employment, Insurance, Permit
from inspections.services import field_day, field_facility
from portal.tenancy import district_scope
from tests import rows
from tests.inspections import factories
from tests.inspections.factories import MARCH
from tests.inspections.field_phones import begin, installed, prepare, sign_in, visit  # noqa: F401
from tests.inspections.test_visits_browser import accessible, no_sideways


def stocked(facility, on: date) -> None:
    """Two carers (one with a certificate that ended), a class, a policy that ends soon, a permit without an end."""
    later, before = on + timedelta(days=400), on - timedelta(days=400)
    for number, until in enumerate((later, on - timedelta(days=1))):
        work = rows.make(
            Employment, facility=facility, post="carer", starts_on=before, ends_on=None, ended_for=""
        )
        for kind, ends in (("nursing", later), ("childcare", later), ("health_check", until)):
            rows.make(
                Certificate,
                staff=work.staff,
                kind=kind,
                number=f"{kind}-{number}",
                issued_on=before,
                valid_until=ends,
            )
    rows.make(
        CareClass, facility=facility, name="苹果班", kind="toddler", children=12, places=15, ended_on=None
    )
    rows.make(
        Insurance,
        facility=facility,
        kind="liability",
        number="BD-1",
        starts_on=before,
        ends_on=on + timedelta(days=9),
    )
    rows.make(
        Permit, facility=facility, kind="fire", name="", number="XF-1", issued_on=before, valid_until=None
    )


@pytest.mark.django_db
def test_people_by_post_classes_and_papers_with_their_ends_and_no_names(cast):
    prepare(cast)
    on = timezone.localdate()
    with district_scope(cast.minhang):
        stocked(cast.facility, on)
        found = field_day.day_of(cast.actor("inspector"))["visits"][0]["facility"]
        names = set(Employment.objects.filter(facility=cast.facility).values_list("staff__name", flat=True))
    carers = next(one for one in found["staff"] if one["post"] == "保育人员")
    assert (carers["n"], carers["ok"], carers["expired"], carers["missing"]) == (2, 1, 1, 0)
    assert carers["unchecked"] == 2
    assert [(one["name"], one["children"], one["places"]) for one in found["classes"]] == [("苹果班", 12, 15)]
    assert [(one["number"], one["state"], bool(one["until"])) for one in found["papers"]] == [
        ("BD-1", "warn", True),
        ("XF-1", "ok", False),
    ]
    told = json.dumps(found, ensure_ascii=False)
    assert names and not any(name in told for name in names if name != cast.facility.head)
    assert len(told.encode()) < 20_000


@pytest.mark.django_db
def test_the_last_visits_failed_items_with_what_was_written(cast):
    with district_scope(cast.minhang):
        factories.reference(cast.minhang)
        visit = factories.drawn(cast.facility, factories.team(cast))
        factories.finished(visit, cast.actor("inspector"))
        visit.refresh_from_db()
        answer = visit.answers.order_by("pk").first()
        type(answer).objects.filter(pk=answer.pk).update(value="bad", note="门岗没有人")
        visit.finished_on = visit.finished_on or MARCH
        found = field_facility.failed_items_of(visit)
    assert ("门岗没有人", False) in [(one["note"], one["mended"]) for one in found]
    assert all(one["item"] and one["on"] for one in found)


@pytest.mark.long
def test_the_phone_shows_the_file_without_a_network(world, visit, page):  # noqa: F811
    with district_scope(visit.minhang):
        stocked(visit.facility, timezone.localdate())
    sign_in(page, world, "inspector")
    installed(page)
    page.context.set_offline(True)
    page.reload()
    page.click("[data-visit-card]")
    words = page.locator("[data-facility-file]").inner_text()
    for one in ("保育人员 2 人", "1 人证书过期", "苹果班", "责任险", "BD-1", "消防", "没有期限"):
        assert one in words, one
    accessible(page)
    assert no_sideways(page)


@pytest.mark.django_db
def test_today_leads_to_the_app_on_a_phone_and_to_the_page_at_a_desk(cast, client):
    visit = prepare(cast).visit  # noqa: F811
    client.force_login(cast.inspector)
    page = client.get("/minhang/").content.decode()
    assert (
        f'href="/minhang/field/#/visit/{visit.pk}"' in page
        and f'href="/minhang/inspections/{visit.pk}/"' in page
    )
    assert page.count('class="act desk-only"') == page.count('class="act bar-only"') == 1
