"""In bulk as one by one: the same visit recorded both ways gives the same rows, and the same refusals."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from django.db import transaction

from inspections.models import Answer, Finding, Inspection, Interest, Order, Recheck
from inspections.services import bulk_orders, bulk_visits, confirmations, rechecks, visits
from inspections.services.answers import Given, save_answers
from portal.access import Actor
from portal.errors import Conflict, Denied, NotFound, Refused
from portal.models import AuditEntry
from portal.tenancy import district_scope
from tests.inspections import factories
from tests.inspections.factories import MARCH, at

pytestmark = pytest.mark.django_db
FAILING = {
    "guards": Given("bad", "门岗没有人"),
    "air": Given("bad", "没有开窗"),
    "nap": Given("bad", "记录缺页", True),
}


class Ground:
    def __init__(self, cast):
        factories.reference(cast.minhang)
        self.cast = cast
        self.team = factories.team(cast)
        self.visit = factories.drawn(cast.facility, self.team)
        self.system = Actor.system(cast.minhang, "test")
        self.lists = bulk_visits.Lists.read()

    def answers(self) -> dict[int, Given]:
        items = self.lists.items_for(self.cast.facility.kind, MARCH)
        return {item.pk: FAILING.get(item.key, Given("ok")) for item in items}

    def made(self, **more) -> bulk_visits.Visit:
        return replace(
            bulk_visits.Visit(
                self.visit,
                at(MARCH, 9),
                at(MARCH, 11),
                self.answers(),
                "负责人",
                self.cast.inspector,
                self.cast.inspector2,
            ),
            **more,
        )

    def record(self, **more) -> list[Inspection]:
        return bulk_visits.record_visits([self.made(**more)], actor=self.system)


@pytest.fixture
def ground(cast):
    with district_scope(cast.minhang):
        yield Ground(cast)


def rows() -> dict:
    """What a visit left behind, without ids and moments of single answers."""
    visit = Inspection.objects.get()
    fields = (
        "state", "finished_on", "finished_by_id", "present", "publish_by", "started_at", "finished_at", "signed_at",
        "signed_by_id", "confirmed_at", "confirmed_by_id", "version",
    )  # fmt: skip
    return {
        "visit": {field: getattr(visit, field) for field in fields},
        "lists": sorted(visit.checklists.values_list("version__checklist__key", "version__number")),
        "answers": sorted(
            Answer.objects.values_list("item__key", "value", "note", "mended_on_the_spot", "by")
        ),
        "findings": sorted(
            Finding.objects.values_list("item_key", "text", "weight", "state", "due_on", "order__number")
        ),
        "orders": list(Order.objects.values_list("number", "state", "issued_on", "due_on", "first_due_on")),
    }


def test_a_visit_in_bulk_is_a_visit(ground):
    given = ground.answers()
    one = ground.cast.actor("inspector")
    before = transaction.savepoint()
    visits.start(ground.visit, actor=one, now=at(MARCH, 9))
    save_answers(ground.visit, given, actor=one, now=at(MARCH, 10))
    visits.sign_off(ground.visit, present="负责人", actor=one, now=at(MARCH, 11))
    two = ground.cast.actor("inspector2")
    confirmations.confirm_visit(ground.visit, actor=two, now=at(MARCH, 11))
    singly = rows()
    transaction.savepoint_rollback(before)
    assert not Answer.objects.exists()
    ground.record()
    assert rows() == singly
    assert AuditEntry.objects.filter(action="inspections.inspection.record_many").count() == 1


def test_repeats_are_seen_across_batches(ground):
    ground.record()
    second = factories.drawn(ground.cast.facility, ground.team, number="JC-2604-001", month=date(2026, 4, 1))
    day = date(2026, 4, 14)
    bulk_visits.record_visits(
        [ground.made(inspection=second, started_at=at(day, 9), finished_at=at(day, 11))], actor=ground.system
    )
    again = Finding.objects.get(inspection=second, item_key="guards")
    assert again.repeat_of == Finding.objects.get(inspection=ground.visit, item_key="guards")


def test_what_a_single_visit_refuses_the_batch_refuses(ground):
    given = ground.answers()
    first = next(iter(given))
    bad = [
        ({"answers": {k: v for k, v in given.items() if k != first}}, Refused),
        ({"answers": given | {first: Given("bad", " ")}}, Refused),
        ({"answers": given | {0: Given("ok")}}, NotFound),
        ({"present": ""}, Refused),
        ({"second": ground.cast.inspector}, Denied),
        ({"finished_at": at(date(2026, 3, 9), 9)}, Refused),
    ]
    for more, error in bad:
        with pytest.raises(error):
            ground.record(**more)
    with pytest.raises(NotFound):
        bulk_visits.record_visits([ground.made(), ground.made()], actor=ground.system)
    with pytest.raises(Refused):
        bulk_visits.record_visits([ground.made()], actor=ground.cast.actor("inspector"))
    with pytest.raises(Denied):
        bulk_visits.record_visits([ground.made()], actor=ground.cast.actor("bureau"))
    assert not Answer.objects.exists() and Inspection.objects.get().state == "due"


@pytest.mark.parametrize("what", ["licence", "one", "interest", "suspended", "made"])
def test_a_team_or_place_that_may_not_is_refused(ground, what):
    inspector = ground.team[1]
    error = Refused
    if what == "licence":
        inspector.licence_until = date(2026, 3, 9)
        inspector.save()
    elif what == "one":
        ground.visit.all_team.filter(inspector=inspector).delete()
    elif what == "interest":
        Interest.objects.create(
            inspector=inspector, facility=ground.cast.facility, kind="family", starts_on=date(2026, 1, 1)
        )
    elif what == "suspended":
        ground.cast.facility.state = "suspended"
        ground.cast.facility.save()
    else:
        ground.record()
        error = Conflict
    with pytest.raises(error):
        ground.record()


def test_orders_in_bulk_go_the_way_of_single_ones(ground):
    ground.record()
    order = Order.objects.select_related("facility").get()
    findings = list(order.findings.all())
    texts = {finding.pk: "已改好" for finding in findings}
    answered = bulk_orders.Answered(order, at(date(2026, 3, 12), 17), texts, ground.cast.operator)
    with pytest.raises(Refused):
        bulk_orders.answer_many([replace(answered, texts={})], actor=ground.system)
    order = Order.objects.get()
    bulk_orders.answer_many([replace(answered, order=order)], actor=ground.system)
    look = bulk_orders.Rechecked(
        order, at(date(2026, 3, 13)), ("JC901", "JC902"), "看过", ground.cast.inspector
    )
    for wrong, error in (
        ({"inspectors": ("JC901",)}, Refused),
        ({"inspectors": ("JC901", "JC999")}, Refused),
        ({"note": " "}, Refused),
        ({"by": ground.cast.operator}, Denied),
        ({"at": at(date(2026, 3, 11))}, Conflict),
    ):
        with pytest.raises(error):
            bulk_orders.close_many([replace(look, **wrong)], actor=ground.system)
    order = Order.objects.get()
    bulk_orders.close_many([replace(look, order=order)], actor=ground.system)
    order.refresh_from_db()
    assert (order.state, order.answered_on, order.closed_on) == (
        "closed",
        date(2026, 3, 12),
        date(2026, 3, 13),
    )
    assert set(order.findings.values_list("state", flat=True)) == {"closed"}
    recheck = Recheck.objects.get()
    assert recheck.passed and recheck.results == {str(f.pk): rechecks.CLOSED for f in findings}


def test_publication_in_bulk(ground):
    (visit,) = ground.record()
    assert bulk_visits.publish_many({visit: at(date(2026, 3, 20))}, actor=ground.system) == 1
    assert bulk_visits.publish_many({visit: at(date(2026, 3, 21))}, actor=ground.system) == 0
    visit.refresh_from_db()
    assert visit.state == "published" and visit.published_at == at(date(2026, 3, 20))
    assert not Finding.objects.filter(published=False).exists()
