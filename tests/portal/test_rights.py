"""The table of rights and `allowed`: nobody sees more than the table says, however many roles meet in a person."""

from __future__ import annotations

import re
from datetime import date
from itertools import count
from pathlib import Path

import pytest
from django.conf import settings
from guardian.shortcuts import assign_perm
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from facilities.models import (
    AccessRequest,
    CareClass,
    CareSession,
    Certificate,
    Child,
    CreditEntry,
    CreditRequest,
    DrillFile,
    EmergencyDrill,
    EmergencyPlan,
    Employment,
    Enrolment,
    Facility,
    Fee,
    FeeNotice,
    Filing,
    FilingAnswer,
    FilingEscalation,
    FilingRemark,
    FilingSection,
    FilingSignature,
    FilingStep,
    Insurance,
    Kindergarten,
    Kinship,
    LedgerEntry,
    Menu,
    Neighbourhood,
    Notice,
    OpeningHours,
    Operator,
    Parent,
    Permit,
    Population,
    Premises,
    PremisesArea,
    Proposal,
    RecordCheck,
    Room,
    Site,
    StaffMember,
    TrainingRecord,
    TrainingSignUp,
    Verdict,
    Volunteer,
)
from facilities.rules import states as facility_states
from guidance.models import (
    BirthCount,
    GuidanceEvent,
    GuidancePlace,
    GuidanceSession,
    GuidedChild,
    KitUse,
    Newborn,
    NursingPlace,
)
from guidance.rules import states as guidance_states
from inspections.models import (
    Campaign,
    CampaignUnit,
    CaseFile,
    Complaint,
    DeviceOutage,
    DeviceState,
    DoubleDraw,
    EvaluationCase,
    EvaluationSheet,
    FieldAddendum,
    GradeDecision,
    GradeObjection,
    GradeProposal,
    Incident,
    Inspection,
    Inspector,
    Order,
    PublicationRepair,
    Recusal,
    ResultReview,
    VideoDevice,
    VisitPart,
    VisitRating,
    WatchSlot,
)
from inspections.rules import states as inspection_states
from portal import policies
from portal.access import Actor
from portal.errors import Denied
from portal.models import Membership, Message, StoredFile, Street, Unit, User
from portal.navigation import REGISTRY
from portal.rules.rights import AT_HOME, RIGHTS, SECOND, Reach, Role, reaches
from targets.models import (
    AgendaItem,
    Conference,
    ConferenceUnit,
    ProgressReport,
    SiteReview,
    SubsidyClaim,
    SupervisionAnswer,
    SupervisionCase,
    SupervisionEvidence,
    SupervisionObjection,
    SupervisionRound,
    SupervisionSeat,
)
from targets.rules import states as target_states
from tests import rows
from tests.facilities import factories
from tests.portal.access.campaigns import a_campaign
from tests.portal.access.conferences import a_conference, item_of
from tests.portal.access.joint import part_of
from tests.portal.access.recusals import asked
from tests.portal.access.rows import REACHED, ROLES
from tests.portal.access.subsidies import a_claim
from tests.portal.access.supervision import a_case, a_round, a_seat, an_answer, an_objection
from tests.portal.stage import Place
from tests.portal.test_access import stage  # noqa: F401

MODELS = [model for model in policies.tenant_models() if model.reach_paths]
OFFICER = "officer"
_versions = count(1)


def of_staff(model):
    return lambda place: rows.make(model, staff=factories.employment(place.facility).staff)


def own_file(place: Place):
    made = place.stored()
    if place.name == "inside":
        StoredFile.objects.filter(pk=made.pk).update(created_by=place.users[OFFICER])
    return made


def later_role(place: Place):
    """A role that begins in a hundred years, so that it gives nothing yet."""
    user = place.users[OFFICER] if place.name == "inside" else rows.user()
    return rows.make(Membership, user=user, unit=place.unit, role="expert", starts_on=date(2126, 1, 1))


def of_facility(model):
    return lambda place: rows.make(model, facility=place.facility)


def owner_of(place: Place):
    return place.users["parent"] if place.name == "inside" else rows.user()


def child_of(place: Place):
    """A child that asks for a place, of a parent who signs in."""
    made = rows.make(Enrolment, facility=place.facility).child
    parent = Parent.objects.filter(user=owner_of(place)).first() or rows.make(Parent, user=owner_of(place))
    rows.make(Kinship, child=made, parent=parent)
    return made


def message_of(place: Place):
    return rows.make(Message, user=place.users[OFFICER] if place.name == "inside" else rows.user())


def plan_of(place: Place):
    kind = "fire" if place.name == "inside" else "food"
    return rows.make(
        EmergencyPlan,
        facility=place.facility,
        kind=kind,
        version=next(_versions),
        replaced_on=date(2098, 1, 1),
    )


def drill_of(place: Place):
    return rows.make(EmergencyDrill, plan=plan_of(place))


def operator_of(place: Place):
    made = rows.make(Operator)
    Facility.objects.filter(pk=place.facility.pk).update(operator=made)
    return made


def filing(place: Place):
    """A filing that the operator began, in the place's street, which the place's unit signs."""
    opener = place.users["operator"] if place.name == "inside" else rows.user()
    made = rows.make(Filing, street=place.street, opened_by=opener, state="draft")
    rows.make(FilingSignature, filing=made, unit=place.unit)
    return made


def of_filing(model):
    return lambda place: rows.make(model, filing=filing(place))


def of_a_department(place: Place) -> Order:
    made = place.order()
    made.unit = place.unit
    made.save()
    return made


def case_of_a_part(place: Place) -> CaseFile:
    part = part_of(place)
    return rows.make(CaseFile, inspection=part.inspection, part=part)


#: One row of each model with reaches, of the place.
BUILD = {
    Membership: later_role,
    Street: lambda place: place.street,
    Unit: lambda place: place.unit,
    Population: lambda place: rows.make(Population, street=place.street),
    Neighbourhood: lambda place: rows.make(Neighbourhood, street=place.street),
    StoredFile: own_file,
    Facility: lambda place: place.facility,
    Kindergarten: lambda place: rows.make(Kindergarten, street=place.street),
    StaffMember: lambda place: factories.employment(place.facility).staff,
    Employment: lambda place: factories.employment(place.facility),
    Certificate: of_staff(Certificate),
    TrainingRecord: of_staff(TrainingRecord),
    RecordCheck: of_staff(RecordCheck),
    TrainingSignUp: lambda place: rows.make(TrainingSignUp, facility=place.facility),
    Child: child_of,
    Parent: lambda place: child_of(place).kinships.get().parent,
    Enrolment: of_facility(Enrolment),
    AccessRequest: lambda place: rows.make(
        AccessRequest, asked_by=place.users[OFFICER] if place.name == "inside" else rows.user()
    ),
    CreditEntry: of_facility(CreditEntry),
    CreditRequest: lambda place: rows.make(
        CreditRequest, entry=rows.make(CreditEntry, facility=place.facility)
    ),
    CareClass: of_facility(CareClass),
    Fee: of_facility(Fee),
    FeeNotice: of_facility(FeeNotice),
    Insurance: of_facility(Insurance),
    EmergencyPlan: plan_of,
    EmergencyDrill: drill_of,
    DrillFile: lambda place: rows.make(DrillFile, drill=drill_of(place)),
    Message: message_of,
    Menu: of_facility(Menu),
    Permit: of_facility(Permit),
    Operator: operator_of,
    Premises: of_facility(Premises),
    PremisesArea: lambda place: rows.make(
        PremisesArea, premises=rows.make(Premises, facility=place.facility)
    ),
    Proposal: of_facility(Proposal),
    Filing: filing,
    FilingAnswer: of_filing(FilingAnswer),
    FilingEscalation: of_filing(FilingEscalation),
    FilingRemark: of_filing(FilingRemark),
    FilingSection: of_filing(FilingSection),
    FilingSignature: lambda place: filing(place).signatures.get(),
    FilingStep: of_filing(FilingStep),
    Notice: lambda place: rows.make(Notice, filing=filing(place), facility=place.facility),
    Verdict: of_facility(Verdict),
    Site: of_facility(Site),
    Room: of_facility(Room),
    OpeningHours: of_facility(OpeningHours),
    CareSession: of_facility(CareSession),
    Volunteer: of_facility(Volunteer),
    LedgerEntry: of_facility(LedgerEntry),
    Inspector: lambda place: place.inspectors[0],
    Inspection: lambda place: place.visit(),
    Order: of_a_department,
    VisitPart: part_of,
    Campaign: lambda place: a_campaign(place, unit=True),
    Conference: a_conference,
    ConferenceUnit: lambda place: a_conference(place).units.get(unit=place.unit),
    AgendaItem: item_of,
    SupervisionRound: lambda place: a_round(place, "open"),
    SupervisionCase: a_case,
    SupervisionSeat: a_seat,
    SupervisionAnswer: an_answer,
    SupervisionEvidence: lambda place: an_answer(place, "handed").evidence.get(),
    SupervisionObjection: an_objection,
    SubsidyClaim: a_claim,
    CampaignUnit: lambda place: a_campaign(place, unit=True).units.get(),
    Complaint: lambda place: place.complaint(),
    Incident: lambda place: place.incident(),
    CaseFile: case_of_a_part,
    FieldAddendum: lambda place: rows.make(
        FieldAddendum, inspection=place.visit("finished"), facility=place.facility
    ),
    VisitRating: lambda place: rows.make(
        VisitRating, inspection=place.visit("finished"), basis=5, manner=5, disturbance=5
    ),
    ResultReview: lambda place: place.visit("finished").review,
    Recusal: asked,
    PublicationRepair: lambda place: rows.make(
        PublicationRepair, review=place.visit("finished").review, file=place.stored()
    ),
    GradeProposal: of_facility(GradeProposal),
    GradeDecision: of_facility(GradeDecision),
    GradeObjection: of_facility(GradeObjection),
    VideoDevice: of_facility(VideoDevice),
    DeviceState: lambda place: rows.make(DeviceState, device=rows.make(VideoDevice, facility=place.facility)),
    DeviceOutage: of_facility(DeviceOutage),
    WatchSlot: of_facility(WatchSlot),
    DoubleDraw: lambda place: rows.make(DoubleDraw, inspection=place.visit(), second=place.inspectors[1]),
    EvaluationCase: lambda place: rows.make(EvaluationCase, facility=place.facility),
    EvaluationSheet: lambda place: rows.make(
        EvaluationSheet,
        case=rows.make(EvaluationCase, facility=place.facility),
        evaluator=place.users[OFFICER] if place.name == "inside" else None,
    ),
    SiteReview: lambda place: rows.make(
        SiteReview, expert=place.users[OFFICER] if place.name == "inside" else rows.user()
    ),
    GuidancePlace: lambda place: rows.make(GuidancePlace, street=place.street),
    NursingPlace: lambda place: rows.make(NursingPlace, street=place.street),
    KitUse: lambda place: rows.make(KitUse, street=place.street, facility=None),
    GuidanceEvent: lambda place: rows.make(GuidanceEvent, level="street", street=place.street),
    BirthCount: lambda place: rows.make(BirthCount, street=place.street, total=9, resident=5),
    Newborn: lambda place: rows.make(Newborn, street=place.street),
    GuidedChild: lambda place: rows.make(GuidedChild, street=place.street),
    GuidanceSession: lambda place: rows.make(
        GuidanceSession, street=place.street, place=rows.make(GuidancePlace, street=place.street)
    ),
    ProgressReport: lambda place: place.report(),
}
#: Whose own the row `inside` is.
OWNER = {Inspector: "inspector", Child: "parent", Parent: "parent"}


@pytest.fixture(scope="module")
def made(stage):  # noqa: F811
    """model -> (row within reach, row beyond)."""
    with stage.cast_scope():
        return {model: (BUILD[model](stage.inside), BUILD[model](stage.outside)) for model in MODELS}


def test_every_model_with_a_reach_is_looked_at():
    assert {m._meta.label for m in MODELS} == {m._meta.label for m in BUILD}


def reached(model, name: str, right: str) -> tuple[bool, bool]:
    """Whether somebody of the cast should see the row inside, and the one outside."""
    reach = RIGHTS[right].get(ROLES[name])
    if reach is Reach.ALL:
        return True, True
    if reach is None or reach not in model.reach_paths:
        return False, False
    if reach is Reach.SELF:
        return name == OWNER.get(model, OFFICER), False
    return name in REACHED[reach], False


def alike(name: str) -> list[str]:
    """Of the rights that reach equally far for somebody of the cast the first and the last: `allowed` asks an actor
    for nothing else than how far a right reaches, which the test below compares for each of them."""
    groups: dict[Reach | None, list[str]] = {}
    for right in RIGHTS:
        groups.setdefault(RIGHTS[right].get(ROLES[name]), []).append(right)
    return sorted({right for group in groups.values() for right in (group[0], group[-1])})


def test_a_right_reaches_as_far_as_the_table_says(stage):  # noqa: F811
    with stage.cast_scope():
        for name in ROLES:
            actor = stage.cast.actor(name)
            for right, row in RIGHTS.items():
                reach = row.get(ROLES[name])
                assert actor.reaches(right) == (set() if reach is None else {reach}), (name, right)
                assert actor.may(right) == (reach is not None)


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m._meta.label)
def test_nobody_is_allowed_more_than_the_table_says(model, stage, made):  # noqa: F811
    inside, outside = made[model]
    wrong = []
    with stage.cast_scope():
        for name in ROLES:
            actor = stage.cast.actor(name)
            for right in alike(name):
                seen = set(
                    model.objects.allowed(actor, right)
                    .filter(pk__in=[inside.pk, outside.pk])
                    .values_list("pk", flat=True)
                )
                want = reached(model, name, right)
                if (inside.pk in seen, outside.pk in seen) != want:
                    wrong.append(f"{name} {right}: {seen}, should be {want}")
    assert wrong == []


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m._meta.label)
def test_a_row_comes_once_however_it_is_reached(model, stage, made):  # noqa: F811
    with stage.cast_scope():
        for name in ROLES:
            actor = stage.cast.actor(name)
            for right in alike(name):
                if RIGHTS[right].get(ROLES[name]) in (None, Reach.ALL):
                    continue
                found = list(model.objects.allowed(actor, right).values_list("pk", flat=True))
                assert len(found) == len(set(found)), (name, right)


@pytest.fixture(scope="module")
def somebody(stage):  # noqa: F811
    """A person to whom everything was granted that can be granted; which roles they have a test says."""
    with stage.cast_scope():
        user = User.objects.create(username="walk-somebody", name="示例", password="!")
        assign_perm("portal.serve_street", user, stage.inside.street)
        assign_perm("facilities.keep_facility", user, stage.inside.facility)
        unit = Membership(user=user, unit=stage.inside.unit, role="expert", district=stage.cast.minhang)
        unit.starts_on = date(2020, 1, 1)

        def with_roles(roles) -> Actor:
            return Actor(stage.cast.minhang, user, memberships=(unit,), roles=frozenset(roles))

        return with_roles


@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    roles=st.sets(st.sampled_from(Role)), right=st.sampled_from(sorted(RIGHTS)), model=st.sampled_from(MODELS)
)
def test_roles_add_up_and_nothing_else(roles, right, model, stage, made, somebody):  # noqa: F811
    pair = [row.pk for row in made[model]]

    def seen(some) -> set[int]:
        return set(
            model.objects.allowed(somebody(some), right).filter(pk__in=pair).values_list("pk", flat=True)
        )

    with stage.cast_scope():
        assert seen(roles) == set().union(*(seen({role}) for role in roles))
        if not reaches(roles, right):
            assert seen(roles) == set()
            with pytest.raises(Denied):
                somebody(roles).demand(right)
        if Reach.ALL in reaches(roles, right):
            assert seen(roles) == set(pair)


@given(roles=st.sets(st.sampled_from(Role)), right=st.sampled_from(sorted(RIGHTS)))
def test_more_roles_never_reach_less(roles, right):
    for role in roles:
        assert reaches({role}, right) <= reaches(roles, right)
    assert reaches(set(), right) == set()


def test_a_right_that_is_not_in_the_table_is_a_mistake(stage):  # noqa: F811
    for actor in (Actor.system(stage.cast.minhang, "test"), Actor(stage.cast.minhang, roles=frozenset(Role))):
        with pytest.raises(KeyError):
            actor.may("facility.paint")


# --- The table ------------------------------------------------------------------------------------


def test_what_is_granted_singly_is_all_that_operators_and_desks_reach():
    for right, row in RIGHTS.items():
        for role in (Role.OPERATOR, Role.DESK):
            assert row.get(role) in (None, Reach.FACILITIES, Reach.FILINGS, Reach.SELF), right
        assert row.get(Role.STREET_OFFICER) is not Reach.ALL or right.endswith(".view"), right


def test_parents_and_outside_people_have_no_right_of_the_administration():
    assert {right: row[Role.PARENT] for right, row in RIGHTS.items() if Role.PARENT in row} == {
        "child.own": Reach.SELF
    }
    guides = {f"{noun}.{verb}" for noun in ("guidance_service", "newborn") for verb in ("view", "keep")}
    for role in (Role.EXPERT, Role.HOME_VISITOR):
        own = (
            {"evaluation.score", "cycle.review"} if role is Role.EXPERT else {"guidance_place.view", *guides}
        )
        assert {right for right, row in RIGHTS.items() if role in row} <= {"today.view", "list.export", *own}


@pytest.mark.parametrize("role", [Role.CITY, Role.AUDITOR])
def test_who_looks_on_has_rights_to_look_only(role):
    assert [
        right
        for right, row in RIGHTS.items()
        if role in row and not right.endswith((".view", ".export", ".print")) and right not in AT_HOME
    ] == []


def test_the_three_administrators_see_no_business_and_share_no_work():
    owns = {
        role: {right for right, row in RIGHTS.items() if role in row}
        - {"today.view", "person.view", "document.view", "list.export", "list.import"}
        for role in (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN)
    }
    assert owns == {
        Role.SYSTEM_ADMIN: {"client.manage", "district.open"},
        Role.SECURITY_ADMIN: {"person.manage"},
        Role.AUDIT_ADMIN: {"audit.view"},
    }


def test_a_client_of_the_api_reads_what_it_has_a_scope_for():
    assert {right for right, row in RIGHTS.items() if Role.API_CLIENT in row} == {
        "agreement.view", "campaign.view", "city.view", "clock.view", "conference.view", "credit.view",
        "cycle.view", "cycle_application.view", "device.report", "device.view", "emergency.view",
        "document.view", "evaluation.read",
        "facility.view", "filing.view", "grade.view", "guidance_event.view", "guidance_place.view", "guidance_service.view",
        "guidance_course.view", "newborn.view", "nursing_place.view", "resource.view",
        "part.view", "plan.view", "residents.view", "result.read",
        "rule.view", "site.view", "staff.read", "subsidy.view", "supervision.view", "target.view", "task.view",
        "training.view",
    }  # fmt: skip


def test_the_second_person_can_be_somebody_else():
    for first, second in SECOND.items():
        assert RIGHTS[first] and RIGHTS[second]
        assert second in RIGHTS and first != second


MACHINES = (
    *facility_states.MACHINES, *inspection_states.MACHINES, *guidance_states.MACHINES, *target_states.MACHINES,
)  # fmt: skip


def test_machines_and_navigation_name_rights_of_the_table():
    for machine in MACHINES:
        for step in machine.transitions:
            for right in filter(None, (step.right, step.second)):
                assert right in RIGHTS, f"{machine.name}.{step.action}: {right}"
            if step.second:
                assert SECOND[step.right] == step.second
    for entry in (*REGISTRY.entries, *REGISTRY.cards):
        assert entry.right in RIGHTS, entry


def test_every_right_is_asked_for_somewhere():
    text = "\n".join(
        path.read_text()
        for app in ("portal", "facilities", "inspections", "guidance", "targets")
        for path in Path(settings.BASE_DIR, app).rglob("*.py")
        if path.name != "rights.py" and "migrations" not in path.parts
    )
    assert [right for right in RIGHTS if f'"{right}"' not in text] == []


def test_every_right_that_is_asked_for_stands_in_the_table():
    asked = set()
    for app in ("portal", "facilities", "inspections", "guidance", "targets"):
        for path in Path(settings.BASE_DIR, app).rglob("*.py"):
            text = path.read_text()
            asked |= set(re.findall(r"""(?:demand|may|reaches)\(\s*"([a-z_]+\.[a-z_]+)""", text))
            asked |= set(re.findall(r"""allowed\([^()]*(?:\([^()]*\))?[^()]*,\s*"([a-z_]+\.[a-z_]+)""", text))
    assert asked - set(RIGHTS) == set()
    assert len(asked) > 20
