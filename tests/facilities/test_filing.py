"""A filing from the first answer to the notice: what is kept, what is refused, what the register has in the end."""

from __future__ import annotations

from datetime import date, timedelta
from io import BytesIO

import pdfplumber
import pytest
from django.db import ProgrammingError, transaction

from facilities.models import Facility, Filing, FilingAnswer, FilingEscalation, Notice
from facilities.rules import filing_fields
from facilities.rules.filing_form import Field, Form, Section
from facilities.services import (
    filing_clocks,
    filing_names,
    filing_review,
    filing_signatures,
    filings,
    notices,
)
from portal import calendar
from portal.access import Actor
from portal.errors import Conflict, Denied, NotFound, Refused
from portal.models import AuditEntry, Parameter
from portal.services.files import path_of
from portal.tenancy import district_scope, public_scope
from tests.facilities import factories
from tests.facilities import filings as made

pytestmark = pytest.mark.django_db
NOW = made.NOW
TODAY = NOW.date()


@pytest.fixture
def here(cast):
    with district_scope(cast.minhang):
        yield cast


def actors(cast):
    return cast.actor("operator"), cast.actor("reviewer"), cast.actor("head")


def test_answers_are_saved_one_by_one_and_found_again(here):
    operator = here.actor("operator")
    filing = filings.start_filing("new", actor=operator, now=NOW)
    first = filings.save_answer(filing, "name", "示例新苗托育园", version=0, actor=operator)
    assert (first.version, Filing.objects.get(pk=filing.pk).name) == (1, "示例新苗托育园")
    filings.save_answer(filing, "places", "５０", version=0, actor=operator)  # full-width
    assert filings.values_of(filing)["places"] == 50


def test_another_device_does_not_overwrite(here):
    operator = here.actor("operator")
    filing = filings.start_filing("new", actor=operator, now=NOW)
    filings.save_answer(filing, "head", "陈示", version=0, actor=operator)
    with pytest.raises(Conflict) as told:
        filings.save_answer(filing, "head", "李示", version=0, actor=operator)
    assert told.value.field == "head"
    assert filings.values_of(filing)["head"] == "陈示"


@pytest.mark.parametrize(
    ("key", "raw"),
    [
        ("places", "许多"), ("places", "501"), ("usable_area", "4.25"), ("usable_area", "NaN"), ("opens_at", "7点"),
        ("kind", "school"), ("credit_code", "913101"), ("phone", "abc"), ("street", "987654321"), ("meals", "maybe"),
        ("name", "长" * 101), ("licence_file", "a.pdf"), ("hygiene_on", "2026-02-30"),
    ],
)  # fmt: skip
def test_an_answer_that_cannot_be_is_refused_and_nothing_is_kept(here, key, raw):
    operator = here.actor("operator")
    filing = filings.start_filing("new", actor=operator, now=NOW)
    with pytest.raises(Refused) as told:
        filings.save_answer(filing, key, raw, version=0, actor=operator)
    assert told.value.field == key
    assert not FilingAnswer.objects.filter(filing=filing).exists()


def test_food_is_asked_where_there_are_meals(here):
    operator = here.actor("operator")
    filing = filings.start_filing("new", actor=operator, now=NOW)
    with pytest.raises(NotFound):
        filings.save_answer(filing, "food_licence", "示食1", version=0, actor=operator)
    filings.save_answer(filing, "meals", "yes", version=0, actor=operator)
    assert filings.save_answer(filing, "food_licence", "示食1", version=0, actor=operator).section == "food"


def test_an_upgrade_of_the_form_keeps_old_answers_and_asks_new_fields(here, monkeypatch):
    operator = here.actor("operator")
    filing = made.draft(operator, here.street)
    assert filings.lacking(filing) == []
    sections = []
    for section in filing_fields.FORM.all_sections:
        if section.key == "fire":
            fields = tuple(
                Field(**{**f.__dict__, "until": 2}) if f.key == "exits" else f for f in section.fields
            )
            section = Section("fire", section.label, (*fields, Field("sprinklers", "喷淋", "yes", since=2)),
                              section.kinds, section.signer)  # fmt: skip
        sections.append(section)
    monkeypatch.setattr(filing_fields, "FORM", Form(2, tuple(sections)))
    assert [field.key for _section, field in filings.lacking(filing)] == ["sprinklers"]
    kept = FilingAnswer.objects.get(filing=filing, key="exits")
    assert (kept.value, kept.form_version) == (3, 1)
    with pytest.raises(Refused):
        filings.send_filing(filing, actor=operator, now=NOW)
    filings.save_answer(filing, "sprinklers", "yes", version=0, actor=operator)
    assert filings.send_filing(filing, actor=operator, now=NOW).form_version == 2


def test_sending_needs_everything_and_says_what_lacks(here):
    operator = here.actor("operator")
    filing = filings.start_filing("new", actor=operator, now=NOW)
    with pytest.raises(Refused) as told:
        filings.send_filing(filing, actor=operator, now=NOW)
    assert told.value.code == "missing"
    assert {"name", "fire_file", "fees"} <= set(told.value.params["errors"])
    assert "food_licence" not in told.value.params["errors"]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"toddler_places": "40"}, "places"),
        ({"toddler_places": "", "toddler_classes": "2"}, "toddler_places"),
        ({"closes_at": "07:00"}, "closes_at"),
        ({"full_day": "no"}, "full_day"),
        ({"hygiene_on": "2026-12-31"}, "hygiene_on"),
        ({"tenure": "leased", "lease_until": "2026-01-01"}, "lease_until"),
    ],
)
def test_sending_refuses_what_does_not_fit_together(here, values, field):
    operator = here.actor("operator")
    filing = made.draft(operator, here.street, **values)
    with pytest.raises(Refused) as told:
        filings.send_filing(filing, actor=operator, now=NOW)
    assert field in told.value.params["errors"]


def test_the_clocks_run_in_working_days(here):
    operator, reviewer, _head = actors(here)
    sent = filings.send_filing(made.draft(operator, here.street), actor=operator, now=NOW)
    assert sent.clock_due == calendar.add_working_days(TODAY, 5)
    received = filing_review.receive(sent, actor=reviewer, now=NOW + timedelta(days=1))
    assert received.clock_due == calendar.add_working_days(TODAY + timedelta(days=1), 15)
    assert {s.due_on for s in received.signatures.all()} == {
        calendar.add_working_days(TODAY + timedelta(days=1), 10)
    }


def test_departments_are_asked_as_the_district_has_it(here):
    operator, reviewer, _head = actors(here)
    filing = made.received(operator, reviewer, here.street)
    assert {s.section: s.unit.kind for s in filing.signatures.select_related("unit")} == {
        "fire": "fire", "hygiene": "health", "security": "police",
    }  # fmt: skip


def test_returned_fields_are_mended_and_no_others(here):
    operator, reviewer, _head = actors(here)
    filing = filings.send_filing(made.draft(operator, here.street), actor=operator, now=NOW)
    with pytest.raises(Refused):
        filing_review.return_filing(filing, actor=reviewer, now=NOW)  # no remark yet
    later = NOW + timedelta(hours=1)
    filing_review.remark(filing, "fire_number", "文号和文件不一致", actor=reviewer, now=later)
    with pytest.raises(Conflict):
        filing_review.receive(filing, actor=reviewer, now=later)
    returned = filing_review.return_filing(filing, actor=reviewer, now=later)
    assert (returned.state, returned.clock_due) == ("returned", None)
    with pytest.raises(Conflict):
        filings.save_answer(returned, "head", "李示", version=1, actor=operator)
    with pytest.raises(Refused) as told:
        filings.send_filing(returned, actor=operator, now=later)
    assert told.value.code == "unmended"
    filings.save_answer(
        returned, "fire_number", "示消验2026-9", version=1, actor=operator, now=later + timedelta(minutes=5)
    )
    again = filings.send_filing(returned, actor=operator, now=later + timedelta(hours=1))
    assert (again.state, again.round) == ("sent", 2)
    remark = again.remarks.get()
    assert (remark.shown, remark.round, remark.settled_at is not None) == ("示消验2026-1", 1, True)


def test_a_department_signs_again_only_when_its_section_changed(here):
    operator, reviewer, _head = actors(here)
    filing = made.received(operator, reviewer, here.street)
    made.signed(filing)
    later = NOW + timedelta(hours=2)
    filing_review.remark(filing, "fire_number", "文号和文件不一致", actor=reviewer, now=later)
    filing_review.return_filing(filing, actor=reviewer, now=later)
    filings.save_answer(
        filing, "fire_number", "示消验9", version=1, actor=operator, now=later + timedelta(hours=1)
    )
    filings.send_filing(filing, actor=operator, now=later + timedelta(hours=2))
    filing_review.receive(filing, actor=reviewer, now=later + timedelta(hours=3))
    assert {s.section: s.state for s in filing.signatures.all()} == {
        "fire": "asked", "hygiene": "agreed", "security": "agreed",
    }  # fmt: skip


def test_a_department_signs_its_own_section_and_gives_a_reason_for_no(here):
    operator, reviewer, _head = actors(here)
    filing = made.received(operator, reviewer, here.street)
    health = here.actor("department")
    own = filing.signatures.get(section="hygiene")
    own.unit = here.health_unit
    own.save(update_fields=["unit"])
    other = filing.signatures.get(section="fire")
    with pytest.raises(Denied):
        filing_signatures.sign(other, "agree", actor=health, now=NOW)
    with pytest.raises(Refused):
        filing_signatures.sign(own, "refuse", "不行", actor=health, now=NOW)
    signed = filing_signatures.sign(own, "refuse", "观察室没有独立通风，不符合要求", actor=health, now=NOW)
    assert signed.state == "refused"
    with pytest.raises(Conflict):
        filing_signatures.sign(signed, "agree", actor=health, now=NOW)
    with pytest.raises(Refused) as told:
        filing_review.propose(filing, "issue", "材料齐全", actor=reviewer, now=NOW)
    assert "不同意" in str(told.value.message)


def test_the_proposal_waits_for_all_sections_and_departments(here):
    operator, reviewer, _head = actors(here)
    filing = made.received(operator, reviewer, here.street)
    with pytest.raises(Refused) as told:
        filing_review.propose(filing, "issue", "材料齐全", actor=reviewer, now=NOW)
    assert told.value.code == "not_ready"
    filing = made.proposed(filing, reviewer)
    assert filing.state == "proposed"


def test_two_people_review_and_issue(here):
    operator, reviewer, _head = actors(here)
    both = Actor.system(here.minhang, "test")
    filing = made.proposed(made.received(operator, reviewer, here.street), reviewer)
    with pytest.raises(Denied):
        notices.issue(filing, actor=reviewer, now=NOW)
    same = Actor(here.minhang, reviewer.user, process="test")
    with pytest.raises(Denied) as told:
        notices.issue(filing, actor=same, now=NOW)
    assert told.value.code == "second_person"
    assert both.may("filing.issue")
    assert not Facility.objects.filter(name="示例新苗托育园").exists()


def test_the_issue_enters_the_facility_with_all_that_was_filed(here):
    operator, reviewer, head = actors(here)
    notice = made.issued(operator, reviewer, head, here.street)
    facility = notice.facility
    assert (facility.state, facility.name, facility.places, facility.operator.name) == (
        "filed", "示例新苗托育园", 50, "示例新苗有限公司",
    )  # fmt: skip
    premises = facility.premises.get()
    assert (premises.tenure, [str(a.area) for a in premises.areas.all()]) == ("own", ["420.5"])
    assert sorted((c.kind, c.places) for c in facility.classes.all()) == [
        ("senior", 20),
        ("toddler", 15),
        ("toddler", 15),
    ]
    held = {p.kind: p for p in facility.permits.select_related("file")}
    assert set(held) == {"registration", "fire", "hygiene"}  # it serves no meals
    assert (held["fire"].number, held["fire"].issued_on) == ("示消验2026-1", date(2026, 1, 10))
    scan = notice.filing.answers.get(key="fire_file").file
    assert scan is not None and held["fire"].file_id == scan.pk
    assert Facility.objects.allowed(operator, "facility.keep").filter(pk=facility.pk).exists()
    assert notice.number == "闵托告〔2026〕1号"
    assert notice.code.startswith("MH-")
    filing = notice.filing
    filing.refresh_from_db()
    assert (filing.state, filing.facility_id, filing.decided_on) == ("issued", facility.pk, TODAY)
    with pytest.raises(Conflict):
        filings.save_answer(filing, "name", "别的名称", version=1, actor=operator)
    assert AuditEntry.objects.filter(action="facilities.notice.issue").count() == 1


def send(operator, here, **values):
    return filings.send_filing(made.draft(operator, here.street, **values), actor=operator, now=NOW)


def test_a_twin_in_the_register_is_refused_when_it_is_sent(here):
    operator, _reviewer, _head = actors(here)
    with pytest.raises(Refused) as told:
        send(operator, here, name=here.facility.name)
    assert told.value.code == "twin" and list(told.value.params["errors"]) == ["name"]


def test_a_name_that_a_site_may_not_have_is_refused_when_it_is_sent(here):
    """Nobody signs for weeks what the register will not take; the right name is proposed."""
    operator, _reviewer, _head = actors(here)
    Parameter.objects.filter(key="baby_house.naming").update(value="convention")
    values = {"kind": "baby_house", "full_day": "no", "hourly": "yes"}
    with pytest.raises(Refused) as told:
        send(operator, here, name="示例快乐宝宝屋", **values)
    assert "七宝镇" in told.value.message and list(told.value.params["errors"]) == ["name"]
    assert send(operator, here, name="七宝镇“宝宝屋”", **values).state == "sent"


def test_a_new_name_is_asked_about_when_the_change_is_sent(here):
    operator, _reviewer, _head = actors(here)
    factories.facility(here.street, name="示例银杏托育园")
    filing = filings.start_filing("change", facility=here.facility, actor=operator, now=NOW)
    with pytest.raises(Refused) as told:
        filing_names.refuse_name(filing, {"new_name": "示例银杏托育园", "moves": False}, TODAY)
    assert list(told.value.params["errors"]) == ["new_name"]
    filing_names.refuse_name(filing, {"new_name": "示例银桂托育园", "moves": False}, TODAY)
    filing_names.refuse_name(filing, {"new_name": "", "moves": False}, TODAY)


def test_a_twin_that_came_meanwhile_is_refused_at_the_issue(here):
    operator, reviewer, head = actors(here)
    filing = made.proposed(made.received(operator, reviewer, here.street, name="示例新杉托育园"), reviewer)
    factories.facility(here.street, name="示例新杉托育园")
    with pytest.raises(Refused) as told:
        notices.issue(filing, actor=head, now=NOW)
    assert told.value.code == "twin"
    assert not Notice.objects.exists()


def test_a_refusal_gives_its_reason(here):
    operator, reviewer, head = actors(here)
    filing = made.received(operator, reviewer, here.street)
    filing = filing_review.propose(filing, "refuse", "场所不符合要求", actor=reviewer, now=NOW)
    with pytest.raises(Refused):
        notices.issue(filing, actor=head, now=NOW)
    with pytest.raises(Refused):
        filing_review.refuse_filing(filing, "不行", actor=head, now=NOW)
    refused = filing_review.refuse_filing(filing, "场所在地下一层，不符合设置标准的规定", actor=head, now=NOW)
    assert refused.state == "refused"
    assert set(refused.signatures.values_list("state", flat=True)) == {"void"}


def test_the_head_gives_back(here):
    operator, reviewer, head = actors(here)
    filing = made.proposed(made.received(operator, reviewer, here.street), reviewer)
    back = filing_review.decline(filing, "再核实一下面积", actor=head, now=NOW)
    assert (back.state, back.proposal, back.proposed_by) == ("received", "", None)


def test_escalation_is_told_once_before_and_once_at_the_breach(here):
    operator, _reviewer, _head = actors(here)
    filing = filings.send_filing(made.draft(operator, here.street), actor=operator, now=NOW)
    system = Actor.system(here.minhang, "test")
    due = filing.clock_due
    before = calendar.add_working_days(due, -1)
    assert filing_clocks.see_filings(on=calendar.add_working_days(due, -2), actor=system) == []
    assert [e.stage for e in filing_clocks.see_filings(on=before, actor=system)] == ["soon"]
    assert filing_clocks.see_filings(on=before, actor=system) == []
    assert filing_clocks.see_filings(on=due, actor=system) == []
    after = due + timedelta(days=1)
    assert [e.stage for e in filing_clocks.see_filings(on=after, actor=system)] == ["breach"]
    assert filing_clocks.see_filings(on=after, actor=system) == []
    assert FilingEscalation.objects.count() == 2


def test_a_department_has_a_clock_of_its_own(here):
    operator, reviewer, _head = actors(here)
    filing = made.received(operator, reviewer, here.street)
    system = Actor.system(here.minhang, "test")
    due = filing.signatures.first().due_on
    told = filing_clocks.see_filings(on=due, actor=system)
    assert {(e.clock, e.stage) for e in told} == {("sign", "soon")} and len(told) == 3
    made.signed(filing)
    assert filing_clocks.see_filings(on=due + timedelta(days=1), actor=system) == []


def test_who_withdraws_keeps_the_answers(here):
    operator, _reviewer, _head = actors(here)
    filing = filings.send_filing(made.draft(operator, here.street), actor=operator, now=NOW)
    gone = filings.withdraw_filing(filing, note="换地方", actor=operator, now=NOW)
    assert (gone.state, gone.answers.count() > 30) == ("withdrawn", True)


def test_others_see_and_touch_nothing(here):
    operator = here.actor("operator")
    filing = made.draft(operator, here.street)
    for name in ("desk", "parent", "inspector"):
        assert not Filing.objects.allowed(here.actor(name), "filing.view").exists()
    for name in ("bureau", "reviewer", "head"):
        with pytest.raises(Denied):
            filings.save_answer(filing, "name", "别的名称", version=1, actor=here.actor(name))
    with pytest.raises(Denied):
        filings.start_filing("new", actor=here.actor("bureau"))


def test_the_public_sees_whether_a_notice_holds_and_nothing_else(cast):
    with district_scope(cast.minhang):
        notice = made.issued(*actors(cast), cast.street)
    with public_scope():
        row = Notice.objects.only("code", "state", "name").get(code=notice.code)
        assert row.state == "valid"
    with public_scope(), pytest.raises(ProgrammingError), transaction.atomic():
        Notice.objects.values_list("content").get(code=notice.code)


def test_the_notice_is_a_document_with_its_code(here):
    notice = made.issued(*actors(here), here.street)
    printed = notices.print_notice(notice, actor=Actor.system(here.minhang, "test"))
    body = path_of(printed.file).read_bytes()
    with pdfplumber.open(BytesIO(body)) as found:
        text = "".join((page.extract_text() or "").replace(" ", "") for page in found.pages)
        drawn = sum(len(page.rects) + len(page.curves) + len(page.lines) for page in found.pages)
    assert "依法开展托育服务告知书" in text
    assert notice.number in text and notice.code in text and "示例新苗有限公司" in text
    assert drawn  # drawn, not an image from elsewhere
    assert notices.print_notice(printed, actor=Actor.system(here.minhang, "test")).sha256 == printed.sha256
