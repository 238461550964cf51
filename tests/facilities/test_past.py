"""History: kept by the database itself, sealed by district, added to only; the file of a past day, two days compared."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.db import DatabaseError, ProgrammingError, connection, transaction
from django.utils import timezone

from facilities import differences, past
from facilities.models import (
    CareClass,
    EmergencyDrill,
    EmergencyPlan,
    EmergencyPlanHistory,
    Facility,
    FacilityHistory,
    FacilityTransition,
    InsuranceHistory,
    Room,
    Site,
)
from facilities.models import history as kept_models
from facilities.services import facilities as services
from facilities.services import papers
from portal.history import History
from portal.tenancy import district_scope, recorded_at, remember_author
from tests import rows
from tests.facilities import factories
from tests.facilities.test_records import care_class, insurance

pytestmark = pytest.mark.django_db
ALL = frozenset({past.PEOPLE, past.PLANS})
HISTORIES = [m for m in vars(kept_models).values() if isinstance(m, type) and issubclass(m, History)]


@pytest.fixture
def minhang(cast):
    with district_scope(cast.minhang):
        type(cast.minhang).objects.filter(pk=cast.minhang.pk).update(demonstration=True)
        yield cast


def at(day: date, hour: int = 12) -> datetime:
    return timezone.make_aware(datetime(day.year, day.month, day.day, hour))


def labels(facility) -> list[str]:
    rows = FacilityHistory.objects.filter(pgh_obj=facility.pk).order_by("pgh_id")
    return list(rows.values_list("pgh_label", flat=True))


def test_sql_past_all_services_leaves_history(minhang):
    one = factories.facility(minhang.street)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE facilities_facility SET places = 77 WHERE id = %s", [one.pk])
        cursor.execute(
            "UPDATE facilities_facility SET places = 77 WHERE id = %s", [one.pk]
        )  # changes nothing
        cursor.execute("DELETE FROM facilities_facility WHERE id = %s", [one.pk])
    assert labels(one) == ["insert", "update", "delete"]
    assert FacilityHistory.objects.filter(pgh_obj=one.pk, places=77).count() == 2


@pytest.mark.parametrize("how", ["bulk_create", "update", "copy"])
def test_bulk_writes_leave_history(minhang, how):
    one = factories.facility(minhang.street)
    rows = [
        CareClass(facility=one, name=f"班{n}", kind="mixed", year=2025, places=9, started_on=date(2025, 9, 1))
        for n in range(3)
    ]
    if how == "copy":  # as an import does: COPY into a temporary table, then INSERT SELECT
        with connection.cursor() as cursor:
            cursor.execute("CREATE TEMPORARY TABLE incoming (name text, places int) ON COMMIT DROP")
            with cursor.copy("COPY incoming FROM STDIN") as copy:
                for row in rows:
                    copy.write_row((row.name, row.places))
            cursor.execute(
                "INSERT INTO facilities_careclass (facility_id, name, kind, year, places, children, staff, started_on,"
                " version) SELECT %s, name, 'mixed', 2025, places, 0, 0, '2025-09-01', 1 FROM incoming",
                [one.pk],
            )
    else:
        CareClass.objects.bulk_create(rows)
    if how == "update":
        CareClass.objects.filter(facility=one).update(children=4)
    history = kept_models.CareClassHistory.objects.filter(facility=one.pk)
    assert history.count() == (6 if how == "update" else 3)


@pytest.mark.parametrize("switch", ["pgtrigger.ignore", "session_replication_role"])
def test_no_setting_of_a_session_switches_it_off(minhang, switch):
    names = list(trigger_names("facilities_facility"))
    value = "{" + ",".join(names) + "}" if switch == "pgtrigger.ignore" else "replica"
    one = factories.facility(minhang.street)
    with connection.cursor() as cursor:
        try:
            with transaction.atomic():
                cursor.execute("SELECT set_config(%s, %s, true)", [switch, value])
        except DatabaseError:
            assert switch == "session_replication_role"  # a superuser's
        cursor.execute("UPDATE facilities_facility SET places = 78 WHERE id = %s", [one.pk])
    assert labels(one) == ["insert", "update"]


def trigger_names(table: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal", [table]
        )
        return [row[0] for row in cursor.fetchall()]


@pytest.mark.parametrize("model", HISTORIES, ids=lambda m: m.__name__)
def test_every_table_of_the_file_has_its_three_triggers_its_policy_and_its_index(minhang, model):
    tracked = model.pgh_tracked_model._meta.db_table
    kept = [name for name in trigger_names(tracked) if name.startswith("pgtrigger_")]
    assert sorted(name.split("_")[1] for name in kept) == ["delete", "insert", "update"]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = %s::regclass",
            [model._meta.db_table],
        )
        assert cursor.fetchone() == (True, True)
        for right, expected in (("SELECT", True), ("INSERT", True), ("UPDATE", False), ("DELETE", False)):
            cursor.execute("SELECT has_table_privilege('portal_app', %s, %s)", [model._meta.db_table, right])
            assert cursor.fetchone()[0] is expected, right
    assert [index.fields[0] for index in model._meta.indexes] == ["district"]


def test_history_can_only_be_added_to(minhang):
    one = factories.facility(minhang.street)
    rows = FacilityHistory.objects.filter(pgh_obj=one.pk)
    for change in (lambda: rows.update(places=1), lambda: rows._raw_delete("default")):
        with pytest.raises(ProgrammingError), transaction.atomic():
            change()
    assert labels(one) == ["insert"]


def test_history_is_sealed_off_by_district(cast):
    with district_scope(cast.minhang):
        one = factories.facility(cast.street)
        assert FacilityHistory.objects.filter(pgh_obj=one.pk).exists()
    with district_scope(cast.jinshan):
        assert not FacilityHistory.objects.filter(pgh_obj=one.pk).exists()
        assert not FacilityHistory.objects.exclude(district=cast.jinshan.pk).exists()


def test_history_says_who(minhang, client):
    remember_author(user=minhang.bureau.pk)
    one = factories.facility(minhang.street)
    row = FacilityHistory.objects.get(pgh_obj=one.pk)
    assert row.pgh_context == {"user": minhang.bureau.pk}


def test_a_page_that_writes_says_who(cast, client):
    client.force_login(cast.bureau)
    sent = {"action": "suspend", "on": timezone.localdate().isoformat(), "reason": "示例装修", "version": 1}
    assert client.post(f"/minhang/facilities/{cast.facility.pk}/state/", sent).status_code == 302
    with district_scope(cast.minhang):
        row = FacilityHistory.objects.filter(pgh_obj=cast.facility.pk).order_by("-pgh_id").first()
    assert (row.state, row.pgh_context) == ("suspended", {"user": cast.bureau.pk})


def test_only_a_demonstration_has_an_invented_past(cast):
    with district_scope(cast.minhang):
        with pytest.raises(DatabaseError, match="invented past"), transaction.atomic():
            with recorded_at(at(date(2025, 1, 1))):
                factories.facility(cast.street)
        type(cast.minhang).objects.filter(pk=cast.minhang.pk).update(demonstration=True)
        with pytest.raises(DatabaseError, match="invented past"), transaction.atomic():
            with recorded_at(timezone.now() + timedelta(1)):
                factories.facility(cast.street)
        with recorded_at(at(date(2025, 1, 1))):
            one = factories.facility(cast.street)
        row = FacilityHistory.objects.get(pgh_obj=one.pk)
        assert row.pgh_created_at == at(date(2025, 1, 1))


def plan_of(facility, approved_on: date, **values) -> EmergencyPlan:
    facts = {"kind": "fire", "version": 1, "title": "示例预案", "approved_by": "示例批准人"} | values
    return rows.make(EmergencyPlan, facility=facility, approved_on=approved_on, **facts)


def drill_of(plan: EmergencyPlan, held_on: date) -> EmergencyDrill:
    facts = {"scenario": "示例：厨房起火", "leader": "示例组织人", "result": "good"}
    made = rows.make(EmergencyDrill, plan=plan, held_on=held_on, **facts)
    EmergencyPlan.objects.filter(pk=plan.pk).update(drilled_on=held_on)
    return made


@pytest.fixture
def lived(minhang):
    return live(minhang)


def live(minhang):
    """A facility with a past: registered in May 2025, classes and insurance in June, moved in September."""
    with recorded_at(at(date(2025, 5, 2))):
        one = factories.facility(
            minhang.street, name="示例旧名园", head="示例园长", phone="021-55501234", places=60
        )
        minhang.facility = one
        minhang.bureau_actor = minhang.actor("bureau")
    with recorded_at(at(date(2025, 6, 30), 23)):
        minhang.klass = care_class(minhang, "bureau", one)
        insurance(minhang, "bureau")
        minhang.work = factories.employment(one)
        minhang.plan = plan_of(one, date(2025, 6, 20))
        drill_of(minhang.plan, date(2025, 6, 28))
    with recorded_at(at(date(2025, 7, 1), 0)):
        one.refresh_from_db()
        services.change_facility(
            one, actor=minhang.bureau_actor, version=one.version, places=55, name="示例新名园"
        )
    with recorded_at(at(date(2025, 9, 5))):
        remember_author(user=minhang.clerk.pk)
        papers.drop_insurance(one.insurance.get(), actor=minhang.bureau_actor)
        EmergencyPlan.objects.filter(pk=minhang.plan.pk).update(replaced_on=date(2025, 9, 1))
        drill_of(plan_of(one, date(2025, 9, 1), version=2), date(2025, 9, 3))
        FacilityTransition.objects.create(
            facility=one, source="filed", target="operating", on=date(2025, 5, 10), reason="补记"
        )
    return minhang


def test_the_file_of_a_past_day_is_what_was_known_at_its_end(lived):
    one = lived.facility
    assert past.file_on(one.pk, date(2025, 5, 1), rights=ALL).facility is None
    assert past.first_known(one.pk) == at(date(2025, 5, 2))
    early = past.file_on(one.pk, date(2025, 6, 29), rights=ALL)
    assert (early.facility["name"], early.rows["classes"], early.rows["insurance"]) == ("示例旧名园", [], [])
    june = past.file_on(one.pk, date(2025, 6, 30), rights=ALL)
    assert june.facility["name"] == "示例旧名园" and june.facility["enrolled"] == 13
    assert [row["name"] for row in june.rows["classes"]] == ["托小一班"]
    assert [row["post"] for row in june.rows["employments"]] == ["carer"]
    assert [(row["kind"], row["version"], row["replaced_on"]) for row in june.rows["plans"]] == [
        ("fire", 1, None)
    ]
    assert [row["held_on"] for row in june.rows["drills"]] == [date(2025, 6, 28)]
    assert june.rows["transitions"] == []
    assert [row["on"] for row in past.later_entered(one.pk, date(2025, 6, 30))] == [date(2025, 5, 10)]
    now = past.file_on(one.pk, date(2025, 9, 5), rights=ALL)
    assert now.facility["name"] == "示例新名园" and now.rows["insurance"] == []
    assert [row["replaced_on"] for row in now.rows["plans"]] == [date(2025, 9, 1), None]
    assert len(now.rows["drills"]) == 2
    assert (early.rows["plans"], early.rows["drills"]) == ([], [])
    assert InsuranceHistory.objects.filter(facility=one.pk).count() == 2


def test_two_days_compared_say_what_changed_and_who(lived):
    one = lived.facility
    before = past.file_on(one.pk, date(2025, 6, 30), rights=ALL)
    changes = differences.differences(before, past.file_on(one.pk, date(2025, 9, 6), rights=ALL))
    found = {(c.noun, c.kind): c for c in changes}
    assert set(found) == {
        ("facility", "changed"), ("insurance", "removed"), ("transitions", "added"), ("plans", "added"),
        ("plans", "changed"), ("drills", "added"),
    }  # fmt: skip
    assert found["plans", "changed"].fields == [("换版日期", "—", "2025-09-01")]
    assert found["plans", "added"].name == "消防安全 第 2 版"
    assert "示例组织人" not in str(changes) and "示例批准人" not in str(changes)  # masked
    fields = {word: (old, new) for word, old, new in found["facility", "changed"].fields}
    assert fields["名称"] == ("示例旧名园", "示例新名园") and fields["托位"] == ("60", "55")
    added = found["transitions", "added"]
    assert differences.author(added, differences.authors(changes)) == "示*" or differences.authors(changes)
    assert differences.differences(before, before) == []


def test_permits_a_baby_house_and_what_people_hold_are_in_the_file(minhang):
    with recorded_at(at(date(2025, 5, 2))):
        house = factories.facility(minhang.street, name="示例宝宝屋", kind="baby_house")
        work = factories.employment(house)
    with recorded_at(at(date(2025, 6, 2))):
        house.permits.create(kind="fire", number="示消验1", issued_on=date(2025, 4, 1))
        site = Site.objects.create(facility=house, siting="alone", running="street", alone=True)
        room = Room.objects.create(facility=house, name="一室", area=60, places=12)
        house.opening_hours.create(weekday=1, opens=time(9), closes=time(11))
        work.staff.record_checks.create(checked_on=date(2025, 6, 1), found=False)
        work.staff.training.create(
            kind="skills", course="示例课", provider="示例中心", hours=4, done_on=date(2025, 6, 1)
        )
    with recorded_at(at(date(2025, 7, 2))):
        Room.objects.filter(pk=room.pk).update(places=10)
        Site.objects.filter(pk=site.pk).update(with_parent=True)
    may, june, july = (past.file_on(house.pk, date(2025, n, 20), rights=ALL) for n in (5, 6, 7))
    keys = ("permits", "site", "rooms", "hours", "checks", "training")
    assert [len(may.rows[key]) for key in keys] == [0] * 6
    assert [len(june.rows[key]) for key in keys] == [1] * 6
    found = {(c.noun, c.kind): [f[1:] for f in c.fields] for c in differences.differences(june, july)}
    assert found == {("rooms", "changed"): [("12", "10")], ("site", "changed"): [("否", "是")]}
    came = {c.noun: c.name for c in differences.differences(may, june)}
    assert came["permits"] == "消防验收或备案 示消验1" and came["hours"] == "周一 09:00"
    other = past.file_on(factories.facility(minhang.street).pk, date(2099, 1, 1), rights=ALL)
    assert other.rows["rooms"] == []


def test_a_person_without_the_right_sees_no_people(lived):
    file = past.file_on(lived.facility.pk, date(2025, 7, 1))
    assert not {"employments", "certificates", "checks", "training", "plans", "drills"} & file.rows.keys()


def test_each_part_asks_for_its_own_right(lived):
    def parts(name):
        return past.rights_of(lived.actor(name), lived.facility)

    assert parts("bureau") == ALL
    assert parts("department") == {past.PLANS}  # of people nothing
    assert parts("reviewer") == frozenset()


def test_a_drill_leaves_no_row_of_its_plan(lived):
    """What follows from the drills is no change of the plan."""
    states = EmergencyPlanHistory.objects.filter(pgh_obj=lived.plan.pk).order_by("pgh_id")
    assert list(states.values_list("pgh_label", flat=True)) == ["insert", "update"]  # approved, replaced


def test_a_plan_that_was_taken_out_is_known_until_then(minhang):
    with recorded_at(at(date(2025, 5, 2))):
        one = factories.facility(minhang.street)
        plan = plan_of(one, date(2025, 5, 1))
    with recorded_at(at(date(2025, 6, 2))):
        plan.delete()
    assert len(past.file_on(one.pk, date(2025, 6, 1), rights=ALL).rows["plans"]) == 1
    assert past.file_on(one.pk, date(2025, 6, 2), rights=ALL).rows["plans"] == []


@pytest.mark.parametrize("crowd", [1, 12])
def test_the_queries_do_not_grow_with_the_rows(lived, crowd, django_assert_max_num_queries):
    for number in range(crowd):
        care_class(lived, "bureau", name=f"班{number}", places=1, children=0)
        factories.employment(lived.facility)
    with django_assert_max_num_queries(18):
        file = past.file_on(lived.facility.pk, timezone.localdate(), rights=ALL)
    assert len(file.rows["classes"]) == crowd + 1


def test_encrypted_and_personal_fields_are_not_told(lived):
    one = lived.facility
    facts = {
        w: v
        for w, _b, v in differences.facts(
            past.BY_KEY["facility"], past.file_on(one.pk, date(2025, 7, 1), rights=ALL).facility
        )
    }
    assert facts["负责人"] == "示*" * 1 or "*" in facts["负责人"]
    assert "55501234" not in str(facts)


def test_the_pages(cast, client):
    with district_scope(cast.minhang):
        type(cast.minhang).objects.filter(pk=cast.minhang.pk).update(demonstration=True)
        one = live(cast).facility
    client.force_login(cast.bureau)
    text = client.get(f"/minhang/facilities/{one.pk}/as-of/?day=2025-06-30").content.decode()
    assert (
        "示例旧名园" in text and "托小一班" in text and "补记" in text and text.count("示例新名园") == 1
    )  # the way back
    text = client.get(f"/minhang/facilities/{one.pk}/as-of/?day=2024-01-01").content.decode()
    assert "还没有这家机构的档案" in text
    text = client.get(
        f"/minhang/facilities/{one.pk}/changes/?start=2025-06-30&end=2025-09-06"
    ).content.decode()
    assert "示例旧名园" in text and "<b>示例新名园</b>" in text
    assert client.get(f"/minhang/facilities/{one.pk}/as-of/?day=yesterday").status_code == 200


def test_a_facility_that_was_deleted_is_known_until_then(minhang):
    with recorded_at(datetime(2025, 3, 1, tzinfo=UTC)):
        one = factories.facility(minhang.street)
    with recorded_at(datetime(2025, 4, 1, tzinfo=UTC)):
        Facility.objects.filter(pk=one.pk)._raw_delete("default")
    assert past.file_on(one.pk, date(2025, 3, 15)).facility["code"] == one.code
    assert past.file_on(one.pk, date(2025, 4, 2)).facility is None
