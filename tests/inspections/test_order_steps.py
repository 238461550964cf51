"""More time for an order, the ladder of an overdue one, and repeats by item and theme."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import transaction

from inspections.models import Finding, Order, OrderEscalation
from inspections.rules import ladder as rules
from inspections.services import escalations, extensions, repeats
from inspections.services.visit_queue import waiting
from portal import calendar
from portal.access import Actor
from portal.errors import Conflict, Denied, Refused
from portal.models import Message
from portal.services import messages
from portal.tenancy import district_scope
from tests.inspections import factories
from tests.inspections.factories import at
from tests.inspections.test_orders import Loop

#: The order of 10 March is due on Tuesday 17 March.
DUE = date(2026, 3, 17)
AFTER = {"street": 1, "district": 3, "leaders": 7}


@pytest.fixture
def loop(cast):
    with district_scope(cast.minhang):
        yield Loop(cast)


def ask(loop, on: date = date(2026, 3, 16), actor=None, **more):
    wanted = {"wanted_on": date(2026, 3, 24), "reason": "消防材料要下周才到货，附订货单"} | more
    return extensions.ask(loop.order, actor=actor or loop.operator, now=at(on), **wanted)


# --- rules -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on", "rungs"),
    [
        (DUE, []),
        (date(2026, 3, 18), ["street"]),
        (date(2026, 3, 19), ["street"]),
        (date(2026, 3, 20), ["street", "district"]),
        (date(2026, 3, 25), ["street", "district"]),
        (date(2026, 3, 26), ["street", "district", "leaders"]),
    ],
)
def test_rungs_by_working_days_after_the_deadline(on, rungs):
    assert rules.reached(DUE, on, AFTER, calendar.add_working_days) == rungs


@pytest.mark.parametrize(
    ("wanted", "fits"),
    [(DUE, False), (date(2026, 3, 18), True), (date(2026, 3, 31), True), (date(2026, 4, 1), False)],
)
def test_an_extension_is_later_and_not_too_late(wanted, fits):
    assert rules.extension_fits(DUE, wanted, 10, calendar.add_working_days) is fits


# --- extension -------------------------------------------------------------------------------------


class TestExtension:
    def test_granted_moves_the_deadline_and_not_the_first_one(self, loop):
        made = ask(loop, upload=factories.photo())
        assert made.state == "asked" and Order.objects.get().due_on == DUE
        assert any("延期" in w.title for w in waiting(loop.bureau, date(2026, 3, 16)))
        done = extensions.decide(made, True, actor=loop.bureau, now=at(DUE))
        order = Order.objects.get()
        assert done.state == "granted" and (order.due_on, order.first_due_on) == (date(2026, 3, 24), DUE)
        assert Finding.objects.get(pk=loop.guards.pk).due_on == date(2026, 3, 24)
        assert Finding.objects.get(pk=loop.air.pk).due_on == loop.air.due_on  # later anyway

    def test_refused_with_a_reason(self, loop):
        made = ask(loop)
        with pytest.raises(Refused), transaction.atomic():
            extensions.decide(made, False, actor=loop.bureau)
        done = extensions.decide(made, False, answer="可以先加人，不用等到货", actor=loop.bureau)
        assert done.state == "refused" and Order.objects.get().due_on == DUE

    def test_what_stands_against_it(self, loop):
        for more, error in (
            ({"on": date(2026, 3, 18)}, Conflict),
            ({"wanted_on": DUE}, Refused),
            ({"wanted_on": date(9999, 12, 1)}, Refused),
            ({"reason": "忙"}, Refused),
            ({"version": 99}, Conflict),
            ({"actor": loop.bureau}, Denied),
            ({"actor": loop.one}, Denied),
        ):
            with pytest.raises(error), transaction.atomic():
                ask(loop, **more)
        made = ask(loop)
        with pytest.raises(Conflict), transaction.atomic():
            ask(loop)
        for actor in (loop.operator, loop.one, loop.officer):
            with pytest.raises(Denied), transaction.atomic():
                extensions.decide(made, True, actor=actor)
        extensions.decide(made, True, actor=loop.bureau)
        with pytest.raises(Conflict), transaction.atomic():
            extensions.decide(made, True, actor=loop.bureau)
        with pytest.raises(Conflict), transaction.atomic():
            ask(loop, wanted_on=date(2026, 3, 26))  # once only

    def test_answered_meanwhile_it_is_moot(self, loop):
        made = ask(loop)
        loop.answer(day=16)
        with pytest.raises(Conflict):
            extensions.decide(made, True, actor=loop.bureau)


# --- escalation ------------------------------------------------------------------------------------


class TestLadder:
    def climb(self, loop, on: date) -> int:
        return escalations.climb_due(actor=Actor.system(loop.cast.minhang, "test"), on=on)

    def test_each_rung_once_on_record(self, loop):
        assert self.climb(loop, DUE) == 0
        assert self.climb(loop, date(2026, 3, 18)) == 1
        assert self.climb(loop, date(2026, 3, 18)) == 0
        assert self.climb(loop, date(2026, 3, 26)) == 2  # a run that was missed is made up
        assert list(OrderEscalation.objects.order_by("pk").values_list("rung", flat=True)) == [
            "street", "district", "leaders",
        ]  # fmt: skip
        shown = escalations.ladder(Order.objects.get(), date(2026, 3, 26))
        assert [one["reached"] for one in shown] == [True, True, True]
        assert any("报到你这一级" in w.title for w in waiting(loop.cast.actor("head"), date(2026, 3, 26)))

    def test_an_answered_order_does_not_climb(self, loop):
        loop.answer(day=17)
        assert self.climb(loop, date(2026, 4, 30)) == 0
        assert escalations.ladder(Order.objects.get(), date(2026, 4, 30)) == []

    def test_one_line_in_the_days_message_for_whom_it_reaches(self, loop):
        on = date(2026, 3, 18)
        self.climb(loop, on)
        people = [loop.cast.users[name].pk for name in ("officer", "bureau", "head", "operator")]
        messages.send_digests(people, on=on, actor=Actor.system(loop.cast.minhang, "test"))

        def told(name: str) -> int:
            found = Message.objects.filter(user=loop.cast.users[name], on=on)
            return sum("报到你这一级" in line["words"] for one in found for line in one.lines)

        assert [told(n) for n in ("officer", "bureau", "head", "operator")] == [1, 0, 0, 0]
        self.climb(loop, date(2026, 3, 26))
        on = date(2026, 3, 26)
        messages.send_digests(people, on=on, actor=Actor.system(loop.cast.minhang, "test"))
        assert [told(n) for n in ("officer", "bureau", "head", "operator")] == [0, 1, 1, 0]


# --- repeats ---------------------------------------------------------------------------------------


def test_repeats_by_item_and_by_theme(loop):
    second = factories.drawn(loop.cast.facility, loop.team, number="JC-2604-001", month=date(2026, 4, 1))
    section = loop.guards.item.section
    other = (
        loop.guards.item.version.items.filter(section=section)
        .exclude(key="guards")
        .order_by("number")
        .first()
    )
    factories.finished(
        second, loop.one, failing={"guards": "又没有人", other.key: "也不行"}, on=date(2026, 4, 8)
    )
    findings = list(Finding.objects.filter(inspection=second).select_related("item", "inspection"))
    by_key = {one.item_key: one for one in findings}
    assert by_key["guards"].repeat_of == loop.guards and by_key[other.key].repeat_of is None
    themes = repeats.earlier_by_theme(findings)
    assert themes[by_key[other.key].pk] == [loop.guards]
    found = repeats.of_facility(loop.cast.facility, date(2026, 4, 9))
    assert found[0]["section"] == section and found[0]["visits"] == 2
    assert found[0]["again"] == [loop.guards.item.text]
    assert repeats.of_facility(loop.cast.facility, date(2029, 1, 1)) == []
    Finding.objects.filter(pk=loop.guards.pk).update(state="withdrawn")
    assert repeats.of_facility(loop.cast.facility, date(2026, 4, 9)) == []


def test_pages(cast, client):
    with district_scope(cast.minhang):
        loop = Loop(cast)
        Order.objects.update(due_on=date(2099, 1, 5))
    base = f"/minhang/orders/{loop.order.pk}/"
    client.force_login(cast.operator)
    page = client.get(base).content.decode()
    assert "申请延期…" in page and "逾期报送" in page
    wrong = client.post(
        base + "extension/", {"version": 1, "wanted_on": "2099-01-01", "reason": "材料要下周才到货，附单"}
    )
    assert wrong.status_code == 422 and "想延到" in wrong.content.decode()
    sent = client.post(
        base + "extension/", {"version": 1, "wanted_on": "2099-01-07", "reason": "材料要下周才到货，附单"}
    )
    assert sent.status_code == 302
    with district_scope(cast.minhang):
        pk = Order.objects.get().extensions.get().pk
    client.force_login(cast.bureau)
    assert "同意延期" in client.get(base).content.decode()
    assert client.post(f"{base}extensions/{pk}/", {"what": "yes"}).status_code == 302
    with district_scope(cast.minhang):
        assert Order.objects.get().due_on == date(2099, 1, 7)
