"""Evaluating facilities: the three sides, who may evaluate whom, points and grade, decision, objection, models."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import given
from hypothesis import strategies as st

from facilities.models import Facility, Operator
from inspections.models import EvaluationCase, EvaluationFile, EvaluationSheet, Indicator, Order, Selection
from inspections.rules import evaluations as rules
from inspections.services import evaluation_decisions as decisions
from inspections.services import evaluation_queue as queue
from inspections.services import evaluation_rounds as rounds
from inspections.services import evaluation_selection as selection
from inspections.services import evaluation_sheets as sheets
from inspections.views import evaluation_cases as views
from portal.access import Actor
from portal.errors import Conflict, Denied, NotFound, Refused
from portal.models import AuditEntry, Membership
from portal.rules.rights import Role
from tests import rows
from tests.inspections import evaluation as world
from tests.inspections import small_district
from tests.inspections.evaluation import DAY, DAYS, at
from tests.queries import at_most

# ---- rules


@pytest.mark.parametrize(
    ("total", "vetoes", "grade"),
    [(1000, 0, "A"), (900, 0, "A"), (899.5, 0, "B"), (750, 0, "B"), (600, 0, "C"), (599.5, 0, "D"), (0, 0, "D"),
     (1000, 1, "D")],
)  # fmt: skip
def test_the_grade_follows_from_points_and_veto_items(total, vetoes, grade):
    assert rules.grade_of(total, vetoes, {"A": 900, "B": 750, "C": 600}, "D") == grade


def test_a_veto_item_lowers_a_grade_and_never_raises_it():
    limits = {"A": 900, "B": 750, "C": 600}
    assert rules.grade_of(950, 1, limits, "C") == "C" and rules.grade_of(100, 1, limits, "C") == "D"


@pytest.mark.parametrize(
    ("points", "steps", "given", "wrong"),
    [(10, [], "10", None), (10, [], "9.5", None), (10, [], "9.3", "number"), (10, [], "10.5", "number"),
     (10, [[10, "全部"], [6, "多数"], [0, "没有"]], "6", None), (10, [[10, "全部"], [0, "没有"]], "5", "level")],
)  # fmt: skip
def test_points_are_halves_or_one_of_the_levels(points, steps, given, wrong):
    found = rules.allowed_points(points, steps, Decimal(given))
    assert (found[0] if found else None) == wrong


@pytest.mark.parametrize(
    ("values", "full", "far"),
    [([80, 95], 100, False), ([80, 100.5], 100, True), ([None, 95], 100, False), ([80, None, 101], 100, True),
     ([], 100, False)],
)  # fmt: skip
def test_far_apart_is_more_than_the_share_of_the_full_points(values, full, far):
    assert rules.far(values, full, 20) is far


HOUSES = [
    rules.House(f"H{n:02d}", operator=f"o{n % 4}" if n % 3 else "", chain="好" if n % 5 == 0 else "")
    for n in range(12)
]


@given(seed=st.binary(min_size=32, max_size=32), number=st.integers(1, 3))
def test_nobody_evaluates_the_own_operator_or_chain_and_the_same_seed_gives_the_same(seed, number):
    found = rules.assign(seed, HOUSES, HOUSES, number, barred={("H01", "H02")})
    by_code = {one.code: one for one in HOUSES}
    for code, evaluators in found.items():
        assert len(set(evaluators)) == len(evaluators) <= number
        assert not any(rules.related(by_code[code], by_code[one]) for one in evaluators)
    assert "H02" not in found["H01"]
    assert found == rules.assign(seed, list(reversed(HOUSES)), HOUSES, number, barred={("H01", "H02")})
    load = [sum(code in evaluators for evaluators in found.values()) for code in by_code]
    assert max(load) - min(load) <= number + 1


def test_who_has_a_peer_already_gets_only_what_is_missing():
    found = rules.assign(bytes(32), HOUSES[:2], HOUSES, 2, taken={"H00": ["H01", "H02"], "H01": ["H03"]})
    assert found["H00"] == [] and len(found["H01"]) == 1 and found["H01"] != ["H03"]


# ---- the round


@pytest.fixture
def small(db, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    made = small_district.make()
    with made.scope():
        yield made


@pytest.fixture
def it(small):
    return world.running(small)


def values(**more) -> dict:
    return {"year": 2026, "title": "示例评估", "peers": 1, **DAYS} | more


@pytest.mark.parametrize(
    ("change", "field"),
    [({"year": 1}, "year"), ({"title": ""}, "title"), ({"peers": 0}, "peers"), ({"peers": 6}, "peers"),
     ({"self_until": date(2026, 2, 1)}, "self_until"), ({"third_until": date(9999, 12, 31)}, "third_until")],
)  # fmt: skip
def test_a_round_that_makes_no_sense_is_refused(small, change, field):
    world.parameters()
    indicators = world.published(small.actor("bureau"), small.actor("head"))
    with pytest.raises(Refused) as refused:
        rounds.make_round(indicators, actor=small.actor("bureau"), **values(**change))
    assert refused.value.field == field


def test_only_a_set_in_use_and_only_facilities_it_is_for(small):
    world.parameters()
    bureau = small.actor("bureau")
    draft = world.filled(bureau)
    with pytest.raises(Refused) as refused:
        rounds.make_round(draft, actor=bureau, **values())
    assert refused.value.field == "set"
    indicators = world.published(bureau, small.actor("head"), key="other")
    made = rounds.make_round(indicators, actor=bureau, **values())
    with pytest.raises(Refused):
        rounds.open_round(made, actor=bureau, version=1)
    with pytest.raises(Refused) as refused:
        rounds.choose(made, codes=["SM0004"], actor=bureau)  # a 宝宝屋
    assert "SM0004" in refused.value.message
    assert rounds.choose(made, actor=bureau) == 3
    with pytest.raises(Refused):
        rounds.choose(made, actor=bureau)  # all are in


def test_a_stale_form_changes_nothing(it):
    bureau = it.small.actor("bureau")
    with pytest.raises(Conflict) as stale:
        rounds.change_round(it.round, actor=bureau, version=it.round.version + 1, **values(title="新名"))
    assert stale.value.code == "stale"


# ---- sheets


def test_an_own_evaluation_is_saved_field_by_field_and_handed_in(it):
    keeper, sheet = it.keepers["SM0001"], it.sheet("self")
    one = Indicator.objects.get(set=it.round.set, dimension="care")
    sheets.save_score(sheet, one, points=Decimal("150.5"), note="示例", actor=keeper, now=at())
    again = sheets.save_score(sheet, one, points=Decimal("151"), version=1, actor=keeper, now=at())
    assert (again.version, again.points) == (2, Decimal("151"))
    with pytest.raises(Refused) as refused:
        sheets.submit_sheet(sheet, note="", version=sheet.version, actor=keeper, now=at())
    assert "还有 22 条没有填好" in refused.value.message
    done = it.hand_in(sheet, keeper, 0.8)
    assert (done.state, done.total, done.grade) == ("submitted", Decimal("800"), "B")
    assert done.dimensions["care"] == 160
    with pytest.raises(Conflict):
        sheets.save_score(done, one, points=Decimal("1"), actor=keeper, now=at())


def test_nobody_else_fills_in_a_sheet(it):
    one = Indicator.objects.get(set=it.round.set, dimension="care")
    for actor in (it.keepers["SM0006"], it.keepers["SM0002"], it.expert, it.small.actor("bureau")):
        with pytest.raises(Denied):
            sheets.save_score(it.sheet("self"), one, points=Decimal("1"), actor=actor, now=at())


@pytest.mark.parametrize("day", [date(2026, 2, 28), date(2026, 3, 21)])
def test_a_sheet_is_filled_in_on_its_days(it, day):
    one = Indicator.objects.get(set=it.round.set, dimension="care")
    with pytest.raises(Conflict) as refused:
        sheets.save_score(it.sheet("self"), one, points=Decimal("1"), actor=it.keepers["SM0001"], now=at(day))
    assert refused.value.code == "phase"


def test_a_veto_item_that_is_the_case_needs_its_facts(it):
    keeper, sheet = it.keepers["SM0001"], it.fill(it.sheet("self"), it.keepers["SM0001"])
    one = Indicator.objects.get(set=it.round.set, dimension="veto", code="1")
    sheets.save_score(sheet, one, breached=True, version=1, actor=keeper, now=at())
    with pytest.raises(Refused):
        sheets.submit_sheet(sheet, note="", version=sheet.version, actor=keeper, now=at())
    sheets.save_score(sheet, one, breached=True, note="示例事实", version=2, actor=keeper, now=at())
    done = sheets.submit_sheet(sheet, note="", version=sheet.version, actor=keeper, now=at())
    assert (done.total, done.vetoes, done.grade) == (Decimal("1000"), 1, "D")


def test_an_indicator_of_another_set_is_not_taken(it):
    other = world.published(it.small.actor("bureau"), it.small.actor("head"), key="other")
    with pytest.raises(NotFound):
        sheets.save_score(
            it.sheet("self"),
            other.indicators.first(),
            points=Decimal("1"),
            actor=it.keepers["SM0001"],
            now=at(),
        )


def test_evidence_is_kept_once_and_only_what_it_is(it):
    keeper, sheet = it.keepers["SM0001"], it.sheet("self")
    one = Indicator.objects.get(set=it.round.set, dimension="care")
    for _n in range(2):
        sheets.add_file(sheet, one, SimpleUploadedFile("a.pdf", b"%PDF-1.4\n%%EOF\n"), actor=keeper, now=at())
    assert EvaluationFile.objects.count() == 1
    with pytest.raises(Refused):
        sheets.add_file(sheet, one, SimpleUploadedFile("a.pdf", b"MZ"), actor=keeper, now=at())
    sheets.remove_file(EvaluationFile.objects.get(), actor=keeper, now=at())
    assert not EvaluationFile.objects.exists()


def test_the_third_party_hands_in_its_report_in_its_days_only(it):
    bureau, case = it.small.actor("bureau"), it.case()
    with pytest.raises(Refused):
        rounds.name_evaluator(case, "third", it.keepers["SM0002"].user, actor=bureau, at=at())
    sheet = rounds.name_evaluator(case, "third", it.expert.user, actor=bureau, at=at())
    it.fill(sheet, it.expert)
    with pytest.raises(Refused) as refused:
        sheets.submit_sheet(sheet, note="", version=sheet.version, actor=it.expert, now=at())
    assert refused.value.field == "upload"
    done = it.hand_in(sheet, it.expert, 0.7)
    assert done.report is not None and done.grade == "C"
    with pytest.raises(Conflict):
        rounds.name_evaluator(case, "third", it.expert.user, actor=bureau, at=at())


def test_an_experts_account_ends_with_its_time(it):
    """A membership that is over gives no right, whatever was assigned."""
    sheet = rounds.name_evaluator(it.case(), "third", it.expert.user, actor=it.small.actor("bureau"), at=at())
    Membership.objects.filter(user=it.expert.user).update(ends_on=date(2026, 3, 1))
    over = Actor.of(it.expert.user, it.small.district)
    assert not sheets.editable(over, "third").filter(pk=sheet.pk).exists()


# ---- peers


def test_peers_are_assigned_by_a_recorded_seed_and_can_be_found_again(it):
    bureau = it.small.actor("bureau")
    with pytest.raises(Refused):
        rounds.assign_by_chance(it.round, actor=bureau)  # nobody is in the pool
    for code, keeper in it.keepers.items():
        rounds.enter_peer(it.round, it.small.facility(code), keeper.user, actor=bureau)
    made, short = rounds.assign_by_chance(it.round, actor=bureau, seed="ab" * 32, at=at())
    assert (made, short) == (2, [])
    entry = AuditEntry.objects.get(action="inspections.evaluation_round.assign").changes
    pool = [rounds.house(one.facility) for one in rounds.pool_of(it.round)]
    evaluated = [rounds.house(it.small.facility(code)) for code in ("SM0001", "SM0006")]
    assert rules.assign(bytes.fromhex(entry["seed"]), evaluated, pool, 1) == entry["sheets"]
    it.round.refresh_from_db()
    assert it.round.seed == "ab" * 32
    assert rounds.assign_by_chance(it.round, actor=bureau)[0] == 0  # everybody has enough


def test_the_own_chain_is_never_evaluated(it):
    bureau = it.small.actor("bureau")
    chain = [Operator.objects.create(name=f"示例举办者{n}", chain="示例连锁") for n in range(2)]
    for code, operator in zip(("SM0001", "SM0002"), chain, strict=True):
        Facility.objects.filter(code=code).update(operator=operator)
    rounds.enter_peer(it.round, it.small.facility("SM0002"), it.keepers["SM0002"].user, actor=bureau)
    made, short = rounds.assign_by_chance(it.round, actor=bureau)
    assert (made, short) == (1, ["SM0001"])
    with pytest.raises(Refused) as refused:
        rounds.name_evaluator(it.case(), "peer", it.keepers["SM0002"].user, actor=bureau)
    assert refused.value.code == "related"


def test_only_who_keeps_the_facility_stands_for_it(it):
    bureau = it.small.actor("bureau")
    with pytest.raises(Refused):
        rounds.enter_peer(it.round, it.small.facility("SM0001"), it.keepers["SM0002"].user, actor=bureau)
    rounds.enter_peer(it.round, it.small.facility("SM0002"), it.keepers["SM0002"].user, actor=bureau)
    with pytest.raises(Conflict):
        rounds.enter_peer(it.round, it.small.facility("SM0002"), it.keepers["SM0002"].user, actor=bureau)


def test_who_declares_an_interest_is_replaced_and_does_not_come_back(it):
    bureau = it.small.actor("bureau")
    for code in ("SM0002", "SM0006"):
        rounds.enter_peer(it.round, it.small.facility(code), it.keepers[code].user, actor=bureau)
    rounds.assign_by_chance(it.round, actor=bureau, seed="ab" * 32)
    sheet = it.sheet("peer")
    evaluator = it.keepers[sheet.of_facility.code]
    with pytest.raises(Denied):
        sheets.recuse(sheet, reason="亲属在那里工作", actor=it.keepers["SM0001"])
    sheets.recuse(sheet, reason="亲属在那里工作", actor=evaluator)
    made, _short = rounds.assign_by_chance(it.round, actor=bureau)
    assert made == 1
    assert it.sheet("peer").evaluator != evaluator.user
    with pytest.raises(Conflict):
        rounds.name_evaluator(it.case(), "peer", evaluator.user, actor=bureau)


# ---- the decision


def test_two_people_decide_and_the_facility_is_told(it):
    bureau, head = it.small.actor("bureau"), it.small.actor("head")
    it.hand_in(it.sheet("self"), it.keepers["SM0001"])
    case = it.decided(0.95)
    assert (case.state, case.grade, case.total) == ("decided", "A", Decimal("949"))
    for second in (bureau, it.small.actor("clerk")):
        with pytest.raises(Denied):
            decisions.confirm(case, actor=second, version=case.version)
    case = decisions.confirm(case, actor=head, version=case.version, at=at(date(2026, 4, 3)))
    assert (case.state, case.objection_until) == ("told", date(2026, 4, 13))  # 清明节 in between
    decisions.settle_due(actor=it.small.actor(), on=date(2026, 4, 13))
    assert it.case().state == "told"
    assert decisions.settle_due(actor=it.small.actor(), on=date(2026, 4, 14)) == 1
    case = it.case()
    case = decisions.publish(case, actor=bureau, version=case.version, on=date(2026, 4, 15))
    assert (case.state, case.published_on) == ("published", date(2026, 4, 15))


def test_nothing_is_decided_while_a_side_has_its_days(it):
    bureau = it.small.actor("bureau")
    decisions.open_final(it.case(), actor=bureau, at=at())
    case = it.case()
    with pytest.raises(Refused) as refused:
        decisions.decide(case, reasons="示例理由", actor=bureau, version=case.version, at=at())
    assert refused.value.code == "waiting" and "机构自评" in refused.value.message
    later = at(date(2026, 4, 2))
    with pytest.raises(Refused) as refused:  # the days are over; the district's points are missing
        decisions.decide(case, reasons="示例理由", actor=bureau, version=case.version, at=later)
    assert refused.value.code == "incomplete"
    with pytest.raises(Refused) as refused:
        decisions.decide(case, reasons=" ", actor=bureau, version=case.version, at=later)
    assert refused.value.field == "reasons"


def test_the_districts_sheet_begins_with_what_the_commissioned_gave(it):
    bureau = it.small.actor("bureau")
    it.hand_in(
        rounds.name_evaluator(it.case(), "third", it.expert.user, actor=bureau, at=at()), it.expert, 0.7
    )
    sheet = decisions.open_final(it.case(), actor=bureau)
    assert sheets.counted(sheet, DAY)[0] == Decimal("700")
    assert decisions.open_final(it.case(), actor=bureau).pk == sheet.pk


def test_what_the_second_person_returns_is_decided_anew(it):
    head = it.small.actor("head")
    case = it.decided(0.95)
    with pytest.raises(Refused):
        decisions.return_case(case, note="", actor=head, version=case.version)
    case = decisions.return_case(case, note="安全的分偏高", actor=head, version=case.version)
    assert case.state == "scoring" and it.sheet("final").state == "open"
    assert it.decided(0.8).grade == "B"


def test_a_facility_objects_once_in_its_days(it):
    head, keeper = it.small.actor("head"), it.keepers["SM0001"]
    case = it.told(share=0.7)
    with pytest.raises(Denied):
        decisions.object_to(
            case, text="分低了", actor=it.keepers["SM0006"], version=case.version, at=at(date(2026, 4, 7))
        )
    with pytest.raises(Conflict) as late:
        decisions.object_to(case, text="分低了", actor=keeper, version=case.version, at=at(date(2026, 4, 14)))
    assert late.value.code == "over"
    case = decisions.object_to(
        case, text="分低了", actor=keeper, version=case.version, at=at(date(2026, 4, 7))
    )
    case = decisions.answer(
        case, agree=True, text="材料补齐了", actor=head, version=case.version, at=at(date(2026, 4, 8))
    )
    assert case.state == "scoring"
    case = it.decided(0.92)
    case = decisions.confirm(case, actor=head, version=case.version, at=at(date(2026, 4, 9)))
    assert (case.state, case.grade) == ("final", "A")  # no second objection
    with pytest.raises(Conflict):
        decisions.object_to(case, text="还是低", actor=keeper, version=case.version, at=at(date(2026, 4, 9)))


def test_an_objection_that_is_not_right_leaves_the_decision(it):
    case = it.told(share=0.7)
    case = decisions.object_to(
        case, text="分低了", actor=it.keepers["SM0001"], version=case.version, at=at(date(2026, 4, 7))
    )
    with pytest.raises(Refused):
        decisions.answer(case, agree=False, text="", actor=it.small.actor("head"), version=case.version)
    case = decisions.answer(
        case, agree=False, text="材料不足", actor=it.small.actor("head"), version=case.version
    )
    assert (case.state, case.grade) == ("final", "C")


def test_a_round_closes_when_everybody_is_decided(it):
    bureau = it.small.actor("bureau")
    with pytest.raises(Refused):
        rounds.close_round(it.round, actor=bureau, version=it.round.version)
    for code in ("SM0001", "SM0006"):
        case = it.case(code)
        rounds.leave(case, note="停办了", actor=bureau, version=case.version)
    assert rounds.close_round(it.round, actor=bureau, version=it.round.version).state == "closed"


# ---- side by side


def test_where_the_sides_differ_is_marked(it):
    bureau = it.small.actor("bureau")
    it.hand_in(it.sheet("self"), it.keepers["SM0001"], 1.0)
    it.hand_in(
        rounds.name_evaluator(it.case(), "third", it.expert.user, actor=bureau, at=at()),
        it.expert,
        0.7,
        veto=True,
    )
    found = {one["name"]: one for one in views.compared(it.case(), tuple(rules.KINDS), DAY)}
    assert found["保育照护"]["sums"] == [200.0, None, 140.0, None] and found["保育照护"]["far"]
    vetoes = found["否决项"]
    assert vetoes["sums"] == [0, None, 1, None] and [line["far"] for line in vetoes["lines"]].count(True) == 1


# ---- models


def chosen(it, **more) -> EvaluationCase:
    """SM0001 decided with an A, published."""
    it.told(**more)
    decisions.settle_due(actor=it.small.actor(), on=date(2026, 4, 14))
    case = it.case()
    return decisions.publish(case, actor=it.small.actor("bureau"), version=case.version, on=date(2026, 4, 15))


def test_who_meets_every_criterion_comes_first_and_is_named_after_its_days(it):
    bureau, head, day = it.small.actor("bureau"), it.small.actor("head"), at(date(2026, 4, 16))
    case = chosen(it)
    first, second = selection.candidates(it.round, date(2026, 4, 16))
    assert first.case == case and first.fit
    assert not second.fit and not second.criteria["final"] and second.criteria["order"]
    with pytest.raises(Refused):
        selection.propose(second.case, reason="示例理由", actor=bureau, at=day)
    row = selection.propose(case, reason="示例理由", actor=bureau, at=day)
    with pytest.raises(Denied):
        selection.notice(row, actor=bureau, version=row.version, at=day)
    row = selection.notice(row, actor=head, version=row.version, at=day)
    assert (row.state, row.notice_until) == ("noticed", date(2026, 4, 23))
    with pytest.raises(Conflict) as early:
        selection.name(row, actor=head, version=row.version, on=date(2026, 4, 23))
    assert early.value.code == "early"
    assert selection.name(row, actor=head, version=row.version, on=date(2026, 4, 24)).state == "named"


def test_what_happens_meanwhile_stops_a_naming(it):
    bureau, head, day = it.small.actor("bureau"), it.small.actor("head"), at(date(2026, 4, 16))
    row = selection.propose(chosen(it), reason="示例理由", actor=bureau, at=day)
    row = selection.notice(row, actor=head, version=row.version, at=day)
    visit = it.small.past_visit("SM0001", date(2026, 4, 20), "JC001", "JC002")
    rows.make(Order, inspection=visit, facility=visit.facility, state="issued")
    with pytest.raises(Refused) as refused:
        selection.name(row, actor=head, version=row.version, on=date(2026, 4, 24))
    assert "没有没销号的整改" in refused.value.message
    row = selection.drop(row, note="公示期里查出问题", actor=head, version=row.version)
    assert row.state == "dropped"


# ---- pages, and what each person sees


def page(client, user, path: str):
    client.force_login(user)
    return client.get(f"/small/evaluations/{path}")


@pytest.fixture
def closed(db, settings, tmp_path):
    """The world without an open scope, today within the round's days."""
    settings.DATA_DIR = tmp_path
    return small_district.make()


def test_a_peer_sees_evidence_and_no_points_of_others(closed, client, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.localdate", lambda *a, **k: DAY)
    with closed.scope():
        it = world.running(closed)
        keeper = it.keepers["SM0001"]
        one = Indicator.objects.get(set=it.round.set, dimension="care")
        sheets.add_file(
            it.sheet("self"),
            one,
            SimpleUploadedFile("午睡.pdf", b"%PDF-1.4\n%%EOF\n"),
            actor=keeper,
            now=at(),
        )
        it.hand_in(it.sheet("self"), keeper, 0.875)
        rounds.enter_peer(
            it.round, closed.facility("SM0002"), it.keepers["SM0002"].user, actor=closed.actor("bureau")
        )
        rounds.assign_by_chance(it.round, actor=closed.actor("bureau"))
        mine, own, case = it.sheet("peer"), it.sheet("self"), it.case()
        proof = EvaluationFile.objects.get()
    peer = it.keepers["SM0002"].user
    answer = page(client, peer, f"sheets/{mine.pk}/")
    text = answer.content.decode()
    assert answer.status_code == 200 and "午睡.pdf" in text and "175" not in text
    assert client.get(f"/small/evaluations/sheets/{mine.pk}/files/{proof.pk}/").status_code == 200
    for path in (f"sheets/{own.pk}/", f"cases/{case.pk}/"):
        assert client.get(f"/small/evaluations/{path}").status_code == 404
    # the facility sees its own points and nobody else's before it is told
    text = page(client, keeper.user, f"cases/{case.pk}/").content.decode()
    assert "175" in text and "同行互评" not in text
    assert client.get(f"/small/evaluations/sheets/{mine.pk}/").status_code == 404


def test_a_sheet_in_the_browser_saves_itself(closed, client, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.localdate", lambda *a, **k: DAY)
    with closed.scope():
        it = world.running(closed)
        sheet, one = it.sheet("self"), Indicator.objects.get(set=it.round.set, dimension="care")
    client.force_login(it.keepers["SM0001"].user)
    to = f"/small/evaluations/sheets/{sheet.pk}/"
    with at_most(20):
        assert client.get(to).status_code == 200
    saved = client.post(
        f"{to}scores/{one.pk}/", {"points": "150", "version": 0}, headers={"HX-Request": "true"}
    )
    assert saved.status_code == 200 and "填好 1 / 23" in saved.content.decode()
    wrong = client.post(
        f"{to}scores/{one.pk}/", {"points": "999", "version": 1}, headers={"HX-Request": "true"}
    )
    assert wrong.status_code == 422 and "填 0 到 200 之间的数" in wrong.content.decode()
    assert client.post(f"{to}scores/{one.pk}/", {"points": "²"}).status_code == 422
    assert client.post(f"{to}scores/{one.pk}/", {"points": "151", "version": 1}).status_code == 302
    with closed.scope():
        assert EvaluationSheet.objects.get(pk=sheet.pk).scores.get(indicator=one).points == 151


def test_the_queue_tells_each_person_what_waits(it):
    keeper, head, bureau = it.keepers["SM0001"], it.small.actor("head"), it.small.actor("bureau")
    assert [one.verb for one in queue.waiting(keeper, DAY)] == ["填评估表"]
    assert queue.waiting(keeper, date(2026, 5, 1)) == []
    lines = queue.digest(it.small.actor(), date(2026, 3, 18), date(2026, 3, 17))
    assert [line.state for line in lines(keeper, DAY)] == ["warn"] and lines(bureau, DAY) == []
    case = it.decided()
    assert [one.verb for one in queue.waiting(head, date(2026, 4, 2))] == ["复核"]
    decisions.confirm(case, actor=head, version=case.version, at=at(date(2026, 4, 3)))
    assert [one.verb for one in queue.waiting(keeper, date(2026, 4, 7))] == ["看结果"]
    decisions.settle_due(actor=it.small.actor(), on=date(2026, 4, 20))
    assert "公布" in [one.verb for one in queue.waiting(bureau, date(2026, 4, 20))]


def test_the_public_reads_published_results_without_any_free_text(closed, client):
    with closed.scope():
        it = world.running(closed)
        case = chosen(it)
        EvaluationCase.objects.filter(pk=case.pk).update(reasons="张三 13800138000", objection="李四")
        selection.propose(
            case, reason="王五 13800138001", actor=closed.actor("bureau"), at=at(date(2026, 4, 16))
        )
        Selection.objects.update(state="noticed", notice_until=date(2026, 4, 23))
    text = client.get("/public/small/evaluations/").content.decode()
    assert "示例SM0001" in text and "A 级" in text and "公示中" in text and "示例SM0006" not in text
    assert not any(word in text for word in ("张三", "李四", "王五", "1380013"))


def test_who_gives_in_another_role_is_told_no(it):
    keeper = it.keepers["SM0001"]
    with pytest.raises(Denied):
        rounds.assign_by_chance(it.round, actor=keeper)
    with pytest.raises(Denied):
        decisions.open_final(it.case(), actor=it.small.actor("head"))
    assert Role.EXPERT in it.expert.roles and not it.expert.may("evaluation.view")
