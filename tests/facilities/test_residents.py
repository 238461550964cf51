"""Figures of residents: entered, proposed, decided, corrected; nothing is lost, nothing mixed."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from facilities.models import Population
from facilities.queues import residents as residents_queue
from facilities.rules import residents as rules
from facilities.services import residents
from facilities.supply import asked, histories, newest, places, supplies, thresholds
from portal.access import Actor
from portal.errors import Conflict, Denied, Refused
from portal.models import Street
from portal.models.records import AuditEntry
from portal.tenancy import district_scope
from tests.facilities import factories

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 18)
END = date(2025, 12, 31)
WHOLE = {"total": 90_000, "under_three": 1500, "one_to_three": 1000, "births": 480}


@pytest.fixture
def minhang(cast):
    with district_scope(cast.minhang):
        yield cast


def enter(cast, who="bureau", counts=WHOLE, year=2025, street=None, **more):
    given = {"counted_on": date(year, 12, 31), "source": "示例年报", "on": DAY} | more
    return residents.enter_figures(street or cast.street, year, counts, actor=cast.actor(who), **given)


def in_force(street, year=2025) -> dict:
    return dict(Population.objects.in_force().filter(street=street, year=year).values_list("kind", "count"))


@pytest.mark.parametrize(
    ("counts", "wrong"),
    [
        ({"one_to_three": 10, "under_three": 10, "total": 10}, []),
        ({"one_to_three": 11, "under_three": 10}, ["one_to_three"]),
        ({"under_three": 11, "total": 10, "one_to_three": None}, ["under_three"]),
        ({"births": 11, "total": 10}, ["births"]),
        ({"one_to_three": 11, "births": 3}, []),
        ({"total": -1}, ["total"]),
        ({"total": 5_000_001}, ["total"]),
        ({"total": 1.5}, ["total"]),
    ],
)
def test_what_cannot_be_is_said(counts, wrong):
    assert [field for field, _key, _facts in rules.problems(counts, 2025)] == wrong


@pytest.mark.parametrize(
    ("year", "day", "source", "wrong"),
    [
        (2025, END, "年报", []),
        (2025, date(2025, 6, 30), "年报", []),
        (2025, date(2026, 1, 1), "年报", ["counted_on"]),
        (2026, date(2026, 6, 30), "年报", ["counted_on"]),
        (2027, date(2027, 6, 30), "年报", ["year"]),
        (1999, date(1999, 6, 30), "年报", ["year"]),
        (2025, None, " ", ["counted_on", "source"]),
    ],
)
def test_a_figure_has_year_day_and_source(year, day, source, wrong):
    assert [field for field, _k, _f in rules.frame_problems(year, day, source, DAY)] == wrong


def test_the_bureaus_figures_are_in_force_at_once(minhang):
    made = enter(minhang)
    assert in_force(minhang.street) == WHOLE
    assert {row.version for row in made} == {1}
    entry = AuditEntry.objects.get(action="facilities.population.enter")
    assert entry.changes["births"] == [None, 480]


def test_a_corrected_figure_keeps_the_old_one(minhang):
    enter(minhang)
    with pytest.raises(Refused) as refused:
        enter(minhang, counts={"births": 500})
    assert refused.value.field == "note"
    enter(minhang, counts={"births": 500}, note="少录一个居委")
    old, new = Population.objects.filter(kind="births").order_by("version")
    assert (old.count, old.state, new.count, new.state, new.version) == (480, "replaced", 500, "in_force", 2)
    assert in_force(minhang.street)["births"] == 500


def test_the_same_figures_again_change_nothing(minhang):
    enter(minhang)
    assert enter(minhang) == []
    assert Population.objects.count() == 4


def test_populations_are_not_mixed_with_what_stands_already(minhang):
    enter(minhang, counts={"under_three": 1500})
    with pytest.raises(Refused) as refused:
        enter(minhang, counts={"one_to_three": 1501})
    assert refused.value.field == "one_to_three" and "两种口径" in str(refused.value)


def test_the_street_proposes_and_the_bureau_decides(minhang):
    enter(minhang, "officer")
    assert in_force(minhang.street) == {}
    rows = Population.objects.proposed()
    (card,) = residents_queue.waiting(minhang.actor("bureau"))
    assert card.url == f"/minhang/residents/{minhang.street.pk}/2025/"
    assert not residents_queue.waiting(minhang.actor("officer"))
    residents.decide_figures(
        minhang.street, 2025, accept=True, seen=[r.pk for r in rows], actor=minhang.actor("bureau")
    )
    assert in_force(minhang.street) == WHOLE
    assert {row.decided_by for row in Population.objects.in_force()} == {minhang.bureau}
    assert not residents_queue.waiting(minhang.actor("bureau"))


def test_a_refused_proposal_stays_and_says_why(minhang):
    enter(minhang)
    enter(minhang, "officer", counts={"births": 470}, note="街道台账")
    seen = list(Population.objects.proposed().values_list("pk", flat=True))
    bureau = minhang.actor("bureau")
    with pytest.raises(Refused):
        residents.decide_figures(minhang.street, 2025, accept=False, seen=seen, actor=bureau)
    residents.decide_figures(minhang.street, 2025, accept=False, seen=seen, actor=bureau, note="以统计局为准")
    assert in_force(minhang.street)["births"] == 480
    assert Population.objects.get(state="refused").decision_note == "以统计局为准"
    enter(minhang, counts={"births": 490}, note="年报更正")
    assert Population.objects.in_force().get(kind="births").version == 3


def test_a_decision_on_other_figures_than_seen_is_a_conflict(minhang):
    enter(minhang, "officer")
    seen = list(Population.objects.proposed().values_list("pk", flat=True))
    enter(minhang, "officer", counts=WHOLE | {"births": 481})
    with pytest.raises(Conflict):
        residents.decide_figures(minhang.street, 2025, accept=True, seen=seen, actor=minhang.actor("bureau"))
    assert Population.objects.filter(state="replaced", kind="births").count() == 1


def test_a_proposal_that_no_longer_fits_is_refused_on_acceptance(minhang):
    enter(minhang, "officer", counts={"one_to_three": 1200})
    enter(minhang, counts={"under_three": 1100})
    seen = list(Population.objects.proposed().values_list("pk", flat=True))
    with pytest.raises(Refused, match="口径"):
        residents.decide_figures(minhang.street, 2025, accept=True, seen=seen, actor=minhang.actor("bureau"))


def test_only_the_own_street_and_only_who_may(minhang):
    with pytest.raises(Denied):
        enter(minhang, "officer", street=minhang.other_street)
    for who in ("operator", "inspector", "auditor", "department"):
        with pytest.raises(Denied):
            enter(minhang, who)
    enter(minhang, "officer")
    with pytest.raises(Denied):
        residents.decide_figures(minhang.street, 2025, accept=True, seen=[1], actor=minhang.actor("officer"))
    with pytest.raises(Denied):
        residents.record_many([], source="x", actor=minhang.actor("officer"))


def test_the_database_holds_one_figure_in_force(minhang):
    enter(minhang)
    row = Population.objects.get(kind="births")
    with pytest.raises(IntegrityError), transaction.atomic():
        Population.objects.create(
            street=row.street, year=row.year, kind=row.kind, count=1, source="x", counted_on=END, version=9,
            state="in_force",
        )  # fmt: skip


def test_many_at_once_make_versions_and_the_same_again_nothing(minhang):
    actor = Actor.system(minhang.minhang, "test")
    rows = [(minhang.street, 2024, "births", 10), (minhang.street, 2025, "births", 12)]
    assert residents.record_many(rows, source="年报", actor=actor, on=DAY) == 2
    assert residents.record_many(rows, source="年报", actor=actor, on=DAY) == 0
    assert residents.record_many([(*rows[0][:3], 11)], source="年报二", actor=actor, on=DAY) == 1
    found = Population.objects.filter(year=2024).order_by("version")
    assert [(row.count, row.state) for row in found] == [(10, "replaced"), (11, "in_force")]


@pytest.mark.parametrize(
    "wrong",
    [
        (1999, "births", 1),
        (2025, "cats", 1),
        (2025, "births", -1),
        (2026, "births", 1),  # the year is not over
        (0, "births", 1),
        (2025, "one_to_three", 2),  # with under_three 1 that stands
    ],
)
def test_a_wrong_row_refuses_the_batch_with_its_number(minhang, wrong):
    actor = Actor.system(minhang.minhang, "test")
    residents.record_many([(minhang.street, 2025, "under_three", 1)], source="年报", actor=actor, on=DAY)
    rows = [(minhang.other_street, 2025, "births", 1), (minhang.street, *wrong)]
    with pytest.raises(Refused, match="第 2 行"):
        residents.record_many(rows, source="年报", actor=actor, on=DAY)
    assert Population.objects.count() == 1


def test_a_figure_twice_in_a_batch_is_refused(minhang):
    actor = Actor.system(minhang.minhang, "test")
    row = (minhang.street, 2025, "births", 1)
    with pytest.raises(Refused, match="重复"):
        residents.record_many([row, row], source="年报", actor=actor, on=DAY)


# ---- places against residents


def test_the_newest_year_by_the_day_counts(minhang):
    for year, count in ((2023, 50), (2025, 70)):
        enter(minhang, counts={"one_to_three": count}, year=year)
    assert newest(DAY)[minhang.street.pk, "one_to_three"].count == 70
    assert newest(date(2024, 5, 1))[minhang.street.pk, "one_to_three"].count == 50
    assert newest(date(2022, 5, 1)) == {}


def test_places_count_what_operates_on_the_day(minhang):
    factories.facility(minhang.street, kind="baby_house", places=15)
    factories.facility(minhang.street, kind="baby_house", places=20, opened_on=date(2026, 3, 19))
    factories.facility(minhang.street, kind="baby_house", places=20, state="suspended")
    factories.facility(minhang.street, kind="guidance_point", places=20)
    factories.facility(minhang.street, kind="inclusive_site", places=30, inclusive=True)
    found = places(DAY)[minhang.street.pk]
    assert found == {
        "baby_house": (15, 1),
        "inclusive_site": (30, 1),
        "nursery": (60, 1),
        "inclusive": (30, 1),
    }


def test_each_population_has_its_own_share(minhang):
    enter(minhang)
    factories.facility(minhang.street, kind="baby_house", places=150)
    row = next(
        r for r in supplies(DAY, [minhang.street, minhang.other_street])[0] if r.street == minhang.street
    )
    assert (row.quota, row.per_hundred) == (15, 14)  # 150 of 1000 of 1-3; 210 of 1500 under three
    other = supplies(DAY, [minhang.other_street])[0][0]
    assert (other.quota, other.per_thousand) == (None, None)


def test_the_districts_sum_is_unknown_while_a_street_lacks_its_figure(minhang):
    enter(minhang, counts={"total": 90_000})
    streets = list(Street.objects.filter(is_street=True)[:2])
    assert supplies(DAY, streets)[1].per_thousand is None
    for street in streets:
        enter(minhang, counts={"total": 90_000}, street=street, note="示例")
    assert supplies(DAY, streets)[1].of("total") == 180_000


def test_thresholds_come_with_the_districts_clause(cast):
    with district_scope(cast.jinshan):
        actor = Actor.system(cast.jinshan, "test")
        streets = list(Street.objects.all())
        towns = [s for s in streets if s.is_street]
        rows = [(s, 2025, "one_to_three", 100) for s in towns] + [(s, 2025, "total", 10_000) for s in towns]
        residents.record_many(rows, source="年报", actor=actor, on=DAY)
        for street in towns[:9]:
            factories.facility(street, kind="baby_house", places=15)
        found = {t.parameter.key: t for t in thresholds(*supplies(DAY, streets), asked(DAY))}
    quota, coverage = found["baby_house.quota_percent"], found["baby_house.street_coverage_percent"]
    assert (quota.met, len(quota.short), quota.parameter.clause.label) == (False, 1, "二1")
    assert (coverage.met, coverage.value) == (True, 90)  # 9 of 10, 85 % rounded up is 9
    assert found["supply.places_per_thousand"].met is False
    assert "supply.inclusive_sites_per_street" not in found


def test_a_figure_within_a_year_is_shown_and_not_extrapolated(minhang):
    enter(minhang, counts={"births": 100}, counted_on=date(2025, 6, 30))
    assert newest(DAY)[minhang.street.pk, "births"].count == 100
    assert histories() == {}
