"""Filings of a facility that is there, by the doors that people use: the pages, REST, the page that anybody reads.

Change, pause, return, end, and the district's revocation; their clocks in working days, and what each refuses.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from facilities.models import Applicant, CareSession, Enrolment, Facility, Filing, FilingSignature, Notice
from facilities.rules import filing_fields, filing_form
from facilities.services import facilities as register
from facilities.services import filings as services
from facilities.services import papers
from facilities.tasks import print_notice, see_filings
from portal import calendar
from portal.access import Actor
from portal.models import Street, User
from portal.tenancy import district_scope
from tests import rows
from tests.facilities import factories, families, test_api
from tests.facilities import filings as made
from tests.portal.spreadsheets import cells_of

pytestmark = pytest.mark.django_db
TODAY = made.NOW.date()
fetch = test_api.fetch


def iso(days: int) -> str:
    return (TODAY + timedelta(days)).isoformat()


CHANGE = {
    "new_name": "示例新苗二园",
    "new_places": "60",
    "moves": "no",
    "change_reason": "一间办公室改成活动室",
}
PAUSE = made.PAUSE | {"from_on": iso(0), "until_on": iso(90)}
RETURN = {"resume_on": iso(0), "done": "线路换过，检测合格", "ready": "yes"}
ENDING = made.ENDING | {"last_day": iso(0)}
GROUNDS = made.GROUNDS | {"ends_on": iso(0)}


class Doors:
    """The pages as each person uses them, on a day that the test names."""

    def __init__(self, cast, client, monkeypatch, fetch):
        self.cast, self.client, self.monkeypatch, self.fetch = cast, client, monkeypatch, fetch
        self.on(TODAY)

    def on(self, day: date, hour: int = 10) -> None:
        self.today = day
        moment = timezone.make_aware(datetime.combine(day, time(hour)))
        self.monkeypatch.setattr(timezone, "now", lambda: moment)

    def later(self, days: int) -> date:
        """So many working days later."""
        self.on(calendar.add_working_days(self.today, days))
        return self.today

    def get(self, who: str, name: str, /, *args, **query):
        self.client.force_login(self.cast.users[who])
        return self.client.get(reverse(name, args=["minhang", *args]), query)

    def post(self, who: str, name: str, /, *args, status: int = 302, **data):
        self.client.force_login(self.cast.users[who])
        answer = self.client.post(reverse(name, args=["minhang", *args]), data)
        assert answer.status_code == status, (name, answer.status_code, said(answer))
        return answer

    def begin(self, who: str, kind: str, facility: Facility, status: int = 302):
        named = facility.code if kind == "revocation" and who != "operator" else facility.pk
        answer = self.post(who, "filing-new", kind=kind, facility=named, status=status)
        return int(answer["Location"].rstrip("/").rsplit("/", 1)[1]) if status == 302 else answer

    def fill(self, who: str, pk: int, answers: dict[str, str]) -> None:
        """Section by section, as a browser without scripts saves them; an answer brings other questions."""
        for _turn in range(3):
            with district_scope(self.cast.minhang):
                filing = Filing.objects.get(pk=pk)
                sections = services.sections_of(filing)
                versions = dict(filing.answers.values_list("key", "version"))
            for section in sections:
                data = {f"v-{f.key}": versions.get(f.key, 0) for f in section.fields}
                for field in section.fields:
                    if field.of == "file":
                        data |= {} if field.key in versions else {field.key: made.pdf()}
                    elif field.key in answers:
                        data[field.key] = answers[field.key]
                self.post(who, "filing-section", pk, section.key, **data)

    def sent(self, kind: str, facility: Facility, answers: dict[str, str]) -> int:
        pk = self.begin("operator", kind, facility)
        self.fill("operator", pk, answers)
        self.post("operator", "filing-send", pk)
        return pk

    def filing(self, pk: int) -> Filing:
        with district_scope(self.cast.minhang):
            return Filing.objects.select_related("facility").get(pk=pk)

    def receive(self, pk: int) -> None:
        self.post("reviewer", "filing-receive", pk, version=self.filing(pk).version)

    def propose(self, pk: int, *, status: int = 302):
        """Every section accepted, every department agreed, laid before the head."""
        with district_scope(self.cast.minhang):
            filing = Filing.objects.get(pk=pk)
            keys = [s.key for s in services.sections_of(filing)]
            made.signed(filing, timezone.now())
        for key in keys:
            self.post("reviewer", "filing-accept", pk, key, what="accept")
        version = self.filing(pk).version
        return self.post(
            "reviewer", "filing-propose", pk, version=version, proposal="issue", opinion="材料齐全", status=status
        )  # fmt: skip

    def decide(self, pk: int, what: str = "issue", note: str = "", *, who: str = "head", status: int = 302):
        version = self.filing(pk).version
        return self.post(who, "filing-decide", pk, version=version, what=what, note=note, status=status)

    def issued(self, kind: str, facility: Facility, answers: dict[str, str]) -> int:
        pk = self.sent(kind, facility, answers)
        self.receive(pk)
        self.propose(pk)
        self.decide(pk)
        return pk

    def rest(self, pk: int) -> dict:
        """The filing as a system reads it."""
        number = self.filing(pk).number
        rows = self.fetch(path="/api/v1/filings/").json()["results"]
        return next(row for row in rows if row["number"] == number)

    def public(self, notice: Notice) -> str:
        return self.client.get(reverse("public-notice", args=[notice.code])).content.decode()

    def runs(self) -> None:
        """The hourly task."""
        see_filings(self.cast.minhang.pk, self.today.isoformat())


def said(answer) -> str:
    return answer.content.decode()


@pytest.fixture
def doors(cast, client, monkeypatch, fetch):
    return Doors(cast, client, monkeypatch, fetch)


@pytest.fixture
def notice(cast):
    """Of a facility that was filed a month ago by the cast's operator and has opened since."""
    with district_scope(cast.minhang):
        then = made.NOW - timedelta(30)
        operator, reviewer, head = (cast.actor(who) for who in ("operator", "reviewer", "head"))
        values = {"fire_on": "2026-01-10", "hygiene_on": "2026-01-12"}
        filing = services.send_filing(made.draft(operator, cast.street, **values), actor=operator, now=then)
        filing = made.filing_review.receive(filing, actor=reviewer, now=then)
        made_notice = made.notices.issue(made.proposed(filing, reviewer, then), actor=head, now=then)
        facility = made_notice.facility
        insure(facility)
        system = Actor.system(cast.minhang, "test")
        register.move_state(facility, "open", actor=system, on=then.date(), today=TODAY, reason="开办")
        return Notice.objects.select_related("facility__street", "facility__district").get(pk=made_notice.pk)


def insure(facility: Facility, day: date = TODAY) -> None:
    system = Actor.system(facility.district, "test")
    papers.insure(
        facility, actor=system, today=day, kind="liability", insurer="示例保险", number=f"S{facility.insurance.count()}",
        starts_on=day - timedelta(60), ends_on=day + timedelta(300),
    )  # fmt: skip


def lapse(facility: Facility, on: date) -> None:
    """Its insurance ended on a day."""
    facility.insurance.update(ends_on=on)
    Facility.objects.filter(pk=facility.pk).update(insured_until=on)


def state_of(cast, row):
    with district_scope(cast.minhang):
        return type(row).objects.get(pk=row.pk).state


# --- Change


def test_a_change_gives_a_new_notice_and_the_old_one_says_so(doors, notice):
    pk = doors.issued("change", notice.facility, CHANGE)
    with district_scope(doors.cast.minhang):
        facility = Facility.objects.get(pk=notice.facility_id)
        new = Notice.objects.get(filing=pk)
    assert (facility.name, facility.places, facility.state) == ("示例新苗二园", 60, "operating")
    assert (new.state, new.carries, state_of(doors.cast, notice)) == ("valid", True, "replaced")
    assert new.number in said(doors.get("operator", "filing", pk))
    assert notice.number in "".join(new.content["paragraphs"])
    assert "已换发，不再有效" in doors.public(notice) and "这份告知书有效" in doors.public(new)
    row = doors.rest(pk)
    assert (row["kind"], row["state"], row["notice"]["state"], row["facility"]) == (
        "change", "issued", "valid", facility.code,
    )  # fmt: skip


def test_a_move_asks_departments_and_takes_the_file_along(doors, notice):
    cast = doors.cast
    with district_scope(cast.minhang):
        street = Street.objects.get(pk=cast.other_street.pk)
    moving = {
        "moves": "yes", "new_street": str(street.pk), "new_address": "示例路 200 号", "new_area": "500", "new_floor": "1",
        "new_tenure": "leased", "new_lease_until": iso(900), "change_reason": "原址拆迁", "fire_number": "示消验9",
        "fire_on": iso(-20), "exits": "2", "hygiene_number": "示卫评9", "hygiene_on": iso(-20), "isolation_room": "yes",
    }  # fmt: skip
    pk = doors.sent("change", notice.facility, moving)
    doors.receive(pk)
    with district_scope(cast.minhang):
        asked = {s.section: s.due_on for s in Filing.objects.get(pk=pk).signatures.all()}
    due = calendar.add_working_days(TODAY, 10)
    assert asked == {"fire": due, "hygiene": due}
    doors.propose(pk)
    doors.decide(pk)
    with district_scope(cast.minhang):
        facility = Facility.objects.select_related("street").get(pk=notice.facility_id)
        there = facility.premises.get(ends_on=None)
        assert facility.premises.exclude(ends_on=None).count() == 1
        assert str(sum(a.area for a in there.areas.all())) == "500.0"
    assert (facility.street_id, facility.address, facility.latitude) == (street.pk, "示例路 200 号", None)
    assert there.lease_until.isoformat() == iso(900)


# --- Pause and return


def test_a_pause_from_today_holds_at_once(doors, notice):
    pk = doors.issued("suspension", notice.facility, PAUSE)
    assert state_of(doors.cast, notice.facility) == "suspended"
    assert state_of(doors.cast, notice) == "suspended"
    assert "这家机构暂停服务" in doors.public(notice)
    with district_scope(doors.cast.minhang):
        paper = Notice.objects.get(filing=pk)
    assert not paper.carries and "这份文书是真的" in doors.public(paper)
    assert doors.rest(pk)["effect_on"] == iso(0)


def test_a_pause_that_is_to_come_waits_for_its_day(doors, notice):
    cast = doors.cast
    with district_scope(cast.minhang):
        site = families.site(notice.facility, Actor.system(cast.minhang, "test"))
        families.sessions(site, Actor.system(cast.minhang, "test"), TODAY + timedelta(1))
        families.sessions(site, Actor.system(cast.minhang, "test"), TODAY + timedelta(20))
    pk = doors.issued("suspension", notice.facility, PAUSE | {"from_on": iso(14)})
    assert state_of(cast, notice.facility) == "operating" and state_of(cast, notice) == "valid"
    assert f"{iso(14)} 起生效" in said(doors.get("operator", "filing", pk))
    doors.post("head", "filing-effect", pk, status=409)
    doors.on(TODAY + timedelta(13))
    doors.runs()
    assert state_of(cast, notice.facility) == "operating"
    doors.on(TODAY + timedelta(14))
    doors.runs()
    doors.runs()
    assert state_of(cast, notice.facility) == "suspended" and state_of(cast, notice) == "suspended"
    with district_scope(cast.minhang):
        states = dict(CareSession.objects.values_list("on", "state"))
    assert states == {TODAY + timedelta(1): "open", TODAY + timedelta(20): "cancelled"}


def test_a_return_needs_insurance_and_brings_the_notice_back(doors, notice):
    cast = doors.cast
    doors.issued("suspension", notice.facility, PAUSE)
    with district_scope(cast.minhang):
        lapse(notice.facility, TODAY - timedelta(1))
    pk = doors.sent("resumption", notice.facility, RETURN)
    doors.receive(pk)
    doors.propose(pk)
    answer = doors.decide(pk, status=422)
    assert "责任险那天有效" in said(answer)
    assert doors.filing(pk).state == "proposed" and state_of(cast, notice.facility) == "suspended"
    with district_scope(cast.minhang):
        insure(notice.facility)
    doors.decide(pk)
    assert state_of(cast, notice.facility) == "operating" and state_of(cast, notice) == "valid"
    assert "这份告知书有效" in doors.public(notice)


def test_what_the_register_refuses_on_the_day_waits_for_the_head(doors, notice):
    cast = doors.cast
    doors.issued("suspension", notice.facility, PAUSE)
    pk = doors.issued("resumption", notice.facility, RETURN | {"resume_on": iso(5)})
    with district_scope(cast.minhang):
        lapse(notice.facility, TODAY)
    doors.on(TODAY + timedelta(6))
    doors.runs()
    assert doors.filing(pk).effect_at is None
    assert "名册没有跟上" in said(doors.get("head", "today"))
    answer = doors.post("head", "filing-effect", pk, status=422)
    assert "责任险" in said(answer)


# --- The end


def test_an_end_leaves_nothing_open(doors, notice):
    cast = doors.cast
    with district_scope(cast.minhang):
        system = Actor.system(cast.minhang, "test")
        there = families.applied(notice.facility, system)
        Enrolment.objects.filter(pk=there.pk).update(state="admitted", starts_on=TODAY - timedelta(9))
        families.applied(notice.facility, system)
    doors.issued("surrender", notice.facility, ENDING)
    with district_scope(cast.minhang):
        facility = Facility.objects.get(pk=notice.facility_id)
        assert (facility.state, facility.closed_on, facility.enrolled) == ("closed", TODAY, 0)
        assert not facility.classes.filter(ended_on=None).exists()
        assert sorted(Enrolment.objects.values_list("state", flat=True)) == ["dropped", "ended"]
    assert state_of(cast, notice) == "ended"
    assert "已停办，告知书失效" in doors.public(notice)


def test_the_children_of_an_end(doors, notice):
    """The keeper and the bureau read codes and masked names, the reviewer how many, others nothing."""
    cast = doors.cast
    with district_scope(cast.minhang):
        system = Actor.system(cast.minhang, "test")
        near = families.applied(notice.facility, system, name="云示安")
        other = families.applied(notice.facility, system, name="柏例雪")
        somewhere = made_free(cast)
        Enrolment.objects.create(child=other.child, facility=somewhere, applied_on=TODAY)
    pk = doors.sent("surrender", notice.facility, ENDING | {"last_day": iso(30)})
    for who in ("operator", "bureau", "officer"):
        page = said(doors.get(who, "filing-children", pk))
        assert near.child.code in page and "云*" in page and "云示安" not in page, who
        assert page.count("还没有</span>") == 1 and "已在别处登记" in page, who
        assert somewhere.name in page, who
    for who in ("reviewer", "head", "city_officer"):
        page = said(doors.get(who, "filing-children", pk))
        assert near.child.code not in page and "云*" not in page and "这里只有人数" in page, who
        assert "1 人还没有去处" in page, who
    for who in ("desk", "inspector", "parent", "stranger"):
        assert doors.get(who, "filing-children", pk).status_code in (403, 404), who
    assert doors.get("operator", "filing-children", notice.filing_id).status_code == 404


def made_free(cast) -> Facility:
    """A facility near by with free places."""
    return factories.facility(cast.street, full_day=True, places=40, enrolled=10, name="示例空位托育园")


def test_who_ends_too_is_no_place_to_go(doors, notice):
    cast = doors.cast
    with district_scope(cast.minhang):
        place = made_free(cast)
    pk = doors.sent("surrender", notice.facility, ENDING | {"last_day": iso(30)})
    assert place.name in said(doors.get("bureau", "filing-children", pk))
    other = doors.begin("bureau", "revocation", place)
    doors.fill("bureau", other, GROUNDS)
    doors.post("bureau", "filing-notify", other)
    assert place.name not in said(doors.get("bureau", "filing-children", pk))


def test_children_without_a_place_are_asked_about_before_the_end(doors, notice):
    with district_scope(doors.cast.minhang):
        families.applied(notice.facility, Actor.system(doors.cast.minhang, "test"))
    doors.issued("surrender", notice.facility, ENDING | {"last_day": iso(20)})
    assert "名幼儿还没有去处" not in said(doors.get("reviewer", "today"))
    doors.on(TODAY + timedelta(10))
    assert "1 名幼儿还没有去处" in said(doors.get("reviewer", "today"))


# --- Revocation


def hearing(doors, facility) -> int:
    pk = doors.begin("bureau", "revocation", facility)
    doors.fill("bureau", pk, GROUNDS | {"ends_on": iso(0)})
    doors.post("bureau", "filing-notify", pk)
    return pk


def conclude(doors, pk, status: int = 302, opinion: str = "陈述不成立，材料确系伪造"):
    version = doors.filing(pk).version
    return doors.post("bureau", "filing-propose", pk, version=version, opinion=opinion, status=status)


def test_a_revocation_hears_the_facility_before_the_head_decides(doors, notice):
    pk = hearing(doors, notice.facility)
    assert doors.rest(pk)["due_on"] == calendar.add_working_days(TODAY, 5).isoformat()
    assert "写陈述申辩" in said(doors.get("operator", "today"))
    doors.post(
        "operator", "filing-statement", pk, what="statement", text="房产证是真的，附复印件", file=made.pdf()
    )
    page = said(doors.get("head", "filing", pk))
    assert "房产证是真的" in page and "a.pdf" in page
    answer = conclude(doors, pk, status=409)
    assert "过了再报签发" in said(answer)
    doors.later(6)
    doors.post("operator", "filing-statement", pk, what="statement", text="再补充一点", status=409)
    conclude(doors, pk, status=422, opinion="否")
    conclude(doors, pk)
    assert doors.rest(pk)["due_on"] == calendar.add_working_days(doors.today, 15).isoformat()
    doors.decide(pk, "refuse", "机构的陈述成立，撤回没有依据", status=409)
    doors.decide(pk)
    assert state_of(doors.cast, notice.facility) == "closed" and state_of(doors.cast, notice) == "revoked"
    assert "备案已被撤回" in doors.public(notice)
    with district_scope(doors.cast.minhang):
        paper = Notice.objects.get(filing=pk)
    assert (
        "房产证明系伪造" in "".join(paper.content["paragraphs"])
        and paper.title == "撤回托育服务机构备案决定书"
    )


def test_a_facility_with_nothing_to_add_shortens_the_hearing(doors, notice):
    pk = hearing(doors, notice.facility)
    doors.post("operator", "filing-statement", pk, what="waive")
    conclude(doors, pk)
    assert doors.filing(pk).state == "proposed"


def test_the_head_sends_a_revocation_back_to_the_hearing(doors, notice):
    pk = hearing(doors, notice.facility)
    doors.post("operator", "filing-statement", pk, what="waive")
    conclude(doors, pk)
    doors.decide(pk, "decline", "再听一次机构的意见")
    assert doors.filing(pk).state == "hearing"
    assert state_of(doors.cast, notice.facility) == "operating"


def test_the_district_lets_a_revocation_be(doors, notice):
    pk = hearing(doors, notice.facility)
    doors.post("bureau", "filing-drop", pk, note="", status=422)
    doors.post("bureau", "filing-drop", pk, note="机构已补正材料")
    assert doors.filing(pk).state == "withdrawn" and state_of(doors.cast, notice) == "valid"


def test_who_begins_a_revocation_does_not_decide_it(doors, notice):
    pk = hearing(doors, notice.facility)
    doors.post("operator", "filing-statement", pk, what="waive")
    conclude(doors, pk)
    assert doors.decide(pk, who="bureau", status=404)
    assert doors.filing(pk).state == "proposed"


def test_others_state_nothing(doors, notice):
    pk = hearing(doors, notice.facility)
    for who in ("bureau", "reviewer", "officer"):
        doors.post(who, "filing-statement", pk, what="statement", text="代机构说一句", status=403)
    with district_scope(doors.cast.minhang):
        assert not Filing.objects.get(pk=pk).steps.filter(action="statement").exists()


# --- Closed by the district itself


def test_a_closing_by_the_register_ends_notice_and_filings(doors, notice):
    """Who closes ex officio, by the facility's own page, leaves no notice that still says valid."""
    cast = doors.cast
    pending = doors.sent("change", notice.facility, CHANGE)
    with district_scope(cast.minhang):
        version = Facility.objects.get(pk=notice.facility_id).version
    closing = {"action": "close", "on": iso(0), "reason": "举办者失联，依职权注销", "version": version}
    doors.post("bureau", "facility-state", notice.facility_id, **closing)
    assert state_of(cast, notice.facility) == "closed" and state_of(cast, notice) == "ended"
    assert "已停办，告知书失效" in doors.public(notice)
    left = doors.filing(pending)
    assert (left.state, left.clock_due) == ("withdrawn", None)
    assert "机构已停办" in said(doors.get("operator", "filing", pending))
    assert "没有停办的机构" in said(doors.begin("operator", "change", notice.facility, status=422))
    assert "不能办撤回备案" in said(doors.begin("bureau", "revocation", notice.facility, status=409))


def test_a_pause_to_come_is_overtaken_by_a_closing(doors, notice):
    cast = doors.cast
    pk = doors.issued("suspension", notice.facility, PAUSE | {"from_on": iso(14)})
    with district_scope(cast.minhang):
        register.move_state(
            notice.facility, "close", actor=Actor.system(cast.minhang, "test"), on=TODAY, today=TODAY, reason="失联"
        )  # fmt: skip
    doors.on(TODAY + timedelta(15))
    doors.runs()
    assert state_of(cast, notice.facility) == "closed" and doors.filing(pk).effect_at is not None
    assert "名册没有跟上" not in said(doors.get("head", "today"))


def test_an_end_to_come_that_the_district_went_ahead_of(doors, notice):
    cast = doors.cast
    pk = doors.issued("surrender", notice.facility, ENDING | {"last_day": iso(14)})
    with district_scope(cast.minhang):
        register.move_state(
            notice.facility, "close", actor=Actor.system(cast.minhang, "test"), on=TODAY, today=TODAY, reason="提前停"
        )  # fmt: skip
    doors.on(TODAY + timedelta(14))
    doors.runs()
    assert doors.filing(pk).effect_at is not None and state_of(cast, notice) == "ended"


# --- Clocks


def test_each_stage_has_its_clock_in_working_days(doors, notice):
    """Receipt, none while it is given back, receipt anew, decision; a weekend and a holiday do not count."""
    doors.on(date(2026, 3, 20))  # a Friday
    pk = doors.sent("change", notice.facility, CHANGE)
    assert doors.rest(pk)["due_on"] == "2026-03-27"
    doors.post("reviewer", "filing-remark", pk, "change_reason", section="wanted", text="写明改造的面积")
    doors.later(1)
    doors.post("reviewer", "filing-return", pk, note="补一处", version=doors.filing(pk).version)
    assert (doors.rest(pk)["state"], doors.rest(pk)["due_on"]) == ("returned", None)
    assert "不计期限" in said(doors.get("operator", "filing", pk))
    doors.on(date(2026, 4, 3))  # the Friday before Qingming's long weekend
    doors.post("operator", "filing-answer", pk, "change_reason", change_reason="办公室 40 平方米改成活动室",
               **{"v-change_reason": 1}, status=200)  # fmt: skip
    doors.post("operator", "filing-send", pk)
    assert doors.rest(pk)["due_on"] == calendar.add_working_days(date(2026, 4, 3), 5).isoformat()
    assert calendar.add_working_days(date(2026, 4, 3), 5) > date(2026, 4, 10)
    doors.later(2)
    doors.receive(pk)
    due = calendar.add_working_days(doors.today, 15).isoformat()
    assert doors.rest(pk)["due_on"] == due
    doors.later(3)
    doors.propose(pk)
    assert doors.rest(pk)["due_on"] == due  # the same clock goes on to the head
    doors.decide(pk)
    assert doors.rest(pk)["due_on"] is None


def test_a_clock_that_runs_out_reaches_the_head(doors, notice):
    pk = doors.sent("change", notice.facility, CHANGE)
    name = notice.facility.name
    doors.later(4)
    doors.runs()
    assert f"变更：{name}" in said(doors.get("head", "today"))
    doors.later(2)
    doors.runs()
    with district_scope(doors.cast.minhang):
        stages = list(Filing.objects.get(pk=pk).escalations.values_list("clock", "stage"))
    assert stages == [("receipt", "soon"), ("receipt", "breach")]
    assert "逾期" in said(doors.get("reviewer", "today"))


# --- What is refused


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ("suspended", "suspension"), ("operating", "resumption"), ("filed", "suspension"), ("filed", "resumption"),
        ("closed", "surrender"), ("closed", "change"), ("closed", "resumption"), ("preparing", "change"),
    ],
)  # fmt: skip
def test_a_facility_in_the_wrong_state_cannot_begin(doors, notice, state, kind):
    with district_scope(doors.cast.minhang):
        Facility.objects.filter(pk=notice.facility_id).update(state=state)
    doors.begin(
        "operator", kind, notice.facility, status=409 if state not in ("closed", "preparing") else 422
    )
    with district_scope(doors.cast.minhang):
        assert not Filing.objects.exclude(kind="new").exists()


def test_one_filing_of_a_facility_at_a_time(doors, notice):
    first = doors.begin("operator", "change", notice.facility)
    answer = doors.begin("operator", "surrender", notice.facility, status=409)
    assert doors.filing(first).number in said(answer)
    doors.post("operator", "filing-withdraw", first, note="先办停办")
    doors.begin("operator", "surrender", notice.facility)


def test_nobody_files_for_another_facility(doors, notice):
    with district_scope(doors.cast.minhang):
        other = Facility.objects.get(code="TS0002")
    doors.begin("operator", "change", other, status=422)  # not in the list of the own ones
    doors.begin("operator", "revocation", notice.facility, status=422)
    doors.begin(
        "bureau", "surrender", notice.facility, status=422
    )  # a code is asked for, and it is a revocation
    doors.post("reviewer", "filing-new", facility="XX9999", status=422)
    doors.begin("officer", "revocation", notice.facility, status=403)


@pytest.mark.parametrize(
    ("kind", "answers", "sentence"),
    [
        ("change", {"moves": "no", "change_reason": "没什么要变"}, "至少填一项要变更的内容"),
        ("suspension", PAUSE | {"until_on": iso(-1)}, "不能早于"),
        ("suspension", PAUSE | {"told_parents_on": iso(3)}, "还没到这一天"),
        ("surrender", ENDING | {"told_parents_on": iso(-3), "last_day": iso(-9)}, "不能早于"),
        ("surrender", {k: v for k, v in ENDING.items() if k != "children_plan"}, "没有填"),
    ],
)
def test_what_does_not_fit_is_not_sent(doors, notice, kind, answers, sentence):
    pk = doors.begin("operator", kind, notice.facility)
    doors.fill("operator", pk, answers)
    answer = doors.post("operator", "filing-send", pk, status=422)
    assert sentence in said(answer)
    assert doors.filing(pk).state == "draft"


def test_a_resumption_says_that_all_is_ready(doors, notice):
    doors.issued("suspension", notice.facility, PAUSE)
    pk = doors.begin("operator", "resumption", notice.facility)
    doors.fill("operator", pk, RETURN | {"ready": "no"})
    answer = doors.post("operator", "filing-send", pk, status=422)
    assert "都有效了再办恢复" in said(answer)


def test_an_incomplete_revocation_is_not_served(doors, notice):
    pk = doors.begin("bureau", "revocation", notice.facility)
    doors.post("bureau", "filing-notify", pk, status=422)
    doors.post("bureau", "filing-send", pk, status=409)
    doors.post("bureau", "filing-withdraw", pk, status=409)
    assert doors.filing(pk).state == "draft"


def test_a_twin_of_the_new_name_that_came_meanwhile_is_refused_at_the_issue(doors, notice):
    pk = doors.sent("change", notice.facility, CHANGE | {"new_name": "示例后来居上托育园"})
    doors.receive(pk)
    doors.propose(pk)
    with district_scope(doors.cast.minhang):
        factories.facility(doors.cast.street, name="示例后来居上托育园")
    doors.decide(pk, status=422)
    assert doors.filing(pk).state == "proposed" and state_of(doors.cast, notice) == "valid"


def test_the_head_refuses_with_a_reason(doors, notice):
    pk = doors.sent("suspension", notice.facility, PAUSE)
    doors.receive(pk)
    doors.propose(pk)
    assert "10 到 500 个字" in said(doors.decide(pk, "refuse", "不行", status=422))
    doors.decide(pk, "refuse", "在托幼儿还没有安排好，安排好再办")
    assert "在托幼儿还没有安排好" in said(doors.get("operator", "filing", pk))
    assert (doors.rest(pk)["state"], doors.rest(pk)["notice"]) == ("refused", None)
    assert state_of(doors.cast, notice.facility) == "operating"


def test_a_stale_page_decides_nothing(doors, notice):
    pk = doors.sent("change", notice.facility, CHANGE)
    doors.receive(pk)
    doors.propose(pk)
    old = doors.filing(pk).version
    doors.decide(pk, "decline", "再核实一下面积")
    doors.propose(pk)
    answer = doors.post("head", "filing-decide", pk, version=old, what="issue", status=409)
    assert "刷新看最新的" in said(answer)


def test_the_facilitys_page_shows_notice_and_what_may_be_begun(doors, notice):
    pk = notice.facility_id
    page = said(doors.get("operator", "facility", pk))
    assert notice.number in page and notice.code in page
    for kind, shown in (("change", True), ("suspension", True), ("surrender", True), ("resumption", False)):
        assert (f"?kind={kind}&amp;facility={pk}" in page) is shown, kind
    assert f"?kind=revocation&amp;facility={pk}" in said(doors.get("reviewer", "facility", pk))
    assert "?kind=" not in said(doors.get("officer", "facility", pk))
    assert notice.facility.code in said(doors.get("reviewer", "filing-new", facility=pk))
    under_way = doors.begin("operator", "change", notice.facility)
    page = said(doors.get("operator", "facility", pk))
    assert "?kind=" not in page and doors.filing(under_way).number in page


# --- From no account to the notice


def accept_account(doors, link: str) -> str:
    """The reviewer confirms the one application there is; the applicant sets a password. Answers the account."""
    with district_scope(doors.cast.minhang):
        row = Applicant.objects.get()
    doors.post("reviewer", "applicant-confirm", row.pk)
    doors.client.logout()
    assert (
        doors.client.post(link, {"password": "Own-Horse-2026", "again": "Own-Horse-2026"}).status_code == 302
    )
    doors.cast.users["filer"] = User.objects.get(username=row.number.lower())
    return row.number.lower()


def test_from_an_application_to_a_notice_that_anybody_can_check(doors, settings):
    cache.clear()
    cast = doors.cast
    answer = doors.client.post(
        "/apply/minhang/",
        {
            "name": "陈示",
            "phone": "10000000001",
            "organisation": "示例新苗有限公司",
            "credit_code": made.credit(7),
        },
    )
    account = accept_account(doors, answer["Location"])
    signed_in = doors.client.post("/sign-in/", {"username": account, "password": "Own-Horse-2026"})
    assert signed_in.status_code == 302
    pk = int(doors.post("filer", "filing-new", kind="new")["Location"].rstrip("/").rsplit("/", 1)[1])
    doors.fill("filer", pk, made.new_answers(cast.street))
    doors.post("filer", "filing-send", pk)
    assert "受理或退回" in said(doors.get("reviewer", "today"))
    doors.receive(pk)
    with district_scope(cast.minhang):
        own = Filing.objects.get(pk=pk).signatures.get(section="hygiene")
        FilingSignature.objects.filter(pk=own.pk).update(unit=cast.health_unit)
        other = Filing.objects.get(pk=pk).signatures.get(section="fire")
    assert "会签" in said(doors.get("department", "today"))
    assert "去会签" in said(doors.get("department", "filing-section", pk, "hygiene"))
    doors.post("department", "filing-sign", other.pk, answer="agree", status=404)
    doors.post("department", "filing-sign", own.pk, answer="refuse", opinion="不行", status=422)
    doors.post("department", "filing-sign", own.pk, answer="agree", opinion="现场看过", file=made.pdf())
    doors.propose(pk)
    assert "签发" in said(doors.get("head", "today"))
    doors.decide(pk)
    with district_scope(cast.minhang):
        paper = Notice.objects.get(filing=pk)
        print_notice(cast.minhang.pk, paper.pk)
        paper.refresh_from_db()
        facility = Facility.objects.get(pk=paper.facility_id)
    body = b"".join(doors.get("filer", "filing-notice", pk).streaming_content)
    assert body.startswith(b"%PDF-") and hashlib.sha256(body).hexdigest() == paper.sha256
    assert paper.sha256 in doors.public(paper)
    assert f"{paper.issued_on:%Y}年" in doors.public(paper)  # a paper's day has its year
    assert facility.name in said(doors.get("filer", "facilities"))
    doors.client.logout()
    assert doors.client.get("/public/notices/", {"code": paper.code.lower()})["Location"].endswith(
        f"{paper.code}/"
    )
    assert doors.client.get("/public/notices/MH-AAAAA-AAAAA/").status_code == 404


def test_another_device_goes_on_where_the_first_one_stopped(doors):
    """Field by field; a field that was written elsewhere meanwhile is not overwritten."""
    pk = int(doors.post("operator", "filing-new", kind="new")["Location"].rstrip("/").rsplit("/", 1)[1])
    doors.post("operator", "filing-answer", pk, "head", head="陈示", **{"v-head": 0}, status=200)
    other = Client()
    other.force_login(doors.cast.users["operator"])
    page = said(other.get(f"/minhang/filings/{pk}/sections/subject/"))
    assert 'value="陈示"' in page and "还差 7 项" in page
    doors.post("operator", "filing-answer", pk, "head", head="李示", **{"v-head": 1}, status=200)
    late = other.post(f"/minhang/filings/{pk}/answers/head/", {"head": "王示", "v-head": 1})
    assert late.status_code == 409 and "刚在别处改过" in said(late) and "李示" in said(late)
    wrong = doors.post("operator", "filing-answer", pk, "phone", phone="abc", **{"v-phone": 0}, status=422)
    assert 'value="abc"' in said(wrong)  # what was written stays on the page
    with district_scope(doors.cast.minhang):
        assert services.values_of(Filing.objects.get(pk=pk)) == {"head": "李示"}


def test_remarks_reach_the_applicant_with_the_return_and_open_their_fields_alone(doors, notice):
    pk = doors.sent("change", notice.facility, CHANGE)
    doors.post("reviewer", "filing-remark", pk, "change_reason", section="wanted", text="写明改造的面积")
    assert "写明改造的面积" not in said(doors.get("operator", "filing", pk))
    doors.post("reviewer", "filing-receive", pk, version=doors.filing(pk).version, status=409)
    doors.post("reviewer", "filing-return", pk, note="", version=doors.filing(pk).version)
    page = said(doors.get("operator", "filing", pk))
    assert "有 1 项要补正，只改这些" in page and "写明改造的面积" in page
    assert "去补正" in said(doors.get("operator", "today"))
    doors.post(
        "operator", "filing-answer", pk, "new_places", new_places="70", **{"v-new_places": 1}, status=409
    )
    doors.post("operator", "filing-send", pk, status=422)
    doors.on(TODAY, 15)
    better = {"change_reason": "办公室 40 平方米改成活动室", "v-change_reason": 1}
    doors.post("operator", "filing-answer", pk, "change_reason", status=200, **better)
    doors.post("operator", "filing-send", pk)
    page = said(doors.get("reviewer", "filing", pk))
    assert "补正过的" in page and "一间办公室改成活动室" in page and "办公室 40 平方米改成活动室" in page


def test_a_section_found_in_order_leads_to_the_next_one(doors, notice):
    pk = doors.sent("surrender", notice.facility, ENDING)
    doors.receive(pk)
    answer = doors.post("reviewer", "filing-accept", pk, "ending", what="accept")
    assert answer["Location"].endswith("/sections/children/")
    answer = doors.post("reviewer", "filing-accept", pk, "children", what="accept")
    assert answer["Location"].endswith(f"/filings/{pk}/")


def test_the_list_goes_page_by_page_and_out_as_a_spreadsheet(doors, monkeypatch):
    with district_scope(doors.cast.minhang):
        for number in range(60):
            rows.make(Filing, state="sent", number=f"MHB9{number:03d}", name=f"示例园{number}")
    first = said(doors.get("bureau", "filings"))
    assert first.count("MHB9") == 50 and "共 60 份" in first
    after = re.search(r'after=([^"&]+)', first).group(1)
    second = said(doors.get("bureau", "filings", after=after))
    assert second.count("MHB9") == 10
    assert doors.get("bureau", "filings", after="junk").status_code == 400
    out = cells_of(doors.get("bureau", "export", "filings", state="sent").content)
    assert len(out) == 61 and {row[5] for row in out[1:]} == {"待受理"}
    assert len(cells_of(doors.get("bureau", "export", "filings", state="over").content)) == 1


def test_what_an_upgraded_form_does_not_ask_is_still_there_to_read(doors, monkeypatch):
    """A field, and a whole section, go; what was answered stands below, what is new is asked."""
    pk = int(doors.post("operator", "filing-new", kind="new")["Location"].rstrip("/").rsplit("/", 1)[1])
    doors.post("operator", "filing-answer", pk, "cameras", cameras="24", **{"v-cameras": 0}, status=200)
    doors.post("operator", "filing-answer", pk, "exits", exits="3", **{"v-exits": 0}, status=200)
    gone, sections = {"exits"} | {f.key for f in filing_fields.SECURITY.fields}, []
    for section in filing_fields.FORM.all_sections:
        fields = tuple(replace(f, until=2) if f.key in gone else f for f in section.fields)
        if section.key == "fire":
            fields = (*fields, filing_form.Field("sprinklers", "喷淋", "yes", since=2))
        sections.append(replace(section, fields=fields))
    monkeypatch.setattr(filing_fields, "FORM", filing_form.Form(2, tuple(sections)))
    page = said(doors.get("operator", "filing", pk))
    assert "安全防范" not in page and "以前的表填过" in page and "摄像头" in page and "24" in page
    fire = said(doors.get("operator", "filing-section", pk, "fire"))
    assert "喷淋" in fire and "以前的表填过" in fire and "安全出口" in fire
    doors.post("operator", "filing-answer", pk, "cameras", cameras="30", **{"v-cameras": 1}, status=404)
