"""The demonstration: the same terms give the same districts, a run that was killed goes on, the story is there."""

from __future__ import annotations

import contextlib
import hashlib
import os
import signal
import stat
import subprocess
import sys
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.db.models import Count
from django.utils import timezone

from facilities.differences import differences
from facilities.models import (
    Applicant,
    AttendanceCertificate,
    BanDecision,
    CareSession,
    Certificate,
    ChildAccess,
    ChildDeletion,
    CreditEntry,
    EmergencyDrill,
    EmergencyPlan,
    Employment,
    Enrolment,
    Facility,
    Filing,
    FilingEscalation,
    HandOver,
    HandOverGiven,
    Kindergarten,
    LedgerEntry,
    Notice,
    Operator,
    Population,
    Proposal,
    StaffMember,
    Trainer,
    TrainingSession,
    Volunteer,
)
from facilities.past import file_on
from facilities.rules import filing_form
from facilities.rules.forecast import POPULATIONS
from facilities.supply import outlooks
from inspections.models import (
    AnswerPhoto,
    Campaign,
    Checklist,
    ChecklistDraft,
    ChecklistVersion,
    Complaint,
    Draw,
    DrawAddendum,
    EvaluationCase,
    EvaluationRound,
    FieldAddendum,
    FieldOutcome,
    FieldPart,
    FieldRecord,
    Finding,
    GradeProposal,
    Incident,
    Inspection,
    InspectionPlan,
    Inspector,
    InspectorStreet,
    Order,
    OrderEscalation,
    OrderExtension,
    PublicationRepair,
    Recusal,
    ResultChange,
    ResultObjection,
    ResultReview,
    TeamMember,
    VideoDevice,
    VisitPart,
    VisitRating,
    WatchList,
    WatchSlot,
)
from inspections.services import month as month_services
from inspections.services.draws import differences as of_draw
from portal.access import Actor
from portal.clocks.board import Board, Wanted
from portal.models import District, Street, User
from portal.models.people import Membership, StreetGrant
from portal.tenancy import district_scope
from targets.demonstration import calendar, story
from targets.demonstration.people import PASSWORD
from targets.demonstration.sizes import SIZES
from targets.models.naming import LetterTaken, NamingCycle, SiteReview
from targets.models.reports import Report
from targets.models.targets import Snapshot
from targets.models.tasks import ProgressReport, ReportingRound
from targets.services import naming, rounds
from tests import plugin
from tests.world import ROOT, template, wait_for

YEAR = timezone.localdate().year
TODAY = date(YEAR, 11, 20)

#: What the demonstration made, told by codes and numbers instead of ids.
CONTENT = (
    "SELECT district_id, code, name, kind, state, grade, places, opened_on, closed_on FROM facilities_facility",
    "SELECT district_id, code, name, birth_year, identity_hash FROM facilities_staffmember",
    "SELECT s.code, c.kind, c.number, c.issued_on, c.valid_until FROM facilities_certificate c"
    " JOIN facilities_staffmember s ON s.id = c.staff_id",
    "SELECT s.code, t.course, t.hours, t.done_on FROM facilities_trainingrecord t"
    " JOIN facilities_staffmember s ON s.id = t.staff_id",
    "SELECT s.code, r.checked_on, r.before_hire FROM facilities_recordcheck r"
    " JOIN facilities_staffmember s ON s.id = r.staff_id",
    "SELECT p.year, s.code, p.kind, p.count, p.version FROM facilities_population p"
    " JOIN portal_street s ON s.id = p.street_id",
    "SELECT u.username, u.name, m.role FROM portal_user u JOIN portal_membership m ON m.user_id = u.id",
    "SELECT district_id, code, licence_number, licence_until FROM inspections_inspector",
    "SELECT district_id, year, month, state, frozen_sha256, evidence_sha256, entropy_value, published_at"
    " FROM inspections_draw",
    "SELECT district_id, number, state, due_on, started_at, finished_at, published_at, present, cancel_reason"
    " FROM inspections_inspection",
    "SELECT i.district_id, i.number, c.key, a.value, a.note, a.at FROM inspections_answer a"
    " JOIN inspections_inspection i ON i.id = a.inspection_id JOIN inspections_checklistitem c ON c.id = a.item_id",
    "SELECT i.district_id, i.number, f.item_key, f.text, f.state, f.due_on, f.published, f.repeat_of_id IS NULL"
    " FROM inspections_finding f JOIN inspections_inspection i ON i.id = f.inspection_id",
    "SELECT district_id, number, state, issued_on, due_on, answered_on, closed_on FROM inspections_order",
    "SELECT district_id, sha256 FROM inspections_drawaddendum",
    "SELECT u.slug, t.number, r.starts_on, p.percent, p.state, p.text, p.submitted_on FROM targets_progressreport p"
    " JOIN portal_unit u ON u.id = p.unit_id JOIN targets_task t ON t.id = p.task_id"
    " JOIN targets_reportinground r ON r.id = p.round_id",
    "SELECT district_id, number, kind, state, name, round, sent_on, clock_due, effect_on FROM facilities_filing",
    "SELECT f.number, a.key, a.value, a.version, a.changed_at FROM facilities_filinganswer a"
    " JOIN facilities_filing f ON f.id = a.filing_id",
    "SELECT f.number, s.section, s.state, s.due_on, s.at FROM facilities_filingsignature s"
    " JOIN facilities_filing f ON f.id = s.filing_id",
    "SELECT district_id, number, kind, state, state_on, name, issued_on FROM facilities_notice",
    "SELECT district_id, number, state, name, organisation, credit_code, applied_at FROM facilities_applicant",
    "SELECT district_id, period, starts_on, as_of, sha256 FROM targets_snapshot",
    "SELECT district_id, kind, starts_on, state, number FROM targets_report",
)


def digest(database: str) -> str:
    made = hashlib.sha256()
    with plugin.cluster().superuser(database) as connection:
        for statement in CONTENT:
            rows = sorted(map(repr, connection.execute(statement).fetchall()))
            assert rows, statement
            made.update("\n".join(rows).encode())
    return made.hexdigest()


def count(database: str, table: str) -> int:
    with plugin.cluster().superuser(database) as connection:
        return connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


SMALL = ("--district", "minhang", "--scale", "0.2", "--today", TODAY.isoformat())


@contextlib.contextmanager
def second_database(name: str):
    cluster = plugin.cluster()
    cluster.create_database(name, template())
    try:
        yield {
            "DATABASE_URL": cluster.url(plugin.APP_ROLE, name),
            "DATABASE_OWNER_URL": cluster.url(plugin.OWNER_ROLE, name),
        }
    finally:
        cluster.drop_database(name)


def kill_at(world, words: str, tmp_path: Path) -> str:
    """Starts the command and kills it with SIGKILL as soon as it has said `words`."""
    log = tmp_path / "demonstration.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "demonstration", *SMALL],
            cwd=ROOT,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )
    wait_for(lambda: words in log.read_text(errors="replace") or process.poll() is not None, 300, words)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL, log.read_text()
    return log.read_text()


@pytest.mark.long
def test_a_killed_run_goes_on_and_gives_what_a_whole_one_gives(world, tmp_path):
    """Killed twice, in the register's part and in the year's; another database gets everything in one go."""
    kill_at(world, "机构与人口", tmp_path)
    kill_at(world, f"{YEAR}-03", tmp_path)
    done = world.run("manage.py", "demonstration", *SMALL)
    assert "账号与检查人员" not in done.stdout and "督查报告" in done.stdout
    with district_scope(District.objects.get(slug="minhang"), read_only=True):
        check_filings("minhang")
    resumed = digest(world.database)
    entries = count(world.database, "portal_auditentry")

    again = world.run(
        "manage.py", "demonstration", "--district", "minhang"
    )  # other terms: nothing is begun anew
    assert "没有改动" in again.stdout
    assert digest(world.database) == resumed
    assert count(world.database, "portal_auditentry") == entries

    other = f"{world.database}_b"
    with second_database(other) as environment:
        world.run("manage.py", "demonstration", *SMALL, **environment)
        assert digest(other) == resumed

    sign_ins = Path(os.environ["PORTAL_DATA"], "sign-ins.txt")
    assert stat.S_IMODE(sign_ins.stat().st_mode) == 0o600
    text = sign_ins.read_text()
    assert PASSWORD in text and "mh-bureau" in text and "mh-expert" in text and "sy_minhang_" in text


@pytest.mark.long
@pytest.mark.parametrize("today", [date(YEAR, 1, 1), date(YEAR, 3, 2), date(YEAR, 6, 30)])
def test_every_day_of_the_year_gives_a_district(world, today):
    """The first of January, the first working days of a month, a month's last day."""
    words = ("--district", "jinshan", "--scale", "0.5", "--today", today.isoformat(), "--seed", "x")
    done = world.run("manage.py", "demonstration", *words)
    assert "演示数据已填好" in done.stdout
    history, last, present = calendar.months(today)
    with district_scope(District.objects.get(slug="jinshan"), read_only=True):
        drawn = Draw.objects.filter(state="published").values_list("year", "month")
        assert {(m.year, m.number) for m in (*history, last)} == set(drawn)
        assert Draw.objects.get(year=present.year, month=present.number).state == "drawn"
        assert not Inspection.objects.filter(finished_on__gte=today).exists()
        assert Report.objects.get(kind="monthly", starts_on=last.first).state == "issued"


def test_what_cannot_be_is_refused(world):
    for words, said in (
        (("--district", "xuhui"), "没有“xuhui”"),
        (("--today", "2026-13-01"), "2026-11-22"),
        (("--scale", "0"), "0 到 1"),
        (("--scale", "7"), "0 到 1"),
    ):
        done = world.run("manage.py", "demonstration", *words, check=False)
        assert done.returncode and said in done.stderr and "Traceback" not in done.stderr, words
    assert not District.objects.filter(demonstration=True).exists()


@pytest.mark.long
def test_the_three_districts_and_their_story(world):
    world.run("manage.py", "demonstration", "--today", TODAY.isoformat())
    assert District.objects.filter(demonstration=True).count() == 4
    people = 0
    for slug, facilities in (("minhang", 240), ("pudong", 480), ("jinshan", 60)):
        district = District.objects.get(slug=slug)
        with district_scope(district):
            check_register(facilities)
            people += StaffMember.objects.count()
            check_people(slug)
            check_passports(slug)
            check_training()
            check_sites()
            check_credit()
            check_emergency(facilities)
            check_clocks(district)
            check_past()
            check_year(district)
            check_story(slug)
            check_inspections(slug)
            check_filings(slug)
            check_operators(facilities)
            check_progress(slug)
            check_figures()
    for size in SIZES.values():
        assert User.objects.get(username=f"{size.short}-bureau").check_password(PASSWORD)
    assert 4300 <= people <= 5100
    with district_scope(District.objects.get(slug="shanghai"), read_only=True):
        assert Membership.objects.filter(role="city", user__username="sh-city").exists()
        check_naming()


def check_naming() -> None:
    """A cycle that is over, with a district named; one that can be named today; one in which two take part and an
    expert is at work."""
    over, waits, runs = NamingCycle.objects.order_by("year")
    assert (over.state, waits.state, runs.state) == ("named", "notice", "open")
    assert naming.not_yet(waits, timezone.localdate()) == ""
    assert [str(one) for one in waits.candidates.filter(state="selected")] == ["金山区"]
    assert [str(one) for one in over.candidates.filter(state="named")] == ["闵行区"]
    assert {one.applicant.slug: one.state for one in runs.candidates.all()} == {
        "pudong": "assessed",
        "jinshan": "applied",
    }
    assert not LetterTaken.objects.exclude(refusal="").exists()
    review = SiteReview.objects.get(candidate__cycle=runs)
    assert review.state == "given" and review.marks.count() == 6


def check_register(facilities: int) -> None:
    assert Facility.objects.exclude(filings__kind="new").count() == facilities
    streets = set(Street.objects.values_list("pk", flat=True))
    care = Facility.objects.operating().exclude(kind="guidance_point")
    assert set(care.values_list("street", flat=True)) == streets
    assert set(Facility.objects.values_list("kind", flat=True)) == set(Facility.Kind.values)
    assert {"operating", "suspended", "closed"} <= set(Facility.objects.values_list("state", flat=True))
    assert not Facility.objects.exclude(address__contains="示例路").exists()
    assert not Facility.objects.exclude(operator__name__contains="示例").exists()
    assert not StaffMember.objects.exclude(name__contains="示").exclude(name__contains="例").exists()
    assert Kindergarten.objects.filter(facility__isnull=True).exists()
    assert Population.objects.values("year").distinct().count() == 7
    assert not Population.objects.exclude(source__startswith="演示数据，非真实统计").exists()
    assert Population.objects.filter(state="replaced").count() == 1
    errors = [row.error(kind) for row in outlooks(Street.objects.all()) for kind in POPULATIONS]
    assert all(error and error.checks >= 3 and error.method < 25 for error in errors)
    grades = {g: Facility.objects.filter(grade=g).count() / facilities for g in "ABCD"}
    assert grades["A"] > grades["B"] > grades["C"] >= grades["D"] > 0


def check_operators(facilities: int) -> None:
    companies = Operator.objects.filter(name__endswith="托育服务有限公司")
    assert companies.exists() and not companies.filter(credit_code="").exists()
    assert Operator.objects.exclude(chain="").values("chain").annotate(n=Count("pk")).filter(n__gt=1).exists()
    assert Proposal.objects.filter(state="proposed").count() == 2
    # a small district has no others
    assert facilities < 100 or Proposal.objects.exclude(state="proposed").exists()


def check_people(slug: str) -> None:
    size = SIZES[slug]
    assert Inspector.objects.count() == size.inspectors
    for street in Street.objects.all():
        assert InspectorStreet.objects.filter(street=street).count() >= 4
        assert StreetGrant.objects.filter(content_object=street).count() == 1
    working = Employment.objects.open_on(TODAY).filter(facility__state="operating")
    certified = 0
    kinds = {"carer": {"childcare", "nursing"}}
    carers = working.filter(post="carer")
    for employment in carers.select_related("staff")[:400]:
        valid = Certificate.objects.filter(staff=employment.staff).exclude(valid_until__lt=TODAY)
        certified += bool(kinds["carer"] & set(valid.values_list("kind", flat=True)))
    assert certified / min(400, carers.count()) >= 0.95
    soon = Certificate.objects.filter(valid_until__range=(TODAY, date(YEAR, 12, 20)))
    assert soon.count() >= 5
    assert Certificate.objects.filter(valid_until__lt=TODAY).exists()


def check_passports(slug: str) -> None:
    """A ban of two people and one that waits; a hand-over that both districts have on record."""
    decided = list(BanDecision.objects.order_by("state").values_list("state", "entered_by", "confirmed_by"))
    assert [state for state, *_by in decided] == (["confirmed", "proposed"] if slug == "minhang" else [])
    assert all(entered != confirmed for _state, entered, confirmed in decided)
    asked = HandOver.objects.filter(state="received")
    given = HandOverGiven.objects.all()
    assert (asked.count(), given.count()) == {"jinshan": (1, 0), "minhang": (0, 1), "pudong": (0, 0)}[slug]
    for one in asked:
        assert one.certificates and StaffMember.objects.filter(identity_hash=one.identity_hash).exists()


def check_training() -> None:
    states = set(TrainingSession.objects.values_list("state", flat=True))
    assert {"open", "held"} <= states
    assert TrainingSession.objects.filter(state="open", ends_on__lt=TODAY).exists(), "one waits for its list"
    # printed by the worker, which this test has not
    assert AttendanceCertificate.objects.exists()
    assert Trainer.objects.exclude(trainings__done_on__year=YEAR).count() == 1


def check_sites() -> None:
    """宝宝屋 with rooms and sessions, families with papers, each look at a child's record on its log, one deletion."""
    assert CareSession.objects.filter(on__gte=TODAY).exists()
    assert {"applied", "admitted"} <= set(Enrolment.objects.values_list("state", flat=True))
    purposes = set(ChildAccess.objects.values_list("purpose", flat=True))
    assert {"care", "complaint"} <= purposes
    assert ChildDeletion.objects.count() == 1
    assert Volunteer.objects.exists() and not Volunteer.objects.filter(checks__isnull=True).exists()
    assert {"fee", "grant", "staff"} == set(LedgerEntry.objects.values_list("item", flat=True))


def check_credit() -> None:
    kinds = set(CreditEntry.objects.values_list("kind", flat=True))
    assert {"penalty", "discipline", "honour", "incentive", "promise"} <= kinds
    listed = CreditEntry.objects.get(kind="discipline")
    assert listed.ground.kind == "penalty" and listed.requests.filter(kind="objection").exists()
    assert CreditEntry.objects.filter(state="proposed").exists()


def check_emergency(facilities: int) -> None:
    with_plans = EmergencyPlan.objects.values("facility").distinct().count()
    assert 0.5 * facilities < with_plans < facilities, "some have none"
    assert EmergencyDrill.objects.exists() and EmergencyPlan.objects.filter(drills__isnull=True).exists()


def check_clocks(district) -> None:
    """Something of each light."""
    board = Board(Actor.system(district, "test"), TODAY)
    for light in board.lights:
        assert board.rows(Wanted(lights=[light.key]), size=1), light.key


def check_past() -> None:
    """A year ago something in a file was otherwise, by the history that the database keeps."""
    changed = Proposal.objects.filter(state="confirmed").first()
    if changed is not None:
        day = changed.decided_at.date() - timedelta(2)
        then, now = file_on(changed.facility_id, day), file_on(changed.facility_id, timezone.localdate())
        assert differences(then, now)


def check_year(district) -> None:
    history, last, present = calendar.months(TODAY)
    for one in (*history, last):
        draw = Draw.objects.exclude(state="void").get(year=one.year, month=one.number)
        assert draw.state == "published" and of_draw(draw) == []
        assert not draw.inspections.filter(state__in=("due", "under_way")).exists()
    now = Draw.objects.get(year=present.year, month=present.number)
    assert now.state == "drawn" and of_draw(now) == []
    assert not Draw.objects.filter(year=YEAR, month=12).exists(), "the next month is left for the newcomer"
    finished = Inspection.objects.finished()
    assert not finished.exclude(answers__isnull=False).exists()
    assert not Inspection.objects.filter(finished_on__gte=TODAY).exists()
    for visit in finished.filter(month__gte=last.first).select_related("facility"):
        assert visit.finished_on >= visit.facility.opened_on
        assert TeamMember.objects.filter(inspection=visit, dropped_at__isnull=True).count() >= 2


def check_story(slug: str) -> None:
    _history, last, present = calendar.months(TODAY)
    this_month = Inspection.objects.filter(month=present.first, kind="drawn")
    behind = this_month.filter(facility__street__name=story.BEHIND[slug])
    assert behind.exists() and not behind.finished().exists()
    made = this_month.finished().count()
    assert 0.3 <= made / this_month.count() <= 0.7
    others = this_month.exclude(facility__street__name=story.BEHIND[slug])
    if slug != "jinshan":
        assert others.finished().values("facility__street").distinct().count() > 10
    repeats = Finding.objects.filter(inspection__month=present.first, repeat_of__isnull=False)
    assert any(finding.facility.grade == "D" for finding in repeats.select_related("facility"))
    assert Order.objects.filter(state="issued", due_on__lt=TODAY).exists()
    waiting = Order.objects.filter(state="answered", answered_by__isnull=False)
    assert waiting.exists()
    care = Facility.objects.exclude(kind="guidance_point").exclude(filings__kind="new")
    operators = Membership.objects.filter(role="operator", user__username__contains="-op-")
    assert operators.count() == care.count()
    if slug == "minhang":
        assert Draw.objects.filter(state="void").count() == 1
        assert Inspection.objects.filter(cancel_reason="suspended", month=last.first).exists()
        assert DrawAddendum.objects.filter(kind="replaced", draw__month=present.number).exists()
        draw = Draw.objects.get(year=present.year, month=present.number)
        assert month_services.short_teams(draw).count() == 1
        assert Inspection.objects.filter(state="under_way").count() == 1
        assert Inspection.objects.filter(complaint__isnull=False, state="due").count() == 1
        lapsing = Inspector.objects.filter(licence_until__range=(date(YEAR, 12, 1), date(YEAR, 12, 31)))
        assert lapsing.count() == 2


def check_inspections(slug: str) -> None:
    """What holds up: on site, followed up, in public. Each district has its part of it."""
    assert Complaint.objects.exists() == Incident.objects.exists() == (slug == "minhang")
    assert VideoDevice.objects.exists() and WatchList.objects.exists()
    for open_ones in (True, False):
        assert GradeProposal.objects.filter(decision__isnull=open_ones).exists()
    assert (
        ResultObjection.objects.exists() and VisitRating.objects.exists() and OrderExtension.objects.exists()
    )
    assert OrderEscalation.objects.exists() and WatchSlot.objects.filter(seen_at__isnull=True).exists()
    plan = InspectionPlan.objects.get(year=YEAR + 1)
    assert (plan.state, plan.rehearsals.exists()) == {
        "minhang": ("submitted", True), "jinshan": ("draft", True), "pudong": ("draft", False),
    }[slug]  # fmt: skip
    revised = InspectionPlan.objects.filter(revision__gt=0)
    assert [(one.state, one.published_on) for one in revised] == [("submitted", None)] * (slug == "pudong")
    assert EvaluationRound.objects.count() == 2 and EvaluationCase.objects.exists()
    assert User.objects.filter(username=f"{SIZES[slug].short}-expert").exists()
    if slug == "pudong":
        made = ChecklistDraft.objects.get()
        assert made.based_on is None and len(made.items) == 3
        assert made.checklist not in Checklist.objects.published()
    if slug != "minhang":
        return
    assert Inspection.objects.filter(kind="unscheduled", complaint__isnull=False).exists()
    assert ResultReview.objects.filter(state="final").exists() and ResultChange.objects.exists()
    assert PublicationRepair.objects.exists()
    assert set(Recusal.objects.values_list("state", flat=True)) == {"granted", "refused"}
    check_phone()
    joint = plan.schemes.get(joint=True)
    assert len(joint.units) == 2
    visit = Inspection.objects.get(joint=True, state__in=("finished", "published"))
    parts = VisitPart.objects.filter(inspection=visit)
    assert parts.count() == 2 and parts.filter(state="handed").exists()
    assert set(Campaign.objects.values_list("kind", flat=True)) == {"special", "street"}
    assert ChecklistDraft.objects.get(state="submitted").submitted_by.username == "mh-bureau"
    short = ChecklistVersion.objects.get(checklist__key="baby-house", number=2)
    assert short.starts_on == TODAY and 0 < short.items.filter(short=True).count() < short.items.count()


def check_phone() -> None:
    """Signed on the phone by both sides: the bytes kept have the hash that was on the screen, and both parts are in."""
    record = FieldRecord.objects.get()
    visit = record.inspection
    assert visit.state == "finished" and not record.without
    assert hashlib.sha256(bytes(record.content)).hexdigest() == record.sha256
    assert {one.side for one in record.signatures.all()} == {"team", "facility"}
    assert visit.operations.values("device").distinct().count() == 2
    outcomes = Counter(FieldOutcome.objects.values_list("state", flat=True))
    assert outcomes["addendum"] == 1 and set(outcomes) == {"applied", "addendum"}
    added = FieldAddendum.objects.get()
    assert added.seen_at is None and added.content["note"].startswith("示例")
    assert AnswerPhoto.objects.filter(answer__inspection=visit, meta__has_key="time").count() == 1
    assert FieldPart.objects.filter(inspection=visit).count() == 1


def check_filings(slug: str, today: date = TODAY) -> None:
    """Each state and kind once at least, a clock that was missed, papers that hold, one replaced, one taken back."""
    states = set(Filing.objects.values_list("state", flat=True))
    assert {"draft", "sent", "returned", "received", "hearing", "proposed", "issued"} <= states
    assert slug != "minhang" or {"refused", "withdrawn"} <= states
    assert set(Filing.objects.values_list("kind", flat=True)) == set(filing_form.KINDS)
    assert Filing.objects.filter(state="sent", clock_due__lt=today).exists()
    assert FilingEscalation.objects.filter(stage="breach", signature__isnull=False).exists()
    back = Filing.objects.get(state="returned")
    assert back.clock_due is None
    mended = {remark.key: back.answers.get(key=remark.key).version > 1 for remark in back.remarks.all()}
    assert sorted(mended.values()) == [False, True]
    assert {"valid", "replaced", "revoked"} <= set(Notice.objects.values_list("state", flat=True))
    assert not Notice.objects.filter(file__isnull=True).exists()
    for notice in Notice.objects.select_related("filing__proposed_by", "issued_by"):
        assert notice.issued_by != notice.filing.proposed_by
    ending = Filing.objects.get(kind="surrender")
    assert Enrolment.objects.filter(facility=ending.facility, state="admitted").exists()
    pause = Filing.objects.get(kind="suspension")
    assert pause.effect_on > today and pause.effect_at is None and pause.facility.state == "operating"
    heard = Filing.objects.get(state="hearing")
    assert heard.steps.filter(action="statement", file__isnull=False).exists()
    asked = set(Applicant.objects.values_list("state", flat=True))
    assert asked == {"applied", "confirmed", "active", "refused"}


def check_progress(slug: str) -> None:
    assert ReportingRound.objects.count() == 4
    over = ReportingRound.objects.filter(due_on__lt=TODAY).order_by("-starts_on")
    given = ProgressReport.objects.filter(round=over[0]).given()
    owed = rounds.owing(over[0])
    assert 0.85 < given.count() / len(owed) < 1
    assert given.filter(submitted_on__gt=over[0].due_on).exists()
    silent = story.street_behind(slug)
    assert not ProgressReport.objects.filter(round__in=over[:2], unit__street=silent).exists()
    assert ProgressReport.objects.filter(state="returned").exists()


def check_figures() -> None:
    history, last, present = calendar.months(TODAY)
    for one in (*history, last, present):
        assert Snapshot.objects.filter(period="month", starts_on=one.first).count() == 1
    assert Snapshot.objects.filter(period="year", starts_on=date(YEAR, 1, 1)).exists()
    issued = Report.objects.get(kind="monthly", starts_on=last.first)
    assert issued.state == "issued" and issued.number and issued.file.content_type == "application/pdf"
    assert issued.drafted_by != issued.issued_by
    assert Report.objects.get(kind="monthly", starts_on=present.first).state == "draft"
