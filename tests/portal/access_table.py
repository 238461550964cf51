"""Who may reach which URL: one row per URL name and method, with the right that the view asks for.

Who is allowed is computed from portal/rules/rights.py and from how far the cast reaches (`REACHED`); the row says only
what the table of rights can't: which status a denial has, and what else a view looks at (`but`).
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from itertools import count

import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.signing import dumps
from django.utils import timezone

from facilities import across
from facilities.models import (
    AgreementText,
    AttendanceCertificate,
    BanDecision,
    CareClass,
    Certificate,
    Child,
    ConsentText,
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
    Kindergarten,
    Neighbourhood,
    Operator,
    Population,
    Premises,
    Proposal,
    RecordCheck,
    Room,
    Trainer,
    TrainingRecord,
    TrainingSession,
    TrainingSignUp,
)
from facilities.services import (
    access_requests,
    applicants,
    deletions,
    enrolments,
    filing_hearings,
    filing_review,
    filings,
    keepers,
    ledger,
    notices,
    volunteers,
)
from facilities.services import sites as site_services
from facilities.views import attendance
from inspections.models import Checklist, OrderAnswerFile, PublicRecord, Recheck
from inspections.services import answers, cancellations
from inspections.services.checklists import items_of
from portal.access import Actor
from portal.models import District, Message, PolicyDocument, Street, User
from portal.rules.rights import RIGHTS, Reach, Role
from portal.services import exports, people
from portal.spreadsheets import LISTS
from targets.models import Report, Target
from targets.services import reports, rollup
from tests import rows
from tests.facilities import factories, families
from tests.facilities import filings as filings_made
from tests.portal import spreadsheets
from tests.portal.stage import Place, days, dice, png

#: The cast in Minhang: name -> role.
ROLES = {
    "bureau": Role.BUREAU,
    "clerk": Role.BUREAU,
    "head": Role.UNIT_HEAD,
    "officer": Role.STREET_OFFICER,
    "department": Role.DEPARTMENT,
    "inspector": Role.INSPECTOR,
    "inspector2": Role.INSPECTOR,
    "reviewer": Role.REVIEWER,
    "operator": Role.OPERATOR,
    "desk": Role.DESK,
    "home_visitor": Role.HOME_VISITOR,
    "expert": Role.EXPERT,
    "auditor": Role.AUDITOR,
    "system_admin": Role.SYSTEM_ADMIN,
    "security_admin": Role.SECURITY_ADMIN,
    "audit_admin": Role.AUDIT_ADMIN,
    "parent": Role.PARENT,
}
#: Who reaches what stands `inside`; what stands `outside` is reached by ALL only.
REACHED = {
    Reach.STREETS: {"officer"},
    Reach.FACILITIES: {"operator", "desk"},
    Reach.FILINGS: {"operator"},
    Reach.TEAM: {"inspector", "inspector2"},
    Reach.UNIT: {"bureau", "clerk", "head", "inspector", "reviewer"},
}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_numbers = count(1)


@dataclass(frozen=True)
class Row:
    """A URL of a district. `make(place)` gives the URL's arguments, or (arguments, data to post).

    `denied`: without the right; `then`: a second right that is asked for afterwards, and the status without it;
    `beyond`: with the right, for something out of reach; `but`: who gets another status than the table says, of
    what stands inside; `ok`: for those who may.
    """

    url: str
    method: str
    right: str
    make: Callable[[Place], dict | tuple[dict, dict]] | None = None
    denied: int = 404
    then: tuple[str, int] | None = None
    beyond: int = 404
    ok: int = 0
    but: dict[str, int] = field(default_factory=dict)
    note: str = ""

    def __str__(self):
        return f"{self.url}-{self.method}{'-' + self.note if self.note else ''}"

    @property
    def success(self) -> int:
        return self.ok or (200 if self.method == "GET" else 302)

    @property
    def limited(self) -> bool:
        """Whether some role reaches a part only."""
        rights = [self.right] + ([self.then[0]] if self.then else [])
        return self.make is not None and any(
            reach not in (Reach.ALL, Reach.SELF) for right in rights for reach in RIGHTS[right].values()
        )

    def expected(self, name: str, place: str = "inside") -> int:
        """The status for somebody of the cast in Minhang; `place` is inside, outside or foreign."""
        for right, denied in ((self.right, self.denied), self.then or (None, 0)):
            if right is None:
                continue
            reach = RIGHTS[right].get(ROLES[name])
            if reach is None:
                return denied if place != "inside" else self.but.get(name, denied)
            if place == "foreign":
                return 404
            if self.make and reach in REACHED and (place == "outside" or name not in REACHED[reach]):
                return self.beyond if place == "outside" else self.but.get(name, self.beyond)
        return self.but.get(name, self.success) if place == "inside" else self.success

    def expected_of_city(self) -> int:
        """The city's officer looks at what the table lets the city see, and changes nothing in a district."""
        if self.method != "GET":
            return 403
        for right, denied in ((self.right, self.denied), self.then or (None, 0)):
            if right and Role.CITY not in RIGHTS[right]:
                return denied
        return self.success


@dataclass(frozen=True)
class Open:
    """A URL outside of any district: its status without and with sign-in."""

    url: str
    method: str
    anonymous: int
    signed: int
    make: Callable[[Place], dict | tuple[dict, dict]] | None = None

    def __str__(self):
        return f"{self.url}-{self.method}"


@dataclass(frozen=True)
class Rest:
    """A URL of the API: the scope that a token needs. `make(place)` gives arguments of a thing in the place."""

    url: str
    method: str
    scope: str
    make: Callable[[Place], dict] | None = None

    def __str__(self):
        return f"{self.url}-{self.method}"


def fresh() -> str:
    return f"walk-{next(_numbers)}"


# --- portal ---------------------------------------------------------------------------------------


def new_client(place: Place) -> dict:
    admin = Actor(place.district, place.users["bureau"], roles=frozenset({Role.SYSTEM_ADMIN}))
    made, _token = people.create_client(
        name=fresh(), scopes=["facilities:read"], actor=admin, on=timezone.localdate()
    )
    return {"pk": made.pk}


def import_run(place: Place, **data):
    """An import of facilities with one row that is right and one that is wrong, read and waiting."""
    head = ("名称", "类型", "街镇", "地址", "托位", "性质")
    good = (f"示例{fresh()}", "托育机构", place.street.name, "示例路 1 号", 60, "营利性")
    run = spreadsheets.read("facilities", head, good, ("示例", "飞船"), actor=place.bureau())
    return ({"pk": run.pk}, data) if data else {"pk": run.pk}


def uploading(place: Place):
    content = spreadsheets.workbook(("编号", "托位"), (place.facility.code, 61))
    return {"key": "facilities"}, {"file": spreadsheets.upload(content)}


def export_run(place: Place) -> dict:
    one = LISTS.outgoing["tasks"]
    run = exports.order(one, query="", revealed=False, actor=place.bureau(), queued=False)
    return {"pk": exports.make(run, actor=place.bureau()).pk}


def message(place: Place) -> Message:
    return rows.make(Message, user=place.users["bureau"], on=timezone.localdate() + timedelta(next(_numbers)))


#: An export is its maker's alone.
NOT_THE_MAKER = {name: 404 for name in ROLES if name not in ("bureau", "parent")}
#: As is a printed dossier, of those who may print one.
NOT_THE_PRINTER = {
    name: 404 for name, role in ROLES.items() if name != "bureau" and role in RIGHTS["dossier.print"]
}

PORTAL = [
    Row("imports", "GET", "list.import", denied=403),
    Row("import-new", "GET", "list.import", denied=403, then=("facility.manage", 404), make=lambda p: {"key": "facilities"}),
    Row("import-new", "POST", "list.import", denied=403, then=("facility.manage", 404), make=uploading),
    Row("import-template", "GET", "list.import", denied=403, then=("facility.manage", 404),
        make=lambda p: {"key": "facilities"}),
    Row("import", "GET", "list.import", denied=403, then=("facility.manage", 404), make=import_run),
    Row("import-remarks", "GET", "list.import", denied=403, then=("facility.manage", 404), make=import_run),
    Row("import-file", "GET", "list.import", denied=403, then=("facility.manage", 404), make=import_run),
    Row("import-write", "POST", "list.import", denied=403, then=("facility.manage", 404),
        make=lambda p: import_run(p, without_wrong="yes")),
    Row("import-drop", "POST", "list.import", denied=403, then=("facility.manage", 404), make=import_run),
    Row("export", "GET", "task.view", make=lambda p: {"key": "tasks"}),
    Row("export", "POST", "list.export", denied=403, then=("task.view", 404), make=lambda p: {"key": "tasks"}),
    Row("export-run", "GET", "list.export", denied=403, make=export_run, but=NOT_THE_MAKER),
    Row("export-file", "GET", "list.export", denied=403, make=export_run, but=NOT_THE_MAKER),
    Open("front", "GET", 302, 302),
    Open("sign-in", "GET", 200, 302),
    Open("sign-in", "POST", 422, 422),
    Open("sign-out", "POST", 302, 302),
    Open("password", "GET", 302, 200),
    Open("password", "POST", 302, 422),
    Open("preferences", "POST", 302, 302),
    Open("health", "GET", 200, 200),
    Open("design", "GET", 200, 200),
    Open("api-schema", "GET", 200, 200),
    Row("today", "GET", "today.view", denied=403),
    Row("messages", "GET", "message.view", denied=403),
    Row("messages-read", "POST", "message.view", denied=403),
    Row("message", "GET", "message.view", denied=403, make=lambda p: {"pk": message(p).pk},
        but=dict.fromkeys(("clerk", "officer", "operator"), 404)),
    Row("search", "GET", "today.view", denied=403),
    Row("people", "GET", "person.view", denied=403),
    Row("person-new", "GET", "person.manage", denied=403),
    Row(
        "person-new", "POST", "person.manage", denied=403, ok=200,
        make=lambda p: ({}, {"username": fresh(), "name": "示例新人", "role": "auditor"}),
    ),
    Row("person", "GET", "person.view", denied=403, make=lambda p: {"pk": p.person().user_id}),
    Row(
        "person", "POST", "person.view", denied=403, then=("person.manage", 403),
        make=lambda p: ({"pk": p.person().user_id}, {"role": "auditor"}),
    ),
    Row("role-end", "POST", "person.manage", make=lambda p: {"pk": p.person().pk}),
    Row("person-password", "POST", "person.manage", denied=403, ok=200, make=lambda p: {"pk": p.person().user_id}),
    Row("clients", "GET", "client.manage", denied=403),
    Row(
        "clients", "POST", "client.manage", denied=403, ok=200,
        make=lambda p: ({}, {"name": "示例系统", "scopes": ["facilities:read"]}),
    ),
    Row("client-end", "POST", "client.manage", denied=403, make=new_client),
    Row("audit", "GET", "audit.view", denied=403),
    Row("documents", "GET", "document.view", denied=403),
    Row("document", "GET", "document.view", make=lambda p: {"key": PolicyDocument.objects.first().key}),
    Row("parameters", "GET", "document.view", denied=403),
    Row("parameter", "GET", "document.view", denied=403, make=lambda p: {"key": "publication.result_days"}),
    Row(
        "parameter", "POST", "document.view", denied=403, then=("parameter.manage", 403),
        make=lambda p: (
            {"key": "publication.result_days"},
            {"value": "15", "starts_on": days(30), "basis": "示例会议 2026 年"},
        ),
    ),
]  # fmt: skip


# --- facilities -----------------------------------------------------------------------------------


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
        "name": "示例人", "identity": factories.identity(500 + next(_numbers)), "post": "carer", "full_time": "on",
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
        "name": "示例人", "identity": factories.identity(500 + next(_numbers)), "ground": "abuse",
        "document": fresh(), "evidence": "示例：判决书认定的事实",
    }  # fmt: skip


def handing(place: Place):
    other = District.objects.exclude(pk=place.district.pk).filter(level="district").first()
    return {}, {
        "giving": other.pk, "name": "示例人", "identity": factories.identity(500 + next(_numbers)),
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
        facility=place.facility, published_on=days(-next(_numbers)), place="door", file=place.stored()
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
    Row("facility-grade", "GET", "facility.manage", denied=403, make=of_facility),
    Row(
        "facility-grade", "POST", "facility.manage", denied=403,
        make=lambda p: (of_facility(p), {"grade": "B", "reason": "示例评估", "version": version_of(p)}),
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


def of_street(place: Place) -> dict:
    return {"pk": place.street.pk}


def year_of(place: Place) -> dict:
    return {"pk": place.street.pk, "year": timezone.localdate().year - 1}


def counting(place: Place):
    kwargs = year_of(place)
    return kwargs, {"total": 90000, "counted_on": f"{kwargs['year']}-12-31", "source": "示例年报"}


def deciding(place: Place):
    kwargs = year_of(place)
    row = Population.objects.proposed().filter(street=place.street, year=kwargs["year"]).first()
    if row is None:
        row = rows.make(Population, street=place.street, year=kwargs["year"], kind="births", state="proposed")
    return kwargs, {"accept": "yes", "seen": str(row.pk)}


def arranging(place: Place):
    here = Street.objects.exclude(tile_column=None)
    return {}, {f"{name}_{s.pk}": getattr(s, f"tile_{name}") for s in here for name in ("column", "row")}


def neighbourhood_of(place: Place) -> dict:
    return {"pk": rows.make(Neighbourhood, street=place.street, latitude=31.1, longitude=121.4).pk}


def here(place: Place) -> tuple[float, float]:
    """A point of the place's district."""
    south, west, north, east = place.district.surroundings
    return (south + north) / 2, (west + east) / 2


def neighbouring(place: Place) -> dict:
    latitude, longitude = here(place)
    return {
        "street": place.street.pk, "name": f"示例居委{fresh()}", "point": f"{latitude},{longitude}", "datum": "wgs84",
        "under_three": 30, "source": "示例台账", "counted_on": days(-90),
    }  # fmt: skip


def locating(place: Place):
    latitude, longitude = here(place)
    return of_facility(place), {
        "point": f"{latitude},{longitude}", "datum": "gcj02", "version": version_of(place),
    }  # fmt: skip


def kindergarten_of(place: Place) -> dict:
    return {"pk": rows.make(Kindergarten, street=place.street, opened_on=date(2020, 1, 1)).pk}


def teaching(place: Place) -> dict:
    return {
        "code": f"K{next(_numbers)}", "name": "示例幼儿园", "street": place.street.pk, "ownership": "public",
        "opened_on": "2020-09-01", "closed_on": "", "works": "new", "works_on": "2020-08-01", "facility": "",
    }  # fmt: skip


RESIDENTS = [
    Row("circle", "GET", "residents.view", denied=403),
    Row("map", "GET", "residents.view", denied=403),
    Row("facility-location", "GET", "facility.view", make=of_facility),
    Row(
        "facility-location",
        "POST",
        "facility.view",
        then=("facility.manage", 403),
        make=locating,
    ),
    Row("neighbourhoods", "GET", "residents.view", denied=403),
    Row("neighbourhood-new", "GET", "neighbourhood.manage", denied=403),
    Row(
        "neighbourhood-new",
        "POST",
        "neighbourhood.manage",
        denied=403,
        beyond=422,
        make=lambda p: ({}, neighbouring(p)),
    ),
    Row("neighbourhood", "GET", "neighbourhood.manage", denied=403, make=neighbourhood_of),
    Row(
        "neighbourhood",
        "POST",
        "neighbourhood.manage",
        denied=403,
        make=lambda p: (neighbourhood_of(p), neighbouring(p) | {"version": 1}),
    ),
    Row(
        "neighbourhood-end",
        "POST",
        "neighbourhood.manage",
        denied=403,
        make=lambda p: (neighbourhood_of(p), {"ended_on": days(0), "version": 1}),
    ),
    Row("kindergartens", "GET", "facility.view", denied=403),
    Row("kindergarten-new", "GET", "facility.manage", denied=403),
    Row("kindergarten-new", "POST", "facility.manage", denied=403, make=lambda p: ({}, teaching(p))),
    Row("kindergarten", "GET", "facility.manage", denied=403, make=kindergarten_of),
    Row(
        "kindergarten",
        "POST",
        "facility.manage",
        denied=403,
        make=lambda p: (kindergarten_of(p), teaching(p) | {"version": 1}),
    ),
    Row("supply", "GET", "residents.view", denied=403),
    Row("forecast", "GET", "residents.view", denied=403),
    Row("street-tiles", "GET", "street.arrange", denied=403),
    Row("street-tiles", "POST", "street.arrange", denied=403, make=arranging),
    Row("residents", "GET", "residents.view", denied=403),
    Row("residents-street", "GET", "residents.view", denied=403, make=of_street),
    Row("residents-year", "GET", "residents.enter", denied=403, make=year_of),
    Row("residents-year", "POST", "residents.enter", denied=403, make=counting),
    Row("residents-decide", "POST", "residents.decide", denied=403, make=deciding),
]
# --- 宝宝屋 and families ---------------------------------------------------------------------------


def of_site(place: Place) -> dict:
    return {"pk": families.site(place.facility, place.process).pk}


def with_sign(place: Place) -> dict:
    kwargs = of_site(place)
    site_services.describe(
        Facility.objects.get(pk=kwargs["pk"]), actor=place.process, siting="alone", running="street", alone=True,
        version=1, upload=png(),
    )  # fmt: skip
    return kwargs


def describing(place: Place):
    return of_site(place), {"siting": "community", "running": "bought", "with_parent": "on", "version": 1}


def room_of(place: Place) -> dict:
    of_site(place)
    return {"pk": Room.objects.get(facility=place.facility).pk}


def furnishing(place: Place):
    kwargs = of_site(place)
    Room.objects.filter(facility=place.facility).update(places=10)
    return kwargs, {"name": "小房间", "area": 20, "places": 5}


def setting(place: Place):
    kwargs = of_site(place)
    return kwargs, {
        "room": Room.objects.get(facility=place.facility).pk, "mode": "alone", "first": days(1), "last": days(7),
        "weekdays": list(range(1, 8)), "starts_at": "09:00", "ends_at": "10:00", "places": 5, "staff": 1,
        "on_holidays": "on",
    }  # fmt: skip


def session_of(place: Place) -> dict:
    of_site(place)
    return {"pk": families.sessions(place.facility, place.process)[0].pk}


def volunteering(place: Place):
    return of_site(place), {
        "name": "示例志愿", "identity": factories.identity(600 + next(_numbers)), "duty": "陪读绘本", "starts_on": days(0),
        "checked_on": days(-3), "found": "no",
    }  # fmt: skip


def volunteer_of(place: Place) -> dict:
    of_site(place)
    made = volunteers.enter_volunteer(
        place.facility, actor=place.process, name="示例志愿", identity=factories.identity(800 + next(_numbers)),
        duty="陪读绘本", starts_on=families.today() - timedelta(9), checked_on=families.today() - timedelta(12),
    )  # fmt: skip
    return {"pk": made.pk}


def line_of(place: Place) -> dict:
    of_site(place)
    made = ledger.enter(
        place.facility, actor=place.process, on=families.today(), item="fee", amount=Decimal(5), note="示例"
    )
    return {"pk": made.pk}


def applying(place: Place):
    given = families.family()
    return of_site(place), {**given, "born_on": given["born_on"].isoformat(), "mode": "alone", "signs": "on"}


def enrolment_of(place: Place, ready: bool = False):
    of_site(place)
    made = families.applied(place.facility, place.process)
    return families.ready(made, place.process) if ready else made


def child_of(place: Place) -> dict:
    return {"pk": enrolment_of(place).child_id}


def consenting(place: Place):
    made = enrolment_of(place)
    families.texts(place.process)
    parent = made.child.kinships.get().parent_id
    return {"pk": made.child_id}, {"purpose": "care", "parent": parent, "channel": "paper", "on": days(0)}


def agreeing(place: Place):
    kwargs, data = consenting(place)
    return kwargs, {"parent": data["parent"], "fee": "免费", "on": days(0)}


def examining(place: Place):
    return child_of(place), {"clinic": families.clinic().pk, "issued_on": days(-1), "fit": "yes"}


def paper_of(place: Place):
    made = enrolment_of(place, ready=True)
    made.child.consents.filter(purpose="care").update(file=place.stored())
    return {"pk": made.child_id, "paper": made.child.consents.get(purpose="care").file_id}, {
        "reason": "核对签字"
    }


def consent_of(place: Place) -> dict:
    return {"pk": enrolment_of(place, ready=True).child.consents.get(purpose="care").pk}


def asked_of(place: Place):
    made = enrolment_of(place)
    request = access_requests.ask(
        made.child, actor=place.actor("bureau"), purpose="complaint", reason="核实一件投诉", hours=2
    )
    return {"pk": request.pk}, {"agree": "yes"}


def left_child(place: Place) -> dict:
    made = enrolment_of(place)
    enrolments.leave(made, actor=place.process, on=families.today(), reason="不来了")
    return {"pk": made.child_id}


def deletion_of(place: Place) -> dict:
    child = Child.objects.get(pk=left_child(place)["pk"])
    return {"pk": deletions.delete_child(child, actor=place.process, ground="asked", on=families.today()).pk}


def text_of(model):
    def make(place: Place) -> dict:
        families.texts(place.process)
        return {"pk": model.objects.first().pk}

    return make


NEW_CONSENT = {"purpose": "notice", "title": "示例同意书", "text": "示例文本" * 9, "starts_on": days(1)}
NEW_AGREEMENT = {
    "title": "示例协议", "duties": "双方的事", "fees": "收费标准", "refunds": "退费办法", "disputes": "纠纷解决",
    "starts_on": days(1),
}  # fmt: skip
OPENING = {"then": ("child.open", 403), "ok": 200}
FAMILIES = [
    Row("sites", "GET", "site.view", denied=403),
    Row("site", "GET", "site.view", make=of_site),
    Row("site-sign", "GET", "site.view", make=with_sign),
    Row("site-edit", "GET", "site.manage", make=of_site),
    Row("site-edit", "POST", "site.manage", make=describing),
    Row("site-hours", "GET", "site.manage", make=of_site),
    Row("site-hours", "POST", "site.manage", make=lambda p: (of_site(p), {"day1": "09:00-11:00，13:00-15:00"})),
    Row("room-new", "GET", "site.manage", make=of_site),
    Row("room-new", "POST", "site.manage", make=furnishing),
    Row("room-edit", "GET", "site.manage", make=room_of),
    Row("room-edit", "POST", "site.manage", make=lambda p: (room_of(p), {"name": "大", "area": 60, "places": 18})),
    Row("sessions-new", "GET", "session.manage", make=of_site),
    Row("sessions-new", "POST", "session.manage", make=setting),
    Row("session-cancel", "GET", "session.manage", make=session_of),
    Row("session-cancel", "POST", "session.manage", make=lambda p: (session_of(p), {"reason": "停电一天"})),
    Row("volunteer-new", "GET", "volunteer.manage", make=of_site),
    Row("volunteer-new", "POST", "volunteer.manage", make=volunteering),
    Row("volunteer-check", "GET", "volunteer.manage", make=volunteer_of),
    Row(
        "volunteer-check", "POST", "volunteer.manage",
        make=lambda p: (volunteer_of(p), {"checked_on": days(0), "found": "no"}),
    ),
    Row("volunteer-end", "GET", "volunteer.manage", make=volunteer_of),
    Row("volunteer-end", "POST", "volunteer.manage", make=lambda p: (volunteer_of(p), {"on": days(0)})),
    Row("ledger", "GET", "ledger.view", make=of_site),
    Row(
        "ledger-entry", "POST", "ledger.manage",
        make=lambda p: (of_site(p), {"item": "fee", "amount": "9.50", "on": days(0), "note": "示例"}),
    ),
    Row("ledger-back", "POST", "ledger.manage", make=line_of),
    Row("children", "GET", "child.view", denied=403, make=of_site),
    Row("child-new", "GET", "child.enrol", denied=403, make=of_site),
    Row("child-new", "POST", "child.enrol", denied=403, make=applying),
    Row("child", "GET", "child.view", make=child_of),
    Row(
        "child-open", "POST", "child.view", **OPENING,
        make=lambda p: (child_of(p), {"purpose": "care", "reason": "接待时核对"}),
    ),
    Row(
        "child-request", "POST", "child.request",
        make=lambda p: (child_of(p), {"purpose": "complaint", "reason": "核实一件投诉", "hours": 2}),
    ),
    Row("child-parent", "GET", "child.enrol", make=child_of),
    Row(
        "child-parent", "POST", "child.enrol",
        make=lambda p: (
            child_of(p), {"parent_name": "云例山", "parent_phone": families.phone(), "relation": "grandparent"}
        ),
    ),
    Row("child-correct", "GET", "child.enrol", make=child_of),
    Row(
        "child-correct", "POST", "child.enrol",
        make=lambda p: (child_of(p), {"name": "山示安", "reason": "家长持证更正"}),
    ),
    Row("child-consent", "GET", "child.enrol", make=child_of),
    Row("child-consent", "POST", "child.enrol", make=consenting),
    Row("child-agreement", "GET", "child.enrol", make=child_of),
    Row("child-agreement", "POST", "child.enrol", make=agreeing),
    Row("child-declaration", "GET", "child.enrol", make=child_of),
    Row(
        "child-declaration", "POST", "child.enrol",
        make=lambda p: (child_of(p), {"allergies": "无", "history": "无", "on": days(0)}),
    ),
    Row("child-health", "GET", "child.enrol", make=child_of),
    Row("child-health", "POST", "child.enrol", make=examining),
    Row("child-paper", "POST", "child.view", **OPENING, make=paper_of),
    Row("child-log", "GET", "child_log.view", make=child_of),
    Row("child-erase", "POST", "child.erase", make=lambda p: (left_child(p), {"reason": "家长来函要求"})),
    Row(
        "child-admit", "POST", "child.enrol",
        make=lambda p: ({"pk": enrolment_of(p, ready=True).pk}, {"starts_on": days(0), "mode": "alone"}),
    ),
    Row("child-leave", "GET", "child.enrol", make=lambda p: {"pk": enrolment_of(p).pk}),
    Row(
        "child-leave", "POST", "child.enrol",
        make=lambda p: ({"pk": enrolment_of(p).pk}, {"on": days(0), "reason": "不来了"}),
    ),
    Row("consent-withdraw", "POST", "child.enrol", make=consent_of),
    Row("access-requests", "GET", "access_request.view", denied=403),
    Row("access-decide", "POST", "child.approve", denied=403, make=asked_of),
    Row("deletions", "GET", "deletion.view", denied=403),
    Row("deletion", "GET", "deletion.view", make=deletion_of),
    Row("deletion-pdf", "GET", "deletion.view", make=deletion_of),
    Row("consent-texts", "GET", "consent.manage", denied=403),
    Row("consent-text", "GET", "consent.manage", denied=403, make=text_of(ConsentText)),
    Row("consent-text-new", "GET", "consent.manage", denied=403),
    Row("consent-text-new", "POST", "consent.manage", denied=403, make=lambda p: ({}, NEW_CONSENT)),
    Row("agreement-text", "GET", "consent.manage", denied=403, make=text_of(AgreementText)),
    Row("agreement-text-new", "GET", "consent.manage", denied=403),
    Row("agreement-text-new", "POST", "consent.manage", denied=403, make=lambda p: ({}, NEW_AGREEMENT)),
    Row(
        "clinic-new", "POST", "consent.manage", denied=403,
        make=lambda p: ({}, {"name": f"示例诊所{fresh()}", "starts_on": days(0)}),
    ),
    Row("clinic-end", "POST", "consent.manage", denied=403, make=lambda p: {"pk": families.clinic().pk}),
]  # fmt: skip


# --- filings --------------------------------------------------------------------------------------


def filer(place: Place) -> Actor:
    """Whoever keeps the place's facility, or somebody new of the district with the same role."""
    user = place.users.get("operator") or place.person(Role.OPERATOR).user
    return Actor(place.district, user, process="test")


def filing_of(place: Place, state: str = "draft"):
    """A new filing in the place's street, led to a state; its health department is the cast's."""
    by, now = filer(place), timezone.now()
    made = filings_made.laid(
        filings.start_filing("new", actor=by, now=now),
        filings_made.new_answers(place.street, name=f"示例新园{fresh()}"),
        actor=by,
        file=place.stored(),
        now=now,
    )
    if state == "draft":
        return made
    made = filings.send_filing(made, actor=by, now=now)
    if state == "sent":
        return made
    made = filing_review.receive(made, actor=place.process, now=now)
    if state == "received":
        return elsewhere(place, made)
    made = filings_made.proposed(made, place.process, now)
    return elsewhere(
        place, made if state == "proposed" else notices.issue(made, actor=place.process, now=now).filing
    )


def elsewhere(place: Place, made):
    """Outside, other departments than the cast's have been asked."""
    if place.name == "outside":
        made.signatures.update(unit=place.unit)
    return made


def filing(state: str = "draft", **data):
    def make(place: Place):
        made = filing_of(place, state)
        return {"pk": made.pk}, {
            key: value(made) if callable(value) else value for key, value in data.items()
        }

    return make


def with_key(key: str, state: str = "draft", **data):
    def make(place: Place):
        return {"pk": filing_of(place, state).pk, "key": key}, dict(data)

    return make


def version_now(made) -> int:
    return made.version


def returning(place: Place) -> dict:
    made = filing_of(place, "sent")
    filing_review.remark(made, "fire_number", "文号和文件不一致", actor=place.process)
    return {"pk": made.pk}


def signing(place: Place):
    own = filing_of(place, "received").signatures.get(section="hygiene")
    own.file = place.stored()
    own.save(update_fields=["file"])
    return {"pk": own.pk}, {"answer": "agree"}


def opener(place: Place) -> Actor:
    """Somebody of the bureau who begins a revocation: every place has one."""
    return Actor(place.district, place.users["bureau"], process="test")


def revoking(place: Place, state: str = "draft"):
    made = filings.start_filing("revocation", actor=opener(place), facility=place.facility)
    made = filings_made.fill(
        made, filings_made.GROUNDS | {"ends_on": days(0)}, actor=place.process, now=timezone.now()
    )
    return made if state == "draft" else filing_hearings.notify(made, actor=place.process)


def stating(place: Place):
    return {"pk": revoking(place, "hearing").pk}, {"what": "statement", "text": "情况不是这样"}


def statement_file(place: Place) -> dict:
    made = revoking(place, "hearing")
    step = filing_hearings.state_case(made, "情况不是这样", upload=png(), actor=filer(place))
    return {"pk": made.pk, "step": step.pk}


def printed(place: Place) -> dict:
    made = filing_of(place, "issued")
    made.notices.update(file=place.stored())
    return {"pk": made.pk}


def later(place: Place) -> dict:
    """A decision whose day came and that the register has not followed."""
    made = filing_of(place, "issued")
    made.facility.state = "operating"
    made.facility.opened_on = timezone.localdate()
    made.facility.save(update_fields=["state", "opened_on"])
    by = filer(place)
    pause = filings.start_filing("suspension", actor=by, facility=made.facility)
    filings_made.fill(
        pause, filings_made.PAUSE | {"from_on": days(1), "until_on": days(9)}, actor=by, now=timezone.now()
    )
    pause = filings.send_filing(pause, actor=by)
    pause = filing_review.receive(pause, actor=place.process)
    pause = filings_made.proposed(pause, place.process, timezone.now())
    pause = notices.issue(pause, actor=place.process).filing
    pause.effect_on = timezone.localdate()
    pause.save(update_fields=["effect_on"])
    return {"pk": pause.pk}


def public_notice(place: Place) -> dict:
    return {"code": filing_of(place, "issued").notices.get().code}


def children_of(place: Place) -> dict:
    return {"pk": revoking(place, "hearing").pk}


def asked(place: Place):
    return applicants.apply(
        name="示例人", phone="10000000001", organisation="示例有限公司", credit_code=filings_made.credit(next(_numbers)),
        actor=Actor.visitor(place.district),
    )  # fmt: skip


def applicant(place: Place) -> dict:
    return {"pk": asked(place)[0].pk}


def applied(place: Place) -> dict:
    return {"district": place.district.slug, "token": asked(place)[1]}


OF_OPERATOR = {"then": ("filing.keep", 403)}
#: Who signs for the health department in the place: the cast's department does.
SIGNS = {"but": {"department": 302, "head": 404}}
SEEN_SIGNED = {"but": {"department": 200}}
FILINGS = [
    Row("filings", "GET", "filing.view", denied=403),
    Row("applicants", "GET", "applicant.view", denied=403),
    Row("applicant-confirm", "POST", "applicant.confirm", make=applicant),
    Row("applicant-refuse", "POST", "applicant.confirm", make=lambda p: (applicant(p), {"answer": "联系不上"})),
    Open("apply-front", "GET", 200, 200),
    Open("apply", "GET", 200, 200, make=lambda p: {"district": p.district.slug}),
    Open("apply", "POST", 422, 422, make=lambda p: {"district": p.district.slug}),
    Open("apply-status", "GET", 200, 200, make=applied),
    Open("apply-status", "POST", 422, 422, make=applied),
    Row("filing-new", "GET", "filing.review", denied=403, but={"operator": 200}),
    Row(
        "filing-new", "POST", "filing.keep", denied=403, ok=422, but=dict.fromkeys(("bureau", "clerk", "reviewer"), 422)
    ),
    Row("filing", "GET", "filing.view", make=filing()),
    Row("filing", "GET", "filing.view", make=filing("issued"), note="issued", **SEEN_SIGNED),
    Row("filing-section", "GET", "filing.view", make=with_key("fire")),
    Row("filing-section", "POST", "filing.view", **OF_OPERATOR, make=with_key("fire")),
    Row(
        "filing-answer", "POST", "filing.view", **OF_OPERATOR, ok=200,
        make=with_key("exits", exits="4", **{"v-exits": "1"}),
    ),
    Row("filing-file", "GET", "filing.view", make=with_key("fire_file")),
    Row("filing-send", "POST", "filing.view", **OF_OPERATOR, make=filing()),
    Row("filing-withdraw", "POST", "filing.view", **OF_OPERATOR, make=filing()),
    Row("filing-receive", "POST", "filing.review", make=filing("sent")),
    Row("filing-remark", "POST", "filing.review", make=with_key("exits", "sent", text="两个出口在同一侧")),
    Row("filing-accept", "POST", "filing.review", make=with_key("fire", "sent")),
    Row("filing-return", "POST", "filing.review", make=returning),
    Row(
        "filing-propose", "POST", "filing.review",
        make=filing("received", proposal="refuse", opinion="不符合要求", version=version_now),
    ),
    Row(
        "filing-decide", "POST", "filing.issue",
        make=filing("proposed", what="decline", note="再核实面积", version=version_now),
    ),
    Row("filing-effect", "POST", "filing.issue", make=later),
    Row("filing-notice", "GET", "filing.view", make=printed, **SEEN_SIGNED),
    Row("filing-notify", "POST", "filing.review", make=lambda p: {"pk": revoking(p).pk}),
    Row("filing-drop", "POST", "filing.review", make=lambda p: ({"pk": revoking(p).pk}, {"note": "情况已改正"})),
    Row("filing-statement", "POST", "filing.view", then=("filing.keep", 403), make=stating),
    Row("filing-step-file", "GET", "filing.view", make=statement_file),
    Row("filing-children", "GET", "filing.view", make=children_of),
    Row("filing-sign", "POST", "filing.sign", make=signing, **SIGNS),
    Row("filing-signature-file", "GET", "filing.view", make=signing, **SEEN_SIGNED),
    Open("public-notices", "GET", 200, 200),
    Open("public-notice", "GET", 200, 200, make=public_notice),
]  # fmt: skip


# --- inspections ----------------------------------------------------------------------------------

SEES_DRAWS = ("bureau", "clerk", "head", "auditor")
SEES_VISITS = (*SEES_DRAWS, "inspector", "inspector2")


def but(names, status: int) -> dict[str, int]:
    return dict.fromkeys(names, status)


def freezing(place: Place):
    today = timezone.localdate()
    return {}, {"scheme": place.new_scheme().key, "year": today.year, "month": today.month}


def drawn_visit(place: Place):
    draw = place.draw()
    return {"pk": draw.pk, "visit": draw.inspections.get(facility=place.facility).pk}


def dropping_out(place: Place):
    kwargs = drawn_visit(place)
    return kwargs, {"inspector": place.inspectors[0].code, "reason": "示例理由"}


def confirming(place: Place):
    draw = place.draw("witnessed")
    return {"pk": draw.pk}, {"seen": draw.entropy_value}


def witnessing(place: Place):
    return {"pk": place.draw("frozen").pk}, {
        "source": "witness",
        "value": dice(),
        "witnesses": "周*（区人大代表）",
    }


def public_month(place: Place) -> dict:
    draw = place.draw()
    return {
        "district": place.district.slug,
        "scheme": draw.scheme.key,
        "year": draw.year,
        "month": draw.month,
    }


def public_file(place: Place) -> dict:
    record = PublicRecord.objects.filter(draw=place.draw(), kind="evidence_hash").get()
    made = PublicRecord.objects.create(
        kind="addendum",
        scheme_key="x",
        scheme_name="x",
        year=record.year,
        month=1,
        sha256="0" * 64,
        body=b"{}",
    )
    return {"district": place.district.slug, "pk": made.pk}


def unscheduled(place: Place):
    return {}, {
        "facility": place.facility.code,
        "reason_kind": "complaint",
        "reason": "示例投诉一件",
        "due_on": days(9),
        "inspectors": [one.pk for one in place.inspectors],
    }


def item_of(place: Place) -> dict:

    visit = place.visit("under_way")
    return {"pk": visit.pk, "item": items_of(visit).first().pk}


def photo_of(place: Place) -> dict:

    visit = place.visit("under_way")
    photo = answers.add_photo(visit, items_of(visit).first(), png(), actor=place.process)
    return {"pk": visit.pk, "photo": photo.pk}


def cancelling(place: Place):

    by = Actor.of(place.person(Role.BUREAU).user, place.district)
    return cancellations.request_cancel(place.visit(), reason="force_majeure", note="示例台风停课", actor=by)


def answering(place: Place):
    order = place.order()
    finding = order.findings.get()
    return {"pk": order.pk}, {"version": order.version, f"text-{finding.pk}": "改好了，11 月 2 日"}


def rechecking(place: Place):
    order = place.order("answered")
    finding = order.findings.get()
    return {"pk": order.pk}, {
        "version": order.version,
        "note": "看过了，都好",
        "inspectors": [one.code for one in place.inspectors],
        f"result-{finding.pk}": "closed",
    }


def returning(place: Place) -> dict:
    made = filing_of(place, "sent")
    filing_review.remark(made, "fire_number", "文号和文件不一致", actor=place.process)
    return {"pk": made.pk}


def signing(place: Place):
    order = place.order("rechecked")
    return {"pk": order.pk}, {"version": order.version}


def waiving(place: Place):
    kwargs, data = signing(place)
    Recheck.objects.filter(order=kwargs["pk"]).update(signatures=[place.inspectors[0].code])
    return kwargs, {**data, "what": "waive", "reason": "第二人重病住院"}


def planning(place: Place):
    order = place.order("answered")
    return {"pk": order.pk}, {"version": order.version, "on": days(3)}


def answer_file(place: Place) -> dict:

    order = place.order("answered")
    found = OrderAnswerFile.objects.create(answer=order.answers.get(), file=place.stored())
    return {"pk": order.pk, "file": found.pk}


INSPECTIONS = [
    Row("draws", "GET", "draw.view", denied=403),
    Row("draw-freeze", "POST", "draw.freeze", denied=403, make=freezing),
    Row("draw-publicity", "POST", "plan.manage", make=lambda p: {"pk": p.new_scheme().pk}),
    Row("draw", "GET", "draw.view", make=lambda p: {"pk": p.draw().pk}),
    Row("draw-witness", "GET", "draw.view", make=lambda p: {"pk": p.draw("frozen").pk}),
    Row("draw-witness", "POST", "draw.view", then=("draw.witness", 403), make=witnessing),
    Row("draw-confirm", "POST", "draw.view", then=("draw.confirm", 403), make=confirming),
    Row("draw-correct", "POST", "draw.view", then=("draw.confirm", 403), make=lambda p: {"pk": p.draw("witnessed").pk}),
    Row("draw-void", "GET", "draw.view", make=lambda p: {"pk": p.draw().pk}),
    Row(
        "draw-void", "POST", "draw.view", then=("draw.void", 403), note="request",
        make=lambda p: ({"pk": p.draw().pk}, {"reason": "示例理由"}),
    ),
    Row(
        "draw-void", "POST", "draw.view", then=("draw.void_confirm", 403), note="confirm",
        make=lambda p: ({"pk": p.draw("void_requested").pk}, {"what": "confirm"}),
    ),
    Row(
        "draw-void", "POST", "draw.view", then=("draw.void_confirm", 403), note="decline",
        make=lambda p: ({"pk": p.draw("void_requested").pk}, {"what": "decline"}),
    ),
    Row("draw-team", "GET", "draw.view", make=drawn_visit, but=but(["head", "auditor"], 404)),
    Row("draw-team", "POST", "draw.view", make=dropping_out, but=but(["head", "auditor"], 404)),
    Row("draw-export", "GET", "draw.view", make=lambda p: {"pk": p.draw().pk}, but=but(["head", "auditor"], 404)),
    Open("public", "GET", 200, 200),
    Open("public-draws", "GET", 200, 200, make=lambda p: {"district": p.district.slug}),
    Open("public-draw", "GET", 200, 200, make=public_month),
    Open("public-record", "GET", 200, 200, make=public_file),
    Row("month-card", "GET", "month.view", denied=403),
    Row("inspections", "GET", "inspection.view", denied=403),
    Row("inspection-new", "GET", "inspection.create", denied=403),
    Row("inspection-new", "POST", "inspection.create", denied=403, make=unscheduled),
    Row("inspection", "GET", "inspection.view", make=lambda p: {"pk": p.visit().pk}),
    Row("inspection", "GET", "inspection.view", make=lambda p: {"pk": p.visit("under_way").pk}, note="under way"),
    Row("inspection-start", "POST", "inspection.log", make=lambda p: {"pk": p.visit().pk}),
    Row("inspection-item", "GET", "inspection.log", make=item_of),
    Row("inspection-item", "POST", "inspection.log", make=lambda p: (item_of(p), {"value": "ok", "version": 0})),
    Row("inspection-photos", "POST", "inspection.log", make=lambda p: (item_of(p), {"photo": png()})),
    Row("inspection-photo", "GET", "inspection.view", make=photo_of),
    Row("inspection-photo", "POST", "inspection.log", make=photo_of),
    Row("inspection-signoff", "GET", "inspection.log", make=lambda p: {"pk": p.visit("answered").pk}),
    Row(
        "inspection-signoff", "POST", "inspection.log",
        make=lambda p: ({"pk": p.visit("answered").pk}, {"present": "示例园长"}),
    ),
    Row("inspection-second", "POST", "inspection.confirm", make=lambda p: {"pk": p.visit("signed").pk}),
    Row(
        "inspection-second", "POST", "confirmation.waive", note="waive",
        make=lambda p: ({"pk": p.visit("signed").pk}, {"what": "waive", "reason": "第二人重病住院"}),
    ),
    Row("inspection-result", "GET", "inspection.view", make=lambda p: {"pk": p.visit("finished").pk}),
    Row(
        "inspection-publish", "POST", "inspection.view", then=("result.publish", 403),
        make=lambda p: {"pk": p.visit("finished").pk},
    ),
    Row(
        "inspection-cancel", "POST", "inspection.cancel", denied=403,
        make=lambda p: ({"pk": p.visit().pk}, {"reason": "force_majeure", "note": "示例台风停课"}),
    ),
    Row(
        "inspection-cancel-confirm", "POST", "inspection.cancel_confirm", denied=403,
        make=lambda p: {"pk": cancelling(p).pk},
    ),
    Row(
        "inspection-cancel-decline", "POST", "inspection.view", then=("inspection.cancel_confirm", 403),
        make=lambda p: {"pk": cancelling(p).pk},
    ),
    Row("checklists", "GET", "checklist.view", denied=403),
    Row("checklist", "GET", "checklist.view", make=lambda p: {"key": Checklist.objects.first().key}),
    Row("orders", "GET", "order.view", denied=403),
    Row("order", "GET", "order.view", make=lambda p: {"pk": p.order().pk}),
    Row("order", "GET", "order.view", make=lambda p: {"pk": p.order("answered").pk}, note="answered"),
    Row("order-answer", "POST", "order.answer", make=answering),
    Row("order-plan", "POST", "order.schedule", make=planning),
    Row("order-recheck", "POST", "order.recheck", make=rechecking),
    Row("order-second", "POST", "order.confirm_recheck", denied=403, make=signing),
    Row(
        "order-second", "POST", "confirmation.waive", denied=403, note="waive",
        make=waiving,
    ),
    Row("order-file", "GET", "order.view", make=answer_file),
]  # fmt: skip


# --- targets --------------------------------------------------------------------------------------


def reporting(place: Place) -> dict:
    place.round()
    return {"pk": place.task().pk, "unit": place.unit.slug}


def deciding(place: Place, **data):
    report = place.report()
    return {"pk": report.pk}, {"version": report.version, **data}


def reminding(place: Place) -> dict:
    place.task()
    return {"pk": place.round().pk}


def opening(place: Place):
    return {}, {"year": timezone.localdate().year, "quarter": 1}


def counted(place: Place) -> int:
    """A counted target of the place's district, whose figures were computed."""
    on = timezone.localdate()
    rollup.roll_up(rollup.period_of(on.year, on.month, on=on), actor=place.process)
    return Target.objects.filter(proof="counted", metric="sites_per_street").current(on).first().pk


def own_figure(place: Place) -> dict:
    counted(place)
    return {"key": "findings_found"}


TARGETS = [
    Row("targets", "GET", "target.view", denied=403),
    Row(
        "targets-roll-up", "POST", "target.roll_up", denied=403,
        make=lambda p: ({}, {"period": f"{timezone.localdate():%Y-%m}"}),
    ),
    Row("targets-glance", "GET", "target.view", denied=403),
    Row("targets-streets", "GET", "target.view", denied=403),
    Row("figure", "GET", "target.view", denied=403, make=own_figure),
    Row(
        "figure-rows", "GET", "target.view", denied=403, then=("inspection.view", 404), make=own_figure,
        but=but(["inspector", "inspector2"], 404),
    ),
    Row("target", "GET", "target.view", denied=403, make=lambda p: {"pk": counted(p)}),
    Row("target-rows", "GET", "target.view", denied=403, make=lambda p: {"pk": counted(p)}),
    Row("tasks", "GET", "task.view", denied=403),
    Row("task", "GET", "task.view", make=lambda p: {"pk": p.task().pk}),
    Row("progress-edit", "GET", "task.view", then=("task.report", 403), beyond=403, make=reporting),
    Row(
        "progress-edit", "POST", "task.view", then=("task.report", 403), beyond=403,
        make=lambda p: (reporting(p), {"percent": 40, "text": "做了一半", "version": 0, "do": "submit"}),
    ),
    Row("progress-accept", "POST", "task.remind", denied=403, make=deciding),
    Row("progress-return", "POST", "task.remind", denied=403, make=lambda p: deciding(p, note="补上数字")),
    Row("progress-file", "GET", "task.view", denied=403, make=lambda p: {"pk": p.progress_file().pk}),
    Row(
        "progress-file", "GET", "task.view", denied=403, then=("task.report", 404), note="draft",
        make=lambda p: {"pk": p.progress_file("draft").pk},
    ),
    Row("units", "GET", "unit.view", denied=403),
    Row("unit", "GET", "unit.view", make=lambda p: {"slug": p.unit.slug}),
    Row("rounds", "GET", "task.view", denied=403),
    Row("rounds", "POST", "round.open", denied=403, make=opening),
    Row("round-remind", "POST", "task.remind", denied=403, make=reminding),
]  # fmt: skip


def reported(place: Place) -> Report:
    """The draft of last month's report, drafted by the product."""
    last = timezone.localdate().replace(day=1) - timedelta(days=1)
    return reports.draft_report(last.year, last.month, actor=place.process)


def report_with_file(place: Place) -> dict:
    report = reported(place)
    report.file = place.stored()
    report.save(update_fields=["file"])
    return {"pk": report.pk}


def issuing(place: Place):
    report = reported(place)
    return {"pk": report.pk}, {"seen": report.content["snapshot"]["sha256"]}


def issued(place: Place) -> Report:
    report = reported(place)
    report.state, report.number = "issued", fresh()
    report.save(update_fields=["state", "number"])
    return report


#: A draft is read by whoever drafts or issues it.
DRAFT = {"then": ("report.draft", 404), "but": but(["head"], 200)}


def drafting(place: Place):
    last = timezone.localdate().replace(day=1) - timedelta(days=1)
    return {}, {"year": last.year, "month": last.month}


REPORTS = [
    Row("reports", "GET", "report.view", denied=403),
    Row("report-draft", "POST", "report.draft", denied=403, make=drafting),
    Row("report", "GET", "report.view", denied=403, **DRAFT, make=lambda p: {"pk": reported(p).pk}),
    Row("report", "GET", "report.view", denied=403, make=lambda p: {"pk": issued(p).pk}, note="issued"),
    Row("report-pdf", "GET", "report.view", denied=403, **DRAFT, make=report_with_file),
    Row("report-refresh", "POST", "report.draft", denied=403, make=lambda p: {"pk": reported(p).pk}),
    Row("report-issue", "POST", "report.issue", denied=403, make=issuing),
]  # fmt: skip


# --- REST -----------------------------------------------------------------------------------------

API = [
    Rest("api-facilities", "GET", "facilities:read"),
    Rest("api-facility", "GET", "facilities:read", make=of_facility),
    Rest("api-facility-file", "GET", "facilities:read", make=of_facility),
    Rest("api-facility-changes", "GET", "facilities:read", make=of_facility),
    Rest("api-clocks", "GET", "clocks:read"),
    Rest("api-drills", "GET", "emergency:read"),
    Rest("api-emergency-plans", "GET", "emergency:read"),
    Rest("api-filings", "GET", "facilities:read"),
    Rest("api-credit", "GET", "credit:read"),
    Rest("api-dossier", "GET", "dossier:read", make=of_facility),
    Rest("api-operators", "GET", "facilities:read"),
    Rest("api-proposals", "GET", "facilities:read"),
    Rest("api-staff", "GET", "staff:read"),
    Rest("api-training-sessions", "GET", "training:read"),
    Rest("api-training-hours", "GET", "training:read"),
    Rest("api-residents", "GET", "residents:read"),
    Rest("api-supply", "GET", "residents:read"),
    Rest("api-rulebook", "GET", "rulebook:read"),
    Rest("api-verdicts", "GET", "rulebook:read"),
    Rest("api-neighbourhoods", "GET", "residents:read"),
    Rest("api-sites", "GET", "sites:read"),
    Rest("api-care-sessions", "GET", "sites:read"),
    Rest("api-inspections", "GET", "results:read"),
    Rest("api-targets", "GET", "targets:read"),
]

TABLE: list[Row | Open | Rest] = [
    *PORTAL,
    *FACILITIES,
    *FILINGS,
    *RESIDENTS,
    *FAMILIES,
    *INSPECTIONS,
    *TARGETS,
    *REPORTS,
    *API,
]
