"""A result before it is final and after: the facility's days, who decides, versions that stay, changes by two."""

from __future__ import annotations

import json
from datetime import date

import pytest
from django.db import DatabaseError, transaction

from inspections import tasks
from inspections.models import Finding, Inspection, Order, ResultChange, ResultReview, ResultVersion
from inspections.rules import results as rules
from inspections.services import orders, rechecks, result_changes, result_queue, result_reviews, results
from portal.access import Actor
from portal.errors import Conflict, Denied, NotFound, Refused
from portal.models import AuditEntry
from portal.tenancy import district_scope, public_scope
from tests.inspections import factories
from tests.inspections.factories import at

#: Finished on Tuesday 10 March 2026; five working days to answer: Tuesday 17 March.
LAST = date(2026, 3, 17)
AFTER = date(2026, 3, 18)


class Draft:
    """A finished visit with two findings (guards, air), its draft with the facility. The scope is open."""

    def __init__(self, cast):
        factories.reference(cast.minhang)
        self.cast = cast
        self.one, self.two, self.bureau, self.head, self.operator = (
            cast.actor(n) for n in ("inspector", "inspector2", "bureau", "head", "operator")
        )
        self.system = Actor.system(cast.minhang, "test")
        self.visit = factories.drawn(cast.facility, factories.team(cast))
        factories.finished(self.visit, self.one, failing={"guards": "门岗没有人", "air": "没有开窗"})
        self.visit.refresh_from_db()
        self.review = ResultReview.objects.get()
        self.guards, self.air = (Finding.objects.get(item_key=k) for k in ("guards", "air"))

    def object(self, on: date = LAST, actor=None, **more) -> ResultReview:
        wanted = {"texts": {self.guards.pk: "当时在换班，监控可以看"}} | more
        self.review = result_reviews.object_to(
            self.review, actor=actor or self.operator, now=at(on), **wanted
        )
        return self.review

    def decide(self, outcome: str = "accepted", actor=None, reason: str = "看了监控，属实", **more):
        pk = self.review.objections.get().pk
        self.review = result_reviews.decide(
            self.review, outcomes={pk: outcome}, reasons={pk: reason}, actor=actor or self.two,
            now=at(AFTER), **more,
        )  # fmt: skip
        return self.review

    def publish(self, on: date = AFTER) -> Inspection:
        return results.publish_result(self.visit, actor=self.bureau, now=at(on))

    def propose(self, on: date = date(2026, 3, 20), **more) -> ResultChange:
        wanted = {
            "findings": [self.guards.pk], "reason_kind": "review", "reason": "复查了监控，有人在岗",
            "decided_on": on,
        } | more  # fmt: skip
        return result_changes.propose_change(self.review, actor=self.bureau, now=at(on), **wanted)


@pytest.fixture
def draft(cast):
    with district_scope(cast.minhang):
        yield Draft(cast)


@pytest.fixture
def closed(cast):
    with district_scope(cast.minhang):
        found = Draft(cast)
    return found


# --- rules -----------------------------------------------------------------------------------------


def test_canonical_bytes_do_not_depend_on_the_order_of_keys():
    assert rules.canonical({"b": 1, "a": "门\n岗"}) == rules.canonical({"a": "门\n岗", "b": 1})
    assert rules.canonical({"a": 1}) != rules.canonical({"a": 2})


@pytest.mark.parametrize(
    ("left", "held", "light"),
    [
        (-1, False, "bad"), (-1, True, "bad"), (0, True, "bad"), (3, True, "bad"), (3, False, "warn"),
        (0, False, "warn"), (4, True, "doing"), (4, False, "doing"),
    ],
)  # fmt: skip
def test_the_light_is_red_before_the_breach_where_something_stands_against_publication(left, held, light):
    assert rules.light(left, held, 3) == light


def test_a_withdrawn_finding_counts_as_nothing_else():
    assert rules.counts(["ok", "bad", "bad", "unseen"], 1) == {"ok": 1, "bad": 1, "unseen": 1, "withdrawn": 1}


# --- the draft -------------------------------------------------------------------------------------


def test_the_second_signature_sends_the_draft_and_fixes_version_one(draft):
    assert (draft.review.state, draft.review.answer_by) == ("draft", LAST)
    version = ResultVersion.objects.get()
    assert version.number == 1 and version.sha256 == rules.sha256(bytes(version.content))
    facts = json.loads(bytes(version.content))
    assert [one["item"] for one in facts["findings"]] == ["guards", "air"]
    assert facts["counts"] == {"ok": 32, "bad": 2, "unseen": 0, "withdrawn": 0}
    assert facts["team"] == ["JC901", "JC902"] and len(facts["answers"]) == 34
    assert Order.objects.get().state == "issued"  # mending does not wait
    assert AuditEntry.objects.filter(action="inspections.result.draft").count() == 1


def test_a_version_is_never_changed(draft):
    for change in ({"sha256": "0" * 64}, {"reason": "x"}):
        with pytest.raises(DatabaseError), transaction.atomic():
            ResultVersion.objects.update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        ResultVersion.objects.all()._raw_delete("default")


class TestObjection:
    def test_with_files_until_the_last_day(self, draft):
        draft.object(files={draft.guards.pk: [factories.photo()]})
        assert draft.review.state == "answered"
        said = draft.review.objections.get()
        assert said.finding == draft.guards and said.by == draft.cast.operator and said.files.count() == 1

    def test_refusals(self, draft):
        for more, error in (
            ({"texts": {}}, Refused),
            ({"texts": {draft.guards.pk: "  "}}, Refused),
            ({"texts": {draft.guards.pk: "长" * 2001}}, Refused),
            ({"texts": {0: "别家的问题"}}, NotFound),
            ({"texts": {}, "files": {draft.guards.pk: [factories.photo()]}}, Refused),
            ({"files": {draft.guards.pk: [factories.photo()] * 7}}, Refused),
            ({"files": {draft.guards.pk: [factories.photo("a.txt", b"text", "text/plain")]}}, Refused),
            ({"version": 99}, Conflict),
            ({"on": AFTER}, Conflict),
            ({"actor": draft.cast.actor("bureau")}, Denied),
            ({"actor": draft.cast.actor("inspector")}, Denied),
        ):
            with pytest.raises(error), transaction.atomic():
                draft.object(**more)
        assert ResultReview.objects.get().state == "draft"

    def test_once(self, draft):
        draft.object()
        with pytest.raises(Conflict):
            draft.object()

    def test_another_facilitys_operator(self, draft):
        with pytest.raises(Denied):
            result_reviews.agree(draft.review, actor=draft.cast.actor("desk"), now=at(LAST))
        assert (
            not ResultReview.objects.allowed(draft.cast.actor("operator"), "result.view")
            .exclude(inspection__facility=draft.cast.facility)
            .exists()
        )


class TestDecision:
    def test_accepted_the_finding_leaves_result_and_order(self, draft):
        draft.object()
        draft.decide()
        finding = Finding.objects.get(pk=draft.guards.pk)
        assert (finding.state, finding.withdrawn_reason) == ("withdrawn", "看了监控，属实")
        order = Order.objects.get()
        # the gravest left is air with 15 working days
        assert (order.state, order.due_on, order.first_due_on) == (
            "issued",
            draft.air.due_on,
            draft.air.due_on,
        )
        assert draft.review.state == "final" and draft.review.latest == 2
        first, second = ResultVersion.objects.order_by("number")
        assert json.loads(bytes(second.content))["previous_sha256"] == first.sha256
        assert [one["stands"] for one in second.facts["findings"]] == [False, True]
        assert [one["stands"] for one in first.facts["findings"]] == [True, True]
        assert "属实" in second.reason and second.by == draft.cast.users["inspector2"]

    def test_kept_no_new_version(self, draft):
        draft.object()
        draft.decide("kept", reason="监控里没有人")
        assert draft.review.state == "final" and ResultVersion.objects.count() == 1
        assert draft.review.objections.get().reason == "监控里没有人"

    def test_not_by_whoever_signed_and_not_without_reason(self, draft):
        draft.object()
        for more, error in (
            ({"actor": draft.one}, Denied),
            ({"actor": draft.operator}, Denied),
            ({"reason": "好"}, Refused),
            ({"outcome": "maybe"}, Refused),
            ({"version": 99}, Conflict),
        ):
            with pytest.raises(error), transaction.atomic():
                draft.decide(**more)
        assert Finding.objects.get(pk=draft.guards.pk).state == "open"

    def test_all_findings_gone_the_order_is_withdrawn(self, draft):
        draft.object(texts={draft.guards.pk: "有人", draft.air.pk: "开了窗"})
        pks = list(draft.review.objections.values_list("pk", flat=True))
        result_reviews.decide(
            draft.review, outcomes=dict.fromkeys(pks, "accepted"), reasons=dict.fromkeys(pks, "核实过了，属实"),
            actor=draft.bureau, now=at(AFTER),
        )  # fmt: skip
        assert Order.objects.get().state == "withdrawn"
        with pytest.raises(Conflict):
            orders.answer_order(Order.objects.get(), texts={}, actor=draft.operator)

    def test_a_withdrawn_finding_is_no_repeat_later(self, draft):
        draft.object()
        draft.decide()
        second = factories.drawn(
            draft.cast.facility, [m.inspector for m in draft.visit.all_team.all()], number="JC-2604-001",
            month=date(2026, 4, 1),
        )  # fmt: skip
        factories.finished(
            second, draft.one, failing={"guards": "又没有人", "air": "又没开窗"}, on=date(2026, 4, 8)
        )
        found = {f.item_key: f.repeat_of for f in Finding.objects.filter(inspection=second)}
        assert found["guards"] is None and found["air"] == draft.air

    def test_while_a_reinspection_waits_for_its_second_signature(self, draft):
        order = Order.objects.get()
        texts = {draft.guards.pk: "加了保安", draft.air.pk: "开窗了"}
        order = orders.answer_order(order, texts=texts, actor=draft.operator, now=at(date(2026, 3, 12)))
        draft.object(on=date(2026, 3, 12))
        rechecks.recheck(
            order, results={draft.guards.pk: "closed", draft.air.pk: "closed"}, note="都看过了",
            inspectors=["JC901", "JC902"], actor=draft.one, now=at(date(2026, 3, 16)),
        )  # fmt: skip
        draft.decide()
        done = rechecks.confirm_recheck(Order.objects.get(), actor=draft.two)
        assert done.state == "closed"
        assert Finding.objects.get(pk=draft.guards.pk).state == "withdrawn"
        assert Finding.objects.get(pk=draft.air.pk).state == "closed"


# --- silence, publication --------------------------------------------------------------------------


def test_silence_makes_it_final_the_day_after_the_last(draft):
    assert result_reviews.lapse_due(actor=draft.system, on=LAST) == 0
    assert result_reviews.lapse_due(actor=draft.system, on=AFTER) == 1
    assert result_reviews.lapse_due(actor=draft.system, on=AFTER) == 0
    assert ResultReview.objects.get().state == "final"


def test_what_is_not_final_is_not_published(draft):
    with pytest.raises(Conflict):
        draft.publish(LAST)
    draft.object()
    with pytest.raises(Conflict):
        draft.publish(date(2026, 6, 1))
    # the clock has run out, the objection stands against it
    assert results.publish_lapsed(actor=draft.system, on=date(2026, 6, 1)) == 0
    waiting = result_queue.waiting(draft.bureau, draft.visit.publish_by)
    assert [w.state for w in waiting] == ["bad"]
    draft.decide()
    assert results.publish_lapsed(actor=draft.system, on=draft.visit.publish_by) == 1
    assert Finding.objects.get(pk=draft.air.pk).published
    assert not Finding.objects.get(pk=draft.guards.pk).published


def test_agreed_it_may_be_published_at_once(draft):
    result_reviews.agree(draft.review, actor=draft.operator, now=at(date(2026, 3, 11)))
    assert draft.publish(date(2026, 3, 11)).state == "published"


# --- changes ---------------------------------------------------------------------------------------


class TestChange:
    def test_by_two_withdrawn_corrected_published_again(self, draft):
        draft.publish()
        change = draft.propose()
        assert change.withdraw_by == date(2026, 3, 25)  # three working days after Friday 20 March
        assert Inspection.objects.get().state == "published"
        draft.review = result_changes.confirm_change(
            draft.review, actor=draft.head, now=at(date(2026, 3, 23))
        )
        visit = Inspection.objects.get()
        assert visit.state == "published" and visit.published_at == at(date(2026, 3, 23))
        assert not Finding.objects.get(pk=draft.guards.pk).published
        assert Finding.objects.get(pk=draft.air.pk).published
        assert draft.review.latest == 2 and ResultVersion.objects.count() == 2
        assert Order.objects.get().due_on == draft.air.due_on
        actions = set(AuditEntry.objects.values_list("action", flat=True))
        assert {
            "inspections.result.change",
            "inspections.result.withdraw",
            "inspections.result.correct",
        } <= actions

    def test_taken_down_on_the_last_day_by_itself(self, draft):
        draft.publish()
        draft.propose()
        assert result_changes.withdraw_due(actor=draft.system, on=date(2026, 3, 24)) == 0
        assert result_changes.withdraw_due(actor=draft.system, on=date(2026, 3, 25)) == 1
        assert result_changes.withdraw_due(actor=draft.system, on=date(2026, 3, 25)) == 0
        assert Inspection.objects.get().state == "finished"
        assert results.publish_lapsed(actor=draft.system, on=date(2026, 6, 1)) == 0
        with pytest.raises(Conflict):
            draft.publish(date(2026, 3, 26))

    @pytest.mark.parametrize("down", [False, True])
    def test_declined_it_is_public_as_before(self, draft, down):
        draft.publish()
        draft.propose()
        if down:
            result_changes.take_down(draft.review, actor=draft.bureau)
            assert Inspection.objects.get().state == "finished"
        result_changes.decline_change(draft.review, note="证据不够，维持", actor=draft.head)
        assert Inspection.objects.get().state == "published"
        assert ResultReview.objects.get().state == "final" and ResultVersion.objects.count() == 1
        assert set(Finding.objects.values_list("published", flat=True)) == {True}

    def test_refusals(self, draft):
        with pytest.raises(Conflict):
            draft.propose()  # still with the facility
        draft.publish()
        for more, error in (
            ({"findings": []}, Refused),
            ({"findings": [0]}, NotFound),
            ({"reason": ""}, Refused),
            ({"reason_kind": "mood"}, Refused),
            ({"decided_on": date(2027, 1, 1)}, Refused),
            ({"decided_on": date(1, 1, 1)}, Refused),
            ({"version": 99}, Conflict),
        ):
            with pytest.raises(error), transaction.atomic():
                draft.propose(**more)
        draft.propose()
        with pytest.raises(Conflict), transaction.atomic():
            draft.propose()
        for actor in (draft.bureau, draft.operator, draft.system):
            with pytest.raises(Denied), transaction.atomic():
                result_changes.confirm_change(draft.review, actor=actor)
        with pytest.raises(Refused), transaction.atomic():
            result_changes.decline_change(draft.review, note="", actor=draft.head)

    def test_the_task_does_it_once(self, closed):
        for _again in range(2):
            tasks.publish_results_due(closed.cast.minhang.pk)
        with district_scope(closed.cast.minhang):
            assert Inspection.objects.get().state == "published"  # of March, long over
            assert ResultReview.objects.get().state == "final"


# --- pages -----------------------------------------------------------------------------------------


def test_the_facility_reads_objects_and_sees_the_answer(closed, client, monkeypatch):
    with district_scope(closed.cast.minhang):
        ResultReview.objects.update(answer_by=date(2100, 1, 1))
    pk, base = closed.review.pk, f"/minhang/results/{closed.review.pk}/"
    client.force_login(closed.cast.operator)
    page = client.get(base).content.decode()
    assert "你的意见" in page and "门岗没有人" in page and "更正结果…" not in page
    empty = client.post(base + "answer/", {"version": 1, "what": "object"})
    assert empty.status_code == 422 and "一条意见也没有写" in empty.content.decode()
    sent = client.post(
        base + "answer/", {"version": 1, "what": "object", f"text-{closed.guards.pk}": "在换班"}
    )
    assert sent.status_code == 302
    client.force_login(closed.cast.users["inspector"])
    assert "答复机构的意见" not in client.get(base).content.decode()  # who signed
    client.force_login(closed.cast.users["inspector2"])
    assert "答复机构的意见" in client.get(base).content.decode()
    with district_scope(closed.cast.minhang):
        said = ResultReview.objects.get(pk=pk).objections.get().pk
        words = closed.guards.item.text
    answer = client.post(
        base + "decide/", {"version": 2, f"outcome-{said}": "accepted", f"reason-{said}": "看了监控，属实"}
    )
    assert answer.status_code == 302
    client.force_login(closed.cast.operator)
    page = client.get(base).content.decode()
    assert "看了监控，属实" in page and "第 2 版" in page
    assert f"{words}：看了监控，属实" in page  # the item by its words, not by its key
    assert "发现的问题 1" in page  # the withdrawn one is shown, not counted
    order = client.get(f"/minhang/orders/{closed.guards.order_id}/").content.decode()
    assert "撤销，不用整改" in order and "问题 1<" in order
    with district_scope(closed.cast.minhang):
        first = ResultVersion.objects.get(number=1).pk
    old = client.get(f"{base}versions/{first}/")
    assert "已经被后面的版本代替" in old.content.decode()
    file = client.get(f"{base}versions/{first}/?file")
    assert rules.sha256(file.content) == file["X-Content-SHA256"]


def test_withdrawn_nothing_is_left_in_public(closed):
    with district_scope(closed.cast.minhang):
        closed.publish()
    with public_scope():
        assert Inspection.objects.filter(pk=closed.visit.pk).values("pk").exists()
    with district_scope(closed.cast.minhang):
        closed.propose()
        result_changes.take_down(closed.review, actor=closed.bureau)
    with public_scope():
        assert not Inspection.objects.filter(pk=closed.visit.pk).values("pk").exists()
        assert not Finding.objects.filter(inspection=closed.visit.pk).values("pk").exists()
