"""Joint visits: drawn, with somebody of each department; one record, and each department's part taken out of it."""

import hashlib
import json
import zipfile
from datetime import date, timedelta

import pytest
from django.urls import reverse

from inspections.models import Answer, DrawAddendum, Inspector, VisitItem, VisitPart
from inspections.services import answers, case_files, draw_teams, joint, joint_documents, plans, visits
from inspections.services.checklists import items_of, versions_for
from inspections.services.draw_summary import result_rows
from inspections.services.field_day import day_of, lists_of
from portal.errors import Conflict, Denied, Refused
from portal.services import people
from portal.services.files import path_of
from tests.inspections import factories, joint_district

pytestmark = pytest.mark.django_db
MARCH = factories.MARCH


@pytest.fixture
def district(db):
    return joint_district.make()


@pytest.fixture
def it(district):
    with district.scope():
        yield district


def part(visit, name) -> VisitPart:
    return VisitPart.objects.get(inspection=visit, unit__slug=f"small-{name}")


# --- the plan


def line_values(**more):
    values = {
        "key": "joint", "name": "联合检查", "subject": "安全、卫生", "kinds": ["nursery"], "checklists": [], "units": [],
        "rates_permille": {"A": 0, "B": 0, "C": 0, "D": 0}, "team_size": 4, "cap": 4, "freeze_days_before": 10,
        "window_days": 5, "last_day": 12, "chained_allowed": False, "joint": True,
    }  # fmt: skip
    return values | more


def test_a_joint_line_needs_a_place_for_each_department(it):
    plan = plans.make_plan(2027, actor=it.actor("bureau"))
    with pytest.raises(Refused) as refused:
        plans.enter_scheme(plan, actor=it.actor("bureau"), **line_values(team_size=3))
    assert set(refused.value.params["errors"]) == {"team_size"}
    with pytest.raises(Refused) as refused:
        plans.enter_scheme(plan, actor=it.actor("bureau"), **line_values(units=["small-fire"]))
    assert set(refused.value.params["errors"]) == {"units"}
    made = plans.enter_scheme(plan, actor=it.actor("bureau"), **line_values())
    # drawn from the departments of its items and from nobody else: so the first pass takes one of each
    assert made.units == ["small-education", "small-fire", "small-health", "small-market"]
    assert plans.content_of(plan)["schemes"][0]["joint"] is True
    baby = line_values(key="bb", kinds=["baby_house"], checklists=["baby-house"], team_size=2)
    made = plans.enter_scheme(plan, actor=it.actor("bureau"), **baby)
    assert made.units == ["small-education", "small-fire"]


# --- the draw


def test_the_draw_takes_one_of_each_and_says_who_is_missing(it):
    draw = it.draw(month=12)
    evidence = json.loads(draw.evidence_file)
    rows = result_rows(draw, draw.frozen_dict, evidence, it.actor("bureau"))
    assert {row.visit.facility.street.code: row.lacking for row in rows} == {
        "310199001": ("区市场监管局",),
        "310199002": (),
        "310199003": ("区卫健委",) if not _serves("JC004", "310199003") else (),
    }
    assert all(row.visit.joint for row in rows)
    whole = next(row for row in rows if not row.lacking)
    assert {one.unit for one in whole.team} == {"区教育局", "区卫健委", "区消防", "区市场监管局"}
    parts = VisitPart.objects.filter(inspection=whole.visit)
    assert {one.unit.slug for one in parts} == {f"small-{name}" for name in joint_district.DEPARTMENTS}
    # what is frozen and drawn knows nothing of it: the protocol is as it was
    assert "joint" not in draw.frozen_dict and "joint" not in evidence


def _serves(code, street):
    return Inspector.objects.filter(code=code, streets__street__code=street).exists()


def test_the_head_of_the_missing_department_names_somebody_beside_a_full_team(it):
    draw = it.draw(month=12)
    visit = draw.inspections.get(facility__code="SM0001")
    assert visit.all_team.count() == 4
    head = it.actor("market_head")
    with pytest.raises(Refused) as refused:
        draw_teams.name_inspector(visit, inspector=it.inspector("JC002"), actor=it.actor("head"))
    assert refused.value.code in ("team_full", "not_fit")
    member = draw_teams.name_inspector(visit, inspector=it.inspector("JC005"), actor=head)
    assert (member.origin, member.position) == ("named", 5)
    assert joint.lacking([visit]) == {}
    told = DrawAddendum.objects.get(draw=draw)
    assert told.kind == DrawAddendum.Kind.NAMED and told.facts["content"]["in"] == "JC005"
    with pytest.raises(Conflict):
        draw_teams.name_inspector(visit, inspector=it.inspector("JC005"), actor=head)


# --- the visit


def fixed(it, *codes, facility="SM0001"):
    visit = joint_district.named(it, facility, *codes)
    kinds = {visit.facility_id: visit.facility.kind}
    joint.make_parts([visit], kinds, (), MARCH)
    return visit


def test_no_start_without_a_department_or_a_decision(it):
    visit = fixed(it, "JC001", "JC002", "JC003")
    with pytest.raises(Refused, match="区市场监管局"):
        visits.start(visit, actor=it.actor("JC001"), now=factories.at(MARCH))
    market = part(visit, "market")
    with pytest.raises(Refused):
        joint.excuse(market, reason="忙", actor=it.actor("bureau"))
    with pytest.raises(Denied):
        joint.excuse(market, reason="人员都去防台风了", actor=it.actor("head"))
    with pytest.raises(Refused, match="有人在检查组里"):
        joint.excuse(part(visit, "fire"), reason="人员都去防台风了", actor=it.actor("bureau"))
    joint.excuse(market, reason="人员都去防台风了", actor=it.actor("bureau"))
    joint.recall(market, actor=it.actor("bureau"))
    joint.excuse(market, reason="人员都去防台风了", actor=it.actor("bureau"))

    first = MARCH.replace(day=1)
    for ahead, taken in ((15, 0), (14, 1)):  # whoever goes before the month begins has it on the phone too
        assert len(day_of(it.actor("JC001"), first - timedelta(days=ahead))["visits"]) == taken
    phone = day_of(it.actor("JC001"), MARCH)["visits"][0]
    visits.start(visit, actor=it.actor("JC001"), now=factories.at(MARCH))
    unseen = {a.item.key: a for a in Answer.objects.filter(inspection=visit).select_related("item", "by")}
    assert set(unseen) == {"drinking-water", "food-licence", "kitchen", "food-samples"}
    assert {a.value for a in unseen.values()} == {"unseen"}
    assert {a.note for a in unseen.values()} == {"区市场监管局未到场：人员都去防台风了"}
    assert {a.by for a in unseen.values()} == {it.users["bureau"]}
    # a phone that begins without a network writes down the same
    foretold = {pk: (a["value"], a["note"]) for pk, a in phone["answers"].items()}
    assert foretold == {a.item_id: (a.value, a.note) for a in unseen.values()}
    order = [item["id"] for one in phone["lists"] for item in one["items"]]
    assert order == [item.pk for item in items_of(visit)]
    visit.refresh_from_db()
    assert lists_of(visit, MARCH) == phone["lists"]
    assert [one["name"].split("　")[0] for one in phone["lists"]][:1] == ["区教育局"]
    assert "JC003" in next(one["name"] for one in phone["lists"] if one["name"].startswith("区消防"))

    item = unseen["kitchen"].item
    with pytest.raises(Conflict, match="不到场"):
        answers.save_answer(visit, item, value="ok", version=1, actor=it.actor("JC001"))
    with pytest.raises(Conflict):
        joint.recall(part(visit, "market"), actor=it.actor("bureau"))


def test_one_answer_for_what_two_departments_ask(it):
    """The fire brigade has an item of the same key as the education bureau's on another list."""
    version = versions_for("nursery", MARCH, ["health"])[0]
    original = versions_for("nursery", MARCH, ["safety"])[0].items.get(key="hazards")
    double = version.items.get(key="day-plan")
    double.key, double.text = "hazards", "另一种说法"
    double.matter = version.items.get(key="kitchen").matter
    double.save()
    visit = fixed(it, "JC001", "JC002", "JC003", "JC005")
    visits.start(visit, actor=it.actor("JC001"), now=factories.at(MARCH))
    row = VisitItem.objects.get(inspection=visit, item__key="hazards")
    assert (row.item_id, row.unit.slug, row.units) == (
        original.pk, "small-education", ["small-education", "small-market"],
    )  # fmt: skip
    assert row in joint.items_of_part(part(visit, "market"))
    assert row in joint.items_of_part(part(visit, "education"))
    assert row not in joint.items_of_part(part(visit, "fire"))


def finished(it, **failing):
    visit = fixed(it, "JC001", "JC002", "JC003", "JC005")
    failing = failing or {"food-samples": "没有留样", "fire-exits": "通道堆物"}
    return joint_district.made(it, visit, {key.replace("_", "-"): text for key, text in failing.items()})


def test_each_department_issues_its_order(it):
    visit = finished(it)
    orders = {order.unit.slug: order for order in visit.orders.select_related("unit")}
    assert set(orders) == {"small-market", "small-fire"}
    assert [f.item_key for f in orders["small-fire"].findings.all()] == ["fire-exits"]
    assert {one.unit.slug: one.state for one in visit.departments.all()} == {
        "small-education": "clear", "small-health": "clear", "small-fire": "ordered", "small-market": "ordered",
    }  # fmt: skip
    market = part(visit, "market")
    assert list(joint.orders_of(market)) == [orders["small-market"]]
    assert [f.item_key for f in joint.findings_of(market)] == ["food-samples"]
    assert [m.inspector.code for m in joint.team_of_part(market)] == ["JC005"]


def test_handing_over_to_enforcement(it):
    visit = finished(it)
    facts = {"case_number": "沪市监立〔2026〕12号", "handed_to": "区市场监管局执法大队"}
    with pytest.raises(Denied):
        joint.hand_over(part(visit, "market"), actor=it.actor("fire"), **facts)
    with pytest.raises(Refused) as refused:
        joint.hand_over(part(visit, "market"), actor=it.actor("market"), case_number="", handed_to="")
    assert set(refused.value.params["errors"]) == {"case_number", "handed_to"}
    with pytest.raises(Refused, match="没有发现问题"):
        joint.hand_over(part(visit, "health"), actor=it.actor("bureau"), **facts)
    with pytest.raises(Conflict):
        joint.hand_over(part(visit, "market"), version=1, actor=it.actor("market"), **facts)
    row = joint.hand_over(part(visit, "market"), actor=it.actor("market"), **facts)
    assert (row.state, row.case_number, row.handed_by) == ("handed", facts["case_number"], it.users["market"])
    with pytest.raises(Conflict):
        joint.hand_over(row, actor=it.actor("market"), **facts)


def test_the_parts_archive_holds_the_part_and_nothing_else(it):
    visit = finished(it)
    market = part(visit, "market")
    case = case_files.order_case(visit, part=market, actor=it.actor("market"))
    case = case_files.make(case, actor=it.actor())
    with zipfile.ZipFile(path_of(case.file)) as archive:
        names = set(archive.namelist())
        number = joint.orders_of(market).get().number
        assert names == {
            "01-documents/record.pdf", f"01-documents/order-{number}.pdf", "index.xlsx", "index.html", "SHA256SUMS",
        }  # fmt: skip
        body = archive.read("01-documents/record.pdf")
        sums = archive.read("SHA256SUMS").decode()
    assert f"{hashlib.sha256(body).hexdigest()}  01-documents/record.pdf" in sums
    assert case_files.take_record(case, actor=it.actor("market")) == body
    assert body.startswith(b"%PDF-")
    told = joint_documents.part_html(market)
    assert "没有留样" in told and "通道堆物" not in told and "本部门共检查4项" in told
    assert "示例JC005" in told and "示例JC003" not in told
    whole = case_files.make(case_files.order_case(visit, actor=it.actor("bureau")), actor=it.actor())
    with zipfile.ZipFile(path_of(whole.file)) as archive:
        parts = {name for name in archive.namelist() if "/part-" in name}
    assert parts == {f"01-documents/part-small-{name}.pdf" for name in joint_district.DEPARTMENTS}


# --- who sees what


def test_a_department_knows_its_part_once_the_visit_is_made(district, client):
    it = district
    with it.scope():
        visit = fixed(it, "JC001", "JC002", "JC003", "JC005")
        assert not VisitPart.objects.known_to(it.actor("market")).exists()
        assert not VisitPart.objects.known_to(it.actor("head")).exists()
        assert VisitPart.objects.known_to(it.actor("JC005")).count() == 4
        visit = joint_district.made(it, visit, {"food-samples": "没有留样", "fire-exits": "通道堆物"})
    client.force_login(it.users["market"])
    base = f"/small/inspections/{visit.pk}/parts"
    page = client.get(f"{base}/small-market/")
    assert page.status_code == 200 and "没有留样" in page.content.decode()
    assert client.get(f"{base}/small-fire/").status_code == 404
    listed = client.get(reverse("visit-parts", args=["small"])).content.decode()
    assert "区市场监管局" in listed and "区消防" not in listed
    with it.scope():
        orders = {order.unit.slug: order.pk for order in visit.orders.select_related("unit")}
    assert client.get(f"/small/orders/{orders['small-market']}/").status_code == 200
    assert client.get(f"/small/orders/{orders['small-fire']}/").status_code == 404


def test_rest_gives_each_part(district, client):
    it = district
    with it.scope():
        visit = finished(it)
        admin = small_actor(it)
        token = people.create_client(name="t", scopes=["parts:read"], actor=admin, on=date(2026, 1, 1))[1]
    answer = client.get("/api/v1/visit-parts/?unit=small-market", HTTP_AUTHORIZATION=f"Bearer {token}")
    assert answer.status_code == 200
    (row,) = answer.json()["results"]
    assert row["inspection"] == visit.number and row["unit"] == "small-market" and row["state"] == "ordered"
    assert row["inspectors"] == ["JC005"]
    assert [one["key"] for one in row["findings"]] == ["food-samples"]
    assert len(row["items"]) == 4 and {one["answered_by"] for one in row["items"]} == {"small-market"}


def small_actor(it):
    from portal.access import Actor
    from portal.rules.rights import Role

    return Actor(it.district, it.users["bureau"], roles=frozenset({Role.SYSTEM_ADMIN}))
