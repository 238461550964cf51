"""The credit record: what is refused, what takes two people, when what takes effect and ends, and where it shows."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from facilities import credit as reading
from facilities.models import CreditEntry, CreditRequest, Facility
from facilities.models.credit import listing
from facilities.queues import credit as credit_queue
from facilities.rulebook import verdicts
from facilities.rules import credit as rules
from facilities.services import credit, credit_notice, credit_requests
from facilities.services.facilities import index
from facilities.tasks import print_credit_notice, see_credit
from portal import calendar
from portal.errors import Conflict, Denied, Refused
from portal.models.policy import Parameter
from portal.models.records import AuditEntry
from portal.services.reference import load_reference
from portal.tenancy import city_scope, district_scope, public_scope
from tests.facilities import factories
from tests.facilities.credit import FACTS, at, in_force, paper, propose

TODAY = date(2026, 3, 18)
VALUES = {
    "publication.penalty_months": 36, "publication.repair_months": 3, "publication.repair_months_food_fire": 12,
    "credit.promise_months": 12, "credit.promise_repair_months": 3, "credit.discipline_months": 36,
    "credit.discipline_repair_months": 12, "credit.incentive_months": 24, "credit.objection_days": 5,
    "credit.answer_days": 10, "credit.notice_word": "示托信",
}  # fmt: skip


@pytest.fixture
def minhang(cast):
    """The district with its parameters, its scope open."""
    with district_scope(cast.minhang):
        for key, value in VALUES.items():
            Parameter.objects.get_or_create(
                key=key, starts_on=date(2020, 1, 1), defaults={"value": value, "label": key, "basis": "示例"}
            )
            Parameter.objects.filter(key=key).update(value=value)
        yield cast


def held(cast, kind="penalty", on=TODAY, facility=None, **values) -> CreditEntry:
    return in_force(facility or cast.facility, cast.actor("bureau"), cast.actor("head"), kind, on, **values)


def disciplined(cast, on=TODAY) -> CreditEntry:
    ground = held(cast, on=on - timedelta(40))
    return held(cast, "discipline", on, ground=ground)


# ---- rules


@pytest.mark.parametrize(
    ("kind", "matter", "ends", "repair"),
    [
        ("penalty", "general", date(2029, 1, 31), date(2026, 4, 30)),
        ("penalty", "food", date(2029, 1, 31), date(2027, 1, 31)),
        ("penalty", "fire", date(2029, 1, 31), date(2027, 1, 31)),
        ("promise", "general", date(2027, 3, 18), date(2026, 6, 18)),
        ("discipline", "general", date(2029, 3, 18), date(2027, 3, 18)),
        ("incentive", "general", date(2028, 3, 18), None),
        ("honour", "general", None, None),
    ],
)
def test_how_long_an_entry_stands_and_when_it_may_be_repaired(kind, matter, ends, repair):
    """A penalty runs from its decision, the rest from the day on which it took effect."""
    decided = date(2026, 1, 31)
    assert rules.end_of(kind, decided, TODAY, VALUES) == ends
    assert rules.repairable_from(kind, matter, decided, TODAY, VALUES) == repair


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 600))
def test_months_after_keep_the_day_or_take_the_last_of_the_month(day, months):
    found = rules.months_after(day, months)
    assert (found.year * 12 + found.month) - (day.year * 12 + day.month) == months
    assert found.day == day.day or (found.day < day.day and (found + timedelta(1)).day == 1)


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("title", {"title": "短"}),
        ("facts", {"facts": "短"}),
        ("authority", {"authority": ""}),
        ("document", {"document": "长" * 81}),
        ("decided_on", {"decided_on": TODAY + timedelta(1)}),
        ("decided_on", {"decided_on": date(1, 1, 1)}),
        ("decided_on", {"decided_on": date(2021, 1, 1)}),  # published for three years, which are over
        ("until", {"until": TODAY}),
        ("until", {"until": date(9999, 12, 31)}),
        ("matter", {"kind": "promise", "matter": "food"}),
        ("matter", {"matter": "nonsense"}),
        ("kind", {"kind": "nonsense"}),
        ("upload", {"upload": None}),
        ("ground", {"kind": "discipline"}),
    ],
)
def test_an_entry_that_makes_no_sense_is_refused_at_its_field(minhang, field, values):
    with pytest.raises(Refused) as refused:
        propose(minhang.facility, minhang.actor("bureau"), on=TODAY, **values)
    assert refused.value.field == field
    assert not CreditEntry.objects.exists()


# ---- two people, notice, effect


def test_what_speaks_against_a_facility_is_told_and_takes_effect_when_the_time_to_object_is_over(minhang):
    made = propose(minhang.facility, minhang.actor("bureau"), on=TODAY)
    assert (made.state, made.starts_on) == ("proposed", None)
    made = credit.confirm(made, actor=minhang.actor("head"), note="同意", now=at(TODAY))
    assert made.state == "noticed"
    assert made.objection_until == calendar.add_working_days(TODAY, 5) == date(2026, 3, 25)
    assert made.notice_number == "示托信〔2026〕1号"
    system = minhang.actor("bureau")
    assert credit.see(on=made.objection_until, actor=system) == (0, 0)
    with pytest.raises(Conflict):
        credit.take_effect(made, actor=system, on=made.objection_until)
    assert credit.see(on=date(2026, 3, 26), actor=system) == (1, 0)
    made.refresh_from_db()
    assert (made.state, made.starts_on) == ("in_force", date(2026, 3, 26))
    assert (made.ends_on, made.repair_from) == (date(2029, 3, 18), date(2026, 6, 18))
    assert credit.see(on=date(2026, 3, 26), actor=system) == (0, 0)  # again changes nothing
    actions = AuditEntry.objects.filter(action__startswith="facilities.credit.").order_by("pk")
    assert [a.action.rsplit(".", 1)[1] for a in actions] == ["propose", "notify", "take_effect"]


def test_an_honour_takes_effect_with_its_confirmation_and_its_own_day_ends_it(minhang):
    made = held(minhang, "honour", until=date(2026, 12, 31))
    assert (made.state, made.starts_on, made.ends_on) == ("in_force", TODAY, date(2026, 12, 31))
    assert credit.see(on=date(2026, 12, 31), actor=minhang.actor("bureau")) == (0, 0)
    assert credit.see(on=date(2027, 1, 2), actor=minhang.actor("bureau")) == (0, 1)
    made.refresh_from_db()
    assert (made.state, made.left_on) == ("expired", date(2027, 1, 1))


def test_nobody_confirms_the_own_entry_and_only_the_head_confirms(minhang):
    made = propose(minhang.facility, minhang.actor("bureau"), on=TODAY)
    with pytest.raises(Denied):
        credit.confirm(made, actor=minhang.actor("clerk"), now=at(TODAY))
    CreditEntry.objects.update(entered_by=minhang.users["head"])
    with pytest.raises(Denied):
        credit.confirm(made, actor=minhang.actor("head"), now=at(TODAY))
    with pytest.raises(Denied):
        credit.decline(made, actor=minhang.actor("head"), note="不行")
    for who in ("operator", "officer", "department", "inspector"):
        with pytest.raises(Denied):
            propose(minhang.facility, minhang.actor(who), on=TODAY)


def test_declining_takes_a_reason_and_ends_it(minhang):
    made = propose(minhang.facility, minhang.actor("bureau"), on=TODAY)
    with pytest.raises(Refused):
        credit.decline(made, actor=minhang.actor("head"), note=" ")
    assert credit.decline(made, actor=minhang.actor("head"), note="证据不够").state == "declined"
    with pytest.raises(Conflict):
        credit.confirm(made, actor=minhang.actor("head"))


# ---- the lists


def test_a_place_on_the_discipline_list_rests_on_an_entry_in_force_of_the_same_facility(minhang):
    other = Facility.objects.get(code="TS0002")
    for ground in (held(minhang, facility=other), held(minhang, "honour")):
        with pytest.raises(Refused) as refused:
            propose(minhang.facility, minhang.actor("bureau"), "discipline", TODAY, ground=ground)
        assert refused.value.field == "ground"
    with pytest.raises(Refused):  # and nothing else rests on one
        propose(minhang.facility, minhang.actor("bureau"), "promise", TODAY, ground=held(minhang))


def test_one_place_on_each_list_and_discipline_ends_the_other(minhang):
    honoured = held(minhang, "incentive", TODAY - timedelta(60))
    with pytest.raises(Conflict):
        propose(minhang.facility, minhang.actor("bureau"), "incentive", TODAY)
    assert reading.listings([minhang.facility.pk]) == {minhang.facility.pk: "incentive"}
    made = disciplined(minhang)
    honoured.refresh_from_db()
    assert (honoured.state, honoured.left_on) == ("released", made.starts_on)
    with pytest.raises(Conflict):
        propose(minhang.facility, minhang.actor("bureau"), "incentive", TODAY)
    with pytest.raises(Conflict):
        propose(minhang.facility, minhang.actor("bureau"), "discipline", TODAY, ground=made.ground)


def test_what_rests_on_a_revoked_entry_is_revoked_with_it(minhang):
    made = disciplined(minhang)
    asked = credit_requests.ask(
        made.ground, "objection", actor=minhang.actor("operator"), reason=FACTS, now=at(TODAY + timedelta(20))
    )
    credit_requests.grant(
        asked, actor=minhang.actor("head"), answer="查明不是这家", now=at(TODAY + timedelta(21))
    )
    made.refresh_from_db()
    assert (made.state, made.left_on) == ("revoked", TODAY + timedelta(21))
    assert made.ground.number in made.left_note
    assert reading.listings([minhang.facility.pk]) == {}


# ---- objection, repair, release


def told(cast) -> CreditEntry:
    made = propose(cast.facility, cast.actor("bureau"), on=TODAY)
    return credit.confirm(made, actor=cast.actor("head"), now=at(TODAY))


def test_an_objection_holds_an_entry_up_until_it_is_answered(minhang):
    made, operator, head = told(minhang), minhang.actor("operator"), minhang.actor("head")
    asked = credit_requests.ask(
        made, "objection", actor=operator, reason=FACTS, upload=paper(), now=at(TODAY)
    )
    assert asked.answer_due == calendar.add_working_days(TODAY, 10)
    with pytest.raises(Conflict):
        credit_requests.ask(made, "objection", actor=operator, reason=FACTS, now=at(TODAY))
    late = date(2026, 4, 10)
    assert credit.see(on=late, actor=head) == (0, 0)
    with pytest.raises(Refused):
        credit_requests.refuse(asked, actor=head, answer="", now=at(late))
    credit_requests.refuse(asked, actor=head, answer="证据清楚", now=at(late))
    made.refresh_from_db()
    assert (made.state, made.starts_on) == ("in_force", late)


def test_an_objection_that_is_right_revokes_it_before_it_ever_held(minhang):
    made = told(minhang)
    asked = credit_requests.ask(
        made, "objection", actor=minhang.actor("operator"), reason=FACTS, now=at(TODAY)
    )
    credit_requests.grant(asked, actor=minhang.actor("head"), now=at(TODAY))
    made.refresh_from_db()
    assert (made.state, made.starts_on) == ("revoked", None)
    with pytest.raises(Conflict):
        credit_requests.grant(asked, actor=minhang.actor("head"), now=at(TODAY))


def test_after_its_time_an_objection_waits_until_the_entry_is_in_force(minhang):
    made = told(minhang)
    late = at(made.objection_until + timedelta(1))
    with pytest.raises(Conflict):
        credit_requests.ask(made, "objection", actor=minhang.actor("operator"), reason=FACTS, now=late)
    credit.take_effect(made, actor=minhang.actor("bureau"), on=made.objection_until + timedelta(1))
    assert credit_requests.ask(made, "objection", actor=minhang.actor("operator"), reason=FACTS, now=late)


def test_a_repair_is_asked_from_its_day_on_and_decided_by_somebody_else(minhang):
    made, operator = held(minhang), minhang.actor("operator")
    with pytest.raises(Conflict) as early:
        credit_requests.ask(made, "repair", actor=operator, reason=FACTS, now=at(date(2026, 6, 17)))
    assert "2026-06-18" in str(early.value)
    asked = credit_requests.ask(made, "repair", actor=operator, reason=FACTS, now=at(date(2026, 6, 18)))
    assert not asked.on_paper
    with pytest.raises(Denied):
        credit_requests.withdraw(asked, actor=minhang.actor("bureau"))
    with pytest.raises(Denied):
        credit_requests.grant(asked, actor=operator)
    CreditRequest.objects.update(asked_by=minhang.users["head"])
    with pytest.raises(Denied):
        credit_requests.grant(asked, actor=minhang.actor("head"))
    CreditRequest.objects.update(asked_by=minhang.users["operator"])
    credit_requests.grant(asked, actor=minhang.actor("head"), answer="已改正", now=at(date(2026, 6, 20)))
    made.refresh_from_db()
    assert (made.state, made.left_on, made.left_note) == ("repaired", date(2026, 6, 20), "已改正")


def test_what_comes_on_paper_the_district_writes_down_and_a_release_is_the_districts_own(minhang):
    made = disciplined(minhang)
    on = at(TODAY + timedelta(30))
    with pytest.raises(Denied):
        credit_requests.ask(made, "release", actor=minhang.actor("operator"), reason=FACTS, now=on)
    with pytest.raises(Conflict):  # no list, no release
        credit_requests.ask(made.ground, "release", actor=minhang.actor("bureau"), reason=FACTS, now=on)
    paper_one = credit_requests.ask(made, "objection", actor=minhang.actor("bureau"), reason=FACTS, now=on)
    assert paper_one.on_paper
    with pytest.raises(Denied):
        credit_requests.withdraw(paper_one, actor=minhang.actor("officer"))
    credit_requests.withdraw(paper_one, actor=minhang.actor("bureau"))
    asked = credit_requests.ask(made, "release", actor=minhang.actor("bureau"), reason=FACTS, now=on)
    credit_requests.grant(asked, actor=minhang.actor("head"), now=on)
    made.refresh_from_db()
    assert made.state == "released"


def test_an_operator_asks_for_the_own_facility_only(minhang):
    made = held(minhang, facility=Facility.objects.get(code="TS0002"))
    with pytest.raises(Denied):
        credit_requests.ask(made, "objection", actor=minhang.actor("operator"), reason=FACTS)


# ---- tasks, paper


def test_the_task_ends_what_is_over_and_drops_an_unknown_number(minhang, cast):
    held(minhang, "promise", timezone.localdate() - timedelta(800))
    district = cast.minhang.pk
    entry = CreditEntry.objects.get()
    assert entry.state == "in_force"
    see_credit.run(district)
    entry.refresh_from_db()
    assert entry.state == "expired"
    for junk in (-1, 2**70, "x", None):
        assert print_credit_notice.run(district, junk) is None


def test_the_notice_names_the_decision_the_time_to_object_and_the_repair(minhang):
    made = told(minhang)
    html = credit_notice.html_of(CreditEntry.objects.select_related("facility__operator").get(pk=made.pk))
    for words in (
        "示托信〔2026〕1号",
        "2026年3月25日前",
        "满3个月可以申请信用修复",
        "（示例）罚 1 号",
        "36个月",
    ):
        assert words in html
    printed = credit_notice.print_notice(made, actor=minhang.actor("bureau"))
    assert printed.notice_file.content_type == "application/pdf"
    again = credit_notice.print_notice(made, actor=minhang.actor("bureau"))
    assert again.notice_file_id == printed.notice_file_id


# ---- who sees what


def test_drafts_are_seen_by_those_who_decide_and_the_auditor_only(minhang):
    propose(minhang.facility, minhang.actor("bureau"), on=TODAY)
    sees = {name for name in minhang.users if name not in ("stranger", "city_officer")}
    sees = {n for n in sees if CreditEntry.objects.known_to(minhang.actor(n)).exists()}
    assert sees == {"bureau", "clerk", "head", "auditor"}


def test_the_public_sees_what_is_in_force_and_none_of_the_facts(cast):
    with district_scope(cast.minhang):
        load = {"facility": cast.facility, "bureau": cast.actor("bureau"), "head": cast.actor("head")}
        entry = in_force(**load, until=timezone.localdate() + timedelta(40))
        propose(cast.facility, cast.actor("bureau"), "honour")
        old = in_force(**load, kind="honour", until=timezone.localdate() + timedelta(40))
        CreditEntry.objects.filter(pk=old.pk).update(ends_on=timezone.localdate() - timedelta(1))
    with public_scope():
        rows = CreditEntry.objects.only("number").order_by("number")
        assert [row.number for row in rows] == [entry.number]
    with city_scope():
        assert CreditEntry.objects.count() == 3


def test_who_waits_for_what(minhang):
    made = propose(minhang.facility, minhang.actor("bureau"))
    assert [w.verb for w in credit_queue.waiting(minhang.actor("head"))] == ["去审定"]
    assert credit_queue.waiting(minhang.actor("bureau")) == []
    made = credit.confirm(made, actor=minhang.actor("head"))
    assert [w.due for w in credit_queue.waiting(minhang.actor("operator"))] == [made.objection_until]
    credit_requests.ask(made, "objection", actor=minhang.actor("operator"), reason=FACTS)
    assert credit_queue.waiting(minhang.actor("operator")) == []
    assert [w.verb for w in credit_queue.waiting(minhang.actor("head"))] == ["去答复"]


# ---- where it shows


def test_each_tab_of_the_list_opens(cast, client):
    client.force_login(cast.bureau)
    page = client.get("/minhang/credit/").content.decode()
    tabs = set(re.findall(r'href="[^"?]*(\?[a-z]+=[a-z_]+)"', page))
    assert "?request=open" in tabs
    assert {client.get("/minhang/credit/" + tab).status_code for tab in tabs} == {200}


def test_the_mark_stands_wherever_the_facility_does(cast, client):
    with district_scope(cast.minhang):
        ground = in_force(cast.facility, cast.actor("bureau"), cast.actor("head"), on=TODAY)
        made = in_force(cast.facility, cast.actor("bureau"), cast.actor("head"), "discipline", ground=ground)
        factories.employment(cast.facility)
        index(cast.facility)
        cast.facility.latitude, cast.facility.longitude = 31.1, 121.4
        cast.facility.save()
        row = Facility.objects.annotate(listing=listing()).get(pk=cast.facility.pk)
        assert row.listing == "discipline"
    client.force_login(cast.users["bureau"])
    pk = cast.facility.pk
    for name, args, query in (
        ("facilities", [], ""),
        ("facility", [pk], ""),
        ("search", [], "?q=云杉"),
        ("staff", [], ""),
        ("credit", [], ""),
        ("credit-entry", [made.pk], ""),
        ("facility-rules", [pk], ""),
        ("facility-records", [pk], ""),
        ("map", [], f"?street={cast.street.pk}"),
    ):
        answer = client.get(reverse(name, args=["minhang", *args]) + query)
        text = answer.content.decode()
        assert answer.status_code == 200 and '<span class="tag listed veto">' in text, name
        assert "联合惩戒" in text
    public = client.get(reverse("public-credit", args=["minhang"]))
    assert made.title in public.content.decode() and FACTS not in public.content.decode()


def test_the_rulebook_judges_by_the_record_on_any_day(cast, db):
    load_reference()
    with district_scope(cast.minhang):
        made = in_force(cast.facility, cast.actor("bureau"), cast.actor("head"), on=TODAY - timedelta(60))
        listed = in_force(
            cast.facility, cast.actor("bureau"), cast.actor("head"), "discipline", TODAY, ground=made
        )

        def verdict(key: str, on: date) -> str:
            return {f.rule.key: f.verdict for f in verdicts.of_facility(cast.facility.pk, on)}[key]

        assert verdict("no-discipline", listed.starts_on - timedelta(1)) == "met"
        assert verdict("no-discipline", listed.starts_on) == "not_met"
        credit.leave(listed, "repair", actor=cast.actor("bureau"), on=TODAY + timedelta(60))
        assert verdict("no-discipline", TODAY + timedelta(59)) == "not_met"
        assert verdict("no-discipline", TODAY + timedelta(60)) == "met"
        promise = in_force(cast.facility, cast.actor("bureau"), cast.actor("head"), "promise", TODAY)
        assert verdict("promises-kept", TODAY) == "met"
        assert verdict("promises-kept", promise.starts_on) == "not_met"
