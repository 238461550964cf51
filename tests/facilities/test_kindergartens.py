"""Kindergartens: the page with its conditions, what is refused, two who change one at once; the same list as a file."""

from datetime import date

import pytest
from django.urls import reverse

from facilities.models import Kindergarten
from facilities.paging import encode
from portal.models import AuditEntry
from portal.tenancy import district_scope
from tests import rows
from tests.facilities import factories
from tests.portal.spreadsheets import cells_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def here(cast, client):
    """Two kindergartens of Qibao, one with a nursery class, one of them closed; one of another street."""
    with district_scope(cast.minhang):
        place = factories.facility(cast.street, kind="integrated_kindergarten", name="示例幼儿园托班")
        made = {"opened_on": date(2010, 9, 1), "ownership": "public"}
        rows.make(Kindergarten, code="Y01", name="示例一幼", street=cast.street, facility=place, **made)
        rows.make(
            Kindergarten, code="Y02", name="示例二幼", street=cast.street, closed_on=date(2024, 7, 1), **made
        )
        rows.make(Kindergarten, code="Y03", name="示例三幼", street=cast.other_street, **made)
    cast.place = place
    client.force_login(cast.bureau)
    cast.client = client
    return cast


def url(name: str, *args) -> str:
    return reverse(name, args=["minhang", *args])


def given(cast, **values) -> dict:
    return {
        "code": "y10", "name": "示例新幼", "street": cast.street.pk, "ownership": "public", "opened_on": "2025-09-01",
        "closed_on": "", "works": "new", "works_on": "2025-08-01", "facility": "", **values,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ({}, {"Y01", "Y03"}),
        ({"closed": "on"}, {"Y01", "Y02", "Y03"}),
        ({"nursery": "yes"}, {"Y01"}),
        ({"nursery": "no", "closed": "on"}, {"Y02", "Y03"}),
        ({"street": "own"}, {"Y01"}),
        ({"street": "²", "nursery": "x"}, {"Y01", "Y03"}),
    ],
)
def test_page_and_file_show_the_same(here, query, codes):
    query = {k: str(here.street.pk) if v == "own" else v for k, v in query.items()}
    page = here.client.get(url("kindergartens"), query)
    assert {row.code for row, _name in page.context["rows"]} == codes
    sheet = here.client.get(url("export", "kindergartens"), query)
    cells = cells_of(b"".join(sheet.streaming_content) if sheet.streaming else sheet.content)
    assert {row[0] for row in cells if row and str(row[0]).startswith("Y0")} == codes


def test_a_place_in_the_list_that_is_no_day_is_refused(here):
    for place, status in ((["2010-09-01", "Y01", 1], 200), (["abc", "Y01", 1], 400)):
        answer = here.client.get(url("kindergartens"), {"sort": "opened", "after": encode(place)})
        assert answer.status_code == status, place


def test_an_officer_sees_the_own_street_and_changes_nothing(here):
    here.client.force_login(here.officer)
    page = here.client.get(url("kindergartens"), {"closed": "on"})
    assert {row.code for row, _name in page.context["rows"]} == {"Y01", "Y02"}
    assert here.client.get(url("kindergarten-new")).status_code == 403


def test_a_kindergarten_is_entered_and_changed_with_its_nursery_class(here):
    assert here.client.post(url("kindergarten-new"), given(here)).status_code == 302
    with district_scope(here.minhang):
        made = Kindergarten.objects.get(code="Y10")
    page = here.client.get(url("kindergarten", made.pk))
    assert "示例新幼" in page.content.decode()
    with district_scope(here.minhang):
        Kindergarten.objects.filter(code="Y01").update(facility=None)
    change = given(here, facility=here.place.code, name="示例新新幼", version=1)
    assert here.client.post(url("kindergarten", made.pk), change).status_code == 302
    with district_scope(here.minhang):
        made.refresh_from_db()
        assert (made.name, made.facility_id, made.version) == ("示例新新幼", here.place.pk, 2)
        actions = list(
            AuditEntry.objects.filter(subject_id=made.pk, action__contains="kindergarten")
            .order_by("pk")
            .values_list("action", flat=True)
        )
    assert actions == ["facilities.kindergarten.enter", "facilities.kindergarten.change"]
    stale = here.client.post(url("kindergarten", made.pk), change)
    assert stale.status_code == 409 and "刚被改过" in stale.content.decode()


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"code": "示例"}, "code"),
        ({"code": "Y01"}, "code"),
        ({"name": "一"}, "name"),
        ({"opened_on": "2099-01-01"}, "opened_on"),
        ({"closed_on": "2025-08-31"}, "closed_on"),
        ({"works": ""}, "works"),
        ({"facility": "TS0001"}, "facility"),
        ({"facility": "taken"}, "facility"),
        ({"facility": "none"}, "facility"),
        ({"street": "987654321"}, "street"),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_field(here, values, field):
    values = {k: here.place.code if v == "taken" else v for k, v in values.items()}
    answer = here.client.post(url("kindergarten-new"), given(here, **values))
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    with district_scope(here.minhang):
        assert Kindergarten.objects.count() == 3
