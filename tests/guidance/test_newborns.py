"""Newborns' families: rules, the visit with its record, refusal, births, coverage by the district's own definition."""

from datetime import date, timedelta

import pytest
from django.db import connection

from guidance.lists import newborns as lists
from guidance.models import BirthCount, Newborn, NewbornVisit
from guidance.rules import newborns as rules
from guidance.services import newborns
from portal.errors import Conflict
from portal.models import AuditEntry, Parameter
from portal.services import imports
from portal.tenancy import district_scope
from tests.guidance.test_services import Here, url
from tests.portal.access import guidance as made
from tests.portal.spreadsheets import read, sentences, write
from tests.queries import at_most

TODAY = date(2026, 11, 20)
GOOD = {"list_number": "SC-0001", "birth_month": date(2026, 9, 1), "visited": False}
pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({}, set()),
        ({"list_number": None}, set()),
        ({"list_number": "示例"}, {("list_number", "list_number")}),
        ({"birth_month": date(2026, 12, 1)}, {("birth_month", "month_future")}),
        ({"birth_month": date(2014, 12, 1)}, {("birth_month", "month_early")}),
        ({"planned_on": date(2026, 8, 31)}, {("planned_on", "before_birth")}),
        ({"planned_on": date(2028, 1, 1)}, {("planned_on", "planned_far")}),
        ({"handbook_on": date(2026, 11, 21)}, {("handbook_on", "future")}),
        ({"handbook_on": date(2026, 5, 1)}, set()),
        ({"refused_on": date(2026, 10, 1), "refused_reason": "不需要"}, set()),
        ({"refused_on": date(2026, 10, 1)}, {("refused_reason", "reason")}),
        ({"refused_reason": "不需要"}, {("refused_on", "no_refusal")}),
        ({"refused_on": date(2026, 10, 1), "refused_reason": "不要", "visited": True}, {("refused_on", "visited")}),
    ],
)  # fmt: skip
def test_what_can_be_said_of_a_family(values, wrong):
    found = rules.family_problems({"refused_reason": ""} | GOOD | values, TODAY)
    assert {(field, key) for field, key, _facts in found} == wrong


@pytest.mark.parametrize(
    ("total", "resident", "month", "counted", "wrong"),
    [
        (9, 9, date(2026, 11, 1), date(2026, 11, 20), set()),
        (0, 0, date(2026, 10, 1), date(2026, 11, 1), set()),
        (9, 10, date(2026, 10, 1), date(2026, 11, 1), {("resident", "resident")}),
        (-1, -1, date(2026, 10, 1), date(2026, 11, 1), {("total", "counts"), ("resident", "counts")}),
        (9, 9, date(2026, 12, 1), date(2026, 11, 1), {("month", "month_future"), ("counted_on", "before_birth")}),
        (9, 9, date(2026, 10, 1), date(2026, 11, 21), {("counted_on", "future")}),
    ],
)  # fmt: skip
def test_what_births_can_be(total, resident, month, counted, wrong):
    found = rules.births_problems(month, total, resident, "示例", counted, TODAY)
    assert {(field, key) for field, key, _facts in found} == wrong


@pytest.fixture
def here(cast, client):
    with district_scope(cast.minhang):
        Parameter.objects.filter(key__startswith="guidance.").delete()
        Parameter.objects.create(
            key="guidance.newborn_visits_for",
            value="asked",
            label="x",
            basis="示例",
            starts_on=date(2020, 1, 1),
        )
    client.force_login(cast.officer)
    place = Here(cast)
    place.client = client
    return place


def test_a_family_is_entered_planned_visited_and_its_record_kept_secret(here):
    data = made.born(here)
    assert here.client.post(url("newborn-new"), data).status_code == 302
    with district_scope(here.district):
        row = Newborn.objects.get()
        assert row.code.startswith("MHN") and row.list_number == data["list_number"]
    twice = here.client.post(url("newborn-new"), data)
    assert twice.status_code == 422 and row.code in twice.content.decode()
    note = "示例：夜里醒三次，约好两周后电话回访"
    assert here.client.post(
        url("newborn-visit", row.pk), made.visiting(here) | {"note": note}
    ).status_code == 302  # fmt: skip
    assert here.client.post(url("newborn-visit", row.pk), made.visiting(here)).status_code == 409
    with district_scope(here.district):
        assert NewbornVisit.objects.get().note == note
        with connection.cursor() as cursor:
            cursor.execute("SELECT string_agg(t::text, ' ') FROM guidance_newbornvisit t")
            assert note not in cursor.fetchone()[0]
        told = str(
            list(AuditEntry.objects.filter(action__startswith="guidance.newborn").values_list("changes"))
        )
        assert note not in told and data["list_number"] not in told
    page = here.client.get(url("newborn", row.pk)).content.decode()
    assert note in page and data["list_number"] in page
    here.client.force_login(here.cast.auditor)
    page = here.client.get(url("newborn", row.pk)).content.decode()
    assert note not in page and data["list_number"] not in page and "喂养" in page


def test_a_refusal_is_kept_and_ends_with_a_visit(here):
    with district_scope(here.district):
        row = made.a_newborn(here)
    data = made.born(here) | {"list_number": "", "version": row.version}
    refusal = {"refused_on": made.days(0), "refused_reason": "家里有老人照看"}
    assert here.client.post(url("newborn-edit", row.pk), data | refusal).status_code == 302
    assert "家里有老人照看" in here.client.get(url("newborn", row.pk)).content.decode()
    with district_scope(here.district):
        number = Newborn.objects.get(pk=row.pk).list_number
    assert number == row.list_number, "an empty field leaves the number as it is"
    stale = here.client.post(url("newborn-edit", row.pk), data)
    assert stale.status_code == 409
    assert here.client.post(url("newborn-visit", row.pk), made.visiting(here)).status_code == 302
    with district_scope(here.district):
        row.refresh_from_db()
        assert row.refused_on is None and row.refused_reason == ""
    late = here.client.post(url("newborn-edit", row.pk), data | refusal | {"version": row.version})
    assert late.status_code == 422 and "refused_on" in late.context["form"].errors


def test_coverage_follows_the_districts_own_definition(here):
    """Of January: 5 births, 4 resident; entered 3 resident (2 asked) and no other; one that asked was visited."""
    year = made.today().year
    if made.today().month < 3:
        pytest.skip("January is not over long enough")
    with district_scope(here.district):
        actor = here.process
        newborns.keep_births(
            actor=actor, street=here.street, month=date(year, 1, 1), total=5, resident=4, source="示例月报",
            counted_on=date(year, 2, 1),
        )  # fmt: skip
        for number, asked in enumerate((True, True, False)):
            row = newborns.keep_newborn(
                actor=actor, list_number=f"COVER-{number}", birth_month=date(year, 1, 1), street=here.street,
                resident=True, asked=asked,
            )  # fmt: skip
            if number == 0:
                newborns.visit(row, actor=actor, visited_on=date(year, 2, 9), topics=["sleep"])
        for which, owed in (("asked", 2), ("resident", 4), ("every", 5)):
            Parameter.objects.filter(key="guidance.newborn_visits_for").update(value=which)
            found = lists.coverage(actor, year, made.today())
            assert (found.births, found.resident, found.entered, found.visited) == (5, 4, 3, 1)
            assert (found.made, found.owed) == (1, owed)
        Parameter.objects.filter(key="guidance.newborn_visits_for").delete()
        assert lists.coverage(actor, year, made.today()).owed is None
    with at_most(12):
        page = here.client.get(url("newborns"))
    assert page.status_code == 200 and "参数里还没有" in page.content.decode()
    states = {"due": 2, "visited": 1, "refused": 0, "": 3}
    for state, many in states.items():
        assert len(here.client.get(url("newborns"), {"state": state}).context["rows"]) == many


def test_births_are_corrected_where_they_stand(here):
    data = made.counting(here)
    assert here.client.post(url("births-new"), data).status_code == 302
    assert here.client.post(url("births-new"), data).status_code == 409
    with district_scope(here.district):
        row = BirthCount.objects.get()
        with pytest.raises(Conflict):
            newborns.keep_births(
                actor=here.process, street=here.street, month=row.month, total=1, resident=1, source="示例",
                counted_on=made.today(), version=7,
            )  # fmt: skip
    change = data | {"total": 20, "version": 1}
    assert here.client.post(url("births-month", row.pk), change).status_code == 302
    with district_scope(here.district):
        row.refresh_from_db()
        assert (row.total, row.resident, row.version) == (20, 10, 2)
        assert AuditEntry.objects.filter(action="guidance.births.keep").count() == 2
    assert "20" in here.client.get(url("births"), {"year": str(row.month.year)}).content.decode()


def test_births_come_in_by_spreadsheet(here, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    head = ("街镇", "出生月份", "出生总数", "其中常住", "来源", "统计时点")
    with district_scope(here.district):
        officer = here.cast.actor("officer")
        good = ("七宝镇", "2026年3月", 30, 25, "示例月报", "2026-04-05")
        run = read("births", head, good, actor=officer, on=TODAY)
        assert run.counts["new"] == 1, sentences(run)
        run = write(run, actor=officer, on=TODAY)
        assert run.state == "done", imports.reason_of(run)
        assert BirthCount.objects.get().month == date(2026, 3, 1)
        again = read("births", head, good, actor=officer, on=TODAY)
        assert again.counts["same"] == 1
        wrong = [
            ("七宝镇", "三月", 30, 25, "示例月报", "2026-04-05"),
            ("七宝镇", "2026-04", 30, 31, "示例月报", "2026-05-05"),
            ("古美街道", "2026-04", 30, 25, "示例月报", "2026-05-05"),
        ]
        run = read("births", head, *wrong, actor=officer, on=TODAY)
        said = " ".join(sentences(run))
        assert run.counts["wrong"] == 3 and "看不懂" in said and "常住的不能多于出生总数" in said
        assert "只能登记自己街镇" in said


def test_numbers_of_the_visiting_book_are_forgotten(here):
    with district_scope(here.district):
        row = made.a_newborn(here)
        Parameter.objects.update_or_create(
            key="child.retention_days", ends_on=None,
            defaults={"value": 180, "label": "x", "basis": "示例", "starts_on": date(2020, 1, 1)},
        )  # fmt: skip
        first = date(row.birth_month.year + 1, row.birth_month.month, 28) + timedelta(180)
        assert newborns.forget_numbers(actor=here.process, on=first) == 0
        assert newborns.forget_numbers(actor=here.process, on=first + timedelta(5)) == 1
        assert newborns.forget_numbers(actor=here.process, on=first + timedelta(5)) == 0
        row.refresh_from_db()
        assert row.list_number is None
