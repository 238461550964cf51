"""A facility's file: premises, classes, fees, notices, insurance, menus; the register's figures follow the rows."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from facilities.models import CareClass, Facility, Fee, FeeNotice, Insurance, Menu, Operator, Permit, Premises
from facilities.rules import records as rules
from facilities.services import bulk, classes, figures, operators, papers, premises
from facilities.services import facilities as services
from facilities.views.records import permits_of
from portal.errors import Conflict, Denied, Refused
from portal.models.records import AuditEntry
from portal.tenancy import district_scope
from tests.facilities import factories
from tests.facilities.factories import TODAY
from tests.portal.stage import PNG

MONDAY = date(2026, 3, 16)


@pytest.fixture
def minhang(cast):
    with district_scope(cast.minhang):
        cast.facility.places = 40
        cast.facility.save()
        yield cast


def bureau(cast):
    return cast.actor("bureau")


def refused(kind, call, /, *args, **values):
    with pytest.raises(kind) as caught:
        call(*args, **values)
    return caught.value


def place(cast, facility=None, areas=(("activity", 1, "80.5"), ("sleep", 2, "40")), by="bureau", **values):
    return premises.add_premises(
        facility or cast.facility,
        actor=cast.actor(by),
        areas=[{"use": u, "floor": f, "area": Decimal(a)} for u, f, a in areas],
        today=TODAY,
        **{
            "name": "本部", "tenure": "leased", "lease_until": date(2028, 8, 31), "starts_on": date(2021, 8, 1),
            **values,
        },
    )  # fmt: skip


def care_class(cast, by="operator", facility=None, **values):
    return classes.open_class(
        facility or cast.facility,
        actor=cast.actor(by),
        today=TODAY,
        **{
            "name": "托小一班", "kind": "toddler", "year": 2025, "places": 15, "children": 13, "staff": 3,
            "started_on": date(2025, 9, 1), **values,
        },
    )  # fmt: skip


def insurance(cast, by="operator", **values):
    return papers.insure(
        cast.facility,
        actor=cast.actor(by),
        today=TODAY,
        **{
            "kind": "liability", "insurer": "示例财产保险", "number": "PL2026-01", "starts_on": date(2026, 1, 1),
            "ends_on": date(2026, 12, 31), **values,
        },
    )  # fmt: skip


def permit(cast, by="operator", **values):
    return papers.hold_permit(
        cast.facility,
        actor=cast.actor(by),
        today=TODAY,
        **{
            "kind": "food", "number": "JY3310112", "issued_on": date(2024, 5, 20), "valid_until": date(2029, 5, 19),
            **values,
        },
    )  # fmt: skip


# ---- premises


@pytest.mark.django_db
def test_the_usable_area_is_the_sum_of_open_premises(minhang):
    services.change_facility(
        minhang.facility, actor=bureau(minhang), version=1, on=TODAY, usable_area=Decimal("500")
    )
    first = place(minhang)
    minhang.facility.refresh_from_db()
    assert minhang.facility.usable_area == Decimal("120.5")
    place(minhang, name="分部", areas=(("activity", -1, "60"),), tenure="own", lease_until=None)
    premises.leave_premises(first, actor=bureau(minhang), on=date(2026, 3, 1), today=TODAY)
    minhang.facility.refresh_from_db()
    assert minhang.facility.usable_area == Decimal("60.0")
    entry = AuditEntry.objects.order_by("-pk").first()
    assert entry.action == "facilities.premises.leave"
    assert entry.changes["figures"] == {"usable_area": ["180.5", "60.0"]}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": " "}, "name"),
        ({"tenure": "borrowed", "lease_until": None}, "tenure"),
        ({"lease_until": None}, "lease_until"),
        ({"tenure": "own"}, "lease_until"),
        ({"lease_until": date(2021, 1, 1)}, "lease_until"),
        ({"lease_until": date(2099, 1, 1)}, "lease_until"),
        ({"starts_on": date(2027, 1, 1)}, "starts_on"),
        ({"starts_on": date(1900, 1, 1)}, "starts_on"),
        ({"outdoor_area": Decimal("-1")}, "outdoor_area"),
        ({"areas": (("activity", 0, "10"),)}, "areas"),
        ({"areas": (("activity", 99, "10"),)}, "areas"),
        ({"areas": (("activity", 1, "0"),)}, "areas"),
        ({"areas": (("attic", 1, "10"),)}, "areas"),
        ({"areas": (("activity", 1, "10"), ("activity", 1, "11"))}, "areas"),
    ],
)
def test_premises_that_make_no_sense_are_refused(minhang, values, field):
    assert refused(Refused, place, minhang, **values).field == field
    assert not Premises.objects.exists()


@pytest.mark.django_db
def test_premises_are_the_districts(minhang):
    refused(Denied, place, minhang, by="operator")
    refused(Denied, place, minhang, by="officer")


@pytest.mark.django_db
def test_the_second_of_two_who_change_premises_is_told(minhang):
    one = place(minhang)
    same = {"areas": [], "today": TODAY, "name": "本部", "starts_on": date(2021, 8, 1), "tenure": "own"}
    premises.change_premises(one, actor=bureau(minhang), version=1, **same)
    error = refused(Conflict, premises.change_premises, one, actor=bureau(minhang), version=1, **same)
    assert error.code == "stale"
    minhang.facility.refresh_from_db()
    assert minhang.facility.usable_area is None


# ---- classes


@pytest.mark.django_db
def test_the_children_of_the_register_are_those_of_its_open_classes(minhang):
    one = care_class(minhang)
    care_class(minhang, name="托大班", kind="senior", places=20, children=19)
    minhang.facility.refresh_from_db()
    assert minhang.facility.enrolled == 32
    version = minhang.facility.version
    values = {f: getattr(one, f) for f in classes.FIELDS} | {"children": 10}
    classes.change_class(one, actor=minhang.actor("operator"), version=1, today=TODAY, **values)
    classes.end_class(one, actor=minhang.actor("operator"), on=date(2026, 3, 10), today=TODAY)
    minhang.facility.refresh_from_db()
    assert (minhang.facility.enrolled, minhang.facility.version) == (19, version + 2)
    error = refused(
        Refused,
        services.change_facility,
        minhang.facility,
        actor=minhang.actor("operator"),
        version=minhang.facility.version,
        on=TODAY,
        enrolled=25,
    )
    assert error.field == "enrolled" and "班级" in error.message


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": " "}, "name"),
        ({"kind": "old"}, "kind"),
        ({"year": 1999}, "year"),
        ({"year": 2028}, "year"),
        ({"places": 0}, "places"),
        ({"places": 61}, "places"),
        ({"places": 50}, "places"),  # more than the facility has
        ({"children": 19}, "children"),
        ({"children": 81}, "children"),
        ({"staff": 31}, "staff"),
        ({"started_on": date(2026, 9, 1)}, "started_on"),
    ],
)
def test_a_class_that_makes_no_sense_is_refused(minhang, values, field):
    assert refused(Refused, care_class, minhang, **values).field == field
    assert not CareClass.objects.exists()


@pytest.mark.django_db
def test_classes_keep_within_the_places_and_places_above_the_classes(minhang):
    care_class(minhang)
    assert refused(Refused, care_class, minhang, name="二班", places=26).field == "places"
    care_class(minhang, name="二班", places=25, children=20)
    minhang.facility.refresh_from_db()
    error = refused(
        Refused,
        services.change_facility,
        minhang.facility,
        actor=bureau(minhang),
        version=minhang.facility.version,
        on=TODAY,
        places=39,
    )
    assert error.field == "places" and "40" in error.message
    assert refused(Refused, care_class, minhang, name="二班", places=1, children=0).code == "values"


# ---- fees, notices


@pytest.mark.django_db
def test_a_new_price_ends_the_old_one_the_day_before(minhang):
    actor = minhang.actor("operator")
    fee = {"item": "care", "unit": "month", "actor": actor, "today": TODAY}
    old = papers.set_fee(minhang.facility, amount=Decimal("2800"), starts_on=date(2025, 9, 1), **fee)
    new = papers.set_fee(minhang.facility, amount=Decimal("3000"), starts_on=date(2026, 4, 1), **fee)
    old.refresh_from_db()
    assert old.ends_on == date(2026, 3, 31) and new.ends_on is None
    again = {"amount": Decimal("3000"), "starts_on": date(2026, 5, 1)}
    assert refused(Refused, papers.set_fee, minhang.facility, **fee, **again).field == "amount"
    early = {"amount": Decimal("1"), "starts_on": date(2026, 4, 1)}
    assert refused(Refused, papers.set_fee, minhang.facility, **fee, **early).field == "starts_on"
    papers.end_fee(new, actor=actor, on=date(2026, 4, 30))
    assert refused(Refused, papers.end_fee, new, actor=actor, on=date(2026, 5, 1)).field == "on"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"amount": Decimal("-1")}, "amount"),
        ({"amount": Decimal("100001")}, "amount"),
        ({"item": "gold"}, "item"),
        ({"unit": "decade"}, "unit"),
        ({"item": "other"}, "note"),
        ({"item": "meals"}, "item"),  # the facility serves none
        ({"starts_on": date(2028, 1, 1)}, "starts_on"),
    ],
)
def test_a_fee_that_makes_no_sense_is_refused(minhang, values, field):
    wanted = {"item": "care", "amount": Decimal("10"), "unit": "day", "starts_on": TODAY, **values}
    error = refused(
        Refused, papers.set_fee, minhang.facility, actor=minhang.actor("operator"), today=TODAY, **wanted
    )
    assert error.field == field and not Fee.objects.exists()


@pytest.mark.django_db
def test_the_day_of_the_notice_follows_the_notices(minhang):
    actor = minhang.actor("operator")
    upload = SimpleUploadedFile("公示.png", PNG, "image/png")
    first = papers.publish_fees(
        minhang.facility, actor=actor, published_on=date(2025, 9, 1), place="door", upload=upload, today=TODAY
    )
    second = papers.publish_fees(
        minhang.facility, actor=actor, published_on=date(2026, 2, 1), place="wechat", today=TODAY
    )
    minhang.facility.refresh_from_db()
    assert minhang.facility.fees_published_on == date(2026, 2, 1) and first.file.name == "公示.png"
    papers.drop_notice(second, actor=actor)
    minhang.facility.refresh_from_db()
    assert minhang.facility.fees_published_on == date(2025, 9, 1)
    later = {"published_on": TODAY + timedelta(1), "place": "door"}
    error = refused(Refused, papers.publish_fees, minhang.facility, actor=actor, today=TODAY, **later)
    assert error.field == "published_on"


# ---- permits


@pytest.mark.django_db
def test_a_new_permit_takes_the_place_of_the_one_before_it(minhang):
    old = permit(minhang)
    new = permit(minhang, number="JY3310113", issued_on=TODAY, valid_until=date(2031, 1, 1))
    other = permit(minhang, kind="other", name="安全技术防范验收", valid_until=None)
    states = dict(Permit.objects.values_list("pk", "standing"))
    assert states == {old.pk: False, new.pk: True, other.pk: True}
    assert refused(Refused, permit, minhang).field == "number"
    for_ever = permit(minhang, kind="fire", issued_on=date(2020, 1, 1), valid_until=None)
    dated = permit(minhang, kind="fire", issued_on=date(2025, 1, 1), valid_until=date(2027, 1, 1))
    for_ever.refresh_from_db(), dated.refresh_from_db()
    assert (for_ever.standing, dated.standing) == (False, True), "what was issued last, though it ends"
    states = [state for row, (state, _words) in permits_of(minhang.facility, TODAY) if row.kind == "fire"]
    assert states == ["ok", "none"]
    papers.drop_permit(new, actor=minhang.actor("operator"))
    assert Permit.objects.get(pk=old.pk).standing
    assert refused(Denied, permit, minhang, by="officer")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"kind": "luck"}, "kind"),
        ({"kind": "other", "valid_until": None}, "name"),
        ({"name": "食品证"}, "name"),
        ({"number": " "}, "number"),
        ({"authority": "局" * 81}, "authority"),
        ({"issued_on": date(2031, 1, 1)}, "issued_on"),
        ({"kind": "fire", "issued_on": None, "valid_until": None}, "issued_on"),
        ({"valid_until": None}, "valid_until"),
        ({"valid_until": date(2024, 5, 20)}, "valid_until"),
        ({"valid_until": date(2099, 1, 1)}, "valid_until"),
    ],
)
def test_a_permit_that_makes_no_sense_is_refused(minhang, values, field):
    assert refused(Refused, permit, minhang, **values).field == field
    assert not Permit.objects.exists()


# ---- insurance, menus


@pytest.mark.django_db
def test_only_liability_insurance_counts_for_the_register(minhang):
    insurance(minhang)
    insurance(minhang, kind="accident", ends_on=date(2027, 5, 1))
    minhang.facility.refresh_from_db()
    assert minhang.facility.insured_until == date(2026, 12, 31)
    assert refused(Refused, insurance, minhang).field == "number"
    papers.drop_insurance(Insurance.objects.get(kind="liability"), actor=minhang.actor("operator"))
    minhang.facility.refresh_from_db()
    assert minhang.facility.insured_until is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"kind": "luck"}, "kind"),
        ({"insurer": "一"}, "insurer"),
        ({"number": " "}, "number"),
        ({"ends_on": date(2026, 1, 1)}, "ends_on"),
        ({"ends_on": date(2036, 1, 1)}, "ends_on"),
        ({"starts_on": date(2029, 1, 1), "ends_on": date(2030, 1, 1)}, "starts_on"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(minhang, values, field):
    assert refused(Refused, insurance, minhang, **values).field == field


@pytest.mark.django_db
def test_menus_only_where_meals_are_served_and_never_for_hours_alone(minhang):
    actor, one = minhang.actor("operator"), minhang.facility
    menu = {"actor": actor, "week": MONDAY, "text": "周一 番茄鸡蛋面", "today": TODAY}
    assert "供餐" in refused(Refused, papers.post_menu, one, **menu).message
    one = services.change_facility(one, actor=actor, version=1, on=TODAY, meals=True)
    papers.post_menu(one, **menu)
    papers.post_menu(one, **(menu | {"text": "周一 米饭、清蒸鱼"}))
    assert Menu.objects.get().text == "周一 米饭、清蒸鱼"
    for values, field in (
        ({"week": MONDAY + timedelta(1)}, "week"),
        ({"week": MONDAY + timedelta(42)}, "week"),
        ({"text": " ", "week": MONDAY + timedelta(7)}, "text"),
    ):
        assert refused(Refused, papers.post_menu, one, **(menu | values)).field == field
    error = refused(
        Refused,
        services.change_facility,
        one,
        actor=actor,
        version=one.version,
        on=TODAY,
        full_day=False,
        hourly=True,
    )
    assert error.field == "meals"


# ---- all of it


@pytest.mark.django_db
def test_out_of_reach_and_closed_nothing_is_kept(minhang):
    other = factories.facility(minhang.other_street)
    shut = factories.facility(minhang.street, state="closed", closed_on=date(2026, 1, 1))
    refused(Denied, care_class, minhang, facility=other)
    assert refused(Refused, care_class, minhang, facility=shut, by="bureau").code == "closed"


ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("class"), st.integers(1, 9), st.integers(0, 9)),
        st.tuples(st.just("end"), st.integers(0, 3), st.none()),
        st.tuples(st.just("premises"), st.integers(1, 400), st.integers(1, 5)),
        st.tuples(st.just("leave"), st.integers(0, 3), st.none()),
        st.tuples(st.just("insure"), st.integers(1, 700), st.sampled_from(["liability", "accident"])),
        st.tuples(st.just("drop"), st.integers(0, 3), st.none()),
        st.tuples(st.just("notice"), st.integers(0, 700), st.sampled_from(["door", "wechat"])),
    ),
    max_size=8,
)


@pytest.mark.django_db
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(actions=ACTIONS)
def test_the_figures_are_what_the_rows_say_after_any_changes(minhang, actions):
    one = factories.facility(minhang.street, places=400, enrolled=7, usable_area=Decimal("33.3"))
    actor, touched = bureau(minhang), set()
    for number, (what, first, second) in enumerate(actions):
        try:
            if what == "class":
                care_class(minhang, "bureau", one, name=f"班{number}", places=first, children=second)
                touched.add("enrolled")
            elif what == "end":
                rows = list(one.classes.filter(ended_on__isnull=True))
                classes.end_class(rows[first % len(rows)], actor=actor, on=TODAY, today=TODAY)
            elif what == "premises":
                place(minhang, one, (("activity", second, str(first)),), name=f"场所{number}")
                touched.add("usable_area")
            elif what == "leave":
                rows = list(one.premises.filter(ends_on__isnull=True))
                premises.leave_premises(rows[first % len(rows)], actor=actor, on=TODAY, today=TODAY)
            elif what == "insure":
                papers.insure(
                    one, actor=actor, kind=second, insurer="示例保险", number=f"N{one.pk}-{number}", today=TODAY,
                    starts_on=TODAY - timedelta(9), ends_on=TODAY + timedelta(first),
                )  # fmt: skip
                touched |= {"insured_until"} if second == "liability" else set()
            elif what == "drop":
                rows = list(one.insurance.all())
                papers.drop_insurance(rows[first % len(rows)], actor=actor)
            else:
                papers.publish_fees(
                    one, actor=actor, published_on=TODAY - timedelta(first), place=second, today=TODAY
                )
                touched.add("fees_published_on")
        except (Refused, ZeroDivisionError):
            continue
    now = Facility.objects.get(pk=one.pk)
    assert figures.followed(now) <= touched
    for field, rows in figures.FIGURES.items():
        if field in touched:
            assert getattr(now, field) == rows(now), field
        else:
            assert getattr(now, field) == getattr(one, field), field


# ---- operators


@pytest.mark.django_db
def test_facilities_that_name_one_operator_share_it(minhang):
    on = {"actor": bureau(minhang), "on": TODAY}
    one = services.change_facility(minhang.facility, version=1, operator=" 示例云杉(上海)  教育 ", **on)
    assert one.operator.name == "示例云杉（上海） 教育"
    row = {
        "name": "示例甲园", "kind": "nursery", "ownership": "for_profit", "street": minhang.street,
        "address": "示例路 1 号", "places": 20, "operator": "示例云杉（上海） 教育",
    }  # fmt: skip
    made = bulk.register_many([row, row | {"name": "示例乙园", "operator": "示例新举办者"}], **on)
    assert made[0].operator_id == one.operator_id and Operator.objects.count() == 2
    gone = services.change_facility(one, version=one.version, operator="", **on)
    assert gone.operator is None
    assert AuditEntry.objects.order_by("-pk").first().changes["operator"] == ["示例云杉（上海） 教育", ""]


@pytest.mark.django_db
def test_an_operator_is_changed_by_the_district_once_at_a_time(minhang):
    row = operators.called("示例云杉教育", actor=bureau(minhang))
    other = operators.called("示例蓝鲸教育", actor=bureau(minhang))
    change = {"actor": bureau(minhang), "version": 1}
    done = operators.change_operator(
        row, **change, name="示例云杉教育", credit_code="91350100m000100y43", chain="云杉"
    )
    assert (done.credit_code, done.chain, done.version) == ("91350100M000100Y43", "云杉", 2)
    assert refused(Conflict, operators.change_operator, row, **change, chain="x").code == "stale"
    assert refused(Conflict, operators.change_operator, other, **change, name="示例云杉教育").code == "taken"
    error = refused(Conflict, operators.change_operator, other, **change, credit_code="91350100M000100Y43")
    assert error.field == "credit_code"
    bad = refused(Refused, operators.change_operator, other, **change, credit_code="91350100M000100Y44")
    assert bad.field == "credit_code"
    change["actor"] = minhang.actor("operator")
    refused(Denied, operators.change_operator, other, **change, chain="y")


# ---- rules


@pytest.mark.parametrize(
    ("day", "year"), [(date(2026, 8, 31), 2025), (date(2026, 9, 1), 2026), (date(2026, 1, 1), 2025)]
)
def test_a_school_year_begins_in_september(day, year):
    assert rules.school_year(day) == year


@given(st.lists(st.integers(1, 99_990), max_size=9))
def test_areas_add_up_and_none_is_not_zero(tenths):
    areas = [Decimal(n) / 10 for n in tenths]
    assert rules.usable_area(areas) == (sum(areas) if areas else None)


@given(st.lists(st.dates(), max_size=5))
def test_the_latest_day_or_none(days):
    found = rules.latest(days)
    assert found is None if not days else found in days and all(day <= found for day in days)


@pytest.mark.django_db
def test_a_notice_is_of_one_day_and_place(minhang):
    notice = {"actor": minhang.actor("operator"), "published_on": TODAY, "place": "door", "today": TODAY}
    papers.publish_fees(minhang.facility, **notice)
    assert refused(Refused, papers.publish_fees, minhang.facility, **notice).code == "twice"
    assert FeeNotice.objects.count() == 1


# ---- the operator's part of a lease


@pytest.mark.django_db
def test_who_keeps_a_facility_renews_its_lease_and_nothing_else(minhang):
    rented = place(minhang)
    operator, until = minhang.actor("operator"), rented.lease_until
    done = premises.renew_lease(
        rented, actor=operator, lease_until=date(until.year + 2, 1, 1), version=rented.version, today=TODAY
    )
    assert (done.lease_until, done.version) == (date(until.year + 2, 1, 1), rented.version + 1)
    entry = AuditEntry.objects.order_by("-pk").first()
    assert entry.changes["lease_until"] == [until.isoformat(), f"{until.year + 2}-01-01"]
    minhang.facility.refresh_from_db()
    assert minhang.facility.usable_area == Decimal("120.5")
    assert refused(
        Conflict, premises.renew_lease, done, actor=operator, lease_until=date(2060, 1, 1), version=1
    )


@pytest.mark.django_db
def test_a_renewal_that_makes_no_sense_is_refused(minhang):
    rented, operator = place(minhang), minhang.actor("operator")
    for day in (rented.lease_until, date(2020, 1, 1), date(2099, 1, 1)):
        error = refused(Refused, premises.renew_lease, rented, actor=operator, lease_until=day, today=TODAY)
        assert error.field == "lease_until"
    own = place(minhang, name="分部", tenure="own", lease_until=None)
    assert refused(Refused, premises.renew_lease, own, actor=operator, lease_until=date(2030, 1, 1)).field
    premises.leave_premises(rented, actor=bureau(minhang), on=TODAY, today=TODAY)
    assert refused(Refused, premises.renew_lease, rented, actor=operator, lease_until=date(2030, 1, 1)).field
    with pytest.raises(Denied):
        premises.renew_lease(own, actor=minhang.actor("officer"), lease_until=date(2030, 1, 1))


@pytest.mark.django_db
def test_the_operators_page_leads_to_the_renewal(cast, client):
    with district_scope(cast.minhang):
        rented = place(cast)
    client.force_login(cast.users["operator"])
    records = client.get(reverse("facility-records", args=["minhang", cast.facility.pk])).content.decode()
    address = reverse("lease-renew", args=["minhang", rented.pk])
    assert (
        address in records and reverse("record-edit", args=["minhang", "premises", rented.pk]) not in records
    )
    assert client.post(address, {"lease_until": "2020-01-01", "version": 1}).status_code == 422
    assert client.post(address, {"lease_until": "2033-01-01", "version": 1}).status_code == 302
    with district_scope(cast.minhang):
        assert Premises.objects.get(pk=rented.pk).lease_until == date(2033, 1, 1)
