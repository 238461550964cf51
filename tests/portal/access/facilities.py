"""Rows of facilities, their files and their people."""

from __future__ import annotations

import io
from datetime import timedelta

import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.signing import dumps
from django.utils import timezone

from facilities import across
from facilities.models import (
    AttendanceCertificate,
    BanDecision,
    CareClass,
    Certificate,
    Course,
    CreditEntry,
    CreditRequest,
    DossierPrint,
    EmergencyDrill,
    EmergencyPlan,
    Facility,
    FacilityTransition,
    FeeNotice,
    HandOver,
    Operator,
    Premises,
    Proposal,
    RecordCheck,
    Trainer,
    TrainingRecord,
    TrainingSession,
    TrainingSignUp,
)
from facilities.services import (
    keepers,
)
from facilities.views import attendance
from portal.models import District, User
from portal.rules.rights import Role
from portal.services import people
from tests import rows
from tests.facilities import factories
from tests.portal.access.portal import NOT_THE_PRINTER
from tests.portal.access.rows import Open, Row, fresh, numbers
from tests.portal.stage import Place, days, png


def editing(place: Place):
    one = Facility.objects.get(pk=place.facility.pk)
    return {"pk": one.pk}, {
        "name": one.name, "kind": one.kind, "ownership": one.ownership, "street": one.street_id,
        "address": "示例路 2 号", "places": one.places, "enrolled": 3, "full_day": "on", "video_connected": "unknown",
        "alarm_connected": "unknown", "opened_on": one.opened_on.isoformat(), "version": one.version,
    }  # fmt: skip


def registering(place: Place):
    return {}, {
        "name": f"示例新园{fresh()}", "state": "preparing", "kind": "nursery", "ownership": "for_profit",
        "street": place.street.pk, "address": "示例路 3 号", "places": 40, "enrolled": 0, "full_day": "on",
        "video_connected": "unknown", "alarm_connected": "unknown",
    }  # fmt: skip


def staff_of(place: Place) -> dict:
    return {"pk": factories.employment(place.facility).staff_id}


def work_of(place: Place) -> dict:
    return {"pk": factories.employment(place.facility).pk}


def certificate_of(place: Place) -> dict:
    staff = factories.employment(place.facility).staff
    return {
        "pk": Certificate.objects.create(
            staff=staff, kind="childcare", number=fresh(), issued_on=days(-99)
        ).pk
    }


def training_of(place: Place) -> dict:
    facts = {"kind": "skills", "course": "示例课", "provider": "示例校", "hours": 4, "done_on": days(-9)}
    return {"pk": TrainingRecord.objects.create(staff=factories.employment(place.facility).staff, **facts).pk}


def check_of(place: Place) -> dict:
    staff = factories.employment(place.facility).staff
    return {"pk": RecordCheck.objects.create(staff=staff, checked_on=days(-9), found=False).pk}


def entrusted(place: Place) -> tuple[dict, dict]:
    """A facility and somebody with the role who does not keep it yet."""
    user = User.objects.create(username=f"keeper{fresh()}", name="示例丁")
    people.give_role(user, "desk", actor=place.process, on=timezone.localdate())
    return of_facility(place), {"username": user.username}


def keeper_of(place: Place) -> dict:
    _arguments, data = entrusted(place)
    return {"pk": keepers.entrust(place.facility, actor=place.process, **data).pk}


def hiring(place: Place):
    return {"pk": place.facility.pk}, {
        "name": "示例人", "identity": factories.identity(500 + next(numbers)), "post": "carer", "full_time": "on",
        "starts_on": days(0), "checked_on": days(-20), "found": "no",
        "certificate_kind": "childcare", "certificate_number": fresh(), "certificate_issued_on": days(-99),
        "health_check_number": fresh(), "health_check_issued_on": days(-99), "health_check_valid_until": days(99),
    }  # fmt: skip


def with_record(place: Place) -> dict:
    """Work of somebody who must leave."""
    work = factories.employment(place.facility)
    work.staff.record_checks.create(checked_on=timezone.localdate(), found=True)
    return {"pk": work.pk}


def scan_of(place: Place) -> dict:
    work = factories.employment(place.facility)
    return {"pk": work.staff.certificates.create(
        kind="food", number=fresh(), issued_on=timezone.localdate(), file=place.stored()
    ).pk}  # fmt: skip


def training_session(place: Place, day: int = 0, state: str = "open") -> TrainingSession:
    """Of the place's district, with one person of its facility on the list."""
    today = timezone.localdate()
    made = rows.make(
        TrainingSession,
        course=rows.make(Course, hours=4),
        starts_on=today + timedelta(day),
        ends_on=today + timedelta(day),
        sign_up_until=today + timedelta(max(day, 0)),
        capacity=9,
        state=state,
    )
    on_list(place, made)
    return made


def on_list(place: Place, session: TrainingSession, **values) -> TrainingSignUp:
    work = factories.employment(place.facility)
    return TrainingSignUp.objects.create(
        session=session, staff=work.staff, facility=place.facility, signed_at=timezone.now(), **values
    )


def signing_up(place: Place):
    work = factories.employment(place.facility)
    return {"pk": training_session(place, 3).pk}, {"staff": work.staff_id, "codes": work.staff.code}


def confirming_list(place: Place):
    session = training_session(place)
    code = session.sign_ups.get().staff.code
    salt = f"{attendance.SALT}.{session.pk}"
    return {"pk": session.pk}, {"payload": dumps([(code, True, "4", True)], salt=salt, compress=True)}


def certifying(place: Place) -> dict:
    session = training_session(place, state="held")
    session.sign_ups.update(attendance="attended", passed=True, hours=4)
    return {"pk": session.pk}


def printed(place: Place) -> dict:
    session = training_session(place, state="held")
    TrainingSession.objects.filter(pk=session.pk).update(file=place.stored())
    return {"pk": session.pk}


def attendance_certificate(place: Place) -> AttendanceCertificate:
    return rows.make(
        AttendanceCertificate,
        sign_up=on_list(place, training_session(place)),
        file=place.stored(),
        code=fresh().upper(),
    )


def verifying(place: Place) -> dict:
    return {"district": place.district.slug, "code": attendance_certificate(place).code}


def course_of(place: Place) -> dict:
    return {"pk": rows.make(Course, hours=4).pk}


def trainer_of(place: Place) -> dict:
    return {"pk": rows.make(Trainer).pk}


def sheet_of(place: Place):
    session = training_session(place)
    output = io.BytesIO()
    with xlsxwriter.Workbook(output, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["编号", "出勤"])
        sheet.write_row(1, 0, [session.sign_ups.get().staff.code, "是"])
    return {"pk": session.pk}, {"upload": SimpleUploadedFile("a.xlsx", output.getvalue())}


def planning_session(place: Place):
    return {}, {
        "course": rows.make(Course, hours=4).pk, "mode": "online", "place": "示例平台", "starts_on": days(9),
        "ends_on": days(9), "sign_up_until": days(8), "capacity": 20,
    }  # fmt: skip


def ban_of(place: Place, state: str = "proposed") -> BanDecision:
    """Entered by somebody else than the cast."""
    other = place.person(Role.BUREAU).user
    made = rows.make(
        BanDecision,
        entered_by=other,
        entered_at=timezone.now(),
        file=place.stored(),
        lift_file=place.stored(),
    )
    if state == "lifting":
        BanDecision.objects.filter(pk=made.pk).update(
            state="confirmed", confirmed_by=place.person(Role.UNIT_HEAD).user
        )
        across.lay_ban(made.pk)
        BanDecision.objects.filter(pk=made.pk).update(
            state=state, lift_asked_by=other, lift_asked_at=timezone.now()
        )
    return made


def deciding_ban(what: str, state: str = "proposed", **data):
    return lambda p: ({"pk": ban_of(p, state).pk}, {"what": what, "note": "示例意见", **data})


def banning(place: Place):
    return {}, {
        "name": "示例人", "identity": factories.identity(500 + next(numbers)), "ground": "abuse",
        "document": fresh(), "evidence": "示例：判决书认定的事实",
    }  # fmt: skip


def handing(place: Place):
    other = District.objects.exclude(pk=place.district.pk).filter(level="district").first()
    return {}, {
        "giving": other.pk, "name": "示例人", "identity": factories.identity(500 + next(numbers)),
        "consent_on": days(-1), "purpose": "示例任职", "upload": png(),
    }  # fmt: skip


def credit_of(place: Place, state: str = "in_force", **values) -> CreditEntry:
    """Entered by somebody else than the cast."""
    today = timezone.localdate()
    begun = {} if state == "proposed" else {"starts_on": today - timedelta(9), "repair_from": today}
    return rows.make(
        CreditEntry,
        **{
            "kind": "penalty", "facility": place.facility, "state": state, "entered_by": place.person(Role.BUREAU).user,
            "file": place.stored(), "notice_file": place.stored(), "notice_number": fresh(), "decided_on": today,
            **begun, **values,
        },
    )  # fmt: skip


def credit_request(place: Place, kind: str = "objection") -> CreditRequest:
    listed = {"kind": "incentive"} if kind == "release" else {}
    return rows.make(
        CreditRequest, entry=credit_of(place, **listed), kind=kind, asked_by=place.person(Role.OPERATOR).user,
        file=place.stored(), on_paper=True,
    )  # fmt: skip


def deciding_credit(what: str):
    return lambda p: ({"pk": credit_request(p).entry_id}, {"what": what, "note": "示例意见"})


def asking_credit(what: str, **values):
    return lambda p: (
        {"pk": credit_of(p, **values).pk}, {"what": what, "note": "示例：已经改正，附证明材料", "upload": png()},
    )  # fmt: skip


def crediting(place: Place):
    ground = credit_of(place)
    return of_facility(place), {
        "kind": "discipline", "matter": "general", "ground": ground.pk, "title": "示例：没有按期改正",
        "authority": "示例区教育局", "document": fresh(), "decided_on": days(-1), "until": days(400),
        "facts": "示例：复查仍没有改正，证据见卷宗", "upload": png(),
    }  # fmt: skip


def dossier_run(place: Place) -> dict:
    """The cast's bureau had it printed, also of what lies beyond others' reach; in another district somebody else."""
    maker = User.objects.get(username="cast-stranger" if place.name == "foreign" else "cast-bureau")
    return {"pk": rows.make(DossierPrint, facility=place.facility, created_by=maker, file=place.stored()).pk}


def of_facility(place: Place) -> dict:
    return {"pk": place.facility.pk}


def version_of(place: Place) -> int:
    return Facility.objects.get(pk=place.facility.pk).version


def class_of(place: Place):
    return CareClass.objects.create(
        facility=place.facility,
        name=f"示例班{fresh()}",
        kind="toddler",
        year=2025,
        places=1,
        started_on=days(-30),
    )


def leased(place: Place) -> dict:
    facts = {"name": fresh(), "tenure": "leased", "lease_until": days(9), "starts_on": days(-99)}
    return {"pk": Premises.objects.create(facility=place.facility, **facts).pk}


def class_row(place: Place) -> dict:
    return {"key": "classes", "pk": class_of(place).pk}


CLASS = {"kind": "toddler", "year": 2025, "places": 1, "children": 1, "staff": 1}


def noticed(place: Place) -> dict:
    notice = FeeNotice.objects.create(
        facility=place.facility, published_on=days(-next(numbers)), place="door", file=place.stored()
    )
    return {"key": "notices", "pk": notice.pk}


def operator_of(place: Place) -> Operator:
    made = Operator.objects.create(name=f"示例举办者{fresh()}")
    Facility.objects.filter(pk=place.facility.pk).update(operator=made)
    return made


def proposal_of(place: Place) -> dict:
    Proposal.objects.filter(facility=place.facility, state="proposed").update(state="withdrawn")
    made = Proposal.objects.create(
        facility=place.facility, changes={"places": [place.facility.places, place.facility.places + 1]},
        reason="示例扩建", proposed_by=rows.user(), proposed_at=timezone.now(), file=place.stored(),
    )  # fmt: skip
    return {"pk": made.pk}


def proposing(place: Place):
    one = Facility.objects.get(pk=place.facility.pk)
    Proposal.objects.filter(facility=one, state="proposed").update(state="withdrawn")
    return {"pk": one.pk}, {
        "name": one.name, "kind": one.kind, "ownership": one.ownership, "street": one.street_id,
        "address": f"示例路 {fresh()} 号", "places": one.places, "opened_on": one.opened_on.isoformat(),
        "reason": "示例搬迁",
    }  # fmt: skip


def transition_of(place: Place) -> dict:
    made = FacilityTransition.objects.create(
        facility=place.facility,
        source="filed",
        target="operating",
        on=days(-400),
        reason="示例",
        file=place.stored(),
    )
    return {"pk": made.pk}


STAFF_MANAGE = {"denied": 403, "beyond": 404}


def emergency_plan(place: Place):
    """The facility's plan for fires, in force; another one of the place is replaced by it."""
    place.facility.emergency_plans.all().delete()
    return rows.make(
        EmergencyPlan, facility=place.facility, kind="fire", version=1, approved_on=timezone.localdate() - timedelta(90),
        file=place.stored(),
    )  # fmt: skip


def planning(place: Place):
    place.facility.emergency_plans.all().delete()
    return of_facility(place), {
        "kind": "food", "title": "示例预案", "approved_on": days(-9), "approved_by": "示例人", "review_on": days(700),
        "upload": png("plan.png"),
    }  # fmt: skip


def drill(place: Place):
    made = rows.make(
        EmergencyDrill, plan=emergency_plan(place), held_on=timezone.localdate() - timedelta(9), result="good"
    )
    made.files.create(file=place.stored())
    return made


def drilling(place: Place):
    plan = emergency_plan(place)
    return {"pk": plan.facility_id}, {
        "plan": plan.pk, "held_on": days(-9), "scenario": "示例疏散", "leader": "示例人", "staff_count": 8,
        "child_count": 30, "result": "good", "uploads": png("drill.png"),
    }  # fmt: skip


KEEP = {"denied": 403, "beyond": 404}
FACILITIES = [
    Row("facilities", "GET", "facility.view", denied=403),
    Row("facility-new", "GET", "facility.manage", denied=403),
    Row("facility-new", "POST", "facility.manage", denied=403, make=registering),
    Row("clocks", "GET", "clock.view", denied=403),
    Row("clocks-summary", "GET", "clock.view", denied=403),
    Row("clocks-card", "GET", "clock.view", denied=403),
    Row("emergency", "GET", "emergency.view", denied=403),
    Row("facility-emergency", "GET", "emergency.view", make=of_facility),
    Row("emergency-plan-new", "GET", "emergency.keep", **KEEP, make=of_facility),
    Row("emergency-plan-new", "POST", "emergency.keep", **KEEP, make=planning),
    Row("emergency-plan-drop", "GET", "emergency.keep", **KEEP, make=lambda p: {"pk": emergency_plan(p).pk}),
    Row("emergency-plan-drop", "POST", "emergency.keep", **KEEP, make=lambda p: ({"pk": emergency_plan(p).pk}, {})),
    Row("emergency-plan-file", "GET", "emergency.view", denied=403, make=lambda p: {"pk": emergency_plan(p).pk}),
    Row("drill-new", "GET", "emergency.keep", **KEEP, make=lambda p: {"pk": emergency_plan(p).facility_id}),
    Row("drill-new", "POST", "emergency.keep", **KEEP, make=drilling),
    Row("drill-drop", "GET", "emergency.keep", **KEEP, make=lambda p: {"pk": drill(p).pk}),
    Row("drill-drop", "POST", "emergency.keep", **KEEP, make=lambda p: ({"pk": drill(p).pk}, {})),
    Row("drill-file", "GET", "emergency.view", denied=403, make=lambda p: {"pk": drill(p).files.get().pk}),
    Row("facility", "GET", "facility.view", make=of_facility),
    Row("rulebook", "GET", "rule.view", denied=403),
    Row("rulebook-streets", "GET", "rule.view", denied=403),
    Row("rulebook-street", "GET", "rule.view", denied=403, make=lambda p: {"pk": p.facility.street_id}),
    Row("rulebook-card", "GET", "rule.view", denied=403),
    Row("rule", "GET", "rule.view", denied=403, beyond=200, make=lambda p: {"key": "video-days"}),
    Row("facility-rules", "GET", "rule.view", make=of_facility),
    Row("facility-edit", "GET", "facility.keep", make=of_facility),
    Row("facility-edit", "POST", "facility.keep", make=editing),
    Row("facility-state", "GET", "facility.manage", denied=403, make=of_facility),
    Row(
        "facility-state", "POST", "facility.manage", denied=403,
        make=lambda p: (
            of_facility(p), {"action": "suspend", "on": days(0), "reason": "示例装修", "version": version_of(p)}
        ),
    ),
    Row("facility-keepers", "GET", "facility.entrust", denied=403, make=of_facility),
    Row("facility-keepers", "POST", "facility.entrust", denied=403, make=entrusted),
    Row("keeper-end", "POST", "facility.entrust", denied=403, make=keeper_of),
    Row("transition-file", "GET", "facility.view", denied=403, make=transition_of),
    Row("facility-as-of", "GET", "facility.view", make=of_facility),
    Row("facility-changes", "GET", "facility.view", make=of_facility),
    Row("facility-records", "GET", "facility.view", make=of_facility),
    Row("record-new", "GET", "facility.keep", **KEEP, make=lambda p: {"key": "classes", **of_facility(p)}),
    Row(
        "record-new", "POST", "facility.keep", **KEEP,
        make=lambda p: (
            {"key": "classes", **of_facility(p)}, {**CLASS, "name": fresh(), "started_on": days(-9)}
        ),
    ),
    Row("record-edit", "GET", "facility.keep", **KEEP, make=class_row),
    Row(
        "record-edit", "POST", "facility.keep", **KEEP,
        make=lambda p: (class_row(p), {**CLASS, "name": fresh(), "started_on": days(-9), "version": 1}),
    ),
    Row("lease-renew", "GET", "facility.keep", **KEEP, make=leased),
    Row(
        "lease-renew", "POST", "facility.keep", **KEEP,
        make=lambda p: (leased(p), {"lease_until": days(999), "version": 1}),
    ),
    Row("record-end", "GET", "facility.keep", **KEEP, make=class_row),
    Row("record-end", "POST", "facility.keep", **KEEP, make=lambda p: (class_row(p), {"on": days(0)})),
    Row("record-file", "GET", "facility.view", denied=403, make=noticed),
    Row("operators", "GET", "facility.view", denied=403),
    Row("operator-edit", "GET", "facility.manage", denied=403, make=lambda p: {"pk": operator_of(p).pk}),
    Row(
        "operator-edit", "POST", "facility.manage", denied=403,
        make=lambda p: ({"pk": operator_of(p).pk}, {"name": f"示例改名{fresh()}", "version": 1}),
    ),
    Row("proposal-new", "GET", "facility.keep", **KEEP, make=of_facility),
    Row("proposal-new", "POST", "facility.keep", **KEEP, make=proposing),
    Row("proposals", "GET", "facility.view", denied=403),
    Row("proposal", "GET", "facility.view", denied=403, make=proposal_of),
    Row("proposal-file", "GET", "facility.view", denied=403, make=proposal_of),
    Row("proposal-confirm", "POST", "facility.manage", denied=403, make=proposal_of),
    Row(
        "proposal-refuse", "POST", "facility.manage", denied=403,
        make=lambda p: (proposal_of(p), {"answer": "示例：材料不齐"}),
    ),
    Row("proposal-withdraw", "POST", "facility.keep", **KEEP, make=proposal_of),
    Row("dossier", "GET", "facility.view", make=of_facility),
    Row(
        "dossier-print", "POST", "dossier.print", denied=403,
        make=lambda p: (of_facility(p), {"kind": "credit", "since": days(-400), "until": days(0)}),
    ),
    Row("dossier-run", "GET", "dossier.print", denied=403, make=dossier_run, but=NOT_THE_PRINTER),
    Row("dossier-file", "GET", "dossier.print", denied=403, make=dossier_run, but=NOT_THE_PRINTER),
    Row("credit", "GET", "credit.view", denied=403),
    Row("credit-new", "GET", "credit.propose", denied=403, make=of_facility),
    Row("credit-new", "POST", "credit.propose", denied=403, make=crediting),
    Row("credit-entry", "GET", "credit.view", make=lambda p: {"pk": credit_of(p).pk}),
    Row("credit-entry", "GET", "credit_draft.view", make=lambda p: {"pk": credit_of(p, "proposed").pk}, note="draft"),
    Row(
        "credit-entry", "POST", "credit_draft.view", then=("credit.confirm", 403), note="confirm",
        make=lambda p: ({"pk": credit_of(p, "proposed").pk}, {"what": "confirm", "note": "同意"}),
    ),
    Row(
        "credit-entry", "POST", "credit_draft.view", then=("credit.confirm", 403), note="decline",
        make=lambda p: ({"pk": credit_of(p, "proposed").pk}, {"what": "decline", "note": "证据不够"}),
    ),
    Row("credit-entry", "POST", "credit.view", then=("credit.ask", 403), make=asking_credit("objection"), note="object"),
    Row("credit-entry", "POST", "credit.view", then=("credit.ask", 403), make=asking_credit("repair"), note="repair"),
    Row(
        "credit-entry", "POST", "credit.view", then=("credit.release", 403), note="release",
        make=asking_credit("release", kind="incentive"),
    ),
    Row("credit-entry", "POST", "credit.view", then=("credit.decide", 403), make=deciding_credit("grant"), note="grant"),
    Row("credit-entry", "POST", "credit.view", then=("credit.decide", 403), make=deciding_credit("refuse"), note="refuse"),
    Row(
        "credit-entry", "POST", "credit.view", then=("credit.ask", 403), make=deciding_credit("withdraw"), note="withdraw"
    ),
    Row("credit-file", "GET", "credit.view", make=lambda p: {"pk": credit_of(p).pk}),
    Row("credit-notice", "GET", "credit.view", make=lambda p: {"pk": credit_of(p).pk}),
    Row("credit-request-file", "GET", "credit.view", make=lambda p: {"pk": credit_request(p).pk}),
    Open("public-credit", "GET", 200, 200, make=lambda p: {"district": p.district.slug}),
    Row("staff", "GET", "staff.view", denied=403),
    Row("staff-new", "GET", "staff.manage", **STAFF_MANAGE, make=of_facility),
    Row("staff-new", "POST", "staff.manage", **STAFF_MANAGE, make=hiring),
    Row("staff-member", "GET", "staff.view", make=staff_of),
    Row(
        "staff-reveal", "POST", "staff.reveal", ok=200,
        make=lambda p: (staff_of(p), {"reason": "核对合同"}),
    ),
    Row("bans", "GET", "ban.view", denied=403),
    Row("ban-new", "GET", "ban.propose", denied=403),
    Row("ban-new", "POST", "ban.propose", denied=403, make=banning),
    Row("ban", "GET", "ban.view", make=lambda p: {"pk": ban_of(p).pk}),
    Row("ban", "POST", "ban.view", then=("ban.confirm", 403), make=deciding_ban("confirm")),
    Row("ban", "POST", "ban.view", then=("ban.confirm", 403), make=deciding_ban("decline"), note="decline"),
    Row(
        "ban", "POST", "ban.view", then=("ban.lift_confirm", 403), make=deciding_ban("lift", "lifting"), note="lift"
    ),
    Row("ban-file", "GET", "ban.view", make=lambda p: {"pk": ban_of(p).pk}),
    Row("ban-lift-file", "GET", "ban.view", make=lambda p: {"pk": ban_of(p).pk}),
    Row("hand-overs", "GET", "hand_over.view", denied=403),
    Row("hand-over-new", "GET", "hand_over.ask", denied=403),
    Row("hand-over-new", "POST", "hand_over.ask", denied=403, make=handing),
    Row("hand-over-consent", "GET", "hand_over.view", make=lambda p: {"pk": rows.make(HandOver, consent=p.stored()).pk}),
    Row("training", "GET", "training.view", denied=403),
    Row("courses", "GET", "training.view", denied=403),
    Row("course-new", "GET", "training.manage", denied=403),
    Row(
        "course-new", "POST", "training.manage", denied=403,
        make=lambda p: ({}, {"title": fresh(), "kind": "skills", "provider": "示例", "hours": 4}),
    ),
    Row("course-retire", "POST", "training.manage", denied=403, make=course_of),
    Row("training-hours", "GET", "training.view", denied=403),
    Row("trainers", "GET", "training.view", denied=403),
    Row("trainer-new", "GET", "training.manage", denied=403),
    Row(
        "trainer-new", "POST", "training.manage", denied=403,
        make=lambda p: ({}, {"name": "示例讲师", "kind": "care", "organisation": fresh(), "subject": "示例"}),
    ),
    Row("trainer-train", "GET", "training.manage", denied=403, make=trainer_of),
    Row(
        "trainer-train", "POST", "training.manage", denied=403,
        make=lambda p: (
            trainer_of(p), {"course": "示例课", "provider": "示例校", "hours": 4, "done_on": days(-1)}
        ),
    ),
    Row("training-session-new", "GET", "training.manage", denied=403),
    Row("training-session-new", "POST", "training.manage", denied=403, make=planning_session),
    Row("training-session", "GET", "training.view", denied=403, make=lambda p: {"pk": training_session(p).pk}, beyond=200),
    Row("training-sign-up", "POST", "training.sign_up", denied=403, make=signing_up, beyond=422),
    Row(
        "training-cancel", "POST", "training.manage", denied=403,
        make=lambda p: ({"pk": training_session(p, 3).pk}, {"reason": "示例台风"}),
    ),
    Row("attendance", "POST", "training.manage", denied=403, make=lambda p: {"pk": training_session(p).pk}),
    Row("attendance-sheet", "GET", "training.manage", denied=403, make=lambda p: {"pk": training_session(p).pk}),
    Row("attendance-upload", "POST", "training.manage", denied=403, ok=200, make=sheet_of),
    Row("attendance-confirm", "POST", "training.manage", denied=403, make=confirming_list),
    Row("attendance-certificates", "POST", "training.manage", denied=403, make=certifying),
    Row("attendance-certificates", "GET", "training.manage", denied=403, make=printed),
    Row("attendance-certificate", "GET", "training.view", make=lambda p: {"pk": attendance_certificate(p).pk}),
    Row("sign-up-withdraw", "POST", "training.sign_up", make=lambda p: {"pk": on_list(p, training_session(p, 3)).pk}),
    Open("public-certificate", "GET", 200, 200, make=verifying),
    Row("certificate-file", "GET", "staff.view", make=scan_of),
    Row("employment-dismiss", "POST", "staff.manage", **STAFF_MANAGE, make=with_record),
    Row("certificate-new", "GET", "staff.manage", **STAFF_MANAGE, make=staff_of),
    Row(
        "certificate-new", "POST", "staff.manage", **STAFF_MANAGE,
        make=lambda p: (
            staff_of(p), {"kind": "childcare", "number": fresh(), "issued_on": days(-99), "valid_until": days(99)}
        ),
    ),
    Row("staff-edit", "GET", "staff.manage", **STAFF_MANAGE, make=staff_of),
    Row("staff-edit", "POST", "staff.manage", **STAFF_MANAGE, make=lambda p: (staff_of(p), {"phone": "13800000001"})),
    Row("certificate-edit", "GET", "staff.manage", **STAFF_MANAGE, make=certificate_of),
    Row(
        "certificate-edit", "POST", "staff.manage", **STAFF_MANAGE,
        make=lambda p: (certificate_of(p), {"kind": "childcare", "number": fresh(), "issued_on": days(-99)}),
    ),
    Row("certificate-drop", "GET", "staff.manage", **STAFF_MANAGE, make=certificate_of),
    Row(
        "certificate-drop", "POST", "staff.manage", **STAFF_MANAGE,
        make=lambda p: (certificate_of(p), {"reason": "示例：登记了两次"}),
    ),
    Row("training-drop", "GET", "staff.manage", **STAFF_MANAGE, make=training_of),
    Row(
        "training-drop", "POST", "staff.manage", **STAFF_MANAGE,
        make=lambda p: (training_of(p), {"reason": "示例：登记了两次"}),
    ),
    Row("check-correct", "GET", "staff.correct", denied=403, make=check_of),
    Row(
        "check-correct", "POST", "staff.correct", denied=403,
        make=lambda p: (check_of(p), {"answer": "yes", "reason": "示例：看错了一行"}),
    ),
    Row("training-new", "GET", "staff.manage", **STAFF_MANAGE, make=staff_of),
    Row(
        "training-new", "POST", "staff.manage", **STAFF_MANAGE,
        make=lambda p: (
            staff_of(p),
            {"kind": "skills", "course": "示例课", "provider": "示例校", "hours": 4, "done_on": days(-9), "passed": "on"},
        ),
    ),
    Row("record-check-new", "GET", "staff.manage", **STAFF_MANAGE, make=staff_of),
    Row(
        "record-check-new", "POST", "staff.manage", **STAFF_MANAGE,
        make=lambda p: (staff_of(p), {"checked_on": days(-3), "found": "no"}),
    ),
    Row("employment-end", "GET", "staff.manage", **STAFF_MANAGE, make=work_of),
    Row(
        "employment-end", "POST", "staff.manage", **STAFF_MANAGE,
        make=lambda p: (work_of(p), {"on": days(0), "reason": "示例"}),
    ),
]  # fmt: skip
