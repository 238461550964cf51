"""Rows of the naming cycle: the city's pages, a district's part, the public notice."""

from __future__ import annotations

import hashlib
import uuid
from datetime import timedelta

from django.utils import timezone

from portal.access import Actor
from portal.models import District, User
from portal.services.files import store_file
from targets.models import (
    AssessmentEntry,
    Candidate,
    CycleApplication,
    CycleLetter,
    LetterFile,
    NamingCycle,
    NoticeObjection,
    Revocation,
    RevocationCondition,
    SiteReview,
)
from targets.rules import naming as rules
from targets.services import applications, naming, naming_letters, site_reviews
from tests.portal.access.rows import CityRow, Open, Rest, Row, fresh
from tests.portal.stage import Place, png

# --- The city's: made in its scope ----------------------------------------------------------------


def the_city() -> District:
    return District.objects.get(slug="shanghai")


def process() -> Actor:
    return Actor.system(the_city(), "test")


def values(**more) -> dict:
    """What the form of a cycle holds: a year that has none."""
    on = timezone.localdate()
    year = next(y for y in range(on.year, on.year + 4) if not NamingCycle.objects.filter(year=y).exists())
    days = {name: str(on + timedelta(30 * n)) for n, name in enumerate(rules.STAGES, 1)}
    return {"title": "示例示范区创建", "year": year} | days | more


def a_cycle(state: str = "open") -> NamingCycle:
    """The year's cycle in that state, with nobody in it."""
    on = timezone.localdate()
    known = naming.defaults(on.year + 1)
    quotas = naming.quotas_of(known["document"])
    NamingCycle.objects.filter(year=known["year"]).delete()
    row = NamingCycle.objects.create(
        title="示例示范区创建", year=known["year"], document=known["document"], districts=16, quotas=quotas, cycle_years=2,
        made_at=timezone.now(), state=state,
        **{name: on + timedelta(30 * n) for n, name in enumerate(rules.STAGES, 1)},
    )  # fmt: skip
    row.indicators.create(
        key="policy-1", area="完善支持政策", clause="三（一）", text="示例指标", most=10, position=1
    )
    if state == "notice":
        row.notice_from, row.notice_to = on - timedelta(9), on - timedelta(1)
        row.save()
    return row


def a_letter(kind: str, content: dict, cycle: NamingCycle) -> CycleLetter:
    body = naming_letters.canonical(content)
    return CycleLetter.objects.create(
        cycle=cycle.token, other= District.objects.get(slug="minhang"),
        direction="in", kind=kind, body=body, sha256=hashlib.sha256(body.encode()).hexdigest(), sender="示例",
        at=timezone.now(),
    )  # fmt: skip


APPLIED = {
    "applicant": "闵行区人民政府", "approval": "示例府〔2026〕1号", "approved_on": "2026-01-05", "intent": "示例创建意向。",
}  # fmt: skip
ASSESSED = {
    "summary": "示例自评报告。",
    "entries": [{"key": "policy-1", "text": "示例自评情况。", "points": "8", "figure": {}}],
}


def a_candidate(state: str = "assessed", cycle_state: str = "open") -> Candidate:
    cycle = a_cycle(cycle_state)
    on = timezone.localdate()
    named = {"named_on": on, "valid_until": on + timedelta(700)} if state == "named" else {}
    return Candidate.objects.create(
        cycle=cycle, applicant=District.objects.get(slug="minhang"), state=state, passed=state == "reviewed" or None,
        application=a_letter("application", APPLIED, cycle), assessment=a_letter("assessment", ASSESSED, cycle),
        municipal=state == "named", **named,
    )  # fmt: skip


def an_expert() -> User:
    on = timezone.localdate()
    cycle = NamingCycle.objects.order_by("-pk").first()
    return site_reviews.invite(
        cycle, username=fresh(), name="示例专家", starts_on=on, ends_on=on + timedelta(20), actor=process()
    )[0]


def a_review(state: str = "given") -> SiteReview:
    candidate = a_candidate()
    row = site_reviews.assign(candidate, an_expert(), actor=process())
    if state == "submitted":
        row.state, row.conclusion = "submitted", "示例：自评情况属实。"
        row.save()
    return row


def a_judged() -> dict:
    row = a_review("submitted")
    return {"pk": row.candidate_id}


def an_objection() -> NoticeObjection:
    return NoticeObjection.objects.create(
        cycle=a_cycle("notice"),
        text="示例：情况不一样。",
        name="示例市民",
        contact="00000000000",
        at=timezone.now(),
    )


def a_charge(state: str = "notified") -> Revocation:
    return Revocation.objects.create(
        candidate=a_candidate("named", "named"), ground=RevocationCondition.objects.first(), facts="示例：查实的情况。",
        hearing_on=timezone.localdate(), raised_at=timezone.now(), state=state,
    )  # fmt: skip


def a_letter_file() -> LetterFile:
    letter = a_candidate().assessment
    return LetterFile.objects.create(letter=letter, key="policy-1", file=store_file(png(), actor=process()))


def noted(row, what: str, **more) -> tuple[dict, dict]:
    return {"pk": row.pk}, {"what": what, "version": row.version} | more


LONG = "示例：写得清楚，有依据。"
CITY_PAGES = [
    CityRow("naming-cycles", "GET", "cycle.view"),
    CityRow("naming-cycle-new", "GET", "cycle.manage"),
    CityRow("naming-cycle-new", "POST", "cycle.manage", make=lambda p: ({}, values())),
    CityRow("naming-cycle", "GET", "cycle.view", make=lambda p: {"pk": a_candidate().cycle_id}),
    CityRow("naming-cycle-edit", "GET", "cycle.manage", make=lambda p: {"pk": a_cycle().pk}),
    CityRow(
        "naming-cycle-edit", "POST", "cycle.manage",
        make=lambda p: ((row := a_cycle()) and {"pk": row.pk}, values(version=row.version)),
    ),
    CityRow("naming-cycle-points", "GET", "cycle.manage", make=lambda p: {"pk": a_cycle("draft").pk}),
    CityRow(
        "naming-cycle-points", "POST", "cycle.manage",
        make=lambda p: (
            (row := a_cycle("draft")) and {"pk": row.pk}, {"most-policy-1": 5, "version": row.version},
        ),
    ),
    CityRow("naming-cycle-step", "POST", "cycle.manage", make=lambda p: noted(a_cycle("draft"), "open")),
    CityRow("naming-selection", "GET", "cycle.manage", make=lambda p: {"pk": a_candidate("reviewed").cycle_id}),
    CityRow(
        "naming-selection", "POST", "cycle.manage",
        make=lambda p: (
            (row := a_candidate("reviewed")) and {"pk": row.cycle_id},
            {"municipal": [row.pk], "version": row.cycle.version},
        ),
    ),
    CityRow("naming-cycle-file", "GET", "cycle.view", make=lambda p: {"pk": a_candidate().cycle_id}),
    CityRow("naming-invite", "GET", "cycle.manage", make=lambda p: {"pk": a_cycle().pk}),
    CityRow(
        "naming-invite", "POST", "cycle.manage", ok=200,
        make=lambda p: (
            {"pk": a_cycle().pk},
            {
                "name": "示例专家", "username": fresh(), "starts_on": str(timezone.localdate()),
                "ends_on": str(timezone.localdate() + timedelta(9)),
            },
        ),
    ),
    CityRow("naming-candidate", "GET", "cycle.view", make=lambda p: {"pk": a_charge("heard").candidate_id}),
    CityRow("naming-judge", "GET", "cycle.manage", make=lambda p: a_judged()),
    CityRow(
        "naming-judge", "POST", "cycle.manage",
        make=lambda p: (a_judged(), {"passed": "yes", "score": 80, "opinion": LONG, "version": 1}),
    ),
    CityRow("naming-assign", "GET", "cycle.manage", make=lambda p: {"pk": a_candidate().pk}),
    CityRow(
        "naming-assign", "POST", "cycle.manage",
        make=lambda p: ({"pk": a_candidate().pk}, {"expert": an_expert().pk}),
    ),
    CityRow("naming-revoke", "GET", "cycle.manage", make=lambda p: {"pk": a_candidate("named", "named").pk}),
    CityRow(
        "naming-revoke", "POST", "cycle.manage",
        make=lambda p: (
            {"pk": a_candidate("named", "named").pk},
            {
                "ground": RevocationCondition.objects.first().pk, "facts": LONG, "version": 1,
                "hearing_on": str(timezone.localdate() + timedelta(9)),
            },
        ),
    ),
    CityRow("naming-revocation-step", "POST", "cycle.manage", make=lambda p: noted(a_charge(), "hear", note=LONG)),
    CityRow("naming-objection", "GET", "cycle.manage", make=lambda p: {"pk": an_objection().pk}),
    CityRow(
        "naming-objection", "POST", "cycle.manage", make=lambda p: noted(an_objection(), "reject", answer=LONG)
    ),
    CityRow("naming-review", "GET", "cycle.view", make=lambda p: {"pk": a_review().pk}),
    CityRow(
        "naming-review", "POST", "cycle.review",
        make=lambda p: ({"pk": a_review().pk}, {"what": "save", "conclusion": LONG}),
    ),
    CityRow("naming-review-drop", "POST", "cycle.manage", make=lambda p: ({"pk": a_review().pk}, {"version": 1})),
    CityRow("naming-letter-file", "GET", "cycle.view", make=lambda p: {"pk": a_letter_file().pk}),
]  # fmt: skip

# --- A district's ---------------------------------------------------------------------------------


def offer(place: Place) -> CycleLetter:
    """A cycle that the city told of, as it arrives; each another."""
    on = timezone.localdate()
    plan = {
        "title": "示例示范区创建", "year": on.year + 1, "document": "示例文件", "number": "示例〔2026〕1号",
        **{name: str(on + timedelta(30 * n)) for n, name in enumerate(rules.STAGES, 1)},
        "quotas": [{"title": "示例名额", "text": "不超过40%"}],
        "indicators": [{"key": "policy-1", "area": "完善支持政策", "clause": "三（一）", "text": "示例指标", "most": "10"}],
    }  # fmt: skip
    body = naming_letters.canonical(plan)
    return CycleLetter.objects.create(
        cycle=uuid.uuid4(), other=the_city(), direction="in", kind="cycle", body=body,
        sha256=hashlib.sha256(body.encode()).hexdigest(), sender="示例", at=timezone.now(),
    )  # fmt: skip


def an_application(place: Place, state: str = "draft") -> CycleApplication:
    row = applications.begin(offer(place), actor=place.process)
    row.approval, row.approved_on, row.intent = (
        "示例府〔2026〕1号",
        timezone.localdate(),
        "示例创建意向，写得清楚。",
    )
    row.state = state
    if state == "named":
        on = timezone.localdate()
        row.named_on, row.valid_until = on - timedelta(400), on + timedelta(300)
        row.charge = {
            "ground": "示例情形",
            "facts": "示例：查实的情况。",
            "hearing_on": str(on + timedelta(9)),
        }
    row.save()
    return row


def one(place: Place, state: str = "draft") -> dict:
    return {"pk": an_application(place, state).pk}


def an_entry(place: Place) -> AssessmentEntry:
    return an_application(place, "applied").entries.get()


def of_one(place: Place, state: str, **data) -> tuple[dict, dict]:
    row = an_application(place, state)
    return {"pk": row.pk}, {"version": row.version} | data


def an_entry_file(place: Place) -> dict:
    return {"pk": an_entry(place).files.create(file=place.stored()).pk}


def a_report_file(place: Place) -> dict:
    row = an_application(place, "named")
    return {"pk": row.report_files.create(year=timezone.localdate().year, file=place.stored()).pk}


def a_paper(place: Place) -> dict:
    row = an_application(place)
    row.approval_file = place.stored()
    row.save()
    return {"pk": row.pk}


WRITE, SEND = "cycle_application.write", "cycle_application.send"
APPLICATIONS = [
    Row("cycle-applications", "GET", "cycle_application.view", denied=403),
    Row("cycle-application-new", "POST", WRITE, denied=403, make=lambda p: {"pk": offer(p).pk}),
    Row("cycle-application", "GET", "cycle_application.view", denied=403, make=one),
    Row("cycle-application-edit", "GET", WRITE, denied=403, make=one),
    Row(
        "cycle-application-edit", "POST", WRITE, denied=403,
        make=lambda p: of_one(p, "draft", approval="示例府〔2026〕2号", approved_on=str(timezone.localdate()), intent=LONG),
    ),
    Row("cycle-application-summary", "GET", WRITE, denied=403, make=lambda p: one(p, "applied")),
    Row("cycle-application-summary", "POST", WRITE, denied=403, make=lambda p: of_one(p, "applied", text=LONG)),
    Row(
        "cycle-application-step", "POST", SEND, denied=403,
        make=lambda p: of_one(p, "applied", what="withdraw", note="示例：今年不参加"),
    ),
    Row("cycle-application-report", "GET", SEND, denied=403, make=lambda p: one(p, "named")),
    Row("cycle-application-report", "POST", SEND, denied=403, make=lambda p: of_one(p, "named", text=LONG)),
    Row("cycle-application-statement", "GET", SEND, denied=403, make=lambda p: one(p, "named")),
    Row("cycle-application-statement", "POST", SEND, denied=403, make=lambda p: of_one(p, "named", text=LONG)),
    Row("cycle-report-draft", "GET", WRITE, denied=403, make=lambda p: one(p, "named")),
    Row("cycle-report-draft", "POST", WRITE, denied=403, make=lambda p: of_one(p, "named", text=LONG)),
    Row("cycle-statement-draft", "GET", WRITE, denied=403, make=lambda p: one(p, "named")),
    Row("cycle-statement-draft", "POST", WRITE, denied=403, make=lambda p: of_one(p, "named", text=LONG)),
    Row("cycle-application-paper", "GET", "cycle_application.view", denied=403, make=a_paper),
    Row("cycle-entry", "GET", WRITE, denied=403, make=lambda p: {"pk": an_entry(p).pk}),
    Row(
        "cycle-entry", "POST", WRITE, denied=403,
        make=lambda p: (
            (entry := an_entry(p)) and {"pk": entry.pk},
            {"text": LONG, "points": 8, "files": png(), "version": CycleApplication.objects.get(entries=entry).version},
        ),
    ),
    Row("cycle-report-file", "GET", "cycle_application.view", denied=403, make=a_report_file),
    Row("cycle-entry-file", "GET", "cycle_application.view", denied=403, make=an_entry_file),
]  # fmt: skip

NAMING = [
    *CITY_PAGES,
    *APPLICATIONS,
    Open("naming-notices", "GET", 200, 200, make=lambda p: {"district": "shanghai"}),
    Open("naming-notice", "GET", 404, 404, make=lambda p: {"district": "shanghai", "pk": 987654321}),
    Open(
        "naming-notice", "POST", 404, 404,
        make=lambda p: (
            {"district": "shanghai", "pk": 987654321},
            {"text": LONG, "name": "示例市民", "contact": "00000000000"},
        ),
    ),
    Rest("api-cycles", "GET", "city:read", of_city=True),
    Rest("api-cycle-applications", "GET", "cycles:read"),
]  # fmt: skip
