"""Figures of 宝宝屋's children, modes of care, model facilities, combined guidance and supervised streets, each against a
district counted by hand; and what the page says of children whose records were deleted by law."""

from __future__ import annotations

import io
from datetime import date, datetime, time, timedelta

import pytest
import python_calamine
from django.utils import timezone

from facilities.models import (
    Agreement,
    CareSession,
    Enrolment,
    Facility,
    HealthCertificate,
    Notice,
    Permit,
    Room,
)
from facilities.services import deletions, enrolments
from guidance.models import GuidanceSession
from inspections.models import EvaluationCase, EvaluationSheet, Selection
from portal.access import Actor
from portal.models import PolicyDocument, Street, Unit
from portal.tenancy import district_scope
from targets.metrics.base import Period
from targets.models import (
    CycleApplication,
    SupervisionCase,
    SupervisionQuestion,
    SupervisionRound,
    Target,
    YearlyReport,
)
from targets.services import rollup
from tests import rows
from tests.facilities import families
from tests.targets import figures as f
from tests.targets.test_metrics_supply import count

pytestmark = pytest.mark.django_db


@pytest.fixture
def minhang(cast):
    with district_scope(cast.minhang):
        Facility.objects.update(opened_on=None)
        f.all_parameters()
        families.parameters()
        PolicyDocument.objects.exclude(key="minhang").update(period_from=None)
    return cast


def now() -> Period:
    today = timezone.localdate()
    return Period.month(today.year, today.month, today)


def house(cast, street=None) -> Facility:
    return families.site(f.facility(street or cast.street), cast.actor("bureau"))


def test_agreements_and_health_checks_of_the_children_of_the_day(minhang):
    with district_scope(minhang.minhang):
        place, today = house(minhang), timezone.localdate()
        whole, bare, gone = (families.admitted(place, minhang.actor("bureau")) for _n in range(3))
        assert count("site_agreements", now()) == count("site_health_checks", now()) == (3, 3)
        Agreement.objects.filter(child=bare.child).update(
            signed_on=today - timedelta(30), ends_on=today - timedelta(1)
        )
        HealthCertificate.objects.filter(child=bare.child).update(fit=False)
        Enrolment.objects.filter(pk=gone.pk).update(
            state="ended", starts_on=today - timedelta(9), ends_on=today - timedelta(1)
        )
        assert count("site_agreements", now()) == count("site_health_checks", now()) == (1, 2)
        HealthCertificate.objects.filter(child=whole.child).update(issued_on=today + timedelta(1))
        assert count("site_health_checks", now()) == (0, 2), "a check after the first day comes too late"
        Facility.objects.filter(pk=place.pk).update(kind="nursery")
        assert count("site_agreements", now()) == (0, 0)


def test_a_deleted_child_is_not_counted_and_the_page_of_last_years_figure_says_so(minhang, client):
    """The record goes by law; the issued figure stays as it was, its page opens and says what is gone."""
    today = timezone.localdate()
    with district_scope(minhang.minhang):
        f.only({"key": "agreements", "metric": "site_agreements", "scope": "child", "kind": "ratio", "unit": "%",
                "value": 100, "period": "plan"})  # fmt: skip
        place = house(minhang)
        stays, leaves = (families.admitted(place, minhang.actor("bureau")) for _n in range(2))
        snapshot = rollup.roll_up(
            rollup.period_of(today.year, today.month, on=today), actor=Actor.system(minhang.minhang, "test")
        )
        assert count("site_agreements", now()) == (2, 2)
        by = Actor.system(minhang.minhang, "test")
        enrolments.leave(leaves, actor=by, on=today, reason="搬家")
        deletions.delete_child(leaves.child, actor=by, ground="asked", on=today)
        assert count("site_agreements", now()) == (1, 1)
        target = Target.objects.get()
    client.force_login(minhang.bureau)
    page = client.get(f"/minhang/targets/{target.pk}/?snapshot={snapshot.pk}").content.decode()
    assert "2 / 2" in page and "现在是 1 / 1" in page
    assert "另有 1 人的记录已经依法删除" in page
    assert stays.child.code in page and leaves.child.code not in page
    book = client.get(f"/minhang/targets/{target.pk}/rows.xlsx?snapshot={snapshot.pk}")
    sheet = python_calamine.load_workbook(io.BytesIO(book.content)).get_sheet_by_index(0).to_python()
    assert sheet[2][0].startswith("另有 1 人的记录已经依法删除")
    client.force_login(minhang.city_officer)
    seen = client.get(f"/minhang/targets/{target.pk}/?snapshot={snapshot.pk}").content.decode()
    assert stays.child.code not in seen, "who may not see children sees the figure only"


def test_modes_of_care_that_were_offered_this_year(minhang):
    with district_scope(minhang.minhang):
        place, other = house(minhang), house(minhang, minhang.other_street)
        today = timezone.localdate()

        def session(of: Facility, mode: str, on: date, **values):
            room = Room.objects.filter(facility=of).first()
            rows.make(
                CareSession, facility=of, room=room, mode=mode, on=on, starts_at=time(9), ends_at=time(11), places=5,
                taken=0, **values,
            )  # fmt: skip

        assert count("care_modes_offered", now()) == (0, 3)
        session(place, "alone", today)
        session(other, "alone", today)
        session(place, "with_parent", today - timedelta(400))
        session(place, "with_grandparent", today + timedelta(1))
        assert count("care_modes_offered", now()) == (1, 3)
        session(other, "with_parent", today, state="cancelled")
        assert count("care_modes_offered", now()) == (1, 3)
        session(place, "with_parent", today.replace(month=1, day=1))
        assert count("care_modes_offered", now()) == (2, 3)


def test_model_facilities_are_named_since_the_plan_began_and_operate(minhang):
    with district_scope(minhang.minhang):
        begin = PolicyDocument.objects.get(key="minhang").period_from

        def named(on: date | None, state: str = "named", **of):
            case = rows.make(EvaluationCase, facility=f.facility(minhang.street, **of))
            rows.make(Selection, case=case, state=state, named_on=on)

        named(begin)
        named(begin - timedelta(1))
        named(None, "noticed")
        named(f.DAY, closed_on=date(2026, 3, 1), state="named")
        named(f.DAY + timedelta(1))
        assert count("model_facilities", Period.month(2026, 11, f.DAY)) == (1, 1)
        assert count("inclusive_model_facilities", Period.month(2026, 11, f.DAY)) == (0, 0)
        named(f.DAY, inclusive=True)
        assert count("model_facilities", Period.month(2026, 11, f.DAY)) == (2, 2)
        assert count("inclusive_model_facilities", Period.month(2026, 11, f.DAY)) == (1, 1)


def test_evaluations_with_all_three_parts_and_those_that_are_published(minhang):
    with district_scope(minhang.minhang):

        def evaluated(*sheets: tuple[str, date], final: date | None, published: date | None = None, **of):
            case = rows.make(
                EvaluationCase, facility=f.facility(minhang.street, **of), final_on=final, published_on=published,
                state="published" if published else "final" if final else "scoring",
            )  # fmt: skip
            for kind, day in sheets:
                rows.make(EvaluationSheet, case=case, kind=kind, state="submitted", submitted_at=moment(day))

        spring, autumn, past = date(2026, 3, 1), date(2026, 11, 1), date(2025, 6, 1)
        evaluated(("self", spring), ("third", spring), final=autumn, published=autumn)
        evaluated(("self", spring), ("third", spring), final=autumn)
        evaluated(("self", spring), ("peer", spring), final=autumn, published=f.DAY + timedelta(1))
        evaluated(("self", past), ("third", past), final=past, published=past)
        evaluated(("self", spring), ("third", spring), final=None)
        f.facility(minhang.street)
        f.facility(minhang.street, kind="guidance_point")
        assert count("three_in_one", Period.year(2026, f.DAY)) == (2, 6)
        assert count("three_in_one", Period.year(2025)) == (1, 6)
        assert count("evaluation_published", Period.year(2026, f.DAY)) == (2, 4)
        assert count("evaluation_published", Period.year(2019)) == (0, 0)


def test_facilities_that_are_lawful_open_and_evaluated(minhang):
    with district_scope(minhang.minhang):
        year = Period.year(2026, f.DAY)

        def evaluated(fees: date | None, final: date | None, paper: date | None = None, **of):
            facility = f.facility(minhang.street, fees_published_on=fees, **of)
            rows.make(
                EvaluationCase, facility=facility, final_on=final, state="final" if final else "scoring"
            )
            if paper:
                rows.make(Permit, facility=facility, kind="registration", issued_on=None, valid_until=paper)
            return facility

        day = date(2026, 5, 1)
        evaluated(day, day, f.DAY)
        evaluated(day, day, f.DAY - timedelta(1))
        evaluated(day, None, f.DAY)
        evaluated(None, day, f.DAY)
        evaluated(f.DAY + timedelta(1), day, f.DAY)
        told = evaluated(day, day)
        assert count("lawful_open_evaluated", year) == (1, 6)
        notice = rows.make(Notice, facility=told, carries=True, state="valid", issued_on=day, state_on=day)
        assert count("lawful_open_evaluated", year) == (2, 6)
        Notice.objects.filter(pk=notice.pk).update(state="revoked", state_on=f.DAY)
        assert count("lawful_open_evaluated", year) == (1, 6)
        assert count("lawful_open_evaluated", Period.month(2026, 10)) == (3, 6), (
            "one certificate ran until November"
        )


def test_a_name_that_stands_owes_a_report_of_each_year_after_its_own(minhang):
    with district_scope(minhang.minhang):
        year = Period.year(2026, f.DAY)

        def named(on: date, until: date, state: str = "named") -> CycleApplication:
            return rows.make(CycleApplication, state=state, named_on=on, valid_until=until)

        named(date(2026, 1, 1), date(2030, 1, 1))  # this year's owes nothing yet
        named(date(2020, 1, 1), date(2025, 12, 31))
        named(date(2024, 1, 1), date(2028, 1, 1), state="revoked")
        assert count("named_districts_reported", year) == (0, 0)
        row = named(date(2024, 1, 1), date(2028, 1, 1))
        rows.make(YearlyReport, application=row, year=2025, sent_at=moment(f.DAY))
        assert count("named_districts_reported", year) == (0, 1)
        rows.make(YearlyReport, application=row, year=2026, sent_at=moment(f.DAY + timedelta(1)))
        assert count("named_districts_reported", year) == (0, 1)
        YearlyReport.objects.filter(year=2026).update(sent_at=moment(f.DAY))
        assert count("named_districts_reported", year) == (1, 1)


def moment(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(10)))


def test_points_that_give_guidance_of_education_and_of_medicine(minhang):
    with district_scope(minhang.minhang):
        both, one, none = (f.facility(minhang.street, kind="guidance_point") for _n in range(3))
        f.facility(minhang.street)

        def given(point: Facility, kind: str, on: date, **values):
            rows.make(
                GuidanceSession, place=None, facility=point, street=point.street, given_by="point", kind=kind,
                served_on=on, **values,
            )  # fmt: skip

        given(both, "education", f.DAY)
        given(both, "medical", date(2026, 1, 1))
        given(one, "education", f.DAY)
        given(one, "psychology", f.DAY)
        given(one, "medical", date(2025, 12, 31))
        given(none, "education", f.DAY)
        given(none, "medical", f.DAY, struck_on=f.DAY)
        assert count("combined_guidance_points", Period.month(2026, 11, f.DAY)) == (1, 3)


def test_streets_whose_supervision_asks_about_inclusive_sites(minhang):
    with district_scope(minhang.minhang):
        streets = Street.objects.filter(is_street=True).count()
        asked, other = Target.objects.filter(metric="inclusive_site_per_street").first(), None
        other = Target.objects.exclude(pk=asked.pk).filter(proof="counted").first()
        unit = Unit.objects.filter(street=minhang.street).first() or rows.make(Unit, street=minhang.street)
        year = Period.month(2026, 11, f.DAY)
        this = rows.make(
            SupervisionRound,
            year=2026,
            state="open",
            opened_at=timezone.make_aware(datetime.combine(f.DAY, time(12))),
        )
        rows.make(SupervisionCase, round=this, unit=unit)
        question = rows.make(
            SupervisionQuestion, round=this, target=other, task=None, dropped="", text="别的"
        )
        assert count("sites_in_supervision", year) == (0, streets)
        SupervisionQuestion.objects.filter(pk=question.pk).update(target=asked, text="每个街镇一个普惠点")
        assert count("sites_in_supervision", year) == (1, streets)
        assert count("sites_in_supervision", Period.month(2025, 11)) == (0, streets)
        assert count("sites_in_supervision", Period.month(2026, 11, f.DAY - timedelta(1))) == (0, streets)
        SupervisionQuestion.objects.filter(pk=question.pk).update(dropped="不问了")
        assert count("sites_in_supervision", year) == (0, streets)
        SupervisionQuestion.objects.filter(pk=question.pk).update(dropped="")
        SupervisionRound.objects.filter(pk=this.pk).update(opened_at=None)
        assert count("sites_in_supervision", year) == (0, streets)
