"""The roll-up of a district: what it says, what it refuses, and that twice is once."""

from datetime import date, datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from facilities.models import Facility, Kindergarten
from portal.access import Actor
from portal.errors import Denied, Refused
from portal.models import Parameter, Street
from portal.tenancy import city_scope, district_scope
from targets.metrics.base import Family, Metric, Period
from targets.models import Snapshot, SnapshotValue, Target
from targets.services import rollup, snapshots
from tests.targets import figures as f

NOW = timezone.make_aware(datetime(2026, 11, 20, 18))
MONTH = Period.month(2026, 11, f.DAY)
BY_DATE = {"period": "by-date", "due": date(2025, 12, 31), "kind": "per_unit_count", "scope": "street"}


@pytest.fixture
def minhang(cast):
    with district_scope(cast.minhang):
        Kindergarten.objects.all().delete()
        Facility.objects.update(opened_on=None)
        f.all_parameters()
        yield cast


def roll(cast, period=MONTH, now=NOW) -> Snapshot:
    return rollup.roll_up(period, actor=Actor.system(cast.minhang, "test"), now=now)


def district_figure(snapshot, metric) -> SnapshotValue:
    return snapshot.values.get(metric=metric, street=None)


@pytest.mark.django_db
def test_a_target_is_judged_by_its_metric(minhang):
    f.only({"key": "visits", "metric": "yearly_visit"})
    for _ in range(8):
        f.visit(f.facility(minhang.street), date(2026, 3, 1))
    for _ in range(2):
        f.facility(minhang.other_street)
    snapshot = roll(minhang)
    whole = district_figure(snapshot, "yearly_visit")
    assert (whole.numerator, whole.denominator, whole.value, whole.limit) == (8, 10, Decimal("0.8"), 1)
    assert whole.verdict == "behind"  # on 20 November 88.8 % of the year are over
    streets = {
        v.street.name: (int(v.numerator), int(v.denominator))
        for v in snapshot.values.exclude(street=None)
        if v.metric == "yearly_visit" and v.denominator
    }
    assert streets == {"七宝镇": (8, 8), "古美街道": (0, 2)}
    assert snapshot.versions["yearly_visit"] == 1 and snapshot.unknown == {}


@pytest.mark.django_db
def test_the_streets_figures_add_up_to_the_districts(minhang):
    f.only({"key": "visits", "metric": "yearly_visit"}, {"key": "certified", "metric": "certified_share"})
    for street in (minhang.street, minhang.other_street):
        place = f.facility(street)
        f.visit(place, date(2026, 3, 1))
        f.certify(f.person(place))
        f.person(place)
    snapshot = roll(minhang)
    for metric in ("yearly_visit", "certified_share", "places_per_street", "sites_per_street"):
        values = [v for v in snapshot.values.all() if v.metric == metric]
        whole = next(v for v in values if v.street_id is None)
        assert whole.numerator == sum(v.numerator for v in values if v.street_id), metric
        assert whole.numerator > 0


@pytest.mark.django_db
def test_nothing_to_divide_by_is_unknown(minhang):
    f.only({"key": "visits", "metric": "yearly_visit"})
    whole = district_figure(roll(minhang), "yearly_visit")
    assert (whole.numerator, whole.denominator, whole.value, whole.verdict) == (0, 0, None, "unknown")


@pytest.mark.django_db
def test_one_in_each_street_names_the_streets_that_lack_it(minhang):
    f.only({"key": "sites", "metric": "inclusive_site_per_street", **BY_DATE, "unit": "个"})
    f.facility(minhang.street, inclusive=True)
    snapshot = roll(minhang)
    whole = district_figure(snapshot, "inclusive_site_per_street")
    counted = (
        Street.objects.filter(is_street=True).count()
        + Street.objects.filter(is_street=False, counted_in_plan=True).count()
    )
    assert (whole.numerator, whole.denominator, whole.verdict) == (1, counted, "missed")
    missing = snapshot.values.filter(metric="inclusive_site_per_street", verdict="missed").exclude(
        street=None
    )
    assert minhang.other_street.pk in {v.street_id for v in missing}
    assert minhang.street.pk not in {v.street_id for v in missing}


@pytest.mark.django_db
def test_a_by_date_target_shows_the_due_day_and_today(minhang):
    f.only({"key": "sites", "metric": "inclusive_site_per_street", **BY_DATE, "unit": "个"})
    f.facility(minhang.street, inclusive=True)
    f.facility(minhang.other_street, inclusive=True, opened_on=date(2026, 1, 1))
    whole = district_figure(roll(minhang), "inclusive_site_per_street")
    assert whole.numerator == 2
    assert Decimal(whole.on_due_day["numerator"]) == 1
    assert whole.on_due_day["verdict"] == "missed"


@pytest.mark.django_db
def test_what_a_street_has_outside_of_the_target_breaks_no_promise(minhang):
    farm = Street.objects.create(code="310112999", name="示例农场", kind="farm", is_street=False)
    f.only({"key": "sites", "metric": "sites_per_street", **BY_DATE, "streets_counted": "street"})
    f.facility(farm)
    snapshot = roll(minhang)
    assert district_figure(snapshot, "sites_per_street").numerator == 0
    assert snapshot.values.get(metric="sites_per_street", street=farm).verdict == ""


@pytest.mark.django_db
def test_a_missing_parameter_leaves_its_metric_unknown_and_says_so(minhang):
    f.only({"key": "hours", "metric": "skills_hours"}, {"key": "certified", "metric": "certified_share"})
    Parameter.objects.filter(key="training.skills_hours").delete()
    f.certify(f.person(f.facility(minhang.street)))
    snapshot = roll(minhang)
    assert "每人每年综合技能培训课时" in snapshot.unknown["skills_hours"]
    assert district_figure(snapshot, "skills_hours").verdict == "unknown"
    assert district_figure(snapshot, "certified_share").verdict == "met"


@pytest.mark.django_db
def test_a_metric_that_fails_leaves_the_others(minhang, monkeypatch):
    f.only({"key": "broken", "metric": "broken"}, {"key": "visits", "metric": "yearly_visit"})
    f.visit(f.facility(minhang.street), date(2026, 3, 1))
    fine = rollup.METRICS["yearly_visit"]
    broken = Metric("broken", "坏的", "坏的", hit="1 / (f.visits - f.visits) > 0")
    family = rollup.FAMILIES[[f.key for f in rollup.FAMILIES].index("visits")]
    worse = Family(
        **{name: getattr(family, name) for name in family.__dataclass_fields__} | {"metrics": (broken, fine)}
    )
    monkeypatch.setattr(rollup, "FAMILIES", (worse,))
    monkeypatch.setitem(rollup.METRICS, "broken", broken)
    snapshot = roll(minhang)
    assert "division by zero" in snapshot.unknown["broken"]
    assert district_figure(snapshot, "yearly_visit").numerator == 1


@pytest.mark.django_db
def test_the_same_content_is_kept_once(minhang):
    f.only({"key": "visits", "metric": "yearly_visit"})
    f.facility(minhang.street)
    first, again = roll(minhang), roll(minhang, now=timezone.make_aware(datetime(2026, 11, 20, 19)))
    assert first.pk == again.pk
    assert Snapshot.objects.filter(period="month", starts_on=f.MONTH).count() == 1


@pytest.mark.django_db
def test_a_closed_month_computed_again_says_what_changed(minhang):
    f.only({"key": "visits", "metric": "yearly_visit"})
    place = f.facility(minhang.street)
    october, later = Period.month(2026, 10), NOW
    first = roll(minhang, october, later)
    assert roll(minhang, october, later).sha256 == first.sha256
    f.visit(place, date(2026, 10, 9))
    second = roll(minhang, october, later)
    assert second.sha256 != first.sha256
    changed = {(d["metric"], d["street"]) for d in second.differs}
    assert changed == {
        (metric, street) for metric in ("yearly_visit", "drawn_visits_made") for street in ("", "七宝镇")
    }
    assert Snapshot.objects.filter(starts_on=date(2026, 10, 1)).count() == 2


@pytest.mark.django_db
def test_a_later_day_replaces_the_interim_state(minhang):
    f.only({"key": "visits", "metric": "yearly_visit"})
    roll(minhang, Period.month(2026, 11, date(2026, 11, 19)))
    roll(minhang)
    assert [s.as_of for s in Snapshot.objects.filter(starts_on=f.MONTH)] == [f.DAY]


@pytest.mark.django_db
def test_the_hash_does_not_depend_on_ids(minhang):
    f.only({"key": "visits", "metric": "yearly_visit"})
    first = rollup.compute(MONTH).sha256
    target = Target.objects.get()
    Target.objects.all().delete()
    target.pk = None
    target.save(force_insert=True)
    assert rollup.compute(MONTH).sha256 == first


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("year", "month", "field"),
    [(2026, 13, "month"), (2026, 0, "month"), (1999, 1, "year"), (2026, 12, "month"), (2027, None, "year")],
)
def test_a_month_that_is_none_or_has_not_begun_is_refused(year, month, field):
    with pytest.raises(Refused) as refused:
        rollup.period_of(year, month, on=f.DAY)
    assert refused.value.field == field


@pytest.mark.django_db
def test_the_whole_plan_and_a_day_have_figures_of_their_own(minhang):
    f.only()
    f.parameters(plan__from="2021-01-01")
    place = f.facility(minhang.street)
    for day in (date(2025, 3, 1), date(2026, 5, 6), date(2026, 11, 3)):
        f.visit(place, day)
    today = date(2026, 11, 20)
    plan, day = rollup.period_named("plan", on=today), rollup.period_named("2026-05-06", on=today)
    assert (plan.starts_on, plan.as_of, plan.code) == (date(2021, 1, 1), today, "plan")
    assert plan.ends_on >= date(2026, 12, 31) and not plan.closed
    assert (day.starts_on, day.ends_on, day.code, day.closed) == (
        date(2026, 5, 1), date(2026, 5, 6), "2026-05-06", True,
    )  # fmt: skip
    made = {}
    for period in (plan, day, rollup.period_named("2026-05-05", on=today), Period.year(2026, today)):
        made[period.code] = snapshot = roll(minhang, period)
        assert snapshots.latest_of(period) == snapshot
    numbers = {code: int(district_figure(one, "drawn_visits_made").numerator) for code, one in made.items()}
    assert numbers == {"plan": 3, "2026-05-06": 1, "2026-05-05": 0, "2026": 2}
    assert Snapshot.objects.filter(period="day").count() == 2  # one day does not put away another
    roll(minhang, Period.plan(date(2021, 1, 1), None, date(2026, 11, 19)))
    later = roll(minhang, plan)
    assert snapshots.latest_of(plan) == later


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2026-02-30", "没有"),
        ("2026-11-21", "还没到"),
        ("1999-01-01", "太早"),
        ("plans", "plan（整个计划期）"),
    ],
)
def test_a_day_that_is_none_or_is_to_come_is_refused(minhang, text, words):
    with pytest.raises(Refused, match=words):
        rollup.period_named(text, on=date(2026, 11, 20))


@pytest.mark.django_db
def test_a_district_without_a_plans_first_day_has_no_figures_of_the_plan(minhang):
    Parameter.objects.filter(key="plan.from").delete()
    with pytest.raises(Refused, match="参数页"):
        rollup.period_named("plan", on=date(2026, 11, 20))
    with pytest.raises(Refused, match="按月、按季、按年"):
        rollup.common_period("2026-11-01", on=date(2026, 11, 20))


@pytest.mark.django_db
def test_a_snapshot_of_the_future_is_refused(minhang):
    with pytest.raises(Refused):
        roll(minhang, Period.month(2026, 11, date(2026, 11, 21)))
    assert not Snapshot.objects.filter(starts_on=f.MONTH).exists()


@pytest.mark.django_db
def test_who_may_not_roll_up_is_denied(minhang):
    with pytest.raises(Denied):
        rollup.roll_up(MONTH, actor=minhang.actor("officer"), now=NOW)
    assert rollup.roll_up(MONTH, actor=minhang.actor("bureau"), now=NOW).pk


@pytest.mark.django_db
def test_another_districts_rows_are_never_counted(cast):
    with district_scope(cast.jinshan):
        f.all_parameters()
        f.visit(cast.foreign_facility, date(2026, 3, 1))
    with district_scope(cast.minhang):
        f.all_parameters()
        f.only({"key": "visits", "metric": "yearly_visit"})
        whole = district_figure(roll(cast), "yearly_visit")
        assert (whole.numerator, whole.denominator) == (0, 2)
    with city_scope():
        assert {s.district_id for s in Snapshot.objects.filter(starts_on=f.MONTH)} == {cast.minhang.pk}


@pytest.mark.django_db
def test_the_number_of_queries_does_not_grow_with_streets_or_rows(minhang):
    f.only({"key": "visits", "metric": "yearly_visit"}, {"key": "certified", "metric": "certified_share"},
           {"key": "sites", "metric": "sites_per_street", **BY_DATE})  # fmt: skip

    def rows(count: int) -> int:
        for number in range(count):
            street = Street.objects.create(
                code=f"3101129{Street.objects.count():02d}", name=f"示例{number}街", kind="town"
            )
            f.visit(f.facility(street), date(2026, 3, 1))
            f.certify(f.person(f.facility(street)))
        Snapshot.objects.all().delete()
        with CaptureQueriesContext(
            connection,
        ) as queries:
            roll(minhang)
        return len(queries)

    assert rows(2) == rows(8)


@pytest.mark.django_db
def test_a_quarter_and_a_year_of_one_day_count_what_the_day_decides_once(minhang):
    f.only({"key": "certified", "metric": "certified_share"}, {"key": "orders", "metric": "orders_in_time"})
    place = f.facility(minhang.street)
    f.certify(f.person(place))
    f.visit(place, date(2026, 3, 1))  # in the year, not in the quarter
    quarter, year = Period.quarter(2026, 4, f.DAY), Period.year(2026, f.DAY)
    alone = rollup.compute(quarter).sha256, rollup.compute(year).sha256
    known = {}
    with CaptureQueriesContext(connection) as first:
        together = [rollup.compute(quarter, known=known).sha256]
    with CaptureQueriesContext(connection) as second:
        together.append(rollup.compute(year, known=known).sha256)
    assert tuple(together) == alone and alone[0] != alone[1]
    drawn, staff = "inspections_inspection i", "facilities_certificate"
    assert any(staff in q["sql"] for q in first) and not any(staff in q["sql"] for q in second)
    assert any(drawn in q["sql"] for q in second)


@pytest.mark.django_db
def test_every_counted_target_of_the_three_plans_has_a_figure(cast):
    for district in (cast.minhang, cast.jinshan):
        with district_scope(district):
            counted = Target.objects.filter(proof="counted")
            if not counted:
                pytest.skip("the reference data are not loaded")
            snapshot = rollup.roll_up(MONTH, actor=Actor.system(district, "test"), now=NOW)
            assert snapshot.unknown == {}
            kept = set(snapshot.values.filter(street=None).values_list("target_id", flat=True))
            assert {t.pk for t in counted} <= kept
            assert not snapshot.values.filter(target__proof__in=("attested", "not_yet")).exists()


def test_two_workers_at_once_take_one_snapshot(world):
    """Two real processes; the lock lets the second find what the first one kept."""
    import subprocess
    import sys

    from tests.cast import district, facility, street

    minhang = district(310112, "minhang", "闵行区", prefix="MH")
    with district_scope(minhang):
        facility("TS0001", "示例云杉托育园", street("310112102", "七宝镇", "town"))
    script = (
        "import os, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'portal.settings'; django.setup()\n"
        "from targets.tasks import roll_up_month\n"
        "roll_up_month(310112, 2026, 10)"
    )
    both = [
        subprocess.Popen(
            [sys.executable, "-c", script], env=world.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        for _ in range(2)
    ]
    output = [process.communicate()[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], output
    with district_scope(minhang):
        assert Snapshot.objects.filter(period="month", starts_on=date(2026, 10, 1)).count() == 1
