"""A facility on the discipline list is visible wherever its name stands: every page of the table of access with every
facility on the list."""

from __future__ import annotations

import pytest
from django.utils import timezone

from facilities.models import CreditEntry, Facility
from inspections.services.field_day import day_of
from tests import rows
from tests.portal import stage as stages
from tests.portal.access import filings as filing_rows
from tests.portal.access.rows import ROLES, Open, Row
from tests.portal.access_table import TABLE
from tests.portal.test_access import address, ask, prepared

MARK = '<span class="tag listed veto">'
#: Pages with a facility's name and without the mark, and why.
WITHOUT = {
    "import-new": "the name is an example of what to write in a column",
    "kit-use-new": "names are the choices of a field; the resource's page marks those that were noted",
    "public-credit": "the page is the list itself, with each decision",
    "plan-rehearsal": "a finding is a sentence with names; the table of facilities has the mark",
}
#: What is walked in the short run, too: where parents are sent, what the public reads, and one of each kind of page.
TELLING = {
    "facilities",
    "filing",
    "filing-children",
    "staff-member",
    "facility-emergency",
    "training-session",
    "children",
    "draw-team",
    "inspection",
    "public-result",
    "public-results",
    "target",
}


def results_of(place) -> dict:
    """The public list with a result on it."""
    place.visit("published", bad=True)
    return {"district": place.district.slug}


#: Rows of the table whose thing names no facility, with one that does.
NAMING = [
    Row("filing", "GET", "filing.view", make=lambda place: {"pk": filing_rows.revoking(place, "hearing").pk}),
    Open("public-results", "GET", 200, 200, make=results_of),
]
PAGES = [
    pytest.param(row, id=str(row), marks=[] if row.url in TELLING else [pytest.mark.long])
    for row in [*NAMING, *(row for row in TABLE if row.url not in {one.url for one in NAMING})]
    if isinstance(row, Row | Open) and row.method == "GET" and row.url not in WITHOUT
]


@pytest.fixture(scope="module")
def stage(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), stages.undone():
        yield stages.build()


def put_on_the_list(place) -> set[str]:
    """Every facility of the district, by rows, as no service is asked here; their names."""
    with place.scope():
        today = timezone.localdate()
        found = list(Facility.objects.all())
        ground = rows.make(CreditEntry, kind="penalty", facility=found[0], state="declined")
        entry = rows.values_for(
            CreditEntry, kind="discipline", state="in_force", facility=found[0], ground=ground
        )
        CreditEntry.objects.filter(kind="discipline").delete()
        CreditEntry.objects.bulk_create(
            CreditEntry(**entry | {"facility": one, "number": f"L{one.pk}", "starts_on": today})
            for one in found
        )
        return {one.name for one in found}


@pytest.mark.parametrize("row", PAGES)
def test_a_page_with_a_facility_has_the_mark(row, stage):
    with stages.undone():
        kwargs, _data = prepared(row, stage.inside)
        names = put_on_the_list(stage.inside)
        who = "bureau"
        if isinstance(row, Row):
            who = next((n for n in ROLES if row.expected(n) == row.success), "bureau")
        answer = ask(stage.clients[who], "GET", address(row, kwargs))
        if answer.status_code != 200 or "html" not in answer.get("Content-Type", ""):
            return
        text = answer.content.decode()
        named = any(name in text for name in names)
        assert not named or MARK in text, f"{row} as {who}"
        assert named or row.url not in TELLING, "a telling page that names no facility tells nothing"


def test_what_a_phone_takes_along_has_the_mark(stage):
    with stages.undone():
        with stage.inside.scope():
            stage.inside.visit()
        put_on_the_list(stage.inside)
        with stage.inside.scope():
            (visit,) = day_of(stage.inside.actor("inspector"))["visits"]
        assert (visit["facility"]["listed"], visit["facility"]["listed_word"]) == ("discipline", "联合惩戒")
