"""Recusal: who may ask, how, what the head decides, who comes in, and what everybody reads of it."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from inspections.models import (
    DrawAddendum,
    Inspection,
    Interest,
    Recusal,
    TeamMember,
)
from inspections.services import (
    case_history,
    confirmations,
    draw_teams,
    field_day,
    recusals,
    visit_codes,
    visit_queue,
    visits,
)
from portal.access import Actor
from portal.errors import Conflict, Denied, NotFound, Refused
from portal.models import AuditEntry, Membership, Message
from portal.rules.rights import Role
from portal.tenancy import district_scope
from tests.inspections import factories, small_district
from tests.inspections.factories import MARCH, at

WHY = "她的妹妹在我们园当保育员"
SAID = "核实过，亲属关系属实"


class World:
    """An unscheduled visit under way (JC901, JC902), a third inspector who could come in. The scope is open."""

    def __init__(self, cast):
        factories.reference(cast.minhang)
        self.cast = cast
        self.one, self.two, self.bureau, self.head, self.operator = (
            cast.actor(n) for n in ("inspector", "inspector2", "bureau", "head", "operator")
        )
        self.team = factories.team(cast)
        self.third = factories.inspector(None, "JC903", cast.bureau_unit)
        self.visit = Inspection.objects.create(
            number="JC-2603-001", kind="unscheduled", reason_kind="order", reason="示例", facility=cast.facility,
            month=MARCH.replace(day=1), due_on=timezone.localdate() + timedelta(days=9),
        )  # fmt: skip
        for n, one in enumerate(self.team, start=1):
            TeamMember.objects.create(inspection=self.visit, inspector=one, origin="named", position=n)

    def start(self) -> None:
        self.visit = visits.start(self.visit, actor=self.one, now=at(MARCH, 9))

    def end(self) -> None:
        factories.all_ok(self.visit, self.one, now=at(MARCH))
        self.visit = visits.sign_off(self.visit, present="示例园长", actor=self.one, now=at(MARCH, 11))

    def ask(self, inspector=None, **more) -> Recusal:
        given = {"name": "陈老师", "post": "园长", "reason": WHY, "actor": self.system} | more
        return recusals.ask_at_the_door(self.visit, inspector or self.team[1], **given)

    @property
    def system(self) -> Actor:
        return Actor.visitor(self.cast.minhang)

    def decide(self, row: Recusal, granted: bool = True, **more) -> Recusal:
        given = {"answer": SAID, "actor": self.head} | more
        if granted and "instead" not in given:
            given["instead"] = self.third
        return recusals.decide(row, granted, **given)

    def codes(self) -> list[str]:
        return [one.code for one in recusals.team_of(self.visit)]


@pytest.fixture
def world(cast):
    with district_scope(cast.minhang):
        found = World(cast)
        found.start()
        yield found


def test_granted_another_one_comes_in_and_the_two_are_kept_apart(world):
    row = world.decide(world.ask())
    assert (row.state, row.replaced_by) == ("granted", world.third)
    assert world.codes() == ["JC901", "JC903"]
    out = TeamMember.objects.get(inspector=world.team[1])
    assert out.dropped_reason == "依法回避"
    tie = Interest.objects.get()
    assert (tie.inspector, tie.facility, tie.ends_on) == (world.team[1], world.cast.facility, None)
    entry = AuditEntry.objects.get(action="inspections.recusal.decide")
    assert entry.changes["in"] == "JC903" and entry.changes["granted"] is True
    assert WHY not in json.dumps(entry.changes, ensure_ascii=False)


def test_refused_the_team_stays_and_the_facility_reads_why(world):
    row = world.decide(world.ask(), granted=False, answer="查过户籍，没有亲属关系")
    assert row.state == "refused" and world.codes() == ["JC901", "JC902"] and not Interest.objects.exists()
    told = Message.objects.get(user=world.cast.users["operator"])
    assert "查过户籍，没有亲属关系" in json.dumps(told.lines, ensure_ascii=False)


def test_the_visit_goes_on_but_is_not_finished_before_the_decision(world):
    row = world.ask()
    world.end()
    for finish in (
        lambda: confirmations.confirm_visit(world.visit, actor=world.two),
        lambda: confirmations.waive_visit(world.visit, reason="第二人重病住院", actor=world.bureau),
    ):
        with pytest.raises(Conflict) as refused:
            finish()
        assert refused.value.code == "recusal"
    world.decide(row, granted=False)
    assert confirmations.confirm_visit(world.visit, actor=world.two).state == "finished"


def test_granted_after_the_signature_the_record_is_open_again(world):
    row = world.ask()
    world.end()
    world.decide(row)
    world.visit.refresh_from_db()
    assert (world.visit.state, world.visit.signed_by) == ("under_way", None)
    with pytest.raises(Denied):  # who stepped aside answers nothing any more
        visits.sign_off(world.visit, present="示例园长", actor=world.two)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"), ({"name": "长" * 41}, "name"), ({"post": "长" * 41}, "post"), ({"reason": "短"}, "reason"),
        ({"reason": "长" * 501}, "reason"), ({"reason": "打她电话 13812345678 就知道"}, "reason"),
    ],
)  # fmt: skip
def test_what_makes_no_request_is_refused_at_its_field(world, wrong, field):
    with pytest.raises(Refused) as refused:
        world.ask(**wrong)
    assert refused.value.field == field and not Recusal.objects.exists()


def test_only_about_somebody_who_is_in_the_team_now(world):
    with pytest.raises(Refused) as refused:
        world.ask(world.third)
    assert refused.value.field == "inspector"
    world.decide(world.ask())
    with pytest.raises(Refused):
        world.ask(world.team[1])


def test_once_while_it_waits_and_not_without_end(world):
    row = world.ask()
    with pytest.raises(Conflict) as refused:
        world.ask()
    assert refused.value.code == "asked"
    for _n in range(5):
        world.decide(row, granted=False)
        row = world.ask()
    world.decide(row, granted=False)
    with pytest.raises(Conflict) as refused:
        world.ask()
    assert refused.value.code == "too_many"


def test_not_when_the_team_has_left(world):
    world.end()
    with pytest.raises(Conflict) as refused:
        world.ask()
    assert refused.value.code == "state"


def test_the_operator_asks_while_a_team_is_there_only(world, cast):
    given = {"name": "陈老师", "reason": WHY, "actor": world.operator}
    (told,) = [one for one in visit_queue.waiting(world.operator) if one.url.endswith("/recusals/")]
    assert world.visit.number in told.facts
    assert recusals.ask(world.visit, world.team[0], **given).way == "account"
    Inspection.objects.update(state="due")
    assert not any(one.url.endswith("/recusals/") for one in visit_queue.waiting(world.operator))
    with pytest.raises(NotFound):
        recusals.ask(world.visit, world.team[1], **given)
    with pytest.raises(Denied):
        recusals.ask(world.visit, world.team[1], **(given | {"actor": world.bureau}))


def test_noted_by_team_or_bureau(world, cast):
    given = {"name": "陈老师", "reason": WHY}
    row = recusals.note(world.visit, world.team[0], actor=world.two, **given)
    assert (row.way, row.entered_by) == ("oral", cast.users["inspector2"])
    assert recusals.note(world.visit, world.team[1], actor=world.bureau, **given).way == "oral"
    with pytest.raises(Denied):
        recusals.note(world.visit, world.team[1], actor=world.operator, **given)


def test_who_declared_a_tie_does_not_begin_the_visit_and_the_other_one_may(cast):
    with district_scope(cast.minhang):
        world = World(cast)
        row = recusals.declare(world.visit, reason=WHY, actor=world.one)
        assert (row.way, row.inspector.code) == ("own", "JC901")
        with pytest.raises(Conflict) as refused:
            visits.start(world.visit, actor=world.one, now=at(MARCH, 9))
        assert refused.value.code == "recusal_declared"
        assert visits.start(world.visit, actor=world.two, now=at(MARCH, 9)).state == "under_way"
        with pytest.raises(Denied):
            recusals.declare(world.visit, reason=WHY, actor=world.bureau)


class TestDecision:
    def test_who_may_not(self, world, cast):
        row = world.ask()
        for name in ("bureau", "inspector", "operator", "officer"):
            with pytest.raises(Denied):
                world.decide(row, actor=cast.actor(name))
        Membership.objects.create(
            user=cast.users["inspector2"], role=Role.UNIT_HEAD, unit=cast.bureau_unit, starts_on=MARCH
        )
        with pytest.raises(Denied) as refused:
            world.decide(row, actor=cast.actor("inspector2"))
        assert refused.value.code == "concerned"
        Recusal.objects.update(entered_by=cast.users["head"])
        with pytest.raises(Denied) as refused:
            world.decide(row)
        assert refused.value.code == "second_person"

    @pytest.mark.parametrize("answer", ["", "短", "长" * 501, "问过 13812345678，属实"])
    def test_asks_for_a_reason_that_can_be_shown(self, world, answer):
        with pytest.raises(Refused) as refused:
            world.decide(world.ask(), answer=answer)
        assert refused.value.field == "answer" and Recusal.objects.get().state == "asked"

    def test_once(self, world):
        row = world.decide(world.ask())
        with pytest.raises(Conflict):
            world.decide(row, granted=False)

    def test_somebody_fit_comes_in(self, world, cast):
        row = world.ask()
        lapsed = factories.inspector(None, "JC904", cast.bureau_unit, licence_until=MARCH)
        for instead in (None, world.team[0], lapsed):
            with pytest.raises(Refused) as refused:
                world.decide(row, instead=instead)
            assert refused.value.field == "instead"

    def test_a_visit_that_is_over_needs_none(self, world):
        row = world.ask()
        Inspection.objects.update(state="cancelled")
        with pytest.raises(Conflict):
            world.decide(row)


def test_what_the_phone_the_queue_and_the_case_file_say(world, cast):
    row = world.ask()
    told = field_day.state_of(world.visit, world.one)
    assert told["recusals"] == [{"code": "JC902", "mine": False}]
    titles = [one.title for one in visit_queue.waiting(world.head)]
    assert any("JC902 要不要回避" in title for title in titles)
    assert Message.objects.filter(user=cast.users["head"]).count() == 1
    world.decide(row)
    told = field_day.state_of(world.visit, world.one)
    assert told["recusals"] == [] and [one["code"] for one in told["team"]] == ["JC901", "JC903"]
    (line,) = case_history.recusals_of(world.visit)
    assert line[0] == "JC902" and line[2] == WHY and "由JC903接替" in line[3] and SAID in line[4]
    assert not [one for one in visit_queue.waiting(world.head) if "回避" in one.title]


def test_an_open_visits_request_is_known_to_few(world, cast):
    own = recusals.declare(world.visit, reason=WHY, actor=world.one)
    world.ask()
    seen = {
        name: set(Recusal.objects.known_to(cast.actor(name)).values_list("way", flat=True))
        for name in ("bureau", "head", "inspector2", "operator", "auditor", "officer")
    }
    assert seen == {
        "bureau": {"own", "code"}, "head": {"own", "code"}, "inspector2": {"own", "code"}, "operator": {"code"},
        "auditor": set(), "officer": set(),
    }  # fmt: skip
    Inspection.objects.update(state="finished")
    assert Recusal.objects.known_to(cast.actor("auditor")).count() == 2
    assert Recusal.objects.known_to(cast.actor("operator")).filter(pk=own.pk).exists()


def test_at_the_door_by_the_facilitys_phone(cast):
    with district_scope(cast.minhang):
        world = World(cast)
        code = visit_codes.make(world.visit, actor=world.one)
        token = visit_codes.token_of(code)
    page, send = (reverse(name, args=["minhang", token]) for name in ("visit-door", "visit-door-recusal"))
    client = Client()
    assert "申请回避" in client.get(page).content.decode()
    for bad in ({"inspector": world.third.pk}, {"name": ""}, {"reason": "短"}, {"name": "长" * 41}):
        given = {"inspector": world.team[0].pk, "name": "陈老师", "reason": WHY} | bad
        assert client.post(send, given).status_code == 422, bad
    sent = {"inspector": world.team[0].pk, "name": "陈老师", "post": "园长", "reason": WHY}
    assert client.post(send, sent).status_code == 302
    shown = client.get(page).content.decode()
    assert "等负责人决定" in shown and WHY not in shown and "陈老师" not in shown
    with district_scope(cast.minhang):
        world.decide(Recusal.objects.get(), granted=False, answer="核实过，没有亲属关系")
    assert "核实过，没有亲属关系" in client.get(page).content.decode()
    assert client.post(send[:-14] + "x/recusal/", sent).status_code == 404


def test_through_the_pages(cast):
    with district_scope(cast.minhang):
        world = World(cast)
        world.start()
        row = world.ask()
    clients = {}
    for name in ("bureau", "head", "operator", "inspector"):
        clients[name] = Client()
        clients[name].force_login(cast.users[name])
    listed, page = reverse("recusals", args=["minhang"]), reverse("recusal", args=["minhang", row.pk])
    for name, client in clients.items():
        assert "JC902" in client.get(listed).content.decode(), name
        assert WHY in client.get(page).content.decode(), name
    url = reverse("recusal-decide", args=["minhang", row.pk])
    head = clients["head"]
    assert head.post(url, {"what": "grant", "answer": "短"}).status_code == 422
    done = head.post(url, {"what": "grant", "answer": SAID, "instead": world.third.pk})
    assert done.status_code == 302
    assert "由 JC903 接替" in head.get(page).content.decode()
    assert SAID in clients["operator"].get(page).content.decode()


@pytest.mark.django_db
def test_in_a_drawn_visit_the_next_of_the_ranking_comes_in_and_the_evidence_says_so(db):
    small = small_district.make()
    with small.scope():
        draw = small.draw()
        visit = draw.inspections.order_by("position").first()
        member = visit.all_team.order_by("position").first()
        expected, _passed = draw_teams.next_for(visit)
        row = recusals.note(visit, member.inspector, name="陈老师", reason=WHY, actor=small.actor("bureau"))
        done = recusals.decide(row, True, answer=SAID, actor=small.actor("head"))
        assert done.state == "granted" and member.inspector not in recusals.team_of(visit)
        addendum = DrawAddendum.objects.get(draw=draw, kind="replaced")
        facts, out = addendum.facts["content"], member.inspector.code
        assert (facts["out"], facts["reason"]) == (out, "依法回避")
        assert SAID not in json.dumps(facts, ensure_ascii=False)
        assert (done.replaced_by.code if done.replaced_by else "") == facts["in"]
        told = [words for label, words in case_history.cause_of(visit) if label == "证据附录第1条"]
        assert len(told) == 1 and f"{out}退出" in told[0] and "依法回避" in told[0]
        assert bool(done.replaced_by) == bool(expected)
