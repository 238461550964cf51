"""Special campaigns and joint operations of a street: who is asked, who approves, what becomes public, where it ends."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from inspections.models import Campaign, Inspection, Interest, VisitItem, VisitPart
from inspections.rules import campaigns as rules
from inspections.services import (
    campaign_documents,
    campaign_objects,
    campaign_queue,
    campaign_visits,
    campaigns,
    case_history,
    joint,
    visits,
)
from inspections.services.checklists import items_of
from inspections.services.field_day import day_of
from inspections.services.results import publish_result
from portal.errors import Conflict, Denied, Refused
from portal.models import Membership, Parameter, Street, Unit, User
from portal.rules.rights import Role
from portal.services import people
from tests.inspections import factories, joint_district

pytestmark = pytest.mark.django_db
FIRST = date(2026, 3, 2)
START = date(2026, 3, 9)
END = date(2026, 3, 27)


@pytest.fixture
def district(db):
    it = joint_district.make()
    with it.scope():
        Parameter.objects.get_or_create(
            key="campaign.publish_days",
            defaults={"value": 30, "label": "x", "basis": "test", "starts_on": date(2021, 1, 1)},
        )
        user = it.users["officer"] = User.objects.create(
            username="small-officer", name="officer", password="!"
        )
        Membership.objects.create(user=user, role=Role.STREET_OFFICER, starts_on=date(2020, 1, 1))
        from guardian.shortcuts import assign_perm

        assign_perm("portal.serve_street", user, Street.objects.get(code="310199001"))
    return it


@pytest.fixture
def it(district):
    with district.scope():
        yield district


def values(it, **more):
    return {
        "theme": "夏季食品安全", "occasion": "入夏以来发生两起食物中毒，要查留样和冷藏。",
        "basis": "区安委会 2026 年第 2 次会议",
        "street": None, "starts_on": START, "ends_on": END, "reply_by": None, "kinds": ["nursery"], "streets": [],
        "grades": [], "codes": [], "matters": ["food"], "units": [],
        "inspectors": [it.inspector("JC001"), it.inspector("JC005")],
    } | more  # fmt: skip


def of_street(it, **more):
    street = Street.objects.get(code="310199001")
    units = [Unit.objects.get(slug=f"small-{name}") for name in ("fire", "market", "health")]
    return values(
        it, theme="民办托育点综合整治", street=street, units=units, inspectors=[],
        matters=["fire", "food", "health-care"], reply_by=date(2026, 3, 6), **more,
    )  # fmt: skip


def at(day, hour=10):
    return factories.at(day, hour)


def approved(it, **more) -> Campaign:
    row = campaigns.make("special", actor=it.actor("bureau"), at=at(FIRST), **values(it, **more))
    campaigns.submit(row, actor=it.actor("bureau"), at=at(FIRST))
    return campaigns.approve(row, actor=it.actor("head"), at=at(FIRST, 15))


def sent(it, **more) -> list[Inspection]:
    row = approved(it, **more)
    campaigns.publish(row, actor=it.actor("bureau"), on=FIRST)
    return campaign_visits.send(row, actor=it.actor("bureau"), at=at(START, 8))


# --- rules


@pytest.mark.parametrize(
    "left, light", [(-1, "bad"), (0, "bad"), (3, "bad"), (4, "warn"), (10, "warn"), (11, "doing")]
)
def test_the_light_before_the_last_day_of_publication(left, light):
    assert rules.light(FIRST + timedelta(days=left), FIRST) == light


def test_teams_are_even_and_nobody_goes_where_barred():
    able = [
        rules.Able("A", "x"),
        rules.Able("B", "x"),
        rules.Able("C", "y", frozenset({"1"})),
        rules.Able("D", "y"),
    ]
    found = rules.assign("4321", able, {})
    assert all(len(team) == 2 for team in found.values())
    assert "C" not in found["1"]
    load = [sum(one.code in team for team in found.values()) for one in able]
    assert max(load) - min(load) <= 1
    # one of each department first, also where that makes three
    needed = rules.assign("1", able, {"1": ("y", "x", "z")}, size=2)
    assert set(needed["1"]) == {"D", "A"}
    assert rules.assign("1", [rules.Able("A", "x")], {})["1"] == ["A"]


def test_codes_as_people_paste_them():
    assert rules.codes_of(" sm0001，SM0002\nsm0001;SM0003 ") == ["SM0001", "SM0002", "SM0003"]


# --- a special campaign


def test_every_fault_of_a_draft_at_its_field(it):
    wrong = values(
        it, theme="查", occasion="要查", basis="", starts_on=FIRST - timedelta(days=1), ends_on=date(2025, 1, 1), kinds=[],
        matters=[], codes=["XX9999"], inspectors=[],
    )  # fmt: skip
    with pytest.raises(Refused) as refused:
        campaigns.make("special", actor=it.actor("bureau"), at=at(FIRST), **wrong)
    assert set(refused.value.params["errors"]) == {
        "theme", "occasion", "basis", "starts_on", "ends_on", "kinds", "matters", "codes", "inspectors",
    }  # fmt: skip
    with pytest.raises(Refused) as refused:
        unit = Unit.objects.get(slug="small-fire")
        campaigns.make("special", actor=it.actor("bureau"), at=at(FIRST), **values(it, units=[unit]))
    assert set(refused.value.params["errors"]) == {"units", "inspectors", "reply_by"}
    with pytest.raises(Denied):
        campaigns.make("special", actor=it.actor("officer"), at=at(FIRST), **values(it))


def test_a_matter_that_is_not_public_is_in_no_campaign(it):
    from inspections.models import MatterVersion

    MatterVersion.objects.filter(matter__key="food").update(published_on=None)
    with pytest.raises(Refused) as refused:
        campaigns.make("special", actor=it.actor("bureau"), at=at(FIRST), **values(it))
    assert set(refused.value.params["errors"]) == {"matters"}


def test_two_people_and_publication_before_anybody_goes(it):
    row = campaigns.make("special", actor=it.actor("bureau"), at=at(FIRST), **values(it))
    assert row.number == "ZX-2603-01"
    with pytest.raises(Denied):
        campaigns.submit(row, actor=it.actor("auditor"), at=at(FIRST))
    campaigns.submit(row, version=row.version, actor=it.actor("bureau"), at=at(FIRST))
    with pytest.raises(Conflict):
        campaigns.change(row, version=2, actor=it.actor("bureau"), on=FIRST, **values(it))
    with pytest.raises(Denied):
        campaigns.approve(row, actor=it.actor("bureau"))
    with pytest.raises(IntegrityError), transaction.atomic():  # nor by a second account's slip
        Campaign.objects.filter(pk=row.pk).update(approved_by=it.users["bureau"])
    campaigns.send_back(row, note="写明依据", actor=it.actor("head"))
    row.refresh_from_db()
    assert (row.state, row.return_note) == ("draft", "写明依据")
    row = campaigns.change(
        row, version=row.version, actor=it.actor("bureau"), on=FIRST, **values(it, basis="区政府专题会议")
    )
    row = campaigns.submit(row, actor=it.actor("bureau"), at=at(FIRST))
    row = campaigns.approve(row, actor=it.actor("head"), at=at(FIRST, 15))
    assert row.publish_by == FIRST + timedelta(days=30)
    with pytest.raises(Refused, match="先公布"):
        campaign_visits.send(row, actor=it.actor("bureau"), at=at(START))
    told = {w.title: w.state for w in campaign_queue.waiting(it.actor("bureau"), FIRST)}
    assert told == {"公布：夏季食品安全": "doing"}
    late = campaign_queue.waiting(it.actor("bureau"), row.publish_by - timedelta(days=2))
    assert [one.state for one in late] == ["bad"]
    row = campaigns.publish(row, actor=it.actor("bureau"), on=FIRST)
    with pytest.raises(Conflict):
        campaigns.drop(row, actor=it.actor("bureau"))


def test_each_facility_of_the_criteria_has_one_visit_with_the_chosen_items_only(it):
    Interest.objects.create(
        inspector=it.inspector("JC001"), facility=it.facility("SM0001"), kind="declared", starts_on=FIRST
    )
    with pytest.raises(Refused, match="示例SM0001凑不齐"):
        sent(it)


def test_visits_of_a_campaign(it):
    made = sent(it)
    assert {one.get_kind_display() for one in made} == {"专项检查"}
    assert {visit.facility.code for visit in made} == {"SM0001", "SM0002", "SM0006"}
    assert {(v.reason_kind, v.kind, v.joint, v.due_on) for v in made} == {
        ("campaign", "unscheduled", False, END)
    }
    with pytest.raises(Conflict):
        campaign_visits.send(made[0].campaign, actor=it.actor("bureau"), at=at(START))
    phone = day_of(it.actor("JC001"), START)["visits"][0]
    keys = [item["key"] for one in phone["lists"] for item in one["items"]]
    assert keys == ["drinking-water", "food-licence", "kitchen", "food-samples"]
    first = visits.start(made[0], actor=it.actor("JC001"), now=at(START))
    assert [item.key for item in items_of(first)] == keys
    assert [one.version.checklist.key for one in first.checklists.all()] == ["health"]
    assert VisitItem.objects.filter(inspection=first, unit=None).count() == 4
    cause = dict(case_history.cause_of(first))
    assert (cause["方案编号"], cause["主题"]) == (first.campaign.number, first.campaign.theme)
    # the cap counts what was drawn; what campaigns add is told beside it
    assert campaign_objects.counts_of_year([first.facility_id], 2026) == {
        first.facility_id: {"drawn": 0, "campaigns": 1}
    }
    with pytest.raises(IntegrityError), transaction.atomic():
        Inspection.objects.filter(pk=first.pk).update(campaign=None)


def test_criteria(it):
    def codes(**more):
        row = campaigns.make("special", actor=it.actor("bureau"), at=at(FIRST), **values(it, **more))
        return [one.code for one in campaign_objects.objects_of(row)]

    everything = ["nursery", "integrated_kindergarten", "inclusive_site", "baby_house"]
    assert codes(kinds=everything) == ["SM0001", "SM0002", "SM0003", "SM0004", "SM0005", "SM0006"]
    assert codes(kinds=everything, streets=["310199002"]) == ["SM0004", "SM0005"]
    assert codes(kinds=everything, grades=["B"]) == ["SM0002", "SM0004", "SM0006"]  # not yet graded is B
    assert codes(kinds=everything, codes=["SM0003", "SM0006"], grades=["D"]) == ["SM0003"]


def finish(it, visit, failing=None):
    return joint_district.made(it, visit, failing or {}, on=START)


def test_the_end_with_its_report_and_the_public_page(district, client):
    it = district
    with it.scope():
        made = sent(it, codes=["SM0001", "SM0002"])
        row = made[0].campaign
        finish(it, made[0], {"food-samples": "没有留样"})
        with pytest.raises(Refused, match="还有 1 家没有查完"):
            campaign_visits.close(
                row, conclusion="查了两家，问题集中在留样。", actor=it.actor("bureau"), at=at(END)
            )
        finish(it, made[1])
        with pytest.raises(Refused):
            campaign_visits.close(row, conclusion="查完了", actor=it.actor("bureau"), at=at(END))
        row = campaign_visits.close(
            row, conclusion="查了两家，问题集中在留样。", actor=it.actor("bureau"), at=at(END)
        )
        told = campaign_documents.closing_html(row)
        assert "夏季食品安全专项检查情况报告" in told.replace("</span><span>", "")
        assert "完成2家" in told and "发现问题1个" in told and "示例SM0001" in told
        row = campaign_documents.set_documents(row, actor=it.actor())
        pair = (row.approval_file_id, row.closing_file_id)
        assert None not in pair
        again = campaign_documents.set_documents(row, actor=it.actor())
        assert (again.approval_file_id, again.closing_file_id) == pair
        made[0].refresh_from_db()
    page = client.get(reverse("public-campaigns", args=["small"])).content.decode()
    assert "夏季食品安全" in page and "还没有公示的结果" in page
    assert "示例SM0001" not in page and "SM0001" not in page
    with it.scope():
        publish_result(made[0], actor=it.actor(), now=at(END + timedelta(days=30)))
    page = client.get(reverse("public-campaigns", args=["small"])).content.decode()
    assert "已公示 1 家的结果" in page and "查到 1 个问题" in page


def test_what_is_not_published_is_not_public(district, client):
    with district.scope():
        approved(district)
    assert "夏季食品安全" not in client.get(reverse("public-campaigns", args=["small"])).content.decode()


# --- a street's operation


def asked(it) -> Campaign:
    row = campaigns.make("street", actor=it.actor("officer"), at=at(FIRST), **of_street(it))
    return campaigns.ask(row, actor=it.actor("officer"))


def answers_of(row):
    return {one.unit.slug: one for one in row.units.select_related("unit")}


def test_departments_reply_for_themselves(it):
    row = asked(it)
    units = answers_of(row)
    with pytest.raises(Denied):
        campaigns.reply(
            units["small-market"], accept=True, inspectors=[it.inspector("JC005")], actor=it.actor("fire")
        )
    with pytest.raises(Refused, match="本单位"):
        campaigns.reply(
            units["small-fire"], accept=True, inspectors=[it.inspector("JC005")], actor=it.actor("fire")
        )
    with pytest.raises(Refused, match="为什么不参加"):
        campaigns.reply(units["small-fire"], accept=False, actor=it.actor("fire"))
    campaigns.reply(
        units["small-fire"], accept=True, inspectors=[it.inspector("JC003")], actor=it.actor("fire")
    )
    with pytest.raises(Refused, match="还没有回复"):
        campaigns.submit(row, actor=it.actor("officer"), at=at(FIRST))
    assert [one.title for one in campaign_queue.waiting(it.actor("market"), FIRST)] == [
        "回复：民办托育点综合整治"
    ]
    assert campaign_queue.waiting(it.actor("fire"), FIRST) == []
    # the day for replies is over: who said nothing does not take part, and one person alone is no team
    with pytest.raises(Refused, match="不到 2 名"):
        campaigns.submit(row, actor=it.actor("officer"), at=at(date(2026, 3, 7)))
    campaigns.reply(
        units["small-market"], accept=True, inspectors=[it.inspector("JC005")], actor=it.actor("market")
    )
    row = campaigns.submit(row, actor=it.actor("officer"), at=at(date(2026, 3, 7)))
    with pytest.raises(Conflict):
        campaigns.reply(units["small-market"], accept=False, note="人手不够了", actor=it.actor("market"))


def test_another_streets_operation_is_not_mine(it):
    other = of_street(it) | {"street": Street.objects.get(code="310199002")}
    with pytest.raises(Denied):
        campaigns.make("street", actor=it.actor("officer"), at=at(FIRST), **other)
    with pytest.raises(Refused) as refused:
        campaigns.make("street", actor=it.actor("officer"), at=at(FIRST), **(of_street(it) | {"units": []}))
    assert "units" in refused.value.params["errors"]


def test_an_operation_from_the_call_to_the_minutes(it):
    row = asked(it)
    units = answers_of(row)
    campaigns.reply(
        units["small-fire"], accept=True, inspectors=[it.inspector("JC003")], actor=it.actor("fire")
    )
    campaigns.reply(
        units["small-market"], accept=True, inspectors=[it.inspector("JC005")], actor=it.actor("market")
    )
    campaigns.submit(row, actor=it.actor("officer"), at=at(date(2026, 3, 7)))
    row = campaigns.approve(row, actor=it.actor("head"), at=at(date(2026, 3, 7), 15))
    with pytest.raises(Refused, match="不单独公布"):
        campaigns.publish(row, actor=it.actor("bureau"))
    assert row.publish_by is None
    made = campaign_visits.send(row, actor=it.actor("officer"), at=at(START, 8))
    assert {visit.facility.code for visit in made} == {"SM0001", "SM0002"}
    assert {visit.reason_kind for visit in made} == {"operation"} and all(visit.joint for visit in made)
    parts = VisitPart.objects.filter(inspection=made[0])
    assert [one.unit.slug for one in parts] == ["small-fire", "small-market"]  # health did not reply
    done = finish(it, made[0], {"fire-exits": "通道堆物", "food-samples": "没有留样"})
    assert {item.matter.key for item in items_of(done).select_related("matter")} == {"fire", "food"}
    assert {order.unit.slug for order in done.orders.all()} == {"small-fire", "small-market"}
    market = VisitPart.objects.get(inspection=done, unit__slug="small-market")
    joint.hand_over(
        market, case_number="沪市监立〔2026〕7号", handed_to="区市场监管局执法大队", actor=it.actor("market")
    )
    finish(it, made[1])
    row = campaign_visits.close(
        row, conclusion="两家都查了，一家移送执法。", actor=it.actor("officer"), at=at(END)
    )
    told = campaign_documents.closing_html(row)
    assert "移送执法（区市场监管局执法大队，沪市监立〔2026〕7号）" in told
    assert "没有回复" in told and "民办托育点综合整治综合执法行动纪要" in told.replace("</span><span>", "")
    assert "区卫健委" in told


# --- pages, REST


def test_pages_by_part(district, client):
    it = district
    with it.scope():
        row = asked(it)
    page = reverse("campaign", args=["small", row.pk])
    for who, status in (("officer", 200), ("bureau", 200), ("fire", 200), ("operator", 403), ("JC001", 403)):
        client.force_login(it.users[who])
        assert client.get(page).status_code == status, who
    client.force_login(it.users["fire"])
    assert "区消防的回复" in client.get(page).content.decode()
    with it.scope():
        pk = it.inspector("JC003").pk
    answer = client.post(page + "reply/", {"accept": "yes", "inspectors": [pk], "note": ""})
    assert answer.status_code == 302
    assert "JC003" in client.get(page).content.decode()
    assert client.post(page + "reply/", {"accept": "yes", "note": ""}).status_code == 422
    with it.scope():
        draft = campaigns.make("street", actor=it.actor("officer"), at=at(FIRST), **of_street(it))
    assert client.get(reverse("campaign", args=["small", draft.pk])).status_code == 404
    client.force_login(it.users["officer"])
    form = reverse("campaign-new", args=["small"]) + "?kind=street"
    assert client.get(form).status_code == 200
    wrong = client.post(form, {"theme": "查"})
    assert wrong.status_code == 422


def test_rest_tells_approved_ones(district, client):
    it = district
    with it.scope():
        from portal.access import Actor

        admin = Actor(it.district, it.users["bureau"], roles=frozenset({Role.SYSTEM_ADMIN}))
        token = people.create_client(name="t", scopes=["campaigns:read"], actor=admin, on=date(2026, 1, 1))[1]
        asked(it)
        sent(it)
    answer = client.get("/api/v1/campaigns/", HTTP_AUTHORIZATION=f"Bearer {token}")
    (row,) = answer.json()["results"]
    assert (row["theme"], row["state"], row["sent"], row["made"]) == ("夏季食品安全", "under_way", 3, 0)
