"""Figures of staff, each against a district counted by hand."""

from datetime import date

import pytest

from facilities.models import Trainer, TrainerTraining
from portal.tenancy import district_scope
from targets.metrics.base import Period
from targets.metrics.registry import FAMILY_OF, METRICS
from tests.rows import make
from tests.targets import figures as f
from tests.targets.test_metrics_supply import count, minhang  # noqa: F401

pytestmark = pytest.mark.django_db


def test_certified_are_those_with_a_valid_certificate_for_their_post(minhang):  # noqa: F811
    place = f.facility(minhang.street)
    f.certify(f.person(place))
    f.certify(f.person(place, post="cook"), "food")
    f.certify(f.person(place, post="cook"))  # childcare, not food
    f.certify(f.person(place), until=date(2026, 11, 19))  # lapsed yesterday
    f.certify(f.person(place), until=f.DAY)  # the last day counts
    f.person(place, post="other")  # not asked
    assert count("certified_share") == (3, 5)


def test_staff_are_counted_once_and_where_they_are(minhang):  # noqa: F811
    old, new = f.facility(minhang.street), f.facility(minhang.other_street)
    mover = f.person(old, until=date(2026, 6, 30))
    f.Employment.objects.create(staff=mover, facility=new, post="carer", starts_on=date(2026, 7, 1))
    f.person(old, until=date(2026, 1, 1))
    f.person(old, since=date(2026, 12, 1))
    f.person(f.facility(minhang.street, closed_on=date(2026, 1, 1), state="closed"))
    f.person(f.facility(minhang.street, kind="guidance_point"))
    assert count("in_service_training") == (0, 1)


def test_hours_of_the_year_that_were_passed(minhang):  # noqa: F811
    place = f.facility(minhang.street)
    enough, short, late = f.person(place), f.person(place), f.person(place)
    f.train(enough, "skills", 40)
    f.train(enough, "skills", 32)
    f.train(enough, "ethics", 40)
    f.train(short, "skills", 71.5)
    f.train(short, "skills", 72, on=date(2025, 12, 31))
    f.train(short, "ethics", 40, passed=False)
    f.train(late, "skills", 72, on=date(2026, 11, 21))
    assert count("skills_hours") == (1, 3)
    assert count("ethics_hours") == (1, 3)
    assert count("in_service_training") == (2, 3)
    assert count("training_both_kinds") == (1, 3)
    assert count("skills_hours", Period.month(2026, 11)) == (2, 3)


def test_record_checks(minhang):  # noqa: F811
    place = f.facility(minhang.street, kind="baby_house")
    before, after, found, never = (f.person(place, since=date(2025, 3, 1)) for _ in range(4))
    f.check(before, date(2025, 2, 1))
    f.check(before, date(2026, 2, 1))
    f.check(after, date(2025, 3, 2))
    f.check(found, date(2025, 2, 1))
    f.check(found, date(2026, 2, 1), found=True)
    assert never.record_checks.count() == 0
    assert count("record_check_before_hire") == (2, 4)
    assert count("record_check_periodic") == (2, 4)
    assert count("record_check_clear") == (2, 4)
    assert count("baby_house_certified_share") == (0, 4)
    assert count("baby_house_training_both_kinds") == (0, 4)


def test_trainings_held_for_each_of_the_two_groups_of_trainers(minhang):  # noqa: F811
    """One training of many trainers is one; a group without trainers had none; last year and tomorrow do not count."""
    assert count("trainer_training") == (0, 2)
    care = [make(Trainer, kind="care") for _ in range(2)]
    for trainer in care:
        make(TrainerTraining, trainer=trainer, course="示例研修", done_on=date(2026, 3, 2))
    assert count("trainer_training") == (1, 2)
    f.parameters(training__trainer_times=2)
    assert count("trainer_training") == (0, 2)
    make(TrainerTraining, trainer=care[0], course="示例研修", done_on=date(2026, 9, 2))
    assert count("trainer_training") == (1, 2)
    f.parameters(training__trainer_times=1)
    guide = make(Trainer, kind="guidance", active=False)
    make(TrainerTraining, trainer=guide, done_on=date(2025, 12, 31))
    make(TrainerTraining, trainer=guide, done_on=date(2026, 11, 21))
    assert count("trainer_training") == (1, 2)
    make(TrainerTraining, trainer=guide, done_on=f.DAY)  # trained while a trainer
    assert count("trainer_training") == (2, 2)
    rows = FAMILY_OF["trainer_training"].rows(
        METRICS["trainer_training"], Period.month(2026, 11, f.DAY), {"training.trainer_times": 1}
    )
    assert [(r["name"], r["detail"], r["hit"]) for r in rows] == [
        ("托育服务培训人员", "2", True), ("科学育儿指导服务培训人员", "1", True),
    ]  # fmt: skip


def test_another_districts_rows_are_never_counted(minhang):  # noqa: F811
    f.person(f.facility(minhang.street))
    before = count("certified_share")
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM facilities_facility WHERE district_id <> %s", [minhang.minhang.pk]
        )
        assert cursor.fetchone() == (0,)
    assert before == (0, 1)


def test_foreign_staff_stay_out(cast):
    with district_scope(cast.jinshan):
        f.all_parameters()
        f.certify(f.person(cast.foreign_facility))
        assert count("certified_share") == (1, 1)
    with district_scope(cast.minhang):
        f.all_parameters()
        assert count("certified_share") == (0, 0)
