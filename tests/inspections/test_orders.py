"""The closed loop: order, answer with files, re-inspection, closing; who may not do which part of it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from guardian.shortcuts import assign_perm

from facilities.models import Facility
from inspections.models import Finding, Inspector, Order, OrderAnswer, OrderAnswerFile, Recheck
from inspections.rules import orders as rules
from inspections.services import orders as services
from inspections.services import rechecks
from portal import calendar
from portal.access import Actor
from portal.errors import Conflict, Denied, NotFound, Refused
from portal.models import AuditEntry, StoredFile
from portal.rules.rights import Role
from portal.tenancy import district_scope
from tests.cast import person
from tests.inspections import factories
from tests.inspections.factories import MARCH, at
from tests.queries import at_most


class Loop:
    """An order of 10 March with two findings: guards (high, 5 days) and air (low, 15 days). The scope is open."""

    def __init__(self, cast):
        factories.reference(cast.minhang)
        self.cast = cast
        self.team = factories.team(cast)
        self.visit = factories.drawn(cast.facility, self.team)
        self.one, self.two = cast.actor("inspector"), cast.actor("inspector2")
        self.operator, self.bureau, self.officer = (cast.actor(n) for n in ("operator", "bureau", "officer"))
        factories.finished(self.visit, self.one, failing={"guards": "门岗没有人", "air": "没有开窗"})
        self.order = Order.objects.get()
        self.guards, self.air = (Finding.objects.get(item_key=k) for k in ("guards", "air"))

    def scope(self):
        return district_scope(self.cast.minhang)

    def answer(self, day: int = 12, actor=None, **more) -> Order:
        wanted = {"texts": {self.guards.pk: "加了一班保安", self.air.pk: "每天开窗并登记"}}
        return services.answer_order(
            self.order, actor=actor or self.operator, now=at(date(2026, 3, day)), **(wanted | more)
        )

    def write(self, day: int = 16, actor=None, **more) -> Order:
        """The re-inspection as one writes it down."""
        wanted = {
            "results": {self.guards.pk: "closed", self.air.pk: "closed"},
            "note": "都看过了",
            "inspectors": ["JC901", "JC902"],
        }
        return rechecks.recheck(
            self.order, actor=actor or self.two, now=at(date(2026, 3, day)), **(wanted | more)
        )

    def sign(self, actor=None) -> Order:
        return rechecks.confirm_recheck(self.order, actor=actor or self.one)

    def recheck(self, actor=None, **more) -> Order:
        """Written down and signed by all who were there."""
        done = self.write(actor=actor, **more)
        for one in (self.one, self.two):
            if done.state == "rechecked" and rechecks.may_sign(done, rechecks.pending(done), one):
                done = self.sign(one)
        return done

    def states(self) -> tuple[str, str, str]:
        return (
            Order.objects.get(pk=self.order.pk).state,
            Finding.objects.get(pk=self.guards.pk).state,
            Finding.objects.get(pk=self.air.pk).state,
        )


@pytest.fixture
def loop(cast):
    with district_scope(cast.minhang):
        yield Loop(cast)


@pytest.fixture
def closed(cast):
    with district_scope(cast.minhang):
        found = Loop(cast)
    return found


# --- rules -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answered", "closed_on", "in_time"),
    [
        (date(2026, 3, 17), date(2026, 3, 20), True),  # answered on the last day, seen later
        (date(2026, 3, 18), date(2026, 3, 20), False),
        (None, date(2026, 3, 17), True),
        (None, date(2026, 3, 18), False),
        (date(2026, 3, 12), None, None),
    ],
)
def test_in_time_is_when_the_passing_answer_came_by_the_first_deadline(answered, closed_on, in_time):
    assert rules.in_time(date(2026, 3, 17), answered, closed_on) is in_time


@pytest.mark.parametrize(
    ("state", "due", "group"),
    [
        ("issued", date(2026, 3, 9), "overdue"),
        ("issued", date(2026, 3, 10), "today"),
        ("issued", date(2026, 3, 15), "week"),
        ("issued", date(2026, 3, 16), "later"),
        ("answered", date(2026, 3, 9), "recheck"),
        ("closed", date(2026, 3, 9), "closed"),
    ],
)
def test_where_an_order_stands_in_the_list(state, due, group):
    assert rules.group(state, due, date(2026, 3, 10)) == group


# --- answering -------------------------------------------------------------------------------------


class TestAnswer:
    def test_with_texts_and_files(self, loop):
        loop.answer(files={loop.guards.pk: [factories.photo(), factories.photo("表.pdf", b"%PDF-1.7 x")]})
        assert loop.states() == ("answered", "answered", "answered")
        order = Order.objects.get()
        assert (order.answered_on, order.answered_by) == (date(2026, 3, 12), loop.cast.operator)
        assert sorted(OrderAnswerFile.objects.values_list("file__content_type", flat=True)) == [
            "application/pdf",
            "image/png",
        ]
        entry = AuditEntry.objects.get(action="inspections.order.answer")
        assert entry.changes["files"] == 2 and entry.user == loop.cast.operator

    def test_another_facilitys_operator_is_denied(self, loop):
        other = person("cast-operator-2", "示例operator2", Role.OPERATOR)
        assign_perm("facilities.keep_facility", other, Facility.objects.get(code="TS0002"))
        with pytest.raises(Denied, match="不是发给你这家机构的"):
            loop.answer(actor=Actor.of(other, loop.cast.minhang))
        for name in ("bureau", "inspector", "officer"):
            with pytest.raises(Denied):
                loop.answer(actor=loop.cast.actor(name))
        assert loop.states() == ("issued", "open", "open")

    def test_each_finding_needs_its_text(self, loop):
        with pytest.raises(Refused, match=r"活动室、寝室按时通风.*写怎么改的") as refused:
            loop.answer(texts={loop.guards.pk: "加了一班保安", loop.air.pk: "  "})
        assert refused.value.field == f"text-{loop.air.pk}"
        with pytest.raises(NotFound):
            loop.answer(texts={loop.guards.pk: "x", loop.air.pk: "y", 999_999: "z"})
        assert not OrderAnswer.objects.exists() and loop.states() == ("issued", "open", "open")

    @pytest.mark.parametrize(
        ("upload", "says"),
        [
            (factories.photo("程序.pdf", b"MZ"), "要 JPEG、PNG、WebP 图片或 PDF"),
            (factories.big_file(), "超过 10 MB"),
            (factories.photo("空.pdf", b""), "是空的"),
        ],
    )
    def test_a_file_of_the_wrong_kind_or_size_keeps_everything_back(self, loop, upload, says):
        with pytest.raises(Refused, match=says) as refused:
            loop.answer(files={loop.guards.pk: [factories.photo()], loop.air.pk: [upload]})
        assert refused.value.field == f"files-{loop.air.pk}"
        assert not OrderAnswer.objects.exists() and not StoredFile.objects.exists()
        assert loop.states() == ("issued", "open", "open")

    def test_too_many_files(self, loop):
        many = [factories.photo(f"{n}.png", factories.PNG + bytes([n])) for n in range(9)]
        with pytest.raises(Refused, match="最多 8 个文件"):
            loop.answer(files={loop.air.pk: many})

    def test_twice_and_stale(self, loop):
        version = loop.order.version
        loop.answer(version=version)
        with pytest.raises(Conflict, match=r"由 示\*+ \d\d-\d\d \d\d:\d\d 改过，现在是“待复查”"):
            loop.answer(version=version)
        with pytest.raises(Conflict, match="现在是“待复查”，不能送出整改答复"):
            loop.answer()


# --- re-inspection ---------------------------------------------------------------------------------


class TestRecheck:
    def test_all_mended_closes(self, loop):
        loop.answer()
        done = loop.recheck()
        assert loop.states() == ("closed", "closed", "closed")
        assert (done.closed_on, done.closed_by) == (date(2026, 3, 16), loop.cast.inspector2)
        row = Recheck.objects.get()
        assert (row.passed, row.inspectors, row.on) == (True, ["JC901", "JC902"], date(2026, 3, 16))
        assert rules.in_time(done.first_due_on, done.answered_on, done.closed_on) is True

    def test_one_not_mended_sends_it_back_and_the_first_deadline_judges(self, loop):
        loop.answer()
        new = date(2026, 3, 27)
        back = loop.recheck(results={loop.guards.pk: "open", loop.air.pk: "closed"}, new_due_on=new)
        assert loop.states() == ("issued", "open", "closed")
        assert (back.due_on, back.first_due_on) == (new, date(2026, 3, 17))
        loop.order.refresh_from_db()
        again = services.answer_order(
            loop.order, texts={loop.guards.pk: "又加了一班"}, actor=loop.operator, now=at(date(2026, 3, 25))
        )
        assert OrderAnswer.objects.filter(round=2).count() == 1
        rechecks.recheck(
            again,
            results={loop.guards.pk: "closed"},
            note="有人了",
            inspectors=["JC901", "JC902"],
            actor=loop.bureau,
            now=at(date(2026, 3, 26)),
        )
        assert loop.sign(loop.one).state == "rechecked"  # the bureau's clerk was not there: both have to sign
        done = loop.sign(loop.two)
        assert loop.states() == ("closed", "closed", "closed")
        assert rules.in_time(done.first_due_on, done.answered_on, done.closed_on) is False
        assert list(Recheck.objects.values_list("round", "passed")) == [(1, False), (2, True)]

    def test_the_second_has_to_sign_on_the_own_sign_in(self, loop):
        loop.answer()
        written = loop.write()
        row = Recheck.objects.get()
        assert loop.states() == ("rechecked", "answered", "answered")
        assert (row.passed, row.signatures, row.by) == (None, ["JC902"], loop.cast.inspector2)
        assert (written.closed_on, rules.group(written.state, written.due_on, MARCH)) == (None, "recheck")
        for who in (loop.two, loop.bureau, loop.operator):
            with pytest.raises(Denied):
                loop.sign(who)
        with pytest.raises(Conflict, match="现在是“复查已记，等第二人确认”"):
            loop.write()
        with pytest.raises(IntegrityError, match="two_sign_a_recheck"), transaction.atomic():
            Recheck.objects.update(passed=True)
        with pytest.raises(Conflict, match="改过，现在是"):
            rechecks.confirm_recheck(loop.order, version=1, actor=loop.one)
        assert loop.sign(loop.one).state == "closed"
        assert Recheck.objects.get().signatures == ["JC902", "JC901"]

    def test_a_clerk_cannot_close_with_two_codes(self, loop):
        loop.answer()
        loop.write(actor=loop.bureau)
        assert Recheck.objects.get().signatures == []
        with pytest.raises(Denied):
            loop.sign(loop.bureau)
        with pytest.raises(Denied, match="不能自己办结"):
            rechecks.waive_recheck(loop.order, reason="另一人重病住院", actor=loop.bureau)
        other = person("cast-bureau-9", "示例bureau9", Role.BUREAU, loop.cast.bureau_unit)
        clerk = Actor.of(other, loop.cast.minhang)
        with pytest.raises(Refused, match="还没有一名复查人员确认"):
            rechecks.waive_recheck(loop.order, reason="另一人重病住院", actor=clerk)
        loop.sign(loop.one)
        with pytest.raises(Refused, match="写 5 到 200 个字"):
            rechecks.waive_recheck(loop.order, reason="病", actor=clerk)
        assert rechecks.waive_recheck(loop.order, reason="另一人重病住院", actor=clerk).state == "closed"
        row = Recheck.objects.get()
        assert (row.passed, row.waiver, row.waived_by) == (True, "另一人重病住院", other)

    def test_whoever_saw_something_else_sends_the_record_back(self, loop):
        loop.answer()
        services.plan_recheck(loop.order, on=date(2026, 3, 16), actor=loop.bureau, today=MARCH)
        loop.write()
        with pytest.raises(Denied):
            rechecks.contest_recheck(loop.order, actor=loop.bureau)
        assert rechecks.contest_recheck(loop.order, actor=loop.one).state == "answered"
        row = Recheck.objects.get()
        assert (row.on, row.planned_on, row.results, row.inspectors) == (None, date(2026, 3, 16), {}, [])
        loop.write()
        assert rechecks.contest_recheck(loop.order, actor=loop.two).state == "answered"  # takes it back
        assert loop.recheck().state == "closed" and Recheck.objects.count() == 1

    def test_an_inspector_of_another_team_who_was_there_finds_the_order_and_signs(self, loop):
        other = person("cast-inspector-3", "示例inspector3", Role.INSPECTOR, loop.cast.bureau_unit)
        factories.inspector(other, "JC903", loop.cast.bureau_unit)
        third = Actor.of(other, loop.cast.minhang)
        loop.answer()
        assert not Order.objects.known_to(third).exists()
        loop.write(inspectors=["JC902", "JC903"])
        assert Order.objects.known_to(third).get() == loop.order
        with pytest.raises(Denied):
            loop.sign(loop.one)  # of the visit's team, but was not there
        assert loop.sign(third).state == "closed"

    def test_never_closed_with_an_open_finding(self, loop):
        loop.answer()
        with pytest.raises(Refused, match="选“改好了”或“没改好”") as refused:
            loop.recheck(results={loop.guards.pk: "closed"})
        assert refused.value.field == f"result-{loop.air.pk}"
        with pytest.raises(Refused, match="还有问题没改好，要重新限期"):
            loop.recheck(results={loop.guards.pk: "closed", loop.air.pk: "open"})
        assert loop.states() == ("answered", "answered", "answered")

    def test_not_by_whoever_answered(self, loop):
        """Somebody who is operator and inspector at once, as the same person."""
        assign_perm("facilities.keep_facility", loop.cast.inspector, loop.cast.facility)
        from portal.models import Membership

        Membership.objects.create(user=loop.cast.inspector, role=Role.OPERATOR, starts_on=date(2020, 1, 1))
        both = loop.cast.actor("inspector")
        loop.answer(actor=both)
        with pytest.raises(Denied, match="答复的人不能复查自己的整改"):
            loop.recheck(actor=both)
        loop.write(actor=loop.two)
        with pytest.raises(Denied, match="答复过的，都不能确认"):
            loop.sign(both)
        assert loop.states()[0] == "rechecked"

    def test_refusals(self, loop):
        loop.answer()
        with pytest.raises(Denied):
            loop.recheck(actor=loop.operator)
        with pytest.raises(Refused, match="至少 2 名"):
            loop.recheck(inspectors=["JC901", "JC901"])
        with pytest.raises(Refused, match="没有编号 JC000"):
            loop.recheck(inspectors=["JC901", "JC000"])
        Inspector.objects.filter(code="JC902").update(licence_until=date(2026, 3, 15))
        with pytest.raises(Refused, match="JC902 的执法证 2026-03-16 不在有效期内"):
            loop.recheck()
        Inspector.objects.update(licence_until=date(2028, 1, 1))
        with pytest.raises(Refused, match="写看到了什么"):
            loop.recheck(note=" ")
        for day in (date(2026, 3, 16), date(2026, 3, 16) + timedelta(days=91)):
            with pytest.raises(Refused, match="从明天起 90 天以内"):
                loop.recheck(results={loop.guards.pk: "open", loop.air.pk: "closed"}, new_due_on=day)
        with pytest.raises(NotFound):
            loop.recheck(results={loop.guards.pk: "closed", loop.air.pk: "closed", 999_999: "closed"})
        stale = loop.order.version
        with pytest.raises(Conflict, match="改过，现在是"):
            loop.recheck(version=stale)
        assert loop.states() == ("answered", "answered", "answered")
        loop.recheck()
        with pytest.raises(Conflict, match="现在是“已销号”"):
            loop.recheck()
        with pytest.raises(Conflict, match="现在是“已销号”"):
            loop.sign()

    def test_an_inspector_of_another_team_is_denied(self, loop):
        other = person("cast-inspector-3", "示例inspector3", Role.INSPECTOR, loop.cast.bureau_unit)
        loop.answer()
        with pytest.raises(Denied, match="不在这次检查的组里"):
            loop.recheck(actor=Actor.of(other, loop.cast.minhang))

    def test_without_an_answer_it_can_be_closed_but_not_sent_back(self, loop):
        with pytest.raises(Conflict, match="机构还没有答复"):
            loop.recheck(results={loop.guards.pk: "open", loop.air.pk: "closed"}, new_due_on=date(2026, 4, 1))
        assert loop.recheck().state == "closed"

    def test_planning_a_day_and_moving_it(self, loop):
        loop.answer()
        services.plan_recheck(loop.order, on=date(2026, 3, 16), actor=loop.officer, today=MARCH)
        moved = services.plan_recheck(loop.order, on=date(2026, 3, 18), actor=loop.bureau, today=MARCH)
        assert Recheck.objects.get() == moved and moved.planned_on == date(2026, 3, 18)
        with pytest.raises(Refused, match="90 天以内"):
            services.plan_recheck(loop.order, on=MARCH - timedelta(days=1), actor=loop.bureau, today=MARCH)
        with pytest.raises(Denied):
            services.plan_recheck(loop.order, on=MARCH, actor=loop.operator, today=MARCH)
        loop.recheck()
        assert Recheck.objects.get().passed is True
        with pytest.raises(Conflict, match="现在是“已销号”"):
            services.plan_recheck(loop.order, on=date(2026, 3, 20), actor=loop.bureau, today=MARCH)


class TestProvisionalDeadlines:
    def test_counted_again_when_the_year_is_known_and_never_shortened(self, loop, monkeypatch):
        system = Actor.system(loop.cast.minhang, "test")
        Order.objects.update(provisional=True)
        Finding.objects.filter(pk=loop.air.pk).update(due_on=date(2026, 12, 1))
        monkeypatch.setattr(calendar, "is_known", lambda year: False)
        assert services.settle_deadlines(actor=system) == 0
        monkeypatch.setattr(calendar, "is_known", lambda year: True)
        monkeypatch.setattr(calendar, "add_working_days", lambda day, n: day + timedelta(days=n + 9))
        assert services.settle_deadlines(actor=system) == 1
        order = Order.objects.get()
        assert not order.provisional and order.due_on == order.first_due_on == MARCH + timedelta(days=14)
        assert Finding.objects.get(pk=loop.air.pk).due_on == date(2026, 12, 1)
        assert services.settle_deadlines(actor=system) == 0


# --- pages -----------------------------------------------------------------------------------------


class TestPages:
    def test_the_list_in_few_queries_and_by_clock(self, closed, client):
        with closed.scope():
            for n in range(2, 70):
                month = date(2010 + n // 12, 1 + n % 12, 1)
                Order.objects.create(
                    number=f"ZG-{n:03d}",
                    inspection=closed.visit,
                    facility=closed.cast.facility,
                    issued_on=month,
                    due_on=month,
                    first_due_on=month,
                )
        for name in ("bureau", "officer", "operator", "inspector"):
            client.force_login(closed.cast.users[name])
            client.get("/minhang/orders/")
            with at_most(12):
                page = client.get("/minhang/orders/")
            assert page.status_code == 200 and page.context["page"].shown == 50
            assert [g[1] for g in page.context["groups"]] == ["overdue"]
        client.force_login(closed.cast.department)  # those that it issued itself: none
        assert client.get("/minhang/orders/").context["page"].shown == 0
        client.force_login(closed.cast.reviewer)
        assert client.get("/minhang/orders/").status_code == 403

    def test_answer_recheck_and_closing_over_the_pages(self, closed, client):
        with closed.scope():
            Inspector.objects.update(licence_until=date(2099, 1, 1))
        url = f"/minhang/orders/{closed.order.pk}/"
        client.force_login(closed.cast.operator)
        with at_most(26):
            page = client.get(url)
        assert "加了" not in page.content.decode() and page.context["answer_form"] is not None
        data = {
            f"text-{closed.guards.pk}": "加了一班保安",
            f"text-{closed.air.pk}": "每天开窗",
            "version": "1",
        }
        bad = client.post(url + "answer/", data | {f"files-{closed.air.pk}": factories.photo("x.pdf", b"MZ")})
        assert bad.status_code == 422 and "要 JPEG" in bad.content.decode()
        with closed.scope():
            assert not OrderAnswer.objects.exists()
        done = client.post(
            url + "answer/",
            data
            | {f"files-{closed.air.pk}": [factories.photo(), factories.photo("2.png", factories.PNG + b"2")]},
        )
        assert done.status_code == 302
        with closed.scope():
            file = OrderAnswerFile.objects.first()
            assert OrderAnswerFile.objects.count() == 2
        assert b"".join(client.get(f"{url}files/{file.pk}/").streaming_content).startswith(factories.PNG)
        stale = client.post(url + "answer/", data)
        assert stale.status_code == 409
        assert "改过，现在是“待复查”" in stale.content.decode() and "每天开窗" in stale.content.decode()
        assert client.post(url + "recheck/", {}).status_code == 404
        client.force_login(closed.cast.officer)
        assert client.post(url + "plan/", {"on": "2000-01-01", "version": "2"}).status_code == 422
        client.force_login(closed.cast.inspector)
        answers = {
            f"result-{closed.guards.pk}": "closed",
            f"result-{closed.air.pk}": "closed",
            "note": "看过了",
        }
        one = client.post(url + "recheck/", answers | {"inspectors": ["JC901"], "version": "2"})
        assert one.status_code == 422 and "至少 2 名" in one.content.decode()
        done = client.post(
            url + "recheck/", answers | {"inspectors": ["JC901", "JC902"], "version": "2"}, follow=True
        )
        assert "等到场的另一人" in done.content.decode() and "撤回重记" in done.content.decode()
        assert client.post(url + "second/", {"what": "confirm", "version": "3"}).status_code == 403
        client.force_login(closed.cast.inspector2)
        assert "的复查" in client.get("/minhang/").content.decode()
        assert "与现场一致，确认" in client.get(url).content.decode()
        assert client.post(url + "second/", {"what": "confirm", "version": "2"}).status_code == 409
        done = client.post(url + "second/", {"what": "confirm", "version": "3"}, follow=True)
        assert "已销号" in done.content.decode()
        with closed.scope():
            assert closed.states() == ("closed", "closed", "closed")
        for name in ("bureau", "operator", "officer", "auditor"):
            client.force_login(closed.cast.users[name])
            assert client.get(url).status_code == 200
            assert client.get("/minhang/orders/?tab=closed").status_code == 200

    def test_strangers_find_nothing(self, closed, client):
        url = f"/minhang/orders/{closed.order.pk}/"
        with closed.scope():
            other = person("cast-operator-2", "示例operator2", Role.OPERATOR)
            assign_perm("facilities.keep_facility", other, Facility.objects.get(code="TS0002"))
        for user in (other, closed.cast.stranger, closed.cast.department):
            client.force_login(user)
            assert client.get(url).status_code == 404
            for action in ("answer/", "plan/", "recheck/", "second/"):
                assert client.post(url + action, {"version": "1"}).status_code in (403, 404)
        client.force_login(closed.cast.stranger)
        assert client.get(f"/jinshan/orders/{closed.order.pk}/").status_code == 404
        with closed.scope():
            assert closed.states() == ("issued", "open", "open")
