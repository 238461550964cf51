"""The register of inspectors, interests with their ground, and two freezings compared."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils import timezone

from facilities.models import Employment, Facility, FacilityTransition, StaffMember
from inspections.models import Inspector, Interest
from inspections.rules import inspectors as rules
from inspections.services import freeze_changes, inspectors, pools
from portal.errors import Conflict, Denied, Refused
from portal.models import Membership, Street, Unit, User
from portal.rules.rights import Role
from tests import rows
from tests.inspections import small_district
from tests.portal import spreadsheets
from tests.queries import at_most

FIRST, LAST = date(2026, 4, 1), date(2026, 4, 30)


@pytest.fixture
def small(db):
    it = small_district.make()
    with it.scope():
        made = User.objects.create(username="small-jc001", name="示例JC001", password="!")
        Membership.objects.create(user=made, role=Role.INSPECTOR, starts_on=date(2020, 1, 1))
        Inspector.objects.filter(code="JC001").update(user=made)
        it.users["jc001"] = made
    return it


def values(**more) -> dict:
    return {
        "name": "示例新人",
        "unit": Unit.objects.get(slug="small-fire"),
        "user": None,
        "licence_number": "31-NEW",
        "licence_from": date(2026, 1, 1),
        "licence_until": date(2029, 12, 31),
        "expertise": ["消防"],
        "active": True,
        "streets": list(Street.objects.filter(code="310199001")),
    } | more


@pytest.mark.parametrize(
    ("active", "since", "until", "streets", "key"),
    [
        (True, date(2026, 4, 1), date(2026, 4, 30), 1, ""),
        (True, date(2026, 4, 1), date(2026, 4, 29), 1, "lapses"),
        (True, date(2026, 4, 2), date(2027, 1, 1), 1, "before"),
        (True, date(2020, 1, 1), date(2026, 3, 31), 1, "lapsed"),
        (True, date(2020, 1, 1), date(2027, 1, 1), 0, "streets"),
        (False, date(2020, 1, 1), date(2027, 1, 1), 1, "inactive"),
    ],
)
def test_who_is_in_a_months_pool(active, since, until, streets, key):
    assert rules.out_of_pool(active, since, until, streets, FIRST, LAST) == key


def test_the_page_and_the_freezing_agree_on_who_is_in(small):
    with small.scope():
        Inspector.objects.filter(code="JC002").update(licence_until=date(2026, 4, 29))
        Inspector.objects.filter(code="JC003").update(active=False)
        frozen = {row["id"] for row in pools.frozen_inspectors(small.scheme, 2026, 4, set())}
        told = {
            one.code
            for one in Inspector.objects.all()
            if not rules.out_of_pool(one.active, one.licence_from, one.licence_until, 1, FIRST, LAST)
        }
        assert frozen == told == {"JC001", "JC004", "JC005"}


def test_entered_and_changed(small):
    with small.scope():
        bureau = small.actor("bureau")
        made = inspectors.enter_inspector(actor=bureau, code="JC900", **values())
        both = list(Street.objects.filter(code__in=["310199002", "310199003"]))
        changed = inspectors.change_inspector(
            made, actor=bureau, version=1, **values(streets=both, expertise=["消防", "食品"])
        )
        assert sorted(changed.streets.values_list("street__code", flat=True)) == ["310199002", "310199003"]
        with pytest.raises(Conflict):
            inspectors.change_inspector(made, actor=bureau, version=1, **values())
        with pytest.raises(Conflict) as refused:
            inspectors.enter_inspector(actor=bureau, code="JC900", **values())
        assert refused.value.field == "code"
        with pytest.raises(Conflict) as refused:
            inspectors.enter_inspector(actor=bureau, code="JC901", **values(user=small.users["jc001"]))
        assert refused.value.field == "user"
        with pytest.raises(Denied):
            inspectors.enter_inspector(actor=small.actor("head"), code="JC902", **values())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("code", "JC 1"),
        ("name", "甲"),
        ("licence_until", date(2025, 12, 31)),
        ("licence_from", date(1, 1, 1)),
        ("streets", []),
        ("expertise", ["长" * 21]),
    ],
)
def test_what_makes_no_sense_is_refused(small, field, value):
    with small.scope(), pytest.raises(Refused) as refused:
        inspectors.enter_inspector(actor=small.actor("bureau"), **values(code="JC900") | {field: value})
    assert refused.value.field == field


def test_an_interest_keeps_them_apart_from_its_first_day_to_its_last(small):
    with small.scope():
        mine, place = small.inspector("JC001"), small.facility("SM0001")
        made = inspectors.declare_interest(
            mine, place, kind="family", starts_on=date(2026, 4, 30), actor=small.actor("jc001")
        )

        def recused(month: int) -> list[str]:
            found = pools.frozen_inspectors(small.scheme, 2026, month, {"SM0001"})
            return next(row["recused"] for row in found if row["id"] == "JC001")

        assert (recused(3), recused(4), recused(5)) == ([], ["SM0001"], ["SM0001"])
        with pytest.raises(Denied):
            inspectors.end_interest(made, ends_on=date(2026, 4, 30), actor=small.actor("jc001"))
        with pytest.raises(Refused):
            inspectors.end_interest(made, ends_on=date(2026, 4, 29), actor=small.actor("bureau"))
        inspectors.end_interest(made, ends_on=date(2026, 4, 30), actor=small.actor("bureau"))
        assert (recused(4), recused(5)) == (["SM0001"], [])
        with pytest.raises(Conflict):
            inspectors.end_interest(made, ends_on=date(2026, 5, 1), actor=small.actor("bureau"))
        with pytest.raises(Conflict):
            inspectors.declare_interest(
                mine, place, kind="family", starts_on=date(2026, 4, 30), actor=small.actor("bureau")
            )


def test_what_the_records_show_with_its_ground(small):
    with small.scope():
        small.past_visit("SM0002", date(2026, 2, 3), "JC001", "JC002")
        staff = rows.make(StaffMember, name="示例JC001")
        place = small.facility("SM0003")
        rows.make(Employment, staff=staff, facility=place, starts_on=date(2025, 1, 1), ends_on=None)
        mine = small.inspector("JC001")
        found = inspectors.derived(mine, actor=small.actor("bureau"), on=date(2026, 3, 1))
        assert [(one.facility.code, one.bars) for one in found] == [("SM0002", True), ("SM0003", False)]
        # whose team it was could be that of a visit still to be made: the head is not told
        told = inspectors.derived(mine, actor=small.actor("head"), on=date(2026, 3, 1))
        assert [one.facility.code for one in told] == ["SM0003"]
        inspectors.declare_interest(
            mine, place, kind="employment", starts_on=date(2026, 1, 1), actor=small.actor("bureau")
        )
        found = inspectors.derived(mine, actor=small.actor("bureau"), on=date(2026, 3, 1))
        assert [one.facility.code for one in found] == ["SM0002"]


# ---- two freezings


def test_what_changed_between_two_freezings_and_why(small):
    with small.scope():
        march = small.freeze(3)
        Facility.objects.filter(code="SM0001").update(grade="C")
        closed = small.facility("SM0006")
        FacilityTransition.objects.create(
            facility=closed, source="operating", target="suspended", on=date(2026, 3, 5), reason="装修"
        )
        Facility.objects.filter(pk=closed.pk).update(state="suspended")
        Inspector.objects.filter(code="JC002").update(licence_until=date(2026, 4, 15))
        small.interest("JC004", "SM0001", date(2026, 4, 1))
        april = small.freeze(4)
        assert freeze_changes.before(april) == march and freeze_changes.before(march) is None
        found = {(one.code, one.what): one.why for one in freeze_changes.changes(april, march, visited=True)}
        assert found["SM0001", "changed"] == "等级 A → C"
        assert "装修" in found["SM0006", "left"]
        assert found["JC002", "left"] == "执法证在这个月里到期"
        assert found["JC004", "changed"] == "回避 + SM0001"
        assert len(found) == 4


def test_who_may_not_know_of_a_drawn_visit_does_not_learn_it_from_the_difference(small):
    with small.scope():
        march = small.draw(3)
        april = small.freeze(4)
        told = freeze_changes.changes(april, march, visited=True)
        hidden = freeze_changes.changes(april, march, visited=False)
        assert any("今年已查" in one.why for one in told)
        assert hidden == []


# ---- spreadsheets

HEAD = ("编号", "姓名", "单位", "执法证号", "执法证起", "执法证止", "服务的街镇", "专长", "在岗")
NEW = ("jc900", "示例新人", "区消防", "31-900", "2026-01-01", "2029-12-31", "甲镇、乙镇", "消防，食品", "是")


def test_brought_in_by_the_service_and_the_same_file_twice_changes_nothing(small, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    with small.scope():
        bureau = small.actor("bureau")
        run = spreadsheets.write(spreadsheets.read("inspectors", HEAD, NEW, actor=bureau), actor=bureau)
        assert run.counts["new"] == 1
        made = Inspector.objects.get(code="JC900")
        assert (made.expertise, made.streets.count(), made.unit.slug) == (["消防", "食品"], 2, "small-fire")
        same = (*NEW[:7], "消防、食品", "是")
        assert spreadsheets.read("inspectors", HEAD, same, actor=bureau).counts["same"] == 1
        less = ("JC900", "", "", "", "", "2030-12-31", "丙镇", "", "")
        spreadsheets.write(spreadsheets.read("inspectors", HEAD, less, actor=bureau), actor=bureau)
        made.refresh_from_db()
        assert made.licence_until == date(2030, 12, 31) and made.name == "示例新人"
        assert list(made.streets.values_list("street__name", flat=True)) == ["丙镇"]


def test_a_street_of_nowhere_and_a_licence_that_ends_first_are_told_at_their_row(small, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    with small.scope():
        bureau = small.actor("bureau")
        nowhere = (*NEW[:6], "月球镇", "", "")
        backwards = ("JC901", *NEW[1:5], "2020-01-01", *NEW[6:])
        told = spreadsheets.sentences(spreadsheets.read("inspectors", HEAD, nowhere, backwards, actor=bureau))
        assert any("本区没有“月球镇”" in one for one in told)
        assert any("不能早于执法证起" in one for one in told)
        assert not Inspector.objects.filter(code__in=["JC900", "JC901"]).exists()


# ---- pages


def test_the_register_in_the_browser(client, small):
    client.force_login(small.users["bureau"])
    with at_most(20):
        page = client.get("/small/inspectors/").content.decode()
    assert "JC001" in page and "JC005" in page
    with small.scope():
        unit, street = Unit.objects.get(slug="small-fire").pk, Street.objects.first().pk
        Inspector.objects.filter(code="JC002").update(licence_until=timezone.localdate() + timedelta(days=3))
        first = small.inspector("JC001").pk
    form = {
        "code": "JC900", "name": "示例新人", "unit": unit, "licence_number": "31-9", "licence_from": "2026-01-01",
        "licence_until": "2029-01-01", "expertise": "消防、食品", "streets": [street], "active": "on",
    }  # fmt: skip
    assert client.post("/small/inspectors/new/", form | {"streets": []}).status_code == 422
    assert client.post("/small/inspectors/new/", form).status_code == 302
    page = client.get("/small/inspectors/?tab=out").content.decode()
    assert "JC002" in page and ">JC900<" not in page
    with small.scope():
        made = Inspector.objects.get(code="JC900")
        assert made.expertise == ["消防", "食品"]
    assert client.get(f"/small/inspectors/{made.pk}/edit/").status_code == 200
    assert (
        client.post(
            f"/small/inspectors/{made.pk}/edit/", form | {"version": "1", "name": "示例改名"}
        ).status_code
        == 302
    )
    assert client.post(f"/small/inspectors/{made.pk}/edit/", form | {"version": "1"}).status_code == 409
    # an inspector sees and declares for the own line only
    client.force_login(small.users["jc001"])
    page = client.get("/small/inspectors/").content.decode()
    assert "JC001" in page and "JC900" not in page
    tie = {"facility": "sm0001", "kind": "family", "starts_on": "2026-01-01", "ends_on": "", "note": "表亲"}
    assert client.post(f"/small/inspectors/{made.pk}/interests/", tie).status_code == 404
    assert client.post(f"/small/inspectors/{first}/interests/", tie | {"facility": "XX"}).status_code == 422
    assert client.post(f"/small/inspectors/{first}/interests/", tie).status_code == 302
    assert "表亲" in client.get(f"/small/inspectors/{first}/").content.decode()
    with small.scope():
        row = Interest.objects.get()
    end = f"/small/inspectors/{first}/interests/{row.pk}/end/"
    assert client.post(end, {"ends_on": "2026-02-01"}).status_code == 403
    client.force_login(small.users["bureau"])
    assert client.post(end, {"ends_on": "2025-02-01"}).status_code == 422
    assert client.post(end, {"ends_on": "2026-02-01"}).status_code == 302
