"""Interests that follow from an inspector's own employers, and namesakes that somebody looks into once."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from django.utils import timezone

from facilities.models import Employment, Facility, Operator, StaffMember
from facilities.rules import words
from inspections.models import Inspector, InspectorEmployer, Interest, NamesakeDecision
from inspections.rules import inspectors as rules
from inspections.services import employers, freezing, inspectors, pools, visit_queue
from portal.errors import Conflict, Denied, Refused
from portal.models import AuditEntry, Parameter
from tests import rows
from tests.inspections import small_district
from tests.portal import spreadsheets

SINCE = date(2019, 9, 1)


@pytest.fixture
def small(db):
    it = small_district.make()
    with it.scope():
        if not Parameter.objects.filter(key=employers.YEARS).exists():
            Parameter.objects.create(
                key=employers.YEARS, value=2, label="年", basis="test", starts_on=date(2021, 1, 1)
            )
        yield it


def somebody() -> Inspector:
    return Inspector.objects.get(code="JC001")


def named(name: str, operator: str = "") -> Facility:
    """One that is drawn, under a name of its own."""
    one = Facility.objects.filter(state="operating", kind="nursery").order_by("code").first()
    one.name = name
    if operator:
        one.operator = rows.make(Operator, name=operator)
    one.save()
    return one


def enter(small, name: str, **more) -> list[Interest]:
    given = {"starts_on": SINCE, "actor": small.actor("bureau")} | more
    return employers.enter(somebody(), name=name, **given)


@pytest.mark.parametrize(
    ("ends_on", "until"),
    [
        (None, None), (date(2024, 5, 1), date(2026, 5, 1)), (date(2024, 2, 29), date(2026, 2, 28)),
        (date(2099, 6, 1), rules.LATEST),
    ],
)  # fmt: skip
def test_how_long_an_employer_keeps_apart(ends_on, until):
    assert rules.kept_until(ends_on, 2) == until


@pytest.mark.parametrize(
    ("facility", "operator", "employer", "hit"),
    [
        ("上海云杉托育服务有限公司", "", "云杉托育园", True),
        ("某某园", "上海云杉托育服务有限公司", "上海云杉托育有限公司", True),
        ("云杉托育园", "", "青果托育园", False),
        ("云杉第一托育园", "", "云杉第二托育园", False),
        ("云杉1号托育园", "", "云杉2号托育园", False),
    ],
)  # fmt: skip
def test_a_name_that_is_the_facilitys_or_its_operators(small, facility, operator, employer, hit):
    there = named(facility, operator)
    made = enter(small, employer)
    assert ([one.facility for one in made] == [there]) is hit
    assert Interest.objects.filter(kind="employer").count() == int(hit)


def test_it_is_in_the_frozen_list_and_not_twice(small):
    there = named("云杉托育园")
    enter(small, "上海云杉托育服务有限公司")
    assert there.code in pools.interests(date(2026, 4, 1), date(2026, 4, 30))[somebody().pk]
    assert employers.derive(actor=small.actor("bureau")) == []
    assert AuditEntry.objects.filter(action="inspections.interest.derive").count() == 1


def test_a_facility_that_comes_later_is_found_at_the_freezing(small):
    enter(small, "上海云杉托育服务有限公司")
    assert not Interest.objects.filter(kind="employer").exists()
    there = named("云杉托育园")
    small.draw()
    assert Interest.objects.get(kind="employer").facility == there
    draw = small.drawn if hasattr(small, "drawn") else None
    frozen = (draw or freezing.Draw.objects.latest("pk")).frozen_dict
    row = next(one for one in frozen["inspectors"] if one["id"] == "JC001")
    assert there.code in row["recused"]


def test_what_the_bureau_ended_is_not_made_again(small):
    named("云杉托育园")
    (tie,) = enter(small, "云杉托育园")
    inspectors.end_interest(tie, ends_on=timezone.localdate(), actor=small.actor("bureau"))
    assert employers.derive(actor=small.actor("bureau")) == []


def test_the_work_ended_the_interest_ends_years_later(small):
    named("云杉托育园")
    enter(small, "云杉托育园")
    row = InspectorEmployer.objects.get()
    employers.end(row, ends_on=date(2025, 3, 31), actor=small.actor("bureau"))
    assert Interest.objects.get(employer=row).ends_on == date(2027, 3, 31)
    with pytest.raises(Conflict):
        employers.end(row, ends_on=date(2025, 4, 1), actor=small.actor("bureau"))
    with pytest.raises(Denied):
        employers.end(row, ends_on=date(2025, 4, 1), actor=small.actor("head"))


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": "云"}, "name"), ({"name": "长" * 121}, "name"), ({"starts_on": date(1959, 1, 1)}, "starts_on"),
        ({"starts_on": date(9999, 1, 1)}, "starts_on"), ({"ends_on": SINCE - timedelta(1)}, "ends_on"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(small, wrong, field):
    with pytest.raises(Refused) as refused:
        enter(small, **({"name": "云杉托育园"} | wrong))
    assert refused.value.field == field and not InspectorEmployer.objects.exists()


def test_entered_twice_is_refused(small):
    enter(small, "云杉托育园")
    with pytest.raises(Conflict):
        enter(small, "云杉托育园")


class TestNamesakes:
    def pair(self, small, **more) -> Facility:
        there = named("云杉托育园")
        name = somebody().name
        staff = rows.make(StaffMember, name=name, name_key=words.sort_key(name))
        rows.make(Employment, staff=staff, facility=there, starts_on=SINCE, **({"ends_on": None} | more))
        return there

    def decide(self, small, there, outcome="other", **more):
        given = {"reason": "问过本人，只是同名", "actor": small.actor("bureau")} | more
        return employers.decide_namesake(somebody(), there, outcome=outcome, **given)

    def test_waits_until_somebody_says_it_is_another_person(self, small):
        there = self.pair(small)
        assert [(one.inspector, one.facility) for one in employers.namesakes()] == [(somebody(), there)]
        assert "同名" in json.dumps(
            [w.title for w in visit_queue.waiting(small.actor("bureau"))], ensure_ascii=False
        )
        assert not Interest.objects.exists(), "a name is no proof"
        self.decide(small, there)
        assert employers.namesakes() == [] and not Interest.objects.exists()
        assert inspectors.derived(somebody(), actor=small.actor("bureau")) == []
        with pytest.raises(Conflict):
            self.decide(small, there, "same")
        assert NamesakeDecision.objects.get().reason == "问过本人，只是同名"

    def test_the_same_person_is_kept_apart(self, small):
        there = self.pair(small)
        self.decide(small, there, "same", reason="身份证号一致，是本人")
        tie = Interest.objects.get()
        assert (tie.facility, tie.kind, tie.ends_on) == (there, "employment", None)
        assert employers.namesakes() == []

    def test_who_left_long_ago_is_none(self, small):
        self.pair(small, ends_on=timezone.localdate() - timedelta(days=3 * 366))
        assert employers.namesakes() == []

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [({"outcome": "x"}, "outcome"), ({"reason": "短"}, "reason"), ({"reason": "长" * 201}, "reason")],
    )
    def test_refusals(self, small, wrong, field):
        there = self.pair(small)
        with pytest.raises(Refused) as refused:
            self.decide(small, there, **wrong)
        assert refused.value.field == field
        with pytest.raises(Denied):
            self.decide(small, there, actor=small.actor("head"))


# ---- from a spreadsheet

HEAD = ("人员编号", "单位名称", "从哪天起", "到哪天止")


def test_brought_in_it_keeps_apart_and_the_same_file_changes_nothing(small, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    there = named("示例春芽托育园", operator="上海示例春芽托育有限公司")
    bureau, line = small.actor("bureau"), ("JC001", "上海示例春芽托育有限公司", "2019年9月1日", "")
    run = spreadsheets.write(spreadsheets.read("inspector-employers", HEAD, line, actor=bureau), actor=bureau)
    assert run.counts["new"] == 1
    made = Interest.objects.get(kind="employer")
    assert (made.facility, made.inspector.code, made.starts_on) == (there, "JC001", SINCE)
    assert spreadsheets.read("inspector-employers", HEAD, line, actor=bureau).counts["same"] == 1
    left = (*line[:3], "2025-03-31")
    spreadsheets.write(spreadsheets.read("inspector-employers", HEAD, left, actor=bureau), actor=bureau)
    made.refresh_from_db()
    assert made.ends_on == date(2027, 3, 31) and made.employer.ends_on == date(2025, 3, 31)


def test_a_row_of_nobody_and_a_day_before_the_first_are_told_at_their_place(small, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    nobody = ("JC777", "示例单位", "2019-09-01", "")
    backwards = ("JC001", "示例单位", "2019-09-01", "2018-01-01")
    told = spreadsheets.sentences(
        spreadsheets.read("inspector-employers", HEAD, nobody, backwards, actor=small.actor("bureau"))
    )
    assert any("没有编号 JC777" in one for one in told) and any("不能早于开始" in one for one in told)
    assert not InspectorEmployer.objects.exists()
