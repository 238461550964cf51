"""What is not on the published list is not inspected: not by a checklist, not by a visit."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils import timezone

from inspections.models import Checklist, ChecklistItem, Matter, MatterVersion
from inspections.services import checklists, matters, visits
from portal.errors import Conflict, Denied, Refused
from portal.tenancy import district_scope
from tests.inspections import factories

VALUES = {
    "name": "燃气安全",
    "basis": "《城镇燃气管理条例》",
    "subject": "区燃气主管部门",
    "kinds": ["nursery"],
    "ratio": "全部",
    "frequency": "每年一次",
    "method": "现场检查",
}
DAY = date(2026, 3, 10)


@pytest.fixture
def minhang(cast):
    with district_scope(cast.minhang):
        factories.reference(cast.minhang)
        yield cast


def wording(matter) -> checklists.Wording:
    return checklists.Wording("gas", "燃气", "燃气报警器有效", "high", matter=matter, basis="法")


def test_every_shipped_item_belongs_to_a_published_matter(minhang):
    assert not ChecklistItem.objects.exclude(matter__versions__published_on__isnull=False).exists()
    assert {one.matter.key for one in matters.published(DAY)} == {
        row["key"] for row in matters.shipped()["matters"]
    }
    # again and again without harm
    MatterVersion.objects.filter(matter__key="fire").update(name="本区自己的写法")
    matters.load_matters(minhang.minhang, actor=minhang.actor("bureau"))
    assert MatterVersion.objects.get(matter__key="fire").name == "本区自己的写法"


def test_an_unpublished_matter_is_in_no_checklist_that_is_used(minhang):
    bureau = minhang.actor("bureau")
    gas = matters.enter_matter(key="gas", unit=None, actor=bureau, **VALUES)
    safety = Checklist.objects.get(key="safety")
    for matter in (gas, None):
        with pytest.raises(Refused) as refused:
            checklists.publish_version(safety, items=[wording(matter)], starts_on=DAY, actor=bureau)
        assert refused.value.code == "matter"
    matters.publish_matter(gas, actor=bureau, version=1, on=DAY)
    with pytest.raises(Refused):  # from tomorrow's list nobody inspects yesterday
        checklists.publish_version(safety, items=[wording(gas)], starts_on=DAY - timedelta(1), actor=bureau)
    made = checklists.publish_version(safety, items=[wording(gas)], starts_on=DAY, actor=bureau)
    assert [one.matter for one in made.items.all()] == [gas]


def test_a_visit_does_not_start_with_what_is_not_published(minhang):
    team = factories.team(minhang)
    visit = factories.drawn(minhang.facility, team)
    MatterVersion.objects.filter(matter__key="fire").update(ends_on=DAY - timedelta(1))
    with pytest.raises(Refused, match="消防安全"):
        visits.start(visit, actor=minhang.actor("inspector"), now=factories.at(DAY))
    MatterVersion.objects.filter(matter__key="fire").update(ends_on=None)
    assert visits.start(visit, actor=minhang.actor("inspector"), now=factories.at(DAY)).state == "under_way"


def test_a_matter_that_a_checklist_uses_is_not_withdrawn(minhang):
    bureau = minhang.actor("bureau")
    fire = Matter.objects.get(key="fire")
    with pytest.raises(Conflict) as refused:
        matters.withdraw_matter(fire, note="改由行业主管", actor=bureau, on=DAY)
    assert refused.value.code == "used" and "安全防控" in str(refused.value)
    gas = matters.enter_matter(key="gas", unit=None, actor=bureau, **VALUES)
    with pytest.raises(Conflict):
        matters.withdraw_matter(gas, note="还没有公布", actor=bureau, on=DAY)
    matters.publish_matter(gas, actor=bureau, version=1, on=DAY)
    with pytest.raises(Refused):
        matters.withdraw_matter(gas, note=" ", actor=bureau, on=DAY)
    done = matters.withdraw_matter(gas, note="并入消防", actor=bureau, on=DAY + timedelta(5))
    assert (done.ends_on, done.withdrawn_note) == (DAY + timedelta(4), "并入消防")
    with pytest.raises(Refused):
        matters.demand_published([gas], DAY + timedelta(5))


def test_a_published_wording_stands_and_the_next_follows_it(minhang):
    bureau = minhang.actor("bureau")
    fire = Matter.objects.get(key="fire")
    old = fire.versions.get()
    draft = matters.change_matter(fire, unit=None, version=0, actor=bureau, **VALUES | {"name": "消防与燃气"})
    assert (draft.number, draft.published_on) == (2, None)
    assert matters.published(DAY).get(matter=fire) == old
    with pytest.raises(Conflict):  # somebody else began the draft meanwhile
        matters.change_matter(fire, unit=None, version=0, actor=bureau, **VALUES)
    with pytest.raises(Conflict):
        matters.publish_matter(fire, actor=bureau, version=7, on=DAY)
    matters.publish_matter(fire, actor=bureau, version=1, on=DAY)
    old.refresh_from_db()
    assert old.ends_on == DAY - timedelta(1)
    assert matters.published(DAY).get(matter=fire).name == "消防与燃气"
    assert matters.published(DAY - timedelta(1)).get(matter=fire).name == "消防安全"
    with pytest.raises(Conflict):
        matters.publish_matter(fire, actor=bureau, version=2, on=DAY)


@pytest.mark.parametrize(
    ("field", "value"), [("key", "X"), ("name", " "), ("basis", "长" * 301), ("kinds", [])]
)
def test_what_makes_no_sense_is_refused(minhang, field, value):
    with pytest.raises(Refused) as refused:
        matters.enter_matter(
            unit=None, actor=minhang.actor("bureau"), **({"key": "gas"} | VALUES | {field: value})
        )
    assert refused.value.field == field


def test_only_the_bureau_changes_the_list(minhang):
    for name in ("head", "inspector", "officer", "operator"):
        with pytest.raises(Denied):
            matters.enter_matter(key="gas", unit=None, actor=minhang.actor(name), **VALUES)


def test_entered_published_and_read_by_everybody(client, cast):
    with district_scope(cast.minhang):
        factories.reference(cast.minhang)
    client.force_login(cast.users["bureau"])
    form = VALUES | {"key": "gas", "unit": ""}
    assert client.post("/minhang/inspections/matters/new/", form | {"name": ""}).status_code == 422
    assert client.post("/minhang/inspections/matters/new/", form).status_code == 302
    assert client.post("/minhang/inspections/matters/new/", form).status_code == 409
    address = "/minhang/inspections/matters/gas/"
    assert "公布这一版" in client.get(address).content.decode()
    client.force_login(cast.users["inspector"])
    assert "燃气安全" not in client.get("/minhang/inspections/matters/").content.decode()
    client.logout()
    assert "燃气安全" not in client.get("/public/minhang/matters/").content.decode()
    client.force_login(cast.users["bureau"])
    assert client.post(address + "step/", {"what": "publish", "version": "9"}).status_code == 409
    assert client.post(address + "step/", {"what": "publish", "version": "1"}).status_code == 302
    assert client.get(address + "edit/").status_code == 200
    client.logout()
    page = client.get("/public/minhang/matters/").content.decode()
    assert "燃气安全" in page and "区燃气主管部门" in page and "消防安全" in page
    client.force_login(cast.users["bureau"])
    assert client.post(address + "step/", {"what": "withdraw", "note": ""}).status_code == 422
    assert client.post(address + "step/", {"what": "withdraw", "note": "并入消防"}).status_code == 302
    client.logout()
    assert "燃气安全" not in client.get("/public/minhang/matters/").content.decode()
    with district_scope(cast.minhang):
        assert not matters.published(timezone.localdate()).filter(matter__key="gas").exists()
