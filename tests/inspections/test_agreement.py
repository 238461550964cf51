"""Agreement of inspectors: which items are answered twice, blind and apart, Cohen's kappa against published examples."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from inspections.models import (
    Answer,
    DoubleDraw,
    Draw,
    FieldDevice,
    FieldOperation,
    FieldOutcome,
    Inspection,
    SecondAnswer,
)
from inspections.rules import agreement as rules
from inspections.services import agreement as services
from inspections.services import answers, second_answers, visits
from inspections.services.answers import Given
from inspections.services.checklists import items_of
from portal.errors import Conflict, Denied, NotFound, Refused
from portal.models import AuditEntry, Parameter
from portal.services.people import create_client
from portal.tenancy import district_scope
from tests import rows
from tests.inspections import factories
from tests.inspections.factories import MARCH, at

# ---- the figure


def pairs_of(table: list[list[int]]) -> list[tuple[str, str]]:
    return [(str(a), str(b)) for a, row in enumerate(table) for b, n in enumerate(row) for _n in range(n)]


@pytest.mark.parametrize(
    ("table", "observed", "expected", "kappa", "error"),
    [
        # Fleiss, Statistical Methods for Rates and Proportions, 2nd edition 1981, tables 13.1 and 13.3
        ([[75, 1, 4], [5, 4, 1], [0, 0, 10]], 0.89, 0.66, 0.68, 0.087),
        # two readers of 50 grant proposals, the example of the encyclopaedias
        ([[20, 5], [10, 15]], 0.70, 0.50, 0.40, 0.127),
        ([[45, 15], [25, 15]], 0.60, 0.54, 0.1304, None),
        ([[25, 35], [5, 35]], 0.60, 0.46, 0.2593, None),
        ([[10, 0], [0, 10]], 1.0, 0.5, 1.0, 0.0),
        ([[0, 10], [10, 0]], 0.0, 0.5, -1.0, 0.0),
    ],
)
def test_kappa_of_published_tables(table, observed, expected, kappa, error):
    found = rules.agreement(pairs_of(table))
    assert found.n == sum(map(sum, table))
    assert found.observed == pytest.approx(observed, abs=0.005)
    assert found.expected == pytest.approx(expected, abs=0.005)
    assert found.kappa == pytest.approx(kappa, abs=0.005)
    if error is not None:
        assert (found.high - found.kappa) / rules.Z95 == pytest.approx(min(error, 1 - kappa), abs=0.001)
        assert found.low <= found.kappa <= found.high


def test_nothing_to_tell_where_all_say_the_same_and_nothing_at_all_for_none():
    assert rules.agreement([]) is None
    found = rules.agreement([("ok", "ok")] * 9)
    assert (found.n, found.observed, found.kappa) == (9, 1.0, None)


WORDS = st.sampled_from(["ok", "bad", "unseen"])


@given(st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=40))
def test_kappa_knows_no_order_of_people_and_stays_within_its_bounds(pairs):
    found, turned = rules.agreement(pairs), rules.agreement([(b, a) for a, b in pairs])
    if found.kappa is None:
        assert turned.kappa is None
        return
    assert -1 <= found.low <= found.high <= 1 and found.kappa <= 1
    assert found.kappa == pytest.approx(turned.kappa) and found.low == pytest.approx(turned.low)


# ---- the draw

KEYS = [f"item-{n}" for n in range(31)]


@pytest.mark.parametrize(("percent", "many"), [(10, 4), (0.5, 1), (100, 31), (3.3, 2)])
def test_the_share_is_rounded_up(percent, many):
    assert len(rules.drawn(bytes(32), "JC-1", KEYS, percent)) == many


@given(st.binary(min_size=32, max_size=32))
def test_the_same_seed_draws_the_same_whatever_the_order(seed):
    found = rules.drawn(seed, "JC-1", KEYS, 10)
    assert found == rules.drawn(seed, "JC-1", reversed(KEYS), 10) and len(set(found)) == 4
    assert rules.second(seed, "JC-1", ["A", "B"]) == rules.second(seed, "JC-1", ["B", "A"])


def test_another_seed_or_visit_draws_others():
    drawn = {tuple(rules.drawn(bytes([n]) * 32, "JC-1", KEYS, 10)) for n in range(20)}
    assert len(drawn) == 20
    assert rules.drawn(bytes(32), "JC-1", KEYS, 10) != rules.drawn(bytes(32), "JC-2", KEYS, 10)


# ---- a visit


def share(percent: float = 20) -> None:
    for key, value in (("agreement.share_percent", percent), ("agreement.least", 3), ("agreement.low", 0.6)):
        start = {"value": value, "label": key, "basis": "x", "starts_on": date(2021, 1, 1)}
        if not Parameter.objects.filter(key=key).update(value=value):
            Parameter.objects.create(key=key, **start)


@pytest.fixture
def world(cast):
    """The cast's drawn visit, under way, with items to answer twice; outside of any scope."""
    with district_scope(cast.minhang):
        factories.reference(cast.minhang)
        share()
        team = factories.team(cast)
        visit = factories.drawn(cast.facility, team)
        cast.visit = visits.start(visit, actor=cast.actor("inspector"), now=at(MARCH, 9), seed="ab" * 32)
        draw = DoubleDraw.objects.select_related("second__user").get()
        cast.second = "inspector" if draw.second.user == cast.inspector else "inspector2"
        cast.first = "inspector2" if cast.second == "inspector" else "inspector"
    return cast


def drawn_items(visit: Inspection):
    return list(items_of(visit).filter(key__in=visit.double.keys))


def test_items_are_drawn_at_the_start_and_can_be_drawn_again(world):
    with district_scope(world.minhang):
        draw, visit = DoubleDraw.objects.get(), world.visit
        keys = list(items_of(visit).values_list("key", flat=True))
        assert draw.keys == rules.drawn(bytes.fromhex(draw.seed), visit.number, keys, 20)
        assert len(draw.keys) == -(-len(keys) // 5)
        entry = AuditEntry.objects.get(action="inspections.agreement.draw")
        assert entry.changes["items"] == draw.keys and draw.second.code in ("JC901", "JC902")
        visits.start(visit, actor=world.actor("inspector"))
        assert DoubleDraw.objects.count() == 1


def test_no_share_no_draw(cast):
    with district_scope(cast.minhang):
        factories.reference(cast.minhang)
        share(0)
        visit = factories.drawn(cast.facility, factories.team(cast))
        visits.start(visit, actor=cast.actor("inspector"), now=at(MARCH, 9))
        assert not DoubleDraw.objects.exists()


def test_the_second_answers_apart_and_the_record_stays(world):
    with district_scope(world.minhang):
        visit, items = world.visit, drawn_items(world.visit)
        answers.save_answer(visit, items[0], value="ok", actor=world.actor(world.first), now=at(MARCH))
        before = list(Answer.objects.values_list("pk", "value", "by", "version"))
        services.answer_again(visit, {items[0].pk: Given("bad", "看到过期")}, actor=world.actor(world.second))
        assert list(Answer.objects.values_list("pk", "value", "by", "version")) == before
        with pytest.raises(Conflict):
            services.answer_again(visit, {items[0].pk: Given("ok")}, actor=world.actor(world.second))
        assert SecondAnswer.objects.get().value == "bad"


def test_only_the_second_answers_what_was_drawn(world):
    with district_scope(world.minhang):
        visit, (item, *_rest) = world.visit, drawn_items(world.visit)
        other = items_of(visit).exclude(key__in=visit.double.keys).first()
        for name in (world.first, "bureau"):
            with pytest.raises(Denied):
                services.answer_again(visit, {item.pk: Given("ok")}, actor=world.actor(name))
        second = world.actor(world.second)
        with pytest.raises(NotFound):
            services.answer_again(visit, {other.pk: Given("ok")}, actor=second)
        with pytest.raises(Refused):
            services.answer_again(visit, {item.pk: Given("perhaps")}, actor=second)
        with pytest.raises(Refused):
            services.answer_again(visit, {item.pk: Given("ok", "长" * 301)}, actor=second)
        assert not SecondAnswer.objects.exists()


def test_after_the_visit_nothing_is_answered_again(world):
    with district_scope(world.minhang):
        visit, items = world.visit, drawn_items(world.visit)
        factories.all_ok(visit, world.actor(world.first), now=at(MARCH))
        signing = {"present": "示例园长", "actor": world.actor(world.first), "now": at(MARCH, 11)}
        for without in ("", "没有"):
            with pytest.raises(Refused) as missing:
                visits.sign_off(visit, without=without, **signing)
            assert missing.value.code == "double"
        visits.sign_off(visit, without="另一人临时被叫走了", **signing)
        with pytest.raises(Conflict) as late:
            services.answer_again(visit, {items[0].pk: Given("ok")}, actor=world.actor(world.second))
        assert late.value.code == "state"


def test_the_second_does_not_see_the_first_answer_before_the_own_one(world, client):
    with district_scope(world.minhang):
        items = drawn_items(world.visit)
        answers.save_answer(
            world.visit,
            items[0],
            value="bad",
            note="灭火器过期了",
            actor=world.actor(world.first),
            now=at(MARCH),
        )
    page = f"/minhang/inspections/{world.visit.pk}/"
    client.force_login(world.users[world.second])
    shown = client.get(f"{page}?item={items[0].pk}").content.decode()
    assert "灭火器过期了" not in shown and "去双评" in shown
    assert "灭火器过期了" not in client.get(f"{page}result/").content.decode()
    assert "灭火器过期了" not in client.get(f"{page}items/{items[0].pk}/").content.decode()
    assert client.get(f"{page}sign-off/").url.endswith("/again/")
    refused = client.post(f"{page}items/{items[0].pk}/", {"value": "ok", "version": 1})
    assert refused.status_code == 409
    again = client.get(f"{page}again/").content.decode()
    assert items[0].text in again and "灭火器过期了" not in again
    assert client.post(f"{page}again/", {}).status_code == 422
    values = {f"value-{one.pk}": "ok" for one in items}
    assert client.post(f"{page}again/", values).status_code == 302
    assert "灭火器过期了" in client.get(f"{page}?item={items[0].pk}").content.decode()
    assert client.get(f"{page}sign-off/").status_code == 200
    # the first one was never in the dark, and has no page of the second's
    client.force_login(world.users[world.first])
    assert "灭火器过期了" in client.get(f"{page}?item={items[0].pk}").content.decode()
    assert client.get(f"{page}again/").status_code == 404


def finished(world, differing: int = 1) -> list:
    """The visit over, all drawn items answered twice, some otherwise."""
    items = drawn_items(world.visit)
    factories.all_ok(world.visit, world.actor(world.first), now=at(MARCH))
    given = {one.pk: Given("bad", "示例") if n < differing else Given("ok") for n, one in enumerate(items)}
    services.answer_again(world.visit, given, actor=world.actor(world.second))
    Inspection.objects.filter(pk=world.visit.pk).update(state="finished", finished_on=MARCH)
    return items


def test_pairs_are_counted_under_items_lists_and_people(world):
    with district_scope(world.minhang):
        items = finished(world)
        pairs = services.pairs(world.actor("bureau"))
        assert len(pairs) == len(items) and sum(not one.same for one in pairs) == 1
        (people,) = services.lines(pairs, "people", services.limits(MARCH))
        assert people.key == "JC901~JC902" and people.found.n == len(items) and not people.few
        by_item = services.lines(pairs, "items", services.limits(MARCH))
        assert {one.key for one in by_item} == {one.key for one in items} and all(one.few for one in by_item)
        assert services.pairs(world.actor("bureau"), 2020) == []


def test_who_answered_both_times_is_no_pair(world):
    with district_scope(world.minhang):
        items = finished(world)
        Answer.objects.filter(item=items[0]).update(by=world.users[world.second])
        assert len(services.pairs(world.actor("bureau"))) == len(items) - 1


def test_an_unpublished_drawn_visit_is_nobodys_but_the_bureaus(world, client):
    with district_scope(world.minhang):
        items = finished(world)
        assert services.pairs(world.actor("head")) == []
        key = items[0].key
    page = reverse("agreement-rows", args=["minhang", f"items~{key}"])
    client.force_login(world.head)
    assert client.get(page).status_code == 404
    assert world.visit.number not in client.get(reverse("agreement", args=["minhang"])).content.decode()
    with district_scope(world.minhang):
        Draw.objects.update(state="published")
    text = client.get(page).content.decode()
    # codes, no names: who keeps the register of inspectors reads them
    assert "JC901" in text and "示例JC901" not in text
    client.force_login(world.bureau)
    assert "示例JC901" in client.get(page).content.decode()


def test_two_phones_that_did_not_know_of_each_other_make_a_pair(world):
    with district_scope(world.minhang):
        items = drawn_items(world.visit)
        factories.all_ok(world.visit, world.actor(world.first), now=at(MARCH))
        device = rows.make(FieldDevice, user=world.users[world.second])
        made = [
            rows.make(
                FieldOperation, inspection=world.visit, device=device, sequence=n, kind="answer", item=one,
                payload={"value": "bad", "note": "过期"}, came_at=at(MARCH, 12),
            )
            for n, one in enumerate([items[0], items_of(world.visit).exclude(key__in=world.visit.double.keys).first()], 1)
        ]  # fmt: skip
        for one in made:
            rows.make(FieldOutcome, operation=one, state="held", code="answer_conflict")
        assert second_answers.take_from_phones(actor=world.actor("bureau")) == 0  # not over yet
        Inspection.objects.filter(pk=world.visit.pk).update(
            state="finished", finished_on=MARCH + timedelta(1)
        )
        assert second_answers.take_from_phones(actor=world.actor("bureau")) == 1
        assert second_answers.take_from_phones(actor=world.actor("bureau")) == 0
        (pair,) = services.pairs(world.actor("bureau"))
        assert (pair.item, pair.again, pair.origin) == (items[0], "bad", "phone")


def test_rest_gives_the_figures_of_the_page(world, client):
    with district_scope(world.minhang):
        items = finished(world)
        scopes, admin, on = ["inspections:read"], world.actor("system_admin"), timezone.localdate()
        _row, token = create_client(name="示例", scopes=scopes, actor=admin, on=on)

    def fetch(query: str = ""):
        return client.get(f"/api/v1/agreement/{query}", HTTP_AUTHORIZATION=f"Bearer {token}")

    # a drawn visit whose evidence is not public yet is known to no token
    assert fetch().json()["results"] == [] and fetch().json()["whole"] is None
    with district_scope(world.minhang):
        Draw.objects.update(state="published")
        shown = services.lines(services.pairs(world.actor("bureau")), "people", services.limits(MARCH))
    body = fetch(f"?of=people&year={MARCH.year}").json()
    (line,) = body["results"]
    assert (body["of"], body["year"], body["least"], body["limit"]) == ("people", MARCH.year, 3, 0.6)
    assert (line["key"], line["n"], line["few"]) == ("JC901~JC902", len(items), False)
    assert (
        line["observed"] == pytest.approx(shown[0].found.observed) and line["kappa"] == shown[0].found.kappa
    )
    assert [(one["item"], one["first"], one["again"]) for one in line["pairs"]] == [
        (one.key, "ok", "bad" if n == 0 else "ok") for n, one in enumerate(items)
    ]
    assert "示例JC901" not in fetch().content.decode()
    # one pair of an item is too few to say anything
    assert {(one["n"], one["few"], one["kappa"]) for one in fetch().json()["results"]} == {(1, True, None)}
    assert fetch("?of=lists&year=2020").json()["results"] == []
    for query in ("?of=all", "?year=x", "?year=", "?year=1999", "?year=２０２６", "?what=1"):
        assert fetch(query).status_code == 400, query
