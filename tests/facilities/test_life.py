"""What must hold before a change of state, what a closing leads to, proposals, and what a file lacks."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from facilities import completeness
from facilities.models import CareClass, Facility, FacilityTransition, Fee, Premises, Proposal
from facilities.registry import lacking, proposed
from facilities.rules import life
from facilities.rules.states import FACILITY, PROPOSAL
from facilities.services import facilities as services
from facilities.services import proposals
from facilities.services.bulk import hire_many
from inspections.services import visits
from inspections.services.pools import Facility as PoolFacility
from portal.errors import Conflict, Denied, Refused
from portal.rules.rights import RIGHTS
from portal.tenancy import district_scope
from tests.facilities import factories
from tests.facilities.factories import TODAY
from tests.facilities.test_records import care_class, refused
from tests.inspections import voices


@pytest.fixture
def minhang(cast):
    with district_scope(cast.minhang):
        cast.facility.places = 40
        cast.facility.save()
        yield cast


WHOLE = {
    "operator": "示例云杉教育", "head": "示例园长", "phone": "021-55501234", "insured_until": date(2026, 12, 31),
}  # fmt: skip


def move(cast, facility, action, by="bureau", on=TODAY, **values):
    return services.move_state(
        facility, action, actor=cast.actor(by), on=on, reason="示例原因", today=TODAY, **values
    )


def test_every_transition_says_who_may_and_what_it_needs():
    assert {t.action for t in FACILITY.transitions} == set(life.NEEDS)
    assert all(t.right in RIGHTS for t in (*FACILITY.transitions, *PROPOSAL.transitions))
    assert FACILITY.final == {"closed"}


@pytest.mark.parametrize("lacking", ["operator", "head", "phone", "insured_until"])
@pytest.mark.parametrize(
    ("state", "action"), [("preparing", "file"), ("filed", "open"), ("suspended", "resume")]
)
@pytest.mark.django_db
def test_what_must_hold_first_refuses_the_change(minhang, state, action, lacking):
    blank = None if lacking in ("operator", "insured_until") else ""
    one = factories.facility(minhang.street, state=state, **(WHOLE | {lacking: blank}))
    asked = {need.fact for need in life.needs(action, one.kind) if need.hard}
    fact = "insured" if lacking == "insured_until" else lacking
    if fact in asked:
        assert refused(Refused, move, minhang, one, action).params["needs"] == [fact]
        assert not FacilityTransition.objects.exists()
    else:
        assert move(minhang, one, action).state == FACILITY.next_state(state, action)


@pytest.mark.django_db
def test_insurance_must_be_valid_on_the_day(minhang):
    one = factories.facility(minhang.street, state="suspended", **WHOLE)
    one.insured_until = TODAY - timedelta(1)
    one.save()
    assert refused(Refused, move, minhang, one, "resume").code == "needs"
    assert move(minhang, one, "resume", on=TODAY - timedelta(1)).state == "operating"


@pytest.mark.django_db
def test_a_guidance_point_needs_no_insurance(minhang):
    one = factories.facility(
        minhang.street, state="filed", kind="guidance_point", **(WHOLE | {"insured_until": None})
    )
    assert move(minhang, one, "open").state == "operating"


@pytest.mark.parametrize("who", ["operator", "officer", "head", "auditor", "inspector"])
@pytest.mark.django_db
def test_only_who_has_the_right_changes_a_state(minhang, who):
    refused(Denied, move, minhang, minhang.facility, "suspend", by=who)


@pytest.mark.django_db
def test_the_paper_behind_a_change_is_kept(minhang):
    move(minhang, minhang.facility, "suspend", document="示例教托〔2026〕3号")
    assert FacilityTransition.objects.get().document == "示例教托〔2026〕3号"


@pytest.mark.django_db
def test_closing_leaves_nothing_open(minhang):
    one = minhang.facility
    care_class(minhang)
    care_class(minhang, name="将开的班", started_on=TODAY + timedelta(30), children=0)
    Fee.objects.create(facility=one, item="care", amount=3000, unit="month", starts_on=date(2025, 9, 1))
    propose(minhang, address="示例路 9 号")
    one.refresh_from_db()
    closed = move(minhang, one, "close", on=date(2026, 3, 15))
    assert (closed.enrolled, closed.closed_on) == (0, date(2026, 3, 15))
    assert not CareClass.objects.filter(ended_on__isnull=True).exists()
    assert not Fee.objects.filter(ends_on__isnull=True).exists()
    assert Proposal.objects.get().state == "withdrawn"


@pytest.mark.django_db
def test_a_closed_facility_takes_no_draw_no_visit_and_no_hire(minhang):
    one = move(minhang, minhang.facility, "close")
    assert one not in PoolFacility.objects.operating()
    bureau = minhang.actor("bureau")
    with pytest.raises((Refused, Conflict)):
        visits.create_unscheduled(voices.complaint(one, bureau), inspectors=[], due_on=TODAY, actor=bureau)
    row = {
        "facility": one, "name": "示例人", "identity": factories.identity(1), "post": "carer", "starts_on": TODAY,
    }  # fmt: skip
    assert "停办" in refused(Refused, hire_many, [row], actor=bureau, on=TODAY).message


# ---- proposals


def propose(cast, by="operator", facility=None, reason="示例搬迁", **values):
    return proposals.propose_change(facility or cast.facility, actor=cast.actor(by), reason=reason, **values)


@pytest.mark.django_db
def test_a_proposal_is_written_when_somebody_else_confirms_it(minhang):
    made = propose(
        minhang, places=45, street=minhang.other_street, operator="示例新举办者", opened_on=date(2021, 10, 1)
    )
    assert Facility.objects.get(pk=minhang.facility.pk).places == 40
    done = proposals.confirm_proposal(made, actor=minhang.actor("bureau"))
    one = Facility.objects.get(pk=minhang.facility.pk)
    assert (one.places, one.street_id, one.operator.name, one.opened_on, one.version) == (
        45, minhang.other_street.pk, "示例新举办者", date(2021, 10, 1), 2,
    )  # fmt: skip
    assert done.state == "confirmed"
    error = refused(Conflict, proposals.refuse_proposal, made, actor=minhang.actor("clerk"), answer="晚了")
    assert error.code == "state"


@pytest.mark.django_db
def test_what_a_proposal_may_not_be(minhang):
    assert "没有一项" in refused(Refused, propose, minhang, places=40).message
    assert refused(Refused, propose, minhang, places=900).field == "places"
    assert refused(Refused, propose, minhang, places=41, reason=" ").field == "reason"
    refused(TypeError, propose, minhang, enrolled=3)
    refused(Denied, propose, minhang, by="officer", places=41)
    refused(Denied, propose, minhang, facility=factories.facility(minhang.other_street), places=41)
    propose(minhang, places=41)
    assert refused(Conflict, propose, minhang, places=42).code == "open"


@pytest.mark.django_db
def test_who_decides_and_who_takes_back(minhang):
    made = propose(minhang, places=41)
    refused(Denied, proposals.confirm_proposal, made, actor=minhang.actor("operator"))
    refused(Denied, proposals.refuse_proposal, made, actor=minhang.actor("officer"), answer="示例")
    assert (
        refused(Refused, proposals.refuse_proposal, made, actor=minhang.actor("bureau"), answer=" ").field
        == "answer"
    )
    assert proposals.withdraw_proposal(made, actor=minhang.actor("operator")).state == "withdrawn"
    own = propose(minhang, by="bureau", places=41)
    refused(Denied, proposals.confirm_proposal, own, actor=minhang.actor("bureau"))
    assert proposals.confirm_proposal(own, actor=minhang.actor("clerk")).state == "confirmed"


@pytest.mark.django_db
def test_a_fact_that_moved_meanwhile_is_not_overwritten(minhang):
    made = propose(minhang, places=45)
    services.change_facility(minhang.facility, actor=minhang.actor("bureau"), version=1, places=30)
    assert refused(Conflict, proposals.confirm_proposal, made, actor=minhang.actor("clerk")).code == "moved"


@pytest.mark.django_db
def test_proposals_stand_in_both_queues(minhang):
    made = propose(minhang, places=41)
    assert [w.title for w in proposed(minhang.actor("bureau"))] == [f"变更申请：{minhang.facility.name}"]
    assert "等区里确认" in proposed(minhang.actor("operator"))[0].title
    assert proposed(minhang.actor("officer")) == []
    proposals.refuse_proposal(made, actor=minhang.actor("bureau"), answer="示例：缺消防材料")
    assert proposed(minhang.actor("bureau")) == []
    answer = proposed(minhang.actor("operator"))[0]
    assert (answer.state, answer.facts) == ("bad", "示例：缺消防材料")


# ---- what a file lacks

FULL = {
    "operator": True, "credit_code": True, "head": True, "phone": True, "premises": True, "classes": True,
    "fees": True, "fees_published_on": date(2026, 1, 1), "insured_until": date(2027, 1, 1), "lease_until": None,
    "meals": False, "menu": False,
}  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, []),
        ({"head": False}, [("head", "warn")]),
        ({"classes": False, "fees": False}, [("classes", "none"), ("fees", "none")]),
        ({"fees_published_on": None}, [("fees_published_on", "bad")]),
        ({"insured_until": None}, [("insured", "bad")]),
        ({"insured_until": TODAY - timedelta(1)}, [("insurance_over", "bad")]),
        ({"insured_until": TODAY}, [("insurance_soon", "warn")]),
        ({"insured_until": TODAY + timedelta(30)}, [("insurance_soon", "warn")]),
        ({"insured_until": TODAY + timedelta(31)}, []),
        ({"lease_until": TODAY - timedelta(1)}, [("lease_over", "bad")]),
        ({"lease_until": TODAY + timedelta(90)}, [("lease_soon", "warn")]),
        ({"lease_until": TODAY + timedelta(91)}, []),
        ({"meals": True}, [("menu", "warn")]),
        ({"meals": True, "menu": True}, []),
        ({"premises": False, "insured_until": None}, [("insured", "bad"), ("premises", "none")]),
    ],
)
def test_what_a_file_lacks(facts, expected):
    assert [(gap.key, gap.state) for gap in life.gaps("nursery", FULL | facts, TODAY)] == expected


def test_a_guidance_point_lacks_less():
    empty = dict.fromkeys(FULL, False) | {"insured_until": None, "lease_until": None}
    assert [g.key for g in life.gaps("guidance_point", empty, TODAY)] == [
        "operator", "credit_code", "head", "phone", "premises",
    ]  # fmt: skip


@pytest.mark.django_db
def test_an_operator_sees_what_the_own_file_lacks(minhang, django_assert_num_queries):
    factories.facility(minhang.street)
    (one,) = lacking(minhang.actor("operator"))
    assert minhang.facility.name in one.title and one.state == "bad"
    assert lacking(minhang.actor("bureau")) == []
    rows = completeness.with_file(Facility.objects.all(), TODAY)
    with django_assert_num_queries(1):
        assert all(completeness.gaps(row, TODAY) for row in rows)


@pytest.mark.django_db
def test_area_and_connections_can_be_proposed_and_an_area_that_follows_from_premises_cannot(minhang):
    """What the rules ask for and the district enters, an operator can at least ask for."""
    made = propose(minhang, usable_area=Decimal("321.5"), video_connected=True, alarm_connected=False)
    assert made.changes == {
        "usable_area": ["", 321.5], "video_connected": ["", True], "alarm_connected": ["", False],
    }  # fmt: skip
    made.refresh_from_db()
    proposals.confirm_proposal(made, actor=minhang.actor("bureau"))
    one = Facility.objects.get(pk=minhang.facility.pk)
    assert (one.usable_area, one.video_connected, one.alarm_connected) == (Decimal("321.5"), True, False)
    again = propose(minhang, usable_area=None, video_connected=None)
    again.refresh_from_db()
    assert again.changes == {"usable_area": [321.5, ""], "video_connected": [True, ""]}
    proposals.confirm_proposal(again, actor=minhang.actor("bureau"))
    assert Facility.objects.get(pk=one.pk).usable_area is None
    Premises.objects.create(facility=one, name="本部", tenure="own", starts_on=date(2024, 1, 1)).areas.create(
        use="activity", floor=1, area=50
    )
    assert refused(Refused, propose, minhang, usable_area=Decimal(60)).field == "usable_area"
