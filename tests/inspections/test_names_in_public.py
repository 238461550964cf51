"""Nobody on record is named in what is published: each text that is made to be public, and each register of persons."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.db import transaction

from facilities.models import (
    Applicant,
    BanDecision,
    Course,
    CreditEntry,
    Facility,
    HandOver,
    StaffMember,
    Trainer,
    TrainingSession,
    TrainingSignUp,
    Volunteer,
)
from facilities.services import attendance, child_records, training
from facilities.services import credit as credit_services
from inspections.models import (
    Campaign,
    Checklist,
    ChecklistItem,
    EvaluationCase,
    EvaluationRound,
    Indicator,
    IndicatorSet,
    InspectionPlan,
    Inspector,
    MatterVersion,
    Recusal,
    Scheme,
)
from inspections.services import (
    campaigns,
    cancellations,
    checklists,
    complaints,
    draw_entropy,
    draw_teams,
    draw_voids,
    evaluation_rounds,
    evaluation_sets,
    matters,
    plans,
    results,
)
from portal.errors import Conflict, Refused
from portal.models import Membership, User
from portal.rules import personal
from portal.services import publicity
from portal.tenancy import district_scope
from tests import rows
from tests.facilities import credit, families
from tests.facilities import factories as facility_factories
from tests.inspections import evaluation, factories, voices
from tests.inspections.test_matters import VALUES
from tests.inspections.test_publication import PUBLISHED, WRITTEN_SO
from tests.inspections.test_result_reviews import AFTER, Draft

NAME = "王小明"
SAID = f"这件事找{NAME}"


@pytest.mark.parametrize(
    ("text", "name", "held"),
    [
        ("请王小明老师到场", "王小明", True), ("王小明", "王小明", True), ("欧阳小明负责", "欧阳小明", True),
        ("找王平问", "王平", True), ("负责人王平说", "王平", True), ("王平、李四", "王平", True), ("王　平", "王平", True),
        ("阿不都·买买提来过", "阿不都·买买提来过", True), ("由John Smith核对", "John Smith", True),
        # a short name stands in many words
        ("避开上下班高峰", "高峰", False), ("安全检查每月一次", "安全", False), ("讲文明树新风", "文明", False),
        ("小明老师", "王小明", False), ("王*在场", "王小明", False), ("", "王小明", False),
    ],
)  # fmt: skip
def test_where_a_name_stands_in_a_text(text, name, held):
    assert personal.first_named(text, [name]) == (name if held else "")


# --- Every register -----------------------------------------------------------------------------------


def a_child(cast) -> None:
    families.parameters()
    families.applied(cast.facility, cast.actor("operator"), name="赵示安", parent_name="钱示宁")


def a_complainant(cast) -> None:
    voices.say(cast.minhang, name="孙示言", phone="10000000001")


#: Name -> how somebody of that name comes on record.
REGISTERS = {
    "李示一": lambda cast: facility_factories.employment(
        cast.facility, rows.make(StaffMember, name="李示一", code="S-1")
    ),
    "周示二": lambda cast: Facility.objects.filter(pk=cast.facility.pk).update(head="周示二"),
    "吴示三": lambda cast: rows.make(Applicant, name="吴示三"),
    "郑示四": lambda cast: rows.make(Trainer, name="郑示四"),
    "王示五": lambda cast: rows.make(Volunteer, name="王示五"),
    "冯示六": lambda cast: rows.make(BanDecision, name="冯示六"),
    "陈示七": lambda cast: rows.make(HandOver, name="陈示七"),
    "赵示安": a_child,
    "钱示宁": a_child,
    "孙示言": a_complainant,
    "褚示八": lambda cast: rows.make(Inspector, name="褚示八", user=None),
    "卫示九": lambda cast: rows.make(Recusal, name="卫示九"),
    "蒋示十": lambda cast: Membership.objects.create(
        user=User.objects.create(username="named", name="蒋示十", password="!"),
        role="bureau",
        starts_on=date(2020, 1, 1),
    ),
}


@pytest.mark.parametrize("name", REGISTERS)
def test_whoever_is_on_record_is_found_in_the_own_district(cast, name):
    text = f"据{name}说，已经改好"
    with district_scope(cast.minhang):
        assert publicity.persons([text]) == set()
        REGISTERS[name](cast)
        assert publicity.persons([text, "没有人名的一句"]) == {name}
        with pytest.raises(Refused) as refused:
            publicity.demand(text, field="answer", label="答复")
        assert (refused.value.field, refused.value.code) == ("answer", "personal")
        assert name in str(refused.value.message)
    with district_scope(cast.jinshan):  # another district learns nothing
        assert publicity.persons([text]) == set()


def test_an_account_that_is_kept_under_the_name_of_an_office_names_nobody(cast):
    with district_scope(cast.minhang):
        unit = cast.health_unit
        user = User.objects.create(username="office", name=unit.name, password="!")
        Membership.objects.create(user=user, role="department", unit=unit, starts_on=date(2020, 1, 1))
        assert publicity.of_accounts({unit.name}) == {unit.name}
        assert publicity.persons([f"由{unit.name}牵头", unit.name]) == set()


def test_a_name_that_was_put_right_and_a_record_that_was_deleted_are_known_no_more(cast):
    with district_scope(cast.minhang):
        families.parameters()
        made = families.applied(cast.facility, cast.actor("operator"), name="赵示安")
        about = {"actor": families.system(cast.actor("operator")), "reason": "户口本上是另一个字"}
        child_records.correct(made.child, name="赵示平", **about)
        assert publicity.persons(["赵示安，赵示平"]) == {"赵示平"}


# --- Every text ---------------------------------------------------------------------------------------


@pytest.fixture
def desk(cast, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    with district_scope(cast.minhang):
        it = Draft(cast)
        rows.make(StaffMember, name=NAME, code="S-9")
        yield it


def in_item(desk, field):
    item = desk.air.item
    version = Checklist.objects.get(key="safety")
    wording = checklists.Wording("gas", "燃气", "报警器有效", "high", matter=item.matter, basis="条例")
    wording = replace(wording, **{field: SAID})
    checklists.publish_version(version, items=[wording], starts_on=date(2026, 5, 1), actor=desk.bureau)


def in_matter(desk, field):
    made = matters.enter_matter(key="gas", unit=None, actor=desk.bureau, **VALUES | {field: SAID})
    matters.publish_matter(made, actor=desk.bureau, version=1, on=date(2026, 3, 10))


def a_plan(desk, **values):
    made = plans.make_plan(2027, actor=desk.bureau)
    InspectionPlan.objects.filter(pk=made.pk).update(state="approved", submitted_by=None, **values)
    return InspectionPlan.objects.get(pk=made.pk)


def in_plan(desk, field):
    plans.publish_plan(a_plan(desk, **{field: SAID}), actor=desk.bureau, on=date(2027, 3, 1))


def in_line(desk, field):
    plan = a_plan(desk)
    Scheme.objects.filter(plan=plan).update(**{field: SAID})
    plans.publish_plan(plan, actor=desk.bureau, on=date(2027, 3, 1))


def in_campaign(desk, field):
    row = rows.make(Campaign, kind="special", state="approved", **{field: SAID})
    campaigns.publish(row, actor=desk.bureau)


def in_set(desk, field):
    evaluation.parameters()
    made = evaluation.filled(desk.bureau)
    made = evaluation_sets.submit_set(made, actor=desk.bureau, version=made.version)
    IndicatorSet.objects.filter(pk=made.pk).update(**{field: SAID})
    evaluation_sets.publish_set(made, actor=desk.head, version=made.version)


def in_indicator(desk, field):
    evaluation.parameters()
    made = evaluation.filled(desk.bureau)
    made = evaluation_sets.submit_set(made, actor=desk.bureau, version=made.version)
    one = Indicator.objects.filter(set=made).first()
    Indicator.objects.filter(pk=one.pk).update(**{field: SAID})
    evaluation_sets.publish_set(made, actor=desk.head, version=made.version)


def in_round(desk, field):
    row = rows.make(EvaluationRound, state="draft", **{field: SAID})
    rows.make(EvaluationCase, round=row)
    evaluation_rounds.open_round(row, actor=desk.bureau, version=row.version)


def in_entry(desk, field):
    with pytest.raises(Refused) as refused, transaction.atomic():
        credit.propose(desk.cast.facility, desk.bureau, **{field: SAID})
    assert refused.value.field == field
    made = credit.propose(desk.cast.facility, desk.bureau)
    CreditEntry.objects.filter(pk=made.pk).update(**{field: SAID})
    credit_services.confirm(made, actor=desk.head)


def in_certificate(desk, field):
    of = {"course": "title", "provider": "provider"}[field]
    given = {"title": "示例急救课", "provider": "示例培训中心"}
    about = {"actor": desk.bureau, "kind": "skills", "hours": Decimal(8)}
    with pytest.raises(Refused) as refused, transaction.atomic():
        training.add_course(**about, **given | {of: SAID})
    assert refused.value.field == of
    course = training.add_course(**about, **given)
    Course.objects.filter(pk=course.pk).update(**{of: SAID})
    session = rows.make(TrainingSession, course=course, state="held")
    rows.make(TrainingSignUp, session=session, attendance="attended", passed=True)
    attendance.issue_certificates(session, actor=desk.bureau)


def in_record(desk, _field):
    draw_voids.request_void(desk.visit.draw, reason=SAID, actor=desk.bureau)


def in_note(desk, _field):
    place = Facility.objects.get(code="TS0002")
    visit = factories.drawn(place, (), number="JC-2604-001", month=date(2026, 4, 1))
    cancellations.request_cancel(visit, reason="force_majeure", note=SAID, actor=desk.bureau)


WAYS = {
    "ChecklistItem": in_item, "MatterVersion": in_matter, "InspectionPlan": in_plan, "Scheme": in_line,
    "Campaign": in_campaign, "IndicatorSet": in_set, "Indicator": in_indicator, "EvaluationRound": in_round,
    "CreditEntry": in_entry, "AttendanceCertificate": in_certificate,
}  # fmt: skip
#: What a facility is called and where it stands is registered so, and may be somebody's name by law.
REGISTERED = {"facilities.Facility.name", "facilities.Facility.address"}
TEXTS = sorted(
    label for label, why in PUBLISHED.items() if why.startswith(WRITTEN_SO) and label not in REGISTERED
)


@pytest.mark.parametrize("label", TEXTS)
def test_a_text_that_names_somebody_is_not_published(desk, label):
    _app, model, field = label.split(".")
    with pytest.raises((Refused, Conflict)) as refused, transaction.atomic():
        WAYS[model](desk, field)
    assert refused.value.code == "personal" and NAME in str(refused.value.message), label


@pytest.mark.parametrize(
    ("field", "write"),
    [
        ("reason", in_record),
        ("note", in_note),
        ("reason", lambda desk, _f: draw_teams.replace_inspector(
            desk.visit, inspector=Inspector.objects.get(code="JC901"), reason=SAID, actor=desk.bureau)),
        ("witnesses", lambda desk, _f: draw_entropy.enter_witness(
            desk.visit.draw, source="witness", value="1" * 20, witnesses=f"{NAME}（家长）", actor=desk.bureau)),
        ("answer", lambda desk, _f: complaints.said(f"已经和{NAME}谈过")),
    ],
)  # fmt: skip
def test_what_goes_out_as_it_is_typed_names_nobody(desk, field, write):
    with pytest.raises(Refused) as refused, transaction.atomic():
        write(desk, field)
    assert (refused.value.field, refused.value.code) == (field, "personal")
    assert NAME in str(refused.value.message)


def test_an_items_wording_with_a_name_stops_the_result_and_the_facilitys_own_name_does_not(desk):
    ChecklistItem.objects.filter(key="air").update(text=f"通风，{NAME}开窗")
    with pytest.raises(Conflict) as refused, transaction.atomic():
        desk.publish()
    assert refused.value.code == "personal" and NAME in str(refused.value.message)
    assert results.publish_lapsed(actor=desk.system, on=date(2026, 6, 1)) == 0
    ChecklistItem.objects.filter(key="air").update(text="通风")
    Facility.objects.filter(pk=desk.cast.facility.pk).update(name=f"{NAME}托育园")
    desk.visit.refresh_from_db()
    assert desk.publish(AFTER).state == "published"


def test_what_was_published_before_somebody_came_on_record_stays(desk):
    """Names are looked for when a text goes out: who is hired later takes nothing back."""
    made = matters.enter_matter(
        key="gas", unit=None, actor=desk.bureau, **VALUES | {"method": "看何示新的记录"}
    )
    matters.publish_matter(made, actor=desk.bureau, version=1, on=date(2026, 3, 10))
    rows.make(StaffMember, name="何示新", code="S-8")
    assert MatterVersion.objects.get(matter=made).method == "看何示新的记录"
